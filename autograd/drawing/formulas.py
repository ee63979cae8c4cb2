"""Operations as formulas: how a value was computed, and what its derivative rule makes of its gradient.

Nothing here is written down for each operation but how it looks on paper. What a rule does is seen by running it: lifted onto
Tensors it is made of operations, a trace notes them, and the trace is written as a formula. So an operation that somebody
declares is explained as the library's own are.

A formula is text and LaTeX. `h ⊙ g` is a product element by element, `W h` one of matrices, `[h > 0]` is 1 where that is so
and else 0 (Iverson's bracket), `Σ₀` a sum over axis 0. What only arranges numbers anew (reshape, broadcasting) is left out.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from .. import modes
from ..compiler.symbols import Variable
from ..compiler.tracer import Tracer, filled, variables_in
from ..scalar import Scalar
from ..tensor import Tensor
from .cards import settings, spelled
from .known import Known, arguments_of, plain, plainly


class Formula(NamedTuple):
    """What to print, and what to typeset."""

    text: str
    latex: str


@dataclass(eq=False, slots=True)
class Term:
    """A part of a formula: a symbol, a number, or an operation on other parts. Of the former two, the value if it is known."""

    op: Any = None  # None for a symbol or a number
    parts: list[Term] = field(default_factory=list)
    symbol: Formula | None = None
    shape: tuple[int, ...] = ()
    value: Any = None
    keywords: dict[str, Any] = field(default_factory=dict)
    size: int = 1  # how many symbols, numbers and operations it is written with

    def __post_init__(self) -> None:
        self.size = 1 + sum(part.size for part in self.parts)

    @property
    def operation(self) -> str:
        return "" if self.op is None else self.op.name


# --- How it looks -----------------------------------------------------------------------------------------------------

LONG = 40  # the size from which a rule is not written out
SUM, PRODUCT, POWER, ATOM = range(4)  # how tightly something is bound
SUBSCRIPT = str.maketrans("0123456789-,", "₀₁₂₃₄₅₆₇₈₉₋,")
RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
GREEK = dict(zip("αβγδεζηθκλμνξπρστφχψω", "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau phi chi psi omega".split()))  # fmt: skip

ARRANGE = {"reshape", "broadcast_to", "zero_unused", "clone", "detach", "astype", "cast", "expand_dims", "squeeze", "identity"}  # fmt: skip
COMPARE = {"greater": (">", ">"), "greater_equal": ("≥", r"\ge"), "less": ("<", "<"), "less_equal": ("≤", r"\le")}
COMPARE |= {"equal": ("=", "="), "not_equal": ("≠", r"\ne")}
FUNCTIONS = {"sigmoid": ("σ", r"\sigma"), "sum": ("Σ", r"\sum"), "mean": ("mean", r"\operatorname{mean}"), "normal_cdf": ("Φ", r"\Phi")}  # fmt: skip
FUNCTIONS |= {name: (name, "\\" + name) for name in ("exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "max", "min")}  # fmt: skip
FUNCTIONS |= {"maximum": FUNCTIONS["max"], "minimum": FUNCTIONS["min"], "log_softmax": ("log softmax", r"\log\operatorname{softmax}")}  # fmt: skip


def tex(text: str) -> str:
    """Text as LaTeX sets it, with nothing in it that LaTeX would obey."""
    escapes = {"\\": r"\backslash ", "{": r"\{", "}": r"\}", "$": r"\$", "%": r"\%", "#": r"\#", "&": r"\&", "_": r"\_", "^": r"\hat{\ }", "~": r"\sim "}  # fmt: skip
    return "".join(
        f"\\{GREEK[c]} " if c in GREEK else escapes.get(c, c if c.isprintable() else " ") for c in text
    ).strip()


UNKNOWN = Formula("…", r"\dots")  # a constant that nobody has kept


def named(name: str, number: int | None = None) -> Formula:
    """A name as a symbol: `W`, `alpha` as α, `w1` as w₁; longer names upright. `number` is raised: W⁽¹⁾."""
    base = name.rstrip("0123456789").rstrip("_")
    lower = name[len(base) :].lstrip("_") if base else ""
    base = base or name
    greek = {word: letter for letter, word in GREEK.items()}
    letter = greek.get(base, base)
    text, latex = letter, tex(letter) if len(letter) == 1 else rf"\mathrm{{{tex(letter)}}}"
    if lower:
        text, latex = text + lower.translate(SUBSCRIPT), f"{latex}_{{{lower}}}"
    if number is not None:
        text, latex = f"{text}⁽{str(number).translate(RAISED)}⁾", f"{latex}^{{({number})}}"
    return Formula(text, latex)


def gradient(of: Formula, result: Formula) -> Formula:
    """∇_x J"""
    return Formula(f"∇_{of.text} {result.text}", rf"\nabla_{{{of.latex}}} {result.latex}")


def product_with_jacobian(node: Any, of: Formula, cotangent: Formula) -> Formula:
    """What a rule computes, where it takes too much to write that out: (∂name/∂x)ᵀ · g."""
    name = node.op.name.replace("_", " ")
    return Formula(
        f"(∂ {name} / ∂{of.text})ᵀ · {cotangent.text}",
        rf"\left(\frac{{\partial\,\operatorname{{{tex(name)}}}}}{{\partial {of.latex}}}\right)^{{\top}} {cotangent.latex}",
    )


def written(term: Term, bound: int = SUM) -> Formula:
    """A term as text and LaTeX, in brackets if it is bound less tightly than asked. A long one is cut short."""
    if term.size > LONG:
        return UNKNOWN
    text, latex, tight = _composed(term)
    if tight < bound:
        return Formula(f"({text})", rf"\left({latex}\right)")
    return Formula(text, latex)


def _composed(term: Term) -> tuple[str, str, int]:
    name, parts = term.operation, term.parts
    if term.symbol is not None:
        return *term.symbol, ATOM if " " not in term.symbol.text or term.symbol.text.startswith("∇") else PRODUCT
    if not name:
        text = spelled(float(np.asarray(term.value).item()))
        return text, text.replace("−", "-"), ATOM if not text.startswith("−") else SUM
    if name in ARRANGE or (name in ("sum", "mean", "max") and _is_nothing(term)):
        return _composed(parts[0])
    if name in ("add", "subtract", "less_one_hot"):  # a target is written as the one-hot row that it stands for
        a, b = written(parts[0], SUM), written(parts[1], SUM if name == "add" else PRODUCT)
        text, latex = ("+", "+") if name == "add" else ("−", "-")
        return f"{a.text} {text} {b.text}", f"{a.latex} {latex} {b.latex}", SUM
    if name == "multiply":
        return _product(*parts)
    if name in ("matmul", "dot", "inner"):
        a, b = written(parts[0], PRODUCT), written(parts[1], POWER)
        return f"{a.text}{_between(a, b)}{b.text}", rf"{a.latex} \, {b.latex}", PRODUCT
    if name == "linear":
        x, w = written(parts[0], POWER), written(parts[1], ATOM)
        text, latex = f"{x.text} {w.text}ᵀ", rf"{x.latex} \, {w.latex}^{{\top}}"
        if len(parts) > 2 and parts[2] is not None:
            b = written(parts[2], PRODUCT)
            return f"{text} + {b.text}", f"{latex} + {b.latex}", SUM
        return text, latex, PRODUCT
    if name in ("divide", "true_divide"):
        a, b = written(parts[0], PRODUCT), written(parts[1], POWER)
        return f"{a.text} / {b.text}", rf"\frac{{{written(parts[0]).latex}}}{{{written(parts[1]).latex}}}", PRODUCT
    if name == "negative":
        a = written(parts[0], PRODUCT)
        return f"−{a.text}", f"-{a.latex}", PRODUCT
    if name in ("power_number", "square", "power", "float_power", "reciprocal"):
        return _power(term)
    if name == "sqrt":
        return f"√{written(parts[0], ATOM).text}", rf"\sqrt{{{written(parts[0]).latex}}}", ATOM
    if name == "absolute":
        inner = written(parts[0])
        return f"|{inner.text}|", rf"\left|{inner.latex}\right|", ATOM
    if name in COMPARE:
        a, b = written(parts[0]), written(parts[1])
        sign = COMPARE[name]
        return f"[{a.text} {sign[0]} {b.text}]", rf"[{a.latex} {sign[1]} {b.latex}]", ATOM
    if name in ("transpose", "swapaxes", "matrix_transpose"):
        a = written(parts[0], ATOM)
        return f"{a.text}ᵀ", rf"{a.latex}^{{\top}}", ATOM
    if name == "where" and _is_nan(parts[1]):  # outside of the domain
        return _composed(parts[2])
    if name == "relu":
        a = written(parts[0])
        return f"max(0, {a.text})", rf"\max(0, {a.latex})", ATOM
    return _function(term)


def _is_nothing(term: Term) -> bool:
    """Whether a reduction is over axes of size 1 only: a way to arrange numbers anew."""
    axis, shape = term.keywords.get("axis"), term.parts[0].shape
    return all(n == 1 for i, n in enumerate(shape) if axis is None or i in axis)


def _flat(term: Term) -> Term:
    while term.operation in ARRANGE:
        term = term.parts[0]
    return term


def _is_nan(term: Term) -> bool:
    numbers = [part for part in (term, *term.parts) if _is_number(part) and part.value is not None]
    return any(np.isnan(part.value).any() for part in numbers)


def _product(a: Term, b: Term) -> tuple[str, str, int]:
    if _same(a, b):
        base = written(a, ATOM)
        return f"{base.text}²", f"{base.latex}^{{2}}", POWER
    wide = [t for t in (a, b) if np.prod(t.shape) != 1]
    if len(a.shape) == 2 and a.shape[1] == 1 and len(b.shape) == 1:
        x, y = written(a, POWER), written(b, ATOM)  # a column times a row
        return f"{x.text}{_between(x, y)}{y.text}ᵀ", rf"{x.latex} \, {y.latex}^{{\top}}", PRODUCT
    if _is_number(b) and not _is_number(a):
        a, b = b, a
    x, y = written(a, PRODUCT), written(b, POWER)
    if len(wide) == 2:
        return f"{x.text} ⊙ {y.text}", rf"{x.latex} \odot {y.latex}", PRODUCT
    return f"{x.text}{_between(x, y)}{y.text}", rf"{x.latex} \, {y.latex}", PRODUCT


def _between(x: Formula, y: Formula) -> str:
    """The sign of a product: none, but where two factors would read as one."""
    return " · " if "∇" in x.text + y.text or y.text[:1].isdigit() else " "


def _same(a: Term, b: Term) -> bool:
    a, b = _flat(a), _flat(b)
    return a is b or (a.symbol is not None and a.symbol == b.symbol)


def _is_number(term: Term) -> bool:
    term = _flat(term)
    return term.symbol is None and not term.operation


def _power(term: Term) -> tuple[str, str, int]:
    base = written(term.parts[0], ATOM)
    if term.operation == "power_number":
        exponent = spelled(float(term.keywords["p"]))
        if exponent == "1":
            return _composed(term.parts[0])
    elif term.operation in ("square", "reciprocal"):
        exponent = "2" if term.operation == "square" else "−1"
    else:
        inner = written(term.parts[1])
        exponent = inner.text
    upper = exponent.replace("−", "-")
    if upper.lstrip("-").isdigit():
        return base.text + upper.translate(RAISED), f"{base.latex}^{{{upper}}}", POWER
    latex = written(term.parts[1]).latex if len(term.parts) > 1 else upper
    return f"{base.text}^{f'({exponent})' if ' ' in exponent else exponent}", f"{base.latex}^{{{latex}}}", POWER


def _function(term: Term) -> tuple[str, str, int]:
    word = term.operation.replace("_", " ")
    text, latex = FUNCTIONS.get(term.operation, (word, rf"\operatorname{{{tex(word)}}}"))
    keywords = {k: v for k, v in term.keywords.items() if k not in ("axis", "keepdims", "dtype", "scale")}
    axis = term.keywords.get("axis")
    if term.operation in ("sum", "mean", "max", "min", "prod") and axis is not None:
        axes = ",".join(map(str, axis if isinstance(axis, tuple) else (axis,)))
        text, latex = text + axes.translate(SUBSCRIPT), f"{latex}_{{{axes}}}"
    if term.operation in ("sum", "mean"):
        inner = written(term.parts[0], POWER)
        return f"{text} {inner.text}", f"{latex} {inner.latex}", PRODUCT
    parts = [written(part) for part in term.parts]
    said = settings(keywords)
    if said and len(said) <= 20:
        parts.append(Formula(said, rf"\text{{{tex(said)}}}"))
    texts, latexes = (", ".join(part[form] for part in parts) for form in (0, 1))
    return f"{text}({texts})", rf"{latex}\left({latexes}\right)", ATOM


# --- What things are called -------------------------------------------------------------------------------------------

PARAMETERS = {"weight": "W", "bias": "b"}
HIDDEN = ("relu", "tanh", "sigmoid", "gelu", "elu", "leaky", "softplus", "silu", "softmax", "maximum")


def symbols(nodes: Sequence[Any], known: Known) -> dict[Any, Formula]:
    """What each node is called, nodes being the newest first.

    By the name that the caller or a module gives it. Else as in a lecture: J for a result of one number, α for what goes into a hidden
    unit and h for what comes out of it, w and z for other leaves and other results; numbered where there are several.
    """
    given: dict[Any, str] = {}
    uses: dict[Any, list[Any]] = {}
    for node in nodes:
        for parent in node.inputs:
            if parent is not None:
                uses.setdefault(parent, []).append(node)
    for node in nodes:
        if node in known.names and node not in given:
            continue
        if node is nodes[0] and not getattr(node, "shape", ()):
            given[node] = "J"
        elif node.op is None:
            given[node] = "w"
        elif node.op.name in HIDDEN:
            given[node] = "h"
        else:
            given[node] = "α" if any(user.op.name in HIDDEN for user in uses.get(node, ())) else "z"
    called: dict[Any, Formula] = {}
    layers: dict[str, list[Any]] = {}
    for node in reversed(nodes):
        name = known.names.get(node)
        if name is None:
            layers.setdefault(given[node], []).append(node)
        elif node.op is None and name in PARAMETERS and name == (node.notes or {}).get("name"):
            layers.setdefault(PARAMETERS[name], []).append(node)
        else:
            called[node] = named(name)
    taken = {formula.text for formula in called.values()}
    for base, group in layers.items():
        numbered = base in "Wbhα"
        for i, node in enumerate(group, 1):
            alone = len(group) == 1 and base not in taken
            called[node] = named(base) if alone else named(base, i) if numbered else named(f"{base}{i}")
    return called


# --- Formulas of a node -----------------------------------------------------------------------------------------------


def forward(node: Any, called: Mapping[Any, Formula], known: Known) -> Formula:
    """What the node's value was computed as: `x Wᵀ + b`."""
    return written(forward_term(node, called, known))


