"""Layers that change the shape alone."""

from __future__ import annotations

from typing import Any

from autograd import Tensor

from .module import Module


class Flatten(Module):
    """x with the axes from `start_dim` to `end_dim` made one; by default all but the first.

    >>> Flatten()(np.zeros((5, 8, 8))).shape
    (5, 64)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Any) -> Tensor:
        return (x if isinstance(x, Tensor) else Tensor(x)).flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"
