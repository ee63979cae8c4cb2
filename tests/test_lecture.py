"""What the lecture teaches, row by row of LECTURE.md, each checked against its own formula written out by hand."""

import itertools
import math
import re
import statistics
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
import nn.data
import optim
from autograd import Scalar, Tensor, graph

close = np.testing.assert_allclose
XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
EITHER = np.array([0.0, 1.0, 1.0, 0.0])


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def leaf(values):
    return Tensor(np.array(values, dtype=float), requires_grad=True)


def test_each_row_has_tests_of_its_own_and_a_section_in_each_notebook_that_is_linked():
    folder = Path(__file__).parent.parent / "docs"
    table = (folder / "lecture.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \|(.*)\|$", table, re.MULTILINE)
    assert [int(row) for row, _ in rows] == [*range(1, 21)]
    for row, cells in rows:
        assert any(name.startswith(f"test_row_{row}_") for name in globals()), row
        links = re.findall(r"\]\((\S+\.ipynb)\)", cells)
        assert links, row
        for link in links:
            sections = re.findall(r"## [^\"]*\(rows? ([\d, ]+)\)", (folder / link).read_text("utf-8"))
            assert row in re.findall(r"\d+", " ".join(sections)), (row, link)


# --- Row 1: a network is a function, made of functions ----------------------------------------------------------------


@pytest.mark.parametrize("widths", [(3, 2), (3, 5, 4, 2), (1, *[6] * 30, 1)], ids=str)
def test_row_1_a_network_is_the_chain_of_its_layers_whatever_its_depth_and_width(widths, rng):
    model = nn.MLP(widths, nn.Tanh, dtype=np.float64, generator=rng)
    layers = [layer for layer in model if isinstance(layer, nn.Linear)]
    assert model.depth == len(layers) == len(widths) - 1
    h = x = rng.normal(size=(7, widths[0]))
    for k, layer in enumerate(layers, 1):
        h = h @ layer.weight.numpy().T + layer.bias.numpy()
        h = np.tanh(h) if k < len(layers) else h
    close(model(x).detach().numpy(), h, rtol=1e-12)


def test_row_1_any_function_of_an_acyclic_graph_is_a_network_too(rng):
    first, second = nn.Linear(3, 3, dtype=np.float64, generator=rng), nn.Linear(3, 1, dtype=np.float64, generator=rng)

    def network(x):
        h = np.tanh(first(x))
        again = np.tanh(first(h)) + x  # the same layer once more, and a way past it
        return np.sum(second(h * again) ** 2)

    x, eps = rng.normal(size=(4, 3)), 1e-6
    exact = autograd.grad(network)(x)
    with autograd.no_grad():
        for i in np.ndindex(x.shape):
            e = np.zeros_like(x)
            e[i] = eps
            close((network(x + e).item() - network(x - e).item()) / (2 * eps), exact[i], rtol=1e-6, atol=1e-9)


# --- Row 2: the linear model on XOR -----------------------------------------------------------------------------------


def linear_loss(theta):
    """Mean squared error of y = w₁x₁ + w₂x₂ + w₀ on XOR; theta = (w₁, w₂, w₀)."""
    return np.mean((XOR @ theta[:2] + theta[2] - EITHER) ** 2)


def test_row_2_least_squares_on_xor_gives_w_0_and_w0_one_half_where_the_engines_gradient_is_0():
    design = np.hstack([XOR, np.ones((4, 1))])
    solution = np.linalg.solve(design.T @ design, design.T @ EITHER)
    close(solution, [0, 0, 0.5], atol=1e-15)
    value, gradient = autograd.value_and_grad(linear_loss)(np.array([0, 0, 0.5]))
    assert value == 0.25
    assert not gradient.any()


@pytest.mark.parametrize("start", [(0.0, 0.0, 0.0), (3.0, -2.0, 7.0)])
def test_row_2_one_newton_step_with_the_engines_hessian_is_least_squares(start):
    theta = np.array(start)
    step = np.linalg.solve(autograd.hessian(linear_loss)(theta), autograd.grad(linear_loss)(theta))
    close(theta - step, [0, 0, 0.5], atol=1e-14)


def test_row_2_gradient_descent_on_xor_ends_at_one_half_everywhere():
    autograd.manual_seed(2)
    model = nn.Linear(2, 1)
    descent = optim.SGD(model.parameters(), lr=0.5)
    for _ in range(200):
        loss = nn.functional.mse_loss(model(XOR)[:, 0], EITHER)
        descent.zero_grad()
        loss.backward()
        descent.step()
    close(model.weight.numpy(), [[0, 0]], atol=1e-6)
    close(model.bias.numpy(), [0.5], atol=1e-6)
    close(model(XOR).detach().numpy(), np.full((4, 1), 0.5), atol=1e-6)
    close(loss.item(), 0.25, atol=1e-6)


# --- Row 3: two layers on XOR -----------------------------------------------------------------------------------------

GIVEN = {"W": [[1, 1], [1, 1]], "c": [0, -1], "w": [1, -2], "b": 0}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_row_3_the_given_weights_solve_xor_with_a_loss_of_exactly_0(dtype):
    W, c, w, b = (Tensor(np.array(GIVEN[name], dtype), requires_grad=True) for name in "Wcwb")
    h = autograd.relu(XOR.astype(dtype) @ W + c)
    assert h.tolist() == [[0, 0], [1, 0], [1, 0], [2, 1]]
    y = h @ w + b
    assert y.tolist() == [0, 1, 1, 0]
    loss = np.mean((y - EITHER.astype(dtype)) ** 2)
    loss.backward()
    assert loss.item() == 0
    assert not any(parameter.grad.numpy().any() for parameter in (W, c, w, b))


def test_row_3_the_given_weights_solve_xor_in_scalars_too():
    W = [[Scalar(v) for v in row] for row in GIVEN["W"]]
    c, w = [Scalar(v) for v in GIVEN["c"]], [Scalar(v) for v in GIVEN["w"]]
    for x, t in zip(XOR.tolist(), EITHER.tolist()):
        h = [(W[0][i] * x[0] + W[1][i] * x[1] + c[i]).relu() for i in range(2)]
        y = w[0] * h[0] + w[1] * h[1] + GIVEN["b"]
        assert (y - t).data == 0


def test_row_3_the_given_weights_solve_xor_as_a_module():
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
    W, c, w, b = GIVEN.values()
    model.load_state_dict({"0.weight": W, "0.bias": c, "2.weight": [w], "2.bias": [b]})
    assert nn.functional.mse_loss(model(XOR)[:, 0], EITHER).item() == 0


def test_row_3_a_network_learns_xor_from_most_random_weights():
    learned = 0
    for seed in range(10):
        autograd.manual_seed(seed)
        model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
        optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        for _ in range(500):
            loss = nn.functional.mse_loss(model(XOR)[:, 0], EITHER)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        learned += loss.item() < 0.01
    assert learned >= 9


# --- Row 4: depth against width ---------------------------------------------------------------------------------------


