"""Loops and branches as one step of a trace, each with its own gradient: the body is traced once, and run in a loop.

What the derivative of a turn needs is kept by turns; the backward pass is the same loop in reverse. A derivative that is to be
differentiated again is that of the plain loop, written out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import modes
from ..arrays import engine
from ..function import Function
from ..transforms import grad
from .body import Body, closed_over
from .scalars import Tape, native
from .tracer import Procedure, Step


class Loop:
    """A scan: `carries` of the body's inputs go around, then come slices of `sequences`, then what was closed over."""

    name = "scan"

    def __init__(self, body: Body, carries: int, sequences: int, length: int, reverse: bool) -> None:
        self.body, self.carries, self.given = body, carries, carries + sequences
        self.turns = range(length)[::-1] if reverse else range(length)
        self.native = native(body, carries, self.given)

    def run(self, arrays: list[Any], keep: bool) -> tuple[list[Any], Any]:
        if self.native is not None and (found := self.native.run(arrays, self.turns, keep)) is not None:
            return found
        return self._arrays(arrays, keep)

    def _arrays(self, arrays: list[Any], keep: bool) -> tuple[list[Any], Any]:
        """The loop on arrays, turn by turn."""
        body, n = self.body, self.carries
        carry, xs, closed = arrays[:n], arrays[n : self.given], arrays[self.given :]
        ys = [np.empty((len(self.turns), *shape), dtype) for shape, dtype in body.likes[n:]]
        kept = []
        for i in self.turns:
            results, more = body.run([*carry, *[x[i] for x in xs], *closed], keep)
            carry = results[:n]
            for whole, y in zip(ys, results[n:]):
                whole[i] = y
            if keep:
                kept.append(more)
        return [*map(np.array, carry), *ys], kept

    def pull(self, kept: Any, arrays: list[Any], cotangents: list[Any]) -> list[Any]:
        if self.native is not None and isinstance(kept, Tape):
            found = self.native.pull(kept, arrays, self.turns, cotangents)
            if found is not None:
                return found
            kept = self._arrays(arrays, True)[1]
        body, n = self.body, self.carries
        g, gy = list(cotangents[:n]), cotangents[n:]
        shares: list[Any] = [np.zeros_like(a) for a in arrays]
        for i, turn in zip(self.turns[::-1], reversed(kept)):
            found = body.pull(turn, arrays, [*g, *[part[i] for part in gy]])
            g = [np.zeros_like(a) if s is None else s for a, s in zip(arrays, found[:n])]
            for whole, share in zip(shares[n : self.given], found[n : self.given]):
                if share is not None:
                    whole[i] = share
            for place in range(self.given, len(arrays)):
                if found[place] is not None:
                    shares[place] = shares[place] + found[place]
        shares[:n] = map(np.array, g)
        return shares


class Branch:
    """One of two bodies; the first input says which."""

    name = "cond"

    def __init__(self, bodies: tuple[Body, Body], operands: int) -> None:
        self.bodies = bodies  # if not, and if so
        self.body, self.given = bodies[1], 1 + operands

    def run(self, arrays: list[Any], keep: bool) -> tuple[list[Any], Any]:
        which = bool(arrays[0])
        results, kept = self.bodies[which].run(arrays[1:], keep)
        return list(map(np.array, results)), (which, kept)

    def pull(self, kept: Any, arrays: list[Any], cotangents: list[Any]) -> list[Any]:
        which, more = kept
        return [None, *self.bodies[which].pull(more, arrays[1:], cotangents)]


class While:
    """A loop as long as a condition holds, whose number of turns is known afterwards only."""

    name = "while_loop"

    def __init__(self, condition: Body, body: Body, carries: int) -> None:
        self.condition, self.body, self.carries = condition, body, carries
        self.given = carries

    def run(self, arrays: list[Any], keep: bool) -> tuple[list[Any], Any]:
        carry, closed = arrays[: self.carries], arrays[self.carries :]
        while bool(self.condition.run([*carry, *closed], False)[0][0]):
            carry, _ = self.body.run([*carry, *closed], False)
        return list(map(np.array, carry)), ()

    def pull(self, kept: Any, arrays: list[Any], cotangents: list[Any]) -> list[Any]:
        raise modes.TraceError(
            "while_loop has no backward pass in a trace: how many turns it takes is not known beforehand, and nothing of them is kept; "
            "use autograd.scan with a length, and np.where for turns that are to change nothing"
        )


