"""Module and Parameter: what is found, counted, saved, loaded and printed; hooks; marks in the graph."""

import copy
import operator
import os
import pickle
from collections import OrderedDict

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor, graph


class Block(nn.Module):
    """A part with a parameter, a buffer that is saved and one that is not, and a layer."""

    def __init__(self):
        self.scale = nn.Parameter(np.ones(3))
        self.register_buffer("mean", np.zeros(3))
        self.register_buffer("cache", np.zeros(2), persistent=False)
        self.layer = nn.Linear(3, 3)
        self.note = "not a parameter"

    def forward(self, x):
        return self.layer(x * self.scale)


class Tied(nn.Module):
    """Two layers with one weight."""

    def __init__(self):
        self.first = nn.Linear(3, 3)
        self.second = nn.Linear(3, 3)
        self.second.weight = self.first.weight

    def forward(self, x):
        return self.second(self.first(x))


def network():
    return nn.Sequential(OrderedDict(block=Block(), out=nn.Linear(3, 1)))


# --- The tree ---------------------------------------------------------------------------------------------------------


def test_parameters_and_modules_are_found_by_assignment_in_its_order():
    names = ["block.scale", "block.layer.weight", "block.layer.bias", "out.weight", "out.bias"]
    assert [name for name, _ in network().named_parameters()] == names
    assert [name for name, _ in network().named_modules()] == ["", "block", "block.layer", "out"]
    assert [name for name, _ in network().named_children()] == ["block", "out"]
    assert [type(module) for module in network().children()] == [Block, nn.Linear]
    assert [name for name, _ in network().named_buffers()] == ["block.mean", "block.cache"]
    assert [name for name, _ in Block().named_parameters(recurse=False)] == ["scale"]
    assert [name for name, _ in Block().named_parameters(prefix="p")] == ["p.scale", "p.layer.weight", "p.layer.bias"]


def test_a_subclass_need_not_call_the_initialiser_of_its_base():
    assert len(list(Block().parameters())) == 3


def test_a_shared_parameter_is_counted_once_and_found_under_each_name_on_request():
    model = Tied()
    assert [name for name, _ in model.named_parameters()] == ["first.weight", "first.bias", "second.bias"]
    every = [name for name, _ in model.named_parameters(remove_duplicate=False)]
    assert every == ["first.weight", "first.bias", "second.weight", "second.bias"]


def test_a_module_used_twice_is_counted_once():
    layer = nn.Linear(2, 2)
    model = nn.Sequential(layer, nn.ReLU(), layer)
    assert len(list(model.parameters())) == 2
    assert [name for name, _ in model.named_modules()] == ["", "0", "1"]
    assert [name for name, _ in model.named_children()] == ["0", "1"]
    assert [name for name, _ in model.named_modules(remove_duplicate=False)] == ["", "0", "1", "2"]


def test_the_gradient_of_a_shared_parameter_is_the_sum_over_its_uses():
    model = Tied().double()
    x = np.linspace(-1, 1, 6).reshape(2, 3)
    model(x).sum().backward()
    weight, bias = model.first.weight.numpy(), model.first.bias.numpy()
    hidden = x @ weight.T + bias
    g = np.ones((2, 3))
    expected = g.T @ hidden + (g @ weight).T @ x
    np.testing.assert_allclose(model.first.weight.grad.numpy(), expected)


def test_apply_visits_children_before_parents():
    seen = []
    model = network()
    assert model.apply(seen.append) is model
    assert [type(module).__name__ for module in seen] == ["Linear", "Block", "Linear", "Sequential"]


def test_an_attribute_can_be_replaced_and_deleted():
    block = Block()
    block.scale = nn.Parameter(np.zeros(2))
    assert [name for name, _ in block.named_parameters()] == ["scale", "layer.weight", "layer.bias"]
    block.scale = None
    del block.layer, block.mean
    assert not list(block.parameters())
    assert [name for name, _ in block.named_buffers()] == ["cache"]


def test_the_order_is_that_of_registration_also_where_none_stood_before():
    torch = pytest.importorskip("torch")

    def build(nn):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.bias = None
                self.register_parameter("kept", None)
                self.part = None
                self.weight = nn.Parameter(theirs.zeros(2) if nn is torch.nn else np.zeros(2))
                self.bias = nn.Parameter(theirs.zeros(1) if nn is torch.nn else np.zeros(1))
                self.kept = nn.Parameter(theirs.zeros(3) if nn is torch.nn else np.zeros(3))
                self.first = nn.Linear(2, 2)
                self.part = nn.Linear(2, 2)
                self.weight = None
                self.weight = nn.Parameter(theirs.zeros(2) if nn is torch.nn else np.zeros(2))
                self.first = nn.Linear(1, 1)
                self.part = self.first.weight  # a parameter now, behind the others

        return Net()

    theirs = torch
    assert list(build(nn).state_dict()) == list(build(torch.nn).state_dict())


