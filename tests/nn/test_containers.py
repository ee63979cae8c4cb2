"""Lists and dictionaries of modules and parameters: Python's methods, PyTorch's names."""

import copy
import pickle
from collections import OrderedDict

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor


def lines(nn, count=3):
    return [nn.Linear(1, i + 1) for i in range(count)]


def named(nn):
    return nn.Sequential(OrderedDict(a=nn.Linear(1, 1), b=nn.Tanh(), c=nn.Linear(1, 1)))


def changed(container, change):
    """The container after a change, or what the change returns."""
    result = change(container)
    return container if result is None else result


def delete(container, index):
    del container[index]


CHANGES = {
    "append": lambda nn, c: c.append(nn.Linear(1, 9)),
    "extend": lambda nn, c: c.extend([nn.Linear(1, 8), nn.Linear(1, 9)]),
    "insert": lambda nn, c: c.insert(1, nn.Linear(1, 9)),
    "insert at the front": lambda nn, c: c.insert(0, nn.Linear(1, 9)),
    "pop": lambda nn, c: (c.pop(1), c)[1],
    "pop the last": lambda nn, c: (c.pop(-1), c)[1],
    "delete": lambda nn, c: delete(c, 0),
    "delete a slice": lambda nn, c: delete(c, slice(0, 2)),
    "set": lambda nn, c: c.__setitem__(-2, nn.Linear(1, 9)),
    "slice": lambda nn, c: c[1:],
    "slice backwards": lambda nn, c: c[::-1],
    "add": lambda nn, c: c + type(c)(*([nn.Linear(1, 9)] if isinstance(c, nn.Sequential) else [[nn.Linear(1, 9)]])),
    "add in place": lambda nn, c: c.__iadd__(
        type(c)(*([nn.Tanh()] if isinstance(c, nn.Sequential) else [[nn.Tanh()]]))
    ),
    "repeat": lambda nn, c: c * 2 if isinstance(c, nn.Sequential) else None,
}
MAKERS = {
    "Sequential": lambda nn: nn.Sequential(*lines(nn)),
    "ModuleList": lambda nn: nn.ModuleList(lines(nn)),
    "equal parts": lambda nn: nn.ModuleList([nn.Tanh(), nn.Tanh(), nn.ReLU(), nn.Tanh()]),
    "named": named,
}


@pytest.mark.parametrize(
    ("maker", "change"),
    [(m, c) for m in MAKERS for c in CHANGES if m != "named" or "insert" not in c],  # where PyTorch fails
)
def test_lists_change_as_pytorchs_do(maker, change):
    torch = pytest.importorskip("torch")
    ours, theirs = (
        changed(MAKERS[maker](nn), lambda container, nn=nn: CHANGES[change](nn, container)) for nn in (nn, torch.nn)
    )
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert len(ours) == len(theirs)
    assert [str(part) for part in ours] == [str(part) for part in theirs]


def test_a_part_may_be_put_between_named_ones():
    assert [name for name, _ in named(nn).insert(1, nn.ReLU()).named_children()] == ["0", "1", "2", "3"]


def test_a_list_holds_the_very_modules_it_was_given():
    parts = lines(nn)
    modules = nn.ModuleList(iter(parts))
    assert list(modules) == parts
    assert modules[-1] is parts[2]
    assert modules[np.int64(0)] is parts[0]
    assert parts[1] in modules
    assert list(modules[:2]) == parts[:2]
    assert list(reversed(modules)) == parts[::-1]
    assert modules.pop() is parts[2]


@pytest.mark.parametrize(
    ("spoil", "error", "message"),
    [
        (lambda c: c.append(nn.Tanh), TypeError, r"holds modules, not the class Tanh; write Tanh\(\)"),
        (lambda c: c.extend([nn.Tanh(), 3]), TypeError, "holds modules, not a int"),
        (lambda c: c.extend(nn.Tanh()), TypeError, "takes several parts, not a Tanh; write append"),
        (lambda c: c.insert(0, None), TypeError, "holds modules, not None"),
        (lambda c: c.__setitem__(0, "x"), TypeError, "holds modules, not a str"),
        (lambda c: c[3], IndexError, "has 3 parts, and none at 3"),
        (lambda c: c.__setitem__(-4, nn.Tanh()), IndexError, "none at -4"),
        (lambda c: delete(c, 7), IndexError, "none at 7"),
        (lambda c: c["0"], TypeError, "an integer or a slice, not by '0'"),
    ],
)
@pytest.mark.parametrize("maker", ["Sequential", "ModuleList"])
def test_what_a_list_cannot_hold_is_refused_and_changes_nothing(maker, spoil, error, message):
    container = MAKERS[maker](nn)
    before = repr(container)
    with pytest.raises(error, match=message):
        spoil(container)
    assert repr(container) == before


