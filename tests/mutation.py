"""Do the tests notice a wrong derivative? Each mutant is one rule with one thing wrong; the tests must kill it.

    python tests/mutation.py                       every mutant of autograd/rules (some thousand: about half an hour)
    python tests/mutation.py --file arithmetic     of one file; --file special for autograd/special.py
    python tests/mutation.py --sample 100 --seed 3 a hundred of them
    python tests/mutation.py --list                print the mutants only

What is mutated: the functions that are given to a declaration as derivative rules, and those of the same file that they
call. What is done to them: a sign is flipped, an operand is another one, a factor or a term is dropped, a constant or an
axis is the next one, what undoes broadcasting or restores a shape is left out, a comparison is another one.

What kills a mutant: a law of `test_laws.py` on a sample that runs the function, or else a hand-written test of the file's
family (HAND_WRITTEN). A mutant that hangs is dead too. `mutation_survivors.txt` lists the mutants known to survive:
they compute the same, or nearly, each with the reason; a survivor is known by its text, wherever it has moved to.

A mutant lives in a process of its own, forked from one that has everything imported: the function gets another code
object there. First the gradients of all samples that run it are compared with those from before; where one is
different, its laws are tried first.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import functools
import gc
import io
import os
import pickle
import random
import select
import signal
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
ROOT = Path(__file__).resolve().parent.parent
for folder in (ROOT / "tests", ROOT):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

import numpy as np  # noqa: E402  (after the environment is set)

RULES = ROOT / "autograd" / "rules"
SURVIVORS = ROOT / "tests" / "mutation_survivors.txt"
SECONDS = 20  # a law that takes longer hangs
MOST = 60  # samples whose laws are tried on a mutant that changes no gradient

KINDS = {"elementwise", "linear", "bilinear", "general", "joint"}
ALWAYS = ("test_places.py", "test_tensor.py", "test_tensor_backward.py", "test_correctness.py", "test_transforms.py")
OF_ANY = (
    "test_reading_by_any_index",
    "test_matmul_of_any_shapes",
    "test_einsum_of_any_subscripts",
    "test_reductions_of_any_shape_over_any_axes",
    "test_any_program_made_of_operations_obeys_the_laws",
)
HAND_WRITTEN = {
    "arithmetic": ("test_scalar.py",),
    "arranging": ("test_arranging.py",),
    "calculus": ("test_calculus.py",),
    "decompositions": ("test_linalg.py",),
    "fourier": ("test_fft.py",),
    "indexing": ("test_inplace.py",),
    "norms": ("test_linalg.py",),
    "polynomials": ("test_polynomials.py",),
    "solving": ("test_linalg.py",),
    "sorting": ("test_sorting.py",),
    "special": ("test_special.py",),
    "statistics": ("test_statistics.py",),
}


@functools.cache
def source(path: Path) -> str:
    return path.read_text(encoding="utf-8")  # once: what is imported stays, whoever edits the file meanwhile


# --- Which functions are rules ----------------------------------------------------------------------------------------


def _where(rule: tuple[str, Any]) -> tuple[int, int]:
    return rule[1].lineno, rule[1].col_offset


def rules_of(tree: ast.Module) -> list[tuple[str, Any]]:
    """The functions of a module that are rules or that rules call, each with the name to print."""
    functions: dict[str, list[ast.FunctionDef]] = {}
    declared: set[str] = set()
    found: dict[Any, str] = {}
    waiting: list[tuple[str, ast.expr]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            functions.setdefault(node.name, []).append(node)
    named: dict[ast.AST, str] = {}
    for statement in ast.walk(tree):
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for call in ast.walk(statement.value):
                named.setdefault(call, ast.unparse(targets[0]))
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in KINDS:
            own = [k.value.value for k in call.keywords if k.arg == "name" and isinstance(k.value, ast.Constant)]
            name = named.get(call) or str(own[0] if own else ast.unparse(call.args[0]))
            declared.add(name)
            waiting += [(name, rule) for rule in call.args[1:]]
    while waiting:
        name, rule = waiting.pop()
        if isinstance(rule, ast.Lambda):
            new: list[Any] = [rule]
        else:
            new = [f for n in ast.walk(rule) if isinstance(n, ast.Name) for f in functions.get(n.id, [])]
        for function in new:
            if function not in found:
                found[function] = name if function is rule else function.name
                waiting += [
                    (name, n)
                    for n in ast.walk(function)
                    if isinstance(n, ast.Name) and n.id in functions and n.id not in declared
                ]
    inner = {n for f in found for n in ast.walk(f) if n is not f}
    return sorted(((name, f) for f, name in found.items() if f not in inner), key=_where)


# --- What is done to them ---------------------------------------------------------------------------------------------

SWAPPED_OPERATORS = {ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Add: ast.Sub, ast.Sub: ast.Add,
                     ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd}  # fmt: skip
SWAPPED_COMPARISONS = {
    ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE), ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
}  # fmt: skip
SWAPPED_NAMES = {
    "sin": "cos", "cos": "sin", "sinh": "cosh", "cosh": "sinh", "sum": "prod", "cumsum": "cumprod", "max": "min",
    "min": "max", "maximum": "minimum", "minimum": "maximum", "exp": "expm1", "log": "log1p", "matvec": "vecmat",
    "vecmat": "matvec", "floor_divide": "true_divide", "trunc": "floor",
}  # fmt: skip
RESHAPING = {
    "fit", "reshape", "broadcast_to", "broadcast", "expand_dims", "squeeze", "transpose", "swapaxes", "moveaxis", "flip",
    "astype", "sum", "_sum", "kept_axes", "beside", "roll", "conj", "tril", "triu", "mirrored", "lower_mirrored", "take",
    "_expand", "_transpose", "_reshape", "_flip",
}  # fmt: skip
VARIABLES = {"g", "out", "saved"}


def _parameters(function: Any) -> list[str]:
    return [a.arg for a in (*function.args.posonlyargs, *function.args.args)]


def _another(name: str, function: Any) -> str | None:
    """The operand that is taken for this one: the next parameter of the same kind."""
    if name.endswith(("_shape", "_dtype")):
        alike = [p for p in _parameters(function) if p.endswith(name[-6:])]
    else:
        alike = [p for p in _parameters(function) if not p.endswith(("_shape", "_dtype"))]
    if name not in alike or len(alike) == 1:
        return None
    return alike[(alike.index(name) + 1) % len(alike)]


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _number(node: ast.expr) -> float | None:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value  # type: ignore[return-value]
    return None


def mutations(node: Any, function: Any) -> Iterator[ast.AST]:
    """What may stand in the place of this expression."""
    match node:
        case ast.UnaryOp(op=ast.USub() | ast.Invert(), operand=operand):
            yield operand
            if isinstance(node.op, ast.USub) and _number(operand) == 1:
                yield ast.Constant(0)
        case ast.BinOp(left=left, op=op, right=right):
            if type(op) in SWAPPED_OPERATORS:
                yield ast.BinOp(left, SWAPPED_OPERATORS[type(op)](), right)
            if isinstance(op, ast.MatMult):
                yield ast.BinOp(right, op, left)
            yield left
            if isinstance(op, ast.Mult | ast.Add | ast.MatMult | ast.BitAnd | ast.BitOr):
                yield right
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(value=int() | float()):
            yield ast.Constant(1.0 if node.value == 0.5 else node.value + 1)
            if node.value == 0 and isinstance(node.value, int):
                yield ast.UnaryOp(ast.USub(), ast.Constant(1))
        case ast.Name(id=name, ctx=ast.Load()):
            if (other := _another(name, function)) is not None:
                yield ast.Name(other, ast.Load())
            if name in ("axis", "axis1", "axis2"):
                yield ast.BinOp(node, ast.Sub(), ast.Constant(1))
        case ast.Attribute(value=value, attr=attr):
            if attr in SWAPPED_NAMES and isinstance(value, ast.Name) and value.id == "np":
                yield ast.Attribute(value, SWAPPED_NAMES[attr], ast.Load())
            if attr in ("mT", "T"):
                yield value
        case ast.Compare(left=left, ops=[op], comparators=comparators):
            for other in SWAPPED_COMPARISONS.get(type(op), ()):
                yield ast.Compare(left, [other()], comparators)
        case ast.Call(func=func, args=args):
            called = _called(node)
            if called in RESHAPING:
                method = isinstance(func, ast.Attribute) and getattr(func.value, "id", "") not in ("np", "math")
                if method:
                    yield func.value  # type: ignore[union-attr]
                elif args:
                    yield args[0]
            if called == "where" and len(args) == 3:
                yield ast.Call(func, [args[0], args[2], args[1]], node.keywords)


class _Places(ast.NodeVisitor):
    """The expressions of a rule that may be mutated: not those of messages, annotations, asked types."""

    def __init__(self) -> None:
        self.found: list[ast.expr] = []
        self.sizes: set[ast.expr] = set()  # -1 in a shape, which says "the rest" as every negative number does

    def generic_visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.Constant | ast.UnaryOp) and node in self.sizes:
            return
        if isinstance(node, ast.expr):
            self.found.append(node)
        super().generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        pass

    def visit_If(self, node: ast.If) -> None:
        if all(isinstance(part, ast.Raise) for part in node.body) and not node.orelse:
            return
        self.generic_visit(node)

    def visit_arguments(self, node: ast.arguments) -> None:
        pass

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        pass

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for part in node.body:
            self.visit(part)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if getattr(node.func, "id", "") in ("isinstance", "hasattr", "getattr", "_warn"):
            return
        if _called(node) == "reshape":
            self.sizes |= {n for arg in node.args[1:] for n in ast.walk(arg) if isinstance(n, ast.expr)}
        self.generic_visit(node)


@dataclass(frozen=True)
class Mutant:
    path: Path
    line: int
    rule: str  # the name of the operation or the function
    before: str  # the statement or the lambda
    after: str
    place: int  # of the rule in the file
    spot: int  # of the expression in the rule
    choice: int  # among what may stand there

    @property
    def key(self) -> tuple[str, str, str, str]:
        return (self.path.stem, self.rule, self.before, self.after)

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}, {self.rule}\n    - {self.before}\n    + {self.after}"


def _simple(function: Any, target: ast.AST) -> ast.AST:
    """The part of a rule to show: a lambda as a whole, else the statement, of a compound one its head."""
    if isinstance(function, ast.Lambda):
        return function
    shown: ast.AST = function
    for statement in ast.walk(function):
        if isinstance(statement, ast.stmt) and statement is not function and target in set(ast.walk(statement)):
            shown = statement  # the walk goes from the outside to the inside
    for head in ("test", "iter"):
        if target in set(ast.walk(getattr(shown, head, ast.Pass()))):
            return getattr(shown, head)  # type: ignore[no-any-return]
    return shown


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        if node is self.old:
            return ast.copy_location(self.new, node)
        return self.generic_visit(node)


def _spots(function: Any) -> list[tuple[ast.expr, list[ast.AST]]]:
    """The expressions of a rule, and what may stand in the place of each. A rule's result may change its sign, too."""
    places = _Places()
    if isinstance(function, ast.Lambda):
        places.visit(function.body)
        results: list[Any] = [function.body]
    else:
        places.visit(function)
        results = [n.value for n in ast.walk(function) if isinstance(n, ast.Return)]
    spots = []
    for node in places.found:
        options = list(mutations(node, function))
        if node in results and isinstance(node, ast.Name | ast.Call | ast.BinOp | ast.Subscript):
            options.append(ast.UnaryOp(ast.USub(), node))
        spots.append((node, options))
    return spots


