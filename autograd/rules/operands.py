"""What functions do with their arguments before an operation sees them, and with results whose shape depends on data."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from .. import modes
from ..arrays import engine, plain
from ..op import linear
from ..reach import take_in


def tensor_of(x: Any) -> Any:
    """x as a Tensor: NumPy calls these functions also where only another argument is one."""
    if isinstance(x, engine.Tensor):
        return x
    made = isinstance(x, int | float | list | tuple)
    if x is None or (isinstance(x, np.ndarray | np.generic) and x.dtype.kind not in "biufcO"):
        raise TypeError(
            f"{'None' if x is None else x.dtype} cannot be an operand of a Tensor; give a number or an array"
        )
    operand, value, _ = engine.adopt(np.asarray(x) if made else x)
    if isinstance(operand, engine.Tensor):
        return operand
    return engine.Tensor._make(take_in(value) if isinstance(value, np.ndarray) and not made else value, None)


def switch(value: Any) -> bool:
    """A keyword that is true or false, as NumPy takes it: a word is neither."""
    if value is True or value is False:
        return value
    return bool(value if isinstance(value, np.bool) else operator.index(value))


def check_mask(function: str, where: Any, x: Any) -> None:
    """ValueError unless the mask, as it is, says of each element of x whether it counts."""
    try:
        fits = np.broadcast_shapes(np.shape(where), x.shape) == x.shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"{function}: where= has shape {np.shape(where)}, which does not broadcast to {x.shape}")


def detached(x: Any) -> Any:
    """x without its history, if it is a Tensor."""
    return x.detach() if isinstance(x, engine.Tensor) else x


def same(x: Any) -> Any:
    """x as a result of its own."""
    return np.reshape(x, x.shape)


def index_of(t: Any) -> Any:
    """Whole numbers as the keyword of an operation: an array, or the Tensor where a trace must know it."""
    return t if modes.tracing() else plain(t)


def known(x: Any, what: str) -> Any:
    """The values of an argument on which the form of the result depends; an error while tracing."""
    if isinstance(x, engine.Tensor):
        x._readable(what)
        x = x._data
    return np.asarray(x)


def axis_in(function: str, axis: int, x: Any) -> int:
    """`axis` counted from the front."""
    return normalize_axis_index(axis, x.ndim, function)


def _as_before(x: Any, shape: tuple[int, ...], what: str) -> Any:
    if x.shape != shape:
        raise ValueError(
            f"{what} has shape {x.shape} on these values, but the trace was made where it had {shape}; trace it again"
        )
    return x


_as_before = linear(_as_before, lambda g: g, name="as_before")


def settled(x: Any, what: str) -> Any:
    """x, whose shape depends on data. A trace fixes it: a replay on data that give another shape is an error."""
    return _as_before(x, x.shape, what) if modes.tracing() else x
