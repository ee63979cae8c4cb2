"""Sums of exponentials along an axis, and functions that are NumPy's or have another name in PyTorch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..op import axes_of, constant, general, registry
from ..rules import arithmetic, comparison, fused
from .bessel import i0, i1, j0, j1, k0, k0e, k1, k1e, y0, y1
from .declaring import sc


def _weights(a: Any, out: Any) -> Any:
    """exp(a - out), finite; 0 in a row of -inf."""
    largest = math.log(np.finfo(a.dtype).max) - 1
    return np.exp(np.minimum(a - np.where(np.isfinite(out), out, 0.0), largest))


def _weighted(a: Any, b: Any, axis: Any, keepdims: Any) -> Any:
    """log |Σ b exp(a)|, where a weight of 0 keeps even exp(inf) out."""
    a = np.where(b == 0, -math.inf, a)
    m = np.max(a, axis=axis, keepdims=True, initial=-math.inf)
    m = np.where(np.isfinite(m), m, 0.0)
    total = np.sum(b * np.exp(a - m), axis=axis, keepdims=True)
    with np.errstate(divide="ignore"):
        out = np.log(np.absolute(total)) + m
    return out if keepdims else np.sum(out, axis=axis)  # over axes of size 1


def _shares(g: Any, a: Any, b: Any, out: Any, axis: Any) -> Any:
    """g exp(a) / Σ b exp(a)."""
    w = _weights(a, out)
    total = np.sum(b * w, axis=axis, keepdims=True)
    return g * (w / np.where((total == 0) & (w == 0), 1.0, total))


weighted_logsumexp = general(
    _weighted,
    lambda g, a, b, out, axis: b * _shares(g, a, b, out, axis),
    lambda g, a, b, out, axis: _shares(g, a, b, out, axis),
    name="weighted_logsumexp",
)


def logsumexp(
    a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False, *,
    dim: Any = None, keepdim: bool = False,
) -> Any:  # fmt: skip
    """log Σ b exp(a) over `axis` (None: over all), without overflow; PyTorch's `dim` and `keepdim` are understood.

    A negative sum gives NaN, or with `return_sign` the logarithm of its size, beside an array of -1, 0 and 1.

    >>> logsumexp(Tensor([1000.0, 1000.0]), b=Tensor([1.0, 2.0]))
    tensor(1001.0986)
    """
    axis, keepdims = axis if dim is None else dim, keepdims or keepdim
    if b is None:
        out = fused.logsumexp(a, axis, keepdims)
        return (out, np.sign(np.exp(out))) if return_sign else out
    a, b = (x if hasattr(x, "dtype") else np.asarray(x) for x in (a, b))
    shape = np.broadcast_shapes(a.shape, b.shape)
    a, b = np.broadcast_to(a, shape), np.broadcast_to(b, shape)
    a = a if a.dtype.kind == "f" else a.astype(float)
    axis, keepdims = axes_of(axis, a), bool(keepdims)
    out = weighted_logsumexp(a, b, axis, keepdims)
    kept = out if keepdims or axis is None else np.expand_dims(out, axis)
    sign = np.sign(np.sum(b * _weights(a, kept), axis=axis, keepdims=keepdims))
    return (out, sign) if return_sign else np.where(sign < 0, math.nan * out, out)


def softmax(x: Any, axis: Any = None, *, dim: Any = None) -> Any:
    """exp(x) / Σ exp(x) over `axis` (None: over all, SciPy's way), without overflow."""
    return fused.softmax(x, axes_of(axis if dim is None else dim, x))  # type: ignore[arg-type]


def log_softmax(x: Any, axis: Any = None, *, dim: Any = None) -> Any:
    """log softmax(x) over `axis` (None: over all, SciPy's way), exact also where the probability underflows."""
    return fused.log_softmax(x, axes_of(axis if dim is None else dim, x))  # type: ignore[arg-type]


# Functions that are NumPy's, or already there
exp2, expm1, log1p, sinc = arithmetic.exp2, arithmetic.expm1, arithmetic.log1p, arithmetic.sinc
if sc is not None:
    registry.update(
        {sc.exp2: exp2, sc.expm1: expm1, sc.log1p: log1p, sc.cbrt: arithmetic.cbrt, sc.round: comparison.rint}
    )
    registry[sc.gammasgn] = constant(sc.gammasgn)

# PyTorch's names
bessel_j0, bessel_j1, bessel_y0, bessel_y1 = j0, j1, y0, y1
modified_bessel_i0, modified_bessel_i1, modified_bessel_k0, modified_bessel_k1 = i0, i1, k0, k1
scaled_modified_bessel_k0, scaled_modified_bessel_k1 = k0e, k1e


def spherical_bessel_j0(x: Any) -> Any:
    """sin(x) / x, which is 1 at 0."""
    return sinc(x * (1 / math.pi))
