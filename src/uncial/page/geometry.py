"""Outlines, baselines and boxes: measured, clipped, mended and made from each other.

Points are those of `uncial.page.layout`: pixels, origin top left, y down. A polygon does not
repeat its first corner at the end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from uncial.page.layout import Line, Page, Point, Polygon, Region

DESCENT: Final = 0.22
"""Share of a line's height below its baseline, where only a box is known."""
_SAMPLES: Final = 24  # columns of a polygon that a baseline is sought in
_FLAT: Final = 0.03  # of the height: a lower edge that varies less is that of a box
_CANVAS: Final = 2048  # px; larger polygons are mended at a smaller scale


class Box(NamedTuple):
    """An upright rectangle in px; `right` and `lower` lie on its edge."""

    left: float
    upper: float
    right: float
    lower: float

    @property
    def width(self) -> float:
        """Pixels from left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels from top to bottom."""
        return self.lower - self.upper

    @property
    def corners(self) -> Polygon:
        """As a polygon, clockwise from the upper left."""
        left, upper, right, lower = self
        return (left, upper), (right, upper), (right, lower), (left, lower)


def bounds(points: Sequence[Point]) -> Box:
    """The box around points, of which there is at least one."""
    xs, ys = zip(*points, strict=True)
    return Box(min(xs), min(ys), max(xs), max(ys))


def around(boxes: Sequence[Box]) -> Box:
    """The box around boxes, of which there is at least one."""
    lefts, uppers, rights, lowers = zip(*boxes, strict=True)
    return Box(min(lefts), min(uppers), max(rights), max(lowers))


def signed_area(polygon: Polygon) -> float:
    """Square pixels, positive where the corners go clockwise as seen on the page."""
    if len(polygon) < 3:
        return 0.0
    ahead = (*polygon[1:], polygon[0])
    pairs = zip(polygon, ahead, strict=True)
    return sum(x * y1 - x1 * y for (x, y), (x1, y1) in pairs) / 2


def area(polygon: Polygon) -> float:
    """Square pixels; what a crossing outline encloses twice counts as it does in `signed_area`."""
    return abs(signed_area(polygon))


def without_repeats(points: Sequence[Point]) -> Polygon:
    """The points without those that repeat the one before."""
    kept = list(points[:1])
    kept.extend(point for before, point in pairwise(points) if point != before)
    return tuple(kept)


def corners_of(points: Sequence[Point]) -> Polygon:
    """The corners of a polygon: repeats and the second mention of the first left out."""
    corners = without_repeats(points)
    while len(corners) > 1 and corners[0] == corners[-1]:
        corners = corners[:-1]
    return corners


def clip(points: Sequence[Point], width: float, height: float) -> Polygon:
    """Points moved onto the page where they lie outside."""
    return tuple((min(max(x, 0.0), width), min(max(y, 0.0), height)) for x, y in points)


def is_inside(points: Sequence[Point], width: float, height: float, slack: float = 0.0) -> bool:
    """Whether all points lie on the page or at most `slack` px beside it."""
    return all(-slack <= x <= width + slack and -slack <= y <= height + slack for x, y in points)


def is_simple(polygon: Polygon) -> bool:
    """Whether no two edges cross; edges that only touch do not count."""
    count = len(polygon)
    if count < 4:
        return True
    corners = np.asarray(polygon, np.float64)
    starts, ends = corners, np.roll(corners, -1, axis=0)
    run = ends - starts

    def side(points: NDArray[np.float64]) -> NDArray[np.float64]:
        """On which side of each edge (row) each point (column) lies."""
        reach = points[None, :, :] - starts[:, None, :]
        product = run[:, None, 0] * reach[..., 1] - run[:, None, 1] * reach[..., 0]
        return np.sign(np.where(np.abs(product) < 1e-9, 0.0, product))

    parted = side(starts) * side(ends) < 0
    return not bool((parted & parted.T).any())


def mended(polygon: Polygon) -> Polygon:
    """The outline of the largest part of what a crossing polygon covers, to about a pixel.

    Returns:
        Corners of a simple polygon; empty where nothing is covered.
    """
    box = bounds(polygon)
    scale = min(1.0, _CANVAS / max(box.width, box.height, 1.0))
    shape = (math.ceil(box.height * scale) + 3, math.ceil(box.width * scale) + 3)
    corners = (np.asarray(polygon) - (box.left, box.upper)) * scale + 1
    canvas = np.zeros(shape, np.uint8)
    cv2.fillPoly(canvas, [np.rint(corners).astype(np.int32)], 1)
    found, _ = cv2.findContours(canvas, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not found:
        return ()
    outline = max(found, key=cv2.contourArea)
    # Where strokes of a pixel's width are left, smoothing may cross them again.
    for tried in (cv2.approxPolyDP(outline, 0.75, closed=True), outline, cv2.convexHull(outline)):
        points = (tried[:, 0].astype(np.float64) - 1) / scale + (box.left, box.upper)
        kept = corners_of([(float(x), float(y)) for x, y in points.round(2)])
        if len(kept) >= 3 and area(kept) > 0 and is_simple(kept):
            return kept
    return ()


def box_along(baseline: Polygon, above: float, below: float) -> Polygon:
    """A band along a baseline.

    Args:
        baseline: At least two points in reading direction.
        above: Pixels to the left of that direction: up, for a line from left to right.
        below: Pixels to its right.
    """
    points = np.asarray(baseline, np.float64)
    steps = np.diff(points, axis=0)
    directions = steps / np.maximum(np.linalg.norm(steps, axis=1, keepdims=True), 1e-9)
    padded = np.vstack([directions[:1], directions, directions[-1:]])
    mean = padded[:-1] + padded[1:]
    mean /= np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9)
    up = np.column_stack([mean[:, 1], -mean[:, 0]])
    band = np.vstack([points + up * above, (points - up * below)[::-1]])
    return tuple((float(x), float(y)) for x, y in band.round(2))


