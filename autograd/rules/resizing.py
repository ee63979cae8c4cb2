"""Axes made longer or shorter.

`blend`: each new element is a sum of old ones, by the numbers in a row of a matrix. Whatever is linear along one axis after the other (every kind of interpolation, averages of parts of unequal size) is this
one operation. The old elements that count for a new one are near each other, so that the matrix is a band of zeros beside
a diagonal; it is multiplied block by block.

`repeated`: each new element is a copy of an old one, in their order.

`padded`: borders of one value or of copies of what is inside; its transpose adds the copies up.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..op import general, linear

BLOCK = 16  # new elements in one product: larger ones multiply more zeros, smaller ones are slower for each number


def _blend(x: Any, axis: int, matrix: Any) -> Any:
    """Each vector along the axis, counted from the end, times the matrix (new size, old size)."""
    before, n, behind = x.shape[:axis], x.shape[axis], math.prod(x.shape[x.ndim + axis + 1 :])
    out = np.empty((*before, len(matrix), *x.shape[x.ndim + axis + 1 :]), x.dtype)
    lines, sums = x.reshape(math.prod(before), n, behind), out.reshape(math.prod(before), len(matrix), behind)
    for start in range(0, len(matrix), BLOCK):
        rows = matrix[start : start + BLOCK]
        (used,) = np.nonzero(rows.any(0))
        near = slice(used[0], used[-1] + 1) if len(used) else slice(0)
        if behind == 1:
            np.matmul(lines[:, near, 0], rows[:, near].T, out=sums[:, start : start + BLOCK, 0])
        else:
            np.matmul(rows[:, near], lines[:, near], out=sums[:, start : start + BLOCK])
    return out


blend: Any = linear(_blend, lambda g, axis, matrix: blend(g, axis, matrix.T), name="blend")


# --- Copies -----------------------------------------------------------------------------------------------------------


def _repeated(x: Any, axis: int, places: Any) -> Any:
    """The elements at these places along the axis, counted from the end; the places ascend."""
    return x.take(places, axis)


def _collected(g: Any, axis: int, places: Any, size: int) -> Any:
    """Zeros on an axis of this size, to which g is added at its places."""
    return _blend(g, axis, (np.arange(size)[:, None] == places).astype(g.dtype))


repeated: Any = linear(
    _repeated, lambda g, x_shape, axis, places: collected(g, axis, places, x_shape[axis]), name="repeated"
)
collected: Any = linear(_collected, lambda g, axis, places: repeated(g, axis, places), name="collected")


# --- Borders ----------------------------------------------------------------------------------------------------------

Pads = tuple[tuple[int, int], ...]  # how many elements come before and behind, for each of the last axes


def _inside(x_shape: tuple[int, ...], pads: Pads) -> tuple[Any, ...]:
    """The index of what is no border, in an array of this shape with borders."""
    return (..., *(slice(before, n - after) for n, (before, after) in zip(x_shape[-len(pads) :], pads)))


def _borders(shape: tuple[int, ...], pads: Pads, mode: str) -> list[tuple[Any, Any]]:
    """For each border the index of its elements, and of those whose copies they are; for the array with borders."""
    found = []
    for axis, (before, after) in zip(range(-len(pads), 0), pads):
        end = shape[axis] - after  # of the inside
        if mode == "reflect":
            sources = slice(2 * before, before, -1), slice(end - 2, end - 2 - after if end - 2 >= after else None, -1)
        elif mode == "replicate":
            sources = slice(before, before + 1), slice(end - 1, end)
        else:
            sources = slice(end - before, end), slice(before, before + after)
        behind = (slice(None),) * (-1 - axis)
        for count, target, source in zip((before, after), (slice(before), slice(end, None)), sources):
            if count:
                found.append(((..., target, *behind), (..., source, *behind)))
    return found


def _padded(x: Any, pads: Pads, mode: str, value: float) -> Any:
    rank = len(pads)
    shape = (*x.shape[: x.ndim - rank], *(b + n + a for n, (b, a) in zip(x.shape[x.ndim - rank :], pads)))
    if mode != "constant":
        out = np.empty(shape, x.dtype)
    else:
        out = np.full(shape, value, x.dtype) if value else np.zeros(shape, x.dtype)
    out[_inside(shape, pads)] = x
    for target, source in _borders(shape, pads, mode) if mode != "constant" else ():
        out[target] = out[source]
    return out


def _folded(g: Any, pads: Pads, mode: str) -> Any:
    """The inside of g, to whose elements their copies in the border have been added."""
    if mode != "constant":
        g = g.copy()
        for target, source in reversed(_borders(g.shape, pads, mode)):
            copies = g[target]
            if mode == "replicate":
                copies = np.add.reduce(copies, g.ndim - len(target) + 1, keepdims=True)
            g[source] += copies
    return g[_inside(g.shape, pads)]


padded: Any = general(_padded, lambda g, pads, mode: folded(g, pads, mode), name="padded")
folded: Any = general(_folded, lambda g, pads, mode: padded(g, pads, mode, 0.0), name="folded")
