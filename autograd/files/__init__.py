"""Saving and loading: nests of Tensors, arrays, numbers and strings; safetensors; PyTorch's checkpoints. Never pickle.

>>> import nn, optim
>>> model = nn.Linear(2, 1)
>>> optimizer = optim.Adam(model.parameters())
>>> save({"epoch": 3, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, "checkpoint.npz")
>>> checkpoint = load("checkpoint.npz")
>>> checkpoint["epoch"], list(checkpoint["model"])
(3, ['weight', 'bias'])
>>> model.load_state_dict(checkpoint["model"])
<All keys matched successfully>
>>> optimizer.load_state_dict(checkpoint["optimizer"])
"""

from .formats import load, save

__all__ = ["load", "save"]
