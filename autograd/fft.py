"""Fourier transforms: real and imaginary parts as two real Tensors, frequencies and shifts.

The arguments are those of `np.fft` and of `torch.fft`: `n` is the length of the signal (cropped or padded with zeros to
it), `axis` (or `dim`) where it lies, `norm` one of "backward" (None), "ortho" and "forward".

>>> import numpy as np
>>> import autograd
>>> re, im = autograd.fft.rfft_parts(autograd.Tensor([1.0, 0.0, -1.0, 0.0]))
>>> re
tensor([0., 2., 0.])
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .factories import as_tensor
from .rules import fourier
from .rules.fourier import fftshift as _fftshift
from .rules.fourier import ifftshift as _ifftshift
from .tensor import Tensor, get_default_dtype

__all__ = [
    "Parts", "fft_parts", "fftfreq", "fftshift", "ifft_parts", "ifftshift", "irfft_parts", "rfft_parts", "rfftfreq",
]  # fmt: skip


class Parts(NamedTuple):
    """A complex result."""

    real: Any
    imag: Any


def _norm(norm: str | None) -> str:
    norm = norm or "backward"
    if norm not in fourier.OPPOSITE:
        raise ValueError(f"fft: norm must be backward, ortho or forward, not {norm!r}")
    return norm


def _last(x: Any, axis: int, n: int | None) -> Any:
    """x as a floating Tensor with the transformed axis last, cropped or padded with zeros to size n."""
    x = as_tensor(x)
    x = np.moveaxis(x if x.dtype.kind == "f" else x.astype(get_default_dtype()), axis, -1)
    if n is None or n == x.shape[-1]:
        return x
    if n < 1:
        raise ValueError(f"fft: the number of points must be positive, not {n}")
    return x[..., :n] if n < x.shape[-1] else np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, n - x.shape[-1])])


def _cut(both: Any, axis: int) -> Parts:
    half = both.shape[-1] // 2
    return Parts(np.moveaxis(both[..., :half], -1, axis), np.moveaxis(both[..., half:], -1, axis))


def rfft_parts(
    x: Any, n: int | None = None, axis: int = -1, norm: str | None = None, *, dim: int | None = None
) -> Parts:
    """Real and imaginary part of the Fourier transform of real numbers, the n // 2 + 1 frequencies from 0 upwards."""
    axis = axis if dim is None else dim
    return _cut(fourier.rfft(_last(x, axis, n), _norm(norm)), axis)


def irfft_parts(
    real: Any, imag: Any, n: int | None = None, axis: int = -1, norm: str | None = None, *, dim: int | None = None
) -> Tensor:
    """The n real numbers (2 (m - 1) if not given) whose m lowest frequencies have these real and imaginary parts."""
    axis, norm = axis if dim is None else dim, _norm(norm)
    n = 2 * (np.shape(real)[axis] - 1) if n is None else n
    if n < 1:
        raise ValueError(f"fft: the number of points must be positive, not {n}")
    both = np.concatenate([_last(part, axis, n // 2 + 1) for part in (real, imag)], axis=-1)
    return np.moveaxis(fourier.irfft(both, n, norm), -1, axis)


def _complex(transform: Any, real: Any, imag: Any, n: int | None, axis: int, norm: str | None) -> Parts:
    real = _last(real, axis, n)
    imag = np.zeros_like(real) if imag is None else _last(imag, axis, n)
    return _cut(transform(np.concatenate([real, imag], axis=-1), _norm(norm)), axis)


def fft_parts(
    real: Any, imag: Any = None, n: int | None = None, axis: int = -1, norm: str | None = None, *,
    dim: int | None = None,
) -> Parts:  # fmt: skip
    """Real and imaginary part of the Fourier transform of real + i imag."""
    return _complex(fourier.fft, real, imag, n, axis if dim is None else dim, norm)


def ifft_parts(
    real: Any, imag: Any = None, n: int | None = None, axis: int = -1, norm: str | None = None, *,
    dim: int | None = None,
) -> Parts:  # fmt: skip
    """Real and imaginary part of the inverse Fourier transform of real + i imag."""
    return _complex(fourier.ifft, real, imag, n, axis if dim is None else dim, norm)


def fftfreq(n: int, d: float = 1.0, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """The frequencies that a transform of n numbers at distance d has, in its order."""
    return Tensor(np.fft.fftfreq(n, d).astype(dtype or get_default_dtype()), requires_grad)


def rfftfreq(n: int, d: float = 1.0, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """The frequencies that a transform of n real numbers at distance d has: those from 0 upwards."""
    return Tensor(np.fft.rfftfreq(n, d).astype(dtype or get_default_dtype()), requires_grad)


def fftshift(x: Any, axes: Any = None, *, dim: Any = None) -> Tensor:
    """x with the frequency 0 moved to the middle of each of the axes (None: all)."""
    return _fftshift(as_tensor(x), axes if dim is None else dim)


def ifftshift(x: Any, axes: Any = None, *, dim: Any = None) -> Tensor:
    """The inverse of `fftshift`."""
    return _ifftshift(as_tensor(x), axes if dim is None else dim)
