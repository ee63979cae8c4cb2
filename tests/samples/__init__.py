"""The table of samples, one file for each family of operations; `table.py` says how a line is written."""

from .activations import ACTIVATIONS
from .alignments import ALIGNMENTS
from .arithmetic import ARITHMETIC, CONSTANTS, EXPONENTIALS, SELECTING, TRIGONOMETRY
from .arranging import ARRANGING, BORDERS
from .attention import ATTENTION
from .calculus import DIFFERENCES, PARTS
from .convolutions import CONVOLUTIONS
from .decompositions import ALGEBRA
from .fourier import FOURIER
from .fused import LAYERS
from .linalg import PRODUCTS
from .normalizations import NORMALIZATIONS
from .polynomials import POLYNOMIALS
from .pooling import POOLING
from .recurrences import RECURRENCES
from .reductions import REDUCTIONS
from .resizing import RESIZING
from .selecting import SELECTING_BY_CONDITION, SELECTING_BY_NUMBER
from .sequences import SCIMATH, SETS, STEPS, WINDOWS
from .shape import INDEXING, SHAPES
from .sorting import QUANTILES, SKIPPING, SORTING
from .special import SPECIAL
from .statistics import AVERAGES, HISTOGRAMS, INTERPOLATION, SEQUENCES
from .table import Sample, of, real
from .torch_names import TORCH_NAMES

SAMPLES = [
    *ARITHMETIC, *EXPONENTIALS, *TRIGONOMETRY, *SELECTING, *CONSTANTS, *REDUCTIONS, *SHAPES, *INDEXING, *PRODUCTS, *LAYERS,
    *ALGEBRA, *FOURIER, *SPECIAL,
    *SORTING, *QUANTILES, *SKIPPING, *AVERAGES, *SEQUENCES, *HISTOGRAMS, *INTERPOLATION,
    *DIFFERENCES, *PARTS,
    *SCIMATH, *STEPS, *SETS, *WINDOWS,
    *ARRANGING, *BORDERS, *SELECTING_BY_NUMBER, *SELECTING_BY_CONDITION, *POLYNOMIALS,
    *TORCH_NAMES,
    *CONVOLUTIONS,
    *RECURRENCES,
    *POOLING, *RESIZING,
    *NORMALIZATIONS, *ALIGNMENTS, *ATTENTION, *ACTIVATIONS,
]  # fmt: skip

__all__ = [
    "ALGEBRA", "ARITHMETIC", "CONSTANTS", "EXPONENTIALS", "FOURIER", "INDEXING", "LAYERS", "PRODUCTS", "REDUCTIONS",
    "SAMPLES", "SELECTING", "SHAPES", "SPECIAL",
    "TRIGONOMETRY", "Sample", "of", "real",
]  # fmt: skip
