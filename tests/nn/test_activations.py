"""Activations: values worked out by hand, derivatives at the kinks, and what their arguments mean."""

import math

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from nn import functional as F

PHI_1 = 0.8413447460685429  # Φ(1)
SIGMOID_1 = 1 / (1 + math.exp(-1))


def value_and_slope(function, x):
    x = Tensor(np.asarray(x, np.float64), requires_grad=True)
    y = function(x)
    y.sum().backward()
    return y.tolist(), x.grad.tolist()


@pytest.mark.parametrize(
    ("function", "x", "value", "slope"),
    [
        (F.relu, [-2, 3], [0, 3], [0, 1]),
        (F.relu6, [-2, 3, 7], [0, 3, 6], [0, 1, 0]),
        (F.leaky_relu, [-2, 3], [-0.02, 3], [0.01, 1]),
        (F.elu, [-1, 3], [math.exp(-1) - 1, 3], [math.exp(-1), 1]),
        (lambda x: F.celu(x, 2.0), [-2, 3], [2 * math.exp(-1) - 2, 3], [math.exp(-1), 1]),
        (F.selu, [1], [1.0507009873554805], [1.0507009873554805]),
        (F.sigmoid, [0, 1], [0.5, SIGMOID_1], [0.25, SIGMOID_1 * (1 - SIGMOID_1)]),
        (F.tanh, [0, math.log(2)], [0, 0.6], [1, 0.64]),
        (F.softplus, [0], [math.log(2)], [0.5]),
        (lambda x: F.softplus(x, beta=2.0), [0], [math.log(2) / 2], [0.5]),
        (F.logsigmoid, [0, -1000, 1000], [-math.log(2), -1000, 0], [0.5, 1, 0]),
        (F.softsign, [-1, 3], [-0.5, 0.75], [0.25, 0.0625]),
        (F.tanhshrink, [math.log(2)], [math.log(2) - 0.6], [0.36]),
        (F.softshrink, [-2, 0.2, 1], [-1.5, 0, 0.5], [1, 0, 1]),
        (F.hardshrink, [-2, 0.2, 1], [-2, 0, 1], [1, 0, 1]),
        (lambda x: F.threshold(x, 1.0, 5.0), [0, 2], [5, 2], [0, 1]),
        (F.hardtanh, [-2, 0.5, 2], [-1, 0.5, 1], [0, 1, 0]),
        (F.hardsigmoid, [-4, 0, 1.5, 4], [0, 0.5, 0.75, 1], [0, 1 / 6, 1 / 6, 0]),
        (F.hardswish, [-4, 0, 1.5, 4], [0, 0, 1.125, 4], [0, 0.5, 1, 1]),
        (F.silu, [0, 1], [0, SIGMOID_1], [0.5, SIGMOID_1 * (2 - SIGMOID_1)]),
        (F.gelu, [0, 1], [0, PHI_1], [0.5, PHI_1 + math.exp(-0.5) / math.sqrt(2 * math.pi)]),
        (lambda x: F.gelu(x, "tanh"), [0], [0], [0.5]),
        (F.mish, [0], [0], [0.6]),
        (lambda x: F.glu(x), [2, 0], [1], [0.5, 0.5]),
    ],
)
def test_values_and_derivatives_are_those_worked_out_by_hand(function, x, value, slope):
    found, found_slope = value_and_slope(function, x)
    np.testing.assert_allclose(found, value, rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(found_slope, slope, rtol=3e-14, atol=1e-15)  # Φ(0) is off by 60 units of its last place


@pytest.mark.parametrize(
    ("function", "kinks", "slopes"),
    [
        (F.relu, [0], [0]),
        (F.relu6, [0, 6], [0, 0]),
        (F.leaky_relu, [0], [0.01]),
        (F.hardtanh, [-1, 1], [0, 0]),
        (lambda x: F.hardtanh(x, -2.0, 0.5), [-2, 0.5], [0, 0]),
        (F.hardsigmoid, [-3, 3], [0, 0]),
        (F.hardswish, [-3, 3], [0, 1]),
        (F.softshrink, [-0.5, 0.5], [0, 0]),
        (F.hardshrink, [-0.5, 0.5], [0, 0]),
        (lambda x: F.threshold(x, 0.5, 2.0), [0.5], [0]),
        (F.elu, [0], [1]),
        (F.softsign, [0], [1]),
    ],
)
def test_derivatives_at_the_kinks_are_pytorchs(function, kinks, slopes):
    np.testing.assert_allclose(value_and_slope(function, kinks)[1], slopes, atol=1e-15)


def test_a_threshold_replaces_infinities_and_lets_nan_through():
    y, slope = value_and_slope(lambda x: F.threshold(x, 0.0, 7.0), [-np.inf, np.inf, np.nan])
    assert y[:2] == [7, np.inf]
    assert math.isnan(y[2])
    assert slope == [0, 1, 1]


@pytest.mark.parametrize("function", [F.gelu, F.silu, F.mish, F.softplus, F.elu, F.selu, F.logsigmoid])
def test_numbers_far_out_neither_overflow_nor_become_nan(function):
    for x in (-1e4, -1e30, 1e4):
        y, slope = value_and_slope(function, [x])
        assert np.isfinite([y, slope]).all()
        found = function(Tensor(np.float32([x])))
        assert np.isfinite(found.numpy()).all()
        assert found.dtype == np.float32


def test_gelu_of_float32_differs_from_the_exact_one_by_rounding_only():
    x = np.linspace(-12, 12, 4801).astype(np.float32)
    exact = np.array([0.5 * float(v) * math.erfc(-float(v) / math.sqrt(2)) for v in x])
    slopes = np.array(
        [0.5 * math.erfc(-v / math.sqrt(2)) + v * math.exp(-v * v / 2) / math.sqrt(2 * math.pi) for v in x]
    )
    t = Tensor(x, requires_grad=True)
    y = F.gelu(t)
    y.sum().backward()
    np.testing.assert_allclose(y.detach().numpy(), exact, rtol=3e-7, atol=3e-7)
    np.testing.assert_allclose(t.grad.numpy(), slopes, rtol=3e-7, atol=3e-7)


def test_an_activation_takes_rows_that_do_not_lie_in_one_piece():
    x = np.random.default_rng(0).normal(size=(6, 8)).astype(np.float32)
    for function in (F.gelu, F.silu, F.hardswish, F.mish):
        a, b = Tensor(x.T[::2], requires_grad=True), Tensor(x.T[::2].copy(), requires_grad=True)
        for t in (a, b):
            function(t).sum().backward()
        np.testing.assert_array_equal(function(a).detach().numpy(), function(b).detach().numpy())
        np.testing.assert_array_equal(a.grad.numpy(), b.grad.numpy())


@pytest.mark.parametrize(
    "layer",
    [
        nn.ReLU,
        nn.ReLU6,
        nn.LeakyReLU,
        nn.ELU,
        nn.CELU,
        nn.SELU,
        nn.SiLU,
        nn.Mish,
        nn.Hardtanh,
        nn.Hardsigmoid,
        nn.Hardswish,
        lambda inplace: nn.Threshold(0.0, 0.5, inplace),
        lambda inplace: nn.RReLU(inplace=inplace).eval(),
    ],
)
def test_inplace_is_taken_gives_the_same_numbers_and_spares_the_input(layer):
    x = Tensor([-4.0, -0.5, 0.5, 4.0], requires_grad=True)
    y = layer(inplace=True)(x * 1)
    assert y.tolist() == layer(inplace=False)(x).tolist()
    assert x.tolist() == [-4.0, -0.5, 0.5, 4.0]
    y.sum().backward()
    assert np.isfinite(x.grad.numpy()).all()


def test_rrelu_draws_slopes_in_training_and_takes_their_mean_after_it():
    layer = nn.RReLU(0.2, 0.4)
    x = np.concatenate([np.full(2000, -1.0), np.full(10, 2.0)])
    autograd.manual_seed(0)
    y = layer(x).numpy()
    assert (y[2000:] == 2).all()
    assert (-0.4 <= y[:2000]).all()
    assert (y[:2000] <= -0.2).all()
    assert abs(y[:2000].mean() + 0.3) < 0.01
    autograd.manual_seed(0)
    assert (layer(x).numpy() == y).all()
    np.testing.assert_allclose(layer.eval()(x).numpy()[:2000], -0.3)


def test_the_gradient_of_rrelu_is_by_the_slopes_that_were_drawn():
    x = Tensor(np.full(5, -2.0), requires_grad=True)
    y = F.rrelu(x, training=True)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), y.detach().numpy() / -2)


