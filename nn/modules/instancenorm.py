"""Instance normalisation: each channel of each sample by itself."""

from __future__ import annotations

from typing import Any

from autograd import Tensor
from nn import functional as F

from .batchnorm import _Norm


class _InstanceNorm(_Norm):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def forward(self, input: Any) -> Tensor:
        self._check(input)
        single = len(input.shape) == min(self.dimensions)  # one sample
        channels = input.shape[0 if single else 1]
        if channels != self.num_features and (self.affine or self.track_running_stats):
            raise ValueError(
                f"expected {self.num_features} channels, got an input of shape {tuple(input.shape)}, which has {channels}"
            )
        out = F.instance_norm(
            input[None] if single else input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )
        return out[0] if single else out


class InstanceNorm1d(_InstanceNorm):
    """Each channel of (N, C, L) or (C, L). See `nn.functional.instance_norm`."""

    dimensions = 2, 3


class InstanceNorm2d(_InstanceNorm):
    """Each channel of (N, C, H, W) or (C, H, W). See `nn.functional.instance_norm`."""

    dimensions = 3, 4


class InstanceNorm3d(_InstanceNorm):
    """Each channel of (N, C, D, H, W) or (C, D, H, W). See `nn.functional.instance_norm`."""

    dimensions = 4, 5
