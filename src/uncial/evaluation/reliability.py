"""How far confidences can be trusted: calibration error, reliability, risk and coverage.

Source: Naeini et al., AAAI 2015 (expected calibration error; here with bins of equal counts);
Geifman and El-Yaniv, NeurIPS 2017, arXiv:1705.08500 (risk and coverage).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_BINS = 15
_CURVE = 20


@dataclass(frozen=True, kw_only=True)
class ReliabilityBin:
    """Items of neighbouring confidence.

    Attributes:
        confidence: Their mean, 0-1.
        accuracy: Share that was right, 0-1.
        count: How many.
    """

    confidence: float
    accuracy: float
    count: int


@dataclass(frozen=True, kw_only=True)
class CoveragePoint:
    """The surest lines of a set.

    Attributes:
        coverage: Their share of all lines, 0-1.
        cer: Micro-averaged over them, a fraction.
        confidence: Of the least sure among them.
    """

    coverage: float
    cer: float
    confidence: float


def reliability(
    confidences: ArrayLike, right: ArrayLike, bins: int = _BINS
) -> list[ReliabilityBin]:
    """Items in bins of equal counts, least sure first; equal confidences share a bin.

    Args:
        confidences: ``(n,)`` 0-1.
        right: ``(n,)`` true or false.
        bins: At most so many.
    """
    sure, hits = np.asarray(confidences, np.float64), np.asarray(right, np.float64)
    order = np.argsort(sure, kind="stable")
    sure, hits = sure[order], hits[order]
    edges = {len(sure)}
    for cut in np.linspace(0, len(sure), bins + 1)[:-1]:
        edges.add(int(np.searchsorted(sure, sure[int(cut)])) if len(sure) else 0)
    ends = sorted(edges)
    return [
        ReliabilityBin(
            confidence=float(sure[a:b].mean()), accuracy=float(hits[a:b].mean()), count=b - a
        )
        for a, b in pairwise(ends)
    ]


def calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """Mean distance of confidence and accuracy over all items, 0-1 (ECE)."""
    count = sum(item.count for item in bins)
    return sum(item.count * abs(item.confidence - item.accuracy) for item in bins) / max(count, 1)


def auroc(confidences: ArrayLike, right: ArrayLike) -> float | None:
    """Probability that something right is surer than something wrong; None without either."""
    sure, hits = np.asarray(confidences, np.float64), np.asarray(right, bool)
    good, bad = int(hits.sum()), int((~hits).sum())
    if not good or not bad:
        return None
    _, place, counts = np.unique(sure, return_inverse=True, return_counts=True)
    above = np.cumsum(counts)
    ranks = (above - (counts - 1) / 2)[place]
    return float((ranks[hits].sum() - good * (good + 1) / 2) / (good * bad))


def risk_coverage(
    confidences: ArrayLike, edits: ArrayLike, characters: ArrayLike
) -> list[CoveragePoint]:
    """CER of the surest lines, from a few to all of them.

    Args:
        confidences: ``(n,)`` of lines.
        edits: ``(n,)``.
        characters: ``(n,)``.
    """
    sure = np.asarray(confidences, np.float64)
    order = np.argsort(-sure, kind="stable")
    wrong = np.cumsum(np.asarray(edits, np.float64)[order])
    size = np.maximum(np.cumsum(np.asarray(characters, np.float64)[order]), 1)
    count = len(sure)
    cuts = np.ceil(np.linspace(0, count, _CURVE + 1)[1:]).astype(int)
    kept = sorted(set(cuts.tolist()) - {0})
    return [
        CoveragePoint(
            coverage=float(at / count),
            cer=float(wrong[at - 1] / size[at - 1]),
            confidence=float(sure[order[at - 1]]),
        )
        for at in kept
    ]


def rank_correlation(first: ArrayLike, second: ArrayLike) -> float | None:
    """Spearman's, ties at their mean rank; None for fewer than three or without variation."""
    one, other = _ranks(first), _ranks(second)
    if len(one) < 3 or not one.std() or not other.std():
        return None
    return float(np.corrcoef(one, other)[0, 1])


def _ranks(values: ArrayLike) -> Floats:
    _, place, counts = np.unique(
        np.asarray(values, np.float64), return_inverse=True, return_counts=True
    )
    ranks: NDArray[Any] = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return ranks.astype(np.float64)
