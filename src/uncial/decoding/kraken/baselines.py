"""Baselines of a page from the maps of a network that saw lines, their beginnings and ends.

Ridges of the map of lines are thinned, ends joined along what is left, the ways simplified,
lengthened to the edge of the ridge, and turned so that they begin where the map of beginnings
says; without a clear word they run to the right, or down.

Source: kraken 7.1 ``vectorize_lines`` (thresholds); scikit-image ``approximate_polygon``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from uncial.decoding.kraken.ridges import ridges
from uncial.decoding.kraken.skeleton import Mask, Path, ends, paths, skeleton

_RIDGE = 0.17  # least ridge of a line
_BEND = 3.0  # px; a way is simplified by as much
_SHORTEST = 5.0  # px
_SURE = 0.2  # least difference of the maps of beginnings and ends that counts
_NEAR = 20  # px; window in which the surest mark is looked for
_SPECK = 6  # px; smaller ridges do not lengthen lines
_REACH = 10  # times the last stretch of a line, within which the edge is looked for
_MOST_ENDS = 400  # above it shapes with many ends are left out
_MOST_ENDS_OF_ONE = 10

Points = NDArray[np.int64]
"""``(K, 2)`` rows and columns."""


@dataclass(frozen=True)
class Marks:
    """Maps beside that of lines, enlarged, ``(H, W)``.

    Attributes:
        begins: Where lines begin.
        ends: Where they end.
    """

    begins: NDArray[np.float32]
    ends: NDArray[np.float32]


def baselines(lines: NDArray[np.float32], marks: Marks, *, vertical: bool = False) -> list[Points]:
    """Baselines in reading direction, in no order.

    Args:
        lines: ``(h, w)`` map of lines, as the network puts it out.
        marks: Enlarged to the size of the page.
        vertical: Lines run down where marks do not say otherwise.
    """
    mask = (ridges(lines, marks.begins.shape) > _RIDGE).astype(np.uint8)
    thin = skeleton(mask)
    starts = _limited(thin, ends(thin))
    if len(starts) < 2:
        return []
    ways = [simplified(way, _BEND) for way in paths(thin, starts)]
    balance = _surest(marks.begins) - _surest(marks.ends)
    found = []
    for way in _lengthened(ways, mask):
        line = _turned(way, balance, vertical)
        if np.hypot(*np.diff(line, axis=0).T).sum() >= _SHORTEST:
            found.append(line)
    return found


def simplified(way: Path, tolerance: float) -> Path:
    """A way by fewer points: none that is left out lies farther than `tolerance` from it."""
    kept = np.zeros(len(way), bool)
    kept[[0, -1]] = True
    waiting = [(0, len(way) - 1)]
    while waiting:
        start, stop = waiting.pop()
        between = way[start + 1 : stop].astype(np.float64)
        if not len(between):
            continue
        apart = _distances(between, way[start].astype(float), way[stop].astype(float))
        if (apart > tolerance).any():
            middle = start + 1 + int(apart.argmax())
            kept[middle] = True
            waiting += [(middle, stop), (start, middle)]
    return way[kept]


def _distances(
    points: NDArray[np.float64], start: NDArray[np.float64], stop: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Of points from a stretch: from its line, or from its nearer end beside it."""
    along = stop - start
    behind, before = points - start, points - stop
    beside = (behind @ along > 0) & (-before @ along > 0)
    length = np.hypot(*along)
    if not length:
        return np.asarray(np.hypot(*behind.T))
    cross = np.abs(along[0] * behind[:, 1] - along[1] * behind[:, 0]) / length
    ends = np.minimum(np.hypot(*behind.T), np.hypot(*before.T))
    return np.asarray(np.where(beside, cross, ends))


