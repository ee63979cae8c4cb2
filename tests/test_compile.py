"""compile: what is replayed gives what the function itself gives, has the same effects, and sees what has changed since."""

import threading
import warnings
from itertools import pairwise

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor, TraceError
from autograd.compiler.passes import PASSES
from autograd.transforms import flatten
from nn import functional as F
from tests.samples import SAMPLES

rng = np.random.default_rng(0)
ROWS = [rng.standard_normal((16, 8)).astype(np.float32) for _ in range(4)]
LABELS = [rng.integers(0, 3, 16) for _ in range(4)]


def same(a, b, tolerance=1e-5):
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), tolerance, tolerance)


# --- Laws over all operations -----------------------------------------------------------------------------------------


def leaf(x):
    return Tensor(x, requires_grad=True) if getattr(x, "dtype", np.dtype(int)).kind == "f" else x


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_replayed_code_gives_what_the_operation_gives(sample):
    f = lambda *xs: sample(*xs)
    compiled = autograd.compile(f)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        for seed in (0, 1, 0):
            x = sample.draw(seed)
            try:
                expected = flatten(f(*x))[0]
            except IndexError:  # of an index that was drawn
                continue
            try:
                found = flatten(compiled(*x))[0]
            except TraceError:
                pytest.skip("what it does depends on values")
            for a, b in zip(expected, found, strict=True):
                if str(sample).startswith(("svd", "linalg.svd", "eigh")):
                    a, b = np.abs(a), np.abs(b)  # LAPACK chooses signs, by the layout in memory too
                assert (
                    getattr(a, "dtype", None) == getattr(b, "dtype", None) or isinstance(b, int) or isinstance(a, int)
                )
                np.testing.assert_allclose(np.asarray(b), np.asarray(a), 1e-6, 1e-9)


# --- Training steps ---------------------------------------------------------------------------------------------------


def train(model, optimizer, loss, inputs, targets, compiled, clip=False):
    autograd.manual_seed(0)
    model = model()
    optimizer = optimizer(model.parameters())

    def step(x, t):
        optimizer.zero_grad()
        value = loss(model(x), t)
        value.backward()
        if clip:
            nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimizer.step()
        return value

    run = autograd.compile(step) if compiled else step
    losses = [run(inputs[k % 4], targets[k % 4]).item() for k in range(6)]
    if compiled:
        assert run.traces == 1
    state = [v.numpy().copy() for v in model.state_dict().values()]
    kept = [value for p in model.parameters() for name, value in sorted(optimizer.state[p].items()) if name != "step"]
    return losses, [p.grad.numpy().copy() for p in model.parameters()], state, [np.array(v) for v in kept]


def check(model, optimizer, loss, inputs=ROWS, targets=LABELS, **options):
    eager, compiled = (train(model, optimizer, loss, inputs, targets, mode, **options) for mode in (False, True))
    for a, b in zip(eager, compiled, strict=True):
        for x, y in zip(a, b, strict=True):
            np.testing.assert_allclose(y, x, 2e-3, 2e-5)


def mlp():
    return nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 3))


OPTIMIZERS = [
    optimizer
    for optimizer in (getattr(optim, name) for name in dir(optim))
    if isinstance(optimizer, type)
    and issubclass(optimizer, optim.Optimizer)
    and optimizer not in (optim.Optimizer, optim.LBFGS, optim.Nesterov, optim.Muon)
]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: o.__name__)
def test_a_step_of_every_optimizer_does_the_same(optimizer):
    check(mlp, lambda ps: optimizer(ps, lr=0.01), F.cross_entropy)


@pytest.mark.parametrize(
    "settings",
    [
        {"momentum": 0.9, "dampening": 0.5}, {"momentum": 0.9, "nesterov": True}, {"weight_decay": 0.1}, {"maximize": True},
    ],
    ids=str,
)  # fmt: skip
def test_settings_of_sgd_are_followed(settings):
    if "dampening" in settings:
        with pytest.raises(AssertionError):  # the first step is another program than those that follow
            check(mlp, lambda ps: optim.SGD(ps, lr=0.1, **settings), F.cross_entropy)
    else:
        check(mlp, lambda ps: optim.SGD(ps, lr=0.1, **settings), F.cross_entropy)


