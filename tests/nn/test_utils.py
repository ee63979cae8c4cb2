"""Clipping, vectors of parameters, computed weights: against PyTorch, and where they must refuse."""

import copy
import math
import pickle
import warnings

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor
from nn import utils
from nn.utils import parametrizations, parametrize

SHAPES = [(3, 2), (4,), (2, 2, 2)]


def with_gradients(make, scale=1.0, dtype=np.float64):
    """Parameters with gradients, and one without."""
    rng = np.random.default_rng(0)
    tensors = []
    for shape in SHAPES:
        t = make(np.zeros(shape, dtype)).requires_grad_()
        t.grad = make(np.asarray(scale * rng.normal(size=shape), dtype))
        tensors.append(t)
    return [*tensors[:1], make(np.zeros(2, dtype)).requires_grad_(), *tensors[1:]]


def gradients(tensors):
    return [None if t.grad is None else t.grad.numpy().copy() for t in tensors]


# --- Clipping ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("norm_type", [2.0, 1, 3.5, math.inf, "inf", 0.5])
@pytest.mark.parametrize("max_norm", [0.1, 1e3])
def test_clipping_by_norm_is_pytorchs(norm_type, max_norm):
    torch = pytest.importorskip("torch")
    ours, theirs = with_gradients(Tensor), with_gradients(torch.from_numpy)
    found = utils.clip_grad_norm_(iter(ours), max_norm, norm_type, foreach=False)
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    assert isinstance(found, Tensor)
    assert found.dtype == np.float64
    assert found.item() == pytest.approx(expected.item(), rel=1e-12)
    for g, h in zip(gradients(ours), gradients(theirs)):
        assert g is None if h is None else np.allclose(g, h, rtol=1e-12, atol=0)
    assert utils.get_total_norm([t.grad for t in ours if t.grad is not None], norm_type).item() == pytest.approx(
        min(expected.item(), max_norm), rel=1e-4
    )


def test_clipping_by_value_is_pytorchs():
    torch = pytest.importorskip("torch")
    ours, theirs = with_gradients(Tensor), with_gradients(torch.from_numpy)
    utils.clip_grad_value_(ours, 0.3)
    torch.nn.utils.clip_grad_value_(theirs, 0.3)
    for g, h in zip(gradients(ours), gradients(theirs)):
        assert g is None if h is None else np.array_equal(g, h)


def test_clipping_keeps_dtype_and_gradients_in_their_place():
    tensors = with_gradients(Tensor, dtype=np.float32)
    same = [t.grad for t in tensors]
    total = utils.clip_grad_norm_(tensors, 0.5)
    assert total.dtype == np.float32
    assert all(t.grad is g for t, g in zip(tensors, same))
    assert all(g is None or g.dtype == np.float32 for g in same)
    scalar = Tensor(3.0, requires_grad=True)
    (scalar * scalar).backward()
    utils.clip_grad_value_(scalar, 1.5)
    utils.clip_grad_norm_(scalar, 1.0)
    assert scalar.grad.item() == pytest.approx(1.0)
    x = Tensor([3.0, 4.0], requires_grad=True)
    (x * x).sum().backward()
    assert utils.clip_grad_norm_(x, 1.0).item() == 10.0
    np.testing.assert_allclose(x.grad.numpy(), [0.6, 0.8], rtol=1e-6)


def test_small_gradients_are_not_touched():
    tensors = with_gradients(Tensor)
    before = gradients(tensors)
    utils.clip_grad_norm_(tensors, 100.0)
    assert all(a is None or np.array_equal(a, b) for a, b in zip(gradients(tensors), before))


def test_nothing_to_clip_is_a_norm_of_0_and_an_iterator_used_up_a_warning():
    assert utils.clip_grad_norm_([Tensor([1.0], requires_grad=True)], 1.0).item() == 0
    parameters = nn.Linear(2, 2).parameters()
    list(parameters)
    with pytest.warns(UserWarning, match="used up after one pass"):
        utils.clip_grad_norm_(parameters, 1.0)


def test_a_norm_that_is_not_finite_is_an_error_on_request():
    tensors = with_gradients(Tensor)
    tensors[2].grad[1] = math.nan
    before = gradients(tensors)
    message = r"norm of order 2 of the gradients is nan.*number 1 of shape \(4,\)"
    with pytest.raises(RuntimeError, match=message):
        utils.clip_grad_norm_(tensors, 1.0, error_if_nonfinite=True)
    assert all(a is None or np.array_equal(a, b, equal_nan=True) for a, b in zip(gradients(tensors), before))
    assert math.isnan(utils.clip_grad_norm_(tensors, 1.0).item())
    assert all(g is None or np.isnan(g).all() for g in gradients(tensors))  # as in PyTorch


