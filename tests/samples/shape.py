"""Samples of `autograd/rules/shape.py`."""

import math
import operator
from typing import Any

import numpy as np

from autograd.rules import indexing
from autograd.tensor import copied

from .table import constant, of, real, whole


def scatter(x: Any, shape: Any, index: Any) -> Any:
    out = np.zeros(shape, x.dtype)
    np.add.at(out, index, x)
    return out


def assigned(xs: Any, parts: Any, shape: Any, dtype: Any) -> Any:
    out = np.zeros(math.prod(shape))
    for x, (positions, places) in zip(xs, parts, strict=True):
        out[positions] = np.ravel(x)[places]
    return out.reshape(shape)


def put(x: Any, value: Any, index: Any) -> Any:
    out = np.array(x)
    out[index] = value
    return out


def last_of_its_kind(x: Any, index: Any) -> Any:
    return np.broadcast_to(
        np.array([0, 1, 1, 1], x.dtype)[:, None], (4, 3)
    )  # of the two that name row 2, the first is lost


def part(*pairs: tuple[int, int]) -> Any:
    """Which elements of the result come from which places."""
    positions, places = zip(*pairs, strict=True)
    return np.array(positions), np.array(places)


def filled_with_a_part(x: Any, dtype: Any = None, shape: Any = None) -> Any:
    return np.full_like(x, x[:, :1], dtype, shape=shape)


# fmt: off
A = real(2, 3, 4)

SHAPES = [
    *(of(np.reshape, A, shape) for shape in ((4, 6), -1, (3, -1, 2), (2, 3, 4))),
    of(np.reshape, A, (6, 4), order="F"),
    of(np.ravel, A),
    of(np.ravel, A, order="F"),
    *(of(np.transpose, A, axes) for axes in (None, (1, 2, 0), (-1, 0, 1))),
    of(np.permute_dims, A, (2, 0, 1)),
    of(np.matrix_transpose, A),
    of(np.swapaxes, A, 0, -1),
    of(np.moveaxis, A, 0, -1),
    of(np.moveaxis, A, (0, 1), (-1, 0)),
    *(of(np.expand_dims, real(2, 3), axis) for axis in (0, -1, (0, 2))),
    of(np.squeeze, real(1, 3, 1)),
    of(np.squeeze, real(1, 3, 1), axis=-1),
    *(of(np.broadcast_to, real(3, 1), shape) for shape in ((3, 1), (3, 4), (2, 3, 4), (3, 0))),
    of(np.broadcast_to, real(), (2, 3)),
    *(of(filled_with_a_part, A, *how) for how in ((), (None, (3, 2, 1, 4)))),
    *(of(np.flip, A, axis) for axis in (None, 0, (0, -1))),
    *(of(np.roll, A, *how) for how in ((2,), (-1, 0), ((1, 2), (0, -1)))),
    of(np.astype, real(2, 3), np.float32, differences=False),
    of(copied, real(2, 3), like=np.copy),
    *(of(np.concatenate, [real(2, 3), real(1, 3), real(0, 3)], axis=axis) for axis in (0, -2, None)),
    of(np.concatenate, [real(2, 3), real(2, 1)], axis=1),
    *(of(np.stack, [real(2, 3), real(2, 3)], axis=axis) for axis in (0, 1, -1)),
    of(np.stack, [real(), real(), real()]),
    of(np.vstack, [real(3), real(2, 3)]),
    of(np.hstack, [real(3), real(2)]),
    of(np.hstack, [real(2, 3), real(2, 1)]),
    of(np.split, real(4, 3), 2),
    of(np.split, real(4, 3), [1, 3]),
    of(np.split, real(4, 6), 3, axis=1),
    of(np.array_split, real(5, 2), 3),
    *(of(np.repeat, real(2, 3), *how) for how in ((2,), (2, 1), ([1, 2], 0), (0, 0))),
    *(of(np.tile, real(2, 3), reps) for reps in (2, (2, 1), (2, 1, 3), ())),
    *(of(np.pad, real(2, 3), width) for width in (1, ((1, 0), (0, 2)))),
    of(np.pad, real(2, 3), ((1, 0), (2, 1)), constant_values=5.0),
    *(of(np.pad, real(3, 4), ((2, 1), (0, 2)), mode=mode) for mode in ("edge", "reflect", "symmetric", "wrap")),
]

INDEXING = [
    *(
        of(operator.getitem, A, index)
        for index in (
            0, -1, slice(1, None), slice(None, None, -1), (0, 1, 2), (slice(None), 1), (..., 0), (None, 1, ..., None),
            slice(2, 2), np.array([1, 0, 0, 1, -1]), (np.array([0, 1, 1]), slice(None), np.array([2, 2, 2])),
            (np.array([[0], [1]]), np.array([[0, 2, 2]])), np.array([], int), (0, np.array([0, 0]), slice(None, 2)),
            (slice(None), np.array([2, 0, 2])), np.arange(24).reshape(2, 3, 4) % 3 == 0, (np.array([True, False]), 1),
            [0, 0, 1],
        )
    ),
    of(indexing.assign, [real(2, 3), real(2)], (part((0, 0), (3, 3), (5, 5)), part((4, 0), (1, 1))), (2, 3), float,
       like=assigned),
    of(indexing.assign, [real(4), real(), real(3)], (part((1, 3)), part((0, 0)), part((3, 2), (2, 0), (4, 1))), (5,),
       float, like=assigned),
    of(operator.getitem, real(5), np.array([0, 0, 4, 0])),
    of(operator.getitem, real(), ()),
    of(operator.getitem, real(), None),
    of(operator.getitem, real(3), whole(2), like=None),
    of(indexing.scatter, real(4, 2), (3, 2), np.array([0, 0, 2, 1]), like=scatter, ulps=2),
    of(indexing.scatter, real(2, 2), (3, 4), (slice(0, 2), slice(None, None, 2)), like=scatter),
    *(
        of(indexing.put, real(4, 3), value, index, like=put)
        for value, index in (
            (real(3), 1), (real(2, 1), slice(None, None, 2)), (real(), ...), (real(4, 3), ...), (real(2), (slice(1, 3), 0)),
            (real(4, 3), np.array([2, 0, 2, 1])), (real(3), (np.array([0, 1, 0]), np.array([1, 1, 1]))),
        )
    ),
    constant(indexing.counts, real(4, 3), np.array([2, 0, 2, 1]), like=last_of_its_kind),
]
# fmt: on