def forward_term(node: Any, called: Mapping[Any, Formula], known: Known) -> Term:
    constants = known.constants.get(node, {})
    parts = []
    for argument, source in zip(arguments_of(node.op, len(node.inputs)), node.inputs):
        if source is not None:
            parts.append(Term(symbol=called[source], shape=getattr(source, "shape", ())))
        elif argument in constants:
            parts.append(_constant(argument, constants[argument], known))
        elif argument not in ("bias", "weight", "mask"):  # which may be absent
            parts.append(Term(symbol=UNKNOWN if plainly(argument) == "x" else named(argument)))
    keywords = dict(zip(getattr(node.op, "keywords", ()), getattr(node, "params", None) or ()))
    return Term(node.op, parts, shape=getattr(node, "shape", ()), keywords=keywords)


def _constant(argument: str, value: Any, known: Known) -> Term:
    if np.size(value) == 1:
        return Term(value=value, shape=np.shape(value))
    name = known.name_of(np.asarray(value)) or plainly(argument)
    return Term(symbol=named(name), shape=np.shape(value), value=value)


def backward(
    node: Any, g: Any, called: Mapping[Any, Formula], known: Known, cotangent: Formula
) -> tuple[list[Term | None], list[Any]]:
    """What the rules of a node make of its gradient g, called `cotangent`: a term and an array for each input."""
    if isinstance(node, Scalar):
        return _backward_of_scalar(node, g, called, known, cotangent)
    with unfreed(node):
        return _lifted(node, g, called, known, cotangent)


