"""A program: the steps of a traced function, what they are done with, and what is to be changed at the end."""

from __future__ import annotations

from collections.abc import Callable
from sys import getrefcount
from typing import Any

import numpy as np

from .. import modes, reach
from ..arrays import engine
from ..transforms import flatten
from .tracer import Number, Step, Tracer, assign, filled, short, variables_in


class Program:
    """What a Tracer has noted.

    inputs    the variables of the arrays that a run is given
    captured  {variable: the Tensor, or the node of the leaf with the gradient, whose array is read}
    constants {variable: its array}
    steps     in the order in which they were done; only those that something depends on
    outputs   a nest of variables and constants
    writes    (Tensor, variable): the value goes into the Tensor's memory
    grads     (node of a leaf, variable or None): its gradient afterwards
    calls     (function, arguments): to be called at the very end
    """

    def __init__(self, tracer: Tracer, inputs: list[Any], outputs: list[Any]) -> None:
        self.metas = tracer.metas
        self.inputs = [tracer.variable(t) for t in inputs]
        self.outputs = [tracer.variable(y) for y in outputs]
        self.plain = [id(y) in tracer.plain for y in outputs]
        self.captured = dict(tracer.captured)
        self.constants: dict[Any, Any] = {}
        known = {*map(id, inputs), *map(id, self.captured.values())}
        changed = [t for t, _, _ in tracer.changed.values() if id(t) in known and id(t) not in tracer.twins]
        self.writes = [(t, tracer.variable(t)) for t in changed]
        self.grads = [
            (node, None if node.grad is None else tracer.variable(node.grad))
            for node, before in tracer.grads.items()
            if node.grad is not before or before is None
        ]
        self.needed, self.guards = tracer.needed, tracer.guards
        self.calls = [(function, tuple(map(tracer.variable, args))) for function, args in tracer.calls]
        self.steps = self._used(tracer.steps)

    def _used(self, steps: list[Step]) -> list[Step]:
        ends = (self.outputs, [v for _, v in self.writes], [v for _, v in self.grads], [a for _, a in self.calls])
        wanted = set(variables_in(ends))
        used = []
        for step in reversed(steps):
            if getattr(step.op, "effect", False) or not wanted.isdisjoint(variables_in(step.result)):
                wanted.update(variables_in((step.args, step.params)))
                used.append(step)
        self.captured = {v: source for v, source in self.captured.items() if v in wanted}
        return used[::-1]

    def settle(self) -> None:
        """Find the captured Tensors that nobody else holds, on arrays that nobody else can reach: they are constants."""
        for variable in list(self.captured):
            t = self.captured[variable]
            if isinstance(t, engine.Tensor) and t._made is None and getrefcount(t) == 3:
                if not isinstance(t._data, np.ndarray) or (t._data.base is None and getrefcount(t._data) == 2):
                    self.constants[variable] = self.captured.pop(variable)._data
                    del t

    def begin(self, given: list[Any]) -> list[Any]:
        """The values by number, as far as they are known before the first step."""
        values: list[Any] = [None] * len(self.metas)
        for variable, x in zip(self.inputs, given):
            values[variable.number] = x
        for variable, x in self.constants.items():
            values[variable.number] = x
        for variable, source in self.captured.items():
            values[variable.number] = source._data if isinstance(source, engine.Tensor) else source.grad._data
        return values

    def run(self, values: list[Any]) -> list[Any]:
        """Do the steps one by one, each as eager code does it; then what is to be done at the end. Returns the outputs."""
        with np.errstate(all="ignore"):
            for step in self.steps:
                if not _is_drawn(step, values):
                    assign(step.result, step.run(values), values)
        outputs = [filled(y, values) for y in self.outputs]
        outputs = [y.copy() if isinstance(y, np.ndarray) else y for y in outputs]
        self.commit(values)
        return outputs

    def commit(self, values: list[Any]) -> None:
        """Change what the traced function changed."""
        news = [np.array(values[variable.number]) for _, variable in self.writes]
        for (tensor, _), new in zip(self.writes, news):
            if not isinstance(tensor._data, np.ndarray):
                tensor._data = np.asarray(tensor._data)
            tensor._data[...] = new
        reach.wrote(*(tensor._data for tensor, _ in self.writes))
        for node, variable in self.grads:
            node.grad = None if variable is None else engine.Tensor._make(np.array(values[variable.number]), None)
        for function, args in self.calls:
            function(*filled(args, values))

    def __repr__(self) -> str:
        lines = [f"program({', '.join(map(repr, self.inputs))}):", *(f"    {step!r}" for step in self.steps)]
        return "\n".join([*lines, f"    return {', '.join(map(short, self.outputs))}"])


def _is_drawn(step: Step, values: list[Any]) -> bool:
    """Whether a draw has been made already, in a run that was given up."""
    return getattr(step.op, "effect", False) and values[step.result.number] is not None


def record(function: Callable[[], Any], inputs: list[Any], plain: Any = ()) -> tuple[Program, list[Any], Any]:
    """(program, outputs, the function that puts outputs in their places) of `function()`, whose arguments are these Tensors.

    It is called once, with all its effects. Where it fails nothing has been changed. `plain` are the inputs that stand for plain arrays.
    """
    tracer = Tracer()
    for t in inputs:
        tracer.name(t, tracer.new(t._data))
    tracer.plain.update(map(id, plain))
    try:
        with tracer:
            result = function()
        if tracer.unwritten:
            view, base = next(iter(tracer.unwritten.values()))
            raise modes.TraceError(
                f"a view of shape {view.shape} of a Tensor of shape {base.shape} was changed in place while traced, which the other one "
                "would not see; write x[index] = value, or x[index] += value"
            )
        outputs, build = flatten(result)
        program = Program(tracer, inputs, outputs)
    except BaseException:
        tracer.restore()
        for undo in reversed(tracer.undo):
            undo()
        raise
    finals = [tensor._data for tensor, _ in program.writes]
    grads = [node.grad for node, _ in program.grads]
    tracer.restore()
    for (tensor, _), value in zip(program.writes, finals):
        tensor._data = np.asarray(tensor._data)
        tensor._data[...] = value
    reach.wrote(*(tensor._data for tensor, _ in program.writes))
    for (node, _), g in zip(program.grads, grads):
        node.grad = None if g is None else engine.Tensor._make(np.array(g._data), None)
    for call, args in tracer.calls:
        call(*(a.value if isinstance(a, Number) else a for a in args))
    tracer.alive.clear()
    tracer.captured.clear()
    program.settle()
    return program, outputs, build
