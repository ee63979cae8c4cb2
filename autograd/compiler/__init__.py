"""Tracing a function once and replaying it on new data."""

from .compiled import Compiled, compile
from .tape import Tape
from .trace import trace

__all__ = ["Compiled", "Tape", "compile", "trace"]
