"""How the tests run: how hard hypothesis searches, on how many cores, and with which warnings.

HYPOTHESIS_PROFILE=dev       a quick look; the default
HYPOTHESIS_PROFILE=ci        the same search, longer; the default where CI is set
HYPOTHESIS_PROFILE=thorough  ten times longer still, with new examples each time: give a seed, --hypothesis-seed=0

The first two try the same examples each time, so that a failure is there again when one looks for it.
"""

import gc
import os

# One core each for two test processes: BLAS threads of both would only wait for one another. Read when NumPy is loaded.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("MPLBACKEND", "agg")  # pictures are made without a screen

import pytest  # noqa: E402  (after the environment is set)
from hypothesis import HealthCheck, settings  # noqa: E402

from autograd import modes  # noqa: E402

always = settings(
    deadline=None,  # a busy machine is not a failure
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("dev", always, max_examples=20, derandomize=True)
settings.register_profile("ci", always, max_examples=100, derandomize=True)
settings.register_profile("thorough", always, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


@pytest.fixture(autouse=True)
def nothing_is_left_on():
    """No test leaves a mode behind for the next: not no_grad, not a trace, not the log of a Tensor written into."""
    yield
    if modes.entered:
        gc.collect()  # Tensors in a cycle, with their logs
        left = [entry.mode for entry in modes.entered if entry.mode.kind != "writing"]
        modes.entered[:] = [entry for entry in modes.entered if entry.mode.kind == "writing"]
        assert left == []
