"""The gamma function and its family: beta, binomial coefficients, ψ and ζ."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .declaring import of, sc


def _rgamma_slope(x: Any) -> Any:
    """d/dx 1/Γ(x), by reflection on the left, where ψ has poles and the derivative has none."""
    t = np.where(x < 0.5, 1 - x, 0.5)
    left = sc.gamma(t) * (np.cos(math.pi * x) - sc.psi(t) * np.sin(math.pi * x) * (1 / math.pi))
    right = np.where((x < 0.5) | (x == math.inf), 0.5, x)
    return np.where(x < 0.5, left, np.where(x == math.inf, 0.0, -sc.psi(right) * sc.rgamma(right)))


gamma = of("gamma", lambda g, x, out: g * out * sc.psi(x), says="Γ(x), which is (x - 1)! for whole numbers.")
gammaln = of("gammaln", lambda g, x: g * sc.psi(x), says="log |Γ(x)|.")
loggamma = of(
    "loggamma",
    lambda g, x: np.where(x < 0, math.nan, g * sc.psi(x)),
    says="log Γ(x), NaN for x < 0, where it is complex.",
)
rgamma = of("rgamma", lambda g, x: g * _rgamma_slope(x), says="1/Γ(x), which is 0 at 0, -1, -2, ...")
digamma = psi = of("psi", lambda g, x: g * sc.zeta(2, x), says="ψ(x), the derivative of log Γ(x).")
beta = of(
    "beta",
    lambda g, a, b, out: g * out * (sc.psi(a) - sc.psi(a + b)),
    lambda g, a, b, out: g * out * (sc.psi(b) - sc.psi(a + b)),
    says="The beta function, Γ(a)Γ(b)/Γ(a+b).",
)
betaln = of(
    "betaln",
    lambda g, a, b: g * (sc.psi(a) - sc.psi(a + b)),
    lambda g, a, b: g * (sc.psi(b) - sc.psi(a + b)),
    says="log |beta(a, b)|.",
)


def _gamma_density(a: Any, x: Any) -> Any:
    """x^(a-1) exp(-x) / Γ(a), at 0 and at infinity too."""
    inner = np.exp(sc.xlogy(a - 1, x) - x - sc.gammaln(a))
    return np.where(x < 0, math.nan, np.where(x == math.inf, 0.0, inner))


def _beta_density(a: Any, b: Any, x: Any) -> Any:
    """x^(a-1) (1-x)^(b-1) / beta(a, b), at 0 and at 1 too."""
    inner = np.exp(sc.xlogy(a - 1, x) + sc.xlog1py(b - 1, -x) - sc.betaln(a, b))
    return np.where((x < 0) | (x > 1), math.nan, inner)


gammainc = of(
    "gammainc",
    None,
    lambda g, a, b: g * _gamma_density(a, b),
    says="The regularised lower incomplete gamma function of (a, x); the derivative is in x only.",
)
gammaincc = of(
    "gammaincc",
    None,
    lambda g, a, b: -g * _gamma_density(a, b),
    says="1 - gammainc(a, x), exact also where it is tiny; the derivative is in x only.",
)
gammaincinv = of(
    "gammaincinv",
    None,
    lambda g, a, out: g / _gamma_density(a, out),
    says="The x with gammainc(a, x) = p; the derivative is in p only.",
)
betainc = of(
    "betainc",
    None,
    None,
    lambda g, a, b, x: g * _beta_density(a, b, x),
    says="The regularised incomplete beta function of (a, b, x); the derivative is in x only.",
)
betaincinv = of(
    "betaincinv",
    None,
    None,
    lambda g, a, b, out: g / _beta_density(a, b, out),
    says="The x with betainc(a, b, x) = p; the derivative is in p only.",
)


def _binom_slope(of_n: bool, n: Any, k: Any, out: Any) -> Any:
    """By n or by k: out times a difference of ψ; where out is 0 and ψ at a pole, by the product of 1/Γ."""
    a, b, c = n + 1, k + 1, n - k + 1  # out = Γ(a) / (Γ(b) Γ(c))
    if of_n:
        share, slope = sc.psi(a) - sc.psi(c), sc.rgamma(b) * (sc.psi(a) * sc.rgamma(c) + _rgamma_slope(c))
    else:
        share, slope = sc.psi(c) - sc.psi(b), _rgamma_slope(b) * sc.rgamma(c) - sc.rgamma(b) * _rgamma_slope(c)
    return np.where(out == 0, sc.gamma(a) * slope, out * share)


binom = of(
    "binom",
    lambda g, a, b, out: g * _binom_slope(True, a, b, out),
    lambda g, a, b, out: g * _binom_slope(False, a, b, out),
    says="The binomial coefficient, Γ(n+1) / (Γ(k+1) Γ(n-k+1)), of real numbers too.",
)


def comb(N: Any, k: Any, *, exact: bool = False, repetition: bool = False) -> Any:
    """`binom(N, k)`, but 0 where k > N or either is negative; with `repetition`, `binom(N + k - 1, k)`."""
    if exact:
        raise ValueError("comb: exact=True is for whole numbers; call scipy.special.comb or math.comb on them")
    if repetition:
        return comb(N + k - 1, k)
    return np.where((k <= N) & (N >= 0) & (k >= 0), binom(N, k), 0.0)


def factorial(n: Any, exact: bool = False) -> Any:
    """Γ(n + 1), but 0 for n < 0."""
    if exact:
        raise ValueError(
            "factorial: exact=True is for whole numbers; call scipy.special.factorial or math.factorial on them"
        )
    return np.where(n < 0, 0.0, gamma(n + 1))


# B_2j / (2j)! of the Euler-Maclaurin formula
BERNOULLI = [1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000, 1 / 74724249600]
BERNOULLI += [-3617 / 10670622842880000, 43867 / 5109094217170944000]


def _zeta_by_s(s: Any, q: Any) -> Any:
    """∂ζ(s, q)/∂s for q > 0: ten terms of its sum, then the Euler-Maclaurin formula for the others."""
    n = 10
    total = 0.0
    for k in range(n):
        total = total - np.log(q + k) * np.power(q + k, -s)
    a = q + n
    log_a, term = np.log(a), np.power(a, -s)
    total = total - a * term * (log_a + 1 / (s - 1)) / (s - 1) - 0.5 * log_a * term
    weight, slope = s / a, 1 / a  # of s (s+1) ... (s+2j) / a^(2j+1), and its derivative
    for j, b in enumerate(BERNOULLI):
        total = total + b * term * (slope - weight * log_a)
        for i in (2 * j + 1, 2 * j + 2):
            weight, slope = weight * (s + i) / a, (slope * (s + i) + weight) / a
    return total


def _riemann_by_s(s: Any) -> Any:
    """ζ'(s), for s < -1 by the functional equation ζ(s) = 2 (2π)^(s-1) sin(πs/2) Γ(1-s) ζ(1-s)."""
    t = np.where(s < -1, 1 - s, 2.0)
    left = (
        2 * np.exp(-math.log(2 * math.pi) * t) * sc.gamma(t)
        * (
            sc.zeta(t) * (math.pi / 2) * np.cos(math.pi / 2 * s)
            + np.sin(math.pi / 2 * s) * (sc.zeta(t) * (math.log(2 * math.pi) - sc.psi(t)) - _zeta_by_s(t, 1.0))
        )
    )  # fmt: skip
    return np.where(s < -1, left, _zeta_by_s(np.where(s < -1, 2.0, s), 1.0))


