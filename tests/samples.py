"""The table of samples: every operation, in every form that it is called in. `test_laws.py` puts each to every law.

A line gives the function that users call and, in the place of each array, the domain its numbers are drawn from:

    each(np.log, positive, at={0.0: inf})       an elementwise operation, for arrays of any shape;
                                                `at` are special places, and the derivative there
    of(np.sum, real(2, 3), axis=0)              any other, for arrays of these shapes
    constant(np.floor, real)                    one through which no gradient flows

`like` is what NumPy says, where it is not the function itself; `ulps` how far from it the last digits may be, because
the sum is taken in another order; `sums` marks sums of products, where a cotangent of 0 meets an infinite operand only
if it is 0 as a whole.
"""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy import inf, nan

import autograd
from autograd import Tensor, op
from autograd.rules import fused, indexing, reductions
from autograd.tensor import copied

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
    **keywords: Any,
) -> Sample:
    return Sample(function, args, keywords, like, ulps, sums=sums, differences=differences)


def each(function: Any, *args: Any, like: Any = None, ulps: float = 0, at: Any = None, **keywords: Any) -> Sample:
    args = tuple(arg(2, 3) if isinstance(arg, Domain) else arg for arg in args)
    return Sample(function, args, keywords, like, ulps, elementwise=True, at=at or {})


def constant(function: Any, *args: Any, like: Any = None, **keywords: Any) -> Sample:
    elementwise = all(isinstance(arg, Domain) for arg in args)
    args = tuple(arg(2, 3) if isinstance(arg, Domain) else arg for arg in args)
    return Sample(function, args, keywords, like, elementwise=elementwise, differentiable=False)


# --- What NumPy says where it has no function -------------------------------------------------------------------------


def softmax(x: Any, axis: int = -1) -> Any:
    return np.exp(x) / np.exp(x).sum(axis, keepdims=True)


def cross_entropy(logits: Any, target: Any, scale: Any = None) -> Any:
    rows = -np.log(softmax(logits))[np.arange(len(target)), target]
    return rows if scale is None else rows.sum() * scale


def soft_cross_entropy(logits: Any, target: Any, scale: Any = None) -> Any:
    rows = -(target * np.log(softmax(logits))).sum(1)
    return rows if scale is None else rows.sum() * scale


def bernoulli(logits: Any, target: Any, scale: Any = None) -> Any:
    each = np.log1p(np.exp(logits)) - logits * target
    return each if scale is None else each.sum() * scale


def squared_error(prediction: Any, target: Any, scale: Any = None) -> Any:
    each = (prediction - target) ** 2
    return each if scale is None else each.sum() * scale


def scatter(x: Any, shape: Any, index: Any) -> Any:
    out = np.zeros(shape, x.dtype)
    np.add.at(out, index, x)
    return out


def recurrence(a: Any, b: Any, axis: int) -> Any:
    rows, out = np.moveaxis(np.array([a, b]), axis + 1, 0), []
    for factor, term in rows:
        out.append(term + factor * out[-1] if out else term)
    return np.moveaxis(np.array(out), 0, axis)


def largest(x: Any, dim: int, keepdim: bool = False) -> Any:
    return np.max(x, dim, keepdims=keepdim), np.argmax(x, dim, keepdims=keepdim)


def smallest(x: Any, dim: int, keepdim: bool = False) -> Any:
    return np.min(x, dim, keepdims=keepdim), np.argmin(x, dim, keepdims=keepdim)


# --- The table --------------------------------------------------------------------------------------------------------
# fmt: off

half = 0.5
A = real(2, 3, 4)
AXES: tuple[dict[str, Any], ...] = (
    {}, {"axis": 0}, {"axis": -2}, {"axis": (0, 2)}, {"axis": ()}, {"axis": -1, "keepdims": True}, {"keepdims": True},
)

