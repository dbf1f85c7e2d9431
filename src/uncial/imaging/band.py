"""The band of a page that a line of text fills: its course, how far it reaches, what is wrong.

A band follows the baseline. How far it reaches above and below comes, in this order, from
heights that are given, from a boundary that is sound, from the distance to the lines around. A
line whose geometry is damaged gets the best band that can be had and problems with names:
no line is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from uncial.page.layout import Direction, Line, Page
from uncial.page.polyline import (
    Points,
    along,
    area,
    closed,
    edges,
    length,
    points_of,
    resampled,
    turned,
    turned_back,
)
from uncial.page.spacing import spacing
from uncial.text.order import base_direction

Code = Literal[
    "no-baseline",
    "no-place",
    "boundary-short",
    "boundary-thin",
    "boundary-tall",
    "boundary-apart",
    "off-page",
]

PROBLEMS: dict[Code, str] = {
    "no-baseline": "it has no usable baseline; one was drawn through its boundary",
    "no-place": "it has neither baseline nor boundary; it is cut as blank paper",
    "boundary-short": "its boundary covers only a part of its baseline; not used",
    "boundary-thin": "its boundary holds only a part of its height; not used",
    "boundary-tall": "its boundary reaches into the lines around; not used",
    "boundary-apart": "its boundary lies beside its baseline; not used",
    "off-page": "it lies outside of the image; what is missing is cut as paper",
}
"""What each code says of a line."""

_ABOVE, _BELOW = 0.72, 0.30  # of the distance between baselines, where nothing else is known
_VERTICAL = 0.5  # the same on each side of a vertical line, whose baseline runs in its middle
_NEAREST, _FARTHEST = 0.45, 1.35  # of the usual distance, that a neighbour's counts
_DESCENT = 0.22  # of a boundary's height, that lies below a baseline drawn through it
_MARGIN = 0.15  # of the band's height, beyond each end of a baseline
_REACH = 1.0  # of the band's height, that a boundary may reach beyond them
_COVERED = 0.8  # of the baseline, that a sound boundary holds
_THIN = 0.42  # of the height expected, that a sound boundary has above the baseline at least
_TALL = 1.5  # of the distance to the next line, that it has at most
_STEP = 8.0  # px between points of a course
_LONELY = 0.04  # of the page's height: a line's height where there is no other


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the geometry of a line.

    Attributes:
        line: Its id.
        code: One of `PROBLEMS`.
    """

    line: str
    code: Code

    def __str__(self) -> str:
        """A sentence for people."""
        return f"line {self.line}: {PROBLEMS[self.code]}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Band:
    """Where a line is to be cut.

    Attributes:
        line: Its id.
        spine: ``(N, 2)`` points of the baseline from left to right of the cut line; empty where
            the line has no place.
        course: ``(N, 2)`` the same with a margin at both ends.
        above: How far the band reaches above it, px.
        below: How far below, px.
        outline: ``(M, 2)`` what of it is the line's own; empty takes all.
        problems: What is wrong with the line.
    """

    line: str
    spine: Points
    course: Points
    above: float
    below: float
    outline: Points
    problems: tuple[Problem, ...] = ()


def page_bands(
    page: Page, heights: Mapping[str, tuple[float, float]] | None = None
) -> tuple[Band, ...]:
    """The bands of all lines of a page, in its order.

    Args:
        page: With or without boundaries.
        heights: Above and below the baseline, px, of lines by id; where given they hold.
    """
    directed = [
        (line, line.direction or region.direction or page.direction)
        for region in page.walk()
        for line in region.lines
    ]
    courses = [_course(line, direction) for line, direction in directed]
    gaps = spacing(courses, _LONELY * page.height)
    size = (page.width, page.height)
    return tuple(
        _band(
            line,
            course,
            _Room(gaps.above[at], gaps.below[at], gaps.usual, direction.startswith("vertical")),
            (heights or {}).get(line.id),
            size,
        )
        for at, ((line, direction), course) in enumerate(zip(directed, courses, strict=True))
    )


