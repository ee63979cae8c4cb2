"""Borders: of one value, mirrored, repeated and from the other end; and margins cut off."""

from . import Case, real, whole

AXES = {1: (5,), 2: (3, 5), 3: (2, 3, 5)}
WIDTHS = {1: (2, 1), 2: (2, 1, 0, 2), 3: (2, 1, 0, 2, 1, 1)}

CASES = [
    *(
        Case(lambda nn, name=name, p=padding: getattr(nn, name)(p), real(2, *lead, *AXES[rank]))
        for kind in ("ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad")
        for rank in AXES
        for name in [f"{kind}{rank}d"]
        for padding, lead in ((1, ()), (WIDTHS[rank], (1,)))
    ),
    *(
        Case(lambda nn, name=name, p=WIDTHS[rank]: getattr(nn, name)(p, 1.5), real(2, *AXES[rank]))
        for rank in AXES
        for name in [f"ConstantPad{rank}d"]
    ),
    Case(lambda nn: nn.ConstantPad2d(1, -2.0), real(2, 2, 3)),
    Case(lambda nn: nn.ReplicationPad1d((3, 7)), real(2, 2)),
    Case(lambda nn: nn.ReflectionPad1d((4, 4)), real(2, 5)),
    Case(lambda nn: nn.CircularPad1d((5, 5)), real(2, 5)),
    Case(lambda nn: nn.ZeroPad2d((-1, 2, 1, -1)), real(2, 3, 4)),
    Case(lambda nn: nn.ReflectionPad2d((-1, 2, 1, -1)), real(2, 3, 4)),
    Case(lambda nn: nn.ReplicationPad2d((-1, 2, 1, -1)), real(2, 3, 4)),
    Case(lambda nn: nn.CircularPad2d((-1, 2, 1, -1)), real(2, 3, 4)),
    Case(lambda nn: lambda x: nn.functional.pad(x, (1, 2)), real(3)),
    Case(lambda nn: lambda x: nn.functional.pad(x, (1, 2, 0, 0, 3, 1), "constant", 0.5), real(2, 3, 4)),
    Case(lambda nn: lambda x: nn.functional.pad(x, (-1, -2, 1, -1), value=3), real(4, 5)),
    Case(lambda nn: lambda x: nn.functional.pad(x, (-4, 1)), real(2, 4)),
    Case(lambda nn: lambda x: nn.functional.pad(x, (1, 1), value=7), whole(5, 2, 3)),
    *(
        Case(lambda nn, m=mode: lambda x: nn.functional.pad(x, (2, 1), m), real(2, 3))
        for mode in ("reflect", "replicate", "circular")
    ),
]
