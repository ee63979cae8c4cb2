"""LRScheduler: what all schedules share, so that one of them is one short formula.

A schedule is a multiplier f(k), a function of the number k of its steps. The setting begins as η₀ f(0), and each step makes it

    η ← η f(k) / f(k - 1)

so that schedules of the same setting multiply, and a change by hand stays. A schedule whose values are given outright
overrides `following` instead, or `get_lr`, PyTorch's way.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from autograd import modes

from ..optimizer import Optimizer, _is_number

PAIRED = {"beta1": 0, "beta2": 1}  # settings that are parts of `betas`


def read(group: Mapping[str, Any], setting: str) -> Any:
    return group["betas"][PAIRED[setting]] if setting in PAIRED else group[setting]


def write(group: dict[str, Any], setting: str, value: Any) -> None:
    if setting in PAIRED:
        betas = list(group["betas"])
        betas[PAIRED[setting]] = value
        group["betas"] = tuple(betas)
    else:
        group[setting] = value


def once_per_run(step: Callable[..., None]) -> Callable[..., None]:
    """A method that, while it is traced, is not called but noted: to be called at the end of every run of the program."""

    @functools.wraps(step)
    def method(self: Any, *args: Any, **options: Any) -> None:
        tracer = modes.innermost("trace") if modes.entered else None
        if tracer is None:
            step(self, *args, **options)
        else:
            tracer.finally_call(lambda: step(self, *args, **options))

    return method


class LRScheduler:
    """The base of schedules.

    optimizer   whose groups are changed
    last_epoch  the number of steps done, less one, to go on from there; -1 begins
    setting     what is scheduled: "lr", "momentum", "weight_decay", "beta1", "beta2", or another number of the groups
    groups      the places of the groups that are changed; None for all

    `step()` comes after the optimizer's. Both could be called after every minibatch or every epoch: k counts the calls.
    What was begun with is kept in the groups, as `initial_lr`, and read when `last_epoch` is given. Groups that are added to
    the optimizer later join with what they have then, unless the schedule was given values for each group.

    TypeError for what is no optimizer; ValueError for a setting that a group lacks or that is no number, for groups that are
    not there, or for `last_epoch` without a beginning. The first step gives a UserWarning if the optimizer has not made one.

    >>> class Halved(LRScheduler):
    ...     def multiplier(self, k):
    ...         return 0.5**k
    >>> optimizer = optim.SGD([Tensor([1.0], requires_grad=True)], lr=0.8)
    >>> schedule, rates = Halved(optimizer), []
    >>> for _ in range(3):
    ...     optimizer.param_groups[0]["params"][0].sum().backward()
    ...     optimizer.step()
    ...     rates.append(optimizer.param_groups[0]["lr"])
    ...     schedule.step()
    >>> rates
    [0.8, 0.4, 0.2]
    """

    floor = 0.0  # what the multiplier leaves alone: η - floor is multiplied
    of_each_group = False  # whether it holds something for each group that one added later would lack
    saved_without = frozenset({"optimizer", "setting", "groups"})

    def __init__(
        self,
        optimizer: Optimizer,
        last_epoch: int = -1,
        *,
        setting: str = "lr",
        groups: Iterable[int] | None = None,
    ) -> None:
        kind = type(self).__name__
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{kind}: the first argument is an optimizer, not a {type(optimizer).__name__}")
        self.optimizer, self.setting = optimizer, setting
        count = len(optimizer.param_groups)
        self.groups = None if groups is None else [groups] if isinstance(groups, int) else list(groups)
        if not all(isinstance(i, int) and -count <= i < count for i in self.groups or ()):
            raise ValueError(f"{kind}: groups are places from 0 to {count - 1}, and not {self.groups}")
        name = f"initial_{setting}"
        for group in self._groups():
            if (setting if setting not in PAIRED else "betas") not in group:
                raise ValueError(
                    f"{kind}: {type(optimizer).__name__} has no setting {setting!r}; its settings are {', '.join(optimizer.defaults)}"
                )
            if not _is_number(read(group, setting)):
                advice = "; write 'beta1' or 'beta2'" if setting == "betas" else ""
                raise ValueError(f"{kind}: the setting {setting!r} is not one number, which could be scheduled{advice}")
            if last_epoch != -1 and name not in group:
                raise ValueError(
                    f"{kind}: last_epoch={last_epoch} goes on from a beginning that should be kept in the groups as {name!r}, and "
                    "is not; load the optimizer's state first, or begin with last_epoch=-1"
                )
        self.base_lrs: list[Any] = []
        self._join()
        self.last_epoch = last_epoch
        self._begin()

    def _groups(self) -> list[dict[str, Any]]:
        groups = self.optimizer.param_groups
        return groups if self.groups is None else [groups[i] for i in self.groups]

    def _join(self) -> None:
        """Begin with groups that are new."""
        groups = self._groups()
        if self.of_each_group and 0 < len(self.base_lrs) < len(groups):
            raise ValueError(
                f"{type(self).__name__} was made for {len(self.base_lrs)} groups, with values for each, and the optimizer has "
                f"{len(groups)} now; make the schedule anew, after add_param_group"
            )
        for group in groups[len(self.base_lrs) :]:
            self.base_lrs.append(group.setdefault(f"initial_{self.setting}", read(group, self.setting)))

    # --- What a schedule says of itself ---

    def multiplier(self, k: int) -> float:
        """f(k)."""
        raise NotImplementedError(f"{type(self).__name__} has no multiplier(self, k)")

    def following(self, k: int, now: float, base: float) -> float:
        """The setting after step k, given that before it and that of the beginning."""
        before = self.multiplier(k - 1)
        if before == 0:  # nothing is left that could be multiplied
            return now + (self.given(k, base) - self.given(k - 1, base))
        return self.floor + (now - self.floor) * (self.multiplier(k) / before)

    def given(self, k: int, base: float) -> float:
        """The setting after step k, whatever it was before."""
        return self.floor + (base - self.floor) * self.multiplier(k)

    def get_lr(self) -> list[Any]:
        """The settings after step `last_epoch`, one for each group."""
        values = [read(group, self.setting) for group in self._groups()]
        if self._step_count <= 1:
            if self.last_epoch > 0:
                return values
            return [self.given(0, now) for now in values]
        return [self.following(self.last_epoch, now, base) for now, base in zip(values, self.base_lrs)]

    # --- Steps ---

    def get_last_lr(self) -> list[Any]:
        """The settings as the last step left them, one for each group."""
        return self._last_lr

    @once_per_run
    def step(self, epoch: int | None = None) -> None:
        """Go on by one step; or, given a number of steps, to what the formula says there."""
        if self._step_count == 1 and not self.optimizer._slots:
            warnings.warn(
                "the schedule's step() was called before the optimizer's, so that the first value is never used; "
                "call optimizer.step() first",
                stacklevel=3,
            )
        self._join()
        self._step_count += 1
        if epoch is None:
            self.last_epoch += 1
            self._set(self.get_lr())
        else:
            self._go_to(epoch)

    def _begin(self) -> None:
        self._step_count = 1
        self.last_epoch += 1
        self._set(self.get_lr())

    def _forget(self) -> None:
        """Back to before the beginning."""
        for group in self._groups():
            write(group, self.setting, group[f"initial_{self.setting}"])
        self.last_epoch = -1

    def _go_to(self, k: int) -> None:
        self.last_epoch = k
        outright = type(self).get_lr is not LRScheduler.get_lr
        self._set(self.get_lr() if outright else [self.given(k, base) for base in self.base_lrs])

    def _set(self, values: list[Any]) -> None:
        for group, value in zip(self._groups(), values, strict=True):
            write(group, self.setting, value)
        self._note()

    def _note(self) -> None:
        self._last_lr = [read(group, self.setting) for group in self._groups()]

    # --- State ---

    def state_dict(self) -> dict[str, Any]:
        """All that it holds but the optimizer and functions, under PyTorch's names."""
        return {
            name: value for name, value in vars(self).items() if name not in self.saved_without and not callable(value)
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` returned, here or in PyTorch; what only the other one keeps is left out.

        The settings themselves are in the state of the optimizer. ValueError for the state of another kind of schedule;
        then nothing has been changed.
        """
        self._join()
        kind, own = type(self).__name__, self.state_dict()
        missing = [name for name in own if name not in state_dict and not name.startswith("_")]
        if missing:
            raise ValueError(
                f"load_state_dict: the state is of another schedule than {kind}; it lacks {', '.join(missing)}"
            )
        if len(state_dict.get("base_lrs", own.get("base_lrs", ()))) != len(own.get("base_lrs", ())):
            raise ValueError(
                f"load_state_dict: the saved {kind} has {len(state_dict['base_lrs'])} groups, and this one {len(own['base_lrs'])}"
            )
        vars(self).update({name: value for name, value in state_dict.items() if name in own})