@dataclass(frozen=True)
class _Room:
    """What is around a line.

    Attributes:
        above: Distance to the next baseline above, px; infinite where there is none.
        below: To the next below.
        usual: Usual distance of baselines on the page, px.
        vertical: Whether the line is vertical.
    """

    above: float
    below: float
    usual: float
    vertical: bool

    def heights(self) -> tuple[float, float]:
        """What a line is expected to fill above and below its baseline, px."""
        low, high = _NEAREST * self.usual, _FARTHEST * self.usual
        up, down = (min(max(gap, low), high) for gap in (self.above, self.below))
        if self.vertical:
            return _VERTICAL * up, _VERTICAL * down
        return _ABOVE * up, _BELOW * down


def _course(line: Line, direction: Direction) -> Points:
    """The baseline from left to right of the cut line, drawn through the boundary if need be."""
    points = points_of(line.baseline)
    if length(points) < 2:
        return _drawn(points_of(line.boundary), direction)
    if _leftward(line, direction) and points[-1, 0] < points[0, 0]:
        return points[::-1]
    return points


def _leftward(line: Line, direction: Direction) -> bool:
    """Whether a line is read from right to left: such lines stand upright."""
    if direction:
        return direction == "rl"
    return base_direction(line.text or "") == "rl"


def _drawn(outline: Points, direction: Direction) -> Points:
    """A baseline through an outline: smooth, in the lower part of it; nothing without one."""
    if area(outline) < 4:
        return np.zeros((0, 2))
    towards = _main_direction(outline, vertical=direction.startswith("vertical"))
    inside = turned(outline, towards)
    left, right = inside[:, 0].min(), inside[:, 0].max()
    places = np.linspace(left, right, int(np.clip((right - left) / _STEP, 8, 60)))
    top, bottom = edges(inside, places[1:-1]).T
    tall = float(np.nanmedian(bottom - top))
    share = 0.5 if direction.startswith("vertical") else _DESCENT
    degree = int(np.clip((right - left) / (12 * max(1.0, tall)), 0, 3))
    wanted = bottom - share * (bottom - top)
    known = np.isfinite(wanted)
    curve = np.polynomial.Polynomial.fit(places[1:-1][known], wanted[known], degree)
    return turned_back(np.stack([places, curve(places)], 1), towards)


def _main_direction(outline: Points, *, vertical: bool) -> NDArray[np.float64]:
    """Unit vector along an outline; near the usual one where it is about as high as wide."""
    border = resampled(closed(outline), 4.0, at_least=16)
    _, vectors = np.linalg.eigh(np.cov((border - border.mean(0)).T))
    towards = vectors[:, 1]
    usual = np.array([0.0, 1.0]) if vertical else np.array([1.0, 0.0])
    spread = np.ptp(turned(border, usual), axis=0)
    if abs(towards @ usual) < 0.97 and spread[0] < 1.5 * spread[1]:
        return usual
    return np.asarray(towards if towards @ usual >= 0 else -towards)


def _band(
    line: Line,
    course: Points,
    room: _Room,
    given: tuple[float, float] | None,
    size: tuple[int, int],
) -> Band:
    nothing = np.zeros((0, 2))
    codes: list[Code] = []
    if not len(course):
        place = Problem(line.id, "no-place")
        return Band(
            line=line.id,
            spine=course,
            course=course,
            above=1,
            below=1,
            outline=nothing,
            problems=(place,),
        )
    if length(points_of(line.baseline)) < 2:
        codes.append("no-baseline")
    expected = room.heights()
    above, below = given or expected
    left = right = _MARGIN * (above + below)
    outline = points_of(line.boundary)
    if given is None and area(outline) >= 4:
        sides = _sides(outline, course)
        drawn = codes == ["no-baseline"]
        fault = None if drawn else _fault(sides, expected, room)
        if fault is None:
            above, below = max(2.0, sides.above), max(2.0, sides.below)
            reach = _REACH * (above + below)
            left, right = (min(max(0.0, way), reach) + 1 for way in (sides.left, sides.right))
        else:
            codes.append(fault)
            outline = nothing
    else:
        outline = nothing
    spine = resampled(course, _STEP)
    course = _lengthened(spine, left, right)
    if _outside(course, size):
        codes.append("off-page")
    return Band(
        line=line.id,
        spine=spine,
        course=course,
        above=float(above),
        below=float(below),
        outline=outline,
        problems=tuple(Problem(line.id, code) for code in codes),
    )


