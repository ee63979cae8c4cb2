"""Exercise `momentum`: an optimizer that keeps a velocity for each parameter."""

from __future__ import annotations

from typing import Any

import numpy as np

from .exercise import Exercise, Wrong, apart, expect, same

SKELETON = '''\
"""Momentum (*Deep Learning*, algorithm 8.2).

    v ← μ v - η g
    θ ← θ + v

A parameter has an array `data` and an array `grad` of its shape, or None, where it got no gradient: it is then left alone.
Parameters are changed in place: others hold the same array.
"""

import numpy as np


class Momentum:
    def __init__(self, parameters, lr, momentum):
        raise NotImplementedError

    def step(self):
        raise NotImplementedError
'''

RATE, MOMENTUM = 0.1, 0.9


class Parameter:
    def __init__(self, data: Any, dtype: Any = float) -> None:
        self.data = np.array(data, dtype)
        self.grad: np.ndarray | None = None


def run(work: Any, starts: Any, gradients: Any, momentum: float = MOMENTUM) -> list[Parameter]:
    parameters = [Parameter(start) for start in starts]
    optimizer = work(parameters, lr=RATE, momentum=momentum)
    for step in gradients:
        for parameter, g in zip(parameters, step):
            parameter.grad = None if g is None else np.array(g, float)
        optimizer.step()
    return parameters


def path(start: Any, gradients: Any, momentum: float = MOMENTUM) -> np.ndarray:
    """Where a parameter goes, by the two lines of the task: `optim` stands above this package."""
    theta, v = np.array(start, float), np.zeros_like(start, float)
    for g in gradients:
        if g is not None:
            v = momentum * v - RATE * np.asarray(g)
            theta = theta + v
    return theta


def first(work: Any) -> None:
    """The first step goes down the gradient."""
    (p,) = run(work, [[1.0, -2.0]], [[[0.5, 1.0]]])
    expect("θ after one step", p.data, path([1.0, -2.0], [[0.5, 1.0]]), "v begins as 0; against the gradient")


def later(work: Any) -> None:
    """Later steps go on with the velocity."""
    gs = [[0.5, 1.0], [-1.0, 0.25], [0.0, 0.0], [2.0, -3.0]]
    (p,) = run(work, [[1.0, -2.0]], [[g] for g in gs])
    expect(
        "θ after four steps",
        p.data,
        path([1.0, -2.0], gs),
        "v keeps μ of itself from step to step; -η g is not multiplied by 1 - μ",
    )


def without(work: Any) -> None:
    """With μ = 0 it is gradient descent."""
    gs = [[1.0], [-3.0]]
    (p,) = run(work, [[1.0]], [[g] for g in gs], 0.0)
    expect("θ after two steps with μ = 0", p.data, path([1.0], gs, 0.0), "v ← μ v - η g")


def own(work: Any) -> None:
    """Each parameter has its own velocity, in its own shape, even if several are alike."""
    starts = [[1.0, 1.0], [1.0, 1.0], [[2.0], [3.0]], 0.5]
    gs = [[[1.0, 0.0], [0.0, 1.0], [[1.0], [-1.0]], 2.0], [[0.0, 1.0], [5.0, 1.0], [[0.0], [2.0]], -1.0]]
    for i, p in enumerate(run(work, starts, gs)):
        expect(
            f"parameter {i} after two steps",
            p.data,
            path(starts[i], [g[i] for g in gs]),
            "one velocity for each, not one for all",
        )


def apart_from_others(work: Any) -> None:
    """Two optimizers share nothing."""
    run(work, [[1.0]], [[[5.0]], [[5.0]]])
    (p,) = run(work, [[1.0]], [[[1.0]]])
    expect(
        "θ after one step of a second optimizer",
        p.data,
        path([1.0], [[1.0]]),
        "state belongs to self: no class attribute, no default list",
    )


def no_gradient(work: Any) -> None:
    """A parameter whose gradient is None is left alone, and so is its velocity."""
    gs = [[1.0], None, [2.0]]
    p, q = run(work, [[1.0], [2.0]], [[g, [1.0]] for g in gs])
    expect("θ after a gradient, None, and a gradient", p.data, path([1.0], gs), "None is not 0: nothing moves")
    expect("the parameter behind it", q.data, path([2.0], [[1.0]] * 3), "the others go on")


def in_place(work: Any) -> None:
    """The parameter's array is changed, and no other put in its place; gradients stay as they are."""
    p = Parameter([1.0, 2.0])
    array, p.grad = p.data, np.array([1.0, 1.0])
    work([p], lr=RATE, momentum=MOMENTUM).step()
    if p.data is not array:
        raise Wrong(
            "p.data is another array after the step\nhint: whoever holds the old one no longer sees the parameter; p.data += …"
        )
    same("the gradient", p.grad, np.ones(2), "it belongs to backward")


def gradient_reused(work: Any) -> None:
    """A gradient's array may be filled with others for the next step."""
    p = Parameter([1.0, 2.0])
    p.grad = np.array([1.0, -1.0])
    optimizer = work([p], lr=RATE, momentum=MOMENTUM)
    optimizer.step()
    p.grad[:] = [0.5, 3.0]
    optimizer.step()
    apart("the gradient and the parameter", p.data, p.grad, "make a new array")
    wanted = path([1.0, 2.0], [[1.0, -1.0], [0.5, 3.0]])
    expect(
        "θ after two steps with one array of gradients",
        p.data,
        wanted,
        "keep no gradient itself as a velocity, but a copy",
    )


def dtype(work: Any) -> None:
    """float32 stays float32."""
    p = Parameter([1.0, 2.0], np.float32)
    p.grad = np.ones(2, np.float32)
    work([p], lr=RATE, momentum=MOMENTUM).step()
    expect(
        "θ of float32 after a step",
        p.data,
        np.array([0.9, 1.9], np.float32),
        "np.zeros_like(p.data) has the parameter's dtype",
    )


def generator(work: Any) -> None:
    """Parameters may come from a generator, which gives them once."""
    p = Parameter([1.0])
    optimizer = work((each for each in [p]), lr=RATE, momentum=MOMENTUM)
    for _ in range(2):
        p.grad = np.ones(1)
        optimizer.step()
    expect("θ after two steps", p.data, path([1.0], [[1.0], [1.0]]), "make a list of them")


LAWS = first, later, without, own, apart_from_others, no_gradient, in_place, gradient_reused, dtype, generator
EXERCISE = Exercise("momentum", "Momentum", SKELETON, LAWS)
