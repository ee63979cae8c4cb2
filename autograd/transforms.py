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
    if modes.tracing():
        return _traced(value, like)
    if not isinstance(value, Tensor) or isinstance(like, Tensor) or value.requires_grad:
        return value
    return _as_array(value)


def _plain_result(y: Any, x: Any) -> Any:
    """A value of f: detached from the variables of this level if no outer level needs it."""
    if modes.tracing():
        return _traced(y, x)
    if not isinstance(y, Tensor) or isinstance(x, Tensor) or _depth.level:
        return y
    return _as_array(y)


def _traced(value: Any, like: Any) -> Any:
    """The result in a trace, where what will be a plain array is a Tensor that is known to stand for one."""
    plain = modes.innermost("trace").plain
    if id(like) in plain and isinstance(value, Tensor):
        plain.add(id(value))
    return value


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

    def pull(self, ys: Sequence[Any], seeds: Sequence[Any], create: bool | None = None) -> list[Any]:
        """Σ vᵀ ∂y/∂x for every variable x, over these results y and their cotangents v."""
        given: dict[Any, Any] = {}
        for y, v in zip(ys, seeds):
            if (node := _node(y)) is not None:
                given[node] = given[node] + v if node in given else v
        nodes = [_node(x) for x in self.variables]
        found: dict[Any, Any] = {}
        if given:
            found = run_backward(given, nodes, retain=True, create=self.nested if create is None else create)
        shares = []
        for x, n in zip(self.variables, nodes):
            g = found.get(n)
            if g is None:
                g = 0.0 if isinstance(x, graph.Node) else np.zeros(x.shape, x.dtype)
            elif isinstance(g, np.ndarray):
                g = np.array(g)  # a rule may have returned a view or the seed itself
            shares.append(g if isinstance(g, Tensor) or isinstance(x, graph.Node) else Tensor._make(g, None))
        return shares

    def rows(self, y: Any) -> list[Any]:
        """∂y/∂x for every variable x: a backward pass for each number in y, many at once where nobody watches."""
        seeds = np.eye(math.prod(y.shape), dtype=y.dtype).reshape(math.prod(y.shape), *y.shape)
        shapes = [(*y.shape, *x.shape) for x in self.variables]
        node = _node(y)
        arrays = not any(isinstance(x, graph.Node) for x in (y, *self.variables))
        if node is not None and len(seeds) and arrays and not self.nested:
            from .batched import pull_rows

            found = pull_rows(node, seeds, [x._node for x in self.variables])
            if found is not None:
                blocks = [
                    np.zeros(shape, x.dtype) if rows is None else rows.reshape(shape)
                    for rows, x, shape in zip(found, self.variables, shapes)
                ]
                return [block if isinstance(block, Tensor) else Tensor._make(block, None) for block in blocks]
        if node is None or not len(seeds):
            return [Tensor._make(np.zeros(shape, x.dtype), None) for shape, x in zip(shapes, self.variables)]
        pulled = [self.pull([y], [seed]) for seed in seeds]
        return [np.reshape(np.stack(rows), shape) for rows, shape in zip(zip(*pulled), shapes)]

    def results(self, shares: Sequence[Any]) -> Any:
        nest = self.rebuild([_out(g, x) for g, x in zip(shares, self.given)])
        return nest[0] if self.single else tuple(nest)

    def outputs(self, who: str, what: str = "arrays") -> tuple[list[Any], Callable[[Sequence[Any]], Any]]:
        """The parts of what f returned, each a Tensor or a Scalar, and the function that puts others in their places."""
        parts, build = flatten(self.value)
        if any(part is None for part in parts):
            raise TypeError(
                f"{who} needs a function that returns {what}, and this one returned a {type(self.value).__name__}"
                f"{'' if self.value is None else ' with None in it'}"
            )
        return [y if isinstance(y, Tensor | graph.Node) else Tensor(np.asarray(y)) for y in parts], build

    def one(self, who: str) -> tuple[Any, Any]:
        """(y, the seed 1), y being the value of f, which must be one number."""
        value = self.value[0] if isinstance(self.value, tuple) and len(self.value) == 1 else self.value
        if isinstance(value, tuple | list | dict | None):
            raise TypeError(
                f"{who} needs a function that returns one number, and this one returned a {type(value).__name__}; "
                "return its parts by themselves, or use jacobian"
            )
        y = value if isinstance(value, Tensor | graph.Node) else Tensor(np.asarray(value))
        if isinstance(y, graph.Node):
            return y, 1.0
        if y._data.size != 1:
            raise TypeError(
                f"{who} needs a function of one number, and this one returned shape {y.shape}; sum it, or use jacobian"
            )
        return y, np.ones(y.shape, y.dtype)


