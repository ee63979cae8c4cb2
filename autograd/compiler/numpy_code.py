"""The NumPy backend: code as a Python function of straight-line calls, which write into memory that was set aside for them.

Most values have a place of their own while they are needed, one array after the other in the same memory. What is a view of
such a place (a transpose, a slice) is made once, when the function is written, and costs nothing afterwards. Parameters and the
state of an optimizer stay where they are and are changed in place. Only what comes from outside with every call, what an operation returns
that is called as a whole, and what goes outside are arrays of their own.
"""

from __future__ import annotations

import itertools
import math
from sys import getrefcount
from typing import Any

import numpy as np

from .. import reach
from ..arrays import engine
from ..source import defined
from .code import SCALAR, VIEWS, Code, is_product, is_reduction, is_ufunc
from .symbols import Call, Variable, getitem
from .tracer import variables_in

SEEING = VIEWS | {
    np.reshape,
    np.transpose,
    np.expand_dims,
    np.swapaxes,
    np.moveaxis,
    np.broadcast_to,
    np.squeeze,
    np.ravel,
}
COPYING = (np.ndarray.copy, np.copy, np.ndarray.astype)
LARGE = 1 << 15  # numbers in an array from which a run of calls is done in blocks
BLOCK = 1 << 14  # numbers in a block
numbered = itertools.count(1).__next__


class NotFinite(Exception):
    """A derivative was not finite: the rules have to be asked one by one, as eager code does."""


