"""Averages, covariances, correlation and convolution of sequences, histograms and counts, interpolation."""

from __future__ import annotations

import builtins
import math
import operator
import warnings
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from .. import modes
from ..arrays import engine
from ..op import bilinear, constant, general, implements, joint
from .indexing import getitem
from .operands import detached, index_of, settled, tensor_of

# --- Averages and covariances ---


def _holds(condition: Any) -> bool:
    """Whether a condition on values holds; while tracing, when they are not known, it is not asked."""
    return not modes.tracing() and bool(np.any(condition._data if isinstance(condition, engine.Tensor) else condition))


def _beside(weights: Any, x: Any, axis: tuple[int, ...] | None) -> Any:
    """Weights given for some axes of x, so that they broadcast against x."""
    if weights.shape == x.shape:
        return weights
    if axis is None:
        raise TypeError(f"average: axis must be given where x has shape {x.shape} and the weights have {weights.shape}")
    if weights.shape != tuple(x.shape[i] for i in axis):
        raise ValueError(f"average: weights of shape {weights.shape} do not fit axis {axis} of x with shape {x.shape}")
    order = sorted(range(len(axis)), key=axis.__getitem__)
    return np.reshape(np.transpose(weights, order), [n if i in axis else 1 for i, n in enumerate(x.shape)])


@implements(np.average)
def average(x: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False) -> Any:
    """The weighted mean over `axis`, Σ w x / Σ w, NumPy's `average`; with `returned`, the sum of the weights as well.

    >>> average(Tensor([1.0, 4.0]), weights=Tensor([2.0, 1.0]))
    tensor(2.)
    """
    x = tensor_of(x)
    axis = None if axis is None else normalize_axis_tuple(axis, x.ndim, "axis")
    if weights is None:
        mean = np.mean(x, axis=axis, keepdims=keepdims)
        total = np.full(mean.shape, math.prod(x.shape) / max(math.prod(mean.shape), 1), mean.dtype)
        return (mean, tensor_of(total)) if returned else mean
    weights = _beside(tensor_of(weights), x, axis)
    dtype = np.result_type(x.dtype, weights.dtype, *(() if x.dtype.kind == "f" else (np.float64,)))
    total = np.sum(weights, axis=axis, dtype=dtype, keepdims=keepdims)
    if _holds(total == 0):
        raise ZeroDivisionError("average: the weights sum to zero, so that there is no average")
    mean = np.sum(np.astype(x, dtype) * np.astype(weights, dtype), axis=axis, keepdims=keepdims) / total
    return (mean, np.broadcast_to(total, mean.shape)) if returned else mean


def _observations(x: Any, name: str, dtype: Any, rowvar: bool) -> Any:
    """Variables as rows."""
    if x.ndim > 2:
        raise ValueError(f"cov: {name} has more than 2 dimensions; its shape is {x.shape}")
    rows = np.astype(x if x.ndim == 2 else np.reshape(x, (1, -1)), dtype)
    return rows if rowvar or (x.ndim != 2 if name == "m" else rows.shape[0] == 1) else np.transpose(rows)


def _weights_of_observations(weights: Any, name: str, n: int) -> Any:
    weights = np.astype(tensor_of(weights), np.float64)
    if weights.ndim > 1:
        raise RuntimeError(f"cov: cannot handle multidimensional {name}; their shape is {weights.shape}")
    if weights.shape[0] != n:
        raise RuntimeError(f"cov: {weights.shape[0]} {name} for {n} samples; their numbers must agree")
    if name == "fweights" and _holds(weights != np.rint(weights)):
        raise TypeError("cov: fweights must be integers")
    if _holds(weights < 0):
        raise ValueError(f"cov: {name} cannot be negative")
    return weights


