"""Where engines get gradients wrong: the special places of each function, one table of policy, proven row by row.

The policy. Where a function has a derivative, that is returned, at the edges of its domain too. At a kink it is the
subgradient of least norm; the shares at a tie add up to 1. Where nothing is defined, NaN. An element whose cotangent is
0 contributes 0. What NumPy names follows this; what exists only in PyTorch follows PyTorch.

Single places of elementwise functions stand beside their sample, in `samples.py`.
"""

import contextlib
import itertools
import math

import numpy as np
import pytest
from numpy import inf, nan

import autograd
from autograd import Tensor, grad, hessian
from autograd.compiler.trace import trace

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's own, of values at edges
SCALARS = pytest.mark.parametrize("dtype", [np.float64, np.float32])


def slope(f, *args, argnum=0):
    """The gradient of Σ f by one of its arguments, as a list."""
    arrays = [np.asarray(x, float) for x in args]
    plain = grad(lambda *xs: np.sum(f(*xs)), argnum)(*arrays)
    variables = [Tensor(x, requires_grad=i == argnum) for i, x in enumerate(arrays)]
    (recorded,) = autograd.grad(np.sum(f(*variables)), [variables[argnum]], create_graph=True)
    np.testing.assert_array_equal(recorded.detach().numpy(), plain)
    return np.asarray(plain).tolist()


# --- Zero variance, edges and masks -----------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [None, 1])
@pytest.mark.parametrize("function", [np.std, np.var])
def test_std_and_var_at_zero_variance_have_gradient_0(function, axis):
    assert slope(lambda x: function(x, axis=axis), np.full((2, 3), 7.0)) == [[0, 0, 0]] * 2


def test_std_where_one_row_alone_is_constant():
    found = slope(lambda x: np.std(x, axis=1), [[1.0, 1.0], [1.0, 3.0]])
    assert found == [[0, 0], [-0.5, 0.5]]


def test_sqrt_at_0_is_inf_and_with_cotangent_0_is_0():
    assert slope(np.sqrt, 0.0) == inf
    assert slope(lambda x: np.sqrt(x) * 0.0, 0.0) == 0
    assert slope(lambda x: np.sqrt(x) * np.array([1.0, 0.0]), [0.0, 0.0]) == [inf, 0]


@pytest.mark.parametrize(
    ("f", "beside"),
    [
        (np.sqrt, 1.0),
        (np.log, 1.0),
        (lambda x: 1 / x, 1.0),
        (lambda x: x**-1.5, 1.0),
        (lambda x: np.power(x, x), 1.0),
        (lambda x: np.arcsin(x + 1), 1.0),
        (lambda x: np.log(np.sqrt(x)), 1.0),
        (lambda x: np.exp(1000 * (1 - x)), 1.0),
    ],
    ids=["sqrt", "log", "divide", "power", "power of itself", "arcsin", "log sqrt", "exp"],
)
def test_where_takes_the_gradient_of_the_taken_branch(f, beside):
    """Also where the branch not taken is NaN or infinite, and its derivative with it."""
    assert slope(lambda x: np.where(x > 0.5, 3 * x, f(x)) * (x > 0.5), [-1.0, 0.0, 1.0]) == [0, 0, 3]
    assert slope(lambda x: np.where(x > 0, f(x) * 0 + x, beside * x), [-1.0, 0.0]) == [beside, beside]
    assert slope(lambda x: np.sum(np.where(x > 0, f(x), x)[:2]), [-1.0, 0.0, -3.0]) == [1, 1, 0]


def test_where_nested_in_functions_stays_safe_to_the_second_order():
    f = lambda x: np.where(x > 0, np.sqrt(np.where(x > 0, x, 1.0)), x**2)
    assert grad(grad(f))(-1.0) == 2
    assert grad(grad(lambda x: np.where(x > 0, np.sqrt(x), x**2)))(-1.0) == 2
    assert grad(grad(lambda x: np.where(x > 0, np.sqrt(x), x**2)))(0.0) == 2


