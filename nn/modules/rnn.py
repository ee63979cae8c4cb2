"""Recurrent layers: a state that is carried from one step of a sequence to the next.

A layer runs each whole sequence as one operation (`autograd.rules.recurrences`); a cell makes a single step.

Source: Goodfellow, Bengio and Courville, *Deep Learning*, chapter 10; names, shapes and the order of gates are PyTorch's.
"""

from __future__ import annotations

import math
import warnings
from numbers import Real
from typing import Any

import numpy as np

import autograd
from autograd import Tensor
from autograd.rules.recurrences import recurrence
from nn import functional as F
from nn import init
from nn.functional.inputs import floating, tensor
from nn.parameter import Parameter
from nn.utils.rnn import PackedSequence

from .module import Module

CELLS = {"RNN_TANH": "tanh", "RNN_RELU": "relu", "LSTM": "lstm", "GRU": "gru"}
GATES = {"tanh": 1, "relu": 1, "lstm": 4, "gru": 3}
WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")


class RNNBase(Module):
    """What RNN, LSTM and GRU have in common: layers above each other, directions beside each other."""

    mode: str
    input_size: int
    hidden_size: int
    num_layers: int
    bias: bool
    batch_first: bool
    dropout: float
    bidirectional: bool
    proj_size: int
    weight_ih_l0: Parameter

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
        *,
        generator: np.random.Generator | None = None,
    ) -> None:
        name = type(self).__name__
        if mode not in CELLS:
            raise ValueError(f"{name}: mode is one of {', '.join(CELLS)}, not {mode!r}")
        for word, value in (("bias", bias), ("batch_first", batch_first)):
            if not isinstance(value, bool):
                raise TypeError(f"{name}: {word} is True or False, not {value!r}")
        if isinstance(dropout, bool) or not isinstance(dropout, Real) or not 0 <= dropout <= 1:
            raise ValueError(f"{name}: dropout is a probability, a number from 0 to 1, not {dropout!r}")
        if dropout and num_layers == 1:
            warnings.warn(
                f"{name}: dropout={dropout} acts between layers, and there is only one: write num_layers=2, or dropout=0",
                stacklevel=3,
            )
        self.mode = mode
        self.input_size, self.hidden_size = (
            _size(name, "input_size", input_size),
            _size(name, "hidden_size", hidden_size),
        )
        self.num_layers, self.bias, self.batch_first = _size(name, "num_layers", num_layers), bias, batch_first
        self.dropout, self.bidirectional = float(dropout), bool(bidirectional)
        self.proj_size = _size(name, "proj_size", proj_size, 0)
        if self.proj_size >= self.hidden_size:
            raise ValueError(
                f"{name}: proj_size has to be smaller than hidden_size, and is {proj_size} for {self.hidden_size} units"
            )
        gates, out = GATES[CELLS[mode]] * self.hidden_size, self.proj_size or self.hidden_size
        for layer in range(self.num_layers):
            below = out * self._directions if layer else self.input_size
            shapes = [(gates, below), (gates, out), *[(gates,) if bias else None] * 2]
            shapes += [(out, self.hidden_size) if proj_size else None]
            for names in self._names(layer):
                for weight, shape in zip(names, shapes):
                    if shape is not None:
                        setattr(self, weight, Parameter(autograd.empty(shape, dtype=dtype, device=device)))
        self.reset_parameters(generator)

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    def _names(self, layer: int) -> list[list[str]]:
        """For each direction the names of the weights, of those that this layer has none of, too."""
        return [[f"{name}_l{layer}{suffix}" for name in WEIGHTS] for suffix in ("", "_reverse")[: self._directions]]

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction."""
        names = [names for layer in range(self.num_layers) for names in self._names(layer)]
        return [[getattr(self, name) for name in one if hasattr(self, name)] for one in names]

    def reset_parameters(self, generator: np.random.Generator | None = None) -> None:
        """Draw all weights anew, uniform on ±1/√hidden_size."""
        bound = 1 / math.sqrt(self.hidden_size)
        for p in self.parameters():
            init.uniform_(p, -bound, bound, generator=generator)

    def flatten_parameters(self) -> None:
        """Nothing: it is for GPUs."""

    def _run(self, input: Any, hx: tuple[Any, ...] | None) -> tuple[Any, tuple[Any, ...]]:
        """The output for a batch, a single sequence or a packed one, and the last state in its parts."""
        name, out = type(self).__name__, self.proj_size or self.hidden_size
        packed = isinstance(input, PackedSequence)
        x = floating(tensor(input.data if packed else input), self.weight_ih_l0.dtype, name)
        if x.ndim not in ((2,) if packed else (2, 3)):
            expected = "rows (sum of lengths, input_size)" if packed else "2D or 3D"
            raise ValueError(f"{name}: Expected input to be {expected}, got {x.ndim}D: its shape is {x.shape}")
        if x.shape[-1] != self.input_size:
            raise ValueError(
                f"{name}: expected last axis {self.input_size}, got {x.shape[-1]}: the input has shape {x.shape}, and its last "
                f"axis must be input_size={self.input_size}"
            )
        alone = not packed and x.ndim == 2
        if packed:
            sizes = tuple(input.batch_sizes._data.tolist())
        else:
            x = x[:, None] if alone else x.swapaxes(0, 1) if self.batch_first else x
            sizes = (x.shape[1],) * x.shape[0]
            x = x.reshape(-1, self.input_size) if x.size else x.reshape(math.prod(x.shape[:2]), self.input_size)
        if not sizes:
            raise ValueError(
                f"{name}: Expected sequence length to be larger than 0, got an input of shape {input.shape}"
            )
        batch = sizes[0]
        widths = (out, self.hidden_size) if self.mode == "LSTM" else (out,)
        shapes: Any = [(self.num_layers * self._directions, batch, width) for width in widths]
        first = (
            [np.zeros(shape, x.dtype) for shape in shapes] if hx is None else self._state(hx, shapes, alone, x.dtype)
        )
        if packed and hx is not None and input.sorted_indices is not None:
            first = [part[:, input.sorted_indices] for part in first]

        ends = np.cumsum([sum(sizes) * out, *(batch * width for width in widths)]).tolist()
        last: list[list[Any]] = [[] for _ in widths]
        for layer in range(self.num_layers):
            if layer and self.dropout and self.training:
                x = F.dropout(x, self.dropout, True)
            outs = []
            for reverse, names in enumerate(self._names(layer)):
                state = [part[layer * self._directions + reverse] for part in first] + [None]
                weights = [getattr(self, weight, None) for weight in names]
                flat = recurrence(x, *weights, *state[:2], CELLS[self.mode], sizes, bool(reverse))
                outs.append(flat[: ends[0]].reshape(sum(sizes), out))
                for part, begin, end, width in zip(last, ends, ends[1:], widths):
                    part.append(flat[begin:end].reshape(batch, width))
            x = outs[0] if len(outs) == 1 else np.concatenate(outs, axis=1)
        final = [np.stack(part) for part in last]

        if packed:
            if input.unsorted_indices is not None:
                final = [part[:, input.unsorted_indices] for part in final]
            return input._replace(data=x), tuple(final)
        x = x.reshape(len(sizes), batch, out * self._directions)
        if alone:
            return x[:, 0], tuple(part[:, 0] for part in final)
        return (x.swapaxes(0, 1) if self.batch_first else x), tuple(final)

    def _state(self, hx: tuple[Any, ...], shapes: list[tuple[int, ...]], alone: bool, dtype: Any) -> list[Any]:
        """The given state as Tensors (layers · directions, batch, width); ValueError for other shapes."""
        name = type(self).__name__
        parts = [floating(tensor(part), dtype, name) for part in hx]
        rank = 2 if alone else 3
        words = ("hx",) if len(parts) == 1 else ("hx", "cx")
        if any(part.ndim != rank for part in parts):
            raise ValueError(
                f"{name}: For {'unbatched 2-D' if alone else 'batched 3-D'} input, {' and '.join(words)} should also be {rank}-D, "
                f"but got {' and '.join(f'{part.ndim}-D' for part in parts)}, of shape {' and '.join(str(p.shape) for p in parts)}"
            )
        for i, (part, shape) in enumerate(zip(parts, shapes)):
            expected = (shape[0], shape[2]) if alone else shape
            if part.shape != expected:
                what = "hidden" if len(parts) == 1 else f"hidden[{i}]"
                raise ValueError(
                    f"{name}: Expected {what} size {expected}, got {part.shape}: "
                    f"num_layers · directions{'' if alone else ', batch'} and {'units' if i else 'width of the output'}"
                )
        return [part[:, None] for part in parts] if alone else parts

    def extra_repr(self) -> str:
        usual = {
            "proj_size": 0,
            "num_layers": 1,
            "bias": True,
            "batch_first": False,
            "dropout": 0.0,
            "bidirectional": False,
        }
        others = [f", {name}={getattr(self, name)}" for name, value in usual.items() if getattr(self, name) != value]
        return f"{self.input_size}, {self.hidden_size}{''.join(others)}"


class RNN(RNNBase):
    """h_t = tanh(x_t W_ihᵀ + b_ih + h_{t-1} W_hhᵀ + b_hh), or max(0, ·) with nonlinearity="relu": (all h of the top layer, last h).

    Shapes: input (steps, batch, input_size), or (batch, steps, input_size) if `batch_first`, or (steps, input_size), or a
    PackedSequence; the output alike with directions · hidden_size, where `bidirectional` puts what was read backward
    behind what was read forward. The state, hx and the last h: (num_layers · directions, batch, hidden_size), zeros if not
    given. Each layer reads the output of the one below, of which `dropout` sets that share to zero in training.
    Weights weight_ih_l0 (hidden_size, input_size), weight_hh_l0 (hidden_size, hidden_size), bias_ih_l0, bias_hh_l0, and so on
    for l1 and for l0_reverse; all start uniform on ±1/√hidden_size.

    >>> output, h = RNN(3, 4)(np.ones((5, 2, 3)))
    >>> output.shape, h.shape
    ((5, 2, 4), (1, 2, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        generator: np.random.Generator | None = None,
    ) -> None:
        self.nonlinearity = _nonlinearity("RNN", nonlinearity)
        rest = (input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype)
        super().__init__(f"RNN_{nonlinearity.upper()}", *rest, generator=generator)

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Tensor]:
        output, (h,) = self._run(input, None if hx is None else (hx,))
        return output, h


