"""Tracing a function once and replaying it on new data."""

from .program import Program
from .trace import trace

__all__ = ["Program", "trace"]
