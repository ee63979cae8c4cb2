"""Schedules: PyTorch's sequences, of every setting, through saving and loading, put together and alone."""

import copy
import inspect
import math

import numpy as np
import pytest

import autograd
import optim
from autograd import Tensor
from optim import lr_scheduler as schedules

pytestmark = [  # PyTorch's
    pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step:UserWarning"),
    pytest.mark.filterwarnings("ignore:Seems like `optimizer.step:UserWarning"),
]

STEPS = 40


def one(kind=optim.SGD, **settings):
    return kind([{"params": [Tensor([1.0], requires_grad=True)]}], **({"lr": 0.5, "momentum": 0.9} | settings))


def two_groups(module, leaf, kind="SGD"):
    """An optimizer with two groups of different rates, which has made a step."""
    params = [leaf([1.0]), leaf([2.0])]
    settings = {"momentum": 0.7} if kind == "SGD" else {}
    optimizer = getattr(module, kind)([{"params": params[:1]}, {"params": params[1:], "lr": 0.2}], lr=0.5, **settings)
    for p in params:
        p.sum().backward()
    optimizer.step()
    return optimizer


def ours(kind="SGD"):
    return two_groups(optim, lambda x: Tensor(x, requires_grad=True), kind)


def settings(optimizer):
    return [
        [float(group["lr"]), *(float(v) for v in ([group["momentum"]] if "momentum" in group else group["betas"]))]
        for group in optimizer.param_groups
    ]


def run(optimizer, schedule, steps=STEPS, metric=lambda k: ()):
    rows = [settings(optimizer)]
    for k in range(steps):
        schedule.step(*metric(k))
        rows.append(settings(optimizer))
        assert [float(lr) for lr in schedule.get_last_lr()] == [row[0] for row in rows[-1]]
    return np.array(rows)


def noisy(k):
    return (1 + math.exp(-k / 4) + 0.3 * math.sin(3 * k),)


