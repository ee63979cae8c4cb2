"""explain: what it writes is what the engine computes, for every operation and in the lecture's words."""

import html
import re

import numpy as np
import pytest
from samples import SAMPLES

import autograd
import nn
from autograd import Scalar, Tensor, explain
from autograd.drawing.formulas import GREEK, backward, named, symbols, tex, written
from autograd.drawing.known import Known
from nn import functional as F


def leaf(x):
    return Tensor(np.asarray(x, float), requires_grad=True)


def rules(explanation):
    """The lines that give a gradient: {left side: right side}, the last for each."""
    return dict(re.findall(r"^   (∇\S+ \S+) [=←] (.*)$", str(explanation), re.M))


# --- The law: every operation ---


def evaluated(term, known=None):
    """What a term says, computed."""
    known = {} if known is None else known
    if term.op is not None and term not in known:
        known[term] = computed(term, known)
    return term.value if term.op is None else known[term]


def computed(term, known):
    parts = [evaluated(part, known) for part in term.parts]
    arguments = [parts] if term.op.variadic else parts
    missing = [None] * (0 if term.op.variadic else len(term.op.arguments) - len(parts))
    keywords = {k: getattr(v, "_data", v) for k, v in term.keywords.items()}
    out = term.op.forward(*arguments, *missing, *keywords.values())
    return out[0] if term.op.caches else out


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.differentiable], ids=repr)
def test_what_is_written_is_what_the_rule_computes(sample):
    xs = [Tensor(a, requires_grad=a.dtype.kind == "f") for a in sample.draw()]
    results = sample(*xs)
    for y in results if isinstance(results, list | tuple) else [results]:
        if not y.requires_grad:
            continue
        nodes = autograd.graph.ancestors([y.node])
        known = Known(nodes, {})
        called = symbols(nodes, known)
        for node in nodes:
            if node.op is None or node.saved is None:
                continue
            g = np.random.default_rng(0).uniform(0.5, 1.5, node.shape).astype(node.dtype)
            terms, shares = backward(node, g, called, known, named("g"))
            expected = node.op.pull(node, g, node.inputs)
            for term, share, exact in zip(terms, shares, expected, strict=True):
                if term is None:
                    continue
                assert all(written(term)), sample
                np.testing.assert_allclose(share, exact, 1e-9, 1e-9)
                value = np.asarray(evaluated(term))
                np.testing.assert_allclose(value.reshape(share.shape), share, 1e-12, 1e-12)


@pytest.mark.parametrize(("f", "rule"), [
    (np.tanh, "∇_y y ⊙ (1 − y²)"), (np.exp, "∇_y y ⊙ y"), (np.sin, "∇_y y ⊙ cos(x)"), (np.sqrt, "∇_y y / (2 y)"), (autograd.sigmoid, "∇_y y ⊙ (y ⊙ (1 − y))"),
    (F.relu, "∇_y y ⊙ [y > 0]"), (lambda x: x**3, "3 · ∇_y y ⊙ x²"), (lambda x: -x, "−∇_y y"), (lambda x: 2 * x, "2 · ∇_y y"),
    (np.log, "∇_y y / x"), (lambda x: x + 1, "∇_y y"), (lambda x: x / 4, "∇_y y / 4"), (lambda x: 1 / x, "−∇_y y ⊙ y / x"), (lambda x: x.reshape(1, 2), "∇_y y"),
])  # fmt: skip
def test_rules_are_written_as_on_paper(f, rule):
    x = leaf([0.5, 2.0])
    y = f(x)
    assert rules(explain(y, names={"x": x, "y": y}))["∇_x y"] == rule


# --- The lecture ---


def test_the_backward_step_reads_as_in_the_lecture():
    """g ← g ⊙ f′(α); ∇_b J = g; ∇_W J = g hᵀ; g ← Wᵀ g."""
    W, b, v = leaf([[1.0, 2.0], [3.0, -4.0]]), leaf([0.5, 0.5]), leaf([1.0, -1.0])
    h0 = np.tanh(v)
    alpha = W @ h0 + b
    h = autograd.sigmoid(alpha)
    loss = 0.5 * ((np.array([1.0, 0.0]) - h) ** 2).sum()
    found = rules(explain(loss, names={"W": W, "b": b, "h0": h0, "alpha": alpha, "h": h}))
    assert found["∇_α J"] == "∇_h J ⊙ (h ⊙ (1 − h))"
    assert found["∇_b J"] == "∇_α J"
    assert found["∇_W J"] == "∇_z₁ J · h₀ᵀ"
    assert found["∇_h₀ J"] == "Wᵀ · ∇_z₁ J"


