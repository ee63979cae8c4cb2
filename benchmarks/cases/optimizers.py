"""Steps of optimizers: alone on a hundred parameters, and in the training step of `digits`, each optimizer that PyTorch has too."""

from dataclasses import replace
from functools import partial

import numpy as np

from benchmarks.cases.training import DIGITS, chainrule, pytorch
from benchmarks.measure import Case

COUNT, SIZE = 100, 1000


def steps(tensor, optim, **settings):
    rng = np.random.default_rng(0)
    parameters = [tensor(rng.normal(size=SIZE).astype("f4"), requires_grad=True) for _ in range(COUNT)]
    for p in parameters:
        (p * p).sum().backward()
    optimizer = optim.Adam(parameters, lr=1e-5, **settings)
    return optimizer.step, lambda: parameters


def ours():
    import autograd
    import optim

    return steps(autograd.tensor, optim)


def foreach():
    import torch

    return steps(torch.tensor, torch.optim, foreach=True)


KINDS = ["SGD", "AdamW", "Adamax", "NAdam", "RAdam", "Adagrad", "RMSprop", "Adadelta", "Rprop", "ASGD"]


def case(kind):
    problem = replace(DIGITS, optimizer=kind)
    engines = {"chainrule": partial(chainrule, problem), "pytorch": partial(pytorch, problem)}
    return Case(f"digits-{kind.lower()}", f"`digits` with {kind}", engines, 0.6)


CASES = [
    Case(
        "adam-step",
        f"step of Adam on {COUNT} parameters of {SIZE} floats; PyTorch's with foreach=True",
        {"chainrule": ours, "pytorch": foreach},
        0.5,
    ),
    *map(case, KINDS),
]
