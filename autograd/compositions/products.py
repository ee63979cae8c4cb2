"""PyTorch's products of vectors, matrices and batches of them, and the decompositions that are Tensor's methods."""

from __future__ import annotations

import functools
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from ..rules import arranging, norms
from ..rules.linalg import matmul
from ..rules.operands import tensor_of
from .words import dims, scaled


def _ranked(function: str, *pairs: tuple[str, Any, int]) -> list[Any]:
    """The arguments as Tensors; ValueError for one that is no vector, matrix or batch, as the function needs it."""
    tensors = []
    for name, x, rank in pairs:
        x = tensor_of(x)
        if x.ndim != rank:
            raise ValueError(
                f"{function}: {name} must have {rank} ax{'is' if rank == 1 else 'es'}, and its shape is {x.shape}; "
                "matmul takes any"
            )
        tensors.append(x)
    return tensors


def _sum_with(x: Any, product: Any, beta: Any, alpha: Any) -> Any:
    """beta · x + alpha · product; with beta 0, x counts for nothing, not even a NaN in it."""
    product = scaled(alpha, product)
    if isinstance(beta, int | float) and beta == 0:
        return np.broadcast_to(product, np.broadcast_shapes(product.shape, np.shape(x)))
    return scaled(beta, tensor_of(x)) + product


def mm(x: Any, mat2: Any) -> Any:
    """The product of two matrices."""
    return matmul(*_ranked("mm", ("the first", x, 2), ("the second", mat2, 2)))


def mv(x: Any, vec: Any) -> Any:
    """The product of a matrix and a vector."""
    return matmul(*_ranked("mv", ("the matrix", x, 2), ("the vector", vec, 1)))


def bmm(x: Any, mat2: Any) -> Any:
    """The products of two batches of matrices."""
    a, b = _ranked("bmm", ("the first", x, 3), ("the second", mat2, 3))
    if a.shape[0] != b.shape[0]:
        raise ValueError(f"bmm: {a.shape[0]} and {b.shape[0]} matrices; matmul broadcasts")
    return matmul(a, b)


def ger(x: Any, vec2: Any) -> Any:
    """The products of each element of one vector with each of another."""
    return np.outer(*_ranked("ger", ("the first", x, 1), ("the second", vec2, 1)))


