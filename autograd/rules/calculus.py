"""Differences, sums along a curve, phases, and functions that take numbers apart."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..op import constant, elementwise, implements
from .operands import axis_in, detached, index_of, same, tensor_of

# --- Differences ---


def _part(x: Any, axis: int, start: int | None, stop: int | None) -> Any:
    return x[(slice(None),) * axis + (slice(start, stop),)]


def _border(x: Any, value: Any, axis: int) -> Any:
    value = tensor_of(value)
    if value.ndim:
        return value
    return np.broadcast_to(value, tuple(1 if i == axis else n for i, n in enumerate(x.shape)))


@implements(np.diff)
def diff(x: Any, n: int = 1, axis: int = -1, prepend: Any = np._NoValue, append: Any = np._NoValue) -> Any:
    """The differences between neighbours along `axis`, n times over, NumPy's `diff`.

    >>> diff(Tensor([1.0, 4.0, 9.0]))
    tensor([3., 5.])
    """
    x = tensor_of(x)
    if n == 0:
        return same(x)
    if n < 0:
        raise ValueError(f"diff: n must not be negative, and is {n!r}")
    if not x.ndim:
        raise ValueError("diff: a number has no neighbours; x must have at least one dimension")
    axis = axis_in("diff", axis, x)
    if prepend is not np._NoValue or append is not np._NoValue:
        borders = [None if b is np._NoValue else _border(x, b, axis) for b in (prepend, append)]
        x = np.concatenate([part for part in (borders[0], x, borders[1]) if part is not None], axis=axis)
    for _ in range(n):
        after, before = _part(x, axis, 1, None), _part(x, axis, None, -1)
        x = np.not_equal(after, before) if x.dtype.kind == "b" else after - before
    return x


@implements(np.ediff1d)
def ediff1d(x: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """The differences between neighbours of the flattened x, between `to_begin` and `to_end`, NumPy's `ediff1d`."""
    x = np.reshape(tensor_of(x), -1)
    parts = [x[1:] - x[:-1]]
    for name, border in (("to_begin", to_begin), ("to_end", to_end)):
        if border is not None:
            border = np.reshape(tensor_of(border), -1)
            if not np.can_cast(border.dtype, x.dtype, "same_kind"):
                raise TypeError(f"ediff1d: {name} is {border.dtype}, which does not become {x.dtype}, the dtype of x")
            parts.insert(0 if name == "to_begin" else len(parts), np.astype(border, x.dtype))
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def _distances(points: Any, n: int) -> Any:
    """What lies between neighbouring points: one number where they are known to be evenly spaced."""
    if not np.ndim(points):
        return points
    if np.ndim(points) != 1:
        raise ValueError(f"gradient: distances must be numbers or vectors, and one has shape {np.shape(points)}")
    if len(points) != n:
        raise ValueError(f"gradient: {len(points)} coordinates along an axis of size {n}; their numbers must agree")
    points = points if hasattr(points, "dtype") else np.asarray(points)
    steps = np.diff(points.astype(np.float64) if points.dtype.kind in "iu" else points)
    return steps[0] if isinstance(steps, np.ndarray) and len(steps) and (steps == steps[0]).all() else steps


def _sum_of(weights: tuple[Any, ...], parts: tuple[Any, ...]) -> Any:
    (a, b, c), (x, y, z) = weights, parts
    return a * x + b * y + c * z


def _at_middle(p: Any, q: Any) -> tuple[Any, ...]:
    """Weights of three values, p and q apart, in the slope of the parabola through them at the middle one."""
    return -q / (p * (p + q)), (q - p) / (p * q), p / (q * (p + q))


def _at_first(p: Any, q: Any) -> tuple[Any, ...]:
    return -(2.0 * p + q) / (p * (p + q)), (p + q) / (p * q), -p / (q * (p + q))


def _at_last(p: Any, q: Any) -> tuple[Any, ...]:
    return q / (p * (p + q)), -(q + p) / (p * q), (2.0 * q + p) / (q * (p + q))


def _derivative(f: Any, h: Any, axis: int, edge_order: int) -> Any:
    def part(start: int, stop: int | None) -> Any:
        return _part(f, axis, start, stop)

    even = not np.ndim(h)
    if even:
        inside = (part(2, None) - part(0, -2)) / (2.0 * h)
    else:
        column = (-1,) + (1,) * (f.ndim - axis - 1)
        weights = tuple(np.reshape(w, column) for w in _at_middle(h[:-1], h[1:]))
        inside = _sum_of(weights, (part(0, -2), part(1, -1), part(2, None)))
    if edge_order == 1:
        first = (part(1, 2) - part(0, 1)) / (h if even else h[0])
        last = (part(-1, None) - part(-2, -1)) / (h if even else h[-1])
    else:
        front = (-1.5 / h, 2.0 / h, -0.5 / h) if even else _at_first(h[0], h[1])
        back = (0.5 / h, -2.0 / h, 1.5 / h) if even else _at_last(h[-2], h[-1])
        first = _sum_of(front, (part(0, 1), part(1, 2), part(2, 3)))
        last = _sum_of(back, (part(-3, -2), part(-2, -1), part(-1, None)))
    return np.astype(np.concatenate([first, inside, last], axis=axis), f.dtype)


