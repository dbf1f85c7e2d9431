"""Reading order of the words of a line, and of the units in them, as Tesseract puts out text.

Words are recognized from left to right. In a line that reads from right to left their order
is turned around, except in runs of words of the other direction; so is the order of units in
a word, except in numbers and foreign letters. Units are not mirrored: a network that reads
from right to left learns brackets as they are typed. The standard's algorithm
(`uncial.text.order`) decides otherwise here and there, so readings could not be compared.

Directions are numbers as ICU counts bidirectional classes.

Source: tesseract 5.x ``src/ccmain/resultiterator.cpp`` (``CurrentParagraphIsLtr``,
``CalculateTextlineOrder``, ``CalculateBlobOrder``).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from enum import Enum

LEFT, RIGHT, NUMBER, SEPARATOR, TERMINATOR, ARABIC_NUMBER, COMMON = range(7)
"""Bidirectional classes L, R, EN, ES, ET, AN and CS."""
NEUTRAL, ARABIC = 10, 13
"""Bidirectional classes ON and AL."""
_RIGHTWARD = frozenset((LEFT, ARABIC_NUMBER))
_LEFTWARD = frozenset((RIGHT, ARABIC))
_JOINS = frozenset((COMMON, NEUTRAL))


_CLASSES = {
    "L": LEFT,
    "R": RIGHT,
    "EN": NUMBER,
    "ES": SEPARATOR,
    "ET": TERMINATOR,
    "AN": ARABIC_NUMBER,
    "CS": COMMON,
    "AL": ARABIC,
}


class _Way(Enum):
    """The direction of a whole word."""

    RIGHTWARD = "left to right"
    LEFTWARD = "right to left"
    BOTH = "both"
    NEITHER = "neither"


def reading_order(words: Sequence[Sequence[int]]) -> list[tuple[int, list[int]]]:
    """Words as they are read, each with its units as they are read.

    Args:
        words: From left to right, the direction of each unit.

    Returns:
        Index of a word, and the indices of its units.
    """
    ways = [_way(word) for word in words]
    if _reads_rightward(ways):
        order = _line_order(ways, list(range(len(ways))), _Way.RIGHTWARD, _Way.LEFTWARD)
        return [(at, _unit_order(words[at], not turned)) for at, turned in order]
    start, tail = _foreign_end(ways)
    columns = list(range(start - 1, -1, -1))
    order = tail + _line_order(ways, columns, _Way.LEFTWARD, _Way.RIGHTWARD)
    return [(at, _unit_order(words[at], turned)) for at, turned in order]


def as_read(units: Sequence[str]) -> str:
    """The text of a line whose units were recognized from left to right.

    Args:
        units: Spaces among them.
    """
    words: list[list[str]] = [[]]
    for unit in units:
        if unit == " ":
            words.append([])
        else:
            words[-1].append(unit)
    words = [word for word in words if word]
    directions = [
        [_CLASSES.get(unicodedata.bidirectional(unit[0]), NEUTRAL) for unit in word]
        for word in words
    ]
    return " ".join(
        "".join(words[at][place] for place in order) for at, order in reading_order(directions)
    )


def _way(word: Sequence[int]) -> _Way:
    rightward = not _RIGHTWARD.isdisjoint(word)
    leftward = not _LEFTWARD.isdisjoint(word)
    if rightward:
        return _Way.BOTH if leftward else _Way.RIGHTWARD
    return _Way.LEFTWARD if leftward else _Way.NEITHER


def _reads_rightward(ways: Sequence[_Way]) -> bool:
    """Whether a line reads from left to right.

    A line seldom begins with a word of the other direction: a leftward word at its left end
    makes it leftward, a rightward one at its right end rightward; else the majority decides.
    """
    if not ways or ways[-1] is _Way.RIGHTWARD:
        return not ways or ways[0] is not _Way.LEFTWARD
    if ways[0] is _Way.LEFTWARD:
        return False
    return ways.count(_Way.RIGHTWARD) >= ways.count(_Way.LEFTWARD)


def _foreign_end(ways: Sequence[_Way]) -> tuple[int, list[tuple[int, bool]]]:
    """In a line that reads leftward, a rightward run with neutral words at its right end.

    Returns:
        Where the run begins, and its words; the size and none without such a run.
    """
    last = len(ways) - 1
    while last > 0 and ways[last] is _Way.NEITHER:
        last -= 1
    if last == len(ways) - 1 or ways[last] is not _Way.RIGHTWARD:
        return len(ways), []
    first = at = last
    while at >= 0 and ways[at] is not _Way.LEFTWARD:
        if ways[at] is _Way.RIGHTWARD:
            first = at
        at -= 1
    return first, [(place, True) for place in range(first, len(ways))]


def _line_order(
    ways: Sequence[_Way], columns: Sequence[int], major: _Way, minor: _Way
) -> list[tuple[int, bool]]:
    """Words in major order, runs of the minor direction turned around.

    Args:
        ways: Of all words.
        columns: The words to order, in major order.
        major: The direction of the line.
        minor: The other one.

    Returns:
        Index of each word, and whether it belongs to a minor run.
    """
    order: list[tuple[int, bool]] = []
    at = 0
    while at < len(columns):
        if ways[columns[at]] is not minor:
            order.append((columns[at], False))
            at += 1
            continue
        stop = at
        while stop < len(columns) and ways[columns[stop]] is not major:
            stop += 1
        while ways[columns[stop - 1]] is not minor:
            stop -= 1
        order += [(column, True) for column in reversed(columns[at:stop])]
        at = stop
    return order


def _unit_order(word: Sequence[int], rightward: bool) -> list[int]:
    """Units of a word in the order they are read in their context."""
    if rightward:
        return list(range(len(word)))
    foreign = _foreign_units(_with_numbers(word))
    order: list[int] = []
    at = len(word) - 1
    while at >= 0:
        first = at
        while foreign[at] and first > 0 and foreign[first - 1]:
            first -= 1
        order += range(first, at + 1)
        at = first - 1
    return order


def _with_numbers(word: Sequence[int]) -> list[int]:
    """Directions with separators inside, and signs beside, of numbers made part of them."""
    kinds = list(word)
    for at in range(1, len(kinds) - 1):
        inside = kinds[at - 1] == kinds[at + 1] == NUMBER
        if inside and kinds[at] in (SEPARATOR, COMMON):
            kinds[at] = NUMBER
    at = 0
    while at < len(kinds):
        stop = at
        while stop < len(kinds) and kinds[stop] == TERMINATOR:
            stop += 1
        beside = (at and kinds[at - 1] == NUMBER) or (stop < len(kinds) and kinds[stop] == NUMBER)
        if stop > at and beside:
            kinds[at:stop] = [NUMBER] * (stop - at)
        at = max(stop, at + 1)
    return kinds


def _foreign_units(kinds: Sequence[int]) -> list[bool]:
    """Which units stand in a left-to-right run: letters and numbers, with what joins them."""
    foreign = [kind in (LEFT, NUMBER) for kind in kinds]
    at = 0
    while at < len(kinds):
        if not foreign[at]:
            at += 1
            continue
        stop = at + 1
        while stop < len(kinds) and (foreign[stop] or kinds[stop] in _JOINS):
            stop += 1
        while not foreign[stop - 1]:
            stop -= 1
        foreign[at:stop] = [True] * (stop - at)
        at = stop
    return foreign
