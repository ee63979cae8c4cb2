"""What a Tensor is: its dtype and memory, the methods that NumPy and PyTorch name alike, and Python's protocols."""

import copy
import math
import operator
import pickle

import numpy as np
import pytest

import autograd
from autograd import Tensor

DATA = np.arange(24.0).reshape(2, 3, 4)


@pytest.fixture
def x():
    return Tensor(DATA, requires_grad=True)


# --- Making one -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1.0, np.float32), ([1.0, 2], np.float32), ([[1.5]], np.float32), (1, np.int64), ([1, 2], np.int64), (True, np.bool_),
        ([True, False], np.bool_), (np.float64(1), np.float64), ([np.float64(1)], np.float64), (np.ones(2), np.float64),
        (np.ones(2, np.int32), np.int32), (np.float32(1), np.float32), ([], np.float32),
    ],
)  # fmt: skip
def test_python_floats_get_the_default_dtype_and_numpys_numbers_keep_theirs(data, dtype):
    assert Tensor(data).dtype == dtype
    assert autograd.tensor(data).dtype == dtype
    assert Tensor(data, dtype=float).dtype == np.float64
    assert Tensor(Tensor(data)).dtype == dtype


def test_the_default_dtype_is_for_python_numbers_and_factories_only():
    autograd.set_default_dtype(autograd.float64)
    try:
        assert autograd.get_default_dtype() == np.float64
        assert {
            Tensor(1.0).dtype,
            autograd.zeros(2).dtype,
            autograd.randn(2).dtype,
            autograd.arange(0.0, 1.0).dtype,
        } == {np.dtype(np.float64)}
        assert Tensor(np.float32(1)).dtype == np.float32
        assert (Tensor(np.ones(2, np.float32)) * 2.0).dtype == np.float32
    finally:
        autograd.set_default_dtype(autograd.float32)
    assert autograd.zeros(2).dtype == np.float32


@pytest.mark.parametrize("dtype", [np.int64, bool, complex])
def test_the_default_dtype_must_be_floating(dtype):
    with pytest.raises(TypeError, match=r"autograd\.float64"):
        autograd.set_default_dtype(dtype)
    assert autograd.get_default_dtype() == np.float32


def test_python_numbers_are_weak_in_arithmetic_and_numpys_are_not():
    x = Tensor([1.0, 2.0])
    assert {(x * 2).dtype, (2.5 + x).dtype, (x / 3).dtype, (x**2).dtype, (x * math.pi).dtype} == {np.dtype(np.float32)}
    assert (x * np.float64(2)).dtype == np.float64
    assert (Tensor([1, 2]) / 2).dtype == np.float64
    assert (Tensor([1, 2]) * 2.0).dtype == np.float64


@pytest.mark.parametrize("make", [Tensor, autograd.tensor])
def test_the_constructor_copies(make):
    data = np.ones(2)
    x = make(data)
    data[:] = 0
    assert x.tolist() == [1, 1]


def test_from_numpy_and_as_tensor_share_the_memory():
    data = np.ones(2)
    for x in (autograd.from_numpy(data), autograd.as_tensor(data)):
        assert np.shares_memory(x.numpy(), data)
    t = Tensor(data)
    assert autograd.as_tensor(t) is t
    assert autograd.as_tensor(data, dtype=np.float32).dtype == np.float32


@pytest.mark.parametrize(
    "make", [Tensor, lambda data: Tensor(1.0).astype(np.float16), lambda data: autograd.zeros(2, dtype=np.float16),
             autograd.from_numpy, autograd.as_tensor],
)  # fmt: skip
def test_float16_is_refused_until_it_is_supported(make):
    with pytest.raises(TypeError, match="float32"):
        make(np.ones(2, np.float16))


@pytest.mark.parametrize("data", ["text", None, [object()], {"a": 1}, np.array(["2020-01-01"], "datetime64[D]")])
def test_what_holds_no_numbers_is_refused(data):
    with pytest.raises(TypeError, match="numbers"):
        Tensor(data)


# --- Its value --------------------------------------------------------------------------------------------------------


def test_numpy_gives_the_values_on_the_same_memory(x):
    x.numpy()[0, 0, 0] = 100
    assert x[0, 0, 0].item() == 100
    total = x.sum()
    total.numpy()[()] = -1  # also of a single number
    assert total.item() == -1