def baseline_of(boundary: Polygon, *, vertical: bool = False) -> Polygon:
    """A baseline for a line of which only the outline is known.

    A tight outline follows the foot of most letters, so the middle of its lower edge is the
    baseline; a box ends below the descenders, of which `DESCENT` is the share. In a vertical
    line it is the axis, from top to bottom.

    Returns:
        Two to eight points from left to right, or down; empty where the outline has no area.
    """
    if len(boundary) < 3 or area(boundary) <= 0:
        return ()
    box = bounds(boundary)
    if vertical:
        middle = (box.left + box.right) / 2
        return (middle, box.upper), (middle, box.lower)
    xs = np.linspace(box.left, box.right, _SAMPLES + 2)[1:-1]
    edges = np.array([_edges(boundary, x) for x in xs])
    height = float(np.median(edges[:, 1] - edges[:, 0]))
    slope, foot = _fitted(xs, edges[:, 1])
    residuals = edges[:, 1] - (slope * xs + foot)
    flat = float(np.percentile(np.abs(residuals), 95)) < _FLAT * height
    if flat:
        foot -= DESCENT * height
    return tuple(
        (round(x, 2), round(min(max(slope * x + foot, box.upper), box.lower), 2))
        for x in (box.left, box.right)
    )


def _edges(boundary: Polygon, x: float) -> tuple[float, float]:
    """The topmost and lowest y at which a polygon meets a column inside it."""
    crossings = [
        y + (x - left) * (y1 - y) / (right - left)
        for (left, y), (right, y1) in zip(boundary, (*boundary[1:], boundary[0]), strict=True)
        if left != right and min(left, right) <= x <= max(left, right)
    ]
    return min(crossings), max(crossings)


def _fitted(xs: NDArray[np.float64], ys: NDArray[np.float64]) -> tuple[float, float]:
    """Slope and intercept of a line that outliers do not move (Theil and Sen)."""
    first, second = np.triu_indices(len(xs), 1)
    slope = float(np.median((ys[second] - ys[first]) / (xs[second] - xs[first])))
    return slope, float(np.median(ys - slope * xs))


def line_box(line: Line) -> Box | None:
    """The box around a line's outline, else its baseline; None where it has no place."""
    points = line.boundary or line.baseline
    return bounds(points) if points else None


def region_box(region: Region) -> Box | None:
    """The box around a region's outline, else around what is in it; None where nothing is."""
    if region.boundary:
        return bounds(region.boundary)
    boxes = [*map(line_box, region.lines), *map(region_box, region.regions)]
    known = [box for box in boxes if box is not None]
    return around(known) if known else None


def moved(page: Page, move: Callable[[Polygon], Polygon], width: int, height: int) -> Page:
    """A page whose every outline and baseline went through `move`.

    Args:
        page: The page.
        move: Applied to each outline and baseline.
        width: New width, px.
        height: New height, px.
    """

    def line_moved(line: Line) -> Line:
        readings = tuple(
            replace(reading, words=tuple(
                replace(word, boundary=move(word.boundary), glyphs=tuple(
                    replace(glyph, boundary=move(glyph.boundary)) for glyph in word.glyphs
                )) for word in reading.words
            )) for reading in line.readings
        )  # fmt: skip
        return replace(
            line, baseline=move(line.baseline), boundary=move(line.boundary), readings=readings
        )

    def region_moved(region: Region) -> Region:
        return replace(
            region,
            boundary=move(region.boundary),
            lines=tuple(map(line_moved, region.lines)),
            regions=tuple(map(region_moved, region.regions)),
        )

    regions = tuple(map(region_moved, page.regions))
    return replace(page, width=width, height=height, regions=regions)


def scaled(page: Page, width: int, height: int) -> Page:
    """A page as it lies on an image of another size, px."""
    across, down = width / page.width, height / page.height

    def move(points: Polygon) -> Polygon:
        return tuple((round(x * across, 2), round(y * down, 2)) for x, y in points)

    return moved(page, move, width, height)
