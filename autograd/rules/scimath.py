"""`np.emath`, the functions whose results may be complex: on Tensors, where they are real."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..op import elementwise, implements
from .operands import tensor_of


class ComplexResult(TypeError):
    """The result would be complex, which Tensors are not."""


def _as_real(x: Any, low: float = -math.inf, high: float = math.inf) -> Any:
    if np.any((x < low) | (x > high)):
        raise ComplexResult(
            f"a number outside [{low:g}, {high:g}] has a complex result, which Tensors do not hold; np's function of "
            "the same name gives NaN there"
        )
    return np.array(x)


_as_real = elementwise(_as_real, lambda g: g, name="as_real")


def _from_zero(x: Any) -> Any:
    return _as_real(tensor_of(x), 0.0, math.inf)


def _within_one(x: Any) -> Any:
    return _as_real(tensor_of(x), -1.0, 1.0)


@implements(np.emath.sqrt)
def sqrt(x: Any) -> Any:
    """The square root, NumPy's `emath.sqrt`; a TypeError where it would be complex, as in all functions here."""
    return np.sqrt(_from_zero(x))


@implements(np.emath.log)
def log(x: Any) -> Any:
    """The natural logarithm, NumPy's `emath.log`."""
    return np.log(_from_zero(x))


@implements(np.emath.log2)
def log2(x: Any) -> Any:
    """The logarithm to base 2, NumPy's `emath.log2`."""
    return np.log2(_from_zero(x))


@implements(np.emath.log10)
def log10(x: Any) -> Any:
    """The logarithm to base 10, NumPy's `emath.log10`."""
    return np.log10(_from_zero(x))


@implements(np.emath.logn)
def logn(n: Any, x: Any) -> Any:
    """The logarithm of x to base n, NumPy's `emath.logn`."""
    return np.log(_from_zero(x)) / np.log(_from_zero(n))


@implements(np.emath.power)
def power(x: Any, p: Any) -> Any:
    """x to the power p for x ≥ 0, NumPy's `emath.power`."""
    x, p = _from_zero(x), tensor_of(p)
    if x.dtype.kind in "iu" and p.dtype.kind == "i" and bool(np.any(p < 0)):
        p = np.multiply(p, 1.0)  # whole numbers have whole powers, but not those
    return np.power(x, p)


@implements(np.emath.arccos)
def arccos(x: Any) -> Any:
    """The inverse of cos, NumPy's `emath.arccos`."""
    return np.arccos(_within_one(x))


@implements(np.emath.arcsin)
def arcsin(x: Any) -> Any:
    """The inverse of sin, NumPy's `emath.arcsin`."""
    return np.arcsin(_within_one(x))


@implements(np.emath.arctanh)
def arctanh(x: Any) -> Any:
    """The inverse of tanh, NumPy's `emath.arctanh`."""
    return np.arctanh(_within_one(x))
