"""The hidden and the output units of sections 6.2 and 6.3 of *Deep Learning*."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd
from autograd import Tensor
from autograd.rules import fused

from .inputs import tensor


def relu(input: Any, inplace: bool = False) -> Tensor:
    """max(0, x); its derivative is 0 at 0. (`inplace` is accepted here and below, and changes nothing.)"""
    return fused.relu(tensor(input))


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x where x > 0, else negative_slope · x."""
    x = tensor(input)
    return autograd.where(x > 0, x, negative_slope * x)


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else α (eˣ - 1)."""
    x = tensor(input)
    return autograd.where(x > 0, x, alpha * np.expm1(autograd.where(x > 0, 0.0, x)))


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


def softmax(input: Any, dim: int = -1, *, dtype: Any = None) -> Tensor:
    """exp(x) / Σ exp(x) along `dim`, without overflow: probabilities that add up to 1."""
    x = tensor(input)
    return fused.softmax(x if dtype is None else x.astype(dtype), dim)


def log_softmax(input: Any, dim: int = -1, *, dtype: Any = None) -> Tensor:
    """log softmax(x), exact also where the probability would round to 0."""
    x = tensor(input)
    return fused.log_softmax(x if dtype is None else x.astype(dtype), dim)
