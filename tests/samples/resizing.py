"""Samples of `autograd/rules/resizing.py`."""

from typing import Any

import numpy as np

from autograd.rules import resizing

from .table import of, real

MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}  # NumPy's names
NARROW = np.maximum(1 - np.abs(np.arange(20)[:, None] * 0.2 - np.arange(5)), 0)
WIDE = np.maximum(1 - np.abs(np.arange(5)[:, None] * 5 - np.arange(20)) / 6, 0)


def blend(x: Any, axis: int, matrix: Any) -> Any:
    return np.moveaxis(np.moveaxis(x, axis, -1) @ matrix.T.astype(x.dtype), -1, axis)


def blended(x: Any, axis: int, matrix: Any) -> Any:
    """As the functions call it, with a matrix of the input's dtype."""
    return resizing.blend(x, axis, matrix.astype(x.dtype))


def repeated(x: Any, axis: int, places: Any) -> Any:
    return x[..., places] if axis == -1 else x[..., places, :]


def collected(g: Any, axis: int, places: Any, size: int) -> Any:
    return np.moveaxis(np.moveaxis(g, axis, -1) @ np.eye(size, dtype=g.dtype)[places], -1, axis)


def padded(x: Any, pads: Any, mode: str, value: float) -> Any:
    widths = [(0, 0)] * (x.ndim - len(pads)) + list(pads)
    return np.pad(x, widths, constant_values=value) if mode == "constant" else np.pad(x, widths, MODES[mode])


def folded(g: Any, pads: Any, mode: str) -> Any:
    """By the matrix of the padding."""
    inside = [n - before - after for n, (before, after) in zip(g.shape[-len(pads) :], pads)]
    basis = np.eye(np.prod(inside)).reshape(-1, *inside)
    matrix = padded(basis, pads, mode, 0.0).reshape(len(basis), -1)
    return (g.reshape(len(g), -1) @ matrix.T).reshape(len(g), *inside).astype(g.dtype)


BOTH = ((2, 1), (0, 2))

RESIZING = [
    *(
        of(blended, real(*shape), axis, matrix, like=blend, ulps=8, sums=True)
        for shape, axis, matrix in (
            ((2, 5), -1, NARROW),
            ((5, 3), -2, NARROW),
            ((2, 20, 2), -2, WIDE),
            ((20,), -1, WIDE),
        )
    ),
    *(
        of(resizing.repeated, real(2, 4, 3), axis, places, like=repeated)
        for axis, places in ((-2, np.array([0, 0, 2, 3, 3])), (-1, np.array([0, 2])))
    ),
    *(
        of(resizing.collected, real(2, 4, 2), axis, places, 5, like=collected, ulps=4)
        for axis, places in ((-2, np.array([0, 1, 1, 4])), (-1, np.array([1, 3])))
    ),
    *(of(resizing.padded, real(2, 3, 4), BOTH, mode, 0.0, like=padded) for mode in ("constant", *MODES)),
    of(resizing.padded, real(2, 3, 4), BOTH, "constant", 1.5, like=padded),
    *(of(resizing.folded, real(2, 6, 6), BOTH, mode, like=folded, ulps=8) for mode in ("constant", *MODES)),
]
