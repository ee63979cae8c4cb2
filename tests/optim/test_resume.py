"""Resumed runs: killed at any moment, they end with the very same bits. `resumable.py` is the run that is killed."""

import importlib.util
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
import optim
from optim.training import CSV, Best, Call, EarlyStopping, Every

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("resumable", HERE / "resumable.py")
resumable = importlib.util.module_from_spec(spec)
spec.loader.exec_module(resumable)

STEPS = 37  # four and a half epochs


class Killed(BaseException):
    """What a test kills a run with."""


def killer(step):
    def kill(trainer):
        if trainer.steps == step:
            raise Killed

    return Call(kill, Every(steps=1))


def assert_same(a, b):
    """Bit by bit, in nests."""
    assert type(a) is type(b) or (isinstance(a, list) and isinstance(b, list))  # a History is saved as a list
    if isinstance(a, dict):
        assert list(a) == list(b)
        for name in a:
            assert_same(a[name], b[name])
    elif isinstance(a, list | tuple):
        assert len(a) == len(b)
        for x, y in zip(a, b):
            assert_same(x, y)
    elif isinstance(a, np.ndarray):
        assert a.dtype == b.dtype
        assert a.tobytes() == b.tobytes()
    else:
        assert a == b


def start(folder, *arguments):
    known = {**os.environ, "PYTHONPATH": str(HERE.parent.parent)}
    command = [sys.executable, str(HERE / "resumable.py"), str(folder), *map(str, arguments)]
    return subprocess.Popen(command, env=known, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    return resumable.run(tmp_path_factory.mktemp("whole"), STEPS)


# --- Killed -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [(1,), (5,), (8,), (9, 9), (16, 17), (24, 31, 36), (37,)], ids=str)
def test_a_run_that_ends_in_the_middle_goes_on_to_the_same_bits(steps, tmp_path, uninterrupted):
    """Before the first checkpoint, with one, at the end of an epoch, behind it, twice at the same place, at the last step."""
    for step in steps:
        with pytest.raises(Killed):
            resumable.run(tmp_path, STEPS, [killer(step)])
    autograd.manual_seed(77)  # what happens between is no matter
    random.seed(77)
    assert_same(resumable.run(tmp_path, STEPS), uninterrupted)


def test_a_process_that_is_killed_while_it_writes_a_checkpoint_goes_on_to_the_same_bits(tmp_path, uninterrupted):
    moments = ["write:1", "step:7", "replace:2", "write:3", "delete:2", "step:23", "replace:4"]
    for moment in moments:
        process = start(tmp_path, STEPS, moment)
        error = process.communicate()[1]
        assert process.returncode == 9, (moment, error)
    process = start(tmp_path, STEPS)
    assert process.communicate()[1] == ""
    assert not list((tmp_path / "runs").glob(".*.part"))  # what the killed ones left
    assert_same(strip(autograd.load(tmp_path / "result.npz")), strip(uninterrupted))


def strip(result):
    return {name: value for name, value in result.items() if name != "random"}


@pytest.mark.slow
def test_killed_fifty_times_at_random_moments_a_run_ends_with_the_same_bits(tmp_path):
    steps = 4000
    whole = tmp_path / "whole"
    whole.mkdir()
    reference = start(whole, steps)
    rng = np.random.default_rng(0)
    for _ in range(50):
        process = start(tmp_path, steps, "-", 0.001)
        assert process.stdout.readline() == "ready\n"
        time.sleep(rng.uniform(0, 0.25))
        process.kill()
        assert process.communicate()[1] == ""
        assert process.returncode == -9
    assert 50 < steps_of(tmp_path) < steps  # they did train, and none came to the end
    process = start(tmp_path, steps)
    assert process.communicate()[1] == ""
    assert reference.communicate()[1] == ""
    assert_same(autograd.load(tmp_path / "result.npz"), autograd.load(whole / "result.npz"))


def steps_of(folder):
    return max(int(path.stem.partition("-")[2]) for path in (folder / "runs").glob("checkpoint-*.npz"))


# --- What a checkpoint holds ------------------------------------------------------------------------------------------


def simple(
    folder,
    *,
    epochs=3,
    resume=True,
    hidden=4,
    optimizer=optim.Adam,
    more=(),
    samples=20,
    batch_size=5,
    metrics=(),
    **options,
):
    autograd.manual_seed(0)
    x = np.linspace(-1, 1, samples, dtype="f4")[:, None]
    model = nn.MLP([1, hidden, 1], nn.Tanh)
    trainer = optim.Trainer(
        model,
        optimizer(model.parameters(), lr=0.01),
        nn.functional.mse_loss,
        metrics=metrics,
        extensions=[optim.Checkpoints(folder, **options), *more],
        progress=False,
    )
    try:
        trainer.run((x, x * x), epochs=epochs, batch_size=batch_size, resume=resume)
    finally:
        simple.trainer = trainer
    return trainer


def weights(trainer):
    return {name: p.numpy().copy() for name, p in trainer.model.state_dict().items()}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


KINDS = [
    kind
    for name in optim.__all__
    if isinstance(kind := getattr(optim, name), type) and issubclass(kind, optim.Optimizer)
]


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind is not optim.Optimizer], ids=lambda kind: kind.__name__
)
def test_every_optimizer_with_schedules_and_an_average_goes_on_to_the_same_bits(kind, tmp_path):
    x = np.random.default_rng(0).normal(size=(40, 3)).astype("f4")
    data = x, np.sin(x)

    def run(folder, more=()):
        autograd.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 3))
        params = [p for p in model.parameters() if p.ndim == 2 or kind is not optim.Muon]
        optimizer = kind(params, lr=0.05)
        averaged = optim.swa_utils.AveragedModel(model)
        warm_up = optim.lr_scheduler.LinearLR(optimizer, 0.1, total_iters=2)
        rate = optim.lr_scheduler.SequentialLR(
            optimizer, [warm_up, optim.lr_scheduler.CosineAnnealingLR(optimizer, 9)], [3]
        )
        plateau = optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, factor=0.9)
        extensions = [
            optim.Checkpoints(folder, Every(steps=3)),
            optim.training.Schedule(rate, Every(steps=1)),
            optim.training.Schedule(plateau, metric="loss"),
            optim.training.Average(averaged),
            *more,
        ]
        trainer = optim.Trainer(model, optimizer, nn.functional.mse_loss, extensions=extensions, progress=False)
        history = trainer.run(data, steps=13, batch_size=8, resume=True)
        weights = {name: p.numpy() for name, p in [*model.state_dict().items(), *averaged.state_dict().items()]}
        return {"weights": weights, "history": history, "rate": rate.get_last_lr()}

    whole = run(tmp_path / "whole")
    for step in (4, 8):
        with pytest.raises(Killed):
            run(tmp_path / "killed", [killer(step)])
    assert_same(run(tmp_path / "killed"), whole)
    assert len({row["lr"] for row in whole["history"]}) == 3


