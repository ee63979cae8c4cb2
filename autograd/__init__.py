"""chainrule's engine: NumPy arrays and Python floats that remember how they were made, and reverse-mode differentiation.

>>> import numpy as np
>>> from autograd import Tensor
>>> x = Tensor([0.0, 1.0], requires_grad=True)
>>> np.exp(x).sum().backward()
>>> x.grad
tensor([1.    , 2.7183])
"""

import builtins as _builtins
import math as _math
from typing import TYPE_CHECKING as _TYPE_CHECKING
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
    nonzero,
    numel,
    permute,
    prod,
    roll,
    rsqrt,
    softmax,
    split,
    squeeze,
    stack,
    std,
    sum,
    tensordot,
    transpose,
    unsqueeze,
    var,
)
from .modes import enable_grad, is_grad_enabled, no_grad, observe
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
    conjugate,
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
    gcd,
    greater,
    greater_equal,
    heaviside,
    invert,
    isfinite,
    isinf,
    isnan,
    lcm,
    left_shift,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    nextafter,
    not_equal,
    right_shift,
    rint,
    sign,
    signbit,
    spacing,
    trunc,
)
from .rules.fused import relu, sigmoid, softplus
from .rules.linalg import dot, einsum, inner, matmul, outer, vdot
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
    swapaxes,
    tile,
    vstack,
)
from .scalar import Scalar
from .tensor import Tensor, get_default_dtype, set_default_dtype
from .transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

if _TYPE_CHECKING:  # imported when they are asked for: see __getattr__
    from . import fft, linalg, special
    from .anomaly import detect_anomaly
    from .compiler import trace
    from .drawing import draw
    from .function import Function
    from .memory import checkpoint, saved_bytes
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
    from .scalar import Scalar
    from .testing import gradcheck, gradgradcheck

__version__ = "0.1.0"

# PyTorch's second names
abs, acos, asin, atan, atan2 = absolute, arccos, arcsin, arctan, arctan2
acosh, asinh, atanh = arccosh, arcsinh, arctanh
bitwise_not, bitwise_left_shift, bitwise_right_shift, true_divide = invert, left_shift, right_shift, divide
clamp, div, mul, neg, pow, sub, mm = clip, divide, multiply, negative, power, subtract, matmul
concat, eq, ne, lt, le, gt, ge = concatenate, equal, not_equal, less, less_equal, greater, greater_equal

float32, float64, int32, int64, uint8 = map(_np.dtype, (_np.float32, _np.float64, _np.int32, _np.int64, _np.uint8))
float, double, int, long, bool = float32, float64, int32, int64, _np.dtype(_np.bool_)
pi, e, inf, nan = _math.pi, _math.e, _math.inf, _math.nan


# What brings further modules with it (NumPy's random numbers, Graphviz) comes when it is first asked for.
_LAZY = {
    "Function": "function",
    "Generator": "random",
    "Scalar": "scalar",
    "checkpoint": "memory",
    "saved_bytes": "memory",
    "default_generator": "random",
    "detect_anomaly": "anomaly",
    "draw": "drawing",
    "fft": "fft",
    "gradcheck": "testing",
    "gradgradcheck": "testing",
    "linalg": "linalg",
    "manual_seed": "random",
    "rand": "random",
    "rand_like": "random",
    "randint": "random",
    "randn": "random",
    "randn_like": "random",
    "randperm": "random",
    "special": "special",
    "trace": "compiler",
}

__all__ = [
    "Function",
    "Generator",
    "Scalar",
    "Tensor",
    "abs",
    "absolute",
    "acos",
    "acosh",
    "add",
    "all",
    "amax",
    "amin",
    "any",
    "arange",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "argmax",
    "argmin",
    "array_split",
    "as_tensor",
    "asin",
    "asinh",
    "astype",
    "atan",
    "atan2",
    "atanh",
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "bool",
    "broadcast_to",
    "cat",
    "cbrt",
    "ceil",
    "checkpoint",
    "clamp",
    "clip",
    "clone",
    "concat",
    "concatenate",
    "conjugate",
    "copysign",
    "cos",
    "cosh",
    "count_nonzero",
    "cumprod",
    "cumsum",
    "default_generator",
    "deg2rad",
    "degrees",
    "detect_anomaly",
    "div",
    "divide",
    "dot",
    "double",
    "draw",
    "e",
    "einsum",
    "empty",
    "enable_grad",
    "eq",
    "equal",
    "exp",
    "exp2",
    "expand_dims",
    "expm1",
    "eye",
    "fabs",
    "fft",
    "flatten",
    "flip",
    "float",
    "float32",
    "float64",
    "float_power",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "from_numpy",
    "full",
    "full_like",
    "gcd",
    "ge",
    "get_default_dtype",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "greater",
    "greater_equal",
    "gt",
    "heaviside",
    "hessian",
    "hstack",
    "hvp",
    "hypot",
    "inf",
    "inner",
    "int",
    "int32",
    "int64",
    "invert",
    "is_grad_enabled",
    "isfinite",
    "isinf",
    "isnan",
    "jacobian",
    "jvp",
    "lcm",
    "le",
    "left_shift",
    "less",
    "less_equal",
    "linalg",
    "linspace",
    "log",
    "log10",
    "log1p",
    "log2",
    "log_softmax",
    "logaddexp",
    "logaddexp2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logsumexp",
    "long",
    "lt",
    "manual_seed",
    "masked_fill",
    "matmul",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mm",
    "moveaxis",
    "mul",
    "multiply",
    "nan",
    "nan_to_num",
    "ne",
    "neg",
    "negative",
    "nextafter",
    "no_grad",
    "nonzero",
    "not_equal",
    "numel",
    "observe",
    "ones",
    "ones_like",
    "outer",
    "pad",
    "permute",
    "pi",
    "positive",
    "pow",
    "power",
    "prod",
    "rad2deg",
    "radians",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
    "ravel",
    "reciprocal",
    "relu",
    "remainder",
    "repeat",
    "reshape",
    "right_shift",
    "rint",
    "roll",
    "rsqrt",
    "saved_bytes",
    "set_default_dtype",
    "sigmoid",
    "sign",
    "signbit",
    "sin",
    "sinc",
    "sinh",
    "softmax",
    "softplus",
    "spacing",
    "special",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "sub",
    "subtract",
    "sum",
    "swapaxes",
    "tan",
    "tanh",
    "tensor",
    "tensordot",
    "tile",
    "trace",
    "transpose",
    "true_divide",
    "trunc",
    "uint8",
    "unsqueeze",
    "value_and_grad",
    "var",
    "vdot",
    "vjp",
    "vstack",
    "where",
    "zeros",
    "zeros_like",
]


def __getattr__(name: str) -> _Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'autograd' has no attribute {name!r}")
    from importlib import import_module

    module = import_module(f"autograd.{_LAZY[name]}")
    value = module if _LAZY[name] == name else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> _builtins.list[str]:
    return __all__


def _warn_of_namesake() -> None:
    """The distribution `autograd` (HIPS) owns the same import name: with both installed, either may be imported."""
    import os
    import sys
    import warnings

    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        if _builtins.any(n.startswith("autograd-") and n.endswith((".dist-info", ".egg-info")) for n in names):
            warnings.warn(
                "the distribution 'autograd' is installed beside 'chainrule', and both are imported as `autograd`: "
                "run `pip uninstall autograd`, then reinstall chainrule",
                RuntimeWarning,
                stacklevel=3,
            )
            return


_warn_of_namesake()
