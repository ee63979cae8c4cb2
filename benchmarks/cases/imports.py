"""CPU seconds that an import takes in a fresh process that has imported NumPy and nothing else."""

from functools import partial

from benchmarks.measure import Figure, alone

PROGRAM = """
{before}
from time import process_time
start = process_time()
import {modules}
print(process_time() - start)
"""


def seconds(modules, before="import numpy"):
    return alone("-c", PROGRAM.format(modules=modules, before=before))[0]


CASES = [
    Figure(
        "import",
        "import autograd, nn, optim, over import numpy",
        {
            "chainrule": partial(seconds, "autograd, nn, optim"),
            "pytorch": partial(seconds, "torch"),
            "numpy": partial(seconds, "numpy", before=""),
        },
        limit=0.060,
        rounds=7,
    )
]
