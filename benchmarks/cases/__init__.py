"""The cases, in the order of the table. A new case is a file here that ends in `CASES = [...]`, and its name below."""

from importlib import import_module

FILES = (
    "addition",
    "training",
    "optimizers",
    "classifier",
    "chain",
    "pendulum",
    "mixture",
    "moons",
    "transforms",
    "convolution",
    "recurrent",
    "transformer",
    "compiled",
    "memory",
    "imports",
)


def load():
    return [case for file in FILES for case in import_module(f"benchmarks.cases.{file}").CASES]
