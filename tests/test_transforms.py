"""Functions of functions: their arguments, their results, and one inside another to any depth."""

import math
from collections import OrderedDict, namedtuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Tensor, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from autograd.testing import gradgradcheck
from autograd.transforms import flatten

A = np.array([[2.0, 1.0], [1.0, 3.0]])
V = np.array([1.0, -2.0])


def quadratic(x):
    return 0.5 * x @ A @ x


def cubic(x):
    return np.sum(x**3) * x[0]


# --- grad -------------------------------------------------------------------------------------------------------------


def test_plain_numbers_in_plain_numbers_out():
    slope = grad(lambda x: x**2)(3.0)
    assert type(slope) is np.float64
    assert slope == 6
    assert type(grad(quadratic)(V)) is np.ndarray
    assert grad(lambda x: np.sum(x))(np.ones(2, np.float32)).dtype == np.float32
    assert grad(lambda x: x * np.float32(2))(3.0).dtype == np.float64


def test_tensors_in_tensors_out():
    x = Tensor(V)
    found = grad(quadratic)(x)
    assert isinstance(found, Tensor)
    assert found.tolist() == (A @ V).tolist()
    assert x.grad is None
    assert not x.requires_grad


def test_the_argument_is_not_changed_and_the_gradient_does_not_share_its_memory():
    x = np.ones(3)
    found = grad(lambda x: np.sum(x + 0 * x))(x)
    found[:] = 5
    assert x.tolist() == [1, 1, 1]
    first, second = grad(lambda x, y: np.sum(x + y), argnums=(0, 1))(x, x)
    assert not np.shares_memory(first, second)


def test_argnums_choose_the_arguments():
    f = lambda x, y, z: x * y**2 * z**3
    assert grad(f, 1)(2.0, 3.0, 1.0) == 12
    assert grad(f, argnums=-1)(2.0, 3.0, 1.0) == 54
    assert grad(f, argnums=(0, 2))(2.0, 3.0, 1.0) == (9, 54)
    assert grad(f, argnums=(1,))(2.0, 3.0, 1.0) == (12,)


def test_other_arguments_may_be_anything():
    f = lambda x, power, *, label: x**power if label == "yes" else 0 * x
    assert grad(f)(2.0, 3, label="yes") == 12
    assert grad(f)(2.0, 3, label="no") == 0


def test_a_gradient_that_does_not_depend_on_its_argument_is_zero():
    assert grad(lambda x: 3.0)(2.0) == 0
    assert grad(lambda x: Tensor(1.0))(np.ones(2)).tolist() == [0, 0]
    assert grad(lambda x, y: y * 1.0, argnums=(0, 1))(np.ones(2), 2.0)[0].tolist() == [0, 0]
    assert value_and_grad(lambda x: 7)(2.0) == (7, 0)
    assert vjp(lambda x: 3.0, V)[1](1.0).tolist() == [0, 0]
    assert jvp(lambda x: 3, (V,), (V,)) == (3, 0)
    assert jacobian(lambda x: np.ones(3))(V).tolist() == [[0, 0]] * 3
    assert hessian(lambda x: x.sum())(V).tolist() == hessian(lambda x: 3.0)(V).tolist() == [[0, 0], [0, 0]]
    assert hvp(lambda x: x.sum(), V, V).tolist() == [0, 0]


def test_nests_of_parameters():
    Layer = namedtuple("Layer", "w b")
    parameters = OrderedDict(layers=[Layer(A, V), Layer(2 * A, V)], scale=2.0)

    def f(p, x):
        for layer in p["layers"]:
            x = layer.w @ x + layer.b
        return p["scale"] * np.sum(x)

    value, found = value_and_grad(f)(parameters, V)
    assert value == f(parameters, V)
    assert (type(found), type(found["layers"][0])) == (OrderedDict, Layer)
    assert found["layers"][1].b.tolist() == [2, 2]
    assert found["layers"][0].w.tolist() == (2 * np.outer(2 * A.T @ np.ones(2), V)).tolist()
    assert found["scale"] == value / 2


def test_value_and_grad_runs_the_function_once():
    calls = []

    def f(x):
        calls.append(1)
        return x * x

    assert value_and_grad(f)(3.0) == (9, 6)
    assert len(calls) == 1


def test_a_function_of_one_element_need_not_return_a_bare_number():
    assert grad(lambda x: x[:1] * 3)(np.array([2.0, 5.0])).tolist() == [3, 0]
    assert grad(lambda x: (x * 3).reshape(1, 1))(2.0) == 3


def test_a_variable_used_in_a_closure_is_constant_for_grad():
    w = Tensor(2.0, dtype=float, requires_grad=True)
    found = grad(lambda x: x * w)(3.0)
    assert found == 2
    assert w.grad is None


