"""NumPy's functions take NumPy's arguments, `autograd`'s functions PyTorch's, and the methods both."""

import inspect

import numpy as np
import pytest

import autograd
from autograd import Tensor, op

DATA = np.array([[[3.0, -1.0, 2.0, 2.0], [0.5, 4.0, -2.0, 1.0], [1.0, 1.5, -0.5, 0.0]]] * 2) * np.array(
    [[[1.0]], [[-2.0]]]
)
MASK = DATA > 0.7


def arrays(result):
    """A result of either library as arrays and numbers."""
    if isinstance(result, tuple | list):
        return [arrays(part) for part in result]
    return np.asarray(result.detach()) if hasattr(result, "detach") else np.asarray(result)


def assert_same(found, expected):
    found, expected = arrays(found), arrays(expected)
    if isinstance(expected, list):
        assert len(found) == len(expected)
        for a, b in zip(found, expected):
            assert_same(a, b)
    else:
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, 1e-6, 1e-6)
        assert found.shape == expected.shape


# --- NumPy ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        lambda np, x: np.sum(x, 1, None, None, True),
        lambda np, x: np.sum(a=x, axis=0, dtype=np.float32, keepdims=True, initial=2.0, where=MASK),
        lambda np, x: np.mean(x, (0, 2), None, None, True, where=MASK),
        lambda np, x: np.prod(x, axis=-1, dtype=None, initial=3, where=MASK),
        lambda np, x: np.max(x, 2, None, True, -9.0, MASK),
        lambda np, x: np.min(a=x, axis=None, initial=9.0, where=MASK),
        lambda np, x: np.amax(x, axis=(0, 1), keepdims=True),
        lambda np, x: np.var(x, 1, None, None, 1, True),
        lambda np, x: np.var(x, axis=2, where=MASK, ddof=0.5),
        lambda np, x: np.std(x, axis=2, where=MASK, keepdims=True),
        lambda np, x: np.std(x, axis=1, mean=np.mean(x, axis=1, keepdims=True)),
        lambda np, x: np.std(x, correction=1),
        lambda np, x: np.any(x > 3, 1, None, True),
        lambda np, x: np.any(a=x > 3, axis=(0, 2), where=MASK),
        lambda np, x: np.all(x > -3, axis=2, where=MASK, keepdims=True),
        lambda np, x: np.argmax(x, 1, keepdims=True),
        lambda np, x: np.argmin(a=x, axis=-1, out=None),
        lambda np, x: np.count_nonzero(x, axis=(0, 1), keepdims=True),
        lambda np, x: np.cumsum(x, 1, np.float32),
        lambda np, x: np.cumprod(a=x, axis=0, dtype=None, out=None),
        lambda np, x: np.clip(x, -1, 1),
        lambda np, x: np.clip(x, a_min=0, a_max=None),
        lambda np, x: np.clip(x, min=0, max=x + 1),
        lambda np, x: np.clip(a=x, a_min=None, a_max=1.0, out=None),
        lambda np, x: np.where(x > 0, x, -1),
        lambda np, x: np.where(x > 0),
        lambda np, x: np.nonzero(x > 0),
        lambda np, x: np.reshape(x, (4, -1), order="F"),
        lambda np, x: np.reshape(x, shape=-1, copy=True) if np.__version__ > "2.1" else np.reshape(x, -1),
        lambda np, x: np.ravel(x, order="F"),
        lambda np, x: np.transpose(a=x, axes=(2, 0, 1)),
        lambda np, x: np.moveaxis(x, source=[0, 1], destination=[-1, 0]),
        lambda np, x: np.swapaxes(x, axis1=0, axis2=2),
        lambda np, x: np.expand_dims(x, axis=(0, -1)),
        lambda np, x: np.squeeze(x[:1], axis=(0,)),
        lambda np, x: np.broadcast_to(array=x, shape=(2, 2, 3, 4)),
        lambda np, x: np.flip(m=x, axis=(0, 2)),
        lambda np, x: np.roll(x, (1, -1), axis=(0, 1)),
        lambda np, x: np.concatenate((x, x), axis=None, dtype=np.float32),
        lambda np, x: np.concatenate([x, x], 1),
        lambda np, x: np.stack(arrays=[x, x], axis=-1, out=None),
        lambda np, x: np.vstack(tup=(x, x)),
        lambda np, x: np.hstack([x, x]),
        lambda np, x: np.vstack([x[0, 0], [3.0, 4.0, 5.0, 6.0]]),
        lambda np, x: np.hstack([x[0, 0], 3.0, [1.0, 2.0]]),
        lambda np, x: np.hstack((x[0, 0, 0], x[0, 1])),
        lambda np, x: np.clip(x > 0, None, 1),
        lambda np, x: np.clip(x > 0, 0, None),
        lambda np, x: np.clip((x * 3).astype(int), None, 1.5),
        lambda np, x: np.split(ary=x, indices_or_sections=[1, 2], axis=1),
        lambda np, x: np.split(x, 2, -1),
        lambda np, x: np.array_split(x, 3, axis=2),
        lambda np, x: np.repeat(a=x, repeats=[1, 0, 2], axis=1),
        lambda np, x: np.tile(A=x, reps=(2, 1)),
        lambda np, x: np.pad(array=x, pad_width=((0, 1), (2, 0), (1, 1)), mode="edge"),
        lambda np, x: np.pad(x, 1, constant_values=((1, 2), (3, 4), (5, 6))),
        lambda np, x: np.pad(x, (0, 1), "constant"),
        lambda np, x: np.dot(a=x, b=x[0].T),
        lambda np, x: np.tensordot(x, x, axes=((0, 2), (0, 2))),
        lambda np, x: np.tensordot(x, x, 3),
        lambda np, x: np.einsum("ijk,ilk", x, x, optimize="greedy"),
        lambda np, x: np.einsum(x, [0, 1, 2], [2, 0]),
        lambda np, x: np.outer(a=x[0, 0], b=x[0, 1]),
        lambda np, x: np.nan_to_num(x=x / x, copy=False, nan=1.0),
        lambda np, x: np.add(x, 1, dtype=np.float32),
        lambda np, x: np.multiply(x, x, casting="same_kind"),
        lambda np, x: np.power(2.0, x),
        lambda np, x: np.astype(x, np.float32, copy=False),
        lambda np, x: x.sum(0) + x.mean(axis=0) + x.std(0) + x.max(0) + x.prod(0) + x.min(axis=0),
        lambda np, x: x.cumsum(1) + x.clip(-1, 1) + x.T.T + x.reshape(2, 12).reshape((2, 3, 4)) + x.ravel().reshape(x.shape),
        lambda np, x: x.astype(np.float32).swapaxes(0, 1).squeeze(),
        lambda np, x: x.repeat(2, axis=0).argmax(axis=2),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:invalid value")
