"""What the engine does around every operation on arrays, so that no rule has to.

Nodes that know a shape and a dtype, a gradient fitted to its input, zero cotangents that stay zero, and errors that
name the operation.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import graph
from .calls import paths_of
from .lines import line_of, user_frames

if TYPE_CHECKING:
    from .op import Operation


# glibc returns a freed block of 128 KB or more to the system and gets it back page by page: more than half of the time of
# elementwise work on such arrays. It stops doing so for blocks as large as the largest that a program has once freed, up to
# 32 MB. So one is freed here, whose pages are never touched. The process then keeps up to 64 MB of freed memory to itself.
np.empty((32 << 20) - 8192, np.uint8)


class ArrayNode(graph.Node):
    """A node whose value is an array: its shape and dtype are known for free, and the keywords of its operation."""

    __slots__ = ("shape", "dtype", "params", "code", "at")

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    params: tuple[Any, ...]
    code: Any  # of whoever called the operation, and where in it: see lines.py
    at: int

    def __init__(self, op: Any = None, inputs: Sequence[Any] = (), saved: Any = None) -> None:
        super().__init__(op, inputs, saved)
        self.params, self.code = (), None
        if op is not None:
            note_caller(self)

    def __repr__(self) -> str:
        return f"<node {self.order}: {'leaf' if self.op is None else self.op.name} {self.shape}>"


class OneInput(ArrayNode):
    """A node of one input. Without a tuple to hold it, the cyclic garbage collector has half as much to walk over."""

    __slots__ = ("x",)
    __init__ = object.__init__  # so that Python makes one without a call; whoever does so fills the slots

    x: Any

    @property
    def inputs(self) -> tuple[Any]:  # type: ignore[override]
        return (self.x,)


class TwoInputs(ArrayNode):
    """A node of two inputs, each None where it needs no gradient."""

    __slots__ = ("a", "b")
    __init__ = object.__init__

    a: Any
    b: Any

    @property
    def inputs(self) -> tuple[Any, Any]:  # type: ignore[override]
        return (self.a, self.b)


def new_node(op: Operation, inputs: Sequence[Any], out: Any, params: tuple[Any, ...]) -> ArrayNode:
    node: Any
    if op.variadic or len(inputs) > 2:
        node = ArrayNode(op, tuple(inputs))
    else:
        node = OneInput() if len(inputs) == 1 else TwoInputs()
        node.order, node.op = graph.tick(), op
        node.grad = node.notes = node.saved = None
        if len(inputs) == 1:
            node.x = inputs[0]
        else:
            node.a, node.b = inputs
    node.shape, node.dtype, node.params = out.shape, out.dtype, params
    note_caller(node)
    return node


def note_caller(node: Any) -> None:
    """Note on a node the line of the user's that is running."""
    caller = next(user_frames(sys._getframe(1)), None)
    node.code, node.at = (None, 0) if caller is None else (caller.f_code, caller.f_lasti)


def fit(share: Any, parent: Any) -> Any:
    """`share` with the shape and dtype of the input it belongs to: broadcasting undone, cast back."""
    shape = parent.shape
    if share.shape != shape:
        extra = len(share.shape) - len(shape)
        axes = tuple(range(extra)) + tuple(
            i + extra for i, n in enumerate(shape) if n == 1 and share.shape[i + extra] != 1
        )
        if axes:
            share = add_reduce(share, axes) if isinstance(share, np.ndarray) else share.sum(axes)
        if share.shape != shape:
            share = (
                np.reshape(share, shape)
                if [n for n in share.shape if n != 1] == [n for n in shape if n != 1]
                else np.broadcast_to(share, shape)
            )
    if share.dtype != parent.dtype:
        share = share.astype(parent.dtype)
    return share


add_reduce = np.add.reduce


def zero_unused(share: Any, cotangent: Any) -> Any:
    """`share`, but 0 where the cotangent is 0 and the derivative is not finite: 0 · inf is 0 here."""
    unused = np.equal(beside(cotangent, share), 0)
    if unused.any():
        return np.where(unused & ~np.isfinite(share), np.zeros((), share.dtype), share)
    return share


def beside(g: Any, share: Any) -> Any:
    """g, which has one number for each element or row of the share, so that it broadcasts against the share."""
    rank = len(g.shape)
    return g if rank == 0 or rank >= len(share.shape) else np.expand_dims(g, tuple(range(rank, len(share.shape))))


