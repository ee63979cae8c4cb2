"""A training step of a recurrent network, LSTM and a linear layer on its last step, and the memory that training takes."""

import sys
from functools import partial

import numpy as np

from benchmarks.cases import training
from benchmarks.measure import Case, Figure, alone, kept, memory

BATCH, STEPS, INPUTS, HIDDEN, CLASSES = 32, 50, 64, 128, 10
NAMES = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


def data():
    rng = np.random.default_rng(1)
    return rng.uniform(-1, 1, (BATCH, STEPS, INPUTS)).astype("f4"), rng.integers(0, CLASSES, BATCH)


def weights():
    rng = np.random.default_rng(0)
    shapes = (4 * HIDDEN, INPUTS), (4 * HIDDEN, HIDDEN), (4 * HIDDEN,), (4 * HIDDEN,), (CLASSES, HIDDEN), (CLASSES,)
    return [rng.uniform(-1, 1, shape).astype("f4") / HIDDEN**0.5 for shape in shapes]


def train(tensor, nn, optim):
    class Classifier(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(INPUTS, HIDDEN, batch_first=True)
            self.head = nn.Linear(HIDDEN, CLASSES)

        def forward(self, x):
            output, _ = self.lstm(x)
            return self.head(output[:, -1])

    x, target = map(tensor, data())
    model = Classifier()
    for p, start in zip(model.parameters(), weights(), strict=True):
        p.detach().numpy()[...] = start
    optimizer = optim.Adam(model.parameters(), **training.SMALL)

    def step():
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), target)
        loss.backward()
        optimizer.step()
        return loss

    return kept(step, lambda loss: [loss, *(p.grad for p in model.parameters()), *model.parameters()])


def chainrule():
    import autograd
    import nn
    import optim

    return train(autograd.tensor, nn, optim)


def pytorch():
    import torch

    return train(torch.tensor, torch.nn, torch.optim)


def sigmoid(z):
    np.negative(z, z)
    np.exp(z, z)
    z += 1
    np.reciprocal(z, z)


def numpy():
    """By hand: all buffers made once, everything in place."""
    x, target = data()
    start, n = weights(), HIDDEN
    theta = np.concatenate([p.ravel() for p in start])
    gradient = np.empty_like(theta)
    bounds = np.cumsum([p.size for p in start])[:-1]
    parts = [[part.reshape(w.shape) for part, w in zip(np.split(flat, bounds), start, strict=True)] for flat in (theta, gradient)]  # fmt: skip
    (w_ih, w_hh, b_ih, b_hh, w, b), g = parts
    update = training.Adam(theta, gradient, **training.SMALL)
    inputs = np.ascontiguousarray(x.swapaxes(0, 1)).reshape(-1, INPUTS)
    gates = np.empty((STEPS * BATCH, 4 * n), "f4")
    slopes = np.empty_like(gates)
    h, c = (np.zeros((STEPS + 1, BATCH, n), "f4") for _ in range(2))
    bent = np.empty((STEPS, BATCH, n), "f4")
    through, a, s = np.empty((BATCH, 4 * n), "f4"), np.empty((BATCH, n), "f4"), np.empty((BATCH, n), "f4")
    losses = [None]

    def parts_of(z):
        return (z[:, k * n : (k + 1) * n] for k in range(4))

    def step():
        np.dot(inputs, w_ih.T, out=gates)
        columns, bias = np.ascontiguousarray(w_hh.T), b_ih + b_hh
        for t in range(STEPS):
            z = gates[t * BATCH : (t + 1) * BATCH]
            i, f, candidate, o = parts_of(z)
            np.dot(h[t], columns, out=through)
            z += through
            z += bias
            sigmoid(z[:, : 2 * n])
            np.tanh(candidate, candidate)
            sigmoid(o)
            np.multiply(f, c[t], c[t + 1])
            np.multiply(i, candidate, a)
            c[t + 1] += a
            np.tanh(c[t + 1], bent[t])
            np.multiply(o, bent[t], h[t + 1])
        losses[0], d = training.cross_entropy(h[-1] @ w.T + b, target)
        np.dot(d.T, h[-1], out=g[4])
        np.add.reduce(d, axis=0, out=g[5])
        dh, dc = d @ w, np.zeros((BATCH, n), "f4")
        for t in reversed(range(STEPS)):
            i, f, candidate, o = parts_of(gates[t * BATCH : (t + 1) * BATCH])
            z = slopes[t * BATCH : (t + 1) * BATCH]
            di, df, dg, do = parts_of(z)
            np.multiply(dh, o, a)
            np.multiply(a, bent[t], s)
            np.multiply(s, o, do)
            np.subtract(s, do, do)
            np.multiply(s, bent[t], s)
            np.subtract(a, s, a)
            dc += a
            np.multiply(dc, i, a)
            np.multiply(a, candidate, s)
            np.multiply(s, i, di)
            np.subtract(s, di, di)
            np.multiply(s, candidate, s)
            np.subtract(a, s, dg)
            dc *= f
            np.multiply(dc, c[t], a)
            np.multiply(a, f, df)
            np.subtract(a, df, df)
            np.dot(z, w_hh, out=dh)
        np.dot(slopes.T, inputs, out=g[0])
        np.dot(slopes.T, h[:-1].reshape(-1, n), out=g[1])
        np.add.reduce(slopes, axis=0, out=g[2])
        g[3][...] = g[2]
        update()

    return step, lambda: [losses[0], *g, w_ih, w_hh, b_ih, b_hh, w, b]


def in_process(engine):
    return alone("-m", "benchmarks.cases.recurrent", engine)[0]


CASES = [
    Case(
        "lstm",
        "step of LSTM 64-128 over 50 steps and a linear layer, cross-entropy, batch 32, Adam",
        {"chainrule": chainrule, "pytorch": pytorch, "numpy": numpy},
        1.3,
    ),
    Figure(
        "lstm-memory",
        "peak of the process that trains lstm, less what it held after the imports",
        {engine: partial(in_process, engine) for engine in ("chainrule", "pytorch")},
        1.3,
        unit="MB",
    ),
]

if __name__ == "__main__":
    if sys.argv[1] == "chainrule":
        import autograd  # noqa: F401
        import nn  # noqa: F401
        import optim  # noqa: F401
    else:
        import torch  # noqa: F401
    getattr(training, sys.argv[1])(training.XOR)  # with what is imported only when a first optimizer is made
    before = memory("VmRSS")
    step, _ = globals()[sys.argv[1]]()
    for _ in range(20):
        step()
    print(memory("VmHWM") - before)
