"""Samples of the families of `autograd/special` beside those of `special.py`: integrals, polynomials, Airy, ..."""

import math
from typing import Any

from numpy import inf, nan

from .table import Domain, Sample, above, counts, each, inside, nonzero, of, positive, real

try:
    from scipy import special as sc
except ImportError:
    sc = None

half = 0.5
degree = math.pi / 180
unit = Domain(0.05, 0.95)
degrees = Domain(10, 80)
large = Domain(3.3, 5.7)
orders = Domain(0, 4, dtype=counts.dtype)


def sine_integral(x: Any) -> Any:
    return sc.sici(x)[0]


def hyperbolic_sine_integral(x: Any) -> Any:
    return sc.shichi(x)[0]


# fmt: off
FUNCTIONS: list[Sample] = [] if sc is None else [
    # Angles in degrees, powers
    each(sc.sindg, degrees, at={0.0: degree, 90.0: 0.0}),
    each(sc.cosdg, degrees, at={0.0: 0.0, 90.0: -degree}),
    each(sc.tandg, degrees, at={0.0: degree, 45.0: 2 * degree}),
    each(sc.cotdg, degrees, at={45.0: -2 * degree}),
    each(sc.radian, degrees, real, real, at={(1.0, 2.0, 3.0): (degree, degree / 60, degree / 3600)}),
    each(sc.cosm1, real, at={0.0: 0.0, 1e-9: -1e-9}),
    each(sc.exp10, real, at={0.0: math.log(10), -inf: 0.0, inf: inf}),
    each(sc.powm1, positive, real, at={(1.0, 2.0): (2.0, 0.0), (2.0, 0.0): (0.0, math.log(2)), (0.0, 1.0): (1.0, 0.0), (0.0, 2.0): (0.0, 0.0)}),
    each(sc.wrightomega, real, at={1.0: half, -inf: 0.0, inf: 1.0}),
    # The gamma function's family
    each(sc.zetac, above),
    each(sc.zetac, Domain(-3.7, 0.8)(4), at={0.0: -half * math.log(2 * math.pi)}),
    each(sc.poch, positive, positive, at={(-2.0, 1.0): (1.0, nan), (-3.0, 2.0): (-5.0, nan), (1.0, 1.0): (1.0, 1 - 0.5772156649015329), (0.0, 2.0): (1.0, 0.0)}),
    each(sc.gammainccinv, 1.5, unit),
    each(sc.betaincc, 1.5, 2.5, unit, at={0.0: 0.0, 1.0: 0.0, 2.0: nan}),
    each(sc.betainccinv, 1.5, 2.5, unit),
    # Integrals
    of(sc.fresnel, real(2, 3)),
    each(sc.exp1, positive, at={1.0: -math.exp(-1), 0.0: -inf, inf: 0.0}),
    each(sc.expi, nonzero, at={1.0: math.e, -1.0: -math.exp(-1), -inf: 0.0}),
    each(sc.expn, 3, positive, at={0.0: -1.0}),
    each(sc.expn, 1, positive(4), at={0.0: -inf}),
    each(sc.expn, orders, positive),
    of(sc.sici, positive(2, 3)),
    each(sine_integral, nonzero, at={0.0: 1.0, inf: 0.0, -inf: 0.0}),
    of(sc.shichi, positive(2, 3)),
    each(hyperbolic_sine_integral, nonzero(4), at={0.0: 1.0}),
    each(sc.spence, positive, at={1.0: -1.0, 0.0: -inf, inf: 0.0, -1.0: nan}),
    of(sc.itj0y0, positive(2, 3)),
    of(sc.iti0k0, positive(2, 3)),
    each(sc.itstruve0, positive),
    each(sc.itmodstruve0, positive),
    of(sc.itairy, positive(2, 3)),
    # Bessel functions and their relatives
    each(sc.jve, 1.5, positive, at={0.0: 0.0}),
    each(sc.yve, half, positive),
    each(sc.struve, 1.5, positive, at={0.0: 0.0}),
    each(sc.struve, 0, real, at={0.0: 2 / math.pi}),
    each(sc.modstruve, 1.5, positive, at={0.0: 0.0}),
    each(sc.modstruve, 0, real, at={0.0: 2 / math.pi}),
    each(sc.ber, real, at={0.0: 0.0}),
    each(sc.bei, real, at={0.0: 0.0}),
    each(sc.berp, nonzero, at={0.0: 0.0}),
    each(sc.beip, nonzero, at={0.0: half}),
    each(sc.ker, positive),
    each(sc.kei, positive),
    each(sc.kerp, positive),
    each(sc.keip, positive),
    of(sc.airy, real(2, 3)),
    # Elliptic integrals and functions
    each(sc.ellipk, inside, at={0.0: math.pi / 8, 1.0: inf, 2.0: nan}),
    each(sc.ellipkm1, unit, at={1.0: -math.pi / 8, 0.0: -inf, -1.0: nan}),
    each(sc.ellipe, inside, at={0.0: -math.pi / 8, 1.0: -inf, 2.0: nan}),
    each(sc.ellipkinc, real, inside, at={(0.0, half): (1.0, 0.0), (half, 0.0): (1.0, (1 - math.sin(1)) / 8)}),
    each(sc.ellipkinc, real(4), Domain(-0.12, 0.12)(4)),
    each(sc.ellipeinc, real, inside, at={(0.0, half): (1.0, 0.0), (half, 0.0): (1.0, (math.sin(1) - 1) / 8)}),
    each(sc.ellipeinc, real(4), Domain(-0.12, 0.12)(4)),
    of(sc.ellipj, real(2, 3), 0.3),
    # Orthogonal polynomials
    *(
        each(function, orders, x)
        for function, x in (
            (sc.eval_legendre, inside), (sc.eval_chebyt, inside), (sc.eval_chebyu, inside), (sc.eval_chebyc, real),
            (sc.eval_chebys, real), (sc.eval_sh_legendre, unit), (sc.eval_sh_chebyt, unit), (sc.eval_sh_chebyu, unit),
            (sc.eval_hermite, real), (sc.eval_hermitenorm, real), (sc.eval_laguerre, real),
        )
    ),
    each(sc.eval_legendre, 3, real, at={1.0: 6.0, -1.0: 6.0, 0.0: -1.5}),
    each(sc.eval_legendre, half, unit),
    each(sc.eval_chebyt, half, unit),
    each(sc.eval_chebyu, half, unit),
    each(sc.eval_gegenbauer, 3, 0.75, inside),
    each(sc.eval_gegenbauer, orders, 0.75, inside),
    each(sc.eval_jacobi, 3, 0.75, -half, inside),
    each(sc.eval_jacobi, orders, 0.75, -half, inside),
    each(sc.eval_sh_jacobi, 3, 2.5, 0.75, unit),
    each(sc.eval_sh_jacobi, orders, 2.5, 0.75, unit),
    each(sc.eval_genlaguerre, 3, 0.75, real),
    each(sc.eval_genlaguerre, orders, 0.75, real),
    # Hypergeometric functions, and what obeys an equation of second order
    each(sc.hyp0f1, 1.5, real, at={0.0: 1 / 1.5}),
    each(sc.hyperu, half, 1.5, positive),
    each(sc.hyp2f1, half, 0.75, 1.5, inside, at={0.0: 0.25}),
    each(sc.wright_bessel, 1.5, half, positive),
    of(sc.pbdv, 1.5, real(2, 3)),
    of(sc.pbvv, 1.5, real(2, 3)),
    of(sc.pbwa, half, real(2, 3)),
]
# fmt: on