def test_what_only_holds_modules_says_what_to_call():
    with pytest.raises(NotImplementedError, match=r"call them one by one, or write nn.Sequential"):
        nn.ModuleList([nn.Tanh()])(1.0)
    with pytest.raises(NotImplementedError, match=r"modules\[key\]\(x\)"):
        nn.ModuleDict({"a": nn.Tanh()})(1.0)


def test_a_dictionary_of_modules_is_pythons():
    torch = pytest.importorskip("torch")

    def build(nn):
        modules = nn.ModuleDict({"b": nn.Linear(1, 1), "a": nn.Tanh()})
        modules["c"] = nn.Linear(1, 2)
        modules.update([("d", nn.ReLU()), ("b", nn.Linear(1, 3))])
        modules.update({"e": nn.Tanh()})
        popped = modules.pop("a")
        del modules["e"]
        found = ["b" in modules, "a" in modules, len(modules), list(modules), list(modules.keys()), repr(popped)]
        return [*found, repr(modules), list(modules.state_dict()), [repr(part) for _, part in modules.items()]]

    assert build(nn) == build(torch.nn)
    empty, other = nn.ModuleDict(), nn.ModuleDict()
    assert empty != other
    assert len({empty, other}) == 2
    modules = nn.ModuleDict([("a", nn.Tanh())])
    modules.clear()
    assert (len(modules), modules.get("a")) == (0, None)


@pytest.mark.parametrize(
    ("spoil", "error", "message"),
    [
        (lambda d: d["x"], KeyError, "'x'; the keys of this ModuleDict are 'a', 'b'"),
        (lambda d: d.pop("x"), KeyError, "the keys of this ModuleDict"),
        (lambda d: d.__setitem__("keys", nn.Tanh()), KeyError, "has an attribute 'keys' already"),
        (lambda d: d.__setitem__("a.b", nn.Tanh()), KeyError, "nor contain a dot"),
        (lambda d: d.__setitem__("c", 3), TypeError, "takes a Module, not a int"),
        (lambda d: d.__setitem__(3, nn.Tanh()), TypeError, "a name is a string"),
    ],
)
def test_what_a_dictionary_cannot_hold_is_refused_and_changes_nothing(spoil, error, message):
    modules = nn.ModuleDict({"a": nn.Tanh(), "b": nn.Tanh()})
    with pytest.raises(error, match=message):
        spoil(modules)
    assert list(modules) == ["a", "b"]


def test_parameters_in_lists_and_dictionaries_are_parameters_of_their_owner():
    torch = pytest.importorskip("torch")

    def build(nn, zeros):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.several = nn.ParameterList([nn.Parameter(zeros(2)), zeros(3)])
                self.several.append(nn.Parameter(zeros(1)))
                self.several += [zeros(4)]
                self.several[0] = nn.Parameter(zeros(5))
                self.by_name = nn.ParameterDict({"z": zeros(2), "b": zeros(2), "a": nn.Parameter(zeros(1))})
                self.by_name["c"] = zeros(6)
                del self.by_name["b"]
                self.in_order = nn.ParameterDict(OrderedDict(z=zeros(1), y=zeros(1)))

        net = Net()
        return {name: (tuple(p.shape), p.requires_grad) for name, p in net.named_parameters()}, repr(net)

    ours, theirs = build(nn, lambda n: Tensor(np.zeros(n, np.float32))), build(torch.nn, torch.zeros)
    assert list(ours[0].items()) == list(theirs[0].items())
    plain = theirs[1].replace("torch.float32", "float32").replace("torch.FloatTensor", "float32")
    assert ours[1] == plain.replace("torch.nn.parameter.Parameter", "float32")


def test_lists_and_dictionaries_of_parameters_hold_nothing_else():
    weights = nn.ParameterList([np.zeros(2), np.ones(3)])
    assert [p.tolist() for p in weights[1:]] == [[1.0, 1.0, 1.0]]
    with pytest.raises(TypeError, match=r"holds parameters, not a float; write nn.Parameter"):
        weights.append(3.0)
    with pytest.raises(TypeError, match="holds parameters, not a Linear"):
        nn.ParameterDict({"a": nn.Linear(1, 1)})
    assert len(weights) == 2


