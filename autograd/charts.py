"""Panels to draw into, by matplotlib; and nothing else, so that it is imported in one place."""

from __future__ import annotations

from typing import Any


def panels(count: int = 1, columns: int | None = None, size: tuple[float, float] = (4.0, 3.2)) -> tuple[Any, list[Any]]:
    """A matplotlib Figure and `count` axes on it, row by row; ImportError where matplotlib is missing (extra `[plot]`)."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError("plots need matplotlib: pip install 'chainrule[plot]'") from None
    columns = min(count, columns or count)
    rows = -(-count // columns)
    figure = Figure(figsize=(size[0] * columns, size[1] * rows), layout="constrained")
    axes = [figure.add_subplot(rows, columns, place + 1) for place in range(count)]
    for each in axes:
        each.spines[["top", "right"]].set_visible(False)
    return figure, axes


def on(axes: Any, size: tuple[float, float] = (4.0, 3.2)) -> tuple[Any, Any]:
    """(figure, axes): those given, or new ones for a single panel."""
    if axes is not None:
        return axes.figure, axes
    figure, (only,) = panels(1, size=size)
    return figure, only
