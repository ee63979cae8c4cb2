"""Fourier transforms on real and imaginary parts, where the laws cannot see."""

import numpy as np
import pytest

import autograd
from autograd import Tensor, fft

X = np.random.default_rng(0).normal(size=(3, 6))


@pytest.mark.parametrize("norm", [None, "backward", "ortho", "forward"])
@pytest.mark.parametrize("n", [1, 2, 5, 6])
def test_there_and_back_again(n, norm):
    x = Tensor(X[:, :n])
    np.testing.assert_allclose(
        fft.irfft_parts(*fft.rfft_parts(x, norm=norm), n, norm=norm).numpy(), X[:, :n], atol=1e-14
    )
    re, im = fft.ifft_parts(*fft.fft_parts(x, norm=norm), norm=norm)
    np.testing.assert_allclose(re.numpy(), X[:, :n], atol=1e-14)
    np.testing.assert_allclose(im.numpy(), 0, atol=1e-14)
    np.testing.assert_array_equal(np.fft.ifftshift(np.fft.fftshift(x)).numpy(), X[:, :n])


def test_a_filter_is_learned_through_the_spectrum():
    """The gradient of a convolution, computed by its spectrum, is a correlation."""
    signal, kernel = Tensor(X[0]), Tensor(X[1], requires_grad=True)
    (a, b), (c, d) = fft.rfft_parts(signal), fft.rfft_parts(kernel)
    y = fft.irfft_parts(a * c - b * d, a * d + b * c, 6)
    expected = [sum(X[0][(i - j) % 6] * X[1][j] for j in range(6)) for i in range(6)]
    np.testing.assert_allclose(y.detach().numpy(), expected)
    (y * X[2]).sum().backward()
    np.testing.assert_allclose(
        kernel.grad.numpy(), [sum(X[0][(i - j) % 6] * X[2][i] for i in range(6)) for j in range(6)]
    )


def test_the_result_has_the_dtype_of_the_signal_and_axis_is_dim():
    x = X.astype(np.float32)
    re, im = fft.rfft_parts(x, dim=0)
    assert re.dtype == im.dtype == np.float32
    assert isinstance(re, Tensor)
    np.testing.assert_array_equal(re.numpy(), fft.rfft_parts(x, axis=0).real.numpy())
    assert fft.rfft_parts([1, 2, 3]).real.dtype == autograd.get_default_dtype()


def test_frequencies():
    assert fft.fftfreq(4, 0.5).tolist() == np.fft.fftfreq(4, 0.5).tolist()
    assert fft.rfftfreq(5, 2.0, dtype=np.float64).tolist() == np.fft.rfftfreq(5, 2.0).tolist()
    assert fft.fftshift(fft.fftfreq(4), dim=0).tolist() == [-0.5, -0.25, 0.0, 0.25]


def test_errors():
    with pytest.raises(ValueError, match="backward, ortho or forward"):
        fft.rfft_parts(X, norm="half")
    for f in (fft.rfft_parts, fft.fft_parts):
        with pytest.raises(ValueError, match="number of points"):
            f(X, n=0)
    with pytest.raises(ValueError, match="number of points"):
        fft.irfft_parts(X[:, :1], X[:, :1])