def test_indexing_masks_what_it_does_not_read():
    assert slope(lambda x: np.log(x)[1:], [0.0, 2.0]) == [0, 0.5]
    assert slope(lambda x: np.log(x)[np.array([False, True])], [-1.0, 2.0]) == [0, 0.5]


def test_a_product_with_a_mask_of_0_stops_infinities():
    mask = np.array([0.0, 1.0])
    assert slope(lambda x: np.sum(np.log(x) * mask), [0.0, 2.0]) == [0, 0.5]
    assert slope(lambda x: np.sum(np.max(np.sqrt(x), axis=1) * mask), [[0.0, 0.0], [1.0, 4.0]]) == [[0, 0], [0, 0.25]]


@pytest.mark.parametrize("function", [np.sum, np.mean, np.max, np.prod, np.std, np.var, autograd.logsumexp])
def test_reductions_of_rows_that_nobody_uses_contribute_0(function):
    x = np.array([[nan, inf, -inf], [1.0, 2.0, 4.0]])
    found = slope(lambda x: function(x, axis=1)[1:], x)
    assert found[0] == [0, 0, 0]
    assert np.isfinite(found[1]).all()


@pytest.mark.parametrize("function", [autograd.softmax, autograd.log_softmax, np.cumprod])
def test_a_row_that_nobody_uses_contributes_0_though_its_values_are_nan(function):
    """Rows of attention that are masked as a whole, to the second order and replayed, too."""
    row = [inf, 0.0] if function is np.cumprod else [-inf, -inf]
    x, kept = np.array([row, [1.0, 2.0]]), np.array([[False], [True]])
    f = lambda x: np.sum(np.where(kept, function(x, axis=-1), 0.0) ** 2)
    found, expected = grad(f)(x), grad(lambda x: np.sum(function(x, axis=-1) ** 2))(x[1:])
    assert found[0].tolist() == [0, 0]
    np.testing.assert_allclose(found[1:], expected, 1e-12)
    assert trace(grad(f), np.ones((2, 2)))(x)[0].tolist() == [0, 0]
    curvature = hessian(f)(x)
    assert not np.any(curvature[0])
    assert not np.any(curvature[:, :, 0])
    np.testing.assert_allclose(curvature[1, :, 1], hessian(lambda x: np.sum(function(x, axis=-1) ** 2))(x[1]), 1e-12)


# --- Kinks and ties ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [np.abs, np.fabs, np.absolute, abs, autograd.abs])
def test_abs_at_0_and_minus_0_is_0(function):
    assert slope(function, [0.0, -0.0, -2.0, 3.0]) == [0, 0, -1, 1]


def test_a_distance_of_two_infinities_has_no_direction():
    assert np.isnan(slope(lambda x: np.hypot(x, inf), [inf])).all()
    assert slope(lambda x: np.hypot(x, 1.0), [inf, -inf]) == [1, -1]


def test_sign_has_no_gradient():
    x = Tensor([0.0, 1.0], requires_grad=True)
    assert not np.sign(x).requires_grad
    assert slope(lambda x: x * np.sign(x), [0.0, -2.0]) == [0, -1]


def test_relu_and_its_spellings_at_0():
    assert slope(autograd.relu, [0.0, -0.0, -1.0, 1.0]) == [0, 0, 0, 1]
    assert slope(lambda x: np.where(x > 0, x, 0), [0.0, 1.0]) == [0, 1]
    assert slope(lambda x: np.maximum(x, 0), [0.0, 1.0]) == [0.5, 1]
    assert slope(lambda x: np.minimum(0, x), [0.0, 1.0]) == [0.5, 0]
    assert slope(lambda x: np.clip(x, 0, 1), [-0.5, 0.0, 0.5, 1.0, 1.5]) == [0, 1, 1, 1, 0]


@pytest.mark.parametrize("function", [np.maximum, np.minimum, np.fmax, np.fmin])
def test_the_larger_of_x_and_x_is_x(function):
    assert slope(lambda x: function(x, x), [0.0, -1.0, inf]) == [1, 1, 1]


