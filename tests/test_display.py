"""Displays in notebooks: escaped, bounded, and without a trace in the graph."""

import numpy as np

import autograd
import nn
import optim
from autograd import Tensor


def test_small_tensors_are_tables_and_large_ones_have_gaps():
    x = Tensor([[1.0, 2.5], [3.0, 4.0]], requires_grad=True)
    html = (x * 2)._repr_html_()
    assert html.count("<tr>") == 2
    assert "<td>5</td>" in html
    assert "Tensor (2, 2), float32, from multiply" in html
    large = Tensor(np.zeros((3000, 3000)))._repr_html_()
    assert len(large) < 10_000
    assert "⋮" in large
    assert "…" in large
    assert len(Tensor(np.zeros((50, 50, 50)))._repr_html_()) < 10_000
    assert "Parameter (2,)" in nn.Parameter(np.ones(2))._repr_html_()
    assert Tensor(np.zeros((0, 3)))._repr_html_()


def test_nothing_is_shown_while_values_are_not_known():
    seen = []
    autograd.trace(lambda x: seen.append(x._repr_html_()) or x * 2, np.ones(2))
    assert seen == [None]


def test_a_module_is_a_tree_and_names_are_escaped():
    model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.ReLU(), nn.Linear(3, 1)))
    model.register_parameter("<b>x", nn.Parameter(np.ones(1)))
    html = model._repr_html_()
    assert html.count("<details") == html.count("</details>") == 4
    assert "0: <b>Linear</b>(in_features=2, out_features=3, bias=True), 9 numbers" in html
    assert "<li>weight (3, 2)</li>" in html
    assert "&lt;b&gt;x" in html
    deep = nn.ReLU()
    for _ in range(3000):
        deep = nn.Sequential(deep)
    assert "and more" in deep._repr_html_()


def test_a_history_is_a_list_that_shows_itself_as_a_table():
    model = nn.MLP([2, 4, 1])
    trainer = optim.Trainer(model, optim.SGD(model.parameters(), lr=0.1), nn.functional.mse_loss, progress=False)
    history = trainer.run([(np.ones((4, 2), np.float32), np.ones((4, 1), np.float32))], epochs=40)
    html = history._repr_html_()
    assert history == list(history)
    assert html.count("<tr>") == 26
    assert "<td>loss</td>" in html
    assert "⋮" in html
