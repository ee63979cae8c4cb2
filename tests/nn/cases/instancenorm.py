from . import Case, real

CASES = [
    Case(lambda nn: nn.InstanceNorm1d(3), real(2, 3, 4)),
    Case(lambda nn: nn.InstanceNorm1d(3), real(3, 4)),
    Case(lambda nn: nn.InstanceNorm1d(3, affine=True), real(2, 3, 4)),
    Case(lambda nn: nn.InstanceNorm1d(3, track_running_stats=True), real(2, 3, 4)),
    Case(
        lambda nn: nn.InstanceNorm2d(3, eps=0.1, momentum=0.3, affine=True, track_running_stats=True), real(2, 3, 4, 2)
    ),
    Case(lambda nn: nn.InstanceNorm2d(3, affine=True, track_running_stats=True), real(3, 4, 2)),
    Case(lambda nn: nn.InstanceNorm3d(2), real(2, 2, 2, 2, 3)),
    Case(lambda nn: lambda x, w, b: nn.functional.instance_norm(x, weight=w, bias=b), real(2, 3, 4), real(3), real(3)),
]
