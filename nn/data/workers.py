"""Workers of a DataLoader: threads or processes that prepare batches ahead of the program that asks for them.

A worker gets tasks and gives answers, one for each, in order. The program knows from which worker the next batch comes,
so that what it sees does not depend on who is faster. A worker holds nothing of the program but its own two queues:
once nobody asks any more, it is told to stop.
"""

from __future__ import annotations

import pickle
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd import modes

# What a worker is told: to begin an epoch with a seed, or to fetch a batch; None: to stop.
# What it answers: the number of the epoch, and one of these with what belongs to it.
BATCH, END, ERROR = "batch", "end", "error"
WATCH = 0.5  # seconds between two looks at whether the other side is still there


class Exhausted(Exception):
    """A data set without numbers has no samples left."""


class WorkerInfo(NamedTuple):
    """Which worker this is: its number, how many there are, its seed, its copy of the data set, its random numbers."""

    id: int
    num_workers: int
    seed: int
    dataset: Any
    generator: np.random.Generator


_here = threading.local()


def get_worker_info() -> WorkerInfo | None:
    """In a worker of a DataLoader, which one it is; None elsewhere.

    An IterableDataset asks it for the part that is its own. `generator` is for random numbers: each worker has another
    one, from which `autograd.rand` and its like draw there too, so that a run can be repeated; NumPy's and Python's
    global ones are started anew in processes only, as threads share them.
    """
    return getattr(_here, "info", None)


class Job(NamedTuple):
    """What all workers of a DataLoader do."""

    dataset: Any
    fetcher: Callable[[Any], Callable[[Any], Any]]  # of a data set: what makes a batch of what it is asked for
    init: Callable[[int], Any] | None
    workers: int


def work(job: Job, number: int, take: Callable[[], Any], answer: Callable[[Any], Any], alone: bool) -> None:
    """The life of a worker. `alone`: in a process, where the global random numbers are its own too."""
    fetch: Any = None
    failure: BaseException | None = None
    epoch, started = 0, False
    while (task := take()) is not None:
        kind, content = task
        try:
            if kind == "epoch":
                epoch, seed = content
                failure = None
                _here.info = WorkerInfo(number, job.workers, seed, job.dataset, _generator(seed, alone))
                if not started and job.init is not None:
                    job.init(number)
                started = True
                fetch = job.fetcher(job.dataset)
                continue
            if failure is not None:
                raise failure
            answer((epoch, BATCH, fetch(content)))
        except Exhausted:
            answer((epoch, END, None))
        except BaseException as error:
            if alone and isinstance(error, KeyboardInterrupt):  # which the program gets too
                return
            if kind == "epoch":  # told when the first batch is asked for
                failure = error
            else:
                told(error, f"in DataLoader worker {number}")
                answer((epoch, ERROR, error))
    _here.info = None


def _generator(seed: int, alone: bool) -> np.random.Generator:
    from autograd import Generator, manual_seed
    from autograd.random import adopt

    if not alone:
        adopt(generator := Generator(seed))
        return generator
    import random

    random.seed(seed)
    np.random.seed(seed % (1 << 32))  # noqa: NPY002  (programs that use it are not to draw the same in every worker)
    return manual_seed(seed)


def told(error: BaseException, where: str) -> None:
    """Add to an error's message where it happened: to its text if that is all that it has, else as a note."""
    if len(error.args) == 1 and isinstance(error.args[0], str):
        error.args = (f"{error.args[0]} ({where})",)
    else:
        error.add_note(f"({where})")


class Worker:
    """The program's side of a worker."""

    tasks: Any
    results: Any

    def __init__(self, number: int) -> None:
        self.number = number

    def send(self, task: Any) -> None:
        self.tasks.put(task)

    def alive(self) -> bool:
        return True

    def ask(self, content: Any) -> None:
        self.send(("fetch", content))

    def receive(self, epoch: int, timeout: float, asked: str) -> tuple[str, Any]:
        """The next answer of this epoch; those of older ones, which nobody waited for, are dropped."""
        end = time.monotonic() + timeout if timeout else float("inf")
        while True:
            alive = self.alive()  # asked before looking: the last answer may come just before the end
            wait = min(WATCH if alive else 0.1, end - time.monotonic())
            try:
                answered, kind, content = self.results.get(timeout=max(0.0, wait))
            except queue.Empty:
                if not alive:
                    raise RuntimeError(
                        f"DataLoader worker {self.number} died without a word{self.last_words()}, while it was to load "
                        f"{asked}; see what it printed; it may have run out of memory"
                    ) from None
                if time.monotonic() >= end:
                    raise TimeoutError(
                        f"DataLoader worker {self.number} has not loaded {asked} within timeout={timeout:g} seconds"
                    ) from None
                continue
            if answered == epoch:
                return kind, self.opened(content) if kind == BATCH else content

    def opened(self, content: Any) -> Any:
        """A batch as it was before it was sent."""
        return content

    def last_words(self) -> str:
        return ""

    def close(self) -> None:
        """Wait for it, where that matters, after it has been told to stop."""


