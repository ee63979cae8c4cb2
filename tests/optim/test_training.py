"""The training loop: what it computes, when it calls whom, what it leaves behind, and what it refuses."""

import builtins
import csv
import json
import math
import sys
import types

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor
from optim import metrics
from optim.training import (
    CSV,
    At,
    Average,
    Best,
    Call,
    ClipGradients,
    EachRow,
    EarlyStopping,
    Every,
    Extension,
    JSONLines,
    Plot,
    Schedule,
    TensorBoard,
    plot,
)

F = nn.functional
X = np.linspace(-1, 1, 22, dtype="f4")[:, None]
CURVE = X, X * X


def trainer_of(model=None, *, lr=0.1, loss=F.mse_loss, kind=optim.Trainer, optimizer=optim.SGD, **settings):
    autograd.manual_seed(0)
    model = model or nn.MLP([1, 4, 1], nn.Tanh)
    return kind(model, optimizer(model.parameters(), lr=lr), loss, **{"progress": False, **settings})


def weights(trainer):
    return {name: p.numpy().copy() for name, p in trainer.model.state_dict().items()}


def assert_same(a, b):
    assert list(a) == list(b)
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


# --- The loop is the plain loop ---------------------------------------------------------------------------------------


def test_a_run_is_the_loop_that_one_writes_by_hand():
    trainer = trainer_of()
    loader = nn.data.DataLoader(nn.data.TensorDataset(*CURVE), 5, shuffle=True, generator=3)
    history = trainer.run(loader, epochs=3)

    autograd.manual_seed(0)
    model = nn.MLP([1, 4, 1], nn.Tanh)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    loader = nn.data.DataLoader(nn.data.TensorDataset(*CURVE), 5, shuffle=True, generator=3)
    means = []
    for _ in range(3):
        total = 0.0
        for inputs, targets in loader:
            loss = F.mse_loss(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += len(inputs) * loss.item()
        means.append(total / 22)  # the last batch has 2 samples
    assert_same(weights(trainer), {name: p.numpy() for name, p in model.state_dict().items()})
    np.testing.assert_allclose([row["loss"] for row in history], means, rtol=1e-12)
    assert [(row["epoch"], row["step"]) for row in history] == [(1, 5), (2, 10), (3, 15)]


@pytest.mark.parametrize(
    "data",
    [
        CURVE,
        list(map(Tensor, CURVE)),
        nn.data.Samples(*CURVE),
        nn.data.TensorDataset(*CURVE),
        nn.data.Subset(nn.data.TensorDataset(*CURVE), range(22)),
    ],
    ids=lambda data: type(data).__name__,
)
def test_data_in_every_form_is_the_same_run(data):
    expected, trainer = trainer_of(), trainer_of()
    autograd.manual_seed(1)
    expected.run(nn.data.DataLoader(nn.data.TensorDataset(*CURVE), 4, shuffle=True), epochs=2)
    autograd.manual_seed(1)
    trainer.run(data, epochs=2, batch_size=4)
    assert_same(weights(trainer), weights(expected))


def test_batches_of_ones_own_and_streams_can_be_trained_on():
    class Stream(nn.data.IterableDataset):
        def __iter__(self):
            return iter(zip(*CURVE))

    assert trainer_of().run(Stream(), epochs=2, batch_size=8)[-1]["step"] == 6
    assert trainer_of().run([(X[:9], X[:9]), (X[9:], X[9:])], epochs=2)[-1]["step"] == 4


def test_steps_end_a_run_within_an_epoch_and_a_second_run_begins_a_new_one():
    trainer = trainer_of(metrics={"n": Count()})
    history = trainer.run(CURVE, steps=7, batch_size=5)
    assert [(row["epoch"], row["step"], row["n"]) for row in history] == [(1, 5, 22), (2, 7, 10)]
    trainer.run(CURVE, steps=12, batch_size=5)
    assert (history[-1]["step"], history[-1]["n"]) == (12, 22)  # with a new epoch


def test_validation_is_judged_as_a_whole_in_eval_mode_without_a_graph():
    modes = []

    class Watched(nn.Linear):
        def forward(self, x):
            modes.append((self.training, autograd.is_grad_enabled()))
            return super().forward(x)

    held = np.ones((700, 1), "f4"), np.full((700, 1), 2.0, "f4")  # two batches, 512 and 188
    trainer = trainer_of(Watched(1, 1), metrics=metrics.R2())
    row = trainer.run(CURVE, epochs=1, batch_size=22, validation=held)[0]
    assert modes == [(True, True), (False, False), (False, False)]
    expected = float(((trainer.model(held[0]).detach().numpy() - held[1]) ** 2).mean())
    assert row["validation_loss"] == pytest.approx(expected, rel=1e-6)
    assert row["validation_r2"] == 0  # the targets do not vary
    assert trainer.evaluate(held) == {"loss": row["validation_loss"], "r2": 0.0}


def test_the_model_is_left_in_the_modes_it_was_found_in():
    model = nn.Sequential(nn.Linear(1, 4), nn.Dropout(0.5), nn.Linear(4, 1)).eval()
    model[1].train()
    trainer = trainer_of(model)
    seen = []
    trainer.extensions.append(Call(lambda trainer: seen.append([m.training for m in model.modules()]), Every(steps=1)))
    trainer.run(CURVE, epochs=1, batch_size=11, validation=(X + 1, X))
    assert seen == [[True] * 4] * 2
    assert [module.training for module in model.modules()] == [False, False, True, False]


def test_a_failing_run_leaves_the_modes_too():
    model = nn.Linear(1, 1).eval()
    trainer = trainer_of(model, extensions=[Call(lambda trainer: 1 / 0, Every(steps=1))])
    with pytest.raises(ZeroDivisionError):
        trainer.run(CURVE, epochs=1)
    assert not model.training
    assert autograd.is_grad_enabled()


def test_metrics_of_training_and_validation_are_each_of_their_own_samples():
    x, t = nn.data.moons(60)
    trainer = trainer_of(
        nn.Linear(2, 2),
        loss=F.cross_entropy,
        metrics={"right": metrics.Accuracy(), "table": metrics.ConfusionMatrix(), "top": lambda y, t: float(y.max())},
    )
    x, t = x.astype("f4"), t.astype(int)
    row = trainer.run((x[:40], t[:40]), epochs=1, validation=(x[40:], t[40:]))[0]
    assert np.sum(row["table"]) == 40
    assert np.sum(row["validation_table"]) == 20
    assert row["validation_right"] == np.trace(row["validation_table"]) / 20
    assert set(row) >= {"right", "top", "validation_right", "validation_top"}


def test_an_optimizer_that_asks_for_the_loss_again_gets_it_and_counts_it_once():
    class Twice(optim.SGD):
        def step(self, closure=None):
            closure()
            return super().step(closure)

    calls = []
    loss = lambda y, t: calls.append(1) or F.mse_loss(y, t)
    row = trainer_of(optimizer=Twice, loss=loss, metrics={"n": Count()}).run(CURVE, epochs=1, batch_size=11)
    assert len(calls) == 4
    assert (row[0]["step"], row[0]["n"]) == (2, 22)


def test_forward_can_be_overridden_for_batches_of_another_kind():
    class Autoencoder(optim.Trainer):
        def forward(self, batch):
            (x,) = batch
            return F.mse_loss(self.model(x), x)

    history = trainer_of(nn.Linear(1, 1), kind=Autoencoder).run((X,), epochs=30, batch_size=5)
    assert history[-1]["loss"] < 0.1 * history[0]["loss"]


def test_a_whole_step_can_be_overridden():
    class Accumulated(optim.Trainer):
        def step(self, batch):
            halves = [[part[:5] for part in batch], [part[5:] for part in batch]]
            self.optimizer.zero_grad()
            losses = [self.cost(half) / 2 for half in halves]
            for loss in losses:
                loss.backward()
            self.optimizer.step()

    trainer, whole = trainer_of(kind=Accumulated), trainer_of()
    data = X[:20], X[:20] ** 2
    autograd.manual_seed(1)
    trainer.run(data, epochs=2, batch_size=10)
    autograd.manual_seed(1)
    whole.run(data, epochs=2, batch_size=10)
    for name, p in weights(whole).items():
        np.testing.assert_allclose(weights(trainer)[name], p, rtol=1e-5)


# --- Triggers and extensions ------------------------------------------------------------------------------------------


def test_triggers_fire_at_their_moments():
    fired = {name: [] for name in ("steps", "epochs", "at steps", "at epochs", "rows", "best")}
    triggers = [Every(steps=4), Every(epochs=2), At(steps=[1, 7]), At(epochs=3), EachRow(), Best("scripted", "max")]
    script = iter([0.1, 0.5, 0.4, math.nan, 0.6])
    extensions = [
        Call(lambda trainer, name=name: fired[name].append(trainer.steps), trigger)
        for name, trigger in zip(fired, triggers)
    ]
    trainer = trainer_of(metrics={"scripted": Scripted(script)}, extensions=extensions)
    trainer.run(CURVE, epochs=5, batch_size=11)
    assert fired == {
        "steps": [4, 8],
        "epochs": [4, 8],
        "at steps": [1, 7],
        "at epochs": [6],
        "rows": [2, 4, 6, 8, 10],
        "best": [2, 4, 10],
    }


class Scripted(metrics.Metric):
    """Says what it is told to."""

    def __init__(self, script):
        self.script = script
        super().__init__()

    def __deepcopy__(self, memo):
        return Scripted(self.script)

    def start(self):
        return {}

    def update(self, y, t, state):
        pass

    def result(self):
        return next(self.script)


def test_rows_come_when_the_report_says_and_hold_what_lies_between():
    trainer = trainer_of(metrics={"n": Count()})
    history = trainer.run(CURVE, steps=7, batch_size=5, report=Every(steps=3))
    assert [(row["step"], row["n"]) for row in history] == [(3, 15), (6, 12), (7, 5)]


class Count(metrics.Metric):
    def start(self):
        return {"n": 0}

    def update(self, y, t, state):
        state["n"] += len(t)

    def result(self):
        return self.state["n"]


def test_an_extension_is_told_of_everything_in_order():
    told = []

    class Told(Extension):
        when = Every(steps=1)

        def __getattribute__(self, name):
            if name in ("check", "begin", "gradients", "end", "close", "interrupted"):
                told.append(name)
            return super().__getattribute__(name)

        def __call__(self, trainer):
            told.append("called")

    trainer_of(extensions=[Told()]).run(CURVE, steps=2, batch_size=5)
    told.remove("close")  # looked up before it is needed
    assert told == ["check", "begin", "gradients", "called", "gradients", "called", "end"]


def test_a_schedule_steps_after_every_epoch_and_the_history_shows_its_rates():
    class Halving:
        def __init__(self, optimizer):
            self.optimizer = optimizer

        def step(self):
            self.optimizer.param_groups[0]["lr"] /= 2

    trainer = trainer_of()
    trainer.extensions.append(Schedule(Halving(trainer.optimizer)))
    assert [row["lr"] for row in trainer.run(CURVE, epochs=3)] == [0.1, 0.05, 0.025]
    assert isinstance(trainer_of(extensions=[Halving(None)]).extensions[0], Schedule)


def test_a_schedule_that_looks_at_a_metric_is_given_it():
    class Plateau:
        def __init__(self):
            self.seen = []

        def step(self, metrics):
            self.seen.append(metrics)

    plateau = Plateau()
    trainer = trainer_of(extensions=[Schedule(plateau, metric="validation_loss")])
    history = trainer.run(CURVE, epochs=3, validation=(X + 1, X))
    assert plateau.seen == [row["validation_loss"] for row in history]
    with pytest.raises(
        TypeError, match=r"Plateau.step takes 'metrics', .* Schedule\(scheduler, metric='validation_loss'\)"
    ):
        trainer_of(extensions=[plateau])


def test_gradients_are_clipped_between_backward_and_update():
    start = weights(trainer_of())
    trainer = trainer_of(extensions=[ClipGradients(0.01)], lr=1.0)
    trainer.run((X, 100 * X), steps=1)
    change = math.sqrt(sum(((a - start[name]) ** 2).sum() for name, a in weights(trainer).items()))
    assert change == pytest.approx(0.01, rel=1e-3)
    trainer = trainer_of(extensions=[ClipGradients(max_value=0.01)], lr=1.0)
    trainer.run((X, 100 * X), steps=1)
    assert max(np.abs(a - start[name]).max() for name, a in weights(trainer).items()) == pytest.approx(0.01, rel=1e-3)
    with pytest.raises(ValueError, match="max_norm= or max_value="):
        ClipGradients()


def test_an_average_of_the_weights_is_updated_after_every_step():
    class Averaged:
        seen = 0

        def update_parameters(self, model):
            self.seen += 1

        def state_dict(self):
            return {"seen": self.seen}

    averaged = Averaged()
    trainer_of(extensions=[Average(averaged)]).run(CURVE, epochs=2, batch_size=11)
    assert averaged.seen == 4
    with pytest.raises(TypeError, match=r"update_parameters\(model\); dict has none"):
        Average({})


# --- Early stopping ---------------------------------------------------------------------------------------------------


def stop_by(script, **settings):
    kept = []
    stopping = EarlyStopping("scripted", **settings)
    trainer = trainer_of(
        metrics={"scripted": Scripted(iter(script))},
        extensions=[lambda trainer: kept.append(weights(trainer)), stopping],
    )
    trainer.run(CURVE, epochs=len(script))
    return trainer, stopping, kept


def test_early_stopping_waits_for_patience_and_puts_the_best_weights_back():
    trainer, stopping, kept = stop_by([5, 3, 4, 3, 3.5, 1], patience=3)
    assert trainer.epoch == 5
    assert trainer.stopped == "scripted has not improved since step 2"
    assert (stopping.best, stopping.best_step) == (3, 2)
    assert_same(weights(trainer), kept[1])


def test_a_change_of_less_than_min_delta_is_no_improvement():
    trainer, _, kept = stop_by([5, 4.9, 4.8, 4.7, 0], patience=3, min_delta=1)
    assert trainer.epoch == 4
    assert_same(weights(trainer), kept[0])


def test_with_mode_max_higher_is_better_and_nan_never_is():
    trainer, stopping, _ = stop_by([math.nan, 0.1, math.nan, 0.3, 0.2, 0.1, 0.9], patience=3, mode="max")
    assert trainer.stopped is None
    assert (stopping.best, stopping.best_step) == (0.9, 7)


def test_a_metric_says_itself_whether_higher_is_better():
    class Higher(Scripted):
        mode = "max"

    script = [0.5, 0.9, 0.7]
    for kind, mode, best in ((Higher, None, 0.9), (Higher, "min", 0.5), (Scripted, None, 0.5)):
        stopping, trigger, seen = EarlyStopping("scripted", mode=mode), Best("scripted", mode=mode), []
        trainer_of(
            metrics={"scripted": kind(iter(script))},
            extensions=[stopping, Call(lambda t, seen=seen: seen.append(t.epoch), trigger)],
        ).run(CURVE, epochs=3)
        assert stopping.best == best
        assert seen == ([1, 2] if best == 0.9 else [1])


def test_a_plateau_that_waits_for_the_wrong_direction_is_refused():
    trainer = trainer_of(nn.Linear(1, 2), loss=F.cross_entropy, metrics=metrics.Accuracy())
    for mode in ("min", "max"):
        plateau = optim.lr_scheduler.ReduceLROnPlateau(trainer.optimizer, mode=mode)
        trainer.extensions = [Schedule(plateau, metric="accuracy")]
        if mode == "min":
            with pytest.raises(ValueError, match=r"accuracy is better when it is higher.*; write mode='max'"):
                trainer.run((X, X[:, 0] > 0), epochs=1)
        else:
            assert len(trainer.run((X, (X[:, 0] > 0).astype(int)), epochs=1)) == 1


def test_a_run_that_is_not_stopped_ends_with_its_best_weights_too_unless_told_otherwise():
    trainer, _, kept = stop_by([3, 1, 2], patience=5)
    assert_same(weights(trainer), kept[1])
    trainer, _, kept = stop_by([3, 1, 2], patience=5, restore=False)
    assert_same(weights(trainer), kept[2])


def test_a_metric_that_is_not_there_is_refused_with_the_names_of_those_that_are():
    settings = {"metrics": [metrics.Accuracy(), metrics.ConfusionMatrix()]}
    for extension in [EarlyStopping("accurracy"), Call(print, Best("accurracy"))]:
        trainer = trainer_of(extensions=[extension], **settings)
        with pytest.raises(
            ValueError, match=r"no number 'accurracy'; it has loss, accuracy, validation_loss, validation_acc"
        ):
            trainer.run(CURVE, epochs=1, validation=(X + 1, X))
        assert trainer.steps == 0
    with pytest.raises(ValueError, match=r"'validation_loss'; it has loss; there is no validation: write run"):
        trainer_of(extensions=[EarlyStopping()]).run(CURVE, epochs=1)


# --- Not a number -----------------------------------------------------------------------------------------------------


def diverge(trainer, data=CURVE, **settings):
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError) as caught:
        trainer.run(data, **{"epochs": 50, "batch_size": 11, **settings})
    return str(caught.value)


