"""Texts from a CTC network's log-probabilities, with confidences and positions.

`greedy` follows the likeliest label of each step and is fast; `prefix_beam` sums over all
alignments of a text and can listen to a language model.

Source: Graves et al., ICML 2006, section 3.2 (best path); Hannun et al. 2014,
arXiv:1408.2873, algorithm 1 (prefix search).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from uncial.decoding.alignment import Run, align_labels
from uncial.errors import CharsetError
from uncial.text.codec import Codec

_NEVER = -np.inf


@dataclass(frozen=True)
class Character:
    """One grapheme of a reading.

    Attributes:
        grapheme: Its text.
        confidence: 0-1: the network's probability at the label's surest step; the geometric
            mean over labels where the grapheme has several.
        start: First time step.
        stop: Time step after its last.
    """

    grapheme: str
    confidence: float
    start: int
    stop: int


@dataclass(frozen=True)
class Hypothesis:
    """One possible reading of a line.

    Attributes:
        text: The reading, in the order of the columns.
        confidence: 0-1: geometric mean of the characters' confidences; of the blank's
            probabilities where the text is empty; 0 where there is no step at all.
        characters: Graphemes with positions.
        log_prob: Natural log: of the best path for `greedy`, of the text (summed over the
            alignments that the beam kept) for `prefix_beam`. Without the scorer's share.
    """

    text: str
    confidence: float
    characters: tuple[Character, ...]
    log_prob: float


class Scorer(Protocol):
    """A language model's opinion, asked once for each grapheme that a prefix gains."""

    def score(self, prefix_text: str, grapheme: str) -> float:
        """What `grapheme` after `prefix_text` adds to a hypothesis, in natural log.

        Weight and length bonus are the scorer's own; a base-10 model multiplies by ln 10.
        """


def greedy(log_probs: NDArray[np.floating[Any]], codec: Codec) -> Hypothesis:
    """Read one line along the likeliest label of each step.

    Args:
        log_probs: ``(T, C)`` natural log, blank at label 0, padding cut off.
        codec: Gives labels their text; ``codec.width == C``.

    Raises:
        CharsetError: `C` differs from ``codec.width``.
    """
    _check(log_probs, codec)
    steps = len(log_probs)
    if not steps:
        return _hypothesis(log_probs, codec, [], [], 0.0)
    path = log_probs.argmax(axis=1)
    scores = log_probs[np.arange(steps), path]
    starts = np.flatnonzero(path[1:] != path[:-1]) + 1  # of every run but the first
    edges = [0, *starts.tolist(), steps]
    best = np.maximum.reduceat(scores, edges[:-1]).tolist()
    labels = []
    runs = []
    for at, label in enumerate(path[edges[:-1]].tolist()):
        if label:  # 0 is the blank
            labels.append(label)
            runs.append(Run(edges[at], edges[at + 1], best[at]))
    return _hypothesis(log_probs, codec, labels, runs, float(scores.sum(dtype=np.float64)))


def prefix_beam(
    log_probs: NDArray[np.floating[Any]],
    codec: Codec,
    *,
    width: int = 16,
    scorer: Scorer | None = None,
) -> list[Hypothesis]:
    """Find the likeliest texts of one line under CTC.

    Sums over alignments, unlike `greedy`, so it may prefer a text that no single path
    favours. The greedy reading is never pruned, so the best is at least as likely.

    Args:
        log_probs: ``(T, C)`` natural log, blank at label 0, padding cut off.
        codec: Gives labels their text; ``codec.width == C``.
        width: Prefixes kept per step; cost grows linearly.
        scorer: Adds a language model's opinion at grapheme ends.

    Returns:
        At most `width` different texts, best first (with the scorer's share, where given).

    Raises:
        CharsetError: `C` differs from ``codec.width``.
        ValueError: `width` is below 1.
    """
    _check(log_probs, codec)
    if width < 1:
        raise ValueError(f"beam width {width} is below 1; use 1 or more")
    table = np.asarray(log_probs, dtype=np.float64)
    beam = _Beam(codec, width, scorer)
    previous = codec.blank
    guide = 0
    for row, best in zip(table, table.argmax(axis=1).tolist(), strict=True):
        if best not in (codec.blank, previous):
            guide = beam.child(guide, best)
        previous = best
        beam.step(row, guide)

    merged: dict[str, tuple[float, float, list[int]]] = {}  # ranking, log-probability, labels
    for node, log_prob in zip(beam.nodes, np.logaddexp(beam.blank, beam.label), strict=True):
        if log_prob == _NEVER and merged:
            continue
        labels = beam.labels_of(node)
        text = codec.decode(labels)
        rank, total = float(log_prob) + beam.opinion[node], float(log_prob)
        if text in merged:
            other_rank, other, other_labels = merged[text]
            labels = labels if rank > other_rank else other_labels
            rank = float(np.logaddexp(rank, other_rank))
            total = float(np.logaddexp(total, other))
        merged[text] = (rank, total, labels)
    ranked = sorted(merged.values(), key=lambda entry: -entry[0])
    aligned = align_labels(table, [labels for _, _, labels in ranked])
    return [
        _hypothesis(table, codec, labels, runs, total)
        for (_, total, labels), runs in zip(ranked, aligned, strict=True)
    ]


