"""Several models that read every line and vote on its characters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from uncial.decoding.voting import vote
from uncial.models.reading import Decoder, Image, NetworkReader, OnDemand, ReadCharacter, Reading
from uncial.text.graphemes import graphemes
from uncial.text.normalize import Normalization
from uncial.text.order import display_order, logical_order

_OF_ONE = ("calibration", "language", "vote")


class Ensemble(OnDemand):
    """Models behind the protocol of a reader of lines.

    Args:
        members: At least one; they may differ in everything.
    """

    def __init__(self, members: Sequence[NetworkReader]) -> None:
        self.members = tuple(members)
        first = self.members[0]
        self.normalization: Normalization = first.normalization
        # What was fitted to the readings of one model is not true of a vote.
        self.metadata: dict[str, Any] = {
            key: value for key, value in first.metadata.items() if key not in _OF_ONE
        } | first.metadata.get("vote", {})
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

    def read_each(
        self,
        image: Callable[[int], Image],
        count: int,
        decoder: Decoder = "greedy",
        threads: int = 0,
    ) -> Iterator[Reading]:
        """See `OnDemand`."""
        each = [member.read_each(image, count, decoder, threads) for member in self.members]
        for readings in zip(*each, strict=True):
            yield elected(readings)


def elected(readings: Sequence[Reading]) -> Reading:
    """The reading on which several of one line agree.

    Args:
        readings: At least one.
    """
    plain = _plain(readings)
    if len({reading.text for reading in readings}) == 1:
        return replace(max(readings, key=lambda reading: reading.confidence), greedy=plain)
    columns = [[(c.grapheme, c.confidence) for c in reading.characters] for reading in readings]
    places = vote(columns)
    characters = []
    for place in places:
        found = [readings[number].characters[at] for number, at in place.sources]
        start = float(np.median([character.start for character in found]))
        stop = float(np.median([character.stop for character in found]))
        characters.append(ReadCharacter(place.grapheme, place.confidence, start, stop))
    return Reading(
        text=_ordered(readings, "".join(character.grapheme for character in characters)),
        confidence=_geometric_mean([character.confidence for character in characters]),
        characters=tuple(characters),
        greedy=plain,
    )


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
