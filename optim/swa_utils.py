"""Averages of weights over the steps of training: exponential ones, and means of equal weights ("SWA").

A model with averaged weights is often better than any of those that were averaged, at the cost of a copy:

>>> model = nn.Linear(2, 1)
>>> averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.99))
>>> optimizer = optim.SGD(model.parameters(), lr=0.1)
>>> for _ in range(3):
...     optimizer.zero_grad()
...     nn.functional.mse_loss(model(np.ones((4, 2))), np.ones((4, 1))).backward()
...     optimizer.step()
...     averaged.update_parameters(model)
>>> averaged(np.ones((4, 2))).shape
(4, 1)
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

import nn
from autograd import Tensor, no_grad, tensor
from nn.modules.batchnorm import _BatchNorm
from nn.unchanged import modes_kept

from .lr_scheduler.cycles import for_each
from .lr_scheduler.scheduler import LRScheduler, read
from .optimizer import Optimizer

__all__ = [
    "AveragedModel",
    "SWALR",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

OfOne = Callable[[Tensor, Tensor, Any], Any]
OfAll = Callable[[Sequence[Tensor], Sequence[Tensor], Any], None]


class AveragedModel(nn.Module):
    """A copy of a model, whose weights are an average of those that `update_parameters` has seen.

    model         is copied
    device        None or "cpu"
    avg_fn        (average, now, n) -> the next average, for each parameter; n were averaged before
    multi_avg_fn  (averages, now, n), which changes the averages in place, all at once; one of the two, or none: their mean
    use_buffers   whether buffers, such as the statistics of batch norm, are averaged too; else, and if they are whole numbers,
                  they are those of the model

    It is called like the model, which is its `module`; `n_averaged`, a buffer, is n.

    Source: P. Izmailov et al., "Averaging weights leads to wider optima and better generalization" (2018); exponential:
    B. Polyak and A. Juditsky (1992), *Deep Learning*, section 8.7.3.

    >>> model = nn.Linear(1, 1, bias=False)
    >>> averaged = AveragedModel(model)
    >>> for w in (1.0, 2.0, 6.0):
    ...     _ = model.load_state_dict({"weight": [[w]]})
    ...     averaged.update_parameters(model)
    >>> averaged.module.weight.item(), averaged.n_averaged.item()
    (3.0, 3)
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: nn.Module,
        device: Any = None,
        avg_fn: OfOne | None = None,
        multi_avg_fn: OfAll | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise ValueError("AveragedModel takes avg_fn or multi_avg_fn, and not both")
        self.module = copy.deepcopy(model)
        if device is not None:
            self.module.to(device)
        self.register_buffer("n_averaged", tensor(0, dtype=np.int64))
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    @no_grad()
    def update_parameters(self, model: nn.Module) -> None:
        """Let the average take part of these weights. The first ones are copied."""
        averages, now = self._parts(self.module), self._parts(model)
        if [p.shape for p in averages] != [p.shape for p in now]:
            raise ValueError("update_parameters takes the model that is averaged, and this one has other parameters")
        n = self.n_averaged.item()
        if n == 0:
            for average, p in zip(averages, now):
                average.copy_(p)
        elif self.avg_fn is not None:
            for average, p in zip(averages, now):
                average.copy_(self.avg_fn(average, p, n))
        elif averages:
            (self.multi_avg_fn or get_swa_multi_avg_fn())(averages, now, n)
        for kept, buffer in zip(self.module.buffers(), model.buffers()):
            if not self.use_buffers or not kept.is_floating_point():
                kept.copy_(buffer)
        self.n_averaged += 1

    def _parts(self, model: nn.Module) -> list[Tensor]:
        buffers = [b for b in model.buffers() if b.is_floating_point()] if self.use_buffers else []
        return [p.detach() for p in itertools.chain(model.parameters(), buffers)]


def get_ema_avg_fn(decay: float = 0.999) -> OfOne:
    """avg_fn for a ← δ a + (1 - δ) θ, the exponential moving average with decay δ."""
    _check_decay(decay)
    return lambda average, now, n: decay * average + (1 - decay) * now


