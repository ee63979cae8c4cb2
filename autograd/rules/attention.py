"""Attention: each query takes the average of the values, weighted by how well their keys fit it.

    out = softmax(query keyᵀ · scale + mask) value

The softmax is not written down: e = exp(scores) is, and out = (e value) / Σe, since a row of `out` is shorter than a row
of scores. Nor is the largest score of each row taken away first while all are so small that exp can neither overflow nor
vanish. Scores are worked on in blocks that stay in the processor's cache, those that are closed to all queries not at all.

Sources: A. Vaswani et al., "Attention is all you need" (2017), section 3.2.1; T. Dao et al., "FlashAttention" (2022), for
blocks, and for Σ p dp over the keys as the product of a row of `out` with its cotangent.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ..kernels import kernel
from ..op import joint

BLOCK = 1 << 17  # about how many scores are worked on at a time
ROWS = 32  # a causal block has so many queries, or twice as many: fewer make small products, more look at closed keys
SAFE = 20.0  # exp of scores up to this, and sums down to its inverse, leave room for all that is done with them


def _weights(query: Any, key: Any, mask: Any, scale: float, first: int | None) -> Any:
    """softmax(query keyᵀ · scale + mask) over the keys; a query that no key is open to has weights 0.

    `first` is the place of the first query, if the keys of later places are closed to each.
    """
    scores = query * scale @ np.swapaxes(key, -1, -2)
    if first is not None:
        scores = scores + np.triu(np.full(scores.shape[-2:], -math.inf, scores.dtype), 1 + first)
    if mask is not None:
        scores = scores + mask
    top = np.max(scores, axis=-1, keepdims=True, initial=-math.inf)
    e = np.exp(scores - np.where(top == -math.inf, 0.0, top))
    total = np.sum(e, axis=-1, keepdims=True)
    return e / np.where(total == 0, 1.0, total)


@functools.lru_cache(8)
def _past(rows: int, keys: int, dtype: Any) -> Any:
    """1 where a key is not behind the query, else 0."""
    found = np.tri(rows, keys, dtype=dtype)
    found.flags.writeable = False
    return found


def _columns(x: Any) -> Any:
    """xᵀ, laid out so that a product with it is fast."""
    return np.ascontiguousarray(np.swapaxes(x, -1, -2))


def _exponentials(query: Any, columns: Any, mask: Any, first: int | None) -> tuple[Any, Any]:
    """exp(scores), each row but for a factor, and 1 / Σ; where exp might overflow or vanish, the weights and 1."""
    e = np.matmul(query, columns)
    if mask is not None:
        e += mask
    if loop := kernel("exponentials", e):
        rows = e.reshape(-1, e.shape[-1])
        total = np.empty((*e.shape[:-1], 1), e.dtype)
        loop(rows, e.shape[-2], -1 if first is None else first, total.reshape(-1))
        largest = np.maximum.reduce(total, axis=None)  # it is more than any exp has been
        if largest <= math.exp(SAFE) and np.minimum.reduce(total, axis=None) >= math.exp(-SAFE):
            return e, 1 / total
    elif np.maximum.reduce(e, axis=None, initial=-math.inf) <= SAFE:
        np.exp(e, out=e)
        if first is not None:
            near = e[..., first:]
            near *= _past(*near.shape[-2:], e.dtype)
        total = np.matmul(e, np.ones((e.shape[-1], 1), e.dtype))
        if np.minimum.reduce(total, axis=None, initial=math.inf) >= math.exp(-SAFE):
            return e, 1 / total
    return _weights(query, np.swapaxes(columns, -1, -2), mask, 1.0, first), 1.0


def _wide(query: Any, key: Any, value: Any, mask: Any) -> tuple[Any, ...]:
    """The arguments with all axes of the batch, one at least, and an array's shape that has one number for each query and key."""
    batch = np.broadcast_shapes(*(x.shape[:-2] for x in (query, key, value, mask) if x is not None)) or (1,)
    shape = (*batch, query.shape[-2], key.shape[-2])
    wide = (x if x.shape[:-2] == batch else np.broadcast_to(x, (*batch, *x.shape[-2:])) for x in (query, key, value))
    return *wide, None if mask is None else np.broadcast_to(mask, shape), shape


