"""A schedule that looks at a metric and not at the number of steps."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from ..optimizer import Optimizer
from .scheduler import LRScheduler, read, write


class ReduceLROnPlateau(LRScheduler):
    """η ← max(γ η, η_min) when a metric has not become better in more than `patience` steps; `step` takes the metric.

    mode            "min": better is lower; "max": better is higher
    factor          γ, below 1
    patience        so many steps without a better value are borne
    threshold       a value is better if it is so by this: a share of the best ("rel"), or outright ("abs"), as threshold_mode says
    cooldown        so many steps after a reduction do not count
    min_lr          η_min: a number, or one for each group
    eps             changes of η by no more are left out
    setting, groups as in `LRScheduler`

    >>> optimizer = optim.SGD([Tensor([1.0], requires_grad=True)], lr=1.0)
    >>> schedule = ReduceLROnPlateau(optimizer, patience=1)
    >>> rates = []
    >>> for loss in [3.0, 2.0, 2.0, 2.5, 2.1]:
    ...     schedule.step(loss)
    ...     rates += schedule.get_last_lr()
    >>> rates
    [1.0, 1.0, 1.0, 0.1, 0.1]
    """

    saved_without = LRScheduler.saved_without | {"base_lrs"}

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0.0,
        eps: float = 1e-8,
        *,
        setting: str = "lr",
        groups: Iterable[int] | None = None,
    ) -> None:
        if not factor < 1:
            raise ValueError(f"ReduceLROnPlateau: factor is below 1, and not {factor}")
        if mode not in ("min", "max"):
            raise ValueError(
                f"ReduceLROnPlateau: mode is 'min' (lower is better) or 'max' (higher is better), and not {mode!r}"
            )
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"ReduceLROnPlateau: threshold_mode is 'rel' or 'abs', and not {threshold_mode!r}")
        super().__init__(optimizer, setting=setting, groups=groups)
        count = len(self._groups())
        self.min_lrs = list(min_lr) if isinstance(min_lr, list | tuple) else [min_lr] * count
        if len(self.min_lrs) != count:
            raise ValueError(f"ReduceLROnPlateau: there are {count} groups and {len(self.min_lrs)} values of min_lr")
        self.factor = factor
        self.mode, self.threshold, self.threshold_mode = mode, threshold, threshold_mode
        self.patience, self.cooldown, self.eps = patience, cooldown, eps
        self.best = math.inf if mode == "min" else -math.inf
        self.cooldown_counter = self.num_bad_epochs = 0

    def given(self, k: int, base: float) -> float:
        return base

    def better(self, value: float) -> bool:
        sign = -1 if self.mode == "min" else 1
        relative = self.threshold_mode == "rel"
        level = self.best * (1 + sign * self.threshold) if relative else self.best + sign * self.threshold
        return sign * value > sign * level

    def step(self, metrics: Any, epoch: int | None = None) -> None:
        """Look at the metric, a number or a Tensor of one, of the steps since the last call."""
        value = float(metrics.item() if hasattr(metrics, "item") else metrics)
        groups = self._groups()
        if len(groups) > len(self.min_lrs) and len(set(self.min_lrs)) > 1:
            raise ValueError(
                f"ReduceLROnPlateau has a min_lr for each of {len(self.min_lrs)} groups, and the optimizer has {len(groups)} now; "
                "make the schedule anew, after add_param_group"
            )
        self.min_lrs += self.min_lrs[:1] * (len(groups) - len(self.min_lrs))
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self.better(value):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            for group, least in zip(groups, self.min_lrs):
                before = read(group, self.setting)
                after = max(before * self.factor, least)
                if before - after > self.eps:
                    write(group, self.setting, after)
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._note()
