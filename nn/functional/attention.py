"""Attention: what is asked for is compared with what is there, and the best fits are averaged."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd
from autograd import Tensor
from autograd.rules import attention as rules

from .activation import softmax
from .dropout import dropout
from .inputs import tensor
from .linear import linear


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """softmax(query keyᵀ · scale + mask) value, with scale 1/√E.

    Shapes: query (..., L, E), key (..., S, E), value (..., S, Ev) -> (..., L, Ev); attn_mask like (..., L, S): booleans that say
    which keys are open to a query, or numbers that are added. `is_causal` opens those up to the query's own place. With
    `enable_gqa` groups of heads share keys and values. A query that no key is open to gets 0. Weights are 0 with
    probability `dropout_p`. Source: A. Vaswani et al., "Attention is all you need" (2017).

    >>> x = Tensor([[[1.0, 0.0], [0.0, 1.0]]])
    >>> scaled_dot_product_attention(x, x, x, is_causal=True)[0, 0]
    tensor([1., 0.])
    """
    q: Any
    k: Any
    v: Any
    q, k, v = tensor(query), tensor(key), tensor(value)
    name = "scaled_dot_product_attention"
    if min(q.ndim, k.ndim, v.ndim) < 2 or q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise ValueError(
            f"{name}: query {q.shape}, key {k.shape} and value {v.shape} do not fit; they must be (..., L, E), (..., S, E) and "
            "(..., S, Ev)"
        )
    if is_causal and attn_mask is not None:
        raise ValueError(f"{name}: give attn_mask or is_causal=True, not both")
    if enable_gqa:
        if q.shape[-3] % k.shape[-3] or q.shape[-3] % v.shape[-3]:
            raise ValueError(
                f"{name}: {q.shape[-3]} heads of queries cannot share {k.shape[-3]} heads of keys in equal groups"
            )
        k = np.repeat(k, q.shape[-3] // k.shape[-3], axis=-3)
        v = np.repeat(v, q.shape[-3] // v.shape[-3], axis=-3)
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    mask = None if attn_mask is None else _added(attn_mask, q.dtype)
    if not dropout_p:
        return rules.attention(q, k, v, mask, scale, bool(is_causal))
    open_to = np.eye(
        k.shape[-2], dtype=q.dtype
    )  # the weights are what attention makes of a matrix of ones on its diagonal
    weights = rules.attention(q, k, open_to, mask, scale, bool(is_causal))
    return dropout(weights, dropout_p) @ v


def _added(mask: Any, dtype: Any) -> Any:
    """A mask as numbers to be added to the scores: of booleans, 0 where it is True and -inf elsewhere."""
    mask = mask if isinstance(mask, Tensor) else np.asarray(mask)
    return autograd.where(mask, 0.0, -math.inf).astype(dtype) if mask.dtype.kind == "b" else mask.astype(dtype)


def multi_head_attention_forward(
    query: Any,
    key: Any,
    value: Any,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Any,
    in_proj_bias: Any,
    bias_k: Any,
    bias_v: Any,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Any,
    out_proj_bias: Any,
    training: bool = True,
    key_padding_mask: Any = None,
    need_weights: bool = True,
    attn_mask: Any = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Any = None,
    k_proj_weight: Any = None,
    v_proj_weight: Any = None,
    static_k: Any = None,
    static_v: Any = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Attention with several heads, each on its own projections of queries, keys and values.

    Shapes: query (L, N, E), key (S, N, Ek), value (S, N, Ev) -> (L, N, E) and, with need_weights, the weights (N, L, S), of
    each head (N, heads, L, S) without average_attn_weights. Without the axis N: one sample. Masks as in
    `nn.MultiheadAttention`. `static_k` and `static_v` are not supported.
    """
    if static_k is not None or static_v is not None:
        raise NotImplementedError("multi_head_attention_forward: static_k and static_v are not supported")
    query, key, value = tensor(query), tensor(key), tensor(value)
    single = query.ndim == 2
    if single:
        query, key, value = (x[:, None] for x in (query, key, value))
        key_padding_mask = None if key_padding_mask is None else _tensor_mask(key_padding_mask)[None]
    if query.ndim != 3 or key.ndim != 3 or value.ndim != 3:
        raise ValueError(
            f"expected query, key and value of 2 or 3 axes, got {query.shape}, {key.shape} and {value.shape}"
        )
    length, samples, width = query.shape
    if width != embed_dim_to_check:
        raise ValueError(f"was expecting embedding dimension of {embed_dim_to_check}, but got {width}")
    if key.shape[:2] != value.shape[:2] or key.shape[1] != samples:
        raise ValueError(
            f"query {query.shape}, key {key.shape} and value {value.shape} do not fit: keys and values must be as many, and all "
            "of one batch"
        )
    head = width // num_heads
    if use_separate_proj_weight:
        weights = q_proj_weight, k_proj_weight, v_proj_weight
        biases = (None,) * 3 if in_proj_bias is None else autograd.split(in_proj_bias, width)
        q, k, v = (linear(x, w, b) for x, w, b in zip((query, key, value), weights, biases))
    elif query is key is value or (query is key and key is value):
        q, k, v = autograd.split(linear(query, in_proj_weight, in_proj_bias), width, -1)
    else:
        weights = autograd.split(in_proj_weight, width)
        biases = (None,) * 3 if in_proj_bias is None else autograd.split(in_proj_bias, width)
        q, k, v = (linear(x, w, b) for x, w, b in zip((query, key, value), weights, biases))
    extra = 0
    if bias_k is not None and bias_v is not None:
        k = autograd.cat([k, autograd.broadcast_to(bias_k, (1, samples, width))])
        v = autograd.cat([v, autograd.broadcast_to(bias_v, (1, samples, width))])
        extra += 1
    q, k, v = (x.reshape(len(x), samples, num_heads, head).transpose(1, 2, 0, 3) for x in (q, k, v))
    if add_zero_attn:
        zeros = autograd.zeros(samples, num_heads, 1, head, dtype=k.dtype)
        k, v = autograd.cat([k, zeros], 2), autograd.cat([v, zeros], 2)
        extra += 1
    if is_causal and attn_mask is None and key_padding_mask is None and not need_weights:
        mask, causal = None, True
    else:
        mask, causal = (
            _masks(attn_mask, key_padding_mask, (samples, num_heads, length, k.shape[2]), extra, q.dtype),
            False,
        )
        if is_causal and attn_mask is None:
            raise RuntimeError(
                "need attn_mask if specifying the is_causal hint; give nn.Transformer.generate_square_subsequent_mask(L)"
            )
    drop = dropout_p if training else 0.0
    if not need_weights:
        mixed, found = scaled_dot_product_attention(q, k, v, mask, drop, causal), None
    else:
        scores = (q * (1 / math.sqrt(head))) @ k.mT
        found = softmax(scores if mask is None else scores + mask, -1)
        found = dropout(found, drop) if drop else found
        mixed = found @ v
    out = linear(mixed.transpose(2, 0, 1, 3).reshape(length, samples, width), out_proj_weight, out_proj_bias)
    if found is not None and average_attn_weights:
        found = found.mean(1)
    if single:
        return out[:, 0], None if found is None else found[0]
    return out, found


