"""A progress bar, by tqdm where it is installed."""

from __future__ import annotations

from typing import Any


class Bar:
    """Steps done of steps to do, with the loss and the newest row of the history beside it; or nothing at all."""

    def __init__(self, shown: bool, total: int | None, done: int) -> None:
        self.bar: Any = None
        if shown:
            try:
                from tqdm import tqdm
            except ImportError:
                print("There is no progress bar: that needs tqdm, `pip install tqdm`")
            else:
                self.bar = tqdm(total=total, initial=done, unit="step", dynamic_ncols=True)
        self.row: dict[str, str] = {}

    def step(self, loss: float) -> None:
        if self.bar is not None and self.bar.update(1):  # True when it has drawn itself, ten times a second
            self.bar.set_postfix({"loss": f"{loss:.4g}"} | self.row, refresh=False)

    def report(self, row: dict[str, Any]) -> None:
        if self.bar is not None:
            numbers = {name: value for name, value in row.items() if isinstance(value, float) and name != "lr"}
            self.row = {name: f"{value:.4g}" for name, value in numbers.items() if name != "loss"}
            self.bar.set_postfix({name: f"{value:.4g}" for name, value in numbers.items()})

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
