"""The base of optimizers: parameters and groups, what users do between steps, saving and loading, refusals."""

import copy
import pickle

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor
from optim import optimizer as module


def parameters(dtype=np.float64):
    rng = np.random.default_rng(0)
    return [Tensor(rng.normal(size=shape).astype(dtype), requires_grad=True) for shape in [(2, 3), (3,), (), (4,)]]


def loss_of(params):
    return sum(((i + 1) * p * p).sum() for i, p in enumerate(params))


def train(optimizer, params, steps=1):
    for _ in range(steps):
        optimizer.zero_grad()
        loss_of(params).backward()
        optimizer.step()
    return [p.detach().numpy().copy() for p in params]


def simple(params, lr):
    """What plain descent does to `loss_of`."""
    return [p - lr * 2 * (i + 1) * p for i, p in enumerate(params)]


def values(params):
    return [p.detach().numpy().copy() for p in params]


def assert_same(a, b, **tolerance):
    for x, y in zip(a, b, strict=True):
        np.testing.assert_allclose(x, y, **({"rtol": 1e-13, "atol": 0} | tolerance))


def joints(optimizer):
    return [len(joint.slots) for plan in optimizer._plans.values() for joint in plan.joints]


# --- What users do between steps --------------------------------------------------------------------------------------


def test_parameters_are_joined_and_stay_the_same_objects():
    params = parameters()
    optimizer = optim.SGD(params, lr=0.1)
    expected = simple(values(params), 0.1)
    assert_same(train(optimizer, params), expected)
    assert joints(optimizer) == [4]
    assert [p.shape for p in params] == [(2, 3), (3,), (), (4,)]
    assert all(p.is_leaf and p.requires_grad and p.numpy().flags.writeable for p in params)


def test_arrays_that_were_taken_before_the_first_step_see_the_updates():
    params = parameters()
    views = [params[0].numpy(), params[1].detach(), params[3].numpy()[1:]]
    expected = train(optim.Adam(params, lr=0.1), params, 3)
    assert_same([views[0], views[1].numpy(), views[2]], [expected[0], expected[1], expected[3][1:]])


def test_arrays_that_were_taken_after_a_step_see_the_updates():
    params = parameters()
    optimizer = optim.Adam(params, lr=0.1)
    train(optimizer, params)
    views = [p.detach() for p in params]
    assert_same(train(optimizer, params, 2), [view.numpy() for view in views])
    assert joints(optimizer) == [4]


@pytest.mark.parametrize("hold", [False, True])
def test_new_values_assigned_between_steps_are_those_that_are_updated(hold):
    params = parameters()
    optimizer = optim.SGD(params, lr=0.1)
    train(optimizer, params)
    for _ in range(3):
        fresh = np.full(3, 7.0)
        params[1].data = fresh
        if not hold:
            del fresh
        params[0].data = params[0].detach().numpy() * 2
        before = values(params)
        assert_same(before[1:2], [np.full(3, 7.0)])
        assert_same(train(optimizer, params), simple(before, 0.1))
        if hold:
            assert_same([fresh], values(params[1:2]))
        else:
            assert joints(optimizer) == [2, 2]


def test_values_written_in_place_between_steps_are_those_that_are_updated():
    params = parameters()
    optimizer = optim.SGD(params, lr=0.1)
    train(optimizer, params)
    params[0].numpy()[:] = 3.0
    params[2].numpy()[...] = 5.0
    assert_same(
        train(optimizer, params),
        simple([np.full((2, 3), 3.0), values(params[1:2])[0] / 0.6, np.array(5.0), values(params[3:])[0] / 0.2], 0.1),
    )


def test_a_loaded_model_is_what_is_trained_further():
    model, other = nn.MLP([2, 3, 1]).double(), nn.MLP([2, 3, 1]).double()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    params = list(model.parameters())
    train(optimizer, params)
    model.load_state_dict(other.state_dict())
    assert_same(train(optimizer, params), simple(values(other.parameters()), 0.1))
    assert joints(optimizer) == [4]


def test_a_parameter_without_a_gradient_is_left_alone_and_has_no_step_counted():
    params, alone = parameters(), parameters()
    optimizer, reference = optim.Adam(params, lr=0.1), [optim.Adam([p], lr=0.1) for p in alone]
    for step in range(12):
        used = [i for i in range(4) if (step >> i) % 2 == 0]
        optimizer.zero_grad()
        loss_of([params[i] for i in used]).backward()
        optimizer.step()
        loss = loss_of([alone[i] for i in used])
        for one in reference:
            one.zero_grad()
        loss.backward()
        for one in reference:
            one.step()
        assert_same(values(params), values(alone))
    assert [optimizer.state[p]["step"] for p in params] == [one.state[p]["step"] for p, one in zip(alone, reference)]


