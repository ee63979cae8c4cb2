"""A recorded graph as a picture: what is drawn for each kind of node, and the text in Graphviz's language DOT."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from .. import graph
from ..arrays import ArrayNode
from .cards import FAINT, GRADIENT, INK, card, escape, formula, settings, small
from .known import Known, contents
from .layout import rendered
from .outline import Call, Item, Outline, around, outline

FORMATS = ("svg", "png", "pdf", "dot")
DIRECTIONS = ("LR", "TB", "RL", "BT")

# What is learned, what is given, what is computed, and the result: told apart by shape as much as by colour.
STYLES = {
    "leaf": {"shape": "box", "style": "filled", "fillcolor": "#fff0d9", "color": "#d98324", "penwidth": "1.6"},
    "data": {"shape": "note", "style": "filled", "fillcolor": "#e4f0fb", "color": "#4a8cc7"},
    "operation": {"shape": "box", "style": "filled,rounded", "fillcolor": "#ffffff", "color": "#7b8794"},
    "result": {
        "shape": "box",
        "style": "filled,rounded",
        "fillcolor": "#e0f5e7",
        "color": "#2f9e5f",
        "peripheries": "2",
    },
    "fold": {"shape": "box", "style": "filled,rounded,dashed", "fillcolor": "#eef0f3", "color": "#7b8794"},
}
GRAPH = {
    "newrank": "true",
    "bgcolor": "#ffffff",
    "nodesep": "0.2",
    "ranksep": "0.35",
    "fontname": "Helvetica",
    "fontsize": "10",
    "fontcolor": FAINT,
}
NODE = {
    "fontname": "Helvetica",
    "fontsize": "12",
    "fontcolor": INK,
    "margin": "0.09,0.05",
    "height": "0.36",
    "width": "0.4",
}
EDGE = {
    "color": "#8a94a0",
    "arrowsize": "0.6",
    "fontname": "Helvetica-Bold",
    "fontsize": "11",
    "fontcolor": INK,
    "labeldistance": "1.6",
    "labelangle": "25",
}
ORDERED = {"subtract": "−", "divide": "÷", "power": "^"}  # a mark on the second operand
FRAME = {"style": "filled,rounded", "color": "#cbd2d9", "labeljust": "l", "labelloc": "t", "margin": "9"}
SHADES = ("#f5f7fa", "#edf0f4", "#e4e8ee")  # of frames, from the outside in


def draw(
    root: Any,
    names: Mapping[str, Any] | None = None,
    *,
    inputs: Iterable[Any] = (),
    direction: str = "LR",
    limit: int = 400,
) -> Picture:
    """A picture of how `root` was computed: a Tensor, a Scalar, a node, or a list of them.

    names      what to call Tensors, Scalars and arrays in the picture, as in {"x": x}; `locals()` will do
    inputs     leaves to be drawn as data, although they have a gradient
    direction  "LR" from left to right, "TB" from top to bottom, or "RL", "BT"
    limit      about how many nodes are drawn; in a larger graph long chains are folded, then modules, then its middle

    Operations are rounded, with the shapes of their results; leaves, for which a gradient is computed, are boxes; data
    are sheets of paper; calls of modules are frames. Numbers are written out where there are few. A Scalar knows its
    value. A Tensor's node holds none: it is shown as long as a derivative needs it, which is until `backward`, and for
    longer if the graph was recorded under `autograd.observe()`.

    In a notebook the picture shows itself; else `.save("graph.svg")` (or .png, .pdf, .dot). `.source` is its text.
    TypeError for what has no graph.

    >>> w = autograd.Tensor([1.0, 2.0], requires_grad=True)
    >>> picture = draw(np.tanh(w * 2).sum(), names={"w": w})
    >>> [word in picture.source for word in ("<b>w</b>", "× 2", "tanh", "sum")]
    [True, True, True, True]
    """
    roots = [_node(r) for r in (root if isinstance(root, list | tuple) else [root])]
    if not roots:
        raise ValueError("draw needs at least one Tensor or Scalar, and the list is empty")
    if direction not in DIRECTIONS:
        raise ValueError(
            f"direction is one of {', '.join(DIRECTIONS)}, such as LR for left to right, not {direction!r}"
        )
    seen = outline(roots, limit)
    known = Known([item.newest for item in seen.items if not item.title], names or {})
    boxes = _boxes(seen, known, set(roots), {_node(x) for x in inputs})
    return Picture(_dot(boxes, seen.calls, _remarks(seen, known), direction))


def _node(value: Any) -> Any:
    node = value if isinstance(value, graph.Node) else getattr(value, "node", None)
    if node is None:
        raise TypeError(
            f"a {type(value).__name__} without a graph cannot be drawn; "
            "give a Scalar, or a Tensor computed from one that was made with requires_grad=True"
        )
    return node


class Picture:
    """What `draw` returns: `.source` in Graphviz's language DOT, `.save(path)`, `.svg()`."""

    def __init__(self, source: str) -> None:
        self.source = source

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file whose ending says how: .svg, .png, .pdf or .dot. Returns the path.

        The embedded Graphviz draws a .pdf in pixels, a system's in lines. ValueError for another ending; RuntimeError if
        there is no Graphviz, which .dot does without.
        """
        path = Path(path)
        form = path.suffix[1:].lower()
        if form not in FORMATS:
            raise ValueError(f"the ending of {path.name!r} should be one of {', '.join('.' + f for f in FORMATS)}")
        path.write_bytes(self.source.encode() if form == "dot" else rendered(self.source, form))
        return path

    def svg(self) -> str:
        """The picture as SVG text."""
        return rendered(self.source, "svg").decode()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **_: Any) -> dict[str, str]:
        try:
            return {"image/svg+xml": self.svg(), "text/plain": repr(self)}
        except RuntimeError as error:
            return {"text/plain": f"{self!r}\n{error}"}

    def __repr__(self) -> str:
        return f"<picture of a graph with {self.source.count(' -> ')} edges; .save('graph.svg') writes it to a file>"


# --- What is drawn ----------------------------------------------------------------------------------------------------


@dataclass(eq=False, slots=True)
class Box:
    """A place in the picture: of a node, of several folded into one, or of data, which have no node."""

    kind: str
    label: str
    id: str  # of the element in the SVG: n and the order of the node whose result it is, in a fold too; or d and a number
    hint: str  # said where the pointer rests, in a browser
    home: Call | None = None
    sources: list[Box] = field(default_factory=list)
    aside: bool = False  # whether its parameters may stand beside it
    second: str = ""  # how the second operand is told from the first
    fed: bool = False  # by something that is not drawn: data that are not kept


def _boxes(seen: Outline, known: Known, roots: set[Any], inputs: set[Any]) -> list[Box]:
    """Oldest first; sources in the order of the operation's arguments."""
    boxes: dict[Item, Box] = {}
    sheets: dict[Any, Box] = {}
    for item in reversed(seen.items):
        node = item.newest
        box = boxes[item] = _fold(item) if item.title else _plain_box(node, known, roots, inputs)
        box.home, box.aside = item.home, isinstance(node, ArrayNode) and not item.title
        box.fed = item.home is not None and None in node.inputs
        for argument, value in known.constants.get(node, {}).items() if not item.title else ():
            if np.shape(value):
                box.sources.append(sheets.setdefault(contents(value), _sheet(argument, value, known, len(sheets))))
        box.sources += [boxes[source] for source in item.sources]
    return [*sheets.values(), *boxes.values()]


