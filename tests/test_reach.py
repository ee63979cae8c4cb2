"""Arrays that the user can reach: `test_laws.py` has the law, here is what it cannot see."""

import gc

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor, from_numpy, graph, reach

CHANGED = r"backward through multiply \(at .*\): an array that it used was changed in place .* a = x.numpy\(\).copy\(\)"


def square_sum(x):
    return np.sum(x * x)


@pytest.mark.parametrize("hand_out", [
    lambda x: x.numpy(),
    lambda x: x.detach().numpy(),
    lambda x: x.data.numpy(),
    lambda x: np.asarray(x.detach()),
    pytest.param(
        lambda x: np.from_dlpack(x.detach()),
        marks=pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.1.0", reason="gives read-only arrays"),
    ),
    lambda x: x.detach().reshape(-1)[1:].numpy(),
])  # fmt: skip
def test_what_is_handed_out_after_its_use_and_changed_is_an_error(hand_out):
    x = Tensor([[1.0, 2.0]], requires_grad=True)
    y = square_sum(x)
    array = hand_out(x)
    array[..., 0] = 5
    with pytest.raises(RuntimeError, match=CHANGED):
        y.backward()
    assert x.grad is None
    square_sum(x).backward()
    assert x.grad.tolist() == (2 * x).tolist()


def test_what_is_handed_out_and_only_read_is_no_error():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = np.exp(x)
    loss = square_sum(y)
    x.numpy(), y.numpy(), loss.numpy()
    loss.backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * np.exp([2.0, 4.0]), rtol=1e-6)


def test_an_array_that_a_tensor_was_made_on_may_be_changed_after_its_use():
    batch, w = np.array([1.0, 2.0]), Tensor([1.0, 1.0], requires_grad=True, dtype=float)
    loss = np.sum(from_numpy(batch) * w)
    batch[:] = 0
    loss.backward()
    assert w.grad.tolist() == [1, 2]
    w.data = values = np.array([3.0, 4.0])
    loss = square_sum(w)
    values[:] = 0
    w.grad = None
    loss.backward()
    assert w.grad.tolist() == [6, 8]


def test_the_argument_of_a_transform_may_be_changed_after_its_use():
    x = np.array([1.0, 2.0])
    _, pull = autograd.vjp(lambda x: x * x, x)
    x[:] = 0
    assert pull(np.ones(2)).tolist() == [2, 4]


def test_of_a_large_array_no_copy_is_kept_but_a_change_is_seen(monkeypatch):
    monkeypatch.setattr(reach, "COPIED", 100)
    x = Tensor(np.ones(1000), requires_grad=True)
    array = x.numpy()
    for change in (False, True):
        y = x * x
        assert all(saved is array for saved in y.node.saved)
        array[-1] += change
        if change:
            with pytest.raises(RuntimeError, match=CHANGED):
                y.backward(np.ones(1000))
        else:
            y.backward(np.ones(1000))


def test_memory_is_known_as_long_as_it_lives():
    gc.collect()
    before = len(reach.handed)
    x = Tensor([1.0, 2.0], requires_grad=True)
    x.numpy(), x.detach().numpy()[1:]
    assert len(reach.handed) == before + 1
    del x
    assert len(reach.handed) == before


def test_what_nobody_else_holds_is_handed_out_without_a_fingerprint():
    """So that reading predictions between forward and backward costs next to nothing."""
    x = Tensor([[1.0, 2.0]], requires_grad=True)
    x.numpy()
    assert reach.handed[id(x.numpy())].fingerprint is None
    y = x + 1
    view = y.T.detach()
    del y
    array = view.numpy()
    assert reach.handed[id(reach.owner(array))].fingerprint is None
    z = np.exp(x)
    assert reach.handed[id(z.numpy())].fingerprint is not None


@pytest.mark.parametrize("size", [0, 1, 7, 8, 63, 64, 5000])
def test_a_fingerprint_depends_on_every_byte_and_its_place(size):
    data = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
    first = reach.fingerprint(data)
    assert first == reach.fingerprint(data.copy())
    seen = {first}
    for i in range(size):
        for bit in (1, 128):
            data[i] ^= bit
            seen.add(reach.fingerprint(data))
            data[i] ^= bit
    assert len(seen) == 2 * size + 1
    if size > 8:
        assert len({reach.fingerprint(np.roll(data, shift)) for shift in range(size)}) == size


