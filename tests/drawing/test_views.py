"""What can be asked of a picture: themes, what is shown, folding by name, the derivative's graph, comparison, modules."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
import nn
from autograd import Scalar, graph
from autograd.drawing import layout
from autograd.drawing.themes import DARK, LIGHT, THEMES
from tests.drawing.test_picture import boxes, edges, kinds, leaf

needs_graphviz = pytest.mark.skipif(not list(layout._programs()), reason="no Graphviz is installed")


def network():
    return nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))


def result(model):
    return nn.functional.mse_loss(model(np.ones((4, 2))), np.zeros((4, 1)))


# --- Themes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_in_every_theme_text_can_be_read_on_every_box(theme):
    def light(colour):
        parts = [c / 255 for c in bytes.fromhex(colour[1:])]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    def contrast(a, b):
        low, high = sorted((light(a), light(b)))
        return (high + 0.05) / (low + 0.05)

    for inside, _ in theme.boxes.values():
        assert contrast(theme.ink, inside) > 7
        assert contrast(theme.alarm, inside) > 4


def test_a_dark_picture_has_no_colour_of_the_light_one():
    loss = result(network())
    dark, light = (set(re.findall(r"#[0-9a-f]{6}", autograd.draw(loss, theme=t).source)) for t in ("dark", "light"))
    assert DARK.page in dark
    assert LIGHT.page in light
    assert not dark & light


# --- The legend -------------------------------------------------------------------------------------------------------


def legend(picture):
    """The words in the frame of the legend."""
    frame = picture.source.partition("id=legend")[2].partition("\n\t}\n")[0]
    return re.findall(r"<<font[^>]*>([^<]*)</font>>", frame)


def test_without_being_asked_for_there_is_no_legend():
    assert not legend(autograd.draw(result(network())))


@pytest.mark.parametrize("direction", ["LR", "TB", "RL", "BT"])
def test_the_legend_has_what_occurs_and_nothing_else(direction):
    w = leaf([1.0, 2.0])
    assert legend(autograd.draw(w * 2, legend=True, direction=direction)) == [
        "learned: it gets a gradient",
        "the result",
    ]


def test_the_legend_explains_every_kind_of_box_and_colour():
    def said(loss, **options):
        return legend(autograd.draw(loss, legend=True, **options))

    assert {"data", "the call of a module", "kept for the derivative"} <= set(said(result(network()), show=["saved"]))
    assert "several, folded into one" in said(result(network()), depth=1)
    assert "changed" in said(result(network()), compare=result(nn.Sequential(nn.Linear(2, 1), nn.Tanh())))
    w = leaf([0.0, 2.0])
    with np.errstate(all="ignore"), autograd.observe():
        assert "holds NaN or infinity" in said(np.log(w).sum())
    with autograd.profile():
        loss = result(network())
    assert "takes the most time" in said(loss, show=["time"])


@needs_graphviz
def test_a_legend_can_be_drawn_in_every_direction_and_theme():
    for theme in THEMES:
        for direction in ("LR", "TB"):
            assert "legend" in autograd.draw(result(network()), legend=True, theme=theme, direction=direction).svg()


# --- What is shown ----------------------------------------------------------------------------------------------------


def test_a_box_says_what_is_asked_for_and_nothing_else():
    w = leaf([1.0, 2.0])
    y = np.tanh(w * w)
    y.sum().backward(retain_graph=True)

    def words(*show):
        return boxes(autograd.draw(y, {"w": w}, show=show))["w"][0]

    assert words() == "w"
    assert words("shape") == "w 2"
    assert words("dtype") == f"w {w.dtype}"
    assert words("value") == "w value 1 2"
    assert words("shape", "dtype", "value", "grad").startswith(f"w 2 {w.dtype} value 1 2 grad ")


def test_bytes_are_those_that_a_node_keeps():
    w = leaf(np.ones((10, 10)))
    shown = boxes(autograd.draw(np.tanh(w) + w, show=("bytes",)))
    assert shown["tanh"][0] == "tanh 800 bytes kept"
    assert shown["+"][0] == "+"


def test_values_that_the_derivative_keeps_have_a_kind_of_their_own():
    w = leaf([1.0, 2.0])
    h = np.exp(w)
    drawn = autograd.draw((np.sin(h) + 1).sum(), {"w": w}, show=("saved",))
    assert kinds(drawn) == {"w": "leaf", "exp": "saved", "sin": "operation", "+": "operation", "sum": "result"}


def test_time_is_written_and_warms_the_box():
    w = leaf([1.0])
    h = np.exp(w)
    y = np.sin(h)
    h.node.note("seconds", (2e-6, 1.5e-3))
    drawn = autograd.draw(y, show=("time",))
    assert boxes(drawn)["exp"][0] == "exp 2 µs + 1.5 ms"
    assert LIGHT.warm in boxes(drawn)["exp"][1]
    assert LIGHT.warm not in boxes(drawn)["sin"][1]
    assert LIGHT.warm not in autograd.draw(y).source


def test_what_holds_nan_is_red_and_so_are_the_fold_and_the_frame_around_it():
    class Broken(nn.Module):
        def forward(self, x):
            return np.log(x * 0) * 2

    model = nn.Sequential(nn.Linear(2, 2), Broken())
    with autograd.observe(), np.errstate(all="ignore"):
        y = model(np.ones((9, 2)))
    folded = autograd.draw(y.sum(), fold="1")
    assert "holds NaN or infinity" in boxes(folded)["1 (Broken)"][0]
    assert LIGHT.alarm in boxes(folded)["1 (Broken)"][1]
    open_ = autograd.draw(y.sum())
    assert "not finite" in boxes(open_)["log"][0]
    frames = dict(re.findall(r"label=<(\w[^>]*)>[^\n]*\n\t+color=\"(#\w+)\"", open_.source))
    assert set(frames) == {"Sequential", "1 (Broken)"}
    assert set(frames.values()) == {LIGHT.alarm}


# --- Folding ----------------------------------------------------------------------------------------------------------


def test_modules_are_folded_from_the_depth_that_is_given():
    loss = result(network())
    assert set(boxes(autograd.draw(loss, depth=0))) == {"Sequential", "squared error", "target"}
    assert {"0 (Linear)", "2 (Linear)", "tanh"} <= set(boxes(autograd.draw(loss, depth=1)))
    assert boxes(autograd.draw(loss, depth=2)) == boxes(autograd.draw(loss))


def test_single_modules_are_folded_and_left_open_by_name():
    loss = result(network())
    shown = set(boxes(autograd.draw(loss, fold=["0"])))
    assert {"0 (Linear)", "linear", "tanh"} <= shown
    assert "2 (Linear)" not in shown
    shown = set(boxes(autograd.draw(loss, depth=0, unfold=["2"])))
    assert {"linear", "weight", "bias", "tanh"} <= shown
    with pytest.raises(ValueError, match=r"no module of this graph is called 'x'; it has 'Sequential', '0', '1', '2'"):
        autograd.draw(loss, fold="x")


def test_a_module_that_is_to_stay_open_does_in_a_large_graph_too():
    model = nn.Sequential(*[nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Tanh()) for _ in range(30)])
    y = model(np.ones((1, 2)))
    assert "linear" not in boxes(autograd.draw(y, limit=60))
    assert "linear" in boxes(autograd.draw(y, limit=60, unfold="3.0"))


# --- The derivative ---------------------------------------------------------------------------------------------------


def test_the_gradient_is_a_graph_of_its_own_from_what_the_forward_pass_kept():
    w = leaf([1.0, 2.0])
    h = np.exp(w)
    drawn = autograd.draw(np.sin(h).sum(), {"w": w}, view="gradient")
    titles = kinds(drawn)
    assert titles["exp"] == "saved"  # exp(w) is given, as is its derivative
    assert [kind for title, kind in titles.items() if title.startswith("∂J/∂w = ")] == ["result"]
    assert "sin" not in titles
    assert "w" not in titles
    assert ("exp", "cos") in edges(drawn)


def test_both_graphs_stand_in_frames_side_by_side():
    w = leaf([1.0, 2.0])
    drawn = autograd.draw(np.sin(np.exp(w)).sum(), {"w": w}, view="both")
    assert set(re.findall(r"label=<(forward|gradient)>", drawn.source)) == {"forward", "gradient"}
    assert {"w", "exp", "sin", "sum", "cos"} <= set(boxes(drawn))


def test_the_gradient_with_respect_to_some_leaves_leaves_no_trace_on_them():
    a, b = Scalar(2.0), Scalar(3.0)
    j = (a * b) * (a + b)
    drawn = autograd.draw(j, {"a": a, "b": b}, view="gradient", wrt=a)
    assert [title for title in boxes(drawn) if "∂J/∂" in title] == [
        next(t for t in boxes(drawn) if t.startswith("∂J/∂a"))
    ]
    assert a.grad == b.grad == 0


def test_drawing_a_gradient_leaves_observed_cotangents_as_they_were():
    w = leaf([1.0, 2.0])
    with autograd.observe():
        h = np.exp(w)
        loss = (h * h).sum()
    drawn = autograd.draw(loss, {"w": w}, view="gradient")
    assert "cotangent" not in h.node.notes
    assert "value 14.78 109.2" in next(words for title, (words, _) in boxes(drawn).items() if title.startswith("∂J/∂w"))


def test_a_gradient_that_cannot_be_drawn_is_refused_in_a_sentence():
    w = leaf([1.0, 2.0])
    with pytest.raises(ValueError, match="no graph: it is a constant"):
        autograd.draw((w + 1).sum(), view="gradient")
    with pytest.raises(RuntimeError, match="a gradient is of one number"):
        autograd.draw(w * w, view="gradient")
    loss = (w * w).sum()
    with pytest.raises(TypeError, match="wrt is a Tensor that needs a gradient"):
        autograd.draw(loss, view="gradient", wrt=np.ones(2))
    loss.backward()
    assert autograd.draw(loss).source  # its forward graph is there still
    with pytest.raises(RuntimeError, match="retain_graph"):
        autograd.draw(loss, view="gradient")


# --- The lecture's networks -------------------------------------------------------------------------------------------


def test_the_picture_of_the_xor_network_reads_as_the_lectures_formulas():
    """h = max(0, α) with α = X W + c, and y = h w + b."""
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], np.float32)
    W, c, w, b = leaf([[1.0, 1.0], [1.0, 1.0]]), leaf([0.0, -1.0]), leaf([1.0, -2.0]), leaf(0.0)
    with autograd.observe():
        XW = X @ W
        α = XW + c
        h = autograd.relu(α)
        hw = h @ w
        y = hw + b
    names = {"X": X, "W": W, "c": c, "α": α, "h": h, "w": w, "b": b, "y": y, "X W": XW, "h w": hw}
    drawn = autograd.draw(y, names)
    computed = {"X W = X @ W", "α = X W + c", "h = relu", "h w = h @ w", "y = h w + b"}
    assert set(boxes(drawn)) == {"X", "W", "c", "w", "b"} | computed
    assert edges(drawn) == sorted(
        [("X", "X W = X @ W"), ("W", "X W = X @ W"), ("X W = X @ W", "α = X W + c"), ("c", "α = X W + c")]
        + [("α = X W + c", "h = relu"), ("h = relu", "h w = h @ w"), ("w", "h w = h @ w")]
        + [("h w = h @ w", "y = h w + b"), ("b", "y = h w + b")]
    )
    assert boxes(drawn)["h = relu"][0] == "h = relu 4×2 value 0 0 1 0 1 0 2 1"
    assert boxes(drawn)["y = h w + b"][0] == "y = h w + b 4 value 0 1 1 0"


def test_the_picture_of_the_2_2_1_network_has_every_symbol_value_and_derivative_of_the_lecture():
    """αᵢ = wᵢ₀ + wᵢ₁ x₁ + wᵢ₂ x₂, hᵢ = max(0, αᵢ), y = v₀ + v₁ h₁ + v₂ h₂, L = (t - y)² / 2."""
    numbers = {
        "w10": 0.5,
        "w11": 0.5,
        "w12": 0.25,
        "w20": 0.25,
        "w21": -1.0,
        "w22": 0.75,
        "v0": 0.25,
        "v1": 2.0,
        "v2": -1.0,
    }
    s = {name: Scalar(number) for name, number in numbers.items()} | {"x1": Scalar(1.0), "x2": Scalar(2.0)}
    for i in "12":
        s[f"α{i}"] = s[f"w{i}0"] + s[f"w{i}1"] * s["x1"] + s[f"w{i}2"] * s["x2"]
        s[f"h{i}"] = s[f"α{i}"].relu()
    s["y"] = s["v0"] + s["v1"] * s["h1"] + s["v2"] * s["h2"]
    s["L"] = (1.0 - s["y"]) ** 2 / 2
    s["L"].backward()
    shown = {title.split(" = ")[0]: words for title, (words, _) in boxes(autograd.draw(s["L"], s)).items()}
    assert set(s) <= set(shown)
    α = [0.5 + 0.5 * 1 + 0.25 * 2, 0.25 - 1.0 * 1 + 0.75 * 2]
    δ = 0.25 + 2.0 * α[0] - 1.0 * α[1] - 1.0  # ∂L/∂y = y - t; both α are above 0
    expected = {
        "α1": (α[0], 2 * δ),
        "α2": (α[1], -δ),
        "v1": (2.0, δ * α[0]),
        "v2": (-1.0, δ * α[1]),
        "w12": (0.25, 4 * δ),
    }
    for name, (value, gradient) in {**expected, "y": (δ + 1, δ), "L": (δ**2 / 2, 1), "w22": (0.75, -2 * δ)}.items():
        written = shown[name].replace("−", "-").partition(" value ")[2].split(" grad ")
        assert [float(number) for number in written] == pytest.approx([value, gradient], rel=1e-3), name


# --- Direction --------------------------------------------------------------------------------------------------------


def test_what_is_too_long_for_a_line_goes_down_unless_a_direction_is_given():
    def rankdir(n, **options):
        x = leaf([0.5])
        for _ in range(n):
            x = np.sin(x)
        return re.search(r"rankdir=(\w+)", autograd.draw(x, **options).source)[1]

    assert [rankdir(n) for n in (1, 11, 12, 50)] == ["LR", "LR", "TB", "TB"]
    assert rankdir(1000) == "LR"  # of which little is left when it is folded
    assert rankdir(30, direction="LR") == "LR"
    assert rankdir(1, direction="BT") == "BT"


# --- Comparison -------------------------------------------------------------------------------------------------------


def changes(drawn):
    colours = {colour: change for change, colour in LIGHT.changes.items()}
    found = {
        title: re.search(r'(?<![a-z])color="(.*?)"', attributes)[1] for title, (_, attributes) in boxes(drawn).items()
    }
    return {title: colours[colour] for title, colour in found.items() if colour in colours}


def test_equal_graphs_have_no_difference():
    model = network()
    assert changes(autograd.draw(result(model), compare=result(model))) == {}
    assert changes(autograd.draw(result(network()), compare=result(network()))) == {}


def test_added_removed_and_changed_operations_are_marked():
    w = leaf([1.0, 2.0])
    old, new = np.exp(np.sin(w)).sum(), np.exp(np.cos(w)).sum() * 3
    drawn = autograd.draw(new, {"w": w}, compare=old)
    assert changes(drawn) == {"cos": "changed", "× 3": "added"}
    assert "changed: sin → cos" in boxes(drawn)["cos"][0]
    assert changes(autograd.draw(old, {"w": w}, compare=new)) == {"sin": "changed", "× 3": "removed"}


def test_a_changed_shape_is_marked_with_both():
    w, v = leaf(np.ones((2, 3))), leaf(np.ones((2, 4)))
    drawn = autograd.draw(np.exp(w), {"w": w, "v": v}, compare=np.exp(v))
    assert changes(drawn) == {"w": "added", "v": "removed", "exp": "changed"}
    assert "changed: 2×4 → 2×3" in boxes(drawn)["exp"][0]
    assert edges(drawn) == [("v", "exp"), ("w", "exp")]


def test_what_differs_inside_a_folded_module_is_named():
    def of(inner, width=3):
        return nn.Sequential(nn.Sequential(nn.Linear(2, width), inner, nn.Linear(width, 2)), nn.Linear(2, 1))

    def said(new, old):
        drawn = autograd.draw(result(new), compare=result(old), fold=["0"])
        return {
            title: box[0].partition("changed: ")[2] for title, box in boxes(drawn).items() if title in changes(drawn)
        }

    assert said(of(nn.Tanh()), of(nn.Tanh())) == {}
    assert said(of(nn.Tanh()), of(nn.ReLU())) == {"0 (Sequential)": "relu → tanh"}
    assert said(of(nn.Tanh(), 4), of(nn.Tanh())) == {
        "0 (Sequential)": "weight 3×2 → 4×2, bias 3 → 4, weight 2×3 → 2×4, …"
    }


def test_of_long_folds_it_is_said_that_they_differ_and_not_where():
    def chain(inner):
        y = x
        for i in range(3000):
            y = inner(y) if i == 1500 else np.sin(y)
        return y

    x = leaf([0.5])
    assert changes(autograd.draw(chain(np.sin), compare=chain(np.sin))) == {}
    drawn = autograd.draw(chain(np.cos), compare=chain(np.sin))
    assert [boxes(drawn)[title][0].partition("changed: ")[2] for title in changes(drawn)] == ["other nodes inside"]


@given(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abc"), max_size=8))
def test_the_union_of_two_chains_has_every_node_of_both_and_no_circle(first, second):
    functions = {"a": np.sin, "b": np.cos, "c": np.tanh}

    def chain(letters, x):
        for letter in letters:
            x = functions[letter](x) + x
        return x * 2

    w = leaf([0.5])
    old, new = chain(first, w), chain(second, w)
    drawn = autograd.draw(new, compare=old)
    order = {n: i for i, n in enumerate(re.findall(r"^\t*(n\d+) \[label", drawn.source, re.MULTILINE))}
    assert all(
        order[a] < order[b] for a, b in re.findall(r"^\t(n\d+) -> (n\d+) \[id=[^ \]]*\]$", drawn.source, re.MULTILINE)
    )
    assert len(order) >= max(len(graph.ancestors([y.node])) for y in (old, new))


# --- Modules ----------------------------------------------------------------------------------------------------------


def test_a_module_draws_itself_given_a_shape_and_is_left_as_it_was():
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Dropout(), nn.ReLU())
    before = {key: value.numpy().copy() for key, value in model.state_dict().items()}
    drawn = model.draw((4, 2), theme="dark")
    assert {"x", "linear", "weight", "bias"} <= set(boxes(drawn))
    assert boxes(drawn)["x"][0] == "x 4×2"
    assert model.training
    assert all(np.array_equal(value.numpy(), before[key]) for key, value in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())


def test_a_module_without_parameters_and_one_of_words_draw_themselves():
    assert kinds(nn.Tanh().draw((2, 2))) == {"x": "data", "tanh": "result"}
    assert "weight" in boxes(nn.Embedding(5, 2).draw(np.array([1, 2])))
    with pytest.raises(TypeError, match=r"model\.draw\(\(1, 64\)\)"):
        nn.Tanh().draw()


# --- Bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", [{"theme": "blue"}, {"view": "side"}, {"show": ["shape", "colour"]}])
def test_a_word_that_is_unknown_is_answered_with_those_that_are_known(option):
    with pytest.raises(ValueError, match=f"{next(iter(option))} is one of .*, not '(blue|side|colour)'"):
        autograd.draw(leaf([1.0]) * 2, **option)


def test_a_path_that_cannot_be_written_is_named_with_the_reason(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere.*g\.dot cannot be written: No such file.*; give a path"):
        autograd.draw(leaf([1.0]) * 2).save(tmp_path / "nowhere" / "g.dot")


@needs_graphviz
@pytest.mark.parametrize("options", [{"show": ("saved", "bytes", "time", "dtype")}, {"theme": "dark", "view": "both"}])
@pytest.mark.parametrize("name", ['<b>"x"|{}', "\\N\\G&amp;", "]]>--><script>", "a\0\n\tb", "&", "\u202e\ud800"])
def test_a_hostile_name_breaks_neither_dot_nor_svg(name, options):
    w = leaf([1.0, 2.0])
    model = nn.Sequential(nn.Tanh())
    drawn = autograd.draw(model(w * w).sum(), {name: w}, **options)
    root = ElementTree.fromstring(drawn.svg())
    assert not root.findall(".//{*}script")
    assert {f"n{w.node.order}"} <= {element.get("id") for element in root.iter()}


@given(st.text(max_size=20))
def test_any_name_stays_inside_its_label(name):
    w = leaf([1.0])
    drawn = autograd.draw(w * 2, {name: w})
    label = re.search(r"label=(<<table.*?</table>>)", drawn.source)[1]
    assert len(ElementTree.fromstring(label[1:-1]).findall(".//b")) == 1
    drawn.source.encode()


# --- Bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("argument", ["limit", "depth"])
@pytest.mark.parametrize("wrong", ["many", -1, 2.5], ids=str)
def test_what_is_no_count_is_refused(argument, wrong):
    with pytest.raises(ValueError, match=f"{argument} is a whole number that is not negative, not "):
        autograd.draw(leaf([1.0]) * 2, **{argument: wrong})


def test_a_module_is_looked_for_where_there_are_none():
    with pytest.raises(ValueError, match="no module of this graph is called 'nope'; it was made by none"):
        autograd.draw(leaf([1.0]) * 2, fold=["nope"])
