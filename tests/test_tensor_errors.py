"""What goes wrong says what was found, what was expected and the line to write instead, and changes nothing."""

import inspect

import numpy as np
import pytest

import autograd
import nn
from autograd import Scalar, Tensor
from autograd.compiler.tracer import Tracer


@pytest.fixture
def x():
    return Tensor(np.ones((2, 3)), requires_grad=True)


def ones(*shape):
    return Tensor(np.ones(shape))


# --- Shapes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda x: x + ones(4), ["add", "(2, 3) and (4,)", "axis -1 is 3 against 4"]),
        (lambda x: x - np.ones((4, 3)), ["subtract", "(2, 3) and (4, 3)", "axis -2 is 2 against 4"]),
        (lambda x: np.where(np.ones(2, bool), x, 0.0), ["where", "(2,)", "(2, 3)", "axis -1"]),
        (
            lambda x: x @ ones(2, 3),
            ["matmul", "(2, 3) and (2, 3)", "last axis of the first is 3", "axis -2 of the second is 2"],
        ),
        (lambda x: x @ ones(4), ["matmul", "(2, 3) and (4,)", "axis 0 of the second is 4"]),
        (lambda x: x @ 2.0, ["matmul", "(2, 3)", "()", "use *"]),
        (lambda x: np.float64(2) @ x, ["matmul", "(2, 3)", "()", "use *"]),
        (lambda x: x.reshape(4, 2), ["reshape", "(2, 3)", "(4, 2)"]),
        (lambda x: np.concatenate([x, ones(3, 3, 1)]), ["concatenate", "(2, 3)", "(3, 3, 1)"]),
        (lambda x: np.concatenate([x, ones(2, 4)], axis=0), ["concatenate", "(2, 3)", "(2, 4)", "axis=0"]),
        (lambda x: np.stack([x, ones(3, 2)]), ["stack", "(2, 3)", "(3, 2)"]),
        (lambda x: np.einsum("ij,jk", x, ones(4, 2)), ["einsum", "(2, 3)", "(4, 2)"]),
        (lambda x: np.einsum("ij,jk", x), ["einsum", "2 terms", "1 arrays"]),
        (lambda x: np.tensordot(x, ones(2, 2), 1), ["tensordot", "(2, 3)", "(2, 2)", "agree"]),
        (lambda x: np.broadcast_to(x, (3, 3)), ["(2, 3)", "(3, 3)"]),
        (lambda x: np.broadcast_to(x, (3,)), ["broadcast_to", "(2, 3)", "(3,)"]),
        (lambda x: np.split(x, 2, axis=1), ["split", "axis 1", "3", "2"]),
        (lambda x: np.squeeze(x, 0), ["squeeze", "axis 0", "size 2"]),
        (lambda x: x.sum(axis=2), ["axis 2", "dimension 2"]),
        (lambda x: x.sum(axis=(0, -2)), ["axis"]),
        (lambda x: x.transpose(0, 1, 2), ["transpose", "(2, 3)"]),
        (lambda x: x[0, 0, 0], ["getitem", "(2, 3)"]),
        (lambda x: x[2], ["getitem", "(2, 3)", "index 2", "axis 0"]),
        (lambda x: x[np.array([0, 7])], ["getitem", "(2, 3)", "index 7", "axis 0"]),
        (lambda x: autograd.softmax(x, dim=2), ["softmax", "axis 2"]),
        (lambda x: np.max(ones(0)), ["max", "(0,)"]),
        (lambda x: x.max(dim=5), ["argmax", "axis", "5", "(2, 3)"]),
        (lambda x: x.squeeze(5), ["squeeze", "(2, 3)", "axis 5"]),
        (lambda x: np.squeeze(x, 5), ["squeeze", "(2, 3)", "axis 5"]),
        (lambda x: np.tensordot(x, x, 3), ["tensordot", "axes=3", "(2, 3) and (2, 3)"]),
        (lambda x: np.tensordot(x, x, ([5], [0])), ["tensordot", "(2, 3)", "axis 5"]),
        (lambda x: ones(4, 2, 3) @ ones(5, 3, 2), ["matmul", "(4, 2, 3) and (5, 3, 2)", "axis -3 is 4 against 5"]),
        (
            lambda x: np.einsum("ij,jk,kl", x, ones(3, 4), ones(5, 2)),
            ["einsum", "letter k is 4", "(3, 4)", "5 in shape (5, 2)", "axis 0"],
        ),
        (lambda x: np.einsum("ij,j", x, ones(4)), ["einsum", "letter j is 3", "(2, 3)", "4 in shape (4,)"]),
        (lambda x: np.einsum("ii", x), ["einsum", "letter i is 2", "and 3"]),
        (lambda x: np.einsum("ij,j", ones(2, 3, 4), ones(3)), ["einsum", "'ij'", "(2, 3, 4)", "..."]),
        (lambda x: np.einsum("ij->z", x), ["einsum", "'z'"]),
        (lambda x: np.stack([x, ones(2, 4)]), ["stack", "axis 1 of array 1 is 4", "array 0 is 3"]),
        (lambda x: np.stack([x, ones(2)]), ["stack", "array 1 has 1 axes", "array 0 has 2"]),
        (lambda x: f"{x:.1f}", ["'.1f'", "(2, 3)", "tolist()"]),
    ],
)
def test_a_mismatch_names_the_operation_the_shapes_and_the_axis(x, f, words):
    with pytest.raises((ValueError, IndexError, TypeError)) as raised:
        f(x)
    assert all(word in str(raised.value) for word in words), str(raised.value)
    assert raised.value.__cause__ is None
    assert x.requires_grad
    assert x.grad is None


