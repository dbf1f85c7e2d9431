"""Text and a font become the image of one line.

Shaping and bidirectional order are Raqm's (HarfBuzz, FriBiDi) through Pillow, where Pillow
was built with it; without it, text that needs shaping is refused.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont, features

from uncial.errors import CharsetError, MissingDependency, describe_grapheme
from uncial.synth.fonts import Font


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
    """

    size: int = 36
    margins: tuple[int, int, int, int] = (8, 6, 8, 6)
    paper: int = 255
    ink: int = 0
    slope: float = 0.0
    blur: float = 0.0
    noise: float = 0.0

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


def line_image(
    text: str, font: Font, style: Style, rng: np.random.Generator | None = None
) -> NDArray[np.uint8]:
    """Draw one line, ``(H, W)`` gray uint8.

    Args:
        text: In logical order.
        font: Must cover the text.
        style: Size, margins, ink, paper and the scanner's faults.
        rng: Draws the noise; needed only where the style has some.

    Raises:
        CharsetError: The font lacks a character.
        MissingDependency: The text needs shaping and this Pillow cannot shape.
    """
    if not font.covers(text):
        missing = sorted({c for c in text if not font.covers(c)})
        raise CharsetError(
            f"{font.name} has no glyph for {', '.join(map(describe_grapheme, missing[:5]))}",
            remedy="choose a font that covers the text",
        )
    face = _face(font.path, style.size, _engine(text))
    left, above, right, below = style.margins
    x0, _, x1, _ = (round(edge) for edge in face.getbbox(text))
    ascent, descent = face.getmetrics()
    page = Image.new("L", (x1 - x0 + left + right, ascent + descent + above + below), style.paper)
    ImageDraw.Draw(page).text((left - x0, above), text, font=face, fill=style.ink)
    if style.slope:
        page = page.rotate(
            style.slope, Image.Resampling.BICUBIC, expand=True, fillcolor=style.paper
        )
    if style.blur:
        page = page.filter(ImageFilter.GaussianBlur(style.blur))
    pixels = np.asarray(page)
    if style.noise and rng is not None:
        noisy = pixels + rng.normal(0.0, style.noise, pixels.shape)
        pixels = noisy.clip(0, 255).astype(np.uint8)
    return np.array(pixels, dtype=np.uint8)


def _engine(text: str) -> ImageFont.Layout:
    if features.check("raqm"):
        return ImageFont.Layout.RAQM
    if any(_needs_shaping(c) for c in text):
        raise MissingDependency(
            "this text needs shaping, and Pillow was built without Raqm",
            remedy="install a Pillow wheel that has Raqm",
        )
    return ImageFont.Layout.BASIC


def _needs_shaping(character: str) -> bool:
    return unicodedata.bidirectional(character) in {"R", "AL"} or bool(
        unicodedata.combining(character)
    )


@lru_cache(maxsize=256)
def _face(path: Path, size: int, engine: ImageFont.Layout) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size, layout_engine=engine)
