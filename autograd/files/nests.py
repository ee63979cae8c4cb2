"""Nests of containers, Tensors and plain values as an archive: an npy for each array, and structure.json for the rest.

In the JSON, null, true, numbers, strings and lists are themselves. An object has one entry and stands for something
else:

    {"dict": [[key, value], ...]}    {"OrderedDict": [[key, value], ...]}    {"tuple": [value, ...]}
    {"namedtuple": [name, [[field, value], ...]]}
    {"tensor": member}    {"leaf": member}, a Tensor that needs a gradient    {"array": member}    {"bytes": member}
    {"scalar": [dtype, value]}    {"float": "nan"}    {"complex": [real, imaginary]}    {"dtype": name}
"""

from __future__ import annotations

import json
import keyword
import math
import re
from collections import OrderedDict, namedtuple
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.lib import format as npy

from ..reach import take_in
from ..tensor import Tensor
from .archives import Archive, Array, Damaged

STRUCTURE = "structure.json"
VERSION = 1
Path = tuple[Any, ...]


def values_of(value: Any) -> Array:
    """The array of a Tensor or an array."""
    return np.asarray(value._data if isinstance(value, Tensor) else value)


def _told(path: Path) -> str:
    return "".join(f"[{key!r}]" for key in path) or "the object itself"


# --- Writing ----------------------------------------------------------------------------------------------------------


def writer(obj: Any) -> Callable[[Any], None]:
    """What writes a nest to an open file."""
    if isinstance(obj, Tensor):
        obj._readable("save")
    encoder = Encoder()
    try:
        structure = encoder.encode(obj, ())
        text = json.dumps({"format": "chainrule", "version": VERSION, "value": structure}, allow_nan=False)
    except RecursionError:
        raise ValueError(
            "save: the object is nested hundreds of levels deep; save its parts in one flat dict"
        ) from None

    def write(file: Any) -> None:
        from zipfile import ZipFile, ZipInfo

        # members bear no date: the same object makes the same file
        with ZipFile(file, "w") as archive:
            archive.writestr(ZipInfo(STRUCTURE), text)
            for name, array in encoder.members.items():
                with archive.open(ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                    npy.write_array(member, array, allow_pickle=False)

    return write


class Encoder:
    """Takes a nest apart, into what JSON can hold and `members`, the arrays by their names in the archive."""

    def __init__(self) -> None:
        self.members: dict[str, Array] = {}
        self.named: dict[Any, str] = {}  # what is stored already, by its memory
        self.outer: list[int] = []  # the containers that we are inside of

    def encode(self, value: Any, path: Path) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, Tensor):
            value._readable("save")
            return {"leaf" if value.requires_grad else "tensor": self.member(value, path)}
        if isinstance(value, np.ndarray):
            return {"array": self.member(value, path)}
        if isinstance(value, np.generic) and value.dtype.kind in "fiub" and value.dtype.itemsize <= 8:
            return {"scalar": [value.dtype.name, self.encode(value.item(), path)]}
        if isinstance(value, str):
            return str(value)
        if isinstance(value, int):
            return int(value)
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else {"float": repr(float(value))}
        if isinstance(value, complex):
            return {"complex": [self.encode(value.real, path), self.encode(value.imag, path)]}
        if isinstance(value, bytes | bytearray):
            return {"bytes": self.member(np.frombuffer(bytes(value), np.uint8), path)}
        if isinstance(value, np.dtype) or (isinstance(value, type) and issubclass(value, np.generic)):
            return {"dtype": np.dtype(value).name}
        if isinstance(value, Mapping | list | tuple):
            return self.container(value, path)
        raise TypeError(f"save: {_told(path)} is {_what(value)}")

    def container(self, value: Any, path: Path) -> Any:
        if id(value) in self.outer:
            raise ValueError(f"save: {_told(path)} contains itself; only trees can be saved")
        self.outer.append(id(value))
        try:
            if isinstance(value, Mapping):
                pairs = [[self.key(key, path), self.encode(item, (*path, key))] for key, item in value.items()]
                return {"OrderedDict" if isinstance(value, OrderedDict) else "dict": pairs}
            if hasattr(value, "_fields"):
                fields = [[name, self.encode(item, (*path, name))] for name, item in zip(value._fields, value)]
                return {"namedtuple": [type(value).__name__, fields]}
            items = [self.encode(item, (*path, i)) for i, item in enumerate(value)]
            return {"tuple": items} if isinstance(value, tuple) else items
        finally:
            self.outer.pop()

    def key(self, key: Any, path: Path) -> Any:
        if isinstance(key, Tensor | np.ndarray):
            raise TypeError(f"save: {_told(path)} has a {type(key).__name__} as a key; use its name or number")
        return self.encode(key, (*path, key))

    def member(self, value: Any, path: Path) -> str:
        """The name of the member that holds the values of a Tensor or an array; one for one memory."""
        array = values_of(value)
        if array.dtype.hasobject:
            raise TypeError(f"save: {_told(path)} is an array of Python objects; save a list, or an array of numbers")
        if array.dtype.names:
            raise TypeError(f"save: {_told(path)} is an array of records; save a dict with an array for each field")
        known: Any = array.__array_interface__["data"][0], array.shape, array.strides, array.dtype.str
        if isinstance(value, Tensor) and array is not value._data:  # a 0-d result, whose payload is a NumPy scalar
            known = id(value)
        if known not in self.named:
            name = "/".join(re.sub(r"[^\w.-]+", "_", str(key)).strip(".") or "_" for key in path) or "value"
            while name in self.members:
                name = f"{name}.{len(self.members)}"
            self.named[known] = name
            self.members[name] = array  # which also keeps its memory from becoming another array's
        return self.named[known]


