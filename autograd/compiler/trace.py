"""`trace`: the program of what one call of a function does."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import engine
from ..transforms import flatten
from .program import Recorded


class Traced:
    """A program that is called as the function was that it comes from. It runs on arrays of the same shapes and dtypes.

    Tensors that the function used without being given them (a model's parameters) are read anew in every run.
    """

    def __init__(self, recorded: Recorded, inputs: list[Any]) -> None:
        self.program, self._build, self._count = recorded.program, recorded.build, len(recorded.outputs)
        self.signature = [(t.shape, t.dtype) for t in inputs]

    @property
    def steps(self) -> Any:
        return self.program.steps

    def __call__(self, *args: Any) -> Any:
        given, _ = flatten(list(args))
        if len(given) != len(self.signature):
            raise TypeError(f"the program was traced with {len(self.signature)} arrays and is called with {len(given)}")
        arrays = []
        for i, (x, (shape, dtype)) in enumerate(zip(given, self.signature)):
            x = x._data if isinstance(x, engine.Tensor) else np.asarray(x)
            if x.shape != shape or x.dtype != dtype:
                raise ValueError(
                    f"argument {i} is {x.dtype} {x.shape}, but the program was traced with {dtype} {shape}; trace it again"
                )
            arrays.append(x)
        return self._build(self.program.run(self.program.begin(arrays))[: self._count])

    def __repr__(self) -> str:
        return repr(self.program)


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
    recorded = Recorded(lambda: f(*rebuild(inputs)), inputs, assumes=False, copied=True)
    return Traced(recorded, inputs)
