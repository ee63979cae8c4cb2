"""What the laws cannot see of sorting: ties, results whose shape depends on data, and what a trace may do with them."""

import math

import numpy as np
import pytest

import autograd
from autograd import Tensor
from autograd.compiler.trace import trace

nan = math.nan


def leaf(values):
    return Tensor(np.array(values, dtype=float), requires_grad=True)


def slope(f, values, u=None):
    """uᵀ df/dx at x, u = 1."""
    x = leaf(values)
    y = f(x)
    y.backward(np.ones(y.shape) if u is None else np.array(u, dtype=float))
    return x.grad.tolist()


# --- Ties ---


def test_sorting_is_stable_so_that_the_first_of_equal_elements_comes_first():
    assert slope(np.sort, [2, 1, 2, 1], [1, 2, 3, 4]) == [3, 1, 4, 2]
    assert slope(lambda x: np.partition(x, 1), [2, 1, 1, 2], [1, 2, 3, 4]) in ([3, 1, 2, 4], [4, 1, 2, 3])
    assert np.argsort(leaf([1] * 40)).tolist() == list(range(40))


def test_nan_is_sorted_to_the_end():
    assert slope(np.sort, [nan, 1, nan, 0], [1, 2, 3, 4]) == [3, 2, 4, 1]


@pytest.mark.parametrize(
    ("f", "values", "expected"),
    [
        (np.median, [4, 1, 3, 2], [0, 0, 0.5, 0.5]),
        (np.median, [2, 2, 2, 5, 1], [1 / 3, 1 / 3, 1 / 3, 0, 0]),
        (np.median, [1, 1], [0.5, 0.5]),
        (np.nanmedian, [nan, 1, 3, 2], [0, 0, 0, 1]),
        (np.nanmedian, [nan, nan], [0, 0]),
        (lambda x: np.quantile(x, 1.0), [3, 1, 3], [0.5, 0, 0.5]),
        (lambda x: np.quantile(x, 0.25), [0, 1, 2], [0.5, 0.5, 0]),
        (lambda x: np.quantile(x, 0.3, weights=[1, 2, 1], method="inverted_cdf"), [2, 1, 2], [0, 1, 0]),
        (np.nanmax, [nan, 2, 2, 1], [0, 0.5, 0.5, 0]),
        (np.nanmin, [nan, nan], [0, 0]),
        (lambda x: np.nanmax(x, initial=2.0), [nan, 2, 1], [0, 0.5, 0]),
        (np.ptp, [1, 3, 1], [-0.5, 1, -0.5]),
        (np.nanstd, [nan, 2, 2], [0, 0, 0]),
        (np.nanprod, [nan, 0, 3], [0, 3, 0]),
    ],
)
def test_equal_elements_share_the_gradient_and_nan_gets_none(f, values, expected):
    assert slope(f, values) == pytest.approx(expected)


def test_a_quantile_has_a_gradient_with_respect_to_q():
    x, q = leaf([0, 1, 4]), leaf([0.25, 0.75])
    np.quantile(x, q).backward(np.array([1.0, 10.0]))
    assert q.grad.tolist() == [2, 60]
    y = np.quantile(np.array([0.0, 1.0, 4.0]), leaf(0.75))
    assert (y.item(), y.requires_grad) == (2.5, True)


# --- Results whose shape depends on data ---


def test_the_first_of_equal_elements_has_the_gradient_of_a_unique_element():
    assert slope(np.unique, [[2, 1], [2, 3]], [1, 2, 3]) == [[2, 1], [0, 3]]
    assert slope(lambda x: np.unique(x, axis=0), [[2, 1], [2, 1]], [[1, 2]]) == [[1, 2], [0, 0]]
    x = np.array([3.0, nan, 1.0, 3.0, nan, 2.0])
    for f in (np.unique, np.unique_values, np.unique_counts, np.unique_all, lambda x: np.unique(x, equal_nan=False)):
        found, expected = f(leaf(x)), f(x)
        pairs = zip(found, expected) if isinstance(expected, tuple) else [(found, expected)]
        for a, b in pairs:
            np.testing.assert_array_equal(a.detach().numpy(), b)
        assert type(found) is type(expected) or isinstance(found, Tensor)


@pytest.mark.parametrize("trim", ["f", "b", "fb"])
def test_zeros_are_trimmed_and_get_no_gradient(trim):
    x = np.array([0.0, 0.0, 1.0, 0.0, 2.0, 0.0])
    expected = (0 if "f" not in trim else 2, 6 if "b" not in trim else 5)
    np.testing.assert_array_equal(np.trim_zeros(leaf(x), trim).detach().numpy(), np.trim_zeros(x, trim))
    assert slope(lambda x: np.trim_zeros(x, trim), x) == [float(expected[0] <= i < expected[1]) for i in range(6)]
    assert np.trim_zeros(leaf([0, 0]), trim).shape == (0,)


