"""What the documentation says is run: the Python of README and docs as written, the examples in docstrings, the links."""

import ast
import contextlib
import doctest
import importlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for package in ("autograd", "nn", "optim")
    for path in sorted((ROOT / package).rglob("*.py"))
]

NEEDS = {"autograd.kernels.loops": "numba"}  # a module that is imported only where this is installed


def name_of(page):
    return str(page.relative_to(ROOT))


def blocks(page, language):
    """The fenced blocks in one language, each behind as many empty lines as stand before it in the page."""
    text = page.read_text(encoding="utf-8")
    for block in re.finditer(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield "\n" * text.count("\n", 0, block.start(1)) + block[1]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_python_of_a_page_runs_from_top_to_bottom(page, tmp_path, monkeypatch):
    """A page is one session. A comment behind a print is what it prints, and so is a block of text behind a block of Python."""
    monkeypatch.chdir(tmp_path)
    session = {"__name__": page.stem}
    for source in blocks(page, "python"):
        for statement in ast.parse(source).body:
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(ast.Module([statement], []), page, "exec"), session)
            line = source.splitlines()[statement.end_lineno - 1]
            if promise := re.match(r" *print\(.*\)  # (.*)$", line):
                assert printed.getvalue().strip() == promise[1], f"{page.name}:{statement.lineno}: {line}"
        following = page.read_text(encoding="utf-8").splitlines()[source.rstrip().count("\n") + 1 :]
        if following[1:3] == ["", "```text"]:  # what the last statement prints
            promised = following[3 : following.index("```", 3)]
            assert printed.getvalue().rstrip().splitlines() == promised, f"{page.name}: {promised[0]}"
    session.clear()  # functions hold the session, and it holds them; no Tensor of it is to live into the next test


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_links_of_a_page_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert not [link for link in links if not (page.parent / link).exists()]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_give_what_they_show(name, tmp_path, monkeypatch):
    """An example may use what its module knows, and what the README's tour begins by importing."""
    monkeypatch.chdir(tmp_path)
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    session = {}
    exec("import numpy as np, autograd, nn, optim\nfrom autograd import Scalar, Tensor, grad, no_grad", session)
    module = importlib.import_module(name)
    report = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for test in doctest.DocTestFinder().find(module, name, globs=session | vars(module)):
        runner.run(test, out=report.write)
    assert runner.failures == 0, report.getvalue()


def test_every_page_stands_in_the_book():
    written = set(re.findall(r"^ +- ([\w/]+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE))
    there = {str(page.relative_to(ROOT / "docs")) for page in PAGES[1:]}
    assert written == there, "a page in docs/ needs a line under nav in mkdocs.yml, and the other way round"
