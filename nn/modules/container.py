"""Networks that are chains: f(x; θ) = f⁽ⁿ⁾(… f⁽²⁾(f⁽¹⁾(x)))."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, overload

import numpy as np

from .activation import ReLU
from .linear import Linear
from .module import Module


class Sequential(Module):
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

    def append(self, module: Module) -> Sequential:
        """Add a module at the end, named after its place."""
        self.add_module(str(len(self)), module)
        return self

    def _places(self) -> list[tuple[str, Module]]:
        return [(name, value) for name, value in self.__dict__.items() if isinstance(value, Module)]

    def __len__(self) -> int:
        return len(self._places())

    def __iter__(self) -> Iterator[Module]:
        return iter([module for _, module in self._places()])

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: Any) -> Any:
        """The module at this place, or a Sequential of those in a slice, which are the same objects."""
        named = self._places()
        return Sequential(dict(named[index])) if isinstance(index, slice) else named[index][1]


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
