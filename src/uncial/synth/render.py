"""Text and a font become the image of one line, with the place of every character.

With the extra ``render`` glyphs are shaped by HarfBuzz, drawn by FreeType and set one by one
(`shaping`, `raster`, `hand`): fast, with boxes, and each may move. Without it Pillow draws the
line, shaped by Raqm; a Pillow without Raqm refuses text that needs shaping.
"""

from __future__ import annotations

import importlib.util
import unicodedata
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, features

from uncial.errors import CharsetError, MissingDependency, describe_grapheme
from uncial.imaging.bending import Gray
from uncial.page.layout import Polygon
from uncial.synth.fonts import Font
from uncial.synth.hand import STEADY, Hand, alternates, bend, join_letters, moved, thicken
from uncial.synth.raster import Ink, rasteriser
from uncial.synth.shaping import shaper
from uncial.synth.standins import Spelled, set_above, small_size, spelled

Engine = Literal["auto", "glyphs", "pillow"]


@dataclass(frozen=True, kw_only=True)
class Style:
    """How one line is set, printed and scanned.

    Attributes:
        size: Font size, px per em.
        margins: Empty px on the left, above, on the right and below.
        paper: Gray of the paper, 0-255.
        ink: Gray of the ink, 0-255.
        slope: Rotation of the whole line, degrees, counter-clockwise.
        blur: Radius of the scanner's blur, px.
        noise: Standard deviation of the scanner's noise, gray levels.
        hand: What sets the line.
        tight: Whether the line is as high as its ink, instead of as its font.
        vertical: Whether the line runs from top to bottom.
    """

    size: int = 36
    margins: tuple[int, int, int, int] = (8, 6, 8, 6)
    paper: int = 255
    ink: int = 0
    slope: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    hand: Hand = STEADY
    tight: bool = False
    vertical: bool = False

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Style:
        """A style as scans of clean print vary."""
        left, above, right, below = (int(margin) for margin in rng.integers(2, 12, size=4))
        return cls(
            size=int(rng.integers(28, 41)),
            margins=(left, above, right, below),
            paper=int(rng.integers(215, 256)),
            ink=int(rng.integers(0, 70)),
            slope=float(rng.normal(0.0, 0.35)),
            blur=float(rng.uniform(0.0, 0.9)),
            noise=float(rng.uniform(0.0, 9.0)),
        )


@dataclass(frozen=True, kw_only=True)
class Character:
    """One cluster of a rendered line.

    Attributes:
        text: What it says; one character, or several that share glyphs.
        box: Left, top, right and bottom px of its ink; of its advance where it is a space.
    """

    text: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Rendered:
    """A line and where things are on it.

    Attributes:
        image: ``(H, W)`` gray, dark ink on paper.
        text: In logical order.
        baseline: Its start and its end, from left to right or from top to bottom.
        ink: Boxes by glyph.
    """

    image: Gray
    text: str
    baseline: Polygon
    ink: Ink

    def characters(self) -> tuple[Character, ...]:
        """Clusters in logical order with their boxes; none where Pillow drew the line."""
        if not len(self.ink.boxes):
            return ()
        clusters, places = np.array(self.ink.clusters), np.array(self.ink.boxes, np.float32)
        starts = sorted(set(self.ink.clusters))
        found = []
        for first, stop in zip(starts, [*starts[1:], len(self.text)], strict=True):
            boxes = places[clusters == first]
            inked = boxes[boxes[:, 2] > boxes[:, 0]]
            boxes = inked if len(inked) else boxes
            edges = (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0))
            left, top, right, bottom = (float(edge) for edge in edges)
            found.append(Character(text=self.text[first:stop], box=(left, top, right, bottom)))
        return tuple(found)


def render(
    text: str,
    font: Font,
    style: Style,
    rng: np.random.Generator | None = None,
    *,
    engine: Engine = "auto",
) -> Rendered:
    """Draw one line.

    Args:
        text: In logical order.
        font: Must cover the text, or have what stands in for it (`uncial.synth.standins`).
        style: Size, margins, ink, paper, the hand and the scanner's faults.
        rng: Draws noise and what the hand does; without it nothing is drawn by chance.
        engine: ``glyphs`` sets glyph by glyph, ``pillow`` draws the line at once: letters stay
            where they are, and boxes are not known; ``auto`` takes the first where it is
            installed.

    Raises:
        CharsetError: The font lacks a character.
        MissingDependency: The text needs shaping and this Pillow cannot shape, or `engine` is
            not installed.
    """
    as_drawn = spelled(text, font)
    by_glyphs = engine == "glyphs" or (engine == "auto" and has_glyphs())
    if not font.covers(as_drawn.text) or (as_drawn.above and not by_glyphs):
        missing = sorted({c for c in text if not font.covers(c)})
        raise CharsetError(
            f"{font.name} has no glyph for {', '.join(map(describe_grapheme, missing[:5]))}",
            remedy="choose a font that covers the text",
        )
    draw = rng if rng is not None else np.random.default_rng(0)
    ink = _set(as_drawn, font, style, draw) if by_glyphs else _drawn(as_drawn.text, font, style)
    hand = style.hand
    if hand.stroke:
        ink = replace(ink, coverage=thicken(ink.coverage, hand.stroke * style.size))
    length = ink.coverage.shape[0 if style.vertical else 1]
    if hand.bends or style.slope:
        turned = bend(ink, hand, style.size, style.slope, draw)
        baseline = _turned(ink, turned, hand, style, length)
        ink = turned
    else:
        baseline = _baseline(ink, style, length)
    image = _scanned(ink.coverage, style, rng)
    return Rendered(image=image, text=text, baseline=baseline, ink=ink)


