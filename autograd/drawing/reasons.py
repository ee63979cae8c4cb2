"""why: the reason for which a gradient is None, zero, NaN, infinite, huge or vanishing, on this very graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from .. import graph
from ..causes import CAUSES
from ..cuts import Cut, cuts_of
from ..display import pre
from ..scalar import Scalar
from ..tensor import Tensor
from . import zeros
from .flow import Backward, Flow, behind, name_of
from .known import plain

HUGE, TINY = 1e4, 1e-8  # of the largest element
SHOWN = 3  # steps of a chain

# What to write in place of operations whose derivative is zero wherever they have one.
INSTEAD = {
    "argmax": "take softmax, whose expectation has a slope",
    "argmin": "take softmax of the negative values, whose expectation has a slope",
    "one_hot": "give softmax probabilities, or the labels to the loss as they are",
    "sign": "tanh(x / width) is a sign with a slope",
    "astype_integer": "stay in a floating dtype",
}
COMPARING = ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
INSTEAD |= dict.fromkeys(COMPARING, "choose with np.where(condition, a, b), or use sigmoid for a soft comparison")
INSTEAD |= dict.fromkeys(
    ("round", "rint", "floor", "ceil", "trunc", "floor_divide"),
    "x + (np.round(x) - x).detach() has rounding's value and the slope of x",
)


@dataclass(frozen=True)
class Reason:
    """Why a gradient is what it is. Printed, a short text.

    what      the value whose gradient it is
    state     None, zero, partly zero, NaN, infinite, huge, vanishing, or usual
    cause     its name, such as "dead ReLU units"
    text      what was seen
    advice    what to do
    evidence  the numbers behind it
    remarks   what else was seen on this graph
    """

    what: str
    state: str
    cause: str
    text: str
    advice: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [f"the gradient of {self.what} is {self.state}: {self.cause}", f"  {self.text}"]
        lines += [f"  {step}" for step in self.evidence.get("steps", ())]
        lines += [f"  what to do: {self.advice}"] if self.advice else []
        return "\n".join([*lines, *(f"  note: {remark}" for remark in self.remarks)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return pre(str(self))


class Reasons(Sequence[Reason]):
    """The reasons of several values; printed, one text for those that have the same."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        self._reasons = tuple(reasons)

    def __len__(self) -> int:
        return len(self._reasons)

    def __getitem__(self, place: Any) -> Any:
        return Reasons(self._reasons[place]) if isinstance(place, slice) else self._reasons[place]

    def __iter__(self) -> Iterator[Reason]:
        return iter(self._reasons)

    def __str__(self) -> str:
        alike: dict[tuple[str, str, str], list[Reason]] = {}
        for reason in self:
            alike.setdefault((reason.state, reason.cause, reason.text), []).append(reason)
        parts = []
        for same in alike.values():
            first = same[0]
            if len(same) > 1:
                first = Reason(", ".join(r.what for r in same), first.state, first.cause, first.text, first.advice, first.evidence, first.remarks)  # fmt: skip
            parts.append(str(first))
        return "\n".join(parts)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return pre(str(self))


def why(x: Any, loss: Any = None) -> Any:
    """The reason for which dJ/dx is None, zero, NaN, infinite, huge or vanishing, where J is `loss`.

    x     a Tensor, a Parameter or a Scalar; or a module, a list or a dict of them: then there is a reason for each
    loss  the result that `backward` was called on, or will be; without it only x itself can be looked at

    What is returned says `cause`, `text`, `advice` and `evidence`, and prints as a short text. Nothing is changed: no `grad`,
    no graph. Most is known of a graph that was recorded under `autograd.observe()`, which keeps the values, the gradients and
    the lines, also of what did not record; a graph that `backward` has been through and that was not observed has lost its
    values. If the graph is whole, a backward pass of its own is made, in which hooks are called again.

    TypeError if x or loss is nothing that can have a gradient. Source: Goodfellow, Bengio and Courville, *Deep Learning*,
    sections 6.3 (units without slope), 8.2.4 and 8.2.5 (exploding and vanishing gradients).

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> loss = np.maximum(x - 5, 0).sum()
    >>> loss.backward(retain_graph=True)
    >>> why(x, loss).cause
    'clipped'
    >>> why(x * 2)
    the gradient of the result of multiply of shape (2,) is None: not a leaf
      backward() leaves gradients at leaves, and this was computed
      what to do: call x.retain_grad() before backward()
    """
    if loss is not None and not isinstance(loss, Tensor | Scalar):
        raise TypeError(
            f"why(x, loss): loss is a Tensor or a Scalar, what backward() is called on, not {_kind(loss)}"
            + ("; loss.item() has forgotten how it was computed" if isinstance(loss, int | float | np.number) else "")
        )
    if isinstance(x, Tensor | Scalar):
        return _reason(x, loss, _backward(loss, [x]), None)
    if callable(getattr(x, "named_parameters", None)):
        named = list(x.named_parameters())
    elif isinstance(x, Mapping):
        named = list(x.items())
    elif isinstance(x, list | tuple):
        named = [(None, value) for value in x]
    else:
        raise TypeError(
            f"why(x) takes a Tensor, a Parameter, a Scalar, a module, or a list or dict of them, not {_kind(x)}"
        )
    for _, value in named:
        if not isinstance(value, Tensor | Scalar):
            raise TypeError(f"why(x): a list or dict holds Tensors and Scalars, and this one holds {_kind(value)}")
    backward = _backward(loss, [value for _, value in named])
    return Reasons([_reason(value, loss, backward, name) for name, value in named])


