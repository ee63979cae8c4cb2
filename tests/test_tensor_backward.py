"""The backward pass: what lands in `grad`, what is kept and freed, hooks, and graphs that are wide or deep."""

import gc
import threading
import weakref

import numpy as np
import pytest

import autograd
from autograd import Tensor, graph
from autograd.rules import arithmetic


def leaf(*values):
    return Tensor(np.array(values), requires_grad=True)


# --- What lands in grad -----------------------------------------------------------------------------------------------


def test_gradients_add_up_over_backward_passes_until_they_are_set_to_none():
    x = leaf(1.0, 2.0)
    (x * 3).sum().backward()
    (x * x).sum().backward()
    assert x.grad.tolist() == [5, 7]
    x.grad = None
    (x * 3).sum().backward()
    assert x.grad.tolist() == [3, 3]


def test_a_gradient_that_somebody_holds_is_the_one_that_adds_up():
    x = leaf(1.0)
    (x * 3).sum().backward()
    held = x.grad
    (x * 3).sum().backward()
    assert held is x.grad
    assert held.tolist() == [6]


def test_gradient_weights_the_elements():
    x = leaf(1.0, 2.0)
    (x * x).backward(gradient=[1.0, 10.0])
    assert x.grad.tolist() == [2, 40]
    (x * x).backward(Tensor([1.0, 0.0]))  # in another dtype
    assert x.grad.tolist() == [4, 40]
    seen = []
    y = Tensor([1.0], requires_grad=True) * 2
    y.register_hook(lambda g: seen.append(g.dtype))
    y.backward(np.ones(1))
    assert seen == [np.float32]


def test_backward_of_a_leaf_is_its_seed():
    x = Tensor(2.0, requires_grad=True)
    x.backward()
    x.backward()
    assert x.grad.item() == 2


def test_only_the_inputs_asked_for_get_a_gradient():
    x, y = leaf(1.0), leaf(2.0)
    (x * y).sum().backward(inputs=[x])
    assert (x.grad.tolist(), y.grad) == ([2], None)


def test_results_have_no_grad_unless_they_retain_it():
    x = leaf(1.0, 2.0)
    y = x * 3
    z = y * y
    y.retain_grad()
    y.retain_grad()
    z.sum().backward()
    assert (y.grad.tolist(), z.grad, x.grad.tolist()) == ([6, 12], None, [18, 36])
    assert not np.shares_memory(y.grad.numpy(), x.grad.numpy())


def test_a_gradient_of_another_broadcast_shape_or_dtype_never_appears():
    x = Tensor(np.ones((2, 1), np.float32), requires_grad=True)
    (x * np.ones((5, 2, 3))).sum().backward()
    assert (x.grad.shape, x.grad.dtype, x.grad.tolist()) == ((2, 1), np.float32, [[15], [15]])


def test_an_integer_path_carries_no_gradient():
    x = leaf(1.5, 2.5)
    y = x + x.long() * x
    y.sum().backward()
    assert x.grad.tolist() == [2, 3]
    assert not x.long().requires_grad


# --- What is kept and freed -------------------------------------------------------------------------------------------


