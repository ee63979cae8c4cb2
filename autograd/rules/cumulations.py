"""Running reductions that NumPy has no name for: log Σ exp, and where a running maximum or minimum comes from."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..op import constant, general
from .reductions import _adjoint_recurrence, _shifted

# --- log Σ exp of all elements so far ---


def _weight(part: Any, out: Any) -> Any:
    """exp(part - out), the share of a part in a sum; nothing has weight in -inf."""
    return np.exp(np.where(part == out, np.where(out == -math.inf, out, 0.0), part - out))


def _logcumsumexp_rule(g: Any, x: Any, out: Any, axis: int) -> Any:
    """out_i = log(exp(out_(i-1)) + exp(x_i)): what reaches out_i, also through later ones, times the share of x_i."""
    infinite = x == math.inf
    tied = np.maximum(np.cumsum(infinite, axis=axis, dtype=x.dtype), 1)  # all +inf so far have even shares of +inf
    before = _weight(_shifted(out, axis, -math.inf), out) * np.where(infinite, 1 - 1 / tied, 1.0)
    return _adjoint_recurrence(g, before, axis) * _weight(x, out) / tied


logcumsumexp = general(
    lambda x, axis: np.logaddexp.accumulate(x, axis=axis), _logcumsumexp_rule, name="logcumsumexp", lanes=True
)

# --- Places ---


def _running_place(x: Any, axis: int, largest: bool) -> Any:
    """The number along `axis` of the last element that is the extremum of those so far; of a NaN from the first on."""
    best = (np.maximum if largest else np.minimum).accumulate(x, axis=axis)
    numbers = np.reshape(np.arange(x.shape[axis]), [-1 if i == axis else 1 for i in range(x.ndim)])
    return np.maximum.accumulate(np.where((x == best) | np.isnan(x), numbers, 0), axis=axis)


running_place = constant(_running_place, name="running_place")