def _backward(loss: Any, values: Sequence[Any]) -> Backward | None:
    """One backward pass for all of these values, if there is anything to go through."""
    if loss is None or loss.node is None:
        return None
    return Backward(loss, [x.node for x in values if x.node is not None])


def _kind(value: Any) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else f"a {type(value).__name__}"


def _reason(x: Any, loss: Any, backward: Backward | None, name: str | None) -> Reason:
    node = x.node
    shape = f" of shape {tuple(x.shape)}" if x.shape else ""
    what = f"{name}{shape}" if name else name_of(node) if node is not None else f"a {type(x).__name__}{shape}"
    if node is None:
        return Reason(what, "None", *_without_node(x))
    if loss is None:
        return _alone(x, node, what)
    if backward is None:
        return Reason(what, "None", *_loss_without_node(loss, node))
    flow = Flow(backward, node)
    remarks = tuple(_remarks(flow))
    if not flow.reached:
        return Reason(what, "None", *_no_path(flow, node), remarks=remarks)
    g = None if x.grad is None else plain(x.grad)
    if isinstance(x, Scalar) and g == 0 and flow.cotangents.get(node, 0) != 0:
        g = None
    if g is None and flow.freed and node.op is None and "retains grad" not in (node.notes or {}):
        return Reason(
            what, "None", "cleared since",
            "backward() has been through this graph, and its gradient is gone: zero_grad() or grad = None has been called since",
            "read gradients, and call optimizer.step(), between backward() and zero_grad()", remarks=remarks,
        )  # fmt: skip
    if g is None and node.op is not None and not node.keeps_grad and not (node.notes or {}).get("retains grad"):
        return Reason(what, "None", *NOT_A_LEAF, remarks=remarks)
    if g is None:
        return Reason(
            what, "None", "backward was not called",
            "the loss depends on it, and no backward pass has been here" + ("" if flow.arrived else " that left a gradient"),
            "call loss.backward()", _sized(flow.cotangents.get(node)), remarks,
        )  # fmt: skip
    through = flow.cotangents.get(node)
    if through is not None and np.any(through) and np.isfinite(through).all() and not np.any(g):
        return Reason(
            what, "zero", "cleared since",
            "this loss gives it a gradient that is not 0, and zero_grad() has been called since, or backward() not yet",
            "read gradients, and call optimizer.step(), between backward() and zero_grad()", _sized(through), remarks,
        )  # fmt: skip
    state = state_of(g)
    if state == "usual":
        return Reason(what, state, "nothing is wrong", _range(g), evidence=_sized(g), remarks=remarks)
    if not flow.arrived:
        return Reason(
            what, state, "not known any more",
            flow.problem or "backward() has been through this graph and freed its values, which could tell the cause",
            "record the graph again under `with autograd.observe():`, or call backward(retain_graph=True)", _sized(g), remarks,
        )  # fmt: skip
    if through is not None and state_of(through) != state and state in ("NaN", "infinite", "huge"):
        return Reason(
            what, state, "an earlier backward pass",
            f"of this loss alone the gradient is {state_of(through)}; gradients add up until zero_grad()",
            "call optimizer.zero_grad() before every backward()", _sized(through), remarks,
        )  # fmt: skip
    explain = {"zero": _zero, "partly zero": _partly_zero, "NaN": _strange, "infinite": _strange}.get(state, _chain)
    return Reason(what, state, *explain(flow, node, g), remarks=remarks)


