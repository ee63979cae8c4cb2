"""How a node reads: its operation or name, its shape, and numbers where there are few, as labels for Graphviz.

A label is a small table in Graphviz's HTML-like language. Whatever comes from outside is escaped here.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .themes import LIGHT, Theme

ROWS, COLUMNS = 4, 5  # the largest array whose numbers are written out

INFIX = {"add": "+", "subtract": "−", "multiply": "×", "divide": "÷", "matmul": "@", "remainder": "mod"}
UNARY = {"negative": "−x", "square": "x²", "absolute": "|x|", "reciprocal": "1 ÷ x", "sqrt": "√x", "cbrt": "∛x"}
PREFIX = {"maximum": "max", "minimum": "min"}
NAMES = {"power_number": "power", "getitem": "index", "soft_cross_entropy": "cross entropy"}
NAMES |= {"binary_cross_entropy_with_logits": "cross entropy"}
UNSAID = ("shape", "order", "scale", "optimize")  # keywords that say nothing new, as the shape of the result is there
RAISED = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def card(
    title: str,
    shape: Any = (),
    rows: Iterable[tuple[str, str, Any]] = (),
    remarks: Iterable[str] = (),
    theme: Theme = LIGHT,
    colour: str = "",
) -> str:
    """A label: the title, faintly the shape; lines of remarks; and a row (word, colour, array) for each value."""
    extent = "×".join(map(str, shape))
    name = f"<b>{escape(title)}</b>"
    name = f'<font color="{colour}">{name}</font>' if colour else name
    lines = [f'<tr><td colspan="2">{name}{f" {_faint(extent, theme)}" if extent else ""}</td></tr>']
    lines += [f'<tr><td colspan="2">{_faint(escape(remark), theme)}</td></tr>' for remark in remarks if remark]
    for word, ink, value in rows:
        if value is not None and small(np.shape(value)):
            numbers = _numbers(value, ink, theme)
            lines.append(f'<tr><td align="right">{_faint(word or " ", theme)}</td><td align="left">{numbers}</td></tr>')
        elif value is not None and not finite(value):
            said = f'<font color="{theme.alarm}">not finite</font>'
            lines.append(f'<tr><td align="right">{_faint(word or " ", theme)}</td><td align="left">{said}</td></tr>')
    return f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="2">{"".join(lines)}</table>>'


def finite(value: Any) -> bool:
    """Whether a number or an array is without NaN and infinity."""
    return value is None or bool(np.isfinite(value).all())


def _faint(text: str, theme: Theme) -> str:
    return f'<font color="{theme.faint}" point-size="9">{text}</font>'


def escape(text: Any) -> str:
    """Text as part of a label: nothing in it is markup, an escape sequence or invisible."""
    seen = "".join(c if c.isprintable() else " " if c.isspace() else "�" for c in str(text))
    return html.escape(seen).replace("\\", "\\\\") or " "  # as an empty element is an error


# --- Numbers ----------------------------------------------------------------------------------------------------------


def small(shape: tuple[int, ...]) -> bool:
    """Whether the numbers of an array of this shape are written out."""
    return (
        len(shape) <= 2 and all(n <= most for n, most in zip(reversed(shape), (COLUMNS, ROWS))) and math.prod(shape) > 0
    )


def _numbers(value: Any, colour: str, theme: Theme) -> str:
    """A number; a vector as a row; a matrix with its columns in line. Red if one of them is infinite or NaN."""
    array = np.asarray(value)
    colour = colour if finite(array) else theme.alarm
    if array.size == 1:
        return f'<font color="{colour}" point-size="10">{spelled(array.item())}</font>'
    rows = [[text.replace("−", "-") for text in row] for row in spelled_rows(array)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ["  ".join(text.rjust(width) for text, width in zip(row, widths)) for row in rows]
    text = "".join(f'{line}<br align="left"/>' for line in lines)
    return f'<font color="{colour}" face="Courier" point-size="10">{text}</font>'


def spelled(x: Any) -> str:
    """A number in about four digits, with a minus sign that is one."""
    text = str(x) if isinstance(x, bool | int) else f"{x + 0.0:.4g}"  # -0.0 + 0.0 is 0.0
    return text.replace("e+0", "e").replace("e-0", "e-").replace("-", "−")


def spelled_rows(array: Any) -> list[list[str]]:
    """The numbers of a matrix, row by row; a vector is one row."""
    return [[spelled(x) for x in row] for row in np.atleast_2d(array).tolist()]


# --- Operations -------------------------------------------------------------------------------------------------------


def formula(name: str, operands: Sequence[str | float | None]) -> str:
    """How an operation is written, given its operands where they are plain numbers or have a name.

    `+`, `tanh`, `1 −`, `× 2`, `x²`, `max(0, x)`; and whole where all are given: `t − y`.
    """
    known = [spelled(x) if isinstance(x, float) else x if x and len(x) <= 12 else None for x in operands]
    numbers = [isinstance(x, float) for x in operands]
    if len(known) != 2 or not (all(known) or any(numbers)):
        return UNARY.get(name) or INFIX.get(name) or NAMES.get(name, name.replace("_", " "))
    a, b = (text or "x" for text in known)
    if name in ("power", "power_number", "float_power"):
        return f"{a}{b.translate(RAISED)}" if re.fullmatch(r"−?[0-9]{1,2}", b) else f"{a} ^ {b}"
    if name in INFIX:
        return f"{known[0] or ''} {INFIX[name]} {known[1] or ''}".strip()
    return f"{PREFIX.get(name) or NAMES.get(name, name)}({a}, {b})"


def settings(keywords: Mapping[str, Any]) -> str:
    """The keywords of an operation that are set to something: `axis=0`, `[:, 1]`."""
    parts = []
    for key, value in keywords.items():
        if key == "index":
            index = value if isinstance(value, tuple) else (value,)
            parts.append(f"[{', '.join(map(_index, index))}]")
        elif key not in UNSAID and value is not None and value is not False and not (key == "ddof" and value == 0):
            single = isinstance(value, tuple) and len(value) == 1
            parts.append(f"{'' if key == 'subscripts' else key + '='}{_short(value[0] if single else value)}")
    text = ", ".join(parts)
    return text if len(text) <= 32 else f"{text[:30]} …"


def _index(part: Any) -> str:
    if isinstance(part, slice):
        bounds = ["" if p is None else _short(p) for p in (part.start, part.stop, part.step)]
        return ":".join(bounds if bounds[2] else bounds[:2])
    return "…" if part is Ellipsis else "new axis" if part is None else _short(part)


def _short(value: Any) -> str:
    shape = getattr(value, "shape", ())
    return f"{'×'.join(map(str, shape))} indices" if shape else str(value)