def _tensor_mask(mask: Any) -> Any:
    return mask if isinstance(mask, Tensor) else np.asarray(mask)


def _masks(mask: Any, padding: Any, shape: tuple[int, int, int, int], extra: int, dtype: Any) -> Any:
    """What both masks add to the scores (N, heads, L, S); in a mask of booleans True closes. None if there is none."""
    samples, heads, length, keys = shape
    parts = []
    if mask is not None:
        mask = _closing(_tensor_mask(mask), dtype)
        if mask.shape not in ((length, keys - extra), (samples * heads, length, keys - extra)):
            raise ValueError(
                f"the shape of the attn_mask is {mask.shape}, but should be {(length, keys - extra)} or "
                f"{(samples * heads, length, keys - extra)}"
            )
        parts.append(mask if mask.ndim == 2 else mask.reshape(samples, heads, length, keys - extra))
    if padding is not None:
        padding = _closing(_tensor_mask(padding), dtype)
        if padding.shape != (samples, keys - extra):
            raise ValueError(f"expected key_padding_mask of shape {(samples, keys - extra)}, but got {padding.shape}")
        parts.append(padding[:, None, None])
    if not parts:
        return None
    whole = parts[0] if len(parts) == 1 else parts[0] + parts[1]
    return np.pad(whole, [(0, 0)] * (whole.ndim - 1) + [(0, extra)]) if extra else whole


def _closing(mask: Any, dtype: Any) -> Any:
    return autograd.where(mask, -math.inf, 0.0).astype(dtype) if mask.dtype.kind == "b" else mask.astype(dtype)
