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
    saved             what the forward function returned beside its result: a cache, computed anew when lifted
    needs             for joint rules: which of the arguments need a gradient
    anything else     a keyword of the operation

Handed ndarrays, a rule runs at NumPy's speed. Handed Tensors it records a graph, since NumPy's own dispatch leads back
to these declarations: that is the derivative of the derivative.

A declaration makes a plain Python function, written out for the operation (its source is in tracebacks and
debuggers), so that recording costs little more than NumPy's own call. The engine undoes broadcasting, casts a gradient
to its input's dtype, keeps zero cotangents zero and adds up fan-out, so that no rule has to.
"""

from __future__ import annotations

import inspect
import linecache
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from . import graph, modes

Array = Any  # an ndarray, a NumPy scalar or a Tensor: rules cannot tell them apart

registry: dict[Any, Callable[..., Any]] = {}  # NumPy function -> our function that takes its arguments
operations: dict[str, Operation] = {}  # every declared operation, by name


class ArrayNode(graph.Node):
    """A node whose value is an array: its shape and dtype are known for free."""

    __slots__ = ("shape", "dtype", "params")

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    params: tuple[Any, ...]


class OneInput(ArrayNode):
    """A node of one input. Without a tuple to hold it, the cyclic garbage collector has half as much to walk over."""

    __slots__ = ("x",)

    @property
    def inputs(self) -> tuple[Any]:  # type: ignore[override]
        return (self.x,)


class TwoInputs(ArrayNode):
    """A node of two inputs, each None where it needs no gradient."""

    __slots__ = ("a", "b")

    @property
    def inputs(self) -> tuple[Any, Any]:  # type: ignore[override]
        return (self.a, self.b)


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
        forward: Callable[..., Any] | None = None,
    ) -> None:
        self.name, self.kind, self.forward, self.rules, self.joint = name, kind, forward or declared, tuple(rules), joint
        self.arguments, self.keywords, self.variadic = _signature(declared, None if joint else len(rules))
        self.rule_parameters = tuple(_parameters(rule) for rule in self.rules)
        self.caches = any("saved" in names for names in self.rule_parameters)
        self.reduces = self.keywords[:2] == ["axis", "keepdims"]  # g and out reach its rule with the axes kept as size 1
        self.guarded = kind == "elementwise" and not selects or (self.reduces and kind == "general")
        self._check_names()
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
        self.function: Callable[..., Any]
        self.pull: Callable[..., Any]
        self.keep: Callable[..., Any]

    def __repr__(self) -> str:
        return f"<operation {self.name} ({self.kind})>"

    def _is_value(self, name: str) -> bool:
        return name in ("out", "saved") or name in self.arguments or name in self._metadata()

    def _metadata(self) -> dict[str, tuple[str, str]]:
        return {f"{a}_{m}": (a, m) for a in self.arguments for m in ("shape", "dtype")}

    def _check_names(self) -> None:
        known = {"g", "out", "saved", "needs", *self.arguments, *self.keywords, *self._metadata()}
        for rule, names in zip(self.rules, self.rule_parameters):
            for name in names:
                if name not in known:
                    raise TypeError(
                        f"{self.name}: a rule asks for {name!r}, which is neither g, out, saved, nor an argument "
                        f"({', '.join(self.arguments)}), its _shape or _dtype, nor a keyword ({', '.join(self.keywords)})"
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

    def lift(self, node: Any, g: Any, inputs: Sequence[Any]) -> list[Any]:
        """The shares of `inputs` as Tensors: the same rules, on values that remember how they were made."""
        if node.saved is None:
            raise freed(node)
        values = dict(zip(self.kept, (node.saved,) if len(self.kept) == 1 else node.saved))
        for i, name in enumerate(self.arguments):
            if name in values:
                values[name] = (
                    tuple(map(lifted, values[name], node.inputs)) if self.variadic else lifted(values[name], node.inputs[i])
                )
        if "out" in values:
            values["out"] = lifted(values["out"], node)
        if self.caches:
            values["saved"] = self.forward(*(values[a] for a in self.arguments), *(node.params or ()))[1]
        for key, (name, meta) in self._metadata().items():
            if not self.variadic and node.inputs[self.arguments.index(name)] is not None:
                values[key] = getattr(node.inputs[self.arguments.index(name)], meta)
        if self.reduces:
            g = kept_axes(g, node)
            if "out" in values:
                values["out"] = kept_axes(values["out"], node)
        values.update(zip(self.keywords, node.params or ()), g=g, needs=tuple(p is not None for p in inputs))
        if self.joint:
            shares = self.rules[0](*(values[n] for n in self.rule_parameters[0]))
        else:
            shares = [
                None if p is None or rule is None else rule(*(values[n] for n in names))
                for p, rule, names in zip(inputs, self.rules, self.rule_parameters)
            ]
        if self.guarded and self.kept:
            shares = [None if s is None else zero_unused_lifted(s, g) for s in shares]
        return [None if p is None or s is None else fit(s, p) for p, s in zip(inputs, shares)]


def _signature(forward: Any, count: int | None) -> tuple[list[str], list[str], bool]:
    if isinstance(forward, np.ufunc):
        return (["x"] if forward.nin == 1 else ["a", "b"][: forward.nin]), [], False
    names = list(inspect.signature(forward).parameters)
    if names[0] == "xs":
        return ["xs"], names[1:], True
    if count is None:
        count = sum(p.default is inspect.Parameter.empty for p in inspect.signature(forward).parameters.values())
    return names[:count], names[count:], False


def _parameters(rule: Any) -> tuple[str, ...]:
    return tuple(inspect.signature(rule).parameters) if rule is not None else ()


# --- What the generated functions and the lifted rules call --------------------------------------------------------


def fit(share: Any, parent: Any) -> Any:
    """`share` with the shape and dtype of the input it belongs to: broadcasting undone, cast back."""
    shape = parent.shape
    if share.shape != shape:
        extra = len(share.shape) - len(shape)
        axes = tuple(range(extra)) + tuple(
            i + extra for i, n in enumerate(shape) if n == 1 and share.shape[i + extra] != 1
        )
        if axes:
            share = add_reduce(share, axes) if isinstance(share, np.ndarray) else share.sum(axes)
        if share.shape != shape:
            share = np.reshape(share, shape) if math.prod(share.shape) == math.prod(shape) else np.broadcast_to(share, shape)
    if share.dtype != parent.dtype:
        share = share.astype(parent.dtype)
    return share


add_reduce = np.add.reduce


def zero_unused(share: Any, g: Any) -> Any:
    """`share`, but 0 where the cotangent g is 0 and the derivative is not finite: 0 · inf is 0 here."""
    unused = np.equal(g, 0)
    if unused.any():
        return np.where(unused & ~np.isfinite(share), np.zeros((), share.dtype), share)
    return share


def zero_unused_lifted(share: Any, g: Any) -> Any:
    if modes.entered and modes.innermost("trace") is not None:
        return zero_unused_op(share, g)
    values = np.asarray(share._data if isinstance(share, engine.Tensor) else share)
    return share if math.isfinite(np.vdot(values, values)) else zero_unused_op(share, g)


def kept_axes(value: Any, node: Any) -> Any:
    """The result of a reduction, or its cotangent, with the reduced axes as size 1."""
    shape, axis, keepdims = node.inputs[0].shape, node.params[0], node.params[1]
    if keepdims or not shape:
        return value
    return value.reshape(tuple([1 if axis is None or i in axis else n for i, n in enumerate(shape)]))


def shape_of(value: Any) -> tuple[int, ...]:
    return value.shape if hasattr(value, "shape") else np.shape(value)


def freed(node: graph.Node) -> RuntimeError:
    return RuntimeError(
        f"backward through {node.op.name}: the values saved for its derivative were freed by an earlier backward pass. "
        "To go through the same graph twice, write backward(retain_graph=True) the first time; "
        "otherwise compute the loss again."
    )


def explain(error: Exception, op: Operation, args: Sequence[Any], params: Sequence[Any]) -> Exception:
    """The same kind of error, with the operation, the shapes and the clashing axis named."""
    found = ", ".join(_describe(a) for a in (args[0] if op.variadic else args))
    clash = _clash(op, args)
    said = str(error)
    message = f"{op.name}({found}{''.join(f', {k}={v!r}' for k, v in zip(op.keywords, params))}): {clash or said}"
    for kind in (type(error), TypeError, ValueError):
        if isinstance(error, kind):
            try:
                return kind(message)
            except TypeError:  # some of NumPy's errors are not made from a message
                continue
    return error


def _describe(a: Any) -> str:
    shape, dtype = getattr(a, "shape", None), getattr(a, "dtype", None)
    return f"{dtype} {shape}" if shape is not None else f"{type(a).__name__}"


def _clash(op: Operation, args: Sequence[Any]) -> str | None:
    if op.kind == "elementwise" and len(args) >= 2:
        shapes = [np.shape(a) for a in args]
        rank = max(map(len, shapes))
        for axis in range(-1, -rank - 1, -1):
            sizes = [s[axis] for s in shapes if len(s) >= -axis]
            if len({n for n in sizes if n != 1}) > 1:
                return (
                    f"shapes {' and '.join(map(str, shapes))} do not broadcast: axis {axis} is "
                    f"{' against '.join(map(str, sizes))}; sizes must be equal or 1"
                )
    if op.name == "matmul" and all(len(np.shape(a)) for a in args):
        a, b = map(np.shape, args)
        inner = b[-2] if len(b) > 1 else b[0]
        if a[-1] != inner:
            return (
                f"shapes {a} and {b} do not chain: the last axis of the first is {a[-1]}, "
                f"axis {-2 if len(b) > 1 else 0} of the second is {inner}; they must be equal"
            )
    return None


class _Engine:
    """The names that generated functions see. `tensor.py` adds Tensor and adopt, the array type and its converter."""

    Tensor: Any
    adopt: Callable[[Any], tuple[Any, Any, Any]]


engine = _Engine()
PLAIN = frozenset([float, int, bool])
_globals: dict[str, Any] = {
    "entered": modes.entered,
    "ArrayNode": ArrayNode,
    "OneInput": OneInput,
    "TwoInputs": TwoInputs,
    "new": object.__new__,
    "tick": graph.tick,
    "ndarray": np.ndarray,
    "PLAIN": PLAIN,
    "explain": explain,
    "fit": fit,
    "freed": freed,
    "finite": math.isfinite,
    "vdot": np.vdot,
    "zero_unused": zero_unused,
    "kept_axes": kept_axes,
    "shape_of": shape_of,
    "record": None,
}


def bind(tensor_type: Any, adopt: Callable[[Any], tuple[Any, Any, Any]]) -> None:
    """Tell every operation, made already or later, what a Tensor is (called once, by tensor.py)."""
    engine.Tensor, engine.adopt = tensor_type, adopt
    _globals.update(Tensor=tensor_type, adopt=adopt, record=record)


def record(op: Operation, args: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """Apply an operation while some mode is entered: the general path, beside the written-out fast one."""
    Tensor = engine.Tensor
    triples = [(a, a._data, a._node) if isinstance(a, Tensor) else engine.adopt(a) for a in args]
    values = [v for _, v, _ in triples]
    tracer = modes.innermost("trace")
    try:
        out = op.forward(*([values] if op.variadic else values), *(plain(params) if tracer is not None else params))
    except Exception as error:
        raise explain(error, op, [values] if op.variadic else values, params) from None
    out, saved = out if op.caches else (out, None)
    if not any(isinstance(a, Tensor) for a, _, _ in triples):
        return out
    result = Tensor._make(out, None)
    nodes = [n for _, _, n in triples]
    if not op.variadic and not op.joint:
        nodes = [n if rule is not None else None for n, rule in zip(nodes, op.rules)]
    if any(n is not None for n in nodes) and op.kind != "constant" and modes.innermost("recording") is not False:
        node = new_node(op, nodes, out, params)
        if tracer is not None:  # a trace keeps Tensors, so that a value keeps its identity
            kept: list[Any] = [a for a, _, _ in triples]
            node.saved = op.keep(*([kept, nodes] if op.variadic else kept + nodes), result, saved)
        else:
            kept = [v.copy() if v is a and isinstance(v, np.ndarray) else v for a, v, _ in triples]
            node.saved = op.keep(*([kept, nodes] if op.variadic else kept + nodes), out, saved)
        result._node = node
        if modes.innermost("observe"):
            node.note("value", out)
            node.hooks = [lambda g: node.note("cotangent", g)]
    if tracer is not None:
        tracer.add(op, tuple(a for a, _, _ in triples), params, result)
    return result


def plain(value: Any) -> Any:
    """`value`, a parameter of an operation, with arrays in place of the Tensors inside it (an index, say)."""
    if isinstance(value, engine.Tensor):
        return value._data
    return type(value)(map(plain, value)) if isinstance(value, tuple | list) else value


def new_node(op: Operation, inputs: Sequence[Any], out: Any, params: tuple[Any, ...]) -> ArrayNode:
    if op.variadic or len(inputs) > 2:
        node = ArrayNode(op, tuple(inputs))
    else:
        node = object.__new__(OneInput if len(inputs) == 1 else TwoInputs)
        node.order, node.op, node.hooks = graph.tick(), op, None
        if len(inputs) == 1:
            node.x = inputs[0]  # type: ignore[attr-defined]
        else:
            node.a, node.b = inputs  # type: ignore[attr-defined]
    node.shape, node.dtype, node.params = out.shape, out.dtype, params
    return node


def lifted(value: Any, node: Any) -> Any:
    """A saved array as a Tensor that belongs to its own node again."""
    if isinstance(value, engine.Tensor) or node is None:
        return value
    return engine.Tensor._make(value, node)


# --- Writing the functions out --------------------------------------------------------------------------------------


def _write(op: Operation) -> None:
    """Generate `op.function` (forward and recording), `op.keep` and `op.pull` as source, and compile them."""
    source = "\n\n".join([_source_of_function(op), _source_of_keep(op), _source_of_pull(op)])
    filename = f"<autograd operation {op.name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    # one dictionary for all, so that bind reaches functions made before it
    names: dict[str, Any] = {}
    code = compile(source, filename, "exec")
    exec(code, _globals, names)  # noqa: S102
    op.function, op.keep, op.pull = names[op.name], names["keep_" + op.name], names["pull_" + op.name]


def _asked_by(op: Operation, name: str, present: str = "n_{} is not None") -> str:
    asks = op.kept[name]
    if op.variadic or len(asks) >= len(op.arguments):
        return "True"
    return " or ".join(present.format(op.arguments[i]) for i in asks)


def _saved_tuple(op: Operation) -> str:
    items = []
    meta = op._metadata()
    for name in op.kept:
        if name in meta:
            base, what = meta[name]
            if op.variadic:
                items.append(f"tuple([v.{what} for v in v_{base}])")
                continue
            value = f"shape_of(v_{base})" if what == "shape" else f"v_{base}.dtype"
            own = op.kept[name] == [op.arguments.index(base)]
            items.append("()" if own else value)
            continue
        value = {"out": "out", "saved": "saved"}.get(name, f"v_{name}")
        test = _asked_by(op, name)
        items.append(value if test == "True" else f"{value} if {test} else ()")
    if len(items) == 1:
        return f"({items[0]})" if items[0] != "None" else "()"
    return f"({', '.join(items)})"


def _source_of_function(op: Operation) -> str:
    k = f"K_{op.name}"
    _globals[k], _globals[f"F_{op.name}"] = op, op.forward
    args, keywords = op.arguments, op.keywords
    differentiable = [a for a, rule in zip(args, op.rules)] if not op.joint else list(args)
    if not op.joint:
        differentiable = [a for a, rule in zip(args, op.rules) if rule is not None]
    lines = [f"def {op.name}({', '.join([*args, *keywords])}):"]
    if op.variadic:
        lines += [
            "    n_xs = []; v_xs = []; lift = False",
            "    for x in xs:",
            "        if isinstance(x, Tensor): n_xs.append(x._node); v_xs.append(x._data); lift = True",
            "        else: x, v, n = adopt(x); n_xs.append(n); v_xs.append(v); lift = lift or n is not None",
        ]
    for a in args if not op.variadic else []:
        lines += [
            f"    if isinstance({a}, Tensor): v_{a} = {a}._data; n_{a} = {a}._node",
            f"    elif {a}.__class__ in PLAIN: v_{a} = {a}; n_{a} = None",
            f"    else: {a}, v_{a}, n_{a} = adopt({a})",
        ]
    pack = f"({', '.join(args)},)"
    params = f"({', '.join(keywords)}{',' if keywords else ''})"
    lines += [f"    if entered: return record({k}, {'tuple(xs)' if op.variadic else pack}, {params})"]
    out = "out, saved" if op.caches else "out"
    call = ", ".join([*(f"v_{a}" for a in args), *keywords])
    lines += [
        "    try:",
        f"        {out} = F_{op.name}({call})",
        "    except Exception as error:",
        f"        raise explain(error, {k}, ({', '.join('v_' + a for a in args)},), {params}) from None",
    ]
    if op.variadic:
        lines += ["    if not lift: return out", "    if not any(n is not None for n in n_xs): node = None"]
    else:
        raw = " and ".join(f"v_{a} is {a}" for a in args)
        none = " and ".join(f"n_{a} is None" for a in differentiable) or "True"
        lines += [f"    if {none}:", f"        if {raw}: return out", "        node = None"]
    if op.kind != "constant":
        if op.variadic or len(args) > 2:
            inputs = "tuple(n_xs)" if op.variadic else f"({', '.join(f'n_{a}' for a in args)})"
            made = [f"        node = new(ArrayNode); node.inputs = {inputs}"]
        elif len(args) == 1:
            made = [f"        node = new(OneInput); node.x = n_{args[0]}"]
        else:
            made = [f"        node = new(TwoInputs); node.a = n_{args[0]}; node.b = n_{args[1]}"]
        lines += [
            "    else:",
            *(
                f"        if v_{a} is {a} and {a}.__class__ is ndarray: v_{a} = {a}.copy()"
                for a in args
                if a in op.kept and not op.variadic
            ),
            *(["        v_xs = [v.copy() if v is x else v for v, x in zip(v_xs, xs)]"] if op.variadic and "xs" in op.kept else []),
            *made,
            f"        node.order = tick(); node.op = {k}; node.hooks = None",
            f"        node.saved = {_saved_tuple(op)}",
            "        node.shape = out.shape; node.dtype = out.dtype",
        ]
        if keywords:
            lines.append(f"        node.params = {params}")
    lines += ["    result = new(Tensor)", "    result._data = out; result._node = node", "    return result"]
    return "\n".join(lines)


def _source_of_keep(op: Operation) -> str:
    """What a node of this operation saves, given values v_, nodes n_ and results: for the paths that modes take."""
    values = ", ".join([*(f"v_{a}" for a in op.arguments), *(f"n_{a}" for a in op.arguments), "out", "saved"])
    return f"def keep_{op.name}({values}):\n    return {_saved_tuple(op)}"


def _source_of_pull(op: Operation) -> str:
    args, k = op.arguments, f"K_{op.name}"
    meta = op._metadata()

    def value(name: str) -> str:
        if name in meta and op.kept.get(name) == [args.index(meta[name][0])] and not op.variadic:
            base, what = meta[name]
            return f"n_{base}.{what}"
        return {"g": "g", "needs": "tuple([n is not None for n in inputs])"}.get(name, f"s_{name}")

    lines = [f"def pull_{op.name}(node, g, inputs):", "    saved = node.saved", "    if saved is None: raise freed(node)"]
    if op.kept:
        lines.append(f"    {', '.join('s_' + n for n in op.kept)} = saved")
    if op.keywords:
        lines.append(f"    ({', '.join('s_' + n for n in op.keywords)},) = node.params")
    if op.reduces:
        lines.append("    if g.ndim != len(inputs[0].shape): g = kept_axes(g, node)")
        if "out" in op.kept:
            lines.append("    s_out = kept_axes(s_out, node)")
    if op.joint:
        rule = f"R_{op.name}_0"
        _globals[rule] = op.rules[0]
        call = ", ".join(value(n) for n in op.rule_parameters[0])
        lines += [
            f"    shares = {rule}({call})",
            "    return [s if n is None or s is None or (s.shape == n.shape and s.dtype is n.dtype) else fit(s, n)"
            " for s, n in zip(shares, inputs)]",
        ]
        return "\n".join(lines)
    lines.append(f"    ({', '.join('n_' + a for a in args)},) = inputs")
    for i, (a, rule) in enumerate(zip(args, op.rules)):
        if rule is None:
            lines.append(f"    r_{a} = None")
            continue
        name = f"R_{op.name}_{i}"
        _globals[name] = rule
        call = ", ".join(value(n) for n in op.rule_parameters[i])
        pad = "    "
        if len(args) > 1:
            lines += [f"    if n_{a} is None: r_{a} = None", "    else:"]
            pad = "        "
        r = f"r_{a}"
        lines.append(f"{pad}{r} = {name}({call})")
        if op.guarded and op.kept:
            lines.append(
                f"{pad}if not finite(vdot({r}, {r}) if {r}.__class__ is ndarray else {r}): {r} = zero_unused({r}, g)"
            )
        lines.append(f"{pad}if {r}.shape != n_{a}.shape or {r}.dtype is not n_{a}.dtype: {r} = fit({r}, n_{a})")
    lines.append(f"    return ({', '.join('r_' + a for a in args)},)")
    return "\n".join(lines)


# --- The kinds --------------------------------------------------------------------------------------------------------


def _declare(
    kind: str, declared: Any, rules: Sequence[Any], name: str | None, **options: Any
) -> Callable[..., Any]:
    name = name or declared.__name__.strip("_")
    if name in operations:
        raise ValueError(f"an operation named {name!r} is declared already")
    op = operations[name] = Operation(name, kind, declared, rules, **options)
    _write(op)
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
    return tuple(sorted(normalize_axis_tuple(axis, x.ndim)))


def _doc(op: Operation, declared: Any) -> str | None:
    if declared in registry or isinstance(declared, np.ufunc):
        return f"NumPy's `{declared.__name__}` on Tensors, with its gradient."
    return declared.__doc__


def elementwise(
    forward: Any, *rules: Any, name: str | None = None, selects: bool = False
) -> Callable[..., Any]:
    """An operation on elements, with broadcasting: a rule is multiplication of `g` by the local derivative.

    `selects` says that the rules only let `g` through or stop it, so that 0 · inf cannot arise in them.
    """
    return _declare("elementwise", forward, rules, name, selects=selects)


def linear(forward: Any, *rules: Any, name: str | None = None) -> Callable[..., Any]:
    """A linear map of its one array argument (or of a sequence, `xs`): the rule is its transpose."""
    return _declare("linear", forward, rules, name, joint=next(iter(inspect.signature(forward).parameters)) == "xs")


def bilinear(declared: Any, *rules: Any, name: str | None = None, forward: Any = None) -> Callable[..., Any]:
    """Linear in each of two arguments: one rule a side. Batch axes may broadcast.

    `forward` is what to compute with, where it is not NumPy's function itself.
    """
    return _declare("bilinear", declared, rules, name, forward=forward)


def general(forward: Any, *rules: Any, name: str | None = None) -> Callable[..., Any]:
    """Any other operation: each rule returns its gradient in the exact shape of the argument.

    A forward function whose keywords begin with `axis, keepdims` is a reduction: its rule gets `g` and `out` with the
    reduced axes kept as size 1, and where g is 0 the share is 0.
    """
    return _declare("general", forward, rules, name)


def joint(forward: Any, rule: Any, name: str | None = None) -> Callable[..., Any]:
    """An operation whose arguments share the work of their gradients: one rule returns all of them.

    Array arguments of `forward` are those without a default; the others are keywords.
    """
    return _declare("general", forward, [rule], name, joint=True)


def constant(forward: Any, name: str | None = None) -> Callable[..., Any]:
    """An operation whose derivative is zero wherever it has one (comparisons, sign, argmax): no gradient flows."""
    return _declare("constant", forward, [None] * (forward.nin if isinstance(forward, np.ufunc) else 1), name)


def _zero_unused(share: Any, cotangent: Any) -> Any:
    return zero_unused(share, cotangent)


zero_unused_op = elementwise(
    _zero_unused,
    lambda g, share, cotangent: np.where((cotangent == 0) & ~np.isfinite(share), 0.0, g),
    None,
    name="zero_unused",
)
