"""The page of a graph: what is in the file, and, in a real browser, what clicks and keys do."""

import importlib.util
import json
import re
import shutil

import numpy as np
import pytest

import autograd
import nn
from autograd import Scalar, Tensor
from autograd.drawing import layout, scalars
from autograd.drawing.formulas import SUBSCRIPT
from autograd.drawing.page import embedded
from tests.drawing.test_picture import boxes, edges, kinds
from tests.test_lecture import EXAMPLE, lecture_formulas

needs_graphviz = pytest.mark.skipif(not list(layout._programs()), reason="no Graphviz is installed")


def example(x=(1.0, 2.0)):
    """The lecture's 2-2-1 network, its loss and the names."""
    w1, w2 = np.array(EXAMPLE["w1"]), np.array(EXAMPLE["w2"])
    with autograd.observe():
        W, b, v, c = (Tensor(a, requires_grad=True) for a in (w1[:, 1:], w1[:, 0], w2[None, 1:], w2[:1]))
        alpha = W @ np.array(x) + b
        h = autograd.relu(alpha)
        y = v @ h + c
        loss = np.sum((EXAMPLE["t"] - y) ** 2) / 2
    return loss, {"W": W, "b": b, "v": v, "c": c, "alpha": alpha, "h": h, "y": y, "L": loss}


def xor():
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    t = np.array([[0.0], [1.0], [1.0], [0.0]])
    model = nn.Sequential(nn.Linear(2, 2, generator=np.random.default_rng(0)), nn.ReLU(), nn.Linear(2, 1))
    with autograd.observe():
        loss = nn.functional.mse_loss(model(x), t)
    return loss, {"x": x, "t": t, "J": loss}


