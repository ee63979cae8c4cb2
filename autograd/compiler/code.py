"""Code: a program as one list of calls of NumPy, the form on which passes work and from which source is written."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..arrays import engine
from .program import Program
from .symbols import Call, Variable
from .tracer import Rules, variables_in

SCALAR = {
    operator.add: "+", operator.sub: "-", operator.mul: "*", operator.truediv: "/", operator.floordiv: "//",
    operator.mod: "%", operator.pow: "**", operator.lt: "<", operator.le: "<=", operator.gt: ">", operator.ge: ">=",
    operator.eq: "==", operator.ne: "!=",
}  # fmt: skip


class Code:
    """The calls of a program, in order.

    metas      of each variable (shape, dtype), None for numbers and what is no array
    inputs     variables that a run is given
    captured   {variable: the Tensor, or the leaf with the gradient, whose array it is}
    constants  {variable: its array}
    calls      one after the other
    watched    variables whose derivative is right only if it is finite: see `Step.checked`
    outputs    a list of nests of variables and constants
    writes     (Tensor, variable)
    grads      (node of a leaf, variable or None)
    ends       (function, arguments), to be called at the very end
    """

    def __init__(self, program: Program) -> None:
        self.metas = list(program.metas)
        self.inputs = list(program.inputs)
        self.outputs = list(program.outputs)
        self.writes, self.grads, self.ends = list(program.writes), list(program.grads), list(program.calls)
        self.captured = dict(program.captured)
        self.constants = {v: np.asarray(c) for v, c in program.constants.items()}
        self.calls: list[Call] = []
        self.watched: set[Variable] = set()
        self.draws: list[Call] = []
        for step in program.steps:
            if getattr(step.op, "effect", False):
                self.draws.append(Call(step.op.forward, (), {}, step.result))
            elif step.calls is not None:
                self.calls += step.calls
            else:
                args = (step.args,) if step.op.variadic else step.args
                self.calls.append(Call(step.op.forward, args + step.params, {}, step.result))
            if step.checked and step.calls is not None:
                self.watched.update(variables_in(step.result))

    def new(self, like: Any) -> Variable:
        self.metas.append(like)
        return Variable(len(self.metas) - 1)

    def meta(self, value: Any) -> Any:
        return self.metas[value.number] if isinstance(value, Variable) else None

    def ends_in(self) -> list[Variable]:
        """The variables for whose sake everything is done."""
        grads = [v for _, v in self.grads]
        return variables_in((self.outputs, [v for _, v in self.writes], grads, [a for _, a in self.ends]))

    def substitute(self, known: dict[Variable, Any]) -> None:
        """Write other variables, or constants, in place of these."""
        if not known:
            return

        def other(nest: Any) -> Any:
            if isinstance(nest, Variable):
                while isinstance(nest, Variable) and nest in known:
                    nest = known[nest]
                return nest
            if isinstance(nest, tuple):
                return tuple(map(other, nest))
            if isinstance(nest, list):
                return list(map(other, nest))
            return {k: other(v) for k, v in nest.items()} if isinstance(nest, dict) else nest

        self.calls = [Call(c.function, other(c.args), other(c.options), c.result) for c in self.calls]
        self.outputs = [other(y) for y in self.outputs]
        self.writes = [(t, other(v)) for t, v in self.writes]
        self.grads = [(n, other(v)) for n, v in self.grads]
        self.ends = [(f, other(a)) for f, a in self.ends]
        self.watched = {v for v in map(other, self.watched) if isinstance(v, Variable)}

    def constant(self, value: Any) -> Variable:
        variable = self.new((value.shape, value.dtype))
        self.constants[variable] = value
        return variable


def is_ufunc(call: Call) -> bool:
    return isinstance(call.function, np.ufunc) and call.function.signature is None


def is_reduction(call: Call) -> bool:
    return isinstance(getattr(call.function, "__self__", None), np.ufunc) and call.function.__name__ == "reduce"


def is_product(call: Call) -> bool:
    return call.function in (np.dot, np.ndarray.dot, np.matmul)


def is_pure(call: Call) -> bool:
    """Whether it is a call of NumPy that depends on its arguments alone and never fails: it may be left out, or done once for two."""
    function = call.function
    return (
        isinstance(function, np.ufunc) or is_reduction(call) or getattr(function, "__module__", None) == "numpy"
        or function in VIEWS or function in SCALAR or getattr(function, "__objclass__", None) is np.ndarray
    )  # fmt: skip


def uses(calls: Iterable[Call]) -> dict[Variable, list[int]]:
    """The places of the calls that read a variable."""
    found: dict[Variable, list[int]] = {}
    for i, call in enumerate(calls):
        for variable in variables_in((call.args, call.options)):
            found.setdefault(variable, []).append(i)
    return found


def _views() -> frozenset[Any]:
    from .symbols import getitem

    methods = (getattr(np.ndarray, name) for name in ("reshape", "transpose", "swapaxes", "ravel", "squeeze"))
    return frozenset((getitem, *methods))


VIEWS: frozenset[Callable[..., Any]] = _views()

__all__ = ["SCALAR", "VIEWS", "Code", "Rules", "engine", "is_product", "is_pure", "is_reduction", "is_ufunc", "uses"]
