"""Borders: what the comparison with PyTorch cannot see."""

import numpy as np
import pytest

import nn
import nn.functional as F
from autograd import Tensor

ROW = np.arange(6.0).reshape(2, 3)


def test_a_border_of_nothing_is_a_result_of_its_own():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = F.pad(x, (0, 0))
    assert y is not x
    y.sum().backward()
    assert x.grad.tolist() == [1, 1]


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_borders_are_those_of_numpy(mode):
    x = np.random.default_rng(0).normal(size=(2, 4, 5))
    name = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}[mode]
    expected = np.pad(x, [(0, 0), (1, 2), (3, 0)], name)
    np.testing.assert_array_equal(F.pad(x, (3, 0, 1, 2), mode).numpy(), expected)


def test_whole_numbers_stay_whole():
    assert F.pad(np.array([1, 2]), (1, 0), value=3).dtype == np.int64
    assert F.pad(np.array([1, 2]), (1, 1), "reflect").tolist() == [2, 1, 2, 1]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: F.pad(ROW, (1,)), ValueError, "has 1 numbers; give a pair for each axis, the last axis first"),
        (lambda: F.pad(ROW, (1,) * 6), ValueError, r"not more than the 2 axes of the input's shape \(2, 3\)"),
        (lambda: F.pad(ROW, (1, 0.5)), TypeError, "must be whole numbers"),
        (lambda: F.pad(ROW, (1, 1), "mirror"), ValueError, "'mirror' is not one of constant, reflect, replicate, circular"),
        (lambda: F.pad(ROW, (1, 1), "reflect", 2.0), ValueError, "takes no value; leave value=2.0 out"),
        (lambda: F.pad(ROW, (3, 0), "reflect"), ValueError, r"\(3, 0\).* axis -1 .*\(2, 3\) has; a border there is at most 2"),
        (lambda: F.pad(ROW, (0, 0, 0, 3), "circular"), ValueError, "axis -2 .* a border there is at most 2"),
        (lambda: F.pad(ROW[:0], (0, 0, 1, 0), "replicate"), ValueError, "at most 0"),
        (lambda: F.pad(ROW, (-2, -2)), ValueError, "takes more from axis -1"),
        (lambda: nn.ZeroPad2d((1, 2)), ValueError, r"ZeroPad2d: padding=\(1, 2\) has 2 numbers; give one, or 4"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_what_to_write_instead(call, error, words):
    with pytest.raises(error, match=words):
        call()
