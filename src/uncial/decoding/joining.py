"""Pieces of lines put together, and lines found twice left out.

A line of handwriting may come in pieces where its words stand far apart. Two pieces belong
together where one goes on in the direction of the other and nothing says that a line ends there:
neither the maps, nor the lines above and below, which in columns and tables end at the same place.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from uncial.decoding.maps import LayoutMaps
from uncial.decoding.ridge import Ridge, heading, seen
from uncial.page.polyline import Points, length, resampled, turned

_GAP = 5.0  # of a line's height, that two parts of a line lie apart
_OFFSET = 0.5  # of a line's height, that they lie across
_ENDING = 0.9  # probability of an end between them, that keeps them apart
_WORDS = 2.5  # of a line's height: a gap that lines around which run past it bridge all the same
_AROUND = (0.5, 3.5)  # of a line's height, that lines above and below lie away
_BESIDE = 0.7  # of a line's height: ends so near a gap are at the same place
_SAME = 0.5  # of a line's height: two baselines nearer than that are one line's
_ALIKE = 0.5  # share of a baseline that lies so near another one
_STEP = 2.0  # px of a map between the points that are looked at


def joined(found: Sequence[Ridge], maps: LayoutMaps) -> list[Ridge]:
    """Parts of one line put together, nearest first.

    Args:
        found: Pieces of lines.
        maps: That they were found on.
    """
    parts: list[Ridge] = sorted(found, key=lambda ridge: ridge.points[0, 0])
    if not parts:
        return []
    first, last = (np.stack([ridge.points[at] for ridge in parts]) for at in (0, -1))
    distance = np.hypot(*(last[:, None] - first[None]).transpose(2, 0, 1))
    near = distance <= _GAP * np.array([ridge.height for ridge in parts])[:, None]
    np.fill_diagonal(near, val=False)
    pairs = []
    for one, other in np.argwhere(near):
        gap, sure = _gap(parts[one], parts[other], maps)
        if sure or (gap < _WORDS and _run_past(first, last, int(one), int(other), parts)):
            pairs.append((gap, int(one), int(other)))
    after: dict[int, int] = {}
    before: dict[int, int] = {}
    for _, one, other in sorted(pairs):
        if one not in after and other not in before:
            after[one], before[other] = other, one
    made = []
    for at in range(len(parts)):
        if at not in before:
            chain = [at]
            while chain[-1] in after:
                chain.append(after[chain[-1]])
            made.append(_chained([parts[number] for number in chain]))
    return made


def _gap(first: Ridge, second: Ridge, maps: LayoutMaps) -> tuple[float, bool]:
    """From the end of a part to the beginning of its continuation, in heights of the line.

    Infinite where it is none; and whether the maps show no end between them.
    """
    tall = min(first.height, second.height)
    way = second.points[0] - first.points[-1]
    distance = float(np.hypot(*way))
    if distance > _GAP * tall or max(first.height, second.height) > 2 * tall:
        return float("inf"), False
    ahead = heading(first.points) + heading(second.points[::-1]) * -1
    ahead = ahead / max(1e-9, float(np.hypot(*ahead)))
    along, across = float(way @ ahead), float(way[1] * ahead[0] - way[0] * ahead[1])
    if abs(across) > _OFFSET * tall or along < -0.3 * tall:
        return float("inf"), False
    between = resampled(np.stack([first.points[-1], second.points[0]]), 1.0)
    return distance / tall, bool(seen(maps.ends, between).max() <= _ENDING)


def _run_past(first: Points, last: Points, one: int, other: int, parts: Sequence[Ridge]) -> bool:
    """Whether more lines above and below run past a gap than begin or end beside it."""
    tall = min(parts[one].height, parts[other].height)
    start, stop = last[one], first[other]
    way = stop - start
    wide = float(np.hypot(*way))
    ahead = way / wide if wide > 0 else heading(parts[one].points)
    begin, end = (turned(points - start, ahead) for points in (first, last))
    level = (begin[:, 1] + end[:, 1]) / 2
    apart = np.abs(np.stack([begin[:, 1], end[:, 1], level])).min(0)
    around = (apart > _AROUND[0] * tall) & (apart < _AROUND[1] * tall)
    reach = _BESIDE * tall
    past = around & (begin[:, 0] < -reach) & (end[:, 0] > wide + reach)
    beside = around & (
        ((begin[:, 0] > -reach) & (begin[:, 0] < wide + reach))
        | ((end[:, 0] > -reach) & (end[:, 0] < wide + reach))
    )
    return bool(past.sum() > beside.sum())


def _chained(parts: Sequence[Ridge]) -> Ridge:
    if len(parts) == 1:
        return parts[0]
    weights = np.array([length(part.points) for part in parts]) + 1e-9
    above, below, confidence = (
        float(np.average([getattr(part, name) for part in parts], weights=weights))
        for name in ("above", "below", "confidence")
    )
    points = np.concatenate([part.points for part in parts])
    return Ridge(points=points, above=above, below=below, confidence=confidence)


def one_a_row(found: Sequence[Ridge]) -> list[Ridge]:
    """The baselines without those that lie on a longer or surer one."""
    kept: list[tuple[Ridge, Points]] = []
    ranked = sorted(found, key=lambda ridge: -length(ridge.points) * ridge.confidence)
    for ridge in ranked:
        dense = resampled(ridge.points, _STEP)
        if all(_share_on(dense, other, ridge, known) < _ALIKE for known, other in kept):
            kept.append((ridge, dense))
    return [ridge for ridge, _ in kept]


def _share_on(points: Points, others: Points, ridge: Ridge, known: Ridge) -> float:
    """Share of some places that lie on another baseline."""
    near = _SAME * min(ridge.height, known.height)
    if (points.min(0) > others.max(0) + near).any() or (points.max(0) < others.min(0) - near).any():
        return 0.0
    distance = np.hypot(*(points[:, None] - others[None]).transpose(2, 0, 1)).min(1)
    return float((distance < near).mean())
