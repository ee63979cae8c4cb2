"""Distances and directions: what the comparison with PyTorch cannot see."""

import numpy as np
import pytest

import nn.functional as F
from autograd import Tensor

ROWS = np.array([[3.0, 4.0], [0.0, 0.0], [1e-20, 0.0]])


@pytest.mark.parametrize(
    "function",
    [
        F.normalize,
        lambda x: F.cosine_similarity(x, x.detach() + 1),
        lambda x: F.cosine_similarity(x, x),
        lambda x: F.pairwise_distance(x, x.detach(), eps=0.0),
        F.pdist,
    ],
)
def test_the_gradient_is_finite_where_vectors_are_0_or_equal(function):
    x = Tensor(np.concatenate([ROWS, ROWS]), requires_grad=True)
    function(x).sum().backward()
    assert np.all(np.isfinite(x.grad.numpy()))


def test_a_direction_has_length_1_unless_it_is_0():
    lengths = np.linalg.norm(F.normalize(ROWS).numpy(), axis=1)
    np.testing.assert_allclose(lengths, [1, 0, 1e-8])


def test_floating_inputs_of_two_dtypes_take_the_first():
    assert F.cosine_similarity(Tensor(ROWS.astype(np.float32)), ROWS).dtype == np.float32


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: F.cosine_similarity(ROWS, ROWS[:2]), ValueError, r"cosine_similarity: inputs of shapes \(3, 2\) and \(2, 2\)"),
        (lambda: F.pairwise_distance(ROWS, ROWS[:, :0]), ValueError, r"pairwise_distance: .*\(3, 2\) and \(3, 0\) do not broadcast"),
        (lambda: F.cosine_similarity([[1]], [[2]]), TypeError, "the first input is int64, and must be floating"),
        (lambda: F.pairwise_distance(ROWS, [[1, 2]]), TypeError, "the input is int64, and float64 is needed"),
        (lambda: F.normalize(np.array([[1]])), TypeError, "is int64, and must be floating"),
        (lambda: F.pdist(ROWS[0]), ValueError, r"pdist: the input has shape \(2,\), and must have \(N, M\)"),
        (lambda: F.one_hot(ROWS), TypeError, "labels are whole numbers, not float64; write x.astype"),
        (lambda: F.one_hot(np.array([0, 3]), 3), IndexError, "label 3 at 1 is not one of the 3 classes"),
        (lambda: F.one_hot(np.array([-1])), IndexError, "label -1 at 0"),
        (lambda: F.one_hot(np.zeros(0, int)), ValueError, "no labels, and so no classes can be counted; give num_classes"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_what_to_write_instead(call, error, words):
    with pytest.raises(error, match=words):
        call()
