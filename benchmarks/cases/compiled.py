"""The steps of other cases, compiled: traced once and replayed. Their times as multiples of PyTorch's eager ones."""

from functools import partial

import numpy as np

from benchmarks.cases import convolution, mixture, recurrent, training, transformer, transforms
from benchmarks.measure import Case, compiled, kept

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


def engines(chainrule, pytorch):
    return {"chainrule": partial(compiled, chainrule), "eager": chainrule, "pytorch": pytorch}


def case(known):
    return Case(
        f"{known.name}-compiled",
        f"`{known.name}`, compiled",
        engines(known.engines["chainrule"], known.engines["pytorch"]),
        TARGETS[known.name],
        tolerance=max(known.tolerance, 1e-4) if known.name != "mixture" else 1e-7,
    )


# --- The Hessian of the 100-dimensional Rosenbrock function ---


def rosenbrock(x):
    return (100.0 * (x[1:] - x[:-1] ** 2.0) ** 2.0 + (1 - x[:-1]) ** 2.0).sum()


def hessian():
    import autograd

    x, f = np.linspace(-1, 1, 100), autograd.hessian(rosenbrock)
    return kept(lambda: f(x), lambda found: [found])


def hessian_of_pytorch():
    import torch

    x = torch.linspace(-1, 1, 100, dtype=torch.float64)
    return kept(partial(torch.autograd.functional.hessian, rosenbrock, x), lambda found: [found])


# --- A normalisation and an activation, forward and backward ---

ROWS, WIDTH = 2048, 1024
NORMALISED = np.random.default_rng(0).normal(size=(ROWS, WIDTH)).astype(np.float32)


def gelu(functional, tensor):
    x, weight, bias = (
        tensor(a, requires_grad=True) for a in (NORMALISED, np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32))
    )
    leaves = [x, weight, bias]

    def step():
        for leaf in leaves:
            leaf.grad = None
        y = functional.gelu(functional.layer_norm(x, (WIDTH,), weight, bias))
        y.sum().backward()

    return kept(step, lambda _: [leaf.grad for leaf in leaves])


def gelu_of_chainrule():
    import autograd
    import nn

    return gelu(nn.functional, autograd.tensor)


def gelu_of_pytorch():
    import torch

    return gelu(torch.nn.functional, torch.tensor)


OWN = [
    Case(
        "rosenbrock-compiled",
        "the Hessian of the 100-dimensional Rosenbrock function, float64, compiled",
        engines(hessian, hessian_of_pytorch),
        0.02,
        tolerance=1e-9,
    ),
    Case(
        "gelu-compiled",
        "GELU(LayerNorm) of 2048 x 1024 numbers, forward and backward, compiled",
        engines(gelu_of_chainrule, gelu_of_pytorch),
        0.55,
        tolerance=1e-3,
    ),
]

FILES = training, convolution, transformer, recurrent, mixture, transforms
CASES = [*(case(known) for file in FILES for known in file.CASES if known.name in TARGETS), *OWN]
