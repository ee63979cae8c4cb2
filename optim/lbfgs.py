"""L-BFGS: Newton's method, with the curvature estimated from the last few steps (*Deep Learning*, section 8.6.4)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from autograd import enable_grad, modes, no_grad, reach

from .optimizer import Optimizer, Slot

Array = np.ndarray[Any, Any]
SUFFICIENT, CURVATURE = 1e-4, 0.9  # c₁ and c₂ of the strong Wolfe conditions


class LBFGS(Optimizer):
    """θ ← θ + t d, with d = -H g, where H, an estimate of the inverse of the Hessian, is made of the last m steps and changes of g.

    One call of `step` does up to `max_iter` of these iterations, and calls the closure for each point that it looks at. All
    parameters are one vector; there is one group. For whole batches, without dropout: the closure must be a function of the
    parameters.

    lr                η: t, or with a line search the t that is tried first (in the first iteration, times min(1, 1 / Σ|g|))
    max_iter          iterations in one `step`
    max_eval          about how many calls of the closure there are at most in one `step`; None: 5/4 of max_iter
    tolerance_grad    the largest |g| at which it is done
    tolerance_change  the change of the loss, or the largest change of a parameter, at which it is done
    history_size      m
    line_search_fn    None, or "strong_wolfe": t such that J falls by at least c₁ t |gᵀd|, and |gᵀd| to at most c₂ of itself;
                      where J is NaN it turns back

    ValueError for more groups than one or an unknown line search; TypeError without a closure, or where it returns no loss.

    Source: J. Nocedal and S. Wright, *Numerical Optimization* (2nd edition, 2006), algorithms 7.4 and 7.5 for the direction; 3.5
    and 3.6 for the line search, with cubic interpolation and the safeguards of M. Schmidt's minFunc (2005).

    >>> x = Tensor(np.array([-1.2, 1.0]), requires_grad=True)
    >>> optimizer = LBFGS([x], line_search_fn="strong_wolfe", max_iter=50)
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2
    ...     loss.backward()
    ...     return loss
    >>> loss = optimizer.step(closure)  # the loss at the first point
    >>> loss.item(), np.round(x, 3)
    (24.199999999999996, tensor([1., 1.], dtype=float64))
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1.0,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        settings = {"lr": lr, "max_iter": max_iter, "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval}
        tolerances = {"tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change}
        super().__init__(
            params, {**settings, **tolerances, "history_size": history_size, "line_search_fn": line_search_fn}
        )

    not_negative = ("tolerance_grad", "tolerance_change")

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        if self.param_groups:
            raise ValueError("LBFGS takes all parameters as one vector, so there is one group; list them all in it")
        super().add_param_group(param_group)

    def check(self, group: Mapping[str, Any]) -> None:
        super().check(group)
        for name in ("max_iter", "max_eval", "history_size"):
            if not isinstance(group[name], int) or group[name] < 1:
                raise ValueError(f"LBFGS: {name} is a whole number, 1 or more, and not {group[name]!r}")
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise ValueError(f"LBFGS: line_search_fn is 'strong_wolfe' or None, and not {group['line_search_fn']!r}")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Iterate, calling `closure` at each point. Returns the loss at the first, as `closure` returned it.

        `closure` is to call zero_grad and backward, and to return the loss.
        """
        if closure is None:
            raise TypeError(
                "LBFGS looks at several points in one step, so step needs a function that computes the loss and its gradients: "
                "optimizer.step(closure), where closure calls zero_grad and backward and returns the loss"
            )
        if modes.tracing():
            raise TypeError(
                "optimizer.step() cannot be traced: trace the loss and its gradients, and call step() outside"
            )
        if modes.entered and (profile := modes.innermost("profile")) is not None:
            return profile.step("LBFGS.step", self._iterate, closure)
        return self._iterate(closure)

    def _iterate(self, closure: Callable[[], Any]) -> Any:
        group = self.param_groups[0]
        params = group["params"]
        slot = self._slots.setdefault(params[0], Slot(params[0])) if params else None
        if slot is None:
            return closure()
        point = _Point(params, enable_grad()(closure))
        memory = slot.own
        with no_grad():
            first = point.closure()
        loss, g = _number(first), point.gradient()
        calls = 1
        memory["func_evals"] = memory.get("func_evals", 0) + 1
        memory.setdefault("n_iter", 0)
        if _largest(g) <= group["tolerance_grad"]:
            return first
        for iteration in range(1, group["max_iter"] + 1):
            memory["n_iter"] += 1
            d = _direction(memory, g, group["history_size"])
            t = group["lr"] * (min(1.0, 1.0 / float(np.abs(g).sum())) if memory["n_iter"] == 1 else 1)
            before, slope = loss, float(g @ d)
            memory.update(prev_flat_grad=g, prev_loss=loss, d=d, t=t)
            if slope > -group["tolerance_change"]:
                break
            tried = 0
            if group["line_search_fn"] is not None:
                theta = point.values()
                origin = Trial(0.0, loss, g, slope)
                search = _Search(point, theta, d, origin, group["tolerance_change"])
                found = search.run(t, group["max_eval"] - calls)
                t, loss, g, tried = found.t, found.loss, found.g, search.calls
                point.move(theta + t * d)
            else:
                point.move(point.values() + t * d)
                if iteration < group["max_iter"]:
                    with no_grad():
                        loss, g, tried = _number(point.closure()), point.gradient(), 1
            memory["t"] = t
            memory["func_evals"] += tried
            calls += tried
            if (
                calls >= group["max_eval"]
                or _largest(g) <= group["tolerance_grad"]
                or _largest(t * d) <= group["tolerance_change"]
                or abs(loss - before) < group["tolerance_change"]
            ):
                break
        slot.own_count += 1
        return first


class _Point:
    """All parameters as one vector, and the function that is minimised."""

    def __init__(self, params: list[Any], closure: Callable[[], Any]) -> None:
        self.params, self.closure = params, closure

    def values(self) -> Array:
        return np.concatenate([p._data.ravel() for p in self.params])

    def gradient(self) -> Array:
        grads = [p.grad for p in self.params]
        return np.concatenate(
            [np.zeros(p.size, p.dtype) if g is None else g._data.ravel() for p, g in zip(self.params, grads)]
        )

    def move(self, values: Array) -> None:
        start = 0
        for p in self.params:
            p._data[...] = values[start : start + p.size].reshape(p.shape)
            start += p.size
        reach.wrote(*(p._data for p in self.params))


def _number(loss: Any) -> float:
    if loss is None:
        raise TypeError(
            "LBFGS: the closure returned None; let it end with `return loss`, by which the steps are judged"
        )
    return float(loss.item() if hasattr(loss, "item") else loss)


def _largest(vector: Array) -> float:
    return float(np.abs(vector).max(initial=0.0))


def _direction(memory: dict[str, Any], g: Array, size: int) -> Array:
    """-H g by the two loops over the steps s and the changes y of the gradient that are kept (algorithm 7.4)."""
    if memory["n_iter"] == 1:
        memory.update(old_dirs=[], old_stps=[], ro=[], H_diag=1.0)
        return -g
    y, s = g - memory["prev_flat_grad"], memory["d"] * memory["t"]
    changes, steps, rho = memory["old_dirs"], memory["old_stps"], memory["ro"]
    product = float(y @ s)
    if product > 1e-10:  # else the curvature is not positive, and H would not be either
        changes.append(y)
        steps.append(s)
        rho.append(1 / product)
        for kept in (changes, steps, rho):
            del kept[:-size]
        memory["H_diag"] = product / float(y @ y)
    q, shares = -g, []
    for y, s, r in zip(reversed(changes), reversed(steps), reversed(rho)):
        shares.append(float(s @ q) * r)
        q = q - shares[-1] * y
    d = q * memory["H_diag"]
    for y, s, r in zip(changes, steps, rho):
        d = d + (shares.pop() - float(y @ d) * r) * s
    return d


# --- The line search ---------------------------------------------------------------------------------------------------


class Trial(NamedTuple):
    """What is known at θ + t d: the loss, its gradient, and its slope along d."""

    t: float
    loss: float
    g: Array
    slope: float


class _Search:
    """A t that meets the strong Wolfe conditions, or the best that the calls allowed find."""

    def __init__(self, point: _Point, theta: Array, d: Array, origin: Trial, tolerance: float) -> None:
        self.point, self.theta, self.d, self.origin, self.tolerance = point, theta, d, origin, tolerance
        self.calls = 0

    def look(self, t: float) -> Trial:
        self.calls += 1
        self.point.move(self.theta + t * self.d)
        with no_grad():
            loss = _number(self.point.closure())
        g = self.point.gradient()
        return Trial(t, loss, g, float(g @ self.d))

    def too_high(self, trial: Trial) -> bool:
        return not trial.loss <= self.origin.loss + SUFFICIENT * trial.t * self.origin.slope  # nor is a NaN low enough

    def flat(self, trial: Trial) -> bool:
        return abs(trial.slope) <= -CURVATURE * self.origin.slope

    def run(self, t: float, most: int) -> Trial:
        """Go further until a minimum must lie between two trials (algorithm 3.5); then narrow them."""
        before, now, turns = self.origin, self.look(t), 0
        while turns < most:
            if self.too_high(now) or (turns > 1 and now.loss >= before.loss):
                return self.narrow(before, now, turns, most)
            if self.flat(now):
                return now
            if now.slope >= 0:
                return self.narrow(before, now, turns, most)
            further = (now.t + 0.01 * (now.t - before.t), now.t * 10)
            before, now = now, self.look(_lowest(before, now, further))
            turns += 1
        return min(self.origin, now, key=lambda trial: trial.loss)

    def narrow(self, a: Trial, b: Trial, turns: int, most: int) -> Trial:
        """Take trials between two, of which the lower one stays (algorithm 3.6)."""
        low, high = _by_loss(a, b)
        stuck = False
        while turns < most and abs(high.t - low.t) * _largest(self.d) >= self.tolerance:
            left, right = min(low.t, high.t), max(low.t, high.t)
            t = _lowest(a, b, (left, right))
            margin = 0.1 * (right - left)
            near = min(right - t, t - left) < margin
            if near and (stuck or t >= right or t <= left):
                t = right - margin if abs(t - right) < abs(t - left) else left + margin
                near = False
            stuck = near
            now = self.look(t)
            turns += 1
            if self.too_high(now) or now.loss >= low.loss:
                a, b = (now, b) if a is high else (a, now)
                low, high = _by_loss(a, b)
                continue
            if self.flat(now):
                return now
            if now.slope * (high.t - low.t) >= 0:
                a, b = (low, now) if a is high else (now, low)
            else:
                a, b = (now, b) if a is low else (a, now)
            low, high = now, (a if b is now else b)
        return low


def _by_loss(a: Trial, b: Trial) -> tuple[Trial, Trial]:
    """The lower one first; a NaN is never the lower one."""
    return (a, b) if a.loss <= b.loss or math.isnan(b.loss) else (b, a)


def _lowest(a: Trial, b: Trial, bounds: tuple[float, float]) -> float:
    """Where the cubic with the losses and slopes of two trials is lowest, within bounds; their middle if it has no minimum."""
    if a.t > b.t:
        a, b = b, a
    least, most = bounds
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if not square >= 0:
        return (least + most) / 2
    d2 = square**0.5
    t = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    return min(max(t, least), most)
