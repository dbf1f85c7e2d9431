"""Glyphs become ink: FreeType's bitmaps, kept by font and size, laid side by side.

One process, one thread: FreeType's faces are not shared. Hinting is off, as on paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType

import numpy as np

from uncial.errors import FormatError, MissingDependency
from uncial.imaging.bending import Gray
from uncial.synth.shaping import UNIT, Glyphs

Bitmap = tuple[Gray, int, int, int, int]
"""Coverage ``(h, w)``; px from the origin to its left, top, right and bottom edges."""

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, px."""

Port = tuple[int, int] | None
Ports = tuple[Port, Port]
"""Where a joining stroke meets a letter and where it leaves it, px from the upper left corner
of the letter's bitmap; None where the letter has no ink in that height."""

_JOINED = (0.02, 0.5)  # em above the baseline where letters are joined


@dataclass(frozen=True, eq=False)
class Ink:
    """Where a line has ink.

    Attributes:
        coverage: ``(H, W)`` uint8, 0 none to 255 full.
        origin: x and y px of the start of the baseline.
        boxes: Of each glyph; where a glyph has no ink, such as a space, left is right.
        clusters: Index of the first character that each glyph stands for.
    """

    coverage: Gray
    origin: tuple[float, float]
    boxes: Sequence[Box]
    clusters: tuple[int, ...]


class Rasteriser:
    """Bitmaps of the glyphs of one font at one size; each is drawn once.

    Args:
        path: Font file.
        size: Px per em.

    Raises:
        FormatError: FreeType cannot draw the font at this size.
        MissingDependency: freetype-py is not installed.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._freetype = freetype()
        try:
            self._face = self._freetype.Face(str(path))
            self._face.set_char_size(size * UNIT)
        except self._freetype.FT_Exception as error:
            raise FormatError(f"{path}: FreeType: {error}", remedy="name another font") from error
        metrics = self._face.size
        self.ascent = int(metrics.ascender) // UNIT
        self.descent = -(int(metrics.descender) // UNIT)
        self._path = path
        self._size = size
        self._kept: dict[int, Bitmap] = {}
        self._ports: dict[int, Ports] = {}

    def bitmap(self, glyph: int) -> Bitmap:
        """Coverage of a glyph and where it lies."""
        found = self._kept.get(glyph)
        if found is None:
            found = self._kept[glyph] = self._drawn(glyph)
        return found

    def _drawn(self, glyph: int) -> Bitmap:
        flags = self._freetype.FT_LOAD_RENDER | self._freetype.FT_LOAD_NO_HINTING
        try:
            self._face.load_glyph(glyph, flags | self._freetype.FT_LOAD_NO_BITMAP)
        except self._freetype.FT_Exception as error:
            raise FormatError(
                f"{self._path}: glyph {glyph} cannot be drawn: {error}", remedy="name another font"
            ) from error
        slot = self._face.glyph
        drawn, left, top = slot.bitmap, slot.bitmap_left, -slot.bitmap_top
        coverage = np.array(drawn.buffer, np.uint8).reshape(drawn.rows, drawn.pitch or 0)
        coverage = coverage[:, : drawn.width].copy()
        return coverage, left, top, left + drawn.width, top + drawn.rows

    def glyph(self, char: str) -> int:
        """Number of the glyph of a character, unshaped."""
        return int(self._face.get_char_index(char))

    def ports(self, glyph: int) -> Ports:
        """Where a stroke from the letter before meets a glyph, and where one leaves it."""
        found = self._ports.get(glyph)
        if found is None:
            found = self._ports[glyph] = self._found_ports(glyph)
        return found

    def _found_ports(self, glyph: int) -> Ports:
        coverage, _, top, _, _ = self.bitmap(glyph)
        high, low = (max(0, round(-edge * self._size) - top) for edge in _JOINED[::-1])
        band = coverage[high:low] > 127
        columns = np.flatnonzero(band.any(axis=0)) if band.size else np.zeros(0, np.int64)
        if not len(columns):
            return None, None
        first, last = int(columns[0]), int(columns[-1])
        meets, leaves = np.flatnonzero(band[:, first]), np.flatnonzero(band[:, last])
        return (first, high + int(meets[len(meets) // 2])), (last, high + int(leaves[-1]))

    def ink(
        self, glyphs: Glyphs, margins: tuple[int, int, int, int], *, tight: bool = False
    ) -> Ink:
        """Lay glyphs on an empty line.

        Args:
            glyphs: Placed.
            margins: Empty px on the left, above, on the right and below.
            tight: Whether the line is as high as its ink, instead of as the font's ascent and
                descent; it is never lower than its ink.
        """
        # Plain numbers in a loop: for some sixty glyphs they are faster than small arrays.
        xs, ys = np.rint(glyphs.x).astype(int).tolist(), np.rint(glyphs.y).astype(int).tolist()
        drawn = [self.bitmap(glyph) for glyph in glyphs.ids]
        found = [
            (x + left, y + top, x + right, y + bottom)
            for (_, left, top, right, bottom), x, y in zip(drawn, xs, ys, strict=True)
        ]
        left, top, right, bottom = self._bounds(glyphs, found, tight)
        dx, dy = margins[0] - left, margins[1] - top
        coverage = np.zeros((bottom + dy + margins[3], right + dx + margins[2]), np.uint8)
        boxes, edge = [], 0  # and how far to the right there is ink
        for (bitmap, *_), (x0, y0, x1, y1) in zip(drawn, found, strict=True):
            box = (x0 + dx, y0 + dy, x1 + dx, y1 + dy)
            boxes.append(box)
            if box[0] >= edge:
                coverage[box[1] : box[3], box[0] : box[2]] = bitmap
            else:
                under = coverage[box[1] : box[3], box[0] : box[2]]
                np.maximum(under, bitmap, out=under)
            edge = max(edge, box[2])
        return Ink(coverage, (float(dx), float(dy)), boxes, glyphs.clusters)

    def _bounds(
        self, glyphs: Glyphs, found: list[tuple[int, int, int, int]], tight: bool
    ) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of ink, and of the line's advance or the font's height."""
        edges = [box for box in found if box[3] > box[1]]
        length = max(1, round(glyphs.advance))
        if glyphs.vertical and not tight:
            half = (self.ascent + self.descent) // 2
            edges.append((-half, 0, half, length))
        elif not tight:
            edges.append((0, -self.ascent, length, self.descent))
        lefts, tops, rights, bottoms = zip(*(edges or [(0, 0, 1, 1)]), strict=True)
        return min(lefts), min(tops), max(rights), max(bottoms)


def freetype() -> ModuleType:
    """The module freetype.

    Raises:
        MissingDependency: It is not installed.
    """
    try:
        import freetype as module  # noqa: PLC0415  (optional extra)
    except ImportError as error:
        raise MissingDependency(
            "drawing glyphs needs the package freetype-py", remedy="install uncial[render]"
        ) from error
    return module  # type: ignore[no-any-return]


@lru_cache(maxsize=512)
def rasteriser(path: Path, size: int) -> Rasteriser:
    """The rasteriser of a font and size; kept."""
    return Rasteriser(path, size)
