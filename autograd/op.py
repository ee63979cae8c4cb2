"""How an operation and its derivative are declared.

    exp    = elementwise(np.exp,         lambda g, out: g * out)
    divide = elementwise(np.true_divide, lambda g, b: g / b, lambda g, b, out: -g * out / b)

A declaration is a forward function on arrays and one rule for each array argument: the product of the incoming
gradient with the derivative (the vector-Jacobian product), one pure expression in plain NumPy. The names of a rule's
parameters say what the engine must keep for it:

    g                 the incoming gradient dJ/d(result)
    out               the result
    a, b, x, ...      an argument, by the name it has in the forward function
    x_shape, x_dtype  its metadata, which cost nothing to keep
    saved             what the forward function returned beside its result: a cache, computed anew when lifted, by the
                      forward function or by the one that the declaration gives for it
    needs             for joint rules: which of the arguments need a gradient
    anything else     a keyword of the operation

The forward function's first parameters are the arrays, one for each rule (None where no gradient flows), and those
that follow are keywords; in an elementwise operation keywords have defaults.

Handed ndarrays, a rule runs at NumPy's speed. Handed Tensors it records a graph, since NumPy's own dispatch leads back
to these declarations: that is the derivative of the derivative.

A declaration makes a plain Python function, written out for the operation (its source is in tracebacks and
debuggers), so that recording costs little more than NumPy's own call. The engine undoes broadcasting, casts a gradient
to its input's dtype, keeps zero cotangents zero and adds up fan-out, so that no rule has to.
"""

from __future__ import annotations

import functools
import math
import sys
import threading
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from . import cuts, graph, modes, reach
from .arrays import (
    beside,
    engine,
    explain,
    failed,
    fit,
    freed,
    kept_axes,
    lifted,
    new_node,
    plain,
    unruled,
    wrong_shares,
    zero_unused,
)
from .lines import WITHIN, is_ours
from .source import names_in_functions, unwritten, write_functions

Array = Any  # an ndarray, a NumPy scalar or a Tensor: rules cannot tell them apart

registry: dict[Any, Callable[..., Any]] = {}  # NumPy function -> our function that takes its arguments
operations: dict[str, Operation] = {}  # every declared operation, by name
writing = threading.RLock()  # one thread at a time writes functions


