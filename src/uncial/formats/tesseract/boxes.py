"""Box files (``.box``): where characters, words or lines stand on a page image.

Layout: UTF-8, one box a line, blank lines between them skipped::

    TEXT left bottom right top [page]             TEXT up to the first space or tab
    WordStr left bottom right top page #TEXT      TEXT to the end of the line, with spaces

The first character is taken as it comes, so a line may begin with the space or tab it is about.
A tab stands for the end of a text line. Pixels count from the lower left corner of the image;
right and top lie outside the box.

Three usages are common: a box for every character and space (``makebox``), the box of the whole
line for each of its characters (``lstmbox``, tesstrain), and ``WordStr`` lines.

Source: tesseract 5.x ``src/ccstruct/boxread.cpp``; tesstrain ``generate_line_box.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from uncial.errors import CharsetError, FormatError
from uncial.text.graphemes import graphemes

END_OF_LINE = "\t"
"""Text of the box that ends a text line."""

_MARK = b"\xef\xbb\xbf"  # byte order mark
_WORD_STRING = "WordStr"
_ENTRY = re.compile(r"(?P<text>.[^ \t]*)[ \t](?P<rest>.*)", re.DOTALL)
_NUMBER = r"([+-]?\d{1,9})"
_SPACE = r"[ \t\v\f]+"
_PLACE = re.compile(
    rf"[ \t\v\f]*{_NUMBER}{_SPACE}{_NUMBER}{_SPACE}{_NUMBER}{_SPACE}{_NUMBER}"
    rf"(?:{_SPACE}{_NUMBER})?(?![^ \t\v\f])",
    re.ASCII,
)
_UNWRITABLE = re.compile("[\0\r\n]")
_REMEDY = "write each line as: TEXT left bottom right top page"


class Box(NamedTuple):
    """A rectangle in px from the lower left corner; `right` and `top` lie outside."""

    left: int
    bottom: int
    right: int
    top: int


@dataclass(frozen=True, slots=True)
class BoxEntry:
    """One line of a box file.

    Attributes:
        text: What stands there: a grapheme, a word, a text line, or `END_OF_LINE`.
        box: Where it stands.
        page: Number of the page image in its file, from 0.
    """

    text: str
    box: Box
    page: int = 0


class BoxLine(NamedTuple):
    """A line of a box file as found.

    Attributes:
        number: Its place in the file, from 1.
        found: What it says, or why it says nothing.
        ends: Whether it is there to end a text line, even if it cannot be read.
    """

    number: int
    found: BoxEntry | FormatError
    ends: bool


def scan(data: bytes, name: str = "box file") -> Iterator[BoxLine]:
    """Read line after line, so that those beside a bad one are not lost with it.

    Args:
        data: The whole file.
        name: What it is, for messages.
    """
    at = 0
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.rstrip(b"\r"):
            found = _found(line, f"{name}, line {number}", at)
            yield BoxLine(number, found, line.removeprefix(_MARK).startswith(b"\t"))
        at += len(line) + 1


def unpack(data: bytes, name: str = "box file") -> tuple[BoxEntry, ...]:
    """Read a file's bytes.

    Args:
        data: The whole file.
        name: What it is, for messages.

    Raises:
        FormatError: A line is not UTF-8, lacks coordinates, or its box is inside out.
    """
    entries = []
    for _, found, _ in scan(data, name):
        if isinstance(found, FormatError):
            raise found
        entries.append(found)
    return tuple(entries)


def pack(entries: Iterable[BoxEntry]) -> bytes:
    """The bytes of a file; texts with spaces in them become ``WordStr`` lines.

    Raises:
        CharsetError: A text is empty, or has a line break in it.
    """
    return "".join(_line(entry) for entry in entries).encode()


def line_entries(graphemes: Iterable[str], width: int, height: int) -> tuple[BoxEntry, ...]:
    """What tesstrain writes for the image of one line: its box for each grapheme.

    Args:
        graphemes: The ground truth, one string per box; spaces are graphemes too.
        width: Of the image, px.
        height: Of the image, px.
    """
    whole = Box(0, 0, width, height)
    end = Box(width, height, width + 1, height + 1)
    return (*(BoxEntry(one, whole) for one in graphemes), BoxEntry(END_OF_LINE, end))


def line_text(text: str, width: int, height: int, *, page: int = 0, words: bool = False) -> str:
    """The lines of a box file for the image of one text line, to be corrected and trained on.

    Args:
        text: What the line says; may be empty.
        width: Of the image, px.
        height: Of the image, px.
        page: Number of the image in its file.
        words: One ``WordStr`` line instead of a line for each grapheme.
    """
    end = BoxEntry(END_OF_LINE, Box(width, height, width + 1, height + 1), page)
    if words:
        return f"{_WORD_STRING} 0 0 {width} {height} {page} #{text}\n{_line(end)}"
    whole = Box(0, 0, width, height)
    boxes = [BoxEntry(one, whole, page) for one in graphemes(text)]
    return "".join(_line(entry) for entry in (*boxes, end))


def text_lines(entries: Iterable[BoxEntry], page: int = 0) -> tuple[BoxEntry, ...]:
    """The text lines of a page: texts joined as they are, boxes united, up to each tab.

    Args:
        entries: A whole box file.
        page: The page that counts.
    """
    lines = []
    pending: list[BoxEntry] = []
    for entry in entries:
        if entry.page != page:
            continue
        if entry.text != END_OF_LINE:
            pending.append(entry)
        elif pending:
            lines.append(joined(pending))
            pending = []
    if pending:
        lines.append(joined(pending))
    return tuple(lines)


def joined(entries: Sequence[BoxEntry]) -> BoxEntry:
    """One text line of its boxes: their texts as they are, the box around them.

    Args:
        entries: At least one.
    """
    boxes = [entry.box for entry in entries]
    return BoxEntry(
        "".join(entry.text for entry in entries),
        Box(
            min(box.left for box in boxes),
            min(box.bottom for box in boxes),
            max(box.right for box in boxes),
            max(box.top for box in boxes),
        ),
        entries[0].page,
    )


def _found(line: bytes, where: str, at: int) -> BoxEntry | FormatError:
    try:
        return _entry(line, where, at)
    except FormatError as error:
        return error


def _entry(line: bytes, where: str, at: int) -> BoxEntry:
    try:
        text = line.decode("utf-8-sig").rstrip("\r")
    except UnicodeDecodeError as problem:
        remedy = "save the file as UTF-8"
        raise FormatError(f"{where}: not UTF-8", offset=at, remedy=remedy) from problem
    parts = _ENTRY.fullmatch(text)
    label, rest = (parts["text"], parts["rest"]) if parts else (text, "")
    hashed = label == _WORD_STRING and "#" in rest
    numbers, _, words = rest.partition("#") if hashed else (rest, "", "")
    place = _PLACE.match(numbers)
    if place is None:
        lack = f"{where}: no four whole numbers behind {label[:20]!r}"
        raise FormatError(lack, offset=at, remedy=_REMEDY)
    box = Box(*(int(place[side]) for side in range(1, 5)))
    if box.right < box.left or box.top < box.bottom:
        raise FormatError(
            f"{where}: the box is inside out: {line[:60]!r}", offset=at, remedy=_REMEDY
        )
    return BoxEntry(words if hashed else label, box, int(place[5] or 0))


def _line(entry: BoxEntry) -> str:
    text = entry.text
    if not text or _UNWRITABLE.search(text):
        raise CharsetError(
            f"the text {text!r} cannot stand in a box file",
            remedy="make one entry of each text line, without line breaks",
        )
    place = " ".join(map(str, (*entry.box, entry.page)))
    if re.search("[ \t]", text[1:]) or text == _WORD_STRING or text.startswith("\ufeff"):
        return f"{_WORD_STRING} {place} #{text}\n"
    return f"{text} {place}\n"
