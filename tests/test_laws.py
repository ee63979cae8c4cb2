"""The laws: what holds for every operation. Each is put to every line of the table of samples.

Whatever a law feeds to an operation is read-only, so that a rule which writes anywhere raises.
"""

import contextlib
import math
import operator
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as drawn
from samples import SAMPLES, Sample, of, real

import autograd
from autograd import Tensor, op, reach
from autograd.compiler.trace import trace
from autograd.compiler.tracer import Tracer
from autograd.rules.scimath import ComplexResult
from autograd.rules.sequences import IncludesZero
from autograd.testing import gradcheck, gradgradcheck
from autograd.testing.strategies import LAYOUTS, axes, broadcastable_shapes, laid_out, shapes

DIFFERENTIABLE = [sample for sample in SAMPLES if sample.differentiable]
ELEMENTWISE = [sample for sample in DIFFERENTIABLE if sample.elementwise]
INFINITE = [0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 2.5, -3.5, 1e300, -1e-300]

law = pytest.mark.parametrize("sample", SAMPLES, ids=repr)
law_of_gradients = pytest.mark.parametrize("sample", DIFFERENTIABLE, ids=repr)
law_of_slopes = pytest.mark.parametrize("sample", [s for s in DIFFERENTIABLE if s.differences], ids=repr)
law_of_elements = pytest.mark.parametrize("sample", ELEMENTWISE, ids=repr)


# --- Running a sample -------------------------------------------------------------------------------------------------


def read_only(array):
    array = np.asarray(array).view()
    array.flags.writeable = False
    return array


def leaf(array):
    x = Tensor._make(read_only(array), None)  # as the engine's own: what rules save of it is not copied
    return x.requires_grad_() if x.dtype.kind == "f" else x


def parts(result):
    return list(result) if isinstance(result, list | tuple) else [result]


def one(result):
    """The floating parts of a result as one Tensor or array."""
    found = [y for y in parts(result) if y.dtype.kind == "f"]
    return found[0] if len(found) == 1 else np.concatenate([np.reshape(y, -1) for y in found])


def run(sample, arrays):
    """The result, and the Tensors to differentiate by."""
    xs = [leaf(x) for x in arrays]
    return one(sample(*xs)), [x for x in xs if x.requires_grad]


def gradients(y, xs, u, create=False):
    u = u if isinstance(u, Tensor) else autograd.from_numpy(read_only(u))
    found = autograd.grad(y, xs, u, True, create_graph=create, allow_unused=True)
    return [Tensor(np.zeros(x.shape, x.dtype)) if g is None else g for g, x in zip(found, xs)]


def pull(sample, arrays, u, create=False):
    """uᵀ ∂y/∂x for every floating x."""
    y, xs = run(sample, arrays)
    y.numpy().flags.writeable = False  # a rule may have saved it
    return [g.detach().numpy() for g in gradients(y, xs, u, create)]


def cotangent(sample, arrays, seed=1):
    y = one(sample(*map(leaf, arrays)))
    return np.asarray(np.random.default_rng(seed).uniform(0.5, 1.5, y.shape)).astype(y.dtype)


def same(found, expected, rtol=1e-12):
    assert len(found) == len(expected)
    for a, b in zip(found, expected):
        assert a.shape == b.shape
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol, rtol * np.max(np.abs(b), initial=0, where=np.isfinite(b)))


# --- Values -----------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@law
def test_the_value_is_numpys(sample, dtype):
    arrays = sample.draw(dtype=dtype)
    expected = [np.asarray(z) for z in parts(sample.numpy(*arrays))]
    for wrap in (leaf, autograd.from_numpy):
        found = parts(sample(*map(wrap, arrays)))
        assert len(found) == len(expected)
        for y, z in zip(found, expected):
            assert isinstance(y, Tensor)
            assert (y.shape, y.dtype) == (z.shape, z.dtype)
            tolerance = sample.ulps * np.finfo(z.dtype).eps if z.dtype.kind == "f" else 0
            largest = np.max(np.abs(z), initial=0, where=np.isfinite(z))
            np.testing.assert_allclose(y.detach().numpy(), z, tolerance, tolerance * largest)


