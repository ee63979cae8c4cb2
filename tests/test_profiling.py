"""profile: every operation is counted once, with its time and its bytes, for its line and its module; off, it is not there."""

import inspect
import json
import threading
import time
import tracemalloc

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Scalar, Tensor, op, saved_bytes


def here():
    """The caller's line, as a profile writes it."""
    caller = inspect.currentframe().f_back
    return f"{caller.f_code.co_filename}:{caller.f_lineno}"


def rows(p, group="operation"):
    return {row.name: row for row in p.by(group)}


def sleeping(seconds):
    """An operation that takes so long forward, and twice as long backward."""

    def forward(x):
        time.sleep(seconds)
        return x * 2

    def rule(g):
        time.sleep(2 * seconds)
        return g * 2

    return op.elementwise(forward, rule, name="sleeping")


def model():
    autograd.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.Tanh(), nn.Linear(4, 2)))


X = np.ones((5, 3), np.float32)

# --- Time -------------------------------------------------------------------------------------------------------------


def test_time_goes_to_the_operation_the_line_and_the_pass_that_took_it():
    f, x = sleeping(0.01), Tensor([1.0], requires_grad=True)
    with autograd.profile() as p:
        y, line = f(x), here()
        z = y * 3
        z.backward()
        time.sleep(0.01)
    for row in (rows(p)["sleeping"], rows(p, "line")[line]):
        assert row.calls == 1
        assert 0.01 <= row.forward < row.backward
        assert row.backward >= 0.02
        assert row.seconds == row.forward + row.backward
    assert p.by("operation")[0].name == "sleeping"  # the longest first
    assert p.outside >= 0.01
    forward, backward = y.node.notes["seconds"]
    assert (forward, backward) == (rows(p)["sleeping"].forward, rows(p)["sleeping"].backward)
    assert z.node.notes["seconds"][1] < 0.01


def test_the_parts_add_up_to_the_total_in_every_grouping():
    net = model()
    optimizer = optim.Adam(net.parameters())
    with autograd.profile() as p:
        net(X).sum().backward()
        optimizer.step()
    assert 0 < p.outside < p.total
    for group in ("operation", "line", "module"):
        assert sum(row.seconds for row in p.by(group)) == pytest.approx(p.total - p.outside)
    for column in ("calls", "made", "kept"):
        sums = {group: sum(getattr(row, column) for row in p.by(group)) for group in ("operation", "line", "module")}
        assert len(set(sums.values())) == 1, sums


@pytest.mark.parametrize("kind", [Tensor, Scalar])
def test_the_derivative_of_the_derivative_counts_each_operation_once(kind):
    x = kind(2.0, requires_grad=True)
    with autograd.profile() as p:
        (g,) = autograd.grad(np.exp(x * x), [x], create_graph=True)
        g.backward()
    found = rows(p)
    assert found["exp"].calls == 1
    assert found["exp"].backward > 0
    assert found["multiply"].calls >= 3
    assert sum(row.seconds for row in p.by("operation")) <= p.total
    value = x.grad if kind is Scalar else x.grad.item()
    assert value == pytest.approx((2 + 4 * 4) * np.exp(4))


def test_what_a_rule_calls_is_not_counted_twice_under_create_graph():
    slow = sleeping(0.01)
    f = op.elementwise(lambda x: x * 2, lambda g: slow(g), name="calling")
    x = Tensor([1.0], requires_grad=True)
    with autograd.profile() as p:
        autograd.grad(f(x).sum(), [x], create_graph=True)
    found = rows(p)
    assert found["sleeping"].forward >= 0.01
    assert 0 < found["calling"].backward < 0.01
    assert found["calling"].seconds < 0.01


def test_scalars_are_counted_and_have_the_gradients_that_they_have_without():
    x = Scalar(3.0)
    with autograd.profile() as p:
        y = x * x + x.exp()
        y.backward()
    found = rows(p)
    assert {name: row.calls for name, row in found.items()} == {"multiply": 1, "add": 1, "exp": 1}
    assert all(row.backward > 0 and row.made == row.kept == 0 for row in found.values())
    assert x.grad == pytest.approx(6 + np.exp(3))
    assert y.notes["seconds"][1] > 0


def test_operations_that_record_nothing_are_counted_too():
    with autograd.profile() as p, autograd.no_grad():
        model()(X)
        Scalar(1.0) * 2
    assert {"linear", "tanh", "multiply"} <= rows(p).keys()
    assert all(row.kept == 0 for row in p.by("operation"))


def test_a_graph_from_before_the_profile_is_known_by_the_lines_of_its_nodes():
    x = Tensor([1.0], requires_grad=True)
    y, line = np.exp(x), here()
    with autograd.profile() as p:
        y.backward()
    (row,) = p.by("line")
    assert (row.name, row.calls, row.forward) == (line, 1, 0.0)


