"""`scan`, `cond` and `while_loop`: plain Python outside a trace, one step with its own gradient inside; both give the same."""

import numpy as np
import pytest

import autograd
from autograd import compile, cond, grad, scan, tensor, value_and_grad, while_loop
from autograd.modes import TraceError

rng = np.random.default_rng(0)
A = rng.normal(size=(3, 3)) / 2


def cumulative(total, x):
    return total + x, total * x


def recurrent(h, x):
    h = np.tanh(h @ A + x)
    return h, (h * h).sum()


def pair(carry, x):
    a, b = carry["a"], carry["b"]
    return {"a": np.sin(a) + x[0], "b": b * a + x[1]}, (a * b, {"sum": a + b})


def decay(y, _):
    return y * 0.9 + np.sin(y) * 0.1, None


def large(h, x):
    return np.exp(-h * h) + x, h.mean()


SCANS = {
    "numbers": (cumulative, 0.5, rng.normal(size=6), None),
    "vectors": (recurrent, rng.normal(size=3), rng.normal(size=(5, 3)), None),
    "nests": (pair, {"a": 0.3, "b": 1.2}, (rng.normal(size=4), rng.normal(size=4)), None),
    "no xs": (decay, rng.normal(size=2), None, 7),
    "one turn": (recurrent, rng.normal(size=3), rng.normal(size=(1, 3)), None),
    "large arrays": (large, rng.normal(size=40), rng.normal(size=(6, 40)), None),
    "matrices": (lambda m, x: (m @ A + x, m[0]), rng.normal(size=(2, 3)), rng.normal(size=(4, 2, 3)), None),
}


def by_hand(f, init, xs, length, reverse):
    """The loop that scan's docstring shows, with nests taken apart."""
    slices, build = ([], lambda _: None) if xs is None else autograd.transforms.flatten(xs)
    n = len(slices[0]) if slices else length
    carry, ys = init, [None] * n
    for i in reversed(range(n)) if reverse else range(n):
        carry, ys[i] = f(carry, build([x[i] for x in slices]))
    leaves = [autograd.transforms.flatten(y)[0] for y in ys]
    rebuild = autograd.transforms.flatten(ys[0])[1]
    return carry, None if ys[0] is None else rebuild([np.stack(list(part)) for part in zip(*leaves)])


def leaves_of(nest):
    return [x for x in autograd.transforms.flatten(nest)[0] if x is not None]


def numbers(nest):
    return [np.asarray(x.data if isinstance(x, autograd.Tensor) else x) for x in leaves_of(nest)]


def total(nest):
    """A number that depends on every one, each with its own weight."""
    leaves = leaves_of(nest)
    return sum(((np.cos(x + i) * (1 + i)).sum() for i, x in enumerate(leaves)), 0.0)


def objective(loop, f, xs_given, length, reverse):
    def of(init, xs):
        carry, ys = loop(f, init, xs if xs_given else None, length, reverse)
        return total(carry) + total(ys)

    return of


def close(a, b, rtol=1e-10):
    a, b = numbers(a), numbers(b)
    assert len(a) == len(b)
    for x, y in zip(a, b):
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
        np.testing.assert_allclose(x, y, rtol=rtol, atol=1e-12)


scans = pytest.mark.parametrize("name", SCANS)
ways = pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])


@scans
@ways
def test_scan_is_the_loop(name, reverse):
    f, init, xs, length = SCANS[name]
    close(scan(f, init, xs, length, reverse), by_hand(f, init, xs, length, reverse))


def gradients(loop, name, reverse):
    f, init, xs, length = SCANS[name]
    of = objective(loop, f, xs is not None, length, reverse)
    return value_and_grad(of, argnums=(0, 1) if xs is not None else 0), init, xs


@scans
@ways
def test_its_gradients_are_those_of_the_loop(name, reverse):
    f, init, xs = gradients(scan, name, reverse)
    g, _, _ = gradients(by_hand, name, reverse)
    close(f(init, xs), g(init, xs))


@scans
@ways
def test_compiled_it_gives_the_same_for_other_numbers_too(name, reverse):
    f, init, xs = gradients(scan, name, reverse)
    compiled = compile(f)
    for factor in (1.0, 0.5, -1.3):
        given = [
            autograd.transforms.flatten(x)[1]([np.asarray(part * factor) for part in autograd.transforms.flatten(x)[0]])
            if x is not None
            else None
            for x in (init, xs)
        ]
        close(compiled(*given), f(*given))
    assert compiled.traces == 1