MODELS = {
    "relu": lambda: nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3)),
    "dropout": lambda: nn.Sequential(nn.Linear(8, 64), nn.Dropout(0.5), nn.Linear(64, 3)),
    "batch norm": lambda: nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.GELU(), nn.Linear(16, 3)),
    "layer norm": lambda: nn.Sequential(nn.Linear(8, 16), nn.LayerNorm(16), nn.SiLU(), nn.Linear(16, 3)),
    "large": lambda: nn.Sequential(nn.Linear(8, 4096), nn.Tanh(), nn.Linear(4096, 3)),
    "transformer": lambda: nn.Sequential(
        nn.Unflatten(1, (2, 4)), nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), nn.Flatten(), nn.Linear(8, 3)
    ),
    "convolution": lambda: nn.Sequential(
        nn.Unflatten(1, (2, 2, 2)), nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4, 3)
    ),
}  # fmt: skip


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("clip", [False, True], ids=["", "clipped"])
def test_a_step_of_many_models_does_the_same(model, clip):
    check(model, lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9), F.cross_entropy, clip=clip)


def test_an_lstm_is_trained_the_same():
    class Last(nn.Module):
        def __init__(self):
            self.lstm, self.head = nn.LSTM(4, 8, batch_first=True), nn.Linear(8, 3)

        def forward(self, x):
            return self.head(self.lstm(x)[0][:, -1])

    sequences = [rng.standard_normal((16, 5, 4)).astype(np.float32) for _ in range(4)]
    check(Last, lambda ps: optim.Adam(ps, lr=1e-2), F.cross_entropy, sequences)


def test_two_steps_in_one_function_are_two_steps():
    def run(compiled):
        w = Tensor([1.0, 2.0], requires_grad=True)
        v = Tensor([3.0], requires_grad=True)
        optimizer = optim.Adam([w, v], lr=0.1)

        def step(x):
            for _ in range(2):
                optimizer.zero_grad()
                ((w * x).sum() * v).sum().backward()
                optimizer.step()

        f = autograd.compile(step) if compiled else step
        for k in range(4):
            f(np.array([1.0, k], np.float32))
        return [*w.tolist(), *v.tolist(), optimizer.state[w]["step"]]

    same(run(True), run(False))


def test_gradients_add_up_where_nobody_clears_them():
    w = Tensor([1.0, 2.0], requires_grad=True)
    step = autograd.compile(lambda x: (w * x).sum().backward())
    for _ in range(3):
        step(np.array([1.0, 10.0], np.float32))
    assert w.grad.tolist() == [3, 30]


# --- What is read anew ------------------------------------------------------------------------------------------------


def quadratic(lr=0.1, **settings):
    w = Tensor([4.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=lr, **settings)

    def step():
        optimizer.zero_grad()
        (w * w).sum().backward()
        optimizer.step()

    return w, optimizer, autograd.compile(step)


def test_a_learning_rate_that_is_changed_is_used():
    w, optimizer, step = quadratic()
    step()
    optimizer.param_groups[0]["lr"] = 0.25
    step()
    assert w.item() == pytest.approx(4 * 0.8 * 0.5)
    assert step.traces == 1


def test_a_schedule_outside_and_inside_the_function():
    for inside in (False, True):
        w = Tensor([4.0], requires_grad=True)
        optimizer = optim.SGD([w], lr=0.1)
        schedule = optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)

        def step(w=w, optimizer=optimizer, schedule=schedule, inside=inside):
            optimizer.zero_grad()
            (w * w).sum().backward()
            optimizer.step()
            if inside:
                schedule.step()

        compiled = autograd.compile(step)
        for _ in range(3):
            compiled()
            if not inside:
                schedule.step()
        assert w.item() == pytest.approx(4 * 0.8 * 0.9 * 0.95)
        assert optimizer.param_groups[0]["lr"] == pytest.approx(0.1 / 8)


def test_a_setting_that_is_switched_on_makes_another_program():
    w, optimizer, step = quadratic()
    step()
    optimizer.param_groups[0]["weight_decay"] = 1.0
    step()
    assert w.item() == pytest.approx(4 * 0.8 * 0.7)
    assert step.traces == 2


def test_parameters_that_are_set_or_loaded_are_used():
    model = nn.Linear(2, 1)
    f = autograd.compile(lambda x: model(x))
    x = np.ones((1, 2), np.float32)
    f(x)
    model.weight.data = np.array([[1.0, 2.0]], np.float32)
    model.bias.numpy()[:] = 3
    assert f(x).item() == 6
    model.load_state_dict({"weight": Tensor([[0.0, 1.0]]), "bias": Tensor([0.0])})
    assert f(x).item() == 1


