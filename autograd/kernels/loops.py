"""The loops, as numba compiles them: one pass over float32 arrays that lie side by side in memory.

Sums may be added up in any order, so that several numbers are worked on at once; that NaN and infinity do not occur is
never assumed. Each loop writes into arrays that it is given.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract", "reassoc", "nsz"}}
SIGNATURES: dict[str, str] = {}
LOOPS: dict[str, Callable[..., None]] = {}

f32 = np.float32


def loop(signature: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorator: a loop and the types of its arguments, for numba to compile when it is first asked for."""

    def note(function: Callable[..., None]) -> Callable[..., None]:
        SIGNATURES[function.__name__], LOOPS[function.__name__] = signature, function
        return function

    return note


def compiled(name: str) -> Any:
    """The machine code of a loop: from the disk, if this or another process has compiled it before."""
    try:
        return njit(SIGNATURES[name], cache=True, **OPTIONS)(LOOPS[name])
    except Exception:  # the disk may be full, or what is on it damaged
        return njit(SIGNATURES[name], **OPTIONS)(LOOPS[name])


# --- exp --------------------------------------------------------------------------------------------------------------


@intrinsic
def as_float(typing_context: Any, bits: Any) -> Any:
    """The float32 that these 32 bits are."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], context.get_value_type(types.float32))

    return types.float32(types.int32), generate


@intrinsic
def as_bits(typing_context: Any, number: Any) -> Any:
    """The 32 bits of a float32."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], context.get_value_type(types.int32))

    return types.int32(types.float32), generate


ONE, HALF = f32(1), f32(0.5)
ROUND = f32(1.5 * 2**23)  # added to a small number, it leaves the nearest whole number in the last bits
LOG2_E = f32(1 / math.log(2))
HIGH, LOW = f32(0.693359375), f32(math.log(2) - 0.693359375)  # log 2, and HIGH times a small whole number is exact
SERIES = f32(1 / 2), f32(1 / 6), f32(1 / 24), f32(1 / 120), f32(1 / 720), f32(1 / 5040)
C2, C3, C4, C5, C6, C7 = SERIES


@njit(nogil=True, error_model="numpy", fastmath={"contract"}, inline="never")
def _exp(x: Any) -> Any:
    """exp(x) to 10⁻⁷ for x ≤ 88, and 0 below -87, where float32 loses digits."""
    shifted = x * LOG2_E + ROUND
    k = shifted - ROUND
    r = (x - k * HIGH) - k * LOW  # x = k log 2 + r
    series = ONE + r * (ONE + r * (C2 + r * (C3 + r * (C4 + r * (C5 + r * (C6 + r * C7))))))
    power = as_float(np.int32((as_bits(shifted) << np.int32(23)) + np.int32(127 << 23)))
    return f32(0) if x < f32(-87) else series * power


# --- GELU -------------------------------------------------------------------------------------------------------------


@loop("void(float32[::1], float32[::1], float32[::1], float32[::1])")
def gelu(x: Any, half_logit: Any, share: Any, out: Any) -> None:
    """share = Φ(x) = 1 / (1 + exp(-2 u)), with u = ½ log(Φ(x)/Φ(-x)) as x times a polynomial in x²; out = x Φ(x)."""
    a, b, c, d, e, f, g = half_logit
    for i in range(x.size):
        z = x[i]
        s = z * z
        u = z * (g + s * (f + s * (e + s * (d + s * (c + s * (b + s * a))))))
        p = f32(0) if u < f32(-44) else ONE / (ONE + _exp(f32(-2) * u))
        share[i] = p
        out[i] = z * p


@loop("void(float32[::1], float32[::1], float32[::1], float32[::1])")
def gelu_share(h: Any, x: Any, share: Any, out: Any) -> None:
    """h (Φ(x) + x φ(x)), given Φ(x)."""
    root = f32(math.sqrt(0.5 / math.pi))
    for i in range(x.size):
        z = x[i]
        out[i] = h[i] * (share[i] + z * (root * _exp(-HALF * (z * z))))


# --- Layer norm -------------------------------------------------------------------------------------------------------


