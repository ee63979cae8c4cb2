"""profile: how long each operation takes and how many bytes it makes, by operation, by line and by module.

An operation counts its own time: what it calls in turn (the recorded operations of a rule under `create_graph`, the closure in
an optimizer's step) counts for itself. So the numbers add up, and what is missing from the total is time outside of operations.
"""

from __future__ import annotations

import json
import linecache
import os
import tracemalloc
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from . import modes, reach
from .lines import here, line_of

GROUPS = {"operation": 0, "line": 1, "module": 2}
SHOWN = 12  # rows of a table; `by` gives all
OUTSIDE = "(no module)"


class Row(NamedTuple):
    """What belongs to one operation, line or module.

    calls     how often it was computed; of what was computed before the profile, how often its derivative was
    seconds   forward + backward, or what an optimizer's step or waiting for data took
    made      bytes of new memory for results and gradients; a view makes none
    kept      bytes that nodes saved for the backward pass: each memory once while it lives, for the first that saved it
    """

    name: str
    calls: int
    seconds: float
    forward: float
    backward: float
    made: int
    kept: int


class _Timing(NamedTuple):
    start: float
    seconds: float
    inside: float  # of these, what was booked already by what it called


class _Event(NamedTuple):
    name: str
    phase: str
    start: float
    seconds: float
    line: str
    module: str
    made: int


