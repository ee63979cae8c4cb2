"""Initial values: the distributions that are promised, of each function and of each layer, and where they are written."""

import math
from importlib.util import find_spec

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from nn import init

needs_torch = pytest.mark.skipif(not find_spec("torch"), reason="compares with PyTorch")


def empty(*shape, dtype=np.float64):
    return Tensor(np.full(shape, np.nan, dtype))


def rng():
    return np.random.default_rng(0)


def moments(x):
    return [x.mean(), x.std(), x.min(), x.max()]


# --- Functions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "args"),
    [
        ("uniform_", (-1.0, 3.0)),
        ("normal_", (2.0, 0.5)),
        ("trunc_normal_", ()),
        ("trunc_normal_", (1.0, 2.0, 0.0, 10.0)),
        ("trunc_normal_", (0.0, 1.0, 2.0, 3.0)),  # a tail, 2 % of the whole
        ("xavier_uniform_", (2.0,)),
        ("xavier_normal_", (2.0,)),
        ("kaiming_uniform_", (0.3, "fan_out")),
        ("kaiming_normal_", (0.0, "fan_in", "relu")),
        ("sparse_", (0.3, 0.5)),
    ],
)
@needs_torch
def test_a_distribution_is_pytorchs(function, args):
    import torch

    torch.manual_seed(0)
    ours = getattr(init, function)(empty(600, 500), *args, generator=rng()).numpy()
    theirs = getattr(torch.nn.init, function)(torch.zeros(600, 500, dtype=torch.float64), *args).numpy()
    spread = theirs.std()
    np.testing.assert_allclose(ours.mean(), theirs.mean(), atol=0.02 * spread)
    np.testing.assert_allclose(ours.std(), spread, rtol=0.01)
    np.testing.assert_allclose(
        np.quantile(ours, [0.001, 0.25, 0.75, 0.999]),
        np.quantile(theirs, [0.001, 0.25, 0.75, 0.999]),
        atol=0.1 * spread,
    )


def test_a_truncated_normal_has_the_moments_of_the_formula():
    w = init.trunc_normal_(empty(1000, 200), 1.0, 2.0, 0.0, 4.0, rng()).numpy()
    alpha, beta = (0.0 - 1.0) / 2.0, (4.0 - 1.0) / 2.0
    phi = lambda z: math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    z = 0.5 * (math.erf(beta / math.sqrt(2)) - math.erf(alpha / math.sqrt(2)))
    mean = 1.0 + 2.0 * (phi(alpha) - phi(beta)) / z
    var = 4.0 * (1 + (alpha * phi(alpha) - beta * phi(beta)) / z - ((phi(alpha) - phi(beta)) / z) ** 2)
    assert 0 <= w.min() < w.max() <= 4
    np.testing.assert_allclose([w.mean(), w.var()], [mean, var], rtol=0.01)


@pytest.mark.parametrize("shape", [(4, 4), (3, 7), (7, 3), (6, 2, 2, 2), (1, 5), (0, 3)])
def test_an_orthogonal_weight_is_one(shape):
    w = init.orthogonal_(empty(*shape), 2.0, rng()).numpy().reshape(shape[0], math.prod(shape[1:]))
    product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)


def test_orthogonal_weights_are_drawn_uniformly_signs_too():
    corners = np.array([init.orthogonal_(empty(2, 2), generator=np.random.default_rng(i)).numpy() for i in range(400)])
    np.testing.assert_allclose(corners.mean(0), 0, atol=0.12)
    assert 0.4 < np.mean(np.linalg.det(corners) > 0) < 0.6


