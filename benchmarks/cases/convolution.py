"""Training steps of two convolutional networks, LeNet-5 and one with batch normalisation, and the memory they take."""

import sys
from functools import partial

import numpy as np

from benchmarks.cases import training
from benchmarks.measure import Case, Figure, alone, kept, memory

SHAPES = {"lenet": (64, 1, 28, 28), "cnn": (32, 3, 32, 32)}


def data(name):
    rng = np.random.default_rng(1)
    return rng.uniform(-1, 1, SHAPES[name]).astype("f4"), rng.integers(0, 10, SHAPES[name][0])


def lenet(nn):
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )


def cnn(nn):
    layers = []
    for channels, more in ((3, 32), (32, 64), (64, 128)):
        convolution = nn.Conv2d(channels, more, 3, padding=1, bias=False)  # which batch normalisation would take away
        layers += [convolution, nn.BatchNorm2d(more), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * 4 * 4, 10))


def start(model):
    """Parameters that are the same for every engine: matrices uniform on ±1/√fan_in, vectors between 0 and 1."""
    rng = np.random.default_rng(0)
    for p in model.parameters():
        values = p.detach().numpy()
        bound = 1 / values[0].size ** 0.5
        values[...] = rng.uniform(-bound if values.ndim > 1 else 0, bound, values.shape)


def train(name, tensor, nn, optim):
    x, target = map(tensor, data(name))
    model = globals()[name](nn)
    start(model)
    optimizer = optim.SGD(model.parameters(), lr=1e-5, momentum=0.9)

    def step():
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), target)
        loss.backward()
        optimizer.step()
        return loss

    return kept(step, lambda loss: [loss, *(p.grad for p in model.parameters()), *model.parameters()])


def chainrule(name):
    import autograd
    import nn
    import optim

    return train(name, autograd.tensor, nn, optim)


def pytorch(name):
    import torch

    return train(name, torch.tensor, torch.nn, torch.optim)


def in_process(name, engine):
    return alone("-m", "benchmarks.cases.convolution", name, engine)[0]


def cases(name, what, target):
    yield Case(name, what, {"chainrule": partial(chainrule, name), "pytorch": partial(pytorch, name)}, target)
    yield Figure(
        f"{name}-memory",
        f"peak of the process that trains {name}, less what it held after the imports",
        {engine: partial(in_process, name, engine) for engine in ("chainrule", "pytorch")},
        1.3,
        unit="MB",
    )


CASES = [
    *cases("lenet", "step of LeNet-5 on 28×28 images, cross-entropy, batch 64, SGD", 1.2),
    *cases(
        "cnn",
        "step of three times convolution 3×3, batch norm, ReLU, max-pooling, to 128 channels, 32×32, batch 32, SGD",
        1.1,
    ),
]

if __name__ == "__main__":
    name, engine = sys.argv[1:]
    if engine == "chainrule":
        import autograd  # noqa: F401
        import nn  # noqa: F401
        import optim  # noqa: F401
    else:
        import torch  # noqa: F401
    getattr(training, engine)(training.XOR)  # with what is imported only when a first optimizer is made
    before = memory("VmRSS")
    step, _ = globals()[engine](name)
    for _ in range(20):
        step()
    print(memory("VmHWM") - before)
