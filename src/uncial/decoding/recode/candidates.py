"""Which labels are worth a try at each step, and how certain they are.

Source: tesseract 5.x ``src/lstm/recodebeam.cpp`` (``ComputeTopN``), ``src/lstm/networkio.h``
(``ProbToCertainty``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uncial.decoding.recode.tables import MIN_CERTAINTY

_TOP = 2
_NEXT = 5
_LEAST = math.exp(MIN_CERTAINTY)


@dataclass(frozen=True, slots=True)
class Candidates:
    """The labels of one step.

    Attributes:
        row: Probability by label, at least of the best five and the null.
        offset: Added to each certainty.
        ranked: The two likeliest labels.
        top: Those and the null.
        next: Up to three more.
        labels: How many there are.
    """

    row: dict[int, float] | list[float]
    offset: float
    ranked: tuple[int, ...]
    top: tuple[int, ...]
    next: tuple[int, ...]
    labels: int

    def certainty(self, label: int) -> float:
        """Natural log of a label's probability."""
        return certainty(self.row[label], self.offset)

    def classes(self) -> Iterator[tuple[tuple[int, ...], bool]]:
        """Labels by rank, and whether they are the best.

        A class is tried if those before it left no path.
        """
        yield self.top, True
        yield self.next, False
        known = {*self.top, *self.next}
        yield tuple(label for label in range(self.labels) if label not in known), False


def certainty(probability: float, offset: float) -> float:
    """Natural log, bounded below."""
    return (math.log(probability) if probability > _LEAST else MIN_CERTAINTY) + offset


def candidates(
    probabilities: NDArray[np.floating], null: int, offset: float
) -> Iterator[Candidates]:
    """The labels of each step.

    Args:
        probabilities: ``(T, C)``, 0-1.
        null: CTC's blank.
        offset: Added to each certainty.
    """
    labels = probabilities.shape[1]
    best = min(_NEXT, labels)
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :best].tolist()
    for row, ranks in zip(probabilities, order, strict=True):
        top = ranks[:_TOP] if null in ranks[:_TOP] else [*ranks[:_TOP], null]
        following = tuple(label for label in ranks[_TOP:] if label != null)
        yield Candidates(row.tolist(), offset, tuple(ranks[:_TOP]), tuple(top), following, labels)
