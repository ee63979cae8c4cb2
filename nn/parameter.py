"""Parameter: a leaf Tensor that a Module owns and an optimizer changes."""

from __future__ import annotations

import copy
from typing import Any, Self

from autograd import Tensor


class Parameter(Tensor):
    """A Tensor that a Module lists among its parameters as soon as it is assigned to an attribute.

    `data` is a Tensor, whose memory is shared, or an array, a list or a number, which is copied. It is always a leaf: the
    history of `data` is left behind. Without `data` it is empty. TypeError for integers, unless `requires_grad=False`.

    >>> Parameter([[1.0, 2.0]])
    Parameter containing:
    tensor([[1., 2.]], requires_grad=True)
    """

    _name: str | None = None

    def __init__(self, data: Any = (), requires_grad: bool = True) -> None:
        if isinstance(data, Tensor):
            self._data, self._made = data.data._data, None
            if requires_grad:
                self.requires_grad_()
        else:
            super().__init__(data, requires_grad)

    @property
    def name(self) -> str | None:
        """The attribute it was assigned to, such as "weight": pictures of the graph show it."""
        return self._name

    @name.setter
    def name(self, name: str | None) -> None:
        self._name = name
        if self._made is not None:
            self._made.note("name", name)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        super().requires_grad_(requires_grad)
        if self._name is not None:
            self.name = self._name  # the node may be a new one
        return self

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        twin = super().__deepcopy__(memo)
        assert isinstance(twin, Parameter)
        twin.__setstate__(copy.deepcopy(self.__dict__, memo))
        return twin

    def __reduce__(self) -> Any:
        return *super().__reduce__(), self.__dict__

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.name = self._name
