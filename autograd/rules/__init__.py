"""The declarations, one family a file. Importing this package registers every operation."""

from . import arithmetic, comparison, fused, indexing, linalg, reductions, shape

__all__ = ["arithmetic", "comparison", "fused", "indexing", "linalg", "reductions", "shape"]
