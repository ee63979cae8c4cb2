"""Hidden units whose derivative needs what their value was made of: GELU, SiLU, and the normal distribution's Φ.

Sources: D. Hendrycks and K. Gimpel, "Gaussian error linear units" (2016); S. Elfwing, E. Uchibe and K. Doya,
"Sigmoid-weighted linear units" (2018).
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ..op import elementwise
from .fused import sigmoid

BLOCK = 1 << 14  # numbers that are worked on at a time: they stay in the processor's cache
MIDDLE = 3.75  # which x the variable u = (x - MIDDLE) / (x + MIDDLE) is 0 at


@functools.cache
def _series(dtype: np.dtype[Any]) -> list[Any]:
    """Coefficients, the highest first, of (1 + 2x) exp(x²) erfc(x) for x ≥ 0 as a polynomial in u.

    Source: M. M. Shepherd and J. G. Laframboise, "Chebyshev approximation of (1 + 2x) exp(x²) erfc x in 0 ≤ x < ∞" (1981).
    They are computed here, from `math.erfc`, and for large x from the continued fraction.
    """

    def scaled(u: float) -> float:
        x = MIDDLE * (1 + u) / (1 - u)
        if x < 5:
            return (1 + 2 * x) * math.exp(x * x) * math.erfc(x)
        fraction = x
        for k in range(60, 0, -1):
            fraction = x + k / 2 / fraction
        return (1 + 2 * x) / (math.sqrt(math.pi) * fraction)

    degree = 11 if dtype == np.float32 else 27
    fitted = np.polynomial.chebyshev.Chebyshev.interpolate(np.vectorize(scaled), degree)
    return [dtype.type(c) for c in fitted.convert(kind=np.polynomial.Polynomial).coef[::-1]]


def _normal_cdf(x: Any) -> Any:
    """Φ(x) = ½ erfc(-x/√2)."""
    x = np.asarray(x)
    line, out = x.reshape(-1), np.empty(x.size, x.dtype)
    first, *others = _series(x.dtype)
    for start in range(0, x.size, BLOCK):
        part, result = line[start : start + BLOCK], out[start : start + BLOCK]
        t = np.absolute(part)
        t *= math.sqrt(0.5)
        np.minimum(t, 40.0, out=t)  # beyond, erfc is 0
        u = t + MIDDLE
        np.divide(t - MIDDLE, u, out=u)
        result[:] = first
        for c in others:
            result *= u
            result += c
        np.multiply(t, t, out=u)
        np.negative(u, out=u)
        result *= np.exp(u, out=u)
        t *= 4.0
        t += 2.0
        result /= t
        np.copyto(result, 1 - result, where=part > 0)
    return out.reshape(x.shape)


def _normal_density(x: Any) -> Any:
    return np.exp(x * x * -0.5) * math.sqrt(0.5 / math.pi)


normal_cdf = elementwise(_normal_cdf, lambda g, x: g * _normal_density(x), name="normal_cdf")


def _gelu(x: Any) -> tuple[Any, Any]:
    """x Φ(x), and Φ(x)."""
    share = normal_cdf(x)
    return x * share, share


gelu = elementwise(_gelu, lambda g, x, saved: g * (saved + x * _normal_density(x)), name="gelu")

ROOT, CUBIC = math.sqrt(2 / math.pi), 0.044715


def _gelu_tanh(x: Any) -> tuple[Any, Any]:
    """½ x (1 + tanh(√(2/π) (x + 0.044715 x³))), near x Φ(x); and the tanh."""
    t = np.tanh(x * (ROOT + ROOT * CUBIC * (x * x)))
    return 0.5 * x * (1 + t), t


gelu_tanh = elementwise(
    _gelu_tanh,
    lambda g, x, saved: g * (0.5 * (1 + saved) + 0.5 * x * (1 - saved * saved) * (ROOT + 3 * ROOT * CUBIC * (x * x))),
    name="gelu_tanh",
)


def _silu(x: Any) -> tuple[Any, Any]:
    """x σ(x), and σ(x)."""
    share = sigmoid(x)
    return x * share, share


silu = elementwise(_silu, lambda g, x, saved: g * saved * (1 + x * (1 - saved)), name="silu")
