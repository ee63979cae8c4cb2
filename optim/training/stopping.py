"""Early stopping: training ends when the validation has not improved for a while, with the best weights."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from .extension import Extension
from .triggers import Best, EachRow

if TYPE_CHECKING:
    from .trainer import Trainer


class EarlyStopping(Extension):
    """Ends the run after `patience` rows of the history without improvement; the model then has its best weights again.

    metric     a name in the history
    patience   rows; by default a row is an epoch
    min_delta  what counts as improvement: by more than this
    mode       "min": lower is better; "max": higher is better; None: as the metric says, for the loss and for functions lower
    restore    put the best weights and buffers back at the end of a complete run, also of one that was not stopped

    After a run, `best` is the best value, `best_step` the step that gave it. Checkpoints hold the state of training, not
    the best weights: a run can be resumed and then go on as if it had never ended.

    Source: Goodfellow, Bengio and Courville, *Deep Learning*, section 7.8, algorithm 7.1.

    >>> x, t = nn.data.moons(60)
    >>> model = nn.Linear(2, 2)
    >>> stopping = EarlyStopping("loss", patience=3, min_delta=10.0)
    >>> trainer = optim.Trainer(
    ...     model, optim.SGD(model.parameters(), lr=0.1), nn.functional.cross_entropy, extensions=[stopping], progress=False
    ... )
    >>> len(trainer.run((x, t.astype(int)), epochs=100))
    4
    >>> trainer.stopped
    'loss has not improved by more than 10.0 since step 2'
    """

    when = EachRow()

    def __init__(
        self,
        metric: str = "validation_loss",
        patience: int = 10,
        min_delta: float = 0.0,
        mode: str | None = None,
        restore: bool = True,
    ) -> None:
        if isinstance(patience, bool) or not isinstance(patience, int) or patience < 1:
            raise ValueError(f"EarlyStopping: patience is a whole number of at least 1, not {patience!r}")
        self.watch = Best(metric, mode, min_delta)
        self.patience, self.restore = patience, restore
        self.waited, self.best_step = 0, 0
        self.weights: dict[str, Any] | None = None

    @property
    def best(self) -> float | None:
        return self.watch.value

    def check(self, trainer: Trainer) -> None:
        self.watch.check(trainer)

    def __call__(self, trainer: Trainer) -> None:
        if self.watch(trainer):
            self.waited, self.best_step = 0, trainer.steps
            self.weights = copy.deepcopy(trainer.model.state_dict()) if self.restore else None
            return
        self.waited += 1
        if self.waited >= self.patience:
            by = f" by more than {self.watch.min_delta}" if self.watch.min_delta else ""
            trainer.stop(f"{self.watch.metric} has not improved{by} since step {self.best_step}")

    def end(self, trainer: Trainer) -> None:
        if self.weights is not None:
            trainer.model.load_state_dict(self.weights)

    def state_dict(self) -> dict[str, Any]:
        return {
            "best": self.best,
            "best_step": self.best_step,
            "waited": self.waited,
            "weights": self.weights,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.watch.value, self.best_step = state["best"], state["best_step"]
        self.waited, self.weights = state["waited"], state["weights"]
