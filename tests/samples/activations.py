"""Samples of `autograd/rules/activations.py`."""

import math
from typing import Any

import numpy as np

from autograd.rules.activations import gelu, gelu_tanh, normal_cdf, silu

from .table import each, positive, real

erfc = np.vectorize(math.erfc, otypes=[float])


def by_erfc(x: Any) -> Any:
    return (erfc(-np.float64(x) * math.sqrt(0.5)) / 2).astype(x.dtype)


ACTIVATIONS = [
    each(normal_cdf, real, like=by_erfc, ulps=64),
    each(gelu, positive, like=lambda x: x * by_erfc(x), ulps=64),
    each(
        gelu_tanh, real, like=lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))), ulps=8
    ),
    each(silu, real, like=lambda x: x / (1 + np.exp(-x)), ulps=8),
]
