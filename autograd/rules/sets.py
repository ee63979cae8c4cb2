"""Set operations on the elements of two arrays: each element of the result is one of theirs, which gets its gradient.

An intersection is not here: a small change of one element leaves it, so that there is nothing to differentiate.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..op import constant, implements
from .indexing import getitem
from .operands import detached, index_of, settled, tensor_of


def _firsts(x: Any, assume_unique: bool) -> Any:
    """Where the different elements of a line are first, in ascending order; or all, if they are different anyway."""
    return np.arange(x.size) if assume_unique else np.unique(x, return_index=True)[1]


def _sorted_line(a: Any, b: Any, assume_unique: bool) -> tuple[Any, Any]:
    """The elements of both in ascending order, and where they are in one line made of a and b."""
    a, b = a.ravel(), b.ravel()
    places = np.concatenate([_firsts(a, assume_unique), a.size + _firsts(b, assume_unique)])
    line = np.concatenate([a, b])
    order = places[np.argsort(line[places], kind="stable")]
    return line[order], order


def _in_one(a: Any, b: Any, assume_unique: bool) -> Any:
    values, order = _sorted_line(a, b, assume_unique)
    new = np.concatenate([[True], values[1:] != values[:-1], [True]]) if values.size else np.ones(1, bool)
    return order[new[1:] & new[:-1]]


def _in_first(a: Any, b: Any, assume_unique: bool) -> Any:
    places = _firsts(a.ravel(), assume_unique)
    return places[np.isin(a.ravel()[places], b, assume_unique=assume_unique, invert=True)]


_in_one = constant(_in_one, name="in_one", arrays=2)
_in_first = constant(_in_first, name="in_first", arrays=2)


def _found(find: Any, a: Any, b: Any, assume_unique: bool) -> Any:
    return settled(find(detached(a), detached(b), bool(assume_unique)), "set operation: what was found")


def _line(a: Any, b: Any) -> Any:
    return np.concatenate([np.reshape(a, -1), np.reshape(b, -1)])


@implements(np.union1d)
def union1d(ar1: Any, ar2: Any) -> Any:
    """The different elements of both, in ascending order, NumPy's `union1d`."""
    return np.unique(_line(tensor_of(ar1), tensor_of(ar2)))


@implements(np.setxor1d)
def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """The elements that only one of both has, in ascending order, NumPy's `setxor1d`."""
    a, b = tensor_of(ar1), tensor_of(ar2)
    return getitem(_line(a, b), index_of(_found(_in_one, a, b, assume_unique)))


@implements(np.setdiff1d)
def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """The elements of the first that the second does not have, in ascending order, NumPy's `setdiff1d`."""
    a, b = tensor_of(ar1), tensor_of(ar2)
    return getitem(np.reshape(a, -1), index_of(_found(_in_first, a, b, assume_unique)))