def test_the_kind_of_error_is_numpys():
    x = Tensor(np.ones((2, 3)))
    for f in (
        lambda x: x + np.ones(4), lambda x: x[5], lambda x: x.sum(axis=7), lambda x: np.concatenate([x, x[0]]), lambda x: f"{x:.1f}",
        lambda x: np.tensordot(x, x, 3), lambda x: x.squeeze(5), lambda x: np.einsum("ij->z", x), lambda x: np.einsum("ij", x[0]),
    ):  # fmt: skip
        with pytest.raises(Exception) as numpys:  # noqa: PT011
            f(x.numpy())
        with pytest.raises(type(numpys.value)):
            f(x)


def test_an_operand_that_holds_no_numbers_is_named():
    x = Tensor([1.0])
    for other in ("a", object(), np.array([object()])):
        with pytest.raises(TypeError, match="operand"):
            x + other
    with pytest.raises(TypeError, match=r"autograd\.stack"):
        np.add(x, np.array([x, x], dtype=object))


# --- Differentiating --------------------------------------------------------------------------------------------------


def test_backward_on_several_elements_says_to_sum_or_to_give_a_gradient(x):
    y = x * 2
    with pytest.raises(RuntimeError, match=r"\(2, 3\).*sum\(\)\.backward\(\).*gradient=g"):
        y.backward()
    assert x.grad is None
    y.sum().backward()  # nothing was freed
    assert x.grad.tolist() == [[2] * 3] * 2


def test_a_gradient_of_another_shape_is_refused(x):
    y = x * 2
    with pytest.raises(ValueError, match=r"\(3,\).*\(2, 3\)"):
        y.backward(np.ones(3))
    assert x.grad is None


def test_backward_without_history_says_requires_grad():
    for y in (Tensor(1.0), Tensor(1.0, requires_grad=True).detach(), Tensor([1.0]).sum()):
        with pytest.raises(RuntimeError, match="requires_grad=True"):
            y.backward()
    with autograd.no_grad():
        y = Tensor(1.0, requires_grad=True) * 2
    with pytest.raises(RuntimeError, match="no_grad"):
        y.backward()


def test_second_backward_without_retain_graph_says_how_to_fix_it(x):
    y = (x * x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match=r"backward through sum.*freed.*backward\(retain_graph=True\)"):
        y.backward()
    assert x.grad.tolist() == [[2] * 3] * 2


def test_second_backward_through_a_shared_part_says_so_too(x):
    shared = np.exp(x)
    shared.sum().backward()
    first = x.grad.numpy().copy()
    with pytest.raises(RuntimeError, match=r"exp.*retain_graph=True"):
        (shared * 2).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), first)


def test_asarray_would_cut_the_graph_and_says_what_to_write(x):
    y = x * 2
    for read in (
        np.asarray,
        np.array,
        np.ascontiguousarray,
        lambda t: np.lib.stride_tricks.as_strided(t),
        np.from_dlpack,
    ):
        with pytest.raises(TypeError, match=r"cut the graph.*tensor\.numpy\(\).*tensor\.detach\(\)") as raised:
            read(y)
        assert "tensor.item()" in str(raised.value)
    with autograd.no_grad():
        assert np.asarray(y).tolist() == [[2] * 3] * 2
    assert np.asarray(y.detach()).shape == np.from_dlpack(y.detach()).shape == (2, 3)
    y.sum().backward()


