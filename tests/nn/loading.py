"""Data sets for the tests of DataLoader: in a module of their own, so that processes can import them."""

import os
import random
import signal
import threading
import time

import numpy as np

import autograd
from nn.data import Dataset, IterableDataset, get_worker_info


class Squares(Dataset):
    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return i, float(i * i)


class Slow(Squares):
    """The first of every four samples takes long: workers finish in another order than they began."""

    def __getitem__(self, i):
        time.sleep(0.01 * (i % 4 == 0))
        return super().__getitem__(i)


class Failing(Squares):
    def __init__(self, n, at, error):
        super().__init__(n)
        self.at, self.error = at, error

    def __getitem__(self, i):
        if i == self.at:
            raise self.error
        return super().__getitem__(i)


class Unpicklable(Exception):
    def __init__(self, a, b):
        super().__init__(f"{a} and {b}")


class Torn(Squares):
    def __getitem__(self, i):
        if i == 1:
            raise Unpicklable("a", "b")
        return i


class Dying(Squares):
    def __getitem__(self, i):
        if i == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return i


class Hanging(Squares):
    def __getitem__(self, i):
        time.sleep(0.5 if i == 2 else 0)
        return i


class Drawing(Squares):
    """Random numbers of the worker, and who loaded them."""

    def __getitem__(self, i):
        info = get_worker_info()
        return info.id, info.seed, info.generator.random()


class Global(Squares):
    def __getitem__(self, i):
        return random.random(), np.random.random(), float(autograd.rand(1).item())  # noqa: NPY002


class Modes(Squares):
    """Whether operations are recorded here."""

    def __getitem__(self, i):
        return autograd.is_grad_enabled(), threading.current_thread() is threading.main_thread()


class Count(IterableDataset):
    """0 to n - 1; with workers, each has its share."""

    def __init__(self, n, share=True):
        self.n, self.share = n, share

    def __iter__(self):
        info = get_worker_info()
        return iter(range(info.id, self.n, info.num_workers) if info and self.share else range(self.n))


class CountWithLength(Count):
    def __len__(self):
        return self.n


def fail_to_start(number):
    raise OSError(5, f"worker {number} has no disk")