# --- Bytes ------------------------------------------------------------------------------------------------------------


def test_views_make_no_bytes_and_what_is_saved_counts_once():
    x = Tensor(np.ones((10, 10)), requires_grad=True)
    with autograd.profile() as p:
        y = np.exp(x)
        z = np.reshape(y, (100,)).T * y.ravel()
    found = rows(p)
    assert found["exp"].made == found["multiply"].made == 800
    assert {row.made for name, row in found.items() if name not in ("exp", "multiply")} == {0}
    assert sum(row.kept for row in p.by("operation")) == saved_bytes(z).total == 800
    assert z.node.notes["bytes"] == (800, 0)


def test_kept_bytes_are_those_that_saved_bytes_finds():
    net = model()
    with autograd.profile() as p:
        loss = nn.functional.cross_entropy(net(X), np.zeros(5, int))
    assert {row.name: row.kept for row in p.by("operation") if row.kept} == saved_bytes(loss).by_operation


def test_new_memory_counts_again_where_old_memory_was():
    x = Tensor(np.ones(1000), requires_grad=True)
    with autograd.profile() as p:
        for _ in range(5):
            np.exp(x)
    assert rows(p)["exp"].kept == rows(p)["exp"].made == 5 * 8000


def test_gradients_count_and_a_gradient_that_is_passed_on_does_not():
    x = Tensor(np.ones(10), requires_grad=True)
    with autograd.profile():
        y = np.exp(x)
        z = y + 1.0
        z.backward(np.ones(10))
    assert y.node.notes["bytes"] == (80, 80)
    assert z.node.notes["bytes"] == (80, 0)


def test_peak_memory_on_request():
    with autograd.profile(memory=True) as p:
        np.sum(np.exp(Tensor(np.ones(100_000))))
    assert 1_600_000 <= p.peak < 2_500_000
    assert not tracemalloc.is_tracing()
    assert f"{p.peak:,} bytes at most" in str(p)


def test_a_peak_is_what_the_block_adds_where_memory_is_traced_already():
    tracemalloc.start()
    try:
        held = np.ones(1_000_000)
        with autograd.profile(memory=True) as p:
            np.exp(Tensor(np.ones(100)))
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()
    assert 1600 <= p.peak < held.nbytes / 2


# --- Modules, steps, data ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recording", [True, False])
def test_modules_are_told_by_their_paths(recording):
    net = model()
    with autograd.profile() as p, autograd.set_grad_enabled(recording):
        y = net(X)
        if recording:
            y.sum().backward()
    found = rows(p, "module")
    assert {"0 (Linear)", "1.0 (Tanh)", "1.1 (Linear)"} <= found.keys()
    assert found["1.0 (Tanh)"].calls == 1
    assert (found["1.0 (Tanh)"].backward > 0) == recording


def test_a_module_that_fails_leaves_the_account_of_the_others_in_order():
    net = model()
    with autograd.profile() as p:
        with pytest.raises(ValueError, match="expected last axis"):
            net(np.ones((5, 7), np.float32))
        np.exp(Tensor(1.0))
        net[0](X)
    found = rows(p, "module")
    assert found["(no module)"].calls == 1
    assert found["0 (Linear)"].calls == 1


def test_optimizers_and_data_loaders_are_steps_and_a_closure_counts_for_itself():
    net = model()
    loader = nn.data.DataLoader(nn.data.TensorDataset(X, X[:, :2]), batch_size=2)
    adam, lbfgs = optim.Adam(net.parameters()), optim.LBFGS(net.parameters(), max_iter=2)
    f = sleeping(0.005)

    def closure():
        lbfgs.zero_grad()
        loss = f(net(X)).sum()
        loss.backward()
        return loss

    with autograd.profile() as p:
        for x, t in loader:
            nn.functional.mse_loss(net(x), t).backward()
            adam.step()
        lbfgs.step(closure)
    found = rows(p)
    assert found["Adam.step"].calls == 3
    assert found["DataLoader"].calls == 4  # the last is the end
    assert found["LBFGS.step"].calls == 1
    assert found["sleeping"].seconds >= 0.015
    assert found["LBFGS.step"].seconds < found["sleeping"].seconds


def test_a_data_loader_whose_epoch_outlasts_the_profile_goes_on():
    with autograd.profile() as p:
        batches = iter(nn.data.DataLoader(nn.data.TensorDataset(X), batch_size=2))
        next(batches)
    assert len(list(batches)) == 2
    assert rows(p)["DataLoader"].calls == 1


# --- What is shown ----------------------------------------------------------------------------------------------------


