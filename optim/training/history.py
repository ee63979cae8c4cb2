"""The history of a run: a list of rows, which shows itself as a table."""

from __future__ import annotations

from typing import Any

from autograd.display import SHOWN, table


class History(list[dict[str, Any]]):
    """A list of rows, {name: number}, one for each epoch or as often as the run is told. In a notebook, a table.

    >>> History([{"epoch": 1, "loss": 0.25}])._repr_html_()
    '<table><tr><td>epoch</td><td>loss</td></tr><tr><td>1</td><td>0.25</td></tr></table>'
    """

    def _repr_html_(self) -> str:
        names = list(dict.fromkeys(name for row in self for name in row))
        rows = self if len(self) <= 2 * SHOWN else [*self[:SHOWN], {}, *self[-SHOWN:]]
        cells = [[_shown(row.get(name, "⋮" if not row else "")) for name in names] for row in rows]
        return table([names, *cells])


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
