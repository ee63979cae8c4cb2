"""The largest element or the average of each window that slides over the last axes.

For all of them: x (C, ...) or (N, C, ...), and as many axes behind C as the function's name says; a number for
`kernel_size`, `stride` or `padding` counts for each of them. `stride` is as large as the window unless it is given. An
axis of n becomes one of (n + 2 padding - dilation (kernel_size - 1) - 1) / stride + 1, rounded down, or up in
`ceil_mode`, but no window begins behind the end.
"""

from __future__ import annotations

import functools
import math
import operator
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, modes
from autograd.rules import pooling, resizing
from autograd.rules.pooling import Windows

from .inputs import tensor

Sizes = Any  # a number, or one for each axis


def sizes(function: str, name: str, value: Any, rank: int) -> tuple[int, ...]:
    """`value` as one whole number for each of so many axes; else TypeError or ValueError."""
    try:
        if not np.iterable(value):
            return (operator.index(value),) * rank
        found = tuple(map(operator.index, value))
    except TypeError:
        raise TypeError(
            f"{function}: {name} is a whole number, or one for each of {rank} axes, not {value!r}"
        ) from None
    if len(found) == 1:
        return found * rank
    if len(found) != rank:
        raise ValueError(
            f"{function}: {name}={value!r} has {len(found)} numbers; give one, or one for each of {rank} axes"
        )
    return found


def images(function: str, input: Any, rank: int) -> Tensor:
    """The input as a floating Tensor with channels and `rank` axes behind them; else TypeError or ValueError."""
    x = tensor(input)
    if x.ndim not in (rank + 1, rank + 2):
        axes = ", ".join(["D", "H", "W"][3 - rank :]) if rank > 1 else "L"
        raise ValueError(f"{function}: the input has shape {x.shape}, and must have (C, {axes}) or (N, C, {axes})")
    if x.dtype.kind != "f":
        raise TypeError(f"{function}: the input is {x.dtype}, and must be floating; write x.astype(np.float32)")
    return x


