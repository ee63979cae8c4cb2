"""Sums and maxima over windows on the last axes of an array, images of channels in most cases.

A window over several axes is taken one axis at a time, by one pass over the array for each place in a window, through
views that hold every `stride`-th element: nothing is padded or copied. The first axis comes first, whose passes run
along rows.
"""

from __future__ import annotations

import functools
import itertools
import math
from typing import Any

import numpy as np

from ..op import constant, general, linear

Windows = tuple[int, int, int, int, int]
"""(kernel, stride, padding, dilation, count): element i of window j is number j · stride + i · dilation - padding.

Windows are on an axis; what lies beyond its ends is left out.
"""


def _overlap(windows: Windows) -> bool:
    kernel, stride, _, dilation, _ = windows
    return stride < (kernel - 1) * dilation + 1


def _tile(windows: Windows, size: int) -> bool:
    """Whether each element of an axis of this size is in one window."""
    kernel, stride, padding, dilation, count = windows
    return stride == kernel and dilation == 1 and padding == 0 and count * kernel == size


@functools.lru_cache(1024)
def _steps(windows: Windows, size: int) -> list[tuple[int, slice, slice]]:
    """For each place in a window: its distance from the start, the windows that have an element there, these elements."""
    kernel, stride, padding, dilation, count = windows
    found = []
    for place in range(0, kernel * dilation, dilation):
        start = place - padding
        first, end = max(0, -(start // stride)), min(count, (size - 1 - start) // stride + 1)
        if first < end:
            elements = slice(first * stride + start, (end - 1) * stride + start + 1, stride)
            found.append((place, slice(first, end), elements))
    return found


def _along(axis: int, steps: list[tuple[int, slice, slice]]) -> list[tuple[Any, Any]]:
    behind = (slice(None),) * (-1 - axis)
    return [((..., used, *behind), (..., elements, *behind)) for _, used, elements in steps]


def _resized(x: Any, axis: int, size: int) -> tuple[int, ...]:
    return (*x.shape[:axis], size, *x.shape[x.ndim + axis + 1 :])


def _accumulate(add: Any, start: float, x: Any, windows: tuple[Windows, ...]) -> Any:
    """`add` over the elements of each window; `start` where there are none."""
    if all(on[-1] == 1 and _tile(on, n) for on, n in zip(windows, x.shape[-len(windows) :])):  # global pooling
        return add.reduce(x, axis=tuple(range(-len(windows), 0)), keepdims=True)
    for axis in range(-len(windows), 0):
        steps = _along(axis, _steps(windows[axis], x.shape[axis]))
        shape = _resized(x, axis, windows[axis][-1])
        if len(steps) > 1 and all(x[elements].shape == shape for _, elements in steps):
            out = add(x[steps[0][1]], x[steps[1][1]])
            for _, elements in steps[2:]:
                add(out, x[elements], out=out)
        else:
            out = np.full_like(x, start, shape=shape)
            for used, elements in steps:
                add(out[used], x[elements], out=out[used])
        x = out
    return x


# --- Sums -------------------------------------------------------------------------------------------------------------


def _window_sums(x: Any, windows: tuple[Windows, ...], sizes: tuple[int, ...], divisor: float) -> Any:
    out = _accumulate(np.add, 0, x, windows)
    if divisor != 1:
        out /= divisor
    return out


def _spread(g: Any, windows: tuple[Windows, ...], sizes: tuple[int, ...], divisor: float) -> Any:
    """Each number put into all elements of its window, on axes of these sizes, and their sum where windows overlap."""
    if divisor != 1:
        g = g / divisor
    for axis in range(-1, -len(windows) - 1, -1):
        on, size = windows[axis], sizes[axis]
        if on[-1] == 1 and _tile(on, size):
            g = np.broadcast_to(g, _resized(g, axis, size))
            continue
        out = (np.empty_like if _tile(on, size) else np.zeros_like)(g, shape=_resized(g, axis, size))
        for used, elements in _along(axis, _steps(on, size)):
            if _overlap(on):
                out[elements] += g[used]
            else:
                out[elements] = g[used]
        g = out
    return g


window_sums: Any = linear(
    _window_sums, lambda g, windows, sizes, divisor: spread(g, windows, sizes, divisor), name="window_sums"
)
spread: Any = linear(
    _spread, lambda g, windows, sizes, divisor: window_sums(g, windows, sizes, divisor), name="spread_over_windows"
)


# --- Maxima -----------------------------------------------------------------------------------------------------------


def _window_maxima(x: Any, windows: tuple[Windows, ...]) -> Any:
    return _accumulate(np.maximum, -math.inf, x, windows)


@functools.lru_cache(64)
def _geometry(windows: tuple[Windows, ...], sizes: tuple[int, ...]) -> tuple[Any, Any, Any]:
    """The places in a window, as indices of windows and elements; their distances from its start; the windows' starts.

    Both are numbers in the flattened axes.
    """
    scale = [math.prod(sizes[i + 1 :]) for i in range(len(sizes))]
    steps = list(itertools.product(*(_steps(on, n) for on, n in zip(windows, sizes))))
    distances = np.array([sum(step[0] * s for step, s in zip(places, scale)) for places in steps])
    starts = functools.reduce(
        np.add.outer,
        [(np.arange(count) * stride - padding) * s for (_, stride, padding, _, count), s in zip(windows, scale)],
    )
    indices = [((..., *(step[1] for step in places)), (..., *(step[2] for step in places))) for places in steps]
    return indices, distances, starts


def _first_maxima(x: Any, top: Any, windows: tuple[Windows, ...]) -> Any:
    """Where each window has its maximum `top`, at the first of equals: a number in the flattened last axes."""
    rank = len(windows)
    lead, sizes = x.shape[: x.ndim - rank], x.shape[x.ndim - rank :]
    indices, distances, starts = _geometry(windows, sizes)
    if len(indices) > 16 and all(
        _tile(on, n) for on, n in zip(windows, sizes)
    ):  # windows side by side, each made a row
        cut = x.reshape(*lead, *(n for on in windows for n in (on[-1], on[0])))
        order = [len(lead) + i for i in (*range(0, 2 * rank, 2), *range(1, 2 * rank, 2))]
        before = cut.transpose(*range(len(lead)), *order).reshape(*top.shape, -1).argmax(-1)
    else:
        before = np.zeros(
            top.shape, np.min_scalar_type(len(indices))
        )  # places of a window that come before its maximum
        searching = np.ones(top.shape, bool)
        for used, elements in indices[:-1]:
            searching[used] &= x[elements] < top[used]
            before += searching.view(np.uint8)
    out = distances.take(before, mode="clip")  # which spares it a copy
    out += starts
    return out


def _lines(places: Any, size: int, rank: int) -> Any:
    """Numbers in the flattened last axes as numbers in the whole array, flattened."""
    lead, last = places.shape[: places.ndim - rank], places.shape[places.ndim - rank :]
    lines = places.reshape(math.prod(lead), math.prod(last))
    return (lines + np.arange(math.prod(lead))[:, None] * size).ravel()


def _put(g: Any, places: Any, sizes: tuple[int, ...]) -> Any:
    """Zeros on last axes of these sizes, to which g is added at its places, numbers in these axes flattened."""
    rank = len(sizes)
    out = np.zeros((*g.shape[: g.ndim - rank], *sizes), g.dtype)
    np.add.at(out.reshape(-1), _lines(places, math.prod(sizes), rank), g.ravel())  # as fast as a loop in C, in one axis
    return out


def _take(x: Any, places: Any, rank: int) -> Any:
    """The elements of x at these places in its last axes."""
    return x.ravel()[_lines(places, math.prod(x.shape[x.ndim - rank :]), rank)].reshape(places.shape)


def _last_of_equals(places: Any, size: int, rank: int) -> Any:
    """These places in last axes of `size` elements, but `size` for those that come again later."""
    lines = _lines(places, size, rank)
    order = np.arange(lines.size)
    last = np.empty(lines.max(initial=-1) + 1, np.intp)
    last[lines] = order
    return np.where((last[lines] == order).reshape(places.shape), places, size)


last_of_equals: Any = constant(_last_of_equals, name="last_of_equals")
first_maxima: Any = constant(_first_maxima, name="first_maxima", arrays=2)
put: Any = general(_put, lambda g, places, sizes: take(g, places, len(sizes)), None, name="put_into_windows")
take: Any = general(
    _take,
    lambda g, places, x_shape, rank: put(g, places, x_shape[len(x_shape) - rank :]),
    None,
    name="take_from_windows",
)
window_maxima: Any = general(
    _window_maxima,
    lambda g, x, out, x_shape, windows: put(g, first_maxima(x, out, windows), x_shape[-len(windows) :]),
    name="window_maxima",
)