def test_a_step_that_clips_is_traced():
    w = Tensor(np.array([3.0, 4.0]), requires_grad=True)

    def step(x):
        w.grad = None
        (w * x).sum().backward()
        total = utils.clip_grad_norm_([w], 1.0)
        return total, w.grad

    program = autograd.trace(step, np.ones(2))
    for x in (np.array([30.0, 40.0]), np.array([0.3, 0.4])):
        total, grad = program(x)
        expected, exact = step(Tensor(x))
        np.testing.assert_allclose(total, expected.item())
        np.testing.assert_allclose(grad, exact.numpy())
    w.grad = None


# --- Vectors ----------------------------------------------------------------------------------------------------------


def test_parameters_become_a_vector_and_come_back():
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    vector = utils.parameters_to_vector(model.parameters())
    assert vector.shape == (11,)
    assert vector.requires_grad
    twin = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    utils.vector_to_parameters(vector.detach().clone(), twin.parameters())
    x = np.ones((2, 3))
    assert twin(x).tolist() == model(x).tolist()
    (vector * 2).sum().backward()
    assert all((p.grad == 2).all() for p in model.parameters())
    double = nn.Linear(2, 1, dtype=np.float64)
    utils.vector_to_parameters(Tensor(np.arange(3, dtype=np.float32)), double.parameters())
    assert (double.weight.tolist(), double.weight.dtype) == ([[0.0, 1.0]], np.float64)


def test_a_vector_that_does_not_fit_is_refused_and_changes_nothing():
    layer = nn.Linear(2, 1)
    before = layer.weight.tolist()
    for length in (2, 4):
        with pytest.raises(ValueError, match=rf"shape \({length},\) does not fit parameters of 3 elements"):
            utils.vector_to_parameters(Tensor(np.zeros(length)), layer.parameters())
    with pytest.raises(TypeError, match="write Tensor"):
        utils.vector_to_parameters(np.zeros(3), layer.parameters())
    with pytest.raises(ValueError, match="used up"):
        utils.parameters_to_vector([])
    assert layer.weight.tolist() == before


# --- Computed weights -------------------------------------------------------------------------------------------------

NORMS = {
    "weight_norm": (utils.weight_norm, utils.remove_weight_norm),
    "spectral_norm": (utils.spectral_norm, utils.remove_spectral_norm),
    "new weight_norm": (parametrizations.weight_norm, lambda m: parametrize.remove_parametrizations(m, "weight")),
    "new spectral_norm": (parametrizations.spectral_norm, lambda m: parametrize.remove_parametrizations(m, "weight")),
    "orthogonal": (parametrizations.orthogonal, lambda m: parametrize.remove_parametrizations(m, "weight")),
}
over_norms = pytest.mark.parametrize("norm", NORMS)


@over_norms
def test_a_computed_weight_is_trained_copied_pickled_and_left_behind(norm):
    put_on, take_off = NORMS[norm]
    layer = nn.Linear(3, 2)
    plain = layer.weight.tolist()
    assert put_on(layer) is layer
    assert isinstance(layer, nn.Linear)
    if "weight_norm" in norm:
        np.testing.assert_allclose(layer.weight.tolist(), plain, rtol=1e-5)
    x = np.ones((2, 3))
    optimizer = optim.SGD(layer.parameters(), lr=0.1)
    layer(x).sum().backward()
    optimizer.step()
    layer.eval()
    assert not np.allclose(layer.weight.tolist(), plain)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert twin(x).tolist() == layer(x).tolist()
        assert type(twin) is type(layer)
        assert list(twin.state_dict()) == list(layer.state_dict())
        assert not {id(p) for p in twin.parameters()} & {id(p) for p in layer.parameters()}
    other = put_on(nn.Linear(3, 2)).eval()
    other.load_state_dict(layer.state_dict())
    assert other(x).tolist() == layer(x).tolist()
    result = layer(x).tolist()
    assert take_off(layer) is layer
    assert type(layer) is nn.Linear
    np.testing.assert_allclose(layer(x).tolist(), result, rtol=1e-6)
    assert sorted(layer.state_dict()) == ["bias", "weight"]
    assert repr(layer) == repr(nn.Linear(3, 2))
    assert not layer._module_hooks
    with pytest.raises(ValueError, match=r"not computed by|is not parametrized"):
        take_off(layer)


