"""autograd.special, where the laws do not look: names of SciPy and PyTorch, edges, and what is said without SciPy."""

import math
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy import inf, nan
from samples.special import SPECIAL, Sample

import autograd
from autograd import Scalar, Tensor, grad, special

ROOT = Path(__file__).parent.parent
ELEMENTWISE = [sample for sample in SPECIAL if sample.elementwise and sample.differentiable]
DIFFERENTIABLE = [sample for sample in SPECIAL if sample.differentiable]

needs_scipy = pytest.mark.skipif(special.declaring.sc is None, reason="SciPy is not installed")


def run(code):
    """What `code` prints in a fresh interpreter."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def derivatives(f, x, order):
    """f and its first derivatives at x."""
    found = [float(f(x))]
    for _ in range(order):
        f = grad(f)
        found.append(float(f(x)))
    return found


# --- Names ------------------------------------------------------------------------------------------------------------

PYTORCH = """
    bessel_j0 bessel_j1 bessel_y0 bessel_y1 digamma entr erf erfc erfcx erfinv exp2 expit expm1 gammainc gammaincc
    gammaln i0 i0e i1 i1e log1p log_ndtr log_softmax logit logsumexp modified_bessel_i0 modified_bessel_i1
    modified_bessel_k0 modified_bessel_k1 multigammaln ndtr ndtri polygamma psi scaled_modified_bessel_k0
    scaled_modified_bessel_k1 sinc softmax spherical_bessel_j0 xlog1py xlogy zeta
