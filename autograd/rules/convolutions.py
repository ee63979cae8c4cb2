"""Sums over windows, with weights: convolution, what it becomes when it is turned round, and windows as columns.

    out[n, o, j] = Σ_c Σ_i weight[o, c, i] · x[n, c, j · stride + i · dilation - padding]

over any number of axes behind n and c. It is linear in x and in the weight, and ⟨g, out⟩, a sum over x, weight and g, can be
differentiated by each: by g it is `convolution`, by x `convolution_input` (PyTorch's transposed convolution), by the
weight `convolution_weight`. So each is the other two's derivative, and three declarations serve every order.

All are matrix products. The windows of a few samples are copied side by side into a matrix of columns, small enough for the
cache, and multiplied with the weight. Which numbers are copied side by side decides how fast that is: those of all
channels if channels are many ("by channels": n, position, channel), else those of a line (n, channel, position). Results
are in the usual order, in which pooling and normalisation are fast; each block is brought into it while it is in the cache.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..op import general, linear
from .pooling import Windows

BLOCK = 1 << 17  # numbers of columns that are made at a time: in float32 half a megabyte, which a core's cache holds
RUN = 24  # so many numbers side by side are copied fast enough
Lattice = tuple[Windows, ...]  # how windows lie along each axis


# --- Memory -----------------------------------------------------------------------------------------------------------


def _shape(windows: Lattice) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """How many windows there are along each axis, and how many elements one has."""
    return tuple(count for *_, count in windows), tuple(kernel for kernel, *_ in windows)


def _reach(windows: Lattice) -> list[int]:
    """How many elements of each axis there are from the first window's first to the last window's last."""
    return [(count - 1) * stride + (kernel - 1) * dilation + 1 for kernel, stride, _, dilation, count in windows]


def _side_by_side(windows: Lattice, channels: int, groups: int) -> bool:
    """Whether columns are to be copied by channels, rather than by lines."""
    kernel, _, _, dilation, count = windows[-1]
    run = channels * kernel if groups == 1 and dilation == 1 else channels
    return run >= min(RUN, count)


def _empty(shape: tuple[int, ...], dtype: Any, by_channels: bool, new: Any = np.empty) -> Any:
    """An array (n, channel, *positions), whose memory may be in the other order."""
    n, channels, *positions = shape
    return np.moveaxis(new((n, *positions, channels), dtype), -1, 1) if by_channels else new(shape, dtype)


def _is_by_channels(x: Any) -> bool:
    return bool(np.moveaxis(x, 1, -1).flags.c_contiguous)


def _framed(x: Any, windows: Lattice, by_channels: bool) -> Any:
    """x from the first element of the first window on, with zeros wherever windows reach beyond it."""
    ends = _reach(windows)
    x = x[(..., *(slice(max(0, -padding), None) for _, _, padding, _, _ in windows))]
    before = [max(0, padding) for _, _, padding, _, _ in windows]
    if not any(before) and all(n >= end for n, end in zip(x.shape[2:], ends)):
        if not by_channels:
            return np.ascontiguousarray(x)
        return x if _is_by_channels(x) else np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)
    shape = [max(end, b + n) for end, b, n in zip(ends, before, x.shape[2:])]
    framed = _empty((*x.shape[:2], *shape), x.dtype, by_channels, np.zeros)
    framed[(..., *(slice(b, b + n) for b, n in zip(before, x.shape[2:])))] = x
    return framed


def _seen(framed: Any, windows: Lattice, groups: int) -> Any:
    """All windows, as a view (n, group, channel, *windows, *elements)."""
    n, channels, *_ = framed.shape
    counts, kernel = _shape(windows)
    by_n, by_channel, *steps = framed.strides
    return as_strided(
        framed,
        (n, groups, channels // groups, *counts, *kernel),
        (
            *(by_n, by_channel * (channels // groups), by_channel),
            *(step * stride for step, (_, stride, _, _, _) in zip(steps, windows)),
            *(step * dilation for step, (_, _, _, dilation, _) in zip(steps, windows)),
        ),
    )


def _blocks(samples: int, counts: tuple[int, ...], each: int, limit: int) -> Iterator[tuple[slice, slice, int]]:
    """Samples, lines of windows, and how many windows these are: so many at a time that `each` numbers a window fit."""
    lines, line = counts[0], math.prod(counts[1:])
    at_once = max(1, limit // max(1, each * line))
    if at_once >= lines:
        step = at_once // max(1, lines)
        for n in range(0, samples, step):
            end = min(n + step, samples)
            yield slice(n, end), slice(0, lines), (end - n) * lines * line
    else:
        for n in range(samples):
            for start in range(0, lines, at_once):
                end = min(start + at_once, lines)
                yield slice(n, n + 1), slice(start, end), (end - start) * line


def _grouped(x: Any, groups: int) -> Any:
    """x as (n, group, channel, *positions): a view."""
    n, channels, *positions = x.shape
    return x.reshape(n, groups, channels // groups, *positions)


class _Rows:
    """The numbers of x, as matrices (group, channel, position) of some samples and lines."""

    def __init__(self, x: Any, groups: int) -> None:
        self.by_channels = groups < x.shape[1] and _is_by_channels(x)
        x = _grouped(x if self.by_channels else np.ascontiguousarray(x), groups)
        positions = range(3, x.ndim)
        self.x = x.transpose((1, 0, *positions, 2) if self.by_channels else (1, 2, 0, *positions))
        self.groups, self.channels = groups, x.shape[2]

    def __call__(self, n: slice, lines: slice, positions: int) -> Any:
        """A copy, unless they stand in memory as they are."""
        if self.by_channels:
            return self.x[:, n, lines].reshape(self.groups, positions, self.channels).swapaxes(1, 2)
        return self.x[:, :, n, lines].reshape(self.groups, self.channels, positions)


class _Columns:
    """All windows, as matrices (group, position, element of a window) of some samples and lines."""

    def __init__(self, x: Any, windows: Lattice, groups: int, by_channels: bool) -> None:
        _, kernel = _shape(windows)
        rank, channels = len(windows), x.shape[1] // groups
        seen = _seen(_framed(x, windows, by_channels), windows, groups)
        positions, elements = range(3, 3 + rank), range(3 + rank, 3 + 2 * rank)
        order = (1, 0, *positions, *elements, 2) if by_channels else (1, 2, *elements, 0, *positions)
        self.seen, self.by_channels = seen.transpose(order), by_channels
        self.before = (slice(None),) * (1 if by_channels else 2 + rank)
        self.groups, self.elements = groups, channels * math.prod(kernel)

    def __call__(self, n: slice, lines: slice, positions: int) -> Any:
        """A copy, unless they stand in memory as they are."""
        block = self.seen[(*self.before, n, lines)]
        if self.by_channels:
            return block.reshape(self.groups, positions, self.elements)
        return block.reshape(self.groups, self.elements, positions).swapaxes(1, 2)


def _as_matrices(weight: Any, groups: int, by_channels: bool) -> Any:
    """The weight as matrices (group, element of a window, channel of the result)."""
    out, channels, *kernel = weight.shape
    weight = weight.reshape(groups, out // groups, channels, *kernel)
    order = (0, *range(3, weight.ndim), 2, 1) if by_channels else (0, 2, *range(3, weight.ndim), 1)
    return weight.transpose(order).reshape(groups, channels * math.prod(kernel), out // groups)


# --- Convolution ------------------------------------------------------------------------------------------------------


def _convolution(x: Any, weight: Any, bias: Any, windows: Lattice, groups: int) -> Any:
    counts, kernel = _shape(windows)
    out_channels, channels = weight.shape[:2]
    by_channels = _side_by_side(windows, channels, groups)
    columns, matrices = _Columns(x, windows, groups, by_channels), _as_matrices(weight, groups, by_channels)
    out = np.empty((len(x), out_channels, *counts), np.result_type(x, weight))
    parts, width, rank = _grouped(out, groups), out_channels // groups, len(counts)
    if bias is not None:
        bias = bias.reshape(groups, width, *(1 for _ in counts))
    order = (1, 0, 2 + rank, *range(2, 2 + rank)) if by_channels else (2, 0, 1, *range(3, 3 + rank))
    for n, lines, positions in _blocks(len(x), counts, x.shape[1] * math.prod(kernel), BLOCK):
        part, block = parts[n, :, :, lines], columns(n, lines, positions)
        shape = len(part), *part.shape[3:]
        if by_channels:
            product = np.matmul(block, matrices).reshape(groups, *shape, width)
        else:
            product = np.matmul(matrices.swapaxes(1, 2), block.swapaxes(1, 2)).reshape(groups, width, *shape)
        product = product.transpose(order)  # (n, group, channel, *position)
        if bias is None:
            part[...] = product
        else:
            np.add(product, bias, out=part)
    return out


def _convolution_weight(x: Any, y: Any, windows: Lattice, groups: int) -> Any:
    """dJ/d(weight), where y is dJ/d(convolution)."""
    counts, kernel = _shape(windows)
    channels, width = x.shape[1] // groups, y.shape[1] // groups
    by_channels = _side_by_side(windows, channels, groups)
    columns, rows = _Columns(x, windows, groups, by_channels), _Rows(y, groups)
    total = np.zeros(
        (groups, *((width, columns.elements) if by_channels else (columns.elements, width))), np.result_type(x, y)
    )
    for n, lines, positions in _blocks(len(x), counts, x.shape[1] * math.prod(kernel), BLOCK):
        block, row = columns(n, lines, positions), rows(n, lines, positions)
        total += np.matmul(row, block) if by_channels else np.matmul(block.swapaxes(1, 2), row.swapaxes(1, 2))
    if by_channels:
        total = np.moveaxis(total.reshape(groups, width, *kernel, channels), -1, 2)
    else:
        total = np.moveaxis(total.reshape(groups, channels, *kernel, width), -1, 1)
    return total.reshape(groups * width, channels, *kernel)


def _convolution_input(y: Any, weight: Any, windows: Lattice, groups: int, sizes: tuple[int, ...]) -> Any:
    """dJ/dx, of these sizes along the axes of positions, where y is dJ/d(convolution)."""
    counts, _ = _shape(windows)
    if all(stride == 1 for _, stride, *_ in windows) and 2 * math.prod(sizes) <= 3 * math.prod(counts):
        mirrored = tuple(
            (kernel, 1, (kernel - 1) * dilation - padding, dilation, size)
            for (kernel, _, padding, dilation, _), size in zip(windows, sizes)
        )
        return _convolution(y, _mirrored(weight, groups), None, mirrored, groups)
    return _scattered(y, weight, windows, groups, sizes)


def _mirrored(weight: Any, groups: int) -> Any:
    """The weight with which a convolution of stride 1 goes back."""
    out, channels, *kernel = weight.shape
    weight = weight.reshape(groups, out // groups, channels, *kernel).swapaxes(1, 2)
    weight = np.flip(weight, tuple(range(3, weight.ndim)))
    return weight.reshape(groups * channels, out // groups, *kernel)


def _scattered(y: Any, weight: Any, windows: Lattice, groups: int, sizes: tuple[int, ...]) -> Any:
    """Each element of y times the weight, added where its window lies."""
    counts, kernel = _shape(windows)
    out_channels, channels = weight.shape[:2]
    by_channels = _side_by_side(windows, channels, groups)
    width = math.prod(kernel)
    dtype = np.result_type(y, weight)
    framed = _empty_frame(len(y), channels * groups, windows, sizes, dtype, by_channels)
    inside = framed.reshape(len(y), groups, channels, *framed.shape[2:])
    weight = weight.reshape(groups, out_channels // groups, channels, width)
    rows = _Rows(y, groups)
    if by_channels:
        weight = np.ascontiguousarray(weight.transpose(3, 0, 1, 2))
    else:
        weight = weight.transpose(0, 2, 3, 1).reshape(groups, channels * width, out_channels // groups)
    for n, lines, positions in _blocks(len(y), counts, channels * groups * width, 2 * BLOCK):
        block = rows(n, lines, positions)
        shape = n.stop - n.start, lines.stop - lines.start, *counts[1:]
        if by_channels:  # (element of the window, group, n, *position, channel)
            parts = np.matmul(block.swapaxes(1, 2), weight).reshape(width, groups, *shape, channels)
            parts = np.moveaxis(np.moveaxis(parts, -1, 2), 3, 1)
        else:
            parts = np.matmul(weight, block).reshape(groups, channels, width, *shape)
            parts = np.moveaxis(np.moveaxis(parts, 2, 0), 3, 1)
        for place, part in zip(np.ndindex(kernel), parts):
            target = inside[(n, slice(None), slice(None), *_touched(windows, place, lines))]
            target += part
    return np.ascontiguousarray(_within(framed, windows, sizes))


def _empty_frame(n: int, channels: int, windows: Lattice, sizes: Any, dtype: Any, by_channels: bool) -> Any:
    """Zeros wherever windows reach, and an array of these sizes that begins behind the padding."""
    shape = [max(end, padding + size) for end, (_, _, padding, _, _), size in zip(_reach(windows), windows, sizes)]
    return _empty((n, channels, *shape), dtype, by_channels, np.zeros)


def _within(frame: Any, windows: Lattice, sizes: tuple[int, ...]) -> Any:
    """What a frame holds but for the padding."""
    return frame[(..., *(slice(padding, padding + size) for (_, _, padding, _, _), size in zip(windows, sizes)))]


def _touched(windows: Lattice, place: tuple[int, ...], lines: slice) -> list[slice]:
    """Where in a frame the elements are that have this place in their windows; of the first axis some windows only."""
    found: list[slice] = []
    for i, (_, stride, _, dilation, count) in zip(place, windows):
        first, end = (0, count) if found else (lines.start, lines.stop)
        start = i * dilation + first * stride
        found.append(slice(start, start + (end - first - 1) * stride + 1, stride))
    return found


def _channel_sums(x: Any) -> Any:
    """The sum over all axes but that of channels, axis 1."""
    return np.add.reduce(x, axis=(0, *range(2, x.ndim)))


def _spread_over_channels(g: Any, x_shape: Any) -> Any:
    return np.broadcast_to(np.expand_dims(g, tuple(range(1, len(x_shape) - 1))), x_shape)


channel_sums: Any = linear(_channel_sums, _spread_over_channels)

convolution: Any = general(
    _convolution,
    lambda g, weight, x_shape, windows, groups: convolution_input(g, weight, windows, groups, x_shape[2:]),
    lambda g, x, windows, groups: convolution_weight(x, g, windows, groups),
    lambda g: channel_sums(g),
)
convolution_input: Any = general(
    _convolution_input,
    lambda g, weight, windows, groups: convolution(g, weight, None, windows, groups),
    lambda g, y, windows, groups: convolution_weight(g, y, windows, groups),
)
convolution_weight: Any = general(
    _convolution_weight,
    lambda g, y, x_shape, windows, groups: convolution_input(y, g, windows, groups, x_shape[2:]),
    lambda g, x, windows, groups: convolution(x, g, None, windows, groups),
)


# --- Windows as columns -----------------------------------------------------------------------------------------------


def _window_columns(x: Any, windows: Lattice, sizes: tuple[int, ...]) -> Any:
    """(n, channel and element of a window, window)."""
    seen = _seen(_framed(x, windows, False), windows, 1)
    counts, kernel = _shape(windows)
    rank = len(counts)
    order = (0, 1, 2, *range(3 + rank, 3 + 2 * rank), *range(3, 3 + rank))
    return seen.transpose(order).reshape(len(x), x.shape[1] * math.prod(kernel), math.prod(counts))


def _added_columns(g: Any, windows: Lattice, sizes: tuple[int, ...]) -> Any:
    """Columns put back where their windows lie, in arrays of these sizes; where windows overlap, their sum."""
    counts, kernel = _shape(windows)
    n, channels = len(g), g.shape[1] // math.prod(kernel)
    frame = _empty_frame(n, channels, windows, sizes, g.dtype, False)
    parts = np.moveaxis(g.reshape(n, channels, math.prod(kernel), *counts), 2, 0)
    for place, part in zip(np.ndindex(kernel), parts):
        target = frame[(..., *_touched(windows, place, slice(0, counts[0])))]
        target += part
    return _within(frame, windows, sizes)


window_columns: Any = linear(
    _window_columns, lambda g, windows, sizes: added_columns(g, windows, sizes), name="window_columns"
)
added_columns: Any = linear(
    _added_columns, lambda g, windows, sizes: window_columns(g, windows, sizes), name="added_columns"
)
