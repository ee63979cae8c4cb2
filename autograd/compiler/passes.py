"""What makes code shorter without changing its results but by rounding: each a function that changes a Code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .code import Code, is_pure, is_reduction, is_ufunc, uses
from .symbols import Call, Variable
from .tracer import filled, variables_in

SMALL = 1 << 12  # numbers in a constant up to which it is computed beforehand


def drop_copies(code: Code) -> None:
    """A copy of a value is that value: code writes into memory only where nobody reads it any more."""
    same: dict[Variable, Any] = {}
    for call in code.calls:
        if call.function in (np.ndarray.copy, np.copy, np.positive) and not call.options:
            same[call.result] = call.args[0]
        elif call.function is np.ndarray.astype and code.meta(call.args[0])[1] == code.meta(call.result)[1]:
            same[call.result] = call.args[0]
    code.calls = [call for call in code.calls if not (isinstance(call.result, Variable) and call.result in same)]
    code.substitute(same)


def fold_constants(code: Code) -> None:
    """What is computed from constants alone is one, if it is small."""
    kept = []
    for call in code.calls:
        inputs = variables_in((call.args, call.options))
        small = code.meta(call.result) if isinstance(call.result, Variable) else None
        if (
            is_pure(call)
            and small is not None
            and all(v in code.constants for v in inputs)
            and int(np.prod(small[0])) <= SMALL
        ):
            values = _Values(code.constants)
            with np.errstate(all="ignore"):
                args, options = filled(call.args, values), {k: filled(v, values) for k, v in call.options.items()}
                code.constants[call.result] = np.asarray(call.function(*args, **options))
        else:
            kept.append(call)
    code.calls = kept


class _Values(list):
    """Constants by the numbers of their variables."""

    def __init__(self, constants: dict[Variable, Any]) -> None:
        self.constants = constants

    def __getitem__(self, number: Any) -> Any:
        return self.constants[Variable(number)]


def share_equal_calls(code: Code) -> None:
    """Of two calls of one function with the same arguments one is enough."""
    seen: dict[Any, Variable] = {}
    same: dict[Variable, Any] = {}

    def key(nest: Any) -> Any:
        if isinstance(nest, Variable):
            while nest in same:
                nest = same[nest]
            if nest in code.constants:
                return key(code.constants[nest])
            return nest
        if isinstance(nest, np.ndarray):
            return ("array", nest.dtype.str, nest.shape, nest.tobytes()) if nest.size <= SMALL else ("array", id(nest))
        if isinstance(nest, tuple | list):
            return (type(nest) is list, *map(key, nest))
        if isinstance(nest, slice):
            return "slice", nest.start, nest.stop, nest.step
        return type(nest), nest, repr(nest) if isinstance(nest, float) else None

    kept = []
    for call in code.calls:
        if is_pure(call) and isinstance(call.result, Variable):
            try:
                found = call.function, key(call.args), tuple((k, key(v)) for k, v in sorted(call.options.items()))
                known = seen.setdefault(found, call.result)
            except TypeError:
                known = call.result  # an argument that cannot be hashed
            if known != call.result:
                same[call.result] = known
                continue
        kept.append(call)
    code.calls = kept
    code.substitute(same)


def simplify(code: Code) -> None:
    """x · 1 and x + 0 are x, x² is x · x, √x is not a power; the sum of squares is a product of a row with itself."""
    same: dict[Variable, Any] = {}
    made_by = {call.result: call for call in code.calls if isinstance(call.result, Variable)}
    used = uses(code.calls)
    ends = set(code.ends_in())
    kept = []
    for call in code.calls:
        if is_ufunc(call) and len(call.args) == 2 and not call.options:
            a, b = call.args
            number = _number(code, b)
            if (
                number is not None
                and (call.function, number) in _NEUTRAL
                and isinstance(a, Variable)
                and code.meta(a) == code.meta(call.result)
            ):
                same[call.result] = a
                continue
            if number is None and _number(code, a) is not None and isinstance(b, Variable):
                if (call.function, _number(code, a)) in _NEUTRAL_LEFT and code.meta(b) == code.meta(call.result):
                    same[call.result] = b
                    continue
            if call.function is np.power and number == 2 and code.meta(a) == code.meta(call.result):
                call = Call(np.multiply, (a, a), {}, call.result)
            elif call.function is np.power and number == 0.5 and code.meta(a) == code.meta(call.result):
                call = Call(np.sqrt, (a,), {}, call.result)
        elif (
            is_reduction(call)
            and call.options.get("axis", 0) == ()
            and code.meta(call.args[0]) == code.meta(call.result)
        ):
            same[call.result] = call.args[0]  # over no axis
            continue
        elif is_reduction(call) and call.function == np.add.reduce:
            product = made_by.get(call.args[0])
            whole = call.options.get("axis", 0) is None and not call.options.get("keepdims")
            if (
                whole
                and product is not None
                and product.function is np.multiply
                and call.options.get("dtype") is None
                and used[call.args[0]] == [used[call.args[0]][0]]
                and call.args[0] not in ends
            ):
                a, b = product.args
                shape = code.meta(call.args[0])
                if code.meta(a) == code.meta(b) == shape and shape is not None and shape[1].kind == "f":
                    size = int(np.prod(shape[0]))
                    lines = [code.new(((size,), shape[1])) for _ in (a, b)]
                    kept += [Call(np.ndarray.reshape, (x, (-1,)), {}, line) for x, line in zip((a, b), lines)]
                    call = Call(np.dot, tuple(lines), {}, call.result)
        kept.append(call)
    code.calls = kept
    code.substitute(same)


_NEUTRAL = {(np.multiply, 1), (np.true_divide, 1), (np.add, 0), (np.subtract, 0), (np.power, 1)}
_NEUTRAL_LEFT = {(np.multiply, 1), (np.add, 0)}


def _number(code: Code, value: Any) -> Any:
    """A constant that is one number, as that number."""
    if isinstance(value, Variable):
        value = code.constants.get(value)
        if value is None or value.shape != ():
            return None
        return value.item()
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def drop_unused(code: Code) -> None:
    """A call whose result nobody uses is left out."""
    wanted = set(code.ends_in())
    kept = []
    for call in reversed(code.calls):
        if not wanted.isdisjoint(variables_in(call.result)):
            wanted.update(variables_in((call.args, call.options)))
            kept.append(call)
    code.calls = kept[::-1]
    code.watched &= {v for call in code.calls for v in variables_in(call.result)}
    code.captured = {v: source for v, source in code.captured.items() if v in wanted}
    code.constants = {v: c for v, c in code.constants.items() if v in wanted}


def numbers_first(code: Code) -> None:
    """Settings are read, and computed with, before anything else: they depend on no array."""
    code.calls.sort(key=lambda call: not isinstance(call.result, Variable) or code.meta(call.result) is not None)


PASSES: dict[str, Callable[[Code], None]] = {
    "copies": drop_copies,
    "constants": fold_constants,
    "identities": simplify,
    "common": share_equal_calls,
    "unused": drop_unused,
    "numbers first": numbers_first,
}


def optimize(code: Code, passes: Any = None) -> dict[str, int]:
    """Do these passes, all by default. Returns {pass: how many calls there are after it}."""
    counts = {"traced": len(code.calls)}
    for name, change in PASSES.items():
        if passes is None or name in passes:
            change(code)
            counts[name] = len(code.calls)
    if passes is None or "unused" in passes:
        fold_constants(code)
        drop_unused(code)
    return counts