def written(path, value, names=None, **options):
    """The page, and the data in it."""
    text = autograd.draw(value, names, **options).to_html(path / "graph.html").read_text("utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    return text, json.loads(found[1])


def total(data, node):
    """The gradient of a node after the last step that adds to it."""
    return [share["total"] for step in data["backward"] for share in step["shares"] if share["to"] == node.order][-1]


def rows(array):
    return [[float(x.replace("−", "-")) for x in row] for row in array["rows"]]


# --- The file ---------------------------------------------------------------------------------------------------------


@needs_graphviz
@pytest.mark.parametrize("x", [(1.0, 2.0), (2.0, 1.0), (-2.0, 1.0), (-4.0, -8.0)], ids=str)
def test_the_page_of_the_lectures_network_has_the_lectures_numbers(tmp_path, x):
    loss, names = example(x)
    _, data = written(tmp_path, loss, names)
    expected = lecture_formulas(x, **EXAMPLE)
    w1 = np.column_stack([rows(total(data, names["b"].node))[0], rows(total(data, names["W"].node))])
    np.testing.assert_allclose(w1, expected["w1"], rtol=1e-3)
    w2 = [*rows(total(data, names["c"].node))[0], *rows(total(data, names["v"].node))[0]]
    np.testing.assert_allclose(w2, expected["w2"], rtol=1e-3)


@needs_graphviz
def test_the_page_has_the_lectures_rules(tmp_path):
    loss, names = example()
    _, data = written(tmp_path, loss, names)
    rules = {share["of"]: share["rule"] for step in data["backward"] for share in step["shares"]}
    assert rules["∇_α L"] == "∇_h L ⊙ [h > 0]"
    assert rules["∇_b L"] == "∇_α L"
    assert [node["formula"] for node in data["nodes"] if node["name"] == "h"] == ["max(0, α)"]


@needs_graphviz
def test_the_page_of_xor_has_the_lectures_rules_and_the_gradients_of_backward(tmp_path):
    loss, names = xor()
    _, data = written(tmp_path, loss, names)
    shares = {share["of"]: share for step in data["backward"] for share in step["shares"]}
    assert shares["∇_α J"]["rule"] == "∇_h J ⊙ [h > 0]"
    assert shares["∇_W⁽¹⁾ J"]["rule"] == "∇_α Jᵀ · x"
    assert shares["∇_b⁽¹⁾ J"]["rule"] == "Σ₀ ∇_α J"
    leaves = {node.order: node for node in autograd.graph.ancestors([loss.node]) if node.op is None}
    loss.backward()
    found = {share["to"]: share["total"] for share in shares.values() if share["to"] in leaves}
    assert set(found) == set(leaves)
    for order, node in leaves.items():
        np.testing.assert_allclose(np.ravel(rows(found[order])), np.ravel(node.grad), rtol=1e-3)


@needs_graphviz
def test_a_layer_without_bias_has_a_page_under_observe(tmp_path):
    layer = nn.Linear(2, 2, bias=False)
    with autograd.observe():
        y = layer(np.ones((1, 2)))
    _, data = written(tmp_path, y, {"y": y})
    assert data["nodes"][-1]["formula"] == "x Wᵀ"


@needs_graphviz
def test_the_backward_steps_are_the_sweeps_newest_first_with_partial_sums(tmp_path):
    a = Scalar(3.0, name="a")
    y = a * 2 + a * a
    _, data = written(tmp_path, y)
    orders = [step["id"] for step in data["backward"]]
    assert orders == sorted(orders, reverse=True)
    arrived = [
        ("share" in s, s["total"]["rows"]) for step in data["backward"] for s in step["shares"] if s["to"] == a.order
    ]
    assert arrived == [(False, [["3"]]), (True, [["6"]]), (True, [["8"]])]


@needs_graphviz
def test_the_boxes_have_the_gradients_of_this_graph_before_backward_and_after(tmp_path):
    a = Scalar(3.0, name="a")
    y = a * a
    for _ in range(2):
        text, data = written(tmp_path, y)
        assert data["nodes"][0]["grad"]["rows"] == [["6"]]
        assert len(re.findall(">grad<", text.partition("</template>")[0])) == 2
        a.grad = 100.0  # of other backward passes


@needs_graphviz
def test_a_node_has_its_line_and_the_text_of_it(tmp_path):
    w = Tensor([1.0, 2.0], requires_grad=True)
    y = np.tanh(w)  # this very line
    _, data = written(tmp_path, y)
    told = data["nodes"][-1]
    assert told["text"] == "y = np.tanh(w)  # this very line"
    assert re.search(r"test_page\.py:\d+$", told["line"])


@needs_graphviz
def test_a_large_array_is_a_histogram_and_what_is_not_finite_is_counted(tmp_path):
    values = np.linspace(0.0, 1.0, 240)
    values[:2] = np.nan, np.inf
    with autograd.observe():
        y = Tensor(values, requires_grad=True) * 2
    _, data = written(tmp_path, y)
    array = data["nodes"][-1]["value"]
    assert array["bad"]
    assert "2 are not finite" in array["text"]
    assert sum(array["histogram"]) == 238


@needs_graphviz
def test_without_observe_the_page_says_how_to_get_values(tmp_path):
    w = Tensor([1.0, 2.0], requires_grad=True)
    _, data = written(tmp_path, np.sum(w * 2 + 1))
    assert any("autograd.observe()" in remark for remark in data["remarks"])


@needs_graphviz
def test_a_freed_graph_is_shown_without_its_backward_pass_which_is_said(tmp_path):
    w = Tensor([1.0, 2.0], requires_grad=True)
    y = np.tanh(w).sum()
    y.backward()
    _, data = written(tmp_path, y)
    assert data["backward"] == []
    assert "has been freed" in data["remarks"][-1]


@needs_graphviz
def test_nothing_of_the_graph_is_changed(tmp_path):
    w = Tensor([1.0, 2.0], requires_grad=True)
    y = np.tanh(w).sum()
    written(tmp_path, y)
    assert w.grad is None
    y.backward()
    assert w.grad is not None
    with autograd.observe():
        z = w * 3
    z.backward(np.array([2.0, 5.0]))
    written(tmp_path, z)
    assert z.node.notes["cotangent"].tolist() == [2.0, 5.0]


@needs_graphviz
def test_hostile_names_and_values_stay_text(tmp_path):
    evil = '</script><script>alert(1)</script><!--<b>"x"|{}\u2028\u2029&amp;{{DATA}}'
    w = Tensor([1.0], requires_grad=True)
    text, data = written(tmp_path, w * 2, {evil: w})
    assert data["nodes"][0]["name"] == evil
    assert text.count("</script>") == 2
    assert "alert(1)</" not in text
    assert "\u2028" not in text.partition('id="data"')[2]


def test_embedded_json_is_ascii_without_markup_and_comes_back():
    value = {"</SCRIPT>": ["\u2028", "<!--", "]]>", "&lt;", "\ud800", "∇"]}
    text = embedded(value)
    assert text.isascii()
    assert not set("<>&") & set(text)
    assert json.loads(text) == value


@needs_graphviz
def test_the_page_loads_nothing(tmp_path):
    loss, names = xor()
    text, _ = written(tmp_path, loss, names)
    assert "default-src 'none'" in text
    assert not re.search(r'\b(src|href)="', re.sub(r"xlink:href", "", text))
    assert "{{" not in text


@needs_graphviz
def test_modules_are_folded_to_every_depth_and_folded_nodes_know_their_box(tmp_path):
    loss, names = xor()
    _, data = written(tmp_path, loss, names)
    assert len(data["views"]) == 3
    assert {frame["label"] for frame in data["views"][0]["frames"].values()} >= {"Sequential", "1 (ReLU)"}
    assert set(data["views"][-1]["folded"].values()) != set()


@needs_graphviz
@pytest.mark.parametrize("options", [{"view": "gradient"}, {"view": "both"}, {"compare": True}], ids=str)
def test_pictures_of_gradients_and_comparisons_are_pages_too(tmp_path, options):
    loss, names = xor()
    if "compare" in options:
        options = {"compare": xor()[0]}
    _, data = written(tmp_path, loss, names, **options)
    assert data["nodes"]
    assert data["backward"] == []


def test_another_ending_is_refused():
    with pytest.raises(ValueError, match=r"'graph\.svg' should be \.html; \.save\(\)"):
        autograd.draw(Scalar(1.0) * 2).to_html("graph.svg")


@needs_graphviz
def test_a_path_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"cannot be written: .*give a path in a folder"):
        autograd.draw(Scalar(1.0) * 2).to_html(tmp_path / "nowhere" / "graph.html")


