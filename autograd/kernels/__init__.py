"""Loops compiled by numba, where it is installed, in place of several passes of NumPy over large arrays.

NumPy goes through memory once for each operation of a formula; a compiled loop goes through it once for all of them. So a
few rules whose formulas are long ask here for a loop:

    if loop := kernel("gelu", x):
        loop(x, ...)
    else:
        what NumPy does, with the same result but for rounding

Which of the two it is depends on nothing but the arrays: a program that is run again gives the same bits. numba is
imported when the first loop is asked for, and what it has compiled it keeps on the disk for the next process.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

LARGE = 1 << 14  # numbers in an array from which a loop is used: below, calling it takes as long as NumPy

_on = [True]


def use_numba(mode: bool = True) -> None:
    """Whether operations on large arrays use loops compiled by numba, where it is installed; they do until this is called.

    It holds for all threads. Without numba it has no effect: see `uses_numba`.

    >>> use_numba(False)
    >>> uses_numba()
    False
    >>> use_numba()
    """
    _on[0] = bool(mode)


def uses_numba() -> bool:
    """Whether numba is installed and its use has not been turned off."""
    return _on[0] and _installed()


@functools.cache
def _installed() -> bool:
    return importlib.util.find_spec("numba") is not None


def kernel(name: str, array: Any, *others: Any) -> Any:
    """The compiled loop of this name for these arrays, the first of which says how much there is to do; None if NumPy is to do it.

    A loop takes arrays of float32 whose numbers stand side by side in memory.
    """
    if array.__class__ is not np.ndarray or array.size < LARGE or not _on[0] or not _installed():
        return None
    for a in (array, *others):
        if a.__class__ is not np.ndarray or a.dtype != np.float32 or not a.flags.c_contiguous:
            return None
    return _compiled(name)


@functools.cache
def _compiled(name: str) -> Callable[..., None] | None:
    """A loop of this name, ready to be called; None with a warning if numba cannot make it."""
    try:
        return importlib.import_module(".loops", __name__).compiled(name)
    except Exception as error:
        warnings.warn(
            f"numba could not compile {name}, so that NumPy does it: {type(error).__name__}: {error}; "
            "autograd.use_numba(False) turns compiled loops off",
            RuntimeWarning,
            stacklevel=2,
        )
        return None
