"""Samples of `autograd/rules/activations.py`."""

import math
from typing import Any

import numpy as np

from autograd.rules.activations import (
    elu,
    gelu,
    gelu_share,
    gelu_tanh,
    hard_shrink,
    hard_sigmoid,
    hard_swish,
    hard_tanh,
    leaky,
    normal_cdf,
    silu,
    soft_shrink,
    threshold,
)

from .table import Domain, each, inside, nonzero, of, positive, real

erfc = np.vectorize(math.erfc, otypes=[float])


def by_erfc(x: Any) -> Any:
    return (erfc(-np.float64(x) * math.sqrt(0.5)) / 2).astype(x.dtype)


def by_pieces(x: Any, slope: Any) -> Any:
    return np.where(x > 0, x, slope * x)


def exponential(x: Any, alpha: float, scale: float, within: float) -> Any:
    return np.where(x > 0, scale * x, scale * alpha * (np.exp(within * x) - 1))


ACTIVATIONS = [
    each(normal_cdf, real, like=by_erfc, ulps=64),
    each(gelu, positive, like=lambda x: x * by_erfc(x), ulps=64),
    of(
        gelu_share,
        real(2, 3),
        real(2, 3),
        inside(2, 3),
        like=lambda h, x, p: h * (p + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi)),
        ulps=8,
    ),
    each(
        gelu_tanh, real, like=lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))), ulps=8
    ),
    each(silu, real, like=lambda x: x / (1 + np.exp(-x)), ulps=8),
    *(of(leaky, nonzero(2, 3), slope, like=by_pieces, ulps=2) for slope in (real(2, 3), positive(3), real(), 0.1)),
    *(
        of(elu, x, *args, like=exponential, ulps=32)
        for x in (nonzero(2, 3), nonzero(), nonzero(0))
        for args in ((1.0, 1.0, 1.0), (1.7, 1.1, 0.6))
    ),
    *(
        of(function, x, *args, like=like)
        for function, args, like in (
            (hard_tanh, (-1.0, 1.0), lambda x, low, high: np.clip(x, low, high)),
            (soft_shrink, (1.0,), lambda x, width: np.sign(x) * np.maximum(np.abs(x) - width, 0)),
            (threshold, (1.05, 2.5), lambda x, level, value: np.where(x > level, x, value)),
            (hard_shrink, (1.0,), lambda x, width: np.where(np.abs(x) > width, x, 0.0)),
        )
        for x in (inside(2, 3), Domain(1.1, 3)(3), Domain(-3, -1.1)())
    ),
    *(
        of(hard_sigmoid, x, like=lambda x: np.clip(x / 6 + 0.5, 0, 1), ulps=16)
        for x in (real(2, 3), Domain(3.1, 5)(3), Domain(-5, -3.1)())
    ),
    *(
        of(hard_swish, x, like=lambda x: x * np.clip(x / 6 + 0.5, 0, 1), ulps=16)
        for x in (real(2, 3), Domain(3.1, 5)(3), Domain(-5, -3.1)())
    ),
]  # fmt: skip
