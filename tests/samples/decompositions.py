"""Samples of `autograd/rules/decompositions.py`, `solving.py`, `norms.py` and `autograd/linalg.py`."""

import math
from typing import Any

import numpy as np

import autograd
from autograd.rules import decompositions, solving

from .table import Domain, constant, nonzero, of, positive, real

linalg: Any = autograd.linalg


class Structured(Domain):
    """Numbers that depend on one another: `structured` keeps the laws from taking them apart."""

    structured = True


class Regular(Structured):
    """Matrices far from singular, none of them symmetric."""

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return generator.uniform(-1, 1, shape) + 3 * np.eye(*shape[-2:])


class Definite(Structured):
    """Symmetric positive definite matrices."""

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Any:
        x = generator.uniform(-1, 1, shape)
        return x @ np.swapaxes(x, -1, -2) + 2 * np.eye(shape[-1])


class Graded(Structured):
    """Matrices with real eigenvalues near 1, 2, 3 and so on."""

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return generator.uniform(-0.3, 0.3, shape) + np.diag(np.arange(1.0, shape[-1] + 1))


class Singular(Structured):
    """Square matrices whose columns all are multiples of the first `rank`."""

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Any:
        rank = int(self.high)
        return generator.uniform(-1, 1, (*shape[:-1], rank)) @ generator.uniform(-1, 1, (*shape[:-2], rank, shape[-1]))


class Wide(Structured):
    """Matrices with singular values far apart."""

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Any:
        u, _, vt = np.linalg.svd(generator.uniform(-1, 1, shape), full_matrices=False)
        return (u * np.arange(1.0, min(shape[-2:]) + 1)) @ vt


class Tensorial(Structured):
    """What is an orthogonal matrix, if its elements are arranged in a square."""

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Any:
        n = math.isqrt(math.prod(shape))
        return np.linalg.qr(generator.uniform(-1, 1, (n, n)))[0].reshape(shape)


class Unlike(Domain):
    """Numbers of either sign whose absolute values are far from each other and from 0."""

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Any:
        x = Domain(0.3, 2.0, spaced=True).draw(generator, shape)
        return np.where(generator.uniform(-1, 1, shape) < 0, -x, x)


class Eigenvalues(Structured):
    """Numbers far from each other."""

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return Domain(-2, 2, spaced=True).draw(generator, shape)


unlike = Unlike(-2, 2)
regular, definite, graded, wide = Regular(-1, 1), Definite(-1, 1), Graded(-1, 1), Wide(-1, 1)


def _lstsq(a: Any, b: Any) -> Any:
    """The parts that have a gradient."""
    x, residuals, _, s = np.linalg.lstsq(a, b)
    return x, residuals, s


