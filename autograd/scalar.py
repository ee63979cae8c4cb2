"""Scalar: a float that remembers how it was made.

Back-propagation on single numbers, the way micrograd teaches it: a Scalar is a node of the graph and holds its own
value, its parents `a` and `b`, and its gradient. Operators and functions make new Scalars; `backward` goes through
them from the newest to the oldest. Which derivative an operation has is not said here: it is what the declaration in
`rules/` says for arrays, written out for floats by `floats.py`.
"""

from __future__ import annotations

import operator
import threading
import warnings
from bisect import bisect_right
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

import numpy as np

from . import graph, modes, op
from .arrays import ArrayNode, engine
from .floats import ERRORS, Form, form_of, names, trouble
from .hooks import Hook
from .rules import arithmetic, comparison, fused
from .tensor import Tensor


def _form(function: Any) -> Any:
    """The function of Scalars that belongs to a function of Tensors."""
    return form_of(function.op).function  # type: ignore[union-attr]


add, subtract, multiply = _form(arithmetic.add), _form(arithmetic.subtract), _form(arithmetic.multiply)
divide, remainder, floor_divide = _form(arithmetic.divide), _form(arithmetic.remainder), _form(comparison.floor_divide)
power = _form(arithmetic.power_ufunc)


class Scalar(graph.Node):
    """A float that remembers how it was made: `Scalar(data, requires_grad=True, name=None)`.

    >>> a, b = Scalar(2.0), Scalar(-3.0)
    >>> y = (a * b + 10).relu()
    >>> y.backward()
    >>> y, a.grad, b.grad
    (Scalar(4.0, grad=1.0), -3.0, 2.0)

    Numbers in an operation are constants. An operation with a Tensor or an array gives a Tensor, with gradients to
    both. Functions are methods and stand in `autograd` and NumPy: `x.tanh()`, `autograd.tanh(x)`, `np.tanh(x)`.

    Operations err as floats do, with ZeroDivisionError, OverflowError and ValueError. A derivative never does: it is
    inf or NaN where it has no value, and 0 where the incoming gradient is 0.

    `==` and `<` compare values. As members of sets and keys of dicts, Scalars are told apart by identity, as they are
    places in a graph: two Scalars of one value are two keys.
    """

    __slots__ = ("_data",)

    _data: float

    # Three slots of Node, under the names that fit here. A Scalar saves nothing for its derivative: values stay where
    # they are. So it is one object for the garbage collector, and a small one: that is most of its speed.
    a: Any = vars(graph.Node)["inputs"]  # the first parent; None for a leaf
    b: Any = vars(graph.Node)["saved"]  # the second parent; a float where it is a constant, or there is none
    _grad: Any = vars(graph.Node)["grad"]

    keeps_grad = True
    shape: tuple[int, ...] = ()
    ndim = 0
    dtype = np.dtype(float)

    def __init__(self, data: Any, requires_grad: bool = True, name: str | None = None) -> None:
        self._data = _float(data, "Scalar(data)")
        self.a, self.b, self.op, self.order = None, 0.0, None, graph.tick()
        self._grad, self.notes = 0.0, None
        if name is not None:
            self.note("name", name)
        if not requires_grad:
            self.__class__ = Constant

    # --- What it is ---

    @property
    def data(self) -> float:
        """The value. Assigning is for leaves, between two steps: `p.data -= 0.1 * p.grad`."""
        return self._data

    @data.setter
    def data(self, value: float) -> None:
        self._data = value if value.__class__ is float else _float(value, "data")
        graph.touch(self)

    @property
    def grad(self) -> Any:
        """dy/d(self) after `y.backward()`, summed over all backward passes since it was last set to 0.

        A float; a Scalar (beside Tensors, a Tensor) if `create_graph` was asked for.
        """
        return self._grad

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is None:  # PyTorch's way of starting anew
            value = 0.0
        self._grad = value if isinstance(value, Scalar | Tensor) else _float(value, "grad")

    @property
    def inputs(self) -> tuple[Any, ...]:  # type: ignore[override]
        """The nodes it was made from, one for each argument of `op`, None for a constant."""
        a, b = self.a, self.b
        if a is None:
            return ()
        return (a, b) if b.__class__ is not float else (*self.op.before, a, *self.op.after)

    @property
    def saved(self) -> None:
        """Nothing: the values that rules need are in the nodes. So there is nothing to retain or to free either."""

    @saved.setter
    def saved(self, _: Any) -> None:
        pass

    @property
    def is_leaf(self) -> bool:
        return self.op is None

    @property
    def node(self) -> Any:
        """Its place in the graph: itself. None if it needs no gradient."""
        return self if self.requires_grad else None

    @property
    def name(self) -> str | None:
        """What pictures call it."""
        return (self.notes or {}).get("name")

    @name.setter
    def name(self, name: str) -> None:
        self.note("name", name)

    @property
    def requires_grad(self) -> bool:
        return not isinstance(self, Constant)

    @requires_grad.setter
    def requires_grad(self, needed: bool) -> None:
        if self.op is not None:
            raise RuntimeError(
                "requires_grad can be changed on a leaf only; use x.detach() for a value without history"
            )
        self.__class__ = Scalar if needed else Constant

    def detach(self) -> Scalar:
        """The same value without history: no gradient flows through it."""
        return Constant(self._data)

    def item(self) -> float:
        return self._data

    def __repr__(self) -> str:
        grad = self._grad._data if isinstance(self._grad, Scalar) else self._grad
        note = f"grad={grad!r}" if self.requires_grad else "requires_grad=False"
        return f"Scalar({self._data!r}, {note}{'' if self.name is None else f', name={self.name!r}'})"

    def __format__(self, spec: str) -> str:
        return format(self._data if spec else repr(self), spec)

    def __reduce__(self) -> Any:
        if self.op is not None:
            raise RuntimeError("only leaves can be copied or pickled: a copy would have no history; use x.detach()")
        grad = self._grad.detach() if isinstance(self._grad, Scalar | Tensor) else self._grad
        return type(self), (self._data, self.requires_grad, self.name), (None, {"grad": grad})

    # --- Differentiation ---

    def backward(
        self,
        gradient: Any = 1.0,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Iterable[Scalar] | None = None,
    ) -> None:
        """Add d(self)/d(node), times `gradient`, to the `grad` of every node that self was computed from.

        With `create_graph` the gradients are Scalars that can be differentiated in turn. With `inputs`, only these get
        theirs. The graph keeps the values and nothing else, so there is nothing for `retain_graph` to retain: a second
        call works without it and adds the same gradients once more.

        >>> x = Scalar(3.0)
        >>> (x**3).backward(create_graph=True)
        >>> slope, x.grad = x.grad, 0
        >>> slope.backward()
        >>> slope.data, x.grad
        (27.0, 18.0)
        """
        if not self.requires_grad:
            raise RuntimeError(
                "backward() on a Scalar that needs no gradient: it was made under no_grad, by detach() or from such "
                "Scalars only. Make the inputs with Scalar(value)"
            )
        found: dict[Any, Any]
        anomaly, profile = (modes.innermost("anomaly"), modes.innermost("profile")) if modes.entered else (None, None)
        pull = profile and profile.pull(create_graph)
        if create_graph:
            seed = gradient if isinstance(gradient, Scalar) else Constant(gradient)
            with modes.enable_grad(), np.errstate(all="ignore"):
                found = graph.sweep({self: seed}, inputs, lift=True, pull=pull)
        elif anomaly is not None or profile is not None:
            check = anomaly and anomaly.backward
            found = graph.sweep({self: _float(gradient, "gradient")}, inputs, pull=pull, check=check)
        else:
            g = _float(gradient, "gradient")
            if inputs is None:
                with lane:
                    if _sweep(self, g):
                        return
            found = graph.sweep({self: g}, inputs)
        with lane:
            for node, g in found.items():
                node.accumulate(g)  # type: ignore[attr-defined]

    def accumulate(self, g: Any) -> None:
        self._grad = g if self._grad.__class__ is float and self._grad == 0.0 else self._grad + g

    def register_hook(self, hook: Callable[[Any], Any]) -> Hook:
        """Call `hook(g)` with dy/d(self) in every backward pass; a result other than None replaces g.

        `remove()` of what is returned takes the hook off again.
        """

        def call(g: Any) -> Any:
            replaced = hook(g)
            if replaced is None or isinstance(g, Scalar | Tensor):
                return replaced
            return _float(replaced, "what a hook returns")

        return Hook(self, call)

    # --- Operators and functions ---

    __add__ = add
    __sub__ = subtract
    __mul__ = multiply
    __truediv__ = divide
    __mod__ = remainder
    __floordiv__ = floor_divide
    __pow__ = power
    __neg__ = _form(arithmetic.negative)
    __pos__ = _form(arithmetic.positive)
    __abs__ = abs = _form(arithmetic.absolute)
    relu = _form(fused.relu)
    tanh = _form(arithmetic.tanh)
    sigmoid = _form(fused.sigmoid)
    softplus = _form(fused.softplus)
    exp = _form(arithmetic.exp)
    expm1 = _form(arithmetic.expm1)
    log = _form(arithmetic.log)
    log2 = _form(arithmetic.log2)
    log10 = _form(arithmetic.log10)
    log1p = _form(arithmetic.log1p)
    sqrt = _form(arithmetic.sqrt)
    square = _form(arithmetic.square)
    reciprocal = _form(arithmetic.reciprocal)
    sin = _form(arithmetic.sin)
    cos = _form(arithmetic.cos)
    tan = _form(arithmetic.tan)
    arcsin = asin = _form(arithmetic.arcsin)
    arccos = acos = _form(arithmetic.arccos)
    arctan = atan = _form(arithmetic.arctan)
    sinh = _form(arithmetic.sinh)
    cosh = _form(arithmetic.cosh)
    sign = _form(comparison.sign)
    floor = _form(comparison.floor)
    ceil = _form(comparison.ceil)

    pow, maximum, minimum, clip = arithmetic.power, arithmetic.maximum, arithmetic.minimum, arithmetic.clip

    def __radd__(self, other: Any) -> Any:
        return add(other, self)

    def __rsub__(self, other: Any) -> Any:
        return subtract(other, self)

    def __rmul__(self, other: Any) -> Any:
        return multiply(other, self)

    def __rtruediv__(self, other: Any) -> Any:
        return divide(other, self)

    def __rpow__(self, other: Any) -> Any:
        return power(other, self)

    def __rmod__(self, other: Any) -> Any:
        return remainder(other, self)

    def __rfloordiv__(self, other: Any) -> Any:
        return floor_divide(other, self)

    __hash__ = object.__hash__

    def __eq__(self, other: Any) -> Any:
        return _compared(operator.eq, self, other)

    def __ne__(self, other: Any) -> Any:
        return _compared(operator.ne, self, other)

    def __lt__(self, other: Any) -> Any:
        return _compared(operator.lt, self, other)

    def __le__(self, other: Any) -> Any:
        return _compared(operator.le, self, other)

    def __gt__(self, other: Any) -> Any:
        return _compared(operator.gt, self, other)

    def __ge__(self, other: Any) -> Any:
        return _compared(operator.ge, self, other)

    def __bool__(self) -> bool:
        return self._data != 0.0

    # --- Leaving the graph ---

    def __float__(self) -> float:
        return self._number(float)

    def __int__(self) -> int:
        return self._number(int)

    def _number(self, convert: Any) -> Any:
        if self.requires_grad and modes.is_grad_enabled():
            warnings.warn(
                f"{convert.__name__}(scalar) cuts the graph: no gradient flows through the result. Write scalar.data if a "
                "plain number is meant; use autograd's or NumPy's functions, not math's, to keep the gradient",
                UserWarning,
                stacklevel=3,
            )
        return convert(self._data)

    def as_tensor(self) -> Tensor:
        """A float64 Tensor without axes, through which gradients flow back to this Scalar."""
        return Tensor._make(np.float64(self._data), None if self.node is None else _tensor_node(self))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if self.requires_grad and modes.is_grad_enabled():
            raise TypeError(
                "np.asarray(scalar) would cut the graph: this Scalar needs a gradient. Use scalar.data for the value, "
                "scalar.as_tensor() or autograd.stack for a Tensor"
            )
        return np.array(self._data, dtype=dtype)

    __array_ufunc__ = Tensor.__array_ufunc__
    __array_function__ = Tensor.__array_function__


