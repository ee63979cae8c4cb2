"""Gradients made shorter, or their elements smaller, before an optimizer uses them.

Deep Learning, section 10.11.1: where the loss has a cliff, one gradient can throw the parameters far away; a bound on its
norm keeps the direction, a bound on each element does not.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor, modes, no_grad, reach


def clip_grad_norm_(
    parameters: Any,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The norm of all gradients together, which are scaled, in place, to have at most the norm `max_norm`.

    Scaled by min(1, max_norm / (norm + 1e-6)). `parameters` is one Tensor or several; those without a gradient do not
    count. `norm_type` is the p of the p-norm, or inf. With `error_if_nonfinite` a norm that is inf or NaN is a
    RuntimeError, and nothing is scaled. (`foreach` is accepted, and changes nothing.)

    >>> w = Tensor([3.0, 4.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> clip_grad_norm_([w], 1.0), w.grad
    (tensor(10.), tensor([0.6, 0.8]))
    """
    several = _listed(parameters)
    total = get_total_norm([p.grad for p in several if p.grad is not None], norm_type, error_if_nonfinite)
    clip_grads_with_norm_(several, max_norm, total)
    return total


def clip_grad_value_(parameters: Any, clip_value: float, foreach: bool | None = None) -> None:
    """Bring each element of each gradient, in place, between -clip_value and clip_value.

    >>> w = Tensor([3.0, 0.1], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> clip_grad_value_(w, 1.0)
    >>> w.grad
    tensor([1. , 0.2])
    """
    bound = float(clip_value)
    _replace(_listed(parameters), lambda g, **out: np.clip(g, -bound, bound, **out))


def get_total_norm(
    tensors: Any, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Tensor:
    """The p-norm of all elements of all `tensors` together; the rest is as for `clip_grad_norm_`."""
    several, p = _listed(tensors), float(norm_type)
    if not several:
        return Tensor(0.0)
    traced = modes.tracing()
    with no_grad():
        norms = [_norm(t.detach() if traced else t._data, p) for t in several]
        total = _norm(np.stack(norms), p)
    if error_if_nonfinite and not traced and not np.isfinite(total):
        places = [f"{i} of shape {several[i].shape}" for i, norm in enumerate(norms) if not np.isfinite(norm)]
        raise RuntimeError(
            f"clip_grad_norm_: the norm of order {p:g} of the gradients is {total}, so they cannot be clipped; not finite is "
            f"number {', '.join(places) or 'none alone, but their sum'}. autograd.detect_anomaly() finds the operation; "
            "error_if_nonfinite=False goes on with such gradients"
        )
    return total if isinstance(total, Tensor) else Tensor(total)


def clip_grads_with_norm_(parameters: Any, max_norm: float, total_norm: Any, foreach: bool | None = None) -> None:
    """Scale gradients, in place, by min(1, max_norm / (total_norm + 1e-6))."""
    if modes.tracing():
        share = np.minimum(float(max_norm) / (total_norm + 1e-6), 1.0)
    else:
        share = float(max_norm) / (float(total_norm) + 1e-6)
        if share >= 1:
            return
    _replace(_listed(parameters), lambda g, **out: np.multiply(g, share, **out))


def _norm(x: Any, p: float) -> Any:
    return np.linalg.norm(x.ravel(), None if p == 2 else p)


def _listed(tensors: Any) -> list[Any]:
    if isinstance(tensors, Tensor):
        return [tensors]
    several = list(tensors)
    if not several and not isinstance(tensors, list | tuple) and isinstance(tensors, Iterable):
        warnings.warn(
            "there are no parameters, and nothing is clipped: an iterator such as model.parameters() is used up after one "
            "pass; ask for it anew",
            UserWarning,
            stacklevel=3,
        )
    return several


def _replace(parameters: list[Tensor], function: Any) -> None:
    """Put function(gradient, out=gradient) in the place of each gradient."""
    changed = []
    for p in parameters:
        if p.grad is None:
            continue
        if modes.tracing():
            p.grad = function(p.grad)
            continue
        if not isinstance(p.grad._data, np.ndarray):
            p.grad._data = np.asarray(p.grad._data)
        function(p.grad._data, out=p.grad._data)
        changed.append(p.grad._data)
    reach.wrote(*changed)
