"""A recorded graph as a picture: what can be asked for, and the files it is written to."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .. import graph
from ..tensor import Tensor
from .boxes import Artist, Box, remarks
from .boxes import legend as legend_of
from .differences import union
from .dot import text_of
from .gradients import VIEWS, gradients, side_by_side
from .known import Known, node_of
from .layout import rendered
from .outline import Item, Outline, outline, ranks
from .page import Drawn, page
from .themes import THEMES
from .zoom import unfold as unfold_products

FORMATS = ("svg", "png", "pdf", "dot")
DIRECTIONS = ("LR", "TB", "RL", "BT")
LONG = 12  # arrows one after the other, which are too long for the width of a screen
SHOWN = ("shape", "dtype", "value", "grad", "saved", "bytes", "time")


def draw(
    root: Any,
    names: Mapping[str, Any] | None = None,
    *,
    inputs: Iterable[Any] = (),
    direction: str | None = None,
    limit: int = 400,
    show: Collection[str] = ("shape", "value", "grad"),
    theme: str = "light",
    depth: int | None = None,
    fold: Collection[str] = (),
    unfold: Any = (),
    view: str = "forward",
    wrt: Any = None,
    compare: Any = None,
    legend: bool = False,
) -> Picture:
    """A picture of how `root` was computed: a Tensor, a Scalar, a node, or a list of them.

    names      what to call Tensors, Scalars and arrays in the picture, as in {"x": x}; `locals()` will do
    inputs     leaves to be drawn as data, although they have a gradient
    direction  "LR" from left to right, "TB" from top to bottom, or "RL", "BT"; by default LR as long as that fits a screen, else TB
    limit      about how many nodes are drawn; in a larger graph long chains are folded, then modules, then its middle
    show       any of "shape", "dtype", "value", "grad", "saved" (which values the derivative keeps), "bytes" (how many
               it keeps), "time" (forward + backward, of a graph that was profiled; the slowest box is the warmest)
    theme      "light" or "dark"
    depth      from which depth on modules are folded: 0 leaves one box of each model
    fold       modules to be folded, and
    unfold     modules to be left open, by their names in the model, such as "blocks.2.attn"; and small products of matrices
               to be drawn number by number, by the names that `names` gives them, or as Tensors
    view       "forward"; "gradient", the graph of the derivative, with what it takes over from the forward pass; or "both"
    wrt        of which Tensors the gradient is drawn; of all leaves if it is not given
    compare    another result: what is added here, removed from there, or changed is marked
    legend     whether a box is added for each shape and colour that occurs, with what it means

    Operations are rounded, with the shapes of their results; leaves, for which a gradient is computed, are boxes; data
    are sheets of paper; values kept for the derivative are folders; calls of modules are frames. Numbers are written out
    where there are few, and what is NaN or infinite is red, boxes that hold it too. A Scalar knows its value. A Tensor's
    node holds none: it is shown as long as a derivative needs it, which is until `backward`, and for longer if the graph
    was recorded under `autograd.observe()`.

    In a notebook the picture shows itself; else `.save("graph.svg")` (or .png, .pdf, .dot). `.source` is its text.
    TypeError for what has no graph; ValueError for a word that is not one of these, and for what cannot be unfolded.

    >>> w = autograd.Tensor([1.0, 2.0], requires_grad=True)
    >>> picture = draw(np.tanh(w * 2).sum(), names={"w": w})
    >>> [word in picture.source for word in ("<b>w</b>", "× 2", "tanh", "sum")]
    [True, True, True, True]
    """
    given = list(root) if isinstance(root, list | tuple) else [root]
    roots = [node_of(r, "drawn") for r in given]
    if not roots:
        raise ValueError("draw needs at least one Tensor or Scalar, and the list is empty")
    show, fold = ([x] if isinstance(x, str) else list(x) for x in (show, fold))
    unfolded = [unfold] if isinstance(unfold, str | Tensor | graph.Node) else list(unfold)
    values = [(names or {}).get(x, x) if isinstance(x, str) else x for x in unfolded]
    products = [node_of(x, "unfolded") for x in values if not isinstance(x, str)]
    if direction is not None:
        _one_of("direction", direction, DIRECTIONS)
    _one_of("theme", theme, THEMES)
    _one_of("view", view, VIEWS)
    for word in show:
        _one_of("show", word, SHOWN)
    for argument, number in {"limit": limit, "depth": 0 if depth is None else depth}.items():
        if not isinstance(number, int | np.integer) or number < 0:
            raise ValueError(f"{argument} is a whole number that is not negative, not {number!r}")
    if compare is not None and view != "forward":
        raise ValueError("compare is of forward graphs; leave out view, or draw the two gradients one by one")
    since, derivatives = -1, {}
    if view != "forward":
        since, derivatives = max(node.order for node in roots), gradients(given, roots, wrt)
        roots = (roots if view == "both" else []) + list(derivatives.values())
    options: dict[str, Any] = {"depth": depth, "fold": fold, "unfold": [x for x in values if isinstance(x, str)]}
    changes: dict[Item, tuple[str, str]] = {}
    if compare is None:
        seen = outline(roots, limit, since=since if view == "gradient" else -1, **options)
    else:
        others = [node_of(r, "drawn") for r in (compare if isinstance(compare, list | tuple) else [compare])]
        seen, changes = union(outline(roots, limit, **options), outline(others, limit, **options))
        roots += others
    if view == "both":
        side_by_side(seen, since)
    known = Known([item.newest for item in seen.items if not item.title], names or {})
    unfold_products(seen, products, known)
    for x, g in derivatives.items():
        known.names[g] = f"∂J/∂{known.names.get(x) or (x.notes or {}).get('name') or 'leaf'}"
    given_inputs = {node_of(x, "drawn") for x in inputs}

    def boxes_of(seen: Outline, theme: str) -> list[Box]:
        return Artist(known, THEMES[theme], show, set(roots), given_inputs, changes).boxes(seen)

    def text(seen: Outline, theme: str, legend: bool = False) -> str:
        boxes = boxes_of(seen, theme)
        said = legend_of(boxes, seen.calls, THEMES[theme]) if legend else []
        way = direction or ("LR" if max(ranks(seen.items).values()) < LONG else "TB")
        return text_of(boxes, seen.calls, remarks(seen, known, show), way, THEMES[theme], said)

    def legend_alone() -> str:
        said = legend_of(boxes_of(seen, "light"), seen.calls, THEMES["light"])
        return text_of(said, [], [], "LR", THEMES["light"])

    def at(level: int | None) -> tuple[Outline, str]:
        if level is None:
            return seen, text(seen, "light")
        folded = outline(roots, limit, **options | {"depth": level})
        there = {item.newest for item in folded.items if not item.title}
        unfold_products(folded, [node for node in products if node in there], known)
        return folded, text(folded, "light")

    plainly = view == "forward" and compare is None
    return Picture(text(seen, theme, legend), Drawn(roots, known, theme, at, legend_alone, plainly))


def _one_of(argument: str, word: Any, words: Collection[str]) -> None:
    if word not in words:
        raise ValueError(f"{argument} is one of {', '.join(words)}, not {word!r}")


def write(path: Path, content: bytes) -> None:
    """Write a file; what the system says of it if that cannot be, in a sentence."""
    try:
        path.write_bytes(content)
    except OSError as error:
        why = error.strerror or error
        raise type(error)(f"{path} cannot be written: {why}; give a path in a folder that is there and yours") from None


class Picture:
    """What `draw` returns: `.source` in Graphviz's language DOT, `.save(path)`, `.svg()`, `.to_html(path)`. It holds the graph."""

    def __init__(self, source: str, drawn: Drawn) -> None:
        self.source, self._drawn = source, drawn

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file whose ending says how: .svg, .png, .pdf or .dot. Returns the path.

        The embedded Graphviz draws a .pdf in pixels, a system's in lines. ValueError for another ending; RuntimeError if
        there is no Graphviz, which .dot does without; OSError if the path cannot be written.
        """
        path = Path(path)
        form = path.suffix[1:].lower()
        if form not in FORMATS:
            formats = ", ".join("." + f for f in FORMATS)
            raise ValueError(f"the ending of {path.name!r} should be one of {formats}; .to_html() writes a page")
        write(path, self.source.encode() if form == "dot" else rendered(self.source, form))
        return path

    def to_html(self, path: str | os.PathLike[str]) -> Path:
        """Write a page that any browser opens: the picture, to be searched, folded and gone through step by step. Returns the path.

        It is one file and needs no network. It has the values that are known, all of them if the graph was recorded under
        `autograd.observe()`; the backward pass too, unless the graph was freed without that, which the page then says.

        ValueError if the path does not end in .html; RuntimeError if there is no Graphviz; OSError if it cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"the ending of {path.name!r} should be .html; .save() writes the other formats")
        write(path, page(self._drawn, path.stem).encode())
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
