"""How a hand, or worn type, sets the same letters differently each time.

Glyphs move one by one, or word by word where a script joins its letters: the baseline walks,
letters bounce, spaces vary, alternates come and go, strokes join neighbours. The line as a whole
is slanted, scaled and bent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from uncial.imaging.bending import Gray, bent
from uncial.synth.raster import Box, Ink, Ports
from uncial.synth.shaping import Glyphs, script_of

_ALTERNATES = ("salt", "swsh", "cswh", "calt", "hist", "dlig", "hlig", "titl")
_SEPARATE = frozenset(("Latn", "Grek", "Cyrl", "Hebr", "Hani", "Hira", "Kana", "Hang", "Armn"))
_REACH = 0.4  # em that a joining stroke bridges at most
_CURVE = np.linspace(0, 1, 6)[:, None]
_FIELD_ROWS, _FIELD_CELL = 3, 0.6  # rows of the bending field, and its columns in em


@dataclass(frozen=True, kw_only=True)
class Hand:
    """Faults and freedoms of one line; lengths in em. The default is perfect type.

    Attributes:
        walk: Step of the baseline's random walk from letter to letter.
        bounce: Standard deviation of each letter's own height above the baseline.
        spread: Standard deviation of each letter's distance from the one before.
        spacing: Added between letters.
        word_spacing: Factor of the width of spaces.
        slant: Degrees that stems lean to the right.
        width: Factor of the line's width.
        variation: Standard deviation of how far strokes are bent.
        stroke: Added to the width of strokes; negative thins.
        joined: Share of neighbours within a word that a stroke joins, 0-1.
        alternates: Share of words set with alternates that the font offers, 0-1.
    """

    walk: float = 0.0
    bounce: float = 0.0
    spread: float = 0.0
    spacing: float = 0.0
    word_spacing: float = 1.0
    slant: float = 0.0
    width: float = 1.0
    variation: float = 0.0
    stroke: float = 0.0
    joined: float = 0.0
    alternates: float = 0.0

    @property
    def moves_glyphs(self) -> bool:
        """Whether glyphs leave the places that shaping gave them."""
        return bool(self.walk or self.bounce or self.spread or self.spacing) or (
            self.word_spacing != 1.0
        )

    @property
    def bends(self) -> bool:
        """Whether the line as a whole changes its geometry."""
        return bool(self.slant or self.variation) or self.width != 1.0


STEADY = Hand()
"""Perfect type."""


def alternates(
    text: str, offered: frozenset[str], share: float, rng: np.random.Generator
) -> dict[str, Any]:
    """OpenType features, on for some words each.

    Args:
        text: Of the line.
        offered: Features of the font.
        share: Of the words, 0-1, for each feature.
        rng: Chooses words and, of the stylistic sets, one.
    """
    sets = sorted(tag for tag in offered if tag[:2] == "ss" and tag[2:].isdigit())
    wanted = [tag for tag in _ALTERNATES if tag in offered]
    if sets:
        wanted.append(sets[int(rng.integers(len(sets)))])
    words = _words(text)
    features: dict[str, Any] = {}
    for tag in wanted:
        chosen = [(first, last) for first, last in words if rng.random() < share]
        off = [(0, len(text), 0)] if tag in ("calt",) else []
        features[tag] = [*off, *((first, last, 1) for first, last in chosen)]
    return {tag: ranges for tag, ranges in features.items() if ranges}


def moved(glyphs: Glyphs, text: str, hand: Hand, size: int, rng: np.random.Generator) -> Glyphs:
    """Glyphs where this hand puts them.

    Args:
        glyphs: As shaped.
        text: That they stand for.
        hand: What moves.
        size: Px per em.
        rng: Decides how far.
    """
    if not len(glyphs) or not hand.moves_glyphs:
        return glyphs
    group = _groups(glyphs.clusters, text)
    count = int(group[-1]) + 1
    steps = rng.standard_normal((3, count)) * size
    walk = np.cumsum(steps[0] * hand.walk)
    walk -= np.linspace(0, walk[-1], count)
    across = walk + steps[1] * hand.bounce
    extra = steps[2] * hand.spread + hand.spacing * size
    extra[0] = 0
    spaces = np.array([text[at].isspace() for at in glyphs.clusters])
    widths = np.diff(glyphs.y if glyphs.vertical else glyphs.x, append=glyphs.advance)
    wider = np.bincount(group, np.where(spaces, widths * (hand.word_spacing - 1), 0), count)
    along = np.cumsum(extra) + np.concatenate([[0], np.cumsum(wider)[:-1]])
    dx, dy = (across, along) if glyphs.vertical else (along, across)
    return replace(
        glyphs,
        x=(glyphs.x + dx[group]).astype(np.float32),
        y=(glyphs.y + dy[group]).astype(np.float32),
        advance=glyphs.advance + float(along[-1] + wider[-1]),
    )


def join_letters(
    ink: Ink, ports: Sequence[Ports], text: str, hand: Hand, size: int, rng: np.random.Generator
) -> None:
    """Draw strokes between neighbours of a word, in place.

    Args:
        ink: Of the line.
        ports: Of its glyphs, see `Rasteriser.ports`.
        text: That they stand for.
        hand: Share of neighbours to join.
        size: Px per em.
        rng: Chooses them.
    """
    letters = [text[at].isalpha() and text[at].isascii() for at in ink.clusters]
    draws = (rng.random(len(letters)) < hand.joined).tolist()
    ends = []
    for at in range(len(letters) - 1):
        leave, meet = ports[at][1], ports[at + 1][0]
        if not (letters[at] and letters[at + 1] and draws[at] and leave and meet):
            continue
        x0, y0 = ink.boxes[at][0] + leave[0], ink.boxes[at][1] + leave[1]
        x1, y1 = ink.boxes[at + 1][0] + meet[0], ink.boxes[at + 1][1] + meet[1]
        if 0 < x1 - x0 < _REACH * size:
            ends.append((x0, y0, (x0 + x1) / 2, max(y0, y1) + 0.04 * size, x1, y1))
    if not ends:
        return
    start, low, end = np.array(ends).reshape(-1, 3, 1, 2).swapaxes(0, 1)
    curves = (1 - _CURVE) ** 2 * start + 2 * _CURVE * (1 - _CURVE) * low + _CURVE**2 * end
    points = np.rint(curves * 8).astype(np.int32)
    thick = max(1, round(size * (0.045 + max(0.0, hand.stroke))))
    cv2.polylines(ink.coverage, list(points), False, (235,), thick, cv2.LINE_AA, shift=3)


def bend(ink: Ink, hand: Hand, size: int, slope: float, rng: np.random.Generator) -> Ink:
    """Slant, widen, turn and bend a line; its canvas grows so that nothing is cut.

    Boxes and baseline follow all but the bending, which moves strokes by `hand.variation` em.

    Args:
        ink: Of the line.
        hand: Slant, width and variation.
        size: Px per em.
        slope: Rotation of the line, degrees counter-clockwise.
        rng: Draws the bending.
    """
    turn = np.deg2rad(slope)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    shear = np.array([[hand.width, -np.tan(np.deg2rad(hand.slant))], [0.0, 1.0]])
    linear = rotation @ shear
    height, width = ink.coverage.shape
    corners = linear @ np.array([[0, width, 0, width], [0, 0, height, height]], float)
    low, high = np.floor(corners.min(axis=1)), np.ceil(corners.max(axis=1))
    columns, rows = (int(edge) for edge in high - low)
    matrix = np.hstack([linear, -low[:, None]]).astype(np.float32)
    cells = (max(3, round(columns / (_FIELD_CELL * size))), _FIELD_ROWS)
    amplitude = hand.variation * size
    coverage = bent(ink.coverage, matrix, (columns, rows), cells, amplitude, rng, border=0)
    x0, y0 = matrix @ [*ink.origin, 1.0]
    places = _moved_boxes(ink.boxes, matrix)
    return Ink(coverage, (float(x0), float(y0)), places, ink.clusters)


def thicken(coverage: Gray, pixels: float) -> Gray:
    """Ink with strokes `pixels` wider, or thinner where it is negative."""
    change = cv2.dilate if pixels > 0 else cv2.erode
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    left = min(abs(pixels), 6.0) / 2
    while left > 0:
        part = min(1.0, left)
        changed = change(coverage, kernel)
        coverage = np.asarray(cv2.addWeighted(coverage, 1 - part, changed, part, 0), np.uint8)
        left -= 1
    return coverage


def _moved_boxes(boxes: Sequence[Box], matrix: NDArray[np.float32]) -> tuple[Box, ...]:
    if not boxes:
        return ()
    left, top, right, bottom = np.array(boxes, np.float32).T
    x = np.stack([left, right, left, right])
    y = np.stack([top, top, bottom, bottom])
    new_x = matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]
    new_y = matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]
    edges = [new_x.min(axis=0), new_y.min(axis=0), new_x.max(axis=0), new_y.max(axis=0)]
    return tuple(map(tuple, np.stack(edges, axis=1).tolist()))


def _groups(clusters: Sequence[int], text: str) -> NDArray[np.int64]:
    """A number for each glyph; glyphs of one number move together."""
    whole = not text.isascii() and any(
        char.isalpha() and script_of(char) not in _SEPARATE for char in text
    )
    if whole:
        words = np.zeros(len(text), np.int64)
        for number, (first, last) in enumerate(_words(text)):
            words[first:last] = number + 1
        keys = [int(words[at]) or -1 - at for at in clusters]
    else:
        keys = list(clusters)
    changes = np.array([0, *(a != b for a, b in pairwise(keys))])
    return np.cumsum(changes).astype(np.int64)


def _words(text: str) -> list[tuple[int, int]]:
    """First character of each word and the one behind its last."""
    words, at = [], 0
    for word in text.split(" "):
        if word:
            words.append((at, at + len(word)))
        at += len(word) + 1
    return words
