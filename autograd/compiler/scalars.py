"""Loops over small arrays as one function of floats: every number of the body has a name, every operation is one line.

The body is run once more on arrays of names. What moves numbers (an index, a stack, a transpose) moves names, and costs nothing
afterwards; what computes writes lines. The same lines are a Python function, which needs no NumPy in its loop, and,
where numba is installed and the loop has work enough, machine code.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .. import kernels
from ..source import defined
from .body import Body
from .code import Code, is_reduction
from .symbols import Call, Variable
from .tracer import Rules, variables_in

SMALL = 16  # numbers in a value, up to which it is written out
LINES = 2000  # in a body, up to which it is
WORTH = 1_000_000  # lines gone through, after which machine code pays
numbered = itertools.count(1).__next__


class Unwritable(Exception):
    """A body that does more than arithmetic on a few numbers."""


class Name:
    """A number that the function will know by this name. Arithmetic on it writes a line."""

    __slots__ = ("text", "writer")

    def __init__(self, text: str, writer: Lines) -> None:
        self.text, self.writer = text, writer

    def __bool__(self) -> bool:
        raise Unwritable("a branch on a value")

    __float__ = __int__ = __index__ = __bool__

    def __neg__(self) -> Any:
        return self.writer.line(f"-{self.text}")

    def __abs__(self) -> Any:
        return self.writer.line(f"abs({self.text})")

    def __pow__(self, other: Any) -> Any:
        if other == 2:
            return self.writer.line(f"{self.text} * {self.text}")
        return self.writer.line(f"pow({self.text}, {_text(other)})")

    def __rpow__(self, other: Any) -> Any:
        return self.writer.line(f"pow({_text(other)}, {self.text})")


def _binary(name: str, sign: str) -> None:
    def forward(self: Name, other: Any) -> Any:
        return self.writer.line(f"{self.text} {sign} {_text(other)}")

    def swapped(self: Name, other: Any) -> Any:
        return self.writer.line(f"{_text(other)} {sign} {self.text}")

    setattr(Name, f"__{name}__", forward)
    setattr(Name, f"__r{name}__", swapped)


def _unary(name: str) -> None:  # NumPy calls x.sin() for the sine of an object
    setattr(Name, name, lambda self: self.writer.line(f"{name}({self.text})"))


for _name, _sign in (("add", "+"), ("sub", "-"), ("mul", "*"), ("truediv", "/")):
    _binary(_name, _sign)
FUNCTIONS = ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "expm1", "log", "log1p", "sqrt")
for _name in FUNCTIONS:
    _unary(_name)
ARITHMETIC: dict[Any, Callable[..., Any]] = {
    np.add: operator.add, np.subtract: operator.sub, np.multiply: operator.mul, np.true_divide: operator.truediv,
    np.negative: operator.neg, np.absolute: operator.abs, np.power: operator.pow, np.square: lambda x: x * x,
    np.reciprocal: lambda x: 1.0 / x, np.positive: lambda x: x,
    **{getattr(np, name): operator.methodcaller(name) for name in FUNCTIONS},
}  # fmt: skip
SCOPE = {name: getattr(math, name) for name in (*FUNCTIONS, "pow")}


def _text(x: Any) -> str:
    if isinstance(x, Name):
        return x.text
    value = float(x)
    if not math.isfinite(value):
        raise Unwritable("a constant that is not finite")
    return f"({value!r})" if value < 0 else repr(value)


class Lines:
    """The lines for one code. An operation that has a line already has its name."""

    def __init__(self, names: Callable[[], int]) -> None:
        self.lines: list[str] = []
        self.known: dict[str, Name] = {}
        self.names = names

    def line(self, text: str) -> Name:
        if text not in self.known:
            name = Name(f"t{self.names()}", self)
            self.lines.append(f"{name.text} = {text}")
            self.known[text] = name
        return self.known[text]

    def array(self, shape: tuple[int, ...], letter: str) -> Any:
        """An array of new names."""
        if math.prod(shape) > SMALL:
            raise Unwritable("large arrays")
        found = np.empty(shape, object)
        for place in np.ndindex(*shape):
            found[place] = Name(f"{letter}{self.names()}", self)
        return found

    def write(self, code: Code, given: list[Any]) -> list[Any]:
        """Go through a code with arrays of names. Returns the arrays of its outputs."""
        if code.captured or code.draws or len(code.calls) > LINES:
            raise Unwritable("values from outside")
        values: dict[Any, Any] = dict(zip(code.inputs, given))
        for v, constant in code.constants.items():
            values[v] = constant
        for call in code.calls:
            for v in variables_in((call.args, call.result)):
                meta = code.meta(v)
                if meta is None or meta[1] != np.float64 or math.prod(meta[0]) > SMALL:
                    raise Unwritable("values other than a few float64")
            self._assign(call.result, self._call(call, values), values, code)
            if len(self.lines) > LINES:
                raise Unwritable("a long body")
        return [values[y] if isinstance(y, Variable) else y for y in code.outputs]

    def _assign(self, pattern: Any, found: Any, values: dict[Any, Any], code: Code) -> None:
        if isinstance(pattern, Variable):
            found = _unwrapped(found) if isinstance(found, np.ndarray) else _single(found)
            if found.shape != code.meta(pattern)[0]:
                raise Unwritable("another shape")
            values[pattern] = found
        elif isinstance(pattern, tuple):
            for part, value in zip(pattern, found, strict=True):
                self._assign(part, value, values, code)

    def _call(self, call: Call, values: dict[Any, Any]) -> Any:
        if isinstance(call.function, np.ufunc):
            function = ARITHMETIC.get(call.function)
            if function is not None and not call.options:
                args = np.broadcast_arrays(*[np.asarray(_filled(a, values), object) for a in call.args])
                found = np.empty(args[0].shape, object)
                for place in np.ndindex(*found.shape):
                    found[place] = function(*[a[place] for a in args])
                return found
            if call.function is not np.matmul:
                raise Unwritable(call.function.__name__)
        owner = getattr(call.function, "__self__", None)
        if isinstance(owner, Rules):
            return self._moved(call, owner, values)
        if is_reduction(call) and owner not in (np.add, np.multiply):
            raise Unwritable("a comparison")
        try:
            return call.function(*_filled(call.args, values), **_filled(call.options, values))
        except (TypeError, ValueError, AttributeError) as error:
            raise Unwritable(str(error)) from None

    def _moved(self, call: Call, rules: Rules, values: dict[Any, Any]) -> Any:
        """A linear rule that is called as a whole: each unit vector shows where a number goes to."""
        g, *rest = call.args
        if rules.op.kind != "linear" or variables_in(rest):
            raise Unwritable(f"the rule of {rules.op.name}")
        names: Any = np.asarray(_filled(g, values), object)
        totals: Any = None
        for place in np.ndindex(*names.shape):
            unit = np.zeros(names.shape)
            unit[place] = 1.0
            images: Any = call.function(unit, *rest)
            totals = (
                [None if s is None else np.full(np.shape(s), 0.0, object) for s in images] if totals is None else totals
            )
            for total, image in zip(totals, images):
                for where in np.ndindex(*np.shape(image)) if image is not None else ():
                    factor = float(np.asarray(image)[where])
                    if factor:
                        share = names[place] if factor == 1.0 else names[place] * factor
                        before = total[where]
                        total[where] = before + share if isinstance(before, Name) or before else share
        if totals is None:
            raise Unwritable("nothing to move")
        return totals


def _single(value: Any) -> Any:
    found = np.empty((), object)
    found[()] = value
    return found


def _unwrapped(array: Any) -> Any:
    """Names in place of arrays without axes, which NumPy puts into an array of objects as they stand."""
    for place in np.ndindex(*array.shape) if array.dtype == object else ():
        if isinstance(array[place], np.ndarray):
            array[place] = array[place].item()
    return array


def _filled(nest: Any, values: dict[Any, Any]) -> Any:
    if isinstance(nest, Variable):
        return values[nest]
    if isinstance(nest, tuple | list):
        return type(nest)([_filled(part, values) for part in nest])
    return {k: _filled(v, values) for k, v in nest.items()} if isinstance(nest, dict) else nest


def _flat(arrays: Any) -> list[str]:
    return [_text(x) for a in arrays for x in np.asarray(a, object).ravel()]


class Tape(NamedTuple):
    """What a loop on floats has kept of its turns: rows of an array, which machine code takes, or a list of tuples."""

    table: bool
    rows: Any


class Native:
    """A scan on floats: forward with a tape or without, and backward over the tape."""

    def __init__(self, body: Body, carries: int, given: int) -> None:
        self.body, self.carries, self.given = body, carries, given
        self.work, self.compiled = 0, False
        count = itertools.count().__next__
        program = body.program
        metas = [program.metas[v.number] for v in program.inputs]
        if any(dtype != np.float64 for _, dtype in [*metas, *body.likes]):
            raise Unwritable("values other than float64")
        self.shapes = [shape for shape, _ in metas]
        lines = Lines(count)
        inputs = [lines.array(shape, "v") for shape in self.shapes]
        outputs = lines.write(body.forward.code, inputs)
        results, kept = outputs[: body.count], outputs[body.count :]
        carry, xs, closed = inputs[:carries], inputs[carries:given], inputs[given:]
        tape = [x for a in kept for x in a.ravel() if isinstance(x, Name)]
        always = set(_flat(closed))
        tape = list({x.text: x for x in tape if x.text not in always}.values())
        self.width = len(tape)
        moved = _moves(_flat(carry), _flat(results[:carries]))
        self.forward_parts = (
            lines.lines,
            _flat(carry),
            _flat(xs),
            _flat(closed),
            _flat(results[carries:]),
            moved,
            _flat([tape]),
        )
        self.backward_parts: Any = None
        if body.back is not None:
            back = Lines(count)
            cotangents = [back.array(shape, "g") for shape, _ in body.likes]
            rest = iter(kept)
            for a in (*closed, *kept):  # names of the forward lines write into the backward ones from here on
                for x in a.ravel():
                    if isinstance(x, Name):
                        x.writer = back
            carried = [next(rest) if place is None else inputs[place] for place in body.again]
            found = back.write(body.back.code, [*carried, *[cotangents[i] for i in body.live]])
            shares = [np.full(shape, 0.0, object) for shape in self.shapes]
            for place, share in zip(body.leaves, found):
                if place is not None and share is not None:
                    shares[place] = share
            g, gy = _flat(cotangents[:carries]), _flat(cotangents[carries:])
            sums = [back.array(shape, "s") for shape in self.shapes[given:]]
            added = [f"{s} += {x}" for s, x in zip(_flat(sums), _flat(shares[given:])) if x != "0.0"]
            moved = _moves(g, _flat(shares[:carries]))
            self.backward_parts = (
                [*back.lines, *added], g, gy, _flat(closed), _flat(shares[carries:given]), moved, _flat([tape]), _flat(sums)
            )  # fmt: skip
        self.size = len(lines.lines) + 1
        self._make()

    def _make(self) -> None:
        """The functions, in Python or by numba."""
        table = self.compiled
        self.functions = [self._forward(table, keep) for keep in (False, True)]
        self.backward = None if self.backward_parts is None else self._backward(table)

    def _forward(self, table: bool, keep: bool) -> Any:
        lines, carry, xs, closed, ys, moved, tape = self.forward_parts
        text = [f"{_tuple(carry)} = carry"] * bool(carry) + [f"{_tuple(closed)} = closed"] * bool(closed)
        text += ["for i in range(first, end, step):", *_indent(_read(xs, "xs", table)), *_indent(lines)]
        text += _indent(_store(ys, "ys", table)) + _indent(_store(tape, "tape", table) if keep else []) + _indent(moved)
        text += ["    pass", f"return {_results(carry, table)}"]
        return _function("forward", "carry, closed, xs, ys, tape, first, end, step", text, table)

    def _backward(self, table: bool) -> Any:
        lines, g, gy, closed, shares, moved, tape, sums = self.backward_parts
        text = [f"{_tuple(g)} = carry"] * bool(g) + [f"{_tuple(closed)} = closed"] * bool(closed)
        text += [f"{s} = 0.0" for s in sums]
        text += [
            "for i in range(first, end, step):",
            *_indent(_read(tape, "tape", table)),
            *_indent(_read(gy, "gy", table)),
            *_indent(lines),
        ]
        text += _indent(_store(shares, "gx", table)) + _indent(moved)
        text += ["    pass", f"return {_results([*g, *sums], table)}"]
        return _function("backward", "carry, closed, gy, gx, tape, first, end, step", text, table)

    # --- Running ---

    def run(self, arrays: list[Any], turns: range, keep: bool) -> Any:
        """(results, what is kept), or None where floats cannot go on: a division by zero, an overflow."""
        self.work += self.size * len(turns)
        if not self.compiled and self.work > WORTH and kernels.uses_numba():
            self.compiled = True
            self._make()
        n, table = len(turns), self.compiled
        carry, xs, closed = arrays[: self.carries], arrays[self.carries : self.given], arrays[self.given :]
        width = sum(math.prod(shape) for shape, _ in self.body.likes[self.carries :])
        ys, tape = _rows(n, width, table), _rows(n, self.width if keep else 0, table)
        given = _numbers(carry, table), _numbers(closed, table), _columns(xs, n, table)
        last = _called(self.functions[keep], turns, *given, ys, tape)
        if last is None:
            return None
        likes = self.body.likes
        results = _shaped(last, [shape for shape, _ in likes[: self.carries]])
        if not all(np.isfinite(a).all() for a in results):
            return None
        return [*results, *_shaped(ys, [shape for shape, _ in likes[self.carries :]], n)], Tape(table, tape)

    def pull(self, kept: Tape, arrays: list[Any], turns: range, cotangents: list[Any]) -> Any:
        """The gradients, or None where floats cannot go on, or where one is not finite."""
        table, tape = kept
        n = len(turns)
        function = self.backward if table == self.compiled else self._backward(table)
        widths = [math.prod(shape) for shape in self.shapes[self.carries : self.given]]
        gx = _rows(n, sum(widths), table)
        gy = _columns(cotangents[self.carries :], n, table)
        closed = _numbers(arrays[self.given :], table)
        g = _numbers(cotangents[: self.carries], table)
        found = _called(function, turns[::-1], g, closed, gy, gx, tape)
        if found is None:
            return None
        shapes = [*self.shapes[: self.carries], *self.shapes[self.given :]]
        ends = _shaped(found, shapes)
        slices = _shaped(gx, self.shapes[self.carries : self.given], n)
        if not all(np.isfinite(a).all() for a in (*ends, *slices)):
            return None
        return [*ends[: self.carries], *slices, *ends[self.carries :]]


def _called(function: Any, turns: range, *args: Any) -> Any:
    try:
        return function(*args, turns.start, turns.stop, turns.step)
    except (ArithmeticError, ValueError):  # what an array would take, and a float does not
        return None


def _moves(targets: list[str], values: list[str]) -> list[str]:
    return [f"{_tuple(targets)} = {_tuple(values)}"] if targets else []


def _tuple(names: list[str]) -> str:
    return f"({', '.join(names)},)" if names else "()"


def _results(names: list[str], table: bool) -> str:
    return f"array([{', '.join(names)}])" if table and names else "empty(0)" if table else _tuple(names)


def _indent(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _read(names: list[str], table_name: str, table: bool) -> list[str]:
    if table:
        return [f"{name} = {table_name}[i, {j}]" for j, name in enumerate(names)]
    return [f"{_tuple(names)} = {table_name}[i]"] if names else []


def _store(names: list[str], table_name: str, table: bool) -> list[str]:
    if table:
        return [f"{table_name}[i, {j}] = {name}" for j, name in enumerate(names)]
    return [f"{table_name}[i] = {_tuple(names)}"] if names else []


def _function(name: str, parameters: str, lines: list[str], table: bool) -> Any:
    source = f"def {name}({parameters}):\n" + "".join(f"    {line}\n" for line in lines)
    scope = SCOPE | {"array": np.array, "empty": np.empty}
    function = defined(_unpacked(source) if table else source, f"<loop {numbered()}>", scope)[name]
    if table:
        import numba

        return numba.njit(error_model="numpy")(function)
    return function


def _unpacked(source: str) -> str:
    """numba cannot take an array apart by a pattern: one line for each number."""
    lines = []
    for line in source.splitlines():
        head, _, tail = line.partition(" = ")
        if tail in ("carry", "closed"):
            names = head.strip().strip("(),").split(", ")
            lines += [f"    {name} = {tail}[{j}]" for j, name in enumerate(names)]
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def _numbers(arrays: list[Any], table: bool) -> Any:
    flat = np.concatenate([np.ravel(a) for a in arrays]) if arrays else np.empty(0)
    return flat if table else flat.tolist()


def _columns(arrays: list[Any], n: int, table: bool) -> Any:
    if not arrays:
        return np.empty((n, 0)) if table else [()] * n
    rows = np.concatenate([np.reshape(a, (n, -1)) for a in arrays], axis=1) if n else np.empty((0, 0))
    return np.ascontiguousarray(rows) if table else rows.tolist()


def _rows(n: int, width: int, table: bool) -> Any:
    return np.empty((n, width)) if table else [()] * n


def _shaped(numbers: Any, shapes: list[Any], *turns: int) -> list[Any]:
    """Arrays of these shapes from numbers laid end to end, or from a row of them for each of so many turns."""
    whole = np.array(numbers, float).reshape((*turns, sum(map(math.prod, shapes))))
    found, start = [], 0
    for shape in shapes:
        end = start + math.prod(shape)
        found.append(whole[..., start:end].reshape((*turns, *shape)).copy())
        start = end
    return found


def native(body: Body, carries: int, given: int) -> Native | None:
    """The loop on floats, if its body is arithmetic on a few numbers of float64."""
    try:
        return Native(body, carries, given)
    except Unwritable:
        return None