def test_writing_a_tensor_into_an_array_is_refused(x):
    buffer = np.zeros((2, 3))
    with pytest.raises(TypeError, match=r"lose the graph.*result = a \+ b"):
        buffer += x
    with pytest.raises(TypeError, match="lose the graph"):
        np.add(x, 1, out=buffer)
    with pytest.raises(TypeError, match="lose the graph"):
        np.sum(x, axis=0, out=buffer[0])
    with pytest.raises(TypeError, match=r"at does not work"):
        np.add.at(buffer, [0], x)
    assert not buffer.any()


def test_numpy_functions_without_a_derivative_say_how_to_declare_one_or_do_without():
    x = Tensor([2.0, 1.0])
    with pytest.raises(TypeError, match=r"numpy\.packbits does not work on Tensors; use \.numpy\(\)"):
        np.packbits(x)
    with pytest.raises(TypeError, match=r"np\.isnat has no derivative here; use \.numpy\(\)"):
        np.isnat(x)
    with pytest.raises(TypeError, match=r"np\.where\(mask, result, other\)"):
        np.log(x, where=x.numpy() > 1)


def test_a_grad_of_another_shape_cannot_be_assigned(x):
    with pytest.raises(ValueError, match=r"float32 \(3,\).*float64 \(2, 3\)"):
        x.grad = Tensor([1.0, 1.0, 1.0])
    with pytest.raises(TypeError, match=r"requires_grad_\(\)"):
        Tensor([1.0]).grad = Tensor([1.0])
    assert x.grad is None


def test_a_result_cannot_stop_needing_a_gradient(x):
    with pytest.raises(RuntimeError, match=r"detach\(\)"):
        (x * 2).requires_grad_(False)
    x.requires_grad = False
    assert not (x * 2).requires_grad


def test_hooks_need_a_place_in_the_graph():
    for ask in (lambda t: t.retain_grad(), lambda t: t.register_hook(print)):
        with pytest.raises(RuntimeError, match="requires_grad=True"):
            ask(Tensor([1.0]))


def test_item_of_several_elements_says_tolist():
    with pytest.raises(ValueError, match=r"\(2,\).*tolist\(\)"):
        Tensor([1.0, 2.0]).item()


# --- Transforms -------------------------------------------------------------------------------------------------------


def test_grad_says_what_it_takes():
    with pytest.raises(TypeError, match=r"grad\(y, \[x\]\)"):
        autograd.grad(3.0)
    with pytest.raises(TypeError, match=r"shape \(2,\).*jacobian"):
        autograd.grad(lambda x: x * 2)(np.ones(2))
    with pytest.raises(TypeError, match=r"int64; write 2\.0"):
        autograd.grad(lambda x: x * 2)(2)
    with pytest.raises(IndexError, match=r"argnums=1.*1 positional"):
        autograd.grad(lambda x: x, argnums=1)(2.0)


@pytest.mark.parametrize("result", [lambda x: (x, x), lambda x: {"a": x}, lambda x: [x, x * 2], lambda x: None])
def test_the_gradient_of_several_results_is_refused(result):
    for transform in (autograd.grad, autograd.value_and_grad, autograd.hessian):
        with pytest.raises(TypeError, match=r"needs a function that returns one .* (tuple|list|dict|NoneType)"):
            transform(result)(2.0)


@pytest.mark.parametrize("result", [lambda x: None, lambda x: (x, None)])
def test_a_function_that_returns_nothing_is_refused_by_every_transform(result):
    for transform in (
        lambda f: autograd.jacobian(f)(2.0),
        lambda f: autograd.vjp(f, 2.0),
        lambda f: autograd.jvp(f, (2.0,), (1.0,)),
    ):
        with pytest.raises(TypeError, match=r"needs a function that returns arrays, and this one returned a .*None"):
            transform(result)


def test_grad_of_tensors_that_are_not_connected_says_allow_unused():
    x, z = Tensor(1.0, requires_grad=True), Tensor(2.0, requires_grad=True)
    y = x * 2
    with pytest.raises(RuntimeError, match=r"input 1.*allow_unused=True"):
        autograd.grad(y, [x, z])
    assert autograd.grad(x * 2, [x, z], allow_unused=True)[1] is None
    with pytest.raises(RuntimeError, match=r"input 0 needs no gradient"):
        autograd.grad(x * 2, [Tensor(1.0)])
    with pytest.raises(ValueError, match=r"2 entries for 1 outputs"):
        autograd.grad(x * 2, [x], [1.0, 2.0])


