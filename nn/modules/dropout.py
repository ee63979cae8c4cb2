"""Dropout as layers: at work in training, the identity after it. See `nn.functional.dropout`."""

from __future__ import annotations

from typing import Any

from autograd import Tensor
from nn import functional as F

from .module import Module


class _Dropout(Module):
    function: Any

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p, self.inplace = p, inplace

    def forward(self, input: Any) -> Tensor:
        return type(self).function(input, self.p, self.training)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """Each number is 0 with probability p, and the others are larger by 1 / (1 - p).

    >>> Dropout(0.5).eval()([1.0, 2.0])
    tensor([1., 2.])
    """

    function = staticmethod(F.dropout)


class Dropout1d(_Dropout):
    """Whole channels of (N, C, L) are 0."""

    function = staticmethod(F.dropout1d)


class Dropout2d(_Dropout):
    """Whole channels of (N, C, H, W) are 0."""

    function = staticmethod(F.dropout2d)


class Dropout3d(_Dropout):
    """Whole channels of (N, C, D, H, W) are 0."""

    function = staticmethod(F.dropout3d)


class AlphaDropout(_Dropout):
    """Dropout that keeps mean 0 and variance 1, for SELU."""

    function = staticmethod(F.alpha_dropout)


class FeatureAlphaDropout(_Dropout):
    """The same, of whole channels."""

    function = staticmethod(F.feature_alpha_dropout)
