"""Each operation written out for floats, from the same declaration as for arrays.

A declaration is plain NumPy, so whatever NumPy's functions accept can go through it: arrays, Tensors, and here
expressions, names that stand for floats. An expression remembers what is done to it as Python source. Handed
expressions, the declaration

    divide = elementwise(np.true_divide, lambda g, b: g / b, lambda g, b, out: -g * out / b)

writes down what one would have written by hand for two floats:

    def forward(a, b): return (a / b)
    def shares_of_a_b(g, out, a, b): return (g / b), (((-g) * out) / b)

and two versions more, for an `a` or a `b` that is a constant. To read them: `print(Scalar.__truediv__.form.source)`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from threading import get_ident
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from . import graph, modes, op
from .arrays import engine
from .source import defined, unwritten

ERRORS = (ArithmeticError, ValueError)  # what operations on floats raise

# --- Expressions ------------------------------------------------------------------------------------------------------

INFIX = {
    "add": "({} + {})",
    "subtract": "({} - {})",
    "multiply": "({} * {})",
    "divide": "({} / {})",
    "floor_divide": "({} // {})",
    "remainder": "({} % {})",
    "negative": "(-{})",
    "positive": "{}",
    "conjugate": "{}",
    "absolute": "abs({})",
    "reciprocal": "(1.0 / {})",
    "square": "({0} * {0})",
    "float_power": "power({}, {})",
    "equal": "({} == {})",
    "not_equal": "({} != {})",
    "less": "({} < {})",
    "less_equal": "({} <= {})",
    "greater": "({} > {})",
    "greater_equal": "({} >= {})",
    "bitwise_and": "({} and {})",  # of comparisons
    "bitwise_or": "({} or {})",
}


class Expression(NDArrayOperatorsMixin):
    """Python source for a float. What NumPy's functions and operators do to it is written down, not done."""

    __slots__ = ("source",)
    lazy = True  # of np.where, only what is taken will be computed

    def __init__(self, source: str) -> None:
        self.source = source

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **options: Any) -> Expression:
        if method != "__call__" or options:
            return NotImplemented
        name = ufunc.__name__
        if name not in INFIX:
            names.setdefault(name, _on_floats(ufunc))
        form = INFIX.get(name, f"{name}({', '.join(['{}'] * len(operands))})")
        return Expression(form.format(*map(spelled, operands)))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Expression:
        if kwargs:
            return NotImplemented
        if function is np.where:
            condition, a, b = map(spelled, args)
            return Expression(f"({a} if {condition} else {b})")  # see `lazy`
        names.setdefault(function.__name__, _on_floats(function))
        return Expression(f"{function.__name__}({', '.join(map(spelled, args))})")

    def __bool__(self) -> bool:
        raise TypeError("a rule branches on data; use np.where with a safe operand")


def spelled(value: Any) -> str:
    return value.source if isinstance(value, Expression) else repr(float(value))


def _on_floats(numpys: Callable[..., Any]) -> Callable[..., Any]:
    """A function that the math module has not, by NumPy."""

    def function(*x: float) -> Any:
        with np.errstate(all="ignore"):
            return numpys(*x).item()

    return function


def power(a: float, b: float) -> float:
    out = a**b
    if out.__class__ is complex:
        raise ValueError("a negative number to a fractional power is not real")
    return out


def maximum(a: float, b: float) -> float:
    return a if a >= b or a != a else b


def minimum(a: float, b: float) -> float:
    return a if a <= b or a != a else b


def sign(x: float) -> float:
    return float((x > 0) - (x < 0)) if x == x else x


# What the written functions can name. NumPy's names for what the math module has; scalar.py adds Scalar and record.
names: dict[str, Any] = {
    **{name: getattr(math, name) for name in "inf nan isinf isnan isfinite sqrt cbrt exp exp2 expm1".split()},
    **{name: getattr(math, name) for name in "log log2 log10 log1p sin cos tan sinh cosh tanh".split()},
    **{name: getattr(math, name) for name in "hypot degrees radians copysign fabs fmod".split()},
    **{f"arc{name}": getattr(math, f"a{name}") for name in "sin cos tan tan2 sinh cosh tanh".split()},
    **{function.__name__: function for function in (power, maximum, minimum, sign)},
    "ERRORS": ERRORS,
    "NUMBERS": frozenset([float, int, bool]),
    "entered": modes.entered,
    "new": object.__new__,
    "tick": graph.tick,
}

# --- Scalar forms -----------------------------------------------------------------------------------------------------


