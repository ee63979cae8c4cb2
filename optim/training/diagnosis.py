"""A doctor that comes now and then: nn.doctor on the batch of the present step."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import nn

from .extension import Extension
from .triggers import Every

if TYPE_CHECKING:
    from .trainer import Trainer


class Doctor(Extension):
    """Looks at the model, the loss, the optimizer and a batch by `nn.doctor`, and says what is new.

    when   after which steps or epochs: the next step is looked at, between its backward pass and its update; the first
           step of a run always is
    say    a function that gets the text; print by default

    `findings` is a list of (step, finding), each finding once. Training goes on as without it, and takes longer by what
    `nn.doctor` takes. Batches are pairs of inputs and targets, as for the trainer, or TypeError.

    >>> _ = autograd.manual_seed(0)
    >>> model = nn.Sequential(nn.Linear(4, 3), nn.Softmax(-1))
    >>> x, t = np.random.default_rng(0).normal(size=(32, 4)), np.arange(32) % 3
    >>> doctor = Doctor(say=lambda text: None)
    >>> trainer = optim.Trainer(
    ...     model, optim.SGD(model.parameters(), lr=0.1), nn.functional.cross_entropy, extensions=[doctor], progress=False
    ... )
    >>> history = trainer.run((x, t), epochs=3)
    >>> [(step, finding.name) for step, finding in doctor.findings]
    [(1, 'softmax before cross-entropy')]
    """

    def __init__(self, when: Callable[[Trainer], bool] | None = None, *, say: Callable[[str], Any] = print) -> None:
        self.when, self.say = when or Every(epochs=1), say
        self.findings: list[tuple[int, Any]] = []
        self.due = False

    def begin(self, trainer: Trainer) -> None:
        self.due = True

    def __call__(self, trainer: Trainer) -> None:
        self.due = True

    def gradients(self, trainer: Trainer) -> None:
        if not self.due:
            return
        self.due = False
        known = {(finding.name, finding.where) for _, finding in self.findings}
        for finding in nn.doctor(trainer.model, trainer.loss, trainer.batch, trainer.optimizer):
            if (finding.name, finding.where) not in known:
                self.findings.append((trainer.steps + 1, finding))
                self.say(f"step {trainer.steps + 1}: {finding}")
