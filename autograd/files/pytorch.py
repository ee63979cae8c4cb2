"""Reading PyTorch's checkpoints, without PyTorch and without pickle.

A checkpoint is a program for pickle's stack machine beside the raw numbers of its storages. The machine here knows the
instructions that build containers and plain values. Where pickle would import a name, this one has a symbol, and calls
only what a table has for it. So nothing that a file names is ever imported, let alone run.
"""

from __future__ import annotations

import math
import struct
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..tensor import Tensor
from .archives import STORED, WIDENED, Archive, Array, Damaged, numbers

REPEATED = 1 << 26  # bytes: how much the Tensors of a file may take whose strides repeat elements


class Symbol(NamedTuple):
    """What a file names, by module and name."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class Storage(NamedTuple):
    """The numbers that Tensors are views of, and what PyTorch calls their type; None: bytes of any type."""

    values: Array
    dtype: str | None


# --- Files ------------------------------------------------------------------------------------------------------------


def read(archive: Archive) -> tuple[Any, set[str]]:
    """The checkpoint in an archive, as PyTorch writes it since version 1.6; and the kinds of numbers widened."""
    roots = [name.removesuffix("data.pkl") for name in archive.sizes if name.split("/")[1:] == ["data.pkl"]]
    if len(roots) != 1:
        raise ValueError(
            f"{archive.told} is an archive, but not one of autograd.save or PyTorch: it has no structure.json, and no "
            "data.pkl; np.load opens an npz of arrays"
        )
    (root,) = roots
    if f"{root}constants.pkl" in archive:
        raise ValueError(
            f"{archive.told} is a TorchScript program; in PyTorch, save torch.jit.load(path).state_dict() instead"
        )
    order = archive.read(f"{root}byteorder") if f"{root}byteorder" in archive else b"little"
    if order not in (b"little", b"big"):
        raise Damaged(f"{archive.told} is damaged: its byte order is {order[:20]!r}")
    known: dict[tuple[str, str | None], Storage] = {}

    def storage(key: str, dtype: str | None, count: int) -> Storage:
        if (key, dtype) not in known:
            name = f"{root}data/{key}"
            data = archive.fill(name, lambda file, size: np.empty(size, np.uint8))
            known[key, dtype] = _storage(data, dtype, count, machine.byteorder, name)
        return known[key, dtype]

    import io

    machine = Machine(archive.told, storage)
    machine.byteorder = "<" if order == b"little" else ">"
    value = machine.run(io.BytesIO(archive.read(f"{root}data.pkl")))
    machine.finish()
    return value, machine.widened


MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001


def read_old(file: Any, told: str) -> tuple[Any, set[str]]:
    """The checkpoint in a file as PyTorch wrote before: five pickles, and the storages behind them."""
    length = file.seek(0, 2)
    file.seek(0)
    asked: dict[str, tuple[str | None, Storage]] = {}

    def storage(key: str, dtype: str | None, count: int) -> Storage:
        if key not in asked:
            needed = sum(len(known.values) for _, known in asked.values()) + count
            if dtype is None or not 0 <= needed <= length:
                raise Damaged(
                    f"{told} is not to be trusted: storage {key!r} is to have {count} numbers, in {length} bytes"
                )
            # the numbers stand behind the pickle, and are read when it has been
            asked[key] = (
                dtype,
                Storage(numbers(np.zeros(count * np.dtype(STORED[dtype]).itemsize, np.uint8), dtype), dtype),
            )
        return asked[key][1]

    machine = Machine(told, storage)
    if machine.run(file) != MAGIC:
        raise ValueError(
            f"{told} is a pickle, but not of PyTorch; pickles run code, and are not read: save its arrays by "
            "autograd.save"
        )
    if machine.run(file) != PROTOCOL:
        raise ValueError(f"{told} is a PyTorch file of an unknown protocol")
    system = machine.run(file)
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise ValueError(f"{told} was written on a machine of other byte order; save it again with a newer PyTorch")
    value = machine.run(file)
    keys = machine.run(file)
    if type(keys) is not list or not all(isinstance(key, str) for key in keys) or sorted(keys) != sorted(asked):
        raise Damaged(f"{told} is damaged: the storages behind its Tensors are not those that they need")
    for key in keys:
        dtype, known = asked[key]
        assert dtype is not None
        head = file.read(8)
        count = len(known.values)
        size = count * np.dtype(STORED[dtype]).itemsize
        data = file.read(size)
        if len(head) < 8 or struct.unpack("<q", head)[0] != count or len(data) < size:
            raise Damaged(f"{told} is damaged or cut short: storage {key!r} does not have its {count} numbers")
        known.values[:] = numbers(np.frombuffer(data, np.uint8), dtype)
    machine.finish()
    return value, machine.widened


def _storage(data: Array, dtype: str | None, count: int, order: str, name: str) -> Storage:
    size = np.dtype(STORED[dtype]).itemsize if dtype else 1
    if len(data) != count * size:
        raise Damaged(f"{name!r} has {len(data)} bytes, and should have {count} numbers of {size}")
    return Storage(numbers(data, dtype, order) if dtype else data, dtype)


# --- The machine ------------------------------------------------------------------------------------------------------

STORAGES = {
    "DoubleStorage": "float64", "FloatStorage": "float32", "HalfStorage": "float16", "BFloat16Storage": "bfloat16",
    "LongStorage": "int64", "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8",
    "ByteStorage": "uint8", "BoolStorage": "bool",
}  # fmt: skip
PLAIN = (type(None), bool, int, float, str, bytes)


class Machine:
    """Runs one pickle after the other, with `storage(key, dtype, count)` for what they call persistent."""

    def __init__(self, told: str, storage: Callable[[str, str | None, int], Storage]) -> None:
        self.told = told
        self.storage = storage
        self.widened: set[str] = set()
        self.byteorder = "<"
        self.storages: dict[str, tuple[str | None, int]] = {}
        self.repeated: list[Tensor] = []
        self.room = REPEATED

    def run(self, stream: Any) -> Any:
        """What the next pickle in the stream builds."""
        import pickletools

        self.stack: list[Any] = []
        self.below: list[list[Any]] = []  # what was on the stack at each mark
        self.memo: dict[int, Any] = {}
        try:
            for opcode, argument, _ in pickletools.genops(stream):
                if opcode.name == "STOP":
                    return self.settled(self.stack.pop())
                step = STEPS.get(opcode.name)
                if step is None:
                    raise self.refusal(f"the pickle instruction {opcode.name}")
                step(self, argument)
        except (Damaged, Refused):
            raise
        except (ValueError, TypeError, IndexError, KeyError, OverflowError, RecursionError, MemoryError) as error:
            raise Damaged(f"{self.told} is damaged or cut short: {error or type(error).__name__}") from None
        raise Damaged(f"{self.told} is cut short")

    def refusal(self, what: str) -> Refused:
        return Refused(
            f"{self.told} holds {what}, and load takes nothing from PyTorch's files but dicts, lists and tuples of "
            "plain Tensors, numbers and strings; where PyTorch is, write torch.save(model.state_dict(), path) and load "
            "that"
        )

    def settled(self, value: Any) -> Any:
        """A value that may be part of the result."""
        if isinstance(value, Symbol | Storage):
            raise self.refusal(f"{value} by itself" if isinstance(value, Symbol) else "a storage by itself")
        return value

    def marked(self) -> list[Any]:
        """What is on the stack above the last mark, which is taken off."""
        items, self.stack = self.stack, self.below.pop()
        return items

    # --- Instructions ---

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def mark(self, _: Any) -> None:
        self.below.append(self.stack)
        self.stack = []

    def put(self, place: int) -> None:
        self.memo[place] = self.stack[-1]

    def memoize(self, _: Any) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def get(self, place: int) -> None:
        self.stack.append(self.memo[place])

    def tuple_of(self, count: int) -> None:
        items = self.stack[-count:]
        if len(items) < count:
            raise IndexError("a tuple lacks items")
        self.stack[-count:] = [tuple(items)]

    def marked_tuple(self, _: Any) -> None:
        items = tuple(self.marked())
        self.stack.append(items)

    def append(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not list:
            raise self.refusal(f"items appended to a {type(target).__name__}")
        target.extend(map(self.settled, items))

    def set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) not in (dict, OrderedDict, Counter):
            raise self.refusal(f"items set in a {type(target).__name__}")
        if len(items) % 2:
            raise IndexError("a dict lacks a value")
        for key, value in zip(items[::2], items[1::2]):
            target[self.key(key)] = self.settled(value)

    def key(self, key: Any) -> Any:
        if not isinstance(key, PLAIN):
            raise self.refusal(f"a {type(key).__name__} as a key")
        return key

    def set_item(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.set_items([key, value])

    def name(self, named: str) -> None:
        symbol = Symbol(*named.split(" ", 1))
        if symbol not in CALLS and symbol not in VALUES:
            raise self.refusal(str(symbol))
        self.stack.append(VALUES.get(symbol, symbol))

    def stack_name(self, _: Any) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self.name(f"{module} {name}")

    def call(self, _: Any) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        if type(arguments) is not tuple or not isinstance(function, Symbol):
            raise self.refusal(f"a call of a {type(function).__name__}")
        self.stack.append(CALLS[function](self, *arguments))

    def build(self, _: Any) -> None:
        """State of the object on the stack: only of dicts, whose versions of modules are not needed."""
        self.stack.pop()
        target = self.stack[-1]
        if type(target) is not OrderedDict:
            raise self.refusal(f"attributes of a {type(target).__name__}")

    def persistent(self, _: Any) -> None:
        kind, symbol, key, _, count, *view = self.stack.pop()
        if kind != "storage" or any(part is not None for part in view):
            raise self.refusal(f"a view or something else that is called {_shown(kind)}")
        if not isinstance(symbol, Symbol) or type(count) is not int or count < 0 or not isinstance(key, str):
            raise ValueError("a storage is not described as PyTorch does")
        dtype = None if symbol.name == "UntypedStorage" else STORAGES.get(symbol.name, "")
        if dtype == "":
            raise self.refusal(str(symbol))
        if self.storages.setdefault(key, (dtype, count)) != (dtype, count):
            raise ValueError(f"storage {key!r} is described in two ways")
        self.stack.append(self.storage(key, dtype, count))

    # --- Calls ---

    def ordered(self, pairs: Any = ()) -> Any:
        return OrderedDict((self.key(key), self.settled(value)) for key, value in pairs)

    def counter(self, counts: Any = None) -> Any:
        counts = {} if counts is None else counts
        if type(counts) is not dict:
            raise self.refusal("a Counter of something else than a dict")
        return Counter(counts)

    def encode(self, text: Any, encoding: Any = "latin1") -> bytes:
        if not isinstance(text, str) or encoding != "latin1":
            raise self.refusal(f"text encoded as {_shown(encoding)}")
        return text.encode("latin1")

    def size(self, sizes: Any = ()) -> tuple[Any, ...]:
        return tuple(sizes)

    def device(self, *words: Any) -> str:
        return ":".join(str(self.key(word)) for word in words)

    def parameter(self, tensor: Any, requires_grad: Any, hooks: Any = None) -> Tensor:
        if not isinstance(tensor, Tensor):
            raise self.refusal(f"a Parameter made of a {type(tensor).__name__}")
        if not requires_grad:
            return tensor
        parameter = tensor.detach().requires_grad_()
        if any(tensor is other for other in self.repeated):
            self.repeated.append(parameter)
        return parameter

    def tensor_3(
        self, storage: Any, offset: Any, size: Any, stride: Any, grad: Any, hooks: Any, dtype: Any, meta: Any = None
    ) -> Tensor:
        if not isinstance(storage, Storage) or not isinstance(dtype, np.dtype):
            raise ValueError("a Tensor without a storage or a dtype")
        if storage.dtype is None:
            if dtype.name in (*WIDENED, "bool"):  # which have storages of their own
                raise ValueError(f"a storage without a type for {dtype}")
            if len(storage.values) % dtype.itemsize:
                raise ValueError(f"a storage of {len(storage.values)} bytes for {dtype}")
            storage = Storage(numbers(storage.values, dtype.name, self.byteorder), dtype.name)
        return self.tensor(storage, offset, size, stride, grad)

    def tensor(
        self, storage: Any, offset: Any, size: Any, stride: Any, grad: Any = False, hooks: Any = None, meta: Any = None
    ) -> Tensor:
        """The Tensor of this size and stride in a storage, whose memory it shares."""
        if not isinstance(storage, Storage) or storage.dtype is None:
            raise ValueError("a Tensor without a storage, or without a type")
        if type(size) is not tuple or type(stride) is not tuple or len(size) != len(stride) or len(size) > 32:
            raise ValueError(f"a Tensor of size {_shown(size)} and stride {_shown(stride)}")
        if any(type(n) is not int or n < 0 for n in (offset, *size, *stride)):
            raise ValueError(f"a Tensor of offset {_shown(offset)}, size {_shown(size)} and stride {_shown(stride)}")
        values = storage.values
        if storage.dtype in WIDENED:
            self.widened.add(storage.dtype)
        if 0 in size:
            array = np.empty(size, values.dtype)
        else:
            last = offset + sum((n - 1) * step for n, step in zip(size, stride))
            if last >= len(values):
                raise Damaged(
                    f"{self.told} is damaged: a Tensor of size {size}, stride {stride} and offset {offset} leaves its "
                    f"storage of {len(values)} numbers"
                )
            count = math.prod(size)
            if count > len(values):
                self.room -= count * values.itemsize
            if self.room < 0:
                raise Damaged(
                    f"{self.told} is not to be trusted: a Tensor of size {size} repeats the {len(values)} numbers of "
                    "its storage"
                )
            steps = tuple([step * values.itemsize if n > 1 else 0 for n, step in zip(size, stride)])
            array = np.ndarray(size, values.dtype, values, offset * values.itemsize, steps)
        tensor = Tensor._make(array, None)
        if array.size > len(values):
            self.repeated.append(tensor)
        return tensor.requires_grad_() if grad and array.dtype.kind == "f" else tensor

    def finish(self) -> None:
        """To be called when all storages are filled: what repeats elements gets memory of its own."""
        for tensor in self.repeated:
            tensor._data = tensor._data.copy()


def _shown(value: Any) -> str:
    """A value in an error: in words if it could be long, or take long to print."""
    numbers = type(value) is tuple and all(type(n) is int for n in value)
    return repr(value)[:80] if numbers or isinstance(value, PLAIN) else f"a {type(value).__name__}"


class Refused(ValueError):
    """Something in a file that is not plain data."""


STEPS: dict[str, Callable[[Machine, Any], None]] = {
    **dict.fromkeys(["PROTO", "FRAME"], lambda machine, _: None),
    **dict.fromkeys(
        "BININT BININT1 BININT2 LONG1 BINFLOAT BINUNICODE SHORT_BINUNICODE BINBYTES SHORT_BINBYTES".split(),
        Machine.push,
    ),
    "NONE": lambda machine, _: machine.push(None),
    "NEWTRUE": lambda machine, _: machine.push(True),
    "NEWFALSE": lambda machine, _: machine.push(False),
    "EMPTY_DICT": lambda machine, _: machine.push({}),
    "EMPTY_LIST": lambda machine, _: machine.push([]),
    "EMPTY_TUPLE": lambda machine, _: machine.push(()),
    "MARK": Machine.mark,
    **dict.fromkeys(["BINPUT", "LONG_BINPUT"], Machine.put),
    **dict.fromkeys(["BINGET", "LONG_BINGET"], Machine.get),
    "MEMOIZE": Machine.memoize,
    "TUPLE1": lambda machine, _: machine.tuple_of(1),
    "TUPLE2": lambda machine, _: machine.tuple_of(2),
    "TUPLE3": lambda machine, _: machine.tuple_of(3),
    "TUPLE": Machine.marked_tuple,
    "APPEND": lambda machine, _: machine.append([machine.stack.pop()]),
    "APPENDS": lambda machine, _: machine.append(machine.marked()),
    "SETITEM": lambda machine, _: machine.set_item(),
    "SETITEMS": lambda machine, _: machine.set_items(machine.marked()),
    "GLOBAL": Machine.name,
    "STACK_GLOBAL": Machine.stack_name,
    "REDUCE": Machine.call,
    "BUILD": Machine.build,
    "BINPERSID": Machine.persistent,
}
CALLS: dict[Symbol, Callable[..., Any]] = {
    Symbol("collections", "OrderedDict"): Machine.ordered,
    Symbol("collections", "Counter"): Machine.counter,
    Symbol("torch._utils", "_rebuild_tensor"): Machine.tensor,
    Symbol("torch._utils", "_rebuild_tensor_v2"): Machine.tensor,
    Symbol("torch._utils", "_rebuild_tensor_v3"): Machine.tensor_3,
    Symbol("torch._utils", "_rebuild_parameter"): Machine.parameter,
    Symbol("torch", "Size"): Machine.size,
    Symbol("torch", "device"): Machine.device,
    Symbol("_codecs", "encode"): Machine.encode,
}
VALUES: dict[Symbol, Any] = {
    **{Symbol("torch", name): np.dtype(name) for name in STORED if name != "bfloat16"},
    **{Symbol("torch", name): Symbol("torch", name) for name in STORAGES},
    **{Symbol(module, "UntypedStorage"): Symbol(module, "UntypedStorage") for module in ("torch", "torch.storage")},
}
