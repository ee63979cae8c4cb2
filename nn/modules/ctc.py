"""Connectionist temporal classification as a module."""

from __future__ import annotations

from typing import Any

from autograd import Tensor
from nn import functional as F

from .loss import _Loss


class CTCLoss(_Loss):
    """-log of the probability of a sequence of labels, wherever they are. See `nn.functional.ctc_loss`."""

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.blank, self.zero_infinity = blank, zero_infinity

    def forward(self, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any) -> Tensor:
        return F.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )
