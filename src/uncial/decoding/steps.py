"""The time steps of lines that a beam has to look at, and the labels that are plausible there.

Steps that can mean one thing only are left out: a blank that is sure only parts the labels around
it, and a sure label that goes on says nothing new.

Source: Chen et al. 2016, arXiv:1604.08531 (phone synchronous decoding), for leaving out blanks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uncial.decoding.language import IMPOSSIBLE
from uncial.errors import ConfigError

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class BeamSettings:
    """How wide to search.

    Attributes:
        width: Hypotheses kept for a line.
        tokens: Labels that may prolong a hypothesis at one step.
        floor: Least log-probability of such a label, natural log.
        sure: Probability from which a blank, or a label that goes on, is taken for granted.
    """

    width: int = 16
    tokens: int = 16
    floor: float = -9.0
    sure: float = 0.999

    def __post_init__(self) -> None:
        if min(self.width, self.tokens) < 1:
            raise ConfigError(
                f"a beam of width {self.width} with {self.tokens} labels keeps nothing",
                remedy="choose 1 or more of each",
            )


@dataclass(frozen=True)
class Step:
    """One step of the lines that are not at their end; these are the first of a batch.

    Attributes:
        log_probs: ``(steps, C)`` of all lines.
        where: ``(n,)`` the rows of it.
        tokens: ``(n, k)`` labels that may come, likeliest first.
        scores: ``(n, k)`` their log-probabilities; `IMPOSSIBLE` fills up.
        parted: ``(n,)`` whether a sure blank lies before.
        grown: ``(n,)`` whether the greedy reading gains a label here.
    """

    log_probs: NDArray[np.floating[Any]]
    where: Integers
    tokens: Integers
    scores: Reals
    parted: NDArray[np.bool_]
    grown: NDArray[np.bool_]


@dataclass(frozen=True)
class Steps:
    """The steps of all lines that are worth looking at, one line after the other.

    Attributes:
        log_probs: ``(steps, C)``.
        tokens: ``(steps, k)``, as in `Step`.
        scores: ``(steps, k)``.
        parted: ``(steps,)``.
        grown: ``(steps,)``.
        starts: ``(lines,)`` first step of each line.
        lengths: ``(lines,)`` number of its steps.
        sure: ``(lines,)`` log-probability of what was left out.
    """

    log_probs: NDArray[np.floating[Any]]
    tokens: Integers
    scores: Reals
    parted: NDArray[np.bool_]
    grown: NDArray[np.bool_]
    starts: Integers
    lengths: Integers
    sure: Reals

    @classmethod
    def of(cls, lines: Sequence[NDArray[np.floating[Any]]], settings: BeamSettings) -> Steps:
        """The steps of lines, ``(T, C)`` natural log each."""
        table = np.maximum(np.concatenate(lines) if lines else np.zeros((0, 1)), IMPOSSIBLE)
        owner = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
        best = table.argmax(axis=1)
        top = table[np.arange(len(table)), best]
        first = np.diff(owner, prepend=-1) > 0
        previous = np.where(first, 0, np.roll(best, 1))
        grown = (best != 0) & (best != previous)
        sure = top > np.log(settings.sure) if settings.sure < 1 else np.zeros(len(top), bool)
        again = sure & np.roll(sure, 1) & ~first & (best == previous)
        idle = (sure & (best == 0)) | again
        kept = np.flatnonzero(~idle)
        blanks = np.cumsum(sure & (best == 0))
        before = np.where(np.diff(owner[kept], prepend=-1) > 0, 0, np.roll(blanks[kept], 1))
        lengths = np.bincount(owner[kept], minlength=len(lines))
        table = table[kept]
        tokens, scores = _plausible(table, settings)
        return cls(
            log_probs=table,
            tokens=tokens,
            scores=scores,
            parted=blanks[kept] > before,
            grown=grown[kept],
            starts=np.cumsum(lengths) - lengths,
            lengths=lengths,
            sure=np.bincount(owner[idle], top[idle], minlength=len(lines)).astype(np.float64),
        )

    def batch(self, chosen: Integers) -> list[Step]:
        """The steps of lines that are given from the longest to the shortest."""
        starts, lengths = self.starts[chosen], self.lengths[chosen]
        made = []
        for at in range(int(lengths.max(initial=0))):
            where = starts[: np.count_nonzero(lengths > at)] + at
            scores = self.scores[where]
            size = max(1, int((scores > IMPOSSIBLE / 10).sum(axis=1).max()))
            made.append(
                Step(
                    self.log_probs,
                    where,
                    self.tokens[where, :size],
                    scores[:, :size],
                    self.parted[where],
                    self.grown[where],
                )
            )
        return made


def _plausible(table: NDArray[np.floating[Any]], settings: BeamSettings) -> tuple[Integers, Reals]:
    """The likeliest labels of each step but the blank, best first, and their scores."""
    labels = table[:, 1:]
    size = min(settings.tokens, labels.shape[1])
    if size < labels.shape[1]:
        tokens = np.argpartition(-labels, size - 1, axis=1)[:, :size]
    else:
        tokens = np.tile(np.arange(size), (len(labels), 1))
    scores = np.take_along_axis(labels, tokens, 1).astype(np.float64)
    order = np.argsort(-scores, axis=1, kind="stable")
    scores = np.take_along_axis(scores, order, 1)
    below = scores < settings.floor
    below[:, :1] = False
    scores[below | (scores < IMPOSSIBLE / 10)] = IMPOSSIBLE
    return np.take_along_axis(tokens, order, 1) + 1, scores
