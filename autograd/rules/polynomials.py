"""Polynomials by their coefficients, the highest power first: NumPy's functions `poly...` and `roots`."""

from __future__ import annotations

import operator
import warnings
from typing import Any

import numpy as np

from .. import modes
from ..op import constant, general, implements, joint
from .indexing import getitem
from .operands import index_of, same, settled, tensor_of
from .statistics import convolve

# --- Powers, values ---


@implements(np.vander)
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """The matrix of the powers of a vector's elements, a column for each power, NumPy's `vander`.

    >>> vander(Tensor([2.0, 3.0]), 3, increasing=True)
    tensor([[1., 2., 4.],
            [1., 3., 9.]], dtype=float64)
    """
    x = tensor_of(x)
    if x.ndim != 1:
        raise ValueError(f"vander: x must be a vector, and has shape {x.shape}")
    n = x.shape[0] if N is None else operator.index(N)
    if n < 0:
        raise ValueError(f"vander: negative dimensions are not allowed, and N is {n}")
    dtype = np.promote_types(x.dtype, int)
    powers = np.cumprod(np.broadcast_to(np.reshape(np.astype(x, dtype), (-1, 1)), (x.shape[0], max(n - 1, 0))), axis=1)
    if n:
        powers = np.concatenate([np.ones((x.shape[0], 1), dtype), powers], axis=1)
    return powers if increasing else np.flip(powers, 1)


def _numbers(n: int, p: Any) -> Any:
    """n, n - 1, ..., 1 in the dtype of p."""
    return np.arange(n, 0, -1).astype(p.dtype)


def _polyval_rule_of_x(g: Any, p: Any, x: Any) -> Any:
    return g * np.polyval(p[:-1] * _numbers(p.shape[0] - 1, p), x) if p.shape[0] > 1 else g * 0.0


_polyval = general(
    lambda p, x: np.polyval(p, x),
    lambda g, x, p_shape: np.matmul(np.reshape(g, -1), np.vander(np.reshape(x, -1), p_shape[0])),
    _polyval_rule_of_x,
    name="polyval",
)


def _coefficients(function: str, p: Any) -> Any:
    """Coefficients as a Tensor of one axis."""
    p = tensor_of(p.coeffs if isinstance(p, np.poly1d) else p)
    p = p if p.ndim else np.reshape(p, 1)
    if p.ndim > 1:
        raise ValueError(f"{function}: coefficients must be a vector, and have shape {p.shape}")
    return p


def _several(function: str, p: Any) -> Any:
    """Coefficients, of which one alone is a vector, too."""
    if not isinstance(p, np.poly1d) and not np.ndim(p):
        raise TypeError(f"{function}: coefficients must be a vector, not a number")
    return _coefficients(function, p)


