"""95 % intervals and p-values for error rates, by resampling of pages or documents.

Lines of one page share hand, scan and topic, so resampling lines pretends to more evidence
than there is; groups are resampled whole. The interval is the plain percentile one.

Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13; for paired
differences in recognition, Bisani and Ney, ICASSP 2004; for p-values, Noreen 1989,
Computer-Intensive Methods for Testing Hypotheses (approximate randomization).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

_EXACT = 12  # groups up to which every exchange is tried
_EXCHANGES = 10_000
_CHUNK = 1 << 21  # draws held at once; bounds memory, not the result's quality


def ratio_intervals(
    numerators: ArrayLike,
    denominators: ArrayLike,
    *,
    resamples: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> NDArray[np.float64]:
    """Percentile intervals of K ratios of sums, all from the same resamples.

    Args:
        numerators: ``(G, K)`` per group, e.g. character and word edits; differences of two
            systems' edits give the interval of their paired difference.
        denominators: ``(G, K)`` per group, e.g. characters and words of the ground truth.
        resamples: Draws of G groups with replacement.
        seed: Same seed, same interval.
        level: Share of the resamples inside, 0-1.

    Returns:
        ``(K, 2)`` lower and upper ends; a ratio whose denominator is 0 counts as 0.
    """
    sums = np.concatenate(
        [np.asarray(numerators, np.float64), np.asarray(denominators, np.float64)], axis=1
    )
    groups, width = sums.shape
    if not groups or not resamples:
        return np.zeros((width // 2, 2))
    rng = np.random.default_rng(seed)
    totals = np.empty((resamples, width))
    rows = max(1, _CHUNK // groups)
    for start in range(0, resamples, rows):
        stop = min(start + rows, resamples)
        drawn = rng.integers(0, groups, size=(stop - start, groups), dtype=np.int32)
        drawn += (np.arange(stop - start, dtype=np.int32) * groups)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=(stop - start) * groups)
        totals[start:stop] = counts.reshape(stop - start, groups) @ sums
    above, below = totals[:, : width // 2], totals[:, width // 2 :]
    ratios = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
    tail = (1 - level) / 2
    return np.quantile(ratios, [tail, 1 - tail], axis=0).T


def swap_p_value(differences: ArrayLike, *, seed: int = 0) -> float:
    """Two-sided p-value of a paired difference: two systems' answers exchanged at random.

    Were the systems equal, it would not matter whose answers to a document are whose.

    Args:
        differences: ``(G,)`` first minus second, summed over each group.
        seed: Of the exchanges; up to twelve groups, all of them are tried.
    """
    each = np.asarray(differences, np.float64)
    each = each[each != 0]
    if not len(each):
        return 1.0
    seen = abs(each.sum()) * (1 - 1e-12)
    if len(each) <= _EXACT:
        codes = np.arange(1 << len(each))[:, None] >> np.arange(len(each)) & 1
        return float((np.abs((1 - 2 * codes) @ each) >= seen).mean())
    rng = np.random.default_rng(seed)
    as_large = 0
    rows = max(1, _CHUNK // len(each))
    for start in range(0, _EXCHANGES, rows):
        count = min(rows, _EXCHANGES - start)
        signs = 1 - 2 * rng.integers(0, 2, size=(count, len(each)), dtype=np.int8)
        as_large += int((np.abs(signs @ each) >= seen).sum())
    return (as_large + 1) / (_EXCHANGES + 1)


def sum_by_group(values: ArrayLike, groups: Sequence[Hashable]) -> NDArray[np.float64]:
    """Sums ``(G, K)`` of the rows ``(N, K)`` of each group, in order of first appearance."""
    number: dict[Hashable, int] = {}
    at = np.array([number.setdefault(group, len(number)) for group in groups], dtype=np.int64)
    rows = np.asarray(values, np.float64)
    sums = np.zeros((len(number), rows.shape[1]))
    np.add.at(sums, at, rows)
    return sums
