"""Numbers at equal steps between two ends, and their powers: `linspace`, `logspace`, `geomspace`, between Tensors."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..op import elementwise, general, implements
from .operands import axis_in, tensor_of


def _kind(*ends: Any) -> Any:
    """The floating dtype that the ends have together; Python's numbers are weak."""
    return np.result_type(*(x if isinstance(x, int | float) else tensor_of(x).dtype for x in ends), 0.0)


def _weights(g: Any, endpoint: bool) -> Any:
    """How much of the second end is in each step."""
    weights = np.linspace(0.0, 1.0, g.shape[0], endpoint=endpoint, dtype=g.dtype)
    return np.reshape(weights, (-1,) + (1,) * (g.ndim - 1))


_between = general(  # its ends have one shape
    lambda start, stop, num, endpoint: np.linspace(start, stop, num, endpoint),
    lambda g, endpoint: np.sum(g * (1 - _weights(g, endpoint)), axis=0),
    lambda g, endpoint: np.sum(g * _weights(g, endpoint), axis=0),
    name="linspace",
)


def _ends(start: Any, stop: Any, dtype: Any) -> tuple[Any, Any]:
    start, stop = (np.astype(tensor_of(x), dtype) for x in (start, stop))
    shape = np.broadcast_shapes(start.shape, stop.shape)
    return np.broadcast_to(start, shape), np.broadcast_to(stop, shape)


def _number(function: str, num: Any) -> int:
    num = operator.index(num)
    if num < 0:
        raise ValueError(f"{function}: the number of samples must not be negative: num={num}")
    return num


def _placed(function: str, y: Any, axis: int, dtype: Any) -> Any:
    y = np.moveaxis(y, 0, axis_in(function, axis, y))
    if dtype is None:
        return y
    return np.astype(np.floor(y) if np.dtype(dtype).kind in "iu" and function == "linspace" else y, dtype)


@implements(np.linspace)
def linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None,
    axis: int = 0, *, device: Any = None,
) -> Any:  # fmt: skip
    """`num` numbers at equal steps from `start` to `stop`, NumPy's `linspace`.

    >>> linspace(Tensor(0.0), Tensor(1.0), 5)
    tensor([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    if device not in (None, "cpu"):
        raise ValueError(f"linspace: there is the device 'cpu' only, not {device!r}")
    num = _number("linspace", num)
    start, stop = _ends(start, stop, _kind(start, stop))
    y = _placed("linspace", _between(start, stop, num, bool(endpoint)), axis, dtype)
    if not retstep:
        return y
    steps = num - 1 if endpoint else num
    return y, (stop - start) / steps if steps > 0 else float("nan")


@implements(np.logspace)
def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Any:
    """`base` to the powers from `start` to `stop` at equal steps, NumPy's `logspace`."""
    if not isinstance(base, int | float) and np.ndim(base):
        start, stop, base = (tensor_of(x) for x in (start, stop, base))
        most = np.broadcast_shapes(start.shape, stop.shape, base.shape)
        start, stop, base = (np.reshape(x, (1,) * (len(most) - x.ndim) + x.shape) for x in (start, stop, base))
        base = np.expand_dims(base, axis)
    y = np.power(base, linspace(start, stop, num, endpoint, axis=axis))
    return y if dtype is None else np.astype(y, dtype)


class IncludesZero(ValueError):
    """No ratio leads to zero, or from there."""


def _without_zero(x: Any) -> Any:
    if np.any(x == 0):
        raise IncludesZero("a geometric sequence cannot include zero")
    return np.array(x)


_without_zero = elementwise(_without_zero, lambda g: g, name="without_zero")


@implements(np.geomspace)
def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    """`num` numbers at equal ratios from `start` to `stop`, NumPy's `geomspace`."""
    num = _number("geomspace", num)
    kind = np.result_type(_kind(start, stop), np.dtype(dtype))  # of None float64, as NumPy has it
    start, stop = map(_without_zero, _ends(start, stop, kind))
    sign = np.sign(start)
    start, stop = start / sign, stop / sign
    y = logspace(np.log10(start), np.log10(stop), num, endpoint)
    last = 1 if num > 1 and endpoint else 0
    if num > 0:  # the ends are what was given, to the last digit
        y = np.concatenate([np.expand_dims(start, 0), y[1 : num - last], *([np.expand_dims(stop, 0)] * last)])
    return _placed("geomspace", y * sign, axis, dtype or y.dtype)