def test_a_fingerprint_sees_two_signs_turned_and_two_rows_exchanged():
    data = np.random.default_rng(0).normal(size=(6, 4))
    turned = [
        data * np.where(np.isin(np.arange(24), pair), -1, 1).reshape(6, 4) for pair in ([0, 1], [3, 20], [22, 23])
    ]
    labels = np.eye(6)
    prints = {
        reach.fingerprint(x) for x in (data, *turned, data[::-1], labels, labels[[1, 0, 2, 3, 4, 5]], labels[::-1])
    }
    assert len(prints) == 8


@pytest.mark.parametrize("view", [
    lambda w: w.T, lambda w: w.reshape(2, 2), lambda w: w[:2], lambda w: w.detach(), lambda w: w, lambda w: w.T.detach()[:, :],
])  # fmt: skip
def test_a_step_of_an_optimizer_is_seen_through_views(view):
    w, x = Tensor(np.ones((2, 2)), requires_grad=True), Tensor([1.0, 2.0], requires_grad=True, dtype=float)
    y = np.sum(x * view(w))
    w.grad = Tensor(np.ones((2, 2)))
    optim.SGD([w], lr=1.0).step()
    with pytest.raises(
        RuntimeError, match=r"backward through multiply \(at .*test_reach\.py:\d+\): .* by an optimizer's step"
    ):
        y.backward()
    assert x.grad is None


def test_values_that_layers_set_are_seen_too():
    layer, x = nn.Linear(2, 2), Tensor([[1.0, 2.0]], requires_grad=True)
    y = np.sum(x @ layer.weight.T)
    layer.load_state_dict(nn.Linear(2, 2).state_dict())
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


def test_a_hook_that_changes_what_is_still_needed_is_seen():
    x, w = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=1.0)
    w.grad = Tensor([1.0, 1.0])
    h = x * w
    h.register_hook(lambda g: optimizer.step())
    with pytest.raises(RuntimeError, match="backward through multiply"):
        h.sum().backward()


def test_parameters_are_not_handed_out_by_the_library_itself():
    """Each operation would copy what it saves of them."""
    gc.collect()
    before = len(reach.handed)
    model = nn.Sequential(nn.Linear(3, 40), nn.Tanh(), nn.Linear(40, 2))
    optimizer = optim.Adam(model.parameters())
    for _ in range(2):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(Tensor(np.ones((4, 3), np.float32))), Tensor([0, 1, 1, 0])).backward()
        optimizer.step()
    model.double()
    assert model.state_dict().keys()
    assert optimizer.state_dict()["state"]
    assert len(reach.handed) == before


class MaskedLinear(nn.Linear):
    """As in PixelCNN and MADE: the weight is masked in place in each forward pass."""

    def forward(self, x):
        self.weight.data *= np.tri(*self.weight.shape, dtype=np.float32)
        return super().forward(x)


def test_a_write_to_one_parameter_is_none_to_those_that_an_optimizer_keeps_beside_it():
    x = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)

    def run(step):
        autograd.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 3), nn.LayerNorm(3), MaskedLinear(3, 3), nn.Linear(3, 1))
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            model(x).pow(2).mean().backward()
            step(optimizer, model)
        return model

    def by_hand(optimizer, model):
        for p in model.parameters():
            p.data = p.data - 0.1 * p.grad  # in memory of its own

    for ours, expected in zip(run(lambda optimizer, model: optimizer.step()).parameters(), run(by_hand).parameters()):
        np.testing.assert_allclose(ours.detach(), expected.detach(), rtol=1e-6)


def test_a_write_to_a_parameter_itself_is_an_error_beside_others_too():
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 1))
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model(np.ones((1, 3))).sum().backward()
    optimizer.step()
    for change in (model[1].weight.data.mul_, model[1].weight.data[:, 1:].mul_, lambda factor: optimizer.step()):
        loss = model(np.ones((1, 3))).sum()
        change(2.0)
        with pytest.raises(RuntimeError, match="changed in place"):
            loss.backward()


@pytest.mark.parametrize("parts", [3, 5000])
def test_of_very_many_parts_none_is_forgotten(parts):
    memory = np.ones((parts, 2))
    before = graph.tick()
    for row in memory[1:]:
        reach.wrote(row)
    written = reach.written[id(memory)]
    assert all(written.since(before, row) for row in memory[1:])
    assert written.since(before, memory[0]) == (parts > reach.PARTS)
    assert len(written.parts) <= reach.PARTS
    assert not written.since(graph.tick(), memory)
