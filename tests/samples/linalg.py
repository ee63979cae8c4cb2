"""Samples of `autograd/rules/linalg.py`."""

import operator

import numpy as np

from .table import of, real

# fmt: off

PRODUCTS = [
    *(
        of(np.matmul, real(*a), real(*b), ulps=8, sums=True)
        for a, b in (
            ((2, 3), (3, 4)), ((3,), (3,)), ((3,), (3, 4)), ((2, 3), (3,)), ((5, 2, 3), (3, 4)), ((5, 2, 3), (5, 3, 4)),
            ((2, 3), (5, 3, 4)), ((5, 1, 2, 3), (2, 3, 4)), ((3,), (5, 3, 4)), ((5, 2, 3), (3,)), ((1, 2, 3), (5, 3, 4)),
            ((2, 0), (0, 3)), ((0, 3), (3, 2)), ((1, 1), (1, 1)),
        )
    ),
    of(operator.matmul, real(4, 3), real(3, 2), ulps=8, sums=True),
    *(
        of(np.dot, real(*a), real(*b), ulps=8, sums=True)
        for a, b in (((2, 3), (3, 4)), ((), (2, 3)), ((3,), ()), ((2, 3), (5, 3, 4)), ((2, 2, 3), (3,)), ((3,), (3,)))
    ),
    *(
        of(np.tensordot, real(*a), real(*b), axes, ulps=8, sums=True)
        for a, b, axes in (
            ((2, 3, 4), (3, 4, 5), 2), ((2, 3), (3, 2), 1), ((2,), (3,), 0), ((2, 3, 4), (4, 2), ([0, -1], [1, 0])),
        )
    ),
    of(np.outer, real(2, 2), real(3), sums=True),
    of(np.inner, real(2, 3), real(4, 3), ulps=8, sums=True),
    of(np.inner, real(), real(3), sums=True),
    of(np.vdot, real(2, 3), real(2, 3), ulps=8, sums=True),
    *(
        of(np.einsum, subscripts, *(real(*shape) for shape in shapes), ulps=8, sums=True)
        for subscripts, *shapes in (
            ("ij,jk->ik", (2, 3), (3, 4)), ("ij,jk", (2, 3), (3, 4)), ("ii->", (3, 3)), ("ii->i", (3, 3)), ("ii", (3, 3)),
            ("ij->i", (2, 3)), ("ij->", (2, 3)), ("ji", (2, 3)), ("ij->ji", (2, 3)), ("i,i", (3,), (3,)), ("i,j", (2,), (3,)),
            ("bij,bjk->bik", (2, 3, 2), (2, 2, 4)), ("...ij,...jk->...ik", (2, 1, 3, 2), (4, 2, 3)), ("...i->...", (2, 3)),
            ("i...,i...->...", (3, 2), (3, 2)), ("ij,ij->ij", (2, 3), (2, 3)), ("ij,k->ijk", (2, 3), (2,)),
            ("ij,jk,kl->il", (2, 3), (3, 2), (2, 4)), ("iij,j->i", (2, 2, 3), (3,)), ("ij,kk->i", (2, 3), (2, 2)),
            ("i,->i", (3,), ()), ("ij,ij->", (2, 3), (2, 3)), ("ij,j->i", (2, 1), (3,)), ("iii->i", (2, 2, 2)),
        )
    ),
    of(np.einsum, real(2, 3), [0, 1], real(3, 4), [1, 2], [0, 2], ulps=8, sums=True),
    of(np.einsum, "ij,jk,kl", real(2, 3), real(3, 2), real(2, 2), optimize=True, ulps=8, sums=True),
]
# fmt: on