class _Traced(Function):
    """A loop or a branch as one node of the graph, and one step of the trace forward and one backward."""

    @staticmethod
    def forward(ctx: Any, loop: Any, plain: Callable[..., Any], *inputs: Any) -> Any:
        keep = any(ctx.needs_input_grad)
        count = len(loop.body.likes)
        ctx.loop, ctx.plain = loop, plain
        ctx.save_for_backward(*inputs)

        def go_through(*arrays: Any) -> Any:
            results, kept = loop.run(list(arrays), keep)
            return (*results, kept)

        tracer = modes.innermost("trace")
        results = go_through(*[t._data for t in inputs])
        variables = tuple(tracer.new(None if i == count else y) for i, y in enumerate(results))
        tracer.steps.append(Step(Procedure(loop.name, go_through), tuple(map(tracer.variable, inputs)), (), variables))
        ctx.kept, ctx.kept_variable = results[count], variables[count]
        tensors = [engine.Tensor._make(y, None) for y in results[:count]]
        for t, variable in zip(tensors, variables):
            tracer.name(t, variable)
        if all(id(t) in tracer.plain for t in inputs):
            tracer.plain.update(map(id, tensors))
        ctx.mark_non_differentiable(*[t for t in tensors if t.dtype.kind != "f"])
        return tuple(tensors)

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        inputs, loop = ctx.saved_tensors, ctx.loop
        if modes.is_grad_enabled():
            return None, None, *_written_out(ctx.plain, inputs, loop.given, cotangents)
        tracer, count, needed = modes.innermost("trace"), len(inputs), ctx.needs_input_grad[2:]
        wanted = [i for i in range(count) if needed[i]]

        def go_back(kept: Any, *arrays: Any) -> Any:
            shares = loop.pull(kept, list(arrays[:count]), list(arrays[count:]))
            return tuple(np.zeros_like(arrays[i]) if shares[i] is None else shares[i] for i in wanted)

        found = go_back(ctx.kept, *[t._data for t in (*inputs, *cotangents)])
        variables = tuple(map(tracer.new, found))
        args = (ctx.kept_variable, *map(tracer.variable, (*inputs, *cotangents)))
        tracer.steps.append(Step(Procedure(f"{loop.name}.pull", go_back), args, (), variables))
        shares: list[Any] = [None] * count
        for i, value, variable in zip(wanted, found, variables):
            shares[i] = engine.Tensor._make(value, None)
            tracer.name(shares[i], variable)
            if all(id(t) in tracer.plain for t in (*inputs, *cotangents)):
                tracer.plain.add(id(shares[i]))
        return None, None, *shares


def _written_out(plain: Callable[..., Any], inputs: Any, given: int, cotangents: Any) -> list[Any]:
    """The gradient of the plain loop, which can be differentiated again.

    One input may have been computed from another, or be the same: for the time of the loop each is a copy of its own.
    """
    copies = [t.clone() if t.requires_grad else t for t in inputs]
    closed = inputs[given:]
    nodes = [t._made for t in closed]
    try:
        for t, copy in zip(closed, copies[given:]):
            t._made = copy._made
        outputs = plain(*copies[:given])
        pairs = [(y, g) for y, g in zip(outputs, cotangents) if getattr(y, "requires_grad", False)]
        needed = [t for t in copies if t.requires_grad]
        if not pairs or not needed:
            return [None] * len(inputs)
        ys, seeds = zip(*pairs)
        found = iter(grad(list(ys), needed, list(seeds), create_graph=True, allow_unused=True))
    finally:
        for t, node in zip(closed, nodes):
            t._made = node
    return [next(found) if t.requires_grad else None for t in inputs]


def _step(loop: Any, plain: Callable[..., Any], inputs: list[Any]) -> list[Any]:
    return list(_Traced.apply(loop, plain, *inputs))


def _needs(tensors: list[Any]) -> bool:
    return modes.is_grad_enabled() and any(t.requires_grad for t in tensors)


def _floating(tensors: list[Any], all_of_them: bool) -> list[bool]:
    return [t.dtype.kind == "f" and (all_of_them or t.requires_grad) for t in tensors]


def scanned(
    f: Callable[..., Any], plain: Callable[..., Any], carry: list[Any], xs: list[Any], length: int, reverse: bool
) -> list[Any]:
    """f takes Tensors, those of the carry and of a slice, and returns a list of those of the next carry and of the result."""
    first = [x._data[0] if length else np.zeros(x.shape[1:], x.dtype) for x in xs]
    given = [*[t._data for t in carry], *map(np.asarray, first)]
    closed = closed_over(f, [engine.Tensor._make(a, None) for a in given], "scan")
    around = _needs([*carry, *xs, *closed])
    body = Body(f, given, [*_floating(carry, around), *_floating(xs, False)], closed)
    loop = Loop(body, len(carry), len(xs), length, reverse)
    return _step(loop, lambda *inputs: plain(inputs[: len(carry)], inputs[len(carry) :]), [*carry, *xs, *closed])


def branched(pred: Any, functions: tuple[Any, Any], operands: list[Any]) -> list[Any]:
    """`functions` are for False and for True; each returns a list of Tensors."""
    given = [t._data for t in operands]
    fresh = [engine.Tensor._make(a, None) for a in given]
    closed = list({id(t): t for f in functions for t in closed_over(f, fresh, "cond")}.values())
    bodies = [Body(f, given, _floating(operands, False), closed) for f in functions]
    if bodies[0].likes != bodies[1].likes:
        raise TypeError(
            f"cond: true_fun returns {_like(bodies[1].likes)} and false_fun {_like(bodies[0].likes)}; both must return the same shapes and dtypes"
        )

    def plain(which: Any, *inputs: Any) -> Any:
        raise modes.TraceError(
            "the derivative of cond, in a trace, cannot be differentiated again, since it is another one in each run; compile the function "
            "without the second derivative, or write both branches and np.where"
        )

    return _step(Branch((bodies[0], bodies[1]), len(operands)), plain, [pred, *operands, *closed])


def repeated(condition: Callable[..., Any], f: Callable[..., Any], carry: list[Any]) -> list[Any]:
    """The carry when the condition holds no more."""
    given = [t._data for t in carry]
    fresh = [engine.Tensor._make(a, None) for a in given]
    closed = list({id(t): t for g in (condition, f) for t in closed_over(g, fresh, "while_loop")}.values())
    none = [False] * len(carry)
    with modes.no_grad():
        loop = While(Body(condition, given, none, closed), Body(f, given, none, closed), len(carry))
    return _step(loop, lambda *inputs: loop.pull((), [], []), [*carry, *closed])


def _like(likes: Any) -> str:
    return "[" + ", ".join(f"{dtype} {shape}" for shape, dtype in likes) + "]"
