"""Flat dicts of Tensors, by the safetensors library: the format in which programs of all kinds exchange weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..tensor import Tensor
from .archives import STORED, WIDENED, numbers
from .nests import values_of

NAMES = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16",
    "I64": "int64", "I32": "int32", "I16": "int16", "I8": "int8",
    "U64": "uint64", "U32": "uint32", "U16": "uint16", "U8": "uint8", "BOOL": "bool",
}  # fmt: skip


def _library() -> Any:
    try:
        import safetensors
    except ImportError:
        raise ImportError(
            "safetensors files need the safetensors library: run `pip install chainrule[files]`"
        ) from None
    return safetensors


def writer(obj: Any) -> Callable[[Any], None]:
    """What writes a dict of Tensors to an open file."""
    _library()
    from safetensors.numpy import save

    advice = "for nests with numbers and strings in them, give the path another ending, such as .npz"
    if not isinstance(obj, Mapping):
        what = "its state_dict()" if hasattr(obj, "state_dict") else "a dict {name: Tensor}"
        raise TypeError(
            f"a .safetensors file holds a dict of Tensors, not a {type(obj).__name__}; save {what}; {advice}"
        )
    arrays = {}
    for name, value in obj.items():
        if not isinstance(name, str) or not isinstance(value, Tensor | np.ndarray):
            raise TypeError(
                f"a .safetensors file holds Tensors by their names, and [{name!r}] is a {type(value).__name__}; "
                f"{advice}"
            )
        array = values_of(value)
        if array.dtype.name not in STORED:
            raise TypeError(f"a .safetensors file cannot hold {array.dtype}, which [{name!r}] is; {advice}")
        arrays[name] = np.array(array, array.dtype.newbyteorder("<"), order="C", copy=None)
    content = save(arrays, metadata={"format": "pt"})  # whose names and layouts these are; programs ask for it
    return lambda file: file.write(content) and None


def read(content: bytes, told: str) -> tuple[dict[str, Tensor], set[str]]:
    """The Tensors in the bytes of a file, which is called `told` in errors; and the kinds of numbers widened."""
    try:
        entries = _library().deserialize(content)
    except ImportError:
        raise
    except Exception as error:
        raise ValueError(f"{told} is damaged or cut short: {error}") from None
    tensors: dict[str, Tensor] = {}
    widened: set[str] = set()
    for name, entry in sorted(entries):
        dtype = NAMES.get(entry["dtype"])
        if dtype is None:
            raise ValueError(
                f"{told}: {name!r} holds {entry['dtype']}, which no Tensor can; load it with PyTorch, and cast it"
            )
        if dtype in WIDENED:
            widened.add(dtype)
        data = np.frombuffer(bytearray(entry["data"]), np.uint8)
        tensors[name] = Tensor._make(numbers(data, dtype).reshape(entry["shape"]), None)
    return tensors, widened