# --- Scalars of a product ---------------------------------------------------------------------------------------------


PRODUCTS = {
    "matrix times vector": ((2, 3), (3,)),
    "vector times matrix": ((3,), (3, 2)),
    "vector times vector": ((3,), (3,)),
    "two matrices": ((2, 3), (3, 4)),
}


@pytest.mark.parametrize("shapes", PRODUCTS.values(), ids=PRODUCTS)
def test_the_scalars_of_a_product_are_its_elements_and_so_are_their_gradients(shapes):
    rng = np.random.default_rng(0)
    a, b = (Tensor(rng.normal(size=shape), requires_grad=True, dtype=np.float64) for shape in shapes)
    with autograd.observe():
        y = a @ b
        (y * rng.normal(size=y.shape)).sum().backward()
    made = scalars(y)
    np.testing.assert_allclose([s.data for s in made], np.ravel(y.detach().numpy()))
    leaves = [s for s in autograd.graph.ancestors(made) if s.op is None]
    for tensor, letter in ((a, "a"), (b, "b")):
        mine = sorted((s for s in leaves if s.name.startswith(letter)), key=lambda s: s.order)
        np.testing.assert_allclose([s.grad for s in mine], np.ravel(tensor.grad.numpy()))


def test_the_steps_of_an_unfolded_product_end_with_the_gradients_of_its_operands(tmp_path):
    loss, names = example()
    _, data = written(tmp_path, loss, names)
    product = next(node for node in data["nodes"] if node["op"] == "matmul")
    inside = data["products"][product["zoom"]]
    found = {
        share["of"]: float(share["total"]["rows"][0][0].replace("−", "-"))
        for step in inside["backward"]
        for share in step["shares"]
    }
    expected = lecture_formulas((1.0, 2.0), **EXAMPLE)["w1"]
    for i in (1, 2):
        for j in (1, 2):
            place = f"{i}{j}".translate(SUBSCRIPT)
            assert found[f"∇_W{place} L"] == pytest.approx(expected[i - 1][j], rel=1e-3)
    assert not any("x" in of for of in found)  # data have no gradient


