"""Affine maps: every unit sees every input."""

from __future__ import annotations

from typing import Any

from autograd import Tensor
from autograd.rules import fused

from .inputs import floating, tensor


def linear(input: Any, weight: Any, bias: Any = None) -> Tensor:
    """input @ weight.T + bias.

    Shapes: input (..., in), weight (out, in), bias (out,) -> (..., out); with weight (in,) and bias () -> (...). ValueError
    where `in` differs, TypeError for an input of integers.

    >>> linear(np.array([1.0, 2.0]), Tensor([[3.0, 4.0]]), Tensor([0.5]))
    tensor([11.5])
    """
    try:
        if input.dtype is not weight.dtype:
            input = floating(input, weight.dtype, "linear")
    except AttributeError:  # a list
        input = floating(Tensor(input), weight.dtype, "linear")
    try:
        if len(weight.shape) == 1:  # one unit, without an axis of its own
            return tensor(input @ weight if bias is None else input @ weight + bias)
        return fused.linear_layer(input, weight, bias)
    except (ValueError, TypeError) as error:
        shapes = input.shape, weight.shape
        if not shapes[0] or shapes[0][-1] != shapes[1][-1]:
            raise ValueError(
                f"expected last axis {shapes[1][-1]}, got {shapes[0][-1] if shapes[0] else 'none'}: linear's input has shape "
                f"{shapes[0]}, and its weight (out, in) has shape {shapes[1]}; the input's last axis must be in"
            ) from None
        raise error


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Tensor:
    """input1ᵀ weight[o] input2 + bias[o] for each output o.

    Shapes: input1 (..., in1), input2 (..., in2), weight (out, in1, in2), bias (out,) -> (..., out). ValueError where they
    do not fit.

    >>> bilinear(np.array([1.0, 2.0]), np.array([3.0]), Tensor([[[10.0], [100.0]]]))
    tensor([630.])
    """
    x1, x2 = (floating(tensor(x), weight.dtype, "bilinear") for x in (input1, input2))
    out, in1, in2 = weight.shape
    if x1.shape[-1:] != (in1,) or x2.shape[-1:] != (in2,) or x1.shape[:-1] != x2.shape[:-1]:
        raise ValueError(
            f"bilinear: inputs of shapes {x1.shape} and {x2.shape} do not fit a weight (out, in1, in2) of shape {weight.shape}: "
            f"their last axes must be {in1} and {in2}, and the others equal"
        )
    each = (x1 @ weight.reshape(out, in1, in2).transpose(1, 0, 2).reshape(in1, out * in2)).reshape(
        *x1.shape[:-1], out, in2
    )
    result = (each @ x2[..., None])[..., 0]
    return result if bias is None else result + bias
