"""Tesseract's unicharset: the units a model reads and writes, with their properties.

Layout: UTF-8 text. The first line is the decimal number of entries N; the next N lines are the
entries, the line number from 0 being the id (`uncial.formats.tesseract.unichar`). Tesseract
reads lines of at most 255 bytes and ignores what follows the last entry.

Text is encoded by the first parse that a depth-first search finds when it tries shorter units
first. Strings are cleaned before: U+0640 is deleted, U+FB01 and U+FB02 become two letters.
A file whose own entries are not clean, or could be spelled with the entries before them, is of
the old style: look-ups in it are not cleaned.

Source: tesseract 5.x ``src/ccutil/unicharset.{h,cpp}``.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Self

from uncial.errors import CharsetError, FormatError, UnencodableText
from uncial.formats.tesseract import unichar
from uncial.formats.tesseract.unichar import MAX_LINE, MAX_TEXT, SPECIALS, Unichar

UNDELIMITED = frozenset({"Han", "Hangul", "Hiragana", "Katakana", "Thai"})
"""Scripts whose words stand without spaces."""
INVALID = -1
"""The id of what the set does not have."""

_CLEAN = str.maketrans({"\u0640": "", "\ufb01": "fi", "\ufb02": "fl"})
_COUNT = re.compile(rb"\s*\+?(\d{1,9})(?!\d)")
_UNFIT = re.compile(r"[\x00 \t-\r\ud800-\udfff]")  # white space of C, halves of surrogate pairs
_AGAIN = "copy the file again, or extract it from the model with `combine_tessdata -u`"


@dataclass(frozen=True, kw_only=True)
class Unicharset:
    """An ordered set of units; the position is the id.

    Attributes:
        entries: The units.
        rest: Bytes of the file behind the last entry's line.

    Invariant:
        ``unpack(data).pack() == data`` where the first line is the bare number and the last
        entry's line ends in a line feed.

    Raises:
        CharsetError: Two entries have the same text, or a text is empty, holds white space
            or is too long.
    """

    entries: tuple[Unichar, ...]
    rest: bytes = b""

    def __post_init__(self) -> None:
        seen: dict[str, int] = {}
        for at, entry in enumerate(self.entries):
            problem = _flaw(entry, seen)
            if problem:
                raise CharsetError(
                    f"unicharset entry {at}, {entry.text!r}, {problem}",
                    remedy="list every unit once, without white space, in at most "
                    f"{MAX_TEXT} bytes of UTF-8",
                )
            seen[entry.text] = at

    @classmethod
    def unpack(cls, data: bytes, name: str = "unicharset") -> Self:
        """Read a file's bytes.

        Args:
            data: The whole file or component.
            name: What it is, for messages.

        Raises:
            FormatError: The count or a line cannot be read, or an entry is repeated.
        """
        heading, at = _line(data, 0)
        count = _COUNT.match(heading)
        if count is None:
            raise FormatError(f"{name}: no number of entries", offset=0, remedy=_AGAIN)
        size = int(count[1])
        if size > len(data) - at:
            problem = f"{name}: {size} entries announced, {len(data) - at} bytes left"
            raise FormatError(problem, offset=0, remedy=_AGAIN)
        entries = []
        seen: dict[str, int] = {}
        for number in range(size):
            line, stop = _line(data, at)
            entry = _entry(line, number, size, seen)
            if isinstance(entry, str):
                shown = line[:60].decode("utf-8", errors="replace")
                problem = f"{name}: entry {number} of {size}, {shown!r}, {entry}"
                raise FormatError(problem, offset=at, remedy=_AGAIN)
            entries.append(entry)
            seen[entry.text] = number
            at = stop
        return cls(entries=tuple(entries), rest=data[at:])

    def pack(self, *, decimal: bool = False) -> bytes:
        """The text of the set; lines that were read are kept where nothing in them changed.

        Args:
            decimal: Write properties of new lines in decimal, as Tesseract 5 does by mistake.
        """
        size = len(self.entries)
        lines = [str(size).encode()]
        for at, entry in enumerate(self.entries):
            kept = entry.line and unichar.parse(entry.line, at, size) == entry
            lines.append(entry.line if kept else unichar.render(entry, decimal=decimal))
        return b"\n".join([*lines, self.rest])

    @classmethod
    def of(cls, texts: Iterable[str], *, special: bool = True) -> Self:
        """A set of bare units, without properties.

        Units that can be spelled with those before them are left out, as Tesseract does.

        Args:
            texts: Units in the order they shall have.
            special: Begin with the space, ``Joined`` and ``|Broken|0|1``.

        Raises:
            CharsetError: A unit is empty, holds white space or is too long.
        """
        names = dict.fromkeys(SPECIALS if special else ())
        longest = max(map(len, names), default=0)
        for text in texts:
            cleaned = clean(text)
            if cleaned and parse(cleaned, names, longest)[1] < len(cleaned):
                names[cleaned] = None
                longest = max(longest, len(cleaned))
        return cls(entries=tuple(Unichar(text=text, normed=text) for text in names))

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def has_special_codes(self) -> bool:
        """Whether the set begins as those that Tesseract makes, with a unit for the null."""
        return len(self.entries) > 2 and self.entries[2].text == SPECIALS[2]

    @property
    def null_id(self) -> int:
        """The unit that stands for the null character; the size where none does."""
        return 2 if self.has_special_codes else len(self.entries)

    @cached_property
    def old_style(self) -> bool:
        """Whether look-ups are not cleaned."""
        known: dict[str, None] = {}
        longest = 0
        for entry in self.entries:
            text = entry.text
            if clean(text) != text or (text != " " and parse(text, known, longest)[1] == len(text)):
                return True
            known[text] = None
            longest = max(longest, len(text))
        return False

    def id_of(self, text: str) -> int:
        """The id of a unit, -1 if the set has none."""
        return self._ids.get(text if self.old_style else clean(text), INVALID)

    def encode(self, text: str) -> list[int]:
        """The ids of a text.

        Raises:
            UnencodableText: Some part is not in the set; it names the first.
        """
        cleaned = clean(text)
        ids, reach = self.parse(cleaned)
        if reach < len(cleaned):
            raise UnencodableText(
                [cleaned[reach]], where=f"{text[:60]!r}, cleaned, at character {reach + 1}"
            )
        return ids

    def parse(self, text: str) -> tuple[list[int], int]:
        """The ids of the longest beginning of a text, not cleaned, and where it ends."""
        units, reach = parse(text, self._ids, self._longest)
        return [self._ids[unit] for unit in units], reach

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids."""
        return "".join(self.entries[at].text for at in ids)

    def is_alpha(self, at: int) -> bool:
        """Whether a unit has the property of a letter."""
        return bool(self.entries[at].props & unichar.ALPHA)

    def is_digit(self, at: int) -> bool:
        """Whether a unit has the property of a digit."""
        return bool(self.entries[at].props & unichar.DIGIT)

    def is_punctuation(self, at: int) -> bool:
        """Whether a unit has the property of punctuation."""
        return bool(self.entries[at].props & unichar.PUNCTUATION)

    def space_delimited(self, at: int) -> bool:
        """Whether words of a unit's script stand between spaces; true of the id -1."""
        return at == INVALID or self.entries[at].script not in UNDELIMITED

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {entry.text: at for at, entry in enumerate(self.entries)}

    @cached_property
    def _longest(self) -> int:
        return max((len(entry.text) for entry in self.entries), default=0)


