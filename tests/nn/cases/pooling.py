"""Pooling: maxima, averages and powers over windows and over parts of whole axes."""

from . import Case, fixed, real

AXES = {1: (7,), 2: (6, 7), 3: (5, 4, 6)}


def unpooled(nn, rank, options, sized=False):
    """Of maxima back into their places; with those of a random input."""
    pool, unpool = getattr(nn, f"MaxPool{rank}d"), getattr(nn, f"MaxUnpool{rank}d")

    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.pool, self.unpool = pool(**options, return_indices=True), unpool(**options)

        def forward(self, x):
            top, places = self.pool(x)
            return self.unpool(top, places, x.shape[-rank:]) if sized else self.unpool(top, places)

    return Both()


CASES = [
    *(
        Case(
            lambda nn, r=rank, options=options: getattr(nn, f"MaxPool{r}d")(**options),
            real(2, *((2,) if rank < 3 else ()), *AXES[rank]),
        )
        for rank in (1, 2, 3)
        for options in (
            {"kernel_size": 2},
            {"kernel_size": 3, "stride": 2, "padding": 1},
            {"kernel_size": 2, "stride": 2, "dilation": 2, "ceil_mode": True},
            {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True, "return_indices": True},
        )
    ),
    Case(lambda nn: nn.MaxPool2d((2, 3), stride=(1, 2), padding=(1, 0), dilation=(1, 2)), real(2, 6, 7)),
    Case(lambda nn: nn.MaxPool2d((3, 2), (2, 1), return_indices=True), real(2, 1, 6, 5)),
    Case(lambda nn: lambda x: nn.functional.max_pool1d(x, 3, 1, padding=1, return_indices=True), real(2, 5)),
    Case(lambda nn: lambda x: nn.functional.max_pool2d(nn.functional.relu(x), 2, stride=1), real(1, 2, 4, 4)),  # equals
    Case(lambda nn: lambda x: nn.functional.max_pool2d(x, 3, 2, 1), real(1, 2, 4, 4, high=-1.0)),
    Case(lambda nn: lambda x: nn.functional.max_pool3d(x, (1, 2, 2), ceil_mode=True), real(1, 2, 3, 3, 3)),
    *(
        Case(
            lambda nn, r=rank, options=options: getattr(nn, f"AvgPool{r}d")(**options),
            real(2, *((2,) if rank < 3 else ()), *AXES[rank]),
        )
        for rank in (1, 2, 3)
        for options in (
            {"kernel_size": 2},
            {"kernel_size": 3, "stride": 2, "padding": 1},
            {"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False},
            {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
            {"kernel_size": 3, "stride": 2, "ceil_mode": True, "count_include_pad": False},
        )
    ),
    Case(lambda nn: nn.AvgPool2d((2, 3), stride=(1, 2), padding=(1, 0), divisor_override=5), real(2, 6, 7)),
    Case(lambda nn: nn.AvgPool3d(2, divisor_override=3), real(1, 1, 4, 4, 5)),
    Case(lambda nn: lambda x: nn.functional.avg_pool1d(x, 2, 1, 1, False, False), real(2, 2, 4)),
    Case(lambda nn: lambda x: nn.functional.avg_pool2d(x, (4, 5)), real(2, 2, 4, 5)),
    *(
        Case(lambda nn, r=rank, size=size: getattr(nn, f"AdaptiveAvgPool{r}d")(size), real(2, *AXES[rank]))
        for rank in (1, 2, 3)
        for size in (1, 2, 3, 8)
    ),
    Case(lambda nn: nn.AdaptiveAvgPool2d((None, 4)), real(2, 2, 3, 6)),
    Case(lambda nn: nn.AdaptiveAvgPool2d((3, 2)), real(2, 2, 6, 6)),
    Case(lambda nn: lambda x: nn.functional.adaptive_avg_pool3d(x, (1, 2, None)), real(1, 2, 2, 3, 2)),
    *(
        Case(
            lambda nn, r=rank, size=size, i=indices: getattr(nn, f"AdaptiveMaxPool{r}d")(size, i), real(2, *AXES[rank])
        )
        for rank in (1, 2, 3)
        for size, indices in ((1, False), (2, True), (3, True), (8, False))
    ),
    Case(lambda nn: nn.AdaptiveMaxPool2d((None, 4)), real(2, 2, 3, 6)),
    Case(lambda nn: lambda x: nn.functional.adaptive_max_pool2d(x, (3, 2), True), real(2, 2, 6, 6)),
    *(
        Case(lambda nn, r=rank, o=options: getattr(nn, f"LPPool{r}d")(**o), real(2, 2, *AXES[rank], low=0.1))
        for rank in (1, 2, 3)
        for options in (
            {"norm_type": 2, "kernel_size": 2},
            {"norm_type": 3.5, "kernel_size": 3, "stride": 2, "ceil_mode": True},
        )
    ),
    Case(lambda nn: nn.LPPool2d(2, (2, 3), stride=(1, 2)), real(2, 6, 7)),
    Case(lambda nn: nn.LPPool2d(float("inf"), 2), real(2, 4, 4)),
    Case(lambda nn: nn.LPPool1d(1, 3, stride=2), real(2, 7, low=0.1)),
    Case(lambda nn: lambda x: nn.functional.lp_pool1d(x, -float("inf"), 2), real(2, 2, 4)),
    Case(lambda nn: lambda x: nn.functional.lp_pool3d(x, 2, 2), real(1, 2, 2, 3, 4)),
    *(
        Case(lambda nn, r=rank: unpooled(nn, r, {"kernel_size": 2}), real(2, 2, *(4, 6, 2)[:rank]))
        for rank in (1, 2, 3)
    ),
    *(Case(lambda nn, r=rank: unpooled(nn, r, {"kernel_size": 2}, True), real(2, *AXES[rank])) for rank in (1, 2, 3)),
    *(
        Case(lambda nn, r=rank: unpooled(nn, r, {"kernel_size": 3, "stride": 2}, True), fixed(2, *AXES[rank]))
        for rank in (1, 2, 3)  # no gradients: PyTorch's are too large where windows share their maximum
    ),
    Case(lambda nn: nn.FractionalMaxPool2d(2, output_size=1), real(2, 3, 6, 7)),
    Case(lambda nn: nn.FractionalMaxPool3d((1, 2, 2), output_ratio=0.5), real(2, 2, 3, 3)),
    Case(
        lambda nn: lambda x, u: nn.functional.fractional_max_pool2d(x, (2, 3), (3, 4), _random_samples=u),
        *(real(2, 3, 6, 7), fixed(2, 3, 2, low=0)),
    ),
    Case(
        lambda nn: lambda x, u: nn.functional.fractional_max_pool2d(x, 2, None, (0.6, 0.5), True, u),
        *(real(2, 3, 6, 7), fixed(2, 3, 2, low=0)),
    ),
    Case(
        lambda nn: lambda x, u: nn.functional.fractional_max_pool3d(x, 2, (2, 3, 4), _random_samples=u),
        *(real(2, 1, 4, 5, 6), fixed(2, 1, 3, low=0)),
    ),
]
