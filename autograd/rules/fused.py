"""Functions that networks live on, each one operation because its composition would overflow or cost more."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..op import axes_of, elementwise, general

# --- Elementwise ---


def _sigmoid(x: Any) -> Any:
    return 0.5 * (1 + np.tanh(0.5 * x))


sigmoid = elementwise(_sigmoid, lambda g, out: g * (out * (1 - out)))


def _softplus(x: Any) -> Any:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.absolute(x)))


softplus = elementwise(_softplus, lambda g, x: g * _sigmoid(x))


def _relu(x: Any) -> Any:
    return np.maximum(x, 0)


relu = elementwise(_relu, lambda g, out: g * (out > 0), selects=True)

# --- Along an axis ---


def _logsumexp(x: Any, axis: Any, keepdims: bool) -> Any:
    m = np.maximum.reduce(x, axis=axis, keepdims=True)
    m = np.where(np.isfinite(m), m, 0.0)
    total = np.add.reduce(np.exp(x - m), axis=axis, keepdims=True)
    with np.errstate(divide="ignore"):  # log 0 of a row of -inf is -inf
        out = np.log(total) + m
    return out if keepdims else out.reshape([n for i, n in enumerate(x.shape) if axis is not None and i not in axis])


def _logsumexp_rule(g: Any, x: Any, out: Any) -> Any:
    finite = np.isfinite(out)  # in a row of -inf nothing has weight; +inf takes all of it
    return g * np.where(finite, np.exp(x - np.where(finite, out, 0.0)), (x == out) & (out > 0))


_logsumexp = general(_logsumexp, _logsumexp_rule)


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """log Σ exp(x) over `axis`, without overflow.

    >>> logsumexp(Tensor([1000.0, 1000.0]))
    tensor(1000.6931)
    """
    return _logsumexp(x, axes_of(axis, x), bool(keepdims))


def _softmax(x: Any, axis: int) -> Any:
    e = np.exp(x - np.maximum.reduce(x, axis=axis, keepdims=True))
    e /= np.add.reduce(e, axis=axis, keepdims=True)
    return e


def _log_softmax(x: Any, axis: int) -> Any:
    shifted = x - np.maximum.reduce(x, axis=axis, keepdims=True)
    shifted -= np.log(np.add.reduce(np.exp(shifted), axis=axis, keepdims=True))
    return shifted


_softmax = general(
    _softmax,
    lambda g, out, axis: out * (g - np.sum(g * out, axis=axis, keepdims=True)),
)
_log_softmax = general(
    _log_softmax,
    lambda g, out, axis: g - np.exp(out) * np.sum(g, axis=axis, keepdims=True),
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
        out = x.reshape(-1, x.shape[-1]).dot(weight.T).reshape(*x.shape[:-1], weight.shape[0])
    else:
        out = x.dot(weight.T)
    if bias is not None:
        out += bias
    return out


def _rows(x: Any) -> Any:
    return x if len(x.shape) == 2 else np.reshape(x, (-1, x.shape[-1]))


linear_layer = general(
    _linear,
    lambda g, weight: g.dot(weight) if len(g.shape) <= 2 else np.matmul(g, weight),
    lambda g, x: _rows(g).T.dot(_rows(x)),
    lambda g: np.sum(_rows(g), axis=0),
    name="linear",
)


def _cross_entropy(logits: Any, target: Any) -> tuple[Any, Any]:
    """-log softmax(logits)[row, target[row]] for each row, and the softmax, kept for the derivative."""
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    e = np.exp(shifted)
    total = np.sum(e, axis=1, keepdims=True)
    rows = np.log(total)[:, 0] - shifted[np.arange(len(target)), target]
    return rows, e / total


cross_entropy_rows = general(
    _cross_entropy,
    lambda g, saved, target: np.expand_dims(g, 1) * (saved - np.equal(np.expand_dims(target, 1), np.arange(saved.shape[1]))),
    None,
    name="cross_entropy",
)


def _soft_cross_entropy(logits: Any, target: Any) -> Any:
    """-Σ target · log softmax(logits) for each row; a class of weight 0 contributes 0, also where its logit is -inf."""
    return np.add.reduce(np.where(target == 0, 0.0, -target * _log_softmax_of(logits)), axis=1)


def _log_softmax_of(logits: Any) -> Any:
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))


soft_cross_entropy_rows = general(
    _soft_cross_entropy,
    lambda g, logits, target: np.expand_dims(g, 1)
    * (np.exp(_log_softmax_of(logits)) * np.sum(target, axis=1, keepdims=True) - target),
    lambda g, logits: -np.expand_dims(g, 1) * _log_softmax_of(logits),
    name="soft_cross_entropy",
)


def _bernoulli(logits: Any, target: Any) -> Any:
    return np.maximum(logits, 0) - logits * target + np.log1p(np.exp(-np.absolute(logits)))


bernoulli_cross_entropy = elementwise(  # softplus((1 - 2t) α) for t in {0, 1}, and its extension to t in [0, 1]
    _bernoulli,
    lambda g, logits, target: g * (_sigmoid(logits) - target),
    lambda g, logits: -g * logits,
    name="binary_cross_entropy_with_logits",
)


def _squared_error(prediction: Any, target: Any) -> Any:
    d = prediction - target
    return d * d


squared_error = elementwise(
    _squared_error,
    lambda g, prediction, target: 2 * g * (prediction - target),
    lambda g, prediction, target: 2 * g * (target - prediction),
    name="squared_error",
)