def test_a_complete_run_is_resumed_without_a_step_and_a_longer_one_goes_on(tmp_path):
    first = simple(tmp_path / "a", epochs=2)
    again = simple(tmp_path / "a", epochs=2)
    assert (again.steps, again.history) == (8, first.history)
    assert_same(weights(again), weights(first))
    longer = simple(tmp_path / "a", epochs=5)
    at_once = simple(tmp_path / "b", epochs=5)
    assert longer.history == at_once.history
    assert_same(weights(longer), weights(at_once))


def test_the_last_files_and_the_best_one_stay(tmp_path):
    trainer = simple(tmp_path, epochs=5, keep=3, best="loss")
    assert names(tmp_path) == ["best.npz", *(f"checkpoint-{n:09d}.npz" for n in (12, 16, 20))]
    best = autograd.load(tmp_path / "best.npz")
    losses = [row["loss"] for row in trainer.history]
    assert best["progress"]["history"][-1]["loss"] == min(losses)


def test_best_is_not_forgotten_when_a_run_is_resumed(tmp_path):
    trainer = simple(tmp_path, epochs=2, best="loss")
    keeper = trainer.extensions[-1]
    keeper.best.value = -1.0  # nothing will be better
    keeper.write(trainer)
    before = (tmp_path / "best.npz").read_bytes()
    simple(tmp_path, epochs=4, best="loss")
    assert (tmp_path / "best.npz").read_bytes() == before


