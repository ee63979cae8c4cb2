"""Operations that move elements without computing: reshaping, permuting, joining, splitting, repeating, padding."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from .. import graph
from ..arrays import engine
from ..op import axes_of, constant, implements, linear
from .indexing import getitem
from .reductions import broadcast

# --- One array, its axes ---

_reshape = linear(
    lambda x, shape, order: np.reshape(x, shape, order=order),
    lambda g, x_shape, order: np.reshape(g, x_shape, order=order),
    name="reshape",
)
_transpose = linear(
    lambda x, axes: np.transpose(x, axes),
    lambda g, axes: np.transpose(g, None if axes is None else _inverse(axes)),
    name="transpose",
)


def _inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(range(len(axes)), key=lambda i: axes[i] % len(axes)))


def _ints(shape: Any) -> tuple[int, ...]:
    return tuple(map(operator.index, shape)) if isinstance(shape, Sequence) else (operator.index(shape),)


@implements(np.reshape)
def reshape(x: Any, shape: Any, order: str = "C", *, copy: bool | None = None) -> Any:
    """x's elements in another shape; one size may be -1.

    >>> reshape(Tensor([1.0, 2.0, 3.0, 4.0]), (2, -1)).shape
    (2, 2)
    """
    return _reshape(x, _ints(shape), _layout(x) if order in ("A", "a") else order)


@implements(np.ravel)
def ravel(x: Any, order: str = "C") -> Any:
    """x as a vector; `order` says in which order its elements are read, "K" in that of memory."""
    if order in ("K", "k"):
        x, order = transpose(x, _axes_in_memory(values_of(x))), "C"
    line = _reshape(x, (-1,), _layout(x) if order in ("A", "a") else order)
    return line if values_of(line).flags.c_contiguous else np.copy(line)


def _layout(x: Any) -> str:
    """What the order "A" means for x: a gradient, which has a layout of its own, must be read in the same order."""
    return "F" if values_of(x).flags.fnc else "C"


def _axes_in_memory(x: Any) -> list[int]:
    """The axes by falling stride, as NumPy sorts them: what has no stride stays where it is."""
    strides = [abs(s) if n > 1 else 0 for s, n in zip(x.strides, x.shape)]
    axes: list[int] = []  # the innermost first
    for i in reversed(range(x.ndim)):
        place = len(axes)
        for j in reversed(range(len(axes))):
            if strides[i] and strides[axes[j]]:
                if strides[axes[j]] <= strides[i]:
                    break
                place = j
        axes.insert(place, i)
    return axes[::-1]


def values_of(x: Any) -> Any:
    """The array of a Tensor, whose layout may be asked for, or the array itself."""
    return np.asarray(x._data if isinstance(x, engine.Tensor) else x)


@implements(np.transpose, np.permute_dims)
def transpose(x: Any, axes: Any = None) -> Any:
    """x with its axes permuted (None: reversed)."""
    return _transpose(x, None if axes is None else _ints(axes))


@implements(np.swapaxes)
def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """x with two axes exchanged."""
    axes = list(range(x.ndim))
    i, j = normalize_axis_index(axis1, x.ndim), normalize_axis_index(axis2, x.ndim)
    axes[i], axes[j] = j, i
    return _transpose(x, tuple(axes))


@implements(np.moveaxis)
def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    """x with some axes moved to new places, the others in their order."""
    sources, places = (
        normalize_axis_tuple(source, x.ndim, "source"),
        normalize_axis_tuple(destination, x.ndim, "destination"),
    )
    if len(sources) != len(places):
        raise ValueError(
            f"moveaxis: {len(sources)} source axes for {len(places)} destinations; their numbers must agree"
        )
    axes = [i for i in range(x.ndim) if i not in sources]
    for place, i in sorted(zip(places, sources)):
        axes.insert(place, i)
    return _transpose(x, tuple(axes))


@implements(np.matrix_transpose)
def matrix_transpose(x: Any) -> Any:
    """x with its last two axes exchanged."""
    return swapaxes(x, -1, -2)


@implements(np.expand_dims)
def expand_dims(x: Any, axis: Any) -> Any:
    """x with new axes of size 1 at the places `axis` of the result."""
    rank = x.ndim + (len(axis) if isinstance(axis, Sequence) else 1)
    places = set(normalize_axis_tuple(axis, rank))
    sizes = iter(x.shape)
    return _reshape(x, tuple(1 if i in places else next(sizes) for i in range(rank)), "C")


@implements(np.squeeze)
def squeeze(x: Any, axis: Any = None) -> Any:
    """x without its axes of size 1, or without those named."""
    if axis is None:
        return _reshape(x, tuple(n for n in x.shape if n != 1), "C")
    axes = normalize_axis_tuple(axis, x.ndim, f"squeeze of shape {x.shape}")
    for i in axes:
        if x.shape[i] != 1:
            raise ValueError(f"squeeze: axis {i} has size {x.shape[i]}; only axes of size 1 can be removed")
    return _reshape(x, tuple(n for i, n in enumerate(x.shape) if i not in axes), "C")


@implements(np.broadcast_to)
def broadcast_to(x: Any, shape: Any, subok: bool = False) -> Any:
    """x repeated along new axes and axes of size 1; the gradient is the sum over the copies."""
    shape = _ints(shape)
    np.broadcast_shapes(x.shape, shape)
    if len(x.shape) > len(shape) or any(n != m and n != 1 for n, m in zip(x.shape[::-1], shape[::-1])):
        raise ValueError(f"broadcast_to: shape {x.shape} cannot become {shape}; each axis must be equal or have size 1")
    return broadcast(x, shape)


@implements(np.flip)
def flip(x: Any, axis: Any = None) -> Any:
    """x with the order of its elements along `axis` (None: all) reversed."""
    return _flip(x, axes_of(axis, x))


_flip = linear(lambda x, axis: np.flip(x, axis), lambda g, axis: np.flip(g, axis), name="flip")


@implements(np.roll)
def roll(x: Any, shift: Any, axis: Any = None) -> Any:
    """x with elements shifted along `axis`, those that fall off the end coming back at the front."""
    return _roll(x, shift, axis)


_roll = linear(
    lambda x, shift, axis: np.roll(x, shift, axis),
    lambda g, shift, axis: np.roll(g, tuple(-s for s in shift) if isinstance(shift, Sequence) else -shift, axis),
    name="roll",
)

_astype = linear(lambda x, dtype: x.astype(dtype), lambda g: g, name="astype")
_round_down = constant(lambda x, dtype: x.astype(dtype), name="astype_integer")


@implements(np.astype)
def astype(x: Any, dtype: Any, *, copy: bool = True) -> Any:
    """A copy of x in another dtype; the gradient comes back in x's own. From floating to integer, no gradient flows.

    With copy=False, x itself if it has the dtype.
    """
    found = in_dtype(x, dtype)
    return np.copy(x) if found is x and copy else found


def in_dtype(x: Any, dtype: Any) -> Any:
    """x itself if it has the dtype, else a copy."""
    dtype = np.dtype(dtype)
    if dtype.kind == "c":
        raise TypeError("complex Tensors are not supported; keep real and imaginary parts as two real Tensors")
    if dtype == np.float16:
        raise TypeError("float16 is not supported; use float32")
    if dtype == x.dtype:
        return x
    return _astype(x, dtype) if dtype.kind == "f" else _round_down(x, dtype)


# --- Several arrays: joining and splitting ---


def _cuts(shapes: Sequence[tuple[int, ...]], axis: int) -> list[tuple[slice, ...]]:
    rank, start, cuts = len(shapes[0]), 0, []
    axis %= rank
    for shape in shapes:
        cuts.append(tuple(slice(start, start + shape[axis]) if i == axis else slice(None) for i in range(rank)))
        start += shape[axis]
    return cuts


def _concatenate(xs: Any, axis: int) -> Any:
    return np.concatenate(xs, axis=axis)


def _concatenate_rule(g: Any, xs_shape: Any, axis: int, needs: Any) -> Any:
    return [g[cut] if n else None for cut, n in zip(_cuts(xs_shape, axis), needs)]


def _stack(xs: Any, axis: int) -> Any:
    if axis == 0 and len(xs) and all(not x.shape for x in xs):
        return np.array(xs)  # scalars, the commonest stack: five times faster than np.stack
    return np.stack(xs, axis=axis)


def _stack_rule(g: Any, axis: int, needs: Any) -> Any:
    before = (slice(None),) * (axis % len(g.shape))
    return [g[(*before, i)] if n else None for i, n in enumerate(needs)]


_concatenate = linear(_concatenate, _concatenate_rule)
_stack = linear(_stack, _stack_rule)


@implements(np.concatenate)
def concatenate(arrays: Any, axis: int | None = 0, *, dtype: Any = None) -> Any:
    """The arrays one after the other along `axis` (None: each flattened first).

    >>> concatenate([Tensor([1.0]), Tensor([2.0, 3.0])])
    tensor([1., 2., 3.])
    """
    arrays = tuple(arrays)
    if axis is None:
        arrays, axis = tuple(np.reshape(x, -1) for x in arrays), 0
    if dtype is not None:
        arrays = tuple(x.astype(dtype) for x in arrays)
    return _concatenate(arrays, axis)


@implements(np.stack)
def stack(arrays: Any, axis: int = 0, *, dtype: Any = None) -> Any:
    """Arrays of one shape, joined along a new axis."""
    joined = _stack(tuple(arrays), axis)
    return joined if dtype is None else joined.astype(dtype)


def _array(x: Any) -> Any:
    """What has axes, of a list of numbers or a number too."""
    if isinstance(x, graph.Node):  # a Scalar
        return engine.adopt(x)[0]
    return x if hasattr(x, "ndim") else np.asarray(x)


@implements(np.vstack)
def vstack(arrays: Any, *, dtype: Any = None) -> Any:
    """Arrays joined as rows."""
    return concatenate([x if x.ndim > 1 else np.reshape(x, (1, -1)) for x in map(_array, arrays)], 0, dtype=dtype)


@implements(np.hstack)
def hstack(arrays: Any, *, dtype: Any = None) -> Any:
    """Arrays joined as columns (vectors: end to end)."""
    arrays = [x if x.ndim else np.reshape(x, 1) for x in map(_array, arrays)]
    return concatenate(arrays, 0 if arrays[0].ndim == 1 else 1, dtype=dtype)


@implements(np.array_split)
def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """x cut along `axis` into pieces of nearly equal size, or before the given indices."""
    axis = normalize_axis_index(axis, x.ndim)
    size = x.shape[axis]
    if isinstance(indices_or_sections, Sequence | np.ndarray):
        bounds = [0, *map(operator.index, indices_or_sections), size]
    else:
        sections = operator.index(indices_or_sections)
        if sections <= 0:
            raise ValueError(f"split: {sections} sections; their number must be positive")
        each, more = divmod(size, sections)
        bounds = [0]
        for i in range(sections):
            bounds.append(bounds[-1] + each + (i < more))
    before = (slice(None),) * axis
    return [getitem(x, (*before, slice(start, stop))) for start, stop in pairwise(bounds)]


@implements(np.split)
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """x cut along `axis` into equal pieces, or before the given indices."""
    if not isinstance(indices_or_sections, Sequence | np.ndarray):
        size = x.shape[normalize_axis_index(axis, x.ndim)]
        if indices_or_sections > 0 and size % indices_or_sections:
            raise ValueError(
                f"split: axis {axis} of size {size} does not split into {indices_or_sections} equal pieces"
            )
    return array_split(x, indices_or_sections, axis)


# --- Repeating and padding ---


@implements(np.repeat)
def repeat(x: Any, repeats: Any, axis: int | None = None) -> Any:
    """Each element repeated, `repeats` times or as many times as `repeats` says for it."""
    if axis is None:
        x, axis = np.reshape(x, -1), 0
    axis = normalize_axis_index(axis, x.ndim)
    if isinstance(repeats, int | np.integer):
        if repeats == 1:
            return np.copy(x)
        shape = (*x.shape[: axis + 1], int(repeats), *x.shape[axis + 1 :])
        wide = broadcast_to(expand_dims(x, axis + 1), shape)
        return np.reshape(wide, (*shape[:axis], shape[axis] * int(repeats), *shape[axis + 2 :]))
    index = np.repeat(np.arange(x.shape[axis]), repeats)
    return getitem(x, (slice(None),) * axis + (index,))


@implements(np.tile)
def tile(x: Any, reps: Any) -> Any:
    """x repeated as a block, `reps` times along each axis."""
    reps = _ints(reps)
    rank = max(len(reps), x.ndim)
    shape = (1,) * (rank - x.ndim) + tuple(x.shape)
    reps = (1,) * (rank - len(reps)) + reps
    if math.prod(reps) == 1 and shape == x.shape:
        return +x
    pairs = [n for r, s in zip(reps, shape) for n in (r, s)]
    spread = np.reshape(x, [n for s in shape for n in (1, s)])
    return np.reshape(broadcast_to(spread, pairs), [r * s for r, s in zip(reps, shape)])


_pad = linear(
    lambda x, widths: np.pad(x, widths),
    lambda g, x_shape, widths: g[tuple(slice(before, before + n) for (before, _), n in zip(widths, x_shape))],
    name="pad",
)


@implements(np.pad)
def pad(x: Any, pad_width: Any, mode: Any = "constant", **how: Any) -> Any:
    """x with a border. Constants get no gradient; in the other modes a border is computed from the elements of x.

    Modes: constant (`constant_values`), linear_ramp (`end_values`), maximum, minimum, mean and median (`stat_length`),
    reflect and symmetric (`reflect_type`: "even" or "odd"), edge, wrap, empty.
    """
    if callable(mode):
        raise TypeError("pad: a function as mode writes into an array, which loses the graph; write np.concatenate")
    if mode not in _BORDERS:
        raise ValueError(f"pad: mode {mode!r} is not supported; use one of {', '.join(_BORDERS)}")
    if unknown := set(how) - {_BORDERS[mode]}:
        raise ValueError(f"pad: mode {mode!r} does not take {', '.join(sorted(unknown))}")
    widths = _widths(pad_width, x.ndim)
    if mode in ("constant", "empty"):
        fill = how.get("constant_values", 0)
        if np.iscomplexobj(fill):
            raise TypeError("pad: constant_values is complex, and complex Tensors are not supported")
        padded = _pad(x, widths)
        if np.ndim(fill) == 0 and not hasattr(fill, "requires_grad") and fill == 0:
            return padded
        inside = np.pad(np.ones(x.shape, bool), widths)
        border = np.pad(np.zeros(x.shape), widths, constant_values=fill).astype(x.dtype)
        return np.where(inside, padded, border)
    ends = _pairs("end_values", how.get("end_values", 0), x.ndim)
    lengths = [[None, None]] * x.ndim
    if how.get("stat_length") is not None:
        lengths = _pairs("stat_length", how["stat_length"], x.ndim)
    given, odd = x, how.get("reflect_type", "even") == "odd" and mode in ("reflect", "symmetric")
    for axis, (before, after) in enumerate(widths):
        n = x.shape[axis]
        if mode in ("maximum", "minimum") and 0 in lengths[axis]:
            raise ValueError("pad: stat_length of 0 yields no value for padding")
        if not before and not after:
            continue
        if not n:
            raise ValueError(f"pad: can't extend empty axis {axis} with mode {mode!r}; use 'constant' or 'empty'")
        if mode in _STATISTICS:
            x = _joined(axis, *_statistics(x, axis, (before, after), lengths[axis], _STATISTICS[mode]))
        elif mode == "linear_ramp":
            x = _joined(axis, *_ramps(x, axis, (before, after), ends[axis]))
        elif odd and n > 1:
            x = _reflected(x, axis, before, after, mode == "symmetric")
        else:
            index = np.pad(np.arange(n), (before, after), mode=mode)
            x = getitem(x, (slice(None),) * axis + (index,))
    return _reshape(x, x.shape, "C") if x is given else x


_BORDERS = {
    "constant": "constant_values", "linear_ramp": "end_values", "maximum": "stat_length", "minimum": "stat_length",
    "mean": "stat_length", "median": "stat_length", "reflect": "reflect_type", "symmetric": "reflect_type",
    "edge": "", "wrap": "", "empty": "",
}  # fmt: skip
_STATISTICS = {"maximum": np.max, "minimum": np.min, "mean": np.mean, "median": np.median}


def _widths(pad_width: Any, rank: int) -> Any:
    """(before, after) for each axis."""
    if isinstance(pad_width, dict):  # by axis; the others get no border
        given = {normalize_axis_index(axis, rank): width for axis, width in pad_width.items()}
        pad_width = [np.broadcast_to(given.get(axis, 0), 2) for axis in range(rank)]
    widths = np.asarray(pad_width)
    if widths.dtype.kind not in "iu":
        raise TypeError(f"pad: pad_width must be whole numbers, not {widths.dtype}")
    if widths.size and widths.min() < 0:
        raise ValueError(f"pad: pad_width can't contain negative values, and is {widths.tolist()}")
    return _pairs("pad_width", widths, rank)


def _pairs(name: str, values: Any, rank: int) -> Any:
    try:
        return np.broadcast_to(values, (rank, 2)).tolist()
    except ValueError:
        raise ValueError(f"pad: {name} of shape {np.shape(values)} is not a pair for each of {rank} axes") from None


def _part(x: Any, axis: int, start: int | None, stop: int | None) -> Any:
    return getitem(x, (slice(None),) * axis + (slice(start, stop),))


def _joined(axis: int, *parts: Any) -> Any:
    return np.concatenate([part for part in parts if part.shape[axis]], axis)


def _statistics(x: Any, axis: int, widths: Any, lengths: Any, function: Any) -> tuple[Any, Any, Any]:
    """What goes before x, x, and what goes after it."""
    n = x.shape[axis]
    first, last = (n if length is None else min(length, n) for length in lengths)
    found = []
    for part, width in zip((_part(x, axis, 0, first), _part(x, axis, n - last, n)), widths):
        value = function(part, axis=axis, keepdims=True)
        if x.dtype.kind in "iu":
            value = np.rint(value)
        shape = (*x.shape[:axis], width, *x.shape[axis + 1 :])
        found.append(np.broadcast_to(np.astype(value, x.dtype), shape))
    return found[0], x, found[1]


def _ramps(x: Any, axis: int, widths: Any, ends: Any) -> tuple[Any, Any, Any]:
    n, found = x.shape[axis], []
    for edge, width, end in zip((_part(x, axis, 0, 1), _part(x, axis, n - 1, n)), widths, ends):
        step = (np.astype(edge, np.float64) - end) / max(width, 1)
        ramp = step * np.reshape(np.arange(width), [-1 if i == axis else 1 for i in range(x.ndim)]) + end
        found.append(np.astype(np.floor(ramp) if x.dtype.kind in "iu" else ramp, x.dtype))
    return found[0], x, np.flip(found[1], axis)


def _reflected(x: Any, axis: int, before: int, after: int, symmetric: bool) -> Any:
    """x with its mirror image through the point at each edge, again and again until the border is as wide as wanted."""
    skip = 0 if symmetric else 1
    period = x.shape[axis] - skip
    while before or after:
        n = x.shape[axis]
        whole = (n - skip) // period * period
        left, right = min(whole, before), min(whole, after)
        first = 2 * _part(x, axis, 0, 1) - np.flip(_part(x, axis, skip, skip + left), axis)
        last = 2 * _part(x, axis, n - 1, n) - np.flip(_part(x, axis, n - skip - right, n - skip), axis)
        x = _joined(axis, first, x, last)
        before, after = before - left, after - right
    return x