def test_grad_takes_pytorchs_keywords():
    x, z = Tensor([1.0, 2.0], requires_grad=True), Tensor(np.ones((2, 3), np.float64), requires_grad=True)
    y = x * x
    keywords = {"create_graph": True, "retain_graph": True, "only_inputs": True}
    (slope,) = autograd.grad(outputs=y, inputs=x, grad_outputs=autograd.ones_like(y), **keywords)
    assert slope.tolist() == [2.0, 4.0]
    assert slope.requires_grad
    found = autograd.grad(outputs=y.sum(), inputs=[x, z], materialize_grads=True)
    assert found[0].tolist() == [2.0, 4.0]
    assert (found[1].tolist(), found[1].dtype) == ([[0.0] * 3] * 2, np.float64)
    s, t = Scalar(2.0), Scalar(3.0)
    assert autograd.grad(s * s, [s, t], materialize_grads=True) == (4.0, 0.0)
    with pytest.raises(TypeError, match=r"takes the outputs once: grad\(y, \[x\]\)"):
        autograd.grad(y, outputs=y, inputs=x)
    with pytest.raises(ValueError, match=r"write y.backward\(\)"):
        autograd.grad(y.sum(), [x], only_inputs=False)


def test_tangents_and_cotangents_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"\(3,\).*\(2,\)"):
        autograd.vjp(np.sin, np.ones(2))[1](np.ones(3))
    with pytest.raises(ValueError, match=r"\(3,\).*\(2,\)"):
        autograd.jvp(np.sin, (np.ones(2),), (np.ones(3),))
    with pytest.raises(ValueError, match="2 tangents for 1 arguments"):
        autograd.jvp(np.sin, (np.ones(2),), (np.ones(2), np.ones(2)))


# --- Declaring --------------------------------------------------------------------------------------------------------


def test_a_rule_that_asks_for_an_unknown_name_is_an_error_where_it_is_declared():
    with pytest.raises(TypeError, match=r"asks for 'y', which is neither g, out, saved, nor an argument \(x\)"):
        autograd.op.elementwise(lambda x: x, lambda g, y: g, name="unknown_name_in_rule")


def test_an_operation_without_a_name_says_to_pass_one():
    with pytest.raises(ValueError, match="name='my_operation'"):
        autograd.op.elementwise(lambda x: x, lambda g: g)


def test_an_operation_needs_a_rule_for_each_array_argument():
    """The gradient of an argument without one would be lost without a word."""
    for declare in (autograd.op.elementwise, autograd.op.bilinear):
        with pytest.raises(TypeError, match=r"two_and_one_rule: .*rule.* for (a, )?b"):
            declare(lambda a, b: a * b, lambda g, b: g * b, name="two_and_one_rule")
        with pytest.raises(TypeError, match=r"ufunc_and_one_rule: 1 rules for a, b; write one for each .*, or None"):
            declare(np.multiply, lambda g, b: g * b, name="ufunc_and_one_rule")
    for declare in (autograd.op.elementwise, autograd.op.linear, autograd.op.general):
        with pytest.raises(TypeError, match=r"two_rules_for_one: 2 rules for x; write one for each"):
            declare(lambda x: x, lambda g: g, lambda g: g, name="two_rules_for_one")
        with pytest.raises(TypeError, match=r"without_rules: 0 rules"):
            declare(lambda x: x, name="without_rules")


def test_a_keyword_without_a_rule_takes_no_tensor(x):
    scaled = autograd.op.general(lambda x, k: x * k, lambda g, k: g * k, name="scaled_by_a_keyword")
    assert scaled(x, 2.0).tolist() == [[2] * 3] * 2
    for given in (x, x.detach()):
        with pytest.raises(TypeError, match=r"scaled_by_a_keyword: k is a keyword.*declare a rule"):
            scaled(x, k=given)
    with autograd.observe(), pytest.raises(TypeError, match="k is a keyword"):
        scaled(x, x)
    with Tracer(), pytest.raises(TypeError, match="k is a keyword"):
        scaled(x, x)


