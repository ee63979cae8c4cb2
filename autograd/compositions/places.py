"""PyTorch's reading and writing of elements by number and by mask. What writes returns a new Tensor.

Of several values that are written into one place the last counts, and it alone has a gradient.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..op import constant, general
from ..rules.indexing import getitem
from ..rules.indexing import scatter as added_up
from ..rules.operands import index_of, known, same, tensor_of
from ..rules.selecting import _whole, _within
from ..rules.selecting import take as selected
from ..rules.shape import astype
from .words import axis_of, fresh, like, lined

# --- Where in the flattened array ---


def _numbers(function: str, index: Any, n: int) -> Any:
    """Whole numbers from 0 to n - 1."""
    return _within(_whole(function, index), n, "raise", function)


def _along(dim: int, index: Any) -> tuple[Any, ...]:
    return (*(slice(None),) * dim, index)


def _everywhere(shape: tuple[int, ...]) -> Any:
    return np.arange(math.prod(shape)).reshape(shape)


def _grid(function: str, x: Any, dim: int, index: Any) -> Any:
    """The places in the flattened x of the elements whose numbers along `dim` are in `index`, which lies within x."""
    index = _whole(function, index)
    if index.ndim != x.ndim:
        raise ValueError(f"{function}: index {index.shape} and x {x.shape} must have the same number of axes")
    if any(m > n for i, (m, n) in enumerate(zip(index.shape, x.shape)) if i != dim):
        raise ValueError(f"{function}: index {index.shape} reaches out of x {x.shape} in an axis other than {dim}")
    numbers = _within(index, x.shape[dim], "raise", function)
    if not math.prod(index.shape):
        return numbers
    base = _everywhere(x.shape)[tuple(slice(0, 1 if i == dim else m) for i, m in enumerate(index.shape))]
    return base + numbers * math.prod(x.shape[dim + 1 :])


def _slices(x: Any, dim: int, index: Any) -> Any:
    """The places in the flattened x of whole slices along `dim`."""
    return getitem(fresh(_everywhere(x.shape)), _along(dim, index_of(index)))


def _last_writer(places: Any, size: int) -> Any:
    """For each of `size` places, the number of the last value that is written there, or -1."""
    last = np.full(size, -1)
    last[places.ravel()] = np.arange(places.size)
    return last


_last_writer = constant(_last_writer, name="last_writer")


def _written(x: Any, places: Any, values: Any) -> Any:
    """x with the values, of the shape of `places`, in these places of the flattened x."""
    if not math.prod(places.shape):
        return same(x)
    writer = _last_writer(places, math.prod(x.shape))
    new = getitem(np.reshape(values, -1), (index_of(np.maximum(writer, 0)),))
    return np.reshape(np.where(writer >= 0, new, np.reshape(x, -1)), x.shape)


def _added(x: Any, places: Any, values: Any) -> Any:
    """x with the values added in these places of the flattened x."""
    n = math.prod(x.shape)
    return x + np.reshape(added_up(np.reshape(values, -1), (n,), (index_of(np.reshape(places, -1)),)), x.shape)


def _source(function: str, x: Any, index: Any, source: Any) -> Any:
    """What is written, in the shape of the index and x's dtype: the front part of a Tensor, or a number everywhere."""
    source = tensor_of(source)
    if not source.ndim:
        return np.broadcast_to(astype(source, x.dtype), index.shape)
    if source.ndim != index.ndim or any(m > n for m, n in zip(index.shape, source.shape)):
        raise ValueError(f"{function}: src {source.shape} has no element for some of index {index.shape}")
    return astype(source[tuple(slice(0, m) for m in index.shape)], x.dtype)


# --- By number along an axis ---


def index_select(x: Any, dim: int, index: Any) -> Any:
    """The slices with these numbers along `dim`."""
    line = lined(x)
    index = np.reshape(_whole("index_select", index), -1)
    found = np.take(line, index, axis_of("index_select", dim, line))
    return like(found, x) if found.shape == (1,) else found


