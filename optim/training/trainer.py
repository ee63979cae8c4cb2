"""The training loop.

    for every epoch:
        for every batch:
            forward, backward, update       `forward` and `step`, which can be overridden
            call the extensions whose moment it is
        a row for the history: loss and metrics, of the training and of the validation samples
        call the extensions whose moment it is

Source of the idea, a loop with triggers and extensions: S. Tokui et al., "Chainer: a deep learning framework for
accelerating the research cycle" (2019).
"""

from __future__ import annotations

import contextlib
import itertools
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

import autograd
import nn
from autograd import Tensor
from nn.unchanged import modes_kept

from ..metrics import Metric
from ..optimizer import Optimizer
from .checkpoints import Checkpoints
from .extension import Extension, extension_of
from .guard import Guard, NotFinite, finite, strange
from .history import History
from .interruption import Interruption
from .plots import plot
from .progress import Bar
from .randomness import generators, set_states, states
from .sources import batches_in, check_apart, loader_of, rows
from .state import by_name, put_back, state_of
from .tally import Tally, named
from .triggers import Every


class Trainer:
    """Trains a model: θ ← θ - update(∇ loss(model(x), t)), batch by batch.

    model       an nn.Module; it is in train mode while it learns and in eval mode while it is judged, and then as before
    optimizer   over the model's parameters
    loss        loss(outputs, targets) -> one number, the mean over the samples of a batch
    metrics     of optim.metrics: one, a list, or a dict {name: metric}; functions (outputs, targets) -> mean of a batch too
    extensions  early stopping, checkpoints, schedules, logs, ...: one or a list; functions of the trainer are called after every epoch
    progress    show a bar, by tqdm

    `epoch` and `steps` are the numbers of epochs and steps done, `history` is a list of dicts, `stopped` the reason why
    training ended early, or None.

    For another step override `forward(batch)`, which gives the loss, or all of `step(batch)`.

    >>> _ = autograd.manual_seed(0)
    >>> train, test = nn.data.digits()
    >>> model = nn.MLP([64, 32, 10])
    >>> trainer = Trainer(
    ...     model, optim.Adam(model.parameters(), lr=0.01), nn.functional.cross_entropy,
    ...     metrics=optim.metrics.Accuracy(), extensions=[optim.EarlyStopping(patience=3)], progress=False,
    ... )
    >>> history = trainer.run(train, validation=test, epochs=5)
    >>> list(history[-1])
    ['epoch', 'step', 'lr', 'loss', 'accuracy', 'validation_loss', 'validation_accuracy']
    >>> history[-1]["validation_accuracy"] > 0.9
    True

    compile=True traces forward and backward pass once, for each shape of batch, and replays them: see `autograd.compile`. What cannot be
    traced is run as it stands, with a warning.

    A loss or gradient that is NaN or infinite ends a run with a FloatingPointError, which bears the report of
    `autograd.detect_anomaly` on that step; the model keeps the last weights whose loss was a number. Ctrl-C ends a run
    after the step that is under way, with a checkpoint if there are Checkpoints.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        loss: Callable[[Any, Any], Any],
        metrics: Any = (),
        extensions: Any = (),
        *,
        progress: bool = True,
        compile: bool = False,
    ) -> None:
        if not isinstance(model, nn.Module):
            raise TypeError(f"Trainer: the model is an nn.Module, not a {type(model).__name__}")
        if not hasattr(optimizer, "step") or isinstance(optimizer, type):
            raise TypeError("Trainer: the optimizer is an object; write optim.Adam(model.parameters())")
        if not callable(loss) or (isinstance(loss, type) and issubclass(loss, nn.Module)):
            raise TypeError(
                "Trainer: the loss is a function of outputs and targets; write nn.functional.cross_entropy or "
                "nn.CrossEntropyLoss()"
            )
        self.model, self.optimizer = model, optimizer
        self.loss: Any = loss
        self.metrics: dict[str, Metric] = named(metrics)
        listed = extensions if isinstance(extensions, Iterable) else [extensions]
        given = [extension_of(extension) for extension in listed]
        self.extensions: list[Extension] = sorted(given, key=lambda extension: extension.last)
        self.progress = progress
        self.compute: Any = autograd.compile(self._computation(), fallback=True) if compile else None
        self.epoch = self.steps = 0
        self.history = History()
        self.stopped: str | None = None
        self.tally = Tally(self.metrics)  # of the batches since the last row
        self.position = 0  # batches of this epoch that are done
        self.epoch_began: dict[str, Any] = {}  # the states of the generators then
        self.moment = ""  # what has just ended: "step", "epoch" or "run"
        self.reported = False  # whether the history has got a row with it
        self.value: float | None = None  # the loss of the present step
        self.batch: Any = None  # of the present step
        self.batches: Any = None
        self.validation: Any = None
        self.generators: dict[str, Any] = {}
        self.interruption = Interruption()

    # --- One step -----------------------------------------------------------------------------------------------------

    def forward(self, batch: Any) -> Any:
        """(loss, outputs, targets) of a batch; or the loss alone, where there are no metrics."""
        if not isinstance(batch, tuple | list) or len(batch) != 2:
            raise TypeError(
                f"a batch is a pair of inputs and targets, and this one is a {type(batch).__name__}"
                f"{f' of {len(batch)}' if isinstance(batch, tuple | list) else ''}; override forward(self, batch) for others"
            )
        inputs, targets = batch
        outputs = self.model(inputs)
        return self.loss(outputs, targets), outputs, targets

    def step(self, batch: Any) -> None:
        """One update from one batch. An override computes its loss by `self.cost(batch)`, before anything is changed."""

        def closure() -> Tensor:
            loss = self.cost(batch, self.compute)
            if self.compute is None:
                self.optimizer.zero_grad()
                loss.backward()
            self.check_gradients()
            for extension in self.extensions:
                extension.gradients(self)
            return loss

        # a step() of its own may ask for the loss at other weights, or more than once; for the others a closure is slower
        if type(self.optimizer).step is not Optimizer.step:
            self.optimizer.step(closure)
        else:
            closure()
            self.optimizer.step()

    def _computation(self) -> Callable[[Any], Any]:
        """The loss of a batch and, as an effect, its gradients: what `compile=True` compiles."""
        optimizer, forward = self.optimizer, self._forward

        def compute(batch: Any) -> Any:
            loss, outputs, targets = forward(batch)
            optimizer.zero_grad()
            loss.backward()
            return loss, outputs, targets

        return compute

    def cost(self, batch: Any, compute: Callable[[Any], Any] | None = None) -> Tensor:
        """The loss of a batch, checked; the first one of a step counts in the history. `compute` finds its gradients with it."""
        loss, outputs, targets = (compute or self._forward)(batch)
        value = loss.item()
        if not math.isfinite(value):
            raise NotFinite(f"the loss is {value}")
        if self.value is None:
            self.value = value
            self.guard.keep()
            self.tally.add(value, outputs, targets, rows(batch if targets is None else targets))
        return loss

    @np.errstate(over="ignore")  # of the sum of squares
    def check_gradients(self) -> None:
        """An error, which ends the run, if a gradient of the optimizer's parameters is not finite."""
        for group in self.optimizer.param_groups:
            for p in group["params"]:
                made = p._made  # p.grad would note that somebody else holds the gradient from now on
                if made is not None and made.grad is not None and not finite(made.grad._data):
                    what = strange(made.grad._data)
                    raise NotFinite(f"the gradient of a parameter of shape {p.shape} has {what} in it")

    def _forward(self, batch: Any) -> tuple[Tensor, Any, Any]:
        given = self.forward(batch)
        if isinstance(given, tuple) and len(given) != 3:
            raise TypeError(
                f"forward(self, batch) returns a loss, or loss, outputs, targets; this returned {len(given)} values"
            )
        loss, outputs, targets = given if isinstance(given, tuple) else (given, None, None)
        if outputs is None and self.metrics:
            raise TypeError(
                f"forward(self, batch) returned the loss alone, and the metrics {', '.join(self.metrics)} need more; "
                "return loss, outputs, targets"
            )
        if not isinstance(loss, Tensor) or loss.size != 1:
            found = f"a Tensor of shape {loss.shape}" if isinstance(loss, Tensor) else f"a {type(loss).__name__}"
            raise TypeError(
                f"the loss is one number as a Tensor, and this is {found}; write reduction='mean', or .mean()"
            )
        return loss, outputs, targets

    # --- A run --------------------------------------------------------------------------------------------------------

    def run(
        self,
        train: Any,
        *,
        epochs: int | None = None,
        steps: int | None = None,
        validation: Any = None,
        batch_size: int | None = None,
        report: Callable[[Trainer], bool] | None = None,
        resume: bool = False,
    ) -> list[dict[str, Any]]:
        """Train until so many epochs, or steps, have been done in all. Returns the history.

        train       a DataLoader, a data set, or a pair of arrays, which are shuffled
        validation  samples kept apart to judge by, in any of these forms
        batch_size  of data sets and arrays; 32 unless said
        report      when the history gets a row: a trigger, by default after every epoch
        resume      go on from the newest file of the Checkpoints; from the beginning, if there is none yet

        Resumed, a run is the same as if it had never been interrupted: weights, history and all random numbers. A second
        run of one trainer goes on from the first, with a new epoch.
        """
        self._prepare(train, validation, batch_size, epochs, steps, resume, report)
        with contextlib.ExitStack() as stack:
            stack.enter_context(modes_kept(self.model))
            self.interruption = stack.enter_context(Interruption())
            for extension in self.extensions:
                stack.callback(extension.close, self)
            for extension in sorted(self.extensions, key=lambda extension: not extension.last):
                extension.begin(self)
            self.bar = Bar(self.progress, self._total(), self.steps)
            stack.callback(self.bar.close)
            self.model.train()
            while not self._done():
                for batch in self._rest_of_epoch():
                    self._train_on(batch)
                    self._after("step")
                    if self._done():
                        break
                else:
                    self.epoch, self.position = self.epoch + 1, 0
                    self._after("epoch")
            if self.tally.count:
                self._after("run")
            for extension in reversed(self.extensions):  # checkpoints first: they hold the state of training
                extension.end(self)
        return self.history

    def stop(self, reason: str) -> None:
        """End the run after this moment."""
        self.stopped = reason

    def evaluate(self, data: Any, batch_size: int | None = None) -> dict[str, Any]:
        """The loss and the metrics of the model on samples, without learning from them."""
        return self._judge(loader_of(data, batch_size, shuffle=False, name="data"))

    def plot(self) -> Any:
        """A matplotlib Figure of the history."""
        return plot(self.history)

    # --- What extensions use ------------------------------------------------------------------------------------------

    def check_name(self, name: str) -> None:
        """ValueError if the rows of this run will have no number of that name."""
        own = ["loss", *(known for known, metric in self.metrics.items() if metric.number)]
        names = own + [f"validation_{known}" for known in own] * (self.validation is not None)
        if name not in names:
            missing = name.startswith("validation_") and self.validation is None
            advice = "; there is no validation: write run(..., validation=...)" if missing else ""
            raise ValueError(f"the history has no number {name!r}; it has {', '.join(names)}{advice}")

    def mode_of(self, name: str) -> str:
        """ "max" if a higher number of that name in the history is better, else "min"."""
        metric = self.metrics.get(name.removeprefix("validation_"))
        return "min" if metric is None else metric.mode

    def state_dict(self) -> dict[str, Any]:
        """All that the present run is, for `autograd.save`. On the memory of its owners."""
        return state_of(self)

    # --- The parts of a run -------------------------------------------------------------------------------------------

    def _prepare(
        self, train: Any, validation: Any, batch_size: Any, epochs: Any, steps: Any, resume: bool, report: Any
    ) -> None:
        """Check everything that can be checked before the first step, and go back to a checkpoint if there is one."""
        if (epochs is None) == (steps is None):
            raise ValueError("run takes epochs= or steps=, and only one of them; write trainer.run(train, epochs=10)")
        for name, limit in (("epochs", epochs), ("steps", steps)):
            if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
                raise ValueError(f"run: {name} is a whole number of at least 1, not {limit!r}")
        keepers = [extension for extension in self.extensions if isinstance(extension, Checkpoints)]
        if resume and not keepers:
            raise ValueError(
                "resume=True needs to know where checkpoints are; write extensions=[optim.Checkpoints('runs')]"
            )
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        model = type(self.model).__name__
        if any(True for _ in self.model.parameters()) and set(parameters).isdisjoint(self.model.parameters()):
            raise ValueError(
                f"Trainer: the optimizer has none of the parameters of this {model}, which would not learn; "
                "make the optimizer after the model: optim.Adam(model.parameters())"
            )
        self.epochs, self.limit = epochs, steps
        self.batches = loader_of(train, batch_size, shuffle=True, name="train")
        self.validation = None
        if validation is not None:
            size = None if batch_size is None else max(batch_size, 512)
            self.validation = loader_of(validation, size, shuffle=False, name="validation")
            check_apart(self.batches, self.validation)
        self.report = report or Every(epochs=1)
        self.generators = generators(
            model=self.model,
            loss=self.loss,
            train=self.batches,
            validation=self.validation,
            extensions=by_name(self.extensions),
        )
        self.guard = Guard(
            dict.fromkeys([*parameters, *self.model.parameters()]), self.model.buffers(), self.generators
        )
        self.moment, self.reported = "", False
        path = keepers[0].newest() if resume else None
        if path is not None:
            put_back(self, autograd.load(path), str(path))
        else:
            self.stopped, self.position = None, 0
            self.epoch_began = states(self.generators)
            self.tally.clear()
            if self._done():
                done, name = (self.steps, "steps") if epochs is None else (self.epoch, "epochs")
                raise ValueError(
                    f"run: {done} {name} have been done already, and {name}= counts from the first; "
                    f"write {name}={done + (epochs or steps)} to go on"
                )
        for extension in self.extensions:
            extension.check(self)
            if hasattr(extension.when, "check"):
                extension.when.check(self)

    def _done(self) -> bool:
        enough = self.steps >= self.limit if self.epochs is None else self.epoch >= self.epochs
        return enough or self.stopped is not None

    def _total(self) -> int | None:
        batches = batches_in(self.batches)
        return self.limit if self.epochs is None else batches and batches * self.epochs

    def _rest_of_epoch(self) -> Iterator[Any]:
        """The batches of an epoch; behind those that a resumed run has done before, which are drawn again and passed over."""
        set_epoch = getattr(getattr(self.batches, "sampler", None), "set_epoch", None)
        if set_epoch is not None:
            set_epoch(self.epoch)
        if not self.position:
            self.epoch_began = states(self.generators)
            batches = iter(self.batches)
        else:
            now = states(self.generators)
            set_states(self.generators, self.epoch_began)
            batches = iter(self.batches)
            deque(itertools.islice(batches, self.position), maxlen=0)
            set_states(self.generators, now)
        yield from batches
        if not self.position:
            raise ValueError("train gave no batches in this epoch")

    def _train_on(self, batch: Any) -> None:
        self.value, self.batch = None, batch
        self.guard.before()
        try:
            self.step(batch)
        except NotFinite as problem:
            raise FloatingPointError(self._look_again(batch, problem)) from None
        if self.value is None:
            raise TypeError("step(self, batch) is to compute its loss by self.cost(batch), and has not")
        self.steps += 1
        self.position += 1
        self.bar.step(self.value)

    def _look_again(self, batch: Any, problem: NotFinite) -> str:
        """Do the failed step again under detect_anomaly, from the same state, and tell what is found."""
        self.guard.rewind()
        self.value = 0.0  # a loss has been counted
        where = f"step {self.steps + 1}, in epoch {self.epoch + 1}: {problem}; the model keeps the last weights that were good.\n"
        parts = {"the batch": flat(batch), "the parameters": self.guard.parameters}
        had = [f"{name} had {text}" for name, tensors in parts.items() for x in tensors if (text := strange(plain(x)))]
        try:
            with autograd.detect_anomaly():
                self.step(batch)
        except NotFinite:
            return where + f"No operation made it of finite numbers: {'; '.join(had) or 'it was there before'}"
        except RuntimeError as report:
            return where + str(report)
        finally:
            self.guard.rescue()
        return where + "Done again the step was finite: it depends on something that is not in the state of the trainer"

    def _after(self, moment: str) -> None:
        """A step, an epoch or the run has ended: a row for the history, and extensions, if it is their moment."""
        self.moment = moment
        self.reported = moment == "run" or self.report(self)
        if self.reported:
            self.history.append(self._row())
            self.tally.clear()
            self.bar.report(self.history[-1])
        for extension in self.extensions:
            if extension.when(self):
                extension(self)
        if self.interruption.asked:
            for extension in self.extensions:
                extension.interrupted(self)
            raise KeyboardInterrupt(f"training was interrupted after step {self.steps}")

    def _row(self) -> dict[str, Any]:
        row: dict[str, Any] = {"epoch": self.epoch + (self.moment != "epoch"), "step": self.steps}
        if "lr" in self.optimizer.param_groups[0]:
            row["lr"] = float(self.optimizer.param_groups[0]["lr"])
        row |= self.tally.row()
        if self.validation is not None:
            row |= {f"validation_{name}": value for name, value in self._judge(self.validation).items()}
        return row

    def _judge(self, loader: Any) -> dict[str, Any]:
        tally = Tally(self.metrics)
        with modes_kept(self.model), autograd.no_grad():
            self.model.eval()
            for batch in loader:
                loss, outputs, targets = self._forward(batch)
                tally.add(loss.item(), outputs, targets, rows(batch if targets is None else targets))
        if not tally.count:
            raise ValueError("the samples to judge by are none")
        return tally.row()


def flat(nest: Any) -> list[Any]:
    """The leaves of nested tuples, lists and dicts."""
    if isinstance(nest, dict):
        nest = list(nest.values())
    return [leaf for part in nest for leaf in flat(part)] if isinstance(nest, tuple | list) else [nest]


def plain(value: Any) -> Any:
    return value.detach() if isinstance(value, Tensor) else value
