"""Functions of functions: grad, value_and_grad, vjp, jvp, jacobian, hessian, hvp.

Plain arrays in, plain arrays out; a Python float enters and leaves as a float64. Arguments may be nests of tuples,
lists and dicts of arrays. Inside one another they compose to any order: the inner one then works on recorded values.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from . import graph, modes
from .reach import take_in
from .tensor import Tensor, copied, run_backward, seed_of


class _Depth(threading.local):
    """How many transforms are running in this thread: inside another one, results must stay differentiable."""

    level = 0


_depth = _Depth()


# --- Nests ---


def flatten(nest: Any) -> tuple[list[Any], Callable[[Sequence[Any]], Any]]:
    """The leaves of a nest of tuples, lists and dicts, and the function that puts others in their places."""
    if isinstance(nest, dict):
        flat, build = flatten(list(nest.values()))
        return flat, lambda leaves: nest | dict(zip(nest, build(leaves)))
    if isinstance(nest, tuple | list):
        parts = [flatten(part) for part in nest]
        sizes = [len(flat) for flat, _ in parts]

        def rebuild(leaves: Sequence[Any]) -> Any:
            rest = iter(leaves)
            built = [build([next(rest) for _ in range(n)]) for n, (_, build) in zip(sizes, parts)]
            return type(nest)(*built) if hasattr(nest, "_fields") else type(nest)(built)

        return [leaf for flat, _ in parts for leaf in flat], rebuild
    return [nest], lambda leaves: leaves[0]


# --- Variables and values ---


def _variable(x: Any) -> Any:
    """A fresh Tensor to differentiate by: a leaf, or a recorded copy of a value that has a history already."""
    if isinstance(x, graph.Node) and not isinstance(x, Tensor):
        return cast(Any, x) * 1.0  # a Scalar
    if isinstance(x, Tensor):
        fresh = copied(x)
        return fresh if fresh.requires_grad else fresh.requires_grad_()
    value = np.asarray(x)
    if value.dtype.kind != "f":
        raise TypeError(
            f"grad differentiates by floating numbers, and this argument is {value.dtype}; write 2.0, or x.astype(float)"
        )
    return Tensor._make(value, None).requires_grad_()


def _out(value: Any, like: Any) -> Any:
    """A result as the caller gave the argument: a plain array for a plain array, unless an outer transform needs it."""
    if not isinstance(value, Tensor) or isinstance(like, Tensor) or value.requires_grad or modes.tracing():
        return value
    return _as_array(value)


def _plain_result(y: Any, x: Any) -> Any:
    """A value of f: detached from the variables of this level if no outer level needs it."""
    if not isinstance(y, Tensor) or isinstance(x, Tensor) or _depth.level or modes.tracing():
        return y
    return _as_array(y)


def _as_array(t: Tensor) -> Any:
    return t._data if t.shape else t._data[()]


def _is_nested(leaves: Sequence[Any]) -> bool:
    return _depth.level > 0 or any(isinstance(x, graph.Node) or getattr(x, "requires_grad", False) for x in leaves)


class _Run:
    """One run of f on fresh variables: its value, and the gradients that can be had from it."""

    def __init__(self, f: Callable[..., Any], args: tuple[Any, ...], argnums: Any, kwargs: dict[str, Any]) -> None:
        self.single = not isinstance(argnums, tuple | list)
        places = (argnums,) if self.single else tuple(argnums)
        if len({i % max(len(args), 1) for i in places}) < len(places):
            raise ValueError(f"argnums={argnums} names an argument twice")
        for i in places:
            if not -len(args) <= i < len(args):
                raise IndexError(
                    f"argnums={argnums}, but the function was called with {len(args)} positional arguments"
                )
        self.given, self.rebuild = flatten([args[i] for i in places])
        if not self.given:
            raise TypeError("there is nothing to differentiate by: give the function at least one array or number")
        self.nested = _is_nested(self.given)
        self.variables = [_variable(x) for x in self.given]
        inner = list(args)
        for i, value in zip(places, self.rebuild(self.variables)):
            inner[i] = value
        _depth.level += 1
        try:
            with_grad = f if modes.is_grad_enabled() else modes.enable_grad()(f)
            self.value = with_grad(*inner, **kwargs)
        finally:
            _depth.level -= 1

    def pull(self, y: Any, seed: Any, create: bool | None = None) -> list[Any]:
        """vᵀ ∂y/∂x for every variable x."""
        node = y if isinstance(y, graph.Node) else getattr(y, "_node", None)
        nodes = [x if isinstance(x, graph.Node) else x._node for x in self.variables]
        found: dict[Any, Any] = {}
        if node is not None:
            found = run_backward({node: seed}, nodes, retain=True, create=self.nested if create is None else create)
        shares = []
        for x, n in zip(self.variables, nodes):
            g = found.get(n)
            if g is None:
                g = 0.0 if isinstance(x, graph.Node) else np.zeros(x.shape, x.dtype)
            elif isinstance(g, np.ndarray):
                g = np.array(g)  # a rule may have returned a view or the seed itself
            shares.append(g if isinstance(g, Tensor) or isinstance(x, graph.Node) else Tensor._make(g, None))
        return shares

    def rows(self, y: Any, seeds: Any) -> Any:
        """vᵀ ∂y/∂x for every seed v and the one variable x, as an array."""
        x = self.variables[0]
        if not isinstance(y, graph.Node) and y._node is not None and not isinstance(x, graph.Node):
            from .batched import pull_rows

            found = pull_rows(y._node, seeds, [x._node])
            if found is not None:
                return np.zeros((len(seeds), *x.shape), x.dtype) if found[0] is None else found[0]
        return np.array([self.pull(y, seed)[0]._data for seed in seeds], x.dtype).reshape(len(seeds), *x.shape)

    def results(self, shares: Sequence[Any]) -> Any:
        nest = self.rebuild([_out(g, x) for g, x in zip(shares, self.given)])
        return nest[0] if self.single else tuple(nest)

    def array(self, who: str, what: str = "one array") -> Any:
        """The value of f, a Tensor or a Scalar: it must be one array or number."""
        y = self.value[0] if isinstance(self.value, tuple) and len(self.value) == 1 else self.value
        if isinstance(y, tuple | list | dict | None):
            raise TypeError(
                f"{who} needs a function that returns {what}, and this one returned a {type(y).__name__}; "
                "return its parts by themselves, or joined by np.concatenate"
            )
        return y if isinstance(y, Tensor | graph.Node) else Tensor(np.asarray(y))

    def one(self, who: str) -> tuple[Any, Any]:
        """(y, the seed 1), y being the value of f, which must be one number."""
        y = self.array(who, "one number")
        if isinstance(y, graph.Node):
            return y, 1.0
        if y._data.size != 1:
            raise TypeError(
                f"{who} needs a function of one number, and this one returned shape {y.shape}; sum it, or use jacobian"
            )
        return y, np.ones(y.shape, y.dtype)


# --- The transforms ---


def grad(
    f: Any,
    inputs: Any = 0,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
    *,
    argnums: Any = None,
) -> Any:
    """The gradient, in two forms.

    `grad(f)` is the function that returns df/dx for the first argument of f; `grad(f, argnums=(0, 2))` a tuple for
    several. f must return one number.

    `grad(y, [x, w])`, given Tensors, returns a tuple of dy/dx, dy/dw (PyTorch's form): `grad_outputs` is dJ/dy where
    y is not one number, `create_graph=True` makes the result differentiable again, `allow_unused=True` gives None for
    an input that y does not depend on instead of a RuntimeError.

    >>> grad(np.sin)(0.0)
    np.float64(1.0)
    >>> grad(grad(lambda x: x**3))(2.0)
    np.float64(12.0)
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> grad((x * x).sum(), [x])
    (tensor([2., 4.]),)
    """
    if isinstance(f, Tensor | graph.Node) or (isinstance(f, tuple | list) and f):
        return _grad_of_tensors(f, inputs, grad_outputs, retain_graph, create_graph, allow_unused)
    if not callable(f):
        raise TypeError(f"grad takes a function, or Tensors and their inputs: grad(y, [x]); not {type(f).__name__}")
    value_and_gradient = value_and_grad(f, inputs if argnums is None else argnums)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        return value_and_gradient(*args, **kwargs)[1]

    return gradient


def _grad_of_tensors(
    outputs: Any, inputs: Any, grad_outputs: Any, retain: bool | None, create: bool, allow_unused: bool
) -> tuple[Any, ...]:
    outputs = list(outputs) if isinstance(outputs, tuple | list) else [outputs]
    inputs = list(inputs) if isinstance(inputs, tuple | list) else [inputs]
    seeds_given = grad_outputs if isinstance(grad_outputs, tuple | list) else [grad_outputs] * len(outputs)
    if len(seeds_given) != len(outputs):
        raise ValueError(f"grad_outputs has {len(seeds_given)} entries for {len(outputs)} outputs; give one each")
    seeds: dict[Any, Any] = {}
    for y, g in zip(outputs, seeds_given):
        node = _node_of(y, "output")
        seed = (1.0 if g is None else g) if isinstance(y, graph.Node) else seed_of(y, g)
        seeds[node] = seeds[node] + seed if node in seeds else seed
    nodes = []
    for i, x in enumerate(inputs):
        node = _node_of(x, "input")
        if node is None:
            raise RuntimeError(f"grad: input {i} needs no gradient; make it with requires_grad=True")
        nodes.append(node)
    found = run_backward(seeds, nodes, retain, create)
    results: list[Any] = []
    for i, (x, node) in enumerate(zip(inputs, nodes)):
        g = found.get(node)
        if g is None and not allow_unused:
            raise RuntimeError(
                f"grad: the output does not depend on input {i}, so its gradient is zero everywhere. "
                "Pass allow_unused=True to get None for it"
            )
        if g is not None and not isinstance(x, graph.Node):
            if not isinstance(g, Tensor):
                g = Tensor._make(np.array(g), None)
            elif any(g is other for other in (*results, *seeds.values())):  # nobody shares what can be changed in place
                g = copied(g)
        results.append(g)
    return tuple(results)


def _node_of(x: Any, what: str) -> Any:
    if not isinstance(x, Tensor | graph.Node):
        hint = "write autograd.grad(y, [x])" if x.__class__ is int else "make it with Tensor(..., requires_grad=True)"
        raise TypeError(f"grad of Tensors: an {what} is a {type(x).__name__}, and must be a Tensor or a Scalar; {hint}")
    return x if isinstance(x, graph.Node) else x._node


def value_and_grad(f: Callable[..., Any], argnums: Any = 0) -> Callable[..., tuple[Any, Any]]:
    """The function that returns (f(x), df/dx) for the price of one forward and one backward pass.

    >>> value_and_grad(lambda x: (x * x).sum())(np.array([1.0, 2.0]))
    (np.float64(5.0), array([2., 4.]))
    """

    def both(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        run = _Run(f, args, argnums, kwargs)
        y, seed = run.one("grad")
        gradient = run.results(run.pull(y, seed))
        return _plain_result(y, run.given[0]), gradient

    return both


def vjp(f: Callable[..., Any], *args: Any) -> tuple[Any, Callable[[Any], Any]]:
    """(f(x), pullback), where pullback(v) is vᵀ ∂f/∂x: reverse mode, one pass for any number of inputs.

    >>> y, pullback = vjp(np.sin, np.array([0.0, 0.0]))
    >>> pullback(np.array([1.0, 2.0]))
    array([1., 2.])
    """
    for x in flatten(list(args))[0]:
        if isinstance(x, np.ndarray):  # which the caller may change before the pullback is called
            take_in(x)
    run = _Run(f, args, tuple(range(len(args))), {})
    y = run.array("vjp")

    def pullback(v: Any) -> Any:
        seed = v if isinstance(v, Tensor) else np.asarray(v, y.dtype)
        if seed.shape != y.shape:
            raise ValueError(f"the cotangent has shape {seed.shape}, but the function's value has {y.shape}")
        shares = run.pull(y, seed, create=run.nested or (isinstance(v, Tensor) and v.requires_grad))
        results = run.results(shares)
        return results[0] if len(args) == 1 else results

    return _plain_result(y, run.given[0]), pullback


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """(f(x), ∂f/∂x · t): the derivative along t, by forward mode. `primals` and `tangents` are tuples, one entry an argument.

    >>> jvp(lambda x: x**2, (3.0,), (1.0,))
    (np.float64(9.0), np.float64(6.0))
    """
    if not isinstance(primals, tuple | list) or not isinstance(tangents, tuple | list):
        raise TypeError("jvp takes a tuple of arguments and one of tangents: jvp(f, (x,), (t,))")
    if len(primals) != len(tangents):
        raise ValueError(f"jvp: {len(tangents)} tangents for {len(primals)} arguments; give one each")
    run = _Run(f, tuple(primals), tuple(range(len(primals))), {})
    y = run.array("jvp")
    flat, _ = flatten(list(tangents))
    given = []
    for i, (x, t) in enumerate(zip(run.variables, flat)):
        t = t if isinstance(t, Tensor) else np.asarray(t, x.dtype)
        if t.shape != x.shape:
            raise ValueError(
                f"jvp: tangent {i} has shape {t.shape}, but the argument has {x.shape}; they must be equal"
            )
        given.append(t)
    if any(isinstance(x, graph.Node) for x in run.variables):
        moved = _by_transposing(run, y, given)
    else:
        moved = _pushed(run, y, given)
    return _plain_result(y, run.given[0]), _out(moved, run.given[0])


def _pushed(run: _Run, y: Any, tangents: list[Any]) -> Tensor:
    from .forward import push_forward

    lift = run.nested or modes.tracing() or any(isinstance(t, Tensor) and t.requires_grad for t in tangents)
    known = {
        x._node: (t if isinstance(t, Tensor) else Tensor._make(t, None)) if lift else getattr(t, "_data", t)
        for x, t in zip(run.variables, tangents)
    }
    moved = None if y._node is None else push_forward(y._node, known, lift)
    if moved is None:
        moved = np.zeros(y.shape, y.dtype)
    return moved if isinstance(moved, Tensor) else Tensor._make(np.array(moved), None)


def _by_transposing(run: _Run, y: Any, tangents: list[Any]) -> Any:
    """∂y/∂x · t for Scalars: uᵀ ∂y/∂x is linear in u, so its derivative along t is what is wanted."""
    from .forward import along

    u = Tensor._make(np.zeros(y.shape, y.dtype if y.dtype.kind == "f" else float), None).requires_grad_()
    total = along(run.pull(y, u, create=True), tangents, u, run.nested)
    if total is None:
        total = np.zeros(y.shape, y.dtype)
    return total if isinstance(total, Tensor) else Tensor._make(np.asarray(total), None)


def jacobian(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """The function that returns ∂f_i/∂x_j with shape (*f(x).shape, *x.shape): one backward pass for each f_i.

    >>> jacobian(lambda x: x[:2] * x[2])(np.array([1.0, 2.0, 3.0]))
    array([[3., 0., 1.],
           [0., 3., 2.]])
    """

    def matrix(*args: Any, **kwargs: Any) -> Any:
        run = _Run(f, args, argnums, kwargs)
        y = run.array("jacobian")
        if len(run.variables) != 1:
            raise TypeError("jacobian differentiates by one array; give its place in argnums")
        x, shape = run.variables[0], (*y.shape, *run.variables[0].shape)
        seeds = np.eye(math.prod(y.shape), dtype=y.dtype).reshape(math.prod(y.shape), *y.shape)
        if run.nested or modes.tracing():
            rows = [run.pull(y, seed)[0] for seed in seeds]
            return np.reshape(np.stack(rows), shape) if rows else _out(Tensor._make(np.zeros(shape, x.dtype), None), x)
        return _out(Tensor._make(run.rows(y, seeds).reshape(shape), None), run.given[0])

    return matrix


def hessian(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """The function that returns the matrix of second derivatives of f, which returns one number.

    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    return jacobian(grad(f, argnums), argnums)


def hvp(f: Callable[..., Any], x: Any, v: Any) -> Any:
    """The Hessian of f at x times v, without forming the Hessian: the gradient of ⟨grad f(x), v⟩.

    >>> hvp(lambda x: (x**3).sum(), np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    array([6., 0.])
    """
    return vjp(grad(f), x)[1](v)
