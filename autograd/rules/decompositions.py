"""Decompositions of matrices: eigenvalues, singular values, QR, Cholesky. All of them in batches.

A decomposition is one operation whose result holds all its parts, flattened one after the other along the last axis;
the parts are cut out of it. Eigenvalues and singular values are taken out by an operation of their own, since their
derivative is simple and exact where that of the vectors is not: where two of them are equal.

Sources: Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation" (2008);
Walter and Lehmann, "Algorithmic differentiation of linear algebra functions" (2010).
"""

from __future__ import annotations

import functools
import math
import warnings
from typing import Any

import numpy as np

from .. import modes
from ..op import constant, general, implements, joint, operations

# --- Helpers ---


@functools.cache
def named(function: Any) -> Any:
    """The type of NumPy's results of this function, a tuple whose parts have names."""
    return type(function(np.eye(1)))


def joined(*parts: Any, rank: int) -> Any:
    """Arrays flattened to vectors behind their first `rank` axes, one after the other."""
    return np.concatenate([x.reshape(*x.shape[:rank], math.prod(x.shape[rank:])) for x in parts], axis=-1)


def cut(packed: Any, *shapes: tuple[int, ...]) -> list[Any]:
    """The parts that `joined` put together."""
    parts, start = [], 0
    for shape in shapes:
        stop = start + math.prod(shape)
        parts.append(np.reshape(packed[..., start:stop], (*packed.shape[:-1], *shape)))
        start = stop
    return parts


def check_square(name: str, x: Any) -> None:
    if np.ndim(x) < 2 or x.shape[-1] != x.shape[-2]:
        raise np.linalg.LinAlgError(
            f"{name}: the last two axes must be those of square matrices, not of shape {x.shape}"
        )


def mirrored(x: Any, upper: bool = False) -> Any:
    """The symmetric matrix with the lower (upper) triangle of x, which is all that LAPACK reads of it."""
    lower = np.tri(x.shape[-1], dtype=bool)
    return np.where(lower.T if upper else lower, x, x.mT)


def lower_mirrored(x: Any) -> Any:
    return np.where(np.tri(x.shape[-1], dtype=bool), x, x.mT)


def _tolerance(values: Any) -> Any:
    """How far apart two computed values may be that are equal in exact arithmetic."""
    largest = np.max(np.abs(values), axis=-1, keepdims=True, initial=0)
    return 4 * values.shape[-1] * float(np.finfo(values.dtype).eps) * largest


def _warn(where: str) -> None:
    warnings.warn(
        f"{where}: the vectors that belong to it are not unique and have no gradient there; the undefined term is left "
        "out. The gradient of the values is exact: where only they are needed, use eigvalsh or svdvals",
        RuntimeWarning,
        stacklevel=2,
    )


def _inverse_gaps(values: Any, name: str) -> Any:
    gaps = values[..., None, :] - values[..., :, None]
    equal = np.abs(gaps) <= _tolerance(values)[..., None]
    if np.count_nonzero(equal) > values.size:  # more than each with itself
        _warn(f"{name}: two {'singular values' if name == 'svd' else 'eigenvalues'} are equal")
    return np.where(equal, np.zeros((), values.dtype), 1 / np.where(equal, np.ones((), values.dtype), gaps))


def _inverse_gaps_rule(g: Any, out: Any) -> Any:
    h = g * out * out
    return h.sum(-1) - h.sum(-2)


# 1 / (v_j - v_i), and 0 where the two are equal
inverse_gaps = general(_inverse_gaps, _inverse_gaps_rule, name="inverse_gaps")


def _inverse_values(values: Any) -> Any:
    zero = values <= _tolerance(values)
    if zero.any():
        _warn("svd: a singular value is 0")
    return np.where(zero, np.zeros((), values.dtype), 1 / np.where(zero, np.ones((), values.dtype), values))


inverse_values = general(_inverse_values, lambda g, out: -g * out * out, name="inverse_values")


def _inverse_or_nan(x: Any) -> Any:
    try:
        return np.linalg.inv(x)
    except np.linalg.LinAlgError:
        regular = np.asarray(np.linalg.slogdet(x)[0]) != 0
        inverse = np.full_like(x, math.nan)
        inverse[regular] = np.linalg.inv(x[regular])
        return inverse


# For rules: where there is no inverse, nothing is defined, in that one matrix of the batch
inverse_or_nan = general(_inverse_or_nan, lambda g, out: -(out.mT @ g @ out.mT), name="inverse_or_nan")