def test_a_trigger_keeps_its_state(tmp_path):
    calls = []
    call = lambda: Call(lambda trainer: calls.append(trainer.epoch), Best("loss", "max"))
    simple(tmp_path, epochs=2, more=[call()])
    simple(tmp_path, epochs=4, more=[call()])
    assert calls == [1]  # it falls
    assert "Call" in autograd.load(tmp_path / "checkpoint-000000016.npz")["extensions"]


def test_early_stopping_waits_on_where_it_was_and_a_stopped_run_stays_stopped(tmp_path):
    stopping = lambda: EarlyStopping("loss", patience=3, min_delta=100.0)
    with pytest.raises(Killed):
        simple(tmp_path, epochs=9, more=[stopping(), killer(11)])
    trainer = simple(tmp_path, epochs=9, more=[stopping()])
    assert trainer.epoch == 4  # one that counts as the best, three without improvement
    again = simple(tmp_path, epochs=9, more=[stopping()])
    assert (again.epoch, again.stopped) == (4, trainer.stopped)
    whole = simple(tmp_path / "b", epochs=9, more=[stopping()])
    assert_same(weights(again), weights(whole))  # the best ones, restored all three times
    assert_same(weights(trainer), weights(whole))


def test_a_checkpoint_holds_the_weights_of_training_and_not_the_best_ones(tmp_path):
    worst = lambda: EarlyStopping("loss", patience=100, mode="max")  # those of the first epoch
    short = simple(tmp_path / "a", epochs=2, more=[worst()])
    long = simple(tmp_path / "a", epochs=4, more=[worst()])
    last = autograd.load(tmp_path / "a" / "checkpoint-000000016.npz")["model"]["state"]
    plain = simple(tmp_path / "b", epochs=4)
    assert_same({name: p.numpy() for name, p in last.items()}, weights(plain))
    assert_same(weights(long), weights(short))
    assert long.history == plain.history


def test_a_log_has_every_row_once_after_a_resumption(tmp_path):
    log = tmp_path / "log.csv"
    with pytest.raises(Killed):
        simple(tmp_path / "runs", epochs=4, more=[CSV(log), killer(10)], when=Every(steps=3))
    with log.open("a") as file:
        file.write("2,9,0.0")  # a line that was never finished
    trainer = simple(tmp_path / "runs", epochs=4, more=[CSV(log)])
    lines = log.read_text().splitlines()
    assert lines[0] == "epoch,step,lr,loss"
    assert [line.split(",")[:2] for line in lines[1:]] == [["1", "4"], ["2", "8"], ["3", "12"], ["4", "16"]]
    assert [float(line.split(",")[3]) for line in lines[1:]] == [row["loss"] for row in trainer.history]


def test_parameters_that_were_frozen_on_the_way_stay_frozen(tmp_path):
    def freeze(trainer):
        if trainer.epoch == 1:
            trainer.model[0].requires_grad_(False)

    simple(tmp_path / "a", epochs=2, more=[freeze])
    resumed = simple(tmp_path / "a", epochs=4, more=[freeze])
    assert_same(weights(resumed), weights(simple(tmp_path / "b", epochs=4, more=[freeze])))


def test_an_order_that_depends_on_the_epoch_goes_on_with_the_right_one(tmp_path):
    def run(folder, epochs):
        autograd.manual_seed(0)
        x = np.arange(12.0)[:, None]
        seen, model = [], nn.Linear(1, 1)

        class Recorder(optim.Trainer):
            def forward(self, batch):
                seen.append(batch[0].tolist())
                return super().forward(batch)

        trainer = Recorder(
            model,
            optim.SGD(model.parameters(), lr=1e-4),
            nn.functional.mse_loss,
            extensions=[optim.Checkpoints(folder)],
            progress=False,
        )
        dataset = nn.data.TensorDataset(x, x)
        sampler = nn.data.DistributedSampler(dataset, num_replicas=2, rank=0, seed=3)
        trainer.run(nn.data.DataLoader(dataset, 3, sampler=sampler), epochs=epochs, resume=True)
        return seen

    first, second = run(tmp_path / "a", 2), run(tmp_path / "a", 4)
    whole = run(tmp_path / "b", 4)
    assert first + second == whole
    assert whole[:2] != whole[2:4]


