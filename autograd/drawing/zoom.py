"""A small product of matrices as the sums and products of numbers that it is made of."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import graph
from ..scalar import Scalar
from .formulas import SUBSCRIPT
from .known import Known, plainly

MOST = 32  # products of numbers


def scalars(y: Any, known: Known | None = None) -> list[Scalar]:
    """yᵢⱼ = Σₖ aᵢₖ bₖⱼ, each a Scalar: the elements of `y`, in C order, computed one by one from those of its operands.

    y       a Tensor that `@` or a linear layer has just computed, or its node, with values that are known, as they are
            under `autograd.observe()` or until `backward`

    Their gradients are there if y's is. Empty for other operations, more than 32 products, and unknown values.

    >>> W = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> with autograd.observe():
    ...     y = W @ np.array([1.0, -1.0], np.float32)
    >>> [s.data for s in autograd.drawing.scalars(y)]
    [-1.0, -1.0]
    >>> picture = autograd.draw(autograd.drawing.scalars(y))
    """
    node: Any = y if isinstance(y, graph.Node) else y.node
    if isinstance(node, Scalar) or node is None or node.op is None or node.op.name not in ("matmul", "linear"):
        return []
    if known is None:
        known = Known([node], {})
    arguments, constants = list(node.op.arguments), known.constants.get(node, {})
    values = [
        constants.get(name) if source is None else known.values.get(source)
        for name, source in zip(arguments, node.inputs)
    ]
    if any(v is None and (i < 2 or node.inputs[i] is not None) for i, v in enumerate(values)):
        return []  # a bias may be absent
    a, b = (np.asarray(v, np.float64) for v in values[:2])
    bias = values[2] if len(values) > 2 else None
    if max(a.ndim, b.ndim) > 2 or min(a.ndim, b.ndim) < 1 or math.prod(node.shape) * a.shape[-1] > MOST:
        return []
    linear = node.op.name == "linear"
    names = [
        known.names.get(source)
        or (known.name_of(value) or plainly(name) if source is None and value is not None else name)
        for name, source, value in zip(arguments, node.inputs, values)
    ]
    left, right = _elements(np.atleast_2d(a), names[0], a.ndim), _elements(b, names[1], b.ndim)
    if linear:
        right = right.T
    elif b.ndim == 1:
        right = right[:, None] if right.ndim == 1 else right.T
    shift = None if bias is None else _elements(np.asarray(bias, np.float64), names[2], 1)
    found = []
    for row in left:
        for j, column in enumerate(right.T):
            total = row[0] * column[0]
            for p, q in zip(row[1:], column[1:]):
                total = total + p * q
            found.append(total if shift is None else total + shift[j])
    g = known.grad(node)
    if g is not None:
        shares = graph.sweep(dict(zip(found, np.ravel(g).tolist())))
        for scalar, share in shares.items():
            scalar.grad = share
    return found


def _elements(array: Any, name: str, ndim: int) -> Any:
    """An array of named Scalars: w₁₂ in the first row, the second column."""
    made = np.empty(array.shape, object)
    for index, value in np.ndenumerate(array):
        place = ",".join(str(i + 1) for i in index[array.ndim - ndim :])
        place = place.replace(",", "") if max(array.shape) < 10 else place
        made[index] = Scalar(float(value), name=name + place.translate(SUBSCRIPT))
    return made
