"""why: each cause planted in a graph, named again; and nothing said of a healthy one."""

import contextlib
import gc

import numpy as np
import pytest

import autograd
import nn
from autograd import Scalar, Tensor, graph, observe, why
from autograd.cuts import cuts_of

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def leaf(*values):
    return Tensor(np.array(values, float), requires_grad=True)


def line(text):
    """The line of this file that ends with a comment."""
    with open(__file__, encoding="utf-8") as file:
        return next(
            f"{__file__}:{number}" for number, found in enumerate(file, 1) if found.rstrip().endswith("# " + text)
        )


@pytest.fixture
def data():
    generator = np.random.default_rng(0)
    return generator.normal(size=(16, 4)).astype(np.float32), generator.integers(3, size=16)


@pytest.fixture
def model():
    autograd.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))


# --- None -------------------------------------------------------------------------------------------------------------


def test_a_computed_value_is_not_a_leaf():
    x = leaf(1.0, 2.0)
    y = x * 2
    loss = y.sum()
    loss.backward()
    assert why(y).cause == why(y, loss).cause == "not a leaf"
    assert "x.retain_grad()" in why(y).advice


def test_a_computed_value_that_retains_its_gradient_has_a_usual_one():
    x = leaf(1.0, 2.0)
    y = x * 2
    y.retain_grad()
    loss = y.sum()
    loss.backward()
    assert why(y, loss).state == "usual"


def test_a_leaf_that_needs_none():
    assert why(Tensor([1.0])).cause == "requires_grad is False"


def test_a_parameter_that_was_frozen(model, data):
    model[0].weight.requires_grad_(False)
    loss = nn.functional.cross_entropy(model(data[0]), data[1])
    loss.backward()
    assert [reason.cause for reason in why(model, loss)] == ["requires_grad is False"] + ["nothing is wrong"] * 3


def test_integers():
    assert why(Tensor([1, 2])).cause == "integers"
    assert why(Tensor([1, 2])).evidence["dtype"] == "int64"


def test_without_the_loss_nobody_knows_why_no_gradient_arrived():
    reason = why(leaf(1.0))
    assert reason.cause == "no gradient arrived"
    assert "why(x, loss)" in reason.advice


def test_backward_was_not_called():
    x = leaf(3.0, 4.0)
    loss = (x * x).sum()
    reason = why(x, loss)
    assert reason.cause == "backward was not called"
    assert reason.evidence["norm"] == 10.0
    assert x.grad is None


@pytest.mark.parametrize("retain", [False, True])
def test_zero_grad_called_since(retain):
    x = leaf(3.0, 4.0)
    loss = (x * x).sum()
    loss.backward(retain_graph=retain)
    x.grad = None if not retain else np.zeros(2)
    assert why(x, loss).cause == "cleared since"


def test_no_path_to_the_loss():
    x, y = leaf(1.0), leaf(2.0)
    reason = why(x, (y * 2).sum())
    assert reason.cause == "no path to the loss"
    assert reason.evidence["leaves"] == 1
    assert "autograd.observe()" in reason.advice


def test_the_line_of_a_detach():
    x, y = leaf(1.0, 2.0), leaf(2.0, 3.0)
    with observe():
        h = (x * 2).detach()  # detached here
        loss = (np.exp(h) * y).sum()
    reason = why(x, loss)
    assert reason.cause == "detached"
    assert reason.evidence == {"by": "detach() or .data", "line": line("detached here")}
    assert line("detached here") in str(reason)
    assert why(y, loss).cause == "backward was not called"


def test_the_line_that_no_grad_kept_from_being_recorded():
    x, y = leaf(1.0, 2.0), leaf(2.0, 3.0)
    with observe():
        with autograd.no_grad():
            h = x * 2  # without recording
        loss = ((h + 1) * y).sum()
    reason = why(x, loss)
    assert reason.cause == "made under no_grad"
    assert reason.evidence["line"] == line("without recording")
    assert why(h).evidence["line"] == line("without recording")


@pytest.mark.parametrize(
    ("function", "by"),
    [
        (np.round, "rint"),
        (np.sign, "sign"),
        (np.floor, "floor"),
        (lambda x: np.argmax(x).astype(float), "argmax"),
        (lambda x: (x > 1).astype(float), "greater"),
        (lambda x: x.astype(int).astype(float), "astype_integer"),
    ],
)
def test_an_operation_without_a_slope(function, by):
    x, y = leaf(1.0, 2.0), leaf(2.0, 3.0)
    with observe():
        loss = (function(x * 2) * y).sum()
    reason = why(x, loss)
    assert (reason.cause, reason.evidence["by"]) == ("no derivative", by) or by == "rint"
    assert reason.cause == "no derivative"
    assert reason.advice != "find a function with a slope in its place"


