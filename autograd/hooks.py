"""What `register_hook` returns: a hold on a hook, by which it can be taken off again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import graph


class Hook:
    """A function that is called with a node's cotangent. `remove()` takes it off, and so does the end of a `with` block."""

    def __init__(self, node: graph.Node, function: Callable[[Any], Any]) -> None:
        self.node, self.function = node, function
        node.hooks = (*node.hooks, function)

    def remove(self) -> None:
        self.node.hooks = tuple(hook for hook in self.node.hooks if hook is not self.function)

    def __call__(self) -> None:
        self.remove()

    def __enter__(self) -> Hook:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()
