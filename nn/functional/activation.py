"""The hidden and the output units of sections 6.2 and 6.3 of *Deep Learning*."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

import autograd
from autograd import Tensor
from autograd.rules import activations, fused

from .inputs import tensor


def relu(input: Any, inplace: bool = False) -> Tensor:
    """max(0, x); its derivative is 0 at 0. (`inplace` is accepted here and below, and changes nothing.)"""
    return fused.relu(tensor(input))


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x where x > 0, else negative_slope · x."""
    return activations.leaky(tensor(input), negative_slope)


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else α (eˣ - 1)."""
    return activations.elu(tensor(input), alpha)


def sigmoid(input: Any) -> Tensor:
    """1 / (1 + e⁻ˣ)."""
    return fused.sigmoid(tensor(input))


def tanh(input: Any) -> Tensor:
    """(eˣ - e⁻ˣ) / (eˣ + e⁻ˣ), which is 2σ(2x) - 1."""
    return autograd.tanh(tensor(input))


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + e^(βx)) / β, without overflow. (Where βx > `threshold`, PyTorch returns x: the difference is 2e-9.)

    >>> softplus(Tensor([-100.0, 0.0, 100.0])).sum()
    tensor(100.6931)
    """
    x = tensor(input)
    return fused.softplus(x) if beta == 1 else fused.softplus(x * beta) / beta


def softmax(input: Any, dim: int | None = None, *, dtype: Any = None) -> Tensor:
    """exp(x) / Σ exp(x) along `dim`, without overflow: probabilities that add up to 1.

    Without `dim`, as in PyTorch, a warning, and axis 0 of one or three axes, 1 of two or more than three.
    """
    x = tensor(input)
    return fused.softmax(x if dtype is None else x.astype(dtype), _dim("softmax", dim, x))


def log_softmax(input: Any, dim: int | None = None, *, dtype: Any = None) -> Tensor:
    """log softmax(x), exact also where the probability would round to 0. `dim` as for `softmax`."""
    x = tensor(input)
    return fused.log_softmax(x if dtype is None else x.astype(dtype), _dim("log_softmax", dim, x))


def softmin(input: Any, dim: int | None = None, *, dtype: Any = None) -> Tensor:
    """softmax(-x). `dim` as for `softmax`."""
    x = -tensor(input)
    return fused.softmax(x if dtype is None else x.astype(dtype), _dim("softmin", dim, x))


def _dim(name: str, dim: int | None, x: Any) -> int:
    if dim is None:
        dim = 0 if x.ndim in (0, 1, 3) else 1
        warnings.warn(
            f"{name}: no dim was given, and axis {dim} of {x.ndim} was taken; write dim={dim}, or dim=-1 for the last",
            stacklevel=3,
        )
    return dim


def gumbel_softmax(
    logits: Any, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1, *, generator: Any = None
) -> Tensor:
    """softmax((x + noise) / τ) with Gumbel noise: a sample, the smaller τ the nearer to one class; with `hard` exactly one.

    With `hard` the gradient is that of the soft sample. The noise is -log(-log(1 - u)) with u uniform, and at least `eps`: of u = 0
    it would be infinite. Source: E. Jang, S. Gu and B. Poole, "Categorical reparameterization with Gumbel-softmax" (2017).
    """
    x = tensor(logits)
    uniform = np.maximum(autograd.rand(*x.shape, generator=generator, dtype=x.dtype), eps)
    soft = fused.softmax((x - np.log(-np.log1p(-uniform))) / tau, dim)
    if not hard:
        return soft
    best = np.expand_dims(np.argmax(soft, axis=dim), dim)
    one = np.equal(best, np.arange(x.shape[dim]).reshape([-1 if i == dim % x.ndim else 1 for i in range(x.ndim)]))
    return one.astype(x.dtype) - soft.detach() + soft


def gelu(input: Any, approximate: str = "none") -> Tensor:
    """x Φ(x), Φ the normal distribution; with approximate="tanh" ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))).

    >>> gelu(Tensor([-1.0, 0.0, 1.0]))
    tensor([-0.1587,  0.    ,  0.8413])
    """
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"approximate argument must be either none or tanh, not {approximate!r}")
    return activations.gelu(tensor(input)) if approximate == "none" else activations.gelu_tanh(tensor(input))


def silu(input: Any, inplace: bool = False) -> Tensor:
    """x σ(x)."""
    return activations.silu(tensor(input))


