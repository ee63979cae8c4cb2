"""Dropout: how much is dropped, what stays, and when."""

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from nn import functional as F

LAYERS = [nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout]


def shape_for(layer, n=2):
    return (n, 3, *(4,) * {nn.Dropout2d: 2, nn.Dropout3d: 3}.get(layer, 1))


@pytest.mark.parametrize("layer", LAYERS)
def test_after_training_nothing_is_dropped_and_with_p_0_neither(layer):
    x = Tensor(np.random.default_rng(0).normal(size=shape_for(layer)))
    assert layer(0.7).eval()(x).tolist() == x.tolist()
    assert layer(0.0)(x).tolist() == x.tolist()
    assert not np.any(layer(1.0)(x).numpy())


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_the_share_that_is_dropped_is_p_and_the_mean_stays(p):
    autograd.manual_seed(0)
    y = F.dropout(np.ones((300, 300)), p).numpy()
    assert np.mean(y == 0) == pytest.approx(p, abs=0.01)
    assert y.mean() == pytest.approx(1, abs=0.03)
    assert set(np.unique(y)) == {0, 1 / (1 - p)}


@pytest.mark.parametrize("layer", [nn.Dropout1d, nn.Dropout2d, nn.Dropout3d])
def test_whole_channels_are_dropped(layer):
    autograd.manual_seed(0)
    y = layer(0.5)(np.ones(shape_for(layer, 50))).numpy()
    each = y.reshape(150, -1)
    assert np.all(each == each[:, :1])
    assert 0.3 < np.mean(each[:, 0] == 0) < 0.7
    single = layer(0.5)(np.ones(shape_for(layer)[1:])).numpy().reshape(3, -1)
    assert np.all(single == single[:, :1])


@pytest.mark.parametrize("layer", [nn.AlphaDropout, nn.FeatureAlphaDropout])
def test_alpha_dropout_keeps_mean_0_and_variance_1(layer):
    autograd.manual_seed(0)
    x = np.random.default_rng(0).normal(size=(20000, 4, 2))
    y = layer(0.3)(x).numpy()
    assert y.mean() == pytest.approx(0, abs=0.02)
    assert y.std() == pytest.approx(1, abs=0.02)


def test_the_gradient_goes_where_the_value_went():
    autograd.manual_seed(0)
    x = Tensor(np.ones((20, 20)), requires_grad=True)
    y = F.dropout(x, 0.5)
    y.sum().backward()
    assert x.grad.tolist() == y.tolist()


def test_a_seed_repeats_what_is_dropped():
    layer, x = nn.Dropout(), np.ones(100)
    autograd.manual_seed(1)
    first = layer(x).tolist()
    assert layer(x).tolist() != first
    autograd.manual_seed(1)
    assert layer(x).tolist() == first


@pytest.mark.parametrize("p", [-0.1, 1.1])
def test_what_is_no_probability_is_refused(p):
    with pytest.raises(ValueError, match="between 0 and 1, but got"):
        nn.Dropout(p)
    with pytest.raises(ValueError, match="between 0 and 1, but got"):
        F.dropout(np.ones(3), p)


def test_channels_of_what_has_none_are_refused():
    with pytest.raises(ValueError, match=r"dropout2d: expected 3D or 4D input, got shape \(2, 3\)"):
        F.dropout2d(np.ones((2, 3)))
