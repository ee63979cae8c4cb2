"""Bad input: whatever NumPy does with it, a Tensor does too, in clear words and without a trace.

A case is a line of the table of samples with one argument exchanged: an array of another shape or dtype, an axis that is
not there, an index out of range, or something that is no number at all. NumPy is asked what it does with plain arrays:

    it raises      the same type of exception is raised; where the type of the argument is wrong, TypeError or ValueError
    it accepts     the same values come out; or a TypeError says that Tensors do not take this

An exception is one paragraph, never one of the engine's own stumbles (AttributeError, KeyError, ...), and leaves nothing
behind: no gradient, no history on the inputs, no mode entered, and the same call with the right argument still works.
"""

import functools
import inspect
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as drawn
from samples import SAMPLES
from samples.table import Place

import autograd
from autograd import Tensor, modes
from autograd.op import registry

STUMBLES = (AttributeError, KeyError, RecursionError, UnboundLocalError, NameError, AssertionError)
PUBLIC = (
    np.exceptions.AxisError,
    np.linalg.LinAlgError,
    IndexError,
    ZeroDivisionError,
    OverflowError,
    RuntimeError,
    TypeError,
    ValueError,
)
SIGNS = {np.linalg.eig, np.linalg.eigh, np.linalg.svd, np.linalg.qr}  # of vectors, which rounding decides
# of nothing, NumPy forgets how many were asked for, or cannot reshape it
EMPTY = {np.nanquantile, np.nanpercentile, np.quantile, np.percentile}
# which take more in newer NumPys, as ours do: any number of axes; the norm of nothing
GREW = {np.setxor1d, np.trim_zeros, np.linalg.norm, np.linalg.vector_norm}
OLD = np.lib.NumpyVersion(np.__version__) < "2.4.0"
AXES = {"axis", "axes", "axis1", "axis2", "axisa", "axisb", "axisc", "source", "destination", "start"}
COUNTS = {
    "indices", "kth", "obj", "indices_or_sections", "repeats", "shift", "offset", "k", "n", "N", "decimals", "shape", "ind",
    "new_shape", "newshape", "reps", "pad_width", "deg", "m", "index", "multi_index", "dims", "minlength", "bins", "ddof",
}  # fmt: skip


class Nothing:
    """No number, and nothing that holds one."""

    def __repr__(self):
        return "Nothing()"


NOTHING = Nothing()
TYPES = [None, "a", {"a": 1}, NOTHING, [[1.0, 2.0], [3.0]]]


# --- Cases ------------------------------------------------------------------------------------------------------------


class Case:
    def __init__(self, sample, slot, value, of_type):
        self.sample, self.slot, self.value, self.of_type = sample, slot, value, of_type

    def __repr__(self):
        place = self.slot if isinstance(self.slot, str) else ".".join(map(str, self.slot))
        value = f"{self.value.dtype} {self.value.shape}" if isinstance(self.value, np.ndarray) else repr(self.value)
        return f"{self.sample!r} with {value} in the place of {place}"

    def allowed(self, numpys):
        """The types of exception that may be raised where NumPy raises this one, or none."""
        if numpys is None:
            refusal = (
                isinstance(self.value, np.ndarray) or self.of_type
            )  # a form that Tensors do not take, in clear words
            return (TypeError, ValueError, *([IndexError] if not np.size(self.value) else [])) if refusal else TypeError
        if self.of_type or isinstance(numpys, STUMBLES):
            return TypeError, ValueError, IndexError, public(numpys)
        if isinstance(self.value, tuple):  # NumPy's functions do not agree whether several axes are a type
            return TypeError, ValueError, public(numpys)
        if isinstance(self.value, np.ndarray) and isinstance(numpys, ValueError | IndexError):
            return ValueError, IndexError  # of several things that do not fit, another one was noticed first
        return public(numpys)

    def arguments(self, wrap, value):
        """Those of the sample, its arrays wrapped, with `value` in its place."""
        rest = iter(map(wrap, self.sample.draw()))
        args, keywords = [_filled(arg, rest) for arg in self.sample.args], dict(self.sample.keywords)
        if isinstance(self.slot, str):
            keywords[self.slot] = value
        elif self.slot:
            nest = args
            for i in self.slot[:-1]:
                nest = nest[i]
            nest[self.slot[-1]] = value
        return args, keywords


