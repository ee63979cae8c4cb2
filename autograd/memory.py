"""How much a graph keeps for its backward pass, and how to keep less: compute it again.

A node saves what its rule needs. `checkpoint` runs a function, lets its nodes forget what they saved, and runs it again
when the backward pass gets there. The second run makes the same nodes in the same order, so that each old node takes
over what its twin saved. Nothing else knows of it: hooks, `create_graph` and parameters in the function's closure work as ever.
"""

from __future__ import annotations

import copy
import weakref
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from . import graph, modes, reach
from .calls import paths_of
from .lines import is_ours, line_of
from .random import default_generator
from .tensor import Tensor
from .transforms import flatten


def checkpoint(f: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """f(*args, **kwargs), computed again in the backward pass instead of kept in memory until then.

    What stays is the arguments, the result, and a small node for each operation; the arrays that the rules need are had again
    by a second run of f. So f must do the same then: random numbers of `autograd`'s generators are reproduced, anything
    else that it reads must not have changed. Checkpoints may stand inside checkpoints.

    Source: T. Chen, B. Xu, C. Zhang, C. Guestrin, "Training deep nets with sublinear memory cost" (2016).

    RuntimeError in the backward pass if the second run is not like the first. PyTorch's `use_reentrant` is accepted, and
    changes nothing.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> y = checkpoint(lambda x: np.exp(np.sin(x)), x)
    >>> saved_bytes(y).total
    0
    >>> y.sum().backward()
    >>> x.grad
    tensor([ 1.2534, -1.0331])
    """
    kwargs.pop("use_reentrant", None)
    if modes.tracing() or not modes.is_grad_enabled():
        return f(*args, **kwargs)
    return _Segment(f, args, kwargs).first_run()


def _close(first: list[Any], second: list[Any]) -> bool:
    return len(first) == len(second) and all(
        np.allclose(a, b, rtol=0, atol=1e-4 * abs(a[2]) if np.isfinite(a[2]) else 0, equal_nan=True)
        for a, b in zip(first, second)
    )


class _Segment:
    """One call of a function whose nodes save nothing until it is called again."""

    def __init__(self, f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.f = f
        leaves, rebuild = flatten([list(args), kwargs])
        self.args, self.kwargs = rebuild([x.copy() if isinstance(x, np.ndarray) else x for x in leaves])
        self.tensors = [x for x in leaves if isinstance(x, Tensor)]
        self.generators = [default_generator(), *(x for x in leaves if isinstance(x, np.random.Generator))]
        self.states, self.prints = self._states(), self._fingerprints()
        self.nodes: list[weakref.ref[Any]]

    def _states(self) -> list[Any]:
        return [copy.deepcopy(generator.bit_generator.state) for generator in self.generators]

    def _fingerprints(self) -> list[int]:
        return [reach.fingerprint(t._data) for t in self.tensors]

    def _digest(self, result: Any) -> list[Any]:
        """Sums over the result by which another one can be told: the second run may differ from the first by rounding."""
        found = []
        for t in flatten([result])[0]:
            if isinstance(t, Tensor) and t.dtype.kind == "f":
                line = np.ravel(t._data)
                ramp = np.linspace(1, 2, line.size, dtype=line.dtype)
                with np.errstate(all="ignore"):
                    found.append([np.sum(line), np.dot(line, ramp), np.sum(np.abs(line))])
        return found

    def _run(self) -> tuple[Any, list[Any]]:
        """The result of f, and the nodes that it made, as far as the result depends on them, oldest first."""
        start = graph.tick()
        result = self.f(*self.args, **self.kwargs)
        roots = [t._node for t in flatten([result])[0] if isinstance(t, Tensor) and t._node is not None]
        return result, [n for n in reversed(graph.ancestors(roots)) if n.order > start and n.op is not None]

    def first_run(self) -> Any:
        result, nodes = self._run()
        self.nodes = [weakref.ref(node) for node in nodes]
        self.digest = self._digest(result)
        for node in nodes:
            if not isinstance(node.saved, tuple) or node.saved:  # it saved something, or has forgotten it already
                node.saved = None
                known = _reminder(node)
                if known is None:
                    node.hooks = (*node.hooks, _Reminder(self, node))
                else:  # of a checkpoint inside this one, which will be made again
                    known.segments = [self]
        return result

    def remember(self) -> None:
        """Let the nodes have again what they have forgotten."""
        if self._fingerprints() != self.prints:
            raise RuntimeError(
                f"checkpoint: an argument of {_name(self.f)} has changed since it was called, and is needed as it was for "
                "the backward pass. Call backward() before the change, or change a copy"
            )
        now = self._states()
        self._reset(self.states)
        try:
            with modes.enable_grad():
                again, twins = self._run()
        finally:
            self._reset(now)
        nodes: list[Any] = [ref() for ref in self.nodes]
        alike = [n.op.name for n in twins] == [n.op.name for n in nodes if n is not None]
        if not alike or not _close(self.digest, self._digest(again)):
            raise RuntimeError(
                f"checkpoint: {_name(self.f)} did not do the same when it was run again in the backward pass: it depends on a "
                "value that has changed, or on random numbers that are not autograd's. Give both as arguments"
            )
        for node, twin in zip(nodes, twins):
            node.saved = twin.saved
        first_made = {weakref.ref(twin): weakref.ref(node) for node, twin in zip(nodes, twins)}
        reminders = [(_reminder(node), _reminder(twin)) for node, twin in zip(nodes, twins)]
        for inner in {segment for _, made in reminders if made for segment in made.segments}:
            inner.nodes = [first_made.get(n, n) for n in inner.nodes]
        for reminder, made in reminders:
            if reminder is not None:
                known = reminder.segments[: reminder.segments.index(self)]
                reminder.segments = (known or [self]) + (made.segments if made else [])

    def _reset(self, states: list[Any]) -> None:
        for generator, state in zip(self.generators, states):
            generator.bit_generator.state = state


class _Reminder:
    """A hook of a node that has forgotten what it saved: before its rule runs, it is to remember.

    Of `segments`, each inside the one before, the last is asked; where it stands in another one, it is then dropped.
    """

    reminds = True

    def __init__(self, segment: _Segment, node: Any) -> None:
        self.segments, self.node = [segment], weakref.ref(node)

    def __call__(self, g: Any) -> None:
        node = self.node()
        while node is not None and node.saved is None:
            self.segments[-1].remember()


def _reminder(node: Any) -> _Reminder | None:
    return next((hook for hook in node.hooks if isinstance(hook, _Reminder)), None)


def _name(f: Any) -> str:
    return getattr(f, "__name__", None) or type(f).__name__


class SavedBytes(NamedTuple):
    """Bytes of the arrays that a graph keeps for its backward pass: all; for each operation; for each line that called one.

    A line is "file:line"; of a layer of this library in a model it is the layer's path, such as "blocks.2.attn.proj". The
    largest number comes first.
    """

    total: int
    by_operation: dict[str, int]
    by_line: dict[str, int]


def saved_bytes(*roots: Any) -> SavedBytes:
    """How many bytes the graph of these results keeps for the backward pass, by which operations, called on which lines.

    An array that several nodes saved counts once, for the oldest of them; so do views, with the memory they hold. What leaves
    hold, parameters and data, is not counted unless a node saved it.

    >>> x = Tensor(np.ones((100, 100)), requires_grad=True)
    >>> saved_bytes((np.exp(x) * 2).sum()).by_operation
    {'exp': 80000}
    """
    for t in roots:
        if not isinstance(t, Tensor | graph.Node):
            raise TypeError(f"saved_bytes takes Tensors and Scalars, and this is a {type(t).__name__}")
    tops = [t if isinstance(t, graph.Node) else t._node for t in roots]
    nodes = graph.ancestors([n for n in tops if n is not None])
    paths = paths_of(nodes)
    seen: set[int] = set()
    operations: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    for node in reversed(nodes):
        for array in reach.arrays_in(node.saved):
            memory = reach.owner(array)
            if id(memory) not in seen:
                seen.add(id(memory))
                operations[node.op.name] += memory.nbytes
                path, line = paths.get(node), line_of(node)
                lines[path if path and line and is_ours(line) else line or "unknown"] += memory.nbytes
    return SavedBytes(operations.total(), *({k: n for k, n in c.most_common() if n} for c in (operations, lines)))
