"""PyTorch's functions of single elements. Those that need SciPy are `autograd.special`'s, imported when called."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from ..arrays import engine
from ..rules import arithmetic, calculus, comparison
from ..rules.operands import tensor_of
from ..rules.shape import astype
from .words import scaled


class MantissaAndExponent(NamedTuple):
    """What `frexp` returns."""

    mantissa: Any
    exponent: Any


# --- Arithmetic ---


def add(x: Any, other: Any, *, alpha: Any = 1) -> Any:
    """x + alpha · other."""
    return arithmetic.add(x, scaled(alpha, other))


def sub(x: Any, other: Any, *, alpha: Any = 1) -> Any:
    """x - alpha · other."""
    return arithmetic.subtract(x, scaled(alpha, other))


def rsub(x: Any, other: Any, *, alpha: Any = 1) -> Any:
    """other - alpha · x."""
    return sub(other, x, alpha=alpha)


def div(x: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """x / other; with `rounding_mode` "floor" or "trunc" a whole number, and no gradient."""
    if rounding_mode is None:
        return arithmetic.divide(x, other)
    if rounding_mode == "floor":
        return comparison.floor_divide(x, other)
    if rounding_mode != "trunc":
        raise ValueError(f"div: rounding_mode must be None, 'trunc' or 'floor', not {rounding_mode!r}")
    x, other = tensor_of(x), tensor_of(other)
    dtype = np.result_type(x.dtype, other.dtype)
    return astype(comparison.trunc(x / other), dtype) if dtype.kind == "f" else (x - arithmetic.fmod(x, other)) // other


def addcmul(x: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """x + value · tensor1 · tensor2."""
    return tensor_of(x) + value * (tensor_of(tensor1) * tensor2)


def addcdiv(x: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """x + value · tensor1 / tensor2."""
    return tensor_of(x) + value * (tensor_of(tensor1) / tensor2)


def lerp(x: Any, end: Any, weight: Any) -> Any:
    """x + weight · (end - x): x where the weight is 0, `end` where it is 1."""
    x = tensor_of(x)
    return x + weight * (tensor_of(end) - x)


def clamp(x: Any, min: Any = None, max: Any = None) -> Any:
    """x within bounds, of which one may be None."""
    return arithmetic.clip(tensor_of(x), min, max)


def clamp_min(x: Any, min: Any) -> Any:
    """x, or `min` where that is larger."""
    return arithmetic.clip(tensor_of(x), min, None)


def clamp_max(x: Any, max: Any) -> Any:
    """x, or `max` where that is smaller."""
    return arithmetic.clip(tensor_of(x), None, max)


def frac(x: Any) -> Any:
    """What is left of x without its whole part: x - trunc(x)."""
    x = tensor_of(x)
    return x - comparison.trunc(x)


def rsqrt(x: Any) -> Any:
    """1 / sqrt(x)."""
    return np.reciprocal(np.sqrt(x))


def ldexp(x: Any, other: Any) -> Any:
    """x · 2**other."""
    other = tensor_of(other)
    return calculus.ldexp(x, other) if other.dtype.kind in "iu" else tensor_of(x) * 2.0**other


def frexp(x: Any) -> MantissaAndExponent:
    """The pair (mantissa, exponent): x = mantissa · 2**exponent, with |mantissa| in [½, 1)."""
    return MantissaAndExponent(*calculus.frexp(tensor_of(x)))


def round(x: Any, decimals: int = 0) -> Any:
    """Rounded to so many decimals, a tie to the even digit; no gradient flows."""
    return calculus.round(tensor_of(x), decimals)


# --- Special functions ---


def _special() -> Any:
    return import_module("autograd.special")


def erf(x: Any) -> Any:
    """The error function."""
    return _special().erf(x)


def erfc(x: Any) -> Any:
    """1 - erf(x)."""
    return _special().erfc(x)


def erfinv(x: Any) -> Any:
    """The inverse of the error function."""
    return _special().erfinv(x)


def lgamma(x: Any) -> Any:
    """log |Γ(x)|."""
    return _special().gammaln(x)


def digamma(x: Any) -> Any:
    """The derivative of log Γ(x)."""
    return _special().digamma(x)


def polygamma(n: int, x: Any) -> Any:
    """The n-th derivative of the digamma function."""
    return _special().polygamma(n, x)


def mvlgamma(x: Any, p: int) -> Any:
    """The logarithm of the multivariate gamma function of dimension p."""
    return _special().multigammaln(x, p)


def igamma(x: Any, other: Any) -> Any:
    """The regularised lower incomplete gamma function."""
    return _special().gammainc(x, other)


def igammac(x: Any, other: Any) -> Any:
    """The regularised upper incomplete gamma function."""
    return _special().gammaincc(x, other)


def i0(x: Any) -> Any:
    """The modified Bessel function of order 0."""
    return calculus.i0(tensor_of(x))


def xlogy(x: Any, other: Any) -> Any:
    """x · log(other), and 0 where x is 0."""
    return _special().xlogy(x, other)


def logit(x: Any, eps: float | None = None) -> Any:
    """log(x / (1 - x)); with `eps`, of x brought into [eps, 1 - eps]."""
    return _special().logit(x if eps is None else clamp(x, eps, 1 - eps))


# --- Questions and comparisons ---


def isclose(x: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Whether |x - other| <= atol + rtol · |other|."""
    return calculus.isclose(tensor_of(x), other, rtol, atol, equal_nan)


def allclose(x: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Whether `isclose` says so of all elements: True or False."""
    return bool(np.all(isclose(x, other, rtol, atol, equal_nan)))


def equal(x: Any, other: Any) -> bool:
    """Whether shapes and all elements are equal: True or False. Elementwise: `eq`."""
    x, other = tensor_of(x), tensor_of(other)
    return x.shape == other.shape and bool(np.all(comparison.equal(x, other)))


def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Any:
    """Which of the elements are among the others."""
    return np.isin(tensor_of(elements), test_elements, assume_unique, invert)


def isneginf(x: Any) -> Any:
    """Which elements are -inf."""
    return calculus.isneginf(tensor_of(x))


def isposinf(x: Any) -> Any:
    """Which elements are +inf."""
    return calculus.isposinf(tensor_of(x))


def is_tensor(x: Any) -> bool:
    """Whether x is a Tensor."""
    return isinstance(x, engine.Tensor)


def is_floating_point(x: Any) -> bool:
    """Whether the elements are floating numbers."""
    return x.dtype.kind == "f"


def is_complex(x: Any) -> bool:
    """Whether the elements are complex: never."""
    return x.dtype.kind == "c"


def is_nonzero(x: Any) -> bool:
    """Whether the one element is not 0."""
    if x.size != 1:
        raise RuntimeError(f"is_nonzero needs one element, and the shape is {x.shape}; use .any() or .all()")
    return bool(x != 0)


def is_same_size(x: Any, other: Any) -> bool:
    """Whether the shapes are equal."""
    return x.shape == other.shape
