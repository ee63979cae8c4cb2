"""Writing into Tensors: `t[index] = value`, `t += value`, `t.fill_(0)`.

The array is changed, as in NumPy, so that every Tensor on the same memory shows the new values. The graph is not: a node
is a value that was computed once. What changes is which node a Tensor stands at.

If nobody else can see the array, `t += v` just makes the Tensor take the place of `t + v`. Otherwise, and where a part is
written, the memory has a log: for each element the number of the last write to it, and its place in what was written.
A Tensor whose node is older than the last write is out of date; asked for its node, it gets a new one, of the linear
operation `assign`, put together from what the Tensor was and from the values written since. Reading an element looks it up
in the log, so that a loop which fills an array element by element takes time in proportion to its length.

The log is kept by the Tensor whose memory it is, and every view keeps that Tensor. While there is any log, operations take
the general path, which asks for nodes in this way.
"""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

from . import graph, modes, reach
from .arrays import engine, new_node
from .lines import here
from .rules.indexing import assign, getitem, put

Array = Any
NEVER, CONSTANT = 0, 1  # numbers of writes: of elements not written to, and of those that got a plain number


alive = [0]  # how many logs there are
counting = threading.RLock()  # the garbage collector may end one log while another begins


class _Writing(modes.Mode):
    kind = "writing"


_entry = modes._Entry(_Writing(), None)


