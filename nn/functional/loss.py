"""Losses: what a prediction costs, -log of the probability of the target.

They work on logits α, not on probabilities, and so are exact where a probability would round to 0 or 1
(Goodfellow, Bengio and Courville, *Deep Learning*, section 6.2.2).

`size_average` and `reduce` are PyTorch's old names for what `reduction` says: understood, with a warning.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, modes
from autograd.rules import fused

from .inputs import cast, constant, tensor

# --- Regression -------------------------------------------------------------------------------------------------------


def mse_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Tensor:
    """The mean of (input - target)²: -log of a Gaussian density, but for constants.

    Shapes: input and target alike, or ValueError; the result is one number, or one for each element with
    reduction="none". With `weight`, of the same shape, the mean is a weighted one.

    >>> mse_loss(Tensor([1.0, 2.0]), np.array([0.0, 0.0]))
    tensor(2.5)
    """
    reduction = renamed("mse_loss", reduction, size_average, reduce)
    input, target = pair(input, target, "mse_loss")
    if weight is not None:
        return _weighted_mean((input - target) ** 2, weight, reduction, "mse_loss")
    return fused.squared_error(input, target, _scale(reduction, input._data.size))


def l1_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Tensor:
    """The mean of |input - target|: -log of a Laplace density, but for constants; its derivative at 0 is 0.

    Shapes and `weight` as for `mse_loss`.

    >>> l1_loss(Tensor([1.0, 2.0]), np.array([0.0, 4.0]))
    tensor(1.5)
    """
    reduction = renamed("l1_loss", reduction, size_average, reduce)
    input, target = pair(input, target, "l1_loss")
    losses = np.absolute(input - target)
    return reduced(losses, reduction) if weight is None else _weighted_mean(losses, weight, reduction, "l1_loss")


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None) -> Tensor:
    """The mean of d²/2 where |d| ≤ δ, and δ (|d| - δ/2) beyond, with d = input - target: outliers pull by δ.

    Shapes as for `mse_loss`; with `weight`, of the same shape, the mean is that of weight · loss.
    Source: P. J. Huber, "Robust estimation of a location parameter" (1964).

    >>> huber_loss(Tensor([0.5, 3.0]), np.array([0.0, 0.0]), reduction="none")
    tensor([0.125, 2.5  ])
    """
    if not delta > 0:
        raise ValueError(f"huber_loss: delta must be positive, and is {delta}")
    input, target = pair(input, target, "huber_loss")
    losses = fused.huber(input - target, delta)
    return reduced(losses if weight is None else losses * _like(weight, input, "huber_loss"), reduction)


def smooth_l1_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """The mean of d²/(2β) where |d| < β, and |d| - β/2 beyond, with d = input - target: `huber_loss` divided by δ = β.

    Shapes as for `mse_loss`. β = 0 makes it `l1_loss`. Source: R. Girshick, "Fast R-CNN" (2015).

    >>> smooth_l1_loss(Tensor([0.5, 3.0]), np.array([0.0, 0.0]), reduction="none")
    tensor([0.125, 2.5  ])
    """
    reduction = renamed("smooth_l1_loss", reduction, size_average, reduce)
    if beta < 0:
        raise ValueError(f"smooth_l1_loss: beta must not be negative, and is {beta}")
    if beta == 0:
        return l1_loss(input, target, reduction=reduction)
    input, target = pair(input, target, "smooth_l1_loss")
    losses = reduced(fused.huber(input - target, beta), reduction)
    return losses if beta == 1 else losses * (1 / beta)


def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean of exp(α) - t α: -log of a Poisson probability of the count t, whose mean is exp(α), but for log t!.

    Without `log_input` the input is the mean itself, μ: μ - t log(μ + eps). `full` adds Stirling's formula for log t!,
    where t > 1. Shapes as for `mse_loss`.

    >>> poisson_nll_loss(Tensor([0.0, 1.0]), np.array([1.0, 0.0]), reduction="none")
    tensor([1.    , 2.7183])
    """
    reduction = renamed("poisson_nll_loss", reduction, size_average, reduce)
    input, target = pair(input, target, "poisson_nll_loss")
    losses = np.exp(input) - target * input if log_input else input - target * np.log(input + eps)
    if full:
        t = autograd.where(target > 1, target, 1.0)
        stirling = t * np.log(t) - t + 0.5 * np.log(2 * math.pi * t)
        losses = losses + autograd.where(target > 1, stirling, 0.0)
    return reduced(losses, reduction)


