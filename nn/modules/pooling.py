"""Layers that sum up what is near: pooling over windows and over whole axes (*Deep Learning*, section 9.3)."""

from __future__ import annotations

from typing import Any

from autograd import Tensor
from nn.functional import pooling

from .module import Module


class _MaxPool(Module):
    rank: int

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, x: Any) -> Any:
        return pooling.max_pool(
            self.rank,
            x,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            self.ceil_mode,
            self.return_indices,
        )

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """The largest element of each window along the last axis: `nn.functional.max_pool1d`."""

    rank = 1


class MaxPool2d(_MaxPool):
    """The largest element of each window over the last two axes: `nn.functional.max_pool2d`.

    >>> MaxPool2d(3, stride=2, padding=1)(np.zeros((5, 16, 32, 32))).shape
    (5, 16, 16, 16)
    """

    rank = 2


class MaxPool3d(_MaxPool):
    """The largest element of each window over the last three axes: `nn.functional.max_pool3d`."""

    rank = 3


class _AvgPool(Module):
    rank: int

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override

    def forward(self, x: Any) -> Tensor:
        return pooling.avg_pool(
            self.rank,
            x,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPool):
    """The average of each window along the last axis: `nn.functional.avg_pool1d`."""

    rank = 1

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        kernel = pooling.sizes("AvgPool1d", "kernel_size", kernel_size, 1)
        step = kernel if stride is None else pooling.sizes("AvgPool1d", "stride", stride, 1)
        border = pooling.sizes("AvgPool1d", "padding", padding, 1)
        super().__init__(kernel, step, border, ceil_mode, count_include_pad)


class AvgPool2d(_AvgPool):
    """The average of each window over the last two axes: `nn.functional.avg_pool2d`.

    >>> AvgPool2d(2)(np.zeros((5, 16, 32, 32))).shape
    (5, 16, 16, 16)
    """

    rank = 2


class AvgPool3d(_AvgPool):
    """The average of each window over the last three axes: `nn.functional.avg_pool3d`."""

    rank = 3


# --- Parts of whole axes ----------------------------------------------------------------------------------------------


class _AdaptivePool(Module):
    rank: int

    def __init__(self, output_size: Any) -> None:
        self.output_size = output_size

    def forward(self, x: Any) -> Any:
        return pooling.adaptive_avg_pool(self.rank, x, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptivePool):
    """The averages of `output_size` parts of the last axis: `nn.functional.adaptive_avg_pool1d`."""

    rank = 1


class AdaptiveAvgPool2d(_AdaptivePool):
    """The averages of parts of the last two axes: `nn.functional.adaptive_avg_pool2d`.

    >>> AdaptiveAvgPool2d(1)(np.zeros((5, 16, 7, 7))).shape
    (5, 16, 1, 1)
    """

    rank = 2


class AdaptiveAvgPool3d(_AdaptivePool):
    """The averages of parts of the last three axes: `nn.functional.adaptive_avg_pool3d`."""

    rank = 3


class _AdaptiveMaxPool(_AdaptivePool):
    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, x: Any) -> Any:
        return pooling.adaptive_max_pool(self.rank, x, self.output_size, self.return_indices)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The largest elements of `output_size` parts of the last axis: `nn.functional.adaptive_max_pool1d`."""

    rank = 1


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The largest elements of parts of the last two axes: `nn.functional.adaptive_max_pool2d`."""

    rank = 2


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """The largest elements of parts of the last three axes: `nn.functional.adaptive_max_pool3d`."""

    rank = 3


class _FractionalMaxPool(Module):
    rank: int
    _random_samples: Any

    def __init__(
        self,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Any = None,
    ) -> None:
        name, rank = type(self).__name__, self.rank
        if (output_size is None) == (output_ratio is None):
            raise ValueError(f"{name}: give either output_size or output_ratio, a share of the input's size")
        self.kernel_size = pooling.sizes(name, "kernel_size", kernel_size, rank)
        self.return_indices = return_indices
        self.output_size = None if output_size is None else pooling.sizes(name, "output_size", output_size, rank)
        self.output_ratio = output_ratio
        if output_ratio is not None:
            self.output_ratio = (
                tuple(output_ratio) if isinstance(output_ratio, tuple | list) else (output_ratio,) * rank
            )
            if not all(0 < ratio < 1 for ratio in self.output_ratio):
                raise ValueError(f"{name}: output_ratio lies between 0 and 1, and is {output_ratio}")
        self.register_buffer("_random_samples", _random_samples)

    def forward(self, x: Any) -> Any:
        return pooling.fractional_max_pool(
            self.rank,
            x,
            self.kernel_size,
            self.output_size,
            self.output_ratio,
            self.return_indices,
            self._random_samples,
        )


class FractionalMaxPool2d(_FractionalMaxPool):
    """The largest elements of windows whose places are drawn: `nn.functional.fractional_max_pool2d`.

    >>> FractionalMaxPool2d(2, output_ratio=0.7)(np.zeros((5, 16, 20, 20))).shape
    (5, 16, 14, 14)
    """

    rank = 2


class FractionalMaxPool3d(_FractionalMaxPool):
    """The largest elements of windows over three axes whose places are drawn: `nn.functional.fractional_max_pool3d`."""

    rank = 3


# --- Powers -----------------------------------------------------------------------------------------------------------


class _LPPool(Module):
    rank: int

    def __init__(self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> None:
        self.norm_type, self.kernel_size, self.stride, self.ceil_mode = norm_type, kernel_size, stride, ceil_mode

    def forward(self, x: Any) -> Tensor:
        return pooling.lp_pool(self.rank, x, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        return f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, ceil_mode={self.ceil_mode}"


class LPPool1d(_LPPool):
    """(Σ xᵖ)^(1/p) over each window along the last axis: `nn.functional.lp_pool1d`."""

    rank = 1


class LPPool2d(_LPPool):
    """(Σ xᵖ)^(1/p) over each window over the last two axes: `nn.functional.lp_pool2d`."""

    rank = 2


class LPPool3d(_LPPool):
    """(Σ xᵖ)^(1/p) over each window over the last three axes: `nn.functional.lp_pool3d`."""

    rank = 3


# --- Back from maxima -------------------------------------------------------------------------------------------------


class _MaxUnpool(Module):
    rank: int

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        name = type(self).__name__
        self.kernel_size = pooling.sizes(name, "kernel_size", kernel_size, self.rank)
        self.stride = self.kernel_size if stride is None else pooling.sizes(name, "stride", stride, self.rank)
        self.padding = pooling.sizes(name, "padding", padding, self.rank)

    def forward(self, x: Any, indices: Any, output_size: Any = None) -> Tensor:
        return pooling.max_unpool(self.rank, x, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """The maxima along the last axis back in their places, zeros elsewhere: `nn.functional.max_unpool1d`."""

    rank = 1


class MaxUnpool2d(_MaxUnpool):
    """The maxima over the last two axes back in their places, zeros elsewhere: `nn.functional.max_unpool2d`.

    >>> top, places = MaxPool2d(2, return_indices=True)(np.zeros((5, 16, 8, 8)))
    >>> MaxUnpool2d(2)(top, places).shape
    (5, 16, 8, 8)
    """

    rank = 2


class MaxUnpool3d(_MaxUnpool):
    """The maxima over the last three axes back in their places, zeros elsewhere: `nn.functional.max_unpool3d`."""

    rank = 3
