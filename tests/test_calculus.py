"""What the laws cannot see of calculus: special places, and errors."""

import math

import numpy as np
import pytest

import autograd
from autograd import Scalar, Tensor
from autograd.rules import calculus

inf = math.inf


def leaf(values):
    return Tensor(np.array(values, dtype=float), requires_grad=True)


def test_the_parts_of_numbers_that_are_not_finite():
    for f in (np.modf, np.frexp):
        for a, b in zip(
            f(leaf([inf, -inf, math.nan, -0.0, 2.0, -2.5])), f(np.array([inf, -inf, math.nan, -0.0, 2.0, -2.5]))
        ):
            np.testing.assert_array_equal(a.detach().numpy(), b)


def test_slopes_of_parts():
    assert autograd.grad(lambda x: np.modf(x)[0])(-2.75) == 1
    assert autograd.grad(lambda x: np.frexp(x)[0])(5.0) == 0.125
    assert autograd.grad(lambda x: np.ldexp(x, 3))(5.0) == 8
    assert autograd.grad(lambda x: np.divmod(x, 2.0)[1])(5.5) == 1
    assert autograd.grad(lambda x: np.divmod(5.5, x)[1])(2.0) == -2


def test_bessel_functions_from_tiny_to_huge_arguments():
    known = {0.0: 0.0, 1e-300: 5e-301, 1.0: 0.565159103992485, -5.0: -24.33564214245052, 20.0: 42454973.385127775,
             50.0: 2.9030785901035567e20, 700.0: 1.5285003902339006e302}  # fmt: skip
    for x, expected in known.items():
        assert autograd.grad(np.i0)(x) == pytest.approx(expected, rel=1e-14, abs=0)
    assert autograd.grad(autograd.grad(np.i0))(0.0) == 0.5
    assert np.i0(Tensor([1, 2])).dtype == np.float64
    assert calculus.i1(np.float32(1)).dtype == np.float32


def test_an_unwrapped_phase_is_continuous_and_has_slope_one():
    phase = np.linspace(0, 30, 40)
    x = leaf((phase + math.pi) % (2 * math.pi) - math.pi)
    y = np.unwrap(x)
    np.testing.assert_allclose(y.detach().numpy(), phase, atol=1e-12)
    y.backward(np.arange(40.0))
    assert x.grad.tolist() == list(range(40))


@pytest.mark.parametrize("p", [np.array([0, 2, 0, -2, 0]), np.array([0.0, np.pi, 0.0, -np.pi]), np.array([1, 8, 3, 9])])
@pytest.mark.parametrize("period", [4, 5, 2 * np.pi])
def test_unwrapping_half_a_period_goes_the_way_it_went(p, period):
    found, expected = np.unwrap(Tensor(p), period=period), np.unwrap(p, period=period)
    np.testing.assert_array_equal(found.numpy(), expected)
    assert found.dtype == expected.dtype


def test_evenly_spaced_coordinates_are_those_of_numpy():
    f = np.array([1.0, 3.0, 2.0, 7.0])
    np.testing.assert_array_equal(
        np.gradient(leaf(f), np.arange(4) * 0.1).detach().numpy(), np.gradient(f, np.arange(4) * 0.1)
    )
    points = leaf([0.0, 1.0, 2.0, 3.0])  # each with a gradient of its own, though their distances are equal
    np.gradient(f, points).sum().backward()
    assert np.count_nonzero(points.grad.numpy()) == 4


@pytest.mark.parametrize(
    ("f", "error", "words"),
    [
        (lambda x: np.diff(x, n=-1), ValueError, "diff: n"),
        (lambda x: np.diff(np.sum(x)), ValueError, "diff"),
        (lambda x: np.diff(x, axis=1), np.exceptions.AxisError, "diff: axis 1"),
        (lambda x: np.diff(x, prepend=np.ones((1, 1))), ValueError, "concatenate"),
        (lambda x: np.ediff1d(x.astype(int), to_end=0.5), TypeError, "ediff1d: to_end"),
        (lambda x: np.gradient(x, 1, 2), TypeError, "gradient: 2 spacings"),
        (lambda x: np.gradient(x, [1, 2]), ValueError, "gradient: 2 coordinates"),
        (lambda x: np.gradient(x, np.ones((3, 1))), ValueError, "gradient: distances"),
        (lambda x: np.gradient(x, edge_order=3), ValueError, "gradient: edge_order"),
        (lambda x: np.gradient(x[:2], edge_order=2), ValueError, "gradient: axis 0"),
        (lambda x: np.trapezoid(x, [0, 1, 2, 3]), ValueError, "multiply"),
        (lambda x: np.unwrap(np.sum(x)), ValueError, "unwrap"),
        (lambda x: np.ldexp(x, 0.5), TypeError, "ldexp"),
        (lambda x: np.round(x, out=np.zeros(3)), TypeError, "out="),
        (lambda x: np.isclose(x, [1, 2]), ValueError, "isclose"),
    ],
)
def test_bad_arguments_raise_numpys_errors_and_name_the_function(f, error, words):
    with pytest.raises(error, match=words):
        f(leaf([1, 2, 3]))


@pytest.mark.skipif(not hasattr(np, "cumulative_sum"), reason="since NumPy 2.1")
def test_cumulative_sums_of_a_matrix_need_an_axis():
    with pytest.raises(ValueError, match=r"cumulative_sum: .*axis"):
        np.cumulative_sum(leaf([[1, 2]]))


def test_questions_about_values_have_plain_answers():
    x = leaf([1, 2])
    assert np.allclose(x, [1, 2 + 1e-9])
    assert np.array_equal(x, x.detach())
    assert np.array_equiv(x, [[1, 2], [1, 2]])
    assert np.isclose(x, 1.0).tolist() == [True, False]
    assert np.isclose(1.0, x, rtol=Tensor(0.5)).tolist() == [True, True]
    assert np.real_if_close(x).requires_grad
    assert np.isreal(x).tolist() == [True, True]
    assert np.imag(x).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda x: np.modf(x)[0], 1),
        (lambda x: np.frexp(x)[0], 0.5),
        (lambda x: np.ldexp(x, 2), 4),
        (np.i0, calculus.i1(1.5)),
    ],
)
def test_a_scalar_has_the_slope_of_an_array(f, expected):
    x = Scalar(1.5)
    f(x).backward()
    assert x.grad == expected
