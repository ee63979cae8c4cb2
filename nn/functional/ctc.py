"""Connectionist temporal classification: a sequence of labels, without knowing when each of them is."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd
from autograd import Tensor
from autograd.rules import alignments

from .inputs import tensor
from .loss import reduced


def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """-log of the probability that the outputs, after blanks and repetitions are taken out, are the labels.

    Shapes: log_probs (T, N, C), logarithms of probabilities; targets (N, S), or all labels one behind the other
    (Σ lengths,); input_lengths and target_lengths (N,): how many outputs and labels of each sample count. Or (T, C),
    (S,), () and (). With reduction="mean" each loss is divided by the number of its labels, then the mean taken.

    The loss is infinite where there are too few outputs for the labels; with `zero_infinity` it is 0 then. Either way
    there is no gradient. Elsewhere it is the derivative by log_probs, whatever these are; PyTorch's is the one that is
    right behind a log_softmax, where both lead to the same.

    ValueError for lengths and IndexError for labels that do not fit. A label that is the blank gives PyTorch's number,
    which is that of no probability.
    Source: A. Graves et al., "Connectionist temporal classification" (2006).

    >>> log_p = np.log(np.full((2, 1, 2), 0.5))  # blank and a label, twice: b1, 1b and 11 of four are the label
    >>> ctc_loss(log_p, np.array([[1]]), [2], [1])
    tensor(0.2877, dtype=float64)
    """
    x = tensor(log_probs)
    if x.dtype.kind != "f":
        raise TypeError(f"ctc_loss: log_probs is {x.dtype}, and must be floating")
    labels, steps, lengths = (_whole(name, a) for name, a in (
        ("targets", targets), ("input_lengths", input_lengths), ("target_lengths", target_lengths),
    ))  # fmt: skip
    single = x.ndim == 2
    if single:
        x, labels = x[:, None], labels.reshape(1, -1)
    if x.ndim != 3:
        raise ValueError(f"ctc_loss: log_probs has shape {x.shape}, and must have (T, N, C) or (T, C)")
    if 0 in x.shape:
        raise ValueError(f"ctc_loss: log_probs has shape {x.shape}: there is nothing in it")
    time, samples, classes = x.shape
    steps, lengths = steps.reshape(-1), lengths.reshape(-1)
    for name, a, most in (("input_lengths", steps, time), ("target_lengths", lengths, None)):
        if a.shape != (samples,):
            raise ValueError(f"ctc_loss: {name} has {a.size} numbers, and there are {samples} samples")
        if a.size and (a.min() < 0 or (most is not None and a.max() > most)):
            raise ValueError(
                f"ctc_loss: {name} must lie between 0 and {most or 'the number of labels'}, and has {a.tolist()}"
            )
    labels = _padded(labels, lengths)
    if not 0 <= blank < classes:
        raise ValueError(f"ctc_loss: blank must be one of the {classes} classes, and is {blank}")
    used = np.arange(labels.shape[1]) < lengths[:, None]
    bad = used & ((labels < 0) | (labels >= classes))
    if bad.any():
        raise IndexError(
            f"ctc_loss: the label {labels[bad][0]} is not one of the {classes} classes, 0 to {classes - 1}"
        )
    between = np.full((samples, 2 * labels.shape[1] + 1), blank)
    between[:, 1::2] = np.where(used, labels, blank)
    losses = alignments.ctc(x.swapaxes(0, 1), between, steps, lengths)
    if zero_infinity:
        losses = autograd.where(losses == np.inf, 0.0, losses)
    if reduction == "mean":
        return (losses / np.maximum(lengths, 1).astype(x.dtype)).mean()
    return reduced(losses[0] if single and reduction == "none" else losses, reduction)


def _whole(name: str, a: Any) -> Any:
    a = a.detach().numpy() if isinstance(a, Tensor) else np.asarray(a)
    if a.dtype.kind not in "iu" and a.size:
        raise TypeError(f"ctc_loss: {name} must be whole numbers, and is {a.dtype}")
    return a.astype(np.int64)


def _padded(labels: Any, lengths: Any) -> Any:
    """The labels as (N, S)."""
    if labels.ndim == 2 and len(labels) == len(lengths):
        if lengths.size and lengths.max() > labels.shape[1]:
            raise ValueError(
                f"ctc_loss: target_lengths has {lengths.max()}, and targets has room for {labels.shape[1]}"
            )
        return labels
    if labels.ndim != 1 or labels.size != lengths.sum():
        raise ValueError(
            f"ctc_loss: targets has shape {labels.shape}; it must have ({len(lengths)}, S), or all "
            f"{lengths.sum()} labels one behind the other"
        )
    rows = np.zeros((len(lengths), max(lengths, default=0)), np.int64)
    rows[np.arange(rows.shape[1]) < lengths[:, None]] = labels
    return rows
