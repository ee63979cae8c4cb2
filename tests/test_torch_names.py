"""PyTorch's tensor functions: for each call the values, the dtypes and the gradients that PyTorch gives.

A call is written once for both libraries, `t`, and both kinds of Tensor. The same calls are made as methods.
"""

import numpy as np
import pytest

import autograd
from autograd import Tensor
from autograd.compiler import trace
from autograd.testing import gradcheck, gradgradcheck

X = np.array([[[3.0, -1.0, 2.5, 2.0], [0.5, 4.0, -2.0, 1.0], [1.25, 1.5, -0.5, 0.25]]] * 2) * [[[1.0]], [[-1.7]]]
Y = np.cos(np.arange(24.0)).reshape(2, 3, 4) + 1.5
V, W = X[0, 0], Y[1, 1]
M = X[0, :, :3]
TIES = np.array([[1.0, 3.0, 3.0, 2.0], [2.0, 2.0, 2.0, 5.0], [4.0, 0.0, 4.0, 4.0]])
HOLES = np.where(TIES == 2.0, np.nan, TIES)
SPREAD = M @ M.T + np.eye(3)
HALF = np.array([[0.2, 0.9], [0.5, 0.35]])

# A call takes a library, a way to make its whole numbers and masks, and one or two Tensors that need gradients.
CALLS = {
    # pointwise
    "add": lambda t, i, x, y: x.add(y, alpha=2.5),
    "sub": lambda t, i, x, y: t.sub(x, y, alpha=2) + x.sub(y) + x.subtract(y),
    "div": lambda t, i, x, y: x.div(y) + t.div(x, 2.0) + x.true_divide(y),
    "div floor": lambda t, i, x, y: x.div(y, rounding_mode="floor") + t.div(x, y, rounding_mode="trunc") + x,
    "addcmul": lambda t, i, x, y: t.addcmul(x, x, y, value=0.5) + x.addcmul(x, y),
    "addcdiv": lambda t, i, x, y: t.addcdiv(x, x, y, value=0.5) + x.addcdiv(x, y),
    "lerp": lambda t, i, x, y: t.lerp(x, y, 0.3) + x.lerp(y, y),
    "clamp": lambda t, i, x, y: t.clamp(x, min=-0.7, max=1.1) + x.clamp(min=0.1) + x.clamp(max=0.3),
    "clamp_min": lambda t, i, x, y: t.clamp_min(x, 0.7) + x.clamp_max(1.3) + t.clamp_max(x, 0.9) + x.clamp_min(-0.2),
    "frac": lambda t, i, x, y: t.frac(x) + x.frac(),
    "rsqrt": lambda t, i, x, y: t.rsqrt(y) + y.rsqrt(),
    "trunc": lambda t, i, x, y: x + t.trunc(x) + t.fix(x) + x.fix() + t.sgn(x) + x.sgn() + t.round(x) + x.round(decimals=1),
    "rsub": lambda t, i, x, y: t.rsub(x, y, alpha=3),
    "ldexp": lambda t, i, x, y: t.ldexp(x, i([1, 2, 0, 3])) + x.ldexp(i([2])),
    "hypot": lambda t, i, x, y: t.hypot(x, y) + t.xlogy(x, y) + x.xlogy(y),
    "erf": lambda t, i, x, y: t.erf(x) + x.erf() + t.erfc(x) + x.erfc(),
    "erfinv": lambda t, i, x, y: t.erfinv(x / 5) + (x / 5).erfinv(),
    "lgamma": lambda t, i, x, y: t.lgamma(y) + y.lgamma() + t.digamma(y) + y.digamma(),
    "polygamma": lambda t, i, x, y: t.polygamma(1, y) + y.polygamma(2),
    "mvlgamma": lambda t, i, x, y: t.mvlgamma(y + 1, 2) + (y + 1).mvlgamma(1),
    "igamma": lambda t, i, x, y: t.igamma(y.detach(), y) + y.detach().igammac(y),
    "i0": lambda t, i, x, y: t.i0(x) + x.i0(),
    "logit": lambda t, i, x, y: t.logit(x / 10 + 0.5) + (x / 10 + 0.5).logit() + t.logit(x, eps=0.1),
    "frexp": lambda t, i, x, y: t.frexp(x),
    "isclose": lambda t, i, x, y: t.isclose(x, x + 1e-6) & x.isclose(y, atol=1.0),
    "isneginf": lambda t, i, x, y: t.isneginf(x / 0 * x) | (x / 0).isposinf(),
    "isin": lambda t, i, x, y: t.isin(i([1, 2, 3]), i([3, 5, 1])),
    "sigmoid": lambda t, i, x, y: x.sigmoid() + t.sigmoid(x) + x.relu() + x.softmax(-1),
    # products
    "addmm": lambda t, i, x, y: t.addmm(x[0, :, :3], x[0], y[0].mT, beta=0.5, alpha=2) + x[0, :, :3].addmm(x[0], y[1].mT),
    "addmm of a row": lambda t, i, x, y: t.addmm(x[0, 0, :3], x[0], y[0].mT) + t.addmm(x[0, 0, :1], x[0], y[0].mT, beta=0),
    "addmv": lambda t, i, x, y: t.addmv(x[0, :, 0], x[0], y[0, 0], alpha=3) + x[0, :, 0].addmv(x[0], y[0, 0], beta=2),
    "addr": lambda t, i, x, y: t.addr(x[0], y[0, :, 0], y[0, 0]) + x[0].addr(y[0, :, 0], y[0, 0], beta=2, alpha=3),
    "bmm": lambda t, i, x, y: t.bmm(x, y.mT) + x.bmm(y.mT),
    "baddbmm": lambda t, i, x, y: t.baddbmm(x[:, :, :3], x, y.mT, beta=2, alpha=3) + x[:1, :1, :3].baddbmm(x, y.mT),
    "addbmm": lambda t, i, x, y: t.addbmm(x[0, :, :3], x, y.mT, beta=2, alpha=3) + x[0, :, :3].addbmm(x, y.mT),
    "mm": lambda t, i, x, y: t.mm(x[0], y[0].mT) @ x[0].mm(y[0].mT),
    "mv": lambda t, i, x, y: t.mv(x[0], y[0, 0]) + x[0].mv(y[0, 0]),
    "dot": lambda t, i, x, y: t.dot(x[0, 0], y[0, 0]) * t.outer(x[0, 0], y[0, 0]) + t.ger(x[0, 0], y[0, 0]),
    "chain_matmul": lambda t, i, x, y: t.chain_matmul(x[0], y[0].mT, x[1]) + t.chain_matmul(y[1]),
    "kron": lambda t, i, x, y: t.kron(x[0], y[0]) + x[0].kron(y[0]),
    "cross": lambda t, i, x, y: t.cross(x, y, dim=1) + x.cross(y, dim=-2),
    "cross of any": lambda t, i, x, y: t.linalg.cross(x[0, :, :1], y[0], dim=0),
    "block_diag": lambda t, i, x, y: t.block_diag(x[0], y[0, 0], x[0, 0, 0]),
    "cdist": lambda t, i, x, y: t.cdist(x, y) + t.cdist(x, y, p=1.0) + t.cdist(x, y, 3.0) + t.cdist(x, y, float("inf")),
    "cdist of batches": lambda t, i, x, y: t.cdist(x[0, :2], y),
    "pdist": lambda t, i, x, y: t.pdist(x[0]) + t.pdist(x[1], p=1.0),
    "norm": lambda t, i, x, y: t.norm(x) + x.norm() + x.norm(1) + x.norm(p=3, dim=1).sum() + x.norm(dim=(0, 2), keepdim=True).sum(),
    "norm inf": lambda t, i, x, y: x.norm(float("inf"), 2) + t.norm(x, p=2, dim=-1, keepdim=True).squeeze(-1),
    "norm nuc": lambda t, i, x, y: t.norm(x[0], "nuc") + t.norm(x[0], "fro"),
    "dist": lambda t, i, x, y: t.dist(x, y) + x.dist(y, 1) + x.dist(y, p=3),
    "renorm": lambda t, i, x, y: t.renorm(x, 2, 1, 3.0) + x.renorm(1, -1, 5.0),
    "tensordot": lambda t, i, x, y: (t.tensordot(x, y, dims=3), t.tensordot(x, y, ([0, 2], [0, 2])), t.tensordot(x, y[0].mT, dims=1)),
    "einsum": lambda t, i, x, y: t.einsum("bij,bkj->ik", x, y),
    # shapes
    "flatten": lambda t, i, x, y: (t.flatten(x, 1), x.flatten(-2), x.flatten(0, 1), x[0, 0, 0].flatten(), x[:, :0].flatten(1)),
    "unflatten": lambda t, i, x, y: (t.unflatten(x, 2, (2, 2)), x.unflatten(-1, (-1, 2)), x.unflatten(1, (3, 1))),
    "unbind": lambda t, i, x, y: (*t.unbind(x), *x.unbind(-1)),
    "select": lambda t, i, x, y: (t.select(x, 1, -1), x.select(-1, 0)),
    "narrow": lambda t, i, x, y: (t.narrow(x, 1, 1, 2), x.narrow(-1, -3, 2), x.narrow(2, 4, 0)),
    "unfold": lambda t, i, x, y: (x.unfold(2, 2, 1), x.unfold(-2, 2, 3), x.unfold(2, 3, 2), x[0, 0, 0].unfold(0, 1, 1)),
    "split": lambda t, i, x, y: (*t.split(x, 3, 2), *x.split([1, 2], dim=-2), *x[:0].split(2), *t.split(x, 9)),
    "split_with_sizes": lambda t, i, x, y: (*x.split_with_sizes([1, 0, 3], -1), *t.split_with_sizes(x, [2, 1], 1)),
    "chunk": lambda t, i, x, y: (*t.chunk(x, 3, 2), *x.chunk(2, dim=-2), *x.chunk(9), *x[:, :0].chunk(2, 1)),
    "tensor_split": lambda t, i, x, y: (*t.tensor_split(x, 3, 2), *x.tensor_split((1, 2), dim=1), *x.tensor_split(i([1]), 2)),
    "hsplit": lambda t, i, x, y: (*t.hsplit(x, [1]), *x.vsplit(2), *x.dsplit(2), *t.vsplit(x, [1]), *t.dsplit(x, [3])),
    "expand_as": lambda t, i, x, y: x[:, :1].expand_as(y) + x.reshape(6, 4).reshape_as(y) + x.view(4, 6).view_as(y),
    "expand": lambda t, i, x, y: x[:1].expand(5, -1, 4),
    "sum_to_size": lambda t, i, x, y: (x.sum_to_size(1, 4), x.sum_to_size((2, 1, 1)), x.sum_to_size(2, 3, 4)),
    "repeat_interleave": lambda t, i, x, y: (t.repeat_interleave(x, 2), x.repeat_interleave(2, dim=1), x.repeat_interleave(i([1, 0, 3]), dim=-2)),
    "repeat_interleave of counts": lambda t, i, x, y: t.repeat_interleave(i([1, 0, 3])),
    "broadcast_tensors": lambda t, i, x, y: t.broadcast_tensors(x, y[:, :1]),
    "meshgrid": lambda t, i, x, y: (*t.meshgrid(x[0, 0], y[0, :, 0], indexing="ij"), *t.meshgrid(x[0, 0], y[0, :, 0], indexing="xy")),
    "cartesian_prod": lambda t, i, x, y: (t.cartesian_prod(x[0, 0], y[0, :, 0]), t.cartesian_prod(x[0, 0])),
    "combinations": lambda t, i, x, y: (t.combinations(x[0, 0]), t.combinations(x[0, 0], 3), t.combinations(x[0, 0], 2, True)),
    "movedim": lambda t, i, x, y: (t.movedim(x, 0, 2), t.movedim(x, (0, 1), (-1, 0)), t.swapdims(x, 0, 1), x.swapdims(-1, 0)),
    "t": lambda t, i, x, y: (t.t(x[0]), x[0].t(), t.t(x[0, 0]), x[0].H, x.mH, x.adjoint(), t.adjoint(x)),
    "rot90": lambda t, i, x, y: (t.rot90(x, 1, (0, 1)), x.rot90(-3, [1, 2]), x.rot90(2, (0, 2))),
    "flip": lambda t, i, x, y: (t.flip(x, (0, -1)), x.flip(1), x.flip((0, 2)), t.fliplr(x), x.flipud(), t.flipud(x), x.fliplr()),
    "roll": lambda t, i, x, y: (t.roll(x, 1), x.roll((1, 2), (0, -1))),
    "tril": lambda t, i, x, y: (t.tril(x), x.tril(diagonal=-1), t.triu(x, 1), x.triu(-1), x[:, :0].tril()),
    "tril_indices": lambda t, i, x, y: (t.tril_indices(3, 4), t.triu_indices(3, 2, offset=-1), t.tril_indices(2, 2, 1)),
    "diag": lambda t, i, x, y: (t.diag(x[0]), x[0].diag(1), x[0, 0].diag(-1), t.diagflat(x), x[0].diagflat(1)),
    "diagonal": lambda t, i, x, y: (t.diagonal(x, 1, 1, 2), x.diagonal(dim1=0, dim2=-1), x[0].diagonal(offset=-1), x[0].trace()),
    "diag_embed": lambda t, i, x, y: (t.diag_embed(x), x.diag_embed(1), x.diag_embed(-2, dim1=0, dim2=2), x[0, 0].diag_embed(0, -1, -2)),
    "atleast": lambda t, i, x, y: (t.atleast_1d(x[0, 0, 0]), t.atleast_2d(x[0, 0]), *t.atleast_3d(x[0, 0], x[0])),
    "column_stack": lambda t, i, x, y: (t.column_stack((x[0, :, 0], y[0])), t.dstack((x, y)), t.row_stack((x[0], y[0]))),
    # places
    "index_select": lambda t, i, x, y: (t.index_select(x, 1, i([2, 0, 0])), x.index_select(-1, i([3])), x[0, 0, 0].index_select(0, i([0]))),
    "gather": lambda t, i, x, y: (t.gather(x, 2, i([[[0, 3], [1, 1]]])), x.gather(-2, i([[[2, 0, 0, 1]], [[1, 1, 2, 0]]]))),
    "gather of one": lambda t, i, x, y: (x[0, 0, 0].gather(0, i(0)), x.gather(0, i(np.zeros((0, 3, 4), int)))),
    "take": lambda t, i, x, y: (t.take(x, i([[0, 5], [23, 5]])), x.take(i([-1]))),
    "take_along_dim": lambda t, i, x, y: (t.take_along_dim(x, i([[[3], [0], [1]]]), dim=2), x.take_along_dim(i([3, 4]))),
    "scatter": lambda t, i, x, y: (t.scatter(x, 2, i([[[0, 3], [1, 2]]]), y[:1, :2, :2]), x.scatter(-2, i([[[2, 0, 0, 1]]]), 1.5), x.scatter(0, i(np.zeros((0, 1, 1), int)), y[:0, :1, :1])),
    "scatter value": lambda t, i, x, y: (x.scatter(1, i([[[0], [2]]]), value=7.0), x[0, 0, 0].scatter(0, i(0), y[0, 0, 0])),
    "scatter_add": lambda t, i, x, y: (t.scatter_add(x, 2, i([[[0, 3, 0], [1, 1, 1]]]), y[:1, :2, :3]), x.scatter_add(-3, i([[[1, 0]], [[1, 1]]]), y[:, :1, :2])),
    "scatter_reduce sum": lambda t, i, x, y: (x.scatter_reduce(2, i([[[0, 3, 0]]]), y[:1, :1, :3], "sum"), t.scatter_reduce(x, 2, i([[[0, 3, 0]]]), y[:1, :1, :3], reduce="sum", include_self=False)),
    "scatter_reduce mean": lambda t, i, x, y: (x.scatter_reduce(2, i([[[0, 3, 0]]]), y[:1, :1, :3], "mean"), x.scatter_reduce(2, i([[[0, 3, 0]]]), y[:1, :1, :3], reduce="mean", include_self=False)),
    "scatter_reduce prod": lambda t, i, x, y: (x.scatter_reduce(2, i([[[0, 3, 0, 0]]]), y[:1, :1], "prod"), x.scatter_reduce(1, i([[[0], [2], [0]]]), y[:1, :, :1], reduce="prod", include_self=False)),
    "scatter_reduce amax": lambda t, i, x, y: (x.scatter_reduce(2, i([[[0, 3, 0]]]), y[:1, :1, :3], "amax"), x.scatter_reduce(2, i([[[0, 3, 0]]]), y[:1, :1, :3], "amax", include_self=False)),
    "scatter_reduce amin": lambda t, i, x, y: (x.scatter_reduce(2, i([[[0, 3, 0]]]), x[:1, :1, :3], "amin"), x.scatter_reduce(1, i([[[0], [0], [0]]]), y[:1, :, :1], "amin", include_self=False)),
    "index_add": lambda t, i, x, y: (t.index_add(x, 1, i([0, 2, 0]), y, alpha=2), x.index_add(-1, i([3, 3]), y[:, :, :2]), x.index_add(0, i([0, 0]), y)),
    "index_copy": lambda t, i, x, y: (t.index_copy(x, 1, i([2, 0]), y[:, :2]), x.index_copy(-1, i([3, 1]), y[:, :, :2])),
    "index_fill": lambda t, i, x, y: (t.index_fill(x, 1, i([2, 0]), 1.5), x.index_fill(-1, i([3]), -1)),
    "index_put": lambda t, i, x, y: (t.index_put(x, (i([0, 1]), i([2, 1])), y[:, 0]), x.index_put((i([1, 1]),), y, accumulate=True), x.index_put((i(X > 1),), y[0, 0, 0])),
    "index_reduce": lambda t, i, x, y: (x.index_reduce(1, i([0, 2, 0]), y, "amax"), x.index_reduce(1, i([0, 2, 0]), y, "mean"), x.index_reduce(-1, i([3, 3]), y[:, :, :2], "prod", include_self=False)),
    "put": lambda t, i, x, y: (x.put(i([5, 0]), y[0, 0, :2]), x.put(i([5, 5, 0]), y[0, 0, :3], accumulate=True)),
    "masked_select": lambda t, i, x, y: (t.masked_select(x, x > 0), x.masked_select(i([[True], [False], [True]]))),
    "masked_fill": lambda t, i, x, y: (t.masked_fill(x, x > 0, 2.0), x.masked_fill(i([True, False, True, True]), -1)),
    "masked_scatter": lambda t, i, x, y: (t.masked_scatter(x, x > 0, y), x.masked_scatter(i([[True], [False], [True]]), y)),
    "select_scatter": lambda t, i, x, y: (x.select_scatter(y[0], 0, 1), t.select_scatter(x, y[:, 0], 1, -1)),
    "slice_scatter": lambda t, i, x, y: (x.slice_scatter(y[:1], 0, 1), t.slice_scatter(x, y[:, :, :2], 2, 0, 4, 2)),
    "diagonal_scatter": lambda t, i, x, y: (x[0].diagonal_scatter(y[0, 0, :3]), t.diagonal_scatter(x, y[:, :, 0], 1, 1, 2)),
    # orders
    "sort": lambda t, i, x, y: (*t.sort(x), *t.sort(x, 1, descending=True), *x.sort(dim=-2), *x.sort(descending=True)),
    "sort of one": lambda t, i, x, y: (*t.sort(x[0, 0, 0]), *t.sort(x[:, :0], 1), t.argsort(x[0, 0, 0]), t.msort(x), x.msort()),
    "argsort": lambda t, i, x, y: (t.argsort(x), x.argsort(1, True), t.argsort(x, dim=0, descending=True, stable=True)),
    "topk": lambda t, i, x, y: (*t.topk(x, 2), *x.topk(2, 1, largest=False), *x.topk(3, dim=-2), *x.topk(4), *x[0, 0, 0].topk(1), *x.topk(0)),
    "kthvalue": lambda t, i, x, y: (*t.kthvalue(x, 2), *x.kthvalue(1, 1), *x.kthvalue(4, dim=-1, keepdim=True), *x[0, 0, 0].kthvalue(1)),
    "median": lambda t, i, x, y: (t.median(x), x.median(), *t.median(x, 1), *x.median(dim=-1, keepdim=True), *x[0, 0, 0].median(0)),
    "nanmedian": lambda t, i, x, y: (t.nanmedian(x), *t.nanmedian(x, 1), *x.nanmedian(dim=-1, keepdim=True)),
    "mode": lambda t, i, x, y: (t.mode(x).values, *x.mode(1, keepdim=True)),
    "cummax": lambda t, i, x, y: (*t.cummax(x, 1), *x.cummax(-1), *t.cummin(x, dim=0), *x.cummin(2), *x[0, 0, 0].cummax(0)),
    "logcumsumexp": lambda t, i, x, y: (t.logcumsumexp(x, 1), x.logcumsumexp(dim=-1), x[0, 0, 0].logcumsumexp(0), x[:, :0].logcumsumexp(1)),
    "unique": lambda t, i, x, y: (t.unique(i(TIES)), *t.unique(i(TIES), return_inverse=True, return_counts=True), i(TIES).unique(dim=1)),
    "unique_consecutive": lambda t, i, x, y: (t.unique_consecutive(i(TIES)), *t.unique_consecutive(i(TIES), True, True), *i(TIES[:, [1, 2, 2]]).unique_consecutive(True, True, dim=1)),
    "searchsorted": lambda t, i, x, y: (t.searchsorted(i([1, 3, 3, 5]), i([[3, 0], [9, 5]])), t.searchsorted(i([1, 3, 5]), i([3]), right=True), t.searchsorted(i([1, 3]), 3, side="right")),
    "searchsorted in rows": lambda t, i, x, y: (t.searchsorted(i(np.sort(TIES)), i(TIES)), t.searchsorted(i(np.sort(TIES)), i(TIES[:, :2]), right=True, out_int32=True)),
    "bucketize": lambda t, i, x, y: (t.bucketize(i([[1, 4], [3, 9]]), i([1, 3, 5])), t.bucketize(i([1, 4]), i([1, 3, 5]), right=True)),
    "histc": lambda t, i, x, y: (t.histc(x, 5), x.histc(4, -1, 2), x.histc(bins=3, min=2, max=2), x[:0].histc(2, 0, 1)),
    "bincount": lambda t, i, x, y: (t.bincount(i([1, 1, 4])), i([1, 1, 4]).bincount(minlength=7), t.bincount(i([1, 1, 4]), i([0.5, 2.0, 1.0]))),
    "argwhere": lambda t, i, x, y: (t.argwhere(x > 0), (x > 1).argwhere()),
    # summaries
    "nansum": lambda t, i, x, y: (t.nansum(x), t.nansum(x, 1), x.nansum(dim=(0, 2), keepdim=True), t.nanmean(x), x.nanmean(-1, True)),
    "std_mean": lambda t, i, x, y: (*t.std_mean(x), *t.std_mean(x, 1), *t.var_mean(x, dim=(0, 2), keepdim=True), *t.var_mean(x, 1, correction=0)),
    "aminmax": lambda t, i, x, y: (*t.aminmax(x), *x.aminmax(dim=1), *x.aminmax(dim=-1, keepdim=True), *x[0, 0, 0].aminmax(dim=0)),
    "amax": lambda t, i, x, y: (t.amax(x, (0, 2)), x.amin(dim=(0, 1), keepdim=True), x.amax(-1), t.amin(x)),
    "all": lambda t, i, x, y: (t.all(x > 0, dim=1), (x > 0).any(-1), t.any(x > 0, 1, keepdim=True)),
    "count_nonzero": lambda t, i, x, y: (t.count_nonzero(x > 0), t.count_nonzero(x > 0, dim=1), x.count_nonzero(dim=(0, 2))),
    "quantile": lambda t, i, x, y: (t.quantile(x, 0.3), x.quantile(0.75, dim=1, keepdim=True), x.quantile(0.5, -1, interpolation="lower")),
    "nanquantile": lambda t, i, x, y: (t.nanquantile(x, 0.3), x.nanquantile(0.75, dim=1), x.nanquantile(0.4, 2, True, interpolation="nearest")),
    "cumsum": lambda t, i, x, y: (t.cumsum(x, -1), x.cumsum(dim=0), t.cumprod(x, 1), x.cumprod(dim=-1)),
    "diff": lambda t, i, x, y: (t.diff(x), x.diff(2, dim=1), x.diff(dim=0, prepend=y, append=x)),
    "gradient": lambda t, i, x, y: (*t.gradient(x), *t.gradient(x, spacing=2.0, dim=1, edge_order=2), *t.gradient(x, dim=(0, 2))),
    "trapezoid": lambda t, i, x, y: (t.trapezoid(x), t.trapezoid(x, dx=0.5, dim=1), t.trapezoid(x, y), t.trapz(x, y[0, 0])),
    "cumulative_trapezoid": lambda t, i, x, y: (t.cumulative_trapezoid(x), t.cumulative_trapezoid(x, dx=0.5, dim=1), t.cumulative_trapezoid(x, y, dim=-1)),
    "cov": lambda t, i, x, y: (t.cov(x[0]), x[0].cov(correction=0), x[0, 0].cov(), t.corrcoef(x[0]), x[0].corrcoef()),
    "cov with weights": lambda t, i, x, y: t.cov(x[0], fweights=i([1, 2, 0, 3]), aweights=y[0, 0].detach()),
    # decompositions
    "matrix_power": lambda t, i, x, y: (t.matrix_power(x, 3), x.matrix_power(-2), x.matrix_power(0)),
    "det": lambda t, i, x, y: (t.det(x), x.det(), t.logdet(x), x.logdet(), *t.slogdet(x), *x.slogdet()),
    "inverse": lambda t, i, x, y: (t.inverse(x), x.inverse(), t.pinverse(x[:, :2]), x.pinverse()),
    "cholesky": lambda t, i, x, y: (t.linalg.cholesky(x @ x.mT), x.matrix_exp(), t.linalg.qr(x).R, t.linalg.svdvals(x)),
    "svd": lambda t, i, x, y: (t.svd(x[:2]).S, x.svd(some=False).S, *(t.svd(x[:2], compute_uv=False))),
    # beside another
    "new": lambda t, i, x, y: (x.new_zeros(2, 3), x.new_ones((2,)), x.new_full((2, 1), 3), x.new_tensor([1, 2]), x.new_zeros(3, dtype=t.int64), x.new_ones([2, 1])),
    "like": lambda t, i, x, y: (t.zeros_like(x), t.ones_like(x), t.full_like(x, 2), t.zeros_like(x, dtype=t.int64)),
    "type_as": lambda t, i, x, y: (x.type_as(i([1])), i([1]).type_as(x), x.type(t.float32), x.type(t.LongTensor), t.LongTensor([1, 2]), t.FloatTensor([1, 2])),
}  # fmt: skip

