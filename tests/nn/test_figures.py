"""Same weights in, same numbers out as PyTorch: results, gradients, three steps of gradient descent; names and repr.

PyTorch is asked where it is installed; where it is not, the figures that `python tests/nn/record.py` has recorded.
"""

from importlib.util import find_spec

import numpy as np
import pytest
from cases import families, figures, ours, pytorch
from record import recorded

CASES = [(family, case) for family, cases in families().items() for case in cases]
over_all = pytest.mark.parametrize(("family", "case"), CASES, ids=[f"{family}: {case}" for family, case in CASES])


def compare(found, expected, tolerance):
    assert list(found) == list(expected)
    largest = max(
        (np.max(np.abs(x), initial=0) for x in expected.values() if x.dtype.kind == "f" and np.isfinite(x).all()),
        default=0,
    )
    for name, theirs in expected.items():
        mine = found[name]
        assert mine.shape == theirs.shape, name
        if theirs.dtype.kind == "f":
            scale = np.max(
                np.abs(theirs), initial=1e-3 * largest, where=np.isfinite(theirs)
            )  # some gradients cancel to 0
            np.testing.assert_allclose(mine, theirs, tolerance, tolerance * scale, err_msg=name)
        else:
            np.testing.assert_array_equal(mine, theirs, err_msg=name)


def expected_of(family, case, mode):
    return figures(case, pytorch(), np.float64, mode) if find_spec("torch") else recorded(family)[case.text, mode]


@over_all
def test_the_numbers_are_pytorchs(family, case):
    for mode in case.modes:
        expected = expected_of(family, case, mode)
        compare(figures(case, ours(), np.float64, mode), expected, 1e-10)
        in_float32 = figures(case, ours(), np.float32, mode)
        compare(in_float32, expected, case.float32)
        assert all(x.dtype != np.float64 for name, x in in_float32.items())


@pytest.mark.skipif(not find_spec("torch"), reason="compares what is recorded with PyTorch")
@pytest.mark.parametrize("family", families())
def test_what_is_recorded_is_what_pytorch_returns(family):
    known = recorded(family)
    cases = families()[family]
    assert set(known) == {(case.text, mode) for case in cases for mode in case.modes}, "run python tests/nn/record.py"
    for case in cases[::5]:
        for mode in case.modes:
            compare(known[case.text, mode], figures(case, pytorch(), np.float64, mode), 1e-10)
