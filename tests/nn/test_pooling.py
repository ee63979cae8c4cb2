"""Pooling: what the comparison with PyTorch cannot see."""

import math

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd import Tensor
from autograd.testing import gradcheck

IMAGE = np.arange(24.0).reshape(1, 1, 4, 6)


def gradient(function, x):
    x = Tensor(x, requires_grad=True)
    function(x).sum().backward()
    return x.grad.numpy()


@pytest.mark.parametrize("kernel", [2, 5])
def test_of_equals_the_first_gets_all_of_the_gradient(kernel):
    """In the order of rows, also where a column further left has one in a lower row."""
    x = np.zeros((1, kernel, kernel))
    x[0, 0, 1] = x[0, 1, 0] = 3
    expected = np.zeros_like(x)
    expected[0, 0, 1] = 1
    np.testing.assert_array_equal(gradient(lambda x: F.max_pool2d(x, kernel), x), expected)
    assert F.max_pool2d(x, kernel, return_indices=True)[1].tolist() == [[[1]]]


def test_an_element_that_is_the_largest_of_several_windows_gets_all_of_their_gradients():
    np.testing.assert_array_equal(
        gradient(lambda x: F.max_pool1d(x, 3, 1), [[0.0, 0.0, 5.0, 0.0, 0.0]]), [[0, 0, 3, 0, 0]]
    )


def test_an_empty_batch_is_pooled_to_an_empty_one():
    for pool in (
        lambda x: F.adaptive_max_pool2d(x, (3, 2), return_indices=True),
        lambda x: F.adaptive_max_pool2d(x, (2, 3), return_indices=True),
        lambda x: F.max_pool2d(x, 2, return_indices=True),
        lambda x: F.fractional_max_pool2d(x, 2, output_ratio=0.5, return_indices=True),
    ):
        x = Tensor(np.zeros((0, 2, 4, 6)), requires_grad=True)
        top, places = pool(x)
        assert top.shape == places.shape == (0, 2, *top.shape[2:])
        top.sum().backward()
        assert x.grad.shape == x.shape


def test_a_window_that_sees_nothing_but_padding_has_no_maximum():
    for shape, kernel, padding, dilation in (((1, 1), 2, 1, 2), ((1, 3), 2, 2, 4)):
        with pytest.raises(
            ValueError, match=rf"max_pool1d: with dilation={dilation} a window along axis -1, which has"
        ):
            F.max_pool1d(np.zeros(shape), kernel, 1, padding, dilation)
    assert F.max_pool1d(np.arange(3.0)[None], 2, 1, 1, 2).tolist() == [[1, 2, 1]]


def test_a_window_of_minus_infinity_has_its_maximum_in_the_image():
    x = np.full((1, 1, 3, 3), -math.inf)
    top, places = F.max_pool2d(x, 3, 2, 1, return_indices=True)
    assert places.tolist() == [[[[0, 1], [3, 4]]]]
    assert np.all(top.numpy() == -math.inf)


def test_a_nan_is_the_largest_of_its_window_and_of_no_other():
    x = IMAGE.copy()
    x[0, 0, 0, 0] = math.nan
    top = F.max_pool2d(x, 2).numpy()
    assert math.isnan(top[0, 0, 0, 0])
    assert np.isnan(top).sum() == 1


def test_unpooling_overlapping_windows_has_the_gradient_of_the_values():
    """The maximum of two windows appears once; so does its gradient."""

    def back(x):
        return F.max_unpool1d(*F.max_pool1d(x, 3, 2, return_indices=True), 3, 2)

    x = np.array([[0.0, 1.0, 5.0, 2.0, 3.0]])
    assert back(x).tolist() == [[0, 0, 5, 0, 0]]
    np.testing.assert_array_equal(gradient(back, x), [[0, 0, 1, 0, 0]])
    gradcheck(back, x)


def test_a_power_average_has_derivative_0_where_all_is_0():
    np.testing.assert_array_equal(gradient(lambda x: F.lp_pool2d(x, 2, 2), np.zeros((1, 2, 2))), np.zeros((1, 2, 2)))


