"""What a row of the history says of the batches since the last one: mean loss, and metrics."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..metrics import Mean, Metric

TAKEN = {"epoch", "step", "lr", "loss"}


class Tally:
    """The loss, averaged over the samples, and metrics of its own."""

    def __init__(self, metrics: Mapping[str, Metric]) -> None:
        self.metrics = copy.deepcopy(dict(metrics))
        self.clear()

    def clear(self) -> None:
        self.sum, self.count = 0.0, 0
        for metric in self.metrics.values():
            metric.reset()

    def add(self, loss: float, outputs: Any, targets: Any, samples: int) -> None:
        self.sum += samples * loss
        self.count += samples
        for metric in self.metrics.values():
            metric.add(outputs, targets)

    def row(self) -> dict[str, Any]:
        found = {name: metric.result() for name, metric in self.metrics.items()}
        plain = {name: x.tolist() if isinstance(x, np.ndarray | np.generic) else x for name, x in found.items()}
        return {"loss": self.sum / self.count if self.count else float("nan"), **plain}

    def state_dict(self) -> dict[str, Any]:
        return {
            "sum": self.sum,
            "count": self.count,
            "metrics": {name: metric.state for name, metric in self.metrics.items()},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.sum, self.count = state["sum"], state["count"]
        for name, metric in self.metrics.items():
            metric.state = copy.deepcopy(state["metrics"][name])


def named(metrics: Any) -> dict[str, Metric]:
    """{name: metric} of a metric, a list or a dict of metrics; a function of outputs and targets is averaged."""
    if isinstance(metrics, Mapping):
        given = list(metrics.items())
    else:
        listed = list(metrics) if isinstance(metrics, list | tuple) else [metrics]
        given = [(x.name if isinstance(x, Metric) else getattr(x, "__name__", str(x)), x) for x in listed]
    found: dict[str, Metric] = {}
    for name, metric in given:
        if isinstance(metric, type):
            raise TypeError(f"metrics: {name} is a class; write {metric.__name__}()")
        if not isinstance(metric, Metric) and not callable(metric):
            raise TypeError(
                f"metrics: {name!r} is neither a metric of optim.metrics nor a function of outputs and targets; "
                "write metrics=[optim.metrics.Accuracy()]"
            )
        if name in found or name in TAKEN or name.startswith("validation_"):
            raise ValueError(
                f"metrics: the name {name!r} is taken; give another one: metrics={{'my_{name}': optim.metrics.…}}"
            )
        found[name] = metric if isinstance(metric, Metric) else Mean(metric)
    return found
