"""np.emath, linspace and its like, set operations and windows: what the laws cannot see."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from autograd import Tensor, grad
from autograd.compiler.trace import trace

# --- np.emath ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sqrt", "log", "log2", "log10", "arccos", "arcsin", "arctanh"])
def test_a_complex_result_is_an_error_and_so_it_is_in_a_replay(name):
    function = getattr(np.emath, name)
    with pytest.raises(TypeError, match="complex result"):
        function(Tensor([0.5, -2.0]))
    program = trace(lambda x: function(x), Tensor([0.5, 0.25]))
    with pytest.raises(TypeError, match="complex result"):
        program(np.array([0.5, -2.0], np.float32))


def test_powers_of_whole_numbers():
    for x, p in (([2, 4], [-2, 1]), ([2, 4], [2, 0]), ([2.5, 4], [-2, 1])):
        found, expected = np.emath.power(Tensor(np.array(x)), np.array(p)), np.emath.power(np.array(x), np.array(p))
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found.numpy(), expected)
    with pytest.raises(TypeError, match="complex result"):
        np.emath.power(Tensor([-2.0]), 2)


# --- Sequences --------------------------------------------------------------------------------------------------------


def test_linspace_of_equal_ends_and_of_whole_numbers():
    for dtype in (None, int, np.float32):
        for ends in (((0.0, 1.0), (0.0, 2.5)), ((1, 2), (4, 7)), ((1.5, 2.5), 2)):
            expected = np.linspace(*map(np.array, ends), 4, dtype=dtype)
            found = np.linspace(Tensor(np.array(ends[0])), np.array(ends[1]), 4, dtype=dtype)
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found.detach().numpy(), expected)


def test_sequences_say_what_is_wrong():
    x = Tensor([1.0, 2.0])
    with pytest.raises(ValueError, match=r"linspace: .*num=-1"):
        np.linspace(x, 3.0, -1)
    with pytest.raises(ValueError, match="cannot include zero"):
        np.geomspace(x - 1, 3.0, 4)
    with pytest.raises(np.exceptions.AxisError, match="linspace"):
        np.linspace(x, 3.0, 4, axis=5)
    with pytest.raises(TypeError, match="integer"):
        np.linspace(x, 3.0, 2.5)
    with pytest.raises(ValueError, match="device"):
        np.linspace(x, 3.0, 2, device="gpu")


# --- Sets -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("assume_unique", [False, True])
@pytest.mark.parametrize("function", [np.union1d, np.setxor1d, np.setdiff1d])
@pytest.mark.parametrize("other", [[4.0, 3.0, 7.0], [9.0], [], [np.nan, 1.0]])
def test_set_operations_and_whose_gradient_it_is(function, other, assume_unique):
    a, b = np.array([[3.0, 1.0], [2.0, 5.0]]), np.array(other)
    if not assume_unique and function is not np.union1d:
        a[1, 0] = 3.0
    how = {} if function is np.union1d else {"assume_unique": assume_unique}
    x, y = Tensor(a, requires_grad=True), Tensor(b, requires_grad=True)
    found, expected = function(x, y, **how), function(a.ravel(), b, **how)  # NumPy 2.0's setxor1d wants one axis
    np.testing.assert_array_equal(found.detach().numpy(), expected)
    (found * np.arange(1.0, 1 + expected.size)).sum().backward()
    for z, plain in ((x, a), (y, b)):
        grads = np.zeros(plain.size) if z.grad is None else z.grad.numpy().ravel()
        for value, g in zip(plain.ravel(), grads):
            assert g == 0 or found.detach().numpy()[int(g) - 1] == value or np.isnan(value)
    total = sum(float(z.grad.sum()) for z in (x, y) if z.grad is not None)
    assert total == expected.size * (expected.size + 1) / 2  # each element has one origin


# --- Windows ----------------------------------------------------------------------------------------------------------


def test_a_window_of_no_elements_and_an_axis_taken_twice():
    x = np.arange(6.0)
    for sizes, axis in ((0, None), ((2, 3), (0, 0)), ((), ())):
        found, expected = sliding_window_view(Tensor(x), sizes, axis), sliding_window_view(x, sizes, axis)
        assert found.shape == expected.shape
        np.testing.assert_array_equal(found.numpy(), expected)
    assert grad(lambda x: np.sum(sliding_window_view(x, 3)))(x).tolist() == [1, 2, 3, 3, 2, 1]
    assert grad(lambda x: np.sum(sliding_window_view(x, 0)))(x).tolist() == [0] * 6


def test_windows_say_what_is_wrong():
    x = Tensor(np.arange(6.0))
    for sizes, axis, error in ((7, None, ValueError), (-1, None, ValueError), ((2, 2), None, ValueError),
                               (2, 1, np.exceptions.AxisError)):  # fmt: skip
        with pytest.raises(error):
            sliding_window_view(x.numpy(), sizes, axis)
        with pytest.raises(error, match=r"sliding_window_view|window|axis"):
            sliding_window_view(x, sizes, axis)
    with pytest.raises(TypeError, match="writeable"):
        sliding_window_view(x, 2, writeable=True)


def test_windows_know_nothing_of_later_writes():
    x = Tensor(np.arange(1.0, 5.0), requires_grad=True)
    y = x * 1
    windows = sliding_window_view(y, 2)
    y[1] = 5.0 * x[0]
    (windows.sum() + y.sum()).backward()
    assert windows.tolist() == [[1, 2], [2, 3], [3, 4]]
    assert x.grad.tolist() == [1 + 6, 2, 2 + 1, 1 + 1]
