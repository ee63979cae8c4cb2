"""The course kit: good work obeys every law, and each mistake that students make breaks one, which says what the matter is.

A mistake is one edit of a good solution: what stands there, what a student writes, and a word of the message that it has to get.
"""

import subprocess
import sys

import pytest

from autograd.testing import course

GOOD = {
    "scalar": """
import math


class Scalar:
    def __init__(self, data, inputs=()):
        self.data = float(data)
        self.grad = 0.0
        self.inputs = inputs  # pairs (node, derivative)

    @staticmethod
    def lift(x):
        return x if isinstance(x, Scalar) else Scalar(x)

    def __add__(self, other):
        other = Scalar.lift(other)
        return Scalar(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = Scalar.lift(other)
        return Scalar(self.data * other.data, ((self, other.data), (other, self.data)))

    def __pow__(self, n):
        return Scalar(self.data**n, ((self, n * self.data ** (n - 1) if n else 0.0),))

    def tanh(self):
        t = math.tanh(self.data)
        return Scalar(t, ((self, 1 - t * t),))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -Scalar.lift(other)

    def __rsub__(self, other):
        return Scalar.lift(other) - self

    def __truediv__(self, other):
        return self * Scalar.lift(other) ** -1

    def __rtruediv__(self, other):
        return Scalar.lift(other) / self

    __radd__ = __add__
    __rmul__ = __mul__

    def backward(self):
        order, seen, to_do = [], set(), [(self, False)]
        while to_do:
            node, done = to_do.pop()
            if done:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                to_do.append((node, True))
                to_do.extend((x, False) for x, _ in node.inputs)
        self.grad = 1.0
        for node in reversed(order):
            for x, derivative in node.inputs:
                x.grad += node.grad * derivative
""",
    "unbroadcast": """
import numpy as np


def unbroadcast(g, shape):
    leading = g.ndim - len(shape)
    axes = tuple(range(leading)) + tuple(leading + i for i, n in enumerate(shape) if n == 1)
    return g.sum(axes, keepdims=True).reshape(shape) if axes else g.copy()
""",
    "matmul": """
import numpy as np


def reduce(g, shape):
    g = g.sum(tuple(range(g.ndim - len(shape))))
    return g.sum(tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True).reshape(shape)


def matmul_backward(g, A, B):
    row, column = A.ndim == 1, B.ndim == 1
    a = A[None] if row else A
    b = B[:, None] if column else B
    if column:
        g = g[..., None]
    if row:
        g = g[..., None, :]
    dA = g @ b.swapaxes(-1, -2)
    dB = a.swapaxes(-1, -2) @ g
    return reduce(dA, a.shape).reshape(A.shape), reduce(dB, b.shape).reshape(B.shape)
""",
    "softmax": """
import numpy as np


class Softmax:
    def forward(self, z):
        e = np.exp(z - z.max(axis=-1, keepdims=True))
        self.y = e / e.sum(axis=-1, keepdims=True)
        return self.y.copy()

    def backward(self, g):
        y = self.y
        return y * (g - (g * y).sum(axis=-1, keepdims=True))
""",
    "cross_entropy": """
import numpy as np


def cross_entropy(z, t):
    z = z - z.max(axis=-1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=-1, keepdims=True)
    rows = np.arange(len(t))
    cost = np.mean(np.log(total[:, 0]) - z[rows, t])
    gradient = e / total
    gradient[rows, t] -= 1
    return cost, gradient / len(t)
""",
    "momentum": """
import numpy as np


class Momentum:
    def __init__(self, parameters, lr, momentum):
        self.parameters = list(parameters)
        self.lr, self.momentum = lr, momentum
        self.velocities = [np.zeros_like(p.data) for p in self.parameters]

    def step(self):
        for i, p in enumerate(self.parameters):
            if p.grad is None:
                continue
            self.velocities[i] = self.momentum * self.velocities[i] - self.lr * p.grad
            p.data += self.velocities[i]
""",
}

