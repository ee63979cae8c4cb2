"""A run with everything in it that has a state, as a program that can be killed at a chosen moment.

python resumable.py FOLDER STEPS [MOMENT] [PAUSE]

MOMENT   step:N, after step N and before its checkpoint; write:N, replace:N or delete:N, in the N-th call of this kind
PAUSE    seconds to rest after each step
"""

import os
import random
import sys
import time
from pathlib import Path

import numpy as np

import autograd
import nn
import optim
from optim.training import CSV, Call, ClipGradients, EarlyStopping, Every, JSONLines


class Scheduler:
    """lr ← lr · 0.9, and a little chance of its own."""

    def __init__(self, optimizer):
        self.optimizer, self.calls, self.generator = optimizer, 0, np.random.default_rng(5)

    def step(self):
        self.calls += 1
        self.optimizer.param_groups[0]["lr"] *= 0.9 + 0.01 * self.generator.random()

    def state_dict(self):
        return {"calls": self.calls}

    def load_state_dict(self, state):
        self.calls = state["calls"]


class Averaged:
    """A running mean of all weights."""

    def __init__(self, model):
        self.mean, self.n = {name: 0 * p.numpy() for name, p in model.state_dict().items()}, 0

    def update_parameters(self, model):
        self.n += 1
        for name, p in model.state_dict().items():
            self.mean[name] = self.mean[name] + (p.numpy() - self.mean[name]) / self.n

    def state_dict(self):
        return {"mean": self.mean, "n": self.n}

    def load_state_dict(self, state):
        self.mean, self.n = state["mean"], state["n"]


class Noisy(nn.data.Dataset):
    """Samples with noise from a generator of its own, from NumPy's and from Python's."""

    def __init__(self, x, t):
        self.x, self.t, self.generator = x, t, np.random.default_rng(3)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        noise = 0.1 * self.generator.normal(size=2) + 0.01 * random.random() + 0.01 * np.random.randn()  # noqa: NPY002
        return (self.x[i] + noise).astype("f4"), self.t[i]


def trainer_of(folder, more=()):
    """The same trainer, data and validation, each time."""
    autograd.manual_seed(0)
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  (users draw from it)
    x, t = nn.data.moons(60)
    model = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 2))
    optimizer = optim.Adam(
        [{"params": model[0].parameters(), "lr": 0.02}, {"params": model[1:].parameters()}], lr=0.01, amsgrad=True
    )
    averaged = Averaged(model)
    trainer = optim.Trainer(
        model,
        optimizer,
        nn.CrossEntropyLoss(),
        metrics=[optim.metrics.Accuracy(), optim.metrics.ConfusionMatrix()],
        extensions=[
            optim.Checkpoints(folder / "runs", Every(steps=5), best="validation_loss"),
            Scheduler(optimizer),
            optim.training.Average(averaged),
            ClipGradients(1.0),
            EarlyStopping(patience=1000),
            CSV(folder / "log.csv"),
            JSONLines(folder / "log.jsonl"),
            *more,
        ],
        progress=False,
    )
    trainer.averaged = averaged
    train = nn.data.DataLoader(Noisy(x, t.astype(int)), 8, shuffle=True, generator=1)
    validation = nn.data.moons(30, seed=9)
    return trainer, train, (validation.inputs, validation.targets.astype(int))


def run(folder, steps, more=(), resume=True):
    """Everything that a run amounts to, in one nest of arrays and plain values."""
    trainer, train, validation = trainer_of(folder, more)
    trainer.run(train, steps=steps, validation=validation, resume=resume)
    return result(trainer, folder)


def result(trainer, folder):
    state = trainer.state_dict()
    return {
        "model": {name: p.numpy() for name, p in trainer.model.state_dict().items()},
        "optimizer": {
            f"{i} {name}": np.asarray(getattr(value, "data", value))
            for i, kept in state["optimizer"]["state"]["state"].items()
            for name, value in kept.items()
        },
        "lr": [group["lr"] for group in trainer.optimizer.param_groups],
        "averaged": trainer.averaged.mean,
        "random": state["random"],
        "history": trainer.history,
        "logs": [(folder / name).read_text() for name in ("log.csv", "log.jsonl")],
    }


def kill_at(moment):
    """Die without a word, as by kill -9, at this moment. Returns an extension if the moment is a step."""
    kind, number = moment.split(":")
    left = [int(number)]

    def count_down():
        left[0] -= 1
        if not left[0]:
            os._exit(9)

    if kind == "step":
        return [Call(lambda trainer: trainer.steps == int(number) and os._exit(9), Every(steps=1))]
    if kind == "write":
        known = os.fsync
        left[0] = 2 * int(number) - 1  # each file is followed by its folder

        def fsync(file):
            if left[0] == 1:
                os.ftruncate(file, os.fstat(file).st_size // 2)  # half a file does no harm: it has not got its name yet
            count_down()
            known(file)

        os.fsync = fsync
    elif kind == "replace":
        known = os.replace
        os.replace = lambda a, b: (count_down(), known(a, b))
    else:
        Path.unlink, known = lambda path: (count_down(), known(path)), Path.unlink
    return []


def main():
    folder, steps = Path(sys.argv[1]), int(sys.argv[2])
    more = kill_at(sys.argv[3]) if len(sys.argv) > 3 and sys.argv[3] != "-" else []
    if len(sys.argv) > 4:
        more.append(Call(lambda trainer: time.sleep(float(sys.argv[4])), Every(steps=1)))
    print("ready", flush=True)
    autograd.save(run(folder, steps, more), folder / "result.npz")


if __name__ == "__main__":
    main()