def test_an_output_layer_of_one_unit_has_an_outer_product_too():
    W, h = leaf([[2.0, -1.0]]), leaf([1.0, 3.0])
    assert rules(explain(W @ h, names={"W": W, "h": h}))["∇_W z"] == "∇_z z · hᵀ"


def test_the_worked_example_of_the_lecture_by_scalars():
    """2-2-1, ReLU, L = ½ (t - y)²."""
    w, h, y = {}, {}, None
    for name, value in {"w11": 1.0, "w12": -2.0, "w21": 0.5, "w22": 3.0, "v1": 2.0, "v2": -1.0}.items():
        w[name] = Scalar(value)
    x = 1.0, 2.0
    for i in (1, 2):
        h[i] = (w[f"w1{i}"] * x[0] + w[f"w2{i}"] * x[1]).relu()
    y = w["v1"] * h[1] + w["v2"] * h[2]
    loss = 0.5 * (3.0 - y) ** 2
    names = {**w, "h1": h[1], "h2": h[2], "y": y, "L": loss}
    found = rules(explain(loss, names=names))
    assert found["∇_v₁ L"].endswith("· h₁")
    assert found["∇_h₂ L"].endswith("· v₂")
    loss.backward()
    totals = {share.of.text: share.total for step in explain(loss, names=names).steps for share in step.shares}
    assert {name: totals[named(name).text] for name in w} == {name: s.grad for name, s in w.items()}


def test_a_layer_on_rows_says_where_the_bias_is_summed():
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    told = explain(F.cross_entropy(model(x), np.array([0, 1, 1, 0, 1])), names={"x": x})
    found = rules(told)
    assert found["∇_W⁽¹⁾ J"] == "∇_α Jᵀ · x"
    assert found["∇_b⁽²⁾ J"] == "Σ₀ ∇_z J"
    assert found["∇_h J"] == "∇_z J · W⁽²⁾"
    assert found["∇_z J"] == "0.2 · ∇_J J · (softmax(z) − target)"
    assert str(told).endswith(
        "Σ₀ adds up over axis 0: what was broadcast on the way forward is summed on the way back."
    )


# --- The whole pass ---


def test_numbers_are_the_gradients_and_nothing_is_changed():
    x, w = leaf([1.0, -2.0]), leaf([[0.5, 1.0], [2.0, 0.0]])
    loss = (np.tanh(w @ x) * x).sum()
    told = explain(loss, names={"x": x, "w": w})
    assert x.grad is w.grad is None
    loss.backward()
    totals = {share.of.text: share.total for step in told.steps for share in step.shares}
    np.testing.assert_allclose(totals["x"], x.grad.numpy(), 1e-14)
    np.testing.assert_allclose(totals["w"], w.grad.numpy(), 1e-14)


def test_a_second_use_adds_to_the_gradient():
    x = leaf(3.0)
    lines = str(explain(x * 2 + np.sin(x), names={"x": x}))
    assert re.search(r"∇_x J = ∇_\S+ J · cos\(x\)", lines)
    assert re.search(r"∇_x J ← ∇_x J \+ 2 · ∇_\S+ J", lines)


def test_only_what_lies_on_a_path_is_told():
    x, y = leaf(1.0), leaf(2.0)
    told = explain(np.sin(x) * np.exp(y), wrt=y, names={"x": x, "y": y})
    assert "exp(y)" in str(told)
    assert "∇_x" not in str(told)
    assert "sin(x)" not in str(told)


def test_a_gradient_can_be_explained_too():
    x = leaf(2.0)
    (slope,) = autograd.grad(x**3, [x], create_graph=True)
    totals = {share.of.text: share.total for step in explain(slope, names={"x": x}).steps for share in step.shares}
    assert totals["x"] == 12