def mutants_of(path: Path) -> list[Mutant]:
    tree = ast.parse(source(path))
    found, seen = [], set()
    for place, (name, function) in enumerate(rules_of(tree)):
        for spot, (node, options) in enumerate(_spots(function)):
            for choice, new in enumerate(options):
                shown = _simple(function, node)
                before = ast.unparse(shown)
                after = ast.unparse(_copy_with(shown, node, new))
                mutant = Mutant(path, node.lineno, name, before, after, place, spot, choice)
                if before != after and (place, after, node.lineno) not in seen:
                    seen.add((place, after, node.lineno))
                    found.append(mutant)
    return found


def _copy_with(shown: ast.AST, old: ast.AST, new: ast.AST) -> ast.AST:
    memo: dict[int, Any] = {}
    copied = copy.deepcopy(shown, memo)
    return _Replace(memo[id(old)], copy.deepcopy(new)).visit(copied)  # type: ignore[no-any-return]


def mutated_tree(mutant: Mutant) -> ast.Module:
    tree = ast.parse(source(mutant.path))
    function = rules_of(tree)[mutant.place][1]
    node, options = _spots(function)[mutant.spot]
    _Replace(node, copy.deepcopy(options[mutant.choice])).visit(function)
    return ast.fix_missing_locations(tree)


