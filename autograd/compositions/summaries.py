"""PyTorch's reductions, running reductions and statistics whose words differ from NumPy's."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..rules import cumulations, reductions
from ..rules.operands import tensor_of
from .words import axis_of, dims, like, lined


class MinAndMax(NamedTuple):
    """What `aminmax` returns."""

    min: Any
    max: Any


def nansum(x: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The sum of the elements that are not NaN."""
    return np.nansum(tensor_of(x), axis=dims(dim, x), dtype=dtype, keepdims=keepdim)


def nanmean(x: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The mean of the elements that are not NaN."""
    return np.nanmean(tensor_of(x), axis=dims(dim, x), dtype=dtype, keepdims=keepdim)


def _ddof(unbiased: bool | None, correction: float) -> float:
    return correction if unbiased is None else int(unbiased)


def var_mean(
    x: Any, dim: Any = None, keepdim: bool = False, *, unbiased: bool | None = None, correction: float = 1
) -> tuple[Any, Any]:
    """The pair (variance, mean) over `dim`; the variance divided by n - 1 unless `correction` is another."""
    x = tensor_of(x)
    ddof = _ddof(unbiased, correction)
    return reductions.var(x, dims(dim, x), None, ddof, keepdim), reductions.mean(x, dims(dim, x), None, keepdim)


def std_mean(
    x: Any, dim: Any = None, keepdim: bool = False, *, unbiased: bool | None = None, correction: float = 1
) -> tuple[Any, Any]:
    """The pair (standard deviation, mean) over `dim`."""
    x = tensor_of(x)
    ddof = _ddof(unbiased, correction)
    return reductions.std(x, dims(dim, x), None, ddof, keepdim), reductions.mean(x, dims(dim, x), None, keepdim)


def aminmax(x: Any, *, dim: int | None = None, keepdim: bool = False) -> MinAndMax:
    """The pair (min, max) over `dim` (None: over all); equal ones share the gradient."""
    line = lined(x)
    shape = np.shape(x)
    return MinAndMax(*(f(line if dim is not None else tensor_of(x), dim, keepdim and bool(shape)) for f in EXTREMA))


EXTREMA = reductions.min, reductions.max


def quantile(x: Any, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear") -> Any:
    """The q-quantiles over `dim` (None: over all), q between 0 and 1; of several q, the first axis."""
    return np.quantile(tensor_of(x), q, axis=dims(dim, x), method=interpolation, keepdims=keepdim)  # type: ignore[call-overload]


def nanquantile(x: Any, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear") -> Any:
    """The q-quantiles of the elements that are not NaN."""
    return np.nanquantile(tensor_of(x), q, axis=dims(dim, x), method=interpolation, keepdims=keepdim)  # type: ignore[call-overload]


def logcumsumexp(x: Any, dim: int) -> Any:
    """log Σ exp of all elements so far along `dim`, without overflow."""
    line = lined(x)
    return like(cumulations.logcumsumexp(line, axis_of("logcumsumexp", dim, line)), x)


# --- Neighbours ---


def diff(x: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """The differences of neighbours along `dim`, n times."""
    ends = {"prepend": prepend, "append": append}
    return np.diff(tensor_of(x), n, axis=dim, **{k: v for k, v in ends.items() if v is not None})


def gradient(x: Any, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1) -> tuple[Any, ...]:
    """The derivative along each axis, by central differences."""
    steps = tuple(spacing) if isinstance(spacing, list | tuple) else (spacing,)
    found = np.gradient(tensor_of(x), *steps, axis=dims(dim), edge_order=edge_order)  # type: ignore[call-overload]
    return tuple(found) if isinstance(found, list | tuple) else (found,)


def trapezoid(y: Any, x: Any = None, *, dx: Any = None, dim: int = -1) -> Any:
    """The integral of y along `dim` by the trapezoidal rule."""
    return np.trapezoid(tensor_of(y), x, 1.0 if dx is None else dx, axis=dim)


def cumulative_trapezoid(y: Any, x: Any = None, *, dx: Any = None, dim: int = -1) -> Any:
    """The integrals of y from the first point to each later one, by the trapezoidal rule."""
    y = np.moveaxis(tensor_of(y), dim, -1)
    if x is not None:
        x = tensor_of(x)
        widths = np.diff(x if x.ndim <= 1 else np.moveaxis(x, dim, -1), axis=-1)
    else:
        widths = 1.0 if dx is None else dx
    return np.moveaxis(np.cumsum((y[..., 1:] + y[..., :-1]) / 2 * widths, axis=-1), -1, dim)


# --- Several variables ---


def cov(x: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    """The covariances of variables, a row of observations for each."""
    return np.cov(tensor_of(x), ddof=correction, fweights=fweights, aweights=aweights)


def corrcoef(x: Any) -> Any:
    """The correlations of variables, a row of observations for each."""
    return np.corrcoef(tensor_of(x))
