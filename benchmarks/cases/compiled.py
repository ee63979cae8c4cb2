"""The steps of other cases, compiled: traced once and replayed. Their times as multiples of PyTorch's eager ones."""

from functools import partial

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


FILES = training, convolution, transformer, recurrent, mixture, transforms
CASES = [case(known) for file in FILES for known in file.CASES if known.name in TARGETS]
