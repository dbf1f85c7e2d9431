"""Syllables of the Indic scripts, Sinhala and Javanese, and their parts.

Classes of code points: C consonant, V vowel, H virama, M vowel sign, P piece of one, D vowel
modifier, N nukta, v Vedic mark, Z joiner, z non-joiner, O other. A syllable is one of::

    V [D] v*
    (C [N] [H | H Z | H z | Z H])* C [N] [H z] [M [P]] [D] v* [H z]

Joiners anywhere else are dropped, and an unjoined final virama gets a non-joiner.

Source: tesseract 5.x ``src/training/unicharset/validate_indic.cpp``, ``validate_javanese.cpp``;
The Unicode Standard, chapter 12.
"""

from __future__ import annotations

from collections.abc import Container

from uncial.formats.tesseract.tape import ZWJ, ZWNJ, Tape

DEVANAGARI, BENGALI, GURMUKHI, TAMIL, TELUGU, KANNADA, MALAYALAM, SINHALA = (
    *(0x900, 0x980, 0xA00),
    *(0xB80, 0xC00, 0xC80, 0xD00, 0xD80),
)
JAVANESE = 0xA980
PAGE = 128
"""Code points of a script's block."""

_SUBSCRIPTS = frozenset({TELUGU, KANNADA, JAVANESE})
_VIRAMAS = frozenset("\u0dca\ua9c0\u1039\u17d2")
_SINHALA_MEDIALS = ("\u0dba", "\u0dbb")  # Ya, Ra
_JAVANESE_MEDIALS = ("\ua9be", "\ua9bf")
_ANUSVARA = ("\u0d02",)
_MALAYALAM_SIGNS = frozenset("\u0d00\u0d01\u0d02\u0d03\u0d70\u0d71\u0d72\u0d73")

# Last offset within the block, and the class of what lies up to it.
_INDIC = (
    *((0x03, "D"), (0x14, "V"), (0x3B, "C"), (0x3C, "N"), (0x3D, "V"), (0x4C, "M"), (0x4D, "H")),
    *((0x4F, "O"), (0x50, "V"), (0x54, "M"), (0x57, "P"), (0x5F, "C"), (0x61, "V"), (0x63, "M")),
    *((0x6F, "O"), (0x73, "D"), (0x7F, "O")),
)
_SINHALESE = (
    *((0x03, "D"), (0x19, "V"), (0x49, "C"), (0x4A, "H"), (0x5F, "M"), (0x61, "V"), (0x63, "M")),
    *((0x6F, "O"), (0x70, "C"), (0x73, "D"), (0x7F, "O")),
)
_JAVANESE = (
    *((0x03, "D"), (0x32, "C"), (0x33, "N"), (0x34, "P"), (0x39, "M"), (0x3A, "C"), (0x3D, "M")),
    *((0x3F, "N"), (0x40, "H"), (0x7F, "O")),
)
_EXCEPTIONS = {
    **dict.fromkeys("\u0bf0\u0bf1\u0bf2\u0bf3\u0970", "O"),
    **dict.fromkeys("\u09f0\u09f1\u0a72\u0a73", "C"),
    "\u0b83": "V",
}


def is_virama(point: str) -> bool:
    """Whether a sign joins consonants, in any script with a grammar."""
    return point in _VIRAMAS or ("\u0900" <= point <= "\u0dff" and ord(point) & 0x7F == 0x4D)


def is_vedic(point: str) -> bool:
    """Whether a sign is a Vedic accent."""
    return (
        "\u1cd0" <= point <= "\u1cff"
        or "\ua8e0" <= point <= "\ua8f7"
        or "\u0951" <= point <= "\u0954"
    )


def classify(point: str, block: int) -> str:
    """The class of a code point in a string of one script.

    Args:
        point: The code point.
        block: First code point of the script's block.
    """
    if block != JAVANESE and is_vedic(point):
        return "v"
    if point in (ZWNJ, ZWJ):
        return "z" if point == ZWNJ else "Z"
    offset = ord(point) - block
    if not 0 <= offset < PAGE:
        return "O"
    if point in _EXCEPTIONS:
        return _EXCEPTIONS[point]
    table = {SINHALA: _SINHALESE, JAVANESE: _JAVANESE}.get(block, _INDIC)
    return next(kind for last, kind in table if offset <= last)


