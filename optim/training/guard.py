"""What a failing step needs: the state before it, to do it again and look, and the last good weights."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autograd import Tensor

from .randomness import set_states, states


class NotFinite(ArithmeticError):
    """A loss or a gradient is NaN or infinite."""


class Guard:
    """The last weights whose loss was a number; buffers and states of generators from before the present step.

    One copy of the weights is enough: while a step has not found its loss to be a number, they have not changed.
    """

    def __init__(self, parameters: Iterable[Tensor], buffers: Iterable[Tensor], generators: Mapping[str, Any]) -> None:
        self.parameters, self.buffers = list(parameters), list(buffers)
        # to read the global generators of NumPy and Python takes as long as a small step; layers do not use them
        self.generators = {path: g for path, g in generators.items() if path not in ("numpy", "python")}
        self.good: list[Any] = []
        self.kept = False  # whether `good` is from the present step

    def before(self) -> None:
        """A step begins."""
        self.buffered = [_values(buffer).copy() for buffer in self.buffers]
        self.states = states(self.generators)
        self.kept = False

    def keep(self) -> None:
        """The loss is a number, and nothing has been changed yet."""
        self.kept = True
        if not self.good:
            self.good = [np.empty_like(_values(p)) for p in self.parameters]
        for good, p in zip(self.good, self.parameters):
            good[...] = p._data

    def rewind(self) -> None:
        """Everything is as before the present step."""
        if self.kept:
            _put(self.parameters, self.good)
        _put(self.buffers, self.buffered)
        set_states(self.generators, self.states)

    def rescue(self) -> None:
        """The weights are the last ones whose loss was a number, if there has been one."""
        self.rewind()
        _put(self.parameters, self.good)


def finite(values: Any) -> bool:
    """Whether all numbers of an array are finite; their sum of squares says so in one pass, unless it overflows."""
    flat = values.ravel()
    return bool(math.isfinite(flat.dot(flat)) or np.isfinite(flat).all())


@np.errstate(over="ignore")  # of the sum of squares
def strange(values: Any) -> str:
    """What is wrong with an array in words, or nothing."""
    values = np.asarray(values)
    if values.dtype.kind != "f" or finite(values):
        return ""
    counts = {"NaN": np.isnan(values).sum(), "infinite": np.isinf(values).sum()}
    return " and ".join(f"{count} {what}" for what, count in counts.items() if count)


def _values(tensor: Tensor) -> Any:
    return np.asarray(tensor._data)


def _put(tensors: Iterable[Tensor], values: Iterable[Any]) -> None:
    for tensor, kept in zip(tensors, values):
        tensor.data[...] = kept
