"""Sequences of different lengths in one batch: padded to the longest, or packed without gaps.

Packed means step by step: the first elements of all sequences, the second elements of those that have one, and so on, the
longest sequence first. So a recurrent layer computes nothing for padding.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd import Tensor
from autograd.rules.indexing import scatter

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


class _Packed(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_Packed):
    """Sequences without padding: what `pack_padded_sequence` and `pack_sequence` return and recurrent layers take.

    data              (sum of all lengths, ...): the elements of step 0, then those of step 1, ...
    batch_sizes       how many sequences have each step
    sorted_indices    which sequence of the batch stands first, second, ... here, None if the order is the same
    unsorted_indices  at which place each sequence of the batch stands here

    ValueError if these do not belong together.
    """

    __slots__ = ()

    def __new__(
        cls, data: Any, batch_sizes: Any = None, sorted_indices: Any = None, unsorted_indices: Any = None
    ) -> PackedSequence:
        if batch_sizes is None:
            if not isinstance(data, tuple | list) or len(data) != 2:
                raise TypeError("PackedSequence takes data and batch_sizes; write pack_sequence([a, b, c]) to make one")
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        values = data, batch_sizes, sorted_indices, unsorted_indices
        fields: list[Any] = [x if x is None or isinstance(x, Tensor) else Tensor(x) for x in values]
        _fits(*fields)
        return super().__new__(cls, *fields)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The same with `data.to(...)`."""
        return self._replace(data=self.data.to(*args, **kwargs))

    def double(self) -> PackedSequence:
        """The same in float64."""
        return self.to(np.float64)

    def float(self) -> PackedSequence:
        """The same in float32."""
        return self.to(np.float32)

    def long(self) -> PackedSequence:
        """The same in int64."""
        return self.to(np.int64)

    def int(self) -> PackedSequence:
        """The same in int32."""
        return self.to(np.int32)

    def cpu(self) -> PackedSequence:
        """The same: data is always there."""
        return self

    def cuda(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """ValueError: data lives on the CPU."""
        return self.to("cuda")

    def pin_memory(self) -> PackedSequence:
        """The same: there is no device to copy to."""
        return self

    def is_pinned(self) -> bool:
        return False

    @property
    def is_cuda(self) -> bool:
        return False


def invert_permutation(permutation: Any) -> Tensor | None:
    """Where each number stands in `permutation`; None for None.

    >>> invert_permutation([2, 0, 1])
    tensor([1, 2, 0])
    """
    return None if permutation is None else Tensor(np.argsort(_numbers(permutation)))


def pack_padded_sequence(
    input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """The first `lengths[i]` elements of each sequence i of a padded batch, packed.

    Shapes: input (longest, batch, ...), or (batch, longest, ...) if `batch_first`. The lengths must not increase, unless
    `enforce_sorted` is False: then the sequences are sorted, and the places that they had are kept. ValueError for lengths
    that do not fit.

    >>> pack_padded_sequence([[1, 2, 3], [4, 5, 0]], [3, 2], batch_first=True).data
    tensor([1, 4, 2, 5, 3])
    """
    x = input if isinstance(input, Tensor) else Tensor(input)
    counts = _numbers(lengths)
    if x.ndim < 2:
        raise ValueError(f"pack_padded_sequence: a padded batch has a step and a batch axis, not shape {x.shape}")
    if batch_first:
        x = x.swapaxes(0, 1)
    steps, batch = x.shape[:2]
    if counts.shape != (batch,):
        raise ValueError(
            f"pack_padded_sequence: lengths has shape {counts.shape}, but the batch has {batch} sequences: input has shape "
            f"{input.shape if hasattr(input, 'shape') else x.shape} and batch_first is {batch_first}"
        )
    if not batch:
        raise ValueError("pack_padded_sequence: there is no sequence in this batch")
    if counts.min() < 1 or counts.max() > steps:
        raise ValueError(f"pack_padded_sequence: lengths are from 1 to {steps}, not {counts.min()} to {counts.max()}")
    order = None
    if not enforce_sorted:
        order = np.argsort(-counts, kind="stable")
        counts, x = counts[order], x[:, order]
    elif (np.diff(counts) > 0).any():
        raise ValueError(
            f"pack_padded_sequence: lengths {counts.tolist()} are not in decreasing order; "
            "write enforce_sorted=False to have the sequences sorted"
        )
    there = _mask(counts, int(counts[0])).T
    return PackedSequence(x[: counts[0]][there], there.sum(1), order)


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: Any = 0.0, total_length: int | None = None
) -> tuple[Tensor, Tensor]:
    """The sequences as a padded batch, in the order that they had before they were packed, and their lengths.

    Shapes: (longest, batch, ...), or (batch, longest, ...) if `batch_first`; `total_length` takes the place of the longest.

    >>> padded, lengths = pad_packed_sequence(pack_sequence([[1, 2, 3], [4, 5]]), batch_first=True)
    >>> padded
    tensor([[1, 2, 3],
            [4, 5, 0]])
    >>> lengths
    tensor([3, 2])
    """
    if not isinstance(sequence, PackedSequence):
        raise TypeError(
            f"pad_packed_sequence takes a PackedSequence, not {type(sequence).__name__}: the result of pack_padded_sequence, "
            "or of a recurrent layer that was called with one"
        )
    sizes = _numbers(sequence.batch_sizes)
    steps = len(sizes) if total_length is None else total_length
    if steps < len(sizes):
        raise ValueError(
            f"pad_packed_sequence: total_length is {total_length}, but the longest sequence has {len(sizes)} elements"
        )
    there = np.zeros((steps, sizes[0]), bool)
    there[: len(sizes)] = _mask(sizes, int(sizes[0]))
    padded, lengths = _spread(sequence.data, there, padding_value), there.sum(0)
    if sequence.unsorted_indices is not None:
        order = _numbers(sequence.unsorted_indices)
        padded, lengths = padded[:, order], lengths[order]
    return (padded.swapaxes(0, 1) if batch_first else padded), Tensor(lengths)


def pad_sequence(
    sequences: Iterable[Any], batch_first: bool = False, padding_value: Any = 0.0, padding_side: str = "right"
) -> Tensor:
    """Sequences (length, ...) as one batch (longest, batch, ...), or (batch, longest, ...) if `batch_first`.

    What is missing is `padding_value`, at the end, or at the start if `padding_side` is "left".

    >>> pad_sequence([[1, 2, 3], [4]], batch_first=True)
    tensor([[1, 2, 3],
            [4, 0, 0]])
    """
    parts = _parts(sequences, "pad_sequence")
    if padding_side not in ("left", "right"):
        raise ValueError(f"pad_sequence: padding_side is 'left' or 'right', not {padding_side!r}")
    counts = np.array([len(x) for x in parts])
    there = _mask(counts, int(counts.max()))
    if padding_side == "left":
        there = there[:, ::-1]
    padded = _spread(np.concatenate(parts), there, padding_value)
    return padded if batch_first else padded.swapaxes(0, 1)


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Tensor]:
    """The first `lengths[i]` elements of each sequence i of a padded batch, as a list.

    >>> unpad_sequence(Tensor([[1, 2, 3], [4, 0, 0]]), [3, 1], batch_first=True)
    [tensor([1, 2, 3]), tensor([4])]
    """
    x = padded_sequences if isinstance(padded_sequences, Tensor) else Tensor(padded_sequences)
    x, counts = x if batch_first else x.swapaxes(0, 1), _numbers(lengths)
    if len(counts) != len(x):
        raise ValueError(
            f"unpad_sequence: there are {len(counts)} lengths for {len(x)} sequences: the batch has shape "
            f"{np.shape(padded_sequences)} and batch_first is {batch_first}"
        )
    if counts.size and (counts.min() < 0 or counts.max() > x.shape[1]):
        raise ValueError(
            f"unpad_sequence: lengths are from 0 to {x.shape[1]}, not {counts.min()} to {counts.max()}: the batch has shape "
            f"{np.shape(padded_sequences)} and batch_first is {batch_first}"
        )
    return [x[i, :n] for i, n in enumerate(counts.tolist())]