def test_a_loss_that_is_nan_stops_with_a_report_of_the_operation_and_random_numbers_of_that_step():
    class Unlucky(nn.Linear):
        def forward(self, x):
            chance = autograd.rand(1)
            return super().forward(x) + np.log(chance - 0.02)  # one time in fifty

    kept = []
    model = Unlucky(1, 1)
    trainer = trainer_of(
        model, lr=1e-3, extensions=[Call(lambda trainer: kept.append(weights(trainer)), Every(steps=1))]
    )
    message = diverge(trainer, epochs=500)
    assert trainer.steps > 1  # it was not the first
    assert message.startswith(f"step {trainer.steps + 1}, in epoch {trainer.epoch + 1}: the loss is nan")
    assert "log made 1 NaN in its result" in message
    assert "likely cause: log of 0 is -inf" in message
    assert_same(weights(trainer), kept[-2])  # those whose loss was a number


def test_a_gradient_that_is_not_finite_stops_before_the_update():
    data = np.abs(X), np.zeros_like(X)
    model = nn.Linear(1, 1, bias=False)
    model.weight.data[...] = 0.0
    trainer = trainer_of(model, loss=lambda y, t: np.sqrt(np.abs(y - t)).mean())
    message = diverge(trainer, data)
    assert "the gradient of a parameter of shape (1, 1) has 1" in message
    assert "the backward pass through sqrt made" in message
    assert weights(trainer)["weight"] == 0


