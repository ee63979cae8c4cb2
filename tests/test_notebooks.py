"""The notebooks run as a reader would run them, quickly, and what is committed is what they give."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECONDS = 20

# In an interpreter and a kernel of its own, so that nothing of this one, such as its filters for warnings, is there.
RUN = """
import sys
import nbclient, nbformat

notebook = nbformat.read(sys.argv[1], as_version=4)
client = nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True, record_timing=False)


def seconds():  # of the kernel's own work: that the machine is busy with other things is not the notebook's fault
    cell = nbformat.v4.new_code_cell("import time; print(time.process_time())")
    return float(client.execute_cell(cell, -1, store_history=False).outputs[0].text)


cells = [*notebook.cells]
notebook.cells.append(nbformat.v4.new_code_cell(""))  # where the clock's answers go, or else they would replace the last cell
with client.setup_kernel():
    start = seconds()
    for index, cell in enumerate(cells):
        client.execute_cell(cell, index)
    print(seconds() - start)
notebook.cells.pop()
nbformat.write(notebook, sys.argv[2])
"""


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def source(cell):
    return "".join(cell["source"])


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def with_solutions(notebook):
    """The notebook, and after each text the Python that the text shows: the solutions of exercises."""
    cells = []
    for cell in notebook["cells"]:
        cells.append(cell)
        if cell["cell_type"] == "markdown":
            for i, block in enumerate(re.findall(r"^```python\n(.*?)^```$", source(cell), re.MULTILINE | re.DOTALL)):
                solution = {"cell_type": "code", "id": f"{cell['id']}-{i}", "source": block, "metadata": {}}
                cells.append(solution | {"outputs": [], "execution_count": None})
    return notebook | {"cells": cells}


def printed(cell, exact):
    text = "".join("".join(out["text"]) for out in cell["outputs"] if out["output_type"] == "stream")
    return text if exact else re.sub(r"[-+.\d]+", "", text).split()


def shown(cell):
    return [sorted(out["data"]) for out in cell["outputs"] if "data" in out]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_with_its_solutions_in_seconds_and_prints_what_is_committed(path, tmp_path):
    asked, answered = tmp_path / "asked.ipynb", tmp_path / "answered.ipynb"
    asked.write_text(json.dumps(with_solutions(read(path))), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), environment.get("PYTHONPATH", "")])
    command = [sys.executable, "-c", RUN, str(asked), str(answered)]
    done = subprocess.run(command, cwd=path.parent, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ran = {cell["id"]: cell for cell in code_cells(read(answered))}
    errors = [
        f"{name}: {out['ename']}: {out['evalue']}"
        for name, cell in ran.items()
        for out in cell["outputs"]
        if out["output_type"] == "error"
    ]
    assert not errors
    warnings = [out["text"] for cell in ran.values() for out in cell["outputs"] if out.get("name") == "stderr"]
    assert not warnings
    for cell in code_cells(read(path)):
        tags = cell["metadata"].get("tags", [])
        exact = "rounding" not in tags  # rounding may decide how a training run ends
        if "sampled" in tags:  # and which letter a trained model draws
            assert printed(ran[cell["id"]], exact)
            continue
        assert printed(ran[cell["id"]], exact) == printed(cell, exact), cell["id"]
        assert shown(ran[cell["id"]]) == shown(cell), cell["id"]
    assert float(done.stdout) < SECONDS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_with_its_outputs_and_nothing_else(path):
    notebook = read(path)
    assert [cell["execution_count"] for cell in code_cells(notebook)] == [*range(1, len(code_cells(notebook)) + 1)]
    for cell in code_cells(notebook):
        shows = re.search(r"print\(|autograd\.(draw|explain)\(|plt\.subplots\(", source(cell))
        assert bool(cell["outputs"]) == bool(shows), cell["id"]
    assert set(notebook["metadata"]) <= {"kernelspec", "language_info"}
    assert not [
        cell["id"]
        for cell in notebook["cells"]
        if cell["metadata"] not in ({}, {"tags": ["rounding"]}, {"tags": ["sampled"]})
    ]
    assert path.stat().st_size < 300_000
    assert not re.search(r"/(home|root|Users|tmp)/|0x[0-9a-f]{6}", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_section_of_a_notebook_names_its_row_of_the_lecture(path):
    texts = [source(cell) for cell in read(path)["cells"] if cell["cell_type"] == "markdown"]
    sections = re.findall(r"^## (.*)$", "\n".join(texts), re.MULTILINE)
    assert sections
    assert [section for section in sections if not re.search(r"\(rows? \d+(, \d+)*\)$", section)] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_links_of_a_notebook_lead_somewhere(path):
    texts = "\n".join(source(cell) for cell in read(path)["cells"] if cell["cell_type"] == "markdown")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)\)", texts)
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_notebooks_are_numbered_from_1_on():
    assert [path.stem[:3] for path in NOTEBOOKS] == [f"{k:02}_" for k in range(1, len(NOTEBOOKS) + 1)]
    assert NOTEBOOKS