def test_parts_are_found_by_path():
    model = network()
    assert model.get_submodule("") is model
    assert model.get_submodule("block.layer") is model.block.layer
    assert model.get_parameter("block.layer.bias") is model.block.layer.bias
    assert model.get_buffer("block.cache") is model.block.cache
    model.set_submodule("block.layer", nn.Identity())
    assert list(model.state_dict()) == ["block.scale", "block.mean", "out.weight", "out.bias"]
    assert list(model._modules) == ["block", "out"]
    assert (list(model.block._parameters), list(model.block._buffers)) == (["scale"], ["mean", "cache"])


def test_parts_can_be_registered_by_a_computed_name():
    module = nn.Module()
    module.add_module("a", nn.Tanh())
    module.register_parameter("w", nn.Parameter([1.0]))
    module.register_parameter("left_out", None)
    module.register_buffer("later", None)
    assert list(module.state_dict()) == ["w"]
    module.later = Tensor([2.0])
    assert list(module.state_dict()) == ["w", "later"]
    assert module.left_out is None
    with pytest.raises(
        TypeError, match=r"left_out is the place of a part that is None now, and a Tensor cannot take it"
    ):
        module.left_out = Tensor([1.0])
    del module.left_out
    module.left_out = Tensor([1.0])
    assert list(module.state_dict()) == ["w", "later"]


