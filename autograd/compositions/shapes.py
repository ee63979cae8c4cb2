"""PyTorch's names for taking shapes apart and putting them together."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..arrays import engine
from ..rules import arranging
from ..rules.operands import known, same, tensor_of
from ..rules.shape import array_split, broadcast_to, moveaxis, reshape, swapaxes, transpose
from .words import axis_of, fresh, lined

# --- One axis ---


def flatten(x: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """x with the axes from `start_dim` to `end_dim` made one."""
    x = lined(x)
    start, end = axis_of("flatten", start_dim, x), axis_of("flatten", end_dim, x)
    if start > end:
        raise ValueError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim} in the shape {x.shape}")
    return reshape(x, (*x.shape[:start], math.prod(x.shape[start : end + 1]), *x.shape[end + 1 :]))


def unflatten(x: Any, dim: int, sizes: Any) -> Any:
    """x with one axis made several, of these sizes; one of them may be -1."""
    x = tensor_of(x)
    dim = axis_of("unflatten", dim, x)
    sizes = [sizes] if isinstance(sizes, int) else list(sizes)
    if sizes.count(-1) == 1 and (rest := math.prod(n for n in sizes if n != -1)):
        sizes[sizes.index(-1)] = x.shape[dim] // rest
    if math.prod(sizes) != x.shape[dim] or -1 in sizes:
        raise ValueError(f"unflatten: sizes {tuple(sizes)} do not multiply to {x.shape[dim]}, the size of axis {dim}")
    return reshape(x, (*x.shape[:dim], *sizes, *x.shape[dim + 1 :]))


def unbind(x: Any, dim: int = 0) -> tuple[Any, ...]:
    """The slices along `dim`, without that axis."""
    x = tensor_of(x)
    dim = axis_of("unbind", dim, x)
    return tuple(x[(slice(None),) * dim + (i,)] for i in range(x.shape[dim]))


def select(x: Any, dim: int, index: int) -> Any:
    """The slice with this number along `dim`, without that axis."""
    x = tensor_of(x)
    dim = axis_of("select", dim, x)
    n = x.shape[dim]
    if not -n <= index < n:
        raise IndexError(f"select: index {index} is out of range for axis {dim} of size {n}")
    return x[(slice(None),) * dim + (index,)]


def narrow(x: Any, dim: int, start: Any, length: int) -> Any:
    """The `length` slices along `dim` from number `start` on."""
    x = tensor_of(x)
    dim = axis_of("narrow", dim, x)
    n, first = x.shape[dim], int(start)
    first += n if first < 0 else 0
    if first < 0 or length < 0 or first + length > n:
        raise IndexError(f"narrow: {length} from {start} on do not lie within axis {dim} of size {n}")
    return x[(slice(None),) * dim + (slice(first, first + length),)]


def unfold(x: Any, dim: int, size: int, step: int = 1) -> Any:
    """Windows of `size` along `dim`, one every `step` elements; their elements are the last axis.

    >>> unfold(Tensor([1.0, 2.0, 3.0, 4.0]), 0, 2, 2)
    tensor([[1., 2.],
            [3., 4.]])
    """
    line = lined(x)
    dim = axis_of("unfold", dim, line)
    n = line.shape[dim]
    if not 0 <= size <= n or step < 1:
        raise ValueError(f"unfold: windows of {size} every {step} do not fit into axis {dim} of size {n}")
    places = np.arange((n - size) // step + 1)[:, None] * step + np.arange(size)
    found = moveaxis(line[(slice(None),) * dim + (places,)], dim + 1, -1)
    return found if np.ndim(x) else found[0]


# --- Pieces ---


def split(x: Any, split_size: Any, dim: int = 0) -> tuple[Any, ...]:
    """x cut along `dim` into pieces of `split_size`, of which the last may be smaller, or of the sizes listed."""
    x = tensor_of(x)
    dim = axis_of("split", dim, x)
    n = x.shape[dim]
    if isinstance(split_size, Sequence):
        if sum(split_size) != n or min(split_size, default=0) < 0:
            raise ValueError(
                f"split: sizes {list(split_size)} add up to {sum(split_size)}, but axis {dim} has size {n}"
            )
        cuts = list(itertools.accumulate(split_size))[:-1]
    else:
        if split_size < 0 or (split_size == 0 and n):
            raise ValueError(f"split: the size of a piece must be positive, not {split_size}")
        cuts = list(range(split_size, n, split_size)) if n else []
    return tuple(array_split(x, cuts, dim))


def split_with_sizes(x: Any, split_sizes: Sequence[int], dim: int = 0) -> tuple[Any, ...]:
    """x cut along `dim` into pieces of these sizes."""
    return split(x, list(split_sizes), dim)


def chunk(x: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """x cut along `dim` into at most so many pieces of one size, the last of which may be smaller."""
    x = tensor_of(x)
    if chunks < 1:
        raise ValueError(f"chunk: the number of pieces must be positive, not {chunks}")
    n = x.shape[axis_of("chunk", dim, x)]
    return split(x, -(-n // chunks), dim) if n else split(x, [0] * chunks, dim)


def tensor_split(x: Any, indices_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """x cut along `dim` before these places, or into so many pieces, the first ones larger by 1 where it does not divide."""
    if isinstance(indices_or_sections, engine.Tensor):
        indices_or_sections = known(indices_or_sections, "tensor_split").tolist()
    return tuple(array_split(tensor_of(x), indices_or_sections, dim))


def hsplit(x: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """x cut along its second axis, a vector along its only one."""
    return tuple(np.hsplit(tensor_of(x), indices_or_sections))


def vsplit(x: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """x cut along its first axis."""
    return tuple(np.vsplit(tensor_of(x), indices_or_sections))


def dsplit(x: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """x cut along its third axis."""
    return tuple(np.dsplit(tensor_of(x), indices_or_sections))


# --- Repeated ---


def expand_as(x: Any, other: Any) -> Any:
    """Broadcast to the shape of the other."""
    return broadcast_to(tensor_of(x), np.shape(other))


def reshape_as(x: Any, other: Any) -> Any:
    """In the shape of the other."""
    return reshape(tensor_of(x), np.shape(other))


def sum_to_size(x: Any, *size: Any) -> Any:
    """Summed over the axes along which this shape would have to be broadcast to x's."""
    x = tensor_of(x)
    shape = tuple(size[0]) if len(size) == 1 and not isinstance(size[0], int) else size
    more = x.ndim - len(shape)
    if more < 0 or any(m not in (1, n) for m, n in zip(shape, x.shape[more:])):
        raise ValueError(f"sum_to_size: shape {shape} does not broadcast to {x.shape}")
    axes = tuple(range(more)) + tuple(more + i for i, m in enumerate(shape) if m != x.shape[more + i])
    return reshape(np.sum(x, axis=axes), shape) if axes else same(x)


