"""Affine maps: every unit sees every input."""

from __future__ import annotations

from typing import Any

from autograd import Tensor
from autograd.rules import fused

from .inputs import floating


def linear(input: Any, weight: Any, bias: Any = None) -> Tensor:
    """input @ weight.T + bias.

    Shapes: input (..., in), weight (out, in), bias (out,) -> (..., out). ValueError where `in` differs, TypeError for an
    input of integers.

    >>> linear(np.array([1.0, 2.0]), Tensor([[3.0, 4.0]]), Tensor([0.5]))
    tensor([11.5])
    """
    try:
        if input.dtype is not weight.dtype:
            input = floating(input, weight.dtype, "linear")
    except AttributeError:  # a list
        input = floating(Tensor(input), weight.dtype, "linear")
    try:
        return fused.linear_layer(input, weight, bias)
    except (ValueError, TypeError) as error:
        shapes = input.shape, weight.shape
        if not shapes[0] or shapes[0][-1] != shapes[1][-1]:
            raise ValueError(
                f"linear: an input of shape {shapes[0]} does not fit a weight (out, in) of shape {shapes[1]}: "
                f"the input's last axis is {shapes[0][-1] if shapes[0] else 'missing'}, and in is {shapes[1][-1]}; they must be equal"
            ) from None
        raise error
