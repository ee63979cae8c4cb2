"""The probability of a sequence of labels, summed over all the ways in which it can lie along a longer sequence of outputs.

Between the labels, before and after them stand blanks; a path goes from one to the next, stays where it is, or leaves out a
blank between two labels that differ. α[t, s] is the log probability of all paths that are at s at time t, β[t, s] that of
all that go on from there: α of the sequence read backwards. Their sum, less that of all paths, is the log of the share that
passes there: the derivative.

Source: A. Graves, S. Fernández, F. Gomez and J. Schmidhuber, "Connectionist temporal classification" (2006), section 4.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..op import general

# --- Sums over paths --------------------------------------------------------------------------------------------------


def _paths(each: Any, skip: Any, starts: Any, begin: Any) -> Any:
    """The log of what all paths to each place at each time add up to; -inf where none leads.

    Shapes: each (T, N, K), the log weight of being there; skip (N, K), whether a path may come from two places before; starts
    (N, K), where paths may begin, and begin (N,), when.
    """
    time, samples, places = each.shape
    closed, lowest = -math.inf, float(np.finfo(each.dtype).min)
    # rows stand side by side, with two places between them where no path is: three windows on them are the three ways
    width, length = places + 2, samples * (places + 2)
    room = np.full((time, 2 + length), closed, each.dtype)
    rows = room[:, 2:].reshape(time, samples, width)
    ways = sliding_window_view(room, length, axis=1).swapaxes(1, 2)
    weights = np.full((time, samples, width), closed, each.dtype)
    weights[:, :, :places] = each
    barred = np.zeros((3, samples, width), each.dtype)
    barred[0, :, :places] = np.where(skip, 0.0, closed)
    barred = barred.reshape(3, length)
    terms, top = np.empty_like(barred), np.empty_like(barred[0])
    with np.errstate(divide="ignore"):  # log 0, where no path leads
        for t, (here, to) in enumerate(zip(weights.reshape(time, length), room[:, 2:])):
            if t:
                np.add(ways[t - 1], barred, out=terms)
                np.maximum.reduce(terms, axis=0, out=top, initial=lowest)  # -inf less -inf would be NaN
                terms -= top
                np.exp(terms, out=terms)
                np.add.reduce(terms, axis=0, out=to)
                np.log(to, out=to)
                to += top
                to += here
            new = begin == t
            if new.any():
                rows[t, new, :places] = np.where(starts[new], each[t, new], closed)
    return rows[:, :, :places]


def _moved(a: Any, by: int, fill: float) -> Any:
    """a (..., K), `by` places further along its last axis."""
    if not by:
        return a
    gap = np.full((*a.shape[:-1], min(abs(by), a.shape[-1])), fill, a.dtype)
    return np.concatenate([gap, a[..., :-by]] if by > 0 else [a[..., -by:], gap], axis=-1)


def _paths_rule(g: Any, each: Any, skip: Any, out: Any) -> Any:
    if not len(each):
        return g
    lowest = float(np.finfo(each.dtype).min)
    before = out[:-1]
    ways = np.stack([before, _moved(before, 1, -math.inf), np.where(skip, _moved(before, 2, -math.inf), -math.inf)])
    parts = np.exp(ways - np.maximum(np.max(ways, axis=0), lowest))
    total = np.sum(parts, axis=0)
    shares = parts / np.where(total == 0, 1.0, total)
    passing = [g[-1]]
    for t in range(len(each) - 2, -1, -1):
        onwards = passing[-1] * shares[:, t]
        passing.append(g[t] + onwards[0] + _moved(onwards[1], -1, 0.0) + _moved(onwards[2], -2, 0.0))
    return np.where(out == -math.inf, 0.0, np.stack(passing[::-1]))


paths = general(_paths, _paths_rule, None, None, None, name="paths")

# --- Of labels --------------------------------------------------------------------------------------------------------


def _may_skip(labels: Any) -> Any:
    """Whether a path may come to a place from two places before it: from a label that differs."""
    return _moved(labels, 2, 0) != np.where(np.arange(labels.shape[1]) < 2, 0, labels)


def _alphas(log_probs: Any, labels: Any, steps: Any, lengths: Any) -> Any:
    starts = np.broadcast_to(np.arange(labels.shape[1]) < 2, labels.shape)
    return paths(_of_labels(log_probs, labels), _may_skip(labels), starts, np.zeros_like(steps))


def _of_labels(log_probs: Any, labels: Any) -> Any:
    """(T, N, 2S + 1)."""
    samples, time, classes = log_probs.shape
    return np.swapaxes(log_probs[np.arange(samples)[:, None], :, labels], 0, 1)