def gather(x: Any, dim: int, index: Any, *, sparse_grad: bool = False) -> Any:
    """out[i, j, …] = x[index[i, j, …], j, …] for dim 0, and so on for the others.

    >>> gather(Tensor([[1.0, 2.0], [3.0, 4.0]]), 1, Tensor([[0], [1]]))
    tensor([[1.],
            [4.]])
    """
    line, index = lined(x), _whole("gather", index)
    places = _grid("gather", line, axis_of("gather", dim, line), lined(index))
    return np.reshape(getitem(np.reshape(line, -1), (index_of(np.reshape(places, -1)),)), index.shape)


def take_along_dim(x: Any, indices: Any, dim: int | None = None) -> Any:
    """For each row along `dim` (None: of the flattened x), the elements with the numbers in the row of indices."""
    x = tensor_of(x)
    if dim is None:
        return np.take_along_axis(np.reshape(x, -1), np.reshape(indices, -1), 0)
    return np.take_along_axis(x, indices, dim)


def take(x: Any, index: Any, axis: int | None = None, mode: str = "raise") -> Any:
    """The elements of the flattened x with these numbers; with `axis`, slices along it, as NumPy's `take`."""
    return selected(tensor_of(x), index, axis, mode)


def scatter(x: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None) -> Any:
    """x with out[index[i, j, …], j, …] = src[i, j, …] for dim 0, and so on for the others."""
    if (src is None) == (value is None):
        raise TypeError("scatter: give what to write, as src or as value=")
    src = value if src is None else src
    if reduce is not None:
        return scatter_reduce(x, dim, index, src, {"add": "sum", "multiply": "prod"}.get(reduce, reduce))
    line, index = lined(x), lined(index)
    places = _grid("scatter", line, axis_of("scatter", dim, line), index)
    return like(_written(line, places, _source("scatter", line, index, src)), x)


def scatter_add(x: Any, dim: int, index: Any, src: Any) -> Any:
    """x with out[index[i, j, …], j, …] += src[i, j, …] for dim 0, and so on for the others."""
    line, index = lined(x), lined(index)
    places = _grid("scatter_add", line, axis_of("scatter_add", dim, line), index)
    return like(_added(line, places, _source("scatter_add", line, index, src)), x)


def scatter_reduce(x: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True) -> Any:
    """x with the elements of src that go to one place put together by "sum", "prod", "mean", "amax" or "amin".

    With `include_self=False` the element of x at a place that gets any counts for nothing.
    """
    line, index = lined(x), lined(index)
    places = _grid("scatter_reduce", line, axis_of("scatter_reduce", dim, line), index)
    source = _source("scatter_reduce", line, index, src)
    return like(_reduced("scatter_reduce", line, places, source, reduce, include_self), x)