@law
def test_a_tensor_beside_arrays_is_enough(sample):
    arrays = sample.draw()
    expected = parts(sample(*map(leaf, arrays)))[0]
    reads = sample.function is operator.getitem  # an array cannot be asked to let a Tensor read it
    for i in range(len(arrays) if len(arrays) > 1 and not reads else 0):
        mixed = [leaf(x) if j == i else read_only(x) for j, x in enumerate(arrays)]
        y = parts(sample(*mixed))[0]
        assert isinstance(y, Tensor)
        assert not y.requires_grad or arrays[i].dtype.kind == "f"
        np.testing.assert_array_equal(y.detach().numpy(), expected.detach().numpy())


@law
def test_an_argument_has_the_same_gradient_where_the_others_need_none(sample):
    arrays = sample.draw()
    floating = [i for i, x in enumerate(arrays) if x.dtype.kind == "f"]
    if len(floating) < 2 or not sample.differentiable:
        return
    u = cotangent(sample, arrays)
    for i, together in zip(floating, pull(sample, arrays, u)):
        xs = [Tensor._make(read_only(x), None) for x in arrays]
        xs[i].requires_grad_()
        y = one(sample(*xs))
        (alone,) = gradients(y, [xs[i]], u) if y.requires_grad else [Tensor(np.zeros_like(arrays[i]))]
        np.testing.assert_allclose(alone.numpy(), together, 1e-12, 1e-12)


@law
def test_gradients_flow_exactly_where_the_table_says(sample):
    ys = parts(sample(*map(leaf, sample.draw())))
    assert any(y.requires_grad for y in ys) == sample.differentiable
    assert not any(y.requires_grad for y in ys if y.dtype.kind != "f")
    with autograd.no_grad():
        quiet = parts(sample(*map(leaf, sample.draw())))
    assert not any(y.requires_grad for y in quiet)
    for y, z in zip(ys, quiet):
        np.testing.assert_array_equal(y.detach().numpy(), z.numpy())


# --- Gradients --------------------------------------------------------------------------------------------------------


@law_of_slopes
def test_the_gradient_agrees_with_differences(sample):
    gradcheck(sample, *sample.draw(), atol=1e-7, rtol=1e-5)


@law_of_slopes
def test_the_gradient_has_the_right_gradient(sample):
    gradgradcheck(sample, *sample.draw(), atol=1e-6, rtol=1e-5)


@law_of_slopes
def test_forward_mode_is_the_adjoint_of_reverse_mode(sample):
    """⟨Jt, u⟩ = ⟨t, Jᵀu⟩."""
    arrays = sample.draw()
    u = cotangent(sample, arrays)
    places = [i for i, x in enumerate(arrays) if x.dtype.kind == "f"]
    generator = np.random.default_rng(2)
    tangents = [generator.normal(size=arrays[i].shape) for i in places]

    def f(*floating):
        full = list(arrays)
        for i, x in zip(places, floating):
            full[i] = x
        return one(sample(*full))

    _, moved = autograd.jvp(f, [arrays[i] for i in places], tangents)
    left, right = np.vdot(moved, u), sum(np.vdot(t, g) for t, g in zip(tangents, pull(sample, arrays, u)))
    assert left == pytest.approx(right, rel=1e-9, abs=1e-9)


@law_of_slopes
def test_the_gradient_is_linear_in_the_cotangent(sample):
    arrays = sample.draw()
    u, v = cotangent(sample, arrays, 1), cotangent(sample, arrays, 2)
    together = pull(sample, arrays, 2 * u - 3 * v)
    same(together, [2 * a - 3 * b for a, b in zip(pull(sample, arrays, u), pull(sample, arrays, v))], 1e-9)


@law_of_gradients
def test_the_recorded_gradient_is_the_same(sample):
    """With create_graph=True the rules run on Tensors."""
    arrays = sample.draw()
    u = cotangent(sample, arrays)
    same(pull(sample, arrays, u, create=True), pull(sample, arrays, u), 1e-10)


@law_of_gradients
def test_an_observed_run_has_the_same_gradient(sample):
    """Modes take another path through the recording of an operation."""
    arrays = sample.draw()
    u = cotangent(sample, arrays)
    with autograd.observe():
        y, xs = run(sample, arrays)
    same([g.numpy() for g in gradients(y, xs, u)], pull(sample, arrays, u), 0)