def test_clip_gives_the_gradient_to_the_bound_that_holds():
    low, high = [slope(np.clip, [-2.0, 0.0, 2.0], [-1.0] * 3, [1.0] * 3, argnum=i) for i in (1, 2)]
    assert (low, high) == ([1, 0, 0], [0, 0, 1])
    crossed = [slope(np.clip, [-2.0, 1.5, 4.0], [2.0] * 3, [1.0] * 3, argnum=i) for i in range(3)]  # NumPy: high wins
    assert crossed == [[0, 0, 0], [0, 0, 0], [1, 1, 1]]


def test_clip_of_a_plain_number_has_the_gradient_of_its_bound():
    for number in (3.0, 3, [3.0, 3.0]):
        assert slope(lambda t: autograd.clip(number, None, t), [1.0, 5.0]) == [1, 0]  # noqa: B023
        assert slope(lambda t: autograd.clip(number, t, None), [1.0, 5.0]) == [0, 1]  # noqa: B023
    assert autograd.clip(3, None, 2) == 2


TIES = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])


@pytest.mark.parametrize("function", [np.max, np.amax, autograd.amax, autograd.max])
def test_equal_largest_elements_share_the_gradient_evenly(function):
    assert slope(function, TIES) == [[0, 0.5, 0.5], [0, 0, 0]]
    assert slope(lambda x: function(x, axis=1), TIES) == [[0, 0.5, 0.5], [1 / 3] * 3]
    assert slope(lambda x: function(x, axis=0), TIES) == [[0, 1, 1], [1, 0, 0]]


@pytest.mark.parametrize("function", [np.min, np.amin, autograd.amin, autograd.min])
def test_equal_smallest_elements_share_the_gradient_evenly(function):
    assert slope(function, -TIES) == [[0, 0.5, 0.5], [0, 0, 0]]
    assert slope(lambda x: function(x, axis=1), -TIES) == [[0, 0.5, 0.5], [1 / 3] * 3]


def test_pytorchs_max_over_dim_gives_all_to_the_index_it_names():
    x = Tensor(TIES, requires_grad=True)
    values, indices = x.max(dim=1)
    values.sum().backward()
    assert indices.tolist() == [1, 0]
    assert x.grad.tolist() == [[0, 1, 0], [1, 0, 0]]


def test_the_largest_of_infinities_and_of_nan():
    assert slope(np.max, [inf, 1.0, inf]) == [0.5, 0, 0.5]
    assert slope(np.max, [-inf, -inf]) == [0.5, 0.5]
    assert slope(np.max, [1.0, nan]) == [0, 1]


# --- Powers and products ----------------------------------------------------------------------------------------------


def test_x_to_the_0_has_gradient_0_at_0():
    for zero in (0.0, 0, np.float64(0)):
        assert slope(lambda x: x**zero, [0.0, -0.0, 2.0, inf]) == [0, 0, 0, 0]  # noqa: B023
    assert slope(np.power, [0.0, 2.0, inf], [0.0, 0.0, 0.0]) == [0, 0, 0]


def test_0_to_the_y_has_gradient_0_for_y_not_negative():
    assert slope(lambda y: 0.0**y, [0.0, 0.5, 2.0]) == [0, 0, 0]
    assert slope(np.power, [0.0, 0.0], [0.0, 3.0], argnum=1) == [0, 0]


def test_a_negative_base_is_nan_for_the_exponent_alone_and_only_if_that_needs_a_gradient():
    x, y = Tensor(-2.0, requires_grad=True), Tensor(2.0, requires_grad=True)
    z = x**y
    z.backward()
    assert (x.grad.item(), math.isnan(y.grad.item())) == (-4, True)
    assert slope(lambda x: x ** np.array(2.0), -2.0) == -4
    assert math.isnan(slope(lambda y: (-2.0) ** y, 2.0))


@pytest.mark.parametrize(("p", "expected"), [(1.5, 0), (2, 0), (3.0, 0), (1, 1), (1.0, 1), (0.5, inf), (-1, -inf)])
def test_powers_at_0(p, expected):
    assert slope(lambda x: x**p, 0.0) == expected
    assert slope(lambda x: np.power(x, np.array([float(p)])), 0.0) == expected


