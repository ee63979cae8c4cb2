import numpy as np

from . import Case, real

CAUSAL = np.triu(np.ones((4, 4), bool), 1)
PADDING = np.array([[False, False, True, True], [False, True, False, False]])

CASES = [
    Case(lambda nn: nn.TransformerEncoderLayer(4, 2, 6, 0.0), real(4, 2, 4)),
    Case(
        lambda nn: nn.TransformerEncoderLayer(4, 2, 6, 0.0, "gelu", norm_first=True),
        real(4, 2, 4),
        CAUSAL,
        modes=("train",),
    ),
    Case(
        lambda nn: nn.TransformerEncoderLayer(4, 2, 6, 0.0, batch_first=True, bias=False),
        real(2, 4, 4),
        CAUSAL,
        PADDING,
        modes=("train",),
    ),
    Case(lambda nn: nn.TransformerEncoderLayer(4, 2, 6, 0.0, layer_norm_eps=0.1), real(4, 4)),
    Case(lambda nn: nn.TransformerDecoderLayer(4, 2, 6, 0.0), real(4, 2, 4), real(3, 2, 4)),
    Case(
        lambda nn: nn.TransformerDecoderLayer(4, 2, 6, 0.0, nn.functional.gelu, norm_first=True, batch_first=True),
        real(2, 4, 4),
        real(2, 4, 4),
        CAUSAL,
        None,
        None,
        PADDING,
    ),
    Case(
        lambda nn: nn.TransformerEncoder(
            nn.TransformerEncoderLayer(4, 2, 6, 0.0), 2, nn.LayerNorm(4), enable_nested_tensor=False
        ),
        real(4, 2, 4),
        modes=("train",),
    ),
    Case(lambda nn: nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 6, 0.0), 2), real(4, 2, 4), real(3, 2, 4)),
    Case(
        lambda nn: nn.Transformer(4, 2, 1, 1, 6, 0.0, batch_first=True),
        real(2, 3, 4),
        real(2, 4, 4),
        None,
        CAUSAL,
        modes=("train",),
    ),
    Case(lambda nn: lambda x: nn.Transformer.generate_square_subsequent_mask(3) + x, real(3, 3)),
]
