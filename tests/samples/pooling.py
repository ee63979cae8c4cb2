"""Samples of `autograd/rules/pooling.py`."""

import math
from typing import Any

import numpy as np

from autograd.rules import pooling

from .table import apart, constant, counts, of, real


def windowed(x: Any, windows: Any) -> Any:
    """All windows over the last axes, each as one row behind; NaN for what lies beyond the ends."""
    rank = len(windows)
    for axis, on in zip(range(x.ndim - rank, x.ndim), windows):
        kernel, stride, padding, dilation, count = on
        numbers = np.arange(count)[:, None] * stride + np.arange(kernel) * dilation - padding
        beyond = (numbers < 0) | (numbers >= x.shape[axis])
        x = np.moveaxis(np.take(x, np.where(beyond, 0, numbers), axis), axis + 1, -1)
        beyond = beyond.reshape(count, *(1,) * (x.ndim - axis - 2), kernel)
        x = np.where(beyond, np.asarray(math.nan, x.dtype), x)
    return x.reshape(*x.shape[: x.ndim - rank], -1)


def sums(x: Any, windows: Any, sizes: Any, divisor: float) -> Any:
    return np.nansum(windowed(x, windows), -1) / np.asarray(divisor, x.dtype)


def spread(g: Any, windows: Any, sizes: Any, divisor: float) -> Any:
    """By the matrix of the sums."""
    basis = np.eye(math.prod(sizes)).reshape(-1, *sizes)
    matrix = sums(basis, windows, sizes, divisor).reshape(len(basis), -1)
    lead = g.shape[: g.ndim - len(sizes)]
    return (g.reshape(*lead, -1) @ matrix.T).reshape(*lead, *sizes).astype(g.dtype)


def first_maxima(x: Any, windows: Any) -> Any:
    return pooling.first_maxima(x, pooling.window_maxima(x, windows), windows)


def first(x: Any, windows: Any) -> Any:
    places = windowed(
        np.broadcast_to(np.arange(math.prod(x.shape[1:]), dtype=float).reshape(x.shape[1:]), x.shape), windows
    )
    return np.take_along_axis(places, np.nanargmax(windowed(x, windows), -1)[..., None], -1)[..., 0].astype(int)


def last(places: Any, size: int, rank: int) -> Any:
    rows = [[p if p not in row[i + 1 :] else size for i, p in enumerate(row)] for row in places.tolist()]
    return np.array(rows)


def put(g: Any, places: Any, sizes: Any) -> Any:
    out = np.zeros((len(g), math.prod(sizes)), g.dtype)
    for line, at, values in zip(out, places, g):
        np.add.at(line, at[0], values[0])
    return out.reshape(len(g), *sizes)


TILES = ((2, 2, 0, 1, 2), (3, 3, 0, 1, 1))
OVERLAPPING = ((3, 2, 1, 1, 2), (2, 1, 1, 2, 3))
LINE = ((3, 2, 1, 2, 3),)
PLACES = np.array([[[0, 3, 3]], [[5, 0, 2]]])

# fmt: off

POOLING = [
    *(
        of(pooling.window_sums, real(2, *sizes), windows, sizes, divisor, like=sums, ulps=8, sums=True)
        for windows, sizes, divisor in ((TILES, (4, 3), 1), (OVERLAPPING, (4, 3), 3.0), (LINE, (6,), 2))
    ),
    *(
        of(pooling.spread, real(2, *(on[-1] for on in windows)), windows, sizes, divisor, like=spread, ulps=8, sums=True)
        for windows, sizes, divisor in ((TILES, (4, 3), 1), (OVERLAPPING, (4, 3), 3.0), (LINE, (6,), 2))
    ),
    *(
        of(pooling.window_maxima, apart(2, *sizes), windows, like=lambda x, windows: np.nanmax(windowed(x, windows), -1))
        for windows, sizes in ((TILES, (4, 3)), (OVERLAPPING, (4, 3)), (LINE, (6,)))
    ),
    *(
        constant(first_maxima, apart(2, *sizes), windows, like=first)
        for windows, sizes in ((TILES, (4, 3)), (OVERLAPPING, (4, 3)), (LINE, (6,)))
    ),
    constant(pooling.last_of_equals, counts(3, 5), 9, 1, like=last),
    of(pooling.put, real(2, 1, 3), PLACES, (2, 3), like=put, ulps=4),
    of(pooling.take, real(2, 2, 3), PLACES, 2, like=lambda x, places, rank: np.take_along_axis(x.reshape(2, 1, -1), places, 2)),
]
# fmt: on
