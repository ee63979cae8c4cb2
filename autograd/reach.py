"""Arrays that the user can reach, and so can change between an operation and its backward pass.

A rule reads in the backward pass what its operation saved in the forward pass. Arrays that only the engine holds cannot
change in between. But `t.numpy()`, `np.asarray(t)` and `from_numpy(a)` leave one memory with two holders. Here is noted
which memory that is, so that a gradient is right all the same, or an error is raised:

- saved after it was handed out: the node keeps a copy; of a large array a fingerprint, compared before the rule runs
- handed out after it was saved: the fingerprint is taken as it is handed out, and compared in the same way
- written to by the library itself, as by an optimizer: the time of that is compared with the node's, where the places meet

Memory is known by the array that owns it, of which all others are views.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Iterable, Iterator
from sys import getrefcount
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.array_utils import byte_bounds

from . import graph
from .lines import line_of

PARTS = 1 << 10  # how many parts of a memory are told apart that have been written to
EVERYWHERE = -math.inf, math.inf
COPIED = 1 << 22  # bytes; what is larger is not copied but fingerprinted

Array = np.ndarray[Any, Any]


class Changed(RuntimeError):
    """An array has changed that a backward pass needs as it was."""

    def __init__(self, node: Any, line: str | None = None) -> None:
        recorded = line_of(node)
        super().__init__(
            f"backward through {node.op.name}{f' (at {recorded})' if recorded else ''}: an array that it used "
            f"was changed in place {f'at {line} ' if line else ''}after the graph was recorded, "
            "by an optimizer's step, by writing into it or a view of it, through numpy(), or through the array that a Tensor was made on, so its gradient would be wrong. "
            "Call backward() before the change, compute the loss again after it, or change a copy: a = x.numpy().copy()"
        )


class Written:
    """Memory that the library itself has written to in place, an optimizer's step say: when it did so last, and where.

    All parameters of an optimizer may share one memory, and a write to one of them is none to the others.
    """

    __slots__ = ("owner", "last", "line", "parts")

    def __init__(
        self, owner: weakref.ref[Array], last: int, line: str | None, parts: dict[tuple[float, float], int]
    ) -> None:
        self.owner, self.last, self.line = owner, last, line
        self.parts = parts  # by first byte and end of what was written to: when that was

    def since(self, order: int, array: Array) -> bool:
        """Whether anything that may be in this array, a view of the memory, was written to after that."""
        if self.last <= order:
            return False
        start, end = byte_bounds(array)
        return any(when > order and first < end and start < last for (first, last), when in tuple(self.parts.items()))


class Handed(NamedTuple):
    """Memory that the user can reach: since when, and a fingerprint of then if a node may have saved it before."""

    owner: weakref.ref[Array]
    since: int
    fingerprint: int | None


handed: dict[int, Handed] = {}  # by the id of the owner, for as long as it lives
written: dict[int, Written] = {}


def owner(array: Array) -> Array:
    """The array whose memory this one is a view of."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def note_view(result: Any, t: Any) -> None:
    """Note on a result that was made from t whose memory it sees, if it is a view and no copy."""
    t._shared = True
    known = getattr(t, "_base", t)
    if result._data.base is known._data:  # most often
        result._base = known
    elif owner(result._data) is owner(t._data):
        result._base = root(t)


def root(t: Any) -> Any:
    """The Tensor whose memory this one is a view of, perhaps itself."""
    base = getattr(t, "_base", t)
    return base if base is t or owner(base._data) is owner(t._data) else t


def fingerprint(array: Array) -> int:
    """A number made of every byte of the array and of its place: the sum of all halves of words times a weight each.

    A half has 32 bits and its weight 64, so that no bit of it, were it the sign, is lost modulo 2⁶⁴.
    """
    data = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    whole = len(data) // 4 * 4
    halves, rest = data[:whole].view(np.uint32), data[whole:]
    total = int.from_bytes(rest.tobytes(), "little")
    for start in range(0, len(halves), len(WEIGHTS)):
        piece = halves[start : start + len(WEIGHTS)].astype(np.uint64)
        total = (total * 1_000_003 + int(np.dot(piece, WEIGHTS[: len(piece)]))) % (1 << 64)
    return total


