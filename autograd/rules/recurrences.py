"""Recurrent networks: one step after the other through a sequence, as one operation.

A cell turns the gates of a step, computed from its input and from the state before it, into the next state. Whatever
does not depend on the state is done for all steps at once: the products with the inputs in the forward pass and, in the
backward pass, the gradients of all weights. Only what is left runs step by step.

Sequences are packed: the rows of all steps stand one below the other, and `sizes` says how many belong to each step.
Sizes never grow, since the longest sequences come first, so that the rows of a step continue the first of the step before.

Sources: S. Hochreiter and J. Schmidhuber, "Long short-term memory" (1997); H. Sak, A. Senior and F. Beaufays, "Long
short-term memory recurrent neural network architectures for large scale acoustic modeling" (2014), for projections;
K. Cho et al., "Learning phrase representations using RNN encoder-decoder" (2014). Gates in PyTorch's order.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from ..op import joint
from .arithmetic import logistic
from .fused import linear_layer, relu, sigmoid

# --- Cells ------------------------------------------------------------------------------------------------------------


class Cell(NamedTuple):
    """A step, and its transpose.

    step(x, z, h, ...) gets the gates' shares of the input and of the state, and the state before; it returns the next
    state and what `back` wants to know. back(cache, dh, ...) returns the cotangents of x and of z, gate by gate, and what
    reaches the state before without passing through z, a term for each part of the state (None: nothing).
    """

    step: Callable[..., tuple[tuple[Any, ...], Any]]
    back: Callable[..., tuple[list[Any], list[Any], tuple[Any, ...]]]


def _sigmoids(x: Any, *gates: int) -> list[Any]:
    """σ of some of the gates that stand side by side in x; each an array of its own, which is faster to work with."""
    out = logistic(x) if isinstance(x, np.ndarray) else sigmoid(x)
    n = x.shape[1] // (1 + max(gates))
    return [np.copy(out[:, n * k : n * (k + 1)]) for k in gates]


def _tanh_step(x: Any, z: Any, h: Any) -> Any:
    h = np.tanh(x + z)
    return (h,), (h,)


def _tanh_back(cache: Any, dh: Any) -> Any:
    (h,) = cache
    d = [dh * (1 - h * h)]
    return d, d, (None,)


def _relu_step(x: Any, z: Any, h: Any) -> Any:
    h = relu(x + z)
    return (h,), (h,)


def _relu_back(cache: Any, dh: Any) -> Any:
    (h,) = cache
    d = [dh * (h > 0)]
    return d, d, (None,)


def _lstm_step(x: Any, z: Any, h: Any, c: Any) -> Any:
    """i, f, o = σ(·), g = tanh(·); c' = f c + i g; h' = o tanh(c')."""
    z = x + z
    n = z.shape[1] // 4
    i, f, o = _sigmoids(z, 0, 1, 3)
    g = np.tanh(z[:, 2 * n : 3 * n])
    after = f * c + i * g
    bent = np.tanh(after)
    return (o * bent, after), (i, f, g, o, c, bent)


def _lstm_back(cache: Any, dh: Any, dc: Any) -> Any:
    i, f, g, o, c, bent = cache
    do = dh * o  # times their derivatives, as a - a i for a (1 - i): fewer passes
    to_o = do * bent
    dc = dc + (do - to_o * bent)
    to_g, df = dc * i, dc * f
    to_i, to_f = to_g * g, df * c
    d = [to_i - to_i * i, to_f - to_f * f, to_g - to_i * g, to_o - to_o * o]
    return d, d, (None, df)


def _gru_step(x: Any, z: Any, h: Any) -> Any:
    """r, u = σ(·); n = tanh(x + r z); h' = n + u (h - n)."""
    k = x.shape[1] // 3
    r, u = _sigmoids(x[:, : 2 * k] + z[:, : 2 * k], 0, 1)
    q = z[:, 2 * k :]
    n = np.tanh(x[:, 2 * k :] + r * q)
    away = h - n
    return (n + u * away,), (r, u, q, n, away)


def _gru_back(cache: Any, dh: Any) -> Any:
    r, u, q, n, away = cache
    kept = dh * u
    dn = (dh - kept) * (1 - n * n)
    dq = dn * r
    to_r, to_u = dq * q, kept * away
    dr, du = to_r - to_r * r, to_u - to_u * u
    return [dr, du, dn], [dr, du, dq], (kept,)


CELLS = {
    "tanh": Cell(_tanh_step, _tanh_back),
    "relu": Cell(_relu_step, _relu_back),
    "lstm": Cell(_lstm_step, _lstm_back),
    "gru": Cell(_gru_step, _gru_back),
}

# --- Sequences --------------------------------------------------------------------------------------------------------


def _steps(sizes: tuple[int, ...], reverse: bool) -> list[tuple[int, int, slice]]:
    """(number, size, rows) of each step, in the order in which they are taken."""
    ends = accumulate(sizes)
    steps = [(t, n, slice(end - n, end)) for t, (n, end) in enumerate(zip(sizes, ends))]
    return steps[::-1] if reverse else steps


class _Running:
    """An array with a row for each sequence that is running: those that begin join it, those that have ended leave it."""

    def __init__(self, first: Any) -> None:
        self.first, self.rows = first, first[:0]
        self.left: list[Any] = []

    def resize(self, n: int) -> Any:
        now = len(self.rows)
        if n > now:
            self.rows = np.concatenate([self.rows, self.first[now:n]])
        elif n < now:
            self.left.append(self.rows[n:])
            self.rows = self.rows[:n]
        return self.rows

    def last(self) -> Any:
        """The rows of all sequences, as they were when each had ended."""
        return np.concatenate([self.rows, *reversed(self.left)]) if self.left else self.rows


class _Matrix:
    """A matrix whose rows are found step by step: arrays are written where they belong, Tensors are joined in the end."""

    def __init__(self, shape: tuple[int, int], like: Any) -> None:
        self.whole = np.empty(shape, like.dtype) if isinstance(like, np.ndarray) else None
        self.parts: dict[int, Any] = {}

    def put(self, t: int, rows: slice, columns: list[Any]) -> Any:
        found = np.concatenate(columns, axis=1, out=None if self.whole is None else self.whole[rows])
        if self.whole is None:
            self.parts[t] = found
        return found

    def all(self) -> Any:
        return np.concatenate([self.parts[t] for t in sorted(self.parts)]) if self.whole is None else self.whole


def _flat(parts: list[Any]) -> Any:
    return np.concatenate([np.reshape(x, (-1,)) for x in parts])


def _recurrence(
    x: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any,
    b_hh: Any,
    w_hr: Any,
    h: Any,
    c: Any,
    cell: str = "lstm",
    sizes: tuple[int, ...] = (),
    reverse: bool = False,
) -> Any:
    """h after every step, packed as x is, then the last h and, of an LSTM, the last c of every sequence; all flattened.

    Shapes: x (rows, in), w_ih (gates, in), w_hh (gates, out), b_ih and b_hh (gates,) or None, w_hr (out, hidden) or None,
    h (batch, out), c (batch, hidden) or None.
    """
    apart = cell == "gru" or b_hh is None  # whether z has a bias of its own
    step, inputs = CELLS[cell].step, linear_layer(x, w_ih, b_ih if apart else b_ih + b_hh)
    by_columns = np.ascontiguousarray(w_hh.T) if isinstance(w_hh, np.ndarray) else w_hh.T  # its product is much faster
    state = [_Running(part) for part in (h, c) if part is not None]
    outs, caches = [()] * len(sizes), [()] * len(sizes)
    with np.errstate(over="ignore"):  # of exp in a sigmoid
        for t, n, rows in _steps(sizes, reverse):
            before = [part.resize(n) for part in state]
            z = np.dot(before[0], by_columns)
            after, cache = step(inputs[rows], z + b_hh if apart and b_hh is not None else z, *before)
            caches[t] = before[0], None if w_hr is None else after[0], *cache
            outs[t] = after[0] if w_hr is None else np.dot(after[0], w_hr.T)
            for part, value in zip(state, (outs[t], *after[1:])):
                part.rows = value
    return _flat([*outs, *(part.last() for part in state)]), caches


def _recurrence_rule(
    g: Any, x: Any, w_ih: Any, w_hh: Any, w_hr: Any, h: Any, c: Any, saved: Any, needs: Any, cell: Any, sizes: Any,
    reverse: Any,
) -> list[Any]:  # fmt: skip
    back = CELLS[cell].back
    parts = [(len(x), h.shape[1]), *(part.shape for part in (h, c) if part is not None)]
    ends = accumulate(map(math.prod, parts))
    outs, *finals = (np.reshape(g[end - math.prod(shape) : end], shape) for end, shape in zip(ends, parts))
    state = [_Running(part) for part in finals]
    of_inputs = _Matrix((len(x), len(w_hh)), g)
    of_states = _Matrix((len(x), len(w_hh)), g) if cell == "gru" else of_inputs
    of_outs = [()] * len(sizes)
    for t, n, rows in reversed(_steps(sizes, reverse)):
        after = [part.resize(n) for part in state]
        of_outs[t] = after[0] + outs[rows]
        dh = of_outs[t] if w_hr is None else np.dot(of_outs[t], w_hr)
        dx, dz, direct = back(saved[t][2:], dh, *after[1:])
        joined = of_inputs.put(t, rows, dx)
        through = np.dot(joined if dz is dx else of_states.put(t, rows, dz), w_hh)
        for part, value in zip(state, (through if direct[0] is None else through + direct[0], *direct[1:])):
            part.rows = value
    dx, dz = of_inputs.all(), of_states.all()
    db = np.add.reduce(dx, axis=0) if needs[3] or needs[4] else None
    return [
        np.dot(dx, w_ih) if needs[0] else None,
        np.dot(dx.T, x) if needs[1] else None,
        np.dot(dz.T, np.concatenate([cache[0] for cache in saved])) if needs[2] else None,
        db,
        db if dz is dx or db is None else np.add.reduce(dz, axis=0),
        np.dot(np.concatenate(of_outs).T, np.concatenate([cache[1] for cache in saved])) if needs[5] else None,
        state[0].last() if needs[6] else None,
        state[1].last() if needs[7] else None,
    ]


recurrence = joint(_recurrence, _recurrence_rule, name="recurrence")
