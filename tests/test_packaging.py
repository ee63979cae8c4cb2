"""What a person meets first: two commands to paste, and metadata that says the same everywhere."""

import configparser
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETUP = configparser.ConfigParser()
SETUP.read(ROOT / "setup.cfg", encoding="utf-8")
EXTRAS = {extra: text.split() for extra, text in SETUP["options.extras_require"].items()}


def test_the_readme_has_two_commands_of_one_line_first_the_example_then_the_tests():
    commands = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert [command.count("\n") for command in commands] == [1, 1]
    example, tests = commands
    assert "venv" in example
    assert example.endswith("examples/digits.py\n")
    assert "venv" in tests
    assert tests.endswith("pytest\n")


def test_every_extra_that_is_named_exists():
    texts = [README, *(" ".join(needs) for needs in EXTRAS.values())]
    named = {
        extra for text in texts for extras in re.findall(r"[\w.]\[([a-z,]+)\]", text) for extra in extras.split(",")
    }
    assert "test" in named
    assert named <= set(EXTRAS)


def test_requirements_are_bounded_below_only():
    needs = [need for needs in (SETUP["options"]["install_requires"].split(), *EXTRAS.values()) for need in needs]
    loose = [need for need in needs if not re.fullmatch(r"[a-z-]+>=[\d.]+|chainrule\[[a-z,]+\]", need)]
    assert not loose


def test_only_numpy_and_graphviz_are_required_to_run():
    names = [need.partition(">")[0] for need in SETUP["options"]["install_requires"].split()]
    assert sorted(names) == ["graphviz", "numpy"]


def test_the_changelog_begins_with_the_version():
    newest = re.search(r"^## ([\d.]+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest[1] == SETUP["metadata"]["version"]


@pytest.mark.parametrize("package", ["autograd", "nn", "optim"])
def test_each_package_says_that_it_is_typed(package):
    assert (ROOT / package / "py.typed").exists()
