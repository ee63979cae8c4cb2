"""A trace: the operations that one call of a function made, as a program that runs again on new arrays.

While a function is traced every operation on Tensors is noted, those of the backward pass too: the rules run on
Tensors then, and are made of operations themselves. What the program cannot follow is refused while tracing: an `if` on
a value, `item()`, an array made from a Tensor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .. import modes
from ..op import Operation, engine
from ..transforms import flatten


class Variable(NamedTuple):
    """The value with this number in a run of the program."""

    number: int

    def __repr__(self) -> str:
        return f"v{self.number}"


class Step(NamedTuple):
    """result = op(*args, *params)."""

    op: Operation
    args: tuple[Any, ...]
    params: tuple[Any, ...]
    result: Variable

    def __repr__(self) -> str:
        given = [*map(_short, self.args), *(f"{k}={_short(v)}" for k, v in zip(self.op.keywords, self.params))]
        return f"{self.result!r} = {self.op.name}({', '.join(given)})"


def _short(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"<{value.dtype} {value.shape}>"
    return (
        f"({', '.join(map(_short, value))})"
        if isinstance(value, tuple) and not isinstance(value, Variable)
        else repr(value)
    )


class Tracer(modes.Mode):
    """The mode that notes the operations of the code in its block."""

    kind = "trace"

    def __init__(self) -> None:
        self.value = self
        self.steps: list[Step] = []
        self.tensors: list[Any] = []  # by number; kept alive, so that an id stays unique
        self.numbers: dict[int, int] = {}
        self.captured: dict[int, Any] = {}  # Tensors that came from outside and are not arguments

    def new(self, tensor: Any) -> Variable:
        self.numbers[id(tensor)] = len(self.tensors)
        self.tensors.append(tensor)
        return Variable(len(self.tensors) - 1)

    def variable(self, value: Any) -> Any:
        """`value` as the program sees it: a variable for a Tensor, inside tuples too."""
        if isinstance(value, engine.Tensor):
            number = self.numbers.get(id(value))
            if number is None:
                number = self.new(value).number
                self.captured[number] = value
            return Variable(number)
        if isinstance(value, tuple | list):
            return tuple(map(self.variable, value))
        return value.copy() if isinstance(value, np.ndarray) else value  # a constant of the program

    def add(self, op: Operation, args: tuple[Any, ...], params: tuple[Any, ...], result: Any) -> None:
        step = (tuple(map(self.variable, args)), tuple(map(self.variable, params)))
        self.steps.append(Step(op, *step, self.new(result)))


class Program:
    """The steps of a traced function. Calling it runs them on new arrays of the same shapes and dtypes.

    Tensors that the function used without being given them (a model's parameters) are read anew in every run.
    """

    def __init__(self, tracer: Tracer, inputs: list[Any], outputs: list[Any], rebuild: Callable[[Any], Any]) -> None:
        self.inputs = [tracer.variable(t) for t in inputs]
        self.signature = [(t.shape, t.dtype) for t in inputs]
        self.outputs = [tracer.variable(y) for y in outputs]
        self._rebuild = rebuild
        self.captured = dict(tracer.captured)
        self.steps = self._needed(tracer.steps)
        self._size = len(tracer.tensors)

    def _needed(self, steps: list[Step]) -> list[Step]:
        """Only the steps that the outputs depend on."""
        wanted = set(_variables(self.outputs))
        kept = []
        for step in reversed(steps):
            if step.result in wanted:
                wanted.update(_variables((step.args, step.params)))
                kept.append(step)
        self.captured = {n: t for n, t in self.captured.items() if Variable(n) in wanted}
        return kept[::-1]

    def __call__(self, *args: Any) -> Any:
        given, _ = flatten(list(args))
        if len(given) != len(self.inputs):
            raise TypeError(f"the program was traced with {len(self.inputs)} arrays and is called with {len(given)}")
        values: list[Any] = [None] * self._size
        for i, (x, variable, (shape, dtype)) in enumerate(zip(given, self.inputs, self.signature)):
            x = x._data if isinstance(x, engine.Tensor) else np.asarray(x)
            if x.shape != shape or x.dtype != dtype:
                raise ValueError(
                    f"argument {i} is {x.dtype} {x.shape}, but the program was traced with {dtype} {shape}; trace it again"
                )
            values[variable.number] = x
        for number, tensor in self.captured.items():
            values[number] = tensor._data
        known = [value for value in values if value is not None]
        with np.errstate(all="ignore"):
            for op, inputs, params, result in self.steps:
                out = op.forward(
                    *([filled(inputs, values)] if op.variadic else filled(inputs, values)), *filled(params, values)
                )
                values[result.number] = out[0] if op.caches else out
        outputs = [filled(y, values) for y in self.outputs]
        return self._rebuild([y.copy() if any(np.may_share_memory(y, x) for x in known) else y for y in outputs])

    def __repr__(self) -> str:
        lines = [f"program({', '.join(map(repr, self.inputs))}):", *(f"    {step!r}" for step in self.steps)]
        return "\n".join([*lines, f"    return {', '.join(map(_short, self.outputs))}"])


def _variables(nest: Any) -> list[Variable]:
    if isinstance(nest, Variable):
        return [nest]
    return [v for part in nest for v in _variables(part)] if isinstance(nest, tuple | list) else []


def filled(nest: Any, values: list[Any]) -> Any:
    """A nest with values in place of variables."""
    if isinstance(nest, Variable):
        return values[nest.number]
    return tuple([filled(part, values) for part in nest]) if isinstance(nest, tuple | list) else nest


def trace(f: Any, *args: Any) -> Any:
    """The program of what f(*args) does, its gradients included; args are nests of arrays and Tensors.

    Given a matrix in place of a function: the sum of its diagonal, as `np.trace` and PyTorch's `trace` are.

    >>> from autograd import grad
    >>> program = trace(grad(lambda x: (x * x).sum()), np.array([1.0, 2.0]))
    >>> program(np.array([3.0, 4.0]))
    array([6., 8.])

    Raises TypeError where f reads a value (an `if` on it, `item()`, `float()`): it would be frozen into the program.
    """
    if isinstance(f, engine.Tensor | np.ndarray):
        return np.trace(f, *args)
    given, rebuild = flatten(list(args))
    inputs = []
    for x in given:
        t = engine.Tensor(x if isinstance(x, engine.Tensor) else np.asarray(x))  # a Python float is a float64
        inputs.append(t.requires_grad_() if getattr(x, "requires_grad", False) else t)
    tracer = Tracer()
    for t in inputs:
        tracer.new(t)
    with tracer:
        result = f(*rebuild(inputs))
    outputs, build = flatten(result)
    return Program(tracer, inputs, outputs, build)
