"""The contributing page is followed word by word: its first example, applied to a copy of the project, passes the laws."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
DIFFS = re.findall(r"^```diff\n--- (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def applied(text, diff):
    """The text with the lines marked + behind the lines that stand before them."""
    lines, place = text.splitlines(), 0
    for line in diff.splitlines():
        if line.startswith(" "):
            place = lines.index(line[1:], place) + 1
        else:
            lines.insert(place, line[1:])
            place += 1
    return "\n".join(lines) + "\n"


def test_an_operation_is_under_20_lines_in_two_files():
    assert len({name for name, _ in DIFFS}) == 2
    added = [line for _, diff in DIFFS for line in diff.splitlines() if line.startswith("+") and line != "+"]
    assert 0 < len(added) < 20


def tried(folder):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n0",
        "-p",
        "no:cacheprovider",
        "tests/test_laws.py",
        "-k",
        "gaussian",
    ]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)
    return found.returncode, found.stdout[-3000:]


@pytest.mark.slow
def test_the_operation_of_the_page_passes_the_laws_and_a_wrong_rule_does_not(tmp_path):
    for name in ("autograd", "nn", "optim", "tests", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.cfg", "README.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name, diff in DIFFS:
        path = tmp_path / name
        path.write_text(applied(path.read_text(encoding="utf-8"), diff), encoding="utf-8")
    code, printed = tried(tmp_path)
    assert code == 0, printed
    assert int(re.search(r"(\d+) passed", printed)[1]) > 20
    rules = tmp_path / "autograd" / "rules" / "activations.py"
    rules.write_text(rules.read_text(encoding="utf-8").replace("(-2 / width**2)", "(2 / width**2)"), encoding="utf-8")
    assert tried(tmp_path)[0] == 1
