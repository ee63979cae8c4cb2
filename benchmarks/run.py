"""Runs the benchmarks and prints a table: medians, the ratio to the reference, the target and whether it is met.

python benchmarks/run.py --help
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":  # run as a file: let the packages beside this folder be found, and not the files in it
    sys.path[0] = str(ROOT)

ENGINES = ("chainrule", "eager", "pytorch", "numpy", "micrograd", "sklearn")
LIBRARIES = ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB_MAXIMUM")
SECONDS = [(1e-6, "ns", 1e9), (1e-3, "µs", 1e6), (1, "ms", 1e3), (float("inf"), "s", 1)]


def main() -> None:
    options = parse()
    os.environ.update({f"{library}_NUM_THREADS": str(options.threads) for library in LIBRARIES})
    import autograd
    from benchmarks.cases import load  # NumPy reads the number of threads when it is imported
    from benchmarks.measure import outcome

    cases = load()
    if options.no_numba:
        autograd.use_numba(False)
        os.environ["BENCHMARKS_NO_NUMBA"] = "1"  # for cases that have processes of their own
    if unknown := set(options.only or ()) - {case.name for case in cases}:
        sys.exit(f"no case named {', '.join(sorted(unknown))}; --list shows the names")
    if options.only:
        cases = [case for case in cases if case.name in options.only]
    elif not options.large and not options.list:
        cases = [case for case in cases if not case.large]
    if options.list:
        for case in cases:
            print(f"{case.name:16}{case.what}{'  (needs --large)' if case.large else ''}")
        return
    environment = describe(options.threads)
    if options.no_numba:
        environment["numba"] = "off"
    print(", ".join(f"{name} {value}" for name, value in environment.items()))
    print(row("case", *ENGINES, "ratio to reference", "target"), flush=True)
    outcomes = []
    for case in cases:
        found = outcome(case, options.engines.split(",") if options.engines else [], options.repeat)
        print(line(case, found), flush=True)
        outcomes.append({"name": case.name, "unit": case.unit, "target": case.target, "limit": case.limit, **found})
    if options.json:
        Path(options.json).write_text(json.dumps({"environment": environment, "cases": outcomes}, indent=1))
    if any("error" in found for found in outcomes):
        sys.exit(1)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python benchmarks/run.py", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", metavar="NAME", action="append", help="run this case (may be given several times)")
    parser.add_argument("--engines", metavar="A,B", default="", help="only these engines")
    parser.add_argument("--threads", metavar="N", type=int, default=1, help="threads of every library (default: 1)")
    parser.add_argument(
        "--repeat", metavar="N", type=int, default=0, help="samples of each engine (default: the case's)"
    )
    parser.add_argument("--no-numba", action="store_true", help="without compiled loops, where numba is installed")
    parser.add_argument("--large", action="store_true", help="also the cases that take gigabytes")
    parser.add_argument("--list", action="store_true", help="name the cases and stop")
    parser.add_argument("--json", metavar="FILE", help="write every sample to this file")
    return parser.parse_args()


def line(case: Any, found: dict[str, Any]) -> str:
    """The row of a case: medians, ratio with its quartiles, target, and whether it is met."""
    if "error" in found:
        return f"{case.name:16}error: {found['error'].strip().splitlines()[-1]}"
    medians = found["medians"]
    cells = [show(medians[name], case.unit) if name in medians else "" for name in ENGINES]
    compared, goal, met = "", "", None
    if "ratio" in found:
        compared = "{:.3f} ({:.3f}–{:.3f})".format(found["ratio"], *found["quartiles"])
    if case.target is not None:
        goal = f"{case.target:.3g} × {case.reference}"
        met = found["ratio"] <= case.target if "ratio" in found else None
    elif case.limit is not None:
        goal = show(case.limit, case.unit)
        met = medians["chainrule"] <= case.limit if "chainrule" in medians else None
    return row(case.name, *cells, compared, goal, {True: "ok", False: "MISSED", None: ""}[met])


def row(name: str, *cells: str) -> str:
    widths = [11] * len(ENGINES) + [24, 20, 8]
    return f"{name:16}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=False)).rstrip()


def show(value: float, unit: str) -> str:
    if unit != "s":
        return f"{value:.1f} {unit}"
    name, factor = next((name, factor) for bound, name, factor in SECONDS if value < bound)
    return f"{value * factor:.3g} {name}"


def describe(threads: int) -> dict[str, str]:
    found = {"threads": str(threads), "python": platform.python_version(), "machine": platform.machine()}
    for package in ("numpy", "numba", "torch", "micrograd", "scikit-learn"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


if __name__ == "__main__":
    main()
