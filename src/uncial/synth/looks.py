"""What a font looks like when it is drawn: size of letters, strokes, and whether it has cases."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from uncial.imaging.appearance import stroke_share
from uncial.imaging.bending import Gray
from uncial.synth.fonts import Font
from uncial.synth.render import Style, has_glyphs, render
from uncial.synth.shaping import shaper

_SIZE = 64  # px per em at which a font is looked at
_LETTERS = ("nu", "بسرع", "אבהחם", "कतन", "国日", "가나", "жпн", "νπω")
_WORDS = ("Hamburg and", "سلام عليكم", "שלום עולם", "हिन्दी", "永和九年", "대한민국", "Привет")
_USUAL_X_HEIGHT = 0.45  # em
_PAIRS = ("aA", "eE", "gG", "rR", "dD")
_ALIKE = 0.8  # correlation from which a small letter is a small capital
_SHAPE = (40, 40)  # px
_EMPTY = np.zeros(_SHAPE, np.uint8)


class Looks:
    """Measures of a font, in em.

    Args:
        font: To be drawn.
    """

    def __init__(self, font: Font) -> None:
        self._font = font
        letters = self._ink(_LETTERS)
        words = self._ink(_WORDS)
        self.x_height = _USUAL_X_HEIGHT
        if letters is not None:
            self.x_height = float(np.clip(letters.shape[0] / _SIZE, 0.15, 1.2))
        self.stroke, self.text_height = 0.08, 0.6
        if words is not None:
            rows = np.cumsum((255 - words).sum(axis=1, dtype=np.int64))
            low, high = (int(np.searchsorted(rows, share * rows[-1])) for share in (0.1, 0.9))
            self.text_height = max(1, high - low) / _SIZE
            self.stroke = stroke_share(words) * self.text_height

    @property
    def capitals_only(self) -> bool:
        """Whether small letters are drawn as capitals."""
        pairs = [pair for pair in _PAIRS if self._font.covers(pair)]
        alike = [_correlation(self._fitted(pair[0]), self._fitted(pair[1])) for pair in pairs]
        return len(alike) > 2 and float(np.median(alike)) > _ALIKE

    def shapes(self, text: str) -> bool:
        """Whether shaping finds a glyph for everything; the font must have the letters."""
        return not has_glyphs() or shaper(self._font.path, _SIZE).covers(text)

    def _ink(self, choices: tuple[str, ...]) -> Gray | None:
        text = next((text for text in choices if self._font.covers(text)), None)
        if text is None:
            return None
        style = Style(size=_SIZE, margins=(0, 0, 0, 0), tight=True)
        return render(text, self._font, style).image

    def _fitted(self, letter: str) -> Gray:
        """A letter filling a square."""
        ink = self._ink((letter,))
        return np.asarray(cv2.resize(ink, _SHAPE), np.uint8) if ink is not None else _EMPTY


def _correlation(one: Gray, other: Gray) -> float:
    if not one.std() or not other.std():
        return 0.0
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


@lru_cache(maxsize=4096)
def looks_of(font: Font) -> Looks:
    """The looks of a font; measured once."""
    return Looks(font)