@pytest.mark.parametrize(("shape", "groups"), [((4, 4, 3), 1), ((6, 2, 3, 3), 3), ((2, 5, 3, 3, 3), 1), ((5, 2, 3), 1)])
def test_a_dirac_weight_hands_on_its_input(shape, groups):
    rank = len(shape) - 2
    layer = getattr(nn, f"Conv{rank}d")(
        shape[1] * groups, shape[0], 3, padding=1, groups=groups, bias=False, dtype=np.float64
    )
    init.dirac_(layer.weight, groups)
    x = rng().normal(size=(2, shape[1] * groups, *[5] * rank))
    y = layer(x).detach().numpy()
    kept = min(shape[0] // groups, shape[1])
    for group in range(groups):
        first = group * (shape[0] // groups)
        np.testing.assert_array_equal(y[:, first : first + kept], x[:, group * shape[1] : group * shape[1] + kept])
        assert not y[:, first + kept : first + shape[0] // groups].any()


@needs_torch
@pytest.mark.parametrize(
    ("function", "args"),
    [("eye_", ()), ("dirac_", ()), ("dirac_", (2,)), ("constant_", (3.0,)), ("zeros_", ()), ("ones_", ())],
)
def test_what_is_not_drawn_is_pytorchs_to_the_last_number(function, args):
    import torch

    shape = (4, 3) if function == "eye_" else (4, 3, 3)
    ours = getattr(init, function)(empty(*shape), *args)
    assert ours.tolist() == getattr(torch.nn.init, function)(torch.zeros(shape), *args).tolist()


def test_a_share_of_each_column_is_zero():
    w = init.sparse_(empty(10, 7), 0.25, generator=rng()).numpy()
    assert (w == 0).sum(0).tolist() == [3] * 7


@pytest.mark.parametrize(
    "function",
    [
        "uniform_",
        "normal_",
        "zeros_",
        "ones_",
        "trunc_normal_",
        "orthogonal_",
        "eye_",
        "xavier_normal_",
        "kaiming_uniform_",
    ],
)
def test_a_parameter_is_filled_in_place_and_returned_without_a_history(function):
    p = nn.Parameter(np.full((3, 2), np.nan, np.float32))
    memory = p.numpy()
    assert getattr(init, function)(p) is p
    assert p.is_leaf
    assert p.requires_grad
    assert p.dtype == np.float32
    assert np.isfinite(memory).all()


def test_values_drawn_between_forward_and_backward_are_noticed():
    w = nn.Parameter(np.ones((3, 2)))
    loss = (w * w).sum()
    init.normal_(w)
    with pytest.raises(RuntimeError, match="changed"):
        loss.backward()


def test_the_same_seed_gives_the_same_values():
    drawn = []
    for seed in (0, 0, 1):
        autograd.manual_seed(seed)
        drawn.append([getattr(init, f)(empty(4, 4)).tolist() for f in ("trunc_normal_", "orthogonal_", "uniform_")])
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: init.eye_(empty(3)), r"eye_ is of a matrix, and this has shape \(3,\)"),
        (lambda: init.sparse_(empty(3), 0.5), r"sparse_ is of a matrix"),
        (lambda: init.sparse_(empty(3, 3), 1.5), "a share between 0 and 1, and is 1.5"),
        (lambda: init.dirac_(empty(3, 3)), r"convolution's weight, \(out, in, ...\), and this has shape \(3, 3\)"),
        (lambda: init.dirac_(empty(3, 3, 3), 2), "3 channels cannot be divided into 2 groups"),
        (lambda: init.orthogonal_(empty(3)), r"orthogonal_ is of a weight \(out, in, ...\)"),
        (lambda: init.trunc_normal_(empty(3), a=1.0, b=0.0), r"hardly ever in \[1.0, 0.0\]"),
        (lambda: init.trunc_normal_(empty(3), 0.0, 0.01, 1.0, 2.0), "hardly ever"),
        (lambda: init.xavier_normal_(empty(3)), "for a bias write uniform_, normal_ or zeros_"),
        (lambda: init.kaiming_normal_(empty(3, 3), mode="fan"), "mode must be 'fan_in' or 'fan_out', not 'fan'"),
    ],
)
def test_what_cannot_be_filled_so_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_old_names_work_and_warn():
    with pytest.warns(FutureWarning, match="nn.init.xavier_uniform is an old name; write nn.init.xavier_uniform_"):
        assert init.xavier_uniform is init.xavier_uniform_
    with pytest.raises(AttributeError, match=r"nn\.init has no 'ones'"):
        init.ones
    assert init._calculate_fan_in_and_fan_out(empty(8, 3, 5, 5)) == (75, 200)


# --- Layers -----------------------------------------------------------------------------------------------------------

