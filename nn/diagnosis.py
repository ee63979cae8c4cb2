"""doctor: a model, its loss, a batch and an optimizer are looked at once, and what is wrong is said, with numbers.

The examination is one forward and one backward pass, observed, and the questions put to it are in `findings.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, modes
from autograd.calls import paths_of
from autograd.display import pre
from autograd.graph import ancestors
from autograd.lines import line_of

from .modules.module import Module
from .unchanged import evaluate, modes_kept, unchanged

ORDER = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or may be.

    severity  "error": this cannot learn; "warning": it will learn badly; "note": worth a look
    name      such as "dead units"
    where     the path in the model, or of the parameter, the data, the optimizer
    text      what was seen
    advice    what to do, in a line
    evidence  the numbers
    """

    severity: str
    name: str
    where: str
    text: str
    advice: str
    evidence: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        return f"{self.severity}: {self.name}{place}\n  {self.text}\n  what to do: {self.advice}"

    __repr__ = __str__


class Diagnosis(Sequence[Finding]):
    """The findings, the gravest first; printed, a text. It is false if there are none."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self._findings = tuple(sorted(findings, key=lambda finding: ORDER.index(finding.severity)))

    def __len__(self) -> int:
        return len(self._findings)

    def __getitem__(self, place: Any) -> Any:
        return Diagnosis(self._findings[place]) if isinstance(place, slice) else self._findings[place]

    @property
    def names(self) -> list[str]:
        """What was found, each name once."""
        return list(dict.fromkeys(finding.name for finding in self))

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "nothing found"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return pre(str(self))


def doctor(
    model: Module,
    loss: Callable[[Any, Any], Any],
    batch: Any,
    optimizer: Any = None,
) -> Diagnosis:
    """What keeps `model` from learning `batch`: a list of findings, empty for a healthy network.

    loss       a function of outputs and targets, or a loss module: nn.functional.cross_entropy, nn.MSELoss()
    batch      (inputs, targets); inputs may be a tuple of several
    optimizer  then its learning rate, its parameters and the gradients that it has are looked at too

    The model is called in the mode that it is in, so call this as in training; a batch of 16 samples or more says most. To see
    whether gradients add up, call it between `backward()` and `step()`. Parameters, gradients, optimizer, buffers, random
    states and modes are left as they are, also after an error; hooks are called. It takes two or three forward passes and,
    with an optimizer of the kind of SGD, about twenty backward passes for the curvature: the largest eigenvalue λ of the Hessian,
    by power iteration. Errors of the model itself are raised, those of the loss are findings.

    Source: Goodfellow, Bengio and Courville, *Deep Learning*, sections 8.2 (what makes training hard), 8.4 (initial values) and
    11.5 (debugging); for lr < 2/λ section 4.3.1.

    >>> _ = autograd.manual_seed(0)
    >>> model = nn.Sequential(nn.Linear(4, 3), nn.Softmax(-1))
    >>> x, t = np.random.default_rng(0).normal(size=(32, 4)), np.arange(32) % 3
    >>> doctor(model, nn.functional.cross_entropy, (x, t))
    error: softmax before cross-entropy (1)
      cross_entropy takes logits, and gets the probabilities of a softmax: softmax is applied twice
      what to do: leave out the softmax at the end of the model; for probabilities write softmax(model(x)) after training
    >>> doctor(model[:1], nn.functional.cross_entropy, (x, t))
    nothing found
    """
    from .findings import FINDINGS

    if not isinstance(model, Module):
        kind = f"the class {model.__name__}" if isinstance(model, type) else f"a {type(model).__name__}"
        raise TypeError(f"doctor(model, loss, batch) takes a module, not {kind}")
    if not callable(loss) or isinstance(loss, type):
        raise TypeError(
            "doctor: the loss is a function of outputs and targets; write nn.functional.cross_entropy or nn.CrossEntropyLoss()"
        )
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        raise TypeError(f"doctor: a batch is a pair of inputs and targets, not a {type(batch).__name__}; write (x, t)")
    if optimizer is not None and not hasattr(optimizer, "param_groups"):
        raise TypeError(
            "doctor: the optimizer is an object; write optim.SGD(model.parameters(), lr=0.1), or leave it out"
        )
    with unchanged(model), np.errstate(all="ignore"):
        case = Case(model, loss, batch, optimizer)
        return Diagnosis([finding for look in FINDINGS for finding in look(case)])


class Case:
    """What one examination has seen.

    inputs, targets   arrays
    output, loss      what the model and the loss returned; `problem` is the error of the loss
    nodes             the graph of the loss, newest first, and where in the model they were made: `paths`
    gradients         {name: array, or None where no path leads to the loss}
    held              the gradients that the parameters had before
    steps             how many updates the optimizer has made
    """

    def __init__(self, model: Module, loss: Callable[[Any, Any], Any], batch: Any, optimizer: Any) -> None:
        self.model, self.optimizer = model, optimizer
        self.loss_name = getattr(loss, "__name__", type(loss).__name__)
        given, targets = batch
        self.inputs = [plain(part) for part in (given if isinstance(given, tuple) else (given,))]
        self.targets = plain(targets)
        self.parameters = {name: p for name, p in model.named_parameters() if p.requires_grad}
        self.held = {name: plain(p.grad) for name, p in self.parameters.items() if p.grad is not None}
        self.steps = 0
        if optimizer is not None:
            self.steps = max((int(state.get("step", 0)) for state in optimizer.state.values()), default=0)
        self.problem: Exception | None = None
        self.loss: Any = None
        with modes.enable_grad(), modes.observe():
            self.output: Any = model(*given) if isinstance(given, tuple) else model(given)
            try:
                self.loss = loss(self.output, targets)
            except (ValueError, TypeError, IndexError, RuntimeError) as error:
                self.problem = error
        root = next((t._node for t in (self.loss, self.output) if isinstance(t, Tensor) and t._node is not None), None)
        self.nodes = [] if root is None else ancestors([root])
        self.paths = paths_of(self.nodes)
        self.again = self._evaluations(given)
        self.gradients: dict[str, Any] = {}
        if self.differentiable and self.parameters:
            found = autograd.grad(self.loss, list(self.parameters.values()), retain_graph=True, allow_unused=True)
            self.gradients = {name: None if g is None else plain(g) for name, g in zip(self.parameters, found)}

    @property
    def differentiable(self) -> bool:
        return isinstance(self.loss, Tensor) and self.loss.requires_grad and self.loss.size == 1

    @property
    def value(self) -> float | None:
        return self.loss.item() if isinstance(self.loss, Tensor | np.ndarray) and self.loss.size == 1 else None

    def _evaluations(self, given: Any) -> tuple[Any, Any] | None:
        """What the model returns in evaluation mode, twice."""
        try:
            with modes_kept(self.model), modes.no_grad():
                evaluate(self.model)
                both = [self.model(*given) if isinstance(given, tuple) else self.model(given) for _ in range(2)]
        except (ValueError, TypeError, RuntimeError):
            return None
        first, second = both
        return (plain(first), plain(second)) if isinstance(first, Tensor) and isinstance(second, Tensor) else None

    def value_of(self, node: Any) -> Any:
        return (node.notes or {}).get("value")

    def operands(self, node: Any) -> dict[str, Any]:
        return dict(zip(getattr(node.op, "arguments", ()), (node.notes or {}).get("operands", ())))

    def made_by(self, *names: str) -> Iterator[Any]:
        """The nodes of these operations, newest first."""
        return (node for node in self.nodes if node.op is not None and node.op.name in names)

    def where(self, node: Any) -> str:
        return self.paths.get(node) or line_of(node) or ""

    def curvature(self) -> float | None:
        """The largest eigenvalue of the Hessian, in absolute value; None if it cannot be had."""
        params = [p for name, p in self.parameters.items() if self.gradients.get(name) is not None]
        generator = np.random.default_rng(0)
        v = [generator.normal(size=p.shape).astype(p.dtype) for p in params]
        try:
            with modes.enable_grad():
                g = autograd.grad(self.loss, params, create_graph=True)
            eigenvalue = 0.0
            for _ in range(20):
                norm = float(np.sqrt(sum(np.vdot(a, a) for a in v)))
                if not norm or not np.isfinite(norm):
                    return eigenvalue if not norm else None
                v = [a / norm for a in v]
                found = autograd.grad(list(g), params, v, retain_graph=True, allow_unused=True)
                v = [np.zeros_like(a) if b is None else plain(b) for a, b in zip(v, found)]
                before, eigenvalue = eigenvalue, float(np.sqrt(sum(np.vdot(a, a) for a in v)))
                if abs(eigenvalue - before) <= 0.02 * eigenvalue:
                    break
        except (RuntimeError, TypeError, NotImplementedError):  # an operation without a second derivative
            return None
        return eigenvalue if np.isfinite(eigenvalue) else None


def plain(value: Any) -> Any:
    return np.asarray(value._data) if isinstance(value, Tensor) else np.asarray(value)
