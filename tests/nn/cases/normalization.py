from . import Case, real

CASES = [
    Case(lambda nn: nn.LayerNorm(6), real(4, 6)),
    Case(lambda nn: nn.LayerNorm(6), real(6)),
    Case(lambda nn: nn.LayerNorm((3, 4), eps=0.1), real(2, 2, 3, 4)),
    Case(lambda nn: nn.LayerNorm([3, 4], bias=False), real(2, 3, 4)),
    Case(lambda nn: nn.LayerNorm(5, elementwise_affine=False), real(3, 2, 5)),
    Case(lambda nn: lambda x, w, b: nn.functional.layer_norm(x, (3,), w, b), real(4, 3), real(3), real(3)),
    Case(lambda nn: lambda x: nn.functional.layer_norm(x, (2, 3)), real(4, 2, 3)),
    Case(lambda nn: nn.RMSNorm(6), real(4, 6)),
    Case(lambda nn: nn.RMSNorm((2, 3), eps=0.01), real(4, 2, 3)),
    Case(lambda nn: nn.RMSNorm(3, elementwise_affine=False), real(2, 4, 3)),
    Case(lambda nn: lambda x, w: nn.functional.rms_norm(x, (3,), w), real(4, 3), real(3)),
    *[
        Case(lambda nn, shape=shape: nn.GroupNorm(2, 4), real(*shape))
        for shape in [(2, 4, 3), (2, 4, 2, 3), (1, 4, 2, 1, 2)]
    ],
    Case(lambda nn: nn.GroupNorm(2, 8, eps=0.01), real(3, 8)),
    Case(lambda nn: nn.GroupNorm(1, 4, eps=0.1), real(2, 4, 3)),
    Case(lambda nn: nn.GroupNorm(4, 4, affine=False), real(2, 4, 3)),
    Case(lambda nn: lambda x, w: nn.functional.group_norm(x, 3, w), real(2, 6, 2), real(6)),
    Case(lambda nn: nn.LocalResponseNorm(2), real(2, 5, 3)),
    Case(lambda nn: nn.LocalResponseNorm(3, alpha=0.5, beta=0.6, k=2.0), real(2, 5, 3, 2)),
    Case(lambda nn: nn.LocalResponseNorm(7, alpha=0.5), real(2, 5, 3, 2)),
]
