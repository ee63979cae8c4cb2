"""A recorded graph as one HTML file: the picture, what is known of each node, and both passes step by step.

Python works everything out: Graphviz's layout, as SVG in `<template>` elements, one for each depth to which modules are folded and one
for each product that unfolds into scalars; and the rest as JSON. page.js only shows it. Nothing is loaded from elsewhere.
"""

from __future__ import annotations

import html
import json
import linecache
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .. import graph
from ..calls import around, paths_of
from ..lines import line_of
from .cards import finite, small, spelled, spelled_rows
from .explanation import Step, seed_of, walk
from .formulas import Formula, forward, gradient, symbols
from .known import Known, plain
from .layout import rendered
from .outline import Outline, path_of
from .themes import DARK, LIGHT, Theme
from .zoom import is_data, product_of

BINS = 24
FILES = {part: Path(__file__).with_name(f"page.{part}") for part in ("html", "css", "js")}


class Drawn(NamedTuple):
    """What a picture was drawn from."""

    roots: Sequence[Any]
    known: Known
    theme: str
    at: Callable[[int | None], tuple[Outline, str]]  # the outline and the light picture, folded from this depth on
    legend: Callable[[], str]  # what shapes and colours mean, as a picture of its own
    plain: bool  # a forward graph, drawn as it is: then it has depths and a backward pass


def page(drawn: Drawn, title: str) -> str:
    """The HTML. RuntimeError if there is no Graphviz."""
    nodes = graph.ancestors(drawn.roots)
    known = drawn.known  # the boxes will have what is learned here
    known.read(nodes)
    called = symbols(nodes, known)
    result = called[drawn.roots[0]]
    seeds = {root: seed_of(root) for root in drawn.roots}
    steps, problem = _backward(seeds, called, known, result) if drawn.plain else ([], "")
    templates, views = [], []
    for name, seen, source in _views(drawn):
        templates.append(_svg(source))
        views.append({"name": name, **_places(seen)})
    told = [_told(node, called, known) for node in nodes]
    products: list[dict[str, Any]] = []
    for node, facts in zip(nodes, told) if drawn.plain else ():
        if (product := product_of(node, known)) is not None:
            from .picture import draw

            facts["zoom"] = len(products)
            products.append({"template": len(templates), **_zoomed(node, product.results, known, result)})
            templates.append(_svg(draw(product.results, limit=1000).source))
    templates.append(_svg(drawn.legend()))
    paths = paths_of(nodes)
    for node, facts in zip(nodes, told):
        facts["path"] = paths.get(node, "")
    missing = [node for node in nodes if node.op is not None and node not in known.values]
    said = ["Compute the graph under autograd.observe() to see all values and gradients."] if missing else []
    data = {
        "title": title,
        "theme": drawn.theme if drawn.theme != "light" else "",
        "views": views,
        "nodes": told[::-1],
        "result": drawn.roots[0].order,
        "backward": steps,
        "products": products,
        "legend": len(templates) - 1,
        "remarks": said + [problem] * bool(problem),
    }
    parts = {
        "TITLE": html.escape(title),
        "STYLE": FILES["css"].read_text("utf-8") + _themes(),
        "SCRIPT": FILES["js"].read_text("utf-8"),
        "DATA": embedded(data),
        "TEMPLATES": "\n".join(f'<template id="t{i}">{svg}</template>' for i, svg in enumerate(templates)),
    }
    return re.sub(r"\{\{([A-Z]+)\}\}", lambda m: parts[m[1]], FILES["html"].read_text("utf-8"))


