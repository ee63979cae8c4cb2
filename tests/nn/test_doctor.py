"""nn.doctor: each fault is planted and found again, its healthy twin is not; healthy networks are passed over in silence."""

import random

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor

F = nn.functional


def mlp(*layers, seed=0):
    autograd.manual_seed(seed)
    return nn.Sequential(*(layer() for layer in layers))


def classifier():
    return mlp(lambda: nn.Linear(4, 16), nn.ReLU, lambda: nn.Linear(16, 3))


@pytest.fixture
def batch():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(32, 4)).astype(np.float32)
    return x, np.argmax(x[:, :3], axis=1)


@pytest.fixture
def regression():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(32, 4)).astype(np.float32)
    return x, x @ np.array([[1.0], [-2.0], [0.5], [0.0]], np.float32)


def regressor():
    return mlp(lambda: nn.Linear(4, 16), nn.Tanh, lambda: nn.Linear(16, 1))


def found(model, loss, batch, optimizer=None):
    return nn.doctor(model, loss, batch, optimizer).names


def finding(name, *examined):
    diagnosis = nn.doctor(*examined)
    assert name in diagnosis.names, diagnosis
    return next(one for one in diagnosis if one.name == name)


def train(model, loss, batch, optimizer, steps):
    for _ in range(steps):
        optimizer.zero_grad()
        loss(model(batch[0]), batch[1]).backward()
        optimizer.step()


# --- Healthy networks -------------------------------------------------------------------------------------------------


class Letters(nn.Module):
    """A small transformer that says which letter comes next."""

    def __init__(self):
        self.embedding = nn.Embedding(11, 16)
        layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(16, 11)

    def forward(self, x):
        return self.head(self.encoder(self.embedding(x))).transpose(0, 2, 1)


class Sums(nn.Module):
    """An LSTM that adds up a sequence."""

    def __init__(self):
        self.lstm = nn.LSTM(1, 8, batch_first=True)
        self.head = nn.Linear(8, 1)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])


def digits():
    (x, t), _ = nn.data.digits()
    return x[:64], t[:64]


def images():
    x, t = digits()
    return x.reshape(-1, 1, 8, 8), t


def xor():
    x, t = nn.data.xor()
    return x, t[:, None]


def letters():
    x = np.random.default_rng(0).integers(11, size=(16, 9))
    return x[:, :-1], x[:, 1:]


def sequences():
    x = np.random.default_rng(0).normal(size=(16, 6, 1)).astype(np.float32)
    return x, x.sum(axis=1)


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 10),
    )  # fmt: skip


def xor_network():
    return nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1), nn.Sigmoid())


HEALTHY = {
    "digits": (lambda: nn.MLP([64, 32, 10]), F.cross_entropy, digits),
    "images": (lenet, nn.CrossEntropyLoss(), images),
    "transformer": (Letters, F.cross_entropy, letters),
    "lstm": (Sums, F.mse_loss, sequences),
    "xor, squared error": (xor_network, F.mse_loss, xor),
    "xor, cross entropy": (lambda: xor_network()[:3], nn.BCEWithLogitsLoss(), xor),
    "regression": (regressor, nn.MSELoss(), lambda: (sequences()[0][:, :4, 0], sequences()[1])),
}
OPTIMIZERS = {
    "sgd": lambda p: optim.SGD(p, lr=0.05, momentum=0.9),
    "adam": lambda p: optim.Adam(p, lr=0.01),
}


@pytest.mark.parametrize("how", OPTIMIZERS)
@pytest.mark.parametrize("network", HEALTHY)
def test_nothing_is_said_of_a_healthy_network_before_and_after_training(network, how):
    make, loss, data = HEALTHY[network]
    autograd.manual_seed(0)
    model, batch = make(), data()
    optimizer = OPTIMIZERS[how](model.parameters())
    assert str(nn.doctor(model, loss, batch, optimizer)) == "nothing found"
    train(model, loss, batch, optimizer, 60)
    assert str(nn.doctor(model, loss, batch, optimizer)) == "nothing found"
    model.eval()
    assert str(nn.doctor(model, loss, batch, optimizer)) == "nothing found"


# --- Data -------------------------------------------------------------------------------------------------------------