@dataclass
class _Beam:
    """The prefixes alive at one step, as nodes of a tree of labels.

    ``blank`` and ``label`` hold, for each living node, the log-probability of its
    alignments that end in a blank and in its own last label: Hannun's ``p_b`` and ``p_nb``.
    """

    codec: Codec
    width: int
    scorer: Scorer | None
    nodes: list[int] = field(default_factory=lambda: [0])
    blank: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))
    label: NDArray[np.float64] = field(default_factory=lambda: np.full(1, _NEVER))
    parents: list[int] = field(default_factory=lambda: [-1])
    last: list[int] = field(default_factory=lambda: [0])
    opinion: list[float] = field(default_factory=lambda: [0.0])
    texts: list[tuple[str, tuple[int, ...]]] = field(default_factory=lambda: [("", ())])
    children: dict[tuple[int, int], int] = field(default_factory=dict)

    def step(self, row: NDArray[np.float64], guide: int) -> None:
        """Advance by one time step of log-probabilities ``(C,)``; keep `guide` alive."""
        nodes = self.nodes
        last: NDArray[np.int64] = np.array([self.last[node] for node in nodes])
        total = np.logaddexp(self.blank, self.label)
        stay_blank = total + row[0]
        stay_label = self.label + row[last]
        grown = total[:, None] + row  # (nodes, C)
        grown[np.arange(len(nodes)), last] = self.blank + row[last]
        grown[:, 0] = _NEVER  # the blank grows nothing; it also stands for the root's last label

        place = {node: at for at, node in enumerate(nodes)}
        for at, node in enumerate(nodes):
            parent = place.get(self.parents[node])
            if parent is not None:
                stay_label[at] = np.logaddexp(stay_label[at], grown[parent, last[at]])
                grown[parent, last[at]] = _NEVER

        opinions = np.array([self.opinion[node] for node in nodes])
        rows, labels = self._best_growths(grown + opinions[:, None])
        growths = dict.fromkeys(zip(rows.tolist(), labels.tolist(), strict=True))
        if guide not in place:  # its parent was the guide before, so that one is alive
            growths[place[self.parents[guide]], self.last[guide]] = None
        born = [self.child(nodes[row_at], grown_by) for row_at, grown_by in growths]
        everyone = nodes + born
        blank = np.append(stay_blank, np.full(len(born), _NEVER))
        label = np.append(stay_label, [grown[growth] for growth in growths])
        merit = np.logaddexp(blank, label) + [self.opinion[node] for node in everyone]
        keep = np.argsort(-merit, kind="stable")[: self.width].tolist()
        if (at_guide := everyone.index(guide)) not in keep:
            keep[-1] = at_guide
        self.nodes = [everyone[i] for i in keep]
        self.blank, self.label = blank[keep], label[keep]

    def child(self, node: int, label: int) -> int:
        """The node for `node`'s prefix with one more label."""
        known = self.children.get((node, label))
        if known is not None:
            return known
        new = self.children[node, label] = len(self.parents)
        self.parents.append(node)
        self.last.append(label)
        opinion = self.opinion[node]
        if self.scorer is not None:
            text, pending = self.texts[node]
            pending = (*pending, label)
            unit = self.codec.decode(pending)
            if unit:
                opinion += self.scorer.score(text, unit)
                text, pending = text + unit, ()
            self.texts.append((text, pending))
        self.opinion.append(opinion)
        return new

    def labels_of(self, node: int) -> list[int]:
        """The labels from the root to `node`."""
        labels = []
        while node:
            labels.append(self.last[node])
            node = self.parents[node]
        return labels[::-1]

    def _best_growths(
        self, merit: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows and labels of the growths worth a node; a scorer sees four times the width."""
        limit = self.width if self.scorer is None else 4 * self.width
        flat = merit.ravel()
        if flat.size > limit:
            chosen = np.argpartition(-flat, limit - 1)[:limit]
        else:
            chosen = np.arange(flat.size)
        chosen = np.sort(chosen[flat[chosen] > _NEVER])
        rows, labels = np.divmod(chosen, merit.shape[1])
        return rows, labels


def _check(log_probs: NDArray[np.floating[Any]], codec: Codec) -> None:
    if log_probs.ndim != 2 or log_probs.shape[1] != codec.width:
        raise CharsetError(
            f"log-probabilities of shape {log_probs.shape} do not fit a codec of "
            f"{codec.width} labels",
            remedy="decode with the codec that the network was trained with, as (steps, labels)",
        )


def _hypothesis(
    log_probs: NDArray[np.floating[Any]],
    codec: Codec,
    labels: Sequence[int],
    runs: Sequence[Run],
    log_prob: float,
) -> Hypothesis:
    """Cut aligned labels into graphemes."""
    characters = []
    scores: list[float] = []
    for grapheme, first, end in codec.decode_spans(labels):
        start, stop, score = runs[first]
        if end > first + 1:
            stop = runs[end - 1].stop
            score = sum(run.score for run in runs[first:end]) / (end - first)
        scores.append(score)
        characters.append(Character(grapheme, min(math.exp(score), 1.0), start, stop))
    if not scores:
        scores = log_probs[:, codec.blank].tolist()
    mean = sum(scores) / len(scores) if scores else _NEVER
    text = "".join(character.grapheme for character in characters)
    return Hypothesis(text, min(math.exp(mean), 1.0), tuple(characters), log_prob)