@pytest.mark.parametrize("copied", [1 << 22, 0])
@pytest.mark.parametrize("handed", ["before", "after"])
@law_of_gradients
def test_what_the_user_changes_through_an_array_is_harmless_or_an_error(sample, handed, copied, monkeypatch):
    """An array is handed out before or after the operation, and changed before the backward pass."""
    monkeypatch.setattr(reach, "COPIED", copied)
    arrays = sample.draw()
    u = cotangent(sample, arrays)
    xs = [Tensor(x, requires_grad=x.dtype.kind == "f") for x in arrays]
    held = [x.numpy() for x in xs] if handed == "before" else []
    y = one(sample(*xs))
    held = held or [x.numpy() for x in xs]
    for array in [*held, y.numpy()]:
        if array.flags.writeable:
            array[...] = array + 1
    expected = pull(sample, arrays, u)
    with contextlib.suppress(reach.Changed):
        same([g.numpy() for g in gradients(y, [x for x in xs if x.requires_grad], u)], expected, 0)


@law_of_gradients
def test_float32_stays_float32(sample):
    """The value has the dtype that NumPy gives it, every gradient that of its input, and they are right."""
    exact, coarse = sample.draw(), sample.draw(dtype=np.float32)
    u = cotangent(sample, exact)
    y, xs = run(sample, coarse)
    v = u.astype(y.dtype)
    for create in (False, True):
        same([g.detach().numpy() for g in gradients(y, xs, v, create)],
             [g.astype(np.float32) for g in pull(sample, exact, u)], 1e-3)  # fmt: skip
    first = [g for g in gradients(y, xs, v, create=True) if g.requires_grad]
    if first:
        found = autograd.grad(first, xs, [np.ones(g.shape, g.dtype) for g in first], allow_unused=True)
        assert {g.dtype for g in found if g is not None} <= {np.dtype(np.float32)}


@law_of_gradients
def test_inputs_of_two_dtypes_have_gradients_of_two_dtypes(sample):
    arrays = sample.draw()
    places = [i for i, x in enumerate(arrays) if x.dtype.kind == "f"]
    for i in places if len(places) > 1 else ():
        mixed = [x.astype(np.float32) if j == i else x for j, x in enumerate(arrays)]
        found = pull(sample, mixed, cotangent(sample, mixed))
        assert [g.dtype for g in found] == [mixed[j].dtype for j in places]


@law_of_gradients
def test_the_layout_in_memory_changes_nothing(sample):
    """Nor is anything in memory changed: neither the inputs, nor the cotangent."""
    arrays = sample.draw()
    u = cotangent(sample, arrays)
    structured = any(getattr(place.domain, "structured", False) for place in sample.places)  # matrices stay regular
    for layout in [layout for layout in LAYOUTS if layout != "repeated" or not structured]:
        strange, v = [laid_out(x, layout) for x in arrays], laid_out(u, layout)
        plain, w = [x.copy(order="C") for x in strange], v.copy(order="C")
        xs = [Tensor._make(x, None) for x in strange]
        xs = [x.requires_grad_() if x.dtype.kind == "f" else x for x in xs]
        found = autograd.grad(
            one(sample(*xs)), [x for x in xs if x.requires_grad], Tensor._make(v, None), allow_unused=True
        )
        expected = pull(sample, plain, w)
        same([z if g is None else g.numpy() for g, z in zip(found, expected)], expected, 1e-10)
        for before, after in zip([*plain, w], [*strange, v]):
            np.testing.assert_array_equal(before, after)


