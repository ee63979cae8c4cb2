"""Bytes: a node keeps alive what its rules named and nothing else, and drops it as soon as it has been used."""

import gc
import tracemalloc
from contextlib import contextmanager

import numpy as np
import pytest

import autograd
from autograd import Tensor

SIZE = 500_000  # beside which a table of the engine's own that happens to grow is nothing
ARRAY = 8 * SIZE


class Meter:
    def __init__(self):
        self.before = tracemalloc.get_traced_memory()[0]

    def arrays(self):
        """How many arrays of SIZE numbers more are alive than at the start."""
        return (tracemalloc.get_traced_memory()[0] - self.before) / ARRAY

    def peak(self):
        return (tracemalloc.get_traced_memory()[1] - self.before) / ARRAY


@contextmanager
def metered():
    gc.collect()
    tracemalloc.start()
    try:
        yield Meter()
    finally:
        tracemalloc.stop()


def leaf():
    return Tensor(np.full(SIZE, 0.5), requires_grad=True)


@pytest.mark.parametrize(
    ("f", "kept"),
    [
        (lambda y: y + 1.0, 0),
        (lambda y: y * 1.5, 0),
        (lambda y: -y, 0),
        (lambda y: np.roll(y, 1), 0),
        (lambda y: np.flip(y)[::-1] + 1.0, 0),
        (lambda y: y.reshape(2, -1).T.ravel(), 0),
        (lambda y: y / 3.0 - y.mean(), 0),
        (np.tanh, 1),
        (lambda y: np.exp(-y), 1),
        (autograd.relu, 1),
        (autograd.sigmoid, 1),
        (np.sin, 1),
        (lambda y: y * y, 1),
        (lambda y: y**2, 1),
        (lambda y: np.sqrt(y + 1), 1),
        (lambda y: np.where(y > 0, y, 0.0), 1 / 8),
    ],
)
def test_a_chain_keeps_what_its_rules_named_and_no_more(f, kept):
    """Ten steps, of which each keeps so many arrays beside the last result."""
    x = leaf()
    f(x)
    with metered() as meter:
        y = x
        for _ in range(10):
            y = f(y)
        shared = 1 if kept == 1 else 0  # one step's result is the next one's operand
        assert meter.arrays() == pytest.approx(10 * kept + 1, abs=shared + 0.3)
        del y
        assert meter.arrays() < 0.1


def test_backward_frees_what_the_nodes_saved_as_it_goes():
    x = leaf()
    with metered() as meter:
        y = x
        for _ in range(20):
            y = np.tanh(y)
        total = y.sum()
        del y
        assert meter.arrays() == pytest.approx(20, abs=0.5)
        tracemalloc.reset_peak()
        total.backward()
        assert meter.peak() < 20 + 4
        assert meter.arrays() == pytest.approx(1, abs=0.3)  # x.grad


def test_retaining_the_graph_keeps_what_was_saved():
    x = leaf()
    with metered() as meter:
        total = np.tanh(np.tanh(x)).sum()
        total.backward(retain_graph=True)
        assert meter.arrays() == pytest.approx(3, abs=0.3)


def test_an_operand_is_not_kept_for_the_sake_of_one_that_needs_no_gradient():
    x, constant = leaf(), np.full(SIZE, 2.0)
    with metered() as meter:
        y = np.exp(x) * Tensor(constant)  # d/d exp(x) needs the constant; the constant needs nothing
        assert meter.arrays() == pytest.approx(1 + 1 + 1, abs=0.3)  # exp(x), a copy of the constant, y
        y = (x + 1.0) * 2.0
        assert meter.arrays() == pytest.approx(1, abs=0.3)
        del y


def test_a_product_with_a_constant_matrix_keeps_no_input():
    x, w = leaf(), np.eye(5)
    with metered() as meter:
        y = (x.reshape(-1, 5) + 1.0) @ w
        assert meter.arrays() == pytest.approx(1, abs=0.3)
        del y


def test_without_a_gradient_nothing_is_kept():
    x = leaf()
    with metered() as meter, autograd.no_grad():
        y = x
        for _ in range(10):
            y = np.tanh(y)
        assert meter.arrays() == pytest.approx(1, abs=0.3)


@pytest.mark.parametrize("create", [False, True])
def test_nothing_is_left_after_the_loss_is_gone(create):
    x = leaf()

    def step():
        y = x
        for _ in range(10):
            y = np.tanh(y) * 1.5
        loss = (y * y).sum()
        (g,) = autograd.grad(loss, [x], create_graph=create)
        if create:
            (g * g).sum().backward()
        else:
            (x * x).sum().backward()
        x.grad = None

    step()
    with metered() as meter:
        for _ in range(3):
            step()
        gc.collect()
        assert meter.arrays() < 0.2


def test_a_step_needs_no_garbage_collection_to_free_its_graph():
    x = leaf()
    gc.disable()
    try:
        with metered() as meter:
            for _ in range(20):
                loss = np.tanh(x * x).sum()
                loss.backward()
                x.grad = None
            del loss
            assert meter.arrays() < 0.2
    finally:
        gc.enable()


def test_a_failed_step_leaves_nothing_either():
    x = leaf()

    def fail():
        y = np.tanh(x)
        with pytest.raises(ValueError, match="broadcast"):
            y * np.ones(3)

    fail()
    with metered() as meter:
        for _ in range(5):
            fail()
        gc.collect()
        assert meter.arrays() < 0.2


def test_transforms_leave_nothing():
    x = np.full(SIZE, 0.5)
    f = lambda x: np.sum(np.tanh(x) ** 2)
    autograd.grad(f)(x)
    with metered() as meter:
        for _ in range(3):
            autograd.grad(f)(x)
            autograd.vjp(np.tanh, x)[1](x)
            autograd.jvp(np.tanh, (x,), (x,))
            autograd.hvp(f, x, x)
        gc.collect()
        assert meter.arrays() < 0.2
