"""Initial values, written in place: PyTorch's names, arguments and distributions.

`fan_in` is the number of inputs of one output of a layer, `fan_out` the number of outputs that one input has a part in:
for a weight (out, in, ...) they are in · (size of the rest) and out · (size of the rest). Numbers come from `generator`, or
from the one that `autograd.manual_seed` sets.
"""

from __future__ import annotations

import math

import numpy as np

import autograd
from autograd import Tensor


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much the weights before this activation should be larger, to keep the variance of what passes through.

    1 for "linear" (also "conv1d", ...) and "sigmoid", 5/3 for "tanh", √2 for "relu", √(2/(1 + slope²)) for "leaky_relu", whose
    slope is `param` (0.01), 3/4 for "selu". ValueError for others.

    >>> calculate_gain("tanh")
    1.6666666666666667
    """
    if nonlinearity in ("linear", "sigmoid") or nonlinearity.startswith("conv"):
        return 1.0
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    gains = {"tanh": 5 / 3, "relu": math.sqrt(2), "selu": 0.75}
    if nonlinearity not in gains:
        raise ValueError(
            f"calculate_gain knows linear, conv1d (2d, 3d), sigmoid, leaky_relu, {', '.join(gains)}; not {nonlinearity!r}"
        )
    return gains[nonlinearity]


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: np.random.Generator | None = None) -> Tensor:
    """Fill with numbers uniform on [a, b).

    >>> w = uniform_(autograd.empty(100), -2, 2, generator=np.random.default_rng(0))
    >>> bool((w >= -2).all() and (w < 2).all())
    True
    """
    tensor.data[...] = (generator or autograd.default_generator()).random(tensor.shape, tensor.dtype) * (b - a) + a
    return tensor


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: np.random.Generator | None = None
) -> Tensor:
    """Fill with normal numbers of this mean and standard deviation."""
    tensor.data[...] = (generator or autograd.default_generator()).standard_normal(
        tensor.shape, tensor.dtype
    ) * std + mean
    return tensor


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with `val`."""
    tensor.data[...] = val
    return tensor


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with 0."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with 1."""
    return constant_(tensor, 1.0)


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: np.random.Generator | None = None) -> Tensor:
    """Fill uniformly on ±gain √(6/(fan_in + fan_out)), whose variance is gain² · 2/(fan_in + fan_out).

    Source: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010).
    """
    bound = gain * math.sqrt(6 / sum(fans(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: np.random.Generator | None = None) -> Tensor:
    """Fill with normal numbers of variance gain² · 2/(fan_in + fan_out). Source: as for `xavier_uniform_`."""
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(fans(tensor))), generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Fill uniformly on ±gain √(3/fan), whose variance is gain²/fan; `a` is the slope of "leaky_relu".

    `mode` says which fan: "fan_in" keeps the variance of values going forward, "fan_out" that of gradients going back.
    Source: K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers" (2015).
    """
    bound = calculate_gain(nonlinearity, a) * math.sqrt(3 / _fan(tensor, mode))
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Fill with normal numbers of variance gain²/fan. Arguments and source: as for `kaiming_uniform_`."""
    return normal_(tensor, 0.0, calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode)), generator)


def fans(tensor: Tensor) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight (out, in, ...); ValueError for fewer than two axes."""
    if tensor.ndim < 2:
        raise ValueError(
            f"fan_in and fan_out are of a weight (out, in, ...), and this one has shape {tensor.shape}; "
            "for a bias write uniform_, normal_ or zeros_"
        )
    rest = math.prod(tensor.shape[2:])
    return tensor.shape[1] * rest, tensor.shape[0] * rest


def _fan(tensor: Tensor, mode: str) -> int:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode must be 'fan_in' or 'fan_out', not {mode!r}")
    return max(1, fans(tensor)[mode == "fan_out"])
