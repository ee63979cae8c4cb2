"""Optimizers under PyTorch's names, those of the textbook, and the base class to write others; schedules, metrics, and the training loop.

>>> model = nn.Linear(2, 1)
>>> optimizer = optim.Adam(model.parameters(), lr=0.01)
>>> loss = nn.functional.mse_loss(model(np.ones((4, 2))), np.ones((4, 1)))
>>> optimizer.zero_grad(); loss.backward(); optimizer.step()
"""

from typing import TYPE_CHECKING

from autograd.lazy import attributes as _attributes

from .adagrad import Adadelta, Adagrad, RMSprop
from .adam import Adam, Adamax, AdamW, NAdam, RAdam
from .asgd import ASGD
from .lbfgs import LBFGS
from .matrix import LAMB, Muon
from .optimizer import Optimizer
from .penalties import penalty
from .sgd import SGD, Momentum, Nesterov
from .sign import Lion, Rprop

if TYPE_CHECKING:  # imported when they are asked for: optimizers need no layers
    from . import lr_scheduler, metrics, swa_utils, training
    from .training import Checkpoints, EarlyStopping, Trainer, cross_validate

_LAZY = {
    "plots": "plots",
    "Checkpoints": "training",
    "EarlyStopping": "training",
    "Trainer": "training",
    "cross_validate": "training",
    "lr_scheduler": "lr_scheduler",
    "metrics": "metrics",
    "swa_utils": "swa_utils",
    "training": "training",
}

__all__ = [
    "ASGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Checkpoints",
    "EarlyStopping",
    "LAMB",
    "LBFGS",
    "Lion",
    "Momentum",
    "Muon",
    "NAdam",
    "Nesterov",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "SGD",
    "Trainer",
    "cross_validate",
    "lr_scheduler",
    "metrics",
    "penalty",
    "plots",
    "swa_utils",
    "training",
]


__getattr__ = _attributes(__name__, _LAZY)


def __dir__() -> list[str]:
    return __all__
