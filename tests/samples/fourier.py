"""Samples of `autograd/rules/fourier.py` and `autograd/fft.py`."""

from typing import Any

import numpy as np

import autograd

from .table import of, real


def _parts(z: Any) -> Any:
    return [z.real, z.imag]


def _rfft(x: Any, **how: Any) -> Any:
    return _parts(np.fft.rfft(x, **how))


def _irfft(re: Any, im: Any, **how: Any) -> Any:
    return np.fft.irfft(re + np.array(1j, np.result_type(re, np.complex64)) * im, **how)


def _of_complex(transform: Any) -> Any:
    def like(re: Any, im: Any, **how: Any) -> Any:
        return _parts(transform(re + np.array(1j, np.result_type(re, np.complex64)) * im, **how))

    return like


# fmt: off
HOW: tuple[dict[str, Any], ...] = (
    {}, {"n": 4}, {"n": 7}, {"axis": 0}, {"norm": "ortho"}, {"norm": "forward", "axis": 0, "n": 5},
)

FOURIER = [
    *(of(autograd.fft.rfft_parts, real(3, 6), like=_rfft, ulps=8, sums=True, **how) for how in HOW),
    *(of(autograd.fft.rfft_parts, real(n), like=_rfft, ulps=8, sums=True) for n in (1, 2, 5)),
    *(of(autograd.fft.irfft_parts, real(3, 4), real(3, 4), like=_irfft, ulps=8, sums=True, **how) for how in HOW),
    *(of(autograd.fft.irfft_parts, real(3), real(3), like=_irfft, ulps=8, sums=True, n=n) for n in (1, 2, 5)),
    *(
        of(ours, real(3, 4), real(3, 4), like=_of_complex(numpys), ulps=8, sums=True, **how)
        for ours, numpys in ((autograd.fft.fft_parts, np.fft.fft), (autograd.fft.ifft_parts, np.fft.ifft))
        for how in HOW
    ),
    *(
        of(function, real(3, 4), **how)
        for function in (np.fft.fftshift, np.fft.ifftshift) for how in ({}, {"axes": 0}, {"axes": (-1, 0)})
    ),
]
# fmt: on