def mish(input: Any, inplace: bool = False) -> Tensor:
    """x tanh(log(1 + eˣ))."""
    x = tensor(input)
    return x * np.tanh(fused.softplus(x))


def logsigmoid(input: Any) -> Tensor:
    """log σ(x) = -log(1 + e⁻ˣ), without overflow."""
    return -fused.softplus(-tensor(input))


def softsign(input: Any) -> Tensor:
    """x / (1 + |x|)."""
    x = tensor(input)
    return x / (1 + np.absolute(x))


def tanhshrink(input: Any) -> Tensor:
    """x - tanh(x)."""
    x = tensor(input)
    return x - np.tanh(x)


def softshrink(input: Any, lambd: float = 0.5) -> Tensor:
    """x moved towards 0 by λ, and 0 where |x| ≤ λ."""
    if lambd < 0:
        raise RuntimeError(f"lambda must be greater or equal to 0, but found to be {lambd}")
    return activations.soft_shrink(tensor(input), lambd)


def hardshrink(input: Any, lambd: float = 0.5) -> Tensor:
    """x where |x| > λ, else 0."""
    return activations.hard_shrink(tensor(input), lambd)


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """x where x > threshold, else `value`."""
    return activations.threshold(tensor(input), threshold, value)


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """x between the bounds, else the nearer bound; its derivative is 0 at the bounds."""
    if min_val > max_val:
        raise ValueError(f"min_val cannot be greater than max_val: {min_val} > {max_val}")
    return activations.hard_tanh(tensor(input), min_val, max_val)


def relu6(input: Any, inplace: bool = False) -> Tensor:
    """min(max(0, x), 6); its derivative is 0 at both."""
    return hardtanh(input, 0.0, 6.0)


def hardsigmoid(input: Any, inplace: bool = False) -> Tensor:
    """min(max(0, x + 3), 6) / 6."""
    return activations.hard_sigmoid(tensor(input))


def hardswish(input: Any, inplace: bool = False) -> Tensor:
    """x min(max(0, x + 3), 6) / 6."""
    return activations.hard_swish(tensor(input))


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else α (exp(x / α) - 1)."""
    return activations.elu(tensor(input), alpha, 1.0, 1 / alpha)


SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def selu(input: Any, inplace: bool = False) -> Tensor:
    """λ times x where x > 0, else λα (eˣ - 1), with the λ and α that keep mean 0 and variance 1.

    Source: G. Klambauer, T. Unterthiner, A. Mayr and S. Hochreiter, "Self-normalizing neural networks" (2017).
    """
    return activations.elu(tensor(input), SELU_ALPHA, SELU_SCALE)


def glu(input: Any, dim: int = -1) -> Tensor:
    """a σ(b), a and b being the halves of x along `dim`. ValueError if these are not equally long."""
    x = tensor(input)
    if not x.ndim or x.shape[dim] % 2:
        raise ValueError(f"glu: axis {dim} of an input of shape {x.shape} cannot be halved; it must be even")
    a, b = np.split(x, 2, axis=dim)
    return a * fused.sigmoid(b)


def prelu(input: Any, weight: Any) -> Tensor:
    """x where x > 0, else weight · x. Shapes: weight (1,), () or (C,), a slope for each channel, which are along axis 1."""
    x, w = tensor(input), tensor(weight)
    if w.ndim and w.shape[0] != 1:
        if w.ndim != 1 or x.ndim < 2 or w.shape[0] != x.shape[1]:
            raise ValueError(
                f"prelu: a weight of shape {w.shape} does not fit an input of shape {x.shape}: one, or one for each channel"
            )
        w = w.reshape([-1 if i == 1 else 1 for i in range(x.ndim)])
    elif not x.ndim:
        w = w.reshape(())
    return activations.leaky(x, w)


def rrelu(
    input: Any,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    inplace: bool = False,
    *,
    generator: Any = None,
) -> Tensor:
    """x where x > 0, else a slope times x: in training drawn from [lower, upper], after it their mean."""
    x = tensor(input)
    slope: Any = (lower + upper) / 2
    if training:
        slope = lower + (upper - lower) * autograd.rand(*x.shape, generator=generator, dtype=x.dtype)
    return activations.leaky(x, slope)


def relu_(input: Any) -> Tensor:
    """relu, written into the input."""
    return tensor(input).copy_(relu(input))
