"""Nodes and one reverse sweep. Knows neither NumPy nor floats.

A computation is recorded as nodes. A node says which operation made a value and from which nodes; it does not
hold the value itself, only what the derivative rules of its operation asked to keep. Every node gets the next
number when it is made, and an operation can only use values that exist already, so **creation order is a
topological order**: walking the nodes from the newest to the oldest meets every node after all of its uses.

That one fact is back-propagation (Goodfellow, Bengio and Courville, *Deep Learning*, section 6.5). `sweep` starts from
the result, and of the nodes that it has reached always takes the newest. The cotangent g = dJ/d(node) is complete then,
because every use of the node is newer and has already added its share; the node's rules turn g into shares for its
inputs, which are reached thereby; and nothing is ever computed twice. This is dynamic programming: a lattice with 2⁵⁰ paths and 100 nodes takes 100 steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from heapq import heapify, heappop, heappush
from itertools import count
from operator import attrgetter
from typing import Any

tick = count(1).__next__  # the engine's only clock: numbers nodes, and dates changes made in place


class Node:
    """One step of a computation.

    order   when it was made; larger is newer
    op      the operation that made it, or None for a leaf: a value that came from outside
    inputs  the nodes it was made from, one for each argument, None where an argument needs no gradient
    saved   what the rules of `op` asked to keep; None once it has been used and dropped
    grad    where `backward` leaves the gradient of a leaf
    notes   what is to be said of a few nodes only: hooks, a name, the module it belongs to, an observed value

    All but the first three may be None. What makes a node without calling `Node` writes them all: a class with
    `__getattr__`, which could answer for a slot that was never written, is read three times as slowly by Python. And
    slots are few, because the garbage collector looks into each of them, of every node, again and again.
    """

    __slots__ = ("order", "op", "inputs", "saved", "grad", "notes", "__weakref__")

    order: int
    op: Any
    inputs: Sequence[Node | None]
    saved: Any
    grad: Any
    notes: dict[str, Any] | None
    keeps_grad = False  # whether `backward` leaves a gradient here though it is not a leaf: on Scalars

    def __init__(self, op: Any = None, inputs: Sequence[Node | None] = (), saved: Any = None) -> None:
        self.order = tick()
        self.op = op
        self.inputs = inputs
        self.saved = saved
        self.grad = self.notes = None

    def note(self, key: str, remark: Any) -> None:
        if self.notes is None:
            self.notes = {}
        self.notes[key] = remark

    @property
    def hooks(self) -> tuple[Callable[[Any], Any], ...]:
        """Functions called with the finished cotangent; what they return, if anything, replaces it."""
        return (self.notes or {}).get("hooks", ())

    @hooks.setter
    def hooks(self, hooks: Iterable[Callable[[Any], Any]]) -> None:
        self.note("hooks", tuple(hooks))

    @property
    def changed(self) -> int:
        """When its value was last changed in place; 0 if never."""
        return (self.notes or {}).get("changed", 0)


def ancestors(roots: Iterable[Node]) -> list[Node]:
    """The roots and every node that they were computed from, newest first."""
    seen = set(roots)
    stack = list(seen)
    add, pop, push = seen.add, stack.pop, stack.append
    while stack:
        for parent in pop().inputs:
            if parent is not None and parent not in seen:
                add(parent)
                push(parent)
    return sorted(seen, key=attrgetter("order"), reverse=True)


def computed_from(targets: Iterable[Node], nodes: Sequence[Node]) -> set[Node]:
    """The targets, and of these nodes, the newest first, those that were computed from one of them."""
    found = set(targets)
    for node in reversed(nodes):
        if any(parent in found for parent in node.inputs):
            found.add(node)
    return found


def sweep(
    seeds: dict[Node, Any],
    targets: Iterable[Node] | None = None,
    *,
    retain: bool = False,
    lift: bool = False,
    pull: Callable[[Node, Any, Sequence[Node | None]], Any] | None = None,
    check: Callable[[Node, Any, Iterable[Any]], None] | None = None,
) -> dict[Node, Any]:
    """{node: dJ/d(node)} for every target, given dJ/d(root) of each root in `seeds`.

    Without targets, for every leaf that is reached (and every Scalar). With targets, only nodes on a path to one of them are visited.
    `retain` keeps what the nodes saved; `lift` runs the rules on recorded values, so that the result can be
    differentiated again; `pull` is called in place of an operation's own `pull` or `lift`, which turns a node's
    cotangent into shares for its inputs, and `check` with every node, its cotangent and its shares.
    """
    wanted, useful = set(targets or ()), None
    if targets is not None:
        useful = computed_from(wanted, ancestors(seeds))
    found: dict[Node, Any] = {}
    waiting = {node.order: node for node in seeds if useful is None or node in useful}  # the nodes reached
    pending = {node.order: g for node, g in seeds.items()}  # their cotangents, as far as they are summed up
    newest = [-number for number in waiting]  # a heap
    heapify(newest)
    owned: set[int] = set()  # whose sum was made here, so that more can be added in place
    take, so_far, changed = pending.pop, pending.get, latest_change[0]
    while newest:
        number = -heappop(newest)
        node, g = waiting.pop(number), take(number)
        op = node.op
        if node.notes is not None:
            g = run_hooks(node, g)
            changed = latest_change[0]  # a hook may have changed something
            if "guarded" in node.notes:
                op.check_saved(node)
            if "retains grad" in node.notes:
                found[node] = g
        if op is None or node in wanted or node.keeps_grad:
            found[node] = g
            if op is None:
                continue
        if node.order < changed:
            check_unchanged(node)
        inputs = node.inputs if useful is None else [p if p in useful else None for p in node.inputs]
        if useful is not None and not any(p is not None for p in inputs):
            continue  # a target with none behind it
        shares = (pull or (op.lift if lift else op.pull))(node, g, inputs)
        if check is not None:
            check(node, g, shares)
        if not retain:
            node.saved = None
        for parent, share in zip(inputs, shares):
            if share is None or parent is None:
                continue
            number = parent.order
            total = so_far(number)
            if total is None:
                waiting[number], pending[number] = parent, share
                heappush(newest, -number)
            elif number in owned:
                total += share
                pending[number] = total
            else:
                pending[number] = total + share
                if not lift:
                    owned.add(number)
    return found if targets is None else {node: g for node, g in found.items() if node in wanted}


def run_hooks(node: Node, g: Any) -> Any:
    for hook in node.hooks:
        try:
            replaced = hook(g)
        except Exception as error:
            error.__dict__.setdefault("_hook", (node, hook))  # for whoever tells the user
            raise
        if replaced is not None:
            g = replaced
    if node.notes and "value" in node.notes:  # it is observed
        node.note("cotangent", g)
    return g


latest_change = [0]


def touch(*nodes: Node | None) -> int:
    """Note that the values of these nodes have just been changed: what was computed from them is out of date. Returns when."""
    latest_change[0] = now = tick()
    for node in nodes:
        if node is not None:
            node.note("changed", now)
    return now


def check_unchanged(node: Node) -> None:
    node.op.check_saved(node)
    for parent in (*node.inputs, node):
        if parent is not None and parent.changed > node.order and node.op.keeps(node, parent):
            raise RuntimeError(
                f"backward through {node.op.name}: a value that it used was changed in place after the graph was "
                "recorded, so its gradient would be wrong. Call backward() before the change (such as optimizer.step()), "
                "or compute the loss again after it."
            )
