"""Pictures of recorded graphs, by Graphviz; their backward passes in words; and reasons for what their gradients are."""

from .explanation import Explanation, explain
from .picture import Picture, draw
from .reasons import Reason, Reasons, why
from .zoom import scalars

__all__ = ["Explanation", "Picture", "Reason", "Reasons", "draw", "explain", "scalars", "why"]
