"""What is to be seen of a graph: which nodes belong to which module call, and what is folded where there are many.

Reads nodes through their public attributes only, knows nothing of how a picture looks, and never recurses. All folding
keeps the order of creation, so what is left is again a graph without cycles.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .. import graph
from ..calls import Call, around, calls_of, homes_of

ENDS = 3  # how much of a folded chain stays to be seen, at either end
FEW = 12  # so many items should be left to see
BUDGET = 1500  # how many points Graphviz may have to place: it takes about a second for them


@dataclass(eq=False, slots=True)
class Item:
    """One thing to be seen: a node, or several folded into one. `newest` is the node whose result it is."""

    newest: Any
    home: Call | None = None  # the innermost call it belongs to
    sources: list[Item] = field(default_factory=list)
    count: int = 1  # how many nodes it stands for
    title: str = ""  # what a fold is; empty for a plain node
    inside: Sequence[Any] = ()  # the nodes of a fold
    given: bool = False  # whether it is seen as given, although it was computed
    unfolded: bool = False  # whether what it is made of stands before it

    @property
    def is_leaf(self) -> bool:
        return (self.newest.op is None or self.given) and not self.title

    @property
    def members(self) -> Sequence[Any]:
        """The nodes it stands for."""
        return self.inside or (self.newest,)


@dataclass(slots=True)
class Outline:
    """The items, newest first, and the calls that frame them, by their beginning: outer before inner."""

    items: list[Item]
    calls: list[Call]
    total: int  # nodes in the graph

    @property
    def folded(self) -> int:
        """How many nodes are not to be seen themselves."""
        return self.total - sum(not item.title for item in self.items)


def outline(
    roots: Sequence[Any],
    limit: int,
    *,
    depth: int | None = None,
    fold: Collection[str] = (),
    unfold: Collection[str] = (),
    since: int = -1,
) -> Outline:
    """The graph of the roots in at most about `limit` items.

    Calls of modules are folded from this depth on, and those that `fold` names, but not those that `unfold` names. If
    there are still more items, long chains are folded first, then the calls of modules, the innermost first, and then
    all that lies between the newest and the oldest nodes. Nodes up to the order `since` are given: what they were
    computed from is not seen.
    """
    nodes = graph.ancestors(roots)
    if since >= 0:
        recent = [node for node in nodes if node.order > since]
        given = {parent for node in recent for parent in node.inputs if parent is not None and parent.order <= since}
        nodes = [*recent, *sorted(given, key=lambda node: node.order, reverse=True)]
    calls = calls_of(nodes) if since < 0 else []
    homes = homes_of(nodes, calls)
    chains = _chains(nodes, homes, roots) if len(nodes) > limit else {}
    seen = Outline(_items(nodes, homes, chains, since), calls, len(nodes))
    _settle_leaves(seen.items)
    opened = _opened(calls, fold, unfold)
    if depth is not None or fold:
        _fold_named(seen, depth, set(fold), opened)
    for level in range(max((len(around(call)) for call in calls), default=0) - 1, -1, -1):
        if _fits(seen, limit):
            break
        _fold_calls(seen, level, opened)
    room = limit
    while room > 3 and not _fits(seen, limit):
        _fold_between(seen, room)
        _fold_leaves(seen, room)
        room = room * 3 // 4
    return seen


def path_of(call: Call) -> str:
    """What the call's module is called in the model, as in `named_modules()`; the outermost one by its label."""
    return ".".join(each.label.partition(" (")[0] for each in reversed(around(call)[:-1])) or call.label


def _opened(calls: Sequence[Call], fold: Collection[str], unfold: Collection[str]) -> set[Call]:
    """The calls that are to stay open: those that are named, and those around them."""
    paths = {call: path_of(call) for call in calls} if fold or unfold else {}
    for name in (*fold, *unfold):
        if name not in paths.values():
            known = ", ".join(map(repr, dict.fromkeys(list(paths.values())[:12])))
            there = f"it has {known}" if known else "it was made by none"
            raise ValueError(f"no module of this graph is called {name!r}; {there}")
    return {outer for call, path in paths.items() if path in unfold for outer in around(call)}


def _fold_named(seen: Outline, depth: int | None, names: Collection[str], opened: Collection[Call]) -> None:
    """Put one item in place of each call that is as deep as this or has one of these names."""
    paths = {call: path_of(call) for call in seen.calls} if names else {}
    members: dict[Call, list[Item]] = {}
    for item in seen.items:
        for level, call in enumerate(around(item.home)[::-1]):
            deep = depth is not None and level >= depth
            if call not in opened and (deep or paths.get(call) in names):
                members.setdefault(call, []).append(item)
                break
    _merge(seen, [(inside, call.label or "…", call.parent) for call, inside in members.items() if len(inside) > 1])


def ranks(items: Sequence[Item]) -> dict[Item, int]:
    """How many arrows lead one after the other to each item, at most."""
    rank: dict[Item, int] = {}
    for item in reversed(items):
        rank[item] = 1 + max((rank[source] for source in item.sources), default=-1)
    return rank


def _fits(seen: Outline, limit: int) -> bool:
    """Whether Graphviz can place all items, and every rank that an edge crosses, soon; frames cost it more."""
    if len(seen.items) > limit:
        return False
    rank, first_use = ranks(seen.items), dict[Item, int]()
    for item in reversed(seen.items):
        for source in item.sources:
            first_use[source] = min(rank[item], first_use.get(source, rank[item]))
    starts = {item: first_use[item] - 1 if item.is_leaf and item in first_use else rank[item] for item in seen.items}
    edges = sum(max(1, rank[item] - starts[source]) for item in seen.items for source in item.sources)
    return len(seen.items) + edges + 10 * len(seen.calls) <= BUDGET


