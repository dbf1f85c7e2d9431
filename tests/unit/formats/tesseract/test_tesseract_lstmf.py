from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.errors import CharsetError, ConfigError, FormatError
from uncial.formats.tesseract import lstmf
from uncial.formats.tesseract.boxes import Box
from uncial.formats.tesseract.lstmf import Sample

SIDES = st.integers(-(2**15), 2**15 - 1)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
SAMPLES = st.builds(
    Sample,
    image=st.binary(max_size=20),
    text=TEXTS,
    boxes=st.lists(st.builds(Box, SIDES, SIDES, SIDES, SIDES), max_size=3).map(tuple),
    box_texts=st.lists(TEXTS, max_size=3).map(tuple),
    image_name=TEXTS,
    page=st.integers(-(2**31), 2**31 - 1),
    language=TEXTS,
    vertical=st.booleans(),
)
LINES = st.lists(st.none() | SAMPLES, min_size=1, max_size=4)
LINE = Sample(image=b"\x89PNG", text="Größe", boxes=(Box(0, 0, 9, 4),), box_texts=("Größe",))


@given(LINES)
def test_what_is_written_is_read(lines: list[Sample | None]) -> None:
    assert lstmf.unpack(lstmf.pack(lines)) == tuple(lines)


def test_the_layout_of_one_line() -> None:
    text = "Größe".encode()
    head = struct.pack("<IBIi", 1, 1, 0, 0) + struct.pack("<I", 4) + b"\x89PNG"
    body = struct.pack("<II", 0, len(text)) + text + struct.pack("<I4h", 1, 0, 0, 9, 4)
    tail = struct.pack("<II", 1, len(text)) + text + b"\0"
    assert lstmf.pack([LINE]) == head + body + tail


def test_other_byte_order() -> None:
    data = struct.pack(">IBIiI", 1, 1, 0, 3, 0) + struct.pack(">III", 0, 1, ord("a") << 24)[:9]
    data += struct.pack(">I4hIB", 1, 1, 2, 3, 4, 0, 0)
    (sample,) = lstmf.unpack(data)
    assert sample == Sample(image=b"", text="a", page=3, boxes=(Box(1, 2, 3, 4),))


def test_every_truncation_is_refused() -> None:
    data = lstmf.pack([LINE, None])
    for end in range(len(data)):
        with pytest.raises(FormatError):
            lstmf.unpack(data[:end])
    with pytest.raises(FormatError, match="bytes too many"):
        lstmf.unpack(data + b"\0")


def test_what_cannot_be_written() -> None:
    with pytest.raises(ConfigError, match="32768 does not fit"):
        lstmf.pack([Sample(image=b"", text="a", boxes=(Box(0, 0, 32768, 1),))])
    with pytest.raises(CharsetError, match="UTF-8"):
        lstmf.pack([Sample(image=b"", text="\ud800")])


def test_damage_is_named() -> None:
    data = bytearray(lstmf.pack([LINE]))
    data[4] = 2
    with pytest.raises(FormatError, match="2 where a line begins with 0 or 1"):
        lstmf.unpack(bytes(data))
    data[4], data[-1] = 1, 7
    with pytest.raises(FormatError, match="7 where a line ends in 0 or 1"):
        lstmf.unpack(bytes(data))
    with pytest.raises(FormatError, match="ground truth that is not UTF-8"):
        lstmf.unpack(lstmf.pack([LINE]).replace("ö".encode(), b"\xff\xff", 1))


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 255)), min_size=1, max_size=5))
def test_damaged_files_are_read_or_refused(changes: list[tuple[int, int]]) -> None:
    data = bytearray(lstmf.pack([LINE, None, LINE]))
    for at, value in changes:
        data[at % len(data)] = value
    with contextlib.suppress(FormatError):
        lstmf.unpack(bytes(data))


@given(st.binary(max_size=80))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        lstmf.unpack(data)
