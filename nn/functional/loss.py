"""Losses: what a prediction costs, -log of the probability of the target.

They work on logits α, not on probabilities, and so are exact where a probability would round to 0 or 1
(Goodfellow, Bengio and Courville, *Deep Learning*, section 6.2.2).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, modes
from autograd.rules import fused

from .inputs import cast, constant, tensor


def mse_loss(input: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """The mean of (input - target)²: -log of a Gaussian density, but for constants.

    Shapes: input and target alike, or ValueError; the result is one number, or one for each element with
    reduction="none".

    >>> mse_loss(Tensor([1.0, 2.0]), np.array([0.0, 0.0]))
    tensor(2.5)
    """
    input, target = _pair(input, target, "mse_loss")
    return fused.squared_error(input, target, _scale(reduction, input._data.size))


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None
) -> Tensor:
    """The mean of softplus((1 - 2t) α), α the logit and t the target: -log of a Bernoulli probability.

    Targets may lie anywhere in [0, 1]: -t log σ(α) - (1 - t) log(1 - σ(α)). `weight` multiplies each element's loss,
    `pos_weight` its first term. Shapes: input and target alike, or ValueError.

    >>> binary_cross_entropy_with_logits(Tensor([-100.0, 0.0, 100.0]), np.array([1.0, 0.5, 1.0]), reduction="sum")
    tensor(100.6931)
    """
    input, target = _pair(input, target, "binary_cross_entropy_with_logits")
    if weight is None and pos_weight is None:
        return fused.bernoulli_cross_entropy(input, target, _scale(reduction, input._data.size))
    if pos_weight is None:
        losses = fused.bernoulli_cross_entropy(input, target, None)
    else:
        losses = (1 - target) * input + (1 + (constant(pos_weight, input) - 1) * target) * fused.softplus(-input)
    scale = _scale(reduction, input._data.size)
    losses = losses if weight is None else losses * constant(weight, input)
    return losses if scale is None else losses.sum() * scale


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """The mean of -log softmax(α)[t], α the logits of a sample and t its class: -log of a categorical probability.

    Shapes: input (N, C), (C,) or (N, C, ...), classes along axis 1; target either integers, the classes 0 to C - 1, of
    shape (N,), () or (N, ...), or floating, probabilities, of the input's shape. The result is one number, or one for each
    sample with reduction="none".

    weight           for each class: multiplies the loss of its samples; the mean is weighted too, if targets are classes
    ignore_index     samples with this target count for nothing
    label_smoothing  ε: the target is mixed with the uniform distribution, (1 - ε) t + ε/C

    IndexError names a target that is no class; TypeError and ValueError say what to write instead of the given target.

    >>> logits = Tensor([[0.0, 0.0], [1000.0, 0.0]])
    >>> cross_entropy(logits, np.array([0, 1]), reduction="sum")
    tensor(1000.6932)
    >>> cross_entropy(logits, np.array([[0.5, 0.5], [1.0, 0.0]]))
    tensor(0.3466)
    """
    logits = tensor(input)
    if not isinstance(target, Tensor | np.ndarray):
        target = np.asarray(target)
    shape, kind = logits.shape, target.dtype.kind
    if len(shape) != 2:  # classes last, one sample a row
        if not shape:
            raise ValueError("cross_entropy: the input has shape (), and needs an axis of classes: (C,) or (N, C, ...)")
        logits = _class_rows(logits)
    samples = shape[:1] + shape[2:] if len(shape) > 1 else ()
    if kind == "f" and target.shape == shape:
        if target.ndim != 2:
            target = _class_rows(target)
        if target.dtype is not logits.dtype:
            target = cast(target, logits.dtype)
        losses = _soft_cross_entropy(logits, target, weight, label_smoothing, reduction)
    elif kind in "iu" and target.shape == samples:
        if target.ndim != 1:
            target = target.reshape(-1)
        try:
            losses = _hard_cross_entropy(logits, target, weight, ignore_index, label_smoothing, reduction)
        except IndexError:
            if not modes.tracing():
                _explain_label(target, samples, shape[min(1, len(shape) - 1)], ignore_index)
            raise
    else:
        raise _unfit(target, shape, samples)
    return losses if losses.ndim == 0 else losses.reshape(samples)


def _class_rows(x: Any) -> Any:
    """(C,) or (N, C, ...) as a matrix of one sample a row."""
    return x.reshape(1, -1) if x.ndim == 1 else autograd.moveaxis(x, 1, -1).reshape(-1, x.shape[1])


def _soft_cross_entropy(logits: Any, target: Any, weight: Any, smoothing: float, reduction: str) -> Any:
    if smoothing:
        target = target * (1 - smoothing) + smoothing / target.shape[1]
    if weight is not None:
        target = target * _class_weight(weight, logits)
    return fused.soft_cross_entropy_rows(logits, target, _scale(reduction, len(logits)))


def _hard_cross_entropy(logits: Any, target: Any, weight: Any, ignore: int, smoothing: float, reduction: str) -> Any:
    scale, classes = _scale(reduction, len(target)), logits.shape[1]
    if weight is None and not smoothing and not 0 <= ignore < classes and not modes.tracing():
        try:
            return fused.cross_entropy_rows(logits, target, scale)
        except IndexError:  # a label that is no class: to be ignored, or wrong
            if not (target == ignore).any():
                raise
    used = target != ignore
    labels = np.where(used, target, 0)
    losses, weights = fused.cross_entropy_rows(logits, labels, None), used.astype(logits.dtype)
    each = np.ones(classes, logits.dtype) if weight is None else _class_weight(weight, logits)
    if weight is not None:
        weights = weights * autograd.as_tensor(each)[labels]
    losses = losses * weights
    if smoothing:
        uniform = np.broadcast_to(each * (smoothing / classes), logits.shape)
        losses = (1 - smoothing) * losses + fused.soft_cross_entropy_rows(logits, uniform, None) * used
    if reduction == "mean":
        return losses.sum() / weights.sum()
    return losses if scale is None else losses.sum()


def _explain_label(target: Any, samples: tuple[int, ...], classes: int, ignore: int) -> None:
    """IndexError that names the first label which is no class, and its place in the target as it was given."""
    labels = (target.detach()._data if isinstance(target, Tensor) else target).reshape(samples)
    bad = ((labels < 0) | (labels >= classes)) & (labels != ignore)
    if bad.any():
        place = np.argwhere(bad)[0].tolist()
        raise IndexError(
            f"cross_entropy: the label {labels[tuple(place)]} at target[{', '.join(map(str, place))}] is not one of the "
            f"{classes} classes, 0 to {classes - 1}, that the input has; nor is it ignore_index, {ignore}"
        ) from None


def _unfit(target: Any, shape: tuple[int, ...], samples: tuple[int, ...]) -> Exception:
    found = f"cross_entropy: the input has shape {shape} and the target {target.shape}, {target.dtype}"
    if target.shape == samples and target.dtype.kind == "f":
        return TypeError(f"{found}; classes are integers: write target.astype(int)")
    if target.dtype.kind not in "fiu":
        return TypeError(f"{found}; classes are integers, and probabilities floating: write target.astype(int)")
    if target.shape == shape:
        return TypeError(f"{found}; probabilities are floating: write target.astype(float), or target.argmax(1)")
    if target.shape == (*samples, 1):
        return ValueError(f"{found}; classes have shape {samples}: write target[..., 0]")
    return ValueError(f"{found}; the target must have shape {samples}, integer classes, or {shape}, probabilities")


def _pair(input: Any, target: Any, name: str) -> tuple[Any, Any]:
    """Both with one dtype, the input's, if their shapes are equal; else ValueError that shows them."""
    if not isinstance(input, Tensor):
        input = Tensor(input)
    if not isinstance(target, Tensor | np.ndarray):
        target = np.asarray(target, input.dtype)
    a, b = input._data, target._data if isinstance(target, Tensor) else target
    if a.shape != b.shape:
        advice = "give both the same shape"
        if a.size == b.size:
            advice = f"write input.reshape({', '.join(map(str, b.shape))})" if b.shape else "write input.reshape(())"
        raise ValueError(
            f"{name}: the input has shape {a.shape} and the target {b.shape}; they would broadcast against each other "
            f"instead of being compared one by one; {advice}"
        )
    if a.dtype is not b.dtype:
        if a.dtype.kind != "f":
            raise TypeError(f"{name}: the input is {a.dtype}; predictions are floating: write input.astype(np.float32)")
        target = cast(target, a.dtype)
    return input, target


def _class_weight(weight: Any, logits: Any) -> Any:
    weight = constant(weight, logits)
    if weight.shape != logits.shape[1:]:
        raise ValueError(
            f"cross_entropy: weight has shape {weight.shape}; it needs one for each class, {logits.shape[1:]}"
        )
    return weight


def _scale(reduction: str, n: int) -> float | None:
    """What the sum of n losses is multiplied with; None to keep them apart."""
    if reduction == "mean":
        return 1 / n if n else math.nan
    if reduction == "sum":
        return 1.0
    if reduction == "none":
        return None
    raise ValueError(f"reduction must be 'mean', 'sum' or 'none', not {reduction!r}")
