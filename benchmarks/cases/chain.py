"""A chain of n operations on four floats: built, differentiated and freed. Times are per operation.

`abs` keeps its input for the backward pass, the product with a number keeps nothing; values and gradients stay near 1.
"""

import sys
from functools import partial
from time import perf_counter

import numpy as np

from benchmarks.measure import Case, Figure, alone, memory

MILLION = 10**6


def chain(n, x, absolute):
    def step():
        y = x
        for _ in range(n // 2):
            y = absolute(y) * 1.00001
        x.grad = None
        y.sum().backward()

    return step, lambda: [x.grad]


def chainrule(n):
    import autograd

    return chain(n, autograd.tensor(np.ones(4, "f4"), requires_grad=True), np.abs)


def pytorch(n):
    import torch

    return chain(n, torch.tensor(np.ones(4, "f4"), requires_grad=True), torch.abs)


def short():
    step, result = chainrule(10**3)
    return lambda: [step() for _ in range(100)], result


def case(n, target=None):
    engines = {"chainrule": partial(chainrule, n), "pytorch": partial(pytorch, n)}
    return Case(
        f"chain-{n:.0e}".replace("+0", ""), f"a chain of {n:,} operations; time per operation", engines, target, per=n
    )


def in_process(engine, figure):
    return alone("-m", "benchmarks.cases.chain", engine)[figure]


def large(name, what, figure, unit, target=None):
    engines = {engine: partial(in_process, engine, figure) for engine in ("chainrule", "pytorch")}
    return Figure(name, what, engines, target, unit=unit, rounds=3, large=True)


CASES = [
    case(10**3),
    case(10**4),
    case(10**5, 1.0),
    Case(
        "chain-flat",
        "10^5 operations: one chain, against a hundred chains of 10^3 one after the other; ours both",
        {"chainrule": partial(chainrule, 10**5), "short": short},
        target=1.25,
        reference="short",
        per=10**5,
        tolerance=float("inf"),
    ),
    large("chain-1e6", "a chain of 1,000,000 operations, each engine in its own process; time per operation", 0, "s"),
    large("chain-1e6-peak", "the memory of the process that runs it, at its peak", 1, "MB"),
]

if __name__ == "__main__":
    step, _ = globals()[sys.argv[1]](MILLION)
    start = perf_counter()
    step()
    print((perf_counter() - start) / MILLION, memory("VmHWM"))
