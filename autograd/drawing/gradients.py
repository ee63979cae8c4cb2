"""The derivative as a graph of its own: recorded as `create_graph` does, and drawn alone or beside what it is of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import graph
from ..calls import Call
from ..modes import observe
from ..tensor import Tensor, run_backward, seed_of
from .known import unnoted
from .outline import Outline

VIEWS = ("forward", "gradient", "both")


def gradients(roots: Sequence[Any], nodes: Sequence[Any], wrt: Any) -> dict[Any, Any]:
    """{node x: node of dJ/dx} for each of `wrt`, or for all leaves. J is the only root, and a single number.

    ValueError if nothing of it is a graph: the gradient of what is linear is a constant.
    """
    if len(roots) != 1:
        raise ValueError(f"a gradient is of one result, and {len(roots)} are to be drawn; give one")
    root, behind = roots[0], graph.ancestors(nodes)
    targets: list[Any]
    if wrt is None:
        targets = [node for node in behind if node.op is None]
    else:
        given = wrt if isinstance(wrt, list | tuple) else [wrt]
        targets = [x if isinstance(x, graph.Node) else getattr(x, "node", None) for x in given]
        if None in targets:
            raise TypeError("wrt is a Tensor that needs a gradient, or a list of them; make it with requires_grad=True")
    seed = seed_of(root, None) if isinstance(root, Tensor) else 1.0
    with unnoted(behind), observe():
        found = run_backward({nodes[0]: seed}, targets, True, True)
    nodes_of = {x: g if isinstance(g, graph.Node) else getattr(g, "node", None) for x, g in found.items()}
    recorded = {x: g for x, g in nodes_of.items() if g is not None and g.order > nodes[0].order}
    if not recorded:
        raise ValueError("this gradient has no graph: it is a constant, or what wrt names has no part in the result")
    return recorded


def side_by_side(seen: Outline, since: int) -> None:
    """Frame what was made up to the order `since` as the forward pass, and the rest as the gradient."""
    newest = max(item.newest.order for item in seen.items)
    forward, gradient = Call("forward", 0, since), Call("gradient", since, newest)
    for call in seen.calls:
        if call.parent is None:
            call.parent = forward if call.last <= since else gradient
    for item in seen.items:
        if item.home is None and not item.is_leaf:
            item.home = forward if item.newest.order <= since else gradient
    seen.calls[:0] = [forward, gradient]
