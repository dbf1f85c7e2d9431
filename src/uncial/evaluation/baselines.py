"""How well baselines were found: precision, recall and what went wrong.

A found point counts in full within a tolerance of a true baseline, less and less up to three
times that, then not at all. Recall asks how much of each true line is covered by any found ones;
precision gives each found line to at most one true line and asks how much of it lies there. So
a line in two parts costs precision, two lines in one cost recall. Some publish a precision that
forgives parts: every found line counts by the true line that it lies on best, whatever else lies
there. It is told beside the strict one.

Source: Grüning et al. 2017, "READ-BAD: a new dataset and evaluation scheme for baseline detection
in archival documents", arXiv:1705.03311, section 4; tolerances as in the authors' tool,
TranskribusBaseLineEvaluationScheme.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uncial.page.polyline import Points, resampled
from uncial.page.spacing import spacing

_STEP = 5.0  # px between points of a baseline
_SHARE = 0.25  # of the distance to the next line, that is the adaptive tolerance
_FAR = 3.0  # tolerances at which a point counts no more
_HALF = 0.5  # of a line, that has to be found, or to lie on another
_PIECE = 0.1  # of a line, that is more than a graze
_CLOSE = 600.0  # px from the box around a line, beyond which that distance will do


@dataclass(frozen=True, kw_only=True)
class BaselineScore:
    """Baselines of one page, or the means of several.

    Attributes:
        precision: 0-1.
        recall: 0-1.
        true: Lines in the ground truth.
        found: Lines found.
        missed: True lines of which less than half was found.
        extra: Found lines of which less than half lies on true ones.
        splits: Parts that true lines were found in, beyond the first.
        merges: True lines that were found as one with another.
        parts: Precision that forgives parts, 0-1.
    """

    precision: float
    recall: float
    true: int
    found: int
    missed: int = 0
    extra: int = 0
    splits: int = 0
    merges: int = 0
    parts: float = 1.0

    @property
    def f(self) -> float:
        """Harmonic mean of precision and recall, 0-1."""
        return _mean(self.precision, self.recall)

    @property
    def f_parts(self) -> float:
        """The same with the precision that forgives parts."""
        return _mean(self.parts, self.recall)


@dataclass(frozen=True)
class Distances:
    """Of the points of lines to other lines, px.

    Attributes:
        reach: Of each true line's points to each found line.
        reverse: Of each found line's points to each true line.
    """

    reach: list[list[NDArray[np.float64]]]
    reverse: list[list[NDArray[np.float64]]]


def distances(truth: Sequence[Points], found: Sequence[Points]) -> Distances:
    """What `score_baselines` and `matches` go by, so that several of them share it."""
    return Distances(_distances(truth, found), _distances(found, truth))


def adaptive_tolerances(truth: Sequence[Points]) -> list[float]:
    """A quarter of each line's distance to the next, or of the page's mean where that is less, px.

    Args:
        truth: Baselines of one page.
    """
    gaps = spacing(truth, lonely=40.0)
    nearest = np.minimum(gaps.above, gaps.below)
    known = nearest[np.isfinite(nearest)]
    usual = float(known.mean()) if len(known) else gaps.usual
    return [_SHARE * min(float(gap), usual) for gap in nearest]


def score_baselines(
    truth: Sequence[Points],
    found: Sequence[Points],
    tolerances: Sequence[float],
    apart: Distances | None = None,
) -> BaselineScore:
    """Compare the baselines of one page.

    Args:
        truth: ``(N, 2)`` each, at least two points.
        found: Likewise.
        tolerances: Of each true line, px.
        apart: Of these lines, where it is known.
    """
    if not truth or not found:
        nothing = 0.0 if truth or found else 1.0
        return BaselineScore(
            parts=nothing if found else 1.0,
            precision=nothing if found else 1.0,
            recall=nothing if truth else 1.0,
            true=len(truth),
            found=len(found),
            missed=len(truth),
            extra=len(found),
        )
    apart = apart or distances(truth, found)
    reach, reverse = apart.reach, apart.reverse
    recall = [
        float(_worth(np.stack(row).min(0), limit).mean())
        for row, limit in zip(reach, tolerances, strict=True)
    ]
    on = np.array(
        [
            [float(_worth(far, limit).mean()) for far, limit in zip(row, tolerances, strict=True)]
            for row in reverse
        ]
    )
    of = np.array(
        [
            [float((far < _FAR * limit).mean()) for far in row]
            for row, limit in zip(reach, tolerances, strict=True)
        ]
    )
    whole = np.array(
        [
            [float((far < _FAR * lim).mean()) for far, lim in zip(row, tolerances, strict=True)]
            for row in reverse
        ]
    )
    pieces = ((whole.T >= _HALF) & (of >= _PIECE)).sum(1)
    covered = ((of >= _HALF) & (whole.T >= _PIECE)).sum(0)
    return BaselineScore(
        precision=sum(_given_out(on)) / len(found),
        recall=sum(recall) / len(truth),
        true=len(truth),
        found=len(found),
        missed=sum(share < _HALF for share in recall),
        extra=int((on.max(1) < _HALF).sum()),
        splits=int(np.maximum(pieces - 1, 0).sum()),
        merges=int(np.maximum(covered - 1, 0).sum()),
        parts=float(on.max(1).mean()),
    )


def over_pages(scores: Sequence[BaselineScore]) -> BaselineScore:
    """Precision and recall as means over pages, counts in sum.

    Args:
        scores: At least one.
    """
    return BaselineScore(
        precision=sum(score.precision for score in scores) / len(scores),
        recall=sum(score.recall for score in scores) / len(scores),
        true=sum(score.true for score in scores),
        found=sum(score.found for score in scores),
        missed=sum(score.missed for score in scores),
        extra=sum(score.extra for score in scores),
        splits=sum(score.splits for score in scores),
        merges=sum(score.merges for score in scores),
        parts=sum(score.parts for score in scores) / len(scores),
    )


def matches(
    truth: Sequence[Points],
    found: Sequence[Points],
    tolerances: Sequence[float],
    apart: Distances | None = None,
) -> list[tuple[int, int]]:
    """True and found lines that belong together, one to one, by number.

    Args:
        truth: As for `score_baselines`.
        found: Likewise.
        tolerances: Likewise.
        apart: Likewise.
    """
    if not truth or not found:
        return []
    apart = apart or distances(truth, found)
    on = np.array(
        [
            [float(_worth(far, limit).mean()) for far, limit in zip(row, tolerances, strict=True)]
            for row in apart.reverse
        ]
    )
    return [(mine, its) for its, mine, worth in _pairs(on) if worth >= _HALF]


def _mean(first: float, second: float) -> float:
    both = first + second
    return 2 * first * second / both if both else 0.0


def _worth(distance: NDArray[np.float64], tolerance: float) -> NDArray[np.float64]:
    """What points at some distance count, 0-1."""
    return np.clip((_FAR - distance / max(tolerance, 1e-9)) / (_FAR - 1), 0.0, 1.0)


def _given_out(on: NDArray[np.float64]) -> list[float]:
    """What each found line is worth, given to the one true line that is left for it."""
    return [worth for _, _, worth in _pairs(on)]


def _pairs(on: NDArray[np.float64]) -> list[tuple[int, int, float]]:
    """Row, column and value of pairs, the best first, no row or column twice."""
    order = np.argsort(-on, axis=None, kind="stable")
    rows: set[int] = set()
    columns: set[int] = set()
    made = []
    for place in order:
        row, column = (int(at) for at in np.unravel_index(place, on.shape))
        if on[row, column] <= 0:
            break
        if row not in rows and column not in columns:
            rows.add(row)
            columns.add(column)
            made.append((row, column, float(on[row, column])))
    return made


def _distances(
    lines: Sequence[Points], others: Sequence[Points]
) -> list[list[NDArray[np.float64]]]:
    """Distance of each point of each line to each other line, px."""
    dense = [resampled(line, _STEP) for line in lines]
    return [[_to_way(points, other) for other in others] for points in dense]


def _to_way(points: Points, way: Points) -> NDArray[np.float64]:
    """``(N,)`` distance of points to a polyline."""
    beside = np.hypot(*(np.clip(points, way.min(0), way.max(0)) - points).T)
    near = beside < _CLOSE
    start, run = way[:-1], np.diff(way, axis=0)
    square = np.maximum((run * run).sum(1), 1e-12)
    away = points[near, None] - start
    share = np.clip((away * run).sum(2) / square, 0.0, 1.0)
    beside[near] = np.hypot(*(away - share[..., None] * run).transpose(2, 0, 1)).min(1)
    return np.asarray(beside)
