"""What programs ask about graphics cards, answered for a library that has none: PyTorch's names.

>>> import autograd
>>> device = autograd.device("cuda" if autograd.cuda.is_available() else "cpu")
"""

from __future__ import annotations

from typing import Any


def is_available() -> bool:
    """False: arrays live on the CPU."""
    return False


def device_count() -> int:
    """0."""
    return 0


def synchronize(device: Any = None) -> None:
    """Nothing: every operation is done when its call returns."""


def empty_cache() -> None:
    """Nothing."""


def manual_seed(seed: int) -> None:
    """Nothing: `autograd.manual_seed` is what sets the CPU's generator."""


def manual_seed_all(seed: int) -> None:
    """Nothing, as `manual_seed`."""


def memory_allocated(device: Any = None) -> int:
    """0: bytes on a graphics card."""
    return 0


def max_memory_allocated(device: Any = None) -> int:
    """0: bytes on a graphics card."""
    return 0


def reset_peak_memory_stats(device: Any = None) -> None:
    """Nothing."""