def test_nan_in_the_data(batch):
    x, t = batch
    assert "data is not finite" not in found(classifier(), F.cross_entropy, batch)
    x[3, 1] = np.nan
    assert finding("data is not finite", classifier(), F.cross_entropy, (x, t)).evidence == {"bad": 1}


def test_nan_in_the_weights(batch):
    model = classifier()
    model[2].weight.data[0, 0] = np.nan
    assert finding("weights are not finite", model, F.cross_entropy, batch).where == "2.weight"


@pytest.mark.parametrize("damage", [lambda x: x + 100, lambda x: x * 255, lambda x: x * [1, 1, 1, 30_000]])
def test_data_that_is_not_normalised(batch, damage):
    x, t = batch
    model = classifier()
    name = "data is not normalised"
    assert name not in found(model, F.cross_entropy, batch)
    assert finding(name, model, F.cross_entropy, (damage(x).astype(np.float32), t)).where == "input 0"


def test_labels_out_of_range(batch):
    x, t = batch
    one = finding("labels out of range", classifier(), F.cross_entropy, (x, t + 1))
    assert one.evidence == {"smallest": 1, "largest": 3, "classes": 3}
    assert one.advice == "subtract 1 if labels begin at 1"
    assert "labels out of range" not in found(classifier(), F.cross_entropy, batch)


def test_one_class_only(batch):
    x, t = batch
    assert "one class only" in found(classifier(), F.cross_entropy, (x, t * 0))


def test_labels_as_floats_and_one_hot_integers(batch):
    x, t = batch
    assert "labels as floats" in found(classifier(), F.cross_entropy, (x, t.astype(np.float32)))
    names = found(classifier(), lambda y, t: -(F.log_softmax(y, -1) * t).sum(1).mean(), (x, np.eye(3, dtype=int)[t]))
    assert "labels as floats" not in names
    one_hot = np.eye(3, dtype=np.float32)[t]
    assert found(classifier(), F.cross_entropy, (x, one_hot)) == []


def test_outputs_n_1_against_targets_n(regression):
    x, t = regression

    def loss(y, t):
        return ((y - t) ** 2).mean()

    one = finding("shapes that broadcast", regressor(), loss, (x, t[:, 0]))
    assert one.evidence == {"output": (32, 1), "targets": (32,)}
    assert "(32, 32)" in one.text
    assert found(regressor(), loss, regression) == []


# --- Loss -------------------------------------------------------------------------------------------------------------


def test_a_loss_that_cannot_be_computed(regression):
    x, t = regression
    assert "the loss cannot be computed" in found(regressor(), F.mse_loss, (x, t[:7]))


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        (lambda y, t: F.mse_loss(y, t, reduction="none"), "a gradient is of one number"),
        (lambda y, t: F.mse_loss(y.detach(), t), "detach"),
        (lambda y, t: F.mse_loss(y, t).item(), "no Tensor"),
    ],
)
def test_a_loss_without_gradient(regression, loss, text):
    assert text in finding("the loss has no gradient", regressor(), loss, regression).text


def test_a_loss_that_is_not_finite(regression):
    assert "the loss is not finite" in found(regressor(), lambda y, t: np.log(y - y).mean(), regression)


def test_softmax_before_cross_entropy(batch):
    model = mlp(lambda: nn.Linear(4, 3), lambda: nn.Softmax(-1))
    assert finding("softmax before cross-entropy", model, F.cross_entropy, batch).where == "1"
    assert found(model[:1], F.cross_entropy, batch) == []


def test_log_softmax_before_nll_is_right_and_softmax_is_not(batch):
    right = mlp(lambda: nn.Linear(4, 3), lambda: nn.LogSoftmax(-1))
    wrong = mlp(lambda: nn.Linear(4, 3), lambda: nn.Softmax(-1))
    assert found(right, F.nll_loss, batch) == []
    assert found(wrong, F.nll_loss, batch) == ["probabilities for nll_loss"]


def test_sigmoid_before_bce_with_logits(batch):
    x, t = batch[0], (batch[0][:, :1] > 0).astype(np.float32)
    model = mlp(lambda: nn.Linear(4, 1), nn.Sigmoid)
    assert found(model, nn.BCEWithLogitsLoss(), (x, t)) == ["sigmoid before BCE with logits"]
    assert found(model, nn.BCELoss(), (x, t)) == found(model[:1], nn.BCEWithLogitsLoss(), (x, t)) == []