def repeat_interleave(x: Any, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None) -> Any:
    """Each element along `dim` (None: of the flattened x) so many times; NumPy's `repeat`.

    With the counts alone, the number of each count so many times.
    """
    x = lined(x)
    if repeats is None:
        x, repeats = fresh(np.arange(x.shape[0])), x
    if isinstance(repeats, engine.Tensor):
        repeats = known(repeats, "repeat_interleave")
    out = np.repeat(x, repeats, axis=dim)
    if output_size is not None and output_size != out.shape[0 if dim is None else dim]:
        raise ValueError(f"repeat_interleave: output_size is {output_size}, and the shape {out.shape}")
    return out


def broadcast_tensors(*tensors: Any) -> tuple[Any, ...]:
    """All broadcast to one shape."""
    return tuple(np.broadcast_arrays(*map(tensor_of, tensors)))


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Any, ...]:
    """The coordinates of the points of a grid, a Tensor for each axis; NumPy's has indexing="xy" as its default."""
    if len(tensors) == 1 and isinstance(tensors[0], list | tuple):
        tensors = tuple(tensors[0])
    return arranging.meshgrid(*(lined(t) for t in tensors), indexing=indexing)


def cartesian_prod(*tensors: Any) -> Any:
    """Every choice of one element of each vector, a row for each choice."""
    grid = [np.reshape(t, -1) for t in meshgrid(*tensors)]
    return grid[0] if len(grid) == 1 else np.stack(grid, 1)


def combinations(x: Any, r: int = 2, with_replacement: bool = False) -> Any:
    """Every choice of r elements of a vector in their order, a row for each choice."""
    x = tensor_of(x)
    if x.ndim != 1 or r < 0:
        raise ValueError(f"combinations: r elements of a vector, not {r} of the shape {x.shape}")
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    places = np.array(list(choose(range(x.shape[0]), r)), np.intp)
    return x[places.reshape(-1, r)] if r else x[:0]


# --- Order of axes and elements ---


def movedim(x: Any, source: Any, destination: Any) -> Any:
    """x with axes moved to other places."""
    return moveaxis(tensor_of(x), source, destination)


