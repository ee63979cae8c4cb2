"""How a picture looks, as data: a theme says which colours and shapes each kind of box, frame and arrow has.

What is learned, given, computed, kept for the derivative, and the result are told apart by shape as much as by colour.
"""

from __future__ import annotations

from dataclasses import dataclass

SHAPES = {
    "leaf": {"shape": "box", "style": "filled", "penwidth": "1.6"},
    "data": {"shape": "note", "style": "filled"},
    "operation": {"shape": "box", "style": "filled,rounded"},
    "saved": {"shape": "folder", "style": "filled"},
    "result": {"shape": "box", "style": "filled,rounded", "peripheries": "2"},
    "fold": {"shape": "box", "style": "filled,rounded,dashed"},
}


@dataclass(frozen=True)
class Theme:
    """Colours: of the page, of text, and by kind of box (inside, border); frames from the outside in."""

    page: str
    ink: str
    faint: str
    gradient: str
    alarm: str
    arrow: str
    frame: str
    shades: tuple[str, ...]
    boxes: dict[str, tuple[str, str]]
    changes: dict[str, str]  # what is added, removed, changed between two graphs
    warm: str  # of the box that takes the most time

    @property
    def styles(self) -> dict[str, dict[str, str]]:
        """Graphviz's attributes of each kind of box."""
        return {kind: {**SHAPES[kind], "fillcolor": a, "color": b} for kind, (a, b) in self.boxes.items()}

    @property
    def graph(self) -> dict[str, str]:
        spaces = {"newrank": "true", "nodesep": "0.2", "ranksep": "0.35"}
        return {**spaces, "bgcolor": self.page, "fontname": "Helvetica", "fontsize": "10", "fontcolor": self.faint}

    @property
    def node(self) -> dict[str, str]:
        sizes = {"margin": "0.09,0.05", "height": "0.36", "width": "0.4"}
        return {**sizes, "fontname": "Helvetica", "fontsize": "12", "fontcolor": self.ink}

    @property
    def edge(self) -> dict[str, str]:
        sizes = {"arrowsize": "0.6", "fontname": "Helvetica-Bold", "fontsize": "11", "labeldistance": "1.6"}
        return {**sizes, "labelangle": "25", "color": self.arrow, "fontcolor": self.ink}

    @property
    def cluster(self) -> dict[str, str]:
        places = {"style": "filled,rounded", "labeljust": "l", "labelloc": "t", "margin": "9"}
        return {**places, "color": self.frame, "fontcolor": self.faint}

    def heat(self, part: float) -> str:
        """The colour of a box that takes this part of the longest time: from the page's colour to `warm`."""
        ends = zip(*(bytes.fromhex(colour[1:]) for colour in (self.boxes["operation"][0], self.warm)))
        return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in ends)


LIGHT = Theme(
    page="#ffffff",
    ink="#1f2933",
    faint="#7b8794",
    gradient="#8e3aa8",
    alarm="#d0021b",
    arrow="#8a94a0",
    frame="#cbd2d9",
    shades=("#f5f7fa", "#edf0f4", "#e4e8ee"),
    boxes={
        "leaf": ("#fff0d9", "#d98324"),
        "data": ("#e4f0fb", "#4a8cc7"),
        "operation": ("#ffffff", "#7b8794"),
        "saved": ("#f3e8f8", "#9b59b6"),
        "result": ("#e0f5e7", "#2f9e5f"),
        "fold": ("#eef0f3", "#7b8794"),
    },
    changes={"added": "#1a8f4b", "removed": "#b3261e", "changed": "#b26a00"},
    warm="#ff9d5c",
)
DARK = Theme(
    page="#14181d",
    ink="#e8edf2",
    faint="#93a1b0",
    gradient="#d79bec",
    alarm="#ff6b6b",
    arrow="#7f8c99",
    frame="#3a4550",
    shades=("#1a2027", "#212932", "#29323d"),
    boxes={
        "leaf": ("#46331a", "#e39a45"),
        "data": ("#1b3448", "#5ba3df"),
        "operation": ("#262f38", "#8492a0"),
        "saved": ("#3b2a45", "#b985d0"),
        "result": ("#1c4029", "#4fbf7f"),
        "fold": ("#2e3741", "#8492a0"),
    },
    changes={"added": "#4fd18b", "removed": "#ff7a70", "changed": "#f0b04f"},
    warm="#a34a12",
)
THEMES = {"light": LIGHT, "dark": DARK}
