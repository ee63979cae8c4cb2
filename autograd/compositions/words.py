"""What the functions of every family do with their arguments."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..arrays import engine
from ..lines import unpacks_call
from ..rules.operands import tensor_of


def dims(dim: Any, x: Any = None) -> Any:
    """One number, a tuple of them, or None; of one number x, which to PyTorch has an axis to reduce, None."""
    dim = tuple(dim) if isinstance(dim, list) else dim
    return None if x is not None and not np.ndim(x) and dim in (0, -1, (0,), (-1,)) else dim


def lined(x: Any) -> Any:
    """x as a Tensor with an axis at least: to PyTorch, one number is a row of one."""
    x = tensor_of(x)
    return x if x.ndim else np.reshape(x, (1,))


def like(result: Any, x: Any) -> Any:
    """The result for x, after it was computed of `lined(x)`."""
    return result if np.ndim(x) else np.reshape(result, ())


def axis_of(function: str, dim: Any, x: Any) -> int:
    """`dim` counted from the front; x has an axis at least."""
    try:
        return normalize_axis_index(dim, x.ndim, function)
    except TypeError:
        raise TypeError(f"{function}: dim must be a whole number, not {dim!r}") from None


def refuse_unpacking(method: str, axis: Any) -> None:
    """TypeError where the caller of a method writes `values, indices = x.method(axis)`, which NumPy would not understand."""
    if isinstance(axis, int) and unpacks_call(sys._getframe(2)):
        raise TypeError(
            f"x.{method}({axis}) is NumPy's and returns the values alone; for PyTorch's pair write "
            f"values, indices = x.{method}(dim={axis})"
        )


def fresh(values: Any) -> Any:
    """A Tensor on an array that nobody else has."""
    return engine.Tensor._make(values, None)


def scaled(factor: Any, x: Any) -> Any:
    """factor · x, and x itself where the factor is 1."""
    return x if isinstance(factor, int | float) and factor == 1 else factor * tensor_of(x)
