"""Extensions: what a trainer calls on its way. A function of the trainer is one already."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import nn

from .triggers import Every

if TYPE_CHECKING:
    from .trainer import Trainer


class Extension:
    """The base of extensions: write what is needed of these, and leave the others.

    when(trainer)       whether it is called now; a trigger, by default after every epoch
    __call__(trainer)   what is to be done then
    check(trainer)      raises an error if it cannot work in this run; leaves everything as it is
    begin(trainer)      before the first step of a run; after a resumption, its state is there again
    gradients(trainer)  between the backward pass and the update
    interrupted(trainer)  the run ends here by Ctrl-C, between two steps
    end(trainer)        the run is complete
    close(trainer)      the run is over, however it ended
    state_dict(), load_state_dict(state)   what a checkpoint keeps of it

    >>> class Count(Extension):
    ...     def __init__(self):
    ...         self.epochs = 0
    ...     def __call__(self, trainer):
    ...         self.epochs += 1
    """

    when: Callable[[Trainer], bool] = Every(epochs=1)
    last = False  # whether it is called behind those that are not

    def check(self, trainer: Trainer) -> None: ...

    def begin(self, trainer: Trainer) -> None: ...

    def __call__(self, trainer: Trainer) -> None: ...

    def gradients(self, trainer: Trainer) -> None: ...

    def interrupted(self, trainer: Trainer) -> None: ...

    def end(self, trainer: Trainer) -> None: ...

    def close(self, trainer: Trainer) -> None: ...

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None: ...


class Call(Extension):
    """Calls a function, or an object that can be called, with the trainer; its state is kept if it has a state_dict.

    >>> Call(print, when=Every(steps=100))
    Call(print, when=Every(steps=100))
    """

    def __init__(self, function: Callable[[Trainer], Any], when: Callable[[Trainer], bool] | None = None) -> None:
        if not callable(function):
            raise TypeError(f"Call takes a function of the trainer, not a {type(function).__name__}")
        self.function, self.when = function, when or Every(epochs=1)

    def __call__(self, trainer: Trainer) -> None:
        self.function(trainer)

    def state_dict(self) -> dict[str, Any]:
        return self.function.state_dict() if hasattr(self.function, "state_dict") else {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if hasattr(self.function, "load_state_dict"):
            self.function.load_state_dict(state)

    def __repr__(self) -> str:
        return f"Call({getattr(self.function, '__name__', self.function)}, when={self.when})"


class Schedule(Extension):
    """Calls `scheduler.step()`, or `scheduler.step(value)` with the newest value of a metric.

    scheduler   anything with a `step`, such as those of lr_scheduler; its state is kept if it has a state_dict
    when        by default after every epoch
    metric      what a scheduler that looks at one is given, as ReduceLROnPlateau: "validation_loss"
    """

    def __init__(
        self, scheduler: Any, when: Callable[[Trainer], bool] | None = None, *, metric: str | None = None
    ) -> None:
        if not callable(getattr(scheduler, "step", None)):
            raise TypeError(f"Schedule takes a scheduler with a step(), and {type(scheduler).__name__} has none")
        needs = [
            p.name
            for p in inspect.signature(scheduler.step).parameters.values()
            if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
        if needs and metric is None:
            raise TypeError(
                f"{type(scheduler).__name__}.step takes {needs[0]!r}, the value of a metric; "
                "write Schedule(scheduler, metric='validation_loss')"
            )
        self.scheduler, self.when, self.metric = scheduler, when or Every(epochs=1), metric

    def check(self, trainer: Trainer) -> None:
        if self.metric is not None:
            trainer.check_name(self.metric)
            if getattr(self.scheduler, "mode", "max") == "min" and trainer.mode_of(self.metric) == "max":
                raise ValueError(
                    f"Schedule: {self.metric} is better when it is higher, and this {type(self.scheduler).__name__} waits for it "
                    "to become lower; write mode='max'"
                )

    def __call__(self, trainer: Trainer) -> None:
        if self.metric is None:
            self.scheduler.step()
        elif trainer.history:
            self.scheduler.step(trainer.history[-1][self.metric])

    def state_dict(self) -> dict[str, Any]:
        if not hasattr(self.scheduler, "state_dict"):
            return {}
        return {"kind": type(self.scheduler).__name__, "state": self.scheduler.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        kind = type(self.scheduler).__name__
        if state and state["kind"] != kind:  # two schedules may have names of their settings in common
            raise ValueError(f"its schedule was a {state['kind']}, and this one is a {kind}")
        if state and hasattr(self.scheduler, "load_state_dict"):
            self.scheduler.load_state_dict(state["state"])


class ClipGradients(Extension):
    """Between backward pass and update: g ← g min(1, max_norm / ‖g‖) over all parameters, or every |gᵢ| at most max_value.

    Source: Goodfellow, Bengio and Courville, *Deep Learning*, section 10.11.1.
    """

    def __init__(self, max_norm: float | None = None, *, max_value: float | None = None) -> None:
        limit = max_value if max_norm is None else max_norm
        if (max_norm is None) == (max_value is None) or limit is None or not limit > 0:
            raise ValueError("ClipGradients takes max_norm= or max_value=, a number above 0, and only one of them")
        self.max_norm, self.max_value = max_norm, max_value

    def gradients(self, trainer: Trainer) -> None:
        params = [p for group in trainer.optimizer.param_groups for p in group["params"]]
        if self.max_norm is not None:
            nn.utils.clip_grad_norm_(params, self.max_norm)
        elif self.max_value is not None:
            nn.utils.clip_grad_value_(params, self.max_value)


class Average(Extension):
    """Keeps an average of the weights: calls `averaged.update_parameters(model)`, after every step unless `when` says else.

    averaged   a model of averages, such as an AveragedModel; its state is kept
    """

    def __init__(self, averaged: Any, when: Callable[[Trainer], bool] | None = None) -> None:
        if not callable(getattr(averaged, "update_parameters", None)):
            raise TypeError(
                f"Average takes an object with update_parameters(model); {type(averaged).__name__} has none"
            )
        self.averaged, self.when = averaged, when or Every(steps=1)

    def __call__(self, trainer: Trainer) -> None:
        self.averaged.update_parameters(trainer.model)

    def state_dict(self) -> dict[str, Any]:
        return self.averaged.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.averaged.load_state_dict(state)


def extension_of(given: Any) -> Extension:
    """The extension that is meant: itself, a schedule of what has a `step`, or a call of a function."""
    if isinstance(given, Extension):
        return given
    if isinstance(given, type):
        raise TypeError(f"an extension is an object and not a class; write {given.__name__}(...)")
    if callable(getattr(given, "step", None)):
        return Schedule(given)
    if callable(given):
        return Call(given)
    raise TypeError(
        f"an extension is an Extension, a function of the trainer, or a scheduler with a step(); not a {type(given).__name__}"
    )
