"""docs/operations.md says of every function of NumPy what it does on Tensors, and is what its script writes."""

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
    pytest.importorskip("scipy")
    if np.lib.NumpyVersion(np.__version__) < "2.4.0":
        pytest.skip("the page lists the functions of the newest NumPy")
    written = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert written == operations.page(), "run python docs/operations.py"
