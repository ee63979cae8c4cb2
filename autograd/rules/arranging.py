"""Turning, joining and cutting, inserting and deleting, triangles and diagonals, products of vectors, equal shapes.

Most of these are short compositions of what `shape.py` declares; a diagonal is an operation, and so is its transpose.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from .. import graph
from ..arrays import engine
from ..op import bilinear, implements, linear
from .indexing import getitem
from .operands import known, same, tensor_of
from .shape import split

# --- Turning, and the axes ---


def _at_least(function: str, x: Any, rank: int) -> None:
    if x.ndim < rank:
        raise ValueError(f"{function}: shape {x.shape} must have at least {rank} {'axis' if rank == 1 else 'axes'}")


@implements(np.rot90)
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """m turned by k times 90 degrees in the plane of two axes, from the first towards the second, NumPy's `rot90`.

    >>> rot90(Tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[2., 4.],
            [1., 3.]])
    """
    if len(axes) != 2:
        raise ValueError(f"rot90: two axes span the plane, not {tuple(axes)}")
    first, second = normalize_axis_tuple(axes, m.ndim, "axes", allow_duplicate=True)
    if first == second:
        raise ValueError(f"rot90: the axes {tuple(axes)} must be different")
    match k % 4:
        case 0:
            return same(m)
        case 1:
            return np.swapaxes(np.flip(m, second), first, second)
        case 2:
            return np.flip(m, (first, second))
    return np.flip(np.swapaxes(m, first, second), second)


@implements(np.fliplr)
def fliplr(m: Any) -> Any:
    """m with its columns in reverse order, NumPy's `fliplr`."""
    _at_least("fliplr", m, 2)
    return np.flip(m, 1)


@implements(np.flipud)
def flipud(m: Any) -> Any:
    """m with its rows in reverse order, NumPy's `flipud`."""
    _at_least("flipud", m, 1)
    return np.flip(m, 0)


@implements(np.rollaxis)
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """a with one axis moved before the place `start`, NumPy's `rollaxis`."""
    axis = normalize_axis_index(axis, a.ndim, "rollaxis: axis")
    place = normalize_axis_index(start, a.ndim + 1, "rollaxis: start") if start >= 0 else start + a.ndim
    if place < 0:
        raise np.exceptions.AxisError(f"rollaxis: start {start} is out of bounds for shape {a.shape}")
    order = [i for i in range(a.ndim) if i != axis]
    order.insert(place - (axis < place), axis)
    return np.transpose(a, order)


def _one_or_all(arrays: list[Any]) -> Any:
    return arrays[0] if len(arrays) == 1 else tuple(arrays)


def _with_axes(x: Any, rank: int) -> Any:
    """x with axes of size 1 in front, so that it has at least `rank`."""
    return same(x) if x.ndim >= rank else np.reshape(x, (1,) * (rank - x.ndim) + x.shape)


@implements(np.atleast_1d)
def atleast_1d(*arys: Any) -> Any:
    """The arrays, numbers as vectors of one element, NumPy's `atleast_1d`."""
    return _one_or_all([_with_axes(tensor_of(x), 1) for x in arys])


@implements(np.atleast_2d)
def atleast_2d(*arys: Any) -> Any:
    """The arrays, vectors as matrices of one row, NumPy's `atleast_2d`."""
    return _one_or_all([_with_axes(tensor_of(x), 2) for x in arys])


def _cube(x: Any) -> Any:
    return np.reshape(_with_axes(x, 2), (*x.shape, 1) if x.ndim == 2 else (1, *x.shape, 1)) if 0 < x.ndim < 3 else x


@implements(np.atleast_3d)
def atleast_3d(*arys: Any) -> Any:
    """The arrays with three axes at least: a vector is (1, n, 1), a matrix (m, n, 1), NumPy's `atleast_3d`."""
    return _one_or_all([_with_axes(_cube(tensor_of(x)), 3) for x in arys])


# --- Joining and cutting ---


@implements(np.column_stack)
def column_stack(tup: Any) -> Any:
    """Vectors as columns, and matrices, side by side, NumPy's `column_stack`."""
    columns = [tensor_of(x) for x in tup]
    return np.concatenate([np.reshape(x, (-1, 1)) if x.ndim < 2 else x for x in columns], 1)


@implements(np.dstack)
def dstack(tup: Any) -> Any:
    """The arrays joined along a third axis, NumPy's `dstack`."""
    return np.concatenate([_cube(_with_axes(tensor_of(x), 1)) for x in tup], 2)


