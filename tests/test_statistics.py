"""What the laws cannot see of statistics: kinks of an interpolation, edges of bins, and errors."""

import math

import numpy as np
import pytest

import autograd
from autograd import Tensor, reach
from autograd.compiler.trace import trace


def leaf(values):
    return Tensor(np.array(values, dtype=float), requires_grad=True)


# --- Interpolation ---


@pytest.mark.parametrize(
    ("heights", "expected"),
    [([0, 1, 3], 1), ([0, 2, 3], 1), ([0, -2, -3], -1), ([0, 1, 0], 0), ([0, 0, 5], 0), ([0, 3, 6], 3)],
)
def test_where_two_lines_meet_the_derivative_is_the_lesser_slope_or_zero(heights, expected):
    points = np.array([0.0, 1.0, 2.0])
    assert autograd.grad(lambda x: np.interp(x, points, heights))(1.0) == expected
    assert autograd.grad(lambda x: np.interp(x, points, heights))(0.0) == 0  # where it begins to be constant
    assert autograd.grad(lambda x: np.interp(x, points, heights))(2.0) == 0
    assert autograd.grad(lambda x: np.interp(x, points, heights))(9.0) == 0


def test_moving_x_and_the_points_together_changes_nothing():
    x, points, heights = leaf([-0.5, 0.0, 0.4, 1.0, 1.3, 2.0, 2.5]), leaf([0, 1, 2]), leaf([1, 3, -2])
    np.interp(x, points, heights).backward(np.arange(1.0, 8))
    assert x.grad.sum().item() + points.grad.sum().item() == pytest.approx(0)
    assert heights.grad.tolist() == pytest.approx([1 + 2 + 0.6 * 3, 0.4 * 3 + 4 + 0.7 * 5, 0.3 * 5 + 6 + 7])


def test_the_values_beyond_the_ends_have_gradients():
    left, right = leaf(5), leaf(7)
    y = np.interp(leaf([-1, 0.5, 3, 4]), [0, 1], [0, 1], left=left, right=right)
    y.backward(np.ones(4))
    assert (y.tolist(), left.grad.item(), right.grad.item()) == ([5, 0.5, 7, 7], 1, 2)


def test_points_and_heights_are_read_anew_in_every_replay():
    program = trace(np.interp, *map(np.array, ([0.5], [0.0, 1.0], [0.0, 1.0])))
    assert program(*map(np.array, ([1.0], [0.0, 4.0], [0.0, 2.0]))).tolist() == [0.5]
    slopes = trace(
        autograd.grad(lambda x: np.interp(x, np.array([0.0, 1, 3]), np.array([0.0, 1, 7])).sum()), np.array([0.5])
    )
    assert slopes(np.array([2.0])).tolist() == [3]


# --- Bins ---


def test_a_weight_on_an_edge_belongs_to_the_bin_it_is_counted_in():
    x = np.array([-1.0, 0.0, 0.5, 1.0, 2.0, 2.5])
    for bins in ([0, 1, 2], np.array([0.0, 1.0, 2.0])):
        weights = leaf(np.ones(6))
        found, _ = np.histogram(x, bins, weights=weights)
        found.backward(np.array([10.0, 20.0]))
        assert (found.tolist(), weights.grad.tolist()) == ([2, 2], [0, 10, 10, 20, 20, 0])


def test_the_points_of_a_grid_come_as_one_array_or_as_columns():
    points = np.random.default_rng(0).normal(size=(20, 2))
    expected, edges = np.histogramdd(points, 3, density=True)
    for sample in (Tensor(points), [Tensor(points[:, 0]), points[:, 1]]):
        found, bounds = np.histogramdd(sample, 3, density=True)
        np.testing.assert_allclose(found.numpy(), expected, 1e-14)
        for a, b in zip(bounds, edges):
            np.testing.assert_array_equal(a.numpy(), b)


def test_counts_of_no_elements():
    assert np.bincount(Tensor(np.array([], int)), minlength=2).tolist() == [0, 0]
    assert np.histogram(leaf([]), 2)[0].tolist() == [0, 0]


# --- Averages ---


def test_the_weights_of_an_average_have_a_gradient():
    weights = leaf([1, 3])
    np.average(np.array([2.0, 6.0]), weights=weights).backward()
    assert weights.grad.tolist() == [-0.75, 0.25]


def test_a_constant_variable_has_no_correlation():
    with np.errstate(all="ignore"):
        assert np.isnan(np.corrcoef(leaf([[1, 2, 4], [1, 1, 1]])).detach().numpy()[0, 1])


