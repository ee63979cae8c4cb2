"""Convolutions and their transposes: the same small affine map at every place of a signal, an image or a volume.

For all of them x is (C, ...) or (N, C, ...), with as many axes of positions behind C as the function's name says. A number
for `stride`, `padding` or `dilation` counts for each of these axes. A kernel is not turned round: what is computed is
cross-correlation, as in *Deep Learning*, section 9.1, and PyTorch.
"""

from __future__ import annotations

import operator
from typing import Any

from autograd import Tensor
from autograd.rules import convolutions

from .inputs import floating
from .pooling import images, sizes

Sizes = Any  # a number, or one for each axis


def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Any = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Σ_c Σ_i weight[o, c, i] · x[n, c, j · stride + i · dilation - padding] + bias[o]; see `conv2d`.

    >>> conv1d(np.array([[1.0, 2.0, 4.0, 8.0]]), Tensor([[[-1.0, 1.0]]]))
    tensor([[1., 2., 4.]])
    """
    return convolved(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Any = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """out[n, o, j] = Σ_c Σ_i weight[o, c, i] · x[n, c, j · stride + i · dilation - padding] + bias[o], for two axes i and j.

    Shapes: x (N, C, H, W) or (C, H, W), weight (O, C / groups, kH, kW), bias (O,) -> (N, O, H', W') or (O, H', W'), where
    H' = (H + 2 padding - dilation (kH - 1) - 1) / stride + 1, rounded down.

    padding   zeros on both sides of an axis; "valid" for none, "same" for as many as leave the size as it is, the odd
              one behind, with a stride of 1
    dilation  how far apart the elements are that one weight after the other meets
    groups    channels of the input and of the result are divided into so many groups, each convolved alone

    ValueError where shapes do not fit together, TypeError for an input of integers. Source: *Deep Learning*, chapter 9.

    >>> x = np.arange(9.0).reshape(1, 3, 3)
    >>> conv2d(x, Tensor([[[[1.0, 0.0], [0.0, -1.0]]]]))
    tensor([[[-4., -4.],
             [-4., -4.]]])
    >>> conv2d(x, autograd.ones(1, 1, 3, 3), stride=2, padding=1).shape
    (1, 2, 2)
    """
    return convolved(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Any = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """As `conv2d`, over three axes: x (N, C, D, H, W) or (C, D, H, W), weight (O, C / groups, kD, kH, kW)."""
    return convolved(3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """Each element of x times the weight, added where its window lies; see `conv_transpose2d`.

    >>> conv_transpose1d(np.array([[1.0, 10.0]]), Tensor([[[1.0, 2.0, 3.0]]]), stride=2)
    tensor([[ 1.,  2., 13., 20., 30.]])
    """
    return transposed(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """The map by which gradients go back through `conv2d` with these arguments: its transpose, not its inverse.

    Each element of x, times the weight, is added where its window lies; `padding` elements are cut from both ends.

    Shapes: x (N, C, H, W) or (C, H, W), weight (C, O / groups, kH, kW), bias (O,) -> (N, O, H', W') or (O, H', W'), where
    H' = (H - 1) stride - 2 padding + dilation (kH - 1) + output_padding + 1.

    output_padding  elements added behind, since a convolution with a stride gives one size for several sizes of its input;
                    less than the stride or the dilation

    ValueError where shapes do not fit together, TypeError for an input of integers.

    >>> conv_transpose2d(np.ones((1, 2, 2)), autograd.ones(1, 1, 2, 2))
    tensor([[[1., 2., 1.],
             [2., 4., 2.],
             [1., 2., 1.]]])
    """
    return transposed(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """As `conv_transpose2d`, over three axes: x (N, C, D, H, W) or (C, D, H, W), weight (C, O / groups, kD, kH, kW)."""
    return transposed(3, input, weight, bias, stride, padding, output_padding, groups, dilation)


# --- For any number of axes -------------------------------------------------------------------------------------------


def convolved(
    rank: int, input: Any, weight: Any, bias: Any, stride: Sizes, padding: Any, dilation: Sizes, groups: int
) -> Tensor:
    """`conv1d` to `conv3d`: over `rank` axes."""
    name = f"conv{rank}d"
    x, kernel = _fitting(name, input, weight, groups, rank, 1)
    _check_bias(name, bias, weight.shape[0])
    stride, dilation = steps(name, "stride", stride, rank), steps(name, "dilation", dilation, rank)
    extents = [(k - 1) * d + 1 for k, d in zip(kernel, dilation)]
    if isinstance(padding, str):
        around = paddings(name, padding, kernel, stride, dilation)
    else:
        around = [(p, p) for p in borders(name, "padding", padding, rank)]
    windows = []
    for axis, (k, s, d, extent, (before, after)) in enumerate(zip(kernel, stride, dilation, extents, around), -rank):
        room = x.shape[axis] + before + after - extent
        if room < 0:
            raise ValueError(
                f"{name}: the weight's shape {weight.shape} with dilation {dilation} reaches over {extent} elements of axis "
                f"{axis}, and the input of shape {x.shape} has {x.shape[axis] + before + after} there, padding included; "
                "make the kernel smaller or the padding larger"
            )
        windows.append((k, s, before, d, room // s + 1))
    if x.ndim == rank + 1:
        return convolutions.convolution(x[None], weight, bias, tuple(windows), groups)[0]
    return convolutions.convolution(x, weight, bias, tuple(windows), groups)


def transposed(
    rank: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Sizes,
    padding: Sizes,
    output_padding: Sizes,
    groups: int,
    dilation: Sizes,
) -> Tensor:
    """`conv_transpose1d` to `conv_transpose3d`: over `rank` axes."""
    name = f"conv_transpose{rank}d"
    x, kernel = _fitting(name, input, weight, groups, rank, 0)
    _check_bias(name, bias, weight.shape[1] * groups)
    stride, dilation = steps(name, "stride", stride, rank), steps(name, "dilation", dilation, rank)
    padding, extra = borders(name, "padding", padding, rank), borders(name, "output_padding", output_padding, rank)
    if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation)):
        raise ValueError(
            f"{name}: output_padding={extra} must be smaller than the stride {stride} or the dilation {dilation}, "
            "since that many more elements would take part in no window"
        )
    counts = x.shape[x.ndim - rank :]
    results = transposed_sizes(counts, kernel, stride, padding, extra, dilation)
    if min(results) < 1:
        raise ValueError(
            f"{name}: nothing is left of an input of shape {x.shape}: padding={padding} cuts the axes of positions to {results}"
        )
    windows = tuple(zip(kernel, stride, padding, dilation, counts))
    out = convolutions.convolution_input(x if x.ndim > rank + 1 else x[None], weight, windows, groups, results)
    if bias is not None:
        out = out + bias.reshape(-1, *(1,) * rank)
    return out if x.ndim > rank + 1 else out[0]


def transposed_sizes(
    counts: Any, kernel: Any, stride: Any, padding: Any, output_padding: Any, dilation: Any
) -> tuple[int, ...]:
    """The sizes of a transposed convolution's result along the axes of positions."""
    return tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + extra + 1
        for n, k, s, p, extra, d in zip(counts, kernel, stride, padding, output_padding, dilation)
    )


