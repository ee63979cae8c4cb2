"""Metrics: a state that batches are added to, and a result.

    start()              the state before the first batch: {"right": 0, "count": 0}
    update(y, t, state)  adds a batch of outputs and targets, which are arrays
    result()             what the state amounts to

So a result is that of all samples together, however they are cut into batches: the state holds sums, and never means of
batches, of which the last is often a smaller one.

>>> accuracy = Accuracy()
>>> for y, t in [([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]], [1, 0, 0]), ([[0.4, 0.6]], [1])]:
...     accuracy.add(y, t)
>>> accuracy.result()
0.75
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

Array = np.ndarray[Any, Any]
State = dict[str, Any]


class Metric:
    """The base of metrics; the head of this file says how to write one.

    `number` says whether the result is one number: only such a metric can decide when to stop or what is best, and `mode`,
    "min" or "max", whether lower or higher is better.

    >>> class LargestError(Metric):
    ...     def start(self):
    ...         return {"largest": 0.0}
    ...     def update(self, y, t, state):
    ...         state["largest"] = max(state["largest"], float(np.abs(y - t).max()))
    ...     def result(self):
    ...         return self.state["largest"]
    >>> LargestError()([1.0, 2.0], [1.5, 2.0])
    0.5
    """

    number: ClassVar[bool] = True
    mode: ClassVar[str] = "min"
    state: State

    def __init__(self) -> None:
        self.reset()

    @property
    def name(self) -> str:
        """What the result is called where no name is given: the class, in small letters."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(self).__name__).lower()

    def start(self) -> State:
        """The state before the first batch: numbers and arrays by name."""
        raise NotImplementedError(f"{type(self).__name__} has no start(self)")

    def update(self, y: Array, t: Array, state: State) -> None:
        """Add a batch of outputs y and targets t to the state."""
        raise NotImplementedError(f"{type(self).__name__} has no update(self, y, t, state)")

    def result(self) -> Any:
        """What the state amounts to; NaN where nothing has been added."""
        raise NotImplementedError(f"{type(self).__name__} has no result(self)")

    def reset(self) -> None:
        """Forget all batches."""
        self.state = self.start()

    def add(self, outputs: Any, targets: Any) -> None:
        """Add a batch: Tensors, arrays or lists, one sample a row."""
        self.update(_values(outputs), _values(targets), self.state)

    def __call__(self, outputs: Any, targets: Any) -> Any:
        """The result of these samples alone; the state stays as it is."""
        alone = copy.copy(self)
        alone.reset()
        alone.add(outputs, targets)
        return alone.result()


class Mean(Metric):
    """Σ n f(y, t) / Σ n over the batches, n the number of samples in one: the mean of what `function` says of a batch.

    Right for functions that are themselves a mean over the samples, as losses are.

    >>> mean = Mean(lambda y, t: np.abs(y - t).mean())
    >>> mean.add([1.0, 2.0, 3.0], [0.0, 2.0, 3.0]); mean.add([4.0], [2.0])
    >>> mean.result()
    0.75
    """

    def __init__(self, function: Callable[[Any, Any], Any]) -> None:
        self.function = function
        super().__init__()

    def start(self) -> State:
        return {"sum": 0.0, "count": 0}

    def update(self, y: Array, t: Array, state: State) -> None:
        n = len(t) if t.ndim else 1
        state["sum"] += n * float(self.function(y, t))
        state["count"] += n

    def result(self) -> float:
        return _ratio(self.state["sum"], self.state["count"])


# --- Numbers ----------------------------------------------------------------------------------------------------------


class MeanSquaredError(Metric):
    """Σ (y - t)² / n over all numbers.

    >>> MeanSquaredError()([1.0, 2.0], [1.0, 4.0])
    2.0
    """

    def start(self) -> State:
        return {"sum": 0.0, "count": 0}

    def error(self, y: Array, t: Array) -> Array:
        return np.asarray((y - t) ** 2)

    def update(self, y: Array, t: Array, state: State) -> None:
        _same_shape(self, y, t)
        state["sum"] += float(self.error(y.astype(np.float64), t.astype(np.float64)).sum())
        state["count"] += t.size

    def result(self) -> float:
        return _ratio(self.state["sum"], self.state["count"])


class MeanAbsoluteError(MeanSquaredError):
    """Σ |y - t| / n over all numbers.

    >>> MeanAbsoluteError()([1.0, 2.0], [1.0, 4.0])
    1.0
    """

    def error(self, y: Array, t: Array) -> Array:
        return np.abs(y - t)


