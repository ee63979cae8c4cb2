"""Samples of `autograd/compositions` and `autograd/rules/cumulations.py`: PyTorch's functions, which NumPy has no name for."""

from typing import Any

import numpy as np

import autograd

from .table import Domain, apart, constant, of, real, whole

A, B = apart(2, 3, 4), apart(2, 3)
SOME = np.array([[True, False, True], [True, True, False]])
ROWS = np.array([2, 0, 2])
AROUND = np.array([[0, 2, 0], [1, 1, 1]])  # numbers along an axis, some of them twice


class Rising(Domain):
    """Whole numbers in ascending order along the last axis."""

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return np.sort(generator.integers(-3, 3, shape), -1)


class Different(Domain):
    """Numbers of which no two may become equal by another layout."""

    structured = True


different = Different(-2, 2, spaced=True)
between = Domain(-1.9, 2.2, spaced=True)  # off the numbers of `apart`
rising = Rising(-3, 3, dtype=np.int64)


def logcumsumexp(x: Any, dim: int) -> Any:
    return np.logaddexp.accumulate(x, axis=dim)


def in_order(x: Any, dim: int = -1, descending: bool = False) -> list[Any]:
    order = np.argsort(-x if descending else x, dim, kind="stable")
    return [np.take_along_axis(x, order, dim), order]


def at(x: Any, dim: int, numbers: Any) -> list[Any]:
    return [np.take_along_axis(x, numbers, dim), numbers]


def kth(x: Any, k: int, dim: int = -1) -> list[Any]:
    order = np.argsort(x, dim)
    return [np.take(np.take_along_axis(x, order, dim), k - 1, dim), np.take(order, k - 1, dim)]


def running(x: Any, dim: int) -> list[Any]:
    out = np.maximum.accumulate(x, dim)
    numbers = np.reshape(np.arange(x.shape[dim]), [-1 if i == dim % x.ndim else 1 for i in range(x.ndim)])
    return [out, np.maximum.accumulate(np.where(x == out, numbers, 0), dim)]


def added(x: Any, dim: int, index: Any, src: Any) -> Any:
    out = x.copy()
    for place in np.ndindex(index.shape):
        to = list(place)
        to[dim] = index[place]
        out[tuple(to)] += src[place]
    return out


def put_together(x: Any, dim: int, index: Any, src: Any, reduce: str, include_self: bool = True) -> Any:
    parts: dict[Any, list[Any]] = {}
    for place in np.ndindex(index.shape):
        to = list(place)
        to[dim] = index[place]
        parts.setdefault(tuple(to), [x[tuple(to)]] if include_self else []).append(src[place])
    out = x.copy()
    for place, values in parts.items():
        how = {"sum": np.sum, "prod": np.prod, "mean": np.mean, "amax": np.max, "amin": np.min}
        out[place] = how[reduce](np.asarray(values, x.dtype))
    return out


def written(x: Any, dim: int, index: Any, src: Any) -> Any:
    out = x.copy()
    for place in np.ndindex(index.shape):
        to = list(place)
        to[dim] = index[place]
        out[tuple(to)] = src[place]
    return out


def distances(a: Any, b: Any, p: float = 2.0) -> Any:
    return np.linalg.norm(a[..., :, None, :] - b[..., None, :, :], p, -1)


# fmt: off