def _solve_triangular(a: Any, b: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    n = a.shape[-1]
    lower = np.tri(n, dtype=bool)
    a = np.where(lower.T if upper else lower, a, np.zeros((), a.dtype))
    if unitriangular:
        a = np.where(np.eye(n, dtype=bool), np.ones((), a.dtype), a)
    return np.linalg.solve(a, b) if left else np.swapaxes(np.linalg.solve(a.mT, b.mT), -1, -2)


def _matrix_exp(x: Any) -> Any:
    total = term = np.broadcast_to(np.eye(x.shape[-1]), x.shape)
    for k in range(1, 60):
        term = term @ x.astype(float) / k
        total = total + term
    return total.astype(x.dtype)


def _full_svd(x: Any) -> Any:
    return np.linalg.svd(x.detach() if isinstance(x, autograd.Tensor) else x)


def _complete_qr(x: Any) -> Any:
    return np.linalg.qr(x.detach() if isinstance(x, autograd.Tensor) else x, "complete")


def _inverse_gaps(x: Any, name: str) -> Any:
    eye = np.eye(x.shape[-1], dtype=x.dtype)
    return (1 - eye) / (x[..., None, :] - x[..., :, None] + eye)


def _minors(x: Any) -> Any:
    n = x.shape[-1]
    minors = [
        np.linalg.det(np.delete(np.delete(x, i, -2), j, -1)) * (-1) ** (i + j) for i in range(n) for j in range(n)
    ]
    return np.stack(minors, axis=-1).reshape(x.shape)


# fmt: off
SQUARES = ((3, 3), (2, 3, 3), (1, 1))
RECTANGLES = ((4, 3), (3, 4), (3, 3), (2, 4, 2), (2, 2, 4), (3, 1), (1, 3))
VECTOR_NORMS: tuple[Any, ...] = (None, 2, 1, 3, 2.5, np.inf, -np.inf, -1, 0.5)
MATRIX_NORMS: tuple[Any, ...] = ("fro", "nuc", 2, -2, 1, -1, np.inf, -np.inf)

DECOMPOSITIONS = [
    *(of(np.linalg.eigh, definite(*shape), ulps=64, sums=True) for shape in SQUARES),
    of(np.linalg.eigh, graded(1, 2, 3, 3), ulps=64, sums=True),
    *(of(f, graded(1, 3, 2, 2), ulps=64, sums=True) for f in (np.linalg.eigvalsh, np.linalg.eig)),
    *(of(f, definite(1, 3, 2, 2), ulps=64, sums=True) for f in (np.linalg.qr, np.linalg.cholesky)),
    of(np.linalg.det, regular(1, 3, 2, 2), ulps=64, sums=True),
    of(np.linalg.eigh, graded(3, 3), "U", ulps=64, sums=True),
    *(of(np.linalg.eigvalsh, graded(*shape), ulps=64, sums=True) for shape in SQUARES),
    of(np.linalg.eigvalsh, graded(3, 3), UPLO="U", ulps=64, sums=True),
    *(of(np.linalg.eig, graded(*shape), ulps=64, sums=True) for shape in SQUARES),
    *(of(np.linalg.eigvals, graded(*shape), ulps=64, sums=True) for shape in SQUARES),
    *(of(np.linalg.svd, wide(*shape), full_matrices=False, ulps=64, sums=True) for shape in RECTANGLES),
    of(np.linalg.svd, wide(3, 3), ulps=64, sums=True),
    *(of(np.linalg.svd, wide(*shape), compute_uv=False, ulps=64, sums=True) for shape in ((3, 4), (2, 4, 3))),
    *(of(np.linalg.svd, graded(*shape), hermitian=True, ulps=64, sums=True) for shape in ((3, 3), (2, 3, 3))),
    of(np.linalg.svd, graded(2, 3, 3), hermitian=True, compute_uv=False, ulps=64, sums=True),
    *(of(np.linalg.svdvals, wide(*shape), ulps=64, sums=True) for shape in RECTANGLES),
    *(of(np.linalg.qr, wide(*shape), ulps=64, sums=True) for shape in RECTANGLES),
    *(of(np.linalg.qr, wide(*shape), "r", ulps=64, sums=True) for shape in ((4, 3), (3, 4))),
    *(of(np.linalg.qr, wide(*shape), mode="complete", ulps=64, sums=True) for shape in ((3, 3), (2, 3, 4))),
    *(of(np.linalg.cholesky, definite(*shape), ulps=64, sums=True) for shape in SQUARES),
    of(np.linalg.cholesky, definite(2, 3, 3), upper=True, ulps=64, sums=True),
    constant(_full_svd, wide(2, 4, 3)),
    constant(_full_svd, wide(3, 4)),
    constant(_complete_qr, wide(2, 4, 3)),
    of(decompositions.inverse_gaps, Eigenvalues(-2, 2)(2, 3), "eigh", like=_inverse_gaps, ulps=8, sums=True),
    of(decompositions.inverse_values, positive(2, 3), like=lambda x: 1 / x, ulps=2, sums=True),
    of(decompositions.inverse_or_nan, regular(2, 3, 3), like=np.linalg.inv, ulps=8, sums=True),
]

SOLVING = [
    *(of(np.linalg.inv, regular(*shape), ulps=8, sums=True) for shape in SQUARES),
    *(of(np.linalg.pinv, wide(*shape), ulps=8, sums=True) for shape in RECTANGLES),
    of(np.linalg.pinv, definite(3, 3), hermitian=True, ulps=64, sums=True),
    of(np.linalg.pinv, wide(4, 3), 1e-3, ulps=8, sums=True),
    of(np.linalg.pinv, wide(2, 4, 3), rtol=1e-3, ulps=8, sums=True),
    of(np.linalg.pinv, wide(4, 3), rtol=None, ulps=8, sums=True),
    *(
        of(np.linalg.solve, regular(*a), real(*b), ulps=64, sums=True)
        for a, b in (
            ((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 3, 3), (3,)), ((2, 3, 3), (3, 2)), ((3, 3), (2, 3, 4)),
            ((2, 1, 3, 3), (4, 3, 2)), ((3, 3), (3, 0)),
        )
    ),
    *(
        of(_lstsq, wide(*a), real(*b), ulps=512, sums=True)
        for a, b in (((4, 3), (4, 2)), ((4, 3), (4,)), ((3, 4), (3, 2)), ((3, 3), (3, 2)))
    ),
    of(np.linalg.lstsq, wide(4, 2), real(4, 2), 0.01, ulps=512, sums=True),
    *(of(np.linalg.det, real(*shape), ulps=8, sums=True) for shape in (*SQUARES, (4, 4), (2, 2, 2, 2), (0, 0))),
    of(np.linalg.det, Singular(0, 4)(5, 5), ulps=64, sums=True),
    *(of(solving.cofactors, regular(*shape), like=_minors, ulps=64, sums=True) for shape in SQUARES),
    of(solving.cofactors, Singular(0, 4)(5, 5), like=_minors, ulps=512, sums=True),
    *(of(np.linalg.slogdet, real(*shape), ulps=8, sums=True) for shape in SQUARES),
    *(of(np.linalg.matrix_power, regular(3, 3), n, ulps=8, sums=True) for n in (-3, -1)),
    *(of(np.linalg.matrix_power, real(2, 3, 3), n, ulps=8, sums=True) for n in (1, 2, 3, 5, 10)),
    *(
        of(np.linalg.multi_dot, [real(*shape) for shape in shapes], ulps=8, sums=True)
        for shapes in (
            ((2, 3), (3, 4)), ((2, 5), (5, 2), (2, 3)), ((2, 3), (3, 5), (5, 2), (2, 4)), ((3,), (3, 4), (4, 2), (2,)),
            ((3,), (3, 2), (2, 2)), ((2, 3), (3, 3), (3,)),
        )
    ),
    of(np.linalg.tensorinv, Tensorial(-1, 1)(6, 2, 3), ind=1, ulps=64, sums=True),
    of(np.linalg.tensorinv, Tensorial(-1, 1)(2, 2, 2, 2), ulps=512, sums=True),
    of(np.linalg.tensorsolve, Tensorial(-1, 1)(2, 2, 4), real(2, 2), ulps=512, sums=True),
    of(np.linalg.tensorsolve, Tensorial(-1, 1)(2, 4, 2), real(2, 2), axes=(1,), ulps=512, sums=True),
    # the array API's names
    of(np.linalg.cross, real(2, 3), real(2, 3), ulps=2),
    of(np.linalg.cross, real(3, 2), real(3, 2), axis=0, ulps=2),
    of(np.linalg.cross, real(2, 1, 3), real(4, 3), ulps=2),
    of(np.linalg.outer, real(2), real(3), sums=True),
    of(np.linalg.matmul, real(2, 4), real(4, 3), ulps=8, sums=True),
    of(np.linalg.tensordot, real(2, 3), real(3, 2), axes=1, ulps=8, sums=True),
    of(np.linalg.vecdot, real(2, 3), real(2, 3), ulps=8, sums=True),
    of(np.linalg.vecdot, real(3, 2), real(3, 1), axis=0, ulps=8, sums=True),
    *(of(np.linalg.trace, real(2, 3, 4), offset=offset, ulps=4, sums=True) for offset in (0, 1, -1)),
    of(np.linalg.trace, real(3, 3), dtype=float, ulps=4, sums=True),
    *(of(np.linalg.diagonal, real(2, 3, 4), offset=offset, sums=True) for offset in (0, 2, -1, 5)),
    of(np.linalg.matrix_transpose, real(3, 2, 4)),
]

NORMS = [
    *(of(np.linalg.norm, nonzero(4), ord, ulps=4) for ord in VECTOR_NORMS if ord not in (np.inf, -np.inf)),
    *(of(np.linalg.norm, unlike(4), ord, ulps=4) for ord in (np.inf, -np.inf)),
    *(of(np.linalg.norm, unlike(2, 3, 4), ord, axis=1, ulps=4) for ord in VECTOR_NORMS),
    *(of(np.linalg.norm, unlike(3, 4), 3, axis=-1, keepdims=keepdims, ulps=4) for keepdims in (False, True)),
    *(
        of(np.linalg.norm, nonzero(2, 3), ulps=4, **how)
        for how in ({}, {"axis": 0}, {"axis": (1, 0)}, {"keepdims": True})
    ),
    of(np.linalg.norm, nonzero(), ulps=4),
    of(np.linalg.norm, real(2, 3, 2), ulps=4),
    *(of(np.linalg.norm, unlike(3, 4), ord, ulps=64, sums=True) for ord in MATRIX_NORMS),
    *(of(np.linalg.norm, unlike(3, 2, 4), ord, axis=(2, 0), ulps=64, sums=True) for ord in MATRIX_NORMS),
    *(
        of(np.linalg.norm, unlike(3, 2, 4), ord, axis=(0, 1), keepdims=True, ulps=64, sums=True)
        for ord in ("nuc", -2, 1)
    ),
    *(of(np.linalg.vector_norm, unlike(2, 3, 4), ulps=4, ord=ord) for ord in VECTOR_NORMS if ord is not None),
    *(
        of(np.linalg.vector_norm, unlike(2, 3, 4), ulps=4, **how)
        for how in ({"axis": 1}, {"axis": (0, 2)}, {"axis": (2, 0), "keepdims": True, "ord": 3}, {"keepdims": True})
    ),
    *(of(np.linalg.matrix_norm, unlike(2, 3, 4), ord=ord, ulps=64, sums=True) for ord in MATRIX_NORMS),
    of(np.linalg.matrix_norm, unlike(2, 3, 4), keepdims=True, ulps=4),
    constant(np.linalg.norm, real(2, 3), ord=0, axis=1),
    *(of(np.linalg.cond, regular(*shape), ulps=64, sums=True) for shape in SQUARES),
    *(of(np.linalg.cond, wide(4, 3), p, ulps=64, sums=True) for p in (None, -2)),
    *(of(np.linalg.cond, wide(3, 3), p, ulps=512, sums=True) for p in ("fro", "nuc", 1, -1, np.inf, -np.inf)),
    *(constant(np.linalg.matrix_rank, x) for x in (real(3, 4), real(2, 3, 3), real(3), Singular(0, 2)(4, 4))),
    constant(np.linalg.matrix_rank, definite(3, 3), 4.0, True),
    constant(np.linalg.matrix_rank, definite(3, 3), rtol=0.5),
]

TORCH_LINALG = [
    of(linalg.matrix_exp, real(3, 3), like=_matrix_exp, ulps=64, sums=True),
    constant(linalg.norm_as_power_of_two, real(2, 3, 3)),
    of(linalg.matrix_exp, real(2, 2, 2), like=_matrix_exp, ulps=64, sums=True),
    *(
        of(linalg.solve_triangular, regular(3, 3), real(3, 2), like=_solve_triangular, upper=upper, ulps=64, sums=True)
        for upper in (False, True)
    ),
    of(linalg.solve_triangular, regular(2, 3, 3), real(2, 3), like=_solve_triangular, upper=True, left=False,
       unitriangular=True, ulps=64, sums=True),
    of(linalg.vander, nonzero(3), like=lambda x: np.vander(x, increasing=True), ulps=4),
]
# fmt: on

ALGEBRA = [*DECOMPOSITIONS, *SOLVING, *NORMS, *TORCH_LINALG]
