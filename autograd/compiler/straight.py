"""A program that changes nothing, as a function of arrays."""

from __future__ import annotations

from typing import Any

from .code import Code
from .numpy_code import NotFinite, Writer
from .passes import optimize
from .program import Program


class Straight:
    """A program's function on NumPy, with memory of its own for each thread that is in it.

    passes  as for `compile`
    count   how many of the outputs are wanted, the first ones; all by default
    """

    def __init__(self, program: Program, passes: Any = None, count: int | None = None) -> None:
        self.program, self.code = program, Code(program)
        self.code.outputs = self.code.outputs[:count]
        optimize(self.code, passes)
        self.idle: list[Writer] = []

    def __call__(self, arrays: list[Any]) -> list[Any]:
        try:
            writer = self.idle.pop()
        except IndexError:
            writer = Writer(self.code)
        try:
            results = writer.run(*arrays)
        except NotFinite:
            results = self.program.evaluate(self.program.begin(arrays))
        self.idle.append(writer)
        return results
