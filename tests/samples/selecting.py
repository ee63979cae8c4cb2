"""Samples of `autograd/rules/selecting.py`."""

from typing import Any

import numpy as np

from .arranging import Called, on_tensors
from .table import Domain, apart, bits, constant, counts, nonzero, of, positive, real, whole


@Called
def first(x: Any) -> Any:
    return x[:1]


@Called
def first_column(x: Any) -> Any:
    return x[:, :1]


@Called
def scaled(x: Any, scale: float) -> Any:
    return x * scale


# fmt: off
A = real(2, 3, 4)
few = Domain(0, 1, dtype=np.int64)
taken, selected = on_tensors(np.take), on_tensors(np.select)
SOME = np.array([True, False, True])
MASK = np.array([[True, False, True], [False, False, True]])


@Called
def centred(x: Any, scale: float = 1.0) -> Any:
    return (x - np.mean(x)) * scale


SELECTING_BY_NUMBER = [
    *(of(np.take, A, *how) for how in (
        (0,), (-1, 1), ([0, 23, 5],), ([[0, 1], [1, 1]], 1), ([2, 2, -1], -1), (np.array([1, 0]), 0), ([], 2),
        (np.array([3, 1], np.uint8), 2), (SOME, 1),
    )),
    *(of(np.take, A, indices, axis, mode=mode) for indices, axis in ((7, 0), ([5, -4, 1], 1), ([[30, -1]], None))
      for mode in ("wrap", "clip")),
    of(taken, real(3), whole(2), mode="wrap"),
    of(taken, real(2, 3), few(2, 2), 1),
    of(np.take, real(), [0, 0]),
    *(of(np.take_along_axis, A, indices, axis) for indices, axis in (
        (np.array([[[0, 1, 1, 0]]]), 1), (np.arange(24).reshape(2, 3, 4) % 2, 0),
        (np.array([[[3], [-1], [0]]]), -1), (np.array([4, -1, 4]), None),
    )),
    of(np.take_along_axis, real(2, 3), few(2, 4), 1),
    of(np.choose, few(2, 3), [real(2, 3), real(3)]),
    of(np.choose, np.array([[0, 2, 1]]), [real(2, 1), real(), 2.0]),
    *(of(np.choose, whole(4), [real(4), real(4)], mode=mode) for mode in ("wrap", "clip")),
    of(np.choose, [1, 0], real(2, 2), like=lambda a, c: np.choose(a, c)),
    constant(np.unravel_index, counts(3), (2, 3)),
    constant(np.unravel_index, counts(2, 2), (5, 2), order="F"),
    constant(np.ravel_multi_index, [few(3), counts(3)], (2, 5)),
    constant(np.ravel_multi_index, [whole(2, 2), whole(2, 2)], (2, 3), mode=("wrap", "clip"), order="F"),
]

SELECTING_BY_CONDITION = [
    of(np.compress, SOME, A, 1),
    of(np.compress, SOME, A),
    of(np.compress, [0, 1], A, axis=-1),
    of(np.compress, np.zeros(3, bool), A, 1),
    of(np.extract, MASK, real(2, 3)),
    of(np.extract, [True, False, True], real(2, 3)),
    constant(np.flatnonzero, nonzero(2, 3)),
    constant(np.flatnonzero, positive()),
    constant(np.argwhere, nonzero(2, 3)),
    constant(np.argwhere, positive()),
    of(np.select, [bits(2, 3), bits(3)], [real(2, 3), real(2, 1)]),
    of(np.select, [bits(2, 3), bits(2, 3)], [real(2, 3), 2.0], 7),
    of(selected, [MASK, ~MASK], [real(2, 3), whole(2, 3)], real(3)),
    of(selected, [MASK[0]], [whole(3)], real()),
    of(np.piecewise, real(2, 3), [MASK, ~MASK], [np.sin, centred]),
    of(np.piecewise, real(2, 3), [MASK], [centred, 5], 3.0, like=lambda x, c, f, s: np.piecewise(x, c, f, s)),
    of(np.piecewise, real(3), MASK, [np.exp, -1.0]),
    of(np.piecewise, real(2, 3), [MASK, MASK[:, ::-1]], [np.exp, np.square, first]),
    of(np.piecewise, real(3), SOME, [np.exp], like=np.piecewise),
    of(np.piecewise, real(2, 3), [np.zeros((2, 3), bool), MASK], [np.exp, np.square]),
    of(np.piecewise, real(2, 3), [[True, False], [False, True]], [np.exp, first_column]),
    of(np.piecewise, real(), [True], [np.exp, 3.0]),
    of(np.piecewise, apart(3), [SOME, ~SOME], [scaled, 1.0], scale=2.0),
    *(constant(np.isin, whole(2, 3), tests, **keywords) for tests, keywords in (
        (np.array([0, 1]), {}), ([1, 2, 3], {"invert": True}), (whole(2), {"kind": "sort"}),
        (np.array([2]), {"assume_unique": True, "kind": "table"}),
    )),
    constant(np.isin, np.array([1.0, 2.5]), real(3)),
]
# fmt: on