def test_too_few_samples_are_warned_of():
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning, match="degrees of freedom"):
        found = np.cov(leaf([[1.0], [2.0]]))
    assert np.isnan(found.detach().numpy()).all()


@pytest.mark.parametrize(
    ("f", "error", "words"),
    [
        (lambda x: np.average(x, weights=[1, -1, 0]), ZeroDivisionError, "average"),
        (lambda x: np.average(x, weights=[1, 2]), TypeError, "average: axis"),
        (lambda x: np.average(x, axis=0, weights=[1, 2]), ValueError, "average: weights"),
        (lambda x: np.cov(np.reshape(x, (1, 1, 3))), ValueError, "cov: m has more than 2"),
        (lambda x: np.cov(x, ddof=0.5), ValueError, "cov: ddof"),
        (lambda x: np.cov(x, fweights=[1, 2, 0.5]), TypeError, "cov: fweights"),
        (lambda x: np.cov(x, fweights=[1, 2, -1]), ValueError, "cov: fweights"),
        (lambda x: np.cov(x, aweights=[[1, 2, 1]]), RuntimeError, "cov: .*aweights"),
        (lambda x: np.cov(x, aweights=[1, 2]), RuntimeError, "cov: 2 aweights"),
        (lambda x: np.convolve(x, []), ValueError, "convolve: v cannot be empty"),
        (lambda x: np.correlate(x, np.ones((1, 2))), ValueError, "correlate: v"),
        (lambda x: np.convolve(x, x, "all"), ValueError, "convolve: mode"),
        (np.bincount, TypeError, "counts"),
        (lambda x: np.bincount(x.astype(int) - 2), ValueError, "counts"),
        (lambda x: np.bincount(x.astype(int), [1.0]), ValueError, "bincount"),
        (lambda x: np.digitize(x, [0, 2, 1]), ValueError, "digitize"),
        (lambda x: np.histogram(x, 0), ValueError, "histogram"),
        (lambda x: np.histogram(x, [2, 1]), ValueError, "histogram"),
        (lambda x: np.histogram(x, weights=[1.0]), ValueError, "histogram: weights"),
        (lambda x: np.histogram(x, "auto", weights=x), TypeError, "histogram"),
        (lambda x: np.histogramdd([x, x], [1, 2, 3]), ValueError, "histogramdd: 3 bins"),
        (lambda x: np.histogramdd([x, x], 2.5), TypeError, "histogramdd: bins"),
        (lambda x: np.histogram2d(x, x[:2]), ValueError, "histogram2d"),
        (lambda x: np.interp(x, x, x[:2]), ValueError, "interp"),
        (lambda x: np.interp(x, x, x, period=0), ValueError, "interp: period"),
        (lambda x: np.interp(x, [], []), ValueError, "interp"),
    ],
)
def test_bad_arguments_raise_numpys_errors_and_name_the_function(f, error, words):
    with pytest.raises(error, match=words):
        f(leaf([1, 2, 3]))


def test_an_average_of_nan_weights_is_nan():
    assert math.isnan(np.average(leaf([1, 2]), weights=[math.nan, 1]).item())


@pytest.mark.parametrize("copied", [1 << 22, 0])
@pytest.mark.parametrize(
    ("f", "other"),
    [
        (lambda x, other: np.interp(x, [0.0, 1.0, 2.0], other), [0, 1, 5]),
        (lambda x, other: np.convolve(x, other), [1, 2]),
        (lambda x, other: np.average(x, weights=other), [1, 2, 3]),
        (lambda x, other: np.histogram(other, other, weights=x)[0], [0, 1, 2]),
        (lambda x, other: np.trapezoid(x, other), [0, 1, 3]),
        (lambda x, other: np.median(other + x), [3, 2, 0]),
        (lambda x, other: np.bincount(other.astype(int), weights=x), [3, 2, 0]),
    ],
)
def test_an_array_beside_the_tensor_that_is_changed_afterwards_is_harmless_or_an_error(f, other, copied, monkeypatch):
    monkeypatch.setattr(reach, "COPIED", copied)
    other = np.array(other, dtype=float)
    x, twin = leaf([0.5, 1.5, 0.25]), leaf([0.5, 1.5, 0.25])
    np.sum(f(twin, other.copy())).backward()
    y = np.sum(f(x, other))
    other[...] = 7
    try:
        y.backward()
    except reach.Changed:
        return
    np.testing.assert_array_equal(x.grad.numpy(), twin.grad.numpy())
