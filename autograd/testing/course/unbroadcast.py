"""Exercise `unbroadcast`: the gradient of what NumPy repeated to make shapes fit."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...transforms import vjp
from .exercise import Exercise, apart, expect, same

SKELETON = '''\
"""Broadcasting, backwards.

NumPy repeats an array along axes that it lacks, or has with size 1, to fit another one. Each copy contributes to the
gradient: for y = np.broadcast_to(x, shape), the gradient of x is the gradient of y, added up along those axes.
"""

import numpy as np


def unbroadcast(g, shape):
    """The gradient of x, which has this shape; g is that of y. g belongs to the caller."""
    raise NotImplementedError
'''

SHAPES: dict[str, list[tuple[tuple[int, ...], tuple[int, ...]]]] = {
    "leading axes": [((3,), (2, 3)), ((4,), (2, 3, 4)), ((3, 4), (2, 3, 4))],
    "axes of size 1": [((2, 1), (2, 3)), ((1, 3), (2, 3)), ((2, 1, 4), (2, 3, 4)), ((1, 1), (2, 3))],
    "both": [((3, 1), (2, 3, 4)), ((1, 4), (2, 3, 4)), ((1, 1, 1), (2, 3, 4)), ((1,), (5, 3))],
    "a single number": [((), (3,)), ((), (2, 3)), ((), ())],
    "equal sizes": [((3,), (3, 3)), ((3, 1), (3, 3)), ((2, 2), (2, 2, 2)), ((2, 1, 2), (2, 2, 2))],
    "no elements, and axes that stay of size 1": [
        ((3,), (0, 3)),
        ((0, 1), (0, 2)),
        ((1,), (0,)),
        ((1, 3), (1, 3)),
        ((1, 3), (2, 1, 3)),
    ],
}


def gradient(g: np.ndarray, shape: tuple[int, ...]) -> Any:
    """What `unbroadcast(g, shape)` should give."""
    return vjp(lambda x: np.broadcast_to(x, g.shape), np.zeros(shape, g.dtype))[1](g)


def put_to(work: Any, which: str, hint: str) -> None:
    generator = np.random.default_rng(0)
    for shape, whole in SHAPES[which]:
        g = generator.normal(size=whole)
        wanted = gradient(g, shape)  # before the work may change g
        expect(f"unbroadcast(g of shape {whole}, {shape})", work(g, shape), wanted, hint)


def leading(work: Any) -> None:
    """Axes that the array lacked are added up."""
    put_to(work, "leading axes", "an array of fewer axes is repeated along the first ones")


def ones(work: Any) -> None:
    """Axes that had size 1 are added up, and stay."""
    put_to(work, "axes of size 1", "keepdims")


def both(work: Any) -> None:
    """Both at once."""
    put_to(work, "both", "after the leading axes are gone, the others have other numbers")


def single(work: Any) -> None:
    """A single number gets the sum of all."""
    put_to(work, "a single number", "the shape () has no axes: all of those of g are leading ones")


def equal(work: Any) -> None:
    """Axes are known by their place, not by their size."""
    put_to(work, "equal sizes", "compare shapes from the right, as NumPy does")


def empty(work: Any) -> None:
    """Arrays without elements, and axes of size 1 that were not repeated."""
    put_to(
        work,
        "no elements, and axes that stay of size 1",
        "the sum over no elements is 0, and an axis of size 1 may also be one of g's",
    )


def manners(work: Any) -> None:
    """float32 stays float32, g stays as it is, and the result is an array of its own."""
    for shape, whole in (((3,), (2, 3)), ((2, 1), (2, 3)), ((2, 3), (2, 3))):
        g = np.arange(6, dtype=np.float32).reshape(whole)
        before = g.copy()
        found = work(g, shape)
        expect(
            f"unbroadcast(g of float32, {shape})", found, gradient(before, shape), "is there a number of float64 in it?"
        )
        same("g", g, before, "g += … writes into the caller's array")
        apart(
            "g and the result",
            found,
            g,
            "where there is nothing to add up, a copy is due: whoever gets it will add to it",
        )


EXERCISE = Exercise("unbroadcast", "unbroadcast", SKELETON, (leading, ones, both, single, equal, empty, manners))