def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    """The mean of ½ (log σ² + (input - target)²/σ²): -log of a Gaussian density whose variance is predicted as well.

    Shapes: input and target alike; `var`, the variance σ², like them, or one number, or one for each row, (...) or
    (..., 1). It counts as `eps` where it is smaller, and gets the gradient as if it were not. ValueError for a
    negative one. `full` adds ½ log 2π. Source: D. A. Nix and A. S. Weigend, "Estimating the mean and variance of the
    target probability distribution" (1994).

    >>> gaussian_nll_loss(Tensor([1.0, 2.0]), np.array([0.0, 2.0]), np.array([1.0, 1.0]), reduction="none")
    tensor([0.5, 0. ])
    """
    input, target = pair(input, target, "gaussian_nll_loss")
    var = constant(var, input)
    if not modes.tracing() and bool((var < 0).any()):
        raise ValueError("gaussian_nll_loss: var is a variance, and has negative elements")
    if var.ndim and var.shape != input.shape:
        if var.shape == input.shape[:-1]:
            var = var[..., None]
        apart = [n for n, m in zip(var.shape, input.shape) if n != m]
        if var.ndim != input.ndim or apart != [1]:
            raise ValueError(
                f"gaussian_nll_loss: var has shape {var.shape}; it needs that of the input, {input.shape}, or one "
                f"number for each row, {(*input.shape[:-1], 1)}"
            )
    values = var.detach() if isinstance(var, Tensor) else var
    var = var + np.maximum(eps - values, 0)  # what is added has no history
    losses = 0.5 * (np.log(var) + (input - target) ** 2 / var)
    return reduced(losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)


def gaussian_cost(y: Any, t: Any, beta: Any = 1.0, *, full: bool = False, reduction: str = "mean") -> Tensor:
    """½ β ‖t - y‖², the mean over samples: -log of a Gaussian density with mean y and precision β = 1/σ².

    Shapes: y and t alike, samples along the first axis; the result is one number, or one for each sample with
    reduction="none". `beta` is a number, or one for each output; `full` adds the rest of -log p, ½ log(2π/β) an output,
    which a β that is learned needs. Source: Goodfellow, Bengio and Courville, *Deep Learning*, sections 5.5.1 and
    6.2.2.1.

    >>> gaussian_cost(Tensor([[1.0, 2.0], [0.0, 0.0]]), np.zeros((2, 2)), beta=2.0)
    tensor(2.5)
    """
    y, t = pair(y, t, "gaussian_cost")
    beta = constant(beta, y)
    losses = 0.5 * beta * (t - y) ** 2
    if full:
        losses = losses + 0.5 * np.log(2 * math.pi / beta)
    return _over_samples(losses, reduction)


# --- Two classes ------------------------------------------------------------------------------------------------------


def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Tensor:
    """The mean of softplus((1 - 2t) α), α the logit and t the target: -log of a Bernoulli probability.

    Targets may lie anywhere in [0, 1]: -t log σ(α) - (1 - t) log(1 - σ(α)). `weight` multiplies each element's loss,
    `pos_weight` its first term. Shapes: input and target alike, or ValueError.

    >>> binary_cross_entropy_with_logits(Tensor([-100.0, 0.0, 100.0]), np.array([1.0, 0.5, 1.0]), reduction="sum")
    tensor(100.6931)
    """
    reduction = renamed("binary_cross_entropy_with_logits", reduction, size_average, reduce)
    input, target = pair(input, target, "binary_cross_entropy_with_logits")
    if weight is None and pos_weight is None:
        return fused.bernoulli_cross_entropy(input, target, _scale(reduction, input._data.size))
    if pos_weight is None:
        losses = fused.bernoulli_cross_entropy(input, target, None)
    else:
        losses = (1 - target) * input + (1 + (constant(pos_weight, input) - 1) * target) * fused.softplus(-input)
    scale = _scale(reduction, input._data.size)
    losses = losses if weight is None else losses * constant(weight, input)
    return losses if scale is None else losses.sum() * scale


def bernoulli_cost(alpha: Any, t: Any, *, reduction: str = "mean") -> Tensor:
    """softplus((1 - 2t) α), the mean over samples: -log of the probability of t in {0, 1}, where p(1) = σ(α).

    Shapes: alpha and t alike, samples along the first axis, whose outputs are summed. Targets between 0 and 1 give
    the expected cost. Source: *Deep Learning*, section 6.2.2.2.

    >>> bernoulli_cost(Tensor([0.0, 100.0]), np.array([1, 0]), reduction="none")
    tensor([  0.6931, 100.    ])
    """
    alpha, t = pair(alpha, t, "bernoulli_cost")
    return _over_samples(fused.bernoulli_cross_entropy(alpha, t, None), reduction)


