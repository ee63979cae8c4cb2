"""Hypothesis strategies: shapes that broadcast together, and arrays of every layout, the empty and the 0-d among them;
and `gradients_of`, which makes a test of a function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of_numpy

from .blame import check_gradients
from .layouts import LAYOUTS, laid_out

Shape = tuple[int, ...]


def shapes(max_dims: int = 3, max_side: int = 4, min_side: int = 0) -> st.SearchStrategy[Shape]:
    """Shapes of no axes and more; a side may be 0."""
    return arrays_of_numpy.array_shapes(min_dims=0, max_dims=max_dims, min_side=min_side, max_side=max_side)


def broadcastable_shapes(count: int, max_dims: int = 3, max_side: int = 4) -> st.SearchStrategy[tuple[Shape, ...]]:
    """So many shapes that broadcast together; a side may be 0."""
    together = arrays_of_numpy.mutually_broadcastable_shapes(
        num_shapes=count, min_side=0, max_side=max_side, max_dims=max_dims
    )
    return together.map(lambda found: found.input_shapes)


def axes(ndim: int) -> st.SearchStrategy[Any]:
    """What `axis=` may be for an array of so many axes: None, an integer, a tuple, and negative ones of both."""
    if not ndim:
        return st.none()
    one = st.integers(-ndim, ndim - 1)
    return st.none() | one | st.lists(one, max_size=ndim, unique_by=lambda axis: axis % ndim).map(tuple)


@st.composite
def arrays(
    draw: st.DrawFn,
    shape: Shape | st.SearchStrategy[Shape] | None = None,
    dtype: Any = np.float64,
    low: float = -2.0,
    high: float = 2.0,
    layout: str | st.SearchStrategy[str] | None = None,
) -> np.ndarray[Any, Any]:
    """Arrays of uniform numbers between low and high, in any shape and any layout unless they are given.

    >>> from hypothesis import given
    >>> from autograd.testing import gradcheck
    >>> @given(arrays(low=0.1))
    ... def check(x):
    ...     assert gradcheck(np.log, x)
    >>> check()
    """
    shape = shapes() if shape is None else shape
    layout = st.sampled_from(LAYOUTS) if layout is None else layout
    shape = shape if isinstance(shape, tuple) else draw(shape)
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    values = np.asarray(generator.uniform(low, high, shape)).astype(dtype)
    return laid_out(values, layout if isinstance(layout, str) else draw(layout))


@st.composite
def well_conditioned(
    draw: st.DrawFn, side: int | st.SearchStrategy[int] | None = None, condition: float = 4.0, symmetric: bool = False
) -> np.ndarray[Any, Any]:
    """Square float64 matrices whose singular values lie between 1 and `condition`, far from singular ones.

    side       the number of rows, or a strategy for it; 0 to 4 unless it is given
    symmetric  True: symmetric and positive definite

    >>> from hypothesis import given
    >>> from autograd.testing import gradcheck
    >>> @given(well_conditioned(side=3))
    ... def check(x):
    ...     assert gradcheck(np.linalg.inv, x)
    >>> check()
    """
    side = st.integers(0, 4) if side is None else side
    side = side if isinstance(side, int) else draw(side)
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    left, _ = np.linalg.qr(generator.normal(size=(side, side)))
    right, _ = np.linalg.qr(generator.normal(size=(side, side)))
    values = generator.uniform(1.0, condition, side)
    return np.asarray(left * values @ (left.T if symmetric else right))


def gradients_of(*inputs: st.SearchStrategy[Any], **options: Any) -> Callable[[Callable[..., Any]], Callable[[], None]]:
    """A decorator that turns a function into a test of its gradients: `check_gradients` on what these strategies draw.

    inputs   a strategy for each argument of the function
    options  those of `check_gradients`

    hypothesis looks for the smallest arrays on which it fails, and shows them. Written above a function whose name begins
    with `test_`, pytest finds it.

    >>> @gradients_of(arrays(low=0.1))
    ... def test_entropy(p):
    ...     return -(p * np.log(p)).sum()
    >>> test_entropy()
    """

    def decorate(f: Callable[..., Any]) -> Callable[[], None]:
        @given(st.tuples(*inputs))
        def test(drawn: tuple[Any, ...]) -> None:
            check_gradients(f, *drawn, **options)

        test.__name__, test.__qualname__, test.__module__ = f.__name__, f.__qualname__, f.__module__
        test.__doc__ = f.__doc__
        return test

    return decorate


def arrays_for(
    *domains: tuple[float, float], dtype: Any = np.float64, max_dims: int = 3, max_side: int = 4
) -> st.SearchStrategy[tuple[np.ndarray[Any, Any], ...]]:
    """Tuples of arrays, one for each argument of a function, whose shapes broadcast together.

    domains  of each argument the lowest and the highest number

    >>> from hypothesis import given
    >>> from autograd.testing import check_gradients
    >>> @given(arrays_for((-2, 2), (0.5, 2)))
    ... def check(args):
    ...     check_gradients(np.divide, *args)
    >>> check()
    """
    return broadcastable_shapes(len(domains), max_dims, max_side).flatmap(
        lambda found: st.tuples(
            *(arrays(shape, dtype, low, high) for shape, (low, high) in zip(found, domains, strict=True))
        )
    )


def special_values(dtype: Any = np.float64) -> st.SearchStrategy[Any]:
    """Numbers at which formulas break: zeros of both signs, the smallest and the largest ones, infinities, nan.

    >>> from hypothesis import given
    >>> @given(special_values())
    ... def check(x):
    ...     with np.errstate(invalid="ignore"):
    ...         slope = autograd.grad(lambda x: np.logaddexp(x, 0.0))(x)
    ...     assert np.isnan(x) or 0 <= slope <= 1
    >>> check()
    """
    kind = np.dtype(dtype).type
    limits = np.finfo(dtype)
    found = [0.0, 1.0, limits.eps, limits.tiny, limits.smallest_subnormal, limits.max, np.inf]
    return st.sampled_from([kind(sign * x) for x in found for sign in (1, -1)] + [kind(np.nan)])
