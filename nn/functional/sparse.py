"""Rows of a table, looked up by their numbers: what words and other names become."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd
from autograd import Tensor, modes

from .inputs import tensor


def embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """weight[input].

    Shapes: input (...), integers; weight (n, d) -> (..., d). The row `padding_idx` gets no gradient; with `max_norm`, longer rows
    are first made that short, in place; with `scale_grad_by_freq` a row's gradient is divided by how often it was
    looked up. (`sparse` is accepted: gradients are dense.) IndexError names a number that has no row.

    >>> embedding([0, 2], Tensor([[1.0], [2.0], [3.0]]))
    tensor([[1.],
            [3.]])
    """
    index, padding_idx = _numbers("embedding", input, weight), _padding("embedding", padding_idx, weight)
    _shorten(weight, index, max_norm, norm_type)
    rows = weight[index]
    if padding_idx is not None:
        rows = autograd.where((index == padding_idx)[..., None], rows.detach(), rows)
    if scale_grad_by_freq:
        places = index.detach().numpy() if isinstance(index, Tensor) else index
        counts = np.bincount(places.reshape(-1), minlength=len(weight))[places]
        rows = rows.detach() + (rows - rows.detach()) * np.expand_dims(1 / counts, -1).astype(rows.dtype)
    return rows


def embedding_bag(
    input: Any,
    weight: Any,
    offsets: Any = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The sum, mean or maximum of the rows of each bag.

    Shapes: input (B, L), a bag a row, or (n,) with `offsets`, where each bag begins (with `include_last_offset` also where the
    last one ends); `per_sample_weights` like the input, for mode="sum" -> (B, d). Rows `padding_idx` are not in any bag; an
    empty bag gives 0.

    >>> embedding_bag([0, 1, 1], Tensor([[1.0], [3.0]]), offsets=[0, 2], mode="sum")
    tensor([[4.],
            [3.]])
    """
    if mode not in ("sum", "mean", "max"):
        raise ValueError(f"mode has to be one of sum, mean or max, not {mode!r}")
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(f"embedding_bag: per_sample_weights are for mode='sum', not for {mode!r}")
    index = np.asarray(input.detach() if isinstance(input, Tensor) else input)
    if index.ndim == 2:
        if offsets is not None:
            raise ValueError("if input is 2D, then offsets has to be None: each row is a bag")
        places = np.arange(index.size).reshape(index.shape)
        inside = np.ones(index.shape, bool)
    elif index.ndim == 1:
        places, inside = _bags(index, offsets, include_last_offset)
    else:
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {index.ndim}")
    flat = index.reshape(-1)
    rows = embedding(flat, weight, padding_idx, max_norm, norm_type, scale_grad_by_freq)
    if padding_idx is not None and flat.size:
        inside &= flat[places] != _padding("embedding_bag", padding_idx, weight)
    if not places.size:
        return rows[:0].sum(0) + autograd.zeros(len(places), weight.shape[1], dtype=weight.dtype)
    found = rows[places]
    if mode == "max":
        values = autograd.where(inside[..., None], found, -np.inf).max(dim=1).values
        return autograd.where(np.any(inside, axis=1, keepdims=True), values, 0.0)
    share: Any = inside.astype(weight.dtype)
    if mode == "mean":
        share = share / np.maximum(share.sum(1, keepdims=True), 1)
    if per_sample_weights is not None:
        given = tensor(per_sample_weights)
        if given.shape != index.shape:
            raise ValueError(f"embedding_bag: per_sample_weights have shape {given.shape}, and the input {index.shape}")
        share = given.astype(weight.dtype).reshape(-1)[places] * share
    return (share[:, None, :] @ found)[:, 0]


def _bags(index: Any, offsets: Any, include_last: bool) -> tuple[Any, Any]:
    """For each bag the places of its members in a row, and which of these places are really its own."""
    if offsets is None:
        raise ValueError("offsets has to be a 1D Tensor but got None; give it, or a 2D input with a bag in each row")
    starts = np.asarray(offsets.detach() if isinstance(offsets, Tensor) else offsets)
    if starts.ndim != 1 or starts.dtype.kind not in "iu":
        raise ValueError(f"offsets has to be a 1D Tensor of integers, not {starts.dtype} {starts.shape}")
    if starts.size and (starts[0] != 0 or np.any(np.diff(starts) < 0) or starts[-1] > index.size):
        raise ValueError(
            f"offsets must begin with 0, not fall, and not exceed the {index.size} numbers: {starts.tolist()}"
        )
    ends = starts[1:] if include_last else np.append(starts[1:], index.size)
    starts = starts[: len(ends)]
    steps = np.arange(np.max(ends - starts, initial=0))
    places = starts[:, None] + steps
    inside = places < ends[:, None]
    return np.where(inside, places, 0), inside


def _numbers(name: str, input: Any, weight: Any) -> Any:
    index = input if isinstance(input, Tensor) else np.asarray(input)
    if index.dtype.kind not in "iu":
        if index.size:
            raise TypeError(
                f"{name}: the input is {index.dtype}, and must be integers, the numbers of rows: write input.astype(int)"
            )
        index = index.astype(int)
    if not modes.tracing():
        plain = index.detach().numpy() if isinstance(index, Tensor) else index
        if plain.size and not (0 <= plain.min() and plain.max() < len(weight)):
            place = np.argwhere((plain < 0) | (plain >= len(weight)))[0]
            raise IndexError(
                f"{name}: {plain[tuple(place)]} at {place.tolist()} is not the number of one of the {len(weight)} rows, 0 to {len(weight) - 1}"
            )
    return index


def _padding(name: str, padding_idx: int | None, weight: Any) -> int | None:
    if padding_idx is None:
        return None
    if not -len(weight) <= padding_idx < len(weight):
        raise ValueError(f"{name}: padding_idx must be within num_embeddings, {len(weight)}, and is {padding_idx}")
    return padding_idx % len(weight)


def _shorten(weight: Any, index: Any, max_norm: float | None, norm_type: float) -> None:
    if max_norm is None:
        return
    used = np.unique(index.detach().numpy() if isinstance(index, Tensor) else index)
    rows = weight.detach()[used].numpy()
    norms = np.linalg.norm(rows, norm_type, axis=1)
    long = norms > max_norm
    weight.data[used[long]] = rows[long] * (max_norm / (norms[long, None] + 1e-7)).astype(rows.dtype)
