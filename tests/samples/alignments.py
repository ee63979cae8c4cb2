"""Samples of `autograd/rules/alignments.py`."""

import itertools
from typing import Any

import numpy as np

from autograd.rules.alignments import ctc

from .table import Domain, of

low = Domain(-2, -0.2)


def by_all_paths(log_probs: Any, labels: Any, steps: Any, lengths: Any, blank: int) -> Any:
    """Every sequence of classes is looked at: those that mean the labels are added up."""
    losses = []
    for n, (time, count) in enumerate(zip(steps, lengths)):
        wanted, total = list(labels[n, 1 : 2 * count : 2]), 0.0
        for path in itertools.product(range(log_probs.shape[2]), repeat=int(time)):
            if [c for c, _ in itertools.groupby(path) if c != blank] == wanted:
                total += np.exp(sum(log_probs[n, t, c] for t, c in enumerate(path)))
        losses.append(-np.log(total))
    return np.array(losses, log_probs.dtype)


ALIGNMENTS = [
    of(
        ctc,
        low(len(labels), time, 3),
        np.array(labels),
        np.array(steps),
        np.array(lengths),
        blank,
        like=by_all_paths,
        ulps=64,
    )
    for time, labels, steps, lengths, blank in (
        (3, [[0, 1, 0, 2, 0], [0, 2, 0, 2, 0]], [3, 3], [2, 2], 0),
        (4, [[0, 1, 0, 1, 0], [0, 2, 0, 0, 0]], [4, 2], [2, 1], 0),
        (2, [[2, 0, 2]], [2], [1], 2),
        (2, [[0]], [2], [0], 0),
        (1, [[0, 1, 0]], [1], [1], 0),
    )
]
