"""Writing into Tensors: values as NumPy's, gradients as those of the program in which nothing is changed in place."""

import gc
import operator
import time

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import autograd
import nn
from autograd import Tensor, inplace, modes
from autograd.reach import Changed

VIEWS = [
    lambda t: t[1:],
    lambda t: t[..., ::2],
    lambda t: t.T,
    lambda t: t.reshape(-1),
    lambda t: t[0],
    lambda t: t[..., -1:],
    lambda t: np.flip(t),
    lambda t: np.expand_dims(t, 0),
    lambda t: t[..., ::-1].reshape(-1),  # copies that have a base
    lambda t: np.moveaxis(t, 0, -1)[..., [0]] if np.ndim(t) else t,
]
INDICES = [..., 0, -1, slice(1), slice(None, None, -1), (..., 0), np.array([0, 0]), np.array([0, -1, 0])]
CHANGES = [operator.iadd, operator.isub, operator.imul, operator.itruediv]
SOURCES = [
    lambda t, w: w[0],
    lambda t, w: 3.0,
    lambda t, w: np.sin(t) + w[1],
    lambda t, w: t * w[0],
    lambda t, w: t,
    lambda t, w: t[..., ::-1] if np.ndim(t) else t,
]
SHAPES = [(2, 3), (4,), (3, 1), (2, 2, 2), (1,)]
small = st.integers(0, 7)
steps = st.lists(st.tuples(st.sampled_from("vvwwwicr"), small, small, small), min_size=1, max_size=12)


def run(program, x, w):
    """A program on views of one array: the same for arrays and Tensors."""
    views, total = [x * 1.0], 0.0
    for kind, i, j, k in program:
        t = views[i % len(views)]
        try:
            match kind:
                case "v":
                    views.append(VIEWS[(j + 3 * k) % len(VIEWS)](t))
                case "w" if np.ndim(t):
                    t[INDICES[j]] = SOURCES[k % 6](t[INDICES[j]], w)
                case "i":
                    views[i % len(views)] = CHANGES[j % 4](t, np.cos(w[0]) + 2)
                case "c":
                    views[i % len(views)] = CHANGES[j % 3](t, w[1] * t)
                case "r":
                    total = total + (np.exp(0.1 * t) * w[0]).sum()
        except IndexError:
            if t.shape and t.size:
                raise
    return total + sum((np.sin(t) * (n + 1)).sum() for n, t in enumerate(views))


@given(st.sampled_from(SHAPES), steps)
def test_any_program_of_writes_and_views_has_the_values_and_the_gradients_of_numpys(shape, program):
    generator = np.random.default_rng(0)
    x, w = generator.uniform(0.5, 1.5, shape), generator.uniform(0.5, 1.5, 2)
    with np.errstate(all="ignore"):
        expected = run(program, x, w)
    assume(abs(expected) < 1e6)
    leaves = Tensor(x, requires_grad=True), Tensor(w, requires_grad=True)
    result = run(program, *leaves)
    assume(result.requires_grad)
    np.testing.assert_allclose(result.item(), expected, 1e-12)
    try:
        result.backward()
    except Changed:
        return
    for leaf in leaves:
        for place in np.ndindex(leaf.shape):
            step = np.zeros(leaf.shape)
            step[place] = 1e-6
            shifted = [
                run(program, *(v + sign * step if one is leaf else v for one, v in zip(leaves, (x, w), strict=True)))
                for sign in (1, -1)
            ]
            slope = (shifted[0] - shifted[1]) / 2e-6
            found = 0.0 if leaf.grad is None else leaf.grad[place].item()
            assert abs(found - slope) <= 1e-5 * (1 + abs(slope) + abs(expected)), (found, slope)


def gradients(f, *arrays):
    leaves = [Tensor(np.array(a, float), requires_grad=True) for a in arrays]
    f(*leaves).backward()
    return [leaf.grad.tolist() for leaf in leaves]


def test_of_an_element_written_twice_the_last_write_wins():
    def f(x, v):
        y = x * 1.0
        y[[0, 0]] = v
        y[1] = v[0]
        y[1] = 5.0
        return y.sum()

    assert gradients(f, [1, 2, 3], [4, 6]) == [[0, 0, 1], [0, 1]]


