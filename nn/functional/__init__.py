"""Layers, activations and losses as functions, under PyTorch's names and with its defaults.

A floating input takes the dtype of the weights that it meets, a target that of the prediction; arrays are as good as
Tensors.
"""

from .activation import elu, leaky_relu, log_softmax, relu, sigmoid, softmax, softplus, tanh
from .linear import linear
from .loss import binary_cross_entropy_with_logits, cross_entropy, mse_loss

__all__ = [
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "elu",
    "leaky_relu",
    "linear",
    "log_softmax",
    "mse_loss",
    "relu",
    "sigmoid",
    "softmax",
    "softplus",
    "tanh",
]