def test_freezing_and_thawing_a_parameter():
    params = parameters()
    optimizer = optim.Adam(params, lr=0.1)
    train(optimizer, params, 2)
    params[0].requires_grad_(False)
    before = values(params)
    after = train(optimizer, params, 2)
    assert_same(before[:1], after[:1])
    assert not any(np.array_equal(a, b) for a, b in zip(before[1:], after[1:]))
    params[0].requires_grad_(True)
    assert not np.array_equal(train(optimizer, params)[0], after[0])
    assert [optimizer.state[p]["step"] for p in params] == [3, 5, 5, 5]


def test_layers_thawed_later_are_joined_among_themselves():
    params = parameters()
    for p in params[:2]:
        p.requires_grad_(False)
    optimizer = optim.Adam(params, lr=0.1)
    train(optimizer, params, 2)
    for p in params[:2]:
        p.requires_grad_(True)
    train(optimizer, params, 2)
    assert sorted(joints(optimizer)) == [2, 2]
    assert [optimizer.state[p]["step"] for p in params] == [2, 2, 4, 4]


def test_parameters_of_two_dtypes_keep_theirs():
    params = [*parameters(np.float32), *parameters(np.float64)]
    optimizer = optim.Adam(params, lr=np.float64(0.1))
    train(optimizer, params, 3)
    assert [p.dtype for p in params] == [np.float32] * 4 + [np.float64] * 4
    assert joints(optimizer) == [4, 4]
    np.testing.assert_allclose(params[0].tolist(), params[4].tolist(), rtol=1e-5)


def test_a_model_changed_to_another_dtype_is_trained_in_it():
    model = nn.MLP([2, 3, 1])
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    params = list(model.parameters())
    train(optimizer, params, 2)
    model.double()
    train(optimizer, params, 2)
    assert {p.dtype for p in params} == {np.dtype(np.float64)}
    assert {optimizer.state[p]["exp_avg"].dtype for p in params} == {np.dtype(np.float64)}
    assert [optimizer.state[p]["step"] for p in params] == [4] * 4


def test_parameters_that_seldom_have_gradients_together_are_no_longer_joined():
    params = parameters()
    optimizer = optim.SGD(params, lr=0.01)
    for _ in range(module.DISRUPTIONS + 1):
        train(optimizer, params)
        assert joints(optimizer) == [4]
        train(optimizer, params[1:])
    before = values(params)
    assert_same(train(optimizer, params), simple(before, 0.01))
    assert joints(optimizer) == []


def test_a_parameter_changed_to_another_dtype_while_it_has_no_gradient_is_followed():
    params = parameters(np.float32)
    optimizer = optim.Adam(params, lr=0.1)
    train(optimizer, params)
    for p in params:
        p.grad = None
        p.data = p.detach().numpy().astype(np.float64)
    loss_of(params[:1]).backward()
    optimizer.step()
    train(optimizer, params, 2)
    assert {state["exp_avg"].dtype for state in optimizer.state.values()} == {np.dtype(np.float64)}


def test_several_joints_may_come_apart_at_once():
    params = [*parameters(np.float32), *parameters(np.float64)]
    optimizer = optim.SGD(params, lr=0.1)
    train(optimizer, params)
    assert joints(optimizer) == [4, 4]
    before = values(params)
    train(optimizer, params[1:7])
    after = values(params)
    assert_same([after[0], after[7]], [before[0], before[7]])
    assert_same(after[1:7], simple(before[1:7], 0.1), rtol=1e-6)


def test_a_parameter_of_another_shape_is_refused():
    params = parameters()
    optimizer = optim.Adam(params, lr=0.1)
    train(optimizer, params)
    params[1].data = np.ones(5)
    with pytest.raises(
        ValueError, match=r"had shape \(3,\) at its first update and has \(5,\) now.*make a new optimizer"
    ):
        train(optimizer, params)


