"""Samples of `autograd/rules/convolutions.py`."""

from typing import Any

import numpy as np

from autograd.rules import convolutions

from .table import of, real

# --- What it is, written as loops -------------------------------------------------------------------------------------


def meetings(windows: Any, sizes: Any) -> Any:
    """(window, element of a window, place in x) wherever a window has an element inside x."""
    _, stride, padding, dilation, _ = np.transpose(windows)
    for window in np.ndindex(counts(windows)):
        for element in np.ndindex(kernel(windows)):
            place = tuple(np.multiply(window, stride) + np.multiply(element, dilation) - padding)
            if all(0 <= at < n for at, n in zip(place, sizes)):
                yield window, element, place


def kernel(windows: Any) -> Any:
    return tuple(k for k, *_ in windows)


def counts(windows: Any) -> Any:
    return tuple(count for *_, count in windows)


def grouped(x: Any, groups: int, axis: int) -> Any:
    return x.reshape(*x.shape[:axis], groups, x.shape[axis] // groups, *x.shape[axis + 1 :])


def every(*index: Any) -> Any:
    return (Ellipsis, *index)


def convolution(x: Any, weight: Any, bias: Any, windows: Any, groups: int) -> Any:
    out = np.zeros((len(x), groups, len(weight) // groups, *counts(windows)), np.result_type(x, weight))
    x, weight = grouped(x, groups, 1), grouped(weight, groups, 0)
    for window, element, place in meetings(windows, x.shape[3:]):
        out[every(*window)] += np.einsum("ngc,goc->ngo", x[every(*place)], weight[every(*element)])
    out = out.reshape(len(out), -1, *out.shape[3:])
    return out if bias is None else out + bias.reshape(-1, *(1 for _ in windows))


def convolution_input(y: Any, weight: Any, windows: Any, groups: int, sizes: Any) -> Any:
    y, weight = grouped(y, groups, 1), grouped(weight, groups, 0)
    x = np.zeros((len(y), groups, weight.shape[2], *sizes), np.result_type(y, weight))
    for window, element, place in meetings(windows, sizes):
        x[every(*place)] += np.einsum("ngo,goc->ngc", y[every(*window)], weight[every(*element)])
    return x.reshape(len(x), -1, *sizes)


def convolution_weight(x: Any, y: Any, windows: Any, groups: int) -> Any:
    x, y = grouped(x, groups, 1), grouped(y, groups, 1)
    weight = np.zeros((groups, y.shape[2], x.shape[2], *kernel(windows)), np.result_type(x, y))
    for window, element, place in meetings(windows, x.shape[3:]):
        weight[every(*element)] += np.einsum("ngc,ngo->goc", x[every(*place)], y[every(*window)])
    return weight.reshape(-1, *weight.shape[2:])


def window_columns(x: Any, windows: Any, sizes: Any) -> Any:
    out = np.zeros((*x.shape[:2], *kernel(windows), *counts(windows)), x.dtype)
    for window, element, place in meetings(windows, sizes):
        out[every(*element, *window)] = x[every(*place)]
    return out.reshape(len(x), -1, int(np.prod(counts(windows))))


def added_columns(g: Any, windows: Any, sizes: Any) -> Any:
    g = g.reshape(len(g), -1, *kernel(windows), *counts(windows))
    x = np.zeros((*g.shape[:2], *sizes), g.dtype)
    for window, element, place in meetings(windows, sizes):
        x[every(*place)] += g[every(*element, *window)]
    return x


# fmt: off

LINE = ((3, 1, 0, 1, 3),), (5,)
STEPS = ((3, 2, 1, 1, 3),), (6,)  # one element is in no window
PLANE = ((2, 1, 0, 1, 2), (3, 1, 1, 1, 4)), (3, 4)
SPARSE = ((2, 2, 1, 2, 2), (2, 1, 0, 2, 2)), (4, 4)
SPACE = ((1, 1, 0, 1, 2), (2, 2, 0, 1, 1), (2, 1, 1, 1, 4)), (2, 3, 3)
POINTS = ((1, 1, 0, 1, 2), (1, 1, 0, 1, 3)), (2, 3)

CONVOLUTIONS = [
    *(
        of(function, *places, **keywords, like=like, ulps=64, sums=True)
        for (windows, sizes), channels, out, groups in (
            (LINE, 2, 2, 1), (LINE, 30, 2, 1), (LINE, 2, 16, 1), (LINE, 4, 4, 2), (LINE, 3, 3, 3), (STEPS, 2, 2, 1), (STEPS, 2, 4, 2),
            (STEPS, 30, 1, 1), (PLANE, 1, 2, 1), (PLANE, 2, 2, 2), (SPARSE, 2, 1, 1), (SPARSE, 24, 1, 1), (SPACE, 1, 2, 1), (POINTS, 2, 3, 1),
            (POINTS, 24, 2, 1),
        )
        for x, y, weight in [(
            real(2, channels, *sizes), real(2, out, *counts(windows)), real(out, channels // groups, *kernel(windows)),
        )]
        for function, places, like, keywords in (
            (convolutions.convolution, (x, weight, real(out)), convolution, {"windows": windows, "groups": groups}),
            (convolutions.convolution, (x, weight, None), convolution, {"windows": windows, "groups": groups}),
            (convolutions.convolution_input, (y, weight), convolution_input, {"windows": windows, "groups": groups, "sizes": sizes}),
            (convolutions.convolution_weight, (x, y), convolution_weight, {"windows": windows, "groups": groups}),
        )
    ),
    *(
        of(convolutions.window_columns, real(2, 2, *sizes), windows, sizes, like=window_columns)
        for windows, sizes in (LINE, STEPS, PLANE, SPARSE)
    ),
    *(
        of(convolutions.added_columns, real(2, 2 * int(np.prod(kernel(windows))), int(np.prod(counts(windows)))), windows, sizes, like=added_columns, ulps=4)
        for windows, sizes in (LINE, STEPS, PLANE, SPARSE)
    ),
    of(convolutions.channel_sums, real(2, 3, 4), like=lambda x: x.sum((0, 2)), ulps=8),
]
# fmt: on
