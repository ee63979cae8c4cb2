"""The derivative of a Scalar as one formula, which sympy works out from the graph: a second way to the same number.

What an operation computes is asked of its declaration: handed a sympy expression for an array, it builds another one. So only NumPy's
own functions have to be translated, and whatever is made of them has a formula. Needs sympy, of the extra [symbolic]; imported only
when a formula is asked for.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sympy
from numpy.lib.mixins import NDArrayOperatorsMixin
from sympy.printing.latex import LatexPrinter
from sympy.printing.str import StrPrinter

from .. import graph
from ..scalar import Scalar
from .cards import spelled
from .formulas import RAISED, Formula

MOST = 60  # operations, counted as often as the formula repeats them; of the derivative five times as many


def derivative(y: Scalar, x: Any, called: Mapping[Any, Formula]) -> tuple[Formula, float]:
    """∂y/∂x as a formula in the leaves of the graph and x, and its number.

    `called` has the names of the nodes. Where a graph uses a value twice, the formula has it twice: so a small graph may have a large
    formula. ValueError, with a sentence, if it has more than 60 operations, or an operation that sympy cannot write.
    """
    nodes: list[Any] = graph.ancestors([y])[::-1]
    sizes: dict[Any, int] = {}
    for node in nodes:
        leaf = node is x or node.op is None
        sizes[node] = (
            0 if leaf else min(1 + sum(sizes[source] for source in node.inputs if source is not None), MOST + 1)
        )
    if sizes[y] > MOST:
        raise ValueError(f"it has more than {MOST} operations")
    formulas: dict[Any, Any] = {}
    letters: dict[Any, Any] = {}
    for node in nodes:
        if node is x or node.op is None:
            formulas[node] = letters[node] = sympy.Dummy(called[node].text, real=True)
        else:
            formulas[node] = _computed(node, [node.b if s is None else formulas[s] for s in node.inputs])
    found = sympy.diff(formulas[y], letters[x])
    if found.count_ops() > 5 * MOST:
        raise ValueError(f"it has more than {5 * MOST} operations")
    if found.count_ops() <= MOST:
        found = min((found, sympy.factor_terms(found), sympy.factor(found)), key=lambda each: each.count_ops())
    names = {letter: called[node].latex for node, letter in letters.items()}
    written = Formula(_plainly(_Text().doprint(found)), _Latex({"symbol_names": names}).doprint(found))
    return written, _number(found, {letter: node.data for node, letter in letters.items()})


def _number(formula: Any, values: Mapping[Any, float]) -> float:
    try:
        return float(formula.evalf(subs=values))
    except (TypeError, ArithmeticError):  # infinite, or not real
        return float("nan")


# --- What operations compute ------------------------------------------------------------------------------------------


class Logistic(sympy.Function):
    """σ, whose derivative is σ (1 − σ)."""

    def fdiff(self, argindex: int = 1) -> Any:
        return self * (1 - self)

    def _eval_evalf(self, prec: int) -> Any:
        return (1 / (1 + sympy.exp(-self.args[0])))._eval_evalf(prec)


class Relu(sympy.Function):
    """max(0, x), whose derivative is 0 at 0."""

    def fdiff(self, argindex: int = 1) -> Any:
        return sympy.Heaviside(self.args[0], 0)

    def _eval_evalf(self, prec: int) -> Any:
        return sympy.Max(0, self.args[0])._eval_evalf(prec)


# NumPy's functions in sympy's, where they have another name or one that means something else.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "negative": operator.neg,
    "positive": operator.pos,
    "power": operator.pow,
    "float_power": operator.pow,
    "remainder": operator.mod,
    "absolute": sympy.Abs,
    "square": lambda x: x**2,
    "reciprocal": lambda x: 1 / x,
    "maximum": sympy.Max,
    "minimum": sympy.Min,
    "exp2": lambda x: 2**x,
    "expm1": lambda x: sympy.exp(x) - 1,
    "log1p": lambda x: sympy.log(1 + x),
    "log2": lambda x: sympy.log(x, 2),
    "log10": lambda x: sympy.log(x, 10),
    "hypot": lambda a, b: sympy.sqrt(a**2 + b**2),
    "arctan2": sympy.atan2,
    **{f"arc{name}": getattr(sympy, f"a{name}") for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{
        name: getattr(sympy, name)
        for name in ("exp", "log", "sqrt", "cbrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sign")
    },
}
# Operations whose declarations avoid overflow, which formulas need not.
PLAIN: dict[str, Callable[..., Any]] = {
    "sigmoid": Logistic,
    "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
    "relu": Relu,
}


class Expression(NDArrayOperatorsMixin):
    """A sympy expression that NumPy's functions take for an array."""

    def __init__(self, formula: Any) -> None:
        self.formula = formula

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **options: Any) -> Any:
        function = FUNCTIONS.get(ufunc.__name__)
        if function is None or method != "__call__" or options:
            return NotImplemented
        return Expression(function(*(o.formula if isinstance(o, Expression) else _constant(o) for o in operands)))