CASES = {
    "lambda": lambda s, o: s.LambdaLR(o, lambda k: 1 / (1 + k)),
    "lambdas": lambda s, o: s.LambdaLR(o, [lambda k: 0.9**k, lambda k: k / 10]),
    "multiplicative": lambda s, o: s.MultiplicativeLR(o, lambda k: 0.9 + 0.1 * (k % 2)),
    "step": lambda s, o: s.StepLR(o, 7, gamma=0.3),
    "multistep": lambda s, o: s.MultiStepLR(o, [20, 3, 3, 9], gamma=0.5),
    "constant": lambda s, o: s.ConstantLR(o, factor=0.25, total_iters=6),
    "constant-default": lambda s, o: s.ConstantLR(o),
    "linear": lambda s, o: s.LinearLR(o, start_factor=0.1, end_factor=0.8, total_iters=13),
    "linear-down": lambda s, o: s.LinearLR(o, start_factor=1.0, end_factor=0.0, total_iters=13),
    "linear-default": lambda s, o: s.LinearLR(o),
    "exponential": lambda s, o: s.ExponentialLR(o, 0.9),
    "polynomial": lambda s, o: s.PolynomialLR(o, total_iters=11, power=2.0),
    "polynomial-default": lambda s, o: s.PolynomialLR(o),
    "cosine": lambda s, o: s.CosineAnnealingLR(o, 9, eta_min=0.01),
    "cosine-long": lambda s, o: s.CosineAnnealingLR(o, 100),
    "restarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 5),
    "restarts-longer": lambda s, o: s.CosineAnnealingWarmRestarts(o, 3, T_mult=2, eta_min=0.05),
    "cyclic": lambda s, o: s.CyclicLR(o, 0.1, [1.0, 2.0], step_size_up=5),
    "cyclic-2": lambda s, o: s.CyclicLR(
        o, [0.1, 0.2], 1.0, 4, 3, mode="triangular2", base_momentum=0.5, max_momentum=[0.9, 0.99]
    ),
    "cyclic-exp": lambda s, o: s.CyclicLR(o, 0.1, 1.0, 4, mode="exp_range", gamma=0.9, cycle_momentum=False),
    "cyclic-own": lambda s, o: s.CyclicLR(o, 0.1, 1.0, 4, scale_fn=lambda x: 1 / x, scale_mode="cycle"),
    "one-cycle": lambda s, o: s.OneCycleLR(o, 1.0, total_steps=STEPS + 1),
    "one-cycle-linear": lambda s, o: s.OneCycleLR(
        o, [1.0, 2.0], epochs=5, steps_per_epoch=9, pct_start=0.5, anneal_strategy="linear"
    ),
    "one-cycle-three": lambda s, o: s.OneCycleLR(
        o, 1.0, total_steps=STEPS + 3, three_phase=True, div_factor=5, final_div_factor=10
    ),
    "one-cycle-alone": lambda s, o: s.OneCycleLR(o, 1.0, total_steps=STEPS + 1, cycle_momentum=False),
    "sequence": lambda s, o: s.SequentialLR(
        o, [s.LinearLR(o, 0.1, total_iters=4), s.ExponentialLR(o, 0.9), s.ConstantLR(o, 0.5, 3)], [5, 20]
    ),
    "sequence-of-others": lambda s, o: s.SequentialLR(
        o,
        [
            s.LambdaLR(o, lambda k: 1 + k),
            s.CosineAnnealingLR(o, 10),
            s.StepLR(o, 2),
            s.MultiplicativeLR(o, lambda k: 0.8),
        ],
        [3, 9, 14],
    ),
    "sequence-with-restarts": lambda s, o: s.SequentialLR(
        o, [s.ConstantLR(o, 0.1, 2), s.CosineAnnealingWarmRestarts(o, 4), s.PolynomialLR(o, 5)], [2, 12]
    ),
    "chained": lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 5), s.ExponentialLR(o, 0.95), s.StepLR(o, 6)]),
    "chained-cosine": lambda s, o: s.ChainedScheduler(
        [s.LinearLR(o, 0.2, total_iters=7), s.CosineAnnealingLR(o, 12)], optimizer=o
    ),
}
PLATEAU = {
    "plateau": {},
    "plateau-soon": {"patience": 1, "factor": 0.5, "cooldown": 2, "min_lr": [0.01, 0.1]},
    "plateau-max": {"mode": "max", "patience": 2, "threshold": 0.1, "threshold_mode": "abs"},
    "plateau-rel": {"mode": "max", "patience": 2, "threshold": 0.05},
    "plateau-abs": {"patience": 0, "threshold": 0.2, "threshold_mode": "abs", "eps": 0.01},
}
METRICS = dict.fromkeys(PLATEAU, noisy)
for _name, _settings in PLATEAU.items():
    CASES[_name] = lambda s, o, settings=_settings: s.ReduceLROnPlateau(o, **settings)