def swapdims(x: Any, dim0: int, dim1: int) -> Any:
    """x with two axes exchanged."""
    return swapaxes(tensor_of(x), dim0, dim1)


def t(x: Any) -> Any:
    """A matrix with its axes exchanged; a vector and a number as they are."""
    x = tensor_of(x)
    if x.ndim > 2:
        raise ValueError(f"t: the shape {x.shape} has more than two axes; write x.mT or x.transpose(i, j)")
    return transpose(x)


def adjoint(x: Any) -> Any:
    """Matrices with their axes exchanged: of real numbers, the conjugate transpose."""
    return swapaxes(tensor_of(x), -1, -2)


def rot90(x: Any, k: int = 1, dims: Any = (0, 1)) -> Any:
    """x turned k times by 90° in the plane of two axes."""
    return arranging.rot90(tensor_of(x), k, tuple(dims))


def fliplr(x: Any) -> Any:
    """x with the order along its second axis reversed."""
    return arranging.fliplr(tensor_of(x))


def flipud(x: Any) -> Any:
    """x with the order along its first axis reversed."""
    return arranging.flipud(tensor_of(x))


# --- Triangles and diagonals ---


def tril(x: Any, diagonal: int = 0) -> Any:
    """Matrices with zeros above a diagonal."""
    return arranging.tril(_matrices("tril", x), diagonal)


def triu(x: Any, diagonal: int = 0) -> Any:
    """Matrices with zeros below a diagonal."""
    return arranging.triu(_matrices("triu", x), diagonal)


def _matrices(function: str, x: Any) -> Any:
    x = tensor_of(x)
    if x.ndim < 2:
        raise ValueError(f"{function}: at least two axes, not the shape {x.shape}")
    return x


def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = np.int64, device: Any = None) -> Any:
    """The places on and below a diagonal of a matrix of this size, as two rows: (2, n)."""
    return fresh(np.array(np.tril_indices(row, offset, col), dtype))


def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = np.int64, device: Any = None) -> Any:
    """The places on and above a diagonal of a matrix of this size, as two rows: (2, n)."""
    return fresh(np.array(np.triu_indices(row, offset, col), dtype))


def diag(x: Any, diagonal: int = 0) -> Any:
    """The matrix with a vector on a diagonal, or the diagonal of a matrix."""
    return arranging.diag(tensor_of(x), diagonal)


def diagflat(x: Any, offset: int = 0) -> Any:
    """The matrix with all elements of x on a diagonal."""
    return arranging.diagflat(tensor_of(x), offset)


def diagonal(
    x: Any, offset: int = 0, dim1: int = 0, dim2: int = 1, *, axis1: int | None = None, axis2: int | None = None
) -> Any:
    """The diagonal over two axes as the last axis."""
    return arranging.diagonal(tensor_of(x), offset, dim1 if axis1 is None else axis1, dim2 if axis2 is None else axis2)


def diag_embed(x: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """Matrices, in the plane of two axes of the result, with the last axis of x on a diagonal."""
    x = tensor_of(x)
    rank, n = x.ndim + 1, x.shape[-1] + abs(offset)
    first, second = (normalize_axis_index(d, rank, "diag_embed") for d in (dim1, dim2))
    if first == second:
        raise ValueError(f"diag_embed: dim1 and dim2 are both axis {first}")
    out = arranging.on_diagonal(x, (*x.shape[:-1], n, n), offset, rank - 2, rank - 1)
    return moveaxis(out, (-2, -1), (first, second))


def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    """The sum of a diagonal."""
    return arranging.trace(tensor_of(x), offset, axis1, axis2, dtype)


def atleast_1d(*tensors: Any) -> Any:
    """With one axis at least; of several, a tuple."""
    return _all(np.atleast_1d, tensors)


def atleast_2d(*tensors: Any) -> Any:
    """With two axes at least; of several, a tuple."""
    return _all(np.atleast_2d, tensors)


def atleast_3d(*tensors: Any) -> Any:
    """With three axes at least; of several, a tuple."""
    return _all(np.atleast_3d, tensors)


def _all(function: Any, tensors: tuple[Any, ...]) -> Any:
    alone = len(tensors) == 1 and not isinstance(tensors[0], list | tuple)
    several = tensors[0] if len(tensors) == 1 and not alone else tensors
    found = tuple(function(tensor_of(t)) for t in several)
    return found[0] if alone else found


def column_stack(tensors: Any) -> Any:
    """Vectors as columns, matrices beside each other."""
    return np.column_stack(tensors)


def dstack(tensors: Any) -> Any:
    """One after the other along the third axis."""
    return np.dstack(tensors)
