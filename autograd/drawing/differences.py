"""Two graphs laid on each other: what both have once, and what was added, removed or changed between them.

Operations are compared in the order in which they were made, as lines of text are: a longest run that both have is kept,
and what stands between two runs has changed. So the union is again a graph whose edges lead from older to newer.
"""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher
from operator import attrgetter
from typing import Any

from .outline import Item, Outline, path_of

FIRST = 3  # differences inside a fold that are named
MANY = 1000  # nodes inside, of which they are not looked for one by one


def union(new: Outline, old: Outline) -> tuple[Outline, dict[Item, tuple[str, str]]]:
    """One outline of both, and {item: (added, removed or changed; in what)} for those that are not the same."""
    changes: dict[Item, tuple[str, str]] = {}
    instead: dict[Item, Item] = {}  # by items of the old graph, those of the new one
    merged: list[Item] = []
    leaves = {_key(item): item for item in new.items if item.is_leaf}
    merged += leaves.values()
    merged += [item for item in new.items if item.is_leaf and leaves[_key(item)] is not item]
    pairs: list[tuple[Item, Item]] = []
    for item in old.items:
        if not item.is_leaf:
            continue
        same = leaves.pop(_key(item), None)
        if same is None:
            merged.append(item)
            changes[item] = ("removed", "")
        else:
            instead[item] = same
            pairs.append((same, item))
    changes.update(dict.fromkeys(leaves.values(), ("added", "")))
    mine, theirs = ([item for item in reversed(seen.items) if not item.is_leaf] for seen in (new, old))
    matcher = SequenceMatcher(None, [_kind(i) for i in theirs], [_kind(i) for i in mine], autojunk=False)
    for _, a, b, c, d in matcher.get_opcodes():
        before, now = theirs[a:b], mine[c:d]
        pairs += [(x, y) for y, x in zip(before, now)]
        instead.update(zip(before, now))
        merged += now
        merged += before[len(now) :]
        changes.update(dict.fromkeys(before[len(now) :], ("removed", "")))
        changes.update(dict.fromkeys(now[len(before) :], ("added", "")))
    for x, y in pairs:
        x.sources += [source for source in y.sources if source not in instead]
        what = _between(_facts(y), _facts(x)) or _inside(y, x)
        if what:
            changes[x] = ("changed", ", ".join(what))
    for item in old.items:
        if item not in instead:
            item.sources = [instead.get(source, source) for source in item.sources]
    homes = {path_of(call): call for call in new.calls}
    for item in merged:
        if item.home is not None and item.home not in new.calls:
            item.home = homes.get(path_of(item.home))
    return Outline(merged[::-1], new.calls, len(merged)), changes


def _key(item: Item) -> Any:
    """What a leaf is told by: its name in the module where it is used, or itself."""
    name = (item.newest.notes or {}).get("name")
    return (name, path_of(item.home) if item.home is not None else "") if name else item.newest


def _kind(item: Item) -> Any:
    """What an operation is told by."""
    path = path_of(item.home) if item.home is not None else ""
    return item.title or item.newest.op.name, path


def _facts(item: Item) -> tuple[str, str, str]:
    """What may differ between two that stand for each other: the operation, the shape, the dtype."""
    return (item.title, *_facts_of(item.newest)[1:]) if item.title else _facts_of(item.newest)


def _facts_of(node: Any) -> tuple[str, str, str]:
    name = node.op.name.replace("_", " ") if node.op is not None else (node.notes or {}).get("name") or "leaf"
    return name, "×".join(map(str, node.shape)) or "one number", str(node.dtype)


def _between(old: tuple[str, ...], new: tuple[str, ...]) -> list[str]:
    return [f"{there} → {here}" for there, here in zip(old, new) if there != here]


def _inside(old: Item, new: Item) -> list[str]:
    """What differs between the nodes of two folds, in the order in which they were made: the first few."""
    theirs, mine = ([_facts_of(node) for node in sorted(i.inside, key=attrgetter("order"))] for i in (old, new))
    if theirs == mine:
        return []
    if max(len(theirs), len(mine)) > MANY:
        return ["other nodes inside"]
    said = []
    for _, a, b, c, d in SequenceMatcher(None, theirs, mine, autojunk=False).get_opcodes():
        before, now = theirs[a:b], mine[c:d]
        for there, here in zip(before, now):
            what = _between(there, here)
            said += [", ".join(what if there[0] != here[0] else [f"{here[0]} {what[0]}", *what[1:]])] if what else []
        said += [f"without {there[0]}" for there in before[len(now) :]]
        said += [f"with {here[0]}" for here in now[len(before) :]]
    several = Counter(said)
    lines = [line if count == 1 else f"{count} times {line}" for line, count in several.items()]
    return lines[:FIRST] + ["…"] * (len(lines) > FIRST)
