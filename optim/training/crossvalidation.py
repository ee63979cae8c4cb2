"""Cross-validation: which setting of the hyper-parameters does best on samples that were kept apart."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

import autograd
from nn.data import DataLoader, Dataset, IterableDataset, Subset, TensorDataset, k_folds

from .trainer import Trainer

Setting = dict[str, Any]


class Score(NamedTuple):
    """What cross-validation says of a setting: the metric on each fold, its mean, and its standard deviation."""

    setting: Setting
    values: list[float]
    mean: float
    spread: float


class Scores(list[Score]):
    """The scores of all settings, in the order in which they were given; printed, a table."""

    metric = "loss"
    mode = "min"

    @property
    def best(self) -> Setting:
        """The setting with the best mean, the first of several; one with a NaN only if all have."""
        sign = 1 if self.mode == "min" else -1
        return min(self, key=lambda score: math.inf if math.isnan(score.mean) else sign * score.mean).setting

    def __str__(self) -> str:
        names = list(dict.fromkeys(name for score in self for name in score.setting))
        lines = [[*names, self.metric, "±"]]
        for score in self:
            shown = [str(score.setting.get(name, "")) for name in names]
            lines.append([*shown, f"{score.mean:.4g}", f"{score.spread:.2g}" + "  *" * (score.setting is self.best)])
        widths = [max(map(len, column)) for column in zip(*lines)]
        return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def cross_validate(
    make: Callable[..., Trainer],
    settings: Mapping[str, Iterable[Any]] | Iterable[Setting],
    data: Any,
    k: int = 5,
    *,
    metric: str = "loss",
    mode: str | None = None,
    epochs: int | None = None,
    steps: int | None = None,
    batch_size: int | None = None,
    stratify: bool = False,
    seed: int = 0,
) -> Scores:
    """For each setting, mean and standard deviation over k folds of a metric on the samples kept apart.

    make      make(**setting) returns a new Trainer
    settings  a grid, {"lr": [0.1, 0.01], "width": [8, 32]}, of which all combinations are tried; or a list of settings
    data      a pair of arrays, or a data set
    metric    the loss or one of the trainer's metrics; in its validation, which `EarlyStopping` may watch too
    mode      "min": lower is better; "max": higher is better; None: as the metric says, for the loss and for functions lower
    stratify  every class has its share in every fold; for arrays
    seed      decides the folds and, through autograd's generator, all else that is drawn; every setting meets the same

    Models are judged at the end of their run, with the best weights where early stopping restores them. The random
    numbers of the program go on behind it as if nothing had been drawn. A run that ends with a NaN or an infinity has NaN
    as its value, and the other settings are tried all the same.

    Source: Goodfellow, Bengio and Courville, *Deep Learning*, section 5.3.1, algorithm 5.1.

    >>> def make(lr):
    ...     model = nn.Linear(1, 1)
    ...     return optim.Trainer(model, optim.SGD(model.parameters(), lr=lr), nn.functional.mse_loss, progress=False)
    >>> x = np.linspace(-1, 1, 40)[:, None]
    >>> scores = cross_validate(make, {"lr": [0.001, 0.1]}, (x, 2 * x + 1), k=4, epochs=20, batch_size=8)
    >>> scores.best
    {'lr': 0.1}
    >>> [len(score.values) for score in scores]
    [4, 4]

    ValueError for an empty grid, or a metric that the trainers do not have.
    """
    tried = combinations(settings)
    if mode not in ("min", "max", None):
        raise ValueError(f"cross_validate: mode is 'min' (lower is better) or 'max' (higher is better), not {mode!r}")
    if isinstance(data, DataLoader | IterableDataset) or not isinstance(data, tuple | list | Dataset):
        raise TypeError(f"cross_validate takes a pair of arrays or a data set, and not a {type(data).__name__}")
    if not isinstance(data, Dataset):
        data = TensorDataset(*data)
    targets = None
    if stratify:
        if not isinstance(data, TensorDataset):
            raise TypeError("cross_validate: stratify=True needs the classes as an array; give a pair of arrays")
        targets = np.asarray(data.tensors[1].detach())
    folds = k_folds(data, k, targets=targets, generator=seed)
    scores = Scores()
    scores.metric = metric
    found = autograd.default_generator().bit_generator.state
    try:
        for setting in tried:
            values = []
            for i, fold in enumerate(folds):
                autograd.default_generator().bit_generator.state = np.random.PCG64([seed, i]).state
                trainer = make(**setting)
                if not isinstance(trainer, Trainer):
                    raise TypeError(f"cross_validate: make(**setting) returns a new Trainer, not {_shown(trainer)}")
                if trainer.steps:
                    raise ValueError("cross_validate: make(**setting) returned a trainer that has run; make a new one")
                names = ["loss", *(name for name, known in trainer.metrics.items() if known.number)]
                if metric not in names:
                    raise ValueError(f"cross_validate: the trainer has no number {metric!r}; it has {', '.join(names)}")
                scores.mode = mode or trainer.mode_of(metric)
                train, kept_apart = (Subset[Any](data, numbers.tolist()) for numbers in fold)
                try:
                    trainer.run(train, validation=kept_apart, epochs=epochs, steps=steps, batch_size=batch_size)
                    values.append(float(trainer.evaluate(kept_apart)[metric]))
                except FloatingPointError:  # it has diverged
                    values.append(math.nan)
            scores.append(Score(setting, values, statistics.fmean(values), _spread(values)))
    finally:
        autograd.default_generator().bit_generator.state = found
    return scores


def combinations(settings: Mapping[str, Iterable[Any]] | Iterable[Setting]) -> list[Setting]:
    """All settings of a grid; or those of a list.

    >>> combinations({"lr": [0.1, 0.01], "width": [8]})
    [{'lr': 0.1, 'width': 8}, {'lr': 0.01, 'width': 8}]
    """
    if isinstance(settings, Mapping):
        for name, values in settings.items():
            if isinstance(values, str | float | int) or not isinstance(values, Iterable):
                raise TypeError(f"a grid has a list of values for each name; write {{{name!r}: [{values!r}]}}")
        found = [dict(zip(settings, values)) for values in itertools.product(*settings.values())]
    else:
        found = [dict(setting) for setting in settings]
    if not found:
        raise ValueError("cross_validate: there is no setting to try; write {'lr': [0.1, 0.01]}")
    return found


def _spread(values: list[float]) -> float:
    return statistics.stdev(values) if all(map(math.isfinite, values)) else math.nan


def _shown(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
