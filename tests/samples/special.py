"""Samples of `autograd/special`: where SciPy is not installed, of what needs none."""

import math
from typing import Any

import numpy as np
from numpy import inf, nan

from autograd import special

from .special_distributions import DISTRIBUTIONS
from .special_functions import FUNCTIONS
from .table import Domain, Sample, above, constant, counts, each, inside, nonzero, of, positive, real

try:
    from scipy import special as sc
except ImportError:
    sc = None

unit = Domain(0.05, 0.95)
large = Domain(3.3, 5.7)
negative = Domain(-2.9, -2.1)  # between two poles of the gamma function


def polygamma(n: Any, x: Any) -> Any:
    return sc.polygamma(n, x).astype(x.dtype)


def polygamma_of(n: Any, x: Any) -> Any:
    return sc.polygamma(n, x)


def multigammaln(a: Any, d: int) -> Any:
    return np.reshape([sc.multigammaln(x, d) for x in a.ravel()], a.shape).astype(a.dtype)


def weighted(a: Any, axis: Any, b: Any, keepdims: bool = False, return_sign: bool = False) -> Any:
    total = np.sum(b * np.exp(a), axis, keepdims=keepdims)
    return (np.log(np.abs(total)), np.sign(total)) if return_sign else np.log(total)


def softmax(x: Any, axis: Any) -> Any:
    return np.exp(x) / np.sum(np.exp(x), axis, keepdims=True)


def log_softmax(x: Any, axis: Any) -> Any:
    return x - np.log(np.sum(np.exp(x), axis, keepdims=True))


# fmt: off
SUMS: list[Sample] = [  # along an axis
    of(special.logsumexp, real(2, 3), like=lambda a: np.log(np.sum(np.exp(a))), ulps=4),
    of(special.logsumexp, real(2, 3), dim=1, keepdim=True, like=lambda a, **k: np.log(np.sum(np.exp(a), 1, keepdims=True)), ulps=4),
    *(
        of(special.logsumexp, real(2, 3), axis, b, like=weighted, ulps=8, **keywords)
        for axis, b, keywords in (
            (None, positive(2, 3), {}), (0, positive(2, 3), {}), (-1, positive(3), {"keepdims": True}),
            ((0, 1), real(2, 3), {"return_sign": True}),
        )
    ),
    of(special.logsumexp, real(3), 1, positive(2, 3), like=weighted, ulps=8),
    *(
        of(function, real(2, 3), axis, like=like, ulps=8)
        for function, like in ((special.softmax, softmax), (special.log_softmax, log_softmax))
        for axis in (None, 0, -1, (0, 1))
    ),
]

half = 0.5
root_pi = math.sqrt(math.pi)