def test_data_and_detach_are_without_history_on_the_same_memory(x):
    for y in (x.data, x.detach()):
        assert not y.requires_grad
        assert y.is_leaf
        assert np.shares_memory(y.numpy(), x.numpy())
    assert not np.shares_memory(x.clone().numpy(), x.numpy())
    x.clone().sum().backward()
    assert x.grad.shape == x.shape


def test_assigning_data_replaces_the_values_and_keeps_the_place_in_the_graph():
    x = Tensor([1.0, 2.0], requires_grad=True)
    x.data = np.array([3.0, 4.0], np.float32)
    (x * x).sum().backward()
    assert x.grad.tolist() == [6, 8]


def test_shape_and_size_answer_numpy_and_pytorch(x):
    assert (x.shape, x.ndim, x.dim(), x.size, x.numel(), len(x)) == ((2, 3, 4), 3, 3, 24, 24, 2)
    assert (x.size(), x.size(0), x.size(-1)) == ((2, 3, 4), 2, 4)
    assert (x.nbytes, x.itemsize, x.device) == (24 * 8, 8, "cpu")
    assert isinstance(x.size, int)


def test_a_mean_by_hand_stays_float32():
    x = Tensor([1.0, 2.0], requires_grad=True)
    for mean in (x.sum() / x.size, x.sum() / x.size(0), np.divide(x.sum(), x.size), x.sum() * (1 / x.size)):
        assert mean.dtype == np.float32


def test_item_and_tolist_give_python_numbers():
    assert type(Tensor([[2.5]]).item()) is float
    assert type(Tensor(3).item()) is int
    assert Tensor([[1.0], [2.0]]).tolist() == [[1.0], [2.0]]


# --- Where NumPy and PyTorch use the same words ------------------------------------------------------------------------


def test_transpose_of_two_loose_axes_exchanges_them_and_of_more_permutes(x):
    assert x.transpose(0, 1).shape == (3, 2, 4)
    assert x.transpose(-1, 0).shape == (4, 3, 2)
    assert x.transpose(2, 0, 1).shape == x.transpose((2, 0, 1)).shape == (4, 2, 3)
    assert x.transpose().shape == x.T.shape == (4, 3, 2)
    assert x.mT.shape == (2, 4, 3)
    matrix = x[0]
    np.testing.assert_array_equal(
        matrix.transpose(0, 1).tolist(), DATA[0].T
    )  # NumPy's permutation would change nothing
    assert matrix.transpose((0, 1)).shape == (3, 4)


def test_max_over_dim_is_a_pair_and_over_axis_an_array(x):
    values, indices = x.max(dim=1)
    assert values.tolist() == x.max(axis=1).tolist() == DATA.max(1).tolist()
    assert indices.tolist() == DATA.argmax(1).tolist()
    assert not indices.requires_grad
    pair = x.min(dim=-1, keepdim=True)
    assert (pair.values.shape, pair.indices.shape) == ((2, 3, 1), (2, 3, 1))
    assert x.max().item() == 23
    assert x.max(1).shape == (2, 4)


def test_std_and_var_are_numpys_and_pytorchs_with_its_words(x):
    assert x.std().item() == pytest.approx(DATA.std())
    assert x.var(axis=0).tolist() == DATA.var(0).tolist()
    assert x.var(ddof=1).item() == pytest.approx(DATA.var(ddof=1))
    for found in (x.std(dim=1), x.std(axis=1, correction=1), x.std(dim=1, unbiased=True), autograd.std(x, 1)):
        np.testing.assert_allclose(found.tolist(), DATA.std(1, ddof=1))
    for found in (x.std(dim=1, correction=0), x.std(dim=1, unbiased=False), autograd.std(x, 1, correction=0)):
        np.testing.assert_allclose(found.tolist(), DATA.std(1))
    assert x.var(dim=0, keepdim=True).shape == (1, 3, 4)
    with pytest.raises(TypeError, match="sideways"):
        x.std(sideways=1)


def test_squeeze_of_a_longer_axis_does_nothing_and_numpys_complains():
    x = Tensor(np.zeros((1, 3, 1)))
    assert [x.squeeze().shape, x.squeeze(0).shape, x.squeeze(1).shape, x.squeeze(dim=(0, 1)).shape] == [
        (3,), (3, 1), (1, 3, 1), (3, 1)]  # fmt: skip
    with pytest.raises(ValueError, match="size 3"):
        np.squeeze(x, 1)


