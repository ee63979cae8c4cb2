"""Which line of the user's program is running."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

PACKAGES = tuple(str(Path(__file__).parent.parent / name) + "/" for name in ("autograd", "nn", "optim"))


def user_lines(frame: FrameType | None) -> Iterator[tuple[str, int, str]]:
    """(file, line, function) of the frames that are not this library's, the nearest first."""
    while frame is not None:
        code = frame.f_code
        if not code.co_filename.startswith((*PACKAGES, "<autograd operation", "<frozen")):
            yield code.co_filename, frame.f_lineno, code.co_name
        frame = frame.f_back


def here() -> str | None:
    """The nearest line of the user's, as `file:line`."""
    found = next(user_lines(sys._getframe(1)), None)
    return found and f"{found[0]}:{found[1]}"