@implements(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    """The polynomial with the coefficients p at x, NumPy's `polyval`; differentiable in both.

    >>> polyval(Tensor([1.0, 0.0, -1.0]), Tensor([2.0, 3.0]))
    tensor([3., 8.])
    """
    return _polyval(_several("polyval", p), tensor_of(x))


# --- Arithmetic ---


def _with_zeros(p: Any, n: int) -> Any:
    return np.concatenate([np.zeros(n, p.dtype), p]) if n > 0 else p


def _of_one_length(function: str, a: Any, b: Any) -> tuple[Any, Any]:
    a, b = _coefficients(function, a), _coefficients(function, b)
    return _with_zeros(a, b.shape[0] - a.shape[0]), _with_zeros(b, a.shape[0] - b.shape[0])


@implements(np.polyadd)
def polyadd(a1: Any, a2: Any) -> Any:
    """The coefficients of the sum of two polynomials, NumPy's `polyadd`."""
    return np.add(*_of_one_length("polyadd", a1, a2))


@implements(np.polysub)
def polysub(a1: Any, a2: Any) -> Any:
    """The coefficients of the difference of two polynomials, NumPy's `polysub`."""
    return np.subtract(*_of_one_length("polysub", a1, a2))


def _trimmed(p: Any) -> Any:
    """p without leading zeros, but not empty."""
    p = np.trim_zeros(p, "f")
    return p if p.shape[0] else tensor_of(np.zeros(1, p.dtype))


@implements(np.polymul)
def polymul(a1: Any, a2: Any) -> Any:
    """The coefficients of the product of two polynomials, NumPy's `polymul`.

    >>> polymul(Tensor([1.0, 1.0]), [1.0, -1.0])
    tensor([ 1.,  0., -1.], dtype=float64)
    """
    return convolve(_trimmed(_coefficients("polymul", a1)), _trimmed(_coefficients("polymul", a2)))


def _quotient(a: Any, v: Any) -> Any:
    """The first coefficients of a / v: x with convolve(x, v) beginning with a."""
    q = np.polydiv(np.concatenate([a, np.zeros(v.shape[0] - 1, a.dtype)]), v)[0]
    return np.asarray(q)


def _quotient_rule(g: Any, v: Any, out: Any, v_shape: Any, needs: Any) -> list[Any]:
    """a is a triangular matrix of v's coefficients times x; its transpose is the same, turned round."""
    ga = np.flip(quotient(np.flip(g), v))
    if not needs[1]:
        return [ga, None]
    gv = -np.convolve(np.flip(out), ga)[out.shape[0] - 1 :][: v_shape[0]]
    return [ga, np.concatenate([gv, np.zeros(v_shape[0] - gv.shape[0], gv.dtype)])]


quotient: Any = joint(_quotient, _quotient_rule, name="quotient")


def _remainder(u: Any, q: Any, v: Any) -> Any:
    r = u.copy()
    for k in range(len(q)):  # as NumPy does: what remains of the first coefficients is 0, or as near as there
        r[k : k + len(v)] -= q[k] * v
    return r


_remainder = general(
    _remainder,
    lambda g: g,
    lambda g, v: -np.correlate(g, v),
    lambda g, q: -np.correlate(g, q),
    name="remainder_of_polynomials",
)


def _leading(r: Any) -> Any:
    """The places of r after leading coefficients that NumPy takes for 0."""
    some = np.flatnonzero(~np.isclose(r[:-1], 0, rtol=1e-14))
    return np.arange(some[0] if some.size else len(r) - 1, len(r))


_leading = constant(_leading, name="leading_places")


@implements(np.polydiv)
def polydiv(u: Any, v: Any) -> tuple[Any, Any]:
    """The coefficients of the quotient and the remainder of two polynomials, NumPy's `polydiv`."""
    u, v = _coefficients("polydiv", u) + 0.0, _coefficients("polydiv", v) + 0.0
    dtype = np.result_type(u.dtype, v.dtype)
    u, v = np.astype(u, dtype), np.astype(v, dtype)
    length = u.shape[0] - v.shape[0] + 1
    if length < 1:
        q, r = tensor_of(np.zeros(1, dtype)), u
    else:
        q = quotient(u[:length], v)
        r = _remainder(u, q, v)
    places = settled(_leading(r), "polydiv: the remainder")
    return q, getitem(r, index_of(places))


# --- Derivatives, integrals ---


def _order(function: str, m: Any) -> int:
    m = int(m)
    if m < 0:
        raise ValueError(f"{function}: the order must be positive, and m is {m}")
    return m


@implements(np.polyder)
def polyder(p: Any, m: int = 1) -> Any:
    """The coefficients of the m-th derivative of a polynomial, NumPy's `polyder`."""
    m, p = _order("polyder", m), _several("polyder", p)
    p = p if m else same(p)
    for _ in range(m):
        p = p[:-1] * np.arange(p.shape[0] - 1, 0, -1)
    return p


@implements(np.polyint)
def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    """The coefficients of an m-th antiderivative of a polynomial; k are the constants added, NumPy's `polyint`."""
    m, p = _order("polyint", m), _several("polyint", p)
    k = np.atleast_1d(tensor_of(np.zeros(m) if k is None else k))
    if k.shape[0] == 1 and m > 1:
        k = k[0] * np.ones(m)
    if k.shape[0] < m:
        raise ValueError(f"polyint: k must be a number or {m} numbers, and has {k.shape[0]}")
    p = p if m else same(p)
    for i in range(m):
        p = np.concatenate([p / np.arange(p.shape[0], 0, -1), k[i : i + 1]])
    return p


# --- Roots ---


def _characteristic_rule(g: Any, x: Any, out: Any) -> Any:
    """The derivative of the k-th coefficient is minus the transposed matrix B_(k-1) of Faddeev and LeVerrier."""
    n = x.shape[0]
    eye = np.eye(n, dtype=x.dtype)
    b, share = eye, -g[1] * eye
    for k in range(1, n):
        b = np.matmul(x, b) + out[k] * eye
        share = share - g[k + 1] * b.T
    return share


_characteristic = general(lambda x: np.poly(x), _characteristic_rule, name="characteristic_polynomial")


@implements(np.poly)
def poly(seq_of_zeros: Any) -> Any:
    """The coefficients of the polynomial with these roots, or of a matrix's characteristic polynomial, NumPy's `poly`.

    >>> poly(Tensor([1.0, -1.0]))
    tensor([ 1.,  0., -1.])
    """
    z = np.atleast_1d(tensor_of(seq_of_zeros))
    if z.ndim == 2 and z.shape[0] == z.shape[1] and z.shape[0]:
        return _characteristic(z)
    if z.ndim != 1:
        raise ValueError(f"poly: shape {z.shape} must be that of a vector or a square matrix, and not empty")
    z = z if z.dtype.kind == "f" else np.astype(z, np.float64)
    p = tensor_of(np.ones(1, z.dtype))
    for i in range(z.shape[0]):
        p = convolve(p, np.concatenate([np.ones(1, z.dtype), -z[i : i + 1]]))
    return p


def _roots(p: Any) -> Any:
    found = np.roots(p)
    if found.dtype.kind == "c":
        raise TypeError("some roots are complex, and complex Tensors are not supported; use p.numpy() for their values")
    return found


def _roots_rule(g: Any, p: Any, out: Any, p_shape: Any) -> Any:
    """At a root z, dz/dp_k is -z^(n - k) divided by the slope of the polynomial there."""
    return -np.matmul(g / np.polyval(np.polyder(p), out), np.vander(out, p_shape[0]))


_roots = general(_roots, _roots_rule, name="roots")


@implements(np.roots)
def roots(p: Any) -> Any:
    """The roots of a polynomial whose roots are all real, NumPy's `roots`; a TypeError if some are complex."""
    return settled(_roots(_coefficients("roots", p)), "roots: the result")


# --- Least squares ---


def _vector(name: str, x: Any) -> Any:
    x = tensor_of(x) + 0.0
    if x.ndim != 1:
        raise TypeError(f"polyfit: {name} must be a vector, and has shape {x.shape}")
    return x


@implements(np.polyfit)
def polyfit(
    x: Any, y: Any, deg: int, rcond: float | None = None, full: bool = False, w: Any = None, cov: Any = False
) -> Any:
    """The coefficients of the polynomial of degree `deg` that fits best by least squares, NumPy's `polyfit`.

    Differentiable in x, y and the weights w. (In a trace the points are taken to determine the polynomial.)

    >>> polyfit(Tensor([0.0, 1.0, 2.0]), Tensor([1.0, 3.0, 5.0]), 1)
    tensor([2., 1.], dtype=float64)
    """
    order = int(deg) + 1
    if order < 1:
        raise ValueError(f"polyfit: the degree must not be negative, and is {deg}")
    x, y = _vector("x", x), tensor_of(y) + 0.0
    if not x.shape[0]:
        raise TypeError("polyfit: x must not be empty")
    if y.ndim not in (1, 2):
        raise TypeError(f"polyfit: y must be a vector or a matrix, and has shape {y.shape}")
    if x.shape[0] != y.shape[0]:
        raise TypeError(f"polyfit: x and y must have the same length, and have {x.shape[0]} and {y.shape[0]}")
    rcond = x.shape[0] * float(np.finfo(x.dtype).eps) if rcond is None else rcond
    left, right = vander(x, order), y
    if w is not None:
        w = _vector("w", w)
        if w.shape[0] != y.shape[0]:
            raise TypeError(f"polyfit: w and y must have the same length, and have {w.shape[0]} and {y.shape[0]}")
        left = left * w[:, None]
        right = np.astype(right * (w[:, None] if y.ndim == 2 else w), y.dtype)
    scale = np.sqrt(np.sum(left * left, axis=0))
    left = left / scale
    c, residuals, rank, values = np.linalg.lstsq(left, right, rcond)
    c = c / (scale if y.ndim == 1 else scale[:, None])
    if full:
        return c, residuals, rank, values, rcond
    if not modes.tracing() and int(rank.detach()) != order:
        warnings.warn("polyfit: the polynomial may be poorly conditioned", np.exceptions.RankWarning, stacklevel=2)
    if not cov:
        return c
    base = np.linalg.inv(np.matmul(left.T, left)) / np.outer(scale, scale)
    factor: Any = 1.0
    if cov != "unscaled":
        if x.shape[0] <= order:
            raise ValueError("polyfit: the number of points must exceed the order to scale the covariance matrix")
        factor = residuals / (x.shape[0] - order)
    return c, base * factor if y.ndim == 1 else base[:, :, None] * factor