def paddings(name: str, padding: str, kernel: Any, stride: Any, dilation: Any) -> list[tuple[int, int]]:
    """How many zeros "valid" and "same" mean, before and behind each axis."""
    if padding == "valid":
        return [(0, 0)] * len(kernel)
    if padding != "same":
        raise ValueError(f"{name}: padding={padding!r} is neither 'valid' nor 'same', nor a number")
    if any(s != 1 for s in stride):
        raise ValueError(
            f"{name}: padding='same' needs a stride of 1, and the stride is {stride}; give padding as numbers"
        )
    return [(d * (k - 1) // 2, d * (k - 1) - d * (k - 1) // 2) for k, d in zip(kernel, dilation)]


def _fitting(name: str, input: Any, weight: Any, groups: Any, rank: int, axis: int) -> tuple[Any, tuple[int, ...]]:
    """The input in the weight's dtype, and the kernel's shape, if the channels on this axis of the weight are the input's."""
    if weight.ndim != rank + 2:
        raise ValueError(
            f"{name}: the weight has shape {weight.shape}, and must have {rank + 2} axes: {_axes(rank, axis)}"
        )
    try:
        groups = operator.index(groups)
    except TypeError:
        raise TypeError(f"{name}: groups is a whole number, not {groups!r}") from None
    x = floating(images(name, input, rank), weight.dtype, name)
    channels, expected = x.shape[-rank - 1], weight.shape[axis] * (groups if axis else 1)
    if groups < 1 or weight.shape[0] % groups:
        raise ValueError(
            f"{name}: the weight of shape {weight.shape} cannot be divided into {groups} groups along axis 0"
        )
    if channels != expected:
        raise ValueError(
            f"{name}: expected {expected} channels, got {channels}: the input has shape {x.shape}, and the weight "
            f"{_axes(rank, axis)} has shape {weight.shape}" + (f", with {groups} groups" if groups > 1 else "")
        )
    return x, weight.shape[2:]


def _axes(rank: int, axis: int) -> str:
    letters = ", ".join(["kD", "kH", "kW"][3 - rank :])
    return f"(out, in / groups, {letters})" if axis else f"(in, out / groups, {letters})"


def _check_bias(name: str, bias: Any, channels: int) -> None:
    if bias is not None and bias.shape != (channels,):
        raise ValueError(
            f"{name}: the bias has shape {bias.shape}, and must have ({channels},), one number for each channel"
        )


def steps(name: str, word: str, value: Any, rank: int) -> tuple[int, ...]:
    """`value` as one number for each axis, at least 1."""
    found = sizes(name, word, value, rank)
    if min(found) < 1:
        raise ValueError(f"{name}: {word}={value!r} must be at least 1")
    return found


def borders(name: str, word: str, value: Any, rank: int) -> tuple[int, ...]:
    """`value` as one number for each axis, at least 0."""
    found = sizes(name, word, value, rank)
    if min(found) < 0:
        raise ValueError(f"{name}: {word}={value!r} must be at least 0")
    return found
