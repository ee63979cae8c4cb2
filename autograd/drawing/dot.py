"""Boxes as text in Graphviz's language DOT: who stands in which frame, beside whom, and where the arrows lead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from .boxes import Box
from .cards import escape
from .outline import Call, around
from .themes import Theme


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


def text_of(
    boxes: Sequence[Box],
    calls: Sequence[Call],
    remarks: Sequence[str],
    direction: str,
    theme: Theme,
    legend: Sequence[Box] = (),
) -> str:
    """The picture in DOT, with the boxes of a legend in a frame of their own."""
    import graphviz

    dot = graphviz.Digraph(
        "graph", graph_attr={"rankdir": direction, **theme.graph}, node_attr=theme.node, edge_attr=theme.edge
    )
    if remarks:
        dot.attr(label=f"<{'<br/>'.join(map(escape, remarks))}>", labelloc="b")
    frames: dict[Call | None, Any] = {None: dot}
    alarming = {call for box in boxes if box.alarming for call in around(box.home)}
    for i, call in enumerate(calls):
        shade = theme.shades[min(len(around(call)), len(theme.shades)) - 1]
        label = escape(call.label)
        frames[call] = graphviz.Digraph(f"cluster_{i}")
        frames[call].attr(label=f"<{label}>", id=f"c{call.first}", fillcolor=shade, **theme.cluster)
        if call in alarming:
            frames[call].attr(color=theme.alarm, fontcolor=theme.alarm)
    beside = _beside(boxes)
    rows: dict[Box, list[Box]] = {box: [box] for box in boxes if box not in beside}
    for box, user in beside.items():
        rows[user].insert(0 if len(rows[user]) == 1 else 2, box)  # before its use, or behind it
    names = {box: f"n{i}" for i, box in enumerate(boxes)}
    for row in rows.values():
        frame = frames[row[0].home]
        line = graphviz.Digraph(graph_attr={"rank": "same"}) if len(row) > 1 else frame
        for box in row:
            _place(line, names[box], box, theme)
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
    if legend:
        frame = graphviz.Digraph("cluster_legend")
        frame.attr(label="legend", id="legend", fillcolor=theme.page, **theme.cluster)
        column = graphviz.Digraph(graph_attr={"rank": "same"}) if direction in ("LR", "RL") else frame
        for i, box in enumerate(legend):
            _place(column, box.id, box, theme)
            if column is frame and i:
                frame.edge(legend[i - 1].id, box.id, style="invis")
        if column is not frame:
            frame.subgraph(column)
        dot.subgraph(frame)
    return str(dot.source)


def _place(dot: Any, name: str, box: Box, theme: Theme) -> None:
    from graphviz import escape as escaped

    dot.node(name, box.label, id=box.id, tooltip=escaped(box.hint), **theme.styles[box.kind] | box.extra)