def weighted(widths, *weights):
    """A ReLU network with these weights and biases, layer by layer."""
    model = nn.MLP(widths, nn.ReLU, dtype=np.float64)
    with autograd.no_grad():
        for p, values in zip(model.parameters(), weights, strict=True):
            p[...] = np.array(values, float)
    return model


def values_on(model, x):
    with autograd.no_grad():
        return model(x[:, None]).numpy()[:, 0]


def pieces(model, steps=2**12):
    """How many straight pieces the network has on [0, 1], where its kinks lie on a grid of so many steps."""
    slopes = np.diff(values_on(model, np.linspace(0, 1, steps + 1))) * steps
    return 1 + np.count_nonzero(np.abs(np.diff(slopes)) > 1e-6)


def interpolation(f, units):
    """One hidden layer that meets f at units + 1 points of [0, 1]: unit k begins at point k, where the slope changes."""
    knots = np.linspace(0, 1, units + 1)
    slopes = np.diff(f(knots)) * units
    changes = np.diff(slopes, prepend=0)
    return weighted((1, units, 1), np.ones((units, 1)), -knots[:-1], [changes], [f(0.0)])


def folding(depth):
    """x is mapped to 2x below 1/2 and 2 - 2x above it, by two units, `depth` times: h = 2 relu(x) - 4 relu(x - 1/2)."""
    first = [[[1], [1]], [0, -0.5]]
    further = [[[2, -4], [2, -4]], [0, -0.5]] * (depth - 1)
    return weighted((1, *[2] * depth, 1), *first, *further, [[2, -4]], [0])


@pytest.mark.parametrize("depth", [1, 2, 3, 5, 8])
def test_row_4_a_network_of_two_units_a_layer_has_twice_the_pieces_with_each_layer(depth):
    assert pieces(folding(depth)) == 2**depth


@pytest.mark.parametrize("units", [4, 8, 16, 64])
def test_row_4_one_hidden_layer_has_at_most_a_piece_more_than_units(units, rng):
    zigzag = interpolation(lambda x: np.where(np.round(x * units) % 2, 1.0, 0.0), units)
    assert pieces(zigzag) == units  # its first unit begins where the interval does
    kinks = np.sort(rng.choice(np.arange(1, 2**12), units, replace=False)) / 2**12
    model = weighted((1, units, 1), np.ones((units, 1)), -kinks, [rng.uniform(1, 2, units)], [0])
    assert pieces(model) == units + 1


def test_row_4_one_hidden_layer_comes_as_close_as_wanted_with_four_times_the_units_for_a_digit_more():
    x = np.linspace(0, 1, 10_001)
    errors = []
    for units in (4, 16, 64, 256):
        error = np.abs(
            values_on(interpolation(lambda x: np.sin(2 * np.pi * x), units), x) - np.sin(2 * np.pi * x)
        ).max()
        assert error <= (2 * np.pi) ** 2 / (8 * units**2) * 1.0001  # max |f''| h² / 8
        errors.append(error)
    assert all(after < before / 10 for before, after in itertools.pairwise(errors))


# --- Row 5: the cost is -ln p -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("beta", [1.0, 0.25, np.array([0.5, 2.0, 8.0])], ids=str)
def test_row_5_gaussian_noise_of_precision_beta_costs_half_beta_times_the_square(beta, rng):
    y, t = rng.normal(size=(6, 3)), rng.normal(size=(6, 3))
    sigma = 1 / np.sqrt(beta)
    minus_log_p = -np.log(np.exp(-((t - y) ** 2) / (2 * sigma**2)) / (sigma * math.sqrt(2 * math.pi))).sum(1)
    cost = nn.functional.gaussian_cost(y, t, beta, full=True, reduction="none")
    close(cost.numpy(), minus_log_p, rtol=1e-12)
    close(nn.functional.gaussian_cost(y, t, beta).item(), (0.5 * beta * (t - y) ** 2).sum(1).mean(), rtol=1e-14)
    if np.ndim(beta) == 0:
        close(nn.GaussianCost(beta)(y, t).item(), 0.5 * beta * np.mean(np.linalg.norm(t - y, axis=1) ** 2), rtol=1e-14)


def test_row_5_bernoulli_costs_softplus_of_the_signed_logit(rng):
    alpha, t = rng.normal(size=(6, 3)), rng.integers(0, 2, (6, 3))
    sigma = 1 / (1 + np.exp(-alpha))
    minus_log_p = -np.log(np.where(t == 1, sigma, 1 - sigma))
    close(nn.functional.bernoulli_cost(alpha, t, reduction="none").numpy(), minus_log_p.sum(1), rtol=1e-12)
    close(
        nn.functional.bernoulli_cost(alpha, t).item(), np.log1p(np.exp((1 - 2 * t) * alpha)).sum(1).mean(), rtol=1e-12
    )
    assert nn.BernoulliCost()(alpha, t).item() == nn.functional.bernoulli_cost(alpha, t).item()


def test_row_5_multinomial_costs_minus_the_log_of_softmax(rng):
    alpha, t = rng.normal(size=(6, 3)), rng.integers(0, 3, 6)
    p = np.exp(alpha) / np.exp(alpha).sum(1, keepdims=True)
    close(nn.functional.multinomial_cost(alpha, t).item(), -np.log(p[range(6), t]).mean(), rtol=1e-12)
    assert nn.MultinomialCost(reduction="sum")(alpha, t).item() == pytest.approx(-np.log(p[range(6), t]).sum())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_row_5_costs_of_logits_of_a_thousand_are_exact(dtype):
    alpha = Tensor(np.array([[1000.0], [-1000.0], [1000.0], [-1000.0]], dtype), requires_grad=True)
    cost = nn.functional.bernoulli_cost(alpha, np.array([[1], [0], [0], [1]]), reduction="none")
    assert cost.tolist() == [0, 0, 1000, 1000]
    cost.sum().backward()
    assert alpha.grad.tolist() == [[0], [0], [1], [-1]]
    alpha = Tensor(np.array([[1000.0, 0.0, -1000.0]] * 3, dtype), requires_grad=True)
    cost = nn.functional.multinomial_cost(alpha, np.array([0, 1, 2]), reduction="none")
    assert cost.tolist() == [0, 1000, 2000]
    cost.sum().backward()
    assert alpha.grad.tolist() == [[0, 0, 0], [1, -1, 0], [1, 0, -1]]


def test_row_5_a_precision_that_is_learned_becomes_one_over_the_variance_of_the_noise(rng):
    noise = Tensor(0.5 * rng.normal(size=(4000, 1)))
    log_beta = Tensor(0.0, dtype=float, requires_grad=True)
    optimizer = optim.SGD([log_beta], lr=0.5)
    for _ in range(100):
        optimizer.zero_grad()
        nn.functional.gaussian_cost(0 * noise, noise, np.exp(log_beta), full=True).backward()
        optimizer.step()
    close(np.exp(log_beta.item()), 1 / np.mean(noise.numpy() ** 2), rtol=1e-6)


# --- Rows 6 and 7: output units, hidden units -------------------------------------------------------------------------

LOGITS = np.array([-1000.0, -30.0, -2.0, -0.5, 0.0, 0.5, 2.0, 30.0, 1000.0])


