"""A graph of Scalars as a flat tape, which one loop runs forward and another one backward.

Every value has a slot in one array: first the constants, then the leaves, then the results, in the order in which they were
made. A step of the tape says which operation, and the slots of its operands. What an operation does is not said here again:
the loops are written out from the same declarations as Scalars' own functions. numba compiles them where it is installed;
else Python runs them as they stand.

Loops do not err as floats do. So where a number comes out that is not finite, or Python raises an error, the graph is built
once more from Scalars: results, gradients and errors are theirs then.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from types import FunctionType
from typing import Any

import numpy as np

from .. import floats, modes
from ..floats import ERRORS, Expression, form_of, spelled
from ..kernels import uses_numba
from ..scalar import Scalar, taken
from ..source import defined

TAKEN = taken.form.declared  # what `where` and `clip` record: which operand it was depended on values


class Tape:
    """The graph below a Scalar, to be run again on new values of its leaves: `Tape(result)`.

    leaves   the Scalars from outside, in the order in which they were made; their `data` are read anew in every run
    steps    how many operations there are

    Numbers that are not leaves are constants: floats in operations, and Scalars that need no gradient. So is what an `if` on
    a value has chosen. `where` and `clip` choose by value, too, and are refused.

    Raises TypeError if `result` is no Scalar with a history, and TraceError where the graph has Tensors, hooks, `where` or `clip`.

    >>> x, y = Scalar(2.0), Scalar(3.0)
    >>> tape = Tape(x * y + x.square())
    >>> x.data = 5.0
    >>> tape.forward()
    40.0
    >>> tape.backward()
    >>> x.grad, y.grad
    (13.0, 5.0)
    """

    def __init__(self, result: Scalar) -> None:
        if not isinstance(result, Scalar) or result.op is None:
            raise TypeError(f"a Tape is made from a Scalar that was computed from Scalars, and not from {result!r}")
        nodes = _below(result)
        self.leaves = [node for node in nodes if node.op is None]
        made = [node for node in nodes if node.op is not None]
        constants = {repr(node.b): node.b for node in made if node.b.__class__ is float}  # 0.0 and -0.0 are two
        self.constants = list(constants.values())
        slots: dict[Any, int] = {text: i for i, text in enumerate(constants)}
        slots.update({node: len(constants) + i for i, node in enumerate([*self.leaves, *made])})
        operations = list(dict.fromkeys(node.op for node in made))
        numbers = {op: i for i, op in enumerate(operations)}
        self.operations = tuple(operations)
        self.steps = len(made)
        self.kinds = np.array([numbers[node.op] for node in made], np.int32)
        self.left, self.right = np.empty(self.steps, np.int32), np.empty(self.steps, np.int32)
        for i, node in enumerate(made):
            first, second = slots[node.a], slots[repr(node.b) if node.b.__class__ is float else node.b]
            self.left[i], self.right[i] = (second, first) if node.op.places == (1,) else (first, second)
        self.first = len(self.constants) + len(self.leaves)
        self._values: Any = None

    def forward(self) -> float:
        """The result for the leaves' present data. Raises what the operations of Scalars raise, as they do."""
        if modes.tracing():
            raise modes.TraceError("a Tape in a trace would be run once, and its result be a constant; run it outside")
        self._values = None
        run, _, array = _loops(self.operations, uses_numba())
        outside = [*self.constants, *(leaf._data for leaf in self.leaves)]
        values: Any = np.empty(self.first + self.steps) if array else [0.0] * (self.first + self.steps)
        values[: self.first] = outside
        try:
            run(*self._steps(array), values, self.first)
        except ERRORS:
            return self._built()[1]._data
        if not np.isfinite(values[self.first :]).all():
            out = self._built()[1]._data
        else:
            out = float(values[-1])
        self._values = values
        return out

    def backward(self, gradient: float = 1.0) -> None:
        """Add d(result)/d(leaf), times `gradient`, to the `grad` of every leaf, at the values of the last `forward`.

        Results on the way get no `grad`. Raises RuntimeError if `forward` has not been called, or has failed.
        """
        if self._values is None:
            raise RuntimeError(
                "backward() of a Tape goes through the values of its last forward(); call forward() first"
            )
        _, run, array = _loops(self.operations, uses_numba())
        values = np.asarray(self._values) if array else list(map(float, self._values))
        g: Any = np.zeros(len(values)) if array else [0.0] * len(values)
        g[-1] = float(gradient)
        try:
            run(*self._steps(array), values, g, self.first)
            shares = [float(share) for share in g[len(self.constants) : self.first]]
            exact = np.isfinite(g).all() and np.isfinite(values[self.first :]).all()
        except ERRORS:
            exact = False
        if not exact:
            leaves, result = self._built([float(v) for v in values[len(self.constants) : self.first]])
            result.backward(gradient)
            shares = [leaf._grad for leaf in leaves]
        for leaf, share in zip(self.leaves, shares):
            leaf.accumulate(share)

    def _steps(self, array: bool) -> Sequence[Any]:
        return (self.kinds, self.left, self.right) if array else self._lists

    @functools.cached_property
    def _lists(self) -> Sequence[Any]:
        return self.kinds.tolist(), self.left.tolist(), self.right.tolist()

    def _built(self, data: Sequence[float] | None = None) -> tuple[list[Scalar], Scalar]:
        """The leaves and the result of the same graph, built anew from Scalars."""
        leaves = [Scalar(x) for x in ([leaf._data for leaf in self.leaves] if data is None else data)]
        values: list[Any] = [*self.constants, *leaves]
        with modes.enable_grad():
            for kind, *slots in zip(*self._lists):
                form: Any = form_of(self.operations[kind].declared)
                values.append(form.function(*[values[slot] for slot in slots[: len(form.declared.arguments)]]))
        return leaves, values[-1]

    def __repr__(self) -> str:
        return f"<Tape of {self.steps} steps and {len(self.leaves)} leaves>"


