"""Adaptive softmax."""

import numpy as np

from . import Case, real

TARGETS = np.array([0, 2, 3, 5, 6, 9])


def asked_for(name, layer):
    layer.forward = getattr(layer, name)
    return layer


CASES = [
    *(
        Case(lambda nn, name=name: asked_for(name, nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6], 2.0, True)), real(9, 8))
        for name in ("log_prob", "predict")
    ),
    Case(lambda nn: nn.AdaptiveLogSoftmaxWithLoss(8, 10, cutoffs=[1, 2, 9], div_value=1.5), real(6, 8), TARGETS),
    Case(lambda nn: nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6], 2.0), real(6, 8), TARGETS),
    Case(lambda nn: nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3], head_bias=True), real(6, 8), TARGETS),
    Case(lambda nn: nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6], 2.0), real(6, 8), np.array([0, 1, 2, 0, 1, 2])),
    Case(lambda nn: nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6], 2.0), real(8), np.array(7)),
]
