"""Weights of norm 1 times a length, of largest singular value 1, and orthogonal ones, by `parametrize`."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

import autograd
from autograd import Tensor, no_grad
from nn.modules.module import Module

from .parametrize import register_parametrization

M = TypeVar("M", bound=Module)


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Let the weight be g · v/‖v‖: its length and its direction are trained apart. Returns the module.

    The norm is over all axes but `dim`, so that g is a length for each output; over all, if `dim` is None. g is
    `parametrizations.weight.original0`, v `original1`. Source: T. Salimans and D. Kingma, "Weight normalization" (2016).

    >>> import nn
    >>> layer = weight_norm(nn.Linear(3, 2))
    >>> layer.parametrizations.weight.original0.shape
    (2, 1)
    """
    _tensor(module, name)
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)
    return module


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> M:
    """Let the weight be W/σ, where σ is the largest singular value of W as a matrix (dim, all the rest). Returns the module.

    σ = uᵀWv, and in training u and v come closer to the singular vectors by `n_power_iterations` steps of the power method at
    each reading of the weight. By default `dim` is 0, and 1 for transposed convolutions, whose weights begin with their
    inputs. Source: T. Miyato and others, "Spectral normalization for generative adversarial networks" (2018).

    >>> import nn
    >>> layer = spectral_norm(nn.Linear(30, 20), n_power_iterations=50)
    >>> round(float(np.linalg.norm(layer.weight.detach().numpy(), 2)), 2)
    1.0
    """
    weight = _tensor(module, name)
    if dim is None:
        dim = int(type(module).__name__.startswith("ConvTranspose"))
    register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps), unsafe=True)
    return module


def orthogonal(
    module: M, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> M:
    """Let the weight be a matrix Q (or several) with QᵀQ = 1, or QQᵀ = 1 if it is wide. Returns the module.

    Q = base · f(X), f by `orthogonal_map`: "matrix_exp", e^A, and "cayley", (1 - A/2)⁻¹(1 + A/2), of the antisymmetric matrix A
    whose lower triangle is that of X; or "householder", the product of reflections along the columns of X. By default
    the first for square matrices, else the last. Without `use_trivialization` there is no base, which serves to start at
    the present weight. Source: M. Lezcano-Casado, "Trivializations for gradient-based optimization on manifolds" (2019).

    >>> import nn
    >>> layer = orthogonal(nn.Linear(3, 3))
    >>> bool(np.allclose((layer.weight.mT @ layer.weight).detach().numpy(), np.eye(3), atol=1e-6))
    True
    """
    weight = _tensor(module, name)
    if weight.ndim < 2:
        raise ValueError(f"only matrices are orthogonal, and {name} has shape {weight.shape}")
    if orthogonal_map is None:
        orthogonal_map = "matrix_exp" if weight.shape[-2] == weight.shape[-1] else "householder"
    if orthogonal_map not in ("matrix_exp", "cayley", "householder"):
        raise ValueError(f"orthogonal_map is 'matrix_exp', 'cayley' or 'householder', not {orthogonal_map!r}")
    register_parametrization(module, name, _Orthogonal(orthogonal_map, use_trivialization), unsafe=True)
    return module


class _WeightNorm(Module):
    def __init__(self, dim: int | None) -> None:
        self.dim = dim

    def forward(self, g: Any, v: Any) -> Any:
        return v * (g / norm_except(v, self.dim))

    def right_inverse(self, weight: Any) -> tuple[Any, Any]:
        return norm_except(weight, self.dim), weight


class _SpectralNorm(Module):
    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, n_power_iterations: int, dim: int, eps: float) -> None:
        check_iterations(n_power_iterations)
        if not -weight.ndim <= dim < weight.ndim:
            raise IndexError(f"spectral_norm: a weight of shape {weight.shape} has no axis {dim}")
        self.n_power_iterations, self.dim, self.eps = n_power_iterations, dim % weight.ndim, eps
        if weight.ndim > 1:
            matrix = as_matrix(weight.detach(), self.dim)
            self.register_buffer("_u", random_unit(matrix.shape[0], weight.dtype, eps))
            self.register_buffer("_v", random_unit(matrix.shape[1], weight.dtype, eps))
            self._improve(matrix, 15)

    def _improve(self, matrix: Any, steps: int) -> None:
        with no_grad():
            for _ in range(steps):
                self._u = unit(matrix @ self._v, self.eps)
                self._v = unit(matrix.mT @ self._u, self.eps)

    def forward(self, weight: Any) -> Any:
        if weight.ndim == 1:
            return unit(weight, self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._improve(matrix.detach(), self.n_power_iterations)
        return weight / (self._u @ (matrix @ self._v))

    def right_inverse(self, weight: Any) -> Any:
        return weight


class _Orthogonal(Module):
    def __init__(self, orthogonal_map: str, use_trivialization: bool) -> None:
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, x: Any) -> Any:
        wide = x.shape[-2] < x.shape[-1]
        if wide:
            x = x.mT
        n, k = x.shape[-2:]
        if self.orthogonal_map == "householder":
            q = _reflections(np.tril(x, -1)) * np.trunc(x.detach().diagonal(0, -2, -1))[..., None, :]
        else:
            a = np.tril(x)
            if n != k:
                a = np.concatenate([a, np.zeros((*x.shape[:-1], n - k), x.dtype)], axis=-1)
            a = a - a.mT
            if self.orthogonal_map == "matrix_exp":
                q = autograd.linalg.matrix_exp(a)
            else:
                one = np.eye(n, dtype=x.dtype)
                q = np.linalg.solve(one - 0.5 * a, one + 0.5 * a)
            q = q[..., :k]
        if "base" in self._module_buffers:
            q = self.base @ q
        return q.mT if wide else q

    def right_inverse(self, weight: Any) -> Any:
        q = weight.detach().numpy()
        wide = q.shape[-2] < q.shape[-1]
        if wide:
            q = q.swapaxes(-1, -2)
        n, k = q.shape[-2:]
        if "base" in self._module_buffers:
            more = autograd.default_generator().standard_normal((*q.shape[:-1], n - k), q.dtype)
            self.base = Tensor(_orthonormal(np.concatenate([q, more], axis=-1)))
            return Tensor(np.broadcast_to(-np.eye(*weight.shape[-2:], dtype=q.dtype), weight.shape))
        if self.orthogonal_map != "householder":
            raise NotImplementedError(
                f"the {self.orthogonal_map} of which matrix is the weight can only be told with use_trivialization=True"
            )
        vectors, tau = np.linalg.qr(q, mode="raw")  # transposed, each vector behind the entries of R
        vectors = np.array(vectors.swapaxes(-1, -2))
        place = np.arange(k)
        signs = np.sign(vectors[..., place, place])
        vectors[..., place, place] = np.where(tau == 0, -signs, signs)
        return Tensor(vectors.swapaxes(-1, -2) if wide else vectors)


