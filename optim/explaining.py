"""One update written out with its numbers: `update` is run on terms that remember how they were computed.

A term has a value and an expression. What `update` changes, the parameter and its state, becomes a line: v ← μ v - η g. So
does what it computes once and uses twice, under the name of its variable; all else stays inside expressions. A line is what
the optimizer does, whoever wrote it.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

SYMBOLS: dict[str, str | tuple[str, ...]] = {
    # settings
    "lr": "η",
    "momentum": "μ",
    "dampening": "d",
    "weight_decay": "λ",
    "betas": ("β₁", "β₂"),
    "eps": "ε",
    "step": "t",
    "lr_decay": "d",
    "alpha": "α",
    "rho": "ρ",
    "momentum_decay": "ψ",
    "etas": ("η⁻", "η⁺"),
    "step_sizes": ("least", "largest"),
    "lambd": "κ",
    "t0": "t₀",
    # state
    "velocity": "v",
    "momentum_buffer": "v",
    "exp_avg": "m",
    "exp_avg_sq": "v",
    "max_exp_avg_sq": "v*",
    "exp_inf": "u",
    "mu_product": "M",
    "square_avg": "r",
    "grad_avg": "m",
    "acc_delta": "d",
    "sum": "s",
    "prev": "g′",
    "step_size": "s",
    "eta": "ηₜ",
    "mu": "μₜ",
    "ax": "a",
    # variables
    "delta": "δ",
    "most": "ρ∞",
}

Expression = tuple[Any, ...]  # ("name", symbol, value), ("number", value), or (operation, *expressions)
SUM, PRODUCT, POWER, ATOM = range(4)  # how tightly an expression is bound
LOOSE = {"+": SUM, "-": SUM, "neg": SUM, "*": PRODUCT, "/": PRODUCT, "**": POWER}
LOOSE |= dict.fromkeys((">", ">=", "<", "<=", "=", "and", "or", "not"), -1)
OPERATORS = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "true_divide": "/",
    "divide": "/",
    "power": "**",
    "negative": "neg",
}
OPERATORS |= {"greater": ">", "greater_equal": ">=", "less": "<", "less_equal": "<=", "equal": "="}
OPERATORS |= {"logical_and": "and", "bitwise_and": "and", "logical_or": "or", "bitwise_or": "or", "invert": "not"}
OPERATORS |= {"absolute": "abs", "maximum": "max", "minimum": "min"}
RAISED = str.maketrans("0123456789t", "⁰¹²³⁴⁵⁶⁷⁸⁹ᵗ")


class Explanation(str):
    """A text that an interactive session shows as it is meant to be read."""

    def __repr__(self) -> str:
        return str(self)


class Sheet:
    """The lines so far, and which terms have names of their own: {number of the term: name}."""

    def __init__(self, names: Mapping[int, str]) -> None:
        self.lines: list[str] = []
        self.names = names
        self.open: Term | None = None  # what is being changed, in one statement or several
        self.terms = 0
        self.uses: Counter[int] = Counter()

    def note(self, symbol: str, expression: Expression, value: Any) -> None:
        if expression[0] in ("name", "number"):
            self.lines.append(f"{symbol} ← {_text(expression)} = {_shown(value)}")
        else:
            self.lines.append(f"{symbol} ← {_text(expression)}")
            self.lines.append(f"{' ' * len(symbol)} = {_text(expression, numbers=True)}")
            self.lines.append(f"{' ' * len(symbol)} = {_shown(value)}")


class Term(np.lib.mixins.NDArrayOperatorsMixin):
    """A number that remembers its expression. One with a symbol is a thing that `update` may change."""

    shape: tuple[int, ...] = ()
    size = 1
    ndim = 0

    def __init__(self, value: Any, expression: Expression, sheet: Sheet, symbol: str | None = None) -> None:
        self.value, self.expression, self.sheet, self.symbol = value, expression, sheet, symbol
        self.thing = symbol is not None
        self.changed = not self.thing  # whether there is something to be written down
        sheet.terms += 1
        self.number = sheet.terms
        if symbol is None:
            self.symbol = sheet.names.get(self.number)

    @property
    def dtype(self) -> Any:
        return np.result_type(self.value)

    def settle(self, symbol: str | None = None) -> Expression:
        """Its expression, to be part of another. What has a name is first written down, and from then on goes by its name."""
        self.sheet.uses[self.number] += 1
        self.symbol = symbol or self.symbol
        if self.symbol is not None and self.changed:
            self.sheet.note(self.symbol, self.expression, self.value)
            self.expression, self.changed = ("name", self.symbol, self.value), False
        return self.expression

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        out = options.pop("out", (None,))[0]
        if method != "__call__" or options:
            return NotImplemented
        value = ufunc(*map(_value, inputs))
        expressions = [a.expression if a is out else _expression(a) for a in inputs]
        expression = (OPERATORS.get(ufunc.__name__, ufunc.__name__), *expressions)
        return Term(value, expression, self.sheet) if out is None else out.become(value, expression)

    def __setitem__(self, place: Any, value: Any) -> None:
        if place is not Ellipsis and place != slice(None):
            raise TypeError(
                f"explain() follows one number and cannot write to [{place}] of an array; write p[...] = in update"
            )
        self.become(_value(value), _expression(value))

    def become(self, value: Any, expression: Expression) -> Term:
        """Be changed in place."""
        if self.thing and self.sheet.open is not self:
            if self.sheet.open is not None:
                self.sheet.open.settle()
            self.sheet.open = self
        self.value, self.expression, self.changed = value, expression, True
        return self

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if kwargs or function not in (np.where, np.clip):
            raise TypeError(f"explain() does not know numpy.{function.__name__}; use operators and ufuncs in update")
        value = function(*map(_value, args))[()]
        if function is np.clip:
            return Term(value, ("min", ("max", *map(_expression, args[:2])), _expression(args[2])), self.sheet)
        chosen = args[1] if _value(args[0]) else args[2]
        return chosen if isinstance(chosen, Term) else Term(value, ("number", value), self.sheet)

    def __bool__(self) -> bool:
        return bool(self.value)


def _value(a: Any) -> Any:
    return a.value if isinstance(a, Term) else a


def _expression(a: Any) -> Expression:
    return a.settle() if isinstance(a, Term) else ("number", a)


# --- Writing expressions ------------------------------------------------------------------------------------------------


def _shown(value: Any) -> str:
    if isinstance(value, bool | np.bool):
        return "1" if value else "0"
    return f"{value:.6g}".replace("-", "−")


def _text(expression: Expression, numbers: bool = False, bound: int = -1) -> str:
    """An expression with the names of things, or with their numbers; in brackets where it is bound less tightly than asked."""
    kind, *parts = expression
    if kind == "number":
        text, tight = _shown(parts[0]), ATOM if parts[0] >= 0 else SUM
    elif kind == "*" and parts[0] == parts[1] and parts[0][0] == "name":
        text, tight = _text(parts[0], numbers, ATOM) + "²", POWER
    elif kind == "name":
        text, tight = (_shown(parts[1]), ATOM if parts[1] >= 0 else SUM) if numbers else (parts[0], ATOM)
    else:
        text, tight = _composed(kind, parts, numbers), LOOSE.get(kind, ATOM)
    return f"({text})" if tight < bound else text


def _composed(kind: str, parts: list[Expression], numbers: bool) -> str:
    def text(part: Expression, bound: int = -1) -> str:
        return _text(part, numbers, bound)

    if kind == "neg":
        return "−" + text(parts[0], PRODUCT)
    if kind == "+":
        return f"{text(parts[0], SUM)} + {text(parts[1], PRODUCT if parts[1][0] in ('number', 'name') else SUM)}"
    if kind == "-":
        return f"{text(parts[0], SUM)} − {text(parts[1], PRODUCT)}"
    if kind == "*":
        factors = sorted(_factors(("*", *parts)), key=_rank)
        written = [text(factor, POWER) for factor in factors]
        return written[0] + "".join(
            (" · " if numbers or (a[-1].isdigit() and b[0].isdigit()) else " ") + b for a, b in pairwise(written)
        )
    if kind == "/":
        return f"{text(parts[0], PRODUCT)} / {text(parts[1], POWER)}"
    if kind == "**":
        base, exponent = parts
        if exponent == ("number", 0.5):
            return f"√{text(base, ATOM)}"
        raised = text(exponent)
        if raised.isdigit() or raised == "t":
            return text(base, ATOM) + raised.translate(RAISED)
        return f"{text(base, ATOM)}^{text(exponent, ATOM)}"
    if kind == "sqrt":
        return f"√{text(parts[0], ATOM)}"
    if kind == "abs":
        return f"|{text(parts[0])}|"
    if kind == "square":
        return text(parts[0], ATOM) + "²"
    if kind == "not":
        return f"not {text(parts[0], SUM)}"
    if kind in (">", ">=", "<", "<=", "=", "and", "or"):
        return f"{text(parts[0], SUM)} {kind} {text(parts[1], SUM)}"
    return f"{kind}({', '.join(map(text, parts))})"


def _factors(expression: Expression) -> list[Expression]:
    kind, *parts = expression
    if kind == "*" and not (parts[0] == parts[1] and parts[0][0] == "name"):
        return [factor for part in parts for factor in _factors(part)]
    return [expression]


def _rank(expression: Expression) -> int:
    """Numbers and settings stand before what they are multiplied with."""
    kind, *parts = expression
    if kind == "number":
        return 0
    if kind == "name":
        return 1 if len(parts) == 3 else 2
    return max((_rank(part) for part in parts), default=0)


# --- One update ---------------------------------------------------------------------------------------------------------


class Kept(dict[str, Any]):
    """The state of the update: what is put into it is written down at once."""

    def __setitem__(self, name: str, value: Any) -> None:
        if isinstance(value, Term):
            if not value.changed:  # another thing under another name
                value = Term(value.value, value.expression, value.sheet)
            value.settle(str(SYMBOLS.get(name, name)))
        super().__setitem__(name, value)


def explain(
    optimizer: Any, p: Any, g: Any, state: Mapping[str, Any], settings: Any, common: Any, title: str
) -> Explanation:
    """The update of one number with the value p, the gradient g and this state."""
    names: dict[int, str] = {}

    def run() -> tuple[Sheet, list[str]]:
        sheet, given = Sheet(names), []

        def setting(symbol: str, value: Any) -> Any:
            if not isinstance(value, int | float) or isinstance(value, bool):
                return value
            given.append(f"{symbol} = {_shown(value)}")
            return Term(value, ("name", symbol, value, "setting"), sheet, symbol)

        def terms(settings: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
            made: dict[str, Any] = {}
            for name, value in settings.items():
                symbol = SYMBOLS.get(name, name)
                if isinstance(value, tuple):
                    symbols = symbol if isinstance(symbol, tuple) else [f"{symbol}{i + 1}" for i in range(len(value))]
                    made[name] = tuple(map(setting, symbols, value))
                else:
                    made[name] = known[name] if name in known else setting(str(symbol), value)
            return made

        def thing(name: str, value: Any) -> Term:
            symbol = str(SYMBOLS.get(name, name))
            return Term(value, ("name", symbol, value), sheet, symbol)

        own = terms(settings, {})
        shared = terms(common, own)
        theta, gradient = thing("θ", p), thing("g", g)
        kept = Kept({name: thing(name, value) for name, value in state.items()})
        begin = [f"{term.symbol} = {_shown(term.value)}" for term in (gradient, theta, *kept.values())]
        prepared = optimizer._prepared(theta, gradient, shared) if shared else gradient
        prepared.settle("g")
        used = sheet.terms
        variables = _variables_of(optimizer.update, theta, prepared, kept, **own)
        for term in (*kept.values(), theta):
            term.settle()
        for name, term in variables.items():
            if isinstance(term, Term) and term.number > used and sheet.uses[term.number] > 1:
                names.setdefault(term.number, str(SYMBOLS.get(name, name)))
        return sheet, [title, f"  {', '.join(given)}", f"  {', '.join(begin)}"]

    run()  # the first time to see what is used more than once
    sheet, head = run()
    return Explanation("\n".join([*head, *(f"  {line}" for line in sheet.lines)]))


def _variables_of(function: Callable[..., None], *args: Any, **options: Any) -> dict[str, Any]:
    """Call a function; the values of its variables at the end."""
    code, variables = function.__code__, {}

    def watch(frame: Any, event: str, result: Any) -> None:
        if event == "return" and frame.f_code is code:
            variables.update(frame.f_locals)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        function(*args, **options)
    finally:
        sys.setprofile(before)
    return variables
