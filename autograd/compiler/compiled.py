"""`compile`: a function that is traced when it is first called, and replayed from then on."""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import modes
from ..arrays import engine
from ..function import Function
from ..transforms import flatten
from .code import Code
from .numpy_code import NotFinite, Writer
from .passes import optimize
from .program import Recorded
from .straight import Straight
from .surroundings import Surroundings
from .tracer import assign

LIMIT = 16  # programs of one function, after which further signatures are run as they stand


class Compiled:
    """What `compile` returns: called like the function, with the same results and effects."""

    __name__: str

    def __init__(self, function: Callable[..., Any], passes: Any, fallback: bool, check: int, limit: int) -> None:
        functools.update_wrapper(self, function)
        self.__name__ = getattr(function, "__name__", type(function).__name__)
        self.function = function
        self.passes, self.fallback, self.check, self.limit = passes, fallback, check, limit
        self.entries: dict[Any, list[Entry]] = {}
        self.traces = 0
        self.calls = 0
        self._eager, self.assumes = False, True
        self._lock = threading.RLock()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if modes.entered and any(
            modes.innermost(kind) is not None for kind in ("trace", "observe", "anomaly", "profile")
        ):
            return self.function(*args, **kwargs)  # who traces or watches is to see what is inside
        arrays: list[Any] = []
        given: list[Any] = []
        key: list[Any] = [modes.is_grad_enabled()] if modes.entered else []
        for x in args:
            if x.__class__ is np.ndarray:
                arrays.append(x)
                given.append(x)
                key.append((x.dtype.num, x.shape))
            else:
                _sign(x, key, arrays, given)
        if kwargs:
            for name in kwargs:
                key.append(name)
                _sign(kwargs[name], key, arrays, given)
        signature = tuple(key)
        for entry in self.entries.get(signature, ()):
            if entry.holds():
                break
        else:
            found = self._traced(signature, args, kwargs, given)
            if not isinstance(found, Entry):
                return found[0]
            return found.first.pop()
        if self.check:
            self.calls += 1
            if self.calls % self.check == 0:
                return entry.compared(self.function, args, kwargs, arrays)
        return entry.run(arrays, given, args, kwargs)

    def instead(self, entry: Entry, args: Any, kwargs: Any) -> Any:
        """What the function itself does with arguments with which a program of it has failed: most often, raise the right error."""
        result = self.function(*args, **kwargs)
        for entries in self.entries.values():
            if entry in entries:  # the program is not for such values
                entries.remove(entry)
                self.assumes = False
        return result

    def _traced(self, signature: Any, args: Any, kwargs: Any, given: list[Any]) -> Any:
        """A new Entry, whose `first` holds the result of this call; or the result in a tuple, if there can be none."""
        if self._eager:
            return (self.function(*args, **kwargs),)
        with self._lock:
            if self.traces >= self.limit:
                if self.traces == self.limit:
                    self.traces += 1
                    warnings.warn(
                        f"{self.__name__} has been traced {self.limit} times, for as many shapes, dtypes, Python arguments and settings; what "
                        f"is new from now on runs without being compiled. The last signature was {_told(signature)}. Pad batches to one "
                        "size, give numbers that vary as arrays, or raise limit=",
                        RuntimeWarning,
                        stacklevel=3,
                    )
                return (self.function(*args, **kwargs),)
            try:
                entry = Entry(self, args, kwargs, given)
            except modes.TraceError as error:
                if not self.fallback:
                    raise
                self._eager = True
                warnings.warn(f"{self.__name__} is run without being compiled: {error}", RuntimeWarning, stacklevel=3)
                return (self.function(*args, **kwargs),)
            self.traces += 1
            self.entries.setdefault(signature, []).append(entry)
            return entry

    # --- To look at ---

    @property
    def last(self) -> Entry:
        """The newest program."""
        if not self.entries:
            raise RuntimeError(f"{getattr(self, '__name__', 'this function')} has not been traced yet; call it once")
        return next(reversed(self.entries.values()))[-1]

    def source(self) -> str:
        """The Python code of the newest program, as it is run."""
        return self.last.shown().source

    def graph(self) -> Any:
        """The calls of the newest program as a `graphviz.Digraph`, which shows itself in notebooks."""
        from .picture import picture

        return picture(self.last.code)

    def report(self) -> str:
        """How many calls of NumPy there are after each pass, and how much memory is set aside."""
        entry = self.last
        writer = entry.shown()
        lines = [f"{self.__name__}: traced {min(self.traces, self.limit)} times"]
        lines += [f"{name:>12}  {count} calls" for name, count in entry.counts.items()]
        lines.append(f"{'memory':>12}  {writer.pool.bytes} bytes")
        return "\n".join(lines)

    def __reduce__(self) -> Any:
        options = {"passes": self.passes, "fallback": self.fallback, "check": self.check, "limit": self.limit}
        return _made_anew, (self.function, options)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __repr__(self) -> str:
        return f"<compiled {getattr(self, '__name__', self.function)}>"


