"""Schedules that are a formula of the number of steps."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..optimizer import Optimizer
from .scheduler import LRScheduler, read

Function = Callable[[int], float]


def _check_length(kind: str, name: str, steps: Any) -> None:
    if not steps > 0:
        raise ValueError(f"{kind}: {name} is the number of steps until the final value, 1 or more, and not {steps}")


class _OfFunctions(LRScheduler):
    """One function for all groups, or one for each."""

    of_each_group = True

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Function | Iterable[Function], last_epoch: int = -1, **options: Any
    ) -> None:
        groups = options.get("groups")
        count = len(optimizer.param_groups) if groups is None else len(list(groups))
        self.lr_lambdas: list[Any] = list(lr_lambda) if isinstance(lr_lambda, Iterable) else [lr_lambda] * count
        if not all(map(callable, self.lr_lambdas)):
            raise TypeError(
                f"{type(self).__name__} takes a function of the number of steps, such as lambda k: 0.95**k, or a list of them, "
                f"and not {lr_lambda!r}"
            )
        if len(self.lr_lambdas) != count:
            raise ValueError(
                f"{type(self).__name__}: there are {count} groups and {len(self.lr_lambdas)} functions; give one, or one for each"
            )
        super().__init__(optimizer, last_epoch, **options)

    def state_dict(self) -> dict[str, Any]:
        """All that it holds but the optimizer and functions. Of functions that are objects, their attributes are kept."""
        return {**super().state_dict(), "lr_lambdas": [_attributes(function) for function in self.lr_lambdas]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        super().load_state_dict(
            {name: value for name, value in state_dict.items() if name != "lr_lambdas"}
            | {"lr_lambdas": self.lr_lambdas}
        )
        for function, saved in zip(self.lr_lambdas, state_dict.get("lr_lambdas", [])):
            if saved:
                vars(function).update(saved)


def _attributes(function: Any) -> dict[str, Any] | None:
    return None if not hasattr(function, "__dict__") or hasattr(function, "__code__") else dict(vars(function))


class LambdaLR(_OfFunctions):
    """η₀ f(k) for any function f, or a list of functions, one for each group.

    >>> optimizer = optim.SGD([Tensor([1.0], requires_grad=True)], lr=0.5)
    >>> LambdaLR(optimizer, lambda k: 1 / (1 + k)).get_last_lr()
    [0.5]
    """

    def get_lr(self) -> list[float]:
        return [base * f(self.last_epoch) for f, base in zip(self.lr_lambdas, self.base_lrs)]


class MultiplicativeLR(_OfFunctions):
    """η ← η f(k) in step k, for any function f, or a list of functions, one for each group; η₀ until the first step.

    >>> optimizer = optim.SGD([Tensor([1.0], requires_grad=True)], lr=0.5)
    >>> MultiplicativeLR(optimizer, lambda k: 0.95).get_last_lr()
    [0.5]
    """

    def get_lr(self) -> list[float]:
        if self._step_count <= 1:
            return [read(group, self.setting) for group in self._groups()]
        return [read(group, self.setting) * f(self.last_epoch) for f, group in zip(self.lr_lambdas, self._groups())]


class StepLR(LRScheduler):
    """η₀ γ^⌊k / s⌋: times γ after every s steps.

    step_size  s
    gamma      γ

    >>> optimizer = optim.SGD([Tensor([1.0], requires_grad=True)], lr=0.5)
    >>> [StepLR(optimizer, step_size=2).multiplier(k) for k in range(5)]
    [1.0, 1.0, 0.1, 0.1, 0.010000000000000002]
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1, **options: Any
    ) -> None:
        if not step_size > 0:
            raise ValueError(
                f"StepLR: step_size is the number of steps between two changes, 1 or more, and not {step_size}"
            )
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch, **options)

    def multiplier(self, k: int) -> float:
        return float(self.gamma ** (k // self.step_size))


class MultiStepLR(LRScheduler):
    """η₀ γ^n after n of the milestones: times γ at each.

    milestones  numbers of steps
    gamma       γ

    >>> optimizer = optim.SGD([Tensor([1.0], requires_grad=True)], lr=0.5)
    >>> [MultiStepLR(optimizer, [1, 4], gamma=0.5).multiplier(k) for k in range(6)]
    [1.0, 0.5, 0.5, 0.5, 0.25, 0.25]
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1, **options: Any
    ) -> None:
        self.milestones, self.gamma = sorted(milestones), gamma
        super().__init__(optimizer, last_epoch, **options)

    def multiplier(self, k: int) -> float:
        return float(self.gamma ** bisect_right(self.milestones, k))

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        milestones = state_dict.get("milestones", ())
        if isinstance(milestones, Mapping):  # PyTorch counts how often each is there
            milestones = sorted(int(step) for step, count in milestones.items() for _ in range(count))
        super().load_state_dict(
            {**state_dict, "milestones": list(milestones)} if "milestones" in state_dict else state_dict
        )


class ConstantLR(LRScheduler):
    """η₀ c until step n, and η₀ from then on.

    factor       c
    total_iters  n

    >>> optimizer = optim.SGD([Tensor([1.0], requires_grad=True)], lr=0.5)
    >>> ConstantLR(optimizer, factor=0.1).get_last_lr()
    [0.05]
    """

    def __init__(
        self, optimizer: Optimizer, factor: float = 1 / 3, total_iters: int = 5, last_epoch: int = -1, **options: Any
    ) -> None:
        if not 0 <= factor <= 1:
            raise ValueError(f"ConstantLR: factor is a number from 0 to 1, and not {factor}")
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch, **options)

    def multiplier(self, k: int) -> float:
        return self.factor if k < self.total_iters else 1.0


class LinearLR(LRScheduler):
    """η₀ times a + (b - a) min(k, n) / n: from one factor to another in n steps. A warm-up, from a small a to b = 1.

    start_factor  a, above 0 and at most 1
    end_factor    b, from 0 to 1
    total_iters   n

    >>> optimizer = optim.SGD([Tensor([1.0], requires_grad=True)], lr=0.5)
    >>> [LinearLR(optimizer, start_factor=0.5, total_iters=2).multiplier(k) for k in range(4)]
    [0.5, 0.75, 1.0, 1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
        **options: Any,
    ) -> None:
        if not 0 < start_factor <= 1:
            raise ValueError(f"LinearLR: start_factor is above 0 and at most 1, and not {start_factor}")
        if not 0 <= end_factor <= 1:
            raise ValueError(f"LinearLR: end_factor is a number from 0 to 1, and not {end_factor}")
        _check_length("LinearLR", "total_iters", total_iters)
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch, **options)

    def multiplier(self, k: int) -> float:
        return self.start_factor + (self.end_factor - self.start_factor) * min(k, self.total_iters) / self.total_iters


class LinearDecay(LRScheduler):
    """(1 - k/τ) η₀ + (k/τ) η_τ until step τ, and η_τ from then on.

    final  η_τ
    steps  τ

    Source: *Deep Learning*, section 8.3.1, equation 8.14.

    >>> optimizer = optim.SGD([Tensor([1.0], requires_grad=True)], lr=0.5)
    >>> schedule = LinearDecay(optimizer, final=0.1, steps=4)
    >>> [schedule.given(k, base=0.5) for k in range(6)]
    [0.5, 0.4, 0.3, 0.2, 0.1, 0.1]
    """

    def __init__(self, optimizer: Optimizer, final: float, steps: int, last_epoch: int = -1, **options: Any) -> None:
        _check_length("LinearDecay", "steps", steps)
        self.final, self.steps = final, steps
        super().__init__(optimizer, last_epoch, **options)

    def given(self, k: int, base: float) -> float:
        share = min(k, self.steps) / self.steps
        return (1 - share) * base + share * self.final

    def following(self, k: int, now: float, base: float) -> float:
        return self.given(k, base)


class ExponentialLR(LRScheduler):
    """η₀ γ^k.

    gamma  γ

    >>> optimizer = optim.SGD([Tensor([1.0], requires_grad=True)], lr=0.5)
    >>> [ExponentialLR(optimizer, gamma=0.5).multiplier(k) for k in range(4)]
    [1.0, 0.5, 0.25, 0.125]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1, **options: Any) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch, **options)

    def multiplier(self, k: int) -> float:
        return float(self.gamma**k)


class PolynomialLR(LRScheduler):
    """η₀ (1 - min(k, n) / n)^p: to 0 in n steps.

    total_iters  n
    power        p

    >>> optimizer = optim.SGD([Tensor([1.0], requires_grad=True)], lr=0.5)
    >>> [PolynomialLR(optimizer, total_iters=4, power=2).multiplier(k) for k in range(6)]
    [1.0, 0.5625, 0.25, 0.0625, 0.0, 0.0]
    """

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1, **options: Any
    ) -> None:
        _check_length("PolynomialLR", "total_iters", total_iters)
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch, **options)

    def multiplier(self, k: int) -> float:
        return float((1 - min(k, self.total_iters) / self.total_iters) ** self.power)


class CosineAnnealingLR(LRScheduler):
    """η_min + (η₀ - η_min) (1 + cos(π k / T)) / 2: down to η_min in T steps, and up again in as many.

    T_max    T
    eta_min  η_min

    Source: I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017), without the restarts.

    >>> optimizer = optim.SGD([Tensor([1.0], requires_grad=True)], lr=0.5)
    >>> schedule = CosineAnnealingLR(optimizer, T_max=2, eta_min=0.1)
    >>> [round(schedule.given(k, base=0.5), 3) for k in range(4)]
    [0.5, 0.3, 0.1, 0.3]
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1, **options: Any
    ) -> None:
        _check_length("CosineAnnealingLR", "T_max", T_max)
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch, **options)

    @property
    def floor(self) -> float:  # type: ignore[override]
        return self.eta_min

    def multiplier(self, k: int) -> float:
        return (1 + math.cos(math.pi * k / self.T_max)) / 2
