"""Every generator of random numbers that a run draws from: found, and its state read and set.

A run can be repeated from the middle only if all of them go on where they were. Beside the three global ones, autograd's,
NumPy's and Python's, there are those that samplers, loaders, layers and augmentations hold; they are looked for.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator, Mapping
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from autograd import Tensor, default_generator

MANY = 1000  # a longer list holds data, and is not searched


def generators(**roots: Any) -> dict[str, Any]:
    """{path: generator} of the global ones and of all that these objects hold, in an order that is the same in every run.

    >>> loader = nn.data.DataLoader(range(4), shuffle=True, generator=0)
    >>> list(generators(train=loader))
    ['autograd', 'numpy', 'python', 'train.generator']
    """
    found: dict[str, Any] = {"autograd": default_generator(), "numpy": np.random, "python": random}
    seen = {id(value): value for value in found.values()}
    waiting = list(roots.items())[::-1]
    while waiting:
        path, value = waiting.pop()
        if id(value) in seen or isinstance(value, type | ModuleType | str | bytes | int | float | np.ndarray | Tensor):
            continue
        seen[id(value)] = value  # which also keeps its id from becoming another object's
        if isinstance(value, np.random.Generator | np.random.RandomState | random.Random):
            found[path] = value
        else:
            waiting += [(f"{path}.{name}", part) for name, part in _parts(value)][::-1]
    return found


def states(found: Mapping[str, Any]) -> dict[str, Any]:
    """{path: state}, as numbers, strings and arrays."""
    return {path: _state(generator) for path, generator in found.items()}


def set_states(found: Mapping[str, Any], saved: Mapping[str, Any]) -> None:
    for path, generator in found.items():
        if isinstance(generator, np.random.Generator):
            generator.bit_generator.state = saved[path]
        elif hasattr(generator, "setstate"):
            generator.setstate(saved[path])
        else:
            generator.set_state(saved[path])


def check_states(found: Mapping[str, Any], saved: Mapping[str, Any]) -> None:
    """ValueError if these are not the states of such generators."""
    if list(found) != list(saved):
        raise ValueError(
            f"it was made by a run with the random generators {', '.join(saved)}, and this one has {', '.join(found)}"
        )
    for path, generator in found.items():
        if isinstance(generator, np.random.Generator):
            kind, was = type(generator.bit_generator).__name__, saved[path]["bit_generator"]
            if kind != was:
                raise ValueError(f"the random generator {path} was a {was} and is a {kind}")


def _state(generator: Any) -> Any:
    if isinstance(generator, np.random.Generator):
        return generator.bit_generator.state
    return generator.getstate() if hasattr(generator, "getstate") else generator.get_state(legacy=False)


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """What an object holds, by names."""
    if isinstance(value, Mapping):
        if len(value) <= MANY:
            yield from ((str(name), part) for name, part in value.items())
    elif isinstance(value, list | tuple):
        if len(value) <= MANY:
            yield from ((str(i), part) for i, part in enumerate(value))
    elif isinstance(value, functools.partial):
        yield from (("function", value.func), ("arguments", value.args), ("keywords", value.keywords))
    elif isinstance(value, MethodType):
        yield "self", value.__self__
    elif isinstance(value, FunctionType):
        for name, cell in zip(value.__code__.co_freevars, value.__closure__ or ()):
            try:
                yield name, cell.cell_contents
            except ValueError:  # not assigned yet
                continue
    else:
        yield from getattr(value, "__dict__", {}).items()