def state_of(g: Any) -> str:
    """A gradient in a word."""
    g = np.asarray(g)
    if np.isnan(g).any():
        return "NaN"
    if np.isinf(g).any():
        return "infinite"
    top = np.abs(g).max(initial=0.0)
    if not top:
        return "zero"
    if top > HUGE or top < TINY:
        return "huge" if top > HUGE else "vanishing"
    return "partly zero" if g.ndim == 2 and not g.any(axis=1).all() else "usual"


def _range(g: Any) -> str:
    g = np.asarray(g)
    return f"its elements are between {g.min():.3g} and {g.max():.3g}, its norm is {zeros.size(g):.3g}"


def _sized(g: Any) -> dict[str, Any]:
    return {} if g is None else {"norm": zeros.size(g)}


# --- None -------------------------------------------------------------------------------------------------------------

EMPTY: dict[str, Any] = {}
NOT_A_LEAF = (
    "not a leaf",
    "backward() leaves gradients at leaves, and this was computed",
    "call x.retain_grad() before backward()",
    EMPTY,
)
ASK_FOR_LINES = "record the graph under `with autograd.observe():` to learn the line"

Said = tuple[str, str, str, dict[str, Any]]  # cause, text, advice, evidence


def _without_node(x: Any) -> Said:
    cuts = cuts_of(x)
    if cuts:
        return _cut(cuts[0])
    if x.dtype.kind != "f":
        return (
            "integers",
            f"its dtype is {x.dtype}, and only floating numbers have a gradient",
            "write Tensor(data, dtype=float, requires_grad=True)",
            {"dtype": str(x.dtype)},
        )
    return (
        "requires_grad is False",
        "nobody asked for its gradient, or it was made by detach(), under no_grad, or from what needs none",
        f"call x.requires_grad_() before the loss is computed, if it is a leaf; if it was computed, {ASK_FOR_LINES}",
        EMPTY,
    )


def _alone(x: Any, node: Any, what: str) -> Reason:
    g = None if x.grad is None else plain(x.grad)
    if g is not None and not (isinstance(x, Scalar) and g == 0):
        state = state_of(g)
        usual = state == "usual"
        return Reason(
            what, state, "nothing is wrong" if usual else "not known without the loss", _range(g),
            "" if usual else "write why(x, loss)", _sized(g),
        )  # fmt: skip
    if node.op is not None and not node.keeps_grad and not (node.notes or {}).get("retains grad"):
        return Reason(what, "None", *NOT_A_LEAF)
    return Reason(
        what, "None", "no gradient arrived",
        "it needs a gradient, and no backward pass has left one, or zero_grad() has been called since",
        "call loss.backward(); if it was called, write why(x, loss) to see whether a path leads from x to the loss",
    )  # fmt: skip


def _cut(cut: Cut) -> Said:
    at = f" at {cut.line}" if cut.line else ""
    evidence = {"by": cut.how, "line": cut.line}
    if cut.how == "no_grad":
        return "made under no_grad", f"an operation{at} was not recorded, because no_grad was on", "move it out of the no_grad block", evidence  # fmt: skip
    if cut.how.endswith(("()", ".data")):
        return (
            "detached",
            f"{cut.how}{at} took the value without its history",
            "leave it out where the gradient is to flow",
            evidence,
        )
    return (
        "no derivative",
        f"{cut.how}{at} is constant wherever it has a derivative, so no gradient flows through it",
        INSTEAD.get(cut.how, "find a function with a slope in its place"),
        evidence,
    )


def _loss_without_node(loss: Any, node: Any) -> Said:
    cuts = cuts_of(loss)
    if cuts:
        return _cut(behind(cuts, node) or cuts[0])
    return (
        "the loss has no graph",
        f"nothing of how the loss was computed is recorded{'' if loss.dtype.kind == 'f' else f', and its dtype is {loss.dtype}'}: it came from "
        "detach(), item() or Tensor(...), was made under no_grad, or from values that need no gradient",
        f"compute the loss from Tensors that need gradients; {ASK_FOR_LINES}",
        {"dtype": str(loss.dtype)},
    )


