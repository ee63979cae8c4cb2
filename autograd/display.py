"""How things show themselves in notebooks: text and numbers as HTML, escaped, and never large."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

import numpy as np

SHOWN = 12  # rows and columns of a matrix that are shown at most


def pre(text: str) -> str:
    """Text as it stands."""
    return f"<pre>{escape(text)}</pre>"


def table(rows: Iterable[Iterable[Any]], caption: str = "") -> str:
    """Rows of cells; the first of each row and the whole first row are plain cells like the others."""
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    head = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{head}{body}</table>"


def array(values: Any, caption: str) -> str:
    """Numbers: up to two axes as a table, its middle left out if it is large; more axes as NumPy prints them."""
    values = np.asarray(values)
    if values.ndim > 2 or not values.size:
        text = np.array2string(values, precision=4, separator=", ", threshold=200, edgeitems=3)
        return f"<div>{pre(text)}<small>{escape(caption)}</small></div>"
    grid = values.reshape(1, -1) if values.ndim < 2 else values
    rows, columns = _kept(grid.shape[0]), _kept(grid.shape[1])
    cells = [["⋮" if i is None else "…" if j is None else _number(grid[i, j]) for j in columns] for i in rows]
    return table(cells, caption)


def _kept(count: int) -> list[int | None]:
    """The places that are shown, None for a gap."""
    if count <= SHOWN:
        return list(range(count))
    return [*range(SHOWN // 2), None, *range(count - SHOWN // 2, count)]


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, np.floating) else str(value)