def test_numpys_functions_take_numpys_arguments(call):
    try:
        expected = call(np, DATA)
    except TypeError as error:
        pytest.skip(f"this NumPy does not take them: {error}")
    assert_same(call(np, Tensor(DATA)), expected)


REFUSED = {
    "out",
    "casting",
    "subok",
    "device",
    "kwargs",
    "newshape",
    "interpolation",
}  # where= and dtype= of ufuncs: see test_tensor_errors


def test_no_argument_of_a_numpy_function_is_forgotten():
    for function, ours in op.registry.items():
        if isinstance(function, np.ufunc) or function in (np.einsum, np.where, np.sinc):
            continue
        try:
            numpys, known = list(inspect.signature(function).parameters)[1:], inspect.signature(ours).parameters
        except ValueError:  # written in C, and of an older NumPy
            continue
        missing = {name for name in numpys if {"a_min": "min", "a_max": "max"}.get(name, name) not in known} - REFUSED
        missing -= {"bias", "ddof"} if function is np.corrcoef else set()  # of older NumPys, without effect
        assert not missing, f"np.{function.__name__} has {missing}"


# --- PyTorch ----------------------------------------------------------------------------------------------------------

CALLS = [
    lambda t, x: t.sum(x),
    lambda t, x: t.sum(x, 1),
    lambda t, x: t.sum(x, dim=(0, 2), keepdim=True),
    lambda t, x: t.sum(x, 1, True, dtype=t.float32),
    lambda t, x: t.mean(x, -1, True),
    lambda t, x: t.mean(x, dim=[0, 1]),
    lambda t, x: t.prod(x, 1),
    lambda t, x: t.var(x),
    lambda t, x: t.var(x, 1),
    lambda t, x: t.var(x, dim=(0, 2), correction=0, keepdim=True),
    lambda t, x: t.std(x, 1, unbiased=False),
    lambda t, x: t.std(x, dim=2, keepdim=True),
    lambda t, x: t.max(x),
    lambda t, x: t.max(x, 1),
    lambda t, x: t.max(x, dim=2, keepdim=True),
    lambda t, x: t.max(x, -x),
    lambda t, x: t.min(x, 0),
    lambda t, x: t.min(x, dim=-1).indices,
    lambda t, x: t.max(x[0, 0, 0], 0),
    lambda t, x: x[0, 0, 0].min(dim=-1, keepdim=True),
    lambda t, x: x[0, 0, 0].squeeze(0),
    lambda t, x: t.min(x, x * x),
    lambda t, x: t.amax(x, (0, 1)),
    lambda t, x: t.amin(x, dim=1, keepdim=True),
    lambda t, x: t.argmax(x),
    lambda t, x: t.argmax(x, dim=1, keepdim=True),
    lambda t, x: t.argmin(x, 2),
    lambda t, x: t.any(x > 2, 1),
    lambda t, x: t.all(x > -9, dim=2, keepdim=True),
    lambda t, x: t.cumsum(x, 1),
    lambda t, x: t.cumprod(x, dim=-1),
    lambda t, x: t.logsumexp(x, 1, keepdim=True),
    lambda t, x: t.logsumexp(x, dim=(0, 2)),
    lambda t, x: t.softmax(x, 1),
    lambda t, x: t.softmax(x, dim=-1),
    lambda t, x: t.log_softmax(x, dim=0),
    lambda t, x: t.split(x, 2, 2),
    lambda t, x: t.split(x, [1, 2], dim=1),
    lambda t, x: t.split(x, 3, dim=-1),
    lambda t, x: t.cat([x, x], 1),
    lambda t, x: t.cat((x, x), dim=-1),
    lambda t, x: t.concat([x, x]),
    lambda t, x: t.concatenate([x, x], axis=1),
    lambda t, x: t.stack([x, x], 1),
    lambda t, x: t.stack((x, x), dim=-1),
    lambda t, x: t.hstack([x, x]),
    lambda t, x: t.vstack([x, x]),
    lambda t, x: t.squeeze(x[:1], 0),
    lambda t, x: t.squeeze(x, 1),
    lambda t, x: t.squeeze(x[:, :1, :1], dim=(1, 2)),
    lambda t, x: t.unsqueeze(x, -1),
    lambda t, x: t.unsqueeze(x, dim=1),
    lambda t, x: t.transpose(x, 0, 2),
    lambda t, x: t.transpose(x, dim0=0, dim1=1),
    lambda t, x: t.permute(x, (2, 0, 1)),
    lambda t, x: t.swapaxes(x, 0, 1),
    lambda t, x: t.moveaxis(x, 0, -1),
    lambda t, x: t.flatten(x),
    lambda t, x: t.flatten(x, 1),
    lambda t, x: t.flatten(x, start_dim=0, end_dim=1),
    lambda t, x: t.ravel(x),
    lambda t, x: t.reshape(x, (4, 6)),
    lambda t, x: t.flip(x, (0, 1)),
    lambda t, x: t.flip(x, dims=[2]),
    lambda t, x: t.roll(x, 1, 2),
    lambda t, x: t.roll(x, shifts=(1, 2), dims=(0, 1)),
    lambda t, x: t.tile(x, (2, 1)),
    lambda t, x: t.broadcast_to(x, (5, 2, 3, 4)),
    lambda t, x: t.where(x > 0, x, 0.0),
    lambda t, x: t.where(x > 0),
    lambda t, x: t.nonzero(x > 0),
    lambda t, x: t.nonzero(x > 0, as_tuple=True),
    lambda t, x: t.masked_fill(x, x > 0, 7.0),
    lambda t, x: t.clamp(x, min=0.0),
    lambda t, x: t.clamp(x, -1, 1),
    lambda t, x: t.clip(x, max=1),
    lambda t, x: t.pow(x, 2),
    lambda t, x: t.rsqrt(t.abs(x) + 1),
    lambda t, x: t.sub(x, 1),
    lambda t, x: t.div(x, 3),
    lambda t, x: t.mul(x, x),
    lambda t, x: t.neg(x),
    lambda t, x: t.atan2(x, x + 10),
    lambda t, x: t.remainder(x, 2),
    lambda t, x: t.fmod(x, 2),
    lambda t, x: t.sigmoid(x) + t.relu(x),
    lambda t, x: t.matmul(x, t.transpose(x, 1, 2)),
    lambda t, x: t.mm(x[0], t.transpose(x[1], 0, 1)),
    lambda t, x: t.dot(x[0, 0], x[1, 1]),
    lambda t, x: t.outer(x[0, 0], x[0, 1]),
    lambda t, x: t.einsum("ijk,ilk->ijl", x, x),
    lambda t, x: t.einsum("ijk->k", [x]),
    lambda t, x: t.tensordot(x, x, dims=3),
    lambda t, x: t.tensordot(x, x, ([0, 2], [0, 2])),
    lambda t, x: t.numel(x),
    lambda t, x: t.isnan(x),
    lambda t, x: t.sign(x),
    lambda t, x: t.eq(x, 2.0),
    lambda t, x: t.logical_and(x > 0, x < 2),
    lambda t, x: t.floor(x / 3),
    lambda t, x: t.zeros_like(x) + t.ones_like(x) + t.full_like(x, 2.0),
    lambda t, x: t.zeros(2, 3) + t.ones(2, 3) * t.full((2, 3), 3.0) + t.eye(3)[:2],
    lambda t, x: t.arange(5),
    lambda t, x: t.arange(1, 2, 0.25),
    lambda t, x: t.linspace(0, 1, 5),
    lambda t, x: t.tensor([1.0, 2.0]),
    lambda t, x: t.tensor([1, 2], dtype=t.float64),
    lambda t, x: t.as_tensor([True]),
    lambda t, x: x.sum(dim=1) + x.mean(dim=1) + x.std(dim=1) + x.var(dim=1, keepdim=True).squeeze(1) + x.max(dim=1).values,
    lambda t, x: x.view(6, 4).transpose(0, 1).unsqueeze(0).expand(2, -1, -1),
    lambda t, x: x.size(),
    lambda t, x: x.size(1),
    lambda t, x: x.masked_fill(x > 0, -1.0),
    lambda t, x: x.split(2, dim=2),
    lambda t, x: x.float().double().long().float(),
    lambda t, x: x.to(t.float32).type_as(x) if hasattr(x, "type_as") else x.to(t.float32).to(t.float64),
    lambda t, x: x.argmax(dim=1, keepdim=True),
    lambda t, x: x.softmax(dim=1) + x.log_softmax(dim=1) + x.logsumexp(dim=1, keepdim=True),
    lambda t, x: x.clamp(min=1).pow(2).neg().abs().sqrt().rsqrt().isfinite(),
    lambda t, x: x[x > 0],
    lambda t, x: x[:, [0, 2], None, ..., 1:],
    lambda t, x: x @ x.mT,
    lambda t, x: x[0].t() @ x[1],
    lambda t, x: x.permute(2, 0, 1).flatten(1).flip(0),
]  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_autograds_functions_take_pytorchs_arguments(call):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    assert_same(call(autograd, Tensor(DATA)), call(torch, torch.tensor(DATA)))


