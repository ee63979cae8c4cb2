"""Layers that put borders around images, signals and volumes."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor
from nn import functional as F

from .module import Module


class _Pad(Module):
    rank: int
    mode: str

    def __init__(self, padding: Any) -> None:
        numbers = tuple(padding) if np.iterable(padding) else (padding,) * (2 * self.rank)
        if len(numbers) != 2 * self.rank:
            raise ValueError(
                f"{type(self).__name__}: padding={padding!r} has {len(numbers)} numbers; give one, or {2 * self.rank}: before and "
                "behind for each axis, the last axis first"
            )
        self.padding = numbers

    def forward(self, x: Any) -> Tensor:
        return F.pad(x, self.padding, self.mode)

    def extra_repr(self) -> str:
        return str(self.padding)


class _ConstantPad(_Pad):
    mode = "constant"

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, x: Any) -> Tensor:
        return F.pad(x, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """The input between borders of `value` on its last axis: padding is one width or (left, right)."""

    rank = 1


class ConstantPad2d(_ConstantPad):
    """The input in a frame of `value`: padding is one width or (left, right, top, bottom).

    >>> ConstantPad2d((1, 0, 0, 0), 5.0)(np.zeros((1, 1, 2), np.float32))
    tensor([[[5., 0., 0.]]])
    """

    rank = 2


class ConstantPad3d(_ConstantPad):
    """The input in a shell of `value`: padding is one width or (left, right, top, bottom, front, back)."""

    rank = 3


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return str(self.padding)


class ZeroPad1d(_ZeroPad):
    """The input between zeros on its last axis: padding is one width or (left, right)."""

    rank = 1


class ZeroPad2d(_ZeroPad):
    """The input in a frame of zeros: padding is one width or (left, right, top, bottom)."""

    rank = 2


class ZeroPad3d(_ZeroPad):
    """The input in a shell of zeros: padding is one width or (left, right, top, bottom, front, back)."""

    rank = 3


class ReflectionPad1d(_Pad):
    """The input between its mirror images on the last axis: padding is one width or (left, right)."""

    rank, mode = 1, "reflect"


class ReflectionPad2d(_Pad):
    """The input in a frame of its mirror images: padding is one width or (left, right, top, bottom).

    >>> ReflectionPad2d((0, 2, 0, 0))(np.array([[[1.0, 2.0, 3.0]]], np.float32))
    tensor([[[1., 2., 3., 2., 1.]]])
    """

    rank, mode = 2, "reflect"


class ReflectionPad3d(_Pad):
    """The input in a shell of its mirror images: padding is one width or (left, right, top, bottom, front, back)."""

    rank, mode = 3, "reflect"


class ReplicationPad1d(_Pad):
    """The input with its first and last element repeated: padding is one width or (left, right)."""

    rank, mode = 1, "replicate"


class ReplicationPad2d(_Pad):
    """The input with its outermost rows and columns repeated: padding is one width or (left, right, top, bottom)."""

    rank, mode = 2, "replicate"


class ReplicationPad3d(_Pad):
    """The input with its outermost layers repeated: padding is one width or (left, right, top, bottom, front, back)."""

    rank, mode = 3, "replicate"


class CircularPad1d(_Pad):
    """The input as a ring, cut open: padding is one width or (left, right)."""

    rank, mode = 1, "circular"


class CircularPad2d(_Pad):
    """The input as a tile between its like: padding is one width or (left, right, top, bottom)."""

    rank, mode = 2, "circular"


class CircularPad3d(_Pad):
    """The input as a brick between its like: padding is one width or (left, right, top, bottom, front, back)."""

    rank, mode = 3, "circular"