""".split()


@pytest.mark.parametrize("name", PYTORCH)
def test_pytorchs_names_and_gradients(name):
    torch = pytest.importorskip("torch")
    pytest.importorskip("scipy")
    theirs, ours = getattr(torch.special, name), getattr(special, name)
    x = np.array([0.15, 0.4, 0.85])
    before, after = {
        "gammainc": ([1.5], []), "gammaincc": ([1.5], []), "polygamma": ([2], []), "zeta": ([2.5], []),
        "multigammaln": ([], [2]), "softmax": ([], [0]), "log_softmax": ([], [0]), "logsumexp": ([], [0]),
        "xlogy": ([0.7], []), "xlog1py": ([0.7], []),
    }.get(name, ([], []))  # fmt: skip
    x = x + 1 if name == "multigammaln" else x
    t, u = torch.tensor(x, requires_grad=True), Tensor(x, requires_grad=True)
    tensors = [torch.tensor(z, dtype=float) if name in ("zeta", "gammainc", "gammaincc") else z for z in before]
    y, v = theirs(*tensors, t, *after), ours(*before, u, *after)
    np.testing.assert_allclose(v.detach().numpy(), y.detach().numpy(), 1e-12)
    weights = np.linspace(1.0, 2.0, y.numel()).reshape(v.shape)
    (v * weights).sum().backward()
    if name in (
        *("bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1", "modified_bessel_i0", "modified_bessel_i1"),
        *("modified_bessel_k0", "modified_bessel_k1", "scaled_modified_bessel_k0", "scaled_modified_bessel_k1"),
        *("spherical_bessel_j0",),
    ):
        return  # PyTorch has no derivative
    (y * torch.tensor(weights)).sum().backward()
    np.testing.assert_allclose(u.grad.numpy(), t.grad.numpy(), 1e-9)  # PyTorch's trigamma is good to nine digits


@needs_scipy
def test_scipys_function_works_on_a_tensor_before_autograd_special_is_imported():
    assert run(
        "import numpy as np, scipy.special, autograd, sys\n"
        "x = autograd.Tensor(np.array([1.0]), requires_grad=True)\n"
        "assert 'autograd.special' not in sys.modules\n"
        "scipy.special.zeta(scipy.special.erf(x) + 1.0, 2.0).sum().backward()\n"
        "print(type(x.grad).__name__)"
    ).splitlines() == ["Tensor"]  # fmt: skip


@needs_scipy
def test_a_function_of_scipys_without_a_declaration_is_an_error():
    scipy_special = pytest.importorskip("scipy.special")
    with pytest.raises(TypeError, match=r"voigt_profile has no derivative here"):
        scipy_special.voigt_profile(Tensor([1.0]), 1.0, 1.0)


@needs_scipy
def test_every_public_function_says_what_it_is():
    public = {
        name: f
        for name, f in vars(special).items()
        if callable(f) and getattr(f, "__module__", "").startswith("autograd.special")
    }
    assert len(public) > 170
    assert not [name for name, f in public.items() if name[0] != "_" and not f.__doc__]


def test_without_scipy_a_function_says_what_to_install_and_softmax_works():
    assert run(
        "import sys\n"
        "sys.modules['scipy'] = None\n"
        "import autograd\n"
        "from autograd import special\n"
        "assert autograd.special is special\n"
        "for f in special.erf, special.jv, special.betainc, special.zeta, special.comb, special.polygamma:\n"
        "    try: f(1, 2.0, 3.0) if f in (special.betainc,) else f(1, 2.0) if f is not special.erf else f(2.0)\n"
        "    except ImportError as error: print(error)\n"
        "print(special.softmax(autograd.Tensor([0.0, 0.0])).tolist(), special.logsumexp([0.0], b=[1.0]))"
    ).splitlines() == [
        *(
            f'autograd.special.{name} needs SciPy: pip install "chainrule[special]"'
            for name in ("erf", "jv", "betainc", "hurwitz_zeta", "binom", "hurwitz_zeta")
        ),
        "[0.5, 0.5] 0.0",
    ]


# --- Derivatives ------------------------------------------------------------------------------------------------------


@needs_scipy
def test_polygamma_is_the_derivative_of_the_one_before():
    found = derivatives(special.gammaln, 1.7, 5)
    expected = [special.gammaln(1.7), *(special.polygamma(n, 1.7) for n in range(5))]
    np.testing.assert_allclose(found, expected, 1e-13)


@needs_scipy
@pytest.mark.parametrize(
    ("f", "x", "taylor"),
    [
        (lambda x: special.erf(x) * math.sqrt(math.pi), 0.0, [0, 2, 0, -4, 0, 24]),
        (lambda x: special.erfinv(x) / math.sqrt(math.pi), 0.0, [0, 1 / 2, 0, math.pi / 4, 0, 7 * math.pi**2 / 8]),
        (lambda x: special.i1(x), 0.0, [0, 1 / 2, 0, 3 / 8, 0, 5 / 16]),
        (lambda x: special.j1(x), 0.0, [0, 1 / 2, 0, -3 / 8, 0, 5 / 16]),
        (lambda x: special.i0(x), 0.0, [1, 0, 1 / 2, 0, 3 / 8]),
        (lambda x: special.exprel(x), 0.0, [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5]),
        (lambda x: special.dawsn(x), 0.0, [0, 1, 0, -4, 0, 32]),
        (lambda x: special.boxcox(math.e, x), 0.0, [1, 1 / 2, 1 / 3, 1 / 4]),
        (lambda x: special.sinc(x), 0.0, [1, 0, -(math.pi**2) / 3, 0, math.pi**4 / 5]),
        (lambda x: special.rgamma(x), -1.0, [0, -1, 2 * (1 - np.euler_gamma)]),
    ],
)
def test_derivatives_of_higher_order_at_a_point_where_they_are_known(f, x, taylor):
    found = derivatives(f, x, len(taylor) - 1)
    np.testing.assert_allclose(found, taylor, 1e-9, 1e-12)


@needs_scipy
@pytest.mark.parametrize(
    ("f", "x", "first", "second"),
    [
        (special.erfcx, 1e6, -1 / math.sqrt(math.pi) * 1e-12, 2 / math.sqrt(math.pi) * 1e-18),
        (special.dawsn, -1e6, -0.5e-12, -1e-18),
        (special.log_ndtr, -1e8, 1e8, -1.0),
        (special.log_ndtr, 60.0, 0.0, 0.0),
        (special.i0e, 1e8, -1e-12 / math.sqrt(8 * math.pi), 1.5e-20 / math.sqrt(8 * math.pi)),
        (special.k1e, 1e8, -1e-12 * math.sqrt(math.pi / 8), 1.5e-20 * math.sqrt(math.pi / 8)),
        (special.expit, -700.0, math.exp(-700), math.exp(-700)),
        (special.expit, 700.0, math.exp(-700), -math.exp(-700)),
        (special.exprel, -1e8, 1e-16, 2e-24),
    ],
)
def test_far_out_nothing_cancels(f, x, first, second):
    np.testing.assert_allclose(derivatives(f, x, 2)[1:], [first, second], 1e-7)


@needs_scipy
def test_zeta_has_a_derivative_in_both_arguments_wherever_it_is_defined():
    scipy_special = pytest.importorskip("scipy.special")
    for s, q in [(1.01, 0.3), (3.0, 200.0), (2.0, 1e-3), (25.0, 1.5), (60.0, 0.7)]:
        h = 1e-5 * (s - 1)
        points = scipy_special.zeta([s - 2 * h, s - h, s + h, s + 2 * h], q)
        slope = np.dot(points, [1, -8, 8, -1]) / (12 * h)
        assert grad(special.zeta)(s, q) == pytest.approx(slope, rel=1e-7)
    # ζ'(-1) = 1/12 - log A, ζ'(2); and the functional equation meets the sum at 0
    assert grad(special.zeta)(-1.0) == pytest.approx(-0.16542114370045092, rel=1e-13)
    assert grad(special.zeta)(2.0) == pytest.approx(-0.93754825431584375, rel=1e-13)
    assert grad(special.zeta)(-1e-12) == pytest.approx(grad(special.zeta)(1e-12), rel=1e-9)


@needs_scipy
@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda a: special.jv(a, 1.0), 0),
        (lambda a: special.gammainc(a, 1.0), 0),
        (lambda a: special.betainc(1.0, a, 0.5), 1),
    ],
)
def test_an_argument_without_a_derivative_is_an_error_not_a_zero(call, argument):
    a = Tensor(2.0, requires_grad=True)
    with pytest.raises(TypeError, match=rf"no derivative in argument {argument} here.*detach\(\)"):
        call(a)
    with autograd.no_grad():
        call(a)
    assert call(a.detach()).item() == pytest.approx(float(call(2.0)))


@needs_scipy
def test_the_order_of_polygamma_is_a_whole_number():
    with pytest.raises(ValueError, match="order of a derivative"):
        special.polygamma(-1, 2.0)
    with pytest.raises(TypeError, match="whole number"):
        special.polygamma(1.5, 2.0)
    with pytest.raises(ValueError, match="dimension"):
        special.multigammaln(3.0, 0)
    assert math.isnan(special.multigammaln(Tensor(0.5), 3).item())


@needs_scipy
def test_no_warning_comes_from_a_rule():
    """Warnings are errors here, and many of these derivatives are infinite or NaN."""
    places = np.array([0.0, -0.0, 1.0, -1.0, inf, -inf, nan, 0.5, 1e300, -1e-300, 700.0, -700.0])
    for sample in ELEMENTWISE:
        if sample.function.__name__.startswith("_") or sample.keywords:
            continue
        xs = [
            Tensor(places, requires_grad=True) if p.domain.dtype is float else Tensor(np.ones(12, int))
            for p in sample.places
        ]
        with np.errstate(all="ignore"):
            total = sample(*xs).sum()
        total.backward()


@needs_scipy
@pytest.mark.parametrize("sample", ELEMENTWISE, ids=repr)
def test_a_scalar_has_the_value_and_the_derivatives_of_the_tensor(sample: Sample):
    found = {}
    for kind, wrap in (("scalar", Scalar), ("tensor", lambda x: Tensor(np.float64(x), requires_grad=True))):
        xs = [wrap(x.flat[0].item()) if x.dtype.kind == "f" else int(x.flat[0]) for x in sample.draw()]
        leaves = [x for x in xs if not isinstance(x, int)]
        y = sample(*xs)
        first = autograd.grad(y, leaves, create_graph=True, allow_unused=True)
        total = sum(g for g in first if g is not None)
        second = autograd.grad(total, leaves, allow_unused=True) if getattr(total, "requires_grad", False) else []
        found[kind] = [float(z.item()) if hasattr(z, "item") else z for z in (y, *first, *second) if z is not None]
    np.testing.assert_allclose(found["scalar"], found["tensor"], 1e-11, 1e-14)


def slope_of_differences(f, x, step=2e-3):
    """f'(x) by eight values: the error is of the order step⁸."""
    weights = (4 / 5, -1 / 5, 4 / 105, -1 / 280)
    return sum(w * (f(x + k * step) - f(x - k * step)) for k, w in enumerate(weights, 1)) / step


