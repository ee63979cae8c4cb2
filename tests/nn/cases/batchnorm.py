from . import Case, real

CASES = [
    Case(lambda nn: nn.BatchNorm1d(3), real(5, 3)),
    Case(lambda nn: nn.BatchNorm1d(3), real(4, 3, 5)),
    Case(lambda nn: nn.BatchNorm1d(3, eps=0.1, momentum=0.4), real(2, 3, 12)),
    Case(lambda nn: nn.BatchNorm1d(3, momentum=None), real(5, 3)),
    Case(lambda nn: nn.BatchNorm1d(3, affine=False), real(5, 3)),
    Case(lambda nn: nn.BatchNorm1d(3, track_running_stats=False), real(5, 3)),
    Case(lambda nn: nn.BatchNorm1d(3, affine=False, track_running_stats=False), real(5, 3)),
    Case(lambda nn: nn.BatchNorm2d(3), real(4, 3, 2, 3)),
    Case(lambda nn: nn.BatchNorm2d(2), real(1, 2, 4, 3)),
    Case(lambda nn: nn.BatchNorm3d(2), real(2, 2, 2, 3, 2)),
    Case(
        lambda nn: nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh()), real(5, 3), float32=1e-4
    ),  # a bias before it has no effect, and rounding for a gradient
    Case(
        lambda nn: lambda x, m, v, w, b: nn.functional.batch_norm(x, m.detach(), v.detach(), w, b),
        real(4, 3, 2),
        real(3),
        real(3, low=0.5, high=1.5),
        real(3),
        real(3),
    ),
    Case(lambda nn: lambda x: nn.functional.batch_norm(x, None, None, training=True), real(4, 3)),
]
