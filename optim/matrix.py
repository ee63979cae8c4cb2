"""Steps measured on a whole parameter: the size of its values in LAMB, the singular values of a matrix in Muon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .adam import Betas, _moments, _zeros
from .optimizer import Optimizer, State


class LAMB(Optimizer):
    """θ ← θ - η (‖θ‖ / ‖u‖) u, with u = m̂ / (√v̂ + ε) + λ θ, where m̂ and v̂ are those of `Adam`.

    Each parameter (a weight matrix, a bias) goes by the share η of its own norm, so that large batches with large η do not
    throw some layers far off. Where ‖θ‖ or ‖u‖ is 0, their ratio is taken as 1.

    lr            η, the learning rate
    betas         (β₁, β₂), the decay of the running means m and v, both in [0, 1)
    eps           ε
    weight_decay  λ
    maximize      -g takes the place of g

    Source: Y. You et al., "Large batch optimization for deep learning: training BERT in 76 minutes" (2020), with φ(z) = z.

    >>> x = Tensor([3.0, -4.0], requires_grad=True)
    >>> optimizer = LAMB([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x  # by a tenth of its length, 5, in the direction [1, -1] / √2
    tensor([ 2.6464, -3.6464], requires_grad=True)
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        settings = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, {**settings, "maximize": maximize})

    def start(self, p: Any) -> State:
        return _zeros(p, "exp_avg", "exp_avg_sq")

    def update(
        self,
        p: Any,
        g: Any,
        state: State,
        *,
        lr: float,
        betas: Betas,
        eps: float,
        weight_decay: float,
        step: int,
    ) -> None:
        beta1, beta2 = betas
        m, v = _moments(state, g, beta1, beta2)
        u = m / (1 - beta1**step) / (np.sqrt(v / (1 - beta2**step)) + eps) + weight_decay * p
        length, norm = np.sqrt(np.sum(p * p)), np.sqrt(np.sum(u * u))
        both = (length > 0) & (norm > 0)
        p -= lr * np.where(both, length, 1) / np.where(both, norm, 1) * u


class Muon(Optimizer):
    """θ ← θ - η s O, where O is nearly the orthogonal matrix closest to the momentum b, with b ← μ b + (1 - μ) g.

    For matrices only: a step has singular values near 1 in every direction, also in those that gradients seldom show. Biases,
    embeddings and the last layer are for `AdamW`. O comes from b / ‖b‖, or with `nesterov` from (1 - μ) g + μ b, by `ns_steps` of
    X ← a X + (b X Xᵀ + c (X Xᵀ)²) X, Newton and Schulz's iteration, with coefficients that lift small singular values fast and
    leave all between about 0.7 and 1.2. Computed in the dtype of the parameter (PyTorch: in bfloat16, whose rounding shows in the
    third digit).

    lr               η, the learning rate
    weight_decay     λ: θ ← θ - η λ θ comes first
    momentum         μ
    nesterov         whether g has its share beside the momentum
    ns_coefficients  (a, b, c)
    eps              the least that b is divided by
    ns_steps         how often the iteration is done, less than 100
    adjust_lr_fn     s for n×m matrices: "original" or None, √max(1, n/m); "match_rms_adamw", 0.2 √max(n, m), so that rates of `AdamW` fit

    Source: K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks" (2024); J. Liu et al., "Muon is scalable
    for LLM training" (2025).

    >>> W = Tensor([[2.0, 0.0], [0.0, 1.0]], requires_grad=True)
    >>> optimizer = Muon([W], lr=0.1, weight_decay=0)
    >>> (W * np.array([[1.0, 0.0], [0.0, 0.01]])).sum().backward()
    >>> optimizer.step()
    >>> np.round(W, 1)  # both directions changed by nearly as much
    tensor([[1.9, 0. ],
            [0. , 0.9]])
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        settings = {"lr": lr, "weight_decay": weight_decay, "momentum": momentum, "nesterov": nesterov, "eps": eps}
        iteration = {"ns_coefficients": ns_coefficients, "ns_steps": ns_steps, "adjust_lr_fn": adjust_lr_fn}
        super().__init__(params, {**settings, **iteration, "decoupled_weight_decay": True})

    def check(self, group: Mapping[str, Any]) -> None:
        super().check(group)
        for p in group["params"]:
            if p.ndim != 2:
                raise ValueError(
                    f"Muon is for matrices, and one parameter has shape {p.shape}; give it those with p.ndim == 2 and the rest to "
                    "another optimizer, such as AdamW"
                )
        if np.shape(group["ns_coefficients"]) != (3,):
            raise ValueError(f"Muon: ns_coefficients are three numbers, and not {group['ns_coefficients']}")
        if group["ns_steps"] not in range(100):
            raise ValueError(f"Muon: ns_steps is a whole number below 100, and not {group['ns_steps']}")
        if group["adjust_lr_fn"] not in (None, "original", "match_rms_adamw"):
            raise ValueError(
                f"Muon: adjust_lr_fn is 'original', 'match_rms_adamw' or None, and not {group['adjust_lr_fn']!r}"
            )

    def start(self, p: Any) -> State:
        return {"momentum_buffer": np.zeros_like(p)}

    def update(
        self,
        p: Any,
        g: Any,
        state: State,
        *,
        lr: float,
        momentum: float,
        nesterov: bool | None = None,
        ns_coefficients: tuple[float, float, float],
        eps: float,
        ns_steps: int,
        adjust_lr_fn: str | None = None,
    ) -> None:
        b = state["momentum_buffer"]
        b *= momentum
        b += (1 - momentum) * g
        direction = orthogonal((1 - momentum) * g + momentum * b if nesterov else b, ns_coefficients, ns_steps, eps)
        n, m = p.shape
        scale = 0.2 * max(n, m) ** 0.5 if adjust_lr_fn == "match_rms_adamw" else max(1, n / max(1, m)) ** 0.5
        p -= lr * scale * direction


def orthogonal(matrix: Any, coefficients: tuple[float, float, float], steps: int, eps: float) -> Any:
    """U S' Vᵀ for a matrix U S Vᵀ, with S' near 1: Newton and Schulz's iteration."""
    a, b, c = coefficients
    n, m = matrix.shape
    x = matrix.T if n > m else matrix  # the product below is the smaller one
    x = x / np.maximum(np.sqrt(np.sum(x * x)), eps)
    for _ in range(steps):
        square = x @ x.T
        x = a * x + (b * square + c * (square @ square)) @ x
    return x.T if n > m else x
