from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from bad_lines import bomb
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from uncial.formats.lines import cutting
from uncial.formats.lines.base import RawLine, open_source
from uncial.formats.lines.pairs import PAIRS
from uncial.text.order import display_order

WIDTH, HEIGHT = 120, 90  # px


def page(seed: int = 0) -> Image.Image:
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8))


def read(folder: Path, boxes: str | bytes, image: Image.Image | None = None) -> list[RawLine]:
    """Lines of ``p.png`` with a box file."""
    folder.mkdir(parents=True, exist_ok=True)
    (image or page()).save(folder / "p.png")
    data = boxes.encode() if isinstance(boxes, str) else boxes
    (folder / "p.box").write_bytes(data)
    return list(open_source(folder))


def pixels(line: RawLine) -> np.ndarray:
    assert line.image is not None
    return np.asarray(Image.open(io.BytesIO(line.image)))


def whole(*texts: str) -> str:
    return "".join(f"{text} 0 0 {WIDTH} {HEIGHT} 0\n" for text in texts)


END = "\t 120 90 121 91 0\n"


@pytest.mark.parametrize(
    "boxes",
    [whole(*"ab c") + END, f"WordStr 0 0 {WIDTH} {HEIGHT} 0 #ab c\n{END}", whole(*"ab c")],
)
def test_a_line_image_is_taken_as_it_is(tmp_path: Path, boxes: str) -> None:
    (line,) = read(tmp_path, boxes)
    assert (line.line_id, line.text) == ("p", "ab c")
    assert line.image == (tmp_path / "p.png").read_bytes()
    assert line.source == str(tmp_path / "p.png")
    assert line.path == f"{tmp_path}/p"
    assert not line.faults


def test_each_line_of_a_page_is_cut_out(tmp_path: Path) -> None:
    boxes = (
        "a 10 60 20 80 0\nb 25 62 40 84 0\n\t 41 60 45 80 0\n"
        "\n"
        "WordStr 10 20 100 40 0 #second line\n\t 101 20 105 40 0\n"
    )
    first, second = read(tmp_path, boxes)
    whole_page = np.asarray(page())
    assert (first.line_id, first.text, first.page) == ("p#1", "ab", "p")
    np.testing.assert_array_equal(pixels(first), whole_page[2:34, 6:44])
    assert (second.line_id, second.text, second.page) == ("p#2", "second line", "p")
    np.testing.assert_array_equal(pixels(second), whole_page[46:74, 6:104])
    assert second.source == f"{tmp_path / 'p.png'}: p.box, line 5"


def test_pages_of_a_tiff_have_their_own_lines(tmp_path: Path) -> None:
    pages = [page(1), page(2)]
    pages[0].save(tmp_path / "t.tif", save_all=True, append_images=pages[1:])
    box = "{} 10 20 100 40 {}\n"
    (tmp_path / "t.box").write_text(box.format("a", 0) + box.format("b", 1) + box.format("c", 2))
    lines = list(open_source(tmp_path))
    assert [(line.text, line.page) for line in lines] == [("a", "t#1"), ("b", "t#2"), ("c", "t#3")]
    for line, image in zip(lines, pages, strict=False):
        np.testing.assert_array_equal(pixels(line), np.asarray(image)[46:74, 6:104])
    assert [fault.code for fault in lines[2].faults] == ["missing-image"]


def test_text_comes_as_it_was_typed(tmp_path: Path) -> None:
    typed = "النفس 18"
    (line,) = read(tmp_path, whole(*display_order(typed)) + END)
    assert line.text == typed


@pytest.mark.parametrize(
    ("bad", "code", "said"),
    [
        (b"x 10 60 40\n", "bad-box", "p.box, line 3: no four whole numbers behind 'x'"),
        (b"x 40 60 10 80 0\n", "bad-box", "p.box, line 3: the box is inside out"),
        (b"x 10 60.5 40 80 0\n", "bad-box", "p.box, line 3"),
        (b"\xfc 10 60 40 80 0\n", "wrong-encoding", "p.box, line 3: not UTF-8"),
        (b"x 200 60 240 80 0\n", "box-outside", "p.box, line 3: 'x' at 200 60 240 80; the image"),
        (b"x 10 -50 40 -10 0\n", "box-outside", "120 × 90 px"),
        (b"x 10 60 130 80 0\n", "box-beyond-edge", "p.box, line 3: 'x' at 10 60 130 80; the"),
        (b"x 10 60 10 80 0\n", "bad-box", "enclose nothing"),
    ],
)
def test_a_bad_box_costs_its_own_line_only(
    tmp_path: Path, bad: bytes, code: str, said: str
) -> None:
    good = b"WordStr 10 20 100 40 0 #%b\n\t 101 20 105 40 0\n"
    lines = read(tmp_path, good % b"first" + bad + b"\t broken\n" + good % b"last")
    assert [line.text for line in lines[::2]] == ["first", "last"]
    assert not lines[0].faults + lines[2].faults
    (fault,) = lines[1].faults
    assert fault.code == code
    assert said in fault.detail
    assert (lines[1].image is None) == (code != "box-beyond-edge")


