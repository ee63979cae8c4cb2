"""Attributes of a module that are computed whenever they are read, from parameters that take their place.

A weight that is computed has no value of its own which could be out of date, be saved, or be forgotten in a copy. The
module gets a class derived from its own, in which such names are looked up; so other modules pay nothing for it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from nn.modules.module import Module


class Derived(Module):
    _derived: Mapping[str, Callable[[Any], Any]] = MappingProxyType({})

    def __getattr__(self, name: str) -> Any:
        function = self._derived.get(name)
        if function is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return function(self)

    def __setattr__(self, name: str, value: Any) -> None:
        function: Any = self._derived.get(name)
        if function is None:
            super().__setattr__(name, value)
        else:
            function.assign(self, value)

    def __reduce__(self) -> Any:
        return _rebuild, (before(type(self)), type(self).__name__), self.__dict__


@functools.cache
def _class(kind: Any, name: str) -> Any:
    make: Any = type(kind)
    return make(name, (Derived, kind), {"__module__": kind.__module__, "__doc__": kind.__doc__})


def before(kind: Any) -> Any:
    """The class that a module had before any of its attributes was computed."""
    return kind.__bases__[1] if issubclass(kind, Derived) and kind.__bases__[0] is Derived else kind


def _rebuild(kind: Any, name: str) -> Any:
    return Module.__new__(_class(kind, name))


def derive(module: Any, name: str, function: Callable[[Any], Any], label: str = "") -> None:
    """From now on `module.name` is `function(module)`; `label` begins the name of its class."""
    if not isinstance(module, Derived) or label:
        kind = before(type(module))
        module.__class__ = _class(kind, label + kind.__name__)
    module.__dict__["_derived"] = {**module._derived, name: function}


def restore(module: Any, name: str) -> None:
    """`module.name` is an attribute like any other again, and not there yet."""
    module.__dict__["_derived"] = {key: function for key, function in module._derived.items() if key != name}
    if not module._derived:
        del module.__dict__["_derived"]
        module.__class__ = before(type(module))