@pytest.mark.parametrize("lr", [np.float64(0.1), np.array(0.1), Tensor(0.1), 0.1])
def test_settings_are_weak_numbers_wherever_they_come_from(lr):
    seen = []

    class Watched(optim.Optimizer):
        def update(self, p, g, state, *, lr, pair):
            seen.extend([type(lr), *map(type, pair)])
            p -= lr * g

    p = Tensor(np.ones(2, np.float32), requires_grad=True)
    optimizer = Watched([p], {"lr": lr, "pair": (np.float32(1), 2)})
    p.sum().backward()
    optimizer.step()
    assert seen == [float, float, int]


def test_a_setting_switched_on_later_acts_from_then_on():
    params, reference = parameters(), parameters()
    optimizer = optim.SGD(params, lr=0.1)
    train(optimizer, params)
    optimizer.param_groups[0].update(momentum=0.5)
    train(optimizer, params, 2)
    theta = simple(values(reference), 0.1)
    v = [np.zeros_like(p) for p in theta]
    for _ in range(2):
        v = [0.5 * b + 2 * (i + 1) * p for i, (b, p) in enumerate(zip(v, theta))]
        theta = [p - 0.1 * b for p, b in zip(theta, v)]
    assert_same(values(params), theta)


def test_two_optimizers_may_change_the_same_parameters():
    params, reference = parameters(), parameters()
    first, second = optim.SGD(params, lr=0.1), optim.Adam(params[::-1], lr=0.1)
    alone = [[optim.SGD([p], lr=0.1) for p in reference], [optim.Adam([p], lr=0.1) for p in reference]]
    for turn in range(6):
        train((first, second)[turn % 2], params)
        for p in reference:
            p.grad = None
        loss_of(reference).backward()
        for one in alone[turn % 2]:
            one.step()
        assert_same(values(params), values(reference))


def test_an_optimizer_made_anew_joins_the_same_parameters_where_they_are():
    params = parameters()
    train(optim.SGD(params, lr=0.1), params)
    places = [p.numpy().ctypes.data for p in params]
    optimizer = optim.Adam(params, lr=0.1)
    train(optimizer, params)
    assert joints(optimizer) == [4]
    assert [p.numpy().ctypes.data for p in params] == places


def test_parameters_that_are_parts_of_an_array_of_the_users_are_updated_there():
    theta, params = np.linspace(1, 2, 20), parameters()
    places = [slice(0, 6), slice(6, 9), slice(10, 11), slice(16, 20)]  # the first two are neighbours
    for p, place in zip(params, places):
        p.data = theta[place].reshape(p.shape)
    expected = simple(values(params), 0.1)
    optimizer = optim.SGD(params, lr=0.1)
    train(optimizer, params)
    assert_same([theta[place].reshape(p.shape) for p, place in zip(params, places)], expected)
    assert joints(optimizer) == [2]
    assert_same([theta[9:10], theta[11:16]], [np.linspace(1, 2, 20)[9:10], np.linspace(1, 2, 20)[11:16]])


def test_copies_of_model_and_optimizer_go_their_own_way():
    model = nn.MLP([2, 3, 1]).double()
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    train(optimizer, list(model.parameters()), 2)
    for copied in (copy.deepcopy, lambda both: pickle.loads(pickle.dumps(both))):
        twin, twins = copied((model, optimizer))
        before = values(model.parameters())
        assert_same(values(twin.parameters()), before)
        ahead = train(twins, list(twin.parameters()), 2)
        assert_same(values(model.parameters()), before)
        assert twins.param_groups[0]["params"][0] is next(iter(twin.parameters()))
    assert_same(train(optimizer, list(model.parameters()), 2), ahead)


def test_a_shared_parameter_is_updated_once():
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3)).double()
    model[1].weight = model[0].weight
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    start = model[0].weight.detach().numpy().copy()
    model(np.ones((1, 3))).sum().backward()
    optimizer.step()
    np.testing.assert_allclose(model[1].weight.numpy(), start - 0.1 * model[0].weight.grad.numpy())
    assert model[1].weight is model[0].weight


def test_arrays_in_any_memory_order_are_updated(monkeypatch):
    for joined, piece in [(10**9, 10**9), (0, 2)]:
        monkeypatch.setattr(module, "JOINED", joined)
        monkeypatch.setattr(module, "PIECE", piece)
        params = parameters()
        params[0].data = np.asfortranarray(params[0].detach().numpy())
        params[1].data = np.repeat(params[1].detach().numpy(), 2)[::2]
        expected = simple(values(params), 0.1)
        assert_same(train(optim.SGD(params, lr=0.1), params), expected)


