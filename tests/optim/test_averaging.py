"""Averages of weights: means and exponential ones, statistics of batch norm, the schedule that goes with them."""

import copy

import numpy as np
import pytest

import autograd
import nn
import optim
from optim import swa_utils


def network(nn=nn):
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))


def course(steps=6):
    """The states of a network on its way."""
    rng = np.random.default_rng(0)
    shapes = {name: p.shape for name, p in network().state_dict().items()}
    return [
        {
            name: rng.uniform(0.5, 1, shape).astype("f4") if "num" not in name else np.array(step)
            for name, shape in shapes.items()
        }
        for step in range(steps)
    ]


WAYS = {
    "mean": {},
    "mean-one": {"avg_fn": "get_swa_avg_fn"},
    "mean-all": {"multi_avg_fn": "get_swa_multi_avg_fn"},
    "exponential-one": {"avg_fn": "get_ema_avg_fn"},
    "exponential-all": {"multi_avg_fn": "get_ema_multi_avg_fn"},
    "own": {"avg_fn": "own"},
}


def averaged_by(module, name, model, use_buffers):
    made = {}
    for key, function in WAYS[name].items():
        decay = (0.8,) if "ema" in function else ()
        made[key] = (lambda a, p, n: a * 0.5 + p * 0.5) if function == "own" else getattr(module, function)(*decay)
    return module.AveragedModel(model, use_buffers=use_buffers, **made)


@pytest.mark.parametrize(
    ("name", "use_buffers"),
    [
        (name, buffers) for name in WAYS for buffers in (False, True) if (name, buffers) != ("mean-all", True)
    ],  # fails there
)
def test_an_averaged_model_is_pytorchs(name, use_buffers):
    torch = pytest.importorskip("torch")
    model, theirs = network(), network(torch.nn)
    averaged = averaged_by(swa_utils, name, model, use_buffers)
    other = averaged_by(torch.optim.swa_utils, name, theirs, use_buffers)
    for state in course():
        model.load_state_dict(state)
        theirs.load_state_dict({key: torch.tensor(value) for key, value in state.items()})
        averaged.update_parameters(model)
        other.update_parameters(theirs)
    assert averaged.state_dict().keys() == other.state_dict().keys()
    assert averaged.state_dict()["module.1.num_batches_tracked"].item() == 5  # a count, of which there is no average
    for key, value in other.state_dict().items():
        if "num_batches" in key:
            continue
        np.testing.assert_allclose(averaged.state_dict()[key].numpy(), value.numpy(), rtol=2e-6, err_msg=key)
    x = np.random.default_rng(1).normal(size=(5, 3)).astype("f4")
    np.testing.assert_allclose(
        averaged.eval()(x).tolist(), other.eval()(torch.tensor(x)).tolist(), rtol=1e-4, atol=1e-6
    )


def test_means_and_exponential_averages_are_their_formulas():
    states = course()
    model = network()
    mean, exponential = (
        swa_utils.AveragedModel(model),
        swa_utils.AveragedModel(model, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.8)),
    )
    expected = states[0]["0.weight"]
    for i, state in enumerate(states):
        model.load_state_dict(state)
        mean.update_parameters(model)
        exponential.update_parameters(model)
        expected = 0.8 * expected + 0.2 * state["0.weight"] if i else expected
    np.testing.assert_allclose(
        mean.module[0].weight.tolist(), np.mean([s["0.weight"] for s in states], axis=0), rtol=1e-6
    )
    np.testing.assert_allclose(exponential.module[0].weight.tolist(), expected, rtol=1e-6)
    np.testing.assert_array_equal(mean.module[1].running_mean.tolist(), states[-1]["1.running_mean"])
    assert mean.n_averaged.item() == len(states)
    assert all(p.requires_grad and p.is_leaf for p in mean.parameters())


def test_the_average_has_memory_of_its_own_and_the_model_is_left_alone():
    model = network()
    averaged = swa_utils.AveragedModel(model)
    averaged.update_parameters(model)
    before = copy.deepcopy(model.state_dict())
    for p in averaged.module.parameters():
        p.data = p.numpy() * 0
    for key, value in model.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), before[key].numpy())


def test_an_average_goes_on_from_its_saved_state(tmp_path):
    model, states = network(), course()
    whole = swa_utils.AveragedModel(model)
    for i, state in enumerate(states):
        model.load_state_dict(state)
        whole.update_parameters(model)
        if i == 2:
            autograd.save(whole.state_dict(), tmp_path / "averaged.npz")
    again = swa_utils.AveragedModel(model)
    again.load_state_dict(autograd.load(tmp_path / "averaged.npz"))
    for state in states[3:]:
        model.load_state_dict(state)
        again.update_parameters(model)
    for key, value in whole.state_dict().items():
        np.testing.assert_array_equal(again.state_dict()[key].numpy(), value.numpy())


