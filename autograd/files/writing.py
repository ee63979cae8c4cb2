"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from typing import Any


def replace(path: str | bytes, write: Callable[[Any], None]) -> None:
    """Put what `write(file)` writes in the place of the file at `path`.

    It goes to a temporary file in the same folder first. Only when that is on the disk does it get the name, in one
    step of the file system; so whoever reads the path, at whatever moment, finds the old file or the new one.
    """
    path = os.path.realpath(os.fsdecode(path))  # a link goes on leading to the file
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        with open(path, "wb") as file:  # a device or a pipe, which has no content to keep
            write(file)
        return
    folder, name = os.path.split(path)
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"save: there is no folder {folder!r}; write os.makedirs({folder!r}) before")
    if os.path.isdir(path):
        raise IsADirectoryError(f"save: {path!r} is a folder; write the name of a file in it")
    temporary = os.path.join(folder, f".{name[:64]}.{secrets.token_hex(6)}.part")
    # made as open(path, "w") would make it: the system's mask decides who may read it
    number = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(number, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        with suppress(OSError):
            os.chmod(temporary, stat.S_IMODE(os.stat(path).st_mode))
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    with suppress(OSError):  # not every system opens folders
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
