"""Special functions on Tensors: `scipy.special` and `torch.special`, under the names of either.

    autograd.special.erf(x)    scipy.special.erf(x)    # the same, and both record the graph

Each is one declaration over SciPy's function; as its rule is made of such functions too, every order of derivative is
there. SciPy comes with `pip install "chainrule[special]"`. Without it this module still imports: what is made of NumPy
alone works, such as `softmax`, and every other function says what is missing when it is called.

At the edges: a derivative where there is one, one-sided or infinite at the end of a domain, NaN outside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import modes
from .op import axes_of, elementwise, general, registry
from .rules import arithmetic, fused

try:
    from scipy import special as sc
except ImportError:
    sc = None


def of(ufunc: Any, *rules: Any, name: str | None = None, says: str) -> Any:
    """Declare SciPy's ufunc, given by its name, or by itself and `name`; it then takes Tensors itself.

    An argument whose rule is None is one in which there is no derivative to give: that it needs one is an error.
    """
    name = name or ufunc
    if ufunc.__class__ is str:
        ufunc = getattr(sc, ufunc, None)
    if ufunc is None:
        return _missing(name, says)
    forward = ufunc if ufunc.nin < 3 else lambda a, b, x: ufunc(a, b, x)
    function = operation = elementwise(forward, *rules, name=name)
    operation.__module__ = __name__
    if None in rules:
        function = _partial(name, operation, rules)
    function.__doc__ = says
    registry[ufunc] = function
    return function


def _missing(name: str, says: str) -> Callable[..., Any]:
    def function(*args: Any, **kwargs: Any) -> Any:
        if sc is not None:
            raise ImportError(f"autograd.special.{name} needs a newer SciPy than this one")
        raise ImportError(f'autograd.special.{name} needs SciPy: pip install "chainrule[special]"')

    function.__name__ = function.__qualname__ = name
    function.__doc__ = says
    return function


def _partial(name: str, operation: Any, rules: Any) -> Callable[..., Any]:
    """The operation, but an error where an argument without a rule needs a gradient."""

    def function(*args: Any) -> Any:
        for i, (a, rule) in enumerate(zip(args, rules)):
            if rule is None and getattr(a, "requires_grad", False) and modes.is_grad_enabled():
                raise TypeError(
                    f"{name}: there is no derivative in argument {i} here, only in argument {len(rules) - 1}; give a "
                    "number or an array for it, or the Tensor's .detach()"
                )
        return operation(*args)

    function.__name__ = function.__qualname__ = name
    return function


# --- The error function and the normal distribution -------------------------------------------------------------------

ROOT_PI = math.sqrt(math.pi)
ROOT_2PI = math.sqrt(2 * math.pi)


def _asymptotic(u: Any) -> Any:
    """u + 3u² + 15u³ + ...: how 1 - 2x·dawsn(x), with u = -1/(2x²), and its like for erfcx fall off for large x."""
    total = 0.0
    for n in range(11, 0, -1):
        total = (2 * n - 1) * u * (1.0 + total)
    return total


def _dawsn_slope(x: Any) -> Any:
    """1 - 2x·dawsn(x), without its cancellation."""
    far = np.absolute(x) > 10
    big = np.where(far, x, 10.0)
    return np.where(far, -_asymptotic(0.5 / big / big), 1 - 2 * x * sc.dawsn(x))


def _erfcx_slope(x: Any) -> Any:
    """2x·erfcx(x) - 2/√π, without its cancellation."""
    far = x > 10
    big = np.where(far, x, 10.0)
    return np.where(far, (2 / ROOT_PI) * _asymptotic(-0.5 / big / big), 2 * x * sc.erfcx(x) - 2 / ROOT_PI)


def _log_ndtr_slope(x: Any) -> Any:
    """The density over the distribution function, which is about -x far to the left."""
    left = math.sqrt(2 / math.pi) / sc.erfcx(np.where(x < 0, x, 0.0) * -math.sqrt(0.5))
    return np.where(x < 0, left, np.exp(-0.5 * x * x) / (ROOT_2PI * sc.ndtr(np.where(x < 0, 0.0, x))))


erf = of("erf", lambda g, x: g * (2 / ROOT_PI) * np.exp(-x * x), says="The error function, 2/√π ∫₀ˣ exp(-t²) dt.")
erfc = of("erfc", lambda g, x: g * (-2 / ROOT_PI) * np.exp(-x * x), says="1 - erf(x), exact also where it is tiny.")
erfi = of("erfi", lambda g, x: g * (2 / ROOT_PI) * np.exp(x * x), says="The imaginary error function, -i erf(ix).")
erfinv = of(
    "erfinv", lambda g, out: g * (ROOT_PI / 2) * np.exp(out * out), says="The inverse of erf; infinite at -1 and 1."
)
erfcinv = of(
    "erfcinv", lambda g, out: g * (-ROOT_PI / 2) * np.exp(out * out), says="The inverse of erfc; infinite at 0 and 2."
)
erfcx = of("erfcx", lambda g, x: g * _erfcx_slope(x), says="exp(x²) erfc(x), without overflow for large x.")
dawsn = of("dawsn", lambda g, x: g * _dawsn_slope(x), says="Dawson's integral, exp(-x²) ∫₀ˣ exp(t²) dt.")
ndtr = of(
    "ndtr", lambda g, x: g * np.exp(-0.5 * x * x) * (1 / ROOT_2PI), says="The normal distribution function, Φ(x)."
)
ndtri = of("ndtri", lambda g, out: g * ROOT_2PI * np.exp(0.5 * out * out), says="The quantile: the x with Φ(x) = p.")
log_ndtr = of("log_ndtr", lambda g, x: g * _log_ndtr_slope(x), says="log Φ(x), exact also where Φ(x) underflows.")

# --- The gamma function and its family --------------------------------------------------------------------------------


def _rgamma_slope(x: Any) -> Any:
    """d/dx 1/Γ(x), by reflection on the left, where ψ has poles and the derivative has none."""
    t = np.where(x < 0.5, 1 - x, 0.5)
    left = sc.gamma(t) * (np.cos(math.pi * x) - sc.psi(t) * np.sin(math.pi * x) * (1 / math.pi))
    right = np.where((x < 0.5) | (x == math.inf), 0.5, x)
    return np.where(x < 0.5, left, np.where(x == math.inf, 0.0, -sc.psi(right) * sc.rgamma(right)))


gamma = of("gamma", lambda g, x, out: g * out * sc.psi(x), says="Γ(x), which is (x - 1)! for whole numbers.")
gammaln = of("gammaln", lambda g, x: g * sc.psi(x), says="log |Γ(x)|.")
loggamma = of(
    "loggamma",
    lambda g, x: np.where(x < 0, math.nan, g * sc.psi(x)),
    says="log Γ(x), NaN for x < 0, where it is complex.",
)
rgamma = of("rgamma", lambda g, x: g * _rgamma_slope(x), says="1/Γ(x), which is 0 at 0, -1, -2, ...")
digamma = psi = of("psi", lambda g, x: g * sc.zeta(2, x), says="ψ(x), the derivative of log Γ(x).")
beta = of(
    "beta",
    lambda g, a, b, out: g * out * (sc.psi(a) - sc.psi(a + b)),
    lambda g, a, b, out: g * out * (sc.psi(b) - sc.psi(a + b)),
    says="The beta function, Γ(a)Γ(b)/Γ(a+b).",
)
betaln = of(
    "betaln",
    lambda g, a, b: g * (sc.psi(a) - sc.psi(a + b)),
    lambda g, a, b: g * (sc.psi(b) - sc.psi(a + b)),
    says="log |beta(a, b)|.",
)


def _gamma_density(a: Any, x: Any) -> Any:
    """x^(a-1) exp(-x) / Γ(a), at 0 and at infinity too."""
    inner = np.exp(sc.xlogy(a - 1, x) - x - sc.gammaln(a))
    return np.where(x < 0, math.nan, np.where(x == math.inf, 0.0, inner))


def _beta_density(a: Any, b: Any, x: Any) -> Any:
    """x^(a-1) (1-x)^(b-1) / beta(a, b), at 0 and at 1 too."""
    inner = np.exp(sc.xlogy(a - 1, x) + sc.xlog1py(b - 1, -x) - sc.betaln(a, b))
    return np.where((x < 0) | (x > 1), math.nan, inner)


gammainc = of(
    "gammainc",
    None,
    lambda g, a, b: g * _gamma_density(a, b),
    says="The regularised lower incomplete gamma function of (a, x); the derivative is in x only.",
)
gammaincc = of(
    "gammaincc",
    None,
    lambda g, a, b: -g * _gamma_density(a, b),
    says="1 - gammainc(a, x), exact also where it is tiny; the derivative is in x only.",
)
gammaincinv = of(
    "gammaincinv",
    None,
    lambda g, a, out: g / _gamma_density(a, out),
    says="The x with gammainc(a, x) = p; the derivative is in p only.",
)
betainc = of(
    "betainc",
    None,
    None,
    lambda g, a, b, x: g * _beta_density(a, b, x),
    says="The regularised incomplete beta function of (a, b, x); the derivative is in x only.",
)
betaincinv = of(
    "betaincinv",
    None,
    None,
    lambda g, a, b, out: g / _beta_density(a, b, out),
    says="The x with betainc(a, b, x) = p; the derivative is in p only.",
)


def _binom_slope(of_n: bool, n: Any, k: Any, out: Any) -> Any:
    """By n or by k: out times a difference of ψ; where out is 0 and ψ at a pole, by the product of 1/Γ."""
    a, b, c = n + 1, k + 1, n - k + 1  # out = Γ(a) / (Γ(b) Γ(c))
    if of_n:
        share, slope = sc.psi(a) - sc.psi(c), sc.rgamma(b) * (sc.psi(a) * sc.rgamma(c) + _rgamma_slope(c))
    else:
        share, slope = sc.psi(c) - sc.psi(b), _rgamma_slope(b) * sc.rgamma(c) - sc.rgamma(b) * _rgamma_slope(c)
    return np.where(out == 0, sc.gamma(a) * slope, out * share)


binom = of(
    "binom",
    lambda g, a, b, out: g * _binom_slope(True, a, b, out),
    lambda g, a, b, out: g * _binom_slope(False, a, b, out),
    says="The binomial coefficient, Γ(n+1) / (Γ(k+1) Γ(n-k+1)), of real numbers too.",
)


def comb(N: Any, k: Any, *, exact: bool = False, repetition: bool = False) -> Any:
    """`binom(N, k)`, but 0 where k > N or either is negative; with `repetition`, `binom(N + k - 1, k)`."""
    if exact:
        raise ValueError("comb: exact=True is for whole numbers; call scipy.special.comb or math.comb on them")
    if repetition:
        return comb(N + k - 1, k)
    return np.where((k <= N) & (N >= 0) & (k >= 0), binom(N, k), 0.0)


def factorial(n: Any, exact: bool = False) -> Any:
    """Γ(n + 1), but 0 for n < 0."""
    if exact:
        raise ValueError(
            "factorial: exact=True is for whole numbers; call scipy.special.factorial or math.factorial on them"
        )
    return np.where(n < 0, 0.0, gamma(n + 1))


# B_2j / (2j)! of the Euler-Maclaurin formula
BERNOULLI = [1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000, 1 / 74724249600]
BERNOULLI += [-3617 / 10670622842880000, 43867 / 5109094217170944000]


def _zeta_by_s(s: Any, q: Any) -> Any:
    """∂ζ(s, q)/∂s for q > 0: ten terms of its sum, then the Euler-Maclaurin formula for the others."""
    n = 10
    total = 0.0
    for k in range(n):
        total = total - np.log(q + k) * np.power(q + k, -s)
    a = q + n
    log_a, term = np.log(a), np.power(a, -s)
    total = total - a * term * (log_a + 1 / (s - 1)) / (s - 1) - 0.5 * log_a * term
    weight, slope = s / a, 1 / a  # of s (s+1) ... (s+2j) / a^(2j+1), and its derivative
    for j, b in enumerate(BERNOULLI):
        total = total + b * term * (slope - weight * log_a)
        for i in (2 * j + 1, 2 * j + 2):
            weight, slope = weight * (s + i) / a, (slope * (s + i) + weight) / a
    return total


def _riemann_by_s(s: Any) -> Any:
    """ζ'(s), for s < -1 by the functional equation ζ(s) = 2 (2π)^(s-1) sin(πs/2) Γ(1-s) ζ(1-s)."""
    t = np.where(s < -1, 1 - s, 2.0)
    left = (
        2 * np.exp(-math.log(2 * math.pi) * t) * sc.gamma(t)
        * (
            sc.zeta(t) * (math.pi / 2) * np.cos(math.pi / 2 * s)
            + np.sin(math.pi / 2 * s) * (sc.zeta(t) * (math.log(2 * math.pi) - sc.psi(t)) - _zeta_by_s(t, 1.0))
        )
    )  # fmt: skip
    return np.where(s < -1, left, _zeta_by_s(np.where(s < -1, 2.0, s), 1.0))


