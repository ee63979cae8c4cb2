"""Selecting elements by numbers, by masks and by conditions; and what writes into arrays, which is refused."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..arrays import engine
from ..op import constant, implements, joint, linear
from .indexing import getitem, scatter
from .operands import detached, index_of, settled, tensor_of

# --- By numbers ---


def _whole(function: str, indices: Any) -> Any:
    """Indices as a Tensor of whole numbers, on memory of its own."""
    if not isinstance(indices, engine.Tensor):
        indices = np.array(indices)
        if not indices.size and indices.dtype == float:
            indices = indices.astype(np.intp)
    indices = tensor_of(indices)
    if indices.dtype.kind not in "iub":
        raise TypeError(f"{function}: indices must be whole numbers, not {indices.dtype}; write indices.astype(int)")
    return np.astype(detached(indices), np.intp)


def _within(indices: Any, n: int, mode: str, function: str) -> Any:
    if mode == "raise":
        if np.any((indices < -n) | (indices >= n)):
            raise IndexError(f"{function}: an index is out of bounds for an axis of size {n}")
        return np.where(indices < 0, indices + n, indices)
    if not n and indices.size:
        raise IndexError(f"{function}: nothing can be taken from an axis of size 0")
    return indices % max(n, 1) if mode == "wrap" else np.clip(indices, 0, max(n - 1, 0))


_within = constant(_within, name="indices_within")


def _checked_mode(function: str, mode: Any) -> str:
    mode = {0: "clip", 1: "wrap", 2: "raise"}.get(mode, mode)
    if mode not in ("raise", "wrap", "clip"):
        raise ValueError(f"{function}: mode must be one of 'clip', 'raise', or 'wrap', not {mode!r}")
    return mode


def _along(axis: int, index: Any) -> tuple[Any, ...]:
    return (*(slice(None),) * axis, index)


@implements(np.take)
def take(a: Any, indices: Any, axis: int | None = None, mode: str = "raise") -> Any:
    """The elements or slices with these numbers along `axis` (None: of the flattened a), NumPy's `take`.

    Numbers out of range: an IndexError with mode "raise", counted round with "wrap", the nearest with "clip".

    >>> take(Tensor([1.0, 2.0, 3.0]), [0, 0, 2])
    tensor([1., 1., 3.])
    """
    mode, indices = _checked_mode("take", mode), _whole("take", indices)
    if axis is None or not a.ndim:
        axis = 0 if axis is None else normalize_axis_index(axis, 1)
        a = np.reshape(a, -1)
    axis = normalize_axis_index(axis, a.ndim)
    places = index_of(_within(np.reshape(indices, -1), a.shape[axis], mode, "take"))
    taken = getitem(a, _along(axis, places))
    return taken if indices.ndim == 1 else np.reshape(taken, (*a.shape[:axis], *indices.shape, *a.shape[axis + 1 :]))


@implements(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    """For each row along `axis`, the elements with the numbers in the row of indices, NumPy's `take_along_axis`."""
    arr, given = tensor_of(arr), tensor_of(indices)
    if given.dtype.kind not in "iu":
        raise IndexError(
            f"take_along_axis: indices must be whole numbers, not {given.dtype}; write indices.astype(int)"
        )
    if axis is None:
        if given.ndim != 1:
            raise ValueError(f"take_along_axis: with axis=None, indices must be a vector, not {given.shape}")
        arr, axis = np.reshape(arr, -1), 0
    axis = normalize_axis_index(axis, arr.ndim)
    if arr.ndim != given.ndim:
        raise ValueError(f"take_along_axis: shapes {arr.shape} and {given.shape} must have the same number of axes")
    places = _within(_whole("take_along_axis", indices), arr.shape[axis], "raise", "take_along_axis")
    grid = [np.reshape(np.arange(n), [-1 if j == i else 1 for j in range(arr.ndim)]) for i, n in enumerate(arr.shape)]
    return getitem(arr, tuple(index_of(places) if i == axis else g for i, g in enumerate(grid)))


def _choice(a: Any, n: int, mode: str) -> Any:
    if mode == "raise" and np.any((a < 0) | (a >= n)):
        raise ValueError(f"choose: invalid entry in choice array: it must be 0 to {n - 1}")
    return a % n if mode == "wrap" else np.clip(a, 0, n - 1)


