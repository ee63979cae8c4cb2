"""Loops compiled by numba give what NumPy gives, and nothing changes without numba."""

import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest

import autograd
import optim
from autograd import Tensor, kernels
from nn import functional as F

ROOT = Path(__file__).parent.parent
needs_numba = pytest.mark.skipif(not kernels._installed(), reason="needs numba, the extra [compile]")


def normal(*shape, seed=0, scale=1.0, dtype=np.float32):
    return np.random.default_rng(seed).normal(0, scale, shape).astype(dtype)


# name -> the loops it uses, a function of Tensors, and arguments for a number of rows
CALLS = {
    "gelu": ({"gelu", "gelu_share"}, F.gelu, lambda n: [normal(n, 7, scale=4)]),
    "layer_norm": (
        {"normalize_rows", "normalize_rows_back"},
        lambda x, w, b: F.layer_norm(x, (5,), w, b),
        lambda n: [normal(n, 5) + 30, normal(5, seed=1), normal(5, seed=2)],
    ),
    "layer_norm without bias": (
        {"normalize_rows", "normalize_rows_back"},
        lambda x, w: F.layer_norm(x, (33,), w),
        lambda n: [normal(n, 33), normal(33, seed=1)],
    ),
    "rms_norm": (
        {"normalize_rows", "normalize_rows_back"},
        lambda x, w: F.rms_norm(x, (9,), w, 1e-6),
        lambda n: [normal(n, 9), normal(9, seed=1)],
    ),
    "attention": (
        {"exponentials", "slopes"},
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v),
        lambda n: [normal(2, n, 4, seed=s) for s in range(3)],
    ),
    "causal attention": (
        {"exponentials", "slopes"},
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
        lambda n: [normal(2, n, 4, seed=s) for s in range(3)],
    ),
    "attention with scores that overflow": (
        {"exponentials", "slopes"},
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v),
        lambda n: [normal(2, n, 4, seed=s, scale=30) for s in range(3)],
    ),
}


@pytest.fixture
def used(monkeypatch):
    """The names of the loops that have been asked for and given; small arrays count as large."""
    names = []

    def kernel(name, *arrays, ask=kernels.kernel):
        loop = ask(name, *arrays)
        return loop and (names.append(name), loop)[1]

    for module in (m for name, m in sys.modules.items() if name.startswith("autograd.rules.")):
        if hasattr(module, "kernel"):
            monkeypatch.setattr(module, "kernel", kernel)
    monkeypatch.setattr(kernels, "LARGE", 1)
    yield names
    kernels.use_numba()


def both(f):
    """f() with compiled loops and without."""
    kernels.use_numba()
    compiled = f()
    kernels.use_numba(False)
    return compiled, f()


def value_and_gradients(f, arrays):
    xs = [Tensor(a, requires_grad=True) for a in arrays]
    y = f(*xs)
    y.backward(np.cos(np.arange(y.size, dtype=np.float32)).reshape(y.shape))
    return [y.detach().numpy(), *(x.grad.numpy() for x in xs)]


def assert_close(compiled, plain):
    for a, b in zip(compiled, plain, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, 2e-5, 2e-5 * max(1.0, float(np.nanmax(np.abs(b), initial=0))))


@needs_numba
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("rows", [1, 2, 3, 15, 16, 17, 33, 70])
def test_value_and_gradients_are_those_of_numpy(call, rows, used):
    loops, f, arguments = CALLS[call]
    assert_close(*both(lambda: value_and_gradients(f, arguments(rows))))
    if "overflow" not in call:
        assert set(used) == loops


@needs_numba
@pytest.mark.parametrize("call", CALLS)
def test_second_derivatives_are_those_of_numpy(call, used):
    _, f, arguments = CALLS[call]
    arrays = arguments(6)
    loss = lambda *xs: np.sum(np.sin(f(*xs)))
    slope = lambda *xs: np.sum(autograd.grad(loss)(*xs) ** 2)
    assert_close(*both(lambda: [autograd.grad(slope)(*arrays)]))


@needs_numba
@pytest.mark.parametrize("call", CALLS)
def test_float64_strided_and_read_only_arrays_are_right_too(call, used):
    _, f, arguments = CALLS[call]
    arrays = arguments(8)
    value_and_gradients(f, [a.astype(np.float64) for a in arrays])
    assert not used  # loops are for float32
    kernels.use_numba(False)
    plain = value_and_gradients(f, arrays)
    kernels.use_numba()
    strided = [np.stack([a, a], -1)[..., 0] for a in arrays]
    locked = [a.copy() for a in arrays]
    for a in locked:
        a.flags.writeable = False
    for given in (strided, locked):
        assert_close(value_and_gradients(f, given), plain)


