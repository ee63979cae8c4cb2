"""Schedules that go up and down."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..optimizer import Optimizer
from .scheduler import LRScheduler, write


def for_each(name: str, value: Any, optimizer: Optimizer) -> list[Any]:
    """A value for each group."""
    count = len(optimizer.param_groups)
    values = list(value) if isinstance(value, list | tuple) else [value] * count
    if len(values) != count:
        raise ValueError(
            f"{name}: there are {count} groups and {len(values)} values of {name}; give one, or one for each"
        )
    return values


def _cycled(kind: str, optimizer: Optimizer) -> str:
    """The setting that is a momentum."""
    for setting, name in (("momentum", "momentum"), ("beta1", "betas")):
        if name in optimizer.defaults:
            return setting
    raise ValueError(
        f"{kind}: {type(optimizer).__name__} has neither momentum nor betas that could go along; write cycle_momentum=False"
    )


class CosineAnnealingWarmRestarts(LRScheduler):
    """η_min + (η₀ - η_min) (1 + cos(π j / T)) / 2, with j the steps since the last restart: at j = T it begins anew.

    T_0      T, of the first time
    T_mult   by which T is multiplied at each restart
    eta_min  η_min

    `step` may be given the number of epochs done, a fraction too: step(epoch + batch / batches).

    Source: I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017).

    >>> optimizer = optim.SGD([Tensor([1.0], requires_grad=True)], lr=0.5)
    >>> schedule = CosineAnnealingWarmRestarts(optimizer, T_0=2, T_mult=2)
    >>> [round(schedule.given(k, base=0.5), 3) for k in range(7)]
    [0.5, 0.25, 0.5, 0.427, 0.25, 0.073, 0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
        **options: Any,
    ) -> None:
        for name, value in (("T_0", T_0), ("T_mult", T_mult)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"CosineAnnealingWarmRestarts: {name} is a whole number, 1 or more, and not {value!r}")
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        self.T_i: int = T_0
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch, **options)

    def place(self, k: float) -> tuple[float, int]:
        """(steps since the last restart, steps until the next from there)."""
        length = self.T_0
        while k >= length:
            k -= length
            length *= self.T_mult
            if self.T_mult == 1:
                k %= length
        return k, length

    def given(self, k: float, base: float) -> float:
        since, length = self.place(k)
        return self.eta_min + (base - self.eta_min) * (1 + math.cos(math.pi * since / length)) / 2

    def get_lr(self) -> list[float]:
        self.T_cur, self.T_i = self.place(self.last_epoch)
        return [self.given(self.last_epoch, base) for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Go on by one step; or to a number of epochs, which need not be whole."""
        if epoch is not None and epoch < 0:
            raise ValueError(f"CosineAnnealingWarmRestarts: step takes a number of epochs, 0 or more, and not {epoch}")
        super().step(epoch)

    def _go_to(self, k: float) -> None:
        self.last_epoch = math.floor(k)
        self.T_cur, self.T_i = self.place(k)
        self._set([self.given(k, base) for base in self.base_lrs])


class CyclicLR(LRScheduler):
    """From η₀ up to η_max in `step_size_up` steps, down again in `step_size_down`, and so on; the momentum the other way.

    base_lr, max_lr                 η₀ and η_max: numbers, or one for each group
    step_size_up, step_size_down    steps up, and down, as many unless said
    mode                            "triangular"; "triangular2", each cycle half as high as the one before; "exp_range", in step k γ^k as high
    gamma                           γ
    scale_fn, scale_mode            in place of a mode: a function of the number of cycles ("cycle") or of k ("iterations"), by which
                                    the height is multiplied
    cycle_momentum                  whether the momentum, or β₁, goes along, from max_momentum to base_momentum and back

    Source: L. Smith, "Cyclical learning rates for training neural networks" (2017).

    >>> optimizer = optim.SGD([Tensor([1.0], requires_grad=True)], lr=0.5, momentum=0.9)
    >>> schedule = CyclicLR(optimizer, base_lr=0.1, max_lr=0.5, step_size_up=2)
    >>> [round(schedule.height(k) * 0.4 + 0.1, 3) for k in range(6)]
    [0.1, 0.3, 0.5, 0.3, 0.1, 0.3]
    """

    of_each_group = True

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        if scale_fn is None and mode not in ("triangular", "triangular2", "exp_range"):
            raise ValueError(f"CyclicLR: mode is 'triangular', 'triangular2' or 'exp_range', and not {mode!r}")
        down = step_size_up if step_size_down is None else step_size_down
        if not step_size_up > 0 or not down >= 0:
            raise ValueError(
                f"CyclicLR: step_size_up is a number of steps above 0, step_size_down one of at least 0, and not {step_size_up} "
                f"and {down}"
            )
        base_lrs, self.max_lrs = (
            for_each("base_lr", base_lr, optimizer),
            for_each("max_lr", max_lr, optimizer),
        )
        self.total_size = float(step_size_up + down)
        self.step_ratio = step_size_up / self.total_size
        self.mode, self.gamma, self._scale_fn_custom = mode, gamma, scale_fn
        self.scale_mode = scale_mode if scale_fn is not None else "iterations" if mode == "exp_range" else "cycle"
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._cycled = _cycled("CyclicLR", optimizer)
            self.base_momentums = for_each("base_momentum", base_momentum, optimizer)
            self.max_momentums = for_each("max_momentum", max_momentum, optimizer)
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, base_lrs):
                group["lr"] = rate
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs
        self._set(self.get_lr())

    def amplitude(self, x: float) -> float:
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        return {"triangular": 1.0, "triangular2": 0.5 ** (x - 1)}.get(self.mode, self.gamma**x)

    def height(self, k: int) -> float:
        """From 0, at the base, to 1."""
        cycle = math.floor(1 + k / self.total_size)
        x = 1 + k / self.total_size - cycle
        slope = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        return slope * self.amplitude(cycle if self.scale_mode == "cycle" else k)

    def get_lr(self) -> list[float]:
        height = self.height(self.last_epoch)
        if self.cycle_momentum:
            for group, base, most in zip(self._groups(), self.base_momentums, self.max_momentums):
                write(group, self._cycled, most - (most - base) * height)
        return [base + (most - base) * height for base, most in zip(self.base_lrs, self.max_lrs)]


class OneCycleLR(LRScheduler):
    """Once up, from η_max / `div_factor` to η_max, and once down, to η_max / (`div_factor` · `final_div_factor`); momentum the other way.

    max_lr                           η_max: a number, or one for each group
    total_steps                      of the whole training, or epochs · steps_per_epoch
    pct_start                        the share of them that goes up
    anneal_strategy                  "cos" or "linear": how it goes from one to the next
    cycle_momentum                   whether the momentum, or β₁, goes along, from max_momentum to base_momentum and back
    three_phase                      down to the beginning in as many steps as up, and only then to the end

    One step too many is a ValueError. A phase that is less than a step long, as the first in short runs, is left out.

    Source: L. Smith and N. Topin, "Super-convergence: very fast training of neural networks using large learning rates" (2018).

    >>> optimizer = optim.SGD([Tensor([1.0], requires_grad=True)], lr=0.5, momentum=0.9)
    >>> schedule = OneCycleLR(optimizer, max_lr=1.0, total_steps=10)
    >>> round(schedule.get_last_lr()[0], 3), optimizer.param_groups[0]["momentum"]
    (0.04, 0.95)
    """

    of_each_group = True

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if total_steps is None and epochs is not None and steps_per_epoch is not None:
            total_steps = epochs * steps_per_epoch
        if not isinstance(total_steps, int) or total_steps < 1:
            raise ValueError(
                f"OneCycleLR needs total_steps, or epochs and steps_per_epoch, whole numbers of at least 1; found total_steps={total_steps!r}"
            )
        if not 0 <= pct_start <= 1:
            raise ValueError(f"OneCycleLR: pct_start is a number from 0 to 1, and not {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"OneCycleLR: anneal_strategy is 'cos' or 'linear', and not {anneal_strategy!r}")
        self.total_steps, self.cycle_momentum, self._anneal_func_type = total_steps, cycle_momentum, anneal_strategy
        up = pct_start * total_steps
        turns = [(up - 1, "initial", "max")]
        turns += (
            [(2 * up - 2, "max", "initial"), (total_steps - 1, "initial", "min")]
            if three_phase
            else [(total_steps - 1, "max", "min")]
        )
        momentum = {"initial": "max_momentum", "max": "base_momentum", "min": "max_momentum"}
        self._schedule_phases: list[dict[str, Any]] = [
            {
                "end_step": float(end),
                "start_lr": f"{a}_lr",
                "end_lr": f"{b}_lr",
                "start_momentum": momentum[a],
                "end_momentum": momentum[b],
            }
            for end, a, b in turns
        ]
        rates, least, most = (
            for_each(name, value, optimizer)
            for name, value in (("max_lr", max_lr), ("base_momentum", base_momentum), ("max_momentum", max_momentum))
        )
        if cycle_momentum:
            self._cycled = _cycled("OneCycleLR", optimizer)
        if last_epoch == -1:
            for group, rate, low, high in zip(optimizer.param_groups, rates, least, most):
                group["initial_lr"] = rate / div_factor
                group["max_lr"], group["min_lr"] = rate, rate / div_factor / final_div_factor
                if cycle_momentum:
                    group["base_momentum"], group["max_momentum"] = low, high
        super().__init__(optimizer, last_epoch)

    def between(self, start: float, end: float, share: float) -> float:
        if self._anneal_func_type == "linear":
            return (end - start) * share + start
        return end + (start - end) / 2 * (1 + math.cos(math.pi * share))

    def get_lr(self) -> list[float]:
        k = self.last_epoch
        if k > self.total_steps:
            raise ValueError(
                f"OneCycleLR was made for {self.total_steps} steps, and this is step {k}; give a larger total_steps"
            )
        begin = 0.0
        for phase in self._schedule_phases:
            if k <= phase["end_step"] or phase is self._schedule_phases[-1]:
                break
            begin = phase["end_step"]
        length = phase["end_step"] - begin
        share = (k - begin) / length if length else 1.0  # a phase without a step is at its end
        rates = []
        for group in self._groups():
            rates.append(self.between(group[phase["start_lr"]], group[phase["end_lr"]], share))
            if self.cycle_momentum:
                write(
                    group,
                    self._cycled,
                    self.between(group[phase["start_momentum"]], group[phase["end_momentum"]], share),
                )
        return rates
