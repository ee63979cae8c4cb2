"""A flat tape gives what the graph of Scalars that it was made from would give on other numbers."""

import math

import numpy as np
import pytest

import autograd
from autograd import Scalar
from autograd.compiler import Tape
from autograd.floats import Form

METHODS = sorted(
    {form.declared.name: name for name, f in vars(Scalar).items() if (form := getattr(f, "form", None))}.items()
)
WITHOUT_GRADIENT = {"sign", "floor", "ceil", "floor_divide"}
UNARY = [name for _, name in METHODS if len(vars(Scalar)[name].form.declared.arguments) == 1]
BINARY = ["__add__", "__sub__", "__mul__", "__truediv__", "__mod__", "__pow__", "maximum", "minimum"]


@pytest.fixture(params=["python", "numba"])
def loops(request):
    if request.param == "numba":
        pytest.importorskip("numba")
    autograd.use_numba(request.param == "numba")
    yield request.param
    autograd.use_numba()


def outcome(run):
    try:
        return run()
    except ArithmeticError as error:
        return type(error), str(error)
    except ValueError as error:
        return type(error), str(error)


def eager(f, numbers):
    leaves = [Scalar(x) for x in numbers]
    result = f(*leaves)
    result.backward()
    return [result.data, *(leaf.grad for leaf in leaves)]


def same_on(f, first, others):
    leaves = [Scalar(x) for x in first]
    tape = Tape(f(*leaves))

    def replay(numbers):
        for leaf, x in zip(leaves, numbers, strict=True):
            leaf.data, leaf.grad = x, 0.0
        result = tape.forward()
        tape.backward()
        return [result, *(leaf.grad for leaf in leaves)]

    for numbers in others:
        expected, found = outcome(lambda n=numbers: eager(f, n)), outcome(lambda n=numbers: replay(n))
        if isinstance(expected, tuple):
            assert found == expected
        else:
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-300, err_msg=f"{numbers}")


@pytest.mark.parametrize("name", [name for name in UNARY if not WITHOUT_GRADIENT & {name}])
def test_every_function_of_one_scalar(name, loops):
    numbers = [0.25, 0.75, 0.0, -0.0, 1.0, -0.5, 2.5, -3.0, 800.0, -800.0, math.inf, -math.inf, math.nan]
    same_on(lambda x: getattr(x, name)(), [0.5], [[x] for x in numbers])


@pytest.mark.parametrize("name", BINARY)
def test_every_function_of_two_scalars_and_of_one_and_a_constant(name, loops):
    numbers = [0.5, 3.0, 0.0, -1.5, 2.0, 1e200, math.inf, math.nan]
    same_on(lambda x, y: getattr(x, name)(y), [0.5, 1.5], [[x, y] for x in numbers for y in numbers])
    same_on(lambda x: getattr(x, name)(1.5), [0.5], [[x] for x in numbers])
    if name.startswith("__"):
        reflected = name.replace("__", "__r", 1)
        same_on(lambda x: getattr(x, reflected)(2.5), [0.5], [[x] for x in numbers])


def test_the_laws_meet_every_operation_that_records():
    met = {vars(Scalar)[name].form.declared.name for name in UNARY} | WITHOUT_GRADIENT
    met |= {vars(Scalar)[name].form.declared.name for name in BINARY[:6]}
    assert {name for name, _ in METHODS} <= met
    assert all(isinstance(vars(Scalar)[name].form, Form) for name in UNARY)


def test_a_hundred_thousand_steps_need_no_recursion(loops):
    x = Scalar(1.0)
    y = x
    for _ in range(100_000):
        y = y * 0.99999 + x
    tape = Tape(y)
    y.backward()
    expected, x.grad = x.grad, 0.0
    assert tape.steps == 200_000
    assert tape.forward() == y.data
    tape.backward()
    assert x.grad == pytest.approx(expected, rel=1e-12)


def test_gradients_are_added_to_those_that_leaves_have(loops):
    x = Scalar(3.0)
    tape = Tape(x * x)
    x.grad = 1.0
    tape.forward()
    tape.backward(2.0)
    assert x.grad == 13.0


def test_the_backward_pass_goes_through_the_values_of_the_last_forward(loops):
    x = Scalar(3.0)
    tape = Tape(x * x)
    tape.forward()
    x.data = 100.0
    tape.backward()
    assert x.grad == 6.0


def test_an_error_is_the_scalars_own_and_leaves_no_gradient_behind(loops):
    x = Scalar(3.0)
    tape = Tape(1.0 / x + x)
    x.data = 0.0
    with pytest.raises(ZeroDivisionError, match=r"divide\(1\.0, 0\.0\)"):
        tape.forward()
    with pytest.raises(RuntimeError, match="call forward"):
        tape.backward()
    assert x.grad == 0.0


def test_an_error_under_no_grad_comes_the_same(loops):
    x = Scalar(3.0)
    tape = Tape(x.log() * x)
    x.data = -1.0
    with autograd.no_grad(), pytest.raises(ValueError, match=r"log\(-1\.0\)"):
        tape.forward()


def test_a_gradient_that_is_not_finite_under_no_grad_comes_the_same(loops):
    x = Scalar(3.0)
    tape = Tape(x.sqrt() * 2)
    x.data = 0.0
    with autograd.no_grad():
        assert tape.forward() == 0.0
        tape.backward()
    assert x.grad == math.inf


def test_a_tape_in_a_trace_is_refused_as_its_result_would_be_a_constant():
    x = Scalar(3.0)
    tape = Tape(x * x)
    with pytest.raises(TypeError, match="outside"):
        autograd.compile(lambda a: a * tape.forward())(np.ones(2))


def test_constants_that_differ_in_the_sign_of_zero_only_are_two(loops):
    x = Scalar(1.0)
    tape = Tape((x * 0.0) + (x * -0.0))
    assert math.copysign(1.0, tape.forward()) == 1.0


def test_what_chose_by_a_value_is_refused():
    x = Scalar(3.0)
    with pytest.raises(TypeError, match="choose by"):
        Tape(x.clip(0.0, 1.0) * 2)


def test_tensors_and_hooks_are_refused():
    x = Scalar(3.0)
    x.register_hook(lambda g: 2 * g)
    with pytest.raises(TypeError, match="hooks"):
        Tape(x * x)
    with pytest.raises(TypeError, match="computed from Scalars"):
        Tape(Scalar(1.0))