@over_norms
def test_a_weight_that_is_not_there_is_named(norm):
    with pytest.raises(ValueError, match="Linear has no parameter 'kernel'; those it has are weight, bias"):
        NORMS[norm][0](nn.Linear(3, 2), "kernel")


@pytest.mark.parametrize("norm", ["spectral_norm", "new spectral_norm"])
def test_the_largest_singular_value_becomes_1(norm):
    layer = NORMS[norm][0](nn.Linear(30, 20))
    for _ in range(300):
        layer(np.ones((1, 30)))
    assert np.linalg.norm(layer.weight.detach().numpy(), 2) == pytest.approx(1, rel=1e-4)


MAPS = [(name, True) for name in (None, "matrix_exp", "cayley", "householder")] + [("householder", False)]


@pytest.mark.parametrize("shape", [(4, 4), (5, 3), (3, 5)])
@pytest.mark.parametrize(("orthogonal_map", "use_trivialization"), MAPS)
def test_orthogonal_weights_are_pytorchs(shape, orthogonal_map, use_trivialization):
    torch = pytest.importorskip("torch")
    theirs = torch.nn.Linear(*shape[::-1], dtype=torch.float64)
    torch.nn.utils.parametrizations.orthogonal(theirs, "weight", orthogonal_map, use_trivialization=use_trivialization)
    ours = nn.Linear(*shape[::-1], dtype=np.float64)
    parametrizations.orthogonal(ours, "weight", orthogonal_map, use_trivialization=use_trivialization)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())
    original = theirs.parametrizations.weight.original
    moved = original.detach().numpy() + np.tril(np.random.default_rng(1).normal(size=original.shape), -1)
    ours.parametrizations.weight.original.data[...] = moved
    original.data[...] = torch.from_numpy(moved)
    np.testing.assert_allclose(ours.weight.detach().numpy(), theirs.weight.detach().numpy(), rtol=0, atol=1e-12)
    weight = ours.weight.detach().numpy()
    product = weight.T @ weight if shape[0] >= shape[1] else weight @ weight.T
    np.testing.assert_allclose(product, np.eye(min(shape)), rtol=0, atol=1e-12)
    g = np.random.default_rng(2).normal(size=shape)
    (ours.weight * g).sum().backward()
    (theirs.weight * torch.from_numpy(g)).sum().backward()
    found = ours.parametrizations.weight.original.grad.numpy()
    np.testing.assert_allclose(found, original.grad.numpy(), rtol=0, atol=1e-11)


@pytest.mark.parametrize("options", [{}, {"orthogonal_map": "householder", "use_trivialization": False}])
@pytest.mark.parametrize("shape", [(4, 4), (5, 3), (3, 5)])
def test_an_orthogonal_weight_can_be_assigned(shape, options):
    wanted = np.linalg.qr(np.random.default_rng(0).normal(size=(5, 5)))[0][: shape[0], : shape[1]]
    wanted = np.linalg.qr(wanted if shape[0] >= shape[1] else wanted.T)[0].astype(np.float32)
    wanted = wanted if shape[0] >= shape[1] else wanted.T
    layer = parametrizations.orthogonal(nn.Linear(*shape[::-1]), **options)
    layer.weight = Tensor(wanted)
    np.testing.assert_allclose(layer.weight.tolist(), wanted, atol=1e-6)


