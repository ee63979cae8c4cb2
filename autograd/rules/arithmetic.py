"""NumPy's arithmetic, exponential, trigonometric and hyperbolic ufuncs, and the selecting functions beside them.

The policy at edges, kinks and ties: a derivative where there is one, at the edge of a domain too; at a kink the
minimum-norm subgradient; partial derivatives at a tie add up to 1; NaN outside a function's domain.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..op import elementwise, implements

# --- Arithmetic ---

add = elementwise(np.add, lambda g: g, lambda g: g)
subtract = elementwise(np.subtract, lambda g: g, lambda g: -g)
multiply = elementwise(np.multiply, lambda g, b: g * b, lambda g, a: g * a, scales=True)
divide = elementwise(np.true_divide, lambda g, b: g / b, lambda g, b, out: -g * out / b, name="divide", scales=True)
remainder = elementwise(np.remainder, lambda g: g, lambda g, a, b: -g * np.floor_divide(a, b))
fmod = elementwise(np.fmod, lambda g: g, lambda g, a, b: -g * np.trunc(a / b))
negative = elementwise(np.negative, lambda g: -g)
positive = elementwise(np.positive, lambda g: g)
reciprocal = elementwise(np.reciprocal, lambda g, out: -g * out * out)
square = elementwise(np.square, lambda g, x: 2 * g * x)
sqrt = elementwise(np.sqrt, lambda g, out: g / (2 * out))
cbrt = elementwise(np.cbrt, lambda g, out: g / (3 * out * out))
conjugate = elementwise(np.conjugate, lambda g: g)


def _power_number(x: Any, p: Any = 2) -> Any:
    return x**p


def _power_number_rule(g: Any, x: Any, p: Any) -> Any:
    if p == 0:
        return 0 * g
    if p == 1:
        return g
    return p * g * x if p == 2 else p * g * x ** (p - 1)


power_number = elementwise(_power_number, _power_number_rule)  # the commonest powers: x**2, x**0.5
power_ufunc = elementwise(
    np.power,
    lambda g, a, b: g * b * np.power(np.where((a == 0) & (b == 0), 1, a), b - 1),
    lambda g, a, out: g * out * np.log(np.where(a == 0, 1, a)),
)
float_power_ufunc = elementwise(
    np.float_power,
    lambda g, a, b: g * b * np.float_power(np.where((a == 0) & (b == 0), 1, a), b - 1),
    lambda g, a, out: g * out * np.log(np.where(a == 0, 1, a)),
)


@implements(np.power)
def power(a: Any, b: Any) -> Any:
    """a**b, elementwise. d/da = b a^(b-1), which is 0 for b = 0; d/db = ln(a) a^b, which is 0 at a = 0.

    >>> power(Tensor([2.0, 3.0]), 2)
    tensor([4., 9.])
    """
    if b.__class__ is int or b.__class__ is float:
        return power_number(a, b)
    return power_ufunc(a, b)


@implements(np.float_power)
def float_power(a: Any, b: Any) -> Any:
    """a**b in float64 at least, elementwise."""
    return float_power_ufunc(a, b)


# --- Exponentials and logarithms ---

exp = elementwise(np.exp, lambda g, out: g * out)
exp2 = elementwise(np.exp2, lambda g, out: g * out * math.log(2))
expm1 = elementwise(np.expm1, lambda g, out: g * (out + 1))
log = elementwise(np.log, lambda g, x: g / _unless(x < 0, x))
log2 = elementwise(np.log2, lambda g, x: g / (_unless(x < 0, x) * math.log(2)))
log10 = elementwise(np.log10, lambda g, x: g / (_unless(x < 0, x) * math.log(10)))
log1p = elementwise(np.log1p, lambda g, x: g / (1 + _unless(x < -1, x)))


def _unless(outside: Any, x: Any) -> Any:
    """x, but NaN outside a function's domain. It stays so when the rule is differentiated: a constant NaN would have slope 0."""
    return np.where(outside, math.nan * x, x)


def _share_of_sum(g: Any, a: Any, b: Any) -> Any:
    """g · exp(a) / (exp(a) + exp(b)) = g σ(a - b), without overflow; ½ where both are +inf, 0 where both are -inf."""
    return g * logistic(np.where(a == b, np.where(a == -math.inf, a, 0.0), a - b))


