"""Cases, and how they are measured: every engine in a process of its own, all in turn, round after round.

In its own process an engine meets nothing that another has left: no objects for the garbage collector to go through, no
memory pool, no thread. In turn, noise meets all of them alike: a ratio is the median over the rounds of (one engine's
sample / the other's sample of the same round), and what slows the whole machine for a second slows both sides of a pair.
The garbage collector stays on, as users have it; it is run before every sample, outside the timing.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import repeat
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = {"pytorch": "torch", "micrograd": "micrograd", "sklearn": "sklearn"}  # what an engine needs beside NumPy
BLOCK = 0.05  # seconds; a sample of a short step is the mean over a block of at least this length


@dataclass(frozen=True)
class Case:
    """One row of the table: the same work done by several engines.

    engines    {name: prepare}; prepare() returns (step, result). step() is what is timed; result() gives, after some
               steps, the numbers on which all engines must agree
    target     what our time may be at most, as a multiple of the time of `reference`
    per        how many units of work one step holds; times are shown per unit
    tolerance  allowed difference between results, relative to the largest entry of each array
    rounds     how many samples of each engine are taken
    large      left out unless asked for: takes gigabytes or minutes
    """

    name: str
    what: str
    engines: Mapping[str, Callable[[], Any]]
    target: float | None = None
    reference: str = "pytorch"
    per: int = 1
    tolerance: float = 1e-4
    rounds: int = 15
    large: bool = False
    unit: str = "s"
    limit: float | None = None  # what our figure may be at most, in `unit`, whatever the reference does

    def prepare(self, engine: str) -> tuple[Callable[[], float], list[np.ndarray]]:
        """A function that gives one sample of an engine, and the engine's results, which are to agree with the others'."""
        step, result = self.engines[engine]()
        for _ in range(3):
            step()
        results = [plain(value).copy() for value in result()]
        return timer(step, self.per), results


@dataclass(frozen=True)
class Figure(Case):
    """A row whose engines are themselves functions that give one sample: megabytes, or seconds of another process."""

    rounds: int = 5

    def prepare(self, engine: str) -> tuple[Callable[[], float], list[np.ndarray]]:
        return self.engines[engine], []


making: list[Callable[[Any], Any]] = []  # what is made of a step before it is timed


def kept(step: Callable[[], Any], result: Callable[[Any], Any]) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """(step, the results), where these are found from what the last step returned."""
    run, last = step, [None]
    for make in making:
        run = make(run)

    def again() -> None:
        last[0] = run()

    return again, lambda: result(last[0])


def compiled(prepare: Callable[[], Any], **options: Any) -> Any:
    """An engine: the same step, compiled."""
    import autograd

    making.append(lambda step: autograd.compile(step, **options))
    try:
        return prepare()
    finally:
        making.clear()


def installed(case: Case, wanted: list[str]) -> list[str]:
    """The engines of a case that can run here, and were asked for, if any were."""
    names = [name for name in case.engines if find_spec(PACKAGE.get(name, "numpy"))]
    return [name for name in names if not wanted or name in wanted]


def measure(case: Case, names: list[str], rounds: int = 0) -> dict[str, list[float]]:
    """{engine: samples}: A B C, C B A, A B C, … after one round that warms up and is thrown away."""
    with ExitStack() as stack:
        fresh = multiprocessing.get_context("spawn")
        processes = {name: stack.enter_context(ProcessPoolExecutor(1, fresh)) for name in names}
        results = {name: process.submit(begin, case.name, name).result() for name, process in processes.items()}
        first, *others = names
        for other in others:
            check_agreement(first, results[first], other, results[other], case.tolerance)
        for process in processes.values():
            process.submit(sample).result()
        samples: dict[str, list[float]] = {name: [] for name in names}
        for turn in range(rounds or case.rounds):
            for name in names if turn % 2 == 0 else reversed(names):
                samples[name].append(processes[name].submit(sample).result())
        return samples


meter: Callable[[], float]  # in the process of an engine


def begin(case: str, engine: str) -> list[np.ndarray]:
    """In the process of an engine: prepare it. Returns its results."""
    from benchmarks.cases import load

    global meter
    meter, results = next(known for known in load() if known.name == case).prepare(engine)
    return results


def sample() -> float:
    gc.collect()
    return meter()


def outcome(case: Case, wanted: list[str], rounds: int) -> dict[str, Any]:
    """The samples of a case, their medians and the ratio to its reference; or the error that one engine raised."""
    names = installed(case, wanted)
    try:
        samples = measure(case, names, rounds) if names else {}
    except Exception as error:  # one broken case must not cost the others
        return {"error": f"{type(error).__name__}: {error}"}
    found: dict[str, Any] = {"samples": samples, "medians": {name: median(taken) for name, taken in samples.items()}}
    if "chainrule" in samples and case.reference in samples:
        middle, *quartiles = ratio(samples["chainrule"], samples[case.reference])
        found |= {"reference": case.reference, "ratio": middle, "quartiles": quartiles}
    return found


def ratio(ours: list[float], theirs: list[float]) -> tuple[float, float, float]:
    """Median, lower and upper quartile of the ratios of samples taken in the same round."""
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    low, _, high = quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    return median(ratios), low, high


def timer(step: Callable[[], Any], per: int) -> Callable[[], float]:
    """A function that runs a block of steps and gives the seconds per unit of work."""

    def run(times: int) -> float:
        start = perf_counter()
        for _ in repeat(None, times):
            step()
        return perf_counter() - start

    times = 1
    while (seconds := run(times)) < BLOCK / 4:
        times *= 4
    times = max(1, round(times * BLOCK / seconds))
    return lambda: run(times) / (times * per)


def plain(value: Any) -> np.ndarray:
    """The numbers in a tensor of any engine, an array, or a float."""
    return value.detach().numpy() if hasattr(value, "detach") else np.asarray(value)


def check_agreement(first: str, a: list[np.ndarray], other: str, b: list[np.ndarray], tolerance: float) -> None:
    for index, (x, y) in enumerate(zip(a, b, strict=True)):
        if x.shape != y.shape:
            raise ValueError(f"result {index}: shape {x.shape} from {first}, {y.shape} from {other}")
        difference, scale = np.max(np.abs(x - y)), np.max(np.abs(y))
        if not difference <= tolerance * scale:
            raise ValueError(
                f"result {index}: {first} and {other} differ by {difference:.1e} where {scale:.1e} is largest"
            )


def alone(*arguments: str) -> list[float]:
    """The numbers that `python arguments` prints, run in this project's folder: for what needs a fresh process.

    Compiled modules are kept on disk from the first round on, as those of an installed package are.
    """
    known = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=known, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"python {' '.join(arguments)} failed\n{done.stderr}")
    return [float(word) for word in done.stdout.split()]


def memory(line: str) -> float:
    """Megabytes of this process: "VmRSS" is what it holds now, "VmHWM" the most it ever held (Linux)."""
    for row in Path("/proc/self/status").read_text().splitlines():
        if row.startswith(line):
            return int(row.split()[1]) / 1024
    raise LookupError(line)