def test_fractional_windows_are_drawn_from_the_seed():
    x = np.random.default_rng(0).normal(size=(2, 3, 12, 12))
    pool = nn.FractionalMaxPool2d(2, output_ratio=0.6)

    def drawn(seed):
        autograd.manual_seed(seed)
        return pool(x).tolist()

    assert drawn(1) == drawn(1) != drawn(2)
    assert pool(x[0]).shape == (3, 7, 7)


def test_arrays_in_any_layout_are_as_good():
    x = np.random.default_rng(0).normal(size=(2, 3, 6, 8))
    strange = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    for pool in (
        nn.MaxPool2d(2),
        nn.MaxPool2d(3, 2, 1),
        nn.AvgPool2d(3, 2, 1),
        nn.AdaptiveMaxPool2d(5),
        nn.MaxPool2d(6),
    ):
        np.testing.assert_array_equal(pool(strange).numpy(), pool(x).numpy())
        np.testing.assert_array_equal(gradient(pool, strange), gradient(pool, x))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: F.max_pool2d(IMAGE, 5), ValueError, r"max_pool2d: a window of 5 does not fit into axis -2 .*\(4, 6\)"),
        (lambda: F.max_pool2d(IMAGE, 2, padding=2), ValueError, "padding must be from 0 to half of the window"),
        (lambda: F.avg_pool1d(IMAGE[0], 0), ValueError, "avg_pool1d: kernel_size=0"),
        (lambda: F.max_pool2d(IMAGE, 2, stride=0), ValueError, "stride=0"),
        (lambda: F.max_pool2d(IMAGE[0, 0], 2), ValueError, r"shape \(4, 6\), and must have \(C, H, W\) or \(N, C, H, W\)"),
        (lambda: nn.MaxPool3d(2)(IMAGE[0]), ValueError, r"max_pool3d.*\(C, D, H, W\)"),
        (lambda: F.max_pool2d(IMAGE.astype(int), 2), TypeError, r"is int64, and must be floating; write x.astype"),
        (lambda: F.max_pool2d(IMAGE, (2, 2, 2)), ValueError, r"kernel_size=\(2, 2, 2\) has 3 numbers; give one, or one for each of 2"),
        (lambda: F.max_pool2d(IMAGE, 2.5), TypeError, "kernel_size is a whole number, or one for each of 2 axes, not 2.5"),
        (lambda: F.avg_pool2d(IMAGE, 2, divisor_override=0), ValueError, "divisor_override .* at least 1, not 0"),
        (lambda: F.adaptive_avg_pool2d(IMAGE, (1, 2, 3)), ValueError, "has 3 numbers for 2 axes"),
        (lambda: F.adaptive_max_pool2d(IMAGE, -1), ValueError, r"output_size=-1 cannot be made of an input of shape \(1, 1, 4, 6\)"),
        (lambda: nn.FractionalMaxPool2d(2), ValueError, "either output_size or output_ratio"),
        (lambda: nn.FractionalMaxPool2d(2, output_ratio=1.5), ValueError, "between 0 and 1, and is 1.5"),
        (lambda: F.fractional_max_pool2d(IMAGE, 3, (3, 3)), ValueError, "3 windows of 3 do not fit into axis -2"),
        (lambda: F.max_unpool2d(IMAGE, np.zeros((1, 1, 4, 5), int), 2), ValueError, r"\(1, 1, 4, 6\) and the indices \(1, 1, 4, 5\)"),
        (lambda: F.max_unpool2d(IMAGE, IMAGE, 2), TypeError, "indices are whole numbers"),
        (lambda: F.max_unpool2d(IMAGE, np.full(IMAGE.shape, 96), 2), IndexError, "from 96 to 96.*96 elements"),
        (lambda: F.max_unpool2d(IMAGE, IMAGE.astype(int), 2, output_size=(4, 12)), ValueError, r"less than its stride \(2, 2\) away"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_what_to_write_instead(call, error, words):
    with pytest.raises(error, match=words):
        call()