def test_a_changed_list_of_parameters_is_followed():
    params = parameters()
    optimizer = optim.SGD(params, lr=0.1)
    train(optimizer, params)
    fresh = Tensor(np.ones(3), requires_grad=True)
    optimizer.param_groups[0]["params"][1] = fresh
    left, before = values(params[1:2]), values([fresh])
    train(optimizer, [params[0], fresh, *params[2:]])
    assert params[1] not in optimizer.state
    assert_same(values(params[1:2]), left)
    assert_same(values([fresh]), [before[0] - 0.1 * 4 * before[0]])


@pytest.mark.parametrize("joined", [True, False])
def test_backward_through_values_that_a_step_has_changed_is_refused(joined):
    model = nn.MLP([2, 3, 1])
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    held = None if joined else [p.detach() for p in model.parameters()]
    for _ in range(3):
        loss = model(np.ones((4, 2), np.float32)).sum()
        loss.backward()
        optimizer.step()
        assert joints(optimizer) == ([4] if held is None else [])
        loss = model(np.ones((4, 2), np.float32)).sum()
        optimizer.step()
        with pytest.raises(RuntimeError, match=r"changed in place .* by an optimizer's step.*Call backward\(\) before"):
            loss.backward()


def test_zero_grad_forgets_or_fills():
    params = parameters()
    optimizer = optim.SGD(params[:3], lr=0.1)
    loss_of(params).backward()
    optimizer.zero_grad(set_to_none=False)
    assert params[0].grad.tolist() == [[0.0] * 3] * 2
    optimizer.zero_grad()
    assert [p.grad is None for p in params] == [True, True, True, False]


def test_a_closure_is_called_with_recording_on_and_its_loss_returned():
    params = parameters()
    optimizer = optim.SGD(params, lr=0.1)
    expected = simple(values(params), 0.1)

    def closure():
        optimizer.zero_grad()
        loss = loss_of(params)
        loss.backward()
        return loss

    with autograd.no_grad():
        loss = optimizer.step(closure)
    assert_same(values(params), expected)
    assert isinstance(loss, Tensor)
    assert optim.SGD(params, lr=0.1).step() is None


# --- Groups -----------------------------------------------------------------------------------------------------------


def test_groups_have_their_own_settings_and_the_defaults_for_the_rest():
    params = parameters()
    optimizer = optim.SGD(
        [{"params": params[:2]}, {"params": params[2:3], "lr": 0.0, "note": "kept"}], lr=0.1, momentum=0.5
    )
    optimizer.add_param_group({"params": params[3], "lr": 0.2})
    expected = [*simple(values(params), 0.1)[:2], values(params)[2], simple(values(params), 0.2)[3]]
    assert_same(train(optimizer, params), expected)
    assert [group["momentum"] for group in optimizer.param_groups] == [0.5] * 3
    assert optimizer.param_groups[1]["note"] == "kept"


def test_named_parameters_keep_their_names():
    model = nn.Linear(2, 1)
    optimizer = optim.SGD(model.named_parameters(), lr=0.1)
    optimizer.add_param_group({"params": [("other", Tensor([1.0], requires_grad=True))]})
    assert [group["param_names"] for group in optimizer.state_dict()["param_groups"]] == [["weight", "bias"], ["other"]]
    assert optimizer.param_groups[0]["params"] == [model.weight, model.bias]


def test_printing_shows_the_groups():
    assert (
        repr(optim.Momentum(parameters(), lr=0.1))
        == "Momentum (\nParameter Group 0\n    lr: 0.1\n    maximize: False\n"
        "    momentum: 0.9\n    weight_decay: 0.0\n)"
    )


# --- An optimizer of one's own ----------------------------------------------------------------------------------------


