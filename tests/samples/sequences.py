"""Samples of `autograd/rules/`: scimath, sequences, sets and windows."""

import numpy as np
from numpy import inf
from numpy.lib.stride_tricks import sliding_window_view

from .table import Domain, above, below, beyond, each, inside, of, positive, real

numbers = Domain(0, 5, dtype=int)

# fmt: off
SCIMATH = [
    each(np.emath.sqrt, positive(5), at={0.0: inf, 4.0: 0.25}),
    each(np.emath.log, positive(5), at={0.0: inf}),
    each(np.emath.log2, positive(5)),
    each(np.emath.log10, positive(5)),
    each(np.emath.logn, above, positive),
    each(np.emath.logn, 2, positive(4)),
    each(np.emath.power, positive(5), real(5), at={(0.0, 2.0): (0.0, 0.0)}),
    each(np.emath.power, positive(4), -2),
    each(np.emath.arccos, inside(5), at={1.0: -inf}),
    each(np.emath.arcsin, inside(5), at={1.0: inf}),
    each(np.emath.arctanh, inside(5)),
]

STEPS = [
    of(np.linspace, real(), real(), 5),
    of(np.linspace, real(2, 3), real(3), 4),
    of(np.linspace, real(2, 3), real(2, 3), 4, endpoint=False),
    of(np.linspace, real(2, 3), 1.5, 4, axis=-1),
    of(np.linspace, 0, real(2), num=3, axis=1, dtype=float),
    of(np.linspace, real(2), real(2), 5, retstep=True),
    of(np.linspace, real(2), real(2), 1),
    of(np.linspace, real(2), real(2), 1, False),
    of(np.linspace, real(2), real(2), 0),
    of(np.linspace, numbers(2), real(2), 3),
    of(np.logspace, real(2, 3), real(3), 4),
    of(np.logspace, real(2, 3), real(3), 4, False, 2.0, axis=1),
    of(np.logspace, real(2), real(2), 4, True, positive(2), None, -1),
    of(np.logspace, real(2), 2, 4, True, positive()),
    of(np.geomspace, positive(2, 3), above(3), 4),
    of(np.geomspace, positive(2, 3), above(2, 3), 4, False, axis=-1),
    of(np.geomspace, positive(), 2, 3),
    of(np.geomspace, positive(2), positive(2), 2),
    of(np.geomspace, positive(2), positive(2), 1),
    of(np.geomspace, positive(2), positive(2), 0),
    of(np.geomspace, Domain(-2, -1)(2), Domain(-4, -3)(2), 4, dtype=float),
]

SETS = [  # with one element: laws that move elements must not make two of them equal
    of(np.union1d, below(1), below(0)),
    of(np.union1d, below(0), below(1)),
    of(np.setxor1d, below(1), below(0)),
    of(np.setxor1d, below(0), below(1), assume_unique=True),
    of(np.setdiff1d, below(1), beyond(1)),
    of(np.setdiff1d, beyond(1, 1), below(1), True),
]

WINDOWS = [
    of(sliding_window_view, real(5), 3),
    of(sliding_window_view, real(5), 1),
    of(sliding_window_view, real(5), (5,)),
    of(sliding_window_view, real(4, 5), (2, 3)),
    of(sliding_window_view, real(4, 5), 2, 0),
    of(sliding_window_view, real(4, 5), 2, axis=-1),
    of(sliding_window_view, real(2, 4, 5), (3, 2), axis=(-1, 1)),
    of(sliding_window_view, real(6, 2), (3, 2), axis=(0, 0)),
    of(sliding_window_view, real(), ()),
]
# fmt: on
