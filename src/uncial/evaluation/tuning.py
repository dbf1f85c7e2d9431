"""How much language should count: weights that read validation lines best.

The network runs once; its log-probabilities are kept, and the beam runs over them with one
setting after the other: first weight and bonus on a coarse grid, then each in small steps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uncial.decoding.ctc import Hypothesis, greedy
from uncial.decoding.lexicon import WordList
from uncial.decoding.listening import Listener, Weights
from uncial.decoding.steps import BeamSettings
from uncial.progress import Advanced, Reporter, silent
from uncial.text.codec import Codec
from uncial.text.metrics import score_line
from uncial.text.ngrams import NgramModel
from uncial.text.normalize import Normalization

_WEIGHTS = (0.3, 0.5, 0.7, 1.0)
_RATIOS = (2.0, 1.0, 3.0)  # bonus by weight: about what a grapheme costs, natural log
_STEPS = (0.8, 1.25)
_PENALTIES = (-1.0, -2.0, -4.0, -6.0, -9.0)
_WORST = 10**6  # edits of one line
_ALWAYS, _NEVER = 2.0, 0.0  # confidence from which a greedy reading stands


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """What was found.

    Attributes:
        weights: The best; with a `stands` of 0 where language never helped. A closed word list is
            always heard.
        greedy_cer: Without language, a fraction.
        cer: With it.
        beamed: Share of the lines, 0-1, whose greedy reading does not stand.
        trials: Settings that were tried.
    """

    weights: Weights
    greedy_cer: float
    cer: float
    beamed: float
    trials: int


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Lines as the network sees them, and what they say.

    Attributes:
        log_probs: ``(T, C)`` natural log each.
        truths: Ground truth in logical order.
        in_order: From the order of the columns to logical order.
        normalization: Applied to both sides.
    """

    log_probs: Sequence[NDArray[np.floating[Any]]]
    truths: Sequence[str]
    in_order: Callable[[str], str]
    normalization: Normalization


class _Search:
    """Tries settings on the same lines and remembers the best."""

    def __init__(self, lines: Lines, codec: Codec, reporter: Reporter) -> None:
        self.lines = lines
        self.greedy = [greedy(rows, codec) for rows in lines.log_probs]
        self.plain, self.chars = self.edits(self.greedy)
        self.best = self.plain
        self.weights = Weights(weight=0.0, bonus=0.0, penalty=0.0, stands=_NEVER)
        self.trials = 0
        self._reporter = reporter

    def edits(self, readings: Sequence[Hypothesis]) -> tuple[NDArray[np.int64], int]:
        """Edits of each line, and characters of all."""
        scores = [
            score_line(truth, self.lines.in_order(one.text), normalization=self.lines.normalization)
            for truth, one in zip(self.lines.truths, readings, strict=True)
        ]
        edits = np.array([score.char_edits for score in scores], dtype=np.int64)
        return edits, sum(score.chars for score in scores)

    def attempt(self, listen: Callable[[Weights], Listener], weights: Weights) -> None:
        """Read all lines with some weights and keep these if they are better."""
        readings = listen(weights).read(self.lines.log_probs, self.greedy)
        edits, _ = self.edits(readings)
        self.trials += 1
        self._reporter(Advanced(stage="tune", done=self.trials, total=0))
        if edits.sum() < self.best.sum():
            self.best, self.weights = edits, weights


def tune(
    lines: Lines,
    codec: Codec,
    ngrams: NgramModel | None,
    words: WordList | None,
    settings: BeamSettings,
    reporter: Reporter = silent,
) -> Tuned:
    """The weights that leave the fewest errors.

    Args:
        lines: Of validation, some dozen at least.
        codec: Of the network.
        ngrams: In the order of the columns.
        words: A word list.
        settings: Of the beam.
        reporter: Told after every trial.
    """
    search = _Search(lines, codec, reporter)
    closed = words is not None and words.closed
    if closed:  # any reading made of the list is better than one that is not
        search.best = np.full_like(search.plain, _WORST)

    def listen(weights: Weights) -> Listener:
        return Listener(codec, ngrams, words, weights, settings)

    if ngrams is not None:
        _try_grid(search, listen)
    if words is not None:
        _try_penalties(search, listen, _PENALTIES[:1] if closed else _PENALTIES)
    if search.weights.weight:
        _try_steps(search, listen)
    stands, edits, beamed = _doubt(search)
    if closed:
        stands, edits, beamed = _ALWAYS, int(search.best.sum()), 1.0
    chars = max(search.chars, 1)
    return Tuned(
        weights=replace(search.weights, stands=stands),
        greedy_cer=float(search.plain.sum()) / chars,
        cer=float(edits) / chars,
        beamed=beamed,
        trials=search.trials,
    )


def _try_grid(search: _Search, listen: Callable[[Weights], Listener]) -> None:
    """Weights with the usual bonus, then the best of them with others."""
    for weight in _WEIGHTS:
        bonus = weight * _RATIOS[0]
        search.attempt(listen, Weights(weight=weight, bonus=bonus, stands=_ALWAYS))
    weight = search.weights.weight or _WEIGHTS[0]
    for ratio in _RATIOS[1:]:
        search.attempt(listen, Weights(weight=weight, bonus=weight * ratio, stands=_ALWAYS))


def _try_penalties(
    search: _Search, listen: Callable[[Weights], Listener], penalties: Sequence[float]
) -> None:
    """What a word costs that is not listed."""
    for penalty in penalties:
        search.attempt(listen, replace(search.weights, penalty=penalty, stands=_ALWAYS))


def _try_steps(search: _Search, listen: Callable[[Weights], Listener]) -> None:
    """A little less and a little more of weight and bonus."""
    for name in ("weight", "bonus"):
        for factor in _STEPS:
            now = search.weights
            search.attempt(listen, replace(now, **{name: getattr(now, name) * factor}))


def _doubt(search: _Search) -> tuple[float, int, float]:
    """From which confidence greedy readings may stand without a loss.

    Returns:
        The lowest such, 0-1; the edits that are left then; the share of lines below it.
    """
    confidence = np.array([one.confidence for one in search.greedy])
    order = np.argsort(confidence, kind="stable")
    gained = np.cumsum((search.plain - search.best)[order])
    if not len(order) or gained.max() <= 0:
        return _NEVER, int(search.plain.sum()), 0.0
    last = int(np.argmax(gained == gained.max()))
    above = confidence[order[last + 1]] if last + 1 < len(order) else 1.0
    stands = float((confidence[order[last]] + above) / 2)
    return stands, int(search.plain.sum() - gained[last]), (last + 1) / len(order)
