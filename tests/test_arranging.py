"""What the laws cannot see of arranging and selecting: wrong arguments, refusals, prototypes, traces."""

import re

import numpy as np
import pytest

import autograd
from autograd import Tensor
from autograd.compiler.trace import trace
from autograd.testing import gradcheck

X = np.arange(6.0).reshape(2, 3)
V = np.array([1.0, 2.0, 3.0])

WRONG = {
    "rot90": [
        lambda x: np.rot90(x, 1, (0, 0)),
        lambda x: np.rot90(x, 1, (0, 1, 2)),
        lambda x: np.rot90(x, axes=(0, 5)),
    ],
    "fliplr": [lambda x: np.fliplr(x[0])],
    "flipud": [lambda x: np.flipud(x[0, 0])],
    "rollaxis": [lambda x: np.rollaxis(x, 2), lambda x: np.rollaxis(x, 0, 4), lambda x: np.rollaxis(x, 0, -3)],
    "hsplit": [lambda x: np.hsplit(x[0, 0], 2)],
    "vsplit": [lambda x: np.vsplit(x[0], 2)],
    "dsplit": [lambda x: np.dsplit(x, 2)],
    "block": [
        lambda x: np.block([x, (x, x)]),
        lambda x: np.block([[x], []]),
        lambda x: np.block([[x], x]),
    ],
    "insert": [
        lambda x: np.insert(x, 4, 1.0, axis=1),
        lambda x: np.insert(x, [0, 9], 1.0, axis=0),
        lambda x: np.insert(x, [[0]], 1.0),
        lambda x: np.insert(x, 0, [1.0, 2.0, 3.0], axis=1),
        lambda x: np.insert(x, 0, 1.0, axis=2),
    ],
    "delete": [
        lambda x: np.delete(x, 3, 1),
        lambda x: np.delete(x, [0, 9], 1),
        lambda x: np.delete(x, [True, False], 1),
    ],
    "resize": [lambda x: np.resize(x, (-1, 2))],
    "broadcast": [lambda x: np.broadcast_arrays(x, np.ones(2))],
    "meshgrid": [lambda x: np.meshgrid(x, indexing="ab")],
    "tril": [lambda x: np.tril(x[0, 0])],
    "diag": [lambda x: np.diag(x[None]), lambda x: np.diag(x[0, 0])],
    "diagonal": [lambda x: np.diagonal(x[0]), lambda x: np.diagonal(x, 0, 0, 0), lambda x: np.trace(x, 0, 0, 2)],
    "cross": [
        lambda x: np.cross(x, np.ones(4)),
        lambda x: np.cross(x[0, 0], x),
        lambda x: np.cross(x, x, axisc=2),
        lambda x: np.cross(x, x, axisa=3),
    ],
    "vecdot": [lambda x: np.vecdot(x, np.ones(2)), lambda x: np.vecdot(x, 1.0)],
    "apply_along_axis": [lambda x: np.apply_along_axis(np.sum, 0, x[:, :0])],
    "apply_over_axes": [lambda x: np.apply_over_axes(lambda y, axis: y[0, 0], x, [0])],
    "ix_": [lambda x: np.ix_(x)],
    "pad": [
        lambda x: np.pad(x, -1),
        lambda x: np.pad(x, 1.5),
        lambda x: np.pad(x, 1, mode="strange"),
        lambda x: np.pad(x, 1, mode="mean", end_values=1),
        lambda x: np.pad(x, 1, mode="maximum", stat_length=0),
        lambda x: np.pad(x[:0], 1, mode="mean"),
        lambda x: np.pad(x, [(1, 2, 3)]),
    ],
    "take": [
        lambda x: np.take(x, 6),
        lambda x: np.take(x, [0, -3], 0),
        lambda x: np.take(x, np.array([0.5])),
        lambda x: np.take(x, 0, 2),
        lambda x: np.take(x, 0, mode="around"),
        lambda x: np.take(x[:0], [0], 0, mode="clip"),
    ],
    "take_along_axis": [
        lambda x: np.take_along_axis(x, np.array([0]), 1),
        lambda x: np.take_along_axis(x, np.array([[3]]), 1),
        lambda x: np.take_along_axis(x, np.array([[0.0]]), 1),
        lambda x: np.take_along_axis(x, np.array([[0]]), None),
    ],
    "choose": [
        lambda x: np.choose([0, 1, 2], [x, x]),
        lambda x: np.choose([0.5], [x]),
        lambda x: np.choose([0, 1], [x, x]),
        lambda x: np.choose([0], [x], mode="around"),
    ],
    "compress": [
        lambda x: np.compress([[True]], x),
        lambda x: np.compress([True] * 3, x, axis=0),
        lambda x: np.compress([True], x, axis=2),
    ],
    "select": [
        lambda x: np.select([x > 1], [x, x]),
        lambda x: np.select([X], [x]),
        lambda x: np.select([X > 1], [x[:, :2]]),
    ],
    "piecewise": [lambda x: np.piecewise(x, [X > 1], [1, 2, 3])],
    "isin": [lambda x: np.isin(x, [1.5], kind="table")],
    "unravel_index": [lambda x: np.unravel_index(np.argmax(x), (2, 2)), lambda x: np.unravel_index(x, (2, 2))],
}


