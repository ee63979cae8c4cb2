"""Layers, activations, chains and initial values: against their formulas, PyTorch, and the distributions promised."""

import math
from collections import OrderedDict
from itertools import pairwise

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from nn import functional as F
from nn import init

X = np.linspace(-3, 3, 24, dtype=np.float32).reshape(4, 6)

# --- Linear -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3,), (3, 3), (2, 4, 3), (0, 3)])
@pytest.mark.parametrize("bias", [2.0, None])
def test_a_weight_without_an_axis_of_units_is_one_unit(shape, bias):
    values, weight = np.arange(math.prod(shape), dtype=float).reshape(shape), np.array([1.0, 2.0, 3.0])
    x, w = Tensor(values, requires_grad=True), Tensor(weight, requires_grad=True)
    b = None if bias is None else Tensor(np.array(bias), requires_grad=True)
    y = F.linear(x, w, b)
    np.testing.assert_array_equal(y.detach(), values @ weight + (bias or 0))
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, np.broadcast_to(weight, shape))
    np.testing.assert_array_equal(w.grad, values.reshape(-1, 3).sum(0))
    assert b is None or b.grad.item() == math.prod(shape[:-1])
    with pytest.raises(ValueError, match="expected last axis 3, got 4"):
        F.linear(np.ones((2, 4)), w)


@pytest.mark.parametrize("shape", [(6,), (4, 6), (2, 3, 6), (0, 6)])
@pytest.mark.parametrize("bias", [True, False])
def test_linear_and_its_gradients_are_those_of_pytorch(shape, bias):
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).normal(size=shape)
    layer, theirs = nn.Linear(6, 3, bias=bias, dtype=np.float64), torch.nn.Linear(6, 3, bias=bias, dtype=torch.float64)
    layer.load_state_dict(theirs.state_dict())
    a, b = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    result, expected = layer(a), theirs(b)
    (result * result).sum().backward()
    (expected * expected).sum().backward()
    np.testing.assert_allclose(result.detach().numpy(), expected.detach().numpy(), rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=1e-12, atol=1e-14)
    for p, q in zip(layer.parameters(), theirs.parameters()):
        np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=1e-12, atol=1e-14)


def test_an_input_takes_the_dtype_of_the_weights():
    layer = nn.Linear(6, 2)
    for x in (X, X.astype(np.float64), Tensor(X), Tensor(X.astype(np.float64)), X.tolist()):
        assert layer(x).dtype == np.float32
        np.testing.assert_allclose(layer(x).tolist(), layer(X).tolist())
    x = Tensor(X.astype(np.float64), requires_grad=True)
    layer(x).sum().backward()
    assert x.grad.dtype == np.float64
    assert nn.Linear(6, 2, dtype=autograd.float64)(X).dtype == np.float64


def test_an_input_changed_after_the_layer_does_not_change_the_gradient():
    for x in (X.copy(), X.astype(np.float64)):
        layer = nn.Linear(6, 1, bias=False)
        result = layer(x).sum()
        x[:] = 0
        result.backward()
        np.testing.assert_allclose(layer.weight.grad.numpy()[0], X.sum(axis=0), rtol=1e-5)


def test_an_input_that_does_not_fit_is_refused_with_both_shapes():
    layer = nn.Linear(6, 2)
    with pytest.raises(
        ValueError,
        match=r"expected last axis 6, got 5: linear's input has shape \(4, 5\), and its weight .* has shape \(2, 6\)",
    ):
        layer(X[:, :5])
    with pytest.raises(ValueError, match=r"expected last axis 6, got none: linear's input has shape \(\)"):
        layer(np.float32(1))
    with pytest.raises(TypeError, match=r"the input is uint8, and float32 is needed; write x.astype\(np.float32\)"):
        layer(np.zeros((4, 6), np.uint8))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((2.5, 1), TypeError, "in_features is a number of units, a whole number, not 2.5"),
        ((2, -1), ValueError, "out_features is a number of units, and cannot be -1"),
        ((2, True), TypeError, "out_features"),
    ],
)
def test_a_number_of_units_is_a_whole_number(arguments, error, message):
    with pytest.raises(error, match=message):
        nn.Linear(*arguments)


def test_another_device_is_refused():
    with pytest.raises(ValueError, match="device='cpu'"):
        nn.Linear(2, 2, device="cuda")


# --- Initial values ---------------------------------------------------------------------------------------------------


def uniform_on(values, low, high):
    """Whether the values could be uniform on [low, high]: the Kolmogorov-Smirnov distance, at about one in a million."""
    values = np.sort(np.asarray(values, float).ravel())
    expected = (values - low) / (high - low)
    distance = np.abs(expected - np.arange(len(values)) / len(values)).max()
    return 0 <= expected[0] and expected[-1] <= 1 and distance < 2.7 / math.sqrt(len(values))


def normal_with(values, std):
    values = np.sort(np.asarray(values, float).ravel()) / std
    expected = np.array([0.5 * (1 + math.erf(v / math.sqrt(2))) for v in values])
    return np.abs(expected - np.arange(len(values)) / len(values)).max() < 2.7 / math.sqrt(len(values))