class _Probe:
    """What NumPy hands a call over to: it gives back the ufunc that was called."""

    def __array_ufunc__(self, ufunc: Any, *args: Any, **kwargs: Any) -> Any:
        return ufunc


RIEMANN, HURWITZ = (None, None) if sc is None else (sc.zeta(_Probe()), sc.zeta(_Probe(), 1.0))
riemann_zeta = of(RIEMANN, lambda g, x: g * _riemann_by_s(x), name="riemann_zeta", says="ζ(x).")
hurwitz_zeta = of(
    HURWITZ,
    lambda g, a, b: g * np.where((a > 1) & (b > 0), _zeta_by_s(a, b), math.nan),
    lambda g, a, b: np.where(a > 1, -g * a * sc.zeta(a + 1, b), math.nan),
    name="hurwitz_zeta",
    says="ζ(x, q), the sum of 1/(k + q)^x over k = 0, 1, ...",
)


def zeta(x: Any, q: Any = None) -> Any:
    """Riemann's ζ(x), or Hurwitz' ζ(x, q) = Σ 1/(k + q)^x over k = 0, 1, ...; with derivatives in both."""
    return riemann_zeta(x) if q is None else hurwitz_zeta(x, q)


def polygamma(n: Any, x: Any) -> Any:
    """The n-th derivative of ψ at x, for a whole number n or an array of such."""
    if isinstance(n, int):
        if n < 0:
            raise ValueError(f"polygamma(n, x): n is the order of a derivative, 0, 1, 2, ..., not {n}")
        return psi(x) if n == 0 else hurwitz_zeta(n + 1, x) * ((-1.0) ** (n + 1) * math.gamma(n + 1.0))
    n = n if hasattr(n, "dtype") else np.asarray(n)
    if n.dtype.kind not in "iu":
        raise TypeError(f"polygamma(n, x): n is the order of a derivative, a whole number, not {n.dtype}")
    higher = hurwitz_zeta(np.maximum(n, 1) + 1, x) * (-1.0) ** (n + 1) * gamma(n + 1.0)
    return np.where(n == 0, psi(x), np.where(n < 0, math.nan, higher))