def embedded(data: Any) -> str:
    """Data as JSON that can stand in a `<script>`: in ASCII, without anything that would end the element."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")


# --- The picture ------------------------------------------------------------------------------------------------------


def _views(drawn: Drawn) -> list[tuple[str, Outline, str]]:
    """(what it is called, outline, text in DOT): as drawn, then with modules folded ever deeper."""
    seen, source = drawn.at(None)
    views = [("as drawn", seen, source)]
    depths = max((len(around(call)) for call in seen.calls), default=0) if drawn.plain else 0
    for depth in range(min(depths, 4) - 1, -1, -1):
        seen, source = drawn.at(depth)
        if source != views[-1][2]:
            views.append((f"modules folded from depth {depth} on", seen, source))
    return views


def _svg(source: str) -> str:
    svg = rendered(source, "svg").decode()
    return svg[svg.index("<svg") :].strip()


def _places(seen: Outline) -> dict[str, Any]:
    """Where to find what: the box of each node that is folded, and by frame its label and what is inside."""
    folded = {node.order: f"n{item.newest.order}" for item in seen.items for node in item.members if item.title}
    inside: dict[Any, list[str]] = {}
    for item in seen.items:
        for call in around(item.home):
            inside.setdefault(call, []).append(f"n{item.newest.order}")
    frames = {
        f"c{call.first}": {"label": call.label, "path": path_of(call), "inside": inside.get(call, [])}
        for call in seen.calls
    }
    return {"folded": folded, "frames": frames}


def _themes() -> str:
    """A style sheet that turns each colour of the light picture into the dark one's, and the page's own colours."""
    pairs: dict[str, str] = {}
    for a, b in zip(_colours(LIGHT), _colours(DARK)):
        pairs.setdefault(a, b)
    rules = [
        f'[data-theme="dark"] :is(#stage, #legend) [{what}="{a}"]{{{what}:{b}}}'
        for a, b in pairs.items()
        for what in ("fill", "stroke")
    ]
    own = [
        f'[data-theme="{name}"]{{--page:{t.page};--ink:{t.ink};--faint:{t.faint};--gradient:{t.gradient};--alarm:{t.alarm};'
        f"--frame:{t.frame};--panel:{t.shades[0]};--inset:{t.shades[1]};--data:{t.boxes['data'][1]};--leaf:{t.boxes['leaf'][1]};"
        f"--result:{t.boxes['result'][1]}}}"
        for name, t in (("light", LIGHT), ("dark", DARK))
    ]
    return "\n".join(own + rules)


def _colours(theme: Theme) -> list[str]:
    first = [theme.ink, theme.gradient, theme.alarm, theme.arrow, theme.frame, theme.faint, *theme.shades]
    return [*first, *(c for pair in theme.boxes.values() for c in pair), *theme.changes.values(), theme.warm]


# --- Facts ------------------------------------------------------------------------------------------------------------


def _told(node: Any, called: dict[Any, Formula], known: Known) -> dict[str, Any]:
    """What there is to say of a node."""
    facts: dict[str, Any] = {
        "id": node.order,
        "name": known.names.get(node, ""),
        "symbol": called[node].text,
        "op": node.op.name if node.op is not None else "",
        "formula": forward(node, called, known).text if node.op is not None else "",
        "shape": "×".join(map(str, node.shape)),
        "dtype": str(node.dtype),
        "inputs": [parent.order for parent in node.inputs if parent is not None],
        "value": _array(known.values.get(node)),
        "grad": _array(known.grad(node)),
    }
    constants = known.constants.get(node, {})
    facts["data"] = [[known.name_of(v) or argument, _array(v)] for argument, v in constants.items() if np.shape(v)]
    if line := line_of(node):
        file, _, number = line.rpartition(":")
        facts["line"], facts["text"] = line, linecache.getline(file, int(number)).strip()
    return facts


def _array(value: Any) -> dict[str, Any] | None:
    """Few numbers as they are; of more, what they are like, and a histogram of the finite ones."""
    if value is None:
        return None
    array = np.asarray(plain(value))
    if array.ndim == 0 or small(array.shape):
        rows = spelled_rows(array)
        return {"rows": rows, **({} if finite(array) else {"bad": True}), **({} if array.ndim else {"single": True})}
    flat = array[np.isfinite(array)].astype(np.float64)
    bad = array.size - flat.size
    if not flat.size:
        return {"text": "no finite number" if bad else "empty", "bad": bool(bad)}
    low, high = float(flat.min()), float(flat.max())
    center, spread = spelled(float(flat.mean())), spelled(float(flat.std()))
    wide = high if high > low else low + 1.0
    counts = np.histogram(flat, BINS, (low, wide))[0].tolist() if np.isfinite(wide - low) and wide > low else []
    text = f"{array.size:,} numbers from {spelled(low)} to {spelled(high)}, mean {center} ± {spread}"
    text += f"; {bad:,} are not finite" if bad else ""
    return {"text": text, "histogram": counts, "ends": [spelled(low), spelled(high)], "bad": bool(bad)}


def _zoomed(node: Any, elements: Sequence[Any], known: Known, result: Formula) -> dict[str, Any]:
    """The graph of a product's scalars: nodes and steps, as those of the whole graph."""
    nodes = graph.ancestors(elements)
    known.read(nodes)
    called = symbols(nodes, known)
    g = known.grad(node)
    steps = [] if g is None else _backward(dict(zip(elements, np.ravel(g).tolist())), called, known, result)[0]
    told = [_told(scalar, called, known) for scalar in nodes]
    for scalar, facts in zip(nodes, told):
        if is_data(scalar) or g is None:
            facts["grad"] = None
    return {"nodes": told[::-1], "backward": steps, "result": elements[0].order}


# --- The backward pass ------------------------------------------------------------------------------------------------


def _backward(
    seeds: dict[Any, Any], called: dict[Any, Formula], known: Known, result: Formula
) -> tuple[list[dict[str, Any]], str]:
    """The steps of the sweep in their order, each with what it hands on; or a sentence that says why there are none. `known` learns the gradients."""
    steps: list[dict[str, Any]] = []

    def tell(step: Step) -> None:
        shares = [
            {
                "to": share.node.order,
                "of": gradient(share.of, result).text,
                "rule": share.formula.text,
                "total": _array(share.total),
                **({"share": _array(share.value)} if share.more else {}),
            }
            for share in step.shares
            if not is_data(share.node)
        ]
        of = gradient(step.symbol, result).text
        steps.append({"id": step.node.order, "of": of, "g": _array(step.gradient), "shares": shares})

    try:
        known.gradients |= walk(seeds, known, called, tell, result=result)
    except RuntimeError as error:
        return [], f"The backward pass cannot be shown: {error}"
    return steps, ""
