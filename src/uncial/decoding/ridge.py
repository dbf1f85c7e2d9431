"""One baseline on the maps of a page, and what the maps say along it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uncial.decoding.maps import Map
from uncial.page.polyline import Points


@dataclass(frozen=True, kw_only=True, eq=False)
class Ridge:
    """One baseline, in px of the maps.

    Attributes:
        points: ``(N, 2)`` from left to right; from top to bottom where it is steeper than 45°.
        above: Height of its line above it.
        below: Height below.
        confidence: 0-1, mean probability along it.
        type: Likeliest type of the line; empty where the maps tell none apart.
    """

    points: Points
    above: float
    below: float
    confidence: float
    type: str = ""

    @property
    def height(self) -> float:
        """Of the line, px."""
        return self.above + self.below


def seen(chart: Map, points: Points) -> Map:
    """A map's values at some places."""
    rows, columns = chart.shape
    x = np.clip(np.round(points[:, 0]).astype(int), 0, columns - 1)
    y = np.clip(np.round(points[:, 1]).astype(int), 0, rows - 1)
    return np.asarray(chart[y, x])


def heading(points: Points) -> NDArray[np.float64]:
    """Unit vector in which a way goes on beyond its last point."""
    way = points[-1] - points[max(-12, -len(points))]
    return np.asarray(way / max(1e-9, float(np.hypot(*way))))
