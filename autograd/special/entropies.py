"""Logistic functions, logarithms, entropies, and transforms and losses of statistics."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .declaring import of, sc

expit = of("expit", lambda g, x, out: g * out * sc.expit(-x), says="σ(x) = 1 / (1 + exp(-x)).")
log_expit = of("log_expit", lambda g, x: g * sc.expit(-x), says="log σ(x), exact also where σ(x) underflows.")
logit_ufunc = of(
    "logit", lambda g, x: np.where((x < 0) | (x > 1), math.nan, g / (x * (1 - x))), says="log(x / (1 - x))."
)


def logit(x: Any, eps: float | None = None) -> Any:
    """log(x / (1 - x)), the inverse of expit; with `eps`, of x limited to [eps, 1 - eps]."""
    return logit_ufunc(x if eps is None else np.clip(x, eps, 1 - eps))


xlogy = of(
    "xlogy",
    lambda g, a, b: np.where((a == 0) & (b <= 0), 0.0, g * np.log(b)),
    lambda g, a, b: np.where((a == 0) & (b == 0), 0.0, np.where((b < 0) & (a != 0), math.nan, g * a / b)),
    says="a log b, which is 0 for a = 0.",
)
xlog1py = of(
    "xlog1py",
    lambda g, a, b: np.where((a == 0) & (b <= -1), 0.0, g * np.log1p(b)),
    lambda g, a, b: np.where((a == 0) & (b == -1), 0.0, np.where((b < -1) & (a != 0), math.nan, g * a / (1 + b))),
    says="a log(1 + b), which is 0 for a = 0.",
)
entr = of("entr", lambda g, x: -g * (np.log(x) + 1), says="-x log x, which is 0 at 0 and -inf below.")


def _of_shares(a: Any, b: Any, at_zero: float, slope: Any) -> Any:
    """`slope`, but NaN where a or b is negative, and `at_zero` where both are 0."""
    return np.where((a < 0) | (b < 0), math.nan, np.where((a == 0) & (b == 0), at_zero, slope))


rel_entr = of(
    "rel_entr",
    lambda g, a, b: g * _of_shares(a, b, 0.0, np.log(a / b) + 1),
    lambda g, a, b: g * _of_shares(a, b, 0.0, -a / b),
    says="a log(a/b), which is 0 for a = 0: the terms of the relative entropy.",
)
kl_div = of(
    "kl_div",
    lambda g, a, b: g * _of_shares(a, b, 0.0, np.log(a / b)),
    lambda g, a, b: g * _of_shares(a, b, 1.0, 1 - a / b),
    says="a log(a/b) - a + b: the terms of the Kullback-Leibler divergence.",
)


def _exprel_slope(x: Any) -> Any:
    """d/dx (exp(x) - 1)/x, by its series near 0, where the quotient would cancel."""
    small = np.absolute(x) < 0.5
    near, far = np.where(small, x, 0.0), np.where(small, 1.0, x)
    series: Any = 0.0
    for k in range(13, -1, -1):
        series = series * near + (k + 1) / math.factorial(k + 2)
    quotient = sc.exprel(far)
    right, left = quotient * (1 - 1 / far) + 1 / far, (np.exp(far) - quotient) / far
    return np.where(small, series, np.where(x > 0, right, left))


def _boxcox_by_power(x: Any, p: Any) -> Any:
    log_x = np.log(x)
    return np.where((x == 0) & (p > 0), 1 / np.where(p > 0, p * p, 1.0), log_x * log_x * _exprel_slope(p * log_x))


exprel = of("exprel", lambda g, x: g * _exprel_slope(x), says="(exp(x) - 1) / x, which is 1 at 0.")
boxcox = of(
    "boxcox",
    lambda g, a, b: np.where(a < 0, math.nan, g * np.power(a, b - 1)),
    lambda g, a, b: g * _boxcox_by_power(a, b),
    says="The Box-Cox transform, (x^p - 1) / p, which is log x for p = 0.",
)
huber = of(
    "huber",
    lambda g, a, b: np.where(a < 0, math.nan, g * np.where(np.absolute(b) > a, np.absolute(b) - a, 0.0)),
    lambda g, a, b: np.where(a < 0, math.nan, g * np.where(np.absolute(b) > a, a * np.sign(b), b)),
    says="r²/2 for |r| ≤ delta, beyond it delta (|r| - delta/2), of (delta, r).",
)


def _length(a: Any, b: Any) -> Any:
    """√(a² + b²), but 1 where both are 0: there the numerator is 0 too."""
    return np.hypot(np.where((a == 0) & (b == 0), 1.0, a), b)


pseudo_huber = of(
    "pseudo_huber",
    lambda g, a, b: np.where(
        a < 0, math.nan, g * b * (b / _length(a, b)) * (b / (a + _length(a, b))) * (b / (a + _length(a, b)))
    ),
    lambda g, a, b: np.where(a < 0, math.nan, g * b * (a / _length(a, b))),
    says="delta² (√(1 + (r/delta)²) - 1), a smooth Huber function, of (delta, r).",
)

boxcox1p = of(
    "boxcox1p",
    lambda g, a, b: np.where(a < -1, math.nan, g * np.exp(sc.xlog1py(b - 1, a))),
    lambda g, a, b: g * _boxcox_by_power(1 + a, b),
    says="The Box-Cox transform of 1 + x, exact also where x is tiny.",
)


def _inv_boxcox_by_power(y: Any, p: Any) -> Any:
    """∂/∂p log (1 + py)^(1/p), by its series in py near 0, where the difference would cancel."""
    u = p * y
    small = np.absolute(u) < 0.1
    near, far = np.where(small, u, 0.0), np.where(small, 1.0, u)
    series: Any = 0.0
    for k in range(16, -1, -1):
        series = series * near + (-1) ** (k + 1) * (k + 1) / (k + 2)
    return y * y * np.where(small, series, (far / (1 + far) - np.log1p(far)) / far / far)


inv_boxcox = of(
    "inv_boxcox",
    lambda g, b, out: g * np.power(out, 1 - b),
    lambda g, a, b, out: g * out * _inv_boxcox_by_power(a, b),
    says="The inverse of the Box-Cox transform, (1 + py)^(1/p), which is exp(y) for p = 0.",
)
inv_boxcox1p = of(
    "inv_boxcox1p",
    lambda g, b, out: g * np.exp(sc.xlog1py(1 - b, out)),
    lambda g, a, b, out: g * (1 + out) * _inv_boxcox_by_power(a, b),
    says="The inverse of boxcox1p, (1 + py)^(1/p) - 1.",
)
