"""Tesseract's ``radical-stroke.txt``: Han characters as short lists of codes.

Layout: UTF-8 text, one character a line; blank lines and lines that start with ``#`` are
skipped::

    <code point, decimal> <code> [<code> ...]

The codes stand for radical and strokes, but the recoder takes them as opaque numbers.

Source: tesseract 5.x ``src/ccutil/unicharcompress.cpp`` (reading of the table).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping

from uncial.errors import FormatError

MAX_CODES = 8
"""Codes of one character; a ninth may be added to tell equal lists apart."""
MAX_CODE = 255
"""Greatest code; the shipped table ends at 24."""

Radicals = Mapping[int, tuple[int, ...]]
"""Codes by code point."""

_LINE = re.compile(rb"\d{1,7}(?: +\d{1,3})+ *")
_SOURCE = "take radical-stroke.txt from github.com/tesseract-ocr/langdata_lstm"


def unpack(data: bytes, name: str = "radical-stroke.txt") -> dict[int, tuple[int, ...]]:
    """Read the table.

    Args:
        data: The whole file.
        name: What it is, for messages.

    Raises:
        FormatError: A line is not a list of decimal numbers within their bounds.
    """
    table = {}
    at = 0
    for line in data.split(b"\n"):
        text = line.rstrip(b"\r")
        if text.strip() and not text.startswith(b"#"):
            numbers = [int(part) for part in text.split()] if _LINE.fullmatch(text) else []
            if not _is_entry(numbers):
                raise FormatError(
                    f"{name}: {text[:40]!r} is not a code point and its codes (1 to {MAX_CODES} "
                    f"numbers up to {MAX_CODE})",
                    offset=at,
                    remedy=_SOURCE,
                )
            table[numbers[0]] = tuple(numbers[1:])
        at += len(line) + 1
    return table


def pack(table: Radicals) -> bytes:
    """The text of a table, one line a character."""
    lines = (" ".join(map(str, (point, *codes))) + "\n" for point, codes in table.items())
    return "".join(lines).encode("ascii")


def _is_entry(numbers: list[int]) -> bool:
    return (
        1 < len(numbers) <= 1 + MAX_CODES
        and numbers[0] <= sys.maxunicode
        and max(numbers[1:]) <= MAX_CODE
    )