def test_weight_norm_of_a_whole_weight_has_one_length():
    torch = pytest.importorskip("torch")
    ours, theirs = nn.Linear(3, 2), torch.nn.Linear(3, 2)
    ours.load_state_dict(theirs.state_dict())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        for module, package in ((ours, utils), (theirs, torch.nn.utils)):
            package.weight_norm(module, dim=None)
            module.weight_g.data *= 2
    assert ours.weight_g.shape == ()
    x = np.ones((1, 3), np.float32)
    np.testing.assert_allclose(ours(x).tolist(), theirs(torch.from_numpy(x)).tolist(), rtol=1e-5)


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (
            lambda m: utils.weight_norm(utils.weight_norm(m)),
            RuntimeError,
            "weight_norm: Linear.weight is computed already",
        ),
        (
            lambda m: utils.weight_norm(utils.spectral_norm(m)),
            RuntimeError,
            "weight is computed already; take that off",
        ),
        (lambda m: setattr(utils.weight_norm(m), "weight", m.bias), TypeError, "computed by WeightNorm; change the"),
        (lambda m: utils.spectral_norm(m, n_power_iterations=0), ValueError, "at least 1, not 0"),
        (lambda m: parametrizations.spectral_norm(m, dim=2), IndexError, r"shape \(2, 3\) has no axis 2"),
        (lambda m: parametrizations.orthogonal(m, "bias"), ValueError, r"only matrices.* shape \(2,\)"),
        (lambda m: parametrizations.orthogonal(m, orthogonal_map="qr"), ValueError, "or 'householder', not 'qr'"),
        (lambda m: utils.weight_norm(m).missing, AttributeError, "has no attribute 'missing'"),
    ],
)
def test_what_cannot_be_computed_is_refused(act, error, message):
    with pytest.raises(error, match=message):
        act(nn.Linear(3, 2))


class Symmetric(nn.Module):
    def forward(self, x):
        return np.triu(x) + np.triu(x, 1).mT

    def right_inverse(self, x):
        return np.triu(x)


class Doubled(nn.Module):
    def forward(self, x):
        return 2 * x


def test_a_parametrization_of_ones_own_is_applied_assigned_and_removed():
    layer = nn.Linear(3, 3)
    weight, upper = layer.weight, np.triu(layer.weight.detach().numpy())
    parametrize.register_parametrization(layer, "weight", Symmetric())
    assert parametrize.is_parametrized(layer)
    assert parametrize.is_parametrized(layer, "weight")
    assert not parametrize.is_parametrized(layer, "bias")
    assert parametrize.type_before_parametrizations(layer) is nn.Linear
    assert layer.parametrizations.weight.original is weight  # an optimizer that holds it goes on
    np.testing.assert_array_equal(weight.detach().numpy(), upper)
    wanted = np.array([[1, 2, 3], [2, 4, 5], [3, 5, 6]], np.float32)
    layer.weight = Tensor(wanted)
    assert layer.weight.tolist() == wanted.tolist()
    layer.weight.sum().backward()
    assert weight.grad.tolist() == [[1, 2, 2], [0, 1, 2], [0, 0, 1]]
    parametrize.register_parametrization(layer, "weight", Doubled())
    assert layer.weight.tolist() == (2 * wanted).tolist()
    with pytest.raises(RuntimeError, match=r"Doubled has no right_inverse\(value\)"):
        layer.weight = Tensor(wanted)
    parametrize.register_parametrization(layer, "bias", Doubled())
    parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
    assert layer.weight is weight
    assert layer.weight.tolist() == np.triu(wanted).tolist()
    assert parametrize.is_parametrized(layer)
    parametrize.remove_parametrizations(layer, "bias")
    assert type(layer) is nn.Linear
    assert list(layer.state_dict()) == ["weight", "bias"]


def test_a_parametrization_that_changes_the_shape_is_refused():
    class Longer(nn.Module):
        def forward(self, x):
            return np.concatenate([x, x])

    layer = nn.Linear(3, 2)
    with pytest.raises(ValueError, match=r"Longer makes float32 \(4, 3\) of a tensor that is float32 \(2, 3\)"):
        parametrize.register_parametrization(layer, "weight", Longer())
    assert type(layer) is nn.Linear
    assert list(layer.state_dict()) == ["weight", "bias"]
    parametrize.register_parametrization(layer, "weight", Longer(), unsafe=True)
    assert layer.weight.shape == (4, 3)
    with pytest.raises(ValueError, match="no parameter or buffer 'other'"):
        parametrize.register_parametrization(layer, "other", Longer())


def test_a_buffer_can_be_computed_too():
    module = nn.Module()
    module.register_buffer("scale", np.ones(2))
    parametrize.register_parametrization(module, "scale", Doubled())
    assert module.scale.tolist() == [2.0, 2.0]
    assert list(module.state_dict()) == ["parametrizations.scale.original"]
    parametrize.remove_parametrizations(module, "scale")
    assert [name for name, _ in module.named_buffers()] == ["scale"]


def test_under_cached_a_weight_is_computed_once():
    layer = parametrize.register_parametrization(nn.Linear(3, 3), "weight", Symmetric())
    assert layer.weight is not layer.weight
    with parametrize.cached():
        first = layer.weight
        assert layer.weight is first
    assert layer.weight is not first
