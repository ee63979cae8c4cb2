"""Schedules made of schedules: one after another, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Any

from ..optimizer import Optimizer
from .plateau import ReduceLROnPlateau
from .scheduler import LRScheduler, once_per_run


class _Combined(LRScheduler):
    saved_without = LRScheduler.saved_without | {"_schedulers"}

    def _take(self, optimizer: Optimizer | None, schedulers: Iterable[LRScheduler]) -> None:
        kind = type(self).__name__
        self._schedulers = list(schedulers)
        if not self._schedulers:
            raise ValueError(f"{kind} needs at least one schedule")
        self.optimizer = self._schedulers[0].optimizer if optimizer is None else optimizer
        self.setting, self.groups = self._schedulers[0].setting, self._schedulers[0].groups
        for i, schedule in enumerate(self._schedulers):
            if isinstance(schedule, ReduceLROnPlateau):
                raise ValueError(
                    f"{kind}: number {i} is a ReduceLROnPlateau, whose step needs a metric; call it by itself"
                )
            if schedule.optimizer is not self.optimizer:
                raise ValueError(f"{kind}: number {i}, a {type(schedule).__name__}, is of another optimizer")

    def _join(self) -> None: ...  # each of its schedules does

    def _anew(self, epoch: int | None) -> bool:
        if epoch:
            raise ValueError(f"{type(self).__name__} goes on by one step at a time; write step()")
        if epoch == 0:
            self._begin()
        return epoch == 0

    def state_dict(self) -> dict[str, Any]:
        """The states of the schedules, and how far this one has come."""
        return {**super().state_dict(), "_schedulers": [schedule.state_dict() for schedule in self._schedulers]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        saved = state_dict.get("_schedulers", ())
        if len(saved) != len(self._schedulers):
            raise ValueError(
                f"load_state_dict: the saved {type(self).__name__} has {len(saved)} schedules, and this one {len(self._schedulers)}"
            )
        before = self.state_dict()
        try:
            for schedule, state in zip(self._schedulers, saved):
                schedule.load_state_dict(state)
            super().load_state_dict({name: value for name, value in state_dict.items() if name != "_schedulers"})
        except ValueError:
            for schedule, state in zip(self._schedulers, before["_schedulers"]):
                schedule.load_state_dict(state)
            raise


class SequentialLR(_Combined):
    """One schedule after another: the next one begins anew at each milestone.

    schedulers  made for this optimizer, in their order
    milestones  the steps at which the next one begins, one fewer than schedules

    >>> from optim.lr_scheduler import ExponentialLR, LinearLR
    >>> optimizer = optim.SGD([Tensor([1.0], requires_grad=True)], lr=1.0)
    >>> warm_up, later = LinearLR(optimizer, 0.25, total_iters=3), ExponentialLR(optimizer, 0.5)
    >>> schedule, rates = SequentialLR(optimizer, [warm_up, later], milestones=[3]), []
    >>> for _ in range(6):
    ...     optimizer.param_groups[0]["params"][0].sum().backward()
    ...     optimizer.step()
    ...     rates += schedule.get_last_lr()
    ...     schedule.step()
    >>> rates
    [0.25, 0.5, 0.75, 1.0, 0.5, 0.25]
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: Iterable[LRScheduler], milestones: Iterable[int], last_epoch: int = -1
    ) -> None:
        self._take(optimizer, schedulers)
        self._milestones = list(milestones)
        if len(self._milestones) != len(self._schedulers) - 1:
            raise ValueError(
                f"SequentialLR: {len(self._schedulers)} schedules need {len(self._schedulers) - 1} milestones between them, and "
                f"there are {len(self._milestones)}"
            )
        if self._milestones != sorted(self._milestones):
            raise ValueError(
                f"SequentialLR: milestones are numbers of steps in ascending order, and not {self._milestones}"
            )
        self._step_count, self.last_epoch = 1, last_epoch + 1
        self._restart()

    def _restart(self) -> None:
        """Undo what the schedules did when they were made, and begin the first one."""
        for schedule in self._schedulers:
            schedule._forget()
        self._schedulers[0]._begin()
        self._last_lr = self._schedulers[0].get_last_lr()

    def _forget(self) -> None:
        for schedule in self._schedulers:
            schedule._forget()
        self.last_epoch = -1

    def _begin(self) -> None:
        self.last_epoch, self._step_count = 0, 1
        self._restart()

    @once_per_run
    def step(self, epoch: int | None = None) -> None:
        """Go on by one step; or, given 0, begin anew."""
        if self._anew(epoch):
            return
        self.last_epoch += 1
        place = bisect_right(self._milestones, self.last_epoch)
        schedule = self._schedulers[place]
        if place > 0 and self._milestones[place - 1] == self.last_epoch:
            schedule.step(0)
        else:
            schedule.step()
        self._last_lr = schedule.get_last_lr()


class ChainedScheduler(_Combined):
    """All schedules at once, one behind the other in each step; their factors multiply.

    >>> from optim.lr_scheduler import ConstantLR, ExponentialLR
    >>> optimizer = optim.SGD([Tensor([1.0], requires_grad=True)], lr=1.0)
    >>> ChainedScheduler([ConstantLR(optimizer, 0.1, total_iters=2), ExponentialLR(optimizer, 0.9)]).get_last_lr()
    [0.1]
    """

    def __init__(self, schedulers: Iterable[LRScheduler], optimizer: Optimizer | None = None) -> None:
        self._take(optimizer, schedulers)
        self._note()

    def _forget(self) -> None:
        for schedule in self._schedulers:
            schedule._forget()

    def _begin(self) -> None:
        self._forget()
        for schedule in self._schedulers:
            schedule._begin()
        self._note()

    @once_per_run
    def step(self, epoch: int | None = None) -> None:
        """Go on by one step with each; or, given 0, begin anew."""
        if self._anew(epoch):
            return
        for schedule in self._schedulers:
            schedule.step()
        self._note()