def index_add(x: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
    """x with the slices of `source` along `dim` added to those with the numbers in `index`, alpha times."""
    line, places, source = _sliced("index_add", x, dim, index, source)
    return like(_added(line, places, source if isinstance(alpha, int) and alpha == 1 else alpha * source), x)


def index_copy(x: Any, dim: int, index: Any, source: Any) -> Any:
    """x with the slices of `source` along `dim` in place of those with the numbers in `index`."""
    line, places, source = _sliced("index_copy", x, dim, index, source)
    return like(_written(line, places, source), x)


def index_reduce(x: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True) -> Any:
    """x with the slices that go to one number along `dim` put together by "prod", "mean", "amax" or "amin"."""
    line, places, source = _sliced("index_reduce", x, dim, index, source)
    return like(_reduced("index_reduce", line, places, source, reduce, include_self), x)


def index_fill(x: Any, dim: int, index: Any, value: Any) -> Any:
    """x with one number in the slices with these numbers along `dim`."""
    line = lined(x)
    dim = axis_of("index_fill", dim, line)
    places = _slices(line, dim, np.reshape(_numbers("index_fill", index, line.shape[dim]), -1))
    return like(_written(line, places, np.broadcast_to(astype(tensor_of(value), line.dtype), places.shape)), x)


def _sliced(function: str, x: Any, dim: int, index: Any, source: Any) -> tuple[Any, Any, Any]:
    """x with an axis at least, the places where the slices go, and the slices, of that shape and x's dtype."""
    line, source = lined(x), lined(source)
    dim = axis_of(function, dim, line)
    places = _slices(line, dim, np.reshape(_numbers(function, index, line.shape[dim]), -1))
    if source.shape != places.shape:
        raise ValueError(
            f"{function}: source must have shape {places.shape}, a slice along axis {dim} for each number, "
            f"not {source.shape}"
        )
    return line, places, astype(source, line.dtype)


# --- By index and by mask ---


def index_put(x: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """x with out[indices] = values, or += values with `accumulate`: a tuple of whole numbers or masks."""
    x = tensor_of(x)
    index = tuple(
        known(part, "index_put: a mask") if np.asarray(getattr(part, "_data", part)).dtype.kind == "b"
        else index_of(_whole("index_put", part))
        for part in indices
    )  # fmt: skip
    places = getitem(fresh(_everywhere(x.shape)), index)
    values = np.broadcast_to(astype(tensor_of(values), x.dtype), places.shape)
    return (_added if accumulate else _written)(x, places, values)


def put(x: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    """x with the source in the places of the flattened x that these numbers name, or added to them."""
    x, source = tensor_of(x), tensor_of(source)
    places = _numbers("put", index, math.prod(x.shape))
    if math.prod(places.shape) != math.prod(source.shape):
        raise ValueError(f"put: {math.prod(source.shape)} values for {math.prod(places.shape)} places")
    return (_added if accumulate else _written)(x, places, astype(source, x.dtype))


def masked_select(x: Any, mask: Any) -> Any:
    """The elements where the mask is true, as a vector."""
    x, mask = tensor_of(x), known(mask, "masked_select")
    _mask("masked_select", mask)
    shape = np.broadcast_shapes(x.shape, mask.shape)
    return getitem(np.broadcast_to(x, shape), np.broadcast_to(mask, shape))


def masked_scatter(x: Any, mask: Any, source: Any) -> Any:
    """x with the elements of `source`, in their order, where the mask is true."""
    x, mask, source = tensor_of(x), _mask("masked_scatter", mask), np.reshape(tensor_of(source), -1)
    shape = np.broadcast_shapes(x.shape, mask.shape)
    x, mask = np.broadcast_to(x, shape), np.broadcast_to(mask, shape)
    numbers = np.reshape(np.cumsum(np.reshape(mask, -1)), shape) - 1
    if not source.shape[0]:
        if bool(np.any(mask)):
            raise ValueError("masked_scatter: the source is empty, and the mask is not")
        return same(x)
    new = np.take(source, np.maximum(numbers, 0))
    return np.where(mask, astype(new, x.dtype), x)


def _mask(function: str, mask: Any) -> Any:
    mask = tensor_of(mask)
    if mask.dtype.kind != "b":
        raise TypeError(f"{function}: the mask must be bool, not {mask.dtype}; write mask.bool() or a comparison")
    return mask


# --- Into slices ---


def select_scatter(x: Any, src: Any, dim: int, index: int) -> Any:
    """x with `src` as its slice with this number along `dim`."""
    x = tensor_of(x)
    dim = axis_of("select_scatter", dim, x)
    return _into("select_scatter", x, _along(dim, range(x.shape[dim])[index]), src)


def slice_scatter(
    x: Any, src: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Any:
    """x with `src` as its slices from `start` to `end` along `dim`."""
    x = tensor_of(x)
    return _into("slice_scatter", x, _along(axis_of("slice_scatter", dim, x), slice(start, end, step)), src)


def diagonal_scatter(x: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """x with `src` on a diagonal."""
    x, src = tensor_of(x), tensor_of(src)
    return _at("diagonal_scatter", x, np.diagonal(_everywhere(x.shape), offset, dim1, dim2), src)


def _into(function: str, x: Any, index: Any, src: Any) -> Any:
    return _at(function, x, _everywhere(x.shape)[index], tensor_of(src))


def _at(function: str, x: Any, places: Any, src: Any) -> Any:
    if src.shape != places.shape:
        raise ValueError(f"{function}: src must have shape {places.shape}, not {src.shape}")
    return _written(x, fresh(np.array(places)), astype(src, x.dtype))


# --- Put together ---


def _reduced(function: str, x: Any, places: Any, values: Any, reduce: str, include_self: bool) -> Any:
    if reduce not in REDUCTIONS:
        raise ValueError(f"{function}: reduce must be one of {', '.join(REDUCTIONS)}, not {reduce!r}")
    n, neutral = math.prod(x.shape), REDUCTIONS[reduce]
    flat, places, values = np.reshape(x, -1), np.reshape(places, -1), np.reshape(values, -1)
    if not math.prod(places.shape):
        return same(x)
    reached = _last_writer(places, n) >= 0
    if not include_self:
        flat = np.where(reached, astype(tensor_of(neutral(x.dtype)), x.dtype), flat)
    if reduce in ("sum", "mean"):
        out = _added(flat, places, values)
        if reduce == "mean":
            count = added_up(fresh(np.ones(places.shape, x.dtype)), (n,), (index_of(places),))
            count = np.maximum(count + 1 if include_self else count, 1)
            out = out / count if x.dtype.kind == "f" else out // count
    else:
        together = np.concatenate([fresh(np.arange(n)), places]), np.concatenate([flat, values])
        if reduce == "prod":
            out = _product(*together, n)
        else:
            out = extremum_of_places(together[1], index_of(together[0]), n, reduce == "amax")
    return np.reshape(out, x.shape)


REDUCTIONS: dict[str, Callable[[Any], Any]] = {
    "sum": lambda dtype: 0,
    "prod": lambda dtype: 1,
    "mean": lambda dtype: 0,
    "amax": lambda dtype: -math.inf if dtype.kind == "f" else np.iinfo(dtype).min,
    "amin": lambda dtype: math.inf if dtype.kind == "f" else np.iinfo(dtype).max,
}


def _product(places: Any, values: Any, n: int) -> Any:
    """The products of the values that go to each of n places, each of which gets one at least: in pairs of neighbours,
    again and again, so that there is no division."""
    places = known(places, "a product of the elements that go to one place")
    order = np.argsort(places, kind="stable")
    places, values = places[order], values[order]
    while len(places) > n:
        starts = np.flatnonzero(np.concatenate([[True], places[1:] != places[:-1]]))
        odd = (np.arange(len(places)) - np.repeat(starts, np.diff(starts, append=len(places)))) % 2 == 1
        first = np.flatnonzero(~odd)
        second = values[np.minimum(first + 1, len(places) - 1)]
        values = values[first] * np.where(np.append(odd[1:], False)[first], second, 1)
        places = places[first]
    return values


def _extremum_of_places(values: Any, places: Any, n: int, largest: bool) -> Any:
    order = np.argsort(places, kind="stable")
    starts = np.searchsorted(places[order], np.arange(n))
    return (np.maximum if largest else np.minimum).reduceat(values[order], starts)


def _extremum_rule(g: Any, values: Any, out: Any, places: Any, n: int) -> Any:
    """Equal ones share the gradient."""
    best = out[places]
    hits = np.where((values == best) | (np.isnan(values) & np.isnan(best)), 1.0, 0.0).astype(values.dtype)
    return hits * (g / np.maximum(added_up(hits, (n,), (places,)), 1.0))[places]


extremum_of_places: Any = general(_extremum_of_places, _extremum_rule, name="extremum_of_places")
