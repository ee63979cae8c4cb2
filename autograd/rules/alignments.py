"""The probability of a sequence of labels, summed over all the ways in which it can lie along a longer sequence of outputs.

Between the labels, before and after them stand blanks; a path goes from one to the next, stays where it is, or leaves out a
blank between two labels that differ. α[t, s] is the log probability of all paths that are at s at time t, β[t, s] that of
all that go on from there; their sum, less that of all paths, is the log of the share that passes there: the derivative.

Source: A. Graves, S. Fernández, F. Gomez and J. Schmidhuber, "Connectionist temporal classification" (2006), section 4.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..op import general


def _moved(a: Any, by: int) -> Any:
    """a (N, K), `by` places further along its second axis, with -inf where nothing comes from."""
    gap = np.full((a.shape[0], min(abs(by), a.shape[1])), -math.inf, a.dtype)
    return np.concatenate([gap, a[:, :-by]] if by > 0 else [a[:, -by:], gap], axis=1)


def _sum(a: Any, b: Any, c: Any) -> Any:
    return np.logaddexp(np.logaddexp(a, b), c)


def _may_skip(labels: Any, blank: int) -> Any:
    """Whether a path may come to a place from two places before it: to a label that differs from the last one."""
    before = np.concatenate([labels[:, :2], labels[:, :-2]], axis=1)[:, : labels.shape[1]]
    return (labels != blank) & (labels != before)


def _ends(labels: Any, lengths: Any) -> Any:
    """Where a path may end: at the last label, or the blank behind it."""
    place, last = np.arange(labels.shape[1]), 2 * lengths[:, None]
    return (place == last) | (place == last - 1)


def _of_labels(log_probs: Any, labels: Any) -> Any:
    """(T, N, 2S + 1)."""
    return np.swapaxes(np.take_along_axis(log_probs, labels[:, None], axis=2), 0, 1)


def _ctc(log_probs: Any, labels: Any, steps: Any, lengths: Any, blank: int = 0) -> tuple[Any, Any]:
    """-log of the probability of each sample's labels; and all α.

    Shapes: log_probs (N, T, C); labels (N, 2S + 1), blanks between them; steps and lengths (N,): how many outputs and labels a
    sample has.
    """
    each = _of_labels(log_probs, labels)
    skip, closed = _may_skip(labels, blank), np.array(-math.inf, each.dtype)
    alpha = np.where(np.arange(labels.shape[1]) < 2, each[0], closed)
    alphas = [alpha]
    for t in range(1, len(each)):
        before = _sum(alpha, _moved(alpha, 1), np.where(skip, _moved(alpha, 2), closed))
        alpha = np.where((t < steps)[:, None], before + each[t], alpha)
        alphas.append(alpha)
    return -_over_ends(alpha, labels, lengths), np.stack(alphas)


def _over_ends(alpha: Any, labels: Any, lengths: Any) -> Any:
    ends = np.where(_ends(labels, lengths), alpha, np.array(-math.inf, alpha.dtype))
    top = np.max(ends, axis=1)
    top = np.where(top == -math.inf, 0.0, top)
    with np.errstate(divide="ignore"):  # of labels that no path has
        return top + np.log(np.sum(np.exp(ends - np.expand_dims(top, 1)), axis=1))


def _ctc_rule(g: Any, log_probs: Any, labels: Any, steps: Any, lengths: Any, out: Any, saved: Any, blank: int) -> Any:
    each = _of_labels(log_probs, labels)
    skip, closed = _may_skip(labels, blank), np.array(-math.inf, each.dtype)
    onto = np.concatenate([skip[:, 2:], np.zeros((len(skip), 2), bool)], axis=1)[:, : skip.shape[1]]
    beta = end = np.where(_ends(labels, lengths), np.zeros((), each.dtype), closed)
    betas = [beta]
    for t in range(len(each) - 1, 0, -1):
        ahead = beta + each[t]
        behind = _sum(ahead, _moved(ahead, -1), np.where(onto, _moved(ahead, -2), closed))
        beta = np.where((t < steps)[:, None], behind, end)
        betas.append(beta)
    total = np.where(out == math.inf, 0.0, -out)
    share = np.exp(saved + np.stack(betas[::-1]) - np.expand_dims(total, 1))
    used = np.arange(len(each))[:, None, None] < steps[:, None]
    share = np.where(used, share, 0.0) * -np.expand_dims(g, 1)
    one_hot = np.equal(labels[:, :, None], np.arange(log_probs.shape[2])).astype(each.dtype)
    return np.swapaxes(share, 0, 1) @ one_hot


ctc = general(_ctc, _ctc_rule, None, None, None, name="ctc", rows=True)
