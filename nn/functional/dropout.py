"""Dropout: in training some numbers are 0, drawn anew each time, and the others larger, so that the mean stays.

Source: N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever and R. Salakhutdinov, "Dropout" (2014); Goodfellow, Bengio and
Courville, *Deep Learning*, section 7.12.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd
from autograd import Tensor

from .inputs import tensor

SELU_FLOOR = -1.7580993408473766  # -λα: what SELU tends to


def dropout(
    input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, *, generator: Any = None
) -> Tensor:
    """Each number is 0 with probability p, else x / (1 - p). Without `training`, x. (`inplace` is accepted.)

    >>> _ = autograd.manual_seed(0)
    >>> sorted(set(dropout(autograd.ones(100), 0.75).tolist()))
    [0.0, 4.0]
    """
    x = _checked("dropout", input, p)
    return _dropped(x, x.shape, p, generator) if training and p else x


def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Whole channels of (N, C, L) or (C, L) are 0, each with probability p."""
    return _channels("dropout1d", input, p, training, (2, 3))


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Whole channels of (N, C, H, W) or (C, H, W) are 0, each with probability p."""
    return _channels("dropout2d", input, p, training, (3, 4))


def dropout3d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Whole channels of (N, C, D, H, W) or (C, D, H, W) are 0, each with probability p."""
    return _channels("dropout3d", input, p, training, (4, 5))


def alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout for SELU: each number is what SELU tends to with probability p, and mean 0 and variance 1 are kept.

    Source: G. Klambauer, T. Unterthiner, A. Mayr and S. Hochreiter, "Self-normalizing neural networks" (2017).
    """
    x = _checked("alpha_dropout", input, p)
    return _floored(x, x.shape, p) if training and p else x


def feature_alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """The same, of whole channels of (N, C, ...)."""
    x = _checked("feature_alpha_dropout", input, p)
    return _floored(x, x.shape[:2] + (1,) * (x.ndim - 2), p) if training and p else x


def _checked(name: str, input: Any, p: float) -> Any:
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: dropout probability has to be between 0 and 1, but got {p}")
    x = tensor(input)
    if x.dtype.kind != "f":
        raise TypeError(f"{name}: the input is {x.dtype}, and must be floating; write x.astype(np.float32)")
    return x


def _channels(name: str, input: Any, p: float, training: bool, dimensions: tuple[int, int]) -> Tensor:
    x = _checked(name, input, p)
    if x.ndim not in dimensions:
        raise ValueError(f"{name}: expected {dimensions[0]}D or {dimensions[1]}D input, got shape {x.shape}")
    outer = x.ndim - dimensions[0] + 1
    return _dropped(x, x.shape[:outer] + (1,) * (x.ndim - outer), p, None) if training and p else x


def _kept(shape: tuple[int, ...], p: float, dtype: Any, generator: Any) -> Any:
    """1 with probability 1 - p, else 0."""
    return (autograd.rand(*shape, generator=generator, dtype=np.float32) >= p).astype(dtype)


def _dropped(x: Any, shape: tuple[int, ...], p: float, generator: Any) -> Tensor:
    return x * (_kept(shape, p, x.dtype, generator) * (1 / (1 - p) if p < 1 else 0.0))


def _floored(x: Any, shape: tuple[int, ...], p: float) -> Tensor:
    if p == 1:
        return x * 0.0
    a = ((1 - p) * (1 + p * SELU_FLOOR**2)) ** -0.5
    kept = _kept(shape, p, x.dtype, None)
    return x * (kept * a) + ((1 - kept) * (a * SELU_FLOOR) - a * SELU_FLOOR * p)
