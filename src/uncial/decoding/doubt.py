"""Whether a slightly other calculation would read another text.

Networks compute faster in 16 bits, which moves each log-probability by a little. Only where
another label is about as likely at a step, and would give another text, can that be seen.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray


def is_doubtful(log_probs: NDArray[np.floating[Any]], margin: float) -> bool:
    """Whether labels nearly as likely as the best would change the greedy reading.

    Looks at each step alone and at each run of such steps together.

    Args:
        log_probs: ``(T, C)`` natural log, blank at label 0.
        margin: Distance of two log-probabilities below which either may be the greater.
    """
    if log_probs.shape[0] == 0 or log_probs.shape[1] < 2:
        return False
    steps = np.arange(len(log_probs))
    path = log_probs.argmax(1)
    others = log_probs.copy()
    others[steps, path] = -np.inf
    second = others.argmax(1)
    near = np.flatnonzero(log_probs[steps, path] - others[steps, second] < margin)
    if not len(near):
        return False
    runs = np.split(near, np.flatnonzero(np.diff(near) > 1) + 1)
    spans = {(int(at), int(at) + 1) for at in near} | {(int(r[0]), int(r[-1]) + 1) for r in runs}
    return any(_changes(path, second, start, stop) for start, stop in spans)


def _changes(path: NDArray[np.int64], second: NDArray[np.int64], start: int, stop: int) -> bool:
    """Whether the second-best labels of some steps in a row give another text."""
    before = int(path[start - 1]) if start else 0
    after = path[stop : stop + 1].tolist()
    kept = _collapsed([before, *path[start:stop].tolist(), *after])
    return kept != _collapsed([before, *second[start:stop].tolist(), *after])


def _collapsed(labels: list[int]) -> list[int]:
    """Labels of steps without repetitions and blanks."""
    changes = pairwise(labels)
    return [labels[0], *(label for before, label in changes if label not in (before, 0))]
