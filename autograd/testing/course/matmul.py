"""Exercise `matmul`: the two derivatives of a matrix product, in every shape that NumPy's `@` takes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...transforms import vjp
from .exercise import Exercise, apart, expect, same, two

SKELETON = '''\
"""The gradients of a matrix product.

For C = A B, with g the gradient of C: dA = g Bᵀ and dB = Aᵀ g. NumPy's A @ B takes more: stacks of matrices, whose leading
axes are broadcast, and vectors, which are a row on the left and a column on the right.
"""

import numpy as np


def matmul_backward(g, A, B):
    """The gradients (dA, dB) of A @ B; g has the shape of A @ B, dA that of A, dB that of B."""
    raise NotImplementedError
'''

Shapes = list[tuple[tuple[int, ...], tuple[int, ...]]]


def put_to(work: Any, shapes: Shapes, hint: str) -> None:
    generator = np.random.default_rng(0)
    for left, right in shapes:
        A, B = generator.normal(size=left), generator.normal(size=right)
        g = np.asarray(generator.normal(size=np.shape(A @ B)))
        compare(work, g, A, B, hint)


def compare(work: Any, g: np.ndarray, A: np.ndarray, B: np.ndarray, hint: str) -> Any:
    found = two("matmul_backward", work(g, A, B), "arrays, dA and dB")
    for name, one, wanted in zip(("dA", "dB"), found, vjp(np.matmul, A, B)[1](g)):
        expect(f"{name} for A of shape {A.shape} and B of shape {B.shape}", one, wanted, hint)
    return found


def matrices(work: Any) -> None:
    """Matrices."""
    put_to(work, [((2, 3), (3, 4)), ((5, 1), (1, 2))], "only one order of the factors gives the right shapes")


def square(work: Any) -> None:
    """Square matrices, where a transpose too few goes unnoticed by the shapes."""
    put_to(work, [((3, 3), (3, 3)), ((1, 1), (1, 1))], "which factor is transposed?")


def stacks(work: Any) -> None:
    """Stacks of matrices."""
    put_to(
        work,
        [((5, 2, 3), (5, 3, 4)), ((2, 2, 2, 2), (2, 2, 2, 2))],
        ".T turns all axes around; only the last two change places",
    )


def broadcast(work: Any) -> None:
    """Stacks that are broadcast."""
    shapes = [((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((1, 2, 3), (5, 3, 4)), ((4, 1, 2, 3), (5, 3, 2))]
    put_to(work, shapes, "a matrix that is used in several products gets the sum of their gradients")


def vectors(work: Any) -> None:
    """Vectors on either side, and on both."""
    shapes = [((3,), (3, 4)), ((2, 3), (3,)), ((3,), (3,)), ((3,), (5, 3, 4)), ((5, 2, 3), (3,))]
    put_to(work, shapes, "give a vector the axis that it lacks, and g too; take it away at the end")


def empty(work: Any) -> None:
    """Matrices without rows or columns."""
    put_to(work, [((0, 3), (3, 2)), ((2, 0), (0, 3)), ((0, 2, 3), (3, 4))], "the sum over nothing is 0")


def manners(work: Any) -> None:
    """float32 stays float32; the arrays of the caller stay as they are; transposed ones are welcome."""
    A, B = np.arange(6, dtype=np.float32).reshape(3, 2).T, np.ones((3, 2), np.float32)
    g = np.ones((2, 2), np.float32)
    before = A.copy(), B.copy(), g.copy()
    for array in (A, B, g):
        array.flags.writeable = False
    found = compare(work, g, A, B, "is there a number of float64 in it?")
    for name, array, was in zip("ABg", (A, B, g), before):
        same(name, array, was, "make new arrays")
        for one in found:
            apart(f"{name} and a result", one, array, "make new arrays")


EXERCISE = Exercise(
    "matmul", "matmul_backward", SKELETON, (matrices, square, stacks, broadcast, vectors, empty, manners)
)
