"""Places that a table of random numbers misses: second derivatives at the edge of a domain, a norm of exactly 1."""

import math

import numpy as np
import pytest
from samples import SAMPLES
from test_laws import cotangent, gradients, leaf, one, pull, same

import autograd
from autograd import Tensor


def second(f, x):
    x = Tensor(x, requires_grad=True)
    (g,) = autograd.grad(f(x), [x], create_graph=True)
    return autograd.grad(g, [x])[0].item()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("f", "x"),
    [(np.log, -1.0), (np.log2, -1.0), (np.log10, -1.0), (np.log1p, -2.0), (np.arctanh, 2.0), (np.arctanh, -2.0)],
)
def test_the_second_derivative_outside_a_domain_is_nan_and_not_0(f, x):
    assert math.isnan(second(f, x))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("f", "sign"), [(np.arcsin, 1), (np.arccos, -1)])
def test_the_second_derivative_at_the_edge_of_a_domain_is_infinite(f, sign):
    assert second(f, 1.0) == sign * math.inf
    assert second(f, -1.0) == -sign * math.inf


@pytest.mark.parametrize("order", [3, 2.5])
def test_the_gradient_of_a_norm_of_exactly_1(order):
    x = Tensor([0.0, -1.0], requires_grad=True)
    np.linalg.norm(x, order).backward()
    assert x.grad.tolist() == [0.0, -1.0]


def test_the_standard_deviation_of_equal_numbers_has_slope_0():
    x = Tensor([2.0, 2.0], requires_grad=True)
    np.std(x).backward()
    assert x.grad.tolist() == [0.0, 0.0]


# --- One argument alone -----------------------------------------------------------------------------------------------

SEVERAL = [s for s in SAMPLES if s.differentiable and sum(p.domain.dtype is float for p in s.places) > 1]


@pytest.mark.parametrize("sample", SEVERAL, ids=repr)
def test_the_gradient_by_one_argument_alone_is_that_beside_the_others(sample):
    """A joint rule asks which gradients are needed."""
    arrays = sample.draw()
    u = cotangent(sample, arrays)
    places = [i for i, x in enumerate(arrays) if x.dtype.kind == "f"]
    for i, expected in zip(places, pull(sample, arrays, u)):
        xs = [leaf(x) if i == j else Tensor(x) for j, x in enumerate(arrays)]
        y = one(sample(*xs))
        found = gradients(y, [xs[i]], u) if y.requires_grad else [Tensor(np.zeros(xs[i].shape))]
        same([found[0].numpy()], [expected])


# --- Interpolation, order statistics ----------------------------------------------------------------------------------


def test_the_slope_of_interp_at_a_knot_is_the_smaller_one_or_0_where_they_have_two_signs():
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    np.interp(x, np.arange(5.0), np.array([0.0, 1.0, 1.5, 1.0, 3.0])).sum().backward()
    assert x.grad.tolist() == [0.5, 0.0, 0.0]


def test_interp_of_a_single_knot_is_constant():
    x, xp, fp = (Tensor(v, requires_grad=True) for v in ([1.0, 3.0], [2.0], [5.0]))
    (np.interp(x, xp, fp) * np.array([1.0, 2.0])).sum().backward()
    assert (x.grad.tolist(), xp.grad.tolist(), fp.grad.tolist()) == ([0.0, 0.0], [0.0], [3.0])


def test_a_median_of_nan_passes_its_gradient_to_those_that_are_nan():
    x = Tensor([math.nan, 1.0, math.nan, 2.0], requires_grad=True)
    np.median(x).backward()
    assert x.grad.tolist() == [0.5, 0.0, 0.5, 0.0]


def test_equal_elements_share_the_gradient_of_a_weighted_quantile():
    x = Tensor([1.0, 1.0, 2.0], requires_grad=True)
    np.quantile(x, 0.5, weights=np.ones(3), method="inverted_cdf").backward()
    assert x.grad.tolist() == [0.5, 0.5, 0.0]


def test_a_weighted_quantile_of_nan_passes_its_gradient_to_those_that_are_nan():
    x = Tensor([math.nan, 1.0, 2.0], requires_grad=True)
    np.quantile(x, 0.5, weights=np.ones(3), method="inverted_cdf").backward()
    assert x.grad.tolist() == [1.0, 0.0, 0.0]


def test_the_slope_of_i1_at_minus_1_is_that_at_1():
    assert second(np.i0, np.array(-1.0)) == pytest.approx(second(np.i0, np.array(1.0)))
    assert second(np.i0, np.array(1.0)) == pytest.approx(0.700906773759523)
    assert second(np.i0, np.array(0.0)) == 0.5


def test_the_gradient_of_a_norm_of_exactly_1_that_many_elements_make():
    x = Tensor(np.full(8, 0.5), requires_grad=True)
    y = np.linalg.norm(x, 3)
    y.backward()
    assert y.item() == 1
    assert x.grad.tolist() == [0.25] * 8


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_variance_without_degrees_of_freedom_has_no_gradient():
    x = Tensor([1.0, 3.0], requires_grad=True)
    np.var(x, ddof=2).backward()
    assert np.isnan(x.grad.numpy()).all()
