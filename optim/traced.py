"""A step of an optimizer while it is traced: `update` as it stands, called with Tensors in place of arrays.

Settings, and the numbers of updates, are read anew in every run of the program. Joined parameters are one Tensor on the memory
that they share; afterwards each of them is a part of what `update` made of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import Tensor, modes, no_grad

if TYPE_CHECKING:
    from .optimizer import Joint, Optimizer, Plan, Slot


def step(optimizer: Optimizer, tracer: Any) -> None:
    """What `Optimizer.step` does with gradients that are there."""
    with no_grad():
        for place, group in enumerate(optimizer.param_groups):
            plan, settings, common = _planned(optimizer, tracer, place, group)
            for joint in plan.joints:
                g = np.concatenate([np.reshape(_gradient(p), -1) for p, _ in joint.members])
                p = _joined(tracer, joint)
                _update(optimizer, tracer, joint, p, g, settings, common)
                for slot in joint.slots:
                    tracer.rebind(slot.p, np.reshape(p[slot.span], slot.shape))
                tracer.notes[joint] = _variables(tracer, joint)
            for slot in plan.alone:
                if slot.p.grad is not None:
                    slot.follow()
                    _update(optimizer, tracer, slot, slot.p, slot.p.grad, settings, common)


def _gradient(p: Any) -> Any:
    if p.grad is None:
        raise modes.TraceError(
            f"a parameter of shape {p.shape} that is updated together with others has no gradient here; call optimizer.step() "
            "after backward()"
        )
    return p.grad


def _planned(optimizer: Optimizer, tracer: Any, place: int, group: dict[str, Any]) -> tuple[Plan, Any, Any]:
    """The plan of a group, and its settings as numbers that are read anew; what a program cannot follow is guarded."""
    asked, optional = optimizer._update_asks, optimizer._common
    now, shared = optimizer._settings(group, asked), optimizer._settings(group, optional)
    plan = optimizer._plans.get(place)
    if plan is None or not plan.holds(group["params"], now):
        plan = optimizer._plans[place] = optimizer._new_plan(group, now)
    fixed = [(name, value) for name, value in (now | shared).items() if isinstance(value, bool)]
    left_out = [
        (name, name in given)
        for asks, given in ((asked, now), (optional, shared))
        for name, may in asks.items()
        if may and name in group
    ]
    plans, params, count = optimizer._plans, group["params"], len(group["params"])

    def holds() -> bool:
        if optimizer._plans is not plans or plans.get(place) is not plan or group["params"] is not params:
            return False
        for name, used in left_out:  # what is 0 is not given to `update`
            if bool(group[name]) is not used:
                return False
        for name, value in fixed:
            if group[name] != value:
                return False
        return len(params) == count and optimizer.param_groups[place] is group

    tracer.guards.append(holds)
    read = {name: _read(tracer, group, name, value) for name, value in (now | shared).items()}
    return plan, {name: read[name] for name in now}, {name: read[name] for name in shared}


def _read(tracer: Any, group: dict[str, Any], name: str, value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, tuple):
        return tuple(tracer.number(name, lambda i=i: float(group[name][i])) for i in range(len(value)))
    return tracer.number(name, lambda: group[name] if group[name].__class__ is float else float(group[name]))


def _variables(tracer: Any, joint: Joint) -> list[Any]:
    return [tracer.variable(p) for p, _ in joint.members]


def _joined(tracer: Any, joint: Joint) -> Any:
    """The values of joined parameters as one Tensor; put together anew if the block has changed one by itself."""
    p = tracer.of_array(joint.values)
    now = _variables(tracer, joint)
    if joint in tracer.notes:
        same = tracer.notes[joint] == now
    else:
        same = not any(id(member) in tracer.changed for member, _ in joint.members)
    if not same:
        tracer.rebind(p, np.concatenate([np.reshape(member.detach(), -1) for member, _ in joint.members]))
    return p


def _update(optimizer: Optimizer, tracer: Any, kept: Joint | Slot, p: Any, g: Any, settings: Any, common: Any) -> None:
    own = kept.state if kept.__class__.__name__ == "Joint" else kept.own  # type: ignore[union-attr]
    state = {name: _state(tracer, own, name, value) for name, value in own.items()}
    before = dict(state)
    settings = settings | _counts(optimizer, tracer, kept)
    optimizer._change(p, g, state, settings, common)
    for name, value in state.items():
        if isinstance(value, Tensor) and value is not before[name]:
            tracer.rebind(before[name], value)
        elif value is not before[name]:
            tracer.notes[id(own), name] = value
            tracer.finally_call(lambda value, name=name: own.__setitem__(name, value), value)
    tracer.finally_call(lambda: optimizer._advance(kept))


def _state(tracer: Any, own: dict[str, Any], name: str, value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return tracer.of_array(value)
    if isinstance(value, int | float):
        known = tracer.notes.get((id(own), name))
        return tracer.number(name, lambda: own[name]) if known is None else known
    raise modes.TraceError(
        f"the state {name!r} of an optimizer is a {type(value).__name__}, which a program cannot follow"
    )


def _counts(optimizer: Optimizer, tracer: Any, kept: Joint | Slot) -> dict[str, Any]:
    """`step` and `first` for an update that asks for them."""
    given: dict[str, Any] = {}
    earlier = tracer.notes[kept, "updates"] = tracer.notes.get((kept, "updates"), 0) + 1
    if "step" in optimizer._update_asks:
        given["step"] = tracer.number("step", lambda: kept.count + earlier)
    if "first" in optimizer._update_asks:
        given["first"] = _First(tracer, kept, earlier)
    return given


class _First:
    """Whether this is the first update. Who asks gets another program for the others."""

    def __init__(self, tracer: Any, kept: Joint | Slot, earlier: int) -> None:
        self.tracer, self.kept, self.earlier = tracer, kept, earlier

    def __bool__(self) -> bool:
        now = self.kept.count + self.earlier == 1
        self.tracer.guards.append(lambda: (self.kept.count + self.earlier == 1) == now)
        return now
