"""What is claimed of performance, measured side by side with peers where they are installed."""

import os

if os.environ.get("BENCHMARKS_NO_NUMBA"):
    import autograd

    autograd.use_numba(False)