GRADIENTS = [
    lambda t, x: x.max(),
    lambda t, x: t.max(x, dim=1).values,
    lambda t, x: t.amax(x, (0, 1)),
    lambda t, x: t.std(x, dim=1) * t.var(x),
    lambda t, x: t.prod(x, 2),
    lambda t, x: t.cumprod(x, 2),
    lambda t, x: t.log_softmax(x, 1) * x,
    lambda t, x: t.logsumexp(x, (0, 2)),
    lambda t, x: t.relu(x) + t.sigmoid(x) * t.tanh(x),
    lambda t, x: t.abs(x),
    lambda t, x: t.where(x > 1, x * x, x),
    lambda t, x: x[:, [0, 0, 1]] * x[:, :, :1],
    lambda t, x: t.einsum("ijk,ilk->jl", x, x),
    lambda t, x: x.transpose(0, 1).reshape(-1) ** 2,
    lambda t, x: t.cat([x, x * 2], 1).split([1, 5], 1)[1],
    lambda t, x: t.atan2(x, x * x + 1),
]


@pytest.mark.parametrize("call", GRADIENTS)
def test_gradients_are_pytorchs_where_both_have_one_policy(call):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    ours, theirs = Tensor(DATA, requires_grad=True), torch.tensor(DATA, requires_grad=True)
    for library, x in ((autograd, ours), (torch, theirs)):
        y = call(library, x)
        (y * y.detach()).sum().backward()
    np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), 1e-9, 1e-9)