def test_arrays_in_cells_and_globals_are_read_anew():
    scale = np.array([2.0])
    f = autograd.compile(lambda x: x * scale + SHIFT)
    assert f(np.array([1.0])) == 3
    scale[:] = 5
    assert f(np.array([1.0])) == 6
    scale = np.array([7.0])
    SHIFT[:] = 2
    assert f(np.array([1.0])) == 9
    SHIFT[:] = 1
    scale = np.array([7.0, 8.0])
    assert f(np.array([1.0])).tolist() == [8, 9]
    assert f.traces == 2


SHIFT = np.array([1.0])
FACTOR = 2.0


def test_numbers_in_cells_and_globals_are_guarded():
    global FACTOR
    power = 2
    f = autograd.compile(lambda x: x**power * FACTOR)
    assert f(np.array(3.0)) == 18
    power = 3
    assert f(np.array(3.0)) == 54
    FACTOR = 1.0
    assert f(np.array(3.0)) == 27
    FACTOR = 2.0
    assert f(np.array(3.0)) == 54
    assert f.traces == 3


def test_the_mode_of_a_model_and_its_attributes_are_guarded():
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Dropout(0.5))
    f = autograd.compile(lambda x: model(x))
    x = np.ones(100, np.float32)
    assert 0 in f(x).tolist()
    model.eval()
    assert f(x).tolist() == x.tolist()
    model.train()
    assert 0 in f(x).tolist()
    assert f.traces == 2
    model[0].p = 0.0
    assert f(x).tolist() == x.tolist()


def test_a_parameter_that_is_frozen_gets_no_gradient_any_more():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    step = autograd.compile(lambda x: (model.zero_grad(), model(x).sum().backward()) and None)
    x = np.ones((3, 2), np.float32)
    step(x)
    model[0].weight.requires_grad_(False)
    model[0].weight.grad = None
    step(x)
    assert model[0].weight.grad is None
    assert model[0].bias.grad is not None
    assert step.traces == 2


def test_a_hook_that_is_added_is_called():
    model = nn.Linear(2, 1)
    f = autograd.compile(lambda x: model(x))
    x = np.ones((1, 2), np.float32)
    before = f(x).item()
    hook = model.register_forward_hook(lambda module, given, result: result * 2)
    assert f(x).item() == pytest.approx(2 * before)
    hook.remove()
    assert f(x).item() == pytest.approx(before)


def test_random_numbers_are_those_of_the_function_itself():
    model = nn.Dropout(0.5)
    x = np.ones(20, np.float32)
    f = lambda x: model(x) + autograd.randn(20)
    autograd.manual_seed(3)
    expected = [f(x).tolist() for _ in range(4)]
    autograd.manual_seed(3)
    compiled = autograd.compile(f)
    found = [compiled(x).tolist() for _ in range(4)]
    same(found, expected)
    assert found[0] != found[1]


def test_python_arguments_and_recording_make_programs_of_their_own():
    f = autograd.compile(lambda x, n, flag=True: x * n if flag else x)
    x = Tensor([1.0], requires_grad=True)
    assert f(x, 2).tolist() == [2]
    assert f(x, 3).tolist() == [3]
    assert f(x, 3, flag=False).tolist() == [1]
    with autograd.no_grad():
        assert not f(x, 2).requires_grad
    assert f.traces == 4


# --- Results ----------------------------------------------------------------------------------------------------------


def test_results_that_are_kept_are_not_written_over():
    w = Tensor([1.0, 2.0], requires_grad=True)

    def step(x):
        w.grad = None
        y = w * x
        y.sum().backward()
        return y.detach(), x, [y.detach() * 1.0]

    f = autograd.compile(step)
    kept = []
    for k in range(4):
        kept.append((*f(np.full(2, k, np.float32)), w.grad, w.grad.numpy()))
    for k, (y, x, (z,), g, array) in enumerate(kept):
        assert y.tolist() == z.tolist() == [k, 2 * k]
        assert list(x) == g.tolist() == array.tolist() == [k, k]


def test_plain_arrays_give_plain_arrays_and_tensors_tensors():
    f = autograd.compile(lambda x: {"y": np.sin(x), "z": [x.sum()]})
    for _ in range(2):
        found = f(np.ones(3))
        assert type(found["y"]) is np.ndarray
        assert isinstance(found["z"][0], np.float64)
        assert isinstance(f(Tensor(np.ones(3)))["y"], Tensor)