# --- A mutant comes to life -------------------------------------------------------------------------------------------


@functools.cache
def _original(path: Path) -> CodeType:
    return compile(source(path), str(path), "exec")


def _differing(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """The innermost pairs of functions' code that differ: where their own inner ones do not correspond, the outer."""
    inner_old = [c for c in old.co_consts if isinstance(c, CodeType)]
    inner_new = [c for c in new.co_consts if isinstance(c, CodeType)]
    if len(inner_old) == len(inner_new):
        for a, b in zip(inner_old, inner_new):
            if a != b:
                yield a, b
                yield from _differing(a, b)


def apply(mutant: Mutant, living: Sequence[FunctionType]) -> None:
    """Give the living functions the mutated code."""
    mutated = compile(mutated_tree(mutant), str(mutant.path), "exec")
    pairs = list(_differing(_original(mutant.path), mutated))
    applied = False
    for before, after in pairs:
        for f in living:
            if f.__code__.co_filename == str(mutant.path) and f.__code__ == before:
                f.__code__ = after
                applied = True
    if not applied:
        raise LookupError(f"no such function is alive: {mutant}")


# --- The tests --------------------------------------------------------------------------------------------------------


@dataclass
class Bench:
    """The samples, the functions that each runs in its backward pass, and its gradients before any mutation."""

    samples: list[Any]
    laws: Any
    runs: dict[tuple[str, int, str], list[int]] = field(default_factory=dict)
    gradients: dict[int, Any] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)
    living: list[FunctionType] = field(default_factory=list)
    broken: set[Any] = field(default_factory=set)  # what fails without a mutant, too, and so kills nothing
    sound: set[Any] = field(default_factory=set)

    @classmethod
    def of(cls, keep: Callable[[Any], bool] = lambda sample: True) -> Bench:
        import hypothesis
        import test_laws
        from samples import SAMPLES

        hypothesis.settings.register_profile(
            "mutation", deadline=None, max_examples=8, derandomize=True, database=None,
            suppress_health_check=list(hypothesis.HealthCheck), phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        )  # fmt: skip
        hypothesis.settings.load_profile("mutation")
        bench = cls([sample for sample in SAMPLES if sample.differentiable and keep(sample)], test_laws)
        with quiet():
            for i in range(len(bench.samples)):
                bench._observe(i)
        bench.living = [
            f
            for f in gc.get_objects()
            if type(f) is FunctionType and f.__code__.co_filename.startswith(str(ROOT / "autograd"))
        ]
        return bench

    def _observe(self, i: int) -> None:
        seen: set[tuple[str, int, str]] = set()
        folder = str(ROOT / "autograd")

        def note(frame: Any, event: str, _: Any) -> None:
            code = frame.f_code
            if event == "call" and code.co_filename.startswith(folder):
                seen.add((code.co_filename, code.co_firstlineno, code.co_name))

        start = time.perf_counter()
        self.gradients[i] = self.fingerprint(i)
        self.seconds[i] = time.perf_counter() - start
        sys.setprofile(note)
        try:
            self.fingerprint(i)
        finally:
            sys.setprofile(None)
        for key in seen:
            self.runs.setdefault(key, []).append(i)

    def fingerprint(self, i: int) -> list[Any]:
        """The first gradients of a sample, as computed and as recorded, and the second."""
        sample, laws = self.samples[i], self.laws
        arrays = sample.draw()
        u = laws.cotangent(sample, arrays)
        y, xs = laws.run(sample, arrays)
        found = [g.numpy() for g in laws.gradients(y, xs, u)]
        y, xs = laws.run(sample, arrays)
        first = laws.gradients(y, xs, u, create=True)
        found += [g.detach().numpy() for g in first]
        first = [g for g in first if g.requires_grad]
        if first:
            weights = [np.cos(np.arange(g.size, dtype=g.dtype)).reshape(g.shape) for g in first]
            second = laws.autograd.grad(first, xs, weights, allow_unused=True)
            found += [np.zeros(0) if g is None else g.numpy() for g in second]
        return found

    def running(self, mutant: Mutant) -> list[int]:
        """The samples that run the mutated function, the quickest first."""
        tree = ast.parse(source(mutant.path))
        function = rules_of(tree)[mutant.place][1]
        name = "<lambda>" if isinstance(function, ast.Lambda) else function.name
        found = self.runs.get((str(mutant.path), function.lineno, name), [])
        if not isinstance(function, ast.Lambda) and function.decorator_list and not found:
            found = self.runs.get((str(mutant.path), function.decorator_list[0].lineno, name), [])
        return sorted(found, key=lambda i: self.seconds[i])

    def changed(self, i: int) -> bool:
        try:
            found = self.fingerprint(i)
        except Exception:
            return True
        return len(found) != len(self.gradients[i]) or any(
            a.shape != b.shape or a.dtype != b.dtype or not np.allclose(a, b, 1e-9, 1e-12, equal_nan=True)
            for a, b in zip(found, self.gradients[i])
        )

    def laws_of(self, sample: Any) -> list[tuple[str, Callable[[], Any]]]:
        import test_places

        laws = self.laws
        found: list[tuple[str, Callable[[], Any]]] = []
        names = [
            *(["test_the_gradient_agrees_with_differences"] if sample.differences else []),
            "test_the_recorded_gradient_is_the_same",
            *(["test_the_gradient_has_the_right_gradient", "test_forward_mode_is_the_adjoint_of_reverse_mode",
               "test_the_gradient_is_linear_in_the_cotangent"] if sample.differences else []),
            "test_gradients_flow_exactly_where_the_table_says",
            "test_float32_stays_float32",
            "test_inputs_of_two_dtypes_have_gradients_of_two_dtypes",
            "test_the_layout_in_memory_changes_nothing",
        ]  # fmt: skip
        found += [(name, lambda name=name: getattr(laws, name)(sample)) for name in names]
        if sample.elementwise:
            if sample.at:
                found += [
                    ("test_the_derivative_at_special_places",
                     lambda d=d, c=c: laws.test_the_derivative_at_special_places(sample, d, c))
                    for d in (np.float64, np.float32) for c in (False, True)
                ]  # fmt: skip
            found.append(("test_broadcasting_is_undone", lambda: laws.test_broadcasting_is_undone(sample=sample)))
        alone = "test_the_gradient_by_one_argument_alone_is_that_beside_the_others"
        found.append((alone, lambda: getattr(test_places, alone)(sample)))
        found.append(("test_zero_stays_zero", lambda: laws.test_zero_stays_zero(sample)))
        found.append(("test_a_replay_on_new_data", lambda: laws.test_a_replay_on_new_data_equals_the_eager_run(sample)))
        return found


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