def binary_cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean of -t log p - (1 - t) log(1 - p), p a probability: of logits take `binary_cross_entropy_with_logits`.

    Logarithms count as -100 where they are smaller, and the derivative (p - t)/(p (1 - p)) has at least 10⁻¹² below the
    line: PyTorch's convention. Shapes: input and target alike; `weight` broadcasts to them. ValueError for an input
    outside [0, 1].

    >>> binary_cross_entropy(Tensor([0.5, 0.0]), np.array([1.0, 1.0]), reduction="none")
    tensor([  0.6931, 100.    ])
    """
    reduction = renamed("binary_cross_entropy", reduction, size_average, reduce)
    input, target = pair(input, target, "binary_cross_entropy")
    if not modes.tracing() and input._data.size and not (0 <= input._data.min() and input._data.max() <= 1):
        raise ValueError(
            "binary_cross_entropy: the input must be probabilities, between 0 and 1, and lies between "
            f"{input._data.min():.6g} and {input._data.max():.6g}; for logits write binary_cross_entropy_with_logits"
        )
    losses = fused.binary_cross_entropy(input, target)
    return reduced(losses if weight is None else losses * constant(weight, input), reduction)


def soft_margin_loss(
    input: Any, target: Any, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
) -> Tensor:
    """The mean of log(1 + exp(-t α)), t being 1 or -1: -log σ(t α). Shapes: input and target alike.

    >>> soft_margin_loss(Tensor([1000.0, -1000.0]), np.array([1.0, 1.0]), reduction="none")
    tensor([   0., 1000.])
    """
    reduction = renamed("soft_margin_loss", reduction, size_average, reduce)
    input, target = pair(input, target, "soft_margin_loss")
    return reduced(fused.softplus(-target * input), reduction)


def multilabel_soft_margin_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """For each sample the mean over classes of `binary_cross_entropy_with_logits`; of these the mean.

    Shapes: (N, C) or (C,), target alike, 1 for each class that the sample belongs to; `weight` (C,).

    >>> multilabel_soft_margin_loss(Tensor([[1000.0, -1000.0]]), np.array([[1.0, 1.0]]), reduction="none")
    tensor([500.])
    """
    reduction = renamed("multilabel_soft_margin_loss", reduction, size_average, reduce)
    input, target = pair(input, target, "multilabel_soft_margin_loss")
    losses = fused.bernoulli_cross_entropy(input, target, None)
    return reduced((losses if weight is None else losses * constant(weight, input)).mean(-1), reduction)


# --- Many classes -----------------------------------------------------------------------------------------------------


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """The mean of -log softmax(α)[t], α the logits of a sample and t its class: -log of a categorical probability.

    Shapes: input (N, C), (C,) or (N, C, ...), classes along axis 1; target either integers, the classes 0 to C - 1, of
    shape (N,), () or (N, ...), or floating, probabilities, of the input's shape. The result is one number, or one for
    each sample with reduction="none".

    weight           for each class: multiplies the loss of its samples; so the mean is weighted, if targets are classes
    ignore_index     samples with this target count for nothing
    label_smoothing  ε: the target is mixed with the uniform distribution, (1 - ε) t + ε/C

    IndexError names a target that is no class; TypeError and ValueError say what to write instead of the given target.

    >>> logits = Tensor([[0.0, 0.0], [1000.0, 0.0]])
    >>> cross_entropy(logits, np.array([0, 1]), reduction="sum")
    tensor(1000.6932)
    >>> cross_entropy(logits, np.array([[0.5, 0.5], [1.0, 0.0]]))
    tensor(0.3466)
    """
    reduction = renamed("cross_entropy", reduction, size_average, reduce)
    logits = tensor(input)
    if not isinstance(target, Tensor | np.ndarray):
        target = np.asarray(target)
    shape, kind = logits.shape, target.dtype.kind
    if not shape:
        raise ValueError("cross_entropy: the input has shape (), and needs an axis of classes: (C,) or (N, C, ...)")
    logits = _class_rows(logits)
    samples = shape[:1] + shape[2:] if len(shape) > 1 else ()
    if kind == "f" and target.shape == shape:
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
            _explain_label(target, samples, shape[min(1, len(shape) - 1)], ignore_index)
            raise
    else:
        raise _unfit(target, shape, samples)
    return losses if losses.ndim == 0 else losses.reshape(samples)


def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean of -input[n, target[n]], the input being log probabilities: `cross_entropy` after `log_softmax`.

    Shapes, `weight`, `ignore_index` and errors as for `cross_entropy` with integer targets.

    >>> nll_loss(np.log([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 1]), reduction="none")
    tensor([0.6931, 0.2877], dtype=float64)
    """
    reduction = renamed("nll_loss", reduction, size_average, reduce)
    log_p = tensor(input)
    target = target if isinstance(target, Tensor | np.ndarray) else np.asarray(target)
    if not log_p.ndim:
        raise ValueError("nll_loss: the input has shape (), and needs an axis of classes: (C,) or (N, C, ...)")
    samples = log_p.shape[:1] + log_p.shape[2:] if log_p.ndim > 1 else ()
    classes = log_p.shape[min(1, log_p.ndim - 1)]
    if target.dtype.kind not in "iu" or target.shape != samples:
        raise _unfit(target, log_p.shape, samples, "nll_loss")
    rows, labels, scale = _class_rows(log_p), target.reshape(-1), _scale(reduction, target.size)
    if weight is None and not 0 <= ignore_index < classes and modes.assume():
        try:
            return fused.nll_rows(rows, labels, scale).reshape(samples if scale is None else ())
        except IndexError:
            _explain_label(target, samples, classes, ignore_index, "nll_loss")
    used = labels != ignore_index
    labels = np.where(used, labels, 0)
    weights = used.astype(log_p.dtype)
    if weight is not None:
        weights = weights * autograd.as_tensor(_class_weight(weight, rows, "nll_loss"))[labels]
    losses = fused.nll_rows(rows, labels, None) * weights
    if reduction == "mean":
        return _weighed(losses, weights)
    return losses.reshape(samples) if scale is None else losses.sum()