_choice = constant(_choice, name="choice_within")


def _choose_rule(g: Any, which: Any, needs: Any) -> list[Any]:
    return [np.where(np.equal(which, i), g, 0.0) if needed else None for i, needed in enumerate(needs)]


_choose = linear(lambda xs, which: np.choose(which, xs), _choose_rule, name="choose")


@implements(np.choose)
def choose(a: Any, choices: Any, mode: str = "raise") -> Any:
    """From the arrays in `choices`, the one with the number that a says, element by element, NumPy's `choose`.

    >>> choose(Tensor([0, 1, 0]), [Tensor([1.0, 2.0, 3.0]), -1.0])
    tensor([ 1., -1.,  3.])
    """
    mode, a = _checked_mode("choose", mode), _whole("choose", a)
    choices = tuple(choices)
    if not choices:
        raise ValueError("choose: there are no choices")
    dtype = np.result_type(*(x if type(x) in (int, float) else tensor_of(x).dtype for x in choices))
    which = index_of(_choice(a, len(choices), mode))
    return _choose(tuple(np.astype(tensor_of(x), dtype) for x in choices), which)


# --- By masks ---

_flatnonzero = constant(lambda x: np.flatnonzero(x), name="flatnonzero")
_argwhere = constant(lambda x: np.argwhere(x), name="argwhere")


@implements(np.flatnonzero)
def flatnonzero(a: Any) -> Any:
    """The numbers of the elements of the flattened a that are not 0 (constant), NumPy's `flatnonzero`."""
    return settled(_flatnonzero(a), "flatnonzero: the result")


@implements(np.argwhere)
def argwhere(a: Any) -> Any:
    """The indices of the elements that are not 0, a row for each (constant), NumPy's `argwhere`."""
    return settled(_argwhere(a), "argwhere: the result")


@implements(np.compress)
def compress(condition: Any, a: Any, axis: int | None = None) -> Any:
    """The slices of a along `axis` (None: elements of the flattened a) where the condition is true, NumPy's `compress`.

    >>> compress([True, False, True], Tensor([1.0, 2.0, 3.0]))
    tensor([1., 3.])
    """
    condition, a = tensor_of(condition), tensor_of(a)
    if condition.ndim != 1:
        raise ValueError(f"compress: the condition must be a vector, and has shape {condition.shape}")
    if axis is None:
        a, axis = np.reshape(a, -1), 0
    axis = normalize_axis_index(axis, a.ndim)
    places = _within(flatnonzero(condition), a.shape[axis], "raise", "compress")
    return getitem(a, _along(axis, index_of(places)))


