"""Modes hold for the code in their block and for nothing else: not in other threads, not while a generator is suspended."""

import asyncio
import contextlib
import inspect
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import autograd
from autograd import Tensor, enable_grad, is_grad_enabled, modes, no_grad, observe


def records():
    """Whether an operation called from here records a graph; `is_grad_enabled` says the same."""
    found = (Tensor(1.0, requires_grad=True) * 2).requires_grad
    assert found == is_grad_enabled()
    return found


# --- Blocks and decorators --------------------------------------------------------------------------------------------


def test_set_grad_enabled_is_a_block_a_decorator_and_a_statement():
    seen = []

    def note():
        seen.append(is_grad_enabled())

    for mode in (True, False):
        with autograd.set_grad_enabled(mode):
            note()
        note()
    autograd.set_grad_enabled(False)
    note()
    with autograd.set_grad_enabled(True):
        note()
        autograd.set_grad_enabled(False)
        note()
        autograd.set_grad_enabled(True)
        note()
    note()  # what held before the block
    with enable_grad():
        note()
    autograd.set_grad_enabled(False)
    autograd.set_grad_enabled(True)
    note()
    f = autograd.set_grad_enabled(False)(is_grad_enabled)
    note()
    seen.append(f())
    note()
    with no_grad(), autograd.set_grad_enabled(mode=True):
        note()
    assert seen == [True, True, False, True, False, True, False, True, False, True, True, True, False, True, True]
    modes.entered.clear()


def test_statements_of_set_grad_enabled_do_not_pile_up_and_hold_in_their_thread():
    for _ in range(50):
        autograd.set_grad_enabled(False)
        autograd.set_grad_enabled(True)
    assert len(modes.entered) <= 2
    autograd.set_grad_enabled(False)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(is_grad_enabled).result()
    assert not is_grad_enabled()
    autograd.set_grad_enabled(True)
    modes.entered.clear()


def test_set_grad_enabled_is_pytorchs():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    plan = [(rng.integers(3), bool(rng.integers(2))) for _ in range(60)]

    def run(engine):
        seen, open_blocks = [], []
        for kind, mode in plan:
            if kind == 0:
                engine.set_grad_enabled(mode)
            elif kind == 1 or not open_blocks:
                block = (engine.no_grad, engine.enable_grad, lambda m=mode: engine.set_grad_enabled(m))
                open_blocks.append(block[len(open_blocks) % 3]())
                open_blocks[-1].__enter__()
            else:
                open_blocks.pop().__exit__(None, None, None)
            seen.append(engine.is_grad_enabled())
        while open_blocks:
            open_blocks.pop().__exit__(None, None, None)
            seen.append(engine.is_grad_enabled())
        engine.set_grad_enabled(True)
        return seen

    assert run(autograd) == run(torch)
    modes.entered.clear()


def test_no_grad_holds_in_its_block_and_nests_with_enable_grad():
    with no_grad():
        assert not records()
        with enable_grad():
            assert records()
            with no_grad():
                assert not records()
            assert records()
        assert not records()
    assert records()


def test_a_mode_ends_with_an_exception():
    with pytest.raises(ZeroDivisionError), no_grad():
        1 / 0
    assert records()


def test_one_mode_object_can_be_entered_again_inside_itself():
    mode = no_grad()
    with mode:
        with mode:
            assert not records()
        assert not records()
    assert records()


@pytest.mark.parametrize("decorate", [no_grad, no_grad()])
def test_a_mode_decorates_with_and_without_parentheses(decorate):
    @decorate
    def f(value, *, scale=1):
        """What f is for."""
        return records(), value * scale

    assert f(2, scale=3) == (False, 6)
    assert (f.__name__, f.__doc__) == ("f", "What f is for.")
    assert list(inspect.signature(f).parameters) == ["value", "scale"]
    assert records()


def test_recursion_through_a_decorated_function():
    @no_grad()
    def f(depth):
        return [records()] + (f(depth - 1) if depth else []) + [records()]

    assert f(3) == [False] * 8


def test_a_method_can_be_decorated():
    class Model:
        @no_grad()
        def evaluate(self):
            return records()

    assert Model().evaluate() is False


