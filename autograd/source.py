"""Each operation written out as Python functions of its own.

A general function would have to ask at every call which arguments an operation has and what its rules want kept. The
functions written here ask that once, when the operation is declared:

    name(a, b, keyword)        compute, and record a node if an argument needs a gradient
    keep_name(...)             what such a node saves
    pull_name(node, g, inputs) the shares of g that belong to the node's inputs

To read one: `print(autograd.add.op.source)`. It also stands in tracebacks and debuggers.
"""

from __future__ import annotations

import linecache
import math
import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from . import graph, modes, reach
from .arrays import (
    ArrayNode,
    OneInput,
    TwoInputs,
    engine,
    explain,
    failed,
    fit,
    freed,
    kept_axes,
    shape_of,
    unruled,
    zero_unused,
)
from .lines import WITHIN

if TYPE_CHECKING:
    from .op import Operation

names_in_functions: dict[str, Any] = {
    "engine": engine,
    "entered": modes.entered,
    "Node": graph.Node,
    "ArrayNode": ArrayNode,
    "OneInput": OneInput,
    "TwoInputs": TwoInputs,
    "new": object.__new__,
    "tick": graph.tick,
    "ndarray": np.ndarray,
    "PLAIN": frozenset([float, int, bool]),
    "explain": explain,
    "failed": failed,
    "fit": fit,
    "frame": sys._getframe,
    "freed": freed,
    "finite": math.isfinite,
    "handed": reach.handed,
    "guard": reach.guard,
    "vdot": np.vdot,
    "within": WITHIN,
    "zero_unused": zero_unused,
    "zeros": np.zeros,
    "kept_axes": kept_axes,
    "note_view": reach.note_view,
    "shape_of": shape_of,
    "unruled": unruled,
}


def unwritten(name: str, op: Any, names: dict[str, Any] = names_in_functions) -> Any:
    """A function that writes itself out at its first call: nobody uses all operations, and importing should be quick."""
    function = FunctionType(_first_call.__code__, names, name)
    function.__qualname__, function.__kwdefaults__ = name, {"_op": op}
    return function


def _first_call(*args: Any, _op: Any, **kwargs: Any) -> Any:
    return _op.first_call(args, kwargs)  # which gives this very function its own code


def defined(source: str, filename: str, names: dict[str, Any]) -> dict[str, Any]:
    """The functions that a source defines, which knows these names. Tracebacks and debuggers find its lines."""
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    functions: dict[str, Any] = {}
    exec(compile(source, filename, "exec"), names, functions)
    return functions


def write_functions(op: Operation) -> None:
    """Give `op.function` its code, and `op` its `keep`, `pull` and `source`."""
    source = "\n\n".join([_source_of_function(op), _source_of_keep(op), _source_of_pull(op)])
    filename = f"<autograd operation {op.key}>"
    written = defined(source, filename, names_in_functions)
    op.keep, op.pull = written["keep_" + op.name], written["pull_" + op.name]
    op.function.__defaults__ = op.defaults or None  # before the code that needs them: another thread may call it now
    op.function.__code__ = written[op.name].__code__
    op.function.__kwdefaults__ = None
    op.source = source


def _asked_by(op: Operation, name: str) -> str:
    """The condition under which a node saves this value: that an argument whose rule asks for it needs a gradient."""
    asks = op.kept[name]
    if op.variadic or len(asks) >= len(op.arguments):
        return "True"
    return " or ".join(f"n_{op.arguments[i]} is not None" for i in asks)


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
    return f"({', '.join(items)})"


def _saves_arrays(op: Operation) -> bool:
    return bool(op.kept.keys() & {*op.arguments, "out", "saved"})


