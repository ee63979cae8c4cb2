"""A program: the steps of a traced function, what they are done with, and what is to be changed at the end."""

from __future__ import annotations

from collections.abc import Callable
from sys import getrefcount
from typing import Any

import numpy as np

from .. import graph, modes, reach
from ..arrays import engine
from ..tensor import run_backward
from ..transforms import flatten
from .tracer import Number, Step, Tracer, assign, filled, short, variables_in


class Program:
    """What a Tracer has noted.

    inputs    the variables of the arrays that a run is given
    captured  {variable: the Tensor, or the node of the leaf with the gradient, whose array is read}
    constants {variable: its array}
    steps     in the order in which they were done; only those that something depends on
    outputs   a list of nests of variables and constants
    writes    (Tensor, variable): the value goes into the Tensor's memory
    grads     (node of a leaf, variable or None): its gradient afterwards
    calls     (function, arguments): to be called at the very end
    """

    def __init__(self, tracer: Tracer, inputs: list[Any], outputs: list[Any], steps: list[Step]) -> None:
        self.metas, self.inputs, self.outputs = tracer.metas, inputs, outputs
        self.captured, self.constants = dict(tracer.captured), dict[Any, Any]()
        self.writes: list[tuple[Any, Any]] = []
        self.grads: list[tuple[Any, Any]] = []
        self.calls: list[tuple[Any, Any]] = []
        self.steps = steps

    def with_effects(self, tracer: Tracer, inputs: list[Any]) -> None:
        """Take over from the tracer what is to be changed at the end."""
        known = set(map(id, self.captured.values())) - set(map(id, inputs))
        changed = [t for t, _, _ in tracer.changed.values() if id(t) in known and id(t) not in tracer.twins]
        self.writes = [(t, tracer.variable(t)) for t in changed]
        self.grads = [
            (node, None if node.grad is None else tracer.variable(node.grad))
            for node, before in tracer.grads.items()
            if node.grad is not before or before is None
        ]
        self.calls = [(function, tuple(map(tracer.variable, args))) for function, args in tracer.calls]

    def keep_used(self) -> None:
        """Leave out steps on which nothing depends."""
        ends = (self.outputs, [v for _, v in self.writes], [v for _, v in self.grads], [a for _, a in self.calls])
        wanted = set(variables_in(ends))
        used = []
        for step in reversed(self.steps):
            if getattr(step.op, "effect", False) or not wanted.isdisjoint(variables_in(step.result)):
                wanted.update(variables_in((step.args, step.params)))
                used.append(step)
        self.captured = {v: source for v, source in self.captured.items() if v in wanted}
        self.steps = used[::-1]

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

    def evaluate(self, values: list[Any]) -> list[Any]:
        """Do the steps one by one, each as eager code does it, but for draws that have been made. Returns the outputs."""
        with np.errstate(all="ignore"):
            for step in self.steps:
                if not _is_drawn(step, values):
                    assign(step.result, step.run(values), values)
        outputs = [filled(y, values) for y in self.outputs]
        return [y.copy() if isinstance(y, np.ndarray) else y for y in outputs]

    def run(self, values: list[Any]) -> list[Any]:
        """The outputs, after what is to be done at the end."""
        outputs = self.evaluate(values)
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


