"""Why a step of a backward pass hands on nothing: a list of causes, each a small function on the step.

A cause says (its name, what was seen, numbers to test, advice), or None where it is not this one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .flow import Flow

Cause = tuple[str, str, dict[str, Any], str]

SATURATING = {"sigmoid", "tanh", "softplus", "silu", "gelu", "gelu_tanh", "elu", "hard_sigmoid", "hard_swish"}
CLIPPING = {"clip", "hard_tanh", "threshold", "maximum", "minimum", "fmax", "fmin", "hard_shrink", "soft_shrink"}
CHOOSING = {
    "max",
    "min",
    "getitem",
    "ranked",
    "put_into_windows",
    "take_from_windows",
    "window_maxima",
    "choose",
    "nanmax",
    "nanmin",
}
PRODUCTS = {
    "multiply",
    "matmul",
    "linear",
    "convolution",
    "matvec",
    "vecmat",
    "vecdot",
    "einsum",
    "attention",
    "recurrence",
}
LOSSES = {
    "squared_error",
    "cross_entropy",
    "soft_cross_entropy",
    "huber",
    "binary_cross_entropy_with_logits",
    "absolute",
    "square",
}
JOINING = {"concatenate", "stack"}
NORMALIZING = {"normalize_rows", "normalize_groups", "normalize_batch"}


def dead_units(out: Any) -> tuple[int, int]:
    """How many units are 0 for all samples, of how many: channels of an image, else places along the last axis."""
    axis = 1 if out.ndim >= 4 else out.ndim - 1
    dead = ~np.any(out > 0, axis=tuple(i for i in range(out.ndim) if i != axis)) if out.ndim else np.array([out <= 0])
    return int(np.count_nonzero(dead)), dead.size


def _dead(flow: Flow, node: Any, parent: Any) -> Cause | None:
    out = flow.known.values.get(node)
    if node.op.name != "relu" or out is None:
        return None
    dead, units = dead_units(np.asarray(out))
    return (
        "dead ReLU units",
        f"{dead} of {units} units are 0 for every sample, where the slope of ReLU is 0 too: {flow.where(node)}",
        {"dead": dead, "units": units},
        "lower the learning rate, give the biases before it a small positive value, use He initialization "
        "(nn.init.kaiming_normal_), or LeakyReLU",
    )


def _saturated(flow: Flow, node: Any, parent: Any) -> Cause | None:
    if node.op.name not in SATURATING:
        return None
    x = next(iter(flow.operands(node).values()), None)
    seen = "" if x is None else f", its inputs are between {np.min(x):.3g} and {np.max(x):.3g}"
    return (
        f"saturated {node.op.name}",
        f"the slope of {node.op.name} is 0 so far out{seen}: {flow.where(node)}",
        {} if x is None else {"smallest": float(np.min(x)), "largest": float(np.max(x))},
        "scale what goes in (smaller initial weights, normalised data, a normalization layer), or use ReLU in hidden layers",
    )


def _clipped(flow: Flow, node: Any, parent: Any) -> Cause | None:
    if node.op.name not in CLIPPING:
        return None
    return (
        "clipped",
        f"every number lies beyond the bound, where the result does not depend on it: {flow.where(node)}",
        {},
        "widen the bound, or clip the gradient instead of the value",
    )


def _masked(flow: Flow, node: Any, parent: Any) -> Cause | None:
    if node.op.name != "where":
        return None
    return (
        "masked",
        f"the condition chooses the other side everywhere: {flow.where(node)}",
        {},
        "look at the mask: is it the right way round (True keeps the second argument of np.where)?",
    )


def _elsewhere(flow: Flow, node: Any, parent: Any) -> Cause | None:
    if node.op.name not in CHOOSING:
        return None
    return (
        "not chosen",
        f"{node.op.name} took other elements than those that this depends on: {flow.where(node)}",
        {},
        "an element that is not taken does not change the loss; a mean, or softmax in place of max, uses all",
    )


def _zero_factor(flow: Flow, node: Any, parent: Any) -> Cause | None:
    if node.op.name not in PRODUCTS:
        return None
    arguments = dict(zip(node.op.arguments, node.inputs))
    for name, value in flow.operands(node).items():
        if arguments.get(name) is parent or name == "bias" or np.any(value):
            continue
        other = arguments.get(name)
        if other is not None and other.op is None:
            what = (other.notes or {}).get("name", name)
            return (
                "zero weights",
                f"all of {what}, of shape {np.shape(value)}, are 0, and the gradient is multiplied by them: {flow.where(node)}",
                {"factor": what},
                "start from random weights: with equal ones all units stay alike (nn.init.xavier_uniform_, kaiming_normal_)",
            )
        return (
            "multiplied by zero",
            f"the other factor, {name} of shape {np.shape(value)}, is 0 everywhere: {flow.where(node)}",
            {"factor": name},
            "look at where this factor comes from: a mask, dropout with p=1, inputs that are all 0, or dead units before it",
        )
    return None


def _constant_softmax(flow: Flow, node: Any, parent: Any) -> Cause | None:
    if node.op.name not in ("softmax", "log_softmax"):
        return None
    axis = node.params[0]
    if node.shape[axis] == 1:
        return (
            "softmax of one number",
            f"softmax along an axis of length 1 is 1 whatever the input: {flow.where(node)}",
            {"axis": axis, "shape": tuple(node.shape)},
            "take another axis, or for two classes one logit and binary_cross_entropy_with_logits",
        )
    return (
        "saturated softmax",
        f"the probabilities have rounded to 0 and 1: {flow.where(node)}",
        {},
        "leave softmax out and give the logits to cross_entropy, which is exact there",
    )


def _at_the_minimum(flow: Flow, node: Any, parent: Any) -> Cause | None:
    if node.op.name not in LOSSES:
        return None
    return (
        "the loss is at its minimum",
        f"the prediction equals the target: {flow.where(node)}",
        {},
        "nothing to learn from this batch; check that the target was not computed from the prediction",
    )


def _normalized_away(flow: Flow, node: Any, parent: Any) -> Cause | None:
    if node.op.name not in NORMALIZING:
        return None
    return (
        "taken out by a normalization",
        f"the normalization subtracts the mean and divides by the spread, and so undoes what this adds: {flow.where(node)}",
        {},
        "a layer before a normalization needs no bias (bias=False); a batch of one sample has no spread",
    )


CAUSES: list[Callable[[Flow, Any, Any], Cause | None]] = [
    _dead,
    _saturated,
    _clipped,
    _masked,
    _elsewhere,
    _zero_factor,
    _constant_softmax,
    _at_the_minimum,
    _normalized_away,
]


def of_step(flow: Flow, node: Any, parent: Any) -> Cause:
    """The cause for which `node` hands on nothing to `parent`."""
    while node.op.name in JOINING:  # what is behind it gave something to other parts only
        users = flow.users(node)
        if not users:
            break
        node, parent = users[-1], node
    if list(node.inputs).count(parent) > 1:
        return (
            "shares cancel",
            f"both operands are the same value, and what comes back to them adds up to 0: {flow.where(node)}",
            {},
            "the result does not depend on it to first order",
        )
    for cause in CAUSES:
        if (found := cause(flow, node, parent)) is not None:
            return found
    return (
        f"{node.op.name} hands on nothing",
        f"the derivative of {node.op.name} is 0 here: {flow.where(node)}",
        {},
        "look at its operands: record the graph under autograd.observe(), and autograd.draw(loss) shows them",
    )


def size(values: Any) -> float:
    """The Euclidean norm, without overflow."""
    values = np.abs(np.asarray(values, float))
    top = values.max(initial=0.0)
    return float(top * math.sqrt(np.sum((values / top) ** 2))) if top and math.isfinite(top) else float(top)
