"""Reading by index in all of NumPy's forms. Its transpose is `scatter`: adding into zeros at the same places.

`assign` is what a Tensor is after others have been written into it: put together from parts of them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..op import constant, general, linear


def _getitem(x: Any, index: Any) -> Any:
    return x[index]


def _scatter(x: Any, shape: tuple[int, ...], index: Any) -> Any:
    out = np.zeros(shape, x.dtype)
    if index.__class__ is int or index.__class__ is slice:
        out[index] = x
        return out
    index = index if isinstance(index, tuple) else (index,)
    arrays = [i for i in index if isinstance(i, np.ndarray | list)]
    if all(np.asarray(i).dtype == bool for i in arrays):
        out[index] = x  # slices and masks name no element twice
    elif len(index) == 1 and np.ndim(arrays[0]) == 1 and len(shape) > 1:
        _add_rows(out, np.asarray(arrays[0]), x)
    else:
        places = np.arange(out.size).reshape(shape)[index]
        total = np.bincount(places.ravel(), np.broadcast_to(x, places.shape).ravel(), out.size)
        out = total.reshape(shape).astype(x.dtype)
    return out


def _add_rows(out: Any, rows: Any, g: Any) -> None:
    """out[rows] += g with repeated rows added up, by sorting: many times faster than np.add.at."""
    if not len(rows):
        return
    rows = rows.astype(np.intp) % len(out)  # a small dtype may not hold the number of rows
    order = np.argsort(rows, kind="stable")
    rows = rows[order]
    starts = np.flatnonzero(np.concatenate(([True], rows[1:] != rows[:-1])))
    out[rows[starts]] = np.add.reduceat(g[order], starts, axis=0)


getitem: Any = linear(_getitem, lambda g, x_shape, index: scatter(g, x_shape, index))
scatter: Any = linear(_scatter, lambda g, index: g[index])


def _assign(xs: Any, parts: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """An array put together from parts of others: `parts` says which elements come from which places of each, flattened."""
    out = np.zeros(math.prod(shape), dtype)
    for x, (positions, places) in zip(xs, parts):
        out[positions] = np.reshape(x, (-1,))[places]
    return out.reshape(shape)


def _assign_rule(g: Any, parts: Any, xs_shape: Any, needs: Any) -> list[Any]:
    flat = np.reshape(g, (-1,))
    return [
        _taken(flat[positions], places, shape) if needed else None
        for (positions, places), shape, needed in zip(parts, xs_shape, needs)
    ]


def _taken(piece: Any, places: Any, shape: tuple[int, ...]) -> Any:
    """`piece` added up at its places, flattened, in zeros of this shape."""
    size = math.prod(shape)
    if len(places) != size or not np.array_equal(places, np.arange(size)):
        piece = scatter(piece, (size,), (places,))
    return np.reshape(piece, shape)


assign: Any = linear(_assign, _assign_rule, name="assign")


def _put(x: Any, value: Any, index: Any) -> Any:
    """x with `value` in the places of the index; of those that are named several times, the last counts."""
    out = x.copy()
    out[index] = value
    return out


def _counts(x: Any, index: Any) -> Any:
    """For each element of x[index], 1 where it is the last of those that stand for the same element of x, else 0."""
    numbers = np.empty(x.shape, np.intp)
    mine = np.arange(numbers[index].size).reshape(numbers[index].shape)
    numbers[index] = mine
    return (numbers[index] == mine).astype(x.dtype)


def _is_basic(index: Any) -> bool:
    return all(
        not hasattr(i, "shape") and not isinstance(i, list) for i in (index if isinstance(index, tuple) else (index,))
    )


counts = constant(_counts)
put: Any = general(
    _put,
    lambda g, index: put(g, 0.0, index),
    lambda g, index: getitem(g, index) if _is_basic(index) else getitem(g, index) * counts(g, index),
    name="put",
)