# --- Both -------------------------------------------------------------------------------------------------------------


def test_the_functions_of_autograd_are_those_that_numpy_calls_lead_to():
    """Where no PyTorch word differs, `autograd.f` and `np.f` on a Tensor are one function."""
    same = {name for name in autograd.__all__ if op.registry.get(getattr(np, name, None)) is getattr(autograd, name)}
    assert {"hypot", "exp", "matmul", "einsum", "clip", "reshape", "moveaxis", "tile", "outer"} <= same


def test_the_elementwise_functions_of_autograd_are_methods_too():
    x, whole = Tensor(DATA), Tensor(np.arange(6).reshape(2, 3))
    functions = {name: getattr(autograd, name) for name in autograd.__all__}
    functions = {name: f for name, f in functions.items() if isinstance(getattr(f, "op", None), op.Operation)}
    assert len(functions) > 80
    for name, function in functions.items():
        if function.op.kind in ("elementwise", "constant"):
            t = whole if any(word in name for word in ("bitwise", "shift", "gcd", "lcm", "invert")) else x
            others = (t,) * (len(function.op.arguments) - 1)
            with np.errstate(all="ignore"):
                assert_same(getattr(t, name)(*others), function(t, *others))


METHODS = [
    lambda x: x.round(),
    lambda x: x.round(decimals=1),
    lambda x: x.roll(1, 1),
    lambda x: x.roll(shifts=(1, 2), dims=(0, 1)),
    lambda x: x.where(x > 1, -x),
    lambda x: x.amax(dim=1, keepdim=True) + x.amin(dim=(0, 1)),
    lambda x: x.count_nonzero(dim=1),
    lambda x: x.movedim(0, 2).swapdims(0, 1),
    lambda x: x.logical_and(x > 1).logical_or(x < 0).logical_xor(x > 0).logical_not(),
    lambda x: x.hypot(x + 1).atan2(x).asinh().logaddexp(x).fmax(x).fmin(x * 2).copysign(x),
    lambda x: x.exp2().remainder(3).fmod(2).atanh().nan_to_num(0.5).fix() + x.deg2rad().rad2deg(),
    lambda x: x.isinf(),
    lambda x: x.signbit(),
    lambda x: x.long().bitwise_not().bitwise_and(x.long()).bitwise_left_shift(x.long().abs()),
    lambda x: x.long().gcd(x.long() + 4).lcm(x.long()),
    lambda x: x.conj().positive().negative().floor_divide(2.0).true_divide(3.0),
    lambda x: x[0, 0].inner(x[0, 1]) + x[0, 0].vdot(x[0, 1]),
    lambda x: x.heaviside(x),
    lambda x: x.nextafter(x + 1),
]


