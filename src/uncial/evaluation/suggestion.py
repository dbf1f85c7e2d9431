"""Which lines to transcribe next: those that are read badly, unlike each other, and no bad crops.

Uncertain lines teach most, but the most uncertain ones are mostly not lines at all, and twenty
lines that are hard in the same way teach one thing. Lines are taken one after the other; the gain
of each is its doubt, times how much text it has, times how far it is from all that were taken.

Source: Settles 2009, "Active learning literature survey", section 5.2 (information density); the
distance is that of the readings' pairs of characters, weighted by how rare they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from uncial.text.graphemes import graphemes

_EDGES = (0.01, 0.99)  # quantiles of characters a width outside of which a crop is bad
_HOPELESS = 0.95  # rank of the doubt above which lines are more and more often no lines at all
_FEW = 30  # lines below which nothing is said about crops

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A line as it is read now.

    Attributes:
        text: Its reading.
        score: Natural log of the reading's probability for each character; 0 is certain.
        agreement: Share of it that stays when the line is distorted, 0-1.
        width: Of the line, in its own height.
    """

    text: str
    score: float
    agreement: float
    width: float


@dataclass(frozen=True, kw_only=True)
class Pick:
    """A line worth transcribing.

    Attributes:
        number: Of the candidate.
        doubt: Rank of its doubt among all lines, 0-1.
        newness: How unlike it is to those picked before, 0-1.
    """

    number: int
    doubt: float
    newness: float


def suggested(lines: Sequence[Candidate], count: int) -> list[Pick]:
    """The lines to transcribe, the most useful first.

    Args:
        lines: All that there are.
        count: Wanted; fewer come back where there are not as many sound lines.
    """
    doubts = _doubts(lines)
    usable = _usable(lines)
    merit = np.where(usable, _worth(doubts) * _amount(lines), 0.0)
    features = _features(lines)
    near = np.zeros(len(lines))
    picks: list[Pick] = []
    while len(picks) < min(count, int(usable.sum())):
        gain = merit * (1 - near)
        gain[[pick.number for pick in picks]] = -1.0
        gain[~usable] = -1.0
        best = int(np.argmax(gain))
        picks.append(Pick(number=best, doubt=float(doubts[best]), newness=float(1 - near[best])))
        near = np.maximum(near, _likeness(features, best))
    return picks


def _doubts(lines: Sequence[Candidate]) -> Floats:
    """Rank of each line's doubt, 0-1: the mean of those by probability and by agreement."""
    by_score = np.argsort(np.argsort([-line.score for line in lines], kind="stable"))
    by_change = np.argsort(np.argsort([-line.agreement for line in lines], kind="stable"))
    return np.asarray((by_score + by_change + 1) / (2 * max(len(lines), 1)), float)


def _worth(doubts: Floats) -> Floats:
    """Grows with the doubt, and falls again where lines are hopeless."""
    falling = (1 - doubts) / (1 - _HOPELESS)
    return np.asarray(doubts * np.minimum(1.0, falling + 0.05))


def _usable(lines: Sequence[Candidate]) -> NDArray[np.bool_]:
    written = np.array([bool(line.text.strip()) for line in lines], bool)
    if len(lines) < _FEW:
        return written
    density = np.array([len(line.text) / max(line.width, 1e-9) for line in lines])
    if not written.any():
        return written
    low, high = np.quantile(density[written], _EDGES)
    return np.asarray(written & (density >= low) & (density <= high))


def _amount(lines: Sequence[Candidate]) -> Floats:
    return np.sqrt([len(line.text) for line in lines])


def _features(lines: Sequence[Candidate]) -> list[dict[str, float]]:
    """Pairs of characters of each reading, rare ones weigh more; of length 1."""
    counted = [Counter(_pairs(line.text)) for line in lines]
    spread: Counter[str] = Counter()
    for one in counted:
        spread.update(one.keys())
    found = []
    for one in counted:
        weighed = {
            pair: number * float(np.log(1 + len(lines) / spread[pair]))
            for pair, number in one.items()
        }
        norm = float(np.sqrt(sum(value * value for value in weighed.values()))) or 1.0
        found.append({pair: value / norm for pair, value in weighed.items()})
    return found


def _pairs(text: str) -> list[str]:
    units = graphemes(f" {text.strip()} ")
    return [a + b for a, b in pairwise(units)]


def _likeness(features: Sequence[dict[str, float]], one: int) -> Floats:
    """Cosine of every line with one of them."""
    mine = features[one]
    return np.array(
        [
            sum(value * other[pair] for pair, value in mine.items() if pair in other)
            for other in features
        ]
    )