def slope_of_cost(cost, logits, target):
    """dJ/dα for each logit α by itself."""
    alpha = leaf(logits)
    cost(alpha, np.full(alpha.shape, target)).backward()
    return alpha.grad.numpy()


def bernoulli(alpha, t):
    return nn.functional.binary_cross_entropy_with_logits(alpha, t, reduction="sum")


def squared_error_of_a_sigmoid(alpha, t):
    return nn.functional.mse_loss(autograd.sigmoid(alpha), t, reduction="sum")


def test_row_6_each_output_unit_has_its_cost_in_one_call_for_classes_and_for_probabilities(rng):
    alpha, classes = rng.normal(size=(6, 3)), rng.integers(0, 3, 6)
    soft = rng.dirichlet(np.ones(3), 6)
    p = np.exp(alpha) / np.exp(alpha).sum(1, keepdims=True)
    close(nn.functional.cross_entropy(alpha, classes).item(), -np.log(p[range(6), classes]).mean(), rtol=1e-12)
    close(nn.functional.cross_entropy(alpha, soft).item(), -(soft * np.log(p)).sum(1).mean(), rtol=1e-12)
    t, sigma = rng.uniform(size=(6, 3)), 1 / (1 + np.exp(-alpha))
    by_hand = -(t * np.log(sigma) + (1 - t) * np.log(1 - sigma))
    close(nn.functional.binary_cross_entropy_with_logits(alpha, t).item(), by_hand.mean(), rtol=1e-12)
    close(nn.functional.mse_loss(alpha, t).item(), ((t - alpha) ** 2).mean(), rtol=1e-12)


@pytest.mark.parametrize("target", [0.0, 1.0])
def test_row_6_the_gradient_of_cross_entropy_vanishes_only_where_the_answer_is_right(target):
    with np.errstate(over="ignore"):
        sigma = 1 / (1 + np.exp(-LOGITS))
    slope = slope_of_cost(bernoulli, LOGITS, target)
    close(slope, sigma - target, atol=1e-12)
    wrong = (LOGITS > 0) != (target == 1)
    assert (np.abs(slope[wrong]) >= 0.5).all()
    assert (np.abs(slope[~wrong & (np.abs(LOGITS) >= 30)]) < 1e-12).all()


@pytest.mark.parametrize("target", [0.0, 1.0])
def test_row_6_that_of_the_squared_error_of_a_sigmoid_vanishes_where_the_answer_is_wrong_too(target):
    slope = slope_of_cost(squared_error_of_a_sigmoid, LOGITS, target)
    assert (np.abs(slope[np.abs(LOGITS) >= 30]) < 1e-12).all()  # on both sides, so also where the answer is wrong


def test_row_6_a_softmax_with_cross_entropy_learns_from_a_confident_mistake_and_saturates_only_when_right():
    alpha = leaf([[1000.0, 0.0, 0.0]])
    nn.functional.cross_entropy(alpha, np.array([1])).backward()
    assert alpha.grad.tolist() == [[1.0, -1.0, 0.0]]
    alpha.grad = None
    nn.functional.cross_entropy(alpha, np.array([0])).backward()
    assert alpha.grad.tolist() == [[0.0, 0.0, 0.0]]


UNITS = {  # name: (h(α), h′(α)), by hand
    "relu": (lambda a: np.maximum(0, a), lambda a: np.heaviside(a, 0.0)),
    "sigmoid": (lambda a: 1 / (1 + np.exp(-a)), lambda a: np.exp(-a) / (1 + np.exp(-a)) ** 2),
    "tanh": (np.tanh, lambda a: 1 - np.tanh(a) ** 2),
    "leaky_relu": (lambda a: np.where(a > 0, a, 0.01 * a), lambda a: np.where(a > 0, 1.0, 0.01)),
    "elu": (lambda a: np.where(a > 0, a, np.exp(np.minimum(a, 0)) - 1), lambda a: np.exp(np.minimum(a, 0))),
    "softplus": (lambda a: np.log(1 + np.exp(a)), lambda a: 1 / (1 + np.exp(-a))),
    "silu": (
        lambda a: a / (1 + np.exp(-a)),
        lambda a: (1 + np.exp(-a) + a * np.exp(-a)) / (1 + np.exp(-a)) ** 2,
    ),
    "gelu": (
        lambda a: a * np.vectorize(lambda v: 0.5 * math.erfc(-v / math.sqrt(2)))(a),
        lambda a: (
            np.vectorize(lambda v: 0.5 * math.erfc(-v / math.sqrt(2)))(a)
            + a * np.exp(-a * a / 2) / math.sqrt(2 * math.pi)
        ),
    ),
    "softsign": (lambda a: a / (1 + np.abs(a)), lambda a: 1 / (1 + np.abs(a)) ** 2),
    "hardtanh": (lambda a: np.clip(a, -1, 1), lambda a: ((-1 < a) & (a < 1)).astype(float)),
}


@pytest.mark.parametrize("name", UNITS)
def test_row_7_a_hidden_units_value_and_derivative_are_the_formulas(name):
    value, derivative = UNITS[name]
    a = np.array([-4.0, -1.5, -0.3, 0.0, 0.2, 0.9, 3.0])
    h = leaf(a)
    y = getattr(nn.functional, name)(h)
    y.sum().backward()
    close(y.numpy(), value(a), rtol=1e-9, atol=1e-12)
    smooth = a != 0 if name == "leaky_relu" else a == a  # there PyTorch takes the slope of the left side, as we do
    close(h.grad.numpy()[smooth], derivative(a)[smooth], rtol=1e-9, atol=1e-12)


def test_row_7_the_derivative_of_relu_is_the_step_which_is_0_at_0():
    assert autograd.grad(lambda a: autograd.relu(a).sum())(np.array([-2.0, 0.0, 3.0])).tolist() == [0, 0, 1]


def test_row_7_tanh_is_a_scaled_and_shifted_sigmoid():
    a = np.linspace(-5, 5, 101)
    close(np.tanh(a), (2 * autograd.sigmoid(Tensor(2 * a)) - 1).numpy(), atol=1e-15)


@pytest.mark.parametrize("h", [autograd.sigmoid, np.tanh], ids=["sigmoid", "tanh"])
def test_row_7_a_unit_of_bounded_value_saturates_on_both_sides(h):
    slope = autograd.grad(lambda a: np.sum(h(a)))(LOGITS)
    assert (slope[np.abs(LOGITS) >= 30] < 1e-12).all()
    assert slope[LOGITS == 0] == np.max(slope)


def test_row_7_in_a_network_the_gradient_through_tanh_is_larger_than_through_sigmoid(rng):
    x, t = rng.normal(size=(32, 8)), rng.normal(size=(32, 1))
    sizes = {}
    for name, activation in (("sigmoid", nn.Sigmoid), ("tanh", nn.Tanh)):
        model = nn.MLP((8, *[16] * 5, 1), activation, dtype=np.float64, generator=np.random.default_rng(0))
        nn.functional.mse_loss(model(x), t).backward()
        sizes[name] = np.linalg.norm(model[0].weight.grad.numpy())
    # each σ has at most ¼ of the slope; five of them lose a factor of 4⁵ = 1024 where units are in their middle
    assert sizes["tanh"] > 100 * sizes["sigmoid"] > 0


