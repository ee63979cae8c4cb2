"""Modules that hold others: chains, f(x; θ) = f⁽ⁿ⁾(… f⁽²⁾(f⁽¹⁾(x))), lists and dictionaries.

What they hold are attributes, as with any module: in a list "0", "1", …, in a dictionary the keys.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from itertools import groupby, pairwise
from typing import Any, Self

import numpy as np

from autograd import Tensor
from nn.parameter import Parameter

from .activation import ReLU
from .linear import Linear
from .module import Module, _kind, _own_modules, _own_parameters

# --- Lists ------------------------------------------------------------------------------------------------------------


class _List(Module):
    """Python's list methods over the parts, which are named after their places. Of modules, unless a class says otherwise."""

    def _own_parts(self) -> list[tuple[str, Any]]:
        return _own_modules(self)

    def _as_part(self, value: Any) -> Any:
        """The value, made a part; TypeError if it cannot be one."""
        if not isinstance(value, Module):
            advice = f"; write {value.__name__}()" if isinstance(value, type) else ""
            raise TypeError(f"{type(self).__name__} holds modules, not {_kind(value)}{advice}")
        return value

    def _hold_parts(self, parts: Iterable[Any]) -> Self:
        """Hold these instead, numbered anew."""
        parts = [self._as_part(part) for part in parts]
        for name, _ in self._own_parts():
            delattr(self, name)
        for i, part in enumerate(parts):
            self._register_part(str(i), part)
        return self

    def _list_like(self, parts: Iterable[Any]) -> Any:
        """Another of the kind; of a class that someone derived from ours, one of ours."""
        kind: Any = next(kind for kind in type(self).__mro__ if _List in kind.__bases__)
        return kind()._hold_parts(parts)

    def __len__(self) -> int:
        return len(self._own_parts())

    def __iter__(self) -> Iterator[Any]:
        return iter([part for _, part in self._own_parts()])

    def __getitem__(self, index: Any) -> Any:
        """The part at this place, or a container of those in a slice, which are the same objects."""
        parts = list(self)
        return self._list_like(parts[index]) if isinstance(index, slice) else parts[_place(self, index)]

    def __setitem__(self, index: int, value: Any) -> None:
        setattr(self, self._own_parts()[_place(self, index)][0], self._as_part(value))

    def __delitem__(self, index: int | slice) -> None:
        parts = list(self)
        del parts[index if isinstance(index, slice) else _place(self, index)]
        self._hold_parts(parts)

    def append(self, value: Any) -> Self:
        """Add a part at the end, named after its place; returns this container."""
        self._register_part(str(len(self)), self._as_part(value))
        return self

    def extend(self, values: Iterable[Any]) -> Self:
        """Add parts at the end; returns this container."""
        if not isinstance(values, Iterable):
            raise TypeError(f"{type(self).__name__}.extend takes several parts, not {_kind(values)}; write append")
        for part in [self._as_part(value) for value in values]:
            self.append(part)
        return self

    def insert(self, index: int, value: Any) -> Self:
        """Put a part before the one at this place; those behind are numbered anew. Returns this container."""
        parts = list(self)
        parts.insert(index, value)
        return self._hold_parts(parts)

    def pop(self, index: int | slice = -1) -> Any:
        """Take out what is at this place and return it; those behind are numbered anew."""
        part = self[index]
        del self[index]
        return part

    def __add__(self, other: Iterable[Any]) -> Any:
        return self._list_like([*self, *other])

    def __iadd__(self, other: Iterable[Any]) -> Self:
        return self.extend(other)


