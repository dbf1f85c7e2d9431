"""Codes for the units of a unicharset, shorter and fewer than one for each.

A letter is one code, a sequence of code points several. A Hangul syllable is three, its jamo; a
Han character is its radical and strokes, with a number where several share them. Numbers that
are not in use are squeezed out, and the null character comes last.

Source: tesseract 5.x ``src/ccutil/unicharcompress.cpp``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from uncial.errors import CharsetError
from uncial.formats.tesseract.unichar import SPECIALS
from uncial.formats.tesseract.unicharset import Unicharset, clean

MAX_CODE = 9
"""Codes of one unit at most."""

Code = tuple[int, ...]

_HANGUL, _LEADING, _VOWELS, _TRAILING = 0xAC00, 19, 21, 28
_JAMO = _LEADING + _VOWELS + _TRAILING
_RADIX = 29
_NULL_CODE = 1  # of the null while a table is built


def build_codes(unicharset: Unicharset, radicals: Mapping[int, Code]) -> tuple[Code, ...]:
    """The code of each unit, and of the null where it has no unit.

    Args:
        unicharset: The units.
        radicals: Codes of Han characters (`uncial.formats.tesseract.radicals`).

    Raises:
        CharsetError: A unit is too long to encode, or more single code points are in use
            than there are units.
    """
    size = len(unicharset)
    direct = {" ": 0, "": _NULL_CODE}
    room = size + (not unicharset.has_special_codes)
    repeats: Counter[int] = Counter()
    codes: list[list[int]] = []
    for at in range(max(size, unicharset.null_id + 1)):
        text = clean(unicharset.entries[at].text) if at < size else ""
        code = _composed(text, radicals, repeats, size)
        if not code:
            code = _special(at, unicharset) or _spelled(text, direct)
        if not 1 <= len(code) <= MAX_CODE or len(direct) > room:
            raise CharsetError(
                f"unicharset entry {at}, {text!r}, cannot be recoded: "
                f"{len(code)} codes (1 to {MAX_CODE}), {len(direct)} single code points in "
                f"use (up to {room})",
                remedy="use a pass-through recoder, or list the code points of this entry "
                "as units of their own",
            )
        codes.append(code)
    _separate(codes[:size], size + _JAMO)
    return _compact(codes)


def _composed(
    text: str, radicals: Mapping[int, Code], repeats: Counter[int], base: int
) -> list[int]:
    """The code of one Han character or Hangul syllable; none for other texts."""
    if len(text) != 1:
        return []
    point = ord(text)
    if point in radicals:
        key = 0
        for number in radicals[point]:
            key = key * _RADIX + number
        code = [base + _JAMO + number for number in radicals[point]]
        if repeats[key]:
            code.append(base + _JAMO + _RADIX + repeats[key])
        repeats[key] += 1
        return code
    syllable, trailing = divmod(point - _HANGUL, _TRAILING)
    leading, vowel = divmod(syllable, _VOWELS)
    if not 0 <= leading < _LEADING:
        return []
    return [base + leading, base + _LEADING + vowel, base + _LEADING + _VOWELS + trailing]


def _special(at: int, unicharset: Unicharset) -> list[int]:
    """The code of the space, the null and the special units; none for others."""
    if at == 0:
        return [0]
    if at == unicharset.null_id or (unicharset.has_special_codes and at < len(SPECIALS)):
        return [_NULL_CODE]
    return []


def _spelled(text: str, direct: dict[str, int]) -> list[int]:
    """One code per code point, in the order of first use; too long a text is not spelled."""
    if len(text) > MAX_CODE:
        return [0] * len(text)
    return [direct.setdefault(point, len(direct)) for point in text]


def _separate(codes: list[list[int]], han: int) -> None:
    """Move the codes of each position, so that those of Han do not overlap."""
    offset = 0
    for place in range(MAX_CODE):
        reached = 0
        for code in codes:
            if len(code) > place:
                reached = max(reached, code[place] - han)
                code[place] += offset
        if reached == 0:
            return
        offset += reached + 1


def _compact(codes: list[list[int]]) -> tuple[Code, ...]:
    """Squeeze out the numbers that are not in use, and put the null behind the others."""
    used = sorted({number for code in codes for number in code} - {_NULL_CODE})
    moved = {number: at for at, number in enumerate(used)} | {_NULL_CODE: len(used)}
    return tuple(tuple(moved[number] for number in code) for code in codes)
