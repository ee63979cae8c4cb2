"""An exercise: a skeleton to be filled in, and the laws that the work has to obey.

A law is a function of the work; its docstring says what holds, in one line, and it raises `Wrong` with what was given, what came
out, what should have, and where to look. The cases are drawn once, from a fixed seed, so that everyone meets the same ones.
"""

from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

CALLS = 400_000  # how many calls of functions a law may cost: a walk over every path of a graph costs more


class Wrong(AssertionError):
    """Work that breaks a law."""


class Result(NamedTuple):
    """How one law went: `mistake` is None where it holds."""

    law: str
    mistake: str | None


@dataclass(frozen=True)
class Report:
    """How the laws of an exercise went, in the order in which one meets them; it prints as a list."""

    exercise: str
    results: tuple[Result, ...]

    @property
    def points(self) -> int:
        """How many laws hold."""
        return sum(result.mistake is None for result in self.results)

    @property
    def passed(self) -> bool:
        """Whether all laws hold."""
        return self.points == len(self.results)

    def __str__(self) -> str:
        lines = [f"{self.exercise}: {self.points} of {len(self.results)}"]
        for law, mistake in self.results:
            lines.append(f"  {'holds ' if mistake is None else 'broken'}  {law}")
            if mistake is not None:
                lines += [f"          {line}" for line in mistake.splitlines()]
        return "\n".join(lines)


@dataclass(frozen=True)
class Exercise:
    """`wanted` is the name that the work has in `skeleton`."""

    name: str
    wanted: str
    skeleton: str
    laws: tuple[Callable[[Any], None], ...]

    def grade(self, work: Any) -> Report:
        """Every law put to the work; no error of the work comes out."""
        return Report(self.name, tuple(Result(title(law), _mistake(law, work)) for law in self.laws))


def title(law: Callable[..., Any]) -> str:
    return (law.__doc__ or "").strip()


def _mistake(law: Callable[[Any], None], work: Any) -> str | None:
    calls = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event == "call"
        if calls > CALLS:
            sys.setprofile(None)
            raise Wrong("this takes far more calls than the graph has operations: is each node gone through once?")

    before = sys.getprofile()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            sys.setprofile(count)
            try:
                law(work)
            finally:
                sys.setprofile(before)
    except Wrong as error:
        return str(error)
    except NotImplementedError:
        return "this part is not written yet"
    except RecursionError:
        return "RecursionError: Python's stack is full; a long graph needs a loop and a list in the place of calls within calls"
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error} (line {last.lineno} of {Path(last.filename).name}, in {last.name})"
    return None


def expect(call: str, found: Any, wanted: Any, hint: str) -> None:
    """`found` is what the work gave for `call`: it has to have the shape, the dtype and the numbers of `wanted`."""
    wanted = np.asarray(wanted)
    if not isinstance(found, np.ndarray | np.generic | float | int):
        raise Wrong(
            f"{call} gave {type(found).__name__}, and should give an array of shape {wanted.shape}\nhint: {hint}"
        )
    array = np.asarray(found)
    if array.shape != wanted.shape:
        raise Wrong(f"{call} has shape {array.shape}, and should have {wanted.shape}\nhint: {hint}")
    if isinstance(found, np.ndarray | np.generic) and array.dtype != wanted.dtype:
        raise Wrong(f"{call} has dtype {array.dtype}, and should have {wanted.dtype}\nhint: {hint}")
    accuracy = 1e-4 if wanted.dtype == np.float32 else 1e-9
    off = ~np.isclose(array, wanted, accuracy, accuracy, equal_nan=True)
    if off.any():
        i = np.unravel_index(np.argmax(off), wanted.shape)
        place = f" at {tuple(int(k) for k in i)}" if i else ""
        raise Wrong(f"{call} is {array[i]:.6g}{place}, and should be {wanted[i]:.6g}\nhint: {hint}")


def same(what: str, found: np.ndarray, before: np.ndarray, hint: str) -> None:
    """The work may not have changed this array."""
    if not np.array_equal(found, before, equal_nan=True):
        raise Wrong(f"{what} was changed by the call, and belongs to the caller\nhint: {hint}")


def apart(what: str, found: Any, other: np.ndarray, hint: str) -> None:
    """The result may not be, or look into, the caller's array."""
    if isinstance(found, np.ndarray) and np.shares_memory(found, other):
        raise Wrong(f"{what} share memory: a change of one changes the other\nhint: {hint}")


def two(name: str, found: Any, what: str) -> tuple[Any, Any]:
    """The two results of a function of the work."""
    if not (isinstance(found, tuple | list) and len(found) == 2):
        raise Wrong(f"{name} gave {type(found).__name__}, and should give two {what}")
    return found[0], found[1]