def test_trimming_two_axes():
    x = np.pad(np.arange(1.0, 7).reshape(2, 3), ((1, 2), (0, 1)))
    assert np.trim_zeros(leaf(x)).tolist() == [[1, 2, 3], [4, 5, 6]]
    assert autograd.grad(lambda x: np.trim_zeros(x).sum())(x).tolist() == (x > 0).tolist()


@pytest.mark.parametrize(
    ("f", "old", "new", "other"),
    [
        (lambda x: np.unique(x), [1, 2, 1], [5, 3, 3], [1, 2, 3]),
        (lambda x: np.trim_zeros(x), [0, 1, 2], [3, 4, 0], [1, 2, 3]),
        (lambda x: np.bincount(x.astype(int), weights=x), [0, 2, 1], [2, 2, 1], [0, 1, 3]),
        (lambda x: np.histogram(x, bins="sturges")[0], [0, 2, 1], [5, 5, 1], None),
    ],
)
def test_a_replay_follows_the_data_or_says_that_the_shape_has_changed(f, old, new, other):
    old, new = np.array(old, dtype=float), np.array(new, dtype=float)
    program = trace(f, old)
    np.testing.assert_array_equal(program(new), f(Tensor(new)).numpy())
    if other is not None:
        with pytest.raises(ValueError, match="trace it again"):
            program(np.array(other, dtype=float))


def test_the_q_of_a_quantile_cannot_change_with_every_replay():
    with pytest.raises(TypeError, match=r"np.quantile\(q=\)"):
        trace(lambda q: np.quantile(np.arange(3.0), q), np.array(0.5))


# --- Arguments ---


def test_lexsort_takes_a_tuple_of_tensors_and_arrays():
    last, first = leaf([1, 0, 1, 0]), np.array([3, 2, 1, 0])
    assert np.lexsort((first, last)).tolist() == [3, 1, 2, 0]
    assert not np.lexsort((first, last)).requires_grad
    program = trace(lambda key: np.lexsort((first, key)), np.array([1.0, 0, 1, 0]))
    assert program(np.array([0.0, 0, 0, 1])).tolist() == [2, 1, 0, 3]


@pytest.mark.parametrize(
    ("f", "error", "words"),
    [
        (lambda x: np.sort(x, axis=2), np.exceptions.AxisError, "sort: axis 2"),
        (lambda x: np.sort(x, kind="bogo"), ValueError, "sort: .*kind"),
        (lambda x: np.sort(x, kind="stable", stable=True), ValueError, "sort: "),
        (lambda x: np.argsort(x, order="field"), ValueError, "argsort: "),
        (lambda x: np.sort(np.sum(x)), np.exceptions.AxisError, "sort: "),
        (lambda x: np.partition(x, 9), ValueError, "partition"),
        (lambda x: np.partition(x, 0.5), TypeError, "partition"),
        (lambda x: np.searchsorted(x, 1.0, side="middle"), ValueError, "searchsorted"),
        (lambda x: np.quantile(x, 1.5), ValueError, "quantile: .*range"),
        (lambda x: np.percentile(x, [5, 101]), ValueError, "percentile: .*100"),
        (lambda x: np.quantile(x, 0.5, method="guess"), ValueError, "quantile: 'guess'"),
        (lambda x: np.quantile(x, 0.5, weights=x), ValueError, "inverted_cdf"),
        (lambda x: np.quantile(x, 0.5, weights=[1, 2], method="inverted_cdf"), TypeError, "quantile"),
        (lambda x: np.quantile(x, np.full((1, 1, 1), 0.5)), ValueError, "quantile: q"),
        (lambda x: np.quantile(x[:0], 0.5), IndexError, "quantile"),
        (lambda x: np.nanmax(x, where=x > 0), ValueError, "nanmax: .*initial"),
        (lambda x: np.nanmax(x[:0]), ValueError, "nanmax"),
        (lambda x: np.nanargmax(x * nan), ValueError, "nanargmax"),
        (lambda x: np.nanmean(x, dtype=int), TypeError, "nanmean: .*floating"),
        (lambda x: np.nanvar(x, ddof=1, correction=1), ValueError, "nanvar"),
        (lambda x: np.trim_zeros(x, "x"), ValueError, "trim_zeros"),
        (lambda x: np.unique(x, axis=3), np.exceptions.AxisError, "unique: "),
        (np.sort_complex, TypeError, "sort_complex"),
        (lambda x: np.median(x, out=np.zeros(())), TypeError, "out="),
    ],
)
def test_bad_arguments_raise_numpys_errors_and_name_the_function(f, error, words):
    with pytest.raises(error, match=words):
        f(leaf([1, 2, 3]))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("f", [np.median, np.quantile, np.nanmedian, np.nanquantile, np.nanmax, np.nanmean, np.nanvar])
def test_numbers_beside_rows_of_nan(f):
    x = np.array([[1.0, nan, 3.0], [nan, nan, nan]])
    q = {"q": 0.4} if "quantile" in f.__name__ else {}
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(f(leaf(x), **q, axis=1).detach().numpy(), f(x, **q, axis=1))
    if "nan" in f.__name__:
        assert slope(lambda x: f(x, **q, axis=1)[0], x)[1] == [0, 0, 0]
