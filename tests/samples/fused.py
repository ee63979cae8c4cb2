"""Samples of `autograd/rules/fused.py`."""

from typing import Any

import numpy as np

from autograd.rules import fused

from .table import Domain, constant, counts, of, positive, real


def softmax(x: Any, axis: int = -1) -> Any:
    return np.exp(x) / np.exp(x).sum(axis, keepdims=True)


def cross_entropy(logits: Any, target: Any, scale: Any = None) -> Any:
    rows = -np.log(softmax(logits))[np.arange(len(target)), target]
    return rows if scale is None else rows.sum() * scale


def nll(log_p: Any, target: Any, scale: Any = None) -> Any:
    rows = -log_p[np.arange(len(target)), target]
    return rows if scale is None else rows.sum() * scale


def soft_cross_entropy(logits: Any, target: Any, scale: Any = None) -> Any:
    rows = -(target * np.log(softmax(logits))).sum(1)
    return rows if scale is None else rows.sum() * scale


def bernoulli(logits: Any, target: Any, scale: Any = None) -> Any:
    each = np.log1p(np.exp(logits)) - logits * target
    return each if scale is None else each.sum() * scale


def squared_error(prediction: Any, target: Any, scale: Any = None) -> Any:
    each = (prediction - target) ** 2
    return each if scale is None else each.sum() * scale


def huber(d: Any, delta: float) -> Any:
    return np.where(np.abs(d) <= delta, 0.5 * d * d, delta * (np.abs(d) - 0.5 * delta))


# fmt: off

LAYERS = [
    *(
        of(fused.linear_layer, real(*x), real(4, 3), *bias, like=lambda x, w, b: x @ w.T + (0 if b is None else b), ulps=8, sums=True)
        for x, bias in (((2, 3), (real(4),)), ((5, 2, 3), (real(4),)), ((3,), (real(4),)), ((2, 3), (None,)), ((0, 3), (real(4),)))
    ),
    *(
        of(function, *args, scale, like=like, ulps=16)
        for function, like, args in (
            (fused.cross_entropy_rows, cross_entropy, (real(3, 4), np.array([0, 3, 1]))),
            (fused.nll_rows, nll, (real(3, 4), np.array([0, 3, 1]))),
            (fused.soft_cross_entropy_rows, soft_cross_entropy, (real(3, 4), positive(3, 4))),
            (fused.bernoulli_cross_entropy, bernoulli, (real(3, 2), positive(3, 2))),
            (fused.squared_error, squared_error, (real(3, 2), real(3, 2))),
        )
        for scale in (None, 0.5)
    ),
    of(fused.binary_cross_entropy, Domain(0.1, 0.9)(2, 3), Domain(0.1, 0.9)(3), like=lambda p, t: -t * np.log(p) - (1 - t) * np.log(1 - p), ulps=8),
    *(of(fused.huber, x, 0.5, like=huber, ulps=4) for x in (Domain(-0.4, 0.4)(2, 3), Domain(0.6, 2)(3), Domain(-2, -0.6)(4))),
    of(fused.less_one_hot, real(3, 5), counts(3), like=lambda p, target: p - np.eye(5, dtype=p.dtype)[target]),
    constant(fused.one_hot, counts(3), 5, like=lambda target, classes: np.eye(classes)[target] == 1),
]
# fmt: on