def test_an_operation_of_ones_own_needs_no_line_more():
    cube = autograd.op.elementwise(lambda x: x * x * x, lambda g, x: 3 * g * x * x, name="cube_in_a_test")
    x = leaf([1.0, 2.0])
    found = rules(explain(cube(x), names={"x": x}))
    assert found["∇_x z"] == "3 · ∇_z z ⊙ x ⊙ x"


def test_long_graphs_are_told_from_both_ends():
    y = leaf(1.0)
    for _ in range(20_000):
        y = y * 1.0001
    told = explain(y, limit=6)
    assert len(told.steps) == 6
    assert "… 19,994 steps …" in str(told)
    assert "steps" in told.latex()
    assert told.steps[-1].shares[0].total == pytest.approx(1.0001**20_000)


@pytest.mark.parametrize(("limit", "steps"), [(0, 0), (1, 0), (2, 2), (3, 2), (4, 4), (5, 5)])
def test_no_more_steps_are_told_than_are_asked_for(limit, steps):
    y = leaf(1.0)
    for _ in range(5):
        y = np.sin(y)
    told = explain(y, limit=limit)
    assert len(told.steps) == steps
    assert (f"… {5 - steps} steps …" in str(told)) == (steps < 5)


def test_an_observed_graph_can_be_explained_after_backward():
    x = leaf([0.5, 1.0])
    with autograd.observe():
        y = np.sum(autograd.softmax(np.exp(x)) * x)
    before = str(explain(y, names={"x": x}))
    y.backward()
    assert str(explain(y, names={"x": x})) == before


def test_what_an_observed_graph_keeps_is_left_alone():
    x = leaf([0.5, 1.0])
    with autograd.observe():
        y = np.exp(x)
        loss = y.sum()
    explain(loss)
    assert "cotangent" not in y.node.notes
    loss.backward(np.array(2.0))
    explain(loss)
    autograd.why(x, loss)
    assert y.node.notes["cotangent"].tolist() == [2, 2]


# --- Forms ---


def test_a_notebook_shows_latex():
    x = leaf([1.0, 2.0])
    told = explain(np.sum(x * x), names={"x": x})
    shown = told._repr_mimebundle_()
    assert set(shown) == {"text/latex", "text/html", "text/plain"}
    assert r"\nabla_{x} J" in shown["text/latex"]
    assert shown["text/latex"].count("{") == shown["text/latex"].count("}")
    assert "∇_x J" in shown["text/html"]


@pytest.mark.parametrize("name", ['<b>"x"|{}', "a\\n$b$", "x_y", "α", "alpha12", "", "3", "w_11", "\n", "{}%#&~^"])
def test_hostile_names_break_neither_latex_nor_html(name):
    x = leaf([1.0, 2.0])
    told = explain(np.exp(x).sum(), names={name: x})
    assert "<b>" not in told.html()
    assert html.unescape(told.html()).count("<") == str(told).count("<") + 2
    body = re.sub(r"\\[{}$%#&]", "", told.latex())
    assert body.count("{") == body.count("}")
    assert not re.search(r"[$%#]|(?<!\w )&(?![=\s\\w-])~", body)


def test_names_become_symbols():
    assert named("alpha") == ("α", r"\alpha")
    assert named("w12").text == "w₁₂"
    assert named("W", 2) == ("W⁽²⁾", "W^{(2)}")
    assert named("hidden").latex == r"\mathrm{hidden}"
    assert tex("a_b") == r"a\_b"
    assert len(set(GREEK.values())) == len(GREEK)


# --- Bad input ---


def test_what_has_no_graph_is_refused():
    with pytest.raises(TypeError, match=r"a Tensor without a graph cannot be explained.*requires_grad=True"):
        explain(Tensor([1.0]))
    with pytest.raises(TypeError, match="a float without a graph cannot be explained"):
        explain(3.0)


def test_a_wrt_without_a_path_is_refused():
    x, y = leaf(1.0), leaf(2.0)
    with pytest.raises(ValueError, match=r"wrt is not among what the result was computed from.*None"):
        explain(np.sin(x), wrt=y)


def test_a_freed_graph_says_what_to_do():
    x = leaf([1.0, 2.0])
    y = np.exp(x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match=r"freed: sum has dropped.*retain_graph=True.*observe"):
        explain(y)
