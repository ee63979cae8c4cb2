"""Elliptic integrals of Legendre and Jacobi's functions, of the parameter m = k² (DLMF 19.2, 22.2)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .declaring import of, sc, several


def _k_slope(m: Any, rest: Any) -> Any:
    """dK/dm = π/8 F(½, ½; 2; m) / (1 - m): DLMF 19.4.1 without its cancellation; `rest` is 1 - m."""
    return (math.pi / 8) * sc.hyp2f1(0.5, 0.5, 2.0, m) / rest


def _e_slope(m: Any) -> Any:
    """dE/dm = -π/8 F(½, 3/2; 2; m), which is (E - K) / (2m), DLMF 19.4.2."""
    return (-math.pi / 8) * sc.hyp2f1(0.5, 1.5, 2.0, m)


ellipk = of(
    "ellipk",
    lambda g, x: g * np.where(x > 1, math.nan, _k_slope(x, 1 - x)),
    says="The complete elliptic integral of the first kind, K(m).",
)
ellipkm1 = of(
    "ellipkm1",
    lambda g, x: g * np.where(x < 0, math.nan, -_k_slope(1 - x, x)),
    says="K(1 - p), exact also where p is tiny.",
)
ellipe = of(
    "ellipe",
    lambda g, x: g * np.where(x > 1, math.nan, _e_slope(x)),
    says="The complete elliptic integral of the second kind, E(m).",
)


def _root(phi: Any, m: Any) -> Any:
    """√(1 - m sin²φ)."""
    s = np.sin(phi)
    return np.sqrt(1 - m * s * s)


SMALL = 0.1  # below it, the series in m; beyond it, the quotients cancel at most two digits


def _by_series(phi: Any, m: Any, power: float) -> Any:
    """∂/∂m of ∫₀^φ (1 - m sin²θ)^power dθ, term by term, with the integrals of sin²ⁿ by recurrence."""
    s, c = np.sin(phi), np.cos(phi)
    integral, odd = phi, s
    total, of_m, weight = 0.0, 1.0, 1.0
    for n in range(1, 17):
        integral = ((2 * n - 1) * integral - odd * c) / (2 * n)
        odd = odd * s * s
        weight = weight * (n - 1 - power) / n
        total = total + (n * weight) * of_m * integral
        of_m = of_m * m
    return total


def _first_by_m(phi: Any, m: Any) -> Any:
    """∂F/∂m, DLMF 19.4.5."""
    small = np.absolute(m) < SMALL
    near, off = np.where(small, m, 0.0), np.where(small, 0.5, m)
    rest = np.sin(2 * phi) / _root(phi, off)
    quotient = (
        sc.ellipeinc(phi, off) / (2 * off * (1 - off)) - sc.ellipkinc(phi, off) / (2 * off) - rest / (4 * (1 - off))
    )
    return np.where(small, _by_series(phi, near, -0.5), quotient)


def _second_by_m(phi: Any, m: Any) -> Any:
    """∂E/∂m, DLMF 19.4.6."""
    small = np.absolute(m) < SMALL
    near, off = np.where(small, m, 0.0), np.where(small, 0.5, m)
    return np.where(small, _by_series(phi, near, 0.5), (sc.ellipeinc(phi, off) - sc.ellipkinc(phi, off)) / (2 * off))


ellipkinc = of(
    "ellipkinc",
    lambda g, a, b: g / _root(a, b),
    lambda g, a, b: g * _first_by_m(a, b),
    says="The incomplete elliptic integral of the first kind, F(φ, m).",
)
ellipeinc = of(
    "ellipeinc",
    lambda g, a, b: g * _root(a, b),
    lambda g, a, b: g * _second_by_m(a, b),
    says="The incomplete elliptic integral of the second kind, E(φ, m).",
)
_sn: Any
_cn: Any
_dn: Any
# DLMF 22.13.1
ellipj, _sn, _cn, _dn, _am = several(
    "ellipj",
    sn=(lambda g, a, b: g * _cn(a, b) * _dn(a, b), None),
    cn=(lambda g, a, b: -g * _sn(a, b) * _dn(a, b), None),
    dn=(lambda g, a, b: -g * b * _sn(a, b) * _cn(a, b), None),
    am=(lambda g, a, b: g * _dn(a, b), None),
    says="Jacobi's sn, cn, dn and amplitude, of (u, m); the derivative is in u only.",
)
