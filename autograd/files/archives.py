"""Reading zip archives, and the numbers in them, that nobody vouches for.

The archives of `save` and of PyTorch are not compressed. So a member that is, or members that together are longer than
the file, mean that the archive was made by someone else: they are refused before any memory is asked for.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

DAMAGE = (
    zipfile.BadZipFile,
    struct.error,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)


class Damaged(ValueError):
    """A file is damaged, or made to do damage."""


class Archive:
    """The members of a zip archive, by name; `told` is what the file is called in errors."""

    def __init__(self, file: Any, told: str) -> None:
        self.told = told
        self.length = file.seek(0, 2)
        try:
            self._zip = zipfile.ZipFile(file)
        except DAMAGE as error:
            raise Damaged(f"{told} is damaged or cut short: {error}") from None
        self.sizes: dict[str, int] = {}
        for member in self._zip.infolist():
            if member.filename in self.sizes:
                raise Damaged(f"{told} is not to be trusted: it has two members called {member.filename!r}")
            if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
                raise Damaged(
                    f"{told}: {member.filename!r} is compressed or encrypted, which no file of autograd.save or "
                    "PyTorch is"
                )
            self.sizes[member.filename] = member.file_size
        if sum(self.sizes.values()) > self.length:
            raise Damaged(
                f"{told} is not to be trusted: its members have {sum(self.sizes.values())} bytes together, and the "
                f"file {self.length}"
            )

    def __contains__(self, name: str) -> bool:
        return name in self.sizes

    def read(self, name: str) -> bytes:
        """All bytes of a member."""
        return bytes(self.fill(name, lambda file, size: np.empty(size, np.uint8)))

    def fill(self, name: str, make: Any) -> Array:
        """The array that `make(file, size)` returns, after it has been filled with the rest of a member."""
        if name not in self.sizes:
            raise Damaged(f"{self.told} is damaged: {name!r} is missing")
        try:
            with self._zip.open(name) as file:
                array = make(file, self.sizes[name])
                rest = memoryview(as_bytes(array).data)
                while rest:
                    count = file.readinto(rest[: 1 << 20])  # type: ignore[attr-defined]
                    if not count:
                        raise ValueError(f"{len(rest)} bytes are missing")
                    rest = rest[count:]
                if file.read(1):
                    raise ValueError("it is longer than it says")
        except DAMAGE as error:
            raise Damaged(f"{self.told} is damaged: {name!r} cannot be read: {error}") from None
        return array


def as_bytes(array: Array) -> Array:
    """The memory of a contiguous array, of either order, as bytes."""
    flat = array.reshape(-1) if array.flags.c_contiguous else array.T.reshape(-1)
    return flat.view(np.uint8) if array.nbytes else np.empty(0, np.uint8)


# What numbers are called in PyTorch, how they are stored, and what a Tensor keeps them as.
STORED = {
    "float64": "f8", "float32": "f4", "float16": "f2", "bfloat16": "u2",
    "int64": "i8", "int32": "i4", "int16": "i2", "int8": "i1",
    "uint64": "u8", "uint32": "u4", "uint16": "u2", "uint8": "u1", "bool": "u1",
}  # fmt: skip
WIDENED = ("float16", "bfloat16")


def numbers(data: Array, dtype: str, byteorder: str = "<") -> Array:
    """Bytes as numbers of this machine's order; float16 and bfloat16 as float32."""
    array = data.view(byteorder + STORED[dtype]) if len(data) else np.empty(0, STORED[dtype])
    if dtype == "bfloat16":
        return (array.astype(np.uint32) << 16).view(np.float32)  # the upper half of a float32
    if dtype == "float16":
        return array.astype(np.float32)
    if dtype == "bool":
        return array != 0  # whatever the bytes are, the result holds 0 and 1 only
    return array.astype(array.dtype.newbyteorder("="), copy=False)
