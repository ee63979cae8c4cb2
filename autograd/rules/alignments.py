"""The probability of a sequence of labels, summed over all ways in which it can lie along a longer one of outputs.

Between the labels, before and after them stand blanks; a path goes from one to the next, stays where it is, or leaves
out a blank between two labels that differ. α[t, s] is the log probability of all paths that are at s at time t, β[t, s]
that of all that go on from there: α of the sequence read backwards. Their sum, less that of all paths, is the log of
the share that passes there: the derivative. Every path is somewhere at each time, so that the shares add up to 1: they
are divided by their sum, which takes away most of what α and β have lost by rounding.

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

    Shapes: each (T, N, K), the log weight of being there; skip (N, K), whether a path may come from two places before;
    starts (N, K), where paths may begin, and begin (N,), when.
    """
    time, samples, places = each.shape
    closed, lowest = -math.inf, float(np.finfo(each.dtype).min)
    # rows stand side by side, with two places between them where no path is: three windows on them are the three ways
    width, length = places + 2, samples * (places + 2)
    room = np.full((time, 2 + length), closed, each.dtype)
    rows = room[:, 2:].reshape(time, samples, width)
    ways = sliding_window_view(room, length, axis=1)
    weights = np.full((time, samples, width), closed, each.dtype)
    weights[:, :, :places] = each
    barred = np.zeros((3, samples, width), each.dtype)
    barred[0, :, :places] = np.where(skip, 0.0, closed)
    barred = barred.reshape(3, length)
    terms, top = np.empty_like(barred), np.empty_like(barred[0])
    first = begin.tolist()
    with np.errstate(divide="ignore", invalid="ignore"):  # log 0, where no path leads; anything, where none counts
        for t, (here, to) in enumerate(zip(weights.reshape(time, length), room[:, 2:])):
            if t:
                np.add(ways[t - 1], barred, out=terms)
                np.maximum.reduce(terms, axis=0, out=top, initial=lowest)  # -inf less -inf would be NaN
                np.exp(np.subtract(terms, top, out=terms), out=terms)
                np.add.reduce(terms, axis=0, out=to)
                np.log(to, out=to)
                to += top
                to += here
            if t in first:
                new = begin == t
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


def _of_labels(log_probs: Any, labels: Any) -> Any:
    """(N, T, C) -> (T, N, 2S + 1)."""
    samples, time, classes = log_probs.shape
    side_by_side = np.reshape(np.swapaxes(log_probs, 0, 1), (time, samples * classes))
    places = np.reshape(np.arange(samples)[:, None] * classes + labels, -1)
    return np.reshape(np.take(side_by_side, places, axis=1), (time, *labels.shape))


def _may_skip(labels: Any) -> Any:
    """Whether a path may come to a place from two places before it: from a label that differs."""
    return labels != _moved(labels, 2, 0)


def _alphas(log_probs: Any, labels: Any, steps: Any, lengths: Any) -> Any:
    starts = np.broadcast_to(np.arange(labels.shape[1]) < 2, labels.shape)
    return paths(_of_labels(log_probs, labels), _may_skip(labels), starts, np.zeros_like(steps))


def _ctc(log_probs: Any, labels: Any, steps: Any, lengths: Any) -> tuple[Any, Any]:
    """-log of the probability of each sample's labels; and all α.

    Shapes: log_probs (N, T, C); labels (N, 2S + 1), blanks between them; steps and lengths (N,): how many outputs and
    labels a sample has.
    """
    alphas = _alphas(log_probs, labels, steps, lengths)
    samples = np.arange(len(steps))
    end = alphas[steps - 1, samples]
    in_label = np.where(lengths > 0, end[samples, 2 * lengths - 1], -math.inf)
    total = np.logaddexp(end[samples, 2 * lengths], in_label)
    nothing = np.where(lengths > 0, -math.inf, np.zeros_like(total))  # no outputs: without labels, certain
    return -np.where(steps > 0, total, nothing), alphas


def _ctc_rule(g: Any, log_probs: Any, labels: Any, steps: Any, lengths: Any, saved: Any) -> Any:
    each = _of_labels(log_probs, labels)
    place, last = np.arange(labels.shape[1]), 2 * lengths[:, None]
    ends = (place == last) | (place == last - 1)
    lowest = float(np.finfo(each.dtype).min)
    backwards = paths(each[::-1, :, ::-1], _may_skip(labels[:, ::-1]), ends[:, ::-1], len(each) - steps)
    # both α and β count the place itself
    through = saved + backwards[::-1, :, ::-1] - np.maximum(each, lowest)
    through = np.where(np.arange(len(each))[:, None, None] < steps[:, None], through, -math.inf)
    share = np.exp(through - np.maximum(np.max(through, axis=2, keepdims=True), lowest))
    total = np.sum(share, axis=2, keepdims=True)
    share = share * (-g[:, None] / np.where(total == 0, 1.0, total))
    one_hot = np.equal(labels[:, :, None], np.arange(log_probs.shape[2])).astype(each.dtype)
    return np.swapaxes(share, 0, 1) @ one_hot


ctc = general(_ctc, _ctc_rule, None, None, None, name="ctc", rows=True, saved=_alphas)