class R2(Metric):
    """R² = 1 - Σ (y - t)² / Σ (t - t̄)², the share of the targets' variance that is explained; 1 at best.

    t̄ is the mean of all targets, of all batches. With several numbers in a sample, (n, m), the mean of their R². Where the
    targets do not vary it is 1 if every output is right, else 0; of fewer than two samples it is NaN.

    >>> R2()([1.0, 2.0, 3.0], [1.0, 2.0, 4.0])
    0.7857142857142857
    """

    mode = "max"

    def start(self) -> State:
        return {"count": 0, "mean": np.zeros(()), "spread": np.zeros(()), "residual": np.zeros(())}

    def update(self, y: Array, t: Array, state: State) -> None:
        _same_shape(self, y, t)
        y, t = y.astype(np.float64), t.astype(np.float64)
        if not len(t):
            return
        # the spread about the mean of two parts together: T. Chan, G. Golub, R. LeVeque, "Updating formulae" (1979)
        old, new, mean = state["count"], len(t), t.mean(0)
        shift = mean - state["mean"]
        state["count"] = old + new
        state["mean"] = state["mean"] + shift * (new / (old + new))
        state["spread"] = state["spread"] + ((t - mean) ** 2).sum(0) + shift**2 * (old * new / (old + new))
        state["residual"] = state["residual"] + ((y - t) ** 2).sum(0)

    def result(self) -> float:
        spread, residual = self.state["spread"], self.state["residual"]
        if self.state["count"] < 2:
            return float("nan")
        varies = spread > 0
        share = np.where(varies, residual / np.where(varies, spread, 1), residual > 0)
        return float(np.mean(1 - share))


# --- Classes ----------------------------------------------------------------------------------------------------------


class Accuracy(Metric):
    """The share of samples whose class is right.

    Outputs (n, C, ...) with targets (n, ...): the class is that of the greatest output. Outputs of the targets' shape, or
    (n, 1) for targets (n,): class 1 where the output is above `threshold`, else 0. Outputs that are integers of the
    targets' shape are classes themselves. One-hot targets (n, C) are thus read as C questions of yes or no: give their
    t.argmax(1).

    threshold   0 suits logits; 0.5 probabilities

    >>> Accuracy()([[2.0, 1.0], [0.0, 3.0]], [0, 0])
    0.5
    >>> Accuracy(threshold=0.5)([0.7, 0.2, 0.1], [1.0, 0.0, 1.0])
    0.6666666666666666
    """

    mode = "max"

    def __init__(self, threshold: float = 0.0) -> None:
        self.threshold = threshold
        super().__init__()

    def start(self) -> State:
        return {"right": 0, "count": 0}

    def update(self, y: Array, t: Array, state: State) -> None:
        guesses = _classes(self, y, t, self.threshold)
        state["right"] += int(np.count_nonzero(guesses == t))
        state["count"] += t.size

    def result(self) -> float:
        return _ratio(self.state["right"], self.state["count"])


class TopKAccuracy(Metric):
    """The share of samples whose class is among the k greatest outputs, (n, C) with targets (n,).

    Of equal outputs the first counts as the greater, so that k = 1 is `Accuracy`.

    >>> TopKAccuracy(2)([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]], [1, 2])
    0.5
    """

    mode = "max"

    def __init__(self, k: int = 5) -> None:
        if k < 1:
            raise ValueError(f"TopKAccuracy: k is a whole number of at least 1, not {k!r}")
        self.k = k
        super().__init__()

    @property
    def name(self) -> str:
        return f"top_{self.k}_accuracy"

    def start(self) -> State:
        return {"right": 0, "count": 0}

    def update(self, y: Array, t: Array, state: State) -> None:
        if y.ndim != 2 or t.shape != y.shape[:1]:
            raise ValueError(f"TopKAccuracy takes outputs (n, C) and targets (n,), not {y.shape} and {t.shape}")
        t = t.astype(np.intp)[:, None]
        if t.size and not 0 <= t.min() <= t.max() < y.shape[1]:
            strange = t.min() if t.min() < 0 else t.max()
            raise ValueError(f"TopKAccuracy: classes are 0 to {y.shape[1] - 1}, and there is a class {strange}")
        own = np.take_along_axis(y, t, 1)
        behind = (y < own) | ((y == own) & (np.arange(y.shape[1]) >= t))  # a NaN is behind nothing, itself included
        state["right"] += int(np.count_nonzero((~behind).sum(1) < self.k))
        state["count"] += len(y)

    def result(self) -> float:
        return _ratio(self.state["right"], self.state["count"])