def test_masks_tensors_as_indices_and_broadcast_values():
    def f(x, v):
        y = x.clone()
        y[y.detach() > 2] = v[0]
        y[Tensor(np.array([0]))] = v[1] * 2
        return (y * np.arange(1.0, 5)).sum()

    assert gradients(f, [1, 2, 3, 4], [1, 1]) == [[0, 2, 0, 0], [7, 2]]

    def g(x, v):
        y = x * 1.0
        y[:, 1:] = v  # [[1, v0, v1], [1, v0, v1]]
        y[0:1] += v[0]
        return (y * y).sum()

    assert gradients(g, np.ones((2, 3)), [1, 2]) == [[[4, 0, 0], [2, 0, 0]], [4 + 2 * 4 + 6 + 2, 6 + 4]]


def test_a_buffer_that_needs_no_gradient_begins_to_when_written_to():
    w = Tensor(2.0, requires_grad=True)
    buffer = autograd.zeros(3, 2)
    for i in range(3):
        row = buffer[i]
        row[:] = w * i
        del row
        gc.collect()
    assert buffer.requires_grad
    assert not buffer.is_leaf
    (buffer * buffer).sum().backward(retain_graph=True)
    assert w.grad == 2 * 2 * 2 * (1 + 4)
    buffer.zero_()
    assert buffer.requires_grad
    buffer.sum().backward()
    assert w.grad == 40


def test_writing_to_a_base_changes_its_views_and_the_other_way_round():
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    base = x * 2
    view, other = base[1:], base[:2]
    base[1] = x[0] * 10
    view *= 3
    assert (base.tolist(), view.tolist(), other.tolist()) == ([2, 30, 18], [30, 18], [2, 30])
    assert autograd.grad(other.sum(), x, retain_graph=True)[0].tolist() == [32, 0, 0]
    assert autograd.grad(view.sum(), x, retain_graph=True)[0].tolist() == [30, 0, 6]
    assert autograd.grad(base.sum(), x)[0].tolist() == [32, 0, 6]


def test_second_order_through_writes():
    x = Tensor(np.array([1.0, 2.0]), requires_grad=True)
    y = x * x
    y[0] = x[1] ** 3
    y *= x
    (slope,) = autograd.grad(y.sum(), x, create_graph=True)
    assert slope.tolist() == [8, 12 + 12]
    assert autograd.grad(slope.sum(), x)[0].tolist() == [12, 12 + 12 + 12]
    assert autograd.jvp(lambda x: filled(x), (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))[1].tolist() == [2, 2]


def filled(x):
    out = autograd.zeros(2, dtype=np.float64)
    for i in range(2):
        out[i] = x[0] * x[0]
    return out


def test_where_nobody_else_sees_the_array_a_saved_value_stays_what_it_was():
    x = Tensor([0.5, 1.0], requires_grad=True)
    y = np.exp(x)
    y += 1
    y *= y
    y[0] = 7.0
    y.sum().backward()
    assert x.grad.tolist() == pytest.approx([0, 2 * (np.e + 1) * np.e])
    h = x * 2
    squares = h * h
    h[0] = 100.0
    assert autograd.grad(squares.sum(), x)[0].tolist() == [4, 8]


def test_a_saved_value_changed_through_a_view_is_an_error():
    x = Tensor([0.5, 1.0], requires_grad=True)
    y = np.exp(x)
    y[:1].mul_(2)
    with pytest.raises(RuntimeError, match=r"backward through exp .*changed in place at .*test_inplace\.py:\d+ after"):
        y.sum().backward()
    with autograd.detect_anomaly():
        y = np.exp(x)
    y[:1].mul_(2)
    with pytest.raises(RuntimeError, match=r"exp \(at .*test_inplace\.py:\d+\): .*changed in place at .*test_inplace"):
        y.sum().backward()


def test_leaves_and_views_of_leaves_refuse_but_under_no_grad():
    x = Tensor([1.0, 2.0], requires_grad=True)
    for change in (
        lambda: operator.setitem(x, 0, 1.0),
        lambda: x.zero_(),
        lambda: operator.setitem(x[1:], 0, 1.0),
        lambda: x.reshape(2, 1).add_(1),
        lambda: operator.iadd(x.T, 1),
    ):
        with pytest.raises(
            RuntimeError, match=r"leaf that needs a gradient cannot be changed in place .*clone.*no_grad"
        ):
            change()
    assert x.tolist() == [1, 2]
    with autograd.no_grad():
        x[0] = 5
        x.mul_(2)
        x[1:].fill_(1)
    assert (x.tolist(), x.is_leaf) == ([10, 1], True)
    x.data[0] = 3.0
    assert x.tolist() == [3, 1]


