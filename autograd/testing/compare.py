"""The same NumPy function on several engines: values and gradients side by side, and what their differences are.

A function that says `np` means another module for each engine. So it is made once more for each, with that one in the place of NumPy.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from ..compiler.surroundings import twin
from ..transforms import value_and_grad

ENGINES = ("chainrule", "pytorch", "jax")
NEEDS = {"pytorch": "torch", "jax": "jax"}
PRECISE = 1e-6  # a relative difference below it is rounding
EPS = 1e-6


@dataclass(frozen=True)
class Difference:
    """Where two engines differ: 'value' or 'd argument 0', the index, both numbers, what differences of values say, the kind."""

    what: str
    index: tuple[int, ...]
    engine: str
    ours: float
    theirs: float
    slope: float
    kind: str

    def __str__(self) -> str:
        place = f"[{', '.join(map(str, self.index))}]" if self.index else ""
        return f"{self.kind}: {self.what}{place} is {self.ours:.6g} here, and {self.theirs:.6g} by {self.engine}"


class Comparison:
    """What `compare` found: `results` of each engine, `absent` ones, and `differences` from chainrule's."""

    def __init__(self, results: dict[str, Any], absent: list[str], differences: list[Difference]) -> None:
        self.results, self.absent, self.differences = results, absent, differences

    def __repr__(self) -> str:
        rows = [("engine", "value", "gradients")]
        for engine, (value, gradients) in self.results.items():
            rows.append((engine, _short(value), ", ".join(map(_short, gradients))))
        widths = [max(len(row[i]) for row in rows) for i in range(2)]
        lines = [f"{engine:{widths[0]}}  {value:{widths[1]}}  {gradients}" for engine, value, gradients in rows]
        lines += [str(difference) for difference in self.differences] or ["no differences"]
        return "\n".join(lines + [f"not installed: {', '.join(self.absent)}"] * bool(self.absent))


def compare(f: Callable[..., Any], *args: Any, engines: Iterable[str] = ENGINES) -> Comparison:
    """The value of f and its gradients by each engine that is installed, and how they differ from chainrule's.

    f        a function of arrays that returns one number, written with the name `np`; other functions that it calls by global names are
             called as they stand
    args     arrays of float64, or numbers
    engines  names out of "chainrule", "pytorch" (by its NumPy namespace) and "jax"; HIPS autograd owns the import name `autograd`, as this
             package does, so that no process can have both

    A difference is of one of three kinds:

    precision   smaller than 10⁻⁶ of the value
    convention  at a kink, a tie or the edge of the domain, where the slopes to the left and right differ, or one is not finite: engines may choose
    bug         anywhere else; the one that agrees with differences of values is right

    Raises ValueError for an engine that is not known; TypeError where f does not return one number.

    >>> compare(lambda x: np.sum(np.abs(x)), np.array([1.0, 0.0]), engines=["chainrule"])
    engine     value  gradients
    chainrule  1      [1, 0]
    no differences
    """
    asked = list(engines)
    for engine in asked:
        if engine not in ENGINES:
            raise ValueError(f"engine {engine!r} is not known; there are {', '.join(map(repr, ENGINES))}")
    arrays = [np.asarray(x, np.float64) for x in args]
    results, absent = {"chainrule": _chainrule(f, arrays)}, []
    for engine in asked:
        if engine != "chainrule":
            try:
                importlib.import_module(NEEDS[engine])
            except ImportError:
                absent.append(engine)
                continue
            results[engine] = {"pytorch": _pytorch, "jax": _jax}[engine](f, arrays)
    found = [d for engine in results if engine != "chainrule" for d in _differences(f, arrays, results, engine)]
    return Comparison(results, absent, found)


def _chainrule(f: Callable[..., Any], arrays: list[Any]) -> Any:
    with np.errstate(all="ignore"):
        value, gradients = value_and_grad(f, tuple(range(len(arrays))))(*arrays)
    return np.asarray(value), [np.asarray(g) for g in gradients]


def _pytorch(f: Callable[..., Any], arrays: list[Any]) -> Any:
    import torch
    import torch._numpy as namespace

    leaves = [torch.tensor(x, requires_grad=True) for x in arrays]
    value = _with(f, namespace)(*map(namespace.asarray, leaves)).tensor
    gradients = torch.autograd.grad(value, leaves, allow_unused=True)
    return value.detach().numpy(), [np.zeros_like(x) if g is None else g.numpy() for g, x in zip(gradients, arrays)]


def _jax(f: Callable[..., Any], arrays: list[Any]) -> Any:
    import jax
    import jax.numpy

    with jax.enable_x64(True):
        value, gradients = jax.value_and_grad(_with(f, jax.numpy), tuple(range(len(arrays))))(*arrays)
        return np.asarray(value), [np.asarray(g) for g in gradients]


def _with(f: Any, namespace: Any) -> Any:
    """f, where NumPy is that module."""
    if not isinstance(f, FunctionType):
        return getattr(namespace, getattr(f, "__name__", ""), f)
    space = {
        name: namespace if isinstance(value, ModuleType) and value is np else value
        for name, value in f.__globals__.items()
    }
    return twin(f, space, f.__closure__)


def _differences(f: Callable[..., Any], arrays: list[Any], results: dict[str, Any], engine: str) -> list[Difference]:
    (ours, our_gradients), (theirs, their_gradients) = results["chainrule"], results[engine]
    found = []
    if not np.array_equal(ours, theirs, equal_nan=True):
        kind = "precision" if _near(ours, theirs) else "bug"
        found.append(Difference("the value", (), engine, float(ours), float(theirs), float("nan"), kind))
    for n, (a, b) in enumerate(zip(our_gradients, their_gradients)):
        for index in zip(*np.nonzero(~((a == b) | (np.isnan(a) & np.isnan(b))))):
            at = tuple(map(int, index))
            left, right = _slopes(f, arrays, n, at)
            smooth = np.isfinite([left, right]).all() and abs(left - right) <= 1e-4 * max(1.0, abs(left), abs(right))
            kind = "precision" if _near(a[at], b[at]) else "bug" if smooth else "convention"
            slope = (left + right) / 2
            found.append(Difference(f"d argument {n}", at, engine, float(a[at]), float(b[at]), float(slope), kind))
    return found


def _near(a: Any, b: Any) -> bool:
    return bool(abs(a - b) <= PRECISE * max(abs(a), abs(b), 1e-300))


def _slopes(f: Callable[..., Any], arrays: list[Any], n: int, at: tuple[int, ...]) -> tuple[float, float]:
    """The slopes of f to the left and to the right of one element."""
    with np.errstate(all="ignore"):
        values = []
        for side in (-1, 0, 1):
            moved = [x.copy() for x in arrays]
            moved[n][at] += side * EPS
            values.append(float(f(*moved)))
    return (values[1] - values[0]) / EPS, (values[2] - values[1]) / EPS


def _short(x: Any) -> str:
    with np.printoptions(precision=6, threshold=8):
        return (
            f"{x.item():.6g}"
            if np.ndim(x) == 0
            else np.array2string(x, separator=", ", formatter={"float": "{:.6g}".format})
        )