def kept_axes(value: Any, node: Any) -> Any:
    """The result of a reduction, or its cotangent, with the reduced axes as size 1; one number broadcasts as it is."""
    axis, keepdims = node.params[:2]
    if keepdims or axis is None:
        return value
    shape = list(value.shape)
    for i in axis:
        shape.insert(i, 1)
    return value.reshape(tuple(shape))


def shape_of(value: Any) -> tuple[int, ...]:
    return value.shape if hasattr(value, "shape") else np.shape(value)


def freed(node: graph.Node) -> RuntimeError:
    line = line_of(node)
    return RuntimeError(
        f"backward through {node.op.name}{f' (at {line})' if line else ''}: the values saved for its derivative were freed by an earlier backward pass. "
        "To go through the same graph twice, write backward(retain_graph=True) the first time; "
        "otherwise compute the loss again."
    )


def explain(error: Exception, op: Operation, args: Sequence[Any], params: Sequence[Any]) -> Exception:
    """The same kind of error, with the operation, the shapes and the clashing axis named."""
    found = ", ".join(_describe(a) for a in (args[0] if op.variadic else args))
    clash = _clash(op, args[0] if op.variadic else args, params)
    said = " ".join(str(error).split())
    message = f"{op.name}({found}{''.join(f', {k}={_shown(v)}' for k, v in zip(op.keywords, params))}): {clash or said}"
    if clash:
        return ValueError(message)
    if isinstance(error, AttributeError | KeyError):  # NumPy's own stumble over what is no number, or no such word
        return TypeError(message) if isinstance(error, AttributeError) else ValueError(message)
    for kind in (type(error), TypeError, ValueError):
        if isinstance(error, kind):
            try:
                return kind(message)
            except TypeError:  # some of NumPy's errors are not made from a message
                continue
    return error


def wrong_shares(op: Operation, shares: Any, inputs: Sequence[Any]) -> Exception | None:
    """What is wrong with the shares that an operation's rules returned, by argument, for these inputs."""
    if op.joint and (not isinstance(shares, list | tuple) or len(shares) != len(inputs)):
        found = len(shares) if isinstance(shares, list | tuple) else type(shares).__name__
        return TypeError(
            f"backward through {op.name}: its rule returned {found}, and not a list of {len(inputs)} gradients, "
            "one for each argument, None where none flows"
        )
    for i, (share, node) in enumerate(zip(shares, inputs)):
        name = op.arguments[0 if op.variadic else i]
        if node is None or (share is None and (op.joint or op.rules[i] is None)):
            continue
        if not hasattr(share, "shape"):
            return TypeError(
                f"backward through {op.name}: the rule for {name} returned {share!r}, and not the gradient, an array of "
                f"shape {node.shape}; write 0 * g for one of zeros, or None in place of the rule where no gradient flows"
            )
        if share.shape == node.shape:
            continue
        try:
            np.broadcast_shapes(share.shape, node.shape)
        except ValueError:
            return ValueError(
                f"backward through {op.name}: the rule for {name} returned a gradient of shape {share.shape} for an "
                f"argument of shape {node.shape}; they must be equal"
            )
    return None


def failed(error: Exception, op: Operation, found: dict[str, Any], inputs: Sequence[Any]) -> Exception:
    """What to raise where an operation's rules, or what they returned, have made an error."""
    if op.joint:
        wrong = wrong_shares(op, found["shares"], inputs) if "shares" in found else None
    else:
        known = [n if "r_" + a in found else None for a, n in zip(op.arguments, inputs)]
        wrong = wrong_shares(op, [found.get("r_" + a) for a in op.arguments], known)
    return noted(wrong or error, found["node"])


def noted(error: Exception, node: Any) -> Exception:
    """The error, with a note which operation's rules have made it, and on which line that operation was called."""
    if "_node" not in error.__dict__:
        line = line_of(node)
        error.__dict__["_node"] = node
        error.add_note(f"in the backward pass through {node.op.name}{f', called at {line}' if line else ''}")
    return error


def locate(error: Exception, roots: Iterable[graph.Node]) -> None:
    """Say below an error of a rule or a hook whose it was, and of which part of the model."""
    node = error.__dict__.pop("_node", None)
    owner, hook = error.__dict__.pop("_hook", (None, None))
    if node is None and owner is not None and not hasattr(hook, "reminds"):
        node, line = owner, line_of(owner)
        what = "a leaf" if node.op is None else f"the result of {node.op.name}"
        error.add_note(f"in a hook of {what}{f', called at {line}' if line else ''}")
    path = None if node is None else paths_of(graph.ancestors(roots)).get(node)
    if path:
        error.__notes__[-1] += f", in {path}"


