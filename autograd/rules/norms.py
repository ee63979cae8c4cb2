"""Norms of vectors and matrices, condition numbers and ranks.

A norm has a kink at 0; the subgradient of least size is taken there, which is 0.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..op import constant, general, implements
from .decompositions import check_square, inverse_or_nan, svdvals
from .operands import switch
from .reductions import count

# --- Primitives ---


def _norm(x: Any, axis: Any, keepdims: Any) -> Any:
    if axis is None:
        return np.linalg.norm(x, keepdims=keepdims)
    return np.sqrt(np.add.reduce(x * x, axis=axis, keepdims=keepdims))


def _p_norm(x: Any, axis: Any, keepdims: Any, ord: Any) -> Any:
    total = np.add.reduce(np.abs(x) ** ord, axis=axis, keepdims=keepdims)
    return total ** np.reciprocal(ord, dtype=total.dtype)


def _p_norm_rule(g: Any, x: Any, out: Any, ord: Any) -> Any:
    ratio = np.where(x == 0, 1.0, np.abs(x)) / np.where(out == 0, math.inf, out)
    return g * np.sign(x) * np.where(out == 0, 0.0, np.where(out == 0, 1.0, ratio) ** (ord - 1))


_norm = general(_norm, lambda g, x, out: g / np.where(out == 0, math.inf, out) * x)
_p_norm = general(_p_norm, _p_norm_rule)
_how_many = constant(
    lambda x, axis, keepdims: np.asarray((x != 0).astype(x.dtype).sum(axis=axis, keepdims=keepdims)), name="zero_norm"
)
_matrix_rank = constant(
    lambda x, tol, hermitian, rtol: np.asarray(
        np.linalg.matrix_rank(x, tol, hermitian, **({} if rtol is None else {"rtol": rtol}))
    ),
    name="matrix_rank",
)


# --- Norms ---


def _of_vectors(x: Any, ord: Any, axes: tuple[int, ...] | None, keepdims: bool) -> Any:
    if ord is None or ord == 2:
        return _norm(x, axes, keepdims)
    if isinstance(ord, str):
        raise ValueError(f"norm: Invalid norm order '{ord}' for vectors; use a number, inf or -inf")
    if ord == math.inf:
        return (np.max if count(x.shape, axes) else np.sum)(np.abs(x), axis=axes, keepdims=keepdims)
    if ord == -math.inf:
        return np.min(np.abs(x), axis=axes, keepdims=keepdims)
    if ord == 0:
        return _how_many(x, axes, keepdims)
    if ord == 1:
        return np.sum(np.abs(x), axis=axes, keepdims=keepdims)
    return _p_norm(x, axes, keepdims, ord)


def _of_matrices(x: Any, ord: Any, row: int, column: int, keepdims: bool) -> Any:
    if row == column:
        raise ValueError(f"norm: Duplicate axes given: {row} twice")
    if ord in (None, "fro", "f"):
        return _norm(x, tuple(sorted((row, column))), keepdims)
    if ord in (2, -2, "nuc"):
        s = svdvals(np.moveaxis(x, (row, column), (-2, -1)))
        reduce = np.min if ord == -2 else np.max if ord == 2 and s.shape[-1] else np.sum
        found = reduce(s, axis=-1)
    elif ord in (1, -1, math.inf, -math.inf):
        first, then = (row, column) if abs(ord) == 1 else (column, row)
        sums = np.sum(np.abs(x), axis=first)
        axis = then - (then > first)
        found = (np.min if ord < 0 else np.max if sums.shape[axis] else np.sum)(sums, axis=axis)
    else:
        raise ValueError(f"norm: Invalid norm order {ord!r} for matrices; use fro, nuc, 1, -1, 2, -2, inf or -inf")
    if keepdims:
        found = np.reshape(found, tuple(1 if i in (row, column) else n for i, n in enumerate(x.shape)))
    return found


def _floating(x: Any) -> Any:
    return x if x.dtype.kind == "f" else x.astype(np.float64)


@implements(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The norm of vectors (one axis) or matrices (two), NumPy's `norm`; its gradient at 0 is 0.

    >>> norm(Tensor([3.0, 4.0]))
    tensor(5.)
    """
    x, rank = _floating(x), x.ndim
    if axis is None:
        if ord is None or (rank == 1 and ord == 2) or (rank == 2 and ord in ("fro", "f")):
            return _norm(x, None, switch(keepdims))
        axes = tuple(range(rank))
    elif isinstance(axis, tuple):
        axes = axis
    else:
        try:
            axes = (int(axis),)
        except (TypeError, ValueError):
            raise TypeError(f"norm: 'axis' must be None, an integer or a tuple of integers, not {axis!r}") from None
    axes = tuple(normalize_axis_index(i, rank) for i in axes)
    if len(axes) == 1:
        return _of_vectors(x, ord, axes, switch(keepdims))
    if len(axes) == 2:
        return _of_matrices(x, ord, *axes, switch(keepdims))
    raise ValueError(f"norm: Improper number of dimensions to norm: {len(axes)} axes; there must be one or two")


def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """The norm of vectors that lie along one or several axes (None: all), NumPy's `vector_norm`."""
    axes = None if axis is None else tuple(sorted(normalize_axis_tuple(axis, x.ndim)))
    return _of_vectors(_floating(x), ord, axes, switch(keepdims))


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """The norm of the matrices in the last two axes, NumPy's `matrix_norm`."""
    return norm(x, ord, (-2, -1), keepdims)


implements(np.linalg.vector_norm)(vector_norm)
implements(np.linalg.matrix_norm)(matrix_norm)


# --- Condition number and rank ---


@implements(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    """How much a relative error can grow where an equation with x is solved, NumPy's `cond`: inf if x is singular.

    p  None or 2: the largest over the smallest singular value; -2: the other way; else the norm of x times that of
       its inverse
    """
    if np.ndim(x) >= 2 and 0 in x.shape[-2:]:
        raise np.linalg.LinAlgError("cond: is not defined on empty arrays")
    if p is None or p in (2, -2):
        s = svdvals(x)
        found = s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    else:
        check_square("cond", x)
        x = _floating(x)
        found = norm(x, p, (-2, -1)) * norm(inverse_or_nan(x), p, (-2, -1))
    return np.where(np.isnan(found) & ~np.any(np.isnan(x), axis=(-2, -1)), math.inf, found)


@implements(np.linalg.matrix_rank)
def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """How many singular values are larger than the tolerance (constant: no gradient)."""
    return _matrix_rank(A, tol, bool(hermitian), rtol)