class Step:
    """What `node.op` is for a Scalar: a declared operation, its arguments at `places` Scalars, the others numbers.

    `shares(g, out, first, second)` is the product of g with the derivatives, on floats: one number, or two;
    `push(node, g)` adds them to what the node's parents have.
    """

    def __init__(self, declared: op.Operation, places: tuple[int, ...]) -> None:
        self.declared, self.places = declared, places
        self.name, self.kind, self.arguments = declared.name, declared.kind, declared.arguments
        self.keeps, self.check_saved = declared.keeps, declared.check_saved
        constants = [i for i in range(len(self.arguments)) if i not in places]
        self.of = "_".join([self.arguments[i] for i in places])
        self.order = [self.arguments[i] for i in (*places, *constants)]  # as a node holds them: Scalars come first
        self.before, self.after = (None,) * places[0], (None,) * (len(self.arguments) - places[-1] - 1)
        self.shares: Callable[..., Any]
        self.push: Callable[[Any, float], None]

    def __repr__(self) -> str:
        return f"<operation {self.name} of Scalars>"

    def pull(self, node: Any, g: Any, inputs: Sequence[Any]) -> tuple[Any, ...]:
        """The shares of `inputs` in the cotangent g, as floats."""
        b = node.b
        if g == 0.0:  # zero stays zero, whatever the derivative
            shares: Any = (0.0,) * len(self.places)
        else:
            values = g, node._data, node.a._data, b if b.__class__ is float else b._data
            try:
                shares = self.shares(*values)
            except ERRORS:
                shares = self.limits(*values)
            if len(self.places) == 1:
                shares = (shares,)
        return (*self.before, *shares, *self.after)

    def limits(self, *values: float) -> Any:
        """The shares where floats err, and NumPy goes on with inf and NaN."""
        known = dict(zip(("g", "out", *self.order), map(np.float64, values)))
        with np.errstate(all="ignore"):
            shares = [float(share) for share in self.by_rule(known)]
        return shares if len(shares) > 1 else shares[0]

    def lift(self, node: Any, g: Any, inputs: Sequence[Any]) -> list[Any]:
        """The shares of `inputs` as Scalars: the same rules, on values that remember how they were made."""
        b = np.float64(node.b) if node.b.__class__ is float else node.b  # so that nothing errs as floats do
        known = {"g": g, "out": node, **dict(zip(self.order, (node.a, b)))}
        lifting.append(get_ident())
        try:
            shares = [recorded(share, g) for share in self.by_rule(known)]
        finally:
            lifting.remove(get_ident())
        return [*self.before, *shares, *self.after]

    def by_rule(self, known: dict[str, Any]) -> list[Any]:
        declared = self.declared
        return [declared.rules[i](*[known[name] for name in declared.rule_parameters[i]]) for i in self.places]


def recorded(share: Any, g: Any) -> Any:
    """A share as a Scalar or a Tensor, whatever the rule made of it; 0 where g is 0, if the derivative is not finite."""
    if not isinstance(share, graph.Node | engine.Tensor):
        share = names["constant"](share)
    return share if math.isfinite(share.item()) or g != 0 else names["constant"](0.0)


lifting: list[int] = []  # the threads that are running a lifted rule


def trouble(form: Form, error: Exception, *values: float) -> float:
    """What an operation on these floats, which erred, gives: an error that names it; in a derivative, inf or NaN."""
    if get_ident() in lifting:
        with np.errstate(all="ignore"):
            return float(form.declared.forward(*map(np.float64, values)))
    raise type(error)(f"{form.declared.name}({', '.join(map(repr, values))}): {error.args[-1]}") from None


names["trouble"] = trouble


