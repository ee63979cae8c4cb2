"""The older spelling of `parametrizations.weight_norm` and `spectral_norm`, with its names in `state_dict`."""

from __future__ import annotations

from typing import Any

from autograd import no_grad
from nn.modules.module import Hook
from nn.parameter import Parameter

from .derived import Derived, derive, restore
from .parametrizations import M, _tensor, as_matrix, check_iterations, norm_except, random_unit, unit


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Let the weight be g · v/‖v‖, with g and v the parameters `weight_g` and `weight_v`. Returns the module.

    See `nn.utils.parametrizations.weight_norm`. Taken off by `remove_weight_norm`.

    >>> import nn
    >>> list(weight_norm(nn.Linear(3, 2)).state_dict())
    ['bias', 'weight_g', 'weight_v']
    """
    weight = _plain(module, name, "weight_norm")
    with no_grad():
        g = norm_except(weight.detach(), dim)
    _keep(module, name, weight, {"_g": Parameter(g), "_v": Parameter(weight.detach())}, _WeightNorm(name, dim))
    return module


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> M:
    """Let the weight be W/σ, with W the parameter `weight_orig`, u and v the buffers `weight_u`, `weight_v`.

    See `nn.utils.parametrizations.spectral_norm`; here the power method goes on with each call of the module in training.
    Returns the module. Taken off by `remove_spectral_norm`.

    >>> import nn
    >>> list(spectral_norm(nn.Linear(3, 2)).state_dict())
    ['bias', 'weight_orig', 'weight_u', 'weight_v']
    """
    weight = _plain(module, name, "spectral_norm")
    check_iterations(n_power_iterations)
    if dim is None:
        dim = int(type(module).__name__.startswith("ConvTranspose"))
    norm = _SpectralNorm(name, n_power_iterations, dim, eps)
    matrix = as_matrix(weight.detach(), dim)
    _keep(module, name, weight, {"_orig": weight}, norm)
    for part, size in zip("uv", matrix.shape):
        module.register_buffer(f"{name}_{part}", random_unit(size, weight.dtype, eps))
    module.register_forward_pre_hook(norm.improve)
    return module


def remove_weight_norm(module: M, name: str = "weight") -> M:
    """Make the weight that `weight_norm` computes a parameter again. Returns the module."""
    return _remove(module, name, _WeightNorm, ("_g", "_v"))


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """Make the weight that `spectral_norm` computes a parameter again. Returns the module."""
    return _remove(module, name, _SpectralNorm, ("_orig", "_u", "_v"))


class _WeightNorm:
    def __init__(self, name: str, dim: int | None) -> None:
        self.name, self.dim = name, dim

    def __call__(self, module: Any) -> Any:
        g, v = getattr(module, f"{self.name}_g"), getattr(module, f"{self.name}_v")
        return v * (g / norm_except(v, self.dim))

    def assign(self, module: Any, value: Any) -> None:
        raise TypeError(
            f"{type(module).__name__}.{self.name} is computed by {type(self).__name__.strip('_')}; change the parameters that "
            f"it is computed from, or take it off first"
        )


class _SpectralNorm(_WeightNorm):
    def __init__(self, name: str, n_power_iterations: int, dim: int, eps: float) -> None:
        super().__init__(name, dim)
        self.n_power_iterations, self.axis, self.eps = n_power_iterations, dim, eps

    def _matrix(self, module: Any) -> Any:
        return as_matrix(getattr(module, f"{self.name}_orig"), self.axis)

    def improve(self, module: Any, args: Any) -> None:
        if not module.training:
            return
        with no_grad():
            matrix, u = self._matrix(module).detach(), getattr(module, f"{self.name}_u")
            for _ in range(self.n_power_iterations):
                v = unit(matrix.mT @ u, self.eps)
                u = unit(matrix @ v, self.eps)
        setattr(module, f"{self.name}_u", u)
        setattr(module, f"{self.name}_v", v)

    def __call__(self, module: Any) -> Any:
        u, v = getattr(module, f"{self.name}_u"), getattr(module, f"{self.name}_v")
        return getattr(module, f"{self.name}_orig") / (u @ (self._matrix(module) @ v))


def _plain(module: Any, name: str, what: str) -> Any:
    weight = _tensor(module, name)
    if isinstance(module, Derived) and name in module._derived:
        raise RuntimeError(f"{what}: {type(module).__name__}.{name} is computed already; take that off first")
    return weight


def _keep(module: Any, name: str, weight: Any, parts: dict[str, Parameter], function: Any) -> None:
    delattr(module, name)
    for suffix, part in parts.items():
        module.register_parameter(name + suffix, part)
    derive(module, name, function)


def _remove(module: Any, name: str, kind: type, suffixes: tuple[str, ...]) -> Any:
    function = module._derived.get(name) if isinstance(module, Derived) else None
    if type(function) is not kind:
        raise ValueError(f"{type(module).__name__}.{name} is not computed by {kind.__name__.strip('_')}")
    with no_grad():
        value = getattr(module, name).detach()
    hooks: tuple[Hook, ...] = module._module_hooks
    for hook in hooks:
        if getattr(hook.function, "__self__", None) is function:
            hook.remove()
    restore(module, name)
    for suffix in suffixes:
        delattr(module, name + suffix)
    module.register_parameter(name, Parameter(value))
    return module
