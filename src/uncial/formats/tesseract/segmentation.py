"""Text cut into the units of a unicharset, as Tesseract's training tools do it.

A string is brought to NFC, invisible marks and (without letters) joiners are dropped, and it is
cut by one of three modes:

1. grapheme clusters; in scripts with a virama, syllables
2. code points; in scripts with a virama, the visible parts of syllables
3. code points

In a string with characters of Devanagari to Sinhala, Khmer, Myanmar or Javanese the grammar of
the most frequent one applies; a string against its grammar, or against that of Thai, is refused.

Source: tesseract 5.x ``src/training/unicharset/normstrngs.cpp``, ``validator.cpp``,
``validate_grapheme.cpp``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from uncial.formats.tesseract import codepoints, syllables, syllables_khmer
from uncial.formats.tesseract.tape import ZWJ, ZWNJ, Tape

Mode = Literal[1, 2, 3]

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200e\u200f\ufffd"))
_OCR = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—―⁻₋−﹘﹣－", "-"),
        **dict.fromkeys("`‘’‛′「＇", "'"),
        **dict.fromkeys("“”‟″〝〞＂", '"'),
    }
)
_TALING = "\ua9ba"
_FIRST_GRAMMAR, _LAST_GRAMMAR = "\u0900", "\ua9df"
_INDEPENDENT = {  # independent vowel -> signs that would spell another vowel
    "\u0905": "\u0946\u093e\u0949\u094a\u094b\u094c",
    "\u0906": "\u0949\u094a\u094b\u094c",
    "\u0909": "\u0941",
    "\u090f": "\u0945\u0946\u0947",
    "\u093e": "\u0945\u0946\u0947\u0948",
    "\u094d": "".join(map(chr, range(0x93E, 0x94D))),
    "\u0985": "\u09be",
    "\u0c12": "\u0c55\u0c4c",
    "\u0c92": "\u0ccc",
}


def segment(text: str, mode: Mode) -> list[str]:
    """The units of a string, in order; some may be white space or empty.

    Args:
        text: One line or word.
        mode: 1 clusters, 2 parts, 3 code points.

    Raises:
        CharsetError: The text breaks a rule of its script; it names the place.
    """
    points = normalized(text)
    if not any(map(codepoints.is_letter, points)):
        points = points.replace(ZWJ, "").replace(ZWNJ, "")
    units = _cut(points, mode)
    cleaned = "".join(units)
    return units if cleaned == points else _cut(cleaned, mode)


def normalized(text: str, *, for_dictionary: bool = False) -> str:
    """Text in NFC without invisible marks.

    Args:
        text: What to normalize.
        for_dictionary: Also make all hyphens and quotes those of ASCII.
    """
    composed = unicodedata.normalize("NFC", text).translate(_INVISIBLE)
    return composed.translate(_OCR) if for_dictionary else composed


def _cut(points: str, mode: Mode) -> list[str]:
    block = _grammar(points)
    clusters = _clusters(points)
    if not block:
        return clusters if mode == 1 else [*points]
    units: list[str] = []
    for cluster in clusters:
        tape = _syllables(cluster, block)
        if mode == 1:
            units.append("".join(tape.output))
        else:
            units.extend(tape.parts if mode == 2 else tape.output)
    return units


def _grammar(points: str) -> int:
    """First code point of the block whose grammar applies, 0 for none."""
    counts: dict[int, int] = {}
    for point in points:
        script = codepoints.script(point)
        if script == "Myanmar":
            block = syllables_khmer.MYANMAR
        elif _FIRST_GRAMMAR <= point <= _LAST_GRAMMAR and script != "Common":
            block = ord(point) // syllables.PAGE * syllables.PAGE
        else:
            continue
        counts[block] = counts.get(block, 0) + 1
    # Of equals Tesseract finds the latest first, in strings of up to a dozen blocks.
    best = max(reversed(counts), key=lambda block: counts[block], default=0)
    others = (syllables_khmer.MYANMAR, syllables_khmer.KHMER, syllables.JAVANESE)
    return best if syllables.DEVANAGARI <= best <= syllables.SINHALA or best in others else 0


def _syllables(cluster: str, block: int) -> Tape:
    """One grapheme cluster read by the grammar of a script."""
    classify: Callable[[str], str] = partial(syllables.classify, block=block)
    read: Callable[[Tape], None] = partial(syllables.syllable, block=block)
    if block == syllables_khmer.KHMER:
        classify, read = syllables_khmer.classify_khmer, syllables_khmer.khmer_syllable
    elif block == syllables_khmer.MYANMAR:
        classify, read = syllables_khmer.classify_myanmar, syllables_khmer.myanmar_syllable
    tape = Tape(cluster, classify)
    while not tape.done:
        read(tape)
    return tape


def _clusters(points: Sequence[str]) -> list[str]:
    """Grapheme clusters: a sign with the marks behind it, and what joiners and viramas join."""
    tape = Tape(points, _classify)
    while not tape.done:
        start = tape.at
        last = before = " "
        kind = " "
        while not tape.done:
            _check(tape, last, kind)
            joined = (
                tape.kind in ("c", "H")
                or last == ZWJ
                or kind == "H"
                or (last == ZWNJ and before == ZWJ)
            )
            if tape.at > start and not joined:
                break
            last, before, kind = tape.point, last, tape.kind
            tape.keep()
        tape.part(tape.at - start)
    return tape.parts


def _classify(point: str) -> str:
    """H links graphemes, c combines, a space is white space, O is anything else."""
    if syllables.is_vedic(point) or point == _TALING:
        return "O"
    if codepoints.links_graphemes(point):
        return "H"
    if codepoints.is_space(point):
        return " "
    return "c" if codepoints.is_mark(point) or point in (ZWJ, ZWNJ) else "O"


def _check(tape: Tape, last: str, kind: str) -> None:
    """Refuse pairs that no text should have."""
    if kind == "H" and tape.kind == "H":
        raise tape.malformed("two viramas in a row")
    if " " in (kind, tape.kind):
        return
    if tape.point in _INDEPENDENT.get(last, ""):
        raise tape.malformed("a vowel spelled with two others")
    if _is_malformed_thai(last, tape.point):
        raise tape.malformed("a Thai vowel or tone mark out of its place")


def _is_malformed_thai(last: str, point: str) -> bool:
    """Whether Thai does not allow a pair."""
    if not "\u0e30" <= point <= "\u0e4d":
        return False
    consonant = "\u0e01" <= last <= "\u0e2e"
    tone = "\u0e48" <= last <= "\u0e4b"
    tonable = "\u0e34" <= last <= "\u0e39" or last == "\u0e31"
    leading = "\u0e40" <= last <= "\u0e44"
    allowed = True
    if "\u0e48" <= point <= "\u0e4b":
        allowed = consonant or tonable
    elif "\u0e34" <= point <= "\u0e39" or point in "\u0e31\u0e47":
        allowed = consonant
    elif point == "\u0e4c":
        allowed = consonant or last in "\u0e38\u0e34"
    elif point == "\u0e4d":
        allowed = consonant or last in "\u0e48\u0e49"
    elif point in "\u0e30\u0e32\u0e33":
        allowed = consonant or tone or last + point in ("\u0e32\u0e30", "\u0e4d\u0e32")
    elif "\u0e40" <= point <= "\u0e44":
        allowed = not leading and last not in "\u0e31\u0e37"
    return last == "\u0e24" or not allowed
