"""What programs ask about accelerators, answered for a library that has none: PyTorch's names.

>>> import autograd
>>> autograd.accelerator.current_accelerator() if autograd.accelerator.is_available() else "cpu"
'cpu'
"""

from __future__ import annotations

from typing import Any


def is_available() -> bool:
    """False: arrays live on the CPU."""
    return False


def current_accelerator(check_available: bool = False) -> None:
    """None: there is no device but the CPU."""


def device_count() -> int:
    """0."""
    return 0


def synchronize(device: Any = None) -> None:
    """Nothing: every operation is done when its call returns."""