def test_an_optimizer_is_two_methods_and_one_that_is_not_elementwise_sees_whole_parameters(monkeypatch):
    monkeypatch.setattr(module, "PIECE", 2)
    shapes = []

    class Normalised(optim.Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        def start(self, p):
            return {"total": 0.0}

        def update(self, p, g, state, *, lr, step):
            shapes.append(p.shape)
            state["total"] += float(np.sqrt((g * g).sum()))
            p -= lr * g / np.sqrt((g * g).sum())

    params = parameters()
    before = values(params)
    optimizer = Normalised(params, 0.5)
    after = train(optimizer, params)
    assert shapes == [(2, 3), (3,), (), (4,)]
    assert_same([np.sqrt(((a - b) ** 2).sum()) for a, b in zip(before, after)], [0.5] * 4, rtol=1e-12)
    state = optimizer.state_dict()["state"]
    assert state[0]["step"] == 1
    twin = Normalised(params, 0.5)
    twin.load_state_dict(state_dict := optimizer.state_dict())
    assert twin.state_dict()["state"][0]["total"] == state_dict["state"][0]["total"]


def test_state_that_update_replaces_is_kept_joined_and_cut(monkeypatch):
    class Rebinding(optim.Momentum):
        def update(self, p, g, state, *, lr, momentum):
            state["velocity"] = momentum * state["velocity"] - lr * g
            p += state["velocity"]

    for piece in (10**9, 2):
        monkeypatch.setattr(module, "PIECE", piece)
        a, b = parameters(), parameters()
        one, two = Rebinding(a, lr=0.1), optim.Momentum(b, lr=0.1)
        assert_same(train(one, a, 3), train(two, b, 3))
        assert_same([one.state[p]["velocity"].numpy() for p in a], [two.state[p]["velocity"].numpy() for p in b])


def test_mistakes_in_an_optimizer_of_ones_own_are_named():
    class Unknown(optim.Optimizer):
        def update(self, p, g, state, *, rate): ...

    class Misshapen(optim.Optimizer):
        elementwise = True

        def start(self, p):
            return {"total": np.zeros(1)}

        def update(self, p, g, state): ...

    class Empty(optim.Optimizer):
        pass

    class Early(optim.Optimizer):
        def update(self, p, g, lr): ...

    class Returning(optim.Optimizer):
        def update(self, p, g, state, *, lr):
            return p - lr * g

    params = parameters()
    with pytest.raises(TypeError, match=r"'lr' too early; write update\(self, p, g, state, \*, lr\)"):
        Early(params, {"lr": 0.1})
    with pytest.raises(TypeError, match=r"Returning.update returned something, .* write p -= ..., and no return"):
        train(Returning(params, {"lr": 0.1}), params)
    with pytest.raises(TypeError, match=r"Unknown.update asks for 'rate', but the settings are lr"):
        Unknown(params, {"lr": 0.1})
    with pytest.raises(
        ValueError, match=r"of the parameter's shape, \(2, 3\), and 'total' is a ndarray of shape \(1,\)"
    ):
        train(Misshapen(params, {}), params)
    with pytest.raises(NotImplementedError, match=r"has no update\(self, p, g, state"):
        train(Empty(params, {}), params)


# --- Saving and loading -----------------------------------------------------------------------------------------------


def plain(nest):
    """A nest with lists in place of arrays, and its layout with None in their place."""
    if isinstance(nest, dict):
        return {key: plain(value) for key, value in nest.items()}
    if isinstance(nest, list | tuple):
        return [plain(value) for value in nest]
    return nest.tolist() if hasattr(nest, "tolist") else nest


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("SGD", {"momentum": 0.9, "dampening": 0.5}),
        ("SGD", {}),
        ("Adam", {}),
        ("Adam", {"amsgrad": True}),
        ("AdamW", {}),
        ("Adamax", {}),
        ("NAdam", {}),
        ("RAdam", {}),
        ("Adagrad", {}),
        ("RMSprop", {}),
        ("RMSprop", {"momentum": 0.9, "centered": True}),
        ("Adadelta", {}),
        ("Rprop", {}),
        ("ASGD", {"t0": 1}),
    ],
)
def test_saved_state_has_the_layout_of_pytorchs_and_either_loads_it(name, settings, torch_in_doubles):
    torch = torch_in_doubles
    params = parameters()
    theirs = [torch.tensor(p.detach().numpy(), requires_grad=True) for p in params]
    optimizer, other = (
        getattr(optim, name)(params, lr=0.1, **settings),
        getattr(torch.optim, name)(theirs, lr=0.1, **settings),
    )
    for one, its in ((optimizer, params), (other, theirs)):
        for _ in range(3):
            one.zero_grad()
            loss_of(its).backward()
            one.step()
    a, b = optimizer.state_dict(), other.state_dict()
    assert a["state"].keys() == b["state"].keys()
    for i, state in a["state"].items():
        assert state.keys() == {"step"} | {k for k, v in b["state"][i].items() if v is not None}
    assert a["param_groups"][0].items() <= b["param_groups"][0].items()
    fresh = parameters()
    for p, q in zip(fresh, theirs):
        p.data = q.detach().numpy().copy()
    loaded = getattr(optim, name)(fresh)
    loaded.load_state_dict(b)
    theirs = [torch.tensor(p.detach().numpy(), requires_grad=True) for p in params]
    back = getattr(torch.optim, name)(theirs)
    back.load_state_dict(as_torch(optimizer.state_dict(), torch))
    for one, its in ((loaded, fresh), (back, theirs)):
        for _ in range(3):
            one.zero_grad()
            loss_of(its).backward()
            one.step()
    there = train(optimizer, params, 3)
    assert_same(values(fresh), there, rtol=1e-11, atol=1e-14)
    assert_same(values(theirs), there, rtol=1e-11, atol=1e-14)