def _depth(arrays: Any, place: str = "arrays") -> int:
    if isinstance(arrays, tuple):
        raise TypeError(f"block: {place} is a tuple; only lists can be nested, and tuples are not taken for arrays")
    if not isinstance(arrays, list):
        return 0
    if not arrays:
        raise ValueError(f"block: {place} is an empty list")
    depths = [_depth(x, f"{place}[{i}]") for i, x in enumerate(arrays)]
    if len(set(depths)) > 1:
        raise ValueError(f"block: the lists in {place} must be nested to one depth, not {depths}")
    return 1 + depths[0]


def _leaves(arrays: Any) -> list[Any]:
    return [leaf for x in arrays for leaf in _leaves(x)] if isinstance(arrays, list) else [arrays]


@implements(np.block)
def block(arrays: Any) -> Any:
    """An array put together from nested lists of blocks, NumPy's `block`: the innermost lists along the last axis.

    >>> block([[np.eye(2), Tensor([[5.0], [6.0]])]])
    tensor([[1., 0., 5.],
            [0., 1., 6.]], dtype=float64)
    """
    depth = _depth(arrays)
    rank = max(depth, *(np.ndim(x) for x in _leaves(arrays)), 0)

    def joined(nest: Any, axis: int) -> Any:
        if not isinstance(nest, list):
            return _with_axes(tensor_of(nest), rank)
        return np.concatenate([joined(x, axis + 1) for x in nest], axis)

    return joined(arrays, -depth)


@implements(np.hsplit)
def hsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """ary cut into pieces side by side (a vector: end to end), NumPy's `hsplit`."""
    _at_least("hsplit", ary, 1)
    return split(ary, indices_or_sections, min(ary.ndim - 1, 1))


@implements(np.vsplit)
def vsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """ary cut into pieces one below the other, NumPy's `vsplit`."""
    _at_least("vsplit", ary, 2)
    return split(ary, indices_or_sections, 0)


@implements(np.dsplit)
def dsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """ary cut into pieces along the third axis, NumPy's `dsplit`."""
    _at_least("dsplit", ary, 3)
    return split(ary, indices_or_sections, 2)