# --- Row 8: the forward step and the backward step --------------------------------------------------------------------

# f and f′, as functions of α
HIDDEN = {
    "relu": (lambda a: np.maximum(a, 0), lambda a: (a > 0).astype(float)),
    "tanh": (np.tanh, lambda a: 1 - np.tanh(a) ** 2),
    "sigmoid": (lambda a: 1 / (1 + np.exp(-a)), lambda a: np.exp(-a) / (1 + np.exp(-a)) ** 2),
    "linear": (lambda a: a, np.ones_like),
}
# J and ∇_y J, as functions of y and t; the engine is given J in its own words
COSTS = {
    "squared error": (lambda y, t: y - t, lambda y, t: np.sum((t - y) ** 2) / 2),
    "softplus": (lambda y, t: 1 / (1 + np.exp(-y)) - t, lambda y, t: np.sum(autograd.softplus((1 - 2 * t) * y))),
    "softmax": (lambda y, t: np.exp(y) / np.sum(np.exp(y)) - t, lambda y, t: -np.sum(t * autograd.log_softmax(y))),
}


def forward_step(x, weights, biases, f):
    """h⁽⁰⁾ = x; for every layer α = W h + b, h = f(α); the last layer is linear, y = α."""
    alphas, hs = [], [x]
    for k, (W, b) in enumerate(zip(weights, biases), 1):
        alphas.append(W @ hs[-1] + b)
        hs.append(f(alphas[-1]) if k < len(weights) else alphas[-1])
    return alphas, hs


def backward_step(g, alphas, hs, weights, slope):
    """g = ∇_y J goes back through the layers, and leaves ∇_h J, ∇_α J, ∇_b J and ∇_W J at each."""
    found = []
    for k in reversed(range(len(weights))):
        at_h = g
        if k < len(weights) - 1:
            g = g * slope(alphas[k])
        found.append({"h": at_h, "alpha": g, "b": g, "W": np.outer(g, hs[k])})
        g = weights[k].T @ g
    return g, found[::-1]


def random_network(rng, widths):
    weights = [rng.normal(size=(n, m)) * math.sqrt(2 / m) for m, n in itertools.pairwise(widths)]
    return weights, [rng.normal(size=n) / 4 for n in widths[1:]], rng.normal(size=widths[0])


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("widths", [(3, 2), (2, 2, 1), (4, 7, 1, 5, 3), (5, *[8] * 20, 4)], ids=str)
def test_row_8_the_engine_equals_the_backward_step_at_every_layer(widths, hidden, cost, rng):
    weights, biases, x = random_network(rng, widths)
    (f, slope), (first_gradient, J) = HIDDEN[hidden], COSTS[cost]
    t = np.eye(widths[-1])[0]
    alphas, hs = forward_step(x, weights, biases, f)
    at_x, at_layers = backward_step(first_gradient(hs[-1], t), alphas, hs, weights, slope)

    own = {"relu": autograd.relu, "tanh": np.tanh, "sigmoid": autograd.sigmoid, "linear": np.positive}[hidden]
    W, b, h = [*map(leaf, weights)], [*map(leaf, biases)], leaf(x)
    values = forward_step(h, W, b, own)
    for value in itertools.chain(*values):
        value.retain_grad()
    J(values[1][-1], t).backward()
    close(h.grad.numpy(), at_x, rtol=1e-9, atol=1e-12)
    for k, layer in enumerate(at_layers):
        engine = {"h": values[1][k + 1], "alpha": values[0][k], "b": b[k], "W": W[k]}
        for name, expected in layer.items():
            assert engine[name].shape == expected.shape
            close(engine[name].grad.numpy(), expected, rtol=1e-9, atol=1e-12, err_msg=f"{name} of layer {k + 1}")


# --- Row 9: the general form on acyclic graphs ------------------------------------------------------------------------


def count_visits(root):
    """{node: how often a backward pass comes to it}, filled in by hooks when backward runs."""
    visits = dict.fromkeys(graph.ancestors([root]), 0)

    def counting(node):
        def hook(g):
            visits[node] += 1

        return hook

    for node in visits:
        node.hooks = [*node.hooks, counting(node)]
    return visits


def lattice(a, b, depth):
    """Each level uses both values of the level before it, twice: 2^depth paths lead from the result to each input."""
    for _ in range(depth):
        a, b = np.sin(a + b), np.sin(a - b)
    return a


def paths(root):
    """{node: the number of paths that lead to it from the root}."""
    found = {root: 1}
    for node in graph.ancestors([root]):
        for parent in node.inputs:
            found[parent] = found.get(parent, 0) + found[node]
    return found


def test_row_9_each_node_of_a_lattice_is_visited_once_however_many_paths_lead_to_it():
    a, b = leaf(0.5), leaf(0.25)
    y = lattice(a, b, depth=60)
    visits = count_visits(y.node)
    assert paths(y.node)[a.node] == 2**59
    y.backward()
    assert len(visits) == 2 + 4 * 60 - 2  # the last level's difference, and its sine, lead nowhere
    assert set(visits.values()) == {1}


def test_row_9_each_scalar_of_a_lattice_is_visited_once_and_gets_what_a_tensor_gets():
    scalars, tensors = (Scalar(0.5), Scalar(0.25)), (leaf(0.5), leaf(0.25))
    y = lattice(*scalars, depth=60)
    visits = count_visits(y)
    y.backward()
    assert len(visits) == 2 + 4 * 60 - 2
    assert set(visits.values()) == {1}
    lattice(*tensors, depth=60).backward()
    close([x.grad for x in scalars], [x.grad.item() for x in tensors], rtol=1e-9)


def random_graph(rng, inputs, size):
    """weights[i][j] of u_i = Σ_j weights[i][j] sin(u_j), j < i; about half of them, and never none."""
    rows = [[]] * inputs
    for i in range(inputs, size):
        used = rng.random(i) < 0.5
        used[rng.integers(i)] = True
        rows.append([(j, rng.normal()) for j in np.flatnonzero(used)])
    return rows


@pytest.mark.parametrize("make", [leaf, Scalar], ids=["tensor", "scalar"])
@pytest.mark.parametrize("seed", range(5))
def test_row_9_the_gradient_is_the_sum_over_all_paths_of_the_products_of_local_derivatives(seed, make):
    rng = np.random.default_rng(seed)
    rows, start = random_graph(rng, 3, 11), rng.normal(size=3).tolist()

    values = list(start)
    for row in rows[3:]:
        values.append(sum(c * math.sin(values[j]) for j, c in row))

    def along_all_paths(i, j):  # the book's equation 6.55, path by path
        if i == j:
            return 1.0
        return sum(c * math.cos(values[k]) * along_all_paths(k, j) for k, c in rows[i])

    nodes = [make(x) for x in start]
    for row in rows[3:]:
        nodes.append(sum(c * autograd.sin(nodes[j]) for j, c in row))
    nodes[-1].backward()
    for j in range(3):
        close(float(nodes[j].grad), along_all_paths(len(rows) - 1, j), rtol=1e-12)


