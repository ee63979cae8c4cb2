"""A program as a picture: its calls, and which results go where."""

from __future__ import annotations

from typing import Any

from graphviz import Digraph

from .code import Code
from .numpy_code import named
from .tracer import variables_in


def picture(code: Code) -> Any:
    """A Graphviz graph: boxes for what comes from outside, ellipses for calls, each with the shape and dtype of its result."""
    graph = Digraph(node_attr={"fontname": "Helvetica", "fontsize": "11"})
    made = {}
    changed = {v for _, v in code.writes} | {v for _, v in code.grads if v is not None}
    results = set(variables_in(code.outputs))

    def told(variable: Any) -> str:
        meta = code.meta(variable)
        return "number" if meta is None else f"{meta[1]} {meta[0]}"

    for kind, several in (("argument", code.inputs), ("from outside", code.captured), ("constant", code.constants)):
        for variable in several:
            made[variable] = f"v{variable.number}"
            graph.node(made[variable], f"{kind}\n{told(variable)}", shape="box")
    for i, call in enumerate([*code.draws, *code.calls]):
        several = variables_in(call.result)
        marked = "bold" if any(v in changed or v in results for v in several) else "solid"
        graph.node(f"c{i}", "\n".join([named(call), *map(told, several)]), style=marked)
        for variable in dict.fromkeys(variables_in((call.args, call.options))):
            graph.edge(made[variable], f"c{i}")
        made |= dict.fromkeys(several, f"c{i}")
    return graph