def test_pytorchs_form_gives_a_tuple_for_several_outputs_and_inputs():
    x, y = Tensor(2.0, requires_grad=True), Tensor(3.0, requires_grad=True)
    assert [g.item() for g in autograd.grad(x * y, (x, y))] == [3, 2]
    assert [g.item() for g in autograd.grad([x * y, x * x], x)] == [7]
    assert [g.item() for g in autograd.grad([x * y, x * x], [x], grad_outputs=[Tensor(10.0), None])] == [34]
    z = x * 2
    assert [g.item() for g in autograd.grad(z * z, [z, x])] == [8, 16]
    assert autograd.grad(x, [x])[0].item() == 1


def test_pytorchs_form_leaves_grad_alone():
    x = Tensor(2.0, requires_grad=True)
    autograd.grad(x * x, [x])
    assert x.grad is None


# --- vjp, jvp ---------------------------------------------------------------------------------------------------------


def test_vjp_pulls_back_any_number_of_cotangents():
    y, pullback = vjp(lambda x, y: x * y, V, 2 * V)
    assert y.tolist() == (2 * V * V).tolist()
    for cotangent in (np.ones(2), np.array([1.0, 0.0]), [0.0, 2.0]):
        a, b = pullback(cotangent)
        assert a.tolist() == (np.array(cotangent) * 2 * V).tolist()
        assert b.tolist() == (np.array(cotangent) * V).tolist()


def test_jvp_is_the_directional_derivative():
    y, moved = jvp(lambda x: A @ x, (V,), (np.array([1.0, 0.0]),))
    assert y.tolist() == (A @ V).tolist()
    assert moved.tolist() == A[:, 0].tolist()
    assert jvp(lambda x: x**3, (2.0,), (10.0,)) == (8, 120)
    assert jvp(lambda x: 3.0 * Tensor(1.0), (2.0,), (10.0,))[1] == 0


def test_jvp_adds_up_over_arguments_also_where_their_gradients_are_one_and_the_same():
    assert jvp(lambda x, y: x + y, (1.0, 2.0), (10.0, 100.0))[1] == 110
    assert jvp(lambda x, y: x * y, (1.0, 2.0), (10.0, 100.0))[1] == 120
    assert jvp(lambda x: x, (1.0,), (7.0,))[1] == 7
    assert jvp(lambda x, y: x, (1.0, 2.0), (7.0, 100.0))[1] == 7


def test_jvp_and_vjp_take_nests():
    f = lambda p: p["a"] * p["b"][0]
    assert jvp(f, ({"a": 2.0, "b": [3.0]},), ({"a": 1.0, "b": [10.0]},))[1] == 23
    assert vjp(f, {"a": 2.0, "b": [3.0]})[1](1.0) == {"a": 3.0, "b": [2.0]}


# --- Matrices ---------------------------------------------------------------------------------------------------------


def test_jacobian_of_any_shapes():
    f = lambda x: np.outer(x, x)
    found = jacobian(f)(V)
    assert found.shape == (2, 2, 2)
    expected = [[[(i == k) * V[j] + (j == k) * V[i] for k in range(2)] for j in range(2)] for i in range(2)]
    assert found.tolist() == expected
    assert jacobian(np.sin)(0.0) == 1
    assert jacobian(lambda x: x[:0])(V).shape == (0, 2)
    assert jacobian(lambda x, y: x * y, 1)(V, V).tolist() == np.diag(V).tolist()


def test_hessian_is_symmetric_and_hvp_is_its_product():
    h = hessian(cubic)(V)
    np.testing.assert_array_equal(h, h.T)
    np.testing.assert_allclose(hvp(cubic, V, A[0]), h @ A[0])
    assert hessian(quadratic)(V).tolist() == A.tolist()
    assert hessian(lambda x: x**3)(2.0) == 12
    assert hessian(lambda w: np.sum(w * w))(A).shape == (2, 2, 2, 2)


def test_the_jacobian_of_a_chain_is_the_product_of_jacobians():
    f, g = lambda x: np.tanh(A @ x), lambda x: np.exp(x) * x[::-1]
    np.testing.assert_allclose(jacobian(lambda x: g(f(x)))(V), jacobian(g)(f(V)) @ jacobian(f)(V))


# --- One inside another -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", range(1, 7))
def test_derivatives_of_any_order(order):
    f, g = lambda x: np.exp(2 * x), lambda x: x**7
    for _ in range(order):
        f, g = grad(f), grad(g)
    assert f(0.5) == pytest.approx(2**order * math.e)
    assert g(2.0) == pytest.approx(math.perm(7, order) * 2.0 ** (7 - order))


