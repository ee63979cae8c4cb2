"""Logs: the rows of the history in a file, while they come. After a resumption no row is there twice."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .extension import Extension
from .triggers import EachRow

if TYPE_CHECKING:
    from .trainer import Trainer


class _File(Extension):
    """A file that is the history as text: written anew when a run begins or a row has other names, else added to."""

    when = EachRow()

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.names: list[str] = []

    def begin(self, trainer: Trainer) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._write(trainer.history)

    def __call__(self, trainer: Trainer) -> None:
        row = trainer.history[-1]
        if all(name in self.names for name in row):
            with open(self.path, "a", encoding="utf-8", newline="") as file:
                file.write(self.text([row]))
        else:
            self._write(trainer.history)

    def _write(self, history: list[dict[str, Any]]) -> None:
        self.names = list(dict.fromkeys(name for row in history for name in row))
        with open(self.path, "w", encoding="utf-8", newline="") as file:
            file.write(self.head() + self.text(history))

    def head(self) -> str:
        return ""

    def text(self, rows: list[dict[str, Any]]) -> str:
        raise NotImplementedError


class JSONLines(_File):
    """A line of JSON for each row of the history; NaN and infinity, which JSON does not know, are null.

    >>> JSONLines("log.jsonl").text([{"epoch": 1, "loss": 0.5}])
    '{"epoch": 1, "loss": 0.5}\\n'
    """

    def text(self, rows: list[dict[str, Any]]) -> str:
        return "".join(json.dumps(_known(row), allow_nan=False) + "\n" for row in rows)


class CSV(_File):
    """A table with a line for each row of the history, for spreadsheets; what is not one number is written as JSON.

    >>> log = CSV("log.csv")
    >>> log.names = ["epoch", "loss"]
    >>> log.head() + log.text([{"epoch": 1, "loss": 0.5}])
    'epoch,loss\\n1,0.5\\n'
    """

    def head(self) -> str:
        return self._lines([self.names]) if self.names else ""

    def text(self, rows: list[dict[str, Any]]) -> str:
        return self._lines([[self._cell(row.get(name, "")) for name in self.names] for row in rows])

    def _cell(self, value: Any) -> Any:
        return json.dumps(value) if isinstance(value, list) else value

    def _lines(self, lines: list[list[Any]]) -> str:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(lines)
        return text.getvalue()


class TensorBoard(Extension):
    """The numbers of each row of the history as curves over the steps, for TensorBoard. Extra `[tensorboard]`.

    folder   what `tensorboard --logdir` is given
    """

    when = EachRow()

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = folder
        self.writer: Any = None

    def check(self, trainer: Trainer) -> None:
        try:
            import tensorboardX  # noqa: F401  (asked for before anything is trained)
        except ImportError:
            raise ImportError(
                "TensorBoard logs are written by tensorboardX: pip install 'chainrule[tensorboard]'"
            ) from None

    def begin(self, trainer: Trainer) -> None:
        from tensorboardX import SummaryWriter

        # curves written behind the checkpoint that a run is resumed from are cut off there
        self.writer = SummaryWriter(os.fspath(self.folder), purge_step=trainer.steps + 1 if trainer.steps else None)

    def __call__(self, trainer: Trainer) -> None:
        row = trainer.history[-1]
        for name, value in row.items():
            if isinstance(value, int | float) and name != "step":
                self.writer.add_scalar(name, value, row["step"])
        self.writer.flush()

    def close(self, trainer: Trainer) -> None:
        if self.writer is not None:
            self.writer.close()
            self.writer = None


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _known(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_known(part) for part in value]
    return None if isinstance(value, float) and (value != value or value in (float("inf"), -float("inf"))) else value