@pytest.mark.parametrize(
    ("spoil", "error", "message"),
    [
        (lambda m: setattr(m, "scale", Tensor([1.0])), TypeError, r"write self.scale.data = ... for new values"),
        (lambda m: setattr(m, "scale", 3.0), TypeError, r"scale is a Parameter, and a float cannot take its place"),
        (lambda m: setattr(m, "mean", 3.0), TypeError, r"mean is a buffer.*write self.mean = Tensor"),
        (lambda m: setattr(m, "children", nn.Tanh()), AttributeError, r"every Module has 'children' already"),
        (lambda m: m.add_module("a.b", nn.Tanh()), KeyError, "must not be empty, nor contain a dot"),
        (lambda m: m.add_module("", nn.Tanh()), KeyError, "must not be empty"),
        (lambda m: m.add_module("note", nn.Tanh()), KeyError, "has an attribute 'note' already"),
        (lambda m: m.add_module("forward", nn.Tanh()), KeyError, "has an attribute 'forward' already"),
        (lambda m: m.add_module(3, nn.Tanh()), TypeError, "a name is a string, not a int"),
        (lambda m: m.add_module("a", nn.Tanh), TypeError, r"not the class Tanh; write Tanh\(\)"),
        (lambda m: m.register_parameter("a", Tensor([1.0])), TypeError, r"takes a Parameter or None.*write Parameter"),
        (lambda m: m.register_buffer("a", m.scale), TypeError, r"write a.detach\(\)"),
        (lambda m: m.train("yes"), TypeError, "True or False"),
        (lambda m: m.to(np.int64), TypeError, "float32 or float64, not int64"),
        (lambda m: m.to("cuda"), ValueError, "device='cpu'"),
        (lambda m: m.cuda(0), ValueError, "device 'cuda:0' is not supported.*device='cpu'"),
        (lambda m: m.half(), TypeError, r"Block.half\(\): float16 is not supported.*write .float\(\)"),
        (lambda m: m.bfloat16(), TypeError, "bfloat16 is not supported"),
        (lambda m: m.to(autograd.bfloat16), TypeError, "float32 or float64, not bfloat16;"),
        (lambda m: m.to("cpu", np.float16), TypeError, "float32 or float64, not float16;"),
        (lambda m: m.get_submodule("layer.deep"), AttributeError, "Linear has no module for 'layer.deep'.* are none"),
        (lambda m: m.get_parameter("layer.scale"), AttributeError, "those here are weight, bias"),
        (lambda m: m.get_parameter("mean"), AttributeError, "Block has no parameter for 'mean'"),
        (lambda m: m.get_buffer("scale"), AttributeError, "no buffer for 'scale'; those here are mean, cache"),
        (lambda m: operator.setitem(m._modules, "a", 3), TypeError, "takes a Module, not a int"),
        (lambda m: operator.setitem(m._parameters, "forward", None), KeyError, "has an attribute 'forward' already"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(spoil, error, message):
    block = Block()
    before = [name for name, _ in block.named_modules()], list(block.state_dict())
    with pytest.raises(error, match=message):
        spoil(block)
    assert ([name for name, _ in block.named_modules()], list(block.state_dict())) == before


def test_a_module_without_forward_says_what_to_write():
    with pytest.raises(NotImplementedError, match=r"write one that returns the result"):
        nn.Module()(1)


# --- Modes and types --------------------------------------------------------------------------------------------------


def test_train_and_eval_reach_every_module():
    model = network()
    assert all(module.training for module in model.modules())
    assert model.eval() is model
    assert not any(module.training for module in model.modules())
    assert all(module.training for module in model.train().modules())


def test_a_class_that_decides_itself_how_it_is_trained_is_asked():
    class Frozen(nn.Sequential):
        def train(self, mode=True):
            super().train(mode)
            self[0].eval()
            return self

    model = nn.Sequential(
        nn.Sequential(Frozen(nn.Dropout(), nn.Tanh()) if hasattr(nn, "Dropout") else Frozen(nn.Tanh()))
    )
    model.train()
    assert model[0][0].training
    assert not model[0][0][0].training


def test_requires_grad_and_zero_grad_reach_every_parameter():
    model = network()
    model(np.ones((2, 3))).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    model.zero_grad(set_to_none=False)
    assert all((p.grad == 0).all() for p in model.parameters())
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())
    assert model.requires_grad_(False)(np.ones((2, 3))).requires_grad is False


def test_to_changes_floating_values_and_their_gradients_only():
    block = Block()
    block.register_buffer("count", np.array(3))
    block(np.ones((1, 3))).sum().backward()
    assert block.double() is block
    assert {tensor.dtype for tensor in block.parameters()} == {np.dtype(np.float64)}
    assert block.layer.weight.grad.dtype == np.float64
    assert (block.mean.dtype, block.count.dtype) == (np.float64, np.int64)
    assert block(np.ones((1, 3))).dtype == np.float64
    block.zero_grad()
    block(np.ones((1, 3))).sum().backward()
    assert block.layer.weight.grad.dtype == np.float64
    narrow = Tensor([1.0])
    ways = [
        block.float,
        lambda: block.to(autograd.float32),
        lambda: block.to("cpu", np.float32),
        lambda: block.to(autograd.device("cpu"), dtype=autograd.float32, non_blocking=True),
        lambda: block.to(narrow),
        lambda: block.type(np.float32),
    ]
    for way in ways:
        assert way().layer.weight.dtype == np.float32
        for same in (block.cpu, lambda: block.to("cpu"), lambda: block.to_empty(device="cpu"), block.to):
            assert same() is block
        assert block.double().layer.weight.dtype == np.float64


def test_a_frozen_parameter_keeps_its_gradient_in_another_dtype():
    layer = nn.Linear(2, 1)
    layer(np.ones((1, 2))).sum().backward()
    layer.requires_grad_(False).double()
    assert (layer.weight.grad.dtype, layer.weight.requires_grad) == (np.float64, False)
    layer.requires_grad_(True)(np.ones((1, 2))).sum().backward()
    assert layer.weight.grad.tolist() == [[2.0, 2.0]]
    assert layer.weight.grad.dtype == np.float64
    layer = nn.Linear(2, 1).requires_grad_(False).double().requires_grad_(True)
    layer(np.ones((1, 2))).sum().backward()
    assert layer.weight.grad.dtype == np.float64


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_memory_can_be_shared_with_forked_processes():
    model = nn.Linear(2, 1)
    before = model.weight.tolist()
    assert model.share_memory() is model
    assert model.weight.tolist() == before
    child = os.fork()
    if not child:
        model.weight.data[...] = 3.0
        os._exit(0)
    os.waitpid(child, 0)
    assert model.weight.tolist() == [[3.0, 3.0]]
    model(np.ones((1, 2))).sum().backward()
    optim.SGD(model.parameters(), lr=1.0).step()
    assert model.weight.tolist() == [[2.0, 2.0]]


def test_compiling_changes_nothing():
    model = network()
    result = model(np.ones((2, 3))).tolist()
    assert model.compile() is None
    assert model(np.ones((2, 3))).tolist() == result


# --- Saving and loading -----------------------------------------------------------------------------------------------


def test_state_dict_keys_are_those_of_pytorch():
    torch = pytest.importorskip("torch")

    class Theirs(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(3))
            self.register_buffer("mean", torch.zeros(3))
            self.register_buffer("cache", torch.zeros(2), persistent=False)
            self.layer = torch.nn.Linear(3, 3)

    theirs = torch.nn.Sequential(OrderedDict(block=Theirs(), out=torch.nn.Linear(3, 1)))
    ours = network()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert ours.load_state_dict(theirs.state_dict()) == ([], [])
    for name, value in theirs.state_dict().items():
        np.testing.assert_array_equal(ours.state_dict()[name].numpy(), value.numpy())


def test_state_dict_is_on_the_memory_of_the_module_and_needs_no_gradient():
    model = network()
    state = model.state_dict()
    assert not any(tensor.requires_grad for tensor in state.values())
    state["out.bias"].numpy()[:] = 7
    assert model.out.bias.tolist() == [7.0]


def test_a_saved_state_brings_another_module_to_the_same_values():
    model, other = network(), network()
    x = np.ones((2, 3))
    assert not np.array_equal(model(x).tolist(), other(x).tolist())
    other.load_state_dict(model.state_dict())
    assert np.array_equal(model(x).tolist(), other(x).tolist())
    assert other.out.weight.requires_grad
    assert not np.shares_memory(other.out.weight.numpy(), model.out.weight.numpy())


def test_a_shared_parameter_has_its_names_in_the_state_and_one_tensor():
    state = Tied().state_dict()
    assert list(state) == ["first.weight", "first.bias", "second.weight", "second.bias"]
    assert state["first.weight"] is state["second.weight"]
    assert len(pickle.dumps(state)) < len(pickle.dumps({**state, "first.weight": Tensor(np.ones((3, 3), np.float32))}))


def test_a_shared_parameter_is_loaded_from_one_of_its_names():
    model, state = Tied(), Tied().state_dict()
    del state["first.weight"]
    model.load_state_dict(state)
    assert np.array_equal(model.first.weight.numpy(), state["second.weight"].numpy())
    assert model.first.weight is model.second.weight


def test_loading_says_all_that_does_not_fit_and_changes_nothing():
    model = network()
    before = copy.deepcopy(model.state_dict())
    state = {"block.scale": np.zeros(3), "out.bias": np.zeros(2), "unknown": np.zeros(1)}
    with pytest.raises(RuntimeError) as caught:
        model.load_state_dict(state)
    message = str(caught.value)
    assert message.startswith("Error(s) in loading state_dict for Sequential:\n\tMissing key(s) in state_dict: ")
    assert (
        'Missing key(s) in state_dict: "block.mean", "block.layer.weight", "block.layer.bias", "out.weight". '
        in message
    )
    assert 'Unexpected key(s) in state_dict: "unknown". ' in message
    assert (
        "size mismatch for out.bias: copying a param with shape (2,) from checkpoint, "
        "the shape in current model is (1,)."
    ) in message
    assert "Nothing was loaded." in message
    assert "strict=False" in message
    assert all(np.array_equal(before[name].numpy(), value.numpy()) for name, value in model.state_dict().items())


def test_loading_without_strictness_takes_what_fits_and_reports_the_rest():
    model = network()
    found = model.load_state_dict({"block.scale": np.full(3, 5.0), "unknown": np.zeros(1)}, strict=False)
    assert model.block.scale.tolist() == [5.0, 5.0, 5.0]
    assert found.unexpected_keys == ["unknown"]
    assert "out.weight" in found.missing_keys
    with pytest.raises(RuntimeError, match=r"size mismatch for block.scale: .* shape \(1, 3\)"):
        model.load_state_dict({"block.scale": np.zeros((1, 3))}, strict=False)


def test_two_values_for_one_shared_parameter_are_refused():
    model = Tied()
    state = {**model.state_dict(), "second.weight": np.zeros((3, 3))}
    with pytest.raises(RuntimeError, match=r'"first.weight" and "second.weight" are one parameter here'):
        model.load_state_dict(state)


def test_what_is_said_about_loading_begins_with_pytorchs_words():
    torch = pytest.importorskip("torch")
    state = {"0.weight": np.zeros((2, 2)), "2.weight": np.zeros(3), "other": np.zeros(1)}
    with pytest.raises(RuntimeError) as ours:
        nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1)).load_state_dict(state)
    layers = torch.nn.Linear(2, 2), torch.nn.Tanh(), torch.nn.Linear(2, 1)
    state = {key: torch.tensor(value) for key, value in state.items()}
    with pytest.raises(RuntimeError) as theirs:
        torch.nn.Sequential(*layers).load_state_dict(state)
    expected = str(theirs.value).replace("torch.Size([3])", "(3,)").replace("torch.Size([1, 2])", "(1, 2)")
    assert str(ours.value).startswith(expected)