MATRICES = {"matrix_power", "det", "inverse", "cholesky", "svd"}


def data(name):
    if name in MATRICES:
        return SPREAD, SPREAD + 1
    return X, Y


def parts(result):
    if isinstance(result, tuple | list):
        return [part for several in result for part in parts(several)]
    return [result]


def values(part):
    return np.asarray(part.detach()) if hasattr(part, "detach") else np.asarray(part)


def run(library, name, arrays):
    """The parts of the result, and the gradients of a sum of them with random weights."""
    make = Tensor if library is autograd else library.tensor
    xs = [make(x, requires_grad=True) for x in arrays]
    found = parts(CALLS[name](library, make, *xs))
    generator = np.random.default_rng(0)
    total = 0
    for part in found:
        weights = np.asarray(generator.normal(size=np.shape(values(part))))
        if getattr(part, "requires_grad", False):
            total = total + (part.double() * make(weights)).sum()
    if hasattr(total, "backward"):
        total.backward()
    return [values(part) for part in found], [None if x.grad is None else values(x.grad) for x in xs]


def assert_same(name, arrays):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    if name in SPECIAL:
        pytest.importorskip("scipy")
    expected, slopes = run(torch, name, arrays)
    found, ours = run(autograd, name, arrays)
    assert len(found) == len(expected)
    for i, (y, z) in enumerate(zip(found, expected)):
        assert (y.shape, y.dtype) == (z.shape, z.dtype), f"number {i}"
        np.testing.assert_allclose(y, z, 1e-9, 1e-9, err_msg=f"number {i}")
    for g, h in zip(ours, slopes):
        assert (g is None or not g.any()) == (h is None or not h.any())
        if g is not None and h is not None:
            np.testing.assert_allclose(g, h, 1e-8, 1e-8)