def addmm(x: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta · x + alpha · mat1 @ mat2.

    >>> addmm(Tensor([1.0, 1.0]), Tensor([[1.0, 2.0]]), Tensor([[1.0, 0.0], [0.0, 1.0]]))
    tensor([[2., 3.]])
    """
    return _sum_with(x, mm(mat1, mat2), beta, alpha)


def addmv(x: Any, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta · x + alpha · mat @ vec."""
    return _sum_with(x, mv(mat, vec), beta, alpha)


def addr(x: Any, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta · x + alpha · the outer product of two vectors."""
    return _sum_with(x, ger(vec1, vec2), beta, alpha)


def baddbmm(x: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta · x + alpha · batch1 @ batch2, for each pair of matrices."""
    return _sum_with(x, bmm(batch1, batch2), beta, alpha)


def addbmm(x: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta · x + alpha · the sum of the products of two batches of matrices."""
    return _sum_with(x, np.sum(bmm(batch1, batch2), axis=0), beta, alpha)


def chain_matmul(*matrices: Any) -> Any:
    """The product of the matrices, in the order that costs least."""
    return tensor_of(matrices[0]) if len(matrices) == 1 else np.linalg.multi_dot([tensor_of(m) for m in matrices])


def kron(x: Any, other: Any) -> Any:
    """The Kronecker product."""
    return np.kron(tensor_of(x), other)


def cross(x: Any, other: Any, dim: int | None = None) -> Any:
    """The cross product of vectors of three along `dim` (None: along the first axis of size 3)."""
    x, other = np.broadcast_arrays(tensor_of(x), tensor_of(other))
    if dim is None:
        if 3 not in x.shape:
            raise ValueError(f"cross: no axis of size 3 in the shape {x.shape}")
        dim = x.shape.index(3)
    if x.shape[dim] != 3:
        raise ValueError(f"cross: axis {dim} must have size 3, and the shape is {x.shape}")
    return np.cross(x, other, axis=dim)


def block_diag(*tensors: Any) -> Any:
    """The matrices along a diagonal, zeros elsewhere."""
    blocks = [np.atleast_2d(tensor_of(t)) for t in tensors]
    for t in blocks:
        if t.ndim != 2:
            raise ValueError(f"block_diag: matrices, vectors and numbers, not the shape {t.shape}")
    rows = [
        [b if i == j else np.zeros((b.shape[0], c.shape[1]), b.dtype) for j, c in enumerate(blocks)]
        for i, b in enumerate(blocks)
    ]
    return arranging.block(rows)


# --- Norms and distances ---


def norm(x: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """(Σ |x|**p)**(1/p) over `dim` (None: over all); "fro" is p = 2, "nuc" the sum of the singular values."""
    x = tensor_of(x) if dtype is None else np.astype(tensor_of(x), dtype)
    if p == "nuc":
        return norms.norm(x, "nuc", (-2, -1) if dim is None else dims(dim), keepdim)
    if isinstance(p, str) and p != "fro":
        raise ValueError(f"norm: p must be a number, 'fro' or 'nuc', not {p!r}")
    return norms.vector_norm(x, axis=dims(dim, x), keepdims=keepdim, ord=2 if p in ("fro", None) else p)


def dist(x: Any, other: Any, p: float = 2) -> Any:
    """The p-norm of x - other."""
    return norm(tensor_of(x) - other, p)


def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: str | None = None) -> Any:
    """(..., P, M) and (..., R, M) -> (..., P, R): the distances of the rows of the one from the rows of the other."""
    x1, x2 = tensor_of(x1), tensor_of(x2)
    if x1.ndim < 2 or x2.ndim < 2 or x1.shape[-1] != x2.shape[-1]:
        raise ValueError(f"cdist: rows of one length, (..., P, M) and (..., R, M), not {x1.shape} and {x2.shape}")
    if p < 0:
        raise ValueError(f"cdist: p must not be negative, and is {p}")
    return norm(x1[..., :, None, :] - x2[..., None, :, :], p, -1)


def pdist(x: Any, p: float = 2.0) -> Any:
    """The distances between every two rows: (0, 1), (0, 2), …, (1, 2), …"""
    (x,) = _ranked("pdist", ("the argument", x, 2))
    i, j = np.triu_indices(x.shape[0], 1)
    return norm(x[i] - x[j], p, -1)


def renorm(x: Any, p: float, dim: int, maxnorm: float) -> Any:
    """Every slice along `dim` whose p-norm is larger than `maxnorm` scaled down to it."""
    x = tensor_of(x)
    dim = range(x.ndim)[dim]
    size = norm(x, p, tuple(i for i in range(x.ndim) if i != dim), True)
    return x * np.where(size > maxnorm, maxnorm / (size + 1e-7), 1.0)


# --- Decompositions: autograd.linalg's, under torch's older names ---


class UpperTriangular(NamedTuple):
    """What `qr` returns."""

    Q: Any
    R: Any


class SingularValues(NamedTuple):
    """What `svd` returns: x = U diag(S) Vᵀ."""

    U: Any
    S: Any
    V: Any


@functools.cache
def _linalg() -> Any:
    return import_module("autograd.linalg")


def det(x: Any) -> Any:
    """The determinant."""
    return _linalg().det(tensor_of(x))


def logdet(x: Any) -> Any:
    """log det x; NaN where the determinant is negative."""
    sign, logabsdet = _linalg().slogdet(tensor_of(x))
    return np.where(sign < 0, np.nan, logabsdet)


def slogdet(x: Any) -> Any:
    """The pair (sign, logabsdet)."""
    return _linalg().slogdet(tensor_of(x))


def inverse(x: Any) -> Any:
    """The inverse matrix."""
    return _linalg().inv(tensor_of(x))


def pinverse(x: Any, rcond: float = 1e-15) -> Any:
    """The pseudo-inverse."""
    return _linalg().pinv(tensor_of(x), rtol=rcond)


def matrix_power(x: Any, n: int) -> Any:
    """The n-th power of a square matrix."""
    return _linalg().matrix_power(tensor_of(x), n)


def matrix_exp(x: Any) -> Any:
    """The exponential of a square matrix."""
    return _linalg().matrix_exp(tensor_of(x))


def cholesky(x: Any, upper: bool = False) -> Any:
    """The triangular L with L Lᵀ = x."""
    return _linalg().cholesky(tensor_of(x), upper=upper)


def qr(x: Any, some: bool = True) -> UpperTriangular:
    """The pair (Q, R) with Q R = x: orthogonal, upper triangular."""
    return UpperTriangular(*_linalg().qr(tensor_of(x), "reduced" if some else "complete"))


def svd(x: Any, some: bool = True, compute_uv: bool = True) -> SingularValues:
    """(U, S, V) with x = U diag(S) Vᵀ. `autograd.linalg.svd` returns Vᵀ instead of V."""
    x = tensor_of(x)
    if not compute_uv:
        u, v = (np.zeros((*x.shape[:-2], n, n), x.dtype) for n in x.shape[-2:])
        return SingularValues(tensor_of(u), _linalg().svdvals(x), tensor_of(v))
    u, s, vh = _linalg().svd(x, full_matrices=not some)
    return SingularValues(u, s, np.swapaxes(vh, -1, -2))