def test_the_condition_of_a_choice_has_no_slope():
    x, y = leaf(1.0, 2.0), leaf(2.0, 3.0)
    with observe():
        loss = np.where(x > 1, y, 0).sum()
    assert why(x, loss).evidence["by"] == "greater"


def test_a_value_that_went_through_numpy():
    x, y = leaf(1.0, 2.0), leaf(2.0, 3.0)
    with observe():
        h = Tensor((x * 2).numpy())
        loss = (h * y).sum()
    assert why(x, loss).evidence["by"] == "numpy()"


def test_a_value_that_was_detached_in_place():
    x, y = leaf(1.0, 2.0), leaf(2.0, 3.0)
    with observe():
        h = x * 2
        h.detach_()
        loss = (h * y).sum()
    assert (why(x, loss).cause, why(x, loss).evidence["by"]) == ("detached", "detach_()")


def test_two_cuts_one_behind_the_other():
    x, y = leaf(1.0, 2.0), leaf(2.0, 3.0)
    with observe():
        h = np.exp((x * 2).detach() * y)
        loss = (h.detach() * y).sum()  # the nearer one
    assert why(x, loss).evidence["line"] == line("the nearer one")


def test_a_loss_without_a_graph():
    x = leaf(1.0, 2.0)
    assert why(x, (x * 2).sum().detach()).cause == "the loss has no graph"
    with observe():
        loss = (np.argmax(x) * 2).sum()
    assert (why(x, loss).cause, why(x, loss).evidence["by"]) == ("no derivative", "argmax")


def test_cuts_are_forgotten_with_their_values_and_seen_only_under_observe():
    x = leaf(1.0, 2.0)
    assert cuts_of(x.detach()) == ()
    with observe():
        h = x.detach()
    assert len(cuts_of(h)) == 1
    from autograd import cuts

    del h
    gc.collect()
    assert not [cut for _, found in cuts._left.values() for cut in found if x.node in cut.nodes]


# --- Zero -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["whole", "observed"])
def test_dead_relu_units(model, data, how):
    model[0].bias.data[...] = -100
    with observe() if how == "observed" else autograd.enable_grad():
        loss = nn.functional.cross_entropy(model(data[0]), data[1])
    loss.backward(retain_graph=how == "whole")
    reason = why(model[0].weight, loss)
    assert (reason.state, reason.cause) == ("zero", "dead ReLU units")
    assert (reason.evidence["dead"], reason.evidence["units"]) == (8, 8)
    assert "relu in 1" in reason.text
    assert why(model[2].bias, loss).state == "usual"


def test_some_dead_relu_units(model, data):
    model[0].bias.data[:3] = -100
    model[0].bias.data[3:] = 1
    loss = nn.functional.cross_entropy(model(data[0]), data[1])
    loss.backward(retain_graph=True)
    reason = why(model[0].weight, loss)
    assert (reason.state, reason.cause, reason.evidence["dead"]) == ("partly zero", "dead ReLU units", 3)


def test_a_freed_graph_says_how_to_see_more(model, data):
    model[0].bias.data[...] = -100
    loss = nn.functional.cross_entropy(model(data[0]), data[1])
    loss.backward()
    reason = why(model[0].weight, loss)
    assert reason.cause == "not known any more"
    assert "autograd.observe()" in reason.advice


@pytest.mark.parametrize(
    ("function", "cause"),
    [
        (lambda x: autograd.sigmoid(x * 1e4), "saturated sigmoid"),
        (lambda x: np.tanh(x * 1e4), "saturated tanh"),
        (lambda x: x * np.zeros(2), "multiplied by zero"),
        (lambda x: np.clip(x, 5, 6), "clipped"),
        (lambda x: np.minimum(x, -5), "clipped"),
        (lambda x: np.where([False, False], x, 0.0), "masked"),
        (lambda x: np.max(np.concatenate([x, [9.0]])), "not chosen"),
        (lambda x: autograd.softmax(x.reshape(2, 1)), "softmax of one number"),
        (lambda x: autograd.softmax(x * 1e4), "saturated softmax"),
        (lambda x: nn.functional.mse_loss(x, x.detach()), "the loss is at its minimum"),
        (lambda x: x - x, "shares cancel"),
    ],
)
def test_a_step_that_hands_on_nothing(function, cause):
    x = leaf(1.0, 2.0)
    loss = (function(x) * 3).sum()
    loss.backward(retain_graph=True)
    reason = why(x, loss)
    assert (reason.state, reason.cause) == ("zero", cause)
    assert reason.advice


