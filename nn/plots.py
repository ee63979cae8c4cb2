"""Plots of networks, by matplotlib (extra `[plot]`): what they decide, what their units do, what their weights are.

Every function returns a matplotlib Figure, which shows itself in a notebook and has `savefig`; `axes=` draws into one that
is there. Nothing is changed: models are called without recording, in evaluation, and have their mode back afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, no_grad
from autograd.charts import on, panels

from .modules.module import Module
from .unchanged import evaluate, modes_kept

GREY, BLUE, ORANGE = "0.5", "tab:blue", "tab:orange"
SHOWN = 64  # filters that are drawn at most


def decision_boundary(model: Callable[[Any], Any], x: Any, y: Any = None, *, steps: int = 150, axes: Any = None) -> Any:
    """Which class a model gives to each place of the plane, as colours, with the samples on it.

    model  from (N, 2) to logits: (N,) or (N, 1) for two classes, (N, C) for C of them
    x, y   samples (N, 2) and their classes (N,)
    steps  places along each axis

    Two classes: shades are the probability σ(logit), and the line is where it is ½. ValueError for samples that are not points of a plane.

    >>> import nn
    >>> figure = decision_boundary(nn.MLP([2, 8, 1]), np.array([[0.0, 0.0], [1.0, 1.0]]), [0, 1])
    >>> type(figure).__name__
    'Figure'
    """
    points = np.asarray(x.detach() if isinstance(x, Tensor) else x)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(
            f"decision_boundary draws a plane: samples have shape (N, 2), and not {points.shape}; choose two features: x[:, [0, 1]]"
        )
    low, high = points.min(0), points.max(0)
    margin = 0.25 * np.maximum(high - low, 1e-6)
    across, up = (np.linspace(a, b, steps) for a, b in zip(low - margin, high + margin))
    plane = np.stack(np.meshgrid(across, up), -1).reshape(-1, 2)
    dtype = points.dtype if points.dtype.kind == "f" else np.float32
    logits = _evaluated(model, plane.astype(dtype)).reshape(steps * steps, -1)
    figure, panel = on(axes)
    if logits.shape[1] == 1:
        p = autograd.sigmoid(Tensor(logits[:, 0])).numpy().reshape(steps, steps)
        panel.contourf(across, up, p, levels=np.linspace(0, 1, 11), cmap="coolwarm", alpha=0.6)
        panel.contour(across, up, p, levels=[0.5], colors="k", linewidths=1)
    else:
        classes = logits.argmax(1).reshape(steps, steps)
        panel.contourf(
            across, up, classes, levels=np.arange(logits.shape[1] + 1) - 0.5, cmap="tab10", vmax=9, alpha=0.4
        )
    if y is not None:
        labels = np.asarray(y.detach() if isinstance(y, Tensor) else y).reshape(-1)
        two = logits.shape[1] == 1
        panel.scatter(
            points[:, 0], points[:, 1], c=labels, cmap="coolwarm" if two else "tab10", vmin=0, vmax=1 if two else 9, edgecolors="k", s=20
        )  # fmt: skip
    return figure


def _evaluated(model: Callable[[Any], Any], x: Any) -> Any:
    with no_grad():
        if isinstance(model, Module):
            with modes_kept(model):
                evaluate(model)
                return model(x).numpy()
        return np.asarray(model(x))


def activations(*functions: Any, bounds: tuple[float, float] = (-4.0, 4.0)) -> Any:
    """Each activation function and, beside it, its derivative, which the engine finds.

    functions  modules, classes of modules, or functions of a Tensor

    >>> import nn
    >>> figure = activations(nn.ReLU, nn.Tanh(), nn.functional.gelu)
    >>> [panel.get_title() for panel in figure.axes]
    ['ReLU', 'Tanh', 'gelu']
    """
    if not functions:
        raise ValueError("activations needs functions to draw: activations(nn.ReLU(), nn.Tanh())")
    made = [f() if isinstance(f, type) else f for f in functions]
    figure, axes = panels(len(made), columns=4, size=(3.0, 2.6))
    for f, panel in zip(made, axes):
        x = Tensor(np.linspace(*bounds, 401), requires_grad=True)
        y = f(x)
        (slope,) = autograd.grad(y.sum(), [x])
        panel.axhline(0, color=GREY, linewidth=0.5)
        panel.plot(x.detach().numpy(), y.detach().numpy(), color=BLUE, label="f")
        panel.plot(x.detach().numpy(), slope.detach().numpy(), color=ORANGE, linestyle="--", label="f′")
        panel.set_title(type(f).__name__ if isinstance(f, Module) else getattr(f, "__name__", "f"))
    axes[0].legend(frameon=False)
    return figure


def histograms(model: Module, of: str = "weights", *, bins: int = 40) -> Any:
    """How the numbers in each parameter are distributed, or those in its gradient.

    of  "weights" or "gradients"

    ValueError for another word, for a model without parameters, and for gradients that are not there.

    >>> import nn
    >>> figure = histograms(nn.MLP([2, 8, 1]))
    >>> [panel.get_title() for panel in figure.axes]
    ['0.weight', '0.bias', '2.weight', '2.bias']
    """
    if of not in ("weights", "gradients"):
        raise ValueError(f'histograms(model, of="weights") or of="gradients", and not of={of!r}')
    named = [(name, p) for name, p in model.named_parameters() if of == "weights" or p.grad is not None]
    if not named:
        what = "parameters" if of == "weights" else "gradients: call loss.backward() first"
        raise ValueError(f"histograms: this {type(model).__name__} has no {what}")
    figure, axes = panels(len(named), columns=4, size=(3.0, 2.2))
    for (name, p), panel in zip(named, axes):
        shown: Any = p if of == "weights" else p.grad
        values = shown.detach().numpy()
        finite = values[np.isfinite(values)]
        panel.hist(finite, bins=bins, color=BLUE if of == "weights" else ORANGE)
        panel.set_title(name)
        panel.set_yticks([])
        if finite.size < values.size:
            panel.set_xlabel(f"{values.size - finite.size} not finite", color="tab:red")
    return figure


def filters(layer: Any, *, columns: int = 8) -> Any:
    """The filters of a convolution as small pictures: bright is large. Filters of three channels are shown in colour.

    layer  a Conv2d, or its weight (out, in, height, width); of the in channels of a filter the first is drawn, but for three

    ValueError for a weight of another rank.

    >>> import nn
    >>> figure = filters(nn.Conv2d(1, 6, 5))
    >>> len(figure.axes)
    6
    """
    weight = getattr(layer, "weight", layer)
    values = np.asarray(weight.detach() if isinstance(weight, Tensor) else weight)
    if values.ndim != 4:
        raise ValueError(
            f"filters draws the weight of a Conv2d, (out, in, height, width), and this one has shape {values.shape}; for a Linear layer on "
            "images write weight.reshape(-1, 1, height, width)"
        )
    values = values[:SHOWN]
    figure, axes = panels(len(values), columns=columns, size=(1.0, 1.0))
    bound = np.abs(values).max() or 1.0
    for one, panel in zip(values, axes):
        if len(one) == 3:
            panel.imshow(np.moveaxis(one, 0, -1) / (2 * bound) + 0.5)
        else:
            panel.imshow(one[0], cmap="gray", vmin=-bound, vmax=bound)
        panel.set_axis_off()
    return figure