LAYERS = {
    "Linear": lambda nn: nn.Linear(400, 300),
    "Bilinear": lambda nn: nn.Bilinear(50, 40, 60),
    "Conv1d": lambda nn: nn.Conv1d(60, 200, 5),
    "Conv2d, groups": lambda nn: nn.Conv2d(60, 200, 3, groups=4),
    "Conv3d": lambda nn: nn.Conv3d(20, 100, 3),
    "ConvTranspose1d": lambda nn: nn.ConvTranspose1d(60, 200, 5),
    "ConvTranspose2d": lambda nn: nn.ConvTranspose2d(60, 200, 3),
    "ConvTranspose3d": lambda nn: nn.ConvTranspose3d(20, 100, 3),
    "Embedding": lambda nn: nn.Embedding(300, 200),
    "EmbeddingBag": lambda nn: nn.EmbeddingBag(300, 200),
    "RNN": lambda nn: nn.RNN(150, 200),
    "LSTM": lambda nn: nn.LSTM(150, 100, num_layers=2, bidirectional=True, proj_size=50),
    "GRU": lambda nn: nn.GRU(150, 100),
    "LSTMCell": lambda nn: nn.LSTMCell(150, 100),
    "BatchNorm2d": lambda nn: nn.BatchNorm2d(7),
    "LayerNorm": lambda nn: nn.LayerNorm(7),
    "GroupNorm": lambda nn: nn.GroupNorm(2, 8),
    "InstanceNorm1d": lambda nn: nn.InstanceNorm1d(7, affine=True, track_running_stats=True),
    "RMSNorm": lambda nn: nn.RMSNorm(7),
    "PReLU": lambda nn: nn.PReLU(5),
    "MultiheadAttention": lambda nn: nn.MultiheadAttention(128, 4, add_bias_kv=True),
    "MultiheadAttention, apart": lambda nn: nn.MultiheadAttention(128, 4, kdim=64, vdim=32),
    "TransformerEncoderLayer": lambda nn: nn.TransformerEncoderLayer(64, 4, 128),
    "Transformer": lambda nn: nn.Transformer(32, 2, 1, 1, 64, batch_first=True),
}


@needs_torch
@pytest.mark.parametrize("layer", LAYERS)
def test_a_layers_own_values_are_distributed_as_pytorchs(layer):
    import torch

    autograd.manual_seed(0)
    torch.manual_seed(0)
    ours, theirs = LAYERS[layer](nn).state_dict(), LAYERS[layer](torch.nn).state_dict()
    assert list(ours) == list(theirs)
    for key, value in ours.items():
        x, y = np.asarray(value.detach().numpy(), float), theirs[key].double().numpy()
        spread, few = y.std() if y.size > 1 else 0.0, 4 / math.sqrt(y.size)
        np.testing.assert_allclose(x.mean(), y.mean(), atol=1.5 * few * spread + 1e-12, err_msg=key)
        np.testing.assert_allclose(x.std(), spread, rtol=few, atol=1e-12, err_msg=key)
        if y.size >= 100 and "Embedding" not in layer and "bias_k" not in key and "bias_v" not in key:  # uniform
            np.testing.assert_allclose([x.min(), x.max()], [y.min(), y.max()], atol=0.15 * spread, err_msg=key)


@pytest.mark.parametrize(
    ("make", "bounds"),
    [
        (lambda: nn.Linear(400, 300), {"weight": 1 / 20, "bias": 1 / 20}),
        (lambda: nn.Conv2d(60, 200, 3, groups=4), {"weight": 1 / math.sqrt(135), "bias": 1 / math.sqrt(135)}),
        (lambda: nn.ConvTranspose1d(60, 200, 5), {"weight": 1 / math.sqrt(1000), "bias": 1 / math.sqrt(1000)}),
        (lambda: nn.GRU(150, 100), {"weight_ih_l0": 0.1, "weight_hh_l0": 0.1, "bias_ih_l0": 0.1, "bias_hh_l0": 0.1}),
        (
            lambda: nn.MultiheadAttention(128, 4),
            {"in_proj_weight": math.sqrt(6 / 512), "in_proj_bias": 0, "out_proj.weight": 1 / math.sqrt(128)},
        ),
    ],
)
def test_a_layers_own_values_are_uniform_between_these_bounds(make, bounds):
    autograd.manual_seed(0)
    state = make().state_dict()
    for key, bound in bounds.items():
        values = state[key].detach().numpy()
        few = 1 / math.sqrt(values.size)
        np.testing.assert_allclose(np.abs(values).max(), bound, rtol=3 * few)
        np.testing.assert_allclose(values.std(), bound / math.sqrt(3), rtol=3 * few)
        np.testing.assert_allclose(values.mean(), 0, atol=3 * few * bound)