@contextlib.contextmanager
def unfreed(node: Any) -> Iterator[None]:
    """While entered, a node that has dropped what it saved has it again. RuntimeError if it was not observed."""
    saved = node.saved
    if saved is None and not isinstance(node, Scalar):
        node.saved = _saved_again(node)
    try:
        yield
    finally:
        node.saved = saved


def _saved_again(node: Any) -> Any:
    """What the node saved, from its operands, if they were observed."""
    notes, op = node.notes or {}, node.op
    if not op.kept:
        return ()
    if "operands" not in notes or "value" not in notes:
        raise RuntimeError(
            f"the graph has been freed: {op.name} has dropped what its rule needs. Explain before backward(), call "
            "backward(retain_graph=True), or record the graph under autograd.observe()"
        )
    values = list(notes["operands"])
    with np.errstate(all="ignore"):
        cache = op.forward(*([values] if op.variadic else values), *node.params)[1] if op.caches else None
    nodes = list(node.inputs)
    return op.keep(*([values, nodes] if op.variadic else values + nodes), notes["value"], cache)


def _lifted(
    node: Any, g: Any, called: Mapping[Any, Formula], known: Known, cotangent: Formula
) -> tuple[list[Term | None], list[Any]]:
    incoming = Tensor._make(np.asarray(g), None)
    tracer = Tracer(replayed=False)
    with np.errstate(all="ignore"), modes.no_grad(), tracer:
        shares = node.op.lift(node, incoming, node.inputs)
    terms = _terms(tracer, incoming, node, called, known, cotangent)
    found = []
    for share in shares:
        variable = None if share is None else tracer.numbers.get(id(share))
        found.append(
            None if share is None else terms[variable] if variable in terms else _leaf(share, node, called, known)
        )
    return found, [None if share is None else plain(share) for share in shares]


