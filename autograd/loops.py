"""Loops and branches that a trace can follow: `scan`, `cond` and `while_loop`, with JAX's signatures and meanings.

Outside a trace each is the plain Python that its docstring shows. In `compile` and `trace` each is one step of the program.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from . import modes
from .tensor import Tensor
from .transforms import flatten


def scan(
    f: Callable[[Any, Any], Any], init: Any, xs: Any = None, length: int | None = None, reverse: bool = False
) -> tuple[Any, Any]:
    """(the last carry, all y one above the other), where carry, y = f(carry, x) for each x along the first axis of xs.

        def scan(f, init, xs):
            carry, ys = init, []
            for x in xs:
                carry, y = f(carry, x)
                ys.append(y)
            return carry, np.stack(ys)

    init     the first carry, a nest of Tensors, arrays and numbers; f must return a carry of the same shapes and dtypes
    xs       a nest of arrays with a first axis of one length, or None: then f gets None, `length` times
    reverse  from the last x to the first; each y stands where its x stands

    Gradients reach init, xs and Tensors that f uses from outside. In a trace the whole loop is one step: f is traced once, and must
    not draw random numbers or change anything. Conventions: jax.lax.scan.

    Raises TypeError where the carry changes its form, ValueError where lengths differ or none is given.

    >>> scan(lambda total, x: (total + x, total + x), 0.0, np.array([1.0, 2.0, 3.0]))
    (np.float64(6.0), array([1., 3., 6.]))
    """
    carry, build = flatten(init)
    carry = list(map(_valued, carry))
    slices, build_x = ([], lambda _: None) if xs is None else flatten(xs)
    slices = list(map(_valued, slices))
    n, size = len(carry), _length(slices, length)
    form: list[Any] = []

    def body(*leaves: Any) -> list[Any]:
        """f on lists of leaves."""
        result = f(build(list(leaves[:n])), build_x(list(leaves[n:])))
        if not isinstance(result, tuple) or len(result) != 2:
            raise TypeError(
                f"scan: f must return a pair (carry, y), and returned {_told(result)}; write `return carry, None` if there is no y"
            )
        news, y = result
        after, _ = flatten(news)
        after = list(map(_valued, after))
        _check("scan: f", leaves[:n], after, init, news)
        ys, rebuild = ([], lambda _: None) if y is None else flatten(y)
        form[:] = [rebuild]
        return [*after, *map(_valued, ys)]

    def plain(carry: Any, slices: Any) -> list[Any]:
        turns = range(size)[::-1] if reverse else range(size)
        rows = []
        for i in turns:
            results = body(*carry, *[x[i] for x in slices])
            carry = results[:n]
            rows.append(results[n:])
        if not rows:
            with modes.no_grad():
                likes = body(*carry, *[np.zeros(x.shape[1:], x.dtype) for x in slices])[n:]
            return [*carry, *[np.zeros((0, *np.shape(y)), y.dtype) for y in likes]]
        return [*carry, *[np.stack(parts) for parts in zip(*(rows[::-1] if reverse else rows))]]

    if modes.tracing():
        from .compiler.loops import scanned

        results = scanned(
            lambda *leaves: list(map(_tensor, body(*leaves))),
            plain,
            list(map(_tensor, carry)),
            list(map(_tensor, slices)),
            size,
            reverse,
        )
    else:
        results = plain(carry, slices)
    return build(results[:n]), form[0](results[n:])


def cond(pred: Any, true_fun: Callable[..., Any], false_fun: Callable[..., Any], *operands: Any) -> Any:
    """true_fun(*operands) if pred, else false_fun(*operands): the branch that is not taken is not computed.

    In a trace both are traced, `pred` is asked anew in every run, and both must return the same shapes and dtypes; gradients reach
    operands and Tensors from outside, zero where the branch that was taken does not use them. Conventions: jax.lax.cond.

    Raises TypeError if pred is not one value, or if the branches return different forms in a trace.

    >>> cond(np.array(2.0) > 1, lambda x: x * 10, lambda x: -x, np.array(3.0))
    np.float64(30.0)
    """
    _check_one("cond: pred", pred)
    if not modes.tracing():
        return true_fun(*operands) if pred else false_fun(*operands)
    from .compiler.loops import branched

    given, build = flatten(list(operands))
    forms: list[Any] = []

    def branch(f: Callable[..., Any]) -> Callable[..., list[Any]]:
        def run(*leaves: Any) -> list[Any]:
            results, rebuild = flatten(f(*build(list(leaves))))
            forms.append(rebuild)
            return list(map(_tensor, results))

        return run

    results = branched(_tensor(pred), (branch(false_fun), branch(true_fun)), list(map(_tensor, given)))
    return forms[-1](results)


def while_loop(cond_fun: Callable[[Any], Any], body_fun: Callable[[Any], Any], init: Any) -> Any:
    """The first value of init, body_fun(init), body_fun(body_fun(init)), … for which cond_fun is false.

    Outside a trace it is a Python loop, with its gradient. In a trace it has none, since how many turns there are is not known
    beforehand: use `scan` there. Conventions: jax.lax.while_loop.

    Raises TypeError where body_fun changes the form of the value, or cond_fun returns more than one value.

    >>> while_loop(lambda x: x < 100, lambda x: x * 2, 3)
    np.int64(192)
    """
    carry, build = flatten(init)
    carry = list(map(_valued, carry))

    def condition(*leaves: Any) -> Any:
        found = cond_fun(build(list(leaves)))
        _check_one("while_loop: cond_fun", found)
        return found

    def body(*leaves: Any) -> list[Any]:
        news = body_fun(build(list(leaves)))
        after = list(map(_valued, flatten(news)[0]))
        _check("while_loop: body_fun", leaves, after, init, news)
        return after

    if modes.tracing():
        from .compiler.loops import repeated

        return build(
            repeated(
                lambda *leaves: [_tensor(condition(*leaves))],
                lambda *leaves: list(map(_tensor, body(*leaves))),
                list(map(_tensor, carry)),
            )
        )
    while condition(*carry):
        carry = body(*carry)
    return build(carry)


def _valued(x: Any) -> Any:
    """A leaf with a shape and a dtype: a Python float is a float64."""
    return x if isinstance(x, Tensor | np.ndarray | np.generic) else np.asarray(x)[()]


def _tensor(x: Any) -> Any:
    return x if isinstance(x, Tensor) else Tensor._make(np.asarray(x), None)


def _told(result: Any) -> str:
    return f"{len(result)} values" if isinstance(result, tuple) else f"a {type(result).__name__}"


def _length(slices: list[Any], length: int | None) -> int:
    for x in slices:
        if not x.shape:
            raise ValueError(
                "scan goes along the first axis of xs, and one of them is a single number; give an array, or close over it"
            )
    found = {x.shape[0] for x in slices} | (set() if length is None else {length})
    if len(found) > 1:
        raise ValueError(f"scan: xs and length must agree on one length, and these are {sorted(found)}")
    if not found:
        raise ValueError("scan: how many turns? Give xs, or length=")
    (size,) = found
    if size < 0:
        raise ValueError(f"scan: length is {size}; it must not be negative")
    return int(size)


def _check(who: str, before: Any, after: Any, init: Any, news: Any) -> None:
    """That a carry has the form that it had."""
    if _form(init) != _form(news):
        raise TypeError(f"{who} got a carry of the form {_form(init)} and returned {_form(news)}; return the same nest")
    for a, b in itertools.zip_longest(before, after):
        if a.shape != b.shape or a.dtype != b.dtype:
            raise TypeError(
                f"{who} got a carry of {a.dtype} {tuple(a.shape)} and returned {b.dtype} {tuple(b.shape)}; the carry must keep its shape and dtype: "
                "begin with an array like the result, or cast with .astype"
            )


def _form(nest: Any) -> Any:
    if isinstance(nest, dict):
        return {key: _form(part) for key, part in nest.items()}
    return type(nest)(map(_form, nest)) if type(nest) in (tuple, list) else "*"


def _check_one(who: str, value: Any) -> None:
    if getattr(value, "shape", ()) != ():
        raise TypeError(f"{who} must be one value, and has shape {tuple(value.shape)}; write .all() or .any()")
