"""What a picture shows. The text that Graphviz gets is read here; how it looks is for eyes."""

import html
import re
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

import autograd
import nn
from autograd import Scalar, Tensor, graph
from autograd.drawing.layout import rendered
from autograd.drawing.themes import LIGHT


def boxes(drawn):
    """{title: (all that is written in the box, its attributes)}; data and leaves with no name of their own are one."""
    found = re.findall(r"^\t*n\d+ \[label=<(.*?</table>)> (.*)\]$", drawn.source, re.MULTILINE)
    return {title_of(label): (words_of(label), attributes) for label, attributes in found}


def title_of(label):
    return html.unescape(re.search(r"<b>(.*?)</b>", label)[1]).replace("\\\\", "\\")


def words_of(label):
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", label)).split())


def kinds(drawn):
    styles = {style["fillcolor"]: kind for kind, style in LIGHT.styles.items()}
    return {
        title: styles[re.search(r'fillcolor="(.*?)"', attributes)[1]] for title, (_, attributes) in boxes(drawn).items()
    }


def edges(drawn):
    """(title, title) of each arrow, from the start to the point."""
    titles = {
        n: title_of(label) for n, label in re.findall(r"^\t*(n\d+) \[label=<(.*?</table>)>", drawn.source, re.MULTILINE)
    }
    arrows = re.findall(r"^\t(n\d+) -> (n\d+)( \[.*dir=back.*\])?", drawn.source, re.MULTILINE)
    return sorted((titles[b], titles[a]) if back else (titles[a], titles[b]) for a, b, back in arrows)


def leaf(values):
    return Tensor(values, requires_grad=True)


# --- Nodes ------------------------------------------------------------------------------------------------------------


def test_every_node_is_drawn_with_an_edge_for_each_input():
    w = leaf([1.0, 2.0])
    drawn = autograd.draw((np.tanh(w * w) + w).sum(), names={"w": w})
    assert set(boxes(drawn)) == {"w", "w × w", "tanh", "+", "sum"}
    assert edges(drawn) == [("+", "sum"), ("tanh", "+"), ("w", "+"), *[("w", "w × w")] * 2, ("w × w", "tanh")]


def test_parameters_beside_their_operation_point_to_it():
    drawn = autograd.draw(nn.Linear(3, 2)(np.ones((4, 3))))
    assert edges(drawn) == [("bias", "linear"), ("data", "linear"), ("weight", "linear")]
    assert drawn.source.count("rank=same") == 1


def test_what_is_learned_given_computed_and_the_result_differ_in_colour_and_in_shape():
    x, w = np.ones((3, 2)), leaf([[1.0], [2.0]])
    drawn = autograd.draw(np.tanh(x @ w).sum(), names={"x": x, "w": w})
    assert kinds(drawn) == {"x": "data", "w": "leaf", "x @ w": "operation", "tanh": "operation", "sum": "result"}
    for look in ("fillcolor", "color"):
        assert len({LIGHT.styles[kind][look] for kind in ("leaf", "data", "operation", "result")}) == 4
    outlines = {tuple(style.get(key) for key in ("shape", "style", "peripheries")) for style in LIGHT.styles.values()}
    assert len(outlines) == len(LIGHT.styles)


def test_several_results_are_drawn_as_such():
    w = leaf([1.0])
    a, b = np.sin(w), np.cos(w)
    assert kinds(autograd.draw([a, b.node])) == {"leaf": "leaf", "sin": "result", "cos": "result"}


def test_shapes_stand_beside_the_names():
    w = leaf(np.ones((20, 30)))
    shown = boxes(autograd.draw(w.sum(axis=0), names={"w": w}))
    assert shown["w"][0] == "w 20×30"
    assert shown["sum"][0] == "sum 30 axis=0"


def test_values_and_gradients_are_written_out_where_they_are_few():
    w, v = leaf([[1.5, -2.0]]), leaf(np.ones(100))
    loss = (w * w).sum() + v.sum()
    loss.backward()
    shown = boxes(autograd.draw(loss, names={"w": w, "v": v}))
    assert shown["w"][0] == "w 1×2 value 1.5 -2 grad 3 -4"
    assert shown["v"][0] == "v 100"


def test_infinite_and_missing_numbers_are_red():
    w = leaf([1.0, np.nan])
    assert 'color="#d0021b"' in autograd.draw(w * 2, names={"w": w}).source
    assert 'color="#d0021b"' not in autograd.draw(leaf([1.0]) * 2).source


def test_an_index_an_exponent_and_an_axis_are_written_as_in_the_program():
    w = leaf(np.ones((3, 4)))
    shown = boxes(autograd.draw((w[1:, ::2] ** 3).reshape(-1)[np.array([0, 2, 2])].max(axis=0) ** 0.5))
    assert shown["index"][0] in ("index 2×2 [1:, ::2] value 1 1 1 1", "index 3 [3 indices] value 1 1 1")
    assert {"x³", "x ^ 0.5", "reshape", "max"} < set(shown)
    assert shown["max"][0].startswith("max axis=0")