class _Probe:
    """What NumPy hands a call over to: it gives back the ufunc that was called."""

    def __array_ufunc__(self, ufunc: Any, *args: Any, **kwargs: Any) -> Any:
        return ufunc


RIEMANN, HURWITZ = (None, None) if sc is None else (sc.zeta(_Probe()), sc.zeta(_Probe(), 1.0))
riemann_zeta = of(RIEMANN, lambda g, x: g * _riemann_by_s(x), name="riemann_zeta", says="ζ(x).")
hurwitz_zeta = of(
    HURWITZ,
    lambda g, a, b: g * np.where((a > 1) & (b > 0), _zeta_by_s(a, b), math.nan),
    lambda g, a, b: np.where(a > 1, -g * a * sc.zeta(a + 1, b), math.nan),
    name="hurwitz_zeta",
    says="ζ(x, q), the sum of 1/(k + q)^x over k = 0, 1, ...",
)


def zeta(x: Any, q: Any = None) -> Any:
    """Riemann's ζ(x), or Hurwitz' ζ(x, q) = Σ 1/(k + q)^x over k = 0, 1, ...; with derivatives in both."""
    return riemann_zeta(x) if q is None else hurwitz_zeta(x, q)


def polygamma(n: Any, x: Any) -> Any:
    """The n-th derivative of ψ at x, for a whole number n or an array of such."""
    if isinstance(n, int):
        if n < 0:
            raise ValueError(f"polygamma(n, x): n is the order of a derivative, 0, 1, 2, ..., not {n}")
        return psi(x) if n == 0 else hurwitz_zeta(n + 1, x) * ((-1.0) ** (n + 1) * math.gamma(n + 1.0))
    n = n if hasattr(n, "dtype") else np.asarray(n)
    if n.dtype.kind not in "iu":
        raise TypeError(f"polygamma(n, x): n is the order of a derivative, a whole number, not {n.dtype}")
    higher = hurwitz_zeta(np.maximum(n, 1) + 1, x) * (-1.0) ** (n + 1) * gamma(n + 1.0)
    return np.where(n == 0, psi(x), np.where(n < 0, math.nan, higher))