def test_keys_that_a_wrapper_has_lengthened_are_recognised():
    model = nn.Linear(2, 2)
    state = nn.DataParallel(model).state_dict()
    assert list(state) == ["module.weight", "module.bias"]
    with pytest.raises(RuntimeError, match=r"\{key.removeprefix\('module.'\): value for key, value in"):
        model.load_state_dict(state)
    model.load_state_dict({key.removeprefix("module."): value for key, value in state.items()})


def test_assigning_takes_over_memory_and_dtype():
    model = nn.Linear(2, 1)
    weight, state = model.weight, {"weight": np.ones((1, 2)), "bias": Tensor([5.0])}
    model(np.ones((1, 2))).sum().backward()
    assert model.load_state_dict(state, assign=True) == ([], [])
    assert model.weight is weight
    assert (model.weight.dtype, model.bias.dtype, weight.grad.dtype) == (np.float64, np.float32, np.float64)
    assert np.shares_memory(model.weight.numpy(), state["weight"])
    assert np.shares_memory(model.bias.numpy(), state["bias"].numpy())
    assert weight.requires_grad
    read_only = np.ones((1, 2), np.float32)
    read_only.flags.writeable = False
    model.load_state_dict({"weight": read_only}, strict=False, assign=True)
    assert (model.weight.dtype, model.weight.numpy().flags.writeable) == (np.float32, True)
    model.load_state_dict({"weight": np.ones((1, 2), np.float16)}, strict=False, assign=True)
    assert model.weight.dtype == np.float32


