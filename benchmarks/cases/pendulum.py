"""A damped pendulum, θ″ = -k sin θ - c θ′, by 1,000 Runge-Kutta steps, and the gradient of θ(0), k and c.

A plain Python loop over vectors of two floats, written as a user would; only the library that gives `stack` and `sin`
differs. The same loop compiled, and written as a scan that is compiled: as NumPy's backend runs it, and by numba.
"""

import numpy as np

from benchmarks.measure import Case

STEPS, H = 1000, 0.01
WARMING = 20  # calls after which the loop has been compiled


def advance(lib, y, k, c):
    def slope(y):
        return lib.stack([y[1], -k * lib.sin(y[0]) - c * y[1]])

    k1 = slope(y)
    k2 = slope(y + H / 2 * k1)
    k3 = slope(y + H / 2 * k2)
    k4 = slope(y + H * k3)
    return y + H / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def simulate(lib, angle, k, c):
    y = lib.stack([angle, lib.zeros_like(angle)])
    for _ in range(STEPS):
        y = advance(lib, y, k, c)
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


def compiled(simulate, numba):
    """A step of the compiled gradient, with numba or without it."""
    import autograd

    values = [np.array(value) for value in (1.2, 9.81, 0.3)]
    function = autograd.compile(autograd.value_and_grad(lambda *p: (simulate(np, *p) ** 2).sum(), argnums=(0, 1, 2)))

    autograd.use_numba(numba)  # in this process, which is the engine's own

    def step():
        return function(*values)

    for _ in range(WARMING if numba else 1):
        step()
    return step, lambda: list(step()[1])


def through_scan(lib, angle, k, c):
    import autograd

    start = lib.stack([angle, lib.zeros_like(angle)])
    return autograd.scan(lambda y, _: (advance(lib, y, k, c), None), start, length=STEPS)[0]


def pytorch_gradient():
    step, results = pytorch()
    return step, lambda: results()[1:]


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
    ),
    *[
        Case(
            f"pendulum-{name}",
            f"the gradient of the same pendulum, {what}",
            {"chainrule": lambda loop=loop, numba=numba: compiled(loop, numba), "pytorch": pytorch_gradient},
            target=target,
            tolerance=1e-9,
            rounds=9,
        )
        for name, what, loop, numba, target in (
            ("compiled", "the Python loop compiled", simulate, False, 0.1),
            ("scan", "through scan", through_scan, False, 0.04),
            ("scan-numba", "through scan, with numba", through_scan, True, 0.002),
        )
    ],
]