def _sign(x: Any, key: list[Any], arrays: list[Any], given: list[Any]) -> None:
    """Add what a program depends on to the key, and the arrays to those that it reads."""
    if isinstance(x, np.ndarray):
        arrays.append(x)
        given.append(x)
        key.append((x.dtype.num, x.shape))
    elif isinstance(x, engine.Tensor):
        value = x._data
        arrays.append(value if isinstance(value, np.ndarray) else np.asarray(value))
        given.append(x)
        key.append((value.dtype.num, value.shape, "Tensor", x.requires_grad))
    elif isinstance(x, np.generic):
        arrays.append(np.asarray(x))
        given.append(x)
        key.append((x.dtype.num, (), "number"))
    elif isinstance(x, tuple | list):
        key.append((type(x), len(x)))
        for part in x:
            _sign(part, key, arrays, given)
    elif isinstance(x, dict):
        key.append(("dict", *x))
        for part in x.values():
            _sign(part, key, arrays, given)
    elif isinstance(x, int | float | str | bool | None):
        key.append((type(x), x, str(x) if x == 0 or x != x else None))
    else:
        key.append((type(x), id(x)))


def _told(signature: Any) -> str:
    return ", ".join(str(part[1]) if isinstance(part, tuple) and len(part) > 1 else str(part) for part in signature)


