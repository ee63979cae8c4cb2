"""The mutation tool finds what it should; and, slowly, the tests kill a sample of wrong rules."""

import mutation
import numpy as np
import pytest


def test_the_mutants_of_a_rule():
    texts = {m.after for m in mutation.mutants_of(mutation.RULES / "arithmetic.py") if m.rule == "divide"}
    assert texts >= {
        "lambda g, b: g * b",
        "lambda g, b: g",
        "lambda g, b: -(g / b)",
        "lambda g, b, out: g * out / b",
        "lambda g, b, out: -g * g / b",
        "lambda g, b, out: -g * out",
    }
    shapes = {m.after for m in mutation.mutants_of(mutation.RULES / "shape.py")}
    assert "lambda g, axis: g" in shapes  # np.flip left out
    assert "lambda g, axis: np.flip(g, axis - 1)" in shapes


def test_every_mutant_is_another_program_and_only_within_rules():
    for path in mutation.paths(None):
        for mutant in mutation.mutants_of(path)[::25]:
            assert mutant.before != mutant.after
    assert not any(m.rule in ("sum", "clip") for m in mutation.mutants_of(mutation.RULES / "reductions.py"))


def test_a_wrong_rule_is_killed_and_an_equal_one_survives():
    mutants = mutation.mutants_of(mutation.RULES / "arithmetic.py")
    wrong = next(m for m in mutants if m.after == "lambda g, x: g * np.sin(x)")
    equal = next(m for m in mutants if m.after == "lambda g, a, b: g * np.sign(a) / np.copysign(1.0, b)")
    bench = mutation.Bench.of(lambda sample: sample.function in (np.sin, np.copysign))
    found = {m: killer for m, killer, _ in mutation.judged(bench, [wrong, equal], by_hand=False)}
    assert found[wrong][0] == "test_the_gradient_agrees_with_differences"
    assert found[equal] is None


def test_every_explained_survivor_is_a_mutant_still():
    mutants = {mutation.flat(m.key) for path in mutation.paths(None) for m in mutation.mutants_of(path)}
    assert {key for key in mutation.explained() if key not in mutants} == set()


@pytest.mark.slow
def test_the_tests_kill_97_of_100_wrong_rules():
    assert mutation.main(["--sample", "100", "--seed", "0", "--least", "97"]) == 0
