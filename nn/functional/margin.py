"""Losses that ask for a distance and no more: what is right by a margin costs nothing.

hinge embedding, margin ranking, cosine embedding, triplets    of two or three inputs, which are to be near or far
multi-margin, multi-label margin                               of scores: those of the right classes above the others
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, modes
from autograd.rules import fused

from .distance import pairwise_distance
from .inputs import cast, constant, tensor
from .loss import pair, reduced, renamed


def margin_ranking_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean of max(0, margin - t (x₁ - x₂)): where t is 1, the first is to be larger, where it is -1, the second.

    Shapes: three that broadcast, with as many axes each.

    >>> margin_ranking_loss(Tensor([3.0, 1.0]), Tensor([1.0, 2.0]), np.array([1, 1]), reduction="none")
    tensor([0., 1.])
    """
    reduction = renamed("margin_ranking_loss", reduction, size_average, reduce)
    x1, x2, t = _together("margin_ranking_loss", input1, input2, target)
    return reduced(autograd.clamp_min(margin - t * (x1 - x2), 0), reduction)


def hinge_embedding_loss(
    input: Any,
    target: Any,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean of x where t is 1, and of max(0, margin - x) where it is -1: distances x to be small, or a margin.

    Shapes: input and target alike, or ValueError.

    >>> hinge_embedding_loss(Tensor([0.25, 0.25]), np.array([1, -1]), reduction="none")
    tensor([0.25, 0.75])
    """
    reduction = renamed("hinge_embedding_loss", reduction, size_average, reduce)
    x, t = pair(input, target, "hinge_embedding_loss")
    near, far = autograd.where(t != -1, x, 0.0), autograd.where(t != 1, autograd.clamp_min(margin - x, 0), 0.0)
    return reduced(near + far, reduction)


def cosine_embedding_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean of 1 - c where t is 1, and of max(0, c - margin) where it is -1, c being the cosine between two vectors.

    Shapes: (N, D) and (N, D) with target (N,), or (D,) and (D,) with (). c has 10⁻¹² added to the squares of the
    lengths, so that it is 0 for a vector of zeros.

    >>> cosine_embedding_loss(Tensor([1.0, 0.0]), Tensor([3.0, 4.0]), np.array(1))
    tensor(0.4)
    """
    reduction = renamed("cosine_embedding_loss", reduction, size_average, reduce)
    name = "cosine_embedding_loss"
    a, b, t = tensor(input1), tensor(input2), np.asarray(target) if not isinstance(target, Tensor) else target
    if a.ndim not in (1, 2) or a.shape != b.shape or t.shape != a.shape[:-1]:
        raise ValueError(
            f"{name}: inputs of shapes {a.shape} and {b.shape} and a target of {t.shape} do not fit; they must be "
            "(N, D), (N, D) and (N,), or (D,), (D,) and ()"
        )
    a, b = _floating(name, a, b)
    eps = 1e-12
    c = (a * b).sum(-1) / np.sqrt(((a * a).sum(-1) + eps) * ((b * b).sum(-1) + eps))
    near, far = autograd.where(t == 1, 1 - c, 0.0), autograd.where(t == -1, autograd.clamp_min(c - margin, 0), 0.0)
    return reduced(near + far, reduction)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean of max(0, margin + |a - p| - |a - n|): an anchor is to be nearer to what is like it than to what is not.

    Distances are `pairwise_distance` with `p` and `eps`. With `swap`, |p - n| counts if it is the smaller of the two to
    n. Shapes: three alike, (N, D) or (D,). Source: V. Balntas, E. Riba, D. Ponsa, K. Mikolajczyk, "Learning local
    feature descriptors with triplets and shallow convolutional neural networks" (2016).

    >>> triplet_margin_loss(Tensor([0.0]), Tensor([1.0]), Tensor([3.0]), margin=2.5)
    tensor(0.5)
    """
    reduction = renamed("triplet_margin_loss", reduction, size_average, reduce)
    distance = lambda a, b: pairwise_distance(a, b, p, eps)
    return _triplet("triplet_margin_loss", anchor, positive, negative, distance, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Callable[[Any, Any], Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """`triplet_margin_loss` with any distance: a function of two Tensors that returns one number for each pair.

    >>> apart = lambda a, b: np.absolute(a - b).max(-1)
    >>> a, p, n = Tensor([0.0]), Tensor([1.0]), Tensor([3.0])
    >>> triplet_margin_with_distance_loss(a, p, n, distance_function=apart, margin=2.5)
    tensor(0.5)
    """
    distance = distance_function or pairwise_distance
    name = "triplet_margin_with_distance_loss"
    return _triplet(name, anchor, positive, negative, distance, margin, swap, reduction)


def _triplet(
    name: str,
    anchor: Any,
    positive: Any,
    negative: Any,
    distance: Callable[[Any, Any], Any],
    margin: float,
    swap: bool,
    reduction: str,
) -> Tensor:
    if not margin > 0:
        raise ValueError(f"{name}: margin must be greater than 0, and is {margin}")
    a, p, n = _together(name, anchor, positive, negative)
    far = distance(a, n)
    if swap:
        far = np.minimum(far, distance(p, n))
    return reduced(autograd.clamp_min(margin + distance(a, p) - far, 0), reduction)


def multi_margin_loss(
    input: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean of (1/C) Σᵢ max(0, margin - x[t] + x[i])ᵖ over all classes i but the right one, t.

    Shapes: (N, C) with target (N,), or (C,) with (). p is 1 or 2; `weight` (C,) multiplies the loss of the samples of a
    class.

    >>> multi_margin_loss(Tensor([[0.5, 1.0, 0.0]]), np.array([0]))
    tensor(0.6667)
    """
    reduction = renamed("multi_margin_loss", reduction, size_average, reduce)
    name = "multi_margin_loss"
    if p not in (1, 2):
        raise ValueError(f"{name}: p must be 1 or 2, and is {p}")
    x, t = _rows_and_labels(name, input, target, False)
    classes = x.shape[-1]
    rows, labels = x.reshape(-1, classes), t.reshape(-1)
    _check_labels(name, labels, classes)
    lack = fused.relu(
        margin + fused.nll_rows(rows, labels, None)[:, None] + rows
    )  # of the right class against the others
    lack = lack * (labels[:, None] != np.arange(classes))
    losses = (lack if p == 1 else lack * lack).sum(1) * (1 / classes)
    if weight is not None:
        weight = constant(weight, x)
        if weight.shape != (classes,):
            raise ValueError(f"{name}: weight has shape {weight.shape}; it needs one for each class, ({classes},)")
        losses = losses * autograd.as_tensor(weight)[labels]
    return reduced(losses.reshape(x.shape[:-1]), reduction)


def multilabel_margin_loss(
    input: Any, target: Any, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
) -> Tensor:
    """The mean of (1/C) Σⱼ Σᵢ max(0, 1 - x[j] + x[i]) over the classes j that a sample belongs to and all other i.

    Shapes: (N, C) or (C,), target alike: the classes of a sample one after another, up to the first -1; one given twice
    counts twice.

    >>> multilabel_margin_loss(Tensor([[0.5, 1.0, 0.0]]), np.array([[0, -1, 0]]))
    tensor(0.6667)
    """
    reduction = renamed("multilabel_margin_loss", reduction, size_average, reduce)
    name = "multilabel_margin_loss"
    x, t = _rows_and_labels(name, input, target, True)
    classes = x.shape[-1]
    rows, labels = x.reshape(-1, classes), t.reshape(-1, classes)
    given = np.cumsum(labels < 0, 1) == 0
    if not modes.tracing():  # no more columns than a sample has classes
        most = int(given.sum(1).max(initial=0))
        labels, given = labels[:, :most], given[:, :most]
    labels = np.where(given, labels, 0)
    _check_labels(name, labels, classes)
    wrong = ~((labels[:, :, None] == np.arange(classes)) & given[:, :, None]).any(1)
    scores = np.take_along_axis(rows, labels, 1)
    lack = fused.relu(1 - scores[:, :, None] + rows[:, None, :])  # of class j against class i
    losses = (lack * (given[:, :, None] & wrong[:, None, :])).sum((1, 2)) * (1 / classes)
    return reduced(losses.reshape(x.shape[:-1]), reduction)


# --- Arguments --------------------------------------------------------------------------------------------------------


def _floating(name: str, first: Any, *others: Any) -> tuple[Any, ...]:
    """All in the dtype of the first, which must be floating; of the others, targets may be whole numbers."""
    if first.dtype.kind != "f":
        raise TypeError(f"{name}: the first input is {first.dtype}, and must be floating; write x.astype(np.float32)")
    return first, *(x if x.dtype == first.dtype else cast(x, first.dtype) for x in others)


def _together(name: str, *inputs: Any) -> tuple[Any, ...]:
    """Tensors of one dtype, whose shapes broadcast and have as many axes each."""
    found = [tensor(x) for x in inputs]
    shapes = [x.shape for x in found]
    try:
        np.broadcast_shapes(*shapes)
        fits = len({len(shape) for shape in shapes}) == 1
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"{name}: shapes {' and '.join(map(str, shapes))} do not fit; they must have as many axes each, and "
            "broadcast"
        )
    return _floating(name, *found)


