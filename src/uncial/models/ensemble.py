"""Several models that read every line and vote on its characters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from uncial.decoding.agreement import Likelihood, Text, agreed
from uncial.decoding.likelihood import log_likelihoods
from uncial.decoding.voting import vote
from uncial.models.reading import Decoder, Image, NetworkReader, ReadCharacter, Reading
from uncial.text.codec import Codec
from uncial.text.graphemes import graphemes
from uncial.text.normalize import Normalization
from uncial.text.order import display_order, logical_order


class Ensemble:
    """Models behind the protocol of a reader of lines.

    Args:
        members: At least one; they may differ in everything.
    """

    def __init__(self, members: Sequence[NetworkReader]) -> None:
        self.members = tuple(members)
        first = self.members[0]
        self.normalization: Normalization = first.normalization
        # What was fitted to the confidences of one model is not true of a vote.
        self.metadata: dict[str, Any] = {
            key: value for key, value in first.metadata.items() if key != "calibration"
        }
        self.spec = first.spec
        self.labels = first.labels

    @property
    def characters(self) -> tuple[str, ...]:
        """What any of them can write, grapheme by grapheme."""
        each = (member.codec.charset.graphemes for member in self.members)
        return tuple(dict.fromkeys(one for known in each for one in known))

    def decoding(self, decoder: Decoder) -> str:
        """How the networks' outputs become text where `decoder` is asked for."""
        return f"{decoder}, {len(self.members)} models vote"

    def missing(self, text: str) -> set[str]:
        """Graphemes of `text` that none of them can write."""
        return set.intersection(*(member.missing(text) for member in self.members))

    def read(
        self, images: Sequence[Image], *, decoder: Decoder = "greedy", threads: int = 0
    ) -> list[Reading]:
        """Texts of line images, in the order given; arguments as for `NetworkReader.read`."""
        return list(self.read_each(lambda i: images[i], len(images), decoder, threads))

    def read_each(
        self,
        image: Callable[[int], Image],
        count: int,
        decoder: Decoder = "greedy",
        threads: int = 0,
    ) -> Iterator[Reading]:
        """Like `read`, image by image on demand."""
        each = [member.heard_each(image, count, decoder, threads) for member in self.members]
        for heard in zip(*each, strict=True):
            likelihoods = [
                partial(_likelihoods, member.codec, log_probs)
                for member, (_, log_probs) in zip(self.members, heard, strict=True)
            ]
            yield elected([reading for reading, _ in heard], likelihoods)


def elected(readings: Sequence[Reading], likelihoods: Sequence[Likelihood] = ()) -> Reading:
    """The reading on which several of one line agree.

    Args:
        readings: At least one.
        likelihoods: Of the models that read; without them the vote stands.
    """
    plain = _plain(readings)
    if len({reading.text for reading in readings}) == 1:
        return replace(max(readings, key=lambda reading: reading.confidence), greedy=plain)
    columns = [[(c.grapheme, c.confidence) for c in reading.characters] for reading in readings]
    text = tuple(place.grapheme for place in vote(columns))
    if likelihoods:
        read = [tuple(grapheme for grapheme, _ in column) for column in columns]
        text = agreed(text, read, likelihoods)
    characters = _placed(text, readings)
    return Reading(
        text=_ordered(readings, "".join(text)),
        confidence=_geometric_mean([character.confidence for character in characters]),
        characters=tuple(characters),
        greedy=plain,
    )


def _likelihoods(
    codec: Codec, log_probs: NDArray[np.float32], texts: Sequence[Text]
) -> NDArray[np.float64]:
    """Natural log, ``(N,)``; minus infinity for texts that the codec cannot write."""
    codes = dict(codec.codes)
    written = [at for at, text in enumerate(texts) if all(one in codes for one in text)]
    labels = [[label for one in texts[at] for label in codes[one]] for at in written]
    found = np.full(len(texts), -np.inf)
    if labels:
        found[written] = log_likelihoods(log_probs, labels)
    return found


def _placed(text: Text, readings: Sequence[Reading]) -> list[ReadCharacter]:
    """Each grapheme where the readings that have it there saw it, as sure as all are of it."""
    found: list[list[ReadCharacter]] = [[] for _ in text]
    for reading in readings:
        mine = [character.grapheme for character in reading.characters]
        for op in Levenshtein.opcodes(text, mine):
            if op.tag == "equal":
                for step in range(op.src_end - op.src_start):
                    found[op.src_start + step].append(reading.characters[op.dest_start + step])
    characters: list[ReadCharacter] = []
    for grapheme, seen in zip(text, found, strict=True):
        confidence = sum(character.confidence for character in seen) / len(readings)
        before = characters[-1].stop if characters else 0.0  # where no reading fits as a whole
        start = float(np.median([one.start for one in seen])) if seen else before
        stop = float(np.median([one.stop for one in seen])) if seen else before
        characters.append(ReadCharacter(grapheme, confidence, start, stop))
    return characters


def _plain(readings: Sequence[Reading]) -> str | None:
    """What most of them read without language; None where none was asked for both."""
    texts = [reading.greedy for reading in readings if reading.greedy is not None]
    if not texts:
        return None
    places = vote([[(one, 1.0) for one in graphemes(display_order(text))] for text in texts])
    return logical_order("".join(place.grapheme for place in places))


def _ordered(readings: Sequence[Reading], seen: str) -> str:
    """The text whose characters were elected from left to right, in logical order."""
    for reading in readings:
        if "".join(character.grapheme for character in reading.characters) == seen:
            return reading.text
    return logical_order(seen)


def _geometric_mean(confidences: Sequence[float]) -> float:
    if not confidences:
        return 0.0
    return float(np.exp(np.log(np.maximum(confidences, 1e-9)).mean()))