@law_of_elements
@given(data=st.data())
def test_broadcasting_is_undone(sample, data):
    """Any shapes that broadcast, the 0-d and the empty too: the gradient is that of equal shapes, summed."""
    together = data.draw(broadcastable_shapes(len(sample.places)))
    arrays = sample.draw(data.draw(st.integers(0, 99)), shapes=together)
    full = [np.array(x) for x in np.broadcast_arrays(*arrays)]
    u = cotangent(sample, arrays)
    np.testing.assert_allclose(run(sample, arrays)[0].detach().numpy(), sample.numpy(*arrays), 1e-14)
    if u.shape != full[0].shape:
        full = [np.broadcast_to(x, u.shape) for x in full]
    small = [x for x in arrays if x.dtype.kind == "f"]
    expected = []
    for g, x in zip(pull(sample, full, u), small):
        g = g.sum(tuple(range(g.ndim - x.ndim)))
        expected.append(g.sum(tuple(i for i, n in enumerate(x.shape) if n == 1), keepdims=True).reshape(x.shape))
    same(pull(sample, arrays, u), expected)
    same(pull(sample, arrays, u, create=True), expected)


# --- Special places ---------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("create", [False, True], ids=["", "recorded"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("sample", [sample for sample in ELEMENTWISE if sample.at], ids=repr)
def test_the_derivative_at_special_places(sample, dtype, create):
    for place, expected in sample.at.items():
        place, expected = np.atleast_1d(place), np.atleast_1d(expected)
        if not np.array_equal(place, place.astype(dtype), equal_nan=True):
            continue  # out of float32's range
        place = place.astype(dtype)
        found = np.ravel(pull(sample, list(place), np.ones((), dtype), create))
        np.testing.assert_allclose(found, expected, 1e-12 if dtype == np.float64 else 1e-5, err_msg=f"at {place}")
        assert not np.any(pull(sample, list(place), np.zeros((), dtype), create)), f"zero does not stay zero at {place}"


def influence(sample, arrays, y):
    """For each floating input, an array (*x.shape, *y.shape) that says which elements of y an element of x can reach."""
    reached = []
    for i, x in enumerate(arrays):
        if x.dtype.kind != "f":
            continue
        found = np.zeros((*x.shape, *y.shape), bool)
        for index in np.ndindex(x.shape):
            probe = [z.copy() for z in arrays]
            probe[i][index] = math.nan
            found[index] = np.isnan(one(sample(*map(leaf, probe))).detach().numpy())
        reached.append(found)
    return reached


def infinite(arrays, generator):
    return [generator.choice(INFINITE, x.shape) if x.dtype.kind == "f" else x for x in arrays]


@contextlib.contextmanager
def unless_refused():
    """Decompositions take finite numbers only, and `np.emath` those whose result is real; no ratio leads to 0."""
    with contextlib.suppress(np.linalg.LinAlgError, ComplexResult, IncludesZero):
        yield


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@law_of_gradients
@unless_refused()
def test_zero_stays_zero(sample):
    """An element whose cotangent is 0 contributes exactly 0, whatever the operands: recorded and replayed, too."""
    generator = np.random.default_rng(3)
    arrays = sample.draw()
    if sample.elementwise:  # many elements, so that operands meet
        arrays = sample.draw(shapes=[(500,)] * len(arrays))
    y, _ = run(sample, arrays)
    some = generator.uniform(0.5, 1.5, y.shape) * generator.integers(0, 2, y.shape)
    program = trace(lambda u, *xs: gradients(one(sample(*xs)), [x for x in xs if x.requires_grad], u),
                    some, *map(leaf, arrays))  # fmt: skip
    if sample.lanes is not None:
        some = np.where(np.take(some, [0], sample.lanes) == 0, 0, generator.uniform(0.5, 1.5, y.shape))
    for u in (np.zeros(y.shape), *([] if sample.sums and sample.lanes is None else [some])):
        if sample.elementwise:
            silent = [u == 0 for x in arrays if x.dtype.kind == "f"]
        else:
            silent = [~(reached & (u != 0)).any(tuple(range(-y.ndim, 0))) for reached in influence(sample, arrays, y)]
        operands = infinite(arrays, generator)
        for found in (pull(sample, operands, u), pull(sample, operands, u, create=True), program(u, *operands)):
            for g, quiet in zip(found, silent):
                assert not np.any(np.asarray(g)[quiet])


# --- Replay -----------------------------------------------------------------------------------------------------------


