"""The layers and functions whose numbers are PyTorch's: a table, a module a family, and how one line of it is run.

    Case(lambda nn: nn.Linear(3, 2), real(4, 3))

`make` is called with our `nn` and with `torch.nn`, and returns a module or a function; the rest describes what that is
called with. Weights and inputs are drawn from the text of the line, and so are the same everywhere and each time.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import pkgutil
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Input:
    """How an argument is drawn: of which kind, shape and range. Of the floating ones, `real` gets a gradient."""

    kind: str
    shape: tuple[int, ...]
    low: float
    high: float

    def draw(self, rng: np.random.Generator, dtype: Any) -> np.ndarray:
        if self.kind == "whole":
            return rng.integers(int(self.low), int(self.high), self.shape)
        numbers = rng.random(self.shape)
        if self.kind == "mask":
            return np.asarray(numbers < self.high)
        return np.asarray(self.low + (self.high - self.low) * numbers, dtype)

    def __str__(self) -> str:
        usual = {"real": (-1.0, 1.0), "fixed": (-1.0, 1.0), "whole": (0, self.high), "mask": (0, 0.5)}[self.kind]
        shape = ", ".join(map(str, self.shape))
        if self.kind == "whole":
            return f"whole({self.high}, {shape})"
        return (
            f"{self.kind}({shape})"
            if usual == (self.low, self.high)
            else f"{self.kind}({shape}; {self.low}…{self.high})"
        )


def real(*shape: int, low: float = -1.0, high: float = 1.0) -> Input:
    """A floating argument that is differentiated."""
    return Input("real", shape, low, high)


def fixed(*shape: int, low: float = -1.0, high: float = 1.0) -> Input:
    """A floating argument that is not."""
    return Input("fixed", shape, low, high)


def whole(n: int, *shape: int, low: int = 0) -> Input:
    """Integers from `low` to n - 1."""
    return Input("whole", shape, low, n)


def mask(*shape: int, share: float = 0.5) -> Input:
    """Booleans of which about this share is True."""
    return Input("mask", shape, 0, share)


@dataclass(frozen=True)
class Case:
    make: Callable[[Any], Any]
    inputs: tuple[Any, ...]
    float32: float = 1e-5  # the tolerance in float32, with a reason beside it where it is another
    modes: tuple[str, ...] = ("train", "eval")

    def __init__(
        self,
        make: Callable[[Any], Any],
        *inputs: Any,
        float32: float = 1e-5,
        modes: tuple[str, ...] = ("train", "eval"),
    ) -> None:
        for name, value in (("make", make), ("inputs", inputs), ("float32", float32), ("modes", modes)):
            object.__setattr__(self, name, value)

    @functools.cached_property
    def text(self) -> str:
        """The line as it stands in the source, with the values of what it refers to."""
        free = {
            name: cell.cell_contents for name, cell in zip(self.make.__code__.co_freevars, self.make.__closure__ or ())
        }
        free |= dict(zip(inspect.signature(self.make).parameters, (None, *(self.make.__defaults__ or ()))))
        values = [f"{name}={value}" for name, value in free.items() if name != "nn"]
        return "; ".join([_body(self.make), ", ".join(map(_described, self.inputs)), *values])

    def __repr__(self) -> str:
        return self.text


def _described(value: Any) -> str:
    return " ".join(str(value).split()) if not isinstance(value, np.ndarray) else " ".join(repr(value.tolist()).split())


@functools.cache
def _lambdas(file: str) -> dict[tuple[int, int], str]:
    with open(file, encoding="utf-8") as source:
        tree = ast.parse(source.read())
    return {
        (node.body.lineno, node.body.col_offset): ast.unparse(node.body)
        for node in ast.walk(tree)
        if isinstance(node, ast.Lambda)
    }


def _body(make: Any) -> str:
    code = make.__code__
    if code.co_name != "<lambda>":
        return str(code.co_name)
    known = _lambdas(code.co_filename)
    starts = [(line, column) for line, _, column, _ in code.co_positions() if line is not None and column is not None]
    found = [known[start] for start in starts if start in known]
    return max(found, key=len)


def families() -> dict[str, list[Case]]:
    """The lists of the modules beside this one, by their names."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = {name: importlib.import_module(f"{__name__}.{name}").CASES for name in names}
    for name, cases in found.items():
        texts = [case.text for case in cases]
        twice = {text for text in texts if texts.count(text) > 1}
        assert not twice, f"tests/nn/cases/{name}.py has twice: {twice}"
    return found


