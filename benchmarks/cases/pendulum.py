"""A damped pendulum, θ″ = -k sin θ - c θ′, by 1,000 Runge-Kutta steps, and the gradient of θ(0), k and c.

A plain Python loop over vectors of two floats, written as a user would; only the library that gives `stack` and `sin`
differs.
"""

import numpy as np

from benchmarks.measure import Case

STEPS, H = 1000, 0.01


def simulate(lib, angle, k, c):
    def slope(y):
        return lib.stack([y[1], -k * lib.sin(y[0]) - c * y[1]])

    y = lib.stack([angle, lib.zeros_like(angle)])
    for _ in range(STEPS):
        k1 = slope(y)
        k2 = slope(y + H / 2 * k1)
        k3 = slope(y + H / 2 * k2)
        k4 = slope(y + H * k3)
        y = y + H / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y


def gradient(lib, tensor):
    parameters = [tensor(np.array(value), requires_grad=True) for value in (1.2, 9.81, 0.3)]

    def step():
        for p in parameters:
            p.grad = None
        y = simulate(lib, *parameters)
        (y**2).sum().backward()

    return step, lambda: [simulate(lib, *parameters), *(p.grad for p in parameters)]


def chainrule():
    import autograd

    return gradient(np, autograd.tensor)


def pytorch():
    import torch

    return gradient(torch, torch.tensor)


CASES = [
    Case(
        "pendulum",
        "1,000 Runge-Kutta steps of a damped pendulum, float64, and the gradient of 3 parameters",
        {"chainrule": chainrule, "pytorch": pytorch},
        target=0.6,
        tolerance=1e-9,
        rounds=9,
    )
]
