"""The examples, as a person runs them: in a process of their own."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
from autograd.drawing.picture import Picture

ROOT = Path(__file__).parent.parent
DIGITS = ROOT / "examples" / "digits.py"
HAS_MATPLOTLIB = importlib.util.find_spec("matplotlib") is not None


def digits(*options, folder, before=""):
    """Run examples/digits.py in this folder, after some Python."""
    code = f"import runpy, sys\n{before}\nsys.argv = sys.argv[1:]\nrunpy.run_path(sys.argv[0], run_name='__main__')"
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(DIGITS), *map(str, options)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def loaded(path):
    spec = importlib.util.spec_from_file_location(path.stem + "_example", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_digits_learns_reports_and_leaves_its_files(tmp_path):
    run = digits("--epochs", 3, "--seed", 1, "--out", tmp_path / "a" / "b", folder=tmp_path)
    assert run.returncode == 0, run.stderr
    *lines, last = run.stdout.splitlines()
    accuracy = re.fullmatch(r"test accuracy: (\d+\.\d)%", last)
    assert accuracy is not None
    assert float(accuracy[1]) > 85
    table = [line.split()[2:-1] for line in lines if line.startswith("digit ")]
    counts = np.array([[0 if cell == "·" else int(cell) for cell in row] for row in table])
    assert counts.shape == (10, 10)
    assert counts.sum() == 359
    assert f"{counts.trace() / 359:.1%}" in last
    assert any(line.startswith("most often mistaken: ") for line in lines)
    assert "3/3" in run.stderr  # the progress bar, at its end
    assert "accuracy=" in run.stderr
    plots = {"loss.png", "mistakes.png"} if HAS_MATPLOTLIB else set()
    assert {path.name for path in (tmp_path / "a" / "b").iterdir()} == {"model.npz", "graph.svg", "graph.png"} | plots


def test_digits_draws_the_layers_and_saves_a_model_that_reads(tmp_path):
    run = digits("--epochs", 2, folder=tmp_path)
    drawn = (tmp_path / "digits-out" / "graph.svg").read_text(encoding="utf-8")
    texts = [re.sub("<.*?>", "", text) for text in re.findall(r"<text.*?</text>", drawn)]
    assert {"MLP", "0 (Linear)", "1 (ReLU)", "4 (Linear)", "images", "digits", "loss = cross entropy"} <= set(texts)
    assert texts.count("weight") == texts.count("bias") == 3

    model, (_, test) = nn.MLP([64, 128, 64, 10]), nn.data.digits(seed=0)
    with np.load(tmp_path / "digits-out" / "model.npz") as saved:
        model.load_state_dict({name: autograd.Tensor(saved[name]) for name in saved})
    accuracy = np.mean(model(test.inputs).detach().numpy().argmax(1) == test.targets)
    assert run.stdout.splitlines()[-1] == f"test accuracy: {accuracy:.1%}"


def test_one_seed_gives_one_result_and_another_seed_another(tmp_path):
    quick = "sys.modules['matplotlib'] = None"  # plots take longer than an epoch
    runs = [digits("--epochs", 1, "--seed", seed, folder=tmp_path, before=quick).stdout for seed in (3, 3, 4)]
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--out", "/proc/nowhere"], "cannot write to --out /proc/nowhere (No such file or directory); give a folder"),
        (["--out", "/proc"], "cannot write to --out /proc ("),
        (["--out", "file"], "cannot write to --out file (File exists); give a folder"),
        (["--out", "file/below"], "cannot write to --out file/below (Not a directory); give a folder"),
        (["--epochs", "0"], "argument --epochs: '0' should be a whole number, 1 or more"),
        (["--epochs", "two"], "argument --epochs: 'two' should be a whole number, 1 or more"),
        (["--epochs", "1.5"], "argument --epochs: '1.5' should be a whole number, 1 or more"),
        (["--seed", "-1"], "argument --seed: '-1' should be a whole number, 0 or more"),
        (["--colour", "red"], "unrecognized arguments: --colour red"),
    ],
)
def test_digits_refuses_bad_options_in_a_sentence_before_it_learns_anything(options, said, tmp_path):
    (tmp_path / "file").touch()
    run = digits(*options, folder=tmp_path)
    assert run.returncode == 2
    assert said in run.stderr.splitlines()[-1]
    assert "Traceback" not in run.stderr
    assert run.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_digits_says_which_training_image_holds_a_nan(tmp_path):
    before = """
import numpy as np, nn
train, test = nn.data.digits(seed=0)
train.inputs[[3, 70], 5] = np.nan
nn.data.digits = lambda seed: (train, test)
"""
    run = digits(folder=tmp_path, before=before)
    assert run.returncode == 2
    assert run.stderr == (
        "digits.py: 2 of the training images contain NaN or infinity, the first of them image 3; leave them out\n"
    )


def test_the_table_has_a_row_for_each_digit_and_a_column_for_each_reading():
    table = loaded(DIGITS).confusion(np.array([8, 8, 8, 1]), np.array([1, 1, 8, 1])).splitlines()
    (eight,) = (line for line in table if line.startswith("digit 8"))
    assert eight.split() == ["digit", "8", "·", "2", "·", "·", "·", "·", "·", "·", "1", "·", "33%"]
    assert table[-1] == "most often mistaken: 8 for 1 (2 times)"


def test_help_says_what_there_is_to_choose(tmp_path):
    run = digits("--help", folder=tmp_path)
    assert run.returncode == 0
    assert all(option in run.stdout for option in ("--help", "--epochs N", "--seed N", "--out FOLDER", "mistakes.png"))


def test_digits_does_without_what_is_not_installed_and_says_so(tmp_path):
    before = """
sys.modules["tqdm"] = sys.modules["matplotlib"] = None  # as if they were not there
from autograd.drawing import layout
layout._programs = lambda: iter(())
"""
    run = digits("--epochs", 1, folder=tmp_path, before=before)
    assert run.returncode == 0, run.stderr
    for extra in ("pip install tqdm", "pip install 'chainrule[plot]'", "pip install 'chainrule[draw]'"):
        assert sum(extra in line for line in run.stdout.splitlines()) == 1
    assert run.stderr == ""
    assert run.stdout.splitlines()[-1].startswith("test accuracy: ")
    assert [path.name for path in (tmp_path / "digits-out").iterdir()] == ["model.npz"]


@pytest.mark.slow
def test_digits_reads_97_of_100_images_in_the_median_of_ten_seeds(tmp_path):
    runs = [digits("--seed", seed, "--out", f"{seed}", folder=tmp_path).stdout for seed in range(10)]
    assert np.median([float(run.splitlines()[-1].removeprefix("test accuracy: ").rstrip("%")) for run in runs]) >= 97


def test_the_pictures_of_the_documentation_are_what_their_script_draws(monkeypatch):
    made = {}
    monkeypatch.setattr(Picture, "save", lambda picture, path: made.update({path: picture.svg()}))
    loaded(ROOT / "docs" / "images" / "make.py").main()

    def texts(svg):
        return [re.sub("<.*?>", "", text) for text in re.findall(r"<text.*?</text>", svg)]

    assert [path.name for path in made] == ["digits.svg"]
    for path, svg in made.items():
        assert sorted(texts(path.read_text(encoding="utf-8"))) == sorted(texts(svg))
        assert path.stat().st_size < 100_000