def test_large_gradients_are_no_reason_to_warn():
    model = nn.Linear(1, 1)
    loss = lambda y, t: (1e30 * y).sum()
    assert len(trainer_of(model, lr=1e-30, loss=loss).run(CURVE, epochs=1)) == 1


def test_a_batch_with_nan_in_it_is_named_as_the_cause():
    x = X.copy()
    x[3:5] = np.nan
    assert "No operation made it of finite numbers: the batch had 2 NaN" in diverge(trainer_of(), (x, X), batch_size=22)


def test_a_rate_that_is_too_high_leaves_the_last_weights_whose_loss_was_a_number():
    trainer = trainer_of(nn.Linear(1, 1), lr=1e8)
    message = diverge(trainer)
    assert "made 1 inf in its result" in message
    assert all(np.isfinite(values).all() for values in weights(trainer).values())
    assert math.isfinite(trainer.evaluate(CURVE)["loss"])


def test_buffers_are_kept_as_before_the_step_that_failed():
    model = nn.Sequential(nn.BatchNorm1d(1), nn.Linear(1, 1))
    bad = np.full((4, 1), np.nan, "f4")
    diverge(trainer_of(model), [(X, X), (bad, bad)], batch_size=None)
    assert model[0].num_batches_tracked.item() == 1
    assert np.isfinite(model[0].running_mean.numpy()).all()