class LSTM(RNNBase):
    """Long short-term memory: (all h of the top layer, (last h, last c)).

    i, f, o = σ(·), g = tanh(·) with a row of x_t W_ihᵀ + b_ih + h_{t-1} W_hhᵀ + b_hh each, in the order i, f, g, o;
    c_t = f c_{t-1} + i g; h_t = o tanh(c_t), and with `proj_size` h_t = o tanh(c_t) W_hrᵀ.

    Shapes as for `RNN`, but weights and biases have 4 · hidden_size rows, h has proj_size numbers if that is given, with
    weight_hr_l0 (proj_size, hidden_size), and the state hx is a pair of h and c.

    >>> output, (h, c) = LSTM(3, 4, proj_size=2, bidirectional=True)(np.ones((5, 6, 3)))
    >>> output.shape, h.shape, c.shape
    ((5, 6, 4), (2, 6, 2), (2, 6, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
        *,
        generator: np.random.Generator | None = None,
    ) -> None:
        rest = (
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device,
            dtype,
        )
        super().__init__("LSTM", *rest, generator=generator)

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, tuple[Tensor, Tensor]]:
        output, (h, c) = self._run(input, None if hx is None else _pair("LSTM", hx))
        return output, (h, c)


class GRU(RNNBase):
    """A gated recurrent unit: (all h of the top layer, last h).

    r, z = σ(x_t W_ihᵀ + b_ih + h_{t-1} W_hhᵀ + b_hh); n = tanh(x_t W_inᵀ + b_in + r (h_{t-1} W_hnᵀ + b_hn));
    h_t = (1 - z) n + z h_{t-1}. The rows of the weights are in the order r, z, n.

    Shapes as for `RNN`, but weights and biases have 3 · hidden_size rows.

    >>> output, h = GRU(3, 4, num_layers=2, batch_first=True)(np.ones((2, 5, 3)))
    >>> output.shape, h.shape
    ((2, 5, 4), (2, 2, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        generator: np.random.Generator | None = None,
    ) -> None:
        rest = (input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype)
        super().__init__("GRU", *rest, generator=generator)

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Tensor]:
        output, (h,) = self._run(input, None if hx is None else (hx,))
        return output, h