@pytest.mark.parametrize("create", [False, True])
@pytest.mark.parametrize(
    ("rule", "kind", "words"),
    [
        (lambda g: None, TypeError, r"returned None, and not the gradient, an array of shape \(2, 3\); write 0 \* g"),
        (lambda g: 0.0, TypeError, r"returned 0\.0, and not the gradient"),
        (lambda g: g[:, :2], ValueError, r"returned a gradient of shape \(2, 2\) for an argument of shape \(2, 3\)"),
        (lambda g: g.T, ValueError, r"returned a gradient of shape \(3, 2\) for an argument of shape \(2, 3\)"),
    ],
)
def test_what_a_rule_of_ones_own_returns_wrongly_is_said_with_its_name(x, rule, kind, words, create):
    wrong = autograd.op.general(lambda b: b * 1.0, rule, name="wrong_rule")
    with pytest.raises(kind, match="backward through wrong_rule: the rule for b " + words):
        autograd.grad(wrong(x).sum(), [x], create_graph=create)


def test_an_error_inside_a_rule_says_in_which_operation(x):
    failing = autograd.op.general(lambda b: b * 1.0, lambda g: g @ g, name="failing_rule")
    with pytest.raises(ValueError, match="matmul") as raised:
        autograd.grad(failing(x).sum(), [x])
    line = inspect.currentframe().f_lineno - 1
    assert raised.value.__notes__ == [f"in the backward pass through failing_rule, called at {__file__}:{line}"]


class Failing(autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, g):
        raise ZeroDivisionError("my own")


@pytest.mark.parametrize("create", [False, True])
def test_an_error_in_a_backward_pass_names_the_part_of_the_model_and_the_line(create):
    class Gate(nn.Module):
        def forward(self, x):
            return Failing.apply(np.exp(x))

    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Tanh(), Gate()))
    with pytest.raises(ZeroDivisionError, match="my own") as raised:
        autograd.grad(model(np.ones((1, 2))).sum(), list(model.parameters()), create_graph=create)
    line = inspect.getsourcelines(Gate)[1] + 2
    assert raised.value.__notes__ == [f"in the backward pass through Failing, called at {__file__}:{line}, in 1.1"]


@pytest.mark.parametrize(
    "give",
    [
        lambda x: x.sum().backward(1j),
        lambda x: autograd.grad(x.sum(), [x], [1j]),
        lambda x: autograd.jvp(np.sin, (x,), (1j * np.ones(2),)),
        lambda x: autograd.vjp(np.sin, x)[1](1j * np.ones(2)),
        lambda x: autograd.hvp(lambda x: (x**3).sum(), x, 1j * np.ones(2)),
        lambda x: np.full_like(x, 1j),
        lambda x: np.pad(x, 1, constant_values=1j),
    ],
)
def test_nothing_complex_loses_its_imaginary_part_without_a_word(give):
    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match="complex Tensors are not supported"):
        give(x)
    assert x.grad is None


def test_an_error_in_a_hook_says_whose_hook_it_was():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = np.tanh(x)
    y.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError) as caught:
        y.sum().backward()
    assert caught.value.__notes__[0].startswith("in a hook of the result of tanh")
    x.register_hook(lambda g: {}["nothing"])
    with pytest.raises(KeyError) as caught:
        (x * 2).sum().backward()
    assert caught.value.__notes__ == ["in a hook of a leaf"]


def test_divmod_is_quotient_and_remainder():
    x = Tensor([7.0, -7.0], requires_grad=True)
    quotient, remainder = divmod(x, 3)
    assert (quotient.tolist(), remainder.tolist()) == ([2, -3], [1, 2])
    assert [part.tolist() for part in divmod(20, x)] == [[2, -3], [6, -1]]


def test_what_is_no_axis_or_no_tensor_is_named():
    x = Tensor([1.0, 2.0])
    with pytest.raises(TypeError, match=r"axis must be an integer, or a tuple of them, and is 1.5"):
        np.sum(x, axis=1.5)
    with pytest.raises(TypeError, match="saved_bytes takes Tensors and Scalars, and this is a ndarray"):
        autograd.saved_bytes(np.ones(3))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x**2.5,
        lambda x: np.einsum("i,i", x, x),
        lambda x: np.std(x),
        lambda x: autograd.addcmul(x, x, x),
        lambda x: nn.functional.gelu(x),
        lambda x: x.norm(),
        lambda x: np.linalg.norm(x),
    ],
)
def test_an_operation_put_together_from_others_was_called_on_the_users_line(f):
    x = Tensor([1.0, 2.0], requires_grad=True)
    for _ in range(2):  # when its function is written, and after
        (line,) = autograd.saved_bytes(f(x)).by_line
        assert line == f"{__file__}:{f.__code__.co_firstlineno}"
