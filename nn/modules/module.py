"""Module: what layers and networks are made of.

A module is an object with attributes. Those that are Parameters are its parameters, those that are Modules are its
children, in the order in which they were assigned; nothing else is kept about them, so there is nothing that could
disagree with the attributes. Everything below is a walk over this tree.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Self

import numpy as np

from autograd import Tensor, graph
from nn.parameter import Parameter


class Loaded(NamedTuple):
    """What `load_state_dict` found to be different, by name."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Hook:
    """A function registered on a module; `remove()` takes it off again."""

    def __init__(self, module: Module, kind: str, function: Callable[..., Any]) -> None:
        self.module, self.kind, self.function = module, kind, function
        module.__dict__["_forward_hooks"] = (*module._forward_hooks, self)

    def remove(self) -> None:
        self.module.__dict__["_forward_hooks"] = tuple(hook for hook in self.module._forward_hooks if hook is not self)


class Module:
    """The base of layers and networks: attributes, `__init__`, `forward`.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope = Parameter(2.0)
    ...     def forward(self, x):
    ...         return self.slope * x
    >>> line = Line()
    >>> line(np.array([1.0, 2.0], np.float32))
    tensor([2., 4.], from multiply)
    >>> list(line.parameters())
    [Parameter containing:
    tensor(2., requires_grad=True)]

    Write `self.scale = Parameter(...)` for what is trained, `self.layer = Linear(...)` for a part, and
    `self.register_buffer("mean", ...)` for values that are saved but not trained.
    """

    training: bool = True
    _module_label: str | None = None  # how its parent calls it
    _forward_hooks: tuple[Hook, ...] = ()
    _buffers: Mapping[str, bool] = {}  # name -> whether it is saved; the buffer itself is an attribute
    __hash__ = object.__hash__

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; call the module itself, not this."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(self, x); write one that returns the result")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        first = graph.tick()  # what is recorded from here on, up to the result, is the work of this module
        result = self._hooked(args, kwargs) if self._forward_hooks else self.forward(*args, **kwargs)
        if result.__class__ is Tensor:
            node = result._node
            if node is not None and node.order > first:
                notes = node.notes
                mark = (self._module_label or type(self).__name__, first)
                if notes is None:
                    node.notes = {"modules": [mark]}
                elif "modules" in notes:
                    notes["modules"].append(mark)
                else:
                    notes["modules"] = [mark]
        elif isinstance(result, tuple | list):
            for part in result:
                node = part._node if isinstance(part, Tensor) else None
                if node is not None and node.order > first:
                    mark = (self._module_label or type(self).__name__, first)
                    node.note("modules", [*(node.notes or {}).get("modules", ()), mark])
        return result

    def _hooked(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        for hook in self._forward_hooks:
            if hook.kind == "before":
                replaced = hook.function(self, args)
                if replaced is not None:
                    args = replaced if isinstance(replaced, tuple) else (replaced,)
        result = self.forward(*args, **kwargs)
        for hook in self._forward_hooks:
            if hook.kind == "after":
                replaced = hook.function(self, args, result)
                if replaced is not None:
                    result = replaced
        return result

    def register_forward_hook(self, hook: Callable[[Module, tuple[Any, ...], Any], Any]) -> Hook:
        """Call `hook(module, args, result)` after every forward; what it returns, if anything, replaces the result.

        `.remove()` on what this returns takes the hook off again.
        """
        return Hook(self, "after", hook)

    def register_forward_pre_hook(self, hook: Callable[[Module, tuple[Any, ...]], Any]) -> Hook:
        """Call `hook(module, args)` before every forward; what it returns, if anything, replaces the arguments."""
        return Hook(self, "before", hook)

    # --- Attributes ---

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter | Module):
            if hasattr(Module, name):
                raise AttributeError(
                    f"{type(self).__name__}.{name} cannot be a {type(value).__name__}: every Module has {name!r} already; "
                    f"use another name, such as self.{name}_"
                )
            if isinstance(value, Parameter):
                value.name = name
            else:
                value.__dict__["_module_label"] = f"{name} ({type(value).__name__})"
        elif value is not None:
            old = self.__dict__.get(name)
            if isinstance(old, Parameter):
                raise TypeError(
                    f"{type(self).__name__}.{name} is a Parameter, and {_kind(value)} cannot take its place; "
                    f"write self.{name}.data = ... for new values, self.{name} = Parameter(...) for a new parameter"
                )
            if name in self._buffers and not isinstance(value, Tensor):
                raise TypeError(
                    f"{type(self).__name__}.{name} is a buffer, which is a Tensor or None, not {_kind(value)}; "
                    f"write self.{name} = Tensor(...)"
                )
        object.__setattr__(self, name, value)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """`self.name = param`, for names that are not known when the program is written. None: a parameter left out."""
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"register_parameter({name!r}, p) takes a Parameter or None, not {_kind(param)}; write Parameter(p)"
            )
        self._register(name, param)

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """`self.name = tensor`, values that belong to the module but are not trained; saved with it if `persistent`.

        Takes a Tensor, an array or None.
        """
        if isinstance(tensor, Parameter):
            raise TypeError(f"register_buffer({name!r}, ...) takes a Tensor that is not trained; write {name}.detach()")
        self._register(name, tensor if tensor is None or isinstance(tensor, Tensor) else Tensor(tensor))
        self.__dict__["_buffers"] = {**self._buffers, name: persistent}

    def add_module(self, name: str, module: Module | None) -> None:
        """`self.name = module`, for names that are not known when the program is written."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(
                f"add_module({name!r}, ...) takes a Module, not {_kind(module)}"
                + (f"; write {module.__name__}()" if inspect.isclass(module) else "")
            )
        self._register(name, module)

    register_module = add_module

    def _register(self, name: str, value: Any) -> None:
        if not isinstance(name, str):
            raise TypeError(f"a name is a string, not {_kind(name)}")
        if "." in name or not name:
            raise KeyError(
                f"the name {name!r} cannot be used: it must not be empty, nor contain a dot, which separates levels"
            )
        if hasattr(self, name) and not (
            name in self.__dict__ and isinstance(self.__dict__[name], Parameter | Module | Tensor | None)
        ):
            raise KeyError(f"{type(self).__name__} has an attribute {name!r} already; use another name")
        setattr(self, name, value)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        if name in self._buffers:
            self.__dict__["_buffers"] = {key: saved for key, saved in self._buffers.items() if key != name}

    # --- The tree ---

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """(name, module) for the modules that are attributes of this one, each once."""
        seen: set[Module] = set()
        for name, value in tuple(self.__dict__.items()):
            if isinstance(value, Module) and value not in seen:
                seen.add(value)
                yield name, value

    def children(self) -> Iterator[Module]:
        """The modules that are attributes of this one, each once."""
        return (module for _, module in self.named_children())

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """(path, module) for this module (its path is `prefix`) and all below it, parents first.

        A module found twice appears once, unless `remove_duplicate` is False.
        """
        seen = set() if memo is None else memo
        if remove_duplicate:
            if self in seen:
                return
            seen.add(self)
        yield prefix, self
        for name, value in tuple(self.__dict__.items()):
            if isinstance(value, Module):
                yield from value.named_modules(seen, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """This module and all below it, parents first, each once."""
        return (module for _, module in self.named_modules())

    def _named(
        self, own: Callable[[Module], list[tuple[str, Any]]], prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, value in own(module):
                if id(value) not in seen:
                    if remove_duplicate:
                        seen.add(id(value))
                    yield f"{path}.{name}" if path else name, value

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """(path, parameter) for this module and, if `recurse`, all below it.

        A shared parameter appears once, under its first path, unless `remove_duplicate` is False.
        """
        return self._named(_own_parameters, prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module and, if `recurse`, of all below it, each once."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """(path, buffer) for this module and, if `recurse`, all below it."""
        return self._named(_own_buffers, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers of this module and, if `recurse`, of all below it, each once."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def apply(self, function: Callable[[Module], Any]) -> Self:
        """Call `function` on every module, children before their parent; returns this module."""
        for child in self.children():
            child.apply(function)
        function(self)
        return self

    # --- Modes and types ---

    def train(self, mode: bool = True) -> Self:
        """Set `training` here and below: some layers compute differently while they are trained."""
        if not isinstance(mode, bool):
            raise TypeError(f"train(mode) takes True or False, not {_kind(mode)}")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """`train(False)`: compute as in use, not as in training."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Train all parameters, or hold them fixed."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters; `set_to_none=False` fills them with zeros instead."""
        for p in self.parameters():
            if set_to_none or p.grad is None:
                p.grad = None
            else:
                p.grad = Tensor(np.zeros(p.shape, p.dtype))

    def to(self, *args: Any, dtype: Any = None, device: Any = None, **options: Any) -> Self:
        """Change the dtype of all floating parameters and buffers, in place; `device` can only be the CPU."""
        wanted = (
            Tensor(0.0).to(*args, dtype=dtype, device=device, **options).dtype if (args or dtype or device) else None
        )
        named = [a for a in args if not isinstance(a, str | type(None)) and type(a).__name__ != "Device"]
        if dtype is None and not named:
            return self
        if wanted is None or wanted.kind != "f":
            raise TypeError(f"a module can be float32 or float64, not {wanted}; only its floating values are changed")
        for tensor in (*self.parameters(), *self.buffers()):
            if tensor.dtype.kind == "f" and tensor.dtype != wanted:
                grad, tensor.grad = tensor.grad, None
                tensor.data = tensor.detach().astype(wanted)
                if grad is not None:
                    tensor.grad = grad.detach().astype(wanted)
        return self

    def float(self) -> Self:
        """All floating parameters and buffers as float32."""
        return self.to(np.float32)

    def double(self) -> Self:
        """All floating parameters and buffers as float64."""
        return self.to(np.float64)

    def cpu(self) -> Self:
        """This module: there is no other place."""
        return self

    # --- Saving and loading ---

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> dict[str, Tensor]:
        """{path: Tensor} for all parameters and all buffers that are saved, on the memory of this module.

        Keys and their order are PyTorch's. A shared parameter has an entry for each of its paths, and all of them are one
        and the same Tensor. `copy.deepcopy(model.state_dict())` keeps the present values.

        >>> import nn
        >>> list(nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)).state_dict())
        ['0.weight', '0.bias', '2.weight', '2.bias']
        """
        once: dict[int, Tensor] = {}
        return {
            prefix + key: value if keep_vars else once.setdefault(id(value), value.detach())
            for key, value in self._saved()
        }

    def _saved(self) -> Iterator[tuple[str, Tensor]]:
        for path, module in self.named_modules(remove_duplicate=False):
            for name, value in _own_parameters(module) + _own_buffers(module):
                if module._buffers.get(name, True):
                    yield f"{path}.{name}" if path else name, value

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> Loaded:
        """Copy values, by path, into the parameters and buffers of this module, and into their dtypes.

        With `strict=False`, paths that are missing or unknown are only reported. A shared parameter needs one of its
        paths. RuntimeError lists all that does not fit; then nothing has been changed.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"load_state_dict takes a mapping such as state_dict() returns, not {_kind(state_dict)}")
        known = dict(self._saved())
        given: dict[int, tuple[str, Any]] = {}  # one entry for each Tensor here, however many paths it has
        problems = []
        for key, tensor in known.items():
            if key not in state_dict:
                continue
            value = state_dict[key]
            value = np.asarray(value.detach() if hasattr(value, "detach") else value)
            if value.shape != tensor.shape:
                problems.append(f"{key!r} has shape {value.shape}, but the module's has {tensor.shape}")
            elif value.dtype.kind not in "fiub":
                problems.append(f"{key!r} holds {value.dtype}, which is not numbers")
            elif id(tensor) in given and not np.array_equal(given[id(tensor)][1], value, equal_nan=True):
                problems.append(
                    f"{given[id(tensor)][0]!r} and {key!r} are one parameter here, but hold different values"
                )
            given.setdefault(id(tensor), (key, value))
        missing = [key for key, tensor in known.items() if id(tensor) not in given]
        unexpected = [key for key in state_dict if key not in known]
        if strict and missing:
            problems.append(f"missing: {', '.join(map(repr, missing))}")
        if strict and unexpected:
            problems.append(f"unexpected: {', '.join(map(repr, unexpected))}")
        if problems:
            raise RuntimeError(
                f"load_state_dict: this does not fit {type(self).__name__}, and nothing was loaded:"
                + "".join(f"\n  {problem}" for problem in problems)
                + (
                    "\nTo load what fits by name, write load_state_dict(..., strict=False)"
                    if missing or unexpected
                    else ""
                )
            )
        for tensor in known.values():
            if id(tensor) in given:
                tensor.data[...] = given[id(tensor)][1]
        return Loaded(missing, unexpected)

    # --- Printing ---

    def extra_repr(self) -> str:
        """What stands between the parentheses of its line when the module is printed."""
        return ""

    def __repr__(self) -> str:
        lines = [self.extra_repr()] if self.extra_repr() else []
        parts = [
            f"({name}): " + repr(child).replace("\n", "\n  ")
            for name, child in vars(self).items()
            if isinstance(child, Module)
        ]
        if not parts:
            return f"{type(self).__name__}({''.join(lines)})"
        return f"{type(self).__name__}(\n  " + "\n  ".join([*lines, *parts]) + "\n)"


def _own_parameters(module: Module) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in module.__dict__.items() if isinstance(value, Parameter)]


def _own_buffers(module: Module) -> list[tuple[str, Any]]:
    return [(name, module.__dict__[name]) for name in module._buffers if module.__dict__[name] is not None]


def _kind(value: Any) -> str:
    if inspect.isclass(value):
        return f"the class {value.__name__}"
    return f"a {type(value).__name__}" if value is not None else "None"
