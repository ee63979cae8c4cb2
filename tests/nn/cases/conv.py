"""Convolutions and their transposes, over one axis, two and three."""

import warnings

from . import Case, fixed, real


def uneven(nn):
    """nn, after PyTorch has warned, as it does once, that an even kernel makes the padding "same" uneven."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        layer = nn.Conv1d(1, 1, 2, padding="same")
        layer(layer.weight)
    return nn


CASES = [
    Case(lambda nn: nn.Conv1d(2, 3, 3), real(2, 2, 6)),
    Case(lambda nn: nn.Conv1d(2, 3, 3), real(2, 6)),
    Case(lambda nn: nn.Conv1d(4, 6, 2, stride=3, padding=2, dilation=2, groups=2, bias=False), real(2, 4, 6)),
    Case(lambda nn: uneven(nn).Conv1d(2, 2, 4, padding="same"), real(1, 2, 5)),
    Case(lambda nn: nn.Conv1d(2, 2, 3, padding="same", dilation=2, padding_mode="circular"), real(1, 2, 5)),
    Case(lambda nn: nn.Conv2d(2, 3, 3), real(2, 2, 4, 5)),
    Case(lambda nn: nn.Conv2d(2, 3, 3), real(2, 4, 5)),
    Case(lambda nn: nn.Conv2d(2, 3, 3), fixed(0, 2, 4, 5)),
    Case(lambda nn: nn.Conv2d(1, 2, 5, padding=2), real(2, 1, 6, 7)),
    Case(lambda nn: nn.Conv2d(2, 3, 3, padding=1, bias=False), real(2, 2, 4, 5)),
    Case(lambda nn: nn.Conv2d(3, 4, (3, 2), stride=(2, 1), padding=(1, 0)), real(2, 3, 6, 4)),
    Case(lambda nn: nn.Conv2d(2, 3, 3, stride=2, padding=1), real(2, 2, 5, 6)),
    Case(lambda nn: nn.Conv2d(2, 3, 2, dilation=(1, 2), padding=(0, 1)), real(1, 2, 4, 5)),
    Case(lambda nn: nn.Conv2d(2, 3, 3, padding=3), real(1, 2, 3, 3)),  # more padding than a window reaches over
    Case(lambda nn: nn.Conv2d(8, 16, 3, padding=1), real(1, 8, 4, 3)),  # channels enough to be copied side by side
    Case(lambda nn: nn.Conv2d(8, 16, 3, stride=2), real(1, 8, 5, 5)),
    Case(lambda nn: nn.Conv2d(2, 16, 2), real(2, 2, 3, 4)),
    Case(lambda nn: nn.Conv2d(4, 2, 1), real(2, 4, 3, 2)),
    Case(lambda nn: nn.Conv2d(24, 2, 1), real(1, 24, 2, 3)),
    Case(lambda nn: nn.Conv2d(3, 2, 1, stride=2, padding=1), real(1, 3, 3, 4)),
    Case(lambda nn: nn.Conv2d(4, 6, 3, groups=2, padding=1), real(1, 4, 4, 4)),
    Case(lambda nn: nn.Conv2d(4, 4, 3, groups=4, padding=1), real(2, 4, 4, 3)),
    Case(lambda nn: nn.Conv2d(2, 6, 2, groups=2, stride=2), real(2, 2, 4, 4)),
    Case(lambda nn: nn.Conv2d(48, 2, 2, groups=2), real(1, 48, 2, 3)),
    Case(lambda nn: nn.Conv2d(2, 3, 3, padding="valid"), real(1, 2, 4, 5)),
    Case(lambda nn: uneven(nn).Conv2d(2, 3, (2, 3), padding="same"), real(1, 2, 3, 4)),
    Case(lambda nn: nn.Conv2d(2, 2, 3, padding=(1, 2), padding_mode="reflect"), real(1, 2, 3, 4)),
    Case(lambda nn: nn.Conv2d(2, 2, 3, padding=(1, 2), padding_mode="replicate", stride=2), real(1, 2, 3, 4)),
    Case(lambda nn: uneven(nn).Conv2d(2, 2, (2, 3), padding="same", padding_mode="circular"), real(1, 2, 3, 4)),
    Case(lambda nn: nn.Conv3d(2, 3, 2), real(1, 2, 3, 4, 3)),
    Case(lambda nn: nn.Conv3d(2, 2, 2), real(2, 3, 4, 3)),
    Case(
        lambda nn: nn.Conv3d(2, 2, (1, 2, 3), stride=(1, 2, 1), padding=(0, 1, 1), dilation=(1, 2, 1), groups=2),
        real(1, 2, 2, 4, 3),
    ),
    Case(lambda nn: nn.Conv3d(1, 1, 3, padding=1, padding_mode="replicate"), real(1, 1, 2, 3, 2)),
    Case(
        lambda nn: nn.Sequential(
            nn.Conv2d(1, 2, 3), nn.Tanh(), nn.Conv2d(2, 3, 2, stride=2), nn.Flatten(), nn.Linear(12, 2)
        ),
        real(2, 1, 6, 6),
    ),
    Case(lambda nn: nn.ConvTranspose1d(2, 3, 3), real(2, 2, 4)),
    Case(lambda nn: nn.ConvTranspose1d(2, 3, 3, stride=2, padding=1, output_padding=1), real(2, 4)),
    Case(lambda nn: nn.ConvTranspose2d(2, 3, 3), real(2, 2, 2, 3)),
    Case(lambda nn: nn.ConvTranspose2d(2, 3, 3, bias=False), real(2, 2, 3)),
    Case(lambda nn: nn.ConvTranspose2d(2, 3, 4, stride=2, padding=1), real(1, 2, 2, 3)),
    Case(
        lambda nn: nn.ConvTranspose2d(3, 2, (3, 2), stride=(2, 3), padding=(1, 0), output_padding=(1, 2)),
        real(1, 3, 2, 2),
    ),
    Case(lambda nn: nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, 2, True, 2), real(1, 4, 2, 3)),
    Case(lambda nn: nn.ConvTranspose2d(4, 4, 2, groups=4, stride=2), real(1, 4, 2, 3)),
    Case(lambda nn: nn.ConvTranspose2d(4, 30, 2, stride=2), real(1, 4, 2, 2)),
    Case(
        lambda nn: lambda x, w: nn.functional.conv_transpose2d(x, w, dilation=2, output_padding=1),
        real(1, 2, 2, 2),
        real(2, 1, 2, 2),
    ),
    Case(lambda nn: nn.ConvTranspose3d(2, 2, 2, stride=(1, 2, 1)), real(1, 2, 2, 2, 3)),
    Case(lambda nn: lambda x, w, b: nn.functional.conv1d(x, w, b, 2, 1, 2, 1), real(2, 3, 7), real(2, 3, 2), real(2)),
    Case(
        lambda nn: lambda x, w, b: nn.functional.conv2d(x, w, b, padding="same"),
        real(1, 2, 3, 3),
        real(2, 2, 3, 3),
        real(2),
    ),
    Case(lambda nn: lambda x, w: nn.functional.conv3d(x, w, stride=2), real(2, 3, 3, 3), real(2, 2, 2, 2, 2)),
    Case(lambda nn: lambda x, w, b: nn.functional.conv_transpose1d(x, w, b, 2), real(1, 2, 3), real(2, 2, 2), real(2)),
    Case(
        lambda nn: lambda x, w, b: nn.functional.conv_transpose3d(x, w, b),
        real(2, 2, 2, 2),
        real(2, 1, 2, 2, 2),
        real(1),
    ),
]