def test_values_in_read_only_memory_are_not_half_of_a_load():
    model = nn.Linear(2, 1)
    before = model.weight.tolist()
    model.bias.numpy().flags.writeable = False
    state = nn.Linear(2, 1).state_dict()
    with pytest.raises(RuntimeError, match=r"bias stands in read-only memory here; write .*assign=True"):
        model.load_state_dict(state)
    assert model.weight.tolist() == before
    model.load_state_dict(state, assign=True)
    assert model.bias.tolist() == state["bias"].tolist()


def test_hooks_see_what_is_saved_and_loaded():
    model, seen = nn.Sequential(nn.Linear(2, 1)), []
    model[0].register_state_dict_post_hook(
        lambda module, state, prefix, _: state.update({prefix + "more": Tensor(1.0)})
    )

    def rename(module, state, prefix, metadata, strict, missing, unexpected, problems):
        assert (module, strict) == (model[0], True)
        state.pop(prefix + "more", None)
        if "old" in state:
            state[prefix + "bias"] = state.pop("old")
        if prefix + "refused" in state:
            problems.append("refused is refused")

    model[0].register_load_state_dict_pre_hook(rename)
    model.register_load_state_dict_post_hook(lambda module, loaded: seen.append(loaded))
    state = model.state_dict()
    assert list(state) == ["0.weight", "0.bias", "0.more"]
    given = {"0.weight": state["0.weight"], "old": np.full(1, 7.0)}
    model.load_state_dict(given)
    assert model[0].bias.tolist() == [7.0]
    assert list(given) == ["0.weight", "old"]
    assert seen == [([], [])]
    with pytest.raises(RuntimeError, match="refused is refused"):
        model.load_state_dict({**state, "0.refused": 1})


def test_loading_takes_a_mapping_of_numbers_only():
    with pytest.raises(TypeError, match=r"such as state_dict\(\) returns, not a list"):
        network().load_state_dict([1])
    with pytest.raises(RuntimeError, match="which is not numbers"):
        network().load_state_dict({"out.bias": np.array(["a"])}, strict=False)


def test_backward_after_loading_is_refused_where_it_would_use_the_old_values():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    loss = model(np.ones((1, 2))).sum()
    model.load_state_dict(nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1)).state_dict())
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


def test_a_module_can_be_copied_and_pickled_and_stays_whole():
    model = nn.Sequential(Tied(), Block())
    x = np.ones((2, 3))
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert np.array_equal(twin(x).tolist(), model(x).tolist())
        assert twin[0].first.weight is twin[0].second.weight
        assert list(twin.state_dict()) == list(model.state_dict())
        assert not {id(p) for p in twin.parameters()} & {id(p) for p in model.parameters()}
        twin(x).sum().backward()
        assert twin[0].first.weight.node.notes["name"] == "weight"
    assert model[0].first.weight.grad is None


# --- Parameter --------------------------------------------------------------------------------------------------------


def test_a_parameter_is_a_leaf_that_needs_a_gradient():
    p = nn.Parameter(Tensor([1.0], requires_grad=True) * 2)
    assert (p.is_leaf, p.requires_grad, p.tolist()) == (True, True, [2.0])
    assert nn.Parameter([1.0]).dtype == np.float32
    assert nn.Parameter(np.ones(2)).dtype == np.float64
    assert not nn.Parameter(np.arange(3), requires_grad=False).requires_grad
    with pytest.raises(TypeError, match="dtype=float"):
        nn.Parameter([1, 2])


def test_a_parameter_shares_the_memory_of_a_tensor_and_copies_an_array():
    tensor, array = Tensor([1.0]), np.ones(1)
    assert np.shares_memory(nn.Parameter(tensor).numpy(), tensor.numpy())
    assert not np.shares_memory(nn.Parameter(array).numpy(), array)


def test_operations_on_a_parameter_give_plain_tensors():
    assert type(nn.Parameter([1.0]) * 2) is Tensor
    assert type(nn.Parameter([1.0]).detach()) is Tensor


def test_copies_of_a_parameter_keep_name_gradient_and_attributes():
    p = nn.Linear(2, 2).weight
    p.rate = 0.5
    p.grad = Tensor(np.ones((2, 2), np.float32))
    for twin in (copy.deepcopy(p), pickle.loads(pickle.dumps(p))):
        assert (type(twin), twin.name, twin.rate, twin.requires_grad) == (nn.Parameter, "weight", 0.5, True)
        assert twin.node.notes == {"name": "weight"}
    assert copy.deepcopy(p).grad.tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_a_parameter_keeps_its_name_when_it_is_frozen_and_thawed():
    layer = nn.Linear(2, 2)
    layer.requires_grad_(False).requires_grad_(True)
    assert layer.bias.node.notes == {"name": "bias"}