def test_repeat_is_numpys_and_tile_is_the_other():
    x = Tensor([1.0, 2.0])
    assert (x.repeat(2).tolist(), x.tile(2).tolist()) == ([1, 1, 2, 2], [1, 2, 1, 2])


def test_split_is_pytorchs_and_np_split_is_numpys():
    x = Tensor(np.arange(5.0))
    assert [y.tolist() for y in x.split(2)] == [[0, 1], [2, 3], [4]]
    assert [y.tolist() for y in autograd.split(x, [1, 4])] == [[0], [1, 2, 3, 4]]
    assert [y.tolist() for y in np.split(x, [1, 4])] == [[0], [1, 2, 3], [4]]
    with pytest.raises(ValueError, match="add up to 4"):
        x.split([1, 3])


@pytest.mark.parametrize("word", ["sum", "mean", "prod", "max", "min", "argmax", "any", "logsumexp", "amax"])
def test_axis_and_dim_mean_the_same_but_not_both_at_once(x, word):
    function = getattr(x, word, None) or (lambda **how: getattr(autograd, word)(x, **how))
    with pytest.raises(TypeError, match=r"axis= .* or dim="):
        function(axis=0, dim=1)


def test_shapes_can_be_given_loose_or_together(x):
    for y in (
        x.reshape(6, 4),
        x.reshape((6, 4)),
        x.view(6, -1),
        x.view((6, 4)),
        np.reshape(x, (6, 4)),
        x.view_as(x.reshape(6, 4)),
    ):
        assert y.shape == (6, 4)
    assert x.permute(2, 0, 1).shape == x.permute((2, 0, 1)).shape == (4, 2, 3)
    assert x.flatten().shape == (24,)
    assert x.flatten(1).shape == x.flatten(start_dim=1, end_dim=2).shape == (2, 12)
    assert x[:1].expand(5, -1, 4).shape == (5, 3, 4)
    assert x.unsqueeze(-1).shape == (2, 3, 4, 1)
    assert x.flip(0, 1).shape == x.flip((0, 1)).shape == x.shape


def test_conversions_bear_pytorchs_names(x):
    assert (x.float().dtype, x.double().dtype, x.long().dtype, x.int().dtype, x.bool().dtype) == (
        np.float32, np.float64, np.int64, np.int32, np.bool_)  # fmt: skip
    assert (
        x.to(autograd.float32).dtype
        == x.to(dtype=np.float32).dtype
        == x.to("cpu", autograd.float32).dtype
        == np.float32
    )
    assert x.to(Tensor([1])).dtype == np.int64
    assert x.to("cpu").requires_grad
    assert x.cpu() is x
    assert x.contiguous() is x
    y = x.float()
    (y * 2.5).sum().backward()
    assert x.grad.dtype == np.float64
    assert (x.grad.numpy() == 2.5).all()
    with pytest.raises(ValueError, match="device='cpu'"):
        x.to("cuda")
    with pytest.raises(TypeError, match=r"astype\(dtype\)"):
        x.view(np.int64)


# --- Operators and indices --------------------------------------------------------------------------------------------

BINARY = "add sub mul truediv floordiv mod pow lt le gt ge eq ne".split()


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize(
    "other", [2, 1.5, np.float64(3), np.array([1.0, 2.0]), [1.0, 2.0], Tensor([1.0, 2.0])], ids=repr
)
def test_operators_work_on_both_sides_of_numbers_arrays_and_lists(name, other):
    operate, x = getattr(operator, name), Tensor([2.0, 3.0], dtype=float)
    value = np.asarray(other.tolist() if isinstance(other, Tensor) else other)
    for found, expected in (
        (operate(x, other), operate(x.numpy(), value)),
        (operate(other, x), operate(value, x.numpy())),
    ):
        assert isinstance(found, Tensor)
        assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("name", ["lshift", "rshift"])
def test_shifts(name):
    operate, a, b = getattr(operator, name), np.array([5, 6]), np.array([1, 2])
    for found in (operate(Tensor(a), Tensor(b)), operate(Tensor(a), b), operate(a, Tensor(b))):
        assert found.tolist() == operate(a, b).tolist()
    assert operate(8, Tensor(b)).tolist() == operate(8, b).tolist()