MISTAKES = [
    # exercise, what stands there, what a student writes, a word of the message
    ("scalar", "x.grad += node.grad", "x.grad = node.grad", "add up"),
    ("scalar", "x.grad += node.grad * derivative", "x.grad += derivative", "the gradient of"),
    ("scalar", "1 - t * t)", "1 - t)", "tanh"),
    ("scalar", "((self, other.data), (other, self.data))", "((self, self.data), (other, other.data))", "x \\* y"),
    ("scalar", "n * self.data ** (n - 1) if n else 0.0", "self.data ** (n - 1)", "by hand"),
    ("scalar", "n * self.data ** (n - 1) if n else 0.0", "n * self.data ** n / self.data", "Zero|0.0"),
    ("scalar", "__radd__ = __add__", "", "TypeError"),
    ("scalar", "return Scalar.lift(other) - self", "return self - other", "b - a"),
    ("scalar", "return Scalar.lift(other) / self", "return self / other", "so with /"),
    ("scalar", "elif node not in seen:", "else:", "sort the nodes"),
    ("scalar", "for node in reversed(order)", "for node in order", "gradient"),
    ("scalar", "to_do.pop()", "to_do.pop(0)", "gradient"),
    ("scalar", "        self.grad = 1.0\n        for", "        for", "gradient"),
    ("scalar", "self.grad = 1.0\n        for", "[setattr(n, 'grad', 0.0) for n in order]\n        self.grad = 1.0\n        for", "backward adds"),
    (
        "scalar",
        "order, seen, to_do = [], set(), [(self, False)]\n        while to_do:\n            node, done = to_do.pop()\n            if done:\n                order.append(node)\n"
        "            elif node not in seen:\n                seen.add(node)\n                to_do.append((node, True))\n                to_do.extend((x, False) for x, _ in node.inputs)\n",
        "order, seen = [], set()\n        def visit(node):\n            if node not in seen:\n                seen.add(node)\n                for x, _ in node.inputs:\n"
        "                    visit(x)\n                order.append(node)\n        visit(self)\n",
        "RecursionError",
    ),
    ("scalar", "t = math.tanh(self.data)\n", "raise NotImplementedError\n", "not written"),
    ("unbroadcast", " + tuple(leading + i for i, n in enumerate(shape) if n == 1)", "", "keepdims|repeated along the first"),
    ("unbroadcast", "tuple(leading + i for", "tuple(i for", "unbroadcast|reshape|duplicate"),
    ("unbroadcast", "tuple(range(leading)) + ", "", "keepdims|repeated along the first"),
    ("unbroadcast", "return g.sum(axes, keepdims=True).reshape(shape)", "return g.sum(axes)", "keepdims"),
    ("unbroadcast", "g.copy()", "g", "share memory"),
    ("unbroadcast", "g.sum(axes, keepdims=True)", "g.mean(axes, keepdims=True)", "unbroadcast"),
    ("unbroadcast", "g.sum(axes, keepdims=True)", "g.sum(axes, keepdims=True, dtype=float)", "float32"),
    ("unbroadcast", "    leading = ", "    g += 1\n    leading = ", "unbroadcast"),
    ("unbroadcast", "    leading = ", "    if not shape:\n        return float(g.flat[0])\n    leading = ", "sum|leading"),
    ("unbroadcast", "    leading = g.ndim - len(shape)", "    leading = 0 if g.shape[: len(shape)] == shape else g.ndim - len(shape)", "leading ones"),
    ("matmul", "g @ b.swapaxes(-1, -2)", "g @ b", "matmul|ValueError|transposed"),
    ("matmul", "b.swapaxes(-1, -2)", "b.T", "axes|matmul"),
    ("matmul", "a.swapaxes(-1, -2)", "a.T", "axes|matmul"),
    ("matmul", "dB = a.swapaxes(-1, -2) @ g", "dB = (g.swapaxes(-1, -2) @ a)", "dB|reshape"),
    ("matmul", "dB = a.swapaxes(-1, -2) @ g", "dB = g.swapaxes(-1, -2) @ a if a.shape[-1] == g.shape[-1] else a.swapaxes(-1, -2) @ g", "which factor"),
    ("matmul", "reduce(dA, a.shape).reshape(A.shape)", "dA.reshape(A.shape)", "reshape|sum"),
    ("matmul", "reduce(dB, b.shape).reshape(B.shape)", "dB[0].reshape(B.shape) if dB.ndim > b.ndim else dB.reshape(B.shape)", "sum of their|reshape"),
    ("matmul", "    if row:\n        g = g[..., None, :]\n", "", "matmul|Index|vector"),
    ("matmul", "    if column:\n        g = g[..., None]\n", "", "vector|matmul|array"),
    ("matmul", "dA = g @", "dA = g.astype(float) @", "float64"),
    ("matmul", "    row, column", "    A *= 1.0\n    row, column", "read-only"),
    ("matmul", "if n == 1)", "if n == 1 and i)", "sum of their|reshape"),
    ("softmax", " - z.max(axis=-1, keepdims=True)", "", "overflow"),
    ("softmax", "z - z.max(axis=-1, keepdims=True)", "z - z.max()", "invalid|divide|each row"),
    ("softmax", "e.sum(axis=-1, keepdims=True)", "e.sum(axis=0, keepdims=True)", "last axis"),
    ("softmax", "e.sum(axis=-1, keepdims=True)", "e.sum()", "last axis"),
    ("softmax", "e = np.exp(z - z.max(axis=-1, keepdims=True))", "z -= z.max(axis=-1, keepdims=True)\n        e = np.exp(z)", "caller"),
    ("softmax", "return y * (g - (g * y).sum(axis=-1, keepdims=True))", "return g * y * (1 - y)", "∂y_i"),
    ("softmax", "(g * y).sum(axis=-1, keepdims=True)", "g.sum(axis=-1, keepdims=True)", "backward"),
    ("softmax", "self.y = e", "Softmax.y = e", "two forward passes"),
    ("softmax", "        y = self.y\n        return", "        y = self.y\n        g *= 1.5\n        return", "backward|caller"),
    ("softmax", "(g - (g", "(g - 1.0 * np.ones(g.shape) * (g", "float32|float64"),
    ("softmax", "        y = self.y\n", "        y, self.y = self.y, None\n", "second|NoneType|backward"),
    ("cross_entropy", "gradient / len(t)", "gradient", "divided"),
    ("cross_entropy", "np.mean(np.log", "np.sum(np.log", "divided"),
    ("cross_entropy", "gradient / len(t)", "gradient / z.size", "divided|gradient"),
    ("cross_entropy", "    z = z - z.max(axis=-1, keepdims=True)\n", "", "overflow"),
    ("cross_entropy", "np.log(total[:, 0]) - z[rows, t]", "-np.log((e / total)[rows, t])", "divide by zero|largest"),
    ("cross_entropy", "gradient[rows, t] -= 1", "gradient[:, t] -= 1", "own row|gradient"),
    ("cross_entropy", "z = z - z.max", "z -= z.max", "caller"),
    ("cross_entropy", "gradient / len(t)", "gradient / np.full(z.shape, len(t))", "float64"),
    ("cross_entropy", "np.mean(", "-np.mean(", "cost"),
    ("momentum", "- self.lr * p.grad", "+ self.lr * p.grad", "against"),
    ("momentum", "- self.lr * p.grad", "- (1 - self.momentum) * self.lr * p.grad", "after one step"),
    ("momentum", "p.data += self.velocities[i]", "p.data = p.data + self.velocities[i]", "another array"),
    ("momentum", "self.velocities[i] = self.momentum * self.velocities[i] - self.lr * p.grad", "self.velocities[i] = self.momentum * self.velocities[0] - self.lr * p.grad", "one velocity|broadcast"),
    ("momentum", "            if p.grad is None:\n                continue\n", "", "TypeError"),
    ("momentum", "                continue\n", "                p.data += self.momentum * self.velocities[i]\n                continue\n", "None is not 0"),
    ("momentum", "                continue\n", "                return\n", "others go on"),
    ("momentum", "self.parameters = list(parameters)", "self.parameters = parameters", "list of them"),
    ("momentum", "p.data += self", "p.data = p.data.astype(float); p.data += self", "another array"),
    ("momentum", "            p.data += self.velocities[i]", "            p.grad *= self.lr\n            p.data += self.velocities[i]", "belongs to backward"),
    ("momentum", "self.velocities = [np.zeros_like(p.data) for p in self.parameters]", "self.velocities = Momentum.__dict__.get('kept') or [np.zeros_like(p.data) for p in self.parameters]\n        Momentum.kept = self.velocities", "state belongs|four steps"),
    (
        "momentum",
        "            self.velocities[i] = self.momentum * self.velocities[i] - self.lr * p.grad\n            p.data += self.velocities[i]",
        "            v = self.velocities[i]\n            v = self.velocities[i] = p.grad if not v.any() else np.add(self.momentum * v, p.grad)\n            p.data -= self.lr * v",
        "copy",
    ),
]  # fmt: skip