def test_a_step_of_ones_own_is_watched_too():
    class Own(optim.Trainer):
        def step(self, batch):
            loss = self.cost(batch)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()

    trainer = trainer_of(nn.Linear(1, 1), lr=1e8, kind=Own)
    diverge(trainer)
    assert all(np.isfinite(values).all() for values in weights(trainer).values())


def test_a_second_loss_of_a_step_that_is_nan_leaves_the_weights_from_before_the_step():
    class Two(optim.Trainer):
        def step(self, batch):
            super().step(batch)
            if self.steps == 2:
                self.cost([np.full_like(batch[0], np.nan), batch[1]])

    kept = []
    trainer = trainer_of(kind=Two, extensions=[Call(lambda trainer: kept.append(weights(trainer)), Every(steps=1))])
    diverge(trainer)
    assert_same(weights(trainer), kept[1])


def test_a_step_of_ones_own_without_cost_is_told():
    class Silent(optim.Trainer):
        def step(self, batch):
            pass

    with pytest.raises(TypeError, match=r"is to compute its loss by self.cost\(batch\), and has not"):
        trainer_of(kind=Silent).run(CURVE, epochs=1)


# --- Logs and pictures ------------------------------------------------------------------------------------------------


def test_logs_hold_the_history(tmp_path):
    trainer = trainer_of(
        metrics={"table": metrics.ConfusionMatrix(), "worst": lambda y, t: math.inf},
        loss=F.cross_entropy,
        model=nn.Linear(1, 2),
        extensions=[CSV(tmp_path / "new" / "log.csv"), JSONLines(tmp_path / "log.jsonl")],
    )
    trainer.run((X, (X[:, 0] > 0).astype(int)), epochs=3, validation=(X + 1, np.ones(22, int)))
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert lines == [row | {"worst": None, "validation_worst": None} for row in trainer.history]
    with (tmp_path / "new" / "log.csv").open() as file:
        table = list(csv.DictReader(file))
    assert [float(row["validation_loss"]) for row in table] == [row["validation_loss"] for row in trainer.history]
    assert json.loads(table[0]["table"]) == trainer.history[0]["table"]
    assert list(table[0]) == list(trainer.history[0])


