"""Cross-validation: each setting on the same folds, judged on what was kept apart, the same at every call."""

import math
import statistics

import numpy as np
import pytest

import autograd
import nn
import optim
from optim import metrics
from optim.training import EarlyStopping

X = np.linspace(-1, 1, 23, dtype="f4")[:, None]
DATA = X, 2 * X + 1


def make(lr=0.1, **settings):
    model = nn.Linear(1, 1)
    return optim.Trainer(
        model, optim.SGD(model.parameters(), lr=lr), nn.functional.mse_loss, progress=False, **settings
    )


def test_a_score_is_mean_and_standard_deviation_over_the_folds_and_equals_a_loop_by_hand():
    (score,) = optim.cross_validate(make, [{"lr": 0.05}], DATA, k=4, epochs=3, batch_size=5, seed=7)
    values = []
    for i, fold in enumerate(nn.data.k_folds(23, 4, generator=7)):
        autograd.default_generator().bit_generator.state = np.random.PCG64([7, i]).state
        trainer = make(0.05)
        trainer.run([part[fold.train] for part in DATA], epochs=3, batch_size=5)
        values.append(trainer.evaluate([part[fold.validation] for part in DATA])["loss"])
    assert score.values == values
    assert score.mean == statistics.fmean(values)
    assert score.spread == statistics.stdev(values)
    assert len(set(values)) == 4


def test_every_combination_of_a_grid_is_tried_and_the_best_is_found():
    scores = optim.cross_validate(make, {"lr": [1e-4, 0.1], "metrics": [()]}, DATA, k=3, epochs=20, batch_size=5)
    assert [score.setting for score in scores] == [{"lr": 1e-4, "metrics": ()}, {"lr": 0.1, "metrics": ()}]
    assert scores.best == {"lr": 0.1, "metrics": ()}
    head, slow, fast = str(scores).splitlines()
    assert head.split() == ["lr", "metrics", "loss", "±"]
    assert not slow.endswith("*")
    assert fast.endswith("*")


def test_higher_can_be_better_and_nan_is_never_the_best():
    def scripted(value):
        return make(metrics={"scripted": lambda y, t: value})

    settings = {"value": [math.nan, 0.2, 0.9, 0.4]}
    highest = optim.cross_validate(scripted, settings, DATA, k=2, epochs=1, metric="scripted", mode="max")
    assert highest.best == {"value": 0.9}
    lowest = optim.cross_validate(scripted, settings, DATA, k=2, epochs=1, metric="scripted")
    assert lowest.best == {"value": 0.2}
    assert math.isnan(lowest[0].mean)


def test_a_metric_says_itself_whether_higher_is_better():
    class Given(metrics.Mean):
        mode = "max"

    def scripted(value):
        return make(metrics={"given": Given(lambda y, t: value)})

    arguments = scripted, {"value": [0.2, 0.9, 0.4]}, DATA
    assert optim.cross_validate(*arguments, k=2, epochs=1, metric="given").best == {"value": 0.9}
    assert optim.cross_validate(*arguments, k=2, epochs=1, metric="given", mode="min").best == {"value": 0.2}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_setting_that_diverges_does_not_end_the_search():
    scores = optim.cross_validate(make, {"lr": [1e30, 0.1]}, DATA, k=2, epochs=5)
    assert all(map(math.isnan, [*scores[0].values, scores[0].mean, scores[0].spread]))
    assert math.isfinite(scores[1].mean)
    assert scores.best == {"lr": 0.1}
    assert "nan" in str(scores)


def test_it_is_the_same_at_every_call_and_leaves_the_random_numbers_of_the_program_alone():
    autograd.manual_seed(5)
    expected = autograd.rand(3).tolist()
    autograd.manual_seed(5)
    first = optim.cross_validate(make, [{}], DATA, k=3, epochs=2)
    assert autograd.rand(3).tolist() == expected
    autograd.manual_seed(6)
    assert optim.cross_validate(make, [{}], DATA, k=3, epochs=2) == first
    assert optim.cross_validate(make, [{}], DATA, k=3, epochs=2, seed=1) != first


def test_settings_meet_the_same_folds_and_the_same_chance():
    scores = optim.cross_validate(make, {"lr": [0.1, 0.1]}, DATA, k=3, epochs=2)
    assert scores[0].values == scores[1].values


def test_early_stopping_within_is_judged_by_its_best_weights():
    """A rate that makes it diverge: the weights of the first epoch are the best."""
    patient = lambda: make(1.5, extensions=[EarlyStopping(patience=2)])
    (score,) = optim.cross_validate(patient, [{}], DATA, k=3, epochs=30, batch_size=23)
    (diverged,) = optim.cross_validate(lambda: make(1.5), [{}], DATA, k=3, epochs=30, batch_size=23)
    assert score.mean < 0.1 * diverged.mean


def test_data_sets_are_taken_and_folds_can_keep_the_classes_in_proportion():
    x, t = nn.data.moons(40)
    dataset = nn.data.Subset(nn.data.TensorDataset(X, X), range(20))
    assert len(optim.cross_validate(make, [{}], dataset, k=2, epochs=1)[0].values) == 2
    shares = []

    def classifier():
        model = nn.Linear(2, 2)
        share = lambda y, t: shares.append(float(np.mean(t))) or 0.0
        return optim.Trainer(
            model,
            optim.SGD(model.parameters(), lr=0.1),
            nn.functional.cross_entropy,
            metrics={"share": share},
            progress=False,
        )

    optim.cross_validate(classifier, [{}], (x, t.astype(int)), k=4, epochs=1, batch_size=100, stratify=True)
    assert set(shares) == {0.5}


@pytest.mark.parametrize(
    ("changed", "kind", "words"),
    [
        ({"settings": {"lr": []}}, ValueError, "no setting to try"),
        ({"settings": []}, ValueError, "no setting to try"),
        ({"settings": {"lr": 0.1}}, TypeError, r"write \{'lr': \[0.1\]\}"),
        ({"metric": "accuracy"}, ValueError, "the trainer has no number 'accuracy'; it has loss"),
        ({"mode": "up"}, ValueError, r"mode is 'min' \(lower is better\) or 'max'"),
        ({"make": lambda **setting: None}, TypeError, "returns a new Trainer, not None"),
        ({"data": 3}, TypeError, "a pair of arrays or a data set, and not a int"),
        ({"k": 100}, ValueError, "k lies between 2 and the number of samples"),
        ({"stratify": True, "data": nn.data.Subset(DATA, [0])}, TypeError, "give a pair of arrays"),
    ],
)
def test_what_cannot_be_validated_is_refused(changed, kind, words):
    arguments = {"make": make, "settings": {"lr": [0.1]}, "data": DATA, "epochs": 1, **changed}
    with pytest.raises(kind, match=words):
        optim.cross_validate(**arguments)


def test_a_trainer_that_has_run_is_refused():
    used = make()
    used.run(DATA, epochs=1)
    with pytest.raises(ValueError, match="returned a trainer that has run"):
        optim.cross_validate(lambda: used, [{}], DATA, epochs=2)