def test_statistics_of_batch_norm_are_those_of_all_batches_and_the_rest_is_left():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    batches = [(rng.normal(i, 1, (6, 3)).astype("f4"), np.zeros(6)) for i in range(4)]
    model, theirs = network(), network(torch.nn)
    theirs.load_state_dict({key: torch.tensor(value.numpy()) for key, value in model.state_dict().items()})
    model[0].eval()
    swa_utils.update_bn(batches, model)
    torch.optim.swa_utils.update_bn([torch.tensor(x) for x, _ in batches], theirs)
    np.testing.assert_allclose(model[1].running_mean.tolist(), theirs[1].running_mean.tolist(), rtol=1e-5)
    np.testing.assert_allclose(model[1].running_var.tolist(), theirs[1].running_var.tolist(), rtol=1e-5)
    assert model[1].momentum == 0.1
    assert [module.training for module in model] == [False, True, True, True]
    assert model[1].weight.grad is None


def test_a_batch_that_fails_leaves_modes_and_momenta_as_they_were():
    model = network().eval()
    with pytest.raises(ValueError, match="expected last axis 3"):
        swa_utils.update_bn([np.zeros((4, 7), "f4")], model)
    assert (model[1].momentum, model.training) == (0.1, False)


@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step:UserWarning")
@pytest.mark.parametrize(
    "settings",
    [{}, {"anneal_epochs": 4, "anneal_strategy": "linear"}, {"anneal_epochs": 0}, {"anneal_epochs": 1}],
    ids=str,
)
def test_the_schedule_is_pytorchs(settings):
    torch = pytest.importorskip("torch")
    rows = []
    for tensor, module, average in (
        (autograd.tensor, optim, swa_utils),
        (torch.tensor, torch.optim, torch.optim.swa_utils),
    ):
        params = [tensor([1.0], requires_grad=True), tensor([1.0], requires_grad=True)]
        optimizer = module.SGD([{"params": [params[0]]}, {"params": [params[1]], "lr": 0.01}], lr=0.5)
        sum(params).backward()
        optimizer.step()
        schedule = average.SWALR(optimizer, swa_lr=[0.05, 0.2], **settings)
        rows.append([[group["lr"] for group in optimizer.param_groups]])
        for step in range(14):
            if step == 2:
                optimizer.param_groups[0]["lr"] *= 2
            schedule.step()
            rows[-1].append([group["lr"] for group in optimizer.param_groups])
    np.testing.assert_allclose(rows[0], rows[1], rtol=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m, o: swa_utils.AveragedModel(m, avg_fn=abs, multi_avg_fn=abs), "avg_fn or multi_avg_fn, and not both"),
        (lambda m, o: swa_utils.AveragedModel(m).update_parameters(nn.Linear(1, 1)), "this one has other parameters"),
        (lambda m, o: swa_utils.get_ema_avg_fn(2), "decay is a number from 0 to 1, such as 0.999, and not 2"),
        (lambda m, o: swa_utils.get_ema_multi_avg_fn(-1), "decay is a number from 0 to 1"),
        (lambda m, o: swa_utils.SWALR(o, 0.1, anneal_strategy="up"), "'cos' or 'linear', and not 'up'"),
        (lambda m, o: swa_utils.SWALR(o, 0.1, anneal_epochs=-1), "anneal_epochs is a whole number, 0 or more"),
        (lambda m, o: swa_utils.SWALR(o, [0.1, 0.2]), "there are 1 groups and 2 values of swa_lr"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    model = network()
    with pytest.raises(ValueError, match=message):
        call(model, optim.SGD(model.parameters(), lr=0.1))


def test_the_training_loop_keeps_an_average():
    autograd.manual_seed(0)
    train, test = nn.data.digits()
    model = nn.MLP([64, 16, 10])
    averaged = swa_utils.AveragedModel(model, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.9))
    trainer = optim.Trainer(
        model,
        optim.Adam(model.parameters(), lr=0.01),
        nn.functional.cross_entropy,
        extensions=[optim.training.Average(averaged)],
        progress=False,
    )
    trainer.run(train, epochs=2)
    assert averaged.n_averaged.item() == trainer.steps
    assert np.mean(averaged(test.inputs).numpy().argmax(1) == test.targets) > 0.85
