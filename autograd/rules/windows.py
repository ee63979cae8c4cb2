"""Windows that slide over an axis: the rule adds what they share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.lib.stride_tricks import sliding_window_view as numpys

from ..op import implements, linear
from .operands import tensor_of


def _along(x: Any, axis: int, size: int) -> Any:
    return np.array(numpys(x, size, axis))  # the view's base is no array: nobody could tell whose memory it shares


def _added_up(g: Any, axis: int, size: int) -> Any:
    """The rows of g, one for each place in a window, moved by their number and added.

    With `size` zeros behind each, the rows in one line are cut again, into rows shorter by 1: so each starts one later.
    """
    rows = np.moveaxis(g, axis, -1)
    rows = np.concatenate([rows, np.zeros((*rows.shape[:-1], size), g.dtype)], -1)
    *rest, width = rows.shape
    line = np.reshape(rows, (*rest[:-1], size * width))[..., : size * (width - 1)]
    return np.moveaxis(np.sum(np.reshape(line, (*rest, width - 1)), -2), -1, axis)


_along = linear(_along, _added_up, name="windows")


@implements(numpys)
def sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Any:
    """Every window of this shape along the axes, as new last axes, NumPy's `sliding_window_view`; a copy here.

    >>> sliding_window_view(Tensor([1.0, 2.0, 4.0, 8.0]), 2).sum(-1)
    tensor([ 3.,  6., 12.])
    """
    x = tensor_of(x)
    sizes = tuple(window_shape) if np.iterable(window_shape) else (window_shape,)
    axes = tuple(range(x.ndim)) if axis is None else normalize_axis_tuple(axis, x.ndim, allow_duplicate=True)
    if writeable:
        raise TypeError(
            "sliding_window_view(..., writeable=True): a Tensor's windows are copies; change the Tensor itself"
        )
    if len(sizes) != len(axes):
        raise ValueError(
            f"sliding_window_view: {len(sizes)} sizes of windows for {len(axes)} axes; give one for each axis"
        )
    for i, size in zip(axes, sizes):
        x = _along(x, i, size)
    return x if axes else np.reshape(x, x.shape)
