"""Random views of training pages: a piece, turned, scaled, bent, aged.

Two views of a page never agree, so a dozen pages are enough to train on.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from uncial.archive import Channel
from uncial.decoding.maps import map_size
from uncial.page.polyline import Points
from uncial.training.segmentation.targets import draw_targets
from uncial.training.segmentation.truth import TrueLine, TruePage

_PAPER = 255
_ON_LINE = 0.8  # share of views whose centre lies near a line
_BENDS = 4  # random numbers along each side of a bent view
Gray = NDArray[np.uint8]


def random_view(
    page: TruePage,
    channels: Sequence[Channel],
    rng: np.random.Generator,
    *,
    side: int,
    strength: float = 1.0,
) -> tuple[Gray, NDArray[np.float32]]:
    """A square piece of a page and the maps to draw of it.

    Args:
        page: Prepared.
        channels: Of the network.
        rng: Decides everything.
        side: Of the piece, px.
        strength: Of distortions; 0 only cuts.

    Returns:
        ``(side, side)`` gray and ``(C, h, w)`` targets.
    """
    matrix = _matrix(page, rng, side, strength)
    bend = _bend(rng, side, strength) if rng.random() < 0.5 and strength else None
    image = _warped(page.image, matrix, bend, side)
    scale = float(np.hypot(matrix[0, 1], matrix[1, 1]))
    lines = [
        TrueLine(
            _moved(line.course, matrix, bend), line.above * scale, line.below * scale, line.type
        )
        for line in page.lines
    ]
    regions = [(name, _moved(shape, matrix, bend)) for name, shape in page.regions]
    if strength:
        image = _aged(image, rng, strength)
    return image, draw_targets(channels, lines, regions, map_size((side, side)))


def _matrix(
    page: TruePage, rng: np.random.Generator, side: int, strength: float
) -> NDArray[np.float64]:
    """``(2, 3)`` from the page to the view."""
    height, width = page.image.shape
    centre = rng.uniform((0, 0), (width, height))
    if page.lines and rng.random() < _ON_LINE:
        course = page.lines[rng.integers(len(page.lines))].course
        centre = course[rng.integers(len(course))] + rng.uniform(-side / 3, side / 3, 2)
    scale = np.exp(strength * rng.uniform(-0.4, 0.35))
    stretch = np.exp(strength * rng.uniform(-0.1, 0.1))
    wide = rng.random() < 0.1
    angle = np.deg2rad(strength * (rng.uniform(-15, 15) if wide else rng.normal(0, 1.5)))
    shear = strength * rng.uniform(-0.06, 0.06)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn @ np.array([[scale * stretch, shear], [0, scale / stretch]])
    return np.hstack([linear, (side / 2 - linear @ centre)[:, None]])


def _bend(rng: np.random.Generator, side: int, strength: float) -> NDArray[np.float32]:
    """``(side, side, 2)`` smooth displacements, px."""
    reach = strength * rng.uniform(1, 10)
    coarse = rng.normal(0, 1, (_BENDS, _BENDS, 2)).astype(np.float32) * np.float32(reach)
    coarse[..., 0] *= 0.3
    return np.asarray(cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC), np.float32)


def _warped(
    image: Gray, matrix: NDArray[np.float64], bend: NDArray[np.float32] | None, side: int
) -> Gray:
    if bend is None:
        made = cv2.warpAffine(image, matrix, (side, side), borderValue=_PAPER)
        return np.asarray(made, np.uint8)
    inverse = cv2.invertAffineTransform(matrix).astype(np.float32)
    rows, columns = np.indices((side, side), np.float32)
    x, y = columns + bend[..., 0], rows + bend[..., 1]
    across, down = (row[0] * x + row[1] * y + row[2] for row in inverse)
    made = cv2.remap(image, across, down, cv2.INTER_LINEAR, borderValue=_PAPER)
    return np.asarray(made, np.uint8)


def _moved(points: Points, matrix: NDArray[np.float64], bend: NDArray[np.float32] | None) -> Points:
    """Where points of the page lie in the view."""
    there = np.asarray(points @ matrix[:, :2].T + matrix[:, 2])
    if bend is None:
        return there
    found = there
    for _ in range(3):  # the view's pixel p shows the page at p + bend(p)
        at = np.clip(np.round(found), 0, len(bend) - 1).astype(int)
        found = there - bend[at[:, 1], at[:, 0]]
    return np.asarray(found)


def _aged(image: Gray, rng: np.random.Generator, strength: float) -> Gray:
    """Other ink, paper and sensor; now and then rulings or the ink of the other side."""
    view = image.astype(np.float32)
    if rng.random() < 0.25:
        behind = np.roll(view[:, ::-1], rng.integers(0, len(view), 2), (0, 1))
        behind = _blurred(behind, rng.uniform(0.5, 2.0))
        view -= np.float32(strength * rng.uniform(0.05, 0.5)) * (_PAPER - behind)
    if rng.random() < 0.12:
        _rule(view, rng)
    if rng.random() < 0.3:
        view = _blurred(view, rng.uniform(0.3, 0.3 + strength))
    gamma = np.float32(np.exp(strength * rng.uniform(-0.7, 0.7)))
    view = np.asarray(_PAPER * np.clip(view / _PAPER, 0, 1) ** gamma, np.float32)
    if rng.random() < 0.5:
        view = _PAPER - (_PAPER - view) * np.float32(1 - strength * rng.uniform(0, 0.6))
    if rng.random() < 0.4:
        coarse = rng.normal(0, 1, (4, 4)).astype(np.float32)
        shade = cv2.resize(coarse, view.shape[::-1], interpolation=cv2.INTER_CUBIC)
        view += np.float32(strength * rng.uniform(2, 18)) * np.asarray(shade, np.float32)
    if rng.random() < 0.4:
        noise = rng.standard_normal(view.shape, np.float32)
        view += np.float32(strength * rng.uniform(2, 18)) * noise
    return np.asarray(np.clip(view, 0, 255), np.uint8)


def _blurred(view: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(view, (0, 0), sigma), np.float32)


def _rule(view: NDArray[np.float32], rng: np.random.Generator) -> None:
    """Draw parallel rulings across a view."""
    level, gap = float(rng.uniform(60, 230)), int(rng.integers(25, 160))
    for at in range(int(rng.integers(gap)), len(view), gap):
        if rng.random() < 0.5:
            view[at : at + 1 + int(rng.random() < 0.3)] = level
        else:
            view[:, at : at + 1 + int(rng.random() < 0.3)] = level
