"""Runs the benchmarks and prints a table: medians, the ratio to the reference, the target and whether it is met.

python benchmarks/run.py --help
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

if __name__ == "__main__":  # run as a file: let the packages beside this folder be found, and not the files in it
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

ENGINES = ("chainrule", "pytorch", "numpy", "micrograd")
THREADS = ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB_MAXIMUM")
SCALE = {"s": [(1e-6, "ns", 1e9), (1e-3, "µs", 1e6), (1, "ms", 1e3), (float("inf"), "s", 1)]}


def main() -> None:
    options = parse()
    for library in THREADS:  # read once, when the library is loaded: so before anything imports NumPy
        os.environ[f"{library}_NUM_THREADS"] = str(options.threads)
    if find_spec("torch"):
        import torch

        torch.set_num_threads(options.threads)

    from benchmarks.cases import load

    cases = load()
    if unknown := set(options.only or ()) - {case.name for case in cases}:
        sys.exit(f"no case named {', '.join(sorted(unknown))}; --list shows the names")
    if options.only:
        cases = [case for case in cases if case.name in options.only]
    if options.list:
        for case in cases:
            print(f"{case.name:16}{case.what}{'  (needs --large)' if case.large else ''}")
        return
    environment = describe(options.threads)
    print(", ".join(f"{name} {value}" for name, value in environment.items()))
    print(row("case", *ENGINES, "ratio to reference", "target", ""), flush=True)
    rows = [run(case, options) for case in cases if options.large or options.only or not case.large]
    if options.json:
        Path(options.json).write_text(json.dumps({"environment": environment, "rows": rows}, indent=1))
    if any("error" in row for row in rows):
        sys.exit(1)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python benchmarks/run.py", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", metavar="NAME", action="append", help="run this case (may be given several times)")
    parser.add_argument("--engines", metavar="A,B", type=lambda names: names.split(","), help="only these engines")
    parser.add_argument("--threads", metavar="N", type=int, default=1, help="threads of every library (default: 1)")
    parser.add_argument("--repeat", metavar="N", type=int, help="samples of each engine (default: the case's own)")
    parser.add_argument("--large", action="store_true", help="also the cases that take gigabytes")
    parser.add_argument("--list", action="store_true", help="name the cases and stop")
    parser.add_argument("--json", metavar="FILE", help="write every sample to this file")
    return parser.parse_args()


def run(case: Any, options: argparse.Namespace) -> dict[str, Any]:
    """Measure one case and print its row."""
    from benchmarks.measure import installed, measure, ratio

    names = installed(case, options.engines)
    if not names:
        return {"name": case.name, "skipped": True}
    outcome: dict[str, Any] = {"name": case.name, "target": case.target, "limit": case.limit, "unit": case.unit}
    try:
        samples = measure(case, names, options.repeat)
    except Exception as error:  # one broken case must not cost the others
        print(f"{case.name:16}error: {type(error).__name__}: {error}", flush=True)
        return outcome | {"error": repr(error)}
    medians = {name: median(values) for name, values in samples.items()}
    cells = [show(medians[name], case.unit) if name in medians else "" for name in ENGINES]
    compared, goal, met = "", "", None
    if "chainrule" in samples and case.reference in samples:
        middle, low, high = ratio(samples["chainrule"], samples[case.reference])
        compared = f"{middle:.3f} ({low:.3f}–{high:.3f})"
        outcome |= {"ratio": middle, "quartiles": [low, high], "reference": case.reference}
        if case.target is not None:
            met = middle <= case.target
    if case.limit is not None and "chainrule" in medians:
        met = medians["chainrule"] <= case.limit
    if case.target is not None:
        goal = f"{case.target:.3g} × {case.reference}"
    elif case.limit is not None:
        goal = show(case.limit, case.unit)
    mark = {True: "ok", False: "MISSED", None: ""}[met]
    print(row(case.name, *cells, compared, goal, mark), flush=True)
    return outcome | {"medians": medians, "samples": samples, "met": met}


def row(name: str, *cells: str) -> str:
    widths = [11] * len(ENGINES) + [24, 20, 8]
    return f"{name:16}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=False))


def show(value: float, unit: str) -> str:
    for bound, name, factor in SCALE.get(unit, [(float("inf"), unit, 1)]):
        if value < bound:
            return f"{value * factor:.3g} {name}"
    raise AssertionError("the last bound is infinite")


def describe(threads: int) -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {"threads": str(threads), "python": platform.python_version(), "machine": platform.machine()}
    for package in ("numpy", "torch", "micrograd"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


if __name__ == "__main__":
    main()
