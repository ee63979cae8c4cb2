"""Pictures of recorded graphs, by Graphviz."""

from .picture import Picture, draw

__all__ = ["Picture", "draw"]
