"""Metrics: what they say of samples, whatever batches these come in; states that can be kept; refusals."""

import math

import numpy as np
import pytest

from autograd import Tensor
from optim import metrics

RNG = np.random.default_rng(0)
SCORES, CLASSES = RNG.normal(size=(50, 4)), RNG.integers(0, 4, 50)
NUMBERS, TRUTH = RNG.normal(size=50), RNG.normal(3.0, 2.0, size=50)
LOGITS, LABELS = RNG.normal(size=50), RNG.integers(0, 2, 50)

CASES = [
    (metrics.Accuracy(), SCORES, CLASSES),
    (metrics.Accuracy(), LOGITS, LABELS),
    (metrics.TopKAccuracy(2), SCORES, CLASSES),
    (metrics.ConfusionMatrix(), SCORES, CLASSES),
    (metrics.Precision(), SCORES, CLASSES),
    (metrics.Recall("micro"), SCORES, CLASSES),
    (metrics.F1("binary"), LOGITS, LABELS),
    (metrics.MeanSquaredError(), NUMBERS, TRUTH),
    (metrics.MeanAbsoluteError(), NUMBERS, TRUTH),
    (metrics.R2(), NUMBERS, TRUTH),
    (metrics.R2(), SCORES, SCORES + 1),
    (metrics.Mean(lambda y, t: np.mean(np.abs(y - t))), NUMBERS, TRUTH),
]
NAMES = [f"{metric.name}-{i}" for i, (metric, *_) in enumerate(CASES)]


@pytest.mark.parametrize(("metric", "y", "t"), CASES, ids=NAMES)
def test_a_result_is_that_of_all_samples_however_unequal_the_batches(metric, y, t):
    whole = metric(y, t)
    metric.reset()
    for start, stop in [(0, 32), (32, 49), (49, 50)]:
        metric.add(Tensor(y[start:stop]), Tensor(t[start:stop]))
    np.testing.assert_allclose(metric.result(), whole, rtol=1e-12)
    means = np.mean([metric(y[a:b], t[a:b]) for a, b in [(0, 32), (32, 48)]], axis=0)
    assert not np.allclose(means, whole, rtol=1e-6)  # the mean of the batches' results is another number


@pytest.mark.parametrize(("metric", "y", "t"), CASES, ids=NAMES)
def test_a_call_leaves_the_state_as_it_is(metric, y, t):
    metric.reset()
    metric.add(y[:20], t[:20])
    before = metric.result()
    metric(y, t)
    np.testing.assert_equal(metric.result(), before)


def counts(read, there, k):
    """(true positives, read as k, of class k), counted one by one."""
    pairs = list(zip(read.tolist(), there.tolist()))
    return (
        sum(a == k and b == k for a, b in pairs),
        sum(a == k for a, _ in pairs),
        sum(b == k for _, b in pairs),
    )


def test_precision_recall_and_f1_are_their_definitions():
    read = SCORES.argmax(1)
    table = [counts(read, CLASSES, k) for k in range(4)]
    precision, recall = [tp / p for tp, p, _ in table], [tp / n for tp, _, n in table]
    close = pytest.approx
    assert metrics.Precision()(SCORES, CLASSES) == close(np.mean(precision))
    assert metrics.Recall()(SCORES, CLASSES) == close(np.mean(recall))
    assert metrics.F1()(SCORES, CLASSES) == close(np.mean([2 * p * r / (p + r) for p, r in zip(precision, recall)]))
    accuracy = metrics.Accuracy()(SCORES, CLASSES)
    assert metrics.F1("micro")(SCORES, CLASSES) == metrics.Precision("micro")(SCORES, CLASSES) == close(accuracy)
    tp, positive, there = counts(LOGITS > 0, LABELS, 1)
    assert metrics.Precision("binary")(LOGITS, LABELS) == close(tp / positive)
    assert metrics.Recall("binary")(LOGITS, LABELS) == close(tp / there)


def test_a_class_that_is_never_read_has_precision_0_and_one_that_does_not_occur_is_left_out():
    y, t = np.array([0, 0, 2]), np.array([0, 1, 2])
    assert metrics.Precision()(y, t) == pytest.approx((1 / 2 + 0 + 1) / 3)
    assert metrics.Precision()(np.array([0, 3]), np.array([0, 3])) == 1.0