def test_gradients_flow_through_a_compiled_function():
    model = mlp()
    twin = autograd.compile(lambda x: model(x).sum(1))
    for x in ROWS:
        given = [Tensor(x, requires_grad=True) for _ in range(2)]
        for f, t in zip((lambda x: model(x).sum(1), twin), given, strict=True):
            model.zero_grad()
            y = f(np.tanh(t) * 1.0)
            (y * y).sum().backward()
        same(given[0].grad.numpy(), given[1].grad.numpy())


def test_gradients_of_parameters_flow_through_a_compiled_model():
    for name in ("relu", "batch norm", "layer norm"):
        found = []
        for compiled in (False, True):
            autograd.manual_seed(1)
            model = MODELS[name]()
            if compiled:
                model.compile()
            for x, t in zip(ROWS, LABELS, strict=True):
                model.zero_grad()
                F.cross_entropy(model(x), t).backward()
            found.append([p.grad.numpy() for p in model.parameters()] + [b.numpy() for b in model.buffers()])
        for a, b in zip(*found, strict=True):
            same(a, b, 1e-4)


def test_a_second_derivative_through_a_compiled_function_says_what_to_compile():
    f = autograd.compile(lambda x: (x**3).sum())
    x = Tensor([2.0], requires_grad=True)
    with pytest.raises(RuntimeError, match=r"compile\(autograd.grad\(autograd.grad\(f\)\)\)"):
        autograd.grad(f(x), [x], create_graph=True)
    assert autograd.compile(autograd.grad(autograd.grad(lambda x: x**3)))(2.0) == 12


def test_parameters_changed_between_forward_and_backward_are_noticed():
    w = Tensor([1.0], requires_grad=True)
    f = autograd.compile(lambda x: (w * w * x).sum())
    y = f(np.array([3.0], np.float32))
    with autograd.no_grad():
        w += 1
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


def test_zero_cotangents_stay_zero_where_a_derivative_is_infinite():
    f = autograd.grad(lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0)))
    compiled = autograd.compile(f)
    for x in (np.array([1.0, 4.0]), np.array([0.0, 4.0]), np.array([1.0, 4.0])):
        assert compiled(x).tolist() == f(x).tolist()


def test_zero_cotangents_stay_zero_in_code_that_runs_in_blocks():
    w = Tensor(np.ones((1 << 12, 32), np.float32), requires_grad=True)

    def backward(x):
        w.grad = None
        h = w * x
        np.where(h > 0, np.sqrt(h), 0.0 * h).sum().backward()

    compiled = autograd.compile(backward)
    x = np.ones(w.shape, np.float32)
    compiled(x)
    x[0, 0] = 0
    compiled(x)
    found = w.grad.numpy().copy()
    backward(x)
    np.testing.assert_array_equal(found, w.grad.numpy())


# --- Refusals ---------------------------------------------------------------------------------------------------------


def test_an_if_on_a_value_says_what_to_write_and_leaves_nothing_behind():
    w = Tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)

    def step(x):
        optimizer.zero_grad()
        loss = (w * x).sum()
        loss.backward()
        optimizer.step()
        if loss > 0:
            return loss

    with pytest.raises(TraceError, match=r"bool\(\).*np\.where"):
        autograd.compile(step)(np.array([1.0], np.float32))
    assert (w.tolist(), w.grad) == ([1], None)


def test_fallback_runs_the_function_itself_and_warns_once():
    f = autograd.compile(lambda x: x * 2 if x.sum() > 0 else x, fallback=True)
    with pytest.warns(RuntimeWarning, match="is run without being compiled: bool"):
        assert f(np.array([1.0])).tolist() == [2]
    assert f(np.array([-1.0])).tolist() == [-1]


def test_errors_are_those_of_the_function_itself():
    model = nn.Linear(8, 3)
    f = autograd.compile(lambda x, t: F.cross_entropy(model(x), t))
    f(ROWS[0], LABELS[0])
    with pytest.raises(IndexError, match=r"the label 7 at target\[0\] is not one of the 3 classes"):
        f(ROWS[0], np.full(16, 7))
    with pytest.raises(ValueError, match="shape"):
        f(ROWS[0], LABELS[0][:3])
    assert f(ROWS[0], LABELS[0]).item() == F.cross_entropy(model(ROWS[0]), LABELS[0]).item()