# --- Hooks and marks --------------------------------------------------------------------------------------------------


def test_hooks_see_and_may_replace_arguments_and_result():
    layer, seen = nn.Identity(), []
    first = layer.register_forward_pre_hook(lambda module, args: (args[0] + 1,))
    second = layer.register_forward_hook(lambda module, args, result: seen.append((args[0], result)))
    third = layer.register_forward_hook(lambda module, args, result: result * 10)
    assert layer(1) == 20
    assert seen == [(2, 2)]
    for hook in (first, second, third):
        hook.remove()
    assert layer(1) == 1
    assert len(seen) == 1


def test_hooks_may_stand_first_see_keywords_and_end_with_a_block():
    class Sum(nn.Module):
        def forward(self, a, *, b=0):
            return a + b

    layer, order = Sum(), []
    layer.register_forward_pre_hook(lambda module, args: order.append("second"))
    layer.register_forward_pre_hook(lambda module, args: order.append("first"), prepend=True)
    with layer.register_forward_pre_hook(lambda module, args, kwargs: (args, {"b": 2 * kwargs["b"]}), with_kwargs=True):
        hook = layer.register_forward_hook(lambda module, args, kwargs, result: (result, kwargs), with_kwargs=True)
        assert layer(1, b=2) == (5, {"b": 4})
    hook.remove()
    assert layer(1, b=2) == 3
    assert order == ["first", "second"] * 2
    with layer.register_forward_pre_hook(lambda module, args, kwargs: args, with_kwargs=True):
        with pytest.raises(RuntimeError, match=r"return \(args, kwargs\), or None"):
            layer(1, b=2)
    with pytest.raises(ValueError, match="always_call"):
        layer.register_forward_hook(print, always_call=True)


def test_backward_hooks_see_and_may_replace_gradients_as_in_pytorch():
    torch = pytest.importorskip("torch")

    def run(nn, tensor, base):
        class Two(base):
            def forward(self, a, b, unused):
                return a * b, a + 1

        module, seen = Two(), []
        x, y, z = (tensor([v, 2 * v]).requires_grad_() for v in (1.0, 2.0, 3.0))
        constant = tensor([1.0, 1.0])
        shown = lambda gradients: [None if g is None else g.tolist() for g in gradients]
        module.register_full_backward_pre_hook(lambda m, out: (seen.append(shown(out)), (out[0] * 2, out[1]))[1])
        hook = module.register_full_backward_hook(lambda m, into, out: seen.append((shown(into), shown(out))))
        module.register_full_backward_hook(
            lambda m, into, out: (into[0] * 10, None if into[1] is None else into[1] * 0, None)
        )
        product, _ = module(x, y, z)
        product.sum().backward()
        found = [x.grad.tolist(), y.grad.tolist(), z.grad]
        hook.remove()
        product, more = module(x * 1, constant, None)
        (product * more).sum().backward()
        assert module(constant, constant, None)[0].requires_grad is False
        return found, x.grad.tolist(), seen

    assert run(nn, Tensor, nn.Module) == run(torch.nn, torch.tensor, torch.nn.Module)


def test_backward_hooks_of_a_layer_whose_input_needs_no_gradient():
    layer, seen = nn.Linear(2, 1), []
    layer.register_full_backward_hook(lambda module, into, out: seen.append((into, out[0].tolist())))
    layer(np.ones((1, 2))).sum().backward()
    assert seen == [((None,), [[1.0]])]
    assert layer.weight.grad.tolist() == [[1.0, 1.0]]
    with autograd.no_grad():
        layer(np.ones((1, 2)))
    layer.register_full_backward_hook(lambda module, into, out: (None, None))
    with pytest.raises(RuntimeError, match="a backward hook of Linear returned 2 gradients, and there are 1"):
        layer(np.ones((1, 2))).sum().backward()


# --- Where an error is ------------------------------------------------------------------------------------------------


class Attention(nn.Module):
    def __init__(self):
        self.proj = nn.Linear(8, 4)

    def forward(self, x):
        return self.proj(x)


class Layered(nn.Module):
    def __init__(self):
        self.blocks = nn.ModuleList(nn.Sequential(OrderedDict(attn=Attention())) for _ in range(3))

    def forward(self, x):
        return self.blocks[2](x)


def test_a_wrong_shape_names_the_path_of_the_layer_once():
    x = np.zeros((2, 6))
    messages = []
    for model in (Layered(), nn.Sequential(OrderedDict(body=Layered())), Attention(), nn.Linear(8, 4)):
        with pytest.raises(ValueError, match="expected last axis 8, got 6") as caught:
            model(x)
        messages.append(str(caught.value).partition(" got")[0])
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert messages == [
        "blocks.2.attn.proj: expected last axis 8,",
        "body.blocks.2.attn.proj: expected last axis 8,",
        "proj: expected last axis 8,",
        "expected last axis 8,",
    ]


