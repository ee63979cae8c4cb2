"""Forward mode: tangents pushed through a recorded graph, from the oldest node to the newest.

What a node needs for it is said by the kind of its operation, from the same rules as backwards. An elementwise rule
multiplies by the local derivative, whichever way; a linear operation is its own derivative; a bilinear one is linear in each
argument. For the others the rule is transposed: uᵀ(Jt) = (Jᵀu)ᵀt, and Jᵀu is linear in u.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from . import graph, modes
from .arrays import zero_unused
from .op import Operation, zero_unused_lifted
from .tensor import Tensor, run_backward


def push_forward(roots: Sequence[Any], tangents: dict[Any, Any], lift: bool) -> list[Any]:
    """The tangents of the roots, given those of some nodes: ∂root/∂nodes · tangents; None for one that depends on none of them.

    Tangents are arrays, or with `lift` Tensors, so that the result can be differentiated again.
    """
    known = dict(tangents)
    with (
        np.errstate(all="ignore"),
        nullcontext() if modes.is_grad_enabled() == lift else modes.enable_grad() if lift else modes.no_grad(),
    ):
        for node in reversed(graph.ancestors([root for root in roots if root is not None])):
            if node not in known and node.op is not None:
                moving = [None if parent is None else known.get(parent) for parent in node.inputs]
                if any(t is not None for t in moving):
                    remind(node)
                    known[node] = _push(node, moving, lift)
    return [known.get(root) for root in roots]


def remind(node: Any) -> None:
    """Let a node of a checkpoint have again what it saved; backwards, its hook does so."""
    for hook in node.hooks if node.notes else ():
        if getattr(hook, "reminds", False):
            hook(None)


def _push(node: Any, tangents: Sequence[Any], lift: bool) -> Any:
    op = node.op
    if isinstance(op, Operation):
        # einsum of several arrays is linear in each, not in all together, and keeps them
        linear = op.kind == "linear" and op.kept.keys().isdisjoint(op.arguments)
        if linear and op.variadic and None not in node.inputs:
            filled = [np.zeros(n.shape, n.dtype) if t is None else t for t, n in zip(tangents, node.inputs)]
            return _as_of(op.function(filled, *node.params), node)
        if linear and not op.variadic:
            (t,) = [t for t in tangents if t is not None]
            return _as_of(op.function(t, *node.params), node)
        if op.kind == "elementwise":
            return _elementwise(node, tangents, lift)
        if op.kind == "bilinear":
            known = op.values(node, lift)
            a, b = op.arguments
            left, right = tangents
            parts = [op.function(left, known[b], *node.params)] if left is not None else []
            parts += [op.function(known[a], right, *node.params)] if right is not None else []
            return _as_of(parts[0] if len(parts) == 1 else parts[0] + parts[1], node)
    return _transposed(node, tangents, lift)


def _elementwise(node: Any, tangents: Sequence[Any], lift: bool) -> Any:
    op, total = node.op, None
    known = op.values(node, lift)
    for t, rule, names in zip(tangents, op.rules, op.rule_parameters):
        if t is None or rule is None:
            continue
        known["g"] = t = _as_of(t, node)
        share = rule(*[known[name] for name in names])
        if op.guarded and op.kept:  # 0 stays 0, as backwards
            share = zero_unused_lifted(share, t, False) if lift else zero_unused(np.asarray(share), t)
        total = share if total is None else total + share
    return _as_of(np.zeros(node.shape, node.dtype) if total is None else total, node)


def _as_of(t: Any, node: Any) -> Any:
    """A tangent in the shape and dtype of the value that it belongs to."""
    if t.dtype != node.dtype:
        t = t.astype(node.dtype)
    return t if t.shape == node.shape else np.broadcast_to(t, node.shape)


def _transposed(node: Any, tangents: Sequence[Any], lift: bool) -> Any:
    """∂node/∂inputs · tangents by the rule for the other direction, which is linear in its cotangent u."""
    u = Tensor(np.zeros(node.shape, node.dtype), requires_grad=True)
    with modes.enable_grad():
        shares = node.op.lift(node, u, [None if t is None else n for t, n in zip(tangents, node.inputs)])
    found = along(shares, tangents, u, lift)
    return np.zeros(node.shape, node.dtype) if found is None else found


def along(pulled: Sequence[Any], tangents: Sequence[Any], u: Tensor, create: bool) -> Any:
    """Σ ∂(pulled · tangent)/∂u: the transpose of a pullback of u, which is linear in it. None if it depends on no u."""
    seeds: dict[Any, Any] = {}
    for share, t in zip(pulled, tangents):
        if share is not None and t is not None and share._node is not None:
            seeds[share._node] = seeds[share._node] + t if share._node in seeds else t  # of x + y both are u itself
    return run_backward(seeds, [u._node], retain=True, create=create).get(u._node) if seeds else None
