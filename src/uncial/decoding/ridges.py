"""Baseline maps to baselines: threshold, components, one ridge each; no outlines are traced.

A component lies along some axis; the ridge is the mean place of its pixels across that axis,
weighted by probability. A component with two rows in it is cut anew at a higher threshold, a
line that broke is put together where nothing says that it ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from uncial.decoding.joining import joined, one_a_row
from uncial.decoding.maps import LayoutMaps, Map
from uncial.decoding.ridge import Ridge, heading, seen
from uncial.page.polyline import Points, length, resampled, turned, turned_back

_THRESHOLDS = (0.3, 0.5, 0.7, 0.85)
"""Of baseline and not end; the next one cuts components with two rows in them."""
_ENDS = (0.8, 1.0)  # probabilities of an end that cut a baseline not at all and in full
_LEAST_PIXELS = 6
_PEAK = 0.5  # probability that some pixel of a baseline has
_LEAST_LENGTH = 1.0  # of a line's height
_LEAST_CONFIDENCE = 0.55  # mean probability along a baseline
_SHORT = 5.0  # of a line's height: shorter ones have to be surer,
_SURER = 0.3  # by this much for one of no length at all
_THICK = 0.18  # of a line's height, that pixels of one row deviate from its axis
_TWO_ROWS = 0.06  # share of a component's length that may be thicker
_TOLERANCE = 0.6  # px of a map, that a simplified baseline leaves its ridge by
_STEP = 2.0  # px of a map between the points that are looked at


def ridges(maps: LayoutMaps) -> list[Ridge]:
    """The baselines of a page."""
    sure = np.clip((maps.ends - _ENDS[0]) / (_ENDS[1] - _ENDS[0]), 0, 1)
    score = maps.baseline * (1 - sure)
    found = [_measured(points, maps) for points in _traced(score, maps)]
    found = [ridge for ridge in joined(found, maps) if _is_line(ridge)]
    return [_typed(ridge, maps) for ridge in one_a_row(found)]


def _traced(score: Map, maps: LayoutMaps) -> Iterator[Points]:
    """One way for each component that holds one row."""
    waiting = [(0, 0, score, 0)]
    while waiting:
        left, top, part, level = waiting.pop()
        for places, weights in _components(part, _THRESHOLDS[level]):
            tall = _tallness(places + np.array([left, top]), maps)
            points, doubled = _ridge(places, weights, tall)
            if doubled > _TWO_ROWS and level + 1 < len(_THRESHOLDS):
                corner = places.min(0)
                inner = (places - corner).astype(int)
                own = np.zeros(inner.max(0)[::-1] + 1, np.float32)
                own[inner[:, 1], inner[:, 0]] = weights
                waiting.append((left + int(corner[0]), top + int(corner[1]), own, level + 1))
            elif len(points) > 1:
                yield points + np.array([left, top])


def _components(score: Map, threshold: float) -> Iterator[tuple[Points, NDArray[np.float64]]]:
    """Pixels over a threshold that touch, ``(N, 2)``, and their values; only those with a peak."""
    count, labels = cv2.connectedComponents((score > threshold).astype(np.uint8), connectivity=8)
    rows, columns = np.nonzero(labels)
    order = np.argsort(labels[rows, columns], kind="stable")
    rows, columns = rows[order], columns[order]
    values = score[rows, columns].astype(np.float64)
    starts = np.searchsorted(labels[rows, columns], np.arange(1, count + 1))
    places = np.stack([columns, rows], 1).astype(np.float64)
    for start, stop in pairwise(starts):
        if stop - start >= _LEAST_PIXELS and values[start:stop].max() >= _PEAK:
            yield places[start:stop], values[start:stop]


def _tallness(places: Points, maps: LayoutMaps) -> float:
    """Height of the line at some pixels."""
    some = places[:: max(1, len(places) // 50)]
    return float(np.median(seen(maps.above, some) + seen(maps.below, some)))


def _ridge(places: Points, weights: NDArray[np.float64], tall: float) -> tuple[Points, float]:
    """The way along a component, and the share of its length where it is too thick for one row.

    Args:
        places: ``(N, 2)`` its pixels.
        weights: ``(N,)`` their probabilities.
        tall: Height of a line, px.
    """
    axis = _axis(places, weights)
    inside = turned(places, axis)
    start = inside[:, 0].min()
    bins = np.round(inside[:, 0] - start).astype(int)
    size = int(bins.max()) + 1
    across = inside[:, 1]
    total = np.bincount(bins, weights, size)
    filled = np.flatnonzero(total > 0)
    total = total[filled]
    level = np.bincount(bins, weights * across, size)[filled] / total
    square = np.bincount(bins, weights * across**2, size)[filled] / total
    spread = np.sqrt(np.maximum(0.0, square - level**2))
    doubled = float((spread > max(2.0, _THICK * tall)).mean())
    smooth = _smooth(level, max(1, round(0.12 * tall)))
    return turned_back(np.stack([filled + start, smooth], 1), axis), doubled


def _axis(places: Points, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vector along a component: right or down; level where it is about level."""
    centred = places - np.average(places, axis=0, weights=weights)
    spread = (centred * weights[:, None]).T @ centred
    angle = 0.5 * np.arctan2(2 * spread[0, 1], spread[0, 0] - spread[1, 1])
    if abs(angle) < 0.35:
        angle = 0.0
    elif abs(abs(angle) - np.pi / 2) < 0.35:
        angle = np.pi / 2
    if angle < -np.pi / 4:
        angle += np.pi
    return np.array([np.cos(angle), np.sin(angle)])


