"""docs/operations.md says of every function of NumPy, and of SciPy's special ones, what it does on Tensors, and is what its script writes."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
spec = importlib.util.spec_from_file_location("operations_page", ROOT / "docs" / "operations.py")
operations = importlib.util.module_from_spec(spec)
spec.loader.exec_module(operations)


def test_nothing_is_left_out():
    _, _, unknown = operations.sorted_out()
    assert not unknown, "neither in the registry with a sample, nor with a reason in docs/operations.py"


def test_the_page_is_what_the_script_writes():
    scipy = pytest.importorskip("scipy")
    if np.lib.NumpyVersion(np.__version__) < "2.4.0":
        pytest.skip("the page lists the functions of the newest NumPy")
    if np.lib.NumpyVersion(scipy.__version__) < "1.17.0":
        pytest.skip("the page lists the functions of the newest SciPy")
    written = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert written == operations.page(), "run python docs/operations.py"


def test_at_least_330_different_functions_are_differentiable():
    pytest.importorskip("scipy.special")
    counts = operations.distinct()
    assert sum(counts.values()) >= 330
    assert counts["numpy"] + counts["numpy.linalg"] >= 220
    assert f"{sum(counts.values())} different functions:\n{counts['numpy']} of `numpy`, " in operations.page()


def test_an_alias_is_counted_once(monkeypatch):
    before = sum(operations.distinct().values())
    monkeypatch.setitem(operations.MODULES, "again", np.linalg)
    assert np.acos is np.arccos
    assert sum(operations.distinct().values()) == before
