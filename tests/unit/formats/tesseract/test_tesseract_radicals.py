"""The table of radicals and strokes."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.errors import FormatError
from uncial.formats.tesseract import radicals

TABLES = st.dictionaries(
    st.integers(0, 0x10FFFF), st.lists(st.integers(0, 255), min_size=1, max_size=8).map(tuple)
)


@given(TABLES)
def test_unpack_inverts_pack(table: dict[int, tuple[int, ...]]) -> None:
    assert radicals.unpack(radicals.pack(table)) == table


@given(st.one_of(st.binary(), st.text("0123456789 #\n\r", max_size=60).map(str.encode)))
def test_arbitrary_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        table = radicals.unpack(data)
        assert radicals.unpack(radicals.pack(table)) == table


def test_comments_blank_lines_and_carriage_returns_are_skipped() -> None:
    assert radicals.unpack(b"# Han\n\n19968 1 2\r\n \n19969 0 1 7") == {
        19968: (1, 2),
        19969: (0, 1, 7),
    }


@pytest.mark.parametrize(
    "line", [b"19968", b"x 1", b"1 -1", b"1 256", b"1114112 1", b"1" + b" 1" * 9, b"1\t2"]
)
def test_refusals_name_the_line_and_its_place(line: bytes) -> None:
    with pytest.raises(FormatError, match="at byte 8") as refusal:
        radicals.unpack(b"19968 1\n" + line)
    assert refusal.value.remedy


@pytest.mark.data
def test_the_shipped_table(shared_data: Path) -> None:
    data = (shared_data / "langdata" / "radical-stroke.txt").read_bytes()
    table = radicals.unpack(data)
    assert len(table) == 21_003
    assert radicals.pack(table) == data
