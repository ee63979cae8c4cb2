"""Scalar: micrograd's way of learning, on the same graph and by the same rules as Tensor."""

import copy
import gc
import itertools
import math
import operator
import pickle
import random
import threading
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import ARITHMETIC, CONSTANTS, EXPONENTIALS, SELECTING, TRIGONOMETRY

import autograd
from autograd import Scalar, Tensor, floats, graph, op, scalar
from autograd.compiler import trace

ELEMENTWISE = [s for s in [*ARITHMETIC, *EXPONENTIALS, *TRIGONOMETRY, *SELECTING] if s.elementwise]
PLACES = [
    pytest.param(sample, point, id=f"{sample!r} at {point}")
    for sample in ELEMENTWISE
    for point in sample.at
    if all(place.domain.dtype is float for place in sample.places)
]


def leaf(value):
    return Tensor(np.float64(value), requires_grad=True)


def operands(sample, wrap, seed=0):
    """One element for each array of the sample; a mask stays a plain bool."""
    return [wrap(x.flat[0].item()) if x.dtype.kind == "f" else x.flat[0] for x in sample.draw(seed)]


def value(x):
    return x.item() if isinstance(x, Scalar | Tensor) else float(x)


def derivatives(y, xs, order):
    """y and all of its partial derivatives up to `order`; 0 where there is no path."""
    if not order:
        return [value(y)]
    shares = [None] * len(xs)
    if isinstance(y, Scalar | Tensor) and y.requires_grad:
        shares = autograd.grad(y, xs, retain_graph=True, create_graph=order > 1, allow_unused=True)
    return [value(y), *(d for g in shares for d in derivatives(0.0 if g is None else g, xs, order - 1))]


def sampled(sample, wrap, order, seed=0):
    inner = operands(sample, wrap, seed)
    return derivatives(sample(*inner), [x for x in inner if isinstance(x, Scalar | Tensor)], order)


# --- The same numbers as Tensor -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("sample", ELEMENTWISE, ids=repr)
def test_value_and_gradient_are_those_of_the_tensor_operation(sample, seed):
    np.testing.assert_allclose(sampled(sample, Scalar, 1, seed), sampled(sample, leaf, 1, seed), 1e-13, 1e-15)


@pytest.mark.parametrize("sample", ELEMENTWISE, ids=repr)
def test_second_and_third_derivatives_are_those_of_the_tensor_operation(sample):
    np.testing.assert_allclose(sampled(sample, Scalar, 3), sampled(sample, leaf, 3), 1e-11, 1e-13)


@pytest.mark.parametrize("sample", [s for s in CONSTANTS if s.elementwise], ids=repr)
def test_an_operation_without_derivative_gives_a_plain_bool_or_a_constant(sample):
    xs = [x.flat[0].item() for x in sample.draw()]
    try:
        expected = sample(*xs)
    except TypeError:  # of whole numbers only
        pytest.skip("not an operation on floats")
    found = sample(*[Scalar(x) if isinstance(x, float) else x for x in xs])
    if isinstance(found, Scalar):
        assert not found.requires_grad
    else:
        assert found.__class__ is bool or not isinstance(xs[0], float)
    assert value(found) == expected