def test_weights_that_begin_at_zero(model, data):
    model[2].weight.data[...] = 0
    loss = nn.functional.cross_entropy(model(data[0]), data[1])
    loss.backward(retain_graph=True)
    reason = why(model[0].weight, loss)
    assert (reason.cause, reason.evidence["factor"]) == ("zero weights", "weight")


def test_rows_that_were_not_looked_up():
    autograd.manual_seed(0)
    table = nn.Embedding(5, 2)
    loss = (table(np.array([1, 3])) ** 2).sum()
    loss.backward(retain_graph=True)
    reason = why(table.weight, loss)
    assert (reason.state, reason.cause, reason.evidence["zero rows"]) == ("partly zero", "not chosen", 3)


# --- NaN and infinity -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("watched", [False, True])
def test_the_operation_that_was_not_finite_first_forward(watched):
    x = leaf(-1.0, 2.0)
    with observe() if watched else autograd.enable_grad():
        loss = np.exp(np.log(x)).sum()
    loss.backward(retain_graph=True)
    reason = why(x, loss)
    assert reason.state == "NaN"
    if watched:
        assert reason.evidence == {"operation": "log", "pass": "forward"}
        assert "of a negative number NaN" in reason.advice


def test_the_operation_whose_slope_is_not_finite():
    x = leaf(0.0, 4.0)
    loss = (np.sqrt(x) * 2).sum()  # the root
    loss.backward(retain_graph=True)
    reason = why(x, loss)
    assert (reason.state, reason.evidence) == ("infinite", {"operation": "sqrt", "pass": "backward"})
    assert line("the root") in reason.text


def test_data_that_is_not_finite(model, data):
    x, t = data
    x[3, 1] = np.nan
    with observe():
        loss = nn.functional.cross_entropy(model(x), t)
    loss.backward()
    reason = why(model[0].weight, loss)
    assert reason.cause == "data that is not finite"
    assert reason.evidence == {"operation": "linear", "argument": "x"}
    assert "1 NaN" in reason.text


def test_weights_that_are_not_finite(model, data):
    model[2].weight.data[0, 0] = np.inf
    with observe():
        loss = nn.functional.cross_entropy(model(data[0]), data[1])
    loss.backward()
    assert why(model[0].weight, loss).evidence == {"leaf": "weight of shape (3, 8)"}


# --- Huge and vanishing -----------------------------------------------------------------------------------------------


def test_an_exploding_product_names_its_largest_factors():
    autograd.manual_seed(0)
    model = nn.Sequential(*[nn.Linear(16, 16) for _ in range(8)])
    for layer in model:
        layer.weight.data[...] *= 20
    model[5].weight.data[...] *= 20
    loss = model(np.ones((2, 16))).sum()
    loss.backward(retain_graph=True)
    reason = why(model[0].weight, loss)
    assert (reason.state, reason.cause) == ("huge", "an exploding product")
    assert "linear in 5" in reason.evidence["steps"][0]
    assert np.isclose(np.prod(reason.evidence["factors"]), reason.evidence["product"], rtol=1e-3)


def test_a_vanishing_product_of_sigmoids():
    autograd.manual_seed(0)
    model = nn.Sequential(*[part for _ in range(20) for part in (nn.Linear(4, 4), nn.Sigmoid())])
    loss = model(np.ones((2, 4))).sum()
    loss.backward(retain_graph=True)
    assert (why(model[0].weight, loss).state, why(model[0].weight, loss).cause) == ("vanishing", "a vanishing product")


def test_a_bias_before_a_normalization():
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)).double()
    loss = (model(np.random.default_rng(0).normal(size=(16, 4))) ** 3).sum()
    loss.backward(retain_graph=True)
    assert why(model[0].bias, loss).cause == "taken out by a normalization"


def test_gradients_of_earlier_passes_that_were_added_up():
    x = leaf(1.0, 2.0)
    (x * 1e6).sum().backward()
    loss = x.sum()
    loss.backward(retain_graph=True)
    assert why(x, loss).cause == "an earlier backward pass"


# --- All of them ------------------------------------------------------------------------------------------------------


def test_nothing_is_wrong_with_a_healthy_network(model, data):
    with observe():
        loss = nn.functional.cross_entropy(model(data[0]), data[1])
    loss.backward()
    reasons = why(model, loss)
    assert [reason.what.partition(" ")[0] for reason in reasons] == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert {(reason.state, reason.cause, reason.remarks) for reason in reasons} == {("usual", "nothing is wrong", ())}


@pytest.mark.parametrize("twice", [False, True])
def test_softmax_before_cross_entropy_is_remarked(model, data, twice):
    y = model(data[0])
    loss = nn.functional.cross_entropy(autograd.softmax(y) if twice else y, data[1])
    assert bool(why(model[0].weight, loss).remarks) == twice
    if twice:
        assert "softmax is applied twice" in str(why(model[0].weight, loss))


