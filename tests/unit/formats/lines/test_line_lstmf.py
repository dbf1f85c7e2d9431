from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.formats.lines.base import RawLine, open_source
from uncial.formats.lines.listing import SplitLists
from uncial.formats.tesseract import lstmf
from uncial.formats.tesseract.lstmf import Sample
from uncial.text.order import display_order


def write(path: Path, *texts: str | None) -> Path:
    """A file whose images are the texts themselves; None is a missing line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = [None if text is None else Sample(image=text.encode(), text=text) for text in texts]
    path.write_bytes(lstmf.pack(samples))
    return path


def codes(line: RawLine) -> list[str]:
    return [fault.code for fault in line.faults]


def test_a_folder_of_files_is_a_source(tmp_path: Path) -> None:
    write(tmp_path / "b" / "x_line_2.lstmf", "two")
    write(tmp_path / "a.lstmf", "one", "more")
    reader = open_source(tmp_path)
    assert reader.total() == 3
    lines = list(reader)
    assert [(line.line_id, line.text, line.image) for line in lines] == [
        ("a#1", "one", b"one"),
        ("a#2", "more", b"more"),
        ("b/x_line_2", "two", b"two"),
    ]
    assert [(line.page, line.document) for line in lines] == [
        ("a", tmp_path.name),
        ("a", tmp_path.name),
        ("x", "b"),
    ]
    assert lines[1].source == f"{tmp_path / 'a.lstmf'}: line 2"
    assert lines[2].source == str(tmp_path / "b" / "x_line_2.lstmf")


def test_text_comes_as_it_was_typed(tmp_path: Path) -> None:
    typed = "النفس 18"
    (line,) = open_source(write(tmp_path / "a.lstmf", display_order(typed)))
    assert line.text == typed


def test_lists_name_files_and_all_their_lines(tmp_path: Path) -> None:
    write(tmp_path / "lines" / "a.lstmf", "one", "more")
    write(tmp_path / "lines" / "b.lstmf", "two")
    (tmp_path / "list.eval").write_text("lines/a.lstmf\nlines/gone.lstmf\n")
    found = list(open_source(tmp_path / "list.eval"))
    assert [(line.line_id, line.split, codes(line)) for line in found] == [
        ("lines/a#1", "validation", []),
        ("lines/a#2", "validation", []),
        ("lines/gone", "", ["not-found"]),
    ]
    (tmp_path / "list.train").write_text("/elsewhere/lines/b.lstmf\n")
    lists = SplitLists.beside(tmp_path / "lines")
    assert lists is not None
    splits = {line.line_id: lists.lookup(line) for line in open_source(tmp_path / "lines")}
    assert splits == {"a#1": ("validation",), "a#2": ("validation",), "b": ("train",)}


def test_a_file_is_read_where_half_of_its_pair_is_gone(tmp_path: Path) -> None:
    for stem in "abc":
        write(tmp_path / f"{stem}.lstmf", "sample")
    (tmp_path / "a.gt.txt").write_text("pair")
    (tmp_path / "a.png").write_bytes(b"image")
    (tmp_path / "b.gt.txt").write_text("pair")
    (tmp_path / "c.png").write_bytes(b"image")
    texts = {line.line_id: line.text for line in open_source(tmp_path)}
    assert texts == {"a": b"pair", "b": "sample", "c": "sample"}


def test_lines_before_the_damage_are_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "a.lstmf", "one", "two", "three")
    path.write_bytes(path.read_bytes()[:-30])
    lines = list(open_source(path))
    assert [line.text for line in lines] == ["one", "two", None]
    (fault,) = lines[-1].faults
    assert fault.code == "unreadable-lstmf"
    assert fault.detail.startswith("a.lstmf: ")
    assert "after 2 of 3 lines" in fault.detail


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (b"", "unreadable-lstmf", "a.lstmf"),
        (b"<html>404</html>", "unreadable-lstmf", "at byte 0"),
        (lstmf.pack([]), "no-text-line", "a.lstmf holds 0 lines"),
        (lstmf.pack([None]), "unreadable-lstmf", "line 1 is missing"),
    ],
)
def test_files_without_a_line_are_bad_lines(
    tmp_path: Path, data: bytes, code: str, said: str
) -> None:
    (tmp_path / "a.lstmf").write_bytes(data)
    (line,) = open_source(tmp_path)
    assert line.image is line.text is None
    assert [(fault.code, said in fault.detail) for fault in line.faults] == [(code, True)]


def test_bytes_that_are_no_text_stay_with_their_line(tmp_path: Path) -> None:
    path = write(tmp_path / "a.lstmf", "good", "gr@n", "fine")
    path.write_bytes(path.read_bytes().replace(b"gr@n", b"gr\xfcn"))
    assert [line.text for line in open_source(path)] == ["good", "gr\udcfcn", "fine"]


@given(texts=st.lists(st.text("aé क", min_size=1), max_size=5), cut=st.integers(0, 300))
def test_a_file_cut_anywhere_gives_its_first_lines(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], cut: int
) -> None:
    path = write(tmp_path_factory.mktemp("cut") / "a.lstmf", *texts)
    data = path.read_bytes()
    path.write_bytes(data[:cut])
    lines = list(open_source(path))
    good = [line.text for line in lines if not line.faults]
    assert good == texts[: len(good)]
    assert len(lines) - len(good) == (cut < len(data) or not texts)
