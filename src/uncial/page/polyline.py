"""Polylines and outlines as arrays: length, resampling, sides, edges.

Points are ``(N, 2)`` float64, x and y in pixels, y down.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from uncial.page.layout import Point, Polygon

Points = NDArray[np.float64]


def points_of(polygon: Iterable[Point]) -> Points:
    """The points of a baseline or outline, those equal to the one before left out."""
    points = np.asarray(list(polygon), np.float64).reshape(-1, 2)
    points = np.asarray(points[np.isfinite(points).all(1)])
    if len(points) < 2:
        return points
    moved = (np.diff(points, axis=0) != 0).any(1)
    return np.asarray(points[np.concatenate([[True], moved])])


def polygon_of(points: Points, decimals: int = 1) -> Polygon:
    """Points as the page model holds them, rounded."""
    return tuple((float(x), float(y)) for x, y in np.round(points, decimals))


def along(points: Points) -> NDArray[np.float64]:
    """``(N,)`` length of the way from the first point to each, px."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    return np.concatenate([[0.0], np.cumsum(steps)])


def length(points: Points) -> float:
    """Length of the whole way, px; 0 for less than two points."""
    return float(along(points)[-1]) if len(points) > 1 else 0.0


def resampled(points: Points, step: float, *, at_least: int = 2) -> Points:
    """Points evenly spaced along the way, both ends included.

    Args:
        points: At least one.
        step: Most distance of two neighbours, px.
        at_least: Points in the result.
    """
    way = along(points)
    count = max(at_least, int(np.ceil(way[-1] / step)) + 1)
    places = np.linspace(0.0, way[-1], count)
    return np.stack([np.interp(places, way, points[:, axis]) for axis in (0, 1)], 1)


def area(outline: Points) -> float:
    """Area within an outline, px²; what it winds around twice counts twice."""
    if len(outline) < 3:
        return 0.0
    x, y = outline.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def closed(outline: Points) -> Points:
    """An outline with its first point again at the end."""
    return np.concatenate([outline, outline[:1]])


def turned(points: Points, direction: NDArray[np.float64]) -> Points:
    """Points in a frame with `direction`, a unit vector, as its x axis.

    Its y axis is on the right hand of that: down, where the direction points to the right.
    """
    dx, dy = direction
    turned: Points = points @ np.array([[dx, -dy], [dy, dx]])
    return turned


def turned_back(points: Points, direction: NDArray[np.float64]) -> Points:
    """Inverse of `turned`."""
    dx, dy = direction
    turned: Points = points @ np.array([[dx, dy], [-dy, dx]])
    return turned


def edges(outline: Points, places: NDArray[np.float64]) -> Points:
    """Least and greatest y of an outline at each x.

    Args:
        outline: At least three points.
        places: ``(K,)`` x, px.

    Returns:
        ``(K, 2)``, NaN beside the outline.
    """
    first, second = outline, np.roll(outline, -1, axis=0)
    x1, y1 = first.T[:, None, :]
    x2, y2 = second.T[:, None, :]
    at = places[:, None]
    crosses = (np.minimum(x1, x2) <= at) & (at <= np.maximum(x1, x2)) & (x1 != x2)
    share = np.divide(at - x1, x2 - x1, out=np.zeros(crosses.shape), where=crosses)
    heights = y1 + share * (y2 - y1)
    low = np.where(crosses, heights, np.inf).min(1)
    high = np.where(crosses, heights, -np.inf).max(1)
    return np.where(crosses.any(1)[:, None], np.stack([low, high], 1), np.nan)
