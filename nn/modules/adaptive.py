"""Adaptive softmax: the frequent classes at once, the rare ones in clusters that are looked into when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

import autograd
from autograd import Tensor
from nn import functional as F
from nn.functional.inputs import tensor

from .container import ModuleList, Sequential
from .linear import Linear
from .module import Module


class ASMoutput(NamedTuple):
    """The log probability of each target, and the mean of their negatives."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """log p of each target, where p of a rare class is p(its cluster) · p(the class in its cluster).

    Classes are numbered from the most frequent to the rarest. Those below cutoffs[0], and each cluster as one, are the
    outputs of `head`; the classes of cluster i, from cutoffs[i] on, those of `tail[i]`, through a layer that is narrower
    by `div_value` for each cluster.

    Shapes: input (N, in_features) with target (N,), or (in_features,) with (). Called, it returns (output, loss).

    ValueError for cutoffs that do not rise between 1 and n_classes - 1; IndexError for a target that is no class.
    Source: E. Grave, A. Joulin, M. Cissé, D. Grangier and H. Jégou, "Efficient softmax approximation for GPUs" (2017).

    >>> layer = AdaptiveLogSoftmaxWithLoss(8, 100, [10, 40])
    >>> output, loss = layer(autograd.randn(5, 8), np.array([0, 9, 10, 40, 99]))
    >>> output.shape, layer.log_prob(autograd.randn(5, 8)).shape
    ((5,), (5, 100))
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        cutoffs = list(cutoffs)
        if not cutoffs or any(a >= b for a, b in pairwise([0, *cutoffs, n_classes])):
            raise ValueError(f"cutoffs should rise, between 1 and n_classes - 1, {n_classes - 1}, and are {cutoffs}")
        self.in_features, self.n_classes, self.div_value, self.head_bias = in_features, n_classes, div_value, head_bias
        self.cutoffs = [*cutoffs, n_classes]
        self.shortlist_size, self.n_clusters = cutoffs[0], len(cutoffs)
        self.head_size = self.shortlist_size + self.n_clusters
        how: dict[str, Any] = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **how)
        self.tail = ModuleList()
        for i, (first, end) in enumerate(pairwise(self.cutoffs), 1):
            narrow = int(in_features // div_value**i)
            self.tail.append(
                Sequential(
                    Linear(in_features, narrow, bias=False, **how), Linear(narrow, end - first, bias=False, **how)
                )
            )

    def reset_parameters(self) -> None:
        """Weights drawn anew."""
        for layer in self.modules():
            if isinstance(layer, Linear):
                layer.reset_parameters()

    def forward(self, input: Any, target: Any) -> ASMoutput:
        x, t = tensor(input), target.detach().numpy() if isinstance(target, Tensor) else np.asarray(target)
        if x.ndim not in (1, 2) or t.shape != x.shape[:-1]:
            raise ValueError(
                f"AdaptiveLogSoftmaxWithLoss: the input has shape {x.shape} and the target {t.shape}; they must be "
                f"(N, {self.in_features}) and (N,), or ({self.in_features},) and ()"
            )
        rows, labels = x.reshape(-1, x.shape[-1]), t.reshape(-1)
        bad = (labels < 0) | (labels >= self.n_classes)
        if bad.any():
            raise IndexError(
                f"AdaptiveLogSoftmaxWithLoss: the target {labels[bad][0]} is not one of the {self.n_classes} classes"
            )
        cluster = np.searchsorted(self.cutoffs, labels, side="right") - 1  # -1 for the frequent classes
        place = np.where(cluster < 0, labels, self.shortlist_size + cluster)
        log_p = -F.nll_loss(F.log_softmax(self.head(rows), 1), place, reduction="none")
        for i in np.unique(cluster[cluster >= 0]).tolist():
            (members,) = np.nonzero(cluster == i)
            within = F.log_softmax(self.tail[i](rows[members]), 1)
            found = -F.nll_loss(within, labels[members] - self.cutoffs[i], reduction="none")
            log_p = log_p.index_add(0, members, found)
        return ASMoutput(log_p.reshape(t.shape), -log_p.mean())

    def log_prob(self, input: Any) -> Tensor:
        """log p of all classes. Shapes: (N, in_features) -> (N, n_classes)."""
        x = tensor(input)
        head = F.log_softmax(self.head(x), 1)
        parts = [head[:, : self.shortlist_size]]
        for i, tail in enumerate(self.tail):
            parts.append(F.log_softmax(tail(x), 1) + head[:, self.shortlist_size + i, None])
        return autograd.cat(parts, 1)

    def predict(self, input: Any) -> Tensor:
        """The most probable class of each sample. Shapes: (N, in_features) -> (N,)."""
        x = tensor(input).detach()
        best = self.head(x).argmax(1).numpy()
        # a class in a cluster is at most as probable as the cluster
        (rare,) = np.nonzero(best >= self.shortlist_size)
        if rare.size:
            best[rare] = self.log_prob(x[rare]).argmax(1).numpy()
        return autograd.from_numpy(best)