def multigammaln(a: Any, d: int) -> Any:
    """log of the multivariate gamma function of dimension d; NaN where a is not above (d - 1)/2."""
    if d != int(d) or d < 1:
        raise ValueError(f"multigammaln(a, d): d is the dimension, a positive whole number, not {d}")
    total: Any = d * (d - 1) * 0.25 * math.log(math.pi)
    for j in range(int(d)):
        total = total + gammaln(a - 0.5 * j)
    return np.where(a > (d - 1) / 2, total, math.nan)


zetac = of("zetac", lambda g, x: g * _riemann_by_s(x), says="ζ(x) - 1, exact also where x is large.")


def _poch_slope(x: Any, m: Any, out: Any) -> Any:
    """∂/∂x of Γ(x + m) / Γ(x): where both have poles, of (-1)^m Γ(1 - x) / Γ(1 - x - m), the same by reflection."""
    poles = (x <= 0) & (x + m <= 0) & (x == np.floor(x)) & (m == np.floor(m))
    share = sc.psi(np.where(poles, 1 - x - m, x + m)) - sc.psi(np.where(poles, 1 - x, x))
    return np.where((out == 0) & ~poles, sc.gamma(np.where(poles, 1.0, x + m)) * _rgamma_slope(x), out * share)


poch = of(
    "poch",
    lambda g, a, b, out: g * _poch_slope(a, b, out),
    lambda g, a, b, out: g * np.where(out == 0, 0.0, out * sc.psi(a + b)),
    says="Pochhammer's symbol, Γ(x + m) / Γ(x), of (x, m).",
)
gammainccinv = of(
    "gammainccinv",
    None,
    lambda g, a, out: -g / _gamma_density(a, out),
    says="The x with gammaincc(a, x) = p; the derivative is in p only.",
)
betaincc = of(
    "betaincc",
    None,
    None,
    lambda g, a, b, x: -g * _beta_density(a, b, x),
    says="1 - betainc(a, b, x), exact also where it is tiny; the derivative is in x only.",
)
betainccinv = of(
    "betainccinv",
    None,
    None,
    lambda g, a, b, out: -g / _beta_density(a, b, out),
    says="The x with betaincc(a, b, x) = p; the derivative is in p only.",
)
