"""The mode that notes what the code in its block does, so that it can be done again with other numbers.

Every operation on Tensors is noted, and in the backward pass every derivative rule, with the variables that stand for its
operands: Tensors are told apart by identity. What changes a Tensor in place (`t += v`, an optimizer) gives it another
variable; the memory that it had is left alone until the end. Then it is known what the block has changed: Tensors from
outside, gradients, and what was to be called (a schedule). A block that fails has changed nothing.

What cannot be done again is refused: an `if` on a value, `item()`, an array made from a Tensor.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .. import modes
from ..arrays import ArrayNode, engine, fit, freed, kept_axes
from ..op import Operation, zero_unused_op
from .symbols import Book, Call, Opaque, Symbol, Variable, variables


class Step(NamedTuple):
    """result = op.forward(*args, *params): an operation, a rule, a draw of random numbers.

    `calls` are the calls of NumPy that it consists of, where they are known. `checked` says that they do not keep a zero
    cotangent zero where a derivative is not finite, as the rule itself does.
    """

    op: Any
    args: tuple[Any, ...]
    params: tuple[Any, ...]
    result: Any
    calls: list[Call] | None = None
    checked: bool = False
    line: Any = None

    def __repr__(self) -> str:
        given = [*map(short, self.args), *(f"{k}={short(v)}" for k, v in zip(self.op.keywords, self.params))]
        return f"{short(self.result)} = {self.op.name}({', '.join(given)})"

    def run(self, values: list[Any]) -> Any:
        args = filled(self.args, values)
        return self.op.forward(*([args] if self.op.variadic else args), *filled(self.params, values))


class Procedure:
    """What takes the place of an operation in a step that is none: a rule, a draw, arithmetic with settings."""

    variadic, keywords = False, ()

    def __init__(self, name: str, forward: Callable[..., Any], effect: bool = False) -> None:
        self.name, self.forward, self.effect = name, forward, effect


class Rules(Procedure):
    """The derivative rules of one recorded operation, as a function of arrays: (g, saved, params) ↦ shares."""

    def __init__(self, node: Any, inputs: Any) -> None:
        super().__init__(f"{node.op.name}.pull", self._shares)
        self.op, self.shape, self.dtype = node.op, node.shape, node.dtype
        self.inputs = [None if p is None else _like(p) for p in inputs]

    def _shares(self, g: Any, saved: Any, params: Any) -> Any:
        node = ArrayNode(None, self.inputs)
        node.op, node.saved, node.params, node.shape, node.dtype = self.op, saved, params, self.shape, self.dtype
        return tuple(self.op.pull(node, g, self.inputs))

    def written_out(self, g: Any, saved: Any, params: Any) -> Any:
        """The same on symbols, so that calls of NumPy are noted, and without the care for zero cotangents."""
        op = self.op
        node = ArrayNode(None, self.inputs)
        node.op, node.saved, node.params, node.shape, node.dtype = op, saved, params, self.shape, self.dtype
        given = op.values(node, lift=False)
        if op.reduces:
            g = kept_axes(g, node)
            if "out" in given:
                given["out"] = kept_axes(given["out"], node)
        given.update(g=g, needs=tuple(p is not None for p in self.inputs))
        if op.joint:
            shares = op.rules[0](*(given[n] for n in op.rule_parameters[0]))
        else:
            shares = [
                None if p is None or rule is None else rule(*(given[n] for n in names))
                for p, rule, names in zip(self.inputs, op.rules, op.rule_parameters)
            ]
        return tuple(None if p is None or s is None else fit(s, p) for s, p in zip(shares, self.inputs))


def _like(node: Any) -> Any:
    twin = ArrayNode()
    twin.shape, twin.dtype = node.shape, node.dtype
    return twin


class Kept(NamedTuple):
    """What a traced operation keeps for its rules beside Tensors: the values, and the variables of which they are."""

    value: Any
    variable: Any


def short(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"<{value.dtype} {value.shape}>"
    if isinstance(value, tuple) and not isinstance(value, Variable):
        return f"({', '.join(map(short, value))})"
    return repr(value)


def filled(nest: Any, values: list[Any]) -> Any:
    """A nest with values in place of variables."""
    if isinstance(nest, Variable):
        return values[nest.number]
    return tuple([filled(part, values) for part in nest]) if isinstance(nest, tuple | list) else nest


def assign(pattern: Any, value: Any, values: list[Any]) -> None:
    """Give the variables of a nest the values at their places in another nest of its form."""
    if isinstance(pattern, Variable):
        values[pattern.number] = value
    elif isinstance(pattern, tuple):
        for part, v in zip(pattern, value):
            assign(part, v, values)


def variables_in(nest: Any) -> list[Variable]:
    if isinstance(nest, Variable):
        return [nest]
    if isinstance(nest, dict):
        nest = tuple(nest.values())
    return [v for part in nest for v in variables_in(part)] if isinstance(nest, tuple | list) else []


class Number:
    """A setting of an optimizer while it is traced: a number that is read anew in every run. Its arithmetic is noted."""

    __slots__ = ("tracer", "value", "variable")

    def __init__(self, tracer: Tracer, value: Any, variable: Variable) -> None:
        self.tracer, self.value, self.variable = tracer, value, variable

    def _refuse(self, *_: Any) -> Any:
        raise modes.TraceError(
            "a setting of an optimizer while its step is traced: it is read anew in every run, so an update cannot branch on it or "
            "give it to a function of math's; write operators, with comparisons as factors, as RAdam does"
        )

    __bool__ = __float__ = __int__ = __index__ = _refuse
    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<number {self.value!r}, traced>"


engine.Number = Number


def _number_method(function: Callable[..., Any], swapped: bool) -> Any:
    def method(self: Number, *others: Any) -> Any:
        if not all(isinstance(other, Number | int | float) for other in others):
            return NotImplemented
        given = (*others, self) if swapped else (self, *others)
        return self.tracer.number(function.__name__, function, given)

    return method


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
    setattr(Number, f"__{_name}__", _number_method(getattr(operator, _name), False))
    setattr(Number, f"__r{_name}__", _number_method(getattr(operator, _name), True))
for _name in ("lt", "le", "gt", "ge", "eq", "ne", "neg", "pos", "abs"):
    setattr(Number, f"__{_name}__", _number_method(getattr(operator, _name), False))


class Untraced(modes.Mode):
    """In this block nothing is noted."""

    kind = "trace"


class Tracer(modes.Mode):
    """Notes steps. `values` come from `inputs`, given by number; from Tensors that were `captured`; from earlier steps."""

    kind = "trace"

    def __init__(self, assumes: bool = True, replayed: bool = True) -> None:
        self.value, self.replayed = self, replayed  # not replayed: the steps are only looked at
        self.assumes, self.assumed = assumes, False
        self.steps: list[Step] = []
        self.metas: list[Any] = []  # of each variable (shape, dtype), or None
        self.numbers: dict[int, Variable] = {}  # by the id of a Tensor
        self.tensors: dict[Variable, Any] = {}
        self.alive: list[Any] = []  # keeps ids unique
        self.captured: dict[Variable, Any] = {}  # where values come from that are neither inputs nor results
        self.plain: set[int] = set()  # Tensors that stand for plain arrays, which eager code would have had
        self.grads: dict[Any, Any] = {}  # node -> its grad before the block
        self.needed: list[
            tuple[Any, bool]
        ] = []  # nodes whose grad was asked for before it was set: whether it was None
        self.changed: dict[
            int, tuple[Any, Any, Any]
        ] = {}  # Tensors written into, with the array and node that they had
        self.twins: dict[int, Any] = {}  # the Tensor of which one is a twin, on the same memory
        self.unwritten: dict[int, Any] = {}  # views that were changed, and not yet put back where they are from
        self.calls: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []  # to be made at the end
        self.guards: list[Callable[[], bool]] = []  # a run that fails one of them needs another program
        self.generators: list[Callable[[], Any]] = []
        self.drawn: dict[Variable, Any] = {}
        self.arrays: dict[int, Any] = {}  # Tensors on arrays of an optimizer
        self.notes: dict[Any, Any] = {}  # what others want to keep for the time of a trace

    # --- Variables ---

    def new(self, value: Any) -> Variable:
        shape = getattr(value, "shape", None)
        self.metas.append(None if shape is None else (shape, value.dtype))
        return Variable(len(self.metas) - 1)

    def name(self, tensor: Any, variable: Variable) -> None:
        """From now on this Tensor is that variable."""
        self.numbers[id(tensor)] = variable
        self.tensors[variable] = tensor
        self.alive.append(tensor)

    def variable(self, value: Any) -> Any:
        """`value` as a program sees it: a variable for a Tensor, inside tuples too."""
        if isinstance(value, engine.Tensor):
            while (root := self.twins.get(id(value))) is not None:
                value = root
            known = self.numbers.get(id(value))
            return self.capture(value, value) if known is None else known
        if isinstance(value, Number):
            return value.variable
        if isinstance(value, Kept):
            return value.variable
        if isinstance(value, tuple | list):
            return tuple(map(self.variable, value))
        return value.copy() if isinstance(value, np.ndarray) else value  # a constant of the program

    def capture(self, tensor: Any, source: Any) -> Variable:
        made = tensor._made
        if self.replayed and made is not None and made.op is not None:
            raise modes.TraceError(
                f"a Tensor of shape {tensor.shape} from outside was computed by {made.op.name} from values that need a gradient, so its history "
                "would have to be part of the program; compute it inside, or give x.detach()"
            )
        variable = self.new(tensor._data)
        self.captured[variable] = source
        self.name(tensor, variable)
        return variable

    def of_array(self, array: Any) -> Any:
        """The Tensor that stands for an array from outside, the same for the same array."""
        if id(array) not in self.arrays:
            self.arrays[id(array)] = engine.Tensor._make(array, None)
            self.variable(self.arrays[id(array)])
        return self.arrays[id(array)]

    def assume(self) -> bool:
        self.assumed = self.assumed or self.assumes
        return self.assumes

    # --- Operations ---

    def add(self, op: Any, args: tuple[Any, ...], params: tuple[Any, ...], result: Any, saved: Any = None) -> Any:
        """Note an operation. Returns what its rules are to keep of `saved`."""
        if op is zero_unused_op.op and self.replayed:  # type: ignore[attr-defined]
            return self._add_care(op, args, result)
        found = self._written_out(op.forward, ((args,) if op.variadic else args) + params)
        given = tuple(map(self.variable, args)), tuple(map(self.variable, params))
        if found is not None and (not op.caches or (isinstance(found[0], tuple) and len(found[0]) == 2)):
            made, calls = found
            out = made[0] if op.caches else made
            kept = variables(made[1]) if op.caches else None
        else:
            out, calls = None, None
            kept = _pattern(saved, self.new) if op.caches else None
        variable = out.variable if isinstance(out, Symbol) else self.new(result._data)
        self.name(result, variable)
        if all(id(a) in self.plain for a in (*args, *params) if isinstance(a, engine.Tensor)):
            self.plain.add(id(result))
        self.steps.append(Step(op, *given, (variable, kept) if op.caches else variable, calls))
        return Kept(saved, kept) if op.caches else None

    def _add_care(self, op: Any, args: tuple[Any, ...], result: Any) -> None:
        """A share whose zeros are to be kept where a derivative is not finite. As long as all is finite it is the share itself."""
        variable = self.new(result._data)
        self.name(result, variable)
        if all(id(a) in self.plain for a in args):
            self.plain.add(id(result))
        share = self.variable(args[0])
        calls = [Call(np.ndarray.copy, (share,), {}, variable)]
        self.steps.append(Step(op, tuple(map(self.variable, args)), (), variable, calls, True))

    def _written_out(self, function: Any, args: tuple[Any, ...]) -> Any:
        """(what the function returns, the calls of NumPy that it made), or None if it cannot be followed."""
        book = Book(self.new)
        size = len(self.steps)
        if not self.replayed:
            return None
        try:
            result = function(*self._symbols(args, book))
            if _is_followed(result):
                return result, book.calls
        except Exception:  # whatever a function stumbles over, given a symbol
            pass
        del self.steps[size:]
        return None

    def is_symbolic(self, values: Any) -> bool:
        return any(type(v) is Symbol or (type(v) in (tuple, list) and self.is_symbolic(v)) for v in values)

    def nested(self, op: Any, values: tuple[Any, ...]) -> Any:
        """An operation that is called by the forward function or the rule of another: written out, or one call."""
        (book,) = {id(b): b for b in _books(values)}.values()
        noted = len(book.calls)
        try:
            found = op.forward(*values)
            if _is_followed(found):
                return found
        except Exception:  # whatever a function stumbles over, given a symbol
            pass
        del book.calls[noted:]
        return book.call(op.forward, values, {})

    def _symbols(self, nest: Any, book: Book) -> Any:
        if isinstance(nest, engine.Tensor):
            return book.symbol(nest._data, self.variable(nest))
        if isinstance(nest, Number):
            return book.symbol(nest.value, nest.variable)
        if isinstance(nest, Kept):
            return _paired(nest.value, nest.variable, book)
        if isinstance(nest, tuple | list):
            return type(nest)([self._symbols(part, book) for part in nest])
        return nest

    def pull(self, node: Any, g: Any, inputs: Any) -> Any:
        """The shares of a node's inputs, as `op.pull` and `op.lift` give them: the rules, noted as one step."""
        op = node.op
        if not isinstance(op, Operation):
            return op.lift(node, g, inputs)  # a user's Function: its backward is made of operations
        if node.saved is None:
            raise freed(node)
        rules = Rules(node, inputs)
        args = (g, node.saved, node.params)
        with Untraced():  # on arrays, as in a run
            shares = rules.forward(*map(_real, args))
        found = self._written_out(rules.written_out, args)
        given = tuple(map(self.variable, args))
        if found is not None:
            made, calls = found
            result = tuple(s.variable if isinstance(s, Symbol) else None for s in made)
        else:
            calls, result = None, tuple(None if s is None else self.new(s) for s in shares)
        checked = bool((op.guarded and op.kept) or op.multiplies or op.lanes)
        self.steps.append(Step(rules, given, (), result, calls, checked))
        made_of = _tensors(args)
        return [self._named(s, v, made_of) if v is not None and s is not None else None for s, v in zip(shares, result)]

    def _named(self, value: Any, variable: Variable, made_of: list[Any]) -> Any:
        tensor = engine.Tensor._make(value, None)
        self.name(tensor, variable)
        if all(id(t) in self.plain for t in made_of):
            self.plain.add(id(tensor))
        return tensor

    def seeded(self, cotangents: Any) -> None:
        """A backward pass begins with these, which are no Tensors of the user's."""
        for g in cotangents:
            if isinstance(g, engine.Tensor) and id(g) not in self.numbers:
                self.variable(g)
                self.plain.add(id(g))

    def draw(self, name: str, function: Callable[[], Any], generator: Callable[[], Any]) -> Any:
        """A Tensor of random numbers, drawn anew in every run from what `generator()` is then."""
        self.generators.append(generator)
        value = function()
        procedure = Procedure(name, function, effect=True)
        variable = self.new(value)
        self.steps.append(Step(procedure, (), (), variable))
        self.drawn[variable] = value
        return self._named(value, variable, [self])

    # --- Settings of optimizers ---

    def number(self, name: str, function: Callable[..., Any], args: tuple[Any, ...] = ()) -> Any:
        """A Number computed from others, or from nothing but the present state of the world."""
        value = function(*(a.value if isinstance(a, Number) else a for a in args))
        variable = self.new(None)
        self.steps.append(Step(Procedure(name, function), tuple(map(self.variable, args)), (), variable))
        return Number(self, value, variable)

    def finally_call(self, function: Callable[..., Any], *args: Any) -> None:
        """Call this at the end of the block, and of every run."""
        self.calls.append((function, args))

    # --- Changes in place ---

    def twin(self, tensor: Any, of: Any) -> None:
        """`tensor` is on the memory of another, all of it: what changes one changes both."""
        self.variable(of)
        self.twins[id(tensor)] = of
        self.alive.append(tensor)

    def rebind(self, tensor: Any, result: Any) -> Any:
        """Let a Tensor have the value of another from now on. Returns it."""
        variable, value, node = self.variable(result), result._data, result._made
        if node is not None and node.op is None:
            node = None
        family = [tensor]
        while (root := self.twins.get(id(family[-1]))) is not None:
            family.append(root)
        root = family[-1]
        self.variable(root)
        base = getattr(root, "_base", None)
        if base is not None and base is not root:
            self.unwritten[id(root)] = root, base
        if self.twins:
            family += [t for t in self.alive if self._root(t) is root and all(t is not f for f in family)]
        for t in family:
            self.changed.setdefault(id(t), (t, t._data, t._made))
            t._data = value
            if t._made is None or t._made.op is not None:
                t._made = node
        self.name(root, variable)
        if id(result) not in self.plain:
            self.plain.discard(id(root))
        return tensor

    def _root(self, tensor: Any) -> Any:
        while (root := self.twins.get(id(tensor))) is not None:
            tensor = root
        return tensor

    def wrote_back(self, view: Any, base: Any) -> None:
        """The value of a view was written to where it is from: `t[0] += 1` does this."""
        _, whole = self.unwritten.get(id(view), (None, None))
        if whole is not None and (whole is base or whole is self._root(base)):
            del self.unwritten[id(view)]

    # --- Gradients ---

    def touch_grad(self, node: Any, reads: bool = False) -> None:
        """The gradient that a leaf holds is about to be set, or read."""
        if node in self.grads:
            return
        self.grads[node] = node.grad
        if reads:
            self.needed.append((node, node.grad is None))
            if node.grad is not None and id(node.grad) not in self.numbers:
                self.capture(node.grad, node)

    # --- The end ---

    def restore(self) -> None:
        """Put back what Tensors and leaves had before the block."""
        for tensor, array, made in self.changed.values():
            tensor._data, tensor._made = array, made
        for node, before in self.grads.items():
            node.grad = before


