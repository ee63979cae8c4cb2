"""A recorded graph as a Graphviz picture: DOT source, SVG, PNG or PDF."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .. import graph
from ..arrays import ArrayNode
from .outline import Cluster, Item, Outline, outline

FORMATS = ("svg", "png", "pdf", "dot")

# Told apart by shape as much as by colour: what is given, what is learned, what is computed, what comes out
FONT = {"fontname": "Helvetica", "fontsize": "11"}
STYLES = {
    "parameter": {"shape": "box", "style": "filled,bold", "fillcolor": "#fdebd0", "color": "#ca6f1e"},
    "input": {"shape": "note", "style": "filled", "fillcolor": "#d6eaf8", "color": "#2874a6"},
    "operation": {"shape": "box", "style": "filled,rounded", "fillcolor": "#fbfcfc", "color": "#5d6d7e"},
    "output": {"shape": "doubleoctagon", "style": "filled", "fillcolor": "#d5f5e3", "color": "#1e8449"},
    "fold": {"shape": "box", "style": "filled,rounded,dashed", "fillcolor": "#eaecee", "color": "#808b96"},
}
SYMBOLS = {
    "add": "+",
    "subtract": "−",
    "multiply": "×",
    "divide": "÷",
    "negative": "−x",
    "matmul": "matmul",
    "power": "xʸ",
    "power_number": "x",
    "square": "x²",
    "sqrt": "√x",
    "absolute": "|x|",
}
SMALL = 6  # up to so many numbers are written out


def draw(
    root: Any, names: Mapping[str, Any] | None = None, *, direction: str = "LR", limit: int = 400, title: str = ""
) -> Picture:
    """A picture of how `root` was computed: a Tensor, a Scalar, a node, or a list of them.

    names      {"x": x}: what to call Tensors and Scalars in the picture; small ones show their values
    direction  "LR" from left to right, "TB" from top to bottom
    limit      about how many nodes are drawn; in a larger graph long chains are folded first, then modules

    The picture shows operations with the shapes of their results, parameters by name, and modules as frames. A Scalar
    shows its value and gradient. A Tensor's node holds no value: those of small results are shown if the graph was
    recorded under `autograd.observe()`.

    In a notebook it shows itself; else `.save("graph.svg")` (or .png, .pdf, .dot); `.source` is the DOT text.
    Raises TypeError for what has no graph.

    >>> import autograd
    >>> w = autograd.Tensor([1.0, 2.0], requires_grad=True)
    >>> picture = autograd.draw((w * w).sum(), names={"w": w})
    >>> "sum" in picture.source
    True
    """
    roots = [_node(r) for r in (root if isinstance(root, list | tuple) else [root])]
    if not roots:
        raise ValueError("draw needs at least one Tensor or Scalar, and the list is empty")
    if direction not in ("LR", "TB", "RL", "BT"):
        raise ValueError(f"direction is LR (left to right) or TB (top to bottom), not {direction!r}")
    called = {_node(value): (name, value) for name, value in (names or {}).items()}
    return Picture(_dot(outline(roots, limit), called, direction, title))


class Picture:
    """What `draw` returns: `.source` in the DOT language, `.save(path)`, `.svg()`."""

    def __init__(self, source: str) -> None:
        self.source = source

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file whose ending says the format: .svg, .png, .pdf or .dot."""
        path = Path(path)
        form = path.suffix.removeprefix(".").lower()
        if form not in FORMATS:
            raise ValueError(
                f"the ending of {path.name!r} should say the format: {', '.join('.' + f for f in FORMATS)}"
            )
        path.write_bytes(self.source.encode() if form == "dot" else self._rendered(form))
        return path

    def svg(self) -> str:
        """The picture as SVG text."""
        return self._rendered("svg").decode()

    def _rendered(self, form: str) -> bytes:
        command = _layout_program(form)
        done = subprocess.run([*command, f"-T{form}"], input=self.source.encode(), capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{Path(command[0]).name} could not draw the graph: {done.stderr.decode().strip()}")
        return done.stdout

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **_: Any) -> dict[str, str]:
        try:
            return {"image/svg+xml": self.svg(), "text/plain": repr(self)}
        except RuntimeError as error:
            return {"text/plain": f"{self!r}: {error}"}

    def __repr__(self) -> str:
        return f"<picture of a graph, {self.source.count('->')} edges; .save('graph.svg') writes it>"