class Operation:
    """What was declared: `kind` is one of elementwise, linear, bilinear, general, constant."""

    def __init__(
        self,
        name: str,
        kind: str,
        declared: Callable[..., Any],
        rules: Sequence[Any],
        *,
        joint: bool = False,
        selects: bool = False,
        scales: bool = False,
        rows: bool = False,
        lanes: bool = False,
        forward: Callable[..., Any] | None = None,
        saved: Callable[..., Any] | None = None,
    ) -> None:
        self.name, self.kind, self.joint, self.scales, self.lanes = name, kind, joint, scales, lanes
        self.forward, self.rules = forward or declared, tuple(rules)
        # names are not unique: a notebook's cell may declare its operation again
        self.key = name if name not in operations else f"{name}_{graph.tick()}"
        self.arguments, self.keywords, self.variadic = _signature(declared, None if joint else len(rules))
        self.rule_parameters = tuple(_parameters(rule) for rule in self.rules)
        self.caches = any("saved" in names for names in self.rule_parameters)
        self.cache = saved or (lambda *args: self.forward(*args)[1])
        # g and out reach the rule of a reduction with the axes kept as size 1
        self.reduces = self.keywords[:2] == ["axis", "keepdims"]
        self.guarded = (kind == "elementwise" and not selects) or (self.reduces and kind == "general") or rows
        self.defaults = getattr(getattr(declared, "__wrapped__", declared), "__defaults__", None) or ()
        self._check_names()
        self._check_rules()
        # name of a saved value -> which arguments' rules ask for it
        self.kept: dict[str, list[int]] = {}  # in the order in which a node saves them
        everyone = list(range(len(self.arguments)))
        for i, names in enumerate(self.rule_parameters):
            for name in names:
                asks = self.kept.setdefault(name, []) if self._is_value(name) else []
                asks.extend(everyone if joint else [i])
        if self.caches:  # the cache is computed anew from the inputs when the rule is lifted
            for name in self.arguments:
                self.kept[name] = everyone
        # shapes and dtypes that rules ask for: their names, whose they are, and what they are called there
        asked = {name for names in self.rule_parameters for name in names}
        self.asked = [
            (key, self.arguments.index(name), meta)
            for key, (name, meta) in self._metadata().items()
            if key in asked and not self.variadic
        ]
        # a sum of products: only a cotangent that is 0 as a whole is 0 whatever the operands
        self.multiplies = not (self.guarded or selects) and any(
            n in ("out", "saved", *self.arguments) for n in self.kept
        )
        self.function = unwritten(self.name, self)
        self.source: str
        self.pull: Callable[..., Any]
        self.keep: Callable[..., Any]

    def __repr__(self) -> str:
        return f"<operation {self.name} ({self.kind})>"

    @functools.cached_property
    def is_ours(self) -> bool:
        """Whether its rules are this library's, which are tested, and not a user's."""
        return all(is_ours(rule.__code__.co_filename) for rule in self.rules if isinstance(rule, FunctionType))

    def write(self) -> None:
        with writing:
            if "source" not in self.__dict__:
                write_functions(self)

    def first_call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Write the functions and call one of them, as the caller of this method's caller would have done."""
        self.write()
        result = self.function(*args, **kwargs)
        node = getattr(result, "_made", None)
        if node is not None and node.code is not None:
            caller: Any = sys._getframe(1)
            caller = caller.f_back or caller
            while caller.f_globals.get("__package__") in WITHIN and caller.f_back:
                caller = caller.f_back
            node.code, node.at = caller.f_code, caller.f_lasti
        return result

    def __getattr__(self, name: str) -> Any:
        if name not in ("source", "pull", "keep"):
            raise AttributeError(name)
        self.write()
        return self.__dict__[name]

    def _is_value(self, name: str) -> bool:
        return name in ("out", "saved") or name in self.arguments or name in self._metadata()

    def _metadata(self) -> dict[str, tuple[str, str]]:
        return {f"{a}_{m}": (a, m) for a in self.arguments for m in ("shape", "dtype")}

    def _check_names(self) -> None:
        known = {"g", "out", "saved", "needs", *self.arguments, *self.keywords, *self._metadata()}
        for names in self.rule_parameters:
            for name in names:
                if name not in known:
                    raise TypeError(
                        f"{self.name}: a rule asks for {name!r}, which is neither g, out, saved, nor an argument "
                        f"({', '.join(self.arguments)}), its _shape or _dtype, nor a keyword ({', '.join(self.keywords)})"
                    )

    def _check_rules(self) -> None:
        """TypeError unless every array argument has a rule, or None: a gradient would be lost without a word."""
        if self.kind == "constant" or self.joint:
            return
        arguments = [*self.arguments, *(self.keywords[:1] if self.kind == "bilinear" else ())]
        if not self.rules or len(arguments) != len(self.rules):
            raise TypeError(
                f"{self.name}: {len(self.rules)} rules for {', '.join(arguments) or 'its arguments'}; "
                "write one for each array argument, or None where no gradient flows"
            )
        required = self.keywords[: len(self.keywords) - len(self.defaults)]
        if self.kind == "elementwise" and required:
            raise TypeError(
                f"{self.name}: no rule for {', '.join(required)}; write one for each array argument, or None where no "
                f"gradient flows, and give a keyword a default: {required[0]}=..."
            )

    def keeps(self, node: graph.Node, parent: graph.Node) -> bool:
        """Whether the value of `parent` is among what `node` saved."""
        if parent is node:
            return "out" in self.kept
        if self.variadic:
            return self.arguments[0] in self.kept
        return any(
            p is parent and any(node.inputs[j] is not None for j in self.kept.get(name, ()))
            for p, name in zip(node.inputs, self.arguments)
        )

    def check_saved(self, node: Any) -> None:
        """RuntimeError if the user has changed an array that `node` saved."""
        reach.check(node, node.saved)

    def values(self, node: Any, lift: bool) -> dict[str, Any]:
        """What the rules are called with, but for `g` and `needs`: as arrays, or as values that remember how they were made."""
        if node.saved is None:
            raise freed(node)
        values = dict(zip(self.kept, (node.saved,) if len(self.kept) == 1 else node.saved))
        if lift:
            for parent, name in zip(node.inputs, self.arguments):
                if name in values:
                    values[name] = (
                        tuple(map(lifted, values[name], node.inputs)) if self.variadic else lifted(values[name], parent)
                    )
            if "out" in values:
                values["out"] = lifted(values["out"], node)
            if self.caches:
                values["saved"] = self.cache(*(values[a] for a in self.arguments), *node.params)
        inputs = node.inputs
        for key, place, meta in self.asked:
            if inputs[place] is not None:
                values[key] = getattr(inputs[place], meta)
        values.update(zip(self.keywords, node.params))
        return values

    def lift(self, node: Any, g: Any, inputs: Sequence[Any]) -> list[Any]:
        """The shares of `inputs` as Tensors: the same rules, on values that remember how they were made."""
        values = self.values(node, lift=True)
        if self.reduces:
            g = kept_axes(g, node)
            if "out" in values:
                values["out"] = kept_axes(values["out"], node)
        values.update(g=g, needs=tuple(p is not None for p in inputs))
        try:
            if self.joint:
                shares = self.rules[0](*(values[n] for n in self.rule_parameters[0]))
            else:
                shares = [
                    None if p is None or rule is None else rule(*(values[n] for n in names))
                    for p, rule, names in zip(inputs, self.rules, self.rule_parameters)
                ]
        except Exception as error:
            raise failed(error, self, {"node": node}, inputs) from None
        if not self.is_ours and (wrong := wrong_shares(self, shares, inputs)) is not None:
            raise wrong
        if (self.guarded and self.kept) or self.multiplies:
            along = node.params[self.keywords.index("axis")] if self.lanes else None
            shares = [None if s is None else zero_unused_lifted(s, g, self.multiplies, along) for s in shares]
        return [None if p is None or s is None else fit(s, p) for p, s in zip(inputs, shares)]


