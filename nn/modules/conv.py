"""Layers that do the same at every place: convolutions and their transposes (*Deep Learning*, chapter 9)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd
from autograd import Tensor
from nn import functional as F
from nn import init
from nn.functional import conv
from nn.functional.pooling import sizes
from nn.parameter import Parameter

from .linear import _size
from .module import Module

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _Conv(Module):
    """What all of them are: a weight, a bias, and how windows lie. `rank` is the number of axes of positions."""

    rank: int
    transposed = False
    bias: Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
        *,
        generator: np.random.Generator | None = None,
    ) -> None:
        name, rank = type(self).__name__, self.rank
        self.in_channels, self.out_channels = _size("in_channels", in_channels), _size("out_channels", out_channels)
        self.groups = _size("groups", groups)
        if self.groups < 1 or self.in_channels % self.groups or self.out_channels % self.groups:
            raise ValueError(
                f"{name}: {in_channels} channels in and {out_channels} out cannot both be divided into groups={groups}"
            )
        if padding_mode not in (PADDING_MODES if not self.transposed else PADDING_MODES[:1]):
            known = ", ".join(PADDING_MODES) if not self.transposed else "zeros alone"
            raise ValueError(f"{name}: padding_mode={padding_mode!r} is not known; there is {known}")
        self.kernel_size = conv.steps(name, "kernel_size", kernel_size, rank)
        self.stride = conv.steps(name, "stride", stride, rank)
        self.dilation = conv.steps(name, "dilation", dilation, rank)
        self.output_padding: tuple[int, ...] = (0,) * rank
        if isinstance(padding, str):
            self._around = conv.paddings(name, padding, self.kernel_size, self.stride, self.dilation)
            self.padding: Any = padding
        else:
            self.padding = conv.borders(name, "padding", padding, rank)
            self._around = [(p, p) for p in self.padding]
        self.padding_mode = padding_mode
        channels = (self.in_channels, self.out_channels) if self.transposed else (self.out_channels, self.in_channels)
        shape = (channels[0], channels[1] // self.groups, *self.kernel_size)
        self.weight = Parameter(autograd.empty(*shape, dtype=dtype, device=device))
        self.bias = Parameter(autograd.empty(self.out_channels, dtype=dtype, device=device)) if bias else None
        self.reset_parameters(generator)

    def reset_parameters(self, generator: np.random.Generator | None = None) -> None:
        """Draw weight and bias anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5), generator=generator)  # ±1/√fan_in
        if self.bias is not None:
            bound = 1 / math.sqrt(max(1, init.fans(self.weight)[0]))
            init.uniform_(self.bias, -bound, bound, generator=generator)

    def forward(self, x: Any) -> Tensor:
        padding = self.padding
        if self.padding_mode != "zeros":
            widths = [width for pair in reversed(self._around) for width in pair]
            x, padding = F.pad(x, widths, self.padding_mode), 0
        return conv.convolved(self.rank, x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        given = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        for name, usual in (("padding", 0), ("dilation", 1), ("output_padding", 0)):
            value = getattr(self, name)
            if value != (usual,) * self.rank:
                given.append(f"{name}={value}")
        given += [f"groups={self.groups}"] * (self.groups != 1) + ["bias=False"] * (self.bias is None)
        return ", ".join(given + [f"padding_mode={self.padding_mode}"] * (self.padding_mode != "zeros"))


class Conv1d(_Conv):
    """Σ_c Σ_i weight[o, c, i] · x[n, c, j · stride + i · dilation - padding] + bias[o]; see `Conv2d`.

    Shapes: x (N, in_channels, L) or (in_channels, L) -> (N, out_channels, L') or (out_channels, L').

    >>> Conv1d(2, 3, kernel_size=5)(np.zeros((7, 2, 10))).shape
    (7, 3, 6)
    """

    rank = 1


class Conv2d(_Conv):
    """Σ_c Σ_i weight[o, c, i] · x[n, c, j · stride + i · dilation - padding] + bias[o], over two axes: `nn.functional.conv2d`.

    Shapes: x (N, in_channels, H, W) or (in_channels, H, W) -> (N, out_channels, H', W') or (out_channels, H', W'); weight
    (out_channels, in_channels / groups, kH, kW), bias (out_channels,). Both start uniform on
    ±1/√(in_channels / groups · kH · kW), as in PyTorch, drawn from `generator` or from the one that
    `autograd.manual_seed` sets.

    `padding_mode` says what the padding is: "zeros", or "reflect", "replicate", "circular" as in `nn.functional.pad`.

    >>> layer = Conv2d(3, 16, 3, stride=2, padding=1)
    >>> layer(np.zeros((5, 3, 32, 32))).shape
    (5, 16, 16, 16)
    >>> layer
    Conv2d(3, 16, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1))
    """

    rank = 2


class Conv3d(_Conv):
    """As `Conv2d`, over three axes: x (N, in_channels, D, H, W) or (in_channels, D, H, W)."""

    rank = 3


class _ConvTranspose(_Conv):
    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
        *,
        generator: np.random.Generator | None = None,
    ) -> None:
        name = type(self).__name__
        padding = conv.borders(name, "padding", padding, self.rank)
        extra = conv.borders(name, "output_padding", output_padding, self.rank)
        super().__init__(
            *(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode),
            *(device, dtype),
            generator=generator,
        )
        self.output_padding = extra

    def forward(self, x: Any, output_size: Any = None) -> Tensor:
        """`output_size`, the sizes of the result's last axes or its shape, stands in the place of `output_padding`."""
        extra = self.output_padding if output_size is None else self._extra(x, output_size)
        return conv.transposed(
            self.rank, x, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation
        )

    def _extra(self, x: Any, output_size: Any) -> tuple[int, ...]:
        """The output padding that leads to this size."""
        name, rank, given = type(self).__name__, self.rank, tuple(output_size)
        wanted = sizes(name, "output_size", given[-rank:] if len(given) == np.ndim(x) else given, rank)
        counts = np.shape(x)[-rank:]
        least = conv.transposed_sizes(counts, self.kernel_size, self.stride, self.padding, (0,) * rank, self.dilation)
        most = tuple(n + s - 1 for n, s in zip(least, self.stride))
        if any(not low <= n <= high for low, n, high in zip(least, wanted, most)):
            raise ValueError(
                f"{name}: output_size={given} cannot come of an input of shape {tuple(np.shape(x))}; it is from {least} to {most}"
            )
        return tuple(n - low for n, low in zip(wanted, least))


class ConvTranspose1d(_ConvTranspose):
    """The transpose of a convolution over one axis: `nn.functional.conv_transpose1d`; see `ConvTranspose2d`."""

    rank = 1


class ConvTranspose2d(_ConvTranspose):
    """The map by which gradients go back through a convolution, as a layer: `nn.functional.conv_transpose2d`.

    Shapes: x (N, in_channels, H, W) or (in_channels, H, W) -> (N, out_channels, H', W') or (out_channels, H', W'); weight
    (in_channels, out_channels / groups, kH, kW), bias (out_channels,), both initialised as those of `Conv2d`.

    >>> up = ConvTranspose2d(16, 3, 3, stride=2, padding=1)
    >>> up(np.zeros((5, 16, 8, 8))).shape, up(np.zeros((5, 16, 8, 8)), output_size=(16, 16)).shape
    ((5, 3, 15, 15), (5, 3, 16, 16))
    """

    rank = 2


class ConvTranspose3d(_ConvTranspose):
    """The transpose of a convolution over three axes: `nn.functional.conv_transpose3d`; see `ConvTranspose2d`."""

    rank = 3
