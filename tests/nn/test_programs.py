"""Whole programs, those of `examples/`: PyTorch's with other imports, and the same numbers; they learn, and they write."""

import sys
import warnings
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import autograd
import nn

EXAMPLES = Path(__file__).parents[2] / "examples"
PYTORCHS = {
    "import autograd\n": "import torch as autograd\n",
    "import nn\n": "from torch import nn\n",
    "import optim\n": "from torch import optim\n",
    "from nn import functional as F\n": "from torch.nn import functional as F\n",
}
needs_torch = pytest.mark.skipif(not find_spec("torch"), reason="compares with PyTorch")


def program(name, imports=()):
    """An example as a module, with these imports in place of its own and nothing else changed."""
    source = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    for ours, theirs in dict(imports).items():
        assert source.count("\n" + ours) == 1, ours
        source = source.replace("\n" + ours, "\n" + theirs)
    module = sys.modules[f"{name}_program"] = ModuleType(f"{name}_program")  # where dataclasses look themselves up
    exec(compile(source, f"{name}.py", "exec"), module.__dict__)
    return module


def small_gpt(program):
    model = program.GPT(program.Config(vocabulary=11, context=8, layers=2, heads=2, width=8))
    characters = np.random.default_rng(1).integers(0, 11, (3, 9))
    given = [program.autograd.tensor(part) for part in (characters[:, :-1].copy(), characters[:, 1:].copy())]
    # not Adam, which makes steps of full size of the biases of keys, whose gradients are rounding: softmax cancels them
    return model, lambda: model(*given), program.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)


def net_of(name, *args):
    def make(program):
        model = getattr(program, name)(*args)
        rng = np.random.default_rng(1)
        x = program.autograd.tensor(rng.normal(size=(6, 1, 32, 32)).astype(np.float32))
        targets = program.autograd.tensor(rng.integers(0, 10, 6))

        def step():
            logits = model(x)
            return logits, program.F.cross_entropy(logits, targets)

        return model, step, program.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)

    return make


def adder(cell):
    def make(program):
        model = program.Adder(cell, width=8)
        numbers = np.random.default_rng(1).random((4, 50, 2)).astype(np.float32)
        x, target = program.autograd.tensor(numbers), program.autograd.tensor(numbers[:, 0, 0].copy())

        def step():
            sums = model(x)
            return sums, program.F.mse_loss(sums, target)

        return model, step, program.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)

    return make


PROGRAMS = {
    "GPT": ("gpt", small_gpt),
    "LeNet": ("images", net_of("LeNet")),
    "ResNet": ("images", net_of("ResNet", (4, 8), 2)),
    "LSTM": ("sequences", adder("LSTM")),
    "GRU": ("sequences", adder("GRU")),
}


def figures(program, make):
    """Results, gradients, and the state after three steps, from weights that only their names decide."""
    model, step, optimizer = make(program)
    state = {}
    for key, value in model.state_dict().items():
        now = value.detach().numpy()
        rng = np.random.default_rng(sum(map(ord, key.replace("lm_head", "transformer.wte"))))  # which are one
        new = 0.5 * rng.random(now.shape) + (0.5 if "running_var" in key or "bn" in key else -0.25)
        state[key] = program.autograd.tensor(new.astype(now.dtype) if now.dtype.kind == "f" else now.copy())
    model.load_state_dict(state)
    found = {}
    for i in range(3):
        optimizer.zero_grad()
        result, loss = step()
        loss.backward()
        if not i:
            found |= {"result": result.detach().numpy().copy(), "loss": loss.detach().numpy().copy()}
            found |= {f"gradient of {key}": p.grad.numpy().copy() for key, p in model.named_parameters()}
        optimizer.step()
    return found | {f"{key} after three steps": value.detach().numpy() for key, value in model.state_dict().items()}


@needs_torch
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_gives_pytorchs_numbers_from_pytorchs_weights(name):
    file, make = PROGRAMS[name]
    known = {
        ours: theirs for ours, theirs in PYTORCHS.items() if "\n" + ours in (EXAMPLES / f"{file}.py").read_text("utf-8")
    }
    ours, theirs = figures(program(file), make), figures(program(file, known), make)
    assert list(ours) == list(theirs)
    for key, value in theirs.items():
        size = np.abs(value).max() if value.size else 1.0
        np.testing.assert_allclose(ours[key], value, 1e-5, 2e-5 * size, err_msg=key)  # sums of many in float32