def _no_path(flow: Flow, node: Any) -> Said:
    cut = flow.cut()
    if cut is not None:
        return _cut(cut)
    leaves = [n for n in flow.all if n.op is None]
    names = [(n.notes or {}).get("name") or "unnamed" for n in leaves]
    came = f"the loss was computed from {len(leaves)} other leaves ({', '.join(names[:6])}{', …' if len(names) > 6 else ''})"
    through = "what passes through numpy(), item() or Tensor(...)" if flow.observed else "detach(), no_grad or numpy()"
    return (
        "no path to the loss",
        f"{came}; it was not used, or only through {through}",
        "look whether forward() uses it, and whether it is this very object" + ("" if flow.observed else f"; {ASK_FOR_LINES}"),
        {"leaves": len(leaves)},
    )  # fmt: skip


# --- Zero -------------------------------------------------------------------------------------------------------------


def _zero(flow: Flow, node: Any, g: Any) -> Said:
    stopped: list[tuple[Any, Any]] = []
    handed = False  # whether something flows into the target itself, and cancels
    for step, parent, cotangent, share in flow.steps():
        if np.any(cotangent) and not np.any(share):
            stopped.append((step, parent))
        handed = handed or (parent is node and bool(np.any(share)))
    if not np.any(flow.cotangents[flow.loss]):
        return "a zero seed", "the gradient that backward() began with is 0", "call loss.backward() without one", EMPTY
    if not stopped or handed:
        return (
            "shares cancel",
            f"it is used {len(flow.users(node))} times, and what comes back adds up to 0",
            "the loss does not depend on it to first order",
            EMPTY,
        )
    found = [zeros.of_step(flow, step, parent) for step, parent in stopped]
    cause, text, evidence, advice = found[0]
    if len(found) > 1:
        text += f" (and {len(found) - 1} more steps that hand on nothing)"
    return cause, text, advice, {"causes": [each[0] for each in found], **evidence}


def _partly_zero(flow: Flow, node: Any, g: Any) -> Said:
    rows = int(np.count_nonzero(~np.any(g, axis=1)))
    seen: dict[str, Any] = {"zero rows": rows, "rows": len(g)}
    some = f"{rows} of {len(g)} rows of the gradient are 0"
    users = flow.users(node)
    for step in reversed(flow.nodes):
        out = flow.known.values.get(step)
        if step.op is not None and step.op.name == "relu" and out is not None:
            dead, units = zeros.dead_units(np.asarray(out))
            if dead == rows and units == len(g):
                return (
                    "dead ReLU units",
                    f"{some}: {dead} of {units} units are 0 for every sample: {flow.where(step)}",
                    "a few are usual; of many, lower the learning rate, or use He initialization or LeakyReLU",
                    {"dead": dead, "units": units, **seen},
                )
    if users and all(user.op.name in zeros.CHOOSING for user in users):
        return "not chosen", f"{some}: this batch did not look these rows up: {flow.where(users[0])}", "nothing: other batches will", seen  # fmt: skip
    return "rows without a part in the loss", some, "usual where inputs are masked or sparse", seen


# --- NaN and infinity -------------------------------------------------------------------------------------------------


def _bad(values: Any) -> bool:
    return not np.isfinite(np.asarray(values, float)).all()


def _strange(flow: Flow, node: Any, g: Any) -> Said:
    for step in reversed(flow.all):  # forward, the oldest first
        out = flow.known.values.get(step)
        if out is None or not _bad(out):
            continue
        if step.op is None:
            return (
                "a value that is not finite",
                f"{name_of(step)} holds {_count(out)} itself",
                "look where it was set: data, or weights after a step that was too large",
                {"leaf": name_of(step)},
            )
        operands = flow.operands(step)
        bad = [name for name, value in operands.items() if _bad(value)]
        if bad:
            return (
                "data that is not finite",
                f"{bad[0]} of {flow.where(step)} holds {_count(operands[bad[0]])}",
                "clean the data: np.isfinite(x).all() should be True",
                {"operation": step.op.name, "argument": bad[0]},
            )
        return (
            f"{step.op.name} is not finite",
            f"the forward pass of {flow.where(step)} made {_count(out)}{_of(operands)}",
            CAUSES.get(step.op.name, "look at its operands"),
            {"operation": step.op.name, "pass": "forward"},
        )
    for step, _parent, cotangent, share in flow.steps():
        if _bad(share) and not _bad(cotangent):
            return (
                f"the slope of {step.op.name} is not finite",
                f"the backward pass of {flow.where(step)} made {_count(share)}{_of(flow.operands(step))}",
                CAUSES.get(step.op.name, "look at its operands"),
                {"operation": step.op.name, "pass": "backward"},
            )
    return (
        "the seed or a sum is not finite",
        "the gradient that backward() began with is not finite, or finite shares add up beyond the largest number",
        "scale the loss down",
        EMPTY,
    )