TORCH_NAMES = [
    *(of(autograd.logcumsumexp, real(2, 3, 4), dim=dim, like=logcumsumexp, ulps=8, lanes=dim, sums=True) for dim in (0, 1, -1)),
    of(autograd.sort, A, -1, like=in_order, sums=True),
    of(autograd.sort, A, 1, descending=True, like=in_order, sums=True),
    of(autograd.sort, apart(3), like=in_order, sums=True),
    of(autograd.topk, A, 4, like=lambda x, k: in_order(x, -1, True), sums=True),
    of(autograd.topk, apart(3, 2), 2, 0, like=lambda x, k, dim: [part[:k] for part in in_order(x, 0, True)], sums=True),
    of(autograd.topk, apart(3, 4), 2, 1, False, like=lambda x, k, dim, largest: [part[:, :k] for part in in_order(x, 1)], sums=True),
    *(of(autograd.kthvalue, A, k, dim, like=kth, sums=True) for k, dim in ((1, 0), (2, 1), (4, -1))),
    of(autograd.median, A, 1, like=lambda x, dim: kth(x, 2, dim), sums=True),
    of(autograd.median, apart(2, 4), like=lambda x: np.asarray(np.sort(x, None)[3]), sums=True),
    of(autograd.nanmedian, A, -1, like=lambda x, dim: kth(x, 2, dim), sums=True),
    of(autograd.mode, apart(3), like=lambda x: kth(x, 1), sums=True),
    *(of(autograd.cummax, A, dim, like=running, sums=True) for dim in (0, 1, -1)),
    of(autograd.cummin, A, 1, like=lambda x, dim: [-running(-x, dim)[0], running(-x, dim)[1]], sums=True),
    constant(autograd.argsort, A, 1, True, like=lambda x, dim, descending: in_order(x, dim, descending)[1]),
    of(autograd.unique_consecutive, different(4), like=lambda x: x, sums=True),
    constant(autograd.searchsorted, rising(2, 4), whole(2, 3),
             like=lambda rows, v: np.stack([np.searchsorted(a, b) for a, b in zip(rows, v)])),
    constant(autograd.searchsorted, rising(2, 4), whole(2, 3), right=True,
             like=lambda rows, v, right: np.stack([np.searchsorted(a, b, "right") for a, b in zip(rows, v)])),
    constant(autograd.bucketize, whole(2, 3), np.array([-1, 0, 2]), like=lambda x, edges: np.searchsorted(edges, x)),
    constant(autograd.histc, real(3, 4), 4, -2, 2, like=lambda x, bins, low, high: np.histogram(x, bins, (low, high))[0].astype(x.dtype)),

    of(autograd.gather, A, 1, np.array([[[2, 0, 0, 1]], [[1, 1, 2, 0]]]), like=lambda x, dim, index: np.take_along_axis(x, index, dim), sums=True),
    of(autograd.gather, B, 1, np.array([[2, 2]]), like=lambda x, dim, index: np.take_along_axis(x[:1], index, dim), sums=True),
    of(autograd.index_select, B, 1, ROWS, like=lambda x, dim, index: x[:, index], sums=True),
    of(autograd.scatter, B, 1, AROUND, real(2, 3), like=written, sums=True),
    of(autograd.scatter, real(3), 0, np.array([2, 2]), real(2), like=written, sums=True),
    of(autograd.scatter_add, B, 1, AROUND, real(2, 3), like=added, sums=True, ulps=4),
    *(
        of(autograd.scatter_reduce, B, 1, AROUND, between(2, 3), reduce, include_self=include_self, like=put_together, sums=True, ulps=4)
        for reduce in ("sum", "mean", "amax", "amin") for include_self in (True, False)
    ),
    of(autograd.index_add, real(3, 2), 0, ROWS, real(3, 2), ulps=4, sums=True,
       like=lambda x, dim, index, y: x + (index == np.arange(3)[:, None]).astype(x.dtype) @ y),
    of(autograd.index_copy, real(3, 2), 0, np.array([2, 0]), real(2, 2), like=lambda x, dim, index, y: np.stack([y[1], x[1], y[0]]), sums=True),
    of(autograd.index_fill, real(3, 2), 0, np.array([1]), 5.0, like=lambda x, dim, index, v: np.stack([x[0], x[1] * 0 + 5, x[2]]), sums=True),
    of(autograd.index_reduce, apart(3, 2), 0, np.array([2, 2]), between(2, 2), "amax", sums=True,
       like=lambda x, dim, index, y, reduce: np.stack([x[0], x[1], np.max([x[2], *y], 0)])),
    of(autograd.index_put, real(3, 2), [np.array([2, 0])], real(2, 2), like=lambda x, index, y: np.stack([y[1], x[1], y[0]]), sums=True),
    of(autograd.index_put, real(3, 2), [np.array([2, 2])], real(2, 2), True, ulps=4, like=lambda x, index, y, a: np.stack([x[0], x[1], x[2] + y.sum(0)]), sums=True),
    of(autograd.put, real(2, 2), np.array([3, 0]), real(2), like=lambda x, index, y: np.array([[y[1], x[0, 1]], [x[1, 0], y[0]]]), sums=True),
    of(autograd.masked_select, B, SOME, like=lambda x, mask: x[mask], sums=True),
    of(autograd.masked_scatter, B, SOME, real(6), sums=True,
       like=lambda x, mask, y: np.where(mask, y[np.maximum(np.cumsum(mask).reshape(mask.shape) - 1, 0)], x)),
    of(autograd.select_scatter, B, real(2), 1, 0, like=lambda x, y, dim, index: np.column_stack([y, x[:, 1:]]), sums=True),
    of(autograd.slice_scatter, B, real(2, 2), 1, 1, like=lambda x, y, dim, start: np.column_stack([x[:, :1], y]), sums=True),
    of(autograd.diagonal_scatter, real(2, 2), real(2), like=lambda x, y: np.array([[y[0], x[0, 1]], [x[1, 0], y[1]]]), sums=True),

    of(autograd.addmm, real(3), real(2, 4), real(4, 3), beta=0.5, alpha=2.0, like=lambda x, a, b, beta, alpha: beta * x + alpha * (a @ b), ulps=8, sums=True),
    of(autograd.baddbmm, real(2, 1, 3), real(2, 2, 4), real(2, 4, 3), like=lambda x, a, b: x + a @ b, ulps=8, sums=True),
    of(autograd.addbmm, real(2, 3), real(2, 2, 4), real(2, 4, 3), like=lambda x, a, b: x + (a @ b).sum(0), ulps=8, sums=True),
    of(autograd.cdist, real(2, 3), real(4, 3), like=distances, ulps=8, sums=True),
    of(autograd.cdist, real(2, 2, 3), real(4, 3), 1.0, like=distances, ulps=8, sums=True),
    of(autograd.pdist, real(3, 2), like=lambda x: distances(x, x)[np.triu_indices(3, 1)], ulps=8, sums=True),
    of(autograd.renorm, real(3, 2), 2, 0, 1.5, ulps=64, sums=True,
       like=lambda x, p, dim, m: x * np.minimum(1, m / (np.linalg.norm(x, axis=1, keepdims=True) + 1e-7)).astype(x.dtype)),
    of(autograd.block_diag, real(1, 2), real(2), like=lambda a, b: np.array([[*a[0], 0, 0], [0, 0, *b]], a.dtype), sums=True),

    *(of(autograd.lerp, real(2, 3), real(3), weight, like=lambda x, y, w: x + w * (y - x)) for weight in (0.3, 1)),
    of(autograd.addcmul, real(2, 3), real(3), real(2, 1), value=2.0, like=lambda x, a, b, value: x + value * (a * b)),
    of(autograd.addcdiv, real(2, 3), real(3), Domain(0.5, 2)(2, 1), like=lambda x, a, b: x + a / b),
    of(autograd.frac, Domain(0.1, 0.9)(2, 3), like=lambda x: x - np.trunc(x)),
    of(autograd.diag_embed, real(2, 3), 1, like=lambda x, k: np.stack([np.diag(row, k) for row in x]), sums=True),
    of(autograd.combinations, real(3), like=lambda x: x[[[0, 1], [0, 2], [1, 2]]], sums=True),
    of(autograd.cartesian_prod, real(2), real(2), sums=True, like=lambda a, b: np.stack([np.repeat(a, 2), np.tile(b, 2)], 1)),
    of(autograd.Tensor.unfold, real(5), 0, 3, 2, like=lambda x, dim, size, step: np.stack([x[:3], x[2:]]), sums=True),
    of(autograd.cumulative_trapezoid, real(2, 4), dx=0.5, ulps=8, like=lambda y, dx: np.cumsum((y[:, 1:] + y[:, :-1]) / 2 * dx, -1), sums=True),
]
# fmt: on
