"""Training steps of three small networks: zero_grad, forward, backward, step.

The program is the same for both engines, only the imports differ. Beside it stands what one writes by hand in NumPy
for this one network: the derivative worked out on paper and all parameters in one flat array.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from benchmarks.measure import Case, kept


@dataclass(frozen=True)
class Problem:
    sizes: tuple[int, ...]
    activation: str
    loss: str
    optimizer: str
    settings: dict[str, float]
    data: Callable[[], tuple[np.ndarray, np.ndarray]]


def weights(sizes):
    """[W1, b1, W2, b2, …], every W of shape (out, in)."""
    rng = np.random.default_rng(0)
    return [rng.uniform(-1, 1, s).astype("f4") / n**0.5 for n, m in pairwise(sizes) for s in ((m, n), (m,))]


def train(problem, tensor, nn, optim):
    x, target = map(tensor, problem.data())
    layers = []
    for n, m in pairwise(problem.sizes):
        layers += [nn.Linear(n, m), getattr(nn, problem.activation)()]
    model = nn.Sequential(*layers[:-1])
    for p, start in zip(model.parameters(), weights(problem.sizes), strict=True):
        p.detach().numpy()[...] = start
    loss_function = getattr(nn.functional, problem.loss)
    optimizer = getattr(optim, problem.optimizer)(model.parameters(), **problem.settings)

    def step():
        optimizer.zero_grad()
        loss = loss_function(model(x), target)
        loss.backward()
        optimizer.step()
        return loss

    return kept(step, lambda loss: [loss, *(p.grad for p in model.parameters()), *model.parameters()])


def chainrule(problem):
    import autograd
    import nn
    import optim

    return train(problem, autograd.tensor, nn, optim)


def profiled(problem):
    import autograd

    step, result = chainrule(problem)

    def seen():
        with autograd.profile():
            step()

    return seen, result


def pytorch(problem):
    import torch

    return train(problem, torch.tensor, torch.nn, torch.optim)


def numpy(problem):
    x, target = problem.data()
    start = weights(problem.sizes)
    theta = np.concatenate([p.ravel() for p in start])
    gradient = np.empty_like(theta)
    bounds = np.cumsum([p.size for p in start])[:-1]
    p = [part.reshape(w.shape) for part, w in zip(np.split(theta, bounds), start, strict=True)]
    g = [part.reshape(w.shape) for part, w in zip(np.split(gradient, bounds), start, strict=True)]
    last = len(start) - 2
    loss_and_slope = globals()[problem.loss]
    update = globals()[problem.optimizer](theta, gradient, **problem.settings)
    tanh = problem.activation == "Tanh"
    losses = [None]

    def step():
        h = [x]
        for i in range(0, last + 2, 2):
            z = h[-1] @ p[i].T
            z += p[i + 1]
            if i < last:
                np.tanh(z, out=z) if tanh else np.maximum(z, 0, out=z)
            h.append(z)
        losses[0], d = loss_and_slope(h.pop(), target)
        for i in range(last, -1, -2):
            out = h.pop()
            np.matmul(d.T, out, out=g[i])
            np.add.reduce(d, axis=0, out=g[i + 1])
            if i:
                d = d @ p[i]
                d *= 1 - out * out if tanh else out > 0
        update()

    return step, lambda: [losses[0], *g, *p]


def binary_cross_entropy_with_logits(z, t):
    loss = (np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z)))).mean()
    return loss, (1 / (1 + np.exp(-z)) - t) / z.size


def cross_entropy(z, t):
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    rows = np.arange(len(t))
    loss = (np.log(total[:, 0]) - z[rows, t]).mean()
    e /= total
    e[rows, t] -= 1
    e /= len(t)
    return loss, e


def SGD(theta, gradient, lr, momentum):
    velocity = np.zeros_like(theta)
    change = np.empty_like(theta)

    def update():
        np.multiply(velocity, momentum, out=velocity)
        np.add(velocity, gradient, out=velocity)
        np.multiply(velocity, lr, out=change)
        np.subtract(theta, change, out=theta)

    return update


def Adam(theta, gradient, lr, betas=(0.9, 0.999), eps=1e-8):
    m, v, change = (np.zeros_like(theta) for _ in range(3))  # m and v without their factors 1 - β, which go into rate
    (b, c), count = betas, 0

    def update():
        nonlocal count
        count += 1
        spread = ((1 - c) / (1 - c**count)) ** 0.5
        rate = lr * (1 - b) / (1 - b**count) / spread
        np.multiply(m, b, out=m)
        np.add(m, gradient, out=m)
        np.multiply(v, c, out=v)
        np.multiply(gradient, gradient, out=change)
        np.add(v, change, out=v)
        np.sqrt(v, out=change)
        np.add(change, eps / spread, out=change)
        np.divide(m, change, out=change)
        np.multiply(change, rate, out=change)
        np.subtract(theta, change, out=theta)

    return update


def xor_data():
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "f4")
    return x, (x[:, :1] != x[:, 1:]).astype("f4")


def images(batch, pixels):
    rng = np.random.default_rng(1)
    return rng.uniform(0, 1, (batch, pixels)).astype("f4"), rng.integers(0, 10, batch)


# The learning rates are small, so that after thousands of steps on one batch a step still does what the first did.
SMALL = {"lr": 1e-5}
XOR = Problem((2, 8, 1), "Tanh", "binary_cross_entropy_with_logits", "SGD", {"lr": 1e-3, "momentum": 0.9}, xor_data)
DIGITS = Problem((64, 128, 64, 10), "ReLU", "cross_entropy", "Adam", SMALL, partial(images, 32, 64))
MLP = Problem((784, 512, 512, 10), "ReLU", "cross_entropy", "Adam", SMALL, partial(images, 128, 784))


def case(name, what, problem, target):
    engines = {"chainrule": chainrule, "pytorch": pytorch, "numpy": numpy}
    return Case(name, what, {engine: partial(f, problem) for engine, f in engines.items()}, target)


CASES = [
    case("xor", "step of 2-8-1, tanh, binary cross-entropy, 4 samples, SGD with momentum", XOR, 0.5),
    Case(
        "xor-profiled",
        "the same step under autograd.profile, against the step alone; ours both",
        {"chainrule": partial(profiled, XOR), "plain": partial(chainrule, XOR)},
        reference="plain",
    ),
    case("digits", "step of 64-128-64-10, ReLU, cross-entropy, batch 32, Adam", DIGITS, 0.45),
    case("mlp", "step of 784-512-512-10, ReLU, cross-entropy, batch 128, Adam", MLP, 0.7),
]
