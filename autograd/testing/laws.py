"""What a right derivative keeps to, beside agreeing with differences. Each law says what is wrong at a point, or None.

A gradient is linear in its cotangent and can be taken twice; forward mode gives the adjoint of it; neither it nor the function
writes into what it is given; memory layout changes nothing; float32 stays float32; compiled code gives the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import graph, modes
from ..compiler import compile
from ..op import Operation
from ..tensor import Tensor
from ..transforms import jvp, value_and_grad
from .differences import _named, _Point, _pull, _text
from .layouts import laid_out

Arrays = Sequence[Any]
CLOSE = {"rtol": 1e-6, "atol": 1e-8}
COARSE = 0.05  # how far float32 may lead away, as a part of the largest slope


class _Run:
    """f at arrays that it can write into, and gradients of it."""

    def __init__(self, at: _Point, values: Arrays) -> None:
        self.at, self.given = at, values
        self.xs = [Tensor._make(x, None).requires_grad_() for x in values]
        self.ys = at.outputs(self.xs)

    def cotangents(self, seed: int = 0) -> list[Any]:
        generator = np.random.default_rng(seed)
        return [np.asarray(generator.uniform(0.5, 1.5, y.shape)).astype(y.dtype) for y in self.ys]

    def pull(self, vs: Arrays) -> list[Any]:
        found = _pull(self.ys, self.xs, vs)
        return [np.zeros(x.shape, x.dtype) if g is None else g.numpy().copy() for g, x in zip(found, self.xs)]


def _fresh(at: _Point) -> _Run:
    return _Run(at, [x.copy() for x in at.values])


def _difference(at: _Point, found: Arrays, expected: Arrays, rtol: float = CLOSE["rtol"]) -> str | None:
    """Where two lists of gradients differ most: 'argument 0[1]: 2.0, and not 3.0'."""
    flat, flat_expected = (np.concatenate([np.ravel(g) for g in gs]) for gs in (found, expected))
    scale = np.max(np.abs(flat_expected), initial=0.0, where=np.isfinite(flat_expected))
    if np.allclose(flat, flat_expected, rtol, CLOSE["atol"] + 1e-3 * rtol * scale, equal_nan=True):
        return None
    i = int(np.argmax(np.nan_to_num(np.abs(flat - flat_expected), nan=np.inf)))
    name, _ = _named(at.names, at.values, i)
    return f"by {name} it is {_text(flat[i])}, and not {_text(flat_expected[i])}"


def linear(at: _Point) -> str | None:
    run = _fresh(at)
    v, w = run.cotangents(0), run.cotangents(1)
    mixed = run.pull([-2 * a - b for a, b in zip(v, w)])
    expected = [-2 * a - b for a, b in zip(run.pull(v), run.pull(w))]
    found = _difference(at, mixed, expected)
    return found and f"the gradient is not linear in its cotangent: for -2 v - w {found}; a rule may multiply g only"


def repeatable(at: _Point) -> str | None:
    run = _fresh(at)
    values = [y.detach().numpy().copy() for y in run.ys]
    for name, x, given in zip(at.names, at.values, run.given):
        if not np.array_equal(x, given, equal_nan=True):
            return f"f writes into {name}; write x = x + 1, and not x += 1, or begin with x = x.copy()"
    vs = run.cotangents()
    kept = [v.copy() for v in vs]
    first = run.pull(vs)
    if not all(np.array_equal(v, k) for v, k in zip(vs, kept)):
        return "the backward pass writes into its cotangent, which others read too; write g * x, and not g *= x"
    again = _difference(at, run.pull(vs), first, 1e-12)
    if again:
        return f"the gradient is another one when it is taken again: {again}; a rule changes what was kept for it"
    for y, value in zip(run.ys, values):
        if not np.array_equal(y.detach().numpy(), value, equal_nan=True):
            return "the backward pass changes the result of f; a rule writes into what was kept for it"
    return None


def forward_mode(at: _Point) -> str | None:
    run = _fresh(at)
    generator = np.random.default_rng(2)
    ts = [np.asarray(generator.uniform(0.5, 1.5, x.shape)) for x in at.values]
    vs = run.cotangents()
    _, moved = jvp(lambda *xs: at.outputs(xs), tuple(x.copy() for x in at.values), tuple(ts))
    ahead = sum(float(np.sum(v * m)) for v, m in zip(vs, moved))
    back = sum(float(np.sum(g * t)) for g, t in zip(run.pull(vs), ts))
    if np.isclose(ahead, back, equal_nan=True, **CLOSE):
        return None
    return f"forward mode is not the adjoint of the gradient: vᵀ(Jt) is {_text(ahead)}, and (vᵀJ)t is {_text(back)}"


def layouts(at: _Point) -> str | None:
    run = _fresh(at)
    expected = run.pull(run.cotangents())
    for layout in ("Fortran", "backwards", "every other", "read-only"):
        other = _Run(at, [laid_out(x, layout) for x in at.values])
        found = _difference(at, other.pull(run.cotangents()), expected)
        if found:
            return f"for arrays of another layout in memory ({layout}) the gradient is another one: {found}"
    return None


def float32(at: _Point) -> str | None:
    run = _fresh(at)
    with modes.observe():
        small = _Run(at, [x.astype(np.float32) for x in at.values])
    nodes: Any = graph.ancestors(y.node for y in small.ys if y.node is not None)
    for node in sorted(nodes, key=lambda node: node.order):
        operands = (node.notes or {}).get("operands", ())
        widths = [x.dtype.itemsize for x in operands if getattr(getattr(x, "dtype", None), "kind", "") == "f"]
        asked = any(isinstance(p, np.dtype | type) for p in node.params or ())
        if isinstance(node.op, Operation) and widths and not asked and node.dtype.itemsize > max(widths):
            return f"{node.op.name} returns {node.dtype} where nothing that it is given is; an array that it makes may be float64: use x.dtype"
    gradients = small.pull([v.astype(y.dtype) for v, y in zip(run.cotangents(), small.ys)])
    for name, g in zip(at.names, gradients):
        if g.dtype != np.float32:
            return f"the gradient of {name} is {g.dtype} where {name} is float32"
    expected = run.pull(run.cotangents())
    scale = max([float(np.max(np.abs(g), initial=0.0)) for g in expected])
    if any(not np.allclose(g, e, COARSE, COARSE * scale, equal_nan=True) for g, e in zip(gradients, expected)):
        found = _difference(at, gradients, expected, COARSE)
        return f"in float32 the gradient is far from that in float64: {found}; the formula cancels, or overflows"
    return None


def compiled(at: _Point) -> str | None:
    vs = _fresh(at).cotangents()

    def weighted(*xs: Any) -> Any:
        return sum(((y * v).sum() for y, v in zip(at.outputs(xs), vs)), 0.0)

    eager = value_and_grad(weighted, tuple(range(len(at.values))))
    quick = compile(eager)
    try:
        quick(*(x.copy() for x in at.values))
        value, gradients = quick(*(x.copy() for x in at.values))
    except modes.TraceError:  # it reads a value, as Python may
        return None
    expected_value, expected = eager(*at.values)
    if not np.isclose(float(value), float(expected_value), equal_nan=True, **CLOSE):
        return f"compiled, f has another value: its weighted sum is {_text(value)}, and not {_text(expected_value)}"
    found = _difference(at, gradients, expected)
    return found and f"compiled, f has another gradient: {found}"


LAWS: dict[str, Callable[[_Point], str | None]] = {
    "linear": linear,
    "repeatable": repeatable,
    "forward mode": forward_mode,
    "layouts": layouts,
    "float32": float32,
    "compiled": compiled,
}