def test_the_mixed_second_derivative_of_a_power_is_right_where_the_exponent_is_0():
    """∂²/∂x∂y x**y = x**(y - 1) (1 + y ln x), which is 1/x at y = 0."""
    mixed = grad(lambda y: grad(np.power)(2.0, y))
    assert mixed(0.0) == pytest.approx(0.5)
    assert mixed(1.0) == pytest.approx(1 + math.log(2))


@pytest.mark.parametrize(
    ("factors", "expected"),
    [([2, 3, 4], [12, 8, 6]), ([2, 0, 4], [0, 8, 0]), ([0, 3, 0], [0, 0, 0]), ([0, 0, 0], [0, 0, 0]), ([0], [1])],
)
def test_products_with_zeros_among_the_factors_are_exact(factors, expected):
    assert slope(np.prod, factors) == expected
    assert slope(lambda x: np.prod(x, axis=0), np.array([factors, factors]).T) == np.array([expected] * 2).T.tolist()
    assert slope(lambda x: np.cumprod(x)[-1], factors) == expected


def test_products_with_zeros_are_exact_to_the_second_order():
    x = np.array([2.0, 0.0, 0.0])
    assert hessian(np.prod)(x).tolist() == [[0, 0, 0], [0, 0, 2], [0, 2, 0]]
    assert hessian(lambda x: np.cumprod(x)[-1])(x).tolist() == [[0, 0, 0], [0, 0, 2], [0, 2, 0]]


def test_running_products_with_a_zero_are_exact_in_every_term():
    jacobian = autograd.jacobian(np.cumprod)(np.array([2.0, 0.0, 5.0]))
    assert jacobian.tolist() == [[1, 0, 0], [0, 2, 0], [0, 10, 0]]


# --- Exponentials: stable at thousands, and with classes that are impossible ------------------------------------------


def test_logsumexp_of_all_minus_inf_has_gradient_0():
    assert slope(autograd.logsumexp, [-inf, -inf]) == [0, 0]
    assert slope(lambda x: autograd.logsumexp(x, axis=1), [[-inf, -inf], [0.0, -inf]]) == [[0, 0], [1, 0]]
    assert slope(np.logaddexp, [-inf], [-inf]) == [0]


def test_logsumexp_and_logaddexp_of_thousands_are_stable():
    assert slope(autograd.logsumexp, [1000.0, 1000.0]) == pytest.approx([0.5, 0.5])
    assert slope(autograd.logsumexp, [-1000.0, -1000.0, -2000.0]) == pytest.approx([0.5, 0.5, 0])
    assert slope(np.logaddexp, [1000.0, -1000.0, 0.0], [1000.0, -1000.0, 2000.0]) == [0.5, 0.5, 0]
    assert autograd.logsumexp(np.array([1000.0, 1000.0])) == pytest.approx(1000 + math.log(2))


@pytest.mark.parametrize("row", [*itertools.product([-inf, 0.5, inf], repeat=4)])
def test_logcumsumexp_has_the_gradients_of_logsumexp_at_infinities_too(row):
    jacobian = [[*slope(autograd.logsumexp, row[: i + 1]), *[0.0] * (3 - i)] for i in range(4)]
    found = [slope(lambda x, i=i: autograd.logcumsumexp(x, 0)[i], row) for i in range(4)]
    np.testing.assert_allclose(found, jacobian, 1e-12)
    both = slope(lambda x: autograd.logcumsumexp(x, 1).sum(), [row, row[::-1]])
    np.testing.assert_allclose(both[0], np.sum(jacobian, 0), 1e-12)


def test_logsumexp_of_inf_gives_it_all_and_of_nan_is_nan():
    assert slope(autograd.logsumexp, [inf, 1.0, inf]) == [0.5, 0, 0.5]
    assert np.isnan(slope(autograd.logsumexp, [nan, 1.0])).all()


@pytest.mark.parametrize("function", [autograd.softmax, autograd.log_softmax])
def test_softmax_at_thousands_is_exact(function):
    logits = np.array([1000.0, 0.0, -1000.0])
    jacobian = autograd.jacobian(function)(logits)
    chosen = np.array([1.0, 0.0, 0.0])
    assert jacobian.tolist() == (np.zeros((3, 3)) if function is autograd.softmax else np.eye(3) - chosen).tolist()


