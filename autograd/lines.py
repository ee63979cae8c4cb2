"""Which line of the user's program is running, and which one made a node."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from opcode import opmap
from pathlib import Path
from types import FrameType
from typing import Any

PACKAGES = tuple(str(Path(__file__).parent.parent / name) + "/" for name in ("autograd", "nn", "optim"))
OURS = (*PACKAGES, "<autograd operation", "<frozen")


# where operations are put together from others: who called them counts, not they. A layer is somebody.
WITHIN = frozenset(
    ["autograd", "autograd.rules", "autograd.compositions", "autograd.special", "autograd.files", "nn.functional"]
)


def user_frames(frame: FrameType | None) -> Iterator[FrameType]:
    """The frames that are not this library's, the nearest first."""
    while frame is not None:
        if not frame.f_code.co_filename.startswith(OURS):
            yield frame
        frame = frame.f_back


def user_lines(frame: FrameType | None) -> Iterator[tuple[str, int, str]]:
    """(file, line, function) of these frames."""
    for found in user_frames(frame):
        yield found.f_code.co_filename, found.f_lineno, found.f_code.co_name


def here() -> str | None:
    """The nearest line of the user's, as `file:line`."""
    found = next(user_lines(sys._getframe(1)), None)
    return found and f"{found[0]}:{found[1]}"


def is_ours(line: str) -> bool:
    return line.startswith(OURS)


CACHE, UNPACK = opmap.get("CACHE", 0), opmap["UNPACK_SEQUENCE"]


def unpacks_call(frame: FrameType) -> bool:
    """Whether the call that this frame is in the middle of is one of the kind `a, b = f()`."""
    following = frame.f_code.co_code[frame.f_lasti + 2 :: 2]  # every second byte is the name of an instruction
    return next(iter(following.lstrip(bytes([CACHE]))), None) == UNPACK


def line_of(node: Any) -> str | None:
    """Where the operation that made this node was called, as `file:line`; a line of this library's if that is the nearest.

    A node holds the code object of its caller and the place there, which is quicker to note than a number of a line.
    """
    if getattr(node, "code", None) is None:
        return None
    line = next(itertools.islice(node.code.co_positions(), node.at // 2, None))[0]
    return f"{node.code.co_filename}:{line}"
