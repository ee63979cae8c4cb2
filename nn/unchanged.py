"""A block in which a model may be run: behind it everything is as it was, also after an error."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import autograd
from autograd import modes

from .modules.module import Module, _own_buffers


@contextmanager
def modes_kept(model: Module) -> Iterator[None]:
    """Every part of the model is in train or eval mode behind this block as it was before it."""
    found = [(module, module.training, "training" in vars(module)) for module in model.modules()]
    try:
        yield
    finally:
        for module, training, own in found:
            module.training = training
            if not own:
                vars(module).pop("training", None)
        modes.settings[0] += 1


@contextmanager
def unchanged(model: Module) -> Iterator[None]:
    """Modes, buffers and random states are behind this block what they were before it: the global ones and those of the layers."""
    buffers = [
        (module, name, buffer, np.array(buffer.detach()))
        for module in model.modules()
        for name, buffer in _own_buffers(module)
    ]
    held = [
        part for module in model.modules() for part in vars(module).values() if isinstance(part, np.random.Generator)
    ]
    generators: dict[int, Any] = {id(g): g for g in (autograd.default_generator(), *held)}
    states = [(g.bit_generator, g.bit_generator.state) for g in generators.values()]
    numpy, python = np.random.get_state(), random.getstate()  # noqa: NPY002 - the global one
    try:
        with modes_kept(model):
            yield
    finally:
        for generator, state in states:
            generator.state = state
        np.random.set_state(numpy)  # noqa: NPY002
        random.setstate(python)
        for module, name, buffer, values in buffers:
            module.__dict__[name] = buffer
            if not np.array_equal(buffer.detach(), values, equal_nan=values.dtype.kind == "f"):
                buffer.data[...] = values


def evaluate(model: Module) -> None:
    """Evaluation mode for every part, whatever the parts make of `eval()`."""
    for module in model.modules():
        module.__dict__["training"] = False
    modes.settings[0] += 1
