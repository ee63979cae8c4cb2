"""Samples of `autograd/rules/sorting.py`."""

from typing import Any

import numpy as np

from autograd.rules import sorting

from .table import Domain, Sample, apart, constant, of, real, whole


class Shuffled(Domain):
    """The numbers from 0 in any order, along the last axis."""

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return generator.permuted(np.broadcast_to(np.arange(shape[-1]), shape), axis=-1)


class Holes(Domain):
    """Numbers with NaN among them, at the same places in every draw; no row or column is empty of numbers."""

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Any:
        x = apart.draw(generator, shape)
        return np.where(np.arange(x.size).reshape(shape) % 7 == 3, np.nan, x)


holes = Holes(-2, 2)


def quantile(function: Any, *args: Any, **keywords: Any) -> Sample:
    """Older NumPys interpolate in another order, which shows in the last digits of float32."""
    return of(function, *args, ulps=0 if np.lib.NumpyVersion(np.__version__) >= "2.4.0" else 64, **keywords)


A = apart(2, 3, 4)
N = holes(2, 3, 4)
AXES: tuple[dict[str, Any], ...] = (
    {},
    {"axis": 0},
    {"axis": -2},
    {"axis": (0, 2)},
    {"axis": -1, "keepdims": True},
    {"keepdims": True},
)
SOME = np.array([True, False, True, True])
WEIGHTS = np.array([1.0, 2.0, 0.5, 3.0])
FEW: tuple[dict[str, Any], ...] = ({}, {"axis": 1}, {"axis": (0, 2), "keepdims": True})

SORTING = [
    *(
        of(np.sort, A, sums=True, **keywords)
        for keywords in ({}, {"axis": 0}, {"axis": None}, {"kind": "stable"}, {"stable": True})
    ),
    of(np.sort, apart(0, 3), axis=0, sums=True),
    of(np.sort, apart(3, 1), sums=True),
    of(np.sort, holes(3, 4), axis=0, sums=True, differences=False),
    *(constant(np.argsort, A, **keywords) for keywords in ({}, {"axis": 0}, {"axis": None}, {"kind": "quicksort"})),
    constant(np.argsort, whole(3, 4), stable=True),
    constant(np.argsort, real()),
    *(of(np.partition, A, *how, sums=True) for how in ((1,), (-1, 1), ([0, 2], 1), (5, None))),
    *(constant(np.argpartition, A, *how) for how in ((1,), (-1, 1), (5, None))),
    constant(np.lexsort, whole(3, 4)),
    constant(np.searchsorted, np.linspace(-2, 2, 5), real(2, 3)),
    constant(np.searchsorted, np.linspace(-2, 2, 5), whole(4), side="right"),
    constant(np.searchsorted, np.array([2, 0, 1]), real(4), sorter=np.array([1, 2, 0])),
    constant(np.searchsorted, np.arange(3.0), real()),
    # where the shape of the result depends on values, only forms that fix it are here: see test_sorting.py
    *(
        of(np.unique, apart(1), **keywords)
        for keywords in (
            {},
            {"return_index": True, "return_inverse": True, "return_counts": True},
            {"equal_nan": False},
        )
    ),
    *(of(f, apart(1)) for f in (np.unique_values, np.unique_counts, np.unique_inverse, np.unique_all)),
    of(np.unique, apart(1, 4), axis=0),
    of(np.unique, apart(3, 1), axis=-1, return_index=True, return_counts=True),
    of(np.trim_zeros, real(0)),
    constant(sorting.places_between, whole(2), like=lambda ends: np.arange(*ends)),
    constant(sorting.inverse_permutation, Shuffled(0, 0)(2, 5), 1, like=np.argsort),
]

QUANTILES = [
    *(of(np.median, A, **keywords) for keywords in AXES),
    of(np.median, apart(3, 5), axis=1),
    of(np.median, apart(5, 1), axis=1),
    of(np.median, apart()),
    of(np.median, holes(3, 4), axis=0, sums=True, differences=False),
    *(quantile(np.quantile, A, 0.3, **keywords) for keywords in AXES),
    *(quantile(np.quantile, A, [0.0, 0.4, 0.75, 1.0], **keywords) for keywords in FEW),
    *(quantile(np.quantile, A, np.array([[0.1, 0.2], [0.5, 0.9]]), **keywords) for keywords in FEW),
    *(quantile(np.quantile, A, q, axis=1, method=method) for method in sorting.METHODS for q in (0.35, [0.25, 1 / 3])),
    quantile(np.quantile, A, 1, axis=1),
    quantile(np.quantile, apart(), 0.5),
    quantile(np.quantile, A, [0.2, 0.7], axis=2, weights=WEIGHTS, method="inverted_cdf"),
    quantile(np.quantile, A, 0.6, weights=np.arange(1.0, 25).reshape(2, 3, 4), method="inverted_cdf", keepdims=True),
    *(quantile(np.percentile, A, 30, **keywords) for keywords in FEW),
    quantile(np.percentile, A, [10, 90], axis=0),
    quantile(np.percentile, A, 40.0, axis=-1, weights=WEIGHTS, method="inverted_cdf"),
    of(np.ptp, A),
    of(np.ptp, A, axis=(0, 2), keepdims=True),
]

SKIPPING = [
    *(of(np.nanmedian, N, sums=True, **keywords) for keywords in AXES),
    *(quantile(np.nanquantile, N, q, sums=True, **keywords) for q in (0.3, [0.4, 1.0]) for keywords in AXES),
    *(
        quantile(np.nanquantile, N, 0.35, sums=True, axis=1, method=method)
        for method in sorting.METHODS
        if method != "linear"
    ),
    quantile(
        np.nanquantile,
        N,
        [0.2, 0.7],
        axis=2,
        weights=np.arange(1.0, 25).reshape(2, 3, 4),
        method="inverted_cdf",
        sums=True,
    ),
    quantile(np.nanpercentile, N, 30, axis=1, sums=True),
    quantile(np.nanpercentile, N, [25, 50], sums=True),
    *(
        of(f, N, sums=True, ulps=8, **keywords)
        for f in (np.nanmax, np.nanmin, np.nansum, np.nanmean, np.nanvar, np.nanstd, np.nanprod)
        for keywords in AXES
    ),
    *(of(f, N, sums=True, axis=1, initial=0.3, ulps=4) for f in (np.nanmax, np.nanmin, np.nansum, np.nanprod)),
    *(of(f, N, sums=True, axis=2, initial=0.3, where=SOME) for f in (np.nanmax, np.nanmin)),
    *(
        of(f, N, sums=True, axis=2, where=SOME, ulps=8)
        for f in (np.nansum, np.nanmean, np.nanvar, np.nanstd, np.nanprod)
    ),
    *(of(f, N, sums=True, axis=(0, 1), ddof=1, ulps=8) for f in (np.nanvar, np.nanstd)),
    of(np.nanvar, N, sums=True, axis=0, mean=np.full((1, 3, 4), 0.1), ulps=8),
    of(np.nanstd, N, sums=True, correction=1, ulps=8),
    *(of(f, N, sums=True, **keywords) for f in (np.nancumsum, np.nancumprod) for keywords in ({}, {"axis": 1})),
    *(
        constant(f, N, **keywords)
        for f in (np.nanargmax, np.nanargmin)
        for keywords in ({}, {"axis": 1}, {"axis": 2, "keepdims": True})
    ),
]