def _windows(
    function: str, x: Any, rank: int, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> tuple[Windows, ...]:
    """How windows lie along each of the last axes."""
    given: tuple[Any, ...] = (kernel, stride, padding, dilation)
    if not all(value.__class__ is int or value is None for value in given):
        given = tuple(tuple(value) if np.iterable(value) else value for value in given)
    return _windows_on(function, x.shape[x.ndim - rank :], *given, bool(ceil_mode))


@functools.lru_cache(256)
def _windows_on(
    function: str, shape: tuple[int, ...], kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> tuple[Windows, ...]:
    rank, found = len(shape), []
    for axis, n, k, s, p, d in zip(
        range(-rank, 0),
        shape,
        sizes(function, "kernel_size", kernel, rank),
        sizes(function, "stride", kernel if stride is None else stride, rank),
        sizes(function, "padding", padding, rank),
        sizes(function, "dilation", dilation, rank),
    ):
        if min(k, s, d) < 1 or not 0 <= p <= ((k - 1) * d + 1) // 2:
            raise ValueError(
                f"{function}: kernel_size={k}, stride={s}, padding={p}, dilation={d} along axis {axis}: the padding must be "
                "from 0 to half of the window, the others at least 1"
            )
        extent = (k - 1) * d + 1
        count = (n + 2 * p - extent + (s - 1) * ceil_mode) // s + 1
        if ceil_mode and (count - 1) * s >= n + p:
            count -= 1
        if count < 1:
            raise ValueError(
                f"{function}: a window of {extent} does not fit into axis {axis} of an input whose last axes are {shape}, with "
                f"a padding of {p} on each side; make kernel_size smaller or padding larger"
            )
        if d > n and any(not any(0 <= j * s + i * d - p < n for i in range(k)) for j in range(count)):
            raise ValueError(
                f"{function}: with dilation={d} a window along axis {axis}, which has {n}, sees nothing but padding; make "
                "dilation or padding smaller"
            )
        found.append((k, s, p, d, count))
    return tuple(found)


# --- Maxima -----------------------------------------------------------------------------------------------------------


def max_pool(
    rank: int,
    input: Any,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """`max_pool1d` to `max_pool3d`: over `rank` axes."""
    name = f"max_pool{rank}d"
    x = images(name, input, rank)
    return _maxima(x, _windows(name, x, rank, kernel_size, stride, padding, dilation, ceil_mode), return_indices)


def _maxima(x: Any, windows: tuple[Windows, ...], return_indices: bool) -> Any:
    top = pooling.window_maxima(x, windows)
    return (top, pooling.first_maxima(x.detach(), top.detach(), windows)) if return_indices else top


def max_pool1d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window along the last axis; see `max_pool2d`.

    >>> max_pool1d(Tensor([[1.0, 3.0, 2.0, 5.0]]), 2)
    tensor([[3., 5.]])
    """
    return max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window over the last two axes (*Deep Learning*, section 9.3).

    `dilation` is the distance between neighbours in a window; `padding` adds -inf on both sides. The gradient goes to the
    largest element, the first of equals. With `return_indices`, the places of these elements as well, which `max_unpool2d`
    takes: numbers in the last two axes flattened. ValueError where a window does not fit.

    >>> max_pool2d(Tensor([[[1.0, 2.0, 0.0, 1.0], [3.0, 4.0, 1.0, 5.0]]]), 2)
    tensor([[[4., 5.]]])
    """
    return max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window over the last three axes; see `max_pool2d`."""
    return max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


# --- Averages ---------------------------------------------------------------------------------------------------------


def avg_pool(
    rank: int,
    input: Any,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """`avg_pool1d` to `avg_pool3d`: over `rank` axes."""
    name = f"avg_pool{rank}d"
    x = images(name, input, rank)
    windows = _windows(name, x, rank, kernel_size, stride, padding, 1, ceil_mode)
    if divisor_override is not None and divisor_override < 1:
        raise ValueError(f"{name}: divisor_override is what sums are divided by, at least 1, not {divisor_override}")
    counts = [_counts(on, n, count_include_pad) for on, n in zip(windows, x.shape[-rank:])]
    even = all(len(set(each)) == 1 for each in counts)
    divisor = divisor_override or (math.prod(each[0] for each in counts) if even else 1)
    sums = pooling.window_sums(x, windows, x.shape[-rank:], divisor)
    if even or divisor_override is not None:
        return sums
    return sums / functools.reduce(np.multiply.outer, [np.array(each, x.dtype) for each in counts])


def _counts(windows: Windows, n: int, padded: bool) -> list[int]:
    """How many elements each window has along an axis of n, with those in the padding or without."""
    kernel, stride, padding, _, count = windows
    low, high = (-padding, n + padding) if padded else (0, n)
    starts = range(-padding, count * stride - padding, stride)
    return [min(start + kernel, high) - max(start, low) for start in starts]


def avg_pool1d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The average of each window along the last axis; see `avg_pool2d`.

    >>> avg_pool1d(Tensor([[1.0, 3.0, 2.0, 5.0]]), 2)
    tensor([[2. , 3.5]])
    """
    return avg_pool(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad)


def avg_pool2d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The average of each window over the last two axes.

    `padding` adds zeros on both sides, which count as elements unless `count_include_pad` is False. With
    `divisor_override`, sums are divided by this number, whatever the window. ValueError where a window does not fit.

    >>> avg_pool2d(Tensor([[[1.0, 2.0, 0.0, 1.0], [3.0, 4.0, 1.0, 5.0]]]), 2)
    tensor([[[2.5 , 1.75]]])
    """
    return avg_pool(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The average of each window over the last three axes; see `avg_pool2d`."""
    return avg_pool(3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


# --- Windows of any place and size ------------------------------------------------------------------------------------


def _outputs(function: str, x: Any, rank: int, output_size: Any) -> tuple[int, ...]:
    """What is asked for along each of the last axes; None stands for the size of the input."""
    given: Any = output_size if np.iterable(output_size) else (output_size,) * rank
    if len(given) != rank:
        raise ValueError(f"{function}: output_size={output_size!r} has {len(given)} numbers for {rank} axes")
    found = sizes(function, "output_size", [n if o is None else o for o, n in zip(given, x.shape[-rank:])], rank)
    if min(found) < 0 or (min(found) > 0 and 0 in x.shape[-rank:]):
        raise ValueError(f"{function}: output_size={output_size!r} cannot be made of an input of shape {x.shape}")
    return found


def _even(sizes: tuple[int, ...], outputs: tuple[int, ...]) -> tuple[Windows, ...] | None:
    """The windows that cut the axes into equal parts, if there are such."""
    if all(o and n % o == 0 for n, o in zip(sizes, outputs)):
        return tuple((n // o, n // o, 0, 1, o) for n, o in zip(sizes, outputs))
    return None


def _parts(n: int, o: int) -> list[tuple[int, int]]:
    """n elements in o parts of nearly equal size, as first and end; they share an element where n / o is not whole."""
    return [(j * n // o, -(-(j + 1) * n // o)) for j in range(o)]


def _maxima_at(x: Any, numbers: list[Any], kernels: tuple[int, ...], return_indices: bool) -> Any:
    """Maxima over windows of these kernels, whose elements stand one behind the other in `numbers`, for each axis."""
    rank = len(kernels)
    scale = [math.prod(x.shape[x.ndim - rank + i + 1 :]) for i in range(rank)]
    places: Any = 0
    for i, (n, s) in enumerate(zip(numbers, scale)):
        places = places + n.reshape(*n.shape[:-1], *(n.shape[-1] if j == i else 1 for j in range(rank))) * s
    places = np.broadcast_to(places, (*x.shape[: x.ndim - rank], *places.shape[places.ndim - rank :]))
    windows = tuple((k, k, 0, 1, n.shape[-1] // k) for k, n in zip(kernels, numbers))
    gathered = pooling.take(x, places, rank)
    top = pooling.window_maxima(gathered, windows)
    if not return_indices:
        return top
    return top, pooling.take(tensor(places), pooling.first_maxima(gathered.detach(), top.detach(), windows), rank)


def adaptive_avg_pool(rank: int, input: Any, output_size: Sizes) -> Tensor:
    """`adaptive_avg_pool1d` to `adaptive_avg_pool3d`: over `rank` axes."""
    name = f"adaptive_avg_pool{rank}d"
    x = images(name, input, rank)
    ins, outs = x.shape[-rank:], _outputs(name, x, rank, output_size)
    if windows := _even(ins, outs):
        return pooling.window_sums(x, windows, ins, math.prod(ins) // math.prod(outs))
    for axis, n, o in zip(range(-rank, 0), ins, outs):
        shares = np.zeros((o, n), x.dtype)
        for row, (first, end) in zip(shares, _parts(n, o)):
            row[first:end] = 1 / (end - first)
        x = resizing.blend(x, axis, shares)
    return x


def adaptive_max_pool(rank: int, input: Any, output_size: Sizes, return_indices: bool = False) -> Any:
    """`adaptive_max_pool1d` to `adaptive_max_pool3d`: over `rank` axes."""
    name = f"adaptive_max_pool{rank}d"
    x = images(name, input, rank)
    ins, outs = x.shape[-rank:], _outputs(name, x, rank, output_size)
    if windows := _even(ins, outs):
        return _maxima(x, windows, return_indices)
    numbers, kernels = [], []
    for n, o in zip(ins, outs):
        parts = _parts(n, o)
        kernels.append(max([end - first for first, end in parts], default=1))
        each = [
            min(first + i, end - 1) for first, end in parts for i in range(kernels[-1])
        ]  # the last one again and again
        numbers.append(np.array(each, np.intp))
    return _maxima_at(x, numbers, tuple(kernels), return_indices)


def adaptive_avg_pool1d(input: Any, output_size: Sizes) -> Tensor:
    """The averages of `output_size` parts of the last axis; see `adaptive_avg_pool2d`."""
    return adaptive_avg_pool(1, input, output_size)


def adaptive_avg_pool2d(input: Any, output_size: Sizes) -> Tensor:
    """The averages of parts of the last two axes, `output_size` along each (None: as many as there are elements).

    Part j of o on an axis of n begins at j n / o, rounded down, and ends before (j + 1) n / o, rounded up. With
    output_size=1 it is global average pooling. ValueError for a size that is negative.

    >>> adaptive_avg_pool2d(Tensor([[[1.0, 2.0, 6.0], [3.0, 4.0, 8.0]]]), (1, 2))
    tensor([[[2.5, 5. ]]])
    """
    return adaptive_avg_pool(2, input, output_size)


def adaptive_avg_pool3d(input: Any, output_size: Sizes) -> Tensor:
    """The averages of parts of the last three axes; see `adaptive_avg_pool2d`."""
    return adaptive_avg_pool(3, input, output_size)


def adaptive_max_pool1d(input: Any, output_size: Sizes, return_indices: bool = False) -> Any:
    """The largest elements of `output_size` parts of the last axis; see `adaptive_max_pool2d`."""
    return adaptive_max_pool(1, input, output_size, return_indices)


def adaptive_max_pool2d(input: Any, output_size: Sizes, return_indices: bool = False) -> Any:
    """The largest elements of the parts that `adaptive_avg_pool2d` averages; with their places, if asked for.

    >>> adaptive_max_pool2d(Tensor([[[1.0, 2.0, 6.0], [3.0, 4.0, 8.0]]]), (1, 2))
    tensor([[[4., 8.]]])
    """
    return adaptive_max_pool(2, input, output_size, return_indices)


def adaptive_max_pool3d(input: Any, output_size: Sizes, return_indices: bool = False) -> Any:
    """The largest elements of parts of the last three axes; see `adaptive_max_pool2d`."""
    return adaptive_max_pool(3, input, output_size, return_indices)


def fractional_max_pool(
    rank: int,
    input: Any,
    kernel_size: Sizes,
    output_size: Sizes = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    """`fractional_max_pool2d` and `fractional_max_pool3d`: over `rank` axes."""
    name = f"fractional_max_pool{rank}d"
    x = images(name, input, rank)
    if (output_size is None) == (output_ratio is None):
        raise ValueError(f"{name}: give either output_size or output_ratio, a share of the input's size")
    if output_size is None:
        ratios = output_ratio if np.iterable(output_ratio) else (output_ratio,) * rank
        output_size = [int(n * ratio) for n, ratio in zip(x.shape[-rank:], ratios)]
    kernels, outs = sizes(name, "kernel_size", kernel_size, rank), _outputs(name, x, rank, output_size)
    lead = x.shape[:-rank]
    drawn = autograd.rand(*lead[-2:], rank) if _random_samples is None else tensor(_random_samples)
    samples = drawn.detach().numpy().reshape(*lead, rank)
    if rank == 2:
        samples = samples[..., ::-1]  # PyTorch's order
    numbers = []
    for i, (n, k, o) in enumerate(zip(x.shape[-rank:], kernels, outs)):
        if min(k, o) < 1 or o + k - 1 > n:
            raise ValueError(
                f"{name}: {o} windows of {k} do not fit into axis {i - rank} of the input's shape {x.shape}"
            )
        step, u = (n - k) / max(o - 1, 1), samples[..., i, None]
        starts = ((np.arange(o) + u) * step).astype(np.intp) - (u * step).astype(np.intp)
        starts[..., -1] = n - k
        numbers.append((starts[..., None] + np.arange(k)).reshape(*lead, o * k))
    return _maxima_at(x, numbers, kernels, return_indices)


def fractional_max_pool2d(
    input: Any,
    kernel_size: Sizes,
    output_size: Sizes = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    """The largest elements of windows whose places are drawn, so that an axis shrinks by any factor.

    Either `output_size` or `output_ratio`, its share of the input's, says how many windows there are along each axis. They
    begin at ⌊a (j + u)⌋ - ⌊a u⌋ with one u from [0, 1) for each channel and axis (Graham, "Fractional Max-Pooling", 2015).
    """
    return fractional_max_pool(2, input, kernel_size, output_size, output_ratio, return_indices, _random_samples)


def fractional_max_pool3d(
    input: Any,
    kernel_size: Sizes,
    output_size: Sizes = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    """The largest elements of windows over three axes whose places are drawn; see `fractional_max_pool2d`."""
    return fractional_max_pool(3, input, kernel_size, output_size, output_ratio, return_indices, _random_samples)


# --- Powers -----------------------------------------------------------------------------------------------------------


def lp_pool(
    rank: int, input: Any, norm_type: float, kernel_size: Sizes, stride: Sizes = None, ceil_mode: bool = False
) -> Tensor:
    """`lp_pool1d` to `lp_pool3d`: over `rank` axes."""
    name = f"lp_pool{rank}d"
    x = images(name, input, rank)
    if math.isinf(norm_type):
        top = max_pool(rank, math.copysign(1, norm_type) * abs(x), kernel_size, stride, ceil_mode=ceil_mode)
        return math.copysign(1, norm_type) * top
    averages = avg_pool(rank, x**norm_type, kernel_size, stride, ceil_mode=ceil_mode)
    sums = averages * math.prod(sizes(name, "kernel_size", kernel_size, rank))
    zero = sums == 0
    return autograd.where(zero, 0.0, autograd.where(zero, 1.0, sums) ** (1 / norm_type))


def lp_pool1d(
    input: Any, norm_type: float, kernel_size: Sizes, stride: Sizes = None, ceil_mode: bool = False
) -> Tensor:
    """(Σ xᵖ)^(1/p) over each window along the last axis; see `lp_pool2d`."""
    return lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Any, norm_type: float, kernel_size: Sizes, stride: Sizes = None, ceil_mode: bool = False
) -> Tensor:
    """(Σ xᵖ)^(1/p) over each window over the last two axes, p being `norm_type`; the largest |x| for p = inf.

    Its derivative where the sum is 0 is 0. In `ceil_mode` a window that is cut off counts as if it were whole, and its
    elements stood for the missing ones.

    >>> lp_pool2d(Tensor([[[3.0, 0.0], [0.0, 4.0]]]), 2, 2)
    tensor([[[5.]]])
    """
    return lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Any, norm_type: float, kernel_size: Sizes, stride: Sizes = None, ceil_mode: bool = False
) -> Tensor:
    """(Σ xᵖ)^(1/p) over each window over the last three axes; see `lp_pool2d`."""
    return lp_pool(3, input, norm_type, kernel_size, stride, ceil_mode)


# --- Back from maxima -------------------------------------------------------------------------------------------------


def max_unpool(
    rank: int,
    input: Any,
    indices: Any,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    output_size: Any = None,
) -> Tensor:
    """`max_unpool1d` to `max_unpool3d`: over `rank` axes."""
    name = f"max_unpool{rank}d"
    x, places = images(name, input, rank), tensor(indices)
    if x.shape != places.shape:
        raise ValueError(f"{name}: the input has shape {x.shape} and the indices {places.shape}; they must be equal")
    kernels = sizes(name, "kernel_size", kernel_size, rank)
    strides = kernels if stride is None else sizes(name, "stride", stride, rank)
    usual = [
        (n - 1) * s - 2 * p + k
        for n, s, p, k in zip(x.shape[-rank:], strides, sizes(name, "padding", padding, rank), kernels)
    ]
    wanted = tuple(usual if output_size is None else map(operator.index, list(output_size)[-rank:]))
    if len(wanted) != rank or any(abs(m - n) >= s for m, n, s in zip(wanted, usual, strides)):
        raise ValueError(
            f"{name}: output_size={output_size} does not fit; each axis must be less than its stride {strides} away from "
            f"{tuple(usual)}"
        )
    if not modes.tracing():
        values = places.detach().numpy()
        if values.dtype.kind not in "iu":
            raise TypeError(
                f"{name}: indices are whole numbers, what max_pool{rank}d(return_indices=True) returns second"
            )
        if values.size and (values.min() < 0 or values.max() >= math.prod(wanted)):
            raise IndexError(
                f"{name}: the indices go from {values.min()} to {values.max()}, and axes of {wanted} have "
                f"{math.prod(wanted)} elements; give the output_size that the input of max_pool{rank}d had"
            )
    if all(s >= k for s, k in zip(strides, kernels)):
        return pooling.put(x, places, wanted)
    size, lead = math.prod(wanted), x.shape[:-rank]  # windows overlap, and some elements come twice
    once = pooling.last_of_equals(places, size, rank).reshape(*lead, -1)
    return pooling.put(x.reshape(*lead, -1), once, (size + 1,))[..., :size].reshape(*lead, *wanted)


def max_unpool1d(
    input: Any,
    indices: Any,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    output_size: Any = None,
) -> Tensor:
    """The maxima along the last axis back in their places, zeros elsewhere; see `max_unpool2d`."""
    return max_unpool(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Any,
    indices: Any,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    output_size: Any = None,
) -> Tensor:
    """Maxima back in the places that `max_pool2d` has found them in, zeros elsewhere.

    `output_size` says how large the input of `max_pool2d` was, where that is not (n - 1) stride - 2 padding + kernel_size.
    ValueError for one that cannot have been. Of several maxima in one place the last counts.

    >>> top, places = max_pool2d(Tensor([[[1.0, 2.0], [4.0, 3.0]]]), 2, return_indices=True)
    >>> max_unpool2d(top, places, 2)
    tensor([[[0., 0.],
             [4., 0.]]])
    """
    return max_unpool(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Any,
    indices: Any,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    output_size: Any = None,
) -> Tensor:
    """The maxima over the last three axes back in their places, zeros elsewhere; see `max_unpool2d`."""
    return max_unpool(3, input, indices, kernel_size, stride, padding, output_size)
