"""Ctrl-C between two steps, never within one."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Self


class Interruption:
    """In this block the first Ctrl-C is only noted, as `asked`, and raised at the end; the second one is raised at once.

    In other threads than the first, and where the program has a handler of its own, nothing is changed.
    """

    asked = False

    def __enter__(self) -> Self:
        first = threading.current_thread() is threading.main_thread()
        self.ours = first and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self.ours:
            signal.signal(signal.SIGINT, self._note)
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if self.ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if self.asked and kind is None:
            raise KeyboardInterrupt