ARITHMETIC = [
    each(np.add, real, real, at={(inf, 1.0): (1.0, 1.0)}),
    each(np.subtract, real, real),
    each(np.multiply, real, real, at={(0.0, 3.0): (3.0, 0.0)}),
    each(np.divide, real, nonzero, at={(0.0, 2.0): (half, 0.0), (1.0, inf): (0.0, 0.0), (1.0, 0.0): (inf, -inf)}),
    each(np.remainder, far, period),
    each(np.fmod, far, period),
    each(np.remainder, far, -1.15),
    each(np.fmod, -5.25, period),
    each(np.negative, real),
    each(np.positive, real),
    each(np.conjugate, real),
    each(np.reciprocal, nonzero, at={inf: 0.0, 0.0: -inf}),
    each(np.square, real, at={0.0: 0.0, inf: inf}),
    each(np.sqrt, positive, at={0.0: inf, 4.0: 0.25, inf: 0.0, -1.0: nan}),
    each(np.cbrt, nonzero, at={0.0: inf, -8.0: 1 / 12}),
    each(np.power, positive, real, at={(0.0, 2.0): (0.0, 0.0), (0.0, 0.0): (0.0, 0.0), (-2.0, 2.0): (-4.0, nan)}),
    each(np.power, positive, 0.5, at={0.0: inf}, ulps=1),
    each(np.power, real, 0, at={0.0: 0.0, inf: 0.0}),
    each(np.power, real, 1, at={0.0: 1.0, inf: 1.0}),
    each(np.power, real, 2, at={0.0: 0.0}),
    each(np.power, real, 3.0, at={0.0: 0.0}),
    each(np.power, nonzero, -1.0, at={0.0: -inf}, ulps=1),
    each(np.power, 2.0, real),
    of(np.power, real(2, 3), np.array([0.0, 1.0, 3.0])),
    each(operator.pow, positive, real),
    each(np.float_power, positive, real, at={(0.0, 0.0): (0.0, 0.0)}),
    each(np.hypot, nonzero, real, at={(0.0, 0.0): (0.0, 0.0), (3.0, 4.0): (0.6, 0.8), (3e200, 4e200): (0.6, 0.8)}),
    each(np.add, 2.0, real),
    each(np.multiply, real, -3),
    each(np.divide, 1.0, nonzero),
    each(np.divide, real, 3),
]

EXPONENTIALS = [
    each(np.exp, real, at={-inf: 0.0, 0.0: 1.0}),
    each(np.exp2, real, at={0.0: math.log(2)}),
    each(np.expm1, real, at={0.0: 1.0, -inf: 0.0}),
    each(np.log, positive, at={0.0: inf, inf: 0.0, -1.0: nan}),
    each(np.log2, positive, at={0.0: inf, -1.0: nan}),
    each(np.log10, positive, at={0.0: inf, -1.0: nan}),
    each(np.log1p, inside, at={-1.0: inf, 0.0: 1.0, -2.0: nan}),
    each(np.logaddexp, real, real, at={(-inf, -inf): (0.0, 0.0), (1e3, 1e3): (half, half), (-inf, 0.0): (0.0, 1.0)}),
    each(np.logaddexp2, real, real, at={(-inf, -inf): (0.0, 0.0), (1e4, 1e4): (half, half), (inf, 0.0): (1.0, 0.0)}),
    each(autograd.sigmoid, real, like=lambda x: 1 / (1 + np.exp(-x)), ulps=4, at={0.0: 0.25, inf: 0.0, -inf: 0.0}),
    each(autograd.softplus, real, like=lambda x: np.log1p(np.exp(x)), ulps=4, at={0.0: half, 1e3: 1.0, -1e3: 0.0}),
]

TRIGONOMETRY = [
    each(np.sin, real, at={0.0: 1.0}),
    each(np.cos, real, at={0.0: 0.0}),
    each(np.tan, inside),
    each(np.arcsin, inside, at={1.0: inf, -1.0: inf, 2.0: nan}),
    each(np.arccos, inside, at={1.0: -inf, -1.0: -inf, 2.0: nan}),
    each(np.arctan, real, at={inf: 0.0, 0.0: 1.0}),
    each(np.sinh, real, at={0.0: 1.0}),
    each(np.cosh, real, at={0.0: 0.0}),
    each(np.tanh, real, at={0.0: 1.0, inf: 0.0, -inf: 0.0}),
    each(np.arcsinh, real, at={0.0: 1.0, 1e200: 1e-200, inf: 0.0}),
    each(np.arccosh, above, at={1.0: inf, 0.5: nan, inf: 0.0}),
    each(np.arctanh, inside, at={1.0: inf, -1.0: inf, 2.0: nan}),
    each(np.arctan2, nonzero, nonzero, at={(0.0, 0.0): (0.0, 0.0), (1e-200, 1e-200): (5e199, -5e199), (0.0, -1.0): (-1.0, -0.0)}),
    each(np.degrees, real),
    each(np.rad2deg, real),
    each(np.radians, real),
    each(np.deg2rad, real),
    each(np.sinc, nonzero, at={0.0: 0.0, 1.0: -1.0, 1e-9: -math.pi**2 / 3 * 1e-9}),
]

