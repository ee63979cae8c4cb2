"""What is to be seen of a graph: which nodes belong to which module call, and what is folded where there are many.

Reads nodes through their public attributes only. Nothing here recurses, whatever the depth of the graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .. import graph


@dataclass(eq=False)
class Item:
    """One thing in the picture: a node, or several that were folded into one. `newest` is the node whose result it is."""

    newest: Any
    sources: list[Item] = field(default_factory=list)
    count: int = 1  # how many nodes it stands for
    label: str = ""  # what a fold is called; empty for a plain node
    home: Cluster | None = None


@dataclass(eq=False)
class Cluster:
    """One call of a module: the nodes with first < order <= last."""

    label: str
    first: int
    last: int
    parent: Cluster | None = None


@dataclass
class Outline:
    """The items, newest first, the clusters, outermost first, and remarks on what was folded."""

    items: list[Item]
    clusters: list[Cluster]
    remarks: list[str]
    roots: set[Any]


def outline(roots: Sequence[Any], limit: int) -> Outline:
    """The graph of the roots with at most about `limit` items."""
    nodes = graph.ancestors(roots)
    items = {node: Item(node) for node in nodes}
    for node in nodes:
        items[node].sources = [items[parent] for parent in node.inputs if parent is not None]
    result = Outline([items[node] for node in nodes], _clusters(nodes), [], set(roots))
    _settle(result)
    if len(result.items) > limit:
        _fold_chains(result)
    if len(result.items) > limit:
        _fold_modules(result, limit)
    if len(result.items) > limit:
        _fold_oldest(result, limit)
    return result


# --- Modules ---


def _clusters(nodes: Sequence[Any]) -> list[Cluster]:
    calls = {(first, node.order, label) for node in nodes for label, first in (node.notes or {}).get("modules", ())}
    # an outer call begins earlier and ends later; of two that end together, the one that began earlier is outside
    clusters = [Cluster(label, first, last) for first, last, label in sorted(calls, key=lambda c: (c[0], -c[1]))]
    open_calls: list[Cluster] = []
    for cluster in clusters:
        while open_calls and open_calls[-1].last < cluster.last:
            open_calls.pop()
        cluster.parent = open_calls[-1] if open_calls else None
        open_calls.append(cluster)
    return clusters


def _settle(result: Outline) -> None:
    """Find each item's cluster; a parameter lives where all of its uses are."""
    by_start = result.clusters  # sorted by their beginning
    stack: list[Cluster] = []
    place = 0
    for item in reversed(result.items):  # oldest first
        order = item.newest.order
        while place < len(by_start) and by_start[place].first < order:
            stack.append(by_start[place])
            place += 1
        while stack and stack[-1].last < order:
            stack.pop()
        live = [c for c in stack if c.first < order <= c.last]
        item.home = live[-1] if live and item.newest.op is not None else None
    homes: dict[Item, list[Cluster | None]] = {}
    for item in result.items:
        for source in item.sources:
            if source.newest.op is None:
                homes.setdefault(source, []).append(item.home)
    for leaf, used in homes.items():
        if _name(leaf.newest) is not None and all(home is used[0] for home in used):
            leaf.home = used[0]


def _name(node: Any) -> Any:
    return (node.notes or {}).get("name")


# --- Folding ---


def _uses(result: Outline) -> dict[Item, int]:
    uses = dict.fromkeys(result.items, 0)
    for item in result.items:
        for source in item.sources:
            uses[source] += 1
    return uses


def _fold_chains(result: Outline, keep: int = 3) -> None:
    """Runs of operations with one input and one use: the ends stay, what lies between becomes one item."""
    uses, folded, kept = _uses(result), 0, []
    inside: set[Item] = set()
    for item in result.items:
        if item in inside:
            continue
        kept.append(item)
        run = [item]
        while len(run[-1].sources) == 1:
            source = run[-1].sources[0]
            if uses[source] != 1 or source.newest.op is None or source.home is not item.home:
                break
            run.append(source)
        middle = run[keep:-keep]
        if len(middle) > 1:
            names = {part.newest.op.name for part in middle}
            what = f"{names.pop()} operations" if len(names) == 1 else "operations"
            fold = Item(middle[0].newest, middle[-1].sources, len(middle), f"… {len(middle):,} {what} …", item.home)
            run[keep - 1].sources = [fold]
            inside.update(middle)
            kept += [*run[1:keep], fold, *run[-keep:]]
            inside.update(run)
            folded += len(middle)
        else:
            kept += run[1:]
            inside.update(run)
    if folded:
        result.items = sorted(set(kept), key=lambda i: -i.newest.order)
        result.remarks.append(f"{folded:,} operations in chains are folded")


def _fold_modules(result: Outline, limit: int) -> None:
    """Module calls become single items, the innermost first, until the picture is small enough."""
    depth: dict[Cluster, int] = {}
    for cluster in result.clusters:
        depth[cluster] = 0 if cluster.parent is None else depth[cluster.parent] + 1
    folded = 0
    for level in range(max(depth.values(), default=-1), -1, -1):
        if len(result.items) <= limit:
            break
        gone = {cluster for cluster in result.clusters if depth[cluster] == level}
        members: dict[Cluster, list[Item]] = {}
        for item in result.items:
            if item.home in gone:
                members.setdefault(item.home, []).append(item)
        for cluster, inside in members.items():
            total = sum(item.count for item in inside)
            _merge(result, inside, f"{cluster.label}: {total:,} nodes", cluster.parent)
            folded += 1
        result.clusters = [cluster for cluster in result.clusters if cluster not in gone]
    if folded:
        result.remarks.append(f"{folded:,} module calls are folded")


def _fold_oldest(result: Outline, limit: int) -> None:
    oldest = result.items[limit - 1 :]
    total = sum(item.count for item in oldest)
    _merge(result, oldest, f"… {total:,} older nodes …", None)
    result.remarks.append(f"{total:,} older nodes are folded")
    used = {item.home for item in result.items}
    while True:
        more = {c.parent for c in used if c is not None} - used
        if not more:
            break
        used |= more
    result.clusters = [c for c in result.clusters if c in used]


def _merge(result: Outline, inside: list[Item], label: str, home: Cluster | None) -> None:
    """Put one item in place of several."""
    members = set(inside)
    fold = Item(inside[0].newest, [], sum(item.count for item in inside), label, home)
    fold.sources = list(dict.fromkeys(s for item in inside for s in item.sources if s not in members))
    for item in result.items:
        if item not in members and any(s in members for s in item.sources):
            item.sources = list(dict.fromkeys(fold if s in members else s for s in item.sources))
    result.items = sorted([*(i for i in result.items if i not in members), fold], key=lambda i: -i.newest.order)