def test_only_some_of_many_bad_boxes_are_named(tmp_path: Path) -> None:
    (line,) = read(tmp_path, "nothing\n" * 1000)
    assert len(line.faults) == 6
    assert line.faults[-1].detail.endswith("and more of its boxes")


def test_lines_that_no_tab_separates_are_told_of(tmp_path: Path) -> None:
    rows = "a 10 60 60 80 0\nb 10 20 40 40 0\n"
    (line,) = read(tmp_path / "rows", rows)
    assert [fault.code for fault in line.faults] == ["boxes-run-together"]
    assert "p.box, line 2" in line.faults[0].detail
    column = "a 10 60 30 80 0\nb 10 30 30 50 0\nc 10 5 30 25 0\n"
    (line,) = read(tmp_path / "column", column)
    assert (line.text, line.faults) == ("abc", ())
    (line,) = read(tmp_path / "marks", "w 10 20 40 40 0\n' 41 33 45 40 0\n, 45 16 50 24 0\n")
    assert (line.text, line.faults) == ("w',", ())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no-text-line"),
        (b"\t 0 0 1 1 0\n\n", "no-text-line"),
        ("a 0 0 1 1 0".encode("utf-16"), "wrong-encoding"),
        (b"\0\0\0", "wrong-encoding"),
    ],
)
def test_a_box_file_without_lines_is_a_bad_line(tmp_path: Path, data: bytes, code: str) -> None:
    (line,) = read(tmp_path, data)
    assert [fault.code for fault in line.faults] == [code]
    assert "p.box" in line.faults[0].detail


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA", "CMYK", "I;16", "I", "F"])
def test_any_kind_of_image_is_cut(tmp_path: Path, mode: str) -> None:
    image = page().convert(mode) if mode != "I;16" else page().convert("I").convert("I;16")
    image.save(tmp_path / "p.tif") if mode != "P" else image.save(tmp_path / "p.png")
    (tmp_path / "p.box").write_text("a 10 20 100 40 0\n")
    (line,) = open_source(tmp_path)
    assert pixels(line).shape[:2] == (28, 98)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<html>", "unreadable-image"),
        (b"\x89PNG\r\n\x1a\n", "unreadable-image"),
        (b"cut", "truncated-image"),
        (b"", "unreadable-image"),
    ],
)
def test_images_that_cannot_be_used_are_told_of(tmp_path: Path, data: bytes, code: str) -> None:
    page().save(tmp_path / "p.png")
    if data == b"cut":
        data = (tmp_path / "p.png").read_bytes()[:2000]
    (tmp_path / "p.png").write_bytes(data)
    (tmp_path / "p.box").write_text("a 10 20 100 40 0\n\t 0 0 1 1 0\nb 10 60 100 80 0\n")
    lines = list(open_source(tmp_path))
    assert [line.text for line in lines] == ["a", "b"]
    assert [[fault.code for fault in line.faults] for line in lines] == [[code], [code]]


def test_images_that_are_too_large_are_not_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "p.box").write_text("a 10 20 100 40 0\n")
    (tmp_path / "p.png").write_bytes(bomb())
    (line,) = open_source(tmp_path)
    assert [fault.code for fault in line.faults] == ["decompression-bomb"]
    monkeypatch.setattr(cutting, "MAX_PAGE_PIXELS", WIDTH * HEIGHT - 1)
    page().save(tmp_path / "p.png")
    (line,) = open_source(tmp_path)
    assert line.faults == (("decompression-bomb", "p.png: 120 × 90 px"),)


def test_boxes_count_only_beside_an_image(tmp_path: Path) -> None:
    (tmp_path / "p.box").write_text("a 10 20 100 40 0\n")
    assert not PAIRS.recognizes(tmp_path)
    page().save(tmp_path / "q.nrm.png")
    (tmp_path / "q.box").write_text("a 10 20 100 40 0\n")
    assert PAIRS.recognizes(tmp_path)
    lines = {line.line_id: line for line in open_source(tmp_path)}
    assert lines["q"].text == "a"
    assert lines["p"].image is lines["p"].text is None


def test_a_text_of_its_own_is_preferred(tmp_path: Path) -> None:
    (tmp_path / "p.gt.txt").write_text("typed")
    (line,) = read(tmp_path, whole("a"))
    assert line.text == b"typed"


@given(data=st.binary(max_size=200) | st.text("ab\t -0123456789#\n", max_size=200).map(str.encode))
def test_any_box_file_is_lines(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    lines = read(tmp_path_factory.mktemp("garbage"), data)
    assert lines
    assert all(line.faults or (line.image and line.text) for line in lines)
