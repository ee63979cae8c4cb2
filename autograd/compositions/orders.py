"""PyTorch's functions of the order of elements: pairs of values and indices along an axis; different ones; bins.

Values go to the element that the index names, and so do their gradients. A NaN counts as larger than any number.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..op import constant
from ..rules import sorting
from ..rules.cumulations import running_place
from ..rules.operands import index_of, settled, tensor_of
from .words import axis_of, like, lined, refuse_unpacking

NOT_GIVEN = np._NoValue


class ValuesAndIndices(NamedTuple):
    """What PyTorch's functions of the order along `dim=` return."""

    values: Any
    indices: Any


# --- Where the elements are ---


def _order(x: Any, axis: int, descending: bool) -> Any:
    """The numbers that sort x along the axis; of equal elements, the first stays first."""
    if not descending:
        return np.argsort(x, axis, kind="stable")
    return x.shape[axis] - 1 - np.flip(np.argsort(np.flip(x, axis), axis, kind="stable"), axis)


def _top(x: Any, k: int, axis: int, largest: bool) -> Any:
    """The numbers along the axis of the k largest or smallest elements, the most extreme first."""
    n = x.shape[axis]
    if not 0 < k < n:
        return np.take(_order(x, axis, largest), range(k), axis)
    found = np.argpartition(x, n - k if largest else k - 1, axis)
    found = np.take(found, range(n - k, n) if largest else range(k), axis)
    order = _order(np.take_along_axis(x, found, axis), axis, largest)
    return np.take_along_axis(found, order, axis)


def _kth(x: Any, k: int, axis: int) -> Any:
    """The number along the axis of the k-th smallest element, counted from 1, with the axis kept."""
    return np.take(np.argpartition(x, k - 1, axis), [k - 1], axis)