@law
def test_a_replay_on_new_data_equals_the_eager_run(sample):
    """The value and, where there is one, the gradient, traced as one program; whole numbers and masks are new as well."""

    def both(u, *xs):
        ys = parts(sample(*xs))
        return ys, gradients(one(ys), [x for x in xs if x.requires_grad], u) if sample.differentiable else []

    old, new = sample.draw(0), sample.draw(5)
    u, v = (cotangent(sample, arrays, 4) if sample.differentiable else np.ones(()) for arrays in (old, new))
    program = trace(both, u, *map(leaf, old))
    with autograd.no_grad():
        values = [y.numpy() for y in parts(sample(*map(leaf, new)))]
    found, slopes = program(v, *new)
    for y, z in zip(found, values):
        np.testing.assert_array_equal(y, z)
    if sample.differentiable:
        same([np.asarray(g) for g in slopes], pull(sample, new, v), 1e-10)


# --- More forms than a table can hold ---------------------------------------------------------------------------------

distinct = st.integers(0, 99).map(np.random.default_rng)


@pytest.mark.parametrize("function", [np.sum, np.mean, np.prod, np.max, np.min, np.var, np.std, autograd.logsumexp])
@given(data=st.data(), keepdims=st.booleans(), generator=distinct)
def test_reductions_of_any_shape_over_any_axes(function, data, keepdims, generator):
    shape = data.draw(shapes(max_side=3, min_side=1))
    axis = data.draw(axes(len(shape)))
    assume(function not in (np.var, np.std) or axis != ())
    x = generator.permutation(np.linspace(-2, 2, math.prod(shape))).reshape(shape)
    sample = of(function, real(*shape), axis=axis, keepdims=keepdims)
    if function is not autograd.logsumexp:
        np.testing.assert_allclose(sample(leaf(x)).detach().numpy(), sample.numpy(x), 1e-12, 1e-12)
    if function is np.std:
        assume(np.min(sample.numpy(x)) > 0.1)
    gradcheck(sample, x)


indices = st.one_of(
    drawn.basic_indices((3, 4, 2), allow_newaxis=True, max_dims=5),
    drawn.integer_array_indices((3, 4, 2), result_shape=drawn.array_shapes(min_dims=1, max_dims=2, max_side=3)),
    drawn.arrays(bool, (3, 4, 2)),
    drawn.arrays(bool, (3, 4)),
    st.tuples(drawn.arrays(bool, 3), st.integers(-4, 3)),
    st.tuples(st.slices(3), drawn.arrays(np.int64, 3, elements=st.integers(-4, 3)), st.integers(0, 1)),
    st.tuples(drawn.arrays(np.int64, 2, elements=st.integers(-3, 2)), st.none(), st.slices(4), st.just(Ellipsis)),
)


@given(index=indices)
def test_reading_by_any_index(index):
    """The gradient is `np.add.at` into zeros: repeated elements add up."""
    x = np.random.default_rng(0).normal(size=(3, 4, 2))
    sample = of(operator.getitem, real(3, 4, 2), index)
    y, _ = run(sample, [x])
    np.testing.assert_array_equal(y.detach().numpy(), x[index])
    u = cotangent(sample, [x])
    expected = np.zeros(x.shape)
    np.add.at(expected, index, u)
    same(pull(sample, [x], u), [expected])
    same(pull(sample, [x], u, create=True), [expected])


@given(together=drawn.mutually_broadcastable_shapes(signature=np.matmul.signature, max_dims=2, max_side=3, min_side=0))
def test_matmul_of_any_shapes(together):
    sample = of(np.matmul, *(real(*shape) for shape in together.input_shapes))
    arrays = sample.draw()
    np.testing.assert_allclose(run(sample, arrays)[0].detach().numpy(), np.matmul(*arrays), 1e-12, 1e-12)
    if all(map(np.size, arrays)):
        gradcheck(sample, *arrays)
    else:
        assert not any(np.any(g) for g in pull(sample, arrays, np.ones(together.result_shape)))


