"""Affine and bilinear maps, and the identity."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd
from autograd import Tensor
from nn import functional as F
from nn import init
from nn.parameter import Parameter

from .module import Module


class Linear(Module):
    """x @ weight.T + bias.

    Shapes: x (..., in_features) -> (..., out_features); weight (out_features, in_features), bias (out_features,).
    Both start uniform on ±1/√in_features, as in PyTorch, drawn from `generator` or from the one that
    `autograd.manual_seed` sets.

    >>> layer = Linear(3, 2)
    >>> layer(np.ones((4, 3))).shape
    (4, 2)
    >>> layer
    Linear(in_features=3, out_features=2, bias=True)
    """

    bias: Parameter | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        generator: np.random.Generator | None = None,
    ) -> None:
        self.in_features, self.out_features = _size("in_features", in_features), _size("out_features", out_features)
        self.weight = Parameter(autograd.empty(out_features, in_features, dtype=dtype, device=device))
        self.bias = Parameter(autograd.empty(out_features, dtype=dtype, device=device)) if bias else None
        self.reset_parameters(generator)

    def reset_parameters(self, generator: np.random.Generator | None = None) -> None:
        """Draw weight and bias anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5), generator=generator)  # ±1/√in_features
        if self.bias is not None:
            bound = 1 / math.sqrt(max(1, self.in_features))
            init.uniform_(self.bias, -bound, bound, generator=generator)

    def forward(self, x: Any) -> Tensor:
        return F.linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Identity(Module):
    """x. Arguments are accepted and ignored, so that it can stand in for any layer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def forward(self, x: Any) -> Any:
        return x


class LazyLinear(Linear):
    """A Linear layer that learns `in_features` from the first input that it is called with, and from then on is a Linear.

    Until then its weight has the shape (out_features, 0). It stays the same Parameter, so that an optimizer may be made
    before.

    >>> layer = LazyLinear(2)
    >>> layer(np.ones((4, 3))).shape
    (4, 2)
    >>> layer
    Linear(in_features=3, out_features=2, bias=True)
    """

    def __init__(
        self,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__(0, out_features, bias, device, dtype, generator=generator)
        self._generator = generator

    def forward(self, x: Any) -> Tensor:
        if not np.ndim(x):
            raise ValueError("expected last axis, got none: LazyLinear's input is a single number")
        self.in_features = np.shape(x)[-1]
        self.weight.data = autograd.empty(self.out_features, self.in_features, dtype=self.weight.dtype)
        self.__class__ = Linear  # type: ignore[assignment]
        self.reset_parameters(self.__dict__.pop("_generator"))
        return F.linear(x, self.weight, self.bias)


class Bilinear(Module):
    """input1ᵀ weight[o] input2 + bias[o] for each output o: what two vectors have in common, by learned measures.

    Shapes: input1 (..., in1_features), input2 (..., in2_features) -> (..., out_features); weight (out, in1, in2), bias (out,).
    Both start uniform on ±1/√in1_features, as in PyTorch.

    >>> Bilinear(3, 4, 2)(np.ones((5, 3)), np.ones((5, 4))).shape
    (5, 2)
    """

    bias: Parameter | None

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        generator: np.random.Generator | None = None,
    ) -> None:
        self.in1_features, self.in2_features = _size("in1_features", in1_features), _size("in2_features", in2_features)
        self.out_features = _size("out_features", out_features)
        if not self.in1_features:
            raise ValueError("in1_features is a number of units, and cannot be 0")
        shape = self.out_features, self.in1_features, self.in2_features
        self.weight = Parameter(autograd.empty(*shape, dtype=dtype, device=device))
        self.bias = Parameter(autograd.empty(self.out_features, dtype=dtype, device=device)) if bias else None
        self.reset_parameters(generator)

    def reset_parameters(self, generator: np.random.Generator | None = None) -> None:
        """Draw weight and bias anew."""
        bound = 1 / math.sqrt(self.in1_features)
        for p in self.parameters():
            init.uniform_(p, -bound, bound, generator=generator)

    def forward(self, input1: Any, input2: Any) -> Tensor:
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )


def _size(name: str, value: Any) -> int:
    if not isinstance(value, int | np.integer) or isinstance(value, bool):
        raise TypeError(f"{name} is a number of units, a whole number, not {value!r}")
    if value < 0:
        raise ValueError(f"{name} is a number of units, and cannot be {value}")
    return int(value)
