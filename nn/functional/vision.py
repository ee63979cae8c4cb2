"""Images, signals and volumes made larger or smaller, bent, and put together from channels."""

from __future__ import annotations

import functools
import math
import operator
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.rules import pooling, resizing

from .inputs import tensor
from .pooling import adaptive_avg_pool, sizes

# --- Resizing ---------------------------------------------------------------------------------------------------------

LINEAR = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}  # on how many axes
MODES = ("nearest", "nearest-exact", "area", *LINEAR)


def interpolate(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """The input seen on a grid of another size, as if it were a function of real coordinates.

    Shapes: (N, C, L), (N, C, H, W) or (N, C, D, H, W); the axes behind C become `size`, or `scale_factor` times as long,
    rounded down: a number, or one for each axis.

    mode            "nearest", "nearest-exact" (of elements' centres); "linear", "bilinear", "trilinear" on one, two or
                    three axes; "bicubic" on two (Keys's kernel, a = -3/4); "area", averages of parts
    align_corners   whether the centres of the first and last elements stay where they are, instead of the outer edges
    recompute_scale_factor   whether the distance of the new elements follows from the sizes, not from `scale_factor`
    antialias       whether "bilinear" and "bicubic" (here a = -1/2) average over as much as a new element covers

    It is linear along each axis by itself, a product with a matrix of few numbers. ValueError for options that do not go
    together.

    >>> interpolate(Tensor([[[1.0, 3.0]]]), size=4, mode="linear")
    tensor([[[1. , 1.5, 2.5, 3. ]]])
    >>> interpolate(Tensor([[[1.0, 3.0]]]), scale_factor=2)
    tensor([[[1., 1., 3., 3.]]])
    """
    x = tensor(input)
    rank = x.ndim - 2
    _check_mode(x, mode, rank, align_corners, antialias)
    old = x.shape[2:]
    new, factors = _new_sizes(old, rank, size, scale_factor)
    if recompute_scale_factor:
        if scale_factor is None:
            raise ValueError("interpolate: recompute_scale_factor=True needs a scale_factor, and a size is given")
        factors = (None,) * rank
    if mode == "area":
        return adaptive_avg_pool(rank, x, new)
    if mode.startswith("nearest"):
        return _nearest(x, new, factors, mode == "nearest-exact")
    for axis in range(-1, -rank - 1, -1):
        how = (old[axis], new[axis], factors[axis], "cubic" in mode, bool(align_corners), antialias)
        if old[axis] != new[axis] or factors[axis] not in (None, 1.0) or antialias:
            x = resizing.blend(x, axis, _weights(*how).astype(x.dtype))
    return x


def _check_mode(x: Any, mode: str, rank: int, align_corners: bool | None, antialias: bool) -> None:
    if mode not in MODES:
        raise ValueError(f"interpolate: mode {mode!r} is not one of {', '.join(MODES)}")
    if not 1 <= rank <= 3:
        raise ValueError(
            f"interpolate: the input has shape {x.shape}, and must have (N, C, L), (N, C, H, W) or (N, C, D, H, W)"
        )
    if LINEAR.get(mode, rank) != rank:
        fitting = {1: "linear", 2: "bilinear or bicubic", 3: "trilinear"}[rank]
        raise ValueError(f"interpolate: mode {mode!r} does not fit an input of shape {x.shape}; write mode={fitting!r}")
    if x.dtype.kind != "f":
        raise TypeError(f"interpolate: the input is {x.dtype}, and must be floating; write x.astype(np.float32)")
    if align_corners is not None and mode not in LINEAR:
        raise ValueError(f"interpolate: align_corners concerns {', '.join(LINEAR)}, not mode {mode!r}; leave it out")
    if antialias and mode not in ("bilinear", "bicubic"):
        raise ValueError(f"interpolate: antialias concerns bilinear and bicubic, not mode {mode!r}; leave it out")


def _new_sizes(old: tuple[int, ...], rank: int, size: Any, scale_factor: Any) -> tuple[Any, Any]:
    """The sizes asked for, and the factors if such are given, for each axis."""
    if (size is None) == (scale_factor is None):
        raise ValueError("interpolate: give either size or scale_factor")
    factors: Any = (None,) * rank
    if size is not None:
        new = sizes("interpolate", "size", size, rank)
    else:
        factors = tuple(map(float, scale_factor)) if np.iterable(scale_factor) else (float(scale_factor),) * rank
        if len(factors) != rank:
            raise ValueError(f"interpolate: scale_factor={scale_factor!r} has {len(factors)} numbers for {rank} axes")
        new = tuple(math.floor(n * factor) for n, factor in zip(old, factors))
    if min(*new, *old, 1) < 1:
        raise ValueError(f"interpolate: axes of {old} cannot become {new}; all sizes must be at least 1")
    return new, factors


def _nearest(x: Any, new: tuple[int, ...], factors: Any, exact: bool) -> Tensor:
    """Each new element a copy of the old one in whose range its left edge, or its centre, lies."""
    rank, tiles = len(new), []
    for axis, n, o, factor in zip(range(-rank, 0), x.shape[2:], new, factors):
        step = np.float32(1 / factor) if factor else np.float32(n) / np.float32(o)  # as PyTorch rounds
        places = np.minimum(((np.arange(o, dtype=np.float32) + np.float32(exact / 2)) * step).astype(np.intp), n - 1)
        times = o // n
        if times * n == o and np.array_equal(places, np.arange(o) // times):
            tiles.append((times, times, 0, 1, n))
        else:
            x = resizing.repeated(x, axis, places)
            tiles.append((1, 1, 0, 1, o))
    return pooling.spread(x, tuple(tiles), new, 1) if any(tile[0] > 1 for tile in tiles) else x


@functools.lru_cache(64)
def _weights(n: int, o: int, factor: float | None, cubic: bool, align: bool, antialias: bool) -> Any:
    """The matrix (o, n) that makes o elements of n."""
    step = ((n - 1) / (o - 1) if o > 1 else 0.0) if align else 1 / factor if factor else n / o
    reach, kernel = (2, _cubic) if cubic else (1, _tent)
    matrix = np.zeros((o, n))
    if antialias:
        wide = max(step, 1.0)
        centres = (np.arange(o) + 0.5) * step
        for row, centre in zip(matrix, centres):
            first, end = max(int(centre - reach * wide + 0.5), 0), min(int(centre + reach * wide + 0.5), n)
            row[first:end] = kernel((np.arange(first, end) - centre + 0.5) / wide, -0.5)
            row /= row.sum()
        return matrix
    places = np.arange(o) * step if align else (np.arange(o) + 0.5) * step - 0.5
    if not cubic:
        places = np.maximum(places, 0)
    left = np.floor(places).astype(np.intp)
    for i in range(1 - reach, reach + 1):
        np.add.at(matrix, (np.arange(o), np.clip(left + i, 0, n - 1)), kernel(left + i - places, -0.75))
    return matrix


def _tent(t: Any, _: float) -> Any:
    return np.maximum(1 - np.absolute(t), 0)


def _cubic(t: Any, a: float) -> Any:
    """Keys's cubic convolution kernel, which goes through 1 at 0 and through 0 at all other whole numbers."""
    t = np.absolute(t)
    near, far = ((a + 2) * t - (a + 3)) * t * t + 1, ((a * t - 5 * a) * t + 8 * a) * t - 4 * a
    return np.where(t <= 1, near, np.where(t < 2, far, 0))


# --- Channels into pixels ---------------------------------------------------------------------------------------------


def _factor(function: str, name: str, value: Any) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{function}: {name} is a whole number, not {value!r}") from None
    if number < 1:
        raise ValueError(f"{function}: {name} must be at least 1, not {number}")
    return number


def _axes(function: str, x: Any, rank: int) -> None:
    if x.ndim < rank:
        raise ValueError(f"{function}: the input has shape {x.shape}, and must have (..., C, H, W)")


def pixel_shuffle(input: Any, upscale_factor: int) -> Tensor:
    """r² channels made one image that is r times as high and wide, r the `upscale_factor`.

    Shapes: (..., C r², H, W) -> (..., C, H r, W r); channel (c r + i) r + j becomes pixels (h r + i, w r + j) (Shi et al.,
    "Real-Time Single Image and Video Super-Resolution", 2016). ValueError where r² does not divide the channels.

    >>> pixel_shuffle(Tensor([[[1.0]], [[2.0]], [[3.0]], [[4.0]]]), 2)
    tensor([[[1., 2.],
             [3., 4.]]])
    """
    x, r = tensor(input), _factor("pixel_shuffle", "upscale_factor", upscale_factor)
    _axes("pixel_shuffle", x, 3)
    *lead, c, h, w = x.shape
    if c % (r * r):
        raise ValueError(
            f"pixel_shuffle: the input's shape {x.shape} has {c} channels, which {r}² = {r * r} does not divide"
        )
    split = x.reshape(-1, c // (r * r), r, r, h, w)
    return split.transpose(0, 1, 4, 2, 5, 3).reshape(*lead, c // (r * r), h * r, w * r)


def pixel_unshuffle(input: Any, downscale_factor: int) -> Tensor:
    """What `pixel_shuffle` undoes: each square of r by r pixels made r² channels.

    Shapes: (..., C, H r, W r) -> (..., C r², H, W). ValueError where r does not divide height and width.
    """
    x, r = tensor(input), _factor("pixel_unshuffle", "downscale_factor", downscale_factor)
    _axes("pixel_unshuffle", x, 3)
    *lead, c, h, w = x.shape
    if h % r or w % r:
        raise ValueError(f"pixel_unshuffle: {r} does not divide height and width of the input's shape {x.shape}")
    split = x.reshape(-1, c, h // r, r, w // r, r)
    return split.transpose(0, 1, 3, 5, 2, 4).reshape(*lead, c * r * r, h // r, w // r)


def channel_shuffle(input: Any, groups: int) -> Tensor:
    """The channels dealt out anew: the first of each group, then the second of each group, ...

    Shapes: (N, C, ...), unchanged (Zhang et al., "ShuffleNet", 2018). ValueError where `groups` does not divide C.

    >>> channel_shuffle(Tensor([[[1.0], [2.0], [3.0], [4.0]]]), 2).reshape(-1)
    tensor([1., 3., 2., 4.])
    """
    x, groups = tensor(input), _factor("channel_shuffle", "groups", groups)
    if x.ndim < 3 or x.shape[1] % groups:
        raise ValueError(
            f"channel_shuffle: {groups} groups do not divide the channels C of the input's shape {x.shape}, (N, C, ...)"
        )
    n, c, *rest = x.shape
    return x.reshape(n, groups, c // groups, *rest).swapaxes(1, 2).reshape(x.shape)