class Pool:
    """Memory for values that live one after the other."""

    def __init__(self) -> None:
        self.free: list[Any] = []
        self.bytes = 0

    def take(self, shape: tuple[int, ...], dtype: Any) -> tuple[Any, Any]:
        """(an array, the memory to give back)."""
        size = max(1, math.prod(shape) * dtype.itemsize)
        fitting = [m for m in self.free if size <= m.nbytes <= 2 * size + 4096]
        if fitting:
            memory = min(fitting, key=lambda m: m.nbytes)
            self.free = [m for m in self.free if m is not memory]
        else:
            memory = np.empty(-(-size // 64) * 64, np.uint8)
            self.bytes += memory.nbytes
        return np.ndarray(shape, dtype, memory), memory

    def give(self, memory: Any) -> None:
        self.free.append(memory)


class Writer:
    """Writes the function. `places` are the arrays that variables have for good; others are local names."""

    def __init__(self, code: Code, pool: Pool | None = None) -> None:
        self.code, self.pool = code, pool or Pool()
        self.ended: list[bool] = []  # not empty once there is no way back
        self.lines: list[str] = []
        self.lists: dict[str, Any] = {}  # of views, one for each block
        self.names: dict[str, Any] = {  # what the source refers to
            "isfinite": math.isfinite,
            "vdot": np.vdot,
            "NotFinite": NotFinite,
            "copyto": np.copyto,
        }
        self.known: dict[int, str] = {}  # by id; `names` keeps them alive
        self.places: dict[Variable, Any] = {}
        self.memory: dict[Variable, Any] = {}  # of the places that are given back
        self.kept = {v for _, v in code.grads if v is not None}
        self.defined = {v: i for i, call in enumerate(code.calls) for v in variables_in(call.result)}
        self._bind()
        self._last_uses()
        self._find_parts()
        self._find_checks()
        self._find_targets()
        self._write()
        self._show_gradients()

    # --- Around a run ---

    def is_up_to_date(self) -> bool:
        """Whether it can run again: Tensors have their memory where it was, and nobody has kept a gradient's array."""
        for tensor, array in self.sources:
            if tensor._data is not array:
                return False
        for i, (node, g) in enumerate(self.gradients):
            if getrefcount(g) > (
                4 if node.grad is g else 3
            ):  # held by the list, this loop, this question, and the leaf
                node.grad = None if node.grad is g else node.grad
                g._data = g._data.copy()  # whoever has the Tensor keeps its values
                self.gradients[i] = node, engine.Tensor._make(self.fresh[i][1][...], None)
            elif getrefcount(g._data) != 2:
                return False
        for memory, count in self.holders:
            if getrefcount(memory) != count:
                return False
        return True

    def finish(self) -> None:
        """After a run: leaves have their gradients, and older graphs are told what has been written over."""
        for node, g in self.gradients:
            node.grad = g
        if self.note_changes is not None:
            self.note_changes()

    def _show_gradients(self) -> None:
        self.gradients = [(node, engine.Tensor._make(place[...], None)) for node, place in self.fresh]
        self.holders: list[tuple[Any, int]] = [(m, 0) for m in {id(m): m for m in map(_owner, self.fresh)}.values()]
        for i, (memory, _) in enumerate(self.holders):
            count = getrefcount(memory)
            self.holders[i] = memory, count

    # --- What is known before the first line ---

    def _bind(self) -> None:
        self.sources: list[tuple[Any, Any]] = []
        for variable, source in self.code.captured.items():
            if isinstance(source, engine.Tensor):
                if not isinstance(source._data, np.ndarray):
                    source._data = np.asarray(source._data)
                self.places[variable] = source._data
                self.sources.append((source, source._data))
        self.places.update(self.code.constants)

    def _last_uses(self) -> None:
        calls = self.code.calls
        self.base = {c.result: c.args[0] for c in calls if c.function in SEEING and isinstance(c.args[0], Variable)}
        self.last: dict[Variable, float] = dict.fromkeys(self.code.ends_in(), math.inf)
        for i in range(len(calls) - 1, -1, -1):
            call = calls[i]
            end = max([i, *(self.last.get(v, i) for v in variables_in(call.result) if call.result in self.base)])
            for v in variables_in((call.args, call.options)):
                seen = end if self.base.get(call.result) == v else i
                self.last[v] = max(self.last.get(v, 0), seen)

    def _find_parts(self) -> None:
        """Values that are concatenated afterwards: they are written where they will stand."""
        self.parts: dict[Variable, tuple[Variable, int]] = {}
        for call in self.code.calls:
            if call.function is np.concatenate and call.options.get("axis", 0) == 0 and len(call.args) == 1:
                if not all(isinstance(v, Variable) and len(self.code.meta(v)[0]) == 1 for v in call.args[0]):
                    continue
                dtype, start = self.code.meta(call.result)[1], 0
                for part in call.args[0]:
                    size, source = self.code.meta(part)[0][0], part
                    while source in self.base and source in self.defined and self._is_reshape(source):
                        source = self.base[source]
                    where = self.defined.get(source)
                    if (
                        where is not None
                        and self._has_out(self.code.calls[where])
                        and source not in self.parts
                        and self.code.meta(source)[1] == dtype
                        and math.prod(self.code.meta(source)[0]) == size
                    ):
                        self.parts[source] = call.result, start
                    start += size

    def _is_reshape(self, variable: Variable) -> bool:
        call = self.code.calls[self.defined[variable]]
        return (
            call.function in (np.reshape, np.ndarray.reshape, np.ndarray.ravel, np.ravel)
            and call.options.get("order", "C") == "C"
        )

    def _has_out(self, call: Call) -> bool:
        if not isinstance(call.result, Variable) or self.code.meta(call.result) is None:
            return False
        if is_product(call):
            return self._is_small_product(call)
        return (is_ufunc(call) or is_reduction(call)) and call.options.get("dtype") is None

    def _is_small_product(self, call: Call) -> bool:
        metas = [self._meta(a) for a in call.args]
        if any(m is None for m in metas) or len({m[1] for m in metas}) != 1:
            return False
        if call.function is np.matmul:
            return min(len(m[0]) for m in metas) >= 2
        return max(len(m[0]) for m in metas) <= 2 and min(len(m[0]) for m in metas) >= 1

    def _meta(self, a: Any) -> Any:
        return (
            self.code.meta(a) if isinstance(a, Variable) else (a.shape, a.dtype) if isinstance(a, np.ndarray) else None
        )

    def _find_checks(self) -> None:
        """Which values must be finite, and after which call they are looked at."""
        code = self.code
        touched = set(code.watched)
        for call in code.calls:
            if not touched.isdisjoint(variables_in((call.args, call.options))):
                touched.update(variables_in(call.result))
        last = max((self.defined[v] for v in code.watched if v in self.defined), default=-1)
        ends = set(code.ends_in())
        found = []
        for call in code.calls[: last + 1]:
            for v in variables_in(call.result):
                if v in touched and (self.last.get(v, -1) > last or v in ends) and self._is_float(v):
                    found.append(v)
        self.checks: dict[int, list[Variable]] = {}
        found = [v for v in found if self.base.get(v) not in found]
        for call in code.calls:
            if call.function is np.concatenate and isinstance(call.result, Variable):
                covered = {s for s, (whole, _) in self.parts.items() if whole == call.result}
                if covered & set(found):
                    found = [v for v in found if v not in covered] + [call.result]
                    last = max(last, self.defined[call.result])
        if found:
            self.checks[last] = found
        self.boundary = max(
            [last if found else -1]
            + [
                i
                for i, call in enumerate(code.calls)
                if not (self._has_out(call) or call.function in SEEING or self.code.meta(call.result) is None)
                and call.function is not np.concatenate
            ]
        )

    def _is_float(self, v: Variable) -> bool:
        meta = self.code.meta(v)
        return meta is not None and meta[1].kind == "f"

    def _find_targets(self) -> None:
        """Values that may be written over the Tensor that they will be the value of."""
        self.targets: dict[Variable, Any] = {}
        owners: dict[int, list[Variable]] = {}
        for v, source in self.code.captured.items():
            if isinstance(source, engine.Tensor):
                owners.setdefault(id(reach.owner(self.places[v])), []).append(v)
        for tensor, final in self.code.writes:
            memory = tensor._data
            if not (isinstance(memory, np.ndarray) and memory.flags.c_contiguous and memory.flags.writeable):
                continue
            begin = next((v for v, source in self.code.captured.items() if source is tensor), None)
            chain = self._chain(final, begin, tensor) if isinstance(final, Variable) else None
            if not chain or any(v in self.targets or v in self.kept or v in self.parts for v in chain):
                continue
            first = self.defined[chain[-1]]
            others = owners.get(id(reach.owner(memory)), [])
            if first > self.boundary and all(self.last.get(v, -1) <= first for v in others if v not in chain):
                self.targets.update(dict.fromkeys(chain, memory))

    def _chain(self, final: Variable, begin: Any, tensor: Any) -> list[Variable] | None:
        """The values from the last back to the first that takes the place of the old one; None if there is none."""
        chain, v = [], final
        meta = (tensor.shape, tensor.dtype)
        while v in self.defined:
            i = self.defined[v]
            call = self.code.calls[i]
            if not is_ufunc(call) or self.code.meta(v) != meta:
                return None
            chain.append(v)
            inputs = [a for a in call.args if isinstance(a, Variable)]
            if begin in inputs:
                return chain
            before = [
                a for a in inputs if a in self.defined and self.last[a] == i and self.code.meta(a) == meta
                and is_ufunc(self.code.calls[self.defined[a]]) and self.defined[a] > self.boundary
            ]  # fmt: skip
            if not before:
                return chain if begin is None or self.last.get(begin, -1) <= i else None
            v = before[0]
        return None

    # --- The lines ---

    def _write(self) -> None:
        code = self.code
        self.outputs: list[str] = [""] * len(code.outputs)
        self.wanted: dict[Variable, list[int]] = {}
        for n, y in enumerate(code.outputs):
            if isinstance(y, Variable):
                self.wanted.setdefault(y, []).append(n)
            else:
                self.outputs[n] = self._text(y)
        arguments = [f"v{v.number}" for v in code.inputs]
        draws = [f"v{c.result.number}" for c in code.draws]
        for call, name in zip(code.draws, draws):
            self.lines.append(f"{name} = {self._global(call.function, 'draw')}()")
        for v, source in code.captured.items():
            if v not in self.places:
                self.lines.append(f"v{v.number} = {self._global(source, 'leaf')}.grad._data")
        for v in [*code.inputs, *code.captured, *code.constants]:
            self._hand_over(v)
        i = 0
        while i < len(code.calls):
            end = self._group(i)
            if end > i + 1:
                self._in_blocks(i, end)
                i = end
                continue
            call = code.calls[i]
            self._call(call, i)
            for v in variables_in(call.result):
                self._hand_over(v)
            self._check(i)
            self._release(call, i)
            i += 1
        self._write_ends()
        self.lines.append(f"return [{', '.join(self.outputs)}]")
        body = "\n".join(f"        {line}" for line in self.lines)
        self.source = (
            f"def make({', '.join(self.names)}):\n    def run({', '.join(arguments)}):\n{body}\n    return run\n"
        )
        self.run = defined(self.source, f"<compiled {numbered()}>", {})["make"](**self.names)

    def _check(self, i: int) -> None:
        """Look whether the values that must be finite after call i are."""
        for v in self.checks.get(i, ()):
            text = self._text(v)
            square = f"vdot({text}, {text})"
            if v in self.places and self.places[v].flags.c_contiguous:
                line = self.places[v].reshape(-1)
                square = f"{self._global(line.dot, 'dot')}({self._static(line)})"
            drawn = "".join(f"v{c.result.number}, " for c in self.code.draws)
            self.lines.append(f"if not isfinite({square}): raise NotFinite(({drawn}))")

    def _hand_over(self, v: Variable) -> None:
        """Copy an output as soon as it is known, if its memory is not its own."""
        for n in self.wanted.get(v, ()):
            text = self._text(v)
            if v in self.places or v in self.code.inputs or v in self.base or n != self.wanted[v][0]:
                self.lines.append(f"y{n} = {text}.copy()")
                self.outputs[n] = f"y{n}"
            elif self._is_shared(v):
                self.lines.append(f"y{n} = {self._global(_own, 'own')}({text})")
                self.outputs[n] = f"y{n}"
            else:
                self.outputs[n] = text

    def _is_shared(self, v: Variable) -> bool:
        call = self.code.calls[self.defined[v]] if v in self.defined else None
        return call is None or not (is_ufunc(call) or is_reduction(call) or is_product(call))

    def _write_ends(self) -> None:
        code = self.code
        later: list[tuple[Any, str]] = []
        self.note_changes = reach.noting([tensor._data for tensor, _ in code.writes]) if code.writes else None
        for tensor, v in code.writes:
            memory = tensor._data
            if isinstance(v, Variable) and v in self.places:
                place = self.places[v]
                if place is memory or (
                    place.__array_interface__["data"] == memory.__array_interface__["data"]
                    and (place.shape, place.strides) == (memory.shape, memory.strides)
                ):
                    continue
                if any(np.may_share_memory(place, t._data) for t, _ in code.writes):
                    self.lines.append(f"w{len(later)} = {self._text(v)}.copy()")
                    later.append((memory, f"w{len(later)}"))
                    continue
            later.append((memory, self._text(v)))
        for memory, text in later:
            self.lines.append(f"copyto({self._static(memory)}, {text})")
        self.fresh: list[tuple[Any, Any]] = []  # leaves, and the arrays that their gradients are on
        for node, v in code.grads:
            if v is None:
                self.lines.append(f"{self._global(node, 'leaf')}.grad = None")
                continue
            place = self.places.get(v)
            if place is None or v not in self.kept or v in self.targets or not self._is_ours(v):
                own = np.empty(*code.meta(v))
                self.lines.append(f"copyto({self._static(own)}, {self._text(v)})")
                place = own
            self.fresh.append((node, place))
        if code.ends:
            self.lines.append(f"{self._global(self.ended, 'ended')}.append(True)")
        for function, args in code.ends:
            self.lines.append(f"{self._global(function, 'end')}({', '.join(map(self._text, args))})")

    def _is_ours(self, v: Variable) -> bool:
        return v in self.defined and v not in self.base

    def _release(self, call: Call, i: int, without: Any = ()) -> None:
        gone = []
        for v in {*variables_in((call.args, call.options)), *variables_in(call.result)}:
            if self.last.get(v, i) > i or v in without:
                continue
            if v in self.memory:
                self.pool.give(self.memory.pop(v))
            elif v in self.last and v not in self.places and v in self.defined and self.code.meta(v) is not None:
                gone.append(f"v{v.number}")
        gone = [name for name in gone if name not in self.outputs]
        if gone:
            self.lines.append(f"del {', '.join(sorted(gone))}")

    def _place(self, v: Variable, call: Call, i: int) -> Any:
        """The array into which this value is written; None if it is to be an array of its own."""
        shape, dtype = self.code.meta(v)
        if v in self.targets:
            self.places[v] = self.targets[v]
        elif v in self.parts:
            whole, start = self.parts[v]
            if whole not in self.places:
                self.places[whole] = np.empty(*self.code.meta(whole))
            self.places[v] = self.places[whole][start : start + math.prod(shape)].reshape(shape)
        elif v in self.kept:
            self.places[v] = np.empty(shape, dtype)
        elif v in self.wanted:
            return None
        else:
            over = self._overwritten(call, i, shape, dtype) if is_ufunc(call) else None
            if over is not None:
                self.places[v], self.memory[v] = self.places[over], self.memory.pop(over)
            else:
                self.places[v], self.memory[v] = self.pool.take(shape, dtype)
        return self.places[v]

    def _overwritten(self, call: Call, i: int, shape: Any, dtype: Any) -> Any:
        for a in call.args:
            if (
                isinstance(a, Variable)
                and a in self.memory
                and self.last[a] == i
                and self.code.meta(a) == (shape, dtype)
            ):
                return a
        return None

    def _call(self, call: Call, i: int) -> None:
        function, v = call.function, call.result
        if isinstance(v, Variable) and self.code.meta(v) is None:
            self.lines.append(f"v{v.number} = {self._number(call)}")
        elif function in SEEING and self._seen(call):
            return
        elif self._has_out(call):
            self._into(call, i)
        elif function is np.concatenate and self._concatenated(call):
            return
        elif function in COPYING and isinstance(v, Variable):
            place = self._place(v, call, i)
            if place is None:
                place = self.places[v] = np.empty(*self.code.meta(v))
            casting = ", casting='unsafe'" if function is np.ndarray.astype else ""
            self.lines.append(f"copyto({self._static(place)}, {self._text(call.args[0])}{casting})")
        else:
            self._whole(call)

    def _into(self, call: Call, i: int) -> None:
        """A call that writes its result into a place."""
        v = call.result
        place = self._place(v, call, i)
        out = None if place is None else self._static(place)
        given = [self._operand(call, n) for n in range(len(call.args))]
        if is_reduction(call):
            axis, keepdims = call.options.get("axis", 0), call.options.get("keepdims", False)
            text = f"{self._global(call.function, named(call))}({given[0]}, {axis!r}, None, {out}, {bool(keepdims)})"
        elif call.function is not np.matmul and is_product(call):
            a, *rest = given  # the method is quicker than the function, and quickest when it is looked up beforehand
            method = self._global(self._place_of(call.args[0]).dot, "dot") if a[0] != "v" else f"{a}.dot"
            text = f"{method}({', '.join([*rest, *([out] if out else [])])})"
        else:
            text = f"{self._global(call.function, named(call))}({', '.join([*given, *([_into(call, out)] if out else [])])})"
        self.lines.append(text if out else f"v{v.number} = {text}")

    def _place_of(self, a: Any) -> Any:
        return self.places[a] if isinstance(a, Variable) else a

    def _operand(self, call: Call, n: int) -> str:
        """An operand; a constant number as an array without axes, which NumPy need not convert."""
        a = call.args[n]
        if is_ufunc(call) and type(a) in (int, float, bool):
            try:
                kinds = [self._meta(b)[1] if self._meta(b) is not None else type(b) for b in call.args]
                ufunc: Any = call.function
                dtype = ufunc.resolve_dtypes((*kinds, *[None] * ufunc.nout))[n]
                return self._static(np.array(a, dtype))
            except (TypeError, ValueError, OverflowError, AttributeError):
                return self._text(a)
        return self._text(a)

    def _concatenated(self, call: Call) -> bool:
        whole = call.result
        if call.options.get("axis", 0) != 0 or whole not in self.places:
            return False
        start = 0
        for part in call.args[0]:
            size = self.code.meta(part)[0][0]
            piece = self.places[whole][start : start + size]
            place = self.places.get(part)
            if place is None or place.__array_interface__["data"] != piece.__array_interface__["data"]:
                self.lines.append(f"copyto({self._static(piece)}, {self._text(part)})")
            start += size
        return True

    def _seen(self, call: Call) -> bool:
        """Whether the result is a view of a place; then it is one, too."""
        x = call.args[0]
        if not isinstance(x, Variable) or x not in self.places or variables_in((call.args[1:], call.options)):
            return False
        source = self.places[x]
        result = call.function(source, *call.args[1:], **call.options)
        if isinstance(result, np.ndarray) and np.may_share_memory(result, source):
            self.places[call.result] = result
            return True
        return False

    def _whole(self, call: Call) -> None:
        """A call as it stands; it returns arrays of its own."""
        options = "".join(f", {name}={self._text(value)}" for name, value in call.options.items())
        args = ", ".join(map(self._text, call.args))
        if call.function is getitem:
            text = f"{self._text(call.args[0])}[{self._text(call.args[1])}]"
        elif getattr(call.function, "__objclass__", None) is np.ndarray:
            text = f"{self._text(call.args[0])}.{call.function.__name__}({', '.join(map(self._text, call.args[1:]))}{options})"
            text = text.replace("(, ", "(")
        else:
            text = f"{self._global(call.function, named(call))}({args}{options})"
        self.lines.append(f"{self._pattern(call.result)} = {text}")

    def _number(self, call: Call) -> str:
        sign = SCALAR.get(call.function)
        args = list(map(self._text, call.args))
        if sign and len(args) == 2:
            return f"{args[0]} {sign} {args[1]}"
        return f"{self._global(call.function, named(call))}({', '.join(args)})"

    # --- Blocks ---

    def _group(self, start: int) -> int:
        """The end of the run of elementwise calls on large arrays of one shape that begins here."""
        end, shape = start, None
        written: list[Any] = []
        while end < len(self.code.calls):
            call = self.code.calls[end]
            if not self._is_blockwise(call) or (shape is not None and self.code.meta(call.result)[0] != shape):
                break
            shape = self.code.meta(call.result)[0]
            target = self.targets.get(call.result)
            if target is not None:
                written.append(target)
            if any(
                isinstance(a, Variable) and a in self.places and a not in self.memory
                and any(np.may_share_memory(self.places[a], w) and not _same_place(self.places[a], w) for w in written)
                for a in call.args
            ):  # fmt: skip
                break
            end += 1
            if end - 1 in self.checks:
                break
        return end

    def _is_blockwise(self, call: Call) -> bool:
        if not (is_ufunc(call) and self._has_out(call)) or call.result in self.wanted or call.result in self.parts:
            return False
        shape = self.code.meta(call.result)[0]
        if math.prod(shape) < LARGE or len(shape) < 1 or shape[0] * BLOCK < math.prod(shape):
            return False
        for a in call.args:
            meta = self._meta(a)
            if meta is not None and len(meta[0]) == len(shape) and meta[0][0] not in (1, shape[0]):
                return False
        return True

    def _in_blocks(self, start: int, end: int) -> None:
        """A run of calls, done for a few rows at a time, so that what is computed on the way stays in the processor's cache."""
        calls = self.code.calls[start:end]
        shape = self.code.meta(calls[0].result)[0]
        rows = max(1, BLOCK // max(1, math.prod(shape[1:])))
        pieces = [slice(a, min(a + rows, shape[0])) for a in range(0, shape[0], rows)]
        inner = {
            c.result
            for c in calls
            if self.last.get(c.result, -1) < end and c.result not in self.kept | self.targets.keys()
        }
        loop: dict[str, Any] = {}  # name in the loop -> lists of views, or the text of one
        scratch: dict[Variable, str] = {}
        free: dict[tuple[Any, Any], list[str]] = {}
        body = []
        for i, call in enumerate(calls, start):
            given = [self._piece(a, call, n, shape, pieces, loop, scratch) for n, a in enumerate(call.args)]
            v, meta = call.result, self.code.meta(call.result)
            dead = [
                a for a in dict.fromkeys(call.args) if isinstance(a, Variable) and a in scratch and self.last[a] == i
            ]
            if v in inner:
                reused = next((a for a in dead if self.code.meta(a) == meta), None)
                if reused is not None:
                    scratch[v] = scratch[reused]
                    dead.remove(reused)
                elif free.get(meta):
                    scratch[v] = free[meta].pop()
                else:
                    scratch[v] = self._scratch(meta, rows, pieces, loop)
                out = scratch[v]
            else:
                place = self._place(v, call, -1)
                out = self._listed([place[piece] for piece in pieces], loop)
            for a in dead:
                free.setdefault(self.code.meta(a), []).append(scratch[a])
            body.append(f"    {self._global(call.function, named(call))}({', '.join([*given, _into(call, out)])})")
        names, lists = ", ".join(loop), ", ".join(loop.values())
        self.lines += [f"for {names} in zip({lists}):" if len(loop) > 1 else f"for {names} in {lists}:", *body]
        for call in calls:
            if call.result not in inner:
                self._hand_over(call.result)
        self._check(end - 1)
        for i, call in enumerate(calls, start):
            self._release(call, i, inner)

    def _piece(self, a: Any, call: Call, n: int, shape: Any, pieces: Any, loop: Any, scratch: Any) -> str:
        meta = self._meta(a)
        if isinstance(a, Variable) and a in scratch:
            return scratch[a]
        if meta is None or len(meta[0]) < len(shape) or meta[0][0] == 1:
            return self._operand(call, n)
        if not isinstance(a, Variable) or a in self.places:
            array = self._place_of(a)
            return self._listed([array[piece] for piece in pieces], loop)
        name = f"v{a.number}_"
        loop[name] = f"[v{a.number}[s] for s in {self._global(pieces, 's')}]"
        return name

    def _listed(self, views: list[Any], loop: dict[str, Any]) -> str:
        """The name that these views have in turn in a loop; the same for the same ones."""
        key = tuple(view.__array_interface__["data"][0] for view in views), views[0].strides, views[0].dtype
        for name, (known, _) in self.lists.items():
            if known == key:
                loop[name[:-1]] = name
                return name[:-1]
        name = f"r{len(self.lists)}s"
        self.names[name] = views
        self.lists[name] = key, views
        loop[name[:-1]] = name
        return name[:-1]

    def _scratch(self, meta: Any, rows: int, pieces: Any, loop: dict[str, Any]) -> str:
        shape, dtype = meta
        memory = np.empty((rows, *shape[1:]), dtype)
        self.pool.bytes += memory.nbytes
        views = [memory[: piece.stop - piece.start] for piece in pieces]
        return self._listed(views, loop)

    # --- Words ---

    def _pattern(self, nest: Any) -> str:
        if isinstance(nest, Variable):
            return f"v{nest.number}" if nest in self.last else "_"
        return f"({''.join(self._pattern(part) + ', ' for part in nest)})" if isinstance(nest, tuple) and nest else "_"

    def _text(self, value: Any) -> str:
        if isinstance(value, Variable):
            return self._static(self.places[value]) if value in self.places else f"v{value.number}"
        if type(value) is tuple:
            return f"({''.join(self._text(part) + ', ' for part in value)})"
        if type(value) is slice:
            return f"slice({self._text(value.start)}, {self._text(value.stop)}, {self._text(value.step)})"
        if value is None or value is Ellipsis or type(value) in (int, bool, str):
            return repr(value) if value is not Ellipsis else "..."
        if type(value) is float and math.isfinite(value):
            return repr(value)
        return self._global(value, "c")

    def _static(self, array: Any) -> str:
        return self._global(array, "b")

    def _global(self, value: Any, hint: str) -> str:
        """The name under which the source knows this object."""
        key = id(value)
        if type(value).__name__ == "builtin_function_or_method":  # made anew by each look at it
            key = hash((id(value.__self__), value.__name__))
        if key not in self.known:
            self.known[key] = name = (
                hint if hint not in self.names and hint not in ("b", "c") else f"{hint}{len(self.names)}"
            )
            self.names[name] = value
        return self.known[key]


def _into(call: Call, out: str) -> str:
    return (
        f"out={out}" if call.function in (np.maximum, np.minimum) else out
    )  # which may take more than two operands one day


def _same_place(a: Any, b: Any) -> bool:
    return (a.__array_interface__["data"][0], a.shape, a.strides) == (
        b.__array_interface__["data"][0],
        b.shape,
        b.strides,
    )


def _owner(fresh: tuple[Any, Any]) -> Any:
    return reach.owner(fresh[1])


def named(call: Call) -> str:
    function = call.function
    owner: Any = getattr(function, "__self__", None)
    name = getattr(function, "__name__", "f")
    if isinstance(owner, np.ufunc):
        name = f"{owner.__name__}_{name}"
    elif hasattr(owner, "op"):
        name = f"{owner.op.name}_pull"
    name = name.strip("_").replace("<lambda>", "read")
    return name if name.isidentifier() else "f"


def _own(value: Any) -> Any:
    """An array that shares memory with no other."""
    return value.copy() if isinstance(value, np.ndarray) and value.base is not None else value