def pack_sequence(sequences: Sequence[Any], enforce_sorted: bool = True) -> PackedSequence:
    """A list of sequences (length, ...), packed; `enforce_sorted` as in `pack_padded_sequence`.

    >>> pack_sequence([[1, 2], [3, 4, 5]], enforce_sorted=False).data
    tensor([3, 1, 4, 2, 5])
    """
    parts = _parts(sequences, "pack_sequence")
    return pack_padded_sequence(pad_sequence(parts), [len(x) for x in parts], enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The list of sequences that were packed, in the order that they had.

    >>> unpack_sequence(pack_sequence([[1, 2], [3, 4, 5]], enforce_sorted=False))
    [tensor([1, 2]), tensor([3, 4, 5])]
    """
    return unpad_sequence(*pad_packed_sequence(packed_sequences, batch_first=True), batch_first=True)


def _numbers(x: Any) -> Any:
    """Lengths or places as an array: they are no data that a derivative or a trace could follow."""
    found = x._data if isinstance(x, Tensor) else np.asarray(x)
    if found.dtype.kind not in "iu":
        raise TypeError(f"lengths and places are whole numbers, not {found.dtype}")
    return found.astype(np.int64, copy=False)


def _fits(data: Tensor, batch_sizes: Tensor, *orders: Tensor | None) -> None:
    """ValueError for fields that are not those of one PackedSequence."""
    sizes = _numbers(batch_sizes)
    if sizes.ndim != 1 or not sizes.size or sizes[-1] < 1 or (np.diff(sizes) > 0).any():
        raise ValueError(
            f"PackedSequence: batch_sizes say how many sequences have each step, so they never grow and the last is at least 1, "
            f"unlike {sizes.tolist()}; write pack_sequence([a, b, c]) to have them made"
        )
    if data.shape[:1] != (sizes.sum(),):
        raise ValueError(
            f"PackedSequence: data has a row for each element of each sequence, by batch_sizes {sizes.sum()}, but its shape is "
            f"{data.shape}"
        )
    for order in orders:
        if order is not None and not np.array_equal(np.sort(_numbers(order)), np.arange(sizes[0])):
            raise ValueError(
                f"PackedSequence: the places of {sizes[0]} sequences are the numbers from 0 to {sizes[0] - 1}, each once, "
                f"not {order.tolist()}"
            )


def _mask(counts: Any, most: int) -> Any:
    """Row i is True in its first counts[i] of `most` places."""
    return np.arange(most) < counts[:, None]


def _spread(x: Any, places: Any, otherwise: Any) -> Any:
    """The elements of x, one after the other, where `places` is True."""
    out = scatter(x, (*places.shape, *x.shape[1:]), places)
    if otherwise == 0:
        return out
    elsewhere = np.where(places, 0, otherwise).astype(x.dtype)
    return out + elsewhere.reshape(*places.shape, *(1 for _ in x.shape[1:]))


def _parts(sequences: Iterable[Any], name: str) -> list[Tensor]:
    parts = [x if isinstance(x, Tensor) else Tensor(x) for x in sequences]
    if not parts:
        raise ValueError(f"{name}: there is no sequence in this list")
    first = parts[0]
    for i, x in enumerate(parts):
        if x.ndim < 1 or x.shape[1:] != first.shape[1:]:
            raise ValueError(
                f"{name}: sequence {i} has shape {x.shape} and the first one {first.shape}; they may differ in the first axis only"
            )
    return parts
