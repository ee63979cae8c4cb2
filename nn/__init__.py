"""Layers, losses, initialisation and data.

>>> model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
>>> model(np.zeros((32, 64))).shape
(32, 10)
"""

from . import data, functional, init, modules
from .modules.activation import ELU, LeakyReLU, ReLU, Sigmoid, Softmax, Softplus, Tanh
from .modules.container import MLP, Sequential
from .modules.flatten import Flatten
from .modules.linear import Identity, Linear
from .modules.loss import BCEWithLogitsLoss, CrossEntropyLoss, MSELoss
from .modules.module import Module
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
    "modules",
]
