"""Products of matrices and of tensors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..op import bilinear, implements, linear
from .operands import tensor_of


def rows(x: Any) -> Any:
    """x as a matrix of its last axis."""
    return x if len(x.shape) == 2 else np.reshape(x, (math.prod(x.shape[:-1]), x.shape[-1]))


def _matmul(a: Any, b: Any) -> Any:
    if a.ndim == 2 and b.ndim == 2:
        return a.dot(b)  # a third of the overhead of np.matmul
    if b.ndim == 2 and a.ndim > 2:  # a batch of matrices against one matrix is one product
        return rows(a).dot(b).reshape(*a.shape[:-1], b.shape[-1])
    return np.matmul(a, b)


def _matmul_left(g: Any, b: Any, a_shape: Any) -> Any:
    if len(b.shape) == 1:
        return np.expand_dims(g, -1) * b
    if len(a_shape) == 1:
        return np.matmul(b, np.expand_dims(g, -1)).sum(-1)
    return np.matmul(g, np.swapaxes(b, -1, -2)) if len(b.shape) > 2 or len(g.shape) > 2 else np.dot(g, b.T)


def _matmul_right(g: Any, a: Any, b_shape: Any) -> Any:
    if len(a.shape) == 1:
        return a * g if len(b_shape) == 1 else np.expand_dims(a, -1) * np.expand_dims(g, -2)
    if len(b_shape) == 1:
        return np.matmul(np.swapaxes(a, -1, -2), np.expand_dims(g, -1)).sum(-1)
    if len(b_shape) == 2:  # the sum over the batch is part of the product
        return np.dot(rows(a).T, rows(g))
    return np.matmul(np.swapaxes(a, -1, -2), g)


matmul = bilinear(np.matmul, _matmul_left, _matmul_right, forward=_matmul)


@implements(np.dot)
def dot(a: Any, b: Any) -> Any:
    """NumPy's `dot`: over the last axis of a and the last but one of b; with a scalar, the product."""
    left, right = _rank(a), _rank(b)
    if not left or not right:
        return np.multiply(a, b)
    if right <= 2:
        return matmul(a, b)
    return tensordot(a, b, ((left - 1,), (right - 2,)))


def _rank(x: Any) -> int:
    rank: int = x.ndim if hasattr(x, "ndim") else np.ndim(x)  # of a Tensor without a way through NumPy's dispatch
    return rank


