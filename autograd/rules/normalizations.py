"""Standardising: numbers are moved to mean 0 and scaled to variance 1, over a row or over a batch, then scaled and moved as learned.

With x̂ = (x - μ) r and r = 1/√(σ² + ε), a cotangent h of x̂ gives r (h - mean h - x̂ mean(h x̂)) for x: μ and r depend on x,
too. On arrays this is done in blocks that stay in the processor's cache, written over one another; lifted onto Tensors, the same
formula is written with operations.

Sources: S. Ioffe and C. Szegedy, "Batch normalization" (2015); J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer
normalization" (2016); B. Zhang and R. Sennrich, "Root mean square layer normalization" (2019).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..op import constant, joint

BLOCK = 1 << 17  # numbers that are worked on at a time


def _blocks(count: int, size: int) -> Iterator[slice]:
    """Slices of `count` things, each of this size, that hold about BLOCK numbers."""
    step = max(1, BLOCK // max(1, size))
    return (slice(start, start + step) for start in range(0, count, step))


# --- Over rows --------------------------------------------------------------------------------------------------------


def _normalize_rows(x: Any, weight: Any, bias: Any, eps: float = 1e-5, centre: bool = True) -> tuple[Any, Any]:
    """(x - μ) / √(σ² + ε) · weight + bias for each row of a matrix; without `centre`, x / √(mean x² + ε). And μ and r."""
    if not isinstance(x, np.ndarray):
        return _rows_of_tensors(x, weight, bias, eps, centre), None
    count, n = x.shape
    out = np.empty(x.shape, np.result_type(x, *(a for a in (weight, bias) if a is not None)))
    mean, r = np.zeros((count, 1), x.dtype), np.empty((count, 1), x.dtype)
    average = np.full((n, 1), 1 / max(1, n), x.dtype)
    for part in _blocks(count, n):
        d = out[part]
        if centre:
            np.dot(x[part], average, out=mean[part])
            np.subtract(x[part], mean[part], out=d)
            squares = np.vecdot(d, d)
        else:
            squares = np.vecdot(x[part], x[part])
        scale = r[part]
        scale[:, 0] = 1 / np.sqrt(squares / max(1, n) + eps)
        np.multiply(d if centre else x[part], scale, out=d)
        if weight is not None:
            d *= weight
        if bias is not None:
            d += bias
    return out, (mean, r)


def _standardized_rows(x: Any, eps: float, centre: bool) -> tuple[Any, Any]:
    d = x - np.mean(x, axis=1, keepdims=True) if centre else x
    r = 1 / np.sqrt(np.mean(d * d, axis=1, keepdims=True) + eps)
    return d * r, r


def _rows_of_tensors(x: Any, weight: Any, bias: Any, eps: float, centre: bool) -> Any:
    out, _ = _standardized_rows(x, eps, centre)
    out = out if weight is None else out * weight
    return out if bias is None else out + bias


def _normalize_rows_rule(g: Any, x: Any, weight: Any, saved: Any, eps: float, centre: bool, needs: Any) -> list[Any]:
    if saved is None:
        xhat, r = _standardized_rows(x, eps, centre)
        h = g if weight is None else g * weight
        dx = h - xhat * np.mean(h * xhat, axis=1, keepdims=True)
        if centre:
            dx = dx - np.mean(h, axis=1, keepdims=True)
        return [dx * r, np.sum(g * xhat, axis=0) if needs[1] else None, np.sum(g, axis=0) if needs[2] else None]
    (mean, r), (count, n) = saved, x.shape
    each = np.full(n, 1.0, g.dtype) if weight is None else weight
    dx = np.empty(x.shape, g.dtype)
    dweight, dbias = np.zeros(n, g.dtype), np.zeros(n, g.dtype)
    for part in _blocks(count, n):
        gs, scale = g[part], r[part]
        d = np.subtract(x[part], mean[part]) if centre else x[part]
        product = gs * d
        dweight += np.dot(scale[:, 0], product)
        slope = np.dot(product, each)[:, None] * scale**3 / -max(1, n)
        h = np.multiply(gs, each, out=product) if weight is not None else gs
        h = np.multiply(h, scale, out=product)
        d = np.multiply(d, slope, out=dx[part])
        d += h
        if centre:
            d -= np.dot(gs, each)[:, None] * (scale / max(1, n))
        if needs[2]:
            dbias += np.dot(np.ones(len(gs), g.dtype), gs)
    return [dx, dweight, dbias if needs[2] else None]


normalize_rows = joint(_normalize_rows, _normalize_rows_rule, name="normalize_rows")


# --- Over groups of channels ------------------------------------------------------------------------------------------


def _normalize_groups(x: Any, weight: Any, bias: Any, eps: float = 1e-5) -> tuple[Any, Any]:
    """(x - μ) / √(σ² + ε) · weight + bias of x (N, groups, channels, S), μ and σ² over channels and S. And μ and r.

    Shapes: weight and bias (groups, channels).
    """
    if not isinstance(x, np.ndarray):
        out, _ = _standardized_groups(x, eps)
        out = out if weight is None else out * np.expand_dims(weight, 2)
        return (out if bias is None else out + np.expand_dims(bias, 2)), None
    samples, groups, channels, size = x.shape
    n = max(1, channels * size)
    out = np.empty(x.shape, np.result_type(x, *(a for a in (weight, bias) if a is not None)))
    mean, r = np.empty((samples, groups, 1), x.dtype), np.empty((samples, groups, 1), x.dtype)
    average = np.full(channels * size, 1 / n, x.dtype)
    for part in _blocks(samples, x[:1].size):
        rows, d = x[part].reshape(-1, groups, channels * size), out[part].reshape(-1, groups, channels * size)
        mean[part, :, 0] = np.dot(rows, average)
        np.subtract(rows, mean[part], out=d)
        r[part, :, 0] = 1 / np.sqrt(np.vecdot(d, d) / n + eps)
        scale = r[part] if weight is None else r[part] * weight
        block = out[part]
        block *= scale[..., None]
        if bias is not None:
            block += bias[..., None]
    return out, (mean, r)


def _standardized_groups(x: Any, eps: float) -> tuple[Any, Any]:
    d = x - np.mean(x, axis=(2, 3), keepdims=True)
    r = 1 / np.sqrt(np.mean(d * d, axis=(2, 3), keepdims=True) + eps)
    return d * r, r


def _normalize_groups_rule(g: Any, x: Any, weight: Any, saved: Any, eps: float, needs: Any) -> list[Any]:
    if saved is None:
        xhat, r = _standardized_groups(x, eps)
        h = g if weight is None else g * np.expand_dims(weight, 2)
        dx = h - np.mean(h, axis=(2, 3), keepdims=True) - xhat * np.mean(h * xhat, axis=(2, 3), keepdims=True)
        dweight = np.sum(g * xhat, axis=(0, 3)) if needs[1] else None
        return [dx * r, dweight, np.sum(g, axis=(0, 3)) if needs[2] else None]
    (mean, r), (samples, groups, channels, size) = saved, x.shape
    n, ones = max(1, channels * size), np.ones(size, g.dtype)
    each = np.ones((groups, channels), g.dtype) if weight is None else weight
    dx, dweight, dbias = np.empty(x.shape, g.dtype), np.zeros_like(each), np.zeros_like(each)
    apart = None
    for part in _blocks(samples, x[:1].size):
        gs, scale = g[part], r[part]
        apart = np.empty(gs.shape, g.dtype) if apart is None else apart  # the last block may be smaller
        d = np.subtract(x[part], mean[part][..., None], out=apart[: len(gs)])
        total, product = np.dot(gs, ones), np.vecdot(gs, d)  # for each channel
        dbias += np.sum(total, axis=0)
        dweight += np.sum(product * scale, axis=0)
        slope = np.sum(product * each, axis=2, keepdims=True) * scale**3 / -n
        shift = np.sum(total * each, axis=2, keepdims=True) * scale / -n
        block = np.multiply(gs, (scale * each)[..., None], out=dx[part])
        d *= slope[..., None]
        d += shift[..., None]
        block += d
    return [dx, dweight, dbias]


normalize_groups = joint(_normalize_groups, _normalize_groups_rule, name="normalize_groups")


# --- Over a batch: all numbers of a channel -----------------------------------------------------------------------------


def _channel_sums(x: Any) -> Any:
    return np.add.reduce(np.add.reduce(x, axis=2), axis=0)


def _channel_dots(a: Any, b: Any) -> Any:
    """Σ a b over each channel."""
    return np.add.reduce(np.vecdot(a, b), axis=0) if a.shape[2] > 8 else np.einsum("ncs,ncs->c", a, b)


def _batch_statistics(x: Any) -> Any:
    """Mean and variance of each channel of x (N, C, S), as two rows."""
    n = max(1, x.shape[0] * x.shape[2])
    mean = _channel_sums(x) / n
    squares = np.zeros_like(mean)
    for part in _blocks(len(x), x[:1].size):
        d = x[part] - mean[:, None]
        squares += _channel_dots(d, d)
    return np.stack([mean, squares / n])


batch_statistics = constant(_batch_statistics, name="batch_statistics")


def _column(x: Any) -> Any:
    return np.expand_dims(x, 1)


def _scale(weight: Any, variance: Any, eps: float) -> Any:
    r = 1 / np.sqrt(variance + eps)
    return r if weight is None else r * weight


def _normalize_batch(x: Any, weight: Any, bias: Any, statistics: Any, eps: float = 1e-5) -> Any:
    """(x - μ) / √(σ² + ε) · weight + bias for each channel of x (N, C, S), given μ and σ² of the batch."""
    scale = _scale(weight, statistics[1], eps)
    shift = -statistics[0] * scale if bias is None else bias - statistics[0] * scale
    out = np.empty(x.shape, np.result_type(x, scale))
    for part in _blocks(len(x), x[:1].size):
        block = np.multiply(x[part], _column(scale), out=out[part])
        block += _column(shift)
    return out


def _normalize_batch_rule(g: Any, x: Any, weight: Any, statistics: Any, eps: float, needs: Any) -> list[Any]:
    n = max(1, x.shape[0] * x.shape[2])
    if not all(a is None or isinstance(a, np.ndarray) for a in (g, x, weight)):
        d = x - np.mean(x, axis=(0, 2), keepdims=True)
        r = 1 / np.sqrt(np.mean(d * d, axis=(0, 2), keepdims=True) + eps)
        xhat = d * r
        h = g if weight is None else g * _column(weight)
        dx = r * (h - np.mean(h, axis=(0, 2), keepdims=True) - xhat * np.mean(h * xhat, axis=(0, 2), keepdims=True))
        dweight = np.sum(g * xhat, axis=(0, 2)) if needs[1] else None
        return [dx, dweight, np.sum(g, axis=(0, 2)) if needs[2] else None, None]
    mean, r = statistics[0], 1 / np.sqrt(statistics[1] + eps)
    total, product = _channel_sums(g), np.zeros_like(mean)
    for part in _blocks(len(x), x[:1].size):
        product += _channel_dots(g[part], x[part] - _column(mean))
    product *= r  # Σ g x̂
    dx = None
    if needs[0]:  # scale · (g - total / n - x̂ product / n)
        scale = _scale(weight, statistics[1], eps)
        slope = -scale * r * product / n
        shift = -scale * total / n - slope * mean
        dx = np.empty(x.shape, g.dtype)
        for part in _blocks(len(x), x[:1].size):
            block = np.multiply(x[part], _column(slope), out=dx[part])
            block += g[part] * _column(scale)
            block += _column(shift)
    return [dx, product if needs[1] else None, total if needs[2] else None, None]


normalize_batch = joint(_normalize_batch, _normalize_batch_rule, name="normalize_batch")