class Log:
    """Who wrote last to each element of one memory."""

    def __init__(self, memory: Array) -> None:
        self.start, end = byte_bounds(memory)
        self.itemsize = memory.itemsize
        self.last = np.zeros((end - self.start) // self.itemsize, np.intp)
        self.place = np.zeros_like(self.last)
        self.nodes: list[Any] = [None, None]  # by the number of the write
        self.time = 0
        self.known: Any = None, None  # the array that was last looked up, and what was found
        with counting:
            if not alive[0]:
                modes.entered.append(_entry)
            alive[0] += 1

    def __del__(self) -> None:
        with counting:
            alive[0] -= 1
            if not alive[0]:
                modes.entered.remove(_entry)

    def at(self, array: Array) -> tuple[Array, Array]:
        """(number of the last write, place in what was written) of the elements of an array on this memory."""
        if self.known[0] is array:
            return self.known[1]
        size = self.last.itemsize
        offset = (array.__array_interface__["data"][0] - self.start) // self.itemsize * size
        strides = tuple([s // self.itemsize * size for s in array.strides])
        last = np.ndarray(array.shape, np.intp, self.last, offset, strides)
        self.known = array, (last, np.ndarray(array.shape, np.intp, self.place, offset, strides))
        return self.known[1]

    def write(self, array: Array, index: Any, node: Any) -> None:
        """Note that `array[index] = value` has been done, for a value of that shape made at this node."""
        last, place = self.at(array)
        if node is None:
            last[index] = CONSTANT
        else:
            if len(self.nodes) > 4 * len(self.last) + 64:
                self._forget_the_overwritten()
            last[index] = len(self.nodes)
            place[index] = np.arange(math.prod(node.shape)).reshape(node.shape)
            self.nodes.append(node)
        self.time = graph.tick()

    def _forget_the_overwritten(self) -> None:
        known = np.union1d(self.last, [NEVER, CONSTANT])
        self.last[:] = np.searchsorted(known, self.last)
        self.nodes = [self.nodes[number] for number in known]

    def node_of(self, last: Array, place: Array, out: Any, old: Callable[[], Any]) -> Any:
        """The node of a value of which these are the writes; `old` gives that of the elements never written to."""
        flat, places = last.reshape(-1), place.reshape(-1)
        if flat.size == 1 and flat[0] != NEVER:
            node = self.nodes[flat[0]]
            if node is None or node.shape == last.shape:
                return node
        order = np.argsort(flat, kind="stable")
        ranked = flat[order]
        inputs: list[Any] = []
        parts: list[Any] = []
        edges = [0, *(np.flatnonzero(np.diff(ranked)) + 1).tolist(), flat.size] if flat.size else []
        for start, end in pairwise(edges):
            number, positions = ranked[start], order[start:end]
            node = old() if number == NEVER else self.nodes[number]
            if node is not None:
                if len(positions) == flat.size and number == NEVER:
                    return node
                inputs.append(node)
                parts.append((positions, positions if number == NEVER else places[positions]))
        return _node(assign.op, inputs, out, (tuple(parts), last.shape, out.dtype)) if inputs else None


def _node(op: Any, inputs: list[Any], out: Any, params: tuple[Any, ...]) -> Any:
    """A node of an operation whose result is there already. It keeps shapes only, and those the inputs know."""
    node = new_node(op, inputs, out, params)
    node.saved = op.keep(*([inputs, inputs] if op.variadic else [*inputs, *inputs]), out, None)
    return node


# --- Which memory ---


def _log(t: Any) -> Log | None:
    return getattr(reach.root(t), "_log", None) if isinstance(t._data, np.ndarray) else None


def _is_private(t: Any) -> bool:
    """Whether nobody but this Tensor, and nodes that have saved it, can see its array."""
    if not isinstance(t._data, np.ndarray):
        return True
    if hasattr(t, "_base") or hasattr(t, "_shared") or t._data.base is not None:
        return False
    return hasattr(t, "_log") or id(t._data) not in reach.handed


# --- Reading ---


def _retain_as(before: Any, now: Any) -> None:
    """Keep the gradient of a Tensor at the node where it stands now, if it was to be kept."""
    if now is not None and before is not None and before.notes and "retains grad" in before.notes:
        now.note("retains grad", True)


def current_node(t: Any) -> Any:
    """The node at which a Tensor stands, after all writes."""
    made, log = t._made, _log(t)
    if log is None or (made is not None and (made.op is None or made.order > log.time)):
        return made
    last, place = log.at(t._data)
    node = log.node_of(last, place, t._data, lambda: made)
    if node is None and made is not None:  # all of it was overwritten by numbers: its gradient goes on, as 0
        none = np.arange(0)
        node = _node(assign.op, [made], t._data, (((none, none),), t.shape, t.dtype))
    _retain_as(made, node)
    t._made = node
    if node is not None and _is_private(t):
        del t._log  # nobody else can be out of date
    return node


def read(t: Any, index: Any) -> Any:
    """`t[index]` where t is out of date, without a look at the rest of t; None where that is not so."""
    log, made = _log(t), t._made
    if log is None or modes.tracing() or not modes.is_grad_enabled():
        return None
    if made is not None and (made.op is None or made.order > log.time):
        return None
    try:
        out = t._data[index]
    except Exception:  # which the operation explains
        return None

    def old() -> Any:
        return None if made is None else _node(getitem.op, [made], out, (index,))

    last, place = log.at(t._data)
    result = engine.Tensor._make(out, log.node_of(np.asarray(last[index]), np.asarray(place[index]), out, old))
    if isinstance(out, np.ndarray) and out.base is not None:
        reach.note_view(result, t)
    return result


# --- Writing ---


def check_changeable(t: Any) -> None:
    """RuntimeError for a leaf that needs a gradient, or a view of one, while operations are recorded."""
    if not modes.is_grad_enabled():
        return
    for leaf, what in ((t, "a leaf"), (reach.root(t), "a view of a leaf")):
        if leaf._made is not None and leaf._made.op is None:
            raise RuntimeError(
                f"{what} that needs a gradient cannot be changed in place while operations are recorded: write "
                "x = x + y for a new value, y = x.clone() to change a copy, or put the change of a parameter under no_grad()"
            )


def write(t: Any, index: Any, value: Any) -> None:
    """`t[index] = value`. Of an element that is named several times, the last write wins."""
    tracer = modes.innermost("trace") if modes.entered else None
    if tracer is not None:
        _write_traced(tracer, t, index, value)
        return
    check_changeable(t)
    value, plain, node = (value, value._data, value._node) if isinstance(value, engine.Tensor) else engine.adopt(value)
    if not isinstance(t._data, np.ndarray):
        t._data = np.asarray(t._data)
    if node is not None and t._data.dtype.kind != "f" and modes.is_grad_enabled():
        raise TypeError(
            f"a value that needs a gradient cannot be written into a Tensor of {t.dtype}; write t = t.astype(float) first"
        )
    log = _log(t)
    if not _recorded(t, node, log):
        _put(t, index, plain)
        reach.wrote(t._data)
        return
    private = _is_private(t)
    if log is None:
        if private and sys.getrefcount(t._data) > 2:  # a node has saved it: that keeps the old array
            t._data = t._data.copy()
        log = _begin_log(t, private)
    if node is not None:
        shape = np.shape(log.at(t._data)[0][index]) if index is not ... else t.shape
        value = _broadcast(value, shape, t, index)
        plain, node = value._data, value._node
    _put(t, index, plain)
    log.write(t._data, index, node)
    if not private:
        reach.wrote(t._data, line=here())


def _begin_log(t: Any, private: bool) -> Log:
    root = reach.root(t)
    root._log = Log(reach.owner(t._data))
    if not private:
        root._shared = True
    reach.take_in(t._data)  # what nodes save of it from now on is a copy
    return root._log


def begin(t: Any, others: Any) -> None:
    """Before `t += other`: let the node of `t + other` save a copy of t, if others will see it change."""
    nodes = [x._node for x in (t, *others) if isinstance(x, engine.Tensor)]
    if not _is_private(t) and _log(t) is None and any(_recorded(t, node, None) for node in nodes):
        check_changeable(t)
        _begin_log(t, False)


def _recorded(t: Any, node: Any, log: Log | None) -> bool:
    """Whether the graph is concerned when a value made at this node is written into t."""
    return modes.is_grad_enabled() and (node is not None or t._made is not None or log is not None)


def _broadcast(value: Any, shape: tuple[int, ...], t: Any, index: Any) -> Any:
    if value.shape == shape:
        return value
    extra = len(value.shape) - len(shape)
    if extra > 0 and value.shape[:extra] == (1,) * extra:
        value = np.reshape(value, value.shape[extra:])
    try:
        return np.broadcast_to(value, shape)
    except ValueError:
        raise _mismatch(t, index, value._data, f"a value of shape {value.shape} does not fit there: {shape}") from None


def _put(t: Any, index: Any, plain: Any) -> None:
    if not t._data.flags.writeable:
        raise ValueError(
            "this Tensor cannot be written into: its array is read-only, as that of broadcast_to is, whose elements share "
            "memory; write t = t.clone() first"
        )
    try:
        t._data[index] = plain
    except (IndexError, ValueError, TypeError) as error:
        raise _mismatch(t, index, plain, str(error), type(error)) from None


def _mismatch(t: Any, index: Any, plain: Any, said: str, kind: type[Exception] = ValueError) -> Exception:
    value = f"{plain.dtype} {plain.shape}" if hasattr(plain, "shape") else repr(plain)
    return kind(f"assignment of {value} into [{index!r}] of a Tensor {t.dtype} {t.shape}: {said}")


def _check_taken(t: Any, result: Any) -> None:
    if result.shape != t.shape:
        raise ValueError(f"a Tensor of shape {t.shape} cannot take the shape {result.shape} in place; write x = x + y")
    if not np.can_cast(result.dtype, t.dtype, "same_kind"):
        raise TypeError(f"a Tensor of {t.dtype} cannot take values of {result.dtype} in place; write x = x + y")


def take_value(t: Any, result: Any) -> Any:
    """Let t have the value `result`, a Tensor just computed, as `t += v` does. Returns t."""
    _check_taken(t, result)
    check_changeable(t)
    if not _recorded(t, result._node, _log(t)):
        t._data = np.asarray(t._data)
        _put(t, ..., result._data)
        reach.wrote(t._data)
    elif _is_private(t) and _is_private(result) and result is not t:
        result = result.astype(t.dtype)
        _retain_as(t._made, result._node)
        t._data, t._made = result._data, result._node
        if hasattr(t, "_log"):
            del t._log
    else:
        write(t, ..., result)
    return t


# --- Traced ---


def _write_traced(tracer: Any, t: Any, index: Any, value: Any) -> None:
    """The new value of t is computed from the old one, and t has it from then on; the memory is left alone."""
    if isinstance(value, engine.Tensor):
        tracer.wrote_back(value, t)
    if index is ...:
        value = value if isinstance(value, engine.Tensor) else engine.Tensor(np.asarray(value))
        take_traced(tracer, t, np.broadcast_to(value, t.shape).astype(t.dtype))
    else:
        take_traced(tracer, t, put(t, value, index))


def take_traced(tracer: Any, t: Any, result: Any) -> Any:
    """`take_value` while tracing."""
    _check_taken(t, result)
    check_changeable(t)
    return tracer.rebind(t, result if result.dtype == t.dtype else result.astype(t.dtype))
