"""What is folded where there is much to draw, and that folding neither loses a node nor ties a knot."""

import sys
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
import nn
from autograd import Scalar, Tensor, graph
from autograd.drawing.outline import outline


class Operation:
    def __init__(self, name="f"):
        self.name, self.kind, self.arguments, self.keywords = name, "general", (), ()


def consistent(seen, roots, limit):
    """The outline stands for every node once, its edges lead from older to newer, and it is not too large."""
    nodes = graph.ancestors(roots)
    assert sum(item.count for item in seen.items) == len(nodes) == seen.total
    assert seen.folded == len(nodes) - sum(not item.title for item in seen.items)
    place = {item: i for i, item in enumerate(seen.items)}
    assert all(place[source] > place[item] for item in seen.items for source in item.sources)
    used = {source for item in seen.items for source in item.sources}
    assert all(item in used or item.newest in roots or item.title for item in seen.items)
    assert {call.parent for call in seen.calls} - {None} <= set(seen.calls)
    assert {item.home for item in seen.items} - {None} <= set(seen.calls)
    assert len(seen.items) <= limit


@st.composite
def graphs(draw):
    """Up to 60 nodes, each with up to three inputs among the nodes before it, and calls of modules around some."""
    nodes, begun = [], []
    for i in range(draw(st.integers(2, 60))):
        if draw(st.integers(0, 4)) == 0:
            begun.append(graph.tick())
        inputs = [nodes[max(0, i - 1 - k)] for k in draw(st.lists(st.integers(0, 5), max_size=3))] if nodes else []
        node = graph.Node(Operation() if inputs else None, inputs)
        if not inputs and draw(st.booleans()):
            node.note("name", "w")
        while begun and draw(st.integers(0, 3)) == 0:
            node.note("modules", [*(node.notes or {}).get("modules", ()), ("M", begun.pop())])
        nodes.append(node)
    return nodes[-draw(st.integers(1, 3)) :]


@given(graphs(), st.sampled_from([16, 30, 400]))
def test_folding_loses_no_node_and_makes_no_cycle(roots, limit):
    consistent(outline(roots, limit), set(roots), limit)


def test_a_graph_that_is_small_enough_is_left_alone():
    x = Scalar(1.0)
    y = x
    for _ in range(398):
        y = y.tanh()
    seen = outline([y], 400)
    assert (len(seen.items), seen.folded) == (399, 0)


@pytest.mark.parametrize("length", [100_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_a_long_chain_is_folded_soon_and_the_picture_says_so(length):
    x = Tensor([1.0], requires_grad=True)
    y = x
    for _ in range(length):
        y = y * 1.0
    depth, frame = 0, sys._getframe()
    while frame is not None:
        depth, frame = depth + 1, frame.f_back
    before, start = sys.getrecursionlimit(), time.perf_counter()
    sys.setrecursionlimit(depth + 200)
    try:
        drawn = autograd.draw(y)
    finally:
        sys.setrecursionlimit(before)
    assert time.perf_counter() - start < length / 10_000  # ten times what it takes on an idle machine
    assert drawn.source.count("[label=<<table") == 8
    assert f"… {length - 6:,} operations …" in drawn.source
    assert f"{length + 1:,} nodes; {length - 6:,} of them are folded into the dashed boxes" in drawn.source


def test_the_ends_of_a_chain_stay_and_so_does_a_second_root():
    x = Scalar(1.0)
    y = x
    for i in range(500):
        y = y.tanh()
        if i == 250:
            middle = y
    seen = outline([y, middle], 400)
    assert {y, middle, x} <= {item.newest for item in seen.items if not item.title}
    assert [item.count for item in seen.items if item.title] == [243, 245]


def test_a_lattice_is_folded_between_its_newest_and_its_oldest_nodes():
    a, b = Scalar(1.0), Scalar(2.0)
    ends = {a, b}
    for _ in range(5_000):
        a, b = a + b, a * b * 0.0
    seen = outline([a], 100)
    consistent(seen, {a}, 100)
    assert ends | {a} <= {item.newest for item in seen.items if not item.title}
    assert sum(bool(item.title) for item in seen.items) == 1


def test_a_chain_is_folded_within_the_frame_that_it_is_in():
    class Long(nn.Module):
        def forward(self, x):
            for _ in range(300):
                x = np.tanh(x)
            return x

    seen = outline([nn.Sequential(Long(), Long())(Tensor([1.0], requires_grad=True)).node], 400)
    assert [(item.home.label, item.count) for item in seen.items if item.title] == [
        ("1 (Long)", 294),
        ("0 (Long)", 294),
    ]


def test_a_thousand_leaves_of_one_operation_are_folded_into_one_box():
    leaves = [Tensor(float(i), requires_grad=True) for i in range(1_000)]
    root = autograd.stack(leaves).node
    seen = outline([root], 50)
    consistent(seen, {root}, 50)
    assert sum(item.is_leaf for item in seen.items) > 5


def test_modules_are_folded_from_the_inside_before_anything_else_is_cut():
    blocks = nn.Sequential(*[nn.MLP([2, 2, 2]) for _ in range(30)])
    seen = outline([blocks(np.ones((1, 2))).sum().node], 150)
    consistent(seen, {seen.items[0].newest}, 150)
    titles = [item.title for item in seen.items if item.title]
    assert titles == ["2 (Linear)", "0 (Linear)"] * 30  # each with its weight and bias, and without a frame
    assert sorted({call.label for call in seen.calls if call.parent is None}) == ["Sequential"]
    seen = outline([blocks(np.ones((1, 2))).sum().node], 50)
    assert [item.title for item in seen.items if item.title] == [f"{i} (MLP)" for i in range(29, -1, -1)]


@pytest.mark.parametrize("inside", [False, True])
def test_a_network_that_uses_its_weights_a_thousand_times_is_cut_to_what_can_be_laid_out(inside):
    class Recurrent(nn.Module):
        def __init__(self):
            self.cell = nn.Linear(2, 2)

        def forward(self, h):
            for _ in range(1_000):
                h = np.tanh(self.cell(h))
            return h

    network = Recurrent()
    h = (network if inside else network.forward)(np.ones((1, 2)))
    seen = outline([h.sum().node], 400)
    consistent(seen, {seen.items[0].newest}, 400)
    assert 20 < len(seen.items) < 100
    assert {"weight", "bias"} <= {(item.newest.notes or {}).get("name") for item in seen.items if not item.title}


def test_a_parameter_stands_in_the_innermost_call_around_all_its_uses():
    class Twice(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(2, 2)

        def forward(self, x):
            return self.layer(self.layer(x))

    seen = outline([Twice()(np.ones((1, 2))).sum().node], 400)
    homes = {item.newest.notes["name"]: item.home.label for item in seen.items if item.is_leaf}
    assert homes == {"weight": "Twice", "bias": "Twice"}


def test_a_leaf_that_belongs_to_no_module_stands_outside():
    seen = outline([nn.Tanh()(Tensor([1.0], requires_grad=True)).sum().node], 400)
    assert [item.home is None for item in seen.items] == [True, False, True]


def test_a_call_with_two_results_is_one_call():
    class Both(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter([1.0])

        def forward(self):
            return np.sin(self.weight), np.cos(self.weight)

    a, b = Both()()
    seen = outline([(a + b).node], 400)
    assert [call.label for call in seen.calls] == ["Both"]
    assert [item.home is not None for item in seen.items] == [False, True, True, True]
