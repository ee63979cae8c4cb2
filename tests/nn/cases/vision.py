"""Images made larger and smaller; channels into pixels."""

from . import Case, real

AXES = {1: (5,), 2: (3, 5), 3: (2, 3, 4)}
SMALLER = {1: (3,), 2: (2, 3), 3: (1, 2, 3)}
LARGER = {1: (9,), 2: (6, 8), 3: (3, 6, 5)}
LINEAR = {1: ("linear",), 2: ("bilinear", "bicubic"), 3: ("trilinear",)}


def interpolated(nn, **options):
    return lambda x: nn.functional.interpolate(x, **options)


CASES = [
    *(
        Case(lambda nn, o={"mode": mode, **sizes}: interpolated(nn, **o), real(1, 2, *AXES[rank]))
        for rank in AXES
        for mode in ("nearest", "nearest-exact", "area")
        for sizes in (
            {"size": SMALLER[rank]},
            {"size": LARGER[rank]},
            {"scale_factor": 2},
            {"scale_factor": 1.7},
            {"scale_factor": 0.6},
            {"scale_factor": 1.7, "recompute_scale_factor": True},
        )
    ),
    *(
        Case(lambda nn, o={"mode": mode, **sizes}: interpolated(nn, **o), real(1, 2, *AXES[rank]))
        for rank in AXES
        for mode in LINEAR[rank]
        for sizes in (
            {"size": SMALLER[rank]},
            {"size": LARGER[rank]},
            {"size": LARGER[rank], "align_corners": True},
            {"size": SMALLER[rank], "align_corners": True},
            {"scale_factor": 2, "align_corners": False},
            {"scale_factor": 1.7},
            {"scale_factor": 0.6},
            {"scale_factor": 1.7, "recompute_scale_factor": True},
            {"scale_factor": 1.7, "align_corners": True},
        )
    ),
    *(
        Case(lambda nn, o={"mode": mode, "antialias": True, **sizes}: interpolated(nn, **o), real(1, 1, 7, 5))
        for mode in LINEAR[2]
        for sizes in (
            {"size": (3, 4)},
            {"size": (9, 2), "align_corners": True},
            {"scale_factor": 0.4},
            {"scale_factor": 1.5},
        )
    ),
    Case(
        lambda nn: lambda x: nn.functional.interpolate(x, (4, 1), mode="bilinear", align_corners=True), real(1, 1, 1, 3)
    ),
    Case(lambda nn: lambda x: nn.functional.interpolate(x, scale_factor=(2.0, 0.5)), real(1, 1, 2, 4)),
    Case(lambda nn: lambda x: nn.functional.interpolate(x, size=60, mode="linear"), real(1, 1, 45)),  # several blocks
    Case(lambda nn: lambda x: nn.functional.interpolate(x, size=20, mode="linear"), real(1, 1, 45)),
    Case(lambda nn: nn.Upsample(scale_factor=2), real(1, 2, 3)),
    Case(lambda nn: nn.Upsample(size=5, mode="nearest-exact"), real(1, 1, 3, 3)),
    Case(lambda nn: nn.Upsample(size=(4, 3), mode="bilinear"), real(1, 1, 3, 3)),
    Case(lambda nn: nn.Upsample(None, (2, 1.5), "bicubic", True, False), real(1, 1, 3, 3)),
    Case(lambda nn: nn.Upsample(scale_factor=1.6, mode="linear", recompute_scale_factor=True), real(1, 1, 4)),
    Case(lambda nn: nn.UpsamplingNearest2d(scale_factor=2), real(1, 2, 2, 3)),
    Case(lambda nn: nn.UpsamplingNearest2d((3, 4)), real(1, 1, 2, 3)),
    Case(lambda nn: nn.UpsamplingBilinear2d(scale_factor=2), real(1, 2, 2, 3)),
    Case(lambda nn: nn.UpsamplingBilinear2d(size=5), real(1, 1, 2, 3)),
    Case(lambda nn: nn.PixelShuffle(2), real(2, 8, 2, 3)),
    Case(lambda nn: nn.PixelShuffle(3), real(9, 2, 1)),
    Case(lambda nn: nn.PixelUnshuffle(2), real(2, 2, 4, 2)),
    Case(lambda nn: nn.PixelUnshuffle(3), real(1, 3, 6)),
    Case(lambda nn: nn.ChannelShuffle(2), real(2, 6, 1, 2)),
    Case(lambda nn: nn.ChannelShuffle(3), real(1, 6, 2)),
]
