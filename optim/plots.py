"""Plots of training, by matplotlib (extra `[plot]`): curves of a history, the path of an optimizer, learning rates.

Every function returns a matplotlib Figure; `axes=` draws into one that is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd import Tensor, no_grad
from autograd.charts import on

from .sgd import SGD
from .training.plots import plot as history

__all__ = ["history", "path", "schedules"]


def path(
    optimizers: Any,
    f: Callable[[Any, Any], Any],
    start: tuple[float, float],
    *,
    steps: int = 50,
    bounds: tuple[tuple[float, float], tuple[float, float]] | None = None,
    axes: Any = None,
) -> Any:
    """The way down of one or several optimizers, on a map of the function.

    optimizers  what makes an optimizer of parameters, such as `lambda p: optim.SGD(p, lr=0.1)`; several as {name: such a function}
    f           a function of two numbers, made of operators and NumPy's functions, that gives one
    start       the two numbers to begin with
    bounds      ((left, right), (bottom, top)) of the map; by default around the paths

    ValueError for a function of something else.

    >>> figure = path({"SGD": lambda p: optim.SGD(p, lr=0.1)}, lambda x, y: x**2 + 5 * y**2, (2.0, 1.0), steps=5)
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['SGD']
    """
    several = optimizers if isinstance(optimizers, Mapping) else {"": optimizers}
    ways = {name: _way(make, f, start, steps) for name, make in several.items()}
    points = np.concatenate([way[np.isfinite(way).all(1)] for way in ways.values()])
    low, high = points.min(0), points.max(0)
    margin = 0.2 * np.maximum(high - low, 1e-3)
    (left, right), (bottom, top) = bounds or zip(low - margin, high + margin)
    across, up = np.linspace(left, right, 200), np.linspace(bottom, top, 200)
    with np.errstate(all="ignore"):
        heights = np.asarray(f(*np.meshgrid(across, up)))
    figure, panel = on(axes, size=(4.8, 3.6))
    levels = np.unique(np.quantile(heights[np.isfinite(heights)], np.linspace(0, 1, 20)))
    if len(levels) > 1:
        panel.contour(across, up, heights, levels=levels, cmap="Greys_r", linewidths=0.7)
    for name, way in ways.items():
        panel.plot(way[:, 0], way[:, 1], marker=".", linewidth=1, label=name)
    panel.set(xlim=(left, right), ylim=(bottom, top))
    if isinstance(optimizers, Mapping):
        panel.legend(frameon=False)
    return figure


def _way(make: Any, f: Callable[[Any, Any], Any], start: tuple[float, float], steps: int) -> Any:
    if np.shape(start) != (2,):
        raise ValueError(f"path draws a plane: start is two numbers, such as (1.0, 2.0), and not {start!r}")
    place = Tensor(np.asarray(start, np.float64), requires_grad=True)
    optimizer = make([place])
    way = [place.detach().numpy().copy()]

    def closure() -> Any:
        optimizer.zero_grad()
        height = f(place[0], place[1])
        if not isinstance(height, Tensor) or height.size != 1:
            raise ValueError(
                "path needs a function of two numbers that gives one, made of operators and NumPy's functions"
            )
        height.backward()
        return height

    for _ in range(steps):
        optimizer.step(closure)
        way.append(place.detach().numpy().copy())
    return np.array(way)


def schedules(make: Any, steps: int, *, lr: float = 0.1, axes: Any = None) -> Any:
    """A setting over the steps, as one or several schedules give it.

    make   what makes a schedule of an optimizer, such as `lambda o: optim.lr_scheduler.StepLR(o, 10)`; several as {name: such a function}
    steps  how many
    lr     the learning rate to begin with

    >>> figure = schedules({"step": lambda o: optim.lr_scheduler.StepLR(o, 10)}, steps=30)
    >>> bool(figure.axes[0].lines[0].get_ydata()[-1] < 0.01)
    True
    """
    figure, panel = on(axes)
    for name, each in (make if isinstance(make, Mapping) else {"": make}).items():
        place = Tensor(np.zeros(1), requires_grad=True)
        place.grad = np.zeros(1)
        optimizer = SGD([place], lr=lr, momentum=0.9)
        schedule = each(optimizer)
        values = []
        for _ in range(steps):
            values.append(optimizer.param_groups[0][schedule.setting if hasattr(schedule, "setting") else "lr"])
            with no_grad():
                optimizer.step()
            schedule.step()
        panel.plot(range(steps), values, label=name)
    panel.set(xlabel="step", ylabel="lr")
    if isinstance(make, Mapping):
        panel.legend(frameon=False)
    return figure