def test_nothing_is_changed(model, data):
    loss = nn.functional.cross_entropy(model(data[0]), data[1])
    loss.backward(retain_graph=True)
    before = [np.array(p.grad) for p in model.parameters()]
    why(model, loss)
    assert all(np.array_equal(old, p.grad) for old, p in zip(before, model.parameters()))
    loss.backward()
    assert all(np.array_equal(2 * old, p.grad) for old, p in zip(before, model.parameters()))


def test_a_parameter_that_has_changed_since_is_no_error(model, data):
    loss = nn.functional.cross_entropy(model(data[0]), data[1])
    loss.backward(retain_graph=True)
    model[0].weight.grad = np.zeros_like(model[0].weight.grad.numpy())
    model[2].weight.data[...] += 1
    reason = why(model[0].weight, loss)
    assert reason.cause == "not known any more"


def test_scalars():
    x, y = Scalar(-2.0, name="x"), Scalar(3.0)
    loss = x.relu() * y
    loss.backward()
    assert (why(x, loss).state, why(x, loss).cause) == ("zero", "dead ReLU units")
    assert why(x, loss).what == "x"
    assert why(y, Scalar(1.0) * 2).cause == "no path to the loss"
    assert why(Scalar(1.0, requires_grad=False)).cause == "requires_grad is False"


def test_a_list_and_a_dict():
    x, y = leaf(1.0), leaf(2.0)
    reasons = why({"first": x, "second": y})
    assert len(reasons) == 2
    assert reasons[1].what == "second of shape (1,)"
    assert str(reasons).count("no gradient arrived") == 1
    assert [r.cause for r in why([x, y])] == ["no gradient arrived"] * 2


def test_names_are_escaped():
    assert "&lt;b&gt;" in why({"<b>": leaf(1.0)})._repr_html_()
    assert "<b>" not in why({"<b>": leaf(1.0)})[0]._repr_html_()


@pytest.mark.parametrize("x", [3.0, np.ones(2), None, Tensor, [3.0]])
def test_what_has_no_gradient(x):
    with pytest.raises(TypeError, match=r"why\(x\)"):
        why(x)


def test_a_loss_that_is_a_number():
    x = leaf(1.0)
    with pytest.raises(TypeError, match=r"loss.item\(\) has forgotten"):
        why(x, (x * 2).sum().item())


def test_no_recursion_in_a_long_chain():
    x = leaf(1.0)
    y = x
    for _ in range(20_000):
        y = y * 1.0
    loss = y.sum()
    loss.backward(retain_graph=True)
    assert why(x, loss).state == "usual"


# --- Many at once -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", ["retained", "observed", "freed", "not swept"])
def test_of_many_values_the_reasons_are_those_of_each_alone(kept):
    model = nn.Sequential(nn.Linear(3, 4, generator=np.random.default_rng(0)), nn.ReLU(), nn.Linear(4, 2), nn.Sigmoid())
    model[0].bias.data[:2] = -100.0
    model[2].weight.data[...] *= 1e5
    values = [*model.parameters(), Tensor([1.0], requires_grad=True), Tensor([1.0])]
    x = np.random.default_rng(1).normal(size=(5, 3))
    with autograd.observe() if kept == "observed" else contextlib.nullcontext():
        h = model[:3](x)
        loss = (model[3](h) ** 2).sum() + np.sum(h[0] * 3)
    if kept != "not swept":
        loss.backward(retain_graph=kept != "freed")
    assert [str(reason) for reason in autograd.why(values, loss)] == [str(autograd.why(v, loss)) for v in values]


def test_a_model_is_asked_about_in_one_backward_pass(monkeypatch):
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    loss = model(np.ones((5, 3))).sum()
    loss.backward(retain_graph=True)
    sweeps, sweep = [], graph.sweep
    monkeypatch.setattr(graph, "sweep", lambda *args, **options: sweeps.append(args) or sweep(*args, **options))
    assert len(autograd.why(model, loss)) == 4
    assert len(sweeps) == 1


def test_a_part_that_was_freed_does_not_hide_the_part_that_was_not():
    a, b = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0], requires_grad=True)
    inner = (a * a).sum()
    inner.backward()
    loss = inner * 0.0 + np.maximum(b - 9, 0).sum()
    a.grad = b.grad = Tensor([0.0, 0.0])
    assert [reason.cause for reason in autograd.why([a, b], loss)] == ["not known any more", "clipped"]


def test_a_scalar_is_not_taken_for_another_one_of_the_same_value():
    a, b = Scalar(2.0), Scalar(2.0)
    assert autograd.why(b, a * 3.0).cause == "no path to the loss"
