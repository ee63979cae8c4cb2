"""Samples of `autograd/rules/arithmetic.py`."""

import math
import operator
from typing import Any

import numpy as np
from numpy import inf, nan

import autograd
from autograd import Tensor, op

from .table import (
    above,
    apart,
    below,
    beyond,
    bits,
    constant,
    counts,
    each,
    far,
    inside,
    nonzero,
    of,
    period,
    positive,
    real,
    signs,
    whole,
)

# fmt: off
half = 0.5
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
    each(np.power, positive(7), signs(7)),  # to the power of 0, as a variable
    each(np.float_power, positive(7), signs(7)),
    each(np.float_power, positive, real, at={(0.0, 0.0): (0.0, 0.0), (0.0, 2.0): (0.0, 0.0), (-2.0, 2.0): (-4.0, nan)}),
    each(np.hypot, nonzero, real, at={(0.0, 0.0): (0.0, 0.0), (3.0, 4.0): (0.6, 0.8), (3e200, 4e200): (0.6, 0.8), (inf, 1.0): (1.0, 0.0), (2.0, -inf): (0.0, -1.0)}),
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
    each(np.arcsin, inside, at={1.0: inf, -1.0: inf, 2.0: nan, 0.9999999: 2236.068033989975}),
    each(np.arccos, inside, at={1.0: -inf, -1.0: -inf, 2.0: nan}),
    each(np.arctan, real, at={inf: 0.0, 0.0: 1.0}),
    each(np.sinh, real, at={0.0: 1.0}),
    each(np.cosh, real, at={0.0: 0.0}),
    each(np.tanh, real, at={0.0: 1.0, inf: 0.0, -inf: 0.0}),
    each(np.arcsinh, real, at={0.0: 1.0, 1e200: 1e-200, inf: 0.0}),
    each(np.arccosh, above, at={1.0: inf, 0.5: nan, inf: 0.0}),
    each(np.arctanh, inside, at={1.0: inf, -1.0: inf, 2.0: nan}),
    each(np.arctan2, nonzero, nonzero, at={(0.0, 0.0): (0.0, 0.0), (1e-200, 1e-200): (5e199, -5e199), (0.0, -1.0): (-1.0, -0.0), (2.0, 0.0): (0.0, -half), (inf, 1.0): (0.0, 0.0), (1.0, inf): (0.0, 0.0)}),
    each(np.degrees, real),
    each(np.rad2deg, real),
    each(np.radians, real),
    each(np.deg2rad, real),
    each(np.sinc, nonzero, at={0.0: 0.0, 1.0: -1.0, 1e-9: -math.pi**2 / 3 * 1e-9, 2.0**-7: -0.02570054655200776, 2.0**-5: -0.1027093236294871}),
]

SELECTING = [
    each(np.absolute, nonzero, at={0.0: 0.0, inf: 1.0, -inf: -1.0}),
    each(np.fabs, nonzero, at={0.0: 0.0}),
    each(operator.abs, nonzero),
    each(np.maximum, real, real, at={(1.0, 1.0): (half, half), (inf, inf): (half, half), (2.0, 1.0): (1.0, 0.0)}),
    each(np.minimum, real, real, at={(2.0, 2.0): (half, half), (-inf, 1.0): (1.0, 0.0), (1.0, 3.0): (1.0, 0.0), (3.0, 1.0): (0.0, 1.0)}),
    each(np.maximum, nonzero, 0, at={0.0: half}),
    each(np.fmax, real, real, at={(nan, 1.0): (0.0, 1.0), (3.0, nan): (1.0, 0.0), (2.0, 2.0): (half, half), (1.0, 0.0): (1.0, 0.0), (0.0, 1.0): (0.0, 1.0)}),
    each(np.fmin, real, real, at={(nan, 1.0): (0.0, 1.0), (3.0, nan): (1.0, 0.0), (2.0, 2.0): (half, half), (1.0, 3.0): (1.0, 0.0), (3.0, 1.0): (0.0, 1.0)}),
    each(np.copysign, nonzero, nonzero, at={(0.0, 1.0): (0.0, 0.0), (-2.0, 3.0): (-1.0, 0.0)}),
    each(np.where, bits, real, real),
    each(np.where, bits, real, 0.0),
    each(np.clip, real, below, beyond, at={(1.0, 1.0, 2.0): (1.0, 0.0, 0.0), (2.0, 1.0, 2.0): (1.0, 0.0, 0.0), (0.0, 3.0, 1.0): (0.0, 0.0, 1.0),
         (5.0, 3.0, 1.0): (0.0, 0.0, 1.0), (0.0, 1.0, 1.0): (0.0, 1.0, 0.0), (2.0, 1.0, 1.0): (0.0, 0.0, 1.0)}),
    each(np.clip, nonzero, -1.0, 1.0, at={1.0: 1.0, -1.0: 1.0, 2.0: 0.0, 0.0: 1.0}),
    each(np.clip, nonzero, None, 1.0),
    each(np.clip, nonzero, 0.0, None),
    each(np.nan_to_num, real, at={nan: 0.0, inf: 0.0, 3.0: 1.0}),
    each(np.nan_to_num, real, nan=2.0, posinf=3.0, neginf=4.0),
    each(autograd.relu, nonzero, like=lambda x: np.maximum(x, 0), at={0.0: 0.0, inf: 1.0, -inf: 0.0}),
    of(np.heaviside, nonzero(2, 3), real(2, 3)),
    of(np.heaviside, np.zeros(3), real(2, 3)),
    of(op.zero_unused_op, real(2, 3), nonzero(2, 3), like=lambda share, cotangent: share),
]

CONSTANTS = [
    constant(function, real, real)
    for function in (
        np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.logical_and, np.logical_or,
        np.logical_xor, np.floor_divide, np.nextafter,
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
# fmt: on