@dataclass(frozen=True)
class _Sides:
    """How an outline lies around a course: reach in px, and the share of the course in it."""

    above: float
    below: float
    left: float
    right: float
    covered: float


def _sides(outline: Points, course: Points) -> _Sides:
    border = resampled(closed(outline), 4.0)
    spine = resampled(course, _STEP)
    tangents = np.gradient(spine, axis=0)
    tangents /= np.maximum(1e-9, np.hypot(*tangents.T))[:, None]
    distance = (border[:, None, 0] - spine[:, 0]) ** 2 + (border[:, None, 1] - spine[:, 1]) ** 2
    nearest = distance.argmin(1)
    away = border - spine[nearest]
    ahead = (away * tangents[nearest]).sum(1)
    down = away[:, 1] * tangents[nearest, 0] - away[:, 0] * tangents[nearest, 1]
    first, last = nearest == 0, nearest == len(spine) - 1
    level = ~(first & (ahead < -_STEP)) & ~(last & (ahead > _STEP))
    inside = down[level] if level.any() else down
    above, below = max(0.0, -float(inside.min())), max(0.0, float(inside.max()))
    lifted = spine - 0.3 * above * np.stack([-tangents[:, 1], tangents[:, 0]], 1)
    return _Sides(
        above=above,
        below=below,
        left=float((-ahead[first]).max(initial=0)),
        right=float(ahead[last].max(initial=0)),
        covered=float(within(outline, lifted).mean()),
    )


def within(outline: Points, points: Points) -> NDArray[np.bool_]:
    """``(N,)`` which points lie inside an outline, by crossings."""
    first, second = outline, np.roll(outline, -1, axis=0)
    x, y = points[:, :1], points[:, 1:]
    straddles = (first[:, 1] > y) != (second[:, 1] > y)
    rise = second[:, 1] - first[:, 1]
    at = first[:, 0] + (y - first[:, 1]) / np.where(rise == 0, 1, rise) * (
        second[:, 0] - first[:, 0]
    )
    return np.asarray((straddles & (x < at)).sum(1) % 2 == 1)


def _fault(sides: _Sides, expected: tuple[float, float], room: _Room) -> Code | None:
    """Why a boundary cannot be used; None where it can."""
    if sides.covered < 0.05:
        return "boundary-apart"
    if sides.covered < _COVERED:
        return "boundary-short"
    if sides.above < _THIN * expected[0]:
        return "boundary-thin"
    above = max(room.above, _NEAREST * room.usual)
    below = max(room.below, _NEAREST * room.usual)
    if sides.above > _TALL * above or sides.below > _TALL * below:
        return "boundary-tall"
    return None


def _lengthened(course: Points, left: float, right: float) -> Points:
    """A course with straight margins at both ends, px."""
    back = min(4, len(course) - 1)
    first, last = course[0] - course[back], course[-1] - course[-1 - back]
    first /= max(1e-9, float(np.hypot(*first)))
    last /= max(1e-9, float(np.hypot(*last)))
    return np.concatenate([[course[0] + left * first], course, [course[-1] + right * last]])


def _outside(course: Points, size: tuple[int, int]) -> bool:
    """Whether over a tenth of a course lies outside of an image."""
    way = resampled(course, max(1.0, float(along(course)[-1]) / 40))
    inside = (way >= 0).all(1) & (way <= np.asarray(size)).all(1)
    return float(inside.mean()) < 0.9
