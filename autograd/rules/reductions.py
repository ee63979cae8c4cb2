"""Sums, products, extrema, moments and cumulations along axes.

Each primitive takes `axis` as None or a sorted tuple, and `keepdims`; its rule sees `g` and `out` with the reduced
axes kept as size 1.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from ..op import axes_of, constant, general, implements, linear
from .operands import check_mask, switch


def count(shape: tuple[int, ...], axis: tuple[int, ...] | None) -> int:
    """How many elements a reduction over `axis` puts together."""
    return math.prod(shape) if axis is None else math.prod([shape[i] for i in axis])


# --- Sum and mean ---


def _expand(x: Any, shape: tuple[int, ...]) -> Any:
    if x.shape == shape:
        return x
    if math.prod(shape) > 4096:
        return np.broadcast_to(x, shape)
    out = np.empty(shape, x.dtype)  # faster than a view of stride 0, and what reads it next is faster too
    out[...] = x
    return out


broadcast = linear(_expand, lambda g, x_shape: g, name="broadcast_to")  # the engine sums g back to x's shape


def _sum(x: Any, axis: Any, keepdims: Any, dtype: Any) -> Any:
    return np.add.reduce(x, axis=axis, keepdims=keepdims, dtype=dtype)


def _mean(x: Any, axis: Any, keepdims: Any) -> Any:
    total = np.add.reduce(x, axis=axis, keepdims=keepdims)
    return total / count(x.shape, axis)


_sum = linear(_sum, lambda g, x_shape: broadcast(g, x_shape))
_mean = linear(_mean, lambda g, x_shape, axis: broadcast(g / count(x_shape, axis), x_shape))


def _only(function: str, where: Any, x: Any, other: Any) -> Any:
    """x where the mask is true."""
    check_mask(function, where, x)
    return np.where(where, x, other)


@implements(np.sum)
def sum(
    x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, initial: Any = None, where: Any = None
) -> Any:
    """The sum of x over `axis` (None: over all), NumPy's `sum`.

    >>> sum(Tensor([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    tensor([4., 6.])
    """
    if dtype is not None and x.dtype.kind == "f" != np.dtype(dtype).kind:
        x = x.astype(dtype)  # through which no gradient flows
    if where is not None:
        x = _only("sum", where, x, 0)
    total = _sum(x, axes_of(axis, x), switch(keepdims), dtype)
    return total if initial is None else total + initial


@implements(np.mean)
def mean(x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, where: Any = None) -> Any:
    """The mean of x over `axis` (None: over all), NumPy's `mean`; of float32, in float32."""
    if dtype is not None:
        x = x.astype(dtype)
    if where is not None:
        counted = np.sum(np.broadcast_to(where, x.shape), axes_of(axis, x), dtype=x.dtype, keepdims=keepdims)
        return sum(x, axis, keepdims=keepdims, where=where) / counted
    return _mean(x, axes_of(axis, x), switch(keepdims))


# --- Variance ---


def _centred(x: Any, axis: Any) -> Any:
    return x - np.mean(x, axis=axis, keepdims=True)


def _spread(n: int, ddof: float) -> float:
    return n - ddof if n > ddof else math.nan


_var = general(
    lambda x, axis, keepdims, ddof: np.var(x, axis=axis, keepdims=keepdims, ddof=ddof),
    lambda g, x, x_shape, axis, ddof: g * 2 / _spread(count(x_shape, axis), ddof) * _centred(x, axis),
    name="var",
)
_std = general(
    lambda x, axis, keepdims, ddof: np.std(x, axis=axis, keepdims=keepdims, ddof=ddof),
    lambda g, x, out, x_shape, axis, ddof: (
        g / (_spread(count(x_shape, axis), ddof) * np.where(out == 0, 1.0, out)) * _centred(x, axis)
    ),
    name="std",
)


@implements(np.var)
def var(
    x: Any, axis: Any = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False, *,
    where: Any = None, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    """The variance over `axis`: the mean square distance from the mean, with n - ddof in place of n."""
    x = x if dtype is None else x.astype(dtype)
    ddof = ddof if correction is None else correction
    if where is None and mean is None:
        return _var(x, axes_of(axis, x), switch(keepdims), ddof)
    centre = (
        np.mean(x, axis=axis, keepdims=True, **({} if where is None else {"where": where})) if mean is None else mean
    )
    total = sum((x - centre) ** 2, axis, keepdims=keepdims, where=where)
    everywhere = np.broadcast_to(True if where is None else where, x.shape)
    counted = np.sum(everywhere, axes_of(axis, x), dtype=x.dtype, keepdims=keepdims)
    return total / np.maximum(counted - ddof, 0)


@implements(np.std)
def std(
    x: Any, axis: Any = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False, *,
    where: Any = None, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    """The square root of the variance; its gradient at zero variance is 0, the subgradient of least norm."""
    if where is not None or mean is not None:
        v = var(x, axis, dtype, ddof, keepdims, where=where, mean=mean, correction=correction)
        return np.where(v == 0, 0.0, np.sqrt(np.where(v == 0, 1.0, v)))
    x = x if dtype is None else x.astype(dtype)
    return _std(x, axes_of(axis, x), switch(keepdims), ddof if correction is None else correction)


# --- Extrema: a tie shares the gradient evenly ---


def _extremum_rule(g: Any, x: Any, out: Any, axis: Any) -> Any:
    best = (x == out) | (np.isnan(x) & np.isnan(out))
    return np.where(best, g / np.sum(best, axis=axis, keepdims=True, dtype=x.dtype), 0.0)


_max = general(lambda x, axis, keepdims: np.maximum.reduce(x, axis=axis, keepdims=keepdims), _extremum_rule, name="max")
_min = general(lambda x, axis, keepdims: np.minimum.reduce(x, axis=axis, keepdims=keepdims), _extremum_rule, name="min")


@implements(np.max, np.amax)
def max(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = None) -> Any:
    """The largest element over `axis`, NumPy's `max`. Equal largest elements share the gradient evenly."""
    if where is not None:
        x = _only("max", where, x, -math.inf)
    if initial is not None and not count(x.shape, axes_of(axis, x)):
        return np.add(sum(x, axis, keepdims=keepdims), initial)  # of nothing
    top = _max(x, axes_of(axis, x), switch(keepdims))
    return top if initial is None else np.maximum(top, initial)


@implements(np.min, np.amin)
def min(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = None) -> Any:
    """The smallest element over `axis`, NumPy's `min`. Equal smallest elements share the gradient evenly."""
    if where is not None:
        x = _only("min", where, x, math.inf)
    if initial is not None and not count(x.shape, axes_of(axis, x)):
        return np.add(sum(x, axis, keepdims=keepdims), initial)
    low = _min(x, axes_of(axis, x), switch(keepdims))
    return low if initial is None else np.minimum(low, initial)


_argmax = constant(lambda x, axis, keepdims: np.argmax(x, axis=axis, keepdims=keepdims), name="argmax")
_argmin = constant(lambda x, axis, keepdims: np.argmin(x, axis=axis, keepdims=keepdims), name="argmin")
_any = constant(lambda x, axis, keepdims: np.logical_or.reduce(x, axis=axis, keepdims=keepdims), name="any")
_all = constant(lambda x, axis, keepdims: np.logical_and.reduce(x, axis=axis, keepdims=keepdims), name="all")
_count_nonzero = constant(
    lambda x, axis, keepdims: np.asarray(np.count_nonzero(x, axis=axis, keepdims=keepdims)), name="count_nonzero"
)


@implements(np.argmax)
def argmax(x: Any, axis: int | None = None, *, keepdims: bool = False) -> Any:
    """The index of the first largest element (constant: no gradient)."""
    return _argmax(x, axis, keepdims)


@implements(np.argmin)
def argmin(x: Any, axis: int | None = None, *, keepdims: bool = False) -> Any:
    """The index of the first smallest element (constant: no gradient)."""
    return _argmin(x, axis, keepdims)


@implements(np.any)
def any(x: Any, axis: Any = None, keepdims: bool = False, *, where: Any = None) -> Any:
    """Whether any element is true (constant)."""
    if where is not None:
        check_mask("any", where, x)
    x = x if where is None else np.logical_and(x, where)
    return _any(x, axes_of(axis, x), keepdims)


@implements(np.all)
def all(x: Any, axis: Any = None, keepdims: bool = False, *, where: Any = None) -> Any:
    """Whether all elements are true (constant)."""
    if where is not None:
        check_mask("all", where, x)
    x = x if where is None else np.logical_or(x, np.logical_not(where))
    return _all(x, axes_of(axis, x), keepdims)


@implements(np.count_nonzero)
def count_nonzero(x: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """How many elements are not 0 (constant)."""
    return _count_nonzero(x, axes_of(axis, x), keepdims)


# --- Cumulations, and the product, whose derivative is made of them ---


def _reversed_cumsum(x: Any, axis: int) -> Any:
    return np.flip(np.cumsum(np.flip(x, axis), axis), axis)


_cumsum = linear(
    lambda x, axis: np.add.accumulate(x, axis=axis), lambda g, axis: _reversed_cumsum(g, axis), name="cumsum"
)


@implements(np.cumsum)
def cumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """Running sums along `axis` (None: of the flattened x)."""
    x = x if dtype is None else x.astype(dtype)
    return _cumsum(np.reshape(x, -1), 0) if axis is None else _cumsum(x, operator.index(axis))


def _recurrence(a: Any, b: Any, axis: int) -> Any:
    """s_i = b_i + a_i s_(i-1) along `axis`, with s_(-1) = 0."""
    a, b = np.moveaxis(np.broadcast_to(a, b.shape), axis, 0), np.moveaxis(b, axis, 0)
    s = np.empty(b.shape, np.result_type(a, b))
    for i in range(len(b)):
        s[i] = b[i] + a[i] * s[i - 1] if i else b[i]
    return np.moveaxis(s, 0, axis)


def _shifted(x: Any, axis: int, fill: float) -> Any:
    """x moved one place up along `axis`, with `fill` in the first place."""
    head = np.full([1 if i == axis % len(x.shape) else n for i, n in enumerate(x.shape)], fill, x.dtype)
    keep = tuple(slice(0, -1) if i == axis % len(x.shape) else slice(None) for i in range(len(x.shape)))
    return np.concatenate([head, x[keep]], axis=axis)


def _adjoint_recurrence(g: Any, a: Any, axis: int) -> Any:
    """r_i = g_i + a_(i+1) r_(i+1): what reaches b_i through all later terms."""
    return np.flip(recurrence(_shifted(np.flip(a, axis), axis, 0.0), np.flip(g, axis), axis), axis)


recurrence = general(
    _recurrence,
    lambda g, a, out, axis: _adjoint_recurrence(g, a, axis) * _shifted(out, axis, 0.0),
    lambda g, a, axis: _adjoint_recurrence(g, a, axis),
    lanes=True,
)

_cumprod = general(
    lambda x, axis: np.multiply.accumulate(x, axis=axis),
    lambda g, x, out, axis: _adjoint_recurrence(g, x, axis) * _shifted(out, axis, 1.0),
    name="cumprod",
    lanes=True,
)


@implements(np.cumprod)
def cumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """Running products along `axis` (None: of the flattened x). No division: exact with zeros among the factors."""
    x = x if dtype is None else x.astype(dtype)
    return _cumprod(np.reshape(x, -1), 0) if axis is None else _cumprod(x, operator.index(axis))


def _others(x: Any, axis: int) -> Any:
    """For each element, the product of all the others along `axis`: what lies before it times what lies after it."""
    before = np.cumprod(_shifted(x, axis, 1.0), axis=axis)
    after = np.flip(np.cumprod(_shifted(np.flip(x, axis), axis, 1.0), axis=axis), axis)
    return before * after


_prod = general(
    lambda x, axis, keepdims: np.multiply.reduce(x, axis=axis, keepdims=keepdims),
    lambda g, x, axis: g * _others(x, axis[0]),
    name="prod",
)


@implements(np.prod)
def prod(
    x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, initial: Any = None, where: Any = None
) -> Any:
    """The product of x over `axis` (None: over all). Exact with zeros among the factors."""
    x = x if dtype is None else x.astype(dtype)
    if where is not None:
        x = _only("prod", where, x, 1)
    axes = axes_of(axis, x)
    axes = tuple(range(x.ndim)) if axes is None else axes
    shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    # one axis at a time would cost precision in nothing but code: put the reduced axes together at the end
    kept = tuple(i for i in range(x.ndim) if i not in axes)
    flat = np.reshape(np.transpose(x, kept + axes), tuple(x.shape[i] for i in kept) + (count(x.shape, axes),))
    total = _prod(flat, (len(kept),), False)
    if switch(keepdims):
        total = np.reshape(total, shape)
    return total if initial is None else total * initial
