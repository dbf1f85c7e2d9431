"""What pages and lines are: frozen data, nothing else.

Coordinates are pixels of the page's image, origin top left, x to the right, y down. Text is in
logical order. Regions and lines stand in reading order; `Page.ordered` says whether somebody set
that order or it is just the order of a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
"""x and y, pixels."""

Polygon = tuple[Point, ...]
"""Corners of a closed outline (the last is not the first again), or points of an open baseline."""

Direction = Literal["", "lr", "rl", "vertical-lr", "vertical-rl"]
"""Main direction of reading; vertical lines follow each other to the right (lr) or left (rl)."""

RegionKind = Literal[
    "text", "table", "image", "graphic", "separator", "math", "music", "noise", "other", ""
]
"""What a region holds; ``""`` groups lines that stand in no region and has no boundary."""


@dataclass(frozen=True, kw_only=True)
class Glyph:
    """One grapheme of a word and its place.

    Attributes:
        text: The grapheme.
        boundary: Outline or box corners; empty where unknown.
        confidence: 0-1; None where unknown.
        alternatives: Other readings, likeliest first, each with its confidence.
    """

    text: str
    boundary: Polygon = ()
    confidence: float | None = None
    alternatives: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Word:
    """Part of a line's text between spaces.

    Attributes:
        text: Its characters.
        boundary: Outline or box corners; empty where unknown.
        confidence: 0-1; None where unknown.
        glyphs: Its graphemes, where a file or a model places them; else empty.
        id: Name in the file it came from; may be empty.
    """

    text: str
    boundary: Polygon = ()
    confidence: float | None = None
    glyphs: tuple[Glyph, ...] = ()
    id: str = ""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One text layer of a line: what somebody or some model read.

    Attributes:
        text: In logical order.
        confidence: 0-1; None where unknown, as with human transcriptions.
        words: Its words with their places, where known.
        source: Who read it: a model's name, a person, a file's own layer name; may be empty.
    """

    text: str
    confidence: float | None = None
    words: tuple[Word, ...] = ()
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of writing.

    Attributes:
        id: Unique on its page.
        baseline: Points in reading direction; empty where unknown.
        boundary: Outline of the ink; empty where unknown.
        readings: Text layers, the valid one first; none means not transcribed.
        type: What the line is to its user, e.g. ``DefaultLine``, ``heading``; may be empty.
        direction: Where it differs from its page's; else empty.
        language: BCP 47 tag or what the file says; may be empty.
    """

    id: str
    baseline: Polygon = ()
    boundary: Polygon = ()
    readings: tuple[Reading, ...] = ()
    type: str = ""
    direction: Direction = ""
    language: str = ""

    @property
    def text(self) -> str | None:
        """The valid text; None where there is none."""
        return self.readings[0].text if self.readings else None


@dataclass(frozen=True, kw_only=True)
class Region:
    """An area of a page.

    Attributes:
        id: Unique on its page.
        kind: What it holds.
        type: What it is to its user, e.g. ``MainZone``, ``paragraph``, ``footnote``.
        boundary: Outline; empty for the group of lines that stand in no region.
        lines: Those directly in it, in reading order.
        regions: Those nested in it, in reading order, after its lines.
        direction: Where it differs from its page's; else empty.
        language: BCP 47 tag or what the file says; may be empty.
    """

    id: str
    kind: RegionKind = "text"
    type: str = ""
    boundary: Polygon = ()
    lines: tuple[Line, ...] = ()
    regions: tuple[Region, ...] = ()
    direction: Direction = ""
    language: str = ""


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page: what is where on its image, and what it says.

    Attributes:
        image: File name of the image, relative to the file it was read from; may be empty.
        width: Of the image, pixels.
        height: Of the image, pixels.
        id: Name within its document; may be empty.
        regions: In reading order; lines without a region are in one with kind ``""``.
        ordered: Whether the order was given, by a person, file or model.
        direction: Main direction of reading; empty where unknown.
        language: BCP 47 tag or what the file says; may be empty.
        source: File it was read from; may be empty.
        document: Document (work, letter, volume) that it belongs to; may be empty.
        frame: Which picture of the image file it is, from 0: page of a TIFF or PDF.
    """

    image: str
    width: int
    height: int
    id: str = ""
    regions: tuple[Region, ...] = ()
    ordered: bool = False
    direction: Direction = ""
    language: str = ""
    source: str = ""
    document: str = ""
    frame: int = 0

    def lines(self) -> Iterator[Line]:
        """All lines, in reading order, those of nested regions included."""
        for region in self.walk():
            yield from region.lines

    def walk(self) -> Iterator[Region]:
        """All regions, each before those nested in it."""
        waiting = list(reversed(self.regions))
        while waiting:
            region = waiting.pop()
            yield region
            waiting.extend(reversed(region.regions))


@dataclass(frozen=True, kw_only=True, eq=False)
class LineSample:
    """One text line with its ground truth and where both came from.

    Attributes:
        image: ``(H, W)`` gray or ``(H, W, 3)`` RGB, uint8.
        text: Ground truth in logical order; None where there is none.
        line_id: Unique within its data set, e.g. ``lines/p012_l07``.
        page: Page it was cut from, or ``""`` where unknown.
        document: Document (work, letter, writer) of that page, or ``""``.
        source: File it was read from.
    """

    image: NDArray[np.uint8]
    text: str | None
    line_id: str
    page: str = ""
    document: str = ""
    source: str = ""