@pytest.mark.parametrize(("name", "call"), [(name, call) for name, calls in WRONG.items() for call in calls])
def test_a_wrong_argument_raises_what_numpy_raises_and_names_the_function(name, call):
    with pytest.raises(Exception) as expected:  # noqa: PT011 (whatever NumPy raises)
        call(X)
    with pytest.raises(Exception) as found:  # noqa: PT011
        call(Tensor(X))
    assert isinstance(found.value, expected.type) or issubclass(expected.type, type(found.value)), found.value
    if name not in ("rot90", "select"):
        assert name in str(found.value) or issubclass(found.type, np.exceptions.AxisError)


# --- Refusals ---


@pytest.mark.parametrize(
    "write",
    [
        lambda a, t: np.put(a, [0], t),
        lambda a, t: np.place(a, a > 1, t),
        lambda a, t: np.putmask(a, a > 1, t),
        lambda a, t: np.copyto(a, t),
        lambda a, t: np.put_along_axis(a, np.array([0]), t, 0),
        lambda a, t: np.fill_diagonal(t, 0),
        lambda a, t: np.put(t, [0], 1.0),
        lambda a, t: np.full_like(a, t),
    ],
)
def test_writing_into_an_array_is_refused_with_what_to_write_instead(write):
    a = np.arange(3.0)
    with pytest.raises(TypeError, match=r"writes into an array, which loses the graph; write np\.where"):
        write(a, Tensor(V, requires_grad=True))
    np.testing.assert_array_equal(a, np.arange(3.0))


def test_a_function_as_mode_of_pad_is_refused():
    with pytest.raises(TypeError, match="pad: a function as mode writes into an array"):
        np.pad(Tensor(V), 1, mode=lambda vector, width, axis, options: None)


def test_pad_takes_widths_by_axis():
    np.testing.assert_array_equal(np.pad(Tensor(X), {-1: (1, 2)}).numpy(), np.pad(X, ((0, 0), (1, 2))))


# --- Prototypes ---


def test_what_is_filled_like_a_tensor_is_constant_and_as_numpy_makes_it():
    t = Tensor(X.astype(np.float32), requires_grad=True)
    for make, value in ((np.zeros_like, 0), (np.ones_like, 1), (np.full_like, 7)):
        more = (value,) if make is np.full_like else ()
        for options in ({}, {"dtype": int}, {"shape": (3,)}, {"order": "F"}, {"dtype": bool, "shape": 2}):
            found, expected = make(t, *more, **options), make(X.astype(np.float32), *more, **options)
            assert isinstance(found, Tensor)
            assert not found.requires_grad
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found.numpy(), expected)
            assert found.numpy().flags.c_contiguous == expected.flags.c_contiguous
    assert np.empty_like(t).shape == (2, 3)


def test_the_value_that_fills_an_array_has_a_gradient_also_in_a_trace():
    fill = Tensor(2.0, requires_grad=True)
    np.full_like(Tensor(X), fill).sum().backward()
    assert fill.grad.item() == 6
    assert trace(lambda x, fill: np.full_like(x, fill), X, np.array(2.0))(X, np.array(3.0))[0, 0] == 3


def test_questions_about_shape_and_dtype_are_answered_with_plain_values():
    t = Tensor(X.astype(np.float32), requires_grad=True)
    assert np.shape(t) == (2, 3)
    assert np.ndim(t) == 2
    assert np.size(t) == 6
    assert np.result_type(t, 1.0) == np.float32
    assert np.can_cast(t.dtype, np.float64)


# --- Selecting ---


def test_indices_changed_after_use_do_not_change_the_gradient():
    for read in (
        lambda x, i: np.take(x, i),
        lambda x, i: np.take_along_axis(x, i, 0),
        lambda x, i: np.choose(i, [x, -x]),
    ):
        x, i = Tensor(V, requires_grad=True), np.array([0, 1, 1])
        expected = autograd.grad(lambda z, read=read: (read(z, np.array([0, 1, 1])) * V).sum())(V)
        y = (read(x, i) * V).sum()
        i[...] = 0
        y.backward()
        np.testing.assert_array_equal(x.grad.numpy(), expected)


