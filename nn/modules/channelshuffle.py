"""Channels dealt out among groups."""

from __future__ import annotations

from typing import Any

from autograd import Tensor
from nn import functional as F

from .module import Module


class ChannelShuffle(Module):
    """The first channel of each group, then the second of each group, ...: `nn.functional.channel_shuffle`."""

    def __init__(self, groups: int) -> None:
        self.groups = groups

    def forward(self, x: Any) -> Tensor:
        return F.channel_shuffle(x, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
