"""Optimizers under PyTorch's names, those of the textbook, and the base class to write others.

>>> model = nn.Linear(2, 1)
>>> optimizer = optim.Adam(model.parameters(), lr=0.01)
>>> loss = nn.functional.mse_loss(model(np.ones((4, 2))), np.ones((4, 1)))
>>> optimizer.zero_grad(); loss.backward(); optimizer.step()
"""

from . import lr_scheduler
from .adagrad import Adadelta, Adagrad, RMSprop
from .adam import Adam, Adamax, AdamW, NAdam, RAdam
from .asgd import ASGD
from .lbfgs import LBFGS
from .matrix import LAMB, Muon
from .optimizer import Optimizer
from .sgd import SGD, Momentum, Nesterov
from .sign import Lion, Rprop

__all__ = [
    "ASGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
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
    "lr_scheduler",
]