def test_workers_make_the_same_batches_after_a_resumption(tmp_path):
    def run(folder, kill=()):
        autograd.manual_seed(0)
        model = nn.Linear(1, 1)
        trainer = optim.Trainer(
            model,
            optim.SGD(model.parameters(), lr=0.1),
            nn.functional.mse_loss,
            extensions=[optim.Checkpoints(folder, Every(steps=2)), *kill],
            progress=False,
        )
        x = np.linspace(-1, 1, 30)[:, None]
        loader = nn.data.DataLoader(nn.data.TensorDataset(x, x), 4, shuffle=True, num_workers=2)
        trainer.run(loader, epochs=3, resume=True)
        return weights(trainer)

    with pytest.raises(Killed):
        run(tmp_path / "a", [killer(11)])
    assert_same(run(tmp_path / "a"), run(tmp_path / "b"))


# --- Refused ----------------------------------------------------------------------------------------------------------


def test_a_checkpoint_of_something_else_is_refused_by_name_and_changes_nothing(tmp_path):
    simple(tmp_path, epochs=2)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for wrong, words in [
        (
            {"hidden": 5},
            r"of another model: its 0.weight is float32 \(4, 1\), and that of this MLP is float32 \(5, 1\)",
        ),
        ({"optimizer": optim.SGD}, "its optimizer is of the class Adam, and this one of SGD"),
        ({"samples": 30}, "its training set had 20 samples, and this one has 30"),
        ({"metrics": optim.metrics.R2()}, "its run had the metrics -, and this one has r2"),
        (
            {"more": [EarlyStopping("loss")]},
            "its run had the extensions with a state -, and this one has EarlyStopping",
        ),
    ]:
        with pytest.raises(ValueError, match=rf"checkpoint-000000008.npz does not fit this run: .*{words}"):
            simple(tmp_path, **wrong)
        trainer = simple.trainer
        autograd.manual_seed(0)
        fresh = nn.MLP([1, wrong.get("hidden", 4), 1], nn.Tanh)
        assert_same(weights(trainer), {name: p.numpy() for name, p in fresh.state_dict().items()})
        assert (trainer.steps, trainer.history, dict(trainer.optimizer.state)) == (0, [], {})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_run_is_not_resumed_in_the_middle_of_an_epoch_of_other_batches(tmp_path):
    """The samples that are left in the epoch would be other ones."""
    with pytest.raises(Killed):
        simple(tmp_path, more=[killer(6)], when=Every(steps=1))
    with pytest.raises(
        ValueError, match="in the middle of an epoch of 4 batches, and here an epoch has 2; give the same"
    ):
        simple(tmp_path, batch_size=10)


def test_the_state_of_another_schedule_is_refused(tmp_path):
    """An ExponentialLR would take over the gamma of a StepLR, and lower the rate ten times as fast."""

    def run(make, epochs):
        model = nn.Linear(1, 1)
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        extensions = [make(optimizer), optim.Checkpoints(tmp_path)]
        trainer = optim.Trainer(model, optimizer, nn.functional.mse_loss, extensions=extensions, progress=False)
        x = np.ones((4, 1), "f4")
        return trainer.run((x, x), epochs=epochs, resume=True)

    run(lambda optimizer: optim.lr_scheduler.StepLR(optimizer, 2), 1)
    with pytest.raises(
        ValueError, match="its schedule was a StepLR, and this one is a ExponentialLR; nothing has been"
    ):
        run(lambda optimizer: optim.lr_scheduler.ExponentialLR(optimizer, 0.9), 2)
    assert len(run(lambda optimizer: optim.lr_scheduler.StepLR(optimizer, 2), 2)) == 2


