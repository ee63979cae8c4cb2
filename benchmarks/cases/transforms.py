"""Forward mode, Hessians and their products with a vector; filling an array in a loop.

Forward mode is measured against the function itself, on plain arrays. HIPS autograd has the same import name as this
package, so it can only be asked in a process of its own: HIPS_PYTHON names a Python that has it installed.
"""

import os
import subprocess
import sys
from itertools import pairwise

import numpy as np

from benchmarks.measure import Case, Figure, kept

rng = np.random.default_rng(0)

# --- Forward mode ---

ELEMENTS, SQUARE = rng.uniform(0.1, 1, (2, 200_000)), rng.normal(size=(3, 200, 200)) / 14


def elementwise(x):
    return np.sqrt(np.exp(-x * x) + 1) * np.sin(3 * x) / (1 + x)


def products(x):
    return SQUARE[0] @ (x @ SQUARE[1]) @ x


def forward(f, x, t):
    def chainrule():
        from autograd import jvp

        return lambda: jvp(f, (x,), (t,)), lambda: [jvp(f, (x,), (t,))[0]]

    return {"chainrule": chainrule, "numpy": lambda: (lambda: f(x), lambda: [f(x)])}


# --- The Hessian of the 100-dimensional Rosenbrock function ---

ROSENBROCK = """
import statistics, time
import numpy
{imports}
def f(x): return np.sum(100.0 * (x[1:] - x[:-1] ** 2.0) ** 2.0 + (1 - x[:-1]) ** 2.0)
h, x, times = hessian(f), numpy.linspace(-1, 1, 100), []
for _ in range(9):
    start = time.perf_counter()
    h(x)
    times.append(time.perf_counter() - start)
print(statistics.median(times))
"""


def rosenbrock(python, imports):
    def sample():
        program = ROSENBROCK.format(imports=imports)
        return float(subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout)

    return sample


HESSIANS = {"chainrule": rosenbrock(sys.executable, "import numpy as np; from autograd import hessian")}
if "HIPS_PYTHON" in os.environ:
    HESSIANS["hips"] = rosenbrock(
        os.environ["HIPS_PYTHON"],
        "import sys; sys.path.remove(''); import autograd.numpy as np; from autograd import hessian",
    )

# --- Hessian times vector, for the loss of the digits network ---

SIZES = [64, 128, 64, 10]
X, T = rng.random((32, 64), np.float32), rng.integers(0, 10, 32)
WEIGHTS = [
    a for n, m in pairwise(SIZES) for a in (rng.normal(0, 0.1, (m, n)).astype(np.float32), np.zeros(m, np.float32))
]
VECTOR = [rng.normal(size=w.shape).astype(np.float32) for w in WEIGHTS]


def loss(F, weights, x, t):
    for w, b in zip(weights[:4:2], weights[1:4:2]):
        x = F.relu(F.linear(x, w, b))
    return F.cross_entropy(F.linear(x, *weights[4:]), t)


def hvp_chainrule():
    from autograd import hvp
    from nn import functional as F

    weights, vector, x, t = WEIGHTS, VECTOR, X, T
    step = lambda: hvp(lambda weights: loss(F, weights, x, t), weights, vector)
    return kept(step, list)


def hvp_pytorch():
    import torch

    F = torch.nn.functional
    weights, vector = [torch.tensor(w, requires_grad=True) for w in WEIGHTS], [torch.tensor(v) for v in VECTOR]
    x, t = torch.tensor(X), torch.tensor(T)

    def step():
        gradient = torch.autograd.grad(loss(F, weights, x, t), weights, create_graph=True)
        return torch.autograd.grad(gradient, weights, vector)

    return step, step


# --- An array of 10⁴ numbers, filled one by one ---


def filling():
    import autograd

    x = autograd.tensor(2.0, requires_grad=True)

    def step():
        x.grad = None
        y = autograd.zeros(10_000)
        for i in range(10_000):
            y[i] = x * i
        y.sum().backward()

    return step, lambda: [x.grad]


CASES = [
    Case(
        "jvp-elements",
        "forward mode through a dozen elementwise operations on 2 x 10^5 numbers, against the function alone",
        forward(elementwise, *ELEMENTS),
        target=2.5,
        reference="numpy",
    ),
    Case(
        "jvp-products",
        "forward mode through three products of 200 x 200 matrices, against the function alone",
        forward(products, SQUARE[2], SQUARE[1]),
        target=3.3,
        reference="numpy",
    ),
    Figure(
        "hessian",
        "the Hessian of the Rosenbrock function of 100 numbers (with HIPS_PYTHON: and by HIPS autograd)",
        HESSIANS,
        target=0.15,
        reference="hips",
    ),
    Case(
        "hvp",
        "the Hessian of the digits network's loss, batch 32, times a vector",
        {"chainrule": hvp_chainrule, "pytorch": hvp_pytorch},
        target=1.0,
    ),
    Case(
        "filling",
        "an array of 10^4 numbers filled one by one, and differentiated",
        {"chainrule": filling},
        limit=1.0,
        rounds=5,
    ),
]
