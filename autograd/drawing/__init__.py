"""Pictures of recorded graphs, by Graphviz, and their backward passes in words."""

from .explanation import Explanation, explain
from .picture import Picture, draw

__all__ = ["Explanation", "Picture", "draw", "explain"]
