"""The examples as a person runs them: in a process of their own."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
DIGITS = ROOT / "examples" / "digits.py"


def digits(*options, cwd):
    return subprocess.run(
        [sys.executable, str(DIGITS), *map(str, options)], capture_output=True, text=True, cwd=cwd, check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(cwd), "MPLCONFIGDIR": str(cwd)},
    )  # fmt: skip


def test_digits_trains_reports_and_leaves_its_files(tmp_path):
    run = digits("--epochs", 3, "--seed", 1, "--out", tmp_path / "out", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    accuracy = re.fullmatch(r"test accuracy: (\d+\.\d)%", lines[-1])
    assert accuracy is not None
    assert float(accuracy[1]) > 85
    assert sum(line.startswith("digit ") for line in lines) == 10
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert "model.npz" in files
    assert {"graph.svg", "graph.png"} <= files or "graph.dot" in files
    if importlib.util.find_spec("matplotlib"):
        assert {"loss.png", "mistakes.png"} <= files
    with np.load(tmp_path / "out" / "model.npz") as saved:
        assert sorted(saved)[0] == "0.bias"


def test_digits_of_one_seed_gives_one_result(tmp_path):
    first, second = (digits("--epochs", 1, "--seed", 3, "--out", "out", cwd=tmp_path).stdout for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--out", "/proc/nowhere"], "cannot write to --out"),
        (["--epochs", "0"], "not a number of epochs"),
        (["--epochs", "two"], "not a number of epochs"),
        (["--seed", "-1"], "negative"),
    ],
)
def test_digits_refuses_bad_options_in_a_sentence_before_training(options, said, tmp_path):
    run = digits(*options, cwd=tmp_path)
    assert run.returncode == 2
    assert said in run.stderr
    assert "Traceback" not in run.stderr
    assert run.stdout == ""


def test_digits_says_that_the_data_hold_a_nan(tmp_path, monkeypatch, capsys):
    spec = importlib.util.spec_from_file_location("digits_example", DIGITS)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    train, test = module.nn.data.digits(seed=0)
    train.inputs[3, 5] = np.nan
    monkeypatch.setattr(module.nn.data, "digits", lambda seed: (train, test))
    monkeypatch.setattr(sys, "argv", ["digits.py", "--out", str(tmp_path)])
    with pytest.raises(SystemExit) as stopped:
        module.main()
    assert stopped.value.code == 2
    assert "NaN" in capsys.readouterr().err


@pytest.mark.slow
def test_digits_reads_97_of_100_digits_in_the_median_of_ten_seeds(tmp_path):
    results = [digits("--seed", seed, "--out", tmp_path / str(seed), cwd=tmp_path).stdout for seed in range(10)]
    accuracies = [float(text.splitlines()[-1].removeprefix("test accuracy: ").rstrip("%")) for text in results]
    assert np.median(accuracies) >= 97, accuracies
