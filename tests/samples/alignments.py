"""Samples of `autograd/rules/alignments.py`."""

import itertools
from typing import Any

import numpy as np

from autograd.rules.alignments import ctc, paths

from .table import Domain, of, real

low = Domain(-2, -0.2)


def by_all_paths(log_probs: Any, labels: Any, steps: Any, lengths: Any) -> Any:
    """Every sequence of classes is looked at: those that mean the labels are added up."""
    losses = []
    for n, (time, count) in enumerate(zip(steps, lengths)):
        wanted, total = list(labels[n, 1 : 2 * count : 2]), 0.0
        blank = labels[n, 0]
        for path in itertools.product(range(log_probs.shape[2]), repeat=int(time)):
            if [c for c, _ in itertools.groupby(path) if c != blank] == wanted:
                total += np.exp(sum(log_probs[n, t, c] for t, c in enumerate(path)))
        losses.append(-np.log(total))
    return np.array(losses, log_probs.dtype)


def by_each_path(each: Any, skip: Any, starts: Any, begin: Any) -> Any:
    """Every way through the places is followed."""
    time, samples, places = each.shape
    sums = np.zeros(each.shape)
    for n in range(samples):
        for end in range(begin[n], time):
            for path in itertools.product(range(places), repeat=end + 1 - begin[n]):
                steps = itertools.pairwise(path)
                if starts[n, path[0]] and all(b - a in (0, 1) or (b - a == 2 and skip[n, b]) for a, b in steps):
                    sums[end, n, path[-1]] += np.exp(sum(each[begin[n] + i, n, s] for i, s in enumerate(path)))
    with np.errstate(divide="ignore"):
        return np.log(sums).astype(each.dtype)


everywhere, at_first = np.ones((2, 4), bool), np.zeros(2, int)

ALIGNMENTS = [
    of(
        paths,
        real(3, 2, 4),
        np.array([[0, 0, 0, 1], [0, 0, 1, 0]], bool),
        everywhere,
        at_first,
        like=by_each_path,
        ulps=64,
    ),
    *(
        of(
            ctc,
            low(len(labels), time, 3),
            np.array(labels),
            np.array(steps),
            np.array(lengths),
            like=by_all_paths,
            ulps=64,
        )
        for time, labels, steps, lengths in (
            (3, [[0, 1, 0, 2, 0], [0, 2, 0, 2, 0]], [3, 3], [2, 2]),
            (4, [[0, 1, 0, 1, 0], [0, 2, 0, 0, 0]], [4, 2], [2, 1]),
            (2, [[2, 0, 2]], [2], [1]),
            (2, [[0]], [2], [0]),
            (1, [[0, 1, 0]], [1], [1]),
            (2, [[0, 1, 0], [0, 0, 0]], [2, 0], [1, 0]),
        )
    ),
]
