"""Attention: each query takes the average of the values, weighted by how well their keys fit it.

    out = softmax(query keyᵀ · scale + mask) value

The softmax is not written down: e = exp(scores) is, and out = (e value) / Σe, since a row of `out` is shorter than a row
of scores. Nor is the largest score of each row taken away first while all are so small that exp can neither overflow nor
vanish. Scores are worked on in blocks that stay in the processor's cache.

Sources: A. Vaswani et al., "Attention is all you need" (2017), section 3.2.1; T. Dao et al., "FlashAttention" (2022), for
blocks, and for Σ p dp over the keys as the product of a row of `out` with its cotangent.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..op import joint

BLOCK = 1 << 16  # about how many scores are worked on at a time
SAFE = 20.0  # exp of scores up to this, and sums down to its inverse, leave room for all that is done with them


def _weights(query: Any, key: Any, mask: Any, scale: float, causal: bool) -> Any:
    """softmax(query keyᵀ · scale + mask) over the keys; a query that no key is open to has weights 0."""
    scores = query * scale @ np.swapaxes(key, -1, -2)
    if causal:
        scores = scores + np.triu(np.full(scores.shape[-2:], -math.inf, scores.dtype), 1)
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


def _turned(x: Any) -> Any:
    """xᵀ, laid out so that a product with it is fast."""
    x = np.swapaxes(x, -1, -2)
    return np.ascontiguousarray(x) if isinstance(x, np.ndarray) else x


def _exponentials(query: Any, key: Any, mask: Any, scale: float, causal: bool, e: Any) -> Any:
    """Write exp(scores) into e, each row but for a factor, and return 1 / Σe; the weights where exp might overflow or vanish."""
    np.matmul(query * scale, _turned(key), out=e)
    if mask is not None:
        e += mask
    if np.maximum.reduce(e, axis=None, initial=-math.inf) <= SAFE:
        np.exp(e, out=e)
        if causal:
            e *= _past(*e.shape[-2:], e.dtype)
        total = np.matmul(e, np.ones((e.shape[-1], 1), e.dtype))
        if np.minimum.reduce(total, axis=None, initial=math.inf) >= math.exp(-SAFE):
            return 1 / total
    e[...] = _weights(query, key, mask, scale, causal)
    return 1.0


def _blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    """Slices of the first axis of an array of scores, of about BLOCK each."""
    step = max(1, BLOCK // max(1, math.prod(shape[1:])))
    return (slice(start, start + step) for start in range(0, shape[0], step))


def _part(x: Any, items: Any, rank: int) -> Any:
    """These items of x, which broadcasts against arrays of this rank."""
    return x if x is None or x.ndim < rank or len(x) == 1 else x[items]


def _attention(
    query: Any, key: Any, value: Any, mask: Any, scale: float = 1.0, causal: bool = False
) -> tuple[Any, Any]:
    """The averages of the values; and e and 1 / Σe, kept for the derivative."""
    shape = (*np.broadcast_shapes(query.shape[:-2], key.shape[:-2], value.shape[:-2]), query.shape[-2], key.shape[-2])
    if mask is not None:
        shape = np.broadcast_shapes(shape, mask.shape)
    rank = len(shape)
    dtype = np.result_type(query, key, value)
    out = np.empty_like(query, dtype, shape=(*shape[:-1], value.shape[-1]))  # with query's order of axes in memory
    e, inverse = np.empty(shape, dtype), np.empty((*shape[:-1], 1), dtype)
    for items in _blocks(shape) if rank > 2 else [...]:
        q, k, v, added = (_part(x, items, rank) for x in (query, key, value, mask))
        inverse[items] = _exponentials(q, k, added, scale, causal, e[items])
        part = np.matmul(e[items], v, out=out[items])
        part *= inverse[items]
    return out, (e, inverse)


def _attention_rule(
    g: Any, out: Any, query: Any, key: Any, value: Any, saved: Any, scale: float, needs: Any
) -> list[Any]:
    e, inverse = saved
    g = g * inverse
    of_scores, mean = g @ _turned(value), np.sum(g * out, axis=-1, keepdims=True)
    if isinstance(of_scores, np.ndarray):  # e (dJ/d(weights) - its mean), written over one another
        of_scores -= mean
        of_scores *= e
    else:
        of_scores = e * (of_scores - mean)
    return [
        of_scores @ (key * scale) if needs[0] else None,
        np.swapaxes(of_scores, -1, -2) @ (query * scale) if needs[1] else None,
        np.swapaxes(e, -1, -2) @ g if needs[2] else None,
        of_scores if needs[3] else None,
    ]


attention = joint(
    _attention, _attention_rule, name="attention", saved=lambda q, k, v, mask, *how: (_weights(q, k, mask, *how), 1.0)
)
