"""Inverses, linear equations, least squares, determinants and powers of matrices. All of them in batches."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from .. import modes
from ..op import general, implements, joint
from . import arranging
from .decompositions import check_square, cut, inverse_or_nan, joined, mirrored, named
from .linalg import dot, matmul, tensordot

# --- Inverses ---

_inv = general(lambda x: np.linalg.inv(x), lambda g, out: -(out.mT @ g @ out.mT), name="inv")


@implements(np.linalg.inv)
def inv(a: Any) -> Any:
    """The inverse of each matrix, NumPy's `inv`."""
    return _inv(a)


def _pinv(x: Any, rcond: Any, hermitian: bool, atol: Any) -> Any:
    if atol is not None:
        s = np.linalg.svd(x, compute_uv=False)
        largest = np.max(s, axis=-1, initial=0)
        rcond = np.maximum(rcond, np.asarray(atol) / np.where(largest == 0, 1, largest))
    return np.linalg.pinv(x, rcond, hermitian)


def _pinv_rule(g: Any, x: Any, out: Any) -> Any:
    """Of Golub and Pereyra (1973), for a rank that stays the same."""
    pt, gt = out.mT, g.mT
    left = gt @ out @ pt
    right = pt @ out @ gt
    return left - x @ (out @ left) + right - (right @ out) @ x - pt @ g @ pt


pinv_of: Any = general(_pinv, _pinv_rule, name="pinv")
_MISSING = object()


@implements(np.linalg.pinv)
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = _MISSING) -> Any:
    """The pseudo-inverse, NumPy's `pinv`: singular values up to `rcond` times the largest count as 0.

    The derivative is the one at constant rank; elsewhere there is none.
    """
    if rcond is not None and rtol is not _MISSING:
        raise ValueError("pinv: `rtol` and `rcond` can't be both set")
    if rcond is None:
        rcond = 1e-15 if rtol is _MISSING else rtol
    if hermitian or a.ndim < 2:
        check_square("pinv", a)
    if rcond is None:
        rcond = max(a.shape[-2:]) * float(np.finfo(a.dtype).eps)
    return pinv_of(mirrored(a) if hermitian else a, rcond, bool(hermitian), None)


