"""Optimizers: SGD, Momentum, Adam, and the base class to write others.

>>> model = nn.Linear(2, 1)
>>> optimizer = optim.Adam(model.parameters(), lr=0.01)
>>> loss = nn.functional.mse_loss(model(np.ones((4, 2))), np.ones((4, 1)))
>>> optimizer.zero_grad(); loss.backward(); optimizer.step()
"""

from .adam import Adam
from .optimizer import Optimizer
from .sgd import SGD, Momentum

__all__ = ["Adam", "Momentum", "Optimizer", "SGD"]
