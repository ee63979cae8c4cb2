"""What is known of a graph beside its nodes: what its values are called, and which numbers can be shown.

A node holds no value. Its value is known if it was recorded under `autograd.observe()`, if a derivative needs it and
`backward` has not been there yet, or if the caller names the Tensor that has it. A Scalar knows its own.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .. import graph
from ..scalar import Scalar
from ..tensor import Tensor


class Known:
    """names and values of nodes, and by node the constants {argument: array} that an operation got beside its inputs."""

    def __init__(self, nodes: Iterable[Any], names: Mapping[str, Any]) -> None:
        self.names: dict[Any, str] = {}
        self.values: dict[Any, Any] = {}
        self.constants: dict[Any, dict[str, Any]] = {}
        self.gradients: dict[Any, Any] = {}  # where somebody has worked them out
        self._arrays: list[tuple[str, Any]] = []  # named constants, which have no node: recognised by what they hold
        for name, value in names.items():
            node = value if isinstance(value, graph.Node) else getattr(value, "node", None)
            if isinstance(node, graph.Node):
                self.names[node] = name
                self._learn(node, value if isinstance(value, Tensor) else None)
            elif isinstance(value, Tensor | np.ndarray):
                self._arrays.append((name, plain(value)))
        self.read(nodes)

    def read(self, nodes: Iterable[Any]) -> None:
        """Learn what these nodes tell; what is known already stays."""
        for node in nodes:
            self._read(node)

    def _read(self, node: Any) -> None:
        notes = node.notes or {}
        if "name" in notes:
            self.names.setdefault(node, notes["name"])
        if isinstance(node, Scalar):
            self.values[node] = node.data
            if node.op is not None:
                operands = zip(node.op.arguments, node.inputs)
                self.constants[node] = {name: node.b for name, source in operands if source is None}
            return
        self._learn(node, notes.get("value"))
        for argument, source, value in zip(
            arguments_of(node.op, len(node.inputs)), node.inputs, notes.get("operands", ())
        ):
            if source is not None:
                self._learn(source, value)
            elif value is not None:
                self.constants.setdefault(node, {})[argument] = plain(value)
        kept = getattr(node.op, "kept", {})
        if not kept or node.saved is None:
            return
        arguments = node.op.arguments
        for name, value in zip(kept, node.saved if len(kept) > 1 else (node.saved,)):
            if name == "out":
                self._learn(node, value)
            elif name in arguments and node.op.variadic:
                for source, part in zip(node.inputs, value or ()):
                    self._learn(source, part)
            elif name in arguments and value is not None:
                source = node.inputs[arguments.index(name)]
                if source is None:
                    self.constants.setdefault(node, {})[name] = plain(value)
                self._learn(source, value)

    def _learn(self, node: Any, value: Any) -> None:
        if node is not None and value is not None and np.shape(plain(value)) == node.shape:
            self.values.setdefault(node, plain(value))

    def grad(self, node: Any) -> Any:
        """The gradient that `backward` left at this node, or brought to it under `autograd.observe()`."""
        if node in self.gradients:
            return plain(self.gradients[node])
        return plain((node.notes or {}).get("cotangent", node.grad))

    def numbers(self, node: Any) -> tuple[Any, Any]:
        """What can be checked of any node, drawn or folded: its value and its gradient."""
        value = self.values.get(node)
        return (plain((node.notes or {}).get("value")) if value is None else value), self.grad(node)

    def name_of(self, array: Any) -> str | None:
        """What the caller calls this constant."""
        same = [name for name, a in self._arrays if a is array or (a.shape == array.shape and np.array_equal(a, array))]
        return same[0] if same else None

    def operands(self, node: Any) -> dict[str, float | str | None]:
        """The arguments of an operation: a plain number, or a name, or None where there is neither."""
        constants = self.constants.get(node, {})
        given: dict[str, float | str | None] = {}
        for argument, source in zip(arguments_of(node.op, len(node.inputs)), node.inputs):
            value = constants.get(argument)
            if value is None:
                given[argument] = self.names.get(source)
            else:
                given[argument] = self.name_of(value) if np.shape(value) else float(value)
        return given


def arguments_of(op: Any, count: int) -> Sequence[str]:
    """What an operation calls each of its inputs: `a, b`, or `xs[0], xs[1], …` where it takes a sequence."""
    return [f"xs[{i}]" for i in range(count)] if getattr(op, "variadic", False) else getattr(op, "arguments", [])


def plainly(argument: str, word: str = "x") -> str:
    """What data are called that have no name: by the argument that they are, or by `word` where that says nothing."""
    return word if argument.partition("[")[0] in ("a", "b", "x", "xs") else argument


@contextlib.contextmanager
def unnoted(nodes: Iterable[Any]) -> Iterator[None]:
    """A block for a backward pass that nobody asked for: observed nodes keep the cotangents of the user's own."""
    observed = {node: dict(node.notes) for node in nodes if node.notes and "value" in node.notes}
    try:
        yield
    finally:
        for node, notes in observed.items():
            node.notes = notes


def node_of(value: Any, how: str) -> Any:
    """The node of a Tensor or Scalar that is to be drawn, say. TypeError if it has none."""
    node = value if isinstance(value, graph.Node) else getattr(value, "node", None)
    if node is None:
        raise TypeError(
            f"a {type(value).__name__} without a graph cannot be {how}; "
            "give a Scalar, or a Tensor computed from one that was made with requires_grad=True"
        )
    return node


def plain(value: Any) -> Any:
    """The array or number in a Tensor or a Scalar."""
    if isinstance(value, Tensor):
        return value.detach().numpy()
    return value.data if isinstance(value, Scalar) else value


def contents(array: Any) -> tuple[Any, ...]:
    """A key that is the same for equal arrays: an operation may have got a copy of what another one got."""
    return array.shape, array.dtype, hashlib.blake2b(array.tobytes()).digest()
