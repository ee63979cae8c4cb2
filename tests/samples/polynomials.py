"""Samples of `autograd/rules/polynomials.py`."""

from typing import Any

import numpy as np

from .arranging import Called, on_tensors
from .table import Domain, of, positive, real

# fmt: off


class Separate(Domain):
    """Coefficients of polynomials with real roots, well apart."""

    structured = True

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Any:
        places = np.linspace(self.low, self.high, shape[0] - 1) + generator.uniform(-0.1, 0.1, shape[0] - 1)
        return np.poly(places) * generator.uniform(1, 2)


class Points(Domain):
    """Places well apart."""

    structured = True


def monic_product(a: Any, b: Any) -> Any:
    return np.polymul(np.concatenate([[1.0], a]), np.concatenate([[2.0], b]))


def quotient(u: Any, v: Any) -> Any:
    return np.polydiv(u, np.concatenate([[2.0], v]))[0]


def all_but_rcond(*args: Any, **keywords: Any) -> Any:
    return np.polyfit(*args, **keywords)[:4]


# the shape of a product and of a remainder depends on zeros among the values: the laws are put to what fixes it
product, division, fit = Called(np.polymul, monic_product), Called(np.polydiv, quotient), Called(np.polyfit,
all_but_rcond)
integral = on_tensors(np.polyint)
points, steps = Points(-2, 2, spaced=True), Points(-9, 9, dtype=np.int64)
separate = Separate(-2, 2.3)

POLYNOMIALS = [
    *(of(np.vander, real(4), *how, sums=True, lanes=1) for how in ((), (5,), (1,), (4, True), (2, False))),
    of(np.vander, real(3), 0, differences=False),
    *(of(np.polyval, real(n), real(*shape), sums=True) for n, shape in ((4, (2, 3)), (1, (3,)), (3, ()), (0, (3,)))),
    of(np.polyval, [1.0, -2.0, 0.5], real(3), sums=True),
    of(np.polyval, real(4), np.array([1.0, 2.0]), sums=True),
    *(of(f, real(n), real(m)) for f in (np.polyadd, np.polysub) for n, m in ((3, 3), (2, 4), (4, 1))),
    of(np.polyadd, real(3), 2.0),
    *(of(product, real(n), real(m), ulps=4, sums=True) for n, m in ((3, 2), (0, 4))),
    *(of(division, real(n), real(m), sums=True) for n, m in ((5, 2), (4, 0), (3, 2), (6, 1), (6, 3))),
    *(of(np.polyder, real(n), m) for n in (5, 2, 1) for m in (0, 1, 3)),
    *(of(np.polyint, real(3), *how) for how in ((), (2,), (2, 1.5), (2, [1.0, 2.0]), (0,))),
    of(integral, real(3), 2, real(2)),
    of(integral, real(2), 3, real()),
    *(of(np.poly, real(n), ulps=8, sums=True) for n in (4, 1)),
    of(np.poly, real(3, 3), ulps=16, sums=True),
    of(np.roots, separate(5), ulps=64, sums=True),
    of(np.roots, real(2), ulps=8, sums=True),
    *(of(np.polyfit, points(6), real(6), deg, ulps=256, sums=True) for deg in (0, 1, 3)),
    of(np.polyfit, points(6), real(6, 2), 2, ulps=256, sums=True),
    of(np.polyfit, points(6), real(6), 2, w=np.array([1.0, 2.0, 0.5, 1.0, 1.0, 3.0]), ulps=256, sums=True),
    of(np.polyfit, points(6), real(6, 2), 2, None, False, positive(6), ulps=256, sums=True),
    of(np.polyfit, points(6), real(6), 1, cov=True, ulps=1024, sums=True),
    of(np.polyfit, points(6), real(6, 2), 1, cov="unscaled", ulps=1024, sums=True),
    of(fit, points(6), real(6), 2, full=True, ulps=1024, sums=True),
    of(np.polyfit, steps(6), real(6), 1, 1e-10, ulps=256, sums=True),
]
# fmt: on
