"""Exercises for a course on back-propagation: skeletons to hand out, and laws that find what is wrong in the work.

    python -m autograd.testing.course                      which exercises there are
    python -m autograd.testing.course scalar               the skeleton of one
    python -m autograd.testing.course scalar solution.py   what holds of a solution, and what does not

The laws look where simple graders do not: dtypes, shapes, a node that is used twice, arrays that are shared or changed, broadcasting.
"""

from .exercise import Exercise, Report, Result
from .grading import check, exercises, grade, skeleton

__all__ = ["Exercise", "Report", "Result", "check", "exercises", "grade", "skeleton"]
