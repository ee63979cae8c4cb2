"""The tools that check gradients are checked: they find what is wrong, say where, and pass what is right."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import find, given
from hypothesis import strategies as st

import autograd
from autograd import Tensor
from autograd.op import elementwise
from autograd.testing import check_gradients, compare, gradcheck, gradgradcheck, laws
from autograd.testing.strategies import LAYOUTS, arrays, axes, broadcastable_shapes, laid_out, shapes, well_conditioned

X = np.random.default_rng(0).uniform(0.5, 2, (3, 4))
wrong = elementwise(lambda x: np.sin(x), lambda g, x: g * np.cos(x) * (1 + 0.01 * (x > 1.9)), name="sin_with_a_mistake")
wrong_twice = elementwise(lambda x: x**3, lambda g, x: g * 3 * (x * x.detach() if isinstance(x, Tensor) else x * x),
                          name="cube_with_a_mistake")  # fmt: skip


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_right_gradients_pass(check):
    assert check(lambda x: np.exp(x) * np.sin(x), X)
    assert check(lambda x, y: x @ y, X, X.T)
    assert check(lambda x: x**3, 2.0)
    assert check(lambda p: {"a": p["w"] * 2, "b": [p["b"][0] ** 2]}, {"w": X, "b": [3.0]})
    assert check(np.sum, np.ones((100, 100)))
    assert check(lambda x: x.reshape(-1), np.zeros((2, 0)))
    assert check(lambda x: x * 1.0 if x.ndim else x, np.float64(2))


def test_the_message_names_the_element_and_both_slopes():
    at = np.array([[1.0, 1.5], [1.95, 0.1]])
    with pytest.raises(
        AssertionError, match=r"d result\[1, 0\] / d argument 0\[1, 0\] is -0\.373883 by the gradient, but -0\.370181"
    ):
        gradcheck(wrong, at, rtol=1e-4)
    with pytest.raises(
        AssertionError, match=r"d result 1\[2\] / d argument 1\['w'\]\[0\]\[1\] is 0\.0 by the gradient, but 3\.0"
    ):
        gradcheck(lambda x, p: (x * 2, np.stack([x, x, 3 * p["w"][0][1].detach()]), 1), 2.0, {"w": [np.ones(2)]})


def test_one_wrong_element_among_many_is_found_by_halving():
    x = np.zeros((200, 300))
    x[150, 27] = 1.95
    with pytest.raises(AssertionError, match=r"d result\[150, 27\] / d argument 0\[150, 27\]"):
        gradcheck(wrong, x, rtol=1e-6)


def test_a_wrong_second_derivative_is_found_although_the_first_is_right():
    assert gradcheck(wrong_twice, X)
    with pytest.raises(AssertionError, match=r"d the gradient of argument 0\[\d, \d\] / d argument 0\[\d, \d\] is"):
        gradgradcheck(wrong_twice, X)


def test_without_raising_the_answer_is_false():
    assert gradcheck(wrong, 1.95, raise_exception=False) is False
    assert gradgradcheck(wrong_twice, 1.95, raise_exception=False) is False
    with pytest.raises(AssertionError, match="by central differences"):
        gradcheck(wrong, 1.95)


def test_a_kink_is_named_as_a_kink():
    x = np.array([1.0, 0.0, -1.0])
    with pytest.raises(
        AssertionError,
        match=r"argument 0\[1\] = 0\.0 sits on a kink.*is 0\.0 by the gradient.*0\.0 .*left.*1\.0 .*right",
    ):
        gradcheck(autograd.relu, x)
    with pytest.raises(AssertionError, match=r"argument 1\[0\] = 2\.0 sits on a kink"):
        gradcheck(lambda a, b: a + 3 * autograd.relu(b - 2), np.array([2.0]), np.array([2.0]))
    assert gradcheck(autograd.relu, x + 0.5)
    assert gradcheck(np.abs, x), "0 is the mean of both slopes"


def test_a_strong_curve_is_no_kink():
    with pytest.raises(AssertionError, match="by central differences"):
        gradcheck(lambda x: 1e8 * x.detach() ** 2, 0.3)


def test_rounding_is_no_kink():
    for x in np.linspace(0.1, 1, 20):
        with pytest.raises(AssertionError, match=r"^d result .* by central differences$"):
            gradcheck(lambda x: 3.3 * x.detach(), x)


@pytest.mark.parametrize("x", [np.ones(2, np.float32), Tensor([1.0]), Tensor([1.0], requires_grad=True), np.float32(1)])
def test_float32_says_to_use_float64(x):
    for check in (gradcheck, gradgradcheck):
        with pytest.raises(TypeError, match=r"argument 0 is float32.*use float64: x\.astype\(np\.float64\)"):
            check(np.sin, x, raise_exception=False)


def test_pytorchs_call_checks_what_needs_a_gradient():
    x, y = Tensor(X, requires_grad=True), Tensor(np.zeros(4, np.float32))
    assert gradcheck(lambda x, y: x * 2 + y, (x, y), eps=1e-6, atol=1e-4)
    assert gradgradcheck(lambda x, y: x**2 + y, [x, y])
    assert gradcheck(lambda x, y: x * 2 + y.detach(), x, y)
    assert x.grad is None


def test_integers_and_other_arguments_are_passed_on():
    assert gradcheck(lambda x, i, word: x[i] if word == "read" else None, X, np.array([0, 0]), "read")
    with pytest.raises(TypeError, match="nothing to differentiate by"):
        gradcheck(np.add, 1, np.array([1, 2]))
    with pytest.raises(TypeError, match="returns nothing that is floating"):
        gradcheck(np.argmax, X)


def test_what_cannot_be_compared_is_said():
    generator = np.random.default_rng(0)
    with pytest.raises(AssertionError, match="fix the seed"):
        gradcheck(lambda x: x * generator.random(), 2.0)
    with pytest.raises(AssertionError, match="not finite here"):
        gradcheck(lambda x: np.where(x > 0, np.inf, x), 2.0)


def test_the_inputs_are_left_alone():
    x = X.copy()
    gradcheck(np.exp, x)
    assert np.array_equal(x, X)


def test_pytorchs_names_lead_here():
    assert (autograd.gradcheck, autograd.gradgradcheck) == (gradcheck, gradgradcheck)


def test_importing_autograd_imports_no_testing_and_testing_imports_no_hypothesis():
    code = (
        "import sys, autograd; assert 'autograd.testing' not in sys.modules\n"
        "import autograd.testing; assert 'hypothesis' not in sys.modules\n"
        "import autograd.testing.strategies; assert 'hypothesis' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


# --- The strategies ---------------------------------------------------------------------------------------------------


def test_shapes_reach_the_0_d_and_the_empty():
    assert find(shapes(), lambda shape: shape == ()) == ()
    assert 0 in find(shapes(), lambda shape: 0 in shape)
    assert len(find(shapes(), lambda shape: len(shape) == 3)) == 3


@given(shapes=broadcastable_shapes(3))
def test_broadcastable_shapes_broadcast(shapes):
    assert len(shapes) == 3
    np.broadcast_shapes(*shapes)


@given(data=st.data(), ndim=st.integers(0, 3))
def test_axes_are_what_numpy_takes(data, ndim):
    np.sum(np.ones((2,) * ndim), axis=data.draw(axes(ndim)))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 4), (2, 0)])
def test_layouts_hold_the_same_values_in_other_memory(layout, shape):
    x = np.arange(float(np.prod(shape))).reshape(shape)
    y = laid_out(x, layout)
    assert (y.shape, y.dtype) == (x.shape, x.dtype)
    assert not np.shares_memory(x, y) or layout == "repeated"
    if layout != "repeated":
        np.testing.assert_array_equal(x, y)
    if shape == (2, 3):
        assert y.strides == {"C": (24, 8), "read-only": (24, 8), "Fortran": (8, 16), "backwards": (-24, -8),
                             "every other": (96, 16), "repeated": (24, 0)}[layout]  # fmt: skip
    assert y.flags.writeable == (layout not in ("read-only", "repeated") or (layout == "repeated" and not shape))


@given(x=arrays(shape=(2, 3), dtype=np.float32, low=1.0, high=2.0))
def test_arrays_are_what_was_asked_for(x):
    assert (x.shape, x.dtype) == ((2, 3), np.float32)
    assert (x >= 1).all()
    assert (x <= 2).all()


@given(well_conditioned(condition=3.0), well_conditioned(condition=3.0, symmetric=True))
def test_well_conditioned_matrices_keep_their_promise(x, symmetric):
    for matrix in (x, symmetric):
        singular = np.linalg.svd(matrix, compute_uv=False)
        assert np.all((singular > 1 - 1e-9) & (singular < 3 + 1e-9))
    np.testing.assert_allclose(symmetric, symmetric.T, atol=1e-12)
    assert np.all(np.linalg.eigvalsh(symmetric) > 0)


BROKEN = {
    "sign": (elementwise(lambda x: np.sin(x), lambda g, x: -g * np.cos(x), name="broken"), "the sign is wrong"),
    "factor": (elementwise(lambda x: x**2, lambda g, x: g * x, name="broken"), "it is 0.5 times"),
    "element": (elementwise(lambda x: x**2, lambda g, x: g * 2 * x * (x < 1), name="broken"), "and should be"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_the_first_operation_with_a_wrong_derivative_is_named_among_right_ones(kind):
    broken, words = BROKEN[kind]
    with pytest.raises(AssertionError, match=f"is wrong is broken, by argument 0: .*{words}"):
        check_gradients(lambda x: np.sum(np.exp(broken(np.tanh(x) + x))), np.array([0.3, 0.4, 0.9]))


def test_right_functions_pass_check_gradients_and_a_kink_is_no_operations_fault():
    assert check_gradients(lambda x: np.exp(x) @ np.sin(x).T, X)
    with pytest.raises(AssertionError, match="sits on a kink") as caught:
        check_gradients(autograd.relu, np.array([1.0, 0.0]))
    assert "first operation" not in str(caught.value)


def forgetful(g, x):
    g *= np.cos(x)
    return g


counter = iter(range(1000))
LAWLESS = {
    "linear": (
        elementwise(lambda x: np.sin(x), lambda g, x: abs(g) * np.cos(x), name="broken"),
        "not linear in its cotangent",
    ),
    "writes into g": (elementwise(lambda x: np.sin(x), forgetful, name="broken"), "writes into its cotangent"),
    "float32": (
        elementwise(lambda x: x * np.array([2.0, 3.0]), lambda g, x: g * np.array([2.0, 3.0]), name="broken"),
        "broken returns float64 where nothing",
    ),
    "cancels": (lambda x: ((x + 3e6) - 3e6) ** 2, "the formula cancels, or overflows"),
    "random": (lambda x: x * np.random.rand(), "it is random: fix the seed inside f"),  # noqa: NPY002
    "stateful": (lambda x: x * next(counter), "it keeps something from one call to the next"),
}


@pytest.mark.parametrize("kind", LAWLESS)
def test_a_broken_law_is_said(kind):
    f, words = LAWLESS[kind]
    with pytest.raises(AssertionError, match=words):
        check_gradients(f, np.array([0.9, 0.4]))


def test_a_function_that_writes_into_its_argument_is_told_so():
    def f(x):
        y = x.detach().numpy()
        y += 1.0
        return x * 2

    with pytest.raises(AssertionError, match=r"f writes into argument 0; write x = x \+ 1"):
        check_gradients(f, np.array([0.9, 0.4]))


def test_a_gradient_that_depends_on_the_layout_is_found():
    def rule(g, x):
        return g * np.cos(x if x.flags.c_contiguous else x.ravel(order="K").reshape(x.shape))

    by_layout = elementwise(lambda x: np.sin(x), rule, name="broken")
    with pytest.raises(AssertionError, match="another layout in memory"):
        check_gradients(by_layout, X, order=1)


def test_forward_mode_that_differs_is_found(monkeypatch):
    def other(f, primals, tangents):
        ys, moved = autograd.jvp(f, primals, tangents)
        return ys, [m * 1.1 for m in moved]

    monkeypatch.setattr(laws, "jvp", other)
    with pytest.raises(AssertionError, match="forward mode is not the adjoint"):
        check_gradients(np.sin, X)


def test_compiled_code_that_differs_is_found(monkeypatch):
    monkeypatch.setattr(laws, "compile", lambda f: lambda *xs: (f(*xs)[0], [g * 1.1 for g in f(*xs)[1]]))
    with pytest.raises(AssertionError, match="compiled, f has another gradient"):
        check_gradients(np.sin, X)


def test_a_function_that_reads_values_passes_though_it_cannot_be_compiled():
    assert check_gradients(lambda x: x * 2 if x.sum().item() > 0 else x, X)


def test_a_sum_that_is_missing_over_a_broadcast_axis_is_named():
    from autograd.op import general

    added = general(lambda a, b: a + b, lambda g: g, lambda g, b: np.broadcast_to(g.mean(0), b.shape), name="broken")
    with pytest.raises(
        AssertionError, match=r"broken, by argument 1: it is 0\.3333 times .* a sum over a broadcast axis is missing"
    ):
        check_gradients(lambda a, b: np.exp(added(a, b)), np.full((3, 4), 0.2), np.zeros(4))


def test_laws_can_be_chosen_and_unknown_ones_are_refused():
    assert check_gradients(LAWLESS["float32"][0], np.array([0.9, 0.4]), laws=["linear"])
    with pytest.raises(ValueError, match="no law 'linaer'; there are 'linear'"):
        check_gradients(np.sin, X, laws=["linaer"])


def test_a_function_under_the_decorator_is_a_test_that_shrinks_to_a_small_array():
    from autograd.testing.strategies import gradients_of

    @gradients_of(arrays(low=-1, high=1))
    def test_tanh(x):
        return np.tanh(x)

    test_tanh()
    assert test_tanh.__name__ == "test_tanh"
    seen = []

    @gradients_of(arrays(shape=shapes(max_dims=2), low=0.1, high=1, layout="C"), order=1, laws=[])
    def test_broken(x):
        seen.append(np.shape(x))
        return np.sum(BROKEN["sign"][0](x))

    with pytest.raises(AssertionError, match="the sign is wrong"):
        test_broken()
    assert seen[-1] == ()  # the smallest that fails


def test_arrays_for_an_operation_broadcast_and_stay_in_their_domains():
    from autograd.testing.strategies import arrays_for

    @given(arrays_for((-2, 2), (0.5, 2)))
    def check(args):
        a, b = args
        np.broadcast_shapes(a.shape, b.shape)
        assert np.all((b >= 0.5) & (b <= 2))

    check()


def test_special_values_reach_the_infinities_and_nan():
    from autograd.testing.strategies import special_values

    for wanted in (np.isnan, np.isinf, lambda x: x == 0 and np.signbit(x)):
        assert find(special_values(np.float32), wanted).dtype == np.float32


# --- Against other engines, and thoroughly ---


def test_compare_finds_no_bug_where_there_is_none_and_calls_kinks_conventions():
    pytest.importorskip("torch")
    found = compare(lambda x, y: np.sum(np.maximum(x, y) * np.exp(-x)), np.array([1.0, 2.0]), np.array([1.0, 0.5]))
    assert {d.kind for d in found.differences} <= {"convention", "precision"}
    found = compare(lambda x: np.sum(np.sqrt(x) * 0.0), np.array([4.0, 0.0]), engines=["pytorch"])
    assert [(d.what, d.index, d.kind) for d in found.differences] == [("d argument 0", (1,), "convention")]
    assert np.isnan(found.differences[0].theirs)
    assert "convention: d argument 0[1] is 0 here, and nan by pytorch" in repr(found)


def test_compare_calls_a_wrong_rule_a_bug():
    pytest.importorskip("torch")
    sine = elementwise(lambda x: np.sin(x), lambda g, x: -g * np.cos(x), name="sin_of_the_wrong_sign")
    twice = {"ours": sine}

    def f(x):
        return np.sum(twice["ours"](x) if isinstance(x, Tensor) else np.sin(x))

    (difference,) = compare(f, np.array([0.5])).differences
    assert difference.kind == "bug"
    assert difference.theirs == pytest.approx(difference.slope)
    assert str(difference) == "bug: d argument 0[0] is -0.877583 here, and 0.877583 by pytorch"


def test_compare_says_what_is_not_installed_and_refuses_what_it_does_not_know(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    assert "not installed: jax" in repr(compare(np.sum, X, engines=["jax"]))
    with pytest.raises(ValueError, match="engine 'tinygrad' is not known"):
        compare(np.sum, X, engines=["tinygrad"])
    with pytest.raises(TypeError, match="a function of one number"):
        compare(np.sin, X, engines=[])


def test_the_plugin_checks_larger_arrays_and_more_cases(tmp_path):
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["autograd.testing.plugin"]\n')
    (tmp_path / "test_it.py").write_text(
        "from autograd.testing import differences\nfrom hypothesis import settings\n"
        "def test_it():\n    print('found', differences.FEW, settings().max_examples)\n"
    )
    for options, expected in (([], "found 100 100"), (["--gradcheck-thorough"], "found 10000 1000")):
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-s",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            *options,
            ".",
        ]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
        environment.pop("CI", None)  # in which hypothesis takes another profile
        printed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment).stdout
        assert expected in printed, printed
