"""What a layer or a loss is called with, made ready: Tensors of one dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor


def tensor(x: Any) -> Tensor:
    return x if isinstance(x, Tensor) else Tensor(x)


def floating(x: Any, dtype: Any, name: str) -> Any:
    """x in this dtype, if it is floating; else TypeError, since numbers that count or name should be turned on purpose."""
    if x.dtype == dtype:
        return x
    if x.dtype.kind != "f":
        raise TypeError(f"{name}: the input is {x.dtype}, and {dtype} is needed; write x.astype(np.{dtype})")
    return cast(x, dtype)


def cast(x: Any, dtype: Any) -> Any:
    """x in another dtype; an array becomes a Tensor, so that the engine sees that nobody else holds its values."""
    return x.astype(dtype) if isinstance(x, Tensor) else Tensor._make(x.astype(dtype), None)


def constant(value: Any, like: Any) -> Any:
    return value.to(like.dtype) if isinstance(value, Tensor) else np.asarray(value, like.dtype)