def _below(result: Scalar) -> list[Any]:
    """The nodes that a result was computed from, and itself, the oldest first."""
    found, stack = {result}, [result]
    while stack:
        node = stack.pop()
        if node.notes is not None and "hooks" in node.notes:
            raise modes.TraceError("a Tape cannot call hooks; remove them, or call backward() on the Scalar")
        for parent in (node.a, node.b) if node.op is not None else ():
            if parent.__class__ is float or parent in found:
                continue
            if not isinstance(parent, Scalar):
                raise modes.TraceError(
                    "a Tape follows Scalars only, and this graph has Tensors; use autograd.compile for these"
                )
            found.add(parent)
            stack.append(parent)
        if node.op is not None and getattr(node.op, "declared", None) is TAKEN:
            raise modes.TraceError(
                "where and clip choose by a Scalar's value, and a Tape would repeat the choice; write maximum, minimum or relu"
            )
    return sorted(found, key=lambda node: node.order)


@functools.lru_cache(maxsize=64)
def _loops(operations: tuple[Any, ...], native: bool) -> tuple[Any, Any, bool]:
    """The loops forward and backward over tapes of these operations, and whether they take arrays."""
    source = _source(operations)
    filename = f"<autograd tape of {', '.join(dict.fromkeys(op.declared.key for op in operations))}>"
    if native:
        from numba import njit
        from numba.core.errors import NumbaError

        jit = njit(error_model="numpy", nogil=True)
        space = {name: jit(f) if isinstance(f, FunctionType) else f for name, f in _used(source).items()}
        if "power" in space:
            space["power"] = jit(_power)
        functions = defined(source, filename, space)
        i, f = np.zeros(0, np.int32), np.zeros(0)
        try:
            forward, backward = jit(functions["forward"]), jit(functions["backward"])
            forward(i, i, i, f, 0)
            backward(i, i, i, f, f, 0)
            return forward, backward, True
        except NumbaError:
            pass  # a function that numba does not know, such as one of NumPy's special ones
    functions = defined(source, filename, _used(source))
    return functions["forward"], functions["backward"], False


def _used(source: str) -> dict[str, Any]:
    used = compile(source, "<names>", "exec").co_consts
    names = {name for code in used if hasattr(code, "co_names") for name in code.co_names}
    return {name: floats.names[name] for name in names & floats.names.keys()}


def _power(a: float, b: float) -> float:
    return a**b  # NaN where it is not real


def _source(operations: tuple[Any, ...]) -> str:
    forward, backward = [], []
    for kind, step in enumerate(operations):
        branch = f"        {'el' if kind else ''}if k == {kind}:"
        arguments = step.declared.arguments
        operands = dict(zip(arguments, map(Expression, ("x", "y"))))
        forward += [branch, f"            v[first + i] = {spelled(step.declared.forward(*operands.values()))}"]
        known = {"g": Expression("c"), "out": Expression("out"), **operands}
        shares = [spelled(share) for share in step.by_rule(known)]
        backward.append(branch)
        for place, share in zip(step.places, shares):
            backward.append(f"            s{place} = {share}")
        for place in step.places:
            backward.append(f"            g[{('left', 'right')[place]}[i]] += s{place}")
    lines = ["def forward(kinds, left, right, v, first):", "    for i in range(len(kinds)):"]
    lines += ["        k = kinds[i]; x = v[left[i]]; y = v[right[i]]", *forward, ""]
    lines += ["def backward(kinds, left, right, v, g, first):", "    for i in range(len(kinds) - 1, -1, -1):"]
    lines += ["        c = g[first + i]", "        if c == 0.0: continue  # zero stays zero, whatever the derivative"]
    lines += ["        k = kinds[i]; x = v[left[i]]; y = v[right[i]]; out = v[first + i]", *backward, ""]
    return "\n".join(lines)


__all__ = ["Tape"]
