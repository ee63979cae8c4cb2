"""What the book needs beside its pages: the reference, written from the docstrings, and links that stay inside it.

mkdocs calls the functions `on_…`; mkdocstrings makes `Docstrings` from the name in mkdocs.yml.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import griffe
from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parent.parent
PARTS = {
    "autograd": ("The engine", "tensor transforms scalar function functions op loops compiler/compiled compiler/trace memory "
                               "anomaly modes profiling random linalg fft graph"),
    "drawing": ("Pictures and explanations", "drawing/picture drawing/explanation drawing/reasons"),
    "testing": ("Testing", "testing/blame testing/differences testing/laws testing/strategies testing/course/grading"),
    "nn": ("Layers, losses, data", ""),
    "optim": ("Optimizers and training", ""),
}  # fmt: skip


def modules(part: str) -> list[str]:
    """The names of the modules of a part of the reference: those that are listed, or all of the package."""
    listed = PARTS[part][1].split()
    if listed:
        return ["autograd." + name.replace("/", ".") for name in listed]
    files = sorted((ROOT / part).rglob("*.py"))
    return [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files if not path.stem.startswith("_")]


def on_files(files: Any, config: Any) -> Any:
    for part, (title, _) in PARTS.items():
        text = f"# {title}\n\n" + "\n\n".join(f"::: {name}" for name in modules(part)) + "\n"
        files.append(File.generated(config, f"reference/{part}.md", content=text))
    return files


def on_config(config: Any) -> Any:
    """The pages of the reference come last."""
    config.nav.append({"Reference": [{title: f"reference/{part}.md"} for part, (title, _) in PARTS.items()]})
    return config


def on_page_markdown(markdown: str, **_: Any) -> str:
    """A link to a file of the project that is not in the book is its name."""
    return re.sub(r"\[([^\]]+)\]\(\.\./[^)]*\)", r"\1", markdown)


class Docstrings(griffe.Extension):
    """Docstrings as Markdown: examples and lists of parameters keep their lines."""

    def on_instance(self, *, obj: Any, **_: Any) -> None:
        if obj.docstring is not None and not obj.is_alias:
            obj.docstring.value = marked(obj.docstring.value)


def marked(docstring: str) -> str:
    found = []
    for paragraph in re.split(r"\n\s*\n", docstring):
        lines = paragraph.strip("\n").splitlines()
        if lines and lines[0].lstrip().startswith(">>>"):
            found.append("```pycon\n" + paragraph.strip("\n") + "\n```")
        elif lines and (re.match(r"\s*\S.*?\S? {2,}\S", lines[0]) or lines[0].startswith("    ")):
            found.append("```text\n" + paragraph.strip("\n") + "\n```")
        else:
            found.append(paragraph)
    return "\n\n".join(found)
