"""Exercise `softmax`: a layer with a forward and a backward pass, for logits of any size."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...rules import fused
from ...transforms import vjp
from .exercise import Exercise, apart, expect, same

SKELETON = '''\
"""A softmax layer along the last axis.

    y_i = exp(z_i) / Σ_j exp(z_j)

It is to work for logits of any size, and its backward pass without a matrix of derivatives.
"""

import numpy as np


class Softmax:
    def forward(self, z):
        """Probabilities, of the shape and dtype of z."""
        raise NotImplementedError

    def backward(self, g):
        """The gradient of z of the last forward pass; g is that of its probabilities."""
        raise NotImplementedError
'''


SHAPES = (4,), (2, 3), (3, 3), (2, 3, 4), (5, 1)


def gradient(z: np.ndarray, g: np.ndarray) -> Any:
    """What `backward(g)` should give after `forward(z)`."""
    return vjp(fused.softmax, z)[1](g)


def forward(work: Any) -> None:
    """Probabilities of one row, of several, and of a stack of them."""
    generator = np.random.default_rng(0)
    for shape in SHAPES:
        z = generator.normal(size=shape)
        expect(
            f"forward(z of shape {shape})",
            work().forward(z),
            fused.softmax(z),
            "the last axis is the one that adds up to 1",
        )


def large(work: Any) -> None:
    """Logits of any size: 1000, -1000, and both in one batch."""
    for z in (np.array([1000.0, 0.0]), np.array([-1000.0, -1001.0]), np.array([[1000.0, 999.0], [-1000.0, -1001.0]])):
        expect(
            f"forward({z.tolist()})",
            work().forward(z),
            fused.softmax(z),
            "softmax(z) = softmax(z - c) for any c, in each row its own",
        )


def backward(work: Any) -> None:
    """The gradient, for any g."""
    generator = np.random.default_rng(0)
    for shape in SHAPES:
        z, g = generator.normal(size=shape), generator.normal(size=shape)
        layer = work()
        layer.forward(z)
        wanted = gradient(z, g)  # before the work may change g
        expect(
            f"backward(g of shape {shape})",
            layer.backward(g),
            wanted,
            "∂y_i/∂z_j is y_i (1 - y_i) for i = j, and -y_i y_j else",
        )


def twice(work: Any) -> None:
    """Two forward passes: the gradient is the last one's. Two layers: each has its own."""
    first, second = np.array([0.0, 1.0, 2.0]), np.array([3.0, -1.0, 0.5])
    g = np.array([1.0, 0.0, -2.0])
    layer, other = work(), work()
    layer.forward(first)
    layer.forward(second)
    other.forward(first)
    expect(
        "backward(g) after two forward passes",
        layer.backward(g),
        gradient(second, g),
        "keep the last result",
    )
    expect(
        "backward(g) of another layer",
        other.backward(g),
        gradient(first, g),
        "keep it in self, not in the class",
    )
    expect(
        "backward(g) a second time",
        layer.backward(g),
        gradient(second, g),
        "backward changes nothing that is kept",
    )


def manners(work: Any) -> None:
    """float32 stays float32, and the arrays of the caller stay as they are."""
    z, g = np.array([[1.0, 2.0, 0.5]], np.float32), np.array([[1.0, -1.0, 2.0]], np.float32)
    before = z.copy(), g.copy()
    layer = work()
    y = layer.forward(z)
    expect("forward(z of float32)", y, fused.softmax(before[0]), "is there a number of float64 in it?")
    same("z", z, before[0], "z -= … writes into the caller's array")
    apart("z and the result", y, z, "make a new array")
    found = layer.backward(g)
    expect(
        "backward(g of float32)",
        found,
        gradient(*before),
        "is there a number of float64 in it?",
    )
    same("g", g, before[1], "g *= … writes into the caller's array")
    apart("g and the gradient", found, g, "make a new array")


EXERCISE = Exercise("softmax", "Softmax", SKELETON, (forward, large, backward, twice, manners))