def _common(calls: Iterable[Call | None]) -> Call | None:
    """The innermost call around all of these."""
    paths = [around(call)[::-1] for call in set(calls)]
    common = None
    for level in zip(*paths):
        if len(set(level)) > 1:
            break
        common = level[0]
    return common


def _settle_leaves(items: Iterable[Item]) -> None:
    """A parameter stands where its uses are: in the innermost call around all of them. Other leaves stay outside."""
    used: dict[Item, list[Call | None]] = {}
    for item in items:
        for source in item.sources:
            if source.is_leaf and "name" in (source.newest.notes or {}):
                used.setdefault(source, []).append(item.home)
    for leaf, homes in used.items():
        leaf.home = _common(homes)


# --- Folding ----------------------------------------------------------------------------------------------------------


def _chains(nodes: Sequence[Any], homes: dict[Any, Call], roots: Iterable[Any]) -> dict[Any, list[Any]]:
    """The inner parts of long chains of operations with one input and one use each, by their newest node."""
    uses = Counter(parent for node in nodes for parent in node.inputs)
    uses.update(roots)  # which are looked at from outside
    chains: dict[Any, list[Any]] = {}
    met: set[Any] = set()
    for node in nodes:
        if node in met:
            continue
        chain = [node]
        while (source := _only_source(chain[-1])) is not None:
            if uses[source] > 1 or source.op is None or homes.get(source) is not homes.get(node):
                break
            chain.append(source)
        met.update(chain)
        if len(chain) > 2 * ENDS + 1:
            chains[chain[ENDS]] = chain[ENDS:-ENDS]
    return chains


def _only_source(node: Any) -> Any:
    sources = [parent for parent in node.inputs if parent is not None]
    return sources[0] if len(sources) == 1 else None


def _items(nodes: Sequence[Any], homes: dict[Any, Call], chains: dict[Any, list[Any]], since: int = -1) -> list[Item]:
    hidden = {node for chain in chains.values() for node in chain[1:]}
    items: dict[Any, Item] = {}
    for node in nodes:
        if node not in hidden:
            items[node] = Item(node, homes.get(node), given=node.order <= since)
    for node, item in items.items():
        oldest = node
        if node in chains:
            chain = chains[node]
            oldest, item.count = chain[-1], len(chain)
            item.title, item.inside = f"… {len(chain):,} operations …", chain
        if item.given:
            continue
        item.sources = [items[parent] for parent in oldest.inputs if parent is not None]
    return list(items.values())


def _fold_calls(seen: Outline, depth: int, opened: Collection[Call] = ()) -> None:
    """Put one item in place of each call at this depth, whatever is inside, unless too little would be left to see."""
    members: dict[Call, list[Item]] = {}
    for item in seen.items:
        outside_in = around(item.home)[::-1]
        if len(outside_in) > depth and outside_in[depth] not in opened:
            members.setdefault(outside_in[depth], []).append(item)
    groups = [(inside, call.label or "…", call.parent) for call, inside in members.items() if len(inside) > 1]
    if len(seen.items) - sum(len(inside) - 1 for inside, _, _ in groups) >= FEW:
        _merge(seen, groups)


def _fold_between(seen: Outline, room: int) -> None:
    """Put one item in place of all operations but the newest and the oldest, and of the leaves that only they use."""
    operations = [item for item in seen.items if not item.is_leaf]
    inside = operations[room // 2 : -(room // 4) or None]
    if len(inside) < 2:
        return
    members = set(inside)
    shown = {source for item in seen.items if item not in members for source in item.sources}
    inside += dict.fromkeys(s for item in members for s in item.sources if s.is_leaf and s not in shown)
    _merge(seen, [(inside, "…", _common(item.home for item in members))])


def _fold_leaves(seen: Outline, room: int) -> None:
    """Put one item in place of all leaves but a few."""
    leaves = [item for item in seen.items if item.is_leaf]
    if len(leaves) > room:
        _merge(seen, [(leaves[room // 2 :], "…", None)])


def _merge(seen: Outline, groups: Sequence[tuple[list[Item], str, Call | None]]) -> None:
    """Put one item in place of each group."""
    instead: dict[Item, Item] = {}
    for inside, title, home in groups:
        newest = max((item.newest for item in inside), key=lambda node: node.order)
        count = sum(item.count for item in inside)
        nodes = [node for item in inside for node in item.members]
        title = f"… {count:,} nodes …" if title == "…" else title
        fold = Item(newest, home, count=count, title=title, inside=nodes)
        instead.update(dict.fromkeys(inside, fold))
    if not instead:
        return
    items: dict[Item, None] = {}
    for item in seen.items:
        here = instead.get(item, item)
        items[here] = None
        if here is item and not any(source in instead for source in item.sources):
            continue
        there = [instead.get(source, source) for source in item.sources]
        here.sources = list(dict.fromkeys([*(here.sources if here is not item else ()), *there]))
    for item in items:
        item.sources = [source for source in item.sources if source is not item]
    seen.items = sorted(items, key=lambda item: item.newest.order, reverse=True)
    framed = {call for item in seen.items for call in around(item.home)}
    seen.calls = [call for call in seen.calls if call in framed]