@loop("void(float32[:,::1], float32[::1], float32[::1], float32, boolean, float32[:,::1], float32[::1], float32[::1])")
def normalize_rows(x: Any, weight: Any, bias: Any, eps: Any, centre: Any, out: Any, mean: Any, r: Any) -> None:
    """(x - μ) r · weight + bias for each row, with r = 1/√(σ² + ε); without `centre`, μ is 0."""
    count, n = x.shape
    for i in range(count):
        total = f32(0)
        if centre:
            for j in range(n):
                total += x[i, j]
        m = total / f32(n)
        squares = f32(0)
        for j in range(n):
            d = x[i, j] - m
            squares += d * d
        scale = ONE / np.sqrt(squares / f32(n) + eps)
        mean[i] = m
        r[i] = scale
        for j in range(n):
            out[i, j] = (x[i, j] - m) * scale * weight[j] + bias[j]


@loop(
    "void(float32[:,::1], float32[:,::1], float32[::1], float32[::1], float32[::1], boolean, float32[:,::1], float32[::1], float32[::1])"
)
def normalize_rows_back(
    g: Any, x: Any, weight: Any, mean: Any, r: Any, centre: Any, dx: Any, dweight: Any, dbias: Any
) -> None:
    """dx = r (h - mean h - x̂ mean(h x̂)), with h = g · weight; what is added to dweight and dbias are g x̂ and g."""
    count, n = x.shape
    for i in range(count):
        m, scale = mean[i], r[i]
        level, slope = f32(0), f32(0)
        for j in range(n):
            h = g[i, j] * weight[j]
            level += h
            slope += h * (x[i, j] - m)
        level = level / f32(n) if centre else f32(0)
        slope = slope * scale * scale / f32(n)
        for j in range(n):
            d = x[i, j] - m
            dx[i, j] = scale * (g[i, j] * weight[j] - level - d * slope)
            dweight[j] += g[i, j] * (d * scale)
            dbias[j] += g[i, j]


# --- Attention --------------------------------------------------------------------------------------------------------


@loop("void(float32[:,::1], int64, int64, float32[::1])")
def exponentials(scores: Any, queries: Any, first: Any, total: Any) -> None:
    """exp(scores) in their place, and the sum of each row.

    Rows are those of `queries` queries after each other. If `first` is not negative, it is the place of the first of them, and
    keys of later places than the query's get 0.
    """
    rows, keys = scores.shape
    for i in range(rows):
        open_keys = keys if first < 0 else min(keys, first + i % queries + 1)
        row, s = scores[i], f32(0)
        for j in range(open_keys):
            x = row[j]
            e = _exp(f32(88) if x > f32(88) else x)
            row[j] = e
            s += e
        for j in range(open_keys, keys):
            row[j] = f32(0)
        total[i] = s


@loop("void(float32[:,::1], float32[:,::1], float32[::1], float32)")
def slopes(of_scores: Any, e: Any, level: Any, scale: Any) -> None:
    """(of_scores - level) e · scale in the place of of_scores, `level` having one number for each row."""
    rows, keys = e.shape
    for i in range(rows):
        for j in range(keys):
            of_scores[i, j] = (of_scores[i, j] - level[i]) * e[i, j] * scale


# --- Adam -------------------------------------------------------------------------------------------------------------


@loop("void(float32[::1], float32[::1], float32[::1], float32[::1], float64, float64, float64, float64, int64)")
def adam(p: Any, g: Any, m: Any, v: Any, lr: Any, beta1: Any, beta2: Any, eps: Any, step: Any) -> None:
    """m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g², p ← p - η m̂ / (√v̂ + ε)."""
    spread = np.sqrt(1 - beta2**step)
    rate, floor = f32(lr * spread / (1 - beta1**step)), f32(eps * spread)
    keep_m, new_m, keep_v, new_v = f32(beta1), f32(1 - beta1), f32(beta2), f32(1 - beta2)
    for i in range(p.size):
        m[i] = keep_m * m[i] + new_m * g[i]
        v[i] = keep_v * v[i] + new_v * (g[i] * g[i])
        p[i] -= rate * (m[i] / (np.sqrt(v[i]) + floor))