SPECIAL = {"erf", "erfinv", "lgamma", "polygamma", "mvlgamma", "igamma", "hypot", "logit"}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CALLS)
def test_values_and_gradients_are_pytorchs(name):
    assert_same(name, data(name))


# --- Ties, NaN and other special places -------------------------------------------------------------------------------

AT_TIES = ["sort", "argsort", "cummax", "aminmax", "amax", "logcumsumexp", "scatter_reduce amax", "scatter_reduce amin"]


@pytest.mark.parametrize("name", AT_TIES)
def test_at_ties_too(name):
    ties = np.stack([TIES, TIES[::-1]])
    if name in ("sort", "argsort"):  # PyTorch says which of equal elements comes first of a stable sort alone
        torch = pytest.importorskip("torch", reason="PyTorch is not installed")
        for descending in (False, True):
            expected = torch.sort(torch.tensor(ties), dim=1, descending=descending, stable=True)
            found = autograd.sort(Tensor(ties), 1, descending)
            np.testing.assert_array_equal(found.indices.numpy(), expected.indices.numpy())
            np.testing.assert_array_equal(
                autograd.argsort(Tensor(ties), 1, descending).numpy(), expected.indices.numpy()
            )
    else:
        assert_same(name, (ties, Y))


RANKED = {
    "sort": lambda t, x: t.sort(x, dim=1, stable=True),
    "sort, descending": lambda t, x: t.sort(x, 1, True),
    "topk": lambda t, x: t.topk(x, 2, 1).values,
    "topk, smallest": lambda t, x: t.topk(x, 2, 1, False).values,
    "median": lambda t, x: t.median(x, 1).values,
    "median of all": lambda t, x: t.median(x),
    "nanmedian": lambda t, x: t.nanmedian(x, 1).values,
    "nanmedian of all": lambda t, x: t.nanmedian(x),
    "kthvalue": lambda t, x: t.kthvalue(x, 2, 1).values,
    "cummax": lambda t, x: t.cummax(x, 1),
    "cummin": lambda t, x: t.cummin(x, 1),
    "amax": lambda t, x: t.amax(x, 1),
    "nansum": lambda t, x: (t.nansum(x, 1), t.nanmean(x, 1), t.nanquantile(x, 0.3, 1)),
    "clamp": lambda t, x: t.clamp(x, 1, 3),
    "logcumsumexp": lambda t, x: t.logcumsumexp(x, 1),
    "scatter_reduce": lambda t, x: t.scatter_reduce(x, 1, t.zeros_like(x).long(), x, "amax"),
    "equal": lambda t, x: (t.equal(x, x), t.allclose(x, x), t.allclose(x, x, equal_nan=True)),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", RANKED)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_where_there_are_nan(name, dtype):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    x = HOLES.astype(dtype)
    for y, z in zip(parts(RANKED[name](autograd, Tensor(x))), parts(RANKED[name](torch, torch.tensor(x)))):
        y, z = values(y), values(z)
        assert y.dtype == z.dtype
        np.testing.assert_allclose(y, z, 1e-6)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("row", [
    [-np.inf, -np.inf, 1.0], [1.0, np.inf, 2.0], [np.inf, np.inf, 0.0], [-np.inf, np.inf, np.inf], [1000.0, 1000.0, -1000.0],
])  # fmt: skip
def test_logcumsumexp_of_infinite_numbers_has_no_nan(row):
    x = Tensor(np.array(row), requires_grad=True)
    y = autograd.logcumsumexp(x, 0)
    np.testing.assert_array_equal(y.detach().numpy(), np.logaddexp.accumulate(row))
    y.sum().backward()
    assert np.all(np.isfinite(x.grad.numpy()))
    assert x.grad.sum().item() == pytest.approx(np.sum(y.detach().numpy() > -np.inf))


def test_where_of_plain_numbers_has_the_default_dtype_and_takes_pytorchs_keywords():
    x = Tensor([1.0, -2.0], requires_grad=True)
    mask = autograd.where(x > 0, 1.0, 0)
    assert (mask.tolist(), mask.dtype) == ([1.0, 0.0], np.float32)
    assert (mask * x).dtype == np.float32
    assert autograd.where(x > 0, 1, 0).dtype == np.int64
    assert np.where(x > 0, 1.0, 0.0).dtype == np.float64  # NumPy's does what NumPy does
    y = autograd.where(condition=x > 0, input=x, other=0.0)
    y.sum().backward()
    assert (y.tolist(), x.grad.tolist()) == ([1.0, 0.0], [1.0, 0.0])
    assert [i.tolist() for i in autograd.where(x > 0)] == [[0]]


def test_an_integer_keeps_its_dtype():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    whole = TIES.astype(np.int64)
    for call in (
        lambda t, x: t.sort(x, dim=1, stable=True),
        lambda t, x: t.topk(x, 2).values,
        lambda t, x: (
            x.scatter_add(1, x - x, x),
            x.scatter_reduce(1, x - x, x, "prod"),
            x.scatter_reduce(1, x - x, x, "mean"),
        ),
        lambda t, x: (x.scatter_reduce(1, x - x, x, "amin"), x.scatter_reduce(1, x - x, x, "amax", include_self=False)),
        lambda t, x: (
            x.div(2, rounding_mode="trunc"),
            (-x).div(2, rounding_mode="trunc"),
            (-x).div(2, rounding_mode="floor"),
        ),
        lambda t, x: (
            x.addcmul(x, x, value=2),
            t.cummax(x, 1),
            x.median(),
            x.mode(1).values,
            x.histc(3) if t is None else x,
        ),
    ):
        for y, z in zip(parts(call(autograd, Tensor(whole))), parts(call(torch, torch.tensor(whole))), strict=True):
            np.testing.assert_array_equal(values(y), values(z), strict=True)


def test_of_several_values_for_one_place_the_last_counts_and_it_alone_has_a_gradient():
    for write in (
        lambda x, y: x.scatter(0, Tensor([1, 1, 1]), y),
        lambda x, y: x.index_copy(0, Tensor([1, 1, 1]), y),
        lambda x, y: x.index_put((Tensor([1, 1, 1]),), y),
        lambda x, y: x.put(Tensor([1, 1, 1]), y),
    ):
        x, y = Tensor(np.zeros(2), requires_grad=True), Tensor(np.array([1.0, 2.0, 3.0]), requires_grad=True)
        out = write(x, y)
        assert out.tolist() == [0, 3]
        out.sum().backward()
        assert x.grad.tolist() == [1, 0]
        assert y.grad.tolist() == [0, 0, 1]


@pytest.mark.parametrize("include_self", [True, False])
def test_a_product_at_one_place_has_the_right_derivatives(include_self):
    def f(x, y):
        return autograd.scatter_reduce(x, 1, index, y, "prod", include_self=include_self)

    index = np.array([[0, 2, 0, 0, 0], [1, 1, 1, 0, 2]])
    arrays = np.random.default_rng(0).normal(size=(2, 3)), np.random.default_rng(1).normal(size=(2, 5))
    gradcheck(f, *arrays)
    gradgradcheck(f, *arrays)
    with pytest.raises(TypeError, match="while tracing"):
        trace(f, *map(Tensor, arrays))


def test_the_second_derivative_of_a_product_at_one_place_is_exact_with_zeros_among_the_factors():
    y = Tensor(np.array([0.0, 0.0, 2.0]), requires_grad=True)
    out = Tensor(np.ones(1)).scatter_reduce(0, Tensor([0, 0, 0]), y, "prod")
    (g,) = autograd.grad(out.sum(), [y], create_graph=True)
    assert g.tolist() == [0, 0, 0]
    assert autograd.grad(g[0], [y])[0].tolist() == [0, 2, 0]


def test_indices_are_whole_numbers_without_history():
    x = Tensor(TIES, requires_grad=True)
    for pair in (x.sort(dim=1), x.topk(2), x.kthvalue(1), x.median(dim=1), x.mode(1), x.cummax(1)):
        assert pair.values.requires_grad
        assert pair.indices.dtype == np.int64
        assert not pair.indices.requires_grad
    for index in (x.argsort(), x.argwhere(), autograd.bucketize(x, Tensor([1.0])), x.unique(return_inverse=True)[1]):
        assert not index.requires_grad


# --- Both worlds ------------------------------------------------------------------------------------------------------


def test_sort_and_median_are_numpys_with_axis_and_pytorchs_with_dim():
    x = Tensor(TIES)
    np.testing.assert_array_equal(x.sort(0).numpy(), np.sort(TIES, 0))
    np.testing.assert_array_equal(x.sort().numpy(), np.sort(TIES))
    np.testing.assert_array_equal(x.sort(dim=0).values.numpy(), np.sort(TIES, 0))
    np.testing.assert_array_equal(x.median(axis=1).numpy(), np.median(TIES, 1))
    assert x.median(axis=None).item() == 2.5
    assert x.median().item() == 2.0
    assert x.median(1).values.tolist() == [2, 2, 4]
    assert x.diagonal(axis1=1, axis2=0).tolist() == [1, 2, 4]
    assert x.take([1, 0], axis=1).tolist() == TIES[:, [1, 0]].tolist()


def test_devices_are_the_cpu():
    cpu = autograd.device("cpu")
    assert (cpu, cpu.type, cpu.index, autograd.device("cpu", 0).index) == ("cpu", "cpu", None, 0)
    assert Tensor([1.0]).device.type == "cpu"
    assert Tensor([1.0]).to(cpu).device == cpu
    assert autograd.zeros(2, device=cpu).new_ones(3, device="cpu:0").tolist() == [1, 1, 1]
    assert repr(cpu) == "device(type='cpu')"
    for wrong in (lambda: autograd.device("cuda"), lambda: Tensor([1.0]).new_zeros(1, device="cuda:1")):
        with pytest.raises(ValueError, match="write device='cpu'"):
            wrong()
    assert not Tensor([1.0]).is_cuda


def test_types_bear_pytorchs_names():
    x = Tensor([1.5, 0.0])
    assert x.type() == "autograd.FloatTensor"
    assert x.type(autograd.LongTensor).type() == "autograd.LongTensor"
    assert x.type("torch.DoubleTensor").dtype == autograd.float64
    assert autograd.BoolTensor([1, 0]).tolist() == [True, False]
    assert autograd.LongTensor(2, 3).shape == (2, 3)
    assert autograd.FloatTensor().shape == (0,)
    with pytest.raises(TypeError, match="LongTensor takes a list, an array or sizes"):
        autograd.LongTensor([1], [2])
    assert (autograd.short, autograd.int8, autograd.finfo(autograd.float32).max) == (
        np.int16,
        np.int8,
        np.finfo("f").max,
    )


@pytest.mark.parametrize("dtype", [autograd.float16, autograd.half, autograd.bfloat16])
def test_short_floats_can_be_named_and_not_used(dtype):
    for use in (
        lambda: Tensor([1.0]).to(dtype),
        lambda: autograd.zeros(2, dtype=dtype),
        lambda: Tensor([1.0], dtype=dtype),
    ):
        with pytest.raises(TypeError, match="float16, which is not supported"):
            use()


def test_memory_is_told_in_elements():
    x = Tensor(np.zeros((2, 3)))
    assert (x.stride(), x.stride(0), x.T.stride(), x.element_size()) == ((3, 1), 3, (1, 3), 8)
    assert x.is_contiguous()
    assert x.contiguous() is x
    assert not x.T.is_contiguous()
    assert x.T.contiguous().is_contiguous()
    assert (x.nelement(), x.ndimension()) == (6, 2)


def test_questions_are_answered_with_true_and_false():
    x = Tensor(TIES)
    assert autograd.equal(x, Tensor(TIES)) is True
    assert x.equal(x[:2]) is False
    assert x.allclose(x + 1e-9) is True
    assert autograd.is_tensor(x)
    assert not autograd.is_tensor(TIES)
    assert x.is_floating_point()
    assert not autograd.is_floating_point(x.long())
    assert not x.is_complex()
    assert autograd.is_nonzero(x[0, 0])
    with pytest.raises(RuntimeError, match="one element"):
        x.is_nonzero()
    with autograd.inference_mode():
        assert not (Tensor([1.0], requires_grad=True) * 2).requires_grad
    assert autograd.inference_mode()(lambda: autograd.is_grad_enabled())() is False
    assert autograd.inference_mode(lambda: autograd.is_grad_enabled())() is False


# --- Random numbers ---------------------------------------------------------------------------------------------------


def test_multinomial_draws_with_the_weights():
    generator = autograd.Generator(0)
    weights = Tensor([[0.0, 1.0, 3.0, 0.0], [2.0, 0.0, 0.0, 2.0]])
    drawn = autograd.multinomial(weights, 20000, replacement=True, generator=generator).numpy()
    assert drawn.shape == (2, 20000)
    for row, w in zip(drawn, weights.numpy()):
        np.testing.assert_allclose(np.bincount(row, minlength=4) / 20000, w / 4, atol=0.02)
    first = np.array([weights[0].multinomial(1, generator=generator).item() for _ in range(4000)])
    np.testing.assert_allclose(np.bincount(first, minlength=4) / 4000, [0, 0.25, 0.75, 0], atol=0.04)
    both = autograd.multinomial(weights, 2, generator=generator)
    assert np.sort(both.numpy(), 1).tolist() == [[1, 2], [0, 3]]
    assert both.dtype == np.int64
    for wrong in ([0.0, 0.0], [-1.0, 2.0], [np.nan, 1.0], [[[1.0]]], [1.0]):
        with pytest.raises(ValueError, match="multinomial"):
            autograd.multinomial(Tensor(wrong), 2)


def test_other_random_numbers():
    generator = autograd.Generator(0)
    p = Tensor(np.array([0.0, 0.25, 1.0]).repeat(4000))
    drawn = p.bernoulli(generator=generator).numpy().reshape(3, -1).mean(1)
    np.testing.assert_allclose(drawn, [0, 0.25, 1], atol=0.03)
    assert autograd.bernoulli(p, 1.0).sum().item() == 12000
    with pytest.raises(ValueError, match="probabilities lie between 0 and 1"):
        autograd.bernoulli(Tensor([1.5]))
    x = autograd.normal(3.0, 0.5, (10000,), generator=generator)
    assert (x.dtype, x.shape) == (np.float32, (10000,))
    np.testing.assert_allclose([x.mean().item(), x.std().item()], [3, 0.5], atol=0.03)
    assert autograd.normal(Tensor(np.zeros((2, 1))), Tensor(np.ones(3))).shape == (2, 3)
    whole = autograd.randint_like(Tensor([0, 0, 0]), 2, 4, generator=generator)
    assert set(whole.tolist()) <= {2, 3}


# --- Bad input --------------------------------------------------------------------------------------------------------

WRONG = [
    (lambda x: x.gather(0, Tensor([[7, 0, 0, 0]])), IndexError, "gather: an index is out of bounds"),
    (lambda x: x.gather(0, Tensor([0])), ValueError, "gather: index .* must have the same number of axes"),
    (lambda x: x.gather(0, Tensor([[0.5]])), TypeError, "gather: indices must be whole numbers"),
    (lambda x: x.gather(5, Tensor([[0]])), np.exceptions.AxisError, "gather"),
    (lambda x: x.gather(0, Tensor([[0] * 9])), ValueError, "gather: index .* reaches out"),
    (lambda x: x.scatter(0, Tensor([[0, 1]])), TypeError, "scatter: give what to write"),
    (lambda x: x.scatter(0, Tensor([[0, 1]]), Tensor([[1.0]])), ValueError, "scatter: src .* has no element"),
    (lambda x: x.scatter_reduce(0, Tensor([[0]]), x, "max"), ValueError, "scatter_reduce: reduce must be one of sum, prod"),
    (lambda x: x.index_add(0, Tensor([0]), x), ValueError, r"index_add: source must have shape \(1, 4\)"),
    (lambda x: x.index_select(0, Tensor([3])), IndexError, "out of bounds"),
    (lambda x: x.put(Tensor([0]), x), ValueError, "put: 12 values for 1 places"),
    (lambda x: x.masked_select(x), TypeError, "masked_select: the mask must be bool"),
    (lambda x: x.masked_scatter(x > 0, Tensor([])), ValueError, "masked_scatter: the source is empty"),
    (lambda x: x.topk(5), ValueError, "topk: k must be 0 to 4"),
    (lambda x: x.kthvalue(0), ValueError, "kthvalue: k must be 1 to 4"),
    (lambda x: x[:0].median(0), IndexError, "median: axis 0 .* is empty"),
    (lambda x: x.sort(dim="a"), TypeError, "sort: dim must be a whole number"),
    (lambda x: x.mm(x), ValueError, "do not chain"),
    (lambda x: x.mm(x[0]), ValueError, "mm: the second must have 2 axes"),
    (lambda x: x.bmm(x), ValueError, "bmm: the first must have 3 axes"),
    (lambda x: x.mv(x), ValueError, "mv: the vector must have 1 axis"),
    (lambda x: x.flatten(1, 0), ValueError, "flatten: start_dim 1 comes after"),
    (lambda x: x.flatten(2), np.exceptions.AxisError, "flatten"),
    (lambda x: x.unflatten(0, (2, 2)), ValueError, "unflatten: sizes"),
    (lambda x: x.narrow(0, 2, 2), IndexError, "narrow: 2 from 2 on do not lie"),
    (lambda x: x.select(0, 3), IndexError, "select: index 3 is out of range"),
    (lambda x: x.split([1, 1]), ValueError, "split: sizes .* add up to 2"),
    (lambda x: x.split(0), ValueError, "split: the size of a piece"),
    (lambda x: x.chunk(0), ValueError, "chunk: the number of pieces"),
    (lambda x: x.unfold(0, 4, 1), ValueError, "unfold: windows of 4"),
    (lambda x: x[None].t(), ValueError, "more than two axes; write x.mT"),
    (lambda x: x[0].tril(), ValueError, "tril: at least two axes"),
    (lambda x: x.div(x, rounding_mode="up"), ValueError, "div: rounding_mode"),
    (lambda x: autograd.cdist(x, x[:, :2]), ValueError, "cdist: rows of one length"),
    (lambda x: x.norm("max"), ValueError, "norm: p must be"),
    (lambda x: autograd.searchsorted(Tensor([1, 2]), x, right=True, side="left"), ValueError, "searchsorted: side"),
    (lambda x: x.histc(3, 2, 1), ValueError, "histc: bins from 2.0 to 1.0"),
    (lambda x: autograd.combinations(x), ValueError, "combinations: r elements of a vector"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "kind", "words"), WRONG)
def test_bad_arguments_are_told(wrong, kind, words):
    x = Tensor(TIES)
    with pytest.raises(kind, match=words):
        wrong(x)


@pytest.mark.parametrize("method", ["max", "min", "sort"])
def test_unpacking_numpys_result_as_pytorchs_pair_says_how_to_write_it(method):
    x = autograd.Tensor([[1.0, 2.0], [4.0, 3.0]])
    with pytest.raises(TypeError, match=rf"values, indices = x\.{method}\(dim=1\)"):
        values, indices = getattr(x, method)(1)
    first, second = [*getattr(x, method)(1)]
    assert [row.tolist() for row in getattr(x, method)(1)] == [first.tolist(), second.tolist()]
    values, indices = getattr(x, method)(dim=1)
    assert values[0].tolist() == first.tolist()
    assert indices.dtype == np.int64


def test_add_takes_a_factor_as_pytorchs_does():
    assert autograd.add(autograd.Tensor([1.0]), autograd.Tensor([2.0]), alpha=10).tolist() == [21]
    assert autograd.add(autograd.Tensor([1.0]), 2).tolist() == [3]