@given(data=st.data())
def test_einsum_of_any_subscripts(data):
    """One to three terms, letters repeated or broadcast from size 1, an ellipsis in some terms, any result."""
    sizes = {"i": 2, "j": 3, "k": 2, "l": 1}
    narrow = data.draw(st.sets(st.sampled_from([(i, c) for i in range(3) for c in "ijk"]), max_size=2))
    letters = st.text("ijkl", max_size=3)
    terms = data.draw(st.lists(letters, min_size=1, max_size=3))
    known = sorted(set("".join(terms)))
    result = "".join(data.draw(st.permutations(known)))[: data.draw(st.integers(0, 4))]
    dots = data.draw(
        st.lists(st.sampled_from([None, None, (), (1,), (2,), (3, 2)]), min_size=len(terms), max_size=len(terms))
    )
    written = ",".join(("..." if d is not None else "") + t for t, d in zip(terms, dots))
    arrow = f"->{'...' if any(d is not None for d in dots) else ''}{result}"
    places = [
        real(*(d or ()), *(1 if (i, c) in narrow else sizes[c] for c in t)) for i, (t, d) in enumerate(zip(terms, dots))
    ]
    sample = of(np.einsum, written + arrow, *places)
    arrays = sample.draw()
    np.testing.assert_allclose(run(sample, arrays)[0].detach().numpy(), sample.numpy(*arrays), 1e-12, 1e-12)
    gradcheck(sample, *arrays)


STEPS = [  # of 3×3 matrices to a 3×3 matrix
    np.add,
    np.multiply,
    np.matmul,
    lambda a, b: np.tanh(a) - b,
    lambda a, b: a / (2 + np.abs(b) ** 2),
    lambda a, b: np.where(a.T > b, a, 2 * b),
    lambda a, b: np.concatenate([a[:1], b[[0, 0]]]),
    lambda a, b: a + np.sum(b, axis=0),
    lambda a, b: np.maximum(a, b) * 1.0,
    lambda a, b: np.exp(-a * a) + b[1],
    lambda a, b: np.einsum("ij,kj,k->ik", a, b, np.mean(a, axis=1)),
    lambda a, b: autograd.softmax(a) @ b.T,
    lambda a, b: np.std(np.stack([a, b, a * b]), axis=0),
]


@given(
    steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=8),
    generator=distinct,
)
def test_any_program_made_of_operations_obeys_the_laws(steps, generator):
    """Values are used many times and not at all; the last one is what counts."""

    def f(x, y):
        values = [x, y, x * y]
        for step, i, j in steps:
            values.append(step(values[i % len(values)], values[j % len(values)]))
        return np.tanh(values[-1])

    sample = of(f, real(3, 3), real(3, 3))
    arrays = [generator.uniform(-1, 1, (3, 3)) for _ in range(2)]
    gradcheck(sample, *arrays, atol=1e-6)
    gradgradcheck(sample, *arrays, atol=1e-4)
    u = generator.normal(size=(3, 3))
    same(pull(sample, arrays, u, create=True), pull(sample, arrays, u), 1e-9)
    program = trace(lambda u, *xs: gradients(sample(*xs), xs, u), u, *(leaf(0 * x) for x in arrays))
    same(program(u, *arrays), pull(sample, arrays, u), 1e-9)


# --- The gate ---------------------------------------------------------------------------------------------------------


def test_every_operation_has_a_sample():
    """A new operation needs a line in the table of samples; it then inherits every law."""
    called = set()
    for sample in SAMPLES:
        tracer = Tracer()
        with tracer:
            sample(*map(leaf, sample.draw()))
        called.update(step.op.name for step in tracer.steps)
    ours = {
        name
        for name, o in op.operations.items()
        if getattr(o.forward, "__module__", "numpy").partition(".")[0] in ("autograd", "numpy", "nn")
        and (find_spec("scipy") or getattr(o.forward, "__module__", "") != "autograd.special")
    }
    assert ours <= called


def test_every_numpy_function_that_works_on_tensors_has_a_sample():
    in_table = {sample.function for sample in SAMPLES} | {
        np.nonzero,
        *(function for function, ours in op.registry.items() if getattr(ours, "refuses", False)),
    }  # which reads values: it has no gradient and no trace
    assert {function.__name__ for function in set(op.registry) - in_table} == set()


def test_the_samples_are_told_apart_by_their_names():
    assert len({repr(sample) for sample in SAMPLES}) == len(SAMPLES)
    assert all(isinstance(sample, Sample) for sample in SAMPLES)
