"""The memory of a process that imports an engine and trains the network 784-512-512-10 for twenty steps."""

import sys
from functools import partial

from benchmarks.measure import Figure, alone, memory

STEPS = 20


def in_process(engine, figure):
    return alone("-m", "benchmarks.cases.memory", engine)[figure]


def case(name, what, figure, target):
    engines = {engine: partial(in_process, engine, figure) for engine in ("chainrule", "pytorch")}
    return Figure(name, what, engines, target, unit="MB")


CASES = [
    case("memory", "peak of the process that trains mlp", 0, 0.25),
    case("memory-growth", "the same, less what it held after the imports", 1, 1.1),
]

if __name__ == "__main__":
    if sys.argv[1] == "chainrule":
        import autograd  # noqa: F401
        import nn  # noqa: F401
        import optim  # noqa: F401
    else:
        import torch  # noqa: F401
    from benchmarks.cases import training

    getattr(training, sys.argv[1])(training.XOR)  # with what is imported only when a first optimizer is made
    before = memory("VmRSS")
    step, _ = getattr(training, sys.argv[1])(training.MLP)
    for _ in range(STEPS):
        step()
    print(memory("VmHWM"), memory("VmHWM") - before)
