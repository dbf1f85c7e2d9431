"""Where in time each label of a known sequence lies: CTC's Viterbi alignment.

Source: Graves et al., ICML 2006, section 4.1, with the sum over paths replaced by the
maximum.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_NEVER = -np.inf


class Run(NamedTuple):
    """The time steps that one label fills.

    Attributes:
        start: First step.
        stop: Step after the last.
        score: The label's highest log-probability among them, natural log.
    """

    start: int
    stop: int
    score: float


def align_labels(
    log_probs: NDArray[np.float64], sequences: Sequence[Sequence[int]]
) -> list[list[Run]]:
    """The likeliest position of every label, for several sequences of one line at once.

    Args:
        log_probs: ``(T, C)`` natural log, blank at label 0.
        sequences: Label sequences without blanks, each possible within T steps.

    Returns:
        One run per label.
    """
    steps = len(log_probs)
    longest = max((len(labels) for labels in sequences), default=0)
    if not longest:
        return [[] for _ in sequences]
    states = np.zeros((len(sequences), 2 * longest + 1), dtype=np.int64)  # blank a blank b blank
    for row, labels in enumerate(sequences):
        states[row, 1 : 2 * len(labels) : 2] = labels
    skips = np.full(states.shape, _NEVER)  # from one label to the next, other one, without blank
    skips[:, 2:][(states[:, 2:] != 0) & (states[:, 2:] != states[:, :-2])] = 0.0

    emitted = log_probs[:, states]  # (T, N, S)
    ways = np.full((3, *states.shape), _NEVER)
    back = np.zeros((steps, *states.shape), dtype=np.int8)
    score = np.full(states.shape, _NEVER)
    score[:, :2] = emitted[0, :, :2]
    for step in range(1, steps):
        ways[0] = score
        ways[1, :, 1:] = score[:, :-1]
        ways[2, :, 2:] = score[:, :-2] + skips[:, 2:]
        back[step] = ways.argmax(axis=0)
        score = ways.max(axis=0) + emitted[step]
    return [
        _trace(back[:, row], score[row], emitted[:, row], len(labels))
        for row, labels in enumerate(sequences)
    ]


def _trace(
    back: NDArray[np.int8],
    score: NDArray[np.float64],
    emitted: NDArray[np.float64],
    length: int,
) -> list[Run]:
    """Follow one sequence's best path back; ``back`` and ``emitted`` are ``(T, S)``."""
    if not length:
        return []
    state = 2 * length - 1 if score[2 * length - 1] > score[2 * length] else 2 * length
    starts = [0] * length
    stops = [0] * length
    for step in range(len(back) - 1, -1, -1):
        if state % 2:
            starts[state // 2] = step
            stops[state // 2] = stops[state // 2] or step + 1
        state -= int(back[step, state])
    return [
        Run(start, stop, float(emitted[start:stop, 2 * at + 1].max()))
        for at, (start, stop) in enumerate(zip(starts, stops, strict=True))
    ]
