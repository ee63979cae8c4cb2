"""Samples of `autograd/rules/arranging.py`, and of the borders in `shape.py`."""

from typing import Any

import numpy as np

from .table import apart, constant, of, real, whole

# fmt: off
A = real(2, 3, 4)


class Called:
    """A function under its own name in the table, the same in every process; called in a certain way, if `how` says."""

    def __init__(self, function: Any, how: Any = None) -> None:
        self.function, self.how, self.__name__ = function, how or function, function.__name__

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        return self.how(*args, **keywords)

    def __str__(self) -> str:
        return self.__name__

    def __eq__(self, other: object) -> bool:
        return other is self.function

    def __hash__(self) -> int:
        return hash(self.function)


def on_tensors(function: Any) -> Called:
    """A function that NumPy hands to Tensors only if its first argument is one: here it is, if any other is."""

    def how(*args: Any, **keywords: Any) -> Any:
        kinds = [type(x) for x in args if hasattr(x, "requires_grad")]
        if kinds and isinstance(args[0], np.ndarray | list):
            first = args[0]
            args = ([kinds[0](x) for x in first] if isinstance(first, list) else kinds[0](first), *args[1:])
        return function(*args, **keywords)

    return Called(function, how)


@Called
def span(lane: Any, factor: float = 1.0) -> Any:
    return (lane[-1] - lane[0]) * factor


@Called
def products(lane: Any) -> Any:
    return np.stack([lane[:2] * lane[-1], lane[1:3]])


filled = on_tensors(np.full_like)

ARRANGING = [
    *(of(np.rot90, real(2, 3), k) for k in (0, 1, 2, 3, -1)),
    of(np.rot90, A, 1, (2, 0)),
    of(np.rot90, A, 3, axes=(-1, 1)),
    of(np.fliplr, A),
    of(np.flipud, real(3)),
    of(np.flipud, A),
    *(of(np.rollaxis, A, *how) for how in ((2,), (0, 3), (1, -1), (-1, 1), (1, 1))),
    *(of(f, *(real(*shape) for shape in shapes)) for f in (np.atleast_1d, np.atleast_2d, np.atleast_3d)
      for shapes in (((),), ((3,),), ((2, 3),), ((2, 3, 4, 1),), ((), (3,), (2, 3)))),
    of(np.column_stack, [real(2), real(2, 3), real(2)]),
    of(np.dstack, [real(3), real(1, 3)]),
    of(np.dstack, [real(2, 3), real(2, 3, 2)]),
    of(np.dstack, [real(), real()]),
    of(np.hsplit, real(4), 2),
    of(np.hsplit, real(2, 4), [1, 3]),
    of(np.vsplit, real(4, 3), 2),
    of(np.dsplit, A, [1]),
    of(np.append, real(2, 3), real(2)),
    of(np.append, real(2, 3), real(2, 1), axis=-1),
    of(np.append, real(2), 5.0),
    *(of(np.insert, real(2, 3), *how) for how in (
        (1, 2.5), (-1, 2.5), ([0, 2, 2], 2.5), (slice(0, 4, 2), 1.0),
        ([], 1.0), ([3], [1.0, 2.0]),
    )),
    *(of(np.insert, A, index, real(*shape), axis) for index, shape, axis in (
        (1, (4,), 1), (1, (5, 2, 4), 1), (-1, (), 0), ([1, 1], (2, 2, 4), 1), ([0, 3], (2, 1, 4), 1),
        ([2], (2, 1, 4), 1), (2, (5, 2, 3), -1),
        (slice(0, 2), (2, 3, 2), 2), ([0, 1], (1, 1, 3, 4), 0),
    )),
    *(of(np.insert, real(3), 1, real(*shape)) for shape in ((), (2,))),
    *(of(np.delete, A, *how) for how in (
        (5,), (-1, 2), ([0, 2], 1), ([0, 0], -1), (slice(None, None, 2), 2), (slice(2, 0, -1), 1),
        (np.array([True, False, True]), 1),
        ([], 0), (slice(0, 0), 0),
    )),
    *(of(np.resize, real(2, 3), shape) for shape in (4, (2, 3), (4, 5), (), (2, 0), (3, 3))),
    of(np.broadcast_arrays, real(3, 1), real(4), real()),
    *(of(np.meshgrid, real(2), real(3), **keywords)
      for keywords in ({}, {"indexing": "ij"}, {"sparse": True}, {"copy": False})),
    of(np.meshgrid, real(2), real(), real(3)),
    of(np.meshgrid, real(2)),
    of(np.block, [[real(2, 2), real(2, 1)], [real(3)]]),
    of(np.block, [real(2), real(), real(1)]),
    of(np.block, [[[real(1, 2, 2)], [real(1, 1, 2)]]]),
    of(np.block, real(2, 2)),
    *(of(f, real(*shape), k) for f in (np.tril, np.triu)
      for shape, k in (((3, 3), 0), ((2, 3, 4), 1), ((3, 2), -1), ((3,), 0), ((2, 3), 9))),
    *(of(np.diag, real(*shape), k) for shape in ((3,), (3, 3), (2, 4), (1,)) for k in (0, 1, -2)),
    of(np.diagflat, real(2, 2), -1),
    *(of(np.diagonal, A, *how) for how in ((), (1,), (-1, 2, 0), (0, 1, 2), (2, -1, -2))),
    *(of(np.trace, A, *how) for how in ((), (1,), (-1, 2, 0))),
    of(np.trace, real(3, 3), dtype=np.float64),
    *(of(np.kron, real(*a), real(*b))
      for a, b in (((2,), (3,)), ((2, 3), (2, 2)), ((2,), (2, 1, 3)), ((), (2, 2)), ((2, 1), ()))),
    *(of(np.cross, real(*a), real(*b), **keywords) for a, b, keywords in (
        ((3,), (3,), {}), ((2, 3), (3,), {}), ((4, 1, 3), (2, 3), {"axisc": 0}), ((3, 4), (3, 4), {"axis": 0}),
        ((3, 2), (2, 3), {"axisa": 0}),
        ((2, 3), (3, 2), {"axisb": -2, "axisc": 1}),
    )),
    *(of(np.vecdot, real(*a), real(*b), ulps=4, sums=True)
      for a, b in (((3,), (3,)), ((2, 3), (3,)), ((4, 1, 3), (2, 3)), ((2, 0), (0,)))),
    of(np.copy, A),
    of(np.copy, A, order="F"),
    *(of(filled, np.zeros((2, 3)), real(*fill), **keywords)
      for fill, keywords in (((), {}), ((3,), {}), ((2, 1), {"shape": (4, 2, 5)}))),
    *(of(np.apply_along_axis, f, axis, A) for f in (span, products, Called(np.cumsum))
      for axis in (0, -2, 2) if axis or f is span),
    of(np.apply_along_axis, span, 0, real(2, 20), 3.0),
    of(np.apply_over_axes, Called(np.sum), A, [0, -1]),
    of(np.apply_over_axes, Called(np.prod), A, 1),
    of(np.ix_, real(2), real(3)),
    constant(np.ix_, np.array([True, False, True]), whole(2)),
    *(constant(f, whole(3, 4), *how) for f in (np.tril_indices_from, np.triu_indices_from)
      for how in ((), (1,), (-1,))),
    constant(np.diag_indices_from, whole(3, 3)),
]
if hasattr(np, "matvec"):  # NumPy 2.2
    ARRANGING += [
        *(of(np.matvec, real(*a), real(*b), ulps=8, sums=True)
          for a, b in (((2, 3), (3,)), ((4, 2, 3), (3,)), ((2, 3), (4, 3)), ((5, 1, 2, 3), (4, 3)))),
        *(of(np.vecmat, real(*a), real(*b), ulps=8, sums=True)
          for a, b in (((3,), (3, 2)), ((3,), (4, 3, 2)), ((4, 3), (3, 2)), ((4, 3), (5, 1, 3, 2)))),
    ]