# --- Running one ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Framework:
    """What differs between us and PyTorch: the names of the packages, and how an array becomes a tensor."""

    nn: Any
    optim: Any
    tensor: Callable[[np.ndarray], Any]


def ours() -> Framework:
    import autograd
    import nn
    import optim

    return Framework(nn, optim, autograd.from_numpy)


def pytorch() -> Framework:
    import torch

    torch.set_num_threads(1)
    return Framework(torch.nn, torch.optim, torch.from_numpy)


def values(result: Any) -> Iterator[Any]:
    """The tensors in a nest of tuples, lists and dicts."""
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, tuple | list):
        for part in result:
            yield from values(part)
    elif result is not None and hasattr(result, "detach"):
        yield result


def array(t: Any) -> np.ndarray:
    return np.array(t.detach().numpy())


def drawn_state(module: Any, text: str, dtype: Any) -> dict[str, np.ndarray]:
    """Values for all parameters and buffers: variances positive, counts as they are."""
    state = {}
    for key, value in module.state_dict().items():
        rng = np.random.default_rng(zlib.crc32(f"{text} {key}".encode()))
        now = array(value)
        low = 0.5 if key.endswith("running_var") else -0.5
        state[key] = np.asarray(low + rng.random(now.shape), dtype) if now.dtype.kind == "f" else now
    return state


def figures(case: Case, framework: Framework, dtype: Any, mode: str) -> dict[str, np.ndarray]:
    """Results and all gradients; of a module in training, what three steps of gradient descent make of it as well."""
    rng = np.random.default_rng(zlib.crc32(case.text.encode()))
    arguments, floating = [], {}
    for i, given in enumerate(case.inputs):
        if isinstance(given, Input):
            argument = framework.tensor(given.draw(rng, dtype))
            if given.kind == "real":
                floating[f"input {i}"] = argument.requires_grad_()
        else:
            argument = framework.tensor(given.copy()) if isinstance(given, np.ndarray) else given
        arguments.append(argument)
    function = case.make(framework.nn)
    found: dict[str, np.ndarray] = {}
    parameters: dict[str, Any] = {}
    module = hasattr(function, "state_dict")
    if module:
        found["repr"] = np.array(repr(function))
        found["keys"] = np.array(list(function.state_dict()), np.str_)
        function = function.double() if dtype == np.float64 else function.float()
        state = drawn_state(function, case.text, dtype)
        function.load_state_dict({key: framework.tensor(value.copy()) for key, value in state.items()})
        function.train(mode == "train")
        parameters = dict(function.named_parameters())

    def loss() -> Any:
        total, weights = None, np.random.default_rng(0)
        for i, result in enumerate(values(function(*arguments))):
            found.setdefault(f"result {i}", array(result))
            if result.requires_grad:
                weight = framework.tensor(np.asarray(0.5 + weights.random(tuple(result.shape)), dtype))
                term = (result * weight).sum()
                total = term if total is None else total + term
        return total

    total = loss()
    if total is None:
        return found
    total.backward()
    for name, tensor in [*floating.items(), *parameters.items()]:
        if tensor.grad is not None:
            found[f"gradient of {name}"] = array(tensor.grad)
    if module and mode == "train" and parameters:
        optimizer = framework.optim.SGD(list(parameters.values()), lr=0.01, momentum=0.9)
        for _ in range(3):
            optimizer.zero_grad()
            loss().backward()
            optimizer.step()
        for key, value in function.state_dict().items():
            found[f"{key} after three steps"] = array(value)
    return found