def _filled(arg, rest):
    if isinstance(arg, Place):
        return next(rest)
    return [_filled(part, rest) for part in arg] if isinstance(arg, list) else arg


def filled(shape, dtype):
    return np.random.default_rng(0).uniform(0.1, 0.9, shape) if dtype.kind == "f" else np.ones(shape, dtype)


def arrays_like(x):
    """Of other shapes, then of dtypes that no Tensor has."""
    shapes = [(*x.shape, 5), tuple(n + 2 for n in x.shape) or (7,), (*x.shape[:-1], 1), (), (0,), (2, 1, 2, 1, 3)]
    yield from ((filled(shape, x.dtype), False) for shape in shapes)
    yield np.ones(x.shape, complex), True
    yield np.full(x.shape, NOTHING, object), True
    yield np.full(x.shape, "a"), True
    yield from ((value, True) for value in TYPES)


def others(name, given):
    """In the place of an argument that is no array of numbers to differentiate by."""
    if name in AXES:
        yield from ((value, False) for value in (7, -9, (0, 0), (0, 9)))
        yield from ((value, True) for value in (1.5, "a", {"a": 1}, NOTHING))
    elif name in COUNTS and not isinstance(given, bool):
        yield from ((value, False) for value in (100, -100, [0, 100], (-50, 1)))
        yield from ((value, True) for value in (1.5, "a", {"a": 1}, NOTHING, None))
    else:
        yield from ((value, True) for value in ("a", {"a": 1}, NOTHING))


@functools.cache
def signature(function):
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


def cases_of(sample):
    arrays, k, found = sample.draw(), 0, []
    names = [] if isinstance(sample.function, np.ufunc) else signature(sample.function)

    def visit(arg, path, name):
        nonlocal k
        if isinstance(arg, Place):
            found.extend(Case(sample, path, value, of_type) for value, of_type in arrays_like(arrays[k]))
            k += 1
        elif isinstance(arg, list) and any(isinstance(part, Place | list) for part in arg):
            for i, part in enumerate(arg):
                visit(part, (*path, i), name)
        elif not callable(arg) and not _within_list_of_arrays(path):
            found.extend(Case(sample, path, value, of_type) for value, of_type in others(name, arg))

    def _within_list_of_arrays(path):
        return len(path) > 1

    for i, arg in enumerate(sample.args):
        visit(arg, (i,), names[i] if i < len(names) else "")
    for name in {*sample.keywords, *({"axis", "keepdims"} & set(names[len(sample.args) :]))}:
        found.extend(Case(sample, name, value, of_type) for value, of_type in others(name, sample.keywords.get(name)))
    return found


# --- What happens -----------------------------------------------------------------------------------------------------


def leaf(x):
    return Tensor(np.array(x), requires_grad=x.dtype.kind == "f")


def tensors(nest):
    if isinstance(nest, Tensor):
        return [nest]
    return [t for part in nest for t in tensors(part)] if isinstance(nest, list | tuple) else []


def values(result):
    results = result if isinstance(result, list | tuple) else [result]
    return [y._data if isinstance(y, Tensor) else np.asarray(y) for y in results]


def outcome(function, args, keywords):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return function(*args, **keywords), None
        except Exception as error:
            return None, error


def public(error):
    return next((kind for kind in PUBLIC if isinstance(error, kind)), TypeError)


def named(function, message):
    return function.__name__.strip("_") in message


