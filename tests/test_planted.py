"""Bugs are planted in derivative rules; `check_gradients` finds each without a hand-written case, and names the operation.

    python tests/test_planted.py 4     200 bugs: 50 for each of 4 seeds

The bugs are the mutants of `mutation.py`; the functions and inputs are those of the table of samples, each inside others.
"""

import gc
import random
import sys

import mutation
import numpy as np
import pytest

from autograd import graph
from autograd.testing import check_gradients

COUNT, NAMED = 50, 45


def first_gradient(bench, i):
    sample = bench.samples[i]
    arrays = sample.draw()
    return bench.laws.pull(sample, arrays, bench.laws.cotangent(sample, arrays))


def inside_others(sample, one):
    """The sample's function between two operations that are right."""

    def f(*arrays):
        y = one(sample(*[x * 1.0 if x.dtype.kind == "f" else x for x in arrays]))
        return np.sum(np.sin(y) * 0.5 + y)

    return f


def codes_of(function, seen):
    """The code of a rule and of the functions of its module that it calls."""
    code = getattr(function, "__code__", None)
    if code is None or code in seen:
        return
    seen.add(code)
    for name in code.co_names:
        other = function.__globals__.get(name)
        if callable(other) and str(getattr(other, "__module__", "")).startswith("autograd"):
            codes_of(other, seen)
    for cell in function.__closure__ or ():
        codes_of(cell.cell_contents, seen)


def broken_operations(nodes, mutated):
    """The names of those operations of a graph whose rules run mutated code."""
    found = set()
    for node in nodes:
        seen = set()
        for rule in node.op.rules:
            codes_of(rule, seen)
        if seen & mutated:
            found.add(node.op.name)
    return found


def outcome(bench, mutant):
    """(the message of check_gradients or None, the broken operations), or "no difference": in this process, which it spoils."""
    before = {f: f.__code__ for f in bench.living}
    try:
        mutation.apply(mutant, bench.living)
    except LookupError:
        return "no difference"
    mutated = {f.__code__ for f in bench.living if f.__code__ is not before[f]}
    with mutation.quiet():
        for i in bench.running(mutant):
            sample = bench.samples[i]
            if not sample.differences or any(x.size > 60 for x in sample.draw()):
                continue
            try:
                if all(
                    np.allclose(a, b, 1e-3, 1e-4, equal_nan=True)
                    for a, b in zip(first_gradient(bench, i), bench.first[i])
                ):
                    continue
            except Exception:
                return "no difference"  # an error of its own, which nobody has to look for
            f, arrays = inside_others(sample, bench.laws.one), sample.draw()
            leaves = [bench.laws.leaf(x) for x in arrays]
            nodes = [node for node in graph.ancestors([f(*leaves).node]) if hasattr(node.op, "rules")]
            broken = broken_operations(nodes, mutated)
            if not broken:
                continue
            try:
                check_gradients(f, *arrays)
            except AssertionError as error:
                return str(error), broken
            return None, broken
    return "no difference"


def planted(seed=0, count=COUNT):
    gc.unfreeze()  # what another test has frozen could not be found
    bench = mutation.Bench.of()
    bench.first = {}
    with mutation.quiet():
        for i in range(len(bench.samples)):
            bench.first[i] = first_gradient(bench, i)
    mutants = [m for path in mutation.paths(None) for m in mutation.mutants_of(path)]
    random.Random(seed).shuffle(mutants)
    for path in {m.path for m in mutants}:
        mutation._original(path)
    results = []
    for mutant in mutants:
        found = mutation.forked(mutant, outcome, bench, mutant).result()
        if found != "no difference" and len(found) == 2:
            results.append((mutant, *found))
        if len(results) == count:
            break
    return results


def is_named(message, broken):
    return message is not None and any(f"derivative is wrong is {name}," in message for name in broken)


@pytest.mark.slow
def test_fifty_planted_bugs_are_found_and_most_are_named():
    results = planted()
    assert len(results) == COUNT
    missed = [str(mutant) for mutant, message, _ in results if message is None]
    assert missed == []
    unnamed = [(str(mutant), message, broken) for mutant, message, broken in results if not is_named(message, broken)]
    assert len(unnamed) <= COUNT - NAMED, unnamed


if __name__ == "__main__":
    results = [result for seed in range(int([*sys.argv, "1"][1])) for result in planted(seed)]
    for mutant, message, broken in results:
        if not is_named(message, broken):
            print(mutant, "\n   ", message, broken)
    named = sum(is_named(message, broken) for _, message, broken in results)
    print(f"{len(results)} bugs, {sum(message is not None for _, message, _ in results)} found, {named} named")
