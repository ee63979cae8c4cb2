"""All parameters as one vector, and back: what methods that think in vectors ask for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The elements of all parameters, one after the other; gradients flow through.

    >>> import nn
    >>> parameters_to_vector(nn.Linear(3, 2).parameters()).shape
    (8,)
    """
    several = list(parameters)
    if not several:
        raise ValueError(
            "parameters_to_vector got no parameters; model.parameters() is used up after one pass, ask anew"
        )
    vector: Tensor = np.concatenate([p.reshape(-1) for p in several])  # type: ignore[assignment]
    return vector


def vector_to_parameters(vec: Any, parameters: Iterable[Tensor]) -> None:
    """Put the elements of `vec` into the parameters, one after the other: `parameters_to_vector` undone.

    As in PyTorch, parameters then are views of the memory of `vec`. ValueError if there are more or fewer elements.
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"vector_to_parameters takes a Tensor, not a {type(vec).__name__}; write Tensor(vec)")
    several, values = list(parameters), vec.detach()
    count = sum(p.size for p in several)
    if values.shape != (count,):
        raise ValueError(f"a vector of shape {values.shape} does not fit parameters of {count} elements")
    start = 0
    for p in several:
        part = values[start : start + p.size].reshape(p.shape)
        p.data = part if part.dtype == p.dtype else part.astype(p.dtype)
        start += p.size
