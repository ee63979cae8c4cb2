"""The command of a course: list the exercises, write out a skeleton, grade a solution."""

from __future__ import annotations

import argparse
import runpy
import sys

from . import exercises, grade
from .exercise import title


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m autograd.testing.course", description=__doc__)
    parser.add_argument("exercise", nargs="?", choices=exercises, help="write out its skeleton")
    parser.add_argument("solution", nargs="?", help="a Python file to grade; it is run")
    options = parser.parse_args()
    if options.exercise is None:
        for name, exercise in exercises.items():
            print(name)
            for law in exercise.laws:
                print(f"  {title(law)}")
        return 0
    exercise = exercises[options.exercise]
    if options.solution is None:
        print(exercise.skeleton, end="")
        return 0
    try:
        names = runpy.run_path(options.solution)
    except OSError as error:
        parser.error(f"{options.solution} cannot be read: {error.strerror}")
    if exercise.wanted not in names:
        parser.error(f"{options.solution} has no {exercise.wanted}; the skeleton says what is to be written")
    report = grade(options.exercise, names[exercise.wanted])
    print(report)
    return 0 if report.passed else 1


if __name__ == "__main__":
    sys.exit(main())
