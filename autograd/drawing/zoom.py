"""A small product of matrices as the sums and products of numbers that it is made of."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from .. import graph
from ..calls import Call
from ..scalar import Scalar
from .formulas import SUBSCRIPT
from .known import Known, plainly
from .outline import Item, Outline

MOST = 32  # products of numbers


class Product(NamedTuple):
    """The elements of a product, in C order, and of each operand: its node, if it has one, and its elements."""

    results: list[Scalar]
    operands: list[tuple[Any, Any]]


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
    if node is None:
        return []
    product = product_of(node, known or Known([node, *filter(None, node.inputs)], {}))
    return product.results if product is not None else []


def product_of(node: Any, known: Known) -> Product | None:
    """What a small product of known values is made of."""
    if isinstance(node, Scalar) or node.op is None or node.op.name not in ("matmul", "linear"):
        return None
    arguments, constants = list(node.op.arguments), known.constants.get(node, {})
    values = [
        constants.get(name) if source is None else known.values.get(source)
        for name, source in zip(arguments, node.inputs)
    ]
    if any(v is None and (i < 2 or node.inputs[i] is not None) for i, v in enumerate(values)):
        return None  # a bias may be absent
    arrays: list[Any] = [None if v is None else np.asarray(v, np.float64) for v in values]
    a, b = arrays[:2]
    if max(a.ndim, b.ndim) > 2 or min(a.ndim, b.ndim) < 1 or math.prod(node.shape) * a.shape[-1] > MOST:
        return None
    operands: list[tuple[Any, Any]] = []
    for name, source, array in zip(arguments, node.inputs, arrays):
        if array is not None:
            called = (
                known.name_of(values[len(operands)]) or plainly(name) if source is None else known.names.get(source)
            )
            operands.append((source, _elements(array, called or name, data=source is None)))
    left, right = np.atleast_2d(operands[0][1]), operands[1][1]
    if node.op.name == "linear":
        right = right.T
    elif b.ndim == 1:
        right = right[:, None]
    found = []
    for row in left:
        for j, column in enumerate(right.T):
            total = row[0] * column[0]
            for p, q in zip(row[1:], column[1:]):
                total = total + p * q
            found.append(total if len(operands) < 3 else total + operands[2][1][j])
    if node in known.names:
        for scalar, index in zip(found, np.ndindex(node.shape)):
            scalar.name = known.names[node] + _subscript(index, node.shape)
    g = known.grad(node)
    if g is not None:
        for scalar, share in graph.sweep(dict(zip(found, np.ravel(g).tolist()))).items():
            scalar.grad = share
    return Product(found, operands)


def unfold(seen: Outline, nodes: Iterable[Any], known: Known) -> None:
    """Put the scalars of these products into the outline, before what they make up, in a frame. ValueError for what is none."""
    items = {item.newest: item for item in seen.items if not item.title}
    for node in nodes:
        name = known.names.get(node) or f"the result of {node.op.name if node.op is not None else 'nothing'}"
        if node not in items:
            raise ValueError(
                f"{name} cannot be unfolded: it is not in this picture, or in a fold; raise limit or leave out depth"
            )
        product = product_of(node, known)
        if product is None:
            raise ValueError(
                f"{name} cannot be unfolded into scalars: that takes a matrix product or a linear layer of at most {MOST} products "
                "of numbers, whose values are known; record it under autograd.observe()"
            )
        inside = graph.ancestors(product.results)
        known.read(inside)
        if known.grad(node) is None:
            known.gradients |= dict.fromkeys(inside)
        whole = items[node]
        frame = Call(f"{name}, number by number", inside[-1].order - 1, inside[0].order, whole.home)
        inner = {scalar: Item(scalar, frame) for scalar in inside}
        for scalar, item in inner.items():
            item.sources = [inner[source] for source in scalar.inputs if source is not None]
        for source, elements in product.operands:
            for scalar in elements.flat if source in items else ():
                inner[scalar].sources = [items[source]]
        whole.sources, whole.unfolded = [inner[scalar] for scalar in product.results], True
        place = seen.items.index(whole) + 1
        seen.items[place:place] = inner.values()
        seen.calls.append(frame)
        seen.total += len(inside)


def is_data(node: Any) -> bool:
    """Whether it is an element of a constant."""
    return bool((node.notes or {}).get("data"))


def _elements(array: Any, name: str, data: bool) -> Any:
    """An array of named Scalars: w₁₂ in the first row, the second column."""
    made: Any = np.empty(array.shape, object)
    for index, value in np.ndenumerate(array):
        made[index] = Scalar(float(value), name=name + _subscript(index, array.shape))
        if data:
            made[index].note("data", True)
    return made


def _subscript(index: tuple[int, ...], shape: tuple[int, ...]) -> str:
    return ("" if max(shape, default=0) < 10 else ",").join(str(i + 1) for i in index).translate(SUBSCRIPT)