@scans
def test_without_gradients_it_is_compiled_too(name):
    f, init, xs, length = SCANS[name]
    compiled = compile(lambda init, xs: scan(f, init, xs, length))
    init = autograd.transforms.flatten(init)[1]([np.asarray(x) for x in autograd.transforms.flatten(init)[0]])
    for _ in range(2):
        close(compiled(init, xs), scan(f, init, xs, length))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_is_kept(dtype):
    h, xs, a = np.ones(3, dtype), np.ones((4, 3), dtype), A.astype(dtype)

    def of(h, xs):
        carry, ys = scan(lambda h, x: (np.tanh(h @ a + x), h.sum()), h, xs)
        return (carry * carry).sum() + ys.sum()

    expected = grad(of, argnums=(0, 1))(h, xs)
    found = compile(grad(of, argnums=(0, 1)))(h, xs)
    assert [x.dtype for x in numbers(found)] == [dtype, dtype]
    close(found, expected, rtol=1e-4 if dtype == np.float32 else 1e-10)


def test_a_model_in_the_loop_gets_its_gradients_and_is_trained_by_a_compiled_step():
    import nn
    import optim

    def train(wrap):
        autograd.manual_seed(0)
        cell = nn.RNNCell(2, 4)
        optimizer = optim.SGD(cell.parameters(), lr=0.1)
        xs = tensor(np.random.default_rng(1).normal(size=(6, 3, 2)).astype(np.float32))
        start = tensor(np.zeros((3, 4), np.float32))

        def step(xs):
            optimizer.zero_grad()
            h, _ = scan(lambda h, x: (cell(x, h), None), start, xs)
            loss = (h * h).mean()
            loss.backward()
            optimizer.step()
            return loss

        step = wrap(step)
        return [float(step(xs).data) for _ in range(4)], [p.data.copy() for p in cell.parameters()]

    eager, compiled = train(lambda f: f), train(compile)
    np.testing.assert_allclose(compiled[0], eager[0], rtol=1e-5)
    for a, b in zip(compiled[1], eager[1]):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_what_is_computed_outside_the_loop_gets_its_share():
    def of(w, h):
        v = np.sin(w)  # with a history of its own
        return scan(lambda h, _: (np.tanh(h * v), h * v), h, length=5)[1].sum()

    w, h = rng.normal(size=3), rng.normal(size=3)
    close(compile(grad(of, argnums=(0, 1)))(w, h), grad(of, argnums=(0, 1))(w, h))


def test_derivatives_of_the_second_order_are_those_of_the_loop_eager_and_compiled():
    def of(x):
        carry, ys = scan(lambda h, _: (np.sin(h) * x, h * h), x, length=3)
        return carry.sum() + ys.sum()

    def plain(x):
        h, found = x, 0.0
        for _ in range(3):
            found = found + (h * h).sum()
            h = np.sin(h) * x
        return h.sum() + found

    x = rng.normal(size=2)
    expected = autograd.hessian(plain)(x)
    close(autograd.hessian(of)(x), expected)
    second = grad(lambda x: (grad(of)(x) ** 2).sum())
    expected = grad(lambda x: (grad(plain)(x) ** 2).sum())(x)
    close(second(x), expected)
    close(compile(second)(x), expected)


def test_no_turns_leave_the_carry_and_give_empty_rows():
    carry, ys = scan(recurrent, np.ones(3), np.zeros((0, 3)))
    close(carry, np.ones(3))
    assert ys.shape == (0,)
    compiled = compile(lambda h, xs: scan(recurrent, h, xs))(np.ones(3), np.zeros((0, 3)))
    close(compiled, (carry, ys))


def test_not_finite_numbers_come_out_as_in_the_loop():
    def of(x):
        return scan(lambda h, _: (np.log(h), None), x, length=3)[0]

    compiled = compile(of)
    for x in (20.0, 1.0, 0.5):
        with np.errstate(all="ignore"):
            close(compiled(np.array(x)), of(np.array(x)))


def test_a_python_branch_inside_is_refused_in_a_trace_and_names_the_way_out():
    f = compile(lambda x: scan(lambda h, _: (h * 2 if h > 0 else h, None), x, length=2)[0])
    with pytest.raises(TraceError, match=r"cond|where"):
        f(np.array(1.0))