def test_row_9_a_gradient_is_a_graph_that_is_differentiated_again_and_again():
    x = leaf(0.7)
    y, found = np.exp(2 * x) * np.sin(x), []
    for _ in range(4):
        found.append(y.item())
        (y,) = autograd.grad(y, [x], create_graph=True)
    # the n-th derivative of e^(2x) sin x is 5^(n/2) e^(2x) sin(x + n arctan ½)
    close(found, [5 ** (n / 2) * math.exp(1.4) * math.sin(0.7 + n * math.atan(0.5)) for n in range(4)], rtol=1e-13)


def test_row_9_a_gradient_as_numbers_has_no_graph_and_one_as_a_graph_can_be_drawn():
    x = leaf([0.5, 0.7])
    y = np.sum(x**3)
    (numbers,) = autograd.grad(y, [x], retain_graph=True)
    (formula,) = autograd.grad(y, [x], create_graph=True)
    assert numbers.node is None
    assert numbers.tolist() == formula.tolist()
    assert "digraph" in autograd.draw(formula).source


@pytest.mark.parametrize("shapes", [((3,), (4,)), ((2, 3), (4,)), ((), (2, 2)), ((3, 1), ())], ids=str)
def test_row_9_the_gradient_by_x_is_the_transposed_jacobian_times_the_gradient_by_y(shapes, rng):
    of_x, of_y = shapes
    A = rng.normal(size=(*of_y, math.prod(of_x)))
    x = rng.normal(size=of_x)

    def f(x):
        return np.tanh(A @ np.reshape(np.sin(x), -1)) if of_y else np.dot(A, np.reshape(np.sin(x), -1))

    def z(y):
        return np.sum(np.exp(y) * y)

    J = autograd.jacobian(f)(x)
    assert J.shape == (*of_y, *of_x)
    by_y = autograd.grad(z)(f(x))
    by_x = autograd.grad(lambda x: z(f(x)))(x)
    close(by_x, np.tensordot(by_y, J, axes=len(of_y)), rtol=1e-12)  # Σ over y's axes: for vectors Jᵀ ∇_y z