def get_ema_multi_avg_fn(decay: float = 0.999) -> OfAll:
    """multi_avg_fn for a ← δ a + (1 - δ) θ, the exponential moving average with decay δ."""
    _check_decay(decay)
    return lambda averages, now, n: _move(averages, now, 1 - decay)


def get_swa_avg_fn() -> OfOne:
    """avg_fn for the mean: a ← a + (θ - a) / (n + 1)."""
    return lambda average, now, n: average + (now - average) / (n + 1)


def get_swa_multi_avg_fn() -> OfAll:
    """multi_avg_fn for the mean: a ← a + (θ - a) / (n + 1)."""
    return lambda averages, now, n: _move(averages, now, 1 / (n + 1))


def _check_decay(decay: float) -> None:
    if not 0 <= decay <= 1:
        raise ValueError(f"decay is a number from 0 to 1, such as 0.999, and not {decay}")


@no_grad()
def _move(averages: Sequence[Tensor], now: Sequence[Tensor], share: float) -> None:
    for average, p in zip(averages, now):
        average.copy_(average + share * (p - average))


@no_grad()
def update_bn(loader: Iterable[Any], model: nn.Module, device: Any = None) -> None:
    """Set the statistics of all batch norms of a model to those over a whole data set, its mode left as it was.

    loader  gives batches: inputs, or tuples and lists whose first part is the inputs
    model   is called with them; without batch norms nothing is done

    Averaged weights have other statistics than those that were averaged.

    >>> model = nn.Sequential(nn.BatchNorm1d(1))
    >>> update_bn([np.array([[1.0], [3.0]]), np.array([[5.0], [7.0]])], model)
    >>> model[0].running_mean
    tensor([4.])
    """
    norms = [module for module in model.modules() if isinstance(module, _BatchNorm)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    with modes_kept(model):
        try:
            model.train()
            for norm in norms:
                norm.reset_running_stats()
                norm.momentum = None  # the mean of all batches
            for batch in loader:
                model(batch[0] if isinstance(batch, list | tuple) else batch)
        finally:
            for norm, momentum in zip(norms, momenta):
                norm.momentum = momentum


class SWALR(LRScheduler):
    """From the rates of the optimizer to `swa_lr` in `anneal_epochs` steps, and constant from then on.

    swa_lr           a number, or one for each group
    anneal_epochs    0 for at once
    anneal_strategy  "cos" or "linear"

    >>> optimizer = optim.SGD([Tensor([1.0], requires_grad=True)], lr=0.5)
    >>> schedule = SWALR(optimizer, swa_lr=0.1, anneal_epochs=4, anneal_strategy="linear")
    >>> [round(0.1 + 0.4 * schedule.multiplier(k), 3) for k in range(6)]
    [0.5, 0.4, 0.3, 0.2, 0.1, 0.1]
    """

    of_each_group = True

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"SWALR: anneal_strategy is 'cos' or 'linear', and not {anneal_strategy!r}")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"SWALR: anneal_epochs is a whole number, 0 or more, and not {anneal_epochs!r}")
        for group, rate in zip(optimizer.param_groups, for_each("swa_lr", swa_lr, optimizer)):
            group["swa_lr"] = rate
        self.anneal_epochs, self._anneal_strategy = anneal_epochs, anneal_strategy
        super().__init__(optimizer, last_epoch)

    def multiplier(self, k: int) -> float:
        share = min(1, k / self.anneal_epochs) if self.anneal_epochs else 1
        return 1 - share if self._anneal_strategy == "linear" else (1 + math.cos(math.pi * share)) / 2

    def get_lr(self) -> list[float]:
        k = self.last_epoch
        before = self.multiplier(k - 1) if k > 0 else 1.0
        ratio = self.multiplier(k) / before if before else 0.0
        return [group["swa_lr"] + (read(group, "lr") - group["swa_lr"]) * ratio for group in self._groups()]
