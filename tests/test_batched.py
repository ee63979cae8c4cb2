"""A batch of backward passes gives what its members give one by one."""

import numpy as np
import pytest
from samples import SAMPLES

import autograd
from autograd import Tensor, batched
from autograd.tensor import run_backward


def outputs(result):
    found = result if isinstance(result, tuple | list) else [result]
    return [y for y in found if isinstance(y, Tensor) and y.requires_grad]


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.differentiable], ids=repr)
def test_every_operation_in_batches_as_by_itself(sample):
    leaves = [Tensor(a, requires_grad=True) if a.dtype.kind == "f" else a for a in sample.draw()]
    nodes = [leaf.node for leaf in leaves if isinstance(leaf, Tensor)]
    for y in outputs(sample(*leaves)):
        seeds = np.random.default_rng(0).normal(size=(5, *y.shape)).astype(y.dtype)
        seeds[1] = 0.0
        found = batched.pull_rows(y.node, seeds, nodes)
        for node, rows in zip(nodes, found, strict=True):
            for seed, row in zip(seeds, seeds if rows is None else rows, strict=True):
                alone = run_backward({y.node: seed}, [node], True).get(node)
                if rows is None or alone is None:
                    assert rows is None or not row.any()
                    assert alone is None or not alone.any()
                else:
                    assert (row.shape, rows.dtype) == (node.shape, node.dtype)
                    np.testing.assert_allclose(row, alone, 1e-12, 1e-12)


def test_large_batches_go_in_pieces(monkeypatch):
    f = lambda x: np.cumsum(np.sin(x) @ x) * x[0, :1]
    x = np.linspace(0, 1, 9).reshape(3, 3)
    whole = autograd.jacobian(f)(x)
    monkeypatch.setattr(batched, "LARGEST", 20)
    assert autograd.jacobian(f)(x).tolist() == whole.tolist()


def test_hooks_and_modes_see_every_pass():
    seen = []

    def f(x):
        y = x * x
        y.register_hook(lambda g: seen.append(g.shape))
        return y * x

    assert np.diag(autograd.jacobian(f)(np.array([1.0, 2.0]))).tolist() == [3, 12]
    assert seen == [(2,), (2,)]
    with autograd.detect_anomaly(), pytest.raises(RuntimeError, match="sqrt made"):
        autograd.jacobian(lambda x: np.sqrt(x) * 1.0)(np.zeros(2))


def test_what_was_freed_or_changed_is_an_error_here_too():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = np.exp(x)
    y.sum().backward()
    with pytest.raises(RuntimeError, match="freed"):
        batched.pull_rows(y.node, np.eye(2), [x.node])