# --- Single steps -----------------------------------------------------------------------------------------------------


class RNNCellBase(Module):
    """What the cells have in common: one step of a recurrent layer."""

    input_size: int
    hidden_size: int
    bias: bool
    weight_ih: Parameter
    weight_hh: Parameter
    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: Any = None,
        dtype: Any = None,
        *,
        generator: np.random.Generator | None = None,
    ) -> None:
        name = type(self).__name__
        self.input_size, self.hidden_size = (
            _size(name, "input_size", input_size),
            _size(name, "hidden_size", hidden_size),
        )
        self.bias = bool(bias)
        rows = num_chunks * self.hidden_size
        shapes = [(rows, self.input_size), (rows, self.hidden_size), *[(rows,) if bias else None] * 2]
        for weight, shape in zip(WEIGHTS, shapes):
            made = None if shape is None else Parameter(autograd.empty(shape, dtype=dtype, device=device))
            self.register_parameter(weight, made)
        self.reset_parameters(generator)

    def reset_parameters(self, generator: np.random.Generator | None = None) -> None:
        """Draw all weights anew, uniform on ±1/√hidden_size."""
        bound = 1 / math.sqrt(self.hidden_size)
        for p in self.parameters():
            init.uniform_(p, -bound, bound, generator=generator)

    def _step(self, cell: str, input: Any, hx: tuple[Any, ...] | None, count: int = 1) -> list[Any]:
        """The next state, in its `count` parts, of a batch or of a single sequence."""
        name = type(self).__name__
        if isinstance(input, PackedSequence):
            raise TypeError(
                f"{name} makes one step, and a PackedSequence has many; write nn.{name.removesuffix('Cell')}"
            )
        x = floating(tensor(input), self.weight_ih.dtype, name)
        if x.ndim not in (1, 2):
            raise ValueError(f"{name}: Expected input to be 1D or 2D, got {x.ndim}D: its shape is {x.shape}")
        if x.shape[-1] != self.input_size:
            raise ValueError(
                f"{name}: expected last axis {self.input_size}, got {x.shape[-1]}: the input has shape {x.shape}, and its last "
                f"axis must be input_size={self.input_size}"
            )
        shape = (*x.shape[:-1], self.hidden_size)
        state = [np.zeros(shape, x.dtype)] * count if hx is None else [floating(tensor(h), x.dtype, name) for h in hx]
        for i, part in enumerate(state):
            if part.shape != shape:
                what = "hidden" if count == 1 else f"hidden[{i}]"
                raise ValueError(
                    f"{name}: Expected {what} size {shape}, got {part.shape}, for an input of shape {x.shape}"
                )
        rows = [part[None] if x.ndim == 1 else part for part in (x, *state)]
        weights = self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh
        flat = recurrence(
            rows[0], *weights, None, rows[1], rows[2] if count == 2 else None, cell, (len(rows[0]),), False
        )
        size = math.prod(shape)
        return [flat[i * size : (i + 1) * size].reshape(shape) for i in range(1, count + 1)]

    def extra_repr(self) -> str:
        nonlinearity = getattr(self, "nonlinearity", "tanh")
        return (
            f"{self.input_size}, {self.hidden_size}"
            + ("" if self.bias else ", bias=False")
            + ("" if nonlinearity == "tanh" else f", nonlinearity={nonlinearity}")
        )