class Rotation(nn.Module):
    def __init__(self):
        super().__init__()
        self.turn = nn.Parameter(np.eye(2))

    def forward(self, x):
        return x @ self.turn


def test_elements_are_called_as_the_parameters_and_data_are_drawn_as_data():
    with autograd.observe():
        y = Rotation()(np.ones((1, 2)))
    made = autograd.graph.ancestors(scalars(y))
    assert "turn₁₁" in {s.name for s in made if s.op is None}
    drawn = autograd.draw(scalars(y))
    assert sorted(title for title, kind in kinds(drawn).items() if kind == "data") == ["x₁₁", "x₁₂"]


@pytest.mark.parametrize("bias", [True, False])
def test_the_scalars_of_a_linear_layer_are_its_outputs(bias):
    layer = nn.Linear(3, 2, bias=bias, generator=np.random.default_rng(0))
    x = np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)
    with autograd.observe():
        y = layer(x)
        y.sum().backward()
    made = scalars(y)
    np.testing.assert_allclose([s.data for s in made], np.ravel(y.detach().numpy()), rtol=1e-5)
    weights = [s for s in autograd.graph.ancestors(made) if s.op is None and s.name.startswith("weight")]
    weights.sort(key=lambda s: s.order)
    np.testing.assert_allclose([s.grad for s in weights], np.ravel(layer.weight.grad.numpy()), rtol=1e-5)


def test_what_is_no_small_product_with_known_values_has_no_scalars():
    w = Tensor(np.ones((9, 9)), requires_grad=True)
    with autograd.observe():
        assert scalars(w @ w) == []
        assert scalars(np.tanh(w)) == []
    small = Tensor(np.ones((2, 2)), requires_grad=True)
    y = small @ small
    y.sum().backward()
    assert scalars(y) == []


def test_a_constant_without_a_name_is_called_x_as_in_the_formula():
    W = Tensor(np.ones((2, 2)), requires_grad=True)
    with autograd.observe():
        y = W @ np.ones(2)
    assert {s.name for s in autograd.graph.ancestors(scalars(y)) if s.op is None} >= {"x₁", "x₂", "a₁₁"}


# --- Unfolded in a picture --------------------------------------------------------------------------------------------


def product_of_example():
    loss, names = example()
    return loss, names, names["alpha"].node.inputs[0]


def test_a_product_is_unfolded_inside_the_picture_and_its_operands_and_result_stay():
    loss, names, product = product_of_example()
    drawn = autograd.draw(loss, names, unfold=[product])
    found = set(edges(drawn))
    assert {("W", "W₁₁"), ("W₁₁", "W₁₁ × x₁"), ("x₁", "W₁₁ × x₁"), ("+", "@"), ("@", "alpha = +")} <= found
    assert "data" in boxes(autograd.draw(loss, names))
    assert "data" not in boxes(drawn)  # its elements stand for it
    assert "number by number" in drawn.source
    assert "folded" not in drawn.source
    assert edges(autograd.draw(loss, names)) != list(found)


@pytest.mark.parametrize("how", ["name", "tensor", "alone"])
def test_a_product_is_named_or_given(how):
    W = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    with autograd.observe():
        y = W @ np.array([1.0, -1.0])
        loss = np.tanh(y).sum()
    unfold = {"name": ["y"], "tensor": [y], "alone": y}[how]
    assert {"y₁ = +", "y₂ = +"} <= set(boxes(autograd.draw(loss, {"W": W, "y": y}, unfold=unfold)))


def test_unfolded_elements_have_gradients_as_soon_as_the_product_has():
    loss, names, product = product_of_example()
    assert "grad" not in boxes(autograd.draw(loss, names, unfold=[product]))["W₁₁"][0]
    loss.backward()
    shown = boxes(autograd.draw(loss, names, unfold=[product]))
    assert shown["W₁₁"][0].endswith(f"grad {names['W'].grad.numpy()[0, 0]:.4g}")
    assert "grad" not in shown["x₁"][0]


