import numpy as np

from . import Case, fixed, real

CAUSAL = np.triu(np.ones((4, 4), bool), 1)
PADDING = np.array([[False, False, True, True], [False, True, False, False]])

CASES = [
    Case(lambda nn: nn.functional.scaled_dot_product_attention, real(2, 3, 4), real(2, 5, 4), real(2, 5, 3)),
    Case(
        lambda nn: nn.functional.scaled_dot_product_attention,
        real(2, 2, 4, 3),
        real(2, 2, 4, 3),
        real(2, 2, 4, 3),
        ~CAUSAL,
    ),
    Case(
        lambda nn: lambda q, k, v: nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True),
        real(2, 2, 4, 3),
        real(2, 2, 4, 3),
        real(2, 2, 4, 3),
    ),
    Case(
        lambda nn: lambda q, k, v: nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True, scale=0.3),
        real(2, 3, 3),
        real(2, 5, 3),
        real(2, 5, 3),
    ),
    Case(
        lambda nn: lambda q, k, v, m: nn.functional.scaled_dot_product_attention(q, k, v, m),
        real(2, 3, 3),
        real(2, 5, 3),
        real(2, 5, 3),
        real(3, 5),
    ),
    Case(
        lambda nn: lambda q, k, v: nn.functional.scaled_dot_product_attention(q, k, v, enable_gqa=True),
        real(1, 4, 3, 2),
        real(1, 2, 5, 2),
        real(1, 2, 5, 2),
    ),
    Case(lambda nn: nn.MultiheadAttention(6, 2), real(4, 2, 6), real(3, 2, 6), real(3, 2, 6)),
    Case(lambda nn: nn.MultiheadAttention(6, 3, bias=False), real(4, 6), real(3, 6), real(3, 6)),
    Case(lambda nn: nn.MultiheadAttention(6, 2, batch_first=True), real(2, 4, 6), real(2, 3, 6), real(2, 3, 6)),
    Case(lambda nn: nn.MultiheadAttention(6, 2, kdim=5, vdim=3), real(4, 2, 6), real(3, 2, 5), real(3, 2, 3)),
    Case(
        lambda nn: nn.MultiheadAttention(6, 2, add_bias_kv=True, add_zero_attn=True),
        real(4, 2, 6),
        real(3, 2, 6),
        real(3, 2, 6),
    ),
    Case(
        lambda nn: nn.MultiheadAttention(6, 2, add_bias_kv=True),
        real(4, 2, 6),
        real(4, 2, 6),
        real(4, 2, 6),
        PADDING,
        True,
        CAUSAL,
    ),
    Case(lambda nn: nn.MultiheadAttention(6, 2), real(4, 2, 6), real(4, 2, 6), real(4, 2, 6), PADDING),
    Case(lambda nn: nn.MultiheadAttention(6, 2), real(4, 2, 6), real(4, 2, 6), real(4, 2, 6), None, False, CAUSAL),
    Case(lambda nn: nn.MultiheadAttention(6, 2), real(4, 2, 6), real(4, 2, 6), real(4, 2, 6), None, True, None, False),
    Case(
        lambda nn: nn.MultiheadAttention(6, 2),
        real(4, 2, 6),
        real(4, 2, 6),
        real(4, 2, 6),
        None,
        False,
        CAUSAL,
        True,
        True,
    ),
    Case(
        lambda nn: nn.MultiheadAttention(6, 2), real(2, 2, 6), real(3, 2, 6), real(3, 2, 6), None, True, fixed(4, 2, 3)
    ),
]