if hasattr(np, "unstack"):  # NumPy 2.1, where insert takes masks, too
    ARRANGING += [of(np.insert, real(2, 3), np.array([True, False, True, False, False, True]), 0.5)]
    ARRANGING += [*(of(np.unstack, A, axis=axis) for axis in (0, -1)), of(np.unstack, real(19))]

WIDTHS = ((2, 1), (0, 3))

BORDERS = [
    of(np.pad, real(2, 3), WIDTHS, constant_values=((1.0, 2.0), (3.0, 4.0))),
    of(np.pad, real(2, 3), WIDTHS, mode="linear_ramp", ulps=2),
    of(np.pad, real(2, 3), WIDTHS, mode="linear_ramp", end_values=((1.0, 2.5), (-1.0, 3.0)), ulps=4),
    *(of(np.pad, apart(3, 4), WIDTHS, mode=mode, ulps=2) for mode in ("maximum", "minimum", "mean", "median")),
    *(of(np.pad, apart(3, 4), WIDTHS, mode=mode, stat_length=length, ulps=2)
      for mode in ("maximum", "minimum", "mean", "median") for length in (2, ((1, 2), (3, 9)))),
    *(of(np.pad, real(3, 4), width, mode=mode, reflect_type="odd", ulps=4)
      for mode in ("reflect", "symmetric") for width in (1, ((2, 1), (0, 3)), ((9, 0), (1, 11)))),
    of(np.pad, real(3, 1), 2, mode="reflect", reflect_type="odd"),
    of(np.pad, real(3, 1), 2, mode="symmetric", reflect_type="even"),
    of(np.pad, real(0, 2), ((0, 0), (1, 2)), mode="mean", differences=False),
    of(np.pad, real(), 3, mode="edge"),
]
# fmt: on
