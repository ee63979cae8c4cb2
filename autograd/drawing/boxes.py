"""What is drawn for each item of an outline: its kind, its label, and what it was computed from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..arrays import ArrayNode
from ..reach import arrays_in
from .cards import card, finite, formula, settings, small, spelled
from .known import Known, contents, plainly
from .outline import Call, Item, Outline
from .themes import SHAPES, Theme
from .zoom import is_data

ORDERED = {"subtract": "−", "divide": "÷", "power": "^"}  # a mark on the second operand


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
    alarming: bool = False  # whether it holds NaN or infinity
    extra: dict[str, str] = field(default_factory=dict)  # attributes in place of its kind's
    fed: bool = False  # by something that is not drawn: data that are not kept


@dataclass(eq=False)
class Artist:
    """Makes the boxes: what it knows of the nodes, what it is to show of them, and in which colours."""

    known: Known
    theme: Theme
    show: Collection[str]
    roots: Collection[Any]
    inputs: Collection[Any] = ()
    changes: Mapping[Item, tuple[str, str]] = field(default_factory=dict)  # (added, removed or changed; in what)

    def boxes(self, seen: Outline) -> list[Box]:
        """Oldest first; sources in the order of the operation's arguments."""
        self.kept = set(kept_nodes(seen.items)) if "saved" in self.show else set()
        boxes: dict[Item, Box] = {}
        sheets: dict[Any, Box] = {}
        for item in reversed(seen.items):
            node = item.newest
            box = boxes[item] = self._fold(item) if item.title else self._plain(item)
            box.home, box.aside = item.home, isinstance(node, ArrayNode) and not item.title
            box.fed = item.home is not None and None in node.inputs
            for argument, value in self.known.constants.get(node, {}).items() if not item.title else ():
                if np.shape(value) and not item.given and not item.unfolded:
                    sheet = self._sheet(argument, value, len(sheets))
                    box.sources.append(sheets.setdefault(contents(value), sheet))
            box.sources += [boxes[source] for source in item.sources]
        self._heat(boxes)
        for item, (change, _) in self.changes.items():
            if item in boxes:
                dashed = {"style": SHAPES[boxes[item].kind]["style"] + ",dashed"} if change == "removed" else {}
                boxes[item].extra |= {"color": self.theme.changes[change], "penwidth": "2.4", **dashed}
        return [*sheets.values(), *boxes.values()]

    def _heat(self, boxes: Mapping[Item, Box]) -> None:
        """Colour by time, where it was measured."""
        if "time" not in self.show:
            return
        seconds = {item: sum(_seconds(item)) for item in boxes}
        longest = max(seconds.values(), default=0.0)
        for item, time in seconds.items():
            if time > 0:
                boxes[item].extra["fillcolor"] = self.theme.heat(time / longest)

    def _card(self, item: Item, title: str, shape: Any = (), rows: Any = (), remarks: Sequence[str] = ()) -> str:
        change, what = self.changes.get(item, ("", ""))
        said = [*remarks, f"{change}: {what}" if what else change]
        if "time" in self.show and (seconds := _seconds(item)) != (0.0, 0.0):
            said.append(" + ".join(_time(t) for t in seconds if t))
        if "bytes" in self.show and (kept := sum(array.nbytes for array in arrays_kept(item))):
            said.append(f"{kept:,} bytes kept")
        return card(title, shape, rows, said, self.theme, self.theme.alarm if self._alarming(item) else "")

    def _alarming(self, item: Item) -> bool:
        return any(not finite(value) for node in item.members for value in self.known.numbers(node))

    def _fold(self, item: Item) -> Box:
        counted = f"{item.count:,} nodes"
        remarks = [] if item.title.startswith("…") else [counted]
        alarming = self._alarming(item)
        if alarming:
            remarks.append("holds NaN or infinity")
        label = self._card(item, item.title, remarks=remarks)
        extra = {"color": self.theme.alarm} if alarming else {}
        return Box("fold", label, f"n{item.newest.order}", counted, alarming=alarming, extra=extra)

    def _sheet(self, argument: str, value: Any, number: int) -> Box:
        name = self.known.name_of(value) or plainly(argument, "data")
        rows = [("", self.theme.ink, value)] if "value" in self.show else []
        label = card(name, self._extent(value), rows, theme=self.theme)
        return Box("data", label, f"d{number}", f"data: {value.dtype} {value.shape}", alarming=not finite(value))

    def _extent(self, node: Any) -> Sequence[Any]:
        """What stands behind a title: the shape, the dtype, or both, as asked for."""
        extent = list(map(str, node.shape)) if "shape" in self.show else []
        return ["×".join(extent) + (" " if extent else "") + str(node.dtype)] if "dtype" in self.show else extent

    def _plain(self, item: Item) -> Box:
        node, known, theme = item.newest, self.known, self.theme
        rows = [("value", theme.ink, known.values.get(node))] if "value" in self.show else []
        rows += [("grad", theme.gradient, known.grad(node))] if "grad" in self.show and not is_data(node) else []
        name, place, described = known.names.get(node), f"n{node.order}", f"{node.dtype} {tuple(node.shape)}"
        extra = {"color": theme.alarm} if self._alarming(item) else {}
        if node.op is None:
            kind = "data" if node in self.inputs or is_data(node) else "leaf"
            label = self._card(item, name or kind, self._extent(node), rows)
            return Box(kind, label, place, f"{kind}: {described}", alarming=bool(extra), extra=extra)
        operands = known.operands(node)
        keywords = dict(zip(getattr(node.op, "keywords", ()), getattr(node, "params", None) or ()))
        if "p" in keywords:  # the exponent of a power
            operands["p"] = float(keywords.pop("p"))
        if len(operands) > 2:
            keywords |= {argument: x for argument, x in operands.items() if isinstance(x, float)}
        title = formula(node.op.name, list(operands.values()))
        title = title if name is None else f"{name} = {title}"
        label = self._card(item, title, self._extent(node), rows, [settings(keywords)])
        kind = "result" if node in self.roots else "saved" if item.given or node in self.kept else "operation"
        box = Box(kind, label, place, f"{node.op.name}, {node.op.kind}: {described}", alarming=bool(extra), extra=extra)
        if len(set(node.inputs) - {None}) == 2 and None in operands.values() and not item.given:
            box.second = ORDERED.get(node.op.name, "")
        return box


