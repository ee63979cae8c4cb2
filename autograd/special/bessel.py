"""Bessel functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .declaring import of, sc, several

# The derivative of order v is half the sum or the difference of its neighbours; of order 1, off 0, the zeroth less
# itself over x, which SciPy can follow further out.


def _slope_of_first(zeroth: Any, first: Any, second: Any, x: Any) -> Any:
    near = np.absolute(x) < 1
    return np.where(
        near, 0.5 * (zeroth(x) + second(np.where(near, x, 0.0))), zeroth(x) - first(x) / np.where(near, 1.0, x)
    )


def _coefficient(order: int, k: int) -> float:
    """Of 1/x^k in the asymptotic series of k0e and k1e."""
    return math.prod((4 * order**2 - (2 * i - 1) ** 2) / (8 * i) for i in range(1, k + 1))


COEFFICIENTS = [_coefficient(1, k) - _coefficient(0, k) for k in range(9, 0, -1)]


def _far_apart(x: Any, sign: int) -> Any:
    """√(2πx) (i0e - i1e), or with sign 1 √(2x/π) (k1e - k0e), for x > 100, where the difference would cancel."""
    u, total = sign / x, 0.0
    for c in COEFFICIENTS:
        total = (total + c) * u
    return sign * total


def _i_apart(x: Any) -> Any:
    """i0e(x) - |i1e(x)|."""
    x = np.absolute(x)
    big = np.where(x > 100, x, 100.0)
    return np.where(x > 100, _far_apart(big, -1) / np.sqrt(2 * math.pi * big), sc.i0e(x) - sc.i1e(x))


def _k_apart(x: Any) -> Any:
    """k1e(x) - k0e(x), infinite at 0."""
    big = np.where(x > 100, x, 100.0)
    near = np.where(x == 0, math.inf, sc.k1e(x) - sc.k0e(x))
    return np.where(x > 100, _far_apart(big, 1) / np.sqrt(2 / math.pi * big), near)


i0 = of("i0", lambda g, x: g * sc.i1(x), says="The modified Bessel function of the first kind, of order 0.")
i1 = of(
    "i1",
    lambda g, x: g * _slope_of_first(sc.i0, sc.i1, lambda x: sc.iv(2, x), x),
    says="The modified Bessel function of the first kind, of order 1.",
)
i0e = of("i0e", lambda g, x: -g * np.sign(x) * _i_apart(x), says="exp(-|x|) i0(x).")
i1e = of(
    "i1e",
    lambda g, x, out: (
        g
        * np.where(
            np.absolute(x) < 1,
            _slope_of_first(sc.i0e, sc.i1e, lambda x: sc.ive(2, x), x) - np.sign(x) * out,
            _i_apart(x) - out / x,
        )
    ),
    says="exp(-|x|) i1(x).",
)
iv = of(
    "iv",
    None,
    lambda g, a, b: g * 0.5 * (sc.iv(a - 1, b) + sc.iv(a + 1, b)),
    says="The modified Bessel function of the first kind, of order v, of (v, x); the derivative is in x only.",
)
ive = of(
    "ive",
    None,
    lambda g, a, b, out: g * (0.5 * (sc.ive(a - 1, b) + sc.ive(a + 1, b)) - np.sign(b) * out),
    says="exp(-|x|) iv(v, x).",
)
j0 = of("j0", lambda g, x: -g * sc.j1(x), says="The Bessel function of the first kind, of order 0.")
j1 = of(
    "j1",
    lambda g, x: g * _slope_of_first(sc.j0, sc.j1, lambda x: -sc.jv(2, x), x),
    says="The Bessel function of the first kind, of order 1.",
)
jn = jv = of(
    "jv",
    None,
    lambda g, a, b: g * 0.5 * (sc.jv(a - 1, b) - sc.jv(a + 1, b)),
    says="The Bessel function of the first kind, of order v, of (v, x); the derivative is in x only.",
)


def _y_slope(lower: Any, higher: Any, x: Any, out: Any) -> Any:
    return np.where(x == 0, -out, 0.5 * (lower - higher))  # at 0 all are infinite


y0 = of("y0", lambda g, x: -g * sc.y1(x), says="The Bessel function of the second kind, of order 0.")
y1 = of(
    "y1",
    lambda g, x, out: g * np.where(x == 0, -out, sc.y0(x) - out / x),
    says="The Bessel function of the second kind, of order 1.",
)
yn = of(
    "yn",
    None,
    lambda g, a, b, out: g * _y_slope(sc.yn(a - 1, b), sc.yn(a + 1, b), b, out),
    says="The Bessel function of the second kind, of whole order n, of (n, x); the derivative is in x only.",
)
yv = of(
    "yv",
    None,
    lambda g, a, b, out: g * _y_slope(sc.yv(a - 1, b), sc.yv(a + 1, b), b, out),
    says="The Bessel function of the second kind, of order v, of (v, x); the derivative is in x only.",
)
k0 = of("k0", lambda g, x: -g * sc.k1(x), says="The modified Bessel function of the second kind, of order 0.")
k1 = of(
    "k1",
    lambda g, x, out: -g * (sc.k0(x) + out / x),
    says="The modified Bessel function of the second kind, of order 1.",
)
k0e = of("k0e", lambda g, x: -g * _k_apart(x), says="exp(x) k0(x).")
k1e = of(
    "k1e",
    lambda g, x, out: g * np.where(x == 0, -out, _k_apart(x) - out / x),
    says="exp(x) k1(x).",
)
kn = of(
    "kn",
    None,
    lambda g, a, b: -g * 0.5 * (sc.kn(np.absolute(a - 1), b) + sc.kn(a + 1, b)),
    says="The modified Bessel function of the second kind, of whole order n, of (n, x); the derivative is in x only.",
)
kv = of(
    "kv",
    None,
    lambda g, a, b: -g * 0.5 * (sc.kv(a - 1, b) + sc.kv(a + 1, b)),
    says="The modified Bessel function of the second kind, of order v, of (v, x); the derivative is in x only.",
)
kve = of(
    "kve",
    None,
    lambda g, a, b, out: g * (out - 0.5 * (sc.kve(a - 1, b) + sc.kve(a + 1, b))),
    says="exp(x) kv(v, x).",
)

jve = of(
    "jve",
    None,
    lambda g, a, b: g * 0.5 * (sc.jve(a - 1, b) - sc.jve(a + 1, b)),
    says="jv(v, x): the factor that scales it is 1 for real x; the derivative is in x only.",
)
yve = of(
    "yve",
    None,
    lambda g, a, b, out: g * _y_slope(sc.yve(a - 1, b), sc.yve(a + 1, b), b, out),
    says="yv(v, x): the factor that scales it is 1 for real x; the derivative is in x only.",
)

# --- Struve functions: recurrence relations and derivatives of DLMF 11.4(v) ---------------------------------------------


def _struve_rest(v: Any, x: Any) -> Any:
    """(x/2)^v / (√π Γ(v + 3/2))."""
    return np.power(0.5 * x, v) * sc.rgamma(v + 1.5) * (1 / math.sqrt(math.pi))


struve = of(
    "struve",
    None,
    lambda g, a, b: g * 0.5 * (sc.struve(a - 1, b) - sc.struve(a + 1, b) + _struve_rest(a, b)),
    says="The Struve function of (v, x); the derivative is in x only.",
)
modstruve = of(
    "modstruve",
    None,
    lambda g, a, b: g * 0.5 * (sc.modstruve(a - 1, b) + sc.modstruve(a + 1, b) + _struve_rest(a, b)),
    says="The modified Struve function of (v, x); the derivative is in x only.",
)

# --- Kelvin functions: w = ber + i bei obeys x² w'' + x w' = i x² w (DLMF 10.61.3), and so does ker + i kei -----------


def _over_x(x: Any, slope: Any, at_zero: float) -> Any:
    return np.where(x == 0, at_zero, slope / np.where(x == 0, 1.0, x))


ber = of("ber", lambda g, x: g * sc.berp(x), says="The Kelvin function ber.")
bei = of("bei", lambda g, x: g * sc.beip(x), says="The Kelvin function bei.")
berp = of("berp", lambda g, x, out: -g * (sc.bei(x) + _over_x(x, out, 0.0)), says="The derivative of ber.")
beip = of("beip", lambda g, x, out: g * (sc.ber(x) - _over_x(x, out, 0.5)), says="The derivative of bei.")
ker = of("ker", lambda g, x: g * sc.kerp(x), says="The Kelvin function ker.")
kei = of("kei", lambda g, x: g * sc.keip(x), says="The Kelvin function kei.")
kerp = of("kerp", lambda g, x, out: -g * (sc.kei(x) + out / x), says="The derivative of ker.")
keip = of("keip", lambda g, x, out: g * (sc.ker(x) - out / x), says="The derivative of kei.")

# --- Airy functions: w'' = xw (DLMF 9.2.1) -----------------------------------------------------------------------------

_ai: Any
_aip: Any
_bi: Any
_bip: Any
airy, _ai, _aip, _bi, _bip = several(
    "airy",
    ai=lambda g, x: g * _aip(x),
    aip=lambda g, x: g * x * _ai(x),
    bi=lambda g, x: g * _bip(x),
    bip=lambda g, x: g * x * _bi(x),
    says="The Airy functions Ai(x), Ai'(x), Bi(x) and Bi'(x).",
)
