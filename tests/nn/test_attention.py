"""Attention, beside its figures: blocks, scores that exp cannot take, queries that nothing is open to, and what is refused."""

import math

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from autograd.rules import attention as rules
from autograd.testing import gradcheck
from nn import functional as F

attend = F.scaled_dot_product_attention


def drawn(*shape, seed=0, scale=1.0, dtype=float):
    return Tensor((scale * np.random.default_rng(seed).normal(size=shape)).astype(dtype), requires_grad=True)


def written_out(q, k, v, mask=None, is_causal=False):
    """By the formula, in float64 and on arrays."""
    q, k, v = (np.asarray(x.detach().numpy(), float) for x in (q, k, v))
    scores = q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])
    if is_causal:
        scores = np.where(np.tri(*scores.shape[-2:], dtype=bool), scores, -math.inf)
    if mask is not None:
        scores = scores + mask
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True) @ v


def gradients(call, *inputs):
    out = call(*inputs)
    g = np.random.default_rng(9).normal(size=out.shape).astype(out.dtype)
    return [out, *autograd.grad(out, inputs, g)]


@pytest.mark.parametrize("is_causal", [False, True])
@pytest.mark.parametrize("shape", [(5, 7, 7), (3, 9, 4), (3, 4, 9), (1, 6, 6)])
def test_the_size_of_the_blocks_changes_nothing(shape, is_causal, monkeypatch):
    items, queries, keys = shape
    inputs = drawn(items, 2, queries, 3), drawn(items, 2, keys, 3, seed=1), drawn(items, 2, keys, 4, seed=2)
    whole = gradients(lambda *x: attend(*x, is_causal=is_causal), *inputs)
    monkeypatch.setattr(rules, "BLOCK", 1)
    monkeypatch.setattr(rules, "ROWS", 2)
    for ours, expected in zip(gradients(lambda *x: attend(*x, is_causal=is_causal), *inputs), whole, strict=True):
        np.testing.assert_allclose(ours.numpy(), expected.numpy(), 1e-12, 1e-12)


def test_blocks_give_the_gradient_of_a_mask_of_numbers(monkeypatch):
    monkeypatch.setattr(rules, "BLOCK", 1)
    inputs = drawn(3, 4, 2), drawn(3, 5, 2, seed=1), drawn(3, 5, 2, seed=2), drawn(4, 5, seed=3)
    gradcheck(attend, *inputs)


@pytest.mark.parametrize("scale", [30.0, 1000.0])
@pytest.mark.parametrize("is_causal", [False, True])
def test_scores_that_exp_cannot_take_are_exact(scale, is_causal, monkeypatch):
    monkeypatch.setattr(rules, "ROWS", 2)
    q, k, v = drawn(2, 6, 3, scale=scale), drawn(2, 6, 3, seed=1), drawn(2, 6, 3, seed=2)
    out = attend(q, k, v, is_causal=is_causal)
    np.testing.assert_allclose(out.detach().numpy(), written_out(q, k, v, is_causal=is_causal), 1e-12, 1e-12)
    gradcheck(lambda *x: attend(*x, is_causal=is_causal), q, k, v)


def test_scores_far_below_zero_do_not_vanish():
    q, k, v = (drawn(4, 3, seed=seed, dtype=np.float32) for seed in range(3))
    low = attend(q, k, v, np.full((4, 4), -90.0, np.float32))
    np.testing.assert_allclose(low.detach().numpy(), attend(q, k, v).detach().numpy(), 1e-5, 1e-6)


def test_what_comes_later_has_no_influence_on_a_causal_result_and_no_gradient():
    q, k, v = (drawn(2, 70, 3, seed=seed) for seed in range(3))
    early = attend(q, k, v, is_causal=True)[:, :40].sum()
    for share in autograd.grad(early, [q, k, v]):
        assert np.all(share.numpy()[:, 40:] == 0)
    k2, v2 = (np.concatenate([x.detach().numpy()[:, :40], np.full((2, 30, 3), 5.0)], 1) for x in (k, v))
    assert np.array_equal(
        attend(q, k2, v2, is_causal=True)[:, :40].detach(), attend(q, k, v, is_causal=True)[:, :40].detach()
    )


def test_a_query_that_no_key_is_open_to_gets_zero_and_no_gradient():
    q, k, v = (drawn(3, 2, seed=seed) for seed in range(3))
    open_to = np.array([[True, True, False], [False, False, False], [False, True, True]])
    out, of_query, of_key, of_value = gradients(lambda *x: attend(*x, open_to), q, k, v)
    assert np.all(out.detach().numpy()[1] == 0)
    assert np.all(of_query.numpy()[1] == 0)
    assert all(np.isfinite(share.numpy()).all() for share in (of_key, of_value))