def _node(x: Any) -> Any:
    return x if isinstance(x, graph.Node) else x._node


# --- The transforms ---


def grad(
    f: Any = None,
    inputs: Any = 0,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
    *,
    argnums: Any = None,
    outputs: Any = None,
    only_inputs: bool = True,
    materialize_grads: bool = False,
) -> Any:
    """The gradient, in two forms.

    `grad(f)` is the function that returns df/dx for the first argument of f; `grad(f, argnums=(0, 2))` a tuple for
    several. f must return one number.

    `grad(y, [x, w])`, given Tensors, returns a tuple of dy/dx, dy/dw (PyTorch's form): `grad_outputs` is dJ/dy where
    y is not one number, `create_graph=True` makes the result differentiable again, `allow_unused=True` gives None for
    an input that y does not depend on instead of a RuntimeError, `materialize_grads=True` gives zeros. `outputs` is PyTorch's
    name for y; `only_inputs` is always True there and here.

    >>> grad(np.sin)(0.0)
    np.float64(1.0)
    >>> grad(grad(lambda x: x**3))(2.0)
    np.float64(12.0)
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> grad((x * x).sum(), [x])
    (tensor([2., 4.]),)
    """
    if outputs is not None:
        if f is not None:
            raise TypeError("grad takes the outputs once: grad(y, [x]) or grad(outputs=y, inputs=[x])")
        f = outputs
    if not only_inputs:
        raise ValueError("grad leaves .grad as it is, so only_inputs is True; to fill .grad write y.backward()")
    if isinstance(f, Tensor | graph.Node) or (isinstance(f, tuple | list) and f):
        unused = allow_unused or materialize_grads
        found = _grad_of_tensors(f, inputs, grad_outputs, retain_graph, create_graph, unused)
        if materialize_grads:
            given = inputs if isinstance(inputs, tuple | list) else [inputs]
            found = tuple(_zeros_of(x) if g is None else g for g, x in zip(found, given))
        return found
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


def _zeros_of(x: Any) -> Any:
    return 0.0 if isinstance(x, graph.Node) else Tensor(np.zeros(x.shape, x.dtype))


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
        gradient = run.results(run.pull([y], [seed]))
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
    ys, build = run.outputs("vjp")

    def pullback(v: Any) -> Any:
        cotangents = _like(v, run.value, ys, "vjp: the cotangent", "the function's value")
        lifted = any(isinstance(u, Tensor) and u.requires_grad for u in cotangents)
        results = run.results(run.pull(ys, cotangents, create=run.nested or lifted))
        return results[0] if len(args) == 1 else results

    return build([_plain_result(y, run.given[0]) for y in ys]), pullback


def _like(nest: Any, model: Any, leaves: Sequence[Any], what: str, whose: str) -> list[Any]:
    """The leaves of a nest of tangents or cotangents that has the form of `model`, whose leaves are given."""
    parts = flatten(nest)[0] if isinstance(model, tuple | list | dict) else [nest]
    if len(parts) != len(leaves):
        raise ValueError(f"{what} has {len(parts)} parts, but {whose} has {len(leaves)}; give one each")
    found = []
    for i, (t, x) in enumerate(zip(parts, leaves)):
        if not isinstance(t, Tensor):
            if np.iscomplexobj(t):
                raise TypeError(f"{what} is complex, and complex Tensors are not supported; give its real part")
            t = np.asarray(t, x.dtype)
        if t.shape != x.shape:
            part = f" in part {i}" if len(leaves) > 1 else ""
            raise ValueError(f"{what} has shape {t.shape}{part}, but {whose} has {x.shape}; they must be equal")
        found.append(t)
    return found


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
    ys, build = run.outputs("jvp")
    given: list[Any] = []
    for i, (x, t) in enumerate(zip(primals, tangents)):
        variables = run.variables[len(given) : len(given) + len(flatten(x)[0])]
        given += _like(t, x, variables, f"jvp: tangent {i}", "the argument")
    scalars = any(isinstance(x, graph.Node) for x in run.variables)
    moved = [_by_transposing(run, y, given) for y in ys] if scalars else _pushed(run, ys, given)
    x = run.given[0]
    return build([_plain_result(y, x) for y in ys]), build([_out(t, x) for t in moved])