SPECIAL: list[Sample] = SUMS if sc is None else [
    *SUMS, *FUNCTIONS, *DISTRIBUTIONS,
    # The error function and the normal distribution
    each(sc.erf, real, at={0.0: 2 / root_pi, inf: 0.0, -inf: 0.0, 1e200: 0.0}),
    each(sc.erfc, real, at={0.0: -2 / root_pi, inf: 0.0, -inf: 0.0}),
    each(sc.erfi, real, at={0.0: 2 / root_pi, inf: inf, -inf: inf}),
    each(sc.erfinv, inside, at={0.0: root_pi / 2, 1.0: inf, -1.0: inf, 2.0: nan}),
    each(sc.erfcinv, unit, at={1.0: -root_pi / 2, 0.0: -inf, 2.0: -inf, -1.0: nan, 3.0: nan}),
    each(sc.erfcx, real, at={0.0: -2 / root_pi, inf: 0.0, -inf: -inf, 1e9: -1e-18 / root_pi, 16.0: 32 * 0.03519337782493084 - 2 / root_pi}),
    each(sc.erfcx, Domain(9, 11)(4)),
    each(sc.dawsn, real, at={0.0: 1.0, inf: 0.0, -inf: 0.0, 1e9: -half * 1e-18}),
    each(sc.dawsn, Domain(9, 11)(4)),
    each(sc.ndtr, real, at={0.0: 1 / math.sqrt(2 * math.pi), inf: 0.0, -inf: 0.0}),
    each(sc.ndtri, unit, at={half: math.sqrt(2 * math.pi), 0.0: inf, 1.0: inf, 2.0: nan}),
    each(sc.log_ndtr, real, at={0.0: math.sqrt(2 / math.pi), inf: 0.0, -inf: inf, 50.0: 0.0, -1e9: 1e9}),
    each(sc.log_ndtr, Domain(-40, -12)(4)),
    # The gamma function and its family
    each(sc.gamma, positive, at={1.0: -np.euler_gamma, inf: inf, 0.0: -inf, -1.0: nan}),
    each(sc.gamma, negative(4)),
    each(sc.gammaln, positive, at={1.0: -np.euler_gamma, inf: inf, -1.0: nan}),
    each(sc.gammaln, negative(4)),
    each(sc.loggamma, positive, at={1.0: -np.euler_gamma, -half: nan}),
    each(sc.rgamma, positive, at={1.0: np.euler_gamma, 0.0: 1.0, -1.0: -1.0, -2.0: 2.0, inf: 0.0}),
    each(sc.rgamma, Domain(-2.4, 0.4)(4)),
    each(sc.psi, positive, at={1.0: math.pi**2 / 6, inf: 0.0, 0.0: inf}),
    each(sc.psi, negative(4)),
    each(special.polygamma, 0, positive, like=polygamma),
    each(special.polygamma, 1, positive, like=polygamma, ulps=4),
    each(special.polygamma, 3, positive, like=polygamma, ulps=4),
    of(special.polygamma, counts(2, 3), positive(2, 3), like=polygamma_of, ulps=4),
    each(sc.beta, positive, positive, at={(1.0, 1.0): (-1.0, -1.0)}),
    each(sc.betaln, positive, positive, at={(1.0, 1.0): (-1.0, -1.0)}),
    of(special.multigammaln, large(2, 3), 3, like=multigammaln, ulps=8),
    each(sc.gammainc, 1.5, positive, at={0.0: 0.0, inf: 0.0, -1.0: nan}),
    each(sc.gammainc, 1.0, positive, at={0.0: 1.0, 1.0: math.exp(-1), -1.0: nan}),
    each(sc.gammainc, half, positive, at={0.0: inf}),
    each(sc.gammainc, counts, positive),
    each(sc.gammaincc, 1.5, positive, at={0.0: 0.0, inf: 0.0, -1.0: nan}),
    each(sc.gammaincinv, 1.5, unit),
    each(sc.betainc, 1.5, 2.5, unit, at={0.0: 0.0, 1.0: 0.0, 2.0: nan}),
    each(sc.betainc, 1.0, half, unit, at={0.0: half, 1.0: inf, -1.0: nan}),
    each(sc.betaincinv, 1.5, 2.5, unit),
    each(sc.binom, large, positive, at={(2.0, 3.0): (1 / 3, -1 / 3)}),
    each(special.comb, large, positive, like=lambda n, k: sc.comb(n, k).astype(n.dtype)),
    each(special.comb, large, positive, repetition=True, like=lambda n, k, repetition: sc.comb(n + k - 1, k).astype(n.dtype)),
    each(special.factorial, positive, like=lambda n: sc.factorial(n).astype(n.dtype), at={-half: 0.0}, ulps=4),
    each(special.RIEMANN, above),
    each(special.RIEMANN, Domain(-3.7, 0.8)(4), at={0.0: -half * math.log(2 * math.pi), -2.0: -0.030448457058393270780}),
    each(special.HURWITZ, above, positive, at={(2.0, 1.0): (-0.93754825431584375, -2.4041138063191886), (half, 1.0): (nan, nan)}),
    # Logistic functions, logarithms and entropies
    each(sc.expit, real, at={0.0: 0.25, inf: 0.0, -inf: 0.0, 50.0: math.exp(-50), -50.0: math.exp(-50)}),
    each(sc.log_expit, real, at={0.0: half, inf: 0.0, -inf: 1.0}),
    each(sc.logit, unit, at={half: 4.0, 0.0: inf, 1.0: inf, 2.0: nan, -1.0: nan}),
    each(special.logit, unit, 0.25, like=lambda x, eps: sc.logit(np.clip(x, eps, 1 - eps)), at={0.0: 0.0, 1.0: 0.0}),
    each(sc.xlogy, real, positive, at={(0.0, 0.0): (0.0, 0.0), (0.0, 1.0): (0.0, 0.0), (2.0, 0.0): (-inf, inf), (1.0, -1.0): (nan, nan)}),
    each(sc.xlog1py, real, inside, at={(0.0, -1.0): (0.0, 0.0), (2.0, 0.0): (0.0, 2.0), (1.0, -2.0): (nan, nan)}),
    each(sc.entr, positive, at={0.0: inf, 1.0: -1.0, -1.0: nan}),
    each(sc.rel_entr, positive, positive, at={(0.0, 1.0): (-inf, 0.0), (1.0, 1.0): (1.0, -1.0), (0.0, 0.0): (0.0, 0.0), (-1.0, -1.0): (nan, nan)}),
    each(sc.kl_div, positive, positive, at={(0.0, 1.0): (-inf, 1.0), (1.0, 1.0): (0.0, 0.0), (0.0, 0.0): (0.0, 1.0), (-1.0, 1.0): (nan, nan)}),
    each(sc.exprel, real, at={0.0: half, inf: inf, -inf: 0.0, -1e9: 1e-18, 1e-9: half + 1e-9 / 3}),
    each(sc.boxcox, positive, real, at={(1.0, 0.0): (1.0, 0.0), (2.0, 0.0): (half, half * math.log(2) ** 2), (0.0, 2.0): (0.0, 0.25), (-1.0, 1.0): (nan, nan)}),
    each(sc.huber, positive, large, at={(1.0, 1.0): (0.0, 1.0), (0.0, 3.0): (3.0, 0.0), (-1.0, 1.0): (nan, nan)}),
    each(sc.huber, large(4), real(4)),
    each(sc.pseudo_huber, positive, real, at={(1.0, 0.0): (0.0, 0.0), (0.0, 3.0): (3.0, 0.0), (0.0, 0.0): (0.0, 0.0), (-1.0, 1.0): (nan, nan)}),
    each(sc.exp2, real(4), like=np.exp2),
    each(sc.expm1, real(4), like=np.expm1),
    each(sc.log1p, inside(4), like=np.log1p),
    each(sc.cbrt, nonzero(4), like=np.cbrt),
    constant(sc.round, real(4), like=np.rint),
    constant(sc.gammasgn, nonzero),
    # Bessel functions
    each(sc.i0, real(4), at={0.0: 0.0}),
    each(sc.i1, real, at={0.0: half}),
    each(sc.i0e, nonzero, at={0.0: 0.0, inf: 0.0, -inf: 0.0, 1e16: -1e-24 / math.sqrt(8 * math.pi)}),
    each(sc.i1e, nonzero, at={0.0: half, inf: 0.0, -inf: 0.0, -1e16: -1e-24 / math.sqrt(8 * math.pi)}),
    each(sc.iv, 1.5, positive, at={0.0: 0.0}),
    each(sc.iv, counts, real),
    each(sc.ive, 1.5, positive, at={0.0: 0.0}),
    each(sc.j0, real, at={0.0: 0.0}),
    each(sc.j1, real, at={0.0: half}),
    each(sc.jv, 1.5, positive, at={0.0: 0.0}),
    each(sc.jv, counts, real),
    each(sc.y0, positive, at={0.0: inf, -1.0: nan}),
    each(sc.y1, positive, at={0.0: inf, -1.0: nan}),
    each(sc.yn, 2, positive, at={0.0: inf, -1.0: nan}),
    each(sc.yv, half, positive, at={0.0: inf, -1.0: nan}),
    each(sc.k0, positive, at={0.0: -inf, inf: 0.0, -1.0: nan}),
    each(sc.k1, positive, at={0.0: -inf, inf: 0.0, -1.0: nan}),
    each(sc.k0e, positive, at={0.0: -inf, inf: 0.0, 1e16: -1e-24 * math.sqrt(math.pi / 8)}),
    each(sc.k1e, positive, at={0.0: -inf, inf: 0.0, 1e16: -1e-24 * math.sqrt(math.pi / 8)}),
    each(sc.kn, 2, positive, at={inf: 0.0}),
    each(sc.kv, half, positive, at={inf: 0.0}),
    each(sc.kve, half, positive),
    each(special.spherical_bessel_j0, nonzero, like=lambda x: np.sinc(x / math.pi), ulps=2, at={0.0: 0.0}),
]
# fmt: on