@pytest.mark.parametrize("name", ["and_", "or_", "xor"])
def test_bitwise_operators(name):
    operate, a, b = getattr(operator, name), np.array([True, False, True]), np.array([True, True, False])
    for found in (operate(Tensor(a), Tensor(b)), operate(Tensor(a), b), operate(a, Tensor(b))):
        assert isinstance(found, Tensor)
        assert found.tolist() == operate(a, b).tolist()
    assert operate(True, Tensor(b)).tolist() == operate(True, b).tolist()


def test_unary_operators():
    x = Tensor([-1.0, 2.0])
    assert [(-x).tolist(), (+x).tolist(), abs(x).tolist(), (~Tensor([True])).tolist()] == [
        [1, -2],
        [-1, 2],
        [1, 2],
        [False],
    ]
    assert (x @ x).item() == 5
    assert (np.eye(2) @ x).tolist() == [-1, 2]
    assert divmod(5, 2) == (Tensor(5) // 2, Tensor(5) % 2)


def test_augmented_assignment_changes_what_is_not_recorded():
    x = y = Tensor([7.0, 3.0])
    for change in ("+= 1", "-= 2", "*= 3.0", "/= 4", "//= 0.5", "**= 2", "%= 7", "@= np.eye(2, dtype=np.float32)"):
        expected = x.numpy().copy()
        scope = {"x": x, "expected": expected, "np": np}
        exec(f"x {change}; expected = expected {change.replace('=', '', 1)}", scope)
        assert scope["x"] is y
        assert scope["x"].tolist() == scope["expected"].tolist(), change
    with pytest.raises(ValueError, match="cannot take the shape"):
        x += np.ones((2, 2))
    counts = Tensor([1, 2])
    with pytest.raises(TypeError, match="int64 cannot take values of float"):
        counts += 0.5


def test_a_leaf_is_changed_in_place_under_no_grad_only():
    x = y = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(RuntimeError, match=r"a leaf that needs a gradient cannot be changed in place .* no_grad\(\)"):
        x += 1
    old = (x * x).sum()
    with autograd.no_grad():
        x -= 0.5
    assert x is y
    assert x.requires_grad
    assert x.tolist() == [0.5, 1.5]
    with pytest.raises(RuntimeError, match="changed in place"):
        old.backward()


def test_equality_is_by_element_and_hash_by_identity():
    a, b = Tensor([1.0]), Tensor([1.0])
    assert isinstance(a == b, Tensor)
    assert len({a, b, a}) == 2
    assert a in [a]
    assert 1.0 in Tensor([1.0, 2.0])
    assert 3.0 not in Tensor([1.0, 2.0])


def test_iteration_unpacks_rows_that_carry_gradients(x):
    a, b = x
    (a.sum() + 2 * b.sum()).backward()
    assert x.grad[:, 0, 0].tolist() == [1, 2]
    with pytest.raises(TypeError, match="without axes"):
        iter(x.sum())
    with pytest.raises(TypeError, match="without axes"):
        len(x.sum())


def test_a_tensor_of_integers_is_an_index_and_one_of_floats_is_not():
    x = Tensor([1.0, 2.0, 3.0])
    assert x[Tensor([2, 0])].tolist() == [3, 1]
    assert [10, 20, 30][Tensor(1)] == 20
    assert x[x > 1.5].tolist() == [2, 3]
    with pytest.raises(IndexError, match="astype"):
        x[Tensor([0.0])]
    with pytest.raises(TypeError, match="one integer"):
        [1, 2][Tensor(0.5)]


# --- Python's protocols -----------------------------------------------------------------------------------------------


def test_repr_shows_values_dtype_and_history():
    x = Tensor([1.0, 2.0], requires_grad=True)
    assert repr(x) == "tensor([1., 2.], requires_grad=True)"
    assert repr(x * 2) == "tensor([2., 4.], from multiply)"
    assert repr(Tensor(np.ones(1))) == "tensor([1.], dtype=float64)"
    assert repr(Tensor([1, 2])) == "tensor([1, 2])"
    assert f"{Tensor(1.5):.2f} {Tensor(1.5)}" == "1.50 tensor(1.5)"


def test_float_of_a_tensor_that_needs_a_gradient_warns_and_names_item():
    x = Tensor([4.0], requires_grad=True)
    for convert in (float, int, math.sqrt):
        with pytest.warns(UserWarning, match=r"tensor\.item\(\)"):
            convert(x)
    with autograd.no_grad():
        assert (float(x), int(x), math.sqrt(x)) == (4, 4, 2)
    assert float(x.detach()) == 4
    with pytest.raises(TypeError, match="one element"):
        float(Tensor([1.0, 2.0]))


def test_assigning_into_an_array_warns_that_the_graph_is_cut():
    buffer, x = np.zeros(2), Tensor(3.0, requires_grad=True)
    with pytest.warns(UserWarning, match="cuts the graph"):
        buffer[0] = x


def test_truth_is_of_one_element_only():
    assert bool(Tensor([[1.0]]))
    assert not Tensor(0)
    with pytest.raises(ValueError, match=r"any\(\) or \.all\(\)"):
        bool(Tensor([1.0, 2.0]))


def test_leaves_can_be_copied_and_pickled_and_results_cannot():
    x = Tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    for twin in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert twin.tolist() == [1, 2]
        assert twin.requires_grad
        assert twin.is_leaf
        assert not np.shares_memory(twin.numpy(), x.numpy())
    assert copy.deepcopy(x).grad.tolist() == [2, 4]
    assert copy.copy(Tensor([1.0])).tolist() == [1]
    for fail in (copy.deepcopy, pickle.dumps):
        with pytest.raises(RuntimeError, match="detach"):
            fail(x * 2)


def test_numpy_functions_that_only_look_work_on_values():
    x = Tensor([1.0, 2.0], requires_grad=True)
    assert (np.shape(x), np.ndim(x), np.size(x)) == ((2,), 1, 2)
    assert np.allclose(x, [1, 2])
    assert np.array_equal(x, x)
    assert np.zeros_like(x).tolist() == [0, 0]
    assert np.result_type(x, 1.0) == np.float32


def test_reductions_through_ufunc_methods_record():
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    assert np.add.reduce(x).tolist() == [4, 6]
    assert np.multiply.reduce(x, axis=None).item() == 24
    assert np.maximum.reduce(x, axis=1, keepdims=True).tolist() == [[2], [4]]
    assert np.add.accumulate(x).tolist() == [[1, 2], [4, 6]]
    assert np.multiply.outer(x[0], x[1]).tolist() == [[3, 4], [6, 8]]
    assert all(y.requires_grad for y in (np.add.reduce(x), np.add.accumulate(x), np.multiply.outer(x[0], x[1])))


# --- Random numbers and factories -------------------------------------------------------------------------------------


def test_factories_make_leaves_of_the_default_dtype():
    for x in (autograd.zeros(2, 3), autograd.ones((2, 3)), autograd.empty(2, 3), autograd.full((2, 3), 1.5), autograd.randn(2, 3),
              autograd.rand(2, 3, requires_grad=True)):  # fmt: skip
        assert (x.shape, x.dtype, x.is_leaf) == ((2, 3), np.float32, True)
    assert autograd.full((2,), 3).dtype == autograd.arange(3).dtype == autograd.randperm(3).dtype == np.int64
    assert autograd.arange(1, 2, 0.5).tolist() == [1, 1.5]
    assert autograd.linspace(0, 1, 3).tolist() == [0, 0.5, 1]
    assert autograd.eye(2).tolist() == [[1, 0], [0, 1]]
    assert autograd.ones_like(Tensor([1, 2])).dtype == np.int64
    assert autograd.zeros(2, dtype=autograd.float64, device="cpu").dtype == np.float64
    with pytest.raises(ValueError, match="device='cpu'"):
        autograd.zeros(2, device="cuda:0")


def test_manual_seed_repeats_what_is_drawn_and_a_generator_has_its_own_stream():
    def draws(**how):
        return [
            autograd.randn(2, **how).tolist(),
            autograd.rand(2, **how).tolist(),
            autograd.randint(0, 9, (3,), **how).tolist(),
        ]

    autograd.manual_seed(3)
    first = draws()
    autograd.manual_seed(3)
    own = autograd.Generator().manual_seed(3)
    assert draws() == first == draws(generator=own)
    assert draws() != first


def test_a_node_shows_its_operation_and_its_shape():
    x = Tensor(DATA, requires_grad=True)
    y = x * x
    assert repr(y.grad_fn) == f"<node {y.node.order}: multiply (2, 3, 4)>"
    assert repr(y.sum().grad_fn) == f"<node {y.node.order + 1}: sum ()>"
    assert repr(x.node) == f"<node {x.node.order}: leaf (2, 3, 4)>"
