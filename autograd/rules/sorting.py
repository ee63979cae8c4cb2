"""Sorting, order statistics, unique elements, and the reductions that skip NaN.

Sorting moves gradients by the stable permutation: of equal elements, the first stays first. An order statistic (a
median, a quantile) is a number that several elements may have; like `max`, it shares its gradient evenly among them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..arrays import engine
from ..op import axes_of, constant, general, implements, joint, linear
from .indexing import getitem
from .operands import axis_in, check_mask, detached, index_of, known, same, settled, switch, tensor_of
from .reductions import count

# --- Sorting ---


def _permuted(x: Any, order: Any, axis: int) -> Any:
    return np.take_along_axis(x, order, axis)


def _inverse_permutation(order: Any, axis: int) -> Any:
    inverse = np.empty_like(order)
    shape = [-1 if i == axis else 1 for i in range(order.ndim)]
    np.put_along_axis(inverse, order, np.arange(order.shape[axis]).reshape(shape), axis)
    return inverse


def _partition_order(x: Any, kth: Any, axis: int) -> Any:
    """Where each element of NumPy's partition was: the i-th smallest there is the i-th smallest of x."""
    parted = np.partition(x, kth, axis)
    order = np.empty(x.shape, np.intp)
    np.put_along_axis(order, np.argsort(parted, axis, kind="stable"), np.argsort(x, axis, kind="stable"), axis)
    return order


inverse_permutation = constant(_inverse_permutation, name="inverse_permutation")
permuted: Any = linear(
    _permuted,
    lambda g, order, axis: permuted(g, index_of(inverse_permutation(order, axis)), axis),
    name="permuted",
)
_argsort = constant(lambda x, axis, kind: np.argsort(x, axis, kind=kind), name="argsort")
_argpartition = constant(lambda x, kth, axis, kind: np.argpartition(x, kth, axis, kind=kind), name="argpartition")
_partition_order = constant(_partition_order, name="partition_order")


def _check_sort(function: str, kind: Any, order: Any, stable: Any) -> None:
    try:
        np.sort(np.empty(0), kind=kind, order=order, stable=stable)
    except Exception as error:
        raise type(error)(f"{function}: {error}") from None


@implements(np.sort)
def sort(x: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: bool | None = None) -> Any:
    """The elements in ascending order along `axis` (None: of the flattened x), NaN last, NumPy's `sort`; always stable.

    >>> sort(Tensor([3.0, 1.0, 2.0]))
    tensor([1., 2., 3.])
    """
    if kind is not None or order is not None or stable is not None:
        _check_sort("sort", kind, order, stable)
    if axis is None:
        x, axis = np.reshape(x, -1), 0
    axis = axis_in("sort", axis, x)
    return permuted(x, index_of(_argsort(x, axis, "stable")), axis)


@implements(np.argsort)
def argsort(x: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: bool | None = None) -> Any:
    """The indices that sort x along `axis` (constant), NumPy's `argsort`; stable unless `kind` asks for another way."""
    if kind is not None or order is not None or stable is not None:
        _check_sort("argsort", kind, order, stable)
    if axis is None or not x.ndim:
        x, axis = np.reshape(x, -1), 0 if axis is None else axis
    return _argsort(x, axis_in("argsort", axis, x), kind or "stable")


def _ranks(function: str, kth: Any) -> Any:
    kth = known(kth, f"np.{function}(kth=)")
    return kth.tolist() if kth.dtype.kind in "iu" else kth


@implements(np.partition)
def partition(x: Any, kth: Any, axis: int | None = -1, kind: str = "introselect", order: Any = None) -> Any:
    """NumPy's `partition`: the kth smallest in its place, smaller ones before it, larger ones after it."""
    if kind != "introselect" or order is not None:
        np.partition(np.empty(1), 0, kind=kind, order=order)  # type: ignore[call-overload]
    if axis is None:
        x, axis = np.reshape(x, -1), 0
    axis = axis_in("partition", axis, x)
    return permuted(x, index_of(_partition_order(x, _ranks("partition", kth), axis)), axis)


@implements(np.argpartition)
def argpartition(x: Any, kth: Any, axis: int | None = -1, kind: str = "introselect", order: Any = None) -> Any:
    """The indices that partition x (constant), NumPy's `argpartition`."""
    if order is not None:
        np.argpartition(np.empty(1), 0, order=order)
    if axis is None or not x.ndim:
        x, axis = np.reshape(x, -1), 0 if axis is None else axis
    return _argpartition(x, _ranks("argpartition", kth), axis_in("argpartition", axis, x), kind)