class Entry:
    """A program for one signature, and what it needs to run."""

    def __init__(self, owner: Compiled, args: Any, kwargs: Any, given: list[Any]) -> None:
        self.things = [args, kwargs]  # kept alive, so that an id in the signature stays unique
        leaves, rebuild = flatten([list(args), kwargs])
        self.surroundings = Surroundings(owner.function, [x for x in leaves if not isinstance(x, np.ndarray)])
        outside = [read() for read in self.surroundings.arrays]
        self.outside = [(read, a.shape, a.dtype) for read, a in zip(self.surroundings.arrays, outside)]
        tensors = [_stand_in(x) for x in leaves if _is_array(x)]
        rest = [_stand_in(a) for a in outside]
        waiting = iter(tensors)
        inner = rebuild([next(waiting) if _is_array(x) else x for x in leaves])
        plain = [t for t, x in zip(tensors, filter(_is_array, leaves)) if not isinstance(x, engine.Tensor)] + rest
        function = self.surroundings.with_tensors(rest)
        recorded = Recorded(lambda: function(*inner[0], **inner[1]), [*tensors, *rest], plain, owner.assumes)
        self.owner, self.assumed, self.generators = owner, recorded.assumed, recorded.generators
        self.program, self.guards, self.needed = recorded.program, recorded.guards, recorded.needed
        self.build, self.kinds = (
            recorded.build,
            [self._kind(y, recorded.plain[i]) for i, y in enumerate(recorded.outputs)],
        )
        self.count = len(recorded.outputs)
        self.single = self.count == 1 and self.build([0]) == 0
        captured = [t for t in self.program.captured.values() if isinstance(t, engine.Tensor)]
        self.leaves = [(t, t._made) for t in dict.fromkeys([*captured, *recorded.kept])]
        self.code = Code(self.program)
        self.counts = optimize(self.code, owner.passes)
        self.idle: list[Writer] = []
        self.back = None if recorded.back is None else Back(recorded, tensors, owner.passes)
        values = recorded.values if recorded.live else [_value(y) for y in recorded.outputs]
        self.first = [self._result(values, given)]  # taken by the call for which it was traced

    def _kind(self, y: Any, plain: bool) -> str:
        if isinstance(y, engine.Tensor):
            return "array" if plain else "tensor"
        return "constant"

    def _wrapped(self, value: Any, i: int) -> Any:
        if self.kinds[i] == "tensor":
            return engine.Tensor._make(value, None)
        if self.kinds[i] == "array" and isinstance(value, np.ndarray) and not value.shape:
            return value[()]
        return value

    def holds(self) -> bool:
        """Whether this program does what the function would do now."""
        if not self.surroundings.hold():
            return False
        for guard in self.guards:
            if not guard():
                return False
        for tensor, made in self.leaves:  # it may need a gradient now, or none any more
            if tensor._made is not made:
                return False
        for node, none in self.needed:
            if (node.grad is None) is not none:
                return False
        return not self.outside or all(
            (a := read()).__class__ is np.ndarray and a.shape == shape and a.dtype == dtype
            for read, shape, dtype in self.outside
        )

    def writer(self) -> Writer:
        """The function with its memory, to be given back to `idle`; another one for a thread that comes while it is in use."""
        try:
            writer = self.idle.pop()
        except IndexError:
            return Writer(self.code)
        return writer if writer.is_up_to_date() else Writer(self.code)

    def shown(self) -> Writer:
        writer = self.writer()
        self.idle.append(writer)
        return writer

    def run(self, arrays: list[Any], given: list[Any], args: Any = (), kwargs: Any = {}) -> Any:  # noqa: B006
        writer = self.writer()
        for read, _, _ in self.outside:
            arrays.append(read())
        writer.ended.clear()
        before = self._states() if self.generators else []
        try:
            with np.errstate(all="ignore"):
                values = writer.run(*arrays)
        except NotFinite as stop:
            values = self._exactly(arrays, stop.args[0])
        except Exception:
            if writer.ended:
                raise
            _restore(before)
            return self.owner.instead(self, args, kwargs)
        else:
            writer.finish()
        self.idle.append(writer)
        if self.single and self.back is None:
            return self._wrapped(values[0], 0)
        return self._result(values, given)

    def _result(self, values: list[Any], given: list[Any]) -> Any:
        results = [self._wrapped(value, i) for i, value in enumerate(values[: self.count])]
        if self.back is not None:
            for i, y in zip(self.back.live, self.back.apply(values, given, results)):
                results[i] = y
        return results[0] if self.single else self.build(results)

    def _exactly(self, arrays: list[Any], drawn: Any) -> list[Any]:
        values = self.program.begin(arrays)
        for call, value in zip(self.code.draws, drawn):
            assign(call.result, value, values)
        return self.program.run(values)

    def compared(self, function: Any, args: Any, kwargs: Any, arrays: list[Any]) -> Any:
        """What the function itself gives and does; RuntimeError if the program would have given or done something else."""
        values = self.program.begin(arrays + [read() for read, _, _ in self.outside])
        before = self._states()
        outputs = self.program.evaluate(values)[: self.count]
        finals = [(t, np.array(values[v.number])) for t, v in self.program.writes]
        _restore(before)
        result = function(*args, **kwargs)
        pairs = [(f"result {i}", y, ours) for i, (y, ours) in enumerate(zip(flatten(result)[0], outputs))]
        pairs += [(f"a Tensor of shape {t.shape} that it changes", t, ours) for t, ours in finals]
        for what, theirs, ours in pairs:
            if not isinstance(theirs, np.ndarray | np.generic | engine.Tensor):
                continue
            a, b = _array(theirs), np.asarray(ours)
            tolerance = np.sqrt(np.finfo(a.dtype).eps) if a.dtype.kind == "f" else 0
            if not np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True):
                raise RuntimeError(
                    f"{self.owner.__name__}: {what} is not what the program of it gives: they differ by up to {np.max(np.abs(a - b)):.3g}. "
                    "It reads something that no trace can see, which was taken for a constant: a global variable inside a function that it "
                    "calls, a clock, a file; give that as an argument"
                )
        return result

    def _states(self) -> list[tuple[Any, Any]]:
        """The generators that are drawn from, and their states."""
        return [(g, g.bit_generator.state) for g in {id(g): g for g in (of() for of in self.generators)}.values()]


def _restore(states: list[tuple[Any, Any]]) -> None:
    for generator, state in states:
        generator.bit_generator.state = state