def _terms(
    tracer: Tracer, incoming: Any, node: Any, called: Mapping[Any, Formula], known: Known, cotangent: Formula
) -> dict[Any, Term]:
    """The traced operations as terms, by the variable of their result."""
    terms: dict[Any, Term] = {}
    tracer.variable(incoming)  # which a rule may pass on as it is
    values: list[Any] = [None] * len(tracer.metas)
    for variable, tensor in tracer.tensors.items():
        values[variable.number] = tensor._data
        if tensor is incoming:
            terms[variable] = Term(symbol=cotangent, shape=tensor.shape, value=tensor._data)
        elif variable in tracer.captured:
            terms[variable] = _leaf(tensor, node, called, known)
    given = [
        argument for argument, source in zip(arguments_of(node.op, len(node.inputs)), node.inputs) if source is None
    ]
    for step in tracer.steps:
        parts = []
        for argument, value in zip(arguments_of(step.op, len(step.args)), step.args):
            if isinstance(value, Variable):
                parts.append(terms[value])
            elif value is not None:
                parts.append(_constant(given[0] if len(given) == 1 else argument, value, known))
        keywords = dict(zip(step.op.keywords, filled(step.params, values)))
        result = variables_in(step.result)[0]
        terms[result] = Term(step.op, parts, shape=tracer.tensors[result].shape, keywords=keywords)
    return terms


