"""Traces: a program replays what one call did on new data, and what it could not replay is refused while tracing."""

import copy
import pickle

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, grad, trace, value_and_grad

X = np.array([[0.5, -1.0], [2.0, 3.0]])


def loss(w, x):
    return np.sum(np.tanh(x @ w) ** 2)


# --- Replay -----------------------------------------------------------------------------------------------------------


def test_a_program_gives_what_the_function_gives_on_new_data():
    program = trace(value_and_grad(loss), X, X)
    for w, x in ((X, X), (X.T, X - 1), (0 * X, 2 * X)):
        value, slope = program(w, x)
        expected, exact = value_and_grad(loss)(w, x)
        assert value == expected
        np.testing.assert_allclose(slope, exact, 1e-14)


def test_arguments_and_results_keep_their_nests():
    f = lambda p, x: {"out": (p["w"] * x, [p["b"] + 0.0])}
    program = trace(f, {"w": X, "b": 2.0}, 3.0)
    found = program({"w": 2 * X, "b": 5.0}, 1.0)
    assert found["out"][0].tolist() == (2 * X).tolist()
    assert found["out"][1] == [5]


def test_higher_derivatives_are_traced_too():
    third = trace(grad(grad(grad(lambda x: x**5))), 1.0)
    assert third(2.0) == 60 * 4
    matrix = trace(autograd.hessian(lambda x: np.sum(x**3)), np.ones(2))
    assert matrix(np.array([1.0, 2.0])).tolist() == [[6, 0], [0, 12]]


def test_a_step_with_backward_is_traced():
    w = Tensor(X, requires_grad=True)

    def step(x):
        w.grad = None
        total = np.sum(np.exp(w * x))
        total.backward()
        return total, w.grad

    program = trace(step, X)
    value, slope = program(2 * X)
    expected, exact = step(Tensor(2 * X))
    assert value == expected.item()
    np.testing.assert_allclose(slope, exact.numpy(), 1e-14)


def test_captured_parameters_are_read_anew_in_every_run():
    w = Tensor([1.0, 2.0], requires_grad=True)
    program = trace(lambda x: grad(lambda x: np.sum(x * w))(x) + np.sum(w), np.ones(2, np.float32))
    assert program(np.ones(2, np.float32)).tolist() == [4, 5]
    w.data = np.array([10.0, 20.0], np.float32)
    assert program(np.ones(2, np.float32)).tolist() == [40, 50]
    w.numpy()[0] = 0
    assert program(np.ones(2, np.float32)).tolist() == [20, 40]


def test_masks_and_branches_of_where_follow_the_new_data():
    f = grad(lambda x: np.sum(np.where(x > 0, x**2, -x) * (np.argmax(x) == 0)))
    program = trace(f, np.array([1.0, -1.0]))
    for x in (np.array([-1.0, -3.0]), np.array([1.0, 2.0]), np.array([3.0, 2.0])):
        assert program(x).tolist() == f(x).tolist()


def test_an_integer_index_is_part_of_the_data():
    f = lambda x, i: np.sum(x[i] ** 2)
    program = trace(value_and_grad(f), np.arange(4.0), np.array([0, 1]))
    value, slope = program(np.arange(4.0), np.array([3, 3]))
    assert (value, slope.tolist()) == (18, [0, 0, 0, 12])
    by_values = trace(lambda x: x[np.argmax(x)] * 1.0, np.array([1.0, 5.0, 2.0]))
    assert by_values(np.array([9.0, 5.0, 2.0])) == 9


def test_a_saved_value_is_computed_anew_and_never_that_of_the_traced_call():
    for f in (np.exp, np.tanh, autograd.sigmoid, autograd.softmax, np.sqrt, np.std, np.max, np.prod):
        program = trace(grad(lambda x, f=f: np.sum(f(x) ** 2)), np.array([0.5, 1.0, 2.0]))
        x = np.array([3.0, 0.25, 1.5])
        np.testing.assert_allclose(program(x), grad(lambda x, f=f: np.sum(f(x) ** 2))(x), 1e-12)


def test_only_what_the_result_needs_is_replayed():
    def f(x):
        np.exp(x) + np.sin(x)
        return x * 2

    names = [step.op.name for step in trace(f, X).steps]
    assert names == ["multiply"]


def test_a_program_can_be_read():
    text = repr(trace(lambda x: np.sum(x * 2.0, axis=0), np.ones((2, 2))))
    assert text.splitlines()[0].startswith("program(v0)")
    assert "multiply(v0, 2.0)" in text
    assert "v2 = sum(v1, axis=(0" in text
    assert text.splitlines()[-1].strip().startswith("return")


def test_results_that_are_arguments_or_constants():
    program = trace(lambda x: (x, x * 1.0, 3.0), 2.0)
    assert program(5.0) == (5, 5, 3)


def test_the_argument_may_be_used_after_the_call():
    x = np.ones(2)
    trace(lambda x: x * 2, x)(x)
    assert x.tolist() == [1, 1]
    result = trace(lambda x: x.reshape(2), x)(x)
    assert result.tolist() == [1, 1]


