"""Steps by signs alone: how far a parameter goes does not depend on how large its gradient is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .optimizer import Optimizer, State


class Rprop(Optimizer):
    """θ ← θ - s sign(g), where each parameter's step s grows while its gradient keeps its sign, and shrinks where that changes.

    s ← η⁺ s after two gradients of one sign, η⁻ s after two of different signs, in which case θ waits for a step. For whole
    batches: on minibatches signs change by chance.

    lr          s before the first step
    etas        (η⁻, η⁺), with 0 < η⁻ < 1 < η⁺
    step_sizes  the least s and the largest
    maximize    -g takes the place of g

    Source: M. Riedmiller and H. Braun, "A direct adaptive method for faster backpropagation learning: the RPROP algorithm" (1993),
    without going back, as in C. Igel and M. Hüsken (2000), iRprop⁻.

    >>> x = Tensor([1.0, -100.0], requires_grad=True)
    >>> optimizer = Rprop([x], lr=0.1)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (x * x).sum().backward()
    ...     optimizer.step()
    >>> x
    tensor([  0.78, -99.78], requires_grad=True)
    """

    elementwise = True

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, {"lr": lr, "etas": etas, "step_sizes": step_sizes, "maximize": maximize})

    def check(self, group: Mapping[str, Any]) -> None:
        super().check(group)
        etas, sizes = group["etas"], group["step_sizes"]
        if np.shape(etas) != (2,) or not 0 < etas[0] < 1 < etas[1]:
            raise ValueError(f"Rprop: etas are two numbers, one between 0 and 1 and one above 1, and not {etas}")
        if np.shape(sizes) != (2,) or not 0 <= sizes[0] <= sizes[1]:
            raise ValueError(
                f"Rprop: step_sizes are the least and the largest step, such as (1e-6, 50), and not {sizes}"
            )

    def start(self, p: Any, *, lr: float) -> State:
        return {"prev": np.zeros_like(p), "step_size": np.full_like(p, lr)}

    def update(
        self, p: Any, g: Any, state: State, *, etas: tuple[float, float], step_sizes: tuple[float, float]
    ) -> None:
        s, same = state["step_size"], g * state["prev"]
        s = np.where(same > 0, etas[1] * s, np.where(same < 0, etas[0] * s, s))
        s = state["step_size"] = np.clip(s, *step_sizes)
        g = state["prev"] = np.where(same < 0, 0, g)
        p -= s * np.sign(g)


class Lion(Optimizer):
    """θ ← θ - η sign(β₁ m + (1 - β₁) g), and then m ← β₂ m + (1 - β₂) g.

    Every parameter goes by η in each step, so that a good η is three to ten times smaller than `AdamW`'s, and a good λ as much
    larger. Half of the memory of `Adam`.

    lr            η, the learning rate
    betas         (β₁, β₂): how much of m is in the step, and the decay of the running mean m, both in [0, 1)
    weight_decay  λ: θ ← θ - η λ θ comes first
    maximize      -g takes the place of g

    Source: X. Chen et al., "Symbolic discovery of optimization algorithms" (2023).

    >>> x = Tensor([1.0, -100.0], requires_grad=True)
    >>> optimizer = Lion([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([  0.9, -99.9], requires_grad=True)
    """

    elementwise = True

    def __init__(
        self,
        params: Any,
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        settings = {"lr": lr, "betas": betas, "weight_decay": weight_decay, "maximize": maximize}
        super().__init__(params, {**settings, "decoupled_weight_decay": True})

    def start(self, p: Any) -> State:
        return {"exp_avg": np.zeros_like(p)}

    def update(self, p: Any, g: Any, state: State, *, lr: float, betas: tuple[float, float]) -> None:
        m = state["exp_avg"]
        p -= lr * np.sign(betas[0] * m + (1 - betas[0]) * g)
        m *= betas[1]
        m += (1 - betas[1]) * g
