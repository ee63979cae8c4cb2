"""Connectionist temporal classification: what it means, at the edges, and what is refused."""

import math

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from nn import functional as F

RNG = np.random.default_rng(0)


def log_probs(*shape):
    x = RNG.normal(size=shape)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def test_the_probabilities_of_all_label_sequences_add_up_to_1():
    log_p = log_probs(3, 1, 3)
    sequences = [[], *([a] for a in (1, 2)), *([a, b] for a in (1, 2) for b in (1, 2)),
                 *([a, b, c] for a in (1, 2) for b in (1, 2) for c in (1, 2))]  # fmt: skip
    total = sum(
        math.exp(-F.ctc_loss(log_p, np.array([labels], int).reshape(1, -1), [3], [len(labels)], reduction="sum").item())
        for labels in sequences
    )
    assert total == pytest.approx(1, rel=1e-12)


def test_outputs_and_labels_beyond_their_lengths_do_not_count():
    log_p, labels = log_probs(6, 2, 4), np.array([[1, 2, 3], [3, 1, 2]])
    x = Tensor(log_p, requires_grad=True)
    loss = F.ctc_loss(x, labels, [4, 6], [2, 1], reduction="none")
    loss.sum().backward()
    alone = F.ctc_loss(log_p[:4, 0], labels[0, :2], 4, 2, reduction="none")
    assert loss[0].item() == pytest.approx(alone.item(), rel=1e-14)
    assert not x.grad[4:, 0].numpy().any()
    np.testing.assert_allclose(x.grad.numpy().sum(2), -np.array([[1, 1]] * 4 + [[0, 1]] * 2), rtol=1e-12)


def test_too_few_outputs_cost_infinity_or_nothing_and_leave_the_others_alone():
    log_p, labels = log_probs(2, 2, 3), np.array([[1, 1], [1, 2]])  # 1, 1 needs a blank between
    for zero in (False, True):
        x = Tensor(log_p, requires_grad=True)
        loss = F.ctc_loss(x, labels, [2, 2], [2, 2], reduction="none", zero_infinity=zero)
        assert loss.tolist() == [0.0 if zero else math.inf, pytest.approx(-(log_p[0, 1, 1] + log_p[1, 1, 2]))]
        loss.sum().backward()
        assert np.isfinite(x.grad.numpy()).all()
        assert not x.grad[:, 0].numpy().any()


def test_probabilities_of_0_are_no_obstacle():
    log_p = np.log(
        np.array([[[0.0, 1.0]], [[0.5, 0.5]]], dtype=float),
        where=np.array([[[False, True]], [[True, True]]]),
        out=np.full((2, 1, 2), -np.inf),
    )
    x = Tensor(log_p, requires_grad=True)
    loss = F.ctc_loss(x, [[1]], [2], [1])
    loss.backward()
    assert loss.item() == pytest.approx(0)
    assert x.grad[:, 0].tolist() == [[0, -1], [-0.5, -0.5]]


def test_long_sequences_stay_finite_in_float32():
    log_p = log_probs(400, 2, 30).astype(np.float32)
    x = Tensor(log_p, requires_grad=True)
    loss = nn.CTCLoss()(x, RNG.integers(1, 30, (2, 50)), [400, 300], [50, 40])
    loss.backward()
    assert np.isfinite(loss.item())
    np.testing.assert_allclose(-x.grad.numpy().sum(2)[0], [1 / 2 / 50, 1 / 2 / 40], rtol=1e-5)


def test_without_outputs_no_labels_are_certain_and_others_impossible():
    x = Tensor(log_probs(4, 3, 3), requires_grad=True)
    loss = F.ctc_loss(x, [[1], [1], [1]], [0, 0, 4], [0, 1, 0], reduction="none")
    assert loss.tolist() == [0, math.inf, pytest.approx(-x[:, 2, 0].sum().item())]
    loss.sum().backward()
    assert x.grad.tolist() == [[[0, 0, 0], [0, 0, 0], [pytest.approx(-1), 0, 0]]] * 4