def _smooth(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Moving mean that keeps straight ways."""
    reach = min(reach, (len(values) - 1) // 2)
    if reach < 1:
        return values
    before = 2 * values[0] - values[reach:0:-1]
    after = 2 * values[-1] - values[-2 : -2 - reach : -1]
    window = np.full(2 * reach + 1, 1 / (2 * reach + 1))
    return np.convolve(np.concatenate([before, values, after]), window, "valid")


def _measured(points: Points, maps: LayoutMaps) -> Ridge:
    """A way with what the maps say of its line; its ends reach to where the baseline ends."""
    above, below = (float(np.median(seen(m, points))) for m in (maps.above, maps.below))
    points = _reaching(points, maps.baseline, above + below)
    confidence = float(seen(maps.baseline, points).mean())
    slim = cv2.approxPolyDP(points.astype(np.float32)[:, None], _TOLERANCE, closed=False)
    simple = np.asarray(slim[:, 0], np.float64)
    if len(simple) < 2:
        simple = points[[0, -1]]
    return Ridge(points=simple, above=above, below=below, confidence=confidence)


def _reaching(points: Points, baseline: Map, tall: float) -> Points:
    """A way made longer over what the ends took from it."""
    most = max(4, round(0.5 * tall))
    ends = [points[::-1], points]
    for at, way in enumerate(ends):
        ahead = way[-1] + heading(way) * np.arange(1, most + 1)[:, None]
        on = seen(baseline, ahead) > _THRESHOLDS[0]
        reach = most if on.all() else int(on.argmin())
        ends[at] = ahead[max(0, reach - 1) : reach]
    return np.concatenate([ends[0], points, ends[1]])


def _is_line(ridge: Ridge) -> bool:
    size = length(ridge.points)
    short = max(0.0, 1 - size / (_SHORT * ridge.height))
    sure = ridge.confidence >= _LEAST_CONFIDENCE + _SURER * short
    return sure and size >= max(3.0, _LEAST_LENGTH * ridge.height)


def _typed(ridge: Ridge, maps: LayoutMaps) -> Ridge:
    if not maps.lines:
        return ridge
    dense = resampled(ridge.points, _STEP)
    means = {name: float(seen(chart, dense).mean()) for name, chart in maps.lines.items()}
    return replace(ridge, type=max(means, key=lambda name: means[name]))
