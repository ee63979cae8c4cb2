"""The gradient of a Gaussian mixture's log-likelihood with a Wishart prior: the problem GMM of ADBench.

F. Šrajer, Z. Kukelova, A. Fitzgibbon, "A benchmark of selected algorithmic differentiation tools on some problems in
computer vision and machine learning" (2018), section 4.1. d dimensions, k components, n points:

    Σ_i logsumexp_k(α_k + Σ q_k - ½ ‖Q_k (x_i - μ_k)‖²) - n logsumexp(α) - n d/2 log 2π
      + Σ_k ½ γ² (‖exp q_k‖² + ‖l_k‖²) - m Σ q_k + a constant of the prior

Q_k is lower triangular, with exp(q_k) on its diagonal and l_k, column by column, below it; icf_k = (q_k, l_k). The
signs of the prior are those of the benchmark's published programs, γ = 1 and m = 0 as there. Nothing is left out;
only the programs' Python loops over points and columns are array operations here, for every engine alike.
"""

import math
from types import SimpleNamespace

import numpy as np

from benchmarks.measure import Case, kept

D, K, N = 10, 25, 1000
GAMMA, M = 1.0, 0
PRIOR = D + M + 1
CONSTANT = -N * D / 2 * math.log(2 * math.pi) - K * (
    PRIOR * D * math.log(GAMMA / math.sqrt(2))
    - D * (D - 1) / 4 * math.log(math.pi)
    - sum(math.lgamma((PRIOR - i) / 2) for i in range(D))
)

# Where entry (i, j) of Q_k stands in l_k, and which entries are below the diagonal
COLUMN, ROW = np.triu_indices(D, 1)
PLACE, BELOW = np.zeros((D, D), int), np.zeros((D, D))
PLACE[ROW, COLUMN] = np.arange(len(ROW))
BELOW[ROW, COLUMN] = 1


def objective(lib, alphas, means, icf, x, place, below):
    q, l = icf[:, :D], icf[:, D:]
    diagonal, q_sum = lib.exp(q), q.sum(1)
    lower = l[:, place] * below
    centered = x[:, None, :] - means
    scaled = diagonal * centered + lib.einsum("kij,nkj->nki", lower, centered)
    inner = alphas + q_sum - 0.5 * (scaled**2).sum(2)
    prior = (0.5 * GAMMA**2 * ((diagonal**2).sum(1) + (l**2).sum(1)) - M * q_sum).sum()
    return lib.logsumexp(inner, 1).sum() - N * lib.logsumexp(alphas, 0) + prior + CONSTANT


def gradient(lib, tensor, grad):
    rng = np.random.default_rng(0)
    shapes = (K,), (K, D), (K, D * (D + 1) // 2)
    parameters = [tensor(rng.standard_normal(shape), requires_grad=True) for shape in shapes]
    constants = [tensor(array) for array in (rng.standard_normal((N, D)), PLACE, BELOW)]

    def step():
        value = objective(lib, *parameters, *constants)
        return value, *grad(value, parameters)

    return kept(step, list)


def chainrule():
    import autograd

    numpy = SimpleNamespace(exp=np.exp, einsum=np.einsum, logsumexp=autograd.logsumexp)  # which NumPy lacks
    return gradient(numpy, autograd.tensor, autograd.grad)


def pytorch():
    import torch

    return gradient(torch, torch.tensor, torch.autograd.grad)


CASES = [
    Case(
        "mixture",
        f"gradient of a Gaussian mixture's log-likelihood, d {D}, k {K}, n {N}, float64",
        {"chainrule": chainrule, "pytorch": pytorch},
        target=0.8,
        tolerance=1e-9,
    )
]