def test_log_softmax_and_cross_entropy_with_a_class_masked_by_minus_inf():
    logits = np.array([[0.0, -inf, 0.0]])
    assert slope(lambda x: autograd.log_softmax(x)[0, 0], logits) == [[0.5, 0, -0.5]]
    assert slope(lambda x: autograd.softmax(x)[0, 0], logits) == [[0.25, 0, -0.25]]
    assert slope(lambda x: nn_cross_entropy(x, np.array([2])), logits) == [[0.5, 0, -0.5]]
    soft = np.array([[0.5, 0.0, 0.5]])
    assert slope(lambda x: nn_cross_entropy(x, soft), logits) == [[0, 0, 0]]


def nn_cross_entropy(logits, target):
    from nn.functional import cross_entropy

    return cross_entropy(logits, target)


def test_cross_entropy_at_logits_of_1000_is_exact():
    assert slope(lambda x: nn_cross_entropy(x, np.array([0])), [[-1000.0, 1000.0]]) == [[-1, 1]]
    assert slope(lambda x: nn_cross_entropy(x, np.array([1])), [[-1000.0, 1000.0]]) == [[0, 0]]


def test_softplus_and_binary_cross_entropy_at_1000_are_linear_and_finite():
    from nn.functional import binary_cross_entropy_with_logits

    assert slope(autograd.softplus, [1000.0, -1000.0, 0.0]) == [1, 0, 0.5]
    assert autograd.softplus(np.array([1000.0, -1000.0])).tolist() == [1000, 0]
    for target in (0.0, 1.0):
        loss = lambda x: binary_cross_entropy_with_logits(x, np.full(2, target), reduction="sum")  # noqa: B023
        assert slope(loss, [1000.0, -1000.0]) == [1 - target, -target]
        assert loss(Tensor(np.array([1000.0, -1000.0]))).item() == 1000


def test_a_softplus_written_by_hand_is_not_nan():
    assert not np.isnan(slope(lambda x: np.log1p(np.exp(x)), [1000.0, -1000.0])).any()


def test_sigmoid_is_exact_in_both_tails():
    x = np.array([-700.0, -40.0, 40.0])
    np.testing.assert_allclose(autograd.sigmoid(x), [math.exp(-700), math.exp(-40), 1.0], 1e-14)
    np.testing.assert_allclose(slope(autograd.sigmoid, x[:2]), [math.exp(-700), math.exp(-40)], 1e-14)
    np.testing.assert_allclose(slope(lambda x: np.log(autograd.sigmoid(x)), x[:2]), [1, 1], 1e-14)


# --- Angles and lengths -----------------------------------------------------------------------------------------------


def test_arctan2_and_hypot_at_the_origin_are_0():
    for function in (np.arctan2, np.hypot):
        assert [slope(function, 0.0, 0.0, argnum=i) for i in (0, 1)] == [0, 0]


def test_sinc_at_0_and_the_inverse_functions_at_the_ends_of_their_domains():
    assert slope(np.sinc, 0.0) == 0
    assert grad(grad(np.sinc))(0.0) == pytest.approx(-(math.pi**2) / 3)
    assert slope(np.arcsin, [-1.0, 1.0]) == [inf, inf]
    assert slope(np.arccos, [-1.0, 1.0]) == [-inf, -inf]
    assert slope(np.arcsinh, 0.0) == 1


