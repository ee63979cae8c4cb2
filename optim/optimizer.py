"""Optimizer: what all optimizers share, so that one of them is two short methods.

    start(p)                       the state of a parameter, as arrays: {"velocity": np.zeros_like(p)}
    update(p, g, state, *, lr, …)  one step: changes p and the state, which are raw arrays; g is not to be changed

The base class goes through the groups and their parameters, keeps and saves the state, and hands both methods the
settings of the group that their signatures name, as plain numbers. A setting with the default None is left out while it is
0 or False, so that nothing need be computed with it. Two more can be asked for: `step`, the number of this update of the
parameter, from 1; and `first`, whether it is the first.

Three settings mean the same in every optimizer that has them in its defaults, and are applied here, to the g and the p
that `update` gets:

    maximize                      -g takes the place of g
    weight_decay λ                g + λ θ takes the place of g, the gradient of a penalty ½ λ θ²
    decoupled_weight_decay        θ ← θ - η λ θ comes first, and g stays as it is

An `update` that asks for one of them applies it itself.

Most optimizers treat every number alike, whichever parameter it belongs to, and say so: `elementwise = True`. Then small
parameters are joined: their values move into one array, one after the other, of which each parameter keeps a view, and one
`update` serves them all. A step costs as many calls of NumPy as `update` makes, and not as many for each parameter. Large
parameters stay where they are and are updated piece by piece, so that what `update` computes on the way is small enough to
stay in the processor's cache, and needs no new memory.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from operator import is_
from sys import getrefcount
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from autograd import Tensor, enable_grad, modes, reach

from . import traced

JOINED = 16384  # a parameter of more numbers stands alone: copying its gradient would cost more than the calls saved
PIECE = 65536  # about how many numbers are updated at once
FORGET = 32  # updates after which what has faded is set to 0: arithmetic with numbers near 1e-38 is slow
DISRUPTIONS = 8  # how often joined parameters may turn out not to have gradients together, before all stand alone
PLAIN = frozenset([float, int, bool])
COMMON = frozenset(["maximize", "weight_decay", "decoupled_weight_decay"])  # what is done alike in all optimizers

Array = np.ndarray[Any, Any]
State = dict[str, Any]


class Slot:
    """What an optimizer keeps of one parameter: its state, and how many updates it has had.

    While the parameter is joined with others, both are kept there, for all of them together.
    """

    def __init__(self, p: Tensor) -> None:
        if not isinstance(p._data, np.ndarray):
            p._data = np.array(p._data)
        if not p._data.flags.writeable:
            raise ValueError(
                f"the values of a parameter of shape {p.shape} stand in read-only memory; write p.data = p.numpy().copy()"
            )
        self.p = p
        self.own: State = {}
        self.own_count = 0
        self.joint: Joint | None = None
        self.span = slice(0)
        self.shape, self.dtype = p.shape, p.dtype
        self.started_with: frozenset[str] | None = None

    @property
    def count(self) -> int:
        return self.own_count if self.joint is None else self.own_count + self.joint.done

    @property
    def state(self) -> State:
        if self.joint is None:
            return self.own
        return {
            name: kept[self.span].reshape(self.shape) if isinstance(kept, np.ndarray) else kept
            for name, kept in self.joint.state.items()
        }

    def leave(self) -> None:
        """Stand alone again, on the same memory."""
        self.own, self.own_count, self.joint = self.state, self.count, None

    def follow(self) -> Array:
        """The present values of the parameter; the state takes their dtype, if it has been changed."""
        values: Array = self.p._data
        if values.shape != self.shape:
            raise ValueError(
                f"a parameter had shape {self.shape} at its first update and has {values.shape} now, which the optimizer's state "
                "does not fit; make a new optimizer"
            )
        if values.dtype != self.dtype:
            self.dtype = values.dtype
            for name, kept in self.own.items():
                if isinstance(kept, np.ndarray) and kept.dtype.kind == "f":
                    self.own[name] = kept.astype(values.dtype)
        return values


class Joint:
    """Parameters that are updated together: `values` holds those of all, one after the other."""

    def __init__(self, slots: list[Slot], values: Array) -> None:
        self.slots, self.values = slots, values
        self.gradient = np.empty_like(values)
        self.done = 0  # updates since they were joined
        self.state = {
            name: np.concatenate([slot.own[name].reshape(-1) for slot in slots])
            if isinstance(kept, np.ndarray)
            else kept
            for name, kept in slots[0].own.items()
        }
        self.members: list[tuple[Tensor, Array]] = []
        end = 0
        for slot in slots:
            start, end = end, end + slot.p._data.size
            slot.span = slice(start, end)
            slot.p._data = values[start:end].reshape(slot.shape)  # the same values as before
            slot.own, slot.joint = {}, self
            self.members.append((slot.p, slot.p._data))

    @property
    def count(self) -> int:
        return self.slots[0].count  # where `update` asks for it, it is the same for all

    def gather(self) -> bool:
        """Put the gradients of the parameters into `gradient`; False if one has none, or other values than before."""
        gradients = []
        for p, view in self.members:
            node = p._made
            if node is None or node.grad is None or p._data is not view:
                return False
            gradients.append(node.grad._data.ravel())
        np.concatenate(gradients, out=self.gradient)
        return True

    def dissolve(self) -> None:
        for slot in self.slots:
            slot.leave()


class Plan:
    """How a group is updated: some parameters joined, some alone, some not at all while they have no gradient."""

    def __init__(self, params: list[Tensor], settings: dict[str, Any], joints: list[Joint], alone: list[Slot]) -> None:
        self.params, self.asked = list(params), frozenset(settings)
        self.joints, self.alone = joints, alone
        busy = {slot.p for joint in joints for slot in joint.slots} | {slot.p for slot in alone}
        self.idle = [p for p in params if p not in busy]

    def holds(self, params: list[Tensor], settings: dict[str, Any]) -> bool:
        """Whether it is made for these parameters and settings, and none of the idle ones has got a gradient."""
        return (
            len(params) == len(self.params)
            and all(map(is_, params, self.params))
            and settings.keys() == self.asked
            and not any(map(_has_gradient, self.idle))
        )

    def gather(self) -> bool:
        """Put the gradients of joined parameters side by side; False if some of these are to be joined anew, or not at all."""
        gathered = [joint.gather() for joint in self.joints]  # all of them, also after one that fails
        return all(gathered)


class Optimizer:
    """The base of optimizers: parameter groups, state, saving. The head of this file says how to write one.

    >>> class Momentum(Optimizer):
    ...     elementwise = True
    ...     def __init__(self, params, lr, momentum=0.9):
    ...         super().__init__(params, {"lr": lr, "momentum": momentum})
    ...     def start(self, p):
    ...         return {"velocity": np.zeros_like(p)}
    ...     def update(self, p, g, state, *, lr, momentum):
    ...         v = state["velocity"]
    ...         v *= momentum
    ...         v -= lr * g
    ...         p += v
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = Momentum([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([0.8, 1.6], requires_grad=True)

    `params` are the Tensors to change, leaves all of them, pairs of a name and a Tensor, or groups, {"params": [...], "lr": ...}, with settings of their
    own; `defaults` are the settings of groups that do not say otherwise. TypeError and ValueError say what is wrong.
    """

    elementwise: ClassVar[bool] = False
    fading: ClassVar[
        tuple[str, ...]
    ] = ()  # state that fades while gradients are 0, and whose least numbers do not matter
    not_negative: ClassVar[tuple[str, ...]] = ()  # settings of its own that must be numbers, 0 or more
    remark: ClassVar[str] = ""  # what `explain` cannot see
    defaults: dict[str, Any]
    param_groups: list[dict[str, Any]]

    def __init__(self, params: Any, defaults: Mapping[str, Any]) -> None:
        name = type(self).__name__
        self.defaults = dict(defaults)
        self.param_groups = []
        self._slots: dict[Tensor, Slot] = {}
        self._plans: dict[int, Plan] = {}  # by the place of the group
        self._disruptions = 0
        self._update_asks = self._asked_by(self.update, 3)
        self._start_asks = self._asked_by(self.start, 1)
        self._common = dict.fromkeys((COMMON & self.defaults.keys()) - self._update_asks.keys(), True)
        if "decoupled_weight_decay" in self._common:
            self._common["lr"] = True
        if isinstance(params, Tensor | np.ndarray):
            raise TypeError(
                f"{name} takes a list of parameters, not a single {type(params).__name__}; write {name}([p], ...)"
            )
        if isinstance(params, Mapping):
            raise TypeError(
                f"{name} takes a list of parameters or of groups, not a mapping; write {name}([group], ...)"
            )
        groups = self._listed(params)
        if not groups:
            raise ValueError(
                f"{name} got no parameters; write {name}(model.parameters(), ...), and note that what parameters() returns "
                "can be gone through only once: params = list(model.parameters()) can be used again"
            )
        for group in groups if isinstance(groups[0], Mapping) else [{"params": groups}]:
            self.add_param_group(group)

    def start(self, p: Any, *args: Any, **settings: Any) -> State:
        """The state of a parameter with these values before its first update: arrays of its shape and numbers, by name."""
        return {}

    def update(self, p: Any, g: Any, state: State, *args: Any, **settings: Any) -> None:
        """Change p by its gradient g, in place, and the state with it."""
        raise NotImplementedError(f"{type(self).__name__} has no update(self, p, g, state, *, lr, ...)")

    def check(self, group: Mapping[str, Any]) -> None:
        """ValueError for settings that make no sense. An optimizer adds what it knows to what is said here."""
        kind = type(self).__name__
        for name in ("lr", "eps", "weight_decay", "momentum", *self.not_negative):
            if name in group and not _is_number(group[name]):
                raise TypeError(f"{kind}: {name} is a number, such as 0.1, and not {group[name]!r}")
            if name in group and not group[name] >= 0:
                raise ValueError(f"{kind}: {name} must not be negative, and is {group[name]}")
        betas = group.get("betas", (0, 0))
        if np.shape(betas) != (2,) or not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"{kind}: betas are two numbers in [0, 1), such as (0.9, 0.999), and not {betas}")

    # --- Groups ---

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Change these parameters too: {"params": [...], "lr": ...}, with the defaults for what is not given."""
        if not isinstance(param_group, Mapping) or "params" not in param_group:
            found = (
                f"one with {', '.join(map(repr, param_group))}"
                if isinstance(param_group, Mapping)
                else _shown(param_group)
            )
            raise TypeError(f"a group is a mapping such as {{'params': [...], 'lr': 0.1}}, not {found}")
        params = param_group["params"]
        if isinstance(params, set | frozenset):
            raise TypeError("parameters need an order that is the same in every run; give a list, not a set")
        params = [params] if isinstance(params, Tensor) else self._listed(params)
        names = [p[0] for p in params if isinstance(p, tuple) and len(p) == 2 and isinstance(p[0], str)]
        if names:
            if len(names) < len(params):
                raise ValueError(
                    "some parameters have names and some have none; give model.named_parameters() or parameters()"
                )
            params = [p for _, p in params]
        taken = {p for group in self.param_groups for p in group["params"]}
        for i, p in enumerate(params):
            self._check_parameter(p, i, taken)
            taken.add(p)
        group = {"params": params, **self.defaults, **{k: v for k, v in param_group.items() if k != "params"}}
        if names:
            group["param_names"] = names
        self.check(group)
        self.param_groups.append(group)

    def _listed(self, params: Any) -> list[Any]:
        if hasattr(params, "parameters"):
            raise TypeError(
                f"{type(self).__name__} takes parameters, and not the {type(params).__name__} that has them; "
                "write model.parameters()"
            )
        try:
            return list(params)
        except TypeError:
            raise TypeError(
                f"{type(self).__name__} takes a list of parameters, such as model.parameters(), and not {_shown(params)}"
            ) from None

    def _check_parameter(self, p: Any, i: int, taken: set[Tensor]) -> None:
        if not isinstance(p, Tensor):
            advice = "; write model.parameters()" if hasattr(p, "parameters") else ""
            raise TypeError(f"{type(self).__name__}: parameters are Tensors, and number {i} is {_shown(p)}{advice}")
        if not p.is_leaf:
            raise ValueError(
                f"{type(self).__name__}: parameter {i}, of shape {p.shape}, is not a leaf but the result of {p.node.op.name}: "
                "what it was computed from would not change with it. Give that instead, "
                "or make it a leaf: p = p.detach().requires_grad_()"
            )
        if p in taken:
            raise ValueError(
                f"{type(self).__name__}: parameter {i}, of shape {p.shape}, is listed twice, in one group or in two; "
                "list every parameter once"
            )

    def _asked_by(self, method: Callable[..., Any], given: int) -> dict[str, bool]:
        """{setting: whether it is left out while it is 0} for the parameters of a method after the first `given`."""
        parameters = list(inspect.signature(method).parameters.values())[given:]
        asked = {p.name: p.default is None for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
        if any(p.kind is p.VAR_KEYWORD for p in parameters):
            asked = dict.fromkeys(self.defaults, False) | asked
        for p in list(inspect.signature(method).parameters.values())[:given]:
            if p.name in self.defaults:
                own = "self, p, g, state" if given == 3 else "self, p"
                raise TypeError(
                    f"{type(self).__name__}.{method.__name__} takes the setting {p.name!r} too early; "
                    f"write {method.__name__}({own}, *, {p.name})"
                )
        for name in asked.keys() - self.defaults.keys() - {"step", "first"}:
            raise TypeError(
                f"{type(self).__name__}.{method.__name__} asks for {name!r}, but the settings are {', '.join(self.defaults)}; "
                "a new setting needs a value in the defaults"
            )
        return asked

    def _settings(self, group: Mapping[str, Any], asked: Mapping[str, bool]) -> dict[str, Any]:
        settings = {}
        for name, optional in asked.items():
            if name in group:  # all but `step` and `first`
                value = group[name]
                if value.__class__ not in PLAIN:
                    value = _plain(value)
                if value or not optional:
                    settings[name] = value
        return settings

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, so that the next backward starts from nothing; or fill them with zeros."""
        tracer = modes.innermost("trace") if modes.entered else None
        for group in self.param_groups:
            for p in group["params"]:
                node = p._made
                if tracer is not None and node is not None:
                    tracer.touch_grad(node)
                if node is not None and node.grad is not None:
                    node.grad = None if set_to_none else Tensor(np.zeros(p.shape, p.dtype))

    # --- Steps ---

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient. Returns what `closure` returned.

        `closure`, if given, is called first: it is to call zero_grad and backward, and to return the loss.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        if modes.entered and (tracer := modes.innermost("trace")) is not None:
            traced.step(self, tracer)
        elif modes.entered and (profile := modes.innermost("profile")) is not None:
            profile.step(f"{type(self).__name__}.step", self._step)
        else:
            self._step()
        return loss

    def _step(self) -> None:
        changed: list[Any] = []
        for place, group in enumerate(self.param_groups):
            settings = self._settings(group, self._update_asks)
            common = self._settings(group, self._common)
            plan = self._plans.get(place)
            if plan is None or not plan.holds(group["params"], settings):
                plan = self._plans[place] = self._new_plan(group, settings)
            if not plan.gather():
                self._disruptions += 1
                plan = self._plans[place] = self._new_plan(group, settings)
                plan.gather()
            for joint in plan.joints:
                joint.done += 1
                self._update(joint.values, joint.gradient, joint.state, settings, common, joint.count)
                changed.append(joint.values)
            for slot in plan.alone:
                node = slot.p._made
                if node is not None and node.grad is not None:
                    values = slot.follow()
                    slot.own_count += 1
                    self._update(values, node.grad._data, slot.own, settings, common, slot.own_count)
                    changed.append(values)
        if changed:
            reach.wrote(*changed)

    def _update(
        self, p: Any, g: Any, state: State, settings: dict[str, Any], common: Mapping[str, Any], count: int
    ) -> None:
        """`_change`, piece by piece where there is much to do and the pieces do not depend on each other."""
        if count % FORGET == 0:
            self._forget(p, state)
        self._number(settings, count)
        if p.size <= PIECE or not self.elementwise:
            self._change(p, g, state, settings, common)
            return
        arrays = {name: kept for name, kept in state.items() if isinstance(kept, np.ndarray)}
        if not all(a.flags.c_contiguous for a in (p, g, *arrays.values())):
            self._change(p, g, state, settings, common)
            return
        p, g = p.reshape(-1), g.reshape(-1)
        flat = {name: array.reshape(-1) for name, array in arrays.items()}
        pieces = -(-p.size // PIECE)
        size = -(-p.size // pieces)
        for start in range(0, p.size, size):
            piece = slice(start, start + size)
            given = {name: array[piece] for name, array in flat.items()}
            result = state | given
            self._change(p[piece], g[piece], result, settings, common)
            for name, array in given.items():
                if result[name] is not array:  # update made a new one
                    array[...] = result[name]
        state.update({name: kept for name, kept in result.items() if name not in arrays})

    def _forget(self, p: Any, state: State) -> None:
        for name in self.fading:
            if name in state:
                state[name] *= np.absolute(state[name]) >= 64 * np.finfo(p.dtype).tiny

    def _advance(self, kept: Slot | Joint) -> None:
        """Count an update that a program has made."""
        if isinstance(kept, Joint):
            kept.done += 1
        else:
            kept.own_count += 1
        if (kept.count + 1) % FORGET == 0:
            values, state = (kept.values, kept.state) if isinstance(kept, Joint) else (kept.p._data, kept.own)
            self._forget(values, state)

    def _change(self, p: Any, g: Any, state: State, settings: Mapping[str, Any], common: Mapping[str, Any]) -> None:
        """`update`, after what all optimizers do alike."""
        if common:
            g = self._prepared(p, g, common)
        if self.update(p, g, state, **settings) is not None:  # type: ignore[func-returns-value]
            raise TypeError(
                f"{type(self).__name__}.update returned something, and is to change p in place: write p -= ..., and no return"
            )

    def _prepared(self, p: Any, g: Any, common: Mapping[str, Any]) -> Any:
        """The gradient that `update` gets, after a decay of p."""
        if "maximize" in common:
            g = -g
        if "weight_decay" in common:
            if "decoupled_weight_decay" in common:
                p *= 1 - common.get("lr", 0) * common["weight_decay"]
            else:
                g = g + common["weight_decay"] * p
        return g

    def _number(self, settings: dict[str, Any], count: int) -> None:
        """Add what says how many updates there have been, this one included, where `update` asks for it."""
        if "step" in self._update_asks:
            settings["step"] = count
        if "first" in self._update_asks:
            settings["first"] = count == 1

    def _new_plan(self, group: Mapping[str, Any], settings: dict[str, Any]) -> Plan:
        active = [self._slots.get(p) or Slot(p) for p in group["params"] if _has_gradient(p)]
        listed = {p for group in self.param_groups for p in group["params"]}
        self._slots = {p: slot for p, slot in self._slots.items() if p in listed} | {slot.p: slot for slot in active}
        for slot in active:
            if slot.joint is not None:
                slot.joint.dissolve()
            self._start(slot, group, frozenset(settings))
        families: dict[Any, list[Slot]] = {}
        for slot in active:
            if self.elementwise and slot.p.size <= JOINED and self._disruptions <= DISRUPTIONS:
                state = tuple((name, None if isinstance(kept, np.ndarray) else kept) for name, kept in slot.own.items())
                age = slot.count if "step" in self._update_asks else min(slot.count, 1)
                families.setdefault((slot.p.dtype, age, state), []).append(slot)
        joints = [joint for family in families.values() for joint in _joined(family)]
        return Plan(group["params"], settings, joints, [slot for slot in active if slot.joint is None])

    def _start(self, slot: Slot, group: Mapping[str, Any], asked: frozenset[str]) -> None:
        """Give a slot the state that it lacks for these settings."""
        values = slot.follow()
        if slot.started_with == asked:
            return
        state = self.start(values, **self._settings(group, self._start_asks))
        for name, kept in state.items() if self.elementwise else ():
            if getattr(kept, "shape", None) != values.shape and not isinstance(kept, int | float):
                raise ValueError(
                    f"{type(self).__name__}.start: the state of an elementwise optimizer is numbers and arrays of the parameter's "
                    f"shape, {values.shape}, and {name!r} is {_shown(kept)}; write np.zeros_like(p), or elementwise = False"
                )
        slot.own, slot.started_with = state | slot.own, asked

    def explain(self, parameter: Tensor | None = None, index: Any = None) -> str:
        """What `step()` would now do to one number, written out with its numbers; nothing is changed.

        parameter  one of the parameters; by default the first that has a gradient
        index      which of its numbers; by default the one with the largest gradient

        ValueError without a gradient or for a parameter of none of the groups; IndexError for an index that is not there;
        TypeError where a step does not treat every number by itself, as in LAMB, Muon and L-BFGS.

        >>> x = Tensor([1.0, -3.0], requires_grad=True)
        >>> optimizer = optim.Momentum([x], lr=0.1, momentum=0.9)
        >>> (x * x).sum().backward()
        >>> optimizer.explain()
        Momentum, update 1 of parameter 0, at [1]
          η = 0.1, μ = 0.9
          g = −6, θ = −3, v = 0
          v ← μ v − η g
            = 0.9 · 0 − 0.1 · (−6)
            = 0.6
          θ ← θ + v
            = −3 + 0.6
            = −2.4
        """
        from .explaining import explain

        kind = type(self).__name__
        if not self.elementwise:
            raise TypeError(
                f"explain() writes out what happens to a single number, and {kind} steps by whole parameters"
            )
        params = [(p, group, i) for group in self.param_groups for i, p in enumerate(group["params"])]
        if parameter is None:
            parameter = next((p for p, _, _ in params if _has_gradient(p)), None)
        if not isinstance(parameter, Tensor | None):
            raise TypeError(
                f"explain() takes one of the parameters, such as model[0].weight, and not {_shown(parameter)}"
            )
        if parameter is None or not _has_gradient(parameter):
            raise ValueError("explain() needs a gradient: call loss.backward() first, and explain() before zero_grad()")
        found = next(((group, i) for p, group, i in params if p is parameter), None)
        if found is None:
            raise ValueError(f"explain(): the parameter of shape {parameter.shape} is in no group of this {kind}")
        group, number = found
        values, g = parameter._data, parameter.node.grad._data
        if index is None and g.size:
            index = np.unravel_index(int(np.argmax(np.abs(g))), g.shape)
        place = tuple(index) if isinstance(index, tuple | list) else (index,)
        try:
            place = tuple(range(size)[i] for i, size in zip(place, g.shape, strict=True))
        except (IndexError, TypeError, ValueError):
            raise IndexError(
                f"explain(): the index of one number of a parameter of shape {g.shape} has {g.ndim} whole numbers within these sizes, "
                f"and is not {index}"
            ) from None
        settings = self._settings(group, self._update_asks)
        slot = self._slots.get(parameter)
        state = self.start(values, **self._settings(group, self._start_asks)) | (slot.state if slot else {})
        count = (slot.count if slot else 0) + 1
        self._number(settings, count)
        names = group.get("param_names")
        which = f"parameter {number}" if names is None else str(names[number])
        where = f", at [{', '.join(map(str, place))}]" if place else ""
        return explain(
            self,
            values[place],
            g[place],
            {name: kept[place] if isinstance(kept, np.ndarray) else kept for name, kept in state.items()},
            settings,
            self._settings(group, self._common),
            f"{kind}, update {count} of {which}{where}{self.remark}",
        )

    # --- State, and saving it ---

    @property
    def state(self) -> Mapping[Tensor, Mapping[str, Any]]:
        """{parameter: {name: Tensor}}, what is kept of each parameter that has been updated, on the optimizer's memory.

        To be read: entries are replaced by `load_state_dict`, and Tensors changed in place.
        """
        return MappingProxyType({p: MappingProxyType(self._shown_state(slot)) for p, slot in self._slots.items()})

    def _shown_state(self, slot: Slot) -> dict[str, Any]:
        return {"step": slot.count} | {name: _as_tensors(value) for name, value in slot.state.items()}

    def state_dict(self) -> dict[str, Any]:
        """{"state": {0: {...}, 1: {...}}, "param_groups": [{"lr": ..., "params": [0, 1]}]}: all but the parameters.

        Parameters are numbered through all groups. Arrays are Tensors on the optimizer's memory: `copy.deepcopy` keeps the
        present ones.
        """
        numbers = {p: i for i, p in enumerate(p for group in self.param_groups for p in group["params"])}
        return {
            "state": {
                numbers[p]: self._shown_state(slot) for p, slot in self._slots.items() if p in numbers and slot.state
            },
            "param_groups": [
                {**{k: v for k, v in group.items() if k != "params"}, "params": [numbers[p] for p in group["params"]]}
                for group in self.param_groups
            ],
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over settings and state, copied, from what `state_dict` returned, here or in PyTorch.

        ValueError if groups, their sizes or shapes differ; then nothing has been changed.
        """
        parts = isinstance(state_dict, Mapping) and (state_dict.get("state"), state_dict.get("param_groups"))
        if not parts or not isinstance(parts[0], Mapping) or not _are_groups(parts[1]):
            raise ValueError(
                "load_state_dict takes what state_dict() returns: a mapping with 'state' and 'param_groups', a list of mappings "
                "with 'params'"
            )
        sizes = [len(group["params"]) for group in self.param_groups]
        given = [len(group["params"]) for group in state_dict["param_groups"]]
        if sizes != given:
            raise ValueError(
                f"load_state_dict: this {type(self).__name__} has groups of {sizes} parameters, the saved one of {given}; "
                "make it with the same groups first"
            )
        groups = [
            {**ours, **{name: _settled(value) for name, value in theirs.items() if name != "params"}}
            for ours, theirs in zip(self.param_groups, state_dict["param_groups"])
        ]
        slots = {}
        for group, saved in zip(groups, state_dict["param_groups"]):
            self.check(group)
            for number, p in zip(saved["params"], group["params"]):
                if number in state_dict["state"]:
                    slots[p] = self._loaded(p, group, number, state_dict["state"][number])
        self.param_groups, self._slots, self._plans = groups, slots, {}

    def _loaded(self, p: Tensor, group: Mapping[str, Any], number: Any, saved: Mapping[str, Any]) -> Slot:
        slot = Slot(p)
        switched_on = {name: True for name, optional in self._start_asks.items() if optional}  # now, or once
        fresh = self.start(p._data, **switched_on | self._settings(group, self._start_asks))
        kept = {name: _settled(value, p.dtype) for name, value in saved.items() if name != "step" and value is not None}
        for name, value in kept.items() if self.elementwise else ():
            if name not in fresh:
                raise ValueError(
                    f"load_state_dict: parameter {number} has {name!r}, which is no state of {type(self).__name__} "
                    f"({', '.join(fresh) or 'it has none'}); the state is of another optimizer"
                )
            if isinstance(fresh[name], int | float):
                kept[name] = np.asarray(value).item()
            elif np.shape(value) != p.shape:
                raise ValueError(
                    f"load_state_dict: {name!r} of parameter {number} has shape {np.shape(value)}, the parameter {p.shape}; "
                    "the state is of another model"
                )
        slot.own = kept
        slot.own_count = int(saved.get("step", len(kept) > 0))  # without a number, no longer the first update
        return slot

    def __getstate__(self) -> dict[str, Any]:
        slots = {}
        for p, slot in self._slots.items():
            kept = slots[p] = Slot(p)
            kept.own_count, kept.started_with = slot.count, slot.started_with
            kept.own = slot.state
        return {**self.__dict__, "_slots": slots, "_plans": {}}

    def __repr__(self) -> str:
        lines = []
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {name}: {value}" for name, value in sorted(group.items()) if "param" not in name]
        return f"{type(self).__name__} (\n" + "\n".join(lines) + "\n)"


def _joined(family: list[Slot]) -> Iterator[Joint]:
    """Joints of parameters that nobody else holds the array of, whose values move; and of those that are neighbours already."""
    movable = [slot for slot in family if _sole(slot.p)]
    if len(movable) > 1:
        yield Joint(movable, np.concatenate([slot.p._data.ravel() for slot in movable]))
    run: list[Slot] = []
    for slot in [slot for slot in family if slot not in movable]:
        if run and not _follows(slot.p._data, run[-1].p._data):
            yield from _neighbours(run)
            run = []
        run.append(slot)
    yield from _neighbours(run)


def _neighbours(run: list[Slot]) -> Iterator[Joint]:
    if len(run) > 1:
        start, base = _place(run[0].p._data), run[0].p._data.base
        yield Joint(run, base[start : _place(run[-1].p._data) + run[-1].p._data.size])


def _follows(b: Array, a: Array) -> bool:
    """Whether a and b are views of one flat array, b right behind a."""
    base = a.base
    return (
        isinstance(base, np.ndarray)
        and base is b.base
        and base.ndim == 1
        and base.dtype == a.dtype == b.dtype
        and base.flags.c_contiguous
        and a.flags.c_contiguous
        and b.flags.c_contiguous
        and _place(b) == _place(a) + a.size
    )


def _place(view: Array) -> int:
    """Where in its flat base a view begins."""
    assert view.base is not None
    return (view.ctypes.data - view.base.ctypes.data) // view.itemsize


def _sole(p: Tensor) -> bool:
    """Whether nobody else can see the values of a parameter, so that they may move: no view, no other holder."""
    return p._data.base is None and getrefcount(p._data) == 2  # p, and this question


def _has_gradient(p: Tensor) -> bool:
    return p._made is not None and p._made.grad is not None


def _plain(value: Any) -> Any:
    """A setting as a Python number, which leaves the dtype of arrays alone; inside tuples too."""
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    if isinstance(value, np.generic | np.ndarray | Tensor) and value.size == 1:
        return value.item()
    return value


def _as_tensors(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_tensors(part) for part in value]
    return Tensor._make(value, None) if isinstance(value, np.ndarray) else value


def _settled(value: Any, dtype: Any = None) -> Any:
    """A copy of a saved value without Tensors, neither ours nor PyTorch's; arrays of floats take the dtype."""
    if isinstance(value, list | tuple):
        return type(value)(_settled(part, dtype) for part in value)
    if not hasattr(value, "detach") and not isinstance(value, np.ndarray):
        return value
    array = np.asarray(value.detach() if hasattr(value, "detach") else value)
    if dtype is None and array.size == 1:
        return array.item()
    return array.astype(dtype if dtype is not None and array.dtype.kind == "f" else array.dtype)


def _are_groups(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(group, Mapping) and "params" in group for group in value)


def _is_number(value: Any) -> bool:
    return isinstance(_plain(value), int | float)


def _shown(value: Any) -> str:
    shape = f" of shape {value.shape}" if hasattr(value, "shape") else ""
    return f"a {type(value).__name__}{shape}"