@needs_numba
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("strange", [np.nan, np.inf, -np.inf, -0.0, 1e30, -1e30, 1e-42, 88.8, -104.0])
def test_special_values_come_out_as_from_numpy(call, strange, used):
    _, f, arguments = CALLS[call]
    arrays = arguments(4)
    arrays[0][..., 1, 2] = strange
    with np.errstate(all="ignore"):
        compiled, plain = both(lambda: value_and_gradients(f, arrays))
    for a, b in zip(compiled, plain, strict=True):
        lost = np.isnan(b)
        if np.isfinite(strange):  # where squares overflow, a loop may be the better of the two
            assert not np.isnan(a[~lost]).any()
        else:
            np.testing.assert_array_equal(np.isnan(a), lost)
        np.testing.assert_allclose(a[~lost], b[~lost], 1e-4, 1e-4)


@needs_numba
@pytest.mark.parametrize("kind", [optim.Adam, optim.AdamW])
@pytest.mark.parametrize("amsgrad", [False, True])
def test_adam_goes_where_it_goes_with_numpy(kind, amsgrad, used, monkeypatch):
    monkeypatch.setattr("optim.adam.kernel", sys.modules["autograd.rules.activations"].kernel)

    def trained():
        p = Tensor(normal(70, 3), requires_grad=True)
        optimizer = kind([p], lr=0.01, amsgrad=amsgrad, weight_decay=0.1)
        for i in range(30):
            p.grad = Tensor(np.sin(p.numpy() * i))
            optimizer.step()
        return [p.numpy(), *(t.numpy() for t in optimizer.state[p].values() if isinstance(t, Tensor))]

    assert_close(*both(trained))
    assert set(used) == (set() if amsgrad else {"adam"})


@needs_numba
@pytest.mark.parametrize("call", ["gelu", "layer_norm", "rms_norm"])
def test_empty_arrays_need_no_loop(call, used):
    _, f, arguments = CALLS[call]
    assert value_and_gradients(f, arguments(0))[0].shape[0] == 0


@needs_numba
def test_small_arrays_are_left_to_numpy(monkeypatch):
    asked = []
    monkeypatch.setattr(kernels, "_compiled", lambda name: asked.append(name))
    x = normal(kernels.LARGE - 1)
    assert kernels.kernel("gelu", x) is None
    assert not asked
    kernels.kernel("gelu", normal(kernels.LARGE))
    assert asked == ["gelu"]


@needs_numba
def test_the_same_program_gives_the_same_bits():
    def run():
        x, w = normal(700, 64), normal(64, seed=1)
        parts = value_and_gradients(lambda x, w: F.gelu(F.layer_norm(x, (64,), w)), [x, w])
        return [a.tobytes() for a in parts]

    found = [run()]
    thread = threading.Thread(target=lambda: found.append(run()))
    thread.start()
    thread.join()
    assert found[0] == found[1] == run()


@needs_numba
def test_a_loop_that_cannot_be_compiled_is_left_to_numpy_with_one_warning(monkeypatch):
    from autograd.kernels import loops

    def fails(name):
        raise OSError("no compiler today")

    monkeypatch.setattr(loops, "compiled", fails)
    kernels._compiled.cache_clear()
    try:
        x = normal(kernels.LARGE)
        with pytest.warns(RuntimeWarning, match=r"could not compile gelu.*no compiler today.*use_numba\(False\)"):
            first = F.gelu(Tensor(x))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            again = F.gelu(Tensor(x))
        np.testing.assert_allclose(first.numpy(), [0.5 * v * (1 + np.tanh(0)) if v == 0 else v for v in again.numpy()])
    finally:
        kernels._compiled.cache_clear()


@needs_numba
def test_what_is_on_the_disk_may_be_damaged(tmp_path):
    """A program that finds its compiled loops damaged, or cannot keep them, compiles them again."""
    code = """
import numpy as np
from autograd import Tensor
from nn import functional as F
print(round(F.gelu(Tensor(np.ones(1 << 14, np.float32)))[0].item(), 5))
"""

    def run():
        environment = {"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT), "PATH": ""}
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", code], env=environment, capture_output=True, text=True
        )

    first = run()
    assert first.stdout == "0.84134\n", first.stderr
    kept = list(tmp_path.rglob("*.nb?"))
    assert kept
    for path in kept:
        path.write_bytes(b"damaged")
    assert run().stdout == "0.84134\n"


def test_numba_is_imported_only_for_a_large_array():
    code = """
import sys, numpy as np, autograd, nn, optim
nn.functional.gelu(autograd.Tensor(np.ones(100, np.float32)))
print("numba" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr


def test_without_numba_nothing_is_asked_for(monkeypatch):
    monkeypatch.setattr(kernels, "_installed", lambda: False)
    assert not autograd.uses_numba()
    assert kernels.kernel("gelu", normal(kernels.LARGE)) is None
    autograd.use_numba(False)
    autograd.use_numba()
    assert not autograd.uses_numba()
