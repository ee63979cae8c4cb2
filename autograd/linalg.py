"""PyTorch's `torch.linalg` on Tensors: its names, arguments and defaults, in batches, differentiable twice.

NumPy's own functions, `np.linalg.*`, work on Tensors as well, with NumPy's arguments. One difference is in the
gradient: of a symmetric matrix, `np.linalg.eigh` and `cholesky` read one triangle, which alone gets a gradient; here
the gradient is symmetric, as in PyTorch. Both lead a symmetric matrix the same way.

>>> import autograd
>>> a = autograd.Tensor([[2.0, 0.0], [0.0, 4.0]], requires_grad=True)
>>> autograd.linalg.slogdet(a).logabsdet.backward()
>>> a.grad
tensor([[0.5 , 0.  ],
        [0.  , 0.25]])
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .factories import as_tensor
from .op import constant, general
from .rules import decompositions, norms, solving
from .rules.linalg import matmul
from .rules.shape import moveaxis

__all__ = [
    "LinAlgError", "LstsqResult", "cholesky", "cond", "cross", "det", "diagonal", "eig", "eigh", "eigvals", "eigvalsh",
    "inv", "lstsq", "matmul", "matrix_exp", "matrix_norm", "matrix_power", "matrix_rank", "multi_dot", "norm", "pinv",
    "qr", "slogdet", "solve", "solve_triangular", "svd", "svdvals", "tensorinv", "tensorsolve", "vander", "vecdot",
    "vector_norm",
]  # fmt: skip

LinAlgError = np.linalg.LinAlgError


class LstsqResult(NamedTuple):
    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any


# --- Norms ---


def _axes(dim: Any) -> Any:
    return tuple(dim) if isinstance(dim, list | tuple) else dim


def _cast(x: Any, dtype: Any) -> Any:
    x = as_tensor(x)
    return x if dtype is None else x.astype(dtype)


def norm(A: Any, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The norm of vectors (`dim` one number) or matrices (two); of all elements as one vector, if nothing is said."""
    dim = _axes(dim)
    if isinstance(dim, tuple) and (ord is None or len(dim) == 1):
        return vector_norm(A, 2 if ord is None else ord, dim, keepdim, dtype=dtype)
    return norms.norm(_cast(A, dtype), ord, dim, keepdim)


