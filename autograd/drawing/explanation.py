"""explain: the backward pass of a graph, written out step by step with the rule that is applied at each."""

from __future__ import annotations

import html
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import graph
from ..scalar import Scalar
from .cards import small, spelled, spelled_rows
from .formulas import LONG, Formula, backward, forward, gradient, product_with_jacobian, symbols, unfreed, written
from .known import Known, node_of, plain, unnoted


class Share(NamedTuple):
    """What a step adds to the gradient of one of its inputs."""

    node: Any  # the input
    of: Formula  # its symbol
    formula: Formula
    value: Any
    more: bool  # whether a step before it has given a share to this input already
    total: Any  # the gradient of the input so far


class Step(NamedTuple):
    """One node of the backward pass: what it computed, its gradient, and the shares of its inputs."""

    node: Any
    symbol: Formula
    computed: Formula
    gradient: Any
    shares: list[Share]


class Derivative(NamedTuple):
    """∂y/∂x as one formula, or why there is none; what it comes to, and what the backward pass has."""

    of: Formula  # ∂y/∂x
    formula: Formula | None
    value: float
    gradient: float
    problem: str = ""

    @property
    def confirmed(self) -> bool:
        """Whether both numbers are the same, but for rounding."""
        return bool(np.isclose(self.value, self.gradient, rtol=1e-6, atol=1e-12, equal_nan=True))


class Explanation:
    """What `explain` returns. It prints as text; in a notebook it is typeset. `.steps` are its steps, `.latex()` and `.html()` its other forms.

    `.derivatives` are the derivatives of a Scalar as single formulas, where `wrt` was given.
    """

    def __init__(
        self, result: Formula, seed: Any, entries: list[Step | int], derivatives: Sequence[Derivative]
    ) -> None:
        self.result, self._seed, self._entries, self.derivatives = result, seed, entries, derivatives

    @property
    def steps(self) -> list[Step]:
        """The steps that are written out, the newest node first."""
        return [entry for entry in self._entries if isinstance(entry, Step)]

    def __str__(self) -> str:
        return "\n".join(self._lines())

    __repr__ = __str__

    def _lines(self) -> Iterator[str]:
        start = gradient(self.result, self.result)
        yield f"{start.text} = {_numbers(self._seed) or '1'}"
        number = 0
        for entry in self._entries:
            yield ""
            if not isinstance(entry, Step):
                yield f"… {entry:,} steps …"
                number += entry
                continue
            number += 1
            yield f"{number}. {entry.symbol.text} = {entry.computed.text}{_extent(entry.node)}"
            for share in entry.shares:
                left = gradient(share.of, self.result).text
                before = f"{left} + " if share.more else ""
                sign = "←" if share.more else "="
                yield f"   {left} {sign} {before}{share.formula.text}"
                if (numbers := _numbers(share.total)) is not None:
                    yield f"   {' ' * len(left)} = {numbers}"
        if any("Σ₀" in share.formula.text for step in self.steps for share in step.shares):
            yield ""
            yield "Σ₀ adds up over axis 0: what was broadcast on the way forward is summed on the way back."
        for each in self.derivatives:
            yield ""
            left = each.of.text
            if each.formula is None:
                yield f"{left} as one formula: {each.problem}"
                continue
            yield f"{left} = {each.formula.text}"
            yield f"{' ' * len(left)} = {spelled(each.value)}{'' if each.confirmed else f'; the backward pass has {spelled(each.gradient)}'}"

    def latex(self) -> str:
        """The steps as rows of LaTeX's `aligned`."""
        start = gradient(self.result, self.result).latex
        rows = [f"{start} &= {_numbers(self._seed, latex=True) or '1'}"]
        for entry in self._entries:
            if not isinstance(entry, Step):
                rows.append(rf"& \dots \text{{ {entry} steps }} \dots")
                continue
            rows.append(f"{entry.symbol.latex} &= {entry.computed.latex}")
            for share in entry.shares:
                left = gradient(share.of, self.result).latex
                before, sign = (f"{left} + ", r"\leftarrow") if share.more else ("", "=")
                numbers = _numbers(share.total, latex=True)
                rows.append(
                    rf"\quad {left} &{sign} {before}{share.formula.latex}" + (f" = {numbers}" if numbers else "")
                )
        for each in self.derivatives:
            if each.formula is not None:
                value = spelled(each.value).replace("−", "-")
                rows.append(f"{each.of.latex} &= {each.formula.latex} = {value}")
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def html(self) -> str:
        """The text as a piece of HTML."""
        return f'<pre style="line-height:1.5">{html.escape(str(self))}</pre>'

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **_: Any) -> dict[str, str]:
        return {"text/latex": f"$${self.latex()}$$", "text/html": self.html(), "text/plain": str(self)}