def _leaf(tensor: Any, node: Any, called: Mapping[Any, Formula], known: Known) -> Term:
    """A Tensor that came into the trace from outside: a value of the graph, or a constant of this operation."""
    source = tensor._made
    if source in called:
        return Term(symbol=called[source], shape=tensor.shape, value=tensor._data)
    saved = node.saved if isinstance(node.saved, tuple) else (node.saved,)
    for name, value in zip(getattr(node.op, "kept", ()), saved if len(node.op.kept) > 1 else (node.saved,)):
        if value is tensor._data:
            return _constant(name, value, known)
    return _constant("c", tensor._data, known)


def _backward_of_scalar(
    node: Any, g: Any, called: Mapping[Any, Formula], known: Known, cotangent: Formula
) -> tuple[list[Term | None], list[Any]]:
    declared = getattr(node.op, "declared", node.op)
    operands, leaves = [], {}
    for source in node.inputs:
        if source is None:
            operands.append(node.b)
            continue
        leaf = Tensor._make(np.float64(source.data), None).requires_grad_()
        leaves[leaf._made] = called[source]
        operands.append(leaf)
    y = operands[0] ** operands[1] if declared.name == "power" else declared.function(*operands)
    return _lifted(y.node, np.float64(g), {**leaves, y.node: called[node]}, known, cotangent)