def multigammaln(a: Any, d: int) -> Any:
    """log of the multivariate gamma function of dimension d; NaN where a is not above (d - 1)/2."""
    if d != int(d) or d < 1:
        raise ValueError(f"multigammaln(a, d): d is the dimension, a positive whole number, not {d}")
    total: Any = d * (d - 1) * 0.25 * math.log(math.pi)
    for j in range(int(d)):
        total = total + gammaln(a - 0.5 * j)
    return np.where(a > (d - 1) / 2, total, math.nan)


# --- Logistic functions, logarithms and entropies ---------------------------------------------------------------------

expit = of("expit", lambda g, x, out: g * out * sc.expit(-x), says="σ(x) = 1 / (1 + exp(-x)).")
log_expit = of("log_expit", lambda g, x: g * sc.expit(-x), says="log σ(x), exact also where σ(x) underflows.")
logit_ufunc = of(
    "logit", lambda g, x: np.where((x < 0) | (x > 1), math.nan, g / (x * (1 - x))), says="log(x / (1 - x))."
)


def logit(x: Any, eps: float | None = None) -> Any:
    """log(x / (1 - x)), the inverse of expit; with `eps`, of x limited to [eps, 1 - eps]."""
    return logit_ufunc(x if eps is None else np.clip(x, eps, 1 - eps))