KINDS = {
    "leaf": "learned: it gets a gradient",
    "data": "data",
    "operation": "computed",
    "saved": "kept for the derivative",
    "result": "the result",
    "fold": "several, folded into one",
}


def legend(boxes: Sequence[Box], calls: Sequence[Call], theme: Theme) -> list[Box]:
    """A box for each shape and colour that occurs in a picture, with what it means."""

    def sample(kind: str, text: str, ink: str = "", **extra: str) -> Box:
        label = f'<<font point-size="10" color="{ink or theme.ink}">{text}</font>>'
        return Box(kind, label, f"k{len(said)}", text, extra={"height": "0.2", **extra})

    said: list[Box] = []
    for kind, text in KINDS.items():
        if any(box.kind == kind for box in boxes):
            said.append(sample(kind, text))
    if calls:
        said.append(
            sample("operation", "the call of a module", theme.faint, fillcolor=theme.shades[0], color=theme.frame)
        )
    if any(box.alarming for box in boxes):
        said.append(sample("operation", "holds NaN or infinity", theme.alarm, color=theme.alarm))
    colours = {box.extra.get("color") for box in boxes}
    for change, colour in theme.changes.items():
        if colour in colours:
            said.append(sample("operation", change, color=colour, penwidth="2.4"))
    if any("fillcolor" in box.extra for box in boxes):
        said.append(sample("operation", "takes the most time", fillcolor=theme.warm))
    return said


def arrays_kept(item: Item) -> list[Any]:
    """The arrays that the nodes of an item keep for the derivative, each once."""
    found = {id(array): array for node in item.members for array in arrays_in(node.saved)}
    return list(found.values())


def kept_nodes(items: Iterable[Item]) -> Iterator[Any]:
    """The nodes whose values the derivative of an operation keeps: its own, or those of its inputs."""
    for item in items:
        node = item.newest
        if item.title or node.op is None or node.saved is None:
            continue
        arguments = list(getattr(node.op, "arguments", ()))
        for name in getattr(node.op, "kept", ()):
            if name == "out":
                yield node
            elif name in arguments and not node.op.variadic:
                yield node.inputs[arguments.index(name)]


def _seconds(item: Item) -> tuple[float, float]:
    """Forward and backward, as a profile has left them with the nodes."""
    times = [(node.notes or {}).get("seconds") or (0.0, 0.0) for node in item.members]
    return sum(t[0] or 0.0 for t in times), sum(t[1] or 0.0 for t in times)


def _time(seconds: float) -> str:
    unit, factor = ("s", 1.0) if seconds >= 1 else ("ms", 1e3) if seconds >= 1e-3 else ("µs", 1e6)
    return f"{spelled(float(f'{seconds * factor:.3g}'))} {unit}"


def remarks(seen: Outline, known: Known, show: Collection[str]) -> list[str]:
    """What is to be said about the whole, a line each."""
    said = []
    if seen.folded:
        said.append(f"{seen.total:,} nodes; {seen.folded:,} of them are folded into the dashed boxes")
    results = [item.newest for item in seen.items if not item.title and item.newest.op is not None]
    if "value" in show and any(node not in known.values and small(node.shape) for node in results):
        said.append("values of results are kept if they are computed under autograd.observe()")
    return said
