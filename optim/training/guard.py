"""The state before a step, so that a step that fails can be done again and looked at; and the last good weights."""

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
    """Copies of parameters, buffers and states of generators, from before the present step and from before the last one."""

    def __init__(self, parameters: Iterable[Tensor], buffers: Iterable[Tensor], generators: Mapping[str, Any]) -> None:
        self.parameters, self.buffers = list(parameters), list(buffers)
        # to read the global generators of NumPy and Python takes as long as a small step; layers do not use them
        self.generators = {path: g for path, g in generators.items() if path not in ("numpy", "python")}
        self.now = [np.empty_like(_values(p)) for p in self.parameters]
        self.last: list[Any] | None = None

    def before(self) -> None:
        """A step begins."""
        for i, p in enumerate(self.parameters):
            values = _values(p)
            if self.now[i].shape != values.shape or self.now[i].dtype != values.dtype:
                self.now[i] = np.empty_like(values)
            self.now[i][...] = values
        self.buffered = [_values(buffer).copy() for buffer in self.buffers]
        self.states = states(self.generators)

    def after(self) -> None:
        """The step has gone well: the weights that it began with are good ones."""
        good, self.now = self.now, [np.empty_like(a) for a in self.now] if self.last is None else self.last
        self.last = good

    def rewind(self) -> None:
        """Everything is as before the present step."""
        _put(self.parameters, self.now)
        _put(self.buffers, self.buffered)
        set_states(self.generators, self.states)

    def rescue(self) -> None:
        """The weights are the last ones whose loss was a number."""
        self.rewind()
        if self.last is not None:
            _put(self.parameters, self.last)


def finite(values: Any) -> bool:
    """Whether all numbers of an array are finite; their sum of squares says so in one pass, unless it overflows."""
    flat = values.ravel()
    return bool(math.isfinite(flat.dot(flat)) or np.isfinite(flat).all())


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
