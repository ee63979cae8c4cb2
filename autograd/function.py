"""Function: an operation whose forward and backward pass are written by hand, PyTorch's way.

For those who bring such operations along. One that is declared (see `op.py`) is shorter: it says what to save by the names of
its parameters, and has forward mode, drawing and compiling for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import modes, reach
from .arrays import ArrayNode, fit, freed, noted
from .tensor import Tensor


class Context:
    """What `forward` leaves for `backward`: saved Tensors, and any attributes."""

    needs_input_grad: tuple[bool, ...] = ()
    saved_tensors: tuple[Any, ...] = ()

    def __init__(self) -> None:
        self._to_save: tuple[Any, ...] = ()
        self._constant: tuple[Any, ...] = ()
        self._materialize = True

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep these Tensors (inputs, outputs or others) or Nones for `backward`, where they are `saved_tensors`."""
        for t in tensors:
            if t is not None and not isinstance(t, Tensor):
                raise TypeError(
                    f"save_for_backward takes Tensors, and not a {type(t).__name__}; write ctx.name = value for anything else"
                )
        self._to_save = tensors

    def mark_non_differentiable(self, *outputs: Any) -> None:
        """These outputs need no gradient; `backward` gets zeros for them."""
        self._constant = outputs

    def set_materialize_grads(self, value: bool) -> None:
        """Whether `backward` gets zeros (True) or None for an output that the result does not depend on."""
        self._materialize = value


class Function:
    """An operation given by two static methods; called as `MyFunction.apply(*args)`.

    forward(ctx, *args)    from Tensors and anything else to a Tensor or a tuple of Tensors. Nothing in it is recorded
    backward(ctx, *grads)  from a gradient for each output to one for each argument of forward, None for what needs none.
                           Made of operations on Tensors, it can be differentiated again

    Instead of a forward with ctx there may be `forward(*args)` and `setup_context(ctx, inputs, output)`.

    >>> class Cube(Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x * x
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return g * 3 * x * x
    >>> x = Tensor([2.0], requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor([12.])
    """

    @staticmethod
    def forward(*args: Any) -> Any:
        raise NotImplementedError("a Function needs a static method forward(ctx, *args)")

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise NotImplementedError("a Function needs a static method backward(ctx, *grads) to be differentiated")

    setup_context: Any = None

    def __init__(self) -> None:
        raise TypeError(f"{type(self).__name__} is not made but called: write {type(self).__name__}.apply(...)")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """The outputs of forward for these arguments, with a gradient by `backward`."""
        ctx = Context()
        nodes = tuple(a._node if isinstance(a, Tensor) else None for a in args)
        ctx.needs_input_grad = tuple(n is not None for n in nodes)
        with modes.no_grad():
            if cls.setup_context is None:
                result = cls.forward(ctx, *args)
            else:
                result = cls.forward(*args)
                cls.setup_context(ctx, args, result)
        outputs = list(result) if isinstance(result, tuple | list) else [result]
        for i, y in enumerate(outputs):
            if not isinstance(y, Tensor):
                raise TypeError(f"{cls.__name__}.forward returned a {type(y).__name__}; it must return Tensors")
            if any(y is a for a in args):
                outputs[i] = Tensor._make(y._data, None)
        if any(ctx.needs_input_grad) and modes.is_grad_enabled():
            _record(cls, ctx, args, nodes, result, outputs)
        return tuple(outputs) if isinstance(result, tuple | list) else outputs[0]


def _record(
    cls: Any, ctx: Context, args: Sequence[Any], nodes: tuple[Any, ...], result: Any, outputs: list[Tensor]
) -> None:
    originals = list(result) if isinstance(result, tuple | list) else [result]
    call = _Call(cls, ctx, outputs)
    node = ArrayNode(call, nodes)
    node.shape, node.dtype = outputs[0].shape, outputs[0].dtype
    for i, y in enumerate(outputs):
        if any(originals[i] is c for c in ctx._constant):
            continue
        y._node = call.output(node, i)
    for t in ctx._to_save:  # of an output its place: held with its own node, it would be a cycle
        place = next((i for i, y in enumerate(originals) if y is t and outputs[i]._node is not None), None)
        call.links.append((None if t is None else t._node) if place is None else place)
    node.saved = tuple([t if t is None or modes.tracing() else t._data for t in ctx._to_save])
    ctx._to_save = ctx._constant = ()
    if reach.handed and not modes.tracing():
        reach.guard(node)


