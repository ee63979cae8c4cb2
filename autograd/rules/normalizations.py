"""Standardising: numbers are moved to mean 0 and scaled to variance 1, over a row or over a batch, then scaled and moved as learned.

With x̂ = (x - μ) r and r = 1/√(σ² + ε), a cotangent h of x̂ gives r (h - mean h - x̂ mean(h x̂)) for x: μ and r depend on x,
too. On arrays this is done in blocks that stay in the processor's cache, written over one another; lifted onto Tensors, the same
formula is written with operations.

Sources: S. Ioffe and C. Szegedy, "Batch normalization" (2015); J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer
normalization" (2016); B. Zhang and R. Sennrich, "Root mean square layer normalization" (2019).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..kernels import kernel
from ..op import constant, joint

BLOCK = 1 << 18  # numbers that are worked on at a time
WIDE = 512  # numbers from which a row is worth a loop of its own
NEAR = 4.0  # μ²/σ² up to which sums of x and of x² tell σ² nearly as well as sums of (x - μ)²


def _blocks(count: int, size: int) -> Iterator[slice]:
    """Slices of `count` things, each of this size, that hold about BLOCK numbers."""
    step = max(1, BLOCK // max(1, size))
    return (slice(start, start + step) for start in range(0, count, step))


def _centred(x: Any, mean: Any, variance: Any, eps: float) -> tuple[Any, Any, Any]:
    """Rows, what is still to be taken from them, and their variances, which were found as mean x² - μ².

    Where a mean is far from 0, as many digits of that difference are lost: then μ is taken from the rows first.
    """
    if not np.any(mean * mean > NEAR * (variance + eps)):
        return x, mean, variance
    d = x - mean
    return d, np.zeros_like(mean), np.vecdot(d, d)[..., None] / max(1, d.shape[-1])


def _again(x: Any, mean: Any, r: Any) -> tuple[Any, Any]:
    """Rows and what is still to be taken from them, for the backward pass."""
    if not np.any(np.square(mean * r) > NEAR):
        return x, mean
    return x - mean, np.zeros_like(mean)


@contextlib.contextmanager
def _in_rows(n: int) -> Iterator[None]:
    """While entered, NumPy broadcasts along rows of n numbers row by row, if these are wide.

    By itself it copies the operand that is broadcast into a buffer for several rows, which doubles the time.
    """
    if n < WIDE:
        yield
    else:
        with np.errstate():  # leaving it sets the size of the buffer back
            np.setbufsize(WIDE)
            yield


def _outer(column: Any, row: Any, add: Any, out: Any) -> Any:
    """column · row, and `add` to each row unless it is None; as one product of matrices where rows are short."""
    if row.size >= WIDE:
        np.multiply(column, row, out=out)
        if add is not None:
            out += add
        return out
    if add is None:
        return np.dot(column, row[None], out=out)
    left = np.ones((len(column), 2), column.dtype)
    left[:, :1] = column
    return np.dot(left, np.stack([row, add]), out=out)


# --- Over rows --------------------------------------------------------------------------------------------------------


def _normalize_rows(x: Any, weight: Any, bias: Any, eps: float = 1e-5, centre: bool = True) -> tuple[Any, Any]:
    """(x - μ) / √(σ² + ε) · weight + bias for each row of a matrix; without `centre`, x / √(mean x² + ε). And μ and r."""
    if not isinstance(x, np.ndarray):
        return _rows_of_tensors(x, weight, bias, eps, centre), None
    count, n = x.shape
    out = np.empty(x.shape, np.result_type(x, *(a for a in (weight, bias) if a is not None)))
    mean, r = np.zeros((count, 1), x.dtype), np.empty((count, 1), x.dtype)
    each = np.ones(n, out.dtype) if weight is None else weight
    if loop := kernel("normalize_rows", x, each, out):
        none = np.zeros(n, x.dtype) if bias is None else np.ascontiguousarray(bias)
        loop(x, each, none, eps, centre, out, mean[:, 0], r[:, 0])
        return out, (mean, r)
    with _in_rows(n):
        for part in _blocks(count, n):
            d, rest = x[part], mean[part]
            variance = np.vecdot(d, d)[:, None] / max(1, n)
            if centre:
                np.dot(d, np.full((n, 1), 1 / max(1, n), x.dtype), out=rest)
                d, rest, variance = _centred(d, rest, variance - rest * rest, eps)
            scale = np.divide(1, np.sqrt(variance + eps), out=r[part])
            block = out[part]
            if n >= WIDE:
                np.multiply(d, scale, out=block)
                if centre:
                    block -= rest * scale
                if weight is not None:
                    block *= weight
                if bias is not None:
                    block += bias
            else:
                _outer(scale, each, None, out=block)
                block *= d
                if centre or bias is not None:
                    block += _outer(-rest * scale, each, bias, np.empty(block.shape, out.dtype))
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
    each = np.ones(n, g.dtype) if weight is None else weight
    dx = np.empty(x.shape, g.dtype)
    dweight, dbias = np.zeros(n, g.dtype), np.zeros(n, g.dtype)
    if loop := kernel("normalize_rows_back", x, g, each, mean, r):
        for part in _blocks(count, n):  # as in the loop below, sums are of blocks first: they are more exact
            sums = np.zeros((2, n), g.dtype)
            loop(g[part], x[part], each, mean[part, 0], r[part, 0], centre, dx[part], *sums)
            dweight += sums[0]
            dbias += sums[1]
        return [dx, dweight, dbias if needs[2] else None]
    work = None
    with _in_rows(n):
        for part in _blocks(count, n):
            gs, scale = g[part], r[part]
            d, rest = _again(x[part], mean[part], scale)
            work = np.empty(d.shape, g.dtype) if work is None else work  # the last block may be smaller
            product = np.multiply(gs, d, out=work[: len(d)])
            slope = np.dot(product, each)[:, None]
            dweight += np.dot(scale[:, 0], product)
            if centre:
                total = np.dot(gs, each)[:, None]
                dweight -= np.dot((rest * scale)[:, 0], gs)
                slope -= rest * total
            slope *= scale**3 / -max(1, n)
            block = _outer(scale, each, None, out=dx[part])
            block *= gs
            block += np.multiply(d, slope, out=product)
            if centre:
                block -= total * scale / max(1, n) + rest * slope
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
    with _in_rows(size):
        for part in _blocks(samples, x[:1].size):
            d, rest = x[part].reshape(len(mean[part]), groups, channels * size), mean[part]
            rest[..., 0] = np.dot(d, average)
            d, rest, variance = _centred(d, rest, np.vecdot(d, d)[..., None] / n - rest * rest, eps)
            scale = np.divide(1, np.sqrt(variance + eps), out=r[part])
            scale = np.broadcast_to(scale, (*scale.shape[:2], channels)) if weight is None else scale * weight
            block = np.multiply(d.reshape(x[part].shape), scale[..., None], out=out[part])
            block += (-rest * scale if bias is None else bias - rest * scale)[..., None]
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
    with _in_rows(size):
        for part in _blocks(samples, x[:1].size):
            gs, scale = g[part], r[part]
            d, rest = _again(x[part].reshape(len(gs), groups, channels * size), mean[part], scale)
            total = np.dot(gs, ones)  # for each channel
            product = np.vecdot(gs, d.reshape(gs.shape)) - rest * total
            dbias += np.sum(total, axis=0)
            dweight += np.sum(product * scale, axis=0)
            slope = np.sum(product * each, axis=2, keepdims=True) * scale**3 / -n
            shift = np.sum(total * each, axis=2, keepdims=True) * scale / -n - rest * slope
            d = d * slope
            d += shift
            block = np.multiply(gs, (scale * each)[..., None], out=dx[part])
            block += d.reshape(gs.shape)
    return [dx, dweight, dbias]


normalize_groups = joint(_normalize_groups, _normalize_groups_rule, name="normalize_groups")


# --- Over a batch: all numbers of a channel -----------------------------------------------------------------------------


def _flat(x: Any) -> Any:
    """x (N, C, S) with a row for each sample."""
    return x.reshape(len(x), x.shape[1] * x.shape[2])


def _along(values: Any, size: int) -> Any:
    """For each channel a value, and that `size` times: a row that fits beside all numbers of a sample."""
    return values if size == 1 else np.broadcast_to(values[:, None], (len(values), size)).reshape(-1)


def _channel_sums(x: Any) -> Any:
    return np.add.reduce(np.dot(np.ones(len(x), x.dtype), _flat(x)).reshape(x.shape[1:]), axis=1)


def _channel_dots(a: Any, b: Any) -> Any:
    """Σ a b over each channel."""
    return np.add.reduce(np.vecdot(a, b), axis=0) if a.shape[2] > 8 else np.einsum("ncs,ncs->c", a, b)


def _from_mean(x: Any, mean: Any) -> Iterator[tuple[slice, Any]]:
    """Blocks of x without the mean of each channel."""
    samples, channels, size = x.shape
    row = _along(mean, size)
    for part in _blocks(samples, channels * size):
        yield part, (_flat(x[part]) - row).reshape(x[part].shape)


def _batch_statistics(x: Any) -> Any:
    """Mean and variance of each channel of x (N, C, S), as two rows."""
    n = max(1, x.shape[0] * x.shape[2])
    mean = _channel_sums(x) / n
    variance = _channel_dots(x, x) / n - mean * mean
    if np.any(mean * mean > NEAR * variance):
        variance = sum((_channel_dots(d, d) for _, d in _from_mean(x, mean)), np.zeros_like(mean)) / n
    return np.stack([mean, variance])


batch_statistics = constant(_batch_statistics, name="batch_statistics")


def _column(x: Any) -> Any:
    return np.expand_dims(x, 1)


def _scale(weight: Any, variance: Any, eps: float) -> Any:
    r = 1 / np.sqrt(variance + eps)
    return r if weight is None else r * weight


def _scale_channels(x: Any, scale: Any, shift: Any) -> Any:
    """x · scale + shift, a number of each for each channel of x (N, C, S)."""
    samples, channels, size = x.shape
    n = channels * size
    scale, shift = _along(scale, size), _along(shift, size)
    out = np.empty((samples, n), np.result_type(x, scale, shift))
    with _in_rows(n):
        for part in _blocks(samples, n):
            block = np.multiply(_flat(x[part]), scale, out=out[part])
            block += shift
    return out.reshape(x.shape)


def _normalize_batch(x: Any, weight: Any, bias: Any, statistics: Any, eps: float = 1e-5) -> Any:
    """(x - μ) / √(σ² + ε) · weight + bias for each channel of x (N, C, S), given μ and σ² of the batch."""
    scale = _scale(weight, statistics[1], eps)
    return _scale_channels(x, scale, -statistics[0] * scale if bias is None else bias - statistics[0] * scale)


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
    (samples, channels, size), mean = x.shape, statistics[0]
    r = 1 / np.sqrt(statistics[1] + eps)
    total = _channel_sums(g)
    if np.any(np.square(mean * r) > NEAR):
        product = sum((_channel_dots(g[part], d) for part, d in _from_mean(x, mean)), np.zeros_like(mean))
    else:
        product = _channel_dots(g, x) - mean * total
    product *= r  # Σ g x̂
    dx = None
    if needs[0]:  # scale · (g - total / n - x̂ product / n)
        scale = _scale(weight, statistics[1], eps)
        slope = -scale * r * product / n
        shift = _along(-scale * total / n - slope * mean, size)
        scale, slope = _along(scale, size), _along(slope, size)
        dx = np.empty((samples, channels * size), g.dtype)
        with _in_rows(channels * size):
            for part in _blocks(samples, channels * size):
                block = np.multiply(_flat(x[part]), slope, out=dx[part])
                block += _flat(g[part]) * scale
                block += shift
        dx = dx.reshape(x.shape)
    return [dx, product if needs[1] else None, total if needs[2] else None, None]


normalize_batch = joint(_normalize_batch, _normalize_batch_rule, name="normalize_batch")


def _scale_channels_rule(g: Any, x: Any, scale: Any, needs: Any) -> list[Any]:
    if not all(isinstance(a, np.ndarray) for a in (g, x, scale)):
        sums = [np.sum(a, axis=(0, 2)) if need else None for a, need in zip((g * x, g), needs[1:])]
        return [g * _column(scale), *sums]
    dx = None
    if needs[0]:
        with _in_rows(x.shape[1] * x.shape[2]):
            dx = (_flat(g) * _along(scale, x.shape[2])).reshape(x.shape)
    return [dx, _channel_dots(g, x) if needs[1] else None, _channel_sums(g) if needs[2] else None]


scale_channels = joint(_scale_channels, _scale_channels_rule, name="scale_channels")


def _moved(running: Any, now: Any, share: float = 0.1, factor: float = 1.0) -> Any:
    """Running values after they have moved towards those of now, times a factor, by this share."""
    return (running * (1 - share) + now * (share * factor)).astype(running.dtype)


moved = constant(_moved, name="moved", arrays=2)
