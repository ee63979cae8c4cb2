"""Parameters that are computed from others: weight = f(original), for any module f.

What is trained is `original`; whoever reads `module.weight` gets f(original), computed anew, so that its gradient reaches
`original`. That keeps a weight symmetric, orthogonal, of norm 1, …, whatever the optimizer does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from autograd import Tensor, no_grad
from nn.modules.container import ModuleDict, ModuleList
from nn.modules.module import Module
from nn.parameter import Parameter

from .derived import before, derive, restore

_known: list[dict[tuple[int, str], Any]] = []  # under `cached`: what has been computed


class ParametrizationList(ModuleList):
    """The modules that one tensor passes through, and what goes into the first: `original`, or `original0`, `original1`, …."""

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        super().__init__(modules)
        values: Any = original
        with no_grad():
            for module in reversed(modules):
                if hasattr(module, "right_inverse"):
                    values = module.right_inverse(values)
        self.is_tensor = isinstance(values, Tensor)
        if self.is_tensor:
            if values is not original:
                original.data = values.detach()
            _register(self, "original", original)
        else:
            if not isinstance(values, Sequence) or not all(isinstance(part, Tensor) for part in values):
                raise ValueError(
                    f"right_inverse of {type(modules[0]).__name__} must return a Tensor or a sequence of Tensors, "
                    f"not {type(values).__name__}"
                )
            for i, part in enumerate(values):
                part = part.detach().clone()
                is_parameter = isinstance(original, Parameter)
                _register(self, f"original{i}", Parameter(part, original.requires_grad) if is_parameter else part)
        if not unsafe:
            with no_grad():
                _check(self(), original, modules[-1])

    def originals(self) -> list[Tensor]:
        """What is kept, and trained."""
        return [value for name, value in vars(self).items() if name.startswith("original")]

    def forward(self) -> Any:
        modules = list(self)
        x = modules[0](*self.originals())
        for module in modules[1:]:
            x = module(x)
        return x

    def right_inverse(self, value: Any) -> None:
        """Choose what is kept so that the result is `value`."""
        with no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(
                        f"{type(module).__name__} has no right_inverse(value), which is needed to assign to what it computes"
                    )
                value = module.right_inverse(value)
            for original, part in zip(self.originals(), [value] if self.is_tensor else value):
                original.data[...] = part


class _Computed:
    """`module.name` by its ParametrizationList."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, module: Any) -> Any:
        parametrization = module.parametrizations[self.name]
        if not _known:
            return parametrization()
        key = id(module), self.name
        if key not in _known[-1]:
            _known[-1][key] = parametrization()
        return _known[-1][key]

    def assign(self, module: Any, value: Any) -> None:
        module.parametrizations[self.name].right_inverse(value)


def register_parametrization(module: Any, tensor_name: str, parametrization: Module, *, unsafe: bool = False) -> Any:
    """Let `module.tensor_name` be `parametrization(original)` from now on; returns the module.

    The parameter or buffer that it was becomes `module.parametrizations.tensor_name.original`. Where the parametrization
    has a method `right_inverse`, original is what that makes of the present value, or `original0`, … if it returns several
    Tensors. A further parametrization is applied to the result of the first. ValueError, unless `unsafe`, if shape or dtype
    would change.

    >>> import nn
    >>> class Symmetric(nn.Module):
    ...     def forward(self, x):
    ...         return np.triu(x) + np.triu(x, 1).mT
    >>> layer = register_parametrization(nn.Linear(3, 3), "weight", Symmetric())
    >>> bool(np.all(layer.weight == layer.weight.mT)), list(layer.state_dict())
    (True, ['bias', 'parametrizations.weight.original'])
    """
    parametrization.train(module.training)
    present: Any = getattr(module, tensor_name, None)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            with no_grad():
                _check(parametrization(present), present, parametrization)
        module.parametrizations[tensor_name].append(parametrization)
        return module
    if not isinstance(present, Tensor) or not (isinstance(present, Parameter) or tensor_name in module._module_buffers):
        raise ValueError(f"{type(module).__name__} has no parameter or buffer {tensor_name!r} that could be computed")
    parts = ParametrizationList([parametrization], present, unsafe)
    parts.training = module.training
    delattr(module, tensor_name)
    if not hasattr(module, "parametrizations"):
        module.parametrizations = ModuleDict()
    module.parametrizations[tensor_name] = parts
    derive(module, tensor_name, _Computed(tensor_name), "Parametrized")
    return module


def remove_parametrizations(module: Any, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Let `module.tensor_name` be a parameter or buffer again, with the value computed last, or with the original one."""
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"{type(module).__name__}.{tensor_name} is not parametrized")
    parts = module.parametrizations[tensor_name]
    if not leave_parametrized and not parts.is_tensor:
        raise ValueError(
            f"{tensor_name} is computed from several tensors, none of which can take its place; write leave_parametrized=True"
        )
    tensor = parts.originals()[0]
    if leave_parametrized:
        with no_grad():
            value = getattr(module, tensor_name).detach()
        if parts.is_tensor:
            tensor.data = value
        else:
            tensor = Parameter(value, tensor.requires_grad) if isinstance(tensor, Parameter) else value
    restore(module, tensor_name)
    del module.parametrizations[tensor_name]
    if not len(module.parametrizations):
        del module.parametrizations
    _register(module, tensor_name, tensor)
    return module


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether this attribute, or any, is computed by a parametrization."""
    parametrizations = module.__dict__.get("parametrizations")
    if not isinstance(parametrizations, ModuleDict):
        return False
    return bool(len(parametrizations)) if tensor_name is None else tensor_name in parametrizations


def type_before_parametrizations(module: Module) -> type:
    """The class of the module, whether it is parametrized or not."""
    return before(type(module))


@contextmanager
def cached() -> Iterator[None]:
    """In this block each tensor is computed once, and then known: for a weight that is read at each step of a sequence."""
    _known.append({})
    try:
        yield
    finally:
        _known.pop()


def _register(module: Module, name: str, tensor: Tensor) -> None:
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


def _check(found: Any, like: Tensor, module: Module) -> None:
    if not isinstance(found, Tensor) or found.shape != like.shape or found.dtype != like.dtype:
        what = f"{found.dtype} {found.shape}" if isinstance(found, Tensor) else type(found).__name__
        raise ValueError(
            f"{type(module).__name__} makes {what} of a tensor that is {like.dtype} {like.shape}; it must stay so. "
            "With unsafe=True this is not looked at"
        )
