"""A gradient against central differences of values, (f(x + ε) − f(x − ε)) / 2ε.

All elements are first moved at once, in a random direction: two evaluations, whatever their number. If there are few
elements, each is then moved alone. Where the two slopes disagree, halving leads to one element of an argument and one
of the result, and the message names both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..random import default_generator, manual_seed
from ..tensor import Tensor
from ..transforms import flatten, grad

Array = np.ndarray[Any, Any]
FEW = 100  # so many elements are moved one by one; see plugin.py


def gradcheck(
    f: Callable[..., Any],
    *inputs: Any,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """True, if the gradient of f at the inputs agrees with central differences of its values.

    inputs           arrays, numbers and Tensors, or nests of them, as `autograd.grad` takes them; or PyTorch's one
                     tuple of Tensors. Those with requires_grad=True are checked, or else all that are floating.
    eps              how far an element is moved
    atol, rtol       how far the slopes a and n may differ: |a − n| ≤ atol + rtol |n|
    raise_exception  False: return False instead of raising

    f may return several arrays; of each, a sum with random weights is differentiated. Raises AssertionError with the
    element of the argument, the element of the result and both slopes; TypeError for float32, whose rounding would
    hide what is looked for.

    >>> gradcheck(np.sin, np.array([0.0, 1.0]))
    True
    >>> gradcheck(lambda x: x * x.detach(), 3.0)
    Traceback (most recent call last):
    AssertionError: d result / d argument 0 is 3.0 by the gradient, but 6.0 by central differences
    >>> gradcheck(autograd.relu, np.array([1.0, 0.0]))
    Traceback (most recent call last):
    AssertionError: argument 0[1] = 0.0 sits on a kink: ... 0.0 by a difference to the left and 1.0 by one to the right...
    """
    at = _Point(f, inputs)
    return _report(_Comparison(at, lambda xs, _: at.outputs(xs), at.values, eps, atol, rtol), raise_exception)


def gradgradcheck(
    f: Callable[..., Any],
    *inputs: Any,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """True, if the gradient of f has the right gradient: `gradcheck` of vᵀ ∂f/∂x, as a function of x and of v.

    The differences are those of the gradient that `backward` computes, so that it is also compared with the one that
    `create_graph=True` records.

    >>> gradgradcheck(lambda x: x**3, np.array([1.0, 2.0]))
    True
    """
    at = _Point(f, inputs)
    count = len(at.values)
    shapes = [y.shape for y in at.outputs([_leaf(x) for x in at.values])]
    generator = np.random.default_rng(0)
    cotangents = [np.asarray(generator.uniform(0.5, 1.5, shape)) for shape in shapes]

    def gradients(variables: list[Tensor], create: bool) -> list[Tensor]:
        xs, vs = variables[:count], variables[count:]
        found = _pull(at.outputs(xs), xs, vs, create)
        return [Tensor(np.zeros(x.shape, x.dtype)) if g is None else g for g, x in zip(found, xs)]

    at.names += ["the cotangent" if len(shapes) == 1 else f"cotangent {i}" for i in range(len(shapes))]
    at.results = ["the gradient of " + name for name in at.names[:count]]
    return _report(_Comparison(at, gradients, at.values + cotangents, eps, atol, rtol), raise_exception)


def _report(comparison: _Comparison, raise_exception: bool) -> bool:
    problem = comparison.problem()
    if problem is not None and raise_exception:
        raise AssertionError(problem)
    return problem is None


class _Point:
    """Where f is checked: the arrays to differentiate by and their names, and f as a function of them alone."""

    def __init__(self, f: Callable[..., Any], inputs: tuple[Any, ...]) -> None:
        if len(inputs) == 1 and isinstance(inputs[0], tuple | list) and any(map(_needs_gradient, inputs[0])):
            inputs = tuple(inputs[0])
        self.f = f
        self.given, self.rebuild = flatten(list(inputs))
        self.places = [i for i, x in enumerate(self.given) if _needs_gradient(x)]
        self.places = self.places or [i for i, x in enumerate(self.given) if _is_floating(x)]
        names = [name for i, x in enumerate(inputs) for name in _names(f"argument {i}", x)]
        self.names = [names[i] for i in self.places]
        self.values = [np.array(_value(self.given[i])) for i in self.places]
        self.results: list[str] = []
        if not self.places:
            kinds = ", ".join(_kind(x) for x in self.given) or "no arguments"
            raise TypeError(
                f"nothing to differentiate by: found {kinds}; give floating arrays (x.astype(float)), or Tensors with requires_grad=True"
            )
        for name, value in zip(self.names, self.values):
            if value.dtype != np.float64:
                raise TypeError(
                    f"{name} is {value.dtype}, too coarse for differences; use float64: x.astype(np.float64)"
                )

    def outputs(self, variables: Sequence[Tensor]) -> list[Tensor]:
        """The floating results of f, as Tensors."""
        leaves = list(self.given)
        for i, x in zip(self.places, variables):
            leaves[i] = x
        returned = flatten(self.f(*self.rebuild(leaves)))[0]
        results = [y for y in returned if _is_floating(y)]
        if not results:
            raise TypeError(
                f"f returns nothing that is floating, so there is nothing to differentiate: it returned {', '.join(map(_kind, returned)) or 'nothing'}; "
                "leave out what counts, compares or rounds to integers (argmax, x > 0, astype(int))"
            )
        return [y if isinstance(y, Tensor) else Tensor(np.asarray(_value(y))) for y in results]


def _kind(x: Any) -> str:
    return f"{x.dtype} {tuple(x.shape)}" if hasattr(x, "dtype") else type(x).__name__


def _names(name: str, nest: Any) -> list[str]:
    if isinstance(nest, dict):
        return [found for key, part in nest.items() for found in _names(f"{name}[{key!r}]", part)]
    if isinstance(nest, tuple | list):
        return [found for i, part in enumerate(nest) for found in _names(f"{name}[{i}]", part)]
    return [name]


def _value(x: Any) -> Any:
    return x.detach().numpy() if isinstance(x, Tensor) else x


def _needs_gradient(x: Any) -> bool:
    return isinstance(x, Tensor) and x.requires_grad


def _is_floating(x: Any) -> bool:
    return isinstance(x, float) or getattr(getattr(x, "dtype", None), "kind", None) == "f"


def _leaf(value: Array) -> Tensor:
    return Tensor(value, requires_grad=True)


def _pull(ys: Sequence[Tensor], xs: Sequence[Tensor], vs: Sequence[Any], create: bool = False) -> list[Tensor | None]:
    """Σ vᵀ ∂y/∂x for each x; None where no y depends on it."""
    pairs = [(y, v) for y, v in zip(ys, vs) if y.requires_grad]
    if not pairs:
        return [None] * len(xs)
    found = grad([y for y, _ in pairs], xs, [v for _, v in pairs], True, create_graph=create, allow_unused=True)
    return list(found)


class _Comparison:
    """The gradient of f at the values beside its differences. f's second argument says whether to record the result."""

    def __init__(
        self,
        at: _Point,
        f: Callable[[list[Tensor], bool], list[Tensor]],
        values: list[Array],
        eps: float,
        atol: float,
        rtol: float,
    ) -> None:
        self.f, self.values, self.eps, self.atol, self.rtol = f, values, eps, atol, rtol
        self.variables = [_leaf(x) for x in values]
        self.ys = f(self.variables, True)
        self.here = _flat(map(_value, self.ys))
        self.names = at.names
        self.results = at.results or ["result" if len(self.ys) == 1 else f"result {i}" for i in range(len(self.ys))]

    def moved(self, direction: Array) -> Array:
        """All values of f, one after the other, at x + direction."""
        shifted = [_leaf(x + part) for x, part in zip(self.values, _cut(direction, self.values))]
        return _flat(map(_value, self.f(shifted, False)))

    def slopes(self, direction: Array) -> Array:
        """The derivatives of all values of f along the direction, by central differences."""
        return (self.moved(self.eps * direction) - self.moved(-self.eps * direction)) / (2 * self.eps)

    def pulled(self, v: Array) -> Array:
        """vᵀ ∂f/∂x, by the gradient."""
        found = _pull(self.ys, self.variables, _cut(v, self.ys))
        return _flat([np.zeros(x.shape) if g is None else g.numpy() for g, x in zip(found, self.values)])

    def differ(self, a: Any, n: Any) -> bool:
        return not abs(a - n) <= self.atol + self.rtol * abs(n)

    def problem(self) -> str | None:
        """What is wrong, or None."""
        again = self.moved(np.zeros(sum(x.size for x in self.values)))
        if again.shape != self.here.shape or not np.allclose(again, self.here, self.rtol, self.atol, equal_nan=True):
            return f"f returns another value when it is called again at the same place; {self.why_another()}"
        if not np.isfinite(self.here).all():
            return "the value of f is not finite here, so that differences say nothing; check it at another place"
        generator = np.random.default_rng(1)
        v: Any = generator.uniform(0.5, 1.5, self.here.shape) if self.here.size > 1 else np.ones(self.here.shape)
        for name, x, share in zip(self.names, self.values, _pull(self.ys, self.variables, _cut(v, self.ys))):
            if share is not None and (share.shape != x.shape or share.dtype != x.dtype):
                return f"the gradient of {name} is {share.dtype} {share.shape}, but {name} is {x.dtype} {x.shape}"
        g = self.pulled(v)
        direction = generator.uniform(0.5, 1.5, g.shape) * generator.choice([-1.0, 1.0], g.shape)
        if self.differ(g @ direction, v @ self.slopes(direction)):
            return self.message(v, _halved(g.size, lambda d: g @ (d * direction) - v @ self.slopes(d * direction)))
        for i in range(g.size if g.size <= FEW else 0):
            alone = np.zeros(g.size)
            alone[i] = 1
            if self.differ(g[i], v @ self.slopes(alone)):
                return self.message(v, i)
        return None

    def why_another(self) -> str:
        """Whether it is the seed, or something that is kept from call to call."""
        here = np.zeros(sum(x.size for x in self.values))
        states, own = np.random.get_state(), default_generator().bit_generator.state  # noqa: NPY002
        try:
            found = []
            for _ in range(2):
                np.random.seed(0)  # noqa: NPY002  (f may draw by it)
                manual_seed(0)
                found.append(self.moved(here))
        finally:
            np.random.set_state(states)  # noqa: NPY002
            default_generator().bit_generator.state = own
        one, other = found
        if one.shape == other.shape and np.allclose(one, other, self.rtol, self.atol, equal_nan=True):
            return "it is random: fix the seed inside f, or turn off what draws, as model.eval() does"
        return (
            "it keeps something from one call to the next, such as a counter, running statistics or a generator of its own: fix the seed "
            "of that one inside f, or give what changes as an argument"
        )

    def message(self, v: Array, i: int) -> str:
        """Which element of the result does not follow element i of the arguments as the gradient says, and why."""
        step = np.zeros(sum(x.size for x in self.values))
        step[i] = 1
        slopes = self.slopes(step)
        k = _halved(v.size, lambda mask: self.pulled(v * mask)[i] - (v * mask) @ slopes)
        one = np.zeros(v.shape)
        one[k] = 1

        def sides(h: float) -> tuple[float, float]:
            return (self.here - self.moved(-h * step))[k] / h, (self.moved(h * step) - self.here)[k] / h

        below, value = _named(self.names, self.values, i)
        above, _ = _named(self.results, self.ys, k)
        slope = f"d {above} / d {below} is {_text(self.pulled(one)[i])} by the gradient, but "
        (left, right), (far_left, far_right) = sides(self.eps), sides(8 * self.eps)
        if self.differ(left, right) and abs(left - right) > abs(far_left - far_right) / 2:  # for a smooth f, 1/8
            return (
                f"{below} = {_text(value)} sits on a kink: {slope}{_text(left)} by a difference to the left and "
                f"{_text(right)} by one to the right; move it away, or leave it out of the check"
            )
        return f"{slope}{_text(slopes[k])} by central differences"


