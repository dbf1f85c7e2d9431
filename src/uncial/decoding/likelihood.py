"""How likely a network thinks a given text is: CTC's forward sum.

Source: Graves et al., ICML 2006, section 4.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NEVER = -np.inf


def log_likelihoods(
    log_probs: NDArray[np.floating[Any]], sequences: Sequence[Sequence[int]]
) -> NDArray[np.float64]:
    """Log-probability of label sequences of one line, summed over their alignments.

    Args:
        log_probs: ``(T, C)`` natural log, blank at label 0.
        sequences: Labels without blanks; those of all sequences are computed side by side.

    Returns:
        ``(N,)`` natural log; minus infinity where a sequence does not fit into T steps.
    """
    lengths = np.array([len(labels) for labels in sequences])
    longest = int(lengths.max(initial=0))
    states = np.zeros((len(sequences), 2 * longest + 1), np.int64)  # blank a blank b blank
    for row, labels in zip(states, sequences, strict=True):
        row[1 : 2 * len(labels) : 2] = labels
    steps = len(log_probs)
    if not steps:
        return np.where(lengths == 0, 0.0, _NEVER)
    emitted = np.asarray(log_probs, np.float64)[:, states]  # (T, N, S)
    skips = np.zeros(states.shape, bool)
    skips[:, 2:] = (states[:, 2:] != 0) & (states[:, 2:] != states[:, :-2])
    score = np.full((len(sequences), states.shape[1] + 2), _NEVER)
    score[:, 2:4] = emitted[0, :, :2]
    for step in range(1, steps):
        come = np.logaddexp(score[:, 2:], score[:, 1:-1])
        jump = np.where(skips, score[:, :-2], _NEVER)
        score[:, 2:] = np.logaddexp(come, jump) + emitted[step]
    rows = np.arange(len(sequences))
    last = 2 * lengths + 2  # the final blank; the label before it ends a text as well
    before = np.where(lengths > 0, score[rows, last - 1], _NEVER)
    ends: NDArray[np.float64] = np.logaddexp(score[rows, last], before)
    return ends