def test_containers_are_copied_and_pickled_whole():
    x = np.ones((2, 1))
    for model in (named(nn), nn.ModuleDict({"a": nn.Linear(1, 1)}), nn.ParameterList([np.ones(2)])):
        for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            assert repr(twin) == repr(model)
            assert not {id(p) for p in twin.parameters()} & {id(p) for p in model.parameters()}
    assert copy.deepcopy(named(nn))(x).shape == (2, 1)


def test_a_part_of_a_class_of_ones_own_is_of_ours():
    class Stack(nn.Sequential):
        def __init__(self, width):
            super().__init__(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))

    part = Stack(2)[:2]
    assert type(part) is nn.Sequential
    assert part(np.zeros((1, 2))).shape == (1, 2)
    assert type(nn.MLP([2, 3, 1])[1:]) is nn.Sequential


def test_what_would_be_spread_over_devices_runs_here():
    layer = nn.Linear(2, 1)
    model = nn.DataParallel(layer, device_ids=[0, 1])
    assert model.module is layer
    assert model(np.ones((1, 2))).tolist() == layer(np.ones((1, 2))).tolist()


# --- Shapes -----------------------------------------------------------------------------------------------------------


def test_unflattening_undoes_flattening():
    images = np.arange(120.0).reshape(5, 2, 3, 4)
    assert np.array_equal(nn.Unflatten(1, (2, 3, 4))(nn.Flatten()(images)).numpy(), images)


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda: nn.Unflatten("channels", (2, 3)), TypeError, "number of an axis, not 'channels'"),
        (lambda: nn.Unflatten(1, 6), TypeError, r"such as \(8, 8\), not 6"),
        (lambda: nn.Unflatten(1, (2, 3))(np.zeros((2, 5))), ValueError, r"sizes \(2, 3\) do not multiply to 5"),
        (lambda: nn.Bilinear(0, 1, 1), ValueError, "in1_features is a number of units, and cannot be 0"),
        (
            lambda: nn.Bilinear(3, 4, 2)(np.zeros((5, 3)), np.zeros((5, 3))),
            ValueError,
            r"bilinear: inputs of shapes \(5, 3\) and \(5, 3\) do not fit a weight \(out, in1, in2\) of shape \(2, 3, 4\)",
        ),
        (lambda: nn.Bilinear(3, 4, 2)(np.zeros((5, 3)), np.zeros((1, 4))), ValueError, "and the others equal"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(act, error, message):
    with pytest.raises(error, match=message):
        act()


def test_a_bilinear_layer_starts_like_pytorchs():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    for layer in (nn.Bilinear(100, 20, 5, generator=np.random.default_rng(0)), torch.nn.Bilinear(100, 20, 5)):
        for values in (layer.weight.detach().numpy(), layer.bias.detach().numpy()):
            assert abs(values).max() <= 0.1
        assert abs(layer.weight.detach().numpy().std() - 0.1 / np.sqrt(3)) < 1e-3


def test_a_lazy_layer_learns_its_size_from_its_first_input():
    model = nn.Sequential(nn.LazyLinear(4, dtype=np.float64), nn.Tanh(), nn.LazyLinear(1, bias=False))
    assert repr(model[0]) == "LazyLinear(in_features=0, out_features=4, bias=True)"
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    first, weight = model[0], model[0].weight
    autograd.manual_seed(0)
    model(np.ones((2, 3))).sum().backward()
    assert type(first) is nn.Linear
    assert model[0] is first
    assert first.weight is weight
    assert [(p.shape, p.dtype.itemsize) for p in model.parameters()] == [((4, 3), 8), ((4,), 8), ((1, 4), 4)]
    assert repr(model[2]) == "Linear(in_features=4, out_features=1, bias=False)"
    autograd.manual_seed(0)
    assert nn.Linear(3, 4, dtype=np.float64).weight.tolist() == weight.tolist()
    before = weight.tolist()
    optimizer.step()
    assert weight.tolist() != before
    with pytest.raises(ValueError, match=r"^0: expected last axis 3, got 2"):
        model(np.ones((2, 2)))
    with pytest.raises(ValueError, match="LazyLinear's input is a single number"):
        nn.LazyLinear(2)(3.0)
