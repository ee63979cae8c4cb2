"""The derivative of a Scalar as one formula: its number is the gradient's, and small ones read as in a book."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Scalar

sympy = pytest.importorskip("sympy")

ONE = "sin cos tan sinh cosh tanh exp expm1 log log2 log10 log1p sqrt square reciprocal arcsin arccos arctan sigmoid softplus relu abs"
POSITIVE = ("log", "log2", "log10", "sqrt")
TWO = {
    "+": lambda a, b: a + b,
    "−": lambda a, b: a - b,
    "×": lambda a, b: a * b,
    "÷": lambda a, b: a / (b * b + 1),
    "^": lambda a, b: (a * a + 1) ** b,
    "max": np.maximum,
    "min": np.minimum,
    "hypot": lambda a, b: np.hypot(a, b + 7),
    "arctan2": lambda a, b: np.arctan2(a, b * b + 1),
}


def formula(y, wrt, **names):
    """What is said of ∂y/∂x."""
    (found,) = autograd.explain(y, wrt=wrt, names={"y": y, **(names or {"x": wrt})}).derivatives
    return found


@pytest.mark.parametrize("name", ONE.split())
@pytest.mark.parametrize("at", [0.4, -0.4])
def test_every_function_of_scalars_has_a_formula_with_the_gradients_number(name, at):
    x = Scalar(abs(at) if name in POSITIVE else at)
    y = getattr(x * 0.75, name)() if hasattr(x, name) else getattr(np, name)(x * 0.75)
    found = formula(y, x)
    assert found.formula is not None
    assert found.confirmed
    assert found.gradient == pytest.approx(autograd.grad(y, [x])[0])


@given(st.lists(st.tuples(st.sampled_from(list(TWO)), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=5))
def test_whatever_is_made_of_two_scalars_has_the_same_number_in_both_ways(steps):
    values = [Scalar(0.7), Scalar(-1.3), Scalar(2.0)]
    for name, i, j in steps:
        a, b = values[i % len(values)], values[j % len(values)]
        if abs(a.data) < 20 and abs(b.data) < 20 and a is not b and a.data != b.data:
            values.append(TWO[name](a, b))
    y = values[-1]
    for x in values[:3]:
        if x in set(autograd.graph.ancestors([y])):  # a list would compare values
            found = formula(y, x)
            assert found.formula is None or found.confirmed, (found.formula.text, found.value, found.gradient)


def test_small_derivatives_read_as_in_a_book():
    x, w, b, t = Scalar(3.0), Scalar(2.0), Scalar(-5.5), Scalar(1.0)
    names = {"w": w, "b": b, "t": t}

    def text(y, wrt=x):
        return formula(y, wrt, x=x, **names).formula.text

    assert text(x**3) == "3 · x²"
    assert text(x**-1) == "−1 / x²"
    assert text((w * x + b).tanh(), b) == "1 − tanh(b + w · x)²"
    assert text((w * x + b).sigmoid(), b) == "(1 − σ(b + w · x)) · σ(b + w · x)"
    assert text((w * x + b).relu()) == "w · [b + w · x > 0]"
    assert text(x.exp() * 0.125) == "exp(x) / 8"
    assert text(x * 0.3137) == "0.3137"
    assert text(np.sqrt(x)) == "1 / (2 · √(x))"


def test_the_lectures_loss_has_the_lectures_derivative():
    t, y = Scalar(1.0), Scalar(0.25)
    loss = 0.5 * (t - y) ** 2
    (found,) = autograd.explain(loss, wrt=y, names={"t": t, "y": y, "L": loss}).derivatives
    assert found.of.text == "∂L/∂y"
    assert found.formula.text == "−t + y"
    assert found.value == found.gradient == -0.75


def test_the_formula_stands_in_the_text_in_latex_and_in_html():
    x = Scalar(2.0)
    y = x**3
    told = autograd.explain(y, wrt=x, names={"x": x, "y": y})
    assert str(told).endswith("∂y/∂x = 3 · x²\n      = 12")
    assert r"\frac{\partial y}{\partial x} &= 3 x^{2} = 12" in told.latex()
    assert "∂y/∂x = 3 · x²" in told.html()


def test_an_inner_value_is_a_letter_of_its_own():
    x = Scalar(2.0)
    h = x * x
    y = h * h + h
    assert formula(y, h, x=x, h=h).formula.text == "2 · h + 1"


def test_without_wrt_and_of_tensors_there_is_no_formula():
    x, v = Scalar(2.0), autograd.Tensor(2.0, requires_grad=True)
    assert autograd.explain(x * x).derivatives == []
    assert autograd.explain(v * v, wrt=v).derivatives == []


def test_relu_has_the_derivative_0_at_its_kink_in_both_ways():
    x = Scalar(2.0)
    assert formula((x - 2.0).relu(), x).confirmed


def test_where_the_numbers_differ_both_are_said():
    x = Scalar(0.0)
    y = np.sqrt(x)
    told = autograd.explain(y, wrt=x, names={"x": x, "y": y})
    assert not told.derivatives[0].confirmed
    assert str(told).endswith("= nan; the backward pass has inf")


def test_a_tie_of_two_values_has_half_of_the_gradient_in_both_ways():
    x, a = Scalar(2.0), Scalar(2.0)
    found = formula(np.maximum(x, a) * 3.0, x)
    assert (found.value, found.gradient) == (1.5, 1.5)


def test_a_second_derivative_has_a_formula_too():
    x = Scalar(2.0)
    (slope,) = autograd.grad(x**3, [x], create_graph=True)
    assert formula(slope, x).formula.text == "6 · x"


def test_what_would_be_too_long_is_not_built_however_deep_the_graph_is():
    x = Scalar(1.0)
    y = x
    for _ in range(5_000):
        y = y * 0.5 + y * 0.5
    found = formula(y, x)
    assert found.formula is None
    assert str(autograd.explain(y, wrt=x, limit=4, names={"x": x, "y": y})).endswith(
        "∂y/∂x as one formula: it has more than 60 operations"
    )


@pytest.mark.parametrize("function", ["sin", "tanh", "sigmoid", "exp"])
def test_the_longest_formulas_need_no_deep_stack(function):
    x = Scalar(0.5)
    y = x
    for _ in range(60):
        y = getattr(y * 0.1, function)() if function == "exp" else getattr(y, function)()
    found = formula(y, x)
    assert found.formula is not None or "operations" in found.problem


def test_an_operation_that_sympy_has_not_is_named():
    x = Scalar(2.3)
    assert formula(np.degrees(x), x).problem == "sympy has nothing for degrees"


def test_without_sympy_a_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sympy", None)
    monkeypatch.delitem(sys.modules, "autograd.drawing.symbolic", raising=False)
    x = Scalar(2.0)
    y = x * x
    assert str(autograd.explain(y, wrt=x, names={"x": x, "y": y})).endswith(
        '∂y/∂x as one formula: sympy is missing; pip install "chainrule[symbolic]" brings it'
    )
