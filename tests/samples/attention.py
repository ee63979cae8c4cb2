"""Samples of `autograd/rules/attention.py`."""

import math
from typing import Any

import numpy as np

from autograd.rules.attention import attention

from .table import of, real


def one_by_one(q: Any, k: Any, v: Any, mask: Any, scale: float, causal: bool) -> Any:
    out = np.zeros((*q.shape[:-1], v.shape[-1]), v.dtype)
    for place in np.ndindex(q.shape[:-1]):
        batch, row = place[:-1], place[-1]
        scores = np.asarray([scale * (q[place] @ key) for key in k[batch]])
        if mask is not None:
            scores = scores + mask[row]
        if causal:
            scores[row + 1 :] = -math.inf
        weights = np.exp(scores - np.max(scores))
        out[place] = weights / np.sum(weights) @ v[batch]
    return out


ATTENTION = [
    of(attention, real(2, 3, 4), real(2, 5, 4), real(2, 5, 2), None, 0.5, False, like=one_by_one, ulps=64, sums=True),
    of(attention, real(2, 3, 2), real(2, 3, 2), real(2, 3, 2), None, 1.5, True, like=one_by_one, ulps=64, sums=True),
    of(attention, real(3, 2), real(4, 2), real(4, 2), real(3, 4), 1.0, False, like=one_by_one, ulps=64, sums=True),
]
