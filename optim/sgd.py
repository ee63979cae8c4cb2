"""Gradient descent on minibatches, with and without momentum (*Deep Learning*, sections 8.3.1 to 8.3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .optimizer import Optimizer, State


class SGD(Optimizer):
    """θ ← θ - η v, with v ← μ v + (1 - d) g, or v = g where the momentum μ is 0: stochastic gradient descent, PyTorch's form.

    lr            η, the learning rate
    momentum      μ; the velocity starts as the first gradient
    dampening     d
    weight_decay  λ: g + λ θ takes the place of g, the gradient of a penalty ½ λ θ²
    nesterov      g + μ v takes the place of v: Nesterov's momentum, rewritten for the points where gradients are taken
    maximize      -g takes the place of g

    For constant η this is the momentum of `optim.Momentum`, whose velocity is -η v.

    >>> x = Tensor([1.0], requires_grad=True)
    >>> optimizer = SGD([x], lr=0.1, momentum=0.9)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (x * x).sum().backward()
    ...     optimizer.step()
    >>> x
    tensor([0.46], requires_grad=True)
    """

    elementwise = True

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        settings = {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay}
        super().__init__(params, {**settings, "nesterov": nesterov, "maximize": maximize})

    def check(self, group: Mapping[str, Any]) -> None:
        super().check(group)
        if group["nesterov"] and (group["momentum"] == 0 or group["dampening"] != 0):
            raise ValueError(
                "SGD: nesterov=True needs momentum, and no dampening; write momentum=0.9, nesterov=True, and found "
                f"momentum={group['momentum']}, dampening={group['dampening']}"
            )

    def start(self, p: Any, *, momentum: float | None = None) -> State:
        return {} if momentum is None else {"momentum_buffer": np.zeros_like(p)}

    def update(
        self,
        p: Any,
        g: Any,
        state: State,
        *,
        lr: float,
        momentum: float | None = None,
        dampening: float | None = None,
        weight_decay: float | None = None,
        nesterov: bool | None = None,
        maximize: bool | None = None,
        first: bool,
    ) -> None:
        if maximize:
            g = -g
        if weight_decay is not None:
            g = g + weight_decay * p
        if momentum is not None:
            v = state["momentum_buffer"]
            v *= momentum
            v += g if dampening is None or first else (1 - dampening) * g
            g = g + momentum * v if nesterov else v
        p -= lr * g


class Momentum(Optimizer):
    """v ← μ v - η g, θ ← θ + v: gradient descent with momentum in the form of *Deep Learning*, section 8.3.2.

    The velocity v is what is added to θ, so that a change of η acts on it from then on, not backwards as in `optim.SGD`.

    >>> x = Tensor([1.0], requires_grad=True)
    >>> optimizer = Momentum([x], lr=0.1, momentum=0.9)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x, optimizer.state[x]["velocity"]
    (tensor([0.8], requires_grad=True), tensor([-0.2]))
    """

    elementwise = True

    def __init__(self, params: Any, lr: float = 1e-3, momentum: float = 0.9) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum})

    def start(self, p: Any) -> State:
        return {"velocity": np.zeros_like(p)}

    def update(self, p: Any, g: Any, state: State, *, lr: float, momentum: float) -> None:
        v = state["velocity"]
        v *= momentum
        v -= lr * g
        p += v
