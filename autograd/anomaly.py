"""detect_anomaly: which operation made the first NaN or infinity, forward or backward, on which line, and of what."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from . import modes
from .causes import CAUSES
from .lines import user_lines


class Anomaly(RuntimeError):
    """An operation has made a NaN or an infinity from finite numbers."""


class detect_anomaly(modes.Mode):
    """In this block the first operation that makes a NaN or an infinity from finite numbers raises an error.

    Forward and backward. The error names the operation, the line of the program that called it, the ranges of its inputs, and
    what the likely cause is. A backward pass in the block is checked, whichever way the graph was recorded; the lines are
    known of what was recorded in the block. Slow: for looking, not for training.

    >>> x = Tensor([1.0, 0.0], requires_grad=True)
    >>> with detect_anomaly():
    ...     np.sqrt(x).sum().backward()
    Traceback (most recent call last):
    autograd.anomaly.Anomaly: the backward pass through sqrt made 1 inf in the gradient of x, of shape (2,), ...
    """

    kind = "anomaly"
    value = property(lambda self: self)

    def forward(self, op: Any, operands: Sequence[Any], out: Any, node: Any) -> None:
        """Called with every operation that is done in the block."""
        lines = list(user_lines(sys._getframe(1)))
        if node is not None:
            node.note("lines", lines)
            node.note("ranges", [_range(a) for a in _flat(operands)])
        if not _finite(out) and all(map(_finite, _flat(operands))):
            raise Anomaly(
                _message(f"{op.name} made {_strange(out)} in its result, of shape {np.shape(out)}", op, lines, operands)
            )

    def backward(self, node: Any, g: Any, shares: Iterable[Any]) -> None:
        """Called with every node that a backward pass in the block goes through."""
        if not _finite(_plain(g)):
            return
        for parent, share in zip(node.inputs, shares):
            share = _plain(share)
            if parent is not None and share is not None and not _finite(share):
                notes = node.notes or {}
                place = node.op.arguments[min(list(node.inputs).index(parent), len(node.op.arguments) - 1)]
                raise Anomaly(
                    _message(
                        f"the backward pass through {node.op.name} made {_strange(share)} in the gradient of {place}, of shape "
                        f"{np.shape(share)}, from a finite gradient of {_range(_plain(g))}",
                        node.op, notes.get("lines", ()), notes.get("ranges", ()),
                    )
                )  # fmt: skip


def _message(what: str, op: Any, lines: Sequence[Any], operands: Sequence[Any]) -> str:
    parts = [what]
    if lines:
        for file, line, name in lines[:4]:
            parts += [f'  File "{file}", line {line}, in {name}', f"    {linecache.getline(file, line).strip()}"]
    else:
        parts.append("  (recorded outside detect_anomaly, so the line is not known)")
    parts += [f"  from {a if isinstance(a, str) else _range(a)}" for a in _flat(operands)]
    if op.name in CAUSES:
        parts.append(f"  likely cause: {CAUSES[op.name]}")
    return "\n".join(parts)


def _flat(operands: Any) -> list[Any]:
    return [a for x in operands for a in (_flat(x) if isinstance(x, tuple | list) else [x]) if a is not None]


def _plain(value: Any) -> Any:
    return getattr(value, "_data", value)


def _finite(value: Any) -> bool:
    return np.asarray(value).dtype.kind != "f" or bool(np.isfinite(value).all())


def _strange(value: Any) -> str:
    counts = {"NaN": np.isnan(value).sum(), "inf": np.isposinf(value).sum(), "-inf": np.isneginf(value).sum()}
    return " and ".join(f"{n} {name}" for name, n in counts.items() if n)


def _range(value: Any) -> str:
    """An array in a few words: its dtype, shape, smallest and largest number, and how many zeros."""
    array = np.asarray(value)
    if not array.ndim:
        return f"{array.item()!r}"
    if not array.size or array.dtype.kind not in "fiu":
        return f"{array.dtype} {array.shape}"
    zeros = array.size - np.count_nonzero(array)
    return f"{array.dtype} {array.shape} between {array.min():.4g} and {array.max():.4g}" + (
        f", {zeros} of them 0" if zeros else ""
    )
