"""A hundred steps of each optimizer: where PyTorch's go, where the formulas go, and the same however it is arranged."""

import copy
import inspect

import numpy as np
import pytest

import optim
from autograd import Tensor
from optim import optimizer as module

SHAPES = [(3, 4), (), (5,), (2, 1, 2), (200, 150), (0, 3), (4,)]  # one of them too large to be joined with others


def start(dtype):
    """Points that no hundred steps bring to the bottom, where Adam divides one rounding error by another."""
    rng = np.random.default_rng(0)
    return [np.asarray(rng.choice([-1, 1], shape) * rng.uniform(2, 4, shape), dtype) for shape in SHAPES]


def loss_of(parameters):
    """A valley, curved differently in every direction, of sums and products that every engine knows."""
    total = 0
    for i, p in enumerate(parameters):
        total = total + (0.1 + 0.3 * i) * (p * p).sum() + 0.05 * (p * p * p * p).sum() + 0.1 * i * p.sum()
    return total


def ours(make, dtype, steps=100, observe=lambda optimizer, parameters: None):
    parameters = [Tensor(p, requires_grad=True) for p in start(dtype)]
    optimizer = make(parameters)
    for _ in range(steps):
        optimizer.zero_grad()
        loss_of(parameters).backward()
        optimizer.step()
        observe(optimizer, parameters)
    return [p.detach().numpy() for p in parameters]


SETTINGS = [
    ("SGD", {"lr": 0.01}),
    ("SGD", {}),
    ("SGD", {"lr": 0.01, "momentum": 0.9}),
    ("SGD", {"lr": 0.01, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.01, "momentum": 0.8, "dampening": 0.3, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.01, "momentum": 0.5, "weight_decay": 0.1, "nesterov": True}),
    ("SGD", {"lr": 1e-5, "momentum": 0.5, "maximize": True}),
    ("Adam", {}),
    ("Adam", {"lr": 0.01, "betas": (0.8, 0.9)}),
    ("Adam", {"lr": 0.01, "eps": 0.1, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.01, "betas": (0.9, 0.5), "amsgrad": True}),
    ("Adam", {"lr": 0.01, "maximize": True}),
]


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-6)])
@pytest.mark.parametrize(("name", "settings"), SETTINGS, ids=lambda value: str(value))
def test_a_hundred_steps_lead_where_pytorchs_lead(name, settings, dtype, tolerance):
    torch = pytest.importorskip("torch")
    theirs = [torch.tensor(p, requires_grad=True) for p in start(dtype)]
    optimizer = getattr(torch.optim, name)(theirs, **settings)
    for _ in range(100):
        optimizer.zero_grad()
        loss_of(theirs).backward()
        optimizer.step()
    for a, b in zip(ours(lambda p: getattr(optim, name)(p, **settings), dtype), theirs):
        assert a.dtype == dtype
        np.testing.assert_allclose(a, b.detach().numpy(), rtol=tolerance, atol=tolerance)


def test_both_forms_of_momentum_lead_to_the_same_points_and_their_velocities_differ_by_minus_eta():
    pytorch, lecture = [], []

    def note(points, name):
        def observe(optimizer, parameters):
            points.append([(p.detach().numpy().copy(), optimizer.state[p][name].numpy().copy()) for p in parameters])

        return observe

    ours(lambda p: optim.SGD(p, lr=0.01, momentum=0.9), np.float64, observe=note(pytorch, "momentum_buffer"))
    ours(lambda p: optim.Momentum(p, lr=0.01, momentum=0.9), np.float64, observe=note(lecture, "velocity"))
    for step_a, step_b in zip(pytorch, lecture, strict=True):
        for (a, buffer), (b, velocity) in zip(step_a, step_b, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)
            np.testing.assert_allclose(buffer, -velocity / 0.01, rtol=1e-8, atol=1e-11)


def test_momentum_is_its_formula():
    x = Tensor([1.0, -2.0], requires_grad=True, dtype=np.float64)
    optimizer, theta, v = optim.Momentum([x], lr=0.1, momentum=0.5), np.array([1.0, -2.0]), np.zeros(2)
    for lr in (0.1, 0.1, 0.05):
        optimizer.param_groups[0]["lr"] = lr
        optimizer.zero_grad()
        (x * x).sum().backward()
        optimizer.step()
        v = 0.5 * v - lr * 2 * theta
        theta = theta + v
        np.testing.assert_allclose(x.tolist(), theta, rtol=1e-15)


# --- However it is arranged -------------------------------------------------------------------------------------------

EVERY = [value for _, value in inspect.getmembers(optim) if inspect.isclass(value) and value is not optim.Optimizer]


def arranged(monkeypatch, joined, piece):
    monkeypatch.setattr(module, "JOINED", joined)
    monkeypatch.setattr(module, "PIECE", piece)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", EVERY)
def test_joining_and_cutting_change_no_bit(kind, dtype, monkeypatch):
    results = []
    for joined, piece in [(0, 10**9), (10**9, 10**9), (10**9, 701), (0, 1000), (4, 29999)]:
        arranged(monkeypatch, joined, piece)
        results.append(ours(kind, dtype, steps=5))
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", EVERY)
def test_saving_and_loading_in_the_middle_changes_no_bit(kind):
    def interrupted(optimizer, parameters):
        if optimizer.param_groups[0].setdefault("steps", 0) == 7:
            saved = copy.deepcopy(optimizer.state_dict())
            fresh = kind(parameters)
            fresh.load_state_dict(saved)
            optimizer.__dict__.update(fresh.__dict__)
        optimizer.param_groups[0]["steps"] += 1

    whole = ours(kind, np.float64, steps=20)
    for a, b in zip(whole, ours(kind, np.float64, steps=20, observe=interrupted), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", EVERY)
def test_a_gradient_is_not_changed_by_the_step(kind):
    parameters = [Tensor(p, requires_grad=True) for p in start(np.float64)]
    optimizer = kind(parameters)
    loss_of(parameters).backward()
    before = [p.grad.numpy().copy() for p in parameters]
    optimizer.step()
    for p, g in zip(parameters, before, strict=True):
        np.testing.assert_array_equal(p.grad.numpy(), g)


def test_small_parameters_share_one_update_and_large_ones_are_cut(monkeypatch):
    sizes = []

    class Counted(optim.SGD):
        def update(self, p, g, state, *, lr, first):
            sizes.append(p.size)
            p -= lr * g

    monkeypatch.setattr(module, "PIECE", 8000)
    ours(Counted, np.float32, steps=1)
    assert sorted(sizes) == [12 + 1 + 5 + 4 + 0 + 4, 7500, 7500, 7500, 7500]
