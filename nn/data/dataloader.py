"""DataLoader: the batches of a data set, epoch after epoch."""

from __future__ import annotations

import itertools
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd import modes

from .collation import default_collate, default_convert
from .dataset import IterableDataset, TensorDataset, rows_at_once
from .minibatches import generator_of
from .sampler import BatchSampler, Endless, RandomSampler, SequentialSampler, positive
from .samples import Samples
from .workers import BATCH, END, Exhausted, Job, Pool, told

FIXED = "dataset", "batch_size", "sampler", "batch_sampler", "drop_last", "persistent_workers"


class DataLoader:
    """Batches of a data set, one epoch each time it is iterated over.

    dataset          samples by number, or an IterableDataset; `Samples`, as of `digits`, are taken as a TensorDataset
    batch_size       samples in a batch; None: single samples
    shuffle          a new random order in each epoch
    sampler          the numbers of the samples in their order, in place of `shuffle`
    batch_sampler    lists of numbers, in place of batch_size, shuffle, sampler and drop_last
    num_workers      threads, or processes, that prepare batches ahead; 0: batches are made when they are asked for
    collate_fn       makes a batch of a list of samples; by default `default_collate`
    drop_last        leave out the last batch if it is not full
    timeout          seconds to wait for a batch of a worker; 0: for ever
    worker_init_fn   called in each worker with its number, before anything else
    multiprocessing_context  None: threads. "spawn", "forkserver", "fork", or a context of multiprocessing: processes
    generator        decides the order and the workers' seeds: a generator, or a seed, which starts one for all epochs;
                     by default the generator that `autograd.manual_seed` starts
    prefetch_factor  batches that each worker is ahead; by default 2
    persistent_workers  keep the workers from one epoch to the next
    pin_memory, pin_memory_device, in_order  accepted: there is no other memory to pin for, and batches come in order

    The batches and their order do not depend on how fast the workers are; of a data set that draws no random numbers,
    nor on how many there are. With a TensorDataset, or a Subset of one, each Tensor is indexed once for a whole batch.

    An error in a data set says which sample it was. Workers end when the iteration ends or is abandoned.

    Threads suit data sets that read files or compute in NumPy, which both let other threads run; data sets that
    compute in Python gain by processes only.

    Source: torch.utils.data.DataLoader, whose arguments these are; there num_workers are always processes.

    >>> from nn.data import xor
    >>> for inputs, targets in DataLoader(xor(), batch_size=3, shuffle=True, generator=0):
    ...     print(inputs.tolist(), targets.tolist())
    [[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]] [1.0, 0.0, 1.0]
    [[1.0, 1.0]] [0.0]

    ValueError if arguments contradict one another.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        if isinstance(dataset, Samples):
            dataset = TensorDataset(*dataset)
        iterable = isinstance(dataset, IterableDataset)
        _check_workers(num_workers, timeout, prefetch_factor, persistent_workers)
        if iterable and (shuffle or sampler is not None or batch_sampler is not None):
            raise ValueError(
                "DataLoader: the samples of an IterableDataset have no numbers, so shuffle, sampler and batch_sampler "
                "make no sense with it; let its __iter__ decide the order"
            )
        if sampler is not None and shuffle:
            raise ValueError("DataLoader: sampler and shuffle both say what the order is; give one of them")
        if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
            raise ValueError("DataLoader: batch_sampler takes the place of batch_size, shuffle, sampler and drop_last")
        if batch_size is None and drop_last:
            raise ValueError("DataLoader: with batch_size=None there are no batches, and drop_last makes no sense")
        self.dataset, self.num_workers, self.drop_last, self.timeout = dataset, num_workers, drop_last, timeout
        self.generator = None if generator is None else generator_of(generator)
        self.pin_memory, self.worker_init_fn, self.persistent_workers = pin_memory, worker_init_fn, persistent_workers
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        if isinstance(multiprocessing_context, str):
            from multiprocessing import get_context

            multiprocessing_context = get_context(multiprocessing_context)
        self.multiprocessing_context = multiprocessing_context
        if sampler is None:
            if iterable:
                sampler = Endless()
            else:
                sampler = RandomSampler(dataset, generator=self.generator) if shuffle else SequentialSampler(dataset)
        self.sampler = sampler
        if batch_sampler is None and batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        elif batch_sampler is not None:
            batch_size = None
        self.batch_size, self.batch_sampler = batch_size, batch_sampler
        self.collate_fn = collate_fn or (default_convert if batch_sampler is None else default_collate)
        self._pool: Pool | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        if name in FIXED and "_pool" in self.__dict__:
            raise ValueError(
                f"DataLoader: {name} is fixed, since the order of the samples has been made of it; "
                f"write DataLoader(dataset, {name}=...) for another one"
            )
        object.__setattr__(self, name, value)

    def __len__(self) -> int:
        """The number of batches in an epoch. TypeError if the data set does not know."""
        if isinstance(self.sampler, Endless):
            size = len(self.dataset)
            if self.batch_size is None:
                return size
            return size // self.batch_size if self.drop_last else -(-size // self.batch_size)
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)

    def __iter__(self) -> Iterator[Any]:
        asked = iter(self.sampler if self.batch_sampler is None else self.batch_sampler)
        if self.num_workers:
            batches = self._ahead(asked, int(generator_of(self.generator).integers(1 << 62)))
        else:
            batches = self._at_once(asked)
        profile = modes.innermost("profile") if modes.entered else None
        return batches if profile is None else profile.each("DataLoader", batches)

    def _fetcher(self) -> Callable[[Any], Callable[[Any], Any]]:
        if isinstance(self.dataset, IterableDataset):
            return partial(from_iterable, self.collate_fn, self.batch_size is not None, self.drop_last)
        return partial(by_number, self.collate_fn, self.batch_sampler is not None)

    def _at_once(self, asked: Iterator[Any]) -> Iterator[Any]:
        fetch = self._fetcher()(self.dataset)
        for what in asked:
            try:
                batch = fetch(what)
            except Exhausted:
                return
            yield batch

    def _ahead(self, asked: Iterator[Any], seed: int) -> Iterator[Any]:
        pool = self._workers()
        try:
            epoch = pool.begin(seed)
            active = deque(pool.workers)
            waiting: deque[tuple[Any, Any]] = deque()

            def ask() -> None:
                """Give the next task to the worker whose turn it is."""
                if active and (what := next(asked, asked)) is not asked:
                    worker = active[0]
                    active.rotate(-1)
                    worker.ask(what)
                    waiting.append((worker, what))

            assert self.prefetch_factor is not None
            for _ in range(self.prefetch_factor * self.num_workers):
                ask()
            while waiting:
                worker, what = waiting.popleft()
                kind, content = worker.receive(epoch, self.timeout, _told(what))
                if kind == END and worker in active:
                    active.remove(worker)
                ask()
                if kind == BATCH:
                    yield content
                    if pool.epoch != epoch:
                        raise RuntimeError(
                            "DataLoader: with persistent_workers=True there is one iteration at a time, and another "
                            "one has begun"
                        )
                elif kind != END:
                    try:
                        raise content
                    finally:
                        del content  # whose traceback holds this frame
        finally:
            if pool is not self._pool:
                pool.close()

    def _workers(self) -> Pool:
        if self._pool is not None:
            return self._pool
        job = Job(self.dataset, self._fetcher(), self.worker_init_fn, self.num_workers)
        pool = Pool(job, self.multiprocessing_context)
        if self.persistent_workers:
            self._pool = pool
            weakref.finalize(self, pool.close)
        return pool


def by_number(collate: Callable[[Any], Any], batched: bool, dataset: Any) -> Callable[[Any], Any]:
    """What makes a batch of numbers of samples; or a sample of a number."""

    def one(number: Any) -> Any:
        try:
            return dataset[number]
        except StopIteration as error:  # which would end the loop in silence
            place = f"sample {number} of the {type(dataset).__name__}"
            raise RuntimeError(f"DataLoader: {place} raised StopIteration") from error
        except Exception as error:
            told(error, f"sample {number} of the {type(dataset).__name__}")
            raise

    def several(numbers: Sequence[Any]) -> Any:
        if collate is default_collate and (rows := rows_at_once(dataset, numbers)) is not None:
            return rows
        try:
            samples = dataset.__getitems__(numbers) if hasattr(dataset, "__getitems__") else None
        except Exception as error:
            told(error, _told(numbers))
            raise
        samples = [one(number) for number in numbers] if samples is None else samples
        try:
            return collate(samples)
        except Exception as error:
            told(error, _told(numbers))
            raise

    return several if batched else lambda number: collate(one(number))


def from_iterable(collate: Callable[[Any], Any], batched: bool, drop_last: bool, dataset: Any) -> Callable[[Any], Any]:
    """What makes a batch of as many next samples as it is given Nones; or a sample of one. Exhausted at the end."""
    samples, count = iter(dataset), itertools.count()

    def one() -> Any:
        number = next(count)
        try:
            return next(samples)
        except StopIteration:
            raise Exhausted from None
        except Exception as error:
            told(error, f"sample {number} of the {type(dataset).__name__}")
            raise

    def several(places: Sequence[None]) -> Any:
        batch = []
        for _ in places:
            try:
                batch.append(one())
            except Exhausted:
                break
        if not batch or (drop_last and len(batch) < len(places)):
            raise Exhausted
        return collate(batch)

    return several if batched else lambda _: collate(one())


def _told(numbers: Any) -> str:
    """Numbers of samples in an error; None stands for one that has none."""
    if not isinstance(numbers, list | tuple):
        numbers = [numbers]
    if numbers and numbers[0] is None:
        return "the next sample" + "s" * (len(numbers) > 1)
    shown = ", ".join(map(str, numbers[:8])) + ", ..." * (len(numbers) > 8)
    return f"sample{'s' * (len(numbers) > 1)} {shown}"


def _check_workers(num_workers: Any, timeout: Any, prefetch_factor: Any, persistent_workers: Any) -> None:
    if isinstance(num_workers, bool) or not isinstance(num_workers, int | np.integer) or num_workers < 0:
        raise ValueError(f"DataLoader: num_workers is a whole number of at least 0, not {num_workers!r}")
    if not timeout >= 0:
        raise ValueError(f"DataLoader: timeout is a number of seconds, not {timeout!r}")
    if prefetch_factor is not None:
        positive(prefetch_factor, "DataLoader: prefetch_factor")
    if not num_workers and (prefetch_factor is not None or persistent_workers):
        raise ValueError(
            "DataLoader: prefetch_factor and persistent_workers concern workers, and num_workers is 0; write "
            "num_workers=2"
        )
