"""Where Tensors live: on the CPU. Programs that name a device run as they are, as long as it is this one."""

from __future__ import annotations

from typing import Any


class Device(str):
    """`autograd.device("cpu")`: a word with PyTorch's `type` and `index`. Raises ValueError for any other device."""

    __slots__ = ()

    def __new__(cls, type: Any = "cpu", index: int | None = None) -> Device:
        kind, _, number = str(type).partition(":")
        if kind != "cpu":
            raise ValueError(f"device {str(type)!r} is not supported: arrays live on the CPU; write device='cpu'")
        number = number if index is None else str(index)
        return super().__new__(cls, f"cpu:{number}" if number else "cpu")

    @property
    def type(self) -> str:
        return "cpu"

    @property
    def index(self) -> int | None:  # type: ignore[override]
        number = self.partition(":")[2]
        return int(number) if number else None

    def __repr__(self) -> str:
        return f"device(type='cpu'{'' if self.index is None else f', index={self.index}'})"


CPU = Device("cpu")


def check_device(device: Any) -> None:
    if device is not None and str(device).split(":")[0] != "cpu":
        raise ValueError(f"device {str(device)!r} is not supported: arrays live on the CPU; write device='cpu'")