@pytest.mark.parametrize(
    ("function", "places"),
    [
        (np.log, {-1.0: nan, 0.0: -inf}), (np.log2, {-1.0: nan, 0.0: -inf}), (np.log10, {-1.0: nan, 0.0: -inf}),
        (np.log1p, {-2.0: nan, -1.0: -inf}), (np.sqrt, {-1.0: nan, 0.0: -inf}),
        (np.arcsin, {-1.0: -inf, 0.0: 0, 1.0: inf, 2.0: nan}), (np.arccos, {-1.0: inf, 0.0: 0, 1.0: -inf, 2.0: nan}),
        (np.arccosh, {-2.0: nan, 0.5: nan, 1.0: -inf}), (np.arctanh, {-2.0: nan, -1.0: -inf, 0.0: 0, 1.0: inf, 2.0: nan}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_second_derivatives_at_the_edges_of_domains_are_infinite_and_outside_them_nan(function, places, dtype):
    x, expected = np.array(list(places), dtype), np.array(list(places.values()), dtype)
    found = grad(lambda x: np.sum(grad(lambda x: np.sum(function(x)))(x)))(x)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, expected)


def test_the_order_in_memory_of_an_array_that_repeats_itself_is_numpys():
    x = np.broadcast_to(np.arange(6.0).reshape(2, 1, 3), (2, 4, 3)).T
    for view in (x, x[::-1], x.T, np.swapaxes(x, 0, 1)):
        np.testing.assert_array_equal(np.ravel(Tensor._make(view, None), order="K").numpy(), np.ravel(view, order="K"))


def test_the_slope_of_arctanh_and_arcsin_is_exact_close_to_their_poles():
    x = np.array([1 - 2.0**-40, 2.0**-40 - 1])
    exact = (2 - 2.0**-40) * 2.0**-40
    np.testing.assert_allclose(slope(np.arctanh, x), 1 / exact, 1e-15)
    np.testing.assert_allclose(slope(np.arcsin, x), exact**-0.5, 1e-15)


def test_sinc_has_no_seam_where_its_series_takes_over():
    x = np.array([0.0099, 0.00999999, 0.01000001, 0.011])
    exact = (np.cos(np.pi * x) - np.sinc(x)) / x
    np.testing.assert_allclose(slope(np.sinc, x), exact, 1e-11)


# --- Indices and empty arrays -----------------------------------------------------------------------------------------


def test_an_element_that_is_read_twice_adds_up():
    assert slope(lambda x: x[[0, 0, 2]] * np.array([1.0, 10.0, 100.0]), [5.0, 6.0, 7.0]) == [11, 0, 100]
    rows = np.array([1, 1, 0, -1])
    assert slope(lambda x: x[rows], np.zeros((3, 2))) == [[1, 1], [2, 2], [1, 1]]


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int64])
@pytest.mark.parametrize("size", [5, 1000])
def test_an_index_of_any_integer_dtype_finds_its_rows(dtype, size):
    rows = np.array([1, 2, 1, 4 if dtype in (np.uint8, np.uint16) else -1], dtype)
    for x in (np.zeros((size, 3)), np.zeros(size)):
        found = np.asarray(slope(lambda x: x[rows], x)).reshape(size, -1)[:, 0]
        assert (found[1], found[2], found[rows[3]], found.sum()) == (2, 1, 1, 4)


@pytest.mark.parametrize("order", ["A", "K", "C", "F"])
@pytest.mark.parametrize(
    "view",
    [
        lambda x: x, lambda x: x.T, lambda x: np.swapaxes(x, 0, 1), lambda x: x[:, ::-1, ::2], lambda x: np.moveaxis(x, 0, 1)[::-1],
        lambda x: x[:1].T,
    ],
)  # fmt: skip
def test_orders_that_mean_the_layout_in_memory_are_read_alike_forward_and_backward(order, view):
    plain = np.arange(24.0).reshape(2, 3, 4)
    x = Tensor(plain, requires_grad=True)
    for function in (np.ravel, lambda x, order: np.reshape(x, (-1, 2), order), lambda x, order: x.flatten(order)):
        if order == "K" and function is not np.ravel:
            continue
        y = function(view(x), order=order)
        expected = function(view(plain), order=order)
        np.testing.assert_array_equal(y.detach().numpy(), expected)
        (g,) = autograd.grad((y * expected).sum(), [x])
        counted = np.bincount(expected.astype(int).ravel(), minlength=24).reshape(2, 3, 4)
        np.testing.assert_array_equal(g.numpy(), plain * counted)


@pytest.mark.parametrize("index", [3, -4, [0, 3], np.array([5]), (0, 1)])
def test_an_index_out_of_range_is_an_error(index):
    with pytest.raises(IndexError):
        Tensor([1.0, 2.0, 3.0], requires_grad=True)[index]


