"""What a picture shows. The text that Graphviz gets is read here; how it looks is for eyes."""

import re
import time

import numpy as np
import pytest

import autograd
import nn
from autograd import Scalar, Tensor
from autograd.drawing import picture
from autograd.drawing.outline import outline


def labels(drawn):
    return re.findall(r'n\d+ \[label="?([^"\]]*?)"? (?:color|fillcolor|shape)', drawn.source)


def test_every_node_of_the_graph_is_drawn_with_an_edge_for_each_input():
    w = Tensor([1.0, 2.0], requires_grad=True)
    loss = (np.tanh(w * w) + w).sum()
    drawn = autograd.draw(loss)
    assert len(labels(drawn)) == 5  # w, ×, tanh, +, sum
    assert drawn.source.count("->") == 6  # w twice into ×


def test_names_values_and_gradients_of_small_tensors_are_shown():
    w = Tensor([1.5, 2.0], requires_grad=True)
    loss = (w * w).sum()
    loss.backward()
    source = autograd.draw(loss, names={"w": w}).source
    assert "w\\nfloat32 2\\nvalue [1.5, 2. ]\\ngrad [3., 4.]" in source


def test_results_show_their_values_only_if_they_were_observed():
    w = Tensor([3.0], requires_grad=True)
    assert "autograd.observe()" in autograd.draw((w * w).sum()).source
    with autograd.observe():
        loss = (w * w).sum()
    loss.backward()
    source = autograd.draw(loss).source
    assert "value 9.\\ngrad 1." in source
    assert "autograd.observe()" not in source


def test_scalars_show_value_gradient_and_the_constants_they_met():
    x = Scalar(3.0, name="x")
    y = x * 2 + 1
    y.backward()
    source = autograd.draw(y).source
    assert "x\\nvalue 3\\ngrad 2" in source
    assert "× 2\\nvalue 6\\ngrad 1" in source


def test_modules_are_frames_inside_each_other_with_their_parameters():
    model = nn.Sequential(nn.Linear(3, 2), nn.Tanh())
    source = autograd.draw(model(np.ones((4, 3))).sum()).source
    frames = re.findall(r'label="?([^"\n]*?)"? (?:labeljust|labelloc|margin|style)', source)
    assert [f for f in frames if "Linear" in f or "Tanh" in f or "Sequential" in f] == [
        "Sequential",
        "0 (Linear)",
        "1 (Tanh)",
    ]
    inner = source[source.index("0 (Linear)") : source.index("1 (Tanh)")]
    assert "weight" in inner
    assert "bias" in inner


def test_a_parameter_used_by_two_modules_belongs_to_neither():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    seen = outline([model(np.ones((1, 2))).sum().node], 400)
    weight = next(i for i in seen.items if (i.newest.notes or {}).get("name") == "weight")
    assert weight.home is None


def test_a_long_chain_is_folded_and_the_picture_says_so():
    x = Tensor([1.0], requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y * 1.0
    started = time.perf_counter()
    drawn = autograd.draw(y)
    assert time.perf_counter() - started < 20
    assert len(labels(drawn)) == 8
    assert "99,994 operations in chains are folded" in drawn.source


def test_a_wide_graph_folds_its_modules_and_then_its_oldest_nodes():
    blocks = nn.Sequential(*[nn.Sequential(nn.Linear(2, 2), nn.Tanh()) for _ in range(30)])
    y = blocks(np.ones((1, 2))).sum()
    drawn = autograd.draw(y, limit=40)
    assert "module calls are folded" in drawn.source
    assert len(labels(drawn)) <= 40

    x = Tensor([1.0], requires_grad=True)
    y = x
    for _ in range(200):
        y = y * x + x
    drawn = autograd.draw(y, limit=50)
    assert "older nodes are folded" in drawn.source
    assert len(labels(drawn)) == 50


def test_no_edge_is_lost_or_invented_by_folding():
    x = Tensor([1.0], requires_grad=True)
    y = x
    for _ in range(50):
        y = np.sin(y)
    seen = outline([(y + x).sum().node], 10)
    there = set(seen.items)
    assert all(source in there for item in seen.items for source in item.sources)
    assert sum(item.count for item in seen.items) == 53


def test_names_with_quotes_backslashes_and_brackets_are_drawn_as_they_are():
    w = Tensor([1.0], requires_grad=True)
    source = autograd.draw(w * 2, names={'a"b\\c<d>': w}).source
    assert 'a\\"b\\\\c<d>' in source


def test_what_has_no_graph_is_refused():
    with pytest.raises(TypeError, match="requires_grad=True"):
        autograd.draw(Tensor([1.0]))
    with pytest.raises(TypeError, match="float"):
        autograd.draw(1.0)
    with pytest.raises(ValueError, match="empty"):
        autograd.draw([])
    with pytest.raises(ValueError, match="LR"):
        autograd.draw(Tensor([1.0], requires_grad=True), direction="up")


def test_files_are_written_in_the_format_of_their_ending(tmp_path):
    drawn = autograd.draw(Tensor([1.0], requires_grad=True) * 2)
    assert drawn.save(tmp_path / "g.dot").read_text(encoding="utf-8") == drawn.source
    with pytest.raises(ValueError, match=r"\.svg, \.png"):
        drawn.save(tmp_path / "g.jpg")
    try:
        picture._layout_program("svg")
    except RuntimeError:
        pytest.skip("no Graphviz here")
    assert b"<svg" in drawn.save(tmp_path / "g.svg").read_bytes()
    assert drawn.save(tmp_path / "g.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in drawn._repr_mimebundle_()["image/svg+xml"]


def test_without_graphviz_one_sentence_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr(picture.shutil, "which", lambda *args, **kwargs: None)
    drawn = autograd.draw(Tensor([1.0], requires_grad=True) * 2)
    with pytest.raises(RuntimeError, match=r"pip install 'chainrule\[draw\]'"):
        drawn.save(tmp_path / "g.svg")
    assert not (tmp_path / "g.svg").exists()
    assert "pip install" in drawn._repr_mimebundle_()["text/plain"]


def test_the_embedded_graphviz_says_that_it_writes_no_pdf(monkeypatch, tmp_path):
    monkeypatch.setattr(picture.shutil, "which", lambda name, path=None: None if name == "dot" else "/some/" + name)
    with pytest.raises(RuntimeError, match="PDF"):
        autograd.draw(Tensor([1.0], requires_grad=True) * 2).save(tmp_path / "g.pdf")