def multinomial_cost(alpha: Any, t: Any, *, reduction: str = "mean") -> Tensor:
    """-ln softmax(α)[t], the mean over samples: -log of the probability of class t, or of the probabilities t.

    The lecture's name for `cross_entropy`: shapes and errors are its.
    Source: *Deep Learning*, section 6.2.2.3.

    >>> multinomial_cost(Tensor([[0.0, 0.0], [100.0, 0.0]]), np.array([0, 1]), reduction="none")
    tensor([  0.6931, 100.    ])
    """
    return cross_entropy(alpha, t, reduction=reduction)


def kl_div(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """Σ t (log t - input): how far the probabilities t are from those whose logarithms are the input.

    With `log_target` the target is log t as well. reduction="batchmean" divides the sum by the number of samples, which
    makes it the mean of the Kullback-Leibler divergences; "mean" divides by the number of elements (PyTorch's
    convention). Shapes: input and target alike. Where t is 0, so is the loss. Source: *Deep Learning*, section 3.13.

    >>> kl_div(np.log([[0.5, 0.5]]), np.array([[1.0, 0.0]]), reduction="batchmean")
    tensor(0.6931, dtype=float64)
    """
    reduction = renamed("kl_div", reduction, size_average, reduce)
    input, target = pair(input, target, "kl_div")
    if log_target:
        losses = np.exp(target) * (target - input)
    else:
        losses = target * np.log(autograd.where(target == 0, 1.0, target)) - target * input
    if reduction == "batchmean":
        return losses.sum() * _scale("mean", len(input) if input.ndim else 1)
    return reduced(losses, reduction)


def _class_rows(x: Any) -> Any:
    """(C,) or (N, C, ...) as a matrix with classes last, one sample a row."""
    if x.ndim == 2:
        return x
    return x.reshape(1, -1) if x.ndim == 1 else autograd.moveaxis(x, 1, -1).reshape(-1, x.shape[1])


def _soft_cross_entropy(logits: Any, target: Any, weight: Any, smoothing: float, reduction: str) -> Any:
    if not target.shape[1]:
        raise ValueError(f"cross_entropy: the input has no classes along axis 1 of its shape, {logits.shape}")
    if smoothing:
        target = target * (1 - smoothing) + smoothing / target.shape[1]
    if weight is not None:
        target = target * _class_weight(weight, logits)
    return fused.soft_cross_entropy_rows(logits, target, _scale(reduction, len(logits)))


def _hard_cross_entropy(logits: Any, target: Any, weight: Any, ignore: int, smoothing: float, reduction: str) -> Any:
    scale, classes = _scale(reduction, len(target)), logits.shape[1]
    if weight is None and not smoothing and not 0 <= ignore < classes and modes.assume():
        try:
            return fused.cross_entropy_rows(logits, target, scale)
        except IndexError:  # a label that is no class: to be ignored, or wrong
            if not ((target._data if isinstance(target, Tensor) else target) == ignore).any():
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
        return _weighed(losses, weights)
    return losses if scale is None else losses.sum()


def _explain_label(
    target: Any, samples: tuple[int, ...], classes: int, ignore: int, name: str = "cross_entropy"
) -> None:
    """IndexError that names the first label which is no class, and its place in the target as it was given."""
    labels = (target.detach()._data if isinstance(target, Tensor) else target).reshape(samples)
    bad = ((labels < 0) | (labels >= classes)) & (labels != ignore)
    if bad.any():
        place = np.argwhere(bad)[0].tolist()
        raise IndexError(
            f"{name}: the label {labels[tuple(place)]} at target[{', '.join(map(str, place))}] is not one of the "
            f"{classes} classes, 0 to {classes - 1}, that the input has; nor is it ignore_index, {ignore}"
        ) from None


def _unfit(target: Any, shape: tuple[int, ...], samples: tuple[int, ...], name: str = "cross_entropy") -> Exception:
    found = f"{name}: the input has shape {shape} and the target {target.shape}, {target.dtype}"
    if target.shape == samples and target.dtype.kind == "f":
        return TypeError(f"{found}; classes are integers: write target.astype(int)")
    if target.dtype.kind not in "fiu":
        return TypeError(f"{found}; classes are integers, and probabilities floating: write target.astype(int)")
    if target.shape == shape and name == "cross_entropy":
        return TypeError(f"{found}; probabilities are floating: write target.astype(float), or target.argmax(1)")
    if target.shape == (*samples, 1):
        return ValueError(f"{found}; classes have shape {samples}: write target[..., 0]")
    soft = f", or {shape}, probabilities" if name == "cross_entropy" else ""
    return ValueError(f"{found}; the target must have shape {samples}, integer classes{soft}")


def pair(input: Any, target: Any, name: str) -> tuple[Any, Any]:
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


def _class_weight(weight: Any, logits: Any, name: str = "cross_entropy") -> Any:
    weight = constant(weight, logits)
    if weight.shape != logits.shape[1:]:
        raise ValueError(f"{name}: weight has shape {weight.shape}; it needs one for each class, {logits.shape[1:]}")
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


def renamed(name: str, reduction: str, size_average: Any, reduce: Any) -> str:
    """`reduction`, unless it is given by its old names: `reduce`, whether to at all, and `size_average`, to the mean or
    the sum.
    """
    if size_average is None and reduce is None:
        return reduction
    for old in (size_average, reduce):
        if isinstance(old, Tensor | np.ndarray) and name[0].isupper():
            raise TypeError(f"nn.{name} takes options, not Tensors; write nn.{name}()(input, target)")
        if not isinstance(old, int | np.bool | None):
            raise TypeError(
                f"{name}: size_average and reduce are old names, and True, False or None, not {old!r:.50}; write "
                "reduction= and the names of what comes after it"
            )
    reduction = "none" if reduce is not None and not reduce else "mean" if size_average in (None, True) else "sum"
    warnings.warn(f"{name}: size_average and reduce are old names; write reduction={reduction!r}", stacklevel=3)
    return reduction


def reduced(losses: Any, reduction: str) -> Any:
    scale = _scale(reduction, losses._data.size)
    return losses if scale is None else losses.sum() if scale == 1 else losses.sum() * scale


def _over_samples(losses: Any, reduction: str) -> Any:
    """Those of a sample added up, the first axis being that of samples; then the mean over these."""
    return reduced(losses.sum(tuple(range(1, losses.ndim))) if losses.ndim > 1 else losses, reduction)


def _like(weight: Any, input: Any, name: str) -> Any:
    weight = constant(weight, input)
    if weight.shape != input.shape:
        raise ValueError(f"{name}: weight has shape {weight.shape}; it needs that of the input, {input.shape}")
    return weight


def _weighted_mean(losses: Any, weight: Any, reduction: str, name: str) -> Any:
    weight = _like(weight, losses, name)
    losses = losses * weight
    return losses.sum() / weight.sum() if reduction == "mean" else reduced(losses, reduction)


def _weighed(losses: Any, weights: Any) -> Any:
    """The sum of losses over that of their weights: where no sample counts NaN, without a gradient."""
    total = weights.sum()
    nothing = np.equal(total, 0)
    return autograd.where(nothing, math.nan, losses.sum() / autograd.where(nothing, 1.0, total))