def _computed(node: Any, operands: list[Any]) -> Any:
    declared = getattr(node.op, "declared", node.op)
    operands = [o if isinstance(o, sympy.Expr) else _constant(o) for o in operands]
    function = PLAIN.get(declared.name) or FUNCTIONS.get(declared.name)
    if function is not None:
        return function(*operands)
    try:
        return declared.forward(*map(Expression, operands)).formula
    except (TypeError, AttributeError):
        raise ValueError(f"sympy has nothing for {declared.name.replace('_', ' ')}") from None


def _constant(x: Any) -> Any:
    """A number: whole, or a small fraction, if it is one."""
    x = float(x)
    if not np.isfinite(x):
        return sympy.Float(x)
    exact = sympy.Rational(repr(x))
    return exact if exact.q <= 10 and abs(exact.p) < 10**6 else sympy.Float(x)


# --- How they are written ---------------------------------------------------------------------------------------------


class _Text(StrPrinter):
    def _print_Dummy(self, x: Any) -> str:
        return str(x.name)

    def _print_Float(self, x: Any) -> str:
        return spelled(float(x))

    def _print_Heaviside(self, step: Any) -> str:
        return f"[{self._print(step.args[0])} > 0]"

    def _print_Logistic(self, f: Any) -> str:
        return f"σ({self._print(f.args[0])})"

    def _print_Relu(self, f: Any) -> str:
        return f"max(0, {self._print(f.args[0])})"

    def _print_Max(self, f: Any) -> str:
        return f"max({self.stringify(f.args, ', ')})"

    def _print_Min(self, f: Any) -> str:
        return f"min({self.stringify(f.args, ', ')})"

    def _print_Abs(self, f: Any) -> str:
        return f"|{self._print(f.args[0])}|"


class _Latex(LatexPrinter):
    def _print_Dummy(self, x: Any) -> str:
        return str(self._settings["symbol_names"][x])

    def _print_Float(self, x: Any) -> str:
        return spelled(float(x)).replace("−", "-")

    def _print_Heaviside(self, step: Any, exp: Any = None) -> str:
        return rf"\left[{self._print(step.args[0])} > 0\right]" + (f"^{{{exp}}}" if exp else "")

    def _print_Logistic(self, f: Any, exp: Any = None) -> str:
        return rf"\sigma{f'^{{{exp}}}' if exp else ''}\left({self._print(f.args[0])}\right)"

    def _print_Relu(self, f: Any, exp: Any = None) -> str:
        return rf"\max{f'^{{{exp}}}' if exp else ''}\left(0, {self._print(f.args[0])}\right)"


def _plainly(text: str) -> str:
    """sympy's way to write a formula in the signs that the others here are written in."""
    text = re.sub(r"\*\*(?:(\d+)(?![\d.])|\((-\d+)\))", lambda m: (m[1] or m[2]).translate(RAISED), text)
    for theirs, ours in {"**": "^", "*": " · ", "/": " / ", "-": "−", "sqrt": "√"}.items():
        text = text.replace(theirs, ours)
    return text