def test_broadcasting_against_an_axis_of_size_0_gives_zeros_of_the_right_shape():
    x, y = Tensor([[1.0], [2.0]], requires_grad=True), Tensor(np.zeros((2, 0)), requires_grad=True)
    (x * y).sum().backward()
    assert (x.grad.tolist(), y.grad.shape) == ([[0], [0]], (2, 0))


def test_sums_over_nothing_have_gradients_of_nothing():
    x = Tensor(np.zeros((3, 0)), requires_grad=True)
    y = x.sum(axis=1)
    y.sum().backward()
    assert (y.tolist(), x.grad.shape) == ([0, 0, 0], (3, 0))
    assert grad(lambda x: (x @ np.zeros((0, 2))).sum())(np.zeros((3, 0))).shape == (3, 0)
    value, slopes = autograd.vjp(lambda x: autograd.logsumexp(x, dim=1), np.zeros((2, 0)))
    assert (value.tolist(), slopes(np.ones(2)).shape) == ([-inf, -inf], (2, 0))


def test_full_like_of_a_tensor_is_filled_with_it_and_not_with_a_constant():
    x, like = np.array(2.0), Tensor(np.zeros((2, 3)))
    assert slope(lambda x: np.full_like(like, x), x) == 6
    assert slope(lambda x: np.full_like(x, x[0]) * x, [1.0, 2.0]) == [4, 1]
    scalar = autograd.Scalar(2.0)
    (np.full_like(like, scalar) * 5).sum().backward()
    assert scalar.grad == 30
    program = trace(lambda x: np.full_like(x, x[0]), np.zeros(2))
    assert program(np.array([5.0, 7.0])).tolist() == [5, 5]
    for filled in (
        np.full_like(like, 7),
        np.full_like(like, 7, np.int64, shape=(2, 2)),
        np.full_like(like, x, order="F"),
    ):
        assert isinstance(filled, Tensor)
        assert not filled.requires_grad
    whole = np.full_like(Tensor([1, 2]), Tensor(2.5, requires_grad=True))
    assert (whole.tolist(), whole.requires_grad) == ([2, 2], False)


# --- dtypes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        np.mean, np.sum, np.std, lambda x: x * 2.0, lambda x: x / 3, lambda x: 1 / x, lambda x: x**0.5, lambda x: x / x.size,
        lambda x: x.sum() / len(x), lambda x: x * math.pi, lambda x: x - x.mean(), lambda x: np.where(x > 1, x, 0.0),
        lambda x: np.clip(x, 0.5, 1.5), lambda x: math.prod(x.shape) * x, lambda x: x.size * x, lambda x: x**x.size, np.log2, np.exp2, np.degrees, np.sinc,
        autograd.sigmoid, autograd.softplus, autograd.logsumexp,
    ],
)  # fmt: skip
def test_float32_in_float32_out(f):
    x = Tensor(np.array([1.0, 2.0], np.float32), requires_grad=True)
    y = f(x)
    np.sum(y).backward()
    assert (y.dtype, x.grad.dtype) == (np.float32, np.float32)


@pytest.mark.parametrize("dtype", [int, bool, np.int32])
def test_a_sum_in_whole_numbers_has_no_gradient(dtype):
    x = np.array([[1.5, 2.5], [-0.5, 0.0]])
    t = Tensor(x, requires_grad=True)
    for y, z in (
        (t.sum(dtype=dtype), x.sum(dtype=dtype)),
        (np.sum(t, 1, dtype, where=x > 0), np.sum(x, 1, dtype, where=x > 0)),
    ):
        assert not y.requires_grad
        assert y.dtype == z.dtype
        np.testing.assert_array_equal(y.numpy(), z)
    assert t.sum(dtype=np.float32).requires_grad


@pytest.mark.parametrize("data", [[1, 2], np.array([True]), np.uint8(3)])
def test_a_leaf_of_integers_cannot_need_a_gradient_and_the_message_says_dtype_float(data):
    with pytest.raises(TypeError, match=r"Tensor\(data, dtype=float, requires_grad=True\)"):
        Tensor(data, requires_grad=True)
    x = Tensor(data)
    with pytest.raises(TypeError, match="dtype=float"):
        x.requires_grad_()
    assert not x.requires_grad


