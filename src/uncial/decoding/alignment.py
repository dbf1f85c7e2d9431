"""Where in time each label of a known sequence lies: CTC's Viterbi alignment.

Source: Graves et al., ICML 2006, section 4.1, with the sum over paths replaced by the
maximum.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

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
    lines: Sequence[NDArray[np.floating[Any]]], sequences: Sequence[Sequence[int]]
) -> list[list[Run]]:
    """The likeliest position of every label, for many lines at once.

    Args:
        lines: ``(T, C)`` natural log each, blank at label 0.
        sequences: Labels of each line without blanks, possible within its steps.

    Returns:
        One run per label.
    """
    found: list[list[Run]] = [[] for _ in lines]
    chosen = [at for at, labels in enumerate(sequences) if len(labels)]
    chosen.sort(key=lambda at: -len(lines[at]))
    if not chosen:
        return found
    lengths = np.array([len(lines[at]) for at in chosen])
    sizes = np.array([len(sequences[at]) for at in chosen])
    states = np.zeros((len(chosen), 2 * int(sizes.max()) + 1), dtype=np.int64)  # blank a blank b …
    for row, at in enumerate(chosen):
        states[row, 1 : 2 * sizes[row] : 2] = sequences[at]
    table = np.concatenate([lines[at] for at in chosen])
    starts = np.cumsum(lengths) - lengths
    path = _best_paths(table, starts, lengths, states, 2 * sizes)
    for row, at in enumerate(chosen):
        found[at] = _runs(path[: lengths[row], row], lines[at], sequences[at])
    return found


def _best_paths(
    table: NDArray[np.floating[Any]],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
    states: NDArray[np.int64],
    last: NDArray[np.int64],
) -> NDArray[np.int64]:
    """``(T, N)`` the state at each step; lines are ``(N,)``, the longest first."""
    skips = np.full(states.shape, _NEVER)  # from one label to the next, other one, without blank
    skips[:, 2:][(states[:, 2:] != 0) & (states[:, 2:] != states[:, :-2])] = 0.0
    back = np.zeros((int(lengths[0]), *states.shape), dtype=np.int8)
    score = np.full(states.shape, _NEVER)
    score[:, :2] = np.take_along_axis(table[starts], states[:, :2], 1)
    for step in range(1, len(back)):
        n = int(np.count_nonzero(lengths > step))
        best = score[:n].copy()
        choice = back[step, :n]
        for reach, ways in ((1, score[:n, :-1]), (2, score[:n, :-2] + skips[:n, 2:])):
            better = ways > best[:, reach:]
            best[:, reach:][better] = ways[better]
            choice[:, reach:][better] = reach
        score[:n] = best + table[(starts[:n] + step)[:, None], states[:n]]
    rows = np.arange(len(starts))
    state = last - (score[rows, last - 1] > score[rows, last])
    path = np.empty(back.shape[:2], dtype=np.int64)
    for step in range(len(back) - 1, -1, -1):
        n = int(np.count_nonzero(lengths > step))
        path[step] = state
        state[:n] -= back[step, rows[:n], state[:n]]
    return path


def _runs(
    path: NDArray[np.int64], log_probs: NDArray[np.floating[Any]], labels: Sequence[int]
) -> list[Run]:
    """The stretches of one line's path, ``(T,)``, that are labels."""
    edges = np.flatnonzero(np.diff(path, prepend=-1, append=-1))
    runs = []
    for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        state = int(path[start])
        if state % 2:
            score = log_probs[start:stop, labels[state // 2]].max()
            runs.append(Run(start, stop, float(score)))
    return runs