def syllable(tape: Tape, block: int) -> None:
    """Read one syllable or sign.

    Raises:
        CharsetError: What comes next is none.
    """
    kind = tape.kind
    if kind == "C":
        _consonants(tape, block)
        _tail(tape, block)
    elif kind in ("V", "v"):
        tape.take()
        _modifiers(tape, _MALAYALAM_SIGNS if block == MALAYALAM else ())
    elif kind in ("Z", "z"):
        tape.at += 1
    elif kind == "O":
        tape.take()
    else:
        raise tape.malformed("no syllable begins like this")


def _consonants(tape: Tape, block: int) -> None:
    """Consonants joined by viramas, without what follows the last."""
    while True:
        _consonant(tape, block)
        joiner = ""
        if tape.point == ZWJ or (tape.point == ZWNJ and block == MALAYALAM):
            joiner = tape.point
            tape.at += 1
            if tape.done:
                return
        if tape.kind != "H":
            break
        if joiner:
            tape.output.append(joiner)
            _joined_virama(tape)
        else:
            _virama(tape, block, final=False)
        if tape.kind != "C":
            break
    tape.part(1)


def _consonant(tape: Tape, block: int) -> None:
    """One consonant with its nukta; conjuncts with the virama before it are cut."""
    tape.keep()
    output = tape.output
    if (
        tape.uncut >= 3
        and output[-1] in _medials(block)
        and is_virama(output[-3])
        and output[-2] == ZWJ
    ):
        tape.part(3)
    nukta = tape.kind == "N"
    if nukta:
        tape.keep()
    length = 2 + nukta
    if tape.uncut >= length and block in _SUBSCRIPTS and is_virama(output[-length]):
        tape.part(length)


def _joined_virama(tape: Tape) -> None:
    """A virama behind a joiner: a consonant must follow."""
    tape.take(2)
    if tape.done or tape.point in (ZWJ, ZWNJ):
        raise tape.malformed("a joiner and a virama without a second consonant")


def _virama(tape: Tape, block: int, *, final: bool) -> None:
    """A virama without a joiner before it, and the joiners behind it."""
    tape.keep()
    if tape.point == ZWJ:
        if final:
            raise tape.malformed("a joiner behind the virama of a vowel sign")
        _half_form(tape, block)
    elif final or tape.kind != "C":
        if tape.point == ZWNJ or (block == JAVANESE and not tape.done):
            tape.keep()
        elif block != JAVANESE:
            tape.output.append(ZWNJ)
        tape.part(2)


def _half_form(tape: Tape, block: int) -> None:
    """The joiner behind a virama."""
    medials = _medials(block)
    following = tape.ahead(1)[1]
    if tape.points[tape.at - 2] != medials[1] and following and following in (ZWNJ, *medials):
        tape.keep()
    else:
        tape.take(tape.uncut + 1)
    if tape.point == ZWNJ:
        if not tape.uncut or tape.output[tape.cut] != medials[1]:
            raise tape.malformed("a virama with both joiners")
        tape.take(4)


def _tail(tape: Tape, block: int) -> None:
    """What may follow the last consonant."""
    if tape.done:
        return
    if tape.kind == "M":
        tape.take()
        if tape.kind == "P" and block != JAVANESE:
            tape.take()
    while tape.kind == "P" and block == JAVANESE:
        tape.take()
    _modifiers(tape, _ANUSVARA if block == MALAYALAM else ())
    if tape.kind == "H":
        _virama(tape, block, final=True)
    tape.part(1)


def _modifiers(tape: Tape, repeatable: Container[str]) -> None:
    """A vowel modifier, another one behind those that allow it, and Vedic marks."""
    while tape.kind == "D":
        tape.take()
        if tape.output[-1] not in repeatable:
            break
    while tape.kind == "v":
        tape.take()


def _medials(block: int) -> tuple[str, str]:
    return _JAVANESE_MEDIALS if block == JAVANESE else _SINHALA_MEDIALS