def test_names_of_all_local_variables_will_do():
    w = leaf([1.0])
    h = np.exp(w)
    others = {
        "self": SimpleNamespace(node=[1]),
        "text": "w",
        "number": 3.0,
        "list": [w],
        "class": Tensor,
        "module": autograd,
        "none": None,
    }
    drawn = autograd.draw(h * 2 + w, names=locals() | others)
    assert set(boxes(drawn)) == {"w", "h = exp", "h × 2", "+"}


def test_second_operands_of_differences_are_marked_unless_both_have_names():
    a, b = Scalar(1.0, name="a"), Scalar(2.0, name="b")
    assert "headlabel" not in autograd.draw(a - b).source
    assert 'headlabel="−"' in autograd.draw(a.exp() - b).source
    assert "headlabel" not in autograd.draw(a.exp() + b).source


# --- What is known of values ------------------------------------------------------------------------------------------


def test_a_result_shows_its_value_as_long_as_a_derivative_needs_it():
    w = leaf([1.0])
    loss = np.exp(w).sum()
    assert boxes(autograd.draw(loss))["exp"][0] == "exp 1 value 2.718"
    loss.backward()
    drawn = autograd.draw(loss)
    assert boxes(drawn)["exp"][0] == "exp 1"
    assert "autograd.observe()" in drawn.source


def test_observed_results_keep_values_gradients_and_data():
    X, t = np.array([[0.0, 1.0]]), np.array([3.0])
    w = leaf([1.0, 2.0])
    with autograd.observe():
        y = X @ w
        loss = ((t - y) ** 2).sum()
    loss.backward()
    drawn = autograd.draw(loss, names={"X": X, "t": t, "w": w, "y": y})
    shown = {title: words for title, (words, _) in boxes(drawn).items()}
    assert shown["X"] == "X 1×2 0 1"
    assert shown["y = X @ w"] == "y = X @ w 1 value 2 grad -2".replace("-", "−")
    assert shown["t − y"] == "t − y 1 value 1 grad 2"
    assert shown["t"] == "t 1 3"
    assert "autograd.observe()" not in drawn.source


def test_nothing_is_said_about_values_that_would_not_be_shown_anyway():
    assert "observe" not in autograd.draw(leaf(np.ones(1000)) + 1).source
    assert "observe" in autograd.draw(leaf(np.ones(3)) + 1).source


def test_data_that_are_used_twice_are_drawn_once():
    x, w = np.ones((2, 3)), leaf(np.ones(3))
    drawn = autograd.draw((x @ w) + (x @ (w * 2)), names={"x": x})
    assert drawn.source.count("<b>x</b>") == 1
    assert kinds(drawn)["x"] == "data"


def test_data_without_a_name_are_called_after_the_argument_they_were_given_for():
    logits = leaf(np.zeros((2, 3)))
    assert "target" in boxes(autograd.draw(nn.functional.cross_entropy(logits, np.array([0, 2]))))


def test_the_picture_of_a_graph_that_backward_went_through_has_no_loose_ends():
    model = nn.MLP([2, 3, 1])
    loss = nn.functional.mse_loss(model(np.ones((4, 2))), np.ones((4, 1)))
    loss.backward()
    assert {"linear", "relu", "weight", "bias"} < set(boxes(autograd.draw(loss)))


# --- Scalars ----------------------------------------------------------------------------------------------------------


def test_scalars_show_value_gradient_and_the_numbers_they_met():
    x = Scalar(3.0, name="x")
    y = 1 - (x * 2) ** 2
    y.backward()
    shown = {title: words for title, (words, _) in boxes(autograd.draw(y)).items()}
    assert shown == {
        "x": "x value 3 grad −24",
        "x × 2": "x × 2 value 6 grad −12",
        "x²": "x² value 36 grad −1",
        "1 −": "1 − value −35 grad 1",
    }


def test_leaves_that_are_inputs_can_be_drawn_as_data():
    x, w = Scalar(1.0, name="x"), Scalar(2.0, name="w")
    assert kinds(autograd.draw(w * x, inputs=[x])) == {"x": "data", "w": "leaf", "w × x": "result"}


def test_scalars_and_tensors_are_drawn_in_one_graph():
    s, t = Scalar(2.0, name="s"), leaf([1.0, 2.0])
    shown = boxes(autograd.draw((s.exp() * t).sum(), names={"t": t}))
    assert {"s", "exp", "as tensor", "t", "×", "sum"} == set(shown)


# --- Modules ----------------------------------------------------------------------------------------------------------


