"""Plots: what is in them is what the model and its numbers say; nothing is changed by drawing."""

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor

pytest.importorskip("matplotlib")


def test_a_boundary_is_where_the_model_changes_its_mind_and_the_model_stays_in_its_mode():
    model = nn.Sequential(nn.Linear(2, 1), nn.Dropout(0.5))
    model[0].weight.data, model[0].bias.data = np.array([[1.0, 0.0]], np.float32), np.array([-0.5], np.float32)
    model[1].eval()
    x, y = np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([0, 1])
    figure = nn.plots.decision_boundary(model, x, y)
    (line,) = [c for c in figure.axes[0].collections if len(getattr(c, "levels", ())) == 1]
    np.testing.assert_allclose(line.get_paths()[0].vertices[:, 0], 0.5, atol=0.02)
    assert (model.training, model[1].training) == (True, False)
    assert all(p.grad is None for p in model.parameters())


def test_several_classes_are_drawn_and_other_dimensions_refused():
    figure = nn.plots.decision_boundary(lambda x: np.stack([x[:, 0], x[:, 1], -x.sum(1)], 1), np.eye(2), [0, 1])
    assert figure.axes[0].collections
    with pytest.raises(ValueError, match=r"shape \(N, 2\), and not \(4, 3\); choose two features"):
        nn.plots.decision_boundary(nn.Linear(3, 1), np.ones((4, 3)))


def test_activations_show_value_and_derivative():
    figure = nn.plots.activations(nn.Sigmoid)
    _, value, slope = figure.axes[0].lines
    s = 1 / (1 + np.exp(-value.get_xdata()))
    np.testing.assert_allclose(value.get_ydata(), s, 1e-6)
    np.testing.assert_allclose(slope.get_ydata(), s * (1 - s), 1e-6)


def test_histograms_count_every_number_of_a_parameter_or_its_gradient():
    model = nn.MLP([2, 8, 1])
    figure = nn.plots.histograms(model, bins=10)
    assert [sum(bar.get_height() for bar in panel.patches) for panel in figure.axes] == [
        p.size for p in model.parameters()
    ]
    with pytest.raises(ValueError, match=r"call loss.backward\(\) first"):
        nn.plots.histograms(model, "gradients")
    model(np.ones((3, 2), np.float32)).sum().backward()
    assert len(nn.plots.histograms(model, "gradients").axes) == 4
    with pytest.raises(ValueError, match="of='biases'"):
        nn.plots.histograms(model, "biases")


def test_filters_are_drawn_one_by_one():
    weight = autograd.randn(5, 3, 4, 4)
    figure = nn.plots.filters(weight)
    assert [panel.images[0].get_array().shape for panel in figure.axes] == [(4, 4, 3)] * 5
    with pytest.raises(ValueError, match=r"this one has shape \(10, 16\)"):
        nn.plots.filters(nn.Linear(16, 10))


def test_a_path_is_that_of_the_optimizer():
    figure = optim.plots.path(lambda p: optim.SGD(p, lr=0.25), lambda x, y: x**2 + y**2, (4.0, 2.0), steps=3)
    (line,) = figure.axes[0].lines
    assert line.get_xdata().tolist() == [4, 2, 1, 0.5]
    assert line.get_ydata().tolist() == [2, 1, 0.5, 0.25]
    optim.plots.path(lambda p: optim.Nesterov(p, lr=0.1), lambda x, y: x**2 + y**2, (4.0, 2.0), steps=3)
    with pytest.raises(ValueError, match=r"two numbers, such as \(1.0, 2.0\)"):
        optim.plots.path(lambda p: optim.SGD(p), lambda x, y: x, (1.0, 2.0, 3.0))


def test_a_schedule_is_drawn_as_it_goes():
    figure = optim.plots.schedules(lambda o: optim.lr_scheduler.StepLR(o, 2, gamma=0.5), 6, lr=1.0)
    assert figure.axes[0].lines[0].get_ydata().tolist() == [1, 1, 0.5, 0.5, 0.25, 0.25]


def test_plots_go_into_axes_that_are_given():
    figure = nn.plots.activations(nn.ReLU)
    panel = figure.axes[0]
    assert optim.plots.schedules(lambda o: optim.lr_scheduler.ConstantLR(o), 3, axes=panel) is figure
    assert Tensor(1.0).item() == 1