def line_image(
    text: str, font: Font, style: Style, rng: np.random.Generator | None = None
) -> NDArray[np.uint8]:
    """Draw one line, ``(H, W)`` gray uint8; arguments and errors as for `render`."""
    return render(text, font, style, rng).image


@cache
def has_glyphs() -> bool:
    """Whether what the engine ``glyphs`` needs is installed."""
    return all(map(importlib.util.find_spec, ("uharfbuzz", "freetype", "fontTools")))


def _set(line: Spelled, font: Font, style: Style, rng: np.random.Generator) -> Ink:
    """The line glyph by glyph."""
    hand, size, text = style.hand, style.size, line.text
    shape, draw = shaper(font.path, size), rasteriser(font.path, size)
    chosen = alternates(text, shape.features, hand.alternates, rng) if hand.alternates else None
    glyphs = shape.glyphs(text, vertical=style.vertical, features=chosen)
    glyphs = moved(glyphs, text, hand, size, rng)
    ink = draw.ink(glyphs, style.margins, tight=style.tight)
    if hand.joined:
        join_letters(ink, [draw.ports(glyph) for glyph in glyphs.ids], text, hand, size, rng)
    if line.above:
        ink = set_above(ink, line.above, font, rasteriser(font.path, small_size(size)), size)
        ink = replace(ink, clusters=tuple(line.places[at] for at in ink.clusters))
    return ink


def _drawn(text: str, font: Font, style: Style) -> Ink:
    """The line as Pillow draws it."""
    face = _face(font.path, style.size, _layout(text))
    direction = "ttb" if style.vertical else None
    anchor = "lt" if style.vertical else "ls"
    x0, y0, x1, y1 = (
        round(edge) for edge in face.getbbox(text, anchor=anchor, direction=direction)
    )
    if not style.vertical:
        ascent, descent = face.getmetrics()
        x0, y0, y1 = min(x0, 0), min(y0, -ascent), max(y1, descent)
        x1 = max(x1, round(face.getlength(text)))
    canvas = Image.new("L", (max(1, x1 - x0), max(1, y1 - y0)))
    ImageDraw.Draw(canvas).text(
        (-x0, -y0), text, font=face, fill=255, anchor=anchor, direction=direction
    )
    coverage = np.array(canvas, np.uint8)
    if style.tight:
        left, top, width, height = cv2.boundingRect(coverage)
        coverage = coverage[top : top + height, left : left + width]
        x0, y0 = x0 + left, y0 + top
    left, above, right, below = style.margins
    coverage = np.pad(coverage, ((above, below), (left, right)))
    return Ink(coverage, (float(left - x0), float(above - y0)), (), ())


def _baseline(ink: Ink, style: Style, length: int) -> Polygon:
    left, above, right, below = style.margins
    x, y = ink.origin
    if style.vertical:
        return ((x, float(above)), (x, float(length - below)))
    return ((float(left), y), (float(length - right), y))


def _turned(before: Ink, after: Ink, hand: Hand, style: Style, length: int) -> Polygon:
    """The baseline of a line that was bent; its start is known to be turned with it."""
    turn = np.deg2rad(style.slope)
    x0, y0 = after.origin
    points = []
    for x, y in _baseline(before, style, length):
        dx, dy = x - before.origin[0], y - before.origin[1]
        dx = hand.width * dx - float(np.tan(np.deg2rad(hand.slant))) * dy
        across = float(np.cos(turn)) * dx + float(np.sin(turn)) * dy
        down = -float(np.sin(turn)) * dx + float(np.cos(turn)) * dy
        points.append((x0 + across, y0 + down))
    return tuple(points)


def _scanned(coverage: Gray, style: Style, rng: np.random.Generator | None) -> Gray:
    """Ink on paper, as a scanner sees it."""
    image = np.asarray(cv2.LUT(coverage, _levels(style.paper, style.ink)), np.uint8)
    if style.blur:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), style.blur), np.uint8)
    if style.noise and rng is not None:
        noisy = image + rng.normal(0.0, style.noise, image.shape)
        image = noisy.clip(0, 255).astype(np.uint8)
    return image


@lru_cache(maxsize=4096)
def _levels(paper: int, ink: int) -> Gray:
    return np.rint(np.linspace(paper, ink, 256)).astype(np.uint8)


def _layout(text: str) -> ImageFont.Layout:
    if features.check("raqm"):
        return ImageFont.Layout.RAQM
    if any(_needs_shaping(c) for c in text):
        raise MissingDependency(
            "this text needs shaping, and Pillow was built without Raqm",
            remedy="install uncial[render], or a Pillow wheel that has Raqm",
        )
    return ImageFont.Layout.BASIC


def _needs_shaping(character: str) -> bool:
    return unicodedata.bidirectional(character) in {"R", "AL"} or bool(
        unicodedata.combining(character)
    )


@lru_cache(maxsize=256)
def _face(path: Path, size: int, engine: ImageFont.Layout) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size, layout_engine=engine)
