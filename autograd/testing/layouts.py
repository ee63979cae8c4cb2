"""The same values in memory of other layouts, which change nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

LAYOUTS = ("C", "Fortran", "backwards", "every other", "repeated", "read-only")


def laid_out(array: np.ndarray[Any, Any], layout: str) -> np.ndarray[Any, Any]:
    """The same values in memory of another layout, one of LAYOUTS; "repeated" repeats the first along the last axis.

    >>> laid_out(np.array([1.0, 2.0, 3.0]), "backwards").strides
    (-8,)
    """
    match layout:
        case "Fortran":
            return np.array(array, order="F")
        case "backwards":
            turned: Any = (..., *[slice(None, None, -1)] * array.ndim)
            return array[turned].copy()[turned]
        case "every other":
            wide = np.zeros([2 * n for n in array.shape], array.dtype)
            inside: Any = (..., *[slice(None, None, 2)] * array.ndim)
            wide[inside] = array
            return wide[inside]
        case "repeated":
            return np.broadcast_to(array[..., :1], array.shape) if array.ndim else array.copy()
    own = array.copy()
    own.flags.writeable = layout != "read-only"
    return own