SELECTING = [
    each(np.absolute, nonzero, at={0.0: 0.0, inf: 1.0, -inf: -1.0}),
    each(np.fabs, nonzero, at={0.0: 0.0}),
    each(operator.abs, nonzero),
    each(np.maximum, real, real, at={(1.0, 1.0): (half, half), (inf, inf): (half, half), (2.0, 1.0): (1.0, 0.0)}),
    each(np.minimum, real, real, at={(1.0, 1.0): (half, half), (-inf, 1.0): (1.0, 0.0)}),
    each(np.maximum, nonzero, 0, at={0.0: half}),
    each(np.fmax, real, real, at={(nan, 1.0): (0.0, 1.0), (1.0, 1.0): (half, half)}),
    each(np.fmin, real, real, at={(nan, 1.0): (0.0, 1.0), (1.0, 1.0): (half, half)}),
    each(np.copysign, nonzero, nonzero),
    each(np.where, bits, real, real),
    each(np.where, bits, real, 0.0),
    each(np.clip, real, below, beyond),
    each(np.clip, nonzero, -1.0, 1.0, at={1.0: 1.0, -1.0: 1.0, 2.0: 0.0, 0.0: 1.0}),
    each(np.clip, nonzero, None, 1.0),
    each(np.clip, nonzero, 0.0, None),
    each(np.nan_to_num, real, at={nan: 0.0, inf: 0.0, 3.0: 1.0}),
    each(np.nan_to_num, real, nan=2.0, posinf=3.0, neginf=4.0),
    each(autograd.relu, nonzero, like=lambda x: np.maximum(x, 0), at={0.0: 0.0, inf: 1.0, -inf: 0.0}),
    of(op.zero_unused_op, real(2, 3), nonzero(2, 3), like=lambda share, cotangent: share),
]

CONSTANTS = [
    constant(function, real, real)
    for function in (
        np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.logical_and, np.logical_or,
        np.logical_xor, np.floor_divide, np.heaviside, np.nextafter,
    )
] + [
    constant(function, real)
    for function in (
        np.logical_not, np.isfinite, np.isinf, np.isnan, np.signbit, np.sign, np.floor, np.ceil, np.trunc, np.rint, np.spacing,
    )
] + [
    constant(function, whole, whole) for function in (np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.gcd, np.lcm)
] + [
    constant(np.invert, whole),
    constant(np.left_shift, whole, counts),
    constant(np.right_shift, whole, counts),
    constant(np.subtract, whole, 2),
    constant(np.sum, whole(2, 3), axis=1),
    *(
        constant(function, apart(3, 4), **keywords)
        for function in (np.argmax, np.argmin)
        for keywords in ({}, {"axis": 0}, {"axis": -1, "keepdims": True})
    ),
    *(constant(function, signs(2, 3, 4), **keywords) for function in (np.any, np.all, np.count_nonzero) for keywords in AXES),
    constant(np.any, signs(3, 4), axis=1, where=np.array([True, False, True, True])),
    constant(np.all, signs(3, 4), axis=1, where=np.array([True, False, True, True])),
    constant(np.astype, real(2, 3), np.int64),
    constant(Tensor.detach, real(2, 3), like=lambda x: x),
]

