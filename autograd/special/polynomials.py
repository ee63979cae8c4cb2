"""Orthogonal polynomials of degree n at x, with the derivative in x: a polynomial of degree n - 1 (DLMF 18.9)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .declaring import of, sc, written


def _unless_constant(n: Any, slope: Any) -> Any:
    """`slope`, but 0 for the degree 0."""
    return np.where(n == 0, 0.0, slope)


eval_legendre = of(
    "eval_legendre",
    None,
    lambda g, a, b: g * _unless_constant(a, sc.eval_gegenbauer(a - 1, 1.5, b)),
    says="The Legendre polynomial of (n, x); the derivative is in x only.",
)
eval_chebyt = of(
    "eval_chebyt",
    None,
    lambda g, a, b: g * _unless_constant(a, a * sc.eval_chebyu(a - 1, b)),  # 18.9.21
    says="The Chebyshev polynomial of the first kind, of (n, x); the derivative is in x only.",
)
eval_chebyu = of(
    "eval_chebyu",
    None,
    lambda g, a, b: g * _unless_constant(a, 2 * sc.eval_gegenbauer(a - 1, 2.0, b)),
    says="The Chebyshev polynomial of the second kind, of (n, x); the derivative is in x only.",
)
eval_chebyc = of(
    "eval_chebyc",
    None,
    lambda g, a, b: g * _unless_constant(a, a * sc.eval_chebyu(a - 1, 0.5 * b)),
    says="The Chebyshev polynomial of the first kind on [-2, 2], of (n, x); the derivative is in x only.",
)
eval_chebys = of(
    "eval_chebys",
    None,
    lambda g, a, b: g * _unless_constant(a, sc.eval_gegenbauer(a - 1, 2.0, 0.5 * b)),
    says="The Chebyshev polynomial of the second kind on [-2, 2], of (n, x); the derivative is in x only.",
)
eval_sh_legendre = of(
    "eval_sh_legendre",
    None,
    lambda g, a, b: g * _unless_constant(a, 2 * sc.eval_gegenbauer(a - 1, 1.5, 2 * b - 1)),
    says="The Legendre polynomial on [0, 1], of (n, x); the derivative is in x only.",
)
eval_sh_chebyt = of(
    "eval_sh_chebyt",
    None,
    lambda g, a, b: g * _unless_constant(a, 2 * a * sc.eval_chebyu(a - 1, 2 * b - 1)),
    says="The Chebyshev polynomial of the first kind on [0, 1], of (n, x); the derivative is in x only.",
)
eval_sh_chebyu = of(
    "eval_sh_chebyu",
    None,
    lambda g, a, b: g * _unless_constant(a, 4 * sc.eval_gegenbauer(a - 1, 2.0, 2 * b - 1)),
    says="The Chebyshev polynomial of the second kind on [0, 1], of (n, x); the derivative is in x only.",
)
eval_gegenbauer = of(
    "eval_gegenbauer",
    None,
    None,
    lambda g, a, b, x: g * _unless_constant(a, 2 * b * sc.eval_gegenbauer(a - 1, b + 1, x)),  # 18.9.19
    says="The Gegenbauer polynomial of (n, α, x); the derivative is in x only.",
)
eval_jacobi = of(
    "eval_jacobi",
    None,
    None,
    None,
    lambda g, a, b, c, x: (
        g * _unless_constant(a, 0.5 * (a + b + c + 1) * sc.eval_jacobi(a - 1, b + 1, c + 1, x))  # 18.9.15
    ),
    says="The Jacobi polynomial of (n, α, β, x); the derivative is in x only.",
)
eval_sh_jacobi = of(
    "eval_sh_jacobi",
    None,
    None,
    None,
    lambda g, a, b, c, x: g * _unless_constant(a, a * sc.eval_sh_jacobi(a - 1, b + 2, c + 1, x)),
    says="The Jacobi polynomial on [0, 1] with leading coefficient 1, of (n, p, q, x); the derivative is in x only.",
)
# These two take no degree but an integer, and a Scalar's operands are floats
_h = written("hermite", lambda n, x: sc.eval_hermite(n, x), lambda n, x: sc.eval_hermite(int(n), x))
_he = written("hermitenorm", lambda n, x: sc.eval_hermitenorm(n, x), lambda n, x: sc.eval_hermitenorm(int(n), x))

eval_hermite = of(
    "eval_hermite",
    None,
    lambda g, a, b: g * _unless_constant(a, 2 * a * _h(a - 1, b)),  # 18.9.25
    forward=lambda a, b: _h(a, b),
    says="The physicists' Hermite polynomial of (n, x); the derivative is in x only.",
)
eval_hermitenorm = of(
    "eval_hermitenorm",
    None,
    lambda g, a, b: g * _unless_constant(a, a * _he(a - 1, b)),  # 18.9.27
    forward=lambda a, b: _he(a, b),
    says="The probabilists' Hermite polynomial of (n, x); the derivative is in x only.",
)
eval_laguerre = of(
    "eval_laguerre",
    None,
    lambda g, a, b: -g * _unless_constant(a, sc.eval_genlaguerre(a - 1, 1.0, b)),  # 18.9.23
    says="The Laguerre polynomial of (n, x); the derivative is in x only.",
)
eval_genlaguerre = of(
    "eval_genlaguerre",
    None,
    None,
    lambda g, a, b, x: -g * _unless_constant(a, sc.eval_genlaguerre(a - 1, b + 1, x)),
    says="The generalised Laguerre polynomial of (n, α, x); the derivative is in x only.",
)