def test_the_confusion_matrix_grows_with_the_classes_that_are_seen():
    metric = metrics.ConfusionMatrix()
    metric.add(np.array([0, 1]), np.array([0, 0]))
    metric.add(np.array([3]), np.array([2]))
    assert metric.result().tolist() == [[1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
    assert metrics.ConfusionMatrix(3)(np.array([0]), np.array([0])).shape == (3, 3)
    with pytest.raises(ValueError, match=r"classes are 0 to 1, and there is a class 2"):
        metrics.ConfusionMatrix(2)(np.array([2]), np.array([0]))


def test_top_1_is_accuracy_at_ties_too_and_a_nan_is_wrong():
    tied = np.ones((6, 3))
    t = np.array([0, 1, 2, 0, 1, 2])
    assert metrics.TopKAccuracy(1)(tied, t) == metrics.Accuracy()(tied, t) == pytest.approx(1 / 3)
    assert metrics.TopKAccuracy(2)(np.full((2, 3), np.nan), np.array([0, 1])) == 0


def test_accuracy_reads_pixels_columns_and_probabilities():
    pixels = RNG.normal(size=(2, 3, 4, 5))
    assert metrics.Accuracy()(pixels, pixels.argmax(1)) == 1
    assert metrics.Accuracy()(np.array([[2.0], [-2.0]]), np.array([1, 0])) == 1
    assert metrics.Accuracy(threshold=0.5)(np.array([0.4, 0.6]), np.array([0.0, 1.0])) == 1


def test_r2_of_numbers_far_from_0_keeps_its_digits():
    t = np.arange(100.0) + 1e9
    y = t + np.tile([0.5, -0.5], 50)
    metric = metrics.R2()
    for i in range(0, 100, 7):
        metric.add(y[i : i + 7], t[i : i + 7])
    assert metric.result() == pytest.approx(1 - 25 / np.var(np.arange(100.0)) / 100, rel=1e-12)


def test_r2_of_targets_that_do_not_vary_is_1_or_0_and_of_one_sample_nan():
    assert metrics.R2()([2.0, 2.0], [2.0, 2.0]) == 1
    assert metrics.R2()([2.0, 3.0], [2.0, 2.0]) == 0
    assert math.isnan(metrics.R2()([2.0], [2.0]))


@pytest.mark.parametrize("metric", [case[0] for case in CASES if case[0].number], ids=lambda metric: metric.name)
def test_of_no_samples_the_result_is_nan(metric):
    metric.reset()
    assert math.isnan(metric.result())


@pytest.mark.parametrize("kind", [metrics.R2, metrics.MeanSquaredError, metrics.MeanAbsoluteError])
def test_a_column_against_a_row_is_refused(kind):
    with pytest.raises(ValueError, match=r"\(3, 1\) and \(3,\); write model\(x\)\[:, 0\]"):
        kind()(np.zeros((3, 1)), np.zeros(3))


def test_shapes_that_cannot_be_classes_are_refused():
    with pytest.raises(ValueError, match=r"Accuracy takes outputs \(n, C, ...\) .* these are \(3, 4\) and \(2,\)"):
        metrics.Accuracy()(np.zeros((3, 4)), np.zeros(2, int))
    with pytest.raises(ValueError, match=r"TopKAccuracy takes outputs \(n, C\)"):
        metrics.TopKAccuracy()(np.zeros(3), np.zeros(3, int))
    with pytest.raises(ValueError, match=r"average='binary' is for two classes, and there are 4"):
        metrics.F1("binary")(SCORES, CLASSES)


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="k is a whole number of at least 1, not 0"):
        metrics.TopKAccuracy(0)
    with pytest.raises(ValueError, match="average is 'macro', 'micro' or 'binary', not 'mean'"):
        metrics.Recall("mean")


def test_of_rates_and_r2_higher_is_better_and_of_errors_lower():
    higher = {kind for kind in vars(metrics).values() if isinstance(kind, type) and getattr(kind, "mode", "") == "max"}
    rates = {metrics.Accuracy, metrics.TopKAccuracy, metrics.Precision, metrics.Recall, metrics.F1, metrics.R2}
    assert {kind for kind in higher if not kind.__name__.startswith("_")} == rates
    assert metrics.MeanSquaredError.mode == metrics.MeanAbsoluteError.mode == metrics.Mean.mode == "min"


@pytest.mark.parametrize("strange", [-1, 3])
def test_a_class_that_is_no_output_is_told(strange):
    with pytest.raises(ValueError, match=f"TopKAccuracy: classes are 0 to 2, and there is a class {strange}"):
        metrics.TopKAccuracy(2)(np.eye(3), [0, strange, 1])