# --- Generators -------------------------------------------------------------------------------------------------------


def test_a_generator_suspended_in_its_block_leaves_the_world_outside_alone():
    def batches():
        assert records()
        with no_grad():
            for _ in range(2):
                assert not records()
                yield
        assert records()
        yield

    for _ in batches():
        assert records()


def test_generators_suspended_in_their_blocks_may_be_resumed_in_any_order():
    def values(mode, expected):
        with mode():
            while True:
                assert records() is expected
                yield

    quiet, loud, other = values(no_grad, False), values(enable_grad, True), values(no_grad, False)
    for generator in (quiet, loud, other, quiet, other, loud, quiet):
        next(generator)
        assert records()
    with no_grad():
        for generator in (loud, quiet, loud):
            next(generator)
            assert not records()
    for generator in (quiet, other, loud):
        generator.close()


def test_a_generator_takes_the_mode_of_the_code_that_resumes_it():
    def states():
        while True:
            yield records()

    with no_grad():
        generator = states()
        assert next(generator) is False
    assert next(generator) is True
    with no_grad():
        assert next(generator) is False


def test_a_block_inside_a_delegated_generator():
    def inner():
        with no_grad():
            yield records()
            yield records()

    def outer():
        yield from inner()
        yield records()

    found = []
    for state in outer():
        found.append((state, records()))
    assert found == [(False, True), (False, True), (True, True)]


def test_what_a_suspended_generator_calls_is_in_its_block():
    def generator():
        with no_grad():
            yield [records() for _ in range(2)]
            yield [records() for _ in range(2)]

    assert list(generator()) == [[False, False], [False, False]]


def test_a_dropped_generator_takes_its_mode_with_it():
    def generator():
        with no_grad():
            yield

    kept = generator()
    next(kept)
    assert records()
    del kept
    assert modes.entered == []


def test_a_decorated_generator_runs_in_the_mode_and_its_user_does_not():
    @no_grad()
    def echo():
        got = yield records()
        try:
            yield got, records()
        except KeyError:
            yield "caught", records()
        return "returned"

    generator = echo()
    assert next(generator) is False
    assert records()
    assert generator.send("sent") == ("sent", False)
    assert generator.throw(KeyError()) == ("caught", False)
    with pytest.raises(StopIteration, match="returned"):
        next(generator)


# --- Helpers of contextlib --------------------------------------------------------------------------------------------


@contextlib.contextmanager
def evaluating():
    with no_grad():
        yield


@contextlib.contextmanager
def twice_removed():
    with evaluating():
        yield


@pytest.mark.parametrize("helper", [evaluating, twice_removed])
def test_a_context_manager_helper_holds_for_its_users_block(helper):
    with helper():
        assert not records()
        with enable_grad():
            assert records()
        assert not records()
    assert records()

    @helper()
    def f():
        return records()

    assert f() is False


def test_an_exit_stack_holds_until_it_is_closed():
    with contextlib.ExitStack() as stack:
        stack.enter_context(no_grad())
        assert not records()
        stack.enter_context(contextlib.ExitStack()).enter_context(enable_grad())
        assert records()
        kept = stack.pop_all()
    assert records()
    stack = contextlib.ExitStack()
    stack.enter_context(evaluating())
    assert not records()
    stack.close()
    kept.close()
    assert records()


def test_a_helper_inside_a_suspended_generator_leaves_the_world_outside_alone():
    def generator():
        with evaluating(), contextlib.ExitStack() as stack:
            stack.enter_context(no_grad())
            yield records()
            yield records()
        yield records()

    found = []
    for state in generator():
        found.append((state, records()))
    assert found == [(False, True), (False, True), (True, True)]


def test_a_class_that_enters_a_mode_by_hand():
    class Frozen:
        def __enter__(self):
            self.mode = no_grad()
            self.mode.__enter__()

        def __exit__(self, *exc):
            self.mode.__exit__(*exc)

    with Frozen():
        assert not records()
    assert records()


# --- Threads ----------------------------------------------------------------------------------------------------------