def complaint(case, must_be_named=False):
    """What is wrong with what happens, or None."""
    function, value = case.sample.function, case.value
    tensor = isinstance(value, np.ndarray) and value.dtype.kind in "fib" and not case.of_type
    args, keywords = case.arguments(leaf, leaf(value) if tensor else value)
    inputs = tensors(args)
    if not inputs:
        return None  # plain NumPy
    expected, numpys = outcome(function, *case.arguments(np.array, value))
    found, ours = outcome(function, args, keywords)
    if any(x.grad is not None or not x.is_leaf or x.requires_grad != (x.dtype.kind == "f") for x in inputs):
        return "an input was changed"
    if modes.entered:
        return f"a mode was left on: {modes.entered}"
    if ours is None and numpys is None and any(x.dtype.kind not in "biuf" for x in values(expected)):
        return None  # NumPy's results are texts or objects
    if (function in EMPTY and np.size(value) == 0) or (ours is None and OLD and function in GREW):
        return None
    if ours is None and numpys is not None:
        return f"accepted; NumPy: {numpys!r}"
    if ours is None:
        return difference(function, expected, found)
    message = str(ours)
    if isinstance(ours, STUMBLES):
        return f"stumbles: {ours!r}"
    if not message or "\n\n" in message:
        return f"not one paragraph: {message!r}"
    if must_be_named and not named(function, message):
        return f"does not name the operation: {ours!r}"
    if not isinstance(ours, case.allowed(numpys)):
        return f"{ours!r}; NumPy: {numpys!r}"
    return None


def difference(function, expected, found):
    expected, found = values(expected), values(found)
    try:
        assert [x.shape for x in found] == [x.shape for x in expected]
        assert [x.dtype for x in found] == [x.dtype for x in expected]
        for x, y in zip(found, expected):
            x, y = (np.abs(x), np.abs(y)) if function in SIGNS else (x, y)
            np.testing.assert_allclose(x, y, 1e-6, 1e-7)
    except (AssertionError, TypeError) as error:
        return f"another result than NumPy's: {error}"
    return None


# --- The tests --------------------------------------------------------------------------------------------------------

FUNCTIONS = sorted(
    {sample.function for sample in SAMPLES} & registry.keys(), key=lambda f: (getattr(f, "__module__", ""), f.__name__)
)
every = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)


@functools.cache
def cases(function):
    return [case for sample in SAMPLES if sample.function == function for case in cases_of(sample)]


@every
def test_bad_input_is_refused_as_numpy_refuses_it(function):
    for case in cases(function):
        assert complaint(case) is None, case


@every
@settings(max_examples=settings().max_examples // 2, derandomize=True)
@given(data=st.data())
def test_so_is_an_array_of_any_shape_and_any_axis(function, data):
    case = data.draw(st.sampled_from(cases(function)))
    if isinstance(case.value, np.ndarray) and not case.of_type:
        shape = data.draw(drawn.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
        case = Case(case.sample, case.slot, filled(shape, case.value.dtype), False)
    elif isinstance(case.value, int) and case.slot == "axis":
        case = Case(case.sample, case.slot, data.draw(st.integers(-9, 9)), False)
    assert complaint(case) is None, case


# whose message is that of a function which NumPy, or the sample, calls before or in place of ours
ELSEWHERE = {"choose", "full_like", "histogramdd", "poly", "polydiv", "polyint", "polymul", "roots", "select", "take"}


def test_the_message_names_the_function():
    for function in FUNCTIONS:
        if function.__name__ not in ELSEWHERE:
            for case in cases(function)[::10]:
                assert complaint(case, must_be_named=True) is None, case


@every
def test_a_good_call_after_bad_ones_is_as_before(function):
    """Nothing in the engine remembers them."""
    good = Case(cases(function)[0].sample, (), None, False)

    def run():
        args, keywords = good.arguments(leaf, None)
        found, error = outcome(good.sample.function, args, keywords)
        assert error is None
        ys = [y for y in (found if isinstance(found, list | tuple) else [found]) if getattr(y, "requires_grad", False)]
        xs = [x for x in tensors(args) if x.requires_grad]
        slopes = autograd.grad(ys, xs, [np.ones(y.shape, y.dtype) for y in ys], allow_unused=True) if ys else ()
        return values(found) + [g.numpy() for g in slopes if g is not None]

    before = run()
    for case in cases(function)[::5]:
        complaint(case)
    for x, y in zip(before, run(), strict=True):
        np.testing.assert_array_equal(x, y)
