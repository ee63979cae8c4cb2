"""Triggers: functions of a trainer that say whether now is the moment. A trainer asks after every step and every epoch."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .trainer import Trainer


class Every:
    """After every n-th step, or every n-th epoch.

    >>> Every(steps=100), Every(epochs=2)
    (Every(steps=100), Every(epochs=2))
    """

    def __init__(self, *, steps: int | None = None, epochs: int | None = None) -> None:
        self.moment, self.n = _one_of("Every", steps, epochs, "a whole number of at least 1")
        if isinstance(self.n, bool) or not isinstance(self.n, int) or self.n < 1:
            raise ValueError(f"Every: {self.moment}s is a whole number of at least 1, not {self.n!r}")

    def __call__(self, trainer: Trainer) -> bool:
        return trainer.moment == self.moment and _number(trainer) % self.n == 0

    def __repr__(self) -> str:
        return f"Every({self.moment}s={self.n})"


class At:
    """After these steps, or these epochs, counted from 1.

    >>> At(epochs=[3, 7])
    At(epochs=[3, 7])
    """

    def __init__(self, *, steps: Iterable[int] | None = None, epochs: Iterable[int] | None = None) -> None:
        self.moment, numbers = _one_of("At", steps, epochs, "a list of numbers")
        self.numbers = sorted({numbers} if isinstance(numbers, int) else set(numbers))

    def __call__(self, trainer: Trainer) -> bool:
        return trainer.moment == self.moment and _number(trainer) in self.numbers

    def __repr__(self) -> str:
        return f"At({self.moment}s={self.numbers})"


class EachRow:
    """Whenever the history has got a new row."""

    def __call__(self, trainer: Trainer) -> bool:
        return trainer.reported

    def __repr__(self) -> str:
        return "EachRow()"


class Best:
    """Whenever a row of the history has the best value so far, better by more than min_delta.

    mode   "min": lower is better; "max": higher is better; None: as the metric says, for the loss and for functions lower

    A NaN is never the best.

    >>> best = Best("accuracy", mode="max")
    >>> [best.improved(value) for value in [0.5, 0.4, float("nan"), 0.6]]
    [True, False, False, True]
    """

    def __init__(self, metric: str = "validation_loss", mode: str | None = None, min_delta: float = 0.0) -> None:
        if mode not in ("min", "max", None):
            raise ValueError(f"mode is 'min' (lower is better) or 'max' (higher is better), not {mode!r}")
        if not min_delta >= 0:
            raise ValueError(f"min_delta is a number of at least 0, not {min_delta!r}")
        self.metric, self.mode, self.min_delta = metric, mode, min_delta
        self.value: float | None = None

    def check(self, trainer: Trainer) -> None:
        trainer.check_name(self.metric)
        if self.mode is None:
            self.mode = trainer.mode_of(self.metric)

    def __call__(self, trainer: Trainer) -> bool:
        return trainer.reported and self.improved(trainer.history[-1][self.metric])

    def improved(self, value: float) -> bool:
        """Whether this is the best value so far, which is then kept."""
        gain = math.inf if self.value is None else (value - self.value if self.mode == "max" else self.value - value)
        if math.isnan(value) or not gain > self.min_delta:
            return False
        self.value = value
        return True

    def state_dict(self) -> dict[str, Any]:
        return {"value": self.value}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.value = state["value"]

    def __repr__(self) -> str:
        return f"Best({self.metric!r}, mode={self.mode!r})"


def _number(trainer: Trainer) -> int:
    return trainer.steps if trainer.moment == "step" else trainer.epoch


def _one_of(name: str, steps: Any, epochs: Any, what: str) -> tuple[str, Any]:
    if (steps is None) == (epochs is None):
        raise ValueError(f"{name} takes steps= or epochs=, {what}, and only one of them")
    return ("step", steps) if epochs is None else ("epoch", epochs)
