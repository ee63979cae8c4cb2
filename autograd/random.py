"""Random numbers: one generator that `manual_seed` sets, and `generator=` wherever numbers are drawn."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import modes
from .factories import finish, loose_shape
from .tensor import Tensor, get_default_dtype


class Generator(np.random.Generator):
    """A NumPy generator with PyTorch's `manual_seed`.

    >>> g = Generator().manual_seed(0)
    >>> float(g.random()) == float(np.random.default_rng(0).random())
    True
    """

    def __init__(self, seed: Any = None) -> None:
        super().__init__(seed if isinstance(seed, np.random.BitGenerator) else np.random.PCG64(seed))

    def manual_seed(self, seed: int) -> Generator:
        self.bit_generator.state = np.random.PCG64(seed).state
        return self


_default = Generator()


def default_generator() -> Generator:
    """The generator used where no other is given."""
    return _default


def _source(generator: Any) -> Any:
    if modes.tracing():
        raise TypeError(
            "random numbers drawn while tracing would be the same in every run of the program; draw them before, and give them "
            "to the function as an argument"
        )
    return generator or _default


def manual_seed(seed: int) -> Generator:
    """Start the default generator anew, so that what follows can be repeated.

    >>> import autograd
    >>> _ = manual_seed(0); a = autograd.randn(3)
    >>> _ = manual_seed(0); b = autograd.randn(3)
    >>> bool((a == b).all())
    True
    """
    return _default.manual_seed(seed)


def randn(
    *size: Any, generator: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Standard normal numbers of the given shape."""
    values = _source(generator).standard_normal(loose_shape(size))
    return finish(values, device, requires_grad, dtype or get_default_dtype())


def rand(
    *size: Any, generator: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Numbers uniform on [0, 1)."""
    values = _source(generator).random(loose_shape(size))
    return finish(values, device, requires_grad, dtype or get_default_dtype())


def randint(
    low: int, high: int | None = None, size: Any = (), *, generator: Any = None, dtype: Any = np.int64
) -> Tensor:
    """Integers uniform on [low, high), or on [0, low)."""
    if isinstance(high, tuple | list):  # randint(10, (2, 3))
        low, high, size = 0, low, high
    low, high = (0, low) if high is None else (low, high)
    return Tensor._make(np.asarray(_source(generator).integers(low, high, size), dtype=dtype), None)


def randperm(n: int, *, generator: Any = None) -> Tensor:
    """The integers below n in random order."""
    return Tensor._make(_source(generator).permutation(n), None)


def randn_like(x: Any, *, generator: Any = None, dtype: Any = None) -> Tensor:
    """Standard normal numbers with x's shape and dtype."""
    return randn(*x.shape, generator=generator, dtype=dtype or x.dtype)


def rand_like(x: Any, *, generator: Any = None, dtype: Any = None) -> Tensor:
    """Numbers uniform on [0, 1) with x's shape and dtype."""
    return rand(*x.shape, generator=generator, dtype=dtype or x.dtype)