xlogy = of(
    "xlogy",
    lambda g, a, b: np.where((a == 0) & (b <= 0), 0.0, g * np.log(b)),
    lambda g, a, b: np.where((a == 0) & (b == 0), 0.0, np.where((b < 0) & (a != 0), math.nan, g * a / b)),
    says="a log b, which is 0 for a = 0.",
)
xlog1py = of(
    "xlog1py",
    lambda g, a, b: np.where((a == 0) & (b <= -1), 0.0, g * np.log1p(b)),
    lambda g, a, b: np.where((a == 0) & (b == -1), 0.0, np.where((b < -1) & (a != 0), math.nan, g * a / (1 + b))),
    says="a log(1 + b), which is 0 for a = 0.",
)
entr = of("entr", lambda g, x: -g * (np.log(x) + 1), says="-x log x, which is 0 at 0 and -inf below.")


def _of_shares(a: Any, b: Any, at_zero: float, slope: Any) -> Any:
    """`slope`, but NaN where a or b is negative, and `at_zero` where both are 0."""
    return np.where((a < 0) | (b < 0), math.nan, np.where((a == 0) & (b == 0), at_zero, slope))


rel_entr = of(
    "rel_entr",
    lambda g, a, b: g * _of_shares(a, b, 0.0, np.log(a / b) + 1),
    lambda g, a, b: g * _of_shares(a, b, 0.0, -a / b),
    says="a log(a/b), which is 0 for a = 0: the terms of the relative entropy.",
)
kl_div = of(
    "kl_div",
    lambda g, a, b: g * _of_shares(a, b, 0.0, np.log(a / b)),
    lambda g, a, b: g * _of_shares(a, b, 1.0, 1 - a / b),
    says="a log(a/b) - a + b: the terms of the Kullback-Leibler divergence.",
)


