"""Prefix beam over CTC's log-probabilities, many lines at once, with a language model.

A hypothesis is a sequence of labels; its probability sums over the alignments that spell it. At
each step every hypothesis of every line is prolonged by every plausible label in a handful of
array operations.

Source: Hannun et al. 2014, arXiv:1408.2873, algorithm 1; its ``p_b`` and ``p_nb`` are `blank`
and `label` here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uncial.decoding.language import IMPOSSIBLE, Rows
from uncial.decoding.steps import BeamSettings, Integers, Reals, Step, Steps

_LINES = 96  # decoded side by side: enough to make array operations pay, few enough for a cache
_DEAD = IMPOSSIBLE / 10
_MIX, _STIR = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)
_ROOT, _NOBODY, _NO_PARENT = np.uint64(3), np.uint64(1), np.uint64(2)


@dataclass(frozen=True, kw_only=True)
class Found:
    """One hypothesis at the end of a line.

    Attributes:
        labels: Without blanks.
        log_prob: Natural log, summed over the alignments kept, without the language's share.
        merit: With it.
    """

    labels: list[int]
    log_prob: float
    merit: float


def search(
    lines: Sequence[NDArray[np.floating[Any]]], rows: Rows, settings: BeamSettings, most: int = 1
) -> list[list[Found]]:
    """The best label sequences of lines, best first; the greedy one is always among them.

    Args:
        lines: ``(T, C)`` natural log each, blank at label 0, padding cut off.
        rows: Of the language to listen to.
        settings: How wide to search.
        most: Hypotheses wanted of each line.
    """
    found: list[list[Found]] = [[] for _ in lines]
    steps = Steps.of(lines, settings)
    order = np.argsort(-steps.lengths, kind="stable")
    for start in range(0, len(lines), _LINES):
        rows.trim()
        chosen = order[start : start + _LINES]
        beam = _Beam(len(chosen), settings.width, rows)
        for step in steps.batch(chosen):
            beam.advance(step)
        for at, results in zip(chosen.tolist(), beam.finish(steps.sure[chosen], most), strict=True):
            found[at] = results
    return found


@dataclass(frozen=True)
class _Growths:
    """Hypotheses of several lines, each prolonged by one label; line after line.

    Attributes:
        at: ``(g,)`` place of the hypothesis among those of all lines.
        token: ``(g,)`` the label.
        log_prob: ``(g,)`` without the language's share.
        language: ``(g,)`` that share.
        starts: ``(n,)`` the first one of each line.
        column: ``(g,)`` place within its line.
    """

    at: Integers
    token: Integers
    log_prob: Reals
    language: Reals
    starts: Integers
    column: Integers


class _Beam:
    """Hypotheses of a batch of lines: arrays ``(lines, width)``, dead ones far below the rest."""

    def __init__(self, lines: int, width: int, rows: Rows) -> None:
        shape = (lines, width)
        self.rows = rows
        self.width = width
        self.blank = np.full(shape, IMPOSSIBLE)
        self.blank[:, 0] = 0.0
        self.label = np.full(shape, IMPOSSIBLE)
        self.language = np.zeros(shape)
        self.last = np.zeros(shape, np.int64)
        self.row = np.full(shape, -1)  # -1: not looked up, what `origin` and `last` lead to
        self.row[:, 0] = 0
        self.origin = np.zeros(shape, np.int64)
        self.node = np.zeros(shape, np.int64)
        self.name = np.full(shape, _NOBODY)  # of the label sequence, by which equal ones are known
        self.name[:, 0] = _ROOT
        self.parent = np.full(shape, _NO_PARENT)
        self.guide = np.zeros(lines, np.int64)  # where the greedy reading lies
        self.nodes = 1
        self.parents = [np.zeros(1, np.int64)]
        self.labels = [np.zeros(1, np.int64)]

    def advance(self, step: Step) -> None:
        """Prolong the hypotheses of the first lines by one step."""
        n, width = len(step.where), self.width
        last, language = self.last[:n], self.language[:n]
        total = _log_sum(self.blank[:n], self.label[:n])
        parted = step.parted[:, None]
        free = np.where(parted, total, self.blank[:n])  # may take its last label once more
        held = np.where(parted, IMPOSSIBLE, self.label[:n])  # goes on with its last label
        stay_blank = total + step.log_probs[step.where, 0][:, None]
        stay = held + step.log_probs[step.where[:, None], last]

        # No growth can end up better than `reach`; the stays alone fill the beam above `bar`.
        reach = (total + language)[:, :, None] + (step.scores + self.rows.most)[:, None, :]
        bar = (np.maximum(stay_blank, stay) + language).min(axis=1)
        open_ = reach > np.maximum(bar, _DEAD)[:, None, None]
        lines = np.flatnonzero(step.grown)
        open_[lines, self.guide[lines], 0] = True
        repeats = last[:, :, None] == step.tokens[:, None, :]
        target = self._merge(step, (total, free), stay, open_, repeats)
        growths = self._growths(step, (total, free), open_, repeats)

        merit = np.full((n, width + 1 + int(growths.column.max(initial=-1))), IMPOSSIBLE)
        merit[:, :width] = _log_sum(stay_blank, stay) + language
        where = growths.at // width
        merit[where, width + growths.column] = growths.log_prob + growths.language
        guide = self._guided(step, target, growths)
        merit[np.arange(n), guide] = np.inf
        chosen = _best(merit, width)
        self.guide[:n] = (chosen == guide[:, None]).argmax(axis=1)
        dead = np.take_along_axis(merit, chosen, 1) < _DEAD
        self._select(n, chosen, dead, (stay_blank, stay), growths)

    def finish(self, sure: Reals, most: int) -> list[list[Found]]:
        """The `most` best hypotheses of every line, best first."""
        log_prob = _log_sum(self.blank, self.label)
        ends = self.rows.ends(self.row, self.origin, self.last)
        merit = log_prob + self.language + ends
        order = np.argsort(-merit, axis=1, kind="stable")
        parents, labels = np.concatenate(self.parents), np.concatenate(self.labels)
        return [
            [
                Found(
                    labels=_spelled(int(self.node[line, at]), parents, labels),
                    log_prob=float(log_prob[line, at] + sure[line]),
                    merit=float(merit[line, at] + sure[line]),
                )
                for at in places[:most]
                if merit[line, at] > _DEAD or at == places[0]
            ]
            for line, places in enumerate(order)
        ]

    def _merge(
        self,
        step: Step,
        mass: tuple[Reals, Reals],
        stay: Reals,
        open_: NDArray[np.bool_],
        repeats: NDArray[np.bool_],
    ) -> Integers:
        """Give a hypothesis what its parent, grown by its last label, brings it.

        Args:
            step: The step.
            mass: ``(n, width)`` each: all of a hypothesis, and what its last label may follow.
            stay: ``(n, width)``; gains.
            open_: ``(n, width, k)`` growths worth looking at; what is given away is not.
            repeats: ``(n, width, k)`` where a label is a hypothesis's last.

        Returns:
            ``(n, width)`` for each parent the hypothesis that its likeliest label leads to;
            -1 where it is not in the beam.
        """
        line, at, place = np.nonzero(repeats)
        same = self.name[line] == self.parent[line, at][:, None]
        there = np.flatnonzero(same.any(axis=1))
        line, at, place, mother = line[there], at[there], place[there], same[there].argmax(axis=1)
        total, free = mass
        brought = np.where(repeats[line, mother, place], free[line, mother], total[line, mother])
        stay[line, at] = _log_sum(stay[line, at], brought + step.scores[line, place])
        open_[line, mother, place] = False
        target = np.full(stay.shape, -1)
        likeliest = place == 0
        target[line[likeliest], mother[likeliest]] = at[likeliest]
        return target

    def _growths(
        self,
        step: Step,
        mass: tuple[Reals, Reals],
        open_: NDArray[np.bool_],
        repeats: NDArray[np.bool_],
    ) -> _Growths:
        """What is worth looking at, with the language's share; arguments as for `_merge`."""
        n, k = step.tokens.shape
        flat = np.flatnonzero(open_)
        at, place = np.divmod(flat, k)
        line = at // self.width
        token = step.tokens[line, place]
        total, free = mass
        log_prob = np.where(repeats.ravel()[flat], free.ravel()[at], total.ravel()[at])
        log_prob += step.scores[line, place]
        row = self._rows_of(at)
        language = self.language.ravel()[at] + self.rows.score[row, token]
        sizes = np.bincount(line, minlength=n)
        starts = np.cumsum(sizes) - sizes
        return _Growths(at, token, log_prob, language, starts, np.arange(len(at)) - starts[line])

    def _rows_of(self, at: Integers) -> Integers:
        """The language's rows of hypotheses, looked up where that was not done before."""
        rows = self.row.ravel()
        new = at[rows[at] < 0]
        if len(new):
            new = new[np.diff(new, prepend=-1) > 0]
            rows[new] = self.rows.follow(self.origin.ravel()[new], self.last.ravel()[new])
        return rows[at]

    def _guided(self, step: Step, target: Integers, growths: _Growths) -> Integers:
        """``(n,)`` the candidate that is the greedy reading."""
        n = len(step.where)
        guide = self.guide[:n]
        merged = target[np.arange(n), guide]
        wanted = np.flatnonzero(step.grown & (merged < 0))
        place = wanted * self.width + guide[wanted]
        first = np.searchsorted(growths.at, place)  # its likeliest label comes first
        found = np.where(step.grown, merged, guide)
        found[wanted] = self.width + growths.column[first]
        return found

    def _select(
        self,
        n: int,
        chosen: Integers,
        dead: NDArray[np.bool_],
        stays: tuple[Reals, Reals],
        growths: _Growths,
    ) -> None:
        """Make the candidates that were chosen the hypotheses of the first `n` lines."""
        width = self.width
        source = np.arange(n)[:, None] * width + np.minimum(chosen, width - 1)
        line, column = np.nonzero((chosen >= width) & ~dead)
        new = line * width + column
        growth = growths.starts[line] + chosen[line, column] - width
        mother, token = growths.at[growth], growths.token[growth]
        rows = self._rows_of(mother)

        blank, label = stays[0].ravel()[source], stays[1].ravel()[source]
        blank.ravel()[new] = IMPOSSIBLE
        label.ravel()[new] = growths.log_prob[growth]
        self.parents.append(self.node.ravel()[mother])
        self.labels.append(token)
        names = self.name.ravel()[mother]
        for mine, fresh in (
            (self.language, growths.language[growth]),
            (self.last, token),
            (self.row, -1),
            (self.origin, rows),
            (self.node, np.arange(self.nodes, self.nodes + len(new))),
            (self.name, _named(names, token)),
            (self.parent, names),
        ):
            kept = mine.ravel()[source]
            kept.ravel()[new] = fresh
            mine[:n] = kept
        self.nodes += len(new)
        self.blank[:n], self.label[:n] = blank, label
        if dead.any():
            for mine, nothing in (
                (self.blank, IMPOSSIBLE),
                (self.label, IMPOSSIBLE),
                (self.language, 0.0),
                (self.name, _NOBODY),
                (self.parent, _NO_PARENT),
            ):
                mine[:n][dead] = nothing


def _best(merit: Reals, width: int) -> Integers:
    """``(n, width)`` columns with the highest merit."""
    if merit.shape[1] <= width:
        return np.tile(np.arange(merit.shape[1]), (len(merit), 1))
    return np.argpartition(-merit, width - 1, axis=1)[:, :width]


def _named(parent: NDArray[np.uint64], labels: Integers) -> NDArray[np.uint64]:
    """A number for each label sequence from its parent's and its last label."""
    made = (parent ^ (labels.astype(np.uint64) * _STIR)) * _MIX
    made ^= made >> np.uint64(29)
    return np.asarray(made * _STIR, dtype=np.uint64)


def _log_sum(a: Reals, b: Reals) -> Reals:
    """Natural log of the sum of what two arrays are the log of."""
    high = np.maximum(a, b)
    made = np.minimum(a, b) - high
    np.exp(made, out=made)
    made += 1.0
    np.log(made, out=made)
    made += high
    return made


def _spelled(node: int, parents: Integers, labels: Integers) -> list[int]:
    """The labels from the root to a node."""
    found = []
    while node:
        found.append(int(labels[node]))
        node = int(parents[node])
    return found[::-1]