@given(k=st.floats(0.5, 2), x=st.floats(-2, 2))
def test_an_inner_gradient_by_a_variable_of_the_outer(k, x):
    f = lambda x: grad(lambda y: np.sin(k * x * y))(x)  # k x cos(k x²)
    expected = k * math.cos(k * x * x) - k * x * math.sin(k * x * x) * 2 * k * x
    assert grad(f)(x) == pytest.approx(expected, abs=1e-12)


def test_transforms_of_every_kind_inside_one_another():
    x = np.array([0.3, 0.7])
    f = lambda x: np.sum(np.sin(x) * x[::-1] ** 2)
    h = hessian(f)(x)
    np.testing.assert_allclose(jacobian(grad(f))(x), h)
    np.testing.assert_allclose(np.stack([jvp(grad(f), (x,), (e,))[1] for e in np.eye(2)]), h)
    np.testing.assert_allclose([grad(lambda x, e=e: jvp(f, (x,), (e,))[1])(x) for e in np.eye(2)], h)
    np.testing.assert_allclose([grad(lambda x, e=e: vjp(f, x)[1](1.0) @ e)(x) for e in np.eye(2)], h)
    np.testing.assert_allclose([jvp(lambda x, e=e: jvp(f, (x,), (e,))[1], (x,), (d,))[1] for e in np.eye(2) for d in np.eye(2)],
                               h.ravel())  # fmt: skip
    third = jacobian(hessian(f))(x)
    np.testing.assert_allclose(np.stack([jvp(hessian(f), (x,), (e,))[1] for e in np.eye(2)], -1), third)
    np.testing.assert_allclose(grad(lambda x: np.sum(hvp(f, x, V) * V))(x), third.T @ V @ V)
    np.testing.assert_allclose(grad(lambda x: value_and_grad(f)(x)[0])(x), grad(f)(x))


def test_a_gradient_inside_a_loss_trains_through_it():
    x = Tensor([1.0, 2.0], dtype=float, requires_grad=True)
    slope = grad(lambda y: np.sum(y**3))(x)
    assert slope.requires_grad
    (slope**2).sum().backward()
    assert x.grad.tolist() == [36, 288]


def test_a_step_of_gradient_descent_can_be_differentiated():
    """Through the inner update, by the learning rate: d/dη f(w - η f'(w)) = -f'(w) f'(w - η f'(w))."""
    f = lambda w: (w - 3.0) ** 2
    slope = grad(lambda rate: f(1.0 - rate * grad(f)(1.0)))(0.1)
    assert slope == pytest.approx(4 * 2 * (1 + 0.4 - 3))


def test_an_exception_inside_a_transform_leaves_no_trace():
    def fail(x):
        raise KeyError("inside")

    with pytest.raises(KeyError):
        grad(fail)(1.0)
    y = value_and_grad(lambda x: x * x)(3.0)
    assert [type(part) for part in y] == [np.float64, np.float64]


def test_python_control_flow_is_differentiated_as_it_ran():
    def f(x):
        while x < 10:
            x = x * 2 if x > 0 else x + 1
        return x

    assert grad(f)(3.0) == 4
    assert grad(f)(-0.5) == 32


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: autograd.grad(lambda x, y: x * y, argnums=(0, 0))(2.0, 3.0), ValueError, r"argnums=\(0, 0\) names an argument twice"),
    (lambda: autograd.grad(lambda x, y: x * y, argnums=(1, -1))(2.0, 3.0), ValueError, "twice"),
    (lambda: autograd.grad(Tensor(1.0, requires_grad=True) * 2), TypeError, r"write autograd.grad\(y, \[x\]\)"),
    (lambda: autograd.grad([np.ones(2)], [Tensor(1.0, requires_grad=True)]), TypeError, "an output is a ndarray"),
    (lambda: autograd.vjp(lambda: 1.0), TypeError, "there is nothing to differentiate by"),
    (lambda: autograd.jvp(lambda x: x, 1.0, 1.0), TypeError, r"jvp\(f, \(x,\), \(t,\)\)"),
])  # fmt: skip
def test_arguments_that_make_no_sense_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --- Nests ------------------------------------------------------------------------------------------------------------

NEST = {"w": np.arange(6.0).reshape(2, 3) / 5, "parts": (np.array([0.5, -1.0, 2.0]), [np.float64(0.3)])}


def layer(p):
    b, [s] = p["parts"]
    h = np.tanh(np.array([0.2, -0.7]) @ p["w"] + b)
    return {"out": h * s, "rest": [np.sum(h * h), p["w"][0] * s]}


def joined(nest):
    return np.concatenate([np.reshape(x, -1) for x in flatten(nest)[0]])


def on_a_line(f):
    """The same function of the numbers in a row, and with its results in a row."""
    leaves, build = flatten(NEST)

    def whole(line):
        edges = np.cumsum([0, *(np.size(x) for x in leaves)])
        return joined(f(build([line[a:b].reshape(np.shape(x)) for a, b, x in zip(edges, edges[1:], leaves)])))

    return whole