def test_the_tests_of_distributions_tell_them_apart():
    numbers = np.random.default_rng(0)
    assert uniform_on(numbers.uniform(-2, 2, 5000), -2, 2)
    assert not uniform_on(numbers.uniform(-2, 2, 5000), -2.2, 2.2)
    assert not uniform_on(numbers.normal(size=5000), -4, 4)
    assert normal_with(numbers.normal(0, 3, 20000), 3)
    assert not normal_with(numbers.normal(0, 3, 20000), 3.4)


def test_linear_starts_like_pytorchs():
    torch = pytest.importorskip("torch")
    autograd.manual_seed(0)
    torch.manual_seed(0)
    for layer in (nn.Linear(100, 500), torch.nn.Linear(100, 500)):
        assert uniform_on(layer.weight.detach().numpy(), -0.1, 0.1)
        assert uniform_on(layer.bias.detach().numpy(), -0.1, 0.1)


@pytest.mark.parametrize(
    ("function", "options", "uniform", "std"),
    [
        ("uniform_", {"a": -2, "b": 3}, (-2, 3), None),
        ("normal_", {"std": 3}, None, 3),
        ("xavier_uniform_", {"gain": 2}, (-2 * math.sqrt(6 / 300), 2 * math.sqrt(6 / 300)), None),
        ("xavier_normal_", {"gain": 2}, None, 2 * math.sqrt(2 / 300)),
        ("kaiming_uniform_", {"nonlinearity": "relu"}, (-math.sqrt(6 / 200), math.sqrt(6 / 200)), None),
        ("kaiming_uniform_", {"a": math.sqrt(5)}, (-1 / math.sqrt(200), 1 / math.sqrt(200)), None),
        ("kaiming_normal_", {"mode": "fan_out", "nonlinearity": "relu"}, None, math.sqrt(2 / 100)),
    ],
)
def test_distributions_are_those_promised_and_those_of_pytorch(function, options, uniform, std):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    ours = getattr(init, function)(Tensor(np.zeros((100, 200))), generator=np.random.default_rng(0), **options)
    theirs = getattr(torch.nn.init, function)(torch.zeros(100, 200), **options)
    for tensor in (ours, theirs):
        assert uniform_on(tensor.numpy(), *uniform) if uniform else normal_with(tensor.numpy(), std)


def test_fans_count_the_places_of_a_kernel():
    assert init.fans(Tensor(np.zeros((8, 3, 5, 5)))) == (75, 200)
    with pytest.raises(ValueError, match=r"this one has shape \(3,\); for a bias write"):
        init.xavier_uniform_(Tensor(np.zeros(3)))


@pytest.mark.parametrize("name", ["linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"])
def test_gains_are_those_of_pytorch(name):
    torch = pytest.importorskip("torch")
    assert init.calculate_gain(name) == pytest.approx(torch.nn.init.calculate_gain(name))
    assert init.calculate_gain("leaky_relu", 0.2) == pytest.approx(torch.nn.init.calculate_gain("leaky_relu", 0.2))


def test_unknown_words_of_initialisation_are_refused():
    with pytest.raises(ValueError, match="not 'swish'"):
        init.calculate_gain("swish")
    with pytest.raises(ValueError, match="mode must be 'fan_in' or 'fan_out'"):
        init.kaiming_normal_(Tensor(np.zeros((2, 2))), mode="fan")


def test_initialisation_writes_in_place_and_keeps_dtype_and_leaf():
    p = nn.Parameter(np.zeros((3, 2)))
    values = p.numpy()
    assert init.normal_(p) is p
    assert values.any()
    assert (p.is_leaf, p.dtype) == (True, np.float64)
    assert init.ones_(p).tolist() == [[1.0, 1.0]] * 3
    assert init.zeros_(p).tolist() == [[0.0, 0.0]] * 3
    assert init.constant_(p, 2.5).tolist() == [[2.5, 2.5]] * 3


def test_initialisation_after_the_forward_pass_is_not_silently_ignored():
    layer = nn.Linear(2, 2)
    loss = layer(Tensor(np.ones((1, 2)), requires_grad=True)).sum()
    init.ones_(layer.weight)
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


def test_seeds_and_generators_repeat_a_network():
    def weights(**options):
        return nn.MLP([3, 4, 2], **options)[2].weight.tolist()

    autograd.manual_seed(1)
    first, other = weights(), weights()
    autograd.manual_seed(1)
    assert weights() == first != other
    assert weights(generator=np.random.default_rng(5)) == weights(generator=np.random.default_rng(5)) != first


# --- Activations ------------------------------------------------------------------------------------------------------

ACTIVATIONS = {
    "relu": (nn.ReLU, {}),
    "leaky_relu": (nn.LeakyReLU, {"negative_slope": 0.2}),
    "elu": (nn.ELU, {"alpha": 0.5}),
    "sigmoid": (nn.Sigmoid, {}),
    "tanh": (nn.Tanh, {}),
    "softplus": (nn.Softplus, {"beta": 2.0}),
    "softmax": (nn.Softmax, {"dim": 0}),
}


