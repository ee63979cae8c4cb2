"""Hypergeometric, Wright's and parabolic cylinder functions, with the derivative in the last argument."""

from __future__ import annotations

from typing import Any

from .declaring import of, sc, several

hyp0f1 = of(
    "hyp0f1",
    None,
    lambda g, a, b: g * sc.hyp0f1(a + 1, b) / a,  # DLMF 16.3.1
    says="The confluent hypergeometric limit function ₀F₁(v; x); the derivative is in x only.",
)
hyperu = of(
    "hyperu",
    None,
    None,
    lambda g, a, b, x: -g * a * sc.hyperu(a + 1, b + 1, x),  # DLMF 13.3.22
    says="Tricomi's confluent hypergeometric function U(a, b, x); the derivative is in x only.",
)
hyp2f1 = of(
    "hyp2f1",
    None,
    None,
    None,
    lambda g, a, b, c, x: g * (a * b / c) * sc.hyp2f1(a + 1, b + 1, c + 1, x),  # DLMF 15.5.1
    says="Gauss' hypergeometric function ₂F₁(a, b; c; x); the derivative is in x only.",
)
wright_bessel = of(
    "wright_bessel",
    None,
    None,
    lambda g, a, b, x: g * sc.wright_bessel(a, a + b, x),  # the series of DLMF 10.46.1, term by term
    says="Wright's generalised Bessel function, Σ xᵏ / (k! Γ(ak + b)), of (a, b, x); the derivative is in x only.",
)

# --- A function and its slope: the slope of the slope is what the differential equation says --------------------------

# DLMF 12.2.4: w'' = (x²/4 - v - ½) w
_d: Any
_d_slope: Any
pbdv, _d, _d_slope = several(
    "pbdv",
    value=(None, lambda g, a, b: g * _d_slope(a, b)),
    slope=(None, lambda g, a, b: g * (0.25 * b * b - a - 0.5) * _d(a, b)),
    says="The parabolic cylinder function D and its derivative, of (v, x); the derivative is in x only.",
)
_v: Any
_v_slope: Any
pbvv, _v, _v_slope = several(
    "pbvv",
    value=(None, lambda g, a, b: g * _v_slope(a, b)),
    slope=(None, lambda g, a, b: g * (0.25 * b * b - a - 0.5) * _v(a, b)),
    says="The parabolic cylinder function V and its derivative, of (v, x); the derivative is in x only.",
)
# DLMF 12.2.3: w'' = (a - x²/4) w
_w: Any
_w_slope: Any
pbwa, _w, _w_slope = several(
    "pbwa",
    value=(None, lambda g, a, b: g * _w_slope(a, b)),
    slope=(None, lambda g, a, b: g * (a - 0.25 * b * b) * _w(a, b)),
    says="The parabolic cylinder function W and its derivative, of (a, x); the derivative is in x only.",
)