def _what(value: Any) -> str:
    name = type(value).__name__
    if hasattr(value, "state_dict") and not isinstance(value, type):
        kind = "Module" if hasattr(value, "forward") else "object with a state"
        return (
            f"a {name}, a whole {kind}, and its code cannot be saved; "
            "write save(model.state_dict(), path), and later model.load_state_dict(load(path))"
        )
    if isinstance(value, set | frozenset):
        return f"a {name}; write sorted({name}) to save a list"
    if type(value).__module__ == "argparse":
        return f"a {name}; write vars(options) to save a dict"
    return (
        f"a {name}; save takes dicts, lists and tuples of Tensors, arrays, numbers, strings, bytes, dtypes and None; "
        "make one of these of it"
    )


# --- Reading ----------------------------------------------------------------------------------------------------------


def read(archive: Archive) -> Any:
    """The nest in an archive."""
    told = archive.told
    try:
        content = json.loads(archive.read(STRUCTURE), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"{told} is damaged: {STRUCTURE} cannot be read: {error or 'it is nested too deep'}") from None
    if not isinstance(content, dict) or content.get("format") != "chainrule" or "value" not in content:
        raise ValueError(f"{told} was not written by autograd.save: {STRUCTURE} does not say so")
    if content.get("version") != VERSION:
        raise ValueError(
            f"{told} is of version {content.get('version')!r}, and this chainrule reads version {VERSION}; install a "
            "newer one"
        )
    decoder = Decoder(archive)
    try:
        value = decoder.decode(content["value"], ())
    except RecursionError:
        raise Damaged(f"{told} is damaged: it is nested too deep") from None
    unknown = archive.sizes.keys() - {STRUCTURE} - {f"{name}.npy" for name in decoder.arrays}
    if unknown:
        raise Damaged(f"{told} is damaged: {STRUCTURE} does not name {', '.join(map(repr, sorted(unknown)))}")
    return value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


