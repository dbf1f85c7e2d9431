"""What a user's own lines look like: paper, ink and stroke width, measured without any text.

Synthetic ink put on this paper, with strokes this wide, is what a recognizer will meet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

import cv2
import numpy as np

from uncial.errors import DataError
from uncial.imaging.bending import Gray
from uncial.imaging.textures import MIDDLE, plus, texture

_LINES = 300  # looked at
_PAPERS = 60  # kept
_HEIGHT = 64  # px of kept paper and of lines when they are measured
_CONTRAST = 40  # gray levels between ink and paper below which a line is passed over


@dataclass(frozen=True, eq=False)
class Appearance:
    """How lines look.

    Attributes:
        papers: ``(64, W)`` gray each: lines whose ink was taken away.
        inks: Gray level of the ink on each of them.
        grain: Standard deviation in gray levels of the finest noise on each.
        strokes: Width of strokes of each line looked at, as a share of the height of its text.
    """

    papers: tuple[Gray, ...]
    inks: tuple[int, ...]
    grain: tuple[float, ...]
    strokes: tuple[float, ...]

    def on_paper(self, image: Gray, rng: np.random.Generator) -> Gray:
        """A clean line on one of the papers, in its ink.

        Args:
            image: ``(H, W)``, dark ink on white.
            rng: Chooses paper and place.
        """
        at = int(rng.integers(len(self.papers)))
        height, width = image.shape
        paper = _cut(self.papers[at], height, width, rng)
        paper = plus(paper, texture(image.shape, 1, rng), self.grain[at])
        ink = float(np.clip(self.inks[at] + rng.normal(0, 12), 0, 200))
        levels = np.clip(255 - ink - np.arange(256) * ((255 - ink) / 255), 0, 255)
        # What ink takes from white it takes from this paper in proportion.
        taken = cv2.multiply(cv2.LUT(image, levels.astype(np.uint8)), paper, scale=1 / 255)
        return np.asarray(cv2.subtract(paper, taken), np.uint8)

    def stroke(self, rng: np.random.Generator) -> float:
        """A stroke width as these lines have, as a share of the height of the text."""
        return float(self.strokes[int(rng.integers(len(self.strokes)))])


def measured(images: Iterable[Gray]) -> Appearance:
    """Measure lines.

    Args:
        images: ``(H, W)`` gray each, dark on light; the first few hundred are looked at.

    Raises:
        DataError: None of them shows ink on paper.
    """
    papers: list[Gray] = []
    inks, grain, strokes = [], [], []
    for image in islice(images, _LINES):
        scale = _HEIGHT / image.shape[0]
        size = max(16, round(image.shape[1] * scale)), _HEIGHT
        line = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        level, mask = cv2.threshold(line, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
        if not 0.005 < float(mask.mean()) < 0.5:
            continue
        ink, white = float(np.percentile(line[mask > 0], 25)), float(np.median(line[mask == 0]))
        if white - ink < _CONTRAST:
            continue
        strokes.append(stroke_share(line, level))
        if len(papers) < _PAPERS:
            wide = cv2.dilate(mask, np.ones((5, 5), np.uint8))
            bare = np.asarray(cv2.inpaint(line, wide, 3, cv2.INPAINT_TELEA), np.uint8)
            papers.append(bare)
            inks.append(round(ink))
            fine = bare.astype(np.float32) - cv2.blur(bare, (3, 3))
            grain.append(float(fine[wide == 0].std()) if (wide == 0).any() else 0.0)
    if not papers:
        raise DataError(
            "no line among those given shows ink on paper",
            remedy="name a folder of line images with dark writing on light paper",
        )
    return Appearance(tuple(papers), tuple(inks), tuple(grain), tuple(strokes))


def stroke_share(image: Gray, level: float = MIDDLE) -> float:
    """Mean width of strokes as a share of the height of the text; 0 where there is no ink.

    Twice the inked area by the length of its outline; the height of the text is that of the rows
    that hold most of the ink.

    Args:
        image: ``(H, W)``, dark on light.
        level: Gray level below which a pixel is ink.
    """
    mask = (image < level).astype(np.uint8)
    inner = cv2.erode(mask, np.ones((3, 3), np.uint8))
    outline = int(mask.sum()) - int(inner.sum())
    if not outline:
        return 0.0
    rows = np.cumsum(mask.sum(axis=1, dtype=np.int64))
    low, high = (int(np.searchsorted(rows, share * rows[-1])) for share in (0.1, 0.9))
    return 2 * float(mask.sum()) / outline / max(1, high - low)


def _cut(paper: Gray, height: int, width: int, rng: np.random.Generator) -> Gray:
    """A piece of paper, mirrored where it is too short."""
    size = max(1, round(paper.shape[1] * height / paper.shape[0])), height
    paper = np.asarray(cv2.resize(paper, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    if rng.random() < 0.5:
        paper = paper[:, ::-1]
    while paper.shape[1] < width:
        paper = np.concatenate([paper, paper[:, ::-1]], axis=1)
    left = int(rng.integers(paper.shape[1] - width + 1))
    return np.ascontiguousarray(paper[:, left : left + width])