def _exprel_slope(x: Any) -> Any:
    """d/dx (exp(x) - 1)/x, by its series near 0, where the quotient would cancel."""
    small = np.absolute(x) < 0.5
    near, far = np.where(small, x, 0.0), np.where(small, 1.0, x)
    series: Any = 0.0
    for k in range(13, -1, -1):
        series = series * near + (k + 1) / math.factorial(k + 2)
    quotient = sc.exprel(far)
    right, left = quotient * (1 - 1 / far) + 1 / far, (np.exp(far) - quotient) / far
    return np.where(small, series, np.where(x > 0, right, left))


def _boxcox_by_power(x: Any, p: Any) -> Any:
    log_x = np.log(x)
    return np.where((x == 0) & (p > 0), 1 / np.where(p > 0, p * p, 1.0), log_x * log_x * _exprel_slope(p * log_x))


exprel = of("exprel", lambda g, x: g * _exprel_slope(x), says="(exp(x) - 1) / x, which is 1 at 0.")
boxcox = of(
    "boxcox",
    lambda g, a, b: np.where(a < 0, math.nan, g * np.power(a, b - 1)),
    lambda g, a, b: g * _boxcox_by_power(a, b),
    says="The Box-Cox transform, (x^p - 1) / p, which is log x for p = 0.",
)
huber = of(
    "huber",
    lambda g, a, b: np.where(a < 0, math.nan, g * np.where(np.absolute(b) > a, np.absolute(b) - a, 0.0)),
    lambda g, a, b: np.where(a < 0, math.nan, g * np.where(np.absolute(b) > a, a * np.sign(b), b)),
    says="r²/2 for |r| ≤ delta, beyond it delta (|r| - delta/2), of (delta, r).",
)


