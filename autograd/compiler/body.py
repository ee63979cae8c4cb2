"""A body: a function of a loop or a branch, traced once with its gradient, that a program runs as often as it needs.

Tensors that the function uses without being given them are inputs of the body like its arguments. While it is traced they are
leaves, whatever they were computed from: their history belongs to the program around the loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import modes
from ..arrays import engine
from .program import Recorded
from .straight import Straight
from .tracer import Tracer


def closed_over(f: Callable[..., Any], given: list[Any], what: str) -> list[Any]:
    """The Tensors that f(*given) uses besides those that it is given and those that it makes."""
    tracer = Tracer(replayed=False)
    for t in given:
        tracer.name(t, tracer.new(t._data))
    try:
        with tracer:
            f(*given)
    finally:
        tracer.restore()
    if tracer.drawn:
        raise modes.TraceError(
            f"the function of {what} draws random numbers, which would be the same in every turn of a trace; draw them before, and give them as xs"
        )
    if tracer.changed or tracer.grads or tracer.calls:
        raise modes.TraceError(
            f"the function of {what} changes a Tensor from outside, or a gradient; give what changes as a part of the carry, and return it"
        )
    return [t for t in tracer.captured.values() if isinstance(t, engine.Tensor)]


class Body:
    """f's results and gradients as functions of arrays.

    f         takes and returns lists of Tensors
    given     arrays like those that it will be called with
    floating  which of them need a gradient
    closed    the Tensors that it uses besides: further inputs
    """

    def __init__(self, f: Callable[..., Any], given: list[Any], floating: list[bool], closed: list[Any]) -> None:
        stand_ins = [engine.Tensor._make(x, None) for x in given]
        for t, needs in zip(stand_ins, floating):
            if needs:
                t.requires_grad_()
        nodes = [t._made for t in closed]
        try:
            for t in closed:
                if t._made is not None:
                    t._made = None
                    t.requires_grad_()
            inputs = [*stand_ins, *closed]
            recorded = Recorded(lambda: list(map(_computed, f(*stand_ins))), inputs)
            places = {id(t): i for i, t in enumerate(inputs)}
            self.leaves = [places.get(id(t)) for t in recorded.leaves]
        finally:
            for t, node in zip(closed, nodes):
                t._made = node
        self.count, self.live, self.inputs = len(recorded.outputs), recorded.live, len(inputs)
        self.likes = [(y._data.shape, y._data.dtype) for y in recorded.outputs]
        program = self.program = recorded.program
        always = {v: i for i, v in enumerate(program.inputs) if i >= len(given)}
        carried = [*recorded.carried, *recorded.held]
        self.again = [always.get(v) for v in carried]  # which input it is, of those that are the same in every turn
        kept = [v for v, place in zip(carried, self.again) if place is None]
        program.outputs = [*program.outputs[: self.count], *kept]
        self.forward = Straight(program)
        self.results_only = Straight(program, count=self.count) if kept else self.forward
        self.back = None if recorded.back is None else Straight(recorded.back)

    def run(self, arrays: list[Any], keep: bool) -> tuple[list[Any], list[Any]]:
        """(the results, what `pull` needs of this turn)."""
        values = (self.forward if keep else self.results_only)(arrays)
        return values[: self.count], values[self.count :]

    def pull(self, kept: list[Any], arrays: list[Any], cotangents: list[Any]) -> list[Any]:
        """The gradient of each input, None where there is none. Of `arrays` only those that were closed over are read."""
        shares: list[Any] = [None] * self.inputs
        if self.back is not None:
            rest = iter(kept)
            carried = [next(rest) if place is None else arrays[place] for place in self.again]
            found = self.back([*carried, *[cotangents[i] for i in self.live]])
            for place, share in zip(self.leaves, found):
                if place is not None:
                    shares[place] = share
        return shares


def _computed(y: Any) -> Any:
    """A result that is an input as it stands has a history like any other."""
    return y.clone() if y._made is not None and y._made.op is None else y


__all__ = ["Body", "closed_over"]
