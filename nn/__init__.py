"""Layers, losses, initialisation and data.

>>> model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
>>> model(np.zeros((32, 64))).shape
(32, 10)
"""

from . import data, functional, init
from .activations import ELU, LeakyReLU, ReLU, Sigmoid, Softmax, Softplus, Tanh
from .containers import MLP, Sequential
from .layers import Flatten, Identity, Linear
from .losses import BCEWithLogitsLoss, CrossEntropyLoss, MSELoss
from .module import Module
from .parameter import Parameter

__all__ = [
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "ELU",
    "Flatten",
    "Identity",
    "LeakyReLU",
    "Linear",
    "MLP",
    "MSELoss",
    "Module",
    "Parameter",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
    "data",
    "functional",
    "init",
]