def test_the_table_has_totals_and_the_text_of_the_lines():
    x = Tensor([1.0], requires_grad=True)
    with autograd.profile() as p:
        np.exp(x).backward()
    first, _, head, row, _, lines, line = str(p).splitlines()
    assert "outside of operations" in first
    assert head.split()[:3] == ["operation", "calls", "ms"]
    assert row.split()[:2] == ["exp", "1"]
    assert lines.startswith("line")
    assert "np.exp(x).backward()" in line


def test_a_long_table_says_how_to_see_the_rest():
    x = Tensor([0.5])
    with autograd.profile() as p:
        for f in (
            np.sin,
            np.cos,
            np.tan,
            np.exp,
            np.log,
            np.sqrt,
            np.tanh,
            np.sinh,
            np.cosh,
            np.cbrt,
            np.abs,
            np.square,
            np.negative,
        ):
            f(x)
    assert "1 more: p.by('operation')" in str(p)
    assert len(p.by("operation")) == 13


def test_a_chrome_trace_nests_operations_in_modules(tmp_path):
    net = model()
    with autograd.profile() as p:
        net(X).sum().backward()
    p.to_chrome_trace(tmp_path / "trace.json")
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert {event["ph"] for event in events} == {"X"}
    assert all(0 <= event["ts"] and event["ts"] + event["dur"] <= (p._total + 1e-9) * 1e6 for event in events)
    (tanh,) = [event for event in events if (event["name"], event["cat"]) == ("tanh", "forward")]
    (around,) = [event for event in events if event["name"] == "1.0 (Tanh)"]
    assert around["ts"] <= tanh["ts"]
    assert tanh["ts"] + tanh["dur"] <= around["ts"] + around["dur"]
    assert tanh["args"]["module"] == "1.0 (Tanh)"
    assert [event["cat"] for event in events if event["name"] == "linear"] == ["forward"] * 2 + ["backward"] * 2


# --- Its bounds -------------------------------------------------------------------------------------------------------


def test_a_decorated_function_adds_up_its_calls():
    p = autograd.profile()

    @p
    def f(x):
        return np.exp(x)

    f(Tensor(1.0))
    first = p.total
    f(Tensor(1.0))
    assert rows(p)["exp"].calls == 2
    assert p.total > first


def test_other_threads_are_not_seen():
    with autograd.profile() as p:
        thread = threading.Thread(target=lambda: np.exp(Tensor(1.0)))
        thread.start()
        thread.join()
    assert p.by("operation") == []


def test_a_running_profile_is_not_entered_by_another_thread():
    refused = []

    def enter(p):
        try:
            with p:
                pass
        except RuntimeError as error:
            refused.append(str(error))

    with autograd.profile() as p:
        thread = threading.Thread(target=enter, args=(p,))
        thread.start()
        thread.join()
    assert len(refused) == 1
    assert p.by("operation") == []


def test_after_the_block_nothing_is_noted_and_gradients_are_the_same():
    net = model()
    net(X).sum().backward()
    expected = [p.grad.numpy().copy() for p in net.parameters()]
    net.zero_grad()
    with autograd.profile() as p:
        net(X).sum().backward()
    for found, wanted in zip(net.parameters(), expected):
        np.testing.assert_array_equal(found.grad.numpy(), wanted)
    count = len(p.by("operation"))
    y = np.cosh(net(X))
    assert "seconds" not in (y.node.notes or {})
    assert len(p.by("operation")) == count


def test_two_profiles_at_once_are_refused_and_the_first_goes_on():
    with autograd.profile() as p:
        for other in (p, autograd.profile()):
            with pytest.raises(RuntimeError, match="running here already; end its block"), other:
                pass
        np.exp(Tensor(1.0))
    assert rows(p)["exp"].calls == 1
    with autograd.profile():
        pass


@pytest.mark.parametrize(
    "read", [str, lambda p: p.by("line"), lambda p: p.total, lambda p: p.outside, lambda p: p.to_chrome_trace("x")]
)
def test_a_profile_is_not_read_before_its_end(read):
    with autograd.profile() as p, pytest.raises(RuntimeError, match=r"still running; read it after the `with` block"):
        read(p)


def test_an_error_in_the_block_ends_the_profile():
    p = autograd.profile(memory=True)

    @p
    def fails():
        np.exp(Tensor(1.0))
        raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert rows(p)["exp"].calls == 1
    assert not tracemalloc.is_tracing()
    assert not autograd.modes.entered


def test_bad_requests_are_told_what_to_write(tmp_path):
    with autograd.profile() as p:
        pass
    with pytest.raises(ValueError, match=r"by\('layer'\): a profile is grouped by 'operation', 'line' or 'module'"):
        p.by("layer")
    with pytest.raises(RuntimeError, match=r"write autograd.profile\(memory=True\)"):
        _ = p.peak
    with pytest.raises(FileNotFoundError, match=r"cannot be written: No such file.*give a path in a folder"):
        p.to_chrome_trace(tmp_path / "none" / "trace.json")
