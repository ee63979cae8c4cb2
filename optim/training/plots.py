"""The history as a picture, by matplotlib."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .extension import Extension
from .triggers import EachRow

if TYPE_CHECKING:
    from .trainer import Trainer


def plot(history: list[dict[str, Any]]) -> Any:
    """A matplotlib Figure: every number of the rows over the epochs, training and validation in one panel.

    ImportError where matplotlib is missing; extra `[plot]`.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError("a plot of the history needs matplotlib: pip install 'chainrule[plot]'") from None
    curves: dict[str, dict[str, tuple[list[float], list[float]]]] = {}
    for row in history:
        for name, value in row.items():
            if isinstance(value, float):
                panel = name.removeprefix("validation_")
                label = "training" if panel == name else "validation"
                steps, values = curves.setdefault(panel, {}).setdefault(label, ([], []))
                steps.append(row["step"])
                values.append(value)
    figure = Figure(figsize=(4 * max(1, len(curves)), 3.2), layout="constrained")
    for place, (panel, lines) in enumerate(curves.items()):
        axes = figure.add_subplot(1, len(curves), place + 1)
        for label, (steps, values) in lines.items():
            axes.plot(steps, values, label=label, marker="." if len(steps) == 1 else "")
        axes.set(title=panel.replace("_", " "), xlabel="step")
        axes.spines[["top", "right"]].set_visible(False)
        if len(lines) > 1:
            axes.legend(frameon=False)
    return figure


class Plot(Extension):
    """The picture of the history so far in a file, whose ending says the format; drawn anew with every row."""

    when = EachRow()

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def begin(self, trainer: Trainer) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self(trainer)  # a path or an ending that will not do is told before anything is trained

    def __call__(self, trainer: Trainer) -> None:
        plot(trainer.history).savefig(self.path, dpi=120)
