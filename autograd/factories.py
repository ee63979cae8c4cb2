"""Making Tensors: from data, or filled."""

from __future__ import annotations

from typing import Any

import numpy as np

from .reach import take_in
from .tensor import Tensor, as_array, check_device, get_default_dtype


def finish(values: Any, device: Any, requires_grad: bool, dtype: Any = None) -> Tensor:
    """The Tensor that a factory returns: on these very values where their dtype is the one wanted."""
    check_device(device)
    if isinstance(values, Tensor):  # random numbers, while tracing
        t = values.astype(dtype)
    else:
        t = Tensor._make(as_array(values, dtype, copy=False), None)
    return t.requires_grad_() if requires_grad else t


def loose_shape(sizes: tuple[Any, ...]) -> tuple[int, ...]:
    return tuple(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], tuple | list) else sizes


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor with a copy of the data: `Tensor(data)` by PyTorch's name."""
    return Tensor(data, requires_grad, dtype, device=device)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """The data as a Tensor: itself if it is one of this dtype already, without a copy if it is an array."""
    check_device(device)
    if isinstance(data, Tensor):
        return data if dtype is None else data.astype(dtype)
    return (
        from_numpy(data) if isinstance(data, np.ndarray) and dtype in (None, data.dtype) else Tensor(data, dtype=dtype)
    )


def from_numpy(array: np.ndarray[Any, Any]) -> Tensor:
    """A Tensor on the array's own memory."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy takes an ndarray, not {type(array).__name__}; use autograd.tensor")
    return Tensor._make(take_in(as_array(array, copy=False)), None)


def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros of the given shape."""
    return finish(np.zeros(loose_shape(size), dtype or get_default_dtype()), device, requires_grad)


def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones of the given shape."""
    return finish(np.ones(loose_shape(size), dtype or get_default_dtype()), device, requires_grad)


def empty(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of the given shape whose values are whatever was in memory."""
    return finish(np.empty(loose_shape(size), dtype or get_default_dtype()), device, requires_grad)


def full(size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of one value everywhere."""
    dtype = dtype or (get_default_dtype() if isinstance(fill_value, float) else None)
    return finish(np.full(size, fill_value, dtype), device, requires_grad)


def zeros_like(x: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros with x's shape and dtype."""
    return zeros(*x.shape, dtype=dtype or x.dtype, requires_grad=requires_grad)


def ones_like(x: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones with x's shape and dtype."""
    return ones(*x.shape, dtype=dtype or x.dtype, requires_grad=requires_grad)


def empty_like(x: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor with x's shape and dtype, whose values are whatever was in memory."""
    return empty(*x.shape, dtype=dtype or x.dtype, requires_grad=requires_grad)


def full_like(x: Any, fill_value: Any, *, dtype: Any = None) -> Tensor:
    """One value everywhere, with x's shape and dtype."""
    return full(x.shape, fill_value, dtype=dtype or x.dtype)


def arange(
    start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """start, start + step, … below end: int64 of integers, else the default dtype."""
    start, end = (0, start) if end is None else (start, end)
    values = np.arange(start, end, step)
    if dtype is None:
        dtype = get_default_dtype() if values.dtype.kind == "f" else np.int64
    return finish(values.astype(dtype), device, requires_grad)


def linspace(
    start: float, end: float, steps: int = 50, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """`steps` numbers at equal distances from start to end, both included."""
    return finish(np.linspace(start, end, steps, dtype=dtype or get_default_dtype()), device, requires_grad)


def eye(n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones on the diagonal, zeros elsewhere."""
    return finish(np.eye(n, m, dtype=dtype or get_default_dtype()), device, requires_grad)