# --- Symmetric matrices ---


def _eigh(x: Any) -> Any:
    return joined(*np.linalg.eigh(x), rank=x.ndim - 2)


def _eigenvectors(packed: Any, n: int) -> Any:
    return cut(packed, (n,), (n, n))[1]


def _eigh_rule(g: Any, x: Any, out: Any) -> Any:
    n = x.shape[-1]
    v = _eigenvectors(out, n)
    m = v.mT @ _eigenvectors(g, n)
    return v @ (0.5 * inverse_gaps(_eigh_values(x, out), "eigh") * (m - m.mT)) @ v.mT


def _eigh_values_rule(g: Any, packed: Any) -> list[Any]:
    v = _eigenvectors(packed, g.shape[-1])
    return [(v * g[..., None, :]) @ v.mT, None]


_eigh = general(_eigh, _eigh_rule)  # of the vectors only; the gradient is symmetric
_eigh_values = joint(lambda x, packed: packed[..., : x.shape[-1]], _eigh_values_rule, name="eigh_values")


def _eigvalsh_rule(g: Any, x: Any) -> Any:
    v = _eigenvectors(_eigh(x), x.shape[-1])  # as the gradient of a symmetric matrix, in any order
    return (v * g[..., None, :]) @ v.mT


_eigvalsh = general(lambda x: np.linalg.eigvalsh(x), _eigvalsh_rule, name="eigvalsh")


def symmetric(name: str, x: Any, UPLO: str) -> Any:
    check_square(name, x)
    if not isinstance(UPLO, str) or UPLO.upper() not in ("L", "U"):
        raise ValueError(f"{name}: UPLO must be 'L' or 'U', not {UPLO!r}")
    return mirrored(x, UPLO.upper() == "U")


def eigh_of_symmetric(x: Any) -> Any:
    packed = _eigh(x)
    return named(np.linalg.eigh)(_eigh_values(x, packed), _eigenvectors(packed, x.shape[-1]))