def like(nest, seed):
    leaves, build = flatten(nest)
    return build([np.random.default_rng((seed, i)).normal(size=np.shape(x)) for i, x in enumerate(leaves)])


def loss(p):
    return sum(np.sum(y**2) for y in flatten(layer(p))[0])


def test_vjp_and_jvp_take_and_return_nests():
    matrix = autograd.jacobian(on_a_line(layer))(joined(NEST))
    value, pullback = autograd.vjp(layer, NEST)
    np.testing.assert_allclose(joined(value), on_a_line(layer)(joined(NEST)))
    v, t = like(value, 1), like(NEST, 2)
    assert list(value) == ["out", "rest"]
    assert list(pullback(v)) == ["w", "parts"]
    assert pullback(v)["parts"][0].shape == (3,)
    np.testing.assert_allclose(joined(pullback(v)), joined(v) @ matrix)
    same, moved = autograd.jvp(layer, (NEST,), (t,))
    assert list(moved) == ["out", "rest"]
    np.testing.assert_allclose(joined(same), joined(value))
    np.testing.assert_allclose(joined(moved), matrix @ joined(t))


def test_jacobian_and_hessian_of_nests_are_nests_of_blocks():
    blocks = autograd.jacobian(layer)(NEST)
    assert blocks["rest"][1]["w"].shape == (3, 2, 3)
    matrix = autograd.jacobian(on_a_line(layer))(joined(NEST))
    rows = [
        [np.reshape(x, (np.size(y), -1)) for x in flatten(row)[0]]
        for y, row in zip(flatten(layer(NEST))[0], [blocks["out"], *blocks["rest"]])
    ]
    np.testing.assert_allclose(np.block(rows), matrix)
    second = autograd.hessian(loss)(NEST)
    assert second["w"]["parts"][0].shape == (2, 3, 3)
    rows = [
        [np.reshape(x, (np.size(y), -1)) for x in flatten(row)[0]]
        for y, row in zip(flatten(NEST)[0], [second["w"], second["parts"][0], second["parts"][1][0]])
    ]
    expected = autograd.hessian(lambda x: np.sum(on_a_line(layer)(x) ** 2))(joined(NEST))
    np.testing.assert_allclose(np.block(rows), expected, 1e-12, 1e-12)
    v = like(NEST, 3)
    np.testing.assert_allclose(joined(autograd.hvp(loss, NEST, v)), expected @ joined(v))


def test_jacobian_of_several_arguments_is_a_tuple():
    a, b = autograd.jacobian(lambda x, y: x * y, (0, 1))(np.array([1.0, 2.0]), np.array([3.0, 5.0]))
    assert (a.tolist(), b.tolist()) == ([[3, 0], [0, 5]], [[1, 0], [0, 2]])


def test_transforms_of_nests_nest():
    inner = lambda p: autograd.jvp(layer, (p,), (like(NEST, 2),))[1]["out"].sum()
    found = joined(autograd.grad(inner)(NEST))
    line = lambda x: autograd.jvp(on_a_line(layer), (x,), (joined(like(NEST, 2)),))[1][:3].sum()
    np.testing.assert_allclose(found, autograd.grad(line)(joined(NEST)))


def test_a_tangent_or_cotangent_of_another_form_is_refused():
    _, pullback = autograd.vjp(layer, NEST)
    with pytest.raises(ValueError, match=r"vjp: the cotangent has 1 parts, but the function's value has 3"):
        pullback(np.ones(3))
    with pytest.raises(ValueError, match=r"shape \(2,\) in part 0, but the function's value has \(3,\)"):
        pullback({"out": np.ones(2), "rest": [1.0, np.ones(3)]})
    with pytest.raises(ValueError, match="jvp: tangent 0 has 1 parts, but the argument has 3"):
        autograd.jvp(layer, (NEST,), (1.0,))


@pytest.mark.parametrize("shape", [(4, 2), (2, 4, 2)], ids=str)
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_product_with_a_constant_matrix_has_a_second_derivative(side, shape):
    data = np.random.default_rng(0).normal(size=shape)
    if side == "right":
        data = np.swapaxes(data, -1, -2)

    def cost(w):
        return np.sum((data @ w if side == "left" else w @ data) ** 4)

    assert gradgradcheck(cost, np.random.default_rng(1).normal(size=(2, 3) if side == "left" else (3, 2)))
    w = np.ones((2, 3) if side == "left" else (3, 2))
    assert np.allclose(
        autograd.hvp(cost, w, w), 3 * autograd.grad(cost)(w)
    )  # of order 4, and so its gradient of order 3
