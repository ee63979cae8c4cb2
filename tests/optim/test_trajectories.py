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


def closure_of(optimizer, parameters):
    def closure():
        optimizer.zero_grad()
        loss = loss_of(parameters)
        loss.backward()
        return loss

    return closure


def of_its_kind(kind, points):
    """Those that an optimizer is for."""
    return [p for p in points if p.ndim == 2] if "Muon" in getattr(kind, "__name__", "") else points


def ours(make, dtype, steps=100, observe=lambda optimizer, parameters: None):
    parameters = [Tensor(p, requires_grad=True) for p in of_its_kind(make, start(dtype))]
    optimizer = make(parameters)
    for _ in range(steps):
        optimizer.step(closure_of(optimizer, parameters))
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
    ("Adam", {"lr": 0.01, "weight_decay": 0.3, "decoupled_weight_decay": True}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.4, "maximize": True}),
    ("AdamW", {"lr": 0.01, "betas": (0.9, 0.5), "amsgrad": True}),
    ("Adamax", {}),
    ("Adamax", {"lr": 0.01, "betas": (0.8, 0.9), "eps": 0.1, "weight_decay": 0.1, "maximize": True}),
    ("NAdam", {}),
    ("NAdam", {"lr": 0.01, "betas": (0.8, 0.9), "eps": 0.1, "weight_decay": 0.1, "momentum_decay": 0.1}),
    ("NAdam", {"lr": 0.01, "weight_decay": 0.3, "decoupled_weight_decay": True, "maximize": True}),
    ("RAdam", {}),
    ("RAdam", {"lr": 0.01, "betas": (0.8, 0.9), "eps": 0.1, "weight_decay": 0.1}),
    ("RAdam", {"lr": 0.01, "betas": (0.9, 0.6)}),
    ("RAdam", {"lr": 0.01, "betas": (0.9, 0.3), "weight_decay": 0.3, "decoupled_weight_decay": True}),
    ("RAdam", {"lr": 1e-4, "maximize": True}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5, "eps": 0.1}),
    ("Adagrad", {"lr": 0.1, "maximize": True}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.001, "alpha": 0.8, "eps": 0.1, "weight_decay": 0.1, "momentum": 0.9}),
    ("RMSprop", {"lr": 0.001, "centered": True}),
    ("RMSprop", {"lr": 0.001, "centered": True, "momentum": 0.5, "maximize": True}),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 0.05, "rho": 0.7, "eps": 1e-3, "weight_decay": 0.1, "maximize": True}),
    ("Rprop", {"lr": 0.001}),
    ("Rprop", {"lr": 0.01, "etas": (0.3, 1.1), "step_sizes": (1e-3, 0.02), "maximize": True}),
    ("ASGD", {}),
    ("ASGD", {"lr": 0.05, "lambd": 0.01, "alpha": 0.5, "t0": 20, "weight_decay": 0.1}),
    ("ASGD", {"lr": 1e-4, "maximize": True}),
]


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-6)])
@pytest.mark.parametrize(("name", "settings"), SETTINGS, ids=lambda value: str(value))
def test_a_hundred_steps_lead_where_pytorchs_lead(name, settings, dtype, tolerance, torch_in_doubles):
    theirs = [torch_in_doubles.tensor(p, requires_grad=True) for p in start(dtype)]
    optimizer = getattr(torch_in_doubles.optim, name)(theirs, **settings)
    for _ in range(100):
        optimizer.step(closure_of(optimizer, theirs))
    for a, b in zip(ours(lambda p: getattr(optim, name)(p, **settings), dtype), theirs):
        assert a.dtype == dtype
        np.testing.assert_allclose(a, b.detach().numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(
    ("settings", "calls"),
    [
        ({"lr": 0.01}, 60),
        ({"lr": 0.1, "max_iter": 1, "history_size": 3}, 40),
        ({"line_search_fn": "strong_wolfe"}, 20),
        ({"line_search_fn": "strong_wolfe", "lr": 8.0}, 20),
        ({"line_search_fn": "strong_wolfe", "lr": 1e-3}, 20),
        ({"line_search_fn": "strong_wolfe", "history_size": 2, "max_iter": 3, "max_eval": 7}, 20),
        ({"line_search_fn": "strong_wolfe", "max_eval": 3}, 20),
    ],
    ids=str,
)
def test_lbfgs_looks_at_the_points_that_pytorchs_looks_at(settings, calls):
    """In doubles, and while it is far from the minimum: it divides differences of gradients by each other, which amplifies rounding."""
    torch = pytest.importorskip("torch")

    def looked_at(make, point):
        optimizer, seen = make([point], **settings), []

        def closure():
            optimizer.zero_grad()
            x = point
            loss = (100 * (x[1:] - x[:-1] * x[:-1]) * (x[1:] - x[:-1] * x[:-1]) + (1 - x[:-1]) * (1 - x[:-1])).sum()
            loss.backward()
            seen.append([*point.detach().tolist(), loss.item()])
            return loss

        while len(seen) < calls:
            before = len(seen)
            first = optimizer.step(closure)
            assert first.item() == seen[before][-1]
        return np.array(seen[:calls]), point.detach().tolist()

    begin = [-1.2, 1.0, 0.7, -0.4]
    a, end_a = looked_at(optim.LBFGS, Tensor(np.array(begin), requires_grad=True))
    b, end_b = looked_at(torch.optim.LBFGS, torch.tensor(begin, dtype=torch.float64, requires_grad=True))
    np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(end_a, end_b, rtol=1e-8, atol=1e-8)


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


# --- Nesterov's momentum, in both forms ---------------------------------------------------------------------------------


def minibatches(seed):
    rng = np.random.default_rng(seed)
    w = rng.normal(size=3)
    for _ in range(100):
        x = rng.normal(size=(8, 3))
        yield x, x @ w + 0.1 * rng.normal(size=8)


def squared_error(p, x, t):
    return ((x @ p - t) ** 2).mean() / 2


@pytest.mark.parametrize(("mu", "decay"), [(0.5, 0.0), (0.9, 0.0), (0.99, 0.0), (0.9, 0.3)])
def test_the_rewritten_nesterov_steps_through_the_points_where_the_look_ahead_takes_its_gradients(mu, decay):
    lookahead, rewritten = (Tensor(np.ones(3), requires_grad=True) for _ in range(2))
    a = optim.Nesterov([lookahead], lr=0.02, momentum=mu, weight_decay=decay)
    b = optim.SGD([rewritten], lr=0.02, momentum=mu, nesterov=True, weight_decay=decay)
    distance = 0
    for x, t in minibatches(0):
        b.zero_grad()
        squared_error(rewritten, x, t).backward()

        def closure():
            np.testing.assert_allclose(lookahead.tolist(), rewritten.tolist(), rtol=1e-11)
            a.zero_grad()
            loss = squared_error(lookahead, x, t)  # noqa: B023
            loss.backward()
            return loss

        a.step(closure)
        distance = max(distance, np.abs(np.subtract(lookahead.tolist(), rewritten.tolist())).max())
        b.step()
    assert distance > 0.01  # θ itself is elsewhere


def test_weight_decay_of_nesterov_is_a_penalty_whose_gradient_is_taken_ahead_too():
    """The gradient of λ θ² / 2 as part of the loss, and as the optimizer's setting."""
    penalised, decayed = (Tensor(np.ones(3), requires_grad=True) for _ in range(2))
    a, b = optim.Nesterov([penalised], lr=0.02), optim.Nesterov([decayed], lr=0.02, weight_decay=0.3)

    def closure_of(optimizer, p, weight, x, t):
        def closure():
            optimizer.zero_grad()
            (squared_error(p, x, t) + optim.penalty([p], weight)).backward()

        return closure

    for x, t in minibatches(2):
        a.step(closure_of(a, penalised, 0.15, x, t))
        b.step(closure_of(b, decayed, 0.0, x, t))
        np.testing.assert_allclose(penalised.tolist(), decayed.tolist(), rtol=1e-12)


def test_nesterov_is_its_formula_also_where_rates_change():
    p = Tensor(np.ones(3), requires_grad=True)
    optimizer = optim.Nesterov([p], lr=0.02, momentum=0.9)
    theta, v = np.ones(3), np.zeros(3)
    for k, (x, t) in enumerate(minibatches(1)):
        lr, mu = 0.02 / (1 + k), min(0.9, k / 10)
        optimizer.param_groups[0].update(lr=lr, momentum=mu)

        def closure():
            optimizer.zero_grad()
            squared_error(p, x, t).backward()  # noqa: B023 - called at once

        optimizer.step(closure)
        v = mu * v - lr * (x.T @ (x @ (theta + mu * v) - t) / 8)
        theta = theta + v
        np.testing.assert_allclose(p.tolist(), theta, rtol=1e-12)


def test_a_line_search_turns_back_where_the_loss_is_nan():
    """x - log x, whose minimum is at 1, from steps so long that they lead below 0."""
    x = Tensor([5.0, 0.2], requires_grad=True, dtype=np.float64)
    optimizer = optim.LBFGS([x], lr=20.0, line_search_fn="strong_wolfe")
    points = []

    def closure():
        points.append(x.numpy().copy())
        optimizer.zero_grad()
        with np.errstate(invalid="ignore"):
            loss = (x - np.log(x)).sum()
        loss.backward()
        return loss

    for _ in range(3):
        optimizer.step(closure)
    assert np.min(points) < 0
    np.testing.assert_allclose(x.numpy(), 1, rtol=1e-6)


def test_a_closure_of_lbfgs_that_returns_no_loss_is_told():
    x = Tensor([5.0], requires_grad=True)
    with pytest.raises(TypeError, match="the closure returned None; let it end with `return loss`"):
        optim.LBFGS([x]).step(lambda: (x * x).sum().backward())


def test_a_closure_that_fails_leaves_the_parameters_where_they_were():
    p = Tensor(np.ones(3), requires_grad=True)
    optimizer = optim.Nesterov([p], lr=0.1)
    optimizer.step(lambda: (p * p).sum().backward())
    before, velocity = p.tolist(), optimizer.state[p]["velocity"].tolist()
    with pytest.raises(KeyError, match="lost"):
        optimizer.step(lambda: {}["lost"])
    assert (p.tolist(), optimizer.state[p]["velocity"].tolist()) == (before, velocity)


# --- Those that PyTorch does not have, or computes in other dtypes ------------------------------------------------------


def gradients(point):
    """Of `loss_of`, by hand."""
    return [2 * (0.1 + 0.3 * i) * p + 0.2 * p**3 + 0.1 * i for i, p in enumerate(point)]


def by_formula(kind, formula):
    """A hundred steps, each parameter by itself: formula(p, g, memory, t) returns the next p."""
    point = of_its_kind(kind, start(np.float64))
    memories = [{} for _ in point]
    for t in range(1, 101):
        point = [formula(p, g, memory, t) for p, g, memory in zip(point, gradients(point), memories)]
    return point


def lion(p, g, memory, t):
    m = memory.get("m", 0)
    memory["m"] = 0.8 * m + 0.2 * g
    return p - 0.02 * 0.3 * p - 0.02 * np.sign(0.7 * m + 0.3 * g)


def lamb(p, g, memory, t):
    m = memory["m"] = 0.8 * memory.get("m", 0) + 0.2 * g
    v = memory["v"] = 0.9 * memory.get("v", 0) + 0.1 * g**2
    u = m / (1 - 0.8**t) / (np.sqrt(v / (1 - 0.9**t)) + 1e-3) + 0.1 * p
    norm, length = np.linalg.norm(u), np.linalg.norm(p)
    return p - 0.05 * (length / norm if norm and length else 1) * u


def muon(nesterov, scale):
    def formula(p, g, memory, t):
        b = memory["b"] = 0.9 * memory.get("b", 0) + 0.1 * g
        x = 0.1 * g + 0.9 * b if nesterov else b
        if not p.size:
            return p
        u, s, v = np.linalg.svd(x, full_matrices=False)
        s = s / np.linalg.norm(s)
        for _ in range(4):
            s = 3 * s - 4 * s**3 + 2 * s**5  # the iteration acts on singular values alone
        return p * (1 - 0.05 * 0.2) - 0.05 * scale(*p.shape) * (u * s) @ v

    return formula


MUON = {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.2, "ns_coefficients": (3.0, -4.0, 2.0), "ns_steps": 4}


@pytest.mark.parametrize(
    ("name", "settings", "formula"),
    [
        ("Lion", {"lr": 0.02, "betas": (0.7, 0.8), "weight_decay": 0.3}, lion),
        ("LAMB", {"lr": 0.05, "betas": (0.8, 0.9), "eps": 1e-3, "weight_decay": 0.1}, lamb),
        ("Muon", MUON, muon(True, lambda n, m: max(1, n / max(m, 1)) ** 0.5)),
        (
            "Muon",
            {**MUON, "nesterov": False, "adjust_lr_fn": "match_rms_adamw"},
            muon(False, lambda n, m: 0.2 * max(n, m) ** 0.5),
        ),
    ],
)
def test_a_hundred_steps_follow_the_formula(name, settings, formula):
    def make(parameters):
        return getattr(optim, name)(parameters, **settings)

    make.__name__ = name
    for a, b in zip(ours(make, np.float64), by_formula(make, formula), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


def test_lamb_steps_by_its_rate_alone_where_all_is_zero():
    p = Tensor(np.zeros(3), requires_grad=True)
    optimizer = optim.LAMB([p], lr=0.1, eps=0)
    p.sum().backward()
    optimizer.step()
    np.testing.assert_allclose(p.tolist(), [-0.1] * 3)


def test_muon_goes_where_pytorchs_goes_within_the_rounding_of_its_bfloat16(torch_in_doubles):
    rng = np.random.default_rng(0)
    begin = rng.normal(size=(6, 4))

    def run(make, p):
        optimizer = make([p], lr=0.02)
        for _ in range(10):
            optimizer.step(closure_of(optimizer, [p]))
        return np.array(p.detach().tolist())

    a = run(optim.Muon, Tensor(begin, requires_grad=True))
    b = run(torch_in_doubles.optim.Muon, torch_in_doubles.tensor(begin, requires_grad=True))
    assert np.abs(a - begin).max() > 0.1
    np.testing.assert_allclose(a, b, atol=0.01)


# --- However it is arranged -------------------------------------------------------------------------------------------

EVERY = [
    value
    for _, value in inspect.getmembers(optim, inspect.isclass)
    if issubclass(value, optim.Optimizer) and value is not optim.Optimizer
]


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
    parameters = [Tensor(p, requires_grad=True) for p in of_its_kind(kind, start(np.float64))]
    optimizer = kind(parameters)
    seen = []

    def closure():
        loss = closure_of(optimizer, parameters)()
        seen[:] = [(p.grad.numpy(), p.grad.numpy().copy()) for p in parameters]
        return loss

    optimizer.step(closure)
    for g, before in seen:
        np.testing.assert_array_equal(g, before)


def test_small_parameters_share_one_update_and_large_ones_are_cut(monkeypatch):
    sizes = []

    class Counted(optim.SGD):
        def update(self, p, g, state, *, lr, first):
            sizes.append(p.size)
            p -= lr * g

    monkeypatch.setattr(module, "PIECE", 8000)
    ours(Counted, np.float32, steps=1)
    assert sorted(sizes) == [12 + 1 + 5 + 4 + 0 + 4, 7500, 7500, 7500, 7500]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", [kind for kind in EVERY if getattr(kind, "fading", ())])
def test_what_fades_where_gradients_are_0_becomes_0_before_it_is_so_small_that_it_is_slow(kind, dtype, monkeypatch):
    options = {optim.RMSprop: {"momentum": 0.9, "centered": True, "alpha": 0.9}, optim.SGD: {"momentum": 0.9}}
    tiny = np.finfo(
        dtype
    ).tiny  # numbers below it there are, with fewer digits; arithmetic with them takes many times as long
    for joined in (0, 10**9):
        arranged(monkeypatch, joined, 10**9)
        parameters = [Tensor(np.ones(n, dtype), requires_grad=True) for n in (3, 2)]
        optimizer = kind(parameters, **options.get(kind, {}))
        sum(p.sum() for p in parameters).backward()
        optimizer.step(lambda: None)
        begin = tiny / dtype(0.9) ** 40
        for p in parameters:
            for name in kind.fading:
                optimizer.state[p][name].numpy()[...] = begin
        for step in range(200):
            for p in parameters:
                p.grad = Tensor(np.zeros(p.shape, dtype))
            optimizer.step(lambda: None)
            for p in parameters:
                for name in kind.fading:
                    kept = optimizer.state[p][name].numpy()
                    assert ((kept == 0) | (kept >= tiny)).all(), (step, name)
        assert all((optimizer.state[p][name].numpy() == 0).all() for p in parameters for name in kind.fading)
