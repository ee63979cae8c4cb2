"""docs/pytorch.md tells the truth: what it says is here is here, and it is what its script writes."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "pytorch.md").read_text(encoding="utf-8")
spec = importlib.util.spec_from_file_location("pytorch_page", ROOT / "docs" / "pytorch.py")
pytorch = importlib.util.module_from_spec(spec)
spec.loader.exec_module(pytorch)


@pytest.mark.parametrize(("prefix", "ours"), pytorch.OURS.items(), ids=str)
def test_what_is_listed_as_here_is_here(prefix, ours):
    title = re.escape(f"## `{prefix}` as `{ours[0]}`: ")
    count, listed = re.search(rf"{title}(\d+) names\n\n(.*?)\n\n##", PAGE, re.DOTALL).groups()
    names = re.findall(r"`(\w+)`", listed)
    assert len(names) == int(count)
    assert [name for name in names if not hasattr(ours[1], name)] == []


def test_the_page_is_what_the_script_writes():
    torch = pytest.importorskip("torch")
    if not torch.__version__.startswith("2.13."):
        pytest.skip("the page lists the functions of PyTorch 2.13")
    assert pytorch.page() == PAGE, "run python docs/pytorch.py"
