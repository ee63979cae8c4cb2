"""The table of a network: its numbers against those worked out by hand, and the network left as it was."""

import numpy as np
import pytest
from cases import families, figures, ours

import autograd
import nn
from autograd import Tensor, modes
from autograd.op import operations
from nn import functional as F
from nn.summary import COUNTS


def numbers(table, column):
    return {row.path: getattr(row, column) for row in table.rows}


class Attention(nn.Module):
    """One head over (batch, time, width), its products written by hand; the projections share their bias."""

    def __init__(self, width):
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        self.key.bias = self.query.bias
        self.register_buffer("mask", np.tril(np.ones((4, 4), bool)), persistent=False)

    def forward(self, x):
        scores = self.query(x) @ self.key(x).mT
        return np.where(self.mask, scores, 0.0) @ x, {"scores": scores}


def test_a_table_by_hand():
    model = nn.Sequential(Attention(8), Second())
    model[1].out.requires_grad_(False)
    table = nn.summary(model, np.zeros((2, 4, 8), np.float32))
    assert numbers(table, "kind") == {
        "": "Sequential", "0": "Attention", "0.query": "Linear", "0.key": "Linear", "1": "Second", "1.out": "Linear",
    }  # fmt: skip
    assert numbers(table, "shapes") == {
        "": ((2, 4, 3),),
        "0": ((2, 4, 8), (2, 4, 4)),
        "0.query": ((2, 4, 8),),
        "0.key": ((2, 4, 8),),
        "1": ((2, 4, 3),),
        "1.out": ((2, 4, 3),),
    }
    assert numbers(table, "parameters") == {"": 0, "0": 0, "0.query": 72, "0.key": 64, "1": 0, "1.out": 27}
    assert numbers(table, "trained") == {"": 0, "0": 0, "0.query": 72, "0.key": 64, "1": 0, "1.out": 0}
    assert numbers(table, "bytes") == {"": 0, "0": 16, "0.query": 288, "0.key": 256, "1": 0, "1.out": 108}
    assert numbers(table, "calls") == {"": 1, "0": 1, "0.query": 1, "0.key": 1, "1": 1, "1.out": 2}
    assert numbers(table, "operations") == {
        "": 0,
        "0": 2 * (2 * 4 * 4 * 8),
        "0.query": 2 * 4 * 8 * 8,
        "0.key": 2 * 4 * 8 * 8,
        "1": 0,
        "1.out": 2 * (2 * 4 * 3 * 8),
    }
    assert (table.parameters, table.trained, table.bytes) == (163, 136, 668)
    assert table.operations == sum(row.operations for row in table.rows)


class Second(nn.Module):
    def __init__(self):
        self.out = nn.Linear(8, 3)

    def forward(self, pair):
        return self.out(pair[0]) + self.out(pair[0])


def test_it_is_printed_as_text_and_as_a_table_of_html():
    table = nn.summary(nn.Sequential(Attention(8), Second()), np.zeros((2, 4, 8), np.float32))
    lines = str(table).splitlines()
    assert lines[0].split() == ["layer", "result", "parameters", "bytes", "multiply-adds"]
    assert lines[3].split() == ["0:", "Attention", "(2,", "4,", "8),", "(2,", "4,", "4)", "16", "512"]
    assert "    out: Linear" in lines[-3]
    assert "×2" in lines[-3]
    assert repr(table) == str(table)
    html = table._repr_html_()
    assert html.count("<tr>") == 8
    assert "&emsp;0: Attention" in html
    assert "not trained" not in str(table)
    assert "163 parameters not trained" in str(nn.summary(nn.Sequential(Attention(8), Second()).requires_grad_(False)))


def test_without_an_input_it_counts_what_is_held():
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(3, 2))
    model[1] = model[0]
    table = nn.summary(model)
    assert (table.parameters, table.bytes, table.operations) == (8, 32, 0)
    assert [row.path for row in table.rows] == ["", "0"]
    assert all(row.shapes == () for row in table.rows)


