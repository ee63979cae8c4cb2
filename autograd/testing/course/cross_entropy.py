"""Exercise `cross_entropy`: a cost and its gradient, from logits, without overflow."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...rules.fused import log_softmax
from ...transforms import vjp
from .exercise import Exercise, expect, same, two

SKELETON = '''\
"""The cross-entropy of a batch, from logits.

For one sample with logits z and the class t: -log softmax(z)_t. The cost of a batch is the mean over its samples.
"""

import numpy as np


def cross_entropy(z, t):
    """(cost, gradient for z); z has shape (samples, classes), t holds the classes as integers, of shape (samples,)."""
    raise NotImplementedError
'''


def put_to(work: Any, z: np.ndarray, t: Any, hint: str) -> None:
    cost, gradient = two("cross_entropy", work(z, t), "results, the cost and the gradient")
    wanted, pullback = vjp(lambda z: -np.mean(log_softmax(z)[np.arange(len(t)), t]), z)
    of = f"for z of shape {z.shape}" if z.size > 4 else f"for z = {z.tolist()}, t = {t.tolist()}"
    expect(f"the cost {of}", float(cost), float(wanted), hint)
    expect(f"the gradient {of}", gradient, pullback(np.ones((), z.dtype)), hint)


def one(work: Any) -> None:
    """One sample."""
    put_to(work, np.array([[1.0, 2.0, 0.5]]), np.array([2]), "the gradient is softmax(z), less 1 at the class")


def batch(work: Any) -> None:
    """A batch: the mean, in the cost and in the gradient."""
    generator = np.random.default_rng(0)
    for samples, classes in ((4, 3), (3, 3), (2, 5)):
        t = generator.integers(classes, size=samples)
        put_to(work, generator.normal(size=(samples, classes)), t, "by how many samples is what divided?")


def large(work: Any) -> None:
    """Logits of 1000 and of -1000: the cost is large, not infinite."""
    hint = "log softmax(z)_t = z_t - log Σ exp z_j; take the largest out of the sum, and never the log of a probability"
    for z in ([[1000.0, 0.0]], [[0.0, 1000.0]], [[-1000.0, -1001.0]]):
        put_to(work, np.array(z), np.array([0]), hint)


def again(work: Any) -> None:
    """The same class in several samples, and two classes only."""
    put_to(work, np.array([[0.5, -1.0], [2.0, 1.0], [0.0, 0.0]]), np.array([1, 1, 1]), "each sample has its own row")


def manners(work: Any) -> None:
    """float32 stays float32, and the arrays of the caller stay as they are."""
    z, t = np.array([[1.0, 2.0, 0.5]], np.float32), np.array([0])
    before = z.copy(), t.copy()
    put_to(work, z, t, "is there a number of float64 in it?")
    same("z", z, before[0], "z -= … writes into the caller's array")
    same("t", t, before[1], "t belongs to the caller")


EXERCISE = Exercise("cross_entropy", "cross_entropy", SKELETON, (one, batch, large, again, manners))
