"""What the laws cannot see of polynomials: shapes that depend on zeros, roots, wrong arguments."""

import numpy as np
import pytest

import autograd
from autograd import Tensor
from autograd.compiler.trace import trace
from autograd.testing import gradcheck, gradgradcheck

CUBIC = np.array([2.0, -3.0, -11.0, 6.0])  # 2 (x + 2) (x - 1/2) (x - 3)


def test_products_and_remainders_lose_leading_zeros_as_numpys_do():
    for a in ([0.0, 0.0, 1.0, 2.0], [0.0, 0.0], [3.0], [0.0, 1.0]):
        for b in (a, [1.0, 2.0], [0.0]):
            np.testing.assert_array_equal(np.polymul(Tensor(a, dtype=float), b).numpy(), np.polymul(a, b))
    for u, v in (
        ([1.0, 2.0, 1.0], [1.0, 1.0]),
        ([1.0, 2.0], [1.0, 2.0, 3.0]),
        ([0.0, 3.0], [2.0]),
        (4.0, 2.0),
        (CUBIC, [2.0, 0.0, 0.0]),
    ):
        found, expected = np.polydiv(Tensor(u, dtype=float), Tensor(v, dtype=float)), np.polydiv(u, v)
        for y, z in zip(found, expected):
            np.testing.assert_array_equal(y.numpy(), z)


def test_the_remainder_has_the_right_gradients():
    u, v = np.array([1.0, 2.0, -3.0, 1.0, 0.5]), np.array([2.0, 1.0, -1.0])
    for f in (np.polydiv, lambda u, v: np.polydiv(u, v)[1]):
        gradcheck(f, u, v)
        gradgradcheck(f, u, v)
    program = trace(lambda u, v: np.polydiv(u, v), u, v)
    for found, expected in zip(program(u + 1, v), np.polydiv(u + 1, v)):
        np.testing.assert_allclose(found, expected, 1e-12)


def test_quotient_times_divisor_plus_remainder_is_the_dividend_with_its_gradient():
    u, v = Tensor([1.0, 2.0, -3.0, 1.0, 0.5], requires_grad=True), Tensor([2.0, 1.0, -1.0], requires_grad=True)
    q, r = np.polydiv(u, v)
    weights = np.arange(1.0, 6.0)
    (np.polyadd(np.polymul(q, v), r) * weights).sum().backward()
    np.testing.assert_allclose(u.grad.numpy(), weights, 1e-5)
    np.testing.assert_allclose(v.grad.numpy(), 0, atol=1e-5)


def test_roots_that_are_complex_are_refused():
    np.testing.assert_allclose(np.sort(np.roots(Tensor(CUBIC)).numpy()), [-2, 0.5, 3])
    with pytest.raises(TypeError, match=r"some roots are complex.*numpy"):
        np.roots(Tensor([1.0, 0.0, 1.0]))


def test_roots_of_polynomials_with_zeros_at_the_ends():
    p = np.array([0.0, 1.0, -3.0, 2.0, 0.0])
    np.testing.assert_array_equal(np.roots(Tensor(p)).numpy(), np.roots(p))
    slopes = autograd.jacobian(np.roots)(p)
    step = 1e-6
    for k in range(1, 5):  # a leading coefficient other than 0 adds a root far away
        there = [np.roots(p + sign * step * np.eye(5)[k]) for sign in (1, -1)]
        np.testing.assert_allclose(slopes[:, k], (there[0] - there[1]) / (2 * step), 1e-5, 1e-6)
    assert np.roots(Tensor([0.0, 0.0])).shape == (0,)


@pytest.mark.parametrize(
    "matrix", [[[0.0, 1.0], [-1.0, 0.0]], [[2.0, 1.0, 0.0], [0.0, 2.0, 1.0], [0.0, 0.0, 2.0]], np.eye(3)]
)
def test_a_characteristic_polynomial_needs_no_distinct_and_no_real_eigenvalues(matrix):
    gradcheck(
        np.poly, np.array(matrix), atol=1e-4
    )  # NumPy's own values of it come from eigenvalues, which are less exact
    np.testing.assert_array_equal(np.poly(Tensor(matrix, dtype=float)).numpy(), np.poly(np.array(matrix)))


def test_the_polynomial_without_roots_is_one():
    assert np.poly(Tensor([])) == 1


def test_polynomials_may_be_given_as_poly1d():
    p, x = np.poly1d([1.0, -2.0, 3.0]), np.array([0.5, 1.5])
    np.testing.assert_array_equal(p(Tensor(x)).numpy(), p(x))
    np.testing.assert_array_equal(np.polyadd(Tensor(x), p).numpy(), np.polyadd(x, p.coeffs))
    np.testing.assert_array_equal(np.polymul(p, Tensor(x)).numpy(), np.polymul(p.coeffs, x))
    c = [3.0, -2.0, 1.0]
    np.testing.assert_array_equal(
        np.polynomial.polynomial.polyval(Tensor(x), c).numpy(), np.polynomial.polynomial.polyval(x, c)
    )


def test_polynomials_of_whole_numbers_are_numpys():
    p, q = np.array([1, -3, 2]), np.array([2, 1])
    for f in (np.polyadd, np.polysub, np.polymul, np.polyval):
        found, expected = f(Tensor(p), Tensor(q)), f(p, q)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found.numpy(), expected)
    for f in (np.polyder, np.polyint, np.vander, np.poly, np.roots):
        found, expected = f(Tensor(p)), f(p)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found.numpy(), expected)


def test_a_fit_that_is_not_determined_warns_as_numpys_does():
    x = Tensor(np.ones(4), requires_grad=True)
    with pytest.warns(np.exceptions.RankWarning, match="poorly conditioned"):
        np.polyfit(x, np.arange(4.0), 2)


WRONG = [
    lambda x: np.polyfit(x, x, -1),
    lambda x: np.polyfit(x[None], x, 1),
    lambda x: np.polyfit(x[:0], x[:0], 1),
    lambda x: np.polyfit(x, x[None, None], 1),
    lambda x: np.polyfit(x, x[:2], 1),
    lambda x: np.polyfit(x, x, 1, w=np.ones((2, 2))),
    lambda x: np.polyfit(x, x, 1, w=np.ones(2)),
    lambda x: np.polyfit(x[:2], x[:2], 1, cov=True),
    lambda x: np.polyder(x, -1),
    lambda x: np.polyint(x, -1),
    lambda x: np.polyint(x, 3, [1.0, 2.0]),
    lambda x: np.poly(x[None]),
    lambda x: np.vander(x[None]),
    lambda x: np.vander(x, -1),
    lambda x: np.roots(x[None, None].repeat(2, 0)),
    lambda x: np.polymul(x[None].repeat(2, 0), x),
]


@pytest.mark.parametrize("call", WRONG)
def test_a_wrong_argument_raises_what_numpy_raises(call):
    with pytest.raises(Exception) as expected:  # noqa: PT011 (whatever NumPy raises)
        call(CUBIC)
    with pytest.raises(expected.type, match=r"poly|vander|roots"):
        call(Tensor(CUBIC))
