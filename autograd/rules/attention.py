"""Attention: each query takes the average of the values, weighted by how well their keys fit it.

Source: A. Vaswani et al., "Attention is all you need" (2017), section 3.2.1.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..op import joint


def _weights(query: Any, key: Any, mask: Any, scale: float, causal: bool) -> Any:
    """softmax(query keyᵀ · scale + mask) over the keys; a query that no key is open to has weights 0."""
    scores = query * scale @ np.swapaxes(key, -1, -2)
    if causal:
        later = np.triu(np.full(scores.shape[-2:], -math.inf, scores.dtype), 1)
        scores = scores + later
    if mask is not None:
        scores = scores + mask
    top = np.max(scores, axis=-1, keepdims=True, initial=-math.inf)
    e = np.exp(scores - np.where(top == -math.inf, 0.0, top))
    total = np.sum(e, axis=-1, keepdims=True)
    return e / np.where(total == 0, 1.0, total)


def _attention(
    query: Any, key: Any, value: Any, mask: Any, scale: float = 1.0, causal: bool = False
) -> tuple[Any, Any]:
    """The averages of the values, and the weights, kept for the derivative."""
    weights = _weights(query, key, mask, scale, causal)
    return weights @ value, weights


def _attention_rule(g: Any, query: Any, key: Any, value: Any, saved: Any, scale: float, needs: Any) -> list[Any]:
    of_weights = g @ np.swapaxes(value, -1, -2)
    of_scores = saved * (of_weights - np.sum(saved * of_weights, axis=-1, keepdims=True))
    return [
        of_scores @ (key * scale) if needs[0] else None,
        np.swapaxes(of_scores, -1, -2) @ (query * scale) if needs[1] else None,
        np.swapaxes(saved, -1, -2) @ g if needs[2] else None,
        of_scores if needs[3] else None,
    ]


attention = joint(_attention, _attention_rule, name="attention")
