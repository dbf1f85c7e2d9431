"""How far the lines of a page are from each other: across them, from baseline to baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uncial.page.polyline import Points, resampled, turned

_SAMPLES = 9  # points of a line that distances are measured at


@dataclass(frozen=True)
class Spacing:
    """Distances of the lines of a page, px.

    Attributes:
        above: Of each line to the next baseline above; infinite where there is none.
        below: To the next below.
        usual: Median of the smaller of both, over lines that have a neighbour; else `lonely`.
    """

    above: tuple[float, ...]
    below: tuple[float, ...]
    usual: float


def spacing(courses: Sequence[Points], lonely: float) -> Spacing:
    """Distances of each line to the next above and below.

    Args:
        courses: Baselines from left to right; empty ones have no distance.
        lonely: What counts as usual where no line has a neighbour, px.
    """
    placed = [at for at, course in enumerate(courses) if len(course)]
    above, below = ([np.inf] * len(courses) for _ in range(2))
    if placed:
        samples = np.stack([resampled(courses[at], np.inf, at_least=_SAMPLES) for at in placed])
        for number, at in enumerate(placed):
            above[at], below[at] = _gaps(samples, number)
    nearest = np.minimum(above, below)
    known = nearest[np.isfinite(nearest)]
    return Spacing(tuple(above), tuple(below), float(np.median(known)) if len(known) else lonely)


def _gaps(samples: NDArray[np.float64], number: int) -> tuple[float, float]:
    """Distances of one of ``(n, s, 2)`` lines to the next above and below it."""
    own = samples[number]
    towards = own[-1] - own[0]
    towards = towards / max(1e-9, float(np.hypot(*towards)))
    x, y = (turned(samples.reshape(-1, 2), towards)).reshape(samples.shape).transpose(2, 0, 1)
    order = np.argsort(x[number], kind="stable")
    offset = y - np.interp(x.ravel(), x[number][order], y[number][order]).reshape(y.shape)
    low, high = x[number].min(), x[number].max()
    margin = 0.1 * (high - low)
    level = (x > low - margin) & (x < high + margin)
    # A short line may lie between the samples of a long one.
    over = (x.min(1) < high) & (x.max(1) > low)
    level[over & ~level.any(1)] = True
    count = level.sum(1)
    mean = np.where(level, offset, 0).sum(1) / np.maximum(1, count)
    least = 0.004 * (high - low) + 4
    up = -mean[(count > 0) & (mean < -least)]
    down = mean[(count > 0) & (mean > least)]
    return float(up.min(initial=np.inf)), float(down.min(initial=np.inf))