def logistic(x: Any) -> Any:
    """σ(x), exact in both tails: where exp(-x) overflows, it is 0. Floats would err there: see floats.py."""
    if getattr(x, "lazy", False):
        return np.where(x < -700, np.exp(x), 1 / (1 + np.exp(-x)))
    return 1 / (1 + np.exp(-x))


logaddexp = elementwise(np.logaddexp, lambda g, a, b: _share_of_sum(g, a, b), lambda g, a, b: _share_of_sum(g, b, a))
logaddexp2 = elementwise(
    np.logaddexp2,
    lambda g, a, b: _share_of_sum(g, a * math.log(2), b * math.log(2)),
    lambda g, a, b: _share_of_sum(g, b * math.log(2), a * math.log(2)),
)

# --- Trigonometric and hyperbolic functions ---

sin = elementwise(np.sin, lambda g, x: g * np.cos(x))
cos = elementwise(np.cos, lambda g, x: -g * np.sin(x))
tan = elementwise(np.tan, lambda g, out: g * (1 + out * out))
arcsin = elementwise(np.arcsin, lambda g, x: g / np.sqrt(_one_minus_square(x)))
arccos = elementwise(np.arccos, lambda g, x: -g / np.sqrt(_one_minus_square(x)))
arctan = elementwise(np.arctan, lambda g, x: g / (1 + x * x))
sinh = elementwise(np.sinh, lambda g, x: g * np.cosh(x))
cosh = elementwise(np.cosh, lambda g, x: g * np.sinh(x))
tanh = elementwise(np.tanh, lambda g, out: g * (1 - out * out))
arcsinh = elementwise(np.arcsinh, lambda g, x: g / np.hypot(x, 1.0))
arccosh = elementwise(np.arccosh, lambda g, x: g / np.sqrt(x - 1) / np.sqrt(x + 1))
arctanh = elementwise(np.arctanh, lambda g, x: _half_sum(g, _unless(np.absolute(x) > 1, x)))


def _one_minus_square(x: Any) -> Any:
    """1 - x². The product does not cancel near ±1; but at ±1 its own derivative, a part of the second, would be 0 · inf."""
    return np.where(np.absolute(x) == 1, 1 - x * x, (1 - x) * (1 + x))


def _half_sum(g: Any, x: Any) -> Any:
    """g / (1 - x²) as a sum, of which one part alone is infinite at ±1, at every order."""
    return 0.5 * (g / (1 - x) + g / (1 + x))


def _radius(a: Any, b: Any) -> Any:
    """sqrt(a² + b²), but 1 where both are 0: there the numerator is 0 too."""
    return np.hypot(np.where((a == 0) & (b == 0), 1.0, a), b)


arctan2 = elementwise(
    np.arctan2,
    lambda g, a, b: g * _over(b, a, _radius(a, b)) / _radius(a, b),
    lambda g, a, b: -g * _over(a, b, _radius(a, b)) / _radius(a, b),
)
hypot = elementwise(
    np.hypot,
    lambda g, a, b, out: g * _over(a, b, np.where(out == 0, 1.0, out)),
    lambda g, a, b, out: g * _over(b, a, np.where(out == 0, 1.0, out)),
)


def _over(a: Any, b: Any, radius: Any) -> Any:
    """a / radius, the cosine of the direction of (a, b): where a alone is infinite, 1 or -1."""
    return np.where(np.isinf(a) & np.isfinite(b), np.sign(a), a / radius)


degrees = elementwise(np.degrees, lambda g: g * (180 / math.pi))
rad2deg = elementwise(np.rad2deg, lambda g: g * (180 / math.pi))
radians = elementwise(np.radians, lambda g: g * (math.pi / 180))
deg2rad = elementwise(np.deg2rad, lambda g: g * (math.pi / 180))
sinc = elementwise(np.sinc, lambda g, x: g * _sinc_slope(x))


def _sinc_slope(x: Any) -> Any:
    """d/dx sin(πx)/(πx), by its series near 0, where the quotient would cancel."""
    small = np.absolute(x) < 1e-2
    safe = np.where(small, 1.0, x)
    u = (math.pi * x) ** 2
    series = math.pi**2 * x * (-1 / 3 + u * (1 / 30 + u * (-1 / 840 + u * (1 / 45360))))
    return np.where(small, series, (np.cos(math.pi * safe) - np.sinc(safe)) / safe)


