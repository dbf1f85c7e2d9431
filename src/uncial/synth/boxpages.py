"""Pages of plain lines with a box for every character, as Tesseract's text2image makes them.

Source: tesseract 5.x ``src/training/text2image.cpp`` (a page a font, ``--exposure``, box files).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from uncial.imaging.bending import Gray
from uncial.imaging.degrade import age
from uncial.page.layout import Polygon
from uncial.synth.fonts import Font
from uncial.synth.hand import Hand, thicken
from uncial.synth.render import Character, Style, render
from uncial.synth.synthesizer import Synthesizer

_SIZE = 50  # px per em: 12 points at 300 dpi
_WIDTH, _LINES, _LEADING, _MARGIN = 2400, 40, 1.9, 100
_STEP = 0.012  # em that one step of exposure adds to the width of strokes
_PALE = 28  # gray levels that one step of underexposure takes from the ink
_KEPT = {"blur": 0.5, "noise": 0.7, "paper": 0.3, "jpeg": 0.2}  # what leaves boxes true


@dataclass(frozen=True, kw_only=True, eq=False)
class BoxPage:
    """One page in one font.

    Attributes:
        image: ``(H, W)`` gray.
        font: Of the page.
        lines: Characters of each line in logical order, px from the upper left corner.
        baselines: Of each line.
    """

    image: Gray
    font: Font
    lines: tuple[tuple[Character, ...], ...]
    baselines: tuple[Polygon, ...]


def box_page(synthesizer: Synthesizer, seed: int, number: int, *, exposure: int = 0) -> BoxPage:
    """Page `number` of the stream of a seed; each takes the next font.

    Args:
        synthesizer: Texts, fonts and ageing.
        seed: Draws texts and ageing.
        number: Of the page.
        exposure: From -3, thin and pale, to 3, bold and dark.
    """
    rng = np.random.default_rng((seed, number, 3))
    font = synthesizer.fonts[number % len(synthesizer.fonts)]
    style = Style(size=_SIZE, margins=(0, 0, 0, 0), hand=Hand(), tight=True)
    step = round(_SIZE * _LEADING)
    canvas = np.zeros((2 * _MARGIN + step * _LINES, _WIDTH), np.uint8)
    lines, baselines = [], []
    for row in range(_LINES):
        text = synthesizer.text_for(font, rng)
        if not text:
            continue
        made = render(text, font, style)
        words = text.split(" ")
        while made.image.shape[1] > _WIDTH - 2 * _MARGIN and len(words) > 1:
            words = words[: max(1, len(words) * (_WIDTH - 2 * _MARGIN) // made.image.shape[1])]
            made = render(" ".join(words), font, style)
        baseline = _MARGIN + step * row + round(0.65 * step)
        top = baseline - round(made.ink.origin[1])
        ink = made.ink.coverage[: canvas.shape[0] - top, : _WIDTH - _MARGIN]
        under = canvas[top : top + ink.shape[0], _MARGIN : _MARGIN + ink.shape[1]]
        np.maximum(under, ink, out=under)
        lines.append(tuple(_moved(character, top) for character in made.characters()))
        ends = tuple((float(_MARGIN + x), float(top + y)) for x, y in made.baseline)
        baselines.append(ends)
    ink = thicken(canvas, exposure * _STEP * _SIZE)
    dark = 255 + min(0, exposure) * _PALE
    clean = (255 - ink.astype(np.uint16) * dark // 255).astype(np.uint8)
    strength = synthesizer.recipe.ageing.strength
    image = age(clean, rng, strength, _KEPT) if strength else clean
    return BoxPage(image=image, font=font, lines=tuple(lines), baselines=tuple(baselines))


def _moved(character: Character, top: int) -> Character:
    left, above, right, below = character.box
    box = (left + _MARGIN, above + top, right + _MARGIN, below + top)
    return replace(character, box=box)
