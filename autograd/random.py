"""Random numbers: one generator that `manual_seed` sets, and `generator=` wherever numbers are drawn."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from . import modes
from .factories import as_tensor, finish, loose_shape
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
_here = threading.local()


def default_generator() -> Generator:
    """The generator used where no other is given: one for the program, and one for each thread that has adopted one."""
    return getattr(_here, "generator", _default)


def adopt(generator: Generator) -> None:
    """Make this the default generator of the calling thread: several that drew from one could not be repeated."""
    _here.generator = generator


class _Draws:
    """A generator while tracing: what is drawn from it is a Tensor, and is drawn anew in every run."""

    def __init__(self, tracer: Any, generator: Any) -> None:
        self.tracer, self.generator = tracer, generator

    def __getattr__(self, name: str) -> Any:
        def draw(*args: Any, **options: Any) -> Tensor:
            def source() -> Any:
                return self.generator or default_generator()

            return self.tracer.draw(name, lambda: getattr(source(), name)(*args, **options), source)

        return draw


def _source(generator: Any) -> Any:
    tracer = modes.innermost("trace") if modes.entered else None
    return (generator or default_generator()) if tracer is None else _Draws(tracer, generator)


def _made(values: Any, dtype: Any) -> Tensor:
    return values.astype(dtype) if isinstance(values, Tensor) else Tensor._make(np.asarray(values, dtype=dtype), None)


def manual_seed(seed: int) -> Generator:
    """Start the default generator anew, so that what follows can be repeated.

    >>> import autograd
    >>> _ = manual_seed(0); a = autograd.randn(3)
    >>> _ = manual_seed(0); b = autograd.randn(3)
    >>> bool((a == b).all())
    True
    """
    return default_generator().manual_seed(seed)


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
    return _made(_source(generator).integers(low, high, size), dtype)


def randperm(n: int, *, generator: Any = None) -> Tensor:
    """The integers below n in random order."""
    return _made(_source(generator).permutation(n), np.int64)


def randn_like(x: Any, *, generator: Any = None, dtype: Any = None) -> Tensor:
    """Standard normal numbers with x's shape and dtype."""
    return randn(*x.shape, generator=generator, dtype=dtype or x.dtype)


def rand_like(x: Any, *, generator: Any = None, dtype: Any = None) -> Tensor:
    """Numbers uniform on [0, 1) with x's shape and dtype."""
    return rand(*x.shape, generator=generator, dtype=dtype or x.dtype)


def randint_like(x: Any, low: int, high: int | None = None, *, generator: Any = None, dtype: Any = None) -> Tensor:
    """Integers uniform on [low, high), or on [0, low), with x's shape and dtype."""
    return randint(low, high, x.shape, generator=generator, dtype=dtype or x.dtype)


def normal(mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, generator: Any = None, dtype: Any = None) -> Tensor:
    """Normal numbers of this mean and standard deviation: numbers, with a size, or Tensors."""
    shape = np.broadcast_shapes(np.shape(mean), np.shape(std)) if size is None else tuple(size)
    given = [t.dtype for t in (mean, std) if isinstance(t, Tensor)]
    dtype = dtype or (np.result_type(*given) if given else get_default_dtype())
    with modes.no_grad():
        return randn(*shape, generator=generator, dtype=dtype) * std + mean


def bernoulli(x: Any, p: Any = None, *, generator: Any = None) -> Tensor:
    """1 with the probability that each element is, or with probability p, else 0; in x's dtype."""
    probability: Any = as_tensor(x if p is None else p).detach()
    if not modes.tracing():
        probability = np.asarray(probability)
        if not np.all((probability >= 0) & (probability <= 1)):
            raise ValueError("bernoulli: probabilities lie between 0 and 1; write autograd.sigmoid(x) for logits")
    return _made(_source(generator).random(x.shape) < probability, x.dtype)


def multinomial(x: Any, num_samples: int, replacement: bool = False, *, generator: Any = None) -> Tensor:
    """(n,) or (rows, n) weights -> so many numbers below n for each row, drawn with these weights.

    Without `replacement` no number is drawn twice.
    """
    source, weights = _source(generator), np.asarray(as_tensor(x).detach(), np.float64)
    rows, n = np.atleast_2d(weights), weights.shape[-1] if weights.ndim else 0
    if weights.ndim not in (1, 2) or num_samples < 1:
        raise ValueError(
            f"multinomial: weights (n,) or (rows, n) and a positive number of samples, not {weights.shape}"
        )
    if not (np.all(np.isfinite(rows)) and np.all(rows >= 0) and np.all(rows.sum(-1) > 0)):
        raise ValueError("multinomial: the weights of a row must be finite and not negative, and not all 0")
    if replacement:
        sums = np.cumsum(rows, -1)
        line = (sums / sums[:, -1:] + np.arange(len(rows))[:, None]).ravel()  # all rows one after the other
        drawn = source.random((len(rows), num_samples)) + np.arange(len(rows))[:, None]
        found = np.searchsorted(line, drawn, side="right") - n * np.arange(len(rows))[:, None]
        last = n - 1 - np.argmax(rows[:, ::-1] > 0, -1)  # rounding never leads to a number of weight 0
        found = np.clip(found, 0, last[:, None])
    else:
        if np.any((rows > 0).sum(-1) < num_samples):
            raise ValueError(f"multinomial: {num_samples} different numbers of fewer that have a weight above 0")
        with np.errstate(divide="ignore"):  # the smallest of exponential times with these rates come first
            times = source.standard_exponential(rows.shape) / rows
        found = np.argsort(times, -1, kind="stable")[:, :num_samples]
    return Tensor._make(found.reshape(*weights.shape[:-1], num_samples).astype(np.int64), None)
