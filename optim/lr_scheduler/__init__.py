"""Schedules of the learning rate, under PyTorch's names, and of every other setting of an optimizer.

>>> model = nn.Linear(2, 1)
>>> optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.5)
>>> warm_up = LinearLR(optimizer, start_factor=0.1, total_iters=10)
>>> later = CosineAnnealingLR(optimizer, T_max=90)
>>> rate = SequentialLR(optimizer, [warm_up, later], milestones=[10])
>>> momentum = LinearDecay(optimizer, 0.9, 100, setting="momentum")  # grows: it goes to where it is told

After every step of the optimizer, or every epoch, whichever is meant: `rate.step(); momentum.step()`.
"""

from .combined import ChainedScheduler, SequentialLR
from .cycles import CosineAnnealingWarmRestarts, CyclicLR, OneCycleLR
from .formulas import (
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearDecay,
    LinearLR,
    MultiplicativeLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from .plateau import ReduceLROnPlateau
from .scheduler import LRScheduler

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearDecay",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]
