"""Checking derivatives: against differences of values, to the first and the second order, and by laws.

`autograd.testing.strategies` holds the hypothesis strategies; it needs hypothesis, and nothing here imports it.
"""

from .blame import check_gradients
from .compare import compare
from .differences import gradcheck, gradgradcheck
from .laws import LAWS

__all__ = ["LAWS", "check_gradients", "compare", "gradcheck", "gradgradcheck"]
