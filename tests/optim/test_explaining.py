"""Updates written out: every number in them is what the step then computes."""

import inspect
import re

import numpy as np
import pytest

import nn
import optim
from autograd import Tensor
from optim.explaining import SYMBOLS

SINGLE = [kind for _, kind in inspect.getmembers(optim, inspect.isclass) if getattr(kind, "elementwise", False)]
OPTIONS = {
    optim.SGD: [{"momentum": 0.9, "dampening": 0.5, "weight_decay": 0.1}, {"momentum": 0.9, "nesterov": True}],
    optim.Adam: [{"amsgrad": True, "maximize": True}, {"weight_decay": 0.1, "decoupled_weight_decay": True}],
    optim.RMSprop: [{"momentum": 0.9, "centered": True}],
    optim.RAdam: [{"betas": (0.9, 0.5)}],
    optim.ASGD: [{"t0": 0}],
    optim.Rprop: [{"lr": 2.0}],
}
CASES = [(kind, settings) for kind in SINGLE for settings in [{}, *OPTIONS.get(kind, [])]]


def last(text, symbol):
    """The value that a thing has in the end."""
    lines = text.split("\n")
    at = max(i for i, line in enumerate(lines) if line.startswith(f"  {symbol} ← "))
    rest = next((i for i, line in enumerate(lines[at + 1 :], at + 1) if "←" in line), len(lines))
    return float(lines[rest - 1].rpartition("= ")[2].replace("−", "-"))


@pytest.mark.parametrize(("kind", "settings"), CASES, ids=str)
def test_the_numbers_are_those_of_the_step_that_follows(kind, settings):
    p = Tensor(np.array([[1.5, -3.0], [0.5, 2.0]]), requires_grad=True)
    optimizer = kind([p], **settings)
    for step in range(4):
        optimizer.zero_grad()
        (p * p).sum().backward()
        before = [a.copy() for a in arrays(optimizer, p)]
        text = optimizer.explain(index=(0, 1))
        for a, b in zip(arrays(optimizer, p), before, strict=True):
            np.testing.assert_array_equal(a, b)
        optimizer.step(lambda: None)
        assert text.startswith(f"{kind.__name__}, update {step + 1} of parameter 0, at [0, 1]")
        assert last(text, "θ") == pytest.approx(p[0, 1].item(), rel=1e-5)
        for name, kept in optimizer.state[p].items():
            if name != "step" and f"  {SYMBOLS[name]} ← " in text:
                kept = kept[0, 1].item() if isinstance(kept, Tensor) else kept
                assert last(text, SYMBOLS[name]) == pytest.approx(kept, rel=1e-5)


def arrays(optimizer, p):
    return [
        p.numpy(),
        p.grad.numpy(),
        *(a.numpy() for a in optimizer.state.get(p, {}).values() if isinstance(a, Tensor)),
    ]


@pytest.mark.parametrize(("kind", "settings"), CASES, ids=str)
def test_numbers_put_in_for_the_names_give_the_results(kind, settings):
    """The line with numbers, computed anew by Python, is the line below it."""
    p = Tensor(np.array([1.5, -3.0]), requires_grad=True)
    optimizer = kind([p], **settings)
    for _ in range(3):
        optimizer.zero_grad()
        (p * p).sum().backward()
        text = optimizer.explain()
        optimizer.step(lambda: None)
    lines = [line.strip() for line in text.split("\n")[3:]]
    computed = 0
    for formula, numbers, result in zip(lines, lines[1:], lines[2:]):
        if "←" in formula and numbers.startswith("=") and result.startswith("="):
            assert evaluated(numbers[1:]) == pytest.approx(float(result[1:].replace("−", "-")), rel=1e-3, abs=1e-9)
            computed += 1
    assert computed > 0 or "g = " in text