def _signature(forward: Any, count: int | None) -> tuple[list[str], list[str], bool]:
    """The names of the array arguments and of the keywords, and whether the one array argument is a sequence."""
    if isinstance(forward, np.ufunc):
        return (["x"] if forward.nin == 1 else ["a", "b"]), [], False
    names = list(_parameters(forward))
    if names[0] == "xs":
        return ["xs"], names[1:], True
    if count is None:
        count = len(names) - len(forward.__defaults__ or ())
    return names[:count], names[count:], False


def _parameters(function: Any) -> tuple[str, ...]:
    code = getattr(function, "__wrapped__", function).__code__ if function is not None else None
    return code.co_varnames[: code.co_argcount] if code is not None else ()  # inspect.signature takes 30 times as long


def zero_unused_lifted(share: Any, g: Any, whole: bool, axis: Any = None) -> Any:
    """`zero_unused` as an operation: by elements, or where the cotangent is 0 as a `whole`, or all along `axis`."""
    if not modes.tracing():
        values = np.asarray(share._data if isinstance(share, engine.Tensor) else share)
        if math.isfinite(np.vdot(values, values)):
            return share
    if whole and math.prod(g.shape):
        g = np.max(np.absolute(g), axis=axis, keepdims=axis is not None)
    return zero_unused_op(share, beside(g, share))


def bind(tensor_type: Any, adopt: Callable[[Any], tuple[Any, Any, Any]]) -> None:
    """Tell every operation, made already or later, what a Tensor is (called once, by tensor.py)."""
    engine.Tensor, engine.adopt = tensor_type, adopt
    names_in_functions.update(Tensor=tensor_type, adopt=adopt, record=record)


