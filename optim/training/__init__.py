"""The training loop: a Trainer, triggers that say when, extensions that say what, and cross-validation.

>>> model = nn.Linear(1, 1)
>>> trainer = Trainer(model, optim.SGD(model.parameters(), lr=0.1), nn.functional.mse_loss, progress=False)
>>> x = np.linspace(-1, 1, 20)[:, None]
>>> history = trainer.run((x, 3 * x), epochs=200)
>>> round(model.weight.item(), 2)
3.0
"""

from .checkpoints import Checkpoints
from .crossvalidation import Score, Scores, cross_validate
from .diagnosis import Doctor
from .extension import Average, Call, ClipGradients, Extension, Schedule
from .logs import CSV, JSONLines, TensorBoard
from .plots import Plot, plot
from .stopping import EarlyStopping
from .trainer import Trainer
from .triggers import At, Best, EachRow, Every

__all__ = [
    "At",
    "Average",
    "Best",
    "CSV",
    "Call",
    "Checkpoints",
    "ClipGradients",
    "Doctor",
    "EachRow",
    "EarlyStopping",
    "Every",
    "Extension",
    "JSONLines",
    "Plot",
    "Schedule",
    "Score",
    "Scores",
    "TensorBoard",
    "Trainer",
    "cross_validate",
    "plot",
]
