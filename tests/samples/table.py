"""The table of samples: every operation, in every form that it is called in. `test_laws.py` puts each to every law.

A line gives the function that users call and, in the place of each array, the domain its numbers are drawn from:

    each(np.log, positive, at={0.0: inf})       an elementwise operation, for arrays of any shape;
                                                `at` are special places, and the derivative there
    of(np.sum, real(2, 3), axis=0)              any other, for arrays of these shapes
    constant(np.floor, real)                    one through which no gradient flows

`like` is what NumPy says, where it is not the function itself; `ulps` how far from it the last digits may be, because
the sum is taken in another order; `sums` marks sums of products, where a cotangent of 0 meets an infinite operand only
if it is 0 as a whole; `lanes` is the axis along which these sums run: it is enough that it is 0 all along a row.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# --- Domains ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Domain:
    """Numbers between low and high, at least `hole` away from 0; called with a shape, the place of an array."""

    low: float
    high: float
    hole: float = 0.0
    dtype: Any = float
    spaced: bool = False

    def __call__(self, *shape: int) -> "Place":
        return Place(self, shape)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Any:
        if self.dtype is not float:
            return generator.integers(self.low, self.high, shape, endpoint=True).astype(self.dtype)
        if self.spaced:  # no two closer than differences reach
            count = max(math.prod(shape), 1)
            return generator.permutation(np.linspace(self.low, self.high, count))[: math.prod(shape)].reshape(shape)
        x = generator.uniform(self.low, self.high, shape)
        return np.where(np.abs(x) < self.hole, np.where(x < 0, self.low, self.high), x)


@dataclass(frozen=True)
class Place:
    domain: Domain
    shape: tuple[int, ...]


real = Domain(-2, 2)
nonzero = Domain(-2, 2, hole=0.2)  # off a kink or a pole at 0
positive = Domain(0.3, 2)
inside = Domain(-0.9, 0.9)  # of [-1, 1]
above = Domain(1.1, 3)  # 1
apart = Domain(-2, 2, spaced=True)
below, beyond = Domain(-0.9, -0.3), Domain(0.3, 0.9)  # two bounds
far, period = Domain(5.1, 5.4), Domain(1.1, 1.2)  # four periods and a bit: no jump of remainder and fmod
bits = Domain(0, 1, dtype=bool)
whole = Domain(-3, 3, dtype=np.int64)
counts = Domain(1, 4, dtype=np.int64)


class Signs(Domain):
    """-1, 0 and 1, as floats: zeros among factors."""

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return generator.integers(-1, 1, shape, endpoint=True).astype(float)


signs = Signs(-1, 1)


# --- Samples ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sample:
    function: Callable[..., Any]
    args: tuple[Any, ...]
    keywords: dict[str, Any]
    like: Callable[..., Any] | None = None
    ulps: float = 0
    elementwise: bool = False
    differentiable: bool = True
    sums: bool = False
    differences: bool = True
    lanes: int | None = None
    at: dict[Any, Any] = field(default_factory=dict)

    @property
    def places(self) -> list[Place]:
        return [found for arg in self.args for found in _places(arg)]

    def draw(self, seed: int = 0, dtype: Any = float, shapes: Any = None) -> list[Any]:
        """Arrays for its places; floating ones in this dtype."""
        generator = np.random.default_rng(seed)
        drawn = [
            np.asarray(place.domain.draw(generator, place.shape if shapes is None else shapes[i]))
            for i, place in enumerate(self.places)
        ]
        return [x.astype(dtype) if x.dtype.kind == "f" else x for x in drawn]

    def __call__(self, *arrays: Any) -> Any:
        rest = iter(arrays)
        return self.function(*(_filled(arg, rest) for arg in self.args), **self.keywords)

    def numpy(self, *arrays: Any) -> Any:
        """What NumPy says."""
        rest = iter(arrays)
        return (self.like or self.function)(*(_filled(arg, rest) for arg in self.args), **self.keywords)

    def __repr__(self) -> str:
        name = self.function.__name__.strip("_")
        words = [*map(_text, self.args), *(f"{k}={_text(v)}" for k, v in self.keywords.items())]
        return f"{name}({', '.join(words)})"


def _places(arg: Any) -> list[Place]:
    if isinstance(arg, Place):
        return [arg]
    return [found for part in arg for found in _places(part)] if isinstance(arg, list) else []


def _filled(arg: Any, rest: Any) -> Any:
    if isinstance(arg, Place):
        return next(rest)
    return [_filled(part, rest) for part in arg] if isinstance(arg, list) else arg


def _text(arg: Any) -> str:
    if isinstance(arg, Place):
        return "x".join(map(str, arg.shape)) or "0-d"
    if isinstance(arg, list | tuple):
        return f"({' '.join(map(_text, arg))})"
    if isinstance(arg, slice):
        return ":".join("" if part is None else str(part) for part in (arg.start, arg.stop, arg.step))
    if isinstance(arg, np.ndarray):
        return f"array{arg.tolist()}"
    return "..." if arg is Ellipsis else str(arg)


def of(
    function: Any,
    *args: Any,
    like: Any = None,
    ulps: float = 0,
    sums: bool = False,
    differences: bool = True,
    lanes: int | None = None,
    **keywords: Any,
) -> Sample:
    return Sample(function, args, keywords, like, ulps, sums=sums, differences=differences, lanes=lanes)


def each(function: Any, *args: Any, like: Any = None, ulps: float = 0, at: Any = None, **keywords: Any) -> Sample:
    args = tuple(arg(2, 3) if isinstance(arg, Domain) else arg for arg in args)
    return Sample(function, args, keywords, like, ulps, elementwise=True, at=at or {})


def constant(function: Any, *args: Any, like: Any = None, **keywords: Any) -> Sample:
    elementwise = all(isinstance(arg, Domain) for arg in args)
    args = tuple(arg(2, 3) if isinstance(arg, Domain) else arg for arg in args)
    return Sample(function, args, keywords, like, elementwise=elementwise, differentiable=False)