class Restless(nn.Module):
    """Changes all that it can."""

    def __init__(self):
        self.layer = nn.Linear(2, 2)
        self.register_buffer("count", np.zeros(2))
        self.register_buffer("state", np.zeros(2))
        self.seen = []

    def forward(self, x):
        self.seen.append((self.training, autograd.is_grad_enabled()))
        self.count += 1
        self.state = self.state + 1
        return self.layer(x) + autograd.randn(2)


def test_the_model_is_left_as_it_was():
    model = nn.Sequential(Restless(), nn.Identity())
    model[1].eval()
    model[0].layer.register_forward_hook(lambda module, args, result: None)
    hooks = [module._module_hooks for module in model.modules()]
    attributes = [set(vars(module)) for module in model.modules()]
    state, count = model[0].state, model[0].count
    autograd.manual_seed(3)
    expected = autograd.randn(3).tolist()
    autograd.manual_seed(3)
    nn.summary(model, np.ones((1, 2)))
    assert autograd.randn(3).tolist() == expected
    assert [module.training for module in model.modules()] == [True, True, True, False]
    assert model[0].seen == [(False, False)]
    assert (model[0].state is state, state.tolist(), model[0].count is count) == (True, [0.0, 0.0], True)
    assert count.tolist() == [0.0, 0.0]
    assert [module._module_hooks for module in model.modules()] == hooks
    assert [set(vars(module)) for module in model.modules()] == attributes
    assert all(p.grad is None for p in model.parameters())


def test_the_model_is_left_as_it_was_when_it_fails():
    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(Restless(), nn.Linear(3, 1)))
    with pytest.raises(ValueError, match=r"^1\.1: expected last axis 3, got 2"):
        nn.summary(model, np.ones((1, 2)))
    assert all(module.training and not module._module_hooks for module in model.modules())
    assert model[1][0].count.tolist() == [0.0, 0.0]
    assert (Tensor([1.0], requires_grad=True) * 2).requires_grad  # no mode is left on


def test_operations_are_counted_under_no_grad_and_in_plain_functions_too():
    class Plain(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter(np.zeros((3, 4)))

        def forward(self, x, times):
            with autograd.no_grad():
                for _ in range(times):
                    y = F.linear(x, self.weight)
            return y @ np.zeros(3)

    table = nn.summary(Plain(), np.zeros((5, 4)), times=2)
    assert table.operations == 2 * 5 * 3 * 4 + 5 * 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((nn.Linear(2, 2), (32, 2)), r"takes an input, not a shape; write np.zeros\(\(32, 2\)\)"),
        ((nn.Linear, np.zeros(2)), "takes a module, not the class Linear"),
        (([nn.Linear(2, 2)],), "takes a module, not a list"),
    ],
)
def test_what_is_no_network_or_no_input_is_refused(arguments, message):
    with pytest.raises(TypeError, match=message):
        nn.summary(*arguments)


def test_a_recurrent_layer_uses_all_its_weights_at_each_step():
    from nn.modules.rnn import LSTM

    table = nn.summary(LSTM(5, 7, num_layers=2), np.zeros((4, 3, 5), np.float32))
    assert table.operations == 4 * 3 * (28 * 5 + 28 * 7 + 2 * 28 * 7)
    assert table.rows[0].shapes == ((4, 3, 7), (2, 3, 7), (2, 3, 7))


@pytest.mark.parametrize("weights", [True, False])
def test_attention_counts_its_projections_and_both_its_products(weights):
    x = np.zeros((2, 5, 16), np.float32)
    table = nn.summary(nn.MultiheadAttention(16, 2, batch_first=True), x, x, x, need_weights=weights)
    assert table.operations == 2 * 5 * (16 * 48 + 16 * 16) + 2 * (2 * 2 * 5 * 5 * 8)


X = np.random.default_rng(0).normal(size=(2, 4, 8, 8)).astype(np.float32)


