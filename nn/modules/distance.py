"""Layers that compare two inputs."""

from __future__ import annotations

from typing import Any

from autograd import Tensor
from nn import functional as F

from .module import Module


class PairwiseDistance(Module):
    """|x1 - x2 + eps| along the last axis, in the norm (Σ |x|ᵖ)^(1/p): `nn.functional.pairwise_distance`."""

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Any, x2: Any) -> Tensor:
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


class CosineSimilarity(Module):
    """The cosine of the angle between x1 and x2 along `dim`: `nn.functional.cosine_similarity`.

    >>> CosineSimilarity()(np.array([[1.0, 0.0]]), np.array([[1.0, 1.0]]))
    tensor([0.7071], dtype=float64)
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        self.dim, self.eps = dim, eps

    def forward(self, x1: Any, x2: Any) -> Tensor:
        return F.cosine_similarity(x1, x2, self.dim, self.eps)
