"""Tensors made beside another, of its dtype unless told otherwise; and in another dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import engine
from ..devices import check_device
from ..rules.operands import tensor_of
from ..rules.shape import astype
from .words import fresh


def _filled(x: Any, size: tuple[Any, ...], value: Any, dtype: Any, device: Any, requires_grad: bool) -> Any:
    check_device(device)
    shape = tuple(size[0]) if len(size) == 1 and isinstance(size[0], tuple | list) else size
    made = fresh(np.full(shape, value, x.dtype if dtype is None else dtype))
    return made.requires_grad_() if requires_grad else made


def new_zeros(x: Any, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Zeros of this shape in x's dtype."""
    return _filled(x, size, 0, dtype, device, requires_grad)


def new_ones(x: Any, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Ones of this shape in x's dtype."""
    return _filled(x, size, 1, dtype, device, requires_grad)


def new_empty(x: Any, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A Tensor of this shape in x's dtype, to be written into."""
    return _filled(x, size, 0, dtype, device, requires_grad)


def new_full(
    x: Any, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """One number everywhere, of this shape in x's dtype."""
    return _filled(x, (tuple(size),), fill_value, dtype, device, requires_grad)


def new_tensor(x: Any, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A Tensor with a copy of the data, in x's dtype."""
    return engine.Tensor(data, requires_grad, x.dtype if dtype is None else dtype, device=device)


def type_as(x: Any, other: Any) -> Any:
    """In the dtype of the other."""
    return astype(tensor_of(x), other.dtype)


class TypedTensor:
    """`LongTensor(data)` and its kind: a Tensor of one dtype; of whole numbers as sizes, an empty one to be written into."""

    def __init__(self, name: str, dtype: Any) -> None:
        self.__name__, self.dtype = name, np.dtype(dtype)

    def __call__(self, *data: Any) -> Any:
        if data and all(isinstance(n, int) for n in data):
            return fresh(np.zeros(data, self.dtype))
        if len(data) > 1:
            raise TypeError(f"{self.__name__} takes a list, an array or sizes, not {len(data)} arguments")
        return engine.Tensor(*data or ([],), dtype=self.dtype)

    def __repr__(self) -> str:
        return f"autograd.{self.__name__}"


BoolTensor = TypedTensor("BoolTensor", np.bool_)
ByteTensor = TypedTensor("ByteTensor", np.uint8)
DoubleTensor = TypedTensor("DoubleTensor", np.float64)
FloatTensor = TypedTensor("FloatTensor", np.float32)
IntTensor = TypedTensor("IntTensor", np.int32)
LongTensor = TypedTensor("LongTensor", np.int64)
ShortTensor = TypedTensor("ShortTensor", np.int16)
_TYPES = {t.dtype: t for t in (BoolTensor, ByteTensor, DoubleTensor, FloatTensor, IntTensor, LongTensor, ShortTensor)}


def type(x: Any, dtype: Any = None, non_blocking: bool = False) -> Any:
    """In another dtype, given as one, as a type such as LongTensor or by its name; without one, the name of x's type."""
    if dtype is None:
        return repr(_TYPES[x.dtype]) if x.dtype in _TYPES else f"autograd.Tensor of {x.dtype}"
    if isinstance(dtype, str):
        named = {t.__name__: t.dtype for t in _TYPES.values()}
        dtype = named.get(dtype.rpartition(".")[2], dtype)
    return astype(x, dtype.dtype if isinstance(dtype, TypedTensor) else dtype)
