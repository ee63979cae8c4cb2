"""Samples of `autograd/rules/normalizations.py`: standardising rows, and channels over a batch."""

from typing import Any

import numpy as np

from autograd.rules.normalizations import (
    batch_statistics,
    moved,
    normalize_batch,
    normalize_groups,
    normalize_rows,
    scale_channels,
)

from .table import Sample, of, real


def over_batch(x: Any, weight: Any, bias: Any, eps: float) -> Any:
    return normalize_batch(x, weight, bias, batch_statistics(x), eps)


def over_batch_alone(x: Any, eps: float) -> Any:
    return normalize_batch(x, None, None, batch_statistics(x), eps)


def standardized(x: Any, axis: Any, eps: float, centre: bool = True) -> Any:
    d = x - np.mean(x, axis=axis, keepdims=True) if centre else x
    return d / np.sqrt(np.mean(d * d, axis=axis, keepdims=True) + eps)


def rows(x: Any, weight: Any, bias: Any, eps: float, centre: bool) -> Any:
    out = standardized(x, 1, eps, centre)
    return (out if weight is None else out * weight) + (0 if bias is None else bias)


def groups(x: Any, weight: Any, bias: Any, eps: float) -> Any:
    out = standardized(x, (2, 3), eps)
    return (out if weight is None else out * weight[:, :, None]) + (0 if bias is None else bias[:, :, None])


def batch(x: Any, weight: Any, bias: Any, eps: float) -> Any:
    return standardized(x, (0, 2), eps) * weight[:, None] + bias[:, None]


def moments(x: Any) -> Any:
    return np.stack([x.mean((0, 2)), x.var((0, 2))])


NORMALIZATIONS = [
    of(normalize_rows, real(4, 3), real(3), real(3), 0.1, True, like=rows, ulps=16, sums=True),
    of(normalize_rows, real(2, 4), real(4), None, 0.01, False, like=rows, ulps=16, sums=True),
    of(normalize_rows, real(2, 3), None, None, 0.1, True, like=rows, ulps=16, sums=True),
    of(normalize_rows, real(3, 1), real(1), None, 0.5, False, like=rows, ulps=16, sums=True),
    *(
        of(normalize_groups, real(2, 2, 3, 2), weight, bias, 0.1, like=groups, ulps=32, sums=True)
        for weight, bias in ((real(2, 3), real(2, 3)), (real(2, 3), None), (None, None))
    ),
    of(over_batch, real(3, 2, 4), real(2), real(2), 0.1, like=batch, ulps=32, sums=True),
    of(over_batch_alone, real(2, 3, 10), 0.1, like=lambda x, eps: standardized(x, (0, 2), eps), ulps=32, sums=True),
    of(
        scale_channels,
        real(3, 2, 4),
        real(2),
        real(2),
        like=lambda x, scale, shift: x * scale[:, None] + shift[:, None],
        ulps=4,
        sums=True,
    ),
    Sample(
        moved, (real(3), real(3), 0.25, 1.5), {}, lambda a, b, share, by: 0.75 * a + 0.375 * b, 8, differentiable=False
    ),
    Sample(batch_statistics, (real(3, 2, 4),), {}, moments, 8, differentiable=False),
]