def _length(a: Any, b: Any) -> Any:
    """√(a² + b²), but 1 where both are 0: there the numerator is 0 too."""
    return np.hypot(np.where((a == 0) & (b == 0), 1.0, a), b)


pseudo_huber = of(
    "pseudo_huber",
    lambda g, a, b: np.where(
        a < 0, math.nan, g * b * (b / _length(a, b)) * (b / (a + _length(a, b))) * (b / (a + _length(a, b)))
    ),
    lambda g, a, b: np.where(a < 0, math.nan, g * b * (a / _length(a, b))),
    says="delta² (√(1 + (r/delta)²) - 1), a smooth Huber function, of (delta, r).",
)

# --- Bessel functions -------------------------------------------------------------------------------------------------
# The derivative of order v is half the sum or the difference of its neighbours; of order 1, off 0, the zeroth less
# itself over x, which SciPy can follow further out.


def _slope_of_first(zeroth: Any, first: Any, second: Any, x: Any) -> Any:
    near = np.absolute(x) < 1
    return np.where(
        near, 0.5 * (zeroth(x) + second(np.where(near, x, 0.0))), zeroth(x) - first(x) / np.where(near, 1.0, x)
    )


def _coefficient(order: int, k: int) -> float:
    """Of 1/x^k in the asymptotic series of k0e and k1e."""
    return math.prod((4 * order**2 - (2 * i - 1) ** 2) / (8 * i) for i in range(1, k + 1))


COEFFICIENTS = [_coefficient(1, k) - _coefficient(0, k) for k in range(9, 0, -1)]


def _far_apart(x: Any, sign: int) -> Any:
    """√(2πx) (i0e - i1e), or with sign 1 √(2x/π) (k1e - k0e), for x > 100, where the difference would cancel."""
    u, total = sign / x, 0.0
    for c in COEFFICIENTS:
        total = (total + c) * u
    return sign * total


def _i_apart(x: Any) -> Any:
    """i0e(x) - |i1e(x)|."""
    x = np.absolute(x)
    big = np.where(x > 100, x, 100.0)
    return np.where(x > 100, _far_apart(big, -1) / np.sqrt(2 * math.pi * big), sc.i0e(x) - sc.i1e(x))


def _k_apart(x: Any) -> Any:
    """k1e(x) - k0e(x), infinite at 0."""
    big = np.where(x > 100, x, 100.0)
    near = np.where(x == 0, math.inf, sc.k1e(x) - sc.k0e(x))
    return np.where(x > 100, _far_apart(big, 1) / np.sqrt(2 / math.pi * big), near)


