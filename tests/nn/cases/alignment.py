"""Connectionist temporal classification, after a log_softmax, where PyTorch's gradient is the derivative."""

import numpy as np

from . import Case, real

LABELS = np.array([[1, 2, 2], [3, 1, 0], [1, 1, 3]])
LENGTHS, STEPS = np.array([3, 2, 3]), np.array([6, 5, 6])


def of(loss):
    return lambda x, *rest: loss(x.log_softmax(-1), *rest)


CASES = [
    *(
        Case(lambda nn, how=how: of(nn.CTCLoss(reduction=how)), real(6, 3, 4), LABELS, STEPS, LENGTHS)
        for how in ("mean", "sum", "none")
    ),
    Case(lambda nn: of(nn.CTCLoss(3)), real(6, 3, 4), np.array([[1, 2, 2], [0, 1, 0], [1, 1, 0]]), STEPS, LENGTHS),
    Case(lambda nn: of(nn.CTCLoss()), real(6, 3, 4), np.array([1, 2, 2, 3, 1, 1, 1, 3]), STEPS, LENGTHS),
    Case(lambda nn: of(nn.CTCLoss(zero_infinity=True)), real(3, 3, 4), LABELS, np.array([3, 3, 3]), LENGTHS),
    Case(lambda nn: of(nn.CTCLoss(reduction="sum")), real(6, 3, 4), LABELS, STEPS, np.array([3, 0, 1])),
    Case(lambda nn: of(nn.CTCLoss()), real(6, 4), np.array([1, 2, 2]), np.array(6), np.array(3)),
    Case(lambda nn: of(nn.CTCLoss()), real(6, 3, 4), LABELS, STEPS, np.array([0, 2, 3])),
    # no outputs; a label that is the blank
    Case(
        lambda nn: of(nn.CTCLoss(reduction="sum", zero_infinity=True)),
        real(6, 3, 4),
        LABELS,
        np.array([0, 5, 0]),
        np.array([3, 2, 0]),
    ),
    Case(
        lambda nn: of(nn.CTCLoss()), real(6, 2, 4), np.array([[1, 0, 2], [0, 0, 1]]), np.array([6, 6]), np.array([3, 3])
    ),
]
