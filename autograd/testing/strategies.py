"""Hypothesis strategies: shapes that broadcast together, and arrays of every layout, the empty and the 0-d among them."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of_numpy

Shape = tuple[int, ...]
LAYOUTS = ("C", "Fortran", "backwards", "every other", "repeated", "read-only")


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


def laid_out(array: np.ndarray[Any, Any], layout: str) -> np.ndarray[Any, Any]:
    """The same values in memory of another layout, one of LAYOUTS; "repeated" repeats the first along the last axis.

    >>> laid_out(np.array([1.0, 2.0, 3.0]), "backwards").strides
    (-8,)
    """
    match layout:
        case "Fortran":
            return np.array(array, order="F")
        case "backwards":
            turned: Any = (..., *[slice(None, None, -1)] * array.ndim)
            return array[turned].copy()[turned]
        case "every other":
            wide = np.zeros([2 * n for n in array.shape], array.dtype)
            inside: Any = (..., *[slice(None, None, 2)] * array.ndim)
            wide[inside] = array
            return wide[inside]
        case "repeated":
            return np.broadcast_to(array[..., :1], array.shape) if array.ndim else array.copy()
    own = array.copy()
    own.flags.writeable = layout != "read-only"
    return own


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
