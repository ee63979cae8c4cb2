"""PyTorch's functions whose words differ from NumPy's: `dim` and `keepdim`, pairs of values and indices, its defaults.

`axis` and `keepdims` are understood too. Functions on which both worlds agree are the operations themselves.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .compositions.words import like
from .modes import enable_grad, no_grad
from .rules import arithmetic, fused, linalg, reductions, shape
from .tensor import Tensor, _axis, _selected, get_default_dtype


def sum(
    x: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, axis: Any = None, keepdims: bool = False
) -> Any:
    """The sum over `dim` (None: over all)."""
    return reductions.sum(x, _axis(axis, dim, x), dtype, keepdim or keepdims)


def mean(
    x: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, axis: Any = None, keepdims: bool = False
) -> Any:
    """The mean over `dim` (None: over all)."""
    return reductions.mean(x, _axis(axis, dim, x), dtype, keepdim or keepdims)


def prod(
    x: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, axis: Any = None, keepdims: bool = False
) -> Any:
    """The product over `dim` (None: over all)."""
    return reductions.prod(x, _axis(axis, dim, x), dtype, keepdim or keepdims)


def _ddof(unbiased: bool | None, correction: Any, ddof: Any) -> Any:
    if ddof is not None:
        return ddof
    return correction if unbiased is None else int(unbiased)


def var(
    x: Any, dim: Any = None, keepdim: bool = False, *, unbiased: bool | None = None, correction: float = 1,
    axis: Any = None, keepdims: bool = False, ddof: Any = None,
) -> Any:  # fmt: skip
    """The variance over `dim`, PyTorch's: divided by n - 1 (`correction=0`: by n, as NumPy does)."""
    return reductions.var(x, _axis(axis, dim, x), None, _ddof(unbiased, correction, ddof), keepdim or keepdims)


def std(
    x: Any, dim: Any = None, keepdim: bool = False, *, unbiased: bool | None = None, correction: float = 1,
    axis: Any = None, keepdims: bool = False, ddof: Any = None,
) -> Any:  # fmt: skip
    """The standard deviation over `dim`, PyTorch's: the root of the variance with n - 1."""
    return reductions.std(x, _axis(axis, dim, x), None, _ddof(unbiased, correction, ddof), keepdim or keepdims)