def _rows_and_labels(name: str, input: Any, target: Any, many: bool) -> tuple[Any, Any]:
    """Scores (N, C) or (C,), and whole numbers: one for each sample, or as many as there are classes."""
    x = tensor(input)
    t = target if isinstance(target, Tensor) else np.asarray(target)
    if isinstance(t, Tensor) and not modes.tracing():
        t = t.numpy()
    shape = x.shape if many else x.shape[:-1]
    if x.ndim not in (1, 2) or t.shape != shape:
        raise ValueError(
            f"{name}: the input has shape {x.shape} and the target {t.shape}; they must be (N, C) and "
            f"{'(N, C), or (C,) and (C,)' if many else '(N,), or (C,) and ()'}"
        )
    if t.dtype.kind not in "iu":
        raise TypeError(f"{name}: the target is {t.dtype}, and classes are integers: write target.astype(int)")
    return _floating(name, x)[0], t


def _check_labels(name: str, labels: Any, classes: int) -> None:
    """IndexError that names the first label which is no class. (In a trace the operations on them check.)"""
    if modes.tracing():
        return
    bad = (labels < 0) | (labels >= classes)
    if bad.any():
        place = tuple(int(i) for i in np.argwhere(bad)[0])
        raise IndexError(
            f"{name}: the label {labels[place]} at {place} is not one of the {classes} classes, 0 to {classes - 1}"
        )