REDUCTIONS = [
    *(of(function, A, **keywords) for function in (np.sum, np.mean) for keywords in AXES),
    *(of(function, A, ulps=4, **keywords) for function in (np.var, np.std) for keywords in AXES if keywords != {"axis": ()}),
    *(of(function, apart(2, 3, 4), **keywords) for function in (np.max, np.min) for keywords in AXES),
    *(of(np.prod, x, ulps=4, **keywords) for x in (nonzero(2, 3, 4), signs(3, 2, 3)) for keywords in AXES),
    *(
        of(autograd.logsumexp, A, like=lambda x, **how: np.log(np.sum(np.exp(x), **how)), ulps=8, **keywords)
        for keywords in AXES
    ),
    of(np.amax, apart(3, 4), axis=1),
    of(np.amin, apart(3, 4), axis=1),
    of(np.sum, real(3, 4), axis=1, where=np.array([True, False, True, True]), ulps=4),
    of(np.sum, real(3, 4), axis=1, initial=2.0),
    of(np.mean, real(3, 4), axis=0, where=np.array([[True], [False], [True]]), ulps=4),
    of(np.var, real(3, 4), axis=1, where=np.array([True, False, True, True]), ddof=1, ulps=4),
    of(np.std, real(3, 4), axis=1, where=np.array([True, False, True, True]), ulps=4),
    of(np.std, real(3, 4), axis=1, mean=np.array([[0.1], [0.2], [-0.3]]), ulps=4),
    of(np.prod, nonzero(3, 4), axis=1, initial=2.0, ulps=4),
    of(np.prod, nonzero(3, 4), where=np.array([True, False, True, True]), ulps=4),
    of(np.max, apart(3, 4), axis=0, initial=0.3),
    of(np.min, apart(3, 4), axis=0, initial=9.0, where=np.array([True, False, True, True])),
    of(np.var, real(3, 4), axis=0, ddof=1, ulps=4),
    of(np.std, real(3, 4), ddof=1, ulps=4),
    of(np.std, real(3, 4), axis=1, correction=1, ulps=4),
    *(of(np.cumsum, A, **keywords) for keywords in ({}, {"axis": 0}, {"axis": -1})),
    *(
        of(np.cumprod, x, sums=True, **keywords)
        for x in (nonzero(2, 3, 2), signs(3, 2, 3))
        for keywords in ({}, {"axis": 0}, {"axis": -1})
    ),
    *(of(autograd.softmax, A, like=softmax, ulps=8, sums=True, **keywords) for keywords in ({}, {"axis": 0})),
    *(
        of(autograd.log_softmax, A, like=lambda x, axis=-1: np.log(softmax(x, axis)), ulps=16, sums=True, **keywords)
        for keywords in ({}, {"axis": 1})
    ),
    *(of(autograd.max, apart(3, 4), like=largest, **keywords) for keywords in ({"dim": 0}, {"dim": -1, "keepdim": True})),
    of(autograd.min, apart(3, 4), like=smallest, dim=1),
    of(reductions.recurrence, real(3, 4), real(3, 4), like=recurrence, axis=1, ulps=4, sums=True),
    # nothing, one number, one element along the axis
    *(of(function, real(0, 3), axis=0) for function in (np.sum, np.prod)),
    *(of(function, real(2, 0)) for function in (np.sum, np.prod, np.cumsum, np.cumprod)),
    *(of(function, real(2, 0), axis=0) for function in (np.sum, np.mean, np.prod, np.max, np.min, np.cumsum, np.cumprod)),
    *(of(function, real(2, 0), like=lambda x: x, sums=True) for function in (autograd.softmax, autograd.log_softmax)),
    of(autograd.softmax, real(0, 3), dim=0, like=lambda x, dim: x, sums=True),
    *(of(function, real()) for function in (np.sum, np.mean, np.prod, np.max, np.min)),
    *(of(function, real(3, 1), axis=1) for function in (np.sum, np.mean, np.prod, np.max, np.min, np.cumsum, np.cumprod)),
]

