"""How much language should count: weights that read validation lines best.

The network runs once; its log-probabilities are kept, and the beam runs over them with one
setting after the other: first weight and bonus on a coarse grid, then each in small steps. Of
several models, the errors counted are those of their vote.
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
from uncial.decoding.voting import vote
from uncial.progress import Advanced, Reporter, silent
from uncial.text.codec import Codec
from uncial.text.metrics import score_line
from uncial.text.ngrams import NgramModel
from uncial.text.normalize import Normalization

LogProbs = NDArray[np.floating[Any]]
_WEIGHTS = (0.3, 0.5, 0.7, 1.0)
_RATIOS = (2.0, 1.0, 3.0)  # bonus by weight: about what a grapheme costs, natural log
_STEPS = (0.8, 1.25)
_PENALTIES = (-1.0, -2.0, -4.0, -6.0, -9.0)
_WORST = 10**6  # edits of one line
_THRESHOLDS = 64  # confidences that are tried
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
class Voice:
    """One of the models that read the lines; often the only one.

    Attributes:
        codec: Of its network.
        log_probs: ``(T, C)`` natural log of each line; None for a line that it learnt from, on
            which it has no vote.
        words: Word list in its labels.
    """

    codec: Codec
    log_probs: Sequence[LogProbs | None]
    words: WordList | None = None


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Lines as networks see them, and what they say.

    Attributes:
        voices: The models, at least one; each line was read by at least one.
        truths: Ground truth in logical order.
        in_order: From the order of the columns to logical order.
        normalization: Applied to both sides.
    """

    voices: Sequence[Voice]
    truths: Sequence[str]
    in_order: Callable[[str], str]
    normalization: Normalization


Read = list[list[Hypothesis | None]]
"""What each voice reads on each line."""


class _Search:
    """Tries settings on the same lines and remembers the best."""

    def __init__(
        self, lines: Lines, ngrams: NgramModel | None, settings: BeamSettings, reporter: Reporter
    ) -> None:
        self.lines = lines
        self.greedy: Read = [
            [None if rows is None else greedy(rows, voice.codec) for rows in voice.log_probs]
            for voice in lines.voices
        ]
        self.plain, self.chars = self.edits(self.greedy)
        self.best, self.read = self.plain, self.greedy
        self.weights = Weights(weight=0.0, bonus=0.0, penalty=0.0, stands=_NEVER)
        self.trials = 0
        self._ngrams, self._settings, self._reporter = ngrams, settings, reporter

    def edits(self, read: Read) -> tuple[NDArray[np.int64], int]:
        """Edits of each line, and characters of all."""
        scores = [
            score_line(
                truth,
                self.lines.in_order(_elected([one for one in each if one is not None])),
                normalization=self.lines.normalization,
            )
            for truth, each in zip(self.lines.truths, zip(*read, strict=True), strict=True)
        ]
        edits = np.array([score.char_edits for score in scores], dtype=np.int64)
        return edits, sum(score.chars for score in scores)

    def attempt(self, weights: Weights) -> None:
        """Read all lines with some weights and keep these if they are better."""
        read = [
            self._heard(voice, plain, weights)
            for voice, plain in zip(self.lines.voices, self.greedy, strict=True)
        ]
        edits, _ = self.edits(read)
        self.trials += 1
        self._reporter(Advanced(stage="tune", done=self.trials, total=0))
        if edits.sum() < self.best.sum():
            self.best, self.read, self.weights = edits, read, weights

    def _heard(
        self, voice: Voice, plain: Sequence[Hypothesis | None], weights: Weights
    ) -> list[Hypothesis | None]:
        """What one voice reads with language."""
        listener = Listener(voice.codec, self._ngrams, voice.words, weights, self._settings)
        found = iter(
            listener.read(
                [rows for rows in voice.log_probs if rows is not None],
                [one for one in plain if one is not None],
            )
        )
        return [None if one is None else next(found) for one in plain]


def _elected(heard: Sequence[Hypothesis]) -> str:
    """The text on which the voices of a line agree, in the order of the columns."""
    if len({one.text for one in heard}) == 1:
        return heard[0].text
    columns = [[(c.grapheme, c.confidence) for c in one.characters] for one in heard]
    return "".join(place.grapheme for place in vote(columns))


def tune(
    lines: Lines, ngrams: NgramModel | None, settings: BeamSettings, reporter: Reporter = silent
) -> Tuned:
    """The weights that leave the fewest errors.

    Args:
        lines: Of validation, some dozen at least.
        ngrams: In the order of the columns.
        settings: Of the beam.
        reporter: Told after every trial.
    """
    search = _Search(lines, ngrams, settings, reporter)
    words = lines.voices[0].words
    closed = words is not None and words.closed
    if closed:  # any reading made of the list is better than one that is not
        search.best = np.full_like(search.plain, _WORST)
    if ngrams is not None:
        _try_grid(search)
    if words is not None:
        _try_penalties(search, _PENALTIES[:1] if closed else _PENALTIES)
    if search.weights.weight:
        _try_steps(search)
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


def _try_grid(search: _Search) -> None:
    """Weights with the usual bonus, then the best of them with others."""
    for weight in _WEIGHTS:
        bonus = weight * _RATIOS[0]
        search.attempt(Weights(weight=weight, bonus=bonus, stands=_ALWAYS))
    weight = search.weights.weight or _WEIGHTS[0]
    for ratio in _RATIOS[1:]:
        search.attempt(Weights(weight=weight, bonus=weight * ratio, stands=_ALWAYS))


def _try_penalties(search: _Search, penalties: Sequence[float]) -> None:
    """What a word costs that is not listed."""
    for penalty in penalties:
        search.attempt(replace(search.weights, penalty=penalty, stands=_ALWAYS))


def _try_steps(search: _Search) -> None:
    """A little less and a little more of weight and bonus."""
    for name in ("weight", "bonus"):
        for factor in _STEPS:
            now = search.weights
            search.attempt(replace(now, **{name: getattr(now, name) * factor}))


def _doubt(search: _Search) -> tuple[float, int, float]:
    """From which confidence greedy readings may stand without a loss.

    Returns:
        The lowest such, 0-1; the edits that are left then; the share of readings below it.
    """
    pairs = [
        (plain, heard)
        for voice in zip(search.greedy, search.read, strict=True)
        for plain, heard in zip(*voice, strict=True)
        if plain is not None and heard is not None
    ]
    every = np.unique([plain.confidence for plain, _ in pairs])
    changed = np.unique([plain.confidence for plain, heard in pairs if plain.text != heard.text])
    best = (_NEVER, int(search.plain.sum()), 0.0)
    for low in changed[:: -(-len(changed) // _THRESHOLDS) or 1]:
        above = every[every > low]
        stands = float((low + (above[0] if len(above) else 1.0)) / 2)
        edits = int(search.edits(_standing(search, stands))[0].sum())
        if edits < best[1]:
            below = sum(plain.confidence < stands for plain, _ in pairs)
            best = (stands, edits, below / len(pairs))
    return best


def _standing(search: _Search, stands: float) -> Read:
    """The best readings, but greedy ones where these are sure."""
    return [
        [
            heard if plain is not None and plain.confidence < stands else plain
            for plain, heard in zip(*voice, strict=True)
        ]
        for voice in zip(search.greedy, search.read, strict=True)
    ]