class Constant(Scalar):
    """A Scalar that needs no gradient: a result under `no_grad`, of `detach()`, of `sign`."""

    __slots__ = ()


# --- Constants, modes, Tensors ----------------------------------------------------------------------------------------


def record(form: Form, *operands: Any) -> Any:
    """Apply an operation under any modes: the general path, beside the written-out fast one."""
    if not all(isinstance(x, Scalar) or _is_number(x) for x in operands):
        return NotImplemented  # a Tensor or an array knows what to do
    if modes.tracing():
        raise TypeError(
            f"{form.declared.name} of Scalars while tracing: a trace follows Tensors only; Scalars would enter it as "
            "constants. Write scalar.data if that is meant, or use Tensors"
        )
    values = [x._data if isinstance(x, Scalar) else float(x) for x in operands]
    profile = modes.innermost("profile")
    try:
        out, timing = (form.forward(*values), None) if profile is None else profile.run(form.forward, *values)
    except ERRORS as error:
        out, timing = trouble(form, error, *values), None
    if out.__class__ is bool:
        return out
    places = tuple(
        [i for i, x in enumerate(operands) if isinstance(x, Scalar) and x.requires_grad and (i,) in form.steps]
    )
    if not places or not modes.is_grad_enabled():
        if timing is not None:
            profile.forward(form.declared, values, out, None, timing)
        return Constant(out)
    node = Scalar(out)
    node.op, node.a = form.steps[places], operands[places[0]]
    if len(operands) == 2:
        node.b = operands[1] if len(places) == 2 else values[1 - places[0]]
    if modes.innermost("observe"):
        node.note("value", out)
    if (anomaly := modes.innermost("anomaly")) is not None:
        anomaly.forward(form.declared, values, out, node)
    if timing is not None:
        profile.forward(form.declared, values, out, node, timing)
    return node