class ConfusionMatrix(Metric):
    """(C, C) numbers of samples: row their class, column the class that was read. Outputs and targets as `Accuracy` takes.

    classes   C; by default as many as have been seen

    >>> ConfusionMatrix()([[2.0, 1.0], [0.0, 3.0], [0.0, 3.0]], [0, 0, 1])
    array([[1, 1],
           [0, 1]])
    """

    number = False

    def __init__(self, classes: int | None = None, threshold: float = 0.0) -> None:
        self.classes, self.threshold = classes, threshold
        super().__init__()

    def start(self) -> State:
        return {"table": np.zeros((self.classes or 0,) * 2, np.int64)}

    def update(self, y: Array, t: Array, state: State) -> None:
        guesses = _classes(self, y, t, self.threshold).astype(np.int64).ravel()
        t = t.astype(np.int64).ravel()
        if not t.size:
            return
        low, high = min(guesses.min(), t.min()), 1 + max(guesses.max(), t.max())
        if low < 0 or (self.classes is not None and high > self.classes):
            raise ValueError(
                f"{type(self).__name__}: classes are 0 to {self.classes - 1 if self.classes else 'C - 1'}, and there is a "
                f"class {low if low < 0 else high - 1}"
            )
        size = max(high, len(state["table"]), y.shape[1] if y.ndim > t.ndim and y.shape[1] > 1 else 2)
        table = np.bincount(t * size + guesses, minlength=size * size).reshape(size, size)
        known = len(state["table"])
        table[:known, :known] += state["table"]
        state["table"] = table

    def result(self) -> Any:
        return self.state["table"].copy()


class _OfClasses(ConfusionMatrix):
    """What is worked out for each class from the confusion matrix, and then averaged."""

    number, mode = True, "max"

    def __init__(self, average: str = "macro", classes: int | None = None, threshold: float = 0.0) -> None:
        if average not in ("macro", "micro", "binary"):
            raise ValueError(f"{type(self).__name__}: average is 'macro', 'micro' or 'binary', not {average!r}")
        self.average = average
        super().__init__(classes, threshold)

    def result(self) -> float:
        table = self.state["table"]
        right, read, there = np.diag(table), table.sum(0), table.sum(1)
        if not table.sum():
            return float("nan")
        if self.average == "micro":
            right, read, there = right.sum(keepdims=True), read.sum(keepdims=True), there.sum(keepdims=True)
        elif self.average == "binary":
            if len(table) > 2:
                raise ValueError(
                    f"{type(self).__name__}: average='binary' is for two classes, and there are {len(table)}; "
                    "write average='macro'"
                )
            right, read, there = right[1:], read[1:], there[1:]
        else:
            occurs = read + there > 0
            right, read, there = right[occurs], read[occurs], there[occurs]
        above, below = self.fraction(right, read, there)
        return float(np.mean(above / np.maximum(below, 1)))

    def fraction(self, right: Array, read: Array, there: Array) -> tuple[Array, Array]:
        raise NotImplementedError


class Precision(_OfClasses):
    """Of the samples that were read as a class, the share that are of it: TP / (TP + FP).

    average   "macro": the mean over the classes that occur; "binary": that of class 1; "micro": all classes in one count

    Where nothing was read as a class its precision is 0. Outputs and targets as `Accuracy` takes.

    Source: Goodfellow, Bengio and Courville, *Deep Learning*, section 11.1.

    >>> Precision("binary")([1.0, 1.0, -1.0, 2.0], [1, 0, 1, 1])
    0.6666666666666666
    """

    def fraction(self, right: Array, read: Array, there: Array) -> tuple[Array, Array]:
        return right, read


class Recall(_OfClasses):
    """Of the samples that are of a class, the share that were read as it: TP / (TP + FN). Averaged as `Precision`.

    >>> Recall("binary")([1.0, 1.0, -1.0, -2.0], [1, 0, 1, 1])
    0.3333333333333333
    """

    def fraction(self, right: Array, read: Array, there: Array) -> tuple[Array, Array]:
        return right, there


class F1(_OfClasses):
    """2 p r / (p + r) of precision p and recall r, which is 2 TP / (2 TP + FP + FN). Averaged as `Precision`.

    >>> F1("binary")([1.0, 1.0, -1.0, 2.0], [1, 0, 1, 1])
    0.6666666666666666
    """

    def fraction(self, right: Array, read: Array, there: Array) -> tuple[Array, Array]:
        return 2 * right, read + there


# --- What they share --------------------------------------------------------------------------------------------------


def _values(x: Any) -> Array:
    return np.asarray(x.detach() if hasattr(x, "detach") else x)


def _ratio(total: float, count: int) -> float:
    return total / count if count else float("nan")


def _same_shape(metric: Metric, y: Array, t: Array) -> None:
    if y.shape != t.shape:
        advice = "; write model(x)[:, 0]" if y.shape == (*t.shape, 1) else ""
        raise ValueError(
            f"{type(metric).__name__}: outputs and targets have one shape, and these have {y.shape} and {t.shape}{advice}"
        )


def _classes(metric: Metric, y: Array, t: Array, threshold: float) -> Array:
    """The classes that outputs stand for."""
    if y.shape == (*t.shape, 1) and t.ndim == 1:
        y = y[:, 0]
    if y.ndim == t.ndim + 1 and y.ndim > 1 and y.shape[:1] + y.shape[2:] == t.shape:
        return y.argmax(1)
    if y.shape != t.shape:
        raise ValueError(
            f"{type(metric).__name__} takes outputs (n, C, ...) with targets (n, ...), or both of one shape; these are "
            f"{y.shape} and {t.shape}"
        )
    return y if y.dtype.kind in "iub" else y > threshold