@needs_scipy
@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("sample", DIFFERENTIABLE, ids=repr)
def test_derivatives_are_right_to_seven_digits(sample: Sample, order):
    """Of every argument and every result, in some elements: of the value, and of the first derivative."""
    arrays = sample.draw(3)
    for i in (i for i, x in enumerate(arrays) if x.dtype.kind == "f"):
        x, shape = arrays[i], arrays[i].shape
        f = partial(weighted_sum, sample, arrays, i)
        if order == 2:
            f = partial(weighted_slope, f, np.reshape(1.0 + 0.5 * np.arange(x.size), shape))
        direction = np.reshape(1.0 - np.arange(x.size) / (2 * x.size), shape) / x.size  # nothing cancels
        expected = slope_of_differences(partial(along, f, x, direction), 0.0)
        found = float(np.sum(grad(f)(x) * direction))
        assert found == pytest.approx(expected, rel=1e-7, abs=1e-9 * max(abs(float(f(x))), 1e-2))


def weighted_sum(sample, arrays, i, x):
    """Of all elements of all results, each with a weight of its own, at x for the i-th argument."""
    found = sample(*(x if j == i else z for j, z in enumerate(arrays)))
    found = found if isinstance(found, tuple) else (found,)
    return sum(np.sum(y * np.reshape(1.0 + np.arange(y.size), y.shape)) / (k + 1) for k, y in enumerate(found))


