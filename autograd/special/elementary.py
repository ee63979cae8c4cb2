"""Angles in degrees, powers, and what is exact near a place where the plain formula cancels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .declaring import of, sc

DEGREE = math.pi / 180

sindg = of("sindg", lambda g, x: g * (sc.cosdg(x) * DEGREE), says="The sine of an angle in degrees.")
cosdg = of("cosdg", lambda g, x: g * (sc.sindg(x) * -DEGREE), says="The cosine of an angle in degrees.")
tandg = of("tandg", lambda g, out: g * (DEGREE * (1 + out * out)), says="The tangent of an angle in degrees.")
cotdg = of("cotdg", lambda g, out: g * (-DEGREE * (1 + out * out)), says="The cotangent of an angle in degrees.")
radian = of(
    "radian",
    lambda g: g * DEGREE,
    lambda g: g * (DEGREE / 60),
    lambda g: g * (DEGREE / 3600),
    says="Degrees, minutes and seconds as an angle in radians.",
)
cosm1 = of("cosm1", lambda g, x: -g * np.sin(x), says="cos(x) - 1, exact also where x is tiny.")
exp10 = of("exp10", lambda g, out: g * (out * math.log(10)), says="10^x.")
powm1 = of(
    "powm1",
    lambda g, a, b: np.where(b == 0, 0.0, g * b * np.power(a, b - 1)),
    lambda g, a, b, out: g * _by_exponent(a, b, out),
    says="x^y - 1, exact also where it is tiny, of (x, y).",
)
wrightomega = of(
    "wrightomega",
    lambda g, out: g * np.where(out > 1, 1 / (1 + 1 / np.where(out > 1, out, 1.0)), out / (1 + out)),
    says="Wright's ω: the solution of ω + log ω = x.",
)


def _by_exponent(a: Any, b: Any, out: Any) -> Any:
    """x^y log x, which is 0 for x = 0 and y ≥ 0."""
    return np.where((a == 0) & (b >= 0), 0.0, (out + 1) * np.log(np.where((a == 0) & (b >= 0), 1.0, a)))