def test_a_detached_tensor_shows_the_values_and_takes_no_part():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x * 1
    cut = y.detach()
    y[0] = x[1] * 3
    assert (cut.tolist(), cut.requires_grad) == ([6, 2], False)
    cut[1] = x[0]
    assert (y.tolist(), y.requires_grad, cut.requires_grad) == ([6, 1], True, True)
    assert autograd.grad(cut.sum(), x)[0].tolist() == [1, 0]
    y.detach_()
    assert not y.requires_grad


def test_what_cannot_be_written_says_why_and_changes_nothing():
    x = Tensor(np.ones((2, 3)), requires_grad=True)
    y = x * 1
    for index, value, error, words in (
        (5, 1.0, IndexError, r"assignment of 1.0 into \[5\] of a Tensor float64 \(2, 3\).*out of bounds"),
        (0, np.ones(2), ValueError, r"assignment of float64 \(2,\) into \[0\]"),
        (0, x[:, 0], ValueError, r"a value of shape \(2,\) does not fit there: \(3,\)"),
        ("a", 1.0, IndexError, "only integers"),
        (0, "a", TypeError, "str cannot be an operand"),
        (0, 1j, TypeError, "complex"),
    ):
        with pytest.raises(error, match=words):
            y[index] = value
    assert y.tolist() == np.ones((2, 3)).tolist()
    fixed = np.ones(3)
    fixed.flags.writeable = False
    with pytest.raises(ValueError, match=r"read-only.*clone\(\)"):
        autograd.from_numpy(fixed)[0] = 1.0
    with pytest.raises(TypeError, match=r"into a Tensor of int64; write t = t.astype\(float\)"):
        Tensor([1, 2])[0] = x[0, 0]
    with pytest.raises(TypeError, match="int64 cannot take values of float64"):
        Tensor([1, 2]).add_(0.5)
    with pytest.raises(ValueError, match=r"cannot take the shape \(2, 3\)"):
        y[0] += x
    y.sum().backward()
    assert x.grad.tolist() == np.ones((2, 3)).tolist()


def test_dtypes_stay():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x * 1
    y[0] = Tensor(np.array(3.0), requires_grad=True) * 2
    y += np.ones(2)
    assert y.dtype == np.float32
    y.sum().backward()
    assert x.grad.dtype == np.float32
    z = Tensor(np.zeros(2)) * 1
    z[:] = x * 2
    (g,) = autograd.grad(z.sum(), x)
    assert (z.dtype, g.dtype, g.tolist()) == (np.float64, np.float32, [2, 2])


def test_a_loop_that_fills_an_array_takes_time_in_proportion_to_its_length():
    def seconds(n):
        a = Tensor(np.array(1.0), requires_grad=True)
        start = time.perf_counter()
        states = autograd.zeros(n, 2, dtype=np.float64)
        numbers = autograd.zeros(n, dtype=np.float64)
        states[0], numbers[0] = a, a
        for i in range(1, n):
            states[i] = states[i - 1] * a
            numbers[i] = numbers[i - 1] + a
        (states[-1].sum() + numbers[-1]).backward()
        assert a.grad == 2 * n + n
        return time.perf_counter() - start

    # in proportion to its square it would be 256 times as long; so much room, since the machine may be busy
    assert seconds(8000) < 64 * min(seconds(500) for _ in range(3))


def test_nothing_is_left_of_a_log_when_its_tensor_is_gone():
    gc.collect()
    before = inplace.alive[0]
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = np.exp(x)
    view = y[:1]
    y[1] = (y * y)[0]
    assert inplace.alive[0] == before + 1
    del y, view
    gc.collect()
    assert inplace.alive[0] == before
    assert [entry.mode.kind for entry in modes.entered].count("writing") == bool(before)


def test_a_ring_buffer_forgets_what_was_overwritten():
    x = Tensor(1.0, requires_grad=True)
    ring = autograd.zeros(4)
    view = ring[:2]
    for i in range(1000):
        ring[i % 4] = x * float(i)
    assert len(ring._log.nodes) < 100
    assert (view.sum() + ring.sum()).item() == 996 + 997 + 996 + 997 + 998 + 999
    (view.sum() + ring.sum()).backward()
    assert x.grad == 996 + 997 + 996 + 997 + 998 + 999