def weighted_slope(f, weights, x):
    return np.sum(grad(f)(x) * weights)


def along(f, x, direction, t):
    return float(f(x + t * direction))


@needs_scipy
def test_functions_of_several_results_work_on_scalars():
    scipy_special = pytest.importorskip("scipy.special")
    for f, x in (
        *((f, (0.7,)) for f in (special.airy, special.fresnel, special.sici, special.shichi, special.itairy)),
        *((f, (1.5, 0.7)) for f in (special.pbdv, special.pbvv, special.pbwa)),
    ):
        for i, expected in enumerate(getattr(scipy_special, f.__name__)(*x)):
            y = Scalar(x[-1])
            z = f(*x[:-1], y)[i]
            z.backward()
            assert z.data == pytest.approx(float(expected), rel=1e-14)
            slope = grad(lambda t, f=f, i=i, x=x: f(*x[:-1], t)[i])(x[-1])
            assert y.grad == pytest.approx(float(slope), rel=1e-12)


# --- Sums of exponentials ---------------------------------------------------------------------------------------------


def test_logsumexp_with_weights_at_the_edges():
    def slopes(a, b):
        a, b = Tensor(np.array(a), requires_grad=True), Tensor(np.array(b), requires_grad=True)
        y = special.logsumexp(a, b=b)
        y.backward()
        return y.item(), a.grad.tolist(), b.grad.tolist()

    assert slopes([-inf, -inf], [1.0, 2.0]) == (-inf, [0, 0], [0, 0])
    close = lambda found, *expected: [np.testing.assert_allclose(x, y, 1e-12) for x, y in zip(found, expected)]
    close(slopes([1000.0, 1000.0], [1.0, 3.0]), 1000 + math.log(4), [0.25, 0.75], [0.25, 0.25])
    close(slopes([5.0, 0.0], [0.0, 2.0]), math.log(2), [0, 1], [math.exp(5) / 2, 0.5])
    value, by_a, by_b = slopes([0.0, 1000.0], [1.0, 0.0])  # a weight of 0 keeps even exp(1000) out
    assert (value, by_a) == (0.0, [1, 0])
    assert by_b[0] == 1
    assert np.isnan(slopes([0.0], [-1.0])[0])


def test_logsumexp_with_return_sign():
    a = Tensor(np.log([1.0, 3.0]), requires_grad=True)
    size, sign = special.logsumexp(a, b=np.array([1.0, -1.0]), return_sign=True)
    assert (size.item(), sign.item()) == (pytest.approx(math.log(2)), -1)
    size.backward()
    assert a.grad.tolist() == pytest.approx([-0.5, 1.5])
    size, sign = special.logsumexp(np.array([-inf]), return_sign=True)
    assert (size, sign) == (-inf, 0)
