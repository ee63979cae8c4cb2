"""Batch normalisation: in training by what the batch is like, after it by what the batches have been like."""

from __future__ import annotations

from typing import Any

import autograd
from autograd import Tensor
from nn import functional as F
from nn import init
from nn.parameter import Parameter

from .module import Module


class _Norm(Module):
    """What batch and instance normalisation have in common: a weight and a bias a channel, and running values."""

    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None
    dimensions: tuple[int, ...]  # of an input

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        made = {"dtype": dtype, "device": device}
        self.weight = Parameter(autograd.ones(num_features, **made)) if affine else None
        self.bias = Parameter(autograd.zeros(num_features, **made)) if affine and bias else None
        self.register_buffer("running_mean", autograd.zeros(num_features, **made) if track_running_stats else None)
        self.register_buffer("running_var", autograd.ones(num_features, **made) if track_running_stats else None)
        count = autograd.tensor(0, dtype=autograd.int64) if track_running_stats else None
        self.register_buffer("num_batches_tracked", count)

    def reset_running_stats(self) -> None:
        """Forget all batches."""
        if self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None:
            init.zeros_(self.running_mean)
            init.ones_(self.running_var)
            self.num_batches_tracked.data[...] = 0

    def reset_parameters(self) -> None:
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _check(self, input: Any) -> None:
        if len(input.shape) not in self.dimensions:
            expected = " or ".join(f"{n}D" for n in self.dimensions)
            raise ValueError(
                f"expected {expected} input (got {len(input.shape)}D input, of shape {tuple(input.shape)})"
            )

    def _share(self) -> float:
        """How far the running values move; without `momentum` so far that they are the mean over all batches."""
        if self.momentum is not None:
            return self.momentum
        return 0.0 if self.num_batches_tracked is None else 1 / (int(self.num_batches_tracked) + 1)

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_Norm):
    def forward(self, input: Any) -> Tensor:
        self._check(input)
        training = self.training or self.running_mean is None
        moves = self.training and self.num_batches_tracked is not None
        running = self.running_mean, self.running_var
        out = F.batch_norm(input, *running, self.weight, self.bias, training, self._share() if moves else 0.0, self.eps)
        if moves and self.num_batches_tracked is not None:
            self.num_batches_tracked.data[...] += 1
        return out


class BatchNorm1d(_BatchNorm):
    """Each feature of (N, C), or channel of (N, C, L), over the batch. See `nn.functional.batch_norm`."""

    dimensions = 2, 3


class BatchNorm2d(_BatchNorm):
    """Each channel of (N, C, H, W) over the batch. See `nn.functional.batch_norm`.

    >>> BatchNorm2d(3)(autograd.randn(8, 3, 4, 4)).shape
    (8, 3, 4, 4)
    """

    dimensions = (4,)


class BatchNorm3d(_BatchNorm):
    """Each channel of (N, C, D, H, W) over the batch. See `nn.functional.batch_norm`."""

    dimensions = (5,)
