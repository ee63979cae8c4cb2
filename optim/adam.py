"""Adam: steps scaled by running means of the gradient and of its square (*Deep Learning*, section 8.5.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .optimizer import Optimizer, State


class Adam(Optimizer):
    """θ ← θ - η m̂ / (√v̂ + ε), with m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g², m̂ = m / (1 - β₁ᵗ), v̂ = v / (1 - β₂ᵗ).

    lr            η, the learning rate
    betas         (β₁, β₂), the decay of the running means m and v, both in [0, 1)
    eps           ε
    weight_decay  λ: g + λ θ takes the place of g
    amsgrad       the largest v so far takes the place of v
    maximize      -g takes the place of g

    Source: D. Kingma and J. Ba, "Adam: a method for stochastic optimization" (2015); amsgrad: S. Reddi, S. Kale, S. Kumar,
    "On the convergence of Adam and beyond" (2018).

    >>> x = Tensor([1.0, -100.0], requires_grad=True)
    >>> optimizer = Adam([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([  0.9, -99.9], requires_grad=True)
    """

    elementwise = True

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        settings = {
            "lr": lr,
            "betas": betas if np.isscalar(betas) else tuple(betas),
            "eps": eps,
            "weight_decay": weight_decay,
        }
        super().__init__(params, {**settings, "amsgrad": amsgrad, "maximize": maximize})

    def check(self, group: Mapping[str, Any]) -> None:
        super().check(group)
        if np.shape(group["betas"]) != (2,) or not all(0 <= beta < 1 for beta in group["betas"]):
            raise ValueError(f"Adam: betas are two numbers in [0, 1), such as (0.9, 0.999), and not {group['betas']}")

    def start(self, p: Any, *, amsgrad: bool | None = None) -> State:
        names = ["exp_avg", "exp_avg_sq"] + ["max_exp_avg_sq"] * bool(amsgrad)
        return {name: np.zeros_like(p) for name in names}

    def update(
        self,
        p: Any,
        g: Any,
        state: State,
        *,
        lr: float,
        betas: tuple[float, float],
        eps: float,
        weight_decay: float | None = None,
        amsgrad: bool | None = None,
        maximize: bool | None = None,
        step: int,
    ) -> None:
        beta1, beta2 = betas
        if maximize:
            g = -g
        if weight_decay is not None:
            g = g + weight_decay * p
        m, v = state["exp_avg"], state["exp_avg_sq"]
        m *= beta1
        m += (1 - beta1) * g
        v *= beta2
        square = g * g
        square *= 1 - beta2
        v += square
        if amsgrad:
            v = state["max_exp_avg_sq"] = np.maximum(state["max_exp_avg_sq"], v)
        spread = (1 - beta2**step) ** 0.5  # both corrections are applied to numbers, where they cost nothing
        change = np.sqrt(v)
        change += eps * spread
        change = m / change
        change *= lr * spread / (1 - beta1**step)
        p -= change
