"""micrograd's demonstration: two moons, a network of scalars 2-16-16-1, max-margin loss, one full-batch step.

Network and loss are written for any class of recorded numbers, so all engines run the very same code. As a flat tape, the graph
is made once and then run again on the parameters' new values; compiling its loops is no part of a step.
"""

import random
from itertools import pairwise

import numpy as np

from benchmarks.measure import Case

SAMPLES, SIZES, LEARNING_RATE = 100, (2, 16, 16, 1), 1e-3


def moons():
    """Points of two interleaved half circles, with some noise, and their labels -1 and 1."""
    rng = np.random.default_rng(1)
    t = np.linspace(0, np.pi, SAMPLES // 2)
    upper, lower = np.stack([np.cos(t), np.sin(t)], 1), np.stack([1 - np.cos(t), 0.5 - np.sin(t)], 1)
    points = np.concatenate([upper, lower]) + rng.normal(0, 0.1, (SAMPLES, 2))
    return points.tolist(), [-1] * (SAMPLES // 2) + [1] * (SAMPLES // 2)


def train(Value, tape=None, zero=0.0):
    rng = random.Random(0)
    layers = [
        [([Value(rng.uniform(-1, 1)) for _ in range(n)], Value(0.0)) for _ in range(m)] for n, m in pairwise(SIZES)
    ]
    parameters = [p for layer in layers for weights, bias in layer for p in (*weights, bias)]
    points, labels = moons()
    losses = [None]

    def score(point):
        x = [Value(coordinate) for coordinate in point]
        for layer in layers:
            x = [sum((w * xi for w, xi in zip(weights, x, strict=True)), bias) for weights, bias in layer]
            if layer is not layers[-1]:
                x = [xi.relu() for xi in x]
        return x[0]

    def objective():
        margins = [(1 + -label * score(point)).relu() for point, label in zip(points, labels, strict=True)]
        return sum(margins) * (1.0 / SAMPLES) + 1e-4 * sum(p * p for p in parameters)

    replayed = tape and tape(objective())

    def step():
        if replayed is None:
            loss = objective()
            losses[0] = loss.data
        else:
            loss = replayed
            losses[0] = loss.forward()
        for p in parameters:
            p.grad = zero
        loss.backward()
        for p in parameters:
            p.data -= LEARNING_RATE * p.grad

    return step, lambda: [losses[0], *(p.grad for p in parameters)]


def chainrule():
    from autograd import Scalar

    return train(Scalar)


def tape():
    from autograd import Scalar
    from autograd.compiler import Tape

    return train(Scalar, Tape)


def pytorch():
    import torch

    def value(number):
        return torch.tensor(number, dtype=torch.float64, requires_grad=True)

    return train(value, zero=None)


def micrograd():
    from micrograd.engine import Value

    return train(Value)


CASES = [
    Case(
        "moons",
        "Scalar on micrograd's two moons: 2-16-16-1, 100 samples, a full-batch step",
        {"chainrule": chainrule, "micrograd": micrograd},
        target=1 / 12,
        reference="micrograd",
        tolerance=1e-9,
        rounds=9,
    ),
    Case(
        "moons_tape",
        "the same step as a flat tape, run by one loop",
        {"chainrule": tape, "pytorch": pytorch},
        target=0.005,
        tolerance=1e-9,
        rounds=5,
    ),
]
