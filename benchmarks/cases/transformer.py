"""A training step of a small GPT, and the memory that training takes. The program is examples/gpt.py, for both engines."""

import sys
from functools import partial
from types import ModuleType

import numpy as np

from benchmarks.cases import training
from benchmarks.measure import ROOT, Case, Figure, alone, kept, memory

BATCH, CONTEXT, VOCABULARY = 12, 64, 65
PROGRAM = ROOT / "examples" / "gpt.py"
IMPORTS = {
    "import autograd\n": "import torch as autograd\n",
    "import nn\n": "from torch import nn\n",
    "import optim\n": "from torch import optim\n",
    "from nn import functional as F\n": "from torch.nn import functional as F\n",
}


def program(engine):
    """examples/gpt.py as a module; for PyTorch, with these imports in place of its own and nothing else changed."""
    source = PROGRAM.read_text(encoding="utf-8")
    for ours, theirs in IMPORTS.items() if engine == "pytorch" else ():
        assert source.count("\n" + ours) == 1, ours
        source = source.replace("\n" + ours, "\n" + theirs)
    module = sys.modules[f"gpt_{engine}"] = ModuleType(f"gpt_{engine}")  # where dataclasses look themselves up
    exec(compile(source, str(PROGRAM), "exec"), module.__dict__)
    return module


def start(model):
    """The same weights for every engine: normal, as GPT-2's are, and norms that do something."""
    rng = np.random.default_rng(0)
    for p in model.parameters():
        p.detach().numpy()[...] = rng.normal(float(p.dim() == 1), 0.02 if p.dim() > 1 else 0.1, tuple(p.shape))


def data():
    rng = np.random.default_rng(1)
    text = rng.integers(0, VOCABULARY, (BATCH, CONTEXT + 1))
    return text[:, :-1].copy(), text[:, 1:].copy()


def train(engine, **settings):
    gpt = program(engine)
    characters, targets = map(gpt.autograd.tensor, data())
    model = gpt.GPT(gpt.Config(VOCABULARY, CONTEXT, **settings))
    start(model)
    optimizer = gpt.optim.Adam(model.parameters(), **training.SMALL)

    def step():
        optimizer.zero_grad()
        _, loss = model(characters, targets)
        loss.backward()
        optimizer.step()
        return loss

    return kept(step, lambda loss: [loss, *(p.grad for p in model.parameters()), *model.parameters()])


def in_process(engine):
    return alone("-m", "benchmarks.cases.transformer", engine)[0]


ENGINES = ("chainrule", "pytorch")

CASES = [
    Case(
        "gpt",
        "step of GPT, 4 layers, 4 heads, width 128, context 64, batch 12, Adam",
        {engine: partial(train, engine) for engine in ENGINES},
        0.75,
    ),
    Figure(
        "gpt-memory",
        "peak of the process that trains gpt, less what it held after the imports",
        {engine: partial(in_process, engine) for engine in ENGINES},
        1.3,
        unit="MB",
    ),
]

if __name__ == "__main__":
    program(sys.argv[1])
    getattr(training, sys.argv[1])(training.XOR)  # with what is imported only when a first optimizer is made
    before = memory("VmRSS")
    step, _ = train(sys.argv[1])
    for _ in range(20):
        step()
    print(memory("VmHWM") - before)