@implements(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    """The elements of arr where the condition is true, as a vector, NumPy's `extract`."""
    return compress(np.reshape(tensor_of(condition), -1), arr)


# --- By conditions ---


@implements(np.select)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """Each element from the first choice whose condition is true, else from `default`, NumPy's `select`.

    >>> x = Tensor([-2.0, 0.5, 3.0])
    >>> select([x < 0, x > 1], [-x, x * x])
    tensor([2., 0., 9.])
    """
    if len(condlist) != len(choicelist):
        raise ValueError(f"select: {len(condlist)} conditions for {len(choicelist)} choices; their numbers must agree")
    if not len(condlist):
        raise ValueError("select: there are no conditions")
    conditions = [tensor_of(condition) for condition in condlist]
    for i, condition in enumerate(conditions):
        if condition.dtype != bool:
            raise TypeError(f"select: invalid entry {i} in condlist: it should be boolean, not {condition.dtype}")
    choices = [*choicelist, default]
    dtype = np.result_type(*(x if type(x) in (int, float) else tensor_of(x).dtype for x in choices))
    *choices, result = (np.astype(tensor_of(x), dtype) for x in choices)
    for condition, choice in zip(conditions[::-1], choices[::-1]):
        result = np.where(condition, choice, result)
    return result


def _conditions(x: Any, condlist: Any) -> list[Any]:
    """The conditions of `piecewise`, each of the shape of x or of its first axes."""
    if not isinstance(condlist, list | tuple) and np.ndim(condlist) == 0:
        condlist = [condlist]
    elif not isinstance(condlist[0], list) and np.ndim(condlist[0]) == 0 and x.ndim:
        condlist = [condlist]
    return [tensor_of(np.asarray(c, bool) if isinstance(c, list | bool | np.bool) else c) != 0 for c in condlist]


@implements(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """Each function of the elements of x where its condition is true, in x's dtype, NumPy's `piecewise`.

    The functions are called with a vector of those elements; a number stands for itself. In a trace, how many elements
    meet each condition is fixed: write `np.where` there.

    >>> x = Tensor([-1.0, 4.0])
    >>> piecewise(x, [x < 0], [0.0, np.sqrt])
    tensor([0., 2.])
    """
    x = tensor_of(x)
    conditions = _conditions(x, condlist)
    functions = list(funclist)
    if len(functions) == len(conditions) + 1:
        met = functools.reduce(np.logical_or, conditions)
        conditions.append(np.logical_not(met))
    elif len(functions) != len(conditions):
        n = len(conditions)
        raise ValueError(f"piecewise: {n} conditions need {n} or {n + 1} functions, and there are {len(functions)}")
    y = np.zeros_like(x)
    for condition, function in zip(conditions, functions):
        if condition.shape != x.shape[: condition.ndim]:
            raise IndexError(f"piecewise: a condition of shape {condition.shape} for elements of shape {x.shape}")
        shape = (math.prod(condition.shape), *x.shape[condition.ndim :])
        if callable(function):
            index = (index_of(flatnonzero(condition)),)
            value = some = getitem(np.reshape(x, shape), index)
            if math.prod(some.shape):
                value = np.broadcast_to(np.astype(tensor_of(function(some, *args, **kw)), x.dtype), some.shape)
            value = np.reshape(scatter(value, shape, index), x.shape)
        else:
            value = np.astype(tensor_of(function), x.dtype)
        y = np.where(np.reshape(condition, condition.shape + (1,) * (x.ndim - condition.ndim)), value, y)
    return y


# --- Questions and conversions (constant) ---

_isin = constant(
    lambda element, tests, unique, invert, kind: np.isin(element, tests, unique, invert, kind=kind),
    arrays=2,
    name="isin",
)


@implements(np.isin)
def isin(
    element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False, *, kind: Any = None
) -> Any:
    """Whether each element is among the others (constant), NumPy's `isin`."""
    return _isin(element, test_elements, assume_unique, invert, kind)


_unravelled = constant(lambda x, shape, order: np.array(np.unravel_index(x, shape, order)), name="unravel_index")
_ravelled = joint(
    lambda xs, dims, mode, order: np.ravel_multi_index(xs, dims, mode, order), lambda g: [], name="ravel_multi_index"
)


@implements(np.unravel_index)
def unravel_index(indices: Any, shape: Any, order: Any = "C") -> tuple[Any, ...]:
    """Where in an array of this shape the elements with these numbers are: an index for each axis (constant).

    >>> x = Tensor([[1.0, 5.0], [2.0, 3.0]])
    >>> x[unravel_index(np.argmax(x), x.shape)]
    tensor(5.)
    """
    return tuple(_unravelled(indices, shape, order))


@implements(np.ravel_multi_index)
def ravel_multi_index(multi_index: Any, dims: Any, mode: Any = "raise", order: Any = "C") -> Any:
    """The numbers of elements given by their indices, in an array of this shape (constant): NumPy's."""
    return _ravelled(tuple(detached(tensor_of(i)) for i in multi_index), dims, mode, order)


# --- What writes into an array ---

INSTEAD = {
    np.put: "np.where(np.isin(places, indices), values, x)",
    np.place: "np.where(mask, values, x)",
    np.putmask: "np.where(mask, values, x)",
    np.copyto: "np.where(mask, values, x), or keep the Tensor itself",
    np.put_along_axis: "np.where(np.arange(n) == index, value, x)",
    np.fill_diagonal: "np.where(np.eye(n, dtype=bool), value, x)",
}


def _refusal(function: Any, instead: str) -> Callable[..., Any]:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise TypeError(
            f"np.{function.__name__} writes into an array, which loses the graph; write {instead}, or change values "
            "outside the graph with tensor.numpy() in place of the Tensors"
        )

    functools.update_wrapper(refuse, function)
    refuse.__dict__["refuses"] = True
    return refuse


for function, instead in INSTEAD.items():
    implements(function)(_refusal(function, instead))