def clean(text: str) -> str:
    """Text without tatweel, and with two letters for the ligatures fi and fl."""
    return text.translate(_CLEAN)


def fits(text: str) -> bool:
    """Whether a unicharset can hold a text: not empty, no white space, not too long."""
    return bool(text) and not _UNFIT.search(text) and len(text.encode()) <= MAX_TEXT


def parse(text: str, units: Container[str], longest: int) -> tuple[list[str], int]:
    """Cut a text into units, shorter ones first, backtracking where that leads nowhere.

    Args:
        text: What to cut.
        units: Container of the units.
        longest: Code points of the longest unit.

    Returns:
        The units of the first parse that reaches furthest, and the position it reaches.
    """
    path = [0]  # positions of the parse that is being tried
    best = [0]  # and of the one that reached furthest
    step = [1]  # next length to try at each of them
    dead: set[int] = set()  # positions that were tried in vain
    while path and path[-1] < len(text):
        at, length = path[-1], step[-1]
        if length > longest or at + length > len(text):
            if at > best[-1]:
                best = path.copy()
            dead.add(at)
            path.pop()
            step.pop()
            continue
        step[-1] += 1
        stop = at + length
        if stop not in dead and text[at:stop] in units:
            path.append(stop)
            step.append(1)
    best = path or best
    return [text[start:stop] for start, stop in pairwise(best)], best[-1]


def _line(data: bytes, at: int) -> tuple[bytes, int]:
    """The line at a position without its end, and where the next begins."""
    stop = data.find(b"\n", at)
    if stop < 0:
        return data[at:], len(data)
    return data[at:stop], stop + 1


def _entry(line: bytes, at: int, size: int, seen: dict[str, int]) -> Unichar | str:
    """The entry of a line, or what is wrong with it."""
    if len(line) >= MAX_LINE:
        return f"has {len(line) + 1} bytes; {MAX_LINE} are read"
    try:
        entry = unichar.parse(line, at, size)
    except UnicodeDecodeError:
        return "is not UTF-8"
    if entry is None:
        return "is not a unit and its properties"
    return _flaw(entry, seen) or entry


def _flaw(entry: Unichar, seen: dict[str, int]) -> str:
    """What is wrong with an entry behind those seen; nothing: an empty string."""
    if entry.text in seen:
        return f"is entry {seen[entry.text]} again"
    if entry.text != " " and not fits(entry.text):
        return f"is empty, holds white space, or has more than {MAX_TEXT} bytes"
    return ""