class Recorded:
    """A function that has been called once, with all its effects, and what was noted of it.

    program   what it did
    outputs   its results, Tensors and others, and `build`, which puts such a list into the form of the result
    copied    whether the inputs are copies, so that it does not matter what happens to them
    live      the places of the outputs that have a history, through which gradients can flow
    leaves    the Tensors that these depend on and that need a gradient
    back      the program of the backward pass: from `carried` values of the first one, then cotangents of the live outputs, to
              gradients of the leaves
    """

    def __init__(
        self,
        function: Callable[[], Any],
        inputs: list[Any],
        plain: Any = (),
        assumes: bool = True,
        copied: bool = False,
    ) -> None:
        tracer = Tracer(assumes)
        for t in inputs:
            tracer.name(t, tracer.new(t._data))
        tracer.plain.update(map(id, plain))
        try:
            with tracer:
                result = function()
                self._check_views(tracer)
                self.outputs, self.build = flatten(result)
                steps = list(tracer.steps)
                program = Program(
                    tracer, [tracer.variable(t) for t in inputs], [tracer.variable(y) for y in self.outputs], steps
                )
                self.plain = [id(y) in tracer.plain for y in self.outputs]
                program.with_effects(tracer, inputs)
                if not copied:
                    self._check_inputs(tracer, inputs)
                finals = [tensor._data for tensor, _ in program.writes]
                grads = [node.grad for node, _ in program.grads]
                self._go_back(tracer, program, inputs)
        except BaseException:
            tracer.restore()
            raise
        tracer.restore()
        self.program, self.guards, self.needed = program, tracer.guards, tracer.needed
        self.assumed, self.generators = tracer.assumed, tracer.generators
        program.keep_used()
        self.values: list[Any] = []
        if self.live:  # they are needed with their histories
            values = program.begin([t._data for t in inputs])
            for variable, drawn in tracer.drawn.items():
                values[variable.number] = drawn
            self.values = program.evaluate(values)
        self._commit(tracer, finals, grads)
        tracer.alive.clear()
        tracer.tensors.clear()
        tracer.captured.clear()
        for each in (program, self.back):
            if each is not None:
                each.settle()

    def _check_views(self, tracer: Tracer) -> None:
        if tracer.unwritten:
            view, base = next(iter(tracer.unwritten.values()))
            raise modes.TraceError(
                f"a view of shape {view.shape} of a Tensor of shape {base.shape} was changed in place while traced, which the other one "
                "would not see; write x[index] = value, or x[index] += value"
            )

    def _check_inputs(self, tracer: Tracer, inputs: list[Any]) -> None:
        for t in inputs:
            if id(t) in tracer.changed:
                raise modes.TraceError(
                    f"an argument of shape {t.shape} was changed in place while traced; write x = x + 1 and return it, or let the function "
                    "have the Tensor from outside"
                )
            if t._made is not None and t._made in tracer.grads:
                raise modes.TraceError(
                    f"backward() inside a compiled function reached an argument of shape {t.shape} that needs a gradient; return "
                    "autograd.grad(loss, [x]) instead, or let the function have x from outside"
                )

    def _go_back(self, tracer: Tracer, program: Program, inputs: list[Any]) -> None:
        """Trace the backward pass too, where a result has a history that has not been gone through yet."""
        self.live = [i for i, y in enumerate(self.outputs) if _is_live(y) and not self.plain[i]]
        self.back: Program | None = None
        self.leaves: list[Any] = []
        self.carried: list[Any] = []
        self.held: list[Any] = []  # the variables of Tensors from outside that the backward pass reads,
        self.kept: list[Any] = []  # and these
        if not self.live:
            return
        begin, roots = len(tracer.steps), [self.outputs[i]._made for i in self.live]
        known = {t._made: t for t in [*inputs, *tracer.captured.values()] if isinstance(t, engine.Tensor) and t._made}
        targets = [node for node in graph.ancestors(roots) if node.op is None]
        self.leaves = [known[node] for node in targets if node in known]
        seeds: dict[Any, Any] = {}
        cotangents = []
        for i in self.live:
            g = engine.Tensor._make(np.ones_like(self.outputs[i]._data), None)
            tracer.name(g, tracer.new(g._data))
            cotangents.append(tracer.variable(g))
            node = self.outputs[i]._made
            seeds[node] = seeds[node] + g if node in seeds else g
        found = run_backward(seeds, [t._made for t in self.leaves])
        shares = [found.get(t._made) for t in self.leaves]
        steps = tracer.steps[begin:]
        made = {v for step in steps for v in variables_in(step.result)}
        read = dict.fromkeys(v for step in steps for v in variables_in((step.args, step.params)))
        results = [None if g is None else tracer.variable(g) for g in shares]
        read |= dict.fromkeys(v for v in results if v is not None)
        own = {v for step in program.steps for v in variables_in(step.result)} | set(program.inputs)
        outside = [v for v in read if v in tracer.captured and v not in own]
        self.carried = [v for v in read if v in own and v not in made]
        self.held = [v for v in outside if v in program.captured]
        self.back = Program(tracer, [*self.carried, *self.held, *cotangents], results, steps)
        self.back.captured = {v: t for v, t in tracer.captured.items() if v in read and v not in self.held}
        self.back.keep_used()
        program.outputs = [*program.outputs, *self.carried]
        self.kept = [tracer.captured[v] for v in self.held]

    def _commit(self, tracer: Tracer, finals: list[Any], grads: list[Any]) -> None:
        program = self.program
        for (tensor, _), value in zip(program.writes, finals):
            tensor._data = np.asarray(tensor._data)
            tensor._data[...] = value
        if program.writes:
            reach.wrote(*(tensor._data for tensor, _ in program.writes))
        for (node, _), g in zip(program.grads, grads):
            node.grad = None if g is None else engine.Tensor._make(np.array(g._data), None)
        for call, args in tracer.calls:
            call(*(a.value if isinstance(a, Number) else a for a in args))


def _is_live(y: Any) -> bool:
    return isinstance(y, engine.Tensor) and y._made is not None and y._made.op is not None and y._made.saved is not None
