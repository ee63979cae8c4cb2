"""All that a run is at one moment, as a nest that `autograd.save` can write; and a run put back to it."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import nn

from .extension import Extension
from .history import History
from .randomness import check_states, set_states, states
from .sources import batches_in, samples_in

if TYPE_CHECKING:
    from .trainer import Trainer


def state_of(trainer: Trainer) -> dict[str, Any]:
    """The state on the memory of its owners; `save` or `copy.deepcopy` keeps it."""
    model = trainer.model
    kept = model.state_dict()
    extensions = {}
    for name, extension in by_name(trainer.extensions).items():
        own = extension.state_dict()
        trigger = extension.when.state_dict() if hasattr(extension.when, "state_dict") else {}
        if own or trigger:
            extensions[name] = {"own": own, "when": trigger}
    return {
        "model": {
            "kind": type(model).__name__,
            "state": kept,
            "buffers": {name: buffer for name, buffer in model.named_buffers() if name not in kept},
            "frozen": [name for name, p in model.named_parameters() if not p.requires_grad],
        },
        "optimizer": {"kind": type(trainer.optimizer).__name__, "state": trainer.optimizer.state_dict()},
        "loss": trainer.loss.state_dict() if isinstance(trainer.loss, nn.Module) else {},
        "progress": {
            "epoch": trainer.epoch,
            "steps": trainer.steps,
            "position": trainer.position,
            "samples": samples_in(trainer.batches),
            "batches": batches_in(trainer.batches),
            "stopped": trainer.stopped,
            "history": list(trainer.history),
        },
        "tally": trainer.tally.state_dict(),
        "random": {"now": states(trainer.generators), "epoch": trainer.epoch_began},
        "extensions": extensions,
    }


def by_name(extensions: Iterable[Extension]) -> dict[str, Extension]:
    """{"Call": ..., "Call 2": ...}: one more of another class changes no name."""
    named: dict[str, Extension] = {}
    for extension in extensions:
        kind = type(extension).__name__
        number = 1 + sum(type(other).__name__ == kind for other in named.values())
        named[f"{kind} {number}" if number > 1 else kind] = extension
    return named


def put_back(trainer: Trainer, saved: Mapping[str, Any], told: str) -> None:
    """Make the trainer what it was. ValueError if the state is that of something else; then nothing has changed."""
    try:
        _check(trainer, saved)
    except ValueError as error:
        raise ValueError(f"{told} does not fit this run: {error}; nothing has been changed") from None
    before = copy.deepcopy(state_of(trainer))
    try:
        _load(trainer, saved)
    except BaseException as error:
        _load(trainer, before)
        if isinstance(error, KeyError | TypeError | ValueError | RuntimeError):
            raise ValueError(f"{told} does not fit this run: {error}; nothing has been changed") from error
        raise


def _load(trainer: Trainer, saved: Mapping[str, Any]) -> None:
    model, progress = saved["model"], saved["progress"]
    trainer.model.load_state_dict(model["state"])
    buffers = dict(trainer.model.named_buffers())
    for name, values in model["buffers"].items():
        buffers[name].data[...] = values
    for name, p in trainer.model.named_parameters():
        p.requires_grad_(name not in model["frozen"])
    trainer.optimizer.load_state_dict(saved["optimizer"]["state"])
    if isinstance(trainer.loss, nn.Module):
        trainer.loss.load_state_dict(saved["loss"])
    for name, extension in by_name(trainer.extensions).items():
        state = saved["extensions"].get(name)
        if state is not None:
            extension.load_state_dict(state["own"])
            if hasattr(extension.when, "load_state_dict"):
                extension.when.load_state_dict(state["when"])
    trainer.tally.load_state_dict(saved["tally"])
    trainer.epoch, trainer.steps = progress["epoch"], progress["steps"]
    trainer.position, trainer.stopped = progress["position"], progress["stopped"]
    trainer.history = History(copy.deepcopy(progress["history"]))
    trainer.epoch_began = saved["random"]["epoch"]
    set_states(trainer.generators, saved["random"]["now"])


def _check(trainer: Trainer, saved: Mapping[str, Any]) -> None:
    if not isinstance(saved, Mapping) or not {"model", "optimizer", "progress", "random"} <= saved.keys():
        raise ValueError("it was not written by a trainer's Checkpoints")
    ours = state_of(trainer)
    for part in ("model", "optimizer"):
        kind, theirs = ours[part]["kind"], saved[part]["kind"]
        if kind != theirs:
            raise ValueError(f"its {part} is of the class {theirs}, and this one of {kind}")
    here, there = ours["model"]["state"], saved["model"]["state"]
    for name in [*here, *there]:
        a, b = (f"{x[name].dtype} {x[name].shape}" if name in x else "missing" for x in (here, there))
        if a != b:
            raise ValueError(
                f"it is of another model: its {name} is {b}, and that of this {ours['model']['kind']} is {a}"
            )
    for part in ("tally", "extensions"):
        names, were = (list(state[part]["metrics"] if part == "tally" else state[part]) for state in (ours, saved))
        if names != were:
            what = "metrics" if part == "tally" else "extensions with a state"
            raise ValueError(
                f"its run had the {what} {', '.join(were) or '-'}, and this one has {', '.join(names) or '-'}"
            )
    samples, were = ours["progress"]["samples"], saved["progress"]["samples"]
    if samples != were:
        raise ValueError(f"its training set had {were} samples, and this one has {samples}")
    batches, were = ours["progress"]["batches"], saved["progress"]["batches"]
    if saved["progress"]["position"] and batches != were:
        raise ValueError(
            f"it was written in the middle of an epoch of {were} batches, and here an epoch has {batches}; give the same batch_size"
        )
    check_states(trainer.generators, saved["random"]["now"])
