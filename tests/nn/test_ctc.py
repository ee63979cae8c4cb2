"""Connectionist temporal classification: what it means, at the edges, and what is refused."""

import math

import numpy as np
import pytest

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
    np.testing.assert_allclose(-x.grad.numpy().sum(2)[0], [1 / 2 / 50, 1 / 2 / 40], rtol=1e-3)


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
