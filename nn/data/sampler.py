"""Samplers: in which order the samples of a data set are taken, and in which batches."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from autograd import Tensor

from .minibatches import generator_of

T = TypeVar("T", covariant=True)


class Sampler(Generic[T]):
    """Numbers of samples, or lists of numbers, in some order: write `__iter__`, and `__len__` where it is known.

    Random samplers take a `generator`: a generator or a seed; without one, the default generator, which
    `autograd.manual_seed` starts. Each epoch draws a new order from it.
    """

    def __init__(self, data_source: Any = None) -> None:
        pass

    def __iter__(self) -> Iterator[T]:
        raise NotImplementedError(
            f"{type(self).__name__} has no __iter__(self); write one that yields numbers of samples"
        )


class SequentialSampler(Sampler[int]):
    """0, 1, 2, ..."""

    def __init__(self, data_source: Any) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """All numbers in random order; or `num_samples` of them, with `replacement` each drawn from all.

    Without replacement no number comes twice before all have come once.
    """

    def __init__(
        self, data_source: Any, replacement: bool = False, num_samples: int | None = None, generator: Any = None
    ) -> None:
        if not isinstance(replacement, bool):
            raise TypeError(f"RandomSampler: replacement is True or False, not {replacement!r}")
        self.data_source, self.replacement, self.generator = data_source, replacement, _kept(generator)
        self._num_samples = None if num_samples is None else positive(num_samples, "RandomSampler: num_samples")

    @property
    def num_samples(self) -> int:
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        generator, size, wanted = generator_of(self.generator), len(self.data_source), self.num_samples
        if wanted and not size:
            raise ValueError("RandomSampler: the data set is empty")
        if self.replacement:
            return iter(generator.integers(size, size=wanted).tolist() if size else [])
        rounds = [generator.permutation(size) for _ in range(-(-wanted // size) if size else 0)]
        return itertools.islice(itertools.chain.from_iterable(r.tolist() for r in rounds), wanted)

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The given numbers in random order."""

    def __init__(self, indices: Sequence[int], generator: Any = None) -> None:
        self.indices, self.generator = indices, _kept(generator)

    def __iter__(self) -> Iterator[int]:
        order = generator_of(self.generator).permutation(len(self.indices)).tolist()
        return iter([self.indices[i] for i in order])

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """`num_samples` numbers below n, drawn with the n weights, which need not add up to 1.

    Weights of 1 / (size of its class) show every class equally often.
    """

    def __init__(self, weights: Any, num_samples: int, replacement: bool = True, generator: Any = None) -> None:
        if not isinstance(replacement, bool):
            raise TypeError(f"WeightedRandomSampler: replacement is True or False, not {replacement!r}")
        values = weights.detach() if isinstance(weights, Tensor) else weights
        self.weights = Tensor(np.asarray(values, np.float64))
        if self.weights.ndim != 1:
            raise ValueError(
                f"WeightedRandomSampler: weights have shape (n,), one for each sample, not {self.weights.shape}"
            )
        self.num_samples = positive(num_samples, "WeightedRandomSampler: num_samples")
        self.replacement, self.generator = replacement, _kept(generator)

    def __iter__(self) -> Iterator[int]:
        from autograd import multinomial  # which brings NumPy's random numbers with it

        drawn = multinomial(self.weights, self.num_samples, self.replacement, generator=generator_of(self.generator))
        return iter(drawn.tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Lists of `batch_size` numbers from another sampler; the last one is shorter, or left out by `drop_last`.

    >>> list(BatchSampler(range(5), batch_size=2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Any, batch_size: int, drop_last: bool) -> None:
        if not isinstance(drop_last, bool):
            raise TypeError(f"BatchSampler: drop_last is True or False, not {drop_last!r}")
        self.sampler, self.batch_size, self.drop_last = sampler, positive(batch_size, "batch_size"), drop_last

    def __iter__(self) -> Iterator[list[int]]:
        numbers = iter(self.sampler)
        while batch := list(itertools.islice(numbers, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        return len(self.sampler) // self.batch_size if self.drop_last else -(-len(self.sampler) // self.batch_size)


class Endless(Sampler[None]):
    """None, again and again: for data sets whose samples have no numbers."""

    def __iter__(self) -> Iterator[None]:
        return itertools.repeat(None)


def positive(number: Any, what: str) -> int:
    """A count as an int, if it is one."""
    try:
        count = operator.index(number)
    except TypeError:
        count = 0
    if count < 1 or isinstance(number, bool):
        raise ValueError(f"{what} is a whole number of at least 1, not {number!r}")
    return count


def _kept(generator: Any) -> Any:
    """A generator, or None for the default one of the day; a seed starts one, once for all epochs."""
    return None if generator is None else generator_of(generator)
