"""What a trainer is given to train and to judge with, as batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from autograd import Tensor
from nn.data import DataLoader, Dataset, IterableDataset, Samples, Subset, SubsetRandomSampler, TensorDataset
from nn.data.sampler import RandomSampler, SequentialSampler

BATCH = 32
JUDGED = 512  # samples in a batch that needs no gradient


def loader_of(data: Any, batch_size: int | None, *, shuffle: bool, name: str) -> Any:
    """A DataLoader, or what can be iterated over as often as one likes, of data in any of the forms that are taken."""
    if isinstance(data, tuple | list) and data and all(isinstance(part, np.ndarray | Tensor) for part in data):
        data = TensorDataset(*data)
    if isinstance(data, Dataset):
        endless = isinstance(data, IterableDataset)
        if not endless and samples_in(data) == 0:
            raise ValueError(f"{name} has no samples")
        size = (BATCH if shuffle else JUDGED) if batch_size is None else batch_size
        return DataLoader(data, size, shuffle=shuffle and not endless)
    if (
        isinstance(data, Iterator)
        or not isinstance(data, Iterable)
        or isinstance(data, tuple | str | dict | np.ndarray)
    ):
        raise TypeError(
            f"{name} is a DataLoader, a data set, or a pair of arrays, and not {_shown(data)}; "
            f"write trainer.run((inputs, targets), ...) or trainer.run(DataLoader(...), ...)"
        )
    if shuffle and batch_size is not None:
        raise ValueError(f"{name} comes in batches already; write batch_size={batch_size} where they are made")
    if batches_in(data) == 0:
        raise ValueError(f"{name} has no batches")
    return data


def check_apart(train: Any, validation: Any) -> None:
    """ValueError if samples to judge by are trained on: the same numbers of one data set, or the same rows of an array."""
    dataset, numbers = _numbers(train)
    other, theirs = _numbers(validation)
    if dataset is None or other is None:
        return
    if dataset is other:
        both = np.isin(numbers, theirs)
    else:
        both = np.isin(_addresses(dataset, numbers), _addresses(other, theirs))
    if both.any():
        raise ValueError(
            f"{np.unique(numbers[both]).size} samples are in train and in validation, the first of them sample {numbers[both].min()}: what is learned by heart "
            "would look like skill; write train, validation = nn.data.random_split(dataset, [0.8, 0.2])"
        )


def samples_in(loader: Any) -> int | None:
    """How many samples there are, where that is known."""
    try:
        return len(loader.dataset if isinstance(loader, DataLoader) else loader)
    except TypeError:
        return None


def batches_in(loader: Any) -> int | None:
    """How many batches an epoch has, where that is known."""
    try:
        size: int = len(loader)
        return size
    except TypeError:
        return None


def rows(batch: Any) -> int:
    """How many samples a batch has: the length of the last array in it."""
    while isinstance(batch, tuple | list | dict) and len(batch):
        batch = list(batch.values() if isinstance(batch, dict) else batch)[-1]
    shape = batch.shape if hasattr(batch, "shape") else np.shape(batch)
    return shape[0] if shape else 1


def _addresses(dataset: Any, numbers: Any) -> Any:
    """Where in memory samples lie, which says what parts of one array have in common; none where that is not known."""
    if not isinstance(dataset, TensorDataset):
        return []
    rows = np.asarray(dataset.tensors[0].detach())
    if not rows.strides[0] or not rows.size:  # one row in the place of all
        return []
    return rows.ctypes.data + rows.strides[0] * numbers


def _numbers(loader: Any) -> tuple[Any, Any]:
    """The data set that the samples are from in the end, and their numbers there; None where that is not known."""
    if not isinstance(loader, DataLoader) or isinstance(loader.dataset, IterableDataset):
        return None, None
    sampler, dataset = loader.sampler, loader.dataset
    if loader.batch_sampler is not None:
        sampler = getattr(loader.batch_sampler, "sampler", None)
    if isinstance(sampler, SubsetRandomSampler):
        numbers = np.asarray(sampler.indices, int)
    elif isinstance(sampler, RandomSampler | SequentialSampler):
        numbers = np.arange(len(dataset))
    else:
        return None, None
    while isinstance(dataset, Subset):
        numbers, dataset = np.asarray(dataset.indices, int)[numbers], dataset.dataset
    return dataset, numbers


def _shown(data: Any) -> str:
    if isinstance(data, tuple) and not isinstance(data, Samples):
        return f"a tuple of {', '.join(type(part).__name__ for part in data)}"
    return f"a {type(data).__name__}"
