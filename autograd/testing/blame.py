"""Which operation has the wrong derivative: each node of a recorded graph is checked alone, at the values it had.

`autograd.observe` keeps the operands of every node. So an operation can be called again on them, by itself, and its
gradient be compared with differences of its own values. The oldest one that fails is the one to mend.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .. import graph, modes
from ..op import Operation, record
from ..tensor import Tensor
from . import differences
from .differences import _flat, _leaf, _Point, _pull, gradcheck, gradgradcheck
from .laws import LAWS


def check_gradients(f: Callable[..., Any], *inputs: Any, order: int = 2, laws: Iterable[str] | None = None) -> bool:
    """True, if the gradient of f at the inputs is right, for order=2 the gradient of the gradient too, and the laws hold.

    inputs   what `gradcheck` takes: float64 arrays, numbers and Tensors, or nests of them
    laws     names of `autograd.testing.LAWS`, all of them by default: "linear" (in the cotangent), "repeatable" (nothing is
             written into), "forward mode", "layouts" (of memory), "float32", "compiled"

    Raises AssertionError with the message of `gradcheck`, and, where one can be found, the first operation whose own
    derivative is wrong and the likely kind of mistake; or with that of the first law that is broken. TypeError for float32;
    ValueError for another order or law.

    >>> from autograd.op import elementwise
    >>> sine = elementwise(lambda x: np.sin(x), lambda g, x: -g * np.cos(x), name="my_sine")
    >>> check_gradients(lambda x: np.exp(sine(x * 2)), np.array([0.5, 1.0]))
    Traceback (most recent call last):
    AssertionError: ... the first operation whose own derivative is wrong is my_sine, by argument 0: the sign is wrong
    """
    if order not in (1, 2):
        raise ValueError(f"order is {order!r}; write order=1, or order=2 to check the gradient's gradient too")
    asked = list(LAWS if laws is None else laws)
    for name in asked:
        if name not in LAWS:
            raise ValueError(f"there is no law {name!r}; there are {', '.join(map(repr, LAWS))}")
    at = _Point(f, inputs)
    if "repeatable" in asked:  # the others rely on it
        asked.remove("repeatable")
        _obey("repeatable", at)
    try:
        gradcheck(f, *inputs)
    except AssertionError as error:
        found = None if "kink" in str(error) else _first_wrong(f, inputs)
        if found is None:
            raise
        raise AssertionError(f"{error}; the first operation whose own derivative is wrong is {found}") from None
    if order == 2:
        gradgradcheck(f, *inputs)
    for name in asked:
        _obey(name, at)
    return True


def _obey(law: str, at: _Point) -> None:
    with np.errstate(all="ignore"):
        problem = LAWS[law](at)
    if problem is not None:
        raise AssertionError(problem)


def _first_wrong(f: Callable[..., Any], inputs: tuple[Any, ...]) -> str | None:
    at = _Point(f, inputs)
    with modes.observe():
        results = at.outputs([_leaf(x) for x in at.values])
    nodes = graph.ancestors(y.node for y in results if y.node is not None)
    for node in sorted(nodes, key=lambda node: node.order):
        if not isinstance(node.op, Operation):  # a user's Function, which cannot be called again by its node
            continue
        operands = (node.notes or {}).get("operands", ())
        for place, (parent, x) in enumerate(zip(node.inputs, operands)):
            if parent is not None and 0 < np.size(x) <= differences.FEW:
                kind = _mistake(node, operands, place)
                if kind is not None:
                    return f"{node.op.name}, by argument {place}: {kind}"
    return None


def _mistake(node: Any, operands: tuple[Any, ...], place: int) -> str | None:
    """The likely kind of mistake in a node's derivative by one of its operands, or None if it is right."""

    def called(x: Any) -> Tensor:
        result: Tensor = record(node.op, (*operands[:place], x, *operands[place + 1 :]), tuple(node.params))
        return result

    x = np.array(operands[place], np.float64)
    leaf = _leaf(x)
    y = called(leaf)
    v = np.where(np.isfinite(y.numpy()), np.random.default_rng(0).uniform(0.5, 1.5, y.shape), 0.0)
    (share,) = _pull([y], [leaf], [v])
    a = np.zeros(x.shape) if share is None else share.numpy()

    def slope(i: int) -> Any:
        step = np.zeros(x.size)
        step[i] = 1e-6
        up, down = (called(_leaf(x + side * step.reshape(x.shape))).detach().numpy() for side in (1, -1))
        return np.sum(v * np.where(v == 0, 0.0, up - down)) / 2e-6

    n = np.reshape([slope(i) for i in range(x.size)], x.shape)

    def same(p: Any, q: Any) -> bool:
        return np.allclose(p, q, rtol=1e-3, atol=1e-5)

    if same(a, n):
        return None
    if same(-a, n):
        return "the sign is wrong"
    if x.ndim > 1 and x.shape[-1] == x.shape[-2] and same(np.swapaxes(a, -1, -2), n):
        return "it is transposed"
    factor = float(_flat([a]) @ _flat([n]) / max(np.sum(n * n), 1e-300))
    if same(a, factor * n) and x.size < y.size and same(factor, x.size / y.size):
        return f"it is {factor:.4g} times what it should be: a sum over a broadcast axis is missing"
    if same(a, factor * n):
        return f"it is {factor:.4g} times what it should be"
    worst = np.unravel_index(np.argmax(np.abs(a - n)), x.shape)
    return f"at {list(map(int, worst))} it is {a[worst]:.6g} and should be {n[worst]:.6g}"
