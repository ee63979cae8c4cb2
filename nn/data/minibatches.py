"""Minibatches: the same rows of several arrays, a few at a time, until every row has been seen once."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import numpy as np


def batches(
    *arrays: Any,
    batch_size: int,
    shuffle: bool = True,
    generator: np.random.Generator | int | None = None,
    drop_last: bool = False,
) -> Iterator[tuple[Any, ...]]:
    """One epoch: tuples with `batch_size` rows of each array, the same rows of all, each row once.

    Arrays (n, ...) -> tuples of arrays (batch_size, ...). The last tuple has the n % batch_size rows that are left over;
    `drop_last` leaves it out. Takes NumPy arrays, Tensors, and whatever `np.asarray` takes. With `shuffle=False` rows keep
    their order and NumPy's batches are views: writing to one writes to the array.

    `generator` decides the order; without one it is the default generator, which `autograd.manual_seed` starts. Give the
    same generator to every epoch: each is shuffled anew, and the whole run can be repeated. An integer is a seed and so
    one order, the same at every call.

    ValueError if the arrays differ in length, or if `drop_last` would leave nothing at all.

    Source: Goodfellow, Bengio and Courville, *Deep Learning*, section 8.1.3.

    >>> x, t = np.arange(10.0).reshape(5, 2), np.arange(5)
    >>> for inputs, targets in batches(x, t, batch_size=2, shuffle=False):
    ...     print(inputs.shape, targets)
    (2, 2) [0 1]
    (2, 2) [2 3]
    (1, 2) [4]

    >>> generator = np.random.default_rng(0)
    >>> for epoch in range(2):
    ...     print([targets.tolist() for (targets,) in batches(t, batch_size=2, generator=generator)])
    [[2, 4], [3, 0], [1]]
    [[4, 1], [2, 0], [3]]
    """
    columns = [array if hasattr(array, "__array_function__") else np.asarray(array) for array in arrays]
    size, length = _checked(batch_size, [tuple(column.shape) for column in columns], drop_last)
    order = generator_of(generator).permutation(length) if shuffle else None
    stop = length - length % size if drop_last else length

    def epoch() -> Iterator[tuple[Any, ...]]:
        for start in range(0, stop, size):
            rows = slice(start, start + size) if order is None else order[start : start + size]
            yield tuple(column[rows] for column in columns)

    return epoch()


def generator_of(generator: Any = None) -> np.random.Generator:
    """The generator that is meant: this one, one of this seed, or without either the default generator.

    In a worker of a DataLoader the default generator is the worker's own.
    """
    if generator is None:
        from autograd import default_generator

        return default_generator()
    return np.random.default_rng(generator)


def _checked(batch_size: int, shapes: list[tuple[int, ...]], drop_last: bool) -> tuple[int, int]:
    """The batch size and the common length, if they make sense: told at the call, not at the first batch."""
    if not shapes:
        raise TypeError("batches got no array; write batches(inputs, targets, batch_size=32)")
    if () in shapes:
        raise TypeError(f"batches takes rows of arrays, but argument {shapes.index(()) + 1} has shape (), no rows")
    if len({shape[0] for shape in shapes}) > 1:
        raise ValueError(
            f"batches takes the same rows of every array, so all need one length; got {[shape[0] for shape in shapes]}, "
            f"from the shapes {', '.join(map(str, shapes))}"
        )
    try:
        size = operator.index(batch_size)
    except TypeError:
        raise TypeError(f"batch_size={batch_size!r}: it counts rows; write a whole number, such as 32") from None
    if size < 1:
        raise ValueError(f"batch_size={size}: a batch needs at least 1 row")
    length = shapes[0][0]
    if drop_last and 0 < length < size:
        raise ValueError(
            f"drop_last=True drops everything: {length} rows do not fill one batch of {size}; "
            f"write drop_last=False or batch_size={length}"
        )
    return size, length