def test_names_of_pytorch_change_in_place_and_return_the_tensor():
    x = Tensor([0.5, 0.25], requires_grad=True)
    y = x * 1
    same = y.add_(1).mul_(2).sub_(0.5).div_(2).pow_(2).clamp_(max=1.2).exp_().log_().neg_().abs_().sqrt_()
    assert same is y
    expected = np.sqrt(np.minimum(((np.array([0.5, 0.25]) + 1) * 2 - 0.5) / 2, 1.2**0.5) ** 2)
    np.testing.assert_allclose(y.tolist(), expected, 1e-6)
    mask = np.array([True, False])
    assert y.masked_fill_(mask, 9.0).tolist()[0] == 9
    y.sum().backward()
    assert x.grad[0] == 0
    assert y.fill_(2).tolist() == [2, 2]
    assert y.copy_(np.array([1, 4])).tolist() == [1, 4]
    assert y.zero_().tolist() == [0, 0]
    for draw in (y.normal_, y.uniform_, y.bernoulli_):
        assert draw(generator=autograd.Generator(0)) is y


def test_rows_are_added_in_place():
    x, rows = Tensor(np.ones((3, 2)), requires_grad=True), Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = x * 2
    assert y.index_add_(0, np.array([2, 2]), rows.double()) is y
    assert y.tolist() == [[2, 2], [2, 2], [6, 8]]
    (y * y).sum().backward()
    assert (x.grad[2].tolist(), rows.grad.tolist()) == ([24, 32], [[12, 16], [12, 16]])


def test_every_name_in_place_has_the_one_that_is_not():
    names = [name for name in vars(Tensor) if name.endswith("_") and not name.startswith("_")]
    alone = "bernoulli copy detach fill normal requires_grad uniform zero".split()
    assert {name for name in names if not hasattr(Tensor, name[:-1])} <= {f"{name}_" for name in alone}


def test_layers_and_optimizers_go_on_while_there_is_a_log():
    layer = nn.Linear(2, 2)
    out = autograd.zeros(3, 2)
    for i in range(3):
        out[i] = layer(Tensor([float(i), 1.0]))
    out.sum().backward()
    np.testing.assert_allclose(layer.weight.grad.tolist(), [[3, 3], [3, 3]])
    np.testing.assert_allclose(layer.bias.grad.tolist(), [3, 3])


COPIES = {  # of which NumPy says that they have a base
    "fancy": lambda x: x[:, [0, 2, 1]],
    "rows": lambda x: x[[1, 0]],
    "reshape": lambda x: x.T.reshape(-1),
    "ravel": lambda x: np.ravel(x.T),
    "flatten": lambda x: x.T.flatten(),
    "mask": lambda x: x[np.array([[True, False, True], [True, True, True]])],
    "view": lambda x: x.T,
    "view of a view": lambda x: x.T[1:],
}
PARTS = {
    "first": lambda m: m[0:1],
    "turned": lambda m: m[::-1],
    "transposed": lambda m: m.T,
    "expanded": lambda m: m[None],
    "half of half": lambda m: m[1:][:1],
}


@pytest.mark.parametrize("view", PARTS)
@pytest.mark.parametrize("copy", COPIES)
def test_what_is_written_through_a_view_of_what_may_be_a_copy_is_seen_there(copy, view):
    def f(x, w):
        m = COPIES[copy](x)
        part = PARTS[view](m)
        part *= 2.0
        part[..., 0] = w
        weights = np.arange(1.0, 1 + m.size).reshape(m.shape)
        return np.sum(m * weights) + 100 * np.sum(x * np.array([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0]]))

    start, eps = np.random.default_rng(0).normal(size=(2, 3)), 1.0  # f is linear
    given, w = Tensor(start, requires_grad=True), Tensor(3.0, dtype=float, requires_grad=True)
    f(given * 1.0, w).backward()
    plain = lambda x, w: f(np.array(x), w)
    for i in np.ndindex(2, 3):
        moved = start.copy()
        moved[i] += eps
        assert given.grad[i].item() == pytest.approx(plain(moved, 3.0) - plain(start, 3.0), abs=1e-9)
    assert w.grad.item() == pytest.approx(plain(start, 4.0) - plain(start, 3.0), abs=1e-9)


def double(h):
    h *= 2


@pytest.mark.parametrize(
    "write", [lambda h: h.__setitem__(0, 0.0), double, lambda h: h[1:].fill_(2.0), lambda h: h.mul_(2)]
)
def test_a_gradient_that_is_retained_is_that_of_the_values_after_all_writes(write):
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    h = x * 1.0
    h.retain_grad()
    write(h)
    (h * h).sum().backward()
    assert h.grad.tolist() == (2 * h).tolist()