@pytest.mark.parametrize("data", [1j, [1 + 2j], np.ones(2, np.complex64)])
def test_complex_numbers_are_refused_everywhere(data):
    x = Tensor([1.0, 2.0], requires_grad=True)
    for use in (Tensor, lambda z: x * z, lambda z: z + x, lambda z: np.add(x, z), lambda z: grad(np.sum)(np.asarray(z)),
                lambda z: x.astype(complex), autograd.as_tensor):  # fmt: skip
        with pytest.raises(TypeError, match=r"complex|float"):
            use(data)


# --- The graph --------------------------------------------------------------------------------------------------------


def test_gradients_of_leaves_never_share_memory():
    a, b = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0], requires_grad=True)
    seed = np.ones(2, np.float32)
    (a + b).backward(seed)
    grads = [seed, a.grad.numpy(), b.grad.numpy()]
    a.grad.numpy()[:] = 9
    assert (seed.tolist(), b.grad.tolist()) == ([1, 1], [1, 1])
    assert not any(np.shares_memory(x, y) for i, x in enumerate(grads) for y in grads[:i])


@pytest.mark.parametrize(
    "f",
    [
        lambda a, b: a + b, lambda a, b: a.sum() + b.sum(), lambda a, b: np.concatenate([a, b]), lambda a, b: a.reshape(2, 1) + b.T,
        lambda a, b: np.stack([a, b])[::-1], lambda a, b: (a + b) + (a - b), lambda a, b: np.where(True, a, b) + b,
    ],
)  # fmt: skip
def test_gradients_share_no_memory_with_one_another_nor_with_the_values(f):
    a, b = Tensor(np.array([1.0, 2.0]), requires_grad=True), Tensor(np.array([3.0, 4.0]), requires_grad=True)
    f(a, b).sum().backward()
    arrays = [t.numpy() for t in (a, b, a.grad, b.grad)]
    assert all(x.flags.writeable and x.flags.owndata for x in arrays[2:])
    assert not any(np.shares_memory(x, y) for i, x in enumerate(arrays) for y in arrays[:i])


def test_a_node_used_twice_adds_up():
    assert slope(lambda x: x + x, 3.0) == 2
    assert slope(lambda x: x * x, 3.0) == 6
    assert slope(lambda x: x - x, 3.0) == 0


def test_diamonds_are_exact():
    def f(a):
        b = a + a
        c = b + b
        return c * b + a

    assert slope(f, 3.0) == 8 * 2 * 3 + 1


def test_nested_gradients_do_not_confuse_their_variables():
    """Perturbation confusion: d/dx (x · d/dy (x + y)) is 1."""
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1
    assert grad(lambda x: x * grad(lambda y: x * y)(2.0))(3.0) == 6
    assert grad(lambda x: grad(lambda y: grad(lambda z: x * y * z**2)(x * y))(x))(2.0) == 2 * 2 * 3 * 2**2


@pytest.mark.parametrize("mode", [contextlib.nullcontext, autograd.enable_grad, autograd.observe])
def test_an_array_operand_changed_after_its_use_does_not_change_the_gradient(mode):
    x, factor = Tensor([1.0, 2.0], requires_grad=True), np.array([3.0, 4.0], np.float32)
    with mode():
        y = (x * factor).sum() + np.concatenate([x, factor]).sum() + np.einsum("i,i", x, factor)
    factor[:] = 0
    y.backward()
    assert x.grad.tolist() == [7, 9]


def test_an_index_changed_after_its_use_does_not_change_the_gradient():
    x, index = Tensor([1.0, 2.0], requires_grad=True), np.array([0, 0])
    y = x[index]
    index[:] = 1
    y.sum().backward()
    assert x.grad.tolist() == [2, 0]


def test_a_change_of_the_users_data_does_not_reach_a_tensor_made_from_it():
    data = np.array([1.0, 2.0])
    x = Tensor(data, requires_grad=True)
    y = (x * x).sum()
    data[:] = 0
    y.backward()
    assert x.grad.tolist() == [2, 4]
