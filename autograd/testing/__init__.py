"""Checking derivatives: against differences of values, to the first and the second order.

`autograd.testing.strategies` holds the hypothesis strategies; it needs hypothesis, and nothing here imports it.
"""

from .differences import gradcheck, gradgradcheck

__all__ = ["gradcheck", "gradgradcheck"]