def _fold(item: Item) -> Box:
    counted = f"{item.count:,} nodes"
    label = card(item.title, remark="" if item.title.startswith("…") else counted)
    return Box("fold", label, f"n{item.newest.order}", counted)


def _sheet(argument: str, value: Any, known: Known, number: int) -> Box:
    name = known.name_of(value) or ("data" if argument.partition("[")[0] in ("a", "b", "x", "xs") else argument)
    label = card(name, value.shape, [("", INK, value)])
    return Box("data", label, f"d{number}", f"data: {value.dtype} {value.shape}")


def _plain_box(node: Any, known: Known, roots: set[Any], inputs: set[Any]) -> Box:
    name, rows = known.names.get(node), [("value", INK, known.values.get(node)), ("grad", GRADIENT, known.grad(node))]
    place, described = f"n{node.order}", f"{node.dtype} {tuple(node.shape)}"
    if node.op is None:
        kind = "data" if node in inputs else "leaf"
        return Box(kind, card(name or kind, node.shape, rows), place, f"{kind}: {described}")
    operands = known.operands(node)
    keywords = dict(zip(getattr(node.op, "keywords", ()), getattr(node, "params", None) or ()))
    if "p" in keywords:  # the exponent of a power
        operands["p"] = float(keywords.pop("p"))
    if len(operands) > 2:
        keywords |= {argument: x for argument, x in operands.items() if isinstance(x, float)}
    title = formula(node.op.name, list(operands.values()))
    label = card(title if name is None else f"{name} = {title}", node.shape, rows, settings(keywords))
    kind = "result" if node in roots else "operation"
    box = Box(kind, label, place, f"{node.op.name}, {node.op.kind}: {described}")
    if len(set(node.inputs) - {None}) == 2 and None in operands.values():
        box.second = ORDERED.get(node.op.name, "")
    return box


