"""The paths that are alive at one step, in small sorted beams.

A beam for each of: inside or outside of the dictionary, how the path may go on, and how many
labels of a code are pending.

Source: tesseract 5.x ``src/lstm/recodebeam.h`` (``RecodeNode``, ``RecodeBeam``).
"""

from __future__ import annotations

from typing import NamedTuple

Key = tuple[int, int, int, bool]
"""Label, number of the labels before it, permuter, start of a dictionary word."""

ANY, ONLY_DUPLICATE, NO_DUPLICATE = 0, 1, 2
CONTINUATIONS = (ANY, ONLY_DUPLICATE, NO_DUPLICATE)
_CAPACITY = (5, 10)
_CAPACITY_OF_LONGER = 16


class WordState(NamedTuple):
    """What a path inside of the dictionary knows of its last unichar.

    Attributes:
        state: Of the dictionary; None where the path left it.
        ends: A word is complete.
        opens: A word may begin behind it.
        unichar: The unichar.
        permuter: Of the text up to it.
    """

    state: int | None
    ends: bool
    opens: bool
    unichar: int
    permuter: int


class Node(NamedTuple):
    """One step of a path.

    Attributes:
        score: Sum of certainties.
        key: Paths with equal keys are the same text.
        unichar: The unichar that is complete with this label, else -1.
        certainty: Natural log, weighted.
        duplicate: It repeats the label before.
        starts_word: A dictionary word begins here.
        word: Inside of the dictionary, the state behind the last unichar.
        before: The step before it, None of the first.
    """

    score: float
    key: Key
    unichar: int
    certainty: float
    duplicate: bool
    starts_word: bool
    word: WordState | None
    before: Node | None


Beam = list[Node]
"""Nodes by descending score."""


class Frontier:
    """The beams of one step.

    Args:
        pending: Most labels of a code that can be pending.
        dictionary: Whether there are beams inside of it.

    Attributes:
        outside: Beams outside of the dictionary, by continuation and pending labels.
        inside: Beams inside of it; empty without one.
        openings: The best node at which a dictionary word may begin, by continuation.
    """

    __slots__ = ("inside", "openings", "outside")

    def __init__(self, pending: int, dictionary: bool) -> None:
        lengths = range(pending + 1)
        self.outside: list[list[Beam]] = [[[] for _ in lengths] for _ in CONTINUATIONS]
        self.inside: list[list[Beam]] = (
            [[[] for _ in lengths] for _ in CONTINUATIONS] if dictionary else []
        )
        self.openings: list[Node | None] = [None, None, None]

    def alive(self) -> bool:
        """Whether some path may go on freely."""
        return any(self.outside[ANY]) or bool(self.inside and any(self.inside[ANY]))

    def close(self) -> None:
        """Put the openings into their beams."""
        for continuation, node in enumerate(self.openings):
            if node is not None:
                insert(self.inside[continuation][0], _CAPACITY[0], node)


def capacity(pending: int) -> int:
    """Nodes that a beam holds."""
    return _CAPACITY[pending] if pending < len(_CAPACITY) else _CAPACITY_OF_LONGER


def insert(beam: Beam, room: int, node: Node) -> None:
    """Put a node where its score belongs; of equal paths only the better one stays."""
    score, key = node[0], node[1]
    at = size = len(beam)
    if size >= room and score <= beam[-1][0]:
        return
    for place in range(size):
        other = beam[place]
        if other[1] == key:
            if score <= other[0]:
                return
            del beam[place]
            at = place
            break
    # Of equals the newest comes first, as in the heaps of Tesseract.
    while at and beam[at - 1][0] <= score:
        at -= 1
    beam.insert(at, node)
    if len(beam) > room:
        beam.pop()
