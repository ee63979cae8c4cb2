"""checkpoint: the same gradients from less memory, and saved_bytes, which says from how much."""

import gc
import inspect
import weakref

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, checkpoint, saved_bytes


def weights(count=4):
    generator = np.random.default_rng(0)
    return [Tensor(generator.normal(size=(3, 3)), requires_grad=True) for _ in range(count)]


def noisy(x, w):
    return np.tanh(x @ w) * autograd.rand(3, dtype=float)


def plain(x, ws):
    for w in ws:
        x = noisy(x, w)
    return x


def checkpointed(x, ws):
    for w in ws:
        x = checkpoint(noisy, x, w)
    return x


def nested(x, ws):
    if len(ws) == 1:
        return checkpoint(noisy, x, ws[0])
    half = len(ws) // 2
    return checkpoint(nested, checkpoint(nested, x, ws[:half]), ws[half:])


def through_closures(x, ws):
    return checkpoint(lambda: plain(x, ws))


def run(f, second=False):
    """The loss, its gradients, and what the generator gives next."""
    autograd.manual_seed(0)
    x, ws = Tensor(np.ones((2, 3)), requires_grad=True), weights()
    loss = f(x, ws).sum()
    found = autograd.grad(loss, [x, *ws], create_graph=second)
    if second:
        found = autograd.grad(sum((g * g).sum() for g in found), [x, *ws])
    return [y.detach().numpy() for y in (loss, *found, autograd.rand(2))]


@pytest.mark.parametrize("second", [False, True])
@pytest.mark.parametrize("f", [checkpointed, nested, through_closures])
def test_gradients_and_random_numbers_are_the_same(f, second):
    for a, b in zip(run(f, second), run(plain, second), strict=True):
        np.testing.assert_allclose(a, b, 1e-12)


@pytest.mark.parametrize("f", [checkpointed, nested, through_closures])
def test_nothing_is_saved_and_a_second_pass_computes_again(f):
    x, ws = Tensor(np.ones((2, 3)), requires_grad=True), weights()
    y = f(x, ws)
    assert saved_bytes(y).total == 0
    first = autograd.grad(y, [x, *ws], np.ones(y.shape), True)
    second = autograd.grad(y, [x, *ws], np.ones(y.shape))
    for a, b in zip(first, second):
        assert a.numpy().tolist() == b.numpy().tolist()


def test_depth_is_paid_for_with_time():
    """With checkpoints in checkpoints, the innermost function runs more often, and less is alive at once."""
    runs = []

    def counted(x, w):
        runs.append(0)
        return np.tanh(x @ w)

    def deep(x, ws):
        half = len(ws) // 2
        if not half:
            return checkpoint(counted, x, ws[0])
        return checkpoint(deep, checkpoint(deep, x, ws[:half]), ws[half:])

    x, ws = Tensor(np.ones((2, 3)), requires_grad=True), weights()
    deep(x, ws).sum().backward()
    assert len(runs) == 4 * (1 + 3)  # forward, and once for each level


def test_a_module_and_its_parameters():
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    x = Tensor(np.ones((2, 3), np.float32))
    checkpoint(model, x).sum().backward()
    found = [p.grad.numpy() for p in model.parameters()]
    model.zero_grad()
    model(x).sum().backward()
    for g, p in zip(found, model.parameters(), strict=True):
        np.testing.assert_allclose(g, p.grad.numpy(), 1e-6)


def test_hooks_on_the_result_stay():
    x, seen = Tensor([1.0], requires_grad=True), []
    y = nested(x.reshape(1, 1).broadcast_to((2, 3)).astype(float), weights())
    y.register_hook(lambda g: seen.append(g.shape))
    y.backward(np.ones((2, 3)), retain_graph=True)
    y.backward(np.ones((2, 3)))
    assert seen == [(2, 3), (2, 3)]


def test_a_changed_argument_is_an_error():
    x, batch = Tensor([1.0, 2.0], requires_grad=True), np.array([3.0, 4.0])
    y = checkpoint(lambda x, b: np.exp(x * b), x, batch)
    batch[:] = 0  # arrays are copied, as an operation copies them
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [3 * np.exp(3), 4 * np.exp(8)], 1e-6)
    y = checkpoint(np.exp, x)
    x.numpy()[0] = 9
    with pytest.raises(RuntimeError, match=r"checkpoint: an argument of exp has changed"):
        y.sum().backward()


