"""Data sets: what has samples by number, or one after the other."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from autograd import Tensor, as_tensor

from .minibatches import generator_of

T = TypeVar("T", covariant=True)


class Dataset(Generic[T]):
    """Samples by number: write `__getitem__(i)`, which returns sample i, and `__len__`.

    A sample is whatever a program likes: usually a tuple of an input and its target. `a + b` has the samples of both.

    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 5
    ...     def __getitem__(self, i):
    ...         return i, i * i
    >>> squares = Squares()
    >>> (squares + squares)[8]
    (3, 9)

    A data set may also have `__getitems__(indices)`, which returns a list of samples: then it is asked for whole
    batches.
    """

    def __getitem__(self, index: Any) -> T:
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__(self, i); write one that returns sample i")

    def __add__(self, other: Dataset[Any]) -> ConcatDataset:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T]):
    """Samples one after the other, without numbers: write `__iter__`. `a + b` has those of a, then those of b.

    In a DataLoader with workers each worker goes through all of it, unless `__iter__` asks `get_worker_info()` which
    part is its own.
    """

    def __iter__(self) -> Iterator[T]:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__(self); write one that yields samples")

    def __add__(self, other: Dataset[Any]) -> ChainDataset:  # type: ignore[override]
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Sample i is (a[i], b[i], ...), the rows of Tensors or arrays of one length, on whose memory it is.

    A DataLoader takes all rows of a batch at once.

    >>> samples = TensorDataset(np.eye(3), np.arange(3))
    >>> samples[1]
    (tensor([0., 1., 0.], dtype=float64), tensor(1))

    ValueError if the lengths differ.
    """

    def __init__(self, *tensors: Any) -> None:
        self.tensors = tuple([as_tensor(tensor) for tensor in tensors])
        shapes = [tensor.shape for tensor in self.tensors]
        if not shapes:
            raise TypeError("TensorDataset got no Tensor; write TensorDataset(inputs, targets)")
        if () in shapes or len({shape[0] for shape in shapes}) > 1:
            raise ValueError(
                f"TensorDataset takes rows of Tensors of one length, and the shapes are {', '.join(map(str, shapes))}"
            )

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple([tensor[index] for tensor in self.tensors])

    def __len__(self) -> int:
        return self.tensors[0].shape[0]


class StackDataset(Dataset[Any]):
    """Sample i is the tuple, or by keywords the dict, of sample i of each data set.

    >>> StackDataset(image=[10, 11], label=["a", "b"])[1]
    {'image': 11, 'label': 'b'}

    ValueError if the lengths differ.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if bool(args) == bool(kwargs):
            raise ValueError(
                "StackDataset takes data sets, or data sets by keywords, and at least one; "
                "write StackDataset(images, labels) or StackDataset(image=images, label=labels)"
            )
        self.datasets: Any = args or kwargs
        parts = args or tuple(kwargs.values())
        if len({len(part) for part in parts}) > 1:
            raise ValueError(f"StackDataset needs data sets of one length, not {[len(part) for part in parts]}")
        self._length = len(parts[0])

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: dataset[index] for name, dataset in self.datasets.items()}
        return tuple([dataset[index] for dataset in self.datasets])

    def __len__(self) -> int:
        return self._length


class ConcatDataset(Dataset[T]):
    """The samples of several data sets, one set behind the other.

    >>> both = ConcatDataset(["ab", "cde"])
    >>> len(both), both[3], both[-5]
    (5, 'd', 'a')
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("ConcatDataset needs at least one data set")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise TypeError(
                "ConcatDataset takes data sets with numbered samples; write ChainDataset([...]) for iterable ones"
            )
        self.cumulative_sizes = list(itertools.accumulate(map(len, self.datasets)))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: Any) -> T:
        number = index + len(self) if index < 0 else index
        if not 0 <= number < len(self):
            raise IndexError(f"sample {index} of a ConcatDataset of {len(self)}")
        part = bisect.bisect_right(self.cumulative_sizes, number)
        return self.datasets[part][number - (self.cumulative_sizes[part - 1] if part else 0)]


class ChainDataset(IterableDataset[T]):
    """The samples of several iterable data sets, one set behind the other."""

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not all(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise TypeError(
                "ChainDataset takes IterableDatasets; write ConcatDataset([...]) for those with numbered samples"
            )

    def __iter__(self) -> Iterator[T]:
        return itertools.chain.from_iterable(self.datasets)

    def __len__(self) -> int:
        return sum(map(len, self.datasets))


class Subset(Dataset[T]):
    """Some samples of a data set: sample i is `dataset[indices[i]]`.

    >>> Subset("abcde", [3, 0])[0]
    'd'
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)


def random_split(dataset: Any, lengths: Sequence[float], generator: Any = None) -> list[Subset[Any]]:
    """Subsets of these lengths, without a sample in common, drawn at random: for training, validation, test.

    `lengths` are numbers of samples that add up to all, or fractions that add up to 1: each is rounded down, and what
    is left over goes to the first subsets, one sample to each. `generator` is a generator or a seed.

    >>> train, validation = random_split(range(10), [0.75, 0.25], generator=0)
    >>> len(train), list(validation)
    (8, [8, 1])

    ValueError if the lengths add up to anything else.
    """
    size, given, counts = len(dataset), list(lengths), list(lengths)
    if given and math.isclose(sum(given), 1):
        if min(given) < 0:
            raise ValueError(f"random_split: fractions lie between 0 and 1, and these are {given}")
        counts = [math.floor(size * fraction) for fraction in given]
        for i in range(size - int(sum(counts))):
            counts[i % len(counts)] += 1
    if sum(counts) != size or any(n != int(n) or n < 0 for n in counts):
        raise ValueError(
            f"random_split: the lengths {given} add up to {sum(given)}; numbers of samples add up to {size}, all that "
            "the data set has, and fractions to 1"
        )
    order = generator_of(generator).permutation(size).tolist()
    ends = itertools.accumulate(map(int, counts))
    return [Subset(dataset, order[end - int(count) : end]) for count, end in zip(counts, ends)]


def rows_at_once(dataset: Any, indices: Sequence[int]) -> list[Tensor] | None:
    """What `default_collate` would make of these samples of a TensorDataset or a Subset of one; None for others."""
    while type(dataset).__dict__.get("__getitem__") is Subset.__getitem__:
        indices, dataset = [dataset.indices[i] for i in indices], dataset.dataset
    if getattr(type(dataset), "__getitem__", None) is not TensorDataset.__getitem__:
        return None
    places = np.asarray(indices)
    return [
        tensor[places] if tensor.requires_grad else Tensor._make(tensor._data[places], None)
        for tensor in dataset.tensors
    ]