def test_in_a_trace_a_choice_out_of_range_is_an_error_at_the_replay_too():
    program = trace(lambda a, x: np.choose(a, [x, -x]), np.array([0, 1, 0]), V)
    np.testing.assert_array_equal(program(np.array([1, 1, 0]), V), [-1, -2, 3])
    with pytest.raises(ValueError, match="choose: invalid entry"):
        program(np.array([0, 2, 0]), V)
    program = trace(lambda i, x: np.take(x, i), np.array([0, 1]), V)
    with pytest.raises(IndexError, match="take: an index is out of bounds for an axis of size 3"):
        program(np.array([0, 3]), V)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.compress(x > 0, x),
        lambda x: np.extract(x > 0, x),
        lambda x: np.piecewise(x, [x > 0], [np.sqrt, 0.0]),
        lambda x: np.piecewise(x, [x < -5], [np.sqrt, 0.0]),
        lambda x: np.flatnonzero(x > 0),
        lambda x: np.argwhere(x > 0),
    ],
)
def test_in_a_trace_how_many_elements_are_selected_is_fixed(function):
    program = trace(function, np.array([-1.0, 4.0, 9.0]))
    np.testing.assert_array_equal(program(np.array([4.0, 9.0, -1.0])), function(np.array([4.0, 9.0, -1.0])))
    with pytest.raises(ValueError, match="trace it again"):
        program(np.array([-6.0, -6.0, 9.0]))


def test_piecewise_calls_functions_only_where_they_are_wanted():
    seen = []

    def root(x):
        seen.append(x.shape)
        return np.sqrt(x)

    x = Tensor([-1.0, 4.0, 9.0], requires_grad=True)
    y = np.piecewise(x, [x > 0, x > 100], [root, root])
    assert seen == [(2,)]
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [0, 1 / 4, 1 / 6])


def test_a_branch_that_select_does_not_take_contributes_nothing():
    x = Tensor([-1.0, 0.0, 4.0], requires_grad=True)
    with np.errstate(invalid="ignore"):
        np.select([x > 0, x < 0], [np.sqrt(x), -x], 0.0).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [-1, 0, 0.25])


def test_the_place_of_the_largest_element_is_an_index():
    x = Tensor(X)
    assert x[np.unravel_index(np.argmax(x), x.shape)].item() == 5
    assert np.unravel_index(Tensor(0), ()) == ()


# --- Others ---


def test_cross_takes_vectors_of_two_components():
    a, b = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([[0.5, 1.0, 2.0], [1.0, 1.0, -3.0]])
    for left, right in ((a, a[::-1]), (a, b), (b, a)):
        wide = [np.concatenate([z, np.zeros((2, 3 - z.shape[1]))], 1) for z in (left, right)]
        expected = np.cross(*wide)
        found = np.cross(Tensor(left), Tensor(right))
        np.testing.assert_array_equal(found.numpy(), expected if found.ndim == 2 else expected[:, 2])
        gradcheck(lambda x, y: np.cross(x, y), left, right)


def test_a_copy_shares_no_memory():
    x = Tensor(X)
    y = np.copy(x)
    y.numpy()[...] = 0
    np.testing.assert_array_equal(x.numpy(), X)


def test_arrays_of_bools_and_whole_numbers_keep_their_dtype():
    masks, numbers = Tensor(X > 2), Tensor(X.astype(np.int32))
    for function in (
        np.tril,
        np.triu,
        np.diag,
        np.fliplr,
        np.copy,
        lambda x: np.resize(x, 9),
        lambda x: np.delete(x, 0),
    ):
        for x in (masks, numbers):
            found, expected = function(x), function(x.numpy())
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found.numpy(), expected)
    for mode in ("mean", "median", "linear_ramp", "maximum"):
        np.testing.assert_array_equal(np.pad(numbers, 2, mode=mode).numpy(), np.pad(numbers.numpy(), 2, mode=mode))


def test_many_slices_cost_the_gradient_little():
    """Each slice read from the whole would make zeros of the size of the whole: 400 times 3 MB here."""
    x = Tensor(np.ones((400, 1000)), requires_grad=True)
    np.apply_along_axis(lambda row: row.sum(), 1, x).sum().backward()
    node, deepest = x.grad, 0
    assert node.shape == (400, 1000)
    parts = autograd.rules.arranging.slices_of(x)
    for part in parts:
        node, depth = part.node, 0
        while node.op is not None:
            node, depth = node.inputs[0], depth + 1
        deepest = max(deepest, depth)
    assert len(parts) == 400
    assert deepest <= 8


def test_the_messages_name_shapes_and_axes():
    with pytest.raises(ValueError, match=re.escape("dsplit: shape (2, 3) must have at least 3 axes")):
        np.dsplit(Tensor(X), 2)
    with pytest.raises(TypeError, match="block: arrays\\[1\\] is a tuple"):
        np.block([Tensor(V), (1.0, 2.0)])