def test_the_path_ends_where_the_error_began_and_knows_hidden_modules_by_their_class():
    class Hidden(nn.Module):
        def __init__(self):
            self.parts = [nn.Sequential(nn.Tanh(), nn.Linear(2, 1))]

        def forward(self, x):
            return self.parts[0](x) + np.zeros(3)

    model = nn.Sequential(Hidden())
    with pytest.raises(ValueError, match=r"^0\.Sequential\.1: expected last axis 2, got 5"):
        model(np.zeros((1, 5)))
    with pytest.raises(ValueError, match=r"^1: add\(.*\(7, 3\) and \(5,\) do not broadcast"):
        model.append(Adds())(np.zeros((7, 2)))


class Adds(nn.Module):
    def forward(self, x):
        return x + np.zeros(5)


def test_an_error_without_a_plain_message_keeps_it_and_gets_a_note():
    class Fails(nn.Module):
        def forward(self, x):
            return {}[x]

    model = nn.Sequential(nn.Sequential(nn.Identity(), Fails()))
    with pytest.raises(KeyError) as caught:
        model("key")
    assert caught.value.args == ("key",)
    assert caught.value.__notes__ == ["in 0.1"]


def test_each_of_two_errors_has_its_own_path():
    class Tries(nn.Module):
        def __init__(self):
            self.first, self.second = nn.Linear(2, 1), nn.Linear(3, 1)

        def forward(self, x):
            try:
                return self.first(x)
            except ValueError:
                return self.second(x)

    with pytest.raises(ValueError, match=r"^0\.second: expected last axis 3, got 4"):
        nn.Sequential(Tries())(np.zeros((1, 4)))


# --- Depth ------------------------------------------------------------------------------------------------------------


def test_300_nested_modules_are_called_walked_and_printed():
    model = nn.Sequential(nn.Linear(1, 1))
    for _ in range(300):
        model = nn.Sequential(model)
    assert model(np.ones((1, 1))).shape == (1, 1)
    text = repr(model)
    assert text.count("Sequential") == 301
    assert text.count("\n") == 602
    assert len(list(model.modules())) == 302
    assert len(model.state_dict()) == 2
    model.eval().train().apply(lambda module: None).double().load_state_dict(model.state_dict())
    with pytest.raises(ValueError, match=r"^(0\.){300}0: expected last axis 1, got 2"):
        model(np.ones((1, 2)))


def test_modules_too_deep_for_python_end_in_its_own_error():
    model = nn.Sequential(nn.Identity())
    for _ in range(2000):
        model = nn.Sequential(model)
    with pytest.raises(RecursionError):
        model(1)
    assert len(list(model.modules())) == 2002


def test_each_call_marks_the_nodes_it_made_innermost_module_first():
    model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Tanh(), nn.Linear(3, 1)))
    result = model(np.ones((4, 2)))
    marks = result.node.notes["modules"]
    assert [label for label, _ in marks] == ["1 (Linear)", "1 (Sequential)", "Sequential"]
    made = [
        [node.op.name for node in graph.ancestors([result.node]) if node.op and first < node.order <= result.node.order]
        for _, first in marks
    ]
    assert made == [["linear"], ["linear", "tanh"], ["linear", "tanh", "linear"]]


def test_a_module_that_makes_nothing_leaves_no_mark():
    x = Tensor([1.0], requires_grad=True) * 2
    assert nn.Sequential(nn.Identity())(x) is x
    assert x.node.notes is None
    assert nn.ReLU()(np.ones(2)).node is None


def test_each_of_several_results_is_marked():
    class Pair(nn.Module):
        def forward(self, x):
            return x * 2, [x * 3], x

    x = Tensor([1.0], requires_grad=True)
    double, _, same = Pair()(x)
    assert double.node.notes["modules"][0][0] == "Pair"
    assert same.node.notes is None


# --- Printing ---------------------------------------------------------------------------------------------------------


def test_printing_is_that_of_pytorch():
    torch = pytest.importorskip("torch")

    def build(nn):
        inner = nn.Sequential(nn.Linear(2, 3, bias=False), nn.LeakyReLU(0.2), nn.Flatten(), nn.Identity())
        return nn.Sequential(OrderedDict(inner=inner, act=nn.Sigmoid(), out=nn.Linear(3, 1), loss=nn.MSELoss()))

    assert repr(build(nn)) == repr(build(torch.nn))
    for name in ("ReLU", "Tanh", "ELU", "Softplus"):
        assert repr(getattr(nn, name)()) == repr(getattr(torch.nn, name)())


def test_a_module_of_ones_own_prints_its_parts():
    assert repr(Block()) == "Block(\n  (layer): Linear(in_features=3, out_features=3, bias=True)\n)"