@implements(np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """The sum of products over pairs of axes: the last `axes` of a with the first of b, or the two lists given."""
    a, b = (x if hasattr(x, "ndim") else tensor_of(x) for x in (a, b))
    if isinstance(axes, int):
        if axes > min(a.ndim, b.ndim):
            raise IndexError(
                f"tensordot: axes={axes}, but the shapes are {a.shape} and {b.shape}; each must have that many axes"
            )
        left, right = tuple(range(a.ndim - axes, a.ndim)), tuple(range(axes))
    else:
        left, right = (
            normalize_axis_tuple(listed, x.ndim, f"tensordot: axes of shape {x.shape}")
            for listed, x in zip(axes, (a, b))
        )
    if [a.shape[i] for i in left] != [b.shape[j] for j in right]:
        raise ValueError(f"tensordot: axes {left} of shape {a.shape} and {right} of shape {b.shape} must agree in size")
    keep_a, keep_b = [i for i in range(a.ndim) if i not in left], [j for j in range(b.ndim) if j not in right]
    n = math.prod(a.shape[i] for i in left)
    left_shape, right_shape = [a.shape[i] for i in keep_a], [b.shape[j] for j in keep_b]
    product = matmul(
        np.reshape(np.transpose(a, (*keep_a, *left)), (math.prod(left_shape), n)),
        np.reshape(np.transpose(b, (*right, *keep_b)), (n, math.prod(right_shape))),
    )
    return np.reshape(product, (*left_shape, *right_shape))


@implements(np.outer)
def outer(a: Any, b: Any) -> Any:
    """The matrix of all products a_i b_j of two flattened arrays."""
    return np.multiply(np.reshape(a, (-1, 1)), np.reshape(b, (1, -1)))


@implements(np.inner)
def inner(a: Any, b: Any) -> Any:
    """The sum of products over the last axes."""
    return np.multiply(a, b) if not _rank(a) or not _rank(b) else tensordot(a, b, ((-1,), (-1,)))


@implements(np.vdot)
def vdot(a: Any, b: Any) -> Any:
    """The inner product of two flattened arrays."""
    return matmul(np.reshape(a, -1), np.reshape(b, -1))


# --- Einstein summation ---


def _einsum(xs: Any, subscripts: str, optimize: Any) -> Any:
    terms, result = subscripts.split("->")
    inputs = terms.split(",")
    if len(inputs) == 2 and all(len(set(t)) == len(t) == np.ndim(x) for t, x in zip(inputs, xs)):
        return _einsum_by_matmul(np.asarray(xs[0]), np.asarray(xs[1]), inputs[0], inputs[1], result)
    return np.einsum(subscripts, *xs, optimize=optimize)


def _einsum_by_matmul(a: Any, b: Any, in_a: str, in_b: str, result: str) -> Any:
    """A sum over products of two arrays as one batched matrix product, which is many times faster than a loop."""
    if any(n != m and 1 not in (n, m) for c, n in zip(in_a, a.shape) for d, m in zip(in_b, b.shape) if c == d):
        raise ValueError(f"{in_a},{in_b}->{result}: a letter has one size in {a.shape} and another in {b.shape}")
    a, in_a = _summed_alone(a, in_a, in_b + result)
    b, in_b = _summed_alone(b, in_b, in_a + result)
    shared = [c for c in in_a if c in in_b]
    size = dict(zip(in_b, b.shape)) | {c: n for c, n in zip(in_a, a.shape) if n != 1 or c not in in_b}
    batch, summed = [c for c in shared if c in result], [c for c in shared if c not in result]
    rows, columns = [c for c in in_a if c not in shared], [c for c in in_b if c not in shared]
    if any(size[c] != n for t, x in ((in_a, a), (in_b, b)) for c, n in zip(t, x.shape)):  # NumPy lets size 1 broadcast
        a, b = (np.broadcast_to(x, [size[c] for c in t]) for x, t in ((a, in_a), (b, in_b)))

    def arranged(x: Any, letters: str, groups: list[list[str]]) -> Any:
        x = x.transpose([letters.index(c) for group in groups for c in group])
        return x.reshape([size[c] for c in batch] + [math.prod([size[c] for c in group]) for group in groups[1:]])

    left, right = arranged(a, in_a, [batch, rows, summed]), arranged(b, in_b, [batch, summed, columns])
    letters = batch + rows + columns
    if (
        len(rows) == len(columns) == 1
    ):  # straight into an array in the order that is wanted: what comes next reads it faster
        out = np.empty([size[c] for c in result], np.result_type(a, b))
        np.matmul(left, right, out=out.transpose([result.index(c) for c in letters]))
        return out
    product = np.matmul(left, right).reshape([size[c] for c in letters])
    return product.transpose([letters.index(c) for c in result])


def _summed_alone(x: Any, term: str, elsewhere: str) -> tuple[Any, str]:
    """x summed over the letters that occur nowhere else."""
    alone = tuple(i for i, c in enumerate(term) if c not in elsewhere)
    return (np.add.reduce(x, axis=alone), "".join(c for c in term if c in elsewhere)) if alone else (x, term)


def _einsum_rule(g: Any, xs: Any, xs_shape: Any, subscripts: str, optimize: Any, needs: Any) -> Any:
    terms, result = subscripts.split("->")
    inputs = terms.split(",")
    return [
        _einsum_share(g, i, inputs, result, xs, xs_shape, optimize) if needed else None
        for i, needed in enumerate(needs)
    ]


def _einsum_share(g: Any, i: int, inputs: list[str], result: str, xs: Any, shapes: Any, optimize: Any) -> Any:
    """∂/∂x_i: the same sum with g in x_i's place; letters found only in x_i are broadcast, repeated ones a diagonal."""
    wanted = "".join(dict.fromkeys(inputs[i]))
    others = [term for j, term in enumerate(inputs) if j != i]
    known = set(result).union(*others)
    found = "".join(c for c in wanted if c in known)
    operands = [g, *(x for j, x in enumerate(xs) if j != i)]
    share = _einsum(operands, f"{','.join([result, *others])}->{found}", optimize)
    size = dict(zip(inputs[i], shapes[i]))
    broadcast = tuple(k for k, c in enumerate(found) if size[c] == 1 != share.shape[k])
    share = np.sum(share, axis=broadcast, keepdims=True)
    share = np.reshape(share, [share.shape[found.index(c)] if c in known else 1 for c in wanted])
    share = np.broadcast_to(share, [size[c] for c in wanted])
    for axis, c in enumerate(inputs[i]):  # "ii": spread the share over the diagonal
        if inputs[i].index(c) != axis:
            first = inputs[i].index(c)
            eye = np.reshape(
                np.eye(size[c], dtype=share.dtype),
                [size[c] if k in (first, axis) else 1 for k in range(axis + 1)] + [1] * (len(share.shape) - axis),
            )
            share = np.expand_dims(share, axis) * eye
    return share


_einsum = linear(_einsum, _einsum_rule, name="einsum")


def _explicit(subscripts: str, operands: tuple[Any, ...]) -> str:
    """The subscripts with `->` and with letters in place of `...`."""
    subscripts = subscripts.replace(" ", "")
    terms, arrow, result = subscripts.partition("->")
    inputs = terms.split(",")
    if len(inputs) != len(operands):
        raise ValueError(
            f"einsum: {len(inputs)} terms in {subscripts!r} for {len(operands)} arrays; their numbers must agree"
        )
    free = [c for c in "ZYXWVUTSRQPONMLKJIHGFEDCBAzyxwvutsrqponmlkjihgfedcba" if c not in subscripts]
    ranks = [np.ndim(x) - len(t.replace("...", "")) for t, x in zip(inputs, operands)]
    for t, x, rank in zip(inputs, operands, ranks):
        if rank < 0 or (rank and "..." not in t):
            raise ValueError(
                f"einsum: the term {t!r} of {subscripts!r} has a letter for {len(t.replace('...', ''))} axes, and the shape "
                f"is {np.shape(x)}; write a letter for each axis, or ... for those that remain"
            )
    for c in result.replace("...", ""):
        if c not in terms or result.count(c) > 1:
            raise ValueError(f"einsum: the result of {subscripts!r} has {c!r}, which must be in a term, and once only")
    widest = max([r for r, t in zip(ranks, inputs) if "..." in t], default=0)
    letters = "".join(free[:widest])
    inputs = [t.replace("...", letters[widest - r :] if r > 0 else "") for t, r in zip(inputs, ranks)]
    if arrow:
        result = result.replace("...", letters)
    else:
        together = "".join(inputs)
        result = letters + "".join(sorted(c for c in set(together) - set(letters) if together.count(c) == 1))
    return f"{','.join(inputs)}->{result}"


@implements(np.einsum)
def einsum(subscripts: Any, *operands: Any, optimize: Any = False, dtype: Any = None) -> Any:
    """The sum over products that the subscripts describe (Einstein's convention), all of NumPy's forms.

    >>> a = Tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> einsum("ij,ij->i", a, a)
    tensor([ 5., 25.])
    """
    if not isinstance(subscripts, str):  # einsum(x, [0, 1], y, [1, 2], [0, 2])
        subscripts, operands = _from_lists((subscripts, *operands))
    if len(operands) == 1 and isinstance(operands[0], list | tuple) and all(hasattr(x, "shape") for x in operands[0]):
        operands = tuple(operands[0])  # PyTorch's einsum("ij,jk", [a, b])
    operands = tuple(x if hasattr(x, "shape") else np.asarray(x) for x in operands)
    if dtype is not None:
        operands = tuple(x.astype(dtype) for x in operands)
    return _einsum(operands, _explicit(subscripts, operands), optimize)


def _from_lists(args: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

    def term(labels: Any) -> str:
        return "".join("..." if label is Ellipsis else alphabet[label] for label in labels)

    pairs = len(args) // 2 * 2
    subscripts = ",".join(term(args[i + 1]) for i in range(0, pairs, 2))
    if len(args) > pairs:
        subscripts += "->" + term(args[-1])
    return subscripts, args[0:pairs:2]
