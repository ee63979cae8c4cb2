"""Running Graphviz: the system's `dot` where there is one, else the embedded one of the extra [draw]."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

MISSING = (
    "drawing needs Graphviz: `pip install 'chainrule[draw]'` brings an embedded one, or install your system's package "
    "`graphviz`; picture.source and picture.save('graph.dot') work without it"
)
DOTS = {"png": (144, 72), "pdf": (288, 96)}  # to the inch, on a screen and in print; in small and in large pictures
LARGE = 150  # edges


def rendered(source: str, form: str) -> bytes:
    """DOT source as svg, png or pdf. RuntimeError if there is no Graphviz, or none that can draw this."""
    said = MISSING
    for program, embedded in _programs():
        options = [f"-T{form}"]
        dots = DOTS.get(form, (72, 72))[source.count(" -> ") >= LARGE]
        if form == "png":
            options.append(f"-Gdpi={dots}")
        if embedded and form == "pdf":  # which it does not write
            options = ["-Tjpg", f"-Gdpi={dots}"]
        done = subprocess.run([program, *options], input=source.encode(), capture_output=True, check=False)
        if done.returncode == 0 and done.stdout:
            return _page(done.stdout, 72 / dots) if options[0] == "-Tjpg" else done.stdout
        said = (
            f"{program} could not draw the graph: {done.stderr.decode(errors='replace').strip() or 'no reason given'}"
        )
    raise RuntimeError(said)


def _programs() -> Iterator[tuple[str, bool]]:
    """(program, whether it is the embedded one): those that are here, in the order in which to try them."""
    system = shutil.which("dot")
    if system is not None:
        yield system, False
    beside = [sysconfig.get_path("scripts"), str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    embedded = shutil.which("graphviz-pure", path=os.pathsep.join(beside))
    if embedded is not None:
        yield embedded, True


def _page(jpeg: bytes, points: float) -> bytes:
    """A PDF of one page that shows this picture, which PDF can hold as it is, so many points to the pixel."""
    width, height = _size(jpeg)
    content = b"q %.2f 0 0 %.2f 0 0 cm /Picture Do Q" % (width * points, height * points)
    box = b"[0 0 %.2f %.2f]" % (width * points, height * points)
    image = b"/Type /XObject /Subtype /Image /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox "
        + box
        + b" /Contents 4 0 R /Resources << /XObject << /Picture 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        b"<< %b /Width %d /Height %d /Length %d >>\nstream\n%b\nendstream" % (image, width, height, len(jpeg), jpeg),
    ]
    page, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(page))
        page += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return page + end % (len(objects) + 1, table, len(objects) + 1, len(page))


def _size(jpeg: bytes) -> tuple[int, int]:
    """Width and height in pixels: they stand in the segment that begins the frame."""
    place = 2
    while not 0xC0 <= jpeg[place + 1] <= 0xC2:
        place += 2 + int.from_bytes(jpeg[place + 2 : place + 4])
    return int.from_bytes(jpeg[place + 7 : place + 9]), int.from_bytes(jpeg[place + 5 : place + 7])