@pytest.mark.parametrize(
    ("model", "inputs", "expected"),
    [
        (nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2), [X], (2 * 6 * 4 * 4) * (2 * 3 * 3)),
        (nn.ConvTranspose1d(4, 6, 3, stride=2), [X[:, :, 0]], (2 * 4 * 8) * (6 * 3)),
        (nn.LSTM(8, 7, proj_size=3, bidirectional=True), [X[0]], 2 * 4 * 8 * (28 * 8 + 28 * 3 + 7 * 3)),
        (nn.GRUCell(8, 7), [X[0, 0]], 8 * (21 * 8 + 21 * 7)),
        (nn.AvgPool2d(2), [X], 0),
        (nn.AdaptiveLogSoftmaxWithLoss(8, 10, [4], 2.0), [X[0, 0], np.arange(8)], 8 * 8 * 5 + 4 * (8 * 4 + 4 * 6)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_products_are_counted(model, inputs, expected):
    assert nn.summary(model, *inputs).operations == expected


class Slid(nn.Module):
    def forward(self, a, b):
        return np.convolve(a, b), np.correlate(a, b, "valid")


def test_products_of_sequences_are_counted():
    assert nn.summary(Slid(), Tensor(np.ones(5)), Tensor(np.ones(3))).operations == 5 * 3 + 3 * 3


class Slope(nn.Module):
    """Returns the derivative of what a layer makes."""

    def __init__(self):
        self.layer = nn.Linear(3, 1)

    def forward(self, x):
        with autograd.enable_grad():
            x = Tensor(x, requires_grad=True)
            return autograd.grad(self.layer(x).sum(), x)[0]


def test_a_module_may_differentiate_by_itself():
    table = nn.summary(Slope(), np.ones((2, 3), np.float32))
    assert table.rows[0].shapes == ((2, 3),)
    assert table.operations == 2 * 3


# What layers are made of, beside operations on single elements, and has no products that count.
UNCOUNTED = {
    *("sum", "mean", "max", "cumsum", "norm", "p_norm", "softmax", "log_softmax", "ctc"),  # a number from a row
    *("cross_entropy", "soft_cross_entropy", "nll", "squared_error", "binary_cross_entropy_with_logits"),
    *("normalize_batch", "normalize_groups", "normalize_rows", "scale_channels"),
    *("window_sums", "window_maxima", "take_from_windows", "put_into_windows", "spread_over_windows"),
    *("window_columns", "added_columns", "repeated", "padded", "pad", "getitem", "scatter"),  # moves and copies
    *("astype", "broadcast_to", "clone", "concatenate", "copy", "reshape", "stack", "transpose"),
    *("solve", "matrix_exp"),  # not a sum of products that is fixed by the shapes
    *("blend", "einsum"),  # how many, a keyword says, which `summary` does not see
}


class Seen(modes.Mode):
    kind = "anomaly"

    def __init__(self):
        self.value, self.names = self, set()

    def forward(self, op, values, out, node):
        if op.kind not in ("elementwise", "constant"):
            self.names.add(op.name)

    def backward(self, node, g, shares):
        pass


def test_every_operation_in_a_layer_is_counted_or_known_to_have_no_products():
    seen = Seen()
    for cases in families().values():
        for case in cases:
            with seen:
                figures(case, ours(), np.float64, "eval")
    assert len(seen.names) > 30
    assert not seen.names - set(COUNTS) - UNCOUNTED, "a line in nn.summary.COUNTS, or in UNCOUNTED here, is missing"
    assert not UNCOUNTED & set(COUNTS)
    newer = {name for name in ("matvec", "vecmat") if not hasattr(np, name)}  # than this NumPy
    assert not (set(COUNTS) | UNCOUNTED) - set(operations) - newer


def test_parts_that_were_put_into_a_mode_are_in_it_again():
    model = nn.Sequential(nn.Linear(2, 3), nn.Dropout(), nn.Linear(3, 1)).train()
    model[1].eval()
    nn.summary(model, np.zeros((4, 2)))
    assert [module.training for module in model.modules()] == [True, True, False, True]