@pytest.mark.parametrize(("queries", "keys", "items"), [(0, 3, 2), (3, 0, 2), (2, 2, 0)])
def test_nothing_to_attend_to_or_nobody_who_attends_gives_zeros_and_right_shapes(queries, keys, items):
    inputs = drawn(items, queries, 2), drawn(items, keys, 2), drawn(items, keys, 3)
    for is_causal in (False, True):
        out, *shares = gradients(lambda *x: attend(*x, is_causal=is_causal), *inputs)  # noqa: B023
        assert out.shape == (items, queries, 3)
        assert np.all(out.detach().numpy() == 0)
        for share, x in zip(shares, inputs, strict=True):
            assert share.shape == x.shape
            assert np.all(share.numpy() == 0)


def test_keys_and_values_that_all_samples_share_get_the_sum_of_their_gradients():
    q, k, v = drawn(3, 4, 2), drawn(5, 2, seed=1), drawn(1, 5, 2, seed=2)
    gradcheck(attend, q, k, v)
    gradcheck(lambda q: attend(q, q, q, is_causal=True), drawn(4, 2))


def test_second_derivatives_of_causal_attention_with_a_scale():
    inputs = [drawn(1, 3, 2, seed=seed) for seed in range(3)]
    autograd.testing.gradgradcheck(lambda *x: attend(*x, is_causal=True, scale=0.3), *inputs)


def test_float32_stays_float32():
    inputs = [drawn(2, 4, 3, seed=seed, dtype=np.float32) for seed in range(3)]
    assert {x.dtype for x in gradients(lambda *x: attend(*x, is_causal=True), *inputs)} == {np.dtype(np.float32)}


def test_dropout_keeps_the_mean_of_the_weights_and_drops_some():
    autograd.manual_seed(0)
    q, k, v = autograd.zeros(400, 2, 1), autograd.zeros(400, 10, 1), autograd.ones(400, 10, 1)
    out = attend(q, k, v, dropout_p=0.5).numpy()
    assert abs(out.mean() - 1) < 0.05
    assert out.std() > 0.1


@pytest.mark.parametrize(
    ("shapes", "options", "said"),
    [
        (((2, 3, 4), (2, 5, 3), (2, 5, 4)), {}, r"query \(2, 3, 4\), key \(2, 5, 3\)"),
        (((2, 3, 4), (2, 5, 4), (2, 6, 4)), {}, r"key \(2, 5, 4\) and value \(2, 6, 4\)"),
        (((4,), (5, 4), (5, 4)), {}, r"query \(4,\)"),
        (((3, 4), (3, 4), (3, 4)), {"attn_mask": np.ones((3, 3), bool), "is_causal": True}, "not both"),
        (((1, 3, 2, 4), (1, 2, 2, 4), (1, 2, 2, 4)), {"enable_gqa": True}, "3 heads of queries cannot share 2"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_shapes(shapes, options, said):
    with pytest.raises(ValueError, match=said):
        attend(*map(drawn_of, shapes), **options)


def drawn_of(shape):
    return drawn(*shape)


def test_multihead_attention_refuses_what_it_cannot_do():
    with pytest.raises(ValueError, match="3 heads do not divide 8"):
        nn.MultiheadAttention(8, 3)
    with pytest.raises(ValueError, match="greater than 0"):
        nn.MultiheadAttention(8, 0)
    layer, x = nn.MultiheadAttention(8, 2), autograd.randn(5, 2, 8)
    for shape in ((4, 5), (3, 5, 5)):
        with pytest.raises(ValueError, match=r"shape of the attn_mask is \([34], 5"):
            layer(x, x, x, attn_mask=np.zeros(shape, bool))
    with pytest.raises(ValueError, match=r"key_padding_mask of shape \(2, 5\)"):
        layer(x, x, x, key_padding_mask=np.zeros((5, 2), bool))
    with pytest.raises(ValueError, match="embedding dimension of 8"):
        layer(x[..., :6], x, x)


def test_multihead_attention_without_weights_gives_what_it_gives_with_them():
    layer, x = nn.MultiheadAttention(8, 2, dtype=float), drawn(5, 2, 8)
    mask = np.triu(np.ones((5, 5), bool), 1)
    with_them, weights = layer(x, x, x, attn_mask=mask)
    without, nothing = layer(x, x, x, attn_mask=mask, need_weights=False, is_causal=True)
    np.testing.assert_allclose(without.detach().numpy(), with_them.detach().numpy(), 1e-12, 1e-14)
    np.testing.assert_allclose(weights.detach().numpy().sum(-1), 1.0, 1e-12)
    assert nothing is None