class Form:
    """The Scalar form of a declared operation.

    function  takes Scalars and numbers, and records
    forward   the operation on floats
    steps     what the recorded nodes have for `op`, by the places of the arguments that were Scalars
    source    how all of these are written
    """

    source: str
    forward: Callable[..., Any]
    steps: dict[tuple[int, ...], Step]

    def __init__(self, declared: op.Operation) -> None:
        self.declared = declared
        self.function = unwritten(declared.name, self, names)
        self.function.form = self

    def __getattr__(self, name: str) -> Any:
        if name not in ("source", "forward", "steps"):
            raise AttributeError(name)
        self.write()
        return self.__dict__[name]

    def first_call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self.write()
        return self.function(*args, **kwargs)

    def write(self) -> None:
        """Write the functions out: at the first call, as most programs need few of them."""
        if "source" in self.__dict__:
            return
        declared, arguments = self.declared, self.declared.arguments
        ruled = [i for i, rule in enumerate(declared.rules) if rule is not None]
        steps = {places: Step(declared, places) for places in [*((i,) for i in ruled), *[(0, 1)] * (len(ruled) == 2)]}
        given = {name: Expression(name) for name in ("g", "out", *arguments)}
        forward = declared.forward(*[given[a] for a in arguments])
        parts = [f"def forward({', '.join(arguments)}): return {spelled(forward)}"]
        for step in steps.values():
            parts += [_source_of_shares(step), _source_of_push(step)]
        parts.append(_source_of_function(self, steps))
        source = "\n\n".join(parts) + "\n"

        filename = f"<autograd operation {declared.key} of Scalars>"
        written = defined(source, filename, names)
        for step in steps.values():
            step.shares, step.push = written["shares_of_" + step.of], written["push_to_" + step.of]
        self.forward, self.steps = written["forward"], steps
        self.function.__code__, self.function.__kwdefaults__ = written[declared.name].__code__, None
        self.source = source


def _source_of_shares(step: Step) -> str:
    known = {name: Expression(name) for name in ("g", "out", *step.order)}
    parameters = ", ".join(["g", "out", *step.order, "_"][:4])
    return f"def shares_of_{step.of}({parameters}): return {', '.join(map(spelled, step.by_rule(known)))}"


def _source_of_push(step: Step) -> str:
    values = "g", "node._data", "a._data", "b._data" if len(step.places) == 2 else "node.b"
    known = dict(zip(("g", "out", *step.order), map(Expression, values)))
    shares = list(map(spelled, step.by_rule(known)))
    lines = ["a = node.a", f"a._grad += {shares[0]}"]
    if len(shares) == 2:  # an error may leave nothing half done
        lines = [
            "a = node.a; b = node.b",
            f"to_a = {shares[0]}; to_b = {shares[1]}",
            "a._grad += to_a; b._grad += to_b",
        ]
    return "\n    ".join([f"def push_to_{step.of}(node, g):", *lines])


def _source_of_function(form: Form, steps: dict[tuple[int, ...], Step]) -> str:
    """Compute and record, where the operands are Scalars and plain numbers; `record` sees to everything else."""
    declared, f, s = form.declared, f"form_{form.declared.key}", f"step_{form.declared.key}"
    names[f] = form
    for places, step in steps.items():
        names["_".join([s, *map(str, places)])] = step
    a_b, x_y = (["a", "b"], ["x", "y"]) if len(declared.arguments) == 2 else (["a"], ["x"])
    out = spelled(declared.forward(*map(Expression, x_y)))

    def case(test: str, values: str, first: str, second: str, places: str) -> str:
        return f"""\
    if {test} and not entered:
        {values}
        try: out = {out}
        except ERRORS as error: out = trouble({f}, error, {", ".join(x_y)})
        node = new(Scalar)
        node._data = out; node.a = {first}; node.b = {second}; node.op = {s}_{places}; node.order = tick()
        node._grad = 0.0; node.notes = None
        return node"""

    cases = []
    if len(steps) == 3:
        cases = [
            case("a.__class__ is b.__class__ is Scalar", "x = a._data; y = b._data", "a", "b", "0_1"),
            case("a.__class__ is Scalar and b.__class__ in NUMBERS", "x = a._data; y = float(b)", "a", "y", "0"),
            case("b.__class__ is Scalar and a.__class__ in NUMBERS", "x = float(a); y = b._data", "b", "x", "1"),
        ]
    elif len(steps) == len(a_b) == 1:
        cases = [case("a.__class__ is Scalar", "x = a._data", "a", "0.0", "0")]
    operands = ", ".join(a_b)
    return "\n".join([f"def {declared.name}({operands}):", *cases, f"    return record({f}, {operands})"])


forms: dict[op.Operation, Form] = {}


def form_of(declared: op.Operation) -> Form | None:
    """The Scalar form of a declared operation; None if it is not one of floats, such as a sum or a product of matrices."""
    if declared not in forms:
        known = {"g", "out", *declared.arguments}
        if (
            declared.kind not in ("elementwise", "constant")
            or declared.variadic
            or declared.keywords
            or len(declared.arguments) > 2
            or not known.issuperset(name for parameters in declared.rule_parameters for name in parameters)
        ):
            return None
        forms[declared] = Form(declared)
    return forms[declared]
