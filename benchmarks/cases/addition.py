"""One recorded `a + b` of four floats: what an operation costs before any arithmetic is done."""

from itertools import repeat

import numpy as np

from benchmarks.measure import Case

TIMES = 1000  # additions in a step, so that calling the step does not count
x, y = np.linspace(0, 1, 4, dtype=np.float32), np.linspace(1, 2, 4, dtype=np.float32)


def additions(a, b):
    def step():
        for _ in repeat(None, TIMES):
            a + b

    return step, lambda: [a + b]


def chainrule():
    import autograd

    return additions(autograd.tensor(x, requires_grad=True), autograd.tensor(y, requires_grad=True))


def pytorch():
    import torch

    return additions(torch.tensor(x, requires_grad=True), torch.tensor(y, requires_grad=True))


def numpy():
    return additions(x, y)


CASES = [
    Case(
        "add",
        "a recorded a + b of 4 floats; numpy: np.add, nothing recorded",
        {"chainrule": chainrule, "pytorch": pytorch, "numpy": numpy},
        per=TIMES,
    )
]
