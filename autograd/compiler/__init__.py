"""Tracing a function once and replaying it on new data."""

from .trace import Program, trace

__all__ = ["Program", "trace"]
