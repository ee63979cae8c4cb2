"""Tables of rows that are learned. See `nn.functional.embedding`."""

from __future__ import annotations

from typing import Any, Self

import autograd
from autograd import Tensor
from nn import functional as F
from nn import init
from nn.parameter import Parameter

from .module import Module


class _Table(Module):
    """What both layers have in common: a row for each number, and how rows are kept short."""

    weight: Parameter
    num_embeddings: int
    embedding_dim: int
    padding_idx: int | None
    max_norm: float | None
    norm_type: float
    scale_grad_by_freq: bool
    sparse: bool

    def _begin(
        self, size: tuple[int, int], padding: int | None, weight: Any, freeze: bool, device: Any, dtype: Any
    ) -> None:
        n = size[0]
        if padding is not None and not -n <= padding < n:
            raise ValueError(f"padding_idx must be within num_embeddings, {n}, and is {padding}")
        self.num_embeddings, self.embedding_dim = size
        self.padding_idx = None if padding is None else padding % n
        if weight is not None and tuple(weight.shape) != size:
            raise ValueError(
                f"the given weight has shape {tuple(weight.shape)}, and num_embeddings and embedding_dim are {size}"
            )
        given = autograd.empty(size, dtype=dtype, device=device) if weight is None else weight
        self.weight = Parameter(given, requires_grad=not freeze)
        if weight is None:
            self.reset_parameters()

    @classmethod
    def from_pretrained(cls, embeddings: Any, freeze: bool = True, **options: Any) -> Self:
        """A layer with these rows, which by default are not trained."""
        if len(embeddings.shape) != 2:
            raise ValueError(f"embeddings must be a matrix, a row for each number, not {tuple(embeddings.shape)}")
        make: Any = cls
        module = make(*embeddings.shape, _weight=embeddings, **options)
        module.weight.requires_grad_(not freeze)
        return module

    def reset_parameters(self) -> None:
        """Draw the rows anew."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight.data[self.padding_idx] = 0

    def extra_repr(self) -> str:
        parts = [f"{self.num_embeddings}, {self.embedding_dim}"]
        padding = [] if self.padding_idx is None else [f"padding_idx={self.padding_idx}"]
        mode = [f"mode={self.mode!r}"] if isinstance(self, EmbeddingBag) else []
        parts += [] if mode else padding
        parts += [f"max_norm={self.max_norm}"] if self.max_norm is not None else []
        parts += [f"norm_type={self.norm_type}"] if self.norm_type != 2 else []
        parts += ["scale_grad_by_freq=True"] if self.scale_grad_by_freq else []
        parts += ["sparse=True"] if self.sparse else []
        return ", ".join([*parts, *mode, *(padding if mode else [])])


class Embedding(_Table):
    """weight[x]: the rows with these numbers.

    Shapes: x (...), integers -> (..., embedding_dim); weight (num_embeddings, embedding_dim), which starts normal with mean 0
    and variance 1, the row `padding_idx` with zeros.

    >>> Embedding(10, 3)(np.array([[1, 2], [4, 9]])).shape
    (2, 2, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Any = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        self._begin((num_embeddings, embedding_dim), padding_idx, _weight, _freeze, device, dtype)

    def forward(self, input: Any) -> Tensor:
        return F.embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.sparse
        )


class EmbeddingBag(_Table):
    """The sum, mean or maximum of the rows of each bag. See `nn.functional.embedding_bag`.

    >>> EmbeddingBag(10, 3)(np.array([[1, 2], [4, 9]])).shape
    (2, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Any = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        self.mode, self.include_last_offset = mode, include_last_offset
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        self._begin((num_embeddings, embedding_dim), padding_idx, _weight, False, device, dtype)

    def forward(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Tensor:
        return F.embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )
