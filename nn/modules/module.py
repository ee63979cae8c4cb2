"""Module: what layers and networks are made of.

A module is an object with attributes. Those that are Parameters are its parameters, those that are Modules are its
children, in the order in which they were assigned; nothing else is kept about them, so there is nothing that could
disagree with the attributes. Everything below is a walk over this tree.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from html import escape
from types import MappingProxyType, MethodType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

import autograd
from autograd import Tensor, graph, modes
from autograd.devices import Device, check_device

if TYPE_CHECKING:
    from autograd.drawing import Picture
from nn.parameter import Parameter


class Loaded(NamedTuple):
    """What `load_state_dict` found to be different, by name."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not (self.missing_keys or self.unexpected_keys):
            return "<All keys matched successfully>"
        return f"{type(self).__name__}(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class Hook:
    """A function registered on a module; `remove()` takes it off again, and so does the end of a `with` block."""

    def __init__(
        self, module: Module, kind: str, function: Callable[..., Any], prepend: bool = False, with_kwargs: bool = False
    ) -> None:
        self.module, self.kind, self.function, self.with_kwargs = module, kind, function, with_kwargs
        module.__dict__["_module_hooks"] = (self, *module._module_hooks) if prepend else (*module._module_hooks, self)
        modes.settings[0] += 1

    def remove(self) -> None:
        self.module.__dict__["_module_hooks"] = tuple(hook for hook in self.module._module_hooks if hook is not self)
        modes.settings[0] += 1
        if not self.module._module_hooks:
            del self.module.__dict__["_module_hooks"]

    def __enter__(self) -> Hook:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


# Inner methods of PyTorch's Module that programs override now and then.
UNCALLED = {
    "_load_from_state_dict": "to change a state before it is loaded, write register_load_state_dict_pre_hook(...) in "
    "__init__; to load more than Tensors, set_extra_state",
    "_save_to_state_dict": "to save more, write get_extra_state, or override state_dict",
    "_apply": "what is to change its dtype with the module is a buffer: write register_buffer(...) in __init__",
}


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

    An error inside says where: "blocks.2.attn.proj: expected last axis 128, got 64".
    """

    training: bool = True
    _module_label: str | None = None  # how its parent calls it
    _module_hooks: tuple[Hook, ...] = ()
    _module_buffers: Mapping[str, bool] = MappingProxyType({})  # buffers: name -> whether it is saved
    _module_left_out: frozenset[str] = frozenset()  # names that keep their place in the order while they are None
    __hash__ = object.__hash__

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name, instead in UNCALLED.items():
            if name in cls.__dict__:
                raise TypeError(f"{cls.__name__}.{name} would never be called here; {instead}")

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; call the module itself, not this."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(self, x); write one that returns the result")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        first = graph.tick()  # what is recorded from here on, up to the result, is the work of this module
        try:
            if modes.entered and (profile := modes.innermost("profile")) is not None:
                with profile.module(self._module_label or type(self).__name__):
                    result = self._call_hooked(args, kwargs)
            else:
                result = self._call_hooked(args, kwargs) if self._module_hooks else self.forward(*args, **kwargs)
        except Exception as error:
            _say_where(error, self)
            raise
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

    # --- Hooks ---

    def _call_hooked(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        for hook in hooks_of(self, "before"):
            if not hook.with_kwargs:
                replaced = hook.function(self, args)
                if replaced is not None:
                    args = replaced if isinstance(replaced, tuple) else (replaced,)
            elif (replaced := hook.function(self, args, kwargs)) is not None:
                if not (isinstance(replaced, tuple) and len(replaced) == 2):
                    raise RuntimeError(
                        f"a hook of {type(self).__name__} that was registered with_kwargs=True returned {_kind(replaced)}; "
                        "return (args, kwargs), or None to change nothing"
                    )
                args, kwargs = replaced
        backward = None
        if hooks_of(self, "backward", "before backward") and modes.is_grad_enabled():
            from .backward_hooks import Watch

            backward = Watch(self)
            args = backward.enter(args)
        result = self.forward(*args, **kwargs)
        for hook in hooks_of(self, "after"):
            given = (args, kwargs) if hook.with_kwargs else (args,)
            replaced = hook.function(self, *given, result)
            if replaced is not None:
                result = replaced
        return result if backward is None else backward.leave(result)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> Hook:
        """Call `hook(module, args, result)` after every forward; what it returns, if anything, replaces the result.

        `prepend`: before the hooks that are there. `with_kwargs`: as `hook(module, args, kwargs, result)`. `.remove()` on
        what this returns takes the hook off again.
        """
        if always_call:
            raise ValueError("always_call=True is not supported: a hook sees results, and a failed forward has none")
        return Hook(self, "after", hook, prepend, with_kwargs)

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> Hook:
        """Call `hook(module, args)` before every forward; what it returns, if anything, replaces the arguments.

        `with_kwargs`: as `hook(module, args, kwargs)`, which returns None or (args, kwargs).
        """
        return Hook(self, "before", hook, prepend, with_kwargs)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Hook:
        """Call `hook(module, grad_input, grad_output)` when a backward pass has gone through the module.

        Both are tuples of Tensors, for the arguments and for the results of the call, None where there is no gradient. What
        the hook returns, if anything, replaces grad_input.

        >>> import nn
        >>> layer = nn.Linear(2, 1)
        >>> hook = layer.register_full_backward_hook(lambda module, grad_input, grad_output: print(grad_output))
        >>> layer(np.ones((1, 2))).sum().backward()
        (tensor([[1.]]),)
        """
        return Hook(self, "backward", hook, prepend)

    register_backward_hook = register_full_backward_hook

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Hook:
        """Call `hook(module, grad_output)` before a backward pass goes through; what it returns replaces grad_output."""
        return Hook(self, "before backward", hook, prepend)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> Hook:
        """Call `hook(module, state_dict, prefix, {})` when `state_dict` has put in what is of this module."""
        return Hook(self, "saved", hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> Hook:
        """Call `hook(module, state_dict, prefix, {}, strict, missing_keys, unexpected_keys, error_msgs)` before loading.

        It may change `state_dict`, which is a copy, and add to `error_msgs`; the two lists of keys are empty yet.
        """
        return Hook(self, "before loading", hook)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> Hook:
        """Call `hook(module, incompatible_keys)` after loading."""
        return Hook(self, "loaded", hook)

    # --- Attributes ---

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, PARTS):
            if hasattr(Module, name):
                raise AttributeError(
                    f"{type(self).__name__}.{name} cannot be a {type(value).__name__}: every Module has {name!r} already; "
                    f"use another name, such as self.{name}_"
                )
            kind = Parameter if isinstance(value, Parameter) else Module
            if (
                name in self.__dict__
                and not isinstance(self.__dict__[name], kind)
                and name not in self._module_left_out
            ):
                delattr(self, name)  # a new part stands behind those that are there, as in PyTorch
            if kind is Parameter:
                value.name = name
            else:
                value.__dict__["_module_label"] = f"{name} ({type(value).__name__})"
        elif value is None:
            if isinstance(self.__dict__.get(name), PARTS):
                self.__dict__["_module_left_out"] = self._module_left_out | {name}
        else:
            old = self.__dict__.get(name)
            if isinstance(old, Parameter):
                raise TypeError(
                    f"{type(self).__name__}.{name} is a Parameter, and {_kind(value)} cannot take its place; "
                    f"write self.{name}.data = ... for new values, self.{name} = Parameter(...) for a new parameter"
                )
            if name in self._module_left_out and name not in self._module_buffers:
                raise TypeError(
                    f"{type(self).__name__}.{name} is the place of a part that is None now, and {_kind(value)} cannot take it; "
                    f"write self.{name} = Parameter(...) for a new parameter"
                )
            if name in self._module_buffers and not isinstance(value, Tensor):
                raise TypeError(
                    f"{type(self).__name__}.{name} is a buffer, which is a Tensor or None, not {_kind(value)}; "
                    f"write self.{name} = Tensor(...)"
                )
        object.__setattr__(self, name, value)
        modes.settings[0] += 1

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """`self.name = param`, for names that are not known when the program is written. None: a parameter left out."""
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"register_parameter({name!r}, p) takes a Parameter or None, not {_kind(param)}; write Parameter(p)"
            )
        self._register_part(name, param)

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """`self.name = tensor`, values that belong to the module but are not trained; saved with it if `persistent`.

        Takes a Tensor, an array or None.
        """
        if isinstance(tensor, Parameter):
            raise TypeError(f"register_buffer({name!r}, ...) takes a Tensor that is not trained; write {name}.detach()")
        self._register_part(name, tensor if tensor is None or isinstance(tensor, Tensor) else Tensor(tensor))
        self.__dict__["_module_buffers"] = {**self._module_buffers, name: persistent}

    def add_module(self, name: str, module: Module | None) -> None:
        """`self.name = module`, for names that are not known when the program is written."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(
                f"add_module({name!r}, ...) takes a Module, not {_kind(module)}"
                + (f"; write {module.__name__}()" if inspect.isclass(module) else "")
            )
        self._register_part(name, module)

    register_module = add_module

    def _register_part(self, name: str, value: Any) -> None:
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
        if value is None:
            self.__dict__["_module_left_out"] = self._module_left_out | {name}

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        if name in self._module_left_out:
            self.__dict__["_module_left_out"] = self._module_left_out - {name}
        if name in self._module_buffers:
            self.__dict__["_module_buffers"] = {
                key: saved for key, saved in self._module_buffers.items() if key != name
            }

    @property
    def _parameters(self) -> MutableMapping[str, Any]:
        """The module's own parameters, by name; to put one in, or take one out, does so with the attribute."""
        return _Parts(self, _own_parameters, self.register_parameter)

    @property
    def _buffers(self) -> MutableMapping[str, Any]:
        """The module's own buffers, by name."""
        return _Parts(self, _own_buffers, self.register_buffer)

    @property
    def _modules(self) -> MutableMapping[str, Any]:
        """The modules that are attributes of this one, by name."""
        return _Parts(self, _own_modules, self.add_module)

    # --- The tree ---

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """(name, module) for the modules that are attributes of this one, each once."""
        seen: set[Module] = set()
        for name, module in _own_modules(self):
            if module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The modules that are attributes of this one, each once."""
        return (module for _, module in self.named_children())

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """(path, module) for this module (its path is `prefix`) and all below it, parents first.

        A module found twice appears once, unless `remove_duplicate` is False: then RuntimeError if it is a part of itself.
        """
        return _paths(self, prefix, set() if memo is None or not remove_duplicate else memo, remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """This module and all below it, parents first, each once."""
        return (module for _, module in self.named_modules())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """(path, parameter) for this module and, if `recurse`, all below it.

        A shared parameter appears once, under its first path, unless `remove_duplicate` is False.
        """
        return _named(self, _own_parameters, prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module and, if `recurse`, of all below it, each once."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """(path, buffer) for this module and, if `recurse`, all below it."""
        return _named(self, _own_buffers, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers of this module and, if `recurse`, of all below it, each once."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """The module at this path: "blocks.2.attn"; AttributeError if there is none."""
        module = self
        for name in target.split(".") if target else ():
            module = _at(module, name, Module, target)
        return module

    def set_submodule(self, target: str, module: Module) -> None:
        """Put a module at this path, whose parent must be there."""
        path, _, name = target.rpartition(".")
        self.get_submodule(path).add_module(name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at this path: "blocks.2.attn.proj.weight"; AttributeError if there is none."""
        path, _, name = target.rpartition(".")
        found: Parameter = _at(self.get_submodule(path), name, Parameter, target)
        return found

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at this path; AttributeError if there is none."""
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        found: Tensor = _at(owner, name if name in owner._module_buffers else "", Tensor, target)
        return found

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Call `fn` on every module, children before their parent; returns this module."""
        for module in _bottom_up(self):
            fn(module)
        return self

    # --- Modes and types ---

    def train(self, mode: bool = True) -> Self:
        """Set `training` here and below: some layers compute differently while they are trained."""
        if not isinstance(mode, bool):
            raise TypeError(f"train(mode) takes True or False, not {_kind(mode)}")
        waiting: list[Module] = [self]
        seen = set(waiting)
        for module in waiting:
            module.training = mode
            for child in module.children():
                if child in seen:
                    continue
                seen.add(child)
                if type(child).train is Module.train:
                    waiting.append(child)
                else:  # its class wants a say in this
                    child.train(mode)
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
        """Change the dtype of all floating parameters and buffers, in place; `device` can only be the CPU.

        Takes, as in PyTorch, a device, a dtype, both, or a Tensor that has the dtype.
        """
        for word in args:
            if isinstance(word, Tensor):
                dtype = word.dtype
            elif isinstance(word, str | Device):
                device = word
            elif word is not None and not isinstance(word, bool):  # non_blocking
                dtype = word
        check_device(device)
        if dtype is None:
            return self
        try:
            wanted = np.dtype(dtype)
        except TypeError:
            wanted = dtype
        if wanted not in (np.float32, np.float64):
            raise TypeError(
                f"{type(self).__name__}.to: a module can be float32 or float64, not {str(wanted).partition(',')[0]}; "
                "only its floating values are changed"
            )
        for tensor in (*self.parameters(), *self.buffers()):
            if tensor.dtype.kind == "f" and tensor.dtype != wanted:
                _give(tensor, tensor.detach().astype(wanted))
        return self

    def float(self) -> Self:
        """All floating parameters and buffers as float32."""
        return self.to(np.float32)

    def double(self) -> Self:
        """All floating parameters and buffers as float64."""
        return self.to(np.float64)

    def type(self, dst_type: Any) -> Self:
        """`to(dst_type)`."""
        return self.to(dtype=dst_type)

    def half(self) -> Self:
        """TypeError: there is no float16 here."""
        raise TypeError(
            f"{type(self).__name__}.half(): float16 is not supported, since a CPU computes with it slower than with float32; "
            "leave the module as it is, or write .float()"
        )

    def bfloat16(self) -> Self:
        """TypeError: there is no bfloat16 here."""
        raise TypeError(
            f"{type(self).__name__}.bfloat16(): bfloat16 is not supported, NumPy has no such numbers; "
            "leave the module as it is, or write .float()"
        )

    def cpu(self) -> Self:
        """This module: there is no other place."""
        return self

    def cuda(self, device: Any = None) -> Self:
        """ValueError: arrays live on the CPU."""
        return self.to("cuda" if device is None else f"cuda:{device}")

    def to_empty(self, *, device: Any, recurse: bool = True) -> Self:
        """This module, if `device` is the CPU."""
        return self.to(device)

    def share_memory(self) -> Self:
        """Move parameters and buffers to memory that processes forked from this one share with it, in both directions.

        A module that is pickled, as for processes that are spawned, takes a copy along.
        """
        import mmap

        for tensor in (*self.parameters(), *self.buffers()):
            if tensor.size:
                shared = np.frombuffer(mmap.mmap(-1, tensor.nbytes), tensor.dtype).reshape(tensor.shape)
                shared[...] = tensor.detach().numpy()
                _give(tensor, shared)
        return self

    def compile(self, *, fallback: bool = True, check: int = 0, **options: Any) -> None:
        """Trace the forward pass at its first call, and replay it at those that follow: results and gradients are the same.

        `fallback` and `check` are those of `autograd.compile`; a forward pass that cannot be traced is run as it stands, with a
        warning. PyTorch's options are accepted and change nothing. To compile a whole training step, give a function to
        `autograd.compile`.

        >>> import nn
        >>> model = nn.MLP([2, 8, 1])
        >>> model.compile()
        >>> model([[0.0, 1.0]]).shape
        (1, 1)
        """
        self.__dict__["forward"] = autograd.compile(
            MethodType(type(self).forward, self), fallback=fallback, check=check
        )

    # --- Saving and loading ---

    def state_dict(
        self, *, destination: dict[str, Any] | None = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Tensor]:
        """{path: Tensor} for all parameters and all buffers that are saved, on the memory of this module.

        Keys and their order are PyTorch's. A shared parameter has an entry for each of its paths, and all of them are one
        and the same Tensor. `copy.deepcopy(model.state_dict())` keeps the present values. What `get_extra_state` of a
        module returns stands at its path, under "_extra_state".

        >>> import nn
        >>> list(nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)).state_dict())
        ['0.weight', '0.bias', '2.weight', '2.bias']
        """
        state = {} if destination is None else destination
        once: dict[int, Tensor] = {}
        walked = []
        for path, module in _paths(self, enter=_saves_as_all_do):
            start = prefix + path + "." * bool(path)
            if module is not self and not _saves_as_all_do(module):  # its class wants a say in this
                module.state_dict(destination=state, prefix=start, keep_vars=keep_vars)
                continue
            walked.append((start, module))
            for name, value in _own_saved(module):
                state[start + name] = value if keep_vars else once.setdefault(id(value), value.detach())
            if type(module).get_extra_state is not Module.get_extra_state:
                state[start + EXTRA] = module.get_extra_state()
        for start, module in reversed(walked):  # parts before the module that they are parts of
            for hook in hooks_of(module, "saved"):
                hook.function(module, state, start, {})
        return state

    def get_extra_state(self) -> Any:
        """What a class has to save beside parameters and buffers: write this and `set_extra_state` together.

        >>> class Counter(Module):
        ...     steps = 0
        ...     def get_extra_state(self):
        ...         return {"steps": self.steps}
        ...     def set_extra_state(self, state):
        ...         self.steps = state["steps"]
        >>> used, new = Counter(), Counter()
        >>> used.steps = 3
        >>> new.load_state_dict(used.state_dict())
        <All keys matched successfully>
        >>> new.steps
        3
        """
        raise NotImplementedError(f"{type(self).__name__} has no get_extra_state(self); what it saves are Tensors only")

    def set_extra_state(self, state: Any) -> None:
        """Take back what `get_extra_state` has returned; called when all else has been loaded."""
        raise NotImplementedError(f"{type(self).__name__} has no set_extra_state(self, state)")

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Loaded:
        """Copy values, by path, into the parameters and buffers of this module, and into their dtypes.

        With `strict=False`, paths that are missing or unknown are only reported. With `assign=True` nothing is copied: the
        parameters take over the memory of the given Tensors or arrays, and their dtype. A shared parameter needs one of
        its paths. RuntimeError lists all that does not fit; then nothing has been changed.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"load_state_dict takes a mapping such as state_dict() returns, not {_kind(state_dict)}")
        state, problems = dict(state_dict), list[str]()
        for path, module in self.named_modules():
            for hook in hooks_of(module, "before loading"):
                hook.function(module, state, path + "." * bool(path), {}, strict, [], [], problems)
        known = dict(_saved(self))
        given: dict[int, tuple[str, Any]] = {}  # one entry for each Tensor here, however many paths it has
        for key, tensor in known.items():
            if key not in state:
                continue
            try:
                values = _fitting(key, state[key], tensor, assign)
            except ValueError as error:
                problems.append(str(error))
                values = None
            if id(tensor) not in given:
                given[id(tensor)] = key, values
            elif values is not None and (first := given[id(tensor)][1]) is not None:
                if not np.array_equal(first, values, equal_nan=True):
                    first_key = given[id(tensor)][0]
                    problems.append(f'"{first_key}" and "{key}" are one parameter here, but hold different values')
        extra = {
            path + "." * bool(path) + EXTRA: module
            for path, module in _paths(self)
            if type(module).set_extra_state is not Module.set_extra_state
        }
        missing = [key for key, tensor in known.items() if id(tensor) not in given]
        missing += [key for key in extra if key not in state]
        unexpected = [key for key in state if key not in known and key not in extra]
        if strict and unexpected:
            problems.insert(0, f"Unexpected key(s) in state_dict: {_quoted(unexpected)}")
        if strict and missing:
            problems.insert(0, f"Missing key(s) in state_dict: {_quoted(missing)}")
        if problems:
            raise RuntimeError(
                f"Error(s) in loading state_dict for {type(self).__name__}:\n\t"
                + "\n\t".join(problems)
                + "\nNothing was loaded."
                + (_advice(known, missing, unexpected) if strict and (missing or unexpected) else "")
            )
        for tensor in known.values():
            if id(tensor) in given:
                values = given[id(tensor)][1]
                if assign:
                    _give(tensor, values)
                else:
                    tensor.data[...] = values
        for key, module in extra.items():
            if key in state:
                module.set_extra_state(state[key])
        loaded = Loaded(missing, unexpected)
        for module in self.modules():
            for hook in hooks_of(module, "loaded"):
                hook.function(module, loaded)
        return loaded

    # --- Printing ---

    def extra_repr(self) -> str:
        """What stands between the parentheses of its line when the module is printed."""
        return ""

    def draw(self, *inputs: Any, **options: Any) -> Picture:
        """A picture of what the module computes, given shapes of its inputs, or inputs: see `autograd.draw` for options.

        It is called once, on zeros where a shape is given, in evaluation mode, and left as it was. What reads numbers of
        classes or words needs an input: `model.draw(np.array([[1, 2, 3]]))`.

        >>> nn.Sequential(nn.Linear(2, 3), nn.ReLU()).draw((1, 2))
        <picture of a graph with 4 edges; .save('graph.svg') writes it to a file>
        """
        from ..drawing import draw

        return draw(self, *inputs, **options)

    def __repr__(self) -> str:
        texts: dict[Module, str] = {}
        for module in _bottom_up(self):
            own = module is self or type(module).__repr__ is Module.__repr__
            texts[module] = module._repr_of_parts(texts) if own else repr(module)
        return texts[self]

    def _repr_html_(self) -> str:
        """Its parts as a tree that folds, with the shapes of parameters and how many numbers they hold."""
        return f"<div>{_tree(self, '')}</div>"

    def _repr_of_parts(self, texts: Mapping[Module, str]) -> str:
        """Its `repr`, given those of its parts."""
        lines = self.extra_repr().split("\n") if self.extra_repr() else []
        parts = [f"({name}): {texts.get(part, '...')}".replace("\n", "\n  ") for name, part in _own_modules(self)]
        if not parts and len(lines) <= 1:
            return f"{type(self).__name__}({''.join(lines)})"
        return f"{type(self).__name__}(\n  " + "\n  ".join([*lines, *parts]) + "\n)"


PARTS = Parameter, Module
EXTRA = "_extra_state"


class _Parts(MutableMapping[str, Any]):
    """What a module has of one kind, by name: its attributes, seen as a dictionary."""

    def __init__(
        self, module: Module, own: Callable[[Module], list[tuple[str, Any]]], put: Callable[[str, Any], None]
    ) -> None:
        self.module, self.own, self.put = module, own, put

    def __getitem__(self, name: str) -> Any:
        return dict(self.own(self.module))[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.put(name, value)

    def __delitem__(self, name: str) -> None:
        self[name]
        delattr(self.module, name)

    def __iter__(self) -> Iterator[str]:
        return iter(dict(self.own(self.module)))

    def __len__(self) -> int:
        return len(self.own(self.module))

    def __repr__(self) -> str:
        return repr(dict(self))


def _own_parameters(module: Module) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in module.__dict__.items() if isinstance(value, Parameter)]


def _own_buffers(module: Module) -> list[tuple[str, Any]]:
    return [(name, module.__dict__[name]) for name in module._module_buffers if module.__dict__[name] is not None]


def _own_modules(module: Module) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in module.__dict__.items() if isinstance(value, Module)]


def _paths(
    root: Module,
    prefix: str = "",
    seen: set[Module] | None = None,
    remove_duplicate: bool = False,
    enter: Callable[[Module], bool] = lambda module: True,
) -> Iterator[tuple[str, Module]]:
    """(path, module) for a module and all below it, parents first; nothing below a module that `enter` says no to."""
    seen = set() if seen is None else seen
    waiting: list[tuple[str, Module, Any]] = [(prefix, root, None)]
    while waiting:
        path, module, holders = waiting.pop()
        if module in seen:
            if remove_duplicate:
                continue
            _check_end(path, module, holders)
        seen.add(module)
        yield path, module
        if module is root or enter(module):
            holders = module, holders
            below = [(f"{path}.{name}" if path else name, child, holders) for name, child in _own_modules(module)]
            waiting.extend(reversed(below))


def _check_end(path: str, module: Module, holders: Any) -> None:
    """RuntimeError if the module is among its holders, (parent, (grandparent, ...))."""
    while holders is not None:
        holder, holders = holders
        if holder is module:
            raise RuntimeError(
                f"{path!r} is the {type(module).__name__} that it is a part of, so that the paths of its parameters have "
                f"no end; to know an owner without making it a part, write self.{path.rpartition('.')[2]} = [owner]"
            )


def _bottom_up(root: Module) -> Iterator[Module]:
    """A module and all below it, each once, behind its parts."""
    entered: set[Module] = set()
    left: set[Module] = set()
    waiting = [root]
    while waiting:
        module = waiting[-1]
        if module not in entered:
            entered.add(module)
            waiting.extend(child for _, child in reversed(_own_modules(module)) if child not in entered)
        else:
            waiting.pop()
            if module not in left:
                left.add(module)
                yield module


def _named(
    root: Module, own: Callable[[Module], list[tuple[str, Any]]], prefix: str, recurse: bool, remove_duplicate: bool
) -> Iterator[tuple[str, Any]]:
    seen: set[int] = set()
    modules = root.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, root)]
    for path, module in modules:
        for name, value in own(module):
            if id(value) not in seen:
                if remove_duplicate:
                    seen.add(id(value))
                yield f"{path}.{name}" if path else name, value


def _saved(root: Module) -> Iterator[tuple[str, Tensor]]:
    for path, module in _paths(root):
        for name, value in _own_saved(module):
            yield f"{path}.{name}" if path else name, value


def _own_saved(module: Module) -> list[tuple[str, Tensor]]:
    own = _own_parameters(module) + _own_buffers(module)
    return [(name, value) for name, value in own if module._module_buffers.get(name, True)]


def _saves_as_all_do(module: Module) -> bool:
    return type(module).state_dict is Module.state_dict


def _at(module: Module, name: str, kind: type, target: str) -> Any:
    found = module.__dict__.get(name)
    if not isinstance(found, kind):
        own = {Module: _own_modules, Parameter: _own_parameters, Tensor: _own_buffers}[kind](module)
        raise AttributeError(
            f"{type(module).__name__} has no {'buffer' if kind is Tensor else kind.__name__.lower()} for {target!r}; "
            f"those here are {', '.join(name for name, _ in own) or 'none'}"
        )
    return found


def hooks_of(module: Module, *kinds: str) -> list[Hook]:
    """Its hooks of these kinds, in the order in which they are called."""
    return [hook for hook in module._module_hooks if hook.kind in kinds]


def _kind(value: Any) -> str:
    if inspect.isclass(value):
        return f"the class {value.__name__}"
    return f"a {type(value).__name__}" if value is not None else "None"


# --- Errors -----------------------------------------------------------------------------------------------------------


def _say_where(error: Exception, module: Module) -> None:
    """Begin the message with the path, seen from `module`, of the module that raised the error.

    Each module that the error passes on its way out writes the path anew, one name longer. Where the message is not the
    one argument of the exception, the path is a note below it.
    """
    if isinstance(error, RecursionError):
        return  # there is no room for work
    # of the module that it passed last: its id (the error may travel to another process, where modules need not follow),
    # its class, the path below it, and the message as it was
    inner, kind, path, message = error.__dict__.get("_where", (id(module), "", "", None))
    if inner != id(module) or path:
        name = next((name for name, part in module.named_modules() if id(part) == inner), kind)
        path = ".".join(filter(None, (name, path)))
        if message is not None:
            error.args = (f"{path}: {message}",)
        else:
            error.__dict__["__notes__"] = [
                n for n in getattr(error, "__notes__", ()) if n != error.__dict__.get("_note")
            ]
            error.__dict__["_note"] = f"in {path}"
            error.add_note(f"in {path}")
    elif len(error.args) == 1 and isinstance(error.args[0], str) and str(error) == error.args[0]:
        message = error.args[0]
    error.__dict__["_where"] = id(module), type(module).__name__, path, message


# --- Loading ----------------------------------------------------------------------------------------------------------


def _fitting(key: str, value: Any, tensor: Tensor, assign: bool) -> Any:
    """What is loaded into `tensor` from the entry `value` of a state; ValueError if it does not fit."""
    try:
        found = np.asarray(value.detach() if hasattr(value, "detach") else value)
    except Exception as error:
        raise ValueError(f"{key}: {error}") from None
    if found.shape != tensor.shape:
        raise ValueError(
            f"size mismatch for {key}: copying a param with shape {found.shape} from checkpoint, "
            f"the shape in current model is {tensor.shape}."
        )
    if found.dtype.kind not in "fiub":
        raise ValueError(f"{key} holds {found.dtype}, which is not numbers")
    if not assign and not np.asarray(tensor._data).flags.writeable:
        raise ValueError(f"{key} stands in read-only memory here; write load_state_dict(..., assign=True)")
    if not assign or found.dtype.kind != tensor.dtype.kind or found.dtype == np.float16:
        return found if found.dtype == tensor.dtype else found.astype(tensor.dtype)
    if isinstance(value, Tensor):
        return value.detach()
    return found if found.flags.writeable else found.copy()


def _give(tensor: Tensor, values: Any) -> None:
    """Let `tensor` have these values, in their memory and dtype; its gradient takes the dtype too."""
    frozen = not tensor.requires_grad and hasattr(tensor, "_aside")  # the leaf that it will be again has a dtype too
    if frozen:
        tensor.requires_grad_()
    grad, tensor.grad = tensor.grad, None
    tensor.data = values
    if grad is not None:
        tensor.grad = grad.detach().astype(values.dtype)
    if frozen:
        tensor.requires_grad_(False)


def _quoted(keys: list[str]) -> str:
    return ", ".join(f'"{key}"' for key in keys) + ". "


def _advice(known: Mapping[str, Any], missing: list[str], unexpected: list[str]) -> str:
    for wrapper in ("module.", "_orig_mod."):
        if unexpected and all(key.startswith(wrapper) and key[len(wrapper) :] in known for key in unexpected):
            return (
                f" The keys begin with {wrapper!r}, as a wrapper around the model has put them; to take it off, write "
                f"{{key.removeprefix({wrapper!r}): value for key, value in state_dict.items()}}"
            )
    return " To load what fits by name, write load_state_dict(..., strict=False)"


SHOWN = 1000  # parts of a model that a notebook shows at most


def _tree(root: Module, name: str) -> str:
    """Nested <details>, put together without recursion, from the last part to the first."""
    found = list(root.named_modules(remove_duplicate=False))[: SHOWN + 1]
    texts: dict[str, list[str]] = {}
    for path, module in reversed(found[:SHOWN]):
        own = [f"<li>{escape(key)} {escape(str(p.shape))}</li>" for key, p in _own_parameters(module)]
        count = sum(p.size for p in module.parameters())
        label = path.rpartition(".")[2] or name
        title = f"{escape(label)}{': ' if label else ''}<b>{escape(type(module).__name__)}</b>"
        title += f"({escape(module.extra_repr())})" + (f", {count:,} numbers" if count else "")
        below = texts.pop(path, [])
        if own or below:
            parts = "".join([*own, *(f"<li>{text}</li>" for text in reversed(below))])
            text = f"<details{' open' if not path else ''}><summary>{title}</summary><ul>{parts}</ul></details>"
        else:
            text = title
        if not path:
            more = " … and more" if len(found) > SHOWN else ""
            return text + more
        texts.setdefault(path.rpartition(".")[0], []).append(text)
    return ""
