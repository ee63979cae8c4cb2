"""Samples of distribution functions, and of the transforms of `autograd/special/entropies.py` and their inverses."""

import math

from numpy import inf, nan

from .table import Domain, Sample, each, inside, nonzero, positive, real

try:
    from scipy import special as sc
except ImportError:
    sc = None

half = 0.5
unit = Domain(0.05, 0.95)
upper = Domain(0.6, 0.9)
large = Domain(3.3, 5.7)
small, trials = Domain(0, 2, dtype=int), Domain(4, 6, dtype=int)

# fmt: off
DISTRIBUTIONS: list[Sample] = [] if sc is None else [
    each(sc.ndtri_exp, Domain(-3, -0.1), at={-inf: 0.0}),
    each(sc.ndtri_exp, Domain(-60, -30)(4)),
    each(sc.boxcox1p, positive, real, at={(0.0, 0.0): (1.0, 0.0), (1.0, 0.0): (half, half * math.log(2) ** 2), (-1.0, 2.0): (0.0, 0.25), (-2.0, 1.0): (nan, nan)}),
    each(sc.inv_boxcox, positive, positive, at={(1.0, 0.0): (math.e, -half * math.e), (2.0, 1.0): (1.0, 2 - 3 * math.log(3))}),
    each(sc.inv_boxcox, real(4), Domain(-0.1, 0.1)(4)),
    each(sc.inv_boxcox1p, positive, positive, at={(1.0, 0.0): (math.e, -half * math.e), (2.0, 1.0): (1.0, 2 - 3 * math.log(3))}),
    # Gamma, χ² and Poisson
    each(sc.chdtr, 3.0, positive, at={0.0: 0.0, inf: 0.0}),
    each(sc.chdtr, 2.0, positive(4), at={0.0: half}),
    each(sc.chdtrc, 3.0, positive, at={0.0: 0.0, inf: 0.0}),
    each(sc.chdtri, 3.0, unit),
    each(sc.gdtr, positive, 1.5, positive),
    each(sc.gdtrc, positive, 1.5, positive),
    each(sc.gdtrix, positive, 1.5, unit),
    each(sc.gdtria, unit, 1.5, positive),
    each(sc.pdtr, 2, positive, at={0.0: 0.0, 2.0: -2 * math.exp(-2)}),
    each(sc.pdtr, small, positive),
    each(sc.pdtrc, 2, positive, at={0.0: 0.0, 2.0: 2 * math.exp(-2)}),
    each(sc.pdtri, 2, unit),
    # Beta, binomial, F and t
    each(sc.bdtr, small, trials, unit),
    each(sc.bdtrc, small, trials, unit),
    each(sc.bdtri, small, trials, unit),
    each(sc.nbdtr, 2, 5, unit),
    each(sc.nbdtrc, 2, 5, unit),
    each(sc.nbdtri, 2, 5, unit),
    each(sc.fdtr, 3.0, 4.0, positive, at={0.0: 0.0, inf: 0.0}),
    each(sc.fdtrc, 3.0, 4.0, positive, at={0.0: 0.0, inf: 0.0}),
    each(sc.fdtri, 3.0, 4.0, unit),
    each(sc.stdtr, 3.0, real, at={0.0: 2 / (math.pi * math.sqrt(3)), inf: 0.0, -inf: 0.0}),
    each(sc.stdtr, 1.0, real(4), at={1.0: half / math.pi}),
    each(sc.stdtrit, 3.0, unit),
    # Normal, Kolmogorov's and Tukey's
    each(sc.owens_t, real, real, at={(0.0, 0.0): (0.0, half / math.pi), (inf, 1.0): (0.0, 0.0)}),
    each(sc.nrdtrimn, upper, positive, real),
    each(sc.nrdtrisd, inside, upper, large),
    each(sc.kolmogorov, Domain(0.5, 1.9), at={0.0: 0.0, inf: 0.0, -1.0: 0.0}),
    each(sc.kolmogi, unit),
    each(sc.tklmbda, nonzero, 0.25, at={0.0: half**1.75, 9.0: 0.0}),
    each(sc.tklmbda, inside(4), 1.0, at={0.0: half, 1.5: 0.0}),
]
# fmt: on