def test_labels_that_are_ignored_take_another_way():
    f = lambda x, t: F.cross_entropy(x, t)
    compiled = autograd.compile(f)
    some = np.where(np.arange(16) % 3 == 0, -100, LABELS[0])
    for t in (LABELS[0], some, LABELS[1], some):
        same(compiled(ROWS[0][:, :3], t), f(ROWS[0][:, :3], t))


def test_a_view_that_is_changed_in_place_is_refused_and_an_index_is_not():
    def by_view(x):
        y = x * 1.0
        v = y[:1]
        v += 1
        return y

    def by_index(x):
        y = x * 1.0
        y[0] += 1
        y[1:] = 0
        return y

    with pytest.raises(TraceError, match=r"x\[index\] \+= value"):
        autograd.compile(by_view)(np.ones(3))
    compiled = autograd.compile(by_index)
    compiled(np.ones(3))
    assert compiled(np.arange(1.0, 4.0)).tolist() == [2, 0, 0]


def test_an_argument_that_is_changed_or_gets_a_gradient_is_refused_and_stays_as_it_was():
    x = np.ones(3)
    t = Tensor(x, requires_grad=True)

    def change(x):
        x[0] = 5.0
        return x

    with pytest.raises(TraceError, match="was changed in place"):
        autograd.compile(change)(x)
    with pytest.raises(TraceError, match=r"return autograd\.grad\(loss, \[x\]\)"):
        autograd.compile(lambda t: (t * t).sum().backward())(t)
    assert (x.tolist(), t.grad) == ([1, 1, 1], None)
    assert autograd.compile(lambda t: autograd.grad((t * t).sum(), [t])[0])(t).tolist() == [2, 2, 2]


def test_many_shapes_are_traced_up_to_a_limit_and_then_run_as_they_are():
    f = autograd.compile(lambda x: x * 2, limit=3)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for n in range(10):
            assert f(np.ones(n)).tolist() == [2] * n
    assert ["has been traced 3 times" in str(w.message) for w in caught] == [True]
    assert f.traces <= 4


def test_two_threads_have_memory_of_their_own():
    f = autograd.compile(lambda x: np.sum(np.tanh(x @ x.T), 0))
    inputs = [rng.standard_normal((60, 60)) for _ in range(8)]
    expected = [f.function(x) for x in inputs]
    wrong = []

    def work(i):
        for _ in range(50):
            if not np.allclose(f(inputs[i]), expected[i]):
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_what_is_not_a_function_is_refused():
    with pytest.raises(TypeError, match="compile takes a function, and not ndarray"):
        autograd.compile(np.ones(3))


def test_checked_calls_find_what_no_trace_can_see():
    clock = iter(range(100))
    f = autograd.compile(lambda x: x * hidden(clock), check=2)
    f(np.ones(2))
    f(np.ones(2))
    with pytest.raises(RuntimeError, match="result 0 is not what the program of it gives: they differ by up to"):
        f(np.ones(2))
    w = Tensor([1.0], requires_grad=True)

    def step():
        with autograd.no_grad():
            w.data += autograd.randn(1)
        return w * 2

    autograd.manual_seed(0)
    g = autograd.compile(step, check=2)
    found = [g().item() for _ in range(6)]
    autograd.manual_seed(0)
    w.data = Tensor([1.0])
    assert found == [step().item() for _ in range(6)]


def hidden(clock):
    return next(clock)


def test_a_trainer_that_compiles_trains_the_same():
    histories = []
    for mode in (False, True):
        autograd.manual_seed(0)
        train, test = nn.data.digits()
        model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 10))
        optimizer = optim.Adam(model.parameters(), lr=0.01)
        trainer = optim.Trainer(
            model, optimizer, F.cross_entropy, metrics=optim.metrics.Accuracy(), progress=False, compile=mode
        )
        histories.append(trainer.run(train, validation=test, epochs=2))
    for a, b in zip(*histories, strict=True):
        same([a["loss"], a["validation_loss"], a["accuracy"]], [b["loss"], b["validation_loss"], b["accuracy"]], 1e-3)


def test_a_program_can_be_drawn_and_reported():
    f = autograd.compile(lambda x: np.tanh(x) @ np.ones((2, 2)))
    with pytest.raises(RuntimeError, match="has not been traced yet; call it once"):
        f.source()
    f(np.ones((3, 2)))
    assert "tanh" in f.graph().source
    assert f.report().splitlines()[0].endswith("traced 1 times")


