"""Language as a reader of lines listens to it: machines, weights and a beam in one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uncial.decoding.ctc import Hypothesis, prefix_beam
from uncial.decoding.language import Both, CharacterNgrams, Language, Rows, Spelled, columns_of
from uncial.decoding.lexicon import Listed, WordList
from uncial.decoding.steps import BeamSettings
from uncial.text.codec import Codec
from uncial.text.ngrams import NgramModel


@dataclass(frozen=True, kw_only=True)
class Weights:
    """How much language counts beside the image.

    Attributes:
        weight: Multiplies the log-probabilities of the n-grams.
        bonus: Added for every grapheme, natural log.
        penalty: Of a word that is not on the list, natural log, 0 or below.
        stands: Confidence, 0-1, from which a greedy reading stands as it is.
    """

    weight: float = 0.5
    bonus: float = 1.0
    penalty: float = -3.0
    stands: float = 0.99

    def to_json(self) -> dict[str, Any]:
        """As a model file keeps them."""
        return asdict(self)


class Listener:
    """Reads lines with language; not to be shared between threads.

    Args:
        codec: Of the network.
        ngrams: Of text in the order of the columns.
        words: What may be read.
        weights: How much they count.
        settings: Of the beam.
    """

    def __init__(
        self,
        codec: Codec,
        ngrams: NgramModel | None = None,
        words: WordList | None = None,
        weights: Weights | None = None,
        settings: BeamSettings | None = None,
    ) -> None:
        self.weights = weights or Weights()
        self._codec = codec
        self._settings = settings or BeamSettings()
        self._stands = self.weights.stands
        if words is not None and words.closed:
            self._stands = math.inf  # a sure reading may be none of the list's
        columns, direct = columns_of(codec)
        machine: Language | None = None
        if ngrams is not None:
            machine = CharacterNgrams(ngrams, columns, self.weights.weight, self.weights.bonus)
        if words is not None:
            listed = Listed(words, columns, self.weights.penalty)
            machine = Both(machine, listed, words.size) if machine else listed
        if machine is not None and not direct:
            machine = Spelled(machine, codec)
        self._rows = None if machine is None else Rows(machine)

    def read(
        self,
        lines: Sequence[NDArray[np.floating[Any]]],
        greedy: Sequence[Hypothesis],
    ) -> list[Hypothesis]:
        """The best reading of each line.

        Args:
            lines: ``(T, C)`` natural log each, blank at label 0.
            greedy: What they are without language; those that are sure stand, unless the word list
                is closed.
        """
        found = list(greedy)
        doubted = [at for at, one in enumerate(greedy) if one.confidence < self._stands]
        chosen = prefix_beam(
            [lines[at] for at in doubted], self._codec, rows=self._rows, settings=self._settings
        )
        for at, (best, *_) in zip(doubted, chosen, strict=True):
            found[at] = best
        return found
