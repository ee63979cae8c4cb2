"""Initial values, written in place: PyTorch's names, arguments and distributions.

`fan_in` is the number of inputs of one output of a layer, `fan_out` the number of outputs that one input has a part in:
for a weight (out, in, ...) they are in · (size of the rest) and out · (size of the rest). Numbers come from `generator`, or
from the one that `autograd.manual_seed` sets.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

import autograd
from autograd import Tensor


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much the weights before this activation should be larger, to keep the variance of what passes through.

    1 for "linear" (also "conv1d", ...) and "sigmoid", 5/3 for "tanh", √2 for "relu", √(2/(1 + slope²)) for "leaky_relu", whose
    slope is `param` (0.01), 3/4 for "selu". ValueError for others.

    >>> calculate_gain("tanh")
    1.6666666666666667
    """
    if nonlinearity in ("linear", "sigmoid") or nonlinearity.startswith("conv"):
        return 1.0
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    gains = {"tanh": 5 / 3, "relu": math.sqrt(2), "selu": 0.75}
    if nonlinearity not in gains:
        raise ValueError(
            f"calculate_gain knows linear, conv1d (2d, 3d), sigmoid, leaky_relu, {', '.join(gains)}; not {nonlinearity!r}"
        )
    return gains[nonlinearity]


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: np.random.Generator | None = None) -> Tensor:
    """Fill with numbers uniform on [a, b).

    >>> w = uniform_(autograd.empty(100), -2, 2, generator=np.random.default_rng(0))
    >>> bool((w >= -2).all() and (w < 2).all())
    True
    """
    tensor.data[...] = (generator or autograd.default_generator()).random(tensor.shape, tensor.dtype) * (b - a) + a
    return tensor


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: np.random.Generator | None = None
) -> Tensor:
    """Fill with normal numbers of this mean and standard deviation."""
    tensor.data[...] = (generator or autograd.default_generator()).standard_normal(
        tensor.shape, tensor.dtype
    ) * std + mean
    return tensor


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with `val`."""
    tensor.data[...] = val
    return tensor


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with 0."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with 1."""
    return constant_(tensor, 1.0)


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Fill with normal numbers of this mean and standard deviation, those outside [a, b] drawn again until they are inside.

    ValueError if [a, b] lies so far out that this would hardly ever end: 8 standard deviations from the mean.

    >>> w = trunc_normal_(autograd.empty(1000), generator=np.random.default_rng(0))
    >>> bool((w >= -2).all() and (w <= 2).all())
    True
    """
    if not (a < b and a <= mean + 8 * std and b >= mean - 8 * std and std > 0):
        raise ValueError(
            f"trunc_normal_: a normal distribution of mean {mean} and std {std} is hardly ever in [{a}, {b}]"
        )
    rng = generator or autograd.default_generator()
    low, high = (0.5 * math.erfc(-(end - mean) / (std * math.sqrt(2))) for end in (a, b))
    found = np.empty(0)
    while len(found) < tensor.numel():
        lacking = tensor.numel() - len(found)
        drawn = mean + std * rng.standard_normal(math.ceil(1.1 * lacking / max(high - low, 1e-3)) + 10)
        found = np.append(found, drawn[(drawn >= a) & (drawn <= b)])
    tensor.data[...] = found[: tensor.numel()].reshape(tensor.shape)
    return tensor


def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix with the identity: 1 on the diagonal, 0 elsewhere. ValueError for other than two axes.

    >>> eye_(autograd.empty(2, 3))
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    if tensor.ndim != 2:
        raise ValueError(f"eye_ is of a matrix, and this has shape {tensor.shape}")
    rows, columns = tensor.shape
    tensor.data[...] = np.eye(rows, columns)
    return tensor


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fill a convolution's weight (out, in, ...) so that it hands on its input, as many channels as there can be of each group.

    ValueError for other than three to five axes, or if `out` cannot be divided into the groups.

    >>> dirac_(autograd.empty(1, 2, 3))
    tensor([[[0., 1., 0.],
             [0., 0., 0.]]])
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError(f"dirac_ is of a convolution's weight, (out, in, ...), and this has shape {tensor.shape}")
    if tensor.shape[0] % groups:
        raise ValueError(f"dirac_: {tensor.shape[0]} channels cannot be divided into {groups} groups")
    tensor.data[...] = 0
    out, middle = tensor.shape[0] // groups, [n // 2 for n in tensor.shape[2:]]
    for group in range(groups):
        for i in range(min(out, tensor.shape[1])):
            tensor.data[(group * out + i, i, *middle)] = 1
    return tensor


def orthogonal_(tensor: Tensor, gain: float = 1.0, generator: np.random.Generator | None = None) -> Tensor:
    """Fill a weight (out, in, ...) so that it is, as a matrix (out, in · ...), `gain` times an orthogonal one, drawn uniformly.

    Its rows are orthonormal, or its columns if it has more rows than columns. ValueError for fewer than two axes.
    Source: A. Saxe, J. McClelland, S. Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks" (2014); the signs of R's diagonal, without which it would not be uniform, F. Mezzadri (2007).

    >>> w = orthogonal_(autograd.empty(2, 3), generator=np.random.default_rng(0))
    >>> np.allclose(w @ w.T, np.eye(2), atol=1e-6)
    True
    """
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_ is of a weight (out, in, ...), and this has shape {tensor.shape}")
    if not tensor.numel():
        return tensor
    rows, columns = tensor.shape[0], tensor.numel() // tensor.shape[0]
    long, short = max(rows, columns), min(rows, columns)
    q, r = np.linalg.qr((generator or autograd.default_generator()).standard_normal((long, short)))
    q = q * np.where(np.diagonal(r) < 0, -1.0, 1.0)
    tensor.data[...] = gain * (q if rows >= columns else q.T).reshape(tensor.shape)
    return tensor


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: np.random.Generator | None = None) -> Tensor:
    """Fill a matrix with normal numbers of this standard deviation, and a share `sparsity` of each column with 0.

    Source: J. Martens, "Deep learning via Hessian-free optimization" (2010). ValueError for other than two axes.

    >>> w = sparse_(autograd.empty(4, 3), 0.5, generator=np.random.default_rng(0))
    >>> (w == 0).sum(0)
    tensor([2, 2, 2])
    """
    if tensor.ndim != 2:
        raise ValueError(f"sparse_ is of a matrix, and this has shape {tensor.shape}")
    if not 0 <= sparsity <= 1:
        raise ValueError(f"sparse_: sparsity is a share between 0 and 1, and is {sparsity}")
    rng = generator or autograd.default_generator()
    normal_(tensor, 0.0, std, rng)
    for column in range(tensor.shape[1]):
        tensor.data[rng.permutation(tensor.shape[0])[: math.ceil(sparsity * tensor.shape[0])], column] = 0
    return tensor


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: np.random.Generator | None = None) -> Tensor:
    """Fill uniformly on ±gain √(6/(fan_in + fan_out)), whose variance is gain² · 2/(fan_in + fan_out).

    Source: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010).
    """
    bound = gain * math.sqrt(6 / sum(fans(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: np.random.Generator | None = None) -> Tensor:
    """Fill with normal numbers of variance gain² · 2/(fan_in + fan_out). Source: as for `xavier_uniform_`."""
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(fans(tensor))), generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Fill uniformly on ±gain √(3/fan), whose variance is gain²/fan; `a` is the slope of "leaky_relu".

    `mode` says which fan: "fan_in" keeps the variance of values going forward, "fan_out" that of gradients going back.
    Source: K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers" (2015).
    """
    bound = calculate_gain(nonlinearity, a) * math.sqrt(3 / _fan(tensor, mode))
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Fill with normal numbers of variance gain²/fan. Arguments and source: as for `kaiming_uniform_`."""
    return normal_(tensor, 0.0, calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode)), generator)


def fans(tensor: Tensor) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight (out, in, ...); ValueError for fewer than two axes."""
    if tensor.ndim < 2:
        raise ValueError(
            f"fan_in and fan_out are of a weight (out, in, ...), and this one has shape {tensor.shape}; "
            "for a bias write uniform_, normal_ or zeros_"
        )
    rest = math.prod(tensor.shape[2:])
    return tensor.shape[1] * rest, tensor.shape[0] * rest


def _fan(tensor: Tensor, mode: str) -> int:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode must be 'fan_in' or 'fan_out', not {mode!r}")
    return max(1, fans(tensor)[mode == "fan_out"])


_calculate_fan_in_and_fan_out = fans  # as PyTorch's programs call it

OLD = {
    *("constant", "dirac", "eye", "kaiming_normal", "kaiming_uniform", "normal"),
    *("orthogonal", "sparse", "uniform", "xavier_normal", "xavier_uniform"),
}


def __getattr__(name: str) -> Any:
    """The names of before 2018, without the underscore: as in PyTorch, they still work, and warn."""
    if name not in OLD:
        raise AttributeError(f"nn.init has no {name!r}")
    warnings.warn(f"nn.init.{name} is an old name; write nn.init.{name}_", FutureWarning, stacklevel=2)
    return globals()[name + "_"]