def test_a_row_with_a_new_name_gives_the_table_a_new_column(tmp_path):
    def add(trainer):
        if trainer.epoch == 2:
            trainer.history[-1]["note"] = 7.0

    trainer = trainer_of(extensions=[add, CSV(tmp_path / "log.csv")])
    trainer.run(CURVE, epochs=3)
    with (tmp_path / "log.csv").open() as file:
        assert [row["note"] for row in csv.DictReader(file)] == ["", "7.0", ""]


def test_the_history_is_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    trainer = trainer_of(extensions=[Plot(tmp_path / "history.png")])
    trainer.run(CURVE, epochs=2, validation=(X + 1, X))
    assert (tmp_path / "history.png").stat().st_size > 1000
    rate, loss = trainer.plot().axes
    assert (rate.get_title(), loss.get_title()) == ("lr", "loss")
    assert [line.get_label() for line in loss.lines] == ["training", "validation"]
    np.testing.assert_array_equal(loss.lines[1].get_ydata(), [row["validation_loss"] for row in trainer.history])


def test_a_picture_that_cannot_be_drawn_stops_the_run_before_it_starts(tmp_path):
    pytest.importorskip("matplotlib")
    trainer = trainer_of(extensions=[Plot(tmp_path / "curves.doc")])
    with pytest.raises(ValueError, match="'doc' is not supported"):
        trainer.run(CURVE, epochs=1)
    assert trainer.steps == 0
    trainer_of(extensions=[Plot(tmp_path / "new" / "curves.svg")]).run(CURVE, epochs=1)
    assert (tmp_path / "new" / "curves.svg").exists()


