"""Recurrent layers and packed sequences: against the cells step by step, their laws, and what they refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
import nn
from autograd import Tensor
from nn.utils import rnn

KINDS = ["RNN", "LSTM", "GRU"]


def made(kind, *args, seed=0, **how):
    return getattr(nn, kind)(*args, dtype=np.float64, generator=np.random.default_rng(seed), **how)


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def first(state):
    """h of a state that may be a pair."""
    return state[0] if isinstance(state, tuple) else state


# --- Laws -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_is_its_cell_step_by_step_over_200_steps_gradients_too(kind):
    layer, cell = made(kind, 3, 4), made(f"{kind}Cell", 3, 4, seed=1)
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in layer.state_dict().items()})
    x = Tensor(drawn(200, 2, 3), requires_grad=True)
    y, state = layer(x)
    (y * drawn(200, 2, 4, seed=2)).sum().backward()
    whole, x.grad = x.grad.numpy(), None
    steps, h = [], None
    for element in x:
        h = cell(element, h)
        steps.append(first(h))
    (np.stack(steps) * drawn(200, 2, 4, seed=2)).sum().backward()
    np.testing.assert_allclose(y.detach().numpy(), np.stack(steps).detach().numpy(), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(whole, x.grad.numpy(), rtol=1e-9, atol=1e-13)
    for name, p in cell.named_parameters():
        np.testing.assert_allclose(getattr(layer, f"{name}_l0").grad.numpy(), p.grad.numpy(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(first(state)[0].detach().numpy(), first(h).detach().numpy(), rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_second_order_and_forward_mode_are_right(kind):
    layer = made(kind, 2, 3, num_layers=2, bidirectional=True)
    x, v = drawn(4, 1, 2), drawn(4, 1, 2, seed=1)
    f = lambda x: (layer(x)[0] ** 2).sum()
    slope, eps = autograd.grad(f), 1e-5
    by_differences = (slope(x + eps * v) - slope(x - eps * v)) / (2 * eps)
    np.testing.assert_allclose(autograd.hvp(f, x, v), by_differences, rtol=1e-6, atol=1e-9)
    assert autograd.jvp(f, (x,), (v,))[1] == pytest.approx(np.sum(slope(x) * v), rel=1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sequence_may_stand_alone_and_the_batch_come_first(kind):
    layer, swapped = made(kind, 3, 4, num_layers=2), made(kind, 3, 4, num_layers=2, batch_first=True)
    x = drawn(5, 2, 3)
    y, state = layer(x)
    z, _ = swapped(x.swapaxes(0, 1))
    np.testing.assert_array_equal(y.detach().numpy(), z.detach().numpy().swapaxes(0, 1))
    alone, last = layer(x[:, 0])
    np.testing.assert_allclose(alone.detach().numpy(), y[:, 0].detach().numpy(), rtol=1e-12)
    assert first(last).shape == (2, 4)
    np.testing.assert_allclose(first(last).detach().numpy(), first(state)[:, 0].detach().numpy(), rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_read_backward_stands_behind_what_is_read_forward(kind):
    both = made(kind, 3, 4, bidirectional=True)
    ahead, back = made(kind, 3, 4), made(kind, 3, 4)
    weights = both.state_dict()
    ahead.load_state_dict({name: value for name, value in weights.items() if "reverse" not in name})
    back.load_state_dict({name.removesuffix("_reverse"): value for name, value in weights.items() if "reverse" in name})
    x = drawn(5, 2, 3)
    y, last = both(x)
    np.testing.assert_allclose(y[..., :4].detach().numpy(), ahead(x)[0].detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(y[..., 4:].detach().numpy(), back(x[::-1])[0].detach().numpy()[::-1], rtol=1e-12)
    np.testing.assert_allclose(first(last)[1].detach().numpy(), y[0, :, 4:].detach().numpy(), rtol=1e-12)


def test_dropout_acts_between_layers_in_training_only_and_repeats_from_a_seed():
    layer, x = made("LSTM", 3, 8, num_layers=2, dropout=0.5), drawn(6, 2, 3)
    runs = []
    for seed in (0, 0, 1):
        autograd.manual_seed(seed)
        runs.append(layer(x)[0].tolist())
    assert runs[0] == runs[1] != runs[2]
    layer.eval()
    assert layer(x)[0].tolist() == layer(x)[0].tolist()
    with pytest.warns(UserWarning, match="acts between layers, and there is only one"):
        nn.GRU(3, 4, dropout=0.5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_packed_batch_gives_each_sequence_what_it_gets_alone(kind):
    layer, lengths = made(kind, 3, 4, num_layers=2, bidirectional=True), [2, 5, 1, 4]
    x = Tensor(drawn(5, 4, 3), requires_grad=True)
    packed, state = layer(rnn.pack_padded_sequence(x, lengths, enforce_sorted=False))
    y, found = rnn.pad_packed_sequence(packed)
    assert found.tolist() == lengths
    (y * drawn(*y.shape, seed=1)).sum().backward()
    for i, n in enumerate(lengths):
        own = Tensor(x[:n, i].detach().numpy(), requires_grad=True)
        alone, last = layer(own)
        np.testing.assert_allclose(y[:n, i].detach().numpy(), alone.detach().numpy(), rtol=1e-11, atol=1e-13)
        assert not y[n:, i].detach().numpy().any()
        np.testing.assert_allclose(first(state)[:, i].detach().numpy(), first(last).detach().numpy(), rtol=1e-11)
        (alone * drawn(*y.shape, seed=1)[:n, i]).sum().backward()
        np.testing.assert_allclose(x.grad[:n, i].numpy(), own.grad.numpy(), rtol=1e-9, atol=1e-13)
        assert not x.grad[n:, i].numpy().any()


# --- Packing ----------------------------------------------------------------------------------------------------------

lengths_of = st.lists(st.integers(1, 6), min_size=1, max_size=5)


@given(lengths_of, st.booleans(), st.integers(0, 3))
def test_what_is_packed_comes_back(lengths, batch_first, more):
    parts = [np.arange(1.0, 1 + 2 * n).reshape(n, 2) + 100 * i for i, n in enumerate(lengths)]
    packed = rnn.pack_sequence(parts, enforce_sorted=False)
    assert len(packed.data) == sum(lengths) == packed.batch_sizes.sum().item()
    assert all(np.array_equal(a.numpy(), b) for a, b in zip(rnn.unpack_sequence(packed), parts))
    padded, found = rnn.pad_packed_sequence(packed, batch_first, -1.0, max(lengths) + more)
    assert found.tolist() == lengths
    padded = padded if batch_first else padded.swapaxes(0, 1)
    assert padded.shape == (len(parts), max(lengths) + more, 2)
    for row, part in zip(padded.numpy(), parts):
        assert np.array_equal(row[: len(part)], part)
        assert (row[len(part) :] == -1).all()


@given(lengths_of, st.sampled_from(["left", "right"]))
def test_padding_stands_at_the_side_that_is_asked_for(lengths, side):
    parts = [np.full(n, i + 1.0) for i, n in enumerate(lengths)]
    for i, row in enumerate(rnn.pad_sequence(parts, True, 0.0, side).tolist()):
        gap, own = [0.0] * (max(lengths) - lengths[i]), [i + 1.0] * lengths[i]
        assert row == (gap + own if side == "left" else own + gap)


def test_a_packed_sequence_is_a_tuple_of_four_whose_data_changes_its_dtype():
    packed = rnn.pack_sequence([[1.5], [2.5, 3.5]], enforce_sorted=False)
    data, sizes, places, back = packed
    assert data.tolist() == [2.5, 1.5, 3.5]
    assert (sizes.tolist(), places.tolist(), back.tolist()) == ([2, 1], [1, 0], [1, 0])
    for change, dtype in (("float", "float32"), ("double", "float64"), ("long", "int64"), ("int", "int32")):
        changed = getattr(packed, change)()
        assert changed.data.dtype == packed.to(np.dtype(dtype)).data.dtype == dtype
        assert changed.batch_sizes is sizes
        assert changed.unsorted_indices is back
    assert packed.cpu() is packed.pin_memory() is packed
    assert packed.is_pinned() is packed.is_cuda is False
    with pytest.raises(ValueError, match="device 'cuda' is not supported"):
        packed.cuda()
    mapped = rnn.PackedSequence(packed.data * 2, *packed[1:])
    assert [part.tolist() for part in rnn.unpack_sequence(mapped)] == [[3.0], [5.0, 7.0]]


# --- What is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.LSTM(3, 4)(np.ones((5, 2, 7))), r"LSTM: expected last axis 3, got 7: the input has shape \(5, 2, 7\)"),
        (lambda: nn.GRU(3, 4)(np.ones((2, 5, 2, 3))), "GRU: Expected input to be 2D or 3D, got 4D"),
        (lambda: nn.RNN(3, 4)(np.ones((0, 2, 3))), r"Expected sequence length to be larger than 0, got an input of shape \(0, 2, 3\)"),
        (lambda: nn.RNN(3, 4)(np.ones((5, 2, 3)), np.ones((1, 3, 4))), r"Expected hidden size \(1, 2, 4\), got \(1, 3, 4\)"),
        (lambda: nn.RNN(3, 4)(np.ones((5, 3)), np.ones((1, 1, 4))), "For unbatched 2-D input, hx should also be 2-D, but got 3-D"),
        (lambda: nn.LSTM(3, 4)(np.ones((5, 2, 3)), np.ones((1, 2, 4))), r"the state is a pair, hx=\(h, c\), and this is ndarray"),
        (lambda: nn.LSTM(3, 4, proj_size=4), "proj_size has to be smaller than hidden_size"),
        (lambda: nn.RNN(3, 4, nonlinearity="gelu"), "nonlinearity is 'tanh' or 'relu', not 'gelu'"),
        (lambda: nn.GRU(3, 4, dropout=2.0), "dropout is a probability"),
        (lambda: nn.GRU(3, 0), "hidden_size is at least 1, not 0"),
        (lambda: nn.LSTMCell(3, 4)(np.ones((2, 5))), "LSTMCell: expected last axis 3, got 5"),
        (lambda: nn.GRUCell(3, 4)(np.ones((2, 3)), np.ones((1, 4))), r"Expected hidden size \(2, 4\), got \(1, 4\)"),
        (lambda: rnn.pack_padded_sequence(np.ones((3, 2)), [1, 3]), "are not in decreasing order; write enforce_sorted=False"),
        (lambda: rnn.pack_padded_sequence(np.ones((3, 2)), [4, 1]), "lengths are from 1 to 3, not 1 to 4"),
        (lambda: rnn.pack_padded_sequence(np.ones((3, 2)), [3]), r"lengths has shape \(1,\), but the batch has 2"),
        (lambda: rnn.pad_packed_sequence(rnn.pack_sequence([[1.0, 2.0]]), total_length=1), "the longest sequence has 2 elements"),
        (lambda: rnn.pad_sequence([np.ones((2, 3)), np.ones((2, 4))]), "sequence 1 has shape"),
        (lambda: rnn.pad_sequence([]), "there is no sequence in this list"),
        (lambda: rnn.unpad_sequence(np.ones((3, 2)), [4, 1]), "lengths are from 0 to 3, not 1 to 4"),
        (lambda: rnn.unpad_sequence(np.ones((3, 2)), [3, -1]), "lengths are from 0 to 3, not -1 to 3"),
        (lambda: rnn.PackedSequence(np.ones((5, 3)), [2, 2]), r"by batch_sizes 4, but its shape is \(5, 3\)"),
        (lambda: rnn.PackedSequence(np.ones((3, 3)), [2, 2]), r"by batch_sizes 4, but its shape is \(3, 3\)"),
        (lambda: rnn.PackedSequence(np.ones((3, 3)), [1, 2]), r"never grow and the last is at least 1, unlike \[1, 2\]"),
        (lambda: rnn.PackedSequence(np.ones((2, 3)), [2, 0]), r"never grow and the last is at least 1, unlike \[2, 0\]"),
        (lambda: rnn.PackedSequence(np.ones((2, 3)), [2], [1, 1]), r"from 0 to 1, each once, not \[1, 1\]"),
        (lambda: rnn.PackedSequence(np.ones((2, 3)), [2], [1, 0], [0, 2]), r"from 0 to 1, each once, not \[0, 2\]"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.GRUCell(3, 4)(rnn.pack_sequence([np.ones((2, 3))])), "GRUCell makes one step.*write nn.GRU$"),
        (lambda: rnn.pad_packed_sequence(np.ones((2, 3))), "takes a PackedSequence, not ndarray"),
        (lambda: rnn.PackedSequence(np.ones((2, 3))), "takes data and batch_sizes; write pack_sequence"),
        (lambda: rnn.PackedSequence(np.ones((2, 3)), [2.0]), "lengths and places are whole numbers, not float"),
        (lambda: rnn.pack_padded_sequence(np.ones((3, 2)), [2.0, 1.0]), "lengths and places are whole numbers, not float64"),
    ],
)  # fmt: skip
def test_what_is_of_another_kind_is_named(call, message):
    with pytest.raises(TypeError, match=message):
        call()


class Whole(nn.Module):
    def __init__(self):
        self.parts = nn.ModuleDict({"encoder": nn.Sequential(nn.Identity(), nn.GRU(3, 4))})

    def forward(self, x):
        return self.parts["encoder"](x)


def test_the_path_of_a_layer_in_its_model_is_named():
    with pytest.raises(ValueError, match=r"parts\.encoder\.1.*expected last axis 3, got 5"):
        Whole()(np.ones((2, 1, 5)))