def test_prelu_has_one_slope_or_one_for_each_channel():
    x = -np.ones((2, 3, 2))
    assert F.prelu(x, Tensor([0.5])).tolist() == (-0.5 * np.ones((2, 3, 2))).tolist()
    assert F.prelu(x, Tensor(0.5)).shape == (2, 3, 2)
    weight = Tensor([0.1, 0.2, 0.3], requires_grad=True)
    y = F.prelu(x, weight)
    np.testing.assert_allclose(y.detach().numpy()[0, :, 0], [-0.1, -0.2, -0.3], 1e-6)
    y.sum().backward()
    assert weight.grad.tolist() == [-4, -4, -4]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: F.prelu(np.ones((2, 3)), Tensor([0.1, 0.2])),
            ValueError,
            r"prelu: a weight of shape \(2,\).*\(2, 3\)",
        ),
        (lambda: F.prelu(np.ones(2), Tensor([0.1, 0.2])), ValueError, r"prelu: a weight of shape \(2,\).*\(2,\)"),
        (lambda: F.gelu(np.ones(2), "sigmoid"), RuntimeError, "approximate argument must be either none or tanh"),
        (lambda: F.hardtanh(np.ones(2), 1.0, -1.0), ValueError, "min_val cannot be greater than max_val: 1.0 > -1.0"),
        (lambda: nn.Hardtanh(1.0, 1.0), ValueError, "min_val must be smaller than max_val"),
        (lambda: F.softshrink(np.ones(2), -1.0), RuntimeError, "lambda must be greater or equal to 0.*-1.0"),
        (lambda: F.glu(np.ones((2, 3))), ValueError, r"glu: axis -1 of an input of shape \(2, 3\) cannot be halved"),
        (lambda: F.glu(np.float64(1.0)), ValueError, r"glu: .*shape \(\)"),
        (lambda: nn.Softmax2d()(np.ones((2, 3))), ValueError, r"Softmax2d: expected input to be 3D or 4D.*\(2, 3\)"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