def as_torch(nest, torch):
    """What a file of Tensors brings to PyTorch."""
    if isinstance(nest, dict):
        return {key: as_torch(value, torch) for key, value in nest.items()}
    if isinstance(nest, list):
        return [as_torch(value, torch) for value in nest]
    return torch.tensor(nest.numpy()) if isinstance(nest, Tensor) else nest


def test_lbfgs_goes_on_from_its_saved_state_and_from_pytorchs(tmp_path, torch_in_doubles):
    torch = torch_in_doubles
    params = parameters()
    theirs = [torch.tensor(p.detach().numpy(), requires_grad=True) for p in params]
    settings = {"line_search_fn": "strong_wolfe", "max_iter": 2, "history_size": 3}
    optimizer, other = optim.LBFGS(params, **settings), torch.optim.LBFGS(theirs, **settings)

    def advance(optimizer, params, steps):
        for _ in range(steps):
            optimizer.step(lambda: (optimizer.zero_grad(), loss := loss_of(params), loss.backward())[1])

    advance(optimizer, params, 2)
    advance(other, theirs, 2)
    autograd.save(optimizer.state_dict(), tmp_path / "state.npz")
    for saved in (autograd.load(tmp_path / "state.npz"), other.state_dict()):
        fresh = [Tensor(p.detach().numpy().copy(), requires_grad=True) for p in params]
        twin = optim.LBFGS(fresh)
        twin.load_state_dict(saved)
        for _ in range(2):
            advance(twin, fresh, 1)
        reference = [torch.tensor(p.detach().numpy(), requires_grad=True) for p in theirs]
        back = torch.optim.LBFGS(reference)
        back.load_state_dict(other.state_dict())
        advance(back, reference, 2)
        assert_same(values(fresh), values(reference), rtol=1e-7, atol=1e-9)


def test_state_is_there_to_be_read_and_changed_in_place():
    params = parameters()
    optimizer = optim.Momentum(params, lr=0.1)
    train(optimizer, params)
    with pytest.raises(TypeError):
        optimizer.state[params[0]] = {}
    with pytest.raises(TypeError):
        optimizer.state[params[0]]["velocity"] = np.zeros((2, 3))
    for p in params:
        optimizer.state[p]["velocity"].numpy()[...] = 0
    before = values(params)
    assert_same(train(optimizer, params), simple(before, 0.1))


def test_loading_copies_and_continues():
    params = parameters()
    optimizer = optim.Adam(params, lr=0.1)
    train(optimizer, params, 3)
    saved = optimizer.state_dict()
    assert np.shares_memory(saved["state"][0]["exp_avg"].numpy(), optimizer.state[params[0]]["exp_avg"].numpy())
    kept = copy.deepcopy(saved)
    twins = [Tensor(p.detach().numpy(), requires_grad=True) for p in params]
    twin = optim.Adam(twins)
    twin.load_state_dict(saved)
    assert twin.param_groups[0]["lr"] == 0.1
    single = optim.Adam(smaller := parameters(np.float32))
    single.load_state_dict(saved)
    assert {single.state[p]["exp_avg"].dtype for p in smaller} == {np.dtype(np.float32)}
    assert_same(train(twin, twins, 3), train(optimizer, params, 3))
    assert plain(kept["state"]) != plain(optimizer.state_dict()["state"])
    assert pickle.loads(pickle.dumps(kept)).keys() == kept.keys()


