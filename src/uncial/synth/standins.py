"""What is drawn where a font lacks a character that can be made of others.

Old print has letters above letters (aͤ, oͤ, uͤ) and slanted double hyphens (⸗); few fonts have them,
but a small e above an a, and an equals sign, are what they look like.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from uncial.imaging.bending import Gray
from uncial.synth.fonts import Font
from uncial.synth.raster import Box, Ink, Rasteriser

ALIKE: Final = {
    "\u2e17": "=",  # double oblique hyphen
    "\u2010": "-",
    "\u2011": "-",
    "\u2012": "–",
    "\u2015": "—",
    "\u02bc": "’",
    "\u2212": "–",
    "\u00ad": "-",
}
"""Characters that look like others."""

ABOVE: Final = {chr(0x363 + at): letter for at, letter in enumerate("aeioucdhmrtvx")}
"""Combining letters, and what is set small above the base."""

_SMALL = 0.5  # of the size of the base
_GAP = 0.05  # em between base and letter above


@dataclass(frozen=True)
class Spelled:
    """A text as a font can draw it.

    Attributes:
        text: With stand-ins, without letters above.
        places: Index in the original text of each of its characters.
        above: Index in `text` of the base, and the letter to set above it.
    """

    text: str
    places: tuple[int, ...]
    above: tuple[tuple[int, str], ...]


def spelled(text: str, font: Font) -> Spelled:
    """The text as a font can draw it; characters that have no stand-in stay."""
    if font.covers(text):
        return Spelled(text, tuple(range(len(text))), ())
    kept: list[str] = []
    places: list[int] = []
    above: list[tuple[int, str]] = []
    for at, char in enumerate(text):
        has = font.covers(char)
        if not has and kept and char in ABOVE and font.covers(ABOVE[char]):
            above.append((len(kept) - 1, ABOVE[char]))
            continue
        kept.append(char if has else ALIKE.get(char, char))
        places.append(at)
    return Spelled("".join(kept), tuple(places), tuple(above))


def draws(font: Font, text: str) -> bool:
    """Whether a font has every character or what stands in for it."""
    return font.covers(text) or font.covers(spelled(text, font).text)


def set_above(
    ink: Ink, above: tuple[tuple[int, str], ...], font: Font, small: Rasteriser, size: int
) -> Ink:
    """Draw letters above their bases; the canvas grows where it is too low.

    Args:
        ink: Of the line, its clusters counted in the spelled text.
        above: From `spelled`.
        font: Of the line.
        small: Draws it at `small_size`.
        size: Px per em of the line.
    """
    boxes, clusters, coverage = list(ink.boxes), list(ink.clusters), ink.coverage
    added: list[tuple[Gray, int, int]] = []
    for base, letter in above:
        if base not in ink.clusters:
            continue
        left, top, right, _ = ink.boxes[ink.clusters.index(base)]
        bitmap = small.bitmap(small.glyph(letter))[0]
        height, width = bitmap.shape
        x = round((left + right - width) / 2)
        added.append((bitmap, max(0, x), round(top - _GAP * size) - height))
        clusters.append(base)
    grown = max(0, -min((y for _, _, y in added), default=0))
    wider = max(0, max((x + b.shape[1] for b, x, _ in added), default=0) - coverage.shape[1])
    coverage = np.pad(coverage, ((grown, 0), (0, wider)))
    for bitmap, x, y in added:
        height, width = bitmap.shape
        under = coverage[y + grown : y + grown + height, x : x + width]
        np.maximum(under, bitmap, out=under)
        boxes.append((x, y, x + width, y + height))
    moved: list[Box] = [(a, b + grown, c, d + grown) for a, b, c, d in boxes]
    return Ink(coverage, (ink.origin[0], ink.origin[1] + grown), moved, tuple(clusters))


def small_size(size: int) -> int:
    """Px per em of letters above, for a line of `size`."""
    return max(6, round(_SMALL * size))