def max(x: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest element; over `dim`, the pair (values, indices); of two Tensors, the elementwise maximum."""
    if isinstance(dim, Tensor | np.ndarray):
        return np.maximum(x, dim)
    if dim is not None:
        return _selected(x, reductions.argmax, _axis(axis, dim), keepdim)
    return reductions.max(x, axis, keepdims)


def min(x: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The smallest element; over `dim`, the pair (values, indices); of two Tensors, the elementwise minimum."""
    if isinstance(dim, Tensor | np.ndarray):
        return np.minimum(x, dim)
    if dim is not None:
        return _selected(x, reductions.argmin, _axis(axis, dim), keepdim)
    return reductions.min(x, axis, keepdims)


def amax(x: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest element over `dim`; equal ones share the gradient."""
    return reductions.max(x, _axis(axis, dim, x), keepdim or keepdims)


def amin(x: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The smallest element over `dim`; equal ones share the gradient."""
    return reductions.min(x, _axis(axis, dim, x), keepdim or keepdims)


def argmax(x: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The index of the first largest element."""
    return reductions.argmax(x, _axis(axis, dim, x), keepdims=keepdim or keepdims)


def argmin(x: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The index of the first smallest element."""
    return reductions.argmin(x, _axis(axis, dim, x), keepdims=keepdim or keepdims)


def any(x: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether any element is true."""
    return reductions.any(x, _axis(axis, dim, x), keepdim or keepdims)


def all(x: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether all elements are true."""
    return reductions.all(x, _axis(axis, dim, x), keepdim or keepdims)


def cumsum(x: Any, dim: Any = None, *, dtype: Any = None, axis: Any = None) -> Any:
    """Running sums along `dim`."""
    out = reductions.cumsum(x, _axis(axis, dim, x), dtype)
    return out if dim is None else like(out, x)


def cumprod(x: Any, dim: Any = None, *, dtype: Any = None, axis: Any = None) -> Any:
    """Running products along `dim`."""
    out = reductions.cumprod(x, _axis(axis, dim, x), dtype)
    return out if dim is None else like(out, x)


def count_nonzero(x: Any, dim: Any = None, *, axis: Any = None, keepdims: bool = False) -> Any:
    """How many elements are not 0."""
    return reductions.count_nonzero(x, _axis(axis, dim, x), keepdims=keepdims)


def logsumexp(x: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None, keepdims: bool = False) -> Any:
    """log Σ exp(x) over `dim`, without overflow."""
    return fused.logsumexp(x, _axis(axis, dim, x), keepdim or keepdims)


def softmax(x: Any, dim: int | None = None, *, axis: int | None = None) -> Any:
    """exp(x) / Σ exp(x) along `dim`."""
    chosen = _axis(axis, dim, x)
    return fused.softmax(x, -1 if chosen is None else chosen)


def log_softmax(x: Any, dim: int | None = None, *, axis: int | None = None) -> Any:
    """log softmax(x) along `dim`."""
    chosen = _axis(axis, dim, x)
    return fused.log_softmax(x, -1 if chosen is None else chosen)


def transpose(x: Any, *axes: Any, dim0: int | None = None, dim1: int | None = None) -> Any:
    """`transpose(x, dim0, dim1)` exchanges two axes; `transpose(x)` and `transpose(x, axes)` are NumPy's."""
    axes = (*axes, *(dim for dim in (dim0, dim1) if dim is not None))
    if len(axes) == 2:
        return shape.swapaxes(x, *axes)
    return shape.transpose(x, *axes)


def roll(x: Any, shifts: Any, dims: Any = None, *, axis: Any = None) -> Any:
    """x with elements shifted along `dims` (None: flattened), those that fall off the end coming back at the front."""
    return shape.roll(x, shifts, _axis(axis, dims))


def tensordot(a: Any, b: Any, dims: Any = 2, *, axes: Any = None) -> Any:
    """The sum of products over pairs of axes: the last `dims` of a with the first of b, or the two lists given."""
    return linalg.tensordot(a, b, dims if axes is None else axes)


def permute(x: Any, dims: Any) -> Any:
    """x with its axes in another order."""
    return shape.transpose(x, dims)


def unsqueeze(x: Any, dim: int) -> Any:
    """x with a new axis of size 1."""
    return shape.expand_dims(x, dim)


def squeeze(x: Any, dim: Any = None, *, axis: Any = None) -> Any:
    """x without its axes of size 1, or without `dim` if its size is 1."""
    return x.squeeze(_axis(axis, dim)) if isinstance(x, Tensor) else np.squeeze(x, _axis(axis, dim))


def cat(tensors: Any, dim: int = 0, *, axis: int | None = None) -> Any:
    """The Tensors one after the other along `dim`."""
    return shape.concatenate(tensors, dim if axis is None else axis)


def stack(tensors: Any, dim: int = 0, *, axis: int | None = None) -> Any:
    """Tensors of one shape, joined along a new axis."""
    return shape.stack(tensors, dim if axis is None else axis)


def flip(x: Any, dims: Any = None, *, axis: Any = None) -> Any:
    """x with the order of its elements along `dims` reversed."""
    return shape.flip(x, _axis(axis, dims, x))


def nonzero(x: Any, *, as_tuple: bool = False) -> Any:
    """The indices of the elements that are not 0, a row for each; `as_tuple=True` gives NumPy's array for each axis."""
    if not np.ndim(x) and not as_tuple:
        return np.astype(arithmetic.nonzero(np.reshape(x, 1))[0], np.int64)[:, None][:, :0]
    found = tuple(map(Tensor, arithmetic.nonzero(np.atleast_1d(x))))
    return found if as_tuple else shape.stack(found, 1)


def clone(x: Tensor) -> Tensor:
    """A copy, through which gradients flow."""
    return x.clone()


def masked_fill(x: Tensor, mask: Any, value: Any) -> Tensor:
    """x with `value` where the mask is true."""
    return x.masked_fill(mask, value)


def where(condition: Any, x: Any = None, y: Any = None, *, input: Any = None, other: Any = None) -> Any:
    """x where the condition is true, else y; without them, the indices where it is true. Of two floats, the default dtype.

    PyTorch's names for x and y, `input` and `other`, are understood too. An element that was not taken contributes exactly 0
    to the gradient, also where its own derivative is infinite or NaN.

    >>> where(Tensor([1.0, -1.0]) > 0, 1.0, 0.0)
    tensor([1., 0.])
    """
    x, y = (input if x is None else x), (other if y is None else y)
    if isinstance(x, int | float) and isinstance(y, int | float) and isinstance(x + y, float):
        x, y = np.asarray(x, get_default_dtype()), np.asarray(y, get_default_dtype())
    return arithmetic.where(condition, x, y)


def numel(x: Any) -> int:
    """The number of elements."""
    return int(x.size)


def inference_mode(mode: Any = True) -> Any:
    """`no_grad` by another name, as a context and as a decorator."""
    if callable(mode):
        return no_grad(mode)
    return no_grad() if mode else enable_grad()
