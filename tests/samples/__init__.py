"""The table of samples, one file for each family of operations; `table.py` says how a line is written."""

from .arithmetic import ARITHMETIC, CONSTANTS, EXPONENTIALS, SELECTING, TRIGONOMETRY
from .fused import LAYERS
from .linalg import PRODUCTS
from .reductions import REDUCTIONS
from .shape import INDEXING, SHAPES
from .table import Sample, of, real

SAMPLES = [
    *ARITHMETIC, *EXPONENTIALS, *TRIGONOMETRY, *SELECTING, *CONSTANTS, *REDUCTIONS, *SHAPES, *INDEXING, *PRODUCTS, *LAYERS
]  # fmt: skip

__all__ = [
    "ARITHMETIC", "CONSTANTS", "EXPONENTIALS", "INDEXING", "LAYERS", "PRODUCTS", "REDUCTIONS", "SAMPLES", "SELECTING", "SHAPES",
    "TRIGONOMETRY", "Sample", "of", "real",
]  # fmt: skip
