"""Hooks that see the gradients that enter and leave a module in the backward pass.

Around the forward pass stand two operations that change nothing: one through which all arguments pass, one for the results.
Their derivatives are where the hooks are called.
"""

from __future__ import annotations

from typing import Any

from autograd import Tensor
from autograd.function import Function

from .module import hooks_of


class Watch:
    """One call of a module that has backward hooks."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.places: list[int] = []  # of the arguments that need a gradient
        self.arguments = 0
        self.grad_output: tuple[Any, ...] = ()

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        self.arguments, self.places = len(args), _needing(args)
        return _passed(_Arguments, self, args, self.places)

    def leave(self, result: Any) -> Any:
        results = result if isinstance(result, tuple) else (result,)
        places = _needing(results)
        results = _passed(_Results, self, results, places)
        self.results, self.result_places = len(results), places
        return results if isinstance(result, tuple) else results[0]

    def went_out(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        """The gradients of the results, as the hooks before the backward pass leave them."""
        self.grad_output = _spread(gradients, self.result_places, self.results)
        for hook in hooks_of(self.module, "before backward"):
            self.grad_output = self._replaced(hook.function(self.module, self.grad_output), self.grad_output)
        passed_on = tuple([self.grad_output[i] for i in self.result_places])
        if not self.places:
            self.went_in(())
        return passed_on

    def went_in(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        """The gradients of the arguments, as the hooks leave them."""
        grad_input = _spread(gradients, self.places, self.arguments)
        for hook in hooks_of(self.module, "backward"):
            grad_input = self._replaced(hook.function(self.module, grad_input, self.grad_output), grad_input)
        self.grad_output = ()
        return tuple([grad_input[i] for i in self.places])

    def _replaced(self, answer: Any, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        if answer is None:
            return gradients
        answer = answer if isinstance(answer, tuple) else (answer,)
        if len(answer) != len(gradients):
            raise RuntimeError(
                f"a backward hook of {type(self.module).__name__} returned {len(answer)} gradients, and there are "
                f"{len(gradients)}; return as many, or None to change nothing"
            )
        return answer


class _Arguments(Function):
    @staticmethod
    def forward(ctx: Any, watch: Watch, *tensors: Tensor) -> Any:
        ctx.watch = watch
        return tensors

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return None, *ctx.watch.went_in(gradients)


class _Results(Function):
    @staticmethod
    def forward(ctx: Any, watch: Watch, *tensors: Tensor) -> Any:
        ctx.watch = watch
        ctx.set_materialize_grads(False)  # a result that nobody used has none, and the hooks are told so
        return tensors

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return None, *ctx.watch.went_out(gradients)


def _needing(values: tuple[Any, ...]) -> list[int]:
    return [i for i, value in enumerate(values) if isinstance(value, Tensor) and value.requires_grad]


def _passed(function: Any, watch: Watch, values: tuple[Any, ...], places: list[int]) -> tuple[Any, ...]:
    """The values, of which those at `places` have passed through the operation."""
    if not places:
        return values
    through = dict(zip(places, function.apply(watch, *[values[i] for i in places])))
    return tuple([through.get(i, value) for i, value in enumerate(values)])


def _spread(values: tuple[Any, ...], places: list[int], count: int) -> tuple[Any, ...]:
    at = dict(zip(places, values))
    return tuple([at.get(i) for i in range(count)])