def record(op: Operation, args: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """Apply an operation while some mode is entered: the general path, beside the written-out fast one."""
    Tensor = engine.Tensor
    triples = [(a, a._data, a._node) if isinstance(a, Tensor) else engine.adopt(a) for a in args]
    values = [v for _, v, _ in triples]
    tracer = modes.innermost("trace")
    if tracer is not None and op.kind != "constant" and any(getattr(p, "requires_grad", False) for p in params):
        raise unruled(op, params)
    given = (*([values] if op.variadic else values), *(plain(params) if tracer is not None else params))
    if tracer is not None and tracer.is_symbolic(given):
        return tracer.nested(op, given)
    profile, timing = modes.innermost("profile"), None
    try:
        if profile is None:
            out = op.forward(*given)
        else:
            out, timing = profile.run(op.forward, *given)
    except Exception as error:
        raise explain(error, op, [values] if op.variadic else values, params) from None
    out, saved = out if op.caches else (out, None)
    if not any(isinstance(a, Tensor) for a, _, _ in triples):
        return out
    if isinstance(out, Tensor):
        raise unruled(op, params)
    result, node = Tensor._make(out, None), None
    sources = nodes = [n for _, _, n in triples]
    if not op.variadic and not op.joint:
        nodes = [n if rule is not None else None for n, rule in zip(nodes, op.rules)]
    recording, observed = modes.innermost("recording") is not False, modes.innermost("observe")
    if op.kind == "linear" and not op.variadic and isinstance(out, np.ndarray) and out.base is not None:
        base = triples[0][0]
        base._shared = result._shared = True
        if recording:
            reach.note_view(result, base)
    traced = None if tracer is None else tracer.add(op, tuple(a for a, _, _ in triples), params, result, saved)
    if any(n is not None for n in nodes) and op.kind != "constant" and recording:
        node = new_node(op, nodes, out, params)
        kept: list[Any]
        if tracer is not None:  # a trace keeps Tensors, so that a value keeps its identity
            kept = [a for a, _, _ in triples]
        else:
            kept = [v.copy() if v is a and isinstance(v, np.ndarray) else v for a, v, _ in triples]
        kept_out = out if tracer is None else result
        saved = saved if traced is None else traced
        node.saved = op.keep(*([kept, nodes] if op.variadic else kept + nodes), kept_out, saved)
        if reach.handed and tracer is None:
            reach.guard(node)
        result._made = node
        if observed:
            node.note("value", out)
            # what came from outside may be changed there, by an optimizer say, before somebody looks
            node.note(
                "operands",
                tuple(
                    np.copy(v) if v is not None and (n is None or n.op is None) else v for v, n in zip(values, nodes)
                ),
            )
    if observed:
        cuts.follow(op, args, sources, result, node, recording)
    anomaly = modes.innermost("anomaly")
    if anomaly is not None:
        anomaly.forward(op, values, out, node)
    if profile is not None:
        profile.forward(op, values, out, node, timing)
    return result


# --- The kinds --------------------------------------------------------------------------------------------------------


def _declare(kind: str, declared: Any, rules: Sequence[Any], name: str | None, **options: Any) -> Callable[..., Any]:
    name = name or declared.__name__.strip("_")
    if not name.isidentifier():
        raise ValueError(f"an operation needs a name that is an identifier, not {name!r}: pass name='my_operation'")
    op = operations[name] = Operation(name, kind, declared, rules, **options)
    op.function.__module__ = getattr(declared, "__module__", None) or __name__
    op.function.__doc__ = _doc(op, declared)
    op.function.__dict__["op"] = op
    if getattr(np, getattr(declared, "__name__", ""), None) is declared:
        registry[declared] = op.function
    return op.function


def implements(*functions: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: this function answers when NumPy's is called on a Tensor, with NumPy's arguments."""

    def register(ours: Callable[..., Any]) -> Callable[..., Any]:
        for function in functions:
            registry[function] = ours
        return ours

    return register


def axes_of(axis: Any, x: Any) -> tuple[int, ...] | None:
    """`axis` as rules take it: None for all axes, else a sorted tuple of non-negative integers."""
    if axis is None:
        return None
    if axis.__class__ is int and 0 <= axis < x.ndim:
        return (axis,)
    if isinstance(axis, float | str):
        raise TypeError(f"axis must be an integer, or a tuple of them, and is {axis!r}")
    return tuple(sorted(normalize_axis_tuple(axis, x.ndim)))


def _doc(op: Operation, declared: Any) -> str | None:
    if declared in registry or isinstance(declared, np.ufunc):
        return f"NumPy's `{declared.__name__}` on Tensors, with its gradient."
    return declared.__doc__


def elementwise(
    forward: Any,
    *rules: Any,
    name: str | None = None,
    selects: bool = False,
    scales: bool = False,
    saved: Callable[..., Any] | None = None,
) -> Callable[..., Any]:
    """An operation on elements, with broadcasting: a rule is multiplication of `g` by the local derivative.

    Two remarks spare the engine the search for 0 · inf: `selects` says that the rules only let `g` through or stop
    it, `scales` that a rule which names one operand multiplies or divides `g` by it, and so is safe for a plain number.
    `saved` is as for `general`.
    """
    return _declare("elementwise", forward, rules, name, selects=selects, scales=scales, saved=saved)


def linear(forward: Any, *rules: Any, name: str | None = None) -> Callable[..., Any]:
    """A linear map of its one array argument (or of a sequence, `xs`): the rule is its transpose."""
    return _declare("linear", forward, rules, name, joint=_parameters(forward)[0] == "xs")


def bilinear(declared: Any, *rules: Any, name: str | None = None, forward: Any = None) -> Callable[..., Any]:
    """Linear in each of two arguments: one rule a side. Batch axes may broadcast.

    `forward` is what to compute with, where it is not NumPy's function itself.
    """
    return _declare("bilinear", declared, rules, name, forward=forward)


def general(
    forward: Any,
    *rules: Any,
    name: str | None = None,
    rows: bool = False,
    lanes: bool = False,
    saved: Callable[..., Any] | None = None,
) -> Callable[..., Any]:
    """Any other operation: each rule returns its gradient in the exact shape of the argument.

    A forward function whose keywords begin with `axis, keepdims` is a reduction: its rule gets `g` and `out` with the
    reduced axes kept as size 1, and where g is 0 the share is 0. `rows` says that an element of the result is computed
    from one element or row of each argument, or the result from all of them: there too, where g is 0 the share is 0.
    `lanes` says that each row of the result along the keyword `axis` is computed from the same row of each
    argument: where g is 0 all along a row, so is the share. `saved`, called like `forward`, computes the cache alone: for
    rules on recorded values, which cannot use the one that was kept.
    """
    return _declare("general", forward, rules, name, rows=rows, lanes=lanes, saved=saved)


def joint(
    forward: Any, rule: Any, name: str | None = None, saved: Callable[..., Any] | None = None
) -> Callable[..., Any]:
    """An operation whose arguments share the work of their gradients: one rule returns all of them.

    Array arguments of `forward` are those without a default; the others are keywords. `saved` is as for `general`.
    """
    return _declare("general", forward, [rule], name, joint=True, saved=saved)


def constant(forward: Any, name: str | None = None, arrays: int = 1) -> Callable[..., Any]:
    """An operation whose derivative is zero wherever it has one (comparisons, sign, argmax): no gradient flows.

    `arrays` is how many of its arguments are arrays, where it is no ufunc, which knows it.
    """
    return _declare("constant", forward, [None] * (forward.nin if isinstance(forward, np.ufunc) else arrays), name)


zero_unused_op = elementwise(
    zero_unused,
    lambda g, share, cotangent: np.where((cotangent == 0) & ~np.isfinite(share), 0.0, g),
    None,
)
