"""chainrule's engine: NumPy arrays and Python floats that remember how they were made, and reverse-mode differentiation.

>>> import numpy as np
>>> from autograd import Tensor
>>> x = Tensor([0.0, 1.0], requires_grad=True)
>>> np.exp(x).sum().backward()
>>> x.grad
tensor([1.    , 2.7183])
"""

import math as _math
from typing import Any as _Any

import numpy as _np

from .factories import (
    arange,
    as_tensor,
    empty,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    ones,
    ones_like,
    tensor,
    zeros,
    zeros_like,
)
from .functions import (
    all,
    amax,
    amin,
    any,
    argmax,
    argmin,
    cat,
    clone,
    cumprod,
    cumsum,
    flatten,
    flip,
    log_softmax,
    logsumexp,
    masked_fill,
    max,
    mean,
    min,
    numel,
    permute,
    prod,
    rsqrt,
    softmax,
    split,
    squeeze,
    stack,
    std,
    sum,
    transpose,
    unsqueeze,
    var,
)
from .modes import enable_grad, is_grad_enabled, no_grad, observe
from .random import (
    Generator,
    default_generator,
    manual_seed,
    rand,
    rand_like,
    randint,
    randn,
    randn_like,
    randperm,
)
from .rules.arithmetic import (
    absolute,
    add,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    cbrt,
    clip,
    copysign,
    cos,
    cosh,
    deg2rad,
    degrees,
    divide,
    exp,
    exp2,
    expm1,
    fabs,
    float_power,
    fmax,
    fmin,
    fmod,
    hypot,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    logaddexp2,
    maximum,
    minimum,
    multiply,
    nan_to_num,
    negative,
    nonzero,
    positive,
    power,
    rad2deg,
    radians,
    reciprocal,
    remainder,
    sin,
    sinc,
    sinh,
    sqrt,
    square,
    subtract,
    tan,
    tanh,
    where,
)
from .rules.comparison import (
    bitwise_and,
    bitwise_or,
    bitwise_xor,
    ceil,
    equal,
    floor,
    floor_divide,
    greater,
    greater_equal,
    heaviside,
    isfinite,
    isinf,
    isnan,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    not_equal,
    rint,
    sign,
    signbit,
    trunc,
)
from .rules.fused import relu, sigmoid, softplus
from .rules.linalg import dot, einsum, inner, matmul, outer, tensordot, vdot
from .rules.reductions import count_nonzero
from .rules.shape import (
    array_split,
    astype,
    broadcast_to,
    concatenate,
    expand_dims,
    hstack,
    moveaxis,
    pad,
    ravel,
    repeat,
    reshape,
    roll,
    swapaxes,
    tile,
    vstack,
)
from .tensor import Tensor, get_default_dtype, set_default_dtype
from .transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

__version__ = "0.1.0"

# PyTorch's second names
abs, acos, asin, atan, atan2 = absolute, arccos, arcsin, arctan, arctan2
clamp, div, mul, neg, pow, sub, mm = clip, divide, multiply, negative, power, subtract, matmul
concat, eq, ne, lt, le, gt, ge = concatenate, equal, not_equal, less, less_equal, greater, greater_equal

float32, float64, int32, int64, uint8 = map(_np.dtype, (_np.float32, _np.float64, _np.int32, _np.int64, _np.uint8))
float, double, int, long, bool = float32, float64, int32, int64, _np.dtype(_np.bool_)
pi, e, inf, nan = _math.pi, _math.e, _math.inf, _math.nan


def __getattr__(name: str) -> _Any:  # what needs Graphviz, or is only needed by few, is imported when it is asked for
    if name == "draw":
        from .drawing import draw

        return draw
    if name == "trace":
        from .compiler import trace

        return trace
    raise AttributeError(f"module 'autograd' has no attribute {name!r}")