SHAPES = [
    *(of(np.reshape, A, shape) for shape in ((4, 6), -1, (3, -1, 2), (2, 3, 4))),
    of(np.reshape, A, (6, 4), order="F"),
    of(np.ravel, A),
    of(np.ravel, A, order="F"),
    *(of(np.transpose, A, axes) for axes in (None, (1, 2, 0), (-1, 0, 1))),
    of(np.permute_dims, A, (2, 0, 1)),
    of(np.matrix_transpose, A),
    of(np.swapaxes, A, 0, -1),
    of(np.moveaxis, A, 0, -1),
    of(np.moveaxis, A, (0, 1), (-1, 0)),
    *(of(np.expand_dims, real(2, 3), axis) for axis in (0, -1, (0, 2))),
    of(np.squeeze, real(1, 3, 1)),
    of(np.squeeze, real(1, 3, 1), axis=-1),
    *(of(np.broadcast_to, real(3, 1), shape) for shape in ((3, 1), (3, 4), (2, 3, 4), (3, 0))),
    of(np.broadcast_to, real(), (2, 3)),
    *(of(np.flip, A, axis) for axis in (None, 0, (0, -1))),
    *(of(np.roll, A, *how) for how in ((2,), (-1, 0), ((1, 2), (0, -1)))),
    of(np.astype, real(2, 3), np.float32, differences=False),
    of(copied, real(2, 3), like=np.copy),
    *(of(np.concatenate, [real(2, 3), real(1, 3), real(0, 3)], axis=axis) for axis in (0, -2, None)),
    of(np.concatenate, [real(2, 3), real(2, 1)], axis=1),
    *(of(np.stack, [real(2, 3), real(2, 3)], axis=axis) for axis in (0, 1, -1)),
    of(np.stack, [real(), real(), real()]),
    of(np.vstack, [real(3), real(2, 3)]),
    of(np.hstack, [real(3), real(2)]),
    of(np.hstack, [real(2, 3), real(2, 1)]),
    of(np.split, real(4, 3), 2),
    of(np.split, real(4, 3), [1, 3]),
    of(np.split, real(4, 6), 3, axis=1),
    of(np.array_split, real(5, 2), 3),
    *(of(np.repeat, real(2, 3), *how) for how in ((2,), (2, 1), ([1, 2], 0), (0, 0))),
    *(of(np.tile, real(2, 3), reps) for reps in (2, (2, 1), (2, 1, 3), ())),
    *(of(np.pad, real(2, 3), width) for width in (1, ((1, 0), (0, 2)))),
    of(np.pad, real(2, 3), ((1, 0), (2, 1)), constant_values=5.0),
    *(of(np.pad, real(3, 4), ((2, 1), (0, 2)), mode=mode) for mode in ("edge", "reflect", "symmetric", "wrap")),
]

INDEXING = [
    *(
        of(operator.getitem, A, index)
        for index in (
            0, -1, slice(1, None), slice(None, None, -1), (0, 1, 2), (slice(None), 1), (..., 0), (None, 1, ..., None),
            slice(2, 2), np.array([1, 0, 0, 1, -1]), (np.array([0, 1, 1]), slice(None), np.array([2, 2, 2])),
            (np.array([[0], [1]]), np.array([[0, 2, 2]])), np.array([], int), (0, np.array([0, 0]), slice(None, 2)),
            (slice(None), np.array([2, 0, 2])), np.arange(24).reshape(2, 3, 4) % 3 == 0, (np.array([True, False]), 1),
            [0, 0, 1],
        )
    ),
    of(operator.getitem, real(5), np.array([0, 0, 4, 0])),
    of(operator.getitem, real(), ()),
    of(operator.getitem, real(), None),
    of(operator.getitem, real(3), whole(2), like=None),
    of(indexing.scatter, real(4, 2), (3, 2), np.array([0, 0, 2, 1]), like=scatter, ulps=2),
    of(indexing.scatter, real(2, 2), (3, 4), (slice(0, 2), slice(None, None, 2)), like=scatter),
]

