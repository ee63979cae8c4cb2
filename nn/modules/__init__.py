"""The layers, a file a family: attributes, `__init__` with PyTorch's arguments, `forward`."""

from .module import Module

__all__ = ["Module"]
