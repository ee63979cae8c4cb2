"""The error function, Dawson's integral, and the normal distribution."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .declaring import of, sc

ROOT_PI = math.sqrt(math.pi)
ROOT_2PI = math.sqrt(2 * math.pi)


def _asymptotic(u: Any) -> Any:
    """u + 3u² + 15u³ + ...: how 1 - 2x·dawsn(x), with u = -1/(2x²), and its like for erfcx fall off for large x."""
    total = 0.0
    for n in range(11, 0, -1):
        total = (2 * n - 1) * u * (1.0 + total)
    return total


def _dawsn_slope(x: Any) -> Any:
    """1 - 2x·dawsn(x), without its cancellation."""
    far = np.absolute(x) > 10
    big = np.where(far, x, 10.0)
    return np.where(far, -_asymptotic(0.5 / big / big), 1 - 2 * x * sc.dawsn(x))


def _erfcx_slope(x: Any) -> Any:
    """2x·erfcx(x) - 2/√π, without its cancellation."""
    far = x > 10
    big = np.where(far, x, 10.0)
    return np.where(far, (2 / ROOT_PI) * _asymptotic(-0.5 / big / big), 2 * x * sc.erfcx(x) - 2 / ROOT_PI)


def _log_ndtr_slope(x: Any) -> Any:
    """The density over the distribution function, which is about -x far to the left."""
    left = math.sqrt(2 / math.pi) / sc.erfcx(np.where(x < 0, x, 0.0) * -math.sqrt(0.5))
    return np.where(x < 0, left, np.exp(-0.5 * x * x) / (ROOT_2PI * sc.ndtr(np.where(x < 0, 0.0, x))))


erf = of("erf", lambda g, x: g * (2 / ROOT_PI) * np.exp(-x * x), says="The error function, 2/√π ∫₀ˣ exp(-t²) dt.")
erfc = of("erfc", lambda g, x: g * (-2 / ROOT_PI) * np.exp(-x * x), says="1 - erf(x), exact also where it is tiny.")
erfi = of("erfi", lambda g, x: g * (2 / ROOT_PI) * np.exp(x * x), says="The imaginary error function, -i erf(ix).")
erfinv = of(
    "erfinv", lambda g, out: g * (ROOT_PI / 2) * np.exp(out * out), says="The inverse of erf; infinite at -1 and 1."
)
erfcinv = of(
    "erfcinv", lambda g, out: g * (-ROOT_PI / 2) * np.exp(out * out), says="The inverse of erfc; infinite at 0 and 2."
)
erfcx = of("erfcx", lambda g, x: g * _erfcx_slope(x), says="exp(x²) erfc(x), without overflow for large x.")
dawsn = of("dawsn", lambda g, x: g * _dawsn_slope(x), says="Dawson's integral, exp(-x²) ∫₀ˣ exp(t²) dt.")
ndtr = of(
    "ndtr", lambda g, x: g * np.exp(-0.5 * x * x) * (1 / ROOT_2PI), says="The normal distribution function, Φ(x)."
)
ndtri = of("ndtri", lambda g, out: g * ROOT_2PI * np.exp(0.5 * out * out), says="The quantile: the x with Φ(x) = p.")
log_ndtr = of("log_ndtr", lambda g, x: g * _log_ndtr_slope(x), says="log Φ(x), exact also where Φ(x) underflows.")

ndtri_exp = of(
    "ndtri_exp", lambda g, out: g / _log_ndtr_slope(out), says="The x with log Φ(x) = y, exact also where Φ underflows."
)
