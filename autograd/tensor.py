"""Tensor: an array that remembers how it was made.

NumPy's functions and operators work on Tensors and record the graph; methods bear NumPy's names and PyTorch's. Where
the two contradict each other on the same words, NumPy wins.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any, Self, cast

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from . import cuts, display, graph, inplace, modes, op
from .arrays import ArrayNode, locate
from .compositions import making, orders, places, pointwise, products, shapes, summaries
from .compositions.orders import ValuesAndIndices
from .compositions.words import dims, like, refuse_unpacking
from .devices import CPU, Device, check_device
from .hooks import Hook
from .op import registry
from .reach import hand_out, root, take_in
from .rules import arithmetic, comparison, fused, indexing, linalg, reductions, shape

_new = object.__new__
_default_dtype = [np.dtype(np.float32)]


def set_default_dtype(dtype: Any) -> None:
    """The dtype of Tensors made from Python floats and by the factories: float32 at first, or float64.

    Arrays and NumPy scalars keep their own.
    """
    dtype = np.dtype(dtype)
    if dtype.kind != "f":
        raise TypeError(f"the default dtype must be a floating one, such as autograd.float64, not {dtype}")
    _default_dtype[0] = dtype


def get_default_dtype() -> np.dtype[Any]:
    """The dtype of Tensors made from Python floats."""
    return _default_dtype[0]


class Size(int):
    """The number of elements, NumPy's `x.size`; called, PyTorch's `x.size()` and `x.size(0)`."""

    _shape: tuple[int, ...]

    def __call__(self, dim: int | None = None) -> Any:
        return self._shape if dim is None else self._shape[dim]


def _in_place(name: str) -> Callable[..., Tensor]:
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return self._become(getattr(type(self), name), *args, **kwargs)

    method.__name__ = method.__qualname__ = name + "_"
    method.__doc__ = f"PyTorch's `{name}_`: the result of `{name}` takes the place of the values. Returns self."
    return method


class Tensor:
    """An array that remembers how it was made.

    `Tensor(data, requires_grad=False, dtype=None)` copies `data`. Arrays and NumPy scalars keep their dtype; Python
    floats get the default dtype (float32), Python ints int64, bools bool. Only floating Tensors can need a gradient.

    >>> x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    tensor([2., 4., 6.])

    Raises TypeError for complex or non-numeric data, and for `requires_grad=True` on integers.
    """

    __slots__ = ("_data", "_made", "_aside", "_base", "_shared", "_log", "__weakref__")

    _data: Any
    _made: Any  # the node that made it, before anything was written into its memory
    _aside: Any  # the leaf it was, once requires_grad has been taken back
    _base: Any  # of a view: the Tensor whose memory it sees
    _shared: bool  # whether anyone else may see its memory
    _log: Any  # what was written into its memory: see `inplace.py`
    __hash__ = object.__hash__

    def __init__(self, data: Any, requires_grad: bool = False, dtype: Any = None, *, device: Any = None) -> None:
        check_device(device)
        if not isinstance(requires_grad, bool | np.bool):
            raise TypeError(
                f"Tensor(data, requires_grad): True or False, and not {requires_grad!r}; a dtype is given as dtype="
            )
        if isinstance(data, Tensor):
            data._readable("Tensor(tensor)")
        self._data = as_array(data, dtype)
        self._made = None
        if requires_grad:
            self.requires_grad_()
        elif modes.entered and modes.innermost("observe"):
            cuts.leave(self, cuts.cuts_of(data))

    @staticmethod
    def _make(value: Any, node: Any) -> Tensor:
        """A Tensor on this very array, made at this node."""
        t: Tensor = _new(Tensor)
        t._data, t._made = value, node
        return t

    @property
    def _node(self) -> Any:
        """The node that it stands at: the one that made it, or one that knows of what was written into it since."""
        return inplace.current_node(self) if inplace.alive[0] else self._made

    @_node.setter
    def _node(self, node: Any) -> None:
        self._made = node

    # --- What it is ---

    @property
    def shape(self) -> tuple[int, ...]:
        return self._data.shape

    @property
    def ndim(self) -> int:
        return self._data.ndim

    @property
    def size(self) -> Any:
        size = Size(self._data.size)
        size._shape = self._data.shape
        return size

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._data.dtype

    @property
    def itemsize(self) -> int:
        return self._data.itemsize

    @property
    def nbytes(self) -> int:
        return self._data.nbytes

    @property
    def device(self) -> Device:
        return CPU

    @property
    def is_leaf(self) -> bool:
        """Whether it came from outside: made by the user, or needing no gradient."""
        return self._node is None or self._node.op is None

    @property
    def requires_grad(self) -> bool:
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, needed: bool) -> None:
        self.requires_grad_(needed)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Make this leaf need a gradient, or not any more. Returns itself."""
        if not requires_grad:
            if not self.is_leaf:
                raise RuntimeError(
                    "only a leaf can stop needing a gradient; use x.detach() for a value without history"
                )
            if self._node is not None:
                self._aside = (
                    self._node
                )  # with its gradient, for graphs that hold it and for the day it is needed again
            self._node = None
        elif self._node is None:
            if self.dtype.kind != "f":
                raise TypeError(
                    f"only floating Tensors can need a gradient, and this one is {self.dtype}; "
                    "write Tensor(data, dtype=float, requires_grad=True)"
                )
            leaf = getattr(self, "_aside", None) or ArrayNode()
            leaf.shape, leaf.dtype = self._data.shape, self._data.dtype
            self._node = leaf
        return self

    @property
    def grad(self) -> Tensor | None:
        """dJ/d(self) after `backward`, summed over the backward passes since it was last None; on leaves only.

        For another Tensor, ask before: `x.retain_grad()`.
        """
        node = getattr(self, "_aside", None) if self._node is None else self._node
        if node is not None and modes.entered and (tracer := modes.innermost("trace")) is not None:
            tracer.touch_grad(node, reads=True)
        return None if node is None else node.grad

    @grad.setter
    def grad(self, value: Any) -> None:
        if self._node is not None and modes.entered and (tracer := modes.innermost("trace")) is not None:
            tracer.touch_grad(self._node)
        if self._node is None:
            if value is None:
                if (aside := getattr(self, "_aside", None)) is not None:
                    aside.grad = None
                return
            raise TypeError("a Tensor that needs no gradient has no grad; call requires_grad_() first")
        if value is not None:
            value = value if isinstance(value, Tensor) else Tensor(value)
            if value.shape != self.shape or value.dtype != self.dtype:
                raise ValueError(
                    f"grad is {value.dtype} {value.shape}, but the Tensor is {self.dtype} {self.shape}; they must agree"
                )
        self._node.grad = value

    @property
    def grad_fn(self) -> Any:
        """The node that made this Tensor, or None for a leaf."""
        return None if self.is_leaf else self._node

    @property
    def node(self) -> Any:
        """Its place in the graph: see `autograd.graph`. None if it needs no gradient."""
        return self._node

    # --- Its value ---

    def numpy(self) -> np.ndarray[Any, Any]:
        """The values as an ndarray, on the same memory."""
        self._readable("numpy()")
        if self._data.__class__ is not np.ndarray:  # a NumPy scalar: from now on the array that was handed out
            self._data = np.asarray(self._data)
        self._shared = True
        array = hand_out(self._data)
        if modes.entered and modes.innermost("observe"):
            cuts.take_away(array, self, "numpy()")
        return array

    @property
    def data(self) -> Tensor:
        """A Tensor without history on the same memory. Assigning replaces the values."""
        if self._data.__class__ is not np.ndarray:
            self._data = np.asarray(self._data)
        twin = Tensor._make(self._data, None)
        if modes.entered and (tracer := modes.innermost("trace")) is not None:
            tracer.twin(twin, self)
            return twin
        twin._shared = self._shared = True
        if modes.entered and modes.innermost("observe"):
            cuts.take_away(twin, self, "detach() or .data")
        return twin

    @data.setter
    def data(self, value: Any) -> None:
        if modes.entered and (tracer := modes.innermost("trace")) is not None:
            with modes.no_grad():
                inplace.take_traced(tracer, self, value if isinstance(value, Tensor) else Tensor(value))
            return
        values = as_array(value, copy=False)
        if self._node is not None and values.dtype.kind != "f":
            raise TypeError(
                f"this Tensor needs a gradient, so its data must be floating, and not {values.dtype}; write x.astype(float)"
            )
        self._data = values if isinstance(value, Tensor) else take_in(values)
        if self._node is not None and self._node.op is None:
            self._node.shape, self._node.dtype = self._data.shape, self._data.dtype
        for slot in ("_base", "_shared", "_log"):  # which were about the memory that it had
            if hasattr(self, slot):
                delattr(self, slot)
        self._shared = True
        graph.touch(self._node)

    def item(self) -> Any:
        """The one element as a Python number."""
        self._readable("item()")
        if self._data.size != 1:
            raise ValueError(
                f"item() needs exactly one element, and the shape is {self.shape}; use tolist() or x[i].item()"
            )
        return self._data.item()

    def tolist(self) -> Any:
        """The elements as nested Python lists of numbers."""
        self._readable("tolist()")
        return self._data.tolist()

    def detach(self) -> Tensor:
        """The same values without history: no gradient flows through it."""
        return self.data

    def clone(self) -> Tensor:
        """A copy, through which gradients flow."""
        return copied(self)

    copy = clone

    def _readable(self, what: str) -> None:
        if modes.tracing():
            raise modes.TraceError(
                f"{what} on a Tensor while tracing: its value is not known yet, it changes with every replay. "
                "Compute with Tensors to the end, with np.where in place of an if, and read the result afterwards"
            )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        self._readable("np.asarray")
        if self._node is not None and modes.is_grad_enabled():
            raise TypeError(
                "np.asarray(tensor) would cut the graph: this Tensor needs a gradient. "
                "Use tensor.numpy() or tensor.detach() for the values, tensor.item() for one number, "
                "or autograd.stack to build an array of Tensors"
            )
        if self._data.__class__ is not np.ndarray:
            return np.array(self._data, dtype=dtype, copy=copy)
        self._shared = True
        return np.array(hand_out(self._data), dtype=dtype, copy=copy)

    def __dlpack__(self, **options: Any) -> Any:
        return np.asarray(self).__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return np.asarray(self._data).__dlpack_device__()

    def _number(self, convert: Callable[[Any], Any]) -> Any:
        self._readable(f"{convert.__name__}()")
        if self._data.size != 1:
            raise TypeError(
                f"{convert.__name__}() needs one element, and the shape is {self.shape}; use item() on one of them"
            )
        if self._node is not None and modes.is_grad_enabled():
            warnings.warn(
                f"{convert.__name__}(tensor) cuts the graph: this Tensor needs a gradient. "
                "Write tensor.item() if a plain number is meant; use NumPy's functions, not math's, to keep the gradient",
                UserWarning,
                stacklevel=3,
            )
        return convert(self._data.item())

    def __float__(self) -> float:
        return self._number(float)

    def __int__(self) -> int:
        return self._number(int)

    def __index__(self) -> int:
        self._readable("an index")
        if self.dtype.kind not in "iu" or self._data.size != 1:
            raise TypeError(f"only a Tensor of one integer can be an index, not {self.dtype} {self.shape}")
        return int(self._data.item())

    def __bool__(self) -> bool:
        self._readable("bool()")
        if self._data.size != 1:
            raise ValueError(f"the truth of {self._data.size} elements is ambiguous; use .any() or .all()")
        return bool(self._data)

    def __len__(self) -> int:
        if not self._data.ndim:
            raise TypeError("len() of a Tensor without axes")
        return self._data.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if not self._data.ndim:
            raise TypeError("a Tensor without axes cannot be iterated over")
        return (self[i] for i in range(len(self)))

    def __contains__(self, value: Any) -> bool:
        return bool((self == value).any())

    def __repr__(self) -> str:
        if modes.tracing():
            return f"<tensor of {self.dtype} {self.shape}, traced>"
        text = np.array2string(np.asarray(self._data), separator=", ", prefix="tensor(", precision=4)
        notes = "" if self.dtype in (np.float32, np.int64, np.bool_) else f", dtype={self.dtype}"
        if self._node is not None:
            notes += ", requires_grad=True" if self._node.op is None else f", from {self._node.op.name}"
        return f"tensor({text}{notes})"

    def _repr_html_(self) -> str | None:
        """A table in notebooks, with shape, dtype and where it comes from; None while its values are not known."""
        if modes.tracing() or modes.innermost("vmap") is not None:
            return None
        notes = f"{type(self).__name__} {self.shape}, {self.dtype}"
        if self._made is not None:
            notes += ", requires_grad" if self._made.op is None else f", from {self._made.op.name}"
        return display.array(self._data, notes)

    def __format__(self, spec: str) -> str:
        self._readable("formatting")
        if spec and self._data.size == 1:
            return format(self.item(), spec)
        try:
            return format(repr(self), spec)
        except ValueError:
            raise TypeError(
                f"format {spec!r} is for one number, and the shape is {self.shape}; format the elements: "
                f'", ".join(f"{{v:{spec}}}" for v in x.ravel().tolist()), or use np.printoptions'
            ) from None

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        self._readable("copy.deepcopy")
        if not self.is_leaf:
            raise RuntimeError(
                "only leaves can be deep-copied: a copy would have no history; use x.detach() or x.clone()"
            )
        twin: Tensor = _new(type(self))
        twin._data, twin._made = np.array(self._data), None
        memo[id(self)] = twin
        if self._node is not None:
            twin.requires_grad_()
            if self.grad is not None:
                twin.grad = self.grad.detach().clone()
        return twin

    def __reduce__(self) -> Any:
        self._readable("copy.copy or pickle")
        if not self.is_leaf:
            raise RuntimeError("only leaves can be pickled; use x.detach()")
        return _rebuild, (type(self), np.asarray(self._data), self.requires_grad)

    # --- NumPy's protocols ---

    __array_priority__ = 1000.0

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        function = registry.get(ufunc)
        if function is not None and method == "__call__" and not options:
            try:
                return function(*inputs)
            except (TypeError, ValueError, IndexError) as error:
                raise _with_name(error, ufunc) from None
        if options.get("out") is not None:
            raise TypeError(
                f"np.{ufunc.__name__}(..., out=array) would write a Tensor's values into an array and lose the graph "
                "(an array += tensor does this too); write result = a + b"
            )
        options.pop("out", None)
        if method != "__call__":
            return _ufunc_method(ufunc, method, inputs, options)
        if function is None and "scipy.special" in sys.modules:  # whose functions are declared in a module of their own
            importlib.import_module("autograd.special")
            function = registry.get(ufunc)
        if function is None:
            raise TypeError(f"np.{ufunc.__name__} has no derivative here; use .numpy() or .detach() if none is needed")
        if options.pop("where", True) is not True:
            raise TypeError(
                f"np.{ufunc.__name__}(..., where=mask) leaves elements undefined; write np.where(mask, result, other)"
            )
        dtype = options.pop("dtype", None)
        options.pop("casting", None)
        options.pop("subok", None)
        if ufunc.signature and options.keys() & {"axis", "axes", "keepdims"}:
            named = {name: options.pop(name, None) for name in ("axis", "axes", "keepdims")}
            return _along_axes(ufunc, inputs, named, {} if dtype is None else {"dtype": dtype})
        if options:
            raise TypeError(f"np.{ufunc.__name__} on Tensors does not take {', '.join(options)}")
        if dtype is not None:
            inputs = tuple(x.astype(dtype) if hasattr(x, "astype") else np.asarray(x, dtype) for x in inputs)
        return function(*inputs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        ours = registry.get(function)
        if ours is None:
            if function in READING or function in ASKING:
                return function(*_values(args, function in READING), **_values(kwargs, function in READING))
            if function in FILLING:
                return Tensor._make(function(*_values(args, False), **_values(kwargs, False)), None)
            name = f"{getattr(function, '__module__', 'numpy')}.{getattr(function, '__name__', function)}"
            raise TypeError(
                f"{name} does not work on Tensors; use .numpy() or .detach() for the values if no gradient is needed, "
                "or declare it: see autograd.op"
            )
        if len(args) > 2 or not args:
            args, kwargs = _named(function, args, kwargs)
        if kwargs:
            if kwargs.get("out", None) is not None:
                raise TypeError(f"np.{function.__name__}(..., out=) would lose the graph; use the result instead")
            missing = np._NoValue
            kwargs = {NAMES.get(k, k): v for k, v in kwargs.items() if v is not missing and k != "out"}
        try:
            return ours(*args, **kwargs)
        except (TypeError, ValueError, IndexError) as error:
            raise _with_name(error, function) from None

    # --- Differentiation ---

    def backward(
        self,
        gradient: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Iterable[Tensor] | None = None,
    ) -> None:
        """Add dJ/d(leaf) to the `grad` of every leaf that self was computed from, where J is self.

        gradient      dJ/d(self), of self's shape, where self is not J but on the way to it; 1 for a single element
        retain_graph  keep what the rules saved, so that the same graph can be gone through again
        create_graph  make the gradients themselves differentiable (implies retain_graph)
        inputs        only these leaves

        Raises RuntimeError if self has no history, if it has several elements and no `gradient` is given, and if
        the graph was gone through before without `retain_graph`.
        """
        seed = seed_of(self, gradient)
        targets = None if inputs is None else _nodes_of([inputs] if isinstance(inputs, Tensor) else inputs)
        found = run_backward({self._node: seed}, targets, retain_graph, create_graph)
        while found:
            leaf, g = found.popitem()  # taken out, so that accumulate can see whether anyone else holds g
            leaf.accumulate(g)

    def register_hook(self, hook: Callable[[Tensor], Any]) -> Hook:
        """Call `hook(g)` with dJ/d(self) in every backward pass; a result other than None replaces g.

        `remove()` of what is returned takes the hook off again.
        """
        node = self._needed_node("register_hook")

        def call(g: Any) -> Any:
            replaced = hook(g if isinstance(g, Tensor) else Tensor._make(np.array(g), None))
            if replaced is None:
                return None
            value = replaced if isinstance(replaced, Tensor) else Tensor(replaced)
            if value.shape != g.shape:
                raise ValueError(f"a hook returned a gradient of shape {value.shape} for one of shape {g.shape}")
            if value.dtype != g.dtype:
                value = value.astype(g.dtype)
            return value if isinstance(g, Tensor) else value._data

        return Hook(node, call)

    def retain_grad(self) -> None:
        """Keep the gradient of this Tensor too, although it is not a leaf."""
        node = self._needed_node("retain_grad")
        if node.op is not None and not (node.notes or {}).get("retains grad"):
            node.note("retains grad", True)

    def _needed_node(self, what: str) -> Any:
        if self._node is None:
            raise RuntimeError(f"{what}() on a Tensor that needs no gradient; make it with requires_grad=True")
        return self._node

    # --- Operators ---

    def _become(self, function: Callable[..., Tensor], *args: Any, **kwargs: Any) -> Tensor:
        """What `function` makes of self takes its place: what `self += other` does."""
        if modes.entered and (tracer := modes.innermost("trace")) is not None:
            return inplace.take_traced(tracer, self, function(self, *args, **kwargs))
        inplace.begin(self, args)
        return inplace.take_value(self, function(self, *args, **kwargs))

    def __iadd__(self, other: Any) -> Tensor:  # type: ignore[misc]
        return self._become(arithmetic.add, other)

    def __isub__(self, other: Any) -> Tensor:  # type: ignore[misc]
        return self._become(arithmetic.subtract, other)

    def __imul__(self, other: Any) -> Tensor:  # type: ignore[misc]
        return self._become(arithmetic.multiply, other)

    def __itruediv__(self, other: Any) -> Tensor:  # type: ignore[misc]
        return self._become(arithmetic.divide, other)

    def __ifloordiv__(self, other: Any) -> Tensor:  # type: ignore[misc]
        return self._become(comparison.floor_divide, other)

    def __imod__(self, other: Any) -> Tensor:  # type: ignore[misc]
        return self._become(arithmetic.remainder, other)

    def __ipow__(self, other: Any) -> Tensor:  # type: ignore[misc]
        return self._become(arithmetic.power, other)

    def __imatmul__(self, other: Any) -> Tensor:  # type: ignore[misc]
        return self._become(linalg.matmul, other)

    __add__ = arithmetic.add
    __sub__ = arithmetic.subtract
    __mul__ = arithmetic.multiply
    __truediv__ = arithmetic.divide
    __mod__ = arithmetic.remainder
    __pow__ = arithmetic.power
    __matmul__ = linalg.matmul
    __floordiv__ = comparison.floor_divide

    def __divmod__(self, other: Any) -> tuple[Any, Any]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Any, Any]:
        return other // self, other % self

    __neg__ = arithmetic.negative
    __pos__ = arithmetic.positive
    __abs__ = arithmetic.absolute
    __eq__ = comparison.equal
    __ne__ = comparison.not_equal
    __lt__ = comparison.less
    __le__ = comparison.less_equal
    __gt__ = comparison.greater
    __ge__ = comparison.greater_equal
    __and__ = comparison.bitwise_and
    __or__ = comparison.bitwise_or
    __xor__ = comparison.bitwise_xor
    __lshift__ = comparison.left_shift
    __rshift__ = comparison.right_shift
    __invert__ = comparison.invert

    def __radd__(self, other: Any) -> Tensor:
        return arithmetic.add(other, self)

    def __rsub__(self, other: Any) -> Tensor:
        return arithmetic.subtract(other, self)

    def __rmul__(self, other: Any) -> Tensor:
        return arithmetic.multiply(other, self)

    def __rtruediv__(self, other: Any) -> Tensor:
        return arithmetic.divide(other, self)

    def __rmod__(self, other: Any) -> Tensor:
        return arithmetic.remainder(other, self)

    def __rpow__(self, other: Any) -> Tensor:
        return arithmetic.power(other, self)

    def __rmatmul__(self, other: Any) -> Tensor:
        return linalg.matmul(other, self)

    def __rfloordiv__(self, other: Any) -> Tensor:
        return comparison.floor_divide(other, self)

    def __rand__(self, other: Any) -> Tensor:
        return comparison.bitwise_and(other, self)

    def __ror__(self, other: Any) -> Tensor:
        return comparison.bitwise_or(other, self)

    def __rxor__(self, other: Any) -> Tensor:
        return comparison.bitwise_xor(other, self)

    def __rlshift__(self, other: Any) -> Tensor:
        return comparison.left_shift(other, self)

    def __rrshift__(self, other: Any) -> Tensor:
        return comparison.right_shift(other, self)

    def __getitem__(self, index: Any) -> Tensor:
        if index.__class__ is not int and index.__class__ is not slice:
            index = _index(index)
        if inplace.alive[0] and (found := inplace.read(self, index)) is not None:
            return found
        return indexing.getitem(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        inplace.write(self, _index(index), value)

    # --- Methods: NumPy's names and PyTorch's ---

    exp = arithmetic.exp
    exp2 = arithmetic.exp2
    log = arithmetic.log
    log2 = arithmetic.log2
    log10 = arithmetic.log10
    log1p = arithmetic.log1p
    expm1 = arithmetic.expm1
    logaddexp = arithmetic.logaddexp
    logaddexp2 = arithmetic.logaddexp2
    sqrt = arithmetic.sqrt
    cbrt = arithmetic.cbrt
    square = arithmetic.square
    reciprocal = arithmetic.reciprocal
    abs = absolute = arithmetic.absolute
    fabs = arithmetic.fabs
    sign = comparison.sign
    signbit = comparison.signbit
    copysign = arithmetic.copysign
    conj = conjugate = arithmetic.conjugate
    sin = arithmetic.sin
    cos = arithmetic.cos
    tan = arithmetic.tan
    sinh = arithmetic.sinh
    cosh = arithmetic.cosh
    tanh = arithmetic.tanh
    arcsin = asin = arithmetic.arcsin
    arccos = acos = arithmetic.arccos
    arctan = atan = arithmetic.arctan
    arctan2 = atan2 = arithmetic.arctan2
    arcsinh = asinh = arithmetic.arcsinh
    arccosh = acosh = arithmetic.arccosh
    arctanh = atanh = arithmetic.arctanh
    hypot = arithmetic.hypot
    sinc = arithmetic.sinc
    degrees = rad2deg = arithmetic.degrees
    radians = deg2rad = arithmetic.radians
    sigmoid = fused.sigmoid
    softplus = fused.softplus
    relu = fused.relu
    floor = comparison.floor
    ceil = comparison.ceil
    trunc = fix = comparison.trunc
    rint = comparison.rint
    heaviside = arithmetic.heaviside
    nextafter = comparison.nextafter
    spacing = comparison.spacing
    isnan = comparison.isnan
    isinf = comparison.isinf
    isfinite = comparison.isfinite
    nan_to_num = arithmetic.nan_to_num
    neg = negative = arithmetic.negative
    positive = arithmetic.positive
    add = pointwise.add
    sub = subtract = pointwise.sub
    mul = multiply = arithmetic.multiply
    div = divide = true_divide = pointwise.div
    floor_divide = comparison.floor_divide
    remainder = arithmetic.remainder
    fmod = arithmetic.fmod
    pow = power = arithmetic.power
    float_power = arithmetic.float_power
    maximum = arithmetic.maximum
    minimum = arithmetic.minimum
    fmax = arithmetic.fmax
    fmin = arithmetic.fmin
    gcd = comparison.gcd
    lcm = comparison.lcm
    eq = comparison.equal
    ne = not_equal = comparison.not_equal
    lt = less = comparison.less
    le = less_equal = comparison.less_equal
    gt = greater = comparison.greater
    ge = greater_equal = comparison.greater_equal
    logical_and = comparison.logical_and
    logical_or = comparison.logical_or
    logical_xor = comparison.logical_xor
    logical_not = comparison.logical_not
    bitwise_and = comparison.bitwise_and
    bitwise_or = comparison.bitwise_or
    bitwise_xor = comparison.bitwise_xor
    bitwise_not = invert = comparison.invert
    bitwise_left_shift = left_shift = comparison.left_shift
    bitwise_right_shift = right_shift = comparison.right_shift
    matmul = linalg.matmul
    dot = linalg.dot
    inner = linalg.inner
    vdot = linalg.vdot
    outer = linalg.outer

    def round(self, decimals: Any = 0) -> Tensor:
        """Rounded to so many decimals, a tie to the even digit; no gradient flows."""
        return cast(Any, np.round)(self, decimals)

    def where(self, condition: Any, other: Any) -> Tensor:
        """Itself where the condition is true, else `other`, PyTorch's method."""
        return arithmetic.where(condition, self, other)

    def rsqrt(self) -> Tensor:
        return self.sqrt().reciprocal()

    def clip(self, min: Any = None, max: Any = None) -> Tensor:
        return arithmetic.clip(self, min, max)

    clamp = clip

    def sum(
        self, axis: Any = None, dtype: Any = None, keepdims: bool = False, *, dim: Any = None, keepdim: bool = False
    ) -> Tensor:
        return reductions.sum(self, _axis(axis, dim, self), dtype, keepdims or keepdim)

    def mean(
        self, axis: Any = None, dtype: Any = None, keepdims: bool = False, *, dim: Any = None, keepdim: bool = False
    ) -> Tensor:
        return reductions.mean(self, _axis(axis, dim, self), dtype, keepdims or keepdim)

    def prod(
        self, axis: Any = None, dtype: Any = None, keepdims: bool = False, *, dim: Any = None, keepdim: bool = False
    ) -> Tensor:
        return reductions.prod(self, _axis(axis, dim, self), dtype, keepdims or keepdim)

    def var(
        self, axis: Any = None, dtype: Any = None, ddof: float | None = None, keepdims: bool = False, **torch: Any
    ) -> Tensor:
        """NumPy's variance (ddof 0); with `dim=`, `keepdim=`, `unbiased=` or `correction=` PyTorch's (correction 1)."""
        return reductions.var(self, **_moment(self, axis, dtype, ddof, keepdims, torch))

    def std(
        self, axis: Any = None, dtype: Any = None, ddof: float | None = None, keepdims: bool = False, **torch: Any
    ) -> Tensor:
        """NumPy's standard deviation (ddof 0); with `dim=`, `keepdim=`, `unbiased=` or `correction=` PyTorch's."""
        return reductions.std(self, **_moment(self, axis, dtype, ddof, keepdims, torch))

    def max(self, axis: Any = None, keepdims: bool = False, *, dim: int | None = None, keepdim: bool = False) -> Any:
        """NumPy's maximum; with `dim=`, PyTorch's pair (values, indices), the gradient going to the index named."""
        if dim is not None:
            return _selected(self, reductions.argmax, _axis(axis, dim), keepdim)
        if axis is not None:
            refuse_unpacking("max", axis)
        return reductions.max(self, axis, keepdims)

    def min(self, axis: Any = None, keepdims: bool = False, *, dim: int | None = None, keepdim: bool = False) -> Any:
        """NumPy's minimum; with `dim=`, PyTorch's pair (values, indices), the gradient going to the index named."""
        if dim is not None:
            return _selected(self, reductions.argmin, _axis(axis, dim), keepdim)
        if axis is not None:
            refuse_unpacking("min", axis)
        return reductions.min(self, axis, keepdims)

    def argmax(
        self, axis: int | None = None, keepdims: bool = False, *, dim: int | None = None, keepdim: bool = False
    ) -> Tensor:
        return reductions.argmax(self, _axis(axis, dim, self), keepdims=keepdims or keepdim)

    def argmin(
        self, axis: int | None = None, keepdims: bool = False, *, dim: int | None = None, keepdim: bool = False
    ) -> Tensor:
        return reductions.argmin(self, _axis(axis, dim, self), keepdims=keepdims or keepdim)

    def amax(self, axis: Any = None, keepdims: bool = False, *, dim: Any = None, keepdim: bool = False) -> Tensor:
        return reductions.max(self, _axis(axis, dim, self), keepdims or keepdim)

    def amin(self, axis: Any = None, keepdims: bool = False, *, dim: Any = None, keepdim: bool = False) -> Tensor:
        return reductions.min(self, _axis(axis, dim, self), keepdims or keepdim)

    def count_nonzero(self, axis: Any = None, keepdims: bool = False, *, dim: Any = None) -> Tensor:
        return reductions.count_nonzero(self, _axis(axis, dim, self), keepdims=keepdims)

    def any(self, axis: Any = None, keepdims: bool = False, *, dim: Any = None, keepdim: bool = False) -> Tensor:
        return reductions.any(self, _axis(axis, dim, self), keepdims or keepdim)

    def all(self, axis: Any = None, keepdims: bool = False, *, dim: Any = None, keepdim: bool = False) -> Tensor:
        return reductions.all(self, _axis(axis, dim, self), keepdims or keepdim)

    def cumsum(self, axis: Any = None, dtype: Any = None, *, dim: Any = None) -> Tensor:
        out = reductions.cumsum(self, _axis(axis, dim, self), dtype)
        return out if dim is None else like(out, self)

    def cumprod(self, axis: Any = None, dtype: Any = None, *, dim: Any = None) -> Tensor:
        out = reductions.cumprod(self, _axis(axis, dim, self), dtype)
        return out if dim is None else like(out, self)

    def logsumexp(self, axis: Any = None, keepdims: bool = False, *, dim: Any = None, keepdim: bool = False) -> Tensor:
        return fused.logsumexp(self, _axis(axis, dim, self), keepdims or keepdim)

    def softmax(self, axis: int = -1, *, dim: int | None = None) -> Tensor:
        return fused.softmax(self, axis if dim is None else dim)

    def log_softmax(self, axis: int = -1, *, dim: int | None = None) -> Tensor:
        return fused.log_softmax(self, axis if dim is None else dim)

    @property
    def T(self) -> Tensor:
        """The axes reversed."""
        return shape.transpose(self)

    @property
    def mT(self) -> Tensor:
        """The last two axes exchanged."""
        return shape.swapaxes(self, -1, -2)

    def reshape(self, *shape_: Any, order: str = "C") -> Tensor:
        return shape.reshape(self, _loose(shape_), order)

    def view(self, *shape_: Any) -> Tensor:
        """PyTorch's `view(shape)`, a reshape; with a dtype, a conversion is refused: use `astype`."""
        if len(shape_) == 1 and not isinstance(shape_[0], int | np.integer | Sequence):
            raise TypeError("view(dtype) would reinterpret the bytes; use astype(dtype) to convert")
        return shape.reshape(self, _loose(shape_))

    def transpose(self, *axes: Any) -> Tensor:
        """`transpose()` reverses the axes; with two loose integers these two are exchanged; else a permutation."""
        if len(axes) == 2 and not isinstance(axes[0], Sequence):
            return shape.swapaxes(self, *axes)
        return shape.transpose(self, None if not axes or axes == (None,) else _loose(axes))

    def permute(self, *dims: Any) -> Tensor:
        return shape.transpose(self, _loose(dims))

    @property
    def H(self) -> Tensor:
        """A matrix with its axes exchanged."""
        return shapes.t(self)

    mH = mT

    def swapaxes(self, axis1: int, axis2: int) -> Tensor:
        return shape.swapaxes(self, axis1, axis2)

    def moveaxis(self, source: Any, destination: Any) -> Tensor:
        return shape.moveaxis(self, source, destination)

    swapdims, movedim = swapaxes, moveaxis

    def ravel(self, order: str = "C") -> Tensor:
        return shape.ravel(self, order)

    def flatten(self, start_dim: Any = 0, end_dim: int = -1, *, order: str = "C") -> Tensor:
        """All axes made one, in a copy, as in NumPy; those from `start_dim` to `end_dim`, as in PyTorch."""
        if isinstance(start_dim, str) or order != "C" or (start_dim == 0 and end_dim == -1):
            line = shape.ravel(self, start_dim if isinstance(start_dim, str) else order)
            return copied(line) if np.may_share_memory(line._data, self._data) else line
        return shapes.flatten(self, start_dim, end_dim)

    def expand_dims(self, axis: Any) -> Tensor:
        return shape.expand_dims(self, axis)

    def unsqueeze(self, dim: int) -> Tensor:
        return shape.expand_dims(self, dim)

    def squeeze(self, axis: Any = None, *, dim: Any = None) -> Tensor:
        """Without its axes of size 1, or without those named; a named axis that is longer stays, as in PyTorch."""
        axis = _axis(axis, dim)
        if axis is not None:
            axes = normalize_axis_tuple(axis, max(self.ndim, 1), f"squeeze of shape {self.shape}")
            axis = tuple(i for i in axes if self.ndim and self.shape[i] == 1)
        return shape.squeeze(self, axis)

    def broadcast_to(self, shape_: Any) -> Tensor:
        return shape.broadcast_to(self, shape_)

    def expand(self, *sizes: Any) -> Tensor:
        """Repeated along axes of size 1; -1 keeps a size."""
        wanted = _loose(sizes)
        own = (1,) * (len(wanted) - self.ndim) + self.shape
        return shape.broadcast_to(self, tuple(m if n == -1 else n for n, m in zip(wanted, own)))

    def repeat(self, repeats: Any, axis: Any = None) -> Tensor:
        """NumPy's `repeat`: each element. PyTorch's repeat of the whole is `tile`."""
        return shape.repeat(self, repeats, axis)

    def tile(self, *reps: Any) -> Tensor:
        return shape.tile(self, _loose(reps))

    def flip(self, *axes: Any) -> Tensor:
        return shape.flip(self, _loose(axes) if axes else None)

    def roll(self, shifts: Any, axis: Any = None, *, dims: Any = None) -> Tensor:
        """Elements shifted along `axis`, those that fall off the end coming back at the front."""
        return shape.roll(self, shifts, _axis(axis, dims))

    def nonzero(self) -> Any:
        """NumPy's: an array of indices for each axis. PyTorch's is `autograd.nonzero`."""
        return arithmetic.nonzero(self)

    def masked_fill(self, mask: Any, value: Any) -> Tensor:
        """`value` where the mask is true."""
        return arithmetic.where(mask, value, self)

    def astype(self, dtype: Any, copy: bool = True) -> Tensor:
        """A copy in another dtype; with copy=False the Tensor itself if it has it, as with `to`."""
        return shape.astype(self, dtype, copy=copy)

    def to(self, *args: Any, dtype: Any = None, device: Any = None, **_: Any) -> Tensor:
        """In another dtype; `device` can only be the CPU."""
        for arg in args:
            if isinstance(arg, str | type(None)) or type(arg).__name__ == "Device":
                device = arg
            else:
                dtype = arg.dtype if isinstance(arg, Tensor) else arg
        check_device(device)
        return self if dtype is None else shape.in_dtype(self, dtype)

    def float(self) -> Tensor:
        return shape.in_dtype(self, np.float32)

    def double(self) -> Tensor:
        return shape.in_dtype(self, np.float64)

    def long(self) -> Tensor:
        return shape.in_dtype(self, np.int64)

    def int(self) -> Tensor:
        return shape.in_dtype(self, np.int32)

    def bool(self) -> Tensor:
        return shape.in_dtype(self, np.bool_)

    def cpu(self) -> Tensor:
        return self

    # --- In place: PyTorch's names, which end in _ ---

    def fill_(self, value: Any) -> Self:
        """Write one number into every element. Returns self."""
        self[...] = value
        return self

    def zero_(self) -> Self:
        """Write 0 into every element. Returns self."""
        return self.fill_(0)

    def copy_(self, src: Any) -> Self:
        """Write the values of `src`, broadcast to this shape and cast to this dtype. Returns self."""
        self[...] = src
        return self

    def detach_(self) -> Self:
        """Forget how it was made: from now on no gradient flows through it. Returns self."""
        if root(self) is not self:
            raise RuntimeError("detach_() on a view, which belongs to the graph of its base; write x = x.detach()")
        if modes.entered and modes.innermost("observe"):
            cuts.take_away(self, self, "detach_()")
        self._made = None
        if hasattr(self, "_log"):
            del self._log
        return self

    def normal_(self, mean: Any = 0.0, std: Any = 1.0, *, generator: Any = None) -> Self:
        """Write normally distributed random numbers. Returns self."""
        return self.fill_(_drawn(self, "randn", generator) * std + mean)

    def uniform_(self, low: Any = 0.0, high: Any = 1.0, *, generator: Any = None) -> Self:
        """Write random numbers uniform on [low, high). Returns self."""
        return self.fill_(_drawn(self, "rand", generator) * (high - low) + low)

    def bernoulli_(self, p: Any = 0.5, *, generator: Any = None) -> Self:
        """Write 1 with probability p, else 0. Returns self."""
        return self.fill_(_drawn(self, "rand", generator) < p)

    abs_ = _in_place("abs")
    absolute_ = _in_place("absolute")
    acos_ = _in_place("acos")
    arccos_ = _in_place("arccos")
    arcsin_ = _in_place("arcsin")
    arctan_ = _in_place("arctan")
    asin_ = _in_place("asin")
    atan_ = _in_place("atan")
    ceil_ = _in_place("ceil")
    clamp_ = _in_place("clamp")
    clip_ = _in_place("clip")
    cos_ = _in_place("cos")
    cosh_ = _in_place("cosh")
    exp_ = _in_place("exp")
    exp2_ = _in_place("exp2")
    expm1_ = _in_place("expm1")
    floor_ = _in_place("floor")
    log_ = _in_place("log")
    log10_ = _in_place("log10")
    log1p_ = _in_place("log1p")
    log2_ = _in_place("log2")
    nan_to_num_ = _in_place("nan_to_num")
    neg_ = _in_place("neg")
    negative_ = _in_place("negative")
    reciprocal_ = _in_place("reciprocal")
    relu_ = _in_place("relu")
    round_ = _in_place("round")
    rsqrt_ = _in_place("rsqrt")
    sigmoid_ = _in_place("sigmoid")
    sign_ = _in_place("sign")
    sin_ = _in_place("sin")
    sinh_ = _in_place("sinh")
    sqrt_ = _in_place("sqrt")
    square_ = _in_place("square")
    tan_ = _in_place("tan")
    tanh_ = _in_place("tanh")
    trunc_ = _in_place("trunc")
    add_ = _in_place("add")
    sub_ = _in_place("sub")
    subtract_ = _in_place("subtract")
    mul_ = _in_place("mul")
    multiply_ = _in_place("multiply")
    div_ = _in_place("div")
    divide_ = _in_place("divide")
    true_divide_ = _in_place("true_divide")
    floor_divide_ = _in_place("floor_divide")
    remainder_ = _in_place("remainder")
    fmod_ = _in_place("fmod")
    pow_ = _in_place("pow")
    masked_fill_ = _in_place("masked_fill")
    clamp_max_ = _in_place("clamp_max")
    clamp_min_ = _in_place("clamp_min")
    frac_ = _in_place("frac")
    addcmul_ = _in_place("addcmul")
    addcdiv_ = _in_place("addcdiv")
    addmm_ = _in_place("addmm")
    lerp_ = _in_place("lerp")
    masked_scatter_ = _in_place("masked_scatter")
    index_add_ = _in_place("index_add")
    index_copy_ = _in_place("index_copy")
    index_fill_ = _in_place("index_fill")
    index_put_ = _in_place("index_put")
    scatter_ = _in_place("scatter")
    scatter_add_ = _in_place("scatter_add")
    scatter_reduce_ = _in_place("scatter_reduce")
    tril_ = _in_place("tril")
    triu_ = _in_place("triu")
    cumsum_ = _in_place("cumsum")
    cumprod_ = _in_place("cumprod")

    # --- How it lies in memory ---

    def contiguous(self, memory_format: Any = None) -> Tensor:
        """Itself if its elements lie in memory row by row, else a copy of which they do."""
        return self if self._data.flags.c_contiguous else copied(self)

    def is_contiguous(self, memory_format: Any = None) -> Any:
        return self._data.flags.c_contiguous

    def stride(self, dim: Any = None) -> Any:
        """How many elements apart neighbours along each axis, or along `dim`, lie in memory."""
        steps = tuple(n // self._data.itemsize for n in self._data.strides)
        return steps if dim is None else steps[dim]

    def element_size(self) -> Any:
        return self._data.itemsize

    def dim(self) -> Any:
        return self._data.ndim

    ndimension = dim

    def numel(self) -> Any:
        return self._data.size

    nelement = numel

    # --- PyTorch's functions as methods ---

    sort = orders.sort_method
    median = orders.median_method
    nanmedian = orders.nanmedian
    argsort = orders.argsort
    msort = orders.msort
    topk = orders.topk
    kthvalue = orders.kthvalue
    mode = orders.mode
    cummax = orders.cummax
    cummin = orders.cummin
    unique = orders.unique
    unique_consecutive = orders.unique_consecutive
    histc = orders.histc
    bincount = orders.bincount
    argwhere = orders.argwhere

    index_select = places.index_select
    gather = places.gather
    take = places.take
    take_along_dim = places.take_along_dim
    scatter = places.scatter
    scatter_add = places.scatter_add
    scatter_reduce = places.scatter_reduce
    index_add = places.index_add
    index_copy = places.index_copy
    index_fill = places.index_fill
    index_put = places.index_put
    index_reduce = places.index_reduce
    put = places.put
    masked_select = places.masked_select
    masked_scatter = places.masked_scatter
    select_scatter = places.select_scatter
    slice_scatter = places.slice_scatter
    diagonal_scatter = places.diagonal_scatter

    split = shapes.split
    split_with_sizes = shapes.split_with_sizes
    chunk = shapes.chunk
    tensor_split = shapes.tensor_split
    hsplit = shapes.hsplit
    vsplit = shapes.vsplit
    dsplit = shapes.dsplit
    unbind = shapes.unbind
    unflatten = shapes.unflatten
    select = shapes.select
    narrow = shapes.narrow
    unfold = shapes.unfold
    expand_as = shapes.expand_as
    view_as = reshape_as = shapes.reshape_as
    sum_to_size = shapes.sum_to_size
    repeat_interleave = shapes.repeat_interleave
    t = shapes.t
    adjoint = shapes.adjoint
    rot90 = shapes.rot90
    fliplr = shapes.fliplr
    flipud = shapes.flipud
    tril = shapes.tril
    triu = shapes.triu
    diag = shapes.diag
    diagflat = shapes.diagflat
    diagonal = shapes.diagonal
    diag_embed = shapes.diag_embed
    trace = shapes.trace

    mm = products.mm
    mv = products.mv
    bmm = products.bmm
    ger = products.ger
    addmm = products.addmm
    addmv = products.addmv
    addr = products.addr
    addbmm = products.addbmm
    baddbmm = products.baddbmm
    kron = products.kron
    cross = products.cross
    norm = products.norm
    dist = products.dist
    renorm = products.renorm
    det = products.det
    logdet = products.logdet
    slogdet = products.slogdet
    inverse = products.inverse
    pinverse = products.pinverse
    matrix_power = products.matrix_power
    matrix_exp = products.matrix_exp
    cholesky = products.cholesky
    qr = products.qr
    svd = products.svd

    nansum = summaries.nansum
    nanmean = summaries.nanmean
    aminmax = summaries.aminmax
    quantile = summaries.quantile
    nanquantile = summaries.nanquantile
    logcumsumexp = summaries.logcumsumexp
    diff = summaries.diff
    cov = summaries.cov
    corrcoef = summaries.corrcoef

    lerp = pointwise.lerp
    addcmul = pointwise.addcmul
    addcdiv = pointwise.addcdiv
    clamp_min = pointwise.clamp_min
    clamp_max = pointwise.clamp_max
    frac = pointwise.frac
    ldexp = pointwise.ldexp
    frexp = pointwise.frexp
    sgn = comparison.sign
    erf = pointwise.erf
    erfc = pointwise.erfc
    erfinv = pointwise.erfinv
    lgamma = pointwise.lgamma
    digamma = pointwise.digamma
    mvlgamma = pointwise.mvlgamma
    igamma = pointwise.igamma
    igammac = pointwise.igammac
    i0 = pointwise.i0
    xlogy = pointwise.xlogy
    logit = pointwise.logit
    isclose = pointwise.isclose
    allclose = pointwise.allclose
    equal = pointwise.equal
    isneginf = pointwise.isneginf
    isposinf = pointwise.isposinf
    is_floating_point = pointwise.is_floating_point
    is_complex = pointwise.is_complex
    is_nonzero = pointwise.is_nonzero
    is_same_size = pointwise.is_same_size

    def polygamma(self, n: Any) -> Tensor:
        """The n-th derivative of the digamma function."""
        return pointwise.polygamma(n, self)

    def multinomial(self, num_samples: Any, replacement: Any = False, *, generator: Any = None) -> Tensor:
        """The numbers of elements drawn with these weights, of each row."""
        return importlib.import_module("autograd.random").multinomial(
            self, num_samples, replacement, generator=generator
        )

    def bernoulli(self, p: Any = None, *, generator: Any = None) -> Tensor:
        """1 with the probability that each element is, or with probability p, else 0."""
        return importlib.import_module("autograd.random").bernoulli(self, p, generator=generator)

    new_zeros = making.new_zeros
    new_ones = making.new_ones
    new_empty = making.new_empty
    new_full = making.new_full
    new_tensor = making.new_tensor
    type_as = making.type_as
    type = making.type
    is_cpu, is_cuda = True, False


# --- The sweep over arrays ---


def _accumulate(leaf: ArrayNode, g: Any) -> None:
    """Add g to the grad of a node. No buffer is shared with anything that the user or another leaf can write to."""
    if modes.entered and (tracer := modes.innermost("trace")) is not None:
        tracer.touch_grad(leaf, reads=True)
    old = leaf.grad
    if isinstance(g, Tensor):
        leaf.grad = copied(g) if old is None else old + g
    elif old is None:
        alone = g.__class__ is np.ndarray and g.base is None and sys.getrefcount(g) <= 3 and g.flags.c_contiguous
        leaf.grad = Tensor._make(g if alone else np.array(g, order="C"), None)
    elif old._node is None and sys.getrefcount(old._data) == 2 and old._data.flags.writeable:
        old._data += g
    elif old._node is None:  # a node may have saved it
        old._data = np.asarray(old._data + g)
    else:
        leaf.grad = Tensor._make(np.asarray(old._data + g), None)


ArrayNode.accumulate = _accumulate  # type: ignore[attr-defined]


def _nodes_of(inputs: Iterable[Any]) -> list[Any]:
    nodes = [t if isinstance(t, graph.Node) else getattr(t, "_node", None) for t in inputs]
    if None in nodes:
        raise RuntimeError(
            f"backward(inputs=...): number {nodes.index(None)} needs no gradient; give Tensors made with requires_grad=True"
        )
    return nodes


def seed_of(root: Tensor, gradient: Any) -> Any:
    """dJ/d(root) to begin a backward pass with: `gradient`, checked, or 1 where root is one number."""
    if root._node is None:
        raise RuntimeError(
            "backward() on a Tensor that needs no gradient: nothing that it was computed from has requires_grad=True, "
            "or it was made under no_grad or by detach(). Make the inputs with Tensor(..., requires_grad=True)"
        )
    value = root._data
    if gradient is None:
        if value.size != 1:
            raise RuntimeError(
                f"backward() on a Tensor of shape {value.shape}: a gradient is of one number. "
                "Write y.sum().backward(), or y.backward(gradient=g) with dJ/dy of y's shape"
            )
        return value.dtype.type(1) if not value.shape else np.ones(value.shape, value.dtype)
    g = gradient if isinstance(gradient, Tensor) else np.asarray(gradient)
    if g.dtype.kind == "c":
        raise TypeError("gradient is complex, and complex Tensors are not supported; give its real part, g.real")
    if g.shape != value.shape:
        raise ValueError(f"gradient has shape {g.shape}, but the Tensor has {value.shape}; they must be equal")
    if g.dtype != value.dtype:
        g = g.astype(value.dtype)
    return g


def run_backward(
    seeds: dict[Any, Any], targets: Any = None, retain: bool | None = None, create: bool = False
) -> dict[Any, Any]:
    """`graph.sweep` over arrays; lifted onto Tensors where the gradients are to be differentiated or traced."""
    try:
        return _swept(seeds, targets, retain, create)
    except Exception as error:
        locate(error, seeds)
        raise


def _swept(seeds: dict[Any, Any], targets: Any, retain: bool | None, create: bool) -> dict[Any, Any]:
    tracer = modes.innermost("trace") if modes.entered else None
    lift = create or tracer is not None
    retain = create if retain is None else retain or create
    anomaly, profile = (modes.innermost("anomaly"), modes.innermost("profile")) if modes.entered else (None, None)
    check, pull = anomaly and anomaly.backward, profile and profile.pull(lift)
    if not lift:
        seeds = {n: g._data if isinstance(g, Tensor) else g for n, g in seeds.items()}
        with np.errstate(all="ignore"):
            return graph.sweep(seeds, targets, retain=retain, pull=pull, check=check)
    seeds = {
        n: g if isinstance(g, Tensor) or not isinstance(n, ArrayNode) else Tensor._make(g, None)
        for n, g in seeds.items()
    }
    if tracer is not None:
        tracer.seeded(seeds.values())
        if not create:
            pull = tracer.pull
    recording = modes.no_grad() if not create else nullcontext() if modes.is_grad_enabled() else modes.enable_grad()
    with np.errstate(all="ignore"), recording, modes.unwatched() if anomaly else nullcontext():
        return graph.sweep(seeds, targets, retain=retain, lift=True, pull=pull, check=check)


# --- Helpers ---


def as_array(data: Any, dtype: Any = None, copy: bool = True) -> Any:
    """`data` as an ndarray of a supported dtype; Python floats in the default dtype."""
    if isinstance(data, Tensor):
        data = data._data
    if dtype is None and not isinstance(data, np.ndarray | np.generic):
        array = np.array(data)
        if array.dtype == np.float64 and not _holds_numpy_scalars(data):
            array = array.astype(_default_dtype[0])
    else:
        array = np.array(data, dtype=dtype, copy=True if copy else None)
    if array.dtype.kind == "c":
        raise TypeError("complex Tensors are not supported; keep real and imaginary parts as two real Tensors")
    if array.dtype == np.float16:
        raise TypeError("float16 is not supported; use float32")
    if array.dtype.kind not in "fiub":
        raise TypeError(f"a Tensor holds numbers, and {type(data).__name__} gives an array of dtype {array.dtype}")
    return array


def _holds_numpy_scalars(data: Any) -> bool:
    while isinstance(data, list | tuple) and data:
        data = data[0]
    return isinstance(data, np.generic | np.ndarray)


def _drawn(t: Tensor, how: str, generator: Any) -> Any:
    """Random numbers of t's shape, as a float64 array."""
    draw = getattr(importlib.import_module("autograd.random"), how)
    return draw(*t.shape, generator=generator, dtype=np.float64)._data


def _rebuild(kind: type[Tensor], data: Any, requires_grad: bool) -> Tensor:
    t: Tensor = _new(kind)
    t._data, t._made = data, None
    return t.requires_grad_() if requires_grad else t


def _with_name(error: Exception, function: Any) -> Exception:
    """An error from before an operation of this name began, or from one with another name."""
    if function.__name__ in str(error):
        return error
    message = f"np.{function.__name__}: {error}"
    if isinstance(error, np.exceptions.AxisError):
        return np.exceptions.AxisError(message)
    if len(error.args) != 1:  # NumPy's own kinds, which are not made from a message
        return next(kind(message) for kind in (TypeError, ValueError, IndexError) if isinstance(error, kind))
    error.args = (message,)
    return error


def _told(operation: Any) -> str:
    return "" if operation is None else f"{operation.name}: "


def _adopt(a: Any, operation: Any = None) -> tuple[Any, Any, Any]:
    """(operand, its value, its node) for an operand of an operation that is neither a Tensor nor a Python number."""
    if isinstance(a, np.ndarray | np.generic):
        if a.dtype.kind == "c":
            raise TypeError(
                f"{_told(operation)}complex operands are not supported; keep real and imaginary parts as two real Tensors"
            )
        if a.dtype.kind == "O":
            raise TypeError(
                f"{_told(operation)}an array of objects cannot be an operand; use autograd.stack to join Tensors"
            )
        return a, a, None
    if a is None or isinstance(a, Tensor):
        return (a, None, None) if a is None else (a, a._data, a._node)
    if isinstance(a, int):  # a Size, say: NumPy would take it for an int64, and the result would be float64
        return (n := int(a)), n, None
    if isinstance(a, float):
        return a, a, None
    if isinstance(a, graph.Node):  # a Scalar
        t = cast(Any, a).as_tensor()
        return t, t._data, t._node
    if isinstance(a, op.engine.Number):  # while tracing
        return a, a.value, None
    if isinstance(a, list | tuple):
        try:
            array = np.asarray(a)
        except ValueError:
            raise ValueError(
                f"{_told(operation)}lists of different lengths make no array; pad them to one length"
            ) from None
        return _adopt(array, operation)
    raise TypeError(
        f"{_told(operation)}a {type(a).__name__} cannot be an operand of a Tensor; give a number, an array or a Tensor"
    )


op.bind(Tensor, _adopt)

copied = op.elementwise(lambda x: x.copy(), lambda g: g, selects=True, name="clone")


def _index(index: Any) -> Any:
    """An index with arrays in place of Tensors (which a trace keeps, as they are part of it)."""
    tracing = modes.tracing()
    parts = index if isinstance(index, tuple) else (index,)
    plain = []
    for part in parts:
        if isinstance(part, Tensor):
            if tracing and part.dtype.kind == "b":
                raise TypeError(
                    "a boolean index has a shape that depends on data, which a trace cannot follow; use np.where(mask, x, 0)"
                )
            if part.dtype.kind == "f":
                raise IndexError("a floating Tensor cannot be an index; use .astype(int)")
            part = part if tracing else np.array(part._data)
        elif isinstance(part, list):
            part = np.asarray(part, dtype=None if part else int)
        elif isinstance(part, np.ndarray):
            part = part.copy()
        plain.append(part)
    return tuple(plain) if isinstance(index, tuple) else plain[0]


def _axis(axis: Any, dim: Any, x: Any = None) -> Any:
    """The one of the two words that is given; to PyTorch, one number x has an axis to reduce."""
    if dim is None:
        return axis
    if axis is not None:
        raise TypeError("give axis= (NumPy's word) or dim= (PyTorch's), not both")
    return dims(dim, x)


def _loose(values: tuple[Any, ...]) -> Any:
    """(2, 3) from f(2, 3) as from f((2, 3))."""
    return tuple(values[0]) if len(values) == 1 and isinstance(values[0], Sequence) else values


def _moment(x: Any, axis: Any, dtype: Any, ddof: float | None, keepdims: bool, torch: dict[str, Any]) -> dict[str, Any]:
    unknown = set(torch) - {"dim", "keepdim", "unbiased", "correction"}
    if unknown:
        raise TypeError(f"unexpected argument {', '.join(sorted(unknown))}")
    if torch:
        ddof = torch.get("correction", 1 if torch.get("unbiased", True) else 0) if ddof is None else ddof
    return {
        "axis": _axis(axis, torch.get("dim"), x),
        "dtype": dtype,
        "ddof": ddof or 0,
        "keepdims": keepdims or torch.get("keepdim", False),
    }


def _selected(x: Tensor, find: Callable[..., Tensor], dim: int, keepdim: bool) -> ValuesAndIndices:
    """The elements at the indices that `find` gives along `dim`, as a pair with them."""
    if not x.ndim:  # PyTorch: one number has an axis, but only here
        index = find(x, None)
        normalize_axis_index(dim, 1, find.__name__)
        return ValuesAndIndices(arithmetic.positive(x), index)
    indices = find(x, dim, keepdims=True)
    dim %= x.ndim
    grid: list[Any] = [
        np.arange(n).reshape([-1 if j == i else 1 for j in range(x.ndim)]) for i, n in enumerate(x.shape)
    ]
    grid[dim] = indices
    values = x[tuple(grid)]
    return ValuesAndIndices(values, indices) if keepdim else ValuesAndIndices(values.squeeze(dim), indices.squeeze(dim))


def _values(nest: Any, read: bool) -> Any:
    """A nest of tuples, lists and dicts with ndarrays in place of Tensors; `read` if their values will be looked at."""
    if isinstance(nest, Tensor):
        if read:
            nest._readable("a function that reads values")
        return nest._data
    if isinstance(nest, graph.Node):  # a Scalar
        return nest.item()  # type: ignore[attr-defined]
    if isinstance(nest, tuple | list):
        return type(nest)(_values(part, read) for part in nest)
    return {k: _values(v, read) for k, v in nest.items()} if isinstance(nest, dict) else nest


def _named(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """NumPy's arguments with the array first, whatever NumPy calls it, and what follows `out`, which we lack, by name."""
    names = _parameter_names(function)
    if "out" in names[: len(args)]:
        args, kwargs = args[:1], dict(zip(names[1:], args[1:])) | kwargs
    if not args and names:
        kwargs = dict(kwargs)
        args = (kwargs.pop(names[0]),)
    return args, kwargs


@functools.cache
def _parameter_names(function: Any) -> list[str]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # some of NumPy's functions in C have no signature before NumPy 2.4; these take no `out`
        return []
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


NAMES = {"a_min": "min", "a_max": "max"}  # NumPy's older names of arguments

# NumPy functions that answer a question about values, and those that ask for shape and dtype only: on plain arrays.
READING = frozenset((np.allclose, np.array_equal, np.array_equiv, np.array_repr, np.array_str, np.array2string))
ASKING = frozenset(
    (np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.iscomplexobj, np.isrealobj)
    + (np.may_share_memory, np.shares_memory)
)
FILLING = frozenset((np.zeros_like, np.ones_like, np.empty_like))

_METHODS: dict[tuple[Any, str], Any] = {
    (np.add, "reduce"): reductions.sum,
    (np.multiply, "reduce"): reductions.prod,
    (np.maximum, "reduce"): reductions.max,
    (np.minimum, "reduce"): reductions.min,
    (np.logical_and, "reduce"): reductions.all,
    (np.logical_or, "reduce"): reductions.any,
    (np.add, "accumulate"): reductions.cumsum,
    (np.multiply, "accumulate"): reductions.cumprod,
}


def _along_axes(ufunc: np.ufunc, inputs: Any, named: dict[str, Any], rest: dict[str, Any]) -> Any:
    """A product such as `np.vecdot`, with its vectors and matrices along the axes that are named."""
    axis, axes, keepdims = named["axis"], named["axes"], named["keepdims"]
    terms = [len(term.split(",")) if term else 0 for term in re.findall(r"\((.*?)\)", ufunc.signature or "")]
    if keepdims and terms[-1]:
        raise TypeError(f"np.{ufunc.__name__} does not take keepdims: its result has axes of its own")
    if axis is not None:
        if set(terms[:-1]) != {1} or terms[-1]:
            raise TypeError(
                f"np.{ufunc.__name__} does not take axis, but axes, one entry for each argument and the result"
            )
        axes = [axis] * len(inputs)
    elif axes is None:
        axes = [tuple(range(-n, 0)) for n in terms]
    places = [a if isinstance(a, tuple) else (a,) for a in axes]
    if [len(a) for a in places[: len(inputs)]] != terms[:-1]:
        raise ValueError(
            f"np.{ufunc.__name__}: axes must name {terms} axes of the arguments and the result, not {axes}"
        )
    moved = [np.moveaxis(x, a, tuple(range(-n, 0))) for x, a, n in zip(inputs, places, terms)]
    out = ufunc(*moved, **rest)
    if keepdims:
        return np.moveaxis(np.expand_dims(out, -1), -1, places[0][0])
    last = places[len(inputs)] if len(places) > len(inputs) else tuple(range(-terms[-1], 0))
    return np.moveaxis(out, tuple(range(-terms[-1], 0)), last) if terms[-1] else out


def _ufunc_method(ufunc: np.ufunc, method: str, inputs: Any, options: dict[str, Any]) -> Any:
    if method == "outer" and not options:
        a, b = inputs
        return ufunc(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b)
    function = _METHODS.get((ufunc, method))
    if function is None:
        raise TypeError(
            f"np.{ufunc.__name__}.{method} does not work on Tensors; use sums, products, np.where or .numpy()"
        )
    x, *rest = inputs
    axis = rest[0] if rest else options.pop("axis", 0)
    return function(x, axis, **{k: v for k, v in options.items() if v is not None})