def unruled(op: Operation, params: Sequence[Any]) -> TypeError:
    names = [k for k, p in zip(op.keywords, params) if hasattr(p, "requires_grad")] or op.keywords
    return TypeError(
        f"{op.name}: {', '.join(names)} is a keyword, which has no derivative rule, and was given a Tensor; declare a rule "
        "for it (or None), or give a number or an array: x.item(), x.numpy()"
    )


def _shown(value: Any) -> str:
    """A keyword's value in one line: large arrays by dtype and shape."""
    if isinstance(value, np.ndarray) and (value.size > 8 or value.ndim > 1):
        return f"<{value.dtype} {value.shape}>"
    if isinstance(value, tuple) and any(isinstance(part, np.ndarray) for part in value):
        return f"({', '.join(map(_shown, value))},)"
    return repr(value)


def _describe(a: Any) -> str:
    shape, dtype = getattr(a, "shape", None), getattr(a, "dtype", None)
    return f"{dtype} {shape}" if shape is not None else f"{type(a).__name__}"


def _clash(op: Operation, args: Sequence[Any], params: Sequence[Any]) -> str | None:
    """Which axes do not go together."""
    shapes = [np.shape(a) for a in args]
    if op.kind == "elementwise" and len(args) >= 2:
        return _broadcast_clash(shapes)
    if op.name == "matmul":
        a, b = shapes
        if not a or not b:
            return f"shapes {a} and {b}: a number is not a matrix; use * for it"
        inner = b[-2] if len(b) > 1 else b[0]
        if a[-1] != inner:
            return (
                f"shapes {a} and {b} do not chain: the last axis of the first is {a[-1]}, "
                f"axis {-2 if len(b) > 1 else 0} of the second is {inner}; they must be equal"
            )
        return _broadcast_clash(shapes, -2)
    if op.name == "einsum":
        return _letter_clash(params[0].partition("->")[0].split(","), shapes)
    if op.name == "stack":
        first = shapes[0] if shapes else ()
        for i, shape in enumerate(shapes):
            if len(shape) != len(first):
                return f"array {i} has {len(shape)} axes and array 0 has {len(first)}; all must have one shape"
            for axis, (n, m) in enumerate(zip(shape, first)):
                if n != m:
                    return f"axis {axis} of array {i} is {n}, and that of array 0 is {m}; all must have one shape"
    return None


def _broadcast_clash(shapes: Sequence[tuple[int, ...]], last: int = 0) -> str | None:
    """The first axis, from the right and before the `last` ones, along which these shapes do not broadcast."""
    for axis in range(last - 1, -max(map(len, shapes)) - 1, -1):
        sizes = [s[axis] for s in shapes if len(s) >= -axis]
        if len({n for n in sizes if n != 1}) > 1:
            return (
                f"shapes {' and '.join(map(str, shapes))} do not broadcast: axis {axis} is "
                f"{' against '.join(map(str, sizes))}; sizes must be equal or 1"
            )
    return None


def _letter_clash(terms: Sequence[str], shapes: Sequence[tuple[int, ...]]) -> str | None:
    """The first letter that has two sizes."""
    found: dict[str, tuple[int, tuple[int, ...]]] = {}
    for term, shape in zip(terms, shapes):
        for axis, (letter, n) in enumerate(zip(term, shape)):
            m, other = found.get(letter, (1, shape))
            if n != m and 1 not in (n, m):
                return (
                    f"the letter {letter} is {m} in shape {other} and {n} in shape {shape} (its axis {axis}); "
                    "a letter has one size, or 1"
                )
            if m == 1:
                found[letter] = n, shape
    return None


class _Engine:
    """What is made higher up: `tensor.py` adds the array type and its converter, `scalar.py` its own two, the compiler its numbers."""

    Tensor: Any
    adopt: Callable[[Any], tuple[Any, Any, Any]]
    of_scalars: Callable[..., Any]
    as_operand: Callable[[Any], tuple[Any, Any, Any]]
    Number: Any = ()


engine = _Engine()


def plain(value: Any) -> Any:
    """`value`, a parameter of an operation, with arrays in place of the Tensors inside it (an index, say)."""
    if isinstance(value, engine.Tensor):
        return value._data
    return type(value)(map(plain, value)) if isinstance(value, tuple | list) else value


def lifted(value: Any, node: Any) -> Any:
    """A saved array as a Tensor that belongs to its own node again."""
    if isinstance(value, engine.Tensor) or node is None:
        return value
    return engine.Tensor._make(value, node)