i0 = of("i0", lambda g, x: g * sc.i1(x), says="The modified Bessel function of the first kind, of order 0.")
i1 = of(
    "i1",
    lambda g, x: g * _slope_of_first(sc.i0, sc.i1, lambda x: sc.iv(2, x), x),
    says="The modified Bessel function of the first kind, of order 1.",
)
i0e = of("i0e", lambda g, x: -g * np.sign(x) * _i_apart(x), says="exp(-|x|) i0(x).")
i1e = of(
    "i1e",
    lambda g, x, out: (
        g
        * np.where(
            np.absolute(x) < 1,
            _slope_of_first(sc.i0e, sc.i1e, lambda x: sc.ive(2, x), x) - np.sign(x) * out,
            _i_apart(x) - out / x,
        )
    ),
    says="exp(-|x|) i1(x).",
)
iv = of(
    "iv",
    None,
    lambda g, a, b: g * 0.5 * (sc.iv(a - 1, b) + sc.iv(a + 1, b)),
    says="The modified Bessel function of the first kind, of order v, of (v, x); the derivative is in x only.",
)
ive = of(
    "ive",
    None,
    lambda g, a, b, out: g * (0.5 * (sc.ive(a - 1, b) + sc.ive(a + 1, b)) - np.sign(b) * out),
    says="exp(-|x|) iv(v, x).",
)
j0 = of("j0", lambda g, x: -g * sc.j1(x), says="The Bessel function of the first kind, of order 0.")
j1 = of(
    "j1",
    lambda g, x: g * _slope_of_first(sc.j0, sc.j1, lambda x: -sc.jv(2, x), x),
    says="The Bessel function of the first kind, of order 1.",
)
jn = jv = of(
    "jv",
    None,
    lambda g, a, b: g * 0.5 * (sc.jv(a - 1, b) - sc.jv(a + 1, b)),
    says="The Bessel function of the first kind, of order v, of (v, x); the derivative is in x only.",
)


def _y_slope(lower: Any, higher: Any, x: Any, out: Any) -> Any:
    return np.where(x == 0, -out, 0.5 * (lower - higher))  # at 0 all are infinite


y0 = of("y0", lambda g, x: -g * sc.y1(x), says="The Bessel function of the second kind, of order 0.")
y1 = of(
    "y1",
    lambda g, x, out: g * np.where(x == 0, -out, sc.y0(x) - out / x),
    says="The Bessel function of the second kind, of order 1.",
)
yn = of(
    "yn",
    None,
    lambda g, a, b, out: g * _y_slope(sc.yn(a - 1, b), sc.yn(a + 1, b), b, out),
    says="The Bessel function of the second kind, of whole order n, of (n, x); the derivative is in x only.",
)
yv = of(
    "yv",
    None,
    lambda g, a, b, out: g * _y_slope(sc.yv(a - 1, b), sc.yv(a + 1, b), b, out),
    says="The Bessel function of the second kind, of order v, of (v, x); the derivative is in x only.",
)
k0 = of("k0", lambda g, x: -g * sc.k1(x), says="The modified Bessel function of the second kind, of order 0.")
k1 = of(
    "k1",
    lambda g, x, out: -g * (sc.k0(x) + out / x),
    says="The modified Bessel function of the second kind, of order 1.",
)
k0e = of("k0e", lambda g, x: -g * _k_apart(x), says="exp(x) k0(x).")
k1e = of(
    "k1e",
    lambda g, x, out: g * np.where(x == 0, -out, _k_apart(x) - out / x),
    says="exp(x) k1(x).",
)
kn = of(
    "kn",
    None,
    lambda g, a, b: -g * 0.5 * (sc.kn(np.absolute(a - 1), b) + sc.kn(a + 1, b)),
    says="The modified Bessel function of the second kind, of whole order n, of (n, x); the derivative is in x only.",
)
kv = of(
    "kv",
    None,
    lambda g, a, b: -g * 0.5 * (sc.kv(a - 1, b) + sc.kv(a + 1, b)),
    says="The modified Bessel function of the second kind, of order v, of (v, x); the derivative is in x only.",
)
kve = of(
    "kve",
    None,
    lambda g, a, b, out: g * (out - 0.5 * (sc.kve(a - 1, b) + sc.kve(a + 1, b))),
    says="exp(x) kv(v, x).",
)

# --- Along an axis ----------------------------------------------------------------------------------------------------


def _weights(a: Any, out: Any) -> Any:
    """exp(a - out), finite; 0 in a row of -inf."""
    largest = math.log(np.finfo(a.dtype).max) - 1
    return np.exp(np.minimum(a - np.where(np.isfinite(out), out, 0.0), largest))


