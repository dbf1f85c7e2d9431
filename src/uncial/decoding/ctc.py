"""Texts from a CTC network's log-probabilities, with confidences and positions.

`greedy` follows the likeliest label of each step and is fast; `prefix_beam` sums over all
alignments of a text and can listen to language.

Source: Graves et al., ICML 2006, section 3.2 (best path); Hannun et al. 2014,
arXiv:1408.2873, algorithm 1 (prefix search).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uncial.decoding.alignment import Run, align_labels
from uncial.decoding.beam import Found, search
from uncial.decoding.language import NoLanguage, Rows, columns_of
from uncial.decoding.steps import BeamSettings
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
            alignments that the beam kept) for `prefix_beam`. Without the language's share.
    """

    text: str
    confidence: float
    characters: tuple[Character, ...]
    log_prob: float


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
    lines: Sequence[NDArray[np.floating[Any]]],
    codec: Codec,
    *,
    rows: Rows | None = None,
    settings: BeamSettings | None = None,
    most: int = 1,
) -> list[list[Hypothesis]]:
    """Find the likeliest texts of lines under CTC.

    Sums over alignments, unlike `greedy`, so it may prefer a text that no single path
    favours. The greedy reading is never pruned, so the best is at least as likely.

    Args:
        lines: ``(T, C)`` natural log each, blank at label 0, padding cut off.
        codec: Gives labels their text; ``codec.width == C``.
        rows: Of the language that has a say; none where absent.
        settings: How wide to search.
        most: Texts wanted of each line.

    Returns:
        For each line at most `most` different texts, best first, with the language's share.

    Raises:
        CharsetError: `C` differs from ``codec.width``.
    """
    for log_probs in lines:
        _check(log_probs, codec)
    settings = settings or BeamSettings()
    if rows is None:
        rows = Rows(NoLanguage(codec.width))
    several = most if columns_of(codec)[1] else settings.width  # half codes can hide in a text
    found = search(lines, rows, settings, several)
    chosen = [_texts(hypotheses, codec)[:most] for hypotheses in found]
    flat = [(at, one) for at, texts in enumerate(chosen) for one in texts]
    aligned = align_labels([lines[at] for at, _ in flat], [one.labels for _, one in flat])
    results: list[list[Hypothesis]] = [[] for _ in lines]
    for (at, one), runs in zip(flat, aligned, strict=True):
        results[at].append(_hypothesis(lines[at], codec, one.labels, runs, one.log_prob))
    return results


def _texts(hypotheses: Sequence[Found], codec: Codec) -> list[Found]:
    """Hypotheses that spell the same text as one, best first."""
    merged: dict[str, Found] = {}
    for one in hypotheses:
        text = codec.decode(one.labels)
        other = merged.get(text)
        if other is not None:
            one = Found(
                labels=other.labels if other.merit >= one.merit else one.labels,
                log_prob=float(np.logaddexp(one.log_prob, other.log_prob)),
                merit=float(np.logaddexp(one.merit, other.merit)),
            )
        merged[text] = one
    return sorted(merged.values(), key=lambda one: -one.merit)


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