def in_thread(f):
    result = []
    thread = threading.Thread(target=lambda: result.append(f()))
    thread.start()
    thread.join()
    return result[0]


def test_a_thread_started_inside_a_block_records():
    with no_grad():
        assert in_thread(records) is True
        assert not records()


def test_a_block_in_another_thread_does_not_reach_this_one():
    inside, leave = threading.Event(), threading.Event()
    seen = []

    def run():
        with no_grad():
            seen.append(records())
            inside.set()
            leave.wait()
            seen.append(records())

    thread = threading.Thread(target=run)
    thread.start()
    inside.wait()
    assert records()
    x = Tensor(3.0, requires_grad=True)
    (x * x).backward()
    leave.set()
    thread.join()
    assert seen == [False, False]
    assert x.grad.item() == 6


def test_a_generator_may_be_resumed_in_another_thread():
    def generator():
        with no_grad():
            yield records()
            yield records()

    kept = generator()
    assert next(kept) is False
    assert in_thread(records) is True
    assert in_thread(lambda: next(kept)) is False
    assert in_thread(lambda: list(kept)) == []


def test_one_decorator_serves_several_threads_at_once():
    barrier = threading.Barrier(3)

    @no_grad()
    def f():
        barrier.wait()
        state = records()
        barrier.wait()
        return state

    results = []
    threads = [threading.Thread(target=lambda: results.append((f(), records()))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [(False, True)] * 3


# --- Tasks ------------------------------------------------------------------------------------------------------------


def test_tasks_that_wait_inside_a_block_leave_other_tasks_alone():
    async def quiet(turns):
        with no_grad():
            for _ in range(turns):
                assert not records()
                await asyncio.sleep(0)
                assert not records()

    async def loud(turns):
        for _ in range(turns):
            assert records()
            await asyncio.sleep(0)

    async def main():
        await asyncio.gather(quiet(3), loud(4), quiet(5), loud(2))
        assert records()
        with no_grad():
            await asyncio.gather(loud(2), loud(2))  # tasks of their own
            await quiet(1)
            assert not records()

    asyncio.run(main())


def test_what_is_awaited_in_a_block_is_in_it():
    async def state():
        await asyncio.sleep(0)
        return records()

    @no_grad()
    async def decorated():
        return await state()

    async def main():
        with no_grad():
            assert await state() is False
            assert await asyncio.to_thread(records) is True
        assert await decorated() is False
        assert await state() is True

    asyncio.run(main())


def test_asynchronous_helpers_hold_for_their_users_block():
    @contextlib.asynccontextmanager
    async def evaluating():
        with no_grad():
            await asyncio.sleep(0)
            yield

    @contextlib.asynccontextmanager
    async def twice_removed():
        async with evaluating():
            yield

    async def other():
        for _ in range(6):
            assert records()
            await asyncio.sleep(0)

    async def main():
        task = asyncio.create_task(other())
        for helper in (evaluating, twice_removed):
            async with helper():
                await asyncio.sleep(0)
                assert not records()
            assert records()
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(evaluating())
            assert not records()
            stack.enter_context(enable_grad())
            assert records()
        assert records()
        await task

    asyncio.run(main())


def test_an_asynchronous_generator_suspended_in_its_block():
    async def batches():
        with no_grad():
            for _ in range(2):
                yield records()

    async def main():
        async for state in batches():
            assert state is False
            assert records()
            await asyncio.sleep(0)
            assert records()

    asyncio.run(main())


def test_an_asynchronous_generator_cannot_be_decorated_and_the_message_says_what_to_write():
    with pytest.raises(TypeError, match=r"with no_grad\(\):` inside batches"):

        @no_grad()
        async def batches():
            yield


@pytest.mark.skipif(not hasattr(sys.flags, "thread_inherit_context"), reason="this Python's threads inherit no context")
def test_threads_that_inherit_context_inherit_no_mode():
    import subprocess

    code = (
        "import threading, autograd\n"
        "with autograd.no_grad():\n"
        "    t = threading.Thread(target=lambda: print(autograd.is_grad_enabled())); t.start(); t.join()\n"
    )
    done = subprocess.run(
        [sys.executable, "-X", "thread_inherit_context=1", "-c", code], capture_output=True, text=True
    )
    assert done.stdout.strip() == "True"


# --- Observing --------------------------------------------------------------------------------------------------------


def test_under_observe_nodes_keep_their_value_and_their_cotangent():
    x = Tensor([1.0, 2.0], requires_grad=True)
    with observe():
        y = x * 3
        z = (y * y).sum()
    z.backward()
    assert y.node.notes["value"].tolist() == [3, 6]
    assert y.node.notes["cotangent"].tolist() == [6, 12]
    assert (x * 3).node.notes is None


def test_observed_operands_are_what_they_were_then():
    x, scale = Tensor([1.0, 2.0], requires_grad=True), np.array([3.0, 3.0])
    with observe():
        y = autograd.concatenate([x, x * scale])
    made = y.node.inputs[1]
    with no_grad():
        x += 1
    scale += 1
    assert [a.tolist() for a in made.notes["operands"]] == [[1, 2], [3, 3]]
    assert [a.tolist() for a in y.node.notes["operands"]] == [[1, 2], [3, 6]]


def test_observing_in_one_thread_observes_no_other():
    with observe():
        assert in_thread(lambda: (Tensor(1.0, requires_grad=True) * 2).node.notes) is None


def test_no_grad_inside_observe_records_nothing():
    with observe(), no_grad():
        assert not (Tensor(1.0, requires_grad=True) * 2).requires_grad


def test_gradients_of_functions_work_inside_no_grad():
    """A transform asks for the gradient itself; what is around it does not matter."""
    with no_grad():
        assert autograd.grad(np.sin)(0.0) == 1
        assert autograd.grad(autograd.grad(lambda x: x**3))(2.0) == 12
        assert autograd.jvp(np.sin, (0.0,), (2.0,)) == (0, 2)
        assert autograd.hessian(lambda x: (x**2).sum())(np.ones(2)).tolist() == [[2, 0], [0, 2]]
        assert not records()


def test_backward_works_inside_no_grad_on_a_graph_made_outside():
    x = Tensor(3.0, requires_grad=True)
    y = x * x
    with no_grad():
        y.backward()
    assert x.grad.item() == 6


# --- Several threads, each with its own graph -------------------------------------------------------------------------


@pytest.mark.parametrize("payload", ["tensors", "scalars", "written into", "higher order"])
def test_threads_record_and_sweep_their_graphs_at_once_with_exact_gradients(payload):
    def gradient(seed):
        start = np.random.default_rng(seed).uniform(0.5, 1.5, 4)
        if payload == "scalars":
            x = autograd.Scalar(float(start[0]))
            y = x
            for _ in range(30):
                y = (y * x + 1).tanh() * x
            y.backward()
            return x.grad
        x = Tensor(start, requires_grad=True)
        y = x * 1
        for _ in range(30):
            if payload == "written into":
                y[seed % 4] = np.tanh(y * x).sum()
            else:
                y = np.tanh(y * x + np.sin(y).sum())
        if payload == "higher order":
            (slope,) = autograd.grad(y.sum(), [x], create_graph=True)
            y = slope * x
        y.sum().backward()
        return x.grad.tolist()

    expected = [gradient(seed) for seed in range(8)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(gradient, [*range(8)] * 12))
    finally:
        sys.setswitchinterval(interval)
    assert found == expected * 12


FIRST_CALLS = """
import sys, threading
import numpy as np
import autograd
from autograd.op import elementwise

sys.setswitchinterval(1e-6)
found = []
for i in range(40):
    double = elementwise(lambda x, times=2.0: x * times, lambda g, times: g * times, name=f"double_{i}")
    barrier = threading.Barrier(4)

    def call():
        x = autograd.Tensor([1.0], requires_grad=True)
        barrier.wait()
        try:
            double(x).backward()
            found.append(x.grad.item())
        except BaseException as error:
            found.append(repr(error))

    threads = [threading.Thread(target=call) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
assert set(found) == {2.0}, set(found)
"""


def test_threads_may_be_the_first_to_call_an_operation_at_once():
    done = subprocess.run([sys.executable, "-c", FIRST_CALLS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