class Decoder:
    """Puts a nest together again."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.arrays: dict[str, Array] = {}
        self.tensors: dict[tuple[str, str], Tensor] = {}
        self.bytes: dict[str, bytes] = {}

    def decode(self, structure: Any, path: Path) -> Any:
        if structure is None or isinstance(structure, bool | int | float | str):
            return structure
        if isinstance(structure, list):
            return [self.decode(item, (*path, i)) for i, item in enumerate(structure)]
        if len(structure) == 1:
            ((kind, content),) = structure.items()
            make = getattr(self, f"_{kind}", None) if kind in KINDS else None
            if make is not None:
                try:
                    return make(content, path)
                except Damaged:
                    raise
                except (TypeError, ValueError, OverflowError) as error:
                    raise self.damage(path, f"{kind} cannot be made: {error}") from None
        raise self.damage(path, f"{str(structure)[:80]} is of no kind that is known")

    def damage(self, path: Path, what: str) -> Damaged:
        return Damaged(f"{self.archive.told} is damaged: at {_told(path)}, {what}")

    def _dict(self, pairs: Any, path: Path) -> dict[Any, Any]:
        decoded = {}
        for key, item in pairs:
            key = self.decode(key, path)
            decoded[key] = self.decode(item, (*path, key))
        if len(decoded) < len(pairs):
            raise self.damage(path, "a key comes twice")
        return decoded

    def _OrderedDict(self, pairs: Any, path: Path) -> Any:
        return OrderedDict(self._dict(pairs, path))

    def _tuple(self, items: Any, path: Path) -> Any:
        return tuple([self.decode(item, (*path, i)) for i, item in enumerate(items)])

    def _namedtuple(self, content: Any, path: Path) -> Any:
        name, fields = content
        names = [field for field, _ in fields]
        for word in (name, *names):
            if not isinstance(word, str) or not word.isidentifier() or keyword.iskeyword(word):
                raise self.damage(path, f"{word!r} is no name of a named tuple or its field")
        kind = namedtuple(name, names)  # type: ignore[misc]
        return kind(*[self.decode(item, (*path, field)) for field, item in fields])

    def _scalar(self, content: Any, path: Path) -> Any:
        name, value = content
        if name not in SCALARS:
            raise self.damage(path, f"{name!r} is no kind of number")
        return np.dtype(name).type(self.decode(value, path))

    def _float(self, content: Any, path: Path) -> float:
        if content not in ("nan", "inf", "-inf"):
            raise self.damage(path, f"{content!r} is no number")
        return float(content)

    def _complex(self, content: Any, path: Path) -> complex:
        real, imaginary = content
        return complex(self.decode(real, path), self.decode(imaginary, path))

    def _dtype(self, name: Any, path: Path) -> np.dtype[Any]:
        if not isinstance(name, str):
            raise self.damage(path, f"{name!r} is no dtype")
        return np.dtype(name)

    def _tensor(self, name: Any, path: Path, kind: str = "tensor") -> Tensor:
        if (kind, name) not in self.tensors:
            array = self.array(name, path)
            if array.dtype.kind not in "fiub" or array.dtype.name not in SCALARS or array.dtype == np.float16:
                raise self.damage(path, f"a Tensor cannot hold {array.dtype}")
            if kind == "leaf" and array.dtype.kind != "f":
                raise self.damage(path, f"{array.dtype} has no gradient")
            tensor = self.tensors[kind, name] = Tensor._make(array, None)
            if kind == "leaf":
                tensor.requires_grad_()
        return self.tensors[kind, name]

    def _leaf(self, name: Any, path: Path) -> Tensor:
        return self._tensor(name, path, "leaf")

    def _array(self, name: Any, path: Path) -> Array:
        return take_in(self.array(name, path))

    def _bytes(self, name: Any, path: Path) -> bytes:
        array = self.array(name, path)
        if name not in self.bytes:
            self.bytes[name] = array.tobytes()
        return self.bytes[name]

    def array(self, name: Any, path: Path) -> Array:
        if not isinstance(name, str):
            raise self.damage(path, f"{name!r} is no name of an array")
        if name not in self.arrays:
            self.arrays[name] = self.archive.fill(f"{name}.npy", _empty)
            array = self.arrays[name]
            if array.dtype == np.bool_:
                np.not_equal(array.view(np.uint8), 0, out=array)  # whatever the bytes were, 0 and 1 from now on
            elif not array.dtype.isnative:
                self.arrays[name] = array.astype(array.dtype.newbyteorder("="))
        return self.arrays[name]


KINDS = {
    "dict", "OrderedDict", "tuple", "namedtuple", "tensor", "leaf", "array", "bytes",
    "scalar", "float", "complex", "dtype",
}  # fmt: skip
SCALARS = {
    "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool",
}  # fmt: skip


def _empty(file: Any, size: int) -> Array:
    """An empty array as the header of an npy says, if the `size` bytes of the member hold just that many numbers."""
    try:
        version = npy.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"version {version} of the npy format is not known")
        shape, fortran, dtype = (npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0)(file)
    except Exception as error:  # NumPy's reader fails in many ways: its header is a Python expression
        raise ValueError(f"its header is damaged: {error}") from None
    rest = size - file.tell()
    if dtype.hasobject or dtype.names or not dtype.itemsize:
        raise ValueError(f"it holds {dtype}, which is not plain numbers or strings")
    if min(shape, default=1) < 0 or math.prod(shape) * dtype.itemsize != rest:
        raise ValueError(f"its shape {shape} of {dtype} does not fit its {rest} bytes")
    return np.empty(shape, dtype, "F" if fortran else "C")
