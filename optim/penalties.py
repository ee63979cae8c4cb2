"""Penalties: terms of the cost that keep parameters small (*Deep Learning*, section 7.1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor


def penalty(parameters: Iterable[Any], weight: float, q: float = 2.0, *, biases: bool = True) -> Tensor:
    """λ Σ |θ|^q over all numbers of the parameters: a number, to be added to the loss.

    parameters  Tensors, pairs of a name and a Tensor, or what has them, such as a model or one of its layers
    weight      λ, 0 or more
    q           2 makes weights small, 1 makes many of them 0; any number above 0
    biases      False leaves out parameters with fewer than two axes: biases, and the scales of norms

    The gradient is λ q |θ|^(q-1) sign θ, and 0 at θ = 0, where for q ≤ 1 there is none. For q = 2 an optimizer's
    weight_decay=2λ is the same and costs less; for Adam and its like see `AdamW` too.

    ValueError for a negative λ, a q that is not above 0, or if there is no parameter to be penalised; TypeError for
    what are no Tensors.

    >>> layer = nn.Linear(2, 1)
    >>> _ = layer.load_state_dict({"weight": [[3.0, -0.5]], "bias": [7.0]})
    >>> penalty(layer, 0.1, biases=False)
    tensor(0.925, from multiply)
    >>> loss = nn.functional.mse_loss(layer(np.ones((4, 2))), np.ones((4, 1))) + penalty([layer.weight], 0.1, q=1)
    """
    if not weight >= 0:
        raise ValueError(f"penalty: weight is a number, 0 or more, and not {weight}; maximizing is for the loss")
    if not q > 0:
        raise ValueError(f"penalty: q is a number above 0, such as 1 or 2, and not {q}")
    listed: Any = getattr(parameters, "parameters", lambda: parameters)()
    if isinstance(listed, Tensor):
        listed = [listed]
    given = [p[1] if isinstance(p, tuple) else p for p in listed]
    for p in given:
        if not isinstance(p, Tensor):
            raise TypeError(
                f"penalty takes a model, Tensors, or pairs of a name and a Tensor, and found a {type(p).__name__}; "
                "write penalty(model.parameters(), 0.1)"
            )
    chosen = [p for p in given if biases or p.ndim > 1]
    if not chosen:
        raise ValueError(
            "penalty: there is no parameter to be penalised; note that what parameters() returns can be gone through only once"
            if not given
            else f"penalty: all {len(given)} parameters have fewer than two axes; write biases=True to penalise these"
        )
    total: Any = sum(_sum_of_powers(p, q) for p in chosen)
    return weight * total


def _sum_of_powers(p: Any, q: float) -> Any:
    if q == 2:
        return np.sum(p * p)
    if q == 1:
        return np.sum(np.absolute(p))
    there = p != 0  # |θ|^q has no slope at 0 that could be computed with if q < 1
    return np.sum(np.absolute(np.where(there, p, 1)) ** q * there)
