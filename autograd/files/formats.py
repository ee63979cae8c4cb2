"""Which format: by the ending of the path in saving, by what is in the file in loading."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from ..devices import check_device


def save(obj: Any, f: Any) -> None:
    """Write `obj` to `f`, a path or an open binary file, so that `load(f)` returns it again.

    `obj` is a nest of dicts, lists, tuples and named tuples around Tensors, arrays, numbers, strings, bytes, dtypes and
    None. What comes back is equal in every bit and of the same type; but a Parameter comes back as a Tensor that needs
    a gradient, a named tuple under its name with its fields, other kinds of dict, list, str and number as the plain
    ones. A Tensor that is in `obj` several times is stored once, and is one Tensor again.

    The file is an npz, whatever its name: `np.load` opens it, and shows the arrays under their paths and the rest of
    `obj` as "structure.json". Only if the path ends in ".safetensors", it is written by the library of that name (the
    extra `[files]`), and `obj` must be a flat dict of Tensors: PyTorch reads it with `safetensors.torch.load_file`.

    A path is written whole or not at all: to a temporary file beside it, which takes its name when it is on the disk. A
    process that is killed before leaves the old file as it was, and the temporary one, whose name begins with a dot.

    TypeError for all else, a Module say, with its place in `obj` and what to write instead; nothing has been written
    then.
    """
    write = _writer(obj, f)
    if hasattr(f, "write"):
        write(f)
    else:
        from .writing import replace

        replace(os.fspath(f), write)


def _writer(obj: Any, f: Any) -> Callable[[Any], None]:
    """What writes `obj` to an open file. Made before any file is touched: what cannot be saved leaves no trace."""
    if not hasattr(f, "write"):
        try:
            path = os.fspath(f)
        except TypeError:
            raise TypeError(
                f"save(obj, f): f is a path or a file open for writing bytes, not {_kind(f)}; "
                'write save(obj, "checkpoint.npz")'
            ) from None
        if os.fsdecode(path).endswith(".safetensors"):
            from . import safetensors

            return safetensors.writer(obj)
    from . import nests

    return nests.writer(obj)


def load(f: Any, map_location: Any = None, *, weights_only: bool | None = True, mmap: bool | None = None) -> Any:
    """What `save` wrote to `f`, a path or an open binary file; or what is in a safetensors or a PyTorch file.

    What kind of file it is, its content tells:

    - of `save`: the nest that was saved
    - safetensors (the extra `[files]`): a dict of Tensors
    - PyTorch's `.pt` and `.pth`, of today and from before version 1.6, without PyTorch: dicts, lists and tuples of
      Tensors, numbers and strings, as `torch.load(f, weights_only=True)` returns them. A Parameter is a Tensor that
      needs a gradient

    In the last two, float16 and bfloat16 become float32, which holds the same values; a UserWarning says so.

    Nothing in a file is ever run, whatever `weights_only` says; and nothing that is loaded takes much more memory than
    the file is long. `map_location` can be the CPU, or a function or dict, which are not needed; `mmap` is not needed
    either.

    ValueError if the file is damaged, cut short, or holds anything else: it says what, and where.
    """
    if map_location is not None and not callable(map_location) and not isinstance(map_location, dict):
        check_device(map_location)
    if hasattr(f, "read"):
        import io

        content = f.read()
        if not isinstance(content, bytes | bytearray):
            raise TypeError('load needs a file that is open for bytes, and this one gives text; write open(path, "rb")')
        told = repr(f.name) if hasattr(f, "name") else "the file"
        value, widened = _read(io.BytesIO(content), told)
    else:
        try:
            path = os.fspath(f)
        except TypeError:
            raise TypeError(f"load(f): f is a path or a file open for reading bytes, not {_kind(f)}") from None
        told = repr(os.fsdecode(path))
        with open(path, "rb") as file:
            value, widened = _read(file, told)
    if widened:
        import warnings

        names = " and ".join(sorted(widened))
        warnings.warn(f"{told}: Tensors of {names} are loaded as float32, which holds the same values", stacklevel=2)
    return value


def _read(file: Any, told: str) -> tuple[Any, set[str]]:
    """What is in a file, called `told` in errors; and the kinds of numbers in it that were widened."""
    start = file.read(9)
    file.seek(0)
    if start[8:] == b"{":
        from . import safetensors

        return safetensors.read(file.read(), told)
    if start[:4] == b"PK\3\4":
        from . import nests, pytorch
        from .archives import Archive

        archive = Archive(file, told)
        return (nests.read(archive), set()) if nests.STRUCTURE in archive else pytorch.read(archive)
    if start[:1] == b"\x80":
        from . import pytorch

        return pytorch.read_old(file, told)
    if not start:
        raise ValueError(f"{told} is empty, or was read to its end before; for an open file, write f.seek(0) first")
    raise ValueError(
        f"{told} begins with {start!r}, as none of the files do that load reads: those of autograd.save, safetensors, "
        "and PyTorch's .pt and .pth"
    )


def _kind(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