Killer = tuple[str, str, str]  # the law and the sample that it failed on, or "" and a hand-written test; the error

NOT_ALIVE = ("", "", "not defined with this NumPy")


def verdict(bench: Bench, mutant: Mutant, by_hand: bool = True) -> Killer | None:
    """What kills the mutant, or None: in this process, which it spoils."""
    try:
        apply(mutant, bench.living)
    except LookupError:
        return NOT_ALIVE
    with quiet():
        candidates = bench.running(mutant)
        different = []
        for i in candidates:
            signal.alarm(SECONDS)
            if bench.changed(i):
                different.append(i)
                if len(different) >= MOST:
                    break
        if not candidates:  # it runs in a trace only, if at all
            for i in range(len(bench.samples)):
                name, law = bench.laws_of(bench.samples[i])[-1]
                signal.alarm(SECONDS)
                try:
                    law()
                except BaseException as error:
                    return name, repr(bench.samples[i]), type(error).__name__
        others = [i for i in candidates if i not in different]
        step = max(len(others) // MOST, 1)
        for i in [*different, *(others[::step][:MOST] if len(different) < 10 else [])]:
            for name, law in bench.laws_of(bench.samples[i]):
                if (name, repr(bench.samples[i])) in bench.broken:
                    continue
                signal.alarm(SECONDS)
                try:
                    law()
                except BaseException as error:
                    return name, repr(bench.samples[i]), type(error).__name__
    signal.alarm(0)
    return _by_hand(files_of(mutant), bench.broken) if by_hand else None


def passes(bench: Bench, killer: Killer) -> bool:
    """Whether what killed a mutant passes without one: in this process."""
    name, what, _ = killer
    if not name:
        return _by_hand([what], set()) is None
    sample = next(sample for sample in bench.samples if repr(sample) == what)
    with quiet():
        signal.alarm(SECONDS)
        try:
            dict(bench.laws_of(sample))[name]()
        except BaseException:
            return False
    return True


def files_of(mutant: Mutant) -> list[str]:
    names = (*HAND_WRITTEN.get(mutant.path.stem, ()), *ALWAYS, *(f"test_laws.py::{name}" for name in OF_ANY))
    return [str(ROOT / "tests" / name) for name in names]


def _by_hand(tests: Sequence[str], broken: set[Any]) -> Killer | None:
    """The first hand-written test that fails."""
    import pytest

    failed: list[str] = []
    passed: list[str] = []

    class Watch:
        session: Any

        def pytest_sessionstart(self, session: Any) -> None:
            self.session = session

        def pytest_runtest_logreport(self, report: Any) -> None:
            if report.passed:
                passed.append(report.nodeid)
            if report.failed and report.nodeid not in failed:
                failed.append(report.nodeid)
                self.session.shouldstop = "it is dead"

    signal.alarm(120)
    options = ["--continue-on-collection-errors", "-q", "-n0", "--assert=plain", "--rootdir", str(ROOT)]
    options += ["-p", "no:cacheprovider", "-p", "no:hypothesispytest"]  # which must be loaded before hypothesis is
    options += [word for killer in broken if not killer[0] for word in ("--deselect", killer[1])]
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main([*options, "-c", str(ROOT / "pyproject.toml"), *tests], plugins=[Watch()])
    signal.alarm(0)
    if not passed and not failed:
        raise RuntimeError(f"nothing could be run of {', '.join(tests)}")
    return ("", failed[0], "") if failed else None


# --- All of them ------------------------------------------------------------------------------------------------------


@dataclass
class Child:
    mutant: Mutant
    pid: int
    pipe: int
    started: float

    def result(self) -> Any:
        """What its function returned, once it has ended."""
        data = b""
        while part := os.read(self.pipe, 1 << 16):
            data += part
        os.close(self.pipe)
        os.waitpid(self.pid, 0)
        found = pickle.loads(data) if data else ("", "", "it hangs, or ends the process")
        if isinstance(found, BaseException):
            raise found
        return found


def forked(mutant: Mutant, function: Callable[..., Any], *args: Any) -> Child:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return Child(mutant, pid, reading, time.monotonic())
    try:
        os.close(reading)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # which ends the process
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        found = function(*args)
    except BaseException as error:
        found = error
    with contextlib.suppress(OSError):
        os.write(writing, pickle.dumps(found))
    os._exit(0)


def judged(
    bench: Bench, mutants: Sequence[Mutant], workers: int = 2, by_hand: bool = True
) -> Iterator[tuple[Mutant, Killer | None, float]]:
    """Each mutant, what killed it or None, and the seconds it took, as they are done."""
    waiting, alive = list(mutants)[::-1], {}
    for path in {mutant.path for mutant in mutants}:
        _original(path)
    gc.collect()
    gc.freeze()  # so that the children do not copy what they only walk over
    while waiting or alive:
        while waiting and len(alive) < workers:
            mutant = waiting.pop()
            child = forked(mutant, verdict, bench, mutant, by_hand)
            alive[child.pipe] = child
        for pipe in select.select(list(alive), [], [])[0]:
            child = alive.pop(pipe)
            killer = child.result()
            test = None if killer is None or not any(killer[:2]) else killer[:2]
            if test is not None and test not in bench.sound:
                if forked(child.mutant, passes, bench, killer).result() is not True:
                    bench.broken.add(test)
                    waiting.append(child.mutant)
                    continue
                bench.sound.add(test)
            yield child.mutant, killer, time.monotonic() - child.started


def explained(path: Path = SURVIVORS) -> dict[tuple[str, str, str, str], str]:
    """The known survivors and why they survive. In the file: `file, rule`, `- before`, `+ after`, the reason."""
    found, at, lines = {}, [], []
    for line in [*path.read_text(encoding="utf-8").splitlines(), ""]:
        if line.startswith("#"):
            continue
        if line.strip():
            lines.append(line.strip())
        elif lines:
            at.append(lines)
            lines = []
    for head, *rest in at:
        stem, rule = head.split(", ", 1)
        before = next(line[2:] for line in rest if line.startswith("- "))
        reason = " ".join(line for line in rest if line[:2] not in ("- ", "+ "))
        if not reason:
            raise ValueError(f"{path.name}: no reason for {head}")
        for line in rest:
            if line.startswith("+ "):
                found[stem, rule, before, line[2:]] = reason
    return found


def flat(key: tuple[str, str, str, str]) -> tuple[str, str, str, str]:
    return tuple(" ".join(part.split()) for part in key)  # type: ignore[return-value]


def paths(name: str | None) -> list[Path]:
    if name is None:
        return sorted(path for path in RULES.glob("*.py") if path.stem != "__init__")
    beside = ROOT / "autograd" / f"{name}.py"
    return [RULES / f"{name}.py" if (RULES / f"{name}.py").exists() else beside]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])  # type: ignore[union-attr]
    parser.add_argument("--file", help="one file of autograd/rules, or special", default=None)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sample", type=int, help="only so many mutants, drawn at random", default=None)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--least", type=float, help="fail only if fewer than so many of 100 are killed", default=None)
    parser.add_argument("--list", action="store_true", help="print the mutants only")
    parser.add_argument("--verbose", action="store_true", help="print what kills each")
    asked = parser.parse_args(arguments)
    mutants = [mutant for path in paths(asked.file) for mutant in mutants_of(path)]
    if asked.sample is not None and asked.sample < len(mutants):
        mutants = random.Random(asked.seed).sample(mutants, asked.sample)
    if asked.list:
        for mutant in mutants:
            print(mutant)
        print(f"{len(mutants)} mutants")
        return 0
    start = time.monotonic()
    bench = Bench.of()
    print(f"{len(mutants)} mutants; {len(bench.samples)} samples run in {time.monotonic() - start:.0f} s", flush=True)
    known = explained()
    dead: Counter[str] = Counter()
    total: Counter[str] = Counter(mutant.path.stem for mutant in mutants)
    equal: Counter[str] = Counter()
    unexplained = []
    for mutant, killer, seconds in judged(bench, mutants, asked.workers):
        stem = mutant.path.stem
        if killer == NOT_ALIVE:
            total[stem] -= 1
        elif killer is not None:
            dead[stem] += 1
            if asked.verbose:
                print(f"{mutant}\n    killed by {' '.join(killer)} in {seconds:.1f} s", flush=True)
        elif flat(mutant.key) in known:
            equal[stem] += 1
        else:
            unexplained.append(mutant)
            print(f"survives: {mutant}", flush=True)
    for test in sorted(bench.broken):
        print(f"fails without a mutant, too: {' '.join(test)}")
    print(table(dead, equal, total))
    print(f"{time.monotonic() - start:.0f} s")
    unequal = max(total.total() - equal.total(), 1)  # those that can be killed
    return int(100 * dead.total() < asked.least * unequal) if asked.least is not None else int(bool(unexplained))


def table(dead: Counter[str], equal: Counter[str], total: Counter[str]) -> str:
    rows = [f"{'file':16}{'mutants':>8}{'killed':>8}{'explained':>11}{'survived':>10}{'killed':>9}"]
    for stem in [*sorted(total), "all"]:
        n, d, e = (sum(c.values()) if stem == "all" else c[stem] for c in (total, dead, equal))
        rows.append(f"{stem:16}{n:8}{d:8}{e:11}{n - d - e:10}{100 * d / max(n, 1):8.1f}%")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