def test_random_numbers_inside_are_refused_in_a_trace():
    f = compile(lambda x: scan(lambda h, _: (h + autograd.randn(3), None), x, length=2)[0])
    with pytest.raises(TraceError, match="give them as xs"):
        f(tensor(np.ones(3)))


def test_a_parameter_changed_inside_is_refused_in_a_trace():
    count = tensor(np.zeros(()))

    def body(h, _):
        count.add_(1.0)
        return h + count, None

    with pytest.raises(TraceError, match="part of the carry"):
        compile(lambda x: scan(body, x, length=2)[0])(tensor(np.ones(())))
    assert count.data == 0


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: scan(lambda c, x: c, 0.0, np.ones(3)), TypeError, "must return a pair"),
        (lambda: scan(lambda c, x: (c, x), 0.0), ValueError, "how many turns"),
        (lambda: scan(lambda c, x: (c, x), 0.0, np.ones(3), length=4), ValueError, "agree on one length"),
        (lambda: scan(lambda c, x: (c, x), 0.0, (np.ones(3), np.ones(2))), ValueError, "agree on one length"),
        (lambda: scan(lambda c, x: (c, x), 0.0, np.array(1.0)), ValueError, "single number"),
        (lambda: scan(lambda c, x: (c, x), 0.0, length=-1), ValueError, "negative"),
        (lambda: scan(lambda c, x: ((c, c), x), 0.0, np.ones(3)), TypeError, "same nest"),
        (lambda: scan(lambda c, x: (np.stack([c, c]), x), np.ones(2), np.ones(3)), TypeError, "keep its shape"),
        (lambda: scan(lambda c, x: (c + 0.5, x), 0, np.ones(3)), TypeError, "keep its shape and dtype"),
        (lambda: cond(np.array([True, False]), lambda: 1, lambda: 2), TypeError, "one value"),
        (lambda: while_loop(lambda x: x < 1, lambda x: x, np.ones(2)), TypeError, "one value"),
        (lambda: while_loop(lambda x: x < 1, lambda x: x + 0.5, 0), TypeError, "keep its shape and dtype"),
    ],
)
def test_what_is_wrong_is_said(call, error, words):
    with pytest.raises(error, match=words):
        call()


# --- Branches ---


def branching(x, w):
    return cond(x.sum() > 0, lambda x: np.sin(x) * w, lambda x: x * x, x)


@pytest.mark.parametrize("sign", [1.0, -1.0], ids=["true", "false"])
def test_cond_takes_one_branch_eager_and_compiled_in_one_program(sign):
    f = value_and_grad(lambda x, w: branching(x, w).sum(), argnums=(0, 1))
    compiled = compile(f)
    for factor in (sign, -sign, 2 * sign):
        x, w = np.array([0.5, 1.5]) * factor, np.array([2.0, 3.0])
        close(compiled(x, w), f(x, w))
    assert compiled.traces == 1


def test_the_branch_that_is_not_taken_is_not_computed():
    seen = []
    cond(np.array(True), lambda: seen.append("true"), lambda: seen.append("false"))
    assert seen == ["true"]


def test_branches_of_different_shapes_are_refused_in_a_trace():
    f = compile(lambda x: cond(x.sum() > 0, lambda x: x, lambda x: x.sum(), x))
    with pytest.raises(TypeError, match="same shapes and dtypes"):
        f(np.ones(2))


# --- While ---


def test_while_loop_is_the_loop_eager_and_compiled():
    def f(x):
        return while_loop(lambda c: c[0] < 100.0, lambda c: (c[0] * 2.0, c[1] + 1), (x, np.array(0)))

    compiled = compile(f)
    for x in (3.0, 50.0, 200.0):
        close(compiled(np.array(x)), f(np.array(x)))
    assert compiled.traces == 1


def test_outside_a_trace_while_loop_has_a_gradient():
    g = grad(lambda x: while_loop(lambda y: y < 100.0, lambda y: y * x, x))(3.0)
    np.testing.assert_allclose(g, 5 * 3.0**4)  # 3⁵ = 243


def test_in_a_trace_while_loop_has_none_and_says_what_has():
    f = compile(grad(lambda x: while_loop(lambda y: y < 100.0, lambda y: y * x, x)))
    with pytest.raises(TraceError, match=r"autograd\.scan"):
        f(np.array(3.0))