_lexsort = joint(lambda xs, axis: np.lexsort(xs, axis), lambda g: [], name="lexsort")  # of keys without history


@implements(np.lexsort)
def lexsort(keys: Any, axis: int = -1) -> Any:
    """The indices that sort by the last key, then by the one before it, and so on (constant), NumPy's `lexsort`."""
    return _lexsort(tuple(detached(tensor_of(key)) for key in keys), axis)


_searchsorted = constant(
    lambda a, v, side, sorter: np.searchsorted(a, v, side=side, sorter=sorter), arrays=2, name="searchsorted"
)


@implements(np.searchsorted)
def searchsorted(a: Any, v: Any, side: Any = "left", sorter: Any = None) -> Any:
    """Where to insert v into the sorted vector a so that it stays sorted (constant), NumPy's `searchsorted`."""
    return _searchsorted(a, v, side, index_of(sorter))


# --- Unique elements ---


def _first_places(x: Any, axis: int | None, equal_nan: bool, as_found: bool) -> Any:
    """In one array: where each different element is first, how often it occurs, and which of them each element is."""
    _, places, which, counts = np.unique(x, True, True, True, axis, equal_nan=equal_nan)
    if as_found:  # in the order of NumPy's faster way, which does not sort
        order = np.empty(len(places), np.intp)
        order[np.argsort(np.unique_values(x), kind="stable")] = np.arange(len(places))
        inverse = np.argsort(order)
        places, counts, which = places[order], counts[order], inverse[which]
    return np.concatenate([places, counts, which.ravel()])


_first_places = constant(_first_places, name="first_places")


def _unique(x: Any, axis: int | None, equal_nan: bool, as_found: bool = False) -> tuple[Any, Any, Any, Any]:
    if axis is None:
        shape, x = x.shape, np.reshape(x, -1)
    else:
        axis = axis_in("unique", axis, x)
        shape = (x.shape[axis],)
    found = settled(_first_places(x, axis, equal_nan, as_found), "unique: what was found")
    n = (found.shape[0] - math.prod(shape)) // 2
    places, counts, which = found[:n], found[n : 2 * n], np.reshape(found[2 * n :], shape)
    values = getitem(x, (slice(None),) * (axis or 0) + (index_of(places),))
    return values, places, which, counts


@implements(np.unique)
def unique(
    x: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False,
    axis: int | None = None, *, equal_nan: bool = True, sorted: bool = True,
) -> Any:  # fmt: skip
    """The different elements in ascending order, NumPy's `unique`; the gradient goes to the first of equal elements.

    >>> unique(Tensor([2.0, 1.0, 2.0]), return_counts=True)
    (tensor([1., 2.]), tensor([1, 2]))
    """
    values, *rest = _unique(x, axis, bool(equal_nan))
    wanted = [y for y, asked in zip(rest, (return_index, return_inverse, return_counts)) if asked]
    return (values, *wanted) if wanted else values


@implements(np.unique_values)
def unique_values(x: Any) -> Any:
    """The different elements in NumPy's order, every NaN a different one, NumPy's `unique_values`."""
    return _unique(x, None, False, as_found=True)[0]


@implements(np.unique_counts)
def unique_counts(x: Any) -> Any:
    """The different elements and how often each occurs, NumPy's `unique_counts`."""
    values, _, _, counts = _unique(x, None, False)
    return type(np.unique_counts(np.empty(0)))(values, counts)


@implements(np.unique_inverse)
def unique_inverse(x: Any) -> Any:
    """The different elements and which of them each element is, NumPy's `unique_inverse`."""
    values, _, which, _ = _unique(x, None, False)
    return type(np.unique_inverse(np.empty(0)))(values, which)


@implements(np.unique_all)
def unique_all(x: Any) -> Any:
    """The different elements, their first places, which of them each element is, and counts, NumPy's `unique_all`."""
    return type(np.unique_all(np.empty(0)))(*_unique(x, None, False))


_ends = constant(lambda x: np.array(_nonzero_ends(x)).T, name="nonzero_ends")
places_between = constant(lambda ends: np.arange(*ends), name="places_between")