class ModuleList(_List):
    """A list of modules, which are parts of the network that it is an attribute of.

    >>> import nn
    >>> blocks = ModuleList(nn.Linear(4, 4) for _ in range(3))
    >>> blocks
    ModuleList(
      (0-2): 3 x Linear(in_features=4, out_features=4, bias=True)
    )
    >>> len(blocks[1:]), list(blocks[:1].state_dict())
    (2, ['0.weight', '0.bias'])
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        self.extend(modules or ())

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(
            f"{type(self).__name__} only holds modules; call them one by one, or write nn.Sequential for a chain"
        )

    def _repr_of_parts(self, texts: Mapping[Module, str]) -> str:
        blocks, first = [], 0
        for text, equal in groupby(texts[module] for module in self):
            count = len(list(equal))
            place = f"({first}): " if count == 1 else f"({first}-{first + count - 1}): {count} x "
            blocks.append((place + text).replace("\n", "\n  "))
            first += count
        return f"{type(self).__name__}(" + "".join(f"\n  {block}" for block in blocks) + "\n" * bool(blocks) + ")"


class ParameterList(_List):
    """A list of parameters, which are parameters of the module that it is an attribute of.

    Tensors and arrays become Parameters.

    >>> weights = ParameterList([Parameter(np.zeros(2)), np.ones(3)])
    >>> list(weights.state_dict()), weights[1].requires_grad
    (['0', '1'], True)
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        self.extend(() if values is None else values)

    def _own_parts(self) -> list[tuple[str, Any]]:
        return _own_parameters(self)

    def _as_part(self, value: Any) -> Any:
        return _parameter(self, value)

    def extra_repr(self) -> str:
        return _parameter_lines(self._own_parts())


class Sequential(_List):
    """Its modules, one after the other, each fed with the result of the one before.

    Takes modules, which are then called "0", "1", …, or one mapping from names to modules.

    >>> import nn
    >>> model = Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    >>> model
    Sequential(
      (0): Linear(in_features=2, out_features=8, bias=True)
      (1): Tanh()
      (2): Linear(in_features=8, out_features=1, bias=True)
    )
    >>> model[:2](np.zeros((4, 2))).shape
    (4, 8)
    """

    def __init__(self, *modules: Any) -> None:
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            named = dict(modules[0])
        else:
            named = {str(i): module for i, module in enumerate(modules)}
        for name, module in named.items():
            if isinstance(module, list | tuple) and len(named) == 1:
                raise TypeError("Sequential takes modules, not a list of them; write Sequential(*layers)")
            self.add_module(name, module)

    def forward(self, x: Any) -> Any:
        for module in tuple(self.__dict__.values()):
            if isinstance(module, Module):
                x = module(x)
        return x

    def __getitem__(self, index: Any) -> Any:
        """The module at this place, or a Sequential of those in a slice, which are the same objects with their names."""
        return Sequential(dict(self._own_parts()[index])) if isinstance(index, slice) else super().__getitem__(index)

    def __mul__(self, times: int) -> Sequential:
        """The same modules, over and over."""
        return Sequential(*list(self) * times)

    __rmul__ = __mul__


# --- Dictionaries -----------------------------------------------------------------------------------------------------


class _Dict(Module, MutableMapping[str, Any]):
    """Python's dictionary methods over the parts. Of modules, unless a class says otherwise."""

    __hash__, __eq__ = object.__hash__, object.__eq__

    def _own_parts(self) -> list[tuple[str, Any]]:
        return _own_modules(self)

    def __getitem__(self, key: str) -> Any:
        named = dict(self._own_parts())
        if key not in named:
            raise KeyError(
                f"{key!r}; the keys of this {type(self).__name__} are {', '.join(map(repr, named)) or 'none'}"
            )
        return named[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.add_module(key, value)

    def __delitem__(self, key: str) -> None:
        self[key]
        delattr(self, key)

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, _ in self._own_parts()])

    def __len__(self) -> int:
        return len(self._own_parts())


class ModuleDict(_Dict):
    """A dictionary of modules, which are parts of the network that it is an attribute of.

    >>> import nn
    >>> heads = ModuleDict({"mean": nn.Linear(4, 1), "scale": nn.Linear(4, 1)})
    >>> list(heads), list(heads.state_dict())
    (['mean', 'scale'], ['mean.weight', 'mean.bias', 'scale.weight', 'scale.bias'])
    """

    def __init__(self, modules: Any = None) -> None:
        self.update(modules or {})

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} only holds modules; call one of them: modules[key](x)")