def test_outputs_that_cannot_reach_the_targets(regression):
    model = mlp(lambda: nn.Linear(4, 1), nn.Sigmoid)
    assert "outputs cannot reach the targets" in found(model, F.mse_loss, regression)
    assert found(model, F.mse_loss, (regression[0], (regression[1] > 0).astype(np.float32))) == []


def test_relu_behind_the_last_layer(batch):
    model = mlp(lambda: nn.Linear(4, 16), nn.ReLU, lambda: nn.Linear(16, 3), nn.ReLU)
    assert "ReLU at the end" in found(model, F.cross_entropy, batch)


def test_a_first_loss_far_from_the_expected_one(batch):
    model = classifier()
    model[2].weight.data[...] *= 100
    one = finding("worse than guessing", model, F.cross_entropy, batch)
    assert np.isclose(one.evidence["expected"], np.log(3))


def test_a_loss_that_stays_at_log_c(batch):
    model = classifier()
    for p in model[2].parameters():
        p.data[...] *= 0
    optimizer = optim.SGD(model.parameters(), lr=1e-9)
    train(model, F.cross_entropy, batch, optimizer, 60)
    assert "nothing has been learned" in found(model, F.cross_entropy, batch, optimizer)


def test_outputs_all_alike(regression):
    model = regressor()
    model[0].weight.data[...] = 0
    assert "outputs all alike" in found(model, F.mse_loss, regression)


def test_softmax_of_one_output(regression):
    x, t = regression
    model = mlp(lambda: nn.Linear(4, 1), lambda: nn.Softmax(-1))
    assert "softmax of one output" in found(model, F.binary_cross_entropy, (x, (t > 0).astype(np.float32)))


# --- Layers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dead", "severity"), [(16, "error"), (12, "warning")])
def test_dead_units(batch, dead, severity):
    model = classifier()
    model[0].bias.data[...] = 1
    model[0].bias.data[:dead] = -100
    one = finding("dead units", model, F.cross_entropy, batch)
    assert (one.where, one.severity, one.evidence["dead"]) == ("1", severity, dead)


@pytest.mark.parametrize("kind", [nn.Tanh, nn.Sigmoid])
def test_saturated_units(regression, kind):
    model = mlp(lambda: nn.Linear(4, 16), kind, lambda: nn.Linear(16, 1))
    assert "saturated units" not in found(model, F.mse_loss, regression)
    model[0].weight.data[...] *= 1000
    assert finding("saturated units", model, F.mse_loss, regression).where == "1"


def test_vanishing_gradients(regression):
    layers = [part for _ in range(10) for part in (lambda: nn.Linear(16, 16), nn.Sigmoid)]
    model = mlp(lambda: nn.Linear(4, 16), *layers, lambda: nn.Linear(16, 1))
    assert "vanishing gradients" in found(model, F.mse_loss, regression)


def test_exploding_gradients(regression):
    model = mlp(lambda: nn.Linear(4, 16), *[lambda: nn.Linear(16, 16)] * 5, lambda: nn.Linear(16, 1))
    assert not {"exploding gradients", "huge gradients"} & set(found(model, F.mse_loss, regression))
    for layer in model:
        layer.weight.data[...] *= 10
    assert "huge gradients" in found(model, F.mse_loss, regression)
    model[0].weight.data[...] *= 1e-9  # activations are tiny in front, and gradients large
    for layer in model:
        layer.bias.data[...] *= 0
    assert "exploding gradients" in found(model, F.mse_loss, regression)


def test_units_that_are_all_alike(batch):
    model = classifier()
    for p in model.parameters():
        p.data[...] = 0.1
    assert finding("units all alike", model, F.cross_entropy, batch).where == "0.weight"


class Forgetful(nn.Module):
    def __init__(self, forgets):
        self.layer, self.forgets = nn.Linear(4, 3), forgets

    def forward(self, x):
        return F.dropout(self.layer(x), 0.5, True if self.forgets else self.training)


@pytest.mark.parametrize("forgets", [False, True])
def test_dropout_that_eval_does_not_switch_off(batch, forgets):
    autograd.manual_seed(0)
    assert found(Forgetful(forgets), F.cross_entropy, batch) == ["random in evaluation"] * forgets


@pytest.mark.parametrize("wrong", [False, True])
def test_dropout_that_trains_in_a_model_that_does_not(batch, wrong):
    model = mlp(lambda: nn.Linear(4, 3), nn.Dropout).eval()
    model[1].train(wrong)
    assert found(model, F.cross_entropy, batch) == ["dropout is on in evaluation"] * wrong


