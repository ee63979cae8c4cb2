"""Running Graphviz: which one, what it writes, and what is said where there is none."""

import re
import stat
import sys

import pytest

import autograd
from autograd import Tensor
from autograd.drawing import layout


@pytest.fixture
def drawn():
    return autograd.draw(Tensor([1.0], requires_grad=True) * 2)


def use(monkeypatch, *programs):
    """Let these be the programs there are, each (path, whether it is the embedded one)."""
    monkeypatch.setattr(layout, "_programs", lambda: iter(programs))


def program(folder, name, code):
    """A program of this name: Python with `data`, its input, and `arguments`."""
    path = folder / name
    path.write_text(
        f"#!{sys.executable}\nimport sys\narguments, data = sys.argv[1:], sys.stdin.buffer.read()\n{code}\n"
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


embedded = next((p for p in layout._programs() if p[1]), None)
needs_embedded = pytest.mark.skipif(embedded is None, reason="graphviz-pure is not installed")


def test_files_are_written_in_the_format_of_their_ending(drawn, tmp_path):
    assert drawn.save(tmp_path / "g.dot").read_text(encoding="utf-8") == drawn.source
    assert b"<svg" in drawn.save(tmp_path / "g.svg").read_bytes()
    assert drawn.save(str(tmp_path / "g.PNG")).read_bytes().startswith(b"\x89PNG")
    assert drawn.save(tmp_path / "g.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(ValueError, match=r"'g\.jpg' should be one of \.svg, \.png, \.pdf, \.dot"):
        drawn.save(tmp_path / "g.jpg")
    with pytest.raises(ValueError, match="'graph'"):
        drawn.save(tmp_path / "graph")


def test_a_notebook_shows_the_picture_by_itself(drawn):
    shown = drawn._repr_mimebundle_()
    assert "<svg" in shown["image/svg+xml"]
    assert (
        shown["text/plain"]
        == repr(drawn)
        == "<picture of a graph with 1 edges; .save('graph.svg') writes it to a file>"
    )


def test_without_graphviz_one_sentence_says_how_to_get_it_and_nothing_is_written(drawn, tmp_path, monkeypatch):
    use(monkeypatch)
    with pytest.raises(RuntimeError, match=r"pip install 'chainrule\[draw\]'.*or install your system's package"):
        drawn.save(tmp_path / "g.svg")
    assert not (tmp_path / "g.svg").exists()
    assert drawn.save(tmp_path / "g.dot").exists()
    shown = drawn._repr_mimebundle_()
    assert list(shown) == ["text/plain"]
    assert "pip install" in shown["text/plain"]


def test_the_systems_dot_comes_first(tmp_path, monkeypatch):
    mine = program(tmp_path, "dot", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    programs = list(layout._programs())
    assert programs[0] == (mine, False)
    assert programs[1:] == ([embedded] if embedded else [])


def test_the_program_gets_the_text_and_the_format(drawn, tmp_path, monkeypatch):
    use(monkeypatch, (program(tmp_path, "dot", "sys.stdout.buffer.write(repr(arguments).encode() + data)"), False))
    assert drawn.svg() == "['-Tsvg']" + drawn.source


def test_where_one_program_fails_the_next_is_asked(drawn, tmp_path, monkeypatch):
    fails = program(tmp_path, "fails", "sys.exit('no plug-ins')")
    works = program(tmp_path, "works", "print('a picture')")
    use(monkeypatch, (fails, False), (works, False))
    assert drawn.svg() == "a picture\n"
    use(monkeypatch, (fails, False))
    with pytest.raises(RuntimeError, match="fails could not draw the graph: no plug-ins"):
        drawn.svg()
    use(monkeypatch, (program(tmp_path, "silent", ""), False))
    with pytest.raises(RuntimeError, match="no reason given"):
        drawn.svg()


@needs_embedded
def test_the_embedded_program_draws_by_itself(drawn, monkeypatch):
    use(monkeypatch, embedded)
    assert "<svg" in drawn.svg()


@needs_embedded
def test_the_embedded_programs_pdf_is_a_page_of_the_size_of_the_picture(drawn, tmp_path, monkeypatch):
    use(monkeypatch, embedded)
    page = drawn.save(tmp_path / "g.pdf").read_bytes()
    places = [int(place) for place in re.findall(rb"(\d{10}) 00000 n", page)]
    assert [page[place:].split(b" obj")[0] for place in places] == [b"%d 0" % n for n in range(1, 6)]
    assert page[int(re.search(rb"startxref\n(\d+)", page)[1]) :].startswith(b"xref")
    (length,) = re.findall(rb"DCTDecode.*?/Length (\d+)", page)
    picture = page[page.index(b"\xff\xd8") :][: int(length)]
    assert picture.endswith(b"\xff\xd9")
    width, height = map(float, re.search(rb"MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", page).groups())
    in_svg = re.search(r'width="(\d+)pt" height="(\d+)pt"', drawn.svg())
    assert (width, height) == pytest.approx((int(in_svg[1]), int(in_svg[2])), abs=2)
