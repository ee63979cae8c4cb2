from . import Case, real

WIDE = real(3, 4, low=-8, high=8)

CASES = [
    *[
        Case(lambda nn, name=name: getattr(nn, name)(), WIDE, modes=("eval",))
        for name in (
            "CELU",
            "ELU",
            "GELU",
            "Hardshrink",
            "Hardswish",
            "Hardtanh",
            "LeakyReLU",
            "LogSigmoid",
            "Mish",
            "ReLU",
            "ReLU6",
            "RReLU",
            "SELU",
            "SiLU",
            "Sigmoid",
            "Softplus",
            "Softshrink",
            "Softsign",
            "Tanh",
            "Tanhshrink",
        )
    ],
    Case(lambda nn: nn.PReLU(), WIDE),
    Case(lambda nn: nn.PReLU(4), WIDE),
    Case(lambda nn: nn.PReLU(2, init=0.1), real(3, 2, 2)),
    Case(lambda nn: nn.GELU("tanh"), WIDE),
    Case(lambda nn: nn.CELU(0.5), WIDE),
    Case(lambda nn: nn.ELU(0.5), WIDE),
    Case(lambda nn: nn.GLU(), WIDE),
    Case(lambda nn: nn.GLU(0), real(4, 3)),
    Case(lambda nn: nn.Hardtanh(-2.0, 0.5), WIDE),
    Case(lambda nn: nn.Hardshrink(2.0), WIDE),
    Case(lambda nn: nn.Softshrink(2.0), WIDE),
    Case(lambda nn: nn.Threshold(0.3, 20.0), WIDE),
    Case(lambda nn: nn.Softplus(2.0), WIDE, modes=("eval",)),
    Case(lambda nn: nn.Softmax(1), WIDE),
    Case(lambda nn: nn.Softmax(dim=0), WIDE),
    Case(lambda nn: nn.LogSoftmax(dim=1), WIDE),
    Case(lambda nn: nn.Softmin(dim=1), WIDE),
    Case(lambda nn: nn.Softmax2d(), real(2, 3, 2, 2)),
    Case(lambda nn: lambda x: nn.functional.rrelu(x, 0.2, 0.4), WIDE),
]
