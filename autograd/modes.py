"""Modes: which code records a graph, and how.

A mode (`no_grad`, `enable_grad`, `observe`, a trace) holds for the code that its `with` block runs, and for nothing
else: not for other threads, and not for the world outside a generator or an asyncio task that is suspended inside the
block. A thread-local or a ContextVar cannot promise the latter. So each entry remembers the innermost generator or
coroutine that was running when it was entered, and counts only while that one is on the stack again; of several, the
one that is nearest on the stack.
"""

from __future__ import annotations

import functools
import inspect
import sys
from _thread import get_ident
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

settings = [0]  # how often an attribute of a module has been set: while it stays, compiled code need not look at them
entered: list[_Entry] = []  # empty nearly always, and that is all that an operation asks on its fast path
SUSPENDS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


class _Entry:
    __slots__ = ("mode", "thread", "owner")

    def __init__(self, mode: Mode, owner: FrameType | None) -> None:
        self.mode = mode
        self.thread = get_ident()
        self.owner = owner


def _owner(frame: FrameType | None) -> FrameType | None:
    """The innermost running frame that can be suspended; contextlib's, and one that it drives, act for their caller."""
    while frame is not None:
        if frame.f_code.co_flags & SUSPENDS and not (_is_contextlib(frame) or _is_contextlib(frame.f_back)):
            return frame
        frame = frame.f_back
    return None


def _is_contextlib(frame: FrameType | None) -> bool:
    return frame is not None and frame.f_globals.get("__name__") == "contextlib"


class Mode:
    """A context manager and a decorator; `kind` says what it changes, `value` to what."""

    kind = "mode"
    value: Any = None

    def __enter__(self) -> Any:
        entered.append(_Entry(self, _owner(sys._getframe(1))))
        return self

    def __exit__(self, *exc: object) -> None:
        owner, here = _owner(sys._getframe(1)), get_ident()
        own = [entry for entry in tuple(entered) if entry.mode is self]
        if own:  # one object may be entered several times: by its own generator, by its own thread, the newest
            begun = max(reversed(own), key=lambda entry: (entry.owner is owner, entry.thread == here))
            if self.kind == "recording":
                for entry in _statements(owner, entered.index(begun) + 1):
                    entered.remove(entry)
            entered.remove(begun)

    def __call__(self, f: F) -> F:
        if inspect.isasyncgenfunction(f):
            raise TypeError(
                f"an async generator cannot be decorated: write `with {type(self).__name__}():` inside {f.__name__}"
            )
        wrapper: Any
        if inspect.iscoroutinefunction(f):

            async def wrapper(*args: Any, **kwargs: Any) -> Any:
                with self:
                    return await f(*args, **kwargs)
        elif inspect.isgeneratorfunction(f):

            def wrapper(*args: Any, **kwargs: Any) -> Any:
                with self:
                    return (yield from f(*args, **kwargs))
        else:

            def wrapper(*args: Any, **kwargs: Any) -> Any:
                with self:
                    return f(*args, **kwargs)

        functools.update_wrapper(wrapper, f)
        return wrapper


class _Recording(Mode):
    kind = "recording"

    def __new__(cls, f: Any = None) -> Any:
        mode = super().__new__(cls)
        return mode if f is None else mode(f)  # so that both @no_grad and @no_grad() decorate


class no_grad(_Recording):
    """Operations in this block record nothing: results need no gradient.

    >>> import autograd
    >>> x = autograd.Tensor([1.0, 2.0], requires_grad=True)
    >>> with autograd.no_grad():
    ...     (x * 2).requires_grad
    False
    """

    value = False


class enable_grad(_Recording):
    """Operations in this block record again, inside `no_grad`."""

    value = True


class set_grad_enabled(Mode):
    """Operations record if `mode` is true, and else not: in a `with` block, in a function that is decorated, or from here on.

    A statement of its own holds until the next one, or the end of the `with` block that it stands in; `no_grad` and
    `enable_grad` say where they end, and are to be preferred.

    >>> import autograd
    >>> x = autograd.Tensor([1.0, 2.0], requires_grad=True)
    >>> for train in (True, False):
    ...     with autograd.set_grad_enabled(train):
    ...         print((x * 2).requires_grad)
    True
    False
    """

    kind = "recording"

    def __init__(self, mode: bool) -> None:
        self.value, self.statement = bool(mode), True
        owner, here = _owner(sys._getframe(1)), get_ident()
        blocks = [
            i
            for i, entry in enumerate(tuple(entered))
            if entry.mode.kind == "recording"
            and not _is_statement(entry)
            and (entry.owner, entry.thread) == (owner, here)
        ]
        for entry in _statements(owner, max(blocks, default=0))[:-1]:  # the last holds again if this begins a block
            entered.remove(entry)
        if is_grad_enabled() is not self.value:
            entered.append(_Entry(self, owner))

    def __enter__(self) -> Any:
        waiting, self.statement = self.statement, False  # until now it could have been a statement of its own
        if not waiting or not any(entry.mode is self for entry in tuple(entered)):
            entered.append(_Entry(self, _owner(sys._getframe(1))))
        return self

    def __call__(self, f: F) -> F:
        super().__exit__()
        self.statement = False
        return super().__call__(f)


def _is_statement(entry: _Entry) -> bool:
    return getattr(entry.mode, "statement", False)


def _statements(owner: FrameType | None, begun: int) -> list[_Entry]:
    """What `set_grad_enabled` has set since by statements of its own, in this thread and generator, the newest last."""
    return [
        entry
        for entry in tuple(entered)[begun:]
        if _is_statement(entry) and entry.owner is owner and entry.thread == get_ident()
    ]


class observe(Mode):
    """In this block every node keeps its value, those of its operands, and in the backward pass its cotangent, for those who want to see them.

    >>> import autograd
    >>> x = autograd.Tensor(3.0, requires_grad=True)
    >>> with autograd.observe():
    ...     y = x * x
    >>> y.backward()
    >>> y.node.notes["value"], y.node.notes["cotangent"], y.node.notes["operands"]
    (np.float32(9.0), np.float32(1.0), (array(3., dtype=float32), array(3., dtype=float32)))
    """

    kind = "observe"
    value = True


class unwatched(Mode):
    """Inside detect_anomaly: operations in this block are not looked at, as those of a derivative rule."""

    kind = "anomaly"


class TraceError(TypeError):
    """What was done in a block that is being traced could not be done again with other numbers."""


def innermost(kind: str) -> Any:
    """The value of the innermost mode of this kind that holds for the calling code, or None."""
    entries = [entry for entry in reversed(tuple(entered)) if entry.mode.kind == kind]
    if not entries:
        return None
    if any(entry.owner is not None for entry in entries):
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            for entry in entries:
                if entry.owner is frame:
                    return entry.mode.value
            frame = frame.f_back
    here = get_ident()
    for entry in entries:
        if entry.owner is None and entry.thread == here:
            return entry.mode.value
    return None


def tracing() -> bool:
    """Whether the calling code is being traced."""
    return bool(entered) and innermost("trace") is not None


def assume() -> bool:
    """Whether code may go a way that is quick, and that raises an error for values with which it cannot be gone.

    While tracing, the program is of that way alone: for other values the function itself is called, and traced anew.
    """
    tracer = innermost("trace") if entered else None
    return tracer is None or tracer.assume()


def is_grad_enabled() -> bool:
    """Whether an operation called here, on a Tensor that needs a gradient, is recorded."""
    return not entered or innermost("recording") is not False
