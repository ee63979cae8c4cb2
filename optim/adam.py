"""Adam and its relatives: steps by a running mean of gradients, scaled by another of their sizes (*Deep Learning*, section 8.5.3)."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.kernels import kernel

from .optimizer import Optimizer, State

Betas = tuple[float, float]


def _zeros(p: Any, *names: str) -> State:
    return {name: np.zeros_like(p) for name in names}


def _moments(state: State, g: Any, beta1: float, beta2: float) -> tuple[Any, Any]:
    """m ← β₁ m + (1 - β₁) g and v ← β₂ v + (1 - β₂) g²."""
    m, v = state["exp_avg"], state["exp_avg_sq"]
    m *= beta1
    m += (1 - beta1) * g
    v *= beta2
    square = g * g
    square *= 1 - beta2
    v += square
    return m, v


class Adam(Optimizer):
    """θ ← θ - η m̂ / (√v̂ + ε), with m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g², m̂ = m / (1 - β₁ᵗ), v̂ = v / (1 - β₂ᵗ).

    lr                      η, the learning rate
    betas                   (β₁, β₂), the decay of the running means m and v, both in [0, 1)
    eps                     ε
    weight_decay            λ: g + λ θ takes the place of g
    amsgrad                 the largest v so far takes the place of v
    maximize                -g takes the place of g
    decoupled_weight_decay  θ ← θ - η λ θ comes first, and g stays as it is: see `AdamW`

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
    fading = ("exp_avg",)

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        settings = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad}
        super().__init__(params, {**settings, "maximize": maximize, "decoupled_weight_decay": decoupled_weight_decay})

    def start(self, p: Any, *, amsgrad: bool | None = None) -> State:
        return _zeros(p, "exp_avg", "exp_avg_sq", *["max_exp_avg_sq"] * bool(amsgrad))

    def update(
        self,
        p: Any,
        g: Any,
        state: State,
        *,
        lr: float,
        betas: Betas,
        eps: float,
        amsgrad: bool | None = None,
        step: int,
    ) -> None:
        beta1, beta2 = betas
        arrays = p, g, state["exp_avg"], state["exp_avg_sq"]
        if not amsgrad and (loop := kernel("adam", *arrays)):
            loop(*(a.reshape(-1) for a in arrays), lr, beta1, beta2, eps, step)
            return
        m, v = _moments(state, g, beta1, beta2)
        if amsgrad:
            v = state["max_exp_avg_sq"] = np.maximum(state["max_exp_avg_sq"], v)
        spread = (1 - beta2**step) ** 0.5  # both corrections are applied to numbers, where they cost nothing
        change = np.sqrt(v)
        change += eps * spread
        change = m / change
        change *= lr * spread / (1 - beta1**step)
        p -= change


