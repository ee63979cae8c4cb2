"""Samples of `autograd/rules/recurrences.py`."""

from typing import Any

import numpy as np

from autograd.rules.recurrences import recurrence

from .table import Domain, inside, of

SIZES, IN, HIDDEN = (2, 2, 1), 2, 3
GATES = {"tanh": 1, "relu": 1, "lstm": 4, "gru": 3}
up = Domain(0.2, 0.9)  # all sums positive: no kink of relu


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def sequences(x: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, w_hr: Any, h: Any, c: Any, cell: str, sizes: Any,
              reverse: bool) -> Any:  # fmt: skip
    """Each sequence of the batch by itself."""
    starts = np.cumsum([0, *sizes])[:-1]
    outs = np.zeros((len(x), w_hh.shape[1]), x.dtype)
    last, last_c = np.array(h), None if c is None else np.array(c)
    for b in range(sizes[0]):
        steps = [start + b for start, n in zip(starts, sizes) if n > b]
        for t in steps[::-1] if reverse else steps:
            a, z = w_ih @ x[t], w_hh @ last[b]
            a, z = (a, z) if b_ih is None else (a + b_ih, z + b_hh)
            if cell == "lstm":
                i, f, g, o = np.split(a + z, 4)
                last_c[b] = sigmoid(f) * last_c[b] + sigmoid(i) * np.tanh(g)
                out = sigmoid(o) * np.tanh(last_c[b])
                out = out if w_hr is None else w_hr @ out
            elif cell == "gru":
                (r, u, n), (p, q, s) = np.split(a, 3), np.split(z, 3)
                update = sigmoid(u + q)
                out = (1 - update) * np.tanh(n + sigmoid(r + p) * s) + update * last[b]
            else:
                out = np.tanh(a + z) if cell == "tanh" else np.maximum(a + z, 0)
            outs[t] = last[b] = out
    return np.concatenate([part.ravel() for part in (outs, last, last_c) if part is not None])


def line(cell: str, bias: bool = True, out: int = HIDDEN, sizes: Any = SIZES, reverse: bool = False) -> Any:
    gates, numbers = GATES[cell] * HIDDEN, up if cell == "relu" else inside
    arguments = (
        numbers(sum(sizes), IN), numbers(gates, IN), numbers(gates, out), *([numbers(gates)] * 2 if bias else [None] * 2),
        numbers(out, HIDDEN) if out < HIDDEN else None, numbers(sizes[0], out), numbers(sizes[0], HIDDEN) if cell == "lstm" else None,
    )  # fmt: skip
    return of(recurrence, *arguments, like=sequences, ulps=32, sums=True, cell=cell, sizes=sizes, reverse=reverse)


RECURRENCES = [
    *(line(cell) for cell in GATES),
    *(line(cell, reverse=True) for cell in GATES),
    line("lstm", bias=False, sizes=(2, 2)),
    line("lstm", out=2),
    line("lstm", out=2, bias=False, sizes=(1,), reverse=True),
    line("gru", bias=False, sizes=(3, 2, 1, 1)),
]
