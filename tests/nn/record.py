"""PyTorch's figures for the table in `cases`, in files beside this one: for tests where PyTorch is not installed.

python tests/nn/record.py            all families
python tests/nn/record.py conv fold  these
"""

from __future__ import annotations

import functools
import json
import math
import sys
from pathlib import Path

import numpy as np
from cases import families, figures, pytorch

FOLDER = Path(__file__).parent / "figures"
Figures = dict[tuple[str, str], dict[str, np.ndarray]]


def record(family: str) -> None:
    """Write a family's file: all numbers in one line, each array once, and whose they are."""
    numbers: list[np.ndarray] = []
    places: dict[bytes, int] = {}
    index = []
    for case in families()[family]:
        for mode in case.modes:
            for name, value in figures(case, pytorch(), np.float64, mode).items():
                if value.dtype.kind == "U":
                    index.append([case.text, mode, name, value.tolist()])
                    continue
                line = value.astype(np.float64).ravel()
                place = places.setdefault(line.tobytes(), sum(map(len, numbers)))
                if place == sum(map(len, numbers)):
                    numbers.append(line)
                index.append([case.text, mode, name, value.shape, value.dtype.str, place])
    FOLDER.mkdir(exist_ok=True)
    whole = np.concatenate(numbers or [np.zeros(0)])
    np.savez_compressed(FOLDER / f"{family}.npz", numbers=whole, index=np.array(json.dumps(index)))


@functools.cache
def recorded(family: str) -> Figures:
    """{(text of the case, mode): {name: array}}"""
    path, found = FOLDER / f"{family}.npz", {}
    if path.exists():
        with np.load(path) as file:
            numbers, index = file["numbers"], json.loads(file["index"].item())
        for text, mode, name, *what in index:
            if len(what) == 1:
                value = np.array(what[0], np.str_)
            else:
                shape, dtype, place = what
                value = numbers[place : place + math.prod(shape)].reshape(shape).astype(dtype)
            found.setdefault((text, mode), {})[name] = value
    return found


if __name__ == "__main__":
    for family in sys.argv[1:] or families():
        record(family)
