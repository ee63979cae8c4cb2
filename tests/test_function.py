"""Function: forward and backward written by hand, PyTorch's way."""

import gc
import weakref

import numpy as np
import pytest

import autograd
from autograd import Function, Tensor, checkpoint
from autograd.testing import gradcheck, gradgradcheck


class Cube(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x * x

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 3 * x * x


class Exp(Function):
    """Saves its output."""

    @staticmethod
    def forward(ctx, x):
        y = np.exp(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0]


class Polar(Function):
    """Two outputs, both of them saved; an argument that is no Tensor."""

    @staticmethod
    def forward(ctx, r, angle, turns):
        ctx.turns = turns
        x, y = r * np.cos(turns * angle), r * np.sin(turns * angle)
        ctx.save_for_backward(r, angle, x, y)
        return x, y

    @staticmethod
    def backward(ctx, gx, gy):
        r, _, x, y = ctx.saved_tensors
        return (gx * x + gy * y) / r, ctx.turns * (gy * x - gx * y), None


class Scale(Function):
    """The newer style."""

    @staticmethod
    def forward(x, factor):
        return x * factor

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g):
        x, factor = ctx.saved_tensors
        return g * factor if ctx.needs_input_grad[0] else None, (g * x).sum() if ctx.needs_input_grad[1] else None


def real(*shape):
    return Tensor(np.random.default_rng(0).uniform(0.5, 1.5, shape), requires_grad=True)


@pytest.mark.parametrize(("f", "arguments"), [
    (Cube.apply, [real(3)]),
    (Exp.apply, [real(2, 2)]),
    (lambda r, a: Polar.apply(r, a, 2)[0], [real(3), real(3)]),
    (lambda r, a: np.multiply(*Polar.apply(r, a, 2)), [real(3), real(3)]),
    (lambda x, k: Scale.apply(x, k), [real(3), real()]),
    (lambda x: Scale.apply(x, Tensor(2.0, dtype=float)), [real(3)]),
    (lambda x: checkpoint(Cube.apply, x), [real(3)]),
])  # fmt: skip
def test_gradients_of_both_orders(f, arguments):
    assert gradcheck(f, arguments)
    assert gradgradcheck(f, arguments)


def test_in_a_trace():
    program = autograd.trace(autograd.grad(lambda x: Cube.apply(x).sum() + Exp.apply(x).sum()), np.array([1.0, 2.0]))
    x = np.array([3.0, 0.5])
    np.testing.assert_allclose(program(x), 3 * x**2 + np.exp(x))


def test_nothing_is_recorded_inside_and_outputs_are_new():
    class Same(Function):
        @staticmethod
        def forward(ctx, x):
            assert not (x * 2).requires_grad
            return x

        @staticmethod
        def backward(ctx, g):
            return -g

    x = real(2)
    y = Same.apply(x)
    assert y is not x
    y.sum().backward()
    assert x.grad.tolist() == [-1, -1]
    with autograd.no_grad():
        assert not Same.apply(x).requires_grad
    assert not Same.apply(x.detach()).requires_grad


def test_outputs_that_are_not_used_have_zeros_or_none():
    seen = []

    class Two(Function):
        @staticmethod
        def forward(ctx, x, materialize):
            ctx.set_materialize_grads(materialize)
            places = x > 1
            ctx.mark_non_differentiable(places)
            return x * 2, x * 3, places

        @staticmethod
        def backward(ctx, *grads):
            seen.append([None if g is None else g.tolist() for g in grads])
            return grads[1] * 3, None

    x = real(2)
    for materialize in (True, False):
        _, y, places = Two.apply(x, materialize)
        assert not places.requires_grad
        y.sum().backward()
    assert seen == [[[0, 0], [1, 1], [0, 0]], [None, [1, 1], None]]
    assert x.grad.tolist() == [6, 6]


def test_a_node_is_freed_and_holds_no_cycle():
    gc.disable()
    try:
        for f in (Cube, Exp):
            x = real(2)
            y = f.apply(x)
            gone = weakref.ref(y.node)
            y.sum().backward()
            with pytest.raises(RuntimeError, match="retain_graph=True"):
                y.sum().backward()
            del y
            assert gone() is None
    finally:
        gc.enable()


def test_a_saved_value_that_changes_is_an_error():
    x = real(2)
    y = Cube.apply(x)
    x.numpy()[0] = 7
    with pytest.raises(
        RuntimeError, match=r"backward through Cube \(at .*\): an array that it used was changed in place"
    ):
        y.sum().backward()
    y = Cube.apply(x)
    x.data = np.ones(2)
    with pytest.raises(RuntimeError, match="backward through Cube"):
        y.sum().backward()


def function(forward, backward=lambda ctx, g: g):
    return type("Mine", (Function,), {"forward": staticmethod(forward), "backward": staticmethod(backward)})


@pytest.mark.parametrize(("mine", "error", "message"), [
    (function(lambda ctx, x: x.detach().numpy()), TypeError, "Mine.forward returned a ndarray; it must return Tensors"),
    (function(lambda ctx, x: ctx.save_for_backward(3)), TypeError, "save_for_backward takes Tensors, and not a int"),
    (function(lambda ctx, x: x * 1, lambda ctx, g: (g, g)), RuntimeError, "Mine.backward returned 2 gradients, and forward has 1"),
    (function(lambda ctx, x: x * 1, lambda ctx, g: g[:1]), RuntimeError, r"shape \(1,\) for argument 0, which has shape \(2,\)"),
    (function(lambda ctx, x: x * 1, lambda ctx, g: 2.0), TypeError, "Mine.backward returned a float for argument 0"),
    (Function, NotImplementedError, "a Function needs a static method forward"),
])  # fmt: skip
def test_mistakes_are_named(mine, error, message):
    x = real(2)
    with pytest.raises(error, match=message):
        mine.apply(x).sum().backward()
    assert x.grad is None


def test_a_function_is_called_through_apply():
    with pytest.raises(TypeError, match=r"write Cube.apply\(...\)"):
        Cube()


def test_the_graph_can_be_drawn():
    r, angle = real(2), real(2)
    x, y = Polar.apply(r, angle, 1)
    assert "Polar" in autograd.draw((x * y).sum()).source