PRODUCTS = [
    *(
        of(np.matmul, real(*a), real(*b), ulps=8, sums=True)
        for a, b in (
            ((2, 3), (3, 4)), ((3,), (3,)), ((3,), (3, 4)), ((2, 3), (3,)), ((5, 2, 3), (3, 4)), ((5, 2, 3), (5, 3, 4)),
            ((2, 3), (5, 3, 4)), ((5, 1, 2, 3), (2, 3, 4)), ((3,), (5, 3, 4)), ((5, 2, 3), (3,)), ((1, 2, 3), (5, 3, 4)),
            ((2, 0), (0, 3)), ((0, 3), (3, 2)), ((1, 1), (1, 1)),
        )
    ),
    of(operator.matmul, real(4, 3), real(3, 2), ulps=8, sums=True),
    *(
        of(np.dot, real(*a), real(*b), ulps=8, sums=True)
        for a, b in (((2, 3), (3, 4)), ((), (2, 3)), ((3,), ()), ((2, 3), (5, 3, 4)), ((2, 2, 3), (3,)), ((3,), (3,)))
    ),
    *(
        of(np.tensordot, real(*a), real(*b), axes, ulps=8, sums=True)
        for a, b, axes in (
            ((2, 3, 4), (3, 4, 5), 2), ((2, 3), (3, 2), 1), ((2,), (3,), 0), ((2, 3, 4), (4, 2), ([0, -1], [1, 0])),
        )
    ),
    of(np.outer, real(2, 2), real(3), sums=True),
    of(np.inner, real(2, 3), real(4, 3), ulps=8, sums=True),
    of(np.inner, real(), real(3), sums=True),
    of(np.vdot, real(2, 3), real(2, 3), ulps=8, sums=True),
    *(
        of(np.einsum, subscripts, *(real(*shape) for shape in shapes), ulps=8, sums=True)
        for subscripts, *shapes in (
            ("ij,jk->ik", (2, 3), (3, 4)), ("ij,jk", (2, 3), (3, 4)), ("ii->", (3, 3)), ("ii->i", (3, 3)), ("ii", (3, 3)),
            ("ij->i", (2, 3)), ("ij->", (2, 3)), ("ji", (2, 3)), ("ij->ji", (2, 3)), ("i,i", (3,), (3,)), ("i,j", (2,), (3,)),
            ("bij,bjk->bik", (2, 3, 2), (2, 2, 4)), ("...ij,...jk->...ik", (2, 1, 3, 2), (4, 2, 3)), ("...i->...", (2, 3)),
            ("i...,i...->...", (3, 2), (3, 2)), ("ij,ij->ij", (2, 3), (2, 3)), ("ij,k->ijk", (2, 3), (2,)),
            ("ij,jk,kl->il", (2, 3), (3, 2), (2, 4)), ("iij,j->i", (2, 2, 3), (3,)), ("ij,kk->i", (2, 3), (2, 2)),
            ("i,->i", (3,), ()), ("ij,ij->", (2, 3), (2, 3)), ("ij,j->i", (2, 1), (3,)), ("iii->i", (2, 2, 2)),
        )
    ),
    of(np.einsum, real(2, 3), [0, 1], real(3, 4), [1, 2], [0, 2], ulps=8, sums=True),
    of(np.einsum, "ij,jk,kl", real(2, 3), real(3, 2), real(2, 2), optimize=True, ulps=8, sums=True),
]

LAYERS = [
    *(
        of(fused.linear_layer, real(*x), real(4, 3), *bias, like=lambda x, w, b: x @ w.T + (0 if b is None else b), ulps=8, sums=True)
        for x, bias in (((2, 3), (real(4),)), ((5, 2, 3), (real(4),)), ((3,), (real(4),)), ((2, 3), (None,)), ((0, 3), (real(4),)))
    ),
    *(
        of(function, *args, scale, like=like, ulps=16)
        for function, like, args in (
            (fused.cross_entropy_rows, cross_entropy, (real(3, 4), np.array([0, 3, 1]))),
            (fused.soft_cross_entropy_rows, soft_cross_entropy, (real(3, 4), positive(3, 4))),
            (fused.bernoulli_cross_entropy, bernoulli, (real(3, 2), positive(3, 2))),
            (fused.squared_error, squared_error, (real(3, 2), real(3, 2))),
        )
        for scale in (None, 0.5)
    ),
    constant(fused.one_hot, counts(3), 5, like=lambda target, classes: np.eye(classes)[target] == 1),
]

SAMPLES = [
    *ARITHMETIC, *EXPONENTIALS, *TRIGONOMETRY, *SELECTING, *CONSTANTS, *REDUCTIONS, *SHAPES, *INDEXING, *PRODUCTS, *LAYERS
]
# fmt: on