def test_a_function_that_does_something_else_the_second_time_is_an_error():
    x, calls = Tensor([1.0, 2.0], requires_grad=True), []

    def fickle(x):
        calls.append(0)
        return np.exp(x) if len(calls) == 1 else np.sin(x)

    y = checkpoint(fickle, x)
    with pytest.raises(RuntimeError, match=r"checkpoint: fickle did not do the same"):
        y.sum().backward()


def test_the_graph_is_free_of_cycles():
    gc.disable()
    try:
        x = Tensor(np.ones((2, 3)), requires_grad=True)
        y = nested(x, weights())
        gone = weakref.ref(y.node)
        y.sum().backward()
        del y
        assert gone() is None
    finally:
        gc.enable()


def test_without_recording_it_is_a_plain_call():
    x = Tensor([1.0], requires_grad=True)
    with autograd.no_grad():
        assert not checkpoint(np.exp, x).requires_grad
    program = autograd.trace(lambda x: checkpoint(np.exp, x), np.array([1.0]))
    assert program(np.array([0.0])).tolist() == [1.0]


def test_saved_bytes_counts_memory_once():
    x = Tensor(np.ones((10, 10)), requires_grad=True)
    y = np.exp(x)
    assert saved_bytes(y * y, np.sin(y.reshape(-1)))[:2] == (800, {"exp": 800})
    assert saved_bytes(np.sin(y * 2)).by_operation == {"exp": 800, "sin": 800}
    assert saved_bytes(x + 1) == (0, {}, {})


def test_saved_bytes_says_on_which_line_and_in_which_layer():
    x = Tensor(np.ones((10, 10)), requires_grad=True)
    model = nn.Sequential(nn.Linear(10, 5), nn.Tanh(), nn.Sequential(nn.Linear(5, 5), nn.Tanh()))
    for _ in range(2):  # at its first call an operation is written
        first = inspect.currentframe().f_lineno + 1
        y = np.exp(x)
        z = model(y) * np.cos(x.sum()) + y.sum()
    by_line = saved_bytes(z).by_line
    here = {line.removeprefix(f"{__file__}:"): n for line, n in by_line.items()}
    assert here[f"{first}"] == 800
    assert sum(here.values()) == saved_bytes(z).total
    assert list(by_line.values()) == sorted(by_line.values(), reverse=True)
    assert here["1"] == here["2.1"] == 200  # tanh keeps its result


@pytest.mark.parametrize("change", [lambda m: m.fill(0), lambda m: m.__setitem__(slice(None), m[::-1].copy())])
def test_an_array_of_the_closure_that_was_changed_is_noticed(change):
    x, m = Tensor([1.0, 2.0, 3.0], requires_grad=True), np.array([1.0, 2.0, 3.0])
    y = checkpoint(lambda x: np.sin(x) * m, x)
    change(m)
    with pytest.raises(RuntimeError, match="did not do the same when it was run again"):
        y.sum().backward()
    assert x.grad is None


def test_a_result_of_nan_and_infinity_is_like_itself():
    x = Tensor([0.0, -1.0, 4.0], dtype=float, requires_grad=True)
    with np.errstate(all="ignore"):
        y = checkpoint(lambda x: np.sqrt(1 / x), x)
        y.sum().backward()
    assert x.grad[2].item() == -0.0625


def test_forward_mode_runs_the_function_again_too():
    f = lambda x: checkpoint(lambda x: np.exp(np.sin(x)), x, use_reentrant=False)
    y, t = autograd.jvp(f, (0.5,), (2.0,))
    expected = np.exp(np.sin(0.5)) * np.cos(0.5)
    assert [y, t] == pytest.approx([np.exp(np.sin(0.5)), 2 * expected])
    slope = autograd.grad(lambda x: autograd.jvp(lambda x: nested(x, weights(2)).sum(), (x,), (x,))[1].sum())(
        np.ones((2, 3))
    )
    assert np.isfinite(slope).all()
    assert autograd.grad(lambda x: autograd.jvp(f, (x,), (1.0,))[1])(0.5) == pytest.approx(
        autograd.grad(autograd.grad(lambda x: np.exp(np.sin(x))))(0.5)
    )