# --- Passes -----------------------------------------------------------------------------------------------------------

UNARY = [np.tanh, np.exp, np.sin, np.abs, np.square, lambda x: x * 1.0, lambda x: x + 0.0, lambda x: x**2, np.transpose]
BINARY = [np.add, np.subtract, np.multiply, np.maximum, np.matmul]


def random_program(seed):
    """A function of a square matrix, made of operations drawn at random; values stay near 1."""
    generator = np.random.default_rng(seed)
    plan = [
        (generator.integers(2), generator.integers(100), generator.integers(100), generator.integers(100))
        for _ in range(12)
    ]

    def f(x):
        values = [x, x * 2.0]
        for two, i, a, b in plan:
            if two:
                y = BINARY[i % len(BINARY)](values[a % len(values)], values[b % len(values)])
            else:
                y = UNARY[i % len(UNARY)](values[a % len(values)])
            values.append(np.tanh(y))
        return np.sum(values[-1] * values[-2]) + np.mean(values[len(values) // 2])

    return f


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("passes", [(), *[(name,) for name in PASSES], None], ids=str)
def test_every_pass_leaves_the_numbers_as_they_are(seed, passes):
    f = autograd.value_and_grad(random_program(seed))
    compiled = autograd.compile(f, passes=passes)
    for size in (3, 200):  # done at once, and in blocks
        for k in range(3):
            x = np.random.default_rng(k).standard_normal((size, size))
            for a, b in zip(compiled(x), f(x), strict=True):
                np.testing.assert_allclose(a, b, 1e-9, 1e-9)


def test_passes_make_code_shorter():
    f = autograd.compile(lambda x: (np.sin(x) * 1.0 + np.sin(x)) * np.array(2.0) ** 2)
    f(np.ones(3))
    counts = list(f.last.counts.values())
    assert counts[-1] < counts[0]
    assert all(a >= b for a, b in pairwise(counts))
    assert "sin(" in f.source()
    assert f.source().count("sin(v") == 1
    assert "calls" in f.report()


def test_memory_of_values_that_have_died_is_used_again():
    def f(x):
        for _ in range(50):
            x = np.tanh(x)
        return x

    compiled = autograd.compile(f)
    compiled(np.ones((100, 100)))
    compiled(np.ones((100, 100)))
    assert compiled.last.shown().pool.bytes <= 3 * 80_000


def test_gradients_by_arrays_are_arrays_though_a_parameter_from_outside_needs_one():
    w = autograd.tensor(np.eye(3) * 2, requires_grad=True)
    f = autograd.value_and_grad(lambda x: np.tanh(x @ w).sum())
    for found, expected in zip(autograd.compile(f)(np.ones(3)), f(np.ones(3))):
        assert type(found) is type(expected)
        np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize("name", ["elementwise", "products", "reductions", "branches", "several arguments"])
def test_compiled_jacobians_and_hessians_are_those_of_eager_code(name):
    W = np.random.default_rng(0).normal(size=(4, 4))
    f = {
        "elementwise": lambda x: np.sin(x) * x[::-1] + x[:1],
        "products": lambda x: np.tanh(W @ x) @ W,
        "reductions": lambda x: x * x.sum() + np.sort(x) - x.max(),
        "branches": lambda x: np.where(x > 0, np.sqrt(x), x**2),
        "several arguments": lambda x: np.stack([x, x.reshape(2, 2).T.reshape(-1)]) ** 2,
    }[name]
    with np.errstate(all="ignore"):
        for compute in (autograd.jacobian(f), autograd.hessian(lambda x: (f(x) ** 2).sum())):
            compiled = autograd.compile(compute)
            for x in (np.array([0.5, -1.0, 2.0, 0.0]), np.array([1.5, 0.3, -2.0, 1.0])):
                found = compiled(x)
                assert type(found) is np.ndarray
                np.testing.assert_allclose(found, compute(x), rtol=1e-12, atol=1e-12)


def test_the_rows_of_a_compiled_hessian_are_computed_together():
    compiled = autograd.compile(autograd.hessian(lambda x: (np.sin(x) * x).sum()))
    compiled(np.ones(3))
    few = len(compiled.source().splitlines())
    larger = autograd.compile(autograd.hessian(lambda x: (np.sin(x) * x).sum()))
    larger(np.ones(30))
    assert len(larger.source().splitlines()) == few