def of_scalars(declared: op.Operation, operands: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """What a function of Tensors gives for these operands if all are Scalars and numbers, else NotImplemented."""
    if not all(isinstance(x, Scalar) or _is_number(x) for x in operands):
        return NotImplemented
    if declared.name in CHOOSING:
        return CHOOSING[declared.name](*operands)
    if declared is arithmetic.power_number.op:  # type: ignore[attr-defined]
        return power(*operands, *params)
    form = form_of(declared)
    if form is None:
        return declared.function(*[x.as_tensor() if isinstance(x, Scalar) else x for x in operands], *params)
    return form.function(*operands)


# `where` and `clip` give one of their operands; the others belong to the graph, with a derivative of 0.
taken = Form(op.Operation("where", "elementwise", lambda a, b: a, [lambda g: g, lambda g: 0.0])).function


def _chosen(x: Any, *others: Any) -> Any:
    for other in others:
        x = taken(x, other)
    return x


CHOOSING: dict[str, Callable[..., Any]] = {
    "where": lambda condition, a, b: _chosen(a, b) if condition else _chosen(b, a),
    "clip": lambda x, low, high: (
        _chosen(high, x, low) if max(x, low) > high else _chosen(low, x, high) if x < low else _chosen(x, low, high)
    ),
}


def as_operand(x: Scalar) -> tuple[Any, Any, Any]:
    """(operand, its value, its node) of a Scalar among Tensors. Its value is a Python float, so the dtype is theirs."""
    if modes.tracing():
        raise TypeError("a Scalar in a trace would be a constant; write scalar.data if that is meant, or use a Tensor")
    if not x.requires_grad:
        return x._data, x._data, None
    t = Tensor._make(x._data, _tensor_node(x))
    return t, t._data, t._node


def _tensor_node(x: Scalar) -> ArrayNode:
    node = ArrayNode(_AS_TENSOR, (x,))
    node.shape, node.dtype = x.shape, x.dtype
    return node


class _AsTensor:
    """The operation that turns a Scalar into a Tensor, as nodes refer to it."""

    name, kind, arguments = "as_tensor", "linear", ["x"]

    def pull(self, node: Any, g: Any, inputs: Any) -> tuple[float]:
        return (float(g),)

    def lift(self, node: Any, g: Any, inputs: Any) -> tuple[Any]:
        return (g,)

    def keeps(self, node: Any, parent: Any) -> bool:
        return False

    def check_saved(self, node: Any) -> None:
        pass


_AS_TENSOR = _AsTensor()


def _is_number(x: Any) -> bool:
    if isinstance(x, np.generic | np.ndarray):
        return x.ndim == 0 and x.dtype.kind in "fiub"
    return isinstance(x, float | int)


def _float(value: Any, what: str) -> float:
    if _is_number(value):
        return float(value)
    hint = "; write .item() for its value" if isinstance(value, Scalar | Tensor) else ""
    raise TypeError(f"{what} must be a real number, not {type(value).__name__}{hint}")


def _compared(compare: Callable[[Any, Any], Any], x: Scalar, other: Any) -> Any:
    return compare(x._data, other._data if isinstance(other, Scalar) else other)


names.update(Scalar=Scalar, constant=Constant, record=record)
engine.of_scalars, engine.as_operand = of_scalars, as_operand

# --- The sweep over floats --------------------------------------------------------------------------------------------

lane = threading.RLock()  # one sweep at a time may keep its cotangents in the nodes


def _sweep(root: Scalar, seed: float) -> bool:
    """`graph.sweep` once more, for Scalars only, in a quarter of the time; False if it is not for this graph.

    What is faster: a cotangent is summed up in the node itself, where its gradient is to stay, not in a dict; `mark`, a
    zero of this sweep's own, tells at once that a node has been met; shares are floats, so nothing asks whether they may
    be added in place. Hooks must not see that: graphs with hooks, and observed ones, are left to `graph.sweep`.
    """
    mark = float("0")  # a new object, unlike 0.0
    earlier: list[Any] = [(root, root._grad)]  # nodes that had a gradient already, and which
    found: list[Any] = []
    stack: list[Any] = [root]
    keep, pop, push = found.append, stack.pop, stack.append
    try:
        root._grad = mark
        while stack:
            node = pop()
            if node.notes is not None and ("hooks" in node.notes or "value" in node.notes):
                _put_back(found, earlier)
                return False
            keep(node)
            a = node.a
            if a is not None:
                grad = a._grad
                if grad is not mark:
                    if grad.__class__ is not float or grad:
                        earlier.append((a, grad))
                    a._grad = mark
                    push(a)
                b = node.b
                if b.__class__ is not float:
                    grad = b._grad
                    if grad is not mark:
                        if grad.__class__ is not float or grad:
                            earlier.append((b, grad))
                        b._grad = mark
                        push(b)
        found.sort(key=attrgetter("order"), reverse=True)
        for node in found[bisect_right(found, -graph.latest_change[0], key=lambda node: -node.order) :]:
            if node.op is not None:
                graph.check_unchanged(node)
        root._grad = seed
        for node in found:
            g = node._grad
            if g and node.op is not None:  # zero stays zero, whatever the derivative
                try:
                    node.op.push(node, g)
                except ERRORS:
                    for parent, share in zip(node.inputs, node.op.pull(node, g, node.inputs)):
                        if parent is not None:
                            parent._grad += share
        for node, grad in earlier:
            g, node._grad = node._grad, grad
            node.accumulate(g)
    except BaseException:
        _put_back(found, earlier)
        raise
    return True


def _put_back(found: list[Any], earlier: list[Any]) -> None:
    for node in found:
        node._grad = 0.0
    for node, grad in earlier:
        node._grad = grad
