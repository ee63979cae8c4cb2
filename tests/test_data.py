"""The data sets that come with the package, and minibatches."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Tensor
from nn.data import batches, digits, xor

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