class profile(modes.Mode):
    """Time and bytes of every operation in this block, forward and backward, of optimizers' steps and of waiting for a DataLoader.

    >>> x = Tensor(np.ones((100, 100)), requires_grad=True)
    >>> with profile() as p:
    ...     np.exp(x).sum().backward()
    >>> [(row.name, row.calls, row.made, row.kept) for row in sorted(p.by("operation"))]
    [('exp', 1, 160000, 80000), ('sum', 1, 16, 0)]
    >>> 0 <= p.outside < p.total
    True

    `print(p)` shows tables, `p.by("operation")`, "line" or "module" gives all rows, the longest time first, and
    `p.to_chrome_trace(path)` writes what happened when. Nodes recorded in the block say in `node.notes["seconds"]` how long
    they took, (forward, backward), and in `node.notes["bytes"]` how much they made.

    As a decorator, `p = profile()` and `@p`, it adds up all calls of the function. With `memory=True` also `p.peak`: how far
    the block went beyond the memory in use at its beginning, by tracemalloc, which makes everything slower.

    It sees its own thread only, and not what a traced program computes. Operations take the engine's general path
    while it runs, so time outside of them is longer than without; its own bookkeeping is measured and left out.

    RuntimeError if it is entered while a profile is running, or read while it is.
    """

    kind = "profile"
    value = property(lambda self: self)

    def __init__(self, *, memory: bool = False) -> None:
        self.memory = memory
        self._running, self._zero, self._begun, self._total, self._peak = False, 0.0, 0.0, 0.0, 0
        self._spent = 0.0  # by the profile itself
        self._open: list[float] = []  # for each call that is running, what those inside it have booked
        self._path: list[str] = []  # the modules that are running
        self._sums: dict[tuple[str, str, str, str], list[Any]] = {}  # (operation, line, module, phase) -> numbers
        self._events: list[_Event] = []
        self._known: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()  # memory that was counted
        self._lines: dict[tuple[Any, int], str] = {}

    def __enter__(self) -> profile:
        if self._running or modes.innermost(self.kind) is not None:
            raise RuntimeError(
                "a profile is running here already; end its block before the next `with autograd.profile() as p:`"
            )
        self._running = True
        self._open, self._path = [], []
        super().__enter__()
        if self.memory:
            self._stop = not tracemalloc.is_tracing()
            if self._stop:
                tracemalloc.start()
            tracemalloc.reset_peak()
            self._held = tracemalloc.get_traced_memory()[0]
        self._begun = perf_counter()
        self._zero = self._zero or self._begun
        return self

    def __exit__(self, *exc: object) -> None:
        self._total += perf_counter() - self._begun
        if self.memory:
            self._peak = max(self._peak, tracemalloc.get_traced_memory()[1] - self._held)
            if self._stop:
                tracemalloc.stop()
        super().__exit__(*exc)
        self._running = False

    # --- What the engine tells it ---

    def run(self, f: Callable[..., Any], *args: Any) -> tuple[Any, _Timing]:
        """f(*args), and how long it took."""
        self._open.append(0.0)
        start = perf_counter()
        try:
            result = f(*args)
            seconds = perf_counter() - start
        finally:
            inside = self._open.pop()
            if self._open:
                self._open[-1] += inside
        return result, _Timing(start, seconds, inside)

    def forward(self, op: Any, values: Iterable[Any], out: Any, node: Any, timing: _Timing) -> None:
        """Called with every operation that is done in the block."""
        now = perf_counter()
        line, module = here() or "unknown", self._module()
        made = _made([out], values)
        self._book(op.name, "forward", line, module, timing, made, 0 if node is None else self._kept(node))
        if node is not None:
            node.note("seconds", (timing.seconds - timing.inside, 0.0))
            node.note("bytes", (made, 0))
            node.note("place", (line, module))
        self._spend(now)

    def pull(self, lift: bool = False) -> Callable[[Any, Any, Sequence[Any]], Any]:
        """What a sweep is to call in place of an operation's own `pull` or `lift`."""

        def pull(node: Any, g: Any, inputs: Sequence[Any]) -> Any:
            shares, timing = self.run(node.op.lift if lift else node.op.pull, node, g, inputs)
            now = perf_counter()
            notes = node.notes or {}
            line, module = notes.get("place") or (self._line_of(node), OUTSIDE)
            # lifted, shares are Tensors, and the operations that made them have counted their bytes
            made = _made(shares, [g, *reach.arrays_in(node.saved)])
            self._book(node.op.name, "backward", line, module, timing, made, 0)
            forward, backward = notes.get("seconds", (0.0, 0.0))
            first, second = notes.get("bytes", (0, 0))
            node.note("seconds", (forward, backward + timing.seconds - timing.inside))
            node.note("bytes", (first, second + made))
            self._spend(now)
            return shares

        return pull

    def step(self, name: str, f: Callable[..., Any], *args: Any) -> Any:
        """f(*args), a piece of work that is no operation: an optimizer's step, waiting for data."""
        result, timing = self.run(f, *args)
        now = perf_counter()
        self._book(name, "step", here() or "unknown", self._module(), timing, 0, 0)
        self._spend(now)
        return result

    def each(self, name: str, items: Iterator[Any]) -> Iterator[Any]:
        """The same items; how long each one let itself be waited for is a step, while the block lasts."""
        end = object()
        while (item := self.step(name, next, items, end) if self._running else next(items, end)) is not end:
            yield item

    @contextmanager
    def module(self, label: str) -> Iterator[None]:
        """A block in which a module computes."""
        self._path.append(label)
        depth, start = len(self._path), perf_counter()
        try:
            yield
        finally:
            del self._path[depth:]
            self._events.append(_Event(self._module(), "module", start, perf_counter() - start, "", "", 0))
            self._path.pop()

    # --- How it keeps account ---

    def _book(self, name: str, phase: str, line: str, module: str, timing: _Timing, made: int, kept: int) -> None:
        own = timing.seconds - timing.inside
        sums = self._sums.setdefault((name, line, module, phase), [0, 0.0, 0, 0])
        sums[0] += 1
        sums[1] += own
        sums[2] += made
        sums[3] += kept
        self._events.append(_Event(name, phase, timing.start, timing.seconds, line, module, made))
        if self._open:
            self._open[-1] += own

    def _spend(self, since: float) -> None:
        spent = perf_counter() - since
        self._spent += spent
        if self._open:
            self._open[-1] += spent

    def _kept(self, node: Any) -> int:
        total = 0
        for array in reach.arrays_in(node.saved):
            memory = reach.owner(array)
            if self._known.get(id(memory)) is not memory:
                self._known[id(memory)] = memory
                total += memory.nbytes
        return total

    def _line_of(self, node: Any) -> str:
        key = getattr(node, "code", None), getattr(node, "at", 0)
        if key not in self._lines:
            self._lines[key] = line_of(node) or "unknown"
        return self._lines[key]

    def _module(self) -> str:
        """The path of the innermost module and its kind, such as "blocks.2.attn (Attention)"; of a whole model its kind."""
        if not self._path:
            return OUTSIDE
        names = [label.partition(" (")[0] for label in self._path[1:-1]]
        return ".".join([*names, self._path[-1]])

    # --- What it found ---

    def _finished(self) -> None:
        if self._running:
            raise RuntimeError("this profile is still running; read it after the `with` block")

    @property
    def total(self) -> float:
        """Seconds that the block took, without those of the profile itself."""
        self._finished()
        return self._total - self._spent

    @property
    def outside(self) -> float:
        """Seconds of the total that are outside of operations, steps and waiting: Python, and the engine between operations."""
        return self.total - sum(sums[1] for sums in self._sums.values())

    @property
    def peak(self) -> int:
        """Bytes that the block held at most, beyond those in use at its beginning."""
        self._finished()
        if not self.memory:
            raise RuntimeError("this profile did not watch memory; write autograd.profile(memory=True)")
        return self._peak

    def by(self, group: str) -> list[Row]:
        """A row for each "operation", "line" or "module", the longest time first. ValueError for another word."""
        self._finished()
        if group not in GROUPS:
            raise ValueError(f"by({group!r}): a profile is grouped by 'operation', 'line' or 'module'")
        found: dict[str, dict[str, list[Any]]] = {}
        for (*key, phase), sums in self._sums.items():
            phases = found.setdefault(key[GROUPS[group]], {})
            phases[phase] = [a + b for a, b in zip(phases.get(phase, [0, 0.0, 0, 0]), sums)]
        rows = []
        for name, phases in found.items():
            forward, backward, step = (phases.get(p, [0, 0.0, 0, 0]) for p in ("forward", "backward", "step"))
            _, seconds, made, kept = (sum(column) for column in zip(forward, backward, step))
            calls = forward[0] + step[0] or backward[0]
            rows.append(Row(name, calls, seconds, forward[1], backward[1], made, kept))
        return sorted(rows, key=lambda row: -row.seconds)

    def __str__(self) -> str:
        total, outside = self.total, self.outside
        lines = [f"{total * 1e3:.3f} ms, {outside * 1e3:.3f} of them ({_share(outside, total)}) outside of operations"]
        if self.memory:
            lines.append(f"{self.peak:,} bytes at most, beyond those at the beginning")
        for group in GROUPS:
            rows = self.by(group)
            if not rows or (group == "module" and all(row.name == OUTSIDE for row in rows)):
                continue
            names = [_source(row.name) if group == "line" else row.name for row in rows[:SHOWN]]
            width = max(map(len, [group, *names]))
            lines += [
                "",
                f"{group:{width}}{'calls':>9}{'ms':>11}{'share':>7}{'forward':>11}{'backward':>11}{'bytes made':>15}{'kept':>15}",
            ]
            for name, row in zip(names, rows):
                lines.append(
                    f"{name:{width}}{row.calls:9,}{row.seconds * 1e3:11.3f}{_share(row.seconds, total):>7}"
                    f"{row.forward * 1e3:11.3f}{row.backward * 1e3:11.3f}{row.made:15,}{row.kept:15,}"
                )
            if len(rows) > SHOWN:
                lines.append(f"{len(rows) - SHOWN} more: p.by({group!r})")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return "<profile, running>" if self._running else f"<profile of {self._total * 1e3:.3f} ms; print it>"

    def to_chrome_trace(self, path: Any) -> None:
        """Write what happened when as trace events, for chrome://tracing or ui.perfetto.dev. OSError if that cannot be."""
        from .drawing.picture import write

        self._finished()
        events: list[dict[str, Any]] = [
            {
                "name": event.name, "cat": event.phase, "ph": "X", "pid": os.getpid(), "tid": 1,
                "ts": (event.start - self._zero) * 1e6, "dur": event.seconds * 1e6,
                "args": {} if event.phase == "module" else {"line": event.line, "module": event.module, "bytes": event.made},
            }
            for event in sorted(self._events, key=lambda event: (event.start, -event.seconds))
        ]  # fmt: skip
        text = json.dumps({"traceEvents": events, "displayTimeUnit": "ms"})
        write(Path(path), text.encode())


def _made(results: Iterable[Any], known: Iterable[Any]) -> int:
    """Bytes of the results' memory that is new: no operand's, and each once."""
    seen = {id(reach.owner(a)) for a in known if isinstance(a, np.ndarray)}
    total = 0
    for result in results:
        if isinstance(result, np.ndarray):
            memory = reach.owner(result)
            if id(memory) not in seen:
                seen.add(id(memory))
                total += memory.nbytes
        elif isinstance(result, np.generic):
            total += result.nbytes
    return total


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.1%}" if whole > 0 else "0.0%"


def _source(line: str) -> str:
    """A line as it is shown: the file's name, the number, and what is written there."""
    file, _, number = line.rpartition(":")
    text = linecache.getline(file, int(number)).strip() if number.isdigit() else ""
    return f"{Path(file).name}:{number}  {text[:48]}".rstrip() if file else line
