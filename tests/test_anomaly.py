"""detect_anomaly: the first NaN or infinity, the operation, the line, the inputs, the likely cause."""

import numpy as np
import pytest

import autograd
import nn
from autograd import Scalar, Tensor, detect_anomaly
from autograd.anomaly import Anomaly

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def leaf(*values):
    return Tensor(list(values), requires_grad=True)


def test_forward():
    x = leaf(1.0, 0.0, -1.0)
    with detect_anomaly():
        y = x * 2
        with pytest.raises(Anomaly) as caught:
            np.log(y)  # this line
    said = str(caught.value).splitlines()
    assert said[0] == "log made 1 NaN and 1 -inf in its result, of shape (3,)"
    assert __file__ in said[1]
    assert said[1].endswith("in test_forward")
    assert said[2] == "    np.log(y)  # this line"
    assert "  from float32 (3,) between -2 and 2, 1 of them 0" in said
    assert "likely cause: log of 0 is -inf, of a negative number NaN" in said[-1]


def slope_at_0(x):
    return np.sqrt(x).sum()  # here


@pytest.mark.parametrize("create_graph", [False, True])
def test_backward_of_what_was_recorded_inside(create_graph):
    x = leaf(4.0, 0.0)
    with detect_anomaly():
        y = slope_at_0(x)
        with pytest.raises(Anomaly) as caught:
            y.backward(create_graph=create_graph)
    said = str(caught.value)
    assert said.startswith(
        "the backward pass through sqrt made 1 inf in the gradient of x, of shape (2,), from a finite gradient"
    )
    assert "    return np.sqrt(x).sum()  # here" in said
    assert "from float32 (2,) between 0 and 4, 1 of them 0" in said
    assert "its slope at 0 is infinite" in said
    assert x.grad is None


def test_backward_of_what_was_recorded_outside():
    y = slope_at_0(leaf(4.0, 0.0))
    with detect_anomaly(), pytest.raises(Anomaly, match=r"recorded outside detect_anomaly, so the line is not known"):
        y.backward()


def test_what_is_finite_and_what_came_in_infinite_is_no_anomaly():
    x = leaf(1.0, 2.0)
    with detect_anomaly():
        masked = np.where(np.array([True, False]), x, -np.inf)
        loss = autograd.logsumexp(masked, dim=0) + (x * 3).sum()
        loss.backward()
        nn.functional.cross_entropy(x.reshape(1, 2) * 1e4, Tensor([1])).backward()
    assert np.isfinite(x.grad.numpy()).all()


def test_it_is_a_decorator_and_ends_with_its_block():
    @detect_anomaly()
    def f(x):
        return 1 / x

    with pytest.raises(Anomaly, match="divide made 1 inf"):
        f(leaf(0.0))
    assert np.isinf((1 / leaf(0.0)).item())


def test_a_layer_names_the_line_of_the_program():
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    for p in model.parameters():
        p.data = np.ones(p.shape, np.float32)
    with detect_anomaly(), pytest.raises(Anomaly, match="linear made 2 inf") as caught:
        model(Tensor([[3e38, 3e38]]))
    assert "model(Tensor([[3e38, 3e38]]))" in str(caught.value).splitlines()[2]


def test_scalars():
    s = Scalar(0.0)
    with detect_anomaly():
        with pytest.raises(Anomaly, match="the backward pass through sqrt made 1 inf in the gradient of x"):
            s.sqrt().backward()
        with pytest.raises(Anomaly, match="multiply made 1 inf"):
            Scalar(1e300) * Scalar(1e300)
        y = Scalar(2.0) * s
        y.backward()
    assert s.grad == 2.0