def test_tensorboard_gets_the_numbers_and_cuts_off_what_a_resumed_run_does_again(monkeypatch):
    written = []

    class SummaryWriter:
        def __init__(self, folder, purge_step):
            written.append((folder, purge_step))

        def add_scalar(self, name, value, step):
            written.append((name, value, step))

        def flush(self):
            pass

        def close(self):
            written.append("closed")

    monkeypatch.setitem(sys.modules, "tensorboardX", types.SimpleNamespace(SummaryWriter=SummaryWriter))
    trainer = trainer_of(extensions=[TensorBoard("curves")])
    trainer.run(CURVE, epochs=1)
    trainer.run(CURVE, epochs=2)
    loss = [row["loss"] for row in trainer.history]
    assert [entry for entry in written if entry[0] not in ("epoch", "lr")] == [
        ("curves", None), ("loss", loss[0], 1), "closed", ("curves", 2), ("loss", loss[1], 2), "closed",
    ]  # fmt: skip


def test_tensorboard_is_written(tmp_path):
    pytest.importorskip("tensorboardX")
    trainer_of(extensions=[TensorBoard(tmp_path)]).run(CURVE, epochs=2)
    (file,) = tmp_path.iterdir()
    assert b"loss" in file.read_bytes()


def without(monkeypatch, *names):
    known = builtins.__import__

    def refuse(name, *arguments, **keywords):
        if name.partition(".")[0] in names:
            raise ImportError(name)
        return known(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", refuse)


def test_what_is_missing_is_asked_for_before_anything_is_trained(monkeypatch, tmp_path, capsys):
    without(monkeypatch, "tensorboardX", "matplotlib", "tqdm")
    trainer = trainer_of(extensions=[TensorBoard(tmp_path)])
    with pytest.raises(ImportError, match=r"pip install 'chainrule\[tensorboard\]'"):
        trainer.run(CURVE, epochs=1)
    with pytest.raises(ImportError, match=r"pip install 'chainrule\[plot\]'"):
        trainer_of(extensions=[Plot(tmp_path / "a.png")]).run(CURVE, epochs=1)
    with pytest.raises(ImportError, match=r"pip install 'chainrule\[plot\]'"):
        plot([])
    assert trainer.steps == 0
    trainer_of(progress=True).run(CURVE, epochs=2)
    assert capsys.readouterr().out == "There is no progress bar: that needs tqdm, `pip install tqdm`\n"


def test_the_bar_counts_all_steps_and_shows_loss_and_metrics(capsys):
    pytest.importorskip("tqdm")
    trainer_of(progress=True, metrics={"ones": lambda y, t: 1.0}).run(CURVE, epochs=2, batch_size=11)
    bar = capsys.readouterr().err
    assert "4/4" in bar
    assert "ones=1" in bar
    assert "loss=" in bar


# --- Refused before training ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "settings", "words"),
    [
        (CURVE, {}, "epochs= or steps=, and only one of them"),
        (CURVE, {"epochs": 1, "steps": 1}, "epochs= or steps=, and only one of them"),
        (CURVE, {"epochs": 0}, "epochs is a whole number of at least 1, not 0"),
        (CURVE, {"steps": 2.5}, "steps is a whole number of at least 1, not 2.5"),
        (CURVE, {"epochs": 1, "validation": (X[:0], X[:0])}, "validation has no samples"),
        ((X[:0], X[:0]), {"epochs": 1}, "train has no samples"),
        ([], {"epochs": 1}, "train has no batches"),
        (CURVE, {"epochs": 1, "batch_size": 0}, "batch_size is a whole number of at least 1, not 0"),
        (
            nn.data.DataLoader(nn.data.TensorDataset(*CURVE), 5),
            {"epochs": 1, "batch_size": 3},
            "comes in batches already; write batch_size=3 where they are made",
        ),
    ],
)
def test_a_run_that_cannot_be_is_refused(data, settings, words):
    trainer = trainer_of()
    before = weights(trainer)
    with pytest.raises(ValueError, match=words):
        trainer.run(data, **settings)
    assert_same(weights(trainer), before)