def _limited(thin: Mask, starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Ends of a noisy map: those of shapes with few of them, the largest shapes first."""
    if len(starts) <= _MOST_ENDS:
        return starts
    _, labels, facts, _ = cv2.connectedComponentsWithStats(thin, connectivity=8)
    owner = labels[starts[:, 0], starts[:, 1]]
    shapes, counts = np.unique(owner, return_counts=True)
    few = counts <= _MOST_ENDS_OF_ONE
    shapes, counts = shapes[few], counts[few]
    if counts.sum() > _MOST_ENDS:
        order = np.argsort(-facts[shapes, cv2.CC_STAT_AREA], kind="stable")
        fits = np.cumsum(counts[order]) <= _MOST_ENDS
        shapes = shapes[order][np.minimum.accumulate(fits)]
    return starts[np.isin(owner, shapes)]


def _surest(marks: NDArray[np.float32]) -> NDArray[np.float32]:
    """The greatest value near each pixel."""
    return np.asarray(cv2.dilate(marks, np.ones((_NEAR, _NEAR), np.uint8)), np.float32)


def _turned(way: Points, balance: NDArray[np.float32], vertical: bool) -> Points:
    """A line in reading direction.

    Args:
        way: Its points.
        balance: Map of beginnings less that of ends.
        vertical: Lines run down where that says nothing.
    """
    first, last = (float(balance[tuple(way[at])]) for at in (0, -1))
    if first > _SURE and last < -_SURE:
        return way
    if first < -_SURE and last > _SURE:
        return way[::-1]
    axis = 0 if vertical else 1
    return way[::-1] if way[0, axis] > way[-1, axis] else way


def _lengthened(ways: Sequence[Points], mask: Mask) -> list[Points]:
    """Lines that go on straight to the edge of the ridge that they lie in, where it is clear."""
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    edges = [one[:, 0, ::-1].astype(np.float64) for one in outlines if len(one) > 3]
    boxes = np.array([[*one.min(0), *one.max(0)] for one in edges]).reshape(-1, 4)
    areas = np.array([cv2.contourArea(one[:, ::-1].astype(np.float32)) for one in edges])
    made = []
    for way in ways:
        line = way.copy()
        low, high = way.min(0), way.max(0)
        near = (boxes[:, :2] <= low).all(1) & (boxes[:, 2:] >= high).all(1) & (areas >= _SPECK)
        for at in np.flatnonzero(near):
            if _holds(edges[at], way):
                line[0] = _edge(edges[at], way[1], way[0])
                line[-1] = _edge(edges[at], way[-2], way[-1])
                break
        made.append(line)
    return made


def _holds(edge: NDArray[np.float64], way: Points) -> bool:
    """Whether a line lies within an outline."""
    outline = edge[:, None, ::-1].astype(np.float32)
    if any(cv2.pointPolygonTest(outline, (float(x), float(y)), False) < 0 for y, x in way):
        return False
    return not any(
        _crossings(edge, start.astype(float), stop.astype(float), strictly=True).size
        for start, stop in pairwise(way)
    )


def _edge(edge: NDArray[np.float64], before: Points, last: Points) -> Points:
    """Where a line leaves an outline, if it does so once; else its last point."""
    far = last - _REACH * (before - last)
    found = _crossings(edge, far.astype(float), last.astype(float))
    if len(found) > 1:
        found = np.unique(np.round(found, 6), axis=0)
    return found[0].astype(np.int64) if len(found) == 1 else last


def _crossings(
    edge: NDArray[np.float64],
    start: NDArray[np.float64],
    stop: NDArray[np.float64],
    *,
    strictly: bool = False,
) -> NDArray[np.float64]:
    """``(N, 2)`` points in which a stretch meets an outline; `strictly` crosses it."""
    ahead = np.roll(edge, -1, 0)
    along = stop - start
    side = along[0] * (edge[:, 1] - start[1]) - along[1] * (edge[:, 0] - start[0])
    other = np.roll(side, -1)
    turned = (side * other < 0) if strictly else (side * other <= 0) & (side != other)
    at = np.flatnonzero(turned)
    if not len(at):
        return np.empty((0, 2))
    share = side[at] / (side[at] - other[at])
    points = edge[at] + share[:, None] * (ahead[at] - edge[at])
    place = (points - start) @ along / (along @ along)
    inside = (place > 0) & (place < 1) if strictly else (place >= 0) & (place <= 1)
    return np.asarray(points[inside])
