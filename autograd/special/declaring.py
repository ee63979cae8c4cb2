"""How a function of SciPy is declared: by its name, and one rule for each argument that has a derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import modes
from ..op import elementwise, registry

try:
    from scipy import special as sc
except ImportError:
    sc = None

HOME = "autograd.special"


def of(ufunc: Any, *rules: Any, name: str | None = None, forward: Any = None, says: str) -> Any:
    """Declare SciPy's ufunc, given by its name, or by itself and `name`; it then takes Tensors itself.

    An argument whose rule is None is one in which there is no derivative to give: that it needs one is an error.
    """
    name = name or ufunc
    if ufunc.__class__ is str:
        ufunc = getattr(sc, ufunc, None)
    if ufunc is None:
        return _missing(name, says)
    function = operation = elementwise(forward or _forward(ufunc), *rules, name=name)
    operation.__module__ = HOME
    if None in rules:
        function = _partial(name, operation, rules)
    function.__doc__ = says
    registry[ufunc] = function
    return function


def several(name: str, **parts: Any) -> tuple[Any, ...]:
    """Declare SciPy's ufunc of several results: each is an operation, with its rules (one, or a tuple of them).

    Returns the function, and the function of each result.
    """
    says = parts.pop("says")
    ufunc = getattr(sc, name, None)
    if ufunc is None:
        return (_missing(name, says),) * (1 + len(parts))
    operations, functions = [], []
    for i, (part, rules) in enumerate(parts.items()):
        rules, full = rules if isinstance(rules, tuple) else (rules,), f"{name}_{part}"
        result = _result(ufunc, i)
        operation = elementwise(_forward(ufunc, written(full, result, result)), *rules, name=full)
        operations.append(_partial(name, operation, rules) if None in rules else operation)
        functions.append(written(full, operations[-1], result))

    def function(*args: Any) -> Any:
        return tuple(operation(*args) for operation in operations)

    function.__name__ = function.__qualname__ = name
    function.__module__, function.__doc__ = HOME, says
    registry[ufunc] = function
    return function, *functions


def _result(ufunc: Any, i: int) -> Callable[..., Any]:
    return lambda *args: ufunc(*args)[i]


def written(name: str, function: Callable[..., Any], on_floats: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, which rules of Scalars, as they are written down as Python source, call by `name`: `on_floats`."""

    def named(*args: Any) -> Any:
        return on_floats(*args)

    named.__name__ = name

    def call(*args: Any) -> Any:
        lazy = next((a for a in args if getattr(a, "lazy", False)), None)
        return function(*args) if lazy is None else lazy.__array_function__(named, (), args, {})

    return call


def _forward(ufunc: Any, one: Any = None) -> Any:
    """The ufunc, or `one` of its results, as a function with names for its arguments."""
    if ufunc.nin < 3 and one is None:
        return ufunc
    one = one or ufunc
    return {
        1: lambda x: one(x),
        2: lambda a, b: one(a, b),
        3: lambda a, b, x: one(a, b, x),
        4: lambda a, b, c, x: one(a, b, c, x),
    }[ufunc.nin]


def _missing(name: str, says: str) -> Callable[..., Any]:
    def function(*args: Any, **kwargs: Any) -> Any:
        if sc is not None:
            raise ImportError(f"autograd.special.{name} needs a newer SciPy than this one")
        raise ImportError(f'autograd.special.{name} needs SciPy: pip install "chainrule[special]"')

    function.__name__ = function.__qualname__ = name
    function.__module__, function.__doc__ = HOME, says
    return function


def _partial(name: str, operation: Any, rules: Any) -> Callable[..., Any]:
    """The operation, but an error where an argument without a rule needs a gradient."""
    there = " and ".join(str(i) for i, rule in enumerate(rules) if rule is not None)

    def function(*args: Any) -> Any:
        for i, (a, rule) in enumerate(zip(args, rules)):
            if rule is None and getattr(a, "requires_grad", False) and modes.is_grad_enabled():
                raise TypeError(
                    f"{name}: there is no derivative in argument {i} here, only in argument {there}; give a number or "
                    "an array for it, or the Tensor's .detach()"
                )
        return operation(*args)

    function.__name__ = function.__qualname__ = name
    function.__module__ = HOME
    return function
