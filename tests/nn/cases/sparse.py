import numpy as np

from . import Case, real, whole

BAG = np.array([0, 2, 2, 5])

CASES = [
    Case(lambda nn: nn.Embedding(5, 3), whole(5, 4)),
    Case(lambda nn: nn.Embedding(5, 3), whole(5, 2, 3)),
    Case(lambda nn: nn.Embedding(5, 3), whole(5)),
    Case(lambda nn: nn.Embedding(5, 3, padding_idx=1), whole(5, 3, 4)),
    Case(lambda nn: nn.Embedding(5, 3, padding_idx=-2), whole(5, 3, 4)),
    Case(lambda nn: nn.Embedding(3, 2, scale_grad_by_freq=True), whole(3, 7)),
    Case(lambda nn: nn.Embedding(5, 3, max_norm=0.4), whole(5, 2, 3), modes=("eval",)),
    Case(lambda nn: nn.Embedding(5, 3, max_norm=0.4, norm_type=1.0), whole(5, 2, 3), modes=("eval",)),
    *[
        case
        for mode in ("sum", "mean", "max")
        for case in (
            Case(lambda nn, mode=mode: nn.EmbeddingBag(5, 3, mode=mode), whole(5, 2, 4)),
            Case(lambda nn, mode=mode: nn.EmbeddingBag(5, 3, mode=mode), whole(5, 6), BAG),
            Case(lambda nn, mode=mode: nn.EmbeddingBag(5, 3, mode=mode, padding_idx=2), whole(5, 6), BAG),
            Case(lambda nn, mode=mode: nn.EmbeddingBag(5, 3, mode=mode, include_last_offset=True), whole(5, 5), BAG),
        )
    ],
    Case(
        lambda nn: lambda i, w, s: nn.functional.embedding_bag(i, w, mode="sum", per_sample_weights=s),
        whole(5, 2, 3),
        real(5, 2),
        real(2, 3),
    ),
    Case(lambda nn: lambda i, w: nn.functional.embedding(i, w, padding_idx=0), whole(5, 2, 3), real(5, 2)),
]