def vector_norm(x: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """(Σ |x|^ord)^(1/ord) over `dim` (None: over all).

    ord  inf: the largest absolute value; -inf: the smallest; 0: how many are not 0
    """
    return norms.vector_norm(_cast(x, dtype), axis=_axes(dim), keepdims=keepdim, ord=ord)


def matrix_norm(A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The norm of matrices: fro, nuc, 2, -2, 1, -1, inf or -inf."""
    return norms.norm(_cast(A, dtype), ord, _axes(dim), keepdim)


def cond(A: Any, p: Any = None) -> Any:
    """The condition number: the largest over the smallest singular value, or the norm times that of the inverse."""
    return norms.cond(as_tensor(A), p)


def matrix_rank(A: Any, *, atol: Any = None, rtol: Any = None, hermitian: bool = False) -> Any:
    """How many singular values are larger than max(atol, rtol times the largest) (constant: no gradient)."""
    A = as_tensor(A)
    s = np.absolute(eigvalsh(A)) if hermitian else svdvals(A)
    atol, rtol = _tolerances(A, atol, rtol)
    bound = np.maximum(atol, rtol * np.max(s.detach(), axis=-1)) if s.shape[-1] else np.zeros(s.shape[:-1])
    return np.sum(s.detach() > bound[..., None], axis=-1)


def _tolerances(A: Any, atol: Any, rtol: Any) -> tuple[Any, Any]:
    if rtol is None:
        rtol = max(A.shape[-2:]) * float(np.finfo(A.dtype).eps) if atol is None else 0.0
    return 0.0 if atol is None else atol, rtol


# --- Solving ---


def inv(A: Any) -> Any:
    """The inverse."""
    return solving.inv(as_tensor(A))


def pinv(A: Any, *, atol: Any = None, rtol: Any = None, hermitian: bool = False) -> Any:
    """The pseudo-inverse: singular values up to max(atol, rtol times the largest) count as 0."""
    A = as_tensor(A)
    atol, rtol = _tolerances(A, atol, rtol)
    return solving.pinv_of(A, rtol, hermitian, atol)


def solve(A: Any, B: Any, *, left: bool = True) -> Any:
    """X with A X = B, or X A = B for left=False. B is a batch of vectors if it has A's shape but for the last axis."""
    A, B = as_tensor(A), as_tensor(B)
    if B.ndim == 1 or (B.ndim == A.ndim - 1 and B.shape == A.shape[:-1]):
        return solving.solve(A if left else A.mT, B[..., None])[..., 0]
    return solving.solve(A, B) if left else solving.solve(A.mT, B.mT).mT


def solve_triangular(A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    """X with A X = B, or X A = B for left=False; of A one triangle is read, with ones on the diagonal if `unitriangular`.

    >>> solve_triangular(Tensor([[2.0, 7.0], [1.0, 1.0]]), Tensor([[2.0], [3.0]]), upper=False)
    tensor([[1.],
            [2.]])
    """
    A, n = as_tensor(A), np.shape(A)[-1]
    lower = np.tri(n, dtype=bool)
    A = np.where(lower.T if upper else lower, A, 0.0)
    A = np.where(np.eye(n, dtype=bool), 1.0, A) if unitriangular else A
    B = as_tensor(B)
    return solving.solve(A, B) if left else solving.solve(A.mT, B.mT).mT


def lstsq(A: Any, B: Any, rcond: Any = None, *, driver: Any = None) -> LstsqResult:
    """The least squares solution, the sums of squared residuals, the rank and the singular values, in batches.

    `driver`, LAPACK's routine, is accepted and not needed: the one for any rank is always taken.
    """
    A, B = as_tensor(A), as_tensor(B)
    if A.ndim == 2 and B.ndim == 2:
        return LstsqResult(*solving.lstsq(A, B, rcond))
    rcond = max(A.shape[-2:]) * float(np.finfo(A.dtype).eps) if rcond is None else rcond
    vectors = B.ndim == A.ndim - 1
    right = B[..., None] if vectors else B
    x, rank = matmul(solving.pinv(A, rcond), right), matrix_rank(A, rtol=rcond)
    m, n = A.shape[-2:]
    residuals = np.sum((right - matmul(A, x)) ** 2, axis=-2) if m > n else x[..., :0, 0]
    return LstsqResult(x[..., 0] if vectors else x, residuals, rank, svdvals(A))


def det(A: Any) -> Any:
    """The determinant; its gradient is right for singular matrices, too."""
    return solving.det(as_tensor(A))


def slogdet(A: Any) -> Any:
    """The sign and the logarithm of the absolute value of the determinant."""
    return solving.slogdet(as_tensor(A))


def matrix_power(A: Any, n: int) -> Any:
    """A multiplied by itself n times; its inverse for negative n."""
    return solving.matrix_power(as_tensor(A), n)


def multi_dot(tensors: Any) -> Any:
    """The product of several matrices in the cheapest order."""
    return solving.multi_dot([as_tensor(x) for x in tensors])


def tensorinv(A: Any, ind: int = 2) -> Any:
    """The inverse of the map from the last axes of A to its first `ind`."""
    return solving.tensorinv(as_tensor(A), ind)


def tensorsolve(A: Any, B: Any, dims: Any = None) -> Any:
    """X with tensordot(A, X, X.ndim) = B."""
    return solving.tensorsolve(as_tensor(A), as_tensor(B), dims)


# --- Decompositions ---


def cholesky(A: Any, *, upper: bool = False) -> Any:
    """The lower triangular L with A = L L.T of a positive definite matrix, or the upper L.T."""
    A = as_tensor(A)
    decompositions.check_square("cholesky", A)
    factor = decompositions.cholesky_of_symmetric(A)
    return factor.mT if upper else factor


def qr(A: Any, mode: str = "reduced") -> Any:
    """Q with orthonormal columns and the upper triangular R, A = Q R; with mode "r", Q is empty."""
    A = as_tensor(A)
    if mode == "r":
        return decompositions.named(np.linalg.qr)(as_tensor(np.empty(0, A.dtype)), decompositions.qr(A, "r"))
    return decompositions.qr(A, mode)


def svd(A: Any, full_matrices: bool = True) -> Any:
    """The singular value decomposition A = U diag(S) Vh. Not square and with a gradient, write full_matrices=False."""
    return decompositions.svd(as_tensor(A), full_matrices)


def svdvals(A: Any) -> Any:
    """The singular values, the largest first."""
    return decompositions.svdvals(as_tensor(A))


def eigh(A: Any, UPLO: str = "L") -> Any:
    """Eigenvalues in ascending order and eigenvectors of a symmetric matrix."""
    return decompositions.eigh_of_symmetric(_symmetric("eigh", A, UPLO))


def eigvalsh(A: Any, UPLO: str = "L") -> Any:
    """The eigenvalues of a symmetric matrix in ascending order."""
    return decompositions.eigvalsh_of_symmetric(_symmetric("eigvalsh", A, UPLO))


def _symmetric(name: str, A: Any, UPLO: str) -> Any:
    A = as_tensor(A)
    decompositions.check_square(name, A)
    if UPLO.upper() not in ("L", "U"):
        raise ValueError(f"{name}: UPLO must be 'L' or 'U', not {UPLO!r}")
    return A.mT if UPLO.upper() == "U" else A


def eig(A: Any) -> Any:
    """Eigenvalues and eigenvectors of a matrix whose eigenvalues are real (else a TypeError)."""
    return decompositions.eig(as_tensor(A))


def eigvals(A: Any) -> Any:
    """The eigenvalues of a matrix, where they are real (else a TypeError)."""
    return decompositions.eigvals(as_tensor(A))


# --- Products and parts ---


def cross(input: Any, other: Any, *, dim: int = -1) -> Any:
    """The cross product of vectors of three along `dim`."""
    return solving.cross(as_tensor(input), as_tensor(other), axis=dim)


def vecdot(x: Any, y: Any, *, dim: int = -1) -> Any:
    """The sum of products along `dim`."""
    return solving.vecdot(as_tensor(x), as_tensor(y), axis=dim)


def diagonal(A: Any, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """The diagonal over two axes, or the one `offset` places above it, as the last axis."""
    return solving.diagonal(moveaxis(as_tensor(A), (dim1, dim2), (-2, -1)), offset=offset)


def vander(x: Any, *, N: int | None = None) -> Any:
    """The powers 0 to N - 1 (N: the size of x) of each element, along a new last axis."""
    x = as_tensor(x)
    return x[..., None] ** np.arange(x.shape[-1] if N is None else N)


# --- The exponential of a matrix ---

# Coefficients of the numerator of the diagonal Padé approximant of degree 13: exact to double precision up to norm 5.37
# (Higham, "The scaling and squaring method for the matrix exponential revisited", 2005)
PADE = [math.comb(13, k) * math.factorial(26 - k) / math.factorial(26) for k in range(14)]


def _matrix_exp(x: Any) -> Any:
    a = x.astype(np.float64)
    size = np.max(np.sum(np.abs(a), axis=-2), axis=-1, initial=0)
    halvings = np.ceil(np.log2(np.maximum(size / 5.37, 1)))
    halvings = np.where(np.isfinite(halvings), halvings, 0).astype(int)
    a = a / (2.0**halvings)[..., None, None]
    a2 = a @ a
    a4 = a2 @ a2
    a6, eye = a4 @ a2, np.eye(x.shape[-1])

    def every_other(first: int) -> Any:
        """The sum of PADE[k] aᵏ⁻ᶠⁱʳˢᵗ over k = first, first + 2, and so on."""
        b = PADE[first::2]
        return a6 @ (b[6] * a6 + b[5] * a4 + b[4] * a2) + b[3] * a6 + b[2] * a4 + b[1] * a2 + b[0] * eye

    even, odd = every_other(0), a @ every_other(1)
    power = np.linalg.solve(even - odd, even + odd)
    for i in range(int(np.max(halvings, initial=0))):
        power = np.where((i < halvings)[..., None, None], power @ power, power)
    return power.astype(x.dtype)


def _matrix_exp_rule(g: Any, x: Any) -> Any:
    """The exponential of [[A, G], [0, A]] has the derivative at A in the direction G in its upper right corner."""
    n, a, size = x.shape[-1], x.mT, norm_as_power_of_two(g)
    top, bottom = np.concatenate([a, g / size], axis=-1), np.concatenate([np.zeros_like(a), a], axis=-1)
    return matrix_exponential(np.concatenate([top, bottom], axis=-2))[..., :n, n:] * size


def _norm_as_power_of_two(x: Any) -> Any:
    size = np.max(np.sum(np.abs(x), axis=-2, keepdims=True), axis=-1, keepdims=True, initial=0)
    return np.where((size > 0) & np.isfinite(size), np.exp2(np.rint(np.log2(np.where(size > 0, size, 1)))), 1).astype(
        x.dtype
    )


# so that a large cotangent does not cost digits of A
norm_as_power_of_two = constant(_norm_as_power_of_two, name="norm_as_power_of_two")
matrix_exponential: Any = general(_matrix_exp, _matrix_exp_rule, name="matrix_exp")


def matrix_exp(A: Any) -> Any:
    """The exponential of a matrix, Σ Aᵏ / k!."""
    A = as_tensor(A)
    decompositions.check_square("matrix_exp", A)
    return matrix_exponential(A)