def _nonzero_ends(x: Any) -> list[tuple[int, int]]:
    """For each axis, the first place with an element that is not 0, and the place after the last one."""
    found = np.nonzero(x)
    return [(int(i.min()), int(i.max()) + 1) if i.size else (0, 0) for i in found]


@implements(np.trim_zeros)
def trim_zeros(x: Any, trim: str = "fb", axis: Any = None) -> Any:
    """x without the zeros at its front ("f") and back ("b"), NumPy's `trim_zeros`."""
    trim = trim.lower()
    if trim not in ("f", "b", "fb", "bf"):
        raise ValueError(f"trim_zeros: unexpected character(s) in `trim`: {trim!r}; give 'f', 'b' or 'fb'")
    axes = axes_of(axis, x)
    x = same(x)
    if not x.ndim:
        return x
    ends = _ends(x)
    for i in range(x.ndim) if axes is None else axes:
        first = ends[0, i] if "f" in trim else 0
        last = ends[1, i] if "b" in trim else np.where(np.all(ends == 0), 0, x.shape[i])
        places = settled(
            places_between(np.stack([np.asarray(first) if isinstance(first, int) else first, last])),
            "trim_zeros: an axis of the result",
        )
        x = getitem(x, (slice(None),) * i + (index_of(places),))
    return x


# --- Order statistics: the k-th smallest along the last axis ---


def _ranked(x: Any, k: Any, skip: bool) -> Any:
    """x (..., n) -> (len(k), ...): its k-th smallest elements, k a tuple of numbers or an array (len(k), ...).

    A row that contains NaN gives NaN; with `skip` it counts as larger than any number.
    """
    if not isinstance(k, tuple):
        return np.moveaxis(np.take_along_axis(np.sort(x, -1), np.moveaxis(k, 0, -1), -1), -1, 0)
    watch = x.dtype.kind == "f" and not skip
    parted = np.partition(x, sorted({*k, x.shape[-1] - 1} if watch else {*k}), -1)
    out = np.moveaxis(parted[..., list(k)], -1, 0)
    return np.where(np.isnan(parted[..., -1]), x.dtype.type(math.nan), out) if watch else out


def _evenly(g: Any, x: Any, out: Any, skip: bool) -> Any:
    best = x == out if skip else (x == out) | (np.isnan(x) & np.isnan(out))
    return np.where(best, g / np.sum(best, axis=-1, keepdims=True, dtype=x.dtype), 0.0)


def _ranked_rule(g: Any, x: Any, out: Any, skip: bool) -> Any:
    shares = [_evenly(g[i][..., None], x, out[i][..., None], skip) for i in range(out.shape[0])]
    return _total(shares)


def _total(shares: Sequence[Any]) -> Any:
    total = shares[0]
    for share in shares[1:]:
        total = total + share
    return total


ranked = general(_ranked, _ranked_rule, name="ranked")


def _rows(x: Any, axes: tuple[int, ...] | None) -> Any:
    """x with the axes to reduce put together as the last one."""
    if axes is None:
        return np.reshape(x, (1, -1))[0] if not x.ndim else np.reshape(x, -1)
    if axes == (x.ndim - 1,):
        return x
    kept = tuple(i for i in range(x.ndim) if i not in axes)
    return np.reshape(np.transpose(x, kept + axes), (*(x.shape[i] for i in kept), count(x.shape, axes)))


def _kept_shape(x: Any, axes: tuple[int, ...] | None) -> tuple[int, ...]:
    return tuple(1 if axes is None or i in axes else n for i, n in enumerate(x.shape))


def _filled(rows: Any) -> Any:
    """How many elements of each row are not NaN."""
    return np.sum(np.logical_not(np.isnan(rows)), axis=-1, dtype=np.intp)


