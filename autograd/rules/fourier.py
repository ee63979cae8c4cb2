"""Fourier transforms with real and imaginary parts as two real arrays, since Tensors are not complex.

Each is a linear operation along the last axis, on both parts one after the other; its rule, the transpose, is the
transform back, with half or twice the weight where one number of a real signal's spectrum stands for two.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..op import implements, linear

OPPOSITE = {"backward": "forward", "ortho": "ortho", "forward": "backward"}


def _both(z: Any) -> Any:
    return np.concatenate([z.real, z.imag], axis=-1)


def _complex(x: Any) -> Any:
    half = x.shape[-1] // 2
    z = np.empty((*x.shape[:-1], half), np.result_type(x.dtype, np.complex64))
    z.real, z.imag = x[..., :half], x[..., half:]
    return z


def _weights(n: int, dtype: Any) -> Any:
    """How often each number of the half spectrum, real parts and imaginary parts, occurs in that of n real numbers."""
    once = [0, n // 2] if n % 2 == 0 else [0]
    half = [1.0 if k in once else 2.0 for k in range(n // 2 + 1)]
    return np.array(half + half, dtype)


rfft: Any = linear(
    lambda x, norm: _both(np.fft.rfft(x, axis=-1, norm=norm)),
    lambda g, x_shape, norm: irfft(g / _weights(x_shape[-1], g.dtype), x_shape[-1], OPPOSITE[norm]),
    name="rfft",
)
irfft: Any = linear(
    lambda x, n, norm: np.fft.irfft(_complex(x), n, axis=-1, norm=norm),
    lambda g, n, norm: rfft(g, OPPOSITE[norm]) * _weights(n, g.dtype),
    name="irfft",
)
fft: Any = linear(
    lambda x, norm: _both(np.fft.fft(_complex(x), axis=-1, norm=norm)),
    lambda g, norm: ifft(g, OPPOSITE[norm]),
    name="fft",
)
ifft: Any = linear(
    lambda x, norm: _both(np.fft.ifft(_complex(x), axis=-1, norm=norm)),
    lambda g, norm: fft(g, OPPOSITE[norm]),
    name="ifft",
)


# --- Shifts ---


def _shift(x: Any, axes: Any, inverse: bool) -> Any:
    axes = tuple(range(x.ndim)) if axes is None else normalize_axis_tuple(axes, x.ndim, allow_duplicate=True)
    return np.roll(x, tuple(-(x.shape[i] // 2) if inverse else x.shape[i] // 2 for i in axes), axes)


@implements(np.fft.fftshift)
def fftshift(x: Any, axes: Any = None) -> Any:
    """x with the frequency 0 moved to the middle of each of the axes, NumPy's `fftshift`."""
    return _shift(x, axes, False)


@implements(np.fft.ifftshift)
def ifftshift(x: Any, axes: Any = None) -> Any:
    """The inverse of `fftshift`."""
    return _shift(x, axes, True)


# --- What has complex results ---


def _refusal(name: str, instead: str) -> Callable[..., Any]:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise TypeError(
            f"np.fft.{name} is complex, and complex Tensors are not supported; write {instead}, on real and imaginary "
            "parts, or use .numpy() or .detach() if no gradient is needed"
        )

    functools.update_wrapper(refuse, getattr(np.fft, name))
    refuse.__dict__["refuses"] = True
    return refuse


INSTEAD = {
    "rfft": "autograd.fft.rfft_parts(x)",
    "irfft": "autograd.fft.irfft_parts(re, im)",
    "fft": "autograd.fft.fft_parts(re, im)",
    "ifft": "autograd.fft.ifft_parts(re, im)",
    **{f"{inverse}rfft{d}": f"autograd.fft.{inverse}rfft_parts along one axis after the other"
       for inverse in ("", "i") for d in ("2", "n")},
    **{f"{inverse}fft{d}": f"autograd.fft.{inverse}fft_parts along one axis after the other"
       for inverse in ("", "i") for d in ("2", "n")},
    "hfft": "autograd.fft.irfft_parts(re, -im, norm='forward')",
    "ihfft": "autograd.fft.rfft_parts(x, norm='forward'), the imaginary part negated",
}  # fmt: skip
for name, instead in INSTEAD.items():
    implements(getattr(np.fft, name))(_refusal(name, instead))
