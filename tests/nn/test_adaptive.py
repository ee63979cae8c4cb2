"""Adaptive softmax: probabilities that add up, and what is refused."""

import numpy as np
import pytest

import autograd
import nn


def layer(**how):
    autograd.manual_seed(0)
    return nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6], 2.0, **how)


X = np.random.default_rng(0).normal(size=(10, 8)).astype(np.float32)


def test_probabilities_add_up_to_1_and_are_those_of_the_targets():
    model = layer()
    log_p = model.log_prob(X).detach().numpy()
    np.testing.assert_allclose(np.exp(log_p).sum(1), 1, rtol=1e-5)
    output, loss = model(X, np.arange(10))
    np.testing.assert_allclose(output.detach().numpy(), np.diagonal(log_p), rtol=1e-5)
    assert loss.item() == pytest.approx(-np.diagonal(log_p).mean(), rel=1e-5)


@pytest.mark.parametrize("where", [slice(None), slice(0, 3), slice(3, None)])
def test_what_is_predicted_is_the_most_probable_class(where):
    model = layer()
    model.head.weight.data[...] = 0
    model.head.weight.data[where, 0] = 1
    x = X.copy()
    x[:, 0] = np.linspace(-1, 1, 10)
    expected = model.log_prob(x).detach().numpy().argmax(1)
    assert model.predict(x).tolist() == expected.tolist()
    assert not model.predict(x).requires_grad


def test_weights_drawn_anew_are_those_of_a_new_layer():
    fresh, model = layer(head_bias=True), layer(head_bias=True)
    for p in model.parameters():
        p.data[...] = 0
    autograd.manual_seed(0)
    model.reset_parameters()
    for name, value in fresh.state_dict().items():
        np.testing.assert_array_equal(model.state_dict()[name].numpy(), value.numpy(), err_msg=name)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_inputs_take_the_dtype_of_the_weights(dtype):
    output, loss = layer(dtype=dtype)(X.astype(np.float64), np.arange(10))
    assert output.dtype == loss.dtype == dtype


def test_a_cluster_that_nobody_asked_for_gets_no_gradient():
    model = layer()
    model(X[:2], np.array([0, 4])).loss.backward()
    assert model.tail[0][0].weight.grad is not None
    assert model.tail[1][0].weight.grad is None


def test_what_does_not_fit_is_refused():
    for cutoffs in ([], [0], [3, 3], [6, 3], [10]):
        with pytest.raises(ValueError, match="cutoffs should rise, between 1 and n_classes - 1, 9, and are"):
            nn.AdaptiveLogSoftmaxWithLoss(8, 10, cutoffs)
    with pytest.raises(IndexError, match="the target 10 is not one of the 10 classes"):
        layer()(X[:1], np.array([10]))
    with pytest.raises(ValueError, match=r"the input has shape \(10, 8\) and the target \(9,\)"):
        layer()(X, np.zeros(9, int))
