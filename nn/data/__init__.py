"""Small data sets that come with the package, and minibatches of any arrays."""

from .minibatches import batches
from .samples import Samples, Split, digits, xor

__all__ = ["Samples", "Split", "batches", "digits", "xor"]