def _pushed(run: _Run, ys: Sequence[Any], tangents: list[Any]) -> list[Tensor]:
    from .forward import push_forward

    lift = run.nested or modes.tracing() or any(isinstance(t, Tensor) and t.requires_grad for t in tangents)
    known = {
        x._node: (t if isinstance(t, Tensor) else Tensor._make(t, None)) if lift else getattr(t, "_data", t)
        for x, t in zip(run.variables, tangents)
    }
    moved = push_forward([_node(y) for y in ys], known, lift)
    found = [np.zeros(y.shape, y.dtype) if t is None else t for y, t in zip(ys, moved)]
    return [t if isinstance(t, Tensor) else Tensor._make(np.array(t), None) for t in found]


def _by_transposing(run: _Run, y: Any, tangents: list[Any]) -> Any:
    """∂y/∂x · t for Scalars: uᵀ ∂y/∂x is linear in u, so its derivative along t is what is wanted."""
    from .forward import along

    u = Tensor._make(np.zeros(y.shape, y.dtype if y.dtype.kind == "f" else float), None).requires_grad_()
    total = along(run.pull([y], [u], create=True), tangents, u, run.nested)
    if total is None:
        total = np.zeros(y.shape, y.dtype)
    return total if isinstance(total, Tensor) else Tensor._make(np.asarray(total), None)


def jacobian(f: Callable[..., Any], argnums: Any = 0) -> Callable[..., Any]:
    """The function that returns ∂f_i/∂x_j with shape (*f(x).shape, *x.shape): one backward pass for each f_i.

    Where f returns a nest of arrays, the result is such a nest, of nests like x if x is one.

    >>> jacobian(lambda x: x[:2] * x[2])(np.array([1.0, 2.0, 3.0]))
    array([[3., 0., 1.],
           [0., 3., 2.]])
    >>> jacobian(lambda x: {"sum": x["a"] + x["b"]})({"a": 1.0, "b": 2.0})
    {'sum': {'a': np.float64(1.0), 'b': np.float64(1.0)}}
    """

    def matrix(*args: Any, **kwargs: Any) -> Any:
        run = _Run(f, args, argnums, kwargs)
        ys, build = run.outputs("jacobian")
        return build([run.results(run.rows(y)) for y in ys])

    return matrix


def hessian(f: Callable[..., Any], argnums: Any = 0) -> Callable[..., Any]:
    """The function that returns the matrix of second derivatives of f, which returns one number.

    By a nest of arrays, it returns a nest of nests: the derivative of each part of the gradient by each part of x.

    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    return jacobian(grad(f, argnums), argnums)


def hvp(f: Callable[..., Any], x: Any, v: Any) -> Any:
    """The Hessian of f at x times v, without forming the Hessian: the gradient of ⟨grad f(x), v⟩.

    x may be a nest of arrays; v is one like it then, and so is the result.

    >>> hvp(lambda x: (x**3).sum(), np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    array([6., 0.])
    """
    run = _Run(f, (x,), 0, {})
    y, seed = run.one("hvp")
    gradient = run.pull([y], [seed], create=True)
    cotangents = _like(v, x, run.variables, "hvp: the vector", "the argument")
    lifted = any(isinstance(u, Tensor) and u.requires_grad for u in cotangents)
    return run.results(run.pull(gradient, cotangents, create=run.nested or lifted))
