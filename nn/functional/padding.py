"""Borders around the last axes."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from autograd import Tensor
from autograd.rules import resizing

from .inputs import tensor

MODES = ("constant", "reflect", "replicate", "circular")


def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """The input with borders around its last axes, or without its margins where a number in `pad` is negative.

    pad    how many elements come before and behind, the last axis first: (left, right, top, bottom, front, back)
    mode   what they are: "constant", `value` or 0; "reflect", the inside seen in a mirror that stands on its first or
           last element; "replicate", the first or last element; "circular", the other end of the inside

    The gradient of an element is the sum of those of its copies. ValueError where the inside is too small to be copied.

    >>> pad(Tensor([1.0, 2.0, 3.0]), (2, 1), "reflect")
    tensor([3., 2., 1., 2., 3., 2.])
    >>> pad(Tensor([1.0, 2.0, 3.0]), (-1, 2), value=9.0)
    tensor([2., 3., 9., 9.])
    """
    x = tensor(input)
    try:
        numbers = [operator.index(n) for n in pad]
    except TypeError:
        raise TypeError(f"pad: {pad!r} must be whole numbers, a pair for each axis, the last axis first") from None
    if len(numbers) % 2 or len(numbers) > 2 * x.ndim:
        raise ValueError(
            f"pad: {pad!r} has {len(numbers)} numbers; give a pair for each axis, the last axis first, and not more than "
            f"the {x.ndim} axes of the input's shape {x.shape}"
        )
    if mode not in MODES:
        raise ValueError(f"pad: mode {mode!r} is not one of {', '.join(MODES)}")
    if mode != "constant" and value:
        raise ValueError(f"pad: mode {mode!r} takes no value; leave value={value} out, or write mode='constant'")
    pairs = list(zip(numbers[::2], numbers[1::2]))[::-1]
    for axis, (before, after) in zip(range(-len(pairs), 0), pairs):
        _check(x.shape, axis, before, after, mode)
    if min(numbers, default=0) < 0 and x.ndim:
        x = x[(..., *(slice(max(-b, 0), n - max(-a, 0)) for n, (b, a) in zip(x.shape[-len(pairs) :], pairs)))]
    widths = tuple((max(before, 0), max(after, 0)) for before, after in pairs)
    if not any(map(any, widths)):
        return x if x is not input else x[...]
    return resizing.padded(x, widths, mode, 0.0 if value is None else value)


def _check(shape: tuple[int, ...], axis: int, before: int, after: int, mode: str) -> None:
    inside = shape[axis] + min(before, 0) + min(after, 0)
    if inside < 0:
        raise ValueError(f"pad: ({before}, {after}) takes more from axis {axis} than the input's shape {shape} has")
    width, most = max(before, after, 0), inside - (mode == "reflect")
    if (mode in ("reflect", "circular") and width > max(most, 0)) or (mode == "replicate" and width and not inside):
        raise ValueError(
            f"pad: ({before}, {after}) in mode {mode!r} needs more elements on axis {axis} than the input's shape {shape} has; "
            f"a border there is at most {max(most, 0)}"
        )
