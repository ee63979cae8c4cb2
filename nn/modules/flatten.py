"""Layers that change the shape alone."""

from __future__ import annotations

from collections.abc import Sequence
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


class Unflatten(Module):
    """x with the axis `dim` made several, of the sizes given: what `Flatten` undoes. One size may be -1, for the rest.

    >>> Unflatten(1, (8, -1))(np.zeros((5, 64))).shape
    (5, 8, 8)
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        if not isinstance(dim, int):
            raise TypeError(f"Unflatten(dim, unflattened_size): dim is the number of an axis, not {dim!r}")
        if not isinstance(unflattened_size, Sequence) or not all(isinstance(n, int) for n in unflattened_size):
            raise TypeError(
                f"Unflatten(dim, unflattened_size): the sizes are whole numbers, such as (8, 8), not {unflattened_size!r}"
            )
        self.dim, self.unflattened_size = dim, tuple(unflattened_size)

    def forward(self, x: Any) -> Tensor:
        return (x if isinstance(x, Tensor) else Tensor(x)).unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