@pytest.mark.parametrize("call", METHODS)
@pytest.mark.filterwarnings("ignore:invalid value", "ignore:divide by zero")
def test_methods_take_pytorchs_arguments(call):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    assert_same(call(Tensor(DATA)), call(torch.tensor(DATA)))


def test_the_defaults_of_an_operations_keywords_are_those_of_its_declaration():
    make = lambda name: op.elementwise(lambda x, k=2.0, shift=1.0: x * k + shift, lambda g, k: g * k, name=name)
    x = Tensor([1.0, 2.0], requires_grad=True)
    first, second = make("defaults_first"), make("defaults_second")
    assert first(x).tolist() == [3, 5]  # the first call, which writes the function
    assert first(x).tolist() == [3, 5]
    assert second(x, shift=0.0).tolist() == [2, 4]
    assert second(x, 3.0).tolist() == [4, 7]
    first(x).sum().backward()
    assert x.grad.tolist() == [2, 2]


def test_dtypes_bear_pytorchs_names():
    assert (autograd.float, autograd.double, autograd.long, autograd.int) == (
        np.float32,
        np.float64,
        np.int64,
        np.int32,
    )
    assert (autograd.bool, autograd.uint8) == (np.bool_, np.uint8)
    assert Tensor([1], dtype=autograd.double).dtype == autograd.float64