@pytest.fixture
def torchs():
    torch = pytest.importorskip("torch")

    def make(kind="SGD"):
        return two_groups(torch.optim, lambda x: torch.tensor(x, requires_grad=True), kind)

    return torch.optim.lr_scheduler, make


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
@pytest.mark.parametrize("name", CASES)
def test_the_sequence_is_pytorchs(name, kind, torchs):
    theirs, make = torchs
    a, b = ours(kind), make(kind)
    metric = METRICS.get(name, lambda k: ())
    expected = run(b, CASES[name](theirs, b), metric=metric)
    np.testing.assert_allclose(run(a, CASES[name](schedules, a), metric=metric), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", [name for name in CASES if not name.startswith("plateau")])
def test_a_change_by_hand_has_the_effect_that_it_has_in_pytorch(name, torchs):
    theirs, make = torchs
    rows = []
    for module, optimizer in ((schedules, ours()), (theirs, make())):
        schedule = CASES[name](module, optimizer)
        for k in range(30):
            schedule.step()
            if k in (2, 11):
                optimizer.param_groups[0]["lr"] *= 3
            rows.append([group["lr"] for group in optimizer.param_groups])
    np.testing.assert_allclose(rows[:30], rows[30:], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "make",
    [
        lambda s, o: s.CosineAnnealingLR(o, 5, eta_min=0.01),
        lambda s, o: s.PolynomialLR(o, 5),
        lambda s, o: s.LinearLR(o, 1.0, 0.0),
        lambda s, o: s.ChainedScheduler([s.LambdaLR(o, lambda k: 1 / (1 + k)), s.PolynomialLR(o, 5)]),
    ],
)
def test_a_change_by_hand_stays_where_a_schedule_has_come_to_its_end(make, torchs):
    theirs, start = torchs
    rows = []
    for module, optimizer in ((schedules, ours()), (theirs, start())):
        schedule = make(module, optimizer)
        for k in range(1, 15):
            schedule.step()
            if k in (5, 8):
                optimizer.param_groups[0]["lr"] += 0.2
            rows.append([group["lr"] for group in optimizer.param_groups])
    np.testing.assert_allclose(rows[:14], rows[14:], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("make", "metric"),
    [
        (lambda s, o: s.StepLR(o, 2), ()),
        (lambda s, o: s.CosineAnnealingLR(o, 12, eta_min=0.01), ()),
        (lambda s, o: s.SequentialLR(o, [s.LinearLR(o), s.ExponentialLR(o, 0.5)], [8]), ()),
        (lambda s, o: s.ChainedScheduler([s.LinearLR(o), s.ExponentialLR(o, 0.5)]), ()),
        (lambda s, o: s.ReduceLROnPlateau(o, patience=1), (1.0,)),
    ],
)
def test_a_group_that_is_added_later_joins_as_in_pytorch(make, metric, torchs):
    """As where more layers are thawed in the course of a fine-tuning."""
    theirs, start = torchs
    rows = []
    for module, optimizer, leaf in (
        (schedules, ours(), Tensor([3.0], requires_grad=True)),
        (theirs, start(), pytest.importorskip("torch").tensor([3.0], requires_grad=True)),
    ):
        schedule = make(module, optimizer)
        for k in range(7):
            if k == 3:
                optimizer.add_param_group({"params": [leaf], "lr": 0.3})
            schedule.step(*metric)
            rows.append([group["lr"] for group in optimizer.param_groups])
    for a, b in zip(rows[:7], rows[7:], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9)


def test_a_schedule_is_loaded_behind_a_group_that_was_added_later():
    def grown():
        optimizer = stepped(one())
        schedule = schedules.StepLR(optimizer, 2)
        optimizer.add_param_group({"params": [Tensor([3.0], requires_grad=True)], "lr": 0.3})
        return optimizer, schedule

    optimizer, schedule = grown()
    schedule.step()
    again, twin = grown()
    again.load_state_dict(optimizer.state_dict())
    twin.load_state_dict(schedule.state_dict())
    for each in (schedule, twin):
        each.step()
        assert each.get_last_lr() == pytest.approx([0.05, 0.03])


@pytest.mark.parametrize(
    "make",
    [
        lambda o: schedules.LambdaLR(o, lambda k: 0.5),
        lambda o: schedules.CyclicLR(o, 0.1, 1.0),
        lambda o: schedules.OneCycleLR(o, 1.0, 10),
        lambda o: schedules.ReduceLROnPlateau(o, min_lr=[0.1, 0.2]),
        lambda o: optim.swa_utils.SWALR(o, 0.1),
    ],
)
def test_a_group_that_is_added_to_a_schedule_with_values_for_each_is_refused(make):
    optimizer = ours()
    schedule = make(optimizer)
    optimizer.add_param_group({"params": [Tensor([3.0], requires_grad=True)]})
    before = copy.deepcopy(settings(optimizer))
    metric = (1.0,) if isinstance(schedule, schedules.ReduceLROnPlateau) else ()
    with pytest.raises(ValueError, match=r"2 groups, .* 3 now; make the schedule anew, after add_param_group"):
        schedule.step(*metric)
    assert settings(optimizer) == before


@pytest.mark.parametrize(
    "make",
    [
        lambda o: schedules.CyclicLR(o, 0.1, 1.0),
        lambda o: schedules.CyclicLR(o, 0.1, 1.0, step_size_up=0, cycle_momentum=False),
        lambda o: schedules.OneCycleLR(o, 1.0, 10),
    ],
)
def test_a_schedule_that_is_refused_leaves_the_groups_as_they_were(make):
    """Else the next one would begin from an `initial_lr` that nobody asked for."""
    optimizer = optim.Adagrad([Tensor([1.0], requires_grad=True)], lr=0.3)
    before = dict(optimizer.param_groups[0])
    with pytest.raises(ValueError, match=r"momentum|step_size_up"):
        make(optimizer)
    assert optimizer.param_groups[0] == before


@pytest.mark.parametrize(("total_steps", "pct_start"), [(10, 0.1), (1, 1.0), (3, 1 / 3), (10, 1.0)])
def test_one_cycle_with_a_phase_of_no_length_goes_on(total_steps, pct_start):
    optimizer = stepped(one())
    schedule = schedules.OneCycleLR(optimizer, 1.0, total_steps, pct_start=pct_start)
    rates = schedule.get_last_lr()
    for _ in range(total_steps):
        schedule.step()
        rates += schedule.get_last_lr()
    assert all(0 < rate <= 1 for rate in rates)
    assert max(rates) == pytest.approx(1)
    assert total_steps == 1 or rates[total_steps - 1 + (pct_start == 1)] == pytest.approx(1 / 25e4)


@pytest.mark.parametrize("name", CASES)
def test_a_saved_schedule_goes_on_ours_and_pytorchs(name, torchs, tmp_path):
    theirs, make = torchs
    metric = METRICS.get(name, lambda k: ())
    a, b = ours(), make()
    one, other = CASES[name](schedules, a), CASES[name](theirs, b)
    for k in range(13):
        one.step(*metric(k))
        other.step(*metric(k))
    autograd.save({"optimizer": a.state_dict(), "schedule": one.state_dict()}, tmp_path / "saved.npz")
    saved = autograd.load(tmp_path / "saved.npz")
    for state, groups in ((saved["schedule"], saved["optimizer"]), (other.state_dict(), b.state_dict())):
        fresh = ours()
        schedule = CASES[name](schedules, fresh)
        fresh.load_state_dict(groups)
        schedule.load_state_dict(state)
        expected = copy.deepcopy(b)
        there = CASES[name](theirs, make())
        there.load_state_dict(other.state_dict())
        point_at(there, expected)
        later = lambda k: metric(k + 13)
        np.testing.assert_allclose(
            run(fresh, schedule, 20, later), run(expected, there, 20, later), rtol=1e-9, atol=1e-12
        )


def point_at(schedule, optimizer):
    schedule.optimizer = optimizer
    for part in getattr(schedule, "_schedulers", ()):
        point_at(part, optimizer)


@pytest.mark.parametrize(
    "name", ["step", "multistep", "cosine", "exponential", "lambda", "cyclic", "one-cycle", "polynomial"]
)
def test_last_epoch_goes_on_from_there(name, torchs):
    theirs, make = torchs
    makers = {
        "step": lambda s, o: s.StepLR(o, 4, last_epoch=6),
        "multistep": lambda s, o: s.MultiStepLR(o, [2, 9], last_epoch=6),
        "cosine": lambda s, o: s.CosineAnnealingLR(o, 12, last_epoch=6),
        "exponential": lambda s, o: s.ExponentialLR(o, 0.9, last_epoch=6),
        "lambda": lambda s, o: s.LambdaLR(o, lambda k: 0.9**k, last_epoch=6),
        "cyclic": lambda s, o: s.CyclicLR(o, 0.1, 1.0, 4, last_epoch=6, cycle_momentum=False),
        "one-cycle": lambda s, o: s.OneCycleLR(o, 1.0, 30, last_epoch=6, cycle_momentum=False),
        "polynomial": lambda s, o: s.PolynomialLR(o, 20, last_epoch=6),
    }
    rows = []
    for module, optimizer in ((schedules, ours()), (theirs, make())):
        for group in optimizer.param_groups:
            group.update(initial_lr=0.1 if name == "cyclic" else group["lr"], max_lr=1.0, min_lr=1e-3)
        rows.append(run(optimizer, makers[name](module, optimizer), 10))
    np.testing.assert_allclose(rows[0], rows[1], rtol=1e-9)


def test_warm_restarts_take_fractions_of_epochs(torchs):
    theirs, make = torchs
    rows = []
    for module, optimizer in ((schedules, ours()), (theirs, make())):
        schedule = module.CosineAnnealingWarmRestarts(optimizer, 2, T_mult=2)
        for k in np.arange(0, 15, 0.3):
            schedule.step(float(k))
            rows.append(optimizer.param_groups[0]["lr"])
    half = len(rows) // 2
    np.testing.assert_allclose(rows[:half], rows[half:], rtol=1e-9, atol=1e-12)


# --- Without PyTorch ----------------------------------------------------------------------------------------------------


def stepped(optimizer):
    optimizer.param_groups[0]["params"][0].sum().backward()
    optimizer.step()
    return optimizer


FORMULAS = {
    "StepLR": (lambda o, **w: schedules.StepLR(o, 3, 0.5, **w), lambda k: 0.5 ** (k // 3)),
    "MultiStepLR": (lambda o, **w: schedules.MultiStepLR(o, [2, 5], 0.5, **w), lambda k: 0.5 ** ((k >= 2) + (k >= 5))),
    "ConstantLR": (lambda o, **w: schedules.ConstantLR(o, 0.5, 3, **w), lambda k: 0.5 if k < 3 else 1),
    "LinearLR": (lambda o, **w: schedules.LinearLR(o, 0.5, 1.0, 4, **w), lambda k: 0.5 + 0.5 * min(k, 4) / 4),
    "ExponentialLR": (lambda o, **w: schedules.ExponentialLR(o, 0.9, **w), lambda k: 0.9**k),
    "PolynomialLR": (lambda o, **w: schedules.PolynomialLR(o, 5, 2, **w), lambda k: (1 - min(k, 5) / 5) ** 2),
    "CosineAnnealingLR": (
        lambda o, **w: schedules.CosineAnnealingLR(o, 4, **w),
        lambda k: (1 + math.cos(math.pi * k / 4)) / 2,
    ),
    "CosineAnnealingWarmRestarts": (
        lambda o, **w: schedules.CosineAnnealingWarmRestarts(o, 3, **w),
        lambda k: (1 + math.cos(math.pi * (k % 3) / 3)) / 2,
    ),
    "LambdaLR": (lambda o, **w: schedules.LambdaLR(o, lambda k: 1 / (1 + k), **w), lambda k: 1 / (1 + k)),
    "MultiplicativeLR": (lambda o, **w: schedules.MultiplicativeLR(o, lambda k: 0.9, **w), lambda k: 0.9**k),
    "LinearDecay": (lambda o, **w: schedules.LinearDecay(o, 0.0, 5, **w), lambda k: 1 - min(k, 5) / 5),
}


@pytest.mark.parametrize(
    ("setting", "kind"),
    [
        ("lr", optim.SGD),
        ("momentum", optim.SGD),
        ("weight_decay", optim.SGD),
        ("beta1", optim.Adam),
        ("beta2", optim.Adam),
        ("eps", optim.Adam),
    ],
)
@pytest.mark.parametrize("name", FORMULAS)
def test_every_formula_serves_every_setting_and_leaves_the_others(name, setting, kind):
    make, formula = FORMULAS[name]
    optimizer = stepped(
        kind(
            [Tensor([1.0], requires_grad=True)],
            lr=0.5,
            weight_decay=0.1,
            **({"momentum": 0.8} if kind is optim.SGD else {}),
        )
    )
    before = copy.deepcopy({k: v for k, v in optimizer.param_groups[0].items() if k != "params"})
    start = {"beta1": 0.9, "beta2": 0.999}.get(setting, before.get(setting))
    schedule = make(optimizer, setting=setting)
    for k in range(12):
        group = optimizer.param_groups[0]
        value = group["betas"][setting == "beta2"] if "beta" in setting else group[setting]
        assert value == pytest.approx(start * formula(k), rel=1e-9, abs=1e-12)
        rest = {name: v for name, v in group.items() if name in before and name not in (setting, "betas")}
        assert rest == {name: v for name, v in before.items() if name not in (setting, "betas")}
        schedule.step()
    if "beta" in setting:
        assert optimizer.param_groups[0]["betas"][setting == "beta1"] == before["betas"][setting == "beta1"]


def test_only_the_groups_asked_for_are_changed():
    optimizer = ours()
    schedule = schedules.ExponentialLR(optimizer, 0.5, groups=[1])
    schedule.step()
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.1]
    assert schedule.get_last_lr() == [0.1]


def test_schedules_of_several_settings_go_side_by_side():
    optimizer = stepped(one())
    rate = schedules.ExponentialLR(optimizer, 0.5)
    momentum = schedules.LinearDecay(optimizer, 0.99, 3, setting="momentum")
    seen = []
    for _ in range(5):
        seen.append((optimizer.param_groups[0]["lr"], round(optimizer.param_groups[0]["momentum"], 6)))
        rate.step()
        momentum.step()
    assert seen == [(0.5, 0.9), (0.25, 0.93), (0.125, 0.96), (0.0625, 0.99), (0.03125, 0.99)]


def test_a_sequence_may_hold_sequences_and_chains():
    optimizer = stepped(one(lr=1.0))
    inner = schedules.SequentialLR(
        optimizer, [schedules.ConstantLR(optimizer, 0.5, 9), schedules.ExponentialLR(optimizer, 0.5)], [2]
    )
    chain = schedules.ChainedScheduler(
        [schedules.ConstantLR(optimizer, 0.5, 1), schedules.ExponentialLR(optimizer, 0.5)]
    )
    outer = schedules.SequentialLR(optimizer, [schedules.LinearLR(optimizer, 0.5, total_iters=2), inner, chain], [2, 6])
    rates = []
    for _ in range(9):
        rates += outer.get_last_lr()
        outer.step()
    assert rates == [0.5, 0.75, 0.5, 0.5, 1.0, 0.5, 0.5, 0.5, 0.25]


def test_a_schedule_of_ones_own_in_pytorchs_way():
    class Warm(schedules.LRScheduler):
        def __init__(self, optimizer, steps, last_epoch=-1):
            self.steps = steps
            super().__init__(optimizer, last_epoch)

        def get_lr(self):
            return [base * min(1, (self.last_epoch + 1) / self.steps) for base in self.base_lrs]

    optimizer = stepped(one(lr=1.0))
    schedule, rates = Warm(optimizer, 4), []
    for _ in range(5):
        rates += schedule.get_last_lr()
        schedule.step()
    assert rates == [0.25, 0.5, 0.75, 1.0, 1.0]


def test_one_in_pytorchs_way_may_begin_at_a_milestone():
    class Halved(schedules.LRScheduler):
        def get_lr(self):
            return [base / 2**self.last_epoch for base in self.base_lrs]

    optimizer = stepped(one(lr=1.0))
    parts = [schedules.ConstantLR(optimizer, 0.25, 9), Halved(optimizer)]
    schedule, rates = schedules.SequentialLR(optimizer, parts, [2]), []
    for _ in range(5):
        rates += schedule.get_last_lr()
        schedule.step()
    assert rates == [0.25, 0.25, 1.0, 0.5, 0.25]


def test_functions_are_not_saved_but_the_attributes_of_those_that_are_objects():
    class Rule:
        def __init__(self, rate):
            self.rate = rate

        def __call__(self, k):
            return self.rate**k

    optimizer = one()
    schedule = schedules.LambdaLR(optimizer, Rule(0.5))
    state = schedule.state_dict()
    assert state["lr_lambdas"] == [{"rate": 0.5}]
    assert schedules.LambdaLR(one(), lambda k: 1).state_dict()["lr_lambdas"] == [None]
    twin = schedules.LambdaLR(one(), Rule(0.9))
    twin.load_state_dict(state)
    assert twin.lr_lambdas[0].rate == 0.5


def test_a_step_before_the_optimizers_first_is_warned_of_once():
    schedule = schedules.StepLR(one(), 3)
    with pytest.warns(UserWarning, match=r"step\(\) was called before the optimizer's") as caught:
        schedule.step()
    assert caught[0].filename == __file__
    schedule.step()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda o: schedules.StepLR(o.param_groups, 3),
            TypeError,
            "StepLR: the first argument is an optimizer, not a list",
        ),
        (lambda o: schedules.StepLR(o, 0), ValueError, "step_size is the number of steps"),
        (
            lambda o: schedules.StepLR(o, 3, setting="beta1"),
            ValueError,
            "SGD has no setting 'beta1'; its settings are lr, momentum",
        ),
        (
            lambda o: schedules.StepLR(o, 3, last_epoch=4),
            ValueError,
            "last_epoch=4 goes on from a beginning.*'initial_lr'",
        ),
        (lambda o: schedules.ConstantLR(o, 2.0), ValueError, "factor is a number from 0 to 1, and not 2.0"),
        (lambda o: schedules.LinearLR(o, 0.0), ValueError, "start_factor is above 0"),
        (lambda o: schedules.LinearLR(o, 0.5, 2.0), ValueError, "end_factor is a number from 0 to 1"),
        (
            lambda o: schedules.LinearLR(o, total_iters=0),
            ValueError,
            "LinearLR: total_iters is .* 1 or more, and not 0",
        ),
        (lambda o: schedules.PolynomialLR(o, 0), ValueError, "PolynomialLR: total_iters is .* 1 or more, and not 0"),
        (
            lambda o: schedules.CosineAnnealingLR(o, 0),
            ValueError,
            "CosineAnnealingLR: T_max is .* 1 or more, and not 0",
        ),
        (lambda o: schedules.CyclicLR(o, 0.1, 1.0, 0), ValueError, "step_size_up is a number of steps above 0"),
        (
            lambda o: schedules.SequentialLR(o, [schedules.StepLR(o, 1) for _ in range(3)], [5, 2]),
            ValueError,
            r"ascending order, and not \[5, 2\]",
        ),
        (lambda o: schedules.StepLR(o, 1, groups=[1]), ValueError, r"groups are places from 0 to 0, and not \[1\]"),
        (lambda o: schedules.StepLR(o, 1, setting="params"), ValueError, "the setting 'params' is not one number"),
        (
            lambda o: schedules.StepLR(optim.Adam(o.param_groups[0]["params"]), 1, setting="betas"),
            ValueError,
            "not one number, which could be scheduled; write 'beta1' or 'beta2'",
        ),
        (lambda o: schedules.LinearDecay(o, 0.0, 0), ValueError, "steps is the number of steps until the final value"),
        (lambda o: schedules.LambdaLR(o, [lambda k: 1] * 2), ValueError, "there are 1 groups and 2 functions"),
        (lambda o: schedules.LambdaLR(o, 0.5), TypeError, "such as lambda k: .*, or a list of them, and not 0.5"),
        (
            lambda o: schedules.LambdaLR(o, [0.5]),
            TypeError,
            r"such as lambda k: .*, or a list of them, and not \[0.5\]",
        ),
        (
            lambda o: schedules.CosineAnnealingWarmRestarts(o, 0),
            ValueError,
            "T_0 is a whole number, 1 or more, and not 0",
        ),
        (lambda o: schedules.CosineAnnealingWarmRestarts(o, 2).step(-1), ValueError, "0 or more, and not -1"),
        (lambda o: schedules.CyclicLR(o, 0.1, 1.0, mode="square"), ValueError, "mode is 'triangular'"),
        (lambda o: schedules.CyclicLR(o, 0.1, [1.0, 2.0]), ValueError, "max_lr: there are 1 groups and 2 values"),
        (
            lambda o: schedules.CyclicLR(optim.Rprop(o.param_groups[0]["params"]), 0.1, 1.0),
            ValueError,
            "write cycle_momentum=False",
        ),
        (lambda o: schedules.OneCycleLR(o, 1.0), ValueError, "needs total_steps, or epochs and steps_per_epoch"),
        (lambda o: schedules.OneCycleLR(o, 1.0, 5, pct_start=2), ValueError, "pct_start is a number from 0 to 1"),
        (
            lambda o: schedules.OneCycleLR(o, 1.0, 5, anneal_strategy="up"),
            ValueError,
            "'cos' or 'linear', and not 'up'",
        ),
        (lambda o: schedules.SequentialLR(o, [], []), ValueError, "needs at least one schedule"),
        (
            lambda o: schedules.SequentialLR(o, [schedules.StepLR(o, 1)], [2]),
            ValueError,
            "1 schedules need 0 milestones",
        ),
        (lambda o: schedules.SequentialLR(o, [schedules.StepLR(one(), 1)], []), ValueError, "is of another optimizer"),
        (
            lambda o: schedules.ChainedScheduler([schedules.ReduceLROnPlateau(o)]),
            ValueError,
            "whose step needs a metric",
        ),
        (lambda o: schedules.ReduceLROnPlateau(o, factor=1.0), ValueError, "factor is below 1"),
        (lambda o: schedules.ReduceLROnPlateau(o, mode="up"), ValueError, "mode is 'min'"),
        (lambda o: schedules.ReduceLROnPlateau(o, threshold_mode="up"), ValueError, "threshold_mode is 'rel' or 'abs'"),
        (
            lambda o: schedules.ReduceLROnPlateau(o, min_lr=[1, 2]),
            ValueError,
            "there are 1 groups and 2 values of min_lr",
        ),
        (
            lambda o: schedules.StepLR(o, 1).load_state_dict({"gamma": 1}),
            ValueError,
            "another schedule than StepLR; it lacks step_size",
        ),
        (
            lambda o: schedules.StepLR(o, 1).load_state_dict(schedules.StepLR(ours(), 1).state_dict()),
            ValueError,
            "the saved StepLR has 2 groups, and this one 1",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make(one())


def test_one_cycle_ends():
    optimizer = stepped(one())
    schedule = schedules.OneCycleLR(optimizer, 1.0, total_steps=3)
    for _ in range(3):
        schedule.step()
    with pytest.raises(ValueError, match="was made for 3 steps, and this is step 4; give a larger total_steps"):
        schedule.step()


def test_a_state_that_does_not_fit_changes_no_part_of_a_sequence():
    optimizer = stepped(one())
    parts = [schedules.StepLR(optimizer, 1), schedules.ExponentialLR(optimizer, 0.5)]
    chain = schedules.ChainedScheduler(parts)
    before = chain.state_dict()
    wrong = copy.deepcopy(before)
    wrong["_schedulers"][0]["gamma"] = 7.0
    del wrong["_schedulers"][1]["gamma"]
    with pytest.raises(ValueError, match="it lacks gamma"):
        chain.load_state_dict(wrong)
    assert chain.state_dict() == before


def test_every_schedule_of_pytorchs_is_there():
    torch = pytest.importorskip("torch")
    assert set(torch.optim.lr_scheduler.__all__) <= set(schedules.__all__)
    for name in torch.optim.lr_scheduler.__all__:
        theirs, mine = (
            inspect.signature(getattr(module, name)).parameters for module in (torch.optim.lr_scheduler, schedules)
        )
        shared = [n for n in mine if n in theirs]
        assert shared == list(theirs), name
        assert all(mine[n].default == theirs[n].default for n in shared), name