def test_batch_norm_without_statistics(batch):
    model = mlp(lambda: nn.Linear(4, 8), lambda: nn.BatchNorm1d(8), nn.ReLU, lambda: nn.Linear(8, 3))
    assert found(model.eval(), F.cross_entropy, batch) == ["batch norm without statistics"]
    model.train()
    model(batch[0])
    assert found(model, F.cross_entropy, batch) == found(model.eval(), F.cross_entropy, batch) == []
    model[1].train()
    assert found(model, F.cross_entropy, batch) == ["batch norm trains in evaluation"]


def test_batch_norm_on_a_tiny_batch(batch):
    model = mlp(lambda: nn.Linear(4, 8), lambda: nn.BatchNorm1d(8), nn.ReLU, lambda: nn.Linear(8, 3))
    assert "batch norm on a tiny batch" in found(model, F.cross_entropy, (batch[0][:2], batch[1][:2]))
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        nn.doctor(model, F.cross_entropy, (batch[0][:1], batch[1][:1]))


# --- Parameters and optimizer -----------------------------------------------------------------------------------------


class Detaching(nn.Module):
    def __init__(self):
        self.first, self.second, self.spare = nn.Linear(4, 8), nn.Linear(8, 3), nn.Linear(2, 2)

    def forward(self, x):
        return self.second(self.first(x).detach())


def test_parameters_without_gradient(batch):
    autograd.manual_seed(0)
    one, *others = nn.doctor(Detaching(), F.cross_entropy, batch)
    assert (one.where, one.evidence["cause"]) == ("first.weight", "detached")
    assert f"{__file__}:" in one.text
    assert [(other.where, other.evidence["cause"]) for other in others] == [
        ("first.bias", "detached"), ("spare.weight", "no path to the loss"), ("spare.bias", "no path to the loss"),
    ]  # fmt: skip


def test_parameters_the_optimizer_does_not_hold(batch):
    model = classifier()
    one = finding("parameters the optimizer does not hold", model, F.cross_entropy, batch, optim.Adam(model[0].parameters()))  # fmt: skip
    assert one.evidence["missing"] == ["2.weight", "2.bias"]
    names = found(model, F.cross_entropy, batch, optim.Adam(classifier().parameters()))
    assert names == ["parameters the optimizer does not hold", "parameters of another model"]
    for p in model[2].parameters():
        p.requires_grad_(False)
    assert found(model, F.cross_entropy, batch, optim.Adam(model[0].parameters())) == []


def test_parameters_held_twice(batch):
    model = classifier()
    optimizer = optim.Adam(model.parameters())
    optimizer.param_groups[0]["params"].append(model[0].bias)
    assert "parameters held twice" in found(model, F.cross_entropy, batch, optimizer)


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_forgotten_zero_grad(batch, forgotten):
    model = classifier()
    optimizer = optim.SGD(model.parameters(), lr=1e-3)
    for _ in range(30):
        if not forgotten:
            optimizer.zero_grad()
        F.cross_entropy(model(batch[0]), batch[1]).backward()
        optimizer.step()
    assert found(model, F.cross_entropy, batch, optimizer) == ["gradients add up"] * forgotten


def test_a_learning_rate_of_0(batch):
    model = classifier()
    assert found(model, F.cross_entropy, batch, optim.SGD(model.parameters(), lr=0.0)) == ["the learning rate is 0"]


def test_the_curvature_of_a_parabola():
    """½ λ θ² has curvature λ, and gradient descent converges below 2/λ."""
    model = mlp(lambda: nn.Linear(3, 1, bias=False)).double()
    x = np.diag([1.0, 2.0, 5.0])
    loss = nn.MSELoss(reduction="sum")
    one = finding("learning rate too large", model, loss, (x, np.zeros((3, 1))), optim.SGD(model.parameters(), lr=1.0))
    assert np.isclose(one.evidence["curvature"], 2 * 25, rtol=0.05)
    assert np.isclose(one.evidence["limit"], 2 / 50, rtol=0.05)
    assert found(model, loss, (x, np.zeros((3, 1))), optim.SGD(model.parameters(), lr=0.03)) == []