class ThreadWorker(Worker):
    def __init__(self, job: Job, number: int) -> None:
        super().__init__(number)
        self.tasks, self.results = queue.SimpleQueue(), queue.SimpleQueue()
        threading.Thread(
            target=work,
            args=(job, number, self.tasks.get, self.results.put, False),
            name=f"DataLoader worker {number}",
            daemon=True,
        ).start()


class ProcessWorker(Worker):
    def __init__(self, job: Job, number: int, context: Any) -> None:
        super().__init__(number)
        read, self.tasks = context.Pipe(duplex=False)
        self.results = context.Queue()
        self.process = context.Process(
            target=_in_process, args=(job, number, read, self.results), name=f"DataLoader worker {number}", daemon=True
        )
        try:
            self.process.start()
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            error.add_note(
                "(DataLoader: a process gets data set, collate_fn and worker_init_fn by pickle; "
                "functions must stand at the top of a module, or leave multiprocessing_context out: threads need none "
                "of it)"
            )
            raise
        finally:
            read.close()

    def send(self, task: Any) -> None:
        try:
            self.tasks.send(task)
        except OSError:  # it is dead, which is told when its answer is missed
            pass

    def alive(self) -> bool:
        return self.process.is_alive()

    def opened(self, content: Any) -> Any:
        return pickle.loads(content)

    def last_words(self) -> str:
        return f" (exit code {self.process.exitcode})"

    def close(self) -> None:
        self.tasks.close()
        self.process.join(1.0)
        if self.process.is_alive():
            self.process.terminate()
            self.process.join()
        self.results.close()


def _in_process(job: Job, number: int, tasks: Any, results: Any) -> None:
    from multiprocessing import parent_process

    modes.entered.clear()  # what the program had entered when it was forked
    results.cancel_join_thread()  # to stop does not wait for answers to be taken
    program = parent_process()

    def take() -> Any:
        while not tasks.poll(4 * WATCH):
            if program is not None and not program.is_alive():
                return None
        try:
            return tasks.recv()
        except EOFError:
            return None

    work(job, number, take, lambda result: results.put(_portable(result)), True)


def _portable(result: Any) -> Any:
    """An answer that can be sent: an error with its traceback as text; as a RuntimeError if it is not for pickle."""
    epoch, kind, content = result
    if kind == ERROR:
        import traceback

        text = "".join(traceback.format_exception(content))
        try:
            content = pickle.loads(pickle.dumps(content))
        except Exception:
            content = RuntimeError(f"{type(content).__name__}: {content}")
        content.add_note(f"(in the process:\n{text})")
    else:
        try:  # in this thread, where what cannot be pickled is an error that can be told
            content = pickle.dumps(content, pickle.HIGHEST_PROTOCOL)
        except Exception as error:
            told(
                error,
                "sending a batch from a process needs pickle; leave multiprocessing_context out: threads need none",
            )
            return _portable((epoch, ERROR, error))
    return epoch, kind, content


class Pool:
    """The workers of a DataLoader, and the number of the epoch they are in."""

    def __init__(self, job: Job, context: Any) -> None:
        self.epoch = 0
        self.workers: list[Worker] = []
        self.context = context
        try:
            for number in range(job.workers):
                self.workers.append(
                    ThreadWorker(job, number) if context is None else ProcessWorker(job, number, context)
                )
        except BaseException:
            self.close()
            raise

    def begin(self, seed: int) -> int:
        """Begin an epoch; worker i gets the seed `seed + i`. Returns the number of the epoch."""
        self.epoch += 1
        for worker in self.workers:
            worker.send(("epoch", (self.epoch, seed + worker.number)))
        return self.epoch

    def close(self) -> None:
        workers, self.workers = self.workers, []
        for worker in workers:
            worker.send(None)
        for worker in workers:
            worker.close()