def slices_of(x: Any) -> list[Any]:
    """x[0], x[1], ... by halves: each of them read from the whole would cost the gradient a whole array of zeros."""
    parts, sizes = [x], [x.shape[0]]
    while max(sizes, default=0) > 8:
        halves = [(n + 1) // 2 for n in sizes]
        parts = [half for part, n in zip(parts, halves) for half in (part[:n], part[n:])]
        sizes = [half for n, m in zip(sizes, halves) for half in (m, n - m)]
    return [part[i] for part, n in zip(parts, sizes) for i in range(n)]


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """The slices of x along an axis, NumPy's `unstack`."""
    _at_least("unstack", x, 1)
    return tuple(slices_of(np.moveaxis(x, axis, 0)))


if hasattr(np, "unstack"):  # NumPy 2.1
    implements(np.unstack)(unstack)


# --- Elements added and taken away ---


@implements(np.append)
def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    """arr and values one after the other along `axis` (None: both flattened), NumPy's `append`."""
    return np.concatenate([tensor_of(arr), tensor_of(values)], axis)


def _flat_unless(axis: int | None, x: Any) -> tuple[Any, int]:
    x = tensor_of(x)
    return (np.reshape(x, -1), 0) if axis is None else (x, normalize_axis_index(axis, x.ndim))


def _places(function: str, n: int, axis: int, obj: Any, *rest: Any) -> Any:
    """What NumPy's insert or delete makes of the numbers 0 to n - 1."""
    try:
        return getattr(np, function)(np.arange(n), obj, *rest)
    except (IndexError, ValueError, AttributeError) as error:
        kind = TypeError if isinstance(error, AttributeError) else type(error)
        raise kind(f"{function}: along axis {axis} of size {n}: {error}") from None


def _known_index(function: str, obj: Any) -> Any:
    if isinstance(obj, slice | int):
        return obj
    found = known(obj, f"np.{function}(obj=)")
    return found.astype(np.intp) if not found.size and isinstance(obj, list | tuple) else found


def _common_shape(function: str, *shapes: tuple[int, ...]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise ValueError(f"{function}: shapes {' and '.join(map(str, shapes))} do not broadcast") from None


@implements(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """arr with values inserted before the places `obj` along `axis` (None: arr flattened), NumPy's `insert`.

    >>> insert(Tensor([1.0, 2.0]), 1, Tensor([5.0, 6.0]))
    tensor([1., 5., 6., 2.])
    """
    arr, axis = _flat_unless(axis, arr)
    obj = _known_index("insert", obj)
    if isinstance(obj, np.ndarray) and obj.dtype == bool and obj.ndim == 1:
        obj = np.flatnonzero(obj)
    n, values = arr.shape[axis], np.astype(tensor_of(values), arr.dtype)
    places = np.arange(*obj.indices(n)) if isinstance(obj, slice) else np.asarray(obj)
    if places.ndim > 1:
        raise ValueError(f"insert: places must be a number or a vector, and have shape {places.shape}")
    if places.size == 1:  # a number: as many values as there are go there, along their first axis
        values = _with_axes(values, arr.ndim)
        values = values if places.ndim else np.moveaxis(values, 0, axis)
        obj, count = places.item(), values.shape[axis]
    else:
        count = places.size
    order = _places("insert", n, axis, obj, np.arange(n, n + count))
    shape = (*arr.shape[:axis], count, *arr.shape[axis + 1 :])
    values = np.reshape(values, values.shape[max(values.ndim - arr.ndim, 0) :])
    if _common_shape("insert", values.shape, shape) != shape:
        raise ValueError(f"insert: values of shape {values.shape} do not fit into shape {shape}")
    values = np.broadcast_to(values, shape)
    before = (slice(None),) * axis
    if places.size == 1:  # in one place: three pieces, faster than an index
        start = obj + n if obj < 0 else obj
        pieces = [getitem(arr, (*before, slice(None, start))), values, getitem(arr, (*before, slice(start, None)))]
        return np.concatenate(pieces, axis)
    return getitem(np.concatenate([arr, values], axis), (*before, order))


@implements(np.delete)
def delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    """arr without the places `obj` along `axis` (None: arr flattened), NumPy's `delete`."""
    arr, axis = _flat_unless(axis, arr)
    left = _places("delete", arr.shape[axis], axis, _known_index("delete", obj))
    keep = np.zeros(arr.shape[axis], bool)
    keep[left] = True
    return getitem(arr, (slice(None),) * axis + (keep,))


@implements(np.resize)
def resize(a: Any, new_shape: Any) -> Any:
    """a's elements, repeated as often as needed, in another shape, NumPy's `resize`."""
    shape = tuple(map(operator.index, new_shape)) if np.iterable(new_shape) else (operator.index(new_shape),)
    if min(shape, default=0) < 0:
        raise ValueError(f"resize: all sizes of the new shape must not be negative, and it is {shape}")
    flat, size = np.reshape(a, -1), math.prod(shape)
    if not flat.shape[0] or not size:
        return np.zeros_like(a, shape=shape) if not flat.shape[0] else np.reshape(flat[:0], shape)
    times = -(-size // flat.shape[0])
    if times > 1:
        flat = np.reshape(np.broadcast_to(flat, (times, flat.shape[0])), -1)
    resized = np.reshape(flat[:size], shape)
    return np.copy(resized) if times == 1 else resized


# --- Shapes made equal ---


@implements(np.broadcast_arrays)
def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Any, ...]:
    """The arrays, all broadcast to one shape, NumPy's `broadcast_arrays`."""
    arrays = [tensor_of(x) for x in args]
    shape = _common_shape("broadcast_arrays", *(x.shape for x in arrays))
    return tuple(np.broadcast_to(x, shape) for x in arrays)


@implements(np.meshgrid)
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Any, ...]:
    """The coordinates of the points of a grid, an array for each axis, NumPy's `meshgrid`."""
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing must be 'xy' or 'ij', not {indexing!r}")
    rank = len(xi)
    places = [1, 0, *range(2, rank)] if indexing == "xy" and rank > 1 else range(rank)
    arrays = [np.reshape(tensor_of(x), [-1 if j == i else 1 for j in range(rank)]) for x, i in zip(xi, places)]
    return tuple(arrays) if sparse else broadcast_arrays(*arrays)


# --- Triangles and diagonals ---


def _triangle(function: str, m: Any, k: int, keep: bool) -> Any:
    if not m.ndim:
        raise TypeError(f"{function}: a number has no triangle; give a vector or matrices")
    mask = np.tri(m.shape[-2:][0], m.shape[-1], k, bool)
    return np.where(mask, m, np.zeros((), m.dtype)) if keep else np.where(mask, np.zeros((), m.dtype), m)


@implements(np.tril)
def tril(m: Any, k: int = 0) -> Any:
    """Matrices with zeros above the k-th diagonal, NumPy's `tril`."""
    return _triangle("tril", m, k, True)


@implements(np.triu)
def triu(m: Any, k: int = 0) -> Any:
    """Matrices with zeros below the k-th diagonal, NumPy's `triu`."""
    return _triangle("triu", m, k - 1, False)


@implements(np.tril_indices_from)
def tril_indices_from(arr: Any, k: int = 0) -> tuple[Any, ...]:
    """The places of the lower triangle of a matrix, NumPy's `tril_indices_from` (constant)."""
    return tuple(map(tensor_of, np.tril_indices_from(np.broadcast_to(0, arr.shape), k)))


@implements(np.triu_indices_from)
def triu_indices_from(arr: Any, k: int = 0) -> tuple[Any, ...]:
    """The places of the upper triangle of a matrix, NumPy's `triu_indices_from` (constant)."""
    return tuple(map(tensor_of, np.triu_indices_from(np.broadcast_to(0, arr.shape), k)))


@implements(np.diag_indices_from)
def diag_indices_from(arr: Any) -> tuple[Any, ...]:
    """The places of the main diagonal, NumPy's `diag_indices_from` (constant)."""
    return tuple(map(tensor_of, np.diag_indices_from(np.broadcast_to(0, arr.shape))))


def _spread_on_diagonal(x: Any, shape: tuple[int, ...], offset: int, axis1: int, axis2: int) -> Any:
    """Zeros, with x on a diagonal."""
    out = np.zeros(shape, x.dtype)
    places = np.arange(x.shape[-1])
    np.moveaxis(out, (axis1, axis2), (-2, -1))[..., places + max(-offset, 0), places + max(offset, 0)] = x
    return out


diagonal_of: Any = linear(
    lambda x, offset, axis1, axis2: np.diagonal(x, offset, axis1, axis2),
    lambda g, x_shape, offset, axis1, axis2: on_diagonal(g, x_shape, offset, axis1, axis2),
    name="diagonal",
)
on_diagonal: Any = linear(
    _spread_on_diagonal,
    lambda g, offset, axis1, axis2: diagonal_of(g, offset, axis1, axis2),
    name="on_diagonal",
)


@implements(np.diagonal)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The diagonal over two axes as the last axis, NumPy's `diagonal`."""
    return diagonal_of(a, offset, axis1, axis2)


@implements(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    """The sum of a diagonal over two axes, NumPy's `trace`."""
    return np.sum(diagonal_of(a, offset, axis1, axis2), axis=-1, dtype=dtype)


@implements(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    """The matrix with a vector on its k-th diagonal, or the k-th diagonal of a matrix, NumPy's `diag`.

    >>> diag(Tensor([1.0, 2.0]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    if v.ndim == 2:
        return diagonal_of(v, k, 0, 1)
    if v.ndim != 1:
        raise ValueError(f"diag: shape {v.shape} must be that of a vector or a matrix")
    n = v.shape[0] + abs(k)
    return on_diagonal(v, (n, n), k, 0, 1)


@implements(np.diagflat)
def diagflat(v: Any, k: int = 0) -> Any:
    """The matrix with all elements of v on its k-th diagonal, NumPy's `diagflat`."""
    return diag(np.reshape(v, -1), k)


# --- Products ---


@implements(np.kron)
def kron(a: Any, b: Any) -> Any:
    """The Kronecker product: b, multiplied by each element of a in turn, as blocks, NumPy's `kron`."""
    a, b = tensor_of(a), tensor_of(b)
    rank = max(a.ndim, b.ndim)
    a, b = _with_axes(a, rank), _with_axes(b, rank)
    left = np.reshape(a, [m for n in a.shape for m in (n, 1)])
    right = np.reshape(b, [m for n in b.shape for m in (1, n)])
    return np.reshape(np.multiply(left, right), [n * m for n, m in zip(a.shape, b.shape)])


def _components(x: Any) -> list[Any]:
    return [x[..., i] for i in range(x.shape[-1])]


@implements(np.cross)
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """The cross product of vectors of three, NumPy's `cross`; a vector of two has 0 as its third component.

    >>> cross(Tensor([1.0, 0.0, 0.0]), Tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = tensor_of(a), tensor_of(b)
    if not a.ndim or not b.ndim:
        raise ValueError(f"cross: shapes {a.shape} and {b.shape} must have one axis at least, that of the components")
    a = np.moveaxis(a, normalize_axis_index(axisa, a.ndim, "cross: axisa"), -1)
    b = np.moveaxis(b, normalize_axis_index(axisb, b.ndim, "cross: axisb"), -1)
    if not {a.shape[-1], b.shape[-1]} <= {2, 3}:
        raise ValueError(f"cross: vectors must have 2 or 3 components, not {a.shape[-1]} and {b.shape[-1]}")
    (a0, a1, *a2), (b0, b1, *b2) = _components(a), _components(b)
    last = a0 * b1 - a1 * b0
    if not a2 and not b2:
        return last
    if a2 and b2:
        parts = [a1 * b2[0] - a2[0] * b1, a2[0] * b0 - a0 * b2[0], last]
    elif a2:
        parts = [-(a2[0] * b1), a2[0] * b0, last]
    else:
        parts = [a1 * b2[0], -(a0 * b2[0]), last]
    return np.stack(parts, normalize_axis_index(axisc, last.ndim + 1, "cross: axisc"))


def _outer_of_last(a: Any, b: Any) -> Any:
    return np.expand_dims(a, -1) * np.expand_dims(b, -2)


vecdot: Any = bilinear(
    np.vecdot, lambda g, b: np.expand_dims(g, -1) * b, lambda g, a: np.expand_dims(g, -1) * a, name="vecdot"
)
if hasattr(np, "matvec"):  # NumPy 2.2
    matvec: Any = bilinear(np.matvec, lambda g, b: _outer_of_last(g, b), lambda g, a: np.vecmat(g, a), name="matvec")
    vecmat: Any = bilinear(np.vecmat, lambda g, b: np.matvec(b, g), lambda g, a: _outer_of_last(a, g), name="vecmat")


# --- Copies, and arrays filled like others ---

_copy = linear(lambda x, order: np.copy(x, order), lambda g: g, name="copy")


@implements(np.copy)
def copy(a: Any, order: Any = "K", subok: bool = False) -> Any:
    """A copy, through which gradients flow, NumPy's `copy`."""
    return _copy(a, order)


@implements(np.full_like)
def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None, *,
    device: Any = None,
) -> Any:  # fmt: skip
    """An array of the shape and dtype of a, filled with one value, NumPy's `full_like`; a Tensor keeps its gradient."""
    empty = np.empty_like(a, dtype=dtype, order=order, shape=shape, device=device)
    if isinstance(fill_value, graph.Node):  # a Scalar
        fill_value, _, _ = engine.adopt(fill_value)
    if isinstance(fill_value, engine.Tensor):
        return np.broadcast_to(np.astype(fill_value, empty.dtype), empty.shape)
    if np.iscomplexobj(fill_value):
        raise TypeError("full_like: the value is complex, and complex Tensors are not supported")
    return tensor_of(np.full_like(empty._data, fill_value))


# --- Functions called with Tensors ---


@implements(np.apply_along_axis)
def apply_along_axis(func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """func1d of every vector of arr along `axis`, NumPy's `apply_along_axis`; it is called with Tensors, one by one."""
    axis = normalize_axis_index(axis, arr.ndim)
    lanes = np.moveaxis(arr, axis, -1)
    shape, size = lanes.shape[:-1], lanes.shape[-1]
    if not math.prod(shape):
        raise ValueError(f"apply_along_axis: there is no vector along axis {axis} of shape {arr.shape}")
    lanes = slices_of(np.reshape(lanes, (math.prod(shape), size)))
    results = [tensor_of(func1d(lane, *args, **kwargs)) for lane in lanes]
    results = [np.astype(np.broadcast_to(y, results[0].shape), results[0].dtype) for y in results]
    joined = np.reshape(np.stack(results), shape + results[0].shape)
    inner = results[0].ndim
    order = [*range(axis), *range(len(shape), len(shape) + inner), *range(axis, len(shape))]
    return np.transpose(joined, order)


@implements(np.apply_over_axes)
def apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Any:
    """func(x, axis) for one axis after the other, each result with as many axes as a, NumPy's `apply_over_axes`."""
    rank = a.ndim
    for axis in np.atleast_1d(axes).tolist():
        axis = axis + rank if axis < 0 else axis
        result = tensor_of(func(a, axis))
        if result.ndim != a.ndim:
            result = np.expand_dims(result, axis)
        if result.ndim != a.ndim:
            raise ValueError(f"apply_over_axes: the function returned a wrong shape, {result.shape}, for {a.shape}")
        a = result
    return a


# --- Indices ---


@implements(np.ix_)
def ix_(*args: Any) -> tuple[Any, ...]:
    """Vectors of indices as an index for all their combinations, NumPy's `ix_`."""
    out = []
    for i, x in enumerate(args):
        listed, x = isinstance(x, list | tuple), tensor_of(x)
        if x.ndim != 1:
            raise ValueError(f"ix_: indices must be vectors, and number {i} has shape {x.shape}")
        if listed and not x.shape[0]:
            x = np.astype(x, np.intp)
        elif x.dtype == bool:
            x = np.flatnonzero(x)
        out.append(np.reshape(tensor_of(x), [-1 if j == i else 1 for j in range(len(args))]))
    return tuple(out)
