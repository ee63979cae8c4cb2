"""Data sets small enough to carry along, as NumPy arrays that the caller owns.

Nothing is read before it is asked for, and nothing is kept: each call returns fresh arrays.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Seed = int | np.random.Generator


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

    `inputs` is float32 (4, 2); `targets` is float32 (4,), ready for a squared error or a binary cross-entropy. A
    network whose last layer is `Linear(n, 1)` answers with shape (4, 1): compare `model(inputs)[:, 0]`.

    No linear model can do it: the best it finds answers ½ everywhere (Goodfellow, Bengio and Courville, *Deep
    Learning*, section 6.1).

    >>> inputs, targets = xor()
    >>> inputs.tolist()
    [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    >>> targets.tolist()
    [0.0, 1.0, 1.0, 0.0]
    """
    inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    return Samples(inputs, targets=np.array([0, 1, 1, 0], np.float32))


def noisy_xor(n: int = 200, noise: float = 0.2, seed: Seed = 0) -> Samples:
    """n points around the four of `xor`, as often around each, with normal noise of standard deviation `noise`.

    `inputs` is float32 (n, 2), `targets` float32 (n,), 0 or 1 as at the point without its noise.

    >>> inputs, targets = noisy_xor(8, noise=0)
    >>> sorted(set(zip(inputs[:, 0].tolist(), inputs[:, 1].tolist(), targets.tolist())))
    [(0.0, 0.0, 0.0), (0.0, 1.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, 0.0)]
    """
    corners = np.arange(_count(n)) % 4
    points = np.stack([corners // 2, corners % 2], 1)
    return _noisy(points, points[:, 0] != points[:, 1], noise, seed)


def moons(n: int = 200, noise: float = 0.1, seed: Seed = 0) -> Samples:
    """n points on two half circles of radius 1 that reach into each other, with normal noise.

    The points of target 0 lie above, around (0, 0), those of target 1 below, around (1, 1/2). `inputs` is float32
    (n, 2), `targets` float32 (n,). A line between them errs on one in eight or so; a small network on none.

    >>> inputs, targets = moons(100)
    >>> inputs.shape, int(targets.sum())
    ((100, 2), 50)
    """
    upper, angle = _halves(n, math.pi)
    points = np.where(upper, [np.cos(angle), np.sin(angle)], [1 - np.cos(angle), 0.5 - np.sin(angle)])
    return _noisy(points.T, ~upper, noise, seed)


def circles(n: int = 200, noise: float = 0.05, factor: float = 0.5, seed: Seed = 0) -> Samples:
    """n points on two circles around (0, 0), with normal noise: target 0 on radius 1, target 1 on radius `factor`.

    `inputs` is float32 (n, 2), `targets` float32 (n,). The squared distance from the middle separates them, no line
    does.

    >>> inputs, targets = circles(100, noise=0)
    >>> sorted(set(np.hypot(*inputs.T).round(3).tolist()))
    [0.5, 1.0]
    """
    outer, angle = _halves(n, 2 * math.pi)
    points = np.where(outer, 1, factor) * [np.cos(angle), np.sin(angle)]
    return _noisy(points.T, ~outer, noise, seed)


def spirals(n: int = 300, classes: int = 3, turns: float = 0.75, noise: float = 0.02, seed: Seed = 0) -> Samples:
    """n points on `classes` arms that wind out from (0, 0) to radius 1, with normal noise: the hard one of the sets.

    `inputs` is float32 (n, 2); `targets` int64 (n,), the number of the arm, ready for a cross-entropy.

    >>> inputs, targets = spirals(300)
    >>> np.bincount(targets).tolist()
    [100, 100, 100]
    """
    if classes < 1:
        raise ValueError(f"spirals: classes={classes}: there is at least one arm")
    arm = np.arange(_count(n)) % classes
    radius = (np.arange(n) // classes + 1) / math.ceil(max(n, 1) / classes)
    angle = 2 * math.pi * (turns * radius + arm / classes)
    inputs, targets = _noisy((radius * [np.cos(angle), np.sin(angle)]).T, arm, noise, seed)
    return Samples(inputs, targets.astype(np.int64))


def curve(
    function: Callable[[NDArray[Any]], Any],
    n: int = 100,
    noise: float = 0.1,
    low: float = -1.0,
    high: float = 1.0,
    seed: Seed = 0,
) -> Samples:
    """n places x, uniform between `low` and `high`, and function(x) with normal noise: a regression of known answer.

    `inputs` is float32 (n, 1), `targets` float32 (n,). No model can reach a mean squared error below noise².

    >>> inputs, targets = curve(np.exp, n=5, noise=0)
    >>> inputs.shape, bool(np.allclose(targets, np.exp(inputs[:, 0])))
    ((5, 1), True)
    """
    numbers = np.random.default_rng(seed)
    x = numbers.uniform(low, high, _count(n))
    t = np.asarray(function(x)) + _checked_noise(noise) * numbers.standard_normal(n)
    return Samples(x.astype(np.float32)[:, None], t.astype(np.float32))


def sine(n: int = 100, noise: float = 0.1, seed: Seed = 0) -> Samples:
    """`curve` of sin(x) between -π and π.

    >>> sine(50).targets.shape
    (50,)
    """
    return curve(np.sin, n, noise, -math.pi, math.pi, seed)


def polynomial(
    n: int = 100, coefficients: Sequence[float] = (0, -1, 0, 2), noise: float = 0.1, seed: Seed = 0
) -> Samples:
    """`curve` of c₀ + c₁ x + c₂ x² + ... between -1 and 1.

    >>> polynomial(2, [1, 0, 3], noise=0).targets.shape
    (2,)
    """
    return curve(np.polynomial.Polynomial(coefficients), n, noise, seed=seed)


def _halves(n: int, full: float) -> tuple[NDArray[Any], NDArray[Any]]:
    """Which of n points are in the first half, and angles from 0 to `full` in each; of a full circle, up to it."""
    first = np.arange(_count(n)) < (n + 1) // 2
    place = np.where(first, np.arange(n), np.arange(n) - (n + 1) // 2)
    count = np.where(first, (n + 1) // 2, n // 2)
    steps = np.maximum(count - (full < 2 * math.pi), 1)
    return first, full * place / steps


def _noisy(points: NDArray[Any], targets: NDArray[Any], noise: float, seed: Seed) -> Samples:
    """Points with noise, in random order, with their targets."""
    numbers = np.random.default_rng(seed)
    order = numbers.permutation(len(points))
    moved = points[order] + _checked_noise(noise) * numbers.standard_normal(points.shape)
    return Samples(moved.astype(np.float32), targets[order].astype(np.float32))


def _count(n: int) -> int:
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 0:
        raise ValueError(f"n={n!r}: it is the number of samples; write a whole number, such as 200")
    return int(n)


def _checked_noise(noise: float) -> float:
    if not noise >= 0:
        raise ValueError(f"noise={noise!r}: it is a standard deviation, 0 or more")
    return noise