def _middle(x: Any, axis: int, skip: bool) -> Any:
    """The number along the axis of the lower one of the middle elements; a NaN is the median, unless it is skipped."""
    order = np.argsort(x, axis, kind="stable")
    counted = x.shape[axis] - np.isnan(x).sum(axis, keepdims=True) * skip
    place = np.take_along_axis(order, np.maximum(counted - 1, 0) // 2, axis)
    return place if skip else np.where(np.isnan(x).any(axis, keepdims=True), np.take(order, [-1], axis), place)


def _most_common(x: Any, axis: int) -> Any:
    """The number along the axis of the last one of the smallest of the elements that occur most often."""
    order = np.argsort(x, axis, kind="stable")
    rows = np.moveaxis(np.take_along_axis(x, order, axis), axis, -1)
    numbers = np.arange(rows.shape[-1])
    starts = np.concatenate([np.ones((*rows.shape[:-1], 1), bool), rows[..., 1:] != rows[..., :-1]], -1)
    run = numbers - np.maximum.accumulate(np.where(starts, numbers, 0), -1)  # how many equal ones came before
    return np.take_along_axis(order, np.moveaxis(np.argmax(run, -1)[..., None], -1, axis), axis)


_order = constant(_order, name="order")
_top = constant(_top, name="top")
_kth = constant(_kth, name="kth")
_middle = constant(_middle, name="middle")
_most_common = constant(_most_common, name="most_common")


def _pair(x: Any, places: Any, axis: int, shape: Any, keepdim: bool = True) -> ValuesAndIndices:
    """The elements at these places along the axis and the places, for an x that had this shape."""
    found = np.take_along_axis(x, places, axis), places
    if not keepdim:
        found = np.squeeze(found[0], axis), np.squeeze(found[1], axis)
    return ValuesAndIndices(*found) if shape else ValuesAndIndices(*(np.reshape(part, ()) for part in found))


def _not_empty(function: str, x: Any, axis: int) -> None:
    if not x.shape[axis]:
        raise IndexError(f"{function}: axis {axis} of the shape {x.shape} is empty")


# --- Sorting ---


def sort(x: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> ValuesAndIndices:
    """The pair (values, indices) in ascending order along `dim`; of equal elements, the first stays first.

    >>> sort(Tensor([3.0, 1.0, 2.0]), descending=True)
    ValuesAndIndices(values=tensor([3., 2., 1.]), indices=tensor([0, 2, 1]))
    """
    line = lined(x)
    axis = axis_of("sort", dim, line)
    order = _order(line, axis, descending)
    return ValuesAndIndices(like(sorting.permuted(line, index_of(order), axis), x), like(order, x))


def sort_method(
    x: Any, axis: int | None = -1, *, dim: int | None = None, descending: bool | None = None, stable: bool | None = None
) -> Any:
    """NumPy's `sort`, of a copy; with `dim=` or `descending=`, PyTorch's pair (values, indices)."""
    if dim is None and descending is None:
        refuse_unpacking("sort", axis)
        return sorting.sort(x, axis, stable=stable)
    return sort(x, -1 if dim is None else dim, bool(descending), bool(stable))


def argsort(x: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The indices that sort x along `dim`; of equal elements, the first stays first."""
    line = lined(x)
    return like(_order(line, axis_of("argsort", dim, line), descending), x)


def msort(x: Any) -> Any:
    """The elements in ascending order along the first axis."""
    return sort(x, 0).values


def topk(x: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> ValuesAndIndices:
    """The pair (values, indices) of the k largest elements along `dim`, the largest first; or of the k smallest."""
    line = lined(x)
    axis = axis_of("topk", dim, line)
    if not 0 <= k <= line.shape[axis]:
        raise ValueError(f"topk: k must be 0 to {line.shape[axis]}, the size of axis {dim}, and is {k}")
    return _pair(line, _top(line, int(k), axis, bool(largest)), axis, np.shape(x) or k == 0)


def kthvalue(x: Any, k: int, dim: int = -1, keepdim: bool = False) -> ValuesAndIndices:
    """The pair (values, indices) of the k-th smallest elements along `dim`, counted from 1."""
    line = lined(x)
    axis = axis_of("kthvalue", dim, line)
    if not 1 <= k <= line.shape[axis]:
        raise ValueError(f"kthvalue: k must be 1 to {line.shape[axis]}, the size of axis {dim}, and is {k}")
    return _pair(line, _kth(line, int(k), axis), axis, np.shape(x), keepdim)


def _median(function: str, x: Any, dim: int | None, keepdim: bool, skip: bool) -> Any:
    line = lined(x)
    if dim is not None:
        axis = axis_of(function, dim, line)
        _not_empty(function, line, axis)
        return _pair(line, _middle(line, axis, skip), axis, np.shape(x), keepdim)
    flat = np.reshape(line, -1)
    if not flat.shape[0]:
        return np.mean(flat)
    if not skip:
        return sorting.ranked(flat, ((flat.shape[0] - 1) // 2,), False)[0]
    return _pair(flat, _middle(flat, 0, True), 0, (), True).values


def median(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle element, of an even count the lower one; over `dim`, the pair (values, indices).

    NumPy's `np.median` takes the mean of the two in the middle.
    """
    return _median("median", x, dim, keepdim, False)


def median_method(
    x: Any, dim: int | None = None, keepdim: bool = False, *, axis: Any = NOT_GIVEN, keepdims: bool = False
) -> Any:
    """PyTorch's median, of an even count the lower element; with `axis=`, NumPy's, the mean of the two in the middle."""
    return median(x, dim, keepdim) if axis is NOT_GIVEN else sorting.median(x, axis, False, keepdims)


def nanmedian(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle one of the elements that are not NaN; over `dim`, the pair (values, indices)."""
    return _median("nanmedian", x, dim, keepdim, True)


def mode(x: Any, dim: int = -1, keepdim: bool = False) -> ValuesAndIndices:
    """The pair (values, indices) of the elements that occur most often along `dim`; the smallest of several."""
    line = lined(x)
    axis = axis_of("mode", dim, line)
    _not_empty("mode", line, axis)
    return _pair(line, _most_common(line, axis), axis, np.shape(x), keepdim)


def cummax(x: Any, dim: int) -> ValuesAndIndices:
    """The pair (values, indices) of the largest elements so far along `dim`; of equal ones, the last."""
    return _running("cummax", x, dim, True)


def cummin(x: Any, dim: int) -> ValuesAndIndices:
    """The pair (values, indices) of the smallest elements so far along `dim`; of equal ones, the last."""
    return _running("cummin", x, dim, False)


def _running(function: str, x: Any, dim: int, largest: bool) -> ValuesAndIndices:
    line = lined(x)
    axis = axis_of(function, dim, line)
    return _pair(line, running_place(line, axis, largest), axis, np.shape(x))


# --- Different elements ---


def unique(
    x: Any, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The different elements, or slices along `dim`, in ascending order; then, if asked for, which of them each
    element is, and how often each occurs."""
    return sorting.unique(tensor_of(x), False, return_inverse, return_counts, dim, equal_nan=False)


def _first_of_runs(x: Any) -> Any:
    """The numbers of the rows that differ from the one before."""
    changed = (x[1:] != x[:-1]).any(tuple(range(1, x.ndim)))
    return np.flatnonzero(np.concatenate([np.ones(min(len(x), 1), bool), changed]))


_first_of_runs = constant(_first_of_runs, name="first_of_runs")


def unique_consecutive(
    x: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The elements, or slices along `dim`, that differ from the one before; then, if asked for, which of them each
    element belongs to, and how long each run is."""
    x = tensor_of(x)
    rows = np.reshape(x, -1) if dim is None else np.moveaxis(x, dim, 0)
    n = rows.shape[0]
    starts = settled(_first_of_runs(rows), "unique_consecutive: what was found")
    values = rows[index_of(starts)]
    found = [values if dim is None else np.moveaxis(values, 0, dim)]
    if return_inverse:
        which = np.searchsorted(starts, np.arange(n), side="right") - 1
        found.append(np.reshape(which, x.shape) if dim is None else which)
    if return_counts:
        found.append(np.diff(starts, append=n))
    return found[0] if len(found) == 1 else tuple(found)


# --- Bins ---


def _places_in_rows(rows: Any, values: Any, right: bool) -> Any:
    """For each value, how many elements of its sorted row are smaller, or with `right` not larger."""
    n, m = rows.shape[-1], values.shape[-1]
    order = np.argsort(np.concatenate([rows, values] if right else [values, rows], -1), -1, kind="stable")
    smaller = np.cumsum(order < n if right else order >= m, -1)
    found = np.empty_like(order)
    np.put_along_axis(found, order, smaller, -1)
    return found[..., n:] if right else found[..., :m]


_places_in_rows = constant(_places_in_rows, name="places_in_rows", arrays=2)


def searchsorted(
    sorted_sequence: Any, x: Any, *, out_int32: bool = False, right: bool = False, side: str | None = None,
    sorter: Any = None,
) -> Any:  # fmt: skip
    """Where to insert each element so that the sequence, or the row of several that the element belongs to, stays sorted."""
    if side not in (None, "left", "right") or (side == "left" and right):
        raise ValueError(f"searchsorted: side must be 'left' or 'right' and agree with right={right}, not {side!r}")
    rows, values = tensor_of(sorted_sequence), tensor_of(x)
    right = right or side == "right"
    if rows.ndim == 1:
        found = np.searchsorted(rows, values, "right" if right else "left", sorter)
    else:
        if rows.shape[:-1] != values.shape[:-1]:
            raise ValueError(
                f"searchsorted: sequences {rows.shape} and values {values.shape} must agree in all axes but the last"
            )
        found = _places_in_rows(rows if sorter is None else np.take_along_axis(rows, sorter, -1), values, right)
    return np.astype(found, np.int32) if out_int32 else found


def bucketize(x: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False) -> Any:
    """The number of the bin that each element lies in: how many boundaries are smaller, or with `right` not larger."""
    return searchsorted(boundaries, x, out_int32=out_int32, right=right)


def _histc(x: Any, bins: int, low: float, high: float) -> Any:
    if low == high and x.size:
        low, high = float(np.min(x)), float(np.max(x))
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError(f"histc: bins from {low} to {high}; give a finite min and a max that is not smaller")
    if low == high:
        low, high = low - 1, high + 1
    return np.histogram(x, bins, (low, high))[0].astype(x.dtype)


_histc = constant(_histc, name="histc")


def histc(x: Any, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    """How many elements lie in each of the bins of one width between min and max (both the same: the range of x)."""
    return _histc(np.reshape(tensor_of(x), -1), int(bins), float(min), float(max))


def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each whole number occurs, or the sum of the weights of its occurrences."""
    if weights is not None:
        weights = tensor_of(weights)
        found = np.bincount(tensor_of(x), weights, minlength)
        return np.astype(found, weights.dtype) if weights.dtype.kind == "f" else found
    return np.bincount(tensor_of(x), None, minlength)


def argwhere(x: Any) -> Any:
    """The indices of the elements that are not 0, a row for each."""
    return np.argwhere(tensor_of(x))
