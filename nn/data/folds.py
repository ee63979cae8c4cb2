"""Cross-validation: every sample is kept apart once, to judge a model that was trained without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .minibatches import generator_of
from .sampler import positive

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Fold(NamedTuple):
    """The numbers of the samples to train with, and of those kept apart, both in ascending order."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]


def k_folds(
    dataset: Any,
    k: int = 5,
    *,
    targets: Any = None,
    shuffle: bool = True,
    generator: np.random.Generator | int | None = None,
) -> list[Fold]:
    """k ways to keep a k-th of the samples apart, so that each sample is kept apart once.

    dataset    the number of samples, or a data set or an array, whose length it is
    targets    the classes (n,) of the samples: then every class has its share in every fold, to within one sample
    shuffle    draw the folds at random; otherwise each is a run of neighbours, as suits samples of a time series
    generator  a generator or a seed

    The parts differ in size by one sample at most. k = n leaves one sample out at a time.

    Source: Goodfellow, Bengio and Courville, *Deep Learning*, section 5.3.1.

    >>> for train, validation in k_folds(7, 3, shuffle=False):
    ...     print(train, validation)
    [3 4 5 6] [0 1 2]
    [0 1 2 5 6] [3 4]
    [0 1 2 3 4] [5 6]

    To use them: `x[train]` of an array, `Subset(dataset, train)` of a data set. ValueError if there are fewer samples
    than folds.
    """
    size = dataset if isinstance(dataset, int | np.integer) else len(dataset)
    if positive(k, "k_folds: k") > size or k < 2:
        raise ValueError(f"k_folds: k lies between 2 and the number of samples, {size}, and is {k}")
    order = generator_of(generator).permutation(size) if shuffle else np.arange(size)
    if targets is None:
        parts = np.array_split(order, k)
    else:
        classes = np.asarray(targets.detach() if hasattr(targets, "detach") else targets)
        if classes.shape != (size,):
            raise ValueError(
                f"k_folds: targets are the classes of the samples, of shape ({size},), not {classes.shape}"
            )
        by_class = order[np.argsort(classes[order], kind="stable")]
        parts = [by_class[i::k] for i in range(k)]  # dealt out like cards, class by class
    return [Fold(np.setdiff1d(order, part), np.sort(part)) for part in parts]