def _remarks(seen: Outline, known: Known) -> list[str]:
    """What is to be said about the whole, a line each."""
    remarks = []
    if seen.folded:
        remarks.append(f"{seen.total:,} nodes; {seen.folded:,} of them are folded into the dashed boxes")
    results = [item.newest for item in seen.items if not item.title and item.newest.op is not None]
    if any(node not in known.values and small(node.shape) for node in results):
        remarks.append("values of results are kept if they are computed under autograd.observe()")
    return remarks


# --- How it is arranged -----------------------------------------------------------------------------------------------


def _beside(boxes: Sequence[Box]) -> dict[Box, Box]:
    """{parameter or data: the operation} for those that stand beside their only use, out of the way of its main input."""
    uses = Counter(source for box in boxes for source in box.sources)
    beside: dict[Box, Box] = {}
    for box in filter(attrgetter("aside"), boxes):  # Scalars have no main input
        computed = any(source.kind in ("operation", "result", "fold") for source in box.sources)
        given = any(source.kind == "data" and uses[source] == 1 for source in box.sources)
        aside = ["leaf"] * (computed or given or box.fed) + ["data"] * computed
        mine = [s for s in box.sources if s.kind in aside and uses[s] == 1 and s.home is box.home]
        beside.update(dict.fromkeys(mine[:2], box))
    return beside


def _dot(boxes: Sequence[Box], calls: Sequence[Call], remarks: Sequence[str], direction: str) -> str:
    import graphviz

    dot = graphviz.Digraph("graph", graph_attr={"rankdir": direction, **GRAPH}, node_attr=NODE, edge_attr=EDGE)
    if remarks:
        dot.attr(label=f"<{'<br/>'.join(map(escape, remarks))}>", labelloc="b")
    frames: dict[Call | None, Any] = {None: dot}
    for i, call in enumerate(calls):
        shade = SHADES[min(len(around(call)), len(SHADES)) - 1]
        frames[call] = graphviz.Digraph(f"cluster_{i}")
        frames[call].attr(label=f"<{escape(call.label)}>", id=f"c{call.first}", fillcolor=shade, **FRAME)
    beside = _beside(boxes)
    rows: dict[Box, list[Box]] = {box: [box] for box in boxes if box not in beside}
    for box, user in beside.items():
        rows[user].insert(0 if len(rows[user]) == 1 else 2, box)  # before its use, or behind it
    names = {box: f"n{i}" for i, box in enumerate(boxes)}
    for row in rows.values():
        frame = frames[row[0].home]
        line = graphviz.Digraph(graph_attr={"rank": "same"}) if len(row) > 1 else frame
        for box in row:
            line.node(names[box], box.label, id=box.id, tooltip=graphviz.escape(box.hint), **STYLES[box.kind])
        if line is not frame:
            frame.subgraph(line)
    for call in reversed(calls):  # inner frames first, as an outer one takes their text
        frames[call.parent].subgraph(frames[call])
    for box in boxes:
        for k, source in enumerate(box.sources):
            place = f"{source.id}-{box.id}-{k}"
            if source in beside and rows[box].index(source) > rows[box].index(box):
                dot.edge(names[box], names[source], id=place, dir="back")  # Graphviz puts the tail of an edge first
            else:
                second = {"headlabel": box.second} if box.second and source is box.sources[1] else {}
                dot.edge(names[source], names[box], id=place, **second)
    return str(dot.source)
