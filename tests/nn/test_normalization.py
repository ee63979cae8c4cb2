"""Normalisation beyond its figures: running values, what is refused, and accuracy."""

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from nn import functional as F


def test_running_values_move_in_training_only_and_count_the_batches():
    norm = nn.BatchNorm2d(2)
    x = np.random.default_rng(0).normal(3, 2, (8, 2, 3, 3)).astype(np.float32)
    norm(x)
    np.testing.assert_allclose(norm.running_mean.numpy(), 0.1 * x.mean((0, 2, 3)), 1e-5)
    np.testing.assert_allclose(norm.running_var.numpy(), 0.9 + 0.1 * x.var((0, 2, 3), ddof=1), 1e-5)
    before = norm.running_mean.tolist()
    norm.eval()(x)
    assert norm.running_mean.tolist() == before
    assert norm.num_batches_tracked.item() == 1
    norm.reset_running_stats()
    assert norm.running_mean.tolist() == [0, 0]
    assert norm.num_batches_tracked.item() == 0


def test_without_momentum_the_running_values_are_means_over_all_batches():
    norm = nn.BatchNorm1d(1, momentum=None)
    batches = np.random.default_rng(0).normal(size=(3, 5, 1)).astype(np.float32)
    for batch in batches:
        norm(batch)
    assert norm.running_mean.item() == pytest.approx(batches.mean(), rel=1e-4)


def test_a_model_that_was_loaded_normalises_as_the_one_that_was_saved():
    model, other = nn.Sequential(nn.BatchNorm1d(3)), nn.Sequential(nn.BatchNorm1d(3))
    model(np.random.default_rng(0).normal(size=(9, 3)))
    other.load_state_dict(model.state_dict())
    x = np.ones((2, 3))
    assert other.eval()(x).tolist() == model.eval()(x).tolist()


@pytest.mark.parametrize("far", [0.0, 1.9, 100.0, 3e4])
def test_float32_is_as_exact_as_its_inputs_far_from_0_too(far):
    x = (far + np.random.default_rng(0).normal(size=(6, 4, 50))).astype(np.float32)
    exact = x.astype(np.float64)
    expected = (exact - exact.mean(2, keepdims=True)) / exact.std(2, keepdims=True)
    np.testing.assert_allclose(F.layer_norm(x, 50, eps=0.0).numpy(), expected, atol=1e-6 * max(10, far))
    expected = (exact - exact.mean((0, 2), keepdims=True)) / exact.std((0, 2), keepdims=True)
    found = F.batch_norm(x, None, None, training=True, eps=0.0).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-6 * max(10, far))
    expected = (exact - exact.mean((1, 2), keepdims=True)) / exact.std((1, 2), keepdims=True)
    np.testing.assert_allclose(F.group_norm(x, 1, eps=0.0).numpy(), expected, atol=1e-6 * max(10, far))


NORMS = [
    lambda x: F.layer_norm(x, x.shape[-1]),
    lambda x: F.layer_norm(x, x.shape[-1], autograd.ones(x.shape[-1], dtype=x.dtype) * 2),
    lambda x: F.rms_norm(x, x.shape[-1]),
    lambda x: F.batch_norm(x, None, None, training=True),
    lambda x: F.group_norm(x, 2),
    lambda x: F.instance_norm(x),
]


def gradient(norm, x, g):
    x = Tensor(x, requires_grad=True)
    norm(x).backward(Tensor(g))
    return x.grad.numpy()


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("shape", [(3, 4, 5), (2, 4, 700), (40, 8, 1000)], ids=["narrow", "wide", "several blocks"])
def test_float32_agrees_with_float64_in_every_way_of_computing(norm, shape):
    rng = np.random.default_rng(0)
    x, g = rng.normal(1, 1, shape), rng.normal(size=shape)
    x[-1] += 20  # a sample far from 0
    expected, found = norm(Tensor(x)).numpy(), norm(Tensor(x.astype(np.float32))).numpy()
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(
        gradient(norm, x.astype(np.float32), g.astype(np.float32)), gradient(norm, x, g), 1e-3, 1e-4
    )


@pytest.mark.parametrize("norm", NORMS[:2] + NORMS[3:])  # RMS norm does not subtract the mean
def test_a_number_added_to_all_changes_nothing_near_0_or_far_from_it(norm):
    rng = np.random.default_rng(0)
    x, g = rng.normal(size=(3, 4, 600)), rng.normal(size=(3, 4, 600))
    for far in (1.0, 10.0, 1000.0):
        np.testing.assert_allclose(norm(Tensor(x + far)).numpy(), norm(Tensor(x)).numpy(), atol=1e-9)
        np.testing.assert_allclose(gradient(norm, x + far, g), gradient(norm, x, g), atol=1e-9)


def test_numpys_settings_are_as_they_were():
    for norm in NORMS:
        with np.errstate():
            np.setbufsize(4096)
            gradient(norm, np.ones((2, 4, 600)), np.ones((2, 4, 600)))
            assert np.getbufsize() == 4096


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: nn.LayerNorm(4)(np.ones((2, 3))), r"layer_norm: expected the last axes \(4,\).*\(2, 3\)"),
        (lambda: nn.RMSNorm((2, 3))(np.ones(3)), r"rms_norm: expected the last axes \(2, 3\).*\(3,\)"),
        (lambda: nn.BatchNorm2d(3)(np.ones((2, 3))), r"expected 4D input \(got 2D input"),
        (lambda: nn.BatchNorm1d(3)(np.ones((2, 4))), r"batch_norm: expected 3 channels.*\(2, 4\)"),
        (lambda: nn.BatchNorm1d(3)(np.ones((1, 3))), r"Expected more than 1 value per channel when training"),
        (lambda: nn.GroupNorm(2, 3), r"num_channels must be divisible by num_groups"),
        (lambda: F.group_norm(np.ones((2, 3)), 2), r"2 groups divide.*\(2, 3\)"),
        (lambda: nn.InstanceNorm1d(3, affine=True)(np.ones((2, 4, 5))), r"expected 3 channels.*\(2, 4, 5\)"),
        (lambda: nn.InstanceNorm1d(3)(np.ones((2, 3, 1))), r"Expected more than 1 spatial element"),
    ],
)
def test_what_does_not_fit_is_refused_with_both_shapes(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_integers_are_refused():
    with pytest.raises(TypeError, match=r"layer_norm: the input is int64.*astype"):
        nn.LayerNorm(3)(np.ones((2, 3), int))


def test_a_refused_batch_leaves_no_trace_in_the_running_values():
    norm = nn.BatchNorm1d(3)
    with pytest.raises(ValueError, match="more than 1 value"):
        norm(np.ones((1, 3)))
    assert norm.running_mean.tolist() == [0, 0, 0]
    assert norm.num_batches_tracked.item() == 0


def test_empty_rows_and_batches_of_nothing():
    assert nn.LayerNorm(3)(autograd.zeros(0, 3)).shape == (0, 3)
    assert nn.BatchNorm1d(3).eval()(autograd.zeros(0, 3)).shape == (0, 3)