def frames(drawn):
    """The frames' labels, each behind as many dots as there are frames around it."""
    found = re.findall(r"^(\t+)[^\n]*color=[^\n]*label=<(.*?)> labeljust", drawn.source, re.MULTILINE)
    return ["." * (len(tabs) - 2) + label for tabs, label in found]


def test_calls_of_modules_are_frames_inside_each_other_with_their_parameters():
    model = nn.Sequential(nn.Linear(3, 2), nn.Sequential(nn.Tanh()))
    drawn = autograd.draw(model(np.ones((4, 3))).sum())
    assert sorted(frames(drawn)) == ["..0 (Tanh)", ".0 (Linear)", ".1 (Sequential)", "Sequential"]
    linear = drawn.source[drawn.source.index("0 (Linear)") :]
    linear = linear[: linear.index("\n\t\t}")]
    assert [word in linear for word in ("weight", "bias", "linear", "tanh")] == [True, True, True, False]


def test_what_a_module_got_stands_outside_it():
    drawn = autograd.draw(nn.Linear(3, 2)(np.ones((4, 3))).sum())
    frame = drawn.source[drawn.source.index("subgraph cluster_0") :]
    frame = frame[: frame.index("\n\t}")]
    assert "<b>linear</b>" in frame
    assert "<b>data</b>" not in frame


def test_a_module_called_twice_has_two_frames_and_one_set_of_parameters():
    layer = nn.Linear(2, 2)
    drawn = autograd.draw(layer(layer(np.ones((1, 2)))).sum())
    assert frames(drawn) == ["Linear", "Linear"]
    assert drawn.source.count("<b>weight</b>") == 1


# --- Names from outside -----------------------------------------------------------------------------------------------

HOSTILE = [
    '<b>"x"|{}',
    "</td>",
    "a\\",
    "\\N \\G \\n \\l",
    "&amp; é ∂ 数",
    "a\nb\tc",
    "\x00\x1b",
    "",
    " ",
    '"]; evil -> worse ["',
    "<>",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_drawn_as_it_is_whatever_is_in_it(name):
    w = leaf([1.0])
    model = type(name.replace("\x00", ""), (nn.Sequential,), {})(nn.Tanh())
    drawn = autograd.draw(model(w).sum(), names={name: w})
    assert len(edges(drawn)) == 2
    if name.strip().isprintable() and name.strip():
        texts = re.findall(r"<text.*?>(.*?)</text>", rendered(drawn.source, "svg").decode())
        assert name in {html.unescape(text).replace("\xa0", " ") for text in texts}
    else:
        assert b"<svg" in rendered(drawn.source, "svg")


# --- Being asked for what cannot be -------------------------------------------------------------------------------------


def test_what_has_no_graph_is_refused_with_what_to_do():
    with pytest.raises(TypeError, match="requires_grad=True"):
        autograd.draw(Tensor([1.0]))
    with pytest.raises(TypeError, match="a float without a graph"):
        autograd.draw(1.0)
    with pytest.raises(ValueError, match="empty"):
        autograd.draw([])
    with pytest.raises(ValueError, match="direction is one of LR, TB, RL, BT, not 'up'"):
        autograd.draw(leaf([1.0]), direction="up")


def test_drawing_leaves_the_graph_as_it_was():
    w = leaf([1.0, 2.0])
    loss = (np.exp(w) * w).sum()
    before = [(n.order, n.notes, n.saved is None, n.grad) for n in graph.ancestors([loss.node])]
    autograd.draw(loss, names={"w": w})
    assert [(n.order, n.notes, n.saved is None, n.grad) for n in graph.ancestors([loss.node])] == before
    loss.backward()
    assert np.allclose(w.grad.numpy(), np.exp([1.0, 2.0]) * [2.0, 3.0])


def test_graphviz_is_not_imported_before_something_is_drawn():
    code = "import sys, autograd, autograd.drawing; assert 'graphviz' not in sys.modules; autograd.draw"
    subprocess.run([sys.executable, "-c", code], check=True)


# --- Elements of the SVG ----------------------------------------------------------------------------------------------


def test_boxes_frames_and_arrows_have_ids_that_stay_when_the_picture_is_drawn_another_way():
    h = nn.Linear(3, 2)(np.ones((4, 3)))
    loss = (h * h).sum()
    found = re.findall(r"\bid=\"?([\w-]+)", autograd.draw(loss).source)
    assert len(set(found)) == len(found) == 6 + 1 + 6
    assert {f"n{node.order}" for node in graph.ancestors([loss.node])} | {"d0"} <= set(found)
    assert f"n{h.node.order}-n{h.node.order + 1}-1" in found
    assert set(re.findall(r"\bid=\"?([\w-]+)", autograd.draw(loss, direction="TB").source)) == set(found)