def _array(x: Any) -> Any:
    return np.asarray(x._data if isinstance(x, engine.Tensor) else x)


class Back:
    """The backward pass of a compiled function, whose results have a history that begins at its arguments and parameters."""

    def __init__(self, recorded: Recorded, tensors: list[Any], passes: Any) -> None:
        self.live, self.count, self.kept = recorded.live, len(recorded.outputs), recorded.kept
        places = {id(t): i for i, t in enumerate(tensors)}
        self.leaves = [(places.get(id(t)), t) for t in recorded.leaves]
        assert recorded.back is not None
        self.straight = Straight(recorded.back, passes)

    def apply(self, values: list[Any], given: list[Any], results: list[Any]) -> Any:
        leaves = [t if place is None else given[place] for place, t in self.leaves]
        return Call.apply(self, values, [results[i] for i in self.live], *leaves)

    def run(self, arrays: list[Any]) -> list[Any]:
        with np.errstate(all="ignore"):
            return self.straight(arrays)


class Call(Function):
    """A call of a compiled function, as one node of the graph."""

    @staticmethod
    def forward(ctx: Any, back: Back, values: list[Any], results: list[Any], *leaves: Any) -> Any:
        ctx.back, ctx.carried = back, values[back.count :]
        held = [engine.Tensor._make(t._data, None) for t in back.kept]
        ctx.save_for_backward(*held)
        return tuple(results)

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        if modes.is_grad_enabled():
            raise RuntimeError(
                "the result of a compiled function can be differentiated once; compile the function that takes the derivatives: "
                "autograd.compile(autograd.grad(autograd.grad(f)))"
            )
        held = [t._data for t in ctx.saved_tensors]
        shares = ctx.back.run([*ctx.carried, *held, *(g._data for g in cotangents)])
        return None, None, None, *(None if s is None else engine.Tensor._make(np.asarray(s), None) for s in shares)


def _is_array(x: Any) -> bool:
    return isinstance(x, np.ndarray | np.generic | engine.Tensor)


def _stand_in(x: Any) -> Any:
    """The Tensor that takes the place of an argument while it is traced."""
    if isinstance(x, engine.Tensor):
        t = engine.Tensor._make(x._data, None)
        return t.requires_grad_() if x.requires_grad else t
    return engine.Tensor._make(np.asarray(x), None)


def _value(y: Any) -> Any:
    if not isinstance(y, engine.Tensor):
        return y
    return y._data.copy() if isinstance(y._data, np.ndarray) else y._data


def compile(
    f: Any = None,
    *,
    passes: Any = None,
    fallback: bool = False,
    check: int = 0,
    limit: int = LIMIT,
) -> Any:
    """The same function, traced at its first call and replayed at those that follow: same results within rounding, same effects.

    f         any function of arrays, Tensors, nests of them, modules and optimizers: a model's forward pass, a gradient, or a whole
              training step with zero_grad, backward and optimizer.step() in it
    fallback  where f cannot be traced, run it as it stands, with one warning
    check     compare every so many calls with what f itself gives
    limit     how many programs there may be, for as many signatures
    passes    the names of the passes to do, all by default: see `autograd.compiler.passes`

    A program belongs to shapes and dtypes, to Python arguments, to whether operations are recorded, to plain attributes of modules and
    settings of optimizers that change what is done; anything else among these makes another program. Values of arrays, parameters, buffers, learning rates and random
    numbers are read anew in every call.

    Raises TraceError (a TypeError) where f reads a value: `if` on a Tensor, `item()`, `float()`; it says what to write instead.

    >>> @compile
    ... def f(x):
    ...     return np.sin(x) ** 2 + np.cos(x) ** 2
    >>> f(np.array([1.0, 2.0])), f(np.array([3.0, 4.0]))
    (array([1., 1.]), array([1., 1.]))
    """
    options = {"passes": passes, "fallback": fallback, "check": check, "limit": limit}
    if f is None:
        return lambda f: compile(f, **options)
    if not callable(f):
        raise TypeError(f"compile takes a function, and not {type(f).__name__}")
    return Compiled(f, **options)


def _made_anew(function: Any, options: dict[str, Any]) -> Any:
    return compile(function, **options)
