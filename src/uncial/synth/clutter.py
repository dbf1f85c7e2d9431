"""What lies on pages and is no text: pictures, ruling, stains, dark edges of the scan.

Ink is ``(H, W)`` uint8 coverage and drawn into; images are gray, dark on paper near 255.
"""

from __future__ import annotations

import cv2
import numpy as np

from uncial.imaging.bending import Gray

Box = tuple[int, int, int, int]
"""Left, top, right and bottom, px."""

_SHADOW = 0.06  # of a page's width, that an edge's shadow is wide at most


def picture(ink: Gray, box: Box, rng: np.random.Generator) -> None:
    """Shades and strokes of a picture, sometimes in a frame."""
    left, top, right, bottom = box
    size = (right - left, bottom - top)
    if min(size) < 8:
        return
    coarse = rng.uniform(0, 255, tuple(rng.integers(3, 24, 2))).astype(np.float32)
    shades = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.5:  # an engraving
        shades = np.where(shades > rng.uniform(60, 200), 210.0, 0.0).astype(np.float32)
        shades *= rng.random(shades.shape, np.float32) < rng.uniform(0.3, 0.9)
    made = np.clip(shades * rng.uniform(0.3, 1.0), 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(0, 40))):
        start, end = (tuple(int(at) for at in rng.integers(0, size)) for _ in "ab")
        cv2.line(made, start, end, (int(rng.integers(60, 256)),), int(rng.integers(1, 4)))
    if rng.random() < 0.4:
        cv2.rectangle(made, (0, 0), (size[0] - 1, size[1] - 1), (230,), 2)
    under = ink[top:bottom, left:right]
    np.maximum(under, made[: under.shape[0], : under.shape[1]], out=under)


def ruling(ink: Gray, box: Box, step: float, rng: np.random.Generator) -> None:
    """Ruled paper: level lines at a distance, or a grid, now and then with a margin."""
    left, top, right, bottom = box
    level = int(rng.integers(30, 150))
    grid = rng.random() < 0.2
    for y in np.arange(top, bottom, step / 2 if grid else step):
        _under(ink, (left, round(y)), (right, round(y)), level)
    for x in np.arange(left, right, step / 2) if grid else ():
        _under(ink, (round(x), top), (round(x), bottom), level)
    if rng.random() < 0.3:
        x = round(left + 0.02 * (right - left))
        _under(ink, (x, 0), (x, ink.shape[0]), level)


def stained(image: Gray, rng: np.random.Generator) -> Gray:
    """Blots, stamps and holes on a page."""
    made = image.copy()
    height, width = image.shape
    for _ in range(int(rng.integers(1, 6))):
        place = int(rng.integers(width)), int(rng.integers(height))
        radius = round(float(np.exp(rng.uniform(np.log(2), np.log(0.04 * width)))))
        level = int(rng.integers(0, 210))
        if rng.random() < 0.25:  # a stamp
            ring = 2 * radius + 12
            for inner in (ring, round(0.75 * ring)):
                cv2.circle(made, place, inner, (level,), int(rng.integers(1, 4)), cv2.LINE_AA)
        else:
            axes = radius, max(1, round(radius * rng.uniform(0.4, 1.0)))
            cv2.ellipse(made, place, axes, rng.uniform(0, 180), 0, 360, (level,), -1, cv2.LINE_AA)
    return np.asarray(np.minimum(image, made), np.uint8)


def edged(image: Gray, rng: np.random.Generator) -> Gray:
    """The scanner's dark bed beside the sheet, or the shadow of a book's fold."""
    made = image.astype(np.float32)
    for side in range(4):
        if rng.random() < 0.5:
            continue
        turned = np.rot90(made, side)
        wide = int(rng.integers(2, max(3, round(_SHADOW * turned.shape[1]))))
        if rng.random() < 0.5:
            turned[:, :wide] = rng.uniform(0, 120)
        else:
            shade = np.linspace(rng.uniform(0.2, 0.7), 1, wide, dtype=np.float32)
            turned[:, :wide] *= shade
    return np.asarray(np.clip(made, 0, 255), np.uint8)


def _under(ink: Gray, start: tuple[int, int], end: tuple[int, int], level: int) -> None:
    """A rule that leaves darker ink as it is."""
    (x0, y0), (x1, y1) = start, end
    under = ink[max(0, y0) : y1 + 1, max(0, x0) : x1 + 1]
    np.maximum(under, np.uint8(level), out=under)
