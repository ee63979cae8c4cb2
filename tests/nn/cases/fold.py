"""Windows as columns, and back."""

from . import Case, real

CASES = [
    Case(lambda nn: nn.Unfold(2), real(2, 3, 3, 4)),
    Case(lambda nn: nn.Unfold((2, 3), dilation=(2, 1), padding=(1, 2), stride=(1, 2)), real(1, 2, 3, 4)),
    Case(lambda nn: nn.Unfold(2, stride=2), real(2, 4, 4)),
    Case(lambda nn: nn.Fold((3, 4), 2), real(2, 8, 6)),
    Case(lambda nn: nn.Fold((4, 5), (2, 3), 1, (1, 0), (2, 1)), real(1, 6, 9)),
    Case(lambda nn: nn.Fold(output_size=(4, 4), kernel_size=2, stride=2), real(8, 4)),
    Case(lambda nn: nn.Fold((5, 4), 2, dilation=2), real(1, 4, 6)),
]
