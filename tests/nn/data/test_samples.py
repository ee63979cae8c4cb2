"""The data sets that come with the package, and minibatches."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Tensor
from nn.data import batches, circles, curve, digits, moons, noisy_xor, polynomial, sine, spirals, xor

# --- digits and xor ---------------------------------------------------------------------------------------------------


def test_digits_are_the_1797_images_of_the_source():
    (inputs, targets), nothing = digits(test=0)
    assert inputs.shape == (1797, 64)
    assert len(nothing.inputs) == 0
    counts = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # the source's own
    assert np.bincount(targets).tolist() == counts
    grey = inputs * 16
    assert np.array_equal(grey, grey.round())
    assert (grey.min(), grey.max()) == (0, 16)
    assert int(grey.sum(dtype=np.float64)) == 561718


def test_digits_have_the_documented_types_and_own_their_memory():
    for inputs, targets in digits():
        assert (inputs.dtype, targets.dtype) == (np.float32, np.int64)
        assert (inputs.shape, targets.shape) == ((len(targets), 64), (len(inputs),))
        assert inputs.flags.writeable
        inputs[:] = 0
    assert digits().train.inputs.any()


def test_the_split_loses_no_image_and_repeats_none():
    def rows(samples):
        return [(bytes(x), int(t)) for x, t in zip(*samples)]

    train, test = digits(seed=3, test=0.3)
    assert sorted(rows(train) + rows(test)) == sorted(rows(digits(seed=4, test=0).train))


def test_the_seed_alone_decides_the_split():
    first, again, other = digits(seed=1), digits(seed=1), digits(seed=2)
    assert all(np.array_equal(a, b) for a, b in zip(first.train + first.test, again.train + again.test))
    assert not np.array_equal(first.test.targets, other.test.targets)


@pytest.mark.parametrize(("test", "kept_apart"), [(0, 0), (0.1, 180), (0.2, 359), (300 / 1797, 300), (1, 1797)])
def test_the_share_kept_apart(test, kept_apart):
    assert len(digits(test=test).test.targets) == kept_apart


@pytest.mark.parametrize("test", [-0.1, 300, float("nan")])
def test_an_impossible_share_says_how_to_write_a_number_of_images(test):
    with pytest.raises(ValueError, match=r"between 0 and 1; for 300 images, write test=300/1797"):
        digits(test=test)


def test_xor_is_the_exclusive_or_of_its_inputs():
    inputs, targets = xor()
    assert (inputs.dtype, targets.dtype) == (np.float32, np.float32)
    assert sorted(map(tuple, inputs)) == list(itertools.product((0, 1), repeat=2))
    assert np.array_equal(targets, inputs[:, 0] != inputs[:, 1])


# --- Sets that are made up ---------------------------------------------------------------------------------------------

MADE = [noisy_xor, moons, circles, spirals, sine, polynomial, lambda n, **options: curve(np.abs, n, **options)]
over_all = pytest.mark.parametrize("make", MADE, ids=lambda make: make.__name__)


@over_all
@pytest.mark.parametrize("n", [0, 1, 2, 7, 100])
def test_there_are_as_many_samples_as_asked_for_in_the_documented_types(make, n):
    inputs, targets = make(n)
    assert inputs.dtype == np.float32
    assert targets.dtype == (np.int64 if make is spirals else np.float32)
    assert inputs.shape == (n, 1 if make in MADE[-3:] else 2)
    assert targets.shape == (n,)
    assert inputs.flags.owndata or inputs.base.base is None


@over_all
def test_the_seed_decides_all_of_it(make):
    first, again, other = make(50, seed=3), make(50, seed=3), make(50, seed=4)
    assert all(map(np.array_equal, first, again))
    assert not np.array_equal(first.inputs, other.inputs)
    generator = np.random.default_rng(3)
    assert all(map(np.array_equal, first, make(50, seed=generator)))
    assert not np.array_equal(first.inputs, make(50, seed=generator).inputs)


@over_all
def test_noise_has_the_standard_deviation_that_was_asked_for(make):
    clean, noisy = make(4000, noise=0.0), make(4000, noise=0.2)
    changed = "targets" if make in MADE[-3:] else "inputs"
    difference = getattr(noisy, changed).astype(float) - getattr(clean, changed)
    assert abs(difference.std() - 0.2) < 0.01
    assert abs(difference.mean()) < 0.01
    with pytest.raises(ValueError, match="noise=-1: it is a standard deviation"):
        make(10, noise=-1)
    with pytest.raises(ValueError, match=r"n=2\.5: it is the number of samples"):
        make(2.5)


@pytest.mark.parametrize("make", [noisy_xor, moons, circles, spirals])
def test_classes_are_balanced_and_in_random_order(make):
    targets = make(90).targets.astype(int)
    counts = np.bincount(targets)
    assert np.ptp(counts) <= 2
    assert np.count_nonzero(np.diff(targets)) > 25


def test_points_without_noise_lie_on_their_figures():
    (x, y), above = moons(500, noise=0).inputs.T, moons(500, noise=0).targets == 0
    np.testing.assert_allclose(np.hypot(x - ~above, y - 0.5 * ~above), 1, rtol=1e-5)
    assert np.all(y[above] >= -1e-6)
    assert (x[above].min(), x[above].max(), x[~above].min(), x[~above].max()) == (-1, 1, 0, 2)
    assert np.all(y[~above] <= 0.5 + 1e-6)
    inputs, inner = circles(500, noise=0, factor=0.3)
    np.testing.assert_allclose(np.hypot(*inputs.T), np.where(inner, 0.3, 1), rtol=1e-5)
    assert len(np.unique(inputs.round(5), axis=0)) == 500
    inputs, targets = noisy_xor(500, noise=0)
    assert np.array_equal(targets, inputs[:, 0] != inputs[:, 1])
    inputs, arms = spirals(300, classes=2, turns=1, noise=0)
    radius, angle = np.hypot(*inputs.T), np.arctan2(inputs[:, 1], inputs[:, 0]) / (2 * np.pi)
    np.testing.assert_allclose(np.cos(2 * np.pi * (angle - radius - arms / 2)), 1, atol=1e-4)
    with pytest.raises(ValueError, match="at least one arm"):
        spirals(10, classes=0)


def test_curves_are_those_of_their_functions():
    inputs, targets = sine(50, noise=0)
    np.testing.assert_allclose(targets, np.sin(inputs[:, 0]), atol=1e-6)
    assert np.abs(inputs).max() > 2
    inputs, targets = polynomial(coefficients=[1, -2, 3], noise=0)
    np.testing.assert_allclose(targets, 1 - 2 * inputs[:, 0] + 3 * inputs[:, 0] ** 2, atol=1e-5)
    inputs, targets = curve(lambda x: 2, low=3, high=4, noise=0)
    assert inputs.min() >= 3
    assert np.all(targets == 2)


# --- batches ----------------------------------------------------------------------------------------------------------


@given(
    length=st.integers(0, 40),
    batch_size=st.integers(1, 50),
    shuffle=st.booleans(),
    drop_last=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_every_row_comes_once_and_arrays_stay_together(length, batch_size, shuffle, drop_last, seed):
    x, t = np.arange(2.0 * length).reshape(length, 2), np.arange(length)
    if drop_last and 0 < length < batch_size:
        batch_size = length
    epoch = list(batches(x, t, batch_size=batch_size, shuffle=shuffle, generator=seed, drop_last=drop_last))
    seen = [int(i) for _, targets in epoch for i in targets]
    sizes = [len(targets) for _, targets in epoch]
    full, rest = divmod(length, batch_size)
    assert sizes == [batch_size] * full + [rest] * (rest > 0 and not drop_last)
    assert len(set(seen)) == len(seen) == sum(sizes)
    assert all(np.array_equal(inputs, x[targets]) for inputs, targets in epoch)
    assert shuffle or seen == list(range(len(seen)))


def test_one_generator_shuffles_each_epoch_anew_and_repeats_the_run():
    def run(seed):
        generator = np.random.default_rng(seed)
        return [[t.tolist() for (t,) in batches(np.arange(20), batch_size=8, generator=generator)] for _ in range(3)]

    assert run(0) == run(0) != run(1)
    first, second, third = run(0)
    assert first != second != third != first


def test_without_a_generator_manual_seed_decides_the_order():
    def order():
        return [t.tolist() for (t,) in batches(np.arange(50), batch_size=8)]

    autograd.manual_seed(7)
    first, second = order(), order()
    assert first != second
    autograd.manual_seed(7)
    assert (order(), order()) == (first, second)


def test_the_order_is_drawn_at_the_call_so_that_epochs_may_be_interleaved():
    one, two = np.random.default_rng(5), np.random.default_rng(5)
    a, b = (batches(np.arange(9), batch_size=9, generator=one) for _ in range(2))
    c, d = (batches(np.arange(9), batch_size=9, generator=two) for _ in range(2))
    (second,), (first,) = next(b), next(a)
    assert np.array_equal(first, next(c)[0])
    assert np.array_equal(second, next(d)[0])


def test_unshuffled_batches_are_views_and_shuffled_ones_copies():
    x = np.zeros((4, 2))
    assert all(np.shares_memory(x, b) for (b,) in batches(x, batch_size=3, shuffle=False))
    assert not any(np.shares_memory(x, b) for (b,) in batches(x, batch_size=3, generator=0))


def test_lists_and_tensors_are_taken_as_they_are():
    x = Tensor(np.eye(3), requires_grad=True)
    ((rows, labels),) = batches(x, ["a", "b", "c"], batch_size=5, generator=0)
    rows.sum().backward()
    assert labels.shape == (3,)
    assert np.array_equal(x.grad.numpy(), np.ones((3, 3)))


@pytest.mark.parametrize(
    ("arrays", "options", "error", "advice"),
    [
        ((), {}, TypeError, r"write batches\(inputs, targets, batch_size=32\)"),
        ((np.ones(3), np.float32(1)), {}, TypeError, r"argument 2 has shape \(\)"),
        ((np.ones((3, 2)), np.ones(4)), {}, ValueError, r"got \[3, 4\], from the shapes \(3, 2\), \(4,\)"),
        ((np.ones(3),), {"batch_size": 0}, ValueError, "at least 1 row"),
        ((np.ones(3),), {"batch_size": 1.5}, TypeError, "write a whole number"),
        ((np.ones(3),), {"batch_size": 4, "drop_last": True}, ValueError, "write drop_last=False or batch_size=3"),
    ],
)
def test_what_makes_no_sense_is_said_at_the_call(arrays, options, error, advice):
    with pytest.raises(error, match=advice):
        batches(*arrays, **{"batch_size": 2} | options)
