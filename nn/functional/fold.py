"""Windows of images as columns, and back."""

from __future__ import annotations

from typing import Any

from autograd import Tensor
from autograd.rules import convolutions

from .conv import borders, steps
from .inputs import tensor
from .pooling import images, sizes


def unfold(input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """Each window that slides over the last two axes, written as a column: a convolution is a matrix times this one.

    Shapes: x (N, C, H, W) or (C, H, W) -> (N, C · kH · kW, L) or (C · kH · kW, L), L the number of windows, from left to
    right and from top to bottom. ValueError where no window fits.

    >>> unfold(np.arange(6.0).reshape(1, 2, 3), (2, 2))
    tensor([[0., 1.],
            [1., 2.],
            [3., 4.],
            [4., 5.]], dtype=float64)
    """
    x = images("unfold", input, 2)
    windows = _windows("unfold", x.shape[-2:], kernel_size, dilation, padding, stride)
    columns = convolutions.window_columns(x if x.ndim == 4 else x[None], windows, x.shape[-2:])
    return columns if x.ndim == 4 else columns[0]


def fold(
    input: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Tensor:
    """Images of `output_size` to which each column is added where its window lies: the transpose of `unfold`.

    Shapes: x (N, C · kH · kW, L) or (C · kH · kW, L) -> (N, C, H, W) or (C, H, W). ValueError unless there are as many
    columns as windows, and as many rows as elements in one.

    >>> x = np.arange(6.0).reshape(1, 2, 3)
    >>> fold(unfold(x, (2, 2)), (2, 3), (2, 2))
    tensor([[[0., 2., 2.],
             [3., 8., 5.]]], dtype=float64)
    """
    x = tensor(input)
    size = sizes("fold", "output_size", output_size, 2)
    windows = _windows("fold", size, kernel_size, dilation, padding, stride)
    elements, count = windows[0][0] * windows[1][0], windows[0][-1] * windows[1][-1]
    if x.ndim not in (2, 3) or x.shape[-1] != count or x.shape[-2] % elements or not x.shape[-2]:
        raise ValueError(
            f"fold: the input has shape {x.shape}, and must have (N, C · {elements}, {count}) or (C · {elements}, {count}): "
            f"{count} windows of {elements} elements lie in images of {size}"
        )
    if x.dtype.kind != "f":
        raise TypeError(f"fold: the input is {x.dtype}, and must be floating; write x.astype(np.float32)")
    images = convolutions.added_columns(x if x.ndim == 3 else x[None], windows, size)
    return images if x.ndim == 3 else images[0]


def _windows(name: str, size: Any, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> Any:
    kernel, dilation = steps(name, "kernel_size", kernel_size, 2), steps(name, "dilation", dilation, 2)
    padding, stride = borders(name, "padding", padding, 2), steps(name, "stride", stride, 2)
    counts = tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, d, p, s in zip(size, kernel, dilation, padding, stride)
    )
    if min(counts) < 1:
        raise ValueError(
            f"{name}: windows of {kernel} with dilation {dilation} do not fit into images of {tuple(size)} with padding "
            f"{padding}; make kernel_size smaller or padding larger"
        )
    return tuple(zip(kernel, stride, padding, dilation, counts))
