"""Lines cut from a page: straightened along their baseline, what is not theirs made paper.

Only the band of a line is touched, so that the cost goes by its length: about 1 ms for a line
of 100 x 1500 px.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from uncial.imaging.band import Band, page_bands
from uncial.page.layout import Direction, Line, Page, Region
from uncial.page.polyline import Points, along

Image = NDArray[np.uint8]

_PAPER = 255
_LONGEST = 16_000  # px of a cut line; OpenCV ends at 32,767
_GRID = 8  # px between points at which the way is computed
_BRIGHT = 75  # percentile of a band's gray that is its paper
_BLANK = (16, 64)  # px of what stands for a line without a place


def page_lines(image: Image, page: Page) -> list[tuple[Band, Image]]:
    """All lines of a page, in its order, each with the band it was cut from.

    Args:
        image: ``(H, W)`` gray or ``(H, W, 3)`` RGB.
        page: Its lines; problems with them are in the bands.
    """
    return [(band, band_image(image, band)) for band in page_bands(page)]


def line_image(
    image: Image,
    line: Line,
    *,
    direction: Direction = "",
    heights: tuple[float, float] | None = None,
) -> Image:
    """One line, cut and straightened; `page_lines` knows more, for it sees the lines around.

    Args:
        image: The page, ``(H, W)`` gray or ``(H, W, 3)`` RGB.
        line: With a baseline, a boundary or both.
        direction: Of the page's writing.
        heights: Above and below the baseline, px; where not given, by the boundary.

    Returns:
        As high as the band, as wide as the baseline is long.
    """
    page = Page(
        image="",
        width=image.shape[1],
        height=image.shape[0],
        direction=direction,
        regions=(Region(id="", kind="", lines=(line,)),),
    )
    (band,) = page_bands(page, {line.id: heights} if heights else None)
    return band_image(image, band)


def band_image(image: Image, band: Band) -> Image:
    """The pixels of a band, straightened; what lies outside of its outline is paper.

    Args:
        image: The page, ``(H, W)`` gray or ``(H, W, 3)`` RGB.
        band: Of a line on it.
    """
    if not len(band.course):
        return np.full((*_BLANK, *image.shape[2:]), _PAPER, np.uint8)
    spine, normals = _axis(band)
    height = max(3, round(band.above + band.below))
    across = np.arange(height, dtype=np.float32)[:, None] - np.float32(band.above)
    x, y = (
        (spine[None, :, axis] + across * normals[None, :, axis]).astype(np.float32)
        for axis in (0, 1)
    )
    part, corner = _part(image, x, y)
    x -= corner[0]
    y -= corner[1]
    made = np.asarray(cv2.remap(part, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
    if len(band.outline):
        shape = np.round(band.outline - corner).astype(np.int32)
        mask = np.zeros(part.shape[:2], np.uint8)
        cv2.fillPoly(mask, [shape], 255)
        inside = np.asarray(cv2.remap(mask, x, y, cv2.INTER_NEAREST, borderValue=0)) > 0
        made[~inside] = _paper(made, inside)
    return np.asarray(made, np.uint8)


def to_page(band: Band, points: Points) -> Points:
    """Places in a cut line as places on its page.

    Args:
        band: It was cut from; with a place.
        points: ``(N, 2)`` x and y in the cut line, px.
    """
    spine, normals = _axis(band)
    places = np.clip(points[:, 0], 0, len(spine) - 1)
    columns = np.arange(len(spine))
    feet = np.stack([np.interp(places, columns, spine[:, axis]) for axis in (0, 1)], 1)
    lean = np.stack([np.interp(places, columns, normals[:, axis]) for axis in (0, 1)], 1)
    return np.asarray(feet + (points[:, 1:] - band.above) * lean)


def _axis(band: Band) -> tuple[Points, Points]:
    """Foot and downward unit normal of each column of a cut line, ``(W, 2)`` each.

    The way is smoothed over about the height of the line, for the corners of a hand-drawn
    baseline would fan out.
    """
    way = along(band.course)
    width = int(min(max(2, round(way[-1])), _LONGEST))
    count = max(3, -(-width // _GRID) + 1)
    places = np.linspace(0.0, way[-1], count)
    coarse = np.stack([np.interp(places, way, band.course[:, axis]) for axis in (0, 1)], 1)
    spread = max(1, round((band.above + band.below) / _GRID / 2))
    smooth = _smoothed(coarse, spread)
    tangents = _smoothed(np.gradient(smooth, axis=0), spread)
    tangents /= np.maximum(1e-9, np.hypot(*tangents.T))[:, None]
    normals = np.stack([-tangents[:, 1], tangents[:, 0]], 1)
    columns = np.linspace(0.0, count - 1.0, width)
    numbers = np.arange(count)
    spine, down = (
        np.stack([np.interp(columns, numbers, values[:, axis]) for axis in (0, 1)], 1)
        for values in (smooth, normals)
    )
    return spine, down


def _smoothed(values: Points, spread: int) -> Points:
    """Moving mean over ``2 spread + 1`` rows that keeps straight ways and both ends."""
    if len(values) < 3:
        return values
    spread = min(spread, (len(values) - 1) // 2)
    before = 2 * values[0] - values[spread:0:-1]
    after = 2 * values[-1] - values[-2 : -2 - spread : -1]
    total = np.cumsum(np.concatenate([[[0.0, 0.0]], before, values, after]), axis=0)
    window = 2 * spread + 1
    return np.asarray((total[window:] - total[:-window]) / window)


def _part(
    image: Image, x: NDArray[np.float32], y: NDArray[np.float32]
) -> tuple[Image, NDArray[np.float64]]:
    """The smallest part of a page that holds these places, and its corner."""
    height, width = image.shape[:2]
    left, right = (int(np.clip(f(x), 0, width - 1)) for f in (np.min, np.max))
    top, bottom = (int(np.clip(f(y), 0, height - 1)) for f in (np.min, np.max))
    part = image[max(0, top - 1) : bottom + 3, max(0, left - 1) : right + 3]
    return part, np.array([max(0, left - 1), max(0, top - 1)], np.float64)


def _paper(made: NDArray[Any], inside: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Colour of the paper within a mask; of a sample of its pixels."""
    sample = made[::3, ::5][inside[::3, ::5]]
    if not len(sample):
        return np.full(made.shape[2:], _PAPER, np.uint8)
    return np.asarray(np.percentile(sample, _BRIGHT, axis=0), np.uint8)