# Odd numbers without order: multiples of 2⁶⁴ over the golden ratio, their bits mixed.
WEIGHTS = np.arange(1, 8193, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
WEIGHTS ^= WEIGHTS >> np.uint64(31)
WEIGHTS *= np.uint64(0xBF58476D1CE4E5B9)
WEIGHTS |= np.uint64(1)


def hand_out(array: Array) -> Array:
    """Note that the user gets to reach this array, which a Tensor holds. Returns it."""
    memory = owner(array)
    if id(memory) not in handed:
        alone = _references(array, memory) == (ALONE if memory is array else ALONE_IN_VIEW)
        _note(memory, None if alone else fingerprint(memory))
        if not alone:
            graph.touch()  # so that nodes which are older have a look at what they saved
    return array


def take_in(array: Array) -> Array:
    """Note that the user can reach this array, which a Tensor is about to hold. Returns it."""
    memory = owner(array)
    if id(memory) not in handed:
        _note(memory, None)
    return array


def _note(memory: Array, fingerprint: int | None) -> None:
    handed[id(memory)] = Handed(_reference(memory, handed), graph.tick(), fingerprint)


def _references(array: Array, memory: Array) -> tuple[int, int]:
    return getrefcount(array), getrefcount(memory)


def _lone(holder: list[Array]) -> tuple[int, int]:
    """What `_references` tells `hand_out` of an array with one holder."""

    def as_hand_out(array: Array) -> tuple[int, int]:
        memory = owner(array)
        return _references(array, memory)

    return as_hand_out(holder[0])


ALONE, ALONE_IN_VIEW = _lone([np.zeros(1)]), _lone([np.zeros(1)[:]])


def wrote(*arrays: Array, line: str | None = None) -> None:
    """Note that these arrays have just been written to in place: older nodes that saved them, or views of them, are out of date."""
    now = graph.touch()
    for array in arrays:
        memory = owner(array)
        known = written.get(id(memory))
        reference, parts = (known.owner, known.parts) if known else (_reference(memory, written), {})
        if array is memory or len(parts) == PARTS:
            parts = {EVERYWHERE: now}
        else:
            parts[byte_bounds(array)] = now
        written[id(memory)] = Written(reference, now, line, parts)


def noting(arrays: Iterable[Array]) -> Callable[[], None]:
    """The same for arrays that are written to again and again: a function that is quick to call."""
    parts: dict[int, tuple[Array, list[tuple[float, float]]]] = {}
    for array in arrays:
        memory = owner(array)
        whole = array is memory or array.nbytes == memory.nbytes
        parts.setdefault(id(memory), (memory, []))[1].append(EVERYWHERE if whole else byte_bounds(array))
    places = [
        (key, _reference(memory, written), [EVERYWHERE] if EVERYWHERE in found else sorted(set(found)))
        for key, (memory, found) in parts.items()
    ]

    def note() -> None:
        now = graph.touch()
        for key, reference, found in places:
            known = written.get(key)
            if known is None or known.parts.keys() != set(found):
                before = known.parts if known is not None and found[0] is not EVERYWHERE else {}
                known = written[key] = Written(reference, now, None, dict(before))
            known.last, known.line = now, None
            for part in found:
                known.parts[part] = now

    return note


def _reference(memory: Array, entries: dict[int, Any]) -> weakref.ref[Array]:
    """A weak reference that takes the entry of this memory away when the memory is freed."""
    key = id(memory)
    return weakref.ref(memory, lambda _: entries.pop(key, None) and None)


def guard(node: Any) -> None:
    """See to what a new node has saved, if any of it can be reached by the user."""
    node.saved = _guarded(node.saved, node)


def _guarded(saved: Any, node: Any) -> Any:
    if isinstance(saved, tuple | list):
        return type(saved)([_guarded(part, node) for part in saved])
    if not isinstance(saved, np.ndarray) or id(owner(saved)) not in handed:
        return saved
    if saved.nbytes <= COPIED:
        return saved.copy()
    node.note("guarded", {**(node.notes or {}).get("guarded", {}), id(saved): fingerprint(saved)})
    return saved


def arrays_in(saved: Any) -> Iterator[Array]:
    """The arrays in what a node has saved."""
    if isinstance(saved, tuple | list):
        for part in saved:
            yield from arrays_in(part)
    elif isinstance(saved, np.ndarray):
        yield saved


def check(node: Any, saved: Any) -> None:
    """RuntimeError if the user has changed something that the node had saved."""
    for array in arrays_in(saved):
        memory = owner(array)
        known, writing = handed.get(id(memory)), written.get(id(memory))
        before = (node.notes or {}).get("guarded", {}).get(id(array))
        if (
            (writing and writing.since(node.order, array))
            or (before is not None and before != fingerprint(array))
            or (known and known.since > node.order and known.fingerprint not in (None, fingerprint(memory)))
        ):
            raise Changed(node, writing.line if writing else None)
