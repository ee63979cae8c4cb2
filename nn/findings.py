"""What `doctor` looks for: a list of small functions on a case, each of which yields what it finds. One more is one function.

Bounds are wide on purpose: a warning about a healthy network is worse than none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

import autograd
from autograd.drawing.reasons import softmax_twice
from autograd.drawing.zeros import dead_units

from .diagnosis import Finding
from .modules.batchnorm import _BatchNorm
from .modules.dropout import _Dropout

if TYPE_CHECKING:
    from .diagnosis import Case

FEW = 8  # samples below which "for every sample" says nothing
LOGITS = ("cross_entropy", "soft_cross_entropy")  # losses that take logits
BERNOULLI = "binary_cross_entropy_with_logits"
SQUASHING = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "relu": (0.0, math.inf)}  # what these can return

Findings = Iterator[Finding]


# --- Data -------------------------------------------------------------------------------------------------------------


def numbers_that_are_none(case: Case) -> Findings:
    for where, values in [*((f"input {i}", x) for i, x in enumerate(case.inputs)), ("targets", case.targets)]:
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            bad = int(np.count_nonzero(~np.isfinite(values)))
            yield Finding(
                "error", "data is not finite", where, f"{bad} of {values.size} numbers are NaN or infinite",
                "clean the data before training: np.isfinite(x).all() should be True", {"bad": bad},
            )  # fmt: skip
    for name, p in case.model.named_parameters():
        if not np.isfinite(p._data).all():
            yield Finding(
                "error", "weights are not finite", name, "a parameter holds NaN or infinity, after a step that was too large",
                "start again from good weights, with a smaller learning rate; autograd.detect_anomaly finds the operation",
            )  # fmt: skip


def data_not_normalised(case: Case) -> Findings:
    for i, x in enumerate(case.inputs):
        if x.dtype.kind not in "fu" or x.ndim < 2 or len(x) < FEW or not np.isfinite(x).all():
            continue
        values = x.astype(float)
        mean, std, rms = values.mean(), values.std(), math.sqrt(np.mean(values**2))
        spreads = values.std(axis=0).ravel() if values.ndim == 2 else np.array([std])
        spreads = spreads[spreads > 0]
        ratio = spreads.max() / spreads.min() if spreads.size else 1.0
        if rms > 20 or abs(mean) > 10 * std > 0 or (ratio > 1e3 and x.shape[1] <= 1000 and spreads.max() > 20):
            yield Finding(
                "warning", "data is not normalised", f"input {i}",
                f"its mean is {mean:.3g}, its standard deviation {std:.3g}, and features differ in theirs by a factor of up to {ratio:.3g}",
                "subtract the mean and divide by the standard deviation of the training data, each feature by itself",
                {"mean": float(mean), "std": float(std), "ratio": float(ratio)},
            )  # fmt: skip


def labels(case: Case) -> Findings:
    t, y = case.targets, case.output
    classes = _classes(case)
    if classes is None or not t.size:
        return
    if t.dtype.kind in "iu" and t.ndim == y.ndim - 1:
        valid = t[t != -100]  # what cross_entropy ignores
        if valid.size and (valid.min() < 0 or valid.max() >= classes):
            yield Finding(
                "error", "labels out of range", "targets",
                f"labels are between {valid.min()} and {valid.max()}, and there are {classes} outputs, for 0 to {classes - 1}",
                "subtract 1 if labels begin at 1" if valid.min() == 1 and valid.max() == classes
                else f"give the last layer {valid.max() + 1} outputs, or look at the labels",
                {"smallest": int(valid.min()), "largest": int(valid.max()), "classes": classes},
            )  # fmt: skip
        elif t.size >= 2 * FEW and classes > 1 and np.all(valid == valid.flat[0]):
            yield Finding(
                "warning", "one class only", "targets", f"all {valid.size} labels of this batch are {valid.flat[0]}",
                "shuffle the training data: DataLoader(..., shuffle=True)", {"label": int(valid.flat[0])},
            )  # fmt: skip
    elif t.dtype.kind in "iub" and t.shape == y.shape and y.ndim == 2 and np.all(t.sum(axis=1) == 1) and t.max() == 1:
        yield Finding(
            "warning", "one-hot labels as integers", "targets", f"targets of dtype {t.dtype} and shape {t.shape} are one-hot rows",
            "give the labels themselves, t.argmax(1), or probabilities as floats, t.astype(float)",
        )  # fmt: skip
    elif t.dtype.kind == "f" and t.ndim == y.ndim - 1 and np.all(t == np.round(t)):
        yield Finding(
            "error", "labels as floats", "targets", f"targets of dtype {t.dtype} and shape {t.shape} look like labels",
            "write t.astype(int)", {"dtype": str(t.dtype)},
        )  # fmt: skip


def shapes_that_broadcast(case: Case) -> Findings:
    y, t = case.output, case.targets
    if not isinstance(y, autograd.Tensor) or y.shape == t.shape or y.size != t.size or y.size < 2 or case.loss is None:
        return
    try:
        both = np.broadcast_shapes(y.shape, t.shape)
    except ValueError:
        return
    if any(node.shape == both for node in case.made_by("subtract", "multiply", "add", "divide", "absolute", "square")):
        yield Finding(
            "error", "shapes that broadcast", "targets",
            f"outputs of shape {y.shape} and targets of shape {t.shape} were broadcast to {both}: every output against every target",
            f"write t.reshape({y.shape}), or model(x).squeeze(-1)", {"output": y.shape, "targets": t.shape},
        )  # fmt: skip


# --- Loss -------------------------------------------------------------------------------------------------------------


def loss_that_fails(case: Case) -> Findings:
    if case.problem is not None:
        yield Finding(
            "error", "the loss cannot be computed", "loss", f"{type(case.problem).__name__}: {case.problem}",
            f"outputs have shape {getattr(case.output, 'shape', '?')}, targets {case.targets.dtype} {case.targets.shape}",
        )  # fmt: skip
    elif not case.differentiable and case.parameters:
        if isinstance(case.loss, autograd.Tensor) and case.loss.size != 1:
            text, advice = f"the loss has shape {case.loss.shape}, and a gradient is of one number", "write .mean()"
        elif isinstance(case.loss, autograd.Tensor):
            reason = autograd.why(next(iter(case.parameters.values())), case.loss)
            text, advice = f"{reason.cause}: {reason.text}", reason.advice
        else:
            text, advice = (
                f"the loss is a {type(case.loss).__name__}, and no Tensor",
                "leave out item(), float() and numpy()",
            )
        yield Finding("error", "the loss has no gradient", "loss", text, advice)
    elif case.value is not None and not math.isfinite(case.value):
        yield Finding(
            "error", "the loss is not finite", "loss", f"it is {case.value}",
            "compute it again under `with autograd.detect_anomaly():`, which names the operation", {"loss": case.value},
        )  # fmt: skip


def softmax_before_cross_entropy(case: Case) -> Findings:
    for outer, inner in softmax_twice(case.nodes):
        if outer.op.name in LOGITS or (outer.op.name == "log_softmax" and case.paths.get(outer) is None):
            yield Finding(
                "error", "softmax before cross-entropy", case.where(inner),
                "cross_entropy takes logits, and gets the probabilities of a softmax: softmax is applied twice",
                "leave out the softmax at the end of the model; for probabilities write softmax(model(x)) after training",
            )  # fmt: skip
    for node in case.made_by("nll"):
        if node.inputs[0] is not None and node.inputs[0].op is not None and node.inputs[0].op.name == "softmax":
            yield Finding(
                "error", "probabilities for nll_loss", case.where(node.inputs[0]),
                "nll_loss takes log probabilities, and gets probabilities", "write LogSoftmax, or cross_entropy on the logits",
            )  # fmt: skip


def sigmoid_before_logits(case: Case) -> Findings:
    for node in case.made_by(BERNOULLI):
        source = node.inputs[0]
        if source is not None and source.op is not None and source.op.name == "sigmoid":
            yield Finding(
                "error", "sigmoid before BCE with logits", case.where(source),
                "binary_cross_entropy_with_logits takes logits, and gets the probabilities of a sigmoid: sigmoid is applied twice",
                "leave out the sigmoid at the end of the model; for probabilities write sigmoid(model(x)) after training",
            )  # fmt: skip


def outputs_that_cannot_reach_the_targets(case: Case) -> Findings:
    node, t = getattr(case.output, "_node", None), case.targets
    if node is None or node.op is None or node.op.name not in SQUASHING or not t.size:
        return
    low, high = SQUASHING[node.op.name]
    if node.op.name == "relu" and any(True for _ in case.made_by(*LOGITS, BERNOULLI)):
        yield Finding(
            "warning", "ReLU at the end", case.where(node), "logits are negative for what is unlikely, and ReLU cuts that off",
            "leave out the ReLU behind the last layer",
        )  # fmt: skip
    elif t.dtype.kind == "f" and (t.min() < low - 1e-6 or t.max() > high + 1e-6):
        yield Finding(
            "warning", "outputs cannot reach the targets", case.where(node),
            f"{node.op.name} returns numbers from {low:g} to {high:g}, and the targets are between {t.min():.3g} and {t.max():.3g}",
            "end with a linear layer, or scale the targets", {"smallest": float(t.min()), "largest": float(t.max())},
        )  # fmt: skip


def loss_beside_what_is_expected(case: Case) -> Findings:
    classes = _classes(case)
    if classes is None or classes < 2 or case.value is None or not math.isfinite(case.value):
        return
    if not any(node is case.loss._node for node in case.made_by(*LOGITS)):
        return  # weighted, or a sum with something else
    if case.loss._node.op is not None and case.targets.ndim == case.output.ndim - 1:
        guess, value = math.log(classes), case.value
        if value > 2 * guess + 1:
            yield Finding(
                "warning", "worse than guessing", "loss",
                f"the loss is {value:.3g}; equal probabilities for {classes} classes give log {classes} = {guess:.3g}",
                "if the network is new, its logits are too large: smaller initial weights in the last layer, normalised inputs, "
                "reduction='mean'; if it is trained, its learning rate was too large",
                {"loss": value, "expected": guess},
            )  # fmt: skip
        elif case.steps >= 50 and abs(value - guess) < 0.02 * guess:
            yield Finding(
                "warning", "nothing has been learned", "loss",
                f"after {case.steps} updates the loss is {value:.4g}, and log {classes} = {guess:.4g} is that of equal probabilities",
                "look at the other findings, at the labels, and at the learning rate; can it learn ten samples by heart?",
                {"loss": value, "expected": guess, "steps": case.steps},
            )  # fmt: skip


def outputs_all_alike(case: Case) -> Findings:
    y = case.output
    if not isinstance(y, autograd.Tensor) or y.ndim < 1 or len(y) < FEW or not case.inputs[0].ndim:
        return
    values, x = np.asarray(y._data, float), case.inputs[0]
    if len(x) != len(y) or np.all(x == x[:1]) or not np.isfinite(values).all():
        return
    spread, scale = float(np.abs(values - values[:1]).max()), float(np.abs(values).max())
    if values.ndim > 1 and values.shape[1] == 1 and scale == 1 and any(True for _ in case.made_by("softmax")):
        yield Finding(
            "error", "softmax of one output", "output", "softmax of a single number is 1, whatever it is",
            "for two classes take one logit and binary_cross_entropy_with_logits, or two logits and cross_entropy",
        )  # fmt: skip
    elif spread <= 1e-6 * scale or not scale:
        yield Finding(
            "warning", "outputs all alike", "output", f"{len(values)} different samples give the same output",
            "somewhere the signal is lost: look for dead or saturated units, weights that are all 0, or inputs that are tiny",
            {"spread": spread},
        )  # fmt: skip


# --- Layers -----------------------------------------------------------------------------------------------------------


def dead(case: Case) -> Findings:
    for node in case.made_by("relu"):
        out = case.value_of(node)
        if out is None or out.ndim < 2 or len(out) < FEW:
            continue
        count, units = dead_units(out)
        if count > units / 2 and units > 2:
            yield Finding(
                "error" if count == units else "warning", "dead units", case.where(node),
                f"{count} of {units} ReLU units are 0 for all {len(out)} samples, and get no gradient",
                "lower the learning rate; He initialization (nn.init.kaiming_normal_); LeakyReLU; normalised inputs",
                {"dead": count, "units": units},
            )  # fmt: skip


def saturated(case: Case) -> Findings:
    end = getattr(case.output, "_node", None)
    for node in case.made_by("sigmoid", "tanh"):
        out = case.value_of(node)
        if node is end or out is None or out.ndim < 2 or len(out) < FEW:
            continue
        slope = 4 * out * (1 - out) if node.op.name == "sigmoid" else 1 - out * out  # of the largest there is
        share = float(np.mean(slope < 0.01))
        if share > 0.9:
            yield Finding(
                "warning", "saturated units", case.where(node),
                f"{share:.0%} of the results of {node.op.name} lie where its slope is below 1 % of the largest",
                "smaller initial weights (nn.init.xavier_uniform_), normalised inputs, a normalization layer, or ReLU",
                {"share": share},
            )  # fmt: skip


def gradients_through_the_layers(case: Case) -> Findings:
    sizes = {
        name: math.sqrt(np.mean(np.square(g, dtype=float)))
        for name, g in case.gradients.items()
        if g is not None and g.ndim >= 2 and "weight" in name.rpartition(".")[2] and np.isfinite(g).all()
    }
    total = math.sqrt(sum(np.sum(np.square(g, dtype=float)) for g in case.gradients.values() if g is not None))
    if len(sizes) > 2 and min(sizes.values()) > 0:
        first, last = next(iter(sizes)), list(sizes)[-1]
        ratio = sizes[first] / sizes[last]
        smallest = min(sizes, key=lambda name: sizes[name])
        if ratio < 1e-4:
            yield Finding(
                "warning", "vanishing gradients", smallest,
                f"the gradient of {first} is {ratio:.2g} times as large as that of {last} (in root mean square)",
                "ReLU in place of sigmoid and tanh, He or Xavier initialization, normalization layers, residual connections",
                {"ratio": ratio, "sizes": sizes},
            )  # fmt: skip
        elif ratio > 1e4:
            yield Finding(
                "warning", "exploding gradients", first,
                f"the gradient of {first} is {ratio:.2g} times as large as that of {last} (in root mean square)",
                "smaller initial weights, normalization layers, nn.utils.clip_grad_norm_", {"ratio": ratio, "sizes": sizes},
            )  # fmt: skip
    if total > 1e4:
        largest = max((n for n, g in case.gradients.items() if g is not None), key=lambda n: float(np.abs(case.gradients[n]).max()))  # fmt: skip
        yield Finding(
            "warning", "huge gradients", largest, f"the norm of all gradients is {total:.3g}",
            "normalise data and targets, take the mean for the loss, smaller initial weights; autograd.why shows the factors",
            {"norm": total},
        )  # fmt: skip


def units_alike(case: Case) -> Findings:
    for name, p in case.parameters.items():
        if p.ndim < 2 or len(p) < 3 or "weight" not in name.rpartition(".")[2]:
            continue
        values, g = np.asarray(p._data), case.gradients.get(name)
        if np.all(values == values[:1]) and g is not None and np.allclose(g, g[:1], rtol=1e-4, atol=0):
            yield Finding(
                "error", "units all alike", name, f"all {len(values)} units have the same weights and the same gradient, for ever",
                "start from random weights: nn.init.xavier_uniform_ or kaiming_normal_", {"units": len(values)},
            )  # fmt: skip


def evaluation(case: Case) -> Findings:
    if case.again is not None and not np.array_equal(*case.again, equal_nan=case.again[0].dtype.kind == "f"):
        difference = float(np.abs(case.again[0].astype(float) - case.again[1]).max())
        yield Finding(
            "error", "random in evaluation", "model", f"in evaluation mode the same batch gives results that differ by {difference:.3g}",
            "write F.dropout(x, p, self.training), or nn.Dropout as an attribute of the model, which eval() switches off",
            {"difference": difference},
        )  # fmt: skip
    for path, module in case.model.named_modules():
        if case.model.training:
            continue
        if isinstance(module, _Dropout) and module.training and module.p:
            yield Finding(
                "warning", "dropout is on in evaluation", path, f"the model is in evaluation mode, and this {type(module).__name__} is not",
                "call model.eval() last, after parts were added or trained",
            )  # fmt: skip
        if isinstance(module, _BatchNorm) and module.num_batches_tracked is not None:
            if module.training:
                yield Finding(
                    "warning", "batch norm trains in evaluation", path, "the model is in evaluation mode, and this layer is not",
                    "call model.eval() last, after parts were added or trained",
                )  # fmt: skip
            elif int(module.num_batches_tracked) == 0:
                yield Finding(
                    "warning", "batch norm without statistics", path,
                    "its running mean and variance are those it was made with, 0 and 1: no batch has been seen in training mode",
                    "call model.train() before training, and model.eval() after it", {"batches": 0},
                )  # fmt: skip


def tiny_batches(case: Case) -> Findings:
    if not case.inputs[0].ndim or len(case.inputs[0]) > 3:
        return
    for path, module in case.model.named_modules():
        if isinstance(module, _BatchNorm) and module.training:
            yield Finding(
                "warning", "batch norm on a tiny batch", path,
                f"mean and variance of {len(case.inputs[0])} samples say little about the data",
                "larger batches, drop_last=True in the DataLoader, or GroupNorm or LayerNorm", {"samples": len(case.inputs[0])},
            )  # fmt: skip


# --- Parameters and optimizer -----------------------------------------------------------------------------------------


def parameters_without_gradient(case: Case) -> Findings:
    for name, g in case.gradients.items():
        if g is None:
            reason = autograd.why(case.parameters[name], case.loss)
            yield Finding("warning", "no gradient", name, f"{reason.cause}: {reason.text}", reason.advice, {"cause": reason.cause})  # fmt: skip


def what_the_optimizer_holds(case: Case) -> Findings:
    if case.optimizer is None:
        return
    held = [p for group in case.optimizer.param_groups for p in group["params"]]
    known = {id(p) for p in held}
    ours = {id(p) for _, p in case.model.named_parameters()}
    missing = [name for name, p in case.parameters.items() if id(p) not in known]
    if missing:
        yield Finding(
            "error" if len(missing) == len(case.parameters) else "warning", "parameters the optimizer does not hold", missing[0],
            f"{len(missing)} of {len(case.parameters)} parameters are in no group: {', '.join(missing[:4])}{', …' if len(missing) > 4 else ''}",
            "make the optimizer after the model is complete: optim.SGD(model.parameters(), ...); freeze what is not to be trained",
            {"missing": missing},
        )  # fmt: skip
    strange = sum(id(p) not in ours for p in held)
    if strange and missing:
        yield Finding(
            "warning", "parameters of another model", "optimizer", f"{strange} of its {len(held)} parameters are not the model's",
            "the model was made again, or copied, after the optimizer: make the optimizer again", {"strange": strange},
        )  # fmt: skip
    if len(known) < len(held):
        yield Finding(
            "warning", "parameters held twice", "optimizer", f"{len(held) - len(known)} parameters are updated twice in a step",
            "give each parameter to one group", {"twice": len(held) - len(known)},
        )  # fmt: skip


def gradients_that_add_up(case: Case) -> Findings:
    both = [(case.held[name], g) for name, g in case.gradients.items() if g is not None and name in case.held]
    old = math.sqrt(sum(np.sum(np.square(a, dtype=float)) for a, _ in both))
    new = math.sqrt(sum(np.sum(np.square(g, dtype=float)) for _, g in both))
    along = sum(float(np.vdot(a, g)) for a, g in both)
    if (
        case.steps >= 2 and new > 1e-3 and old > 5 * new and along > 0.5 * old * new
    ):  # not only of a batch that was harder
        yield Finding(
            "error" if old > 20 * new else "warning", "gradients add up", "optimizer",
            f"after {case.steps} updates the parameters hold a gradient of norm {old:.3g}, and this batch alone gives {new:.3g}",
            "call optimizer.zero_grad() before every backward()", {"held": old, "batch": new},
        )  # fmt: skip


def learning_rate(case: Case) -> Findings:
    if case.optimizer is None or not case.gradients or case.value is None or not math.isfinite(case.value):
        return
    kind, groups = type(case.optimizer).__name__, case.optimizer.param_groups
    rates = [float(group["lr"]) for group in groups if "lr" in group]
    if not rates:
        return
    if max(rates) == 0 and not case.steps:
        yield Finding(
            "warning", "the learning rate is 0", "optimizer", "no step changes anything", "give lr a value above 0"
        )
    elif kind in ("SGD", "Momentum"):
        curvature = case.curvature()
        momentum = float(groups[0].get("momentum", 0.0))
        limit = math.inf if not curvature else 2 * (1 + momentum) / curvature
        if max(rates) > 3 * limit:  # somewhat above the limit a network often finds flatter ground by itself
            yield Finding(
                "warning", "learning rate too large", "optimizer",
                f"the loss is curved by λ = {curvature:.3g} along its steepest direction, where steps above {limit:.3g} "
                f"overshoot more and more, and lr is {max(rates):.3g}",
                f"try lr = {limit / 4:.1g}, a warm-up, or clip the gradients",
                {"curvature": curvature, "limit": limit, "lr": max(rates)},
            )  # fmt: skip
    elif kind.startswith(("Adam", "NAdam", "RAdam")) and kind != "Adagrad":
        weights = [p for p in case.parameters.values() if p.ndim > 1 and np.any(p._data)]
        size = min((math.sqrt(np.mean(np.square(p._data, dtype=float))) for p in weights), default=0.0)
        if size and max(rates) > 2 * size and max(rates) > 0.1:
            yield Finding(
                "warning", "learning rate too large", "optimizer",
                f"{kind} moves every weight by about lr = {max(rates):.3g} in a step, and there are weights of size {size:.3g}",
                "begin with lr=1e-3", {"lr": max(rates), "size": size},
            )  # fmt: skip


def _classes(case: Case) -> int | None:
    """How many classes the outputs are for, if the loss is a cross entropy of labels."""
    y, t = case.output, case.targets
    if not isinstance(y, autograd.Tensor) or y.ndim < 2:
        return None
    if any(True for _ in case.made_by(*LOGITS, "nll")):
        return int(y.shape[1])
    failed = case.problem is not None and any(
        word in case.loss_name for word in ("cross_entropy", "CrossEntropy", "nll", "NLL")
    )
    return int(y.shape[1]) if failed and t.ndim == y.ndim - 1 else None


FINDINGS: list[Callable[[Case], Findings]] = [
    numbers_that_are_none,
    data_not_normalised,
    labels,
    shapes_that_broadcast,
    loss_that_fails,
    softmax_before_cross_entropy,
    sigmoid_before_logits,
    outputs_that_cannot_reach_the_targets,
    loss_beside_what_is_expected,
    outputs_all_alike,
    dead,
    saturated,
    gradients_through_the_layers,
    units_alike,
    evaluation,
    tiny_batches,
    parameters_without_gradient,
    what_the_optimizer_holds,
    gradients_that_add_up,
    learning_rate,
]