@implements(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    """The inverse of the map from the last axes of a to its first `ind`, NumPy's `tensorinv`."""
    if not a.ndim:
        raise TypeError("tensorinv: a number has no axes")
    if ind <= 0:
        raise ValueError(f"tensorinv: ind must be positive, not {ind}")
    shape = (*a.shape[ind:], *a.shape[:ind])
    return np.reshape(inv(np.reshape(a, (math.prod(a.shape[ind:]), -1))), shape)


# --- Linear equations ---


def _solve(a: Any, b: Any) -> Any:
    return np.linalg.solve(a, b)


def _solve_rule(g: Any, a: Any, out: Any, needs: Any) -> list[Any]:
    gb = np.linalg.solve(a.mT, g)
    return [-(gb @ out.mT) if needs[0] else None, gb]


_solve = joint(_solve, _solve_rule)


@implements(np.linalg.solve)
def solve(a: Any, b: Any) -> Any:
    """x with a @ x = b, NumPy's `solve`: b is one vector if it has one axis, else a stack of matrices.

    >>> solve(Tensor([[2.0, 0.0], [0.0, 4.0]]), Tensor([2.0, 2.0]))
    tensor([1. , 0.5])
    """
    if np.ndim(b) == 1:
        return _solve(a, np.reshape(b, (-1, 1)))[..., 0]
    return _solve(a, b)


@implements(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """x with tensordot(a, x, x.ndim) = b, NumPy's `tensorsolve`."""
    rank, kept = np.ndim(a), np.ndim(b)
    if axes is not None:
        order = list(range(rank))
        for k in axes:
            order.remove(k)
            order.insert(rank, k)
        a = np.transpose(a, order)
    shape = np.shape(a)[-(rank - kept) :] if rank > kept else ()
    n = math.prod(shape)
    if math.prod(np.shape(a)) != n * n:
        raise np.linalg.LinAlgError(
            f"tensorsolve: shape {np.shape(a)} with b of {kept} axes is not square: prod(a.shape[b.ndim:]) must be "
            "prod(a.shape[:b.ndim])"
        )
    return np.reshape(solve(np.reshape(a, (n, n)), np.reshape(b, -1)), shape)


# --- Least squares ---


def _lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    x, _, rank, s = np.linalg.lstsq(a, b, rcond)
    return joined(x, s, np.array([rank], x.dtype), rank=0)


def _lstsq_rule(g: Any, a: Any, b: Any, out: Any, rcond: Any, needs: Any) -> list[Any]:
    """The solution is pinv(a) @ b, so the rule is that of pinv, multiplied out."""
    shape = (a.shape[1], b.shape[1])
    x, gx = (cut(packed[: math.prod(shape)], shape)[0] for packed in (out, g))
    p = np.linalg.pinv(a, max(a.shape) * float(np.finfo(out.dtype).eps) if rcond is None else rcond)
    gb = p.T @ gx
    if not needs[0]:
        return [None, gb]
    return [(b - a @ x) @ (p @ gb).T + (p.T @ x) @ (gx - a.T @ gb).T - gb @ x.T, gb]


def _lstsq_values_rule(g: Any, a: Any, packed: Any) -> list[Any]:
    u, _, vt = np.linalg.svd(a, full_matrices=False)
    return [(u * g) @ vt, None]


_lstsq = joint(_lstsq, _lstsq_rule)
_lstsq_values = joint(
    lambda a, packed: packed[-1 - min(a.shape) : -1], _lstsq_values_rule, name="lstsq_values"
)  # the singular values


@implements(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> tuple[Any, Any, Any, Any]:
    """The solution of least squares, the sums of squared residuals, the rank and the singular values, NumPy's `lstsq`.

    The residuals are empty where a has not full rank, or not more rows than columns. (In a trace the rank is not known
    and taken to be full.)
    """
    if rcond is not None:
        rcond = float(rcond)
    if np.ndim(a) != 2 or np.ndim(b) not in (1, 2):
        raise np.linalg.LinAlgError(
            f"lstsq: shapes {np.shape(a)} and {np.shape(b)} must be those of a matrix, and of a vector or a matrix"
        )
    m, n = np.shape(a)
    right = np.reshape(b, (-1, 1)) if np.ndim(b) == 1 else b
    packed = _lstsq(a, right, rcond)
    shape = (n, np.shape(right)[1])
    x = np.reshape(packed[: math.prod(shape)], shape)
    rank = packed[-1].astype(np.int32)
    full = m > n and (modes.tracing() or int(rank.detach()) == n)
    residuals = np.sum((right - a @ x) ** 2, axis=0) if full else packed[:0]
    return x[:, 0] if np.ndim(b) == 1 else x, residuals, rank, _lstsq_values(a, packed)


# --- Determinants ---


def _cofactors(x: Any) -> Any:
    """The transposed adjugate: det(x) inv(x).T, and what that tends to where x is singular."""
    d = np.asarray(np.linalg.det(x))
    regular = (d != 0) & np.isfinite(d)
    if regular.all():
        return d[..., None, None] * np.linalg.inv(x).mT
    singular = ~regular & np.isfinite(x).all((-2, -1))
    found = np.full_like(x, math.nan)
    found[regular] = d[regular][:, None, None] * np.linalg.inv(x[regular]).mT
    u, s, vt = np.linalg.svd(x[singular], full_matrices=False)
    sign = np.sign(np.linalg.det(u) * np.linalg.det(vt))[:, None, None]
    found[singular] = sign * ((u * (_before(s) * _after(s))[:, None, :]) @ vt)
    return found


def _before(s: Any) -> Any:
    """For each element along the last axis, the product of those before it."""
    first = np.ones_like(s[..., :1])
    return np.concatenate([first, np.cumprod(s, axis=-1)[..., :-1]], axis=-1)


def _after(s: Any) -> Any:
    return np.flip(_before(np.flip(s, -1)), -1)


def _pairs(s: Any) -> Any:
    """The product of all elements but the i-th and the j-th; 0 for i = j."""
    n = s.shape[-1]
    above = ~np.tri(n, dtype=bool)
    between = _before(np.where(above, s[..., None, :], 1.0))
    half = np.where(above, _before(s)[..., :, None] * between * _after(s)[..., None, :], 0.0)
    return half + half.mT


def _cofactors_rule(g: Any, x: Any) -> Any:
    """In the singular vectors' bases x is diagonal, and its cofactors' derivative is made of products: no division."""
    n = x.shape[-1]
    u, s, vt = np.linalg.svd(x, full_matrices=False)
    sign = np.sign(np.linalg.det(u) * np.linalg.det(vt))[..., None, None]
    h, p, eye = u.mT @ g @ vt.mT, _pairs(s), np.eye(n, dtype=x.dtype)
    diagonal = np.sum(p * np.sum(h * eye, axis=-2, keepdims=True), axis=-1, keepdims=True) * eye
    return sign * (u @ (diagonal - p * h.mT) @ vt)


cofactors = general(_cofactors, _cofactors_rule, name="cofactors")
_det = general(lambda x: np.linalg.det(x), lambda g, x: g[..., None, None] * cofactors(x), name="det")
_logdet = general(
    lambda x: np.stack(np.linalg.slogdet(x), axis=-1),
    lambda g, x: g[..., 1, None, None] * inverse_or_nan(x).mT,
    name="slogdet",
)


@implements(np.linalg.det)
def det(a: Any) -> Any:
    """The determinant, NumPy's `det`. Its gradient is the cofactors, for singular matrices too.

    >>> a = Tensor([[1.0, 2.0], [2.0, 4.0]], requires_grad=True)
    >>> det(a).backward()
    >>> a.grad
    tensor([[ 4., -2.],
            [-2.,  1.]])
    """
    return _det(a)


@implements(np.linalg.slogdet)
def slogdet(a: Any) -> Any:
    """The sign and the logarithm of the absolute value of the determinant, NumPy's `slogdet`."""
    both = _logdet(a)
    return named(np.linalg.slogdet)(np.sign(both[..., 0]), both[..., 1])


# --- Powers and chains of products ---


@implements(np.linalg.matrix_power)
def matrix_power(a: Any, n: Any) -> Any:
    """a @ a @ ... n times; of the inverse for negative n, NumPy's `matrix_power`."""
    check_square("matrix_power", a)
    try:
        n = operator.index(n)
    except TypeError:
        raise TypeError(f"matrix_power: the exponent must be an integer, not {n!r}") from None
    if n == 0:
        return np.where(np.eye(a.shape[-1], dtype=bool), np.ones_like(a), np.zeros_like(a))
    if n < 0:
        a, n = inv(a), -n
    if n == 1:
        return +a
    if n == 3:
        return matmul(matmul(a, a), a)
    power = None
    while n:
        if n % 2:
            power = a if power is None else matmul(power, a)
        n //= 2
        a = matmul(a, a) if n else a
    return power


def _order(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Where to cut the product of matrices i to j (of sizes[i] × sizes[i + 1] and so on) to multiply the least."""
    count = len(sizes) - 1
    cost = {(i, i): 0 for i in range(count)}
    cuts = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            costs = [cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1] for k in range(i, j)]
            cost[i, j] = min(costs)
            cuts[i, j] = i + costs.index(cost[i, j])
    return cuts


@implements(np.linalg.multi_dot)
def multi_dot(arrays: Any) -> Any:
    """The product of several matrices, in the order that takes the fewest multiplications, NumPy's `multi_dot`."""
    xs = list(arrays)
    if len(xs) < 2:
        raise ValueError(f"multi_dot: at least two arrays are needed, not {len(xs)}")
    if len(xs) == 2:
        return dot(*xs)
    first, last = np.ndim(xs[0]) == 1, np.ndim(xs[-1]) == 1
    if first:
        xs[0] = np.reshape(xs[0], (1, -1))
    if last:
        xs[-1] = np.reshape(xs[-1], (-1, 1))
    for x in xs:
        if np.ndim(x) != 2:
            raise np.linalg.LinAlgError(
                f"multi_dot: shape {np.shape(x)} is not that of a matrix; only the first and the last may be vectors"
            )
    cuts = _order([np.shape(xs[0])[0], *(np.shape(x)[1] for x in xs)])
    done: list[Any] = []
    todo: list[tuple[int, int, bool]] = [(0, len(xs) - 1, False)]
    while todo:
        i, j, ready = todo.pop()
        if i == j:
            done.append(xs[i])
        elif ready:
            right, left = done.pop(), done.pop()
            done.append(matmul(left, right))
        else:
            todo += [(i, j, True), (cuts[i, j] + 1, j, False), (i, cuts[i, j], False)]
    product = done.pop()
    if first or last:
        shape = np.shape(product)
        return np.reshape(product, (() if first else shape[:1]) + (() if last else shape[1:]))
    return product


# --- The array API's names for products and parts of matrices ---


def diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """The diagonal of each matrix, or the one `offset` places above it, NumPy's `linalg.diagonal`."""
    if np.ndim(x) < 2:
        raise ValueError(f"diagonal: shape {x.shape} must have at least two axes")
    return arranging.diagonal(x, offset, -2, -1)


def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """The sum of a diagonal of each matrix, NumPy's `linalg.trace`."""
    return np.sum(diagonal(x, offset=offset), axis=-1, dtype=dtype)


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """The cross product of vectors of three along `axis`, NumPy's `linalg.cross`."""
    if np.shape(x1)[axis] != 3 or np.shape(x2)[axis] != 3:
        raise ValueError(
            f"cross: shapes {np.shape(x1)} and {np.shape(x2)} must have size 3 along axis {axis}: both are vectors of three"
        )
    return arranging.cross(x1, x2, axis=axis)


def outer(x1: Any, x2: Any, /) -> Any:
    """All products of the elements of two vectors, NumPy's `linalg.outer`."""
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        raise ValueError(f"outer: shapes {np.shape(x1)} and {np.shape(x2)} must have one axis each")
    return np.multiply(np.reshape(x1, (-1, 1)), x2)


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """The sum of products along `axis`, NumPy's `linalg.vecdot`."""
    for x in (x1, x2):
        normalize_axis_index(axis, np.ndim(x), "vecdot")
    if np.shape(x1)[axis] != np.shape(x2)[axis]:
        raise ValueError(f"vecdot: shapes {np.shape(x1)} and {np.shape(x2)} must have the same size along axis {axis}")
    return arranging.vecdot(np.moveaxis(x1, axis, -1), np.moveaxis(x2, axis, -1))


for twin in (diagonal, trace, cross, outer, vecdot):
    implements(getattr(np.linalg, twin.__name__))(twin)
implements(np.linalg.matmul)(lambda x1, x2: matmul(x1, x2))
implements(np.linalg.tensordot)(lambda x1, x2, axes=2: tensordot(x1, x2, axes))
implements(np.linalg.matrix_transpose)(lambda x: np.swapaxes(x, -1, -2))
