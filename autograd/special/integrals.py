"""Functions that are defined as integrals: Fresnel's, of exponentials, sines and cosines, and of Bessel functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .bessel import _ai, _bi
from .declaring import of, sc, several


def _waning(x: Any, slope: Any) -> Any:
    """`slope`, but 0 at infinity."""
    return np.where(np.isinf(x), 0.0, slope)


def _turn(x: Any) -> Any:
    """πx²/2."""
    return (0.5 * math.pi) * x * x


# DLMF 7.2.7 and 7.2.8
fresnel, _, _ = several(
    "fresnel",
    s=lambda g, x: g * np.sin(_turn(x)),
    c=lambda g, x: g * np.cos(_turn(x)),
    says="Fresnel's integrals S(x) and C(x), of the sine and the cosine of πt²/2 from 0 to x.",
)
# DLMF 6.2
exp1 = of("exp1", lambda g, x: -g * np.exp(-x) / x, says="The exponential integral E₁(x), of exp(-t)/t from x to ∞.")
expi = of("expi", lambda g, x: g * np.exp(x) / x, says="The exponential integral Ei(x), of exp(t)/t from -∞ to x.")
expn = of(
    "expn",
    None,
    lambda g, a, b: -g * np.where(a == 0, np.exp(-b) * (1 + b) / (b * b), sc.expn(np.maximum(a - 1, 0), b)),  # 8.19.13
    says="The exponential integral of order n, of exp(-xt)/tⁿ from 1 to ∞, of (n, x); the derivative is in x only.",
)
sici, _, _ = several(
    "sici",
    si=lambda g, x: g * _waning(x, np.sinc(x * (1 / math.pi))),
    ci=lambda g, x: g * _waning(x, np.cos(x) / x),
    says="The sine integral Si(x), of sin(t)/t from 0 to x, and the cosine integral Ci(x).",
)
shichi, _, _ = several(
    "shichi",
    shi=lambda g, x: g * 0.5 * (sc.exprel(x) + sc.exprel(-x)),
    chi=lambda g, x: g * np.cosh(x) / x,
    says="The hyperbolic sine integral Shi(x), of sinh(t)/t from 0 to x, and the hyperbolic cosine integral Chi(x).",
)
spence = of(
    "spence",
    lambda g, x: -g / sc.exprel(np.log(x)),  # log x / (1 - x)
    says="Spence's function, the dilogarithm of 1 - x: the integral of log(t) / (1 - t) from 1 to x.",
)

# Of Bessel, Struve and Airy functions

itj0y0, _, _ = several(
    "itj0y0", j=lambda g, x: g * sc.j0(x), y=lambda g, x: g * sc.y0(x), says="The integrals of j0 and y0 from 0 to x."
)
iti0k0, _, _ = several(
    "iti0k0", i=lambda g, x: g * sc.i0(x), k=lambda g, x: g * sc.k0(x), says="The integrals of i0 and k0 from 0 to x."
)
itstruve0 = of("itstruve0", lambda g, x: g * sc.struve(0, x), says="The integral of struve(0, t) from 0 to x.")
itmodstruve0 = of(
    "itmodstruve0", lambda g, x: g * sc.modstruve(0, x), says="The integral of modstruve(0, t) from 0 to x."
)
itairy, _, _, _, _ = several(
    "itairy",
    ai=lambda g, x: g * _ai(x),
    bi=lambda g, x: g * _bi(x),
    ai_left=lambda g, x: g * _ai(-x),
    bi_left=lambda g, x: g * _bi(-x),
    says="The integrals from 0 to x of Ai(t), Bi(t), Ai(-t) and Bi(-t).",
)
