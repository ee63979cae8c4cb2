"""Why an operation makes a NaN or an infinity, by its name: one table for detect_anomaly and why."""

from __future__ import annotations

CAUSES = {
    "log": "log of 0 is -inf, of a negative number NaN, and its slope at 0 is infinite; logsumexp, log_softmax and the losses on "
    "logits avoid it, and np.log1p(x) is log(1 + x)",
    "divide": "something is divided by 0, or by a number so small that the quotient overflows; add a small number to the "
    "denominator, or take np.where(d == 0, 1, d)",
    "reciprocal": "1 / 0",
    "sqrt": "the root of a negative number is NaN, and its slope at 0 is infinite; add a small number under the root",
    "exp": "exp overflows above 88 in float32 and above 709 in float64; logsumexp, softmax and softplus avoid it",
    "power": "0 to a negative power, a negative number to a fractional power, or overflow",
    "multiply": "the product overflows: the values grow too large, often from a learning rate that is too high",
    "square": "the square overflows: the values grow too large, often from a learning rate that is too high",
    "matmul": "the sum of products overflows: weights or activations grow too large, often from a learning rate that is too high",
    "std": "the spread of fewer elements than ddof + 1 is not defined",
    "var": "the spread of fewer elements than ddof + 1 is not defined",
    "arctanh": "arctanh is infinite at -1 and 1, and not defined beyond",
    "arcsin": "arcsin is not defined outside [-1, 1], and its slope is infinite at both ends",
    "arccos": "arccos is not defined outside [-1, 1], and its slope is infinite at both ends",
}
CAUSES |= {"log2": CAUSES["log"], "log10": CAUSES["log"], "log1p": "log1p is -inf at -1, and not defined below"}
CAUSES |= {"linear": CAUSES["matmul"], "power_number": CAUSES["power"], "expm1": CAUSES["exp"], "exp2": CAUSES["exp"]}
