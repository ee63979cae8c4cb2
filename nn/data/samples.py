"""Data sets small enough to carry along, as NumPy arrays that the caller owns.

Nothing is read before it is asked for, and nothing is kept: each call returns fresh arrays.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Samples(NamedTuple):
    """Inputs, and the targets to be predicted from them, one sample a row."""

    inputs: NDArray[Any]
    targets: NDArray[Any]


class Split(NamedTuple):
    """Samples to learn from, and samples kept apart to be judged by."""

    train: Samples
    test: Samples


def digits(seed: int = 0, test: float = 0.2) -> Split:
    """1,797 handwritten digits of 8x8 pixels, shuffled with `seed` and split into `train` and `test`.

    Each part has `inputs`, float32 (n, 64), one image a row with its pixels from 0 (white) to 1 (black), row by row;
    and `targets`, int64 (n,), the digits 0 to 9. `test` is the share of the images kept apart: 0.2 makes 359 of them,
    0 none. ValueError if it is not between 0 and 1.

    Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository,
    1998, https://doi.org/10.24432/C50P49, its test part; licence CC BY 4.0.

    The 13 writers are in both parts: accuracy on `test` says how well new digits of known writers are read. To compare
    two models, give them the same seed; to see how much the split matters, try several.

    >>> train, test = digits(seed=0)
    >>> train.inputs.shape, train.targets.shape, test.inputs.shape
    ((1438, 64), (1438,), (359, 64))
    >>> for row in train.inputs[1].reshape(8, 8):
    ...     print("".join("·░▒▓█"[int(4 * pixel)] for pixel in row))
    ····▓▒··
    ···▓▒···
    ··▒▓····
    ·░█░·░··
    ·▓▓░▓█▒·
    ·▓█▓▒█░·
    ····▒▓··
    ····█▒··
    >>> int(train.targets[1])
    4
    """
    if not 0 <= test <= 1:
        raise ValueError(
            f"test={test}: it is the share of the images kept apart, between 0 and 1; "
            f"for 300 images, write test=300/1797"
        )
    with np.load(os.path.join(os.path.dirname(__file__), "digits.npz")) as stored:
        images, labels = stored["images"], stored["labels"]
    order = np.random.default_rng(seed).permutation(len(labels))
    inputs, targets = images[order].astype(np.float32) / 16, labels[order].astype(np.int64)
    kept_apart = round(test * len(labels))
    return Split(
        train=Samples(inputs[kept_apart:], targets[kept_apart:]),
        test=Samples(inputs[:kept_apart], targets[:kept_apart]),
    )


def xor() -> Samples:
    """The four points of exclusive or: the target is 1 where exactly one of the two inputs is 1.

    `inputs` is float32 (4, 2); `targets` is float32 (4,), ready for a squared error or a binary cross-entropy. A network
    whose last layer is `Linear(n, 1)` answers with shape (4, 1): compare `model(inputs)[:, 0]`.

    No linear model can do it: the best it finds answers ½ everywhere (Goodfellow, Bengio and Courville, *Deep Learning*,
    section 6.1).

    >>> inputs, targets = xor()
    >>> inputs.tolist()
    [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    >>> targets.tolist()
    [0.0, 1.0, 1.0, 0.0]
    """
    inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    return Samples(inputs, targets=np.array([0, 1, 1, 0], np.float32))