@needs_torch
@pytest.mark.parametrize("name", PROGRAMS)
def test_its_weights_travel_through_safetensors_to_pytorch_and_back(name, tmp_path):
    import torch

    pytest.importorskip("safetensors")
    from safetensors.torch import load_file, save_file

    file, make = PROGRAMS[name]
    model, *_ = make(program(file))
    state = model.state_dict()
    autograd.save(state, tmp_path / "ours.safetensors")
    theirs = load_file(tmp_path / "ours.safetensors")
    save_file({key: torch.clone(value) for key, value in theirs.items()}, tmp_path / "theirs.safetensors")
    back = autograd.load(tmp_path / "theirs.safetensors")
    assert set(back) == set(theirs)
    for key, value in back.items():
        assert np.array_equal(value.numpy(), state[key].detach().numpy())


def test_gpt_learns_and_writes():
    gpt = program("gpt")
    text = "abracadabra " * 40
    known = sorted(set(text))
    autograd.manual_seed(0)
    model = gpt.GPT(gpt.Config(vocabulary=len(known), context=16, layers=2, heads=2, width=32))
    data = autograd.tensor([known.index(character) for character in text])
    losses = gpt.learn(model, data, 200, rate=3e-3, say=lambda line: None)
    assert losses[0] > 1.5
    assert losses[-1] < 0.3
    model.eval()
    prompt = autograd.tensor([[known.index(character) for character in "abra"]])
    written = model.generate(prompt, 40, temperature=0.5, top_k=3)[0].tolist()
    assert "cadabra abracadabra" in "".join(known[i] for i in written)


def test_tied_weights_are_counted_and_saved_once_and_get_both_gradients():
    gpt = program("gpt")
    model, step, _ = small_gpt(gpt)
    embedding, head = model.transformer.wte, model.lm_head
    assert head.weight is embedding.weight
    assert [name for name, p in model.named_parameters() if p is head.weight] == ["transformer.wte.weight"]
    step()[1].backward()
    both = head.weight.grad.numpy().copy()
    model.zero_grad()
    head.weight = nn.Parameter(embedding.weight.detach().clone())
    step()[1].backward()
    np.testing.assert_allclose(both, embedding.weight.grad.numpy() + head.weight.grad.numpy(), rtol=1e-4, atol=1e-6)


def test_attention_step_by_step_is_the_fused_one():
    gpt = program("gpt")
    fused, _, _ = small_gpt(gpt)
    apart = gpt.GPT(gpt.Config(vocabulary=11, context=8, layers=2, heads=2, width=8, fused=False))
    apart.load_state_dict(fused.state_dict())
    characters = autograd.tensor(np.random.default_rng(1).integers(0, 11, (3, 8)))
    a, b = (model(characters, characters)[0].detach().numpy() for model in (fused, apart))
    np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["LeNet", "ResNet"])
def test_an_image_network_learns_the_digits(name):
    images = program("images")
    autograd.manual_seed(0)
    known, unseen = (
        images.TensorDataset(autograd.tensor(part.inputs), autograd.tensor(part.targets)) for part in images.digits(0)
    )
    model = images.LeNet() if name == "LeNet" else images.ResNet((8, 16))
    optimizer = images.optim.Adam(model.parameters(), lr=2e-3)
    for _ in range(3):
        images.train(model, images.DataLoader(known, 32, shuffle=True), lambda x: x, optimizer)
    assert images.accuracy(model, images.DataLoader(unseen, 256)) > 0.85


def test_an_lstm_learns_to_add_two_numbers_far_apart():
    sequences = program("sequences")
    autograd.manual_seed(0)
    model = sequences.Adder(width=32)
    losses = sequences.learn(model, 800, length=12, rate=5e-3, say=lambda line: None)
    assert np.mean(losses[:50]) > 0.1
    assert np.mean(losses[-50:]) < 0.02


@pytest.mark.parametrize(
    ("name", "options"),
    [("images", ["--epochs", "1"]), ("sequences", ["--steps", "100"]), ("gpt", ["--steps", "1", "--count", "5"])],
)
def test_an_example_runs_from_the_command_line(name, options, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [f"{name}.py", *options])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        program(name).main()
    assert {"images": "test accuracy", "sequences": "against", "gpt": "loss"}[name] in capsys.readouterr().out
