"""Exercise `scalar`: a number that remembers how it was made, and back-propagation over the graph of such numbers."""

from __future__ import annotations

from typing import Any

from ...scalar import Scalar
from .exercise import Exercise, Wrong, expect

SKELETON = '''\
"""Back-propagation on one number at a time.

Each operation makes a new Scalar that remembers its inputs. backward() sets the derivative of this node with respect to
itself to 1 and goes back through the graph: for a node y with inputs x,

    x.grad += y.grad * dy/dx

and it goes to a node only after all nodes that use it. Gradients of leaves add up over several calls.
Graphs may be shared in many ways, and 3,000 operations deep.
"""

import math


class Scalar:
    def __init__(self, data):
        self.data = float(data)
        self.grad = 0.0

    def __add__(self, other):  # other: a Scalar or a number
        raise NotImplementedError

    def __mul__(self, other):
        raise NotImplementedError

    def __pow__(self, exponent):  # exponent: a number
        raise NotImplementedError

    def tanh(self):
        raise NotImplementedError

    # 2 + x, x - y, 1 - x, 2 * x, x / y, 2 / x and -x follow from these: write them too.

    def backward(self):
        raise NotImplementedError
'''

FORMS = {
    "x + y": lambda x, y: x + y,
    "x * y": lambda x, y: x * y,
    "x + 2": lambda x, y: x + 2,
    "2 + x": lambda x, y: 2 + x,
    "x - y": lambda x, y: x - y,
    "x - 1": lambda x, y: x - 1,
    "1 - x": lambda x, y: 1 - x,
    "x * 3": lambda x, y: x * 3,
    "3 * x": lambda x, y: 3 * x,
    "x / y": lambda x, y: x / y,
    "x / 4": lambda x, y: x / 4,
    "2 / x": lambda x, y: 2 / x,
    "-x": lambda x, y: -x,
    "x ** 3": lambda x, y: x**3,
    "x ** -1.0": lambda x, y: x**-1.0,
    "x.tanh()": lambda x, y: x.tanh(),
}
PLACES = (1.5, -0.75), (-2.0, 0.5), (0.25, 3.0)


def values(work: Any) -> None:
    """Every operation gives a node with the right value, with numbers on either side."""
    for form, f in FORMS.items():
        for x, y in PLACES:
            found = f(work(x), work(y))
            if not isinstance(found, work):
                raise Wrong(f"{form} gave {type(found).__name__}, and should give a {work.__name__}")
            expect(
                f"({form}).data at x = {x}, y = {y}",
                found.data,
                f(Scalar(x), Scalar(y)).data,
                "a - b is not b - a, and so with /",
            )


def derivatives(work: Any) -> None:
    """Every operation has the right derivative for each of its inputs."""
    for form, f in FORMS.items():
        for place in PLACES:
            x, y = map(work, place)
            f(x, y).backward()
            a, b = map(Scalar, place)
            f(a, b).backward()
            for name, found, wanted in (("x", x.grad, a.grad), ("y", y.grad, b.grad)):
                call = f"the gradient of {form} for {name} at x = {place[0]}, y = {place[1]}"
                expect(call, found, wanted or 0.0, "write the derivative down by hand for this one operation")


def chain(work: Any) -> None:
    """The chain rule: the gradient that comes from behind is passed on, times the derivative."""
    x = work(0.5)
    ((x * 3 + 1).tanh() ** 2 * 5).backward()
    a = Scalar(0.5)
    ((a * 3 + 1).tanh() ** 2 * 5).backward()
    expect("the gradient of 5 tanh²(3x + 1) at 0.5", x.grad, a.grad, "is y.grad a factor of everything that goes on?")


def used_twice(work: Any) -> None:
    """What is used twice gets both contributions."""
    for form, f, wanted in (
        ("x * x", lambda x: x * x, 3.0),
        ("x + x", lambda x: x + x, 2.0),
        ("x - x", lambda x: x - x, 0.0),
    ):
        x = work(1.5)
        f(x).backward()
        expect(f"the gradient of {form} at 1.5", x.grad, wanted, "contributions add up: += and not =")


def order(work: Any) -> None:
    """A node is gone back from only when all of its gradient has arrived."""
    for form, f in (
        ("y z + y, y = x², z = tanh y", lambda y: y * y.tanh() + y),
        ("y + (y² + y) y, y = x²", lambda y: y + (y * y + y) * y),
        ("(y² + 1) tanh y + y³, y = x²", lambda y: (y**2 + 1) * y.tanh() + y**3),
    ):
        x, a = work(0.75), Scalar(0.75)
        f(x * x).backward()
        f(a * a).backward()
        expect(
            f"the gradient of {form}, at x = 0.75",
            x.grad,
            a.grad,
            "sort the nodes so that each one comes after all that use it",
        )


def paths(work: Any) -> None:
    """A graph of 40 doublings takes 40 steps, and not 2⁴⁰."""
    x = work(1.0)
    y = x
    for _ in range(40):
        y = y + y
    y.backward()
    expect("the gradient of 2⁴⁰ x", x.grad, 2.0**40, "a node that was seen is not gone through again")


def deep(work: Any) -> None:
    """A graph may be 3,000 operations deep."""
    x = work(2.0)
    y = x
    for _ in range(3000):
        y = y + 1
    y.backward()
    expect(
        "the gradient of x + 1 + … + 1",
        x.grad,
        1.0,
        "a list of nodes that are still to do takes the place of recursion",
    )


def again(work: Any) -> None:
    """Gradients of a leaf add up over two graphs, and a graph changes no value."""
    x, y = work(3.0), work(2.0)
    (x * y).backward()
    (x + y).backward()
    expect("the gradient of x after x y and x + y, at y = 2", x.grad, 3.0, "backward adds to what is there")
    expect("x.data after two backward passes", x.data, 3.0, "backward changes gradients only")


def edges(work: Any) -> None:
    """Powers at 0 and of negative numbers."""
    for base, exponent, wanted in ((0.0, 2, 0.0), (0.0, 1, 1.0), (-2.0, 3, 12.0), (-2.0, 2, -4.0), (5.0, 0, 0.0)):
        x = work(base)
        (x**exponent).backward()
        expect(
            f"the gradient of x ** {exponent} at {base}",
            x.grad,
            wanted,
            "n xⁿ⁻¹, without a logarithm or a division by x",
        )


EXERCISE = Exercise(
    "scalar", "Scalar", SKELETON, (values, derivatives, chain, used_twice, order, paths, deep, again, edges)
)
