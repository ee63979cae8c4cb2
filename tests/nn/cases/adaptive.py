"""Adaptive softmax."""

import numpy as np

from . import Case, real

TARGETS = np.array([0, 2, 3, 5, 6, 9])

CASES = [
    Case(lambda nn: nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6], 2.0), real(6, 8), TARGETS),
    Case(lambda nn: nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3], head_bias=True), real(6, 8), TARGETS),
    Case(lambda nn: nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6], 2.0), real(6, 8), np.array([0, 1, 2, 0, 1, 2])),
    Case(lambda nn: nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6], 2.0), real(8), np.array(7)),
]
