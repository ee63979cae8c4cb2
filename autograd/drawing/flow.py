"""What flows back from a loss to one node: the cotangent of every node between, and what each step made of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from .. import graph
from ..calls import paths_of
from ..cuts import Cut
from ..lines import is_ours, line_of
from ..scalar import Scalar
from .known import Known, plain, unnoted


class Backward:
    """A graph and one backward pass through it: what all its flows have in common, worked out once.

    all        every node behind the loss, newest first
    known      their values, as far as a graph knows them
    freed      the nodes that a backward pass has been through already, which has taken their values
    cotangents, shares     what arrived at each node, and what each step handed on: by node, and by (node, its input)
    problem    why the graph could not be swept, if it was to be
    """

    def __init__(self, loss: Any, targets: Iterable[Any]) -> None:
        self.loss = loss.node
        self.all = graph.ancestors([self.loss])
        self.there = set(self.all)  # a list would compare Scalars by their values
        self.known = Known(self.all, {})
        self.paths = paths_of(self.all)
        self.observed = any("value" in (node.notes or {}) for node in self.all)
        spent = [node for node in self.all if node.op is not None and node.saved is None]
        self.freed = {node for node in spent if not isinstance(node, Scalar)}
        behind_freed = graph.ancestors(self.freed)
        there = self.there.difference(behind_freed)
        self.cotangents: dict[Any, Any] = {}
        self.shares: dict[tuple[Any, Any], Any] = {}
        self.problem = ""
        self._sweep(loss, [target for target in targets if target in there])

    def _sweep(self, loss: Any, targets: Sequence[Any]) -> None:
        def check(node: Any, g: Any, shares: Any) -> None:
            self.cotangents[node] = plain(g)
            for parent, share in zip(node.inputs, shares):
                if parent in wanted and share is not None:
                    share, before = plain(share), self.shares.get((node, parent))
                    self.shares[node, parent] = np.array(share) if before is None else before + share

        if not targets:
            return
        wanted = graph.computed_from(targets, self.all)
        value = loss.data if isinstance(loss, Scalar) else loss.detach().numpy()
        seed = 1.0 if isinstance(loss, Scalar) else np.ones_like(value)
        try:
            with np.errstate(all="ignore"), unnoted(self.all):
                found = graph.sweep({self.loss: seed}, targets, retain=True, check=check)
        except RuntimeError as error:  # a value was changed in place since, by an optimizer say
            self.problem = str(error)
            self.cotangents.clear()
            self.shares.clear()
        else:
            self.cotangents[self.loss] = seed
            self.cotangents |= {node: plain(g) for node, g in found.items()}


class Flow:
    """The nodes between a loss and `target`, newest first, and what flows through them.

    arrived    whether the cotangents could be had: by a sweep where the graph is whole, which leaves every `grad` as it is, or
               as an observed graph keeps them
    freed      whether a backward pass has been here already
    """

    def __init__(self, backward: Backward, target: Any) -> None:
        self.loss, self.target, self.all = backward.loss, target, backward.all
        self.known, self.paths, self.observed = backward.known, backward.paths, backward.observed
        onward = graph.computed_from([target], self.all)
        self.nodes = [node for node in self.all if node in onward]
        self.reached = target in backward.there
        self.freed = not backward.freed.isdisjoint(onward)
        self.cotangents, self.shares, self.problem = backward.cotangents, backward.shares, ""
        if self.reached and (self.freed or backward.problem):
            self.problem = "" if self.freed else backward.problem
            self.cotangents, self.shares = self._remembered(), {}
        self.arrived = self.reached and self.loss in self.cotangents

    def _remembered(self) -> dict[Any, Any]:
        """The cotangents that an observed graph keeps, if it has been swept from this loss."""
        kept: dict[Any, Any] = {}
        for node in self.nodes:
            notes = node.notes or {}
            g = notes["cotangent"] if "cotangent" in notes else node.grad if node.op is None else None
            if g is not None:
                kept[node] = plain(g)
        return kept if self.loss in kept else {}

    def steps(self) -> Iterator[tuple[Any, Any, Any, Any]]:
        """(node, its input, cotangent of the node, what it handed on to the input), newest first."""
        between = set(self.nodes)
        for node in self.nodes:
            g = self.cotangents.get(node)
            if g is None:
                continue
            for parent in dict.fromkeys(node.inputs):
                if parent is not None and parent in between:
                    share = self.shares.get((node, parent), self.cotangents.get(parent))
                    if share is not None:
                        yield node, parent, g, share

    def users(self, node: Any) -> list[Any]:
        """The nodes between that were computed from it directly, newest first."""
        return [user for user in self.nodes if any(source is node for source in user.inputs)]

    def operands(self, node: Any) -> dict[str, Any]:
        """The known values of an operation's arguments, by name."""
        constants = self.known.constants.get(node, {})
        named = zip(getattr(node.op, "arguments", ()), node.inputs)
        values = {
            name: constants.get(name) if source is None else self.known.values.get(source) for name, source in named
        }
        return {name: value for name, value in values.items() if value is not None}

    def where(self, node: Any) -> str:
        """An operation in words: its name, the part of the model that it belongs to, and the line that called it."""
        if node.op is None:
            return name_of(node)
        line = line_of(node)
        path = self.paths.get(node)
        return (
            node.op.name
            + (f" in {path}" if path else "")
            + (f", at {line}" if line and not (is_ours(line) and path) else "")
        )

    def cut(self) -> Cut | None:
        """Where the way from the target to the loss was cut, if it was observed."""
        return cut_between(self.all, self.target)


def cut_between(nodes: Sequence[Any], target: Any) -> Cut | None:
    """The cut behind which `target` lies, of those that these nodes, or what lies behind their cuts, know of."""
    waiting: list[Cut] = [cut for node in nodes for cut in (node.notes or {}).get("cuts", ())]
    return behind(waiting, target)


def behind(cuts: Sequence[Cut], target: Any) -> Cut | None:
    """The first of these cuts that hides `target`."""
    for cut in cuts:
        seen: set[Any] = set()
        waiting = list(cut.nodes)
        while waiting:
            nodes = [node for node in graph.ancestors(waiting) if node not in seen]
            if any(node is target for node in nodes):
                return cut
            seen.update(nodes)
            waiting = [
                n for node in nodes for c in (node.notes or {}).get("cuts", ()) for n in c.nodes if n not in seen
            ]
    return None


def name_of(node: Any) -> str:
    """What a node is called, or its shape."""
    name = (node.notes or {}).get("name")
    kind = "a leaf" if node.op is None else f"the result of {node.op.name}"
    return f"{name or kind} of shape {tuple(node.shape)}" if node.shape else name or kind