def test_tracing_leaves_the_tensors_it_was_given_alone():
    x = Tensor(X, requires_grad=True)
    trace(lambda x: np.sum(x * x), x)
    assert x.grad is None
    assert autograd.modes.entered == []
    assert not (Tensor(X) * 2).requires_grad


# --- Refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "read",
    [
        lambda x: 1 if x > 0 else 2, lambda x: x if x.sum() > 0 else -x, lambda x: not x, lambda x: x.item(), lambda x: float(x),
        lambda x: int(x), lambda x: [1, 2][x.astype(int)], lambda x: x.tolist(), lambda x: x.numpy(), lambda x: np.asarray(x),
        lambda x: np.array([x, x]), lambda x: 2.0 in x, lambda x: np.allclose(x, 1), lambda x: (x > 0).item(),
        lambda x: bool(np.any(x > 0)), lambda x: f"{x:.3f}", lambda x: range(np.argmax(x)), lambda x: np.from_dlpack(x),
        lambda x: autograd.nonzero(x), lambda x: max(x, x * 2),
    ],
)  # fmt: skip
def test_reading_a_value_is_refused_and_the_message_says_np_where(read):
    with pytest.raises(TypeError, match=r"while tracing.*np\.where"):
        trace(lambda x: x * 2 if read(x) is None else x, 2.0)
    assert autograd.modes.entered == []
    assert (2 if Tensor(1.0) > 0 else 3) == 2


def test_a_boolean_index_is_refused_because_its_shape_would_change():
    with pytest.raises(TypeError, match=r"np\.where\(mask, x, 0\)"):
        trace(lambda x: x[x > 0], X)


def test_shapes_and_dtypes_may_be_read():
    program = trace(lambda x: x.reshape(x.size) / len(x) * x.ndim + np.zeros_like(x).sum() if x.shape[0] > 1 else x, X)
    assert program(X).tolist() == X.ravel().tolist()


def test_a_call_with_other_shapes_says_to_trace_again():
    program = trace(lambda x: x * 2, X)
    with pytest.raises(ValueError, match=r"argument 0 is float64 \(2,\).*float64 \(2, 2\); trace it again"):
        program(X[0])
    with pytest.raises(ValueError, match="float32"):
        program(X.astype(np.float32))
    with pytest.raises(TypeError, match="1 arrays and is called with 2"):
        program(X, X)


def test_an_error_while_tracing_ends_the_trace():
    with pytest.raises(ValueError, match="do not broadcast"):
        trace(lambda x: x + np.ones(5), X)
    assert autograd.modes.entered == []


ROW = np.array([1.0, 2.0])


@pytest.mark.parametrize("f", [
    lambda x: Tensor(x) * 2,
    lambda x: autograd.tensor(x) * 2,
    lambda x: copy.copy(x) * 2,
    lambda x: copy.deepcopy(x) * 2,
    lambda x: pickle.loads(pickle.dumps(x)) * 2,
    lambda x: x if f"{x}" else -x,
    lambda x: x if f"{x.sum():.1f}" else -x,
])  # fmt: skip
def test_what_would_be_frozen_into_the_program_is_refused(f):
    with pytest.raises(TypeError, match="while tracing"):
        trace(f, ROW)


@pytest.mark.parametrize("f", [lambda x: x.data * 2, lambda x: x.detach() * 2])
def test_data_and_detach_are_operations_of_the_program(f):
    assert trace(f, ROW)(ROW + 1).tolist() == [4, 6]
    assert trace(grad(lambda x: (f(x) * x).sum()), ROW)(ROW + 1).tolist() == [4, 6]


def test_the_program_shares_no_memory_with_what_is_outside():
    factor, w = np.array([2.0, 3.0]), Tensor([1.0, 2.0], requires_grad=True)
    program = trace(lambda x: (x * factor, w.reshape(2, 1), x[::-1]), ROW)
    factor[:] = 0
    x = ROW.copy()
    product, column, turned = program(x)
    assert product.tolist() == [2, 6]
    column[:] = 9
    turned[:] = 9
    assert w.tolist() == [1, 2]
    assert x.tolist() == [1, 2]


def test_cross_entropy_traced_with_one_set_of_labels_takes_another():
    logits = np.array([[1.0, 2.0, 3.0], [3.0, 1.0, 0.0]])
    loss = nn.functional.cross_entropy
    program = trace(lambda z, t: loss(z, t), logits, np.array([0, 1]))
    labels = np.array([2, -100])
    np.testing.assert_allclose(program(logits, labels), loss(Tensor(logits), labels).item())


def test_a_traced_tensor_shows_that_it_is_one():
    seen = []
    trace(lambda x: seen.append(repr(x)) or x, ROW)
    assert seen == ["<tensor of float64 (2,), traced>"]


def test_the_trace_of_a_matrix_is_the_sum_of_its_diagonal():
    x = autograd.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    autograd.trace(x).backward()
    assert x.grad.tolist() == [[1, 0], [0, 1]]
    assert autograd.trace(np.eye(3)) == 3