def test_what_are_no_data_is_told():
    for data in [iter([]), X, {"x": X}, (1, 2), 3]:
        with pytest.raises(TypeError, match=r"train is a DataLoader, a data set, or a pair of arrays, and not a"):
            trainer_of().run(data, epochs=1)


WHOLE = nn.data.TensorDataset(*CURVE)


@pytest.mark.parametrize(
    ("train", "validation", "count", "first"),
    [
        (nn.data.Subset(WHOLE, range(15)), nn.data.Subset(WHOLE, range(12, 22)), 3, 12),
        (nn.data.Subset(nn.data.Subset(WHOLE, range(10, 22)), [0, 1]), nn.data.Subset(WHOLE, [11, 3]), 1, 11),
        (WHOLE, nn.data.Subset(WHOLE, [4]), 1, 4),
        (CURVE, CURVE, 22, 0),
        (
            nn.data.DataLoader(WHOLE, sampler=nn.data.SubsetRandomSampler([1, 2, 3])),
            nn.data.DataLoader(WHOLE, sampler=nn.data.SubsetRandomSampler([3, 4])),
            1,
            3,
        ),
    ],
)
def test_samples_that_are_in_train_and_in_validation_are_refused(train, validation, count, first):
    with pytest.raises(ValueError, match=rf"^{count} samples are in train and in validation, .* sample {first}: "):
        trainer_of().run(train, epochs=1, validation=validation)


def test_parts_of_one_data_set_that_have_nothing_in_common_are_fine():
    parts = nn.data.Subset(WHOLE, range(15)), nn.data.Subset(WHOLE, range(15, 22))
    assert "validation_loss" in trainer_of().run(parts[0], epochs=1, validation=parts[1])[0]
    loaders = [nn.data.DataLoader(WHOLE, 4, sampler=nn.data.SubsetRandomSampler(n)) for n in ([0, 1], [2, 3])]
    assert "validation_loss" in trainer_of().run(loaders[0], epochs=1, validation=loaders[1])[0]


def test_rows_of_one_array_that_are_in_both_parts_are_refused():
    """Slices that meet: the commonest way to cut a set in two."""
    for train, validation, count, first in [
        ((X[:15], X[:15]), (X[12:], X[12:]), 3, 12),
        ((X[5:15], X[5:15]), (X[::2], X[::2]), 5, 1),
        ((X[::-1], X[::-1]), nn.data.Subset(WHOLE, [20, 21]), 2, 0),
    ]:
        with pytest.raises(ValueError, match=rf"^{count} samples are in train and in validation, .* sample {first}: "):
            trainer_of().run(train, epochs=1, validation=validation)
    for train, validation in [
        ((X[:15], X[:15]), (X[15:], X[15:])),
        ((X[::2], X[::2]), (X[1::2], X[1::2])),
        ((np.broadcast_to(X[:1], (9, 1)), X[:9]), (np.broadcast_to(X[:1], (5, 1)), X[9:14])),
    ]:
        assert "validation_loss" in trainer_of().run(train, epochs=1, validation=validation)[0]


def test_labels_as_floats_are_told_before_anything_is_changed():
    trainer = trainer_of(nn.Linear(1, 2), loss=F.cross_entropy)
    before = weights(trainer)
    with pytest.raises(TypeError, match=r"classes are integers: write target.astype\(int\)"):
        trainer.run((X, np.ones(22, "f4")), epochs=1)
    assert_same(weights(trainer), before)


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (lambda y, t: F.mse_loss(y, t, reduction="none"), r"a Tensor of shape \(22, 1\); write reduction='mean'"),
        (lambda y, t: 3.0, "a float; write"),
        (lambda y, t: None, "a NoneType; write"),
    ],
)
def test_a_loss_that_is_not_one_number_is_refused(loss, words):
    trainer = trainer_of(loss=loss)
    with pytest.raises(TypeError, match=f"the loss is one number as a Tensor, and this is {words}"):
        trainer.run(CURVE, epochs=1)


