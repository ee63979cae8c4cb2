"""A table of a network: what each layer returns, how many numbers it holds, and how much it multiplies."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, NamedTuple

import numpy as np

from autograd import modes, no_grad

from .modules.module import Module, _own_buffers, _own_parameters
from .unchanged import evaluate, unchanged


class Row(NamedTuple):
    """One module: numbers are its own, without those of the modules below it, so that columns add up."""

    path: str
    kind: str
    shapes: tuple[tuple[int, ...], ...]  # of its results, when it was last called
    calls: int
    parameters: int
    trained: int
    bytes: int
    operations: int


class Summary:
    """What `summary` returns: `rows`, their totals `parameters`, `trained`, `bytes`, `operations`; printed, a table."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.parameters = sum(row.parameters for row in rows)
        self.trained = sum(row.trained for row in rows)
        self.bytes = sum(row.bytes for row in rows)
        self.operations = sum(row.operations for row in rows)

    def _cells(self) -> list[list[str]]:
        """A title, a line for each module, and the totals."""
        lines = [["layer", "result", "parameters", "bytes", "multiply-adds"]]
        for row in self.rows:
            depth = row.path.count(".") + bool(row.path)
            name = row.path.rpartition(".")[2]
            shapes = ", ".join(map(str, row.shapes)) + (f" ×{row.calls}" if row.calls > 1 else "")
            numbers = [f"{n:,}" if n else "" for n in (row.parameters, row.bytes, row.operations)]
            lines.append(["  " * depth + (f"{name}: " if name else "") + row.kind, shapes, *numbers])
        held = self.parameters - self.trained
        return [
            *lines,
            [
                "total",
                f"{held:,} parameters not trained" if held else "",
                *(f"{n:,}" for n in (self.parameters, self.bytes, self.operations)),
            ],
        ]

    def __str__(self) -> str:
        cells = self._cells()
        widths = [max(map(len, column)) for column in zip(*cells)]
        lines = [
            "  ".join(cell.ljust(n) if i < 2 else cell.rjust(n) for i, (cell, n) in enumerate(zip(line, widths)))
            for line in cells
        ]
        rule = "-" * len(lines[0])
        return "\n".join(line.rstrip() for line in (lines[0], rule, *lines[1:-1], rule, lines[-1]))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from html import escape

        title, *rows = [[escape(cell).replace("  ", "&emsp;") for cell in line] for line in self._cells()]
        head = "".join(f"<th>{cell}</th>" for cell in title)
        body = "".join(
            f'<tr><td style="text-align: left">{name}</td>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>'
            for name, *rest in rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def summary(model: Module, *inputs: Any, **options: Any) -> Summary:
    """A table of the modules of `model`: shapes of results, parameters, bytes, and multiply-adds of one forward pass.

    The model is called once with `inputs` and `options`, in evaluation mode and without recording, and is left as it
    was: mode, buffers and the default random generator too. Without inputs it is not called, and the table has no
    shapes. A shared parameter counts once, where it is first; what a module does outside the modules below it is its
    own. Multiply-adds are those of sums of products: matrix products, convolutions, recurrent and attention layers;
    what is done to single elements is not counted, and neither are `einsum`, resizing and solutions of equations.

    >>> model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    >>> summary(model, np.zeros((32, 64)))
    layer        result     parameters   bytes  multiply-adds
    ---------------------------------------------------------
    Sequential   (32, 10)
      0: Linear  (32, 128)       8,320  33,280        262,144
      1: ReLU    (32, 128)
      2: Linear  (32, 10)        1,290   5,160         40,960
    ---------------------------------------------------------
    total                        9,610  38,440        303,104
    """
    if not isinstance(model, Module):
        kind = f"the class {model.__name__}" if isinstance(model, type) else f"a {type(model).__name__}"
        raise TypeError(f"summary(model, input) takes a module, not {kind}")
    for given in inputs:
        if isinstance(given, tuple) and given and all(isinstance(n, int) for n in given):
            raise TypeError(f"summary(model, input) takes an input, not a shape; write np.zeros({given})")
    watch = _Watch()
    if inputs or options:
        with ExitStack() as stack:
            stack.enter_context(unchanged(model))
            evaluate(model)
            for module in model.modules():
                stack.enter_context(module.register_forward_pre_hook(watch.begin, prepend=True))
                stack.enter_context(module.register_forward_hook(watch.end))
            stack.enter_context(no_grad())
            stack.enter_context(watch)
            model(*inputs, **options)
    seen: set[int] = set()
    rows = []
    for path, module in model.named_modules():
        own = []
        for _, tensor in _own_parameters(module) + _own_buffers(module):
            if id(tensor) not in seen:
                seen.add(id(tensor))
                own.append(tensor)
        buffers = {id(buffer) for _, buffer in _own_buffers(module)}
        parameters = [tensor for tensor in own if id(tensor) not in buffers]
        rows.append(
            Row(
                path,
                type(module).__name__,
                watch.shapes.get(module, ()),
                watch.calls.get(module, 0),
                sum(math.prod(p.shape) for p in parameters),
                sum(math.prod(p.shape) for p in parameters if p.requires_grad),
                sum(tensor.nbytes for tensor in own),
                watch.operations.get(module, 0),
            )
        )
    return Summary(rows)


class _Watch(modes.Mode):
    """Sees each operation that is computed in its block, and the modules that are at work."""

    kind = "anomaly"  # what every operation is shown to

    def __init__(self) -> None:
        self.value = self
        self.running: list[Module] = []
        self.shapes: dict[Module, tuple[tuple[int, ...], ...]] = {}
        self.calls: dict[Module, int] = {}
        self.operations: dict[Module, int] = {}

    def begin(self, module: Module, args: Any) -> None:
        self.running.append(module)

    def end(self, module: Module, args: Any, result: Any) -> None:
        self.running.pop()
        self.shapes[module] = tuple(_shapes(result))
        self.calls[module] = self.calls.get(module, 0) + 1

    def forward(self, op: Any, values: Any, out: Any, node: Any) -> None:
        """Called with every operation, its operands and its result."""
        count = COUNTS.get(op.name)
        if count is not None and self.running:
            module = self.running[-1]
            self.operations[module] = self.operations.get(module, 0) + int(count(out, *values))

    def backward(self, node: Any, g: Any, shares: Any) -> None:
        """Called with every step of a backward pass that a module makes by itself: no part of the table."""


def _shapes(result: Any) -> Iterator[tuple[int, ...]]:
    if isinstance(result, tuple | list):
        for part in result:
            yield from _shapes(part)
    elif isinstance(result, Mapping):
        yield from _shapes(list(result.values()))
    elif hasattr(result, "shape"):
        yield tuple(result.shape)


def _recurrent(out: Any, x: Any, *operands: Any) -> int:
    """Of a recurrent layer, whose operands are (x, w_ih, w_hh, b_ih, b_hh, w_hr, h, c): all weights at each step."""
    return sum(len(x) * operands[i].size for i in (0, 1, 4) if operands[i] is not None)


# The multiply-adds of an operation, from its result and its operands.
COUNTS: dict[str, Callable[..., int]] = {
    "linear": lambda out, x, weight, bias: out.size * weight.shape[-1],
    "matmul": lambda out, a, b: np.size(out) * a.shape[-1],
    "matvec": lambda out, a, b: np.size(out) * a.shape[-1],
    "vecmat": lambda out, a, b: np.size(out) * a.shape[-1],
    "vecdot": lambda out, a, b: np.size(out) * a.shape[-1],
    "convolve": lambda out, a, b: a.size * b.size,
    "correlate": lambda out, a, b: out.size * b.size,
    "convolution": lambda out, x, weight, bias: out.size * math.prod(weight.shape[1:]),
    "convolution_input": lambda out, y, weight: y.size * math.prod(weight.shape[1:]),
    "attention": lambda out, q, k, v, mask: math.prod(out.shape[:-1]) * k.shape[-2] * (q.shape[-1] + v.shape[-1]),
    "recurrence": _recurrent,
}