def test_a_learning_rate_too_large(batch):
    model = classifier()
    name = "learning rate too large"
    assert name in found(model, F.cross_entropy, batch, optim.SGD(model.parameters(), lr=1000.0))
    assert name in found(model, F.cross_entropy, batch, optim.Adam(model.parameters(), lr=10.0))
    assert found(model, F.cross_entropy, batch, optim.SGD(model.parameters(), lr=0.1)) == []


# --- As it was --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fails", [False, True])
def test_everything_is_left_as_it_was(fails):
    autograd.manual_seed(0)
    model, loss, batch = lenet(), F.cross_entropy, images()
    optimizer = optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    train(model, loss, batch, optimizer, 2)
    model[2].eval()
    if fails:
        model[10].forward = lambda x: 1 / 0

    def state():
        arrays = [np.array(t.detach()) for t in model.state_dict().values()]
        arrays += [np.array(p.grad) for p in model.parameters()]
        arrays += [np.array(v) for s in optimizer.state_dict()["state"].values() for v in s.values()]
        hooks = [module._module_hooks for module in model.modules()]
        modes = [(module.training, "training" in vars(module)) for module in model.modules()]
        nodes = [(p.node, p.node.notes) for p in model.parameters()]
        legacy = np.random.get_state()[1].tolist()  # noqa: NPY002
        randomness = autograd.default_generator().bit_generator.state, random.getstate(), legacy
        return arrays, (hooks, modes, nodes, randomness, optimizer.param_groups[0]["lr"])

    arrays, others = state()
    if fails:
        with pytest.raises(ZeroDivisionError):
            nn.doctor(model, loss, batch, optimizer)
    else:
        nn.doctor(model, loss, batch, optimizer)
    arrays_after, others_after = state()
    assert all(np.array_equal(a, b) for a, b in zip(arrays, arrays_after, strict=True))
    assert others == others_after


def test_random_numbers_of_numpy_and_python_are_as_if_nobody_had_drawn(batch):
    class Noisy(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(4, 3)

        def forward(self, x):
            return self.layer(x) + np.float32(np.random.random() + random.random())  # noqa: NPY002

    def states():
        return random.getstate(), np.random.get_state()[2]  # noqa: NPY002

    before = states()
    assert "random in evaluation" in found(Noisy(), F.cross_entropy, batch)
    assert states() == before


def test_training_goes_on_as_if_nobody_had_looked():
    def weights(looked_at):
        autograd.manual_seed(0)
        model, batch = lenet(), images()
        optimizer = optim.Adam(model.parameters(), lr=0.01)
        for _ in range(3):
            train(model, F.cross_entropy, batch, optimizer, 1)
            if looked_at:
                nn.doctor(model, F.cross_entropy, batch, optimizer)
        return [p.detach().numpy() for p in model.parameters()]

    assert all(np.array_equal(a, b) for a, b in zip(weights(False), weights(True)))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((nn.Linear, F.mse_loss, (1, 2)), "not the class Linear"),
        ((nn.Linear(1, 1), nn.MSELoss, (1, 2)), r"nn.CrossEntropyLoss\(\)"),
        ((nn.Linear(1, 1), F.mse_loss, np.zeros(3)), r"write \(x, t\)"),
        ((nn.Linear(1, 1), F.mse_loss, (1, 2), 0.1), "the optimizer is an object"),
    ],
)
def test_bad_input(given, says):
    with pytest.raises(TypeError, match=says):
        nn.doctor(*given)


def test_findings_come_gravest_first_and_print_as_text_and_html(batch):
    model = mlp(lambda: nn.Linear(4, 3), lambda: nn.Softmax(-1))
    diagnosis = nn.doctor(model, F.cross_entropy, (batch[0] * 300, batch[1]))
    assert [finding.severity for finding in diagnosis] == sorted(finding.severity for finding in diagnosis)
    assert str(diagnosis).startswith("error: softmax before cross-entropy (1)\n")
    assert "<pre>error" in diagnosis._repr_html_()
    assert not nn.doctor(model[:1], F.cross_entropy, batch)


def test_inputs_may_be_several():
    autograd.manual_seed(0)
    model = nn.Bilinear(2, 3, 1)
    x = np.random.default_rng(0).normal(size=(16, 5)).astype(np.float32)
    assert found(model, F.mse_loss, ((x[:, :2], Tensor(x[:, 2:])), x[:, :1])) == []