def test_an_optimizer_of_another_model_is_refused():
    """As in a notebook where the cell of the model was run again."""
    old, new = nn.Linear(1, 1), nn.Linear(1, 1)
    optimizer = optim.SGD(old.parameters(), lr=0.1)
    trainer = optim.Trainer(new, optimizer, F.mse_loss, progress=False)
    with pytest.raises(ValueError, match=r"none of the parameters of this Linear.*optim.Adam\(model.parameters\(\)\)"):
        trainer.run(CURVE, epochs=1)
    assert "loss" in trainer.evaluate(CURVE)  # for which it is of no use
    part = optim.Trainer(nn.Sequential(old, new), optimizer, F.mse_loss, progress=False)  # the rest is frozen
    assert len(part.run(CURVE, epochs=1)) == 1


def test_a_trainer_has_a_state_before_its_first_run_too():
    assert trainer_of().state_dict()["progress"]["steps"] == 0


def test_what_forward_leaves_out_is_told():
    for returned, words in [
        (
            lambda loss, y, t: loss,
            "returned the loss alone, and the metrics r2 need more; return loss, outputs, targets",
        ),
        (lambda loss, y, t: (loss, y), "returns a loss, or loss, outputs, targets; this returned 2 values"),
    ]:

        class Own(optim.Trainer):
            def forward(self, batch, returned=returned):
                loss, outputs, targets = super().forward(batch)
                return returned(loss, outputs, targets)

        with pytest.raises(TypeError, match=words):
            trainer_of(kind=Own, metrics=metrics.R2()).run(CURVE, epochs=1)


def test_one_extension_needs_no_list():
    seen = []
    for extension in (EarlyStopping("loss"), lambda trainer: seen.append(trainer.epoch)):
        assert len(trainer_of(extensions=extension).run(CURVE, epochs=2)) == 2
    assert seen == [1, 2]


def test_arguments_of_the_wrong_kind_are_told():
    model = nn.Linear(1, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for arguments, words in [
        ((np.sin, optimizer, F.mse_loss), "the model is an nn.Module, not a ufunc"),
        ((model, optim.SGD, F.mse_loss), r"the optimizer is an object; write optim.Adam\(model.parameters\(\)\)"),
        ((model, optimizer, nn.MSELoss), r"write nn.functional.cross_entropy or nn.CrossEntropyLoss\(\)"),
        ((model, optimizer, F.mse_loss, [metrics.R2]), r"r2 is a class; write R2\(\)|R2 is a class; write R2\(\)"),
        ((model, optimizer, F.mse_loss, ["r2"]), r"'r2' is neither a metric of optim.metrics nor a function"),
        ((model, optimizer, F.mse_loss, (), [EarlyStopping]), r"an object and not a class; write EarlyStopping\(...\)"),
        ((model, optimizer, F.mse_loss, (), [3]), "a function of the trainer, or a scheduler .*; not a int"),
    ]:
        with pytest.raises(TypeError, match=words):
            optim.Trainer(*arguments)
    for taken in ("loss", "lr", "validation_x"):
        with pytest.raises(ValueError, match=f"the name '{taken}' is taken"):
            trainer_of(metrics={taken: metrics.R2()})


def test_a_batch_that_is_no_pair_is_told():
    with pytest.raises(TypeError, match=r"this one is a list of 3; override forward\(self, batch\)"):
        trainer_of().run((X, X, X), epochs=1)


def test_epochs_count_from_the_first_run():
    trainer = trainer_of()
    trainer.run(CURVE, epochs=2)
    with pytest.raises(ValueError, match=r"2 epochs have been done already, .*; write epochs=4 to go on"):
        trainer.run(CURVE, epochs=2)
    assert len(trainer.run(CURVE, epochs=4)) == 4


@pytest.mark.parametrize(
    "make",
    [
        lambda: Every(),
        lambda: Every(steps=1, epochs=1),
        lambda: Every(steps=0),
        lambda: At(),
        lambda: Best(mode="up"),
        lambda: Best(min_delta=-1),
        lambda: EarlyStopping(patience=0),
        lambda: optim.Checkpoints("runs", keep=0),
    ],
)
def test_triggers_and_extensions_of_no_sense_are_refused(make):
    with pytest.raises(ValueError, match=r"takes steps= or epochs=|whole number of at least 1|mode is|min_delta is"):
        make()