def test_what_cannot_be_unfolded_is_said():
    loss, names, product = product_of_example()
    with pytest.raises(ValueError, match="h cannot be unfolded into scalars: that takes a matrix product"):
        autograd.draw(loss, names, unfold=["h"])
    with pytest.raises(ValueError, match="no module of this graph is called 'nothing'"):
        autograd.draw(loss, names, unfold=["nothing"])
    with pytest.raises(ValueError, match="not in this picture"):
        autograd.draw(names["W"] * 2, names, unfold=[product])
    with pytest.raises(TypeError, match="without a graph cannot be unfolded"):
        autograd.draw(loss, names, unfold=[Tensor([1.0])])


@needs_graphviz
def test_the_page_of_an_unfolded_picture_has_its_frame(tmp_path):
    loss, names, product = product_of_example()
    _, data = written(tmp_path, loss, names, unfold=[product])
    (frame,) = data["views"][0]["frames"].values()
    assert frame["label"].endswith("number by number")
    assert len(frame["inside"]) == 12


# --- In a browser -----------------------------------------------------------------------------------------------------


BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
needs_browser = pytest.mark.skipif(
    not (BROWSER and DRIVER and importlib.util.find_spec("selenium")), reason="no Chromium, chromedriver or selenium"
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    switches = "headless no-sandbox disable-gpu disable-quic no-first-run disable-background-networking"
    for switch in f"{switches} disable-component-update disable-sync window-size=1400,800".split():
        options.add_argument(f"--{switch}")
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('profile')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def opened(browser, tmp_path):
    """Opens the page of a graph; at the end nothing may have been complained about."""

    def open_(value, names=None):
        browser.get(autograd.draw(value, names).to_html(tmp_path / "graph.html").as_uri())
        return Page(browser)

    browser.get_log("browser")
    yield open_
    assert [entry["message"] for entry in browser.get_log("browser")] == []


class Page:
    def __init__(self, driver):
        self.driver = driver

    def text(self, selector):
        return self.driver.find_element("css selector", selector).text

    def all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def box(self, tensor):
        return self.driver.find_element("css selector", f"#n{tensor.node.order}")

    def click(self, element):
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.driver).move_to_element(element).click().perform()

    def keys(self, *keys):
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.driver).send_keys(*keys).perform()


RIGHT, LEFT, HOME, END, ENTER = "\ue014", "\ue012", "\ue011", "\ue010", "\ue007"