@pytest.mark.parametrize(
    "copy",
    [
        lambda x: x.astype(x.dtype),
        lambda x: x.flatten(),
        lambda x: x[:, 0].ravel(),
        lambda x: np.ravel(x[:, 0]),
        lambda x: x.ravel("F"),
        lambda x: np.repeat(x, 1, 0),
        lambda x: np.resize(x, (3, 2)),
        lambda x: np.tile(x, 1),
        lambda x: +x,
        lambda x: x.copy(),
    ],
)
def test_what_numpy_copies_is_a_copy(copy):
    x = Tensor(np.arange(6.0).reshape(2, 3))
    copy(x)[...] = 9.0
    assert x.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_what_pytorch_hands_on_is_the_tensor_itself():
    x = Tensor(np.arange(6.0).reshape(2, 3))
    assert x.to(x.dtype) is x.double() is x.astype(float, copy=False) is x
    x.flatten(0, 1)[0] = 9.0
    assert x[0, 0].item() == 9


def test_programs_that_ask_for_other_devices_are_answered_and_run_on_the_cpu():
    device = autograd.device("cuda" if autograd.cuda.is_available() else "cpu")
    other = autograd.accelerator.current_accelerator() if autograd.accelerator.is_available() else "cpu"
    assert autograd.ones(2, device=device).to(other).tolist() == [1, 1]
    assert (
        autograd.cuda.device_count() == autograd.accelerator.device_count() == autograd.cuda.max_memory_allocated() == 0
    )
    for module in (autograd.cuda, autograd.accelerator):
        assert module.synchronize() is None
    with pytest.raises(ValueError, match="write device='cpu'"):
        autograd.device("cuda")