def _layout_program(form: str) -> list[str]:
    """The system's `dot` where there is one, else the embedded one."""
    dot = shutil.which("dot")
    if dot:
        return [dot]
    here = os.pathsep.join(
        [sysconfig.get_path("scripts"), str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    )
    embedded = shutil.which("graphviz-pure", path=here)
    if embedded is None:
        raise RuntimeError(
            "drawing needs Graphviz: pip install 'chainrule[draw]' brings an embedded one, or install your system's package "
            "graphviz; picture.source and picture.save('graph.dot') work without it"
        )
    if form == "pdf":
        raise RuntimeError(
            "the embedded Graphviz writes no PDF: save as .svg or .png, or install your system's package graphviz"
        )
    return [embedded]


# --- The DOT text -----------------------------------------------------------------------------------------------------


def _node(value: Any) -> Any:
    node = value if isinstance(value, graph.Node) else getattr(value, "node", None)
    if node is None:
        raise TypeError(
            f"a {type(value).__name__} without a graph cannot be drawn: give a Tensor computed from one with "
            "requires_grad=True, or a Scalar"
        )
    return node


def _dot(seen: Outline, called: Mapping[Any, tuple[str, Any]], direction: str, title: str) -> str:
    import graphviz

    dot = graphviz.Digraph(
        "graph",
        graph_attr={"rankdir": direction, "bgcolor": "white", "nodesep": "0.25", "ranksep": "0.35", **FONT},
        node_attr={**FONT, "margin": "0.12,0.06", "height": "0.3"},
        edge_attr={"color": "#808b96", "arrowsize": "0.7"},
    )
    remarks = [title] if title else []
    if seen.remarks:
        remarks.append("; ".join(seen.remarks))
    if any(isinstance(i.newest, ArrayNode) and i.newest.op is not None for i in seen.items) and not _observed(
        seen.items
    ):
        remarks.append("values of results are shown if recorded under autograd.observe()")
    if remarks:
        dot.attr(label=graphviz.escape("\n".join(remarks)).replace("\n", "\\n"), fontcolor="#5d6d7e", labelloc="b")
    numbers = {item: f"n{i}" for i, item in enumerate(reversed(seen.items))}

    def put(place: Any, item: Item) -> None:
        style = STYLES[_kind(item, seen, called)]
        label = graphviz.escape(_label(item, called)).replace("\n", "\\n")
        place.node(numbers[item], label=label, **style)

    inside: dict[Cluster | None, list[Item]] = {}
    for item in reversed(seen.items):
        inside.setdefault(item.home, []).append(item)
    for item in inside.get(None, ()):
        put(dot, item)
    frames = {cluster: _frame(graphviz, cluster, i) for i, cluster in enumerate(seen.clusters)}
    for cluster, frame in frames.items():
        for item in inside.get(cluster, ()):
            put(frame, item)
    for cluster in sorted(seen.clusters, key=_depth, reverse=True):  # inner frames first: an outer one takes their text
        (frames[cluster.parent] if cluster.parent else dot).subgraph(frames[cluster])
    for item in reversed(seen.items):
        for source in item.sources:
            dot.edge(numbers[source], numbers[item])
    return dot.source


def _frame(graphviz: Any, cluster: Cluster, number: int) -> Any:
    frame = graphviz.Digraph(f"cluster_{number}")
    frame.attr(
        label=graphviz.escape(cluster.label), style="rounded,filled", color="#aeb6bf", fillcolor="#00000008",
        fontcolor="#34495e", labeljust="l", labelloc="t", margin="10",
    )  # fmt: skip
    return frame


def _depth(cluster: Cluster) -> int:
    depth = 0
    while cluster.parent is not None:
        cluster, depth = cluster.parent, depth + 1
    return depth


def _observed(items: Iterable[Item]) -> bool:
    return any("value" in (item.newest.notes or {}) for item in items)


def _kind(item: Item, seen: Outline, called: Mapping[Any, Any]) -> str:
    node = item.newest
    if item.label:
        return "fold"
    if node in seen.roots and node.op is not None:
        return "output"
    if node.op is not None:
        return "operation"
    return "parameter" if "name" in (node.notes or {}) and node not in called else "input"


def _label(item: Item, called: Mapping[Any, tuple[str, Any]]) -> str:
    node = item.newest
    if item.label:
        return item.label
    notes = node.notes or {}
    name, value = called.get(node, (notes.get("name"), None))
    lines = [str(name)] if name is not None else []
    if node.op is not None:
        lines.append(SYMBOLS.get(node.op.name, node.op.name) + _constants(node) + _settings(node))
    if isinstance(node, ArrayNode):
        described = f"{node.dtype} {'×'.join(map(str, node.shape))}".strip()
        lines.append(described if lines else f"leaf {described}")
        value = notes.get("value", value)
        grad = notes.get("cotangent", node.grad)
        lines += [f"{word} {_numbers(v)}" for word, v in (("value", value), ("grad", grad)) if _is_small(v)]
    else:  # a Scalar: it is its own node
        lines.append(f"{float(node.data):.4g}" if node.op is None and not lines else f"value {float(node.data):.4g}")
        grad = node.grad
        if grad is not None:
            lines.append(f"grad {float(getattr(grad, 'data', grad)):.4g}")
    return "\n".join(lines)


def _constants(node: Any) -> str:
    """The plain number in an operation on a Scalar, as in `× 2`."""
    b = getattr(node, "b", None)
    if not isinstance(b, float) or not node.inputs or len(node.op.arguments) != 2:
        return ""
    return f" {b:.4g}" if node.op.name != "power" else f" y = {b:.4g}"


def _settings(node: Any) -> str:
    """The keywords of an operation that are not at rest: axis=0, shape=(2, 3); of a power, the exponent."""
    given = dict(zip(getattr(node.op, "keywords", ()), getattr(node, "params", None) or ()))
    if node.op.name == "power_number":
        return str(given["p"]).translate(SUPERSCRIPT)
    shown = [f"{k}={v}" for k, v in given.items() if v is not None and v is not False and k not in ("shape", "order")]
    short = ", ".join(shown)
    return f"\n{short}" if 0 < len(short) <= 30 else ""


SUPERSCRIPT = str.maketrans("0123456789.-", "⁰¹²³⁴⁵⁶⁷⁸⁹·⁻")


def _is_small(value: Any) -> bool:
    return value is not None and np.size(getattr(value, "_data", value)) <= SMALL


def _numbers(value: Any) -> str:
    array = np.asarray(getattr(value, "_data", value))
    return np.array2string(array, precision=4, separator=", ", suppress_small=True).replace("\n", "")
