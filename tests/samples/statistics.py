"""Samples of `autograd/rules/statistics.py`."""

from typing import Any

import numpy as np

from .table import Domain, apart, constant, counts, of, positive, real, whole

A = real(2, 3, 4)
ROWS = real(3, 5)
GRID = np.array([-2.0, -1.2, 0.3, 0.9, 2.0])
EDGES = np.array([-1.5, -0.5, 0.5, 1.5])
X, XP, FP = Domain(0.1, 0.9)(2, 3), np.array([0.0, 0.31, 0.62, 1.0]), np.array([1.0, -1.0, 0.5, 2.0])


class Rising(Domain):
    """Numbers in ascending order, well apart."""

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return np.sort(np.linspace(self.low, self.high, shape[0]) + generator.uniform(-0.05, 0.05, shape))


class Called:
    """NumPy's function under its own name in the table, called in a certain way."""

    def __init__(self, function: Any, how: Any) -> None:
        self.function, self.how, self.__name__ = function, how, function.__name__

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        return self.how(*args, **keywords)

    def __eq__(self, other: object) -> bool:
        return other is self.function

    def __hash__(self) -> int:
        return hash(self.function)


def laid_open(*args: Any, **keywords: Any) -> Any:
    found, edges = np.histogramdd(*args, **keywords)
    return found, *edges


def quietly(function: Any) -> Any:
    """Where points coincide or a variable is constant, the result is NaN, and a warning would be an error."""

    def call(*args: Any, **keywords: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*args, **keywords)

    return call


def weighted_cov(m: Any, w: Any, **keywords: Any) -> Any:
    return np.cov(m, aweights=np.exp(w), **keywords)


rising, histogramdd, corrcoef = (
    Rising(0, 1),
    Called(np.histogramdd, laid_open),
    Called(np.corrcoef, quietly(np.corrcoef)),
)

AVERAGES = [
    *(
        of(np.average, A, **keywords)
        for keywords in ({}, {"axis": 1}, {"axis": (0, -1), "keepdims": True}, {"returned": True})
    ),
    *(
        of(np.average, A, weights=np.arange(1.0, 25).reshape(2, 3, 4), ulps=4, **keywords)
        for keywords in ({}, {"axis": 1}, {"axis": (0, -1), "keepdims": True}, {"axis": 0, "returned": True})
    ),
    of(np.average, A, 1, positive(3), ulps=4),
    of(np.average, A, (2, 0), positive(4, 2), True, ulps=4),
    of(np.average, whole(4), None, positive(4), ulps=4),
    of(np.cov, ROWS, ulps=8, sums=True),
    of(np.cov, real(5), ulps=8, sums=True),
    of(np.cov, real(5), real(5), ulps=8, sums=True),
    of(np.cov, real(5, 2), real(5, 2), rowvar=False, ulps=8, sums=True),
    of(np.cov, ROWS, bias=True, ulps=8, sums=True),
    of(np.cov, ROWS, ddof=2, ulps=8, sums=True),
    of(np.cov, ROWS, fweights=np.array([1, 2, 1, 1, 3]), ulps=16, sums=True),
    of(weighted_cov, ROWS, real(5), ulps=16, sums=True),
    of(weighted_cov, ROWS, real(5), ddof=0, fweights=np.array([1, 2, 1, 1, 3]), ulps=16, sums=True),
    of(np.cov, ROWS, dtype=np.float64, ulps=8, sums=True),
    of(corrcoef, ROWS, ulps=8, sums=True),
    of(corrcoef, real(5), real(5), ulps=8, sums=True),
    of(corrcoef, real(5, 3), rowvar=False, ulps=8, sums=True),
]

SEQUENCES = [
    *(
        of(f, real(n), real(m), mode, ulps=8, sums=True)
        for f in (np.convolve, np.correlate)
        for n, m in ((6, 3), (5, 2), (2, 5), (4, 4), (1, 3))
        for mode in ("full", "same", "valid")
    ),
    of(np.convolve, real(4), real(3), sums=True, ulps=8),
    of(np.correlate, real(4), real(3), sums=True, ulps=8),
    of(np.convolve, real(4), real(), sums=True, ulps=8),
    of(np.convolve, whole(5), real(3), sums=True, ulps=8),
]

HISTOGRAMS = [
    constant(np.bincount, counts(6), minlength=6),
    of(np.bincount, counts(6), real(6), 6),
    of(np.bincount, np.array([0, 2, 2]), real(3)),
    constant(np.digitize, real(2, 3), GRID),
    constant(np.digitize, real(2, 3), GRID[::-1], right=True),
    constant(np.digitize, whole(4), GRID),
    constant(np.histogram_bin_edges, real(7)),
    constant(np.histogram_bin_edges, real(7), 4, range=(-1, 1)),
    constant(np.histogram_bin_edges, real(7), EDGES),
    *(
        constant(np.histogram, real(9), **keywords)
        for keywords in ({}, {"bins": 3}, {"bins": EDGES}, {"bins": 3, "range": (-1, 1)}, {"bins": 4, "density": True})
    ),
    constant(np.histogram, whole(9), bins=4),
    of(np.histogram, np.linspace(-2, 2, 8).reshape(2, 4), 3, None, None, real(2, 4), ulps=8),
    of(np.histogram, apart(2, 4), EDGES, None, None, real(2, 4), ulps=8),
    of(np.histogram, apart(8), 3, (-1, 1), True, positive(8), ulps=8, sums=True),
    constant(np.histogram2d, real(6), real(6), 3),
    constant(np.histogram2d, real(6), real(6), [GRID, 2]),
    constant(np.histogram2d, real(6), real(6), EDGES, density=True),
    of(np.histogram2d, real(6), real(6), 3, [(-2, 2), (-1, 1)], None, real(6), ulps=8, sums=True),
    constant(histogramdd, real(6, 3), 2),
    constant(histogramdd, [real(6), real(6)], (2, 3), range=[(-1, 1), None]),
    of(histogramdd, real(6, 2), [GRID, EDGES], None, True, positive(6), ulps=8),
    of(histogramdd, np.linspace(-1, 1, 6), 3, None, False, real(6), ulps=8),
]

INTERPOLATION = [
    of(np.interp, X, XP, FP, ulps=2),
    of(np.interp, X, rising(4), real(4), ulps=2),
    of(np.interp, real(4), rising(4), real(4), -3.0, 5.0, ulps=2),
    of(np.interp, real(), XP, real(4), ulps=2),
    of(np.interp, real(4), rising(4), real(4), None, None, 1.37, ulps=8),
    of(np.interp, real(4), np.array([0.7, 0.1, 1.0]), real(3), period=-1.5, ulps=8),
    of(np.interp, real(3), np.array([0.5]), real(1)),
    of(np.interp, whole(3), rising(4), real(4), ulps=2),
]
