"""Embeddings beyond their figures: gradients of repeated rows, and what is refused."""

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn import functional as F


def test_rows_that_are_looked_up_several_times_add_their_gradients():
    table = nn.Embedding(4, 2)
    table([1, 1, 3]).sum().backward()
    assert table.weight.grad.tolist() == [[0, 0], [2, 2], [0, 0], [1, 1]]


def test_the_row_for_padding_starts_as_zeros_and_stays():
    table = nn.Embedding(4, 2, padding_idx=2)
    assert table.weight[2].tolist() == [0, 0]
    table([2, 1]).sum().backward()
    assert table.weight.grad.tolist() == [[0, 0], [1, 1], [0, 0], [0, 0]]


def test_rows_from_elsewhere_are_frozen_unless_they_are_not():
    rows = np.arange(6.0, dtype=np.float32).reshape(3, 2)
    assert nn.Embedding.from_pretrained(Tensor(rows))([2]).tolist() == [[4, 5]]
    assert not nn.Embedding.from_pretrained(Tensor(rows)).weight.requires_grad
    assert nn.Embedding.from_pretrained(Tensor(rows), freeze=False).weight.requires_grad
    assert nn.EmbeddingBag.from_pretrained(Tensor(rows), mode="sum")([[0, 1]]).tolist() == [[2, 4]]


def test_rows_that_are_too_long_are_made_short_in_place():
    table = nn.Embedding(3, 2, max_norm=1.0)
    table.weight.data[...] = [[3.0, 4.0], [0.3, 0.4], [30.0, 40.0]]
    np.testing.assert_allclose(table([0, 1]).tolist(), [[0.6, 0.8], [0.3, 0.4]], 1e-6)
    assert table.weight[2].tolist() == [30, 40]


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (
            lambda: nn.Embedding(4, 2)([0, 4]),
            IndexError,
            r"embedding: 4 at \[1\] is not the number of one of the 4 rows",
        ),
        (lambda: nn.Embedding(4, 2)([[0], [-1]]), IndexError, r"embedding: -1 at \[1, 0\]"),
        (lambda: nn.Embedding(4, 2)([0.5]), TypeError, r"the input is float64.*astype\(int\)"),
        (lambda: nn.Embedding(4, 2, padding_idx=4), ValueError, "padding_idx must be within num_embeddings, 4"),
        (lambda: nn.EmbeddingBag(4, 2)([0, 1]), ValueError, "offsets has to be a 1D Tensor but got None"),
        (lambda: nn.EmbeddingBag(4, 2)([[0]], [0]), ValueError, "offsets has to be None"),
        (lambda: nn.EmbeddingBag(4, 2)([0, 1], [1]), ValueError, "offsets must begin with 0"),
        (lambda: nn.EmbeddingBag(4, 2, mode="min")([[0]]), ValueError, "mode has to be one of sum, mean or max"),
        (lambda: nn.EmbeddingBag(4, 2)([[0]], None, np.ones((1, 1))), NotImplementedError, "mode='sum'"),
    ],
)
def test_what_does_not_fit_is_refused(call, kind, words):
    with pytest.raises(kind, match=words):
        call()


def test_an_empty_bag_is_0_and_no_numbers_are_no_rows():
    for mode in ("sum", "mean", "max"):
        bag = nn.EmbeddingBag(4, 2, mode=mode)
        assert bag(np.array([1, 2]), np.array([0, 0, 2]))[::2].tolist() == [[0, 0], [0, 0]]
        assert bag(np.zeros(0, int), np.array([0, 0])).tolist() == [[0, 0], [0, 0]]
    assert F.embedding(np.zeros((0, 3), int), Tensor(np.ones((4, 2)))).shape == (0, 3, 2)
