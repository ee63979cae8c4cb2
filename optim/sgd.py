"""Gradient descent on minibatches, with and without momentum (*Deep Learning*, sections 8.3.1 to 8.3.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd import modes, reach

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
    fading = ("momentum_buffer",)

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
        begun_with = group.get("initial_momentum", group["momentum"])  # a schedule may have taken it to 0
        if group["nesterov"] and (begun_with == 0 or group["dampening"] != 0):
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
        nesterov: bool | None = None,
        first: bool,
    ) -> None:
        if momentum is not None:
            v = state["momentum_buffer"]
            v *= momentum
            v += g if dampening is None or first else (1 - dampening) * g
            g = g + momentum * v if nesterov else v
        p -= lr * g


class Momentum(Optimizer):
    """v ← μ v - η g, θ ← θ + v: gradient descent with momentum in the form of *Deep Learning*, section 8.3.2.

    The velocity v is what is added to θ, so that a change of η acts on it from then on, not backwards as in `optim.SGD`.

    lr            η, the learning rate
    momentum      μ, how much of the velocity is kept
    weight_decay  λ: g + λ θ takes the place of g, the gradient of a penalty ½ λ θ²
    maximize      -g takes the place of g

    >>> x = Tensor([1.0], requires_grad=True)
    >>> optimizer = Momentum([x], lr=0.1, momentum=0.9)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x, optimizer.state[x]["velocity"]
    (tensor([0.8], requires_grad=True), tensor([-0.2]))
    """

    elementwise = True
    fading = ("velocity",)

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "maximize": maximize})

    def start(self, p: Any) -> State:
        return {"velocity": np.zeros_like(p)}

    def update(self, p: Any, g: Any, state: State, *, lr: float, momentum: float) -> None:
        v = state["velocity"]
        v *= momentum
        v -= lr * g
        p += v


class Nesterov(Momentum):
    """v ← μ v - η g, θ ← θ + v, with the gradient g taken at θ + μ v, where the momentum alone would lead.

    `step` takes a closure, which it calls there: it is to call zero_grad and backward, and to return the loss. Afterwards
    the parameters are θ, not the points at which gradients were taken. Those are what `SGD(nesterov=True)` steps through,
    for constant η and μ, and needs no closure.

    Settings are those of `Momentum`; with weight_decay, λ (θ + μ v) is added to g. A closure that fails leaves the parameters as they were.

    Source: *Deep Learning*, section 8.3.3; Y. Nesterov, "A method of solving a convex programming problem with convergence
    rate O(1/k²)" (1983); I. Sutskever et al., "On the importance of initialization and momentum in deep learning" (2013).

    >>> x = Tensor([1.0], requires_grad=True)
    >>> optimizer = Nesterov([x], lr=0.1, momentum=0.5)
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (x * x).sum()
    ...     loss.backward()
    ...     return loss
    >>> for _ in range(2):
    ...     loss = optimizer.step(closure)
    >>> x, loss  # the gradient of the second step was taken at 0.8 - 0.5 · 0.2
    (tensor([0.56], requires_grad=True), tensor(0.49, from sum))
    """

    remark = ", with g taken at θ + μ v"

    def update(
        self, p: Any, g: Any, state: State, *, lr: float, momentum: float, weight_decay: float | None = None
    ) -> None:
        if weight_decay is not None:
            g = g + weight_decay * (p + momentum * state["velocity"])
        super().update(p, g, state, lr=lr, momentum=momentum)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Call `closure` at θ + μ v, then update θ. Returns the loss that it returned."""
        if closure is None:
            raise TypeError(
                "Nesterov takes the gradient at θ + μ v, so step needs a function that computes it: optimizer.step(closure), "
                "where closure calls zero_grad and backward and returns the loss; or write "
                "SGD(..., momentum=0.9, nesterov=True), the rewritten form, whose step needs none"
            )

        if modes.tracing():
            raise modes.TraceError(
                "Nesterov.step(closure) cannot be traced: it moves the parameters, and back; write optim.SGD(..., momentum=0.9, "
                "nesterov=True), the rewritten form"
            )

        def ahead() -> Any:
            held = []
            for group in self.param_groups:
                for p in group["params"]:
                    if p in self._slots:
                        values = self._slots[p].follow()
                        held.append((values, values.copy()))
                        values += group["momentum"] * self._slots[p].state["velocity"]
            places = [values for values, _ in held]
            reach.wrote(*places)
            try:
                return closure()
            finally:
                for values, theta in held:
                    values[...] = theta
                reach.wrote(*places)

        return super().step(ahead)
