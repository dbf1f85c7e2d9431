"""A model's three word graphs as one dictionary, walked unichar by unichar.

A text is accepted as a word with punctuation around it where the punctuation graph allows,
or as a number. A state is a set of positions, each with an edge of the word or number graph
and an edge of the punctuation graph; sets are numbered when they are first met and each step
is remembered, so that a decoder pays for it once; threads may share that memory.

Source: tesseract 5.x ``src/dict/dict.cpp`` (``Dict::def_letter_is_okay``, ``init_active_dawgs``).
"""

from __future__ import annotations

from collections.abc import Collection
from threading import Lock
from typing import NamedTuple

from uncial.formats.tesseract.dawg import Dawg, Edge

NO_PERMUTER = 0
PUNCTUATION = 1
NUMBER = 6
WORD = 8
_SPACE = 0


class Follow(NamedTuple):
    """What one more unichar leads to.

    Attributes:
        state: Of the text with it.
        permuter: `PUNCTUATION`, `NUMBER` or `WORD`: the best of what the text may be.
        ends: The text is complete.
    """

    state: int
    permuter: int
    ends: bool


class _Position(NamedTuple):
    """One way to read the text so far; the graphs' edges are None before their first."""

    dawg: int  # index of the graph, -1 while in leading punctuation
    edge: Edge | None
    with_punctuation: bool
    punctuation: Edge | None
    behind: bool  # the word is over, trailing punctuation has begun


class Dictionary:
    """Accepts words, numbers, and punctuation around them.

    Args:
        words: The word graph, if any.
        numbers: The graph of number patterns, if any.
        punctuation: The graph of punctuation patterns, if any.
        digits: Ids of unichars that count as digits.
    """

    initial = 0
    """State of the empty text."""

    def __init__(
        self,
        words: Dawg | None,
        numbers: Dawg | None,
        punctuation: Dawg | None,
        digits: Collection[int],
    ) -> None:
        graphs = [(words, WORD), (numbers, NUMBER)]
        self._graphs = [(graph, permuter) for graph, permuter in graphs if graph is not None]
        self._punctuation = punctuation
        self._digits = frozenset(digits)
        self._numbers: dict[frozenset[_Position], int] = {}
        self._states: list[frozenset[_Position]] = []
        self._known: dict[tuple[int, int], Follow | None] = {}
        self._lock = Lock()
        self._number(self._first())

    def follow(self, state: int, unichar_id: int) -> Follow | None:
        """The state behind one more unichar; None where nothing accepts it.

        Args:
            state: `initial` or that of an earlier step.
            unichar_id: Id of the unichar.
        """
        key = (state, unichar_id)
        if key in self._known:
            return self._known[key]
        with self._lock:
            found = self._follow(self._states[state], unichar_id) if unichar_id > _SPACE else None
            self._known[key] = found
        return found

    def _first(self) -> frozenset[_Position]:
        positions = set()
        bare = None
        if self._punctuation is not None:
            positions.add(_Position(-1, None, True, None, False))
            bare = self._punctuation.edge_for(0, _SPACE, word_end=True)
        if bare is None:
            for at in range(len(self._graphs)):
                positions.add(_Position(at, None, False, None, False))
        return frozenset(positions)

    def _number(self, positions: frozenset[_Position]) -> int:
        number = self._numbers.setdefault(positions, len(self._states))
        if number == len(self._states):
            self._states.append(positions)
        return number

    def _follow(self, positions: frozenset[_Position], unichar_id: int) -> Follow | None:
        found = _Found()
        for position in positions:
            if position.dawg < 0:
                self._enter(position, unichar_id, found)
            else:
                self._continue(position, unichar_id, found)
        if found.permuter == NO_PERMUTER:
            return None
        return Follow(self._number(frozenset(found.positions)), found.permuter, found.ends)

    def _enter(self, position: _Position, unichar_id: int, found: _Found) -> None:
        """From leading punctuation into a word, or on with punctuation."""
        punctuation = self._punctuation
        if punctuation is None:
            return
        node = _node(position.punctuation)
        opening = punctuation.edge_for(node, _SPACE)
        if opening is not None:
            for at, (_, permuter) in enumerate(self._graphs):
                edge = self._edge(at, 0, unichar_id)
                if edge is not None:
                    ends = edge.ends_word and opening.ends_word
                    found.add(_Position(at, edge, True, opening, False), permuter, ends)
        edge = punctuation.edge_for(node, unichar_id)
        if edge is not None:
            found.add(_Position(-1, None, True, edge, False), PUNCTUATION, edge.ends_word)

    def _continue(self, position: _Position, unichar_id: int, found: _Found) -> None:
        """On with a word, or from its end into trailing punctuation."""
        permuter = self._graphs[position.dawg][1]
        punctuation = self._punctuation if position.with_punctuation else None
        whole = position.edge is not None and position.edge.ends_word
        if punctuation is not None and whole:
            edge = punctuation.edge_for(_node(position.punctuation), unichar_id)
            if edge is not None:
                after = position._replace(punctuation=edge, behind=True)
                found.add(after, permuter, edge.ends_word)
        if position.behind:
            return
        edge = self._edge(position.dawg, _node(position.edge), unichar_id)
        if edge is not None:
            open_end = position.punctuation is not None and not position.punctuation.ends_word
            found.add(position._replace(edge=edge), permuter, edge.ends_word and not open_end)

    def _edge(self, at: int, node: int | None, unichar_id: int) -> Edge | None:
        graph, permuter = self._graphs[at]
        if permuter == NUMBER and unichar_id in self._digits:
            unichar_id = _SPACE
        return graph.edge_for(node, unichar_id)


class _Found:
    """Positions reached so far."""

    def __init__(self) -> None:
        self.positions: set[_Position] = set()
        self.permuter = NO_PERMUTER
        self.ends = False

    def add(self, position: _Position, permuter: int, ends: bool) -> None:
        """One more way to read the text."""
        self.positions.add(position)
        self.permuter = max(self.permuter, permuter)
        self.ends |= ends


def _node(edge: Edge | None) -> int | None:
    """The node behind an edge; the root where there is none yet."""
    return 0 if edge is None else edge.next
