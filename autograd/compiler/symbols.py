"""Symbols: arrays that note which calls of NumPy they were computed by.

The forward function of an operation and its derivative rules are plain NumPy. Called with symbols in place of arrays they
do what they always do, and leave behind the list of NumPy's calls that they are made of: what a compiler can join, reorder
and write into memory of its own. A symbol holds its value, too, so that a call is noted and done at the same time.

Not every function can be followed: one that asks for a value, or writes into an array of its own, stays one call as a whole.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin


class Variable(NamedTuple):
    """The value with this number in a run of a program."""

    number: int

    def __repr__(self) -> str:
        return f"v{self.number}"


class Call(NamedTuple):
    """result = function(*args, **options), a call of NumPy."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    options: dict[str, Any]
    result: Any  # a variable, or a nest of them


class Opaque(Exception):
    """A function has asked a symbol for what it cannot tell: it is to be called as a whole."""


# NumPy's functions that are not ufuncs, and whose results have shapes that do not depend on values.
FOLLOWED = frozenset(
    (np.where, np.dot, np.vdot, np.inner, np.outer, np.tensordot, np.concatenate, np.stack, np.clip, np.round)
    + (np.expand_dims, np.squeeze, np.reshape, np.ravel, np.transpose, np.swapaxes, np.moveaxis, np.broadcast_to)
    + (np.sum, np.prod, np.max, np.min, np.mean, np.any, np.all, np.argmax, np.argmin, np.cumsum, np.sort, np.argsort)
    + (np.take_along_axis, np.flip, np.roll, np.repeat, np.tile, np.tril, np.triu, np.diag, np.diagonal, np.trace)
    + (np.copy, np.nan_to_num, np.pad, np.rot90, np.atleast_1d, np.atleast_2d, np.split, np.array_split)
)
# What asks for shapes and dtypes only.
ASKING = frozenset((np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.zeros_like, np.ones_like, np.full_like))
SIMPLER = {np.sum: np.add.reduce, np.prod: np.multiply.reduce, np.max: np.maximum.reduce, np.min: np.minimum.reduce}
METHODS = ("reshape", "transpose", "swapaxes", "dot", "astype", "copy", "ravel", "flatten", "squeeze", "take", "clip")


class Symbol(NDArrayOperatorsMixin):
    """A value and the variable that stands for it. To `isinstance` it is an array, so that functions do with it what they do with arrays."""

    __slots__ = ("value", "variable", "book", "base", "views", "__weakref__")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Any, variable: Any, book: Book) -> None:
        self.value, self.variable, self.book = value, variable, book
        self.base: Any = None
        self.views: list[Any] = []

    __class__ = property(lambda self: np.ndarray)

    shape = property(lambda self: self._array.shape)
    dtype = property(lambda self: self._array.dtype)
    ndim = property(lambda self: self._array.ndim)
    size = property(lambda self: self._array.size)
    itemsize = property(lambda self: self._array.itemsize)
    T = property(lambda self: self.transpose())
    mT = property(lambda self: self.swapaxes(-1, -2))

    @property
    def _array(self) -> Any:
        if not isinstance(self.value, np.ndarray | np.generic):
            raise Opaque  # a number, which has no shape
        return self.value

    def __len__(self) -> int:
        return len(self._array)

    def __getattr__(self, name: str) -> Any:
        raise Opaque(name)

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise Opaque("its values")

    __bool__ = __float__ = __int__ = __index__ = __iter__ = __contains__ = __array__

    def __getitem__(self, index: Any) -> Any:
        parts = index if isinstance(index, tuple) else (index,)
        for part in parts:
            if type(part) is Symbol and part.dtype.kind == "b":
                raise Opaque("a shape that depends on values")
        return self.book.call(getitem, (self, index), {})

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if ufunc.nout != 1 or method not in ("__call__", "reduce") or options.get("where", True) is not True:
            raise Opaque(ufunc.__name__)
        (target,) = options.pop("out", None) or (None,)
        result = self.book.call(ufunc if method == "__call__" else ufunc.reduce, inputs, options)
        return result if target is None else _put(target, result)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function in ASKING:
            return function(*_values(args), **_values(kwargs))
        target = kwargs.pop("out", None)
        if function not in FOLLOWED:
            raise Opaque(function.__name__)
        given = {name: option for name, option in kwargs.items() if option is not np._NoValue}
        simpler = SIMPLER.get(function)
        if simpler is not None and len(args) <= 2 and given.keys() <= {"axis", "keepdims", "dtype"}:
            given.setdefault("axis", args[1] if len(args) > 1 else None)
            args, function = args[:1], simpler
        result = self.book.call(function, args, given)
        return result if target is None else _put(target, result)


def getitem(x: Any, index: Any) -> Any:
    return x[index]


def _method(name: str) -> Any:
    function = getattr(np.ndarray, name)

    def method(self: Symbol, *args: Any, **kwargs: Any) -> Any:
        return self.book.call(function, (self, *args), kwargs)

    return method


for _name in METHODS:
    setattr(Symbol, _name, _method(_name))


def _put(target: Any, result: Symbol) -> Symbol:
    """What writes into a symbol: it stands for the result from then on."""
    if type(target) is not Symbol or result.shape != target.shape or result.dtype != target.dtype:
        raise Opaque("an array of the function's own")
    if (target.base is not None and target.base() is not None) or any(view() is not None for view in target.views):
        raise Opaque("memory that another one sees")
    target.value, target.variable = result.value, result.variable
    target.base, target.views = None, []
    return target


def _values(nest: Any) -> Any:
    """A nest with values in place of symbols."""
    if type(nest) is Symbol:
        return nest.value
    if isinstance(nest, tuple | list):
        return type(nest)([_values(part) for part in nest])
    return {name: _values(part) for name, part in nest.items()} if isinstance(nest, dict) else nest


def variables(nest: Any) -> Any:
    """A nest with variables in place of symbols, and copies of arrays, which are constants."""
    if type(nest) is Symbol:
        return nest.variable
    if isinstance(nest, tuple | list) and not isinstance(nest, Variable):
        return tuple([variables(part) for part in nest])
    if isinstance(nest, dict):
        return {name: variables(part) for name, part in nest.items()}
    return nest.copy() if isinstance(nest, np.ndarray) else nest


class Book:
    """The calls that were made on symbols. `new` gives the variable for a value."""

    def __init__(self, new: Callable[[Any], Variable]) -> None:
        self.new = new
        self.calls: list[Call] = []

    def symbol(self, value: Any, variable: Any) -> Any:
        return Symbol(value, variable, self)

    def call(self, function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        value = function(*_values(args), **_values(options))
        if isinstance(value, list | tuple):
            parts = [self._made(part, args) for part in value]
            self.calls.append(Call(function, variables(args), variables(options), tuple(p.variable for p in parts)))
            return parts
        result = self._made(value, args)
        self.calls.append(Call(function, variables(args), variables(options), result.variable))
        return result

    def _made(self, value: Any, args: tuple[Any, ...]) -> Symbol:
        if not isinstance(value, np.ndarray | np.generic | float | int):
            raise Opaque(f"a result that is a {type(value).__name__}")
        result = Symbol(value, self.new(value), self)
        if isinstance(value, np.ndarray) and value.base is not None:
            for a in args:
                if type(a) is Symbol and np.may_share_memory(a.value, value):
                    result.base = weakref.ref(a)
                    a.views.append(weakref.ref(result))
        return result