@implements(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """The slopes of f along its axes by finite differences, NumPy's `gradient`: one array, or a tuple of one an axis.

    The spacing is a number for all axes, or for each axis a number or its coordinates, which have a gradient too.

    >>> gradient(Tensor([1.0, 2.0, 4.0]), 0.5)
    tensor([2., 3., 4.])
    """
    f = tensor_of(f)
    axes = tuple(range(f.ndim)) if axis is None else normalize_axis_tuple(axis, f.ndim)
    if not varargs:
        steps: Any = [1.0] * len(axes)
    elif len(varargs) == 1 and not np.ndim(varargs[0]):
        steps = list(varargs) * len(axes)
    elif len(varargs) == len(axes):
        steps = [_distances(points, f.shape[i]) for points, i in zip(varargs, axes)]
    else:
        raise TypeError(
            f"gradient: {len(varargs)} spacings for {len(axes)} axes; give none, one number, or one an axis"
        )
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: edge_order must be 1 or 2, and is {edge_order}")
    f = f if f.dtype.kind == "f" else np.astype(f, np.float64)
    for i in axes:
        if f.shape[i] < edge_order + 1:
            raise ValueError(
                f"gradient: axis {i} has size {f.shape[i]}; edge_order={edge_order} needs {edge_order + 1}"
            )
    found = tuple(_derivative(f, h, i, edge_order) for h, i in zip(steps, axes))
    return found[0] if len(found) == 1 else found


# --- Sums ---


@implements(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The area under the straight lines between the values y along `axis`, at the points x or `dx` apart.

    NumPy's `trapezoid`.

    >>> trapezoid(Tensor([1.0, 2.0, 3.0]))
    tensor(4.)
    """
    y = tensor_of(y)
    along, axis = axis, axis_in("trapezoid", axis, y)
    if x is not None:
        x = tensor_of(x)
        dx = diff(x, axis=along if x.ndim > 1 else -1)
        dx = dx if x.ndim > 1 else np.reshape(dx, (-1,) + (1,) * (y.ndim - axis - 1))
    return np.sum(dx * (_part(y, axis, 1, None) + _part(y, axis, None, -1)) / 2.0, axis=along)


def _cumulated(function: str, x: Any, axis: int | None, dtype: Any, include_initial: bool) -> Any:
    x = x if x.ndim else np.reshape(x, 1)
    if axis is None and x.ndim > 1:
        raise ValueError(f"{function}: x has {x.ndim} dimensions, so that axis must be given")
    axis = axis_in(function, axis or 0, x)
    sums = function == "cumulative_sum"
    total = (np.cumsum if sums else np.cumprod)(x, axis=axis, **({} if dtype is None else {"dtype": dtype}))
    if not include_initial:
        return total
    start = np.full([1 if i == axis else n for i, n in enumerate(x.shape)], 0 if sums else 1, total.dtype)
    return np.concatenate([start, total], axis=axis)


def cumulative_sum(x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Any:
    """Running sums along `axis`, NumPy's `cumulative_sum`; with `include_initial`, 0 before the first."""
    return _cumulated("cumulative_sum", x, axis, dtype, include_initial)


def cumulative_prod(x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Any:
    """Running products along `axis`, NumPy's `cumulative_prod`; with `include_initial`, 1 before the first."""
    return _cumulated("cumulative_prod", x, axis, dtype, include_initial)


if hasattr(np, "cumulative_sum"):  # since NumPy 2.1
    implements(np.cumulative_sum)(cumulative_sum)
    implements(np.cumulative_prod)(cumulative_prod)


# --- Phases ---


def _turns(p: Any, discont: Any, axis: int, period: Any) -> Any:
    """What unwrapping adds to each element: a multiple of the period."""
    step = np.diff(p, axis=axis)
    half, odd = divmod(period, 2) if np.result_type(step, period).kind in "iu" else (period / 2, 0)
    wrapped = np.mod(step + half, period) - half
    if odd == 0:  # half a period may be a step up or a step down: as it was
        wrapped = np.where((wrapped == -half) & (step > 0), half, wrapped)
    added = np.where(np.absolute(step) < (period / 2 if discont is None else discont), 0, wrapped - step)
    first = np.zeros([1 if i == axis else n for i, n in enumerate(p.shape)], added.dtype)
    return np.concatenate([first, np.cumsum(added, axis)], axis)


_turns = constant(_turns, name="turns")


@implements(np.unwrap)
def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: Any = 2 * math.pi) -> Any:
    """p with multiples of the period added, so that no step along `axis` is above half of it, NumPy's `unwrap`."""
    if not p.ndim:
        raise ValueError("unwrap: a number has no neighbours; p must have at least one dimension")
    turns = _turns(p, discont, axis_in("unwrap", axis, p), period)
    return np.astype(p, turns.dtype) + turns


@implements(np.real, np.real_if_close)
def real(x: Any, tol: float = 100) -> Any:
    """The real part: x itself, as Tensors are real."""
    return same(x)


imag = implements(np.imag)(constant(lambda x: np.zeros_like(x), name="imag"))
_angle = constant(lambda x, deg: np.angle(x, deg), name="angle")


@implements(np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    """The angle of real numbers (constant): 0, or π for negative ones, NumPy's `angle`."""
    return _angle(z, bool(deg))


# --- The modified Bessel function of order 0 ---


def _i1(x: Any) -> Any:
    """The modified Bessel function I₁: its power series up to 20, beyond that its asymptotic series."""
    x = np.asarray(x)
    size = np.absolute(x)
    small, large = np.minimum(size, 20.0), np.maximum(size, 20.0)
    quarter, series = small * small / 4, np.ones_like(small)
    for k in range(40, 0, -1):  # Σ (x²/4)^k / (k! (k+1)!)
        series = 1 + series * quarter / (k * (k + 1))
    tail = np.ones_like(large)
    for k in range(25, 0, -1):  # Σ Π ((2j-1)² - 4) / (8 j x)
        tail = 1 + tail * ((2 * k - 1) ** 2 - 4) / (8 * k * large)
    half = np.exp(large / 2)  # exp(x) may overflow where the quotient does not
    return np.copysign(np.where(size <= 20, small / 2 * series, half / np.sqrt(2 * math.pi * large) * half * tail), x)


i1: Any = elementwise(_i1, lambda g, x, out: g * _i1_slope(x, out), name="bessel_i1")
_i0 = elementwise(lambda x: np.i0(x), lambda g, x: g * i1(x), name="i0")


def _i1_slope(x: Any, out: Any) -> Any:
    return np.i0(x) - np.where(x == 0, 0.5, out / np.where(x == 0, 1.0, x))


@implements(np.i0)
def i0(x: Any) -> Any:
    """The modified Bessel function I₀, NumPy's `i0`; its derivative is I₁."""
    return _i0(tensor_of(x))


# --- Taking numbers apart, rounding, asking ---

_ldexp = elementwise(np.ldexp, lambda g, b: np.ldexp(g, b), None)
_fraction = elementwise(lambda x: np.modf(x)[0], lambda g: g, name="fraction")
_whole_part = constant(lambda x: np.modf(x)[1], name="whole_part")
_exponent = constant(lambda x: np.frexp(x)[1], name="exponent")
_mantissa = elementwise(lambda x: np.frexp(x)[0], lambda g, x: np.ldexp(g, -_exponent(x)), name="mantissa")


@implements(np.ldexp)
def ldexp(x: Any, exponent: Any) -> Any:
    """x times 2 to the power of a whole number, NumPy's `ldexp`."""
    return _ldexp(tensor_of(x), exponent)


@implements(np.modf)
def modf(x: Any) -> tuple[Any, Any]:
    """The fraction, whose derivative is 1, and the whole part, NumPy's `modf`."""
    x = tensor_of(x)
    return _fraction(x), _whole_part(x)


@implements(np.frexp)
def frexp(x: Any) -> tuple[Any, Any]:
    """m and e with x = m 2^e and ½ ≤ |m| < 1; the derivative of m is 2^-e, NumPy's `frexp`."""
    x = tensor_of(x)
    return _mantissa(x), _exponent(x)


@implements(np.divmod)
def divmod_(a: Any, b: Any) -> tuple[Any, Any]:
    """The quotient rounded down, and the remainder, NumPy's `divmod`."""
    return np.floor_divide(a, b), np.remainder(a, b)


_round = constant(lambda x, decimals: np.round(x, decimals), name="round")


@implements(np.round, np.around)
def round(x: Any, decimals: int = 0) -> Any:
    """x rounded to so many decimals, halves to even digits (constant), NumPy's `round`."""
    return _round(x, decimals)


fix = implements(np.fix)(constant(lambda x: np.fix(x), name="fix"))
isneginf = implements(np.isneginf)(constant(lambda x: np.isneginf(x), name="isneginf"))
isposinf = implements(np.isposinf)(constant(lambda x: np.isposinf(x), name="isposinf"))
iscomplex = implements(np.iscomplex)(constant(lambda x: np.iscomplex(x), name="iscomplex"))
isreal = implements(np.isreal)(constant(lambda x: np.isreal(x), name="isreal"))
_isclose = constant(
    lambda a, b, rtol, atol, equal_nan: np.isclose(a, b, rtol, atol, equal_nan), arrays=2, name="isclose"
)


@implements(np.isclose)
def isclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False) -> Any:
    """Where |a - b| ≤ atol + rtol |b| (constant), NumPy's `isclose`."""
    return _isclose(a, b, index_of(detached(rtol)), index_of(detached(atol)), equal_nan)
