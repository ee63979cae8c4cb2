"""Samples of `autograd/rules/reductions.py`."""

from typing import Any

import numpy as np

import autograd
from autograd.rules import reductions

from .table import apart, nonzero, of, real, signs


def softmax(x: Any, axis: int = -1) -> Any:
    return np.exp(x) / np.exp(x).sum(axis, keepdims=True)


def recurrence(a: Any, b: Any, axis: int) -> Any:
    rows, out = np.moveaxis(np.array([a, b]), axis + 1, 0), []
    for factor, term in rows:
        out.append(term + factor * out[-1] if out else term)
    return np.moveaxis(np.array(out), 0, axis)


def largest(x: Any, dim: int, keepdim: bool = False) -> Any:
    return np.max(x, dim, keepdims=keepdim), np.argmax(x, dim, keepdims=keepdim)


def smallest(x: Any, dim: int, keepdim: bool = False) -> Any:
    return np.min(x, dim, keepdims=keepdim), np.argmin(x, dim, keepdims=keepdim)


# fmt: off
A = real(2, 3, 4)
AXES: tuple[dict[str, Any], ...] = (
    {}, {"axis": 0}, {"axis": -2}, {"axis": (0, 2)}, {"axis": ()}, {"axis": -1, "keepdims": True}, {"keepdims": True},
)

REDUCTIONS = [
    *(of(function, A, **keywords) for function in (np.sum, np.mean) for keywords in AXES),
    *(of(function, A, ulps=4, **keywords) for function in (np.var, np.std) for keywords in AXES if keywords != {"axis": ()}),
    *(of(function, apart(2, 3, 4), **keywords) for function in (np.max, np.min) for keywords in AXES),
    *(of(np.prod, x, ulps=4, **keywords) for x in (nonzero(2, 3, 4), signs(3, 2, 3)) for keywords in AXES),
    *(
        of(autograd.logsumexp, A, like=lambda x, **how: np.log(np.sum(np.exp(x), **how)), ulps=8, **keywords)
        for keywords in AXES
    ),
    of(np.amax, apart(3, 4), axis=1),
    of(np.amin, apart(3, 4), axis=1),
    of(np.sum, real(3, 4), axis=1, where=np.array([True, False, True, True]), ulps=4),
    of(np.sum, real(3, 4), axis=1, initial=2.0),
    of(np.mean, real(3, 4), axis=0, where=np.array([[True], [False], [True]]), ulps=4),
    of(np.var, real(3, 4), axis=1, where=np.array([True, False, True, True]), ddof=1, ulps=4),
    of(np.std, real(3, 4), axis=1, where=np.array([True, False, True, True]), ulps=4),
    of(np.std, real(3, 4), axis=1, mean=np.array([[0.1], [0.2], [-0.3]]), ulps=4),
    of(np.prod, nonzero(3, 4), axis=1, initial=2.0, ulps=4),
    of(np.prod, nonzero(3, 4), where=np.array([True, False, True, True]), ulps=4),
    of(np.max, apart(3, 4), axis=0, initial=0.3),
    of(np.min, apart(3, 4), axis=0, initial=9.0, where=np.array([True, False, True, True])),
    of(np.var, real(3, 4), axis=0, ddof=1, ulps=4),
    of(np.std, real(3, 4), ddof=1, ulps=4),
    of(np.std, real(3, 4), axis=1, correction=1, ulps=4),
    *(of(np.cumsum, A, **keywords) for keywords in ({}, {"axis": 0}, {"axis": -1})),
    *(
        of(np.cumprod, x, sums=True, lanes=keywords.get("axis"), **keywords)
        for x in (nonzero(2, 3, 2), signs(3, 2, 3))
        for keywords in ({}, {"axis": 0}, {"axis": -1})
    ),
    of(autograd.softmax, A, like=softmax, ulps=8, sums=True, lanes=-1),
    of(autograd.softmax, A, like=softmax, ulps=8, sums=True, lanes=0, axis=0),
    *(
        of(autograd.log_softmax, A, like=lambda x, axis=-1: np.log(softmax(x, axis)), ulps=16, sums=True,
           lanes=keywords.get("axis", -1), **keywords)
        for keywords in ({}, {"axis": 1})
    ),
    *(of(autograd.max, apart(3, 4), like=largest, **keywords) for keywords in ({"dim": 0}, {"dim": -1, "keepdim": True})),
    of(autograd.min, apart(3, 4), like=smallest, dim=1),
    of(reductions.recurrence, real(3, 4), real(3, 4), like=recurrence, axis=1, ulps=4, sums=True),
    # nothing, one number, one element along the axis
    *(of(function, real(0, 3), axis=0) for function in (np.sum, np.prod)),
    *(of(function, real(2, 0)) for function in (np.sum, np.prod, np.cumsum, np.cumprod)),
    *(of(function, real(2, 0), axis=0) for function in (np.sum, np.mean, np.prod, np.max, np.min, np.cumsum, np.cumprod)),
    *(of(function, real(2, 0), like=lambda x: x, sums=True) for function in (autograd.softmax, autograd.log_softmax)),
    of(autograd.softmax, real(0, 3), dim=0, like=lambda x, dim: x, sums=True),
    *(of(function, real()) for function in (np.sum, np.mean, np.prod, np.max, np.min)),
    *(of(function, real(3, 1), axis=1) for function in (np.sum, np.mean, np.prod, np.max, np.min, np.cumsum, np.cumprod)),
]
# fmt: on
