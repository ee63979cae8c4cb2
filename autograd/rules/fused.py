"""Functions that networks live on, each one operation because its composition would overflow or cost more."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..op import axes_of, constant, elementwise, general
from .arithmetic import logistic
from .linalg import rows
from .operands import switch

# --- Elementwise ---


def _sigmoid(x: Any) -> Any:
    with np.errstate(over="ignore"):
        return logistic(x)


sigmoid = elementwise(_sigmoid, lambda g, out: g * (out * (1 - out)))


def _softplus(x: Any) -> Any:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.absolute(x)))


softplus = elementwise(_softplus, lambda g, x: g * logistic(x))


def _relu(x: Any) -> Any:
    return np.maximum(x, 0)


relu = elementwise(_relu, lambda g, out: g * (out > 0), selects=True)

# --- Along an axis ---


def _logsumexp(x: Any, axis: Any, keepdims: Any) -> Any:
    if not x.size:
        return np.full_like(np.add.reduce(x, axis=axis, keepdims=keepdims), -math.inf)
    m = np.maximum.reduce(x, axis=axis, keepdims=True)
    m = np.where(np.isfinite(m), m, 0.0)
    total = np.add.reduce(np.exp(x - m), axis=axis, keepdims=True)
    with np.errstate(divide="ignore"):  # log 0 of a row of -inf is -inf
        out = np.log(total) + m
    return out if keepdims else out.reshape([n for i, n in enumerate(x.shape) if axis is not None and i not in axis])


def _logsumexp_rule(g: Any, x: Any, out: Any, axis: Any) -> Any:
    top = x == out  # in a row of -inf nothing has weight; +inf takes all of it, in even shares
    share = g / np.where(out == math.inf, np.sum(top, axis=axis, keepdims=True, dtype=x.dtype), 1.0)
    return share * np.exp(np.where(top, np.where(out == -math.inf, out, 0.0), x - out))


_logsumexp = general(_logsumexp, _logsumexp_rule)


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """log Σ exp(x) over `axis`, without overflow.

    >>> logsumexp(Tensor([1000.0, 1000.0]))
    tensor(1000.6932)
    """
    return _logsumexp(x, axes_of(axis, x), switch(keepdims))


def _softmax(x: Any, axis: int) -> Any:
    if not x.size:
        return x.copy()
    e = np.exp(x - np.maximum.reduce(x, axis=axis, keepdims=True))
    e /= np.add.reduce(e, axis=axis, keepdims=True)
    return e


def _log_softmax(x: Any, axis: int) -> Any:
    if not x.size:
        return x.copy()
    shifted = x - np.maximum.reduce(x, axis=axis, keepdims=True)
    shifted -= np.log(np.add.reduce(np.exp(shifted), axis=axis, keepdims=True))
    return shifted


_softmax = general(
    _softmax,
    lambda g, out, axis: out * (g - np.sum(g * out, axis=axis, keepdims=True)),
    lanes=True,
)
_log_softmax = general(
    _log_softmax,
    lambda g, out, axis: g - np.exp(out) * np.sum(g, axis=axis, keepdims=True),
    lanes=True,
)


def softmax(x: Any, axis: int = -1) -> Any:
    """exp(x) / Σ exp(x) along `axis`, without overflow: probabilities that add up to 1.

    >>> softmax(Tensor([0.0, 0.0]))
    tensor([0.5, 0.5])
    """
    return _softmax(x, axis)


def log_softmax(x: Any, axis: int = -1) -> Any:
    """log softmax(x) = x - logsumexp(x) along `axis`, exact also where the probability underflows."""
    return _log_softmax(x, axis)


# --- A layer and the losses of section 6.2 of Deep Learning ---


def _linear(x: Any, weight: Any, bias: Any) -> Any:
    if x.ndim > 2:
        out = rows(x).dot(weight.T).reshape(*x.shape[:-1], weight.shape[0])
    else:
        out = x.dot(weight.T)
    if bias is not None:
        out += bias
    return out


def _sum_of_rows(g: Any) -> Any:
    if isinstance(g, np.ndarray):
        return g.T.dot(np.ones(len(g), g.dtype))  # four times as fast as add.reduce
    return np.add.reduce(g, axis=0)


linear_layer = general(
    _linear,
    lambda g, weight, x_shape: g.dot(weight) if len(x_shape) <= 2 else np.reshape(rows(g).dot(weight), x_shape),
    lambda g, x: rows(g).T.dot(rows(x)),
    lambda g: _sum_of_rows(rows(g)),
    name="linear",
)


# Losses: with `scale` None the loss of each row or element, else their sum times `scale`, as one operation, since the
# mean beside it would cost as much as the loss itself on small batches.


def _total(losses: Any, scale: float | None) -> Any:
    return losses if scale is None else np.add.reduce(losses, axis=None) * scale


def _share(g: Any, scale: float | None, axis: tuple[int, ...] = ()) -> Any:
    """dJ/d(loss of each row or element), to be multiplied with an array that has `axis` more."""
    return np.expand_dims(g, axis) if scale is None else g * scale


def _cross_entropy(logits: Any, target: Any, scale: float | None = None) -> tuple[Any, Any]:
    """-log softmax(logits)[row, target[row]] for each row, and the softmax, kept for the derivative."""
    if isinstance(target, np.ndarray):
        check_labels(target, logits.shape[1])
    e = logits - np.maximum.reduce(logits, axis=1, keepdims=True)
    right = e[np.arange(len(target)), target]
    e = np.exp(e)
    total = np.add.reduce(e, axis=1, keepdims=True)
    e /= total
    return _total(np.log(total)[:, 0] - right, scale), e


def check_labels(target: Any, classes: int) -> None:
    """IndexError for a label that is no class; read as an unsigned number, a negative one is large."""
    labels = target.view(f"u{target.itemsize}")
    if labels.size and np.maximum.reduce(labels) >= classes:
        place = int(np.argmax(labels >= classes))
        raise IndexError(f"label {target[place]} at {place} is not one of the {classes} classes, 0 to {classes - 1}")


def _one_hot(target: Any, classes: int, dtype: Any = bool) -> Any:
    """For each label a row of zeros with a one in the place of its class."""
    check_labels(target, classes)
    out = np.zeros((len(target), classes), dtype)
    out[np.arange(len(target)), target] = 1
    return out


one_hot = constant(_one_hot)  # an operation, so that labels are checked where the gradient alone is computed again


def _less_one_hot(p: Any, target: Any) -> Any:
    """p - one_hot(target), the derivative of cross-entropy by the logits where p is their softmax."""
    check_labels(target, p.shape[1])
    out = p.copy()
    out[np.arange(len(target)), target] -= 1
    return out


less_one_hot = general(_less_one_hot, lambda g: g, None)

cross_entropy_rows = general(
    _cross_entropy,
    lambda g, saved, target, scale: _share(g, scale, (1,)) * less_one_hot(saved, target),
    None,
    name="cross_entropy",
    rows=True,
    saved=lambda logits, target, scale: _softmax(logits, 1),
)


def _nll(log_p: Any, target: Any, scale: float | None = None) -> Any:
    if isinstance(target, np.ndarray):
        check_labels(target, log_p.shape[1])
    return _total(-log_p[np.arange(len(target)), target], scale)


nll_rows = general(
    _nll,
    lambda g, target, log_p_shape, scale: -_share(g, scale, (1,)) * one_hot(target, log_p_shape[1], g.dtype),
    None,
    name="nll",
    rows=True,
)


def _log_softmax_of(logits: Any) -> Any:
    shifted = logits - np.maximum.reduce(logits, axis=1, keepdims=True)
    return shifted - np.log(np.add.reduce(np.exp(shifted), axis=1, keepdims=True))


def _soft_cross_entropy(logits: Any, target: Any, scale: float | None = None) -> tuple[Any, Any]:
    """-Σ target · log softmax(logits) for each row, and the log softmax.

    A class of weight 0 contributes 0, also where its logit is -inf.
    """
    log_p = _log_softmax_of(logits)
    return _total(-np.add.reduce(target * np.where(target == 0, 0.0, log_p), axis=1), scale), log_p


soft_cross_entropy_rows = general(
    _soft_cross_entropy,
    lambda g, saved, target, scale: (
        _share(g, scale, (1,)) * (np.exp(saved) * np.sum(target, 1, keepdims=True) - target)
    ),
    lambda g, saved, scale: -_share(g, scale, (1,)) * saved,
    name="soft_cross_entropy",
    rows=True,
    saved=lambda logits, target, scale: _log_softmax(logits, 1),
)


def _bernoulli(logits: Any, target: Any, scale: float | None = None) -> tuple[Any, Any]:
    """softplus(α) - t α, which is softplus((1 - 2t) α) for t in {0, 1}; and the softplus, for σ(α) = exp(α - softplus(α))."""
    s = _softplus(logits)
    return _total(s - logits * target, scale), s


bernoulli_cross_entropy = general(
    _bernoulli,
    lambda g, logits, target, saved, scale: _share(g, scale) * (np.exp(logits - saved) - target),
    lambda g, logits, scale: -_share(g, scale) * logits,
    name="binary_cross_entropy_with_logits",
    rows=True,
    saved=lambda logits, target, scale: softplus(logits),
)


def _binary_cross_entropy(p: Any, t: Any) -> Any:
    with np.errstate(divide="ignore"):
        return (t - 1) * np.maximum(np.log1p(-p), -100.0) - t * np.maximum(np.log(p), -100.0)


binary_cross_entropy = elementwise(
    _binary_cross_entropy,
    lambda g, p, t: g * (p - t) / np.maximum(p * (1 - p), 1e-12),
    lambda g, p: g * (np.maximum(np.log1p(-p), -100.0) - np.maximum(np.log(p), -100.0)),
)


def _huber(d: Any, delta: float = 1.0) -> Any:
    """d²/2 up to |d| = delta, and along the tangent from there."""
    inner = np.clip(d, -delta, delta)
    return inner * (d - 0.5 * inner)


huber = elementwise(_huber, lambda g, d, delta: g * np.clip(d, -delta, delta))


def _squared_error(prediction: Any, target: Any, scale: float | None = None) -> Any:
    d = prediction - target
    return _total(d * d, scale)


squared_error = general(
    _squared_error,
    lambda g, prediction, target, scale: 2 * _share(g, scale) * (prediction - target),
    lambda g, prediction, target, scale: 2 * _share(g, scale) * (target - prediction),
    name="squared_error",
    rows=True,
)