def evaluated(text):
    """What a line of numbers is by the usual rules."""
    text = text.replace("−", "-").replace("·", "*").replace("^", "**")
    text = re.sub(r"\|(.*?)\|", r"abs(\1)", text)
    text = text.translate({ord(a): f"**{b}" for b, a in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")})
    while "√" in text:
        at = text.rindex("√")
        end = at + 1
        if text[end] == "(":
            depth = 0
            while True:
                depth += {"(": 1, ")": -1}.get(text[end], 0)
                end += 1
                if not depth:
                    break
        else:
            end += len(re.match(r"[0-9.e+-]+?(?=$|[ )])", text[end:])[0])
        text = f"{text[:at]}({text[at + 1 : end]})**0.5{text[end:]}"
    return eval(text, {"sign": np.sign, "max": max, "min": min, "abs": abs})


def test_an_optimizer_of_ones_own_is_explained_too_and_what_is_used_twice_gets_a_line():
    class Own(optim.Optimizer):
        elementwise = True

        def start(self, p):
            return {"energy": np.zeros_like(p)}

        def update(self, p, g, state, *, lr):
            size = np.abs(g) / (1 + np.abs(g))
            state["energy"] += size * size
            p -= lr * size * np.sign(g)

    p = Tensor([2.0, -3.0], requires_grad=True)
    optimizer = Own([("w", p)], {"lr": 0.5})
    (p * p / 2).sum().backward()
    assert repr(optimizer.explain()) == (
        "Own, update 1 of w, at [1]\n"
        "  η = 0.5\n"
        "  g = −3, θ = −3, energy = 0\n"
        "  size ← |g| / (1 + |g|)\n"
        "       = |−3| / (1 + |−3|)\n"
        "       = 0.75\n"
        "  energy ← energy + size²\n"
        "         = 0 + 0.75²\n"
        "         = 0.5625\n"
        "  θ ← θ − η size sign(g)\n"
        "    = −3 − 0.5 · 0.75 · sign(−3)\n"
        "    = −2.625"
    )


def test_which_number_is_explained():
    model = nn.Linear(2, 3)
    optimizer = optim.SGD(model.named_parameters(), lr=0.1)
    with pytest.raises(ValueError, match=r"needs a gradient: call loss.backward\(\) first"):
        optimizer.explain()
    (model(np.ones((1, 2))) * np.array([1.0, -5.0, 2.0])).sum().backward()
    assert optimizer.explain().startswith("SGD, update 1 of weight, at [1, 0]")
    assert optimizer.explain(model.bias, 2).startswith("SGD, update 1 of bias, at [2]")
    other = Tensor([1.0], requires_grad=True)
    other.sum().backward()
    with pytest.raises(ValueError, match=r"the parameter of shape \(1,\) is in no group of this SGD"):
        optimizer.explain(other)
    with pytest.raises(IndexError):
        optimizer.explain(model.bias, 3)


@pytest.mark.parametrize("kind", [optim.LAMB, optim.Muon, optim.LBFGS])
def test_steps_of_whole_parameters_are_not_explained(kind):
    with pytest.raises(TypeError, match=f"{kind.__name__} steps by whole parameters"):
        kind([Tensor(np.ones((2, 2)), requires_grad=True)]).explain()


@pytest.mark.parametrize(
    ("formula", "written"),
    [
        (lambda a, b, c: a - (b - c), "a − (b − c)"),
        (lambda a, b, c: a - (b + c), "a − (b + c)"),
        (lambda a, b, c: a - b + c, "a − b + c"),
        (lambda a, b, c: a / (b * c), "a / (b c)"),
        (lambda a, b, c: a / b * c, "(a / b) c"),
        (lambda a, b, c: a / b / c, "a / b / c"),
        (lambda a, b, c: a / (b / c), "a / (b / c)"),
        (lambda a, b, c: (a + b) * c, "(a + b) c"),
        (lambda a, b, c: (a + b) / c, "(a + b) / c"),
        (lambda a, b, c: -(a + b) * c, "(−(a + b)) c"),
        (lambda a, b, c: -(a * b), "−a b"),
        (lambda a, b, c: (a * b) ** c, "(a b)^c"),
        (lambda a, b, c: a ** (b + c), "a^(b + c)"),
        (lambda a, b, c: (a + b) ** 2, "(a + b)²"),
        (lambda a, b, c: 2 * a * (3 * b), "2 · 3 a b"),
        (lambda a, b, c: np.sqrt(a * a + b) - abs(c), "√(a² + b) − |c|"),
        (lambda a, b, c: (a**b) ** c, "(a^b)^c"),
    ],
)
def test_brackets_stand_where_they_are_needed(formula, written):
    class Own(optim.Optimizer):
        elementwise = True

        def update(self, p, g, state, *, a, b, c):
            p += formula(a, b, c)

    a, b, c = 1.5, 2.5, 3.5
    p = Tensor(np.array([0.25]), requires_grad=True)
    optimizer = Own([p], {"a": a, "b": b, "c": c})
    p.sum().backward()
    _, _, _, names, numbers, result = optimizer.explain().split("\n")
    assert names == f"  θ ← θ + {written}"
    assert evaluated(numbers.partition("=")[2]) == pytest.approx(0.25 + formula(a, b, c), rel=1e-5)
    assert float(result.partition("=")[2].replace("−", "-")) == pytest.approx(0.25 + formula(a, b, c), rel=1e-5)


def test_lines_stand_in_the_order_of_the_changes():
    p = Tensor([1.0], requires_grad=True)
    p.sum().backward()
    changes = [line.split()[0] for line in optim.Lion([p], weight_decay=0.1).explain().split("\n") if "←" in line]
    assert changes == ["θ", "m"]
    changes = [line.split()[0] for line in optim.AdamW([p]).explain().split("\n") if "←" in line]
    assert changes == ["θ", "m", "v", "spread", "θ"]


def test_what_is_assigned_as_a_whole_is_explained_and_a_part_is_refused():
    class Own(optim.Optimizer):
        elementwise = True
        place = ...

        def start(self, p):
            return {"h": np.ones_like(p)}

        def update(self, p, g, state, *, lr):
            h = state["h"]
            h[:] = 2 * h
            p[self.place] = p - lr * h * g

    p = Tensor(np.array([3.0]), requires_grad=True)
    (p * p).sum().backward()
    optimizer = Own([p], {"lr": 0.1})
    lines = [line.strip() for line in optimizer.explain().split("\n")]
    assert lines[3:5] == ["h ← 2 h", "= 2 · 1"]
    assert lines[6:] == ["θ ← θ − η h g", "= 3 − 0.1 · 2 · 6", "= 1.8"]
    optimizer.place = 0
    with pytest.raises(TypeError, match=r"cannot write to \[0\] of an array; write p\[...\] = in update"):
        optimizer.explain()


def test_a_number_that_is_not_there_cannot_be_explained():
    p, empty = Tensor(np.ones((2, 3)), requires_grad=True), Tensor(np.ones(0), requires_grad=True)
    (p.sum() + empty.sum()).backward()
    optimizer = optim.SGD([p, empty])
    assert "at [1, 2]" in optimizer.explain(index=(-1, -1))
    assert "at [1, 2]" in optimizer.explain(index=np.array([1, 2]).tolist())
    for which, index in ((p, 1), (p, (2, 0)), (p, (0, 1.5)), (p, "a"), (empty, None)):
        with pytest.raises(
            IndexError, match=rf"shape \({'2, 3' if which is p else '0,'}\) has \d whole numbers.* not "
        ):
            optimizer.explain(which, index)
    with pytest.raises(TypeError, match=r"takes one of the parameters, such as model\[0\].weight, and not a str"):
        optimizer.explain("weight")