def test_what_stands_behind_the_last_output_may_be_anything():
    for beyond in (math.nan, math.inf, -math.inf):
        log_p = log_probs(4, 2, 3)
        log_p[2:, 1] = beyond
        x = Tensor(log_p, requires_grad=True)
        loss = F.ctc_loss(x, [[1], [2]], [4, 2], [1, 1], reduction="none")
        loss.sum().backward()
        assert loss[1].item() == pytest.approx(F.ctc_loss(log_p[:2, 1], [2], 2, 1, reduction="none").item())
        assert np.isfinite(x.grad.numpy()).all()
        assert not x.grad[2:, 1].numpy().any()


def test_the_gradient_is_the_derivative_also_of_what_is_no_logarithm_of_probabilities():
    x, step = RNG.normal(size=(4, 2, 3)), 1e-6

    def loss(x):
        return F.ctc_loss(x, [[1, 2], [2, 2]], [4, 3], [2, 2])

    found, nudges = Tensor(x, requires_grad=True), np.eye(x.size).reshape(-1, *x.shape) * step
    loss(found).backward()
    expected = [(loss(x + d).item() - loss(x - d).item()) / (2 * step) for d in nudges]
    np.testing.assert_allclose(found.grad.numpy().ravel(), expected, atol=1e-8)


def test_the_second_derivative_behind_a_log_softmax_is_the_derivative_of_the_first():
    logits, step = RNG.normal(size=(4, 2, 3)), 1e-6
    v = RNG.normal(size=logits.shape)

    def slope(z):
        x = Tensor(z, requires_grad=True)
        loss = F.ctc_loss(F.log_softmax(x, -1), [[1, 2], [2, 2]], [4, 3], [2, 2])
        return x, autograd.grad(loss, x, create_graph=True)[0]

    x, first = slope(logits)
    (found,) = autograd.grad((first * v).sum(), x)
    after, before = (slope(logits + sign * step * v)[1].detach().numpy() for sign in (1, -1))
    np.testing.assert_allclose(found.numpy(), (after - before) / (2 * step), atol=1e-8)


def test_samples_in_a_batch_do_not_see_each_other():
    log_p, labels, steps, lengths = log_probs(7, 4, 5), RNG.integers(1, 5, (4, 3)), [7, 5, 6, 7], [3, 1, 0, 2]
    together = F.ctc_loss(log_p, labels, steps, lengths, reduction="none")
    alone = [F.ctc_loss(log_p[:, n], labels[n], steps[n], lengths[n], reduction="none").item() for n in range(4)]
    assert together.tolist() == pytest.approx(alone, rel=1e-14)


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        (([[1]], [4], [1]), ValueError, r"input_lengths must lie between 0 and 3, and has \[4\]"),
        (([[1]], [3, 3], [1]), ValueError, "input_lengths has 2 numbers, and there are 1 samples"),
        (([[1]], [3], [2]), ValueError, "target_lengths has 2, and targets has room for 1"),
        (([1, 1], [3], [1]), ValueError, r"targets has shape \(2,\); it must have \(1, S\), or all 1 labels"),
        (([[3]], [3], [1]), IndexError, "the label 3 is not one of the 3 classes"),
        (([[1.0]], [3], [1]), TypeError, "targets must be whole numbers, and is float64"),
        (([[1]], [3], [1], 5), ValueError, "blank must be one of the 3 classes, and is 5"),
        (([[1]], [3], [-1]), ValueError, r"target_lengths must lie between 0 and the number of labels, and has \[-1\]"),
    ],
)
def test_what_does_not_fit_is_named(args, error, message):
    with pytest.raises(error, match=message):
        F.ctc_loss(log_probs(3, 1, 3), *args)


def test_log_probs_of_another_kind_are_refused():
    with pytest.raises(TypeError, match="log_probs is int64, and must be floating"):
        F.ctc_loss(np.zeros((3, 1, 3), int), [[1]], [3], [1])
    with pytest.raises(ValueError, match=r"log_probs has shape \(3,\), and must have \(T, N, C\) or \(T, C\)"):
        F.ctc_loss(np.zeros(3), [1], [3], [1])
    with pytest.raises(ValueError, match=r"log_probs has shape \(0, 1, 3\): there is nothing in it"):
        F.ctc_loss(np.zeros((0, 1, 3)), [[1]], [0], [1])
