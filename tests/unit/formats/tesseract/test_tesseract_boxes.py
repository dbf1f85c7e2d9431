from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.errors import CharsetError, FormatError
from uncial.formats.tesseract import boxes
from uncial.formats.tesseract.boxes import Box, BoxEntry

CHARACTERS = st.characters(codec="utf-8", exclude_characters="\0\r\n")


@st.composite
def entries(draw: st.DrawFn) -> BoxEntry:
    left, bottom, width, height = (draw(st.integers(0, 9999)) for _ in range(4))
    text = draw(st.text(CHARACTERS, min_size=1, max_size=6))
    return BoxEntry(text, Box(left, bottom, left + width, bottom + height), draw(st.integers(0, 9)))


@given(st.lists(entries(), max_size=5))
def test_what_is_written_is_read(found: list[BoxEntry]) -> None:
    assert boxes.unpack(boxes.pack(found)) == tuple(found)


@pytest.mark.parametrize(
    ("line", "text", "page"),
    [
        ("T 1 2 3 4 5", "T", 5),
        ("T 1 2 3 4", "T", 0),
        ("T\t1 2 3 4 0", "T", 0),
        ("T 1 2 3 4 0 more", "T", 0),
        ("T  1 2  3 4 0 \r", "T", 0),
        ("  1 2 3 4 0", " ", 0),
        ("\t 1 2 3 4 0", "\t", 0),
        ("\t\t1 2 3 4 0", "\t", 0),
        ("q\u0301 1 2 3 4 0", "q\u0301", 0),
        ("# 1 2 3 4 0", "#", 0),
        ("\u00a0 1 2 3 4 0", "\u00a0", 0),
        ("\ufeffT 1 2 3 4 0", "T", 0),
        ("WordStr 1 2 3 4 6 #two words # 3", "two words # 3", 6),
        ("WordStr 1 2 3 4 #no page", "no page", 0),
        ("WordStr 1 2 3 4 0 no text", "WordStr", 0),
    ],
)
def test_accepted_forms(line: str, text: str, page: int) -> None:
    assert boxes.unpack(f"{line}\n".encode()) == (BoxEntry(text, Box(1, 2, 3, 4), page),)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("T", "no four whole numbers behind 'T'"),
        ("T 1 2 3", "no four whole numbers"),
        ("T 1 2 3.5 4", "no four whole numbers"),
        ("T 1 2 3 4x", "no four whole numbers"),
        ("T 1 2 3 99999999999", "no four whole numbers"),
        ("T 3 2 1 4", "inside out"),
        ("T 1 4 3 2", "inside out"),
    ],
)
def test_damage_is_named(line: str, message: str) -> None:
    with pytest.raises(FormatError, match=rf"a\.box, line 3: .*{message}") as caught:
        boxes.unpack(f"a 1 2 3 4\n\n{line}\n".encode(), "a.box")
    assert caught.value.offset == 11


def test_bytes_must_be_utf8() -> None:
    with pytest.raises(FormatError, match="line 1: not UTF-8"):
        boxes.unpack(b"\xff 1 2 3 4")


@pytest.mark.parametrize("text", ["", "a\nb", "a\0", "a\r"])
def test_what_cannot_be_written(text: str) -> None:
    with pytest.raises(CharsetError, match="cannot stand in a box file"):
        boxes.pack([BoxEntry(text, Box(0, 0, 1, 1))])


def test_the_box_file_of_a_line_image() -> None:
    found = boxes.line_entries(["a", " ", "b"], 30, 10)
    assert boxes.pack(found) == b"a 0 0 30 10 0\n  0 0 30 10 0\nb 0 0 30 10 0\n\t 30 10 31 11 0\n"
    assert boxes.text_lines(found) == (BoxEntry("a b", Box(0, 0, 30, 10)),)


def test_text_lines_of_a_page() -> None:
    data = b"a 1 5 2 9 0\nb 3 4 6 8 0\nz 0 0 9 9 1\n\t 6 4 7 8 0\n\t 6 4 7 8 0\nc 0 0 1 1 0\n"
    found = boxes.text_lines(boxes.unpack(data))
    assert found == (BoxEntry("ab", Box(1, 4, 6, 9)), BoxEntry("c", Box(0, 0, 1, 1)))
    assert [line.text for line in boxes.text_lines(boxes.unpack(data), page=1)] == ["z"]


@given(st.binary(max_size=60))
def test_arbitrary_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        boxes.unpack(data)


@given(st.text(st.sampled_from("aW#19 \t\r\n-.\ufeff"), max_size=30))
def test_nearly_right_lines_are_read_or_refused(text: str) -> None:
    with contextlib.suppress(FormatError):
        boxes.unpack(f"{text}\nWordStr {text}".encode())
