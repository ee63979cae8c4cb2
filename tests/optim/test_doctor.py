"""The Doctor extension: it finds what nn.doctor finds, once, and training does not notice."""

import numpy as np
import pytest

import autograd
import nn
import optim
from optim.training import Doctor, Every

F = nn.functional


def run(*extensions, kind=optim.Trainer, wrong=False, lr=0.05):
    autograd.manual_seed(0)
    ends = [nn.Softmax(-1)] if wrong else []
    model = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 10), *ends)
    (x, t), _ = nn.data.digits()
    optimizer = optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    trainer = kind(model, optimizer, F.cross_entropy, extensions=extensions, progress=False)
    trainer.run((x[:128], t[:128]), epochs=3, batch_size=32)
    return model


def test_training_goes_on_as_without_it():
    doctor = Doctor(Every(steps=2), say=pytest.fail)
    for a, b in zip(run(doctor).parameters(), run().parameters(), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    assert doctor.findings == []


def test_a_finding_is_told_once_with_its_step():
    said = []
    doctor = Doctor(Every(steps=1), say=said.append)
    run(doctor, wrong=True)
    assert [(step, finding.name) for step, finding in doctor.findings] == [(1, "softmax before cross-entropy")]
    assert len(said) == 1
    assert said[0].startswith("step 1: error: softmax before cross-entropy (4)")


class Forgetful(optim.Trainer):
    def step(self, batch):
        loss = self.cost(batch)
        loss.backward()
        for extension in self.extensions:
            extension.gradients(self)
        self.optimizer.step()


@pytest.mark.parametrize(("kind", "names"), [(optim.Trainer, []), (Forgetful, ["gradients add up"])])
def test_a_trainer_that_forgets_zero_grad(kind, names):
    doctor = Doctor(Every(epochs=1), say=lambda text: None)
    run(doctor, kind=kind, lr=1e-4)
    assert [finding.name for _, finding in doctor.findings] == names


def test_it_comes_at_the_first_step_and_after_each_trigger(monkeypatch):
    seen = []
    doctor = Doctor(Every(steps=5))
    monkeypatch.setattr(nn, "doctor", lambda model, loss, batch, optimizer: seen.append(len(batch[0])) or ())
    run(doctor)
    assert seen == [32, 32, 32]  # steps 1, 6 and 11 of 12
