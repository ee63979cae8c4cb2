"""Operations whose derivative is zero wherever it exists: comparisons, logic, rounding, signs.

Their results are Tensors without a gradient, so that a mask is part of a trace.
"""

from __future__ import annotations

import numpy as np

from ..op import constant

equal = constant(np.equal)
not_equal = constant(np.not_equal)
less = constant(np.less)
less_equal = constant(np.less_equal)
greater = constant(np.greater)
greater_equal = constant(np.greater_equal)

logical_and = constant(np.logical_and)
logical_or = constant(np.logical_or)
logical_xor = constant(np.logical_xor)
logical_not = constant(np.logical_not)
bitwise_and = constant(np.bitwise_and)
bitwise_or = constant(np.bitwise_or)
bitwise_xor = constant(np.bitwise_xor)
invert = constant(np.invert)
left_shift = constant(np.left_shift)
right_shift = constant(np.right_shift)

isfinite = constant(np.isfinite)
isinf = constant(np.isinf)
isnan = constant(np.isnan)
signbit = constant(np.signbit)

sign = constant(np.sign)
floor = constant(np.floor)
ceil = constant(np.ceil)
trunc = constant(np.trunc)
rint = constant(np.rint)
floor_divide = constant(np.floor_divide)
nextafter = constant(np.nextafter)
spacing = constant(np.spacing)
gcd = constant(np.gcd)
lcm = constant(np.lcm)
