"""Convolutions: what is refused, and what figures cannot see."""

import numpy as np
import pytest

import autograd
import nn
from autograd.rules import convolutions
from nn import functional as F

X = np.ones((2, 4, 5, 6), np.float32)


def weight(*shape):
    return autograd.ones(*shape)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.Conv2d(3, 2, 3)(X), ValueError, r"expected 3 channels, got 4: .*\(2, 4, 5, 6\).*\(2, 3, 3, 3\)"),
        (lambda: nn.Conv2d(4, 2, 3)(X[0, 0]), ValueError, r"conv2d: .*\(5, 6\), and must have \(C, H, W\) or \(N, C, H, W\)"),
        (lambda: nn.Conv2d(4, 2, 3)(X.astype(int)), TypeError, "conv2d: the input is int64"),
        (lambda: nn.Conv2d(4, 2, 7)(X), ValueError, r"\(2, 4, 7, 7\).* over 7 elements of axis -2, and the input .* has 5 there"),
        (lambda: nn.Conv2d(4, 2, 3, dilation=3)(X), ValueError, "over 7 elements of axis -2"),
        (lambda: nn.Conv2d(4, 3, 3, groups=2), ValueError, "4 channels in and 3 out cannot both be divided into groups=2"),
        (lambda: nn.Conv2d(4, 4, 3, groups=0), ValueError, "groups=0"),
        (lambda: nn.Conv2d(4, 2, 3, stride=0), ValueError, "Conv2d: stride=0 must be at least 1"),
        (lambda: nn.Conv2d(4, 2, 3, padding=-1), ValueError, "Conv2d: padding=-1 must be at least 0"),
        (lambda: nn.Conv2d(4, 2, (3, 3, 3)), ValueError, "3 numbers; give one, or one for each of 2 axes"),
        (lambda: nn.Conv2d(4, 2, 3.5), TypeError, "kernel_size is a whole number"),
        (lambda: nn.Conv2d(4.0, 2, 3), TypeError, "in_channels is a number of units"),
        (lambda: nn.Conv2d(4, 2, 3, padding="some"), ValueError, "'some' is neither 'valid' nor 'same'"),
        (lambda: nn.Conv2d(4, 2, 3, stride=2, padding="same"), ValueError, "padding='same' needs a stride of 1"),
        (lambda: nn.Conv2d(4, 2, 3, padding_mode="mirror"), ValueError, "there is zeros, reflect, replicate, circular"),
        (lambda: nn.ConvTranspose2d(4, 2, 3, padding_mode="reflect"), ValueError, "there is zeros alone"),
        (lambda: nn.ConvTranspose2d(3, 2, 3)(X), ValueError, r"conv_transpose2d: expected 3 channels, got 4"),
        (lambda: nn.ConvTranspose2d(4, 2, 3, 2, output_padding=2)(X), ValueError, r"output_padding=\(2, 2\) must be smaller"),
        (lambda: nn.ConvTranspose2d(4, 2, 1, padding=3)(X), ValueError, r"nothing is left .* to \(-1, 0\)"),
        (
            lambda: nn.ConvTranspose2d(4, 2, 3, 2)(X, output_size=(20, 20)),
            ValueError,
            r"\(20, 20\) cannot come of an input of shape \(2, 4, 5, 6\); it is from \(11, 13\) to \(12, 14\)",
        ),
        (lambda: F.conv2d(X, weight(2, 4, 3)), ValueError, r"weight has shape \(2, 4, 3\), and must have 4 axes: \(out, in / groups, kH, kW\)"),
        (lambda: F.conv2d(X, weight(2, 4, 3, 3), weight(3)), ValueError, r"the bias has shape \(3,\), and must have \(2,\)"),
        (lambda: F.conv2d(X, weight(3, 2, 3, 3), groups=2), ValueError, "cannot be divided into 2 groups along axis 0"),
        (lambda: F.conv2d(X, weight(2, 4, 3, 3), groups=1.5), TypeError, "groups is a whole number"),
        (lambda: F.conv_transpose1d(X[0], weight(4, 1, 2, 2)), ValueError, r"3 axes: \(in, out / groups, kW\)"),
        (lambda: nn.Unfold(7)(X), ValueError, r"windows of \(7, 7\).* do not fit into images of \(5, 6\)"),
        (lambda: nn.Fold((5, 6), 2)(X[0]), ValueError, r"\(4, 5, 6\), and must have \(N, C · 4, 20\) or \(C · 4, 20\)"),
        (lambda: F.fold(np.ones((4, 20), int), (5, 6), 2), TypeError, "fold: the input is int64"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_what_was_found_and_expected(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_the_layer_in_a_model_is_named():
    with pytest.raises(ValueError, match="expected 3 channels, got 4") as caught:
        nn.Sequential(nn.Identity(), nn.Conv2d(3, 2, 3))(X)
    assert "1" in str(caught.value) + str(getattr(caught.value, "__notes__", ""))


def test_arrays_lists_and_other_precisions_take_the_weights_dtype():
    layer = nn.Conv1d(1, 1, 2)
    for x in (np.ones((1, 3)), [[1.0, 1.0, 1.0]], autograd.ones(1, 3, dtype=np.float64)):
        assert layer(x).dtype == np.float32


def test_both_layouts_give_the_same_results_and_gradients():
    """An input whose channels stand side by side in memory is read as it is."""
    rng = np.random.default_rng(0)
    for channels, groups in ((2, 1), (30, 1), (4, 4)):
        weight = autograd.tensor(rng.normal(size=(4, channels // groups, 3, 3)), requires_grad=True)
        x = rng.normal(size=(2, channels, 6, 5))
        found = []
        for array in (
            x,
            np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1),
            np.flip(np.flip(x, 2).copy(), 2),
        ):
            leaf = autograd.from_numpy(array).requires_grad_()
            y = F.conv2d(leaf, weight, padding=1, groups=groups)
            found.append([y.detach().numpy(), *(g.numpy() for g in autograd.grad((y * y).sum(), [leaf, weight]))])
        for other in found[1:]:
            for a, b in zip(found[0], other):
                np.testing.assert_allclose(a, b, 1e-12, 1e-12)


@pytest.mark.parametrize("block", [1, 40, 1 << 30])
@pytest.mark.parametrize(
    ("channels", "groups", "stride"), [(2, 1, 1), (30, 1, 1), (30, 1, 2), (2, 1, 2), (4, 2, 1), (4, 4, 2)]
)
def test_the_size_of_blocks_changes_nothing(channels, groups, stride, block, monkeypatch):
    rng = np.random.default_rng(0)
    x = autograd.tensor(rng.normal(size=(3, channels, 6, 7)), requires_grad=True)
    weight = autograd.tensor(rng.normal(size=(4, channels // groups, 3, 2)), requires_grad=True)
    bias = autograd.tensor(rng.normal(size=4), requires_grad=True)

    def run():
        y = F.conv2d(x, weight, bias, stride, 1, 1, groups)
        return [y.detach().numpy(), *(g.numpy() for g in autograd.grad((y * y).sum(), [x, weight, bias]))]

    expected = run()
    monkeypatch.setattr(convolutions, "BLOCK", block)
    for a, b in zip(run(), expected):
        np.testing.assert_allclose(a, b, 1e-12, 1e-12)


def test_an_input_that_needs_no_gradient_gets_none_computed(monkeypatch):
    def refuse(*args):
        raise AssertionError("computed in vain")

    layer = nn.Conv2d(4, 2, 3)
    y = layer(X)
    monkeypatch.setattr(convolutions, "convolution_input", refuse)
    y.sum().backward()
    assert layer.weight.grad.shape == (2, 4, 3, 3)


def test_a_layer_keeps_its_input_and_weight_and_no_columns():
    x = autograd.randn(2, 4, 8, 8, requires_grad=True)
    layer = nn.Conv2d(4, 4, 3, padding=1)
    assert autograd.saved_bytes(layer(x)).total == x.numpy().nbytes + layer.weight.numpy().nbytes


def test_weight_and_bias_are_drawn_as_pytorchs():
    layer = nn.Conv2d(8, 64, 5, groups=2, generator=np.random.default_rng(0))
    bound = 1 / (4 * 25) ** 0.5
    for p in (layer.weight, layer.bias):
        assert np.abs(p.detach().numpy()).max() <= bound
        assert np.abs(p.detach().numpy()).max() > 0.9 * bound


def test_folding_counts_how_many_windows_cover_an_element():
    ones = np.ones((1, 1, 4, 4))
    covered = F.fold(F.unfold(ones, 3), (4, 4), 3).numpy()[0, 0]
    np.testing.assert_array_equal(covered, np.outer([1, 2, 2, 1], [1, 2, 2, 1]))


def test_a_summary_counts_the_multiply_adds_of_convolutions():
    model = nn.Sequential(nn.Conv2d(4, 6, 3, groups=2), nn.ConvTranspose2d(6, 4, 2))
    rows = nn.summary(model, X).rows
    assert [row.operations for row in rows] == [0, 2 * 6 * 3 * 4 * 2 * 9, 2 * 6 * 3 * 4 * 4 * 4]