class RNNCell(RNNCellBase):
    """One step of `RNN`: tanh(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh), or max(0, ·) with nonlinearity="relu".

    Shapes: input (batch, input_size) or (input_size,), hx and the result (batch, hidden_size) or (hidden_size,).

    >>> cell, h = RNNCell(3, 4), None
    >>> for x in np.ones((5, 2, 3)):
    ...     h = cell(x, h)
    >>> h.shape
    (2, 4)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
        *,
        generator: np.random.Generator | None = None,
    ) -> None:
        self.nonlinearity = _nonlinearity("RNNCell", nonlinearity)
        super().__init__(input_size, hidden_size, bias, 1, device, dtype, generator=generator)

    def forward(self, input: Any, hx: Any = None) -> Tensor:
        h: Tensor = self._step(self.nonlinearity, input, None if hx is None else (hx,))[0]
        return h


class LSTMCell(RNNCellBase):
    """One step of `LSTM`: (h, c) from the input and, as `hx`, the pair (h, c) before, zeros if not given.

    Shapes: input (batch, input_size) or (input_size,), h and c (batch, hidden_size) or (hidden_size,).

    >>> h, c = LSTMCell(3, 4)(np.ones((2, 3)))
    >>> h.shape, c.shape
    ((2, 4), (2, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype, generator=generator)

    def forward(self, input: Any, hx: Any = None) -> tuple[Tensor, Tensor]:
        h, c = self._step("lstm", input, None if hx is None else _pair("LSTMCell", hx), 2)
        return h, c


class GRUCell(RNNCellBase):
    """One step of `GRU`: h from the input and, as `hx`, the h before, zeros if not given.

    Shapes: input (batch, input_size) or (input_size,), hx and the result (batch, hidden_size) or (hidden_size,).

    >>> GRUCell(3, 4)(np.ones(3)).shape
    (4,)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype, generator=generator)

    def forward(self, input: Any, hx: Any = None) -> Tensor:
        h: Tensor = self._step("gru", input, None if hx is None else (hx,))[0]
        return h


def _size(layer: str, name: str, value: Any, least: int = 1) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{layer}: {name} is a whole number, not {value!r}")
    if value < least:
        raise ValueError(f"{layer}: {name} is at least {least}, not {value}")
    return int(value)


def _nonlinearity(layer: str, name: str) -> str:
    if name not in ("tanh", "relu"):
        raise ValueError(f"{layer}: nonlinearity is 'tanh' or 'relu', not {name!r}")
    return name


def _pair(layer: str, hx: Any) -> tuple[Any, Any]:
    if not isinstance(hx, tuple | list) or len(hx) != 2:
        found = f"{len(hx)} of them" if isinstance(hx, tuple | list) else type(hx).__name__
        raise ValueError(
            f"{layer}: the state is a pair, hx=(h, c), and this is {found}; write (h, np.zeros(c_shape)) or None"
        )
    return hx[0], hx[1]