@needs_browser
@needs_graphviz
@pytest.mark.slow
class TestInABrowser:
    def test_keys_go_through_both_passes_and_the_rules_appear_with_their_numbers(self, opened):
        loss, names = example()
        page = opened(loss, names)
        page.keys(HOME)
        assert page.text("#count") == "start"
        assert "later" in page.box(loss).get_attribute("class")
        page.keys(RIGHT)
        assert page.text("#count").startswith("forward 1 /")
        page.keys(END)
        assert page.text("#count").startswith("backward")
        seen = []
        while page.text("#count").startswith("backward"):
            seen.append(page.text("#step"))
            page.keys(LEFT)
        rule = next(text for text in seen if "Backward: relu" in text)
        assert "⊙ [h > 0]" in rule
        expected = lecture_formulas((1.0, 2.0), **EXAMPLE)["w1"]
        assert ", ".join(f"{row[0] + 0.0:.4g}".replace("-", "−") for row in expected) in rule

    def test_a_gradient_grows_by_each_arrival(self, opened):
        a = Scalar(3.0, name="a")
        page = opened(a * a + a)
        page.keys(END)
        last = page.text("#step")
        page.keys(LEFT)
        assert "1 of 3 arrivals" in page.text("#step")
        assert "3 of 3 arrivals" in last
        assert "= 4 + 3" in last

    def test_a_click_shows_value_gradient_and_line(self, opened):
        loss, names = example()
        page = opened(loss, names)
        page.click(page.box(names["W"]))
        assert "a leaf" in page.text("#node h2")
        assert "gradient" in page.text("#node dl")
        page.click(page.box(names["h"]))
        assert "h = autograd.relu(alpha)" in page.text("#node")

    def test_search_counts_and_enter_goes_there(self, opened):
        loss, names = xor()
        page = opened(loss, names)
        page.keys("/", "relu 4x2")
        assert page.text("#found") == "1 found"
        assert len(page.all("g.node.hit")) == 1
        page.keys(ENTER)
        assert "relu" in page.text("#node h2")

    def test_a_click_on_a_frame_folds_the_module_and_another_unfolds_it(self, opened):
        from selenium.webdriver.support.ui import Select

        loss, names = xor()
        page = opened(loss, names)

        def shown():
            return sum(g.is_displayed() for g in page.all("g.node"))

        before, frame = shown(), page.all("g.cluster")[-1]
        label = frame.find_element("css selector", "text")
        page.click(label)
        assert shown() < before
        assert "folded" in label.text
        page.click(label)
        assert shown() == before
        Select(page.all("#view")[0]).select_by_index(2)
        assert shown() < before

    def test_a_product_unfolds_into_scalars_and_folds_back(self, opened):
        loss, names = example()
        page = opened(loss, names)
        before = len(page.all("g.node"))
        product = next(n for n in autograd.graph.ancestors([loss.node]) if n.op and n.op.name == "matmul")
        page.click(page.all(f"#n{product.order}")[0])
        page.keys("u")
        assert len(page.all("g.node")) != before
        assert "×" in page.text("#stage")
        page.keys("u")
        assert len(page.all("g.node")) == before

    def test_the_legend_says_what_is_in_the_picture(self, opened):
        page = opened(*xor())
        page.click(page.all("#legend summary")[0])
        said = page.text("#legend")
        assert all(text in said for text in ("learned", "data", "computed", "the result", "module"))
        assert "folded" not in said

    def test_the_scalars_of_a_product_are_gone_through_forward_and_backward(self, opened):
        loss, names = example()
        page = opened(loss, names)
        product = next(n for n in autograd.graph.ancestors([loss.node]) if n.op and n.op.name == "matmul")
        page.click(page.all(f"#n{product.order}")[0])
        page.keys("u")
        assert page.text("#count").startswith("backward")
        page.keys(HOME)
        assert page.text("#count") == "start"
        assert page.all("g.node.later")
        page.keys(RIGHT)
        assert page.text("#count").startswith("forward 1 / ")
        assert "z₁ = v₁₁ h₁" in page.text("#step")
        page.keys(END)
        assert not page.all("g.node.later")
        assert "∇" in page.text("#step")
        page.keys("u")
        assert page.all(f"#n{product.order}.chosen")

    def test_zoom_pan_fit_and_theme(self, opened):
        loss, names = xor()
        page = opened(loss, names)

        def window():
            return page.driver.execute_script("return document.querySelector('#stage svg').getAttribute('viewBox')")

        fitted = window()
        page.keys("+")
        assert window() != fitted
        page.keys("f")
        assert window() == fitted
        theme = page.all("html")[0].get_attribute("data-theme")
        page.click(page.all("#theme")[0])
        assert page.all("html")[0].get_attribute("data-theme") != theme

    def test_a_long_graph_opens_where_it_can_be_read_and_steps_stay_in_sight(self, opened):
        h = Scalar(0.5)
        for i in range(60):
            h = h * h + i
        page = opened(h)
        page.keys(END)
        for _ in range(3):
            now = page.all("g.node.now")[0]
            assert now.find_element("css selector", "text").size["height"] > 8
            assert 0 <= now.location["x"] <= 1400
            page.keys(HOME, RIGHT, RIGHT)

    def test_every_box_and_control_can_be_reached_and_has_a_name(self, opened):
        loss, names = xor()
        page = opened(loss, names)
        for element in page.all("button, input, select, g.node, g.cluster"):
            assert element.accessible_name
        for box in page.all("g.node"):
            assert box.get_attribute("tabindex") == "0"

    def test_a_hostile_name_is_shown_as_it_is(self, opened):
        evil = "</script><img src=x onerror=document.title='broken'>"
        w = Tensor([1.0], requires_grad=True)
        page = opened(w * 2, {evil: w})
        page.click(page.box(w))
        assert evil in page.text("#node h2")
        assert page.driver.title == "graph"
