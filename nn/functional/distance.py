"""Distances and directions of vectors, and labels as vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd
from autograd import Tensor
from autograd.rules import fused

from .inputs import cast, floating, tensor


def _pair(name: str, x1: Any, x2: Any) -> tuple[Any, Any]:
    a, b = tensor(x1), tensor(x2)
    if a.dtype.kind != "f":
        raise TypeError(f"{name}: the first input is {a.dtype}, and must be floating; write x.astype(np.float32)")
    b = floating(b, a.dtype, name)
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        raise ValueError(
            f"{name}: inputs of shapes {a.shape} and {b.shape} do not broadcast against each other"
        ) from None
    return a, b


def _norm(x: Any, p: float, dim: Any, keepdim: bool = False) -> Tensor:
    return autograd.linalg.vector_norm(x, p, dim, keepdim)


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """x1 · x2 / (max(|x1|, eps) max(|x2|, eps)) along `dim`: the cosine of the angle between two vectors.

    Shapes: two that broadcast against each other; the result lacks `dim`. For vectors shorter than eps, the derivative is
    PyTorch's, that of x / |x| with eps in place of |x|; it is finite at 0.

    >>> cosine_similarity(Tensor([1.0, 0.0]), Tensor([3.0, 4.0]), dim=0)
    tensor(0.6)
    """
    directions = []
    for x in np.broadcast_arrays(*_pair("cosine_similarity", x1, x2)):
        length = _norm(x, 2, dim, True)
        with autograd.no_grad():
            lack = np.maximum(length, eps) - length
        directions.append(x / (length + lack))
    return (directions[0] * directions[1]).sum(dim)


def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """|x1 - x2 + eps| along the last axis, in the norm (Σ |x|ᵖ)^(1/p).

    Shapes: two that broadcast against each other; the result lacks the last axis, or has it as 1 with `keepdim`.

    >>> pairwise_distance(Tensor([[1.0, 2.0]]), Tensor([[4.0, 6.0]]))
    tensor([5.])
    """
    a, b = _pair("pairwise_distance", x1, x2)
    return _norm(a - b + eps, p, -1, keepdim)


def pdist(input: Any, p: float = 2.0) -> Tensor:
    """The distance, in the norm (Σ |x|ᵖ)^(1/p), of each two rows: of 0 and 1, 0 and 2, ..., 1 and 2, ...

    Shapes: (N, M) -> (N (N - 1) / 2,). Where two rows are equal, the derivative is 0.

    >>> pdist(Tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]))
    tensor([5.    , 1.    , 4.2426])
    """
    x = tensor(input)
    if x.ndim != 2:
        raise ValueError(f"pdist: the input has shape {x.shape}, and must have (N, M)")
    first, second = np.triu_indices(len(x), 1)
    return _norm(x[first] - x[second], p, -1)


def normalize(input: Any, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Tensor:
    """x / max(|x|, eps) along `dim`, in the norm (Σ |x|ᵖ)^(1/p): vectors of length 1, except those shorter than eps.

    >>> normalize(Tensor([[3.0, 4.0], [0.0, 0.0]]))
    tensor([[0.6, 0.8],
            [0. , 0. ]])
    """
    x = tensor(input)
    if x.dtype.kind != "f":
        raise TypeError(f"normalize: the input is {x.dtype}, and must be floating; write x.astype(np.float32)")
    return x / np.clip(_norm(x, p, dim, True), eps, None)


def one_hot(tensor: Any, num_classes: int = -1) -> Tensor:
    """For each label a row of zeros with a 1 in its place, as integers; as many classes as there must be, unless given.

    Shapes: (...) -> (..., num_classes). IndexError for a label that is no class, TypeError for one that is no whole number.

    >>> one_hot(np.array([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    labels = tensor if isinstance(tensor, Tensor) else Tensor(tensor)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"one_hot: labels are whole numbers, not {labels.dtype}; write x.astype(int)")
    if num_classes == -1:
        if not labels.size:
            raise ValueError("one_hot: no labels, and so no classes can be counted; give num_classes")
        num_classes = int(labels.detach().numpy().max()) + 1
    rows = fused.one_hot(labels.reshape(-1), num_classes)
    return cast(rows, np.int64).reshape(*labels.shape, num_classes)