@pytest.mark.parametrize("name", [*ACTIVATIONS, "log_softmax"])
def test_activations_and_their_gradients_are_those_of_pytorch(name):
    torch = pytest.importorskip("torch")
    options = ACTIVATIONS[name][1] if name in ACTIVATIONS else {"dim": 1}
    x = np.concatenate([X.astype(float), [[0.0, -0.0, 30.0, -30.0, 700.0, -700.0]]])
    a, b = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    function = (
        torch.tanh if name == "tanh" else torch.sigmoid if name == "sigmoid" else getattr(torch.nn.functional, name)
    )
    result, expected = getattr(F, name)(a, **options), function(b, **options)
    g = np.random.default_rng(0).normal(size=x.shape)
    result.backward(g)
    expected.backward(torch.tensor(g))
    np.testing.assert_allclose(result.detach().numpy(), expected.detach().numpy(), rtol=1e-8, atol=1e-13)
    np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=1e-8, atol=1e-13)
    if name in ACTIVATIONS:
        module, options = ACTIVATIONS[name]
        assert np.array_equal(module(**options)(x).tolist(), result.tolist())


def test_activations_take_arrays_and_lists():
    for name in ("relu", "tanh", "sigmoid", "softplus", "leaky_relu", "elu"):
        assert isinstance(getattr(F, name)(X), Tensor)
        assert getattr(F, name)([1.0]).shape == (1,)


# --- Chains -----------------------------------------------------------------------------------------------------------


def test_a_chain_is_the_composition_of_its_parts():
    model = nn.Sequential(nn.Linear(6, 3), nn.Tanh(), nn.Linear(3, 2))
    by_hand = (
        np.tanh(X @ model[0].weight.numpy().T + model[0].bias.numpy()) @ model[2].weight.numpy().T
        + model[2].bias.numpy()
    )
    np.testing.assert_allclose(model(X).tolist(), by_hand, rtol=1e-5)
    assert len(model) == 3
    assert [type(module) for module in model] == [nn.Linear, nn.Tanh, nn.Linear]
    assert model[-1] is model[2]
    assert model[:2][0] is model[0]
    assert nn.Sequential()(X) is X


def test_the_parts_of_a_chain_may_have_names():
    model = nn.Sequential(OrderedDict(hidden=nn.Linear(6, 3), act=nn.ReLU()))
    assert model.hidden is model[0]
    assert list(model.state_dict()) == ["hidden.weight", "hidden.bias"]
    assert list(model.append(nn.Linear(3, 1)).state_dict())[2:] == ["2.weight", "2.bias"]


def test_a_list_of_layers_is_refused_with_the_star_to_write():
    with pytest.raises(TypeError, match=r"write Sequential\(\*layers\)"):
        nn.Sequential([nn.Linear(2, 2)])
    with pytest.raises(TypeError, match=r"write ReLU\(\)"):
        nn.Sequential(nn.Linear(2, 2), nn.ReLU)


def test_flatten_and_identity():
    images = np.zeros((5, 2, 3, 4), np.float32)
    assert nn.Flatten()(images).shape == (5, 24)
    assert nn.Flatten(0, 1)(images).shape == (10, 3, 4)
    assert nn.Identity(1, anything=2)(images) is images


@pytest.mark.parametrize("sizes", [[2, 1], [2, 8, 1], (64, 128, 64, 10), [3] * 21])
def test_an_mlp_has_as_many_layers_as_steps_between_sizes(sizes):
    model = nn.MLP(sizes, activation=nn.Tanh)
    assert model.depth == len(sizes) - 1
    assert [tuple(p.shape) for p in model.parameters()][::2] == [(m, n) for n, m in pairwise(sizes)]
    assert len(model) == 2 * model.depth - 1
    assert isinstance(model[-1], nn.Linear)
    assert model(np.zeros((5, sizes[0]))).shape == (5, sizes[-1])


def test_an_mlp_says_what_it_needs():
    with pytest.raises(TypeError, match=r"such as \[2, 8, 1\], not 5"):
        nn.MLP(5)
    with pytest.raises(TypeError, match=r"such as \[2, 8, 1\], not \[5\]"):
        nn.MLP([5])
    with pytest.raises(TypeError, match=r"write activation=nn.ReLU, not nn.ReLU\(\)"):
        nn.MLP([2, 8, 1], activation=nn.ReLU())


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
@pytest.mark.parametrize(("shape", "dim"), [((5,), 0), ((3, 5), 1), ((2, 3, 5), 0), ((2, 3, 5, 2), 1)])
def test_without_a_dim_the_axis_is_pytorchs_and_there_is_a_warning(name, shape, dim):
    x = np.random.default_rng(0).normal(size=shape)
    with pytest.warns(UserWarning, match=f"{name}: no dim was given, and axis {dim} of {len(shape)} was taken"):
        found = getattr(nn.functional, name)(x)
    assert found.tolist() == getattr(nn.functional, name)(x, dim).tolist()