def _flat(arrays: Iterable[Any]) -> Array:
    return np.concatenate([np.ravel(x) for x in arrays])


def _cut(flat: Array, like: Sequence[Any]) -> list[Array]:
    """The inverse of `_flat`."""
    parts = np.split(flat, np.cumsum([x.size for x in like])[:-1])
    return [part.reshape(x.shape) for part, x in zip(parts, like)]


def _halved(count: int, error: Callable[[Array], Any]) -> int:
    """The element that most of the error comes from, found by halving."""
    low, high = 0, count

    def within(start: int, stop: int) -> Any:
        mask = np.zeros(count)
        mask[start:stop] = 1
        return np.nan_to_num(abs(error(mask)), nan=np.inf)

    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if within(low, middle) >= within(middle, high) else (middle, high)
    return low


def _named(names: Sequence[str], arrays: Sequence[Any], position: int) -> tuple[str, Any]:
    """('argument 1[0, 2]', its value) for a position in all the arrays laid end to end."""
    for name, x in zip(names, arrays):
        if position < x.size:
            value = _value(x)
            index = tuple(map(int, np.unravel_index(position, x.shape)))
            return name + (f"[{', '.join(map(str, index))}]" if index else ""), value[index]
        position -= x.size
    raise IndexError(position)


def _text(number: Any) -> str:
    """Enough digits to see a difference, and no rounding noise."""
    return repr(float(f"{number:.6g}") + 0.0)
