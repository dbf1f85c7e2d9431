"""One entry of a Tesseract unicharset, and the line of text it is written as.

Layout of a line, columns separated by single spaces::

    TEXT PROPS RANGES SCRIPT OTHER_CASE DIRECTION MIRROR NORMED<TAB># comment

    TEXT        at most 30 bytes without white space; NULL stands for the space
    PROPS       sum of 1 alpha, 2 lower, 4 upper, 8 digit, 16 punctuation; read as hexadecimal
    RANGES      lowest and highest bottom, lowest and highest top (0 to 255), then width,
                its deviation, bearing, its deviation, advance, its deviation
    SCRIPT      name of a Unicode script, or NULL
    OTHER_CASE  id of the same letter in the other case; MIRROR that of the mirrored sign
    DIRECTION   number of a Unicode bidirectional class as ICU counts them
    NORMED      the text as dictionaries see it

The line of the space ends after OTHER_CASE. Tesseract 5 writes PROPS in decimal although it
reads hexadecimal, so its own files say 16 for punctuation and mean 22; we write hexadecimal
unless asked for the same. Older versions left out columns; their lines are read too.

Source: tesseract 5.x ``src/ccutil/unicharset.{h,cpp}``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

ALPHA, LOWER, UPPER, DIGIT, PUNCTUATION = 1, 2, 4, 8, 16
MAX_TEXT = 30
"""Bytes of UTF-8 that one entry may have."""
JOINED, BROKEN = "Joined", "|Broken|0|1"
MAX_LINE = 255
"""Bytes of a line that Tesseract reads, its end included."""
SPECIALS = (" ", JOINED, BROKEN)
"""First entries of every set that Tesseract makes; models carry them, outputs never do."""
OPEN_BOX = (0, 255, 0, 255)
NO_STATISTICS = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

_INT = rb"\s*+[+-]?+\d{1,9}+(?!\d)"
_FLOAT = rb"\s*+[+-]?+(?>\d{1,8}+\.?+\d{0,40}+|\.\d{1,40}+)(?:[eE][+-]?+[0-2]?\d)?+(?!\d)"
_BOX = rb"(?P<box>%b)" % rb"\s*,".join([_INT] * 4)
_RANGES = rb"%b\s*,(?P<statistics>%b)" % (_BOX, rb"\s*,".join([_FLOAT] * 6))
_SCRIPT = rb"\s*+(?P<script>[^\s,]{1,62}+)(?!\S)"
_OTHER = rb"(?P<other>%b)" % _INT
_DIRECTION = rb"(?P<direction>%b)(?P<mirror>%b)" % (_INT, _INT)
_NORMED = rb"\s*+(?P<normed>\S{1,62}+)"
_HEAD = re.compile(rb"\s*(\S+)\s*\+?(?:0[xX])?([0-9a-fA-F]{1,8})")
_TAILS = tuple(
    re.compile(b"".join(columns))
    for columns in (
        (_RANGES, _SCRIPT, _OTHER, _DIRECTION, _NORMED),
        (_RANGES, _SCRIPT, _OTHER, _DIRECTION),
        (_BOX, _SCRIPT, _OTHER, _DIRECTION),
        (_BOX, _SCRIPT, _OTHER),
        (_SCRIPT, _OTHER),
        (_SCRIPT, rb"\s*+(?P<junk>\S?)"),
        (rb"\s*+\Z",),
    )
)
_FRAGMENT = re.compile(r"\|([^|]+)\|(\d+)([|n])(\d+)")


@dataclass(frozen=True, kw_only=True)
class Unichar:
    """One unit that text is made of, with its properties.

    Attributes:
        text: The unit itself.
        props: Sum of ALPHA, LOWER, UPPER, DIGIT and PUNCTUATION, as Tesseract reads it.
        script: Name of a Unicode script, or ``"NULL"``.
        other_case: Id of the letter in the other case, else the entry's own.
        direction: Bidirectional class, 0 left to right, 1 right to left, 13 Arabic letter.
        mirror: Id of the mirrored sign, else the entry's own.
        normed: The text as dictionaries see it.
        box: Lowest and highest bottom, lowest and highest top, 0 to 255.
        statistics: Width, bearing and advance, each with its deviation.
        line: The line it was read from, without its end.
    """

    text: str
    props: int = 0
    script: str = "NULL"
    other_case: int = 0
    direction: int = 0
    mirror: int = 0
    normed: str = ""
    box: tuple[int, int, int, int] = OPEN_BOX
    statistics: tuple[float, ...] = NO_STATISTICS
    line: bytes = field(default=b"", compare=False, repr=False)


def parse(line: bytes, at: int, size: int) -> Unichar | None:
    """The entry a line describes, None where it describes none.

    Args:
        line: Without its end.
        at: Id of the entry, its default for the other case and the mirror.
        size: Entries of the set; greater ids stand for the entry itself.

    Raises:
        UnicodeDecodeError: A name in it is not UTF-8.
    """
    head = _HEAD.match(line)
    if head is None:
        return None
    matches = (pattern.match(line, head.end()) for pattern in _TAILS)
    tail = next((match for match in matches if match), None)
    if tail is None:
        return None
    given = {name: value for name, value in tail.groupdict().items() if value is not None}
    token = head[1].decode("utf-8")
    text = " " if token == "NULL" else token
    return Unichar(
        text=text,
        props=int(head[2], 16) & 31,
        script=given.get("script", b"NULL").decode("utf-8"),
        other_case=_known(given.get("other", b"0" if given.get("junk") else None), at, size),
        direction=int(given.get("direction", 0)),
        mirror=_known(given.get("mirror"), at, size),
        normed=given["normed"].decode("utf-8", errors="ignore") if "normed" in given else text,
        box=_box(given.get("box")),
        statistics=_statistics(given.get("statistics")),
        line=line,
    )


def render(entry: Unichar, *, decimal: bool = False) -> bytes:
    """The line of an entry, as Tesseract 5 writes it but for the base of PROPS.

    A comment that would make the line too long to be read is left out.

    Args:
        entry: What to write.
        decimal: Write PROPS in decimal, as Tesseract 5 does by mistake.
    """
    if entry.text == " ":
        return f"NULL {entry.props:x} {entry.script} {entry.other_case}".encode()
    props = f"{entry.props:d}" if decimal else f"{entry.props:x}"
    ranges = ",".join([*map(str, entry.box), *(f"{value:g}" for value in entry.statistics)])
    ids = f"{entry.other_case} {entry.direction} {entry.mirror}"
    columns = f"{entry.text} {props} {ranges} {entry.script} {ids} {entry.normed}\t# "
    line = f"{columns}{_comment(entry)}".encode()
    return line if len(line) < MAX_LINE else columns.rstrip().encode()


def single(value: float) -> float:
    """A number as it is after a visit to single precision."""
    return float(np.float32(value))


def _known(value: bytes | None, at: int, size: int) -> int:
    """An id of the set, or the entry's own."""
    found = at if value is None else int(value)
    return found if 0 <= found < size else at


def _box(value: bytes | None) -> tuple[int, int, int, int]:
    if value is None:
        return OPEN_BOX
    low, high, bottom, top = (min(max(int(part), 0), 255) for part in value.split(b","))
    return low, high, bottom, top


def _statistics(value: bytes | None) -> tuple[float, ...]:
    if value is None:
        return NO_STATISTICS
    return tuple(single(float(part)) for part in value.split(b","))


def _comment(entry: Unichar) -> str:
    """What Tesseract says of an entry: text, code points and a letter for each property."""
    fragment = _FRAGMENT.fullmatch(entry.text)
    if fragment:
        return fragment[1] if int(fragment[4]) == 1 else entry.text
    points = "".join(f"{ord(point):x} " for point in entry.text)
    letter = "a" if entry.props & LOWER else "A" if entry.props & UPPER else "x"
    marks = [letter if entry.props & ALPHA else "", "0" if entry.props & DIGIT else ""]
    marks.append("p" if entry.props & PUNCTUATION else "")
    return f"{entry.text} [{points}]{''.join(marks)}"
