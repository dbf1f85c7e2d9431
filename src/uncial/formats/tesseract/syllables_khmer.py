"""Syllables of Khmer and Myanmar, and their parts.

Khmer, in the classes C consonant or vowel, R robat, N register shifter, H coeng, M vowel sign,
P nikahit, D other signs, Z joiner, z non-joiner::

    C [R | N] (H C [R])* [[Z | z] (M | P) [P]] [D] [H C]

Myanmar: an optional kinzi, a letter, an optional stacked letter, then medials, vowel signs and
tone marks in a fixed order, all optional.

Source: tesseract 5.x ``src/training/unicharset/validate_khmer.cpp``, ``validate_myanmar.cpp``;
The Unicode Standard, chapter 16.
"""

from __future__ import annotations

from uncial.formats.tesseract import codepoints
from uncial.formats.tesseract.syllables import PAGE, is_vedic
from uncial.formats.tesseract.tape import ZWJ, ZWNJ, Tape

KHMER, MYANMAR = 0x1780, 0x1000

# Last offset within the block, and the class of what lies up to it.
_KHMER = (
    *((0x33, "C"), (0x45, "M"), (0x46, "P"), (0x48, "D"), (0x4A, "N"), (0x4B, "D"), (0x4C, "R")),
    *((0x51, "D"), (0x52, "H"), (0x7F, "O")),
)

_ASAT, _STACKER, _MEDIAL_YA, _NGA = "\u103a", "\u1039", "\u103b", "\u1004"
_MEDIALS = "\u103a\u103b\u103c\u103d\u103e\u105e\u105f\u1060\u1081\u1031"
_SIGNS_ABOVE = "\u102d\u102e\u1032"
_SIGNS_BELOW = (
    "\u102f\u1030\u1056\u1057\u1058\u1059\u1062\u1067\u1068\u1071\u1072\u1073\u1074\u1083"
    "\u1084\u1085\u1086\u109c\u109d"
)
_SIGNS_AA = "\u102b\u102c"
_FINALS = "\u1036\u1037\u1038"
_TONES = (
    "\u1038\u103a\u1063\u1064\u1069\u106a\u106b\u106c\u106d\u1087\u1088\u1089\u108a\u108b\u108c"
    "\u108d\u108f\u109a\u109b\uaa7b\uaa7c\uaa7d"
)
_LETTERS = (
    *((0x1000, 0x102A), (0x103F, 0x103F), (0x104C, 0x1055), (0x105A, 0x105D), (0x1061, 0x1061)),
    *((0x1065, 0x1066), (0x106E, 0x1070), (0x1075, 0x1081), (0x108E, 0x108E), (0xA9E0, 0xA9E4)),
    *((0xA9E7, 0xA9EF), (0xA9FA, 0xA9FE), (0xAA60, 0xAA6F), (0xAA71, 0xAA73), (0xAA7A, 0xAA7A)),
    (0xAA7E, 0xAA7F),
)
_SYMBOLS = (
    *((0x1040, 0x104F), (0x1090, 0x1099), (0x109E, 0x109F), (0xA9F0, 0xA9F9), (0xA9E6, 0xA9E6)),
    *((0xAA70, 0xAA70), (0xAA74, 0xAA79)),
)


def classify_khmer(point: str) -> str:
    """The class of a code point in a Khmer string."""
    if is_vedic(point):
        return "v"
    if point in (ZWNJ, ZWJ):
        return "z" if point == ZWNJ else "Z"
    offset = ord(point) - KHMER
    if not 0 <= offset < PAGE:
        return "O"
    return next(kind for last, kind in _KHMER if offset <= last)


def classify_myanmar(point: str) -> str:
    """The class of a code point in a Myanmar string: C letter, O symbol, s sign."""
    if codepoints.script(point) != "Myanmar" and point not in (ZWJ, ZWNJ):
        return "O"
    if _within(point, _SYMBOLS):
        return "O"
    return "C" if _within(point, _LETTERS) else "s"


def khmer_syllable(tape: Tape) -> None:
    """Read one Khmer syllable or sign.

    Raises:
        CharsetError: What comes next is none.
    """
    if tape.kind == "O":
        tape.take()
        return
    if tape.kind != "C":
        raise tape.malformed("no Khmer syllable begins like this")
    tape.take()
    if tape.kind in ("R", "N"):
        tape.take()
    while _subscript(tape):
        if tape.kind == "R":
            tape.take()
    _khmer_vowel(tape)
    if tape.kind == "D":
        tape.take()
    _subscript(tape)


def myanmar_syllable(tape: Tape) -> None:
    """Read one Myanmar syllable or sign.

    Raises:
        CharsetError: What comes next is none.
    """
    if tape.kind == "O":
        tape.take()
        return
    if [tape.ahead(steps)[1] for steps in range(3)] == [_NGA, _ASAT, _STACKER]:
        tape.keep()
        tape.keep()
        tape.take(3)
        if tape.done:
            return
    if not _within(tape.point, _LETTERS):
        raise tape.malformed("no Myanmar syllable begins like this")
    tape.take()
    if tape.point == _STACKER and _within(tape.ahead(1)[1], _LETTERS):
        tape.keep()
        tape.take(2)
    _myanmar_signs(tape)


def _myanmar_signs(tape: Tape) -> None:
    """Read the signs behind the letters of a Myanmar syllable."""
    for medial in _MEDIALS:
        if tape.point == medial:
            tape.take()
            if medial == _MEDIAL_YA:
                _optional(tape, _ASAT)
    _optional(tape, _SIGNS_ABOVE)
    _optional(tape, _SIGNS_BELOW)
    if _optional(tape, _SIGNS_AA):
        _optional(tape, _ASAT)
    for final in _FINALS:
        _optional(tape, final)
    _optional(tape, _TONES)


def _subscript(tape: Tape) -> bool:
    """Read a coeng and its letter, if they come next."""
    if tape.kind != "H" or tape.ahead(1)[0] != "C":
        return False
    tape.keep()
    tape.take(2)
    return True


def _khmer_vowel(tape: Tape) -> None:
    """Read the vowel signs of a Khmer syllable, if there are any."""
    joined = tape.kind in ("Z", "z")
    if joined:
        tape.keep()
        if tape.kind not in ("M", "P"):
            raise tape.malformed("a joiner without a vowel sign behind it")
    if tape.kind in ("M", "P"):
        piece = tape.kind == "P"
        tape.take(1 + joined)
        if tape.kind == "P" and not piece:
            tape.take()


def _optional(tape: Tape, points: str) -> bool:
    """Read one of several signs, if it comes next."""
    if not tape.done and tape.point in points:
        tape.take()
        return True
    return False


def _within(point: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    return bool(point) and any(first <= ord(point) <= last for first, last in ranges)