def test_retain_graph_lets_the_same_graph_be_gone_through_again():
    x = leaf(3.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [18]


def test_create_graph_makes_gradients_differentiable_to_the_third_order():
    x = leaf(2.0)
    y = (x**4).sum()
    (first,) = autograd.grad(y, [x], create_graph=True)
    (second,) = autograd.grad(first.sum(), [x], create_graph=True)
    (third,) = autograd.grad(second.sum(), [x], create_graph=True)
    third.sum().backward()
    assert (first.item(), second.item(), third.item(), x.grad.item()) == (32, 48, 48, 24)
    assert not Tensor(first).requires_grad


def test_backward_with_create_graph_leaves_a_grad_that_has_a_history():
    x = leaf(3.0)
    (x**3).sum().backward(create_graph=True)
    assert x.grad.requires_grad
    penalty = (x.grad**2).sum()
    x.grad = None
    penalty.backward()
    assert x.grad.item() == 2 * 27 * 18


def test_a_first_pass_that_records_leaves_the_graph_for_a_second():
    x = leaf(3.0)
    y = (x * x * x).sum()
    autograd.grad(y, [x], create_graph=True)
    y.backward()
    assert x.grad.item() == 27


def test_a_value_changed_in_place_after_its_use_is_an_error_that_names_the_operation():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    y = np.exp(x * w).sum()
    w.data = np.array([0.0, 0.0])
    with pytest.raises(RuntimeError, match=r"multiply.*changed in place.*before the change"):
        y.backward()
    assert x.grad is None


def test_a_value_changed_in_place_that_no_rule_needs_is_no_error():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    y = (x + w).sum()
    w.data = np.array([0.0, 0.0])
    y.backward()
    (np.array([2.0, 2.0]) * w).sum().backward()  # what is computed after the change is right
    assert w.grad.tolist() == [3, 3]


def test_touch_dates_a_change_made_through_numpy():
    w = leaf(3.0)
    y = (w * w).sum()
    w.numpy()[:] = 5
    graph.touch(w.node)
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()
    (w * w).sum().backward()
    assert w.grad.tolist() == [10]


# --- Hooks ------------------------------------------------------------------------------------------------------------


def test_a_hook_sees_the_gradient_and_may_replace_it():
    x = leaf(1.0, 2.0)
    y = x * 2
    seen = []
    y.register_hook(lambda g: seen.append(g.tolist()))
    remove = y.register_hook(lambda g: g * 10)
    (y * y).sum().backward(retain_graph=True)
    assert seen == [[4, 8]]
    assert x.grad.tolist() == [80, 160]
    remove()
    x.grad = None
    (y * y).sum().backward()
    assert x.grad.tolist() == [8, 16]


def test_a_hook_on_a_leaf_sees_the_sum_of_all_uses_once_and_may_replace_it():
    x, seen = leaf(1.0), []
    x.register_hook(lambda g: seen.append(g.item()))
    x.register_hook(lambda g: np.array([7.0]))
    (x + x * 2 + x * 3).sum().backward()
    assert (seen, x.grad.tolist()) == ([6], [7])


def test_a_hook_cannot_change_the_gradient_in_place():
    x, y = leaf(1.0), leaf(1.0)

    def hook(g):
        g.numpy()[:] = 100

    z = x + y
    z.register_hook(hook)
    z.sum().backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([1], [1])


def test_a_hook_that_returns_another_shape_is_an_error():
    x = leaf(1.0, 2.0)
    x.register_hook(lambda g: np.ones(3))
    with pytest.raises(ValueError, match=r"\(3,\).*\(2,\)"):
        (x * 2).sum().backward()


def test_hooks_run_on_recorded_gradients_too():
    x = leaf(3.0)
    y = x * x
    y.register_hook(lambda g: g * 2)
    (g,) = autograd.grad(y.sum(), [x], create_graph=True)
    (second,) = autograd.grad(g.sum(), [x])
    assert (g.item(), second.item()) == (12, 4)


# --- Graphs that are wide or deep -------------------------------------------------------------------------------------


def counted(monkeypatch, *functions):
    """How often the rules of these operations are asked."""
    calls = []
    for function in functions:
        pull = function.op.pull
        monkeypatch.setattr(
            function.op, "pull", lambda *args, pull=pull, op=function.op: (calls.append(op.name), pull(*args))[1]
        )
    return calls


def test_a_lattice_of_2_to_the_50_paths_visits_each_of_its_100_nodes_once(monkeypatch):
    calls = counted(monkeypatch, arithmetic.add, autograd.multiply)
    x = Tensor(np.float64(1.0), requires_grad=True)
    y = x
    for _ in range(50):
        y = (y + y) * 0.5
    y = y * 2.0**50
    y.backward()
    assert x.grad.item() == 2.0**50
    assert len(calls) == 101


def test_only_nodes_on_a_path_to_the_inputs_are_visited(monkeypatch):
    x, w = leaf(1.0), leaf(2.0)
    y = np.exp(np.sin(x)) * np.exp(np.cos(w))
    calls = counted(monkeypatch, autograd.exp, autograd.sin, autograd.cos)
    autograd.grad(y.sum(), [x])
    assert sorted(calls) == ["exp", "sin"]


def chain(length):
    x = Tensor(np.float64(1.0), requires_grad=True)
    y = x
    for _ in range(length):
        y = y + 1.0
    y.backward()
    assert x.grad.item() == 1
    return y


@pytest.mark.parametrize("length", [10**5, pytest.param(10**6, marks=pytest.mark.slow)])
def test_a_deep_chain_is_built_differentiated_and_freed_without_recursion(length):
    """In a thread of the smallest stack, where any recursion in C would end the process."""
    failures = []

    def run():
        try:
            y = chain(length)
            last = weakref.ref(y.node)
            del y
            assert last() is None
        except BaseException as failure:
            failures.append(failure)

    before = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert not failures, failures


def test_a_deep_chain_is_differentiated_twice_without_recursion():
    x = Tensor(np.float64(1.0), requires_grad=True)
    y = x
    for _ in range(3000):
        y = y * 1.0001
    (g,) = autograd.grad(y * y, [x], create_graph=True)
    (second,) = autograd.grad(g, [x])
    assert second.item() == pytest.approx(2 * 1.0001**6000)


def test_a_wide_sum_has_a_gradient_for_every_leaf():
    xs = [Tensor(np.float64(i), requires_grad=True) for i in range(1000)]
    np.stack(xs).sum().backward()
    assert all(x.grad.item() == 1 for x in xs)


# --- Several threads --------------------------------------------------------------------------------------------------


def test_threads_build_and_differentiate_graphs_of_their_own():
    results = {}

    def run(k):
        x = Tensor(np.full(50, float(k)), requires_grad=True)
        y = x
        for _ in range(200):
            y = y * 1.0 + 0.0
        (y * y).sum().backward()
        results[k] = x.grad.tolist()

    threads = [threading.Thread(target=run, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {k: [2.0 * k] * 50 for k in range(4)}


# --- The graph is gone with its last user ------------------------------------------------------------------------------


@pytest.mark.parametrize("backward", [False, True])
def test_a_graph_goes_with_its_loss_without_the_garbage_collector(backward):
    x = leaf(1.0, 2.0)
    gc.disable()
    try:
        y = np.exp(x * x)
        loss = y.sum()
        nodes = [weakref.ref(t.node) for t in (y, loss)]
        if backward:
            loss.backward()
        del y, loss
        assert [node() for node in nodes] == [None, None]
    finally:
        gc.enable()


def test_a_gradient_that_a_graph_has_saved_is_not_added_to_in_place():
    x, w = Tensor([1.0, 2.0], requires_grad=True), Tensor([1.0, 1.0], requires_grad=True)
    (x * x).sum().backward()
    held = x.grad
    y = (w * x.grad).sum() + (w * x.grad.reshape(-1)).sum()
    (x * x).sum().backward()
    y.backward()
    assert w.grad.tolist() == [4, 8]
    assert x.grad is held
    assert x.grad.tolist() == [4, 8]


def test_with_create_graph_no_two_gradients_are_one_tensor():
    a, b = Tensor([1.0, 2.0], requires_grad=True), Tensor([1.0, 2.0], requires_grad=True)
    ((a + b) * 3.0).sum().backward(create_graph=True)
    (a * 1.0).sum().backward()
    assert (a.grad.tolist(), b.grad.tolist()) == ([4, 4], [3, 3])
    a.grad, g = None, Tensor([1.0, 1.0])
    (a + 0.0).backward(g, create_graph=True)
    (a * 1.0).sum().backward()
    assert (a.grad.tolist(), g.tolist()) == ([2, 2], [1, 1])
    first, second = autograd.grad(a + b, [a, b], g, create_graph=True)
    assert first is not second
    assert g is not first


def test_a_leaf_that_needed_no_gradient_for_a_while_is_the_same_leaf_again():
    x = Tensor([1.0, 2.0], requires_grad=True)
    (x * 1.0).sum().backward()
    y = (x * x).sum()
    x.requires_grad_(False)
    assert x.grad.tolist() == [1, 1]
    assert not (x * 2).requires_grad
    x.requires_grad_(True)
    y.backward()
    assert x.grad.tolist() == [3, 5]
    x.requires_grad_(False)
    x.grad = None
    assert x.requires_grad_().grad is None


def test_inputs_may_be_one_tensor_and_must_need_a_gradient():
    x, w = Tensor([1.0, 2.0], requires_grad=True), Tensor([1.0, 1.0], requires_grad=True)
    (x * w).sum().backward(inputs=x)
    assert x.grad.tolist() == [1, 1]
    assert w.grad is None
    with pytest.raises(RuntimeError, match=r"backward\(inputs=...\): number 1 needs no gradient"):
        (x * w).sum().backward(inputs=[w, Tensor([1.0])])


@pytest.mark.parametrize("create_graph", [False, True])
def test_what_a_hook_returns_is_checked(create_graph):
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    y.register_hook(lambda g: np.zeros(1))
    with pytest.raises(ValueError, match=r"a hook returned a gradient of shape \(1,\) for one of shape \(2,\)"):
        y.sum().backward(create_graph=create_graph)
    y = x * x
    y.register_hook(lambda g: g.astype(np.float64) * 2)
    y.sum().backward(create_graph=create_graph)
    assert x.grad.dtype == np.float32
    assert x.grad.tolist() == [4, 8]


def test_a_backward_pass_that_fails_leaves_no_gradient_behind():
    x, z = Tensor([1.0, 2.0], requires_grad=True), Tensor([1.0, 1.0], requires_grad=True)
    h = x * x
    h.sum().backward()
    x.grad = None
    b = h + 1.0
    b.retain_grad()
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        (b * z).sum().backward()
    assert b.grad is z.grad is x.grad is None


def test_a_retained_gradient_makes_no_cycle():
    gc.disable()
    try:
        x = Tensor([1.0, 2.0], requires_grad=True)
        y = x * x
        y.retain_grad()
        y.retain_grad()
        y.sum().backward()
        assert y.grad.tolist() == [1, 1]
        gone = weakref.ref(y.node)
        del y
        assert gone() is None
    finally:
        gc.enable()


def test_a_leaf_that_needs_a_gradient_stays_floating():
    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match="its data must be floating, and not int64"):
        x.data = np.array([1, 2])
    assert x.dtype == np.float32
    with pytest.raises(TypeError, match="a dtype is given as dtype="):
        Tensor([1.0], np.float64)


def test_a_leaf_whose_data_changed_its_dtype_while_it_was_frozen_is_of_that_dtype_again():
    x = Tensor([1.0, 2.0], requires_grad=True)
    x.requires_grad_(False)
    x.data = Tensor(np.array([[3.0]], np.float32))
    x.requires_grad_()
    (x * x).sum().backward()
    assert x.grad.dtype == np.float32
    assert x.grad.tolist() == [[6.0]]
    x.requires_grad_(False)
    x.data = Tensor([1, 2])
    with pytest.raises(TypeError, match="only floating Tensors can need a gradient, and this one is int64"):
        x.requires_grad_()


@pytest.mark.parametrize("make", [lambda: Tensor([2.0], requires_grad=True), lambda: autograd.Scalar(2.0)])
def test_a_hook_is_taken_off_by_its_handle_in_three_ways(make):
    x, seen = make(), []
    handle = x.register_hook(seen.append)
    with x.register_hook(seen.append):
        (x * x).backward()
    assert len(seen) == 2
    (x * x).backward()
    assert len(seen) == 3
    handle.remove()
    x.register_hook(seen.append)()
    (x * x).backward()
    assert len(seen) == 3


def test_the_gradient_by_what_is_no_leaf_needs_nothing_behind_it():
    x = Tensor(np.arange(1.0, 7.0).reshape(2, 3), requires_grad=True)
    for f in (np.exp, np.sum, lambda h: h[1:], lambda h: h.T, lambda h: h @ h.T, lambda h: np.max(h, 0), lambda h: np.concatenate([h, h]),
              lambda h: np.sort(h, 1), lambda h: autograd.softmax(h, 0), lambda h: np.linalg.norm(h), lambda h: h.reshape(-1)):  # fmt: skip
        v = f(x * 1.5)
        (g,) = autograd.grad((v * v).sum(), [v])
        np.testing.assert_allclose(g.numpy(), 2 * v.detach().numpy())
        v = f(x * 1.5)
        v.retain_grad()
        (v * v).sum().backward(inputs=[v])
        np.testing.assert_allclose(v.grad.numpy(), 2 * v.detach().numpy())
    assert x.grad is None