def explain(result: Any, wrt: Any = None, names: Mapping[str, Any] | None = None, *, limit: int = 100) -> Explanation:
    """The backward pass from `result` back to `wrt`, written out: at each node the rule that is applied, and its numbers where they are few.

    result  a Tensor or Scalar that was computed from others; of a Tensor of several numbers, their sum is differentiated
    wrt     a Tensor or Scalar, or a list of them: only what lies on a path to one of them is written out. By default all leaves
    names   what to call Tensors, Scalars and arrays, as in {"x": x}; `locals()` will do
    limit   about how many steps are written out; of more, the first and the last

    The formulas are not written down for each operation: they are what its derivative rule computes, read off while it runs. So they
    are right for one's own operations too. ∇_x J is the gradient of J in x, with x's shape; ⊙ multiplies element by element; [h > 0] is 1 where that
    is so, else 0; … is a constant that the graph has not kept, unless it was recorded under `autograd.observe()`. Nothing is changed: no `.grad`, and the graph is not freed.

    Of a Scalar, `wrt` also asks for the derivative as one formula: sympy (`pip install "chainrule[symbolic]"`) works it out from what was
    computed, not from the rules, and its number stands below it. It has at most 60 operations before it is differentiated; where there
    is none, that is said.

    TypeError for what has no graph; ValueError for a `wrt` that `result` was not computed from; RuntimeError for a graph that has been freed.

    >>> W, x = Tensor([[1.0, 2.0], [3.0, -4.0]], requires_grad=True), np.array([3.0, 1.0], np.float32)
    >>> alpha = W @ x
    >>> h = autograd.relu(alpha)
    >>> print(autograd.explain(h.sum(), names={"W": W, "x": x, "alpha": alpha, "h": h}))
    ∇_J J = 1
    <BLANKLINE>
    1. J = Σ h
       ∇_h J = ∇_J J
             = (1, 1)
    <BLANKLINE>
    2. h = max(0, α)   2
       ∇_α J = ∇_h J ⊙ [h > 0]
             = (1, 1)
    <BLANKLINE>
    3. α = W x   2
       ∇_W J = ∇_α J · xᵀ
             = (3, 1; 3, 1)
    """
    root = node_of(result, "explained")
    targets = _targets(wrt)
    nodes = graph.ancestors([root])
    there = set(nodes)
    missing = [i for i, t in enumerate(targets or ()) if t not in there]
    if missing:
        raise ValueError(
            f"explain: {'wrt' if len(targets or ()) == 1 else f'number {missing[0]} of wrt'} is not among what the result was computed "
            "from, so its gradient is None; autograd.why says where the path breaks"
        )
    useful = there if targets is None else graph.computed_from(targets, nodes)
    operations = [node for node in nodes if node in useful and node.op is not None]
    hidden = operations[limit // 2 : len(operations) - limit // 2] if len(operations) > limit else []
    known = Known(nodes, names or {})
    called = symbols(nodes, known)
    seed = seed_of(root)
    steps: list[Step] = []
    found = walk({root: seed}, known, called, steps.append, useful, set(hidden))
    entries: list[Step | int] = [*steps]
    if hidden:
        entries.insert(sum(step.node.order > hidden[0].order for step in steps), len(hidden))
    formulas = [_formula(root, x, called, float(found[x])) for x in targets or () if isinstance(root, Scalar)]
    return Explanation(called[root], seed, entries, formulas)


def _formula(y: Scalar, x: Any, called: Mapping[Any, Formula], g: float) -> Derivative:
    of = Formula(
        f"∂{called[y].text}/∂{called[x].text}", rf"\frac{{\partial {called[y].latex}}}{{\partial {called[x].latex}}}"
    )
    try:
        from .symbolic import derivative

        return Derivative(of, *derivative(y, x, called), g)
    except ModuleNotFoundError:
        problem = 'sympy is missing; pip install "chainrule[symbolic]" brings it'
    except ValueError as error:
        problem = str(error)
    return Derivative(of, None, float("nan"), g, problem)


def _targets(wrt: Any) -> list[Any] | None:
    if wrt is None:
        return None
    return [node_of(t, "explained") for t in (wrt if isinstance(wrt, list | tuple) else [wrt])]


def walk(
    seeds: dict[Any, Any],
    known: Known,
    called: Mapping[Any, Formula],
    tell: Callable[[Step], None],
    targets: Collection[Any] | None = None,
    skipped: Collection[Any] = (),
    result: Formula | None = None,
) -> dict[Any, Any]:
    """A backward pass from these roots, each step told as it is done. Returns the gradients that nodes have got.

    `result` is what is differentiated, if it is not the first root.

    Only `targets` are visited, if they are given; nodes that are `skipped` are gone through without a word. RuntimeError for
    a graph that has been freed, or changed since.
    """
    result = result or called[next(iter(seeds))]
    totals = dict(seeds)

    def pull(node: Any, g: Any, inputs: Sequence[Any]) -> Sequence[Any]:
        if node in skipped:
            with unfreed(node):
                return node.op.pull(node, g, inputs)
        cotangent = gradient(called[node], result)
        terms, shares = backward(node, g, called, known, cotangent)
        told = []
        for parent, term, share in zip(inputs, terms, shares):
            if parent is not None and term is not None:
                more = parent in totals
                totals[parent] = totals[parent] + share if more else share
                formula = written(term) if term.size <= LONG else product_with_jacobian(node, called[parent], cotangent)
                told.append(Share(parent, called[parent], formula, share, more, totals[parent]))
        tell(Step(node, called[node], forward(node, called, known), g, told))
        return [float(s) if isinstance(p, Scalar) and s is not None else s for p, s in zip(inputs, shares)]

    with np.errstate(all="ignore"), unnoted(graph.ancestors(seeds)):
        graph.sweep(seeds, targets, retain=True, pull=pull)
    return totals


def seed_of(root: Any) -> Any:
    """The gradient to begin with: 1, for each number of the result."""
    return 1.0 if isinstance(root, Scalar) else np.ones(root.shape, root.dtype)


# --- Numbers ----------------------------------------------------------------------------------------------------------


def _extent(node: Any) -> str:
    shape = getattr(node, "shape", ())
    return f"   {'×'.join(map(str, shape))}" if shape else ""


def _numbers(value: Any, latex: bool = False) -> str | None:
    """Few numbers, written out; None if there are too many."""
    array = np.asarray(plain(value))
    if not array.ndim:
        return spelled(array.item()).replace("−", "-" if latex else "−")
    if not small(array.shape):
        return None
    rows = spelled_rows(array)
    if latex:
        body = r" \\ ".join(" & ".join(row) for row in rows).replace("−", "-")
        return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"
    lines = [", ".join(row) for row in rows]
    return f"({lines[0]})" if array.ndim == 1 else "(" + "; ".join(lines) + ")"
