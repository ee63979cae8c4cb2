"""Which call of which module made a node: modules leave their name and the time of the call with their results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(eq=False, slots=True)
class Call:
    """One call of a module: the nodes with first < order <= last."""

    label: str
    first: int
    last: int
    parent: Call | None = None


def calls_of(nodes: Iterable[Any]) -> list[Call]:
    found: dict[int, Call] = {}  # by beginning, which is another for each call; a call may have several results
    for node in nodes:
        for label, first in (node.notes or {}).get("modules", ()):
            found.setdefault(first, Call(label, first, node.order))  # the newest result comes first
    calls = [found[first] for first in sorted(found)]
    running: list[Call] = []
    for call in calls:
        while running and running[-1].last < call.last:
            running.pop()
        call.parent = running[-1] if running else None
        running.append(call)
    return calls


def homes_of(nodes: Sequence[Any], calls: Sequence[Call]) -> dict[Any, Call]:
    """The innermost call of each node that was made in one."""
    homes: dict[Any, Call] = {}
    running: list[Call] = []
    begin = 0
    for node in reversed(nodes) if calls else ():
        while begin < len(calls) and calls[begin].first < node.order:
            running.append(calls[begin])
            begin += 1
        while running and running[-1].last < node.order:
            running.pop()
        if running and node.op is not None:
            homes[node] = running[-1]
    return homes


def around(call: Call | None) -> list[Call]:
    """The call and those around it, the innermost first."""
    around = []
    while call is not None:
        around.append(call)
        call = call.parent
    return around


def paths_of(nodes: Sequence[Any]) -> dict[Any, str]:
    """The path in the model, such as "blocks.2.attn.proj", of each of these nodes (newest first) that a part of a model made."""
    return {
        node: ".".join(call.label.partition(" (")[0] for call in reversed(around(home)[:-1]))
        for node, home in homes_of(nodes, calls_of(nodes)).items()
        if home.parent is not None
    }