def work(exercise, source):
    names = {}
    exec(source, names)
    return names[course.exercises[exercise].wanted]


@pytest.mark.parametrize("exercise", course.exercises)
def test_good_work_obeys_every_law(exercise):
    report = course.check(exercise, work(exercise, GOOD[exercise]))
    assert report.passed, str(report)


@pytest.mark.parametrize(("exercise", "good", "bad", "word"), MISTAKES, ids=lambda text: text[:25])
def test_a_mistake_breaks_a_law_that_says_what_the_matter_is(exercise, good, bad, word):
    assert GOOD[exercise].count(good) >= 1
    with pytest.raises(AssertionError, match=word):
        course.check(exercise, work(exercise, GOOD[exercise].replace(good, bad, 1)))


@pytest.mark.parametrize("exercise", course.exercises)
def test_each_law_is_broken_by_a_mistake(exercise):
    broken = set()
    for name, good, bad, _ in MISTAKES:
        if name == exercise:
            report = course.grade(exercise, work(exercise, GOOD[exercise].replace(good, bad, 1)))
            broken |= {result.law for result in report.results if result.mistake is not None}
    assert broken == {law.__doc__ for law in course.exercises[exercise].laws}


@pytest.mark.parametrize("exercise", course.exercises)
def test_a_skeleton_is_python_that_is_not_written_yet(exercise):
    report = course.grade(exercise, work(exercise, course.skeleton(exercise)))
    assert not report.passed
    assert {result.mistake for result in report.results} == {"this part is not written yet"}


