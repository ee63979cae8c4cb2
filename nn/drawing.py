"""A picture of a module, which needs no more than the shapes of its inputs."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd
from autograd import Tensor, enable_grad
from autograd.drawing import Picture
from autograd.transforms import flatten

from .modules.module import Module
from .unchanged import unchanged


def draw(model: Module, *inputs: Any, **options: Any) -> Picture:
    """A picture of what `model` computes from `inputs`: shapes, or arrays; `options` are those of `autograd.draw`.

    TypeError if there is no input; what goes wrong in the model is said as ever.

    >>> draw(nn.Linear(2, 3), (1, 2), direction="TB")
    <picture of a graph with 3 edges; .save('graph.svg') writes it to a file>
    """
    if not inputs:
        raise TypeError("a module is drawn given the shape of its input, as in model.draw((1, 64))")
    given = [_input(x) for x in inputs]
    with unchanged(model), enable_grad():
        result = model(*given)
    results = [t for t in flatten([result])[0] if isinstance(t, Tensor) and t.requires_grad]
    floats = [x for x in given if isinstance(x, Tensor) and x.requires_grad]
    names = {"x" if len(given) == 1 else f"x{i}": x for i, x in enumerate(given, 1)}
    names |= options.pop("names", None) or {}
    return autograd.draw(results, names, **{"inputs": floats, "show": ("shape",), **options})


def _input(given: Any) -> Any:
    """Zeros of a shape, as a leaf, so that a model without parameters has a graph too; anything else as it is."""
    if isinstance(given, tuple) and all(isinstance(n, int) for n in given):
        return Tensor(np.zeros(given, autograd.get_default_dtype()), requires_grad=True)
    return given