def _count(values: Any) -> str:
    values = np.asarray(values, float)
    counts = {"NaN": np.isnan(values).sum(), "infinity": np.isinf(values).sum()}
    return " and ".join(f"{n} {what}" for what, n in counts.items() if n)


def _of(operands: Mapping[str, Any]) -> str:
    ranges = [f"{name} between {np.min(v):.4g} and {np.max(v):.4g}" for name, v in operands.items() if np.size(v)]
    return f" from {', '.join(ranges)}" if ranges else ""


# --- Huge and vanishing -----------------------------------------------------------------------------------------------


def _chain(flow: Flow, node: Any, g: Any) -> Said:
    """The steps along the way by which most of the gradient came, by how much each one multiplies its norm."""
    largest: dict[Any, tuple[float, Any, float]] = {}
    for step, parent, cotangent, share in flow.steps():
        norm = zeros.size(share)
        if parent not in largest or norm > largest[parent][0]:
            largest[parent] = norm, step, norm / (zeros.size(cotangent) or 1.0)
    chain: list[tuple[float, Any]] = []
    at = node
    while at in largest:
        _, step, factor = largest[at]
        chain.append((factor, step))
        at = step
    grows = state_of(g) == "huge"
    worst = sorted(chain, key=lambda link: link[0], reverse=grows)[:SHOWN]
    steps = [
        f"× {factor:.3g} by {flow.where(step)}"
        for factor, step in worst
        if (factor > 1.001 if grows else factor < 0.999)
    ]
    product = zeros.size(g) / (zeros.size(flow.cotangents[flow.loss]) or 1.0)
    said: dict[str, Any] = {"product": product, "factors": [factor for factor, _ in chain], "steps": steps}
    flat = [step for _, step in chain if step.op.name in zeros.SATURATING]
    if grows:
        advice = (
            "smaller initial weights or learning rate, a normalization layer, nn.utils.clip_grad_norm_; is the loss a mean, and "
            "are data and targets normalised?"
        )
        return (
            "an exploding product",
            f"its norm is {product:.3g} times that of the seed after {len(chain)} steps; the largest factors:",
            advice,
            said,
        )
    for (factor, _), (_, step) in pairwise([link for link in chain if link[1].op.name not in SHAPES]):
        if factor < 1e-6 and step.op.name in zeros.NORMALIZING:
            cause, text, evidence, advice = zeros.of_step(flow, step, node)
            return cause, text, advice, said | evidence
    advice = (
        "larger initial weights (nn.init.xavier_uniform_, kaiming_normal_), ReLU in place of sigmoid and tanh, a normalization "
        "layer, residual connections"
    )
    cause = (
        f"saturated {flat[0].op.name}"
        if flat and min(f for f, s in chain if s in flat) < 1e-3
        else "a vanishing product"
    )
    return cause, f"its norm is {product:.3g} times that of the seed after {len(chain)} steps; the smallest factors:", advice, said  # fmt: skip


# --- What else is to be seen ------------------------------------------------------------------------------------------

SHAPES = {"reshape", "transpose", "getitem", "squeeze", "expand_dims", "broadcast_to"}


def softmax_twice(nodes: Sequence[graph.Node]) -> list[tuple[Any, Any]]:
    """(outer, inner): every softmax, or loss that contains one, on the result of a softmax."""
    found = []
    for outer in nodes:
        if outer.op is not None and outer.op.name in ("softmax", "log_softmax", "cross_entropy", "soft_cross_entropy"):
            inner = next(iter(outer.inputs), None)
            while inner is not None and inner.op is not None and inner.op.name in SHAPES:
                inner = inner.inputs[0]
            if inner is not None and inner.op is not None and inner.op.name == "softmax":
                found.append((outer, inner))
    return found


def _remarks(flow: Flow) -> Iterator[str]:
    for outer, inner in softmax_twice(flow.all):
        yield (
            f"softmax is applied twice, which keeps gradients small: {flow.where(outer)} gets the result of {flow.where(inner)}; "
            "give it the logits"
        )