def test_work_that_is_no_function_or_for_no_exercise_is_refused():
    with pytest.raises(TypeError, match="leave out the parentheses"):
        course.grade("matmul", 3.0)
    with pytest.raises(ValueError, match="no exercise 'matmull'; there are scalar"):
        course.skeleton("matmull")


def command(*arguments, cwd):
    run = [sys.executable, "-m", "autograd.testing.course", *arguments]
    return subprocess.run(run, capture_output=True, text=True, cwd=cwd)


def test_the_command_writes_a_skeleton_and_grades_a_solution(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(course.__file__).rsplit("autograd", 1)[0])
    assert "Stacks that are broadcast." in command(cwd=tmp_path).stdout
    (tmp_path / "mine.py").write_text(command("softmax", cwd=tmp_path).stdout)
    unwritten = command("softmax", "mine.py", cwd=tmp_path)
    assert unwritten.returncode == 1
    assert unwritten.stdout.startswith("softmax: 0 of 5\n")
    (tmp_path / "mine.py").write_text(GOOD["softmax"])
    done = command("softmax", "mine.py", cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "softmax: 5 of 5")
    assert "has no Momentum" in command("momentum", "mine.py", cwd=tmp_path).stderr
    assert "cannot be read" in command("momentum", "yours.py", cwd=tmp_path).stderr