def _weighted(a: Any, b: Any, axis: Any, keepdims: Any) -> Any:
    """log |Σ b exp(a)|, where a weight of 0 keeps even exp(inf) out."""
    a = np.where(b == 0, -math.inf, a)
    m = np.max(a, axis=axis, keepdims=True, initial=-math.inf)
    m = np.where(np.isfinite(m), m, 0.0)
    total = np.sum(b * np.exp(a - m), axis=axis, keepdims=True)
    with np.errstate(divide="ignore"):
        out = np.log(np.absolute(total)) + m
    return out if keepdims else np.sum(out, axis=axis)  # over axes of size 1


def _shares(g: Any, a: Any, b: Any, out: Any, axis: Any) -> Any:
    """g exp(a) / Σ b exp(a)."""
    w = _weights(a, out)
    total = np.sum(b * w, axis=axis, keepdims=True)
    return g * (w / np.where((total == 0) & (w == 0), 1.0, total))


weighted_logsumexp = general(
    _weighted,
    lambda g, a, b, out, axis: b * _shares(g, a, b, out, axis),
    lambda g, a, b, out, axis: _shares(g, a, b, out, axis),
    name="weighted_logsumexp",
)


def logsumexp(
    a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False, *,
    dim: Any = None, keepdim: bool = False,
) -> Any:  # fmt: skip
    """log Σ b exp(a) over `axis` (None: over all), without overflow; PyTorch's `dim` and `keepdim` are understood.

    A negative sum gives NaN, or with `return_sign` the logarithm of its size, beside an array of -1, 0 and 1.

    >>> logsumexp(Tensor([1000.0, 1000.0]), b=Tensor([1.0, 2.0]))
    tensor(1001.0986)
    """
    axis, keepdims = axis if dim is None else dim, keepdims or keepdim
    if b is None:
        out = fused.logsumexp(a, axis, keepdims)
        return (out, np.sign(np.exp(out))) if return_sign else out
    a, b = (x if hasattr(x, "dtype") else np.asarray(x) for x in (a, b))
    shape = np.broadcast_shapes(a.shape, b.shape)
    a, b = np.broadcast_to(a, shape), np.broadcast_to(b, shape)
    a = a if a.dtype.kind == "f" else a.astype(float)
    axis, keepdims = axes_of(axis, a), bool(keepdims)
    out = weighted_logsumexp(a, b, axis, keepdims)
    kept = out if keepdims or axis is None else np.expand_dims(out, axis)
    sign = np.sign(np.sum(b * _weights(a, kept), axis=axis, keepdims=keepdims))
    return (out, sign) if return_sign else np.where(sign < 0, math.nan * out, out)


def softmax(x: Any, axis: Any = None, *, dim: Any = None) -> Any:
    """exp(x) / Σ exp(x) over `axis` (None: over all, SciPy's way), without overflow."""
    return fused.softmax(x, axes_of(axis if dim is None else dim, x))  # type: ignore[arg-type]


def log_softmax(x: Any, axis: Any = None, *, dim: Any = None) -> Any:
    """log softmax(x) over `axis` (None: over all, SciPy's way), exact also where the probability underflows."""
    return fused.log_softmax(x, axes_of(axis if dim is None else dim, x))  # type: ignore[arg-type]


# Functions that are NumPy's, or already there
exp2, expm1, log1p, sinc = arithmetic.exp2, arithmetic.expm1, arithmetic.log1p, arithmetic.sinc
if sc is not None:
    registry.update({sc.exp2: exp2, sc.expm1: expm1, sc.log1p: log1p, sc.cbrt: arithmetic.cbrt})

# PyTorch's names
bessel_j0, bessel_j1, bessel_y0, bessel_y1 = j0, j1, y0, y1
modified_bessel_i0, modified_bessel_i1, modified_bessel_k0, modified_bessel_k1 = i0, i1, k0, k1
scaled_modified_bessel_k0, scaled_modified_bessel_k1 = k0e, k1e


def spherical_bessel_j0(x: Any) -> Any:
    """sin(x) / x, which is 1 at 0."""
    return sinc(x * (1 / math.pi))
