"""Samples of `autograd/rules/calculus.py`."""

from typing import Any

import numpy as np

from autograd.rules import calculus

from .statistics import Called, quietly, rising
from .table import Domain, apart, bits, constant, each, far, nonzero, of, period, real, whole

gradient = Called(np.gradient, quietly(np.gradient))


def i1(x: Any) -> Any:
    """Its integral, (2/π) ∫ sinh(x cos t) cos t dt from 0 to π/2, by the midpoint rule."""
    c = np.cos((np.arange(64) + 0.5) * np.pi / 128)
    return (np.sinh(np.asarray(x)[..., None] * c) * c).mean(-1).astype(x.dtype)


A = real(2, 3, 4)
GRID = np.array([0.0, 0.5, 1.1, 2.0])

DIFFERENCES = [
    *(of(np.diff, A, **keywords) for keywords in ({}, {"axis": 0}, {"n": 2}, {"n": 0}, {"n": 3, "axis": 1})),
    of(np.diff, real(2, 3), 1, 0, real(1, 3), real(2, 3)),
    of(np.diff, real(3), prepend=0.5, append=1.0),
    of(np.diff, real(3), 2, -1, real(), real()),
    of(np.diff, real(0)),
    constant(np.diff, whole(6)),
    constant(np.diff, bits(5)),
    *(
        of(np.ediff1d, real(2, 3), **keywords)
        for keywords in ({}, {"to_end": 99}, {"to_begin": [1.0, 2.0], "to_end": np.array([3, 4])})
    ),
    of(np.ediff1d, real(4), real(2), real()),
    of(np.ediff1d, real(1)),
    *(
        of(np.gradient, A, ulps=8, **keywords)
        for keywords in ({}, {"axis": 1}, {"axis": (2, 0)}, {"edge_order": 2, "axis": (1, 2)})
    ),
    of(np.gradient, A, 0.7, ulps=8),
    of(np.gradient, A, 0.7, 2, GRID, ulps=8),
    of(np.gradient, real(4), np.arange(4) * 0.5, edge_order=2, ulps=8),
    of(gradient, real(4), rising(4), edge_order=2, ulps=16),
    of(gradient, real(3, 4), rising(4), axis=-1, ulps=16),
    of(np.gradient, real(4), Domain(0.3, 2)(), edge_order=2, ulps=8),
    of(np.gradient, real(2)),
    of(gradient, whole(4), rising(4), ulps=8),
    *(
        of(np.trapezoid, A, ulps=4, **keywords)
        for keywords in ({}, {"axis": 0}, {"dx": 0.3}, {"axis": 1, "x": np.array([0.0, 1.0, 1.5])})
    ),
    of(np.trapezoid, A, real(4), ulps=4),
    of(np.trapezoid, real(3, 4), real(3, 4), axis=0, ulps=4),
    of(np.trapezoid, whole(4), real(4), ulps=4),
    *(
        of(f, real(3, 4), sums=True, **keywords)
        for f in (getattr(np, name) for name in ("cumulative_sum", "cumulative_prod") if hasattr(np, name))
        for keywords in ({"axis": 0}, {"axis": -1, "include_initial": True}, {"axis": 1, "dtype": np.float64})
    ),
    *(of(getattr(np, name), real(), sums=True) for name in ("cumulative_sum", "cumulative_prod") if hasattr(np, name)),
    *(
        of(np.unwrap, Domain(-9, 9)(3, 4), sums=True, **keywords)
        for keywords in ({}, {"axis": 0}, {"discont": 4.0}, {"period": 5})
    ),
    constant(np.unwrap, Domain(-9, 9, dtype=np.int64)(6), period=4),
]

PARTS = [
    of(np.real, A),
    of(np.real_if_close, A),
    constant(np.imag, real),
    constant(np.angle, real),
    constant(np.angle, nonzero, deg=True),
    of(np.i0, real(7)),
    of(np.i0, Domain(15, 30)(9)),
    each(np.ldexp, real, whole),
    each(calculus.i1, Domain(-2.5, 2.5), like=i1, ulps=8, at={0.0: 0.5}),
    of(np.modf, Domain(1.1, 1.9)(2, 3), sums=True),
    of(np.frexp, Domain(4.1, 7.9)(2, 3)),
    of(np.divmod, far(2, 3), period(3)),
    constant(np.divmod, whole, Domain(1, 4, dtype=np.int64)),
    *(constant(f, real) for f in (np.round, np.around, np.fix, np.isneginf, np.isposinf, np.iscomplex, np.isreal)),
    constant(np.round, real, 1),
    constant(np.around, whole, decimals=-1),
    constant(np.isclose, real, real),
    constant(np.isclose, real, real, 0.5, 0.1),
    constant(np.isclose, apart(3), np.array([0.0, 1.0, np.nan]), equal_nan=True, atol=1.0),
]
