"""Hidden units whose derivative needs what their value was made of, or whose pieces `np.where` would put together slowly.

Sources: D. Hendrycks and K. Gimpel, "Gaussian error linear units" (2016); S. Elfwing, E. Uchibe and K. Doya,
"Sigmoid-weighted linear units" (2018); D.-A. Clevert, T. Unterthiner and S. Hochreiter, "Fast and accurate deep network
learning by exponential linear units" (2016).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..kernels import kernel
from ..op import elementwise
from .fused import sigmoid

# --- GELU: x Φ(x) -----------------------------------------------------------------------------------------------------

BLOCK = 1 << 17  # numbers that are worked on at a time: they stay in the processor's caches
MIDDLE = 3.75  # which x the variable u = (x - MIDDLE) / (x + MIDDLE) is 0 at


@functools.cache
def _scaled_tail() -> list[float]:
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

    fitted = np.polynomial.chebyshev.Chebyshev.interpolate(np.vectorize(scaled), 27)
    return [float(c) for c in fitted.convert(kind=np.polynomial.Polynomial).coef[::-1]]


def _precise_cdf(x: Any, out: Any) -> None:
    """Φ(x) = ½ erfc(-x/√2) to a few units in the last place, in the tail too."""
    t = np.absolute(x)
    t *= math.sqrt(0.5)
    np.minimum(t, 40.0, out=t)  # beyond, erfc is 0
    u = t + MIDDLE
    np.divide(t - MIDDLE, u, out=u)
    first, *others = _scaled_tail()
    out[:] = first
    for c in others:
        out *= u
        out += c
    np.multiply(t, t, out=u)
    np.negative(u, out=u)
    out *= np.exp(u, out=u)
    t *= 4.0
    t += 2.0
    out /= t
    np.copyto(out, 1 - out, where=x > 0)


@functools.cache
def _half_logit() -> list[np.float32]:
    """Coefficients, the highest first, of ½ log(Φ(x) / Φ(-x)) / x as a polynomial in x²: by least squares, in x Φ(x)."""
    x = 6.5 * np.sin(np.linspace(0, math.pi / 2, 201))[1:]
    tail = np.array([0.5 * math.erfc(v / math.sqrt(2)) for v in x])
    weight = tail * (1 - tail) * x * x
    powers = np.vander(x * x / 36, 7)
    target = (np.log1p(-tail) - np.log(tail)) / (2 * x)
    fitted = np.linalg.lstsq(powers * weight[:, None], target * weight)[0]
    return [np.float32(c / 36**k) for c, k in zip(fitted, range(6, -1, -1))]


def _fast_cdf(x: Any, out: Any) -> None:
    """Φ(x) = ½ + ½ tanh(½ log(Φ(x)/Φ(-x))), to 2·10⁻⁷: as much as float32 can tell from 1."""
    squares = x * x
    first, *others = _half_logit()
    np.multiply(squares, first, out=out)
    out += others[0]
    for c in others[1:]:
        out *= squares
        out += c
    out *= x
    np.tanh(out, out=out)
    out *= 0.5
    out += 0.5


def _lines(*arrays: Any) -> Iterator[tuple[Any, ...]]:
    """Arrays of one shape, as pieces of lines that fit into the cache; those to be written into must be contiguous."""
    lines = [a.reshape(-1) for a in arrays]
    return (tuple(a[start : start + BLOCK] for a in lines) for start in range(0, lines[0].size, BLOCK))


def _normal_density(x: Any) -> Any:
    return np.exp(x * x * -0.5) * math.sqrt(0.5 / math.pi)


def _normal_cdf(x: Any) -> Any:
    x = np.asarray(x)
    out = np.empty(x.shape, x.dtype)
    for part, p in _lines(x, out):
        _precise_cdf(part, p)
    return out


normal_cdf = elementwise(_normal_cdf, lambda g, x: g * _normal_density(x), name="normal_cdf")


def _gelu(x: Any) -> tuple[Any, Any]:
    """x Φ(x), and Φ(x)."""
    x = np.asarray(x)
    share, out = np.empty(x.shape, x.dtype), np.empty(x.shape, x.dtype)
    if loop := kernel("gelu", x):
        loop(x.reshape(-1), np.array(_half_logit()), share.reshape(-1), out.reshape(-1))
        return out, share
    cdf = _fast_cdf if x.dtype == np.float32 else _precise_cdf
    with np.errstate(over="ignore"):  # of x², where Φ is 0 or 1
        for part, p, y in _lines(x, share, out):
            cdf(part, p)
            np.multiply(part, p, out=y)
    return out, share


def _gelu_share(h: Any, x: Any, share: Any) -> Any:
    """h (Φ(x) + x φ(x)), given Φ(x)."""
    h, x, share = np.broadcast_arrays(h, x, share)
    out = np.empty(x.shape, np.result_type(h, x, share))
    if loop := kernel("gelu_share", x, h, share):
        loop(h.reshape(-1), x.reshape(-1), share.reshape(-1), out.reshape(-1))
        return out
    with np.errstate(over="ignore"):
        for g, part, p, y in _lines(h, x, share, out):
            np.multiply(part, part, out=y)
            y *= -0.5
            np.exp(y, out=y)
            y *= part
            y *= math.sqrt(0.5 / math.pi)
            y += p
            y *= g
    return out


gelu_share: Any = elementwise(
    _gelu_share,
    lambda g, x, share: gelu_share(g, x, share),
    lambda g, h, x: g * h * (1 - x * x) * _normal_density(x),
    lambda g, h: g * h,
)

gelu = elementwise(_gelu, lambda g, x, saved: gelu_share(g, x, saved), name="gelu", saved=normal_cdf)


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


# --- Two pieces -------------------------------------------------------------------------------------------------------


def _leaky(x: Any, slope: Any) -> Any:
    """x where x > 0, else slope · x."""
    if isinstance(slope, float) and 0 < slope <= 1:
        return np.maximum(x, slope * x)
    return np.maximum(x, 0) + slope * np.minimum(x, 0)


leaky = elementwise(
    _leaky,
    lambda g, x, slope: g * (x > 0) + slope * (g * ~(x > 0)),
    lambda g, x: g * np.minimum(x, 0),
)


def _elu(x: Any, alpha: float = 1.0, scale: float = 1.0, inside: float = 1.0) -> tuple[Any, Any]:
    """scale · x where x > 0, else scale · α (exp(inside · x) - 1); and that without scale and α."""
    e = np.expm1(np.minimum(x, 0) * inside)
    return scale * (np.maximum(x, 0) + alpha * e), e


elu = elementwise(
    _elu,
    lambda g, x, saved, alpha, scale, inside: (
        scale * (g * (x > 0)) + (scale * alpha * inside) * (g * ~(x > 0)) * (saved + 1)
    ),
    name="elu",
)


def _hard_tanh(x: Any, low: float = -1.0, high: float = 1.0) -> Any:
    return np.clip(x, low, high)


hard_tanh = elementwise(_hard_tanh, lambda g, x, low, high: g * ((x > low) & (x < high)), selects=True)


def _hard_sigmoid(x: Any) -> Any:
    """min(max(0, x + 3), 6) / 6."""
    return np.clip(x + 3, 0, 6) / 6


hard_sigmoid = elementwise(_hard_sigmoid, lambda g, x: g * (np.absolute(x) < 3) / 6, selects=True)


def _hard_swish(x: Any) -> Any:
    """x min(max(0, x + 3), 6) / 6."""
    return x * _hard_sigmoid(x)


hard_swish = elementwise(_hard_swish, lambda g, x: g * ((np.clip(x + 3, 0, 6) + x * (np.absolute(x) < 3)) / 6))


def _threshold(x: Any, level: float = 0.0, value: float = 0.0) -> Any:
    """x where x > level, else `value`; as products, since `np.where` takes ten times as long."""
    low = x <= level
    return np.clip(x, level, None) * ~low + value * low.astype(x.dtype)


threshold = elementwise(_threshold, lambda g, x, level: g * ~(x <= level), selects=True)


def _soft_shrink(x: Any, width: float = 0.5) -> Any:
    """x moved towards 0 by `width`, and 0 where it is no farther from it."""
    return x - np.clip(x, -width, width)


soft_shrink = elementwise(_soft_shrink, lambda g, x, width: g * (np.absolute(x) > width), selects=True)


def _hard_shrink(x: Any, width: float = 0.5) -> Any:
    """x, and 0 where it is no farther from it than `width`."""
    return x * ~(np.absolute(x) <= width)


hard_shrink = elementwise(_hard_shrink, lambda g, x, width: g * (np.absolute(x) > width), selects=True)
