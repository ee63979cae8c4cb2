"""λ Σ|θ|^q: values, slopes, which parameters."""

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor

POINTS = np.array([[1.5, -0.5, 0.0], [2.0, -3.0, 0.25]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("q", [0.5, 1, 1.5, 2, 3, 4])
def test_the_value_and_the_gradient_are_the_formulas_also_at_0(q, dtype):
    p = Tensor(POINTS.astype(dtype), requires_grad=True)
    loss = optim.penalty([p], 0.3, q)
    loss.backward()
    assert (loss.dtype, loss.shape, p.grad.dtype) == (dtype, (), dtype)
    np.testing.assert_allclose(loss.item(), 0.3 * np.sum(np.abs(POINTS) ** q), rtol=1e-6)
    away = np.abs(np.where(POINTS, POINTS, 1)) ** (q - 1)
    np.testing.assert_allclose(p.grad.numpy(), 0.3 * q * np.sign(POINTS) * away, rtol=1e-6)


@pytest.mark.parametrize("q", [1, 1.5, 2, 3])
def test_the_second_derivative_is_the_formulas(q):
    x = np.array([1.5, -0.5, 2.0])
    hessian = autograd.hessian(lambda p: optim.penalty([p], 0.3, q))(x)
    np.testing.assert_allclose(hessian, np.diag(0.3 * q * (q - 1) * np.abs(x) ** (q - 2)), rtol=1e-12)
    if q == 2:
        assert autograd.hessian(lambda p: optim.penalty([p], 0.5))(np.zeros(1)).item() == 1


def test_which_parameters():
    model = nn.Sequential(nn.Linear(3, 2), nn.LayerNorm(2), nn.Linear(2, 1))
    for p in model.parameters():
        p.data = np.full(p.shape, 2.0)
    every, weights = 6 + 2 + 2 + 2 + 2 + 1, 6 + 2
    assert optim.penalty(model, 0.25).item() == every
    assert optim.penalty(model.parameters(), 0.25).item() == every
    assert optim.penalty(model.named_parameters(), 0.25).item() == every
    assert optim.penalty(model, 0.25, biases=False).item() == weights
    assert optim.penalty(model[2], 0.5, q=1).item() == 3
    assert optim.penalty(model[0].weight, 0.25).item() == 6


def test_the_square_is_weight_decay_of_twice_the_weight():
    a, b = (Tensor(np.array([1.0, -2.0]), requires_grad=True) for _ in range(2))
    one, other = optim.SGD([a], lr=0.1, weight_decay=0.06), optim.SGD([b], lr=0.1)
    for _ in range(5):
        one.zero_grad()
        np.sum(np.cos(a)).backward()
        one.step()
        other.zero_grad()
        (np.sum(np.cos(b)) + optim.penalty([b], 0.03)).backward()
        other.step()
    np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-14)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: optim.penalty([p], -1), "weight is a number, 0 or more, and not -1"),
        (lambda p: optim.penalty([p], 1, q=0), "q is a number above 0, such as 1 or 2, and not 0"),
        (lambda p: optim.penalty([], 1), "no parameter to be penalised; note that what parameters"),
        (lambda p: optim.penalty([p], 1, biases=False), "all 1 parameters have fewer than two axes; write biases=True"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(Tensor([1.0], requires_grad=True))


@pytest.mark.parametrize("given", [["weight"], [None], nn.Linear(1, 1).state_dict(), [np.ones(2)]])
def test_what_are_no_tensors_is_named(given):
    with pytest.raises(TypeError, match=r"found a (str|NoneType|ndarray); write penalty\(model.parameters\(\), 0.1\)"):
        optim.penalty(given, 1)