class _Call:
    """What the node of a call has for its operation."""

    kind, keywords = "general", ()

    def __init__(self, cls: Any, ctx: Context, outputs: Sequence[Tensor]) -> None:
        self.cls, self.ctx, self.name = cls, ctx, cls.__name__
        self.like = [(y.shape, y.dtype) for y in outputs]
        self.arguments = [f"x{i}" for i in range(len(ctx.needs_input_grad))]
        self.links: list[Any] = []  # for each saved Tensor its node, or which output it is

    def __repr__(self) -> str:
        return f"<Function {self.name}>"

    def output(self, node: Any, place: int) -> Any:
        """The node of one output: that of the call, or one that takes it from several."""
        if len(self.like) == 1:
            return node
        pick = ArrayNode(_Pick(place), (node,))
        pick.shape, pick.dtype = self.like[place]
        return pick

    def keeps(self, node: Any, parent: Any) -> bool:
        return any(parent is (node if isinstance(link, int) else link) for link in self.links)

    def check_saved(self, node: Any) -> None:
        reach.check(node, node.saved)

    def pull(self, node: Any, g: Any, inputs: Sequence[Any]) -> list[Any]:
        with modes.no_grad():
            return [share if share is None else share._data for share in self.lift(node, g, inputs)]

    def lift(self, node: Any, g: Any, inputs: Sequence[Any]) -> list[Any]:
        if node.saved is None:
            raise freed(node)
        self.ctx.saved_tensors = tuple(
            [
                v if v is None or isinstance(v, Tensor) else Tensor._make(v, link)
                for v, link in zip(node.saved, [self.output(node, x) if isinstance(x, int) else x for x in self.links])
            ]
        )
        try:
            shares = self.cls.backward(self.ctx, *self._gradients(g))
        except Exception as error:
            noted(error, node)
            raise
        finally:
            self.ctx.saved_tensors = ()
        shares = list(shares) if isinstance(shares, tuple | list) else [shares]
        if len(shares) != len(inputs):
            raise RuntimeError(
                f"{self.name}.backward returned {len(shares)} gradients, and forward has {len(inputs)} arguments; return one "
                "for each, None where there is none"
            )
        return [None if n is None else self._fitted(i, s, n) for i, (s, n) in enumerate(zip(shares, inputs))]

    def _gradients(self, g: Any) -> list[Any]:
        """A Tensor for each output, from the cotangent of the one or the parts of several."""
        parts = [g] if not isinstance(g, _Parts) else [g.parts.get(i) for i in range(len(self.like))]
        if self.ctx._materialize:
            parts = [np.zeros(*like) if part is None else part for part, like in zip(parts, self.like)]
        return [p if p is None or isinstance(p, Tensor) else Tensor._make(np.asarray(p), None) for p in parts]

    def _fitted(self, i: int, share: Any, parent: Any) -> Any:
        if share is None:
            return None
        if not isinstance(share, Tensor):
            raise TypeError(
                f"{self.name}.backward returned a {type(share).__name__} for argument {i}; it must return Tensors"
            )
        try:
            fits = np.broadcast_shapes(share.shape, parent.shape) == share.shape
        except ValueError:
            fits = False
        if not fits:
            raise RuntimeError(
                f"{self.name}.backward returned a gradient of shape {share.shape} for argument {i}, which has shape {parent.shape}"
            )
        return fit(share, parent)


class _Pick:
    """The operation that takes one output of a call."""

    name, kind, arguments, keywords = "output", "linear", ("outputs",), ()

    def __init__(self, place: int) -> None:
        self.place = place

    def pull(self, node: Any, g: Any, inputs: Sequence[Any]) -> list[Any]:
        return [_Parts({self.place: g})]

    lift = pull

    def keeps(self, node: Any, parent: Any) -> bool:
        return False

    def check_saved(self, node: Any) -> None:
        pass


class _Parts:
    """Cotangents of some of the outputs of a call; their sum is that of their parts."""

    def __init__(self, parts: dict[int, Any]) -> None:
        self.parts = parts

    def __add__(self, other: _Parts) -> _Parts:
        both = self.parts.keys() & other.parts.keys()
        return _Parts({**self.parts, **other.parts, **{i: self.parts[i] + other.parts[i] for i in both}})