def _books(nest: Any) -> Any:
    for part in nest:
        if type(part) is Symbol:
            yield part.book
        elif type(part) in (tuple, list):
            yield from _books(part)


def _is_followed(result: Any) -> bool:
    if isinstance(result, tuple | list):
        return all(map(_is_followed, result)) and type(result) in (tuple, list)
    return result is None or type(result) is Symbol


def _pattern(saved: Any, new: Callable[[Any], Variable]) -> Any:
    """A nest of variables for a nest of arrays."""
    if saved is None:
        return None
    if type(saved) in (tuple, list):
        return tuple(_pattern(part, new) for part in saved)
    return new(saved)


def _paired(value: Any, variable: Any, book: Book) -> Any:
    if value is None:
        return None
    if isinstance(variable, Variable):
        if not isinstance(value, np.ndarray | np.generic):
            raise Opaque(f"a {type(value).__name__} that was kept")
        return book.symbol(value, variable)
    return tuple(_paired(v, part, book) for v, part in zip(value, variable))


def _real(nest: Any) -> Any:
    if isinstance(nest, engine.Tensor):
        return nest._data
    if isinstance(nest, Kept):
        return nest.value
    return type(nest)(map(_real, nest)) if isinstance(nest, tuple | list) else nest


def _tensors(nest: Any) -> list[Any]:
    if isinstance(nest, engine.Tensor):
        return [nest]
    if isinstance(nest, tuple | list) and not isinstance(nest, Kept):
        return [t for part in nest for t in _tensors(part)]
    return []