# --- What PyTorch's programs do with a module's insides -----------------------------------------------------------------


def test_a_module_that_is_a_part_of_itself_is_refused_where_its_paths_would_have_no_end():
    outer = nn.Sequential(nn.Linear(1, 1))
    outer[0].owner = outer
    assert len(list(outer.parameters())) == 2
    for walk in (
        outer.state_dict,
        lambda: outer.load_state_dict({}),
        lambda: list(outer.named_modules("", None, False)),
    ):
        with pytest.raises(RuntimeError):
            walk()
    with pytest.raises(RuntimeError, match=r"'0.owner' is the Sequential that it is a part of.*self.owner = \[owner\]"):
        outer.state_dict()
    del outer[0].owner
    outer[0].owner = [outer]
    assert list(outer.state_dict()) == ["0.weight", "0.bias"]


class Steps(nn.Module):
    def __init__(self):
        self.layer, self.steps = nn.Linear(1, 1), 0

    def get_extra_state(self):
        return {"steps": self.steps}

    def set_extra_state(self, state):
        self.steps = state["steps"]


def test_extra_state_is_saved_and_loaded_and_asked_for_like_a_tensor(tmp_path):
    used, new = nn.Sequential(Steps(), Steps()), nn.Sequential(Steps(), Steps())
    used[0].steps, used[1].steps = 3, 4
    state = used.state_dict()
    assert list(state)[:4] == ["0._extra_state", "0.layer.weight", "0.layer.bias", "1._extra_state"]
    autograd.save(state, tmp_path / "steps.npz")
    assert repr(new.load_state_dict(autograd.load(tmp_path / "steps.npz"))) == "<All keys matched successfully>"
    assert [part.steps for part in new] == [3, 4]
    del state["1._extra_state"]
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "1._extra_state"'):
        nn.Sequential(Steps(), Steps()).load_state_dict(state)
    assert new.load_state_dict(state, strict=False).missing_keys == ["1._extra_state"]
    with pytest.raises(RuntimeError, match=r'Unexpected key\(s\) in state_dict: "_extra_state"'):
        nn.ReLU().load_state_dict({"_extra_state": {}})


def test_a_failed_load_leaves_extra_state_too():
    part = Steps()
    with pytest.raises(RuntimeError, match="size mismatch"):
        part.load_state_dict({"_extra_state": {"steps": 9}, "layer.weight": np.ones((2, 2)), "layer.bias": np.ones(1)})
    assert part.steps == 0


def test_a_part_whose_class_overrides_state_dict_has_its_say():
    class Frozen(nn.Module):
        def __init__(self):
            self.head, self.body = nn.Linear(1, 1), nn.Linear(1, 1)

        def state_dict(self, *args, prefix="", **options):
            state = super().state_dict(*args, prefix=prefix, **options)
            for key in [key for key in state if key.startswith(prefix + "body.")]:
                del state[key]
            return state

    assert list(nn.Sequential(Frozen(), nn.PReLU()).state_dict()) == ["0.head.weight", "0.head.bias", "1.weight"]


@pytest.mark.parametrize("name", ["_load_from_state_dict", "_save_to_state_dict", "_apply"])
def test_an_override_that_would_never_be_called_is_refused_where_it_is_written(name):
    with pytest.raises(TypeError, match=rf"^Own\.{name} would never be called here; .*(hook|state|buffer)"):
        type("Own", (nn.Module,), {name: lambda self, *args: None})


def test_parts_are_exchanged_through_the_dictionaries_of_a_module():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.ReLU())
    for name, module in model._modules.items():
        if isinstance(module, nn.ReLU):
            model._modules[name] = nn.Tanh()
    assert isinstance(model[2], nn.Tanh)
    assert list(model._modules) == ["0", "1", "2"]
    weight = model[0].weight
    del model[0]._parameters["weight"]
    model[0].register_parameter("raw", nn.Parameter(weight.detach()))
    model[0].weight, model[0].bias = model[0].raw * 2, None
    assert list(model[0].state_dict()) == ["raw"]
    assert model[0](np.eye(2)).tolist() == (2 * weight.numpy().T).tolist()
    model[1]._buffers["running_mean"] = Tensor([1.0, 2.0])
    assert model[1].running_mean.tolist() == [1, 2]
    assert "running_mean" in model[1].state_dict()
    with pytest.raises(KeyError):
        del model[0]._parameters["weight"]
    with pytest.raises(TypeError, match="takes a Module"):
        model._modules["0"] = 3


def test_a_hook_on_a_saved_part_comes_before_that_of_the_whole():
    model, seen = nn.Sequential(nn.Linear(1, 1)), []
    model[0].register_state_dict_post_hook(lambda module, state, prefix, metadata: seen.append(prefix))
    model.register_state_dict_post_hook(lambda module, state, prefix, metadata: seen.append(prefix))
    model.state_dict(prefix="net.")
    assert seen == ["net.0.", "net."]
