"""From samples to a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd import Tensor, from_numpy, stack


def default_collate(batch: Sequence[Any], where: str = "") -> Any:
    """One batch out of a list of samples: numbers, arrays and Tensors are stacked, containers gone into.

    - arrays and Tensors (...) -> a Tensor (n, ...) of their dtype
    - Python floats -> a float64 Tensor (n,); ints -> int64; bools -> bool
    - strings and bytes -> the list, or tuple, of them
    - tuples and lists -> a list with a batch of each of their places; named tuples and dicts likewise, by name

    Source: torch.utils.data.default_collate.

    >>> default_collate([(np.zeros(2), 1, "a"), (np.ones(2), 0, "b")])
    [tensor([[0., 0.],
            [1., 1.]], dtype=float64), tensor([1, 0]), ('a', 'b')]

    ValueError if shapes, lengths or keys differ, TypeError for other things; both say in which place of the samples.
    """
    first = batch[0]
    if isinstance(first, Tensor):
        _check_shapes(batch, where)
        return stack(list(batch))
    if isinstance(first, np.ndarray | np.generic) and not isinstance(first, str | bytes):
        if first.dtype.kind not in "fiub":
            raise TypeError(
                f"default_collate: arrays of {first.dtype}{_at(where)} cannot become a Tensor; give collate_fn="
            )
        _check_shapes(batch, where)
        return from_numpy(np.stack(batch))
    if isinstance(first, float | int):
        _check_numbers(batch, where)
        return Tensor(np.array(batch, np.float64 if isinstance(first, float) else None))
    if isinstance(first, str | bytes):
        return batch
    if isinstance(first, Mapping):
        if any(not isinstance(sample, Mapping) or sample.keys() != first.keys() for sample in batch):
            raise ValueError(f"default_collate: the dicts{_at(where)} differ in their keys; give collate_fn=")
        parts = {key: default_collate([sample[key] for sample in batch], f"{where}[{key!r}]") for key in first}
        try:
            return type(first)(parts)  # type: ignore[call-arg]
        except TypeError:
            return parts
    if isinstance(first, tuple | list):
        lengths = {len(sample) for sample in batch}
        if len(lengths) > 1:
            raise ValueError(f"default_collate: samples{_at(where)} of lengths {sorted(lengths)}; give collate_fn=")
        columns = [default_collate(column, f"{where}[{i}]") for i, column in enumerate(zip(*batch))]
        return type(first)(*columns) if hasattr(first, "_fields") else columns
    raise TypeError(
        f"default_collate makes batches of Tensors, arrays, numbers, strings, tuples, lists and dicts, and this is "
        f"{_kind(first)}{_at(where)}; give DataLoader(..., collate_fn=)"
    )


def default_convert(data: Any) -> Any:
    """A sample with Tensors for arrays, in containers too: what a DataLoader without batches makes of it."""
    if isinstance(data, np.ndarray | np.generic) and data.dtype.kind in "fiub":
        return from_numpy(np.asarray(data))
    if isinstance(data, Mapping):
        parts = {key: default_convert(value) for key, value in data.items()}
        return type(data)(parts) if isinstance(data, dict) else parts
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(default_convert, data))
    if isinstance(data, tuple | list):
        return [default_convert(value) for value in data]
    return data


def _check_shapes(batch: Sequence[Any], where: str) -> None:
    shape = batch[0].shape
    for number, sample in enumerate(batch):
        if getattr(sample, "shape", None) != shape:
            found = f"shape {sample.shape}" if hasattr(sample, "shape") else f"none: it is {_kind(sample)}"
            raise ValueError(
                f"default_collate: samples{_at(where)} cannot be stacked: the first has shape {shape}, number {number} "
                f"of the batch {found}; give collate_fn=, which may pad them"
            )


def _check_numbers(batch: Sequence[Any], where: str) -> None:
    for number, sample in enumerate(batch):
        if not isinstance(sample, float | int | np.number | np.bool_):
            raise TypeError(
                f"default_collate: samples{_at(where)} are of several kinds: the first is {_kind(batch[0])}, number "
                f"{number} of the batch is {_kind(sample)}; give collate_fn=, or make them of one kind"
            )


def _at(where: str) -> str:
    return f" at sample{where}" if where else ""


def _kind(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
