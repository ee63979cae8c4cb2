"""What a function reads beside its arguments: closure cells, globals, and the attributes of modules.

Arrays among them are inputs of its program, read anew in every call. All else is looked at before each call: where it is not what it was
while the function was traced, another program is needed. What functions read that it calls by their global names is not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from .. import modes
from ..arrays import engine

IMMUTABLE: tuple[type, ...] = (
    int,
    float,
    complex,
    str,
    bytes,
    bool,
    type(None),
    tuple,
    frozenset,
    np.generic,
    np.dtype,
    type,
)

EMPTY = object()


class Surroundings:
    """The cells and globals of a function, and of the functions in its cells, and the modules that can be reached.

    arrays    functions that give the arrays, in a fixed order
    cells, names    what the others were
    """

    def __init__(self, function: Any, others: Any = ()) -> None:
        self.function = function
        self.arrays: list[Callable[[], Any]] = []
        self.cells: list[tuple[CellType, Any]] = []
        self.names: list[tuple[dict[str, Any], str, Any]] = []
        self.modules: list[Any] = []
        self.twins: dict[int, Any] = {}
        for other in others:
            self._look_at(other)
        self._look_at(function)
        self.prints = [fingerprint(module) for module in self.modules]
        self.seen = modes.settings[0]

    def hold(self) -> bool:
        """Whether all is as it was, but for the values of arrays."""
        for cell, value in self.cells:
            if cell.cell_contents is not value and not _equal(cell.cell_contents, value):
                return False
        for space, name, value in self.names:
            if space.get(name) is not value and not _equal(space.get(name), value):
                return False
        if self.seen != modes.settings[0]:
            if self.prints != [fingerprint(module) for module in self.modules]:
                return False
            self.seen = modes.settings[0]
        return True

    def _look_at(self, thing: Any) -> None:
        if id(thing) in self.twins:
            return
        self.twins[id(thing)] = thing
        if isinstance(thing, MethodType):
            self._look_at(thing.__self__)
            self._look_at(thing.__func__)
        elif isinstance(thing, FunctionType):
            for cell in thing.__closure__ or ():
                value = _content(cell)
                if type(value) is np.ndarray:
                    self.arrays.append(partial(getattr, cell, "cell_contents"))
                elif value is not EMPTY:
                    self.cells.append((cell, value))
                    self._look_at(value)
            space = thing.__globals__
            for name in sorted(set(names_in(thing.__code__)) & space.keys()):
                value = space[name]
                if type(value) is np.ndarray:
                    self.arrays.append(partial(space.__getitem__, name))
                else:
                    self.names.append((space, name, value))
                    if not isinstance(value, FunctionType):
                        self._look_at(value)
        elif not isinstance(thing, type) and hasattr(thing, "named_modules") and hasattr(thing, "parameters"):
            self.modules.append(thing)
        elif (
            not isinstance(thing, type | ModuleType)
            and type(thing).__module__ != "builtins"
            and hasattr(thing, "__dict__")
        ):
            for part in thing.__dict__.values():  # an object that has a model
                if not isinstance(part, type) and hasattr(part, "named_modules") and hasattr(part, "parameters"):
                    self._look_at(part)

    def with_tensors(self, tensors: Any) -> Any:
        """The function, with these Tensors in the places of its arrays."""
        if not self.arrays:
            return self.function
        return _rebuilt(self.function, iter(tensors), {})


def _rebuilt(function: Any, tensors: Iterator[Any], known: dict[int, Any]) -> Any:
    """The same walk as that of Surroundings, which takes the next Tensor where that met an array."""
    if id(function) in known:
        return known[id(function)]
    if isinstance(function, MethodType):
        return MethodType(_rebuilt(function.__func__, tensors, known), function.__self__)
    if not isinstance(function, FunctionType):
        return function
    known[id(function)] = function
    cells = []
    for cell in function.__closure__ or ():
        value = _content(cell)
        if type(value) is np.ndarray:
            cells.append(CellType(next(tensors)))
        elif isinstance(value, FunctionType) and id(value) not in known:
            cells.append(CellType(_rebuilt(value, tensors, known)))
        else:
            cells.append(cell)
    space = function.__globals__
    new = {
        name: next(tensors)
        for name in sorted(set(names_in(function.__code__)) & space.keys())
        if type(space[name]) is np.ndarray
    }
    return twin(function, {**space, **new} if new else space, tuple(cells) or None)


def twin(function: FunctionType, space: dict[str, Any], cells: tuple[CellType, ...] | None) -> FunctionType:
    """The same function with other globals and closure cells."""
    made = FunctionType(function.__code__, space, function.__name__, function.__defaults__, cells)
    made.__kwdefaults__, made.__dict__ = function.__kwdefaults__, dict(function.__dict__)
    return made


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # it is filled later
        return EMPTY


def _equal(now: Any, value: Any) -> bool:
    return type(now) is type(value) and type(now) in IMMUTABLE and bool(now == value)


def names_in(code: CodeType) -> Iterator[str]:
    """The names of globals, and of attributes, in a function and in those that are written inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names_in(constant)


def fingerprint(module: Any) -> list[Any]:
    """What the forward pass of a module may depend on beside values: plain attributes, and which parts it has."""
    found: list[Any] = []
    for path, part in module.named_modules():
        found.append((path, id(part), part.training))
        for name, value in part.__dict__.items():
            if name == "training":  # before it is first set, it is an attribute of the class
                continue
            if isinstance(value, engine.Tensor) or hasattr(value, "named_modules"):
                found.append((name, id(value)))
            elif isinstance(value, IMMUTABLE):
                found.append((name, type(value), repr(value) if isinstance(value, float) else value))
    return found
