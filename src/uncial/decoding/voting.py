"""One reading out of several: characters are aligned, and the surest sum of confidences wins.

The readings are aligned one after the other to what is agreed so far. At each place every
reading votes for its character, or for none there, with its confidence; a reading that has none
is as sure of that as of the characters around the gap.

Source: Fiscus 1997, "A post-processing system to yield reduced word error rates: Recognizer
output voting error reduction (ROVER)", with characters for words; the sum of confidences as in
Wick, Reul & Puppe 2018, arXiv:1711.09670, section 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

Vote = tuple[str, float]
"""A grapheme, or ``""`` for none, and how sure a reading is of it, 0-1."""


@dataclass(frozen=True)
class Elected:
    """What the readings agree on at one place.

    Attributes:
        grapheme: Never empty.
        confidence: 0-1: mean over all readings of their confidence in it; 0 for those against.
        sources: Readings that have it, as ``(reading, character)`` numbers.
    """

    grapheme: str
    confidence: float
    sources: tuple[tuple[int, int], ...]


def vote(readings: Sequence[Sequence[Vote]]) -> list[Elected]:
    """The characters on which several readings of one line agree most surely.

    Args:
        readings: Graphemes with confidences, in one order; at least one reading.
    """
    order = sorted(range(len(readings)), key=lambda at: -_mean(readings[at]))
    places: list[dict[int, int]] = [{order[0]: at} for at in range(len(readings[order[0]]))]
    for number in order[1:]:
        places = _aligned(places, readings, number)
    elected = []
    for at, place in enumerate(places):
        scores: dict[str, float] = {}
        for number, reading in enumerate(readings):
            if number in place:
                grapheme, confidence = reading[place[number]]
            else:
                grapheme, confidence = "", _around(places, at, number, reading)
            scores[grapheme] = scores.get(grapheme, 0.0) + confidence
        best = max(scores, key=lambda grapheme: (scores[grapheme], grapheme))
        if best:
            sources = tuple((n, i) for n, i in sorted(place.items()) if readings[n][i][0] == best)
            elected.append(Elected(best, scores[best] / len(readings), sources))
    return elected


def _mean(reading: Sequence[Vote]) -> float:
    return sum(confidence for _, confidence in reading) / max(1, len(reading))


def _aligned(
    places: list[dict[int, int]], readings: Sequence[Sequence[Vote]], number: int
) -> list[dict[int, int]]:
    """The places with one more reading in them; where it has more characters, there are more."""
    spine = [_favourite(place, readings) for place in places]
    mine = [grapheme for grapheme, _ in readings[number]]
    merged: list[dict[int, int]] = []
    for op in Levenshtein.opcodes(spine, mine):
        here = [dict(place) for place in places[op.src_start : op.src_end]]
        new = range(op.dest_start, op.dest_end)
        for place, at in zip(here, new, strict=False):
            place[number] = at
        merged += here
        merged += [{number: at} for at in new[len(here) :]]
    return merged


def _favourite(place: dict[int, int], readings: Sequence[Sequence[Vote]]) -> str:
    """The surest character of a place so far."""
    votes = [readings[number][at] for number, at in place.items()]
    scores: dict[str, float] = {}
    for grapheme, confidence in votes:
        scores[grapheme] = scores.get(grapheme, 0.0) + confidence
    return max(scores, key=lambda grapheme: (scores[grapheme], grapheme))


def _around(
    places: Sequence[dict[int, int]], at: int, number: int, reading: Sequence[Vote]
) -> float:
    """How sure a reading is of having nothing at a place: as of its characters beside it."""
    left = next((p[number] for p in reversed(places[:at]) if number in p), None)
    right = next((p[number] for p in places[at + 1 :] if number in p), None)
    beside = [reading[i][1] for i in (left, right) if i is not None]
    return sum(beside) / len(beside) if beside else 1.0
