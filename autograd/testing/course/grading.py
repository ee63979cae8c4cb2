"""Handing out and grading: a skeleton by its name, and the laws of an exercise put to a student's work."""

from __future__ import annotations

from typing import Any

from . import cross_entropy, matmul, momentum, scalar, softmax, unbroadcast
from .exercise import Exercise, Report

exercises: dict[str, Exercise] = {
    file.EXERCISE.name: file.EXERCISE for file in (scalar, unbroadcast, matmul, softmax, cross_entropy, momentum)
}


def skeleton(name: str) -> str:
    """The file that students fill in: the task with its formulas, and what is to be written.

    >>> print(skeleton("matmul").splitlines()[0])
    \"\"\"The gradients of a matrix product.

    Raises ValueError for an exercise that there is none of.
    """
    return _exercise(name).skeleton


def grade(name: str, work: Any) -> Report:
    """Every law of the exercise put to the work, a class or a function; errors in the work are part of the report.

    >>> print(grade("matmul", lambda g, A, B: (g @ B.T, A.T @ g)).points)
    3

    Raises ValueError for an exercise that there is none of, TypeError for work that cannot be called.
    """
    if not callable(work):
        raise TypeError(
            f"the work for {name!r} is the class or function {_exercise(name).wanted}, found {type(work).__name__}: "
            "leave out the parentheses behind it"
        )
    return _exercise(name).grade(work)


def check(name: str, work: Any) -> Report:
    """`grade`, with an AssertionError that says what the first broken law is, for a test.

    >>> check("unbroadcast", lambda g, shape: g.sum(0))
    Traceback (most recent call last):
    ...
    AssertionError: unbroadcast(g of shape (2, 3, 4), (4,)) has shape (3, 4), and should have (4,)
    hint: an array of fewer axes is repeated along the first ones
    """
    report = grade(name, work)
    for _, mistake in report.results:
        if mistake is not None:
            raise AssertionError(mistake)
    return report


def _exercise(name: str) -> Exercise:
    if name not in exercises:
        raise ValueError(f"there is no exercise {name!r}; there are {', '.join(exercises)}")
    return exercises[name]