@implements(np.median)
def median(x: Any, axis: Any = None, overwrite_input: bool = False, keepdims: bool = False) -> Any:
    """The middle element over `axis` (None: over all), or the mean of the two in the middle, NumPy's `median`.

    >>> median(Tensor([4.0, 1.0, 3.0, 2.0]))
    tensor(2.5)
    """
    axes = axes_of(axis, x)
    rows = _rows(x, axes)
    n = rows.shape[-1]
    middle = np.mean(ranked(rows, tuple(range((n - 1) // 2, n // 2 + 1)), False), axis=0) if n else np.mean(rows, -1)
    return np.reshape(middle, _kept_shape(x, axes)) if keepdims else middle


@implements(np.nanmedian)
def nanmedian(x: Any, axis: Any = None, overwrite_input: bool = False, keepdims: bool = False) -> Any:
    """The median over `axis` of the elements that are not NaN, NumPy's `nanmedian`."""
    if x.dtype.kind != "f" or not math.prod(x.shape):
        return median(x, axis, keepdims=keepdims)
    axes = axes_of(axis, x)
    rows = _rows(x, axes)
    n = np.maximum(_filled(rows), 1)  # where all are NaN, one of them
    middle = np.mean(ranked(rows, index_of(np.stack([(n - 1) // 2, n // 2])), True), axis=0)
    return np.reshape(middle, _kept_shape(x, axes)) if keepdims else middle


# --- Quantiles ---


def _nearby(index: Any, lower: Callable[[Any, Any], Any]) -> Any:
    """The whole number below or above `index`: below where `lower` says so."""
    below = np.floor(index)
    return np.maximum(np.where(lower(index - below, below), below, below + 1), 0).astype(np.intp)


def _between(alpha: float, beta: float) -> Callable[[Any, Any], Any]:
    return lambda n, q: n * q + (alpha + q * (1 - alpha - beta)) - 1


METHODS: dict[str, Callable[[Any, Any], Any]] = {  # where among n sorted elements the quantile q is, counted from 0
    "inverted_cdf": lambda n, q: _nearby(n * q - 1, lambda part, _: part == 0),
    "averaged_inverted_cdf": lambda n, q: n * q - 1,
    "closest_observation": lambda n, q: _nearby(n * q - 1.5, lambda part, below: (part == 0) & (below % 2 == 1)),
    "interpolated_inverted_cdf": _between(0, 1),
    "hazen": _between(0.5, 0.5),
    "weibull": _between(0, 0),
    "linear": lambda n, q: (n - 1) * q,
    "median_unbiased": _between(1 / 3, 1 / 3),
    "normal_unbiased": _between(3 / 8, 3 / 8),
    "lower": lambda n, q: np.floor((n - 1) * q).astype(np.intp),
    "higher": lambda n, q: np.ceil((n - 1) * q).astype(np.intp),
    "midpoint": lambda n, q: 0.5 * (np.floor((n - 1) * q) + np.ceil((n - 1) * q)),
    "nearest": lambda n, q: np.rint((n - 1) * q).astype(np.intp),
}


CHOOSING = ("inverted_cdf", "closest_observation", "lower", "higher", "nearest")  # an element, without interpolation


def _quantile(function: str, x: Any, q: Any, axis: Any, method: str, keepdims: bool, weights: Any, skip: bool) -> Any:
    top, word = (1, "quantile") if function.endswith("quantile") else (100, "percentile")
    weak = type(q) in (int, float)  # then the result has the dtype of x
    values = known(q, f"np.{function}(q=)")
    if not np.all((values >= 0) & (values <= top)):
        raise ValueError(f"{function}: {word}s must be in the range [0, {top}]")
    if values.ndim > 2:
        raise ValueError(f"{function}: q must be a number or a vector, and has shape {values.shape}")
    if method not in METHODS:
        raise ValueError(f"{function}: {method!r} is not a method; use one of {', '.join(METHODS)}")
    q = q if isinstance(q, engine.Tensor) else values
    if top == 100:
        q, values = q / 100, values / 100
    x = tensor_of(x)
    axes = axes_of(axis, x)
    if weights is not None:
        if method != "inverted_cdf":
            raise ValueError(f"{function}: only the method 'inverted_cdf' takes weights, not {method!r}")
        result = weighted_quantile(x, weights, values, axes, skip)
    else:
        skip = skip and x.dtype.kind == "f"
        result = _interpolated(_rows(x, axes), q, values, METHODS[method], method, weak, skip)
    shape = _kept_shape(x, axes)
    if not keepdims:
        shape = () if axes is None else tuple(n for i, n in enumerate(x.shape) if i not in axes)
    return np.reshape(result, (*values.shape, *shape))


def _interpolated(rows: Any, q: Any, values: Any, place: Any, method: str, weak: bool, skip: bool) -> Any:
    """rows (..., n) -> (*q.shape, ...)."""
    n: Any = rows.shape[-1]
    if not n and not skip:
        raise IndexError(f"quantile: no elements to choose from; x has shape {rows.shape}")
    if skip:
        if not n:
            return np.broadcast_to(math.nan, (*values.shape, *rows.shape[:-1])).astype(rows.dtype) + np.sum(rows, -1)
        n = _filled(rows)
        column = (*values.shape, *(1,) * (len(rows.shape) - 1))
        q, values = np.reshape(q, column), np.reshape(values, column)
    at = place(n, values)
    last = np.maximum(n - 1, 0)
    if method in CHOOSING or (method == "linear" and at.dtype.kind == "i"):
        return _picked(rows, [np.minimum(at, last)], skip)[0]
    below = np.floor(at)
    low, high = (np.maximum(np.minimum(i, last), 0).astype(np.intp) for i in (below, below + 1))
    a, b = _picked(rows, [low, high], skip)
    if method == "averaged_inverted_cdf":
        t = np.where(at == below, 0.5, 1.0)
    elif method == "midpoint":
        t = np.where(at == below, 0.0, 0.5)
    else:
        t = place(n, q) - below
        t = t * 1.0 if weak else t
    if not skip:
        t = np.reshape(t, (*t.shape, *(1,) * (len(rows.shape) - 1)))
    late, rest = detached(t) >= 0.5, 1 - t
    if weak and rows.dtype.kind == "f":
        t, rest = t.astype(rows.dtype), rest.astype(rows.dtype)
    step = b - a
    return np.where(late, b - step * rest, a + step * t)


def _picked(rows: Any, places: list[Any], skip: bool) -> list[Any]:
    """The elements of each row at these places of the sorted row, each element found once."""
    if skip:
        shape = places[0].shape
        flat = [np.reshape(i, (-1, *rows.shape[:-1])) for i in places]
        found = ranked(rows, index_of(np.concatenate(flat) if len(flat) > 1 else flat[0]), True)
        size = flat[0].shape[0]
        return [np.reshape(found[i * size : (i + 1) * size], shape) for i in range(len(places))]
    k, which = np.unique(np.stack(places), return_inverse=True)
    found = ranked(rows, tuple(k.tolist()), False)
    which = np.reshape(which, (len(places), *places[0].shape))
    return [found[i if i.ndim else int(i)] for i in which]


def _weighted_quantile(x: Any, weights: Any, q: Any, axis: Any, skip: bool) -> Any:
    function = np.nanquantile if skip else np.quantile
    out = function(x, q, axis=axis, weights=weights, method="inverted_cdf", keepdims=True)
    return np.reshape(out, (q.size, *out.shape[q.ndim :]))


def _weighted_quantile_rule(g: Any, x: Any, out: Any, axis: Any) -> Any:
    """Each quantile is an element; equal elements share its gradient."""

    def share(g: Any, out: Any) -> Any:
        best = (x == out) | (np.isnan(x) & np.isnan(out))
        return np.where(best, g / np.sum(best, axis=axis, keepdims=True, dtype=x.dtype), 0.0)

    return _total([share(g[i], out[i]) for i in range(out.shape[0])])


weighted_quantile = general(_weighted_quantile, _weighted_quantile_rule, None, name="weighted_quantile")


@implements(np.quantile)
def quantile(
    x: Any, q: Any, axis: Any = None, overwrite_input: bool = False, method: str = "linear", keepdims: bool = False,
    *, weights: Any = None,
) -> Any:  # fmt: skip
    """The number below which a part q of the elements over `axis` lies, NumPy's `quantile` with all its methods.

    The gradient goes to the elements it lies between, and to q where the method interpolates.

    >>> quantile(Tensor([1.0, 2.0, 4.0]), 0.75)
    tensor(3.)
    """
    return _quantile("quantile", x, q, axis, method, keepdims, weights, False)


@implements(np.percentile)
def percentile(
    x: Any, q: Any, axis: Any = None, overwrite_input: bool = False, method: str = "linear", keepdims: bool = False,
    *, weights: Any = None,
) -> Any:  # fmt: skip
    """The quantile q/100 over `axis`, NumPy's `percentile`."""
    return _quantile("percentile", x, q, axis, method, keepdims, weights, False)


@implements(np.nanquantile)
def nanquantile(
    x: Any, q: Any, axis: Any = None, overwrite_input: bool = False, method: str = "linear", keepdims: bool = False,
    *, weights: Any = None,
) -> Any:  # fmt: skip
    """The quantile over `axis` of the elements that are not NaN, NumPy's `nanquantile`."""
    return _quantile("nanquantile", x, q, axis, method, keepdims, weights, True)


@implements(np.nanpercentile)
def nanpercentile(
    x: Any, q: Any, axis: Any = None, overwrite_input: bool = False, method: str = "linear", keepdims: bool = False,
    *, weights: Any = None,
) -> Any:  # fmt: skip
    """The percentile over `axis` of the elements that are not NaN, NumPy's `nanpercentile`."""
    return _quantile("nanpercentile", x, q, axis, method, keepdims, weights, True)


@implements(np.ptp)
def ptp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest less the smallest element over `axis`, NumPy's `ptp`."""
    return np.max(x, axis=axis, keepdims=keepdims) - np.min(x, axis=axis, keepdims=keepdims)


# --- Reductions that skip NaN ---


def _skipping_rule(g: Any, x: Any, out: Any, axis: Any) -> Any:
    best = x == out
    return np.where(best, g / np.sum(best, axis=axis, keepdims=True, dtype=x.dtype), 0.0)


def _reduced(ufunc: np.ufunc) -> Callable[..., Any]:
    """`start` says that a row may have no elements: it begins with NaN."""

    def reduce(x: Any, axis: Any, keepdims: bool, start: bool) -> Any:
        first: dict[str, Any] = {"initial": math.nan} if start else {}
        return ufunc.reduce(x, axis, keepdims=keepdims, **first)

    return reduce


_nanmax = general(_reduced(np.fmax), _skipping_rule, name="nanmax")
_nanmin = general(_reduced(np.fmin), _skipping_rule, name="nanmin")
_nanargmax = constant(lambda x, axis, keepdims: np.nanargmax(x, axis=axis, keepdims=keepdims), name="nanargmax")
_nanargmin = constant(lambda x, axis, keepdims: np.nanargmin(x, axis=axis, keepdims=keepdims), name="nanargmin")


def _without_nan(x: Any, fill: float) -> Any:
    return np.where(np.isnan(x), fill, x) if x.dtype.kind == "f" else x


def _nan_extremum(function: str, x: Any, axis: Any, keepdims: bool, initial: Any, where: Any) -> Any:
    extremum, skipping, pair = (np.max, _nanmax, np.fmax) if function == "nanmax" else (np.min, _nanmin, np.fmin)
    if where is not None and initial is None:
        raise ValueError(f"{function}: a `where` mask may leave a row without elements; give `initial` as well")
    if where is not None:
        check_mask(function, where, x)
    if x.dtype.kind != "f":
        return extremum(x, axis=axis, keepdims=keepdims, **_given(initial=initial, where=where))
    x = x if where is None else np.where(where, x, math.nan)
    top = skipping(x, axes_of(axis, x), switch(keepdims), initial is not None)
    return top if initial is None else pair(top, initial)


@implements(np.nanmax)
def nanmax(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = None) -> Any:
    """The largest element that is not NaN over `axis`, NumPy's `nanmax`; equal ones share the gradient."""
    return _nan_extremum("nanmax", x, axis, keepdims, initial, where)


@implements(np.nanmin)
def nanmin(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = None) -> Any:
    """The smallest element that is not NaN over `axis`, NumPy's `nanmin`; equal ones share the gradient."""
    return _nan_extremum("nanmin", x, axis, keepdims, initial, where)


@implements(np.nanargmax)
def nanargmax(x: Any, axis: int | None = None, *, keepdims: bool = False) -> Any:
    """The index of the first largest element that is not NaN (constant)."""
    return _nanargmax(x, axis, switch(keepdims))


@implements(np.nanargmin)
def nanargmin(x: Any, axis: int | None = None, *, keepdims: bool = False) -> Any:
    """The index of the first smallest element that is not NaN (constant)."""
    return _nanargmin(x, axis, switch(keepdims))


def _given(**keywords: Any) -> dict[str, Any]:
    return {name: value for name, value in keywords.items() if value is not None}


@implements(np.nansum)
def nansum(
    x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, initial: Any = None, where: Any = None
) -> Any:
    """The sum over `axis` with NaN as 0, NumPy's `nansum`.

    >>> nansum(Tensor([1.0, float("nan"), 2.0]))
    tensor(3.)
    """
    how = _given(dtype=dtype, initial=initial, where=where)
    return np.sum(_without_nan(x, 0.0), axis=axis, keepdims=keepdims, **how)


@implements(np.nanprod)
def nanprod(
    x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, initial: Any = None, where: Any = None
) -> Any:
    """The product over `axis` with NaN as 1, NumPy's `nanprod`."""
    how = _given(dtype=dtype, initial=initial, where=where)
    return np.prod(_without_nan(x, 1.0), axis=axis, keepdims=keepdims, **how)


@implements(np.nancumsum)
def nancumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """Running sums along `axis` with NaN as 0, NumPy's `nancumsum`."""
    return np.cumsum(_without_nan(x, 0.0), axis=axis, **_given(dtype=dtype))


@implements(np.nancumprod)
def nancumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """Running products along `axis` with NaN as 1, NumPy's `nancumprod`."""
    return np.cumprod(_without_nan(x, 1.0), axis=axis, **_given(dtype=dtype))


def _counted(x: Any, axis: Any, where: Any) -> tuple[Any, Any]:
    """Which elements count, and how many of them there are over `axis`."""
    counts = np.logical_not(np.isnan(x))
    counts = counts if where is None else np.logical_and(counts, where)
    return counts, np.sum(counts, axis=axis, keepdims=True, dtype=np.intp)


def _mean_of(x: Any, axis: Any, dtype: Any, where: Any) -> tuple[Any, Any, Any]:
    if where is not None:
        check_mask("nanmean", where, x)
    counts, n = _counted(x, axis, where)
    total = np.sum(np.where(counts, x, 0.0), axis=axis, keepdims=True, **_given(dtype=dtype))
    return total / n.astype(total.dtype), counts, n


def _check_floating(function: str, dtype: Any) -> None:
    if dtype is not None and np.dtype(dtype).kind != "f":
        raise TypeError(f"{function}: dtype must be a floating one for floating elements, not {np.dtype(dtype)}")


def _dropped(x: Any, axis: Any, keepdims: bool) -> Any:
    """x, whose reduced axes have size 1, without them unless `keepdims`."""
    if switch(keepdims):
        return x
    return np.reshape(x, ()) if axis is None else np.squeeze(x, axis)


@implements(np.nanmean)
def nanmean(x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, *, where: Any = None) -> Any:
    """The mean over `axis` of the elements that are not NaN, NumPy's `nanmean`."""
    if x.dtype.kind != "f":
        return np.mean(x, axis=axis, keepdims=keepdims, **_given(dtype=dtype, where=where))
    _check_floating("nanmean", dtype)
    axes = axes_of(axis, x)
    return _dropped(_mean_of(x, axes, dtype, where)[0], axes, keepdims)


@implements(np.nanvar)
def nanvar(
    x: Any, axis: Any = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False, *,
    where: Any = None, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    """The variance over `axis` of the elements that are not NaN, NumPy's `nanvar`."""
    if correction is not None and ddof != 0:
        raise ValueError("nanvar: ddof and correction can't be provided simultaneously")
    ddof = ddof if correction is None else correction
    if x.dtype.kind != "f":
        return np.var(x, axis=axis, ddof=ddof, keepdims=keepdims, **_given(dtype=dtype, where=where, mean=mean))
    _check_floating("nanvar", dtype)
    axes = axes_of(axis, x)
    centre, counts, n = _mean_of(x, axes, dtype, where)
    if mean is not None:
        centre = mean
        if np.broadcast_shapes(np.shape(mean), x.shape) != x.shape:
            raise ValueError(f"nanvar: mean= has shape {np.shape(mean)}, which does not broadcast to {x.shape}")
    apart = np.where(counts, np.where(counts, x, 0.0) - centre, 0.0)
    total = np.sum((apart * apart).astype(x.dtype), axis=axes, keepdims=True, **_given(dtype=dtype))
    free = np.where(n > ddof, n - ddof, math.nan).astype(total.dtype)
    return _dropped(total / free, axes, keepdims)


@implements(np.nanstd)
def nanstd(
    x: Any, axis: Any = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False, *,
    where: Any = None, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    """The root of `nanvar`, NumPy's `nanstd`; its gradient at zero variance is 0."""
    v = nanvar(x, axis, dtype, ddof, keepdims, where=where, mean=mean, correction=correction)
    return np.where(v == 0, 0.0, np.sqrt(np.where(v == 0, 1.0, v)))