@pytest.mark.parametrize("n", [1, 10, 1000])
def test_row_9_central_differences_cost_2n_evaluations_and_the_gradient_one_and_a_pass_back(n, rng):
    x, evaluations, visits = rng.normal(size=n), 0, []

    def f(x):
        nonlocal evaluations
        evaluations += 1
        y = np.sum(np.tanh(x) * x)
        if isinstance(y, Tensor):
            visits.append(count_visits(y.node))
        return y

    exact = autograd.grad(f)(x)
    assert evaluations == 1
    assert [*visits[0].values()] == [1] * 4  # sum, product, tanh, x
    evaluations, h = 0, 1e-5
    numeric = [(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(n)]
    assert evaluations == 2 * n
    close(numeric, exact, rtol=1e-6, atol=1e-8)


# --- Row 10: the 2-2-1 network ----------------------------------------------------------------------------------------

# Sums of halves and quarters, so that floats are exact and every form must give the very same numbers.
EXAMPLE = {
    "w1": [[0.5, 0.5, 0.25], [0.25, -1.0, 0.75]],  # row i: w⁽¹⁾ᵢ₀, w⁽¹⁾ᵢ₁, w⁽¹⁾ᵢ₂, the first being the bias
    "w2": [0.25, 2.0, -1.0],
    "t": 1.0,
}


def lecture_formulas(x, w1, w2, t):
    """L and all of its derivatives, as written out in the lecture for the scalar form."""
    step = [0.0, 0.0]
    h = [0.0, 0.0]
    for i in range(2):
        alpha = w1[i][0] + w1[i][1] * x[0] + w1[i][2] * x[1]
        h[i], step[i] = max(0.0, alpha), float(alpha > 0)
    y = w2[0] + w2[1] * h[0] + w2[2] * h[1]
    delta = y - t  # ∂L/∂y
    return {
        "L": (t - y) ** 2 / 2,
        "w2": [delta, delta * h[0], delta * h[1]],
        "w1": [[delta * w2[i + 1] * step[i] * v for v in (1.0, *x)] for i in range(2)],
        "x": [sum(delta * w2[i + 1] * step[i] * w1[i][j + 1] for i in range(2)) for j in range(2)],
    }


POINTS = pytest.mark.parametrize("x", [(1.0, 2.0), (2.0, 1.0), (-2.0, 1.0), (-4.0, -8.0)], ids=str)


def test_row_10_the_points_show_every_state_of_the_two_hidden_units():
    states = set()
    for x in POINTS.args[1]:
        rows = lecture_formulas(x, **EXAMPLE)["w1"]
        states.add(tuple(row[0] != 0 for row in rows))
    assert len(states) == 4


@POINTS
def test_row_10_the_scalar_form_gives_the_lectures_numbers(x):
    w1 = [[Scalar(v) for v in row] for row in EXAMPLE["w1"]]
    w2 = [Scalar(v) for v in EXAMPLE["w2"]]
    xs, t = [Scalar(v) for v in x], EXAMPLE["t"]
    h = [(w1[i][0] + w1[i][1] * xs[0] + w1[i][2] * xs[1]).relu() for i in range(2)]
    y = w2[0] + w2[1] * h[0] + w2[2] * h[1]
    L = (t - y) ** 2 / 2
    L.backward()
    expected = lecture_formulas(x, **EXAMPLE)
    assert L.data == expected["L"]
    assert [w.grad for w in w2] == expected["w2"]
    assert [[w.grad for w in row] for row in w1] == expected["w1"]
    assert [v.grad for v in xs] == expected["x"]


@POINTS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_row_10_the_vector_form_gives_the_lectures_numbers(x, dtype):
    w1, w2 = np.array(EXAMPLE["w1"], dtype), np.array(EXAMPLE["w2"], dtype)
    W1, b1, W2, b2, h0 = (
        Tensor(v, requires_grad=True) for v in (w1[:, 1:], w1[:, 0], w2[None, 1:], w2[:1], np.array(x, dtype))
    )
    y = W2 @ autograd.relu(W1 @ h0 + b1) + b2
    L = np.sum((EXAMPLE["t"] - y) ** 2) / 2
    L.backward()
    expected = lecture_formulas(x, **EXAMPLE)
    assert L.item() == expected["L"]
    assert [*b2.grad.tolist(), *W2.grad.tolist()[0]] == expected["w2"]
    assert np.column_stack([b1.grad.numpy(), W1.grad.numpy()]).tolist() == expected["w1"]
    assert h0.grad.tolist() == expected["x"]
    assert L.dtype == W1.grad.dtype == dtype


@POINTS
def test_row_10_layers_give_the_lectures_numbers(x):
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
    w1, w2 = np.array(EXAMPLE["w1"]), np.array(EXAMPLE["w2"])
    model.load_state_dict({"0.weight": w1[:, 1:], "0.bias": w1[:, 0], "2.weight": w2[None, 1:], "2.bias": w2[:1]})
    (np.sum((EXAMPLE["t"] - model(np.array(x, np.float32))) ** 2) / 2).backward()
    expected = lecture_formulas(x, **EXAMPLE)
    hidden, _, output = model
    assert np.column_stack([hidden.bias.grad.numpy(), hidden.weight.grad.numpy()]).tolist() == expected["w1"]
    assert [*output.bias.grad.tolist(), *output.weight.grad.tolist()[0]] == expected["w2"]


# --- Row 11: stochastic gradient descent on minibatches ----------------------------------------------------------------


def line_error(theta, x, t):
    """½ (x · θ - t)², the mean over the samples."""
    return np.mean((x @ theta - t) ** 2) / 2


def samples_of_a_line(n, rng):
    x = rng.normal(size=(n, 3))
    return x, x @ np.array([1.0, -2.0, 0.5]) + 0.1 * rng.normal(size=n)


@pytest.mark.parametrize("size", [1, 4, 7, 22, 50])
def test_row_11_each_minibatch_makes_the_lectures_step_the_last_partial_one_too(size, rng):
    data, rate = samples_of_a_line(22, rng), 0.05
    theta = np.zeros(3)
    p = leaf(theta)
    optimizer = optim.SGD([p], lr=rate)
    counts = []
    for _ in range(3):
        for x, t in nn.data.batches(*data, batch_size=size, generator=0):
            g = x.T @ (x @ theta - t) / len(x)
            theta = theta - rate * g
            optimizer.zero_grad()
            line_error(p, x, t).backward()
            optimizer.step()
            counts.append(len(x))
    close(p.numpy(), theta, rtol=1e-12)
    assert counts[: -(-22 // size)] == [size] * (22 // size) + [22 % size] * (22 % size > 0)


def test_row_11_an_epoch_has_every_sample_once_in_an_order_that_the_seed_decides(rng):
    def epochs(seed):
        generator = np.random.default_rng(seed)
        return [[i for (i,) in nn.data.batches(np.arange(10), batch_size=3, generator=generator)] for _ in range(2)]

    first, second = (np.concatenate(epoch) for epoch in epochs(0))
    assert sorted(first) == sorted(second) == list(range(10))
    assert list(first) != list(second)
    assert [list(np.concatenate(epoch)) for epoch in epochs(0)] == [list(first), list(second)]
    assert list(np.concatenate(epochs(1)[0])) != list(first)


def test_row_11_the_mean_of_the_minibatches_gradients_is_the_gradient_of_the_whole(rng):
    x, t = samples_of_a_line(20, rng)
    theta = rng.normal(size=3)
    slope = autograd.grad(line_error)
    parts = [slope(theta, *batch) for batch in nn.data.batches(x, t, batch_size=5, generator=0)]
    close(np.mean(parts, axis=0), slope(theta, x, t), rtol=1e-12)
    assert np.std(parts, axis=0).min() > 1e-3  # which is what makes the descent stochastic


# --- Row 12: a rate that changes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("tau", [1, 7, 30])
def test_row_12_the_rate_falls_linearly_until_tau_and_then_stays(tau, rng):
    x, t = samples_of_a_line(20, rng)
    theta, first, last = np.zeros(3), 0.2, 0.01
    p = leaf(theta)
    optimizer = optim.SGD([p], lr=first)
    schedule = optim.lr_scheduler.LinearDecay(optimizer, last, tau)
    for k in range(40):
        eta = (1 - k / tau) * first + k / tau * last if k < tau else last
        close(optimizer.param_groups[0]["lr"], eta, rtol=1e-12)
        theta = theta - eta * (x.T @ (x @ theta - t) / len(x))
        optimizer.zero_grad()
        line_error(p, x, t).backward()
        optimizer.step()
        schedule.step()
    close(p.numpy(), theta, rtol=1e-12)


def test_row_12_a_rate_that_falls_comes_closer_than_one_that_stays():
    def distance(seed, falling):
        x, t = samples_of_a_line(200, np.random.default_rng(seed))
        best, p = np.linalg.lstsq(x, t)[0], leaf(np.zeros(3))
        optimizer = optim.SGD([p], lr=0.3)
        schedule = optim.lr_scheduler.LinearDecay(optimizer, 0.003, 300)
        for epoch in range(10):
            for batch in nn.data.batches(x, t, batch_size=5, generator=epoch):
                optimizer.zero_grad()
                line_error(p, *batch).backward()
                optimizer.step()
                if falling:
                    schedule.step()
        return np.linalg.norm(p.numpy() - best)

    assert all(5 * distance(seed, True) < distance(seed, False) for seed in range(5))


# --- Rows 13 and 14: momentum -----------------------------------------------------------------------------------------


def valley(theta):
    """A long curved valley, so that a velocity matters."""
    return np.sum(np.array([1.0, 20.0]) * (theta - 1) ** 2) / 2 + np.sum(np.cos(theta[:1] * theta[1:]))


@pytest.mark.parametrize("form", ["SGD", "Momentum"])
@pytest.mark.parametrize("mu", [0.0, 0.5, 0.9])
def test_row_13_momentum_in_both_forms_makes_the_lectures_steps(form, mu):
    slope, rate = autograd.grad(valley), 0.02
    theta, v = np.array([4.0, -2.0]), np.zeros(2)
    p = leaf(theta)
    optimizer = getattr(optim, form)([p], lr=rate, momentum=mu)
    for _ in range(50):
        v = mu * v - rate * slope(theta)
        theta = theta + v
        optimizer.zero_grad()
        valley(p).backward()
        optimizer.step()
        close(p.numpy(), theta, rtol=1e-12)
        if form == "Momentum":
            close(optimizer.state[p]["velocity"].numpy(), v, rtol=1e-12)
        elif mu:
            close(-rate * optimizer.state[p]["momentum_buffer"].numpy(), v, rtol=1e-12)


def test_row_13_momentum_may_follow_a_rule_of_its_own():
    slope, rate = autograd.grad(valley), 0.02
    theta, v = np.array([4.0, -2.0]), np.zeros(2)
    p = leaf(theta)
    optimizer = optim.Momentum([p], lr=rate)
    for k in range(50):
        mu = 0.9 - 0.5 / (k + 1)
        v = mu * v - rate * slope(theta)
        theta = theta + v
        optimizer.param_groups[0]["momentum"] = mu
        optimizer.zero_grad()
        valley(p).backward()
        optimizer.step()
    close(p.numpy(), theta, rtol=1e-12)


@pytest.mark.parametrize("mu", [0.5, 0.9])
def test_row_14_nesterov_in_sgd_walks_along_the_look_ahead_points(mu):
    slope, rate = autograd.grad(valley), 0.02
    theta, v = np.array([4.0, -2.0]), np.zeros(2)
    p = leaf(theta)
    optimizer = optim.SGD([p], lr=rate, momentum=mu, nesterov=True)
    for _ in range(50):
        close(p.numpy(), theta + mu * v, rtol=1e-10)
        v = mu * v - rate * slope(theta + mu * v)  # the gradient at the point ahead
        theta = theta + v
        optimizer.zero_grad()
        valley(p).backward()
        optimizer.step()


@pytest.mark.parametrize("mu", [0.5, 0.9])
def test_row_14_nesterov_takes_the_gradient_ahead_and_makes_the_momentum_step_with_it(mu):
    slope, rate = autograd.grad(valley), 0.02
    theta, v = np.array([4.0, -2.0]), np.zeros(2)
    p = leaf(theta)
    optimizer = optim.Nesterov([p], lr=rate, momentum=mu)

    def closure():
        optimizer.zero_grad()
        loss = valley(p)
        loss.backward()
        return loss

    for _ in range(50):
        ahead = theta + mu * v
        v = mu * v - rate * slope(ahead)
        theta = theta + v
        close(optimizer.step(closure).item(), valley(ahead), rtol=1e-12)
        close(p.numpy(), theta, rtol=1e-12)
        close(optimizer.state[p]["velocity"].numpy(), v, rtol=1e-12)


# --- Row 15: rates of each parameter's own ------------------------------------------------------------------------------


def adagrad(theta, g, k, kept, rate):
    """*Deep Learning*, algorithm 8.4."""
    r = kept["r"] = kept.get("r", 0) + g * g
    return theta - rate / (1e-7 + np.sqrt(r)) * g


def rmsprop(theta, g, k, kept, rate):
    """Algorithm 8.5, with ρ 0.9 and δ outside of the root, as in PyTorch; the book has √(δ + r)."""
    r = kept["r"] = 0.9 * kept.get("r", 0) + 0.1 * g * g
    return theta - rate / (1e-6 + np.sqrt(r)) * g


def adam(theta, g, k, kept, rate):
    """Algorithm 8.7."""
    s = kept["s"] = 0.9 * kept.get("s", 0) + 0.1 * g
    r = kept["r"] = 0.999 * kept.get("r", 0) + 0.001 * g * g
    return theta - rate * (s / (1 - 0.9**k)) / (np.sqrt(r / (1 - 0.999**k)) + 1e-8)


@pytest.mark.parametrize(
    ("name", "settings", "algorithm"),
    [("Adagrad", {"eps": 1e-7}, adagrad), ("RMSprop", {"alpha": 0.9, "eps": 1e-6}, rmsprop), ("Adam", {}, adam)],
)
def test_row_15_the_books_algorithms(name, settings, algorithm):
    slope, rate = autograd.grad(valley), 0.02
    theta, kept = np.array([4.0, -2.0]), {}
    p = leaf(theta)
    optimizer = getattr(optim, name)([p], lr=rate, **settings)
    for k in range(1, 51):
        theta = algorithm(theta, slope(theta), k, kept, rate)
        optimizer.zero_grad()
        valley(p).backward()
        optimizer.step()
        close(p.numpy(), theta, rtol=1e-11)


@pytest.mark.parametrize("name", ["Adagrad", "RMSprop", "Adam"])
def test_row_15_a_cost_stretched_along_an_axis_is_descended_as_before(name):
    """Descent itself would need a rate for each axis."""
    paths = []
    for stretch in (1.0, 100.0):
        p = leaf(np.array([4.0, -2.0]))
        optimizer = getattr(optim, name)([p], lr=0.02, eps=1e-12)
        for _ in range(50):
            optimizer.zero_grad()
            np.sum(np.array([1.0, stretch]) * (p - 1) ** 2).backward()
            optimizer.step()
        paths.append(p.tolist())
    close(paths[0], paths[1], rtol=1e-9)


# --- Row 16: penalties --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("q", [0.5, 1, 2, 3])
def test_row_16_a_penalty_of_any_power_adds_its_gradient_to_that_of_the_cost(q, rng):
    x, t = samples_of_a_line(20, rng)
    theta = rng.normal(size=3)
    p = leaf(theta)
    (line_error(p, x, t) + optim.penalty([p], 0.1, q)).backward()
    slope = x.T @ (x @ theta - t) / 20 + 0.1 * q * np.sign(theta) * np.abs(theta) ** (q - 1)
    close(p.grad.numpy(), slope, rtol=1e-12)


def test_row_16_the_square_shrinks_all_weights_and_the_absolute_value_makes_some_0(rng):
    x = rng.normal(size=(50, 8))
    true = np.array([2.0, -1.0, 0, 0, 0, 0, 0, 0])
    t = x @ true + 0.1 * rng.normal(size=50)

    def fitted(weight, q):
        p = leaf(np.zeros(8))
        optimizer = optim.SGD([p], lr=0.02)
        schedule = optim.lr_scheduler.LinearDecay(optimizer, 1e-4, 1500)
        for _ in range(1500):
            optimizer.zero_grad()
            (line_error(p, x, t) + optim.penalty([p], weight, q)).backward()
            optimizer.step()
            schedule.step()
        return np.abs(p.numpy())

    free, ridge, lasso = fitted(0, 2), fitted(0.2, 2), fitted(0.2, 1)
    close(ridge, np.abs(np.linalg.solve(x.T @ x / 50 + 0.4 * np.eye(8), x.T @ t / 50)), rtol=1e-6, atol=1e-6)
    assert np.linalg.norm(ridge) < np.linalg.norm(free)
    assert (ridge[2:] > 1e-3).sum() > 3
    assert (lasso[2:] < 1e-3).all()
    assert (lasso[:2] > 0.5).all()


def test_row_16_biases_may_be_left_out(rng):
    layer = nn.Linear(3, 2)
    optim.penalty(layer, 0.1, biases=False).backward()
    assert layer.bias.grad is None
    close(layer.weight.grad.numpy(), 0.2 * layer.weight.detach().numpy(), rtol=1e-6)


# --- Row 17: augmentation ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        nn.data.augmentation.Rotation(15),
        nn.data.augmentation.Scaling(0.2),
        nn.data.augmentation.Illumination(brightness=0.2, contrast=0.2, gamma=0.2),
        nn.data.augmentation.Noise(0.1),
    ],
    ids=lambda change: type(change).__name__,
)
def test_row_17_a_digit_changed_at_random_is_another_image_of_the_same_digit(change):
    """A classifier of the given images, here their nearest neighbour, still reads the changed ones."""
    train, _ = nn.data.digits()
    images, labels = train.inputs[:600].reshape(-1, 8, 8), train.targets[:600]
    autograd.manual_seed(0)
    changed = change(images)
    assert changed.shape == images.shape
    assert not np.array_equal(changed, images)
    known = train.inputs[600:]
    distance = ((changed.reshape(600, 1, 64) - known) ** 2).sum(2)
    assert np.mean(train.targets[600:][distance.argmin(1)] == labels) > 0.85


def test_row_17_noisy_xor_has_a_cloud_of_points_around_each_corner():
    inputs, targets = nn.data.noisy_xor(4000, noise=0.1, seed=0)
    corners = np.round(inputs)
    assert np.array_equal(targets, corners[:, 0] != corners[:, 1])
    close((inputs - corners).std(0), [0.1, 0.1], rtol=0.05)


# --- Row 18: early stopping and cross-validation ----------------------------------------------------------------------


def regression(width, lr=0.01, **settings):
    model = nn.MLP([1, width, width, 1], nn.Tanh)
    return optim.Trainer(
        model, optim.Adam(model.parameters(), lr=lr), nn.functional.mse_loss, progress=False, **settings
    )


def noisy_sine(n, seed):
    x, t = nn.data.curve(lambda x: np.sin(3 * x), n, noise=0.4, seed=seed)
    return x, t[:, None]


@pytest.mark.parametrize("seed", range(3))
def test_row_18_early_stopping_returns_the_weights_before_the_validation_error_rises_again(seed):
    train, held, new = noisy_sine(30, seed), noisy_sine(200, seed + 100), noisy_sine(1000, seed + 200)
    autograd.manual_seed(seed)
    full = regression(64)
    rows = full.run(train, epochs=400, batch_size=30, validation=held)
    errors = [row["validation_loss"] for row in rows]
    best = int(np.argmin(errors))
    assert errors[-1] > 1.1 * errors[best]  # a U: it rises again
    assert rows[-1]["loss"] < rows[best]["loss"]  # while that on the training samples falls on

    autograd.manual_seed(seed)
    stopping = optim.EarlyStopping(patience=100)
    stopped = regression(64, extensions=[stopping])
    stopped.run(train, epochs=400, batch_size=30, validation=held)
    assert (stopping.best_step, stopping.best) == (best + 1, errors[best])
    assert stopped.evaluate(held)["loss"] == errors[best]
    assert stopped.evaluate(new)["loss"] < full.evaluate(new)["loss"]  # on samples that decided nothing


def test_row_18_cross_validation_chooses_hyper_parameters():
    scores = optim.cross_validate(
        regression, {"width": [1, 16], "lr": [1e-4, 0.03]}, noisy_sine(60, 0), k=3, epochs=60, batch_size=20
    )
    assert scores.best == {"width": 16, "lr": 0.03}
    assert all(len(score.values) == 3 and score.spread > 0 for score in scores)


def degree_chosen(seed, folds=5):
    """By the mean error on the samples kept apart, each of them once."""
    x, t = nn.data.polynomial(60, [1.0, -2.0, 0.0, 3.0], noise=0.3, seed=seed)
    x, errors = x[:, 0], {}
    for degree in range(1, 7):
        fits = [
            (np.polyfit(x[train], t[train], degree), held) for train, held in nn.data.k_folds(60, folds, generator=0)
        ]
        assert sorted(np.concatenate([held for _, held in fits])) == list(range(60))
        errors[degree] = np.mean([np.mean((np.polyval(w, x[held]) - t[held]) ** 2) for w, held in fits])
    return min(errors, key=errors.get)


def test_row_18_cross_validation_never_chooses_a_polynomial_too_simple_and_most_often_the_one_that_made_the_data():
    chosen = [degree_chosen(seed) for seed in range(20)]
    assert min(chosen) == 3
    assert statistics.mode(chosen) == 3  # not always: it is blind to a power too many, which costs little


# --- Row 19: parameter sharing ----------------------------------------------------------------------------------------


def test_row_19_a_shared_parameter_is_one_object_and_its_gradient_the_sum_over_its_uses(rng):
    shared = nn.Linear(4, 4, dtype=np.float64, generator=rng)
    model = nn.Sequential(shared, nn.Tanh(), shared, nn.Tanh(), shared)
    assert [name for name, _ in model.named_parameters()] == ["0.weight", "0.bias"]
    assert sum(p.numel() for p in model.parameters()) == 4 * 4 + 4
    x = rng.normal(size=(5, 4))
    (model(x) ** 2).sum().backward()
    apart = nn.Sequential(*(nn.Linear(4, 4, dtype=np.float64) if i % 2 == 0 else nn.Tanh() for i in range(5)))
    for layer in apart:
        if isinstance(layer, nn.Linear):
            layer.load_state_dict(shared.state_dict())
    (apart(x) ** 2).sum().backward()
    close(shared.weight.grad.numpy(), sum(apart[i].weight.grad.numpy() for i in (0, 2, 4)), rtol=1e-12)


def test_row_19_a_shared_parameter_is_saved_once(tmp_path, rng):
    big = nn.Linear(300, 300, generator=rng)
    sizes = []
    for layers in ([big], [big, nn.Tanh(), big]):
        autograd.save(nn.Sequential(*layers).state_dict(), tmp_path / "model.npz")
        sizes.append((tmp_path / "model.npz").stat().st_size)
    assert sizes[1] < 1.01 * sizes[0]


def test_row_19_a_convolution_is_a_linear_layer_most_of_whose_weights_are_shared_and_the_others_0(rng):
    convolution = nn.Conv1d(1, 1, 3, bias=False, dtype=np.float64, generator=rng)
    w, matrix = convolution.weight.numpy()[0, 0], np.zeros((6, 8))
    for i in range(6):
        matrix[i, i : i + 3] = w  # each row the same three numbers, one place further on
    x = rng.normal(size=(1, 1, 8))
    y = convolution(x)
    close(y.numpy()[0, 0], matrix @ x[0, 0], rtol=1e-12)
    g = rng.normal(size=6)
    (y[0, 0] * g).sum().backward()
    full = np.outer(g, x[0, 0])  # dJ/d(matrix), of which the weight's gradient is the sum over its places
    close(convolution.weight.grad.numpy()[0, 0], [np.trace(full, k) for k in range(3)], rtol=1e-12)
    assert convolution.weight.numel() == 3 < np.count_nonzero(matrix) == 18 < matrix.size


def test_row_19_a_shifted_image_has_a_shifted_convolution_and_the_same_maximum(rng):
    convolution = nn.Conv2d(1, 4, 3, padding=1, generator=rng)
    image = np.zeros((1, 1, 12, 12), np.float32)
    image[..., 3:7, 2:6] = rng.normal(size=(4, 4))
    shifted = np.roll(image, (2, 3), (2, 3))
    y, z = convolution(image).detach().numpy(), convolution(shifted).detach().numpy()
    close(np.roll(y, (2, 3), (2, 3)), z, atol=1e-6)
    close(y.max((2, 3)), z.max((2, 3)), atol=1e-6)


# --- Row 20: dropout --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_row_20_a_unit_is_removed_with_probability_alpha_and_the_others_scaled_so_that_the_mean_stays(alpha):
    autograd.manual_seed(0)
    drop, n = nn.Dropout(alpha), 200_000
    x = Tensor(np.ones(n), requires_grad=True)
    y = drop(x)
    values = set(np.unique(y.detach().numpy()).round(12))
    assert values <= {0.0, round(1 / (1 - alpha), 12) if alpha < 1 else 0.0}
    close((y == 0).mean(), alpha, atol=5 * math.sqrt(alpha * (1 - alpha) / n) + 1e-12)
    y.sum().backward()
    assert np.array_equal(x.grad.numpy(), y.detach().numpy())  # what was removed learns nothing


def test_row_20_dropout_is_off_in_eval_and_repeats_itself_from_the_same_seed():
    model, x = nn.Sequential(nn.Dropout(0.5)), np.ones(50)
    assert np.array_equal(model.eval()(x).numpy(), x)
    model.train()
    drawn = []
    for seed in (3, 3, 4):
        autograd.manual_seed(seed)
        drawn.append(model(x).tolist())
    assert drawn[0] == drawn[1] != drawn[2]