def test_a_loop_in_a_loop():
    def f(x):
        inner = lambda y, _: (np.sin(y) + x, None)
        return scan(lambda h, _: (scan(inner, h, length=2)[0] * 0.5, h), x, length=3)[1].sum()

    x = rng.normal(size=2)
    close(compile(value_and_grad(f))(x), value_and_grad(f)(x))


# --- Loops on floats ---


def native_of(f, *args):
    """How many loops of a compiled function run on floats, of how many."""
    from autograd.compiler import loops

    made = []
    original = loops.Loop

    class Watched(original):
        def __init__(self, *given):
            super().__init__(*given)
            made.append(self.native is not None)

    loops.Loop = Watched
    try:
        compile(f)(*args)
    finally:
        loops.Loop = original
    return made


def oscillate(y, x):
    return np.stack([y[1] + x, -np.sin(y[0]) * y[1]]), y[0] / (2.0 + y[1] ** 2)


def test_a_loop_over_a_few_float64_runs_on_floats_and_others_do_not():
    assert native_of(lambda y, xs: scan(oscillate, y, xs), np.ones(2), np.ones(3)) == [True]
    assert native_of(lambda y, xs: scan(large, y, xs), np.ones(40), np.ones((3, 40))) == [False]
    small = np.ones(2, np.float32), np.ones(3, np.float32)
    assert native_of(lambda y, xs: scan(oscillate, y, xs), *small) == [False]


SCALAR_BODIES = {
    **{
        name: (lambda f: lambda h, x: (f(h * 0.5 + x * 0.1), f(h * x)))(getattr(np, name))
        for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "expm1", "square", "negative", "absolute")
    },
    **{
        name: (lambda f: lambda h, x: (f(h * h + 0.5) * 0.3 + 0.2, f(x * x + h * h)))(getattr(np, name))
        for name in ("log", "log1p", "sqrt", "reciprocal")
    },
    "power": lambda h, x: ((h * h + 0.5) ** 1.5 * 0.2, (x * x + 1.0) ** h),
    "quotient": lambda h, x: (1.0 / (1.0 + h * h) - x, x / (2.0 + h)),
    "where": lambda h, x: (np.where(h > 0.1, h * 0.5, x), np.maximum(h, x)),
    "matrix": lambda h, x: (np.tanh(A @ h) + x[0], x @ h),
    "index": lambda h, x: (np.stack([h[2], h[0] * x[1], h[1]]), h[::-1].sum()),
    "concatenate": lambda h, x: (np.concatenate([h[1:], x[:1] * h[:1]]), np.outer(h, x)),
    "transpose": lambda h, x: (h * 0.9, (h[:, None] * x[None, :]).T),
}


@pytest.mark.parametrize("name", SCALAR_BODIES)
def test_on_floats_or_not_the_numbers_are_those_of_the_loop(name):
    vectors = name in ("matrix", "index", "concatenate", "transpose")
    h, xs = (rng.normal(size=3), rng.normal(size=(4, 3))) if vectors else (np.array(0.7), rng.normal(size=4))

    def of(h, xs):
        carry, ys = scan(SCALAR_BODIES[name], h, xs)
        return total(carry) + total(ys)

    f = value_and_grad(of, argnums=(0, 1))
    compiled = compile(f)
    for factor in (1.0, 1.1):
        close(compiled(h * factor, xs), f(h * factor, xs))


def test_where_floats_fail_the_loop_goes_on_with_arrays():
    """1 / 0 and overflow are errors for a float, and inf for an array."""
    f = lambda y, xs: scan(lambda y, x: (y * 10.0, x / (y - 10.0)), y, xs)
    compiled = compile(f)
    for start in (1.0, 2.0, 1e300):
        with np.errstate(all="ignore"):
            close(compiled(np.array(start), np.ones(12)), f(np.array(start), np.ones(12)))


def test_numba_takes_over_a_long_loop_and_gives_the_same():
    pytest.importorskip("numba")
    from autograd.compiler import scalars

    f = value_and_grad(lambda y, xs: total(scan(oscillate, y, xs)), argnums=(0, 1))
    compiled = compile(f)
    y, xs = np.array([0.3, 0.4]), rng.normal(size=50) * 0.01
    expected = f(y, xs)
    for _ in range(2):
        close(compiled(y, xs), expected)
    before = scalars.WORTH
    scalars.WORTH = 0
    try:
        for _ in range(2):
            close(compiled(y, xs), expected)
            close(compiled(y * 1.1, xs), f(y * 1.1, xs))
    finally:
        scalars.WORTH = before
