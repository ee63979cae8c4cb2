"""The steps of other cases, compiled: traced once and replayed. Their times as multiples of PyTorch's eager ones."""

from functools import partial

import numpy as np

from benchmarks.cases import convolution, mixture, recurrent, training, transformer, transforms
from benchmarks.measure import Case, compiled

TARGETS = {
    "xor": 0.13,
    "digits": 0.20,
    "mlp": 0.45,
    "lenet": 0.95,
    "cnn": 0.85,
    "gpt": 0.53,
    "lstm": 1.1,
    "mixture": 0.35,
    "hvp": 0.15,
}


def case(known):
    engines = {
        "chainrule": partial(compiled, known.engines["chainrule"]),
        "eager": known.engines["chainrule"],
        "pytorch": known.engines["pytorch"],
    }
    return Case(
        f"{known.name}-compiled",
        f"`{known.name}`, compiled",
        engines,
        TARGETS[known.name],
        tolerance=max(known.tolerance, 1e-4) if known.name != "mixture" else 1e-7,
    )


# --- The Hessian of the 100-dimensional Rosenbrock function ---


def rosenbrock(x):
    return (100.0 * (x[1:] - x[:-1] ** 2.0) ** 2.0 + (1 - x[:-1]) ** 2.0).sum()


def hessian(compiles):
    import autograd

    x, f = np.linspace(-1, 1, 100), autograd.hessian(rosenbrock)
    f = autograd.compile(f) if compiles else f
    return lambda: f(x), lambda: [f(x)]


def hessian_of_pytorch():
    import torch

    x = torch.linspace(-1, 1, 100, dtype=torch.float64)
    f = partial(torch.autograd.functional.hessian, rosenbrock, x)
    return f, lambda: [f()]


# --- A normalisation and an activation, forward and backward ---

ROWS, WIDTH = 2048, 1024
NORMALISED = np.random.default_rng(0).normal(size=(ROWS, WIDTH)).astype(np.float32)


def gelu(functional, tensor, wrap):
    x, weight, bias = (
        tensor(a, requires_grad=True) for a in (NORMALISED, np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32))
    )
    leaves = [x, weight, bias]

    def step():
        for leaf in leaves:
            leaf.grad = None
        y = functional.gelu(functional.layer_norm(x, (WIDTH,), weight, bias))
        y.sum().backward()

    return wrap(step), lambda: [leaf.grad for leaf in leaves]


def gelu_of_chainrule(compiles):
    import autograd
    import nn

    return gelu(nn.functional, autograd.tensor, autograd.compile if compiles else lambda step: step)


def gelu_of_pytorch():
    import torch

    return gelu(torch.nn.functional, torch.tensor, lambda step: step)


OWN = [
    Case(
        "rosenbrock-compiled",
        "the Hessian of the 100-dimensional Rosenbrock function, float64, compiled",
        {
            "chainrule": partial(hessian, True),
            "eager": partial(hessian, False),
            "pytorch": hessian_of_pytorch,
        },
        0.02,
        tolerance=1e-9,
    ),
    Case(
        "gelu-compiled",
        "GELU(LayerNorm) of 2048 x 1024 numbers, forward and backward, compiled",
        {
            "chainrule": partial(gelu_of_chainrule, True),
            "eager": partial(gelu_of_chainrule, False),
            "pytorch": gelu_of_pytorch,
        },
        0.55,
        tolerance=1e-3,
    ),
]

FILES = training, convolution, transformer, recurrent, mixture, transforms
CASES = [*(case(known) for file in FILES for known in file.CASES if known.name in TARGETS), *OWN]