@implements(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues in ascending order and eigenvectors of a symmetric matrix, NumPy's `eigh`.

    Only one triangle is read, and only it gets a gradient. Equal eigenvalues: theirs is exact, that of their vectors
    leaves out what is not defined, with a warning.

    >>> eigh(Tensor([[2.0, 1.0], [1.0, 2.0]])).eigenvalues
    tensor([1., 3.])
    """
    return eigh_of_symmetric(symmetric("eigh", a, UPLO))


@implements(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    """The eigenvalues of a symmetric matrix in ascending order, NumPy's `eigvalsh`. Only one triangle is read."""
    return _eigvalsh(symmetric("eigvalsh", a, UPLO))


eigvalsh_of_symmetric = _eigvalsh


# --- Square matrices with real eigenvalues ---


def _eig(x: Any) -> Any:
    w, v = np.linalg.eig(x)
    if w.dtype.kind == "c":
        raise TypeError(
            "the matrix has complex eigenvalues, and complex Tensors are not supported; "
            "use .numpy() or .detach() for the values, and eigh for symmetric matrices"
        )
    return joined(w, v, rank=x.ndim - 2)


def _eig_rule(g: Any, x: Any, out: Any) -> Any:
    n = x.shape[-1]
    v = _eigenvectors(out, n)
    m = v.mT @ _eigenvectors(g, n)
    length = np.sum(m * np.eye(n, dtype=m.dtype), axis=-2, keepdims=True)  # the vectors keep their length
    inner = inverse_gaps(_eig_values(x, out), "eig") * (m - (v.mT @ v) * length)
    return inverse_or_nan(v).mT @ inner @ v.mT


def _eig_values_rule(g: Any, packed: Any) -> list[Any]:
    v = _eigenvectors(packed, g.shape[-1])
    return [(inverse_or_nan(v).mT * g[..., None, :]) @ v.mT, None]


_eig = general(_eig, _eig_rule)
_eig_values = joint(lambda x, packed: packed[..., : x.shape[-1]], _eig_values_rule, name="eig_values")


@implements(np.linalg.eig)
def eig(a: Any) -> Any:
    """Eigenvalues and eigenvectors of a matrix whose eigenvalues are real (else a TypeError), NumPy's `eig`."""
    packed = _eig(a)
    return named(np.linalg.eig)(_eig_values(a, packed), _eigenvectors(packed, a.shape[-1]))


@implements(np.linalg.eigvals)
def eigvals(a: Any) -> Any:
    """The eigenvalues of a matrix, where they are real (else a TypeError), NumPy's `eigvals`."""
    return _eig_values(a, _eig(a))


# --- Singular values ---


def _svd(x: Any) -> Any:
    return joined(*np.linalg.svd(x, full_matrices=False), rank=x.ndim - 2)


def _svd_parts(packed: Any, x_shape: tuple[int, ...]) -> list[Any]:
    m, n = x_shape[-2:]
    k = m if m < n else n
    return cut(packed, (m, k), (k,), (k, n))


def _svd_rule(g: Any, x: Any, out: Any) -> Any:
    (m, n), shape = x.shape[-2:], x.shape
    u, _, vt = _svd_parts(out, shape)
    gu, _, gvt = _svd_parts(g, shape)
    s = _svd_values(x, out)
    sums = s[..., None, :] + s[..., :, None]
    f = inverse_gaps(s, "svd") / np.where(sums == 0, 1.0, sums)  # 1 / (s_j² - s_i²)
    a, b = u.mT @ gu, vt @ gvt.mT
    share = u @ (f * (a - a.mT) * s[..., None, :] + s[..., :, None] * f * (b - b.mT)) @ vt
    if m > n:
        share = share + ((gu - u @ a) * inverse_values(s)[..., None, :]) @ vt
    elif n > m:
        share = share + u @ (inverse_values(s)[..., :, None] * (gvt - b.mT @ vt))
    return share


def _svd_values_rule(g: Any, x_shape: Any, packed: Any) -> list[Any]:
    u, s, vt = _svd_parts(packed, x_shape)
    return [_of_singular_values(g, u, s, vt), None]


def _of_singular_values(g: Any, u: Any, s: Any, vt: Any) -> Any:
    # where a singular value is 0 it has a kink, like |x|
    return (u * np.where(s == 0, 0.0, g)[..., None, :]) @ vt


def _svdvals_rule(g: Any, x: Any) -> Any:
    return _of_singular_values(g, *np.linalg.svd(x, full_matrices=False))


_svd = general(_svd, _svd_rule)  # of the vectors only
_svd_values = joint(lambda x, packed: _svd_parts(packed, x.shape)[1], _svd_values_rule, name="svd_values")
_svdvals = general(lambda x: np.linalg.svd(x, compute_uv=False), _svdvals_rule, name="svdvals")


def _svd_full_rule(g: Any, x_shape: Any) -> Any:
    raise ValueError(
        f"svd: of a matrix that is not square, {x_shape}, the full matrices are not unique and have no derivative; write "
        "np.linalg.svd(a, full_matrices=False)"
    )


_svd_full = general(lambda x: joined(*np.linalg.svd(x), rank=x.ndim - 2), _svd_full_rule, name="svd_full")


def needs_gradient(x: Any) -> bool:
    return bool(getattr(x, "requires_grad", False)) and modes.is_grad_enabled()


@implements(np.linalg.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """The singular value decomposition a = (U * S) @ Vh, NumPy's `svd`.

    The columns that `full_matrices` adds to U or Vh are arbitrary and have no derivative: where the gradient of these matrices is
    needed, and a is not square, ValueError in the backward pass; write `full_matrices=False`.
    """
    if hermitian:
        return _svd_hermitian(a, compute_uv)
    if not compute_uv:
        return _svdvals(a)
    if full_matrices and np.ndim(a) >= 2 and a.shape[-1] != a.shape[-2]:
        m, n = a.shape[-2:]
        u, s, vt = cut(_svd_full(a), (m, m), (m if m < n else n,), (n, n))
        return named(np.linalg.svd)(u, _svdvals(a) if needs_gradient(a) else s, vt)
    packed = _svd(a)
    u, _, vt = _svd_parts(packed, a.shape)
    return named(np.linalg.svd)(u, _svd_values(a, packed), vt)


_falling = constant(lambda x: np.argsort(np.abs(x), axis=-1)[..., ::-1], name="falling_order")


def _taken(x: Any, order: Any) -> Any:
    """x with its last axis in the order of these indices, one list for each vector."""
    rank = x.ndim
    grid = [np.arange(n).reshape([-1 if j == i else 1 for j in range(rank)]) for i, n in enumerate(x.shape[:-1])]
    return x[(*grid, order)]


def _svd_hermitian(a: Any, compute_uv: bool) -> Any:
    if not compute_uv:
        w = eigvalsh(a)
        return np.abs(_taken(w, _falling(w)))
    w, v = eigh(a)
    order = _falling(w)
    w, v = _taken(w, order), _taken(v, np.broadcast_to(order[..., None, :], v.shape))
    return named(np.linalg.svd)(v, np.abs(w), np.swapaxes(v * np.copysign(1.0, w)[..., None, :], -1, -2))


svdvals = _svdvals
if hasattr(np.linalg, "svdvals"):
    implements(np.linalg.svdvals)(svdvals)


# The engine would not ask a rule for the share of a cotangent that is 0. But log(A) = V log(w) Vᵀ at A = 1 sends V just
# such a cotangent, although its derivative there is not 0: equal eigenvalues must warn then, too.
for name in ("eigh", "eig", "svd"):
    operations[name].multiplies = False


# --- QR ---


def _qr(x: Any) -> Any:
    return joined(*np.linalg.qr(x), rank=x.ndim - 2)


def _qr_parts(packed: Any, x_shape: tuple[int, ...]) -> list[Any]:
    m, n = x_shape[-2:]
    k = m if m < n else n
    return cut(packed, (m, k), (k, n))


def _qr_share(gq: Any, gr: Any, q: Any, r: Any) -> Any:
    """Of a matrix with no more columns than rows."""
    upper = np.tri(r.shape[-1], dtype=bool).T
    m = r @ np.where(upper, gr, 0.0).mT - gq.mT @ q
    return (gq + q @ lower_mirrored(m)) @ inverse_or_nan(r).mT


def _qr_rule(g: Any, x_shape: Any, out: Any) -> Any:
    m, n = x_shape[-2:]
    q, r = _qr_parts(out, x_shape)
    gq, gr = _qr_parts(g, x_shape)
    if n <= m:
        return _qr_share(gq, gr, q, r)
    # the first m columns alone decide on Q; R's other columns are Q.T @ the others
    more = gr[..., m:]
    gq = gq + (q @ r[..., m:]) @ more.mT
    return np.concatenate([_qr_share(gq, gr[..., :m], q, r[..., :m]), q @ more], axis=-1)


_qr = general(_qr, _qr_rule)


def _qr_complete_rule(g: Any, x_shape: Any) -> Any:
    raise ValueError(
        f"qr: of a matrix with more rows than columns, {x_shape}, the complete Q is not unique and has no derivative; write "
        "np.linalg.qr(a)"
    )


_qr_complete = general(
    lambda x: joined(*np.linalg.qr(x, "complete"), rank=x.ndim - 2), _qr_complete_rule, name="qr_complete"
)


@implements(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    """Q with orthonormal columns and the upper triangular R, a = Q @ R, NumPy's `qr`.

    mode  reduced; r (R alone); complete, where Q has more columns than a has, and no derivative
    """
    if mode == "raw":
        raise TypeError("qr: mode 'raw' returns LAPACK's reflectors, which have no derivative here; use 'reduced'")
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"qr: mode must be reduced, complete or r, not {mode!r}")
    if mode == "complete" and np.ndim(a) >= 2 and a.shape[-2] > a.shape[-1]:
        m, n = a.shape[-2:]
        q, r = cut(_qr_complete(a), (m, m), (m, n))
        if needs_gradient(a):
            r = np.concatenate([qr(a, "r"), np.zeros((*a.shape[:-2], m - n, n), a.dtype)], axis=-2)
        return named(np.linalg.qr)(q, r)
    q, r = _qr_parts(_qr(a), a.shape)
    return r if mode == "r" else named(np.linalg.qr)(q, r)


# --- Cholesky ---


def _cholesky_rule(g: Any, out: Any) -> Any:
    lower = np.tri(out.shape[-1], dtype=bool)
    s = lower_mirrored(out.mT @ np.where(lower, g, 0.0))
    inverse = np.linalg.inv(out)
    return 0.5 * (inverse.mT @ s @ inverse)


cholesky_of_symmetric = general(lambda x: np.linalg.cholesky(x), _cholesky_rule, name="cholesky")


@implements(np.linalg.cholesky)
def cholesky(a: Any, *, upper: bool = False) -> Any:
    """The lower triangular L with a = L @ L.T of a positive definite matrix, or the upper L.T, NumPy's `cholesky`.

    Only this triangle is read, and only it gets a gradient.
    """
    check_square("cholesky", a)
    factor = cholesky_of_symmetric(mirrored(a, upper))
    return np.swapaxes(factor, -1, -2) if upper else factor