def test_a_state_that_fails_half_way_is_taken_back(tmp_path):
    class Fragile(optim.training.Extension):
        value, broken = 0, False

        def state_dict(self):
            return {"value": self.value}

        def load_state_dict(self, state):
            if self.broken:
                self.broken = False
                raise KeyError("value")

    simple(tmp_path, epochs=2, more=[Fragile()])
    fragile = Fragile()
    fragile.broken = True
    with pytest.raises(ValueError, match="does not fit this run: 'value'; nothing has been changed"):
        simple(tmp_path, epochs=3, more=[fragile])
    autograd.manual_seed(0)
    fresh = nn.MLP([1, 4, 1], nn.Tanh)
    assert_same(weights(simple.trainer), {name: p.numpy() for name, p in fresh.state_dict().items()})
    assert simple.trainer.steps == 0


def test_a_folder_with_another_run_in_it_is_refused_unless_one_resumes(tmp_path):
    simple(tmp_path, epochs=1)
    before = names(tmp_path)
    with pytest.raises(FileExistsError, match=r"checkpoint-000000004.npz the newest; write run\(..., resume=True\)"):
        simple(tmp_path, epochs=1, resume=False)
    assert names(tmp_path) == before


def test_resume_without_checkpoints_says_what_to_write():
    model = nn.Linear(1, 1)
    trainer = optim.Trainer(model, optim.SGD(model.parameters(), lr=0.1), nn.functional.mse_loss)
    with pytest.raises(ValueError, match=r"write extensions=\[optim.Checkpoints\('runs'\)\]"):
        trainer.run((np.ones((4, 1)), np.ones((4, 1))), epochs=1, resume=True)


def test_a_folder_that_cannot_be_written_to_stops_the_run_before_it_starts(tmp_path):
    (tmp_path / "file").write_text("")
    log = tmp_path / "log.csv"
    log.write_text("an older log")
    with pytest.raises(OSError, match=r"cannot hold a checkpoint .*, so nothing has been trained"):
        simple(tmp_path / "file" / "runs", more=[CSV(log)])
    assert simple.trainer.steps == 0
    assert log.read_text() == "an older log"


def test_a_disk_that_is_full_later_leaves_the_last_checkpoint_whole(tmp_path, monkeypatch):
    known, calls = os.fsync, []

    def full(file):
        calls.append(file)
        if len(calls) > 4:  # two checkpoints and twice their folder
            raise OSError(28, "No space left on device")
        known(file)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        simple(tmp_path, epochs=5)
    monkeypatch.undo()
    assert names(tmp_path) == ["checkpoint-000000000.npz", "checkpoint-000000004.npz"]
    assert autograd.load(tmp_path / "checkpoint-000000004.npz")["progress"]["steps"] == 4
    assert_same(weights(simple(tmp_path, epochs=5)), weights(simple(tmp_path / "b", epochs=5)))


# --- Interrupted ------------------------------------------------------------------------------------------------------


def test_ctrl_c_ends_a_run_behind_a_step_with_a_checkpoint(tmp_path):
    interrupt = Call(lambda trainer: trainer.steps == 6 and signal.raise_signal(signal.SIGINT), Every(steps=1))
    with pytest.raises(KeyboardInterrupt, match="interrupted after step 6"):
        simple(tmp_path, epochs=3, more=[interrupt])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert names(tmp_path)[-1] == "checkpoint-000000006.npz"
    resumed = simple(tmp_path, epochs=3)
    assert_same(weights(resumed), weights(simple(tmp_path / "b", epochs=3)))


def test_ctrl_c_while_a_run_comes_to_its_end_is_not_lost(tmp_path):
    class Late(optim.training.Extension):
        def end(self, trainer):
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        simple(tmp_path, epochs=1, more=[Late()])
    assert names(tmp_path)[-1] == "checkpoint-000000004.npz"


def test_a_second_ctrl_c_does_not_wait(tmp_path):

    def twice(trainer):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("not reached")

    with pytest.raises(KeyboardInterrupt):
        simple(tmp_path, epochs=3, more=[Call(twice, Every(steps=1))])


def test_in_another_thread_a_run_leaves_signals_alone(tmp_path):
    thread = threading.Thread(target=simple, args=(tmp_path,))
    thread.start()
    thread.join()
    assert simple.trainer.epoch == 3


def test_a_history_is_json(tmp_path):
    trainer, train, validation = resumable.trainer_of(tmp_path)
    trainer.run(train, steps=9, validation=validation)
    assert json.loads(json.dumps(trainer.history)) == trainer.history