class AdamW(Adam):
    """`Adam` with weight decay apart from the gradient: θ ← θ - η λ θ, then θ ← θ - η m̂ / (√v̂ + ε).

    In `Adam`, weight decay is divided by √v̂ like the rest of the gradient, so that it hardly acts on weights whose gradients
    are large. Here it acts on all alike. Settings are those of `Adam`.

    Source: I. Loshchilov and F. Hutter, "Decoupled weight decay regularization" (2019).

    >>> x = Tensor([1.0, -100.0], requires_grad=True)
    >>> optimizer = AdamW([x], lr=0.1, weight_decay=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([  0.89, -98.9 ], requires_grad=True)
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True)


class Adamax(Optimizer):
    """θ ← θ - η m̂ / u, with m ← β₁ m + (1 - β₁) g, u ← max(β₂ u, |g| + ε), m̂ = m / (1 - β₁ᵗ).

    The limit of `Adam` for means of |g|ᵖ in place of g² as p grows.

    lr            η, the learning rate
    betas         (β₁, β₂), the decay of m and u, both in [0, 1)
    eps           ε
    weight_decay  λ: g + λ θ takes the place of g
    maximize      -g takes the place of g

    Source: D. Kingma and J. Ba, "Adam: a method for stochastic optimization" (2015), section 7.1.

    >>> x = Tensor([1.0, -100.0], requires_grad=True)
    >>> optimizer = Adamax([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([  0.9, -99.9], requires_grad=True)
    """

    elementwise = True
    fading = ("exp_avg",)

    def __init__(
        self,
        params: Any,
        lr: float = 2e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        settings = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, {**settings, "maximize": maximize})

    def start(self, p: Any) -> State:
        return _zeros(p, "exp_avg", "exp_inf")

    def update(self, p: Any, g: Any, state: State, *, lr: float, betas: Betas, eps: float, step: int) -> None:
        beta1, beta2 = betas
        m = state["exp_avg"]
        m *= beta1
        m += (1 - beta1) * g
        u = state["exp_inf"] = np.maximum(beta2 * state["exp_inf"], np.absolute(g) + eps)
        p -= lr / (1 - beta1**step) * (m / u)


class NAdam(Optimizer):
    """θ ← θ - η ((1 - μₜ) / (1 - Mₜ) g + μₜ₊₁ / (1 - Mₜ₊₁) m) / (√v̂ + ε): `Adam` with Nesterov's momentum.

    m and v are those of `Adam`, v̂ = v / (1 - β₂ᵗ), Mₜ = μ₁ μ₂ … μₜ, and μₜ = β₁ (1 - ½ 0.96^(t ψ)) grows towards β₁.

    lr                      η, the learning rate
    betas                   (β₁, β₂), the decay of the running means m and v, both in [0, 1)
    eps                     ε
    weight_decay            λ: g + λ θ takes the place of g
    momentum_decay          ψ
    decoupled_weight_decay  θ ← θ - η λ θ comes first, and g stays as it is
    maximize                -g takes the place of g

    Source: T. Dozat, "Incorporating Nesterov momentum into Adam" (2016).

    >>> x = Tensor([1.0, -100.0], requires_grad=True)
    >>> optimizer = NAdam([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([  0.8944, -99.8944], requires_grad=True)
    """

    elementwise = True
    fading = ("exp_avg",)
    not_negative = ("momentum_decay",)

    def __init__(
        self,
        params: Any,
        lr: float = 2e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        settings = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
        }
        super().__init__(params, {**settings, "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize})

    def start(self, p: Any) -> State:
        return {"mu_product": 1.0, **_zeros(p, "exp_avg", "exp_avg_sq")}

    def update(
        self,
        p: Any,
        g: Any,
        state: State,
        *,
        lr: float,
        betas: Betas,
        eps: float,
        momentum_decay: float,
        step: int,
    ) -> None:
        beta1, beta2 = betas
        m, v = _moments(state, g, beta1, beta2)
        mu = beta1 * (1 - 0.5 * 0.96 ** (step * momentum_decay))
        following = beta1 * (1 - 0.5 * 0.96 ** ((step + 1) * momentum_decay))
        product = state["mu_product"] = state["mu_product"] * mu
        spread = np.sqrt(v / (1 - beta2**step)) + eps
        p -= (lr * (1 - mu) / (1 - product)) * (g / spread)
        p -= (lr * following / (1 - product * following)) * (m / spread)


class RAdam(Optimizer):
    """θ ← θ - η r m̂ / (√v̂ + ε): `Adam`, rectified; while r is not defined, in the first steps, θ ← θ - η m̂.

    At first v comes from so few gradients that 1/√v̂ may be far off, and varies without bound. With ρ∞ = 2 / (1 - β₂) - 1 and
    ρ = ρ∞ - 2 t β₂ᵗ / (1 - β₂ᵗ), the number of gradients that v amounts to, r² = (ρ - 4)(ρ - 2) ρ∞ / ((ρ∞ - 4)(ρ∞ - 2) ρ) undoes
    the variance where ρ > 5. It does what a warm-up of η does by hand. The ε is added to √v, before the correction.

    lr                      η, the learning rate
    betas                   (β₁, β₂), the decay of the running means m and v, both in [0, 1)
    eps                     ε
    weight_decay            λ: g + λ θ takes the place of g
    decoupled_weight_decay  θ ← θ - η λ θ comes first, and g stays as it is
    maximize                -g takes the place of g

    Source: L. Liu et al., "On the variance of the adaptive learning rate and beyond" (2020).

    >>> x = Tensor([1.0, -100.0], requires_grad=True)
    >>> optimizer = RAdam([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([  0.8, -80. ], requires_grad=True)
    """

    elementwise = True
    fading = ("exp_avg",)

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        settings = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, {**settings, "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize})

    def start(self, p: Any) -> State:
        return _zeros(p, "exp_avg", "exp_avg_sq")

    def update(self, p: Any, g: Any, state: State, *, lr: float, betas: Betas, eps: float, step: int) -> None:
        beta1, beta2 = betas
        m, v = _moments(state, g, beta1, beta2)
        decayed = beta2**step
        most = 2 / (1 - beta2) - 1
        rho = most - 2 * step * decayed / (1 - decayed)
        known = rho > 5
        near = known * ((rho - 4) * (rho - 2) * most)
        far = known * ((most - 4) * (most - 2) * rho) + (1 - known)  # 1 where r is not defined
        change = (near / far * (1 - decayed)) ** 0.5 / (np.sqrt(v) + eps)
        change += 1 - known
        change *= m
        change *= lr / (1 - beta1**step)
        p -= change
