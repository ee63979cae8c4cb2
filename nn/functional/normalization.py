"""Normalisation: the numbers of a row, of a channel or of a group of channels get mean 0 and variance 1."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import Tensor, modes
from autograd.rules.normalizations import (
    batch_statistics,
    moved,
    normalize_batch,
    normalize_groups,
    normalize_rows,
    scale_channels,
)

from .inputs import floating, tensor


def layer_norm(input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Tensor:
    """(x - μ) / √(σ² + ε) · weight + bias, with μ and σ² of the last axes, those of `normalized_shape`.

    Shapes: input (..., *normalized_shape), weight and bias normalized_shape. ValueError for other shapes. Source: J. L. Ba,
    J. R. Kiros and G. E. Hinton, "Layer normalization" (2016).

    >>> layer_norm(Tensor([[1.0, 3.0], [5.0, 5.0]]), 2)
    tensor([[-1.,  1.],
            [ 0.,  0.]])
    """
    return _over_rows("layer_norm", input, normalized_shape, weight, bias, eps, True)


def rms_norm(input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> Tensor:
    """x / √(mean x² + ε) · weight, over the last axes, those of `normalized_shape`; ε is the smallest difference from 1.

    Source: B. Zhang and R. Sennrich, "Root mean square layer normalization" (2019).

    >>> rms_norm(Tensor([3.0, 3.0]), 2)
    tensor([1., 1.])
    """
    return _over_rows("rms_norm", input, normalized_shape, weight, None, eps, False)


def _over_rows(name: str, input: Any, shape: Any, weight: Any, bias: Any, eps: float | None, centre: bool) -> Tensor:
    shape = (shape,) if np.ndim(shape) == 0 else tuple(shape)
    x = _floating_input(name, input, weight)
    if not shape or x.shape[max(0, x.ndim - len(shape)) :] != shape:
        raise ValueError(
            f"{name}: expected the last axes {shape}, the normalized_shape, got an input of shape {x.shape}"
        )
    for what, a in (("weight", weight), ("bias", bias)):
        if a is not None and tuple(a.shape) != shape:
            raise ValueError(f"{name}: {what} has shape {tuple(a.shape)}, and must have the normalized_shape {shape}")
    size = math.prod(shape)
    row = [a if a is None or len(shape) == 1 else a.reshape(size) for a in (weight, bias)]
    if eps is None:
        eps = float(np.finfo(x.dtype).eps)
    out = normalize_rows(
        x if x.ndim == 2 and len(shape) == 1 else x.reshape(-1 if size else 0, size), *row, eps, centre
    )
    return out if out.shape == x.shape else out.reshape(x.shape)


def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """(x - μ) / √(σ² + ε) · weight + bias for each channel, with μ and σ² of the batch, or those running.

    Shapes: input (N, C) or (N, C, ...), all others (C,). In `training`, or without running values, μ and σ² are those of this
    batch, and the running values, if given, move towards them by the share `momentum`, σ² with n - 1 in its denominator. ValueError for
    one number a channel in training. Source: S. Ioffe and C. Szegedy, "Batch normalization" (2015).

    >>> mean, var = autograd.zeros(1), autograd.ones(1)
    >>> batch_norm(Tensor([[1.0], [3.0]]), mean, var, training=True)
    tensor([[-1.],
            [ 1.]])
    >>> mean, var
    (tensor([0.2]), tensor([1.1]))
    """
    x = _floating_input("batch_norm", input, weight if weight is not None else running_mean)
    if x.ndim < 2:
        raise ValueError(f"batch_norm: expected an input (N, C) or (N, C, ...), got shape {x.shape}")
    channels = x.shape[1]
    given = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    for name, a in given.items():
        if a is not None and tuple(a.shape) != (channels,):
            raise ValueError(
                f"batch_norm: expected {_size(a)} channels, as {name} has, got an input of shape {x.shape}, which has {channels}"
            )
    if not training and running_mean is not None and running_var is not None:
        scale = 1 / np.sqrt(running_var + eps)
        scale = scale if weight is None else scale * weight
        shift = -running_mean * scale if bias is None else bias - running_mean * scale
        return scale_channels(_cubes(x), scale, shift).reshape(x.shape)
    count = x.shape[0] * math.prod(x.shape[2:])
    if training and count <= 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {tuple(x.shape)}")
    cubes = _cubes(x)
    statistics = batch_statistics(cubes)
    if training and running_mean is not None and running_var is not None:
        _move(running_mean, statistics[0], momentum)
        _move(running_var, statistics[1], momentum, count / (count - 1))
    return normalize_batch(cubes, weight, bias, statistics, eps).reshape(x.shape)


def _cubes(x: Any) -> Any:
    return x if x.ndim == 3 else x.reshape(*x.shape[:2], math.prod(x.shape[2:]))


def _move(running: Any, now: Any, momentum: float, factor: float = 1.0) -> None:
    with modes.no_grad():
        running[...] = moved(running, now, momentum, factor)


def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Tensor:
    """(x - μ) / √(σ² + ε) · weight + bias, with μ and σ² of each sample's groups of channels.

    Shapes: input (N, C, ...), weight and bias (C,). ValueError if the groups do not divide the channels. Source: Y. Wu and
    K. He, "Group normalization" (2018).
    """
    x = _floating_input("group_norm", input, weight)
    if x.ndim < 2:
        raise ValueError(f"group_norm: expected an input (N, C, ...), got shape {x.shape}")
    if num_groups < 1 or x.shape[1] % num_groups:
        raise ValueError(
            f"group_norm: expected a number of channels that {num_groups} groups divide, got an input of shape {x.shape}, which has {x.shape[1]}"
        )
    if x.shape[0] * math.prod(x.shape[2:]) * x.shape[1] // num_groups <= 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {tuple(x.shape)}")
    return _in_groups("group_norm", x, num_groups, weight, bias, eps)


def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """(x - μ) / √(σ² + ε) · weight + bias, with μ and σ² of each channel of each sample, or those running.

    Shapes: input (N, C, ...), all others (C,). Source: D. Ulyanov, A. Vedaldi and V. Lempitsky, "Instance normalization" (2016).
    """
    x = _floating_input("instance_norm", input, weight if weight is not None else running_mean)
    if x.ndim < 3:
        raise ValueError(f"instance_norm: expected an input (N, C, ...), got shape {x.shape}")
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise ValueError("instance_norm: use_input_stats=False needs running_mean and running_var")
        return batch_norm(x, running_mean, running_var, weight, bias, False, momentum, eps)
    n, channels, size = x.shape[0], x.shape[1], math.prod(x.shape[2:])
    if size <= 1:
        raise ValueError(f"Expected more than 1 spatial element when training, got input size {tuple(x.shape)}")
    if running_mean is not None and running_var is not None:
        each = batch_statistics(x.detach().reshape(1, n * channels, size)).reshape(2, n, channels).mean(1)
        _move(running_mean, each[0], momentum)
        _move(running_var, each[1], momentum, size / (size - 1))
    return _in_groups("instance_norm", x, channels, weight, bias, eps)


def local_response_norm(input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """x / (k + α mean of x² over `size` channels around)^β.

    Shapes: input (N, C, ...). Source: A. Krizhevsky, I. Sutskever and G. Hinton, "ImageNet classification with deep
    convolutional neural networks" (2012).
    """
    x = _floating_input("local_response_norm", input, None)
    if x.ndim < 3:
        raise ValueError(f"local_response_norm: expected an input (N, C, ...), got shape {x.shape}")
    border = [(0, 0)] * x.ndim
    border[1] = size // 2, (size - 1) // 2
    sums = np.cumsum(np.pad(x * x, [(a + (i == 1), b) for i, (a, b) in enumerate(border)]), axis=1)
    around = sums[:, size:] - sums[:, : -size or None]
    return x / (k + alpha / size * around) ** beta


def _in_groups(name: str, x: Any, groups: int, weight: Any, bias: Any, eps: float) -> Any:
    for a in (weight, bias):
        if a is not None and tuple(a.shape) != x.shape[1:2]:
            raise ValueError(
                f"{name}: expected {_size(a)} channels, as the weight has, got an input of shape {x.shape}"
            )
    each = (groups, x.shape[1] // groups)
    weight, bias = (None if a is None else a.reshape(each) for a in (weight, bias))
    return normalize_groups(x.reshape(x.shape[0], *each, math.prod(x.shape[2:])), weight, bias, eps).reshape(x.shape)


def _size(a: Any) -> str:
    return str(a.shape[0]) if len(a.shape) == 1 else f"shape {tuple(a.shape)}"


def _floating_input(name: str, input: Any, like: Any) -> Any:
    x = tensor(input)
    if like is not None:
        return floating(x, like.dtype, name)
    if x.dtype.kind != "f":
        raise TypeError(f"{name}: the input is {x.dtype}, and must be floating; write x.astype(np.float32)")
    return x
