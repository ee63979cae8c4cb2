"""Distribution functions of statistics, and quantiles: the derivative is a density, or one over it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .declaring import of, sc
from .errors import ROOT_2PI
from .factorials import _beta_density, _gamma_density

# --- Gamma, χ² and Poisson (DLMF 8.2) ----------------------------------------------------------------------------------

chdtr = of(
    "chdtr",
    None,
    lambda g, a, b: g * 0.5 * _gamma_density(0.5 * a, 0.5 * b),
    says="The χ² distribution function of (degrees of freedom, x); the derivative is in x only.",
)
chdtrc = of(
    "chdtrc",
    None,
    lambda g, a, b: -g * 0.5 * _gamma_density(0.5 * a, 0.5 * b),
    says="1 - chdtr(v, x), exact also where it is tiny; the derivative is in x only.",
)
chdtri = of(
    "chdtri",
    None,
    lambda g, a, out: -2 * g / _gamma_density(0.5 * a, 0.5 * out),
    says="The x with chdtrc(v, x) = p, of (v, p); the derivative is in p only.",
)
gdtr = of(
    "gdtr",
    lambda g, a, b, x: g * x * _gamma_density(b, a * x),
    None,
    lambda g, a, b, x: g * a * _gamma_density(b, a * x),
    says="The gamma distribution function, of (rate, shape, x); there is no derivative in the shape.",
)
gdtrc = of(
    "gdtrc",
    lambda g, a, b, x: -g * x * _gamma_density(b, a * x),
    None,
    lambda g, a, b, x: -g * a * _gamma_density(b, a * x),
    says="1 - gdtr(a, b, x), exact also where it is tiny; there is no derivative in the shape.",
)
gdtrix = of(
    "gdtrix",
    lambda g, a, out: -g * out / a,
    None,
    lambda g, a, b, out: g / (a * _gamma_density(b, a * out)),
    says="The x with gdtr(a, b, x) = p, of (a, b, p); there is no derivative in the shape.",
)
gdtria = of(
    "gdtria",
    lambda g, b, x, out: g / (x * _gamma_density(b, out * x)),
    None,
    lambda g, x, out: -g * out / x,
    says="The rate a with gdtr(a, b, x) = p, of (p, b, x); there is no derivative in the shape.",
)
pdtr = of(
    "pdtr",
    None,
    lambda g, a, b: -g * _gamma_density(np.floor(a) + 1, b),
    says="The Poisson distribution function of (k, mean); the derivative is in the mean only.",
)
pdtrc = of(
    "pdtrc",
    None,
    lambda g, a, b: g * _gamma_density(np.floor(a) + 1, b),
    says="1 - pdtr(k, m), exact also where it is tiny; the derivative is in m only.",
)
pdtri = of(
    "pdtri",
    None,
    lambda g, a, out: -g / _gamma_density(np.floor(a) + 1, out),
    says="The mean m with pdtr(k, m) = y, of (k, y); the derivative is in y only.",
)

# --- Beta, binomial, F and t (DLMF 8.17) -------------------------------------------------------------------------------

bdtr = of(
    "bdtr",
    None,
    None,
    lambda g, a, b, x: -g * _beta_density(np.floor(a) + 1, b - np.floor(a), x),
    says="The binomial distribution function of (k, n, p); the derivative is in p only.",
)
bdtrc = of(
    "bdtrc",
    None,
    None,
    lambda g, a, b, x: g * _beta_density(np.floor(a) + 1, b - np.floor(a), x),
    says="1 - bdtr(k, n, p), exact also where it is tiny; the derivative is in p only.",
)
bdtri = of(
    "bdtri",
    None,
    None,
    lambda g, a, b, out: -g / _beta_density(np.floor(a) + 1, b - np.floor(a), out),
    says="The p with bdtr(k, n, p) = y, of (k, n, y); the derivative is in y only.",
)
nbdtr = of(
    "nbdtr",
    None,
    None,
    lambda g, a, b, x: g * _beta_density(b, a + 1, x),
    says="The negative binomial distribution function of (k, n, p); the derivative is in p only.",
)
nbdtrc = of(
    "nbdtrc",
    None,
    None,
    lambda g, a, b, x: -g * _beta_density(b, a + 1, x),
    says="1 - nbdtr(k, n, p), exact also where it is tiny; the derivative is in p only.",
)
nbdtri = of(
    "nbdtri",
    None,
    None,
    lambda g, a, b, out: g / _beta_density(b, a + 1, out),
    says="The p with nbdtr(k, n, p) = y, of (k, n, y); the derivative is in y only.",
)


def _f_density(n: Any, d: Any, x: Any) -> Any:
    """(n/d)^(n/2) x^(n/2-1) (1 + nx/d)^(-(n+d)/2) / beta(n/2, d/2)."""
    ratio = n / d
    grown = 0.5 * n * np.log(ratio) + sc.xlogy(0.5 * n - 1, x) - 0.5 * (n + d) * np.log1p(ratio * x)
    return np.where(x < 0, math.nan, np.where(x == math.inf, 0.0, np.exp(grown - sc.betaln(0.5 * n, 0.5 * d))))


fdtr = of(
    "fdtr",
    None,
    None,
    lambda g, a, b, x: g * _f_density(a, b, x),
    says="The F distribution function, of both degrees of freedom and x; the derivative is in x only.",
)
fdtrc = of(
    "fdtrc",
    None,
    None,
    lambda g, a, b, x: -g * _f_density(a, b, x),
    says="1 - fdtr(n, d, x), exact also where it is tiny; the derivative is in x only.",
)
fdtri = of(
    "fdtri",
    None,
    None,
    lambda g, a, b, out: g / _f_density(a, b, out),
    says="The x with fdtr(n, d, x) = p, of (n, d, p); the derivative is in p only.",
)


def _t_density(v: Any, t: Any) -> Any:
    """(1 + t²/v)^(-(v+1)/2) / (√v beta(v/2, ½))."""
    return np.exp(-0.5 * (v + 1) * np.log1p(t * t / v) - 0.5 * np.log(v) - sc.betaln(0.5 * v, 0.5))


stdtr = of(
    "stdtr",
    None,
    lambda g, a, b: g * _t_density(a, b),
    says="Student's t distribution function, of (degrees of freedom, t); the derivative is in t only.",
)
stdtrit = of(
    "stdtrit",
    None,
    lambda g, a, out: g / _t_density(a, out),
    says="The t with stdtr(v, t) = p, of (v, p); the derivative is in p only.",
)

# --- Normal -----------------------------------------------------------------------------------------------------------


def _half_density(h: Any) -> Any:
    """exp(-h²/2) / (2 √(2π))."""
    return np.exp(-0.5 * h * h) * (0.5 / ROOT_2PI)


owens_t = of(  # D. B. Owen, Annals of Mathematical Statistics 27 (1956)
    "owens_t",
    lambda g, a, b: -g * _half_density(a) * sc.erf(a * b * math.sqrt(0.5)),
    lambda g, a, b: g * np.exp(-0.5 * a * a * (1 + b * b)) * (0.5 / math.pi) / (1 + b * b),
    says="Owen's T function of (h, a): how likely X > h and 0 < Y < aX, for two normal X and Y.",
)
nrdtrimn = of(
    "nrdtrimn",
    lambda g, a, b: -g * b * ROOT_2PI * np.exp(0.5 * sc.ndtri(a) * sc.ndtri(a)),
    lambda g, a: -g * sc.ndtri(a),
    lambda g: g,
    says="The mean of the normal distribution of this deviation that is p at x, of (p, deviation, x).",
)
nrdtrisd = of(
    "nrdtrisd",
    lambda g, b: -g / sc.ndtri(b),
    lambda g, b, out: -g * out * ROOT_2PI * np.exp(0.5 * sc.ndtri(b) * sc.ndtri(b)) / sc.ndtri(b),
    lambda g, b: g / sc.ndtri(b),
    says="The deviation of the normal distribution of this mean that is p at x, of (mean, p, x).",
)

# --- Kolmogorov's and Tukey's -----------------------------------------------------------------------------------------


def _kolmogorov_slope(x: Any) -> Any:
    """Of 2 Σ (-1)^(k-1) exp(-2k²x²), and for small x of the same by Jacobi's imaginary transformation (DLMF 20.7.32)."""
    left, right = np.where(x < 1, x, 1.0), np.where((x < 1) | (x == math.inf), 1.0, x)
    left = np.where(left < 0.04, 0.04, left)  # below it, exp(-π²/(8x²)) is 0
    low: Any = 0.0
    high: Any = 0.0
    for k in range(1, 6):
        q = ((2 * k - 1) * math.pi) ** 2 / 8 / left / left
        low = low + np.exp(-q) * (1 - 2 * q)
        high = high + (-1) ** k * 8 * k**2 * np.exp(-2 * k**2 * right * right)
    slope = np.where(x < 1, low * ROOT_2PI / left / left, high * right)
    return np.where((x < 0.04) | (x == math.inf), 0.0, slope)


kolmogorov = of(
    "kolmogorov",
    lambda g, x: g * _kolmogorov_slope(x),
    says="How likely √n times the largest distance of two distribution functions is above x, for many n.",
)
kolmogi = of("kolmogi", lambda g, out: g / _kolmogorov_slope(out), says="The x with kolmogorov(x) = p.")


def _tukey_slope(out: Any, shape: Any) -> Any:
    inside = (out > 0) & (out < 1)
    p = np.where(inside, out, 0.5)
    return np.where(inside, 1 / (np.power(p, shape - 1) + np.power(1 - p, shape - 1)), 0.0)


tklmbda = of(
    "tklmbda",
    lambda g, b, out: g * _tukey_slope(out, b),
    None,
    says="Tukey's lambda distribution function, of (x, λ); the derivative is in x only.",
)
