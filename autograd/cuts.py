"""Where a graph was cut: under `autograd.observe()`, what did not record says at which line, and from which nodes.

A value without history does not know what it was computed from, so nobody could find the place afterwards. While a
program is observed, such a value is remembered with its cut as long as it lives, and the first node that is made from it
takes the cut into its notes. What passes through `item()`, `tolist()` or arithmetic on plain arrays is not seen.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from .lines import here


class Cut(NamedTuple):
    """What did not record, at which line of the program, and the nodes that it was computed from."""

    how: str
    line: str | None
    nodes: tuple[Any, ...]


_left: dict[int, tuple[weakref.ref[Any], tuple[Cut, ...]]] = {}  # by the identity of values, for as long as they live


def cuts_of(value: Any) -> tuple[Cut, ...]:
    """The cuts behind a Tensor or an array without history, as far as they were observed."""
    known = _left.get(id(value))
    return known[1] if known is not None and known[0]() is value else ()


def leave(value: Any, cuts: tuple[Cut, ...]) -> None:
    """Remember that this value comes from behind these cuts."""
    key, forget = id(value), _left.pop
    if cuts:
        _left[key] = weakref.ref(value, lambda _: forget(key, None)), cuts


def take_away(value: Any, source: Any, how: str) -> None:
    """`value` has been taken from `source`, a Tensor, without its history."""
    node = source._node
    leave(value, cuts_of(source) if node is None else (Cut(how, here(), (node,)),))


def follow(op: Any, operands: Iterable[Any], nodes: Sequence[Any], result: Any, node: Any, recording: bool) -> None:
    """An operation on operands that stand at `nodes` has made `result`, recorded at `node`, if at all."""
    cuts = tuple(cut for operand in operands for cut in cuts_of(operand))
    inputs = () if node is None else tuple(node.inputs)
    lost = tuple(n for i, n in enumerate(nodes) if n is not None and (node is None or inputs[i] is None))
    if lost:
        how = op.name if recording or op.kind == "constant" else "no_grad"
        cuts += (Cut(how, here(), lost),)
    if node is None:
        leave(result, cuts)
    elif cuts:
        node.note("cuts", cuts)
