"""Maps of a page to the page: lines with heights, regions, who belongs where, in what order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from uncial.decoding.maps import STRIDE, LayoutMaps, Map
from uncial.decoding.ridge import Ridge
from uncial.decoding.ridges import ridges
from uncial.imaging.band import within
from uncial.page.geometry import box_along, clip
from uncial.page.layout import Direction, Line, Page, Region, RegionKind
from uncial.page.order import Order, in_reading_order, reading_order
from uncial.page.polyline import Points, length, polygon_of, resampled

_REGION = 0.5  # probability of what lies within a region
_LEAST_AREA = 0.0005  # of a page, that a region covers
_CORNER = 2.0  # px of a map, that a simplified outline leaves the true one by
_STEP = 2.0  # px of a map between the points that are asked for their region
_INSIDE = 0.5  # of a line, that lies in its region
_CUT = 1.5  # heights of a line, that a part beyond a region's border has at least
_KINDS: tuple[tuple[str, RegionKind], ...] = (
    ("table", "table"),
    ("graphic", "graphic"),
    ("illustration", "image"),
    ("image", "image"),
    ("decoration", "graphic"),
    ("stamp", "graphic"),
    ("music", "music"),
    ("math", "math"),
    ("separator", "separator"),
    ("noise", "noise"),
    ("damage", "noise"),
)


@dataclass(frozen=True, kw_only=True)
class Constraints:
    """What lines of a page have to keep to, beyond what the maps say.

    Attributes:
        cut_at_regions: A line that runs from one region into another becomes two.
        direction: Main direction of reading.
        order: Lists regions and lines as they are read.
    """

    cut_at_regions: bool = True
    direction: Direction = ""
    order: Order = reading_order


@dataclass(frozen=True)
class _Area:
    """A region in px of the maps."""

    type: str
    outline: Points


def page_layout(
    maps: LayoutMaps, size: tuple[int, int], constraints: Constraints | None = None
) -> Page:
    """The page that the maps show.

    Args:
        maps: Of the whole page.
        size: Width and height of its image, px.
        constraints: What its lines keep to.

    Returns:
        Its lines have a baseline and a boundary, a band as high as the line; regions are those
        of the model's types, and one without a type for the lines that lie in none.
    """
    constraints = constraints or Constraints()
    areas = _areas(maps.regions)
    lines: dict[int, list[Line]] = {at: [] for at in range(-1, len(areas))}
    for ridge in ridges(maps):
        parts = _cut(ridge, areas) if constraints.cut_at_regions else [ridge]
        for part in parts:
            home = _home(part, areas)
            lines[home].append(_line(part, maps.baseline.shape, size, constraints.direction))
    regions = [
        Region(
            id="",
            kind=_kind(area.type),
            type=area.type,
            boundary=clip(polygon_of(_to_page(area.outline, maps.baseline.shape, size)), *size),
            lines=tuple(lines[at]),
        )
        for at, area in enumerate(areas)
    ]
    if lines[-1] or not regions:
        regions.append(Region(id="", kind="", lines=tuple(lines[-1])))
    width, height = size
    page = Page(
        image="",
        width=width,
        height=height,
        regions=tuple(regions),
        ordered=True,
        direction=constraints.direction,
    )
    return _named(in_reading_order(page, constraints.order))


def _areas(charts: Mapping[str, Map]) -> list[_Area]:
    found = []
    for name, chart in charts.items():
        mask = (chart > _REGION).astype(np.uint8)
        mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)))
        outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        for outline in outlines:
            slim = cv2.approxPolyDP(outline, _CORNER, closed=True)[:, 0].astype(np.float64)
            if len(slim) >= 3 and cv2.contourArea(outline) >= _LEAST_AREA * chart.size:
                found.append(_Area(name, slim))
    return found


def _homes(points: Points, areas: Sequence[_Area]) -> NDArray[np.int64]:
    """Number of the smallest region that each point lies in; -1 for none."""
    homes = np.full(len(points), -1, np.int64)
    sizes = [abs(cv2.contourArea(area.outline.astype(np.float32))) for area in areas]
    for at in sorted(range(len(areas)), key=lambda at: -sizes[at]):
        homes[within(areas[at].outline, points)] = at
    return homes


def _body(ridge: Ridge) -> Points:
    """Places along the middle of a line's letters: baselines run along borders."""
    dense = resampled(ridge.points, _STEP)
    way = dense[-1] - dense[0]
    up = np.array([way[1], -way[0]]) / max(1e-9, float(np.hypot(*way)))
    return np.asarray(dense + 0.3 * ridge.above * up)


def _home(ridge: Ridge, areas: Sequence[_Area]) -> int:
    homes = _homes(_body(ridge), areas)
    inside = homes[homes >= 0]
    if len(inside) < _INSIDE * len(homes):
        return -1
    return int(np.bincount(inside).argmax())


def _cut(ridge: Ridge, areas: Sequence[_Area]) -> list[Ridge]:
    """A line's parts in the regions that it runs through."""
    if len(areas) < 2:
        return [ridge]
    homes = _homes(_body(ridge), areas)
    least = _CUT * ridge.height / _STEP
    runs = [(home, count) for home, count in _runs(homes) if home >= 0 and count >= least]
    if len({home for home, _ in runs}) < 2:
        return [ridge]
    dense = resampled(ridge.points, _STEP)
    borders, last = [0], runs[0][0]
    at = 0
    for home, count in _runs(homes):
        if home >= 0 and count >= least and home != last:
            borders.append(at)
            last = home
        at += count
    edges = [*borders, len(dense)]
    parts = [dense[a:b] for a, b in pairwise(edges)]
    return [replace(ridge, points=part) for part in parts if len(part) > 1]


def _runs(values: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Each value and how often it follows itself."""
    starts = np.flatnonzero(np.concatenate([[True], np.diff(values) != 0]))
    for start, stop in zip(starts, [*starts[1:], len(values)], strict=True):
        yield int(values[start]), int(stop - start)


def _line(
    ridge: Ridge, shape: tuple[int, ...], size: tuple[int, int], direction: Direction
) -> Line:
    points = _to_page(ridge.points, shape, size)
    scale = length(points) / max(1e-9, length(ridge.points))
    baseline = polygon_of(points)
    band = box_along(baseline, ridge.above * scale, ridge.below * scale)
    if direction == "rl":
        baseline = baseline[::-1]
    return Line(id="", baseline=baseline, boundary=clip(band, *size), type=ridge.type)


def _to_page(points: Points, shape: tuple[int, ...], size: tuple[int, int]) -> Points:
    """Px of the maps as px of the page."""
    scale = np.array(size) / (np.array(shape[::-1]) * STRIDE)
    return np.asarray((points * STRIDE + 0.5) * scale)


def _kind(name: str) -> RegionKind:
    """What regions of a type hold, by its name."""
    return next((kind for part, kind in _KINDS if part in name.lower()), "text")


def _named(page: Page) -> Page:
    """The page with ids that count regions and lines in reading order."""
    regions, count = [], 0
    for number, region in enumerate(page.regions, start=1):
        lines = []
        for line in region.lines:
            count += 1
            lines.append(replace(line, id=f"l{count}"))
        regions.append(replace(region, id=f"r{number}", lines=tuple(lines)))
    return replace(page, regions=tuple(regions))