@implements(np.cov)
def cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None, fweights: Any = None,
    aweights: Any = None, *, dtype: Any = None,
) -> Any:  # fmt: skip
    """The covariances of variables, one to a row, NumPy's `cov`, in float64 at least; `aweights` have a gradient too.

    >>> cov(Tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]], dtype=float64)
    """
    if ddof is not None and ddof != int(ddof):
        raise ValueError(f"cov: ddof must be an integer, not {ddof!r}")
    m, y = tensor_of(m), None if y is None else tensor_of(y)
    dtype = dtype or np.result_type(m.dtype, np.float64, *(() if y is None else (y.dtype,)))
    x = _observations(m, "m", dtype, rowvar)
    if x.shape[0] == 0:
        return tensor_of(np.empty((0, 0)))
    if y is not None:
        x = np.concatenate([x, _observations(y, "y", dtype, rowvar)], axis=0)
    ddof = int(not bias) if ddof is None else int(ddof)
    n = x.shape[1]
    how_often = None if fweights is None else detached(_weights_of_observations(fweights, "fweights", n))
    weights = None if aweights is None else _weights_of_observations(aweights, "aweights", n)
    w = how_often if weights is None else weights if how_often is None else how_often * weights
    if w is None:
        mean, free = np.mean(x, axis=1, keepdims=True), n - ddof
    else:
        mean, total = average(x, 1, w, returned=True, keepdims=True)
        total = total[0, 0]
        lost: Any = ddof if ddof == 0 or weights is None else ddof * np.sum(w * weights) / total
        free = total - lost
    if _holds(free <= 0):
        warnings.warn("cov: degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=2)
        free = tensor_of(np.zeros(()))
    x = x - mean
    c = np.matmul(x, np.transpose(x if w is None else x * w)) * (1 / free)
    return np.squeeze(np.astype(c, dtype))


@implements(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """The correlation coefficients of variables, one to a row, NumPy's `corrcoef`."""
    c = cov(x, y, rowvar, dtype=dtype)
    if not c.ndim:
        return c / c
    own = np.arange(c.shape[0])
    spread = np.sqrt(c[own, own])
    return np.clip(c / spread[:, None] / spread[None, :], -1, 1)


# --- Sums of products along a sequence ---
#
# All of convolution in full and all of correlation where the sequences overlap: each is the other's transpose.

_slid: Any = bilinear(
    lambda a, b: np.convolve(a, b),
    lambda g, b: _overlap(g, b),
    lambda g, a: _overlap(g, a),
    name="convolve",
)
_overlap: Any = bilinear(
    lambda a, b: np.correlate(a, b, "valid"),  # a is the longer one
    lambda g, b: _slid(g, b),
    lambda g, a: _overlap(a, g),
    name="correlate",
)
_LENGTHS = {0: "valid", 1: "same", 2: "full"}  # NumPy's older names


def _sequence(function: str, x: Any, name: str) -> Any:
    x = tensor_of(x)
    x = x if x.ndim else np.reshape(x, 1)
    if x.ndim > 1:
        raise ValueError(f"{function}: {name} must be a vector, and has shape {x.shape}")
    if not x.shape[0]:
        raise ValueError(f"{function}: {name} cannot be empty")
    return x


def _mode(function: str, mode: Any) -> str:
    mode = _LENGTHS.get(mode, mode)
    if mode not in _LENGTHS.values():
        raise ValueError(f"{function}: mode must be one of 'valid', 'same', or 'full', not {mode!r}")
    return mode


def _correlated(a: Any, v: Any, mode: str) -> Any:
    """Σ_i a_(i+k) v_i for a sequence a that is not shorter than v."""
    if mode == "valid":
        return _overlap(a, v)
    full = _slid(a, np.flip(v))
    start = v.shape[0] - 1 - v.shape[0] // 2
    return full if mode == "full" else full[start : start + a.shape[0]]


@implements(np.convolve)
def convolve(a: Any, v: Any, mode: Any = "full") -> Any:
    """The sums Σ_i a_i v_(k-i) of two sequences, NumPy's `convolve`; mode "full", "same" or "valid".

    >>> convolve(Tensor([1.0, 2.0, 3.0]), Tensor([0.0, 1.0]))
    tensor([0., 1., 2., 3.])
    """
    mode = _mode("convolve", mode)
    a, v = _sequence("convolve", a, "a"), _sequence("convolve", v, "v")
    if v.shape[0] > a.shape[0]:
        a, v = v, a
    return _slid(a, v) if mode == "full" else _correlated(a, np.flip(v), mode)


@implements(np.correlate)
def correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    """The sums Σ_i a_(i+k) v_i of two sequences, NumPy's `correlate`; mode "valid", "same" or "full"."""
    mode = _mode("correlate", mode)
    if not np.ndim(a) or not np.ndim(v):
        raise ValueError("correlate: a and v must be vectors, not numbers")
    a, v = _sequence("correlate", a, "a"), _sequence("correlate", v, "v")
    if v.shape[0] > a.shape[0]:
        return np.flip(_correlated(v, a, mode))
    return _correlated(a, v, mode)


# --- Counts and histograms ---

_counts = constant(lambda x, minlength: np.bincount(x, None, minlength), name="counts")
_bincount = general(
    lambda x, weights, minlength: np.bincount(x, weights, minlength), None, lambda g, x: _at(g, x), name="bincount"
)


@implements(np.bincount)
def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each whole number occurs in x, or the sum of its weights, NumPy's `bincount`.

    >>> bincount(Tensor([0, 2, 2]), weights=Tensor([1.0, 2.0, 3.0]))
    tensor([1., 0., 5.], dtype=float64)
    """
    counts = _counts(x, minlength) if weights is None else _bincount(x, weights, minlength)
    return settled(counts, "bincount: the result")


_digitize = constant(lambda x, bins, right: np.digitize(x, bins, right=right), arrays=2, name="digitize")


@implements(np.digitize)
def digitize(x: Any, bins: Any, right: bool = False) -> Any:
    """The number of the bin that each element falls into (constant), NumPy's `digitize`."""
    return _digitize(x, bins, bool(right))


def _edges(x: Any, bins: Any, range: Any, weights: Any) -> Any:
    return np.histogram_bin_edges(x, bins, range, weights)


def _bins(bins: Any) -> Any:
    """Edges, or a number or a rule of them, as the keyword of an operation."""
    if isinstance(bins, str | int) or not np.ndim(bins):
        return bins
    return index_of(detached(tensor_of(bins)))


_edges = constant(_edges, name="histogram_bin_edges")
_tally = constant(lambda x, bins, range: np.histogram(x, bins, range)[0], name="histogram")


def _bin_of(x: Any, edges: Any) -> Any:
    """The bin that each element falls into; the last one has both its edges. Elements outside get the last bin."""
    last = edges.shape[0] - 2
    return np.minimum(np.maximum(np.searchsorted(edges, x, side="right") - 1, 0), last)


_weigh = general(
    lambda x, weights, edges, bins, range: np.histogram(x, bins, range, weights=weights)[0],
    None,
    lambda g, x, edges: np.where((x >= edges[0]) & (x <= edges[-1]), _at(g, _bin_of(x, edges)), 0.0),
    None,
    name="weighted_histogram",
)


@implements(np.histogram_bin_edges)
def histogram_bin_edges(x: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    """The edges of the bins that `histogram` would use, taken as given: no gradient flows to the elements at both ends."""
    x = tensor_of(x)
    weights = None if weights is None else index_of(detached(tensor_of(weights)))
    edges = _edges(x, _bins(bins), range, weights)
    return settled(edges, "histogram_bin_edges: the result")


@implements(np.histogram)
def histogram(x: Any, bins: Any = 10, range: Any = None, density: bool | None = None, weights: Any = None) -> Any:
    """How many elements fall into each bin, or the sum of their weights, and the edges, NumPy's `histogram`.

    Counts and edges are constant; a sum of weights has a gradient with respect to the weights.

    >>> histogram(Tensor([0.5, 1.5, 1.7]), bins=[0, 1, 2], weights=Tensor([1.0, 2.0, 3.0]))
    (tensor([1., 5.]), tensor([0, 1, 2]))
    """
    x = tensor_of(x)
    edges = histogram_bin_edges(x, bins, range)
    if weights is None:
        found = _tally(x, _bins(bins), range)
    else:
        weights = tensor_of(weights)
        if weights.shape != x.shape:
            raise ValueError(f"histogram: weights of shape {weights.shape} for elements of shape {x.shape}")
        if isinstance(bins, str):
            raise TypeError("histogram: the number of bins cannot be estimated for weighted elements; give it")
        found = _weigh(x, weights, edges, _bins(bins), range)
    if density:
        widths = np.astype(edges[1:] - edges[:-1], np.float64)
        return found / widths / np.sum(found), edges
    return found, edges


def _grid_edges(x: Any, bins: int, range: Any) -> Any:
    first, last = np.histogram_bin_edges(x if range is None else np.empty(0), 1, range)
    return np.linspace(first, last, bins + 1)


def _whole(bins: Any, i: int) -> int:
    try:
        return operator.index(bins)
    except TypeError:
        raise TypeError(f"histogramdd: bins[{i}] must be an integer, when a number, and not {bins!r}") from None


_grid_edges = constant(_grid_edges, name="grid_edges")
_cell = constant(
    lambda x, edges: np.searchsorted(edges, x, side="right") - (x == edges[-1]), arrays=2, name="bin_number"
)


@implements(np.histogramdd)
def histogramdd(
    sample: Any, bins: Any = 10, range: Any = None, density: bool | None = None, weights: Any = None
) -> Any:
    """How many points fall into each box of a grid, or the sum of weights, and the edges, NumPy's `histogramdd`."""
    if isinstance(sample, list | tuple):
        columns = [tensor_of(x) for x in sample]
        if len({x.shape for x in columns}) > 1:
            raise ValueError(
                f"histogramdd: coordinates of different shapes, {', '.join(str(x.shape) for x in columns)}"
            )
    else:
        sample = tensor_of(sample)
        if sample.ndim > 2:
            raise ValueError(f"histogramdd: the points must be the rows of a matrix, not of shape {sample.shape}")
        sample = sample if sample.ndim == 2 else np.reshape(sample, (-1, 1))
        columns = [sample[:, i] for i in builtins.range(sample.shape[1])]
    try:
        bins = list(bins)
    except TypeError:
        bins = [bins] * len(columns)
    if len(bins) != len(columns):
        raise ValueError(f"histogramdd: {len(bins)} bins for points of {len(columns)} dimensions")
    ranges = [None] * len(columns) if range is None else list(range)
    if len(ranges) != len(columns):
        raise ValueError(f"histogramdd: range has {len(ranges)} entries for points of {len(columns)} dimensions")
    edges = []
    for i, (column, b, r) in enumerate(zip(columns, bins, ranges)):
        if np.ndim(b) == 1:
            edges.append(detached(tensor_of(b)))
            if _holds(edges[-1][:-1] > edges[-1][1:]):
                raise ValueError(f"histogramdd: bins[{i}] must be monotonically increasing, when an array")
        elif np.ndim(b):
            raise ValueError(f"histogramdd: bins[{i}] must be a number or a vector, and has shape {np.shape(b)}")
        elif b < 1:
            raise ValueError(f"histogramdd: bins[{i}] must be positive, and is {b}")
        else:
            edges.append(_grid_edges(column, _whole(b, i), r))
    shape = tuple(e.shape[0] + 1 for e in edges)  # with a box for what lies outside on each side
    cell: Any = 0
    for column, e, n in zip(columns, edges, shape):
        cell = cell * n + _cell(column, e)
    found = np.reshape(bincount(cell, weights, math.prod(shape)), shape)[(slice(1, -1),) * len(columns)]
    found = np.astype(found, np.float64)
    if density:
        total = np.sum(found)
        for i, e in enumerate(edges):
            found = found / np.reshape(e[1:] - e[:-1], [-1 if j == i else 1 for j in builtins.range(len(edges))])
        found = found / total
    return found, edges


@implements(np.histogram2d)
def histogram2d(
    x: Any, y: Any, bins: Any = 10, range: Any = None, density: bool | None = None, weights: Any = None
) -> Any:
    """How many points (x, y) fall into each rectangle, and the edges on both sides, NumPy's `histogram2d`."""
    if len(x) != len(y):
        raise ValueError(f"histogram2d: {len(x)} x for {len(y)} y; their numbers must agree")
    if hasattr(bins, "__len__") and len(bins) > 2:
        bins = [bins, bins]
    found, edges = histogramdd([x, y], bins, range, density, weights)
    return found, edges[0], edges[1]


# --- Interpolation ---


def _at(x: Any, i: Any) -> Any:
    return getitem(tensor_of(x) if modes.tracing() else x, index_of(i))


def _slope(fp: Any, xp: Any, i: Any) -> Any:
    return (_at(fp, i + 1) - _at(fp, i)) / (_at(xp, i + 1) - _at(xp, i))


def _interp_rule(g: Any, x: Any, xp: Any, fp: Any, xp_shape: Any, needs: Any) -> Any:
    """On the segment from (x_i, y_i) to the next point: y_i + s (x - x_i), and t = (x - x_i) / (x_(i+1) - x_i)."""
    n = xp_shape[0]
    if n == 1:
        return g * 0.0, np.reshape(np.sum(g) * 0.0, 1), np.reshape(np.sum(g), 1)
    right = np.searchsorted(xp, x, side="right") - 1
    left = np.searchsorted(xp, x, side="left") - 1
    i = np.minimum(np.maximum(right, 0), n - 2)
    t = np.minimum(np.maximum((x - _at(xp, i)) / (_at(xp, i + 1) - _at(xp, i)), 0.0), 1.0)
    after = np.where(right <= n - 2, _slope(fp, xp, i), 0.0) * (right >= 0)
    before = np.where(left >= 0, _slope(fp, xp, np.minimum(np.maximum(left, 0), n - 2)), 0.0) * (left <= n - 2)
    # at a point both sides have a slope, and where they differ, the least between them is the derivative
    least = np.where(np.absolute(before) < np.absolute(after), before, after)
    s = np.where(before * after > 0, least, 0.0)
    along = g * s
    shares: list[Any] = [along if needs[0] else None, None, None]
    if needs[1]:
        shares[1] = -_spread(along, i, t, n)
    if needs[2]:
        shares[2] = _spread(g, i, t, n)
    return shares


def _spread(g: Any, i: Any, t: Any, n: int) -> Any:
    """(1 - t) g added to element i of a vector, t g to the next one."""
    i, g, t = np.reshape(i, -1), np.reshape(g, -1), np.reshape(t, -1)
    return _bincount(i, g * (1 - t), n) + _bincount(i + 1, g * t, n)


_interp = joint(lambda x, xp, fp: np.interp(x, xp, fp), _interp_rule, name="interp")


@implements(np.interp)
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """The value at x of the straight lines between the points (xp, fp), in float64, NumPy's `interp`.

    Differentiable in x, xp and fp. At a point where two lines meet, the derivative is the lesser of their slopes, or 0
    if they have different signs; outside, it is 0.

    >>> interp(Tensor([0.5, 3.0]), [0.0, 1.0, 2.0], [0.0, 10.0, 30.0])
    tensor([ 5., 30.], dtype=float64)
    """
    x, xp, fp = tensor_of(x), tensor_of(xp), tensor_of(fp)
    if xp.ndim != 1 or fp.ndim != 1 or xp.shape != fp.shape:
        raise ValueError(f"interp: xp and fp must be vectors of one length, and have shapes {xp.shape} and {fp.shape}")
    if period is not None:
        if _holds(period == 0):
            raise ValueError("interp: period must not be zero")
        period = np.absolute(period)
        x, xp, fp = (np.astype(z, np.float64) for z in (x, xp, fp))
        x, xp = np.remainder(x, period), np.remainder(xp, period)
        order = index_of(np.argsort(xp))
        xp, fp = xp[order], fp[order]
        xp = np.concatenate([xp[-1:] - period, xp, xp[:1] + period])
        fp = np.concatenate([fp[-1:], fp, fp[:1]])
        left = right = None
    y = _interp(x, xp, fp)
    if left is not None:
        y = np.where(x < xp[0], left, y)
    return y if right is None else np.where(x > xp[-1], right, y)