@pytest.mark.parametrize(
    ("kind", "settings", "name", "off"),
    [
        (optim.SGD, {"momentum": 0.9}, "momentum", 0.0),
        (optim.RMSprop, {"momentum": 0.9, "centered": True}, "centered", False),
        (optim.Adam, {"amsgrad": True}, "amsgrad", False),
    ],
)
def test_the_state_of_a_setting_that_has_been_switched_off_is_loaded_and_kept(kind, settings, name, off):
    params = parameters()
    optimizer = kind(params, lr=0.1, **settings)
    train(optimizer, params, 2)
    optimizer.param_groups[0][name] = off
    train(optimizer, params)
    twins = [Tensor(p.detach().numpy().copy(), requires_grad=True) for p in params]
    twin = kind(twins, lr=0.1, **settings)
    twin.load_state_dict(optimizer.state_dict())
    for value in (off, settings[name]):
        optimizer.param_groups[0][name] = twin.param_groups[0][name] = value
        assert_same(train(twin, twins, 2), train(optimizer, params, 2))


def test_a_run_whose_schedule_has_taken_the_momentum_to_zero_can_be_loaded():
    params = parameters()
    optimizer = optim.SGD(params, lr=0.1, momentum=0.9, nesterov=True)
    schedule = optim.lr_scheduler.LinearDecay(optimizer, 0.0, steps=2, setting="momentum")
    for _ in range(2):
        train(optimizer, params)
        schedule.step()
    twin = optim.SGD(parameters(), lr=0.1, momentum=0.9, nesterov=True)
    twin.load_state_dict(optimizer.state_dict())
    assert twin.param_groups[0]["momentum"] == 0


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda s: s["param_groups"][0]["params"].pop(), r"has groups of \[4\] parameters, the saved one of \[3\]"),
        (
            lambda s: s["param_groups"].append({"params": []}),
            r"has groups of \[4\] parameters, the saved one of \[4, 0\]",
        ),
        (
            lambda s: s["state"][1].update(exp_avg=np.zeros(7)),
            r"'exp_avg' of parameter 1 has shape \(7,\), the parameter \(3,\)",
        ),
        (
            lambda s: s["state"].__setitem__(2, {"momentum_buffer": np.zeros(())}),
            r"parameter 2 has 'momentum_buffer', which is no state of Adam \(exp_avg, exp_avg_sq, max_exp_avg_sq\)",
        ),
        (lambda s: s["param_groups"][0].update(lr=-1), r"lr must not be negative"),
        (lambda s: s.pop("state"), r"with 'state' and 'param_groups'"),
        (lambda s: s["param_groups"][0].pop("params"), r"with 'state' and 'param_groups', a list of .*'params'"),
        (lambda s: s.update(param_groups=3), r"with 'state' and 'param_groups', a list of .*'params'"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(spoil, message):
    params = parameters()
    optimizer = optim.Adam(params, lr=0.1)
    train(optimizer, params)
    before = plain(optimizer.state_dict())
    saved = copy.deepcopy(optimizer.state_dict())
    spoil(saved)
    with pytest.raises(ValueError, match=message):
        optimizer.load_state_dict(saved)
    assert plain(optimizer.state_dict()) == before


# --- Refusals ---------------------------------------------------------------------------------------------------------

X = Tensor([1.0], requires_grad=True)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ([], ValueError, r"SGD got no parameters; write SGD\(model.parameters\(\)"),
        (X, TypeError, r"not a single Tensor; write SGD\(\[p\]"),
        (np.ones(2), TypeError, r"not a single ndarray"),
        ({"params": [X]}, TypeError, r"write SGD\(\[group\]"),
        ([X, np.ones(2)], TypeError, r"parameters are Tensors, and number 1 is a ndarray of shape \(2,\)"),
        (
            [("weight", X), Tensor([2.0], requires_grad=True)],
            ValueError,
            "some parameters have names and some have none",
        ),
        (
            [X, X * 2],
            ValueError,
            r"parameter 1, of shape \(1,\), is not a leaf but the result of multiply.*p.detach\(\).requires_grad_\(\)",
        ),
        ([X, X], ValueError, r"parameter 1, of shape \(1,\), is listed twice"),
        ([{"params": [X]}, {"params": X}], ValueError, "is listed twice, in one group or in two"),
        ([{"params": {X}}], TypeError, "give a list, not a set"),
        ([{"parameters": [X]}], TypeError, r"such as \{'params': \[...\], 'lr': 0.1\}, not one with 'parameters'"),
        ([{"params": [X]}, X], TypeError, "a group is a mapping"),
    ],
)
def test_what_are_no_parameters_is_refused(params, error, message):
    with pytest.raises(error, match=message):
        optim.SGD(params, lr=0.1)


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        (optim.SGD, {"lr": -0.1}, "SGD: lr must not be negative, and is -0.1"),
        (optim.SGD, {"lr": float("nan")}, "lr must not be negative, and is nan"),
        (optim.SGD, {"momentum": -1}, "momentum must not be negative"),
        (optim.SGD, {"weight_decay": -1}, "weight_decay must not be negative"),
        (optim.SGD, {"nesterov": True}, "write momentum=0.9, nesterov=True, and found momentum=0.0, dampening=0.0"),
        (optim.SGD, {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "and no dampening"),
        (optim.Adam, {"betas": (0.9, 1.0)}, r"betas are two numbers in \[0, 1\).*not \(0.9, 1.0\)"),
        (optim.Adam, {"betas": (0.9,)}, "betas are two numbers"),
        (optim.Adam, {"betas": 0.9}, r"betas are two numbers.*not 0.9"),
        (optim.Adam, {"eps": -1}, "eps must not be negative"),
        (optim.Momentum, {"lr": -1}, "Momentum: lr must not be negative"),
        (optim.AdamW, {"weight_decay": -1}, "AdamW: weight_decay must not be negative"),
        (optim.Lion, {"betas": (1, 0)}, "Lion: betas are two numbers"),
        (optim.NAdam, {"momentum_decay": -1}, "NAdam: momentum_decay must not be negative"),
        (optim.Adagrad, {"initial_accumulator_value": -1}, "initial_accumulator_value must not be negative"),
        (optim.RMSprop, {"alpha": -1}, "RMSprop: alpha must not be negative"),
        (optim.Adadelta, {"rho": 1.5}, "rho is a number from 0 to 1, such as 0.9, and not 1.5"),
        (
            optim.Rprop,
            {"etas": (1.2, 0.5)},
            r"etas are two numbers, one between 0 and 1 and one above 1, and not \(1.2",
        ),
        (optim.Rprop, {"step_sizes": (1, 0.5)}, "step_sizes are the least and the largest step"),
        (optim.ASGD, {"t0": -1}, "ASGD: t0 must not be negative"),
        (optim.Muon, {}, r"one parameter has shape \(1,\); give it those with p.ndim == 2 and the rest to .* AdamW"),
        (optim.LBFGS, {"line_search_fn": "wolfe"}, "line_search_fn is 'strong_wolfe' or None, and not 'wolfe'"),
        (optim.LBFGS, {"max_iter": 0}, "max_iter is a whole number, 1 or more, and not 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(kind, settings, message):
    with pytest.raises(ValueError, match=message):
        kind([X], **settings)


def test_a_refused_group_is_not_added():
    optimizer = optim.SGD([X], lr=0.1)
    with pytest.raises(ValueError, match="lr must not be negative"):
        optimizer.add_param_group({"params": [Tensor([1.0], requires_grad=True)], "lr": -1})
    assert len(optimizer.param_groups) == 1


def test_a_parameter_in_read_only_memory_is_refused():
    array = np.ones(3)
    p = Tensor([0.0], requires_grad=True, dtype=np.float64)
    p.data = np.broadcast_to(array, (2, 3))
    p.grad = Tensor(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"read-only memory; write p.data = p.numpy\(\).copy\(\)"):
        optim.SGD([p], lr=0.1).step()


def test_what_is_no_list_of_parameters_says_what_to_write():
    model = nn.Linear(2, 3)
    for given in (model, [model], [{"params": model}]):
        with pytest.raises(TypeError, match=r"SGD.* Linear.*write model\.parameters\(\)"):
            optim.SGD(given, lr=0.1)
    for given in (5, [{"params": 5}]):
        with pytest.raises(TypeError, match=r"SGD takes a list of parameters, such as model\.parameters\(\)"):
            optim.SGD(given, lr=0.1)


@pytest.mark.parametrize("value", ["a", None, [0.1]])
def test_a_setting_that_is_no_number_is_named(value):
    for name in ("lr", "momentum"):
        with pytest.raises(TypeError, match=f"SGD: {name} is a number, such as 0.1, and not "):
            optim.SGD(nn.Linear(2, 3).parameters(), **{"lr": 0.1, name: value})
    for value in (np.float32(0.1), Tensor(0.1), 1, np.array(0.1)):
        optim.SGD(nn.Linear(2, 3).parameters(), lr=value)
