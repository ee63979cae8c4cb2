"""Learning rates of each parameter's own, from the sizes of its gradients so far (*Deep Learning*, sections 8.5.1 and 8.5.2)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .optimizer import Optimizer, State


class Adagrad(Optimizer):
    """θ ← θ - ηₜ g / (√s + ε), with s ← s + g² and ηₜ = η / (1 + (t - 1) d).

    lr                         η, the learning rate
    lr_decay                   d
    weight_decay               λ: g + λ θ takes the place of g
    initial_accumulator_value  s before the first step
    eps                        ε
    maximize                   -g takes the place of g

    Source: J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and stochastic optimization" (2011);
    *Deep Learning*, algorithm 8.4.

    >>> x = Tensor([1.0, -100.0], requires_grad=True)
    >>> optimizer = Adagrad([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([  0.9, -99.9], requires_grad=True)
    """

    elementwise = True
    not_negative = ("lr_decay", "initial_accumulator_value")

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        settings = {"lr": lr, "lr_decay": lr_decay, "weight_decay": weight_decay, "eps": eps}
        super().__init__(
            params, {**settings, "initial_accumulator_value": initial_accumulator_value, "maximize": maximize}
        )

    def start(self, p: Any, *, initial_accumulator_value: float) -> State:
        return {"sum": np.full_like(p, initial_accumulator_value)}

    def update(self, p: Any, g: Any, state: State, *, lr: float, lr_decay: float, eps: float, step: int) -> None:
        s = state["sum"]
        s += g * g
        p -= lr / (1 + (step - 1) * lr_decay) * (g / (np.sqrt(s) + eps))


class RMSprop(Optimizer):
    """θ ← θ - η v, with r ← α r + (1 - α) g² and v ← μ v + g / (√r + ε), or v = g / (√r + ε) where the momentum μ is 0.

    lr            η, the learning rate
    alpha         α, the decay of the running mean r
    eps           ε
    weight_decay  λ: g + λ θ takes the place of g
    momentum      μ
    centered      r - m² takes the place of r, with m ← α m + (1 - α) g: an estimate of the variance
    maximize      -g takes the place of g

    Source: T. Tieleman and G. Hinton, lecture 6.5 of "Neural networks for machine learning" (2012); *Deep Learning*, algorithms
    8.5 and 8.6; centered: A. Graves, "Generating sequences with recurrent neural networks" (2013).

    >>> x = Tensor([1.0, -100.0], requires_grad=True)
    >>> optimizer = RMSprop([x], lr=0.1, alpha=0.75)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([  0.8, -99.8], requires_grad=True)
    """

    elementwise = True
    fading = ("momentum_buffer", "grad_avg")
    not_negative = ("alpha",)

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        settings = {"lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay, "momentum": momentum}
        super().__init__(params, {**settings, "centered": centered, "maximize": maximize})

    def start(self, p: Any, *, momentum: float | None = None, centered: bool | None = None) -> State:
        names = ["square_avg", *["momentum_buffer"] * bool(momentum), *["grad_avg"] * bool(centered)]
        return {name: np.zeros_like(p) for name in names}

    def update(
        self,
        p: Any,
        g: Any,
        state: State,
        *,
        lr: float,
        alpha: float,
        eps: float,
        momentum: float | None = None,
        centered: bool | None = None,
    ) -> None:
        r = state["square_avg"]
        r *= alpha
        r += (1 - alpha) * (g * g)
        if centered:
            m = state["grad_avg"]
            m *= alpha
            m += (1 - alpha) * g
            r = r - m * m
        change = g / (np.sqrt(r) + eps)
        if momentum is not None:
            v = state["momentum_buffer"]
            v *= momentum
            v += change
            change = v
        p -= lr * change


class Adadelta(Optimizer):
    """θ ← θ - η δ, with r ← ρ r + (1 - ρ) g², δ = √(d + ε) / √(r + ε) g, and then d ← ρ d + (1 - ρ) δ².

    The changes so far, in d, set the size of the next ones, which therefore have the units of θ.

    lr            η, a factor of the changes, commonly 1
    rho           ρ, the decay of both running means, in [0, 1]
    eps           ε
    weight_decay  λ: g + λ θ takes the place of g
    maximize      -g takes the place of g

    Source: M. Zeiler, "ADADELTA: an adaptive learning rate method" (2012).

    >>> x = Tensor([1.0, -100.0], requires_grad=True)
    >>> optimizer = Adadelta([x], rho=0.75, eps=1e-2)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([  0.801, -99.8  ], requires_grad=True)
    """

    elementwise = True

    def __init__(
        self,
        params: Any,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        settings = {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, {**settings, "maximize": maximize})

    def check(self, group: Any) -> None:
        super().check(group)
        if not 0 <= group["rho"] <= 1:
            raise ValueError(f"Adadelta: rho is a number from 0 to 1, such as 0.9, and not {group['rho']}")

    def start(self, p: Any) -> State:
        return {"square_avg": np.zeros_like(p), "acc_delta": np.zeros_like(p)}

    def update(self, p: Any, g: Any, state: State, *, lr: float, rho: float, eps: float) -> None:
        r, d = state["square_avg"], state["acc_delta"]
        r *= rho
        r += (1 - rho) * (g * g)
        delta = np.sqrt(d + eps) / np.sqrt(r + eps) * g
        d *= rho
        d += (1 - rho) * (delta * delta)
        p -= lr * delta