def _source_of_function(op: Operation) -> str:
    k = f"K_{op.key}"
    names_in_functions[k], names_in_functions[f"F_{op.key}"] = op, op.forward
    args, keywords = op.arguments, op.keywords
    pack = f"({', '.join(args)},)"
    params = f"({', '.join(keywords)}{',' if keywords else ''})"
    differentiable = args if op.joint else [a for a, rule in zip(args, op.rules) if rule is not None]
    lines = [f"def {op.name}({', '.join([*args, *keywords])}):"]
    if op.variadic:
        lines += [
            "    n_xs = []; v_xs = []; lift = False",
            "    for x in xs:",
            "        if isinstance(x, Tensor): n_xs.append(x._made); v_xs.append(x._data); lift = True",
            f"        else: x, v, n = adopt(x, {k}); n_xs.append(n); v_xs.append(v); lift = lift or n is not None",
        ]
    for a in args if not op.variadic else []:
        lines += [
            f"    if isinstance({a}, Tensor): v_{a} = {a}._data; n_{a} = {a}._made",
            f"    elif {a}.__class__ in PLAIN: v_{a} = {a}; n_{a} = None",
        ]
        if op.kind in ("elementwise", "constant"):
            lines += [
                f"    elif isinstance({a}, Node):  # a Scalar",
                f"        result = engine.of_scalars({k}, {pack}, {params})",
                "        if result is not NotImplemented: return result",
                f"        {a}, v_{a}, n_{a} = engine.as_operand({a})",
            ]
        lines.append(f"    else: {a}, v_{a}, n_{a} = adopt({a}, {k})")
    lines += [f"    if entered: return record({k}, {'tuple(xs)' if op.variadic else pack}, {params})"]
    out = "out, saved" if op.caches else "out"
    call = ", ".join([*(f"v_{a}" for a in args), *keywords])
    lines += [
        "    try:",
        f"        {out} = F_{op.key}({call})",
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
            made = [f"        node = OneInput(); node.x = n_{args[0]}"]
        else:
            made = [f"        node = TwoInputs(); node.a = n_{args[0]}; node.b = n_{args[1]}"]
        lines += [
            "    else:",
            *(
                f"        if v_{a} is {a} and {a}.__class__ is ndarray: v_{a} = {a}.copy()"
                for a in args
                if a in op.kept and not op.variadic
            ),
            *(
                ["        v_xs = [v.copy() if v is x else v for v, x in zip(v_xs, xs)]"]
                if op.variadic and "xs" in op.kept
                else []
            ),
            *made,
            f"        node.order = tick(); node.op = {k}; node.grad = node.notes = None",
            f"        node.saved = {_saved_tuple(op)}",
            f"        node.shape = out.shape; node.dtype = out.dtype; node.params = {params}",
            *(_NOTE_CALLER if _notes_caller(op) else ["        node.code = None"]),
            *(["        if handed: guard(node)"] if _saves_arrays(op) else []),
        ]
    if op.kind != "constant" and keywords:
        lines.append(f"    if out.__class__ is Tensor: raise unruled({k}, {params})")
    lines += ["    result = new(Tensor)", "    result._data = out; result._made = node"]
    if op.kind == "linear" and len(args) == 1 and not op.variadic:
        x = args[0]
        lines.append(f"    if out.__class__ is ndarray and out.base is not None: note_view(result, {x})")
    lines.append("    return result")
    return "\n".join(lines)


_NOTE_CALLER = [
    "        try: caller = frame(1)",
    "        except ValueError: caller = frame()  # it was called by C",
    "        while caller.f_globals.get('__package__') in within and caller.f_back: caller = caller.f_back",
    "        node.code = caller.f_code; node.at = caller.f_lasti",
]


def _notes_caller(op: Operation) -> bool:
    """Whether it will be asked where a node was made: it holds memory, or its rule is not the library's and may fail."""
    return _saves_arrays(op) or not op.is_ours


def _source_of_keep(op: Operation) -> str:
    """What a node of this operation saves, given values v_, nodes n_ and results: for the paths that modes take."""
    values = ", ".join([*(f"v_{a}" for a in op.arguments), *(f"n_{a}" for a in op.arguments), "out", "saved"])
    return f"def keep_{op.name}({values}):\n    return {_saved_tuple(op)}"


def _source_of_pull(op: Operation) -> str:
    args = op.arguments
    meta = op._metadata()

    def value(name: str) -> str:
        if name in meta and op.kept.get(name) == [args.index(meta[name][0])] and not op.variadic:
            base, what = meta[name]
            return f"n_{base}.{what}"
        return {"g": "g", "needs": "tuple([n is not None for n in inputs])"}.get(name, f"s_{name}")

    lines = []
    if op.kept:
        lines.append(f"    {', '.join('s_' + n for n in op.kept)} = saved")
    if op.keywords:
        lines.append(f"    ({', '.join('s_' + n for n in op.keywords)},) = node.params")
    if op.multiplies:
        lines.append(
            "    if not (g.size and g.item(0) or g.any()):"
            " return [None if n is None else zeros(n.shape, n.dtype) for n in inputs]"
        )
    if op.reduces:
        lines.append("    if s_axis is not None and not s_keepdims: g = kept_axes(g, node)")
        if "out" in op.kept:
            lines.append("    s_out = kept_axes(s_out, node)")
    if op.joint:
        rule = f"R_{op.key}_0"
        names_in_functions[rule] = op.rules[0]
        call = ", ".join(value(n) for n in op.rule_parameters[0])
        lines += [
            f"    shares = {rule}({call})",
            "    if shares.__class__ is ndarray: raise TypeError(shares)",
            "    return [s if n is None or s is None or (s.shape == n.shape and s.dtype is n.dtype) else fit(s, n)"
            " for s, n in zip(shares, inputs, strict=True)]",
        ]
        return _pull(op, lines)
    lines.append(f"    ({', '.join('n_' + a for a in args)},) = inputs")
    for i, (a, rule) in enumerate(zip(args, op.rules)):
        if rule is None:
            lines.append(f"    r_{a} = None")
            continue
        name = f"R_{op.key}_{i}"
        names_in_functions[name] = rule
        call = ", ".join(value(n) for n in op.rule_parameters[i])
        pad = "    "
        if len(args) > 1:
            lines += [f"    if n_{a} is None: r_{a} = None", "    else:"]
            pad = "        "
        r = f"r_{a}"
        lines.append(f"{pad}{r} = {name}({call})")
        if op.guarded and op.kept:
            test = f"not finite(vdot({r}, {r}) if {r}.__class__ is ndarray else {r})"
            by = [n for n in op.rule_parameters[i] if n in op.arguments]
            if op.scales and len(op.rule_parameters[i]) == 2 and by:  # by a plain number: nothing to look for
                test = f"not (s_{by[0]}.__class__ is float and s_{by[0]} and finite(s_{by[0]})) and {test}"
            lines.append(f"{pad}if {test}: {r} = zero_unused({r}, g)")
        if op.lanes:
            test = f"not finite(vdot({r}, {r}) if {r}.__class__ is ndarray else {r})"
            lines.append(f"{pad}if {test}: {r} = zero_unused({r}, g.any(axis=s_axis, keepdims=True))")
        lines.append(f"{pad}if {r}.shape != n_{a}.shape or {r}.dtype is not n_{a}.dtype: {r} = fit({r}, n_{a})")
    lines.append(f"    return ({', '.join('r_' + a for a in args)},)")
    return _pull(op, lines)


def _pull(op: Operation, lines: list[str]) -> str:
    return "\n".join(
        [
            f"def pull_{op.name}(node, g, inputs):",
            "    saved = node.saved",
            "    if saved is None: raise freed(node)",
            "    try:",
            *("    " + line for line in lines),
            "    except Exception as error:",
            f"        raise failed(error, K_{op.key}, locals(), inputs) from None",
        ]
    )