def _items(shape: tuple[int, ...]) -> list[slice]:
    """Parts of the batch, of about BLOCK scores each."""
    step = max(1, BLOCK // max(1, math.prod(shape[1:])))
    return [slice(start, start + step) for start in range(0, shape[0], step)]


def _rows(shape: tuple[int, ...], causal: bool) -> list[tuple[slice, slice]]:
    """Parts of the queries, the last ones first, and the keys that are open to one of them at least."""
    queries, keys = shape[-2:]
    step = min(max(ROWS, queries // 4), 2 * ROWS) if causal else max(1, queries)
    parts = [(slice(start, start + step), slice(0, min(start + step, keys))) for start in range(0, queries, step)]
    return [(slice(max(0, len(parts) - 1) * step, queries), slice(0, keys)), *parts[-2::-1]]


def _attention(
    query: Any, key: Any, value: Any, mask: Any, scale: float = 1.0, causal: bool = False
) -> tuple[Any, Any]:
    """The averages of the values; and, kept for the derivative, 1 / Σe and e of each block."""
    dtype, one = np.result_type(query, key, value), max(query.ndim, key.ndim, value.ndim, np.ndim(mask)) == 2
    query, key, value, mask, shape = _wide(query, key, value, mask)
    out = np.empty_like(query, dtype, shape=(*shape[:-1], value.shape[-1]))  # with query's order of axes in memory
    inverse, kept = np.empty((*shape[:-1], 1), dtype), []
    for items in _items(shape):
        columns, scaled = _columns(key[items]), query[items] * scale
        for rows, keys in _rows(shape, causal):
            added = None if mask is None else mask[items, ..., rows, keys]
            e, of_rows = _exponentials(scaled[..., rows, :], columns[..., keys], added, rows.start if causal else None)
            mixed = np.matmul(e, value[items, ..., keys, :], out=out[items, ..., rows, :])
            mixed *= of_rows
            inverse[items, ..., rows, :] = of_rows
            kept.append(e)
    return out[0] if one else out, (inverse, *kept)


def _attention_rule(
    g: Any, out: Any, query: Any, key: Any, value: Any, mask: Any, saved: Any, scale: float, causal: bool, needs: Any
) -> list[Any]:
    if not isinstance(g, np.ndarray):
        return _composed_rule(g, query, key, value, saved, scale, needs)
    inverse, *kept = saved
    query, key, value, mask, shape = _wide(query, key, value, mask)
    g, out = (np.broadcast_to(x, (*shape[:-1], x.shape[-1])) for x in (g, out))
    of_query, of_key, of_value = (np.empty_like(x) if need else None for x, need in zip((query, key, value), needs))
    of_mask = np.zeros(shape, g.dtype) if needs[3] else None
    blocks = iter(kept)
    for items in _items(shape):
        columns = _columns(value[items])
        for rows, keys in _rows(shape, causal):
            e, here, there = next(blocks), (items, ..., rows, slice(None)), (items, ..., keys, slice(None))
            share = g[here] * inverse[here]
            of_scores = np.matmul(share, columns[..., keys])
            level = np.vecdot(share, out[here])
            if of_mask is None and (loop := kernel("slopes", of_scores, e, level)):
                loop(of_scores.reshape(-1, e.shape[-1]), e.reshape(-1, e.shape[-1]), level.reshape(-1), scale)
            else:
                of_scores -= level[..., None]
                of_scores *= e
                if of_mask is not None:
                    of_mask[items, ..., rows, keys] = of_scores
                of_scores *= scale
            if of_query is not None:
                np.matmul(of_scores, key[there], out=of_query[here])
            for total, rising, x in ((of_key, of_scores, query[here]), (of_value, e, share)):
                if total is not None and rows.stop == shape[-2]:  # the first of these keys, which are all there are
                    np.matmul(np.swapaxes(rising, -1, -2), x, out=total[there])
                elif total is not None:
                    total[there] += np.matmul(np.swapaxes(rising, -1, -2), x)
    return [of_query, of_key, of_value, of_mask]


def _composed_rule(g: Any, query: Any, key: Any, value: Any, weights: Any, scale: float, needs: Any) -> list[Any]:
    of_weights = g @ np.swapaxes(value, -1, -2)
    of_scores = weights * (of_weights - np.sum(weights * of_weights, axis=-1, keepdims=True))
    return [
        of_scores @ (key * scale) if needs[0] else None,
        np.swapaxes(of_scores, -1, -2) @ (query * scale) if needs[1] else None,
        np.swapaxes(weights, -1, -2) @ g if needs[2] else None,
        of_scores if needs[3] else None,
    ]


attention = joint(
    _attention,
    _attention_rule,
    name="attention",
    saved=lambda query, key, value, mask, scale, causal: _weights(query, key, mask, scale, 0 if causal else None),
)
