"""A data set shared out among programs that run side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .sampler import Sampler, positive


class DistributedSampler(Sampler[int]):
    """The numbers that are for program `rank` of `num_replicas`: rank, rank + num_replicas, ... of one common order.

    All get equally many: the order is filled up with its beginning, or by `drop_last` cut. With `shuffle` the order
    depends on `seed` and the epoch: call `set_epoch(epoch)` before each. Both numbers are given by hand: there are no
    process groups here to ask.

    >>> [list(DistributedSampler(range(5), num_replicas=2, rank=r, shuffle=False)) for r in range(2)]
    [[0, 2, 4], [1, 3, 0]]
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            raise ValueError(
                "DistributedSampler needs both numbers, as there are no process groups here; "
                "write DistributedSampler(dataset, num_replicas=4, rank=0)"
            )
        self.dataset, self.num_replicas, self.rank = dataset, positive(num_replicas, "num_replicas"), rank
        if not 0 <= rank < self.num_replicas:
            raise ValueError(f"DistributedSampler: rank {rank} is not one of 0 to {self.num_replicas - 1}")
        self.shuffle, self.seed, self.drop_last, self.epoch = shuffle, seed, drop_last, 0
        share = len(dataset) / self.num_replicas
        self.num_samples = math.floor(share) if drop_last else math.ceil(share)
        self.total_size = self.num_samples * self.num_replicas

    def __iter__(self) -> Iterator[int]:
        size = len(self.dataset)
        order = np.random.default_rng([self.seed, self.epoch]).permutation(size) if self.shuffle else np.arange(size)
        return iter(np.resize(order, self.total_size)[self.rank :: self.num_replicas].tolist())

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """The order is that of this epoch from now on."""
        self.epoch = epoch