# --- Selecting: a gradient goes one way or the other ---

absolute = elementwise(np.absolute, lambda g, x: g * np.sign(x))
fabs = elementwise(np.fabs, lambda g, x: g * np.sign(x))


def _wins(g: Any, ahead: Any, tie: Any) -> Any:
    return np.where(ahead, g, np.where(tie, 0.5 * g, 0.0))


maximum = elementwise(
    np.maximum, lambda g, a, b: _wins(g, a > b, a == b), lambda g, a, b: _wins(g, b > a, a == b), selects=True
)
minimum = elementwise(
    np.minimum, lambda g, a, b: _wins(g, a < b, a == b), lambda g, a, b: _wins(g, b < a, a == b), selects=True
)
heaviside = elementwise(np.heaviside, None, lambda g, a: g * (a == 0), selects=True)  # (0, h) is h
fmax = elementwise(
    np.fmax,
    lambda g, a, b: _wins(g, (a > b) | np.isnan(b), a == b),
    lambda g, a, b: _wins(g, (b > a) | np.isnan(a), a == b),
    selects=True,
)
fmin = elementwise(
    np.fmin,
    lambda g, a, b: _wins(g, (a < b) | np.isnan(b), a == b),
    lambda g, a, b: _wins(g, (b < a) | np.isnan(a), a == b),
    selects=True,
)
copysign = elementwise(np.copysign, lambda g, a, b: g * np.sign(a) * np.copysign(1.0, b), None)


def _where(condition: Any, a: Any, b: Any) -> Any:
    return np.where(condition, a, b)


select = elementwise(
    _where,
    None,
    lambda g, condition: np.where(condition, g, 0.0),
    lambda g, condition: np.where(condition, 0.0, g),
    name="where",
    selects=True,
)


@implements(np.where)
def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """x where the condition is true, else y; gradients go to the taken branch only.

    An element that was not taken contributes exactly 0, also where its own derivative is infinite or NaN.

    >>> x = Tensor([-1.0, 4.0], requires_grad=True)
    >>> with np.errstate(invalid="ignore"):
    ...     where(x > 0, sqrt(x), 0.0).sum().backward()
    >>> x.grad
    tensor([0.  , 0.25])
    """
    if x is None and y is None:
        return nonzero(condition)
    if x is None or y is None:
        raise ValueError("where takes a condition alone, or a condition and both x and y: where(condition, x, y)")
    return select(condition, x, y)


@implements(np.nonzero)
def nonzero(x: Any) -> tuple[Any, ...]:
    """The indices of the elements that are not 0: one integer array for each axis."""
    return np.nonzero(x.numpy() if hasattr(x, "numpy") else x)


_clip = elementwise(
    lambda x, low, high: np.clip(x, low, high),
    lambda g, x, low, high: np.where((x >= low) & (x <= high), g, 0.0),
    lambda g, x, low, high: np.where((x < low) & (low <= high), g, 0.0),
    lambda g, x, low, high: np.where((x > high) | (low > high), g, 0.0),
    name="clip",
    selects=True,
)


@implements(np.clip)
def clip(x: Any, min: Any = None, max: Any = None) -> Any:
    """x limited to [min, max]. The derivative is 1 on the closed interval, 0 outside it.

    >>> clip(Tensor([-2.0, 0.5, 2.0]), 0, 1)
    tensor([0. , 0.5, 1. ])
    """
    if min is None and max is None:
        return positive(x)
    return _clip(x, _extreme(x, 0) if min is None else min, _extreme(x, 1) if max is None else max)


def _extreme(x: Any, which: int) -> Any:
    """The least (0) or the largest (1) number of x's dtype."""
    dtype = x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype
    if dtype.kind == "f":
        return (-math.inf, math.inf)[which]
    return bool(which) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)[which]


@implements(np.nan_to_num)
def nan_to_num(x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """x with NaN and infinities replaced by numbers; no gradient flows where an element was replaced."""
    if x.dtype.kind != "f":
        return positive(x)
    info = np.finfo(x.dtype)
    x = where(np.isnan(x), nan, x)
    x = where(x == math.inf, float(info.max) if posinf is None else posinf, x)
    return where(x == -math.inf, float(info.min) if neginf is None else neginf, x)