def _reflections(below: Any) -> Any:
    """(1 - τ₁v₁v₁ᵀ) … (1 - τₖvₖvₖᵀ), its first k columns, where vᵢ is column i of `below` with 1 on the diagonal, τ = 2/vᵀv."""
    n, k = below.shape[-2:]
    v = below + np.eye(n, k, dtype=below.dtype)
    tau = 2.0 / np.sum(v * v, axis=-2)
    q: Any = np.eye(n, k, dtype=below.dtype)
    for i in reversed(range(k)):
        column = v[..., :, i : i + 1]
        q = q - tau[..., i, None, None] * (column @ (column.mT @ q))
    return q


def _orthonormal(x: Any) -> Any:
    """The Q of x = QR with a positive diagonal of R: x itself, if it is orthogonal."""
    q, r = np.linalg.qr(x)
    return q * np.where(np.diagonal(r, 0, -2, -1) < 0, -1, 1).astype(x.dtype)[..., None, :]


# --- What the older spelling uses as well -----------------------------------------------------------------------------


def norm_except(v: Any, dim: int | None) -> Any:
    """‖v‖ over all axes but `dim`, which stay with size 1; over all, as a number, if `dim` is None or -1."""
    if dim is None or dim == -1:
        return np.sqrt(np.sum(v * v))
    axes = tuple(i for i in range(v.ndim) if i != dim)
    return np.sqrt(np.sum(v * v, axis=axes, keepdims=True))


def as_matrix(weight: Any, dim: int) -> Any:
    """The weight as a matrix (dim, all the rest)."""
    return np.moveaxis(weight, dim, 0).reshape(weight.shape[dim], -1)


def unit(x: Any, eps: float) -> Any:
    """x / max(‖x‖, ε)."""
    return x / np.maximum(np.sqrt(np.sum(x * x)), eps)


def random_unit(n: int, dtype: Any, eps: float) -> Tensor:
    found: Tensor = unit(autograd.randn(n, dtype=dtype), eps)
    return found


def check_iterations(count: int) -> None:
    if count <= 0:
        raise ValueError(f"spectral_norm: n_power_iterations is at least 1, not {count}")


def _tensor(module: Module, name: str) -> Tensor:
    """The weight of this name; ValueError if there is none."""
    found = getattr(module, name, None)
    if not isinstance(found, Tensor):
        parts = ", ".join(name for name, _ in module.named_parameters(recurse=False))
        raise ValueError(f"{type(module).__name__} has no parameter {name!r}; those it has are {parts or 'none'}")
    return found