class ParameterDict(_Dict):
    """A dictionary of parameters, which are parameters of the module that it is an attribute of.

    Tensors and arrays become Parameters. From a plain dict they come in the order of its sorted keys, as in PyTorch.

    >>> weights = ParameterDict({"w": np.zeros(2), "b": np.ones(())})
    >>> list(weights.state_dict())
    ['b', 'w']
    """

    def __init__(self, parameters: Any = None) -> None:
        self.update(parameters or {})

    def _own_parts(self) -> list[tuple[str, Any]]:
        return _own_parameters(self)

    def __setitem__(self, key: str, value: Any) -> None:
        self.register_parameter(key, _parameter(self, value))

    def update(self, parameters: Any = (), /, **named: Any) -> None:
        """Take in what another mapping, or an iterable of (key, parameter), has."""
        if isinstance(parameters, Mapping) and not isinstance(parameters, OrderedDict | ParameterDict):
            parameters = sorted(parameters.items())
        super().update(parameters, **named)

    def extra_repr(self) -> str:
        return _parameter_lines(self._own_parts())


def _place(parts: Any, index: Any) -> int:
    """A place counted from the front; IndexError if there is none, TypeError if it is not an integer."""
    if not hasattr(index, "__index__"):
        raise TypeError(f"a part of {type(parts).__name__} is found by an integer or a slice, not by {index!r}")
    place, count = index.__index__(), len(parts)
    if not -count <= place < count:
        raise IndexError(f"{type(parts).__name__} has {count} parts, and none at {place}")
    return int(place % count)


def _parameter(holder: Module, value: Any) -> Parameter:
    if isinstance(value, Parameter):
        return value
    if not isinstance(value, Tensor | np.ndarray):
        raise TypeError(f"{type(holder).__name__} holds parameters, not {_kind(value)}; write nn.Parameter(...)")
    return Parameter(value)


def _parameter_lines(named: Iterable[tuple[str, Tensor]]) -> str:
    return "\n".join(
        f"  ({name}): Parameter containing: [{p.dtype} of size {'x'.join(map(str, p.shape))}]" for name, p in named
    )


# --- Networks ---------------------------------------------------------------------------------------------------------


class MLP(Sequential):
    """A chain of `depth` linear layers with `sizes` units, and an activation between any two of them: a feedforward network.

    Shapes: x (..., sizes[0]) -> (..., sizes[-1]). The last layer has no activation: its results are logits, or the
    numbers of a regression. `activation` is a class such as `nn.ReLU`, or any function that makes a new module.

    >>> MLP([2, 8, 1])
    MLP(
      (0): Linear(in_features=2, out_features=8, bias=True)
      (1): ReLU()
      (2): Linear(in_features=8, out_features=1, bias=True)
    )
    >>> MLP([64, 128, 64, 10]).depth
    3
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: Callable[[], Module] = ReLU,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        generator: np.random.Generator | None = None,
    ) -> None:
        if not isinstance(sizes, Sequence) or len(sizes) < 2:
            raise TypeError(f"MLP takes the numbers of units from input to output, such as [2, 8, 1], not {sizes!r}")
        if isinstance(activation, Module):
            name = type(activation).__name__
            raise TypeError(f"MLP needs a new activation for each layer: write activation=nn.{name}, not nn.{name}()")
        layers: list[Module] = []
        for n, m in pairwise(sizes):
            layers += [Linear(n, m, bias, device, dtype, generator=generator), activation()]
        super().__init__(*layers[:-1])

    @property
    def depth(self) -> int:
        """The number of layers that have weights."""
        return sum(isinstance(module, Linear) for module in self)


class DataParallel(Module):
    """`module` itself: programs that would spread it over several devices run on the one there is.

    Keys in `state_dict` begin with "module.", as in PyTorch.
    """

    def __init__(self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0) -> None:
        self.module = module

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)
