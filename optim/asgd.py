"""Averaged stochastic gradient descent: beside the parameters, their mean over the last steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from .optimizer import Optimizer, State


class ASGD(Optimizer):
    """θ ← (1 - λ ηₜ) θ - ηₜ g, with ηₜ₊₁ = η / (1 + λ η t)^α; and a ← a + μₜ (θ - a), the mean of θ from step t₀ on.

    Until t₀ the factor μ is 1, so that a is θ; then μₜ₊₁ = 1 / (t - t₀). The mean is in the state, as `state[p]["ax"]`; see
    `optim.swa_utils.AveragedModel` for means of a whole model under any optimizer.

    lr            η, the learning rate
    lambd         λ, a decay of θ that goes into ηₜ too
    alpha         α, how fast η falls
    t0            t₀
    weight_decay  κ: g + κ θ takes the place of g
    maximize      -g takes the place of g

    Source: B. Polyak and A. Juditsky, "Acceleration of stochastic approximation by averaging" (1992); ηₜ as in L. Bottou,
    "Stochastic gradient tricks" (2012).

    >>> x = Tensor([1.0, -100.0], requires_grad=True)
    >>> optimizer = ASGD([x], lr=0.1, lambd=0, t0=0)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (x * x).sum().backward()
    ...     optimizer.step()
    >>> x, optimizer.state[x]["ax"]
    (tensor([  0.64, -64.  ], requires_grad=True), tensor([  0.64, -64.  ]))
    """

    elementwise = True
    not_negative = ("lambd", "alpha", "t0")

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        settings = {"lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay}
        super().__init__(params, {**settings, "maximize": maximize})

    def start(self, p: Any, *, lr: float) -> State:
        return {"eta": lr, "mu": 1.0, "ax": np.zeros_like(p)}

    def update(
        self, p: Any, g: Any, state: State, *, lr: float, lambd: float, alpha: float, t0: float, step: int
    ) -> None:
        eta, a = state["eta"], state["ax"]
        p *= 1 - lambd * eta
        p -= eta * g
        a += state["mu"] * (p - a)
        state["eta"] = lr / (1 + lambd * lr * step) ** alpha
        late = step - t0 > 1
        state["mu"] = 1 / (late * (step - t0) + (1 - late))
