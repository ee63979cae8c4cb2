"""Many backward passes through one graph at once: each cotangent has a batch of them along an axis in front.

An elementwise rule multiplies by the local derivative, and broadcasting does so for the whole batch; slices are taken one
axis further right. All other rules are called once for each member. In a trace the same is done on Tensors, and so noted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from . import graph, modes
from .arrays import engine, zero_unused
from .op import Operation, zero_unused_lifted
from .rules.indexing import getitem, scatter

LARGEST = 1 << 18  # numbers in one batch of cotangents; what is larger leaves the cache


def pull_rows(node: Any, seeds: Any, targets: Sequence[Any]) -> list[Any] | None:
    """For each target the gradients that belong to `seeds`, cotangents of the node stacked in front; None where there are none.

    None instead of the list if these passes have to be made one by one: something wants to see each of them.
    """
    visited: list[Any] = graph.ancestors([node])
    tracer = modes.innermost("trace") if modes.entered else None
    if modes.entered and (tracer is None or any(map(modes.innermost, ("profile", "anomaly", "observe")))):
        return None
    if any(n.notes is not None and n.hooks for n in visited):
        return None
    size = max(1, LARGEST // max(1, *(math.prod(n.shape) for n in visited)))
    parts: dict[Any, list[Any]] = {target: [] for target in targets}
    with np.errstate(all="ignore"):
        for start in range(0, len(seeds), size):
            part = seeds[start : start + size]
            if tracer is None:
                found = graph.sweep({node: part}, targets, retain=True, pull=partial(_shares, lift=False))
            else:
                part = engine.Tensor._make(part, None)
                tracer.seeded([part])
                with modes.no_grad():
                    found = graph.sweep({node: part}, targets, retain=True, lift=True, pull=partial(_shares, lift=True))
            for target, rows in found.items():
                parts[target].append(rows)
    return [np.concatenate(rows) if (rows := parts[target]) else None for target in targets]


def _shares(node: Any, g: Any, inputs: Sequence[Any], lift: bool) -> Sequence[Any]:
    op = node.op
    if isinstance(op, Operation):
        op.check_saved(node)
        if op.kind == "elementwise":
            return _by_broadcasting(node, g, inputs, lift)
        if op in (getitem.op, scatter.op) and inputs[0] is not None and (index := _behind_rows(node.params[-1])):
            share = g[index] if op is scatter.op else scatter(g, (len(g), *inputs[0].shape), index)
            return [_cast(share, inputs[0].dtype)]
    pull = op.lift if lift else op.pull
    rows = [pull(node, g[i], inputs) for i in range(len(g))]
    return [_stacked(shares, parent) for parent, *shares in zip(inputs, *rows)]


def _cast(share: Any, dtype: Any) -> Any:
    return share if share.dtype == dtype else share.astype(dtype)


def _stacked(shares: list[Any], parent: Any) -> Any:
    if parent is None or all(share is None for share in shares):
        return None
    return np.stack([np.zeros(parent.shape, parent.dtype) if share is None else share for share in shares])


def _behind_rows(index: Any) -> Any:
    """The same index one axis further right; None if it has arrays in it, whose axes NumPy may move to the front."""
    parts = index if isinstance(index, tuple) else (index,)
    return None if any(isinstance(part, np.ndarray | list) for part in parts) else (slice(None), *parts)


def _by_broadcasting(node: Any, g: Any, inputs: Sequence[Any], lift: bool) -> list[Any]:
    op, known = node.op, node.op.values(node, lift)
    known["g"] = g
    shares: list[Any] = []
    for parent, rule, names in zip(inputs, op.rules, op.rule_parameters):
        if parent is None or rule is None:
            shares.append(None)
            continue
        share = rule(*[known[name] for name in names])
        share = share if lift else np.asarray(share)
        if op.guarded and op.kept:
            share = zero_unused_lifted(share, g, op.multiplies) if lift else zero_unused(share, g)
        shares.append(_fit_rows(share, parent, len(g)))
    return shares


def _fit_rows(share: Any, parent: Any, count: int) -> Any:
    """`fit` for a batch: broadcasting undone behind the first axis, cast back."""
    extra = share.ndim - 1 - len(parent.shape)
    axes = [1 + i for i in range(extra)]
    axes += [1 + extra + i for i, n in enumerate(parent.shape) if n == 1 and share.shape[1 + extra + i] != 1]
    if axes:
        share = np.sum(share, axis=tuple(axes))
    shape = (count, *parent.shape)
    share = np.reshape(share, shape) if share.shape != shape else share
    return _cast(share, parent.dtype)
