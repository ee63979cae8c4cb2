"""Checkpoints: files from which a run goes on as if it had never been interrupted."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd import save

from .extension import Extension
from .triggers import Best, Every

if TYPE_CHECKING:
    from .trainer import Trainer


class Checkpoints(Extension):
    """Writes `folder/checkpoint-<steps>.npz`, before the first step, whenever `when` says so, and at the end.

    when   by default after every epoch; Every(steps=1000) writes in mid-epoch too
    keep   how many of the newest files stay
    best   a metric: `folder/best.npz` is the state that had the best value of it
    mode   "min": lower is better; "max": higher is better; None: as the metric says, for the loss and for functions lower

    A file is there whole or not at all, at whatever moment the program is killed. Since the first one is written before
    the first step, a folder that cannot be written to or a disk that is full stops a run before it begins; if the disk is
    full later, the run stops with an OSError and the files that are there stay. `trainer.run(..., resume=True)` goes on
    from the newest; without it a folder that has checkpoints of another run is refused with a FileExistsError. To use the
    weights of one alone: `model.load_state_dict(autograd.load(path)["model"]["state"])`.

    >>> x = np.linspace(-1, 1, 40)[:, None]
    >>> def train(epochs, resume):
    ...     _ = autograd.manual_seed(0)
    ...     model = nn.Linear(1, 1)
    ...     trainer = optim.Trainer(
    ...         model, optim.Adam(model.parameters()), nn.functional.mse_loss,
    ...         extensions=[Checkpoints("runs")], progress=False,
    ...     )
    ...     _ = trainer.run((x, 2 * x), epochs=epochs, resume=resume)
    ...     return model.weight.tolist()
    >>> _ = train(2, resume=True)
    >>> sorted(os.listdir("runs"))
    ['checkpoint-000000002.npz', 'checkpoint-000000004.npz']
    >>> resumed = train(4, resume=True)
    >>> import shutil; shutil.rmtree("runs")
    >>> resumed == train(4, resume=False)
    True
    """

    last = True  # it is called behind all others, whose state it keeps

    def __init__(
        self,
        folder: str | os.PathLike[str],
        when: Callable[[Trainer], bool] | None = None,
        *,
        keep: int = 2,
        best: str | None = None,
        mode: str | None = None,
    ) -> None:
        if isinstance(keep, bool) or not isinstance(keep, int) or keep < 1:
            raise ValueError(f"Checkpoints: keep is a whole number of at least 1, not {keep!r}")
        self.folder, self.keep = Path(folder), keep
        self.due = when or Every(epochs=1)
        self.best = None if best is None else Best(best, mode)
        self.known: set[Path] = set()

    def when(self, trainer: Trainer) -> bool:
        return True

    def check(self, trainer: Trainer) -> None:
        if self.best is not None:
            self.best.check(trainer)
        foreign = [path for path in self.files() if path not in self.known and steps_of(path)]
        if foreign:
            raise FileExistsError(
                f"Checkpoints: {str(self.folder)!r} has checkpoints of another run, {foreign[-1].name} the newest; "
                "write run(..., resume=True) to go on with that, or give another folder"
            )

    def begin(self, trainer: Trainer) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for name in ("checkpoint-*", "best"):
                for left_over in self.folder.glob(f".{name}.npz.*.part"):  # by a run that was killed
                    left_over.unlink()
            self.write(trainer)
        except OSError as error:
            raise type(error)(
                error.errno,
                f"Checkpoints: {str(self.folder)!r} cannot hold a checkpoint ({error.strerror}), so nothing has been trained; "
                "give a folder that can be written to, on a disk that has room",
            ) from error

    def __call__(self, trainer: Trainer) -> None:
        if self.best is not None and self.best(trainer):
            save(trainer.state_dict(), self.folder / "best.npz")
        if self.due(trainer):
            self.write(trainer)

    def interrupted(self, trainer: Trainer) -> None:
        self.write(trainer)

    def end(self, trainer: Trainer) -> None:
        self.write(trainer)

    def write(self, trainer: Trainer) -> None:
        path = self.folder / f"checkpoint-{trainer.steps:09d}.npz"
        save(trainer.state_dict(), path)
        self.known.add(path)
        for old in self.files()[: -self.keep]:
            with suppress(FileNotFoundError):
                old.unlink()

    def files(self) -> list[Path]:
        """The checkpoints that are there, the newest last."""
        found = self.folder.glob("checkpoint-*.npz") if self.folder.is_dir() else ()
        return sorted(
            (path for path in found if re.fullmatch(r"checkpoint-\d+\.npz", path.name)),
            key=steps_of,
        )

    def newest(self) -> Path | None:
        """The file to go on from; None where there is none yet, or only that from before the first step."""
        files = [path for path in self.files() if steps_of(path)]
        self.known.update(files)
        return files[-1] if files else None

    def state_dict(self) -> dict[str, Any]:
        return {} if self.best is None else self.best.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if self.best is not None:
            self.best.load_state_dict(state)


def steps_of(path: Path) -> int:
    return int(path.stem.partition("-")[2])
